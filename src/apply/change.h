/* A change as its journal tells it: what was planned, and how far it got. Text ⇄ struct, pure.
 *
 * The text has one line for each thing that happened, in order, each with its checksum (CRC-32 of
 * what follows it) in front. Only lines that are whole are read, and nothing behind the first that
 * is not: whatever a power cut left of the last line, the text says what was said before it.
 *
 *     1c291ca3 vfiokit-change 1
 *     …        change id=20261123-031500-bind sequence=4 when=2026-11-23T03:15:00Z boot=… who=root
 *     …        command verb=bind effect=now line=vfiokit%20bind%2001:00.0
 *     …        remember path=/sys/bus/pci/devices/0000:01:00.0/power/control value=on
 *     …        step kind=sysfs-write path=… old=… new=… address=… why=…
 *     …        planned n=6               nothing is done before this line is on the disk
 *     …        begin n=1                 before each step
 *     …        did n=1                   after it; now=…: what came of `new`, if not just that
 *     …        fail n=4 reason=…         it could not be done; what was done is taken back
 *     …        end state=done            or failed (all was taken back), broken (not all)
 *     …        undone by=20261123-040000-undo
 *
 * %XX stands for a byte that would end a word or a line. A key that is not there stands for NULL.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

enum change_state {
	CHANGE_EMPTY,      /* stopped before the plan was written: nothing was done */
	CHANGE_UNFINISHED, /* it has no end: it runs now, or was stopped on the way */
	CHANGE_DONE,
	CHANGE_FAILED, /* a step failed, and all was taken back */
	CHANGE_BROKEN, /* a step failed, and not all could be taken back */
	CHANGE_UNDONE,
};

enum step_state {
	STEP_PLANNED,
	STEP_BEGUN, /* done or not: only the machine knows */
	STEP_DONE,
	STEP_FAILED,
};

/* An attribute that a step changes by itself, as it was before the change. */
struct change_memory {
	char *path;
	char *value; /* NULL: nothing */
};

struct change {
	char *id;
	uint64_t sequence; /* 1, 2, … in the order of changes, whatever the clock says */
	char *when;        /* UTC, ISO 8601 */
	char *boot;        /* the kernel's boot id; NULL: not known */
	char *who;
	char *verb; /* "bind" */
	char *line; /* as typed */
	enum plan_effect effect;
	GPtrArray *memories; /* of struct change_memory */
	GPtrArray *steps;    /* of struct step */
	GArray *states;      /* of enum step_state, one for each step */
	enum change_state state;
	char *reason;    /* why it failed; NULL */
	char *undoes;    /* id of the change that it takes back; NULL */
	char *undone_by; /* id of the change that took it back; NULL */
	size_t whole;    /* bytes of the text that could be read */
	bool cut;        /* the text ends in the middle of a line, or is damaged from there on */
};

struct change *change_new(void);
void change_free(struct change *change);
static inline void change_auto_free(struct change **change)
{
	change_free(*change);
}
#define CHANGE_AUTO __attribute__((cleanup(change_auto_free)))

/* Remembers an attribute. */
void change_remember(struct change *change, const char *path, const char *value);

/* What was remembered of path; false when nothing was. */
bool change_recall(const struct change *change, const char *path, const char **value);

/* The lines from the first to "planned"; the caller's to free. */
char *change_head(const struct change *change);

/* One line: "begin n=1" with checksum and newline. words are appended to text. */
void change_line(GString *text, const char *words);

/* Appends " KEY=VALUE" to words, encoded; nothing for NULL. */
void change_word(GString *words, const char *key, const char *value);

/* Reads what a journal holds. NULL when not even its first line is one of ours. */
struct change *change_parse(const char *text, size_t length);

/* "done", "failed", … as in JSON; "unfinished" … */
const char *change_state_name(enum change_state state);
const char *step_state_name(enum step_state state);

/* How far step number `step` (from 0) came. */
enum step_state change_step_state(const struct change *change, unsigned step);
