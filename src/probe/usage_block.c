/* Who uses the block devices: the mount table, swap, and the file systems that spread over several
 * disks without the kernel's saying so in the mount table (btrfs, ZFS). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"
#include "probe/blocks.h"
#include "probe/mount.h"
#include "probe/usage_reader.h"

#define MAX_TABLE (64 * 1024 * 1024) /* bytes of a mount table */
#define MAX_CACHE (16 * 1024 * 1024) /* bytes of ZFS's pool cache */
#define MAX_UDEV  (1024 * 1024)      /* bytes of what udev knows of a device */
#define UDEV_DATA "/run/udev/data"

/* ---- the mount table (proc(5), mountinfo) ---- */

static void take_mount(const char *line, size_t length, GArray *mounts, GHashTable *seen)
{
	struct mount mount = { 0 };

	if (!mount_parse(line, length, &mount))
		return;
	char *key = g_strdup_printf("%u:%u %s", mount.major, mount.minor, mount.target);
	if (g_hash_table_add(seen, key))
		g_array_append_val(mounts, mount);
	else
		mount_clear(&mount);
}

/* Has it to do with disks? Most mounts of a machine have not: /proc, cgroups, containers' views. */
static bool is_on_disk(const struct mount *mount)
{
	return mount->major != 0 || g_str_has_prefix(mount->source, "/dev/") ||
	       strcmp(mount->type, "zfs") == 0;
}

/* Appends the lines of one table that are about disks. False when it cannot be read. */
static bool append_mounts(struct root *root, const char *path, GString *lines)
{
	g_autofree char *text = root_read_all(root, path, MAX_TABLE, NULL, NULL);
	const char *cursor = text, *line;
	size_t length;

	while (text && (line = text_next_line(&cursor, &length))) {
		struct mount mount = { 0 };
		if (!mount_parse(line, length, &mount))
			continue;
		if (is_on_disk(&mount)) {
			g_string_append_len(lines, line, (gssize)length);
			g_string_append_c(lines, '\n');
		}
		mount_clear(&mount);
	}
	return text != NULL;
}

/* The table of the first process is that of the machine, also when this one runs in a container or
 * a service with a view of its own; its own has what was mounted in that view. */
static char *find_mounts(struct root *root)
{
	GString *lines = g_string_new(NULL);
	bool known = append_mounts(root, "/proc/1/mountinfo", lines);

	known |= append_mounts(root, "/proc/self/mountinfo", lines);
	return g_string_free(lines, !known);
}

/* Adds all mounts on disks. False when no table can be read. A recording keeps the lines that
 * matter instead of the tables. */
static bool read_mounts(struct usage_reader *reader, GArray *mounts)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *text = root_fact(reader->root, "mounts", find_mounts);
	const char *line;
	size_t length;

	if (!text && !root_is_live(reader->root))
		text = find_mounts(reader->root);
	if (!text) {
		char byte[2];
		ssize_t n = root_read(reader->root, "/proc/self/mountinfo", byte, sizeof(byte));
		host_gap(reader->host, "/proc/self/mountinfo", n < 0 ? (int)-n : EIO);
		return false;
	}
	for (const char *cursor = text; (line = text_next_line(&cursor, &length));)
		take_mount(line, length, mounts, seen);
	return true;
}

/* ---- file systems on several devices ---- */

struct user {
	struct usage_reader *reader;
	struct blocks *blocks;
	GHashTable *btrfs; /* block → GPtrArray of all blocks of its file system, owned */
	GPtrArray *btrfs_arrays;
	char *zfs_devices; /* names of blocks by lines; NULL: not asked for yet or not known */
	bool zfs_asked;
	bool lost; /* something is mounted, and from which devices is not known */
};

static void read_btrfs_devices(struct user *user, const char *path)
{
	g_autoptr(GPtrArray) names = NULL;

	if (root_list(user->reader->root, path, &names) < 0)
		return;
	GPtrArray *members = g_ptr_array_new();
	g_ptr_array_add(user->btrfs_arrays, members);
	for (guint i = 0; i < names->len; i++) {
		struct block *block = blocks_by_name(user->blocks, names->pdata[i]);
		if (!block)
			continue;
		g_ptr_array_add(members, block);
		g_hash_table_replace(user->btrfs, block, members);
	}
}

/* /sys/fs/btrfs/UUID/devices/ names every device of a file system. */
static void read_btrfs(struct user *user)
{
	g_autoptr(GPtrArray) names = NULL;

	user->btrfs = g_hash_table_new(NULL, NULL);
	user->btrfs_arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	if (root_list(user->reader->root, "/sys/fs/btrfs", &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_strconcat("/sys/fs/btrfs/", (const char *)names->pdata[i],
						    "/devices", NULL);
		read_btrfs_devices(user, path);
	}
}

/* The name of the node at the end of udev's link, "nvme0n1p3", or of the path itself. */
static char *node_name(struct root *root, const char *path)
{
	char link[4096];
	const char *at = root_link(root, path, link, sizeof(link)) < 0 ? path : link;

	return g_path_get_basename(at);
}

/* The pool cache is a packed list of names and values; paths are recognised by their front. */
static void read_pool_cache(struct root *root, GString *names)
{
	size_t length = 0;
	g_autofree char *cache =
		root_read_all(root, "/etc/zfs/zpool.cache", MAX_CACHE, &length, NULL);
	size_t at = 0;

	while (cache && at + 5 < length) {
		const char *found = memmem(cache + at, length - at, "/dev/", 5);
		if (!found)
			break;
		size_t n = 0;
		at = (size_t)(found - cache);
		while (at + n < length && g_ascii_isgraph(found[n]))
			n++;
		at += n;
		g_autofree char *path = g_strndup(found, n);
		g_autofree char *name = node_name(root, path);
		g_string_append_printf(names, "%s\n", name);
	}
}

/* udev has looked at what is on each device: "b259:2" is what it found on the one of that number.
 */
static void read_udev_members(struct root *root, GString *names)
{
	g_autoptr(GPtrArray) files = NULL;

	if (root_list(root, UDEV_DATA, &files) < 0)
		return;
	for (guint i = 0; i < files->len; i++) {
		const char *number = text_after(files->pdata[i], "b");
		char link[4096];
		if (!number)
			continue;
		g_autofree char *path = g_strconcat(UDEV_DATA "/b", number, NULL);
		g_autofree char *text = root_read_all(root, path, MAX_UDEV, NULL, NULL);
		g_autofree char *node = g_strconcat("/sys/dev/block/", number, NULL);
		if (!text || !strstr(text, "E:ID_FS_TYPE=zfs_member\n") ||
		    root_link(root, node, link, sizeof(link)) <= 0)
			continue;
		g_autofree char *name = g_path_get_basename(link);
		g_string_append_printf(names, "%s\n", name);
	}
}

/* Pools need not be in the cache ("zpool set cachefile=none"). */
static char *find_zfs_devices(struct root *root)
{
	GString *names = g_string_new(NULL);

	read_pool_cache(root, names);
	if (names->len == 0)
		read_udev_members(root, names);
	return g_string_free(names, names->len == 0);
}

/* Which disks are in pools: kept in recordings by kernel names, for the links have serial numbers.
 */
static const char *ask_zfs_devices(struct user *user)
{
	struct root *root = user->reader->root;

	if (!user->zfs_asked) {
		user->zfs_devices = root_fact(root, "zfs-devices", find_zfs_devices);
		if (!user->zfs_devices && !root_is_live(root))
			user->zfs_devices = find_zfs_devices(root);
		user->lost = !user->zfs_devices || *user->zfs_devices == '\0';
		if (user->lost)
			host_gap_text(user->reader->host, "/etc/zfs/zpool.cache",
				      "ZFS is mounted, but its disks are not known");
		user->zfs_asked = true;
	}
	return user->zfs_devices ? user->zfs_devices : "";
}

/* ---- who uses what ---- */

static enum usage_kind mount_kind(const struct mount *mount)
{
	return mount->system ? USAGE_ROOT_DISK : USAGE_DISK;
}

static void use_zfs(struct user *user, const struct mount *mount)
{
	const char *cursor = ask_zfs_devices(user), *line;
	size_t length;

	while ((line = text_next_line(&cursor, &length))) {
		g_autofree char *name = g_strndup(line, length);
		struct block *block = blocks_by_name(user->blocks, name);
		if (block)
			blocks_use(user->blocks, block, mount_kind(mount), BLOCK_MOUNTED,
				   mount->target);
	}
}

/* A block device, and those that a btrfs on it has besides. */
static void use_block(struct user *user, struct block *block, const struct mount *mount)
{
	const GPtrArray *all = g_hash_table_lookup(user->btrfs, block);

	if (!all || strcmp(mount->type, "btrfs") != 0) {
		blocks_use(user->blocks, block, mount_kind(mount), BLOCK_MOUNTED, mount->target);
		return;
	}
	for (guint i = 0; i < all->len; i++)
		blocks_use(user->blocks, all->pdata[i], mount_kind(mount), BLOCK_MOUNTED,
			   mount->target);
}

/* File systems without a device number of their own name it as the source; bcachefs several. */
static void use_source(struct user *user, const struct mount *mount)
{
	g_auto(GStrv) paths = g_strsplit(mount->source, ":", -1);

	for (guint i = 0; paths[i]; i++) {
		struct block *block = blocks_by_node(user->blocks, paths[i]);
		if (block)
			use_block(user, block, mount);
	}
}

static void use_mount(struct user *user, const struct mount *mount)
{
	struct block *block = blocks_by_number(user->blocks, mount->major, mount->minor);

	if (block)
		use_block(user, block, mount);
	else if (strcmp(mount->type, "zfs") == 0)
		use_zfs(user, mount);
	else if (g_str_has_prefix(mount->source, "/dev/"))
		use_source(user, mount);
}

/* Those that the machine does not run without come first: they are named first. */
static void use_mounts(struct user *user, const GArray *mounts)
{
	for (guint i = 0; i < mounts->len; i++)
		if (g_array_index(mounts, struct mount, i).system)
			use_mount(user, &g_array_index(mounts, struct mount, i));
	for (guint i = 0; i < mounts->len; i++)
		if (!g_array_index(mounts, struct mount, i).system)
			use_mount(user, &g_array_index(mounts, struct mount, i));
}

/* Swap on a partition; a swap file lies on a file system that is mounted anyway. */
static int use_swaps(struct user *user)
{
	int error = 0;
	g_autofree char *text =
		root_read_all(user->reader->root, "/proc/swaps", MAX_TABLE, NULL, &error);
	const char *cursor = text, *line;
	size_t length;

	while (text && (line = text_next_line(&cursor, &length))) {
		g_autofree char *path = mount_unescape(line, MIN(length, strcspn(line, " \t\n")));
		struct block *block = blocks_by_node(user->blocks, path);
		if (block)
			blocks_use(user->blocks, block, USAGE_DISK, BLOCK_OTHER, "swap");
	}
	if (error != 0)
		host_gap(user->reader->host, "/proc/swaps", error);
	return error;
}

/* Are no block devices at the functions that are asked for? */
static bool is_unwanted(struct usage_reader *reader)
{
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };

	return reader->wanted && class_dir_open(reader, "block", KIND_BIT(USAGE_BLOCK), &dir) &&
	       !class_dir_is_wanted(reader, &dir, NULL);
}

void usage_read_blocks(struct usage_reader *reader)
{
	if (is_unwanted(reader)) {
		reader->host->usages.known |= KIND_BIT(USAGE_ROOT_DISK) | KIND_BIT(USAGE_DISK);
		return;
	}
	g_autoptr(GArray) mounts = g_array_new(FALSE, FALSE, sizeof(struct mount));
	struct user user = { .reader = reader, .blocks = blocks_read(reader) };

	reader->blocks = user.blocks;
	g_array_set_clear_func(mounts, (GDestroyNotify)mount_clear);
	read_btrfs(&user);
	bool mounts_known = read_mounts(reader, mounts);
	use_mounts(&user, mounts);
	int swaps_error = use_swaps(&user);
	if (blocks_known(user.blocks) && mounts_known && !user.lost) {
		reader->host->usages.known |= KIND_BIT(USAGE_ROOT_DISK);
		if (swaps_error == 0 || swaps_error == ENOENT)
			reader->host->usages.known |= KIND_BIT(USAGE_DISK);
	}
	blocks_emit(user.blocks);
	g_hash_table_unref(user.btrfs);
	g_ptr_array_unref(user.btrfs_arrays);
	g_free(user.zfs_devices);
}
