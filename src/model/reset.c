/* See reset.h. */
#include "model/reset.h"

#include "model/host.h"

/* Methods that reset the function and nothing else (kernel: pci_reset_fn_methods[]). */
static const char *const own_methods[] = { "device_specific", "acpi", "flr", "af_flr", "pm" };

static bool has_method(const char *methods, const char *name)
{
	g_auto(GStrv) words = g_strsplit(methods, " ", -1);

	return g_strv_contains((const char *const *)words, name);
}

static const char *first_own_method(const char *methods)
{
	for (size_t i = 0; i < G_N_ELEMENTS(own_methods); i++)
		if (has_method(methods, own_methods[i]))
			return own_methods[i];
	return NULL;
}

static unsigned count_others_on_bus(const struct host *host, const struct pci_dev *dev)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->n_pci; i++)
		n += &host->pci[i] != dev &&
		     pci_addr_key(host->pci[i].addr) >> 8 == pci_addr_key(dev->addr) >> 8;
	return n;
}

void reset_judge(const struct host *host, const struct pci_dev *dev, struct reset *ret)
{
	*ret = (struct reset){ .kind = RESET_UNKNOWN };
	if (!dev->reset_methods)
		return;
	ret->method = first_own_method(dev->reset_methods);
	if (ret->method) {
		ret->kind = RESET_FUNCTION;
		return;
	}
	ret->n_others = count_others_on_bus(host, dev);
	if (dev->parent < 0)
		ret->kind = dev->on_root_bus ? RESET_NONE : RESET_UNKNOWN;
	else if (ret->n_others > 0)
		ret->kind = RESET_BUS_ALL;
	else
		ret->kind = has_method(dev->reset_methods, "bus") ? RESET_FUNCTION : RESET_NONE;
	if (ret->kind == RESET_FUNCTION)
		ret->method = "bus";
}
