/* What forbids giving functions to guests, or taking them back: one rule for each way of harming
 * the host, with an id that people know and that --allow takes (cli.md, "Plans"). Pure.
 *
 * A rule that is broken adds a refusal to the plan: what is in the way, by name, why that matters,
 * and what to do. A fact that is not known is no refusal; it becomes a warning of the same id.
 */
#pragma once

#include <stdbool.h>

#include "model/host.h"
#include "plan/plan.h"

enum refusal_when {
	REFUSAL_BIND = 1 << 0,
	REFUSAL_UNBIND = 1 << 1,
	REFUSAL_DEFINE = 1 << 2, /* put into a guest's definition: who uses them now is no matter */
	REFUSAL_UNDO = 1 << 3,   /* the host had been given them back, and loses them again: VFIO
				  * accepted them before */
};

/* What is judged. Nothing in it is owned. */
struct refusal_query {
	enum refusal_when when;
	const int *functions; /* indexes in host.pci of those that would change hands */
	unsigned n;
	const int *asked; /* those that were named, for the rule on bridges */
	unsigned n_asked;
	bool group;                      /* everything of their groups is taken */
	const struct identity *expected; /* who has to be there; NULL: no matter */
	unsigned n_expected;
};

/* Judges by every rule that is for that moment. The host must have been probed as bind_plan.h
 * says. Nothing is said of no functions, except of bridges and identities. */
void refusal_judge(const struct host *host, const struct refusal_query *query, struct plan *plan);

/* The id of the rule with that number, in the order in which they are judged; NULL: no more. */
const char *refusal_id(unsigned number);

/* May --allow take that id? False too where there is no such rule (*known tells; may be NULL). */
bool refusal_is_overridable(const char *id, bool *known);
