"""What SeaBIOS, QEMU's firmware, can give out to the devices of a machine. One that needs more never
comes to its kernel: the firmware stops without a word on the console ("PCI: out of I/O address space"
on its debugging port, 0x402), or gives two buses one number.

Source: SeaBIOS 1.16, src/fw/pciinit.c: pci_bios_check_devices() adds up what the bridges need,
pci_bios_init_root_regions_io() says what there is, pci_bios_init_bus_rec() numbers the buses. On that
port it tells the sum ("PCI: IO: c000 - …"): 60 random machines had exactly the one worked out here.
"""

from .machine import PORTS

IO_ROOM = 0x10000 - 0x1000 # ports below 0x1000 are the machine's own; all of it is never given
IO_WINDOW = 0x1000 # a bridge passes on multiples of this, or nothing
IO_OF_MACHINE = 0x60 # AHCI and SMBus, which are always there

IO_PORTS = {"e1000e": 0x20, "pci-testdev": 0x100, "virtio-rng-pci": 0x20}
# Behind a PCI Express port these have no use for ports (QEMU, hw/virtio/virtio-pci.c: disable-legacy).
MODERN = ["virtio-rng-pci"]
EXPRESS_PORTS = ["port", "ioh-port", "down"]
# They have a controller for hot-plugging (SHPC): a window is kept for what may come.
KEEPS_WINDOW = ["bridge"]

LAST_BUS = 0xff


def io_ports(node, above=None):
    """I/O ports that a node and all behind it take from the bus that it is on; above: behind which
    port or bridge it is."""
    if node.word not in PORTS:
        unused = node.word in MODERN and above in EXPRESS_PORTS
        return 0 if unused else IO_PORTS.get(node.word, 0)
    behind = sum(io_ports(child, node.word) for child in node.children)
    if node.word == "complex": # no bridge: its bus is another root
        return behind
    windows = -(-behind // IO_WINDOW)
    return IO_WINDOW * (windows or (node.word in KEEPS_WINDOW))


def buses(nodes):
    """How many buses are behind these nodes; a complex has a number of its own."""
    return sum(1 + buses(node.children) for node in nodes if node.word in PORTS)


def bus_number(node):
    return next(int(text[len("bus_nr="):]) for text in node.properties if text.startswith("bus_nr="))


def numbers_collide(nodes):
    """Each root bus counts on from its own number: do the buses behind one reach the next root?"""
    roots = {0: [node for node in nodes if node.word != "complex"]}
    roots.update((bus_number(node), node.children) for node in nodes if node.word == "complex")
    ends = [*sorted(roots)[1:], LAST_BUS + 1]
    return any(root + buses(roots[root]) >= end for root, end in zip(sorted(roots), ends))


def has_room_for(nodes):
    """Can the firmware start a machine with these nodes on its root bus?"""
    return IO_OF_MACHINE + sum(map(io_ports, nodes)) < IO_ROOM and not numbers_collide(nodes)
