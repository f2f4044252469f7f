/* For tests of plans: the bundled hosts with some of their files changed, and plans as text. */
#pragma once

#include <glib.h>

#include "base/tree.h"
#include "model/host.h"
#include "plan/plan.h"

/* The recording of the bundled host NAME ("guide-example"); the caller's to free. */
struct tree *bundled_tree(const char *name);

/* The same, probed, with lines (see fixture_put(); NULL: none) on top. */
struct host *bundled_host(const char *name, const char *const *lines);

/* The same, probed as 'bind' does for the functions that words name: no more than it has to know.
 */
struct host *bundled_host_for(const char *name, const char *const *lines, const char *words);

/* The functions that words ("01:00.0 01:00.1") name, as indexes in host.pci; a missing one ends the
 * test. An array of int; the caller's to free. */
GArray *functions_of(const struct host *host, const char *words);

/* Steps, one a line: "module vfio-pci", "write 0000:01:00.0 driver_override - -> vfio-pci",
 * "unbind 0000:01:00.0 nvidia", "probe 0000:01:00.0 vfio-pci"; "-" is nothing, "~>" a write that is
 * loose. Checks that each step says why, and that its path fits. The caller's to free. */
char *steps_text(const struct plan *plan);

/* Refusals ("refused ID SUBJECT: WHAT", "never" for those that nothing overrides) and warnings
 * ("warning ID: WHAT"), one a line; the caller's to free. */
char *objections_text(const struct plan *plan);
