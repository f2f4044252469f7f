/* Which processes have nodes of devices open: the walk over /proc, as text.
 *
 * The text is what a recording keeps (root_fact "holders"). Its lines, fields between tabs:
 *
 *   unreadable  NUMBER                    so many processes were not to be looked at
 *   PID  NODE  ADDRESS  NAME              NODE as "/dev/dri/card0"; ADDRESS of the PCI function
 *                                         where the kernel tells it (fdinfo), else "-"
 */
#pragma once

struct root;

/* Walks /proc. The caller's to free; NULL when no process could be looked at. */
char *holders_scan(struct root *root);
