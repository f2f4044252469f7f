/* The one model of a machine. Filled by probe/ (or by a reader of posted text), linked once by
 * host_link(), then read-only; every string and array in it lives as long as it does. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/binding.h"
#include "model/boot.h"
#include "model/domain.h"
#include "model/guests.h"
#include "model/iommu.h"
#include "model/pci.h"
#include "model/platform.h"
#include "model/settings.h"
#include "model/usage.h"
#include "model/usb.h"

enum host_source {
	HOST_LIVE,
	HOST_TREE,      /* --root */
	HOST_RECORDING, /* --host, made by record */
	HOST_POSTED,    /* --host, lspci output or a group listing */
};

/* A fact that could not be read. */
struct gap {
	const char *path;
	const char *reason; /* as strerror() says it */
};

struct host {
	enum host_source source;
	struct pci_dev *pci; /* sorted by address */
	unsigned n_pci;
	struct iommu_group *groups; /* sorted by number */
	unsigned n_groups;
	struct iommu iommu;
	struct platform platform; /* CPU, kernel, firmware, memory */
	struct boot boot;         /* loader, initramfs, distribution */
	struct usb usb;
	struct guest_facts guests; /* what runs guests here */
	struct usages usages;      /* what the host does with its devices */
	struct settings settings;
	struct domains domains;
	struct bindings bindings; /* what shall be bound at every boot */
	GArray *gaps;             /* of struct gap */
	bool privileged;          /* read as root */
	bool part; /* the running (or recorded) machine was seen in part: from a container */

	GArray *pci_array;   /* while it is filled */
	GArray *group_array; /* while it is filled */
	GStringChunk *strings;
	GPtrArray *memory; /* arrays that live as long as the host */
};

struct host *host_new(enum host_source source);
void host_free(struct host *host);

/* A copy of text that lives as long as the host; equal texts share one. NULL gives NULL. It is one
 * printable line: what could upset a terminal is replaced by '?', so whoever prints it need not ask
 * where it came from. */
const char *host_string(struct host *host, const char *text);
const char *host_string_n(struct host *host, const char *text, size_t length);

/* The same, unchanged: for texts of several lines that are never printed as they are. */
const char *host_text(struct host *host, const char *text);

/* Zeroed memory that lives as long as the host. */
void *host_alloc(struct host *host, size_t size);

/* What is in an array, copied to where it lives as long as the host; never NULL. */
void *host_keep(struct host *host, const GArray *array);

/* Adds a function with everything unknown but its address. The pointer is good until the next one
 * is added. */
struct pci_dev *host_add_pci(struct host *host, struct pci_addr addr);

/* Notes that path could not be read; error is an errno value, ETIMEDOUT that of base/bounded.h.
 * "Not there" is no gap. */
void host_gap(struct host *host, const char *path, int error);
/* The same with a reason in words. */
void host_gap_text(struct host *host, const char *path, const char *reason);

/* Sorts the functions and removes double entries: host.pci and host_find_pci() work from then on.
 */
void host_sort(struct host *host);

/* Sorts, makes the groups from group_id, finds parents (by sysfs path, else by the secondary bus
 * numbers of bridges). To be called once, when all functions are added. */
void host_link(struct host *host);

/* The groups alone, once more: when group_id of functions has become known since then. */
void host_link_groups(struct host *host);

/* Adds a group with nothing known but its number; before host_link(). The pointer is good until the
 * next one is added. */
struct iommu_group *host_add_group(struct host *host, int id);

/* Finds a function; -1: there is none. */
int host_find_pci(const struct host *host, struct pci_addr addr);

/* Finds a group by the kernel's number; -1: there is none. */
int host_find_group(const struct host *host, int id);

/* Frees a host when the variable goes out of scope: HOST_AUTO struct host *host = …; */
static inline void host_auto_free(struct host **host)
{
	host_free(*host);
}
#define HOST_AUTO __attribute__((cleanup(host_auto_free)))
