/* How large the files are that the loader starts, and how much room there is beside them: for who
 * keeps copies of them (plan/kept.c). */
#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/size.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/boot.h"

/* "12 300 /boot/initramfs-linux.img": sizes in MiB, "-" where one is not known. */
static void add_image(struct root *root, const char *path, GString *text)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *line_end = g_strdup_printf(" %s\n", path);
	struct root_node node;
	uint64_t room;
	int r = root_stat(root, path, &node);

	if ((r < 0 && r != -ENODATA) || (r == 0 && node.type != '-') || strchr(path, '\n') ||
	    strstr(text->str, line_end))
		return;
	if (r == 0)
		g_string_append_printf(text, "%" G_GUINT64_FORMAT, (node.size + MIB - 1) / MIB);
	else
		g_string_append_c(text, '-');
	if (root_space(root, folder, &room) == 0)
		g_string_append_printf(text, " %" G_GUINT64_FORMAT, room / MIB);
	else
		g_string_append(text, " -");
	g_string_append(text, line_end);
}

/* The names in an entry are those of the partition, which need not be that of its folder. */
static void add_entry(struct root *root, const struct boot_file *entry, GString *text)
{
	const char *cursor = entry->text, *value;
	size_t length;

	while (cursor && boot_entry_next(&cursor, &value, &length)) {
		g_autofree char *path = boot_entry_path(entry->path, value, length);
		g_autofree char *plain = boot_entry_path("", value, length);
		add_image(root, path, text);
		add_image(root, plain, text);
	}
}

static char *find_images(struct root *root, const void *data)
{
	const struct boot *boot = &((const struct host *)data)->boot;
	GString *text = g_string_new(NULL);
	const struct boot_file *file;
	unsigned index = 0;

	while ((file = boot_match(boot, "*/loader/entries/*.conf", &index)))
		add_entry(root, file, text);
	index = 0;
	while ((file = boot_match(boot, "*/EFI/Linux/*.efi", &index)))
		add_image(root, file->path, text);
	for (unsigned i = 0; i < boot->n_kernels; i++)
		if (boot->kernels[i].initramfs)
			add_image(root, boot->kernels[i].initramfs, text);
	return g_string_free(text, FALSE);
}

static int read_number(const char *text)
{
	uint32_t number;

	return text_to_u32(text, 10, G_MAXINT, &number) ? (int)number : -1;
}

void boot_probe_images(struct root *root, struct host *host)
{
	g_autofree char *text = boot_is_in_place(&host->boot)
					? root_digest_of(root, "boot-images", find_images, host)
					: NULL;
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	struct boot_image *images =
		host_alloc(host, g_strv_length(lines) * sizeof(struct boot_image));

	host->boot.images = images;
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", 3);
		if (g_strv_length(words) < 3)
			continue;
		images[host->boot.n_images++] = (struct boot_image){
			.path = host_string(host, words[2]),
			.size = read_number(words[0]),
			.room = read_number(words[1]),
		};
	}
}
