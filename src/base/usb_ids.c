/* See usb_ids.h. The list is mapped, not copied; one pass notes where each vendor starts, and only
 * the lines of the vendor asked for are read. */
#include "base/usb_ids.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "base/hwdb.h"
#include "base/input.h"
#include "base/text.h"

#define N_VENDORS 0x10000
#define N_CLASSES 0x100

struct usb_ids {
	char *path;        /* NULL: the usual places */
	GMappedFile *file; /* NULL: not there, or not asked for yet */
	struct hwdb *hwdb; /* instead of it; NULL: not there, or not asked for yet */
	bool loaded;
	const char *end;      /* of the file */
	const char **vendors; /* the line of each; NULL: not in the list */
	const char **classes;
};

/* A line of the list; it ends where the file ends at the latest. */
struct line {
	const char *text;
	size_t length;
};

static bool next_line(const char **at, const char *end, struct line *ret)
{
	if (*at >= end)
		return false;
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	*ret = (struct line){ *at, (size_t)((newline ? newline : end) - *at) };
	*at = newline ? newline + 1 : end;
	return true;
}

/* Reads "046d  Name" after skip characters: digits hexadecimal digits, two blanks, a name. */
static bool parse_line(const struct line *line, unsigned skip, unsigned digits, uint32_t *id)
{
	char number[8] = "";

	if (line->length < skip + digits + 3)
		return false;
	memcpy(number, line->text + skip, digits);
	return text_hex(number, digits, id) && memcmp(line->text + skip + digits, "  ", 2) == 0;
}

static char *name_of(const struct line *line, unsigned skip, unsigned digits)
{
	const char *at = line->text + skip + digits + 2;
	g_autofree char *name = g_strndup(at, line->length - (size_t)(at - line->text));

	g_strstrip(name);
	return *name ? text_printable(name, strlen(name)) : NULL;
}

/* ---- reading ---- */

static GMappedFile *map_list(const char *path)
{
	static const char *const paths[] = {
		"/usr/share/hwdata/usb.ids",
		"/usr/share/misc/usb.ids",
		"/var/lib/usbutils/usb.ids",
		"/usr/share/usb.ids",
	};

	return input_map(path, paths, G_N_ELEMENTS(paths));
}

/* Vendors come first and start in the first column; then other lists, classes as "C 03  Name". */
static void index_line(struct usb_ids *ids, const struct line *line)
{
	uint32_t id;

	if (parse_line(line, 0, 4, &id)) {
		ids->vendors[id] = line->text;
	} else if (line->length > 2 && line->text[0] == 'C' && line->text[1] == ' ' &&
		   parse_line(line, 2, 2, &id)) {
		ids->classes[id] = line->text;
	}
}

/* False when there is no list. */
static bool load(struct usb_ids *ids)
{
	struct line line;

	if (ids->loaded)
		return ids->file != NULL;
	ids->loaded = true;
	ids->hwdb = ids->path ? hwdb_open(ids->path) : NULL;
	ids->file = ids->hwdb ? NULL : map_list(ids->path);
	if (!ids->file && !ids->path)
		ids->hwdb = hwdb_open(NULL);
	const char *at = ids->file ? g_mapped_file_get_contents(ids->file) : NULL;
	if (!at)
		return ids->file != NULL;
	ids->end = at + g_mapped_file_get_length(ids->file);
	ids->vendors = g_new0(const char *, N_VENDORS);
	ids->classes = g_new0(const char *, N_CLASSES);
	while (next_line(&at, ids->end, &line))
		index_line(ids, &line);
	return true;
}

struct usb_ids *usb_ids_new(const char *path)
{
	struct usb_ids *ids = g_new0(struct usb_ids, 1);

	ids->path = g_strdup(path);
	return ids;
}

void usb_ids_free(struct usb_ids *ids)
{
	if (!ids)
		return;
	if (ids->file)
		g_mapped_file_unref(ids->file);
	hwdb_close(ids->hwdb);
	g_free(ids->vendors);
	g_free(ids->classes);
	g_free(ids->path);
	g_free(ids);
}

/* ---- look-ups ---- */

static const char *vendor_line(struct usb_ids *ids, int32_t vendor)
{
	if (vendor < 0 || vendor >= N_VENDORS || !load(ids) || !ids->vendors)
		return NULL;
	return ids->vendors[vendor];
}

/* The pattern of a vendor, or with a product of that: as udev's database has them. */
static char *ask_hwdb(const struct usb_ids *ids, int32_t vendor, int32_t product)
{
	char pattern[32];

	if (!ids->hwdb || vendor < 0)
		return NULL;
	if (product < 0)
		g_snprintf(pattern, sizeof(pattern), "usb:v%04X*", (unsigned)vendor);
	else
		g_snprintf(pattern, sizeof(pattern), "usb:v%04Xp%04X*", (unsigned)vendor,
			   (unsigned)product);
	return hwdb_get(ids->hwdb, pattern,
			product < 0 ? "ID_VENDOR_FROM_DATABASE" : "ID_MODEL_FROM_DATABASE");
}

char *usb_ids_vendor(struct usb_ids *ids, int32_t vendor)
{
	const char *at = vendor_line(ids, vendor);
	struct line line;

	if (ids->hwdb)
		return ask_hwdb(ids, vendor, -1);
	return at && next_line(&at, ids->end, &line) ? name_of(&line, 0, 4) : NULL;
}

char *usb_ids_product(struct usb_ids *ids, int32_t vendor, int32_t product)
{
	const char *at = vendor_line(ids, vendor);
	struct line line;
	uint32_t id;

	if (ids->hwdb && product >= 0)
		return ask_hwdb(ids, vendor, product);
	if (!at || product < 0)
		return NULL;
	next_line(&at, ids->end, &line);
	while (next_line(&at, ids->end, &line) && line.length > 0 &&
	       (line.text[0] == '\t' || line.text[0] == '#')) {
		if (line.text[0] == '\t' && parse_line(&line, 1, 4, &id) && id == (uint32_t)product)
			return name_of(&line, 1, 4);
	}
	return NULL;
}

char *usb_ids_class(struct usb_ids *ids, int32_t class_code)
{
	struct line line;

	if (class_code < 0 || class_code >= N_CLASSES || !load(ids) || !ids->classes)
		return NULL;
	const char *at = ids->classes[class_code];
	return at && next_line(&at, ids->end, &line) ? name_of(&line, 2, 2) : NULL;
}
