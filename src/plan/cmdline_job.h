/* What a chain of boot tools is asked for, and the steps of which its part of a plan is made. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "edit/edit.h"
#include "model/binding.h"
#include "model/host.h"
#include "plan/plan.h"

struct cmdline_job {
	const struct host *host;
	const struct boot *boot;
	struct plan *plan;
	const GPtrArray *add;    /* of const char *; NULL: none */
	const GPtrArray *remove; /* the same */
	bool way_back;           /* see struct cmdline_request */
	bool kept;               /* the entry without our changes starts from copies */
	bool changed;            /* a file is changed, so what is made of it must be made anew */
};

/* Is nothing to be added, and nothing taken away? */
bool job_is_empty(const struct cmdline_job *job);

/* Words with blanks between them; the caller's. */
char *job_words(const GPtrArray *words);

/* Adds a refusal that says what to do by hand. False. */
bool job_refuse(struct cmdline_job *job, const char *id, const char *subject, const char *what);

/* Adds a step that changes path from old (NULL: not there) to text; nothing when they are equal.
 * why: NULL stands for the words of the job. True. */
bool job_put_file(struct cmdline_job *job, const char *path, const char *old, const char *text,
		  const char *why);

/* The same with the words of the job put in and taken out. otherwise: what a file that is not there
 * is made from; NULL: it must be there. False with a refusal. */
bool job_edit_file(struct cmdline_job *job, const char *path, const struct edit_place *place,
		   const char *otherwise);

/* The same from a text that is not old itself. */
bool job_edit_text(struct cmdline_job *job, const char *path, const char *old, const char *from,
		   const struct edit_place *place);

/* Adds a program to the plan, whatever has changed. undo: what takes it back, as in struct step. */
void job_run(struct cmdline_job *job, const char *const *argv, const char *const *undo,
	     const char *why);

/* The same where the job has changed something. made: the menu that it writes, in which the first
 * of the words must be then; NULL: none. Returns the step, NULL where nothing was changed. */
struct step *job_run_if_changed(struct cmdline_job *job, const char *const *argv, const char *why,
				const char *made);

/* The words of list of which has() is not, or is. The caller's array; not the words. */
GPtrArray *job_choose_words(const struct boot *boot, const GPtrArray *list, bool there,
			    bool (*has)(const struct boot *boot, const char *word));
