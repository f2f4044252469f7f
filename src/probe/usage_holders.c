/* From the processes of holders.h to the functions whose nodes they hold: the name of a node tells
 * which, by way of the class that it belongs to. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"
#include "probe/blocks.h"
#include "probe/holders.h"
#include "probe/usage_reader.h"

#define MAX_MINOR 255 /* of NVIDIA's nodes: /dev/nvidiactl is 255 */

struct holder {
	int pid;
	const char *node;
	const char *comm;
	bool has_address;
	struct pci_addr address;
};

struct holders {
	struct usage_reader *reader;
	int minors[MAX_MINOR]; /* NVIDIA: index in host.pci; -1: not there */
	GHashTable *added;     /* "PCI PID" → index in the list, to have each pair once */
	struct holder holder;  /* the one that is looked at */
	bool lost;             /* a node is held of which it is not known whose it is */
};

/* ---- adding ---- */

/* One process and one function make one use, whatever number of nodes: their names are joined. */
static void add_holder(struct holders *holders, enum usage_kind kind, struct place place)
{
	const struct holder *holder = &holders->holder;
	GArray *list = holders->reader->list;
	g_autofree char *name = g_path_get_basename(holder->node);
	g_autofree char *detail = g_strdup_printf("%s (pid %d)", holder->comm, holder->pid);
	char *key = g_strdup_printf("%d %d %d %d", place.pci, place.usb, holder->pid, kind);
	gpointer index;

	if (!g_hash_table_lookup_extended(holders->added, key, NULL, &index)) {
		g_hash_table_insert(holders->added, key, GUINT_TO_POINTER(list->len));
		usage_add_process(holders->reader, kind, place, name, detail, holder->pid);
		return;
	}
	g_free(key);
	struct usage *there = &g_array_index(list, struct usage, GPOINTER_TO_UINT(index));
	if (strlen(there->name) > 200 || strstr(there->name, name))
		return;
	g_autofree char *names = g_strdup_printf("%s, %s", there->name, name);
	there->name = host_string(holders->reader->host, names);
}

static void add_pci(struct holders *holders, enum usage_kind kind, int pci)
{
	if (pci >= 0)
		add_holder(holders, kind, (struct place){ .pci = pci, .usb = -1, .outer = -1 });
}

/* ---- from nodes to functions ---- */

/* A node of a class has the place of that class's entry. */
static void add_class_node(struct holders *holders, const char *class, const char *entry)
{
	g_autofree char *path = g_strconcat("/sys/class/", class, "/", entry, NULL);
	char link[4096];

	if (root_link(holders->reader->root, path, link, sizeof(link)) <= 0)
		return;
	struct place place = devpath_place(holders->reader->host, link);
	if (!place.is_virtual)
		add_holder(holders, USAGE_HOLDER, place);
}

static void resolve_drm(struct holders *holders, const char *rest)
{
	const struct holder *holder = &holders->holder;
	int pci = holder->has_address ? host_find_pci(holders->reader->host, holder->address) : -1;

	if (pci >= 0)
		add_pci(holders, USAGE_HOLDER, pci);
	else
		add_class_node(holders, "drm", rest);
}

/* "controlC0", "pcmC0D3p": the number after C is the card's. */
static void resolve_sound(struct holders *holders, const char *rest)
{
	const char *at = strchr(rest, 'C');

	if (!at || !g_ascii_isdigit(at[1]))
		return;
	g_autofree char *card =
		g_strdup_printf("card%.*s", (int)strspn(at + 1, "0123456789"), at + 1);
	add_class_node(holders, "sound", card);
}

static void resolve_video(struct holders *holders, const char *rest)
{
	g_autofree char *name = g_strconcat("video", rest, NULL);

	add_class_node(holders, "video4linux", name);
}

/* "/dev/vfio/12" is the group: everything in it that VFIO's drivers have. */
static void resolve_vfio_group(struct holders *holders, const char *rest)
{
	const struct host *host = holders->reader->host;
	const char *number = text_after(rest, "noiommu-");
	uint32_t id;

	if (!text_to_u32(number ? number : rest, 10, INT32_MAX, &id))
		return; /* "vfio" itself is no device */
	int group = host_find_group(host, (int)id);
	for (unsigned i = 0; group >= 0 && i < host->groups[group].n_members; i++) {
		int pci = host->groups[group].members[i];
		if (pci_driver_is_vfio(host->pci[pci].driver))
			add_pci(holders, USAGE_VFIO, pci);
	}
}

static void resolve_vfio_device(struct holders *holders, const char *rest)
{
	g_autofree char *path = g_strconcat("/sys/class/vfio-dev/", rest, NULL);
	char link[4096];

	if (root_link(holders->reader->root, path, link, sizeof(link)) > 0)
		add_pci(holders, USAGE_VFIO, devpath_place(holders->reader->host, link).pci);
}

static void resolve_vfio_file(struct holders *holders, const char *rest)
{
	const struct holder *holder = &holders->holder;

	if (holder->has_address)
		add_pci(holders, USAGE_VFIO, host_find_pci(holders->reader->host, holder->address));
}

static bool has_minor(const struct holders *holders, int pci)
{
	for (size_t i = 0; i < MAX_MINOR; i++)
		if (holders->minors[i] == pci)
			return true;
	return false;
}

/* "/dev/nvidia0" is one GPU: the one that has that number, else any that has none that is known.
 * nvidiactl and the like are of all that the driver has. */
static void resolve_nvidia(struct holders *holders, const char *rest)
{
	const struct host *host = holders->reader->host;
	uint32_t minor;
	bool numbered = text_to_u32(rest, 10, MAX_MINOR - 1, &minor);

	if (numbered && holders->minors[minor] >= 0) {
		add_pci(holders, USAGE_HOLDER, holders->minors[minor]);
		return;
	}
	for (unsigned i = 0; i < host->n_pci; i++)
		if (g_strcmp0(host->pci[i].driver, "nvidia") == 0 &&
		    !(numbered && has_minor(holders, (int)i)))
			add_pci(holders, USAGE_HOLDER, (int)i);
}

/* "003/007": bus and device number. */
static void resolve_usb(struct holders *holders, const char *rest)
{
	const struct usb *usb = &holders->reader->host->usb;
	g_auto(GStrv) numbers = g_strsplit(rest, "/", 2);
	uint32_t bus, number;

	if (g_strv_length(numbers) < 2 || !text_to_u32(numbers[0], 10, INT32_MAX, &bus) ||
	    !text_to_u32(numbers[1], 10, INT32_MAX, &number))
		return;
	int dev = usb_find_number(usb, (int)bus, (int)number);
	if (dev < 0)
		return;
	int ctrl = usb->devs[dev].ctrl;
	struct place place = {
		.pci = ctrl < 0 ? -1 : usb->ctrls[ctrl].pci,
		.usb = dev,
		.outer = -1,
	};
	add_holder(holders, USAGE_HOLDER, place);
}

static void add_block_place(const struct place *place, void *data)
{
	add_holder(data, USAGE_HOLDER, *place);
}

static void resolve_block(struct holders *holders, const char *rest)
{
	struct blocks *blocks = holders->reader->blocks;
	struct block *block = blocks ? blocks_by_node(blocks, holders->holder.node) : NULL;

	if (block)
		blocks_visit(blocks, block, add_block_place, holders);
}

/* First match. */
static const struct {
	const char *prefix;
	void (*resolve)(struct holders *holders, const char *rest);
} resolvers[] = {
	{ "/dev/dri/", resolve_drm },         { "/dev/snd/", resolve_sound },
	{ "/dev/video", resolve_video },      { "/dev/vfio/devices/", resolve_vfio_device },
	{ "/dev/vfio/", resolve_vfio_group }, { "anon_inode:[vfio-device]", resolve_vfio_file },
	{ "/dev/nvidia", resolve_nvidia },    { "/dev/bus/usb/", resolve_usb },
	{ "/dev/", resolve_block },
};

/* ---- reading ---- */

/* /proc/driver/nvidia/gpus/0000:01:00.0/information: "Device Minor: 	 0" */
static void read_minor(struct holders *holders, const char *name)
{
	char buf[4096];
	const char *cursor = buf, *line;
	size_t length;
	struct pci_addr addr;
	g_autofree char *path =
		g_strconcat("/proc/driver/nvidia/gpus/", name, "/information", NULL);

	if (!pci_addr_parse(name, &addr))
		return;
	ssize_t n = root_read(holders->reader->root, path, buf, sizeof(buf));
	holders->lost = holders->lost || (n < 0 && n != -ENOENT);
	if (n <= 0)
		return;
	while ((line = text_next_line(&cursor, &length))) {
		uint32_t minor;
		g_autofree char *copy = g_strndup(line, length);
		const char *value = text_after(copy, "Device Minor:");
		if (value && text_to_u32(value, 10, MAX_MINOR - 1, &minor))
			holders->minors[minor] = host_find_pci(holders->reader->host, addr);
	}
}

static void read_minors(struct holders *holders)
{
	g_autoptr(GPtrArray) names = NULL;

	for (size_t i = 0; i < MAX_MINOR; i++)
		holders->minors[i] = -1;
	if (root_list(holders->reader->root, "/proc/driver/nvidia/gpus", &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++)
		read_minor(holders, names->pdata[i]);
}

static void take_holder(struct holders *holders, char **fields)
{
	struct holder holder = { .node = fields[1], .comm = fields[3] };
	uint32_t pid;

	if (!text_to_u32(fields[0], 10, INT32_MAX, &pid))
		return;
	holder.pid = (int)pid;
	holder.has_address = pci_addr_parse(fields[2], &holder.address);
	holders->holder = holder;
	for (size_t i = 0; i < G_N_ELEMENTS(resolvers); i++) {
		const char *rest = text_after(holder.node, resolvers[i].prefix);
		if (!rest)
			continue;
		resolvers[i].resolve(holders, rest);
		break;
	}
}

static void take_lines(struct holders *holders, const char *text)
{
	struct host *host = holders->reader->host;
	const char *line;
	size_t length;

	host->usages.holders_known = true;
	while ((line = text_next_line(&text, &length))) {
		g_autofree char *copy = g_strndup(line, length);
		g_auto(GStrv) fields = g_strsplit(copy, "\t", 4);
		guint n = g_strv_length(fields);
		if (n == 4)
			take_holder(holders, fields);
		if (n != 2 || strcmp(fields[0], "unreadable") != 0)
			continue;
		g_autofree char *reason =
			g_strdup_printf("the open files of %s processes: permission denied",
					fields[1]);
		host_gap_text(host, "/proc/*/fd", reason);
		host->usages.holders_known = false;
	}
	if (holders->lost)
		host->usages.holders_known = false;
}

void usage_read_holders(struct usage_reader *reader)
{
	struct holders holders = { .reader = reader };
	g_autofree char *text = root_fact(reader->root, "holders", holders_scan);

	if (!text && !root_is_live(reader->root))
		text = holders_scan(reader->root);
	if (!text)
		return;
	holders.added = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	read_minors(&holders);
	take_lines(&holders, text);
	g_hash_table_unref(holders.added);
}
