/* See interrupts.h. */
#include "model/interrupts.h"

void interrupts_free(struct interrupts *interrupts)
{
	if (!interrupts)
		return;
	g_array_unref(interrupts->list);
	g_free(interrupts);
}

bool interrupt_is_vfio(const struct interrupt *interrupt)
{
	return g_str_has_prefix(interrupt->names, "vfio-");
}
