/* See remedy.h. The kernel's command line is changed in as many ways as there are boot loaders: one
 * row for each; '@' stands for the parameter. */
#include "rules/remedy.h"

#include <string.h>

#include "model/packages.h"

struct way {
	const char *add;
	const char *remove;
	const char *apply; /* afterwards; NULL: nothing */
};

#define CMDLINE_ADD    "sed -i '1s|$| @|' /etc/kernel/cmdline"
#define CMDLINE_REMOVE "# Take @ out of /etc/kernel/cmdline."

static const struct way ways[BOOT_CHAINS] = {
	[BOOT_UNCERTAIN] = { "# Put @ on the kernel's command line, in the boot loader's "
			     "configuration.",
			     "# Take @ off the kernel's command line, in the boot loader's "
			     "configuration.",
			     NULL },
	[BOOT_NIXOS] = { "# In the system's configuration: boot.kernelParams = [ \"@\" ];",
			 "# Take @ out of boot.kernelParams in the system's configuration.",
			 "nixos-rebuild boot" },
	[BOOT_OSTREE] = { "rpm-ostree kargs --append-if-missing=@",
			  "rpm-ostree kargs --delete-if-present=@", NULL },
	[BOOT_PROXMOX] = { CMDLINE_ADD, CMDLINE_REMOVE, "proxmox-boot-tool refresh" },
	[BOOT_PROXMOX_GRUB] = { "# Put @ into GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub.",
				"# Take @ out of /etc/default/grub.", "proxmox-boot-tool refresh" },
	[BOOT_KERNELSTUB] = { "kernelstub -a \"@\"", "kernelstub -d \"@\"", NULL },
	[BOOT_GRUB_DROPIN] = { "echo 'GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "
			       "@\"' >> /etc/default/grub.d/99-vfiokit.cfg",
			       "# Take @ out of /etc/default/grub and /etc/default/grub.d.",
			       "update-grub" },
	[BOOT_GRUB] = { "# Put @ into GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub.",
			"# Take @ out of /etc/default/grub.", NULL },
	[BOOT_GRUB_BLS] = { "grubby --update-kernel=ALL --args=\"@\"",
			    "grubby --update-kernel=ALL --remove-args=\"@\"", NULL },
	[BOOT_SDBOOTUTIL] = { CMDLINE_ADD, CMDLINE_REMOVE, "sdbootutil update-all-entries" },
	[BOOT_SDBOOT_MANAGE] = { "# Put @ into LINUX_OPTIONS in /etc/sdboot-manage.conf.",
				 "# Take @ out of /etc/sdboot-manage.conf.", "sdboot-manage gen" },
	[BOOT_KERNEL_INSTALL] = { CMDLINE_ADD, CMDLINE_REMOVE, "kernel-install add-all" },
	[BOOT_ENTRIES] = { "# Put @ at the end of the line options of the boot entry.",
			   "# Take @ out of the line options of the boot entry.", NULL },
	[BOOT_UKI_MKINITCPIO] = { CMDLINE_ADD, CMDLINE_REMOVE, "mkinitcpio -P" },
	[BOOT_UKI_DRACUT] = { "echo 'kernel_cmdline+=\" @ \"' >> "
			      "/etc/dracut.conf.d/90-vfiokit.conf",
			      "# Take @ out of /etc/dracut.conf.d and /etc/kernel/cmdline.",
			      "dracut --force --regenerate-all" },
	[BOOT_REFIND] = { "# Put @ into the second text of each line of /boot/refind_linux.conf.",
			  "# Take @ out of /boot/refind_linux.conf.", NULL },
	[BOOT_LIMINE_TOOL] = { "echo 'KERNEL_CMDLINE[default]+=\" @\"' >> /etc/default/limine",
			       "# Take @ out of /etc/default/limine.", "limine-update" },
	[BOOT_LIMINE] = { "# Put @ into the line cmdline of limine.conf.",
			  "# Take @ out of limine.conf.", NULL },
};

static void add_filled(struct finding *finding, const char *pattern, const char *argument)
{
	g_auto(GStrv) parts = g_strsplit(pattern, "@", -1);
	g_autofree char *line = g_strjoinv(argument, parts);

	finding_fix(finding, "%s", line);
}

static void change_argument(const struct exam *exam, struct finding *finding, const char *argument,
			    bool add)
{
	const struct boot *boot = &exam->host->boot;
	const struct way *way = &ways[boot->chain];

	add_filled(finding, add ? way->add : way->remove, argument);
	if (way->apply)
		finding_fix(finding, "%s", way->apply);
	else if (boot->chain == BOOT_GRUB && boot->grub_cfg)
		finding_fix(finding, "%s -o %s",
			    strstr(boot->grub_cfg, "grub2") ? "grub2-mkconfig" : "grub-mkconfig",
			    boot->grub_cfg);
	remedy_reboot(finding);
}

void remedy_kernel_arg_add(const struct exam *exam, struct finding *finding, const char *argument)
{
	change_argument(exam, finding, argument, true);
}

void remedy_kernel_arg_remove(const struct exam *exam, struct finding *finding,
			      const char *argument)
{
	change_argument(exam, finding, argument, false);
}

void remedy_initramfs(const struct exam *exam, struct finding *finding)
{
	static const char *const commands[] = {
		[INITRAMFS_UNKNOWN] = "# Build the initramfs of every installed kernel anew.",
		[INITRAMFS_TOOLS] = "update-initramfs -u -k all",
		[INITRAMFS_DRACUT] = "dracut --force --regenerate-all",
		[INITRAMFS_MKINITCPIO] = "mkinitcpio -P",
		[INITRAMFS_BOOSTER] = "/usr/lib/booster/regenerate_images",
		[INITRAMFS_NIXOS] = "nixos-rebuild boot",
	};
	bool ostree = exam->host->boot.chain == BOOT_OSTREE;

	finding_fix(finding, "%s",
		    ostree ? "rpm-ostree initramfs --enable"
			   : commands[exam->host->boot.initramfs]);
}

void remedy_reboot(struct finding *finding)
{
	finding_fix(finding, "# Restart the machine.");
}

void remedy_module_option(const struct exam *exam, struct finding *finding, const char *module,
			  const char *option, const char *value)
{
	g_autofree char *path = g_strdup_printf("/sys/module/%s/parameters/%s", module, option);

	if (setting_text(exam->host, path))
		finding_fix(finding, "echo %s > %s", value, path);
	finding_fix(finding, "echo 'options %s %s=%s' > /etc/modprobe.d/vfiokit-%s.conf", module,
		    option, value, option);
}

void remedy_bind(const struct exam *exam, struct finding *finding, int index)
{
	finding_fix(finding, "vfiokit bind %s", ADDRESS(exam->host, index));
}

void remedy_package(const struct exam *exam, struct finding *finding, enum package_role role)
{
	const char *option = package_option(&exam->host->boot, role);
	g_autofree char *line = package_install_line(&exam->host->boot, 1U << role);
	const char *bare = line && g_str_has_prefix(line, "sudo ") ? line + 5 : line;

	if (option) {
		finding_fix(finding, "# In the system's configuration: %s", option);
		finding_fix(finding, "nixos-rebuild switch");
	} else if (bare) {
		finding_fix(finding, "%s", bare);
	} else {
		finding_fix(finding, "# Install the distribution's package for %s.",
			    package_role_name(role));
	}
}
