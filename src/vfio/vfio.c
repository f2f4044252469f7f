/* See vfio.h. What a call answers beyond its fixed struct is asked for twice: the first answer says
 * how long the whole is. */
#include "vfio/vfio.h"

#include <errno.h>
#include <glib.h>
#include <linux/mman.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/size.h"

/* ioctl() with an errno value for a result. */
static int call(int fd, unsigned long request, void *argument)
{
	int r = ioctl(fd, request, argument);

	return r < 0 ? -errno : r;
}

#define MAX_ANSWER (256 * KIB)

/* Makes a call whose struct starts with argsz, and grows the answer until it fits. head is what it
 * is asked with. The bytes are the caller's to free, also after an error. */
static int call_info(int fd, unsigned long request, const void *head, size_t size,
		     struct vfio_bytes *ret)
{
	size_t room = size;
	int r = -ENOBUFS;

	*ret = (struct vfio_bytes){ 0 };
	for (int turn = 0; turn < 4 && room <= MAX_ANSWER; turn++) {
		uint8_t *bytes = g_malloc0(room);
		uint32_t argsz = (uint32_t)room;
		memcpy(bytes, head, size);
		memcpy(bytes, &argsz, sizeof(argsz));
		r = call(fd, request, bytes);
		memcpy(&argsz, bytes, sizeof(argsz));
		g_free((void *)ret->bytes);
		*ret = (struct vfio_bytes){ bytes, room };
		if ((r < 0 && r != -ENOSPC) || argsz <= room)
			return r;
		room = argsz;
	}
	return r == 0 ? -ENOBUFS : r;
}

/* ---- container and group ---- */

int vfio_api_version(int container)
{
	return call(container, VFIO_GET_API_VERSION, NULL);
}

bool vfio_has_type1(int container)
{
	return ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) > 0;
}

int vfio_group_flags(int group, uint32_t *ret)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int r = call(group, VFIO_GROUP_GET_STATUS, &status);

	*ret = status.flags;
	return r;
}

int vfio_group_attach(int group, int container)
{
	return call(group, VFIO_GROUP_SET_CONTAINER, &container);
}

int vfio_group_detach(int group)
{
	return call(group, VFIO_GROUP_UNSET_CONTAINER, NULL);
}

int vfio_set_type1(int container)
{
	return ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0 ? -errno : 0;
}

int vfio_iommu_info(int container, struct vfio_iommu_facts *ret)
{
	struct vfio_iommu_type1_info head = { 0 };
	struct vfio_bytes info;
	int r = call_info(container, VFIO_IOMMU_GET_INFO, &head, sizeof(head), &info);

	if (r < 0)
		*ret = (struct vfio_iommu_facts){ .dma_avail = -1 };
	else
		vfio_iommu_decode(info, ret);
	g_free((void *)info.bytes);
	return r;
}

/* ---- DMA ---- */

size_t vfio_memory_size(enum vfio_memory kind)
{
	return kind == VFIO_MEMORY_SMALL ? 4 * KIB : 2 * MIB;
}

static int map_and_unmap(int container, void *memory, uint64_t iova, size_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = iova,
		.size = size,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	int r = call(container, VFIO_IOMMU_MAP_DMA, &map);
	if (r < 0)
		return r;
	r = call(container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	return r == 0 && unmap.size != size ? -EIO : r;
}

int vfio_dma_try(int container, enum vfio_memory kind, uint64_t iova)
{
	size_t size = vfio_memory_size(kind);
	/* Twice as much, to find an aligned piece; a page that is set aside is aligned anyway. */
	size_t room = kind == VFIO_MEMORY_HUGE ? 2 * size : size;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS |
		    (kind == VFIO_MEMORY_RESERVED ? MAP_HUGETLB | MAP_HUGE_2MB : 0);
	// cppcheck-suppress invalidFunctionArg // no file: -1 is as it should be
	void *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (memory == MAP_FAILED)
		return kind == VFIO_MEMORY_RESERVED ? -ENODATA : -errno;
	uint8_t *start = (uint8_t *)(((uintptr_t)memory + size - 1) & ~(uintptr_t)(size - 1));
	if (kind == VFIO_MEMORY_HUGE)
		madvise(start, size, MADV_HUGEPAGE); /* a wish: refused where there are none */
	int r = map_and_unmap(container, start, iova, size);
	munmap(memory, room);
	return r;
}

/* ---- device ---- */

int vfio_device_open(int group, const char *address)
{
	return call(group, VFIO_GROUP_GET_DEVICE_FD, (void *)address);
}

int vfio_device_info(int device, struct vfio_device_facts *ret)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int r = call(device, VFIO_DEVICE_GET_INFO, &info);

	*ret = (struct vfio_device_facts){
		.can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET,
		.n_regions = info.num_regions,
		.n_irqs = info.num_irqs,
	};
	return r;
}

int vfio_region_info(int device, unsigned index, struct vfio_region *ret)
{
	struct vfio_region_info head = { .index = index };
	struct vfio_bytes info;
	int r = call_info(device, VFIO_DEVICE_GET_REGION_INFO, &head, sizeof(head), &info);

	if (r == 0 && !vfio_region_decode(info, ret))
		r = -EBADMSG;
	g_free((void *)info.bytes);
	return r;
}

int vfio_region_try_map(int device, const struct vfio_area *area, uint64_t offset)
{
	void *map = mmap(NULL, area->size, PROT_READ | PROT_WRITE, MAP_SHARED, device,
			 (off_t)(offset + area->offset));

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, area->size);
	return 0;
}

int vfio_region_read(int device, const struct vfio_region *region, void *buf, size_t size)
{
	ssize_t n = pread(device, buf, MIN(size, region->size), (off_t)region->offset);

	return n < 0 ? -errno : (int)n;
}

int vfio_irq_count(int device, unsigned index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int r = call(device, VFIO_DEVICE_GET_IRQ_INFO, &info);

	return r < 0 ? r : (int)MIN(info.count, (uint32_t)INT32_MAX);
}

int vfio_device_reset(int device)
{
	return call(device, VFIO_DEVICE_RESET, NULL);
}

static struct vfio_dependent *decode_dependents(struct vfio_bytes info, unsigned *n)
{
	struct vfio_dependent *list =
		g_new0(struct vfio_dependent,
		       info.length / sizeof(struct vfio_pci_dependent_device) + 1);

	while (vfio_dependent_decode(info, *n, &list[*n]))
		(*n)++;
	return list;
}

/* The answer's argsz is no use here before kernel 6.5: the count says how much room it takes. */
int vfio_hot_reset_info(int device, struct vfio_dependent **ret, unsigned *n)
{
	struct vfio_pci_hot_reset_info head = { .argsz = sizeof(head) };
	size_t entry = sizeof(struct vfio_pci_dependent_device);

	*ret = NULL;
	*n = 0;
	int r = call(device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &head);
	if (r < 0 && r != -ENOSPC)
		return r;
	if (head.count > MAX_ANSWER / entry)
		return -ENOBUFS;
	size_t size = sizeof(head) + head.count * entry;
	struct vfio_pci_hot_reset_info *info = g_malloc0(size);
	info->argsz = (uint32_t)size;
	r = call(device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info);
	if (r >= 0)
		*ret = decode_dependents((struct vfio_bytes){ (const uint8_t *)info, size }, n);
	g_free(info);
	return MIN(r, 0);
}
