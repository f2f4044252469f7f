/* Which functions are meant for guests: what was asked about, else what anything on the machine
 * points to. A card that nothing points to is the host's, and no rule says a word about it. */
#include "rules/exam.h"
#include "rules/modprobe.h"

static void mark_domain(const struct host *host, const struct domain *domain, unsigned *chosen)
{
	for (unsigned i = 0; i < domain->n_pci; i++) {
		int index = host_find_pci(host, domain->pci[i].addr);
		if (index >= 0)
			chosen[index] |= CHOSEN_DOMAIN;
	}
}

static void mark_ids(const struct host *host, unsigned *chosen)
{
	g_autoptr(GArray) ids = vfio_ids_read(host);

	for (guint i = 0; i < ids->len; i++)
		for (unsigned j = 0; j < host->n_pci; j++)
			if (vfio_id_matches(&g_array_index(ids, struct vfio_id, i), &host->pci[j]))
				chosen[j] |= CHOSEN_IDS;
}

static void mark_drivers(const struct host *host, unsigned *chosen)
{
	for (unsigned i = 0; i < host->n_pci; i++) {
		if (pci_driver_is_vfio(host->pci[i].driver))
			chosen[i] |= CHOSEN_BOUND;
		if (pci_driver_is_vfio(host->pci[i].driver_override))
			chosen[i] |= CHOSEN_OVERRIDE;
	}
}

/* How it came to be chosen is also known of those that were asked about. */
static void keep_only(const struct host *host, unsigned *chosen, unsigned flag)
{
	for (unsigned i = 0; i < host->n_pci; i++)
		if (!(chosen[i] & flag))
			chosen[i] = 0;
}

unsigned *chosen_find(const struct rules_request *request)
{
	const struct host *host = request->host;
	unsigned *chosen = g_new0(unsigned, host->n_pci + 1);

	mark_drivers(host, chosen);
	mark_ids(host, chosen);
	if (request->domain) {
		mark_domain(host, request->domain, chosen);
		keep_only(host, chosen, CHOSEN_DOMAIN);
	} else if (request->n_devices > 0) {
		for (unsigned i = 0; i < request->n_devices; i++)
			chosen[request->devices[i]] |= CHOSEN_ARGUMENT;
		keep_only(host, chosen, CHOSEN_ARGUMENT);
	} else {
		for (unsigned i = 0; i < host->domains.n; i++)
			mark_domain(host, &host->domains.list[i], chosen);
	}
	return chosen;
}
