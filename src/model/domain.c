/* See domain.h. */
#include "model/domain.h"

#include <string.h>

#include "model/host.h"

const struct domain *domain_find(const struct host *host, const char *name)
{
	for (unsigned i = 0; i < host->domains.n; i++)
		if (strcmp(host->domains.list[i].name, name) == 0)
			return &host->domains.list[i];
	return NULL;
}

bool domain_has(const struct domain *domain, struct pci_addr addr)
{
	for (unsigned i = 0; i < domain->n_pci; i++)
		if (pci_addr_equal(domain->pci[i].addr, addr))
			return true;
	return false;
}

const struct rom_file *domain_rom(const struct host *host, const char *path)
{
	for (unsigned i = 0; i < host->domains.n_roms; i++)
		if (strcmp(host->domains.roms[i].path, path) == 0)
			return &host->domains.roms[i];
	return NULL;
}
