/* Words of a shell script, without a shell: enough to find a command line in it. Pure. */
#pragma once

#include <glib.h>

/* The commands of a text in order (of GPtrArray of char *, each with at least one word; the array
 * owns all). Quotes, continued lines and comments are understood. Variables and arrays are filled
 * in where the text itself gives them a plain value before, else they stay as written; nothing is
 * run. JSON in braces, as logs show it without quotes, is one word. */
GPtrArray *shell_commands(const char *text);
