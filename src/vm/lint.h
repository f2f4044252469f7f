/* What is wrong, dangerous or slow in a guest's definition for passthrough: findings by rules, each
 * a row of a table. Pure but for the schema, which is the installed libvirt's. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/finding.h"
#include "model/host.h"
#include "model/threads.h"
#include "vm/guest.h"
#include "vm/line_edit.h"

struct lint_input {
	const struct guest *guest;
	const char *subject; /* what findings are about: the guest's name, else the file's */
	const struct host
		*host; /* probed with LINT_PARTS; NULL or parts unknown: nothing is known */
	const struct guest_threads *threads; /* of the guest as it runs; NULL: it does not, or not
					      * known */
	const char *schema; /* path of libvirt's domain.rng; NULL: none is installed */

	/* Is the file there? Unknown when that cannot be asked. NULL: never known. */
	enum tri (*exists)(void *data, const char *path);
	void *data;
};

/* Runs every rule; those that find nothing pass, those that have nothing to look at are silent. */
void lint_run(const struct lint_input *input, GPtrArray *findings);

/* The findings of a text that is no XML: it is not well-formed, all else was not looked at. */
void lint_malformed(const char *subject, const char *message, GPtrArray *findings);

/* The rules' ids, in the order of the table; NULL behind the last. */
const char *lint_rule_id(unsigned index);

/* Mends in the guest's XML what can be mended without asking: changes guest.doc. Returns the ids of
 * the findings that it mended (of const char *), the array is the caller's. */
GPtrArray *lint_mend(struct guest *guest, const GPtrArray *findings);

/* The same for a command line: adds changes of the text that the guest was read from, and to mended
 * the ids. */
void lint_mend_line(const struct guest *guest, const GPtrArray *findings, struct line_edits *edits,
		    GPtrArray *mended);
