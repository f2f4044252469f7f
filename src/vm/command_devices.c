/* The devices of a QEMU command line. See definition.h. */
#include "vm/command_parts.h"
#include "vm/definition.h"

#define SPICE_PORT 5930

/* ---- buses ---- */

static void write_ports(GPtrArray *line, const struct definition *made)
{
	for (unsigned i = 1; i <= made->n_ports; i++)
		command_add(line, "-device", "pcie-root-port,id=rp%u,bus=pcie.0,chassis=%u", i, i);
	command_add(line, "-device", "qemu-xhci,id=usb,p2=15,p3=15,bus=rp%u", made->usb_port);
}

/* ---- disks ---- */

/* Queues spread over several threads are a list, which only JSON can tell. */
static void add_mapped_disk(GPtrArray *line, const struct definition *made)
{
	g_autoptr(GString) threads = g_string_new(NULL);

	for (unsigned i = 1; i <= made->iothreads; i++)
		g_string_append_printf(threads, "%s{\"iothread\":\"io%u\"}", i > 1 ? "," : "", i);
	command_add(line, "-device",
		    "{\"driver\":\"virtio-blk-pci\",\"drive\":\"disk0\",\"num-queues\":%u,"
		    "\"bus\":\"rp%u\",\"bootindex\":1,\"iothread-vq-mapping\":[%s]}",
		    made->disk_queues, made->disk_port, threads->str);
}

static void write_disk(GPtrArray *line, const struct definition *made)
{
	g_autofree char *path = command_value(made->disk);

	for (unsigned i = 1; i <= made->iothreads; i++)
		command_add(line, "-object", "iothread,id=io%u", i);
	command_add(line, "-blockdev",
		    "driver=%s,node-name=file0,filename=%s,cache.direct=on,aio=native,"
		    "discard=unmap",
		    made->disk_is_block ? "host_device" : "file", path);
	command_add(line, "-blockdev", "driver=%s,node-name=disk0,file=file0,discard=unmap",
		    made->disk_format);
	if (made->iothreads > 1)
		add_mapped_disk(line, made);
	else
		command_add(line, "-device",
			    "virtio-blk-pci,drive=disk0,iothread=io1,num-queues=%u,bus=rp%u,"
			    "bootindex=1",
			    made->disk_queues, made->disk_port);
}

static void write_isos(GPtrArray *line, const struct definition *made)
{
	for (guint i = 0; i < made->iso->len; i++) {
		g_autofree char *path = command_value(made->iso->pdata[i]);
		command_add(line, "-blockdev",
			    "driver=file,node-name=iso%u,filename=%s,read-only=on", i, path);
		command_add(line, "-device", "ide-cd,bus=ide.%u,drive=iso%u,bootindex=%u", i, i,
			    i + 2);
	}
}

/* ---- network, random numbers, TPM ---- */

static void write_network(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-netdev", "user,id=net0");
	command_add(line, "-device", "virtio-net-pci,netdev=net0,bus=rp%u", made->net_port);
	command_add(line, "-object", "rng-random,id=rng0,filename=/dev/urandom");
	command_add(line, "-device", "virtio-rng-pci,rng=rng0,bus=rp%u", made->rng_port);
}

static void write_tpm(GPtrArray *line, const struct definition *made)
{
	if (!made->tpm)
		return;
	g_autofree char *path = definition_tpm(made);
	g_autofree char *value = command_value(path);
	command_add(line, "-chardev", "socket,id=tpm0,path=%s/socket", value);
	command_add(line, "-tpmdev", "emulator,id=tpm,chardev=tpm0");
	command_add(line, "-device", "tpm-crb,tpmdev=tpm");
}

/* ---- keys and screens ---- */

static void write_inputs(GPtrArray *line, const struct definition *made)
{
	if (made->display != DISPLAY_NONE)
		command_add(line, "-device", "usb-tablet,bus=usb.0");
	for (guint i = 0; i < made->evdev->len; i++) {
		g_autofree char *path = command_value(made->evdev->pdata[i]);
		command_add(line, "-object", "input-linux,id=input%u,evdev=%s%s", i, path,
			    i == 0 ? ",grab_all=on,repeat=on" : "");
	}
}

static void write_spice(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-spice", "addr=127.0.0.1,port=%d,disable-ticketing=on", SPICE_PORT);
	command_add(line, "-device", "virtio-serial-pci,bus=rp%u", made->serial_port);
	command_add(line, "-chardev", "spicevmc,id=spice0,name=vdagent");
	command_add(line, "-device", "virtserialport,chardev=spice0,name=com.redhat.spice.0");
}

static void write_screen(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-display", "none"); /* no window of QEMU's own */
	if (made->video != VIDEO_NONE)
		command_add(line, "-device", "%s",
			    made->video == VIDEO_VGA ? "VGA,bus=pcie.0" : "virtio-vga,bus=pcie.0");
	if (made->display == DISPLAY_SPICE)
		write_spice(line, made);
	else if (made->display == DISPLAY_VNC)
		command_add(line, "-vnc", "127.0.0.1:0");
}

static void write_glass(GPtrArray *line, const struct definition *made)
{
	if (made->glass_mib == 0)
		return;
	command_add(
		line, "-object",
		"memory-backend-file,id=glass,share=on,mem-path=/dev/shm/looking-glass,size=%uM",
		made->glass_mib);
	command_add(line, "-device", "ivshmem-plain,memdev=glass,bus=pcie.0");
}

/* ---- devices of the host ---- */

static void add_function(GPtrArray *line, const struct definition *made,
			 const struct definition_function *function)
{
	char address[PCI_ADDR_SIZE];
	g_autofree char *path = function->rom ? command_value(function->rom) : NULL;
	g_autofree char *rom = path ? g_strconcat(",romfile=", path, NULL)
				    : g_strdup(function->rom_off ? ",rombar=0" : "");

	pci_addr_format(made->host->pci[function->pci].addr, address);
	command_add(line, "-device", "vfio-pci,host=%s,bus=rp%u,addr=00.%u%s%s", address,
		    function->port, function->function,
		    function->multifunction ? ",multifunction=on" : "", rom);
}

static void add_usb(GPtrArray *line, const struct definition_usb *usb)
{
	if (usb->by_ids)
		command_add(line, "-device", "usb-host,bus=usb.0,vendorid=0x%04x,productid=0x%04x",
			    (unsigned)usb->vendor, (unsigned)usb->product);
	else
		command_add(line, "-device", "usb-host,bus=usb.0,hostbus=%d,hostport=%s", usb->bus,
			    usb->port);
}

static void write_host_devices(GPtrArray *line, const struct definition *made)
{
	for (guint i = 0; i < made->functions->len; i++)
		add_function(line, made,
			     &g_array_index(made->functions, struct definition_function, i));
	for (guint i = 0; i < made->usb->len; i++)
		add_usb(line, &g_array_index(made->usb, struct definition_usb, i));
}

static void (*const parts[])(GPtrArray *line, const struct definition *made) = {
	write_ports,  write_disk,   write_isos,  write_network,      write_tpm,
	write_inputs, write_screen, write_glass, write_host_devices,
};

void command_write_devices(GPtrArray *line, const struct definition *made)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		parts[i](line, made);
}
