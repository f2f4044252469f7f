/* What guests and the system are told by files: definitions, hooks, ROM files, owners and modes,
 * and that a recording tells the same without telling secrets. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "model/host.h"
#include "probe/mask.h"
#include "probe/probe.h"
#include "probe/rom.h"

#define PARTS (PROBE_SETTINGS | PROBE_DOMAINS)

static const char *const definition =
	"<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
	"<name>win10</name><uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>\n"
	"<memory unit='GiB'>8</memory><vcpu>6</vcpu>\n"
	"<memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>\n"
	"<os><type machine='pc-q35-7.2'>hvm</type><loader type='pflash'>/x/CODE.fd</loader>\n"
	"<nvram>/x/VARS.fd</nvram></os>\n"
	"<features><kvm><hidden state='on'/></kvm></features><devices>\n"
	"<graphics type='vnc' listen='0.0.0.0' passwd='secret'/>\n"
	"<interface type='network'><mac address='52:54:00:12:34:56'/><source network='default'/>\n"
	"</interface><controller type='usb' model='qemu-xhci'/>\n"
	"<tpm model='tpm-crb'><backend type='emulator'/></tpm><shmem name='looking-glass'/>\n"
	"<memballoon model='none'/>\n"
	"<hostdev mode='subsystem' type='pci' managed='yes'><source>\n"
	"<address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>\n"
	"<rom file='/roms/card.rom'/>\n"
	"<address type='pci' domain='0' bus='4' slot='0' function='0' "
	"multifunction='on'/></hostdev>\n"
	"<hostdev mode='subsystem' type='pci'><source><address bus='1' slot='0' function='1'/>\n"
	"</source><rom bar='off'/></hostdev>\n"
	"<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'>\n"
	"<vendor id='0x046d'/><product id='0xc52b'/></source></hostdev>\n"
	"<hostdev mode='subsystem' type='usb'><source><address bus='1' port='4.2'/></source>\n"
	"</hostdev></devices>\n"
	"<qemu:commandline><qemu:arg value='-object'/>\n"
	"<qemu:arg value='memory-backend-file,id=x,mem-path=/dev/kvmfr0,size=128M'/>\n"
	"</qemu:commandline></domain>\n";

static struct host *probe(struct root *root)
{
	g_autoptr(GError) error = NULL;
	struct host *host = host_probe(root, PARTS, &error);

	g_assert_no_error(error);
	return host;
}

/* ---- definitions ---- */

static void put_text(struct tree *tree, const char *path, const char *text)
{
	g_assert_cmpint(tree_put_file(tree, path, text, strlen(text)), ==, 0);
}

static struct host *host_of(const char *path, const char *text)
{
	struct tree *tree = tree_new();

	put_text(tree, "/proc/version", "x");
	put_text(tree, path, text);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	return probe(root);
}

static void check_devices(const struct domain *domain)
{
	char buf[PCI_ADDR_SIZE];

	g_assert_cmpuint(domain->n_pci, ==, 2);
	g_assert_cmpstr(pci_addr_format(domain->pci[0].addr, buf), ==, "0000:01:00.0");
	g_assert_true(domain->pci[0].managed && domain->pci[0].guest_multi);
	g_assert_cmpint(domain->pci[0].guest_bus, ==, 4);
	g_assert_cmpstr(domain->pci[0].rom, ==, "/roms/card.rom");
	g_assert_cmpstr(pci_addr_format(domain->pci[1].addr, buf), ==, "0000:01:00.1");
	g_assert_false(domain->pci[1].managed);
	g_assert_true(domain->pci[1].rom_off);
	g_assert_cmpint(domain->pci[1].guest_bus, ==, -1);
	g_assert_cmpuint(domain->n_usb, ==, 2);
	g_assert_cmpint(domain->usb[0].vendor, ==, 0x046d);
	g_assert_cmpint(domain->usb[0].product, ==, 0xc52b);
	g_assert_true(domain->usb[0].optional);
	g_assert_cmpint(domain->usb[1].vendor, ==, -1);
	g_assert_cmpint(domain->usb[1].bus, ==, 1);
	g_assert_cmpstr(domain->usb[1].port, ==, "4.2");
}

static void check_definition(const struct domain *domain)
{
	g_assert_nonnull(domain);
	g_assert_false(domain->malformed);
	g_assert_true(domain->memory == 8ULL << 30);
	g_assert_cmpuint(domain->vcpus, ==, 6);
	g_assert_true(domain->hugepages && domain->page_size == 1ULL << 30);
	g_assert_cmpstr(domain->machine, ==, "pc-q35-7.2");
	g_assert_cmpstr(domain->loader, ==, "/x/CODE.fd");
	g_assert_cmpstr(domain->nvram, ==, "/x/VARS.fd");
	g_assert_true(domain->efi && domain->hidden && domain->tpm && domain->xhci);
	g_assert_true(domain->commandline && domain->password);
	g_assert_false(domain->balloon || domain->unconfined || domain->locked);
	g_assert_cmpstr(domain->listen, ==, "0.0.0.0");
	g_assert_cmpstr(domain->network, ==, "default");
	g_assert_cmpstr(domain->nodes, ==, "/dev/shm/looking-glass /dev/kvmfr0");
	check_devices(domain);
}

static void test_definition(void)
{
	struct host *host HOST_AUTO = host_of("/etc/libvirt/qemu/win10.xml", definition);

	g_assert_true(host->domains.known);
	check_definition(domain_find(host, "win10"));
	g_assert_cmpint(domain_find(host, "win10")->running, ==, TRI_UNKNOWN);
	g_assert_null(domain_find(host, "win"));
}

static void test_running(void)
{
	g_autofree char *state =
		g_strconcat("<domstatus state='running'>", definition, "</domstatus>", NULL);
	struct tree *tree = tree_new();

	put_text(tree, "/proc/version", "x");
	g_assert_cmpint(tree_put_dir(tree, "/etc/libvirt/qemu"), ==, 0);
	put_text(tree, "/run/libvirt/qemu/win10.xml", state);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	struct host *host HOST_AUTO = probe(root);
	/* one that is not defined, and runs */
	check_definition(domain_find(host, "win10"));
	g_assert_cmpint(domain_find(host, "win10")->running, ==, TRI_YES);
}

/* Functions of the host that are no <hostdev>: a network card's, and a disk that QEMU drives. */
static void test_other_functions(void)
{
	struct host *host HOST_AUTO = host_of(
		"/etc/libvirt/qemu/x.xml",
		"<domain><name>x</name><devices>"
		"<interface type='hostdev' managed='yes'><source><address type='pci' bus='0x03' "
		"slot='0x10' function='0x2'/></source></interface>"
		"<interface type='network'><address type='pci' bus='0x09' slot='0'/></interface>"
		"<disk type='nvme'><source type='pci' managed='no' namespace='3'><address "
		"bus='0x04' slot='0' function='0'/></source><address type='pci' bus='1'/></disk>"
		"<disk type='nvme'><source type='pci' managed='no' namespace='2'><address "
		"bus='0x04' slot='0' function='0'/></source></disk></devices></domain>");
	const struct domain *domain = domain_find(host, "x");
	char address[PCI_ADDR_SIZE];

	g_assert_cmpuint(domain->n_pci, ==, 2);
	g_assert_cmpstr(pci_addr_format(domain->pci[0].addr, address), ==, "0000:03:10.2");
	g_assert_true(domain->pci[0].managed);
	g_assert_cmpstr(pci_addr_format(domain->pci[1].addr, address), ==, "0000:04:00.0");
	g_assert_false(domain->pci[1].managed);
	g_assert_cmpint(domain->pci[1].guest_bus, ==, -1);
}

static void test_malformed(void)
{
	static const char *const texts[] = {
		"", "x", "<domain>", "<a/>", "<domain><name>", "\xff\xfe\x01"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct host *host HOST_AUTO = host_of("/etc/libvirt/qemu/broken.xml", texts[i]);
		const struct domain *domain = domain_find(host, "broken");
		g_assert_nonnull(domain);
		g_assert_true(domain->malformed);
	}
}

/* Names of guests and of files may hold anything but what parts our fields. */
static void test_hostile(void)
{
	struct host *host HOST_AUTO =
		host_of("/etc/libvirt/qemu/x.xml",
			"<domain><name>a&#9;b&#10;pci&#9;0000:01:00.0</name>"
			"<memory unit='parsec'>9</memory><vcpu>99999999999</vcpu><devices>"
			"<hostdev type='pci'><source><address bus='0x1ff' slot='0' function='0'/>"
			"</source></hostdev></devices></domain>");

	g_assert_cmpuint(host->domains.n, ==, 1);
	g_assert_cmpstr(host->domains.list[0].name, ==, "a?b?pci?0000:01:00.0");
	g_assert_cmpuint(host->domains.list[0].n_pci, ==, 0);
	g_assert_true(host->domains.list[0].memory == 0);
	g_assert_cmpuint(host->domains.list[0].vcpus, ==, 0);
}

/* ---- ROM files ---- */

#define IMAGE 512

/* An image at bytes, of that type; last: nothing follows it. */
static void put_image(uint8_t *bytes, uint8_t type, bool last)
{
	static const uint8_t structure[] = { 'P',  'C', 'I', 'R', 0xde, 0x10, 0x03, 0x1c, 0, 0,
					     0x18, 0,   0,   0,   0,    3,    1,    0,    0, 0 };

	bytes[0] = 0x55;
	bytes[1] = 0xaa;
	bytes[0x18] = 0x40;
	memcpy(bytes + 0x40, structure, sizeof(structure));
	bytes[0x54] = type;
	bytes[0x55] = last ? 0x80 : 0;
}

static void test_rom(void)
{
	uint8_t bytes[4 * IMAGE] = { 0 };
	struct rom_content content;

	rom_decode(bytes, sizeof(bytes), &content);
	g_assert_false(content.valid);
	put_image(bytes, 0, false);
	put_image(bytes + IMAGE, 3, true);
	rom_decode(bytes, sizeof(bytes), &content);
	g_assert_true(content.valid && content.efi);
	g_assert_cmpuint(content.vendor, ==, 0x10de);
	g_assert_cmpuint(content.device, ==, 0x1c03);
	g_assert_cmpuint(content.leading, ==, 0);
	/* behind the last one nothing counts */
	put_image(bytes, 0, true);
	rom_decode(bytes, sizeof(bytes), &content);
	g_assert_true(content.valid && !content.efi);
	/* behind a header of a flash tool */
	memset(bytes, 'N', IMAGE);
	rom_decode(bytes, sizeof(bytes), &content);
	g_assert_true(content.valid && content.efi);
	g_assert_cmpuint(content.leading, ==, IMAGE);
	/* cut anywhere: never beyond its end */
	for (size_t length = 0; length < sizeof(bytes); length++) {
		uint8_t *cut = g_malloc(MAX(length, 1));
		memcpy(cut, bytes, length);
		rom_decode(cut, length, &content);
		g_free(cut);
	}
}

/* ---- owners, modes, hooks: a real tree ---- */

static char *make_machine(void)
{
	char *top = g_dir_make_tmp("vfiokit-test-XXXXXX", NULL);
	static const struct {
		const char *path;
		const char *text;
		int mode;
	} files[] = {
		{ "/proc/version", "x", 0644 },
		{ "/bin/sh", "x", 0755 },
		{ "/etc/libvirt/hooks/qemu", "#!/bin/sh -e\n# virsh is not called here\n", 0755 },
		{ "/etc/libvirt/hooks/qemu.d/10-a", "#! /bin/zsh\n  virsh nodedev-detach x\n",
		  0644 },
		{ "/etc/libvirt/hooks/qemu.d/20-b", "exec /usr/bin/myvirsh x\n", 0775 },
		{ "/etc/libvirt/qemu/win10.xml", "", 0600 },
		{ "/roms/card.rom", "no rom", 0664 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_strconcat(top, files[i].path, NULL);
		g_autofree char *folder = g_path_get_dirname(path);
		const char *text = *files[i].text ? files[i].text : definition;
		g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
		g_assert_cmpint(g_chmod(path, files[i].mode), ==, 0);
	}
	return top;
}

static void check_hooks(const struct host *host)
{
	const struct settings *settings = &host->settings;

	g_assert_cmpuint(settings->n_hooks, ==, 3);
	g_assert_cmpstr(settings->hooks[0].interpreter, ==, "/bin/sh");
	g_assert_cmpint(settings->hooks[0].interpreter_there, ==, TRI_YES);
	g_assert_null(settings->hooks[0].virsh);
	g_assert_cmpstr(settings->hooks[1].interpreter, ==, "/bin/zsh");
	g_assert_cmpstr(settings->hooks[1].virsh, ==, "virsh nodedev-detach x");
	g_assert_null(settings->hooks[2].interpreter);
	g_assert_null(settings->hooks[2].virsh);
	g_assert_cmpuint(setting_node(host, "/etc/libvirt/hooks/qemu.d/20-b")->mode, ==, 0775);
	g_assert_cmpint(setting_node(host, "/etc/libvirt/hooks/qemu")->type, ==, '-');
	g_assert_cmpint(setting_node(host, "/etc/libvirt/hooks")->type, ==, 'd');
	g_assert_null(setting_node(host, "/dev/kvm")); /* a part of a machine: not known */
}

static void check_rom(const struct host *host)
{
	const struct rom_file *rom = domain_rom(host, "/roms/card.rom");

	g_assert_nonnull(rom);
	g_assert_cmpint(rom->there, ==, TRI_YES);
	g_assert_cmpint(rom->valid, ==, TRI_NO);
	g_assert_cmpint(rom->mode, ==, 0664);
}

/* What is read of a tree, and what a masked recording of it gives, are the same. */
static void test_recorded(void)
{
	char *top = make_machine();
	struct root *root ROOT_AUTO = root_open(top, NULL);
	struct tree *trace = tree_new();
	g_autofree char *dump = NULL;

	root_trace(root, trace);
	struct host *host HOST_AUTO = probe(root);
	root_trace(root, NULL);
	check_hooks(host);
	check_rom(host);
	check_definition(domain_find(host, "win10"));

	struct tree *masked = mask_tree(trace, "myhost");
	tree_free(trace);
	int error;
	const struct tree_node *node = tree_find(masked, NULL, "/vfiokit/domains", true, &error);
	g_assert_nonnull(node);
	g_assert_null(strstr(node->data, "secret"));
	g_assert_null(strstr(node->data, "4dea22b3"));
	g_assert_null(strstr(node->data, "52:54:00"));
	g_assert_null(tree_find(masked, NULL, "/etc/libvirt/qemu/win10.xml", true, &error));
	struct root *again ROOT_AUTO = root_from_tree(masked);
	struct host *copy HOST_AUTO = probe(again);
	check_hooks(copy);
	check_rom(copy);
	check_definition(domain_find(copy, "win10"));
	fixture_remove(top);
}

/* ---- what a recording leaves out ---- */

static void check_masked(const char *path, const char *text, const char *expected)
{
	struct tree *tree = tree_new();
	int error;

	put_text(tree, path, text);
	struct tree *masked = mask_tree(tree, NULL);
	const struct tree_node *node = tree_find(masked, NULL, path, true, &error);
	g_assert_nonnull(node);
	g_assert_cmpstr(node->data, ==, expected);
	tree_free(tree);
	tree_free(masked);
}

static void test_masked(void)
{
	check_masked("/etc/libvirt/qemu.conf",
		     "vnc_password = \"geheim\"\n#user = \"x\"\nuser = \"root\"\n"
		     "cgroup_device_acl = [\n \"/dev/null\", # y\n \"/dev/kvm\"\n]\n",
		     "cgroup_device_acl = [ \"/dev/null\", \"/dev/kvm\" ]\nuser = \"root\"\n");
	check_masked("/etc/security/limits.conf",
		     "alice - memlock unlimited\n@kvm hard memlock 9\n* soft nofile 5\n",
		     "someone - memlock unlimited\n@kvm hard memlock 9\n");
	check_masked("/proc/modules", "vfio_pci 16384 0 - Live 0xffffffffc0a00000\n", "vfio_pci\n");
	check_masked("/proc/self/limits",
		     "Limit  Soft\nMax cpu time  9\nMax locked memory  8388608 8388608 bytes\n",
		     "Max locked memory  8388608 8388608 bytes\n");
}

/* ---- questions ---- */

static void test_questions(void)
{
	static const char *const lines[] = {
		"/proc/modules = vfio_pci 1 0 - Live 0x0\nvfio_pci_core 1 0 - Live 0x0\nkvm",
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode = N",
		"/sys/module/kvm/parameters/ignore_msrs = maybe", NULL
	};
	struct tree *tree = tree_new();

	fixture_put(tree, lines);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	struct host *host HOST_AUTO = probe(root);
	g_assert_cmpint(setting_switch(host, "vfio", "enable_unsafe_noiommu_mode"), ==, TRI_NO);
	g_assert_cmpint(setting_switch(host, "kvm", "ignore_msrs"), ==, TRI_UNKNOWN);
	g_assert_cmpint(setting_switch(host, "vfio_pci", "disable_denylist"), ==, TRI_UNKNOWN);
	g_assert_cmpint(setting_module(host, "vfio_pci"), ==, TRI_YES);
	g_assert_cmpint(setting_module(host, "vfio_pci_cor"), ==, TRI_NO);
	g_assert_cmpint(setting_module(host, "kvm"), ==, TRI_YES);
	g_assert_cmpint(setting_module(host, "vfio"), ==, TRI_YES); /* by its parameter */
	/* a part of a machine: what is not there is not known */
	g_assert_cmpint(setting_there(host, "/etc/libvirt/qemu.conf"), ==, TRI_UNKNOWN);
}

static void check_value(const char *text, const char *key, const char *expected)
{
	g_autofree char *value = config_value(text, key);

	g_assert_cmpstr(value, ==, expected);
}

static void test_values(void)
{
	check_value("a = 1\n", "a", "1");
	check_value("a=1\na = \"2\"\n", "a", "2");
	check_value("# a = 1\nab = 3\n", "a", NULL);
	check_value("  a\t=\t'x y'  # why\n", "a", "x y");
	check_value("a = [ 1,\n 2 ]\n", "a", "[ 1, 2 ]");
	check_value("a = [ 1,\n", "a", "[ 1,");
	check_value("a = \"\n", "a", "\"");
	check_value("a =\n", "a", "");
	check_value("", "a", NULL);
	check_value(NULL, "a", NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/definition", test_definition);
	g_test_add_func("/definition/running", test_running);
	g_test_add_func("/definition/other-functions", test_other_functions);
	g_test_add_func("/definition/malformed", test_malformed);
	g_test_add_func("/definition/hostile", test_hostile);
	g_test_add_func("/rom", test_rom);
	g_test_add_func("/recorded", test_recorded);
	g_test_add_func("/masked", test_masked);
	g_test_add_func("/questions", test_questions);
	g_test_add_func("/values", test_values);
	return g_test_run();
}
