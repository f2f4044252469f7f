/* Between pinning_domains.c, which divides cores, and pinning_choice.c, which chooses some. */
#pragma once

#include <glib.h>

#include "vm/pinning_parts.h"

/* What two cores of one domain have in common. L3 numbers below 0 mean "none": such cores of one
 * node are taken as one domain. */
typedef bool (*same_domain)(const struct core *a, const struct core *b);

bool same_package(const struct core *a, const struct core *b);
bool same_node(const struct core *a, const struct core *b);
bool same_l3(const struct core *a, const struct core *b);

struct domain {
	const struct core *first; /* stands for it */
	unsigned capacity;        /* threads of cores that may be used */
	bool of_device;           /* holds cores of the device's node */
	bool no_memory;           /* all of its nodes are without */
	int64_t l3_size;          /* the largest */
	bool of_core_0;
	bool used; /* chosen already */
};

/* The domains of the cores in the mask (of struct domain); the caller's. And how many they are. */
GArray *domains_make(const struct cores *cores, const bool *mask, same_domain same);
unsigned domains_count(const struct cores *cores, const bool *mask, same_domain same);

/* Sorts domains: those that hold most come first. */
int domain_larger(const void *a, const void *b);

/* How few of them, sorted so, hold need threads? */
unsigned domains_needed(const GArray *domains, unsigned need);

/* Leaves in the mask the cores of domains that are used. */
void domains_keep(const struct cores *cores, bool *mask, GArray *domains, same_domain same);

/* Leaves in the mask the cores of as few domains as hold need threads. */
void domains_narrow(const struct cores *cores, bool *mask, unsigned need, same_domain same);
