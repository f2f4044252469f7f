/* The answers that setup plans by: from options, or asked for. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd/change.h"
#include "plan/setup.h"

struct setup_options {
	struct change_options change;
	const char *gpu;    /* DEVICE, "auto" or "none"; NULL: not said */
	const char *usb;    /* the same */
	GPtrArray *devices; /* of const char *; NULL: none */
	const char *bind;   /* "boot", "modules", "demand"; NULL: not said */
	const char *chain;  /* --boot */
	GPtrArray *words;   /* of const char *; NULL: none */
	const char *memory; /* --hugepages */
	bool iommu_pt;
	bool blacklist;
	bool no_packages;
	bool group;
	bool trial;
};

/* Everything that the plan needs; arrays are owned. */
struct setup_answers {
	GArray *functions; /* of int: indexes in host.pci, each once */
	struct setup_request request;
};

/* Takes the options, and asks for what they leave open where somebody can be asked; where not, the
 * cautious answer is taken: no device is bound that was not named. False: STATUS_USAGE, or
 * STATUS_REFUSED when the input ended. */
bool setup_answer(struct context *context, const struct host *host,
		  const struct setup_options *options, bool ask, struct setup_answers *ret,
		  GError **error);

/* The command line of a setup with these answers that asks nothing and installs nothing: what makes
 * a trial last. The caller's (g_strfreev). */
char **setup_answers_argv(const struct host *host, const struct setup_options *options,
			  const struct setup_answers *answers);

void setup_answers_clear(struct setup_answers *answers);
