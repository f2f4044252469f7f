/* The verdict: each row of the table with a machine that it fits, and one, nearly the same, that it
 * does not. Machines are small trees of files, read by the real probes. */
#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/tree.h"
#include "model/host.h"
#include "probe/probe.h"

#define INTEL_CPU      "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx aes\n"
#define LOCKED_CPU     "vendor_id\t: GenuineIntel\nflags\t\t: fpu aes\n"
#define AMD_CPU        "vendor_id\t: AuthenticAMD\nflags\t\t: fpu svm aes\n"
#define ARM_CPU        "Features\t: fp asimd aes\nCPU implementer\t: 0x41\n"
#define GUEST_CPU      "vendor_id\t: AuthenticAMD\nflags\t\t: fpu svm hypervisor\n"
#define BARE_GUEST_CPU "vendor_id\t: GenuineIntel\nflags\t\t: fpu hypervisor\n"
/* Leaf 1 ECX bit 5 (VMX) and 0x80000001 ECX bit 2 (SVM), as the probe writes them. */
#define REMAPPED   "  0:  5  IR-IO-APIC   2-edge  timer\n 24:  0  IR-PCI-MSI 0-edge  nvme\n"
#define UNREMAPPED "  0:  5  IO-APIC   2-edge  timer\n 24:  0  DMAR-MSI 0-edge  dmar0\n"

/* A file of a machine: text NULL is a directory. */
struct file {
	const char *path;
	const char *text;
};

struct machine {
	const char *name;
	const char *id; /* of the row; NULL: enabled */
	enum iommu_state state;
	enum iommu_vendor vendor;
	enum tri remapped;
	const char *default_domain;
	struct file files[12];
};

#define DIR_TABLES                                                                                 \
	{                                                                                          \
		"/sys/firmware/acpi/tables", NULL                                                  \
	}
#define DIR_UNITS                                                                                  \
	{                                                                                          \
		"/sys/class/iommu", NULL                                                           \
	}
#define DIR_GROUPS                                                                                 \
	{                                                                                          \
		"/sys/kernel/iommu_groups", NULL                                                   \
	}
#define FILE_DMAR                                                                                  \
	{                                                                                          \
		"/sys/firmware/acpi/tables/DMAR", ""                                               \
	}
#define FILE_IVRS                                                                                  \
	{                                                                                          \
		"/sys/firmware/acpi/tables/IVRS", ""                                               \
	}
#define FILE_VIOT                                                                                  \
	{                                                                                          \
		"/sys/firmware/acpi/tables/VIOT", ""                                               \
	}
#define UNIT_DMAR                                                                                  \
	{                                                                                          \
		"/sys/class/iommu/dmar0", NULL                                                     \
	}
#define UNIT_IVHD                                                                                  \
	{                                                                                          \
		"/sys/class/iommu/ivhd0", NULL                                                     \
	}
#define RELEASE                                                                                    \
	{                                                                                          \
		"/proc/sys/kernel/osrelease", "6.1.0-test\n"                                       \
	}
#define GROUP(type)                                                                                \
	{                                                                                          \
		"/sys/kernel/iommu_groups/0/type", type "\n"                                       \
	}
#define CONFIG(text)                                                                               \
	{                                                                                          \
		"/boot/config-6.1.0-test", text                                                    \
	}

static const struct machine machines[] = {
	{ "intel, translated",
	  NULL,
	  IOMMU_ENABLED,
	  IOMMU_INTEL,
	  TRI_YES,
	  "translated",
	  { { "/proc/cpuinfo", INTEL_CPU },
	    FILE_DMAR,
	    UNIT_DMAR,
	    GROUP("DMA-FQ"),
	    { "/proc/interrupts", REMAPPED } } },
	{ "intel, passthrough, no remapping",
	  NULL,
	  IOMMU_ENABLED,
	  IOMMU_INTEL,
	  TRI_NO,
	  "passthrough",
	  { { "/proc/cpuinfo", INTEL_CPU },
	    FILE_DMAR,
	    UNIT_DMAR,
	    GROUP("identity"),
	    { "/proc/interrupts", UNREMAPPED } } },
	{ "amd, on without any parameter",
	  NULL,
	  IOMMU_ENABLED,
	  IOMMU_AMD,
	  TRI_UNKNOWN,
	  "translated",
	  { { "/proc/cpuinfo", AMD_CPU }, FILE_IVRS, UNIT_IVHD, GROUP("DMA") } },
	{ "groups, though nothing else is known",
	  NULL,
	  IOMMU_ENABLED,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/sys/kernel/iommu_groups/0/devices", NULL } } },
	{ "no-IOMMU mode",
	  "noiommu-mode",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU },
	    DIR_TABLES,
	    DIR_UNITS,
	    { "/sys/kernel/iommu_groups/0/name", "vfio-noiommu\n" } } },
	{ "guest without nesting",
	  "guest-no-nested",
	  IOMMU_OFF_IN_FIRMWARE,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", BARE_GUEST_CPU }, DIR_TABLES, DIR_UNITS, DIR_GROUPS } },
	{ "guest with nesting",
	  "guest-without-iommu",
	  IOMMU_OFF_IN_FIRMWARE,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", GUEST_CPU }, DIR_TABLES, DIR_UNITS, DIR_GROUPS } },
	{ "no table where the processor is no x86",
	  "iommu-not-described",
	  IOMMU_OFF_IN_FIRMWARE,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", ARM_CPU }, DIR_TABLES, DIR_UNITS, DIR_GROUPS } },
	{ "firmware describes none",
	  "iommu-off-in-firmware-or-unsupported",
	  IOMMU_OFF_IN_FIRMWARE,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU },
	    DIR_TABLES,
	    DIR_UNITS,
	    DIR_GROUPS,
	    { "/proc/cmdline", "intel_iommu=on iommu=pt" } } },
	{ "switched off by intel_iommu=off",
	  "disabled-by-cmdline",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_INTEL,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU },
	    FILE_DMAR,
	    DIR_UNITS,
	    DIR_GROUPS,
	    { "/proc/cmdline", "quiet intel_iommu=off" } } },
	{ "switched off in a list",
	  "disabled-by-cmdline",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_AMD,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", AMD_CPU },
	    FILE_IVRS,
	    DIR_UNITS,
	    DIR_GROUPS,
	    { "/proc/cmdline", "iommu=pt,off" } } },
	{ "a word that only looks like it",
	  "needs-intel-iommu-on",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_INTEL,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU },
	    FILE_DMAR,
	    DIR_UNITS,
	    DIR_GROUPS,
	    { "/proc/cmdline", "my_iommu=off" } } },
	{ "kernel without the driver",
	  "kernel-without",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_INTEL,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU },
	    FILE_DMAR,
	    DIR_UNITS,
	    DIR_GROUPS,
	    RELEASE,
	    CONFIG("# CONFIG_INTEL_IOMMU is not set\n") } },
	{ "virtio's, and a kernel without the driver",
	  "kernel-without",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_VIRTIO,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", GUEST_CPU },
	    FILE_VIOT,
	    DIR_UNITS,
	    DIR_GROUPS,
	    RELEASE,
	    CONFIG("# CONFIG_VIRTIO_IOMMU is not set\n") } },
	{ "virtio's, and a module that is not loaded",
	  "driver-not-loaded",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_VIRTIO,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", GUEST_CPU },
	    FILE_VIOT,
	    DIR_UNITS,
	    DIR_GROUPS,
	    RELEASE,
	    CONFIG("CONFIG_VIRTIO_IOMMU=m\n") } },
	{ "virtio's, and a driver that is built in",
	  "init-failed",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_VIRTIO,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", GUEST_CPU },
	    FILE_VIOT,
	    DIR_UNITS,
	    DIR_GROUPS,
	    RELEASE,
	    CONFIG("CONFIG_VIRTIO_IOMMU=y\n") } },
	{ "off unless asked",
	  "needs-intel-iommu-on",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_INTEL,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU },
	    FILE_DMAR,
	    DIR_UNITS,
	    DIR_GROUPS,
	    RELEASE,
	    CONFIG("CONFIG_INTEL_IOMMU=y\nCONFIG_INTEL_IOMMU_DEFAULT_OFF=y\n") } },
	{ "asked, and off all the same",
	  "init-failed",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_INTEL,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU },
	    FILE_DMAR,
	    DIR_UNITS,
	    DIR_GROUPS,
	    { "/proc/cmdline", "intel_iommu=on" } } },
	{ "AMD that did not start",
	  "init-failed",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_AMD,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", AMD_CPU }, FILE_IVRS, DIR_UNITS, DIR_GROUPS } },
	{ "runs, but translates nothing",
	  "no-translation",
	  IOMMU_OFF_IN_KERNEL,
	  IOMMU_INTEL,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU }, FILE_DMAR, UNIT_DMAR, DIR_GROUPS } },
	{ "nobody looked",
	  "not-known",
	  IOMMU_STATE_UNKNOWN,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU } } },
	{ "no groups, tables not looked at",
	  "not-known",
	  IOMMU_STATE_UNKNOWN,
	  IOMMU_VENDOR_UNKNOWN,
	  TRI_UNKNOWN,
	  NULL,
	  { { "/proc/cpuinfo", INTEL_CPU }, DIR_GROUPS } },
};

static struct host *probe_machine(const struct file *files)
{
	struct tree *tree = tree_new();

	for (; files->path; files++) {
		if (files->text)
			tree_put_file(tree, files->path, files->text, strlen(files->text));
		else
			tree_put_dir(tree, files->path);
	}
	struct root *root ROOT_AUTO = root_from_tree(tree);
	g_autoptr(GError) error = NULL;
	struct host *host = host_probe(root, PROBE_BASE, &error);
	g_assert_no_error(error);
	return host;
}

static void test_machine(gconstpointer data)
{
	const struct machine *machine = data;
	HOST_AUTO struct host *host = probe_machine(machine->files);
	struct iommu_verdict verdict;

	iommu_judge(host, &verdict);
	g_assert_cmpstr(verdict.id, ==, machine->id);
	g_assert_cmpstr(iommu_state_name(verdict.state), ==, iommu_state_name(machine->state));
	g_assert_cmpint(verdict.vendor, ==, machine->vendor);
	g_assert_cmpint(verdict.interrupt_remapping, ==, machine->remapped);
	g_assert_cmpstr(verdict.default_domain, ==, machine->default_domain);
	g_assert_cmpint(verdict.cause != NULL, ==, machine->id != NULL);
	g_assert_cmpint(verdict.remedy != NULL, ==, machine->id != NULL);
	iommu_verdict_clear(&verdict);
}

/* A unit without a name that says whose it is. */
static enum iommu_vendor vendor_of_driver(const char *driver)
{
	struct tree *tree = tree_new();
	struct iommu_verdict verdict;

	tree_put_link(tree, "/sys/class/iommu/0000:00:01.0/device/driver", driver);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	g_autoptr(GError) error = NULL;
	HOST_AUTO struct host *host = host_probe(root, PROBE_BASE, &error);
	g_assert_no_error(error);
	iommu_judge(host, &verdict);
	enum iommu_vendor vendor = verdict.vendor;
	iommu_verdict_clear(&verdict);
	return vendor;
}

static void test_unit_of_virtio(void)
{
	g_assert_cmpint(vendor_of_driver("../../bus/virtio/drivers/virtio_iommu"), ==,
			IOMMU_VIRTIO);
	g_assert_cmpint(vendor_of_driver("../../bus/virtio/drivers/virtio_net"), ==, IOMMU_OTHER);
}

/* CPUID tells a CPU without virtualisation from one whose firmware has switched it off. */
static void judge_cpu(enum tri cpuid, enum tri guest, const char *expected)
{
	HOST_AUTO struct host *host = host_new(HOST_TREE);
	struct iommu_verdict verdict;

	host->platform.cpu.x86 = true;
	host->platform.cpu.flag_vmx = host->platform.cpu.flag_svm = TRI_NO;
	host->platform.cpu.cpuid_virt = cpuid;
	host->platform.cpu.hypervisor = guest;
	host->iommu.has_dmar = host->iommu.has_ivrs = TRI_NO;
	host->iommu.has_iort = host->iommu.has_viot = TRI_NO;
	host->iommu.groups_known = host->iommu.units_known = true;
	host_link(host);
	iommu_judge(host, &verdict);
	g_assert_cmpstr(verdict.id, ==, expected);
	iommu_verdict_clear(&verdict);
}

static void test_cpuid(void)
{
	judge_cpu(TRI_NO, TRI_NO, "cpu-no-virt");
	judge_cpu(TRI_YES, TRI_NO, "virt-off-in-firmware");
	judge_cpu(TRI_UNKNOWN, TRI_NO, "iommu-off-in-firmware-or-unsupported");
	judge_cpu(TRI_NO, TRI_YES, "guest-no-nested");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(machines); i++) {
		g_autofree char *name = g_strconcat("/verdict/", machines[i].name, NULL);
		g_test_add_data_func(name, &machines[i], test_machine);
	}
	g_test_add_func("/verdict/unit-of-virtio", test_unit_of_virtio);
	g_test_add_func("/verdict/cpuid", test_cpuid);
	return g_test_run();
}
