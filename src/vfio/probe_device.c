/* The steps of a probe on the opened function: what a guest's driver will find. */
#include <linux/vfio.h>
#include <string.h>

#include "vfio/probe_parts.h"

void step_device_open(struct probe *probe, struct probe_result *result)
{
	probe->device_fd = vfio_device_open(probe->group_fd, probe->address);
	if (probe->device_fd >= 0) {
		probe_says(result, PROBE_PASS, "opened");
		return;
	}
	probe_says_error(result, "open it", probe->device_fd);
	probe_means(result, "The guest will not start. The kernel's log says why: that it does not "
			    "wake ('Unable to change power state') or does not come back from a "
			    "reset ('not ready') are the usual reasons.");
}

void step_power_state(struct probe *probe, struct probe_result *result)
{
	const char *before = probe->dev->detail ? probe->dev->detail->power_state : NULL;
	char state[32];

	if (!probe_attribute(probe, "power_state", state, sizeof(state))) {
		probe_says(result, PROBE_UNKNOWN, "its power state cannot be read");
		return;
	}
	bool awake = strcmp(state, "D0") == 0;
	if (before && strcmp(before, state) != 0)
		probe_says(result, awake ? PROBE_PASS : PROBE_FAIL, "%s, from %s before", state,
			   before);
	else
		probe_says(result, awake ? PROBE_PASS : PROBE_FAIL, "%s", state);
	if (!awake)
		probe_means(result,
			    "It does not wake. Try '0' in its d3cold_allowed and 'on' in its "
			    "power/control, or vfio-pci with disable_idle_d3=1; if it is stuck, "
			    "only switching the machine off helps.");
}

void step_device_info(struct probe *probe, struct probe_result *result)
{
	int r = vfio_device_info(probe->device_fd, &probe->device);

	if (r < 0)
		probe_says_error(result, "ask what it is", r);
	else
		probe_says(result, PROBE_PASS, "%u regions, %u kinds of interrupts, %s",
			   probe->device.n_regions, probe->device.n_irqs,
			   probe->device.can_reset ? "can be reset alone"
						   : "cannot be reset alone");
}

/* ---- regions ---- */

static void append_region(GString *text, const struct vfio_region *region)
{
	char name[16], size[32];

	g_string_append_printf(text, "%s%s %s", text->len ? ", " : "",
			       vfio_region_name(region->index, name),
			       probe_size(region->size, size));
	if (!region->readable && !region->writable)
		g_string_append(text, " (not to be used)");
	else if (!region->writable && region->index != VFIO_PCI_ROM_REGION_INDEX)
		g_string_append(text, " (read only)");
}

/* A BAR that the host sees and VFIO does not offer, or in another size; -1: none. */
static int differing_bar(const struct probe *probe)
{
	const struct pci_detail *detail = probe->dev->detail;

	for (unsigned i = 0; detail && detail->bars_known && i < PCI_N_BARS; i++) {
		const struct vfio_region *region = probe_region(probe, i);
		if (detail->bars[i].size != (region ? region->size : 0))
			return (int)i;
	}
	return -1;
}

void step_regions(struct probe *probe, struct probe_result *result)
{
	struct probe_report *report = probe->report;
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < probe->device.n_regions; i++) {
		struct vfio_region region;
		/* The kernel has no legacy VGA region for what is no VGA card: EINVAL. */
		if (vfio_region_info(probe->device_fd, i, &region) < 0 || region.size == 0 ||
		    report->n_regions >= PROBE_MAX_REGIONS)
			continue;
		report->regions[report->n_regions++] = region;
		append_region(text, &region);
	}
	if (!probe_region(probe, VFIO_PCI_CONFIG_REGION_INDEX)) {
		probe_says(result, PROBE_FAIL, "there is no config space (%s)",
			   text->len ? text->str : "no regions at all");
		return;
	}
	int bar = differing_bar(probe);
	probe_says(result, bar < 0 ? PROBE_PASS : PROBE_WARN, "%s", text->str);
	if (bar >= 0)
		probe_means(result,
			    "BAR %d is not what the host sees: the guest's driver may not find "
			    "its registers or its memory.",
			    bar);
}

void step_mmap(struct probe *probe, struct probe_result *result)
{
	char name[16], size[32];
	struct vfio_area area;

	for (unsigned i = 0; i < probe->report->n_regions; i++) {
		const struct vfio_region *region = &probe->report->regions[i];
		if (!vfio_region_mapping(region, &area))
			continue;
		int r = vfio_region_try_map(probe->device_fd, &area, region->offset);
		probe_says(result, r < 0 ? PROBE_FAIL : PROBE_PASS, "%s of %s %s%s",
			   probe_size(area.size, size), vfio_region_name(region->index, name),
			   r < 0 ? "cannot be mapped: " : "mapped and unmapped",
			   r < 0 ? g_strerror(-r) : "");
		if (r < 0)
			probe_means(result, "The guest would work, if at all, with every access "
					    "going through QEMU: very slow.");
		return;
	}
	probe_says(result, PROBE_PASS, "no region can be mapped");
	probe_means(result, "Each access of the guest goes through QEMU. That is usual for small "
			    "and for I/O port regions.");
}

/* QEMU does not read this one's ROM either, as it hangs (QEMU: hw/vfio/pci-quirks.c). */
static bool rom_is_dangerous(const struct pci_dev *dev)
{
	return dev->vendor == 0x14e4 && dev->device == 0x168e;
}

void step_rom(struct probe *probe, struct probe_result *result)
{
	const struct vfio_region *rom = probe_region(probe, VFIO_PCI_ROM_REGION_INDEX);
	uint8_t head[2] = { 0 };
	char size[32];

	if (!rom) {
		probe_says(result, PROBE_PASS, "none");
		return;
	}
	probe_size(rom->size, size);
	if (rom_is_dangerous(probe->dev)) {
		probe_says(result, PROBE_WARN, "%s, not read", size);
		probe_means(result, "Reading this one's ROM can hang it: give it to the guest with "
				    "rombar=0.");
		return;
	}
	int n = vfio_region_read(probe->device_fd, rom, head, sizeof(head));
	if (n == (int)sizeof(head) && head[0] == 0x55 && head[1] == 0xaa) {
		probe_says(result, PROBE_PASS, "%s, starts as it should", size);
		return;
	}
	probe_says(result, PROBE_WARN, "%s, not readable as a ROM", size);
	probe_means(result, "A guest's firmware will not run it. If the guest needs it, as with "
			    "the display that the host started on, give it a file (romfile); "
			    "else rombar=0 keeps it away.");
}

/* ---- config space ---- */

static int32_t word_at(const uint8_t *bytes, unsigned offset)
{
	return bytes[offset] | bytes[offset + 1] << 8;
}

static bool read_config(struct probe *probe)
{
	const struct vfio_region *region = probe_region(probe, VFIO_PCI_CONFIG_REGION_INDEX);

	probe->config_length =
		vfio_region_read(probe->device_fd, region, probe->config, sizeof(probe->config));
	return probe->config_length >= 64;
}

static void judge_config(struct probe *probe, struct probe_result *result)
{
	int32_t vendor, device;

	if (!read_config(probe)) {
		probe_says(result, PROBE_FAIL, "config space cannot be read: %s",
			   probe->config_length < 0 ? g_strerror(-probe->config_length)
						    : "too short");
		return;
	}
	vendor = word_at(probe->config, 0x00);
	device = word_at(probe->config, 0x02);
	if (vendor == 0xffff && device == 0xffff) {
		probe_says(result, PROBE_FAIL, "config space reads as ff: it does not answer");
		probe_means(result, "It is off, or gone from the bus; no guest can use it. "
				    "Switching the machine off and on usually brings it back.");
		return;
	}
	if (vendor == probe->dev->vendor && device == probe->dev->device) {
		probe_says(result, PROBE_PASS, "%04x:%04x, as the host sees it", vendor, device);
		return;
	}
	probe_says(result, PROBE_FAIL, "%04x:%04x, but the host sees %04x:%04x", vendor, device,
		   (unsigned)probe->dev->vendor & 0xffff, (unsigned)probe->dev->device & 0xffff);
	probe_means(result, "The guest would see another device: its driver will not load.");
}

void step_config(struct probe *probe, struct probe_result *result)
{
	judge_config(probe, result);
}

void step_interrupts(struct probe *probe, struct probe_result *result)
{
	static const struct {
		unsigned index;
		const char *name;
	} kinds[] = {
		{ VFIO_PCI_INTX_IRQ_INDEX, "INTx" },
		{ VFIO_PCI_MSI_IRQ_INDEX, "MSI" },
		{ VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X" },
	};
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds) && i < probe->device.n_irqs; i++) {
		int n = vfio_irq_count(probe->device_fd, kinds[i].index);
		if (n < 0) {
			g_autofree char *what = g_strdup_printf("count its %s", kinds[i].name);
			probe_says_error(result, what, n);
			return;
		}
		if (n > 0)
			g_string_append_printf(text, "%s%d %s", text->len ? ", " : "", n,
					       kinds[i].name);
	}
	probe_says(result, PROBE_PASS, "%s", text->len ? text->str : "none");
	if (text->len == 0)
		probe_means(result, "The guest's driver must do without, as for simple displays.");
}

void step_after_reset(struct probe *probe, struct probe_result *result)
{
	if (!probe->options->reset) {
		probe_says(result, PROBE_SKIPPED, "no reset was asked for (--reset)");
		return;
	}
	if (!probe->device.can_reset) {
		probe_says(result, PROBE_SKIPPED, "it was not reset");
		return;
	}
	judge_config(probe, result);
	if (result->verdict == PROBE_FAIL)
		probe_means(result, "It does not come back from a reset: it would work in one "
				    "guest, once, until the machine is switched off.");
}

/* ---- link ---- */

void step_link(struct probe *probe, struct probe_result *result)
{
	const struct pci_detail *detail = probe->dev->detail;
	int before = detail ? detail->link_width : -1;
	char text[32];

	if (!probe_attribute(probe, "current_link_width", text, sizeof(text)) || before < 0) {
		probe_says(result, PROBE_PASS, "no PCI Express link to watch");
		return;
	}
	int now = (int)g_ascii_strtoll(text, NULL, 10);
	if (now < before) {
		probe_says(result, PROBE_WARN, "%d lanes, %d before", now, before);
		probe_means(result, "The link came back narrower than it was: the guest gets less "
				    "of it until the machine is switched off and on.");
		return;
	}
	probe_says(result, PROBE_PASS, "%d %s, as before", now, now == 1 ? "lane" : "lanes");
	if (detail->max_link_width > now)
		probe_means(result, "The function itself could use %d: the slot is narrower.",
			    detail->max_link_width);
}
