/* Who uses a function now: the console and the monitors, processes, guests. */
#include <string.h>

#include "plan/refusal_parts.h"

/* ---- host-display ---- */

static bool is_display(const struct pci_dev *dev)
{
	return pci_dev_is_kind(dev, KIND_GPU) &&
	       (dev->class_code >> 8 != PCI_CLASS_3D || dev->boot_vga == TRI_YES);
}

/* Does the host show anything on it? Not when a guest has it, nor when nothing drives it. */
static bool is_shown_on(const struct pci_dev *dev)
{
	if (!is_display(dev) || pci_driver_is_vfio(dev->driver))
		return false;
	return dev->boot_vga == TRI_YES || (dev->driver && !pci_driver_is_harmless(dev->driver));
}

static bool is_only_display(const struct judge *judge, int pci)
{
	const struct host *host = judge->host;

	if (!is_shown_on(&host->pci[pci]))
		return false;
	for (unsigned i = 0; i < host->n_pci; i++)
		if (!judge->moving[i] && is_shown_on(&host->pci[i]))
			return false;
	return true;
}

static const struct usage *find_usage(const struct host *host, int pci, enum usage_kind kind,
				      const char *name)
{
	unsigned n;
	const struct usage *list = usage_of_pci(host, pci, &n);

	for (unsigned i = 0; i < n; i++)
		if (list[i].kind == kind && (!name || strcmp(list[i].name, name) == 0))
			return &list[i];
	return NULL;
}

/* Does the memory of a framebuffer that the firmware has set up lie in the function's? */
static bool holds_range(const struct pci_dev *dev, uint64_t start, uint64_t end)
{
	for (int i = 0; start != 0 && dev->detail && i < PCI_N_BARS; i++) {
		const struct pci_bar *bar = &dev->detail->bars[i];
		if (!bar->io && bar->size > 0 && start >= bar->start &&
		    end <= bar->start + (bar->size - 1))
			return true;
	}
	return false;
}

/* What of the console is on the function: "fb0", "efifb", "VGA+"; NULL: nothing, as far as known.
 * The kernel's console is on the first framebuffer unless told otherwise. */
static const char *console_on(const struct host *host, int pci)
{
	const struct pci_dev *dev = &host->pci[pci];
	const struct platform *platform = &host->platform;
	const char *console = platform->console_driver;

	for (unsigned i = 0; i < platform->n_framebuffers; i++)
		if (holds_range(dev, platform->framebuffers[i].start,
				platform->framebuffers[i].end))
			return platform->framebuffers[i].name;
	if (console && strcmp(console, "frame buffer device") == 0 &&
	    find_usage(host, pci, USAGE_FRAMEBUFFER, "fb0"))
		return "fb0";
	if (console && g_str_has_prefix(console, "VGA") && dev->boot_vga == TRI_YES)
		return console;
	return NULL;
}

/* Why the host would be blind without it; NULL: it would not be. The caller's to free. */
static char *display_reason(const struct judge *judge, int pci)
{
	const struct usage *monitor = find_usage(judge->host, pci, USAGE_DISPLAY, NULL);
	const char *console = console_on(judge->host, pci);
	struct address_text text = function_text(judge->host, pci);
	const char *address = text.text;

	if (judge->loss->last_monitor == TRI_YES && monitor)
		return g_strdup_printf("%s has the only connected monitor (%s)%s", address,
				       monitor->name, console ? " and the console" : "");
	if (console)
		return g_strdup_printf("%s has the console of this machine (%s)", address, console);
	if (is_only_display(judge, pci))
		return g_strdup_printf("%s is the only display of this machine", address);
	return NULL;
}

/* The firmware's framebuffer is there, but where is shown to root only. */
static bool is_framebuffer_hidden(const struct host *host)
{
	for (unsigned i = 0; i < host->platform.n_framebuffers; i++)
		if (host->platform.framebuffers[i].start == 0 &&
		    !g_str_has_prefix(host->platform.framebuffers[i].name, "fb"))
			return true;
	return false;
}

static bool is_display_unknown(const struct host *host, const struct pci_dev *dev)
{
	if (!is_display(dev) || pci_driver_is_vfio(dev->driver))
		return false;
	return dev->boot_vga == TRI_UNKNOWN
		       ? dev->class_code >> 8 != PCI_CLASS_3D
		       : dev->boot_vga == TRI_YES && is_framebuffer_hidden(host);
}

void judge_display(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		g_autofree char *reason = display_reason(judge, pci);
		if (reason)
			judge_refuse(judge, pci,
				     "%s: nothing of this machine could be seen any more. Give the "
				     "guest another card, or be sure that you can log in over the "
				     "network.",
				     reason);
		else if (is_display_unknown(judge->host, &judge->host->pci[pci]))
			judge_warn(judge,
				   "It is not known whether the console is on %s: it might go "
				   "dark.",
				   function_text(judge->host, pci).text);
	}
}

/* ---- device-held ---- */

/* Where the nodes are whose last names a use has. */
static const struct {
	const char *prefix;
	const char *directory;
} nodes[] = {
	{ "card", "/dev/dri/" }, { "renderD", "/dev/dri/" }, { "control", "/dev/snd/" },
	{ "pcm", "/dev/snd/" },  { "hw", "/dev/snd/" },      { "midi", "/dev/snd/" },
	{ "nvidia", "/dev/" },   { "nvme", "/dev/" },        { "sd", "/dev/" },
	{ "video", "/dev/" },
};

static char *node_path(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++)
		if (g_str_has_prefix(name, nodes[i].prefix))
			return g_strconcat(nodes[i].directory, name, NULL);
	return g_strdup(name);
}

/* What makes programs that hold devices as their purpose let go. First match of the front. */
static const struct {
	const char *program;
	const char *command;
} remedies[] = {
	{ "nvidia-persiste", "systemctl stop nvidia-persistenced" },
	{ "nvidia-powerd", "systemctl stop nvidia-powerd" },
	{ "nv-hostengine", "systemctl stop nvidia-dcgm" },
	{ "dcgm", "systemctl stop nvidia-dcgm-exporter" },
	{ "ollama", "systemctl stop ollama" },
	{ "Xorg", "systemctl isolate multi-user.target" },
	{ "Xwayland", "systemctl isolate multi-user.target" },
	{ "gnome-shell", "systemctl isolate multi-user.target" },
	{ "kwin", "systemctl isolate multi-user.target" },
	{ "sway", "systemctl isolate multi-user.target" },
	{ "pipewire", "systemctl --user stop pipewire.socket pipewire" },
	{ "wireplumber", "systemctl --user stop wireplumber" },
	{ "pulseaudio", "systemctl --user stop pulseaudio.socket pulseaudio" },
};

/* "Xorg" of "Xorg (pid 812)". */
static char *program_name(const struct usage *usage)
{
	g_autofree char *end = g_strdup_printf(" (pid %d)", usage->pid);
	const char *detail = usage->detail ? usage->detail : "";
	size_t length = strlen(detail);

	if (g_str_has_suffix(detail, end))
		length -= strlen(end);
	return length > 0 ? g_strndup(detail, length) : g_strdup("?");
}

static char *remedy_text(const struct usage *usage)
{
	g_autofree char *program = program_name(usage);

	for (size_t i = 0; i < G_N_ELEMENTS(remedies); i++)
		if (g_str_has_prefix(program, remedies[i].program))
			return g_strdup(remedies[i].command);
	return g_strdup_printf("kill %d", usage->pid);
}

/* "pid 812 Xorg has /dev/dri/card0 open" */
static char *holder_text(const struct usage *usage)
{
	g_autofree char *program = program_name(usage);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) names = g_strsplit(usage->name, ", ", -1);

	for (char **name = names; *name; name++)
		g_ptr_array_add(paths, node_path(*name));
	g_autofree char *list = words_join(paths);
	return g_strdup_printf("pid %d %s has %s open", usage->pid, program, list);
}

enum grip {
	GRIP_NONE,  /* nothing of this function */
	GRIP_LOOSE, /* lets go by itself, or holds another one of the driver's */
	GRIP_FIRM,
};

static bool are_all_controls(char **names)
{
	for (; *names; names++)
		if (!g_str_has_prefix(*names, "control"))
			return false;
	return true;
}

/* nvidiactl and nvidia-uvm are of all cards of the driver: nvidia0, card0, renderD128 of one. */
static bool are_all_shared(char **names)
{
	for (; *names; names++)
		if (!g_str_has_prefix(*names, "nvidia") ||
		    g_ascii_isdigit((*names)[strlen("nvidia")]))
			return false;
	return true;
}

static bool has_other_of_driver(const struct judge *judge, const char *driver)
{
	for (unsigned i = 0; driver && i < judge->host->n_pci; i++)
		if (!judge->moving[i] && g_strcmp0(judge->host->pci[i].driver, driver) == 0)
			return true;
	return false;
}

/* Sound servers keep the controls of every card open, and close them when a card goes. */
static enum grip grip_of(const struct judge *judge, const struct usage *usage, int pci)
{
	const struct pci_dev *dev = &judge->host->pci[pci];
	g_auto(GStrv) names = g_strsplit(usage->name, ", ", -1);

	if (usage->kind != USAGE_HOLDER || (usage->pci != pci && usage->outer != pci))
		return GRIP_NONE;
	if (are_all_controls(names))
		return GRIP_LOOSE;
	if (are_all_shared(names) && has_other_of_driver(judge, dev->driver))
		return GRIP_LOOSE;
	return GRIP_FIRM;
}

static void tell_holders(const struct judge *judge, int pci, const GPtrArray *holders,
			 const GPtrArray *commands)
{
	const struct pci_dev *dev = &judge->host->pci[pci];
	g_autofree char *text = words_join(holders);
	const char *command = commands->pdata[0];
	const char *more = commands->len > 1 ? ", …" : "";

	if (g_strcmp0(dev->driver, "nvidia") == 0)
		judge_forbid(
			judge, pci,
			"%s: the nvidia driver would wait for that inside the kernel for "
			"ever, and only a restart of the machine would help. End it first (%s%s).",
			text, command, more);
	else
		judge_refuse(judge, pci,
			     "%s: the device would be pulled out from under it. End it first "
			     "(%s%s).",
			     text, command, more);
}

static void add_once(GPtrArray *list, char *text)
{
	if (g_ptr_array_find_with_equal_func(list, text, g_str_equal, NULL))
		g_free(text);
	else
		g_ptr_array_add(list, text);
}

static void judge_holders_of(const struct judge *judge, int pci)
{
	g_autoptr(GPtrArray) holders = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < judge->loss->n; i++) {
		const struct usage *usage = judge->loss->list[i];
		enum grip grip = grip_of(judge, usage, pci);
		if (grip == GRIP_NONE)
			continue;
		g_autofree char *text = holder_text(usage);
		if (grip == GRIP_FIRM) {
			add_once(holders, g_steal_pointer(&text));
			add_once(commands, remedy_text(usage));
		} else {
			judge_warn(judge, "%s: that need not keep %s from being let go.", text,
				   function_text(judge->host, pci).text);
		}
	}
	if (holders->len > 0)
		tell_holders(judge, pci, holders, commands);
}

/* Nothing that is known holds it; but is that everything? With nvidia a guess may cost a reboot. */
static void doubt_holders(const struct judge *judge)
{
	const struct host *host = judge->host;
	g_autofree char *names = functions_text(host, judge->query->functions, judge->query->n);

	if (host->usages.holders_known || judge->query->n == 0)
		return;
	judge_warn(judge, "It is not known whether processes have %s open%s.", names,
		   host->privileged ? "" : ": that is shown to root only");
	for (unsigned i = 0; i < judge->query->n && host->source == HOST_LIVE; i++) {
		int pci = judge->query->functions[i];
		if (host->privileged && g_strcmp0(host->pci[pci].driver, "nvidia") == 0)
			judge_forbid(judge, pci,
				     "It cannot be found out whether processes have %s open, and "
				     "the nvidia driver must not be taken off while they do. Run "
				     "vfiokit where all processes can be seen.",
				     function_text(host, pci).text);
	}
}

void judge_holders(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n; i++)
		judge_holders_of(judge, judge->query->functions[i]);
	doubt_holders(judge);
}

/* ---- guest-running ---- */

/* The guest's use of a function, of the rest of its group, or of a virtual function of it. When
 * functions are taken back, only their own counts. NULL: none. */
static const struct usage *find_guest(const struct judge *judge, int pci)
{
	const struct host *host = judge->host;
	const struct pci_dev *dev = &host->pci[pci];
	const struct usage *found = find_usage(host, pci, USAGE_VFIO, NULL);

	if (judge->query->when == REFUSAL_UNBIND)
		return found;
	for (unsigned i = 0; i < host->n_pci && !found; i++) {
		const struct pci_dev *other = &host->pci[i];
		if ((dev->group >= 0 && other->group == dev->group) ||
		    (other->is_virtfn && pci_addr_equal(other->physfn, dev->addr)))
			found = find_usage(host, (int)i, USAGE_VFIO, NULL);
	}
	return found;
}

void judge_guests(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		const struct usage *guest = find_guest(judge, pci);
		if (!guest)
			continue;
		g_autofree char *program = program_name(guest);
		struct address_text address = function_text(judge->host, guest->pci);
		g_autofree char *why = g_strdup_printf(", which is in one group with %s",
						       function_text(judge->host, pci).text);
		judge_refuse(judge, pci,
			     "pid %d %s has %s open%s: a guest is using it. Shut the guest down "
			     "first.",
			     guest->pid, program, address.text, guest->pci == pci ? "" : why);
	}
}
