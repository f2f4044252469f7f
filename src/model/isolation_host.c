/* What the whole host tells about isolation: is the IOMMU on, is it AMD's, does the command line
 * change ACS?
 */
#include "model/isolation.h"

#include <string.h>

#include "model/host.h"

/* Of pci= (kernel-parameters.txt), and of the override patch that some kernels carry. */
static const struct {
	const char *parameter;
	bool control_words; /* sets ACS bits of ports; else the kernel disregards them */
	const char *sentence;
} parameters[] = {
	{ "pcie_acs_override=", false,
	  "The command line has pcie_acs_override=: a kernel with that patch makes smaller groups, "
	  "without the isolation that they promise." },
	{ "config_acs=", true,
	  "The command line has pci=config_acs=, which changes ACS settings." },
	{ "disable_acs_redir=", true,
	  "The command line has pci=disable_acs_redir=, which takes isolation away." },
};

const char *isolation_next_parameter(const struct host *host, unsigned *index)
{
	const char *cmdline = host->platform.kernel.cmdline;

	while (cmdline && *index < G_N_ELEMENTS(parameters)) {
		unsigned i = (*index)++;
		if (strstr(cmdline, parameters[i].parameter))
			return parameters[i].sentence;
	}
	return NULL;
}

static bool changes_acs(const char *cmdline)
{
	for (size_t i = 0; cmdline && i < G_N_ELEMENTS(parameters); i++)
		if (parameters[i].control_words && strstr(cmdline, parameters[i].parameter))
			return true;
	return false;
}

static bool is_amd_iommu_function(const struct pci_dev *dev)
{
	if (dev->class_code < 0 || dev->class_code >> 8 != 0x0806)
		return false;
	return dev->vendor == 0x1022 || dev->vendor == 0x1002 ||
	       (dev->vendor < 0 && dev->text_name && strstr(dev->text_name, "AMD"));
}

static enum tri vendor_of_units(const struct iommu *iommu)
{
	enum tri amd = TRI_UNKNOWN;

	for (unsigned i = 0; i < iommu->n_units; i++) {
		if (iommu->units[i].vendor == IOMMU_AMD)
			return TRI_YES;
		if (iommu->units[i].vendor != IOMMU_VENDOR_UNKNOWN)
			amd = TRI_NO;
	}
	return amd;
}

/* Is there an IVRS table, the one that describes AMD's IOMMU? */
static enum tri find_amd_iommu(const struct host *host)
{
	const char *vendor = host->platform.cpu.vendor;

	if (host->iommu.has_ivrs != TRI_UNKNOWN)
		return host->iommu.has_ivrs;
	if (vendor_of_units(&host->iommu) != TRI_UNKNOWN)
		return vendor_of_units(&host->iommu);
	for (unsigned i = 0; i < host->n_pci; i++)
		if (is_amd_iommu_function(&host->pci[i]))
			return TRI_YES;
	if (host->iommu.has_dmar == TRI_YES || (vendor && strcmp(vendor, "GenuineIntel") == 0))
		return TRI_NO;
	return TRI_UNKNOWN;
}

void isolation_host_init(const struct host *host, struct isolation_host *ret)
{
	*ret = (struct isolation_host){
		.iommu_on = host->n_groups > 0 && !host->iommu.noiommu,
		.acs_by_cmdline = changes_acs(host->platform.kernel.cmdline),
		.posted = host->source == HOST_POSTED,
		.amd_iommu = find_amd_iommu(host),
	};
}
