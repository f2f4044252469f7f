/* The machine apart from its devices, from /proc, /sys and the processor itself, into
 * struct platform (model/platform.h). What cannot be read stays unknown; what may not be read
 * becomes a gap of the host. */
#pragma once

struct host;
struct root;

enum platform_part {
	PLATFORM_VERDICT = 1 << 0, /* a few small files: CPU, CPUID, kernel release, command line */
	PLATFORM_CONFIG = 1 << 1,  /* the kernel's configuration: one file of some 250 kB */
	PLATFORM_LOG = 1 << 2,     /* the kernel's log: the whole buffer is gone through */
	PLATFORM_MACHINE = 1 << 3, /* modules, lockdown, firmware, framebuffers */
	PLATFORM_TOPOLOGY = 1 << 4, /* hwloc: takes tens of milliseconds, or more */
	PLATFORM_MEMORY = 1 << 5,
	PLATFORM_FULL = PLATFORM_VERDICT | PLATFORM_CONFIG | PLATFORM_LOG | PLATFORM_MACHINE |
			PLATFORM_MEMORY,
};

/* Fills the parts asked for (an OR of them) of host->platform. PLATFORM_CONFIG needs the release,
 * so it implies PLATFORM_VERDICT. */
void platform_probe(struct root *root, struct host *host, unsigned what);
