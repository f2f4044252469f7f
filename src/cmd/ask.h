/* Questions to a person at a terminal. */
#pragma once

#include <stdbool.h>

struct context;

/* Can somebody be asked: are standard input and output terminals? */
bool ask_can(const struct context *context);

/* Asks, with the answer that an empty line means in brackets; returns what was typed, without
 * blanks around it, or a copy of otherwise. The caller's. NULL: the input has ended. */
char *ask_text(struct context *context, const char *question, const char *otherwise);

/* The same for yes and no; *ended (may be NULL) tells that the input has ended, which means no. */
bool ask_yes(struct context *context, const char *question, bool otherwise, bool *ended);
