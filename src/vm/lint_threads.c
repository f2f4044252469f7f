/* A rule about a guest that runs: do its threads run where its definition says? */
#include "model/pinning.h"
#include "model/threads.h"
#include "vm/lint_parts.h"

/* Are all CPUs of the one list in the other? */
static bool is_within(const char *some, const char *all)
{
	g_autoptr(GArray) inner = cpu_list_parse(some);
	g_autoptr(GArray) outer = cpu_list_parse(all);

	for (guint i = 0; i < inner->len; i++)
		if (!cpu_list_has(outer, g_array_index(inner, int, i)))
			return false;
	return true;
}

static const struct guest_thread *thread_of(const struct guest_threads *threads,
					    const struct guest_pin *pin)
{
	enum guest_thread_kind kind = pin->vcpu >= 0       ? THREAD_VCPU
				      : pin->iothread >= 0 ? THREAD_IO
							   : THREAD_EMULATOR;

	return guest_threads_find(threads, kind,
				  kind == THREAD_VCPU ? pin->vcpu
				  : kind == THREAD_IO ? pin->iothread
						      : -1);
}

/* Appends to evidence what does not hold of these pins; returns how many do. */
static unsigned compare(const struct lint *lint, const GArray *pins, GPtrArray *evidence)
{
	unsigned held = 0;

	for (guint i = 0; i < pins->len; i++) {
		const struct guest_pin *pin = &g_array_index(pins, struct guest_pin, i);
		const struct guest_thread *thread = thread_of(lint->input->threads, pin);
		bool ok = thread && is_within(thread->cpus, pin->cpus);
		held += ok;
		if (!thread || ok)
			continue;
		g_autofree char *name = guest_thread_name(thread->kind, thread->number);
		g_ptr_array_add(evidence,
				g_strdup_printf("%s (thread %d): CPUs %s; its definition says %s",
						name, thread->tid, thread->cpus, pin->cpus));
	}
	return held;
}

void lint_pin_in_force(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	g_autoptr(GPtrArray) evidence = g_ptr_array_new_with_free_func(g_free);

	if (!lint->input->threads || guest->pins->len + guest->helpers->len == 0)
		return;
	unsigned held = compare(lint, guest->pins, evidence);
	held += compare(lint, guest->helpers, evidence);
	if (held + evidence->len > 0)
		lint_ask(lint);
	if (evidence->len == 0)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL,
			 "the guest runs, and only %u of %u threads are on the CPUs that its "
			 "definition says",
			 held, held + evidence->len);
	for (guint i = 0; i < evidence->len; i++)
		finding_evidence(finding, "%s", (const char *)evidence->pdata[i]);
	finding_cause(finding, "a definition counts from the guest's next start; or something has "
			       "moved its threads since");
	finding_fix(finding, "# shut the guest down and start it again");
}
