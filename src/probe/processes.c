/* See processes.h. */
#include "probe/processes.h"

#include <string.h>

static gint compare_pids(gconstpointer a, gconstpointer b)
{
	const char *left = *(const char *const *)a, *right = *(const char *const *)b;
	size_t n = strlen(left), m = strlen(right);

	return n != m ? (n < m ? -1 : 1) : strcmp(left, right);
}

int processes_open(struct root *root, struct processes *ret)
{
	*ret = PROCESSES_NONE;
	int r = root_dir_open(root, "/proc", &ret->proc);
	if (r == 0)
		r = root_dir_list(&ret->proc, &ret->pids);
	if (r < 0) {
		processes_close(ret);
		return r;
	}
	for (guint i = ret->pids->len; i-- > 0;) {
		const char *name = ret->pids->pdata[i];
		if (name[strspn(name, "0123456789")] != '\0')
			g_ptr_array_remove_index_fast(ret->pids, i);
	}
	g_ptr_array_sort(ret->pids, compare_pids);
	return 0;
}

void processes_close(struct processes *processes)
{
	root_dir_close(&processes->proc);
	g_clear_pointer(&processes->pids, g_ptr_array_unref);
}
