/* Chains of tools that read /etc/kernel/cmdline: see cmdline_chains.h. */
#include <string.h>

#include "plan/cmdline_chains.h"
#include "plan/fallback.h"
#include "plan/initramfs.h"

const struct edit_place chain_first_line = { EDIT_CMDLINE, NULL, EDIT_LAST, false, false };

/* What /etc/kernel/cmdline is made from where there is none: the file that stands in for it, else
 * what is on the command line now without what the loader put there. NULL: not known. */
static char *make_cmdline(const struct cmdline_job *job)
{
	static const char *const loaders[] = { "BOOT_IMAGE=", "initrd=", "systemd.machine_id=" };
	const char *vendor = boot_text(job->boot, "/usr/lib/kernel/cmdline");
	const char *cmdline = job->host->platform.kernel.cmdline;
	GString *text = g_string_new(NULL);
	struct slice word;

	while (!vendor && cmdline && cmdline_next(&cmdline, &word)) {
		bool own = false;
		for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++)
			own |= word.length >= strlen(loaders[i]) &&
			       strncmp(word.text, loaders[i], strlen(loaders[i])) == 0;
		if (!own)
			g_string_append_printf(text, "%s%.*s", text->len > 0 ? " " : "",
					       (int)word.length, word.text);
	}
	if (vendor || text->len == 0) {
		g_string_free(text, TRUE);
		return g_strdup(vendor);
	}
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

bool chain_edit_cmdline(struct cmdline_job *job)
{
	g_autofree char *otherwise = make_cmdline(job);

	return job_edit_file(job, "/etc/kernel/cmdline", &chain_first_line, otherwise);
}

void chain_refresh_proxmox(struct cmdline_job *job)
{
	static const char *const argv[] = { "proxmox-boot-tool", "refresh", NULL };

	job_run_if_changed(job, argv, "writes the menus on all EFI system partitions anew", NULL);
}

bool chain_proxmox(struct cmdline_job *job)
{
	bool ok = chain_edit_cmdline(job);

	chain_refresh_proxmox(job);
	if (job->changed)
		fallback_hint(job);
	return ok;
}

bool chain_sdbootutil(struct cmdline_job *job)
{
	static const char *const argv[] = { "sdbootutil", "update-all-entries", NULL };
	bool ok = chain_edit_cmdline(job);

	job_run_if_changed(job, argv, "writes all boot loader entries anew", NULL);
	if (job->changed)
		fallback_hint(job);
	return ok;
}

/* systemd from version 256 on installs all kernels at once (kernel-install(8)). */
static bool has_add_all(const struct boot *boot)
{
	const char *text = boot->loader_info ? boot->loader_info : boot->stub_info;
	const char *digits = text ? strpbrk(text, "0123456789") : NULL;

	return digits && g_ascii_strtoull(digits, NULL, 10) >= 256;
}

static bool run_kernel_install(struct cmdline_job *job)
{
	static const char *const again[] = { "reinstall-kernels", NULL };
	static const char *const all[] = { "kernel-install", "add-all", NULL };
	const struct boot *boot = job->boot;
	const char *why = "writes the boot loader's entry of every kernel anew";

	if (job->way_back && initramfs_installs(job->host))
		return true;
	if (boot_has(boot, "reinstall-kernels") == TRI_YES) {
		job_run_if_changed(job, again, why, NULL);
		return true;
	}
	if (has_add_all(boot)) {
		job_run_if_changed(job, all, why, NULL);
		return true;
	}
	for (unsigned i = 0; i < boot->n_kernels; i++) {
		const struct boot_kernel *kernel = &boot->kernels[i];
		const char *const one[] = { "kernel-install", "add", kernel->release, kernel->image,
					    NULL };
		if (!kernel->image)
			return job_refuse(job, "boot-uneditable", kernel->release,
					  "the image of this kernel was not found");
		job_run_if_changed(job, one, "writes the boot loader's entry of this kernel anew",
				   NULL);
	}
	return true;
}

bool chain_kernel_install(struct cmdline_job *job)
{
	if (!chain_edit_cmdline(job))
		return false;
	return !job->changed || (fallback_installed(job) && run_kernel_install(job));
}
