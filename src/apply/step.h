/* Kinds of steps: how each reads what it is about, and does it. One row for each in step.c. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "plan/plan.h"

struct root;

/* How long the kernel and programs may take, in seconds. */
struct step_limits {
	unsigned driver;    /* a driver, to let go of a device or to take it */
	unsigned attribute; /* an attribute, to take its value */
	unsigned program;   /* a program */
};

extern const struct step_limits step_limits_default;

/* What steps are done with. */
struct stepper {
	struct root *root;
	struct step_limits limits;
	int lock;  /* kept open while the kernel is at a step, also when we are killed; -1: none */
	bool held; /* the kernel is still at the last step, in a process that cannot be ended. It
		    * comes to its end when whoever uses the device lets go; until then whatever
		    * else is asked of the device would be held, too */
};

/* What a step changes, as a text: steps with equal keys change the same. The caller's; NULL for
 * kinds that change nothing that could be read back. */
char *step_key(const struct step *step);

/* Reads what the step changes: its driver, its attribute, its file. *value is the caller's; NULL:
 * nothing is there. Returns 0 or -errno; -ENODEV: the device is gone. */
int step_read(struct root *root, const struct step *step, char **value);

/* Does the step, and reads back that it is done. False and STATUS_FAILED, naming what could not be
 * done to what, and the kernel's reason. */
bool step_do(struct stepper *stepper, const struct step *step, GError **error);

/* What came of a step that is done, where that is not just its `new`: libvirt fills in what a
 * definition leaves out. The caller's; NULL: it is its `new`. */
char *step_settled(struct root *root, const struct step *step);

/* Is what it leaves still there after a restart? */
bool step_is_lasting(const struct step *step);

/* Does what it changes come and go, so that one of that name may be another one by now? */
bool step_is_passing(const struct step *step);

/* Is it written beside its path first, where a run that was killed may leave it? */
bool step_is_beside(const struct step *step);
