/* Was all there to be seen that a rule names in its `reads`? Where it was not, that nothing was
 * found wrong means nothing.
 *
 * `reads` is a list with ", " between its items:
 *   /a/path      with *, N, PID and RELEASE for what varies, {a,b} for either: none that fits may
 *                be in the gaps of the host; some have a row in known.c of what must be known;
 *   an_attribute of a function, as sysfs has it: what known.c says of it;
 *   other words  as "definitions", with a row in known.c; without one they are for people. */
#pragma once

#include <glib.h>

#include "rules/exam.h"

/* The item's name for people, and the path with why it is not known, for evidence. */
struct doubt {
	char *what;
	char *path;
	const char *reason; /* as in struct gap; NULL: it is just not there */
	int pci;            /* the function that it is about; -1: the host */
};

/* Appends what the rule of exam needed and is not known, of the function pci and of the host; with
 * pci -1 of the functions that are meant for guests, or of all (rule.all_functions). */
void doubts_find(const struct exam *exam, int pci, GArray *doubts);

/* An empty array of struct doubt; the caller's to free. */
GArray *doubts_new(void);

/* Says that the rule cannot be told because of them; nothing where there are none. */
void doubts_tell(struct exam *exam, const GArray *doubts);
