/* The log of the running kernel, as dmesg shows it. */
#pragma once

#include <glib.h>

/* Reads the whole ring buffer: lines "<6>[    0.000000] text". The text is the caller's. Returns 0
 * or -errno; -EPERM where only root may read it (kernel.dmesg_restrict). */
int kmsg_read(char **ret);

/* What the kernel says from a moment on. To find where the log ends costs nothing, unlike reading
 * it: a kernel goes through all of it to give the last lines (syslog(2)), milliseconds. */
struct kmsg_tail;

/* NULL: we may not read it, or there is none. */
struct kmsg_tail *kmsg_tail_new(void);
void kmsg_tail_free(struct kmsg_tail *tail);

/* What it has said until now, without time and level (of char *), oldest first. The tail's own.
 * What fell out of the ring buffer is missing. */
const GPtrArray *kmsg_tail_read(struct kmsg_tail *tail);
