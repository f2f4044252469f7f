/* Classes whose entries are uses by themselves: sound cards, display nodes, cameras, Bluetooth. One
 * table; only connectors need a question of their own. */
#include <string.h>

#include "model/host.h"
#include "probe/usage_reader.h"

struct class_row {
	const char *class; /* rows of one class stand one after the other */
	enum usage_kind kind;
	/* Adds what entry i of the class is, if the row is about it. */
	void (*read)(struct usage_reader *reader, struct class_dir *dir, guint i,
		     const struct class_row *row);
	const char *prefix;    /* entries are PREFIXn */
	const char *attribute; /* a file that says more; NULL: none */
};

static void read_entry(struct usage_reader *reader, struct class_dir *dir, guint i,
		       const struct class_row *row)
{
	const char *name = dir->names->pdata[i];
	struct place place;

	if (!name_is_numbered(name, row->prefix) ||
	    !class_dir_place(reader, dir, i, &place, NULL) || place.is_virtual)
		return;
	g_autofree char *detail = NULL;
	if (row->attribute)
		detail = class_dir_text(dir, name, row->attribute);
	usage_add(reader, row->kind, place, name, detail);
}

/* "card0-HDMI-A-1" is the connector HDMI-A-1 of card0. */
static void read_connector(struct usage_reader *reader, struct class_dir *dir, guint i,
			   const struct class_row *row)
{
	const char *name = dir->names->pdata[i];
	const char *dash = strchr(name, '-');
	struct place place;

	if (!dash)
		return;
	g_autofree char *card = g_strndup(name, (gsize)(dash - name));
	if (!name_is_numbered(card, row->prefix))
		return;
	g_autofree char *status = class_dir_text(dir, name, "status");
	if (g_strcmp0(status, "connected") == 0 && class_dir_place(reader, dir, i, &place, NULL) &&
	    !place.is_virtual)
		usage_add(reader, row->kind, place, dash + 1, card);
}

static const struct class_row rows[] = {
	{ "drm", USAGE_DRM, read_entry, "card", NULL },
	{ "drm", USAGE_DRM, read_entry, "renderD", NULL },
	{ "drm", USAGE_DISPLAY, read_connector, "card", NULL },
	{ "graphics", USAGE_FRAMEBUFFER, read_entry, "fb", "name" },
	{ "sound", USAGE_SOUND, read_entry, "card", "id" },
	{ "bluetooth", USAGE_BLUETOOTH, read_entry, "hci", NULL },
	{ "video4linux", USAGE_VIDEO, read_entry, "video", "name" },
};

/* The n rows of one class. */
static void read_class(struct usage_reader *reader, const struct class_row *of_class, size_t n)
{
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };
	unsigned kinds = 0;

	for (size_t j = 0; j < n; j++)
		kinds |= KIND_BIT(of_class[j].kind);
	if (!class_dir_open(reader, of_class->class, kinds, &dir))
		return;
	for (guint i = 0; i < dir.names->len; i++)
		for (size_t j = 0; j < n; j++)
			of_class[j].read(reader, &dir, i, &of_class[j]);
}

void usage_read_classes(struct usage_reader *reader)
{
	for (size_t i = 0, n; i < G_N_ELEMENTS(rows); i += n) {
		n = 1;
		while (i + n < G_N_ELEMENTS(rows) && strcmp(rows[i + n].class, rows[i].class) == 0)
			n++;
		read_class(reader, &rows[i], n);
	}
}
