/* What all commands that change the machine do alike: show the plan, refuse, apply, tell. */
#pragma once

#include "apply/change.h"
#include "cmd/command.h"
#include "plan/plan.h"

/* Options that they share; the first member of their own struct. */
struct change_options {
	bool dry_run;
	bool yes;
	bool offline;     /* change files in another tree, too */
	GPtrArray *allow; /* of const char *; NULL: none */
};

#define OPTION_DRY_RUN(type)                                                                       \
	{                                                                                          \
		.name = "dry-run", .letter = 'n', .kind = OPTION_FLAG,                             \
		.help = "print the plan, and do nothing", .offset = offsetof(type, change.dry_run) \
	}
#define OPTION_OFFLINE(type)                                                                       \
	{                                                                                          \
		.name = "offline", .kind = OPTION_FLAG,                                            \
		.help = "with --root: change the files there, and run no program",                 \
		.offset = offsetof(type, change.offline)                                           \
	}
#define OPTION_YES(type)                                                                           \
	{                                                                                          \
		.name = "yes", .letter = 'y', .kind = OPTION_FLAG, .help = "ask nothing",          \
		.offset = offsetof(type, change.yes)                                               \
	}
#define OPTION_ALLOW(type)                                                                         \
	{                                                                                          \
		.name = "allow", .kind = OPTION_TEXTS, .argument = "ID",                           \
		.help = "override a refusal by its id; may be repeated",                           \
		.offset = offsetof(type, change.allow)                                             \
	}

/* Do the ids that --allow names exist? Else false and STATUS_USAGE. */
bool change_check_allowed(const struct change_options *options, GError **error);

/* Is --offline given only with --root? Without, programs of the running machine would be left out,
 * and what they make of the files. Else false and STATUS_USAGE. */
bool change_check_offline(const struct context *context, const struct change_options *options,
			  GError **error);

/* Finishes a plan that was made: prints it or does it, as the options and the machine allow.
 * undoes: the change that it takes back; NULL: none. made: what is printed for people when it is
 * done, as "0000:01:00.0 is on vfio-pci"; NULL: nothing. Returns the exit status, or -1 and *error.
 */
int change_finish(struct context *context, const struct change_options *options, struct plan *plan,
		  const struct change *undoes, const char *made, GError **error);

/* Leaves only what changes files (--offline): of programs that were to be run each is told as a
 * warning. */
void change_drop_programs(struct plan *plan);

/* Prints the plan: for people, or as JSON. */
void change_print_plan(struct context *context, const struct plan *plan);
