/* The threads of a running guest beside the pinning that is meant for it. */
#pragma once

#include "model/pinning.h"
#include "model/threads.h"
#include "view/json.h"
#include "view/term.h"

/* Prints in rows like those of pinning_print() which threads are as they are meant to be, and where
 * the others run. */
void threads_print(const struct term *term, const struct guest_threads *threads,
		   const struct pinning *pinning);

/* Writes "running": {"pid": …, "threads": […]} into an object that is open; null for NULL. */
void threads_json(struct json *json, const struct guest_threads *threads);
