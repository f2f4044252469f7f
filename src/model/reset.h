/* Can a function be reset between guests? reset_method alone does not tell: see reset_judge(). */
#pragma once

struct host;
struct pci_dev;

enum reset_kind {
	RESET_UNKNOWN,
	RESET_NONE,     /* nothing works, not even for the whole slot */
	RESET_BUS_ALL,  /* only a bus reset, which hits other functions, too */
	RESET_FUNCTION, /* the function alone */
};

struct reset {
	enum reset_kind kind;
	const char *method; /* the first of the kernel's that holds; NULL */
	unsigned n_others;  /* RESET_BUS_ALL: functions on the same bus that it would hit */
};

/* The kernel works out reset_method while the bus is still being scanned: the first function then
 * lists "bus" though it has siblings, for which a bus reset is refused (kernel: drivers/pci/pci.c
 * pci_parent_bus_reset). So "bus" counts only where no other function is on the bus. */
void reset_judge(const struct host *host, const struct pci_dev *dev, struct reset *ret);
