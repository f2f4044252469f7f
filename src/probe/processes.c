/* See processes.h. */
#include "probe/processes.h"

#include <string.h>

static bool is_number(const char *name)
{
	while (g_ascii_isdigit(*name))
		name++;
	return *name == '\0';
}

/* By number: those of one length are in their order already, since listings are sorted. */
static GPtrArray *list_pids(const GPtrArray *names)
{
	g_autoptr(GPtrArray) numbers = g_ptr_array_new();
	GPtrArray *pids = g_ptr_array_new();

	for (guint i = 0; i < names->len; i++)
		if (is_number(names->pdata[i]))
			g_ptr_array_add(numbers, names->pdata[i]);
	for (size_t length = 1; pids->len < numbers->len; length++)
		for (guint i = 0; i < numbers->len; i++)
			if (strlen(numbers->pdata[i]) == length)
				g_ptr_array_add(pids, numbers->pdata[i]);
	return pids;
}

int processes_open(struct root *root, struct processes *ret)
{
	*ret = PROCESSES_NONE;
	int r = root_dir_open(root, "/proc", &ret->proc);
	if (r == 0)
		r = root_dir_list(&ret->proc, &ret->names);
	if (r < 0) {
		processes_close(ret);
		return r;
	}
	ret->pids = list_pids(ret->names);
	return 0;
}

void processes_close(struct processes *processes)
{
	root_dir_close(&processes->proc);
	g_clear_pointer(&processes->pids, g_ptr_array_unref);
	g_clear_pointer(&processes->names, g_ptr_array_unref);
}
