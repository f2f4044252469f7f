/* See guests.h. */
#include "model/guests.h"

#include <glib.h>

/* Distributions leave out some of them. */
const char *const guests_devices[] = {
	"ivshmem-plain",
	"pcie-root-port",
	"qemu-xhci",
	"qxl-vga",
	"tpm-crb",
	"usb-host",
	"vfio-pci",
	"virtio-blk-pci",
	"virtio-net-pci",
	"virtio-rng-pci",
	"virtio-serial-pci",
	"virtio-vga",
	NULL,
};

enum tri guests_have_device(const struct guest_facts *guests, const char *name)
{
	if (!guests->qemu_devices)
		return TRI_UNKNOWN;
	g_auto(GStrv) words = g_strsplit(guests->qemu_devices, " ", -1);
	return g_strv_contains((const char *const *)words, name) ? TRI_YES : TRI_NO;
}
