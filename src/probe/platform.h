/* The machine apart from its devices, from /proc, /sys and the processor itself, into
 * struct platform (model/platform.h). What cannot be read stays unknown; what may not be read
 * becomes a gap of the host. */
#pragma once

struct host;
struct root;

enum platform_part {
	PLATFORM_KERNEL = 1 << 0,   /* release, command line */
	PLATFORM_CPU = 1 << 1,      /* /proc/cpuinfo, CPUID */
	PLATFORM_CONFIG = 1 << 2,   /* the kernel's configuration: one file of some 250 kB */
	PLATFORM_LOG = 1 << 3,      /* the kernel's log: the whole buffer is gone through */
	PLATFORM_LOADED = 1 << 4,   /* is vfio-pci there? */
	PLATFORM_BUILTIN = 1 << 5,  /* … because it is built in? */
	PLATFORM_FIRMWARE = 1 << 6, /* lockdown, EFI, DMI */
	PLATFORM_DISPLAY = 1 << 7,  /* framebuffers, console */
	PLATFORM_TOPOLOGY = 1 << 8, /* hwloc: takes tens of milliseconds, or more */
	PLATFORM_MEMORY = 1 << 9,
	/* A few small files. */
	PLATFORM_VERDICT = PLATFORM_KERNEL | PLATFORM_CPU,
	PLATFORM_MACHINE =
		PLATFORM_LOADED | PLATFORM_BUILTIN | PLATFORM_FIRMWARE | PLATFORM_DISPLAY,
	PLATFORM_FULL = PLATFORM_VERDICT | PLATFORM_CONFIG | PLATFORM_LOG | PLATFORM_MACHINE |
			PLATFORM_MEMORY,
};

/* Fills the parts asked for (an OR of them) of host->platform. PLATFORM_CONFIG and PLATFORM_BUILTIN
 * need the release, so they imply PLATFORM_KERNEL. */
void platform_probe(struct root *root, struct host *host, unsigned what);
