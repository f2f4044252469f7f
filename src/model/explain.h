/* Why a function is in the group that it is in, and what could be done about it: the prediction
 * (predict.h) in sentences. Pure; texts are in English, with addresses, without line breaks.
 */
#pragma once

#include "model/predict.h"

/* A bridge on the way from the function to the root. */
struct explain_step {
	int pci; /* index in host.pci */
	enum tri isolated;
	char *text; /* what it is, whether it is isolated, and why */
};

struct explanation {
	struct explain_step *steps; /* from the function upwards */
	unsigned n_steps;
	char **reasons; /* why it is together with the other members of its group, or alone;
			 * where the kernel's group is another one than predicted, the
			 * first says so */
	unsigned n_reasons;
	char **remedies; /* what could split the group, best first; none where it need not
			  * be split */
	unsigned n_remedies;
	char **notes; /* what is taken for granted, and what on the command line changes
		       * the truth */
	unsigned n_notes;
};

/* Explains the group of host->pci[index]: the kernel's where it is known, else the predicted one.
 */
void explain_group(const struct host *host, const struct prediction *prediction, int index,
		   struct explanation *ret);
void explanation_clear(struct explanation *explanation);
