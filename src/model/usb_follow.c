/* See usb_follow.h. */
#include "model/usb_follow.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

static const char head[] = "# USB devices that follow their guests: written by 'vfiokit usb attach "
			   "--persist', taken out\n"
			   "# by 'vfiokit usb detach --persist'. The files that act on it are made "
			   "from it there, too.\n";

void usb_follow_free(struct usb_follow *follow)
{
	if (!follow)
		return;
	g_free(follow->guest);
	g_free(follow->serial);
	g_free(follow->ctrl);
	g_free(follow->allow);
	g_free(follow);
}

static void free_entry(gpointer follow)
{
	usb_follow_free(follow);
}

/* ---- words ---- */

static char *encode(const char *text)
{
	return g_uri_escape_string(text, ":/,.+-", TRUE);
}

static bool parse_ids(const char *word, struct usb_follow *follow)
{
	return strlen(word) == 9 && word[4] == ':' && text_hex(word, 4, &follow->vendor) &&
	       text_hex(word + 5, 4, &follow->product);
}

static bool parse_place(const char *word, struct usb_follow *follow)
{
	const char *slash = strrchr(word, '/');

	if (!slash || slash == word || !usb_port_parse(slash + 1, strlen(slash + 1), &follow->port))
		return false;
	g_autofree char *ctrl = g_strndup(word, (gsize)(slash - word));
	follow->ctrl = g_uri_unescape_string(ctrl, NULL);
	return follow->ctrl && follow->port.depth > 0;
}

/* The words behind a device or port. */
static bool parse_extra(const char *word, struct usb_follow *follow)
{
	const struct {
		const char *key;
		char **field;
	} keys[] = { { "serial=", &follow->serial }, { "allow=", &follow->allow } };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *value = text_after(word, keys[i].key);
		if (value && *value && !*keys[i].field) {
			*keys[i].field = g_uri_unescape_string(value, NULL);
			return *keys[i].field != NULL;
		}
	}
	return false;
}

static bool parse_words(char **words, guint n, struct usb_follow *follow)
{
	if (n < 3)
		return false;
	follow->guest = g_uri_unescape_string(words[0], NULL);
	follow->by_port = strcmp(words[1], "port") == 0;
	if (!follow->guest || !*follow->guest ||
	    (!follow->by_port && strcmp(words[1], "device") != 0))
		return false;
	if (!(follow->by_port ? parse_place : parse_ids)(words[2], follow))
		return false;
	for (guint i = 3; i < n; i++)
		if (!parse_extra(words[i], follow))
			return false;
	return true;
}

/* Adds what a line says; false when that is nothing that is known. */
static bool parse_line(char *line, GPtrArray *follows)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	char *rest = NULL;

	for (char *word = strtok_r(line, " \t\r", &rest); word;
	     word = strtok_r(NULL, " \t\r", &rest))
		g_ptr_array_add(words, word);
	if (words->len == 0 || *(const char *)words->pdata[0] == '#')
		return true;
	struct usb_follow *follow = g_new0(struct usb_follow, 1);
	g_ptr_array_add(follows, follow);
	return parse_words((char **)words->pdata, words->len, follow);
}

GPtrArray *usb_follows_parse(const char *text, GError **error)
{
	GPtrArray *follows = g_ptr_array_new_with_free_func(free_entry);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_autofree char *shown = text_printable(lines[i], strlen(lines[i]));
		if (parse_line(lines[i], follows))
			continue;
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "line %u of '" USB_FOLLOW_PATH "' makes no sense: '%s'", i + 1, shown);
		g_ptr_array_unref(follows);
		return NULL;
	}
	return follows;
}

/* ---- the text ---- */

static char *emit_line(const struct usb_follow *follow)
{
	g_autofree char *guest = encode(follow->guest);
	GString *line = g_string_new(guest);

	if (follow->by_port) {
		g_autofree char *ctrl = encode(follow->ctrl);
		g_autofree char *port = usb_port_format(&follow->port);
		g_string_append_printf(line, " port %s/%s", ctrl, port);
	} else {
		g_string_append_printf(line, " device %04x:%04x", follow->vendor, follow->product);
	}
	if (follow->serial) {
		g_autofree char *serial = encode(follow->serial);
		g_string_append_printf(line, " serial=%s", serial);
	}
	if (follow->allow) {
		g_autofree char *allow = encode(follow->allow);
		g_string_append_printf(line, " allow=%s", allow);
	}
	return g_string_free(line, FALSE);
}

char *usb_follows_emit(const GPtrArray *follows)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(head);

	for (guint i = 0; i < follows->len; i++)
		g_ptr_array_add(lines, emit_line(follows->pdata[i]));
	g_ptr_array_sort(lines, text_compare);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(text, "%s\n", (const char *)lines->pdata[i]);
	return g_string_free(text, lines->len == 0);
}

char *usb_follow_text(const struct usb_follow *follow)
{
	if (follow->by_port) {
		g_autofree char *port = usb_port_format(&follow->port);
		return g_strdup_printf("port %s of %s", port, follow->ctrl);
	}
	return g_strdup_printf("%04x:%04x%s%s", follow->vendor, follow->product,
			       follow->serial ? " serial " : "",
			       follow->serial ? follow->serial : "");
}

/* ---- from devices and back ---- */

/* Which bus of its controller a bus is, from 1 on; 0: not known. */
static unsigned bus_rank(const struct usb *usb, int ctrl, unsigned bus)
{
	unsigned rank = 1;
	bool found = false;

	for (unsigned i = 0; i < usb->n_devs; i++) {
		const struct usb_dev *dev = &usb->devs[i];
		if (dev->ctrl != ctrl || !g_str_has_prefix(dev->name, "usb"))
			continue;
		rank += (unsigned)dev->bus < bus;
		found |= (unsigned)dev->bus == bus;
	}
	return found ? rank : 0;
}

static int find_bus(const struct usb *usb, const char *ctrl, unsigned rank)
{
	for (unsigned i = 0; i < usb->n_devs; i++) {
		const struct usb_dev *dev = &usb->devs[i];
		if (dev->ctrl >= 0 && g_str_has_prefix(dev->name, "usb") &&
		    strcmp(usb->ctrls[dev->ctrl].name, ctrl) == 0 &&
		    bus_rank(usb, dev->ctrl, (unsigned)dev->bus) == rank)
			return dev->bus;
	}
	return -1;
}

struct usb_follow *usb_follow_new_port(const struct usb *usb, const struct usb_port *port,
				       const char *guest)
{
	const struct usb_port hub = { .bus = port->bus };
	int root_hub = usb_find_port(usb, &hub);
	int ctrl = root_hub >= 0 ? usb->devs[root_hub].ctrl : -1;

	if (ctrl < 0 || port->depth == 0)
		return NULL;
	struct usb_follow *follow = g_new0(struct usb_follow, 1);
	follow->guest = g_strdup(guest);
	follow->by_port = true;
	follow->ctrl = g_strdup(usb->ctrls[ctrl].name);
	follow->port = *port;
	follow->port.bus = bus_rank(usb, ctrl, port->bus);
	return follow;
}

struct usb_follow *usb_follow_new(const struct usb *usb, int dev, const char *guest, bool by_port)
{
	const struct usb_dev *device = &usb->devs[dev];
	struct usb_port port;

	if (by_port)
		return usb_port_parse(device->name, strlen(device->name), &port)
			       ? usb_follow_new_port(usb, &port, guest)
			       : NULL;
	if (device->vendor < 0 || device->product < 0)
		return NULL;
	struct usb_follow *follow = g_new0(struct usb_follow, 1);
	follow->guest = g_strdup(guest);
	follow->vendor = (uint32_t)device->vendor;
	follow->product = (uint32_t)device->product;
	follow->serial = g_strdup(device->serial);
	return follow;
}

bool usb_follow_same(const struct usb_follow *a, const struct usb_follow *b)
{
	if (a->by_port != b->by_port)
		return false;
	if (a->by_port)
		return strcmp(a->ctrl, b->ctrl) == 0 && usb_port_compare(&a->port, &b->port) == 0;
	return a->vendor == b->vendor && a->product == b->product &&
	       g_strcmp0(a->serial, b->serial) == 0;
}

static bool is_meant(const struct usb_follow *follow, const struct usb *usb, int place, int dev)
{
	const struct usb_dev *device = &usb->devs[dev];

	if (usb_dev_is_hub(device))
		return false;
	if (follow->by_port)
		return place >= 0 && usb_is_behind(usb, dev, place);
	return device->vendor == (int32_t)follow->vendor &&
	       device->product == (int32_t)follow->product &&
	       (!follow->serial || g_strcmp0(follow->serial, device->serial) == 0);
}

GArray *usb_follow_find(const struct usb_follow *follow, const struct usb *usb)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(int));
	int bus = follow->by_port ? find_bus(usb, follow->ctrl, follow->port.bus) : -1;
	int place = -1;

	if (bus > 0) {
		struct usb_port port = follow->port;
		port.bus = (unsigned)bus;
		place = usb_find_port(usb, &port);
	}
	for (unsigned i = 0; i < usb->n_devs; i++) {
		int index = (int)i;
		if (is_meant(follow, usb, place, index))
			g_array_append_val(found, index);
	}
	return found;
}
