/* What a definition may use: the QEMU and the libvirt that it is made for. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct guest_facts;

enum target_source {
	TARGET_INSTALLED, /* asked on the machine, or recorded there */
	TARGET_NAMED,     /* --target */
	TARGET_ASSUMED,   /* not known: what all distributions that are cared for have at least */
};

struct target {
	/* major * 1000 + minor */
	unsigned qemu;
	unsigned libvirt;
	enum target_source qemu_source;
	enum target_source libvirt_source;
};

#define TARGET_VERSION(major, minor) ((major)*1000U + (minor))

/* Where nothing is known: as Ubuntu 22.04, the oldest long-term release that is cared for. */
#define TARGET_ASSUMED_QEMU    TARGET_VERSION(6, 2)
#define TARGET_ASSUMED_LIBVIRT TARGET_VERSION(8, 0)

/* What definitions use only where both sides know it; versions are in the table of target.c. */
enum target_feature {
	TARGET_FIRMWARE_FEATURES, /* <os firmware='efi'><firmware><feature name=…> */
	TARGET_SECURE_BOOT_ALONE, /* the feature secure-boot is enough, without <loader secure=> */
	TARGET_MAXPHYSADDR,       /* <cpu><maxphysaddr mode='passthrough'/> */
	TARGET_EVDEV,             /* <input type='evdev'> */
	TARGET_USB_PORT,          /* <hostdev type='usb'>: <address bus= port=> */
	TARGET_QUEUE_MAPPING,     /* queues of a virtio disk spread over I/O threads */
	TARGET_N_FEATURES,
};

/* Reads "qemu=7.2,libvirt=9.0"; either may be left out. Sets what it names. False and STATUS_USAGE
 * for anything else, and for versions that are too old to be written for. */
bool target_parse(const char *text, struct target *target, GError **error);

/* What is installed, as far as known, else what is assumed. */
void target_of(const struct guest_facts *guests, struct target *target);

/* Do both know it? For XML they have to. */
bool target_has(const struct target *target, enum target_feature feature);

/* "libvirt 12.8 or later", for messages; static. */
const char *target_feature_needs(enum target_feature feature);

/* "QEMU 7.2 and libvirt 9.0 (installed)"; the caller's. */
char *target_describe(const struct target *target);
