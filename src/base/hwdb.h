/* Looking up exact patterns in udev's hardware database (hwdb.bin, systemd: hwdb(7); the layout is
 * that of systemd's src/libsystemd/sd-hwdb/hwdb-internal.h). Data of this program's machine. */
#pragma once

struct hwdb;

/* Maps the database. path: a file; NULL: where udev keeps it. NULL when there is none, or it is
 * none. */
struct hwdb *hwdb_open(const char *path);
void hwdb_close(struct hwdb *hwdb);

/* The value of a property that the database gives to a pattern, taken literally: "usb:v046D*" and
 * "ID_VENDOR_FROM_DATABASE". The caller's to free; NULL when it gives none. Never reads outside the
 * file, whatever it holds. */
char *hwdb_get(const struct hwdb *hwdb, const char *pattern, const char *property);
