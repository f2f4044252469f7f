/* See threads.h. */
#include "view/threads.h"

#include "view/pinning.h"

/* The CPUs that are meant for it; the caller's. NULL: it is not meant to be there. */
static char *meant_for(const struct guest_thread *thread, const struct pinning *pinning)
{
	if (thread->kind == THREAD_EMULATOR)
		return cpu_list_format(pinning->emulator);
	if (thread->kind == THREAD_IO)
		return cpu_list_format(pinning->iothreads);
	if ((guint)thread->number >= pinning->vcpus->len)
		return NULL;
	return g_strdup_printf("%d", g_array_index(pinning->vcpus, int, thread->number));
}

void threads_print(const struct term *term, const struct guest_threads *threads,
		   const struct pinning *pinning)
{
	g_autoptr(GString) others = g_string_new(NULL);
	unsigned held = 0;

	for (guint i = 0; i < threads->list->len; i++) {
		const struct guest_thread *thread =
			&g_array_index(threads->list, struct guest_thread, i);
		g_autofree char *meant = meant_for(thread, pinning);
		g_autofree char *name = guest_thread_name(thread->kind, thread->number);
		if (g_strcmp0(meant, thread->cpus) == 0)
			held++;
		else
			g_string_append_printf(others, "%s%s on %s", others->len > 0 ? ", " : "",
					       name, thread->cpus);
	}
	g_autofree char *text =
		g_strdup_printf("process %d: %u of %u threads run where they should", threads->pid,
				held, threads->list->len);
	pinning_row(term, others->len > 0 ? ROLE_WARN : ROLE_PLAIN, "running", text);
	if (others->len > 0)
		pinning_row(term, ROLE_WARN, "elsewhere", others->str);
}

static const char *const kinds[] = {
	[THREAD_EMULATOR] = "emulator",
	[THREAD_VCPU] = "vcpu",
	[THREAD_IO] = "iothread",
};

void threads_json(struct json *json, const struct guest_threads *threads)
{
	if (!threads) {
		json_null(json, "running");
		return;
	}
	json_object(json, "running");
	json_int(json, "pid", threads->pid);
	json_array(json, "threads");
	for (guint i = 0; i < threads->list->len; i++) {
		const struct guest_thread *thread =
			&g_array_index(threads->list, struct guest_thread, i);
		json_object(json, NULL);
		json_text(json, "kind", kinds[thread->kind]);
		json_count(json, "number", thread->number);
		json_int(json, "tid", thread->tid);
		json_text(json, "cpus", thread->cpus);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}
