/* Names without numbers: looked up in pci.ids, each name once. */
#include "probe/posted_parts.h"

#include <string.h>

#include "base/pci_ids.h"
#include "base/text.h"

struct posted_names {
	struct pci_ids *ids;
	bool opened;
	GHashTable *found;   /* name → struct pci_ids_found */
	GHashTable *classes; /* name → class and subclass, + 1 */
};

struct posted_names *posted_names_new(void)
{
	struct posted_names *names = g_new0(struct posted_names, 1);

	names->found = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	names->classes = g_hash_table_new(g_str_hash, g_str_equal);
	return names;
}

void posted_names_free(struct posted_names *names)
{
	g_hash_table_destroy(names->found);
	g_hash_table_destroy(names->classes);
	pci_ids_free(names->ids);
	g_free(names);
}

static const struct pci_ids *open_ids(struct posted_names *names)
{
	if (!names->opened)
		names->ids = pci_ids_open();
	names->opened = true;
	return names->ids;
}

/* Names are strings of the host: they live as long as the tables. */
static const struct pci_ids_found *find(struct posted_names *names, const char *name)
{
	struct pci_ids_found *found = g_hash_table_lookup(names->found, name);

	if (found)
		return found;
	found = g_new(struct pci_ids_found, 1);
	pci_ids_find(names->ids, name, found);
	g_hash_table_insert(names->found, (gpointer)name, found);
	return found;
}

static int find_class(struct posted_names *names, const char *name)
{
	gpointer value = g_hash_table_lookup(names->classes, name);

	if (!value) {
		value = GINT_TO_POINTER(pci_ids_class(names->ids, name) + 1);
		if (value)
			g_hash_table_insert(names->classes, (gpointer)name, value);
	}
	return GPOINTER_TO_INT(value) - 1;
}

/* "Class ff80": what lspci prints for a class without a name. */
static void take_class(struct posted_names *names, struct pci_dev *dev)
{
	const char *number = text_after(dev->text_class, "Class ");
	uint32_t code;
	int class;

	if (number && strlen(number) == 4 && text_hex(number, 4, &code))
		dev->class_code = (int32_t)code << 8;
	else if (open_ids(names) && (class = find_class(names, dev->text_class)) >= 0)
		dev->class_code = class << 8;
}

/* "Device 1234:5678": what lspci prints when it knows neither. */
static bool take_unnamed(struct pci_dev *dev)
{
	const char *number = text_after(dev->text_name, "Device ");
	uint32_t vendor, device;

	if (!number || !text_hex(number, 4, &vendor) || number[4] != ':' ||
	    !text_hex(number + 5, 4, &device))
		return false;
	dev->vendor = (int32_t)vendor;
	dev->device = (int32_t)device;
	return true;
}

static void take_name(struct posted_names *names, struct host *host, struct posted_fn *fn)
{
	struct pci_dev *dev = &fn->dev;

	if (take_unnamed(dev) || !open_ids(names))
		return;
	const struct pci_ids_found *found = find(names, dev->text_name);
	/* a number in the line says which vendor it is: "[8086... (rev 02)" */
	if (dev->vendor < 0)
		dev->vendor = found->vendor;
	if (found->n == 1 && dev->vendor == (int32_t)(found->ids[0] >> 16)) {
		dev->device = (int32_t)(found->ids[0] & 0xffff);
		fn->guessed = !strstr(dev->text_name, " Device ");
	} else if (found->n > 1) {
		uint32_t *candidates = host_alloc(host, found->n * sizeof(*candidates));
		memcpy(candidates, found->ids, found->n * sizeof(*candidates));
		dev->candidates = candidates;
		dev->n_candidates = found->n;
	}
}

/* Subsystems are known by number only where lspci had no name for them: "Dell Device 0443". */
static void take_subsystem(struct posted_names *names, struct posted_fn *fn)
{
	const char *device = strstr(fn->subsystem_name, " Device ");

	if (!device || strlen(device) != strlen(" Device 0443") || !open_ids(names))
		return;
	const struct pci_ids_found *found = find(names, fn->subsystem_name);
	if (found->n != 1)
		return;
	fn->dev.subsystem_vendor = (int32_t)(found->ids[0] >> 16);
	fn->dev.subsystem_device = (int32_t)(found->ids[0] & 0xffff);
}

void posted_names_take(struct posted_names *names, struct host *host, struct posted_fn *fn)
{
	if (fn->dev.text_class && fn->dev.class_code < 0)
		take_class(names, &fn->dev);
	if (fn->dev.text_name && fn->dev.device < 0)
		take_name(names, host, fn);
	if (fn->subsystem_name && fn->dev.subsystem_vendor < 0)
		take_subsystem(names, fn);
}
