"""Random PCI topologies, with the kernel as the judge of the groups that vfiokit predicts for them.

A batch is a machine with several topologies side by side on its root bus. It is booted twice: with
the IOMMU on, where the prediction must be the kernel's groups; and with it off, where the prediction
must be the groups that the kernel made when it was on. All comes from a seed.
"""

import itertools
import json
import random

from . import firmware, guest, judge
from .facts import Facts
from .machine import Machine, Node, format_tree

PER_BATCH = 8
SLOTS = range(2, 0x1f) # of the root bus
# In AMD machines the I/O APIC says that it is 00:14.0 (QEMU, hw/i386/amd_iommu.h: IOAPIC_SB_DEVID). A
# bridge there takes its entry for interrupts, and the kernel does not come to its init.
NO_SLOTS = {"amd": [0x14]}

# With PCI Express capability, and without.
EXPRESS = ["nvme", "e1000e", "qemu-xhci", "nec-usb-xhci", "virtio-rng-pci"]
CONVENTIONAL = ["edu", "sdhci-pci", "ich9-intel-hda", "usb-ehci", "pci-testdev"]


class Maker:
    """Makes topologies from a source of chance, with a bound on how large they grow."""

    def __init__(self, chance):
        self.chance = chance
        self.serial = 0
        self.root_buses = [0x80, 0xa0, 0xc0] # for complexes; far enough from each other

    def endpoint(self, kinds):
        word = self.chance.choice(kinds)
        node = Node(word, None, [])
        if word == "nvme":
            self.serial += 1
            node.properties = [f"serial=t{self.serial}", "disk=1M"]
        return node

    def functions(self, slot, kinds):
        """The functions of one slot: one, or some with gaps between them; or a single one that
        says it is one of many."""
        count = self.chance.choice([1, 1, 1, 2, 3])
        numbers = [0] + sorted(self.chance.sample(range(1, 8), count - 1))
        nodes = [self.endpoint(kinds) for _ in numbers]
        for node, number in zip(nodes, numbers):
            node.slot = (slot, number)
        if count == 1 and self.chance.random() < 0.15:
            nodes[0].properties.append("multifunction=on")
        return nodes

    def behind_port(self, depth):
        """What hangs on a root port or on a switch's downstream port: it has slot 0 only."""
        roll = self.chance.random()
        if roll < 0.08:
            return []
        if roll < 0.28 and depth < 2:
            return [self.switch(depth + 1)]
        if roll < 0.45 and depth < 3:
            return [self.conventional_bridge("bridge", depth + 1)]
        return self.functions(0, self.chance.choice([EXPRESS, EXPRESS, CONVENTIONAL]))

    def switch(self, depth):
        node = Node("switch", (0, 0), [])
        count = self.chance.choice([1, 2, 2, 3])
        several = self.chance.random() < 0.3
        for number in range(count):
            down = Node("down", (0, number) if several else (number, 0), [])
            down.children = self.behind_port(depth)
            node.children.append(down)
        return node

    def conventional_bridge(self, word, depth):
        node = Node(word, (0, 0), [])
        for slot in self.chance.sample(range(1, 8), self.chance.choice([1, 2, 2, 3])):
            if depth < 3 and self.chance.random() < 0.25:
                inner = self.conventional_bridge("pci-bridge", depth + 1)
                inner.slot = (slot, 0)
                node.children.append(inner)
            else:
                node.children += self.functions(slot, CONVENTIONAL)
        return node

    def port(self, slot, function):
        word, acs = self.chance.choice(
            [("port", []), ("port", []), ("port", ["acs=off"]), ("port", ["acs=off"]),
             ("ioh-port", []), ("ioh-port", ["acs=off"])])
        node = Node(word, (slot, function), acs)
        node.children = self.behind_port(0)
        return node

    # Shapes: each makes the nodes of one slot of the root bus.

    def one_port(self, slot):
        return [self.port(slot, 0)]

    def many_ports(self, slot):
        count = self.chance.choice([2, 2, 3, 4])
        numbers = [0] + sorted(self.chance.sample(range(1, 8), count - 1))
        return [self.port(slot, number) for number in numbers]

    def on_root_bus(self, slot):
        return self.functions(slot, self.chance.choice([EXPRESS, CONVENTIONAL]))

    def old_bridge(self, slot):
        node = self.conventional_bridge(self.chance.choice(["dmi-bridge", "pci-bridge", "bridge"]), 1)
        node.slot = (slot, 0)
        return [node]

    def mixed_slot(self, slot):
        """A root port and devices as functions of one slot."""
        nodes = self.functions(slot, EXPRESS + CONVENTIONAL)
        used = {node.slot[1] for node in nodes}
        port = self.port(slot, self.chance.choice([n for n in range(1, 8) if n not in used]))
        return nodes + [port]

    def complex(self, slot):
        """A root complex of its own; QEMU lets only bridges be on its root bus."""
        node = Node("complex", (slot, 0), [f"bus_nr={self.root_buses.pop()}"])
        for inner in self.chance.sample(range(8), 2):
            node.children += self.chance.choice([self.one_port, self.many_ports,
                                                 self.old_bridge])(inner)
        return [node]

    def make(self, slot):
        shapes = [self.one_port, self.one_port, self.one_port, self.many_ports, self.many_ports,
                  self.on_root_bus, self.old_bridge, self.mixed_slot]
        if self.root_buses:
            shapes.append(self.complex)
        return self.chance.choice(shapes)(slot)


def summary(nodes):
    """A topology in one line, as "port acs=off (nvme, edu)"."""
    parts = []
    for node in nodes:
        words = [word for word in node.properties if not word.startswith(("serial=", "disk="))]
        text = " ".join([node.word, *words])
        parts.append(f"{text} ({summary(node.children)})" if node.children else text)
    return ", ".join(parts)


class Batch:
    """A machine of several topologies, to be booted with one kernel and one kind of IOMMU."""

    def __init__(self, seed, number, series, iommu):
        self.label = f"seed {seed} batch {number}"
        self.series = series
        self.draw(random.Random(f"{seed}/{number}"),
                  [slot for slot in SLOTS if slot not in NO_SLOTS.get(iommu, [])])
        lines = [line for nodes in self.topologies for line in format_tree(nodes)]
        self.on = Machine([iommu], lines)
        self.off = Machine(["none"], lines) if iommu == "amd" else self.on
        self.on_parameters = "intel_iommu=on" if iommu == "intel" else ""
        self.off_parameters = "intel_iommu=off" if iommu == "intel" else ""

    def draw(self, chance, slots):
        """Takes slots, and a topology for each; again, until the firmware can start all of that."""
        for self.draws in itertools.count(1):
            maker = Maker(chance)
            self.slots = sorted(chance.sample(slots, PER_BATCH))
            self.topologies = [maker.make(slot) for slot in self.slots]
            if firmware.has_room_for(sum(self.topologies, [])):
                return

    def names(self):
        return [f"{self.label} on {self.series} {self.on.iommu}, slot {slot:02x}: {summary(nodes)}"
                for slot, nodes in zip(self.slots, self.topologies)] + [
                    f"{self.label} on {self.series} {self.on.iommu}: predicted with the IOMMU off"]


def make_batches(seed, count, series):
    """As many batches as give count topologies, over all kernels and both kinds of IOMMU."""
    kinds = [(kernel, iommu) for iommu in ("intel", "amd") for kernel in series]
    return [Batch(seed, number, *kinds[number % len(kinds)])
            for number in range((count + PER_BATCH - 1) // PER_BATCH)]


STEPS = [("0-facts", "facts", 300), ("1-predict", "vfiokit --json check --predict\n", 300)]


class Seen:
    """What one boot said: the kernel's facts, and the prediction as sets of addresses."""

    def __init__(self, outcome):
        self.trouble = outcome.trouble
        self.facts = self.said = None
        try:
            self.facts = Facts(outcome.results["0-facts"].out)
            self.said = json.loads(outcome.results["1-predict"].out)
            self.groups = {frozenset(group) for group in self.said["prediction"]["groups"]}
            self.unknown = self.said["prediction"]["unknown"]
        except (KeyError, ValueError, TypeError) as error:
            err = outcome.results["1-predict"].err if "1-predict" in outcome.results else ""
            self.trouble = self.trouble or f"no prediction: {error!r} {err}"

    def below(self, slot, nodes):
        """The functions of a slot of the root bus, and all that hangs on them; on the root bus of
        its own, too, where there is one."""
        buses = [int(text.split("=")[1]) for node in nodes for text in node.properties
                 if text.startswith("bus_nr=")]
        starts = tuple([f"0000:00:{slot:02x}."] + [f"0000:{bus:02x}:" for bus in buses])
        return {address for address, function in self.facts.functions.items()
                if function.path[0].startswith(starts)}


def groups_within(groups, members):
    return {group for group in groups if group & members}


def judge_topology(batch, seen, slot, nodes):
    members = seen.below(slot, nodes)
    wanted = len([line for line in format_tree(nodes) if line.strip()])
    problems = [] if len(members) == wanted else \
        [f"the machine has {len(members)} of its {wanted} functions"]
    problems += judge.compare_groups(groups_within(seen.groups, members),
                                     groups_within(judge.kernel_groups(seen.facts), members))
    problems += [f"unknown to the prediction: {address}"
                 for address in seen.unknown if address in members]
    if problems:
        problems += ["the topology:", *format_tree(nodes)]
    return problems


def judge_off(on, off, addresses):
    """The prediction with the IOMMU off against the kernel's groups with it on. Where the IOMMU is
    itself a function, as AMD's is, only one of the machines has it."""
    def cut(groups):
        return {group & addresses for group in groups if group & addresses}

    problems = judge.compare_groups(cut(off.groups), cut(judge.kernel_groups(on.facts)))
    problems += [f"unknown to the prediction: {address}" for address in off.unknown]
    if off.facts.types:
        problems.append("the IOMMU was not off")
    if off.said["prediction"]["equal"] is not None:
        problems.append(f"equal is {off.said['prediction']['equal']!r} without any groups")
    return problems


def judge_batch(batch, on, off):
    names = batch.names()
    if on.trouble:
        return [(name, ["the machine did not answer: see its boot"]) for name in names]
    judged = [(name, judge_topology(batch, on, slot, nodes))
              for name, slot, nodes in zip(names, batch.slots, batch.topologies)]
    rest = judge.judge_prediction(on.said, on.facts) + judge.judge_check(on.said, on.facts)
    judged.append((f"{names[-1].rsplit(':', 1)[0]}: the whole machine", rest))
    if off.trouble:
        judged.append((names[-1], ["the machine did not answer: see its boot"]))
    else:
        both = set(on.facts.functions) & set(off.facts.functions)
        judged.append((names[-1], judge_off(on, off, both)))
    return judged


def play(batch, kernel, program, environment):
    """Boots twice; returns (name, problems) of each topology, and (what, boot) of each boot."""
    outcomes = []
    for machine, parameters, state in ((batch.on, batch.on_parameters, "on"),
                                       (batch.off, batch.off_parameters, "off")):
        outcome = guest.boot(machine, kernel, parameters, STEPS, [], program, environment)
        what = f"boot of {batch.label} on {batch.series} {batch.on.iommu}, IOMMU {state}"
        outcomes.append((what, outcome))
    return judge_batch(batch, *[Seen(outcome) for _, outcome in outcomes]), outcomes
