/* The parts of explain.c: words for functions and their isolation, reasons, remedies. Internal to
 * explain*.c.
 */
#pragma once

#include "model/explain.h"
#include "model/host.h"

struct explain {
	const struct host *host;
	const struct prediction *prediction;
	int index;
	const int *members; /* of the group that is explained; NULL: not known */
	unsigned n_members;
};

/* ---- explain_words.c ---- */

/* An address as people write it: without domain 0. */
struct explain_address {
	char text[PCI_ADDR_SIZE];
};
struct explain_address explain_address(const struct host *host, int index);

/* "00:01.0 (root port)"; "01:00.0" for what is no bridge. The caller's to free. */
char *explain_name(const struct host *host, int index);

/* "00:1f.2, 00:1f.3 and 2 more"; the caller's to free. */
char *explain_list(const struct host *host, const int *list, unsigned n);

/* Why it is isolated or not, to follow its name: "has no ACS capability". The caller's to free. */
char *explain_clause(const struct explain *explain, int index);

/* A sentence on a bridge; the caller's to free. */
char *explain_step_text(const struct explain *explain, int index);

/* Adds a sentence to a list of them. */
void explain_add(GPtrArray *list, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- the others add sentences ---- */

void explain_reasons(const struct explain *explain, GPtrArray *list);
void explain_remedies(const struct explain *explain, GPtrArray *list);
