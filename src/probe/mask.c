/* See mask.h. A table of path patterns, the first that matches says what is done to a file; all
 * texts then lose their identifiers by mask_text.c, and so do names and links. To mask or trim
 * another file is to add a row. What is trimmed must leave the answers of the probes as they were.
 */
#include "probe/mask.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/tree.h"
#include "probe/mask_state.h"
#include "probe/platform_parts.h"
#include "probe/settings.h"

/* ---- what is done to a file: each appends what stays of text to out ---- */

/* "S3Z9NB0K12" → "XXXX", with the newline. Nothing stays nothing. */
static void hide(const struct mask *mask, const char *text, size_t length, GString *out)
{
	bool newline = length > 0 && text[length - 1] == '\n';

	if (length > (newline ? 1 : 0))
		g_string_append(out, "XXXX");
	if (newline)
		g_string_append_c(out, '\n');
}

/* "CRYPT-LUKS2-0a1b…-name" → "CRYPT-XXXX": whose it is stays. */
static void hide_after_dash(const struct mask *mask, const char *text, size_t length, GString *out)
{
	const char *dash = memchr(text, '-', length);

	if (dash)
		g_string_append_len(out, text, dash - text + 1);
	hide(mask, text, length, out);
}

/* The first processor stands for all. */
static void keep_first_processor(const struct mask *mask, const char *text, size_t length,
				 GString *out)
{
	bool processor = false;
	size_t n, ignored;
	const char *line;

	while ((line = text_next_line(&text, &n)) && !(n == 0 && processor)) {
		processor |= platform_value(line, n, "processor", &ignored) != NULL;
		g_string_append_printf(out, "%.*s\n", (int)n, line);
	}
}

/* Takes the counts, of which there is one for each CPU, out of /proc/interrupts. */
static void drop_counts(const struct mask *mask, const char *text, size_t length, GString *out)
{
	const char *line = text_next_line(&text, &length);
	size_t columns = 0, n;

	for (const char *at = line;
	     line && (at = memmem(at, length - (size_t)(at - line), "CPU", 3)); at++)
		columns++;
	while ((line = text_next_line(&text, &n))) {
		const char *at = memchr(line, ':', n);
		const char *end = line + n;
		at = at ? at + 1 : line;
		g_string_append_len(out, line, at - line);
		for (size_t i = 0; i < columns; i++) {
			const char *next = at;
			while (next < end && *next == ' ')
				next++;
			if (next == end || !g_ascii_isdigit(*next))
				break;
			while (next < end && g_ascii_isdigit(*next))
				next++;
			at = next;
		}
		g_string_append_len(out, at, end - at);
		g_string_append_c(out, '\n');
	}
}

/* The sizes that are looked at: the rest of /proc/meminfo is different each time. */
static void keep_sizes(const struct mask *mask, const char *text, size_t length, GString *out)
{
	const char *line;

	while ((line = text_next_line(&text, &length)))
		if (text_after(line, "MemTotal:") || text_after(line, "MemAvailable:"))
			g_string_append_printf(out, "%.*s\n", (int)length, line);
}

/* Where the kernel lies in memory is a secret of the machine. */
static void drop_kernel_lines(const struct mask *mask, const char *text, size_t length,
			      GString *out)
{
	const char *line;

	while ((line = text_next_line(&text, &length)))
		if (!memmem(line, length, " : Kernel ", 10))
			g_string_append_printf(out, "%.*s\n", (int)length, line);
}

/* Mounts of block devices and pools, without their options: where other things are mounted is
 * nobody's business. */
static void keep_block_mounts(const struct mask *mask, const char *text, size_t length,
			      GString *out)
{
	const char *line;

	while ((line = text_next_line(&text, &length))) {
		g_autofree char *copy = g_strndup(line, length);
		g_auto(GStrv) words = g_strsplit(copy, " ", -1);
		guint n = g_strv_length(words), dash = 6;
		while (dash < n && strcmp(words[dash], "-") != 0)
			dash++;
		if (dash + 2 >= n ||
		    (text_after(words[2], "0:") && strcmp(words[dash + 1], "zfs") != 0 &&
		     !text_after(words[dash + 2], "/dev/")))
			continue;
		g_autofree char *slim =
			g_strdup_printf("%s %s %s / %s rw - %s %s rw\n", words[0], words[1],
					words[2], words[4], words[dash + 1], words[dash + 2]);
		g_autofree char *clean = mask_hostname(mask, slim);
		g_string_append(out, clean);
	}
}

static void zero_digits(char *text, size_t length)
{
	for (size_t i = 0; i < length && text[i]; i++)
		text[i] = text[i] == ' ' ? ' ' : '0';
}

/* Lines of /proc/net/route: the default routes, and those to a single host (the other end of a
 * tunnel), both without addresses. */
static void keep_routes(const struct mask *mask, const char *text, size_t length, GString *out)
{
	const char *line;

	for (bool first = true; (line = text_next_line(&text, &length)); first = false) {
		g_autofree char *copy = g_strndup(line, length);
		g_auto(GStrv) words = g_strsplit(copy, "\t", -1);
		if (g_strv_length(words) < 8 || (!first && strcmp(words[1], "00000000") != 0 &&
						 !g_str_has_prefix(words[7], "FFFFFFFF")))
			continue;
		if (!first) {
			zero_digits(words[1], strlen(words[1]));
			zero_digits(words[2], strlen(words[2]));
		}
		g_autofree char *slim = g_strjoinv("\t", words);
		g_string_append_printf(out, "%s\n", g_strchomp(slim));
	}
}

/* Lines of /proc/net/ipv6_route, in the same way: of ten columns the first, third and fifth are
 * addresses, the second is the length of the first in bits. */
static void keep_routes6(const struct mask *mask, const char *text, size_t length, GString *out)
{
	const char *line;

	while ((line = text_next_line(&text, &length))) {
		if (length < 100 || (strspn(line, "0") < 32 && strncmp(line + 32, " 80 ", 4) != 0))
			continue;
		g_autofree char *slim = g_strndup(line, length);
		zero_digits(slim, 32);
		zero_digits(slim + 36, 32);
		zero_digits(slim + 72, 32);
		g_string_append_printf(out, "%s\n", slim);
	}
}

/* Values of "ip=" and "nfsroot=" are addresses and names of others. */
static void mask_cmdline(const struct mask *mask, const char *text, size_t length, GString *out)
{
	g_autofree char *copy = mask_hostname(mask, text);
	g_auto(GStrv) words = g_strsplit(copy, " ", -1);

	for (char **word = words; *word; word++) {
		size_t n = text_after(*word, "ip=") ? 3 : text_after(*word, "nfsroot=") ? 8 : 0;
		bool newline = g_str_has_suffix(*word, "\n");
		if (word != words)
			g_string_append_c(out, ' ');
		if (n > 0)
			g_string_append_printf(out, "%.*sXXXX%s", (int)n, *word,
					       newline ? "\n" : "");
		else
			g_string_append(out, *word);
	}
}

static void mask_names(const struct mask *mask, const char *text, size_t length, GString *out)
{
	g_autofree char *copy = mask_hostname(mask, text);

	g_string_append(out, copy);
}

/* Values of the keys of uevent files that are serial numbers. */
static void mask_uevent(const struct mask *mask, const char *text, size_t length, GString *out)
{
	static const char *const keys[] = { "HID_UNIQ=", "UNIQ=", "SERIAL=",
					    "POWER_SUPPLY_SERIAL_NUMBER=" };
	const char *line;

	while ((line = text_next_line(&text, &length))) {
		size_t n = length;
		for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
			if (g_str_has_prefix(line, keys[i]))
				n = strlen(keys[i]);
		g_string_append_printf(out, "%.*s%s\n", (int)n, line, n < length ? "XXXX" : "");
	}
}

static void trim_config(const struct mask *mask, const char *text, size_t length, GString *out)
{
	g_autofree char *slim = platform_trim_config(text);

	g_string_append(out, slim ? slim : "");
}

static void trim_modules(const struct mask *mask, const char *text, size_t length, GString *out)
{
	g_autofree char *slim = platform_trim_modules(text);

	g_string_append(out, slim);
}

#define TRIM(name)                                                                                 \
	static void trim_##name(const struct mask *mask, const char *text, size_t length,          \
				GString *out)                                                      \
	{                                                                                          \
		g_autofree char *slim = settings_trim_##name(text);                                \
                                                                                                   \
		g_string_append(out, slim);                                                        \
	}
TRIM(loaded)
TRIM(limits)
TRIM(pam)
TRIM(libvirt)

#define CONFIG_SIZE   4096
#define EXTENDED      0x100
#define CAP_SERIAL    0x0003 /* Device Serial Number (PCI Express Base Specification) */
#define SERIAL_LENGTH 8      /* of the number, behind the header of 4 bytes */

static guint32 read_u32(const GString *bytes, size_t at)
{
	guint32 value;

	memcpy(&value, bytes->str + at, sizeof(value));
	return GUINT32_FROM_LE(value);
}

/* A card's serial number is often made of its MAC address: zeros in its place. */
static void mask_config(const struct mask *mask, const char *text, size_t length, GString *out)
{
	g_string_append_len(out, text, (gssize)length);
	size_t at = EXTENDED;
	for (unsigned n = 0; n < CONFIG_SIZE / 4 && at >= EXTENDED; n++) {
		if (at + 4 + SERIAL_LENGTH > out->len)
			return;
		guint32 header = read_u32(out, at);
		if ((header & 0xffff) == CAP_SERIAL)
			memset(out->str + at + 4, 0, SERIAL_LENGTH);
		at = header >> 20 & ~3U;
	}
}

static const struct row {
	const char *pattern; /* of the whole path; '*' also stands for slashes */
	void (*change)(const struct mask *mask, const char *text, size_t length, GString *out);
	bool binary;      /* not looked through for identifiers afterwards */
	bool drop;        /* the file is left out */
	bool drop_unread; /* left out if it was seen in a listing, but never read */
} rows[] = {
	{ .pattern = "/proc/cpuinfo", .change = keep_first_processor },
	{ .pattern = "/proc/cmdline", .change = mask_cmdline },
	{ .pattern = "/proc/interrupts", .change = drop_counts },
	{ .pattern = "/proc/meminfo", .change = keep_sizes },
	{ .pattern = "/proc/iomem", .change = drop_kernel_lines },
	{ .pattern = "/proc/config.gz", .drop = true },
	{ .pattern = "/proc/*/mountinfo", .change = keep_block_mounts },
	{ .pattern = "/proc/swaps", .change = mask_names },
	{ .pattern = "/proc/modules", .change = trim_loaded },
	{ .pattern = "/proc/self/limits", .change = trim_limits },
	{ .pattern = "/etc/security/*.conf", .change = trim_pam },
	{ .pattern = "/etc/libvirt/qemu.conf", .change = trim_libvirt },
	{ .pattern = "/etc/*.conf", .change = mask_names },
	{ .pattern = "/proc/*/route", .change = keep_routes },
	{ .pattern = "/proc/*/ipv6_route", .change = keep_routes6 },
	{ .pattern = "/proc/sys/kernel/hostname", .change = hide },
	{ .pattern = "/proc/driver/nvidia/gpus/*", .change = mask_names },
	{ .pattern = "/etc/zfs/zpool.cache", .drop = true },
	{ .pattern = "/boot/config-*", .change = trim_config },
	{ .pattern = "*/lib/modules/*/config", .change = trim_config },
	{ .pattern = "/lib/modules/*/config", .change = trim_config },
	{ .pattern = "*/lib/modules/*/modules.builtin", .change = trim_modules },
	{ .pattern = "/etc/default/*", .change = mask_cmdline },
	{ .pattern = "/etc/kernel/*", .change = mask_cmdline },
	{ .pattern = "/etc/kernelstub/*", .change = mask_cmdline },
	{ .pattern = "/etc/cmdline.d/*", .change = mask_cmdline },
	{ .pattern = "/etc/dracut.conf*", .change = mask_cmdline },
	{ .pattern = "/etc/sdboot-manage.conf", .change = mask_cmdline },
	{ .pattern = "/boot/*", .change = mask_cmdline },
	{ .pattern = "/efi/*", .change = mask_cmdline },
	{ .pattern = "/vfiokit/efi-loader", .change = mask_names },
	{ .pattern = "/vfiokit/boot-images", .change = mask_names },
	{ .pattern = "/vfiokit/kernel-log", .change = mask_names },
	{ .pattern = "/vfiokit/net-storage", .change = mask_names },
	{ .pattern = "/sys/*/pci*/config", .change = mask_config, .binary = true },
	{ .pattern = "/sys/*/vpd", .drop = true },
	{ .pattern = "/sys/*/edid", .drop = true },
	{ .pattern = "/sys/*/uevent", .change = mask_uevent },
	{ .pattern = "/sys/*/dm/uuid", .change = hide_after_dash },
	{ .pattern = "/sys/*/dm/name", .change = mask_names },
	{ .pattern = "/sys/*/dmi/id/*_serial", .change = hide },
	{ .pattern = "/sys/*/dmi/id/*_uuid", .change = hide },
	{ .pattern = "/sys/*/dmi/id/*_asset_tag", .change = hide },
	{ .pattern = "/sys/*/serial", .change = hide },
	{ .pattern = "/sys/*/serial_number", .change = hide },
	{ .pattern = "/sys/*/uniq", .change = hide },
	{ .pattern = "/sys/*/unique_id", .change = hide },
	{ .pattern = "/sys/*/wwid", .change = hide },
	{ .pattern = "/sys/*/wwn", .change = hide },
	{ .pattern = "/sys/*/nguid", .change = hide },
	{ .pattern = "/sys/*/eui", .change = hide },
	{ .pattern = "/sys/*/subsysnqn", .change = hide },
	{ .pattern = "/sys/*/net/*", .drop_unread = true },
	{ .pattern = "/sys/devices/system/node/*", .drop_unread = true },
};

static const struct row *find_row(const char *path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_pattern_match_simple(rows[i].pattern, path))
			return &rows[i];
	return NULL;
}

/* ---- the tree ---- */

struct copier {
	struct mask mask;
	struct tree *out;
};

static void copy_file(struct copier *copier, const struct tree_node *node, const char *real,
		      const char *path)
{
	const struct row *row = find_row(real);
	g_autoptr(GString) changed = g_string_new(NULL);
	g_autoptr(GString) clean = g_string_new(NULL);

	if (row && row->drop)
		return;
	if (row && row->change)
		row->change(&copier->mask, node->data, node->length, changed);
	else
		g_string_append_len(changed, node->data, (gssize)node->length);
	if ((row && row->binary) || memchr(changed->str, '\0', changed->len))
		g_string_append_len(clean, changed->str, (gssize)changed->len);
	else
		mask_append(&copier->mask, changed->str, changed->len, clean);
	tree_put_file(copier->out, path, clean->str, clean->len);
}

static void copy_error(struct copier *copier, const struct tree_node *node, const char *real,
		       const char *path)
{
	const struct row *row = find_row(real);

	if (!row || !(row->drop || (row->drop_unread && node->error == ENODATA)))
		tree_put_error(copier->out, path, node->error);
}

/* The name that a node gets in the copy; the caller's. */
static char *copy_name(struct copier *copier, const struct tree_node *node)
{
	static const char *const folders[] = { "by-id", "by-uuid", "by-partuuid", "by-label",
					       "by-partlabel" };
	g_autoptr(GString) clean = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (strcmp(node->parent->name, folders[i]) == 0)
			return g_strdup(mask_label(&copier->mask, node->name, strlen(node->name)));
	mask_append(&copier->mask, node->name, strlen(node->name), clean);
	if (strcmp(node->parent->name, "mapper") == 0)
		return mask_hostname(&copier->mask, clean->str);
	return g_strdup(clean->str);
}

static void copy_link(struct copier *copier, const struct tree_node *node, const char *path)
{
	g_autoptr(GString) clean = g_string_new(NULL);

	mask_append(&copier->mask, node->data, node->length, clean);
	tree_put_link(copier->out, path, clean->str);
}

/* real, path: of dir, before and after masking, without a slash behind them. */
static void copy_dir(struct copier *copier, const struct tree_node *dir, const char *real,
		     const char *path)
{
	g_autoptr(GPtrArray) names = tree_names(dir);

	for (guint i = 0; i < names->len; i++) {
		const struct tree_node *node = g_hash_table_lookup(dir->children, names->pdata[i]);
		g_autofree char *name = copy_name(copier, node);
		g_autofree char *from = g_strconcat(real, "/", node->name, NULL);
		g_autofree char *to = g_strconcat(path, "/", name, NULL);
		switch (node->kind) {
		case TREE_DIR:
			tree_put_dir(copier->out, to);
			copy_dir(copier, node, from, to);
			break;
		case TREE_FILE:
			copy_file(copier, node, from, to);
			break;
		case TREE_LINK:
			copy_link(copier, node, to);
			break;
		case TREE_ERROR:
			copy_error(copier, node, from, to);
			break;
		}
	}
}

struct tree *mask_tree(const struct tree *tree, const char *hostname)
{
	struct copier copier = { .out = tree_new() };

	mask_init(&copier.mask, hostname);
	copy_dir(&copier, tree_root(tree), "", "");
	mask_clear(&copier.mask);
	return copier.out;
}
