/* The parts of a host that can be asked for, so that each command reads only what it needs: see
 * probe/probe.h, which reads them, and the rules, which say what they need. */
#pragma once

enum probe_part {
	PROBE_BASE = 0,         /* always: functions, groups, what the verdict needs */
	PROBE_CONFIG = 1 << 0,  /* config space of all functions: prediction, explanation, tree */
	PROBE_DETAIL = 1 << 1,  /* struct pci_detail of all functions */
	PROBE_REGIONS = 1 << 2, /* reserved regions of the groups */
	PROBE_USB = 1 << 3,
	PROBE_USAGE = 1 << 4,     /* what the host does with its devices */
	PROBE_HOLDERS = 1 << 5,   /* which processes hold them: walks /proc */
	PROBE_PLATFORM = 1 << 6,  /* all of struct platform but: */
	PROBE_TOPOLOGY = 1 << 7,  /* packages, cores, caches, nodes (hwloc) */
	PROBE_MACHINE = 1 << 8,   /* of the platform: modules, memory, framebuffers, firmware */
	PROBE_BOOT = 1 << 9,      /* what boots it, and the files that configure that */
	PROBE_SETTINGS = 1 << 10, /* host.settings: configuration files, parameters, nodes */
	PROBE_DOMAINS = 1 << 11,  /* host.domains: definitions of guests */
	PROBE_BINDINGS = 1 << 12, /* what shall be bound at every boot */
	PROBE_GUESTS = 1 << 13,   /* host.guests: QEMU, libvirt, firmware of guests */
	PROBE_IMAGES = 1 << 14, /* what of VFIO is in the initramfs of each kernel, where something
				 * is bound at every boot; with PROBE_BOOT and PROBE_BINDINGS */
	PROBE_IMAGES_ALL = 1 << 15, /* also in those that take seconds */
	PROBE_ALL = (1 << 16) - 1,
	PROBE_FEW = 1 << 16, /* less than PROBE_BASE, for who hands functions over: of functions
			      * their ids, drivers and groups, of the platform vfio-pci and the
			      * display, the CPU only where the IOMMU is not proved by groups and
			      * interrupts; host_probe_handover() adds the rest */
};
