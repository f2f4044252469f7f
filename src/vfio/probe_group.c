/* The steps of a probe up to the IOMMU: what must hold for the group before a device is opened. */
#include <errno.h>
#include <linux/vfio.h>
#include <sys/resource.h>

#include "base/device_node.h"
#include "vfio/probe_parts.h"

/* ---- the function and its group ---- */

void step_driver(struct probe *probe, struct probe_result *result)
{
	const struct pci_dev *dev = probe->dev;

	if (pci_driver_is_vfio(dev->driver)) {
		probe_says(result, PROBE_PASS, "%s", dev->driver);
		return;
	}
	if (!dev->driver_known) {
		probe_says(result, PROBE_UNKNOWN, "its driver cannot be read");
		return;
	}
	if (dev->driver)
		probe_says(result, PROBE_FAIL, "bound to %s, not vfio-pci", dev->driver);
	else
		probe_says(result, PROBE_FAIL, "no driver");
	if (pci_dev_is_bridge(dev))
		probe_means(result, "Bridges stay with the host: a guest is given what is behind "
				    "them.");
	else
		probe_means(result,
			    "A guest cannot open it as it is. 'vfiokit bind %s' hands it over.",
			    probe->address);
}

/* The IOMMU's own groups are /dev/vfio/N; without one VFIO may make groups that protect nothing. */
static void says_no_group(const struct probe *probe, struct probe_result *result)
{
	probe_says(result, PROBE_FAIL, "the function is in no IOMMU group");
	probe_means(result, "Without an IOMMU nothing can be given to a guest: rule 'no-iommu'. "
			    "'vfiokit check' says why there is none.");
}

static char *group_node(const struct probe *probe)
{
	return g_strdup_printf("/dev/vfio/%d", probe->group->id);
}

void step_group_node(struct probe *probe, struct probe_result *result)
{
	if (!probe->group || probe->host->iommu.noiommu) {
		says_no_group(probe, result);
		return;
	}
	g_autofree char *path = group_node(probe);
	if (root_exists(probe->root, path)) {
		probe_says(result, PROBE_PASS, "%s", path);
		return;
	}
	probe_says(result, PROBE_FAIL, "there is no %s", path);
	probe_means(result, "The kernel makes it when a function of the group is bound to a VFIO "
			    "driver. In a container or chroot, pass /dev/vfio into it.");
}

/* "qemu-system-x86 (pid 812)" of all who hold a function of the group; "" where nobody is known. */
static char *group_holders(const struct probe *probe)
{
	g_autoptr(GPtrArray) seen = g_ptr_array_new();
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < probe->group->n_members; i++) {
		unsigned n;
		const struct usage *usage = usage_of_pci(probe->host, probe->group->members[i], &n);
		for (; n > 0; n--, usage++) {
			if (usage->kind != USAGE_VFIO || !usage->detail ||
			    g_ptr_array_find(seen, usage->detail, NULL))
				continue;
			g_ptr_array_add(seen, (gpointer)usage->detail);
			g_string_append_printf(text, "%s%s", text->len ? ", " : "", usage->detail);
		}
	}
	return g_string_free(text, FALSE);
}

void step_group_open(struct probe *probe, struct probe_result *result)
{
	g_autofree char *path = group_node(probe);

	probe->group_fd = device_node_open(probe->root, path);
	if (probe->group_fd >= 0) {
		probe_says(result, PROBE_PASS, "nobody else has group %d open", probe->group->id);
		return;
	}
	if (probe->group_fd != -EBUSY) {
		probe_says(result, PROBE_FAIL, "cannot open %s: %s", path,
			   g_strerror(-probe->group_fd));
		return;
	}
	g_autofree char *holders = group_holders(probe);
	probe_says(result, PROBE_FAIL, "%s is in use%s%s", path, *holders ? " by " : "", holders);
	probe_means(result, "A group serves one program at a time: no other guest can start with "
			    "any function of it until that one ends.");
}

static void says_not_viable(const struct probe *probe, struct probe_result *result)
{
	g_autofree char *members = probe_host_members(probe->host, probe->group);

	probe_says(result, PROBE_FAIL, "group %d is not viable: %s", probe->group->id,
		   *members ? members : "a member has a driver of the host");
	probe_means(result,
		    "QEMU will say: group %d is not viable. Please ensure all devices within the "
		    "iommu_group are bound to their vfio bus driver. 'vfiokit bind --group %s' "
		    "hands all of them over.",
		    probe->group->id, probe->address);
}

void step_group_viable(struct probe *probe, struct probe_result *result)
{
	uint32_t flags;
	int r = vfio_group_flags(probe->group_fd, &flags);

	if (r < 0)
		probe_says_error(result, "ask for the group's status", r);
	else if (flags & VFIO_GROUP_FLAGS_VIABLE)
		probe_says(result, PROBE_PASS, "group %d, %u %s", probe->group->id,
			   probe->group->n_members,
			   probe->group->n_members == 1 ? "function" : "functions");
	else
		says_not_viable(probe, result);
}

/* ---- the container and the IOMMU ---- */

void step_container(struct probe *probe, struct probe_result *result)
{
	probe->container_fd = device_node_open(probe->root, VFIO_CONTAINER_NODE);
	if (probe->container_fd < 0) {
		probe_says(result, PROBE_FAIL, "cannot open %s: %s", VFIO_CONTAINER_NODE,
			   g_strerror(-probe->container_fd));
		probe_means(result, "No guest can be given a device. Is the module 'vfio' there?");
		return;
	}
	int version = vfio_api_version(probe->container_fd);
	probe_says(result, version == VFIO_API_VERSION ? PROBE_PASS : PROBE_FAIL, "API version %d",
		   version);
	if (version != VFIO_API_VERSION)
		probe_means(result, "Programs know version %d only.", VFIO_API_VERSION);
}

void step_iommu_type(struct probe *probe, struct probe_result *result)
{
	if (vfio_has_type1(probe->container_fd)) {
		probe_says(result, PROBE_PASS, "type 1 v2");
		return;
	}
	probe_says(result, PROBE_FAIL, "the kernel offers no type 1 container");
	probe_means(result, "QEMU will say: No available IOMMU models. 'modprobe "
			    "vfio_iommu_type1' loads what is missing.");
}

void step_set_container(struct probe *probe, struct probe_result *result)
{
	int r = vfio_group_attach(probe->group_fd, probe->container_fd);
	if (r < 0) {
		probe_says_error(result, "put the group into the container", r);
		return;
	}
	probe->attached = true;
	probe_says(result, PROBE_PASS, "in the container");
}

/* A region that the firmware wants mapped one to one, so that no guest can have the group. */
static bool has_direct_region(const struct iommu_group *group)
{
	for (unsigned i = 0; i < group->n_regions; i++)
		if (g_strcmp0(group->regions[i].type, "direct") == 0)
			return true;
	return false;
}

static void means_no_remapping(const struct probe *probe, struct probe_result *result)
{
	bool sure = probe->host->iommu.irq_remapped == TRI_NO;

	probe_means(result,
		    "%s: rule 'no-interrupt-remapping'. Without it a guest could raise any "
		    "interrupt of the host with its device, so VFIO refuses; the guest will not "
		    "start. Switch it on in the firmware (VT-d, x2APIC) or take 'intremap=off' "
		    "away; only where every guest is trusted: vfio_iommu_type1."
		    "allow_unsafe_interrupts=1.",
		    sure ? "The machine does not remap interrupts"
			 : "Most likely interrupts are not remapped");
}

void step_set_iommu(struct probe *probe, struct probe_result *result)
{
	int r = vfio_set_type1(probe->container_fd);
	if (r == 0) {
		probe_says(result, PROBE_PASS, "the group's DMA is the guest's");
		return;
	}
	probe_says_error(result, "give the group's DMA to a guest", r);
	if (has_direct_region(probe->group))
		probe_means(result, "The firmware keeps a memory region mapped for it: rule "
				    "'direct-mapped'. Such a function stays with the host.");
	else if (r == -EPERM)
		means_no_remapping(probe, result);
}

static void append_page_sizes(GString *text, uint64_t sizes)
{
	char buf[32];
	unsigned n = 0;

	g_string_append(text, "pages of ");
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(sizes >> bit & 1))
			continue;
		if (n == 3) {
			g_string_append(text, " and more");
			break;
		}
		g_string_append_printf(text, "%s%s", n++ ? ", " : "",
				       probe_size(UINT64_C(1) << bit, buf));
	}
}

void step_iommu_info(struct probe *probe, struct probe_result *result)
{
	struct vfio_iommu_facts *facts = &probe->iommu;
	g_autoptr(GString) text = g_string_new(NULL);
	int r = vfio_iommu_info(probe->container_fd, facts);

	if (r < 0 || facts->malformed) {
		probe_says(result, PROBE_UNKNOWN, "the IOMMU does not tell: %s",
			   r < 0 ? g_strerror(-r) : "its answer makes no sense");
		return;
	}
	if (facts->page_sizes_known)
		append_page_sizes(text, facts->page_sizes);
	for (unsigned i = 0; i < facts->n_ranges; i++)
		g_string_append_printf(text, "%s%" G_GINT64_MODIFIER "x–%" G_GINT64_MODIFIER "x",
				       i ? ", " : "; addresses ", facts->ranges[i].start,
				       facts->ranges[i].end);
	if (facts->dma_avail >= 0)
		g_string_append_printf(text, "; %" G_GINT64_FORMAT " mappings", facts->dma_avail);
	probe_says(result, PROBE_PASS, "%s", text->len ? text->str : "nothing told");
	if (facts->ranges_known && facts->n_ranges == 0) {
		result->verdict = PROBE_FAIL;
		probe_means(result, "No address is left for a guest's memory.");
	} else {
		probe_means(result, "A guest's memory must lie inside these addresses; QEMU maps "
				    "it there in pages of these sizes.");
	}
}

/* ---- memory ---- */

#define USUAL_GUEST (UINT64_C(16) << 30)

void step_memlock(struct probe *probe, struct probe_result *result)
{
	struct rlimit limit;
	char buf[32];

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0) {
		probe_says(result, PROBE_UNKNOWN, "the limit on locked memory cannot be read");
		return;
	}
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > USUAL_GUEST) {
		probe_says(result, PROBE_PASS, "%s may be locked",
			   limit.rlim_cur == RLIM_INFINITY ? "any amount"
							   : probe_size(limit.rlim_cur, buf));
		return;
	}
	probe_says(result, probe->options->for_other_user ? PROBE_WARN : PROBE_PASS,
		   "%s may be locked%s", probe_size(limit.rlim_cur, buf),
		   probe->options->for_other_user ? "" : "; root is not bound by it");
	probe_means(result, "All memory of a guest with a device is locked, so one of 16 GiB needs "
			    "a limit above that. libvirt sets it by itself; QEMU started by a user "
			    "who is not root needs 'ulimit -l' (memlock in "
			    "/etc/security/limits.conf), else: VFIO_MAP_DMA failed: Cannot "
			    "allocate memory.");
}

static void says_dma_error(struct probe_result *result, enum vfio_memory kind, int error)
{
	char buf[32];

	probe_says(result, PROBE_FAIL, "cannot map %s for the device: %s",
		   probe_size(vfio_memory_size(kind), buf), g_strerror(-error));
	if (error == -ENOMEM)
		probe_means(result, "The limit on locked memory is too low, or memory is short.");
	else if (error == -ENOSPC)
		probe_means(result, "vfio_iommu_type1.dma_entry_limit is used up.");
	else
		probe_means(result, "A guest could not give its memory to the device.");
}

static int try_dma(const struct probe *probe, enum vfio_memory kind)
{
	uint64_t iova;

	if (!vfio_iova_pick(&probe->iommu, vfio_memory_size(kind), &iova))
		return -EADDRNOTAVAIL;
	return vfio_dma_try(probe->container_fd, kind, iova);
}

void step_dma_small(struct probe *probe, struct probe_result *result)
{
	int r = try_dma(probe, VFIO_MEMORY_SMALL);

	if (r < 0)
		says_dma_error(result, VFIO_MEMORY_SMALL, r);
	else
		probe_says(result, PROBE_PASS, "mapped and unmapped");
}

void step_dma_huge(struct probe *probe, struct probe_result *result)
{
	int reserved = try_dma(probe, VFIO_MEMORY_RESERVED);
	int r = reserved == -ENODATA ? try_dma(probe, VFIO_MEMORY_HUGE) : reserved;

	if (r < 0) {
		says_dma_error(result, VFIO_MEMORY_HUGE, r);
		return;
	}
	probe_says(result, PROBE_PASS, "mapped and unmapped (%s)",
		   reserved == 0 ? "a huge page that was set aside"
				 : "ordinary memory: no huge pages are set aside");
}
