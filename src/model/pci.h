/* PCI functions as the program knows them. Plain data, filled by probe/, then read-only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/tri.h"

/* ---- address ---- */

/* A value: compared and copied as such. Domains have 4 hex digits, or more behind Intel VMD. */
struct pci_addr {
	uint32_t domain;
	uint8_t bus;
	uint8_t slot;     /* 0–31 */
	uint8_t function; /* 0–7 */
};

#define PCI_ADDR_SIZE 24 /* of a buffer that holds any address as text */

/* Reads "0000:01:00.0" or "01:00.0" (domain 0) at the front of text. Returns how many characters
 * the address takes, 0 when there is none (or one with a function above 7 or a slot above 1f). */
size_t pci_addr_scan(const char *text, struct pci_addr *ret);

/* Is the whole text an address? */
bool pci_addr_parse(const char *text, struct pci_addr *ret);

/* Writes "0000:01:00.0" into buf and returns buf. */
char *pci_addr_format(struct pci_addr addr, char buf[PCI_ADDR_SIZE]);

/* One number per address, in the order of addresses. */
static inline uint64_t pci_addr_key(struct pci_addr addr)
{
	return (uint64_t)addr.domain << 16 | (uint64_t)addr.bus << 8 | (uint64_t)(addr.slot << 3) |
	       addr.function;
}

static inline bool pci_addr_equal(struct pci_addr a, struct pci_addr b)
{
	return pci_addr_key(a) == pci_addr_key(b);
}

/* Are a and b functions of one slot? */
static inline bool pci_addr_same_slot(struct pci_addr a, struct pci_addr b)
{
	return pci_addr_key(a) >> 3 == pci_addr_key(b) >> 3;
}

/* ---- capabilities ---- */

/* How far the config space of a function is known. */
enum config_depth {
	CONFIG_NONE,     /* nothing */
	CONFIG_HEADER,   /* the 64 bytes that everybody may read: no capabilities */
	CONFIG_STANDARD, /* 256 bytes: standard capabilities, no extended ones */
	CONFIG_EXTENDED, /* all 4096 bytes, or all there is */
};

/* PCIe device/port types (PCI Express Base Specification, PCI Express Capabilities Register 7:4).
 */
enum pcie_type {
	PCIE_ENDPOINT = 0,
	PCIE_LEGACY_ENDPOINT = 1,
	PCIE_ROOT_PORT = 4,
	PCIE_UPSTREAM_PORT = 5,
	PCIE_DOWNSTREAM_PORT = 6,
	PCIE_TO_PCI_BRIDGE = 7,
	PCI_TO_PCIE_BRIDGE = 8,
	PCIE_RC_ENDPOINT = 9, /* root complex integrated endpoint */
	PCIE_RC_EVENT_COLLECTOR = 10,
	PCIE_CONVENTIONAL = -1, /* known to have no PCIe capability */
	PCIE_TYPE_UNKNOWN = -2,
};

/* Bits of the ACS capability and control words (PCIe specification, ACS Extended Capability). */
enum acs_bit {
	ACS_SOURCE_VALIDATION = 1 << 0,
	ACS_TRANSLATION_BLOCKING = 1 << 1,
	ACS_REQUEST_REDIRECT = 1 << 2,
	ACS_COMPLETION_REDIRECT = 1 << 3,
	ACS_UPSTREAM_FORWARDING = 1 << 4,
	ACS_EGRESS_CONTROL = 1 << 5,
	ACS_DIRECT_TRANSLATED = 1 << 6,
};

/* One capability of the list, as found: for show. */
struct pci_cap {
	uint16_t id;
	uint16_t offset; /* in bytes; from 0x100 on an extended one */
	uint8_t version; /* extended ones only */
};

#define PCI_MAX_CAPS 64 /* a list that is longer is cut, and malformed is set */

/* What config space says, decoded once, from bytes or from lspci's words for them. */
struct pci_caps {
	enum config_depth depth;
	bool malformed;         /* a loop, a pointer out of range, or bytes that read as ff */
	int header_type;        /* 0 endpoint, 1 bridge, 2 CardBus; -1: not known */
	enum tri multifunction; /* header type bit 7 */
	int secondary_bus;      /* bridges; -1: not known or none */
	int subordinate_bus;    /* bridges; -1: not known or none */
	enum pcie_type pcie_type;
	enum tri slot;           /* PCIe: the port has a slot (hot-plug or not) */
	enum tri acs;            /* has the ACS extended capability */
	bool acs_bits_known;     /* acs_cap and acs_ctrl below were readable */
	uint16_t acs_cap;        /* ACS bits that the port implements */
	uint16_t acs_ctrl;       /* ACS bits that are switched on */
	bool acs_ctrl_spt_known; /* bytes only: */
	uint16_t acs_ctrl_spt;   /* the control word at + 8, where Sunrise Point ports keep it */
	enum tri flr;            /* PCIe function level reset */
	enum tri af_flr;         /* the same by the Advanced Features capability */
	enum tri pm_reset;       /* D3hot → D0 resets (PMCSR No_Soft_Reset clear) */
	enum tri sriov;          /* has the SR-IOV extended capability */
	enum tri rebar;          /* has resizable BARs */
	int max_link_speed;      /* index of LNKCAP: 1 is 2.5 GT/s; -1: not known */
	int max_link_width;      /* lanes; -1: not known */
	int link_speed;          /* as negotiated; -1 */
	int link_width;          /* as negotiated; -1 */
	struct pci_cap list[PCI_MAX_CAPS];
	unsigned n_list;
};

/* Does the device not answer: is what was read no header, as where all bytes are ff? */
bool pci_caps_are_dead(const struct pci_caps *caps);

/* Everything unknown. */
void pci_caps_init(struct pci_caps *caps);

/* Decodes length bytes of config space (any length; what is cut off is unknown). Never reads
 * beyond them and always ends, whatever they hold. all: there are no more than these bytes (a
 * conventional device has 256), so extended capabilities that are not there are known absent. */
void pci_caps_decode(const uint8_t *config, size_t length, bool all, struct pci_caps *ret);

/* The name of a capability for people ("MSI-X", "Access Control Services"), or NULL. */
const char *pci_cap_name(uint16_t id, bool extended);

/* "root port", "endpoint", "conventional", …; "unknown" for anything else. */
const char *pcie_type_name(enum pcie_type type);

/* ---- functions ---- */

#define PCI_N_BARS 6

struct pci_bar {
	uint64_t start; /* host address; 0 and size 0: not used */
	uint64_t size;  /* bytes */
	bool io;
	bool prefetchable;
	bool is_64bit;
};

/* Facts that only some commands read. */
struct pci_detail {
	struct pci_bar bars[PCI_N_BARS];
	uint64_t rom_size; /* bytes; 0: none */
	bool bars_known;
	const char *link_speed;     /* the kernel's words, as "8.0 GT/s PCIe"; NULL: not known */
	const char *max_link_speed; /* NULL: not known */
	int link_width;             /* lanes; -1: not known */
	int max_link_width;         /* lanes; -1: not known */
	int sriov_numvfs;           /* virtual functions switched on; -1: not known or no PF */
	int sriov_totalvfs;         /* -1: not known or no PF */
	const char *power_state;    /* "D0", "D3hot", …; NULL: not known */
	const char *power_control;  /* "on", "auto"; NULL: not known */
	int d3cold_allowed;         /* 0, 1; -1: not known */
	const char *acpi_path;      /* of the slot in the firmware's tables; NULL: not known */
	const char *slot_name;      /* /sys/bus/pci/slots; NULL: none or not known */
	const char *iommu_unit;     /* "dmar0"; NULL: none or not known */
	const char *modules;        /* modules that could drive it, by blanks; NULL: not known */
	const char *variant;        /* vfio variant driver that modules.alias names; NULL: none */
	int irq;                    /* -1: not known */
	int msi_bus;                /* -1: not known */
	const char *local_cpus;     /* list of host CPUs near it; NULL: not known */
	const char *vgpu_type;      /* of a virtual GPU of NVIDIA; NULL: it is none, or not known */
	/* Errors that the kernel has counted since it started (AER); -1: not known */
	int64_t aer_correctable;
	int64_t aer_nonfatal;
	int64_t aer_fatal;
};

struct pci_dev {
	struct pci_addr addr;

	/* Ids: -1 not known. A subsystem may also be known to be absent: 0000:0000 on bridges. */
	int32_t vendor;
	int32_t device;
	int32_t subsystem_vendor;
	int32_t subsystem_device;
	int32_t class_code; /* 24 bits: class, subclass, programming interface */
	bool prog_if_known; /* the low 8 bits of class_code are known */
	int16_t revision;
	int16_t numa_node; /* -1: not known, or the machine has one node only */

	bool driver_known;
	bool driver_override_known;
	bool reset_known;
	bool silent; /* an attribute did not come in time: a driver hangs while it comes or goes */
	int8_t boot_vga;             /* enum tri */
	int8_t kind;                 /* enum pci_kind, by class */
	const char *driver;          /* NULL: none (or not known) */
	const char *driver_override; /* NULL: none (or not known) */
	const char *modalias;        /* NULL: not known */
	const char
		*reset_methods; /* names by blanks, the kernel's order; "" none; NULL: not known */

	/* What a posted text called it: used where ids are not known. NULL: nothing. */
	const char *text_class;
	const char *text_name;    /* vendor and device in one, as lspci prints them */
	const char *text_modules; /* "Kernel modules:" of lspci -k; NULL: not said */
	/* ids that text_name can mean (vendor << 16 | device), when there are several */
	const uint32_t *candidates;
	unsigned n_candidates;

	/* Links, set by host_link(). -1: none, or not known. */
	int parent;       /* index of the bridge above it in host.pci */
	bool on_root_bus; /* known to sit on a root bus: parent is -1 because there is none */
	struct pci_addr
		path_parent; /* the bridge that the sysfs path names, while has_path_parent */
	bool has_path_parent;
	int group;              /* index in host.groups */
	int group_id;           /* the kernel's number; -1: no group, or not known */
	bool group_known;       /* whether it has a group is known */
	struct pci_addr physfn; /* the physical function of a virtual one, while is_virtfn */
	bool is_virtfn;

	struct pci_caps *caps;     /* NULL: not probed */
	struct pci_detail *detail; /* NULL: not probed */
};

enum pci_kind {
	KIND_OTHER,
	KIND_GPU,
	KIND_AUDIO,
	KIND_USB_CONTROLLER,
	KIND_NVME,
	KIND_SATA,
	KIND_NETWORK,
	KIND_BRIDGE,      /* class 0604 and the like: never given to a guest */
	KIND_HOST_BRIDGE, /* class 0600 */
	KIND_UNKNOWN,     /* the class is not known */
};

/* A function of which nothing is known but where it is. */
struct pci_dev pci_dev_unknown(struct pci_addr addr);

/* The kind of a 24-bit class code; KIND_UNKNOWN for -1. */
enum pci_kind pci_class_kind(int32_t class_code);

/* "gpu", "usb-controller", … as in JSON; KIND_UNKNOWN is "other". */
const char *pci_kind_name(enum pci_kind kind);

/* Is it any bridge (class 06)? Those belong to the tree, not to guests. NVSwitch and other 0680
 * "bridges" with a plain header are endpoints: not bridges here. */
bool pci_dev_is_bridge(const struct pci_dev *dev);

#define PCI_CLASS_3D 0x0302 /* of a card without connectors: data centres, laptops */

/* Is it of that kind? */
static inline bool pci_dev_is_kind(const struct pci_dev *dev, enum pci_kind kind)
{
	return dev->kind == (int8_t)kind;
}

/* Is it an NVIDIA function? */
static inline bool pci_dev_is_nvidia(const struct pci_dev *dev)
{
	return dev->vendor == 0x10de;
}

/* Does the bound driver leave DMA to user space, so that the group stays viable? True for none,
 * vfio drivers, pci-stub, pcieport (kernel: driver_managed_dma). */
bool pci_driver_is_harmless(const char *driver);

/* Is it vfio-pci or one of its variant drivers? */
bool pci_driver_is_vfio(const char *driver);
