/* The parts of predict.c: facts about each function, one run of the algorithm, comparison and
 * notes. Internal to predict*.c.
 */
#pragma once

#include "model/host.h"
#include "model/predict.h"

/* Fills all of ret->fns but group, path and join. */
void predict_facts(const struct host *host, struct prediction *ret);

/* The half of all worlds that a run takes where a fact is not known. */
enum predict_bound {
	BOUND_LOW,  /* isolated, and not covered: the smallest groups */
	BOUND_HIGH, /* not isolated: the largest ones */
};

struct predict_run {
	int *group;  /* for each function; -1: none */
	bool *path;  /* bridges: it and all above are isolated */
	int *joined; /* as in struct prediction_fn */
	uint8_t *join;
	int *via;
	bool *open;        /* for each group: bridges that are not listed may belong to it */
	unsigned n_groups; /* more than are used, at most 2 for each function */
};

/* Runs the kernel's algorithm over facts. The arrays are the caller's to clear. */
void predict_run(const struct host *host, const struct prediction *facts, enum predict_bound bound,
		 struct predict_run *ret);
void predict_run_clear(struct predict_run *run);

/* Fills equal and differences. */
void predict_compare(const struct host *host, struct prediction *prediction);

/* Fills notes. */
void predict_note(const struct host *host, struct prediction *prediction);
