/* The tables of messages.h, one in each file; each ends with a row without an id. The first row
 * that matches a line explains it, so the special ones come first. */
#pragma once

#include "rules/messages.h"

extern const struct message messages_programs[]; /* messages_programs.c */
extern const struct message messages_kernel[];   /* messages_kernel.c */
extern const struct message messages_others[];   /* messages_others.c */

#define FAIL .verdict = FINDING_FAIL
#define WARN .verdict = FINDING_WARN
#define PASS .verdict = FINDING_PASS

#define DO_DOCTOR "vfiokit doctor"
