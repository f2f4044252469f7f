/* The rule of udev that binds at every boot; see persist.h.
 *
 * At every PCI event of the boot, before udev loads a driver for it (that is done when all rules
 * are through: udev(7), RUN), the driver_override of every function of the record is written: a
 * driver that is loaded for one card takes all that are like it, so waiting for a function's own
 * event would be too late. "[pci/ADDRESS]attribute" names an attribute of another device than the
 * event's (systemd: src/udev/udev-rules.c, udev_resolve_subsys_kernel()). It is read anew each
 * time.
 *
 * At its own event a function that a driver of the host's has got nevertheless (one that is built
 * in) is taken off it, once in a boot; then vfio-pci is asked, if it is there, and loaded. */
#include "plan/persist.h"

#include <string.h>

static const char head[] =
	"# Written by vfiokit from " BINDINGS_PATH "; changes here are lost.\n"
	"# 'vfiokit unbind --persist' takes functions away. To boot once without it add " OFF_WORD
	"\n"
	"# to the kernel's command line; recovery entries ('single') are without it, too.\n"
	"ACTION!=\"add\", GOTO=\"vfiokit_end\"\n"
	"SUBSYSTEM!=\"pci\", GOTO=\"vfiokit_end\"\n"
	"TEST==\"" PERSIST_STATUS_PATH "\", GOTO=\"vfiokit_end\"\n"
	"IMPORT{cmdline}=\"vfiokit\"\n"
	"ENV{vfiokit}==\"off\", GOTO=\"vfiokit_end\"\n"
	"IMPORT{cmdline}=\"single\"\n"
	"ENV{single}==\"?*\", GOTO=\"vfiokit_end\"\n";

static const char trial_only[] = "# A trial: only in the boot that was made for it.\n"
				 "ENV{vfiokit}!=\"trial\", GOTO=\"vfiokit_end\"\n";

/* What means something in a pattern is matched by "?", any character: the backslash, above all,
 * that paths of the firmware start with. */
static char *pattern_of(const char *text)
{
	char *pattern = g_strdup(text);

	for (char *at = pattern; *at; at++)
		if (!g_ascii_isalnum(*at) && !strchr("_.-:/", *at))
			*at = '?';
	return pattern;
}

static void add_match(GString *text, const char *address, const char *attribute, int32_t id)
{
	if (id >= 0)
		g_string_append_printf(text, "ATTR{[pci/%s]%s}==\"0x%04x\", ", address, attribute,
				       (unsigned)id);
}

/* "…, GOTO=LABEL" for whoever is what was chosen. */
static void add_identity(GString *text, const struct identity *who, const char *address,
			 unsigned number)
{
	add_match(text, address, "vendor", who->vendor);
	add_match(text, address, "device", who->device);
	add_match(text, address, "subsystem_vendor", who->subsystem_vendor);
	add_match(text, address, "subsystem_device", who->subsystem_device);
	if (who->slot) {
		g_autofree char *slot = pattern_of(who->slot);
		g_string_append_printf(text, "ATTR{[pci/%s]", address);
		for (unsigned up = 0; up < who->slot_up; up++)
			g_string_append(text, "../");
		g_string_append_printf(text, "firmware_node/path}==\"%s\", ", slot);
	}
	g_string_append_printf(text, "GOTO=\"vfiokit_%u\"\n", number);
}

static void add_function(GString *text, const struct binding *binding, unsigned number)
{
	char a[PCI_ADDR_SIZE];
	const char *driver = binding->driver;

	pci_addr_format(binding->who.addr, a);
	g_string_append_printf(text, "\n# %s\n", a);
	add_identity(text, &binding->who, a, number);
	g_string_append_printf(text, "GOTO=\"vfiokit_%u_end\"\nLABEL=\"vfiokit_%u\"\n", number,
			       number);
	g_string_append_printf(text,
			       "ATTR{[pci/%s]driver_override}!=\"%s\", "
			       "ATTR{[pci/%s]driver_override}=\"%s\"\n",
			       a, driver, a, driver);
	g_string_append_printf(text, "KERNEL!=\"%s\", GOTO=\"vfiokit_%u_end\"\n", a, number);
	g_string_append(text, "IMPORT{db}=\"VFIOKIT\"\n");
	g_string_append_printf(text,
			       "ENV{VFIOKIT}!=\"seen\", ATTR{[pci/%s]driver}==\"?*\", "
			       "ATTR{[pci/%s]driver}!=\"%s\", ATTR{[pci/%s]driver/unbind}=\"%s\"\n",
			       a, a, driver, a, a);
	g_string_append_printf(text,
			       "ENV{VFIOKIT}=\"seen\", ATTR{[subsystem/pci]drivers_probe}=\"%s\", "
			       "RUN{builtin}+=\"kmod load %s\"\n",
			       a, driver);
	g_string_append_printf(text, "LABEL=\"vfiokit_%u_end\"\n", number);
}

char *persist_rules(const struct binding *list, unsigned n, bool trial)
{
	if (n == 0)
		return NULL;
	GString *text = g_string_new(head);

	if (trial)
		g_string_append(text, trial_only);
	for (unsigned i = 0; i < n; i++)
		add_function(text, &list[i], i + 1);
	g_string_append(text, "\nLABEL=\"vfiokit_end\"\n");
	return g_string_free(text, FALSE);
}
