/* Names and pure questions of usage.h. */
#include "model/usage.h"

#include "model/host.h"

static const struct {
	const char *name;
	bool critical;
} kinds[USAGE_N_KINDS] = {
	[USAGE_ROOT_DISK] = { "root-disk", true },
	[USAGE_DISK] = { "mounted-disk", true },
	[USAGE_BLOCK] = { "disk", false },
	[USAGE_ROUTE] = { "default-route", true },
	[USAGE_NETWORK] = { "network", false },
	[USAGE_KEYBOARD] = { "keyboard", true },
	[USAGE_MOUSE] = { "mouse", false },
	[USAGE_INPUT] = { "input", false },
	[USAGE_DISPLAY] = { "monitor", true },
	[USAGE_DRM] = { "display-node", false },
	[USAGE_FRAMEBUFFER] = { "framebuffer", false },
	[USAGE_SOUND] = { "sound", false },
	[USAGE_BLUETOOTH] = { "bluetooth", false },
	[USAGE_VIDEO] = { "camera", false },
	[USAGE_VFIO] = { "guest", false },
	[USAGE_HOLDER] = { "process", false },
	[USAGE_OTHER] = { "other", false },
};

const char *usage_kind_name(enum usage_kind kind)
{
	return kinds[kind].name;
}

bool usage_is_critical(enum usage_kind kind)
{
	return kinds[kind].critical;
}

bool usage_kind_known(const struct usages *usages, enum usage_kind kind)
{
	return usages->probed && (usages->known & 1U << kind) != 0;
}

/* The first use whose function is not below pci. */
static unsigned first_from(const struct usages *usages, int pci)
{
	unsigned low = 0, high = usages->n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (usages->list[middle].pci < pci)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct usage *usage_of_pci(const struct host *host, int pci, unsigned *n)
{
	unsigned first = first_from(&host->usages, pci);

	*n = first_from(&host->usages, pci + 1) - first;
	return host->usages.list + first;
}
