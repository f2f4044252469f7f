/* The log of the running kernel, as dmesg shows it. */
#pragma once

#include <stdint.h>

/* Reads the whole ring buffer: lines "<6>[    0.000000] text". The text is the caller's. Returns 0
 * or -errno; -EPERM where only root may read it (kernel.dmesg_restrict). */
int kmsg_read(char **ret);

/* The time of a line, in microseconds on the clock of the log (not that of the program); -1: the
 * line has none. */
int64_t kmsg_time(const char *line);

/* The time of the newest line; -1: not known. */
int64_t kmsg_newest(void);
