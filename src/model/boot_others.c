/* See boot_parts.h: loaders that this program does not change, and where their parameters stand. */
#include "model/boot_parts.h"

static const struct {
	const char *file; /* by which it is known */
	const char *name;
	const char *where; /* parameters stand; NULL: in that file */
	const char *run;   /* that brings them into effect; NULL: nothing is needed */
	bool partition;    /* it is on the EFI system partition */
} others[] = {
	{ "/etc/update-extlinux.conf", "extlinux",
	  "/etc/update-extlinux.conf (default_kernel_opts)", "update-extlinux" },
	{ "/etc/default/u-boot", "U-Boot", "/etc/default/u-boot (U_BOOT_PARAMETERS)",
	  "u-boot-update" },
	{ "/boot/extlinux/extlinux.conf", "extlinux or U-Boot" },
	{ "/boot/extlinux.conf", "extlinux" },
	{ "/boot/syslinux/syslinux.cfg", "syslinux" },
	{ "/boot/firmware/cmdline.txt", "a Raspberry Pi's firmware" },
	{ "/boot/cmdline.txt", "a Raspberry Pi's firmware" },
	{ "/etc/lilo.conf", "LILO", "/etc/lilo.conf (append)", "lilo" },
	{ "/EFI/Slackware/elilo.conf", "ELILO", "its elilo.conf (append)", .partition = true },
};

static bool is_there(const struct boot *boot, size_t i)
{
	return others[i].partition ? boot_on_partition(boot, others[i].file) != NULL
				   : boot_is_there(boot, others[i].file);
}

enum boot_chain boot_doubt_others(struct boot_judge *judge)
{
	static const char *const unknown = "no boot loader that this program changes was found";

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (is_there(judge->boot, i))
			return boot_doubt(judge, "%s. It may be %s, with parameters in %s%s%s%s",
					  unknown, others[i].name,
					  others[i].where ? others[i].where : others[i].file,
					  others[i].run ? " that come into effect by '" : "",
					  others[i].run ? others[i].run : "",
					  others[i].run ? "'" : "");
	if (judge->host->platform.firmware.efi == TRI_YES)
		return boot_doubt(judge,
				  "%s. The firmware may start the kernel itself, with parameters "
				  "in its boot entry ('efibootmgr --unicode' shows it) or in the "
				  "kernel (CONFIG_CMDLINE)",
				  unknown);
	return boot_doubt(judge, "%s", unknown);
}
