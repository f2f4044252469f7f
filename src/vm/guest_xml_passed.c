/* Reading what libvirt hands through to QEMU without knowing what it means: arguments, and
 * properties that are put in place of its own. */
#include <string.h>

#include "base/text.h"
#include "vm/guest_xml_parts.h"
#include "vm/qemu_reader.h"
#include "vm/xml_read.h"

#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

/* ---- whose properties ---- */

/* libvirt counts network cards that are devices of the host with them, in an order of its own. */
static bool has_hostdev_nic(const struct guest *guest)
{
	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		if (node_is(device->node, "interface") && g_strcmp0(device->type, "hostdev") == 0)
			return true;
	}
	return false;
}

/* What QEMU calls a device: its own alias, where libvirt takes it ("ua-…"), else the count of its
 * kind (libvirt: qemuAssignDeviceHostdevAlias()). */
static bool has_alias(const struct guest_device *device, const char *alias, unsigned n)
{
	g_autofree char *counted = g_strdup_printf("hostdev%u", n);
	const xmlNode *own = node_child(device->node, "alias");

	if (g_str_has_prefix(alias, "ua-"))
		return node_says(own, "name", alias);
	return node_is(device->node, "hostdev") && strcmp(alias, counted) == 0;
}

static struct guest_device *find_alias(const struct guest *guest, const char *alias)
{
	unsigned n = 0;

	for (guint i = 0; i < guest->devices->len; i++) {
		struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		if (has_alias(device, alias, n))
			return device;
		n += node_is(device->node, "hostdev");
	}
	return NULL;
}

/* Can it be known whether there is a device of that alias? Other kinds are counted otherwise. */
static bool is_judged(const struct guest *guest, const char *alias)
{
	return g_str_has_prefix(alias, "ua-") ||
	       (g_str_has_prefix(alias, "hostdev") && !has_hostdev_nic(guest));
}

static void add_property(struct guest *guest, const struct guest_property *property)
{
	struct guest_device *device =
		is_judged(guest, property->alias) ? find_alias(guest, property->alias) : NULL;
	struct guest_property kept = *property;

	kept.absent = !device && is_judged(guest, property->alias);
	g_array_append_val(guest->properties, kept);
	if (device && g_strcmp0(property->name, "x-vga") == 0)
		device->other_x_vga = pairs_is_on(property->value);
	if (device && g_strcmp0(property->name, "romfile") == 0 && *property->value)
		device->rom = property->value;
}

/* ---- elements ---- */

/* <qemu:override>: <qemu:device alias='…'><qemu:frontend><qemu:property name='…' value='…'/>. */
static void read_override(struct guest *guest, const xmlNode *device)
{
	const char *alias = xml_string(guest, device, "alias");
	xmlNode *property = node_find(device, "frontend/property");

	for (; property && alias; property = node_next(property->next, "property")) {
		const char *value = xml_string(guest, property, "value");
		const struct guest_property kept = {
			.alias = alias,
			.name = xml_string(guest, property, "name"),
			.value = value ? value : "",
			.shown = xml_keep(guest, node_show(property)),
		};
		add_property(guest, &kept);
	}
}

/* "-set device.ALIAS.NAME=VALUE". */
static void read_set(struct guest *guest, const char *argument)
{
	const char *rest = text_after(argument, "device.");
	g_auto(GStrv) parts = rest ? g_strsplit(rest, "=", 2) : NULL;
	char *dot = parts && parts[0] ? strrchr(parts[0], '.') : NULL;

	if (!dot || dot == parts[0])
		return;
	*dot = '\0';
	const struct guest_property kept = {
		.alias = guest_string(guest, parts[0]),
		.name = guest_string(guest, dot + 1),
		.value = parts[1] ? guest_string(guest, parts[1]) : "",
		.shown = guest_format(guest, "-set %s", argument),
		.by_set = true,
	};
	add_property(guest, &kept);
}

static void read_arguments(struct guest *guest, const xmlNode *line)
{
	const char *before = NULL;

	for (xmlNode *node = node_child(line, "arg"); node; node = node_next(node->next, "arg")) {
		const char *value = xml_string(guest, node, "value");
		if (!value)
			continue;
		g_array_append_val(guest->passed, value);
		if (g_strcmp0(before, "-cpu") == 0)
			guest_pass_cpu(guest, value);
		else if (g_strcmp0(before, "-set") == 0)
			read_set(guest, value);
		before = value;
	}
}

/* "device.json", "device.json+hotplug": without it libvirt writes "-device" as QemuOpts. */
static void read_capability(struct guest *guest, const xmlNode *node)
{
	g_autofree char *name = node_attribute(node, "capability");

	if (node_is(node, "del") && name && g_str_has_prefix(name, "device.json"))
		guest->json_off = true;
}

/* Elements of QEMU's are read under their full name only. */
static bool is_of_qemu(const xmlNode *node)
{
	return node->ns && xmlStrEqual(node->ns->href, BAD_CAST QEMU_NAMESPACE);
}

static bool looks_like(const xmlNode *node, const char *name)
{
	g_autofree char *prefixed = g_strconcat("qemu:", name, NULL);

	return node_is(node, prefixed) || (node_is(node, name) && !is_of_qemu(node));
}

static void read_element(struct guest *guest, xmlNode *node)
{
	static const char *const names[] = { "commandline", "override", "capabilities" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (looks_like(node, names[i]) && !guest->unread)
			guest->unread = xml_keep(guest, node_show(node));
	if (!is_of_qemu(node))
		return;
	if (node_is(node, "commandline"))
		read_arguments(guest, node);
	for (xmlNode *child = node_child(node, NULL); child; child = node_next(child->next, NULL)) {
		if (node_is(node, "override"))
			read_override(guest, child);
		else if (node_is(node, "capabilities"))
			read_capability(guest, child);
	}
}

void guest_xml_passed(struct guest *guest, const xmlNode *domain)
{
	for (xmlNode *node = node_child(domain, NULL); node; node = node_next(node->next, NULL))
		read_element(guest, node);
}
