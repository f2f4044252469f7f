/* What the whole host tells about isolation: is the IOMMU on, is it AMD's, does the command line
 * change ACS?
 */
#include "model/isolation.h"

#include <string.h>

#include "model/host.h"

/* ACS parameters of pci= (kernel-parameters.txt), and of the override patch that some kernels have.
 */
static bool changes_acs(const char *cmdline)
{
	return cmdline && (strstr(cmdline, "config_acs=") || strstr(cmdline, "disable_acs_redir="));
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
