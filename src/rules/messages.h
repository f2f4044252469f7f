/* What QEMU, libvirt, the kernel and NVIDIA's driver print when passthrough fails, and what it
 * means: a table of texts, each with the rule that judges the same thing by state. For doctor
 * --log. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/finding.h"

struct message {
	const char *id;      /* stable name of the row */
	const char *pattern; /* texts that must follow each other in one line, '*' between them */
	const char *as;   /* id of the row that means the same and says so; NULL: this one does */
	const char *rule; /* id of the rule that tells whether it is still so; NULL: none */
	enum finding_verdict verdict;
	const char *what;   /* what it means, a sentence */
	const char *cause;  /* a sentence; NULL: nothing to add */
	const char *fix[3]; /* as struct finding has them */
	const char *see;
};

/* The row with that number; NULL: no more. */
const struct message *message_get(unsigned number);

/* The row that explains a line of a log (not terminated, any bytes); NULL: none does. */
const struct message *message_match(const char *line, size_t length);

/* The row that says what it means: itself, or the one that it names. */
const struct message *message_meaning(const struct message *message);

/* A log while it is read, line by line. Keeps what it found, not the lines: any length will do. */
struct log_reader;

/* name: of the log, for evidence ("/var/log/libvirt/qemu/win10.log"). */
struct log_reader *log_reader_new(const char *name);
void log_reader_line(struct log_reader *reader, const char *line, size_t length);

/* Appends a finding for each message of each device that was seen, once, with how often; one that
 * says so where lines that look like failures are not known, or where nothing is. Frees reader.
 * silent: nothing is said where nothing was found. */
void log_reader_finish(struct log_reader *reader, GPtrArray *findings, bool silent);
