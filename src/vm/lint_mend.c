/* Mending a definition: one function for each rule whose remedy leaves no choice. All else in the
 * document stays, comments and white space with it. */
#include "vm/lint.h"
#include "vm/xml_read.h"
#include "vm/xml_write.h"

static xmlNode *domain_of(const struct guest *guest)
{
	return xmlDocGetRootElement(guest->doc);
}

static void drop_child(xmlNode *node, const char *path)
{
	xmlNode *child = node_find(node, path);

	if (child)
		node_drop(child);
}

/* Is there nothing in it, not even a comment? */
static bool is_bare(const xmlNode *node)
{
	for (const xmlNode *child = node->children; child; child = child->next)
		if (!xmlIsBlankNode(child))
			return false;
	return true;
}

static void drop_if_bare(xmlNode *node)
{
	if (node && is_bare(node))
		node_drop(node);
}

/* ---- one for each rule ---- */

static bool mend_balloon(struct guest *guest)
{
	xmlNode *devices = node_child(domain_of(guest), "devices");

	if (!devices)
		return false;
	xmlNode *balloon = node_ensure(devices, "memballoon");
	for (xmlNode *child; (child = node_child(balloon, NULL));)
		node_drop(child);
	if (is_bare(balloon))
		xmlNodeSetContent(balloon, NULL);
	while (balloon->properties)
		xmlRemoveProp(balloon->properties);
	node_set(balloon, "model", "none");
	return true;
}

static bool drop_feature(struct guest *guest, const char *name)
{
	xmlNode *cpu = node_child(domain_of(guest), "cpu");

	for (xmlNode *feature = node_child(cpu, "feature"); feature;
	     feature = node_next(feature->next, "feature"))
		if (node_says(feature, "name", name)) {
			node_drop(feature);
			return true;
		}
	return false;
}

static bool mend_hidden(struct guest *guest)
{
	xmlNode *features = node_child(domain_of(guest), "features");
	xmlNode *kvm = node_child(features, "kvm"), *hyperv = node_child(features, "hyperv");

	if (guest->hypervisor_off)
		drop_feature(guest, "hypervisor");
	if (guest->hidden)
		drop_child(kvm, "hidden");
	if (guest->vendor_id)
		drop_child(hyperv, "vendor_id");
	drop_if_bare(kvm);
	if (!node_says(hyperv, "mode", "passthrough"))
		drop_if_bare(hyperv);
	return true;
}

static bool mend_topoext(struct guest *guest)
{
	xmlNode *cpu = domain_ensure(domain_of(guest), "cpu");

	for (xmlNode *feature = node_child(cpu, "feature"); feature;
	     feature = node_next(feature->next, "feature"))
		if (node_says(feature, "name", "topoext")) {
			node_set(feature, "policy", "require");
			return true;
		}
	xmlNode *feature = node_append(cpu, "feature");
	node_set(feature, "policy", "require");
	node_set(feature, "name", "topoext");
	return true;
}

static bool mend_topoext_intel(struct guest *guest)
{
	return drop_feature(guest, "topoext");
}

static bool mend_current(struct guest *guest)
{
	xmlNode *memory = node_child(domain_of(guest), "memory");
	xmlNode *current = node_child(domain_of(guest), "currentMemory");
	g_autofree char *value = node_text(memory);
	g_autofree char *unit = node_attribute(memory, "unit");

	if (!value || !current)
		return false;
	xmlNodeSetContent(current, BAD_CAST value);
	if (unit)
		node_set(current, "unit", unit);
	else
		node_unset(current, "unit");
	return true;
}

static bool mend_limit(struct guest *guest)
{
	xmlNode *tune = node_child(domain_of(guest), "memtune");

	drop_child(tune, "hard_limit");
	drop_if_bare(tune);
	return true;
}

static bool mend_writable(struct guest *guest)
{
	xmlNode *loader = node_find(domain_of(guest), "os/loader");

	if (!loader)
		return false;
	node_set(loader, "readonly", "yes");
	return true;
}

static bool mend_machine(struct guest *guest)
{
	xmlNode *type = node_find(domain_of(guest), "os/type");

	if (!type)
		return false;
	node_set(type, "machine", "q35");
	return true;
}

static bool mend_assignment(struct guest *guest)
{
	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		xmlNode *driver =
			device->kind == GUEST_HOSTDEV ? node_child(device->node, "driver") : NULL;
		if (driver && node_says(driver, "name", "kvm"))
			node_drop(driver);
	}
	return true;
}

/* What is done to each disk; false: nothing. */
static bool mend_disks(struct guest *guest, bool (*mend)(const struct guest_device *disk))
{
	bool mended = false;

	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		if (device->kind == GUEST_DISK)
			mended |= mend(device);
	}
	return mended;
}

static bool drop_iothread(const struct guest_device *disk)
{
	bool virtio = g_strcmp0(disk->bus_type, "virtio") == 0 ||
		      (!disk->bus_type && disk->target && g_str_has_prefix(disk->target, "vd"));

	if (disk->iothread < 0 || virtio)
		return false;
	node_unset(node_child(disk->node, "driver"), "iothread");
	return true;
}

static bool mend_iothread_bus(struct guest *guest)
{
	return mend_disks(guest, drop_iothread);
}

static bool set_cache(const struct guest_device *disk)
{
	bool past =
		g_strcmp0(disk->cache, "none") == 0 || g_strcmp0(disk->cache, "directsync") == 0;

	if (g_strcmp0(disk->io, "native") != 0 || past)
		return false;
	node_set(node_child(disk->node, "driver"), "cache", "none");
	return true;
}

static bool mend_cache(struct guest *guest)
{
	return mend_disks(guest, set_cache);
}

static bool mend_iothreads(struct guest *guest)
{
	int most = 0;

	for (guint i = 0; i < guest->devices->len; i++)
		most = MAX(most, g_array_index(guest->devices, struct guest_device, i).iothread);
	if (most < 1 || node_child(domain_of(guest), "iothreadids"))
		return false;
	g_autofree char *text = g_strdup_printf("%d", most);
	xmlNodeSetContent(domain_ensure(domain_of(guest), "iothreads"), BAD_CAST text);
	return true;
}

static bool mend_nics(struct guest *guest)
{
	bool mended = false;

	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		xmlNode *model =
			device->kind == GUEST_NIC ? node_child(device->node, "model") : NULL;
		if (!model)
			continue;
		node_set(model, "type", "virtio");
		mended = true;
	}
	return mended;
}

static bool mend_unmanaged(struct guest *guest)
{
	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		if (device->kind == GUEST_HOSTDEV && device->unmanaged)
			node_set(device->node, "managed", "yes");
	}
	return true;
}

static bool mend_smm(struct guest *guest)
{
	xmlNode *features = domain_ensure(domain_of(guest), "features");

	node_set(node_ensure(features, "smm"), "state", "on");
	return true;
}

static bool mend_iommu(struct guest *guest)
{
	xmlNode *iommu = node_find(domain_of(guest), "devices/iommu");

	if (guest->iommu.caching != TRI_YES)
		node_set(node_ensure(iommu, "driver"), "caching_mode", "on");
	if (guest->iommu.remapping == TRI_YES && !guest->split_ioapic) {
		xmlNode *features = domain_ensure(domain_of(guest), "features");
		node_set(node_ensure(features, "ioapic"), "driver", "qemu");
	}
	return true;
}

/* Functions of one card into the slot of its first: the address of that one, or none where it has
 * none (then there is no telling which bus is free). */
static bool join_functions(const struct guest_device *first, const struct guest_device *other)
{
	xmlNode *address = node_child(first->node, "address");

	if (first->slot < 0 || !address)
		return false;
	g_autofree char *function = g_strdup_printf("0x%x", other->source.function);
	xmlNode *copy = node_ensure(other->node, "address");
	while (copy->properties)
		xmlRemoveProp(copy->properties);
	for (const xmlAttr *attr = address->properties; attr; attr = attr->next) {
		g_autofree char *value = node_attribute(address, (const char *)attr->name);
		node_set(copy, (const char *)attr->name, value);
	}
	node_set(copy, "function", function);
	node_unset(copy, "multifunction");
	node_set(address, "multifunction", "on");
	return true;
}

static bool mend_split(struct guest *guest)
{
	bool mended = false;

	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *first =
			&g_array_index(guest->devices, struct guest_device, i);
		if (first->kind != GUEST_HOSTDEV || first->mediated ||
		    first->source.function != 0 || first->function != 0)
			continue;
		for (guint j = 0; j < guest->devices->len; j++) {
			const struct guest_device *other =
				&g_array_index(guest->devices, struct guest_device, j);
			if (other->kind == GUEST_HOSTDEV && !other->mediated && i != j &&
			    pci_addr_same_slot(first->source, other->source))
				mended |= join_functions(first, other);
		}
	}
	return mended;
}

static const struct {
	const char *id;
	bool (*mend)(struct guest *guest);
	bool cpu; /* it does nothing where a -cpu that is handed through says all of it */
} mends[] = {
	{ "machine-unknown", mend_machine },
	{ "hostdev-unmanaged", mend_unmanaged },
	{ "functions-split", mend_split },
	{ "legacy-assignment", mend_assignment },
	{ "guest-iommu", mend_iommu },
	{ "secure-boot-smm", mend_smm },
	{ "firmware-writable", mend_writable },
	{ "hidden-kvm", mend_hidden, true },
	{ "topoext-missing", mend_topoext, true },
	{ "topoext-on-intel", mend_topoext_intel, true },
	{ "balloon", mend_balloon },
	{ "memory-partial", mend_current },
	{ "memlock", mend_limit },
	{ "iothread-bus", mend_iothread_bus },
	{ "iothread-number", mend_iothreads },
	{ "native-io-cache", mend_cache },
	{ "nic-emulated", mend_nics },
};

GPtrArray *lint_mend(struct guest *guest, const GPtrArray *findings)
{
	GPtrArray *mended = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(mends); i++)
		if (findings_has_bad(findings, mends[i].id) &&
		    !(mends[i].cpu && guest->cpu_passed) && mends[i].mend(guest))
			g_ptr_array_add(mended, (char *)mends[i].id);
	return mended;
}
