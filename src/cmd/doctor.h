/* What the files of doctor and audit share. */
#pragma once

#include "cmd/command.h"
#include "rules/rule.h"

struct doctor_options {
	bool list;
	bool explain;
};

/* One run of either command. */
struct doctor {
	struct context *context;
	const struct host *host; /* after it was probed */
	unsigned set;            /* RULE_DOCTOR or RULE_AUDIT */
	GPtrArray *rules;        /* those that are named, of const struct rule */
	GPtrArray *others;       /* arguments that are no rules, of const char */
	const struct domain *domain;
	GArray *devices; /* of int: indexes in host.pci */
};
