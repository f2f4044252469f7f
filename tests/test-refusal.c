/* Refusals: each rule with a machine that breaks it and one, nearly the same, that does not. The
 * machines are bundled hosts with some of their files changed, read by the real probes. */
#include <glib.h>
#include <string.h>

#include "plan/bind_plan.h"
#include "plan/refusal.h"
#include "plan/undo_plan.h"
#include "plan_fixture.h"

#define BRIDGE1 "/sys/devices/pci0000:00/0000:00:01.0/"
#define GPU     BRIDGE1 "0000:01:00.0/"
#define SOUND   BRIDGE1 "0000:01:00.1/"
#define IGPU    "/sys/devices/pci0000:00/0000:00:02.0/"
#define NIC     "/sys/devices/pci0000:00/0000:00:02.1/0000:10:00.0/"
#define VF      "/sys/devices/pci0000:00/0000:00:02.1/0000:10:10.0/"
#define USB3    "../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0/usb3/3-1/3-1:1.0/"
#define USB3KEY "/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0/usb3/3-1/3-1:1.0/"
#define ROUTES  "/proc/net/route = Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"

/* On vfio-pci, as the kernel says it in the uevent. */
#define GPU_ON_VFIO                                                                                \
	GPU "uevent = DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=10DE:1C03\nPCI_SUBSYS_ID=1043:85AC"
#define HOLDER(text) "/vfiokit/holders = " text
#define MINOR(n)     "/proc/driver/nvidia/gpus/0000:01:00.0/information = Model: x\nDevice Minor: \t " n

/* The only disk in use is the one that mounts names. */
#define MOUNTS(text)                                                                               \
	"/proc/1/mountinfo = " text, "/proc/self/mountinfo = " text, "/proc/swaps = Filename Type"
#define NVME_ROOT "20 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw"
#define SATA_ROOT "20 1 8:1 / / rw - ext4 /dev/sda1 rw"
#define SATA_SRV  "22 1 8:1 / /srv rw - ext4 /dev/sda1 rw"

/* A keyboard on the other controller: it has the keys q–p, a–l, z–m. */
#define OTHER_KEYBOARD                                                                             \
	"/sys/class/input/input9 -> " USB3 "input/input9",                                         \
		USB3KEY "input/input9/name = Spare Keyboard",                                      \
		USB3KEY "input/input9/capabilities/ev = 120013",                                   \
		USB3KEY "input/input9/capabilities/key = 1000000000007 ff9f207ac14057ff "          \
			"febeffdfffefffff fffffffffffffffe"

#define CONSOLE_OFF   "/sys/devices/virtual/vtconsole/vtcon1/bind = 0"
#define BOTH_MONITORS GPU "drm/card1/card1-DP-1/status = connected"

struct side {
	const char *functions;
	const char *lines[10];
};

struct pair {
	const char *rule;
	const char *name;
	const char *host;
	bool group;
	bool unbind;
	bool undo; /* a change that gave them to whoever has them now is taken back */
	bool hard; /* not to be overridden */
	struct side bad;
	struct side good;
	const char *subject; /* of the refusal */
	const char *what;
};

static const struct pair pairs[] = {
	{ .rule = "root-disk",
	  .name = "root on nvme",
	  .host = "guide-example",
	  .hard = true,
	  .bad = { "02:00.0", { MOUNTS(NVME_ROOT) } },
	  .good = { "02:00.0", { MOUNTS(SATA_ROOT) } },
	  .subject = "0000:02:00.0",
	  .what = "nvme0n1p2 is mounted on /: this system runs from it, and would stop without it. "
		  "Give the guest another disk, or a disk image." },
	{ .rule = "mounted-disk",
	  .name = "a mounted disk",
	  .host = "guide-example",
	  .bad = { "00:17.0", { MOUNTS(NVME_ROOT "\n" SATA_SRV) } },
	  .good = { "00:17.0", { MOUNTS(NVME_ROOT) } },
	  .subject = "0000:00:17.0",
	  .what = "sda1 is mounted on /srv: what is not written yet would be lost. Let go of it "
		  "first (umount /dev/sda1)." },
	{ .rule = "mounted-disk",
	  .name = "swap",
	  .host = "guide-example",
	  .bad = { "00:17.0",
		   { "/proc/1/mountinfo = " NVME_ROOT, "/proc/self/mountinfo = " NVME_ROOT,
		     "/proc/swaps = Filename Type\n/dev/sda1 partition 1 0 -2" } },
	  .good = { "00:17.0", { MOUNTS(NVME_ROOT) } },
	  .subject = "0000:00:17.0",
	  .what = "sda1 is used as swap: what is not written yet would be lost. Let go of it first "
		  "(swapoff /dev/sda1)." },
	{ .rule = "network-in-use",
	  .name = "default route",
	  .host = "guide-example",
	  .bad = { "00:1f.6", { ROUTES "eno1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000" } },
	  .good = { "00:1f.6", { ROUTES "eno1\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF" } },
	  .subject = "0000:00:1f.6",
	  .what = "eno1 carries the default route: this machine could not be reached any more. "
		  "Move that to another interface first, or give the guest another one." },
	{ .rule = "network-in-use",
	  .name = "ssh session",
	  .host = "guide-example",
	  .bad = { "00:1f.6",
		   { ROUTES "eno1\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF",
		     "/vfiokit/session = eno1" } },
	  .good = { "00:1f.6",
		    { ROUTES "eno1\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF",
		      "/vfiokit/session = eno2" } },
	  .subject = "0000:00:1f.6",
	  .what = "eno1 carries the ssh session: this machine could not be reached any more. Move "
		  "that to another interface first, or give the guest another one." },
	{ .rule = "network-in-use",
	  .name = "way to what is mounted",
	  .host = "guide-example",
	  .bad = { "00:1f.6",
		   { ROUTES "eno1\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF",
		     MOUNTS(NVME_ROOT
			    "\n30 20 0:40 / /srv rw - nfs4 nas:/ rw,addr=192.168.1.7") } },
	  .good = { "00:1f.6",
		    { ROUTES "eno1\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF",
		      MOUNTS(NVME_ROOT "\n30 20 0:40 / /srv rw - nfs4 me:/ rw,addr=127.0.0.1") } },
	  .subject = "0000:00:1f.6",
	  .what = "eno1 carries the way to /srv (nfs4): what is not written yet would be lost. Let "
		  "go of that first (umount), or give the guest another interface." },
	{ .rule = "network-in-use",
	  .name = "root over NFS",
	  .host = "guide-example",
	  .hard = true,
	  .bad = { "00:1f.6",
		   { ROUTES "eno1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000",
		     MOUNTS("20 1 0:40 / / rw - nfs4 nas:/ rw,addr=198.51.100.7") } },
	  .good = { "00:1f.6",
		    { ROUTES "eno2\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000",
		      MOUNTS(NVME_ROOT) } },
	  .subject = "0000:00:1f.6",
	  .what = "eno1 carries the default route and eno1 carries the way of this system to / "
		  "(nfs4): this system runs from there, and would stop without it. Give the guest "
		  "another interface." },
	{ .rule = "last-keyboard",
	  .name = "the guide's own example",
	  .host = "guide-example",
	  .bad = { "00:14.0", { NULL } },
	  .good = { "00:14.0", { OTHER_KEYBOARD } },
	  .subject = "0000:00:14.0",
	  .what = "All keyboards of this machine, USB Keyboard (USB 1-1) and USB Receiver (USB "
		  "1-3), are plugged into it: nobody could type here any more. Plug a keyboard "
		  "into another controller first ('vfiokit usb' shows them), or give the guest "
		  "another one." },
	{ .rule = "host-display",
	  .name = "monitor and console",
	  .host = "guide-example",
	  .bad = { "00:02.0", { NULL } },
	  .good = { "00:02.0", { CONSOLE_OFF, BOTH_MONITORS } },
	  .subject = "0000:00:02.0",
	  .what = "00:02.0 has the only connected monitor (HDMI-A-1) and the console: nothing of "
		  "this machine could be seen any more. Give the guest another card, or be sure "
		  "that you can log in over the network." },
	{ .rule = "host-display",
	  .name = "the console only",
	  .host = "guide-example",
	  .bad = { "00:02.0", { BOTH_MONITORS } },
	  .good = { "00:02.0", { BOTH_MONITORS, CONSOLE_OFF } },
	  .subject = "0000:00:02.0",
	  .what = "00:02.0 has the console of this machine (fb0): nothing of this machine could be "
		  "seen any more. Give the guest another card, or be sure that you can log in over "
		  "the network." },
	{ .rule = "host-display",
	  .name = "the firmware's framebuffer",
	  .host = "guide-example",
	  .bad = { "01:00.0 01:00.1",
		   { "/proc/iomem = 4010000000-4010ffffff : 0000:01:00.0\n"
		     "  4010000000-40107e8fff : efifb" } },
	  .good = { "01:00.0 01:00.1",
		    { "/proc/iomem = 4000000000-4000ffffff : 0000:00:02.0\n"
		      "  4000000000-40007e8fff : efifb" } },
	  .subject = "0000:01:00.0",
	  .what = "01:00.0 has the console of this machine (efifb): nothing of this machine could "
		  "be seen any more. Give the guest another card, or be sure that you can log in "
		  "over the network." },
	{ .rule = "host-display",
	  .name = "the only display",
	  .host = "guide-example",
	  .bad = { "00:02.0",
		   { CONSOLE_OFF, GPU_ON_VFIO,
		     IGPU "drm/card0/card0-HDMI-A-1/status = disconnected" } },
	  .good = { "00:02.0",
		    { CONSOLE_OFF, IGPU "drm/card0/card0-HDMI-A-1/status = disconnected" } },
	  .subject = "0000:00:02.0",
	  .what = "00:02.0 is the only display of this machine: nothing of this machine could be "
		  "seen any more. Give the guest another card, or be sure that you can log in over "
		  "the network." },
	{ .rule = "device-held",
	  .name = "nvidia, and only its own card",
	  .host = "guide-example",
	  .hard = true,
	  .bad = { "01:00.0 01:00.1", { MINOR("0"), HOLDER("812\t/dev/nvidia0\t-\tXorg") } },
	  .good = { "01:00.0 01:00.1", { MINOR("0"), HOLDER("812\t/dev/nvidia1\t-\tXorg") } },
	  .subject = "0000:01:00.0",
	  .what = "pid 812 Xorg has /dev/nvidia0 open: the nvidia driver would wait for that "
		  "inside the kernel for ever, and only a restart of the machine would help. End "
		  "it first (systemctl isolate multi-user.target)." },
	{ .rule = "device-held",
	  .name = "another driver",
	  .host = "guide-example",
	  .bad = { "00:02.0",
		   { HOLDER("812\t/dev/dri/card0\t-\tkwin_wayland\n"
			    "812\t/dev/dri/renderD128\t-\tkwin_wayland\n"
			    "990\t/dev/dri/renderD128\t-\tfirefox") } },
	  .good = { "00:02.0", { HOLDER("812\t/dev/dri/card1\t-\tkwin_wayland") } },
	  .subject = "0000:00:02.0",
	  .what = "pid 812 kwin_wayland has /dev/dri/card0 and /dev/dri/renderD128 open and pid "
		  "990 firefox has /dev/dri/renderD128 open: the device would be pulled out from "
		  "under it. End it first (systemctl isolate multi-user.target, …)." },
	{ .rule = "device-held",
	  .name = "sound that plays",
	  .host = "guide-example",
	  .bad = { "01:00.0 01:00.1", { HOLDER("77\t/dev/snd/pcmC1D3p\t-\tmpv") } },
	  .good = { "01:00.0 01:00.1", { HOLDER("77\t/dev/snd/controlC1\t-\twireplumber") } },
	  .subject = "0000:01:00.1",
	  .what = "pid 77 mpv has /dev/snd/pcmC1D3p open: the device would be pulled out from "
		  "under it. End it first (kill 77)." },
	{ .rule = "device-held",
	  .name = "the shared node, when the driver has one card",
	  .host = "guide-example",
	  .hard = true,
	  .bad = { "01:00.0 01:00.1", { HOLDER("5\t/dev/nvidiactl\t-\tnvidia-persiste") } },
	  .good = { "01:00.0 01:00.1", { HOLDER("5\t/dev/vfio/vfio\t-\tnvidia-persiste") } },
	  .subject = "0000:01:00.0",
	  .what = "pid 5 nvidia-persiste has /dev/nvidiactl open: the nvidia driver would wait for "
		  "that inside the kernel for ever, and only a restart of the machine would help. "
		  "End it first (systemctl stop nvidia-persistenced)." },
	{ .rule = "device-held",
	  .name = "the shared node, when it has others",
	  .host = "gpu-server",
	  .hard = true,
	  .bad = { "43:00.0",
		   { "/proc/driver/nvidia/gpus/0000:43:00.0/information = Device Minor: 2",
		     HOLDER("5\t/dev/nvidia2\t-\tpython3\n5\t/dev/nvidiactl\t-\tpython3") } },
	  .good = { "43:00.0",
		    { "/proc/driver/nvidia/gpus/0000:43:00.0/information = Device Minor: 2",
		      HOLDER("5\t/dev/nvidia3\t-\tpython3\n5\t/dev/nvidiactl\t-\tpython3") } },
	  .subject = "0000:43:00.0",
	  .what = "pid 5 python3 has /dev/nvidia2 and /dev/nvidiactl open: the nvidia driver would "
		  "wait for that inside the kernel for ever, and only a restart of the machine "
		  "would help. End it first (kill 5)." },
	{ .rule = "guest-running",
	  .name = "on a neighbour in the group",
	  .host = "guide-example",
	  .bad = { "01:00.1", { GPU_ON_VFIO, HOLDER("4242\t/dev/vfio/1\t-\tqemu-system-x86") } },
	  .good = { "01:00.1", { GPU_ON_VFIO, HOLDER("4242\t/dev/vfio/2\t-\tqemu-system-x86") } },
	  .subject = "0000:01:00.1",
	  .what = "pid 4242 qemu-system-x86 has 01:00.0 open, which is in one group with 01:00.1: "
		  "a guest is using it. Shut the guest down first." },
	{ .rule = "guest-running",
	  .name = "when it is taken back",
	  .host = "identical-gpus",
	  .unbind = true,
	  .bad = { "0b:00.0", { HOLDER("4242\t/dev/vfio/23\t-\tqemu-system-x86") } },
	  .good = { "0b:00.0", { HOLDER("4242\t/dev/vfio/vfio\t-\tqemu-system-x86") } },
	  .subject = "0000:0b:00.0",
	  .what = "pid 4242 qemu-system-x86 has 0b:00.0 open: a guest is using it. Shut the guest "
		  "down first." },
	{ .rule = "bridge",
	  .name = "a port",
	  .host = "guide-example",
	  .hard = true,
	  .bad = { "00:01.0 01:00.0 01:00.1", { NULL } },
	  .good = { "01:00.0 01:00.1", { NULL } },
	  .subject = "0000:00:01.0",
	  .what = "00:01.0 is a bridge, and bridges stay with the host: guests are given what is "
		  "behind them, here 01:00.0 and 01:00.1." },
	{ .rule = "sriov-pf",
	  .name = "virtual functions",
	  .host = "gpu-server",
	  .bad = { "10:00.1 10:00.0", { NIC "sriov_numvfs = 4" } },
	  .good = { "10:00.1 10:00.0", { NIC "sriov_numvfs = 0" } },
	  .subject = "0000:10:00.0",
	  .what = "10:00.0 has 4 virtual functions, which would vanish, and whoever uses them "
		  "would lose them. Give the guest one of them instead, or switch them off first "
		  "(echo 0 > /sys/bus/pci/devices/0000:10:00.0/sriov_numvfs)." },
	{ .rule = "direct-mapped",
	  .name = "RMRR",
	  .host = "guide-example",
	  .hard = true,
	  .bad = { "03:00.0",
		   { "/sys/kernel/iommu_groups/11/reserved_regions = "
		     "0x000000009f000000 0x000000009f7fffff direct\n"
		     "0x00000000fee00000 0x00000000feefffff msi" } },
	  .good = { "03:00.0",
		    { "/sys/kernel/iommu_groups/11/reserved_regions = "
		      "0x000000009f000000 0x000000009f7fffff direct-relaxable\n"
		      "0x00000000fee00000 0x00000000feefffff msi" } },
	  .subject = "0000:03:00.0",
	  .what = "The firmware keeps the memory from 0x9f000000 to 0x9f7fffff for 03:00.0 (group "
		  "11), and the kernel gives such devices to nobody. Look in the firmware setup "
		  "for shared memory or legacy support of this device, or take another one." },
	{ .rule = "no-iommu",
	  .name = "not covered",
	  .host = "laptop-one-gpu",
	  .hard = true,
	  .bad = { "00:02.0", { NULL } },
	  .good = { "00:02.0",
		    { IGPU "iommu_group -> ../../../kernel/iommu_groups/9",
		      "/sys/kernel/iommu_groups/9/type = DMA-FQ",
		      "/sys/kernel/iommu_groups/9/devices/0000:00:02.0 -> "
		      "../../../../devices/pci0000:00/0000:00:02.0" } },
	  .subject = "0000:00:02.0",
	  .what = "00:02.0 is in no IOMMU group: the IOMMU does not cover it, so it cannot be "
		  "given to a guest. Take another device." },
	{ .rule = "no-interrupt-remapping",
	  .name = "not remapped",
	  .host = "guide-example",
	  .bad = { "03:00.0",
		   { "/proc/interrupts =    1:  12  IO-APIC  1-edge  i8042\n 128: 1  "
		     "PCI-MSI-0000:00:14.0  0-edge  xhci_hcd" } },
	  .good = { "03:00.0",
		    { "/proc/interrupts =    1:  12  IO-APIC  1-edge  i8042\n 128: 1  "
		      "PCI-MSI-0000:00:14.0  0-edge  xhci_hcd",
		      "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = Y" } },
	  .subject = "host",
	  .what = "The IOMMU does not remap interrupts, so a guest could send any interrupt to the "
		  "host, and VFIO refuses to start it. Look in the firmware setup for interrupt "
		  "remapping or x2APIC; only where every guest is trusted, set "
		  "allow_unsafe_interrupts=1 of the module vfio_iommu_type1." },
	{ .rule = "no-interrupt-remapping",
	  .name = "switched off",
	  .host = "guide-example",
	  .bad = { "03:00.0",
		   { "/proc/interrupts =    1:  12  IO-APIC  1-edge  i8042",
		     "/proc/cmdline = quiet intremap=off" } },
	  .good = { "03:00.0",
		    { "/proc/interrupts =    1:  12  IR-IO-APIC  1-edge  i8042",
		      "/proc/cmdline = quiet intremap=off" } },
	  .subject = "host",
	  .what = "The IOMMU does not remap interrupts, so a guest could send any interrupt to the "
		  "host, and VFIO refuses to start it. Remove intremap=off from the kernel command "
		  "line, and boot again." },
	{ .rule = "group-not-viable",
	  .name = "a neighbour stays",
	  .host = "guide-example",
	  .bad = { "01:00.0", { NULL } },
	  .good = { "01:00.0 01:00.1", { NULL } },
	  .subject = "0000:01:00.0",
	  .what = "01:00.1 (snd_hda_intel) of group 1 would stay with the host, and a group is "
		  "given away as a whole or not at all: the guest would not start. Name all of it, "
		  "or take the whole group with --group." },
	{ .rule = "group-not-viable",
	  .name = "a bridge's driver that does DMA",
	  .host = "guide-example",
	  .group = true,
	  .bad = { "01:00.0",
		   { BRIDGE1 "uevent = DRIVER=shpchp\nPCI_CLASS=60400\nPCI_ID=8086:1901" } },
	  .good = { "01:00.0",
		    { BRIDGE1 "uevent = DRIVER=pcieport\nPCI_CLASS=60400\nPCI_ID=8086:1901" } },
	  .subject = "0000:01:00.0",
	  .what = "00:01.0 (shpchp) of group 1 would stay with the host, and a group is given away "
		  "as a whole or not at all: the guest would not start. That cannot go along: take "
		  "a device in another group." },
	{ .rule = "device-held",
	  .name = "by whoever came after it was given back",
	  .host = "guide-example",
	  .undo = true,
	  .hard = true,
	  .bad = { "01:00.0 01:00.1", { MINOR("0"), HOLDER("812\t/dev/nvidia0\t-\tXorg") } },
	  .good = { "01:00.0 01:00.1", { MINOR("0"), HOLDER("812\t/dev/nvidia1\t-\tXorg") } },
	  .subject = "0000:01:00.0",
	  .what = "pid 812 Xorg has /dev/nvidia0 open: the nvidia driver would wait for that "
		  "inside the kernel for ever, and only a restart of the machine would help. End "
		  "it first (systemctl isolate multi-user.target)." },
	{ .rule = "mounted-disk",
	  .name = "mounted after it was given back",
	  .host = "guide-example",
	  .undo = true,
	  .bad = { "00:17.0", { MOUNTS(NVME_ROOT "\n" SATA_SRV) } },
	  .good = { "00:17.0", { MOUNTS(NVME_ROOT) } },
	  .subject = "0000:00:17.0",
	  .what = "sda1 is mounted on /srv: what is not written yet would be lost. Let go of it "
		  "first (umount /dev/sda1)." },
	{ .rule = "guest-running",
	  .name = "with what an undo would take back",
	  .host = "identical-gpus",
	  .undo = true,
	  .bad = { "0b:00.0", { HOLDER("4242\t/dev/vfio/23\t-\tqemu-system-x86") } },
	  .good = { "0b:00.0", { HOLDER("4242\t/dev/vfio/vfio\t-\tqemu-system-x86") } },
	  .subject = "0000:0b:00.0",
	  .what = "pid 4242 qemu-system-x86 has 0b:00.0 open: a guest is using it. Shut the guest "
		  "down first." },
};

/* ---- judging ---- */

/* As apply/restore.h plans it: whatever has the function loses it. */
static struct plan *plan_undo(const struct host *host, const GArray *functions)
{
	struct plan *plan = plan_new("undo");

	for (guint i = 0; i < functions->len; i++) {
		const struct pci_dev *dev = &host->pci[g_array_index(functions, int, i)];
		char address[PCI_ADDR_SIZE];
		plan_add(plan, STEP_UNBIND, "/sys/…/driver/unbind", dev->driver, NULL, "undo")
			->address = g_strdup(pci_addr_format(dev->addr, address));
	}
	undo_judge(host, plan);
	return plan;
}

static struct plan *plan_host(const struct pair *pair, const struct side *side,
			      const struct host *host)
{
	g_autoptr(GArray) functions = functions_of(host, side->functions);
	if (pair->undo)
		return plan_undo(host, functions);
	struct plan *plan = plan_new(pair->unbind ? "unbind" : "bind");
	const struct bind_request request = {
		.functions = (const int *)(const void *)functions->data,
		.n = functions->len,
		.group = pair->group,
	};

	if (pair->unbind)
		unbind_plan(host, &request, plan);
	else
		bind_plan(host, &request, plan);
	return plan;
}

/* What is read for the functions alone must lead to the same as all that can be read. */
static struct plan *plan_side(const struct pair *pair, const struct side *side)
{
	const char *const *lines = side->lines[0] ? side->lines : NULL;
	HOST_AUTO struct host *all = bundled_host(pair->host, lines);
	HOST_AUTO struct host *little = bundled_host_for(pair->host, lines, side->functions);
	struct plan *plan = plan_host(pair, side, all);
	PLAN_AUTO struct plan *same = plan_host(pair, side, little);
	g_autofree char *text = objections_text(plan);
	g_autofree char *same_text = objections_text(same);

	g_assert_cmpstr(same_text, ==, text);
	return plan;
}

static const struct refusal *find_refusal(const struct plan *plan, const char *rule)
{
	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		if (strcmp(refusal->id, rule) == 0)
			return refusal;
	}
	return NULL;
}

static void test_bad(gconstpointer data)
{
	const struct pair *pair = data;
	PLAN_AUTO struct plan *plan = plan_side(pair, &pair->bad);
	const struct refusal *refusal = find_refusal(plan, pair->rule);

	g_assert_nonnull(refusal);
	g_assert_cmpstr(refusal->subject, ==, pair->subject);
	g_assert_cmpstr(refusal->what, ==, pair->what);
	g_assert_true(refusal->overridable == !pair->hard);
}

static void test_good(gconstpointer data)
{
	const struct pair *pair = data;
	PLAN_AUTO struct plan *plan = plan_side(pair, &pair->good);
	const struct refusal *refusal = find_refusal(plan, pair->rule);

	if (refusal)
		g_test_message("%s", refusal->what);
	g_assert_null(refusal);
}

static void test_allow(void)
{
	static const struct side both = { "00:14.0 00:01.0", { NULL } };
	const struct pair pair = { .host = "guide-example" };
	PLAN_AUTO struct plan *plan = plan_side(&pair, &both);
	g_autoptr(GPtrArray) allowed = g_ptr_array_new();

	g_ptr_array_add(allowed, (gpointer) "last-keyboard");
	g_ptr_array_add(allowed, (gpointer) "bridge");
	g_ptr_array_add(allowed, (gpointer) "sriov-pf"); /* not refused: no error */
	g_assert_nonnull(find_refusal(plan, "last-keyboard"));
	g_assert_cmpuint(plan_allow(plan, allowed), ==, 1);
	g_assert_nonnull(find_refusal(plan, "bridge"));
}

/* Does --group take it out of the way? Only what can be given away, and only where it was not
 * asked for. */
static void test_group_helps(void)
{
	static const struct {
		bool group;
		bool helps;
		struct side side;
	} rows[] = {
		{ false, true, { "01:00.0", { NULL } } },
		{ false,
		  false,
		  { "01:00.0",
		    { BRIDGE1 "uevent = DRIVER=shpchp\nPCI_CLASS=60400\nPCI_ID=8086:1901" } } },
		{ true,
		  false,
		  { "01:00.0",
		    { BRIDGE1 "uevent = DRIVER=shpchp\nPCI_CLASS=60400\nPCI_ID=8086:1901" } } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct pair pair = { .host = "guide-example", .group = rows[i].group };
		PLAN_AUTO struct plan *plan = plan_side(&pair, &rows[i].side);
		const struct refusal *refusal = find_refusal(plan, "group-not-viable");
		g_assert_nonnull(refusal);
		g_assert_true(refusal->group == rows[i].helps);
		g_assert_true((strstr(refusal->what, "--group") != NULL) == rows[i].helps);
	}
}

static bool has_pair(const char *rule)
{
	static const char *const others[] = { "identity-changed" }; /* tests of their own, below */

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (strcmp(pairs[i].rule, rule) == 0)
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (strcmp(others[i], rule) == 0)
			return true;
	return false;
}

/* The ids of the contract, each with both machines; and what nothing overrides. */
static void test_all_rules(void)
{
	static const char *const never[] = { "root-disk", "bridge", "no-iommu", "direct-mapped" };
	bool known;
	unsigned n = 0;

	for (; refusal_id(n); n++) {
		bool hard = false;
		g_test_message("%s", refusal_id(n));
		g_assert_true(has_pair(refusal_id(n)));
		for (size_t i = 0; i < G_N_ELEMENTS(never); i++)
			hard = hard || strcmp(never[i], refusal_id(n)) == 0;
		g_assert_true(refusal_is_overridable(refusal_id(n), &known) == !hard);
		g_assert_true(known);
	}
	g_assert_cmpuint(n, ==, 14);
	g_assert_false(refusal_is_overridable("last-mouse", &known));
	g_assert_false(known);
}

/* ---- no IOMMU at all; nothing known at all ---- */

static void test_no_iommu(void)
{
	HOST_AUTO struct host *host = bundled_host("vm-without-iommu", NULL);
	PLAN_AUTO struct plan *plan = plan_new("bind");
	int index = -1;

	for (unsigned i = 0; i < host->n_pci && index < 0; i++)
		if (!pci_dev_is_bridge(&host->pci[i]))
			index = (int)i;
	const struct bind_request request = { .functions = &index, .n = 1 };
	bind_plan(host, &request, plan);
	const struct refusal *refusal = find_refusal(plan, "no-iommu");
	g_assert_nonnull(refusal);
	g_assert_false(refusal->overridable);
	g_assert_cmpstr(refusal->subject, ==, "host");
}

/* What is not known is a warning, and never a refusal; and only what can concern a device. */
static void test_unknown(void)
{
	HOST_AUTO struct host *host = host_new(HOST_POSTED);
	PLAN_AUTO struct plan *plan = plan_new("bind");
	struct pci_dev *dev = host_add_pci(host, (struct pci_addr){ .bus = 1 });
	int index = 0;

	dev->class_code = 0x030000;
	dev->prog_if_known = true;
	dev->kind = KIND_GPU;
	host_link(host);
	const struct bind_request request = { .functions = &index, .n = 1 };
	bind_plan(host, &request, plan);
	g_autofree char *text = objections_text(plan);
	g_assert_cmpstr(
		text, ==,
		"warning no-iommu: It is not known whether the IOMMU of this machine is on: "
		"without it, nothing can be given to guests.\n"
		"warning host-display: It is not known whether the console is on 01:00.0: it might "
		"go dark.\n"
		"warning device-held: It is not known whether processes have 01:00.0 open: that is "
		"shown to root only.\n");
}

/* ---- identity ---- */

/* The card at 01:00.0 as somebody chose it. */
static struct identity chosen(void)
{
	return (struct identity){
		.addr = { .bus = 1 },
		.vendor = 0x10de,
		.device = 0x1c03,
		.subsystem_vendor = 0x1043,
		.subsystem_device = 0x85ac,
		.slot = "\\_SB_.PCI0.PEG0.PEGP",
	};
}

static char *identity_text(const struct identity *identity)
{
	static const char *const lines[] = { GPU "firmware_node/path = \\_SB_.PCI0.PEG0.PEGP",
					     NULL };
	HOST_AUTO struct host *host = bundled_host("guide-example", lines);
	PLAN_AUTO struct plan *plan = plan_new("bind");
	const struct refusal_query query = {
		.when = REFUSAL_BIND,
		.expected = identity,
		.n_expected = 1,
	};

	refusal_judge(host, &query, plan);
	return objections_text(plan);
}

static void expect_identity(const struct identity *identity, const char *expected)
{
	g_autofree char *text = identity_text(identity);

	g_assert_cmpstr(text, ==, expected);
}

static void test_identity_same(void)
{
	struct identity identity = chosen();

	expect_identity(&identity, "");
	identity.slot = NULL;
	expect_identity(&identity, "");
	identity.subsystem_vendor = identity.subsystem_device = -1;
	expect_identity(&identity, "");
}

static void test_identity_changed(void)
{
	struct identity identity = chosen();

	identity.device = 0x2484;
	expect_identity(&identity,
			"refused identity-changed 0000:01:00.0: 01:00.0 was chosen with 10de:2484 "
			"of the board 1043:85ac in it, and now there is 10de:1c03 of the board "
			"1043:85ac: another device has taken the address. Choose again, by the "
			"addresses of now.\n");
	identity = chosen();
	identity.subsystem_device = 0x85ad;
	expect_identity(&identity,
			"refused identity-changed 0000:01:00.0: 01:00.0 was chosen with 10de:1c03 "
			"of the board 1043:85ad in it, and now there is 10de:1c03 of the board "
			"1043:85ac: another device has taken the address. Choose again, by the "
			"addresses of now.\n");
	identity = chosen();
	identity.slot = "\\_SB_.PCI0.RP05.PXSX";
	expect_identity(&identity,
			"refused identity-changed 0000:01:00.0: 01:00.0 was chosen in the slot "
			"\\_SB_.PCI0.RP05.PXSX, and now that address is in the slot "
			"\\_SB_.PCI0.PEG0.PEGP: it may be another card of the same kind. Choose "
			"again.\n");
	identity = chosen();
	identity.addr.bus = 0x42;
	expect_identity(&identity,
			"refused identity-changed host: 42:00.0 was chosen with 10de:1c03 of the "
			"board 1043:85ac in it, and now there is nothing at that address. If the "
			"device was moved, choose it again where it is now.\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *bad =
			g_strdup_printf("/%s/%s/refused", pairs[i].rule, pairs[i].name);
		g_autofree char *good = g_strdup_printf("/%s/%s/not", pairs[i].rule, pairs[i].name);
		g_test_add_data_func(bad, &pairs[i], test_bad);
		g_test_add_data_func(good, &pairs[i], test_good);
	}
	g_test_add_func("/allow", test_allow);
	g_test_add_func("/group-helps", test_group_helps);
	g_test_add_func("/rules", test_all_rules);
	g_test_add_func("/no-iommu/guest/refused", test_no_iommu);
	g_test_add_func("/unknown", test_unknown);
	g_test_add_func("/identity-changed/same/not", test_identity_same);
	g_test_add_func("/identity-changed/others/refused", test_identity_changed);
	return g_test_run();
}
