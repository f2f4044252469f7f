/* See pci_ids.h. The text stays as it is; only the vendor lines are indexed, sorted by name.
 * Devices are looked for in the section of their vendor, line by line: at most a few thousand
 * lines, and the caller asks once for each name.
 */
#include "base/pci_ids.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define MAX_NAME 300 /* lspci prints no longer ones */

struct vendor {
	const char *name;
	size_t length;
	const char *section; /* the lines behind it */
	uint16_t id;
};

struct pci_ids {
	char *text;
	struct vendor *vendors; /* sorted by name */
	unsigned n_vendors;
	const char *classes; /* the first "C xx" line; NULL: none */
};

/* Where distributions keep it; hwdata's first, since it is updated most often. */
static const char *const places[] = {
	"/usr/share/hwdata/pci.ids",
	"/usr/share/misc/pci.ids",
	"/usr/share/pci.ids",
	"/usr/local/share/pci.ids",
};

/* ---- the index ---- */

static int compare_names(const char *left, size_t left_length, const char *right,
			 size_t right_length)
{
	size_t n = left_length < right_length ? left_length : right_length;
	int order = g_ascii_strncasecmp(left, right, n);

	if (order != 0)
		return order;
	return left_length < right_length ? -1 : left_length > right_length;
}

static int compare_vendors(const void *a, const void *b)
{
	const struct vendor *left = a, *right = b;
	int order = compare_names(left->name, left->length, right->name, right->length);

	return order != 0 ? order : left->id - right->id;
}

static void index_text(struct pci_ids *ids)
{
	GArray *vendors = g_array_new(FALSE, FALSE, sizeof(struct vendor));
	const char *cursor = ids->text;
	const char *line;
	size_t length;

	while ((line = text_next_line(&cursor, &length))) {
		uint32_t id;
		if (length > 4 && line[0] == 'C' && line[1] == ' ') {
			ids->classes = line;
			break; /* the classes come last */
		}
		if (length < 7 || !text_hex(line, 4, &id) || line[4] != ' ' || line[5] != ' ')
			continue;
		struct vendor vendor = {
			.name = line + 6,
			.length = length - 6,
			.section = cursor,
			.id = (uint16_t)id,
		};
		g_array_append_val(vendors, vendor);
	}
	ids->n_vendors = vendors->len;
	ids->vendors = (struct vendor *)(void *)g_array_free(vendors, FALSE);
	if (ids->n_vendors > 0)
		qsort(ids->vendors, ids->n_vendors, sizeof(*ids->vendors), compare_vendors);
}

struct pci_ids *pci_ids_from_text(char *text)
{
	struct pci_ids *ids = g_new0(struct pci_ids, 1);

	ids->text = text;
	index_text(ids);
	return ids;
}

struct pci_ids *pci_ids_open(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		char *text;
		if (g_file_get_contents(places[i], &text, NULL, NULL))
			return pci_ids_from_text(text);
	}
	return NULL;
}

void pci_ids_free(struct pci_ids *ids)
{
	if (!ids)
		return;
	g_free(ids->vendors);
	g_free(ids->text);
	g_free(ids);
}

/* ---- vendors and devices ---- */

/* The first vendor of that name or behind it. */
static unsigned lower_bound(const struct pci_ids *ids, const char *name, size_t length)
{
	unsigned low = 0, high = ids->n_vendors;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		const struct vendor *vendor = &ids->vendors[middle];
		if (compare_names(vendor->name, vendor->length, name, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void found_add(struct pci_ids_found *found, uint32_t id)
{
	unsigned at = found->n;

	if (found->n == PCI_IDS_MAX)
		return;
	while (at > 0 && found->ids[at - 1] >= id) {
		if (found->ids[at - 1] == id)
			return;
		at--;
	}
	memmove(&found->ids[at + 1], &found->ids[at], (found->n - at) * sizeof(found->ids[0]));
	found->ids[at] = id;
	found->n++;
}

/* "Device 10d3": what lspci prints for a device without a name. */
static bool find_unnamed(const struct vendor *vendor, const char *name, struct pci_ids_found *found)
{
	const char *digits = text_after(name, "Device ");
	uint32_t device;

	if (!digits || strlen(digits) != 4 || !text_hex(digits, 4, &device))
		return false;
	found_add(found, (uint32_t)vendor->id << 16 | device);
	return true;
}

static void find_device(const struct vendor *vendor, const char *name, struct pci_ids_found *found)
{
	const char *cursor = vendor->section;
	size_t wanted = strlen(name);
	const char *line;
	size_t length;

	if (find_unnamed(vendor, name, found))
		return;
	while ((line = text_next_line(&cursor, &length))) {
		uint32_t device;
		if (length > 0 && line[0] != '\t' && line[0] != '#')
			break;
		if (length == wanted + 7 && line[1] != '\t' &&
		    g_ascii_strncasecmp(line + 7, name, wanted) == 0 &&
		    text_hex(line + 1, 4, &device))
			found_add(found, (uint32_t)vendor->id << 16 | device);
	}
}

/* All vendors called by the first length characters of name. Returns one of them when it is the
 * only one, else -1; *any tells whether there is one. */
static int find_of_vendors(const struct pci_ids *ids, const char *name, size_t length, bool *any,
			   struct pci_ids_found *found)
{
	int only = -1;
	unsigned n = 0;

	for (unsigned i = lower_bound(ids, name, length); i < ids->n_vendors; i++) {
		const struct vendor *vendor = &ids->vendors[i];
		if (compare_names(vendor->name, vendor->length, name, length) != 0)
			break;
		only = vendor->id;
		n++;
		if (name[length] == ' ')
			find_device(vendor, name + length + 1, found);
	}
	*any |= n > 0;
	return n == 1 ? only : -1;
}

/* Where the devices found agree on a vendor that is it, else the vendor with the longest name. */
static int agreed_vendor(const struct pci_ids_found *found, int longest)
{
	for (unsigned i = 1; i < found->n; i++)
		if (found->ids[i] >> 16 != found->ids[0] >> 16)
			return -1;
	return found->n > 0 ? (int)(found->ids[0] >> 16) : longest;
}

void pci_ids_find(const struct pci_ids *ids, const char *name, struct pci_ids_found *ret)
{
	int longest = -1;

	size_t all = strlen(name);

	*ret = (struct pci_ids_found){ .vendor = -1 };
	for (size_t length = 1; length <= all && all <= MAX_NAME; length++) {
		bool any = false;
		if (name[length] != ' ' && name[length] != '\0')
			continue;
		int vendor = find_of_vendors(ids, name, length, &any, ret);
		if (any)
			longest = vendor;
	}
	ret->vendor = agreed_vendor(ret, longest);
}

/* ---- classes ---- */

int pci_ids_class(const struct pci_ids *ids, const char *name)
{
	const char *cursor = ids->classes;
	size_t wanted = strlen(name);
	uint32_t base = 0;
	const char *line;
	size_t length;

	while (cursor && (line = text_next_line(&cursor, &length))) {
		uint32_t subclass;
		if (length > 4 && line[0] == 'C')
			text_hex(line + 2, 2, &base);
		else if (length == wanted + 5 && line[0] == '\t' && line[1] != '\t' &&
			 g_ascii_strncasecmp(line + 5, name, wanted) == 0 &&
			 text_hex(line + 1, 2, &subclass))
			return (int)(base << 8 | subclass);
	}
	return -1;
}
