/* What shall be bound at every boot, and how it stands, as text and as JSON. */
#pragma once

#include "model/host.h"
#include "view/json.h"
#include "view/term.h"

/* "0000:01:00.0 is on vfio-pci", or why it is not; the caller's to free. */
char *binding_line(const struct host *host, const struct binding *binding);

/* A line for each, that far to the right; "nothing is bound at every boot" where there is none. */
void bindings_print(const struct term *term, const struct host *host, unsigned indent);

/* "bindings": [{"address": …, "driver": …, "state": …, "why": …}], "bad_line": … */
void bindings_json(struct json *json, const struct host *host);
