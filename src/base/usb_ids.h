/* Names of USB ids, from the list that distributions install (usb.ids), or where that is missing
 * from udev's hardware database, which was made from it. Data of this program's machine, not of the
 * machine that is looked at. */
#pragma once

#include <stdint.h>

struct usb_ids;

/* Cheap: the list is read at the first question. path: a list or a database; NULL: where
 * distributions keep them. Never NULL. */
struct usb_ids *usb_ids_new(const char *path);
void usb_ids_free(struct usb_ids *ids);

/* The names, the caller's to free; NULL for what is not in the list, for ids below 0, and where
 * there is no list. */
char *usb_ids_vendor(struct usb_ids *ids, int32_t vendor);
char *usb_ids_product(struct usb_ids *ids, int32_t vendor, int32_t product);
/* Of a class or of an interface's class: "Human Interface Device". */
char *usb_ids_class(struct usb_ids *ids, int32_t class_code);
