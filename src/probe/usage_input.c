/* Input devices: which one is a keyboard or a mouse is told by the keys that it has (kernel:
 * include/uapi/linux/input-event-codes.h), never by its name. */
#include <linux/input-event-codes.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"
#include "probe/usage_reader.h"

#define N_WORDS 64 /* of a bitmap: KEY_CNT is 768 bits, 24 words of 32 */

/* A bitmap as the kernel prints it: words in hexadecimal, the highest first, no leading zeros. How
 * wide a word is depends on the kernel and is not said. */
struct bitmap {
	uint64_t words[N_WORDS]; /* the lowest first */
	unsigned n;
	bool wide; /* one of the words takes 64 bits */
};

static void bitmap_parse(const char *text, struct bitmap *ret)
{
	g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \t\n", -1);
	guint n = g_strv_length(words);

	*ret = (struct bitmap){ 0 };
	while (n > 0 && ret->n < N_WORDS) {
		const char *word = words[--n];
		if (*word == '\0')
			continue;
		if (!text_to_u64(word, 16, &ret->words[ret->n]))
			break;
		ret->wide |= ret->words[ret->n++] > UINT32_MAX;
	}
}

static bool bitmap_has_as(const struct bitmap *map, unsigned bit, unsigned width)
{
	unsigned word = bit / width;

	return word < map->n && (map->words[word] >> bit % width & 1) != 0;
}

/* Narrow words are 32 bits wide, or the upper halves happen to be empty. */
static bool bitmap_has(const struct bitmap *map, unsigned bit)
{
	return bitmap_has_as(map, bit, 64) || (!map->wide && bitmap_has_as(map, bit, 32));
}

static bool has_letters(const struct bitmap *keys, unsigned width)
{
	static const struct {
		unsigned first;
		unsigned last;
	} rows[] = { { KEY_Q, KEY_P }, { KEY_A, KEY_L }, { KEY_Z, KEY_M } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		for (unsigned key = rows[i].first; key <= rows[i].last; key++)
			if (!bitmap_has_as(keys, key, width))
				return false;
	return true;
}

static bool is_keyboard(const struct bitmap *keys)
{
	return has_letters(keys, 64) || (!keys->wide && has_letters(keys, 32));
}

/* ---- devices ---- */

struct inputs {
	struct usage_reader *reader;
	struct class_dir dir;
	struct place adapters[8]; /* Bluetooth */
	unsigned n_adapters;
};

static struct bitmap read_bitmap(const struct inputs *inputs, const char *name, const char *file)
{
	char buf[1024];
	g_autofree char *capability = g_strconcat("capabilities/", file, NULL);
	g_autofree char *path = class_dir_path(&inputs->dir, name, capability);
	struct bitmap map;

	if (root_read(inputs->reader->root, path, buf, sizeof(buf)) < 0)
		*buf = '\0';
	bitmap_parse(buf, &map);
	return map;
}

static void add_input(const struct inputs *inputs, const char *name, const struct place *place)
{
	struct bitmap keys = read_bitmap(inputs, name, "key");
	struct bitmap events = read_bitmap(inputs, name, "ev");
	g_autofree char *title = class_dir_text(&inputs->dir, name, "name");
	bool keyboard = is_keyboard(&keys);
	bool mouse = bitmap_has(&keys, BTN_LEFT) &&
		     (bitmap_has_as(&events, EV_REL, 64) || bitmap_has_as(&events, EV_ABS, 64));

	if (keyboard)
		usage_add(inputs->reader, USAGE_KEYBOARD, *place, name, title);
	if (mouse)
		usage_add(inputs->reader, USAGE_MOUSE, *place, name, title);
	if (!keyboard && !mouse)
		usage_add(inputs->reader, USAGE_INPUT, *place, name, title);
}

/* Keyboards by Bluetooth may be made by a daemon: virtual to the kernel, but lost with the adapter.
 * Which adapter is not said, so each one is told to have it. 0005 is BUS_BLUETOOTH. */
static void add_by_radio(const struct inputs *inputs, const char *name)
{
	static const struct place nowhere = { .pci = -1, .usb = -1, .outer = -1 };

	for (unsigned i = 0; i < inputs->n_adapters; i++)
		add_input(inputs, name, &inputs->adapters[i]);
	if (inputs->n_adapters == 0)
		add_input(inputs, name, &nowhere);
}

static void find_adapters(struct inputs *inputs)
{
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };

	if (!class_dir_open(inputs->reader, "bluetooth", 0, &dir))
		return;
	for (guint i = 0; i < dir.names->len && inputs->n_adapters < G_N_ELEMENTS(inputs->adapters);
	     i++) {
		struct place *place = &inputs->adapters[inputs->n_adapters];
		const char *name = dir.names->pdata[i];
		if (name_is_numbered(name, "hci") &&
		    class_dir_place(inputs->reader, &dir, i, place, NULL) && !place->is_virtual)
			inputs->n_adapters++;
	}
}

void usage_read_inputs(struct usage_reader *reader)
{
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };
	unsigned kinds = KIND_BIT(USAGE_KEYBOARD) | KIND_BIT(USAGE_MOUSE) | KIND_BIT(USAGE_INPUT);

	if (!class_dir_open(reader, "input", kinds, &dir) ||
	    !class_dir_is_wanted(reader, &dir, "input"))
		return;
	struct inputs inputs = { .reader = reader, .dir = dir };
	find_adapters(&inputs);
	for (guint i = 0; i < dir.names->len; i++) {
		const char *name = dir.names->pdata[i];
		struct place place;
		const char *path;
		if (!name_is_numbered(name, "input") ||
		    !class_dir_place(reader, &dir, i, &place, &path))
			continue;
		if (strstr(path, "/uhid/0005:"))
			add_by_radio(&inputs, name);
		else if (!place.is_virtual)
			add_input(&inputs, name, &place);
	}
}
