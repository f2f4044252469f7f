/* Building the model: memory, adding, linking. See host.h. */
#include "model/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct host *host_new(enum host_source source)
{
	struct host *host = g_new0(struct host, 1);

	host->source = source;
	host->strings = g_string_chunk_new(16 * 1024);
	host->memory = g_ptr_array_new_with_free_func(g_free);
	host->gaps = g_array_new(FALSE, FALSE, sizeof(struct gap));
	host->pci_array = g_array_new(FALSE, FALSE, sizeof(struct pci_dev));
	host->group_array = g_array_new(FALSE, FALSE, sizeof(struct iommu_group));
	host->iommu.has_dmar = host->iommu.has_ivrs = TRI_UNKNOWN;
	host->iommu.has_iort = host->iommu.has_viot = TRI_UNKNOWN;
	host->iommu.dmar_flags = host->iommu.ivrs_info = -1;
	host->iommu.irq_remapped = host->iommu.unsafe_interrupts = TRI_UNKNOWN;
	host->platform.cpu = (struct cpu){
		.flag_vmx = TRI_UNKNOWN,
		.flag_svm = TRI_UNKNOWN,
		.hypervisor = TRI_UNKNOWN,
		.cpuid_virt = TRI_UNKNOWN,
		.pdpe1gb = TRI_UNKNOWN,
		.phys_bits = -1,
	};
	host->platform.kernel.vfio_pci_loaded = TRI_UNKNOWN;
	host->platform.kernel.vfio_pci_builtin = TRI_UNKNOWN;
	host->platform.firmware.efi = host->platform.firmware.secure_boot = TRI_UNKNOWN;
	host->platform.topology = (struct topology){
		.packages = -1,
		.cores = -1,
		.threads = -1,
		.nodes = -1,
		.l3 = -1,
		.efficiency_kinds = -1,
	};
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	g_array_free(host->pci_array, TRUE);
	g_array_free(host->group_array, TRUE);
	g_array_free(host->gaps, TRUE);
	g_ptr_array_free(host->memory, TRUE);
	g_string_chunk_free(host->strings);
	g_free(host);
}

const char *host_text(struct host *host, const char *text)
{
	return text ? g_string_chunk_insert_const(host->strings, text) : NULL;
}

/* Most are: the others are made so by text_printable(), which is slower. */
static bool is_plain(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

const char *host_string(struct host *host, const char *text)
{
	if (!text || is_plain(text))
		return host_text(host, text);
	g_autofree char *clean = text_printable(text, strlen(text));
	return host_text(host, clean);
}

const char *host_string_n(struct host *host, const char *text, size_t length)
{
	char buf[256];

	if (length >= sizeof(buf)) {
		g_autofree char *copy = g_strndup(text, length);
		return host_string(host, copy);
	}
	memcpy(buf, text, length);
	buf[length] = '\0';
	return host_string(host, buf);
}

void *host_alloc(struct host *host, size_t size)
{
	void *memory = g_malloc0(size);

	g_ptr_array_add(host->memory, memory);
	return memory;
}

void *host_keep(struct host *host, const GArray *array)
{
	size_t size = (size_t)array->len * g_array_get_element_size((GArray *)array);
	void *copy = host_alloc(host, MAX(size, 1));

	if (size > 0)
		memcpy(copy, array->data, size);
	return copy;
}

struct pci_dev *host_add_pci(struct host *host, struct pci_addr addr)
{
	struct pci_dev dev = pci_dev_unknown(addr);

	g_array_append_val(host->pci_array, dev);
	return &g_array_index(host->pci_array, struct pci_dev, host->pci_array->len - 1);
}

struct iommu_group *host_add_group(struct host *host, int id)
{
	struct iommu_group group = { .id = id };

	g_array_append_val(host->group_array, group);
	return &g_array_index(host->group_array, struct iommu_group, host->group_array->len - 1);
}

void host_gap_text(struct host *host, const char *path, const char *reason)
{
	struct gap gap = {
		.path = host_string(host, path),
		.reason = host_string(host, reason),
	};

	g_array_append_val(host->gaps, gap);
}

void host_gap(struct host *host, const char *path, int error)
{
	if (error == ETIMEDOUT)
		host_gap_text(host, path, "the device does not answer");
	else if (error != ENOENT && error != ENOTDIR && error != ENODEV)
		host_gap_text(host, path, g_strerror(error));
}

/* ---- linking ---- */

static int compare_pci(const void *a, const void *b)
{
	uint64_t left = pci_addr_key(((const struct pci_dev *)a)->addr);
	uint64_t right = pci_addr_key(((const struct pci_dev *)b)->addr);

	return left < right ? -1 : left > right;
}

/* Posted texts name a function twice now and then: the first one is kept. */
void host_sort(struct host *host)
{
	struct pci_dev *pci = (struct pci_dev *)(void *)host->pci_array->data;
	unsigned n = host->pci_array->len;
	unsigned kept = 0;

	if (n > 0)
		qsort(pci, n, sizeof(*pci), compare_pci);
	for (unsigned i = 0; i < n; i++) {
		if (kept > 0 && pci_addr_equal(pci[kept - 1].addr, pci[i].addr))
			continue;
		pci[kept++] = pci[i];
	}
	g_array_set_size(host->pci_array, kept);
	host->pci = pci;
	host->n_pci = kept;
}

int host_find_pci(const struct host *host, struct pci_addr addr)
{
	uint64_t key = pci_addr_key(addr);
	unsigned low = 0, high = host->n_pci;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		uint64_t there = pci_addr_key(host->pci[middle].addr);
		if (there == key)
			return (int)middle;
		if (there < key)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

int host_find_group(const struct host *host, int id)
{
	unsigned low = 0, high = host->n_groups;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (host->groups[middle].id == id)
			return (int)middle;
		if (host->groups[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

/* The bridge whose secondary bus is the function's bus, in the same domain. */
static int parent_by_bus(const struct host *host, const GHashTable *bridges,
			 const struct pci_dev *dev)
{
	gpointer key = GUINT_TO_POINTER(dev->addr.domain << 8 | dev->addr.bus);
	gpointer value;

	if (!g_hash_table_lookup_extended((GHashTable *)bridges, key, NULL, &value))
		return -1;
	int index = GPOINTER_TO_INT(value);
	return &host->pci[index] == dev ? -1 : index;
}

static void link_parents(struct host *host)
{
	g_autoptr(GHashTable) bridges = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		if (dev->caps && dev->caps->secondary_bus > 0)
			g_hash_table_insert(bridges,
					    GUINT_TO_POINTER(dev->addr.domain << 8 |
							     (unsigned)dev->caps->secondary_bus),
					    GINT_TO_POINTER((int)i));
	}
	for (unsigned i = 0; i < host->n_pci; i++) {
		struct pci_dev *dev = &host->pci[i];
		if (dev->has_path_parent)
			dev->parent = host_find_pci(host, dev->path_parent);
		else
			dev->parent = parent_by_bus(host, bridges, dev);
		/* A bridge is on a lower bus than what is behind it: anything else is a loop. */
		if (dev->parent >= 0 && host->pci[dev->parent].addr.domain == dev->addr.domain &&
		    host->pci[dev->parent].addr.bus >= dev->addr.bus)
			dev->parent = -1;
		if (dev->parent >= 0)
			dev->on_root_bus = false;
	}
}

/* ---- trees that were put together from listings ---- */

/* Is it a bridge of which neither config space nor the paths say what is behind it? */
static bool is_blind_bridge(const struct host *host, unsigned index, const bool *has_children)
{
	const struct pci_dev *dev = &host->pci[index];
	bool known = dev->caps && dev->caps->secondary_bus >= 0;

	return dev->class_code >> 8 == 0x0604 && !known && !has_children[index];
}

#define FIRST_VMD_DOMAIN 0x10000

/* A kernel lets everybody read the buses of a bridge, and puts what is behind Intel VMD below it in
 * the tree. Where that is missing, the tree was made from a listing, and what it shows as a root
 * bus may as well be behind a bridge: then it is not known. */
static void doubt_roots(struct host *host)
{
	g_autofree bool *has_children = g_new0(bool, host->n_pci + 1);
	g_autoptr(GHashTable) blind = g_hash_table_new(NULL, NULL); /* domain → lowest bus + 1 */

	for (unsigned i = 0; i < host->n_pci; i++)
		if (host->pci[i].parent >= 0)
			has_children[host->pci[i].parent] = true;
	for (unsigned i = host->n_pci; i-- > 0;)
		if (is_blind_bridge(host, i, has_children))
			g_hash_table_insert(blind, GUINT_TO_POINTER(host->pci[i].addr.domain),
					    GUINT_TO_POINTER(host->pci[i].addr.bus + 1U));
	for (unsigned i = 0; i < host->n_pci; i++) {
		struct pci_dev *dev = &host->pci[i];
		guint lowest = GPOINTER_TO_UINT(
			g_hash_table_lookup(blind, GUINT_TO_POINTER(dev->addr.domain)));
		if ((lowest > 0 && dev->addr.bus >= lowest) ||
		    (dev->addr.domain >= FIRST_VMD_DOMAIN && !dev->has_path_parent))
			dev->on_root_bus = false;
	}
}

static int compare_groups(const void *a, const void *b)
{
	const struct iommu_group *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

struct membership {
	int group_id;
	int pci;
};

static int compare_memberships(const void *a, const void *b)
{
	const struct membership *left = a, *right = b;

	if (left->group_id != right->group_id)
		return left->group_id < right->group_id ? -1 : 1;
	return left->pci - right->pci;
}

/* Groups that only functions name (posted texts, trees without /sys/kernel) are made here. */
static void add_missing_groups(struct host *host, const struct membership *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct iommu_group group = { .id = list[i].group_id };
		if (i > 0 && list[i - 1].group_id == group.id)
			continue;
		if (host_find_group(host, group.id) >= 0)
			continue;
		g_array_append_val(host->group_array, group);
		/* It may have moved. What is new is not looked for: the list has each once. */
		host->groups = (struct iommu_group *)(void *)host->group_array->data;
	}
	host->n_groups = host->group_array->len;
	if (host->n_groups > 0)
		qsort(host->groups, host->n_groups, sizeof(*host->groups), compare_groups);
}

void host_link_groups(struct host *host)
{
	struct membership *list = host_alloc(host, (host->n_pci + 1) * sizeof(*list));
	int *members = host_alloc(host, (host->n_pci + 1) * sizeof(*members));
	unsigned n = 0;

	for (unsigned i = 0; i < host->n_pci; i++)
		if (host->pci[i].group_id >= 0)
			list[n++] = (struct membership){ host->pci[i].group_id, (int)i };
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_memberships);
	add_missing_groups(host, list, n);

	for (unsigned i = 0; i < host->n_groups; i++)
		host->groups[i].n_members = 0;
	for (unsigned i = 0; i < n; i++) {
		int index = host_find_group(host, list[i].group_id);
		struct iommu_group *group = &host->groups[index];
		members[i] = list[i].pci;
		if (group->n_members++ == 0)
			group->members = &members[i];
		host->pci[list[i].pci].group = index;
	}
}

void host_link(struct host *host)
{
	g_array_sort(host->group_array, compare_groups);
	host->groups = (struct iommu_group *)(void *)host->group_array->data;
	host->n_groups = host->group_array->len;
	host_sort(host);
	link_parents(host);
	if (host->source != HOST_LIVE)
		doubt_roots(host);
	host_link_groups(host);
}
