/* See hwdb.h. The file is a tree of characters: a node has a piece of text, a child for each
 * character that may follow, and properties. All offsets in it are checked against its length. */
#include "base/hwdb.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "base/input.h"
#include "base/text.h"

/* Offsets in the header and the entries; all numbers are 64 bits, little-endian. */
enum {
	HEADER_NODE_SIZE = 32,
	HEADER_CHILD_SIZE = 40,
	HEADER_VALUE_SIZE = 48,
	HEADER_ROOT = 56,
	HEADER_SIZE = 80,
	NODE_PREFIX = 0,
	NODE_N_CHILDREN = 8, /* one byte */
	NODE_N_VALUES = 16,
	NODE_MIN = 24,
	CHILD_OFFSET = 8,
	CHILD_MIN = 16,
	VALUE_KEY = 0,
	VALUE_TEXT = 8,
	VALUE_MIN = 16,
	MAX_ENTRY = 4096, /* of the sizes that the header gives */
};

struct hwdb {
	GMappedFile *file;
	const char *data;
	uint64_t size;
	uint64_t node_size, child_size, value_size;
};

struct node {
	uint64_t at;
	const char *prefix;
	unsigned n_children;
	uint64_t n_values;
};

static uint64_t get_64(const struct hwdb *hwdb, uint64_t at)
{
	uint64_t value;

	memcpy(&value, hwdb->data + at, sizeof(value));
	return GUINT64_FROM_LE(value);
}

static bool is_inside(const struct hwdb *hwdb, uint64_t at, uint64_t length)
{
	return length <= hwdb->size && at <= hwdb->size - length;
}

/* A text of the file; NULL when it is not inside it, or does not end there. */
static const char *get_text(const struct hwdb *hwdb, uint64_t at)
{
	if (at >= hwdb->size || !memchr(hwdb->data + at, '\0', hwdb->size - at))
		return NULL;
	return hwdb->data + at;
}

/* ---- opening ---- */

static bool read_header(struct hwdb *hwdb)
{
	if (hwdb->size < HEADER_SIZE || memcmp(hwdb->data, "KSLPHHRH", 8) != 0)
		return false;
	hwdb->node_size = get_64(hwdb, HEADER_NODE_SIZE);
	hwdb->child_size = get_64(hwdb, HEADER_CHILD_SIZE);
	hwdb->value_size = get_64(hwdb, HEADER_VALUE_SIZE);
	return hwdb->node_size >= NODE_MIN && hwdb->node_size <= MAX_ENTRY &&
	       hwdb->child_size >= CHILD_MIN && hwdb->child_size <= MAX_ENTRY &&
	       hwdb->value_size >= VALUE_MIN && hwdb->value_size <= MAX_ENTRY;
}

struct hwdb *hwdb_open(const char *path)
{
	static const char *const paths[] = {
		"/etc/systemd/hwdb/hwdb.bin",
		"/etc/udev/hwdb.bin",
		"/usr/lib/systemd/hwdb/hwdb.bin",
		"/usr/lib/udev/hwdb.bin",
		"/lib/udev/hwdb.bin",
	};
	GMappedFile *file = input_map(path, paths, G_N_ELEMENTS(paths));

	if (!file)
		return NULL;
	struct hwdb *hwdb = g_new0(struct hwdb, 1);
	hwdb->file = file;
	hwdb->data = g_mapped_file_get_contents(file);
	hwdb->size = hwdb->data ? g_mapped_file_get_length(file) : 0;
	if (read_header(hwdb))
		return hwdb;
	hwdb_close(hwdb);
	return NULL;
}

void hwdb_close(struct hwdb *hwdb)
{
	if (!hwdb)
		return;
	g_mapped_file_unref(hwdb->file);
	g_free(hwdb);
}

/* ---- looking up ---- */

static bool get_node(const struct hwdb *hwdb, uint64_t at, struct node *ret)
{
	if (!is_inside(hwdb, at, hwdb->node_size))
		return false;
	uint64_t prefix = get_64(hwdb, at + NODE_PREFIX);
	ret->at = at;
	ret->prefix = prefix > 0 ? get_text(hwdb, prefix) : "";
	ret->n_children = (uint8_t)hwdb->data[at + NODE_N_CHILDREN];
	ret->n_values = get_64(hwdb, at + NODE_N_VALUES);
	return ret->prefix && ret->n_values <= hwdb->size / hwdb->value_size &&
	       is_inside(hwdb, at + hwdb->node_size,
			 ret->n_children * hwdb->child_size + ret->n_values * hwdb->value_size);
}

static bool get_child(const struct hwdb *hwdb, const struct node *node, char c, struct node *ret)
{
	for (unsigned i = 0; i < node->n_children; i++) {
		uint64_t at = node->at + hwdb->node_size + i * hwdb->child_size;
		if (hwdb->data[at] == c)
			return get_node(hwdb, get_64(hwdb, at + CHILD_OFFSET), ret);
	}
	return false;
}

/* Each step takes a character of the pattern, so it ends. */
static bool find_node(const struct hwdb *hwdb, const char *pattern, struct node *node)
{
	bool ok = get_node(hwdb, get_64(hwdb, HEADER_ROOT), node);

	while (ok) {
		const char *rest = text_after(pattern, node->prefix);
		if (!rest || *rest == '\0')
			return rest != NULL;
		struct node from = *node;
		ok = get_child(hwdb, &from, *rest, node);
		pattern = rest + 1;
	}
	return false;
}

char *hwdb_get(const struct hwdb *hwdb, const char *pattern, const char *property)
{
	struct node node;

	if (!find_node(hwdb, pattern, &node))
		return NULL;
	uint64_t values = node.at + hwdb->node_size + node.n_children * hwdb->child_size;
	for (uint64_t i = 0; i < node.n_values; i++) {
		uint64_t at = values + i * hwdb->value_size;
		const char *key = get_text(hwdb, get_64(hwdb, at + VALUE_KEY));
		const char *text = get_text(hwdb, get_64(hwdb, at + VALUE_TEXT));
		/* Keys begin with a blank, as the lines that they were made from. */
		if (key && text && *key == ' ' && strcmp(key + 1, property) == 0 && *text)
			return text_printable(text, strlen(text));
	}
	return NULL;
}
