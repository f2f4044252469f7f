/* See usb_hostdev.h. What libvirt writes is read with GLib's parser: plain elements, no entities.
 */
#include "vm/usb_hostdev.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* ---- writing ---- */

/* Letters that an alias may have are few (libvirt: src/conf/domain_conf.c). */
static char *alias_of(const struct usb_dev *dev)
{
	char *alias = g_strdup_printf(USB_HOSTDEV_OURS "%s-%d", dev->name, dev->number);

	return g_strdelimit(alias, ".", '_');
}

static void append_ids(GString *xml, int32_t vendor, int32_t product)
{
	if (vendor >= 0 && product >= 0)
		g_string_append_printf(xml,
				       "    <vendor id='0x%04x'/>\n    <product id='0x%04x'/>\n",
				       (unsigned)vendor, (unsigned)product);
}

static char *hostdev_xml(int32_t vendor, int32_t product, int bus, int number, const char *alias)
{
	GString *xml = g_string_new("<hostdev mode='subsystem' type='usb'>\n  <source>\n");

	append_ids(xml, vendor, product);
	if (bus > 0 && number > 0)
		g_string_append_printf(xml, "    <address bus='%d' device='%d'/>\n", bus, number);
	g_string_append(xml, "  </source>\n");
	if (alias)
		g_string_append_printf(xml, "  <alias name='%s'/>\n", alias);
	g_string_append(xml, "</hostdev>\n");
	return g_string_free(xml, FALSE);
}

char *usb_hostdev_xml(const struct usb_dev *dev, bool ours)
{
	g_autofree char *alias = ours ? alias_of(dev) : NULL;

	return hostdev_xml(dev->vendor, dev->product, dev->bus, dev->number, alias);
}

char *usb_hostdev_xml_of(const struct usb_hostdev *hostdev)
{
	g_autofree char *alias = hostdev->alias ? g_markup_escape_text(hostdev->alias, -1) : NULL;

	return hostdev_xml(hostdev->vendor, hostdev->product, hostdev->bus, hostdev->number, alias);
}

/* ---- reading ---- */

struct reader {
	GPtrArray *found;
	struct usb_hostdev *current; /* the <hostdev> that is open; NULL */
	unsigned depth;
	unsigned inside; /* depth of the open <hostdev> */
	bool in_source;
};

static void free_hostdev(gpointer data)
{
	struct usb_hostdev *hostdev = data;

	g_free(hostdev->alias);
	g_free(hostdev);
}

static const char *attribute(const char **names, const char **values, const char *name)
{
	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return values[i];
	return NULL;
}

static int number_of(const char *text, unsigned base)
{
	uint32_t value;

	return text && text_to_u32(text, base, UINT16_MAX, &value) ? (int)value : -1;
}

static void take_source(struct usb_hostdev *hostdev, const char *element, const char **names,
			const char **values)
{
	if (strcmp(element, "vendor") == 0) {
		hostdev->vendor = number_of(attribute(names, values, "id"), 16);
	} else if (strcmp(element, "product") == 0) {
		hostdev->product = number_of(attribute(names, values, "id"), 16);
	} else if (strcmp(element, "address") == 0) {
		hostdev->bus = number_of(attribute(names, values, "bus"), 10);
		hostdev->number = number_of(attribute(names, values, "device"), 10);
	}
}

static void start_element(GMarkupParseContext *context, const char *element, const char **names,
			  const char **values, gpointer data, GError **error)
{
	struct reader *reader = data;

	reader->depth++;
	if (!reader->current && strcmp(element, "hostdev") == 0 &&
	    g_strcmp0(attribute(names, values, "type"), "usb") == 0) {
		reader->current = g_new0(struct usb_hostdev, 1);
		*reader->current = (struct usb_hostdev){
			.vendor = -1, .product = -1, .bus = -1, .number = -1
		};
		reader->inside = reader->depth;
		g_ptr_array_add(reader->found, reader->current);
	} else if (reader->current && reader->depth == reader->inside + 1) {
		reader->in_source = strcmp(element, "source") == 0;
		if (strcmp(element, "alias") == 0 && !reader->current->alias)
			reader->current->alias = g_strdup(attribute(names, values, "name"));
	} else if (reader->current && reader->in_source) {
		take_source(reader->current, element, names, values);
	}
}

static void end_element(GMarkupParseContext *context, const char *element, gpointer data,
			GError **error)
{
	struct reader *reader = data;

	if (reader->current && reader->depth == reader->inside)
		reader->current = NULL;
	if (reader->depth == reader->inside + 1)
		reader->in_source = false;
	reader->depth--;
}

GPtrArray *usb_hostdevs_parse(const char *xml, GError **error)
{
	static const GMarkupParser parser = { .start_element = start_element,
					      .end_element = end_element };
	struct reader reader = { .found = g_ptr_array_new_with_free_func(free_hostdev) };
	g_autoptr(GError) cause = NULL;
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
	bool ok = g_markup_parse_context_parse(context, xml, -1, &cause) &&
		  g_markup_parse_context_end_parse(context, &cause);

	g_markup_parse_context_free(context);
	if (ok)
		return reader.found;
	g_ptr_array_unref(reader.found);
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
		    "cannot read the definition of a guest: %s", cause->message);
	return NULL;
}

bool usb_hostdev_is(const struct usb_hostdev *hostdev, const struct usb_dev *dev)
{
	bool ids = hostdev->vendor >= 0 && hostdev->product >= 0;
	bool place = hostdev->bus > 0 && hostdev->number > 0;

	if (!ids && !place)
		return false;
	if (ids && (hostdev->vendor != dev->vendor || hostdev->product != dev->product))
		return false;
	return !place || (hostdev->bus == dev->bus && hostdev->number == dev->number);
}

bool usb_hostdev_is_ours(const struct usb_hostdev *hostdev)
{
	return hostdev->alias && g_str_has_prefix(hostdev->alias, USB_HOSTDEV_OURS);
}
