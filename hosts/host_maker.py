"""Facts about a machine → the recording that `vfiokit record` would make of it.

A machine is built up from rows (functions, USB devices, disks …) into a tree of files, links and
bytes as the kernel shows them, and written in the format of src/base/recording.h. Everything that
follows from the rows is derived here: config space with its capabilities, links, groups, drivers.
"""

import re
import struct

WIDTH = 96

# Bits of ACS: what PCIe ports of today implement, and what Linux switches on of it.
ACS_CAP = 0x5F
ACS_CTRL = 0x1D

PORT_TYPES = {"endpoint": 0, "legacy": 1, "root-port": 4, "upstream": 5, "downstream": 6,
              "pcie-to-pci": 7, "integrated": 9}

# Event bits of a keyboard and a mouse as the kernel prints them.
INPUT_BITS = {
    "keyboard": ("120013", "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"),
    "mouse": ("17", "ffff0000 0 0 0 0"),
    "button": ("3", "10000000000000 0"),
}


class Tree:
    """path → ("file", text) | ("link", target) | ("bytes", data) | ("dir", None)"""

    def __init__(self):
        self.nodes = {}

    def file(self, path, text):
        self.nodes[path] = ("file", text)

    def line(self, path, text):
        self.file(path, f"{text}\n")

    def link(self, path, target):
        """A link as the kernel makes them: relative. target is absolute."""
        up = "../" * (path.count("/") - 1)
        self.nodes[path] = ("link", up + target.lstrip("/"))

    def kernel_link(self, path, target):
        """The same inside sysfs, whose links climb no higher than needed by its own rule: to /sys."""
        up = "../" * (path.count("/") - 2)
        self.nodes[path] = ("link", up + target[len("/sys/"):])

    def data(self, path, data):
        self.nodes[path] = ("bytes", data)

    def directory(self, path):
        self.nodes[path] = ("dir", None)


# ---- writing: as src/base/recording_emit.c does, of which this is the plain case ----

def put_folded(out, start, text):
    """A line, folded at single blanks, else anywhere, so that it stays within WIDTH."""
    rest, column = text, len(start)
    out.append(start)
    while column + len(rest) > WIDTH:
        width = WIDTH - column if column + 24 < WIDTH else 24
        at = max((i for i in range(1, width + 1)
                  if rest[i] == " " and rest[i - 1] != " " and rest[i + 1:i + 2] != " "), default=0)
        out[-1] += rest[:at or width]
        out.append("+ " if at else "~ ")
        rest, column = rest[at + 1 if at else width:], 2
    out[-1] += rest


def put_bytes(out, name, data):
    out.append(f"{name} x {len(data)}")
    at = 0
    while at < len(data):
        end = at
        while end < len(data) and data[end] == data[at]:
            end += 1
        run = end - at if end == len(data) else (end - at) // 16 * 16
        if run == 0:
            row = data[at:at + 16]
            out.append(f"| {at:03x}: " + " ".join(f"{byte:02x}" for byte in row))
            run = len(row)
        elif data[at] != 0:
            out.append(f"| {at:03x}-{at + run - 1:03x}: {data[at]:02x}")
        at += run


def put_node(out, name, kind, value):
    if kind == "link":
        put_folded(out, f"{name} -> ", value)
    elif kind == "dir":
        out.append(f"{name}/")
    elif kind == "bytes":
        put_bytes(out, name, value)
    elif value in ("", "\n"):
        out.append(f"{name} ={'' if value else '-'}")
    elif "\n" in value[:-1]:
        out.append(f"{name} :")
        for line in value[:-1].split("\n"):
            if line:
                put_folded(out, "| ", line)
            else:
                out.append("|")
    elif value.endswith("\n"):
        put_folded(out, f"{name} = ", value[:-1])
    else:
        put_folded(out, f"{name} =- ", value)


def write_recording(tree, notes):
    """The text of a recording: a directory's own entries first, then those below, by name."""
    sections = {}
    for path, node in tree.nodes.items():
        folder, _, name = path.rpartition("/")
        if node[0] == "dir" and any(other.startswith(path + "/") for other in tree.nodes):
            continue # what is in it tells that it is there
        sections.setdefault(folder or "/", {})[name] = node
    out = ["vfiokit-host 1"] + [f"# {note}" for note in notes]
    for folder in sorted(sections, key=lambda path: path.split("/")):
        out += ["", f"[{folder}]"]
        for name in sorted(sections[folder]):
            put_node(out, name, *sections[folder][name])
    return "\n".join(out) + "\n\n[end]\n"


# ---- config space ----

def make_config(row, multifunction):
    """What the function's registers say, as far as the row tells."""
    bridge = "below" in row
    config = bytearray(4096 if row["type"] else 256)
    struct.pack_into("<HHHH", config, 0x00, row["vendor"], row["device"], 0x0407, 0x0010)
    struct.pack_into("<I", config, 0x08, row["class"] << 8 | row["revision"])
    config[0x0C] = 0x10
    config[0x0E] = (1 if bridge else 0) | (0x80 if multifunction else 0)
    if bridge:
        first, last = row["below"]
        config[0x18:0x1B] = bytes([int(row["address"][5:7], 16), first, last])
        at = 0x34
    else:
        struct.pack_into("<HH", config, 0x2C, *row["subsystem"])
        at = 0x34
    if not row["type"] and not row.get("pm", True):
        config[0x06] = 0 # no list of capabilities
        return bytes(config)

    config[at], at = 0x50, 0x50
    struct.pack_into("<BBHH", config, at, 0x01, 0x60, 0x0003, 0x0008) # power management
    struct.pack_into("<BBH", config, 0x60, 0x05, 0x70 if row["type"] else 0, 0x0080) # MSI
    if row["type"]:
        put_express(config, row)
    return bytes(config)


def put_express(config, row):
    """The PCI Express capability at 0x70; behind 0x100 error reporting, and ACS where there is."""
    slot = 1 if row["type"] in ("root-port", "downstream") and row.get("slot", True) else 0
    struct.pack_into("<BBH", config, 0x70, 0x10, 0, 2 | PORT_TYPES[row["type"]] << 4 | slot << 8)
    struct.pack_into("<I", config, 0x74, 0x8001 | (1 << 28 if "flr" in row["reset"] else 0))
    speed, width = row["link"]
    if row["type"] != "integrated":
        struct.pack_into("<I", config, 0x7C, speed | width << 4)
        struct.pack_into("<H", config, 0x82, speed | width << 4)
    more = row["acs"] or row.get("spt_acs")
    struct.pack_into("<I", config, 0x100, 0x0001 | 1 << 16 | (0x220 << 20 if more else 0))
    if row.get("spt_acs"):
        # Sunrise Point: two words of 32 bits in place of 16 (kernel: pci_quirk_intel_spt_pch_acs)
        struct.pack_into("<III", config, 0x220, 0x000D | 1 << 16, 0x0F, ACS_CTRL & 0x0F)
    elif row["acs"]:
        cap, ctrl = (ACS_CAP, ACS_CTRL) if row["acs"] is True else row["acs"]
        struct.pack_into("<IHH", config, 0x220, 0x000D | 1 << 16, cap, ctrl)


# ---- a machine ----

SPEEDS = {1: "2.5 GT/s PCIe", 2: "5.0 GT/s PCIe", 3: "8.0 GT/s PCIe", 4: "16.0 GT/s PCIe"}

# The size of a BAR → flags as the kernel shows them (include/linux/ioport.h).
BAR_FLAGS = {"mem": 0x40200, "mem64": 0x140204, "pref64": 0x14220C, "io": 0x40101}


def pair(text):
    first, second = text.split(":")
    return int(first, 16), int(second, 16)


class Machine:
    def __init__(self, name, notes):
        self.name = name
        self.notes = notes
        self.tree = Tree()
        self.rows = {}     # address → row, in the order given
        self.groups = {}   # number → addresses
        self.next_bar = {"mem": 0xA0000000, "mem64": 0xB0000000, "pref64": 0x4000000000, "io": 0x3000}
        self.inputs = 0

    # ---- PCI ----

    def function(self, address, ids, class_code, driver=None, group=None, *, type=None, below=None,
                 acs=False, subsystem="0000:0000", revision=0, reset="", link=(3, 16), bars=(),
                 boot_vga=None, numa=-1, **more):
        """A function. below: "01" or "01-05", the buses behind a bridge."""
        vendor, device = pair(ids)
        row = dict(more, address="0000:" + address if address.count(":") == 1 else address,
                   vendor=vendor, device=device, subsystem=pair(subsystem), revision=revision,
                   driver=driver, group=group, type=type, acs=acs, reset=reset, link=link, bars=bars,
                   boot_vga=boot_vga, numa=numa)
        row["class"] = int(class_code, 16)
        row["address"] = row["address"].lower()
        if below:
            first, _, last = below.partition("-")
            row["below"] = (int(first, 16), int(last or first, 16))
        self.rows[row["address"]] = row
        if group is not None:
            self.groups.setdefault(group, []).append(row["address"])

    def parent(self, row):
        """The bridge whose secondary bus the function is on, or None."""
        domain, bus = row["address"][:4], int(row["address"][5:7], 16)
        for other in self.rows.values():
            if other["address"][:4] == domain and other.get("below", (None,))[0] == bus:
                return other
        return None

    def path(self, row):
        above = self.parent(row)
        if above:
            return f"{self.path(above)}/{row['address']}"
        return f"/sys/devices/pci{row['address'][:7]}/{row['address']}"

    def put_function(self, row):
        tree, path, address = self.tree, self.path(row), row["address"]
        slot = [other for other in self.rows if other[:-1] == address[:-1]]
        sub_vendor, sub_device = row["subsystem"]
        driver = f"DRIVER={row['driver']}\n" if row["driver"] else ""
        modalias = (f"pci:v{row['vendor']:08X}d{row['device']:08X}sv{sub_vendor:08X}sd{sub_device:08X}"
                    f"bc{row['class'] >> 16:02X}sc{row['class'] >> 8 & 255:02X}i{row['class'] & 255:02X}")
        tree.file(f"{path}/uevent",
                  f"{driver}PCI_CLASS={row['class']:X}\nPCI_ID={row['vendor']:04X}:{row['device']:04X}\n"
                  f"PCI_SUBSYS_ID={sub_vendor:04X}:{sub_device:04X}\nPCI_SLOT_NAME={address}\n"
                  f"MODALIAS={modalias}\n")
        tree.line(f"{path}/revision", f"0x{row['revision']:02x}")
        tree.line(f"{path}/numa_node", row["numa"])
        tree.line(f"{path}/driver_override", "vfio-pci" if row["driver"] == "vfio-pci" else "(null)")
        tree.line(f"{path}/power_state", "D0")
        tree.line(f"{path}/power/control", "auto" if row["driver"] == "pcieport" else "on")
        tree.line(f"{path}/d3cold_allowed", 1)
        tree.data(f"{path}/config", make_config(row, len(slot) > 1 or row.get("multifunction", False)))
        tree.file(f"{path}/resource", self.resources(row))
        if row["reset"]:
            tree.line(f"{path}/reset_method", row["reset"])
        if row["boot_vga"] is not None:
            tree.line(f"{path}/boot_vga", int(row["boot_vga"]))
        if row["type"] and row["type"] != "integrated":
            speed, width = row["link"]
            for attribute in ("current_link", "max_link"):
                tree.line(f"{path}/{attribute}_speed", SPEEDS[speed])
                tree.line(f"{path}/{attribute}_width", width)
        self.put_links(row, path)

    def put_links(self, row, path):
        self.tree.kernel_link(f"/sys/bus/pci/devices/{row['address']}", path)
        if row["driver"]:
            self.tree.kernel_link(f"{path}/driver", f"/sys/bus/pci/drivers/{row['driver']}")
            self.tree.directory(f"/sys/bus/pci/drivers/{row['driver']}")
        if row["group"] is not None:
            group = f"/sys/kernel/iommu_groups/{row['group']}"
            self.tree.kernel_link(f"{path}/iommu_group", group)
            self.tree.kernel_link(f"{group}/devices/{row['address']}", path)
            if row.get("unit"):
                self.tree.kernel_link(f"{path}/iommu", f"/sys/devices/virtual/iommu/{row['unit']}")

    def resources(self, row):
        lines = []
        for bar in row["bars"]:
            size, kind = bar
            start = -(-self.next_bar[kind] // size) * size
            self.next_bar[kind] = start + size
            lines.append(f"0x{start:016x} 0x{start + size - 1:016x} 0x{BAR_FLAGS[kind]:016x}")
            if kind.endswith("64"):
                lines.append(f"0x{0:016x} 0x{0:016x} 0x{0:016x}")
        lines += [f"0x{0:016x} 0x{0:016x} 0x{0:016x}"] * (7 - len(lines))
        return "\n".join(lines) + "\n"

    # ---- IOMMU ----

    def intel_units(self, n, group_type, dmar_flags=1):
        for unit in range(n):
            path = f"/sys/devices/virtual/iommu/dmar{unit}"
            self.tree.kernel_link(f"/sys/class/iommu/dmar{unit}", path)
            self.tree.line(f"{path}/intel-iommu/cap", "1c0000c40660462" if unit == 0 else "d2008c40660462")
            self.tree.line(f"{path}/intel-iommu/ecap", "19e2ff0505e" if unit == 0 else "f050da")
            self.tree.line(f"{path}/intel-iommu/version", "1:0")
        self.dmar(dmar_flags)
        self.group_type = group_type

    def dmar(self, flags):
        table = bytearray(48)
        table[0:4] = b"DMAR"
        struct.pack_into("<IB", table, 4, len(table), 1)
        table[36:38] = bytes([38, flags])
        self.tree.data("/sys/firmware/acpi/tables/DMAR", bytes(table))

    def amd_units(self, n, group_type):
        for unit in range(n):
            path = f"/sys/devices/virtual/iommu/ivhd{unit}"
            self.tree.kernel_link(f"/sys/class/iommu/ivhd{unit}", path)
            self.tree.line(f"{path}/amd-iommu/cap", "190b640f")
            self.tree.line(f"{path}/amd-iommu/features", "58f77ef22294a5a")
        table = bytearray(48)
        table[0:4] = b"IVRS"
        struct.pack_into("<IB", table, 4, len(table), 2)
        struct.pack_into("<I", table, 36, 0x00303041)
        self.tree.data("/sys/firmware/acpi/tables/IVRS", bytes(table))
        self.group_type = group_type

    def put_groups(self):
        if not self.groups:
            self.tree.directory("/sys/kernel/iommu_groups")
        for group in self.groups:
            path = f"/sys/kernel/iommu_groups/{group}"
            self.tree.line(f"{path}/type", self.group_type)
            self.tree.line(f"{path}/reserved_regions", "0x00000000fee00000 0x00000000feefffff msi")

    # ---- what hangs on a function ----

    def usb(self, controller, buses, devices):
        """buses: [(number, speed, ports)]; devices: [(port path, number, ids, speed, maker, product,
        [(class, driver, input kind or None)])]."""
        controller_path = self.path(self.rows["0000:" + controller])
        for bus, speed, ports in buses:
            path = f"{controller_path}/usb{bus}"
            self.put_usb(path, f"usb{bus}", bus, "0", 1,
                         "1d6b:0003" if speed > 480 else "1d6b:0002", speed, "Linux xhci-hcd",
                         "xHCI Host Controller", "09", ports)
            self.put_interface(path, f"{bus}-0:1.0", "09:00:00", "hub")
        for port, number, ids, speed, maker, product, interfaces in devices:
            bus = int(port.split("-")[0])
            folder = f"{controller_path}/usb{bus}"
            steps = port.split("-")[1].split(".")
            for n in range(1, len(steps)):
                folder += f"/{bus}-{'.'.join(steps[:n])}"
            path = f"{folder}/{port}"
            ports = 4 if interfaces[0][0].startswith("09") else 0
            self.put_usb(path, port, bus, port.split("-")[1], number, ids, speed, maker, product,
                         "09" if ports else "00", ports)
            for n, (code, driver, kind) in enumerate(interfaces):
                self.put_interface(path, f"{port}:1.{n}", code, driver)
                if kind:
                    self.put_input(f"{path}/{port}:1.{n}/0003:{ids.upper()}.{n + 1:04X}", kind, product)
                if code.startswith("e0"):
                    self.put_class("bluetooth", "hci0", f"{path}/{port}:1.{n}/bluetooth/hci0")

    def put_usb(self, path, name, bus, devpath, number, ids, speed, maker, product, code, ports):
        vendor, device = ids.split(":")
        self.tree.kernel_link(f"/sys/bus/usb/devices/{name}", path)
        for attribute, value in (("busnum", bus), ("devpath", devpath), ("devnum", number),
                                 ("idVendor", vendor), ("idProduct", device), ("speed", speed),
                                 ("manufacturer", maker), ("product", product),
                                 ("bDeviceClass", code), ("maxchild", ports),
                                 ("power/control", "auto")):
            if value is not None:
                self.tree.line(f"{path}/{attribute}", value)

    def put_interface(self, path, name, codes, driver):
        self.tree.kernel_link(f"/sys/bus/usb/devices/{name}", f"{path}/{name}")
        for attribute, value in zip(("Class", "SubClass", "Protocol"), codes.split(":")):
            self.tree.line(f"{path}/{name}/bInterface{attribute}", value)
        if driver:
            self.tree.kernel_link(f"{path}/{name}/driver", f"/sys/bus/usb/drivers/{driver}")

    def put_class(self, kind, entry, path, /, **attributes):
        self.tree.kernel_link(f"/sys/class/{kind}/{entry}", path)
        for attribute, value in attributes.items():
            self.tree.line(f"{path}/{attribute}", value)
        if not attributes:
            self.tree.directory(path)

    def put_input(self, parent, kind, name):
        self.inputs += 1
        path = f"{parent}/input/input{self.inputs}"
        events, keys = INPUT_BITS[kind]
        self.put_class("input", f"input{self.inputs}", path, name=name)
        self.tree.line(f"{path}/capabilities/ev", events)
        self.tree.line(f"{path}/capabilities/key", keys)

    def child(self, address, kind, entry, /, below=None, **attributes):
        """An entry of a class on a function: a card, an interface …"""
        path = self.path(self.rows["0000:" + address])
        self.put_class(kind, entry, f"{path}/{below or kind}/{entry}", **attributes)

    def disk(self, address, name, number, model, partitions, below):
        """below: the folders between the function and block/NAME."""
        folder = f"{self.path(self.rows['0000:' + address])}/{below}"
        path = f"{folder}/{name}"
        self.put_class("block", name, path, dev=number)
        self.tree.line(f"{path}/device/model", model)
        for partition, partition_number in partitions:
            self.put_class("block", partition, f"{path}/{partition}", dev=partition_number)

    # ---- the machine as a whole ----

    def system(self, *, cmdline, release, config, cpu_vendor, cpu_model, cpu_flags, cpuid, bits,
               interrupts, memory_kib, dmi, efi, mounts=(), route=None, log=(), modules=(), swaps=(),
               secure_boot=None, topology=None):
        tree = self.tree
        tree.line("/proc/cmdline", cmdline)
        tree.line("/proc/sys/kernel/osrelease", release)
        tree.file("/proc/cpuinfo", f"processor\t: 0\nvendor_id\t: {cpu_vendor}\nmodel name\t: {cpu_model}\n"
                  f"flags\t\t: {cpu_flags}\naddress sizes\t: {bits} bits physical, 48 bits virtual\n\n")
        tree.file("/proc/interrupts", "\n".join(interrupts) + "\n")
        tree.file("/proc/meminfo", f"MemTotal:       {memory_kib} kB\nMemAvailable:   {memory_kib * 3 // 4} kB\n")
        tree.line("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", 0)
        tree.line("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", 0)
        tree.file(f"/boot/config-{release}", "".join(f"{line}\n" for line in config))
        for attribute, value in dmi.items():
            tree.line(f"/sys/class/dmi/id/{attribute}", value)
        if efi:
            tree.directory("/sys/firmware/efi")
        if secure_boot is not None:
            tree.data("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                      bytes([6, 0, 0, 0, secure_boot]))
        tree.line("/sys/kernel/security/lockdown",
                  "none [integrity] confidentiality" if secure_boot else "[none] integrity confidentiality")
        tree.file(f"/lib/modules/{release}/modules.builtin", "")
        tree.directory("/sys/module")
        tree.file("/proc/modules", "".join(f"{module}\n" for module in modules))
        for module in modules:
            tree.directory(f"/sys/module/{module}")
        self.put_usage(mounts, route, swaps)
        yes = lambda key: int(key in cpuid)
        tree.file("/vfiokit/cpuid", f"vendor={cpu_vendor}\nvmx={yes('vmx')}\nsvm={yes('svm')}\n"
                  f"hypervisor={yes('hypervisor')}\npdpe1gb=1\nphys_bits={bits}\n")
        tree.line("/vfiokit/reader", "root")
        tree.file("/vfiokit/holders", "")
        tree.file("/vfiokit/kernel-log", "".join(f"{line}\n" for line in log))
        self.put_nodes(["c 0660 0 104 /dev/kvm"] if yes("vmx") or yes("svm") else [])
        tree.file("/vfiokit/hooks", "")
        tree.file("/vfiokit/domains", "")
        tree.line("/proc/self/limits", "Max locked memory         8388608              8388608              bytes")
        tree.line("/sys/module/apparmor/parameters/enabled", "Y")
        tree.line("/sys/kernel/security/lsm", "lockdown,capability,landlock,yama,apparmor,bpf")
        tree.line("/sys/kernel/mm/ksm/run", 0)
        tree.line("/sys/power/disk", "[platform] shutdown reboot suspend test_resume")
        tree.line("/sys/power/resume", "0:0")
        if topology:
            tree.file("/vfiokit/hwloc.xml", topology)

    def put_nodes(self, lines):
        """Owners and modes, as "TYPE MODE UID GID PATH"; what is named in full and not given is not there."""
        named = ["/dev/hugepages", "/dev/kvm", "/etc/.git", "/etc/libvirt/hooks", "/etc/libvirt/qemu",
                 "/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"]
        there = {line.split(" ", 4)[4]: line for line in lines}
        absent = {path: f"! {path}" for path in named if path not in there}
        self.tree.file("/vfiokit/nodes", "".join(f"{line}\n" for _, line in sorted({**absent, **there}.items())))

    def put_guest(self, lines, nodes=()):
        """A machine with QEMU and libvirt, and one guest: the lines of src/probe/domains.h."""
        for path in ("/usr/bin/qemu-system-x86_64", "/usr/bin/virtqemud", "/usr/bin/swtpm", "/usr/bin/virt-install",
                     "/usr/share/edk2/x64/OVMF_CODE.4m.fd"):
            self.tree.file(path, "")
        self.put_nodes(["c 0666 0 992 /dev/kvm", "d 0755 0 0 /dev/hugepages", "d 0755 0 0 /etc/libvirt/hooks",
                        "d 0700 0 0 /etc/libvirt/qemu", "s 0666 0 0 /run/libvirt/virtqemud-sock",
                        "c 0666 0 0 /dev/vfio/vfio", *nodes])
        self.tree.file("/vfiokit/domains", "".join(f"{line}\n" for line in lines))

    def put_usage(self, mounts, route, swaps):
        tree = self.tree
        lines = [f"{20 + n} 1 {number} / {target} rw,relatime shared:{n + 1} - {kind} {source} rw"
                 for n, (number, target, kind, source) in enumerate(mounts)]
        tree.file("/proc/1/mountinfo", "".join(f"{line}\n" for line in lines))
        tree.file("/proc/self/mountinfo", "".join(f"{line}\n" for line in lines))
        tree.file("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
                  "".join(f"{name}\t\tpartition\t{size}\t\t0\t\t-2\n" for name, size in swaps))
        header = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        if route:
            header += f"{route}\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        tree.file("/proc/net/route", header)

    def write(self):
        for row in self.rows.values():
            self.put_function(row)
        self.put_groups()
        return write_recording(self.tree, self.notes)


def mask(bits):
    """A set of processors as hwloc writes it: words of 32 bits, the highest first."""
    words = []
    while bits or not words:
        words.append(f"0x{bits & 0xFFFFFFFF:08x}")
        bits >>= 32
    return ",".join(reversed(words))


def topology_xml(packages, cores, threads_of, memory):
    """hwloc's XML of a regular machine. threads_of(package, core): numbers of its processors."""
    counter = iter(range(1, 100000))
    all_bits = 0
    body = []
    for package in range(packages):
        inside, bits = [], 0
        for core in range(cores):
            threads = threads_of(package, core)
            core_bits = sum(1 << thread for thread in threads)
            bits |= core_bits
            inside.append(f'   <object type="Core" os_index="{core}" {sets(core_bits, package)} '
                          f'gp_index="{next(counter)}">')
            inside += [f'    <object type="PU" os_index="{thread}" {sets(1 << thread, package)} '
                       f'gp_index="{next(counter)}"/>' for thread in threads]
            inside.append("   </object>")
        all_bits |= bits
        body += [f'  <object type="Package" os_index="{package}" {sets(bits, package)} '
                 f'gp_index="{next(counter)}">',
                 f'   <object type="NUMANode" os_index="{package}" {sets(bits, package)} '
                 f'gp_index="{next(counter)}" local_memory="{memory // packages}"/>',
                 *inside, "  </object>"]
    nodes = (1 << packages) - 1
    top = (f'cpuset="{mask(all_bits)}" complete_cpuset="{mask(all_bits)}" '
           f'allowed_cpuset="{mask(all_bits)}" nodeset="{mask(nodes)}" '
           f'complete_nodeset="{mask(nodes)}" allowed_nodeset="{mask(nodes)}"')
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>',
                      '<!DOCTYPE topology SYSTEM "hwloc2.dtd">', '<topology version="2.0">',
                      f' <object type="Machine" os_index="0" {top} gp_index="{next(counter)}">',
                      *body, " </object>", "</topology>"]) + "\n"


def sets(bits, node):
    return (f'cpuset="{mask(bits)}" complete_cpuset="{mask(bits)}" '
            f'nodeset="{mask(1 << node)}" complete_nodeset="{mask(1 << node)}"')


def file_name(machine):
    return re.sub(r"[^a-z0-9-]", "-", machine.name) + ".host"
