/* See int_list.h. */
#include "base/int_list.h"

bool int_list_has(const GArray *list, int value)
{
	for (guint i = 0; i < list->len; i++)
		if (g_array_index(list, int, i) == value)
			return true;
	return false;
}

void int_list_add_once(GArray *list, int value)
{
	if (!int_list_has(list, value))
		g_array_append_val(list, value);
}
