/* For tests of rules: the machines of a pair as trees in memory, and what its rule says of one. */
#pragma once

#include <glib.h>

#include "base/tree.h"
#include "rule_pairs.h"

/* The machine of one side of the pair; the caller's to free. */
struct tree *rule_machine(const struct rule_pair *pair, const struct rule_side *side);

/* What the pair's rule alone finds on the machine, of the devices of that side; the array is the
 * caller's, the machine is taken. NULL: the guest that it is about is not known there. */
GPtrArray *rule_judge(const struct rule_pair *pair, const struct rule_side *side,
		      struct tree *machine);

/* The path of a line of a side; the caller's. */
char *rule_line_path(const char *line);

/* Says what was found, in the test's log. */
void rule_print(const GPtrArray *findings);
