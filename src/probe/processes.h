/* The processes that run: one walk for all who look for some. */
#pragma once

#include <glib.h>

#include "base/root.h"

struct processes {
	struct root_dir proc; /* /proc; what is said of a process is in it as "PID/…" */
	GPtrArray *names;     /* all that is in it */
	GPtrArray *pids;      /* of char *, by number; borrowed of those */
};

#define PROCESSES_NONE ((struct processes){ .proc = ROOT_DIR_CLOSED })

/* Lists them; -errno: /proc cannot be read, and nothing is open. */
int processes_open(struct root *root, struct processes *ret);
void processes_close(struct processes *processes);
#define PROCESSES_AUTO __attribute__((cleanup(processes_close)))
