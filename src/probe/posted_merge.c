/* One function from several listings: what the one leaves unknown, the other may say. Nothing that
 * is known is ever changed here.
 */
#include "probe/posted_parts.h"

#include <string.h>

struct posted_fn *posted_fn_new(struct pci_addr addr)
{
	struct posted_fn *fn = g_new0(struct posted_fn, 1);

	fn->dev = pci_dev_unknown(addr);
	fn->cap_bit = TRI_UNKNOWN;
	fn->prog_if = -1;
	return fn;
}

void posted_fn_free(struct posted_fn *fn)
{
	if (!fn)
		return;
	g_free(fn->config);
	g_free(fn);
}

/* ---- is it the same function? ---- */

static bool both_differ(int32_t a, int32_t b)
{
	return a >= 0 && b >= 0 && a != b;
}

bool posted_fn_differs(const struct posted_fn *a, const struct posted_fn *b)
{
	int32_t class_a = a->dev.class_code < 0 ? -1 : a->dev.class_code >> 8;
	int32_t class_b = b->dev.class_code < 0 ? -1 : b->dev.class_code >> 8;

	if (both_differ(a->dev.vendor, b->dev.vendor) || both_differ(class_a, class_b))
		return true;
	/* names change over the years: an id that was looked up by name proves less than a number
	 */
	return a->guessed == b->guessed && both_differ(a->dev.device, b->dev.device);
}

/* ---- capabilities ---- */

static void fill_tri(enum tri *into, enum tri from)
{
	if (*into == TRI_UNKNOWN)
		*into = from;
}

static void fill_int(int *into, int from)
{
	if (*into == -1)
		*into = from;
}

static bool list_has(const struct pci_caps *caps, const struct pci_cap *cap)
{
	for (unsigned i = 0; i < caps->n_list; i++)
		if (caps->list[i].offset == cap->offset)
			return true;
	return false;
}

static void merge_lists(struct pci_caps *into, const struct pci_caps *from)
{
	for (unsigned i = 0; i < from->n_list && into->n_list < PCI_MAX_CAPS; i++)
		if (!list_has(into, &from->list[i]))
			into->list[into->n_list++] = from->list[i];
}

void posted_caps_merge(struct pci_caps *into, const struct pci_caps *from)
{
	if (into->depth < from->depth)
		into->depth = from->depth;
	into->malformed |= from->malformed;
	fill_int(&into->header_type, from->header_type);
	fill_tri(&into->multifunction, from->multifunction);
	fill_int(&into->secondary_bus, from->secondary_bus);
	fill_int(&into->subordinate_bus, from->subordinate_bus);
	if (into->pcie_type == PCIE_TYPE_UNKNOWN)
		into->pcie_type = from->pcie_type;
	fill_tri(&into->slot, from->slot);
	fill_tri(&into->acs, from->acs);
	if (!into->acs_bits_known && from->acs_bits_known) {
		into->acs_bits_known = true;
		into->acs_cap = from->acs_cap;
		into->acs_ctrl = from->acs_ctrl;
	}
	if (!into->acs_ctrl_spt_known && from->acs_ctrl_spt_known) {
		into->acs_ctrl_spt_known = true;
		into->acs_ctrl_spt = from->acs_ctrl_spt;
	}
	fill_tri(&into->flr, from->flr);
	fill_tri(&into->af_flr, from->af_flr);
	fill_tri(&into->pm_reset, from->pm_reset);
	fill_tri(&into->sriov, from->sriov);
	fill_tri(&into->rebar, from->rebar);
	fill_int(&into->max_link_speed, from->max_link_speed);
	fill_int(&into->max_link_width, from->max_link_width);
	fill_int(&into->link_speed, from->link_speed);
	fill_int(&into->link_width, from->link_width);
	merge_lists(into, from);
}

static void fill_text(const char **into, const char *from)
{
	if (!*into)
		*into = from;
}

static void merge_detail(struct pci_detail *into, const struct pci_detail *from)
{
	if (!into->bars_known && from->bars_known) {
		memcpy(into->bars, from->bars, sizeof(into->bars));
		into->bars_known = true;
	}
	if (into->rom_size == 0)
		into->rom_size = from->rom_size;
	fill_text(&into->link_speed, from->link_speed);
	fill_text(&into->max_link_speed, from->max_link_speed);
	fill_int(&into->link_width, from->link_width);
	fill_int(&into->max_link_width, from->max_link_width);
	fill_int(&into->sriov_numvfs, from->sriov_numvfs);
	fill_int(&into->sriov_totalvfs, from->sriov_totalvfs);
	fill_text(&into->power_state, from->power_state);
	fill_text(&into->slot_name, from->slot_name);
	fill_int(&into->irq, from->irq);
}

/* ---- all of it ---- */

static void merge_numbers(struct posted_fn *into, const struct posted_fn *from)
{
	bool better = into->guessed && !from->guessed && from->dev.device >= 0;

	if (into->dev.vendor < 0 || better)
		into->dev.vendor = from->dev.vendor;
	if (into->dev.device < 0 || better) {
		into->dev.device = from->dev.device;
		into->guessed = from->guessed;
	}
	if (into->dev.n_candidates == 0) {
		into->dev.candidates = from->dev.candidates;
		into->dev.n_candidates = from->dev.n_candidates;
	}
}

static void merge_ids(struct pci_dev *into, const struct pci_dev *from)
{
	if (into->subsystem_vendor < 0) {
		into->subsystem_vendor = from->subsystem_vendor;
		into->subsystem_device = from->subsystem_device;
	}
	if (into->class_code < 0 || (!into->prog_if_known && from->prog_if_known)) {
		into->class_code = from->class_code;
		into->prog_if_known = from->prog_if_known;
	}
	if (into->revision < 0)
		into->revision = from->revision;
	if (into->numa_node < 0)
		into->numa_node = from->numa_node;
	fill_text(&into->text_class, from->text_class);
	fill_text(&into->text_name, from->text_name);
	fill_text(&into->text_modules, from->text_modules);
}

static void merge_driver(struct pci_dev *into, const struct pci_dev *from)
{
	if (into->driver_known || !from->driver_known)
		return;
	into->driver_known = true;
	into->driver = from->driver;
}

/* Returns false where the two disagree. */
static bool merge_group(struct pci_dev *into, const struct pci_dev *from)
{
	if (!from->group_known)
		return true;
	if (into->group_known)
		return into->group_id == from->group_id;
	into->group_known = true;
	into->group_id = from->group_id;
	return true;
}

static void merge_place(struct pci_dev *into, const struct pci_dev *from)
{
	if (!into->has_path_parent && from->has_path_parent) {
		into->has_path_parent = true;
		into->path_parent = from->path_parent;
	}
	into->on_root_bus |= from->on_root_bus;
}

bool posted_fn_merge(struct posted_fn *into, struct posted_fn *from)
{
	merge_numbers(into, from);
	merge_ids(&into->dev, &from->dev);
	merge_driver(&into->dev, &from->dev);
	merge_place(&into->dev, &from->dev);
	fill_text(&into->subsystem_name, from->subsystem_name);
	into->group_line |= from->group_line;
	if (from->dev.caps)
		posted_caps_merge(posted_fn_caps(into), from->dev.caps);
	if (from->dev.detail)
		merge_detail(posted_fn_detail(into), from->dev.detail);
	if (into->vf_n == 0) {
		into->vf_n = from->vf_n;
		into->vf_offset = from->vf_offset;
		into->vf_stride = from->vf_stride;
	}
	return merge_group(&into->dev, &from->dev);
}
