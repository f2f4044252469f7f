/* Reads of attributes that may never come back. The kernel takes the lock of a device to show some
 * of its attributes, and a driver that hangs, or waits for a guest, while it is put on the device
 * or taken off keeps that lock: a reader then waits with it, and no signal ends that. So they are
 * read by a child process, which can be left behind. For the live machine only. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bounded;

/* Is this attribute (the last name of its path) one that waits, in some versions of the kernel at
 * least? drivers/pci/pci-sysfs.c (driver_override: seen in 6.1, no more in 6.12.117),
 * drivers/pci/iov.c (sriov_numvfs), drivers/usb/core/sysfs.c (texts of a device),
 * drivers/base/core.c (uevent, around 6.11). */
bool bounded_waits(const char *name);

/* Starts no child yet: the first read does. */
struct bounded *bounded_new(void);
void bounded_free(struct bounded *bounded); /* does not wait until its child has ended */

/* Reads the attribute at an absolute path in one read, as root_dir_attribute(). -ETIMEDOUT: no
 * answer within three seconds; the other attributes in its directory then give that at once, for as
 * long as the child that asked is stuck. -ENOSYS: no child could be started. A process that was
 * forked since gets a child of its own. */
ssize_t bounded_read(struct bounded *bounded, const char *path, void *buf, size_t size);

/* Reads several attributes (absolute paths) with few questions to the child, each of which costs
 * two turns of the scheduler: several times as much as such a read. What came is kept, for
 * bounded_take() right after this; what did not come is to be read by bounded_read(). */
void bounded_read_ahead(struct bounded *bounded, const GPtrArray *paths);

/* What was read ahead from that path, once, as bounded_read(); -ENOSYS: nothing was. */
ssize_t bounded_take(struct bounded *bounded, const char *path, void *buf, size_t size);
void bounded_forget(struct bounded *bounded); /* what nobody has taken */
