/* Interrupts: /proc/irq/N for where each may go (kernel:
 * Documentation/core-api/irq/irq-affinity.rst), /sys/kernel/irq/N/actions for who handles it, the
 * functions' msi_irqs for whose it is. */
#pragma once

#include "model/interrupts.h"

struct host;
struct root;

/* Those that have a handler and whose CPUs can be read; the caller's. NULL where the kernel shows
 * none: a recording, another tree. */
struct interrupts *interrupts_probe(struct root *root, const struct host *host);
