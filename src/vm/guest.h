/* What a guest's definition says, as far as passthrough is concerned: read from libvirt's XML or
 * from QEMU's command line, so that rules need not ask which it was. All strings live as long as
 * the guest. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/pci.h"
#include "model/tri.h"

enum guest_form {
	GUEST_XML,
	GUEST_QEMU,
};

enum guest_device_kind {
	GUEST_HOSTDEV, /* a PCI function of the host */
	GUEST_NVME, /* one that QEMU drives itself, for a GUEST_DISK: no PCI function to the guest
		     */
	GUEST_USB,  /* a USB device of the host */
	GUEST_DISK,
	GUEST_NIC,
	GUEST_CONTROLLER,
	GUEST_SHMEM,
	GUEST_OTHER, /* whatever else has an address */
};

struct guest_device {
	enum guest_device_kind kind;
	const char *shown; /* evidence: "line 12: <hostdev …>" or "-device vfio-pci,host=01:00.0" */
	xmlNode *node;     /* GUEST_XML */
	int word;          /* GUEST_QEMU: index of what is said of it in guest.words; -1 */

	/* Where it sits in the guest. A bus is a number in XML, the id of a device for QEMU. */
	const char *bus; /* NULL: not said */
	int slot;        /* -1: not said */
	int function;
	enum tri multifunction;

	struct pci_addr source;      /* GUEST_HOSTDEV, GUEST_NVME */
	bool mediated;               /* GUEST_HOSTDEV: a mediated device, which has no address */
	const char *which;           /* mediated, USB: "mediated device UUID", "USB device 1:2";
				      * NULL: not said so that it means one device only */
	bool unmanaged;              /* of both: managed='no', or none in XML */
	const char *driver;          /* <driver name='…'>: of hostdev, disk */
	const char *rom;             /* a ROM file */
	int usb_vendor, usb_product; /* GUEST_USB; -1: not by ids */
	bool usb_by_address;         /* GUEST_USB: by bus and device or port */

	const char *model;      /* NIC, controller ("pcie-root-port"), disk for QEMU */
	const char *type;       /* disk: "disk", "cdrom", …; controller: "pci", "usb", … */
	const char *bus_type;   /* disk: "virtio", "sata", …; NULL: not said */
	const char *target;     /* disk: "vda" */
	const char *path;       /* disk: its file */
	const char *io, *cache; /* disk */
	int iothread;           /* disk, controller: number; -1: none */
	int index;              /* controller; -1: not said */
	int chassis, port;      /* is_port, QEMU: "chassis" and "slot"; -1: not known */
	bool is_port;           /* controller: a port of PCIe, which has one slot */
	const char *id;         /* QEMU: of the device */
	const char *mac;        /* NIC */
	uint64_t size;          /* shmem, bytes */
	bool other_x_vga;       /* QEMU: x-vga=on */
	bool placed_twice;      /* QEMU, disk: its -drive has no if=none */
	bool teaming;           /* NIC: another has its address on purpose */
};

struct guest_pin {
	int vcpu;         /* -1: emulator or I/O thread */
	int iothread;     /* from 1; -1: emulator or vCPU */
	const char *cpus; /* "2", "0-1,4" */
};

/* Of a word in the text that the guest was read from, quotes and all. */
struct guest_place {
	size_t start;
	size_t end; /* behind it; 0: it stands nowhere as such */
};

/* A property of a device that is handed through to QEMU past libvirt. */
struct guest_property {
	const char *alias; /* of the device, "hostdev0", "ua-gpu" */
	const char *name, *value;
	const char *shown;
	bool by_set; /* by "-set device.…", else by <qemu:override> */
	bool absent; /* no device has that alias */
};

/* An IOMMU that the guest is given. */
struct guest_iommu {
	const char *model; /* "intel", "virtio", …; NULL: none */
	enum tri caching;  /* unknown: not said */
	enum tri remapping;
	const char *shown;
	int word; /* GUEST_QEMU: as of a device */
};

/* An id that an option asks for. */
struct guest_use {
	const char *what; /* "I/O thread" */
	const char *id;
	const char *shown;
};

struct guest {
	enum guest_form form;
	const char *name;   /* NULL: none */
	const char *uuid;   /* GUEST_XML; NULL: none */
	bool single_quotes; /* GUEST_XML: its attributes are in such, as libvirt writes them */
	xmlDoc *doc;        /* GUEST_XML; owned */
	struct xml_text *xml_text; /* GUEST_XML: what doc was read from; NULL: see there; owned */
	GPtrArray *words;          /* GUEST_QEMU: of const char *, the arguments */
	GArray *places;     /* GUEST_QEMU: of struct guest_place, where each of them stands */
	GArray *devices;    /* of struct guest_device */
	GArray *pins;       /* of struct guest_pin: vCPUs */
	GArray *helpers;    /* of struct guest_pin: emulator and I/O threads */
	GArray *hyperv;     /* of const char *: "relaxed", … that are on */
	GArray *passed;     /* of const char *: QEMU arguments that libvirt hands through */
	GArray *properties; /* GUEST_XML: of struct guest_property */
	bool json_off;      /* GUEST_XML: libvirt may not write -device as JSON */
	const char *unread; /* GUEST_XML: what is meant for QEMU, and not read; NULL */
	GArray *absent;     /* GUEST_QEMU: of struct guest_use: ids that no option gives */

	const char *machine; /* "pc-q35-7.2", "q35"; NULL: not said */
	const char *arch;    /* NULL: not said */
	enum tri kvm;        /* unknown: not said */
	uint64_t memory;     /* bytes; 0: not known */
	uint64_t current;    /* bytes; 0: not said */
	unsigned vcpus;      /* 0: not known */
	unsigned vcpus_now;  /* of them, at the start; 0: all */
	bool vcpus_placed;   /* those without a pin of their own have one in common */
	int sockets, dies, clusters, cores, threads; /* -1: not said */
	const char *cpu;       /* "host-passthrough", "host-model", a model; NULL: not said */
	enum tri topoext;      /* of the definition; unknown: not said */
	bool hidden;           /* KVM is hidden */
	bool hypervisor_off;   /* the CPU's bit that tells a guest is off */
	const char *vendor_id; /* of Hyper-V; NULL: none, or the one that it has anyway */
	bool cpu_passed;       /* GUEST_XML: a -cpu that libvirt hands through says all of it */
	bool cpu_replaced;     /* and so elements of the definition do nothing */
	bool hugepages;
	uint64_t hugepage_size; /* bytes; 0: the default size */
	uint64_t hard_limit;    /* bytes; 0: none */
	enum tri balloon;       /* is there one? unknown: not said */
	unsigned iothreads;
	const char *nodeset; /* of numatune; NULL: none */
	uint64_t cells;      /* GUEST_XML: memory of all NUMA cells, bytes; 0: none, or not said */
	const char *system;  /* GUEST_XML: libosinfo's id of the system in it; NULL: not said */
	bool tpm;            /* GUEST_XML: it has a TPM */
	bool secure_loader;  /* GUEST_XML: <loader secure='yes'> */
	enum tri smm;        /* GUEST_XML; unknown: not said */
	bool split_ioapic;   /* GUEST_XML: <ioapic driver='qemu'/> */
	struct guest_iommu iommu;
	const char *bios; /* -bios, or a <loader> of type rom */
	const char *code; /* pflash: firmware */
	enum tri code_readonly;
	const char *vars; /* pflash: variables */
	const char *vars_template;
	bool vars_readonly;
	bool efi;           /* libvirt chooses the firmware */
	bool assign_legacy; /* -device pci-assign, <driver name='kvm'/> */
	uint64_t memlock;   /* of "ulimit -l" in a script, bytes; 0: not said */
	const char *open;   /* GUEST_QEMU: what may hold more options, "$@"; NULL: it is whole */
	const char *config; /* GUEST_QEMU: file of -readconfig; NULL */
	const char *cut;    /* GUEST_QEMU: options that follow as a command of their own; NULL */
	const char *other;  /* GUEST_XML: a hypervisor without QEMU that runs it, "xen"; NULL */

	GStringChunk *strings;
};

/* An empty guest of that form, and its end. */
struct guest *guest_new(enum guest_form form);
void guest_free(struct guest *guest);
static inline void guest_auto_free(struct guest **guest)
{
	guest_free(*guest);
}
#define GUEST_AUTO __attribute__((cleanup(guest_auto_free)))

/* Texts that live as long as the guest. */
const char *guest_string(struct guest *guest, const char *text);
const char *guest_format(struct guest *guest, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "USB device 1:4" of a bus and a number on it, "USB device 1-4.2" of a bus and a port; NULL where
 * neither is whole. -1, NULL: not said. */
const char *guest_usb_place(struct guest *guest, int bus, int device, const char *port);

/* A vendor of Hyper-V as vendor_id has it. */
const char *guest_vendor(struct guest *guest, const char *vendor);

/* Adds a device of which nothing is known. The pointer is good until the next one is added. */
struct guest_device *guest_add(struct guest *guest, enum guest_device_kind kind, const char *shown);

/* How many devices of that kind? */
unsigned guest_count(const struct guest *guest, enum guest_device_kind kind);

/* Is it a machine with PCIe? False for i440fx; unknown where the machine is not an x86 one. */
enum tri guest_is_q35(const struct guest *guest);

/* ---- reading ---- */

/* Reads libvirt's XML: no network, no files, no entities. NULL and STATUS_USAGE: it is no domain;
 * *malformed is then the parser's message with its line, the caller's, when it is no XML at all. */
struct guest *guest_read_xml(const char *text, size_t length, char **malformed, GError **error);

/* The XML of the guest as guest.doc is now; what was not changed in it is as it was, byte for byte.
 * The caller's to free. */
char *guest_xml(const struct guest *guest);

/* A part of guest_free(): frees doc and xml_text. */
void guest_free_xml(struct guest *guest);

/* Reads every QEMU command line in a text: a line, a script, a log. Returns guests (of struct
 * guest), none when there is no such line. Nothing is run, no variable is filled in. */
GPtrArray *guest_read_qemu(const char *text);
