/* vfiokit tune, between tune.c (what is asked for, what is shown) and tune_guest.c (a guest that
 * libvirt knows). */
#pragma once

#include "cmd/change.h"
#include "model/pinning.h"
#include "model/threads.h"
#include "vm/guest.h"

struct tune_options {
	struct change_options change;
	const char *cpus;
	const char *gpu;
	const char *host_cores;
	const char *hugepages; /* NULL: as it is */
	const char *connect;   /* NULL: the system's */
	bool isolate;
	bool interrupts;
	bool performance;
	bool show;
};

/* What was worked out. */
struct tune_made {
	const struct host *host; /* the context's */
	int gpu;                 /* index in host.pci of --gpu; -1: none */
	bool pinned;             /* pinning is made */
	struct pinning pinning;
	struct guest *guest;           /* NULL: none is named */
	char *xml;                     /* its definition */
	struct guest_threads *threads; /* of it as it runs; NULL: it does not, or not known */
};

void tune_made_clear(struct tune_made *made);

/* Reads the definition of a guest from libvirt. */
bool tune_read_guest(struct context *context, const char *domain, struct tune_made *made,
		     GError **error);

/* The functions of this machine that the guest (NULL: none) has: indexes in host.pci. The caller's.
 */
GArray *tune_functions(const struct host *host, const struct guest *guest);

/* Shows the plan for it, or does it. Returns the exit status, or -1 and *error. */
int tune_guest(struct context *context, const char *domain, struct tune_made *made, GError **error);
