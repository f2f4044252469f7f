/* Pinning, on small machines that are told by a line each, and their reading out of hwloc's XML. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "model/host.h"
#include "probe/topology_xml.h"
#include "vm/pinning.h"

/* ---- machines ---- */

/* A machine: cores between blanks, "0+8@0.1" has CPUs 0 and 8 on node 0 and L3 1; "e" behind it: an
 * efficiency core; "x": a node without memory; "L": an L3 of twice the size. */
struct machine {
	struct topo_cpu cpus[64];
	struct topo_node nodes[8];
	struct topology topology;
};

static int compare_cpus(const void *a, const void *b)
{
	return ((const struct topo_cpu *)a)->os - ((const struct topo_cpu *)b)->os;
}

static void add_core(struct machine *machine, const char *text, int core)
{
	const char *at = strchr(text, '@');
	int node = at[1] - '0', l3 = at[3] - '0';
	g_autofree char *list = g_strndup(text, (gsize)(at - text));
	g_auto(GStrv) cpus = g_strsplit(list, "+", -1);

	for (int i = 0; cpus[i]; i++)
		machine->cpus[machine->topology.n_cpus++] = (struct topo_cpu){
			.os = (int)g_ascii_strtoll(cpus[i], NULL, 10),
			.core = core,
			.package = node,
			.node = node,
			.l3 = l3,
			.l3_size = strchr(at, 'L') ? 64 : 32,
			.efficient = strchr(at, 'e') != NULL,
		};
	machine->nodes[node] = (struct topo_node){ .os = node, .memory = strchr(at, 'x') ? 0 : 1 };
	machine->topology.n_numa = MAX(machine->topology.n_numa, (unsigned)node + 1);
}

static const struct topology *read_machine(struct machine *machine, const char *text)
{
	g_auto(GStrv) cores = g_strsplit(text, " ", -1);

	memset(machine, 0, sizeof(*machine));
	for (int i = 0; cores[i]; i++)
		add_core(machine, cores[i], i);
	qsort(machine->cpus, machine->topology.n_cpus, sizeof(machine->cpus[0]), compare_cpus);
	machine->topology.cpus = machine->cpus;
	machine->topology.numa = machine->nodes;
	return &machine->topology;
}

#define QUAD    "0+4@0.0 1+5@0.0 2+6@0.0 3+7@0.0"
#define FLAT    "0@0.0 1@0.0 2@0.0 3@0.0"
#define CCDS    "0+8@0.0 1+9@0.0 2+10@0.0 3+11@0.0 4+12@0.1 5+13@0.1 6+14@0.1 7+15@0.1"
#define X3D     "0+8@0.0L 1+9@0.0L 2+10@0.0L 3+11@0.0L 4+12@0.1 5+13@0.1 6+14@0.1 7+15@0.1"
#define SOCKETS "0@0.0 1@0.0 2@0.0 3@0.0 4@1.1 5@1.1 6@1.1 7@1.1"
#define NO_RAM  "0@0.0 1@0.0 2@0.0 3@0.0 4@1.1x 5@1.1x 6@1.1x 7@1.1x 8@2.2 9@2.2 10@2.2 11@2.2"
#define HYBRID  "0+1@0.0 2+3@0.0 4+5@0.0 6@0.0e 7@0.0e 8@0.0e 9@0.0e"
#define E_FIRST "0@0.0e 1@0.0e 2@0.0 3@0.0"
#define UNEVEN  "0+4@0.0 1@0.0 2+6@0.0 3@0.0"
#define POWER   "0+1+2+3@0.0 4+5+6+7@0.0 8+9+10+11@0.0"
#define HOLES   "3+19@0.0 5+21@0.0 9+25@0.0"
#define HALVES  "0@0.0 1@0.0 2@1.0 3@1.0 4@2.1 5@2.1 6@3.1 7@3.1"
#define CHOICES                                                                                    \
	"0@0.0 1@1.1 2@1.1 3@1.2 4@1.2 5@1.3 6@1.3 7@2.4 8@2.4 9@2.4 10@2.4 11@2.5 12@2.5 "        \
	"13@3.6 14@3.6 15@3.6 16@3.6 17@3.7 18@3.7 19@4.8 20@4.8 21@4.8 22@4.8"
#define CORES_4 "0@0.0 1@0.0 2@0.1 3@0.1 4@0.2 5@0.2 6@1.3 7@1.3 8@1.4 9@1.4 10@1.5 11@1.5"

static const struct {
	const char *name;
	const char *machine;
	struct pinning_request request;
	const char *vcpus;     /* in order */
	const char *emulator;  /* as a list */
	const char *iothreads; /* as a list */
	const char *host;      /* as a list */
	const char *spare;     /* as a list */
	unsigned threads;
	unsigned gave_way;
} cases[] = {
	{ "siblings are neighbours",
	  QUAD,
	  { 4, -1, 0 },
	  "1 5 2 6",
	  "0,4",
	  "0,4",
	  "0,3-4,7",
	  "",
	  2,
	  0 },
	{ "all but the host's core",
	  QUAD,
	  { 6, -1, 0 },
	  "1 5 2 6 3 7",
	  "0,4",
	  "0,4",
	  "0,4",
	  "",
	  2,
	  0 },
	{ "an odd one leaves a thread to nobody",
	  QUAD,
	  { 3, -1, 0 },
	  "1 5 2",
	  "0,4",
	  "0,4",
	  "0,3-4,7",
	  "6",
	  1,
	  0 },
	{ "one more than there are cores",
	  QUAD,
	  { 7, -1, 0 },
	  "1 5 2 6 3 7 4",
	  "0",
	  "0",
	  "0",
	  "",
	  1,
	  GAVE_WAY_SPLITS_CORE | GAVE_WAY_NO_HOST_CORE },
	{ "everything",
	  QUAD,
	  { 8, -1, 0 },
	  "1 5 2 6 3 7 0 4",
	  "0-7",
	  "0-7",
	  "",
	  "",
	  2,
	  GAVE_WAY_NO_HOST_CORE | GAVE_WAY_EMULATOR_SHARES },
	{ "no threads", FLAT, { 2, -1, 0 }, "1 2", "0", "0", "0,3", "", 1, 0 },
	{ "one CPU",
	  "0@0.0",
	  { 1, -1, 0 },
	  "0",
	  "0",
	  "0",
	  "",
	  "",
	  1,
	  GAVE_WAY_NO_HOST_CORE | GAVE_WAY_EMULATOR_SHARES },
	{ "one core",
	  "0+1@0.0",
	  { 1, -1, 0 },
	  "1",
	  "0",
	  "0",
	  "0",
	  "",
	  1,
	  GAVE_WAY_SPLITS_CORE | GAVE_WAY_NO_HOST_CORE },
	{ "more cores for the host",
	  QUAD,
	  { 4, -1, 2 },
	  "2 6 3 7",
	  "0,4",
	  "0,4",
	  "0-1,4-5",
	  "",
	  2,
	  0 },
	{ "more cores for the host than can be",
	  QUAD,
	  { 6, -1, 2 },
	  "1 5 2 6 3 7",
	  "0,4",
	  "0,4",
	  "0,4",
	  "",
	  2,
	  GAVE_WAY_HOST_RESERVE },

	{ "two nodes of one cache, those of the device",
	  HALVES,
	  { 3, 3, 0 },
	  "4 6 7",
	  "5",
	  "5",
	  "0-3,5",
	  "",
	  1,
	  GAVE_WAY_SPANS_NODES },
	{ "of equally many nodes those with the fewest caches",
	  CHOICES,
	  { 10, -1, 0 },
	  "7 8 9 10 11 12 13 14 15 16",
	  "17",
	  "17",
	  "0-6,17-22",
	  "",
	  1,
	  GAVE_WAY_SPANS_NODES | GAVE_WAY_SPANS_L3 },
	{ "the cache without CPU 0",
	  CCDS,
	  { 4, -1, 0 },
	  "4 12 5 13",
	  "0,8",
	  "1,9",
	  "0-3,6-11,14-15",
	  "",
	  2,
	  0 },
	{ "the cache that fits",
	  CCDS,
	  { 8, -1, 0 },
	  "4 12 5 13 6 14 7 15",
	  "0,8",
	  "1,9",
	  "0-3,8-11",
	  "",
	  2,
	  0 },
	{ "no cache fits",
	  CCDS,
	  { 10, -1, 0 },
	  "1 9 4 12 5 13 6 14 7 15",
	  "0,8",
	  "2,10",
	  "0,2-3,8,10-11",
	  "",
	  2,
	  GAVE_WAY_SPANS_L3 },
	{ "the larger cache",
	  X3D,
	  { 6, -1, 0 },
	  "1 9 2 10 3 11",
	  "0,8",
	  "4,12",
	  "0,4-8,12-15",
	  "",
	  2,
	  0 },
	{ "the larger cache is too small beside CPU 0",
	  X3D,
	  { 8, -1, 0 },
	  "4 12 5 13 6 14 7 15",
	  "0,8",
	  "1,9",
	  "0-3,8-11",
	  "",
	  2,
	  0 },

	{ "the device's node", SOCKETS, { 3, 0, 0 }, "1 2 3", "0", "0", "0,4-7", "", 1, 0 },
	{ "the device's other node", SOCKETS, { 3, 1, 0 }, "4 5 6", "7", "7", "0-3,7", "", 1, 0 },
	{ "the device's node is too small",
	  SOCKETS,
	  { 4, 0, 0 },
	  "4 5 6 7",
	  "0",
	  "1",
	  "0-3",
	  "",
	  1,
	  GAVE_WAY_AWAY | GAVE_WAY_EMULATOR_AWAY },
	{ "no node is large enough",
	  SOCKETS,
	  { 5, 0, 0 },
	  "1 2 3 4 5",
	  "0",
	  "6",
	  "0,6-7",
	  "",
	  1,
	  GAVE_WAY_SPANS_NODES | GAVE_WAY_SPANS_L3 },
	{ "a node without memory",
	  NO_RAM,
	  { 4, -1, 0 },
	  "8 9 10 11",
	  "0",
	  "1",
	  "0-7",
	  "",
	  1,
	  GAVE_WAY_EMULATOR_AWAY },
	{ "few caches in the device's node",
	  CORES_4,
	  { 4, 1, 0 },
	  "6 7 8 9",
	  "10",
	  "10",
	  "0-5,10-11",
	  "",
	  1,
	  GAVE_WAY_SPANS_L3 },

	{ "performance cores", HYBRID, { 4, -1, 0 }, "2 3 4 5", "0-1", "6", "0-1,6-9", "", 2, 0 },
	{ "not enough performance cores",
	  HYBRID,
	  { 6, -1, 0 },
	  "2 3 4 5 6 7",
	  "0-1",
	  "8",
	  "0-1,8-9",
	  "",
	  1,
	  GAVE_WAY_EFFICIENCY },
	{ "only another core fits for the host",
	  HYBRID,
	  { 9, -1, 0 },
	  "2 3 4 5 7 8 9 0 1",
	  "6",
	  "6",
	  "6",
	  "",
	  1,
	  GAVE_WAY_EFFICIENCY | GAVE_WAY_TAKES_CORE_0 },
	{ "CPU 0 is small", E_FIRST, { 2, -1, 0 }, "2 3", "0", "0", "0-1", "", 1, 0 },
	{ "uneven cores: equal ones",
	  UNEVEN,
	  { 2, -1, 0 },
	  "2 6",
	  "0,4",
	  "1",
	  "0-1,3-4",
	  "",
	  2,
	  0 },
	{ "uneven cores: an exact fit",
	  UNEVEN,
	  { 3, -1, 0 },
	  "1 2 6",
	  "0,4",
	  "0,4",
	  "0,3-4",
	  "",
	  1,
	  0 },
	{ "four threads", POWER, { 4, -1, 0 }, "4 5 6 7", "0-3", "0-3", "0-3,8-11", "", 4, 0 },
	{ "half a core", POWER, { 6, -1, 0 }, "4 5 6 7 8 9", "0-3", "0-3", "0-3", "10-11", 2, 0 },
	{ "holes, no CPU 0", HOLES, { 2, -1, 0 }, "5 21", "3,19", "3,19", "3,9,19,25", "", 2, 0 },
};

static char *format_order(const GArray *list)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(text, "%s%d", i > 0 ? " " : "", g_array_index(list, int, i));
	return g_string_free(text, FALSE);
}

static void compare(const char *name, const char *what, char *got, const char *expected)
{
	if (strcmp(got, expected) != 0)
		g_error("%s: %s is '%s', not '%s'", name, what, got, expected);
	g_free(got);
}

static void test_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct machine machine;
		struct pinning pinning;
		const char *name = cases[i].name;
		g_assert_true(pinning_make(read_machine(&machine, cases[i].machine),
					   &cases[i].request, &pinning, NULL));
		compare(name, "vcpus", format_order(pinning.vcpus), cases[i].vcpus);
		compare(name, "emulator", cpu_list_format(pinning.emulator), cases[i].emulator);
		compare(name, "iothreads", cpu_list_format(pinning.iothreads), cases[i].iothreads);
		compare(name, "host", cpu_list_format(pinning.host), cases[i].host);
		compare(name, "spare", cpu_list_format(pinning.spare), cases[i].spare);
		if (pinning.threads != cases[i].threads || pinning.gave_way != cases[i].gave_way)
			g_error("%s: threads %u, gave way %x", name, pinning.threads,
				pinning.gave_way);
		pinning_clear(&pinning);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *machine;
		unsigned n;
		const char *says;
	} rows[] = {
		{ QUAD, 9, "*9 CPUs of a guest: this machine has 8*ask for 7 at the most*" },
		{ QUAD, 10000, "*10000 CPUs*" },
		{ QUAD, 0, "*at least one*" },
		{ "0@0.0", 2, "*this machine has 1" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct machine machine;
		struct pinning pinning;
		const struct pinning_request request = { .n = rows[i].n, .node = -1 };
		g_autoptr(GError) error = NULL;
		g_assert_false(pinning_make(read_machine(&machine, rows[i].machine), &request,
					    &pinning, &error));
		g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
		if (!g_pattern_match_simple(rows[i].says, error->message))
			g_error("'%s' is not like '%s'", error->message, rows[i].says);
	}
	const struct topology unknown = { .packages = -1 };
	const struct pinning_request request = { .n = 1, .node = -1 };
	struct pinning pinning;
	g_autoptr(GError) error = NULL;
	g_assert_false(pinning_make(&unknown, &request, &pinning, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
}

/* Each way has a name and a text of its own. */
static void test_names(void)
{
	for (int i = 0; i < GAVE_WAY_N; i++) {
		g_assert_nonnull(gave_way_name(1 << i));
		g_assert_nonnull(gave_way_text(1 << i));
		for (int j = 0; j < i; j++)
			g_assert_cmpstr(gave_way_name(1 << i), !=, gave_way_name(1 << j));
	}
	g_assert_null(gave_way_name(1 << GAVE_WAY_N));
}

/* ---- hwloc's XML ---- */

#define OBJECT(type, os, set, rest)                                                                \
	"<object type=\"" type "\" os_index=\"" #os "\" cpuset=\"" set "\" " rest ">"
#define END "</object>"

static const char small[] =
	"<?xml version=\"1.0\"?><!DOCTYPE topology SYSTEM \"hwloc2.dtd\"><topology "
	"version=\"2.0\">" OBJECT("Machine", 0, "0x00000007",
				  "") OBJECT("NUMANode", 0, "0x00000003", "local_memory=\"4096\"")
		END OBJECT("NUMANode", 7, "0x00000001,0x00000000", "local_memory=\"0\"")
			END OBJECT("L3Cache", 0, "0x00000003",
				   "cache_size=\"8388608\"") OBJECT("Core", 5, "0x00000003", "")
				OBJECT("PU", 1, "0x00000002", "") END OBJECT("PU", 0, "0x00000001",
									     "")
					END END END OBJECT("Core", 6, "0x00000001,0x00000000", "")
						OBJECT("PU", 32, "", "") END END END
	"<cpukind cpuset=\"0x00000003\"><info name=\"CoreType\" value=\"IntelCore\"/></cpukind>"
	"<cpukind cpuset=\"0x00000001,0x0\"><info name=\"CoreType\" value=\"IntelAtom\"/></cpukind>"
	"</topology>";

static struct host *host_with(const char *xml, const char *small_cores)
{
	struct host *host = host_new(HOST_TREE);

	host->platform.topology.xml = host_text(host, xml);
	topology_read_xml(host, small_cores);
	return host;
}

static struct host *host_of(const char *xml)
{
	return host_with(xml, NULL);
}

static void test_xml(void)
{
	HOST_AUTO struct host *host = host_of(small);
	const struct topology *topology = &host->platform.topology;

	g_assert_cmpint(topology->n_cpus, ==, 3);
	const struct topo_cpu *zero = topology_cpu(topology, 0), *one = &topology->cpus[1];
	const struct topo_cpu *far = topology_cpu(topology, 32);
	g_assert_true(zero == &topology->cpus[0]);
	g_assert_cmpint(zero->core, ==, one->core);
	g_assert_cmpint(zero->core, !=, far->core);
	g_assert_cmpint(zero->l3, ==, one->l3);
	g_assert_cmpint(zero->l3_size, ==, 8388608);
	g_assert_cmpint(far->l3, ==, -1);
	g_assert_cmpint(far->l3_size, ==, -1);
	g_assert_cmpint(zero->package, ==, -1);
	g_assert_cmpint(zero->node, ==, 0);
	g_assert_cmpint(far->node, ==, 7);
	g_assert_false(zero->efficient);
	g_assert_true(far->efficient);
	g_assert_null(topology_cpu(topology, 2));
	g_assert_cmpint(topology_node(topology, 7)->memory, ==, 0);
	g_assert_null(topology_node(topology, 1));
}

/* A node of which hwloc says no memory has none, if it says that of another. */
static void test_silent_memory(void)
{
	static const struct {
		const char *from;
		int64_t memory;
	} rows[] = { { "local_memory=\"0\"", 0 }, { "local_memory=\"", -1 } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(GStrv) parts = g_strsplit(small, rows[i].from, -1);
		g_autofree char *xml = g_strjoinv(i == 0 ? "" : "x=\"", parts);
		HOST_AUTO struct host *host = host_of(xml);
		g_assert_cmpint(topology_node(&host->platform.topology, 7)->memory, ==,
				rows[i].memory);
	}
}

/* Two kinds of cores by capacity and by frequency: small ones, and favoured ones, which are not. */
static void test_kinds(void)
{
	static const struct {
		const char *name, *slow, *fast;
		bool efficient;
	} rows[] = {
		{ "LinuxCapacity", "718", "997", true },
		{ "LinuxCapacity", "990", "1024", false },
		{ "FrequencyMaxMHz", "3900", "5000", true },
		{ "FrequencyMaxMHz", "5250", "5750", false },
		{ "FrequencyMaxMHz", "none", "5750", false },
		{ "FrequencyBaseMHz", "1000", "2000", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *xml = g_strdup_printf(
			"<topology>" OBJECT("Machine", 0, "0x3", "") OBJECT("PU", 0, "0x1", "")
				END OBJECT("PU", 1, "0x2", "") END END
			"<cpukind cpuset=\"0x1\"><info name=\"%s\" value=\"%s\"/></cpukind>"
			"<cpukind cpuset=\"0x2\"><info name=\"%s\" value=\"%s\"/></cpukind>"
			"</topology>",
			rows[i].name, rows[i].slow, rows[i].name, rows[i].fast);
		HOST_AUTO struct host *host = host_of(xml);
		const struct topology *topology = &host->platform.topology;
		g_assert_cmpint(topology->n_cpus, ==, 2);
		g_assert_cmpint(topology->cpus[0].efficient, ==, rows[i].efficient);
		g_assert_false(topology->cpus[1].efficient);
	}
}

/* What the kernel lists counts more than hwloc's kinds; cores that are all equal are not small. */
static void test_listed(void)
{
	HOST_AUTO struct host *host = host_with(small, "0-1,7");
	HOST_AUTO struct host *all = host_with(small, "0-40");

	g_assert_true(topology_cpu(&host->platform.topology, 1)->efficient);
	g_assert_false(topology_cpu(&host->platform.topology, 32)->efficient);
	g_assert_false(topology_cpu(&all->platform.topology, 32)->efficient);
}

/* What is no machine stays unknown. */
static void test_bad_xml(void)
{
	static const char *const texts[] = {
		"",
		"hwloc",
		"<topology>",
		"<topology></topology>",
		"<topology>" OBJECT("PU", 0, "0x1", "") END OBJECT("PU", 0, "0x1", "") END
		"</topology>",
		"<topology>" OBJECT("PU", -1, "0x1", "") END "</topology>",
		"<topology>" OBJECT("PU", 99999999, "0x1", "") END "</topology>",
		"<!DOCTYPE a [<!ENTITY b \"<object type='PU' os_index='0'/>\">]><topology>&b;"
		"</topology>",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		HOST_AUTO struct host *host = host_of(texts[i]);
		if (host->platform.topology.n_cpus != 0)
			g_error("'%s' has processors", texts[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pinning/cases", test_cases);
	g_test_add_func("/pinning/refused", test_refused);
	g_test_add_func("/pinning/names", test_names);
	g_test_add_func("/topology/xml", test_xml);
	g_test_add_func("/topology/silent-memory", test_silent_memory);
	g_test_add_func("/topology/kinds", test_kinds);
	g_test_add_func("/topology/listed", test_listed);
	g_test_add_func("/topology/bad-xml", test_bad_xml);
	return g_test_run();
}
