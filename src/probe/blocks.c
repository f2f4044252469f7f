/* See blocks.h. Going down is done with a list of what is still to do and a mark on what was seen,
 * so loops and deep stacks end; a budget ends what is built to be endless. */
#include "probe/blocks.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"

#define MAX_VISITS 1000000 /* steps down the stacks, all uses together */
#define MAX_SHOWN  4       /* mount points that are named; the rest is counted */

struct block {
	const char *name;
	struct place *places; /* owned; several behind NVMe multipath */
	unsigned n_places;
	bool is_virtual;    /* no hardware of its own */
	const char *above;  /* the name before its own in the path */
	struct block *disk; /* of a partition */
	GPtrArray *lower;   /* of struct block: what it is made of; NULL: nothing */
	unsigned mark;      /* the visit that saw it last */
	bool used;          /* it, or a partition of it */
	bool direct;        /* it itself: kind and what follows hold */
	enum usage_kind kind;
	GString *mounts; /* "/, /home"; NULL: none */
	GString *others; /* "swap"; NULL: none */
	unsigned n_mounts;
};

struct blocks {
	struct usage_reader *reader;
	struct class_dir dir;
	GPtrArray *list;       /* of struct block, owned, by name */
	GHashTable *by_name;   /* name → block */
	GHashTable *by_number; /* major << 20 | minor → block */
	GHashTable *by_mapper; /* device mapper's name → block; owns the names */
	unsigned mark;
	unsigned visits;
};

static void block_free(gpointer data)
{
	struct block *block = data;

	if (block->lower)
		g_ptr_array_unref(block->lower);
	if (block->mounts)
		g_string_free(block->mounts, TRUE);
	if (block->others)
		g_string_free(block->others, TRUE);
	g_free(block->places);
	g_free(block);
}

/* ---- reading ---- */

static gpointer number_key(uint32_t major, uint32_t minor)
{
	return GSIZE_TO_POINTER((gsize)major << 20 | minor);
}

static void read_number(struct blocks *blocks, struct block *block)
{
	g_autofree char *text = class_dir_text(&blocks->dir, block->name, "dev");
	char *colon = text ? strchr(text, ':') : NULL;
	uint32_t major, minor;

	if (!colon)
		return;
	*colon = '\0';
	if (text_to_u32(text, 10, 0xfff, &major) && text_to_u32(colon + 1, 10, 0xfffff, &minor))
		g_hash_table_insert(blocks->by_number, number_key(major, minor), block);
}

/* The heads of NVMe multipath are virtual; the controllers below them stand in the subsystem. */
static void read_subsystem(struct blocks *blocks, struct block *block, const char *subsystem)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(struct place));
	g_autofree char *class = g_strconcat("nvme-subsystem/", subsystem, NULL);
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };
	struct place place;

	block->is_virtual = false;
	if (!class_dir_open(blocks->reader, class, 0, &dir))
		return;
	for (guint i = 0; i < dir.names->len; i++) {
		const char *name = dir.names->pdata[i];
		if (name_is_numbered(name, "nvme") &&
		    class_dir_place(blocks->reader, &dir, i, &place, NULL))
			g_array_append_val(places, place);
	}
	block->n_places = places->len;
	block->places = (struct place *)(void *)g_array_free(g_steal_pointer(&places), FALSE);
}

/* "nvme0c1n1" is one path to nvme0n1, hidden from users. */
static bool is_hidden_path(const char *name)
{
	const char *at = text_after(name, "nvme");

	if (!at)
		return false;
	at += strspn(at, "0123456789");
	return *at == 'c';
}

static void take_path(struct blocks *blocks, struct block *block, const char *path,
		      const struct place *place)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	guint n = g_strv_length(names);

	block->is_virtual = place->is_virtual;
	if (n >= 2)
		block->above = host_string(blocks->reader->host, names[n - 2]);
	for (guint i = 0; i + 1 < n; i++) {
		if (place->is_virtual && strcmp(names[i], "nvme-subsystem") == 0) {
			read_subsystem(blocks, block, names[i + 1]);
			return;
		}
	}
	if (!place->is_virtual) {
		block->places = g_memdup2(place, sizeof(*place));
		block->n_places = 1;
	}
}

static void read_block(struct blocks *blocks, guint i)
{
	const char *name = blocks->dir.names->pdata[i], *path;
	struct place place;

	if (is_hidden_path(name) ||
	    !class_dir_place(blocks->reader, &blocks->dir, i, &place, &path))
		return;
	struct block *block = g_new0(struct block, 1);
	block->name = host_string(blocks->reader->host, name);
	take_path(blocks, block, path, &place);
	g_ptr_array_add(blocks->list, block);
	g_hash_table_insert(blocks->by_name, (gpointer)block->name, block);
	read_number(blocks, block);
	if (g_str_has_prefix(name, "dm-")) {
		char *mapper = class_dir_text(&blocks->dir, name, "dm/name");
		if (mapper)
			g_hash_table_replace(blocks->by_mapper, mapper, block);
	}
}

static void read_slaves(struct blocks *blocks, struct block *block)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *path = class_dir_path(&blocks->dir, block->name, "slaves");

	if (root_list(blocks->reader->root, path, &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		struct block *lower = blocks_by_name(blocks, names->pdata[i]);
		if (!lower)
			continue;
		if (!block->lower)
			block->lower = g_ptr_array_new();
		g_ptr_array_add(block->lower, lower);
	}
}

/* Partitions of disks; of stacked devices (md0p1) they are made of the whole. */
static void link_block(struct blocks *blocks, struct block *block)
{
	struct block *disk = block->above ? blocks_by_name(blocks, block->above) : NULL;

	if (disk && disk != block) {
		block->disk = disk;
		if (block->is_virtual) {
			block->lower = g_ptr_array_new();
			g_ptr_array_add(block->lower, disk);
		}
	} else if (block->is_virtual) {
		read_slaves(blocks, block);
	}
}

struct blocks *blocks_read(struct usage_reader *reader)
{
	struct blocks *blocks = g_new0(struct blocks, 1);

	blocks->reader = reader;
	blocks->list = g_ptr_array_new_with_free_func(block_free);
	blocks->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	blocks->by_number = g_hash_table_new(NULL, NULL);
	blocks->by_mapper = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!class_dir_open(reader, "block", KIND_BIT(USAGE_BLOCK), &blocks->dir))
		return blocks;
	for (guint i = 0; i < blocks->dir.names->len; i++)
		read_block(blocks, i);
	for (guint i = 0; i < blocks->list->len; i++)
		link_block(blocks, blocks->list->pdata[i]);
	return blocks;
}

void blocks_free(struct blocks *blocks)
{
	class_dir_close(&blocks->dir);
	g_hash_table_unref(blocks->by_name);
	g_hash_table_unref(blocks->by_number);
	g_hash_table_unref(blocks->by_mapper);
	g_ptr_array_unref(blocks->list);
	g_free(blocks);
}

bool blocks_known(const struct blocks *blocks)
{
	return (blocks->reader->host->usages.known & KIND_BIT(USAGE_BLOCK)) != 0;
}

/* ---- finding ---- */

struct block *blocks_by_number(const struct blocks *blocks, uint32_t major, uint32_t minor)
{
	return major == 0 ? NULL : g_hash_table_lookup(blocks->by_number, number_key(major, minor));
}

struct block *blocks_by_name(const struct blocks *blocks, const char *name)
{
	return g_hash_table_lookup(blocks->by_name, name);
}

/* By the path as it stands: no links. */
static struct block *find_node(const struct blocks *blocks, const char *path)
{
	const char *node = text_after(path, "/dev/");
	const char *mapper = text_after(path, "/dev/mapper/");

	if (!node)
		return NULL;
	if (mapper && g_hash_table_contains(blocks->by_mapper, mapper))
		return g_hash_table_lookup(blocks->by_mapper, mapper);
	g_autofree char *name = g_strdelimit(g_strdup(node), "/", '!'); /* cciss!c0d0 */
	return blocks_by_name(blocks, name);
}

struct block *blocks_by_node(const struct blocks *blocks, const char *path)
{
	struct block *block = find_node(blocks, path);
	char link[PATH_MAX];

	if (block || !g_str_has_prefix(path, "/dev/") ||
	    root_link(blocks->reader->root, path, link, sizeof(link)) < 0)
		return block;
	/* udev's links lead to the node itself, "../../sda1". */
	const char *slash = strrchr(link, '/');
	return blocks_by_name(blocks, slash ? slash + 1 : link);
}

/* ---- uses ---- */

static bool visit_next(struct blocks *blocks, GPtrArray *todo, struct block *block)
{
	if (block->mark == blocks->mark)
		return true;
	block->mark = blocks->mark;
	g_ptr_array_add(todo, block);
	return ++blocks->visits < MAX_VISITS;
}

/* The devices at the bottom of block, in order of finding; the array is the caller's. */
static GPtrArray *find_leaves(struct blocks *blocks, struct block *block)
{
	g_autoptr(GPtrArray) todo = g_ptr_array_new();
	GPtrArray *leaves = g_ptr_array_new();
	bool more = blocks->visits < MAX_VISITS;

	blocks->mark++;
	visit_next(blocks, todo, block);
	for (guint i = 0; i < todo->len; i++) {
		struct block *at = todo->pdata[i];
		if (!at->lower)
			g_ptr_array_add(leaves, at);
		for (guint j = 0; more && at->lower && j < at->lower->len; j++)
			more = visit_next(blocks, todo, at->lower->pdata[j]);
	}
	return leaves;
}

static void append_item(GString **list, const char *item, const char *through)
{
	if (!*list)
		*list = g_string_new(NULL);
	else
		g_string_append(*list, ", ");
	g_string_append(*list, item);
	if (through)
		g_string_append_printf(*list, " (%s)", through);
}

static void use_leaf(struct block *leaf, enum usage_kind kind, enum block_use use, const char *what,
		     const char *through)
{
	if (!leaf->direct || kind < leaf->kind)
		leaf->kind = kind;
	leaf->direct = true;
	leaf->used = true;
	if (leaf->disk)
		leaf->disk->used = true;
	if (use == BLOCK_OTHER)
		append_item(&leaf->others, what, through);
	else if (leaf->n_mounts++ < MAX_SHOWN)
		append_item(&leaf->mounts, what, through);
}

void blocks_use(struct blocks *blocks, struct block *block, enum usage_kind kind,
		enum block_use use, const char *what)
{
	if (blocks->visits >= MAX_VISITS)
		return;
	g_autoptr(GPtrArray) leaves = find_leaves(blocks, block);
	for (guint i = 0; i < leaves->len; i++) {
		struct block *leaf = leaves->pdata[i];
		use_leaf(leaf, kind, use, what, leaf == block ? NULL : block->name);
	}
}

/* Partitions of multipath disks have no place of their own. */
static const struct block *placed(const struct block *block)
{
	return block->n_places == 0 && block->disk ? block->disk : block;
}

void blocks_visit(struct blocks *blocks, struct block *block,
		  void (*visit)(const struct place *place, void *data), void *data)
{
	g_autoptr(GPtrArray) leaves = find_leaves(blocks, block);

	for (guint i = 0; i < leaves->len; i++) {
		const struct block *leaf = placed(leaves->pdata[i]);
		for (unsigned j = 0; j < leaf->n_places; j++)
			visit(&leaf->places[j], data);
	}
}

/* ---- telling ---- */

/* "mounted on /, /home and 3 more; swap" */
static char *describe_uses(const struct block *block)
{
	GString *text = g_string_new(NULL);

	if (block->mounts)
		g_string_append_printf(text, "mounted on %s", block->mounts->str);
	if (block->n_mounts > MAX_SHOWN)
		g_string_append_printf(text, " and %u more", block->n_mounts - MAX_SHOWN);
	if (block->others)
		g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", block->others->str);
	return g_string_free(text, FALSE);
}

static void emit_block(struct blocks *blocks, const struct block *block, enum usage_kind kind,
		       const char *detail)
{
	static const struct place nowhere = { .pci = -1, .usb = -1, .outer = -1 };
	const struct block *from = placed(block);

	for (unsigned i = 0; i < from->n_places; i++)
		usage_add(blocks->reader, kind, from->places[i], block->name, detail);
	if (from->n_places == 0 && !from->is_virtual)
		usage_add(blocks->reader, kind, nowhere, block->name, detail);
}

void blocks_emit(struct blocks *blocks)
{
	for (guint i = 0; i < blocks->list->len; i++) {
		const struct block *block = blocks->list->pdata[i];
		if (block->direct) {
			g_autofree char *detail = describe_uses(block);
			emit_block(blocks, block, block->kind, detail);
		} else if (!block->used && !block->disk && !block->is_virtual) {
			g_autofree char *model =
				class_dir_text(&blocks->dir, block->name, "device/model");
			emit_block(blocks, block, USAGE_BLOCK, model);
		}
	}
	if (blocks->visits >= MAX_VISITS)
		host_gap_text(blocks->reader->host, "/sys/class/block",
			      "the stack of devices is too large to be followed");
}
