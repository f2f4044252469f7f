/* A pinning for people and in JSON: the same for tune and for definitions. */
#pragma once

#include "model/pinning.h"
#include "view/json.h"
#include "view/term.h"

/* Writes "pinning": {…} into an object that is open; null for NULL. */
void pinning_json(struct json *json, const struct pinning *pinning);

/* Prints who gets which CPUs, and what could not be held. */
void pinning_print(const struct term *term, const struct pinning *pinning);

/* One of its rows. */
void pinning_row(const struct term *term, enum role role, const char *label, const char *text);
