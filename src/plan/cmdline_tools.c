/* Chains of tools that are told the words, and keep them: see cmdline_chains.h. */
#include <string.h>

#include "plan/cmdline_chains.h"
#include "plan/fallback.h"

static bool entries_have(const struct boot *boot, const char *word)
{
	static const struct edit_place options = { EDIT_ENTRY, "options", EDIT_LAST, false, false };
	const struct boot_file *file;
	unsigned index = 0, n = 0;

	while ((file = boot_match(boot, "/boot/loader/entries/*.conf", &index))) {
		if (fallback_is_copy(file->path))
			continue;
		bool shared = file->text && strstr(file->text, "$kernelopts");
		const char *environment = boot_text(boot, "/boot/grub2/grubenv");
		bool has = file->text && (edit_has(file->text, &options, word) ||
					  (shared && environment && strstr(environment, word)));
		if (!has)
			return false;
		n++;
	}
	return n > 0;
}

static bool is_configured(const struct boot *boot, const char *word)
{
	g_autofree char *quoted = g_strdup_printf("\"%s\"", word);
	const char *text = boot_text(boot, "/etc/kernelstub/configuration");
	const char *user = text ? strstr(text, "\"user\"") : NULL;

	return user && strstr(user, quoted);
}

bool chain_grubby(struct cmdline_job *job)
{
	g_autoptr(GPtrArray) missing = job_choose_words(job->boot, job->add, false, entries_have);
	g_autofree char *words = job_words(missing);
	g_autofree char *gone = job_words(job->remove);
	g_autofree char *args = g_strconcat("--args=", words, NULL);
	g_autofree char *no_args = g_strconcat("--remove-args=", words, NULL);
	g_autofree char *args_gone = g_strconcat("--args=", gone, NULL);
	g_autofree char *no_args_gone = g_strconcat("--remove-args=", gone, NULL);
	const char *const all = "--update-kernel=ALL";
	const char *const add[] = { "grubby", all, args, NULL };
	const char *const add_undo[] = { "grubby", all, no_args, NULL };
	const char *const take[] = { "grubby", all, no_args_gone, NULL };
	const char *const take_undo[] = { "grubby", all, args_gone, NULL };

	if (*gone)
		job_run(job, take, take_undo, "changes every boot loader entry");
	if (*words)
		job_run(job, add, add_undo,
			"changes every boot loader entry, and those of kernels to come");
	return (!*words && !*gone) || fallback_bls(job, words);
}

/* One option for each word, as rpm-ostree wants it. The caller's (g_strfreev). */
static char **ostree_argv(const struct cmdline_job *job, const char *add, const char *remove)
{
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, g_strdup("rpm-ostree"));
	g_ptr_array_add(argv, g_strdup("kargs"));
	for (guint i = 0; job->remove && i < job->remove->len; i++)
		g_ptr_array_add(argv, g_strconcat(remove, job->remove->pdata[i], NULL));
	for (guint i = 0; job->add && i < job->add->len; i++)
		g_ptr_array_add(argv, g_strconcat(add, job->add->pdata[i], NULL));
	g_ptr_array_add(argv, NULL);
	return (char **)(void *)g_ptr_array_free(argv, FALSE);
}

bool chain_ostree(struct cmdline_job *job)
{
	g_autoptr(GPtrArray) missing = job_choose_words(job->boot, job->add, false, entries_have);
	struct cmdline_job rest = *job;

	rest.add = missing;
	if (job_is_empty(&rest))
		return true;
	g_auto(GStrv) argv = ostree_argv(&rest, "--append-if-missing=", "--delete-if-present=");
	g_auto(GStrv) undo = ostree_argv(&rest, "--delete-if-present=", "--append-if-missing=");
	job_run(job, (const char *const *)argv, (const char *const *)undo,
		"makes a new deployment; the one of now stays in the menu");
	return true;
}

bool chain_kernelstub(struct cmdline_job *job)
{
	g_autoptr(GPtrArray) missing = job_choose_words(job->boot, job->add, false, is_configured);
	g_autoptr(GPtrArray) there = job_choose_words(job->boot, job->remove, true, is_configured);
	g_autofree char *words = job_words(missing);
	g_autofree char *gone = job_words(there);
	const char *const add[] = { "kernelstub", "-a", words, NULL };
	const char *const take[] = { "kernelstub", "-d", words, NULL };
	const char *const add_gone[] = { "kernelstub", "-a", gone, NULL };
	const char *const take_gone[] = { "kernelstub", "-d", gone, NULL };

	if (*words || *gone)
		fallback_kernelstub(job);
	if (*gone)
		job_run(job, take_gone, add_gone, "changes the entry of systemd-boot");
	if (*words)
		job_run(job, add, take, "changes the entry of systemd-boot");
	return true;
}
