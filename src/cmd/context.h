/* Opening what --root and --host name, once, for every command. */
#pragma once

#include <glib.h>

struct command;
struct context;

/* Opens the machine that the options name and runs the command on it. */
int context_run(struct context *context, const struct command *command, GError **error);

/* Frees all that the context holds. */
void context_clear(struct context *context);
