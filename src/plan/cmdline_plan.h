/* Parameters of the kernel's command line, by the chain that really boots this machine: one row for
 * each chain. Pure: from what is known of the boot to steps. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/host.h"
#include "plan/plan.h"

/* What must be on the command line, and what must not (of const char *, "iommu=pt"; NULL: nothing).
 * Nothing is owned. */
struct cmdline_request {
	const GPtrArray *add;
	const GPtrArray *remove;
	bool way_back; /* other things change what is booted, too, and images of all kernels are
			* built after this: keep an entry without them */
};

/* Adds the steps that bring the words in and out, and those that make them take effect at the next
 * boot; nothing for what is so already. Also, where the loader's menu has no other, an entry that
 * boots without them.
 *
 * The host must have been probed with PROBE_BOOT. Where the chain is not certain, or a file cannot
 * be changed exactly, there is a refusal ("boot-uncertain", "boot-unreadable", "boot-uneditable")
 * that says what to do by hand. On NixOS: the warning "nixos" with what to write into its
 * configuration.  True when there is nothing of that kind in the way. */
bool cmdline_plan(const struct host *host, const struct cmdline_request *request,
		  struct plan *plan);

/* For plans that change no parameters, before the initramfs is built anew: where that is done in
 * place, an entry that starts from a copy of what is there now. */
void cmdline_keep_way_back(const struct host *host, struct plan *plan);

/* Behind the steps that build images anew: ends what either of the two above has turned on for the
 * time of that. */
void cmdline_end_way_back(struct plan *plan);
