/* Reads and writes that may never come back. The kernel takes the lock of a device to show some of
 * its attributes, and a driver that hangs, or waits for a guest, while it is put on the device or
 * taken off keeps that lock: a reader then waits with it, and no signal ends that. So they are read
 * by a child process, which can be left behind (worker.h). The same child writes what a driver must
 * answer. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bounded;
struct root;

/* Is this attribute (the last name of its path) one that waits, in some versions of the kernel at
 * least? drivers/pci/pci-sysfs.c (driver_override: seen in 6.1, no more in 6.12.117),
 * drivers/pci/iov.c (sriov_numvfs), drivers/usb/core/sysfs.c (texts of a device),
 * drivers/base/core.c (uevent, around 6.11). */
bool bounded_waits(const char *name);

/* Paths are taken in root, which is borrowed, and no tree in memory. Starts no child yet: the first
 * question does. */
struct bounded *bounded_new(struct root *root);
void bounded_free(struct bounded *bounded);

/* Reads an attribute in one read, as root_dir_attribute(). -ETIMEDOUT: no answer within three
 * seconds; the other attributes in its directory then give that at once, for as long as the child
 * that asked is stuck. -ECHILD: somebody ended the child; the next question starts another.
 * -ENOSYS: none could be started. A process that was forked since gets a child of its own. */
ssize_t bounded_read(struct bounded *bounded, const char *path, void *buf, size_t size);

/* Writes, as root_write(), and waits for the kernel as long as the seconds given (-ETIMEDOUT). When
 * not even SIGKILL ends the child, its pid is put in *stuck (else 0) and it is left to itself.
 * lock: a descriptor that stays open until the kernel is done, also when this process is killed
 * meanwhile; -1: none. */
int bounded_write(struct bounded *bounded, const char *path, const char *text, int lock,
		  unsigned seconds, pid_t *stuck);

/* Reads several attributes with few questions to the child, each of which costs
 * two turns of the scheduler: several times as much as such a read. What came is kept, for
 * bounded_take() right after this; what did not come is to be read by bounded_read(). */
void bounded_read_ahead(struct bounded *bounded, const GPtrArray *paths);

/* What was read ahead from that path, once, as bounded_read(); -ENOSYS: nothing was. */
ssize_t bounded_take(struct bounded *bounded, const char *path, void *buf, size_t size);
void bounded_forget(struct bounded *bounded); /* what nobody has taken */
