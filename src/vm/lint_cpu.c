/* Rules about the guest's CPUs: what they are told to be. */
#include <string.h>

#include "vm/lint_parts.h"

void lint_cpu_model(struct lint *lint)
{
	static const char *const slow[] = { "qemu64", "qemu32", "kvm64", "kvm32", "max" };
	const char *cpu = lint->guest->cpu;
	bool bad = cpu == NULL;

	if (!lint_has_hostdev(lint) || guest_is_q35(lint->guest) == TRI_UNKNOWN)
		return;
	lint_ask(lint);
	for (size_t i = 0; cpu && i + 1 < G_N_ELEMENTS(slow); i++)
		bad |= strcmp(cpu, slow[i]) == 0;
	if (!bad)
		return;
	struct finding *finding = lint_add(lint, FINDING_WARN, NULL,
					   "the guest's CPU is %s, without the instructions of the "
					   "last fifteen years",
					   cpu ? cpu : "the default one");
	lint_fix_cpu(lint, finding, "# <cpu mode='host-passthrough'/>", "# -cpu host");
}

/* QEMU: system/vl.c, QEMU_OPTION_cpu: the last one counts, and libvirt's own stands before. */
void lint_cpu_replaced(struct lint *lint)
{
	if (lint->guest->passed->len == 0)
		return;
	lint_ask(lint);
	if (!lint->guest->cpu_replaced)
		return;
	struct finding *finding = lint_add(
		lint, FINDING_WARN, NULL,
		"what <cpu>, <hyperv> and <kvm> say does nothing: a -cpu is handed through "
		"to QEMU");
	finding_cause(finding, "of two the last one counts, with its own features only");
	finding_fix(finding, "# say it in <cpu> and <features>, and remove -cpu from "
			     "<qemu:commandline>");
}

static unsigned product(const struct guest *guest)
{
	const int parts[] = { guest->sockets, guest->dies, guest->clusters, guest->cores,
			      guest->threads };
	unsigned n = 1;

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		n *= parts[i] > 0 ? (unsigned)MIN(parts[i], 4096) : 1;
	return n;
}

/* QEMU works out what is not said; libvirt wants all of it. */
void lint_topology(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	bool whole = guest->sockets > 0 && guest->cores > 0 && guest->threads > 0;

	if (!whole || guest->vcpus == 0)
		return;
	lint_ask(lint);
	if (product(guest) == guest->vcpus)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, NULL,
			 "%d sockets of %d cores with %d threads are %u CPUs, but "
			 "the guest has %u",
			 guest->sockets, guest->cores, guest->threads, product(guest),
			 guest->vcpus);
	finding_cause(finding, "libvirt and QEMU refuse such a guest");
}

/* libvirt makes each CPU a socket where no topology is told; QEMU did so until 6.2. */
void lint_sockets(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	bool told = guest->sockets > 0;
	unsigned sockets = told                       ? (unsigned)guest->sockets
			   : guest->form == GUEST_XML ? guest->vcpus
						      : 0;

	if (guest->hyperv->len == 0 || sockets == 0)
		return;
	lint_ask(lint);
	if (sockets <= 2)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL,
			 "the guest's %u CPUs are %u sockets%s, of which Windows uses two at most",
			 guest->vcpus, sockets, told ? "" : ", since no topology is told");
	finding_cause(finding, "how many is a matter of its licence: one for Home, two for Pro; "
			       "cores and threads are not counted");
	lint_fix(lint, finding,
		 "# in <cpu>: <topology sockets='1' dies='1' cores='…' threads='…'/>",
		 "# -smp …,sockets=1,cores=…,threads=…");
}

static bool is_host_cpu(const struct guest *guest)
{
	return g_strcmp0(guest->cpu, "host-passthrough") == 0;
}

static const char *cpu_vendor(const struct lint *lint)
{
	return lint->host ? lint->host->platform.cpu.vendor : NULL;
}

void lint_topoext(struct lint *lint)
{
	if (!is_host_cpu(lint->guest) || lint->guest->threads < 2 ||
	    guest_is_q35(lint->guest) == TRI_UNKNOWN)
		return;
	lint_ask(lint);
	if (lint->guest->topoext == TRI_YES)
		return;
	if (!cpu_vendor(lint)) {
		lint_add(lint, FINDING_UNKNOWN, NULL,
			 "the host's CPU is not known: on AMD's, two threads on a core also need "
			 "the feature topoext");
		return;
	}
	if (strcmp(cpu_vendor(lint), "AuthenticAMD") != 0)
		return;
	struct finding *finding = lint_add(lint, FINDING_WARN, NULL,
					   "the guest's cores have %d threads, but not the feature "
					   "topoext",
					   lint->guest->threads);
	finding_cause(finding, "on AMD's CPUs a guest sees threads only with it; without, it takes "
			       "each for a core of its own");
	lint_fix_cpu(lint, finding, "# in <cpu>: <feature policy='require' name='topoext'/>",
		     "# -cpu host,topoext=on");
}

void lint_topoext_intel(struct lint *lint)
{
	if (lint->guest->topoext != TRI_YES || !cpu_vendor(lint))
		return;
	lint_ask(lint);
	if (strcmp(cpu_vendor(lint), "GenuineIntel") != 0)
		return;
	struct finding *finding = lint_add(lint, FINDING_FAIL, NULL,
					   "the guest requires the feature topoext, which Intel's "
					   "CPUs do not have");
	finding_fix(finding, "# remove topoext");
}

void lint_too_many_cpus(struct lint *lint)
{
	const struct topology *topology = lint->host ? &lint->host->platform.topology : NULL;

	if (!topology || topology->n_cpus == 0 || lint->guest->vcpus == 0)
		return;
	lint_ask(lint);
	if (lint->guest->vcpus > topology->n_cpus)
		lint_add(lint, FINDING_WARN, NULL,
			 "the guest has %u CPUs, more than this machine, which has %u",
			 lint->guest->vcpus, topology->n_cpus);
}
