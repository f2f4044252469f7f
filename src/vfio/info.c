/* See info.h. Everything is copied out of the bytes by fetch(), which is the only one to look at
 * the length: what is not all there is not there. */
#include "vfio/info.h"

#include <glib.h>
#include <linux/pci.h>
#include <linux/vfio.h>
#include <string.h>

/* Copies size bytes at offset; false, and zeros, when they are not all there. */
static bool fetch(struct vfio_bytes info, size_t offset, void *ret, size_t size)
{
	memset(ret, 0, size);
	if (offset > info.length || size > info.length - offset)
		return false;
	memcpy(ret, info.bytes + offset, size);
	return true;
}

/* ---- the chain ---- */

/* Looks for the capability id in the chain that starts at offset first (0: there is none): its
 * bytes from the header on, as far as there are any. A chain that leaves the bytes or does not end
 * sets *malformed; what stands before is still found. */
static bool find_cap(struct vfio_bytes info, uint32_t first, uint16_t id, struct vfio_bytes *ret,
		     bool *malformed)
{
	struct vfio_info_cap_header header;
	/* A chain without a loop has no more links than there is room for. */
	size_t left = info.length / sizeof(header);

	for (uint32_t at = first; at != 0; at = header.next) {
		if (left-- == 0 || !fetch(info, at, &header, sizeof(header))) {
			*malformed = true;
			return false;
		}
		if (header.id != id)
			continue;
		*ret = (struct vfio_bytes){ info.bytes + at, info.length - at };
		return true;
	}
	return false;
}

/* ---- the IOMMU ---- */

/* The kernel names no more of them than there is room for; others are cut and said to be. */
static void decode_ranges(struct vfio_bytes cap, struct vfio_iommu_facts *ret)
{
	struct vfio_iommu_type1_info_cap_iova_range head;
	struct vfio_iova_range range;

	if (!fetch(cap, 0, &head, sizeof(head))) {
		ret->malformed = true;
		return;
	}
	ret->ranges_known = true;
	for (uint32_t i = 0; i < head.nr_iovas && ret->n_ranges < VFIO_MAX_RANGES; i++) {
		size_t offset = sizeof(head) + i * sizeof(range);
		if (!fetch(cap, offset, &range, sizeof(range)) || range.start > range.end) {
			ret->malformed = true;
			return;
		}
		ret->ranges[ret->n_ranges++] = (struct iova_range){ range.start, range.end };
	}
}

void vfio_iommu_decode(struct vfio_bytes info, struct vfio_iommu_facts *ret)
{
	struct vfio_iommu_type1_info_dma_avail avail;
	struct vfio_iommu_type1_info head;
	struct vfio_bytes cap;

	*ret = (struct vfio_iommu_facts){ .dma_avail = -1 };
	if (!fetch(info, 0, &head, offsetof(struct vfio_iommu_type1_info, cap_offset))) {
		ret->malformed = true;
		return;
	}
	ret->page_sizes_known = head.flags & VFIO_IOMMU_INFO_PGSIZES;
	ret->page_sizes = ret->page_sizes_known ? head.iova_pgsizes : 0;
	if (!(head.flags & VFIO_IOMMU_INFO_CAPS))
		return;
	size_t end = offsetof(struct vfio_iommu_type1_info, cap_offset) + sizeof(head.cap_offset);
	if (!fetch(info, 0, &head, end)) {
		ret->malformed = true;
		return;
	}
	uint32_t first = head.cap_offset;
	if (find_cap(info, first, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &cap, &ret->malformed))
		decode_ranges(cap, ret);
	if (find_cap(info, first, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &cap, &ret->malformed)) {
		if (fetch(cap, 0, &avail, sizeof(avail)))
			ret->dma_avail = avail.avail;
		else
			ret->malformed = true;
	}
}

#define LOWEST_IOVA (UINT64_C(1) << 20)

bool vfio_iova_pick(const struct vfio_iommu_facts *facts, uint64_t size, uint64_t *ret)
{
	if (!facts->ranges_known) {
		*ret = MAX(LOWEST_IOVA, size);
		return true;
	}
	for (unsigned i = 0; i < facts->n_ranges; i++) {
		const struct iova_range *range = &facts->ranges[i];
		uint64_t from = MAX(range->start, LOWEST_IOVA);
		if (from > UINT64_MAX - size)
			continue;
		uint64_t start = (from + size - 1) & ~(size - 1);
		if (start <= range->end && range->end - start >= size - 1) {
			*ret = start;
			return true;
		}
	}
	return false;
}

/* ---- regions ---- */

static void decode_areas(struct vfio_bytes cap, struct vfio_region *ret)
{
	struct vfio_region_info_cap_sparse_mmap head;
	struct vfio_region_sparse_mmap_area area;

	if (!fetch(cap, 0, &head, sizeof(head))) {
		ret->malformed = true;
		return;
	}
	ret->sparse = true;
	for (uint32_t i = 0; i < head.nr_areas && ret->n_areas < VFIO_MAX_AREAS; i++) {
		if (!fetch(cap, sizeof(head) + i * sizeof(area), &area, sizeof(area)) ||
		    area.offset > ret->size || area.size > ret->size - area.offset) {
			ret->malformed = true;
			return;
		}
		if (area.size > 0)
			ret->areas[ret->n_areas++] = (struct vfio_area){ area.offset, area.size };
	}
}

bool vfio_region_decode(struct vfio_bytes info, struct vfio_region *ret)
{
	struct vfio_region_info head;
	struct vfio_bytes cap;

	*ret = (struct vfio_region){ 0 };
	if (!fetch(info, 0, &head, sizeof(head)))
		return false;
	ret->index = head.index;
	ret->size = head.size;
	ret->offset = head.offset;
	ret->readable = head.flags & VFIO_REGION_INFO_FLAG_READ;
	ret->writable = head.flags & VFIO_REGION_INFO_FLAG_WRITE;
	ret->mappable = head.flags & VFIO_REGION_INFO_FLAG_MMAP;
	if (head.flags & VFIO_REGION_INFO_FLAG_CAPS &&
	    find_cap(info, head.cap_offset, VFIO_REGION_INFO_CAP_SPARSE_MMAP, &cap,
		     &ret->malformed))
		decode_areas(cap, ret);
	return true;
}

const char *vfio_region_name(unsigned index, char buf[16])
{
	static const char *const names[] = {
		[VFIO_PCI_BAR0_REGION_INDEX] = "bar0", [VFIO_PCI_BAR1_REGION_INDEX] = "bar1",
		[VFIO_PCI_BAR2_REGION_INDEX] = "bar2", [VFIO_PCI_BAR3_REGION_INDEX] = "bar3",
		[VFIO_PCI_BAR4_REGION_INDEX] = "bar4", [VFIO_PCI_BAR5_REGION_INDEX] = "bar5",
		[VFIO_PCI_ROM_REGION_INDEX] = "rom",   [VFIO_PCI_CONFIG_REGION_INDEX] = "config",
		[VFIO_PCI_VGA_REGION_INDEX] = "vga",
	};

	if (index < G_N_ELEMENTS(names))
		return names[index];
	g_snprintf(buf, 16, "region%u", index);
	return buf;
}

bool vfio_region_mapping(const struct vfio_region *region, struct vfio_area *ret)
{
	if (!region->mappable || region->size == 0 || (region->sparse && region->n_areas == 0))
		return false;
	*ret = region->sparse ? region->areas[0] : (struct vfio_area){ 0, region->size };
	return true;
}

/* ---- bus reset ---- */

bool vfio_dependent_decode(struct vfio_bytes info, unsigned index, struct vfio_dependent *ret)
{
	struct vfio_pci_hot_reset_info head;
	struct vfio_pci_dependent_device device;

	if (!fetch(info, 0, &head, sizeof(head)) || index >= head.count ||
	    !fetch(info, sizeof(head) + index * sizeof(device), &device, sizeof(device)))
		return false;
	*ret = (struct vfio_dependent){
		.group = (int)device.group_id,
		.addr = { .domain = device.segment,
			  .bus = device.bus,
			  .slot = PCI_SLOT(device.devfn),
			  .function = PCI_FUNC(device.devfn) },
	};
	return true;
}
