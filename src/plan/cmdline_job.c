/* See cmdline_job.h. */
#include "plan/cmdline_job.h"

/* ---- words ---- */

bool job_is_empty(const struct cmdline_job *job)
{
	return (!job->add || job->add->len == 0) && (!job->remove || job->remove->len == 0);
}

char *job_words(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; words && i < words->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
				       (const char *)words->pdata[i]);
	return g_string_free(text, FALSE);
}

static char *why_words(const struct cmdline_job *job)
{
	g_autofree char *add = job_words(job->add);
	g_autofree char *gone = job_words(job->remove);

	if (job_is_empty(job))
		return g_strdup("keeps an entry in the menu that boots without it");
	return g_strdup_printf("parameters of the kernel:%s%s%s%s", *add ? " with " : "", add,
			       *gone ? " without " : "", gone);
}

/* ---- files ---- */

/* The text with all words that must be there and none that must not. NULL: it cannot be done. */
static char *edit_words(const struct cmdline_job *job, const char *text,
			const struct edit_place *place, GError **error)
{
	char *now = g_strdup(text);

	for (guint i = 0; job->remove && i < job->remove->len; i++) {
		char *next = edit_remove(now, place, job->remove->pdata[i]);
		g_free(now);
		now = next;
	}
	for (guint i = 0; now && job->add && i < job->add->len; i++) {
		char *next = edit_add(now, place, job->add->pdata[i], error);
		g_free(now);
		now = next;
	}
	return now;
}

bool job_refuse(struct cmdline_job *job, const char *id, const char *subject, const char *what)
{
	g_autofree char *add = job_words(job->add);
	g_autofree char *gone = job_words(job->remove);

	plan_refuse(job->plan, id, subject, false, "%s. Do it by hand:%s%s%s%s", what,
		    *add ? " add to the kernel's command line: " : "", add,
		    *gone ? " take away from it: " : "", gone);
	return false;
}

bool job_put_file(struct cmdline_job *job, const char *path, const char *old, const char *text,
		  const char *why)
{
	if (g_strcmp0(old, text) == 0)
		return true;
	g_autofree char *words = why ? NULL : why_words(job);
	plan_add(job->plan, STEP_FILE, path, old, text, why ? why : words);
	job->changed = true;
	return true;
}

bool job_edit_text(struct cmdline_job *job, const char *path, const char *old, const char *from,
		   const struct edit_place *place)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = edit_words(job, from, place, &error);

	if (!text)
		return job_refuse(job, "boot-uneditable", path,
				  error ? error->message : "this file cannot be changed");
	return job_put_file(job, path, old, text, NULL);
}

bool job_edit_file(struct cmdline_job *job, const char *path, const struct edit_place *place,
		   const char *otherwise)
{
	const char *old = boot_text(job->boot, path);
	enum tri there = boot_file_find(job->boot, path) ? boot_has(job->boot, path) : TRI_NO;

	if (!old && (there != TRI_NO || !otherwise))
		return job_refuse(job, "boot-unreadable", path,
				  "this file is needed, and cannot be read");
	return job_edit_text(job, path, old, old ? old : otherwise, place);
}

/* ---- programs ---- */

void job_run(struct cmdline_job *job, const char *const *argv, const char *const *undo,
	     const char *why)
{
	plan_add_run(job->plan, argv, undo, why);
}

struct step *job_run_if_changed(struct cmdline_job *job, const char *const *argv, const char *why,
				const char *made)
{
	if (!job->changed)
		return NULL;
	struct step *step = plan_add_run(job->plan, argv, NULL, why);
	if (made && job->add && job->add->len > 0) {
		step->path = g_strdup(made);
		step->new_value = g_strdup(job->add->pdata[0]);
	}
	return step;
}

/* ---- what is there already ---- */

GPtrArray *job_choose_words(const struct boot *boot, const GPtrArray *list, bool there,
			    bool (*has)(const struct boot *boot, const char *word))
{
	GPtrArray *chosen = g_ptr_array_new();

	for (guint i = 0; list && i < list->len; i++)
		if (has(boot, list->pdata[i]) == there)
			g_ptr_array_add(chosen, list->pdata[i]);
	return chosen;
}
