/* The rules behind refusal.h and the words that they share. Internal to refusal*.c. */
#pragma once

#include "model/loss.h"
#include "plan/refusal.h"

struct judge;

struct refusal_rule {
	const char *id;
	bool overridable;
	unsigned when; /* enum refusal_when, an OR */
	void (*judge)(const struct judge *judge);
};

/* What a rule is given. */
struct judge {
	const struct host *host;
	const struct refusal_query *query;
	const struct refusal_rule *rule;
	const struct iommu_verdict *verdict;
	const struct loss *loss; /* of all that changes hands */
	const bool *moving;      /* for each of host.pci: does it change hands? */
	struct plan *plan;
};

/* ---- the rules ---- */

void judge_root_disk(const struct judge *judge);
void judge_mounted_disk(const struct judge *judge);
void judge_network(const struct judge *judge);
void judge_keyboard(const struct judge *judge);
void judge_display(const struct judge *judge);
void judge_holders(const struct judge *judge);
void judge_guests(const struct judge *judge);
void judge_bridges(const struct judge *judge);
void judge_virtual_functions(const struct judge *judge);
void judge_direct_mapping(const struct judge *judge);
void judge_iommu(const struct judge *judge);
void judge_remapping(const struct judge *judge);
void judge_groups(const struct judge *judge);
void judge_identity(const struct judge *judge);

/* ---- saying it ---- */

/* Refuses by the rule that judges; the subject is host->pci[pci], the host itself for -1. */
void judge_refuse(const struct judge *judge, int pci, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same where this case must never be overridden though others of the rule may. */
void judge_forbid(const struct judge *judge, int pci, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Warns, by the rule that judges. */
void judge_warn(const struct judge *judge, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Is one of those that change hands of these kinds (1 << enum pci_kind), or of a kind that tells
 * nothing? */
bool judge_concerns(const struct judge *judge, unsigned kinds);

/* ---- words ---- */

/* An address as people write it: without domain 0. */
struct address_text {
	char text[PCI_ADDR_SIZE];
};
struct address_text address_text(struct pci_addr addr);
struct address_text function_text(const struct host *host, int pci);

/* The same of many functions: "01:00.0, 01:00.1 and 02:00.0"; the caller's to free. */
char *functions_text(const struct host *host, const int *list, unsigned n);

/* "a", "a and b", "a, b and 7 more": of texts; the caller's to free. */
char *words_join(const GPtrArray *words);
