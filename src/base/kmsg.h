/* The log of the running kernel, as dmesg shows it. */
#pragma once

/* Reads the whole ring buffer: lines "<6>[    0.000000] text". The text is the caller's. Returns 0
 * or -errno; -EPERM where only root may read it (kernel.dmesg_restrict). */
int kmsg_read(char **ret);
