/* Memory: its size, and the pools of huge pages, of the whole machine and of each node. */
#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#define MEMINFO "/proc/meminfo"
#define POOLS   "/sys/kernel/mm/hugepages"
#define NODES   "/sys/devices/system/node"

/* "32768 kB", in bytes; 0: no such line. */
static uint64_t read_size(const char *text, const char *key)
{
	size_t length;
	const char *value = platform_find(text, key, &length);
	uint64_t kib;

	if (!value)
		return 0;
	g_autofree char *copy = g_strndup(value, length);
	char *unit = strstr(copy, "kB");
	if (unit)
		*unit = '\0';
	if (!text_to_u64(copy, 10, &kib) || kib > G_MAXUINT64 / 1024)
		return 0;
	return kib * 1024;
}

static void probe_size(struct root *root, struct host *host)
{
	char buf[4096];
	ssize_t n = root_read(root, MEMINFO, buf, sizeof(buf));

	if (n < 0) {
		host_gap(host, MEMINFO, (int)-n);
		return;
	}
	host->platform.memory.total = read_size(buf, "MemTotal");
	host->platform.memory.available = read_size(buf, "MemAvailable");
}

static int64_t read_count(const struct root_dir *dir, const char *name)
{
	uint64_t value;
	char buf[32];

	if (root_dir_attribute(dir, name, buf, sizeof(buf)) <= 0 || !text_to_u64(buf, 10, &value) ||
	    value > G_MAXINT64)
		return -1;
	return (int64_t)value;
}

/* "hugepages-2048kB" → 2 MiB; 0 for another name. */
static uint64_t pool_size(const char *name)
{
	const char *digits = text_after(name, "hugepages-");
	g_autofree char *copy = g_strdup(digits);
	uint64_t kib;

	if (!copy || !g_str_has_suffix(copy, "kB"))
		return 0;
	copy[strlen(copy) - 2] = '\0';
	if (!text_to_u64(copy, 10, &kib) || kib > G_MAXUINT64 / 1024)
		return 0;
	return kib * 1024;
}

static void add_pools(struct root *root, GArray *pools, const char *path, int node)
{
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	g_autoptr(GPtrArray) names = NULL;

	if (root_dir_open(root, path, &dir) < 0 || root_dir_list(&dir, &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *total = g_strconcat(name, "/nr_hugepages", NULL);
		g_autofree char *free_pages = g_strconcat(name, "/free_hugepages", NULL);
		struct hugepages pool = { .node = node, .size = pool_size(name) };
		if (pool.size == 0)
			continue;
		pool.total = read_count(&dir, total);
		pool.free = read_count(&dir, free_pages);
		g_array_append_val(pools, pool);
	}
}

static gint compare_pools(gconstpointer a, gconstpointer b)
{
	const struct hugepages *left = a, *right = b;

	if (left->node != right->node)
		return left->node < right->node ? -1 : 1;
	return left->size < right->size ? -1 : left->size > right->size;
}

static void probe_pools(struct root *root, struct host *host)
{
	g_autoptr(GArray) pools = g_array_new(FALSE, FALSE, sizeof(struct hugepages));
	g_autoptr(GPtrArray) names = NULL;
	uint32_t node;

	add_pools(root, pools, POOLS, -1);
	if (root_list(root, NODES, &names) == 0) {
		for (guint i = 0; i < names->len; i++) {
			const char *digits = text_after(names->pdata[i], "node");
			if (!digits || !text_to_u32(digits, 10, 1 << 20, &node))
				continue;
			g_autofree char *path = g_strdup_printf(NODES "/node%u/hugepages", node);
			add_pools(root, pools, path, (int)node);
		}
	}
	if (pools->len == 0)
		return;
	g_array_sort(pools, compare_pools);
	host->platform.memory.pools = host_keep(host, pools);
	host->platform.memory.n_pools = pools->len;
}

void platform_probe_memory(struct root *root, struct host *host)
{
	probe_size(root, host);
	probe_pools(root, host);
}
