/* Answers that fit the machine, see setup.h: what a person would choose who knows what the host
 * needs itself. */
#include "model/loss.h"
#include "plan/setup.h"

/* ---- the GPU ---- */

static bool is_gpu(const struct pci_dev *dev)
{
	return dev->kind == KIND_GPU;
}

static unsigned count_gpus(const struct host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->n_pci; i++)
		n += is_gpu(&host->pci[i]);
	return n;
}

/* May it go without the host missing it at once? */
static bool can_be_spared(const struct host *host, const int *functions, unsigned n)
{
	LOSS_AUTO struct loss loss = { 0 };

	loss_of(host, functions, n, &loss);
	return loss.root_disk != TRI_YES && loss.mounted_disk != TRI_YES &&
	       loss.network_in_use != TRI_YES && loss.last_keyboard != TRI_YES &&
	       loss.last_monitor != TRI_YES;
}

/* Bridges stay with the host. */
static void add_slot(const struct host *host, const struct pci_dev *gpu, GArray *functions)
{
	for (unsigned i = 0; i < host->n_pci; i++) {
		int index = (int)i;
		if (pci_addr_same_slot(host->pci[i].addr, gpu->addr) &&
		    !pci_dev_is_bridge(&host->pci[i]))
			g_array_append_val(functions, index);
	}
}

/* The boot display is the host's; of others the one with the most neighbours counts as well as any:
 * the first. */
void setup_suggest_gpu(const struct host *host, GArray *functions)
{
	if (count_gpus(host) < 2)
		return;
	for (unsigned i = 0; i < host->n_pci; i++) {
		g_autoptr(GArray) slot = g_array_new(FALSE, FALSE, sizeof(int));
		if (!is_gpu(&host->pci[i]) || host->pci[i].boot_vga == TRI_YES ||
		    host->pci[i].addr.bus == 0)
			continue;
		add_slot(host, &host->pci[i], slot);
		if (!can_be_spared(host, (const int *)(const void *)slot->data, slot->len))
			continue;
		g_array_append_vals(functions, slot->data, slot->len);
		return;
	}
}

/* ---- USB ---- */

static bool has_group_alone(const struct host *host, int pci)
{
	int group = host->pci[pci].group;
	unsigned n = 0;

	for (unsigned i = 0; group >= 0 && i < host->groups[group].n_members; i++)
		n += !pci_dev_is_bridge(&host->pci[host->groups[group].members[i]]);
	return n == 1;
}

int setup_suggest_usb(const struct host *host)
{
	for (unsigned i = 0; i < host->usb.n_ctrls; i++) {
		int pci = host->usb.ctrls[i].pci;
		LOSS_AUTO struct loss loss = { 0 };
		if (pci < 0 || !has_group_alone(host, pci))
			continue;
		loss_of(host, &pci, 1, &loss);
		if (loss.keyboard == TRI_NO && can_be_spared(host, &pci, 1))
			return pci;
	}
	return -1;
}
