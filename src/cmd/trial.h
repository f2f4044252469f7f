/* --trial: adding it to a plan, and what becomes of it in the boots that follow. */
#pragma once

#include "cmd/command.h"
#include "plan/plan.h"
#include "view/term.h"

/* Adds the steps of a trial to a plan that has all others; see plan/trial.h. words: parameters of
 * the kernel (of const char *; NULL: none). argv: the command that makes it last. */
bool trial_add(struct context *context, const struct host *host, const GPtrArray *words,
	       const char *const *argv, struct plan *plan);

enum trial_state {
	TRIAL_NONE,
	TRIAL_WAITS, /* the machine was not restarted yet */
	TRIAL_RUNS,  /* this boot is the trial */
	TRIAL_LOST,  /* it was restarted, and this boot is not the trial: that did not end well */
};

struct trial {
	enum trial_state state;
	char *id;    /* the change that made it; NULL: TRIAL_NONE */
	char *words; /* parameters that it was to boot with, too; NULL: none */
};

/* How it stands; to be cleared with trial_clear(). */
void trial_find(struct context *context, struct trial *trial);
void trial_clear(struct trial *trial);

/* A line about one that waits, or was lost. */
void trial_print(const struct term *term, const struct trial *trial);

/* Makes a trial that went well last: takes it back, and runs its command. */
bool trial_keep(struct context *context, const char *id, GError **error);
