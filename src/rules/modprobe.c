/* See modprobe.h. */
#include "rules/modprobe.h"

#include <string.h>

#include "base/text.h"

bool module_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

/* ---- lines ---- */

static void clear_line(void *data)
{
	struct modprobe_line *line = data;

	g_free(line->module);
	g_free(line->rest);
}

/* Lines that end in a backslash go on. */
static char *join_continued(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "\\\n", -1);

	return g_strjoinv(" ", parts);
}

static void add_line(GArray *lines, const char *command, const char *text, const char *path)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	for (char **word = words; *word; word++)
		if (**word)
			g_ptr_array_add(kept, *word);
	if (kept->len < 2 || strcmp(kept->pdata[0], command) != 0)
		return;
	g_ptr_array_add(kept, NULL);
	struct modprobe_line line = {
		.module = g_strdelimit(g_strdup(kept->pdata[1]), "-", '_'),
		.rest = g_strjoinv(" ", (char **)kept->pdata + 2),
		.path = path,
	};
	g_array_append_val(lines, line);
}

GArray *modprobe_lines(const struct host *host, const char *command)
{
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct modprobe_line));
	const struct boot_file *file;
	unsigned index = 0;

	g_array_set_clear_func(lines, clear_line);
	while ((file = boot_match(&host->boot, "/etc/modprobe.d/*.conf", &index))) {
		if (!file->text)
			continue;
		g_autofree char *text = join_continued(file->text);
		const char *cursor = text;
		char *line;
		while ((line = config_line(&cursor))) {
			add_line(lines, command, line, file->path);
			g_free(line);
		}
	}
	return lines;
}

const struct modprobe_line *modprobe_find(const GArray *lines, const char *module)
{
	for (guint i = 0; i < lines->len; i++) {
		const struct modprobe_line *line = &g_array_index(lines, struct modprobe_line, i);
		if (module_equal(line->module, module))
			return line;
	}
	return NULL;
}

/* ---- ids of vfio-pci ---- */

static void clear_id(void *data)
{
	g_free(((struct vfio_id *)data)->text);
}

/* "10de:1c03[:subvendor[:subdevice[:class[:mask]]]]" */
static struct vfio_id parse_id(const char *text)
{
	struct vfio_id id = { UINT32_MAX, UINT32_MAX, UINT32_MAX,     UINT32_MAX, 0,
			      0,          false,      g_strdup(text), NULL,       0 };
	uint32_t *const fields[] = { &id.vendor,    &id.device,     &id.subvendor,
				     &id.subdevice, &id.class_code, &id.class_mask };
	g_auto(GStrv) words = g_strsplit(text, ":", -1);
	guint n = g_strv_length(words);

	id.valid = n >= 2 && n <= G_N_ELEMENTS(fields);
	for (guint i = 0; i < n && id.valid; i++)
		id.valid = text_to_u32(words[i], 16, G_MAXUINT32, fields[i]);
	return id;
}

static void add_ids(GArray *ids, const char *list, const char *path, unsigned line)
{
	g_auto(GStrv) words = g_strsplit(list, ",", -1);

	for (char **word = words; *word; word++) {
		if (**word == '\0')
			continue;
		struct vfio_id id = parse_id(*word);
		id.path = path;
		id.line = line;
		g_array_append_val(ids, id);
	}
}

/* The values of ids= among the words of an options line. */
static void add_options(GArray *ids, const struct modprobe_line *line, unsigned number)
{
	g_auto(GStrv) words = g_strsplit(line->rest, " ", -1);

	for (char **word = words; *word; word++) {
		const char *list = text_after(*word, "ids=");
		if (list) {
			g_autofree char *bare = g_strdelimit(g_strdup(list), "\"'", ' ');
			add_ids(ids, g_strstrip(bare), line->path, number);
		}
	}
}

GArray *vfio_ids_read(const struct host *host)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct vfio_id));
	g_autoptr(GArray) options = modprobe_lines(host, "options");
	const char *cmdline = host->platform.kernel.cmdline;
	g_auto(GStrv) words = g_strsplit(cmdline ? cmdline : "", " ", -1);

	g_array_set_clear_func(ids, clear_id);
	for (guint i = 0; i < options->len; i++) {
		const struct modprobe_line *line = &g_array_index(options, struct modprobe_line, i);
		if (module_equal(line->module, "vfio_pci"))
			add_options(ids, line, i + 1);
	}
	for (char **word = words; *word; word++) {
		const char *rest = text_after(*word, "vfio-pci.ids=");
		const char *list = rest ? rest : text_after(*word, "vfio_pci.ids=");
		if (list)
			add_ids(ids, list, "/proc/cmdline", options->len + 1);
	}
	return ids;
}

static bool field_matches(uint32_t wanted, int32_t found)
{
	return wanted == UINT32_MAX || (found >= 0 && wanted == (uint32_t)found);
}

bool vfio_id_matches(const struct vfio_id *id, const struct pci_dev *dev)
{
	return id->valid && dev->vendor >= 0 && field_matches(id->vendor, dev->vendor) &&
	       field_matches(id->device, dev->device) &&
	       field_matches(id->subvendor, dev->subsystem_vendor) &&
	       field_matches(id->subdevice, dev->subsystem_device) &&
	       ((id->class_code ^ (uint32_t)dev->class_code) & id->class_mask) == 0;
}
