/* See pinning.h. */
#include "model/pinning.h"

#include "base/text.h"

static const struct {
	enum gave_way bit;
	const char *name;
	const char *text;
} gave_ways[] = {
	{ GAVE_WAY_SPLITS_CORE, "splits-core", "a core is shared by host and guest" },
	{ GAVE_WAY_NO_HOST_CORE, "no-host-core", "no whole core is left to the host" },
	{ GAVE_WAY_TAKES_CORE_0, "takes-core-0", "the guest gets the core of the first CPU" },
	{ GAVE_WAY_HOST_RESERVE, "host-reserve",
	  "fewer cores are left to the host than asked for" },
	{ GAVE_WAY_EFFICIENCY, "uses-efficiency-cores", "the guest gets efficiency cores" },
	{ GAVE_WAY_SPANS_NODES, "spans-nodes", "the guest spans NUMA nodes" },
	{ GAVE_WAY_AWAY, "away-from-device", "the guest is on another NUMA node than the device" },
	{ GAVE_WAY_SPANS_L3, "spans-l3", "the guest spans L3 caches" },
	{ GAVE_WAY_EMULATOR_AWAY, "emulator-away",
	  "emulator and I/O threads run on another NUMA node than the guest" },
	{ GAVE_WAY_EMULATOR_SHARES, "emulator-on-guest-cpus",
	  "emulator and I/O threads run on the guest's CPUs" },
};

_Static_assert(G_N_ELEMENTS(gave_ways) == GAVE_WAY_N, "each bit has a name");

const char *gave_way_name(enum gave_way bit)
{
	for (size_t i = 0; i < G_N_ELEMENTS(gave_ways); i++)
		if (gave_ways[i].bit == bit)
			return gave_ways[i].name;
	return NULL;
}

const char *gave_way_text(enum gave_way bit)
{
	for (size_t i = 0; i < G_N_ELEMENTS(gave_ways); i++)
		if (gave_ways[i].bit == bit)
			return gave_ways[i].text;
	return NULL;
}

char *cpu_list_format(const GArray *cpus)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0, end; i < cpus->len; i = end + 1) {
		int first = g_array_index(cpus, int, i);
		for (end = i; end + 1 < cpus->len &&
			      g_array_index(cpus, int, end + 1) == first + (int)(end + 1 - i);)
			end++;
		g_string_append_printf(text, "%s%d", i > 0 ? "," : "", first);
		if (end > i)
			g_string_append_printf(text, "-%d", g_array_index(cpus, int, end));
	}
	return g_string_free(text, FALSE);
}

#define MAX_CPU 65535

static void add_range(GArray *cpus, unsigned first, unsigned last)
{
	for (unsigned cpu = first; cpu <= last; cpu++)
		g_array_append_val(cpus, cpu);
}

static void remove_cpu(GArray *cpus, unsigned cpu)
{
	for (guint i = cpus->len; i-- > 0;)
		if (g_array_index(cpus, unsigned, i) == cpu)
			g_array_remove_index(cpus, i);
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

GArray *cpu_list_parse(const char *text)
{
	GArray *cpus = g_array_new(FALSE, FALSE, sizeof(int));
	g_auto(GStrv) parts = g_strsplit(text ? text : "", ",", 4096);

	for (int i = 0; parts[i] && cpus->len <= MAX_CPU; i++) {
		const char *part = g_strstrip(parts[i]);
		g_auto(GStrv) ends = g_strsplit(part + (*part == '^'), "-", 2);
		uint32_t first, last;
		if (!ends[0] || !text_to_u32(ends[0], 10, MAX_CPU, &first))
			continue;
		last = first;
		if (ends[1] && !text_to_u32(ends[1], 10, MAX_CPU, &last))
			continue;
		if (*part == '^')
			remove_cpu(cpus, first);
		else
			add_range(cpus, first, last);
	}
	g_array_sort(cpus, compare_numbers);
	return cpus;
}

void cpu_list_sort(GArray *cpus)
{
	g_array_sort(cpus, compare_numbers);
}

void pinning_clear(struct pinning *pinning)
{
	GArray *const lists[] = { pinning->vcpus, pinning->emulator, pinning->iothreads,
				  pinning->host,  pinning->spare,    pinning->nodes };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		if (lists[i])
			g_array_unref(lists[i]);
	*pinning = (struct pinning){ 0 };
}
