/* What the files of modprobe say (modprobe.d(5)), and the parameters of modules on the kernel's
 * command line: only these texts hold it, the kernel shows no such thing. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/host.h"

/* One entry of vfio-pci's option ids= (kernel: drivers/vfio/pci/vfio_pci.c). */
struct vfio_id {
	uint32_t vendor, device, subvendor, subdevice; /* UINT32_MAX: any */
	uint32_t class_code, class_mask;
	bool valid;       /* else the kernel does not take it */
	char *text;       /* as it is written */
	const char *path; /* of the file */
	unsigned line;    /* number of the options line, over all files: several do not add up */
};

/* All entries of all option lines; an array of struct vfio_id, to be freed by g_array_unref. */
GArray *vfio_ids_read(const struct host *host);

/* Does the entry mean that function? */
bool vfio_id_matches(const struct vfio_id *id, const struct pci_dev *dev);

/* A line "COMMAND MODULE …" of some file: the words behind the module, and the file. */
struct modprobe_line {
	char *module; /* with '_' for '-' */
	char *rest;
	const char *path;
};

/* All lines of a command: "options", "softdep", "blacklist", "install"; an array of struct
 * modprobe_line, to be freed by g_array_unref. */
GArray *modprobe_lines(const struct host *host, const char *command);

/* The first line of that command about the module ('-' and '_' are the same); NULL: none. */
const struct modprobe_line *modprobe_find(const GArray *lines, const char *module);

/* Is the driver one of those that a name in another spelling means: "vfio-pci" and "vfio_pci"? */
bool module_equal(const char *a, const char *b);
