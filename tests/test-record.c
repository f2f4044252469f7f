/* Recordings of whole machines: nothing private stays in them, and what the program prints of a
 * machine it prints of its recording, byte for byte. */
#include <glib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/recording.h"
#include "base/tree.h"
#include "fixture.h"
#include "probe/mask.h"

/* ---- identifiers in texts ---- */

static const struct {
	const char *text;
	const char *masked;
} texts[] = {
	{ "MAC 00:1b:21:3c:4d:5e, and again 00:1B:21:3C:4D:5E", /* one machine's, twice */
	  "MAC 02:00:00:00:00:01, and again 02:00:00:00:00:01" },
	{ "00:1b:21:3c:4d:5e 00:1b:21:3c:4d:5f", "02:00:00:00:00:01 02:00:00:00:00:02" },
	{ "00-1b-21-3c-4d-5e", "02-00-00-00-00-01" },
	{ "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff" },
	{ "02:00:00:00:00:07", "02:00:00:00:00:07" },
	{ "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1",
	  "00:00:00:00:00:00:00:00:00:00:00:00:00:00:02:00:00:00:00:01" },
	{ "enx001b213c4d5e: wlx001b213c4d5e", "enx020000000001: wlx020000000001" },
	{ "root=UUID=0070778e-2a99-4ee5-bcb4-237c4ce6a094 ro",
	  "root=UUID=00000000-0000-0000-0000-000000000001 ro" },
	{ "luks-0070778e-2a99-4ee5-bcb4-237c4ce6a094",
	  "luks-00000000-0000-0000-0000-000000000001" },
	{ "PARTUUID=1a2b3c4d-02 UUID=AB12-CD34", "PARTUUID=00000000-00 UUID=0000-0000" },
	{ "machine_id=0123456789abcdef0123456789abcdef",
	  "machine_id=00000000000000000000000000000000" },
	{ "/dev/disk/by-id/ata-ST4000_W300ABCD-part1 /dev/disk/by-id/ata-ST4000_W300ABCD",
	  "/dev/disk/by-id/disk-1-part1 /dev/disk/by-id/disk-1" },
	{ "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
	  "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c" },
	/* What only looks a little like it. */
	{ "0000:01:00.0 10de:1c03 0x00000000f6000000",
	  "0000:01:00.0 10de:1c03 0x00000000f6000000" },
	{ "00:1b:21:3c:4d", "00:1b:21:3c:4d" },
	{ "a0:00:1b:21:3c:4d:5eg", "a0:00:1b:21:3c:4d:5eg" },
	{ "pci:v000010DEd00001C03sv00001043sd000085ACbc03sc00i00",
	  "pci:v000010DEd00001C03sv00001043sd000085ACbc03sc00i00" },
	{ "UUID=", "UUID=" },
	{ "", "" },
};

static void test_texts(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *masked = mask_text(texts[i].text);
		g_autofree char *twice = mask_text(masked);
		g_assert_cmpstr(masked, ==, texts[i].masked);
		g_assert_cmpstr(twice, ==, masked); /* what is made up stays */
	}
}

/* ---- files ---- */

static const char *text_at(const struct tree *tree, const char *path)
{
	int error;
	const struct tree_node *node = tree_find(tree, NULL, path, false, &error);

	return node && (node->kind == TREE_FILE || node->kind == TREE_LINK) ? node->data : NULL;
}

static const struct {
	const char *path;
	const char *text;
	const char *masked; /* NULL: the file is left out */
} files[] = {
	{ "/proc/cpuinfo", "processor\t: 0\nflags\t: svm\n\nprocessor\t: 1\n",
	  "processor\t: 0\nflags\t: svm\n" },
	{ "/proc/cmdline", "quiet ip=10.0.0.7::host root=/dev/mapper/tower-root\n",
	  "quiet ip=XXXX root=/dev/mapper/host-root\n" },
	{ "/proc/interrupts",
	  "            CPU0       CPU1\n  8:        0          5  IR-IO-APIC    8-edge   rtc0\n"
	  " 24:        0          5  IR-PCI-MSI-0000:00:14.0    0-edge   xhci_hcd\nERR:          "
	  "0\n",
	  "  8:  IR-IO-APIC    8-edge   rtc0\n 24:  IR-PCI-MSI-0000:00:14.0    0-edge   xhci_hcd\n"
	  "ERR:\n" },
	{ "/proc/iomem",
	  "00001000-0009ffff : System RAM\n  a000-b000 : Kernel code\nc0-d0 : BOOTFB\n",
	  "00001000-0009ffff : System RAM\nc0-d0 : BOOTFB\n" },
	{ "/proc/meminfo", "MemTotal: 5 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\n",
	  "MemTotal: 5 kB\nMemAvailable: 2 kB\n" },
	{ "/proc/1/mountinfo",
	  "22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,discard\n"
	  "23 22 0:21 / /home/alice/secret rw - fuse.sshfs alice@box:/ rw\n"
	  "24 22 0:22 / /tank rw shared:3 - zfs tank rw\n"
	  "25 22 0:23 /@ /data rw - btrfs /dev/sda1 rw\n",
	  "22 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n24 22 0:22 / /tank rw - zfs tank rw\n"
	  "25 22 0:23 / /data rw - btrfs /dev/sda1 rw\n" },
	{ "/proc/1/net/route",
	  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
	  "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000   \n"
	  "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\n"
	  "eth0\t076433C6\t0101A8C0\t0007\t0\t0\t100\tFFFFFFFF\n",
	  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
	  "eth0\t00000000\t00000000\t0003\t0\t0\t100\t00000000\n"
	  "eth0\t00000000\t00000000\t0007\t0\t0\t100\tFFFFFFFF\n" },
	{ "/proc/1/net/ipv6_route",
	  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	  "fe80000000000000021b21fffe3c4d5e 00000400 00000002 00000000 00000003     eth0\n"
	  "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
	  "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
	  "20010db8000000000000000000000007 80 00000000000000000000000000000000 00 "
	  "fe80000000000000021b21fffe3c4d5e 00000400 00000002 00000000 00000007     eth0\n",
	  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	  "00000000000000000000000000000000 00000400 00000002 00000000 00000003     eth0\n"
	  "00000000000000000000000000000000 80 00000000000000000000000000000000 00 "
	  "00000000000000000000000000000000 00000400 00000002 00000000 00000007     eth0\n" },
	{ "/proc/config.gz", "\x1f\x8b", NULL },
	{ "/etc/zfs/zpool.cache", "tower", NULL },
	{ "/vfiokit/kernel-log", "DMAR: Host tower\n", "DMAR: Host host\n" },
	{ "/lib/modules/6.1/modules.builtin", "kernel/fs/ext4/ext4.ko\nkernel/vfio/vfio-pci.ko\n",
	  "kernel/vfio/vfio-pci.ko\n" },
	{ "/sys/devices/virtual/dmi/id/product_uuid", "4c4c4544\n", "XXXX\n" },
	{ "/sys/devices/virtual/dmi/id/board_serial", "PF1234\n", "XXXX\n" },
	{ "/sys/devices/virtual/block/dm-0/dm/uuid", "LVM-AbCdEf\n", "LVM-XXXX\n" },
	{ "/sys/devices/virtual/block/dm-0/dm/name", "tower-root\n", "host-root\n" },
	{ "/sys/devices/pci0000:00/usb1/1-2/serial", "0123456789\n", "XXXX\n" },
	{ "/sys/devices/pci0000:00/usb1/1-2/serial_is_not", "kept\n", "kept\n" },
	{ "/sys/devices/pci0000:00/x/uevent", "DRIVER=hid\nHID_UNIQ=ab:cd\nHID_NAME=K\n",
	  "DRIVER=hid\nHID_UNIQ=XXXX\nHID_NAME=K\n" },
	{ "/sys/devices/pci0000:00/net/eth0/address", "00:1b:21:3c:4d:5e\n",
	  "02:00:00:00:00:01\n" },
};

static void test_files(void)
{
	struct tree *tree = tree_new();

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		g_assert_cmpint(tree_put_file(tree, files[i].path, files[i].text,
					      strlen(files[i].text)),
				==, 0);
	struct tree *masked = mask_tree(tree, "tower");
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		g_assert_cmpstr(text_at(masked, files[i].path), ==, files[i].masked);
	tree_free(tree);
	tree_free(masked);
}

/* Anything in these files: masked somehow, and nothing worse. */
static void test_hostile(void)
{
	for (int round = 0; round < 30; round++) {
		struct tree *tree = tree_new();
		for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
			static const char letters[] = "0123456789abcdef:-.- \t\n\n=/CPU \0\xff";
			size_t length = (size_t)g_test_rand_int_range(0, 3000);
			g_autofree char *bytes = g_malloc(length + 1);
			for (size_t j = 0; j < length; j++)
				bytes[j] = letters[g_test_rand_int_range(0, sizeof(letters))];
			tree_put_file(tree, files[i].path, bytes, length);
		}
		struct tree *masked = mask_tree(tree, "abc");
		g_autofree char *text = recording_emit(masked, NULL);
		g_autoptr(GError) error = NULL;
		struct tree *back = recording_parse(text, strlen(text), &error);
		g_assert_no_error(error);
		tree_free(back);
		tree_free(masked);
		tree_free(tree);
	}
}

/* Names, links and contents stay together. */
static void test_names(void)
{
	struct tree *tree = tree_new();

	fixture_put(
		tree,
		(const char *const[]){
			"/sys/devices/pci0/net/enx001b213c4d5e/type = 1",
			"/sys/class/net/enx001b213c4d5e -> ../../devices/pci0/net/enx001b213c4d5e",
			"/dev/disk/by-id/ata-W300ABCD-part1 -> ../../sda1",
			"/note = enx001b213c4d5e /dev/disk/by-id/ata-W300ABCD-part1", NULL });
	struct tree *masked = mask_tree(tree, NULL);
	g_assert_cmpstr(text_at(masked, "/sys/devices/pci0/net/enx020000000001/type"), ==, "1\n");
	g_assert_cmpstr(text_at(masked, "/sys/class/net/enx020000000001"), ==,
			"../../devices/pci0/net/enx020000000001");
	g_assert_cmpstr(text_at(masked, "/dev/disk/by-id/disk-1-part1"), ==, "../../sda1");
	g_assert_cmpstr(text_at(masked, "/note"), ==,
			"enx020000000001 /dev/disk/by-id/disk-1-part1\n");
	tree_free(tree);
	tree_free(masked);
}

/* A machine that has an ordinary word for a name keeps its words. */
static void test_hostname(void)
{
	static const char *const names[] = { "linux", "pc", "root", NULL };
	const char *text = "root=/dev/mapper/linux-root pc intel_iommu=on\n";

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct tree *tree = tree_new();
		tree_put_file(tree, "/proc/cmdline", text, strlen(text));
		struct tree *masked = mask_tree(tree, names[i]);
		g_assert_cmpstr(text_at(masked, "/proc/cmdline"), ==, text);
		tree_free(tree);
		tree_free(masked);
	}
	struct tree *tree = tree_new();
	tree_put_file(tree, "/proc/cmdline", text, strlen(text));
	struct tree *masked = mask_tree(tree, "intel"); /* a part of a word is not it */
	g_assert_cmpstr(text_at(masked, "/proc/cmdline"), ==, text);
	tree_free(tree);
	tree_free(masked);
}

#define CONFIG "/sys/devices/pci0000:00/0000:00:01.0/config"

static void test_serial_number(void)
{
	char config[4096] = { 0 };
	char loop[260] = { 0 };
	struct tree *tree = tree_new();
	int error;

	memcpy(config + 0x100, "\x0d\x00\x01\x14\xaa\xbb\xcc\xdd", 8); /* ACS, then 0x140 */
	memcpy(config + 0x140, "\x03\x00\x01\x00\x11\x22\x33\x44\x55\x66\x77\x88", 12);
	memcpy(loop + 0x100, "\x03\x00\x01\x10", 4); /* to itself, and cut off */
	tree_put_file(tree, CONFIG, config, sizeof(config));
	tree_put_file(tree, "/sys/devices/pci/1/config", loop, sizeof(loop));
	struct tree *masked = mask_tree(tree, NULL);
	const struct tree_node *node = tree_find(masked, NULL, CONFIG, false, &error);

	memset(config + 0x144, 0, 8);
	g_assert_cmpmem(node->data, node->length, config, sizeof(config));
	node = tree_find(masked, NULL, "/sys/devices/pci/1/config", false, &error);
	g_assert_cmpmem(node->data, node->length, loop, sizeof(loop));
	tree_free(tree);
	tree_free(masked);
}

/* ---- the law of the round trip, by the program itself ---- */

struct output {
	char *out;
	char *err;
	int status;
};

static struct output run_program(const char *option, const char *value, const char *command)
{
	g_auto(GStrv) words = g_strsplit(command, " ", -1);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	struct output output = { 0 };
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(argv, (gpointer)g_getenv("VFIOKIT_PROGRAM"));
	if (option) {
		g_ptr_array_add(argv, (gpointer)option);
		g_ptr_array_add(argv, (gpointer)value);
	}
	for (char **word = words; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, NULL);
	g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output.out,
		     &output.err, &output.status, &error);
	g_assert_no_error(error);
	return output;
}

static void output_clear(struct output *output)
{
	g_free(output->out);
	g_free(output->err);
}

static void assert_same_output(const char *option, const char *value, const char *recording,
			       const char *command)
{
	struct output there = run_program(option, value, command);
	struct output here = run_program("--host", recording, command);

	if (strcmp(there.out, here.out) != 0 || strcmp(there.err, here.err) != 0 ||
	    there.status != here.status)
		g_error("'%s' of %s differs:\n%s%s\nand of its recording:\n%s%s", command,
			value ? value : "this machine", there.out, there.err, here.out, here.err);
	g_assert_true(WIFEXITED(there.status));
	g_assert_cmpint(WEXITSTATUS(there.status), <, 6);
	output_clear(&there);
	output_clear(&here);
}

static const char *const commands[] = {
	"check", "check --tree", "check --json", "check --predict --json",
	"usb",   "usb --json",   "show 00:00.0", "show 01:00 --json",
};

/* Records the machine at value (NULL: this one) and compares. Returns the size of the recording. */
static size_t check_machine(const char *option, const char *value)
{
	g_autofree char *dir = g_dir_make_tmp("vfiokit-test-XXXXXX", NULL);
	g_autofree char *recording = g_build_filename(dir, "host.txt", NULL);
	g_autofree char *record = g_strconcat("record ", recording, NULL);
	g_autofree char *text = NULL;
	size_t length;

	struct output made = run_program(option, value, record);
	if (made.status != 0)
		g_error("%s: %s%s", value, made.out, made.err);
	output_clear(&made);
	g_assert_true(g_file_get_contents(recording, &text, &length, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		assert_same_output(option, value, recording, commands[i]);

	struct output again = run_program(option, value, record); /* never overwrites */
	g_assert_cmpint(WEXITSTATUS(again.status), ==, 3);
	output_clear(&again);
	fixture_remove(g_steal_pointer(&dir));
	return length;
}

static bool has_program(void)
{
	if (g_getenv("VFIOKIT_PROGRAM"))
		return true;
	g_test_skip("VFIOKIT_PROGRAM does not say where the program is");
	return false;
}

static void test_live(void)
{
	if (has_program())
		g_test_message("%zu bytes", check_machine(NULL, NULL));
}

static void check_archive(const char *folder, const char *name)
{
	g_autofree char *archive = g_build_filename("hosts-sysfs", folder, name, NULL);
	char *dir = fixture_unpack(archive);

	g_assert_nonnull(dir);
	size_t size = check_machine("--root", dir);
	g_test_message("%s: %zu bytes", name, size);
	fixture_remove(dir);
}

/* A desktop with all of config space, and machines of other kinds. */
static void test_data(void)
{
	const char *data = g_getenv("VFIOKIT_DATA");
	g_autofree char *path = g_build_filename(data ? data : "", "hosts-sysfs/converted", NULL);
	GDir *dir = g_dir_open(path, 0, NULL);
	unsigned n = 0;

	if (!dir) {
		g_test_skip("the data collection is not there");
		return;
	}
	if (has_program())
		for (const char *name; (name = g_dir_read_name(dir));)
			if (g_str_has_suffix(name, ".tar.gz") && n++ % 6 == 0)
				check_archive("converted", name);
	g_dir_close(dir);
}

static void test_size(void)
{
	char *dir = has_program() ? fixture_unpack("hosts-sysfs/converted/"
						   "amd-am4-x570-aorus-master-5950x.tar.gz")
				  : NULL;

	if (!dir)
		return;
	size_t size = check_machine("--root", dir);
	g_test_message("a desktop with 4 kB of config space for each function: %zu bytes", size);
	g_assert_cmpuint(size, <, 300000);
	fixture_remove(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/texts", test_texts);
	g_test_add_func("/record/files", test_files);
	g_test_add_func("/record/hostile", test_hostile);
	g_test_add_func("/record/names", test_names);
	g_test_add_func("/record/hostname", test_hostname);
	g_test_add_func("/record/serial-number", test_serial_number);
	g_test_add_func("/record/live", test_live);
	g_test_add_func("/record/data", test_data);
	g_test_add_func("/record/size", test_size);
	return g_test_run();
}
