/* Judging a guest's definition, as vm lint and doctor do it. */
#pragma once

#include "cmd/command.h"
#include "probe/probe.h"
#include "vm/guest.h"

/* What of the host the rules of vm/lint.h look at. */
#define LINT_PARTS                                                                                 \
	(PROBE_DETAIL | PROBE_USB | PROBE_USAGE | PROBE_PLATFORM | PROBE_TOPOLOGY |                \
	 PROBE_MACHINE | PROBE_DOMAINS)

/* Appends the findings. name: what the guest is called where it has no name; schema: path of a
 * domain.rng, NULL: the installed one. */
void vm_lint_guest(struct context *context, const struct host *host, const struct guest *guest,
		   const char *name, const char *schema, GPtrArray *findings);
