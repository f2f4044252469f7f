/* What the IOMMU groups of a host must be: the kernel's own algorithm (pci_device_group() in
 * drivers/iommu/iommu.c of Linux 7.2, with pci_for_each_dma_alias() and pci_acs_enabled()), run on
 * what is known of the host. Facts that are not known are never guessed: a function whose group
 * depends on one has an unknown group.
 *
 * Taken for granted, and said in notes where it matters: an IOMMU that is off would, when on, cover
 * every function; the kernel then switches on all ACS bits that a port implements; chipset
 * registers that the kernel sets to isolate Intel PCH root ports can be set.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/isolation.h"
#include "model/tri.h"

struct host;

enum {
	PREDICTION_UNKNOWN = -1, /* the group depends on what is not known */
	PREDICTION_NONE = -2,    /* known to be in no group: the IOMMU does not cover it */
};

enum {
	PREDICTION_DMA_OWN = -1,
	PREDICTION_DMA_UNKNOWN = -2, /* a VMD function that is not listed, or one of several */
};

/* What is above a function. */
enum place {
	PLACE_ROOT,   /* nothing: a root bus */
	PLACE_BRIDGE, /* the bridge up */
	PLACE_GAP,    /* a bridge that is not in the listing; up is the next one above, or -1 */
};

/* How a function came by its group: alone, or by joining that of another one. */
enum join {
	JOIN_NONE,    /* the first of its group */
	JOIN_DMA,     /* does its DMA under the address of joined: Intel VMD */
	JOIN_BUS,     /* behind joined, which puts all that is behind it under one address */
	JOIN_PATH,    /* behind joined, and via, joined itself or a port above, is not isolated */
	JOIN_ALIAS,   /* one of the two also uses the other's address: quirk */
	JOIN_SIBLING, /* function of the same slot, and neither is isolated */
};

/* Everything about a function that bears on its group. */
struct prediction_fn {
	int group; /* from 0; or PREDICTION_UNKNOWN, PREDICTION_NONE */
	int up;    /* index of the bridge above in host.pci; -1: none, or not listed */
	enum place place;
	enum tri multifunction; /* as the kernel sees it */
	enum tri covered;       /* does the IOMMU cover it? */
	enum tri alias;         /* bridges: all that is behind has one address on the bus above */
	enum tri path;          /* bridges: it and all ports above it are isolated */
	struct isolation isolation;
	int dma; /* index of the VMD function under whose address it does its DMA;
		  * or PREDICTION_DMA_OWN, PREDICTION_DMA_UNKNOWN */
	const struct alias_quirk *quirk; /* DMA under other addresses; NULL: none */
	bool quirk_unknown;              /* whether it has one is not known */
	enum join join;                  /* where group is known */
	int joined;                      /* index in host.pci; -1: JOIN_NONE */
	int via;                         /* JOIN_PATH: the lowest port that is not isolated */
};

/* A function whose predicted group is not the kernel's. */
struct prediction_difference {
	int pci;
	int predicted; /* group of the prediction */
	int group;     /* index in host.groups */
};

struct prediction {
	struct prediction_fn *fns; /* one for each of host.pci */
	unsigned n_fns;
	unsigned n_groups;
	int *members;     /* indexes in host.pci by group, ascending */
	unsigned *starts; /* n_groups + 1: where each group begins in members */
	unsigned n_unknown;
	enum tri equal; /* to the kernel's groups, over all functions: yes, no, or not known,
			 * also where there are no groups to compare with */
	struct prediction_difference *differences;
	unsigned n_differences;
	bool overridden;  /* the kernel's groups are smaller than its own rules allow: the ACS
			   * override patch, or a quirk that is not in the tables yet */
	GPtrArray *notes; /* sentences: what is taken for granted, what is missing */
	struct isolation_host host;
};

/* Predicts the groups of a linked host. Takes time in proportion to the number of functions. */
void predict_groups(const struct host *host, struct prediction *ret);
void prediction_clear(struct prediction *prediction);
