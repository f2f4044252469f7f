/* See binding.h. */
#include "model/binding.h"

#include <string.h>

#include "base/text.h"
#include "model/host.h"

#define UP "../" /* in front of a slot's name that is that of the bridge above */

/* ---- text ---- */

/* "10de:1c03", or "-". */
static bool parse_ids(const char *text, int32_t *left, int32_t *right)
{
	uint32_t a, b;

	*left = *right = -1;
	if (strcmp(text, "-") == 0)
		return true;
	g_auto(GStrv) halves = g_strsplit(text, ":", -1);
	if (g_strv_length(halves) != 2 || strlen(halves[0]) != 4 || strlen(halves[1]) != 4 ||
	    !text_to_u32(halves[0], 16, UINT16_MAX, &a) ||
	    !text_to_u32(halves[1], 16, UINT16_MAX, &b))
		return false;
	*left = (int32_t)a;
	*right = (int32_t)b;
	return true;
}

/* A driver's name goes into rules of udev: no byte that means something there. */
static bool is_driver_name(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(text);
}

static bool parse_line(struct host *host, char **words, struct binding *ret)
{
	struct identity *who = &ret->who;

	if (g_strv_length(words) != 5 || !pci_addr_parse(words[0], &who->addr) ||
	    !parse_ids(words[1], &who->vendor, &who->device) ||
	    !parse_ids(words[2], &who->subsystem_vendor, &who->subsystem_device) ||
	    !is_driver_name(words[3]))
		return false;
	ret->driver = host_string(host, words[3]);
	const char *slot = words[4];
	for (who->slot_up = 0; g_str_has_prefix(slot, UP); who->slot_up++)
		slot += strlen(UP);
	who->slot = strcmp(slot, "-") == 0 ? NULL : host_string(host, slot);
	return *slot != '\0';
}

int binding_compare(const void *a, const void *b)
{
	uint64_t left = pci_addr_key(((const struct binding *)a)->who.addr);
	uint64_t right = pci_addr_key(((const struct binding *)b)->who.addr);

	return left < right ? -1 : left > right;
}

void bindings_parse(struct host *host, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct binding));

	host->bindings = (struct bindings){ 0 };
	for (int i = 0; lines[i]; i++) {
		struct binding binding;
		g_strdelimit(lines[i], "\t\r", ' ');
		g_strstrip(lines[i]);
		if (*lines[i] == '\0' || *lines[i] == '#')
			continue;
		g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);
		if (parse_line(host, words, &binding))
			g_array_append_val(found, binding);
		else if (host->bindings.bad_line == 0)
			host->bindings.bad_line = i + 1;
	}
	if (found->len == 0)
		return;
	g_array_sort(found, binding_compare);
	struct binding *list = host_alloc(host, found->len * sizeof(*list));
	memcpy(list, found->data, found->len * sizeof(*list));
	host->bindings.list = list;
	host->bindings.n = found->len;
}

static void append_ids(GString *text, int32_t left, int32_t right)
{
	if (left >= 0 && right >= 0)
		g_string_append_printf(text, " %04x:%04x", (unsigned)left, (unsigned)right);
	else
		g_string_append(text, " -");
}

char *bindings_format(const struct binding *list, unsigned n)
{
	GString *text =
		g_string_new("# Bound at every boot. Written by vfiokit: 'vfiokit bind "
			     "--persist' adds, 'vfiokit unbind\n"
			     "# --persist' takes away. ADDRESS IDS SUBSYSTEM DRIVER SLOT\n");

	for (unsigned i = 0; i < n; i++) {
		const struct identity *who = &list[i].who;
		char address[PCI_ADDR_SIZE];
		g_string_append(text, pci_addr_format(who->addr, address));
		append_ids(text, who->vendor, who->device);
		append_ids(text, who->subsystem_vendor, who->subsystem_device);
		g_string_append_printf(text, " %s ", list[i].driver);
		for (unsigned up = 0; up < who->slot_up; up++)
			g_string_append(text, UP);
		g_string_append_printf(text, "%s\n", who->slot ? who->slot : "-");
	}
	return g_string_free(text, FALSE);
}

const struct binding *bindings_find(const struct bindings *bindings, struct pci_addr addr)
{
	for (unsigned i = 0; i < bindings->n; i++)
		if (pci_addr_equal(bindings->list[i].who.addr, addr))
			return &bindings->list[i];
	return NULL;
}

/* ---- who is it ---- */

/* No firmware has names with such bytes in them, and they would upset the record. */
static const char *name_of_slot(const struct pci_dev *dev)
{
	const char *slot = dev->detail ? dev->detail->acpi_path : NULL;

	return slot && *slot && !strpbrk(slot, " \t\"") ? slot : NULL;
}

struct identity identity_of(const struct host *host, const struct pci_dev *dev)
{
	struct identity who = {
		.addr = dev->addr,
		.vendor = dev->vendor,
		.device = dev->device,
		.subsystem_vendor = dev->subsystem_vendor,
		.subsystem_device = dev->subsystem_device,
	};

	for (unsigned up = 0; dev; up++) {
		who.slot = name_of_slot(dev);
		who.slot_up = who.slot ? up : 0;
		dev = who.slot || dev->parent < 0 ? NULL : &host->pci[dev->parent];
	}
	return who;
}

static bool differs(int32_t a, int32_t b)
{
	return a >= 0 && b >= 0 && a != b;
}

bool identity_is_kind(const struct identity *a, const struct identity *b)
{
	return !differs(a->vendor, b->vendor) && !differs(a->device, b->device) &&
	       !differs(a->subsystem_vendor, b->subsystem_vendor) &&
	       !differs(a->subsystem_device, b->subsystem_device);
}

static bool is_same_slot(const struct identity *a, const struct identity *b)
{
	return a->slot && b->slot && a->slot_up == b->slot_up && strcmp(a->slot, b->slot) == 0;
}

bool identity_matches(const struct identity *a, const struct identity *b)
{
	return pci_addr_equal(a->addr, b->addr) && identity_is_kind(a, b) &&
	       (!a->slot || !b->slot || is_same_slot(a, b));
}

/* ---- how it stands ---- */

/* Where it may have gone: the first function like it, in its slot if one is there. NULL: nowhere.
 */
static const struct pci_dev *find_again(const struct host *host, const struct identity *who)
{
	const struct pci_dev *like = NULL;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		const struct identity now = identity_of(host, dev);
		if (pci_addr_equal(who->addr, dev->addr) || !identity_is_kind(who, &now))
			continue;
		if (is_same_slot(who, &now))
			return dev;
		like = like ? like : dev;
	}
	return like;
}

static void append_again(const struct host *host, const struct identity *who, GString *text)
{
	const struct pci_dev *again = find_again(host, who);
	char address[PCI_ADDR_SIZE];

	if (again)
		g_string_append_printf(text, "; a device like it is at %s",
				       pci_addr_format(again->addr, address));
}

static void append_who(GString *text, const struct identity *who)
{
	if (who->vendor >= 0 && who->device >= 0)
		append_ids(text, who->vendor, who->device);
	else
		g_string_append(text, " a device");
	if (who->subsystem_vendor > 0 && who->subsystem_device >= 0) {
		g_string_append(text, " of the board");
		append_ids(text, who->subsystem_vendor, who->subsystem_device);
	}
}

static char *say_gone(const struct host *host, const struct binding *binding)
{
	GString *text = g_string_new("nothing is at this address, where");

	append_who(text, &binding->who);
	g_string_append(text, " was chosen");
	append_again(host, &binding->who, text);
	return g_string_free(text, FALSE);
}

static char *say_changed(const struct host *host, const struct binding *binding,
			 const struct identity *now)
{
	GString *text = g_string_new("nothing was bound:");

	if (identity_is_kind(&binding->who, now)) {
		g_string_append_printf(text, " it was chosen in the slot %s, and this is %s",
				       binding->who.slot, now->slot);
	} else {
		append_who(text, &binding->who);
		g_string_append(text, " was chosen, and");
		append_who(text, now);
		g_string_append(text, " is here");
	}
	append_again(host, &binding->who, text);
	return g_string_free(text, FALSE);
}

/* What keeps everything from being bound in this boot (persist_rules.c), as the end of a sentence.
 */
static const char *off_note(const struct host *host)
{
	const char *cmdline = host->platform.kernel.cmdline;

	if (cmdline && cmdline_has(cmdline, OFF_WORD))
		return ": this boot is without it (" OFF_WORD ")";
	if (cmdline && cmdline_has(cmdline, "single"))
		return ": this boot is without it (single)";
	return "";
}

static enum binding_state judge_driver(const struct host *host, const struct binding *binding,
				       const struct pci_dev *dev, char **why)
{
	if (!dev->driver_known) {
		*why = g_strdup("its driver cannot be read");
		return BINDING_UNKNOWN;
	}
	if (g_strcmp0(dev->driver, binding->driver) == 0)
		return BINDING_BOUND;
	if (!dev->driver) {
		*why = g_strdup_printf("%s has not taken it%s", binding->driver, off_note(host));
		return BINDING_FREE;
	}
	*why = g_strdup_printf("%s has it, not %s%s", dev->driver, binding->driver, off_note(host));
	return BINDING_HOST;
}

enum binding_state binding_judge(const struct host *host, const struct binding *binding, char **why)
{
	int pci = host_find_pci(host, binding->who.addr);

	*why = NULL;
	if (pci < 0) {
		*why = say_gone(host, binding);
		return BINDING_GONE;
	}
	const struct identity now = identity_of(host, &host->pci[pci]);
	if (!identity_matches(&binding->who, &now)) {
		*why = say_changed(host, binding, &now);
		return BINDING_CHANGED;
	}
	return judge_driver(host, binding, &host->pci[pci], why);
}

const char *binding_state_name(enum binding_state state)
{
	static const char *const names[] = {
		[BINDING_BOUND] = "bound", [BINDING_GONE] = "gone", [BINDING_CHANGED] = "changed",
		[BINDING_FREE] = "free",   [BINDING_HOST] = "host", [BINDING_UNKNOWN] = "unknown",
	};

	return names[state];
}
