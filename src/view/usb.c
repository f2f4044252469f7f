/* See usb.h. */
#include "view/usb.h"

#include <string.h>

#include "base/text.h"

#define CLASS_HUB 9

/* ---- names ---- */

/* The class of the device, or where that is left to the interfaces (0, 0xef) of its first one. */
static int main_class(const struct usb_dev *dev)
{
	uint32_t class;

	if (dev->device_class > 0 && dev->device_class != 0xef)
		return dev->device_class;
	return dev->interfaces && text_hex(dev->interfaces, 2, &class) ? (int)class : -1;
}

static char *product_name(const struct usb_dev *dev, struct usb_ids *ids)
{
	char *name = NULL;

	if (dev->product_text)
		return g_strdup(dev->product_text);
	name = usb_ids_product(ids, dev->vendor, dev->product);
	if (!name && (dev->ports > 0 || dev->device_class == CLASS_HUB))
		name = g_strdup("hub");
	if (!name)
		name = usb_ids_class(ids, main_class(dev));
	return name ? name : g_strdup("device");
}

/* "Logitech" of "Logitech, Inc.", "Genesys Logic" of "Genesys Logic Inc. (formerly …)". */
static void cut_vendor(char *vendor)
{
	static const char *const ends[] = { ",", " (", " Inc", " Corp", " Co.", " Ltd", " GmbH" };

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		char *end = strstr(vendor, ends[i]);
		if (end && end > vendor)
			*end = '\0';
	}
}

/* Many devices name their maker in both strings. */
static bool names_vendor_too(const char *product, const char *vendor)
{
	return g_ascii_strncasecmp(product, vendor, strlen(vendor)) == 0;
}

char *usb_dev_title(const struct usb_dev *dev, struct usb_ids *ids)
{
	g_autofree char *product = product_name(dev, ids);
	g_autofree char *vendor = dev->manufacturer_text ? g_strdup(dev->manufacturer_text)
							 : usb_ids_vendor(ids, dev->vendor);

	if (vendor)
		cut_vendor(vendor);
	if (!vendor || names_vendor_too(product, vendor))
		return g_steal_pointer(&product);
	return g_strdup_printf("%s %s", vendor, product);
}

const char *usb_dev_ids(const struct usb_dev *dev, char buf[16])
{
	if (dev->vendor < 0 || dev->product < 0)
		return "?";
	g_snprintf(buf, 16, "%04x:%04x", (unsigned)dev->vendor & 0xffff,
		   (unsigned)dev->product & 0xffff);
	return buf;
}

char *usb_speed_text(const char *speed)
{
	double value = speed ? g_ascii_strtod(speed, NULL) : 0;

	if (!speed || value <= 0 || value > 1e7)
		return NULL;
	return value >= 1000 ? g_strdup_printf("%g Gbit/s", value / 1000)
			     : g_strdup_printf("%g Mbit/s", value);
}

/* ---- JSON ---- */

static void json_class(struct json *json, const char *key, const char *digits)
{
	uint32_t value;

	json_hex(json, key, text_hex(digits, 2, &value) ? (int64_t)value : -1, 2);
}

/* "03:01:01/usbhid" as the probe writes it. */
static void json_interface(struct json *json, const char *text)
{
	const char *slash = strchr(text, '/');

	json_object(json, NULL);
	if (strlen(text) >= 8) {
		json_class(json, "class", text);
		json_class(json, "subclass", text + 3);
		json_class(json, "protocol", text + 6);
	}
	json_text(json, "driver", slash ? slash + 1 : NULL);
	json_object_end(json);
}

static void json_interfaces(struct json *json, const char *text)
{
	g_auto(GStrv) words = text ? g_strsplit(text, " ", -1) : NULL;

	if (!words) {
		json_null(json, "interfaces");
		return;
	}
	json_array(json, "interfaces");
	for (guint i = 0; words[i]; i++)
		json_interface(json, words[i]);
	json_array_end(json);
}

void usb_dev_json(struct json *json, const struct usb_dev *dev, struct usb_ids *ids)
{
	g_autofree char *vendor = usb_ids_vendor(ids, dev->vendor);
	g_autofree char *product = usb_ids_product(ids, dev->vendor, dev->product);

	json_text(json, "port", dev->name);
	json_int(json, "bus", dev->bus);
	json_count(json, "number", dev->number);
	json_hex(json, "vendor", dev->vendor, 4);
	json_hex(json, "product", dev->product, 4);
	json_text(json, "vendor_name", vendor);
	json_text(json, "product_name", product);
	json_text(json, "manufacturer_text", dev->manufacturer_text);
	json_text(json, "product_text", dev->product_text);
	json_hex(json, "class", dev->device_class, 2);
	json_text(json, "speed", dev->speed);
	json_int(json, "ports", dev->ports);
	json_text(json, "power_control", dev->power_control);
	json_interfaces(json, dev->interfaces);
}
