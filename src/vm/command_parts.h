/* The parts of the writer of command lines. */
#pragma once

#include <glib.h>

struct definition;

/* Adds an option; format NULL: it takes no value. */
void command_add(GPtrArray *line, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A text as it is written in a list of options. The caller's. */
char *command_value(const char *text);

/* All devices. */
void command_write_devices(GPtrArray *line, const struct definition *made);
