/* What the files of doctor and audit share. */
#pragma once

#include "cmd/change.h"
#include "cmd/command.h"
#include "rules/rule.h"

struct doctor_options {
	struct change_options change; /* with --fix */
	bool fix;
	bool list;
	bool explain;
	const char *log; /* a file, "-" for standard input; NULL: none */
};

/* One run of either command. */
struct doctor {
	struct context *context;
	const struct host *host; /* after it was probed */
	unsigned set;            /* RULE_DOCTOR or RULE_AUDIT */
	GPtrArray *rules;        /* those that are named, of const struct rule */
	GPtrArray *others;       /* arguments that are no rules, of const char */
	const struct domain *domain;
	GArray *devices; /* of int: indexes in host.pci */
};

/* Appends what the lines of a log (a path, or "-" for standard input) say; false and sets *error
 * when it cannot be read. */
bool doctor_read_log(const char *path, GPtrArray *findings, GError **error);

/* Appends what vm lint says of the guest's definition, apart from what doctor's own rules judge. */
void doctor_read_definition(struct doctor *doctor, GPtrArray *findings);

/* Appends what the log of the guest, on this machine, says. */
void doctor_read_guest_log(struct doctor *doctor, GPtrArray *findings);

/* doctor --fix: makes one plan of the remedies that the program can carry out, and finishes it as
 * the options say. Returns the exit status, or -1 and sets *error. */
int doctor_fix(struct doctor *doctor, const GPtrArray *findings, GError **error);
