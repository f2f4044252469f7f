/* Which host CPU each of a guest's CPUs runs on, and what could not be held: made by vm/pinning.h,
 * shown by view/, put into definitions by vm/ and plan/. */
#pragma once

#include <glib.h>

/* What could not be held; an OR of them. */
enum gave_way {
	GAVE_WAY_SPLITS_CORE = 1 << 0,     /* a core is shared by host and guest */
	GAVE_WAY_NO_HOST_CORE = 1 << 1,    /* no whole core is left to the host */
	GAVE_WAY_TAKES_CORE_0 = 1 << 2,    /* the host has another core than CPU 0's */
	GAVE_WAY_HOST_RESERVE = 1 << 3,    /* fewer cores are left to the host than asked for */
	GAVE_WAY_EFFICIENCY = 1 << 4,      /* efficiency cores are used */
	GAVE_WAY_SPANS_NODES = 1 << 5,     /* more than one NUMA node */
	GAVE_WAY_AWAY = 1 << 6,            /* on another node than the device */
	GAVE_WAY_SPANS_L3 = 1 << 7,        /* more than one L3 cache */
	GAVE_WAY_EMULATOR_AWAY = 1 << 8,   /* emulator and I/O threads on another node */
	GAVE_WAY_EMULATOR_SHARES = 1 << 9, /* … on CPUs of the guest */
};

/* All lists are of int, CPUs by the kernel's numbers; sorted but for vcpus. */
struct pinning {
	GArray *vcpus;     /* of vCPU i the host's CPU */
	GArray *emulator;  /* where the emulator's other threads run */
	GArray *iothreads; /* where the I/O threads run */
	GArray *host;      /* what is left to the host; emulator and I/O threads are among it */
	GArray *spare;     /* threads of the guest's cores that run nothing */
	GArray *nodes;     /* NUMA nodes of the guest's CPUs; empty: not known */
	unsigned threads;  /* threads of each core that the guest may be told of, at least 1:
			    * divides the number of vCPUs */
	unsigned gave_way; /* an OR of enum gave_way */
};

void pinning_clear(struct pinning *pinning);

/* The name in JSON of one of enum gave_way, "spans-l3", and what it means for people, as "more than
 * one L3 cache"; NULL: there is no such bit. */
const char *gave_way_name(enum gave_way bit);
const char *gave_way_text(enum gave_way bit);
#define GAVE_WAY_N 10

/* A list of CPUs as the kernel writes it: "2-5,18-21". The caller's. */
char *cpu_list_format(const GArray *cpus);

/* The CPUs of such a list, sorted (of int); "^3" takes one out again, as libvirt has it. What is no
 * number is passed over; NULL is an empty list. The caller's. */
GArray *cpu_list_parse(const char *text);

void cpu_list_sort(GArray *cpus);
