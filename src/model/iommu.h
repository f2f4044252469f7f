/* The IOMMU: units, groups, and the verdict on whether it can be used. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/tri.h"

struct host;

enum iommu_vendor {
	IOMMU_VENDOR_UNKNOWN,
	IOMMU_INTEL,
	IOMMU_AMD,
	IOMMU_ARM,
	IOMMU_VIRTIO,
	IOMMU_OTHER,
};

/* An entry of /sys/class/iommu. */
struct iommu_unit {
	const char *name; /* "dmar0", "ivhd0", … */
	enum iommu_vendor vendor;
	/* Registers in hexadecimal, as the kernel shows them; NULL: not known or not there. */
	const char *cap;
	const char *ecap;     /* Intel */
	const char *features; /* AMD */
	const char *version;  /* Intel */
};

/* A line of /sys/kernel/iommu_groups/N/reserved_regions. */
struct iommu_region {
	uint64_t start;
	uint64_t end;     /* included */
	const char *type; /* "direct", "direct-relaxable", "msi", "reserved" */
};

struct iommu_group {
	int id;             /* the kernel's number */
	const char *type;   /* "DMA", "DMA-FQ", "identity", …; NULL: not known */
	const int *members; /* indexes in host.pci, ascending */
	unsigned n_members;
	const char **others; /* members that are no PCI functions: names; NULL: none */
	unsigned n_others;
	bool others_bound;    /* one of them has a driver of the host */
	const char **missing; /* members that the group names but that are not on the bus */
	unsigned n_missing;
	const struct iommu_region *regions; /* NULL: not probed */
	unsigned n_regions;
	bool regions_known;
};

/* What was read about the IOMMU as a whole. */
struct iommu {
	struct iommu_unit *units;
	unsigned n_units;
	bool units_known;  /* /sys/class/iommu was there to be listed */
	bool groups_known; /* that there are these groups and no others is known */
	bool noiommu;      /* the groups are VFIO's no-IOMMU ones */
	enum tri has_dmar; /* firmware tables */
	enum tri has_ivrs;
	enum tri has_iort;
	enum tri has_viot;
	int dmar_flags;        /* DMAR byte 37: bit 0 INTR_REMAP, 1 X2APIC_OPT_OUT, 2 opt-in; -1 */
	int ivrs_info;         /* IVRS IVinfo, low 31 bits; -1 */
	enum tri irq_remapped; /* do interrupts go through the IOMMU: chips in /proc/interrupts */
	enum tri unsafe_interrupts; /* either module parameter set */
};

enum iommu_state {
	IOMMU_STATE_UNKNOWN,
	IOMMU_ENABLED,
	IOMMU_OFF_IN_FIRMWARE,
	IOMMU_OFF_IN_KERNEL,
	IOMMU_UNSUPPORTED,
};

/* "enabled", "off-in-firmware", … as in JSON. */
const char *iommu_state_name(enum iommu_state state);

/* "intel", "amd", "arm", "virtio", "other"; NULL when not known. */
const char *iommu_vendor_name(enum iommu_vendor vendor);

/* Virtio's IOMMU has no interrupt remapping that could be switched on. */
#define VIRTIO_REMAPS_NONE                                                                         \
	"Virtio's IOMMU remaps none: have the hypervisor emulate Intel's or AMD's (QEMU: -device " \
	"intel-iommu,intremap=on)."

#define VERDICT_MAX_EVIDENCE 12

/* The answer to "can this machine pass devices through?", by state and never by parameter. */
struct iommu_verdict {
	enum iommu_state state;
	enum iommu_vendor vendor;
	const char *id;     /* stable name of the row, as "needs-intel-iommu-on"; NULL: enabled */
	const char *cause;  /* one sentence; NULL: nothing wrong */
	const char *remedy; /* what to do, one sentence; NULL: nothing */
	const char *default_domain; /* "translated", "passthrough", "mixed"; NULL: not known */
	enum tri interrupt_remapping;
	enum tri virtualization;              /* can KVM run: CPU has it and firmware left it on */
	const char *virtualization_note;      /* why not, or what is odd; NULL */
	char *evidence[VERDICT_MAX_EVIDENCE]; /* "path: what it says"; owned */
	unsigned n_evidence;
};

/* Judges host by the table in the design (domain §1.2), first match wins. Pure. */
void iommu_judge(const struct host *host, struct iommu_verdict *ret);
void iommu_verdict_clear(struct iommu_verdict *verdict);

/* Is it known that nothing is translated: off, or not there? */
bool iommu_is_off(const struct host *host);

/* ---- questions about groups ---- */

/* Every endpoint of the group is on a vfio driver, a stub or none (bridges apart). Unknown drivers
 * make it unknown, unless a known one already spoils it. */
enum tri iommu_group_viable(const struct host *host, const struct iommu_group *group);

/* The group holds the functions of one slot only, bridges apart. Not known where a function of
 * which the class is not known may be a bridge. */
enum tri iommu_group_isolated(const struct host *host, const struct iommu_group *group);
