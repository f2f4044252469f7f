/* Rules about the words of a command line. */
#include "vm/lint_parts.h"
#include "vm/qemu_pairs.h"

void lint_cut(struct lint *lint)
{
	const char *cut = lint->guest->cut;

	if (lint->guest->form != GUEST_QEMU)
		return;
	lint_ask(lint);
	if (!cut)
		return;
	struct finding *finding = lint_add(
		lint, FINDING_FAIL, cut,
		"the command ends early: what follows is a command of its own to the shell");
	finding_cause(finding, "a line that goes on ends with a backslash and nothing behind it, "
			       "and no line between may be a comment");
	finding_fix(finding, "# \\ at the end of each line but the last; comments elsewhere");
}

/* What stands in files of its own is not looked at. */
void lint_config(struct lint *lint)
{
	if (lint->guest->form != GUEST_QEMU)
		return;
	lint_ask(lint);
	if (!lint->guest->config)
		return;
	lint_add(lint, FINDING_UNKNOWN, lint->guest->config,
		 "what -readconfig reads was not looked at, so parts of the guest are not known");
}

/* ---- options that are no more ---- */

/* QEMU: docs/about/removed-features.rst. */
static const struct {
	const char *option;
	const char *value; /* what its value begins with; NULL: anything */
	const char *version;
	const char *instead;
} removed[] = {
	{ "usbdevice", "host:", "2.12", "-device usb-host" },
	{ "no-kvm-irqchip", NULL, "3.0", "-machine kernel_irqchip=off" },
	{ "no-kvm-pit-reinjection", NULL, "3.0", "-global kvm-pit.lost_tick_policy=discard" },
	{ "balloon", NULL, "3.1", "-device virtio-balloon, or nothing" },
	{ "redir", NULL, "3.1", "-nic user,hostfwd=…" },
	{ "smb", NULL, "3.1", "-nic user,smb=…" },
	{ "tftp", NULL, "3.1", "-nic user,tftp=…" },
	{ "localtime", NULL, "3.1", "-rtc base=localtime" },
	{ "nodefconfig", NULL, "3.1", "-no-user-config" },
	{ "rtc-td-hack", NULL, "3.1", "-rtc driftfix=slew" },
	{ "startdate", NULL, "3.1", "-rtc base=…" },
	{ "no-kvm", NULL, "5.2", "-accel tcg" },
	{ "realtime", NULL, "6.0", "-overcommit mem-lock=on" },
	{ "show-cursor", NULL, "6.0", "-display …,show-cursor=on" },
	{ "no-quit", NULL, "7.0", "-display …,window-close=off" },
	{ "enable-fips", NULL, "7.1", "nothing" },
	{ "alt-grab", NULL, "7.1", "-display sdl,grab-mod=lshift-lctrl-lalt" },
	{ "ctrl-grab", NULL, "7.1", "-display sdl,grab-mod=rctrl" },
	{ "sdl", NULL, "7.1", "-display sdl" },
	{ "curses", NULL, "7.1", "-display curses" },
	{ "soundhw", NULL, "7.1", "-audiodev and -device" },
	{ "watchdog", NULL, "7.2", "-device i6300esb" },
	{ "no-hpet", NULL, "9.0", "-machine hpet=off" },
	{ "no-acpi", NULL, "9.0", "-machine acpi=off" },
};

/* Is the word that option, with that value behind it? */
static bool is_removed(const GPtrArray *words, guint index, size_t row)
{
	const char *name = pairs_option(words->pdata[index]);
	const char *value = index + 1 < words->len ? words->pdata[index + 1] : "";

	return g_strcmp0(name, removed[row].option) == 0 &&
	       (!removed[row].value || g_str_has_prefix(value, removed[row].value));
}

static bool has_removed(const GPtrArray *words, size_t row)
{
	for (guint i = 1; i < words->len; i++)
		if (is_removed(words, i, row))
			return true;
	return false;
}

void lint_removed(struct lint *lint)
{
	if (lint->guest->form != GUEST_QEMU)
		return;
	lint_ask(lint);
	for (size_t i = 0; i < G_N_ELEMENTS(removed); i++) {
		if (!has_removed(lint->guest->words, i))
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, NULL, "'-%s%s%s' is no more since QEMU %s",
				 removed[i].option, removed[i].value ? " " : "",
				 removed[i].value ? removed[i].value : "", removed[i].version);
		finding_fix(finding, "# %s", removed[i].instead);
	}
}

/* ---- who asks for whom ---- */

void lint_absent(struct lint *lint)
{
	const GArray *absent = lint->guest->absent;

	if (lint->guest->form != GUEST_QEMU || lint->guest->open || lint->guest->cut)
		return;
	lint_ask(lint);
	for (guint i = 0; i < absent->len; i++) {
		const struct guest_use *use = &g_array_index(absent, struct guest_use, i);
		lint_add(lint, FINDING_FAIL, use->shown,
			 "no option defines the %s '%s': the guest does not start", use->what,
			 use->id);
	}
}
