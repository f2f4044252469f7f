/* See udev_db.h. */
#include "udev_db.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tree.h"

static void record_free(gpointer data)
{
	struct udev_record *record = data;

	g_hash_table_unref(record->props);
	g_free((char *)record->path);
	g_free(record);
}

static struct udev_record *record_new(const char *path)
{
	struct udev_record *record = g_new0(struct udev_record, 1);

	record->path = g_strdup(path);
	record->name = strrchr(record->path, '/') + 1;
	record->props = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return record;
}

static void take_line(GPtrArray *records, const char *line)
{
	const char *path = text_after(line, "P: ");
	const char *prop = text_after(line, "E: ");
	const char *equals = prop ? strchr(prop, '=') : NULL;

	if (path && *path == '/')
		g_ptr_array_add(records, record_new(path));
	if (!equals || records->len == 0)
		return;
	struct udev_record *record = records->pdata[records->len - 1];
	g_hash_table_replace(record->props, g_strndup(prop, (gsize)(equals - prop)),
			     g_strdup(equals + 1));
}

GPtrArray *udev_db_read(const char *file)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		return NULL;
	GPtrArray *records = g_ptr_array_new_with_free_func(record_free);
	const char *cursor = text, *line;
	size_t length;
	while ((line = text_next_line(&cursor, &length))) {
		g_autofree char *copy = g_strndup(line, length);
		take_line(records, copy);
	}
	return records;
}

const char *udev_get(const struct udev_record *record, const char *key)
{
	const char *value = g_hash_table_lookup(record->props, key);

	return value ? value : "";
}

GPtrArray *udev_db_files(void)
{
	const char *data = g_getenv("VFIOKIT_DATA");
	g_autofree char *folder = g_build_filename(data ? data : "", "hosts-sysfs/udev-db", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	if (!dir)
		return NULL;
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	while ((name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".txt"))
			g_ptr_array_add(files, g_build_filename(folder, name, NULL));
	return files;
}

/* ---- the tree ---- */

static void put(struct tree *tree, const struct udev_record *record, const char *file,
		const char *text)
{
	g_autofree char *path = g_strdup_printf("/sys%s/%s", record->path, file);

	g_assert_cmpint(tree_put_file(tree, path, text, strlen(text)), ==, 0);
}

static void put_link(struct tree *tree, const char *folder, const char *up,
		     const struct udev_record *record)
{
	g_autofree char *path = g_strdup_printf("/sys/%s/%s", folder, record->name);
	g_autofree char *target = g_strconcat(up, record->path, NULL);

	g_assert_cmpint(tree_put_link(tree, path, target), ==, 0);
}

static void put_pci(struct tree *tree, const struct udev_record *record)
{
	unsigned long class = strtoul(udev_get(record, "PCI_CLASS"), NULL, 16);
	g_autofree char *text = g_strdup_printf("0x%06lx\n", class);
	g_auto(GStrv) ids = g_strsplit(udev_get(record, "PCI_ID"), ":", 2);

	put(tree, record, "class", text);
	if (g_strv_length(ids) == 2) {
		g_autofree char *vendor = g_strdup_printf("0x%s\n", ids[0]);
		g_autofree char *device = g_strdup_printf("0x%s\n", ids[1]);
		put(tree, record, "vendor", vendor);
		put(tree, record, "device", device);
	}
	put_link(tree, "bus/pci/devices", "../../..", record);
}

static void put_hex(struct tree *tree, const struct udev_record *record, const char *file,
		    const char *value)
{
	g_autofree char *text = g_strdup_printf("%04lx\n", strtoul(value, NULL, 16));

	put(tree, record, file, text);
}

static void put_usb(struct tree *tree, const struct udev_record *record)
{
	g_auto(GStrv) ids = g_strsplit(udev_get(record, "PRODUCT"), "/", 3);

	if (strcmp(udev_get(record, "DEVTYPE"), "usb_device") == 0 && g_strv_length(ids) == 3) {
		put_hex(tree, record, "idVendor", ids[0]);
		put_hex(tree, record, "idProduct", ids[1]);
		put(tree, record, "busnum", udev_get(record, "BUSNUM"));
		put(tree, record, "devnum", udev_get(record, "DEVNUM"));
	}
	put_link(tree, "bus/usb/devices", "../../..", record);
}

static void put_class(struct tree *tree, const struct udev_record *record, const char *class)
{
	g_autofree char *folder = g_strconcat("class/", class, NULL);
	g_autofree char *dev =
		g_strdup_printf("%s:%s\n", udev_get(record, "MAJOR"), udev_get(record, "MINOR"));

	put_link(tree, folder, "../..", record);
	put(tree, record, "dev", dev);
	if (strcmp(class, "input") == 0 && g_str_has_prefix(record->name, "input")) {
		put(tree, record, "capabilities/key", udev_get(record, "KEY"));
		put(tree, record, "capabilities/ev", udev_get(record, "EV"));
		put(tree, record, "name", udev_get(record, "NAME"));
	}
}

/* The database does not say which controllers a subsystem has; in it they have the same number. */
static void put_nvme(struct tree *tree, const struct udev_record *record)
{
	const char *number = record->name + strlen("nvme");
	g_autofree char *subsystem = g_strdup_printf("nvme-subsys%s", number);
	g_autofree char *folder = g_strdup_printf("devices/virtual/nvme-subsystem/%s", subsystem);
	g_autofree char *path = g_strdup_printf("/sys/class/nvme-subsystem/%s", subsystem);
	g_autofree char *target = g_strdup_printf("../../%s", folder);

	put_link(tree, folder, "../../../..", record);
	g_assert_cmpint(tree_put_link(tree, path, target), ==, 0);
}

struct tree *udev_db_tree(const GPtrArray *records)
{
	static const char *const classes[] = { "block", "net",       "input",    "drm",
					       "sound", "bluetooth", "graphics", "video4linux" };
	struct tree *tree = tree_new();

	tree_put_dir(tree, "/sys/bus/usb/devices");
	for (guint i = 0; i < records->len; i++) {
		const struct udev_record *record = records->pdata[i];
		const char *subsystem = udev_get(record, "SUBSYSTEM");
		g_autofree char *path = g_strconcat("/sys", record->path, NULL);
		if (!g_str_has_prefix(record->path, "/devices/") || tree_put_dir(tree, path) < 0)
			continue;
		if (strcmp(subsystem, "pci") == 0)
			put_pci(tree, record);
		if (strcmp(subsystem, "usb") == 0)
			put_usb(tree, record);
		if (strcmp(subsystem, "nvme") == 0)
			put_nvme(tree, record);
		for (size_t j = 0; j < G_N_ELEMENTS(classes); j++)
			if (strcmp(subsystem, classes[j]) == 0)
				put_class(tree, record, classes[j]);
	}
	return tree;
}

char *udev_id_path_pci(const struct udev_record *record)
{
	const char *at = g_strrstr(udev_get(record, "ID_PATH"), "pci-");

	return at ? g_strndup(at + 4, strspn(at + 4, "0123456789abcdef:.")) : NULL;
}
