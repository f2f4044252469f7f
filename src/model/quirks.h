/* What the kernel knows about single PCI devices and that bears on IOMMU groups, as tables with the
 * kernel's own function names, so that an explanation can name them.
 *
 * Source: Linux 7.2 drivers/pci/quirks.c (pci_dev_acs_enabled[], DMA alias quirks, bridge flags)
 * and drivers/pci/controller/vmd.c (vmd_ids[]); compared with 6.12 and 6.18. An older kernel knows
 * fewer. Left out because no recording holds the facts: quirk_switchtec_ntb_dma_alias (aliases that
 * a memory region of the device lists) and the alias entries of AMD's IVRS table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/pci.h"

/* ---- isolation ---- */

/* What a row says of the functions that it is for. */
enum quirk_answer {
	QUIRK_ISOLATED,     /* as if all of the ACS that the kernel asks for were on */
	QUIRK_NOT_ISOLATED, /* no, whatever their ACS capability says */
	QUIRK_AMD_SB, /* isolated if multifunction, on a root bus, and there is an AMD IOMMU */
	QUIRK_PCH,    /* isolated by a chipset register that the kernel sets */
	QUIRK_SPT,    /* the ACS control register lies at + 8 */
};

#define QUIRK_TYPE(type) (1U << (type)) /* for a PCIe type from 0 on */

struct acs_quirk {
	const char *function; /* the kernel's */
	uint16_t vendor;
	uint16_t first; /* device ids, */
	uint16_t last;  /* both included */
	uint8_t step;   /* 2: every second id only; 0: all */
	uint16_t types; /* QUIRK_TYPE() of PCIe types; 0: any, also conventional */
	uint8_t answer; /* enum quirk_answer */
	uint8_t class;  /* the base class of these devices; 0: any */
};

/* The rows for an id in the kernel's order, of which the first one that is for the function's type
 * (and, for QUIRK_AMD_SB and QUIRK_SPT, for its other facts) decides. after: NULL at first, then
 * what the last call returned. NULL: no more. */
const struct acs_quirk *quirk_acs_next(uint16_t vendor, uint16_t device,
				       const struct acs_quirk *after);

#define QUIRK_MAX_SAMPLES 160

/* Where ids are not known: an id of each kind that the tables about isolation tell apart, among
 * them one that they do not know; of one vendor and class, or of all (-1). Returns how many. */
unsigned quirk_samples(int32_t vendor, int32_t class_code, uint32_t ids[QUIRK_MAX_SAMPLES]);

/* ---- DMA under other addresses ---- */

/* Those that reach further come later. */
enum alias_kind {
	ALIAS_FUNCTION_0, /* function 0 of its slot */
	ALIAS_FUNCTION_1, /* function 1 of its slot */
	ALIAS_FIXED,      /* the addresses in devfns */
	ALIAS_VCA,        /* functions 0 to 4 of every slot */
	ALIAS_ALL,        /* the whole bus */
};

struct alias_quirk {
	const char *function; /* the kernel's */
	uint16_t vendor;
	uint16_t first;
	uint16_t last;
	uint8_t kind;  /* enum alias_kind */
	uint8_t class; /* the base class of these devices; 0: any */
	uint8_t n_devfns;
	uint8_t devfns[3];
	uint16_t subsystem_vendor; /* 0: any */
	uint16_t subsystem_first;
	uint16_t subsystem_last;
};

/* The quirk for an id; subsystem ids of -1 are not known, and then count as right. NULL: none. */
const struct alias_quirk *quirk_alias(uint16_t vendor, uint16_t device, int32_t subsystem_vendor,
				      int32_t subsystem_device);

/* Where the device id is not known: of the quirks that a function of this vendor and class (-1: not
 * known) can have, one that reaches furthest. NULL: it can have none. */
const struct alias_quirk *quirk_alias_possible(int32_t vendor, int32_t class_code);

/* Does a function at addr with this quirk also use devfn (slot << 3 | function) of its bus? */
bool quirk_alias_covers(const struct alias_quirk *quirk, struct pci_addr addr, uint8_t devfn);

/* ---- others ---- */

/* Intel VMD: what is in the domains that it makes does its DMA under its address. */
bool quirk_is_vmd(uint16_t vendor, uint16_t device);

/* PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT: the IOMMU sits at this bridge, so no alias above it counts. */
bool quirk_is_translation_root(uint16_t vendor, uint16_t device);

/* PCI_DEV_FLAGS_PCI_BRIDGE_NO_ALIAS: a PCIe-to-PCI bridge that leaves addresses alone. */
bool quirk_bridge_keeps_address(uint16_t vendor, uint16_t device);

/* pci_disable_broken_acs_cap: Source Validation is broken there, and neither used nor asked for. */
bool quirk_lacks_source_validation(uint16_t vendor, uint16_t device);
