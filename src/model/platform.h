/* The machine apart from its devices: CPU, kernel, firmware, memory, topology. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "model/topology.h"
#include "model/tri.h"

struct cpu {
	const char *vendor;     /* "GenuineIntel", "AuthenticAMD", …; NULL: not known */
	const char *model_name; /* NULL: not known */
	enum tri flag_vmx;      /* /proc/cpuinfo, where the kernel clears what firmware locked */
	enum tri flag_svm;
	enum tri hypervisor; /* runs as a guest */
	enum tri cpuid_virt; /* CPUID itself, live (or recorded) only */
	enum tri pdpe1gb;    /* pages of 1 GiB */
	int phys_bits;       /* physical address bits; -1: not known */
	bool x86;            /* flags above mean something */
	bool arch_known;
};

struct kernel {
	const char *release; /* "6.12.9-amd64"; NULL: not known */
	const char *cmdline; /* NULL: not known */
	const char *config;  /* path of the config that was read; NULL: none readable */
	/* CONFIG_ symbols that matter: 'y', 'm', 'n', 0: not known */
	char intel_iommu, amd_iommu, virtio_iommu;
	char irq_remap, vfio_pci, iommufd, vfio_cdev, vfio_noiommu;
	char intel_default_on, intel_default_igpu_off, intel_default_off;
	enum tri vfio_pci_loaded;
	enum tri vfio_pci_builtin;
	const char *lockdown; /* "none", "integrity", "confidentiality"; NULL: not known */
	const char **log;     /* lines about the IOMMU and VFIO; NULL: not readable */
	unsigned n_log;
};

struct firmware {
	enum tri efi;
	enum tri secure_boot;
	const char *vendor; /* of the machine (DMI), no serial numbers; NULL: not known */
	const char *product;
	const char *board;
	const char *bios_version;
	const char *bios_date;
};

/* A pool of huge pages of one size, on one node (-1: the whole machine). */
struct hugepages {
	int node;
	uint64_t size; /* bytes */
	int64_t total; /* pages; -1: not known */
	int64_t free;
};

struct memory {
	uint64_t total;     /* bytes; 0: not known */
	uint64_t available; /* bytes; 0: not known */
	const struct hugepages *pools;
	unsigned n_pools;
};

/* A framebuffer or display of the host. */
struct framebuffer {
	const char *name;   /* "fb0", "simpledrm", "BOOTFB", … */
	const char *driver; /* of an "fbN": as "EFI VGA"; NULL: not known */
	uint64_t start;     /* physical address; 0: not known (needs root) */
	uint64_t end;
};

struct platform {
	struct cpu cpu;
	struct kernel kernel;
	struct firmware firmware;
	struct memory memory;
	struct topology topology;
	const struct framebuffer *framebuffers;
	unsigned n_framebuffers;
	const char *console_driver; /* vtconsole that is bound, as "frame buffer device"; NULL */
};

/* Is word one of the blank-separated parameters of the command line? Values must be equal too:
 * "iommu=pt". For lists, "iommu=off" is also found in "iommu=pt,off". */
bool cmdline_has(const char *cmdline, const char *word);

/* Takes the next word, quotes and all, off *cursor, which starts as the command line. False at its
 * end, or at "--", behind which init's words come. */
bool cmdline_next(const char **cursor, struct slice *word);
