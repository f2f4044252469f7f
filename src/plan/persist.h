/* Binding at every boot: which functions, and the files that make it so. Pure.
 *
 * The record (model/binding.h) says what shall be bound. From it a rule of udev is made, which is
 * in the initramfs and in the system: before any driver for a PCI device is loaded it looks whether
 * each function is what was chosen (ids, board, slot), and if so says that only vfio-pci may take
 * it (driver_override). So it does not matter whether vfio-pci is a module or built in, which other
 * drivers there are, nor how many cards are alike; and where something else sits at the address,
 * nothing is bound. 'vfiokit=off' on the kernel's command line, or 'single' as in recovery entries,
 * boots without it.
 *
 * At the end of the boot a unit compares the record with what is ('vfiokit verify --boot'). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/host.h"
#include "plan/plan.h"

#define PERSIST_UNIT_PATH "/etc/systemd/system/vfiokit-boot.service"
#define PERSIST_WANT_PATH "/etc/systemd/system/multi-user.target.d/vfiokit.conf"
/* Written by the unit; while it is there the rule does no more than it must. */
#define PERSIST_STATUS_PATH "/run/vfiokit/boot"

struct persist_request {
	const int *functions; /* indexes in host.pci, each once: those to be bound, too */
	unsigned n;
	bool group;                    /* with all members of their groups that can be given away */
	const struct pci_addr *remove; /* those to be bound no more */
	unsigned n_remove;
	const char *program; /* absolute path of this program, for the unit; NULL: it lies where
			      * others than root may write, or is not installed */
	bool trial;          /* only in the boot that trial.h makes */
	unsigned judge; /* enum refusal_when: by which rules functions that are new are judged; 0:
			 * they have been judged */
};

/* The host must have been probed as bind_plan.h says, and with PROBE_BOOT. Adds refusals (those of
 * bind, and "identity-changed"), warnings, and all steps: files, then building the initramfs, then
 * looking into it. The plan's effect becomes EFFECT_NEXT_BOOT. No steps where all is so already. */
void persist_plan(const struct host *host, const struct persist_request *request,
		  struct plan *plan);

/* The same in parts, for plans that change other things before the initramfs is built: what forbids
 * it, the files (true when the initramfs must be built for them), … */
void persist_judge(const struct host *host, const struct persist_request *request,
		   struct plan *plan);
bool persist_add_files(const struct host *host, const struct persist_request *request,
		       struct plan *plan);
/* … and building the initramfs, and looking into it. */
void persist_add_rebuild(const struct host *host, const struct persist_request *request,
			 struct plan *plan);

/* The rule for a record; the caller's to free. NULL for an empty one. */
char *persist_rules(const struct binding *list, unsigned n, bool trial);
