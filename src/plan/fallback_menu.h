/* Ways back in menus that are one file, written by people: what rEFInd's and Limine's have in
 * common. */
#pragma once

#include "plan/fallback.h"

/* In the value of a slot: the kernel's parameters. */
extern const struct edit_place fallback_parameters;

/* Is the value as the job wants it? */
bool fallback_is_as_wanted(const struct cmdline_job *job, const char *value);

/* The slot that holds all words of the command line now, and that is not our own entry's; of
 * several, the one that holds no others; of several, the one that starts the running kernel (NULL:
 * that cannot be told). -1: none, or several. */
int fallback_find_current(const struct cmdline_job *job, const char *text,
			  const struct edit_place *line,
			  bool (*starts)(const struct cmdline_job *job, const char *text,
					 unsigned which));

/* After the step that writes the menu: where it starts copies, it goes last when this is undone.
 * Returns ok. */
bool fallback_keep_last(struct cmdline_job *job, bool ok);
