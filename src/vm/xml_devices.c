/* The <devices> of libvirt's XML. See definition.h. */
#include "vm/definition.h"
#include "vm/xml_parts.h"

#define GLASS_SLOT 0x10 /* on the root bus, free of what libvirt puts there by itself */

/* ---- buses ---- */

static void write_ports(xmlNode *devices, const struct definition *made)
{
	xml_say(devices, "a root port for each device, as on a board, and some for what is plugged "
			 "in later: pcie-root itself takes nothing then");
	xml_add(devices, "controller", "type", "pci", "index", "0", "model", "pcie-root", NULL);
	for (unsigned i = 1; i <= made->n_ports; i++) {
		xmlNode *port = xml_add(devices, "controller", "type", "pci", NULL);
		xml_set(port, "index", "%u", i);
		xml_set(port, "model", "pcie-root-port");
	}
	xml_say(devices, "USB 3, with ports enough");
	xmlNode *usb = xml_add(devices, "controller", "type", "usb", "index", "0", "model",
			       "qemu-xhci", "ports", "15", NULL);
	xml_set_port(usb, made->usb_port);
	xmlNode *serial =
		xml_add(devices, "controller", "type", "virtio-serial", "index", "0", NULL);
	xml_set_port(serial, made->serial_port);
}

/* ---- disks ---- */

static void set_queues(xmlNode *driver, const struct definition *made)
{
	xml_set(driver, "queues", "%u", made->disk_queues);
	if (made->iothreads == 1) {
		xml_set(driver, "iothread", "1");
		return;
	}
	xmlNode *threads = xml_add(driver, "iothreads", NULL);
	for (unsigned i = 1; i <= made->iothreads; i++)
		xml_set(xml_add(threads, "iothread", NULL), "id", "%u", i);
}

static void write_disk(xmlNode *devices, const struct definition *made)
{
	bool block = made->disk_is_block;

	xml_say(devices, "virtio%s; past the host's page cache; what the guest frees is freed",
		made->guest->windows ? " (its driver is on virtio-win's disc)" : "");
	xmlNode *disk =
		xml_add(devices, "disk", "type", block ? "block" : "file", "device", "disk", NULL);
	xmlNode *driver = xml_add(disk, "driver", "name", "qemu", "type", made->disk_format,
				  "cache", "none", "io", "native", "discard", "unmap", NULL);
	set_queues(driver, made);
	xml_add(disk, "source", block ? "dev" : "file", made->disk, NULL);
	xml_add(disk, "target", "dev", "vda", "bus", "virtio", NULL);
	xml_add(disk, "boot", "order", "1", NULL);
	xml_set_port(disk, made->disk_port);
}

static void write_isos(xmlNode *devices, const struct definition *made)
{
	for (guint i = 0; i < made->iso->len; i++) {
		xmlNode *disk = xml_add(devices, "disk", "type", "file", "device", "cdrom", NULL);
		xml_add(disk, "driver", "name", "qemu", "type", "raw", NULL);
		xml_add(disk, "source", "file", made->iso->pdata[i], NULL);
		xmlNode *target = xml_add(disk, "target", NULL);
		xml_set(target, "dev", "sd%c", (char)('a' + i));
		xml_set(target, "bus", "sata");
		xml_add(disk, "readonly", NULL);
		xml_set(xml_add(disk, "boot", NULL), "order", "%u", i + 2);
	}
}

/* ---- network, console ---- */

static void write_network(xmlNode *devices, const struct definition *made)
{
	xmlNode *interface = xml_add(devices, "interface", "type", "network", NULL);

	xml_add(interface, "source", "network", "default", NULL);
	xml_add(interface, "model", "type", "virtio", NULL);
	/* by vhost where the host has it, without being asked */
	xml_set(xml_add(interface, "driver", NULL), "queues", "%u", made->net_queues);
	xml_set_port(interface, made->net_port);
}

static void write_channels(xmlNode *devices, const struct definition *made)
{
	if (!made->guest->windows) {
		xml_add(devices, "serial", "type", "pty", NULL);
		xmlNode *console = xml_add(devices, "console", "type", "pty", NULL);
		xml_add(console, "target", "type", "serial", NULL);
	}
	xml_say(devices, "for the guest's agent: orderly shutdown, and its addresses");
	xmlNode *agent = xml_add(devices, "channel", "type", "unix", NULL);
	xml_add(agent, "target", "type", "virtio", "name", "org.qemu.guest_agent.0", NULL);
	if (made->display != DISPLAY_SPICE)
		return;
	xmlNode *spice = xml_add(devices, "channel", "type", "spicevmc", NULL);
	xml_add(spice, "target", "type", "virtio", "name", "com.redhat.spice.0", NULL);
}

/* ---- keys and screens ---- */

static void write_inputs(xmlNode *devices, const struct definition *made)
{
	if (made->display != DISPLAY_NONE)
		xml_add(devices, "input", "type", "tablet", "bus", "usb", NULL);
	if (made->evdev->len > 0)
		xml_say(devices, "both control keys at once change between host and guest");
	for (guint i = 0; i < made->evdev->len; i++) {
		xmlNode *input = xml_add(devices, "input", "type", "evdev", NULL);
		xmlNode *source = xml_add(input, "source", "dev", made->evdev->pdata[i], NULL);
		if (i > 0)
			continue;
		xml_set(source, "grab", "all");
		xml_set(source, "grabToggle", "ctrl-ctrl");
		xml_set(source, "repeat", "on");
	}
}

static const char *const video_models[] = {
	[VIDEO_NONE] = "none",
	[VIDEO_VIRTIO] = "virtio",
	[VIDEO_VGA] = "vga",
};

static const char *const display_types[] = {
	[DISPLAY_SPICE] = "spice",
	[DISPLAY_VNC] = "vnc",
};

static void write_screen(xmlNode *devices, const struct definition *made)
{
	if (made->display != DISPLAY_NONE) {
		xml_say(devices, "a window on the host, for this machine only");
		xmlNode *graphics = xml_add(devices, "graphics", "type",
					    display_types[made->display], "autoport", "yes", NULL);
		xml_add(graphics, "listen", "type", "address", "address", "127.0.0.1", NULL);
	} else {
		xml_say(devices, made->profile->headless ? "no screen: it is used by network and "
							   "serial console"
							 : "no screen but the GPU's");
	}
	xmlNode *video = xml_add(devices, "video", NULL);
	xml_add(video, "model", "type", video_models[made->video], NULL);
}

static void write_glass(xmlNode *devices, const struct definition *made)
{
	if (made->glass_mib == 0)
		return;
	g_autofree char *size = g_strdup_printf("%u", made->glass_mib);
	xml_say(devices, "Looking Glass: frames of the GPU, for a window on the host");
	xmlNode *shmem = xml_add(devices, "shmem", "name", "looking-glass", NULL);
	xml_add(shmem, "model", "type", "ivshmem-plain", NULL);
	xmlNewProp(xml_add_text(shmem, "size", size), BAD_CAST "unit", BAD_CAST "M");
	xmlNode *address = xml_add(shmem, "address", "type", "pci", "domain", "0x0000", NULL);
	xml_set(address, "bus", "0x00");
	xml_set(address, "slot", "0x%02x", GLASS_SLOT);
	xml_set(address, "function", "0x0");
}

static void write_tpm(xmlNode *devices, const struct definition *made)
{
	if (!made->tpm)
		return;
	xml_say(devices, "Windows 11 asks for one; needs swtpm on the host");
	xmlNode *tpm = xml_add(devices, "tpm", "model", "tpm-crb", NULL);
	xml_add(tpm, "backend", "type", "emulator", "version", "2.0", NULL);
}

/* ---- devices of the host ---- */

static void say_function(xmlNode *devices, const struct definition *made,
			 const struct definition_function *function)
{
	if (function->first && function->multifunction)
		xml_say(devices, "the GPU with all its functions, in one slot as on the card: its "
				 "driver looks for them there");
	else if (function->first)
		xml_say(devices, function->gpu ? "the GPU"
					       : "a USB controller, with all that is "
						 "plugged into it");
}

static void add_host_address(xmlNode *hostdev, struct pci_addr addr)
{
	xmlNode *address = xml_add(xml_add(hostdev, "source", NULL), "address", NULL);

	xml_set(address, "domain", "0x%04x", addr.domain);
	xml_set(address, "bus", "0x%02x", addr.bus);
	xml_set(address, "slot", "0x%02x", addr.slot);
	xml_set(address, "function", "0x%x", addr.function);
}

static void write_function(xmlNode *devices, const struct definition *made,
			   const struct definition_function *function)
{
	say_function(devices, made, function);
	xmlNode *hostdev = xml_add(devices, "hostdev", "mode", "subsystem", "type", "pci",
				   "managed", "yes", NULL);
	xml_add(hostdev, "driver", "name", "vfio", NULL);
	add_host_address(hostdev, made->host->pci[function->pci].addr);
	if (function->rom)
		xml_add(hostdev, "rom", "bar", "on", "file", function->rom, NULL);
	else if (function->rom_off)
		xml_add(hostdev, "rom", "bar", "off", NULL);
	xmlNode *address = xml_add(hostdev, "address", "type", "pci", "domain", "0x0000", NULL);
	xml_set(address, "bus", "0x%02x", function->port);
	xml_set(address, "slot", "0x00");
	xml_set(address, "function", "0x%x", function->function);
	if (function->multifunction)
		xml_set(address, "multifunction", "on");
}

static void add_usb_ids(xmlNode *source, const struct definition_usb *usb)
{
	xml_set(xml_add(source, "vendor", NULL), "id", "0x%04x", (unsigned)usb->vendor);
	xml_set(xml_add(source, "product", NULL), "id", "0x%04x", (unsigned)usb->product);
}

/* By its port where libvirt can: that is what stays. */
static void write_usb(xmlNode *devices, const struct definition *made,
		      const struct definition_usb *usb)
{
	xmlNode *hostdev = xml_add(devices, "hostdev", "mode", "subsystem", "type", "usb",
				   "managed", "yes", NULL);
	xmlNode *source = xml_add(hostdev, "source", "startupPolicy", "optional", NULL);
	bool by_port = !usb->by_ids && target_has(&made->target, TARGET_USB_PORT);

	if (!by_port && usb->ids_unique) {
		add_usb_ids(source, usb);
		return;
	}
	xmlNode *address = xml_add(source, "address", NULL);
	xml_set(address, "bus", "%d", usb->bus);
	if (by_port)
		xml_set(address, "port", "%s", usb->port);
	else
		xml_set(address, "device", "%d", usb->number);
}

static void write_host_devices(xmlNode *devices, const struct definition *made)
{
	for (guint i = 0; i < made->functions->len; i++)
		write_function(devices, made,
			       &g_array_index(made->functions, struct definition_function, i));
	if (made->usb->len > 0)
		xml_say(devices, "USB devices of the host; the guest starts without those that are "
				 "not there");
	for (guint i = 0; i < made->usb->len; i++)
		write_usb(devices, made, &g_array_index(made->usb, struct definition_usb, i));
}

/* ---- the rest ---- */

static void write_rng(xmlNode *devices, const struct definition *made)
{
	xml_say(devices, "random numbers: new UEFI firmware starts no network without");
	xmlNode *rng = xml_add(devices, "rng", "model", "virtio", NULL);
	xmlNode *backend = xml_add_text(rng, "backend", "/dev/urandom");
	xmlNewProp(backend, BAD_CAST "model", BAD_CAST "random");
	xml_set_port(rng, made->rng_port);
}

static void write_balloon(xmlNode *devices, const struct definition *made)
{
	xml_say(devices, "no balloon: memory that devices may write to cannot be given back");
	xml_add(devices, "memballoon", "model", "none", NULL);
}

static void (*const parts[])(xmlNode *devices, const struct definition *made) = {
	write_disk,   write_isos, write_ports,        write_network, write_channels, write_inputs,
	write_screen, write_tpm,  write_host_devices, write_glass,   write_rng,      write_balloon,
};

void xml_write_devices(xmlNode *domain, const struct definition *definition)
{
	xmlNode *devices = xml_add(domain, "devices", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		parts[i](devices, definition);
}
