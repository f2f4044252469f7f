/* How a file of ours and a module come into the initramfs of every installed kernel: one row for
 * each generator. Pure. */
#pragma once

#include <stdbool.h>

#include "model/host.h"
#include "plan/plan.h"

/* What shall be in the images. Nothing in it is owned. */
struct initramfs_wish {
	const char *const *files;   /* paths of files of the machine; NULL-terminated */
	const char *const *modules; /* names; NULL-terminated. One that is built in is left out. */
};

/* Adds the step that makes the generator take these in: a file of its own, written where it differs
 * from what is there now, and removed for a wish of NULL. True when there was something to do.
 * Where the generator cannot do it, or is not known, a warning says so ("initramfs-unknown",
 * "initramfs-late"): then what is wished comes to effect only once the real system runs. */
bool initramfs_add_files(const struct host *host, const struct initramfs_wish *wish,
			 struct plan *plan);

/* Does initramfs_add_rebuild() also write the boot loader's entry of every kernel anew? */
bool initramfs_installs(const struct host *host);

/* Adds the steps that build the images of all kernels, and look into each: what is in wish must be
 * there, the files of without (NULL-terminated; may be NULL) must not. */
void initramfs_add_rebuild(const struct host *host, const struct initramfs_wish *wish,
			   const char *const *without, struct plan *plan);
