/* Reading QEMU's options for disks and flash into a guest. */
#include <string.h>

#include "vm/qemu_reader.h"

/* ---- block devices by their ids ---- */

struct node *reader_node(struct reader *reader, const char *id)
{
	struct node *node = id ? g_hash_table_lookup(reader->nodes, id) : NULL;

	for (int depth = 0; node && !node->path && node->below && depth < 16; depth++) {
		struct node *below = g_hash_table_lookup(reader->nodes, node->below);
		if (!below)
			break;
		node = below;
	}
	return node;
}

static struct node *add_node(struct reader *reader, const char *id)
{
	struct node *node = g_new0(struct node, 1);

	node->readonly = TRI_UNKNOWN;
	node->placed = -1;
	g_hash_table_insert(reader->nodes, g_strdup(id), node);
	return node;
}

/* ---- flash ---- */

static void set_pflash(struct guest *guest, const char *path, enum tri readonly)
{
	if (!path)
		return;
	if (!guest->code) {
		guest->code = path;
		guest->code_readonly = readonly == TRI_UNKNOWN ? TRI_NO : readonly;
	} else {
		guest->vars = path;
		guest->vars_readonly = readonly == TRI_YES;
	}
}

void reader_pflash(struct reader *reader, const GArray *pairs)
{
	set_pflash(reader->guest, guest_string(reader->guest, pairs_get(pairs, "")), TRI_NO);
}

/* What "cache.direct=" comes to; NULL: it is not said. */
static const char *direct_cache(const GArray *pairs)
{
	const char *direct = pairs_get(pairs, "cache.direct");

	return !direct ? NULL : pairs_is_on(direct) ? "none" : "writeback";
}

/* "cache=" is short for several of "cache.…=", which count more where they are said, too. */
static const char *drive_cache(const GArray *pairs)
{
	const char *direct = direct_cache(pairs);

	return direct ? direct : pairs_get(pairs, "cache");
}

/* Does QEMU itself make a device for a drive of that interface (NULL: the machine's own)? Of SCSI
 * it depends on the controller. */
static bool has_place(const char *interface)
{
	return !interface || strcmp(interface, "ide") == 0 || strcmp(interface, "virtio") == 0;
}

void reader_drive(struct reader *reader, const GArray *pairs)
{
	struct guest *guest = reader->guest;
	const char *interface = pairs_get(pairs, "if"), *id = pairs_get(pairs, "id");
	const char *path = guest_string(guest, pairs_get(pairs, "file"));
	const char *readonly = pairs_get(pairs, "readonly");

	if (!readonly)
		readonly = pairs_get(pairs, "read-only");
	enum tri ro = readonly ? (enum tri)pairs_is_on(readonly) : TRI_UNKNOWN;
	if (g_strcmp0(interface, "pflash") == 0) {
		set_pflash(guest, path, ro);
		return;
	}
	struct node *node = id ? add_node(reader, id) : NULL;
	if (node) {
		node->path = path;
		node->io = guest_string(guest, pairs_get(pairs, "aio"));
		node->cache = guest_string(guest, drive_cache(pairs));
		node->placed = has_place(interface) ? (int)guest->devices->len : -1;
	}
	if (g_strcmp0(interface, "none") == 0)
		return;
	struct guest_device *device = guest_add(guest, GUEST_DISK, reader->shown);
	device->type = g_strcmp0(pairs_get(pairs, "media"), "cdrom") == 0 ? "cdrom" : "disk";
	device->bus_type = interface ? guest_string(guest, interface) : "ide";
	device->path = path;
	device->io = guest_string(guest, pairs_get(pairs, "aio"));
	device->cache = guest_string(guest, drive_cache(pairs));
}

void reader_hda(struct reader *reader, const GArray *pairs)
{
	struct guest_device *device = guest_add(reader->guest, GUEST_DISK, reader->shown);

	device->type = "disk";
	device->bus_type = "ide";
	device->path = guest_string(reader->guest, pairs_get(pairs, ""));
}

void reader_blockdev(struct reader *reader, const GArray *pairs)
{
	const char *id = pairs_get(pairs, "node-name");
	const char *path = pairs_get(pairs, "filename"), *readonly = pairs_get(pairs, "read-only");

	if (!id)
		return;
	struct node *node = add_node(reader, id);
	node->path = guest_string(reader->guest, path ? path : pairs_get(pairs, "file.filename"));
	node->below = guest_string(reader->guest, pairs_get(pairs, "file"));
	if (readonly)
		node->readonly = pairs_is_on(readonly) ? TRI_YES : TRI_NO;
	node->io = guest_string(reader->guest, pairs_get(pairs, "aio"));
	node->cache = direct_cache(pairs);
}

void reader_finish_pflash(struct reader *reader)
{
	const struct node *code = reader_node(reader, reader->pflash0);
	const struct node *top =
		reader->pflash0 ? g_hash_table_lookup(reader->nodes, reader->pflash0) : NULL;
	const struct node *vars = reader_node(reader, reader->pflash1);

	if (code && code->path)
		set_pflash(reader->guest, code->path,
			   top && top->readonly != TRI_UNKNOWN ? top->readonly : code->readonly);
	if (vars && vars->path)
		set_pflash(reader->guest, vars->path, vars->readonly);
}
