/* Guests that libvirt knows on this machine: what the rules ask of their definitions. The whole of
 * a definition is vm/'s business. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/pci.h"
#include "model/tri.h"

struct host;

/* <hostdev type='pci'>, <interface type='hostdev'>, <disk type='nvme'> */
struct domain_pci {
	struct pci_addr addr;
	bool managed;       /* libvirt binds and gives back by itself */
	bool rom_off;       /* <rom bar='off'/> */
	const char *rom;    /* <rom file=…>; NULL: none */
	int guest_bus;      /* where the guest sees it; -1: not said */
	int guest_slot;     /* -1: not said */
	int guest_function; /* -1: not said */
	bool guest_multi;   /* multifunction='on' */
};

/* <hostdev type='usb'>: by ids, or by where it is. */
struct domain_usb {
	int32_t vendor;   /* -1: not said */
	int32_t product;  /* -1: not said */
	int bus;          /* -1: not said */
	int number;       /* the device number, which changes at every plug; -1: not said */
	const char *port; /* "1.2"; NULL: not said */
	bool optional;    /* startupPolicy='optional' (or requisite) */
};

struct domain {
	const char *name;
	const char *path; /* of the file that defines it */
	bool malformed;   /* the file is no XML: all below is not known */
	enum tri running;
	bool autostart;
	uint64_t memory; /* bytes; 0: not known */
	unsigned vcpus;  /* 0: not known */
	bool hugepages;
	uint64_t page_size;  /* bytes; 0: the default size */
	bool locked;         /* <locked/> */
	bool balloon;        /* a memory balloon that is not 'none' */
	const char *machine; /* "pc-q35-7.2"; NULL: not known */
	const char *loader;  /* <loader>; NULL: none */
	const char *nvram;   /* NULL: none */
	bool efi;            /* firmware='efi', or a loader of type pflash */
	bool tpm;            /* an emulated one, which needs swtpm */
	bool hidden;         /* <kvm><hidden state='on'/> */
	bool commandline;    /* <qemu:commandline> */
	const char *nodes;   /* paths of devices and shared memory in it, by blanks; NULL: none */
	bool xhci;           /* has a USB controller of the kind qemu-xhci or nec-xhci */
	bool usb_controller; /* has any */
	const char *listen;  /* <graphics> that listens to the world: its address; NULL: none */
	bool password;       /* … and has a password */
	const char *network; /* names of libvirt's networks, by blanks; NULL: none */
	bool unconfined;     /* <seclabel type='none'/> */
	const struct domain_pci *pci;
	unsigned n_pci;
	const struct domain_usb *usb;
	unsigned n_usb;
};

/* A file with the option ROM of a card, which a definition names. */
struct rom_file {
	const char *path;
	enum tri there;
	enum tri valid;   /* holds an image: 55 AA, and a PCI data structure behind it */
	enum tri efi;     /* one of its images is for UEFI */
	int vendor;       /* of the first image; -1: not known */
	int device;       /* -1: not known */
	unsigned leading; /* bytes before the first image: the header of a flash tool */
	int mode;         /* permission bits; -1: not known */
	int64_t uid;      /* -1: not known */
};

struct domains {
	bool probed;
	bool known;                /* the definitions could be listed, all of them */
	const struct domain *list; /* sorted by name */
	unsigned n;
	const struct rom_file *roms; /* sorted by path */
	unsigned n_roms;
};

/* NULL: there is none of that name. */
const struct domain *domain_find(const struct host *host, const char *name);

/* Does its definition name the function? */
bool domain_has(const struct domain *domain, struct pci_addr addr);

/* What is known of the ROM file at path; NULL: nothing. */
const struct rom_file *domain_rom(const struct host *host, const char *path);
