/* `show` as JSON: the fields of check, and what only show tells. */
#include "cmd/show.h"

static void json_config(const struct show *show, struct json *json)
{
	static const int depths[] = {
		[CONFIG_NONE] = 0,
		[CONFIG_HEADER] = 64,
		[CONFIG_STANDARD] = 256,
		[CONFIG_EXTENDED] = 4096,
	};
	const struct pci_caps *caps = show->dev->caps;

	if (!caps) {
		json_null(json, "config");
		return;
	}
	json_object(json, "config");
	json_int(json, "known_bytes", depths[caps->depth]);
	json_bool(json, "malformed", caps->malformed);
	json_text(json, "type",
		  caps->pcie_type == PCIE_TYPE_UNKNOWN ? NULL : pcie_type_name(caps->pcie_type));
	json_tri(json, "acs", caps->acs);
	json_hex(json, "acs_capability", caps->acs_bits_known ? caps->acs_cap : -1, 4);
	json_hex(json, "acs_control", caps->acs_bits_known ? caps->acs_ctrl : -1, 4);
	json_count(json, "secondary_bus", caps->secondary_bus);
	json_array(json, "capabilities");
	for (unsigned i = 0; i < caps->n_list; i++) {
		const struct pci_cap *cap = &caps->list[i];
		json_object(json, NULL);
		json_int(json, "offset", cap->offset);
		json_hex(json, "id", cap->id, cap->offset >= 0x100 ? 4 : 2);
		json_text(json, "name", pci_cap_name(cap->id, cap->offset >= 0x100));
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static void json_bars(const struct show *show, struct json *json)
{
	const struct pci_detail *detail = show->dev->detail;

	if (!detail || !detail->bars_known) {
		json_null(json, "bars");
		return;
	}
	json_array(json, "bars");
	for (int i = 0; i < PCI_N_BARS; i++) {
		if (detail->bars[i].size == 0)
			continue;
		json_object(json, NULL);
		json_int(json, "index", i);
		json_uint(json, "size", detail->bars[i].size);
		json_bool(json, "io", detail->bars[i].io);
		json_bool(json, "prefetchable", detail->bars[i].prefetchable);
		json_bool(json, "is_64bit", detail->bars[i].is_64bit);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_detail(const struct show *show, struct json *json)
{
	const struct pci_detail *detail = show->dev->detail;

	if (!detail)
		return;
	json_text(json, "link_speed", detail->link_speed);
	json_text(json, "max_link_speed", detail->max_link_speed);
	json_count(json, "link_width", detail->link_width);
	json_count(json, "max_link_width", detail->max_link_width);
	json_text(json, "power_state", detail->power_state);
	json_text(json, "power_control", detail->power_control);
	json_count(json, "d3cold_allowed", detail->d3cold_allowed);
	json_count(json, "sriov_numvfs", detail->sriov_numvfs);
	json_count(json, "sriov_totalvfs", detail->sriov_totalvfs);
	json_text(json, "iommu_unit", detail->iommu_unit);
	json_text(json, "slot", detail->slot_name);
	json_text(json, "acpi_path", detail->acpi_path);
	json_words(json, "modules", detail->modules ? detail->modules : show->dev->text_modules);
	json_text(json, "vfio_variant", detail->variant);
}

static void json_use(struct json *json, const struct usage *use)
{
	json_object(json, NULL);
	json_text(json, "kind", usage_kind_name(use->kind));
	json_text(json, "name", use->name);
	json_text(json, "detail", use->detail);
	json_object_end(json);
}

static void json_uses(const struct show *show, struct json *json)
{
	unsigned n;
	const struct usage *list = usage_of_pci(show->host, show->index, &n);

	if (!show->host->usages.probed) {
		json_null(json, "uses");
	} else {
		json_array(json, "uses");
		for (unsigned i = 0; i < n; i++)
			json_use(json, &list[i]);
		json_array_end(json);
	}
	json_array(json, "group_uses");
	for (unsigned i = 0; i < show->loss->n; i++)
		json_use(json, show->loss->list[i]);
	json_array_end(json);
}

static void json_reset(const struct show *show, struct json *json)
{
	static const char *const kinds[] = {
		[RESET_UNKNOWN] = NULL,
		[RESET_NONE] = "none",
		[RESET_BUS_ALL] = "bus",
		[RESET_FUNCTION] = "function",
	};

	json_object(json, "reset");
	json_text(json, "kind", kinds[show->reset.kind]);
	json_text(json, "method", show->reset.method);
	json_uint(json, "others", show->reset.n_others);
	json_object_end(json);
}

static void json_sentences(struct json *json, const char *key, char *const *list, unsigned n)
{
	json_array(json, key);
	for (unsigned i = 0; i < n; i++)
		json_text(json, NULL, list[i]);
	json_array_end(json);
}

static void json_why(const struct show *show, struct json *json)
{
	const struct explanation *why = show->why;
	char buf[PCI_ADDR_SIZE];

	json_object(json, "why");
	json_array(json, "path");
	for (unsigned i = 0; i < why->n_steps; i++) {
		const struct pci_dev *bridge = &show->host->pci[why->steps[i].pci];
		json_object(json, NULL);
		json_text(json, "address", pci_addr_format(bridge->addr, buf));
		json_tri(json, "isolated", why->steps[i].isolated);
		json_text(json, "what", why->steps[i].text);
		json_object_end(json);
	}
	json_array_end(json);
	json_sentences(json, "reasons", why->reasons, why->n_reasons);
	json_sentences(json, "remedies", why->remedies, why->n_remedies);
	json_sentences(json, "notes", why->notes, why->n_notes);
	json_object_end(json);
}

static void json_group(const struct show *show, struct json *json)
{
	const struct host *host = show->host;
	char buf[PCI_ADDR_SIZE];

	if (show->dev->group < 0) {
		json_null(json, "group");
		return;
	}
	const struct iommu_group *group = &host->groups[show->dev->group];
	json_object(json, "group");
	json_int(json, "id", group->id);
	json_text(json, "type", group->type);
	json_tri(json, "viable", iommu_group_viable(host, group));
	json_tri(json, "isolated", iommu_group_isolated(host, group));
	json_array_flat(json, "devices");
	for (unsigned i = 0; i < group->n_members; i++)
		json_text(json, NULL, pci_addr_format(host->pci[group->members[i]].addr, buf));
	json_array_end(json);
	json_array(json, "reserved_regions");
	for (unsigned i = 0; i < group->n_regions; i++) {
		json_object(json, NULL);
		json_uint(json, "start", group->regions[i].start);
		json_uint(json, "end", group->regions[i].end);
		json_text(json, "type", group->regions[i].type);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

void show_json(const struct show *show, struct json *json)
{
	json_object(json, NULL);
	device_json_fields(json, &show->view, show->dev);
	json_group(show, json);
	json_why(show, json);
	json_config(show, json);
	json_detail(show, json);
	json_bars(show, json);
	json_reset(show, json);
	json_uses(show, json);
	json_object_end(json);
}
