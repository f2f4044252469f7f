/* See obstacle.h. */
#include "model/obstacle.h"

#include <glib.h>

#include "model/host.h"
#include "model/loss.h"

static void add(struct obstacles *obstacles, bool there, enum obstacle_weight weight,
		const char *what)
{
	if (there && obstacles->n < MAX_OBSTACLES)
		obstacles->list[obstacles->n++] = (struct obstacle){ weight, what };
}

enum obstacle_weight obstacles_weight(const struct obstacles *obstacles)
{
	enum obstacle_weight weight = OBSTACLE_NONE;

	for (unsigned i = 0; i < obstacles->n; i++)
		weight = MAX(weight, obstacles->list[i].weight);
	return weight;
}

static unsigned count_gpus(const struct host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->n_pci; i++)
		n += host->pci[i].kind == KIND_GPU;
	return n;
}

/* How many GPUs stay with the host when the group of this one goes? */
static unsigned gpus_left(const struct host *host, const struct pci_dev *dev)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->n_pci; i++)
		n += host->pci[i].kind == KIND_GPU && &host->pci[i] != dev &&
		     (dev->group < 0 || host->pci[i].group != dev->group) &&
		     !pci_driver_is_vfio(host->pci[i].driver);
	return n;
}

/* What is on a USB controller and would be missed, though not at once. */
static const struct {
	enum usage_kind kind;
	const char *what;
} missed[] = {
	{ USAGE_MOUSE, "a mouse is on it" },
	{ USAGE_NETWORK, "a network interface is on it" },
	{ USAGE_BLUETOOTH, "Bluetooth is on it" },
};

void obstacles_find(const struct host *host, enum iommu_state state, int index,
		    struct obstacles *ret)
{
	const struct pci_dev *dev = &host->pci[index];
	struct loss loss LOSS_AUTO;
	bool grouped = dev->group >= 0;
	bool shared = grouped && iommu_group_isolated(host, &host->groups[dev->group]) == TRI_NO;

	ret->n = 0;
	if (grouped)
		loss_of_group(host, dev->group, &loss);
	else
		loss_of(host, &index, 1, &loss);
	add(ret, state != IOMMU_ENABLED && state != IOMMU_STATE_UNKNOWN, OBSTACLE_STOP,
	    "not without an IOMMU");
	add(ret, state == IOMMU_STATE_UNKNOWN && !grouped, OBSTACLE_WARN,
	    "if the IOMMU is on, which is not known");
	add(ret, state == IOMMU_ENABLED && !grouped, OBSTACLE_STOP, "in no IOMMU group");
	add(ret, shared, OBSTACLE_WARN, "group shared with others");
	add(ret, loss.root_disk == TRI_YES, OBSTACLE_STOP, "the system is on it");
	add(ret, loss.mounted_disk == TRI_YES, OBSTACLE_STOP, "mounted disk");
	add(ret, loss.network_in_use == TRI_YES, OBSTACLE_STOP, "network in use");
	add(ret, loss.last_keyboard == TRI_YES, OBSTACLE_STOP,
	    loss_count(&loss, USAGE_KEYBOARD) > 1 ? "all keyboards" : "the only keyboard");
	add(ret, loss.keyboard == TRI_YES && loss.last_keyboard != TRI_YES, OBSTACLE_WARN,
	    "a keyboard");
	bool asked = dev->kind == KIND_USB_CONTROLLER && obstacles_weight(ret) != OBSTACLE_STOP;
	for (size_t i = 0; i < G_N_ELEMENTS(missed); i++)
		add(ret, asked && loss_count(&loss, missed[i].kind) > 0, OBSTACLE_WARN,
		    missed[i].what);
	add(ret, dev->kind == KIND_GPU && gpus_left(host, dev) == 0, OBSTACLE_WARN,
	    count_gpus(host) == 1 ? "the host's only GPU" : "the last GPU that the host has");
	add(ret, dev->boot_vga == TRI_YES, OBSTACLE_WARN, "boot display");
	add(ret, loss.held == TRI_YES, OBSTACLE_WARN, "in use by programs");
}
