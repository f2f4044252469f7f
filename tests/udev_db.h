/* For tests: real machines as `udevadm info --export-db` wrote them down. What the kernel told udev
 * becomes a tree like its /sys; what udev itself concluded (ID_PATH, ID_INPUT_KEYBOARD, …) is left
 * out of it and serves to compare with. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct tree;

struct udev_record {
	const char *path;  /* "/devices/pci0000:00/…" */
	const char *name;  /* its last part */
	GHashTable *props; /* "SUBSYSTEM" → "usb", … */
};

/* Reads a file; the array, of struct udev_record, owns everything in it. NULL: not there. */
GPtrArray *udev_db_read(const char *file);

/* A property; "" when the record has none. */
const char *udev_get(const struct udev_record *record, const char *key);

/* The files of the collection, or NULL without it; the caller's to free. */
GPtrArray *udev_db_files(void);

/* The tree of a machine: PCI functions, USB devices, and the classes of usage.h. */
struct tree *udev_db_tree(const GPtrArray *records);

/* The last PCI address that ID_PATH names, "0000:00:14.0"; NULL: none. The caller's to free. */
char *udev_id_path_pci(const struct udev_record *record);
