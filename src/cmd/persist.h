/* bind --persist and unbind --persist: what is bound at every boot. */
#pragma once

#include "cmd/change.h"

#define PROBE_FOR_PERSIST                                                                          \
	(PROBE_DETAIL | PROBE_REGIONS | PROBE_USB | PROBE_USAGE | PROBE_HOLDERS | PROBE_MACHINE |  \
	 PROBE_BOOT | PROBE_BINDINGS)

/* What bind --persist was asked for. */
struct persist_options {
	bool group;
	bool trial;
	const struct change_options *change;
};

/* Adds functions (indexes in host.pci, of int) to what is bound at every boot. Returns the exit
 * status, or -1 and *error. The host must have been probed with PROBE_FOR_PERSIST. */
int persist_bind(struct context *context, const struct host *host, const GArray *functions,
		 const struct persist_options *options, GError **error);

/* Takes the functions that the command's arguments name away from it, whether they are there or
 * not. */
int persist_unbind(struct context *context, const struct host *host,
		   const struct change_options *options, GError **error);
