/* Classes whose entries are uses by themselves: sound cards, display nodes, cameras, Bluetooth. One
 * table; only connectors need a question of their own. */
#include <string.h>

#include "model/host.h"
#include "probe/usage_reader.h"

static const struct class_row {
	const char *class;
	const char *prefix; /* entries are PREFIXn */
	enum usage_kind kind;
	const char *attribute; /* a file that says more; NULL: none */
} rows[] = {
	{ "drm", "card", USAGE_DRM, NULL },
	{ "drm", "renderD", USAGE_DRM, NULL },
	{ "graphics", "fb", USAGE_FRAMEBUFFER, "name" },
	{ "sound", "card", USAGE_SOUND, "id" },
	{ "bluetooth", "hci", USAGE_BLUETOOTH, NULL },
	{ "video4linux", "video", USAGE_VIDEO, "name" },
};

static void read_row(struct usage_reader *reader, const struct class_row *row)
{
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };

	if (!class_dir_open(reader, row->class, KIND_BIT(row->kind), &dir))
		return;
	for (guint i = 0; i < dir.names->len; i++) {
		const char *name = dir.names->pdata[i];
		struct place place;
		if (!name_is_numbered(name, row->prefix) ||
		    !devpath_of_entry(reader->host, &dir.dir, name, &place, NULL, 0) ||
		    place.is_virtual)
			continue;
		g_autofree char *detail = NULL;
		if (row->attribute)
			detail = class_dir_text(&dir, name, row->attribute);
		usage_add(reader, row->kind, place, name, detail);
	}
}

/* "card0-HDMI-A-1" is the connector HDMI-A-1 of card0. */
static void read_connector(struct usage_reader *reader, const struct class_dir *dir,
			   const char *name)
{
	struct place place;
	const char *dash = strchr(name, '-');

	if (!dash)
		return;
	g_autofree char *card = g_strndup(name, (gsize)(dash - name));
	if (!name_is_numbered(card, "card"))
		return;
	g_autofree char *status = class_dir_text(dir, name, "status");
	if (g_strcmp0(status, "connected") == 0 &&
	    devpath_of_entry(reader->host, &dir->dir, name, &place, NULL, 0) && !place.is_virtual)
		usage_add(reader, USAGE_DISPLAY, place, dash + 1, card);
}

static void read_connectors(struct usage_reader *reader)
{
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };

	if (!class_dir_open(reader, "drm", KIND_BIT(USAGE_DISPLAY), &dir))
		return;
	for (guint i = 0; i < dir.names->len; i++)
		read_connector(reader, &dir, dir.names->pdata[i]);
}

void usage_read_classes(struct usage_reader *reader)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		read_row(reader, &rows[i]);
	read_connectors(reader);
}
