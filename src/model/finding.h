/* What a rule found: the common result of doctor, audit and vm lint (cli.md, "Findings"). Plain
 * data; lists are a GPtrArray of struct finding, which own what is in them.
 *
 * Texts are English sentences without line breaks; what comes from the machine in them is made
 * printable here, so whoever shows them need not ask where it came from.
 */
#pragma once

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>

/* In the order of importance: the first is shown first. */
enum finding_verdict {
	FINDING_FAIL,    /* this stops a guest, or breaks the host's safety */
	FINDING_WARN,    /* works, but look at it */
	FINDING_UNKNOWN, /* what would tell could not be read: what says how to find out */
	FINDING_SKIPPED, /* not asked, because what it stands on failed: what names that rule */
	FINDING_PASS,    /* as it should be */
};
#define FINDING_N_VERDICTS (FINDING_PASS + 1)

struct finding {
	const char *id;  /* of the rule; lives as long as the program */
	const char *see; /* "guide#iommu-not-enabled", lives as long as the program; NULL: none */
	enum finding_verdict verdict;
	char *subject;       /* "host", an address, a domain, a file */
	char *what;          /* what is so, one sentence */
	GPtrArray *evidence; /* of char *: "PATH: what it says", quoted as read */
	char *cause;         /* why, one sentence; NULL: nothing to add */
	/* of char *: commands for this distribution, to be run in this order by root. A line that
	 * starts with "# " is done by hand, as in the firmware setup: the list is a script. */
	GPtrArray *fix;
};

/* An empty list that frees what is put into it. */
GPtrArray *findings_new(void);

/* Adds a finding and returns it; it lives as long as the list. see may be NULL. */
struct finding *finding_add(GPtrArray *findings, const char *id, enum finding_verdict verdict,
			    const char *subject, const char *format, ...) G_GNUC_PRINTF(5, 6);
/* The same, for functions that take such arguments themselves. */
struct finding *finding_add_list(GPtrArray *findings, const char *id, enum finding_verdict verdict,
				 const char *subject, const char *format, va_list args)
	G_GNUC_PRINTF(5, 0);

/* Adds to a finding; each may be called several times (a second cause replaces the first). */
void finding_evidence(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
void finding_cause(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
void finding_fix(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Sorts by importance; what is equally important keeps its order. */
void findings_sort(GPtrArray *findings);

/* How many have that verdict? */
unsigned findings_count(const GPtrArray *findings, enum finding_verdict verdict);

/* Is something wrong: does one of them fail or warn? Then the exit status is STATUS_FOUND. */
bool findings_are_bad(const GPtrArray *findings);

/* Does one of that rule fail or warn? */
bool findings_has_bad(const GPtrArray *findings, const char *id);

/* "pass", "warn", … as in JSON. */
const char *finding_verdict_name(enum finding_verdict verdict);
