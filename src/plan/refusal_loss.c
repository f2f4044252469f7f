/* What the host would lose at once: disks, the network, the last keyboard. The uses are those of
 * model/loss.h; each rule picks its kind and words it. */
#include "plan/refusal_parts.h"

#define MAY_HAVE_DISKS    (1U << KIND_NVME | 1U << KIND_SATA | 1U << KIND_USB_CONTROLLER)
#define MAY_HAVE_NETWORK  (1U << KIND_NETWORK | 1U << KIND_USB_CONTROLLER)
#define MAY_HAVE_KEYBOARD (1U << KIND_USB_CONTROLLER)

static bool is_of(const struct usage *usage, int pci)
{
	return usage->pci == pci || usage->outer == pci;
}

/* " (USB 1-4)" where the use is behind USB. */
static void append_port(const struct judge *judge, const struct usage *usage, GString *text)
{
	if (usage->usb >= 0)
		g_string_append_printf(text, " (USB %s)", judge->host->usb.devs[usage->usb].name);
}

static char *disk_text(const struct judge *judge, const struct usage *usage)
{
	GString *text = g_string_new(usage->name);
	const char *detail = usage->detail ? usage->detail : "in use";

	append_port(judge, usage, text);
	g_string_append_printf(text, " is %s%s", g_str_has_prefix(detail, "swap") ? "used as " : "",
			       detail);
	return g_string_free(text, FALSE);
}

static char *network_text(const struct judge *judge, const struct usage *usage)
{
	GString *text = g_string_new(usage->name);

	append_port(judge, usage, text);
	g_string_append_printf(text, " carries the %s",
			       usage->detail ? usage->detail : "default route");
	return g_string_free(text, FALSE);
}

static char *keyboard_text(const struct judge *judge, const struct usage *usage)
{
	GString *text = g_string_new(usage->detail ? usage->detail : usage->name);

	append_port(judge, usage, text);
	return g_string_free(text, FALSE);
}

/* One sentence for all uses of a kind that a function takes away; NULL: none. The first of them
 * goes to *first; how many there are to *n. */
static char *collect(const struct judge *judge, int pci, enum usage_kind kind,
		     char *(*text_of)(const struct judge *judge, const struct usage *usage),
		     const struct usage **first, unsigned *n)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	*first = NULL;
	for (unsigned i = 0; i < judge->loss->n; i++) {
		const struct usage *usage = judge->loss->list[i];
		if (usage->kind != kind || !is_of(usage, pci))
			continue;
		*first = *first ? *first : usage;
		g_ptr_array_add(words, text_of(judge, usage));
	}
	*n = words->len;
	return words->len > 0 ? words_join(words) : NULL;
}

/* Tells once that nothing is known to be lost, and that this may be ignorance. */
static void doubt(const struct judge *judge, enum tri answer, unsigned kinds, const char *what)
{
	g_autofree char *names =
		functions_text(judge->host, judge->query->functions, judge->query->n);

	if (judge->query->n > 0 && answer == TRI_UNKNOWN && judge_concerns(judge, kinds))
		judge_warn(judge, "It is not known whether %s: look before you give away %s.", what,
			   names);
}

void judge_root_disk(const struct judge *judge)
{
	const struct usage *first;
	unsigned n;

	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		g_autofree char *text = collect(judge, pci, USAGE_ROOT_DISK, disk_text, &first, &n);
		if (text)
			judge_refuse(judge, pci,
				     "%s: this system runs from it, and would stop without it. "
				     "Give the guest another disk, or a disk image.",
				     text);
	}
	doubt(judge, judge->loss->root_disk, MAY_HAVE_DISKS, "the system runs from a disk on it");
}

void judge_mounted_disk(const struct judge *judge)
{
	const struct usage *first;
	unsigned n;

	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		g_autofree char *text = collect(judge, pci, USAGE_DISK, disk_text, &first, &n);
		if (!text)
			continue;
		bool swap = first->detail && g_str_has_prefix(first->detail, "swap");
		judge_refuse(judge, pci,
			     "%s: what is not written yet would be lost. Let go of %s first (%s "
			     "/dev/%s%s).",
			     text, n == 1 ? "it" : "them", swap ? "swapoff" : "umount", first->name,
			     n == 1 ? "" : ", …");
	}
	doubt(judge, judge->loss->mounted_disk, MAY_HAVE_DISKS,
	      "file systems are mounted from disks on it");
}

/* What would be lost with an interface, from the least to the worst. */
static const struct {
	const char *detail; /* how that of such a use begins */
	bool hard;
	const char *what;
} losses[] = {
	{ "", false,
	  "this machine could not be reached any more. Move that to another interface first, or "
	  "give the guest another one." },
	{ USAGE_WAY, false,
	  "what is not written yet would be lost. Let go of that first (umount), or give the guest "
	  "another interface." },
	{ USAGE_WAY_OF_SYSTEM, true,
	  "this system runs from there, and would stop without it. Give the guest another "
	  "interface." },
};

/* The index of the worst loss. */
static size_t worst_loss(const struct judge *judge, int pci)
{
	size_t worst = 0;

	for (unsigned i = 0; i < judge->loss->n; i++) {
		const struct usage *usage = judge->loss->list[i];
		if (usage->kind != USAGE_ROUTE || !is_of(usage, pci) || !usage->detail)
			continue;
		for (size_t j = worst; j < G_N_ELEMENTS(losses); j++)
			if (g_str_has_prefix(usage->detail, losses[j].detail))
				worst = j;
	}
	return worst;
}

void judge_network(const struct judge *judge)
{
	const struct usage *first;
	unsigned n;

	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		g_autofree char *text = collect(judge, pci, USAGE_ROUTE, network_text, &first, &n);
		if (!text)
			continue;
		size_t worst = worst_loss(judge, pci);
		(losses[worst].hard ? judge_forbid : judge_refuse)(judge, pci, "%s: %s", text,
								   losses[worst].what);
	}
	doubt(judge, judge->loss->network_in_use, MAY_HAVE_NETWORK,
	      "this machine reaches the network over it");
}

void judge_keyboard(const struct judge *judge)
{
	const struct usage *first;
	unsigned n;

	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		g_autofree char *text =
			collect(judge, pci, USAGE_KEYBOARD, keyboard_text, &first, &n);
		if (text && judge->loss->last_keyboard == TRI_YES)
			judge_refuse(
				judge, pci,
				"%s of this machine, %s, %s plugged into it: nobody could type "
				"here any more. Plug a keyboard into another controller first "
				"('vfiokit usb' shows them), or give the guest another one.",
				n == 1 ? "The only keyboard" : "All keyboards", text,
				n == 1 ? "is" : "are");
	}
	doubt(judge, judge->loss->last_keyboard, MAY_HAVE_KEYBOARD, "the last keyboard is on it");
}
