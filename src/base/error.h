/* Errors that travel up: a GError whose code is the exit status it leads to.
 *
 * Where the cause is known the error is set; where the purpose is known it is prefixed
 * (g_prefix_error); only main.c prints it, as "vfiokit: TEXT" and, when there is one, a line
 * "hint: …" that says what to do.
 */
#pragma once

#include <glib.h>

#define VFIOKIT_ERROR (vfiokit_error_quark())

/* The exit statuses of cli.md; those from USAGE on are also error codes. */
enum vfiokit_status {
	STATUS_OK = 0,        /* done, or nothing wrong found */
	STATUS_FOUND = 1,     /* it ran and found something wrong */
	STATUS_USAGE = 2,     /* usage, or bad input */
	STATUS_REFUSED = 3,   /* refused by a safety rule */
	STATUS_FAILED = 4,    /* the change failed, and all was taken back */
	STATUS_NEED_ROOT = 5, /* needs root */
};

GQuark vfiokit_error_quark(void);

/* Adds the hint line to an error that is already set. Does nothing when error or *error is NULL. */
void error_hint(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Splits a message as printed: returns the hint inside message, or NULL; *length is the length of
 * the text before it. */
const char *error_split_hint(const char *message, size_t *length);
