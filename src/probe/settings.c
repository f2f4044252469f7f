/* See settings.h. To read another file is to add a row to sources; another owner and mode, one to
 * node_sources. */
#include "probe/settings.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"

#define TEXT_MAX (64 * 1024) /* of a configuration file */
#define LIST_MAX 4096        /* of files that one pattern may stand for */

static const char *const sources[] = {
	/* parameters of modules */
	"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
	"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
	"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
	"/sys/module/iommufd/parameters/allow_unsafe_interrupts",
	"/sys/module/vfio_pci/parameters/disable_denylist",
	"/sys/module/vfio_pci/parameters/disable_idle_d3",
	"/sys/module/kvm/parameters/ignore_msrs",
	"/sys/module/apparmor/parameters/enabled",
	"/proc/modules",
	/* the kernel's state */
	"/proc/self/limits",
	"/sys/fs/selinux/enforce",
	"/sys/kernel/mm/ksm/run",
	"/sys/kernel/security/lsm",
	"/sys/power/disk",
	"/sys/power/resume",
	"/sys/bus/thunderbolt/devices/domain*/iommu_dma_protection",
	"/sys/bus/thunderbolt/devices/domain*/security",
	"/sys/devices/system/cpu/vulnerabilities/*",
	"/etc/driverctl.d/*",
	"/etc/libvirt/qemu.conf",
	"/etc/security/limits.conf",
	"/etc/security/limits.d/*.conf",
};

static const char *const node_sources[] = {
	"/dev/hugepages",
	"/dev/kvm",
	"/dev/kvmfr*",
	"/dev/shm/looking-glass*",
	"/dev/vfio/*",
	"/etc/.git",
	"/etc/libvirt/hooks",
	"/etc/libvirt/hooks/*",
	"/etc/libvirt/hooks/qemu.d/*",
	"/etc/libvirt/qemu",
	"/run/libvirt/libvirt-sock",
	"/run/libvirt/network/*.xml",
	"/run/libvirt/virtqemud-sock",
	"/sys/class/misc/kvm",
	"/var/backups/libvirt/*",
};

/* ---- paths ---- */

/* The paths that pattern stands for: one of its names may hold '*' and '?'. The array owns them. A
 * pattern without is returned as it is, whether it is there or not. */
static GPtrArray *expand(struct root *root, const char *pattern)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	size_t star = strcspn(pattern, "*?");
	g_autoptr(GPtrArray) names = NULL;

	if (pattern[star] == '\0') {
		g_ptr_array_add(paths, g_strdup(pattern));
		return paths;
	}
	while (star > 0 && pattern[star - 1] != '/')
		star--;
	g_autofree char *folder = g_strndup(pattern, star > 1 ? star - 1 : 1);
	g_autofree char *name = g_strndup(pattern + star, strcspn(pattern + star, "/"));
	const char *rest = pattern + star + strlen(name);
	if (root_list(root, folder, &names) < 0)
		return paths;
	for (guint i = 0; i < names->len && paths->len < LIST_MAX; i++)
		if (g_pattern_match_simple(name, names->pdata[i]))
			g_ptr_array_add(paths,
					g_strconcat(folder, "/", names->pdata[i], rest, NULL));
	return paths;
}

/* All that the table stands for, sorted, each once. */
static GPtrArray *expand_all(struct root *root, const char *const *table, size_t n)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < n; i++) {
		g_autoptr(GPtrArray) some = expand(root, table[i]);
		for (guint j = 0; j < some->len; j++)
			g_ptr_array_add(all, g_strdup(some->pdata[j]));
	}
	g_ptr_array_sort(all, text_compare);
	return all;
}

/* ---- texts ---- */

static struct setting read_setting(struct root *root, struct host *host, const char *path)
{
	struct setting setting = { .path = host_string(host, path), .error = ENOENT };
	g_autofree char *text = root_read_all(root, path, TEXT_MAX, NULL, &setting.error);

	if (text) {
		setting.text = host_text(host, text);
		setting.error = 0;
	}
	return setting;
}

static void probe_texts(struct root *root, struct host *host)
{
	g_autoptr(GPtrArray) paths = expand_all(root, sources, G_N_ELEMENTS(sources));
	struct setting *list = host_alloc(host, (paths->len + 1) * sizeof(*list));

	for (guint i = 0; i < paths->len; i++) {
		list[i] = read_setting(root, host, paths->pdata[i]);
		if (list[i].error != 0 && list[i].error != EISDIR)
			host_gap(host, list[i].path, list[i].error);
	}
	host->settings.list = list;
	host->settings.n = paths->len;
}

/* ---- owners and modes: lines "TYPE MODE UID GID PATH", "! PATH" for what is not there, "? PATH"
 * for what may not be looked at ---- */

static char *ask_nodes(struct root *root)
{
	g_autoptr(GPtrArray) paths = expand_all(root, node_sources, G_N_ELEMENTS(node_sources));
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		struct root_node node;
		int r = root_stat(root, path, &node);
		if (r == 0)
			g_string_append_printf(text, "%c %04o %u %u %s\n", node.type, node.mode,
					       node.uid, node.gid, path);
		else if (r == -ENOENT && root_is_live(root) && root_is_whole(root))
			g_string_append_printf(text, "! %s\n", path);
		else if (r != -ENOENT)
			g_string_append_printf(text, "? %s\n", path);
	}
	return g_string_free(text, FALSE);
}

static bool parse_node(struct host *host, const char *line, struct node *ret)
{
	if (g_str_has_prefix(line, "? ")) {
		host_gap(host, line + strlen("? "), EACCES);
		return false;
	}
	g_auto(GStrv) words = g_strsplit(line, " ", 5);
	uint32_t mode, uid, gid;

	*ret = (struct node){ 0 };
	if (*line == '!') {
		ret->path = host_string(host, line + strcspn(line, "/"));
		return true;
	}
	if (g_strv_length(words) != 5 || !text_to_u32(words[1], 8, 07777, &mode) ||
	    !text_to_u32(words[2], 10, G_MAXUINT32, &uid) ||
	    !text_to_u32(words[3], 10, G_MAXUINT32, &gid))
		return false;
	*ret = (struct node){
		.path = host_string(host, words[4]),
		.type = *words[0],
		.mode = mode,
		.uid = uid,
		.gid = gid,
	};
	return true;
}

static gint compare_nodes(gconstpointer a, gconstpointer b)
{
	return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

static void probe_nodes(struct root *root, struct host *host)
{
	g_autofree char *text = root_digest(root, "nodes", ask_nodes);
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(struct node));
	const char *cursor = text, *line;
	size_t length;

	while (text && (line = text_next_line(&cursor, &length))) {
		g_autofree char *copy = g_strndup(line, length);
		struct node node;
		if (parse_node(host, copy, &node))
			g_array_append_val(nodes, node);
	}
	g_array_sort(nodes, compare_nodes);
	struct node *list = host_alloc(host, (nodes->len + 1) * sizeof(*list));
	if (nodes->len > 0)
		memcpy(list, nodes->data, nodes->len * sizeof(*list));
	host->settings.nodes_known = text;
	host->settings.nodes = list;
	host->settings.n_nodes = nodes->len;
}

/* ---- hooks: lines "PATH\tINTERPRETER\tyes|no|?\tLINE", "-" for what there is not, "!" in place
 * of the interpreter for one that may not be read ---- */

static const char *const hook_sources[] = {
	"/etc/libvirt/hooks/qemu",
	"/etc/libvirt/hooks/qemu.d/*",
};

/* The line in which a script calls virsh, comments apart; the caller's. NULL: none. */
static char *find_virsh(const char *text)
{
	char *line;

	while ((line = config_line(&text))) {
		const char *at = strstr(line, "virsh");
		bool starts = at && (at == line || !g_ascii_isalnum(at[-1]));
		if (starts && (at[5] == ' ' || at[5] == '\t' || at[5] == '"'))
			return line;
		g_free(line);
	}
	return NULL;
}

/* "/usr/bin/env python3" → the program behind "#!", without its arguments; NULL: none. */
static char *find_interpreter(const char *text)
{
	if (!g_str_has_prefix(text, "#!"))
		return NULL;
	const char *start = text + 2 + strspn(text + 2, " \t");
	return g_strndup(start, strcspn(start, " \t\r\n"));
}

static void ask_hook(struct root *root, const char *path, GString *text)
{
	int error = 0;
	g_autofree char *script = root_read_all(root, path, TEXT_MAX, NULL, &error);
	if (!script) {
		if (error == EACCES || error == EPERM)
			g_string_append_printf(text, "%s\t!\t?\t-\n", path);
		return;
	}
	g_autofree char *interpreter = find_interpreter(script);
	g_autofree char *virsh = find_virsh(script);
	g_autofree char *line =
		virsh ? text_printable(virsh, MIN(strlen(virsh), SETTING_LINE)) : NULL;
	const char *there = !interpreter                     ? "?"
			    : root_exists(root, interpreter) ? "yes"
			    : root_is_whole(root)            ? "no"
							     : "?";

	g_string_append_printf(text, "%s\t%s\t%s\t%s\n", path, interpreter ? interpreter : "-",
			       there, line ? line : "-");
}

static char *ask_hooks(struct root *root)
{
	g_autoptr(GPtrArray) paths = expand_all(root, hook_sources, G_N_ELEMENTS(hook_sources));
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < paths->len; i++)
		ask_hook(root, paths->pdata[i], text);
	return g_string_free(text, FALSE);
}

static const char *or_null(struct host *host, const char *word)
{
	return strcmp(word, "-") == 0 ? NULL : host_string(host, word);
}

static void probe_hooks(struct root *root, struct host *host)
{
	g_autofree char *text = root_digest(root, "hooks", ask_hooks);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	struct hook *list = host_alloc(host, (g_strv_length(lines) + 1) * sizeof(*list));
	unsigned n = 0;

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, "\t", 4);
		if (g_strv_length(words) != 4)
			continue;
		if (strcmp(words[1], "!") == 0) {
			host_gap(host, words[0], EACCES);
			continue;
		}
		list[n++] = (struct hook){
			.path = host_string(host, words[0]),
			.interpreter = or_null(host, words[1]),
			.interpreter_there = strcmp(words[2], "yes") == 0  ? TRI_YES
					     : strcmp(words[2], "no") == 0 ? TRI_NO
									   : TRI_UNKNOWN,
			.virsh = or_null(host, words[3]),
		};
	}
	host->settings.hooks_known = text;
	host->settings.hooks = list;
	host->settings.n_hooks = n;
}

static bool holds_any(struct root *root, const char *folder)
{
	g_autoptr(GPtrArray) names = NULL;

	return root_list(root, folder, &names) == 0 && names->len > 0;
}

/* A container has an /etc and a /dev of its own. */
static bool is_of_container(const char *path)
{
	return g_str_has_prefix(path, "/etc") || g_str_has_prefix(path, "/dev");
}

static void probe_folders(struct root *root, struct host *host)
{
	static const char *const folders[] = { SETTING_FOLDERS };
	bool part = root_is_part(root);
	const char **list = host_alloc(host, sizeof(folders));
	unsigned n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (!(part && is_of_container(folders[i])) && holds_any(root, folders[i]))
			list[n++] = folders[i];
	host->settings.folders = list;
	host->settings.n_folders = n;
}

void settings_probe(struct root *root, struct host *host)
{
	probe_texts(root, host);
	probe_nodes(root, host);
	probe_hooks(root, host);
	host->settings.whole = root_is_whole(root);
	if (!host->settings.whole)
		probe_folders(root, host);
	host->settings.probed = true;
}
