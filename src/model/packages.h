/* What programs a machine for guests needs, and which packages of its distribution hold them. A
 * table: to add a distribution is to add a column, to add a role is to add a row. */
#pragma once

#include <stdbool.h>

#include "model/tri.h"

struct boot;

enum package_role {
	ROLE_QEMU,     /* QEMU for this machine's own architecture */
	ROLE_LIBVIRT,  /* libvirt's daemon and virsh */
	ROLE_FIRMWARE, /* UEFI firmware for guests (edk2, OVMF) */
	ROLE_TPM,      /* swtpm */
	ROLE_TOOLS,    /* virt-install, virt-manager */
	ROLE_COUNT,
};

/* "qemu", "libvirt", "firmware", "tpm", "tools" */
const char *package_role_name(enum package_role role);

/* Does a machine need it to run guests? Not Proxmox: it has all that its own manager (qm) needs,
 * and Debian's packages would take the place of its own. */
bool package_role_wanted(const struct boot *boot, enum package_role role);

/* Is what the role stands for installed, by the files that it brings? TRI_UNKNOWN where they could
 * not be looked for. */
enum tri package_role_there(const struct boot *boot, enum package_role role);

/* What brings it where that is written into the system's configuration (NixOS), as "option =
 * value;"; NULL elsewhere. */
const char *package_option(const struct boot *boot, enum package_role role);

/* A command line that installs those roles (an OR of 1 << role) without asking, as
 * {"apt-get", "install", "-y", …, NULL}; the caller's (g_strfreev). NULL where the packages' names
 * are not known (another distribution), where packages are not installed one by one (NixOS), and
 * where it would take hours (Gentoo). */
char **package_install_argv(const struct boot *boot, unsigned roles);

/* The same as one line for people to copy: "sudo apt-get install qemu-system-x86 swtpm"; the
 * caller's. NULL as above. */
char *package_install_line(const struct boot *boot, unsigned roles);
