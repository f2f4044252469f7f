/* Rules about what runs: does the guest have what its definition says, and is its device another's?
 */
#include "base/int_list.h"
#include "model/domain.h"
#include "model/pinning.h"
#include "model/threads.h"
#include "vm/lint_parts.h"

/* Are all CPUs of the one list in the other? */
static bool is_within(const char *some, const char *all)
{
	g_autoptr(GArray) inner = cpu_list_parse(some);
	g_autoptr(GArray) outer = cpu_list_parse(all);

	for (guint i = 0; i < inner->len; i++)
		if (!int_list_has(outer, g_array_index(inner, int, i)))
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

/* ---- the memory that it may lock ---- */

void lint_memlock_in_force(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	const struct guest_threads *threads = lint->input->threads;
	const double gib = (double)((uint64_t)1 << 30);

	if (!threads || threads->memlock == 0 || guest->memory == 0 || !lint_has_hostdev(lint))
		return;
	lint_ask(lint);
	if (threads->memlock >= guest->memory + MEMLOCK_EXTRA)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL,
			 "the guest runs, and may lock %.1f GiB of memory only: its definition "
			 "says %.1f GiB, and its devices need 1 GiB more",
			 (double)threads->memlock / gib, (double)guest->memory / gib);
	finding_evidence(finding, "/proc/%d/limits: %" G_GUINT64_FORMAT " bytes", threads->pid,
			 threads->memlock);
	finding_cause(finding,
		      "it was started with less memory or without devices of the host: one "
		      "that is plugged in now would not be taken");
	finding_fix(finding, "# shut the guest down and start it again");
}

/* ---- who else has its devices ---- */

/* Two guests may have a device in turn; not while the other runs, nor when both start with the
 * host. */
static const char *why_not_both(const struct domain *own, const struct domain *other)
{
	if (other->running == TRI_YES)
		return "which runs: this one cannot start";
	return own && own->autostart && other->autostart
		       ? "and both start with the host: only one of them can"
		       : NULL;
}

static void judge_claim(struct lint *lint, const struct guest_device *device,
			const struct domain *own)
{
	const struct domains *domains = &lint->host->domains;
	char address[PCI_ADDR_SIZE];

	for (unsigned i = 0; i < domains->n; i++) {
		const struct domain *other = &domains->list[i];
		const char *why = why_not_both(own, other);
		if (!why || g_strcmp0(other->name, lint->guest->name) == 0 ||
		    !domain_has(other, device->source))
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, device->shown, "guest '%s' has %s, too, %s",
				 other->name, pci_addr_format(device->source, address), why);
		finding_evidence(finding, "%s", other->path);
		finding_fix(finding,
			    other->running == TRI_YES ? "virsh shutdown %s"
						      : "virsh autostart --disable %s",
			    other->name);
	}
}

void lint_claimed(struct lint *lint)
{
	const struct guest_device *device;
	const struct host *host = lint->host;

	if (!host || !host->domains.known)
		return;
	const struct domain *own = lint->guest->name ? domain_find(host, lint->guest->name) : NULL;
	for (guint i = 0; (device = lint_next_hostdev(lint, &i));)
		judge_claim(lint, device, own);
	for (guint i = 0; (device = lint_next(lint, GUEST_NVME, &i));) {
		lint_ask(lint);
		judge_claim(lint, device, own);
	}
}
