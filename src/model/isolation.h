/* Is a function kept from reaching its neighbours without the IOMMU seeing it? The kernel's
 * question pci_acs_enabled(dev, SV | RR | CR | UF) (drivers/pci/pci.c, quirks.c), answered from
 * what is known: the answer is yes or no only where no unknown fact could change it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/pci.h"
#include "model/quirks.h"
#include "model/tri.h"

struct host;

/* The ACS bits that the kernel asks for (drivers/iommu/iommu.c: REQ_ACS_FLAGS). */
#define ACS_ASKED                                                                                  \
	(ACS_SOURCE_VALIDATION | ACS_REQUEST_REDIRECT | ACS_COMPLETION_REDIRECT |                  \
	 ACS_UPSTREAM_FORWARDING)

/* What the answer rests on, */
enum isolation_why {
	/* known */
	WHY_ACS,              /* yes: all ACS bits that it implements are on */
	WHY_ACS_LACKING,      /* no: bits that it implements are off (missing) */
	WHY_NO_ACS,           /* no: no ACS capability */
	WHY_SINGLE_FUNCTION,  /* yes: nobody to talk to but through its port */
	WHY_VIRTUAL_FUNCTION, /* yes: counts as a single function */
	WHY_CONVENTIONAL,     /* no: a shared bus */
	WHY_BRIDGE_TYPE,      /* no: bridge to or from conventional PCI, or event collector */
	WHY_QUIRK,            /* yes or no: quirk says so */
	WHY_CHIPSET,          /* yes: quirk, by a chipset register that is taken to be set */
	/* or not known, for want of */
	WHY_DEAD,            /* config space that answers */
	WHY_CAPS_UNREAD,     /* the capabilities: 64 bytes or nothing (not root) */
	WHY_EXTENDED_UNREAD, /* the extended capabilities: 256 bytes */
	WHY_BITS_UNREAD,     /* the bits of the ACS capability ("lspci -v") */
	WHY_COMMAND_LINE,    /* what pci=config_acs= or the like does to it */
	WHY_IDS_UNKNOWN,     /* vendor and device, for quirks */
	WHY_OTHER_UNKNOWN,   /* multifunction, bus, or whose IOMMU it is */
};

struct isolation {
	enum tri isolated;
	enum isolation_why why;
	uint16_t missing;              /* enum acs_bit: implemented and asked for, but off */
	bool assumed;                  /* ACS bits that are off are taken as on: see below */
	const struct acs_quirk *quirk; /* WHY_QUIRK, WHY_CHIPSET; also WHY_ACS and WHY_ACS_LACKING
					* where QUIRK_SPT moves the register */
};

/* Facts about the whole host that every answer needs. */
struct isolation_host {
	bool iommu_on; /* there are groups, so ACS control words are the kernel's. Else they are
			* the firmware's: the kernel switches on all that is implemented */
	bool acs_by_cmdline; /* the command line changes ACS control words */
	bool posted; /* words of lspci, which misprints the control word of QUIRK_SPT ports */
	enum tri amd_iommu;
};

void isolation_host_init(const struct host *host, struct isolation_host *ret);

/* A sentence on the next parameter of the command line that changes what the kernel makes of ACS;
 * NULL: no more. *index counts on, from 0. */
const char *isolation_next_parameter(const struct host *host, unsigned *index);

/* Facts about one function that its neighbours tell. */
struct isolation_place {
	enum tri multifunction; /* as the kernel sees it: bit 7 of the header type, or not function
				   0 */
	enum tri root_bus;
};

void isolation_judge(const struct isolation_host *host, const struct pci_dev *dev,
		     const struct isolation_place *place, struct isolation *ret);

/* Which PCIe types can a function have? A bit for each from 0 to 15, and TYPE_CONVENTIONAL. */
#define TYPE_CONVENTIONAL (1U << 16)
uint32_t isolation_types(const struct pci_dev *dev);

/* Can there be a bus behind it? */
bool isolation_may_be_bridge(const struct pci_dev *dev);
