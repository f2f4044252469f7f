/* What can be found out before anything is done: so that what must fail fails while nothing has
 * happened yet. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "plan/plan.h"

struct root;

/* Are all programs of the plan there, and with room also: may all its files be written, and is
 * there room for all of them at once, and for the images that are built anew? Nothing is left of
 * the trial. False: STATUS_FAILED, naming the first that cannot be. */
bool prepare_check(struct root *root, const struct plan *plan, bool room, GError **error);
