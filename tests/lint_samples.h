/* Definitions of a guest in which nothing is wrong, and pieces by which tests change them. */
#pragma once

static const char good_xml[] =
	"<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
	"  <!-- kept -->\n"
	"  <name>win</name>\n"
	"  <memory unit='GiB'>8</memory>\n"
	"  <currentMemory unit='GiB'>8</currentMemory>\n"
	"  <memtune>\n    <hard_limit unit='GiB'>9</hard_limit>\n  </memtune>\n"
	"  <memoryBacking>\n    <hugepages>\n      <page size='2' unit='MiB'/>\n    </hugepages>\n"
	"  </memoryBacking>\n"
	"  <vcpu placement='static'>4</vcpu>\n"
	"  <iothreads>1</iothreads>\n"
	"  <cputune>\n"
	"    <vcpupin vcpu='0' cpuset='1'/>\n    <vcpupin vcpu='1' cpuset='7'/>\n"
	"    <vcpupin vcpu='2' cpuset='2'/>\n    <vcpupin vcpu='3' cpuset='8'/>\n"
	"    <emulatorpin cpuset='0,6'/>\n"
	"    <iothreadpin iothread='1' cpuset='3'/>\n"
	"  </cputune>\n"
	"  <numatune>\n    <memory mode='strict' nodeset='0'/>\n  </numatune>\n"
	"  <os>\n    <type arch='x86_64' machine='q35'>hvm</type>\n"
	"    <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>\n"
	"    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>/var/lib/libvirt/qemu/nvram/"
	"win_VARS.fd</nvram>\n  </os>\n"
	"  <features>\n    <acpi/>\n    <hyperv>\n      <vpindex state='on'/>\n"
	"      <synic state='on'/>\n      <stimer state='on'/>\n    </hyperv>\n  </features>\n"
	"  <cpu mode='host-passthrough' check='none'>\n"
	"    <topology sockets='1' dies='1' cores='2' threads='2'/>\n  </cpu>\n"
	"  <clock offset='localtime'>\n    <timer name='hypervclock' present='yes'/>\n  </clock>\n"
	"  <devices>\n"
	"    <disk type='file' device='disk'>\n"
	"      <driver name='qemu' type='raw' cache='none' io='native' iothread='1'/>\n"
	"      <source file='/var/lib/libvirt/images/win.img'/>\n"
	"      <target dev='vda' bus='virtio'/>\n"
	"    </disk>\n"
	"    <disk type='file' device='cdrom'>\n"
	"      <source file='/var/lib/libvirt/images/win.iso'/>\n"
	"      <target dev='sda' bus='sata'/>\n"
	"    </disk>\n"
	"    <controller type='pci' index='0' model='pcie-root'/>\n"
	"    <controller type='pci' index='1' model='pcie-root-port'/>\n"
	"    <controller type='pci' index='2' model='pcie-root-port'/>\n"
	"    <interface type='network'>\n      <mac address='52:54:00:12:34:56'/>\n"
	"      <source network='default'/>\n      <model type='virtio'/>\n    </interface>\n"
	"    <hostdev mode='subsystem' type='pci' managed='yes'>\n"
	"      <driver name='vfio'/>\n"
	"      <source>\n        <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n"
	"      </source>\n"
	"      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0' "
	"multifunction='on'/>\n"
	"    </hostdev>\n"
	"    <hostdev mode='subsystem' type='pci' managed='yes'>\n"
	"      <source>\n        <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>\n"
	"      </source>\n"
	"      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>\n"
	"    </hostdev>\n"
	"    <hostdev mode='subsystem' type='usb'>\n"
	"      <source>\n        <vendor id='0x046d'/>\n        <product id='0x082d'/>\n"
	"      </source>\n    </hostdev>\n"
	"    <shmem name='looking-glass'>\n      <model type='ivshmem-plain'/>\n"
	"      <size unit='M'>64</size>\n    </shmem>\n"
	"    <memballoon model='none'/>\n"
	"  </devices>\n"
	"  <qemu:commandline>\n    <qemu:arg value='-overcommit'/>\n  </qemu:commandline>\n"
	"</domain>\n";

static const char good_line[] =
	"#!/bin/sh\n# start it\nulimit -l 9437184\nMEM=8G\n"
	"qemu-system-x86_64 -name guest=win \\\n"
	"  -machine q35,accel=kvm -cpu 'host,topoext=off,hv-vpindex,hv-synic,hv-time,hv-stimer' "
	"\\\n"
	"  -smp 4,sockets=1,cores=2,threads=2 -m $MEM \\\n"
	"  -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \\\n"
	"  -drive if=pflash,format=raw,file=/srv/win_VARS_4M.fd \\\n"
	"  -object iothread,id=io0 -device pcie-root-port,id=rp1,chassis=1 \\\n"
	"  -blockdev "
	"driver=raw,node-name=d0,file.driver=file,file.filename=/srv/win.img,aio=native,"
	"cache.direct=on \\\n"
	"  -device virtio-blk-pci,drive=d0,iothread=io0 \\\n"
	"  -netdev user,id=n0 -device virtio-net-pci,netdev=n0,mac=52:54:00:12:34:56 \\\n"
	"  -device vfio-pci,host=01:00.0,bus=rp1,addr=00.0,multifunction=on \\\n"
	"  -device "
	"'{\"driver\":\"vfio-pci\",\"host\":\"0000:01:00.1\",\"bus\":\"rp1\",\"addr\":\"0.1\"}' "
	"\\\n"
	"  -device usb-host,vendorid=0x046d,productid=0x082d -display none\n";

/* ---- hosts ---- */

/* What must be so on the host for the good definitions: bound devices, pages. */
#define PAGES       "nr_hugepages = 0"
#define PAGES_THERE "nr_hugepages = 5000"

/* Guests that libvirt has on the host. */
#define NO_DOMAINS "domains =-\n"
#define DOMAINS    "domains :\n"
#define DOMAIN(name, address, state)                                                               \
	"| domain\t" name "\t/etc/libvirt/qemu/" name ".xml\n| pci\t0000:" address                 \
	"\tmanaged\n" state
#define AUTOSTART "| autostart\tyes\n"
#define RUNS      "| running\tyes\n"
#define RUNS_NOT  "| running\tno\n"

#define XML  good_xml
#define LINE good_line

#define MDEV                                                                                       \
	"    <hostdev type='mdev' model='vfio-pci'><source><address uuid='a-b'/></source>"         \
	"</hostdev>\n"

/* A disk on the host's 0X:00.0, with two name spaces. */
#define NVME_SPACE(bus, space)                                                                     \
	"    <disk type='nvme'><source type='pci' managed='yes' namespace='" space "'><address "   \
	"bus='" bus "' slot='0'/></source><target dev='vd" space "' bus='virtio'/></disk>\n"
#define NVME(bus) NVME_SPACE(bus, "2") NVME_SPACE(bus, "3")

#define USB_PORT(port)                                                                             \
	"    <hostdev type='usb'><source><address bus='1' port='" port "'/></source></hostdev>\n"

/* What is handed through to QEMU past libvirt. */
#define PASS(argument) "-overcommit'/><qemu:arg value='" argument
#define SET(name)      PASS("-set'/><qemu:arg value='device." name)
#define OVERRIDE(alias, name, value)                                                               \
	"  <qemu:override><qemu:device alias='" alias                                              \
	"'><qemu:frontend><qemu:property name='" name "' type='string' value='" value              \
	"'/></qemu:frontend></qemu:device>"                                                        \
	"</qemu:override>\n</domain>"

#define METADATA(id)                                                                               \
	"  <metadata><l:libosinfo xmlns:l='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"        \
	"<l:os id='http://" id "'/></l:libosinfo></metadata>\n"
#define SYSTEM(id) METADATA(id) "  <iothreads>"

#define NIC(inner)                                                                                 \
	"    <interface type='network'><mac address='52:54:00:12:34:56'/>"                         \
	"<source network='b'/><model type='virtio'/>" inner "</interface>\n    <shmem "

#define CELL(gib) "<numa><cell id='0' cpus='0-3' memory='" gib "' unit='GiB'/></numa>\n  </cpu>"

#define IOMMU(driver) "    <iommu model='intel'><driver " driver "/></iommu>\n    <shmem "

/* ---- nearly bad ---- */

/* Changes that look like what rules ask for, and are none of it: asked, and nothing is found. */
static const struct near {
	const char *id, *text, *from, *to;
	const char *host; /* NULL: guide-example */
} near[] = {
	{ "hostdev-duplicate", XML, "    <shmem ",
	  "    <hostdev type='usb'><source><vendor id='0x46d'/><product id='0xc31c'/>"
	  "</source></hostdev>\n    <shmem " },
	{ "hostdev-duplicate", XML, "    <shmem ", USB_PORT("2") USB_PORT("2.1") "    <shmem " },
	{ "hostdev-duplicate", XML, "    <shmem ", MDEV "    <shmem " },
	{ "hostdev-duplicate", LINE, "-display",
	  "-device usb-host,hostbus=1,hostport=2 -device usb-host,hostbus=1,hostport=3 "
	  "-display" },
	{ "hostdev-duplicate", LINE, "-display",
	  "-device usb-host,hostbus=1,hostport=2 -device usb-host,hostbus=1,hostaddr=2 "
	  "-display" },
	{ "hostdev-duplicate", LINE, "-display",
	  "-device usb-host,vendorid=0x046d,productid=0x082d -display" },
	{ "guest-bus-conventional", XML, "index='2' model='pcie-root-port'",
	  "index='2' model='pcie-to-pci-bridge'" },
	{ "guest-bus-conventional", LINE, "-display", "-device pci-bridge,id=rp9 -display" },
	{ "hidden-kvm", XML, "<topology",
	  "<feature policy='require' name='hypervisor'/>\n    <topology" },
	{ "hidden-kvm", LINE, "topoext=off", "kvm=on,hypervisor=on" },
	{ "hidden-kvm", XML, "<hyperv>", "<hyperv><vendor_id state='on' value='Microsoft Hv'/>" },
	{ "path-denied", XML, "-overcommit", "device.hostdev0.driver=vfio-pci-nohotplug" },
	{ "sockets-many", XML, "sockets='1' dies='1' cores='2' threads='2'",
	  "sockets='2' dies='1' cores='2' threads='1'" },
	{ "sockets-many", LINE, "sockets=1,cores=2,threads=2", "sockets=2,cores=2,threads=1" },
	{ "topoext-on-intel", LINE, "topoext=off", "topoext=on", "identical-gpus" },
	{ "hostdev-duplicate", XML, "    <shmem ", NVME("2") "    <shmem " },
	{ "functions-missing", XML, "    <shmem ", NVME("2") "    <shmem " },
	{ "firmware-mixed", LINE, "/srv/win_VARS_4M.fd", "/srv/OVMF_VARS.fd" },
	{ "cpu-replaced", XML, "'-overcommit'/>", "'-smp'/><qemu:arg value='4'/>" },
	{ "command-cut", LINE, "-display none\n", "-display none \\\n# -vga none\nwait\n" },
	{ "command-cut", LINE, "-display none\n", "-display none ;;\n-v) echo 1 ;;\n" },
	{ "command-cut", LINE, "-display none\n", "-display none\n\n-display tells where\n" },
	{ "x-vga-with-uefi", LINE, "host=01:00.0", "host=01:00.0,x-vga=off" },
	{ "disk-placed-twice", LINE, "-display",
	  "-drive id=d1,file=/srv/b.img,if=none -device virtio-blk-pci,drive=d1 -display" },
	{ "disk-placed-twice", LINE, "-display", "-drive id=d1,file=/srv/b.img -display" },
	{ "native-io-cache", LINE, "-display",
	  "-drive if=virtio,file=/srv/b.img,aio=native,cache.direct=on -display" },
	{ "pin-incomplete", XML, "'static'>4", "'static' current='4'>5" },
	{ "pin-shared", XML, "vcpu='3' cpuset='8'", "vcpu='3' cpuset='2,8'" },
	{ "pin-shared", XML, "vcpu='3' cpuset='8'", "vcpu='4' cpuset='2'" },
	{ "name-missing", LINE, "-display", "-device virtio-scsi-pci,iothread=io0 -display" },
	{ "name-missing", LINE, "-display", "-device virtio-scsi-pci,iothread=$IO -display" },
	{ "name-missing", LINE, "-display",
	  "-audio none,id=a -device intel-hda -device hda-duplex,audiodev=a -display" },
	{ "option-removed", LINE, "-display", "-usbdevice tablet -display" },
	{ "qemu-unread", XML, "</domain>", OVERRIDE("hostdev0", "x", "y") },
	{ "set-device", XML, "</qemu:commandline>",
	  "<qemu:arg value='-set'/><qemu:arg value='device.hostdev0.x=1'/></qemu:commandline>"
	  "<qemu:capabilities><qemu:del capability='device.json'/></qemu:capabilities>" },
	{ "alias-missing", XML, "</domain>", OVERRIDE("hostdev2", "x", "y") },
	{ "alias-missing", XML, "</domain>", OVERRIDE("sata0-0-0", "x", "y") },
	{ "path-denied", XML, "</domain>", OVERRIDE("hostdev0", "x", "y") },
	{ "x-vga-with-uefi", XML, "</domain>", OVERRIDE("hostdev0", "x-vga", "off") },
	{ "port-slot", LINE, "addr=00.0", "addr=0" },
	{ "port-slot", XML, "    <shmem ",
	  "    <rng model='virtio'><address type='pci' bus='0x00' slot='0x05'/></rng>\n    "
	  "<shmem " },
	{ "port-chassis", LINE, "-display",
	  "-device pcie-root-port,id=rp9,chassis=1,slot=1 -display" },
	{ "address-conflict", LINE, "-display",
	  "-device pcie-root-port,id=rp9,chassis=9 -device virtio-rng-pci,bus=rp9 "
	  "-display" },
	{ "function-zero-missing", LINE, "bus=rp1,addr=00.0,", "bus=rp1," },
	{ "guest-iommu", XML, "    <shmem ", IOMMU("caching_mode='on'") },
	{ "guest-iommu", LINE, "-display", "-device intel-iommu,caching-mode=on -display" },
	{ "secure-boot-smm", XML,
	  "  <os>\n    <type arch='x86_64' machine='q35'>hvm</type>\n    <loader ",
	  "  <features><smm state='on'/></features>\n  <os>\n    <loader secure='yes' " },
	{ "tpm-missing", XML, "  <iothreads>",
	  "  <devices><tpm model='tpm-crb'/></devices>\n" SYSTEM("microsoft.com/win/11") },
	{ "hyperv-missing", XML, "  <iothreads>", SYSTEM("microsoft.com/win/10") },
	{ "pin-vcpu-missing", XML, NULL, NULL },
	{ "memory-cells", XML, "  </cpu>", CELL("8") },
	{ "cache-unsafe", XML, "device='cdrom'>",
	  "device='cdrom'>\n      <driver name='qemu' cache='unsafe'/>" },
	{ "mac-duplicate", XML, "    <shmem ", NIC("<teaming type='persistent'/>") },
	{ "pin-iothread-missing", XML, NULL, NULL },
	{ "hostdev-unmanaged", LINE, "# start it", "# driver_override" },
	{ "memlock", LINE, "ulimit -l 9437184", "ulimit -l unlimited" },
};
