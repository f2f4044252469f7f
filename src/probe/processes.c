/* See processes.h. */
#include "probe/processes.h"

#include <string.h>

/* The names that are numbers; they stay those of the listing. */
static GPtrArray *list_numbers(const GPtrArray *names)
{
	GPtrArray *numbers = g_ptr_array_new();

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		size_t digits = strspn(name, "0123456789");
		if (digits > 0 && name[digits] == '\0')
			g_ptr_array_add(numbers, names->pdata[i]);
	}
	return numbers;
}

/* By number: those of one length are in their order already, since listings are sorted. */
static GPtrArray *list_pids(const GPtrArray *names)
{
	g_autoptr(GPtrArray) numbers = list_numbers(names);
	GPtrArray *pids = g_ptr_array_new_with_free_func(g_free);

	for (size_t length = 1; pids->len < numbers->len; length++)
		for (guint i = 0; i < numbers->len; i++)
			if (strlen(numbers->pdata[i]) == length)
				g_ptr_array_add(pids, g_strdup(numbers->pdata[i]));
	return pids;
}

int processes_open(struct root *root, struct processes *ret)
{
	g_autoptr(GPtrArray) names = NULL;

	*ret = PROCESSES_NONE;
	int r = root_dir_open(root, "/proc", &ret->proc);
	if (r == 0)
		r = root_dir_list(&ret->proc, &names);
	if (r < 0) {
		processes_close(ret);
		return r;
	}
	ret->pids = list_pids(names);
	return 0;
}

void processes_close(struct processes *processes)
{
	root_dir_close(&processes->proc);
	g_clear_pointer(&processes->pids, g_ptr_array_unref);
}
