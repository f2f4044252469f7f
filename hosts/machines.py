"""The bundled hosts: what is known of five kinds of machine, as tables.

Ids, classes, topologies and groups are those of such machines as they are sold; nobody's machine
was copied. host_maker.py derives everything else. Sizes are bytes, groups the kernel's numbers.
"""

from host_boot import put_arch, put_debian, put_ubuntu
from host_maker import Machine, topology_xml

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# Debian 12's kernel
DEBIAN_CONFIG = ["CONFIG_AMD_IOMMU=y", "CONFIG_INTEL_IOMMU=y",
                 "# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set",
                 "CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y",
                 "# CONFIG_INTEL_IOMMU_DEFAULT_OFF is not set",
                 "# CONFIG_IOMMUFD is not set", "CONFIG_IRQ_REMAP=y",
                 "CONFIG_VFIO_PCI=m", "# CONFIG_VFIO_NOIOMMU is not set"]

REMAPPED = ["            CPU0       CPU1",
            "   1:         12          0  IR-IO-APIC    1-edge      i8042",
            " 120:          0          0  DMAR-MSI    0-edge      dmar0",
            " 128:     140512          0  IR-PCI-MSI-0000:00:14.0    0-edge      xhci_hcd"]
NOT_REMAPPED = ["            CPU0", "   1:          9   IO-APIC   1-edge      i8042",
                "  24:      40211   PCI-MSI-0000:01:00.0   0-edge      virtio0-config"]

HUB, KEYBOARD, MOUSE = ("09:00:00", "hub", None), ("03:01:01", "usbhid", "keyboard"), ("03:01:02", "usbhid", "mouse")
VENDOR_HID = ("03:00:00", "usbhid", None)
BLUETOOTH = ("e0:01:01", "btusb", None)
STORAGE = ("08:06:50", "usb-storage", None)
CAMERA = ("0e:01:00", "uvcvideo", None)

PORT = {"type": "root-port", "driver": "pcieport", "reset": "pm"}
SWITCH_UP = {"type": "upstream", "driver": "pcieport", "reset": "pm"}
SWITCH_DOWN = {"type": "downstream", "driver": "pcieport", "reset": "pm"}


def guide_example():
    """The machine of the original guide: GTX 1060 at 01:00.0, USB controller 8086:a36d."""
    m = Machine("guide-example", [
        "The example machine of the original guide: an Intel desktop (Core i7-8700, Z390) with a",
        "GeForce GTX 1060 6GB at 01:00.0 and 01:00.1, and its USB controller at 00:14.0.",
        "Written from facts by hosts/make-hosts; no real machine was recorded."])
    asus = {"subsystem": "1043:8694"}
    m.function("00:00.0", "8086:3ec2", "060000", "skl_uncore", 0, revision=0x0A, unit="dmar1", **asus)
    m.function("00:01.0", "8086:1901", "060400", group=1, below="01", revision=0x0A, unit="dmar1", **PORT)
    m.function("00:02.0", "8086:3e92", "030000", "i915", 2, type="integrated", boot_vga=True,
               reset="flr pm", bars=[(16 * MIB, "mem64"), (256 * MIB, "pref64"), (64, "io")],
               unit="dmar0", **asus)
    m.function("00:12.0", "8086:a379", "118000", "intel_pch_thermal", 3, revision=0x10,
               bars=[(4 * KIB, "mem64")], unit="dmar1", **asus)
    m.function("00:14.0", "8086:a36d", "0c0330", "xhci_hcd", 4, revision=0x10,
               bars=[(64 * KIB, "mem64")], unit="dmar1", **asus)
    m.function("00:14.2", "8086:a36f", "050000", None, 4, revision=0x10,
               bars=[(8 * KIB, "mem64"), (4 * KIB, "mem64")], unit="dmar1", **asus)
    m.function("00:16.0", "8086:a360", "078000", "mei_me", 5, revision=0x10, multifunction=True,
               bars=[(4 * KIB, "mem64")], unit="dmar1", **asus)
    m.function("00:17.0", "8086:a352", "010601", "ahci", 6, revision=0x10,
               bars=[(8 * KIB, "mem"), (256, "mem"), (8, "io")], unit="dmar1", **asus)
    m.function("00:1b.0", "8086:a340", "060400", group=7, below="02", acs=True, revision=0xF0,
               multifunction=True, unit="dmar1", link=(3, 4), **PORT)
    m.function("00:1c.0", "8086:a338", "060400", group=8, below="03", acs=True, revision=0xF0,
               multifunction=True, unit="dmar1", link=(3, 1), **PORT)
    m.function("00:1f.0", "8086:a305", "060100", None, 9, revision=0x10, unit="dmar1", pm=False, **asus)
    m.function("00:1f.3", "8086:a348", "040300", "snd_hda_intel", 9, revision=0x10,
               bars=[(16 * KIB, "mem64"), (1 * MIB, "mem64")], unit="dmar1", **asus)
    m.function("00:1f.4", "8086:a323", "0c0500", "i801_smbus", 9, revision=0x10, pm=False,
               bars=[(256, "mem64")], unit="dmar1", **asus)
    m.function("00:1f.5", "8086:a324", "0c8000", "intel-spi", 9, revision=0x10, pm=False,
               bars=[(4 * KIB, "mem")], unit="dmar1", **asus)
    m.function("00:1f.6", "8086:15bc", "020000", "e1000e", 9, revision=0x10,
               bars=[(128 * KIB, "mem")], unit="dmar1", **asus)
    m.function("01:00.0", "10de:1c03", "030000", "nvidia", 1, type="legacy", revision=0xA1,
               subsystem="1043:85ac", boot_vga=False, reset="bus", unit="dmar1",
               bars=[(16 * MIB, "mem"), (256 * MIB, "pref64"), (32 * MIB, "pref64"), (128, "io")])
    m.function("01:00.1", "10de:10f1", "040300", "snd_hda_intel", 1, type="endpoint", revision=0xA1,
               subsystem="1043:85ac", reset="bus", unit="dmar1", bars=[(16 * KIB, "mem")])
    m.function("02:00.0", "144d:a808", "010802", "nvme", 10, type="endpoint", link=(3, 4),
               subsystem="144d:a801", reset="flr bus", unit="dmar1", bars=[(16 * KIB, "mem64")])
    m.function("03:00.0", "1b21:2142", "0c0330", "xhci_hcd", 11, type="legacy", link=(3, 1),
               subsystem="1043:8756", reset="pm bus", unit="dmar1", bars=[(32 * KIB, "mem64")])

    m.intel_units(2, "identity")
    m.usb("00:14.0", [(1, 480, 16), (2, 10000, 8)], [
        ("1-1", 2, "046d:c31c", 1.5, "Logitech", "USB Keyboard", [KEYBOARD, ("03:00:00", "usbhid", None)]),
        ("1-3", 3, "046d:c52b", 12, "Logitech", "USB Receiver", [KEYBOARD, MOUSE, VENDOR_HID]),
        ("1-9", 4, "046d:082d", 480, None, "HD Pro Webcam C920", [CAMERA]),
        ("1-14", 5, "8087:0aaa", 12, None, None, [BLUETOOTH]),
    ])
    m.usb("03:00.0", [(3, 480, 2), (4, 10000, 2)], [])
    m.child("00:02.0", "drm", "card0")
    m.child("00:02.0", "drm", "card0-HDMI-A-1", below="drm/card0", status="connected")
    m.child("00:02.0", "drm", "renderD128")
    m.child("00:02.0", "graphics", "fb0", name="i915drmfb")
    m.child("01:00.0", "drm", "card1")
    m.child("01:00.0", "drm", "card1-DP-1", below="drm/card1", status="disconnected")
    m.child("01:00.0", "drm", "renderD129")
    m.child("00:1f.3", "sound", "card0", id="PCH")
    m.child("01:00.1", "sound", "card1", id="NVidia")
    m.child("00:1f.6", "net", "eno1", operstate="up")
    m.disk("02:00.0", "nvme0n1", "259:0", "Samsung SSD 970 EVO 500GB",
           [("nvme0n1p1", "259:1"), ("nvme0n1p2", "259:2"), ("nvme0n1p3", "259:3")], "nvme/nvme0")
    m.disk("00:17.0", "sda", "8:0", "WDC WD20EZRZ-00Z", [("sda1", "8:1")],
           "ata1/host0/target0:0:0/0:0:0:0/block")
    m.put_class("vtconsole", "vtcon1", "/sys/devices/virtual/vtconsole/vtcon1", bind=1,
                name="(M) frame buffer device")
    m.system(
        cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/nvme0n1p2 ro quiet intel_iommu=on iommu=pt",
        release="6.1.0-18-amd64", config=DEBIAN_CONFIG, cpu_vendor="GenuineIntel",
        cpu_model="Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz",
        cpu_flags="fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge lm pdpe1gb vmx smx est ept vpid",
        cpuid=["vmx"], bits=39, interrupts=REMAPPED, memory_kib=32775324, efi=True, secure_boot=0,
        dmi={"sys_vendor": "System manufacturer", "board_name": "PRIME Z390-A",
             "bios_version": "2004", "bios_date": "11/02/2021"},
        mounts=[("259:2", "/", "ext4", "/dev/nvme0n1p2"), ("259:1", "/boot/efi", "vfat", "/dev/nvme0n1p1"),
                ("8:1", "/srv", "ext4", "/dev/sda1")],
        swaps=[("/dev/nvme0n1p3", 999420)], route="eno1",
        modules=["i915", "nvidia", "kvm_intel", "xhci_hcd"],
        log=["DMAR: IOMMU enabled", "DMAR: Host address width 39",
             "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 1c0000c40660462 ecap 19e2ff0505e",
             "DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap f050da",
             "DMAR-IR: Enabled IRQ remapping in x2apic mode",
             "iommu: Default domain type: Passthrough (set via kernel command line)",
             "DMAR: Intel(R) Virtualization Technology for Directed I/O"],
        topology=topology_xml(1, 6, lambda _, core: [core, core + 6], 32 * GIB))
    put_debian(m, "6.1.0-18-amd64", "quiet intel_iommu=on iommu=pt", guests=True)
    return m


def laptop():
    """A laptop with no other display than its processor's, which the kernel leaves out."""
    m = Machine("laptop-one-gpu", [
        "A laptop with one GPU (Core i7-8550U, UHD 620). Debian's kernel switches the IOMMU on by",
        "itself but leaves the integrated GPU out, which therefore has no group.",
        "Written from facts by hosts/make-hosts; no real machine was recorded."])
    board = {"subsystem": "17aa:225d"}
    unit = {"unit": "dmar1"}
    m.function("00:00.0", "8086:5914", "060000", "skl_uncore", 0, revision=0x08, **board, **unit)
    m.function("00:02.0", "8086:5917", "030000", "i915", None, type="integrated", revision=0x07,
               boot_vga=True, reset="flr pm", bars=[(16 * MIB, "mem64"), (256 * MIB, "pref64"), (64, "io")],
               **board)
    m.function("00:14.0", "8086:9d2f", "0c0330", "xhci_hcd", 1, revision=0x21,
               bars=[(64 * KIB, "mem64")], **board, **unit)
    m.function("00:14.2", "8086:9d31", "118000", "intel_pch_thermal", 1, revision=0x21,
               bars=[(4 * KIB, "mem64")], **board, **unit)
    m.function("00:16.0", "8086:9d3a", "078000", "mei_me", 2, revision=0x21, multifunction=True,
               bars=[(4 * KIB, "mem64")], **board, **unit)
    # Sunrise Point: the port's ACS control word lies behind the capability, where lspci does not look.
    m.function("00:1c.0", "8086:9d10", "060400", group=3, below="01", revision=0xF1, link=(2, 1),
               multifunction=True, spt_acs=True, **PORT, **unit)
    m.function("00:1d.0", "8086:9d18", "060400", group=4, below="02", revision=0xF1, link=(3, 4),
               multifunction=True, spt_acs=True, **PORT, **unit)
    m.function("00:1f.0", "8086:9d4e", "060100", None, 5, revision=0x21, pm=False, **board, **unit)
    m.function("00:1f.2", "8086:9d21", "058000", None, 5, revision=0x21, pm=False,
               bars=[(16 * KIB, "mem")], **board, **unit)
    m.function("00:1f.3", "8086:9d71", "040300", "snd_hda_intel", 5, revision=0x21,
               bars=[(16 * KIB, "mem64"), (64 * KIB, "mem64")], **board, **unit)
    m.function("00:1f.4", "8086:9d23", "0c0500", "i801_smbus", 5, revision=0x21, pm=False,
               bars=[(256, "mem64")], **board, **unit)
    m.function("01:00.0", "8086:24fd", "028000", "iwlwifi", 6, type="endpoint", revision=0x78,
               subsystem="8086:1130", reset="flr bus", link=(1, 1), bars=[(8 * KIB, "mem64")], **unit)
    m.function("02:00.0", "144d:a804", "010802", "nvme", 7, type="endpoint", subsystem="144d:a801",
               reset="flr bus", link=(3, 4), bars=[(16 * KIB, "mem64")], **unit)
    m.intel_units(2, "DMA-FQ")
    m.usb("00:14.0", [(1, 480, 12), (2, 5000, 6)], [
        ("1-7", 2, "8087:0a2b", 12, None, None, [BLUETOOTH]),
        ("1-8", 3, "04f2:b604", 480, "Chicony", "Integrated Camera", [CAMERA]),
    ])
    m.put_class("input", "input0", "/sys/devices/platform/i8042/serio0/input/input0",
                name="AT Translated Set 2 keyboard")
    m.tree.line("/sys/devices/platform/i8042/serio0/input/input0/capabilities/ev", "120013")
    m.tree.line("/sys/devices/platform/i8042/serio0/input/input0/capabilities/key",
                "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe")
    m.child("00:02.0", "drm", "card0")
    m.child("00:02.0", "drm", "card0-eDP-1", below="drm/card0", status="connected")
    m.child("00:1f.3", "sound", "card0", id="PCH")
    m.child("01:00.0", "net", "wlp1s0", operstate="up")
    m.disk("02:00.0", "nvme0n1", "259:0", "SAMSUNG MZVLW512HMJP",
           [("nvme0n1p1", "259:1"), ("nvme0n1p2", "259:2")], "nvme/nvme0")
    m.system(
        cmdline="BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/nvme0n1p2 ro quiet",
        release="6.1.0-18-amd64", config=DEBIAN_CONFIG, cpu_vendor="GenuineIntel",
        cpu_model="Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz",
        cpu_flags="fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge lm pdpe1gb vmx est ept vpid",
        cpuid=["vmx"], bits=39, interrupts=REMAPPED, memory_kib=16283544, efi=True, secure_boot=1,
        dmi={"sys_vendor": "LENOVO", "product_name": "20L5", "bios_version": "N24ET76W", "bios_date": "02/28/2024"},
        mounts=[("259:2", "/", "ext4", "/dev/nvme0n1p2"), ("259:1", "/boot/efi", "vfat", "/dev/nvme0n1p1")],
        route="wlp1s0", modules=["i915", "kvm_intel", "xhci_hcd"],
        log=["DMAR: Host address width 39", "DMAR: Disable GFX device mapping",
             "DMAR-IR: Enabled IRQ remapping in x2apic mode", "iommu: Default domain type: Translated",
             "DMAR: Intel(R) Virtualization Technology for Directed I/O"],
        topology=topology_xml(1, 4, lambda _, core: [core, core + 4], 16 * GIB))
    put_debian(m, "6.1.0-18-amd64", "quiet", guests=False)
    return m


def identical_gpus():
    """Two cards with the same ids: what ids= in modprobe.d cannot tell apart."""
    m = Machine("identical-gpus", [
        "An AMD desktop (Ryzen 9 5950X, X570) with two identical GeForce RTX 3070, the second one",
        "on vfio-pci by driver_override.",
        "Written from facts by hosts/make-hosts; no real machine was recorded."])
    board = {"subsystem": "1458:5001"}
    unit = {"unit": "ivhd0"}
    m.function("00:00.0", "1022:1480", "060000", None, 0, pm=False, **board, **unit)
    m.function("00:00.2", "1022:1481", "080600", None, None, pm=False, **board)
    group = 1
    for slot, ports in (("01", ["01.1 01", "01.2 02-09"]), ("02", []), ("03", ["03.1 0a", "03.2 0b"]),
                        ("04", []), ("05", []), ("07", ["07.1 0c"]), ("08", ["08.1 0d"])):
        m.function(f"00:{slot}.0", "1022:1482", "060000", None, group, pm=False, **unit)
        group += 1
        for port in ports:
            address, below = port.split()
            ids = "1022:1484" if slot in ("07", "08") else "1022:1483"
            m.function(f"00:{address}", ids, "060400", group=group, below=below, acs=True,
                       link=(4, 16 if slot == "03" else 4), **PORT, **unit)
            group += 1
    m.function("00:14.0", "1022:790b", "0c0500", "piix4_smbus", group, revision=0x61, pm=False, **board, **unit)
    m.function("00:14.3", "1022:790e", "060100", None, group, revision=0x51, pm=False, **board, **unit)
    for function in range(8):
        m.function(f"00:18.{function}", f"1022:144{function}", "060000",
                   "k10temp" if function == 3 else None, group + 1, pm=False, **unit)
    group += 2
    m.function("01:00.0", "144d:a80a", "010802", "nvme", group, type="endpoint", link=(4, 4),
               subsystem="144d:a801", reset="flr bus", bars=[(16 * KIB, "mem64")], **unit)
    m.function("02:00.0", "1022:57ad", "060400", group=group + 1, below="03-09", link=(4, 4), **SWITCH_UP, **unit)
    m.function("03:05.0", "1022:57a3", "060400", group=group + 2, below="05", acs=True, link=(4, 1), **SWITCH_DOWN, **unit)
    m.function("03:08.0", "1022:57a4", "060400", group=group + 3, below="07", link=(4, 16), **SWITCH_DOWN, **unit)
    m.function("03:09.0", "1022:57a4", "060400", group=group + 4, below="08", link=(4, 16), **SWITCH_DOWN, **unit)
    m.function("05:00.0", "8086:1539", "020000", "igb", group + 5, type="endpoint", link=(1, 1), revision=3,
               subsystem="1458:e000", reset="flr bus", bars=[(128 * KIB, "mem")], **unit)
    # Ports without ACS: what is below them is in their group.
    m.function("07:00.0", "1022:1485", "130000", None, group + 3, type="endpoint", reset="bus", **board, **unit)
    m.function("07:00.1", "1022:149c", "0c0330", "xhci_hcd", group + 3, type="endpoint", reset="bus",
               bars=[(1 * MIB, "mem64")], **board, **unit)
    m.function("07:00.3", "1022:149c", "0c0330", "xhci_hcd", group + 3, type="endpoint", reset="bus",
               bars=[(1 * MIB, "mem64")], **board, **unit)
    m.function("08:00.0", "1022:7901", "010601", "ahci", group + 4, type="endpoint", revision=0x51,
               reset="pm bus", bars=[(2 * KIB, "mem")], **board, **unit)
    for bus, driver, boot, sound in (("0a", "nvidia", True, "snd_hda_intel"), ("0b", "vfio-pci", False, "vfio-pci")):
        number = group + (6 if boot else 7)
        m.function(f"{bus}:00.0", "10de:2484", "030000", driver, number, type="legacy", revision=0xA1,
                   subsystem="1043:87b8", boot_vga=boot, reset="bus", link=(4, 8), **unit,
                   bars=[(16 * MIB, "mem"), (256 * MIB, "pref64"), (32 * MIB, "pref64"), (128, "io")])
        m.function(f"{bus}:00.1", "10de:228b", "040300", sound, number, type="endpoint", revision=0xA1,
                   subsystem="1043:87b8", reset="bus", link=(4, 8), bars=[(16 * KIB, "mem")], **unit)
    m.function("0c:00.0", "1022:148a", "130000", None, group + 8, type="endpoint", reset="bus", **board, **unit)
    for n, (function, ids, code, driver) in enumerate((
            (0, "1022:1485", "130000", None), (1, "1022:1486", "108000", "ccp"),
            (3, "1022:149c", "0c0330", "xhci_hcd"), (4, "1022:1487", "040300", "snd_hda_intel"))):
        m.function(f"0d:00.{function}", ids, code, driver, group + 9 + n, type="endpoint", acs=(0, 0),
                   reset="pm" if function else "", bars=[(1 * MIB, "mem64")], **board, **unit)
    m.amd_units(1, "DMA-FQ")
    m.usb("07:00.1", [(1, 480, 6), (2, 10000, 4)], [
        ("1-2", 2, "1532:0084", 12, "Razer", "Razer DeathAdder V2", [MOUSE, KEYBOARD])])
    m.usb("07:00.3", [(3, 480, 6), (4, 10000, 4)], [
        ("3-1", 2, "05e3:0610", 480, "GenesysLogic", "USB2.1 Hub", [HUB]),
        ("3-1.2", 3, "04d9:0169", 12, None, "USB Keyboard", [KEYBOARD])])
    m.usb("0d:00.3", [(5, 480, 4), (6, 10000, 4)], [
        ("5-1", 2, "0781:5581", 480, "SanDisk", "Ultra", [STORAGE])])
    m.child("0a:00.0", "drm", "card0")
    m.child("0a:00.0", "drm", "card0-DP-1", below="drm/card0", status="connected")
    m.child("0a:00.0", "drm", "renderD128")
    m.child("0a:00.1", "sound", "card0", id="NVidia")
    m.child("0d:00.4", "sound", "card1", id="Generic")
    m.child("05:00.0", "net", "enp5s0", operstate="up")
    m.disk("01:00.0", "nvme0n1", "259:0", "Samsung SSD 980 PRO 1TB",
           [("nvme0n1p1", "259:1"), ("nvme0n1p2", "259:2")], "nvme/nvme0")
    m.system(
        cmdline="root=/dev/nvme0n1p2 rw quiet initrd=\\initramfs-linux.img",
        release="6.12.9-arch1-1", config=["CONFIG_AMD_IOMMU=y", "CONFIG_INTEL_IOMMU=y",
                                          "CONFIG_INTEL_IOMMU_DEFAULT_ON=y", "CONFIG_IOMMUFD=m", "CONFIG_IRQ_REMAP=y",
                                          "CONFIG_VFIO_DEVICE_CDEV=y", "CONFIG_VFIO_PCI=m"],
        cpu_vendor="AuthenticAMD", cpu_model="AMD Ryzen 9 5950X 16-Core Processor",
        cpu_flags="fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge lm pdpe1gb svm npt avic",
        cpuid=["svm"], bits=48, interrupts=REMAPPED, memory_kib=65756352, efi=True, secure_boot=0,
        dmi={"sys_vendor": "Gigabyte Technology Co., Ltd.", "product_name": "X570 AORUS MASTER",
             "board_name": "X570 AORUS MASTER", "bios_version": "F36", "bios_date": "03/18/2022"},
        mounts=[("259:2", "/", "ext4", "/dev/nvme0n1p2"), ("259:1", "/boot", "vfat", "/dev/nvme0n1p1")],
        route="enp5s0", modules=["nvidia", "vfio_pci", "kvm_amd", "xhci_hcd"],
        log=["AMD-Vi: Using global IVHD EFR:0x58f77ef22294a5a, EFR2:0x0", "AMD-Vi: Interrupt remapping enabled",
             "iommu: Default domain type: Translated", "VFIO - User Level meta-driver version: 0.3"],
        topology=topology_xml(1, 16, lambda _, core: [core, core + 16], 64 * GIB))
    m.put_guest(
        ["domain\twin11\t/etc/libvirt/qemu/win11.xml", "memory\t17179869184", "vcpus\t16", "machine\tpc-q35-9.2",
         "efi\tyes", "tpm\tyes", "xhci\tyes", "usb-controller\tyes", "network\tdefault",
         "pci\t0000:0b:00.0\tmanaged\tat=04:00.0\tmulti", "pci\t0000:0b:00.1\tmanaged\tat=04:00.1", "running\tno"],
        nodes=["c 0600 0 0 /dev/vfio/36", "- 0600 0 0 /run/libvirt/network/default.xml"])
    put_arch(m, "root=/dev/nvme0n1p2 rw quiet")
    return m


def gpu_server():
    """Two sockets, four PCIe switches, eight GPUs."""
    m = Machine("gpu-server", [
        "A server with two EPYC 7763 and eight A100 (80 GB), two to a PCIe switch with a network card",
        "and an NVMe disk each.",
        "Written from facts by hosts/make-hosts; no real machine was recorded."])
    group = 0
    for switch in range(4):
        node, bus = switch // 2, switch * 0x40
        unit = {"unit": f"ivhd{switch}", "numa": node}
        m.function(f"{bus:02x}:00.0", "1022:1480", "060000", None, group, pm=False, **unit)
        m.function(f"{bus:02x}:01.0", "1022:1482", "060000", None, group + 1, pm=False, **unit)
        m.function(f"{bus:02x}:01.1", "1022:1483", "060400", group=group + 2, below=f"{bus + 1:02x}-{bus + 8:02x}",
                   acs=True, link=(4, 16), **PORT, **unit)
        m.function(f"{bus + 1:02x}:00.0", "1000:c010", "060400", group=group + 3, below=f"{bus + 2:02x}-{bus + 8:02x}",
                   revision=0xB0, link=(4, 16), **SWITCH_UP, **unit)
        group += 4
        for slot, (ids, code, driver, subsystem, bars) in enumerate((
                ("10de:20b2", "030200", "nvidia", "10de:147f", [(16 * MIB, "mem"), (128 * GIB, "pref64"), (32 * MIB, "pref64")]),
                ("10de:20b2", "030200", "nvidia", "10de:147f", [(16 * MIB, "mem"), (128 * GIB, "pref64"), (32 * MIB, "pref64")]),
                ("15b3:101b", "020700", "mlx5_core", "15b3:0008", [(32 * MIB, "pref64")]),
                ("144d:a824", "010802", "nvme", "144d:a801", [(32 * KIB, "mem64")]))):
            below = bus + 3 + slot
            m.function(f"{bus + 2:02x}:{slot * 4:02x}.0", "1000:c010", "060400", group=group, below=f"{below:02x}",
                       revision=0xB0, acs=True, link=(4, 16), **SWITCH_DOWN, **unit)
            m.function(f"{below:02x}:00.0", ids, code, driver, group + 1, type="endpoint", subsystem=subsystem,
                       revision=0xA1 if driver == "nvidia" else 0, reset="flr bus", link=(4, 4 if driver == "nvme" else 16),
                       bars=bars, **unit)
            group += 2
        m.disk(f"{bus + 6:02x}:00.0", f"nvme{switch}n1", f"259:{switch * 4}", "SAMSUNG MZWLR3T8HBLS",
               [(f"nvme{switch}n1p1", f"259:{switch * 4 + 1}")], f"nvme/nvme{switch}")
    unit = {"unit": "ivhd0", "numa": 0}
    m.function("00:02.0", "1022:1482", "060000", None, group, pm=False, **unit)
    m.function("00:02.1", "1022:1483", "060400", group=group + 1, below="10", acs=True, link=(3, 4), **PORT, **unit)
    m.function("00:03.0", "1022:1482", "060000", None, group + 2, pm=False, **unit)
    m.function("00:03.1", "1022:1483", "060400", group=group + 3, below="12", acs=True, link=(2, 1), **PORT, **unit)
    m.function("10:00.0", "8086:1563", "020000", "ixgbe", group + 4, type="endpoint", link=(3, 4), revision=1,
               subsystem="8086:0001", reset="flr bus", acs=(0, 0), bars=[(4 * MIB, "pref64")], **unit)
    m.function("10:00.1", "8086:1563", "020000", "ixgbe", group + 5, type="endpoint", link=(3, 4), revision=1,
               subsystem="8086:0001", reset="flr bus", acs=(0, 0), bars=[(4 * MIB, "pref64")], **unit)
    # The BMC's display is conventional PCI behind a bridge: one requester.
    m.function("12:00.0", "1a03:1150", "060400", None, group + 6, type="pcie-to-pci", below="13", revision=4, link=(2, 1), **unit)
    m.function("13:00.0", "1a03:2000", "030000", "ast", group + 6, revision=0x41, boot_vga=True,
               subsystem="1a03:2000", bars=[(16 * MIB, "mem"), (128 * KIB, "mem"), (128, "io")], **unit)
    m.amd_units(4, "identity")
    m.child("13:00.0", "drm", "card0")
    m.child("13:00.0", "drm", "card0-VGA-1", below="drm/card0", status="connected")
    m.child("10:00.0", "net", "eno1", operstate="up")
    m.child("10:00.1", "net", "eno2", operstate="down")
    flags = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge lm pdpe1gb svm npt avic"
    m.system(
        cmdline="BOOT_IMAGE=/vmlinuz-5.15.0-91-generic root=/dev/nvme0n1p1 ro iommu=pt",
        release="5.15.0-91-generic", config=["CONFIG_AMD_IOMMU=y", "CONFIG_INTEL_IOMMU=y",
                                             "# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set",
                                             "CONFIG_IRQ_REMAP=y", "CONFIG_VFIO_PCI=y"],
        cpu_vendor="AuthenticAMD", cpu_model="AMD EPYC 7763 64-Core Processor", cpu_flags=flags,
        cpuid=["svm"], bits=48, interrupts=REMAPPED, memory_kib=1056754688, efi=True, secure_boot=0,
        dmi={"sys_vendor": "Supermicro", "product_name": "AS -4124GO-NART", "bios_version": "2.4", "bios_date": "04/14/2022"},
        mounts=[("259:1", "/", "ext4", "/dev/nvme0n1p1")], route="eno1",
        modules=["nvidia", "kvm_amd", "mlx5_core"],
        log=["AMD-Vi: Interrupt remapping enabled",
             "iommu: Default domain type: Passthrough (set via kernel command line)"],
        topology=topology_xml(2, 64, lambda package, core: [package * 64 + core, package * 64 + core + 128], 1024 * GIB))
    put_ubuntu(m, "5.15.0-91-generic", "iommu=pt", guests=True)
    return m


def virtual_machine():
    """A guest of QEMU without a virtual IOMMU, in which nothing can be passed on."""
    m = Machine("vm-without-iommu", [
        "A virtual machine (QEMU, q35) without an IOMMU and without nested virtualisation.",
        "Written from facts by hosts/make-hosts; no real machine was recorded."])
    red_hat = {"subsystem": "1af4:1100"}
    m.function("00:00.0", "8086:29c0", "060000", None, pm=False, **red_hat)
    m.function("00:01.0", "1234:1111", "030000", "bochs-drm", boot_vga=True, revision=2, pm=False,
               bars=[(16 * MIB, "mem"), (4 * KIB, "mem")], **red_hat)
    for function in range(3):
        m.function(f"00:02.{function}", "1b36:000c", "060400", below=f"{function + 1:02x}", acs=(0x1D, 0),
                   link=(4, 32), bars=[(4 * KIB, "mem")], **PORT)
    m.function("00:1f.0", "8086:2918", "060100", "lpc_ich", revision=2, pm=False, **red_hat)
    m.function("00:1f.2", "8086:2922", "010601", "ahci", revision=2, bars=[(4 * KIB, "mem")], **red_hat)
    m.function("00:1f.3", "8086:2930", "0c0500", "i801_smbus", revision=2, pm=False, **red_hat)
    m.function("01:00.0", "1af4:1041", "020000", "virtio-pci", type="endpoint", revision=1, link=(1, 1),
               reset="pm bus", bars=[(16 * KIB, "pref64")], **red_hat)
    m.function("02:00.0", "1b36:000d", "0c0330", "xhci_hcd", type="endpoint", revision=1, link=(1, 1),
               reset="bus", bars=[(16 * KIB, "mem64")], **red_hat)
    m.function("03:00.0", "1af4:1042", "010000", "virtio-pci", type="endpoint", revision=1, link=(1, 1),
               reset="pm bus", bars=[(16 * KIB, "pref64")], **red_hat)
    m.tree.directory("/sys/class/iommu")
    m.tree.data("/sys/firmware/acpi/tables/APIC", b"APIC" + bytes(68))
    m.usb("02:00.0", [(1, 480, 15), (2, 5000, 15)], [
        ("1-1", 2, "0627:0001", 480, "QEMU", "QEMU USB Tablet", [("03:00:00", "usbhid", "mouse")])])
    m.child("00:01.0", "drm", "card0")
    m.child("00:01.0", "drm", "card0-Virtual-1", below="drm/card0", status="connected")
    m.child("01:00.0", "net", "enp1s0", below="virtio0/net", operstate="up")
    m.disk("03:00.0", "vda", "254:0", "", [("vda1", "254:1")], "virtio1/block")
    m.system(
        cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/vda1 ro quiet",
        release="6.1.0-18-amd64", config=DEBIAN_CONFIG, cpu_vendor="GenuineIntel",
        cpu_model="Intel Core Processor (Skylake, IBRS)",
        cpu_flags="fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge lm hypervisor",
        cpuid=["hypervisor"], bits=40, interrupts=NOT_REMAPPED, memory_kib=4015248, efi=False,
        dmi={"sys_vendor": "QEMU", "product_name": "Standard PC (Q35 + ICH9, 2009)",
             "bios_version": "1.16.2-debian-1.16.2-1", "bios_date": "04/01/2014"},
        mounts=[("254:1", "/", "ext4", "/dev/vda1")], route="enp1s0", modules=["xhci_hcd"],
        log=["iommu: Default domain type: Translated"],
        topology=topology_xml(1, 2, lambda _, core: [core], 4 * GIB))
    put_debian(m, "6.1.0-18-amd64", "quiet", guests=False)
    return m


MACHINES = (guide_example, laptop, identical_gpus, gpu_server, virtual_machine)
