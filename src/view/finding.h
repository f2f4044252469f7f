/* Findings for people and in JSON: the same for doctor, audit and vm lint. */
#pragma once

#include <glib.h>

#include "model/finding.h"
#include "view/json.h"
#include "view/term.h"

/* Prints findings (as findings_sort() left them) on one screen: the first ones in full, as many as
 * fit, the others in a line each, and how many there are of each verdict. What passed or was
 * skipped is only counted. verbose: everything in full, however long. */
void findings_print(const struct term *term, const GPtrArray *findings, bool verbose);

/* Writes "findings": [{"id": …, "verdict": …, …}, …] into an object that is open. */
void findings_json(struct json *json, const GPtrArray *findings);
