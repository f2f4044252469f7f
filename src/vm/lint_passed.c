/* Rules about what is handed through to QEMU past libvirt. */
#include <string.h>

#include "vm/lint_parts.h"

static bool is_denied(const char *argument)
{
	static const char *const nodes[] = {
		"/dev/", "/home/", "/mnt/", "/root/", "/tmp/", "/run/"
	};

	if (strstr(argument, "vfio-pci,") || strstr(argument, "\"vfio-pci\""))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++)
		if (strstr(argument, nodes[i]))
			return true;
	return false;
}

static void add_denied(struct lint *lint, const char *shown)
{
	struct finding *finding =
		lint_add(lint, FINDING_WARN, shown,
			 "QEMU is given a file or device that libvirt does not know of");

	finding_cause(finding,
		      "AppArmor, SELinux and the guest's own /dev let it have only what libvirt "
		      "knows, unless they were told otherwise");
	finding_fix(finding, "# say it as an element (<hostdev>, <rom>, <input type='evdev'>, "
			     "<shmem>), or allow the path: cgroup_device_acl in "
			     "/etc/libvirt/qemu.conf, and AppArmor or SELinux");
}

void lint_passed(struct lint *lint)
{
	const GArray *passed = lint->guest->passed, *properties = lint->guest->properties;

	for (guint i = 0; i < passed->len; i++) {
		const char *argument = g_array_index(passed, const char *, i);
		lint_ask(lint);
		if (!is_denied(argument))
			continue;
		add_denied(lint, argument);
	}
	for (guint i = 0; i < properties->len; i++) {
		const struct guest_property *property =
			&g_array_index(properties, struct guest_property, i);
		lint_ask(lint);
		if (!property->by_set && is_denied(property->value))
			add_denied(lint, property->shown);
	}
}

/* libvirt leaves out, without a word, what is not in QEMU's name space. */
void lint_unread(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (guest->passed->len + guest->properties->len > 0)
		lint_ask(lint);
	if (!guest->unread)
		return;
	struct finding *finding = lint_add(
		lint, FINDING_FAIL, guest->unread,
		"libvirt does not read what is meant for QEMU: its name space is not told");
	finding_cause(finding, "it drops such an element without a word when the definition is "
			       "taken in");
	finding_fix(finding, "# <domain type='kvm' "
			     "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>");
}

/* libvirt: qemuBuildDeviceCommandlineFromJSON(). */
void lint_set_device(struct lint *lint)
{
	const GArray *properties = lint->guest->properties;

	for (guint i = 0; i < properties->len; i++) {
		const struct guest_property *property =
			&g_array_index(properties, struct guest_property, i);
		if (!property->by_set)
			continue;
		lint_ask(lint);
		if (lint->guest->json_off)
			continue;
		struct finding *finding = lint_add(
			lint, FINDING_FAIL, property->shown,
			"'-set device.' finds no device since libvirt 8 with QEMU 6.2: the "
			"guest does not start");
		finding_cause(finding, "libvirt writes devices as JSON since then, and -set only "
				       "knows others");
		finding_fix(finding,
			    "# in <qemu:override> (libvirt 8.2): the device with alias='%s', its "
			    "property with name='%s' and value='%s'",
			    property->alias, property->name, property->value);
	}
}

void lint_alias(struct lint *lint)
{
	const GArray *properties = lint->guest->properties;

	for (guint i = 0; i < properties->len; i++) {
		const struct guest_property *property =
			&g_array_index(properties, struct guest_property, i);
		lint_ask(lint);
		if (!property->absent)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, property->shown,
				 "no device has the alias '%s', so its property '%s' does nothing",
				 property->alias, property->name);
		finding_cause(finding, "libvirt counts <hostdev> from hostdev0 on; names of one's "
				       "own begin with ua-");
		finding_fix(finding, "# in the device: <alias name='ua-gpu'/>, and "
				     "alias='ua-gpu' in <qemu:device>");
	}
}
