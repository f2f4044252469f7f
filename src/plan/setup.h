/* Preparing a machine: what 'vfiokit setup' would do, as one plan. Pure: from a host and answers to
 * steps; nothing that is so already is done again. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/host.h"
#include "plan/plan.h"

enum setup_early {
	EARLY_NONE,    /* on demand: by 'vfiokit bind' or by libvirt */
	EARLY_ADDRESS, /* at each boot by address and identity: as bind --persist */
	EARLY_MODULES, /* at each boot by options of modules */
};

/* Answers. Nothing is owned. */
struct setup_request {
	const int *functions; /* indexes in host.pci, each once: what goes to guests */
	unsigned n;
	enum setup_early early;
	bool group;          /* with all that is in the same IOMMU groups and can be given away */
	const char *program; /* as persist.h wants it */
	GPtrArray *trial_words;    /* not NULL: for one boot only; the parameters of the kernel that
				    * this boot needs are added to it (of char *, owned by it), and
				    * not to the loader's configuration: see trial.h */
	bool blacklist;            /* EARLY_MODULES: also keep their drivers from loading */
	bool iommu_pt;             /* the host's own devices use memory untranslated */
	uint64_t hugepages;        /* bytes kept in huge pages from the next boot on; 0: none */
	bool packages;             /* install what is missing */
	const GPtrArray *words;    /* of const char *: parameters of the user's own; NULL: none */
	const char *user;          /* who shall use the machines; NULL: nobody in particular */
	const char *groups_missed; /* groups that user is not in, by blanks; NULL: not known */
};

/* The host must have been probed with PROBE_FOR_SETUP. Steps, refusals and warnings are added to
 * plan, whose effect is the next boot. Refusals that this adds to those of persist.h and
 * cmdline_plan.h: "no-iommu" where firmware or hardware is at fault, saying what to switch on.
 * Where one of them cannot be overridden, there are no steps. */
void setup_plan(const struct host *host, const struct setup_request *request, struct plan *plan);

/* Which groups of the distribution let a user use its virtual machines: "libvirt kvm", or fewer. */
const char *setup_groups(const struct boot *boot);

/* ---- answers that fit the machine ---- */

/* The GPU to give away, with the functions of its slot, and its group where that is possible: one
 * that is not the boot display, if there are two. Appends indexes (of int); nothing when there is
 * none that could be spared. */
void setup_suggest_gpu(const struct host *host, GArray *functions);

/* A USB controller without the last keyboard, without disks in use or networks; -1: none. */
int setup_suggest_usb(const struct host *host);
