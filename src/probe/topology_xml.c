/* See topology_xml.h. In hwloc's tree a processor (PU) stands inside its core, caches and package;
 * memory and kinds of cores stand beside them and name their processors as sets. */
#include "probe/topology_xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"

#define MAX_CPUS 65536 /* more than any kernel counts */

/* A core counts as efficient when it has less than this share of the best one's speed or capacity:
 * below what favoured cores and chiplets with more cache differ by (0.9), above what small cores
 * have (0.8 and less). Only asked where the kernel does not tell the types of cores. */
#define EFFICIENT_BELOW 0.85

/* Where the parser is. */
struct place {
	int package;
	int core;
	int l3;
	int64_t l3_size;
};

/* Processors that share something: a node's or a kind's. */
struct group {
	GHashTable *cpus; /* of their numbers */
	int os;           /* node */
	int64_t memory;   /* node; -1: not known */
	char *core_type;  /* kind; NULL: not told */
	int64_t capacity; /* kind; -1: not told */
	int64_t max_mhz;  /* kind; -1: not told */
};

struct reader {
	GArray *stack; /* of struct place */
	GArray *cpus;  /* of struct topo_cpu */
	GPtrArray *nodes;
	GPtrArray *kinds;
	struct group *kind; /* the one that the parser is in; NULL: none */
	int n_packages;
	int n_cores;
	int n_l3;
};

static void group_free(void *data)
{
	struct group *group = data;

	g_hash_table_unref(group->cpus);
	g_free(group->core_type);
	g_free(group);
}

/* ---- attributes ---- */

static const char *find(const char *const *names, const char *const *values, const char *name)
{
	for (; *names; names++, values++)
		if (strcmp(*names, name) == 0)
			return *values;
	return NULL;
}

static int64_t to_number(const char *text)
{
	uint64_t value;

	return text && text_to_u64(text, 10, &value) && value <= INT64_MAX ? (int64_t)value : -1;
}

static void add_word(GHashTable *cpus, const char *word, unsigned base)
{
	uint64_t bits;

	if (!text_to_u64(word, 16, &bits))
		return; /* empty: no bits; "0xf...f": all further ones, which are no processors */
	for (unsigned bit = 0; bit < 32; bit++)
		if (bits >> bit & 1)
			g_hash_table_add(cpus, GINT_TO_POINTER(base + bit));
}

/* hwloc's sets: "0x0000ffff,0x00000001", words of 32 bits, the highest first. */
static GHashTable *read_set(const char *text)
{
	GHashTable *cpus = g_hash_table_new(NULL, NULL);
	g_auto(GStrv) words = g_strsplit(text ? text : "", ",", MAX_CPUS / 32);
	unsigned n = g_strv_length(words);

	for (unsigned i = 0; i < n; i++)
		add_word(cpus, words[n - 1 - i], i * 32);
	return cpus;
}

/* The kernel's lists: "0-3,8". */
static GHashTable *read_list(const char *text)
{
	GHashTable *cpus = g_hash_table_new(NULL, NULL);
	g_auto(GStrv) parts = g_strsplit(text, ",", MAX_CPUS);

	for (int i = 0; parts[i]; i++) {
		g_auto(GStrv) ends = g_strsplit(parts[i], "-", 2);
		uint32_t first, last;
		if (!ends[0] || !text_to_u32(ends[0], 10, MAX_CPUS, &first) ||
		    !text_to_u32(ends[1] ? ends[1] : ends[0], 10, MAX_CPUS, &last))
			continue;
		for (uint32_t cpu = first; cpu <= last; cpu++)
			g_hash_table_add(cpus, GUINT_TO_POINTER(cpu));
	}
	return cpus;
}

static struct group *add_group(GPtrArray *groups, const char *set)
{
	struct group *group = g_new0(struct group, 1);

	*group = (struct group){
		.cpus = read_set(set), .os = -1, .memory = -1, .capacity = -1, .max_mhz = -1
	};
	g_ptr_array_add(groups, group);
	return group;
}

/* ---- elements ---- */

static void add_cpu(struct reader *reader, const struct place *place, int64_t os)
{
	if (os < 0 || os >= MAX_CPUS || reader->cpus->len >= MAX_CPUS)
		return;
	const struct topo_cpu cpu = {
		.os = (int)os,
		.core = place->core >= 0 ? place->core : reader->n_cores++,
		.package = place->package,
		.l3 = place->l3,
		.l3_size = place->l3_size,
		.node = -1,
	};
	g_array_append_val(reader->cpus, cpu);
}

static void start_object(struct reader *reader, const char *const *names, const char *const *values)
{
	struct place place = g_array_index(reader->stack, struct place, reader->stack->len - 1);
	const char *type = find(names, values, "type");
	int64_t os = to_number(find(names, values, "os_index"));

	if (g_strcmp0(type, "Package") == 0) {
		place.package = reader->n_packages++;
	} else if (g_strcmp0(type, "Core") == 0) {
		place.core = reader->n_cores++;
	} else if (g_strcmp0(type, "L3Cache") == 0) {
		place.l3 = reader->n_l3++;
		place.l3_size = to_number(find(names, values, "cache_size"));
	} else if (g_strcmp0(type, "PU") == 0) {
		add_cpu(reader, &place, os);
	} else if (g_strcmp0(type, "NUMANode") == 0 && os >= 0 && os < MAX_CPUS) {
		struct group *node = add_group(reader->nodes, find(names, values, "cpuset"));
		node->os = (int)os;
		node->memory = to_number(find(names, values, "local_memory"));
	}
	g_array_append_val(reader->stack, place);
}

static void read_info(struct group *kind, const char *name, const char *value)
{
	if (g_strcmp0(name, "CoreType") == 0 && !kind->core_type)
		kind->core_type = g_strdup(value);
	else if (g_strcmp0(name, "LinuxCapacity") == 0)
		kind->capacity = to_number(value);
	else if (g_strcmp0(name, "FrequencyMaxMHz") == 0)
		kind->max_mhz = to_number(value);
}

static void start(GMarkupParseContext *context, const char *element, const char **names,
		  const char **values, void *data, GError **error)
{
	struct reader *reader = data;
	const char *const *n = (const char *const *)names;
	const char *const *v = (const char *const *)values;

	(void)context;
	(void)error;
	if (strcmp(element, "object") == 0)
		start_object(reader, n, v);
	else if (strcmp(element, "cpukind") == 0)
		reader->kind = add_group(reader->kinds, find(n, v, "cpuset"));
	else if (strcmp(element, "info") == 0 && reader->kind)
		read_info(reader->kind, find(n, v, "name"), find(n, v, "value"));
}

static void end(GMarkupParseContext *context, const char *element, void *data, GError **error)
{
	struct reader *reader = data;

	(void)context;
	(void)error;
	if (strcmp(element, "object") == 0)
		g_array_set_size(reader->stack, reader->stack->len - 1);
	else if (strcmp(element, "cpukind") == 0)
		reader->kind = NULL;
}

/* ---- nodes and kinds ---- */

/* The nearest node of a processor: the smallest that holds it; of equal ones the first, since
 * memory of other kinds (fast, slow) is counted behind the ordinary one. */
static int find_node(const GPtrArray *nodes, int os)
{
	const struct group *best = NULL;

	for (guint i = 0; i < nodes->len; i++) {
		const struct group *node = nodes->pdata[i];
		if (!g_hash_table_contains(node->cpus, GINT_TO_POINTER(os)))
			continue;
		guint size = g_hash_table_size(node->cpus);
		guint best_size = best ? g_hash_table_size(best->cpus) : G_MAXUINT;
		if (size < best_size || (best && size == best_size && node->os < best->os))
			best = node;
	}
	return best ? best->os : -1;
}

/* What is compared between kinds: the capacity of the kernel, else the highest frequency. */
static int64_t kind_speed(const struct group *kind, bool by_capacity)
{
	return by_capacity ? kind->capacity : kind->max_mhz;
}

static int64_t best_speed(const GPtrArray *kinds, bool by_capacity)
{
	int64_t best = -1;

	for (guint i = 0; i < kinds->len; i++)
		best = MAX(best, kind_speed(kinds->pdata[i], by_capacity));
	return best;
}

static bool types_are_told(const GPtrArray *kinds)
{
	for (guint i = 0; i < kinds->len; i++)
		if (((const struct group *)kinds->pdata[i])->core_type)
			return true;
	return false;
}

static bool kind_is_efficient(const GPtrArray *kinds, const struct group *kind)
{
	bool by_capacity = best_speed(kinds, true) > 0;
	int64_t best = best_speed(kinds, by_capacity);
	int64_t own = kind_speed(kind, by_capacity);

	if (types_are_told(kinds))
		return g_strcmp0(kind->core_type, "IntelAtom") == 0;
	return own > 0 && (double)own < EFFICIENT_BELOW * (double)best;
}

static void mark(struct reader *reader, GHashTable *small)
{
	for (guint i = 0; i < reader->cpus->len; i++) {
		struct topo_cpu *cpu = &g_array_index(reader->cpus, struct topo_cpu, i);
		cpu->efficient |= g_hash_table_contains(small, GINT_TO_POINTER(cpu->os));
	}
}

static void mark_efficient(struct reader *reader, const char *small)
{
	g_autoptr(GHashTable) listed = small ? read_list(small) : NULL;
	bool all = true;

	if (listed)
		mark(reader, listed);
	for (guint i = 0; !listed && i < reader->kinds->len; i++)
		if (kind_is_efficient(reader->kinds, reader->kinds->pdata[i]))
			mark(reader, ((struct group *)reader->kinds->pdata[i])->cpus);
	for (guint i = 0; i < reader->cpus->len; i++)
		all &= g_array_index(reader->cpus, struct topo_cpu, i).efficient;
	/* A machine with small cores only has no better ones to compare with. */
	for (guint i = 0; all && i < reader->cpus->len; i++)
		g_array_index(reader->cpus, struct topo_cpu, i).efficient = false;
}

static int compare_cpus(const void *a, const void *b)
{
	return ((const struct topo_cpu *)a)->os - ((const struct topo_cpu *)b)->os;
}

static int compare_nodes(const void *a, const void *b)
{
	return ((const struct topo_node *)a)->os - ((const struct topo_node *)b)->os;
}

/* hwloc says nothing of a node without memory; where it says nothing of any, it has not read it
 * (hwloc: hwloc__xml_export_object_contents()). */
static int64_t silent_memory(const struct reader *reader)
{
	for (guint i = 0; i < reader->nodes->len; i++)
		if (((const struct group *)reader->nodes->pdata[i])->memory > 0)
			return 0;
	return -1;
}

static void keep_nodes(const struct reader *reader, struct host *host)
{
	int64_t silent = silent_memory(reader);
	struct topology *topology = &host->platform.topology;
	struct topo_node *nodes = host_alloc(host, reader->nodes->len * sizeof(*nodes));

	for (guint i = 0; i < reader->nodes->len; i++) {
		const struct group *node = reader->nodes->pdata[i];
		nodes[i] = (struct topo_node){ .os = node->os,
					       .memory = node->memory < 0 ? silent : node->memory };
	}
	if (reader->nodes->len > 0)
		qsort(nodes, reader->nodes->len, sizeof(*nodes), compare_nodes);
	topology->numa = nodes;
	topology->n_numa = reader->nodes->len;
}

static void keep_cpus(const struct reader *reader, struct host *host)
{
	struct topology *topology = &host->platform.topology;
	struct topo_cpu *cpus = host_alloc(host, reader->cpus->len * sizeof(*cpus));

	for (guint i = 0; i < reader->cpus->len; i++) {
		cpus[i] = g_array_index(reader->cpus, struct topo_cpu, i);
		cpus[i].node = find_node(reader->nodes, cpus[i].os);
	}
	qsort(cpus, reader->cpus->len, sizeof(*cpus), compare_cpus);
	for (guint i = 1; i < reader->cpus->len; i++)
		if (cpus[i].os == cpus[i - 1].os)
			return; /* one processor in two places: no machine */
	topology->cpus = cpus;
	topology->n_cpus = reader->cpus->len;
}

void topology_read_xml(struct host *host, const char *small)
{
	static const GMarkupParser parser = { .start_element = start, .end_element = end };
	const char *xml = host->platform.topology.xml;
	const struct place nowhere = { .package = -1, .core = -1, .l3 = -1, .l3_size = -1 };
	struct reader reader = {
		.stack = g_array_new(FALSE, FALSE, sizeof(struct place)),
		.cpus = g_array_new(FALSE, FALSE, sizeof(struct topo_cpu)),
		.nodes = g_ptr_array_new_with_free_func(group_free),
		.kinds = g_ptr_array_new_with_free_func(group_free),
	};

	g_array_append_val(reader.stack, nowhere);
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
	if (xml && g_markup_parse_context_parse(context, xml, (gssize)strlen(xml), NULL) &&
	    g_markup_parse_context_end_parse(context, NULL) && reader.cpus->len > 0) {
		mark_efficient(&reader, small);
		keep_nodes(&reader, host);
		keep_cpus(&reader, host);
	}
	g_markup_parse_context_free(context);
	g_array_unref(reader.stack);
	g_array_unref(reader.cpus);
	g_ptr_array_unref(reader.nodes);
	g_ptr_array_unref(reader.kinds);
}
