/* See packages.h. The names are those of the distributions' own archives: Debian's and Ubuntu's
 * package lists, Fedora's and RHEL's AppStream, Arch's extra, openSUSE's oss, Alpine's community,
 * Void's and Gentoo's trees. NixOS links what its module for libvirt runs into /run/libvirt. */
#include "model/packages.h"

#include <glib.h>
#include <string.h>

#include "model/boot.h"

#define MAX_NAMES 5
#define MAX_FILES 12

struct role {
	const char *name;
	/* By package manager. */
	const char *apt[MAX_NAMES], *dnf[MAX_NAMES], *pacman[MAX_NAMES], *zypper[MAX_NAMES],
		*apk[MAX_NAMES], *xbps[MAX_NAMES], *portage[MAX_NAMES];
	const char *nix; /* the option of a NixOS system */
	/* One of them proves that the role is filled; '*' stands for anything but a slash. */
	const char *files[MAX_FILES];
};

static const struct role roles[ROLE_COUNT] = {
	[ROLE_QEMU] = {
		.name = "qemu",
		.apt = { "qemu-system-x86", "qemu-utils" },
		.dnf = { "qemu-kvm", "qemu-img" },
		.pacman = { "qemu-desktop" },
		.zypper = { "qemu-x86", "qemu-tools" },
		.apk = { "qemu-system-x86_64", "qemu-img" },
		.xbps = { "qemu" },
		.portage = { "app-emulation/qemu" },
		.nix = "virtualisation.libvirtd.enable = true;",
		.files = { "qemu-system-x86_64", "/usr/libexec/qemu-kvm", "qemu-kvm", "kvm",
			   "/run/libvirt/nix-emulators/qemu-system-x86_64" },
	},
	[ROLE_LIBVIRT] = {
		.name = "libvirt",
		.apt = { "libvirt-daemon-system", "libvirt-clients" },
		.dnf = { "libvirt" },
		.pacman = { "libvirt", "dnsmasq" },
		.zypper = { "libvirt-daemon-qemu", "libvirt-client",
			    "libvirt-daemon-config-network" },
		.apk = { "libvirt-daemon", "libvirt-qemu", "libvirt-client" },
		.xbps = { "libvirt" },
		.portage = { "app-emulation/libvirt" },
		.nix = "virtualisation.libvirtd.enable = true;",
		.files = { "libvirtd", "virtqemud" },
	},
	[ROLE_FIRMWARE] = {
		.name = "firmware",
		.apt = { "ovmf" },
		.dnf = { "edk2-ovmf" },
		.pacman = { "edk2-ovmf" },
		.zypper = { "qemu-ovmf-x86_64" },
		.apk = { "ovmf" },
		.xbps = { "edk2-ovmf" },
		.portage = { "sys-firmware/edk2-bin" },
		.nix = "virtualisation.libvirtd.enable = true;",
		.files = { "/usr/share/OVMF/OVMF_CODE*.fd", "/usr/share/edk2/ovmf/OVMF_CODE*",
			   "/usr/share/edk2/x64/OVMF_CODE*", "/usr/share/qemu/ovmf-x86_64*.bin",
			   "/usr/share/edk2-ovmf/x64/OVMF_CODE*",
			   "/usr/share/edk2-ovmf/OVMF_CODE*",
			   "/usr/share/edk2/OvmfX64/OVMF_CODE*",
			   "/usr/share/qemu/edk2-x86_64-code.fd",
			   "/run/libvirt/nix-ovmf/OVMF_CODE*" },
	},
	[ROLE_TPM] = {
		.name = "tpm",
		.apt = { "swtpm", "swtpm-tools" },
		.dnf = { "swtpm", "swtpm-tools" },
		.pacman = { "swtpm" },
		.zypper = { "swtpm" },
		.apk = { "swtpm" },
		.xbps = { "swtpm" },
		.portage = { "app-crypt/swtpm" },
		.nix = "virtualisation.libvirtd.qemu.swtpm.enable = true;",
		.files = { "swtpm" },
	},
	[ROLE_TOOLS] = {
		.name = "tools",
		.apt = { "virtinst" },
		.dnf = { "virt-install" },
		.pacman = { "virt-install" },
		.zypper = { "virt-install" },
		.apk = { "virt-install" },
		.xbps = { "virt-manager" },
		.portage = { "app-emulation/virt-manager" },
		.nix = "environment.systemPackages = [ pkgs.virt-manager ];",
		.files = { "virt-install" },
	},
};

bool package_role_wanted(const struct boot *boot, enum package_role role)
{
	return role < ROLE_COUNT && boot_has(boot, "/etc/pve") != TRI_YES &&
	       boot_has(boot, "/etc/kernel/proxmox-boot-uuids") != TRI_YES;
}

const char *package_role_name(enum package_role role)
{
	return role < ROLE_COUNT ? roles[role].name : NULL;
}

/* Patterns hold one '*', in the last name, so what matches lies in one folder. */
static enum tri is_there(const struct boot *boot, const char *pattern)
{
	unsigned index = 0;

	if (!strchr(pattern, '*'))
		return boot_has(boot, pattern);
	if (boot_match(boot, pattern, &index))
		return TRI_YES;
	g_autofree char *folder = g_path_get_dirname(pattern);
	return boot_has(boot, folder) == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_NO;
}

enum tri package_role_there(const struct boot *boot, enum package_role role)
{
	enum tri answer = TRI_NO;

	for (size_t i = 0; i < MAX_FILES && roles[role].files[i]; i++) {
		enum tri there = is_there(boot, roles[role].files[i]);
		if (there == TRI_YES)
			return TRI_YES;
		if (there == TRI_UNKNOWN)
			answer = TRI_UNKNOWN;
	}
	/* NixOS starts libvirt with programs that nobody else finds. */
	return boot->packages == PACKAGES_NIX && role == ROLE_TPM ? TRI_UNKNOWN : answer;
}

/* Releases whose archives do not have swtpm yet. */
static bool lacks_tpm(const struct os_release *os)
{
	static const struct {
		const char *id, *version;
	} without[] = {
		{ "debian", "10" },      { "debian", "11" },      { "ubuntu", "18.04" },
		{ "ubuntu", "20.04" },   { "linuxmint", "20" },   { "linuxmint", "20.1" },
		{ "linuxmint", "20.2" }, { "linuxmint", "20.3" }, { "pop", "20.04" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(without); i++)
		if (g_strcmp0(os->id, without[i].id) == 0 &&
		    g_strcmp0(os->version, without[i].version) == 0)
			return true;
	return false;
}

/* The packages of the role here, NULL-terminated; NULL where they are not known (another
 * distribution) or where packages are not installed one by one (NixOS). */
static const char *const *package_names(const struct boot *boot, enum package_role role)
{
	if (role == ROLE_TPM && lacks_tpm(&boot->os))
		return NULL;
	switch (boot->packages) {
	case PACKAGES_APT:
		return roles[role].apt;
	case PACKAGES_DNF:
	case PACKAGES_RPM_OSTREE:
		return roles[role].dnf;
	case PACKAGES_PACMAN:
		return roles[role].pacman;
	case PACKAGES_ZYPPER:
		return roles[role].zypper;
	case PACKAGES_APK:
		return roles[role].apk;
	case PACKAGES_XBPS:
		return roles[role].xbps;
	case PACKAGES_PORTAGE:
		return roles[role].portage;
	default:
		return NULL;
	}
}

const char *package_option(const struct boot *boot, enum package_role role)
{
	return boot->packages == PACKAGES_NIX ? roles[role].nix : NULL;
}

/* The words before the packages: so that nothing is asked, and as people type them; none where that
 * is nothing to be started unasked (Gentoo compiles for hours), or where nothing is known. */
static const struct {
	const char *quiet[6], *typed[6];
} managers[] = {
	[PACKAGES_APT] = { { "apt-get", "install", "-y" }, { "apt-get", "install" } },
	[PACKAGES_DNF] = { { "dnf", "install", "-y" }, { "dnf", "install" } },
	[PACKAGES_PACMAN] = { { "pacman", "-S", "--needed", "--noconfirm" },
			      { "pacman", "-S", "--needed" } },
	[PACKAGES_ZYPPER] = { { "zypper", "--non-interactive", "install" },
			      { "zypper", "install" } },
	[PACKAGES_RPM_OSTREE] = { { "rpm-ostree", "install", "--idempotent", "-y" },
				  { "rpm-ostree", "install" } },
	[PACKAGES_UNKNOWN] = { { NULL }, { NULL } },
	[PACKAGES_NIX] = { { NULL }, { NULL } },
	[PACKAGES_APK] = { { "apk", "add" }, { "apk", "add" } },
	[PACKAGES_XBPS] = { { "xbps-install", "-S", "-y" }, { "xbps-install", "-S" } },
	[PACKAGES_PORTAGE] = { { NULL }, { "emerge", "--noreplace" } },
};

static bool add_names(const struct boot *boot, unsigned wanted, GPtrArray *argv)
{
	guint before = argv->len;

	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		const char *const *names = wanted & 1U << role ? package_names(boot, role) : NULL;
		for (; names && *names; names++)
			g_ptr_array_add(argv, g_strdup(*names));
	}
	return argv->len > before;
}

/* words: of one of the managers. NULL when there is nothing to install. */
static char **make_argv(const struct boot *boot, unsigned wanted, const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	for (; *words; words++)
		g_ptr_array_add(argv, g_strdup(*words));
	if (!add_names(boot, wanted, argv))
		return NULL;
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_steal(argv, NULL);
}

char **package_install_argv(const struct boot *boot, unsigned wanted)
{
	if (!managers[boot->packages].quiet[0])
		return NULL;
	return make_argv(boot, wanted, managers[boot->packages].quiet);
}

char *package_install_line(const struct boot *boot, unsigned wanted)
{
	const char *const *typed = managers[boot->packages].typed;
	g_auto(GStrv) argv = *typed ? make_argv(boot, wanted, typed) : NULL;
	g_autofree char *words = argv ? g_strjoinv(" ", argv) : NULL;

	return words ? g_strconcat("sudo ", words, NULL) : NULL;
}
