/* The parts of the reader of posted text, from the outside in:
 *
 *   posted_text.c    bytes → clean lines (quote marks, entities, control characters)
 *   posted_lines.c   clean lines → logical lines (what was wrapped is joined)
 *   posted_group.c   what stands before an address: group headers, marks, ids
 *   posted_device.c  the line that begins a function
 *   posted_prop.c    the lines under it
 *   posted_caps.c    the lines under "Capabilities:"
 *   posted_words.c   the words of lspci for capabilities
 *   posted_hex.c     config space as bytes
 *   posted_merge.c   one function from several listings
 *   posted_names.c   names without numbers
 *   posted_host.c    functions → host
 *   posted_machine.c sections → one machine
 *   posted.c         lines → functions, and the groups they are in
 *
 * Internal to those files.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "model/host.h"

/* ---- lines ---- */

enum posted_kind {
	POSTED_BLANK,
	POSTED_OTHER,   /* prose, prompts, what was cut */
	POSTED_IGNORED, /* belongs to a listing but says nothing to us */
	POSTED_GROUP,   /* a group header alone on its line */
	POSTED_DEVICE,
	POSTED_PROPERTY, /* one that posted_prop.c has a row for */
	POSTED_LABEL,    /* "Word:", anything else */
	POSTED_HEX,
	POSTED_CMDLINE, /* "BOOT_IMAGE=…" */
	POSTED_CUT,     /* "[...]", "<snip>", the "--" of grep: something is missing here */
};

struct posted_line {
	const char *text; /* without blanks at either end; NUL-terminated */
	unsigned indent;  /* columns in front of it, behind quote marks */
	unsigned width;   /* columns from the quote marks to its last character */
	unsigned number;  /* of the line in the text, from 1 */
	bool flowed;      /* ended with a blank: format=flowed mail that goes on */
	enum posted_kind kind;
};

struct posted_text {
	char *pool; /* holds the clean lines */
	GStringChunk *joined;
	GArray *lines; /* of struct posted_line */
};

/* Cleans text. The result is the caller's to clear. Kinds are BLANK or OTHER. */
void posted_text_clean(const char *text, size_t length, struct posted_text *ret);
void posted_text_clear(struct posted_text *text);

/* Sets the kinds, and joins what was wrapped. */
void posted_text_join(struct posted_text *text);

/* Does a clean line begin with address (of any prefix)? Used to see wrapped device lines. */
bool posted_has_address(const char *text);

/* ---- what stands before an address ---- */

struct posted_prefix {
	int group;      /* -1: none */
	int32_t vendor; /* of "[8086:191f]" before the address; -1 */
	int32_t device;
	bool marked;      /* there is something: "[RESET]", "(12)", a bullet */
	bool slot;        /* "Slot:" of lspci -vmm */
	const char *rest; /* where the address would be */
};

/* Takes group words, marks and ids off the front of text. */
void posted_prefix_scan(const char *text, struct posted_prefix *ret);

/* Is the line a group header alone? Sets *group. */
bool posted_group_header(const char *text, int *group);

/* ---- the line that begins a function ---- */

#define POSTED_MAX_STEPS 16 /* of a -P path */

/* A function below a bridge, in a -P path: "/00.0", or "/01:00.0" with -PP. */
struct posted_step {
	int bus; /* -1: the secondary bus of the bridge above it */
	uint8_t slot;
	uint8_t function;
};

struct posted_device {
	struct pci_addr addr; /* of the first bridge, where there are steps */
	struct posted_step steps[POSTED_MAX_STEPS];
	unsigned n_steps;
	struct posted_prefix prefix;
	struct pci_addr parent; /* by a sysfs path, while has_parent */
	bool has_parent;
	bool on_root_bus;       /* by a sysfs path */
	bool linked;            /* a line of ls -l: the function is there for sure */
	bool bare;              /* an address and nothing else */
	int32_t vendor, device; /* -1: not said */
	int32_t subsystem_vendor, subsystem_device;
	int32_t class_code; /* 16 bits; -1 */
	int prog_if;        /* -1 */
	int revision;       /* -1 */
	/* pieces of the line; no text: not said */
	struct slice class_name, name, device_name, driver;
	const char *next; /* behind a bare address; else NULL */
};

/* Reads a clean line. False: it is no device line. */
bool posted_device_scan(const char *text, struct posted_device *ret);

/* "[8086:191f]" at text; false: no. */
bool posted_ids_scan(const char *text, int32_t *vendor, int32_t *device);

/* ---- a function while it is read ---- */

enum posted_context {
	IN_HEAD, /* before the first capability */
	IN_CAPS,
};

struct posted_fn {
	struct pci_dev dev; /* caps and detail point into this struct, or are NULL */
	struct pci_caps caps;
	struct pci_detail detail;
	uint8_t *config;        /* owned; NULL: no bytes */
	unsigned config_length; /* how many from the start are there */
	unsigned line;          /* where it was seen first */

	/* what the block shows */
	bool verbose;         /* Flags: or Control: */
	bool has_driver_line; /* "Kernel driver in use" or "Kernel modules" */
	bool has_bus_line;
	bool has_caps;   /* a capability was named */
	bool denied;     /* <access denied> */
	bool broken;     /* "!!! Unknown header type": not answering */
	bool ended;      /* the block is whole: something follows it */
	bool cut;        /* something was taken out of it */
	bool group_line; /* the group is in the block, and not in front of it */
	bool guessed;    /* the ids were looked up by name */
	bool acs_cap_seen, acs_ctrl_seen;
	const char *subsystem_name; /* where it has no numbers; NULL */
	bool seen_af, seen_pm, seen_pcie, seen_extended;
	bool vmm;         /* a "Slot:" block */
	enum tri cap_bit; /* Status: Cap+ */
	enum posted_context context;
	unsigned cap_offset; /* the capability that is being read */
	unsigned cap_id;     /* 0xffff: one without a number */

	int prog_if; /* -1: not said; the class may have to be looked up by name first */

	/* SR-IOV */
	unsigned vf_n, vf_offset, vf_stride;
	bool vf_enabled;
};

/* The detail of fn, made at the first call. */
struct pci_detail *posted_fn_detail(struct posted_fn *fn);
struct pci_caps *posted_fn_caps(struct posted_fn *fn);

/* Is the line a property that somebody wants? *deep: a line under a capability or a list of flags,
 * which goes on in the next line wherever it was wrapped. */
bool posted_property_known(const char *text, bool *deep);

/* Takes what a property line says. */
void posted_property_take(struct host *host, struct posted_fn *fn, const char *text);

/* The rows of posted_caps.c; called by the two above. */
bool posted_caps_known(const char *text);
bool posted_caps_take(struct host *host, struct posted_fn *fn, const char *text);

/* What is known of capabilities when a block has been read: which are known to be absent.
 * extended: this lspci could see extended capabilities. */
void posted_caps_finish(struct posted_fn *fn, bool extended);

/* ---- words ---- */

/* Ids that the reader looks at (PCI Code and ID Assignment Specification). */
enum {
	POSTED_CAP_PM = 0x01,
	POSTED_CAP_SUBSYSTEM = 0x0d,
	POSTED_CAP_PCIE = 0x10,
	POSTED_CAP_AF = 0x13,
	POSTED_ECAP_ACS = 0x0d,
	POSTED_ECAP_SRIOV = 0x10,
	POSTED_ECAP_REBAR = 0x15,
};

/* The id of the capability that lspci names so; -1. */
int posted_cap_id(const char *text, bool extended);

/* enum pcie_type of "Root Port (Slot+), …"; -1. */
int posted_pcie_type(const char *text);

/* ---- bytes ---- */

/* Is it a line of bytes of config space ("10: 04 …")? The other takes them in. */
bool posted_hex_known(const char *text);
void posted_hex_take(struct posted_fn *fn, const char *text);

/* Lets the bytes overrule the words. whole: 256 bytes are all there is. */
void posted_hex_finish(struct posted_fn *fn, bool whole);

/* ---- one function from several listings ---- */

/* Do the two disagree on ids or class, so that they are of different machines? */
bool posted_fn_differs(const struct posted_fn *a, const struct posted_fn *b);

/* Adds what from knows and into does not. Returns false where both name a group, but not the same:
 * that of into stays. */
bool posted_fn_merge(struct posted_fn *into, struct posted_fn *from);

/* The same for capabilities. */
void posted_caps_merge(struct pci_caps *into, const struct pci_caps *from);

struct posted_fn *posted_fn_new(struct pci_addr addr);
void posted_fn_free(struct posted_fn *fn);

/* ---- names ---- */

struct posted_names;

/* Cheap: pci.ids is read at the first question. */
struct posted_names *posted_names_new(void);
void posted_names_free(struct posted_names *names);

/* Sets the ids and the class that the words of fn stand for, where there are no numbers. */
void posted_names_take(struct posted_names *names, struct host *host, struct posted_fn *fn);

/* ---- the machine ---- */

struct posted_machine;

/* extended: lspci could see extended capabilities; all_bytes: a function with 256 bytes has no
 * more. host is not owned, and is for strings and gaps. */
struct posted_machine *posted_machine_new(struct host *host, bool extended, bool all_bytes);
void posted_machine_free(struct posted_machine *machine);

/* A function of the section that is read; another one begins when it is there already, or when
 * grouped (it is in a listing of groups) is not as before. NULL: too many. Good until the section
 * ends. */
struct posted_fn *posted_begin_fn(struct posted_machine *machine, struct pci_addr addr,
				  bool grouped);

/* Adds the section to the machine, unless it is of another one; then that is noted. */
void posted_end_section(struct posted_machine *machine);

/* Is the function in the section that is read now? */
bool posted_in_section(const struct posted_machine *machine, struct pci_addr addr);

/* The bus behind the bridge at addr, as far as read; -1. */
int posted_bus_behind(const struct posted_machine *machine, struct pci_addr addr);

/* All functions, of struct posted_fn; the machine's. */
GPtrArray *posted_machine_fns(const struct posted_machine *machine);

/* Notes reason for the line as a gap, once. */
void posted_note(struct host *host, bool *once, unsigned line, const char *reason);

/* ---- the host ---- */

/* Moves the functions (of struct posted_fn *) into host and links it: which are virtual, which sit
 * on a root bus, which groups there are. */
void posted_host_fill(struct host *host, GPtrArray *fns);
