/* What guests are made for, and what systems run in them. */
#pragma once

#include <stdbool.h>

struct guest_kind {
	const char *name; /* "win11" */
	bool windows;
	bool secure_boot; /* it wants Secure Boot and a TPM */
};

/* Ends with a row without a name. */
extern const struct guest_kind guest_kinds[];
const struct guest_kind *guest_kind_find(const char *name);

struct profile {
	const char *name;    /* "windows-gaming" */
	const char *summary; /* for whom, in one line */
	const char *guest;   /* where --guest is not given */
	unsigned max_cores;  /* for --cpus auto; 0: as many as the host can spare */
	unsigned memory_gib; /* where --memory is not given, and the host has it */
	unsigned share;      /* … at most so many quarters of the host's memory */
	unsigned iothreads;  /* where queues of a disk can be spread over several */
	bool one_cache;      /* --cpus auto: rather fewer cores than two L3 caches */
	bool headless;       /* no screen: a serial console */
	bool screen;         /* a virtual screen beside the GPU's */
};

extern const struct profile profiles[]; /* ends with a row without a name */
const struct profile *profile_find(const char *name);
