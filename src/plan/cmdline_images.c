/* Chains that end in unified kernel images, which hold their parameters: see cmdline_chains.h. */
#include <string.h>

#include "plan/cmdline_chains.h"
#include "plan/fallback.h"

/* Drop-ins where they are in use, and hold where the root is. */
static bool uses_cmdline_d(const struct boot *boot)
{
	const char *text = boot_text(boot, "/etc/kernel/cmdline");
	unsigned index = 0;

	return boot_match(boot, "/etc/cmdline.d/*.conf", &index) &&
	       !(text && strstr(text, "root="));
}

/* Not where the same is done for what shall be in the initramfs. */
static void build_images(struct cmdline_job *job, enum initramfs initramfs, const char *const *argv)
{
	if (job->changed)
		fallback_image(job);
	if (!job->way_back || job->boot->initramfs != initramfs)
		job_run_if_changed(job, argv, "builds all unified kernel images anew", NULL);
}

/* Do the drop-ins of /etc/cmdline.d have the word? */
static bool dropin_has(const struct boot *boot, const char *word)
{
	const struct boot_file *file;
	unsigned index = 0;

	while ((file = boot_match(boot, "/etc/cmdline.d/*.conf", &index)))
		if (file->text && edit_has(file->text, &chain_first_line, word))
			return true;
	return false;
}

bool chain_uki_mkinitcpio(struct cmdline_job *job)
{
	static const char *const argv[] = { "mkinitcpio", "-P", NULL };
	bool dropins = uses_cmdline_d(job->boot);
	const struct boot_file *file;
	unsigned index = 0;
	bool ok = true;

	if (!dropins)
		ok = chain_edit_cmdline(job);
	struct cmdline_job rest = *job;
	rest.add = NULL;
	while (dropins && ok && (file = boot_match(job->boot, "/etc/cmdline.d/*.conf", &index)))
		ok = job_edit_file(&rest, file->path, &chain_first_line, NULL);
	g_autoptr(GPtrArray) missing = job_choose_words(job->boot, job->add, false, dropin_has);
	rest.add = missing;
	if (dropins && ok && missing->len > 0)
		ok = job_edit_file(&rest, "/etc/cmdline.d/vfiokit.conf", &chain_first_line, "\n");
	job->changed |= rest.changed;
	build_images(job, INITRAMFS_MKINITCPIO, argv);
	return ok;
}

bool chain_uki_dracut(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_SHELL, "kernel_cmdline", EDIT_LAST, false,
						 true };
	static const char *const argv[] = { "dracut", "-f", "--regenerate-all", NULL };

	if (job->remove && job->remove->len > 0)
		return job_refuse(job, "boot-uneditable", "/etc/dracut.conf.d",
				  "what is to go may stand in any of dracut's files");
	bool ok = job_edit_file(job, "/etc/dracut.conf.d/90-vfiokit-cmdline.conf", &place, "");
	build_images(job, INITRAMFS_DRACUT, argv);
	return ok;
}
