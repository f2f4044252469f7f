/* Chains of menus that people write, or a tool from one file of theirs: see cmdline_chains.h. */
#include "plan/cmdline_chains.h"
#include "plan/fallback.h"

bool chain_sdboot_manage(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_SHELL, "LINUX_OPTIONS", EDIT_LAST, false,
						 false };
	static const char *const argv[] = { "sdboot-manage", "gen", NULL };
	bool ok = job_edit_file(job, "/etc/sdboot-manage.conf", &place, NULL);

	job_run_if_changed(job, argv, "writes all boot loader entries anew", NULL);
	if (job->changed)
		fallback_hint(job);
	return ok;
}

bool chain_entries(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_ENTRY, "options", EDIT_LAST, false, false };

	return fallback_entry(job) && job_edit_file(job, job->boot->entry, &place, NULL);
}

bool chain_limine_tool(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_SHELL, "KERNEL_CMDLINE[default]", EDIT_LAST,
						 false, false };
	static const char *const argv[] = { "limine-update", NULL };
	const char *text = boot_text(job->boot, "/etc/default/limine");
	g_autofree char *value = text ? edit_value(text, &place, 0) : NULL;

	/* With a value of ours alone, the tool would leave out where the root is. */
	if (!value || !*value)
		return job_refuse(job, "boot-uneditable", "/etc/default/limine",
				  "there is no KERNEL_CMDLINE[default] with the parameters of now");
	bool ok = job_edit_file(job, "/etc/default/limine", &place, NULL);
	job_run_if_changed(job, argv, "writes Limine's menu anew", job->boot->limine_conf);
	if (job->changed)
		fallback_hint(job);
	return ok;
}
