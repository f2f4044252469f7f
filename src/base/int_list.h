/* Lists of numbers: GArray of int, as those of functions (indexes in host.pci), CPUs and nodes. */
#pragma once

#include <glib.h>
#include <stdbool.h>

bool int_list_has(const GArray *list, int value);

/* Appends value, if it is not in there. */
void int_list_add_once(GArray *list, int value);
