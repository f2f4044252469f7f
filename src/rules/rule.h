/* Rules: each is a row with a stable id, what it reads, and one pure function from a host to
 * findings. doctor and audit are two sets of the same table.
 *
 * A rule is judged only when those that it stands on did not fail: else it is skipped, naming the
 * one that failed. What it says follows from state (groups, drivers, modes, values); texts of
 * configuration are read only where nothing but the text holds the fact. What could not be read
 * makes it FINDING_UNKNOWN, with how to find out.
 *
 * To add a rule: a row in the table of the file that it belongs to, the function beside it, and in
 * tests/rules a machine that breaks it and one, nearly the same, that does not. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/finding.h"
#include "model/host.h"
#include "model/loss.h"
#include "model/parts.h"

struct exam;

enum rule_set {
	RULE_DOCTOR = 1 << 0,
	RULE_AUDIT = 1 << 1,
};

struct rule {
	const char *id;      /* "group-viable" */
	const char *title;   /* the question: "Can the group be given away?" */
	const char *reads;   /* what answers it: paths and attributes, as known.h has them. All of
			      * it must be known before nothing wrong means that all is well */
	const char *explain; /* why it matters and what to do, a paragraph */
	const char *good;    /* what is said when nothing is found wrong, a sentence */
	const char *see;     /* "guide#…" */
	const char *after;   /* ids of those that it stands on, by blanks; NULL: none. They come
			      * before it in the table */
	const char *ground;  /* the folder of what it reads: where a part of a machine lacks it,
			      * to find nothing means nothing. NULL: the function sees to that */
	unsigned needs;      /* PROBE_ parts beyond PROBE_BASE */
	unsigned sets;       /* RULE_ flags */
	bool all_functions;  /* the attributes in reads are those of every function */
	bool of_domain;      /* it is asked of one guest, and skipped where none is named */
	/* One of the two: asked once, or of each function that is meant for guests. */
	void (*judge)(struct exam *exam);
	void (*judge_each)(struct exam *exam, int pci); /* an index in host.pci */
	enum pci_kind of_kind; /* of judge_each: these functions only; KIND_OTHER: all */
};

/* The rule with that number, in the order in which they are judged and shown; NULL: no more. */
const struct rule *rule_get(unsigned number);
const struct rule *rule_find(const char *id);

/* What to judge. Nothing in it is owned. */
struct rules_request {
	const struct host *host;
	unsigned set; /* RULE_DOCTOR or RULE_AUDIT */
	const struct rule *const
		*only; /* these alone (and silently what they stand on); NULL: all */
	unsigned n_only;
	const struct domain *domain; /* the guest that it is about; NULL: none */
	const int *devices;          /* indexes in host.pci of those that it is about; NULL */
	unsigned n_devices;
};

/* The PROBE_ parts that the request needs; host, domain and devices are not looked at. */
unsigned rules_needs(const struct rules_request *request);

/* Judges, and appends the findings, sorted by importance. The host must have those parts. */
void rules_run(const struct rules_request *request, GPtrArray *findings);
