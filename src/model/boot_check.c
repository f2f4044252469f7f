/* See boot_parts.h: the file that a chain would edit must hold what is on the command line now;
 * else it is not what booted, whatever it looks like. */
#include <string.h>

#include "base/slice.h"
#include "model/boot_parts.h"

/* Where each chain takes its words from: all files that match. */
static const struct {
	const char *words; /* for people */
	const char *patterns[4];
} sources[BOOT_CHAINS] = {
	[BOOT_PROXMOX] = { "/etc/kernel/cmdline", { "/etc/kernel/cmdline" } },
	[BOOT_PROXMOX_GRUB] = { "/etc/default/grub",
				{ "/etc/default/grub", "/etc/default/grub.d/*" } },
	[BOOT_KERNELSTUB] = { "/etc/kernelstub/configuration",
			      { "/etc/kernelstub/configuration", "*/loader/entries/*" } },
	[BOOT_GRUB_DROPIN] = { "/etc/default/grub",
			       { "/etc/default/grub", "/etc/default/grub.d/*" } },
	[BOOT_GRUB] = { "/etc/default/grub", { "/etc/default/grub" } },
	[BOOT_GRUB_BLS] = { "/boot/loader/entries",
			    { "/boot/loader/entries/*", "/boot/grub2/grubenv",
			      "/boot/grub/grubenv" } },
	[BOOT_SDBOOTUTIL] = { "/etc/kernel/cmdline", { "/etc/kernel/cmdline" } },
	[BOOT_SDBOOT_MANAGE] = { "/etc/sdboot-manage.conf",
				 { "/etc/sdboot-manage.conf", "*/loader/entries/*" } },
	[BOOT_KERNEL_INSTALL] = { "/etc/kernel/cmdline", { "/etc/kernel/cmdline" } },
	[BOOT_UKI_MKINITCPIO] = { "/etc/kernel/cmdline",
				  { "/etc/kernel/cmdline", "/etc/cmdline.d/*" } },
	[BOOT_UKI_DRACUT] = { "dracut's configuration",
			      { "/etc/dracut.conf*", "/etc/kernel/cmdline" } },
	[BOOT_REFIND] = { "/boot/refind_linux.conf", { "/boot/refind_linux.conf" } },
	[BOOT_LIMINE_TOOL] = { "/etc/default/limine", { "/etc/default/limine", "*limine.conf" } },
	[BOOT_LIMINE] = { "limine.conf", { "*limine.conf" } },
};

/* What loaders and generators of images add by themselves; and what people and this program add and
 * take away between two boots. Only the name is compared. */
static const char *const strangers[] = {
	"BOOT_IMAGE",
	"initrd",
	"root",
	"ro",
	"rw",
	"rootflags",
	"vt.handoff",
	"systemd.machine_id",
	"LANG", /* grubby of RHEL 7 */
	"intel_iommu",
	"amd_iommu",
	"iommu",
	"iommu.passthrough",
	"vfio-pci.ids",
	"vfio_pci.ids",
	"hugepages",
	"hugepagesz",
	"default_hugepagesz",
	"rd.driver.pre",
	"pcie_acs_override",
	"vfiokit",
	"single", /* recovery entries */
};

/* In the boot of a trial all words behind this one are the trial's own (plan/trial.h). */
#define TRIAL_WORD "vfiokit=trial"

/* What dracut finds out for itself when it builds an image for one machine. */
static const char *const dracut_strangers[] = {
	"rootfstype", "resume", "rd.luks.uuid", "rd.lvm.lv", "rd.md.uuid", "rd.dm.uuid",
};

static bool has_name(struct slice word, const char *const *names, size_t n)
{
	const char *equals = memchr(word.text, '=', word.length);
	size_t length = equals ? (size_t)(equals - word.text) : word.length;

	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == length && memcmp(names[i], word.text, length) == 0)
			return true;
	return false;
}

static bool is_expected(enum boot_chain chain, struct slice word)
{
	return has_name(word, strangers, G_N_ELEMENTS(strangers)) ||
	       (chain == BOOT_UKI_DRACUT &&
		has_name(word, dracut_strangers, G_N_ELEMENTS(dracut_strangers)));
}

static bool is_border(char c)
{
	return c == '\0' || strchr(" \t\n\r\"'=,\\", c) != NULL;
}

/* Is the word in a line that is no comment? */
static bool text_holds(const char *text, struct slice word)
{
	const char *at = text;

	while ((at = strstr(at, word.text)) != NULL) {
		const char *line = at;
		while (line > text && line[-1] != '\n')
			line--;
		while (*line == ' ' || *line == '\t')
			line++;
		bool comment = *line == '#';
		bool front = at == text || is_border(at[-1]);
		if (!comment && front && is_border(at[word.length]))
			return true;
		at++;
	}
	return false;
}

/* Are there files of the chain, and does one of them hold the word? */
static bool sources_hold(const struct boot *boot, enum boot_chain chain, const char *word,
			 bool *any)
{
	struct slice slice = { word, strlen(word) };
	bool found = false;

	for (size_t i = 0; i < G_N_ELEMENTS(sources[chain].patterns); i++) {
		const char *pattern = sources[chain].patterns[i];
		const struct boot_file *file;
		unsigned index = 0;
		while (pattern && (file = boot_match(boot, pattern, &index))) {
			*any |= file->text != NULL;
			found |= file->text && text_holds(file->text, slice);
		}
	}
	return found;
}

/* The part of a word that can be looked for: quoting differs from file to file. */
static char *plain_part(struct slice word)
{
	size_t n = 0;

	while (n < word.length && !strchr("\"'\\$", word.text[n]))
		n++;
	return g_strndup(word.text, n);
}

static bool entry_holds(const struct boot *boot, const char *word)
{
	const char *text = boot_text(boot, boot->entry);

	return !text || text_holds(text, (struct slice){ word, strlen(word) });
}

char *boot_stranger(const struct host *host, enum boot_chain chain, const char **words)
{
	const struct boot *boot = &host->boot;
	const char *cmdline = host->platform.kernel.cmdline;
	bool any = chain == BOOT_ENTRIES && boot->entry;
	struct slice word;

	*words = NULL;
	if (!cmdline || (!sources[chain].words && !any))
		return NULL;
	while (cmdline_next(&cmdline, &word)) {
		g_autofree char *plain = plain_part(word);
		if (strcmp(plain, TRIAL_WORD) == 0)
			break;
		if (!*plain || is_expected(chain, word))
			continue;
		bool held = chain == BOOT_ENTRIES ? entry_holds(boot, plain)
						  : sources_hold(boot, chain, plain, &any);
		if (!held && any) {
			*words = chain == BOOT_ENTRIES ? boot->entry : sources[chain].words;
			return g_steal_pointer(&plain);
		}
	}
	if (any)
		*words = chain == BOOT_ENTRIES ? boot->entry : sources[chain].words;
	return NULL;
}
