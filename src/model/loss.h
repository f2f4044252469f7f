/* What the host would lose by giving functions away: the question behind "can I pass this through
 * without locking myself out?". Pure. */
#pragma once

#include <stdbool.h>

#include "model/tri.h"
#include "model/usage.h"

struct host;

struct loss {
	const struct usage **list; /* most important first; each lives as long as the host */
	unsigned n;
	/* Yes where a use says so; no only where everything of that kind is known. */
	enum tri root_disk;      /* the root file system, /boot or /usr is on it */
	enum tri mounted_disk;   /* another mounted file system, or swap */
	enum tri network_in_use; /* a default route goes over it */
	enum tri keyboard;       /* a keyboard is on it */
	enum tri last_keyboard;  /* … and the host has no other */
	enum tri monitor;        /* a monitor is connected to it */
	enum tri last_monitor;   /* … and to nothing else */
	enum tri held;           /* processes or guests have it open */
};

/* What goes with the n functions pci[] (indexes in host.pci), and with what is behind them, as a
 * disk behind Intel VMD. Bridges among them are left out: they are not given away. */
void loss_of(const struct host *host, const int *pci, unsigned n, struct loss *ret);

/* The same for all members of a group (index in host.groups). */
void loss_of_group(const struct host *host, int group, struct loss *ret);

/* The same for one USB device (index in host.usb.devs), and for what is plugged into it. */
void loss_of_usb(const struct host *host, int usb, struct loss *ret);

/* Frees what ret holds. */
void loss_clear(struct loss *loss);
#define LOSS_AUTO __attribute__((cleanup(loss_clear)))

/* Would giving them away hurt at once: a mounted disk, the default route, the last keyboard, a
 * monitor? Unknown where nothing is found but not everything is known. */
enum tri loss_is_critical(const struct loss *loss);

/* How many uses of that kind are among it? */
unsigned loss_count(const struct loss *loss, enum usage_kind kind);
