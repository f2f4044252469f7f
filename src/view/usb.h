/* USB devices in words and in JSON. */
#pragma once

#include "base/usb_ids.h"
#include "model/host.h"
#include "view/json.h"

/* The name for people: what the device calls itself, else what the list of ids calls it, else what
 * its class is. The caller's to free. */
char *usb_dev_title(const struct usb_dev *dev, struct usb_ids *ids);

/* "046d:c52b", or "?" for what is not known. */
const char *usb_dev_ids(const struct usb_dev *dev, char buf[16]);

/* "480 Mbit/s", "5 Gbit/s" from the kernel's number; NULL for NULL. The caller's to free. */
char *usb_speed_text(const char *speed);

/* The fields of a device inside an object that is open already. */
void usb_dev_json(struct json *json, const struct usb_dev *dev, struct usb_ids *ids);
