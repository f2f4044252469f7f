/* VFIO's calls, one function each (kernel: Documentation/driver-api/vfio.rst, linux/vfio.h): the
 * container holds the IOMMU's mappings, the group is what is handed over, the device is a function
 * of it. Descriptors are the caller's, who closes them: device, then group, then container.
 *
 * All return 0 (or what they say) and -errno on failure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio/info.h"

/* ---- container and group ---- */

#define VFIO_CONTAINER_NODE "/dev/vfio/vfio"

/* The version of the API that a container speaks; VFIO_API_VERSION is the one there is. */
int vfio_api_version(int container);

/* Does the kernel have the IOMMU type that guests on PCs are given (VFIO_TYPE1v2_IOMMU)? Its module
 * is loaded by a "softdep" of vfio, which not every modprobe heeds (busybox's does not). */
bool vfio_has_type1(int container);

/* The VFIO_GROUP_FLAGS_ of a group. */
int vfio_group_flags(int group, uint32_t *ret);

/* Makes the group one of the container's, and takes it out again. */
int vfio_group_attach(int group, int container);
int vfio_group_detach(int group);

/* Makes the container one of type 1: the IOMMU takes the group over. */
int vfio_set_type1(int container);

/* What the IOMMU behind the container can do; on failure *ret says that nothing is known. */
int vfio_iommu_info(int container, struct vfio_iommu_facts *ret);

enum vfio_memory {
	VFIO_MEMORY_SMALL,    /* one page of 4 KiB */
	VFIO_MEMORY_HUGE,     /* 2 MiB, aligned; in one page where the kernel likes to */
	VFIO_MEMORY_RESERVED, /* 2 MiB in one page of those that are set aside */
};

/* Bytes of it. */
size_t vfio_memory_size(enum vfio_memory kind);

/* Maps new memory for the device at iova, and takes it back. -ENODATA: there is no such memory. */
int vfio_dma_try(int container, enum vfio_memory kind, uint64_t iova);

/* ---- device ---- */

/* Opens a function of the group ("0000:01:00.0"). The kernel wakes it, and resets it where it can
 * be reset alone. */
int vfio_device_open(int group, const char *address);

struct vfio_device_facts {
	bool can_reset;
	unsigned n_regions;
	unsigned n_irqs;
};

/* -EBADMSG: what the kernel says of the region makes no sense. */
int vfio_device_info(int device, struct vfio_device_facts *ret);
int vfio_region_info(int device, unsigned index, struct vfio_region *ret);

/* Maps what can be mapped of a region, and unmaps it; nothing is read or written. */
int vfio_region_try_map(int device, const struct vfio_area *area, uint64_t offset);

/* Reads from a region's start; returns how many bytes. */
int vfio_region_read(int device, const struct vfio_region *region, void *buf, size_t size);

/* How many interrupts of a kind (VFIO_PCI_INTX_IRQ_INDEX, …) it has. */
int vfio_irq_count(int device, unsigned index);

/* Resets the function, in one of its own ways; fails where it has none. */
int vfio_device_reset(int device);

/* The functions that a reset of the device's bus or slot would hit: *ret is the caller's to free,
 * *n of them. -ENODEV: there is no such reset. */
int vfio_hot_reset_info(int device, struct vfio_dependent **ret, unsigned *n);
