/* See holders.h. A machine runs thousands of processes and few hold a device: a process costs one
 * directory and its links, everything else is read only for what was found. */
#include "probe/holders.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/open_files.h"
#include "base/root.h"
#include "base/text.h"
#include "probe/devpath.h"
#include "probe/processes.h"

#define PF_KTHREAD  0x00200000u /* kernel: include/linux/sched.h */
#define MAX_TEXT    (8 * 1024 * 1024)
#define STAT_SIZE   1024
#define FDINFO_SIZE 4096

/* Nodes that stand for a device. */
static const char *const node_prefixes[] = {
	"/dev/dri/",
	"/dev/nvidia",
	"/dev/vfio/",
	"/dev/snd/",
	"/dev/video",
	"/dev/bus/usb/",
	"/dev/nvme",
	"/dev/sd",
	"/dev/sr",
	"/dev/vd",
	"/dev/dm-",
	"/dev/md",
	"anon_inode:[vfio-device]",
};

struct scan {
	const struct root_dir *proc;
	GString *text;
	unsigned n_looked_at;
	unsigned n_unreadable;
};

static bool is_device_node(const char *target)
{
	for (size_t i = 0; i < G_N_ELEMENTS(node_prefixes); i++)
		if (g_str_has_prefix(target, node_prefixes[i]))
			return true;
	return false;
}

/* Threads of the kernel and the dead have no files; the kernel does not say so to everybody. */
static bool has_no_files(const struct scan *scan, const char *pid)
{
	char buf[STAT_SIZE];
	unsigned long flags = 0;
	char state = 0;
	g_autofree char *path = g_strconcat(pid, "/stat", NULL);

	if (root_dir_read(scan->proc, path, buf, sizeof(buf)) <= 0)
		return false;
	/* The name in parentheses may hold anything: what follows it starts at the last one. */
	const char *at = strrchr(buf, ')');
	g_auto(GStrv) words = at ? g_strsplit(g_strstrip((char *)at + 1), " ", 8) : NULL;
	if (!words || g_strv_length(words) < 8)
		return false;
	state = words[0][0];
	flags = strtoul(words[6], NULL, 10);
	return (flags & PF_KTHREAD) != 0 || state == 'Z' || state == 'X';
}

/* The function behind a descriptor, where the kernel tells it: drivers for "drm-pdev" (kernel:
 * Documentation/gpu/drm-usage-stats.rst), VFIO for "vfio-device-syspath". */
static void find_address(const struct scan *scan, const char *pid, const char *fd,
			 char ret[PCI_ADDR_SIZE])
{
	char buf[FDINFO_SIZE];
	const char *cursor = buf, *line;
	size_t length;
	g_autofree char *path = g_strconcat(pid, "/fdinfo/", fd, NULL);

	g_strlcpy(ret, "-", PCI_ADDR_SIZE);
	if (root_dir_read(scan->proc, path, buf, sizeof(buf)) <= 0)
		return;
	while ((line = text_next_line(&cursor, &length))) {
		struct devpath found;
		g_autofree char *copy = g_strndup(line, length);
		const char *value = text_after(copy, "drm-pdev:");
		if (!value)
			value = text_after(copy, "vfio-device-syspath:");
		if (!value)
			continue;
		devpath_parse(value + strspn(value, " \t"), &found);
		if (found.has_pci)
			pci_addr_format(found.pci, ret);
		return;
	}
}

static bool wants_address(const char *target)
{
	return g_str_has_prefix(target, "/dev/dri/") || g_str_has_prefix(target, "anon_inode:");
}

/* One line for each node and function that the process holds, however often. */
static void scan_fd(const struct scan *scan, const char *pid, const char *fd, const char *target,
		    GHashTable *lines)
{
	char address[PCI_ADDR_SIZE] = "-";
	g_autofree char *clean = text_printable(target, strlen(target));

	if (wants_address(target))
		find_address(scan, pid, fd, address);
	g_hash_table_add(lines, g_strdup_printf("%s\t%s", clean, address));
}

static char *read_comm(const struct scan *scan, const char *pid)
{
	char buf[64];
	g_autofree char *path = g_strconcat(pid, "/comm", NULL);

	if (root_dir_read(scan->proc, path, buf, sizeof(buf)) <= 0)
		return g_strdup("?");
	g_strchomp(buf);
	return text_printable(buf, strlen(buf));
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

static void write_lines(const struct scan *scan, const char *pid, GHashTable *lines)
{
	g_autofree char *comm = read_comm(scan, pid);
	g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(lines), compare_texts);

	for (const GList *line = sorted; line && scan->text->len < MAX_TEXT; line = line->next)
		g_string_append_printf(scan->text, "%s\t%s\t%s\n", pid, (const char *)line->data,
				       comm);
}

static void scan_fds(const struct scan *scan, const char *pid, const struct root_dir *fds,
		     const GPtrArray *names)
{
	g_autoptr(GHashTable) lines = NULL;
	char target[PATH_MAX];

	for (guint i = 0; i < names->len; i++) {
		const char *fd = names->pdata[i];
		if (root_dir_link(fds, fd, target, sizeof(target)) <= 0 || !is_device_node(target))
			continue;
		if (!lines)
			lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		scan_fd(scan, pid, fd, target, lines);
	}
	if (lines)
		write_lines(scan, pid, lines);
}

#define KTHREADD 2

/* Threads of the kernel have the open files of their parent, which is looked at itself: one call in
 * place of five for each, and most of a small machine's processes are such. */
static bool has_files_of_kernel(const struct scan *scan, const char *pid)
{
	uint32_t number;

	return root_is_live(scan->proc->root) && text_to_u32(pid, 10, INT32_MAX, &number) &&
	       number != KTHREADD && open_files_are_shared(KTHREADD, (int)number);
}

static void scan_process(struct scan *scan, const char *pid)
{
	struct root_dir fds ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *path = g_strconcat(pid, "/fd", NULL);

	if (has_files_of_kernel(scan, pid)) {
		scan->n_looked_at++;
		return;
	}
	int r = root_dir_open_at(scan->proc, path, &fds);
	if (r == 0)
		r = root_dir_list(&fds, &names);
	if (r == 0) {
		scan->n_looked_at++;
		scan_fds(scan, pid, &fds, names);
	} else if ((r == -EACCES || r == -EPERM) && !has_no_files(scan, pid)) {
		scan->n_unreadable++;
	}
}

char *holders_scan(struct root *root)
{
	PROCESSES_AUTO struct processes processes;

	if (processes_open(root, &processes) < 0)
		return NULL;
	const GPtrArray *pids = processes.pids;
	struct scan scan = { .proc = &processes.proc, .text = g_string_new(NULL) };
	bool first = pids->len > 0 && strcmp(pids->pdata[0], "1") == 0;
	for (guint i = 0; i < pids->len; i++)
		scan_process(&scan, pids->pdata[i]);
	if (!first) /* /proc hides the processes of others (hidepid) */
		scan.n_unreadable++;
	if (scan.n_unreadable > 0) {
		g_autofree char *line = g_strdup_printf("unreadable\t%u\n", scan.n_unreadable);
		g_string_prepend(scan.text, line);
	}
	bool known = scan.n_looked_at + scan.n_unreadable > (first ? 0 : 1);
	return g_string_free(scan.text, !known);
}
