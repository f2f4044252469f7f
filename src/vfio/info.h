/* What VFIO's GET_INFO calls answer: a fixed struct, then a chain of capabilities, each with its id
 * and the offset of the next (linux/vfio.h, struct vfio_info_cap_header). Decoded from bytes,
 * however they are: cut off, in loops, out of range. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/pci.h"

struct vfio_bytes {
	const uint8_t *bytes;
	size_t length;
};

/* ---- the IOMMU behind a container ---- */

struct iova_range {
	uint64_t start;
	uint64_t end; /* included */
};

#define VFIO_MAX_RANGES 32

struct vfio_iommu_facts {
	bool page_sizes_known;
	uint64_t page_sizes; /* bit 12: pages of 4 KiB */
	bool ranges_known;
	struct iova_range ranges[VFIO_MAX_RANGES];
	unsigned n_ranges; /* those beyond VFIO_MAX_RANGES are left out */
	int64_t dma_avail; /* mappings that may still be made; -1: not known */
	bool malformed;
};

/* Decodes the answer to VFIO_IOMMU_GET_INFO of a type 1 container. */
void vfio_iommu_decode(struct vfio_bytes info, struct vfio_iommu_facts *ret);

/* An address for size bytes (a power of two) that the device may use: aligned to size, from 1 MiB
 * on, in a known range; 1 MiB or size, whatever is more, where the ranges are not known. False:
 * there is none. */
bool vfio_iova_pick(const struct vfio_iommu_facts *facts, uint64_t size, uint64_t *ret);

/* ---- the regions of a device ---- */

struct vfio_area {
	uint64_t offset; /* in the region */
	uint64_t size;
};

#define VFIO_MAX_AREAS 8

struct vfio_region {
	unsigned index;  /* VFIO_PCI_BAR0_REGION_INDEX, … */
	uint64_t size;   /* 0: not there */
	uint64_t offset; /* of the region in the device's descriptor */
	bool readable;
	bool writable;
	bool mappable;
	bool sparse; /* only these areas of it can be mapped: */
	struct vfio_area areas[VFIO_MAX_AREAS];
	unsigned n_areas;
	bool malformed;
};

/* Decodes the answer to VFIO_DEVICE_GET_REGION_INFO. False when it is too short to be one. */
bool vfio_region_decode(struct vfio_bytes info, struct vfio_region *ret);

/* "bar0", …, "rom", "config", "vga", or "region9" and so on; buf of 16. */
const char *vfio_region_name(unsigned index, char buf[16]);

/* What of the region can be mapped: false where nothing can. */
bool vfio_region_mapping(const struct vfio_region *region, struct vfio_area *ret);

/* ---- what a bus reset would hit ---- */

struct vfio_dependent {
	int group; /* the kernel's number */
	struct pci_addr addr;
};

/* Decodes entry index of the answer to VFIO_DEVICE_GET_PCI_HOT_RESET_INFO; false behind the last
 * (or where the bytes end). */
bool vfio_dependent_decode(struct vfio_bytes info, unsigned index, struct vfio_dependent *ret);
