/* The machine apart from its devices: the command line, and what is read from /proc and /sys, on
 * texts, and on what real machines say. */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <zlib.h>

#include "base/gunzip.h"
#include "base/root.h"
#include "base/tree.h"
#include "model/host.h"
#include "probe/platform.h"

/* ---- the command line ---- */

static const struct {
	const char *cmdline;
	const char *word;
	bool has;
} cmdlines[] = {
	{ "quiet intel_iommu=on splash", "intel_iommu=on", true },
	{ "quiet intel_iommu=on splash", "quiet", true },
	{ "quiet intel_iommu=on splash", "splash", true },
	{ "quiet intel_iommu=on splash", "intel_iommu", false },
	{ "quiet intel_iommu=on splash", "iommu=on", false },
	{ "quiet intel_iommu=on splash", "intel_iommu=o", false },
	{ "intel_iommu=on,sm_on", "intel_iommu=on", true },
	{ "intel_iommu=on,sm_on", "intel_iommu=sm_on", true },
	{ "intel_iommu=on,sm_on", "intel_iommu=on,sm_on", true },
	{ "intel_iommu=on,sm_on", "intel_iommu=sm", false },
	{ "iommu=pt,off", "iommu=off", true },
	{ "iommu=soft", "iommu=off", false },
	{ "iommu=", "iommu=", true },
	{ "iommu", "iommu=", false },
	{ "intel-iommu=off", "intel_iommu=off", true },
	{ "vfio-pci.ids=10de:1c03,10de:10f1", "vfio_pci.ids=10de:10f1", true },
	{ "vfio-pci.ids=10de:1c03", "vfio_pci.ids=10de_1c03", false },
	{ "root=/dev/sda1 -- intel_iommu=on", "intel_iommu=on", false },
	{ "dyndbg=\"file a.c +p\" iommu=pt", "iommu=pt", true },
	{ "dyndbg=\"file iommu=pt +p\"", "iommu=pt", false },
	{ "a=\"b c\"", "a=b c", true },
	{ "\"a=b c\" d", "a=b c", true },
	{ "a=\"unended iommu=pt", "iommu=pt", false },
	{ "\tiommu=pt\n", "iommu=pt", true },
	{ "", "quiet", false },
	{ "\"", "quiet", false },
	{ NULL, "quiet", false },
};

static void test_cmdline(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cmdlines); i++)
		if (cmdline_has(cmdlines[i].cmdline, cmdlines[i].word) != cmdlines[i].has)
			g_error("'%s' in '%s'", cmdlines[i].word, cmdlines[i].cmdline);
}

/* ---- small machines in memory ---- */

static struct host *probe_tree(struct tree *tree, unsigned what)
{
	struct root *root = root_from_tree(tree);
	struct host *host = host_new(HOST_TREE);

	platform_probe(root, host, what);
	root_free(root);
	return host;
}

static void put(struct tree *tree, const char *path, const char *text)
{
	g_assert_cmpint(tree_put_file(tree, path, text, strlen(text)), ==, 0);
}

static bool has_gap(const struct host *host, const char *path)
{
	for (guint i = 0; i < host->gaps->len; i++)
		if (strcmp(g_array_index(host->gaps, struct gap, i).path, path) == 0)
			return true;
	return false;
}

static void test_nothing(void)
{
	HOST_AUTO struct host *host = probe_tree(tree_new(), PLATFORM_FULL | PLATFORM_TOPOLOGY);
	const struct platform *platform = &host->platform;

	g_assert_false(platform->cpu.arch_known);
	g_assert_cmpint(platform->cpu.flag_vmx, ==, TRI_UNKNOWN);
	g_assert_cmpint(platform->cpu.cpuid_virt, ==, TRI_UNKNOWN);
	g_assert_cmpint(platform->cpu.phys_bits, ==, -1);
	g_assert_null(platform->cpu.vendor);
	g_assert_null(platform->kernel.release);
	g_assert_null(platform->kernel.cmdline);
	g_assert_null(platform->kernel.config);
	g_assert_null(platform->kernel.log);
	g_assert_null(platform->kernel.lockdown);
	g_assert_cmpint(platform->kernel.intel_iommu, ==, 0);
	g_assert_cmpint(platform->kernel.vfio_pci_loaded, ==, TRI_UNKNOWN);
	g_assert_cmpint(platform->kernel.vfio_pci_builtin, ==, TRI_UNKNOWN);
	g_assert_cmpint(platform->firmware.efi, ==, TRI_UNKNOWN);
	g_assert_cmpint(platform->firmware.secure_boot, ==, TRI_UNKNOWN);
	g_assert_null(platform->firmware.vendor);
	g_assert_cmpuint(platform->memory.total, ==, 0);
	g_assert_cmpuint(platform->memory.n_pools, ==, 0);
	g_assert_cmpint(platform->topology.packages, ==, -1);
	g_assert_null(platform->topology.xml);
	g_assert_cmpuint(platform->n_framebuffers, ==, 0);
	g_assert_cmpuint(host->gaps->len, ==, 0);
}

static void test_denied(void)
{
	static const char *const paths[] = { "/proc/cpuinfo", "/proc/cmdline", "/proc/iomem",
					     "/proc/meminfo", "/sys/kernel/security/lockdown" };
	struct tree *tree = tree_new();

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		tree_put_error(tree, paths[i], EACCES);
	put(tree, "/vfiokit/kernel-log", "! EPERM\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_FULL);
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		g_assert_true(has_gap(host, paths[i]));
	g_assert_true(has_gap(host, "kernel log"));
	g_assert_null(host->platform.kernel.log);
	g_assert_null(host->platform.kernel.lockdown);
}

static const char *const intel_cpuinfo =
	"processor\t: 0\nvendor_id\t: GenuineIntel\n"
	"model name\t: Intel(R) Xeon(R) CPU           X7550  @ 2.00GHz\n"
	"flags\t\t: fpu vme vmxnet pdpe1gb lm\nvmx flags\t: vnmi svm\n"
	"address sizes\t: 44 bits physical, 48 bits virtual\n\n"
	"processor\t: 1\nvendor_id\t: Other\nflags\t\t: vmx svm hypervisor\n";

static void test_cpu(void)
{
	struct tree *tree = tree_new();

	put(tree, "/proc/cpuinfo", intel_cpuinfo);
	put(tree, "/vfiokit/cpuid",
	    "vendor=GenuineIntel\nvmx=1\nsvm=0\nhypervisor=1\nphys_bits=39\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_VERDICT);
	const struct cpu *cpu = &host->platform.cpu;

	g_assert_cmpstr(cpu->vendor, ==, "GenuineIntel");
	g_assert_cmpstr(cpu->model_name, ==, "Intel(R) Xeon(R) CPU X7550 @ 2.00GHz");
	g_assert_true(cpu->x86 && cpu->arch_known);
	g_assert_cmpint(cpu->flag_vmx, ==, TRI_NO); /* "vmxnet" and "vmx flags" are not it */
	g_assert_cmpint(cpu->flag_svm, ==, TRI_NO);
	g_assert_cmpint(cpu->hypervisor, ==, TRI_NO); /* the kernel's word goes first */
	g_assert_cmpint(cpu->pdpe1gb, ==, TRI_YES);
	g_assert_cmpint(cpu->cpuid_virt, ==, TRI_YES);
	g_assert_cmpint(cpu->phys_bits, ==, 44);
}

static void test_cpuid_alone(void)
{
	struct tree *tree = tree_new();

	put(tree, "/vfiokit/cpuid",
	    "vendor=AuthenticAMD\nvmx=0\nsvm=0\nhypervisor=1\nphys_bits=999\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_VERDICT);
	g_assert_cmpstr(host->platform.cpu.vendor, ==, "AuthenticAMD");
	g_assert_cmpint(host->platform.cpu.cpuid_virt, ==, TRI_NO);
	g_assert_cmpint(host->platform.cpu.hypervisor, ==, TRI_YES);
	g_assert_cmpint(host->platform.cpu.phys_bits, ==, 64);
	g_assert_cmpint(host->platform.cpu.pdpe1gb, ==, TRI_UNKNOWN);
	g_assert_cmpint(host->platform.cpu.flag_vmx, ==, TRI_UNKNOWN);
}

static void test_arm(void)
{
	struct tree *tree = tree_new();

	put(tree, "/proc/cpuinfo",
	    "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd vmx\n"
	    "CPU implementer\t: 0x41\nCPU architecture: 8\n\nprocessor\t: 1\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_VERDICT);
	g_assert_cmpstr(host->platform.cpu.vendor, ==, "ARM");
	g_assert_true(host->platform.cpu.arch_known);
	g_assert_false(host->platform.cpu.x86);
	g_assert_cmpint(host->platform.cpu.flag_vmx, ==, TRI_UNKNOWN);
}

/* ---- the kernel ---- */

static const char *const config_text = "#\n# Linux/x86 6.1.0 Kernel Configuration\n#\n"
				       "CONFIG_AMD_IOMMU=y\nCONFIG_INTEL_IOMMU=y\n"
				       "# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set\n"
				       "CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y\n"
				       "CONFIG_VFIO_PCI=m\nCONFIG_VFIO_PCI_VGA=y\nCONFIG_HZ=250\n";

static void assert_config(const struct host *host, const char *path)
{
	const struct kernel *kernel = &host->platform.kernel;

	g_assert_cmpstr(kernel->config, ==, path);
	g_assert_cmpint(kernel->amd_iommu, ==, 'y');
	g_assert_cmpint(kernel->intel_iommu, ==, 'y');
	g_assert_cmpint(kernel->intel_default_on, ==, 'n');
	g_assert_cmpint(kernel->intel_default_off, ==, 'n');
	g_assert_cmpint(kernel->intel_default_igpu_off, ==, 'y');
	g_assert_cmpint(kernel->vfio_pci, ==, 'm');
	g_assert_cmpint(kernel->iommufd, ==, 'n');
}

static void test_config(void)
{
	static const char *const paths[] = { "/boot/config-6.1.0", "/lib/modules/6.1.0/config" };

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		struct tree *tree = tree_new();
		put(tree, "/proc/sys/kernel/osrelease", "6.1.0\n");
		put(tree, paths[i], config_text);
		HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_VERDICT | PLATFORM_CONFIG);
		g_assert_cmpstr(host->platform.kernel.release, ==, "6.1.0");
		assert_config(host, paths[i]);
	}

	struct tree *tree = tree_new();
	put(tree, "/proc/sys/kernel/osrelease", "6.1.0\n");
	put(tree, "/boot/config-6.1.0", "");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_CONFIG);
	g_assert_null(host->platform.kernel.config); /* empty: says nothing */
	g_assert_cmpint(host->platform.kernel.intel_iommu, ==, 0);
}

static size_t pack(const char *text, Bytef *out, size_t size)
{
	z_stream stream = { .next_in = (Bytef *)(gpointer)text,
			    .avail_in = (uInt)strlen(text),
			    .next_out = out,
			    .avail_out = (uInt)size };

	g_assert_cmpint(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), ==, Z_OK);
	g_assert_cmpint(deflate(&stream, Z_FINISH), ==, Z_STREAM_END);
	g_assert_cmpint(deflateEnd(&stream), ==, Z_OK);
	return stream.total_out;
}

static void test_config_packed(void)
{
	struct tree *tree = tree_new();
	Bytef packed[1024];
	size_t length = pack(config_text, packed, sizeof(packed));

	tree_put_file(tree, "/proc/config.gz", (const char *)packed, length);
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_CONFIG);
	assert_config(host, "/proc/config.gz");

	for (size_t i = 0; i <= length; i++) {
		g_autofree char *exact = g_memdup2(packed, i + 1);
		g_autofree char *text = gunzip(exact, i, 4096);
		if (i == length)
			g_assert_cmpstr(text, ==, config_text);
		else if (text)
			g_assert_true(g_str_has_prefix(config_text, text));
	}
	g_autofree char *short_text = gunzip((const char *)packed, length, 5);
	g_assert_cmpuint(strlen(short_text), ==, 5);
	g_assert_null(gunzip("not packed", 10, 100));
}

static void test_modules(void)
{
	struct tree *tree = tree_new();

	put(tree, "/proc/sys/kernel/osrelease", "6.1.0\n");
	put(tree, "/lib/modules/6.1.0/modules.builtin",
	    "kernel/drivers/vfio/vfio.ko\nkernel/drivers/vfio/pci/vfio-pci.ko\n");
	put(tree, "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	tree_put_dir(tree, "/sys/module/kvm");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_FULL);
	g_assert_cmpint(host->platform.kernel.vfio_pci_builtin, ==, TRI_YES);
	g_assert_cmpint(host->platform.kernel.vfio_pci_loaded, ==, TRI_NO);
	g_assert_cmpstr(host->platform.kernel.lockdown, ==, "integrity");

	struct tree *other = tree_new();
	put(other, "/proc/sys/kernel/osrelease", "6.1.0\n");
	put(other, "/lib/modules/6.1.0/modules.builtin", "kernel/drivers/vfio/notvfio-pci.ko\n");
	tree_put_dir(other, "/sys/module/vfio_pci");
	HOST_AUTO struct host *second = probe_tree(other, PLATFORM_FULL);
	g_assert_cmpint(second->platform.kernel.vfio_pci_builtin, ==, TRI_NO);
	g_assert_cmpint(second->platform.kernel.vfio_pci_loaded, ==, TRI_YES);
}

static void test_log(void)
{
	struct tree *tree = tree_new();

	put(tree, "/vfiokit/kernel-log", "DMAR: IOMMU enabled\nAMD-Vi: x\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_LOG);
	g_assert_cmpuint(host->platform.kernel.n_log, ==, 2);
	g_assert_cmpstr(host->platform.kernel.log[0], ==, "DMAR: IOMMU enabled");
	g_assert_cmpstr(host->platform.kernel.log[1], ==, "AMD-Vi: x");

	struct tree *other = tree_new();
	put(other, "/vfiokit/kernel-log", "");
	HOST_AUTO struct host *second = probe_tree(other, PLATFORM_LOG);
	g_assert_nonnull(second->platform.kernel.log); /* read, and nothing in it */
	g_assert_cmpuint(second->platform.kernel.n_log, ==, 0);
}

/* ---- firmware, memory, display ---- */

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static void test_firmware(void)
{
	struct tree *tree = tree_new();

	tree_put_file(tree, SECURE_BOOT, "\6\0\0\0\1", 5);
	put(tree, "/sys/devices/virtual/dmi/id/sys_vendor", "ASUSTeK \n");
	put(tree, "/sys/devices/virtual/dmi/id/product_name", "To Be Filled By O.E.M.\n");
	put(tree, "/sys/devices/virtual/dmi/id/product_serial", "secret\n");
	tree_put_link(tree, "/sys/class/dmi/id", "../../devices/virtual/dmi/id");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_MACHINE);
	g_assert_cmpint(host->platform.firmware.efi, ==, TRI_YES);
	g_assert_cmpint(host->platform.firmware.secure_boot, ==, TRI_YES);
	g_assert_cmpstr(host->platform.firmware.vendor, ==, "ASUSTeK");
	g_assert_null(host->platform.firmware.product);

	struct tree *other = tree_new();
	tree_put_file(other, SECURE_BOOT, "\6\0\0\0", 4); /* cut off */
	HOST_AUTO struct host *second = probe_tree(other, PLATFORM_MACHINE);
	g_assert_cmpint(second->platform.firmware.secure_boot, ==, TRI_UNKNOWN);

	struct tree *bios = tree_new();
	tree_put_dir(bios, "/sys/firmware/acpi");
	HOST_AUTO struct host *third = probe_tree(bios, PLATFORM_MACHINE);
	g_assert_cmpint(third->platform.firmware.efi, ==, TRI_NO);
	g_assert_cmpint(third->platform.firmware.secure_boot, ==, TRI_NO);
}

static void test_memory(void)
{
	struct tree *tree = tree_new();

	put(tree, "/proc/meminfo",
	    "MemTotal:       32768 kB\nMemFree: 5 kB\nMemAvailable: 1024 kB\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "3\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "-1\n");
	put(tree, "/sys/kernel/mm/hugepages/strange/nr_hugepages", "7\n");
	put(tree, "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_MEMORY);
	const struct memory *memory = &host->platform.memory;

	g_assert_cmpuint(memory->total, ==, 32ULL << 20);
	g_assert_cmpuint(memory->available, ==, 1 << 20);
	g_assert_cmpuint(memory->n_pools, ==, 3);
	g_assert_cmpuint(memory->pools[0].size, ==, 2 << 20);
	g_assert_cmpint(memory->pools[0].node, ==, -1);
	g_assert_cmpint(memory->pools[0].total, ==, 8);
	g_assert_cmpint(memory->pools[0].free, ==, 3);
	g_assert_cmpuint(memory->pools[1].size, ==, 1 << 30);
	g_assert_cmpint(memory->pools[1].total, ==, -1);
	g_assert_cmpint(memory->pools[2].node, ==, 1);
	g_assert_cmpint(memory->pools[2].free, ==, -1);
}

static void test_display(void)
{
	struct tree *tree = tree_new();

	put(tree, "/sys/class/graphics/fb0/name", "EFI VGA\n");
	tree_put_dir(tree, "/sys/class/graphics/fbcon");
	put(tree, "/proc/iomem",
	    "00001000-0009ffff : System RAM\nc0000000-cfffffff : 0000:01:00.0\n"
	    "  c0000000-c07effff : BOOTFB\n  d0000000-d07effff : BOOTFBX\n");
	put(tree, "/sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
	put(tree, "/sys/class/vtconsole/vtcon0/bind", "0\n");
	put(tree, "/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	put(tree, "/sys/class/vtconsole/vtcon1/bind", "1\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_MACHINE);
	const struct platform *platform = &host->platform;

	g_assert_cmpuint(platform->n_framebuffers, ==, 2);
	g_assert_cmpstr(platform->framebuffers[0].name, ==, "fb0");
	g_assert_cmpstr(platform->framebuffers[0].driver, ==, "EFI VGA");
	g_assert_cmpstr(platform->framebuffers[1].name, ==, "BOOTFB");
	g_assert_cmpuint(platform->framebuffers[1].start, ==, 0xc0000000);
	g_assert_cmpuint(platform->framebuffers[1].end, ==, 0xc07effff);
	g_assert_cmpstr(platform->console_driver, ==, "frame buffer device");
	g_assert_false(has_gap(host, "/proc/iomem"));
}

static void test_hidden_iomem(void)
{
	struct tree *tree = tree_new();

	put(tree, "/proc/iomem", "00000000-00000000 : PCI\n  00000000-00000000 : simpledrm\n");
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_MACHINE);
	g_assert_cmpuint(host->platform.n_framebuffers, ==, 1);
	g_assert_cmpuint(host->platform.framebuffers[0].end, ==, 0);
	g_assert_true(has_gap(host, "/proc/iomem"));
}

/* Random bytes in every file: unknown or something, and nothing worse. */
static void test_hostile(void)
{
	static const char *const paths[] = {
		"/proc/cpuinfo",
		"/proc/cmdline",
		"/proc/meminfo",
		"/proc/iomem",
		"/proc/sys/kernel/osrelease",
		"/proc/config.gz",
		"/vfiokit/cpuid",
		"/vfiokit/kernel-log",
		"/vfiokit/hwloc.xml",
		"/vfiokit/kernel-config",
		"/sys/kernel/security/lockdown",
		"/sys/class/graphics/fb0/name",
		"/sys/class/vtconsole/vtcon0/name",
		SECURE_BOOT,
		"/sys/kernel/mm/hugepages/hugepages-2kB/nr_hugepages",
	};

	for (int round = 0; round < 50; round++) {
		struct tree *tree = tree_new();
		put(tree, "/sys/class/vtconsole/vtcon0/bind", "1\n");
		for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
			size_t length = (size_t)g_test_rand_int_range(0, 20000);
			g_autofree char *bytes = g_malloc(length + 1);
			for (size_t j = 0; j < length; j++)
				bytes[j] = (char)g_test_rand_int_range(round % 2 ? 0 : 9,
								       round % 2 ? 256 : 127);
			tree_put_file(tree, paths[i], bytes, length);
		}
		HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_FULL | PLATFORM_TOPOLOGY);
		g_assert_cmpint(host->platform.cpu.phys_bits, <=, 64);
	}
}

/* ---- what real machines say ---- */

static char *data_path(const char *name)
{
	const char *data = g_getenv("VFIOKIT_DATA");
	g_autofree char *path = data ? g_build_filename(data, name, NULL) : NULL;

	return path && g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

static void check_cpuinfo(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = NULL;
	struct tree *tree = tree_new();

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	put(tree, "/proc/cpuinfo", text);
	HOST_AUTO struct host *host = probe_tree(tree, PLATFORM_VERDICT);
	const struct cpu *cpu = &host->platform.cpu;
	bool intel = strcmp(cpu->vendor, "GenuineIntel") == 0;
	bool amd = strcmp(cpu->vendor, "AuthenticAMD") == 0;

	/* The names of the files say whose they are. */
	g_assert_true(cpu->x86 && cpu->arch_known);
	g_assert_nonnull(cpu->model_name);
	if (g_str_has_prefix(name, "intel"))
		g_assert_true(intel);
	if (g_str_has_prefix(name, "amd"))
		g_assert_true(amd);
	g_assert_cmpint(cpu->hypervisor, ==, g_str_has_prefix(name, "vm-") ? TRI_YES : TRI_NO);
	g_assert_cmpint(cpu->flag_vmx, ==, strstr(text, " vmx ") ? TRI_YES : TRI_NO);
	g_assert_cmpint(cpu->flag_svm, ==, strstr(text, " svm ") ? TRI_YES : TRI_NO);
	g_assert_cmpint(cpu->phys_bits, >=, 36);
	g_assert_cmpint(cpu->phys_bits, <=, 52);
}

static void check_cmdline(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", -1);
	for (char **word = words; *word; word++)
		g_assert_true(cmdline_has(text, *word));
	g_assert_false(cmdline_has(text, "never=there"));
}

static void test_data_proc(void)
{
	g_autofree char *path = data_path("lspci-dumps/proc");
	unsigned cpuinfos = 0, cmdlines_seen = 0;

	if (!path) {
		g_test_skip("no recorded machines");
		return;
	}
	GDir *dir = g_dir_open(path, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));) {
		if (g_str_has_suffix(name, ".cpuinfo.txt")) {
			check_cpuinfo(path, name);
			cpuinfos++;
		} else if (g_str_has_suffix(name, ".cmdline.txt")) {
			check_cmdline(path, name);
			cmdlines_seen++;
		}
	}
	g_dir_close(dir);
	g_test_message("%u processors, %u command lines", cpuinfos, cmdlines_seen);
	g_assert_cmpuint(cpuinfos, >, 0);
	g_assert_cmpuint(cmdlines_seen, >, 0);
}

/* Unpacks what is looked at of an archive into a new directory, whose path is the caller's. */
static char *unpack(const char *archive, unsigned what)
{
	g_autofree char *tmp = g_dir_make_tmp("vfiokit-test-XXXXXX", NULL);
	/* Tens of thousands of files, otherwise. */
	const char *system = what & PLATFORM_TOPOLOGY ? "*/sys/devices/system/*" : NULL;
	const char *argv[] = { "tar",         "-C",       tmp,    "-xf", archive, "--no-same-owner",
			       "--wildcards", "*/proc/*", system, NULL };
	int status;

	g_assert_nonnull(tmp);
	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
			  &status, NULL) ||
	    status != 0)
		g_test_message("tar: %s: status %d", archive, status);
	return g_steal_pointer(&tmp);
}

static void remove_tree(const char *path)
{
	const char *argv[] = { "rm", "-rf", "--", path, NULL };

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		     NULL);
}

/* The directory in path that holds proc or sys: it, or its only directory. */
static char *machine_in(const char *path)
{
	g_autofree char *proc = g_build_filename(path, "proc", NULL);
	g_autofree char *sys = g_build_filename(path, "sys", NULL);

	if (g_file_test(proc, G_FILE_TEST_IS_DIR) || g_file_test(sys, G_FILE_TEST_IS_DIR))
		return g_strdup(path);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name = dir ? g_dir_read_name(dir) : NULL;
	char *inside = name ? g_build_filename(path, name, NULL) : NULL;
	if (dir)
		g_dir_close(dir);
	return inside;
}

static struct host *probe_archive(const char *archive, unsigned what)
{
	g_autofree char *tmp = unpack(archive, what);
	g_autofree char *machine = machine_in(tmp);
	struct root *root = machine ? root_open(machine, NULL) : NULL;
	struct host *host = NULL;

	if (root) {
		host = host_new(HOST_TREE);
		platform_probe(root, host, what);
		root_free(root);
	}
	remove_tree(tmp);
	return host;
}

static void test_data_lscpu(void)
{
	g_autofree char *path = data_path("hosts-sysfs/captures/util-linux-lscpu");

	if (!path) {
		g_test_skip("no recorded machines");
		return;
	}
	GDir *dir = g_dir_open(path, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *archive = g_build_filename(path, name, NULL);
		HOST_AUTO struct host *host = probe_archive(archive, PLATFORM_FULL);
		g_assert_nonnull(host);
		const struct cpu *cpu = &host->platform.cpu;
		g_test_message("%s: %s, %s", name, cpu->vendor ? cpu->vendor : "?",
			       cpu->model_name ? cpu->model_name : "?");
		g_assert_true(cpu->arch_known);
		g_assert_cmpint(cpu->x86, ==, g_str_has_prefix(name, "x86"));
		g_assert_true(cpu->vendor || cpu->model_name);
	}
	g_dir_close(dir);
}

/* How often a kind of object stands in hwloc's own listing of the machine, text or XML. */
static int count_listed(const char *text, const char *kind)
{
	bool xml = g_str_has_prefix(text, "<?xml");
	g_autofree char *pattern =
		xml ? g_strdup_printf("<object type=\"%s\"", kind) : g_strconcat(kind, " L#", NULL);
	int n = 0;

	for (const char *at = strstr(text, pattern); at; at = strstr(at + 1, pattern))
		n += at == text || !g_ascii_isalnum(at[-1]);
	return n > 0 ? n : -1;
}

/* The value of "KEY: value" in a .test file; the caller's. */
static char *setting(const char *test_text, const char *key)
{
	const char *at = strstr(test_text, key);

	if (!at)
		return NULL;
	at += strlen(key);
	at += strspn(at, ": ");
	return g_strndup(at, strcspn(at, "\n "));
}

/* expected: NAME.test names the archive, and what hwloc's tool prints for it. */
static bool check_expected(const char *dir, const char *name)
{
	g_autofree char *test = g_strdup_printf("%s/expected/%s", dir, name);
	g_autofree char *test_text = NULL, *text = NULL;

	g_assert_true(g_file_get_contents(test, &test_text, NULL, NULL));
	g_autofree char *source = setting(test_text, "source");
	g_autofree char *target = setting(test_text, "target");
	g_autofree char *archive = g_build_filename(dir, source, NULL);
	g_autofree char *listing = g_build_filename(dir, "expected", target, NULL);
	if (strstr(test_text, "HWLOC_KEEP") || !g_file_test(archive, G_FILE_TEST_EXISTS) ||
	    !g_file_get_contents(listing, &text, NULL, NULL))
		return false;

	HOST_AUTO struct host *host = probe_archive(archive, PLATFORM_TOPOLOGY);
	const struct topology *topology = &host->platform.topology;
	g_test_message("%s: %d packages, %d cores, %d threads, %d nodes, %d L3, %d kinds of core",
		       source, topology->packages, topology->cores, topology->threads,
		       topology->nodes, topology->l3, topology->efficiency_kinds);
	g_assert_cmpint(topology->packages, ==, count_listed(text, "Package"));
	g_assert_cmpint(topology->cores, ==, count_listed(text, "Core"));
	g_assert_cmpint(topology->threads, ==, count_listed(text, "PU"));
	g_assert_cmpint(topology->nodes, ==, count_listed(text, "NUMANode"));
	g_assert_cmpint(topology->l3, ==, count_listed(text, "L3Cache"));
	if (strstr(text, "cpukind=1"))
		g_assert_cmpint(topology->efficiency_kinds, ==, 2);
	return true;
}

static void test_data_hwloc(void)
{
	g_autofree char *path = data_path("hosts-sysfs/captures/hwloc");
	unsigned n = 0;

	if (!path) {
		g_test_skip("no recorded machines");
		return;
	}
	g_autofree char *expected = g_build_filename(path, "expected", NULL);
	GDir *dir = g_dir_open(expected, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));)
		if (g_str_has_suffix(name, ".test"))
			n += check_expected(path, name);
	g_dir_close(dir);
	g_test_message("%u machines compared", n);
	g_assert_cmpuint(n, >, 0);
}

/* ---- the machine that runs the test ---- */

static void test_live(void)
{
	struct root *root = root_open("/", NULL);
	HOST_AUTO struct host *host = host_new(HOST_LIVE);
	const struct platform *platform = &host->platform;

	platform_probe(root, host, PLATFORM_FULL | PLATFORM_TOPOLOGY);
	root_free(root);
	g_assert_nonnull(platform->kernel.release);
	g_assert_true(platform->cpu.arch_known);
	g_assert_cmpuint(platform->memory.total, >, 0);
	g_assert_cmpint(platform->topology.threads, >=, 1);
	g_assert_nonnull(platform->topology.xml);
#if defined(__x86_64__)
	g_assert_cmpint(platform->cpu.cpuid_virt, !=, TRI_UNKNOWN);
	g_assert_cmpint(platform->cpu.phys_bits, >, 30);
#endif
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/platform/cmdline", test_cmdline);
	g_test_add_func("/platform/nothing", test_nothing);
	g_test_add_func("/platform/denied", test_denied);
	g_test_add_func("/platform/cpu", test_cpu);
	g_test_add_func("/platform/cpuid-alone", test_cpuid_alone);
	g_test_add_func("/platform/arm", test_arm);
	g_test_add_func("/platform/config", test_config);
	g_test_add_func("/platform/config-packed", test_config_packed);
	g_test_add_func("/platform/modules", test_modules);
	g_test_add_func("/platform/log", test_log);
	g_test_add_func("/platform/firmware", test_firmware);
	g_test_add_func("/platform/memory", test_memory);
	g_test_add_func("/platform/display", test_display);
	g_test_add_func("/platform/hidden-iomem", test_hidden_iomem);
	g_test_add_func("/platform/hostile", test_hostile);
	g_test_add_func("/platform/data/proc", test_data_proc);
	g_test_add_func("/platform/data/lscpu", test_data_lscpu);
	g_test_add_func("/platform/data/hwloc", test_data_hwloc);
	g_test_add_func("/platform/live", test_live);
	return g_test_run();
}
