/* Interrupts that somebody has asked for, and the CPUs that the kernel may send each to. Read by
 * probe/interrupts.h; where they should go is plan/interrupts_plan.h's business. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct interrupt {
	unsigned number; /* the kernel's */
	char *cpus;      /* as the kernel writes the list: "0-31" */
	char *names;     /* who handles it: "nvme0q1", "vfio-msi[0](0000:01:00.0)" */
	int pci;         /* index in host.pci of the function that sends it; -1: none, or one whose
			  * line several share */
	bool fixed;      /* the kernel chooses its CPUs itself, and says so: false on older ones,
			  * where only the attempt tells */
};

struct interrupts {
	GArray *list;    /* of struct interrupt, by number */
	bool irqbalance; /* the daemon that moves them runs */
};

void interrupts_free(struct interrupts *interrupts);
static inline void interrupts_auto_free(struct interrupts **interrupts)
{
	interrupts_free(*interrupts);
}
#define INTERRUPTS_AUTO __attribute__((cleanup(interrupts_auto_free)))

/* Does VFIO handle it, for a guest? (kernel: drivers/vfio/pci/vfio_pci_intrs.c) */
bool interrupt_is_vfio(const struct interrupt *interrupt);
