/* See target.h. */
#include "vm/target.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "model/guests.h"

/* The first versions that know each. Sources: libvirt's formatdomain ("since") and NEWS, QEMU's
 * release notes. 0: all that are written for. */
static const struct {
	unsigned qemu;
	unsigned libvirt;
	const char *needs;
} features[TARGET_N_FEATURES] = {
	[TARGET_FIRMWARE_FEATURES] = { .libvirt = TARGET_VERSION(7, 2),
				       .needs = "libvirt 7.2 or later" },
	[TARGET_SECURE_BOOT_ALONE] = { .libvirt = TARGET_VERSION(8, 6),
				       .needs = "libvirt 8.6 or later" },
	[TARGET_MAXPHYSADDR] = { .libvirt = TARGET_VERSION(8, 7), .needs = "libvirt 8.7 or later" },
	[TARGET_EVDEV] = { .libvirt = TARGET_VERSION(7, 4), .needs = "libvirt 7.4 or later" },
	/* Not in 11.3, and in 12.8: between them it is not used. */
	[TARGET_USB_PORT] = { .libvirt = TARGET_VERSION(12, 8), .needs = "libvirt 12.8 or later" },
	[TARGET_QUEUE_MAPPING] = { .qemu = TARGET_VERSION(9, 0),
				   .libvirt = TARGET_VERSION(10, 0),
				   .needs = "QEMU 9.0 and libvirt 10.0 or later" },
};

/* Older ones lack so much (UEFI found by descriptors, topoext, q35 as it is now) that what is
 * written for them would not be what is meant. */
static const struct {
	const char *name;
	unsigned oldest;
	size_t version;
	size_t source;
} programs[] = {
	{ "qemu", TARGET_VERSION(5, 2), offsetof(struct target, qemu),
	  offsetof(struct target, qemu_source) },
	{ "libvirt", TARGET_VERSION(7, 0), offsetof(struct target, libvirt),
	  offsetof(struct target, libvirt_source) },
};

/* "7.2", "7.2.22", "9". */
static bool parse_version(const char *text, unsigned *ret)
{
	g_auto(GStrv) parts = g_strsplit(text, ".", 3);
	uint32_t major, minor = 0;

	if (!parts[0] || !text_to_u32(parts[0], 10, 999, &major) ||
	    (parts[1] && !text_to_u32(parts[1], 10, 999, &minor)))
		return false;
	*ret = TARGET_VERSION(major, minor);
	return true;
}

static bool parse_part(const char *part, struct target *target, GError **error)
{
	const char *equals = strchr(part, '=');

	for (size_t i = 0; equals && i < G_N_ELEMENTS(programs); i++) {
		unsigned version;
		size_t length = (size_t)(equals - part);
		if (strlen(programs[i].name) != length ||
		    strncmp(programs[i].name, part, length) != 0 ||
		    !parse_version(equals + 1, &version))
			continue;
		if (version < programs[i].oldest) {
			g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
				    "cannot write for '%s': it is older than %u.%u", part,
				    programs[i].oldest / 1000, programs[i].oldest % 1000);
			error_hint(error, "definitions are written for QEMU from 5.2 on (2020) and "
					  "libvirt from 7.0 on (2021)");
			return false;
		}
		*(unsigned *)(void *)((char *)target + programs[i].version) = version;
		*(enum target_source *)(void *)((char *)target + programs[i].source) = TARGET_NAMED;
		return true;
	}
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is no target", part);
	error_hint(error, "write it as --target qemu=7.2,libvirt=9.0");
	return false;
}

bool target_parse(const char *text, struct target *target, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	if (!parts[0])
		return parse_part("", target, error);
	for (char **part = parts; *part; part++)
		if (!parse_part(*part, target, error))
			return false;
	return true;
}

void target_of(const struct guest_facts *guests, struct target *target)
{
	*target = (struct target){
		.qemu = TARGET_ASSUMED_QEMU,
		.libvirt = TARGET_ASSUMED_LIBVIRT,
		.qemu_source = TARGET_ASSUMED,
		.libvirt_source = TARGET_ASSUMED,
	};
	if (guests->qemu_version && parse_version(guests->qemu_version, &target->qemu))
		target->qemu_source = TARGET_INSTALLED;
	if (guests->libvirt_version && parse_version(guests->libvirt_version, &target->libvirt))
		target->libvirt_source = TARGET_INSTALLED;
}

bool target_has(const struct target *target, enum target_feature feature)
{
	return target->qemu >= features[feature].qemu &&
	       target->libvirt >= features[feature].libvirt;
}

const char *target_feature_needs(enum target_feature feature)
{
	return features[feature].needs;
}

static const char *const sources[] = {
	[TARGET_INSTALLED] = "installed",
	[TARGET_NAMED] = "as named",
	[TARGET_ASSUMED] = "assumed, as it is not known",
};

char *target_describe(const struct target *target)
{
	return g_strdup_printf("QEMU %u.%u (%s) and libvirt %u.%u (%s)", target->qemu / 1000,
			       target->qemu % 1000, sources[target->qemu_source],
			       target->libvirt / 1000, target->libvirt % 1000,
			       sources[target->libvirt_source]);
}
