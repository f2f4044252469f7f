/* See threads.h. */
#include "model/threads.h"

void guest_threads_free(struct guest_threads *threads)
{
	if (!threads)
		return;
	g_array_unref(threads->list);
	g_free(threads);
}

const struct guest_thread *guest_threads_find(const struct guest_threads *threads,
					      enum guest_thread_kind kind, int number)
{
	for (guint i = 0; i < threads->list->len; i++) {
		const struct guest_thread *thread =
			&g_array_index(threads->list, struct guest_thread, i);
		if (thread->kind == kind && thread->number == number)
			return thread;
	}
	return NULL;
}

char *guest_thread_name(enum guest_thread_kind kind, int number)
{
	if (kind == THREAD_EMULATOR)
		return g_strdup("emulator");
	return g_strdup_printf("%s %d", kind == THREAD_VCPU ? "vCPU" : "I/O thread", number);
}
