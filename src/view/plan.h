/* Plans for people and in JSON: the same for every command that changes the machine. */
#pragma once

#include "plan/plan.h"
#include "view/json.h"
#include "view/term.h"

/* Prints the numbered steps with why, files as diffs, then warnings and refusals. */
void plan_print(const struct term *term, const struct plan *plan);

/* Prints warnings and refusals only. */
void plan_print_notes(const struct term *term, const struct plan *plan);

/* Writes the fields "effect", "steps", "warnings", "refusals" into an object that is open. */
void plan_json(struct json *json, const struct plan *plan);

/* Writes the fields "warnings" and "refusals" only. */
void plan_notes_json(struct json *json, const struct plan *plan);

/* Writes the fields of a step into an object that is open. */
void step_json(struct json *json, const struct step *step);

/* A step in a few words: "0000:01:00.0: take driver nouveau off". The caller's to free. */
char *step_phrase(const struct step *step);
