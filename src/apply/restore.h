/* Taking a change back: not by running its steps backwards (while an override stands no other
 * driver takes the device), but by comparing what was before with what is now. So it does not
 * matter how far the change got, nor whether this was begun before and stopped. */
#pragma once

#include "apply/change.h"
#include "plan/plan.h"

struct root;

/* How far an undo of a change has come already. */
enum restore_past {
	RESTORE_NEW,   /* none was begun */
	RESTORE_AGAIN, /* one was begun, and has no good end: all is built again */
	RESTORE_BUILT, /* one was stopped when all had been built and looked into: it is not built
			* again, since the way back may be gone by then */
};

/* Adds to plan the steps that bring back what the begun steps of change may have changed, as far as
 * it is not so already: first drivers are taken off, then attributes and files written, then
 * drivers given back, in the reverse order of that in which they were taken off, then what they
 * disturb is set right, then programs run that the change ran; then, when what they built has been
 * looked into, what was kept as a way back goes. What is gone (a device that was
 * pulled out) is left out with the warning "device-gone"; an attribute that something else changed
 * since, to neither of the two values, with the warning "changed-since". Of a file that has been
 * changed since, only what the change put there goes; where that cannot be told apart, there is the
 * refusal "changed-since" with the difference (allowed, the file stays as it is). Folders that were
 * made for its files go when they are empty. past: restore_past().
 *
 * held: the address of a device that the kernel does not let go of now, or NULL. It is left out:
 * whoever reads its driver_override, too, would be held until it does (kernel: device_lock() in
 * drivers/pci/pci-sysfs.c). The warning "device-held" says so. */
void restore_plan(struct root *root, const struct change *change, enum restore_past past,
		  const char *held, struct plan *plan);

/* By the history (journal_list()). */
enum restore_past restore_past(const GPtrArray *changes, const struct change *change);

/* After it: where what a program of the change made (a boot menu) still holds what the change was
 * to bring into it, adds the warning "still-there". That is no failure: a person may want it, too.
 */
void restore_look(struct root *root, const struct change *change, struct plan *plan);
