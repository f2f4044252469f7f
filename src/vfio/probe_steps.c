/* See probe_steps.h. The steps are a table; each names the one step without which it makes no
 * sense, so a failure is told once, and what it keeps from being tried is skipped by its name. */
#include "vfio/probe_steps.h"

#include <unistd.h>

#include "vfio/probe_parts.h"

/* ---- the table ---- */

struct probe_step {
	const char *id;
	const char *title;
	int needs; /* the step that must not have failed; -1: none */
	void (*run)(struct probe *probe, struct probe_result *result);
};

static const struct probe_step steps[PROBE_N_STEPS] = {
	[PROBE_DRIVER] = { "driver", "Driver", -1, step_driver },
	[PROBE_GROUP_NODE] = { "group-node", "Group's node", PROBE_DRIVER, step_group_node },
	[PROBE_GROUP_OPEN] = { "group-open", "Group free", PROBE_GROUP_NODE, step_group_open },
	[PROBE_GROUP_VIABLE] = { "group-viable", "Group viable", PROBE_GROUP_OPEN,
				 step_group_viable },
	[PROBE_CONTAINER] = { "container", "VFIO container", PROBE_GROUP_VIABLE, step_container },
	[PROBE_IOMMU_TYPE] = { "iommu-type", "IOMMU type", PROBE_CONTAINER, step_iommu_type },
	[PROBE_SET_CONTAINER] = { "set-container", "Group joins", PROBE_IOMMU_TYPE,
				  step_set_container },
	[PROBE_SET_IOMMU] = { "set-iommu", "IOMMU taken", PROBE_SET_CONTAINER, step_set_iommu },
	[PROBE_IOMMU_INFO] = { "iommu-info", "IOMMU", PROBE_SET_IOMMU, step_iommu_info },
	[PROBE_MEMLOCK] = { "memlock", "Memory limit", -1, step_memlock },
	[PROBE_DMA_SMALL] = { "dma-small", "DMA of 4 KiB", PROBE_SET_IOMMU, step_dma_small },
	[PROBE_DMA_HUGE] = { "dma-huge", "DMA of 2 MiB", PROBE_SET_IOMMU, step_dma_huge },
	[PROBE_DEVICE_OPEN] = { "device-open", "Device opens", PROBE_SET_IOMMU, step_device_open },
	[PROBE_POWER_STATE] = { "power-state", "Power", PROBE_DEVICE_OPEN, step_power_state },
	[PROBE_DEVICE_INFO] = { "device-info", "Device", PROBE_DEVICE_OPEN, step_device_info },
	[PROBE_STEP_REGIONS] = { "regions", "Regions", PROBE_DEVICE_INFO, step_regions },
	[PROBE_CONFIG_SPACE] = { "config", "Config space", PROBE_STEP_REGIONS, step_config },
	[PROBE_MMAP] = { "mmap", "Mapping", PROBE_STEP_REGIONS, step_mmap },
	[PROBE_ROM] = { "rom", "ROM", PROBE_STEP_REGIONS, step_rom },
	[PROBE_INTERRUPTS] = { "interrupts", "Interrupts", PROBE_DEVICE_INFO, step_interrupts },
	[PROBE_HOT_RESET] = { "hot-reset", "Bus reset", PROBE_DEVICE_INFO, step_hot_reset },
	[PROBE_RESET] = { "reset", "Function reset", PROBE_DEVICE_INFO, step_reset },
	[PROBE_AFTER_RESET] = { "after-reset", "After reset", PROBE_RESET, step_after_reset },
	[PROBE_LINK] = { "link", "Link", PROBE_DEVICE_OPEN, step_link },
};

/* The step that keeps the step id from being tried: the first that failed on the way to it; -1:
 * none does. A step that only could not be found out does not. */
static int blocking_step(const struct probe_report *report, int id)
{
	int blocking = -1;

	for (int at = steps[id].needs; at >= 0; at = steps[at].needs)
		if (report->results[at].verdict == PROBE_FAIL)
			blocking = at;
	return blocking;
}

static void run_step(struct probe *probe, int id)
{
	struct probe_result *result = &probe->report->results[id];
	int blocking = blocking_step(probe->report, id);

	if (blocking >= 0)
		probe_says(result, PROBE_SKIPPED, "not tried: '%s' failed", steps[blocking].id);
	else
		steps[id].run(probe, result);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The kernel gives the group back to the host when the last descriptor is closed. */
static void close_all(struct probe *probe)
{
	close_fd(&probe->device_fd);
	if (probe->attached)
		vfio_group_detach(probe->group_fd);
	close_fd(&probe->group_fd);
	close_fd(&probe->container_fd);
	g_free(probe->dependents);
}

static void init_report(struct probe_report *report, int index)
{
	report->index = index;
	for (int i = 0; i < PROBE_N_STEPS; i++)
		report->results[i] = (struct probe_result){
			.id = steps[i].id,
			.title = steps[i].title,
			.verdict = PROBE_UNKNOWN,
		};
}

struct probe_report *probe_device(struct root *root, const struct host *host, int index,
				  const struct probe_options *options,
				  void (*tell)(const struct probe_result *result, void *data),
				  void *data)
{
	const struct pci_dev *dev = &host->pci[index];
	struct probe_report *report = g_new0(struct probe_report, 1);
	struct probe probe = {
		.root = root,
		.host = host,
		.dev = dev,
		.group = dev->group >= 0 ? &host->groups[dev->group] : NULL,
		.options = options,
		.report = report,
		.group_fd = -1,
		.container_fd = -1,
		.device_fd = -1,
		.iommu = { .dma_avail = -1 },
	};

	pci_addr_format(dev->addr, probe.address);
	init_report(report, index);
	for (int i = 0; i < PROBE_N_STEPS; i++) {
		run_step(&probe, i);
		if (tell)
			tell(&report->results[i], data);
	}
	close_all(&probe);
	return report;
}

void probe_report_free(struct probe_report *report)
{
	if (!report)
		return;
	for (int i = 0; i < PROBE_N_STEPS; i++) {
		g_free(report->results[i].what);
		g_free(report->results[i].meaning);
	}
	g_free(report);
}

bool probe_report_failed(const struct probe_report *report)
{
	for (int i = 0; i < PROBE_N_STEPS; i++)
		if (report->results[i].verdict == PROBE_FAIL)
			return true;
	return false;
}

const char *probe_verdict_name(enum probe_verdict verdict)
{
	static const char *const names[] = {
		[PROBE_PASS] = "pass",       [PROBE_WARN] = "warn",       [PROBE_FAIL] = "fail",
		[PROBE_UNKNOWN] = "unknown", [PROBE_SKIPPED] = "skipped",
	};

	return names[verdict];
}

/* ---- for the steps ---- */

void probe_says(struct probe_result *result, enum probe_verdict verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_free(result->what);
	result->what = g_strdup_vprintf(format, args);
	result->verdict = verdict;
	va_end(args);
}

void probe_means(struct probe_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_free(result->meaning);
	result->meaning = g_strdup_vprintf(format, args);
	va_end(args);
}

void probe_says_error(struct probe_result *result, const char *what, int error)
{
	probe_says(result, PROBE_FAIL, "cannot %s: %s", what, g_strerror(-error));
}

bool probe_attribute(const struct probe *probe, const char *name, char *buf, size_t size)
{
	g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/%s", probe->address, name);

	if (root_read(probe->root, path, buf, size) <= 0)
		return false;
	g_strstrip(buf);
	return *buf != '\0';
}

const struct vfio_region *probe_region(const struct probe *probe, unsigned index)
{
	for (unsigned i = 0; i < probe->report->n_regions; i++)
		if (probe->report->regions[i].index == index)
			return &probe->report->regions[i];
	return NULL;
}

const char *probe_size(uint64_t size, char buf[32])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	unsigned unit = 0;

	while (size >= 1024 && size % 1024 == 0 && unit + 1 < G_N_ELEMENTS(units)) {
		size /= 1024;
		unit++;
	}
	g_snprintf(buf, 32, "%" G_GUINT64_FORMAT " %s", size, units[unit]);
	return buf;
}

char *probe_host_members(const struct host *host, const struct iommu_group *group)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < group->n_members; i++) {
		const struct pci_dev *dev = &host->pci[group->members[i]];
		char address[PCI_ADDR_SIZE];
		if (pci_driver_is_harmless(dev->driver))
			continue;
		g_string_append_printf(text, "%s%s on %s", text->len ? ", " : "",
				       pci_addr_format(dev->addr, address), dev->driver);
	}
	for (unsigned i = 0; i < group->n_others && group->others_bound; i++)
		g_string_append_printf(text, "%s%s (no PCI function)", text->len ? ", " : "",
				       group->others[i]);
	return g_string_free(text, FALSE);
}
