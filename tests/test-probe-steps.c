/* Probing where the machine ends it early: the right step fails, in the right words, and what hangs
 * on it is skipped by its name. What needs a kernel's VFIO is tried in the lab. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "base/device_node.h"
#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "model/host.h"
#include "probe/probe.h"
#include "vfio/probe_parts.h"
#include "vfio/probe_steps.h"

#define GPU   "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
#define AUDIO "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1"
#define PORT  "sys/devices/pci0000:00/0000:00:01.0"

/* A port with a display on vfio-pci and its audio function on its own driver, in group 12. */
static struct tree *make_tree(void)
{
	static const char *const lines[] = {
		PORT "/class = 0x060400",
		PORT "/vendor = 0x8086",
		PORT "/device = 0x1901",
		PORT "/driver -> ../../../bus/pci/drivers/pcieport",
		PORT "/iommu_group -> ../../../kernel/iommu_groups/1",
		GPU "/class = 0x030000",
		GPU "/vendor = 0x10de",
		GPU "/device = 0x1c03",
		GPU "/driver -> ../../../../bus/pci/drivers/vfio-pci",
		GPU "/iommu_group -> ../../../../kernel/iommu_groups/12",
		AUDIO "/class = 0x040300",
		AUDIO "/vendor = 0x10de",
		AUDIO "/device = 0x10f1",
		AUDIO "/driver -> ../../../../bus/pci/drivers/snd_hda_intel",
		AUDIO "/iommu_group -> ../../../../kernel/iommu_groups/12",
		"sys/bus/pci/devices/0000:00:01.0 -> ../../../devices/pci0000:00/0000:00:01.0",
		"sys/bus/pci/devices/0000:01:00.0 -> "
		"../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0",
		"sys/bus/pci/devices/0000:01:00.1 -> "
		"../../../devices/pci0000:00/0000:00:01.0/0000:01:00.1",
		"sys/bus/pci/drivers/vfio-pci/",
		"sys/bus/pci/drivers/snd_hda_intel/",
		"sys/bus/pci/drivers/pcieport/",
		"sys/kernel/iommu_groups/1/type = DMA",
		"sys/kernel/iommu_groups/12/type = DMA",
		"sys/kernel/iommu_groups/1/devices/0000:00:01.0 -> "
		"../../../../devices/pci0000:00/0000:00:01.0",
		"sys/kernel/iommu_groups/12/devices/0000:01:00.0 -> "
		"../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0",
		"sys/kernel/iommu_groups/12/devices/0000:01:00.1 -> "
		"../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.1",
		"proc/",
		NULL,
	};
	struct tree *tree = tree_new();

	fixture_put(tree, lines);
	return tree;
}

struct machine {
	struct root *root;
	struct host *host;
};

static void set_up(struct machine *machine, gconstpointer line)
{
	const char *lines[] = { line, NULL };
	struct tree *tree = make_tree();
	GError *error = NULL;

	fixture_put(tree, lines);
	machine->root = root_from_tree(tree);
	machine->host =
		host_probe(machine->root,
			   PROBE_DETAIL | PROBE_REGIONS | PROBE_USAGE | PROBE_HOLDERS, &error);
	g_assert_no_error(error);
}

static void tear_down(struct machine *machine, gconstpointer line)
{
	host_free(machine->host);
	root_free(machine->root);
}

static void count(const struct probe_result *result, void *data)
{
	g_assert_nonnull(result->what);
	(*(int *)data)++;
}

static struct probe_report *probe(const struct machine *machine, const char *address)
{
	const struct probe_options options = { 0 };
	struct pci_addr addr;
	int told = 0;

	g_assert_true(pci_addr_parse(address, &addr));
	int index = host_find_pci(machine->host, addr);
	g_assert_cmpint(index, >=, 0);
	struct probe_report *report =
		probe_device(machine->root, machine->host, index, &options, count, &told);
	g_assert_cmpint(told, ==, PROBE_N_STEPS);
	return report;
}

/* The step failed; of all others, those that hang on it say so, and none failed. */
static void assert_only_failure(const struct probe_report *report, int step, const char *skipped)
{
	g_assert_true(probe_report_failed(report));
	for (int i = 0; i < PROBE_N_STEPS; i++) {
		const struct probe_result *result = &report->results[i];
		if (i == step)
			g_assert_cmpint(result->verdict, ==, PROBE_FAIL);
		else if (i > step && i != PROBE_MEMLOCK)
			g_assert_cmpstr(result->what, ==, skipped);
		else
			g_assert_cmpint(result->verdict, ==, PROBE_PASS);
	}
}

static void assert_has(const char *text, const char *part)
{
	g_assert_nonnull(text);
	g_assert_nonnull(strstr(text, part));
}

static void test_not_bound(struct machine *machine, gconstpointer line)
{
	struct probe_report *report = probe(machine, "0000:01:00.1");
	const struct probe_result *result = &report->results[PROBE_DRIVER];

	assert_only_failure(report, PROBE_DRIVER, "not tried: 'driver' failed");
	g_assert_cmpstr(result->what, ==, "bound to snd_hda_intel, not vfio-pci");
	assert_has(result->meaning, "vfiokit bind 0000:01:00.1");
	probe_report_free(report);
}

static void test_bridge(struct machine *machine, gconstpointer line)
{
	struct probe_report *report = probe(machine, "0000:00:01.0");
	const struct probe_result *result = &report->results[PROBE_DRIVER];

	assert_only_failure(report, PROBE_DRIVER, "not tried: 'driver' failed");
	assert_has(result->meaning, "Bridges stay");
	g_assert_null(strstr(result->meaning, "vfiokit bind"));
	probe_report_free(report);
}

static void test_no_node(struct machine *machine, gconstpointer line)
{
	struct probe_report *report = probe(machine, "0000:01:00.0");

	assert_only_failure(report, PROBE_GROUP_NODE, "not tried: 'group-node' failed");
	g_assert_cmpstr(report->results[PROBE_GROUP_NODE].what, ==, "there is no /dev/vfio/12");
	probe_report_free(report);
}

/* A node that is only a picture of one: the running machine's group 12 must not be opened. */
static void test_not_live(struct machine *machine, gconstpointer line)
{
	struct probe_report *report = probe(machine, "0000:01:00.0");

	assert_only_failure(report, PROBE_GROUP_OPEN, "not tried: 'group-open' failed");
	assert_has(report->results[PROBE_GROUP_OPEN].what, "cannot open /dev/vfio/12: Read-only");
	probe_report_free(report);
}

static void test_members(struct machine *machine, gconstpointer line)
{
	int shared = host_find_group(machine->host, 12), port = host_find_group(machine->host, 1);
	g_autofree char *text = probe_host_members(machine->host, &machine->host->groups[shared]);
	g_autofree char *none = probe_host_members(machine->host, &machine->host->groups[port]);

	g_assert_cmpstr(text, ==, "0000:01:00.1 on snd_hda_intel");
	g_assert_cmpstr(none, ==, ""); /* pcieport leaves the group's DMA alone */
}

static void test_size(void)
{
	static const struct {
		uint64_t size;
		const char *text;
	} rows[] = {
		{ 0, "0 bytes" },
		{ 256, "256 bytes" },
		{ 4096, "4 KiB" },
		{ 4097, "4097 bytes" },
		{ 96 * 1024, "96 KiB" },
		{ UINT64_C(24) << 30, "24 GiB" },
		{ UINT64_C(1) << 63, "8388608 TiB" },
	};
	char buf[32];

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(probe_size(rows[i].size, buf), ==, rows[i].text);
}

static void test_node(void)
{
	g_autofree char *directory = g_dir_make_tmp("vfiokit-node-XXXXXX", NULL);
	GError *error = NULL;
	struct root *live ROOT_AUTO = root_open("/", &error);

	g_assert_no_error(error);
	int fd = device_node_open(live, "/dev/null");
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
	close(fd);
	g_assert_cmpint(device_node_open(live, "/dev/vfio/no-such-group"), ==, -ENOENT);
	g_autofree char *file = g_build_filename(directory, "file", NULL);
	g_assert_true(g_file_set_contents(file, "text", -1, NULL));
	g_assert_cmpint(device_node_open(live, file), ==, -ENODEV);
	struct root *other ROOT_AUTO = root_open(directory, &error);
	g_assert_no_error(error);
	g_assert_cmpint(device_node_open(other, "/file"), ==, -EROFS);
	unlink(file);
	rmdir(directory);
}

#define STEP_TEST(name, line, test)                                                                \
	g_test_add("/probe-steps/" name, struct machine, line, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	STEP_TEST("not-bound", "dev/", test_not_bound);
	STEP_TEST("bridge", "dev/", test_bridge);
	STEP_TEST("no-node", "dev/vfio/", test_no_node);
	STEP_TEST("not-live", "dev/vfio/12 = ", test_not_live);
	STEP_TEST("members", "dev/", test_members);
	g_test_add_func("/probe-steps/size", test_size);
	g_test_add_func("/probe-steps/node", test_node);
	return g_test_run();
}
