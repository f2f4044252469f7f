/* What the check at the end of a boot found: /run/vfiokit/boot, gone with a restart. While it is
 * there the rule that binds at every boot keeps still (plan/persist.h). */
#pragma once

struct root;

/* Writes it; 0 or -errno. */
int boot_status_write(struct root *root, const char *text);
