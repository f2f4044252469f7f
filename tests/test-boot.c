/* What boots a machine, from the small roots of tests/fake-roots: one for each combination of
 * distribution, loader and initramfs generator, and those that must not be taken for certain. */
#include <glib.h>
#include <string.h>

#include "base/recording.h"
#include "base/root.h"
#include "fixture.h"
#include "model/host.h"
#include "model/packages.h"
#include "probe/boot.h"
#include "probe/probe.h"

static struct tree *read_root(const char *name)
{
	const char *folder = g_getenv("VFIOKIT_TESTS");
	g_autofree char *file = g_strconcat(name, ".host", NULL);
	g_autofree char *path = g_build_filename(folder ? folder : "", "fake-roots", file, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	struct tree *tree = recording_parse(text, length, &error);
	g_assert_no_error(error);
	return tree;
}

static struct host *probe_tree(struct tree *tree)
{
	g_autoptr(GError) error = NULL;
	struct root *root = root_from_tree(tree);
	struct host *host = host_probe(root, PROBE_BOOT, &error);

	g_assert_no_error(error);
	root_free(root);
	return host;
}

static const struct {
	const char *root;
	enum boot_chain chain;
	enum initramfs initramfs;
	enum package_manager packages;
} machines[] = {
	{ "debian12-grub", BOOT_GRUB_DROPIN, INITRAMFS_TOOLS, PACKAGES_APT },
	{ "debian13-systemd-boot", BOOT_KERNEL_INSTALL, INITRAMFS_DRACUT, PACKAGES_APT },
	{ "ubuntu2404-grub", BOOT_GRUB_DROPIN, INITRAMFS_TOOLS, PACKAGES_APT },
	{ "ubuntu2510-grub-dracut", BOOT_GRUB_DROPIN, INITRAMFS_DRACUT, PACKAGES_APT },
	{ "fedora42-bls", BOOT_GRUB_BLS, INITRAMFS_DRACUT, PACKAGES_DNF },
	{ "alma9-bls", BOOT_GRUB_BLS, INITRAMFS_DRACUT, PACKAGES_DNF },
	{ "leap15-grub", BOOT_GRUB, INITRAMFS_DRACUT, PACKAGES_ZYPPER },
	{ "tumbleweed-sdbootutil", BOOT_SDBOOTUTIL, INITRAMFS_DRACUT, PACKAGES_ZYPPER },
	{ "arch-grub", BOOT_GRUB, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "arch-systemd-boot", BOOT_ENTRIES, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "arch-uki", BOOT_UKI_MKINITCPIO, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "arch-refind-booster", BOOT_REFIND, INITRAMFS_BOOSTER, PACKAGES_PACMAN },
	{ "arch-refind-mkinitcpio", BOOT_REFIND, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "arch-limine", BOOT_LIMINE, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "cachyos-limine", BOOT_LIMINE_TOOL, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "cachyos-sdboot-manage", BOOT_SDBOOT_MANAGE, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "endeavouros-systemd-boot", BOOT_KERNEL_INSTALL, INITRAMFS_DRACUT, PACKAGES_PACMAN },
	{ "popos-kernelstub", BOOT_KERNELSTUB, INITRAMFS_TOOLS, PACKAGES_APT },
	{ "silverblue-ostree", BOOT_OSTREE, INITRAMFS_DRACUT, PACKAGES_RPM_OSTREE },
	{ "proxmox-zfs", BOOT_PROXMOX, INITRAMFS_TOOLS, PACKAGES_APT },
	{ "proxmox-grub", BOOT_PROXMOX_GRUB, INITRAMFS_TOOLS, PACKAGES_APT },
	{ "nixos", BOOT_NIXOS, INITRAMFS_NIXOS, PACKAGES_NIX },
	{ "gentoo-uki-dracut", BOOT_UKI_DRACUT, INITRAMFS_DRACUT, PACKAGES_PORTAGE },
	{ "uncertain-two-loaders", BOOT_UNCERTAIN, INITRAMFS_MKINITCPIO, PACKAGES_PACMAN },
	{ "uncertain-other-file", BOOT_UNCERTAIN, INITRAMFS_TOOLS, PACKAGES_APT },
};

static void test_machine(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	HOST_AUTO struct host *host = probe_tree(read_root(machines[i].root));
	const struct boot *boot = &host->boot;

	for (unsigned j = 0; j < boot->n_evidence; j++)
		g_test_message("%s", boot->evidence[j]);
	g_test_message("%s", boot->uncertain ? boot->uncertain : "certain");
	g_assert_cmpstr(boot_chain_name(boot->chain), ==, boot_chain_name(machines[i].chain));
	g_assert_cmpstr(initramfs_name(boot->initramfs), ==, initramfs_name(machines[i].initramfs));
	g_assert_cmpint(boot->packages, ==, machines[i].packages);
	g_assert_true((boot->chain == BOOT_UNCERTAIN) == (boot->uncertain != NULL));
	g_assert_cmpuint(boot->n_evidence, >, 0);
}

/* ---- one thing changed, and the answer with it ---- */

/* A root with other files: "PATH = text" lines as for fixture_put(). */
static struct host *probe_changed(const char *name, const char *const *lines)
{
	struct tree *tree = read_root(name);

	fixture_put(tree, lines);
	return probe_tree(tree);
}

#define TRIAL_SELECTED "LoaderInfo=systemd-boot 257\nLoaderEntrySelected=0-vfiokit-trial.conf"
#define ARCH_WORDS                                                                                 \
	"rd.luks.name=00000000-0000-0000-0000-000000000008=root "                                  \
	"root=/dev/mapper/root rw loglevel=3"

static const struct {
	const char *name;
	const char *root;
	enum boot_chain chain;
	const char *lines[4];
} changed[] = {
	{ "grub-by-variable-not-file",
	  "arch-systemd-boot",
	  BOOT_UNCERTAIN,
	  { "/vfiokit/efi-loader = LoaderInfo=GRUB 2.12" } }, /* and GRUB's file is not it */
	{ "entry-gone",
	  "arch-systemd-boot",
	  BOOT_UNCERTAIN,
	  { "/vfiokit/efi-loader = LoaderInfo=systemd-boot 257\nLoaderEntrySelected=old.conf" } },
	{ "entry-whose-tries-are-counted",
	  "arch-systemd-boot",
	  BOOT_UNCERTAIN,
	  { "/vfiokit/efi-loader = LoaderInfo=systemd-boot 257\nLoaderEntrySelected=new.conf",
	    "/boot/loader/entries/new+2-1.conf = title a\noptions " ARCH_WORDS } },
	{ "other-entry",
	  "arch-systemd-boot",
	  BOOT_ENTRIES,
	  { "/vfiokit/efi-loader = LoaderInfo=systemd-boot 257\n"
	    "LoaderEntrySelected=arch-fallback.conf" } },
	{ "entry-is-not-what-booted",
	  "arch-systemd-boot",
	  BOOT_UNCERTAIN,
	  { "/proc/cmdline = initrd=\\initramfs-linux.img root=/dev/mapper/root rw loglevel=7" } },
	{ "our-own-words-come-and-go",
	  "arch-systemd-boot",
	  BOOT_ENTRIES,
	  { "/proc/cmdline = root=/dev/mapper/root rw loglevel=3 intel_iommu=on iommu=pt" } },
	{ "trial-with-own-words",
	  "debian12-grub",
	  BOOT_GRUB_DROPIN,
	  { "/proc/cmdline = BOOT_IMAGE=/vmlinuz root=/dev/mapper/vg-root ro quiet vfiokit=trial "
	    "own.word=1" } },
	{ "own-words-without-trial",
	  "debian12-grub",
	  BOOT_UNCERTAIN,
	  { "/proc/cmdline = BOOT_IMAGE=/vmlinuz root=/dev/mapper/vg-root ro quiet own.word=1" } },
	{ "trial-whose-entry-is-gone",
	  "arch-systemd-boot",
	  BOOT_ENTRIES,
	  { "/vfiokit/efi-loader = " TRIAL_SELECTED,
	    "/proc/cmdline = initrd=\\amd-ucode.img initrd=\\initramfs-linux.img " ARCH_WORDS
	    " vfiokit=trial own.word=1" } },
	{ "trial-of-no-entry-that-is-there",
	  "arch-systemd-boot",
	  BOOT_UNCERTAIN,
	  { "/vfiokit/efi-loader = " TRIAL_SELECTED,
	    "/proc/cmdline = initrd=\\amd-ucode.img initrd=\\other.img " ARCH_WORDS
	    " vfiokit=trial own.word=1" } },
	{ "word-in-a-comment",
	  "debian12-grub",
	  BOOT_UNCERTAIN,
	  { "/etc/default/grub = #GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_TIMEOUT=1" } },
	{ "no-dropins",
	  "debian12-grub",
	  BOOT_GRUB,
	  { "/usr/sbin/grub-mkconfig = #!/bin/sh\n. /etc/default/grub" } },
	{ "bls-switched-off",
	  "fedora42-bls",
	  BOOT_GRUB,
	  { "/etc/default/grub = GRUB_ENABLE_BLSCFG=false\nGRUB_CMDLINE_LINUX=\"rhgb quiet\"" } },
	{ "preset-with-another-file",
	  "arch-uki",
	  BOOT_UNCERTAIN,
	  { "/etc/mkinitcpio.d/linux.preset = default_uki=\"/efi/EFI/Linux/a.efi\"\n"
	    "default_options=\"--cmdline /etc/other\"" } },
	{ "preset-with-another-file-to-fall-back",
	  "arch-uki",
	  BOOT_UKI_MKINITCPIO,
	  { "/etc/mkinitcpio.d/linux.preset = default_uki=\"/efi/EFI/Linux/a.efi\"\n"
	    "fallback_options=\"-S autodetect --cmdline /etc/other\"" } },
	{ "preset-with-a-file-that-hides-folder",
	  "arch-uki",
	  BOOT_UNCERTAIN,
	  { "/etc/mkinitcpio.d/linux.preset = default_uki=\"/efi/EFI/Linux/a.efi\"\n"
	    "default_options=\"--cmdline /etc/kernel/cmdline\"" } },
	{ "preset-with-the-usual-file",
	  "arch-systemd-boot",
	  BOOT_UKI_MKINITCPIO,
	  { "/vfiokit/efi-loader = LoaderInfo=systemd-boot 257\nLoaderEntrySelected=a.efi",
	    "/boot/EFI/Linux/a.efi = x", "/etc/kernel/cmdline = " ARCH_WORDS,
	    "/etc/mkinitcpio.d/linux.preset = default_uki=\"/boot/EFI/Linux/a.efi\"\n"
	    "default_options=\"--splash a.bmp --cmdline /etc/kernel/cmdline\"" } },
	{ "two-limine-files", "arch-limine", BOOT_UNCERTAIN, { "/boot/limine.conf = timeout: 5" } },
	{ "pop-on-bios",
	  "popos-kernelstub",
	  BOOT_UNCERTAIN,
	  { "/vfiokit/efi-loader = LoaderInfo=GRUB 2.06" } },
	{ "told-as-syslinux-does",
	  "debian12-grub",
	  BOOT_UNCERTAIN,
	  { "/proc/cmdline = BOOT_IMAGE=/vmlinuz root=/dev/mapper/vg-root ro quiet "
	    "initrd=/initrd.img" } },
	{ "told-as-lilo-does",
	  "debian12-grub",
	  BOOT_UNCERTAIN,
	  { "/proc/cmdline = BOOT_IMAGE=Linux root=/dev/mapper/vg-root ro quiet" } },
	{ "told-as-grub-does-with-a-disk",
	  "debian12-grub",
	  BOOT_GRUB_DROPIN,
	  { "/proc/cmdline = BOOT_IMAGE=(hd0,gpt2)/vmlinuz root=/dev/mapper/vg-root ro quiet" } },
	{ "changed-in-snapshots-only",
	  "tumbleweed-sdbootutil",
	  BOOT_UNCERTAIN,
	  { "/usr/sbin/transactional-update = #!/bin/sh" } },
	{ "limine-that-starts-images",
	  "cachyos-limine",
	  BOOT_LIMINE_TOOL,
	  { "/vfiokit/efi-loader = LoaderInfo=Limine 9.6.5\nStubInfo=systemd-stub 258" } },
	{ "images-that-something-else-starts",
	  "cachyos-limine",
	  BOOT_UNCERTAIN,
	  { "/vfiokit/efi-loader = StubInfo=systemd-stub 258" } },
	{ "bootc", "silverblue-ostree", BOOT_OSTREE, { "/usr/bin/bootc = #!/bin/sh" } },
};

static void test_changed(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	HOST_AUTO struct host *host = probe_changed(changed[i].root, changed[i].lines);

	g_test_message("%s", host->boot.uncertain ? host->boot.uncertain : "certain");
	g_assert_cmpstr(boot_chain_name(host->boot.chain), ==, boot_chain_name(changed[i].chain));
}

static void test_entry(void)
{
	HOST_AUTO struct host *host = probe_tree(read_root("arch-systemd-boot"));

	g_assert_cmpstr(host->boot.entry, ==, "/boot/loader/entries/arch.conf");
	g_assert_cmpstr(host->boot.entry_selected, ==, "arch.conf");
}

/* The variables as efivarfs has them: attributes, UTF-16, a NUL. */
static void test_variables(void)
{
	static const char value[] = "\x06\0\0\0G\0R\0U\0B\0 \0002\0.\0001\0002\0\0";
	struct tree *tree = tree_new();

	tree_put_file(tree,
		      "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
		      value, sizeof(value) - 1);
	struct root *root = root_from_tree(tree);
	g_autofree char *text = boot_read_variables(root);
	g_assert_cmpstr(text, ==, "LoaderInfo=GRUB 2.12\n");
	root_free(root);
}

/* ---- chosen by hand ---- */

static const struct {
	const char *root, *name;
	enum boot_chain chain; /* BOOT_UNCERTAIN: refused */
} choices[] = {
	{ "uncertain-two-loaders", "grub", BOOT_GRUB },
	{ "uncertain-two-loaders", "systemd-boot", BOOT_ENTRIES },
	{ "uncertain-other-file", "grub", BOOT_GRUB_DROPIN },
	{ "uncertain-other-file", "grub-file", BOOT_GRUB },
	{ "uncertain-other-file", "systemd-boot", BOOT_UNCERTAIN },
	{ "uncertain-other-file", "lilo", BOOT_UNCERTAIN },
	{ "arch-uki", "uki", BOOT_UKI_MKINITCPIO },
	{ "proxmox-zfs", "proxmox", BOOT_PROXMOX },
};

static void test_choice(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	HOST_AUTO struct host *host = probe_tree(read_root(choices[i].root));
	bool ok = boot_choose(host, choices[i].name);

	g_assert_true(ok == (choices[i].chain != BOOT_UNCERTAIN));
	if (ok)
		g_assert_cmpstr(boot_chain_name(host->boot.chain), ==,
				boot_chain_name(choices[i].chain));
}

/* ---- kernels and packages ---- */

static void test_kernels(void)
{
	HOST_AUTO struct host *host = probe_tree(read_root("debian12-grub"));
	const struct boot *boot = &host->boot;

	g_assert_cmpuint(boot->n_kernels, ==, 2);
	g_assert_cmpstr(boot->kernels[0].release, ==, "6.1.0-17-amd64");
	g_assert_false(boot->kernels[0].running);
	g_assert_null(boot->kernels[0].initramfs);
	g_assert_true(boot->kernels[1].running);
	g_assert_cmpstr(boot->kernels[1].initramfs, ==, "/boot/initrd.img-6.1.0-18-amd64");
	g_assert_cmpint(boot->kernels[1].vfio_builtin, ==, TRI_NO);
}

/* Loaders that are not ours to change: the owner is told where to do it. */
static const struct {
	const char *name;
	const char *lines[4];
	const char *words;
} others[] = {
	{ "extlinux",
	  { "/etc/update-extlinux.conf = #", "/boot/extlinux.conf = #" },
	  "It may be extlinux, with parameters in /etc/update-extlinux.conf "
	  "(default_kernel_opts) that come into effect by 'update-extlinux'" },
	{ "raspberry", { "/boot/firmware/cmdline.txt = root=a" }, "in /boot/firmware/cmdline.txt" },
	{ "elilo", { "/boot/efi/EFI/Slackware/elilo.conf = #" }, "It may be ELILO" },
	{ "lilo-of-long-ago-behind-grub",
	  { "/etc/lilo.conf = #", "/etc/default/grub = A=1",
	    "/proc/cmdline = BOOT_IMAGE=Linux ro" },
	  "It may be LILO" },
	{ "firmware", { "/sys/firmware/efi/fw_platform_size = 64" }, "efibootmgr" },
};

static void test_other(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	struct tree *tree = tree_new();

	fixture_put(tree, others[i].lines);
	tree_put_file(tree, "/etc/os-release", "ID=x\n", 5);
	HOST_AUTO struct host *host = probe_tree(tree);
	g_assert_cmpint(host->boot.chain, ==, BOOT_UNCERTAIN);
	g_test_message("%s", host->boot.uncertain);
	g_assert_nonnull(strstr(host->boot.uncertain, others[i].words));
}

/* On the EFI system partition it is the menu only where there is no other. */
static void test_grub_cfg(void)
{
	static const char *const lines[] = { "/etc/os-release = ID_LIKE=\"rhel fedora\"",
					     "/etc/default/grub = A=1",
					     "/boot/efi/EFI/centos/grub.cfg = #", NULL };
	struct tree *tree = tree_new(), *both = tree_new();

	fixture_put(tree, lines);
	fixture_put(both, lines);
	tree_put_file(both, "/boot/grub2/grub.cfg", "#", 1);
	HOST_AUTO struct host *alone = probe_tree(tree);
	HOST_AUTO struct host *beside = probe_tree(both);
	g_assert_cmpstr(alone->boot.grub_cfg, ==, "/boot/efi/EFI/centos/grub.cfg");
	g_assert_cmpstr(beside->boot.grub_cfg, ==, "/boot/grub2/grub.cfg");
}

static void test_arch_kernel(void)
{
	HOST_AUTO struct host *host = probe_tree(read_root("arch-grub"));

	g_assert_cmpstr(host->boot.kernels[0].image, ==, "/boot/vmlinuz-linux");
	g_assert_cmpstr(host->boot.kernels[0].initramfs, ==, "/boot/initramfs-linux.img");
}

/* Manjaro's images have names of their own, which its presets tell. */
static void test_preset_kernel(void)
{
	static const char *const lines[] = {
		"/etc/mkinitcpio.d/linux.preset = ALL_kver=\"/boot/vmlinuz-6.12-x86_64\"\n"
		"#default_image=\"/boot/vmlinuz-linux\"\n"
		"default_image='/boot/initramfs-6.12-x86_64.img'\n",
		"/boot/vmlinuz-6.12-x86_64 = x", "/boot/initramfs-6.12-x86_64.img = x", NULL
	};
	static const char *const gone[] = {
		"/etc/mkinitcpio.d/linux.preset = default_image=\"/boot/gone.img\"", NULL
	};
	HOST_AUTO struct host *host = probe_changed("arch-grub", lines);
	HOST_AUTO struct host *other = probe_changed("arch-grub", gone);

	g_assert_cmpstr(host->boot.kernels[0].image, ==, "/boot/vmlinuz-6.12-x86_64");
	g_assert_cmpstr(host->boot.kernels[0].initramfs, ==, "/boot/initramfs-6.12-x86_64.img");
	g_assert_cmpstr(other->boot.kernels[0].initramfs, ==, "/boot/initramfs-linux.img");
}

static const struct {
	const char *root;
	unsigned roles;
	const char *line; /* NULL: not known */
} installs[] = {
	{ "debian12-grub", 1U << ROLE_QEMU | 1U << ROLE_TPM,
	  "sudo apt-get install qemu-system-x86 qemu-utils swtpm swtpm-tools" },
	{ "fedora42-bls", 1U << ROLE_FIRMWARE, "sudo dnf install edk2-ovmf" },
	{ "arch-grub", 1U << ROLE_QEMU | 1U << ROLE_FIRMWARE,
	  "sudo pacman -S --needed qemu-desktop edk2-ovmf" },
	{ "leap15-grub", 1U << ROLE_QEMU, "sudo zypper install qemu-x86 qemu-tools" },
	{ "silverblue-ostree", 1U << ROLE_TPM, "sudo rpm-ostree install swtpm swtpm-tools" },
	{ "nixos", 1U << ROLE_QEMU, NULL },
	{ "gentoo-uki-dracut", 1U << ROLE_QEMU, "sudo emerge --noreplace app-emulation/qemu" },
	{ "debian12-grub", 0, NULL },
};

static void test_install(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	HOST_AUTO struct host *host = probe_tree(read_root(installs[i].root));
	g_autofree char *line = package_install_line(&host->boot, installs[i].roles);

	g_assert_cmpstr(line, ==, installs[i].line);
}

static void test_roles(void)
{
	HOST_AUTO struct host *host = probe_tree(read_root("ubuntu2404-grub"));

	g_assert_cmpint(package_role_there(&host->boot, ROLE_QEMU), ==, TRI_YES);
	g_assert_cmpint(package_role_there(&host->boot, ROLE_TPM), ==, TRI_YES);
	g_assert_cmpint(package_role_there(&host->boot, ROLE_LIBVIRT), ==, TRI_NO);
	g_assert_cmpint(package_role_there(&host->boot, ROLE_FIRMWARE), ==, TRI_NO);
	g_assert_true(package_role_wanted(&host->boot, ROLE_LIBVIRT));
	HOST_AUTO struct host *proxmox = probe_tree(read_root("proxmox-grub"));
	g_assert_false(package_role_wanted(&proxmox->boot, ROLE_LIBVIRT));
	HOST_AUTO struct host *nixos = probe_tree(read_root("nixos"));
	g_assert_cmpstr(package_option(&nixos->boot, ROLE_QEMU), ==,
			"virtualisation.libvirtd.enable = true;");
	g_assert_null(package_option(&host->boot, ROLE_QEMU));
}

/* A tree of which somebody wrote down the configuration only: programs prove nothing there. */
static const struct {
	const char *name;
	const char *lines[6];
	enum boot_chain chain;
	enum initramfs initramfs;
} bare[] = {
	{ "debian",
	  { "/etc/os-release = ID=debian", "/etc/default/grub = GRUB_CMDLINE_LINUX=\"\"",
	    "/boot/grub/grub.cfg = #", "/usr/sbin/update-initramfs = #" },
	  BOOT_GRUB_DROPIN,
	  INITRAMFS_TOOLS },
	{ "debian-dracut",
	  { "/etc/os-release = ID=debian", "/etc/default/grub = GRUB_CMDLINE_LINUX=\"\"",
	    "/usr/sbin/update-initramfs = #", "/usr/bin/dracut = #" },
	  BOOT_GRUB_DROPIN,
	  INITRAMFS_DRACUT },
	{ "fedora",
	  { "/etc/os-release = ID=fedora", "/etc/default/grub = GRUB_ENABLE_BLSCFG=true",
	    "/boot/loader/entries/a.conf = title x", "/boot/grub2/grub.cfg = #",
	    "/etc/dracut.conf.d/" },
	  BOOT_GRUB_BLS,
	  INITRAMFS_DRACUT },
	{ "suse",
	  { "/etc/os-release = ID_LIKE=\"suse opensuse\"", "/etc/default/grub = A=1",
	    "/boot/grub2/grub.cfg = #" },
	  BOOT_GRUB,
	  INITRAMFS_UNKNOWN },
	{ "arch",
	  { "/etc/os-release = ID=arch", "/etc/default/grub = A=1", "/boot/grub/grub.cfg = #",
	    "/etc/mkinitcpio.conf = MODULES=()" },
	  BOOT_GRUB,
	  INITRAMFS_MKINITCPIO },
	{ "proxmox",
	  { "/etc/os-release = ID=debian", "/etc/kernel/proxmox-boot-uuids = A",
	    "/etc/kernel/cmdline = root=ZFS=x" },
	  BOOT_PROXMOX,
	  INITRAMFS_UNKNOWN },
};

static void test_bare(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	struct tree *tree = tree_new();

	fixture_put(tree, bare[i].lines);
	HOST_AUTO struct host *host = probe_tree(tree);
	g_test_message("%s", host->boot.uncertain ? host->boot.uncertain : "certain");
	g_assert_cmpstr(boot_chain_name(host->boot.chain), ==, boot_chain_name(bare[i].chain));
	g_assert_cmpstr(initramfs_name(host->boot.initramfs), ==,
			initramfs_name(bare[i].initramfs));
}

#define ADD_ALL(table, prefix, name, test)                                                         \
	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {                                       \
		g_autofree char *path = g_strdup_printf(prefix "/%u-%s", i, table[i].name);        \
		g_test_add_data_func(path, GUINT_TO_POINTER(i), test);                             \
	}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ALL(machines, "/boot/machine", root, test_machine)
	ADD_ALL(changed, "/boot/changed", name, test_changed)
	ADD_ALL(bare, "/boot/bare", name, test_bare)
	ADD_ALL(others, "/boot/other", name, test_other)
	ADD_ALL(choices, "/boot/choice", name, test_choice)
	ADD_ALL(installs, "/boot/install", root, test_install)
	g_test_add_func("/boot/entry", test_entry);
	g_test_add_func("/boot/variables", test_variables);
	g_test_add_func("/boot/kernels", test_kernels);
	g_test_add_func("/boot/grub-cfg", test_grub_cfg);
	g_test_add_func("/boot/kernels-arch", test_arch_kernel);
	g_test_add_func("/boot/kernels-preset", test_preset_kernel);
	g_test_add_func("/boot/roles", test_roles);
	return g_test_run();
}
