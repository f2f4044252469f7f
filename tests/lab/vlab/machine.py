"""Machines in few words, as QEMU options.

A machine is a line of words (intel, amd, virtio, none, intremap=off, …: WORDS below) and a tree of
devices. A line of a tree is

    [SLOT[.FUNCTION]] DEVICE [PROPERTY=VALUE…]

with what hangs on a device indented below it. DEVICE is a word of PORTS below or any device of
QEMU's; SLOT is hexadecimal as in an address, and may be left out: the next free one is taken. Slots
0, 1 and 1f of the root bus belong to the machine itself. id=NAME is the name by which QEMU's
monitor knows it.
"""

import os
import re

from . import LAB, LabError

# word → QEMU's device, and properties that it needs; "count" means: a number of its own
PORTS = {
    "port": ("pcie-root-port", ["chassis=count"]),
    "ioh-port": ("ioh3420", ["chassis=count"]),
    "switch": ("x3130-upstream", []),
    "down": ("xio3130-downstream", ["chassis=count"]),
    "bridge": ("pcie-pci-bridge", ["msi=off"]),
    "pci-bridge": ("pci-bridge", ["chassis_nr=count", "shpc=off", "msi=off"]),
    "dmi-bridge": ("i82801b11-bridge", []),
    "complex": ("pxb-pcie", []),
}

# Devices whose children hang on "ID.0" instead of on a PCI bus named ID.
HAS_INNER_BUS = re.compile(r"xhci|ehci|ohci|uhci|hda|scsi|ahci")
# Devices that are no PCI functions: they have no slot.
NO_SLOT = re.compile(r"^(usb-|hda-|scsi-|nvme-(ns|subsys)|virtserialport)")

NETWORK = re.compile(r"^(e1000e?|rtl8139|virtio-net-pci|i8255\w+|ne2k_pci|pcnet|tulip|vmxnet3)$")
NO_BUS = re.compile(r"^nvme-subsys$")

# word of a machine line → options of QEMU; "CPU:" adds to the CPU's features, "IOMMU:" to its device's.
# clock=instructions: an instruction takes 1 ns, whatever it does and however busy this host is, and
# what the machine waits for comes at once, at its time (docs/devel/tcg-icount.rst of QEMU).
WORDS = {
    "intel": "-device intel-iommu,caching-mode=on,device-iotlb=on",
    "amd": "-device amd-iommu,device-iotlb=on",
    "virtio": "-device virtio-iommu-pci,bus=pcie.0,addr=0x1",
    "none": "",
    "intremap=off": "IOMMU:intremap=off",
    "translation=off": "IOMMU:dma-translation=off",
    "svm=off": "CPU:-svm",
    "cx16=off": "CPU:-cx16",
    "hypervisor=off": "CPU:-hypervisor",
    "clock=instructions": "CLOCK:-icount shift=0,sleep=off",
}

IOMMUS = ("intel", "amd", "virtio", "none")
REMAPPING = ("intel", "amd") # those that have intremap=


class Node:
    def __init__(self, word, slot, properties):
        self.word = word
        self.slot = slot # (slot, function) or None: any
        self.properties = properties
        self.children = []

    def __str__(self):
        return " ".join([self.word, *self.properties])


def parse_line(text):
    words = text.split()
    slot = None
    match = re.fullmatch(r"([0-9a-f]{1,2})(?:\.([0-7]))?", words[0])
    if match and len(words) > 1:
        slot = (int(match.group(1), 16), int(match.group(2) or 0))
        words = words[1:]
    return Node(words[0], slot, words[1:])


def parse_tree(lines):
    """The nodes of the root bus, from indented lines."""
    roots, stack = [], [] # stack: (indentation, node)
    for line in lines:
        text = line.split("#")[0].rstrip()
        if not text:
            continue
        indent = len(text) - len(text.lstrip())
        node = parse_line(text.strip())
        while stack and stack[-1][0] >= indent:
            stack.pop()
        (stack[-1][1].children if stack else roots).append(node)
        stack.append((indent, node))
    return roots


def format_tree(nodes, depth=0):
    """The text that parse_tree() reads."""
    lines = []
    for node in nodes:
        slot = f"{node.slot[0]:x}.{node.slot[1]} " if node.slot else ""
        lines.append("    " * depth + slot + str(node))
        lines += format_tree(node.children, depth + 1)
    return lines


class Plug:
    """Gives ids, slots and numbers to the nodes of a tree, and writes their options."""

    def __init__(self):
        self.options = []
        self.count = 0
        self.audio = False

    def place(self, nodes, taken):
        """Gives each node without a slot the next free one."""
        used = set(taken) | {node.slot[0] for node in nodes if node.slot}
        for node in nodes:
            if node.slot is None and not NO_SLOT.match(node.word):
                free = next(slot for slot in range(32) if slot not in used)
                used.add(free)
                node.slot = (free, 0)

    def add_all(self, nodes, bus, taken=()):
        self.place(nodes, taken)
        slots = [node.slot[0] for node in nodes if node.slot]
        for node in nodes:
            shared = node.slot is not None and slots.count(node.slot[0]) > 1
            self.add(node, bus, shared)

    def add(self, node, bus, shared):
        self.count += 1
        name = next((text[len("id="):] for text in node.properties if text.startswith("id=")),
                    f"d{self.count}")
        device, properties = PORTS.get(node.word, (node.word, []))
        words = [device, f"id={name}"] + ([] if NO_BUS.match(device) else [f"bus={bus}"])
        if node.slot:
            words.append(f"addr={node.slot[0]:#x}.{node.slot[1]}")
        if shared:
            words.append("multifunction=on")
        words += [text.replace("=count", f"={self.count}") for text in properties]
        words += [self.property(name, text) for text in node.properties
                  if not text.startswith("id=")]
        if NETWORK.match(device):
            words.append("romfile=") # the firmware need not try to boot from it
        self.options += ["-device", ",".join(words)]
        inner = f"{name}.0" if HAS_INNER_BUS.search(device) else name
        self.add_all(node.children, inner)

    def property(self, name, text):
        """A property as QEMU wants it; disk=SIZE and audiodev=quiet make what stands behind."""
        key, _, value = text.partition("=")
        if key == "disk":
            self.options += ["-drive", f"if=none,id={name}-disk,driver=null-co,"
                                       f"size={value},read-zeroes=on"]
            return f"drive={name}-disk"
        if text == "acs=off":
            return "disable-acs=on"
        if key == "audiodev" and not self.audio:
            self.audio = True
            self.options += ["-audiodev", f"none,id={value}"]
        return text


class Machine:
    """words: of WORDS, or names of files in machines/; tree: lines, or none."""

    def __init__(self, words, tree=()):
        self.words = list(words)
        lines = list(tree)
        iommus = [word for word in self.words if word in IOMMUS]
        if len(iommus) != 1:
            raise LabError(f"a machine has one of {', '.join(IOMMUS)}: '{' '.join(words)}'")
        self.iommu = iommus[0]
        for word in self.words:
            if word in WORDS:
                continue
            path = os.path.join(LAB, "machines", word)
            if not os.path.exists(path):
                raise LabError(f"a machine knows no word '{word}'")
            with open(path, encoding="utf-8") as file:
                lines += file.read().splitlines()
        self.nodes = parse_tree(lines)
        self.key = (tuple(sorted(self.words)), tuple(format_tree(self.nodes)))

    def options(self):
        """QEMU's options for what this machine has, without what it is to boot."""
        cpu, iommu, clock = "EPYC-Rome,+svm,+npt", WORDS[self.iommu].split(), []
        intremap = "intremap=on"
        for word in self.words:
            where, _, what = WORDS.get(word, "").partition(":")
            if where == "CPU":
                cpu += "," + what
            elif where == "IOMMU" and what.startswith("intremap"):
                intremap = what
            elif where == "IOMMU":
                iommu[-1] += "," + what
            elif where == "CLOCK":
                clock = what.split()
        if self.iommu in REMAPPING:
            iommu[-1] += "," + intremap
        plug = Plug()
        plug.add_all(self.nodes, "pcie.0", taken=(0, 1, 0x1f))
        return ["-machine", "q35,kernel-irqchip=split", "-cpu", cpu, *clock, *iommu,
                *plug.options]
