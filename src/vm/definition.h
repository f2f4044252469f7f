/* A guest's definition, whoever writes it down: what was decided, by whom it is read (libvirt or
 * QEMU) is left to the writers. Made from a host, a profile and what was asked for, by the table of
 * decisions in definition.c; pure.
 *
 * All texts and arrays in it live as long as it does.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/host.h"
#include "model/pinning.h"
#include "vm/firmware.h"
#include "vm/profile.h"
#include "vm/target.h"

/* ---- what is asked for ---- */

enum definition_pages {
	PAGES_AUTO, /* the largest that the host has enough of now; else none */
	PAGES_OFF,
	PAGES_2M,
	PAGES_1G,
};

/* Nothing in it is owned. Texts that are NULL were not given. */
struct definition_request {
	const char *profile; /* "windows-gaming", … */
	const char *name;
	const char *uuid;  /* of the definition that it takes the place of; NULL: a new one */
	const char *guest; /* "win11", "ubuntu", …; NULL: the profile's */
	const int *gpus;   /* indexes in host.pci: a function of each card; all of its slot go */
	unsigned n_gpus;
	const int *ctrls; /* USB controllers: exactly these functions */
	unsigned n_ctrls;
	const GPtrArray *usb;    /* of const char *: "046d:c52b", "1-4.2", "001:003"; NULL */
	const GPtrArray *evdev;  /* of const char *: paths; NULL */
	const GPtrArray *iso;    /* of const char *: absolute paths; NULL */
	const char *disk;        /* absolute path; NULL: the profile's place for it */
	const char *disk_format; /* as its first bytes say: "qcow2", "raw"; NULL: not known */
	uint64_t memory;         /* bytes; 0: the profile decides */
	unsigned cpus;           /* 0: the profile decides */
	bool pin;
	enum definition_pages pages;
	bool legacy_nvidia;
	const char *rom;      /* absolute path; read and judged already */
	unsigned glass_width; /* Looking Glass; 0: none */
	unsigned glass_height;
	bool may_share;       /* --allow device-claimed */
	const char *replaces; /* claims of the guest of that name are its own; NULL */
	const struct target *target;
	bool firmware_paths; /* firmware is needed by its paths: QEMU's command line */
};

/* ---- what is decided ---- */

/* A host's function in the guest. */
struct definition_function {
	int pci;           /* index in host.pci */
	bool gpu;          /* of a GPU's slot; else a USB controller */
	unsigned port;     /* of the guest: index of its root port, from 1 */
	unsigned function; /* in the guest's slot */
	bool first;        /* the first of its device: what is said of the device is said here */
	bool multifunction;
	const char *rom; /* file; NULL: the card's own */
	bool rom_off;    /* the guest is not shown any */
};

/* A USB device of the host, by its ids or by its place: what of that a writer can say. */
struct definition_usb {
	bool by_ids;         /* else by its place */
	bool ids_unique;     /* no other device has its ids */
	int vendor, product; /* -1: not known */
	int bus;             /* -1: by_ids */
	const char *port;    /* "4.2"; NULL: by_ids */
	int number;          /* of the device on the bus; -1: not known */
};

/* A NUMA cell of the guest. */
struct definition_cell {
	int node;          /* of the host */
	const char *vcpus; /* list, as "0-7" */
	uint64_t memory;   /* bytes */
};

enum definition_video {
	VIDEO_NONE,
	VIDEO_VIRTIO,
	VIDEO_VGA,
};

enum definition_display {
	DISPLAY_NONE,
	DISPLAY_SPICE,
	DISPLAY_VNC,
};

struct definition {
	const struct host *host;
	struct target target;
	const struct profile *profile;
	const struct guest_kind *guest;
	const char *name;
	const char *uuid; /* NULL: libvirt makes one */

	uint64_t memory;    /* bytes */
	uint64_t page_size; /* bytes; 0: ordinary pages */
	unsigned vcpus;
	unsigned sockets, cores, threads;
	bool pinned;
	struct pinning pinning;
	struct definition_cell *cells; /* NULL: the guest sees one node */
	unsigned n_cells;
	const char *nodes; /* list of the host's nodes that memory comes from; NULL: any */

	bool amd, topoext;
	bool hide_kvm;
	bool secure_boot;
	bool tpm;
	bool localtime;
	bool hyperv;
	bool has_firmware; /* an image was found: for command lines, which need its paths */
	struct firmware_image firmware;

	const char *disk;
	const char *disk_format;
	bool disk_is_block;
	unsigned disk_queues;
	unsigned iothreads;
	GPtrArray *iso; /* of const char * */
	unsigned net_queues;
	GArray *functions; /* of struct definition_function */
	GArray *usb;       /* of struct definition_usb */
	GPtrArray *evdev;  /* of const char * */
	enum definition_video video;
	enum definition_display display;
	unsigned glass_mib; /* size of Looking Glass's shared memory; 0: none */

	/* Root ports: 1 … n_ports; each device has one, the last few are spare. */
	unsigned disk_port, net_port, usb_port, rng_port, serial_port;
	unsigned n_ports;

	GPtrArray *notes; /* of struct definition_note: what people should know of it */
	GStringChunk *strings;
};

struct definition_note {
	const char *id; /* "memory-assumed", … */
	const char *what;
};

/* Decides. NULL and *error: STATUS_USAGE what cannot be, STATUS_REFUSED a device that another guest
 * claims. The host must have been probed with PROBE_DETAIL | PROBE_USB | PROBE_TOPOLOGY |
 * PROBE_MACHINE | PROBE_DOMAINS | PROBE_GUESTS, and outlive the definition. */
struct definition *definition_make(const struct host *host,
				   const struct definition_request *request, GError **error);
void definition_free(struct definition *definition);

/* ---- writers ---- */

/* libvirt's <domain>, with comments that say why each element is there. The caller's. */
char *definition_xml(const struct definition *definition);

/* One option of a QEMU command line. */
struct command_option {
	char *name;  /* "-device" */
	char *value; /* NULL: none */
};

/* A QEMU command line: of struct command_option, the program first. The array owns them, and is the
 * caller's. */
GPtrArray *definition_command(const struct definition *definition);

/* Where a command line keeps the guest's own copy of the firmware's variables, and the folder of
 * its TPM's state and socket. The caller's. */
char *definition_vars(const struct definition *definition);
char *definition_tpm(const struct definition *definition);

/* A word as a shell reads it: quoted where it has to be. The caller's. */
char *shell_word(const char *word);
