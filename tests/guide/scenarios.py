"""The guide's blocks of the lab, as the lab's scenario files: tests/lab/scenarios/guide-NAME.lab.

They are made from the guide and committed; test-guide says when they are no longer equal.
"""

import os

from book import TOP

FOLDER = os.path.join(TOP, "tests", "lab", "scenarios")

# name → what stands above the tests; a block names one with lab=NAME
HEADS = {
    "bind": """\
about    The guide: a graphics card to vfio-pci and back, by the program and by hand
machine  intel
alone
params   intel_iommu=on
load     coldplug vfio_iommu_type1
plug
    2 port
        0.0 bochs-display
        0.1 ich9-intel-hda
            hda-duplex audiodev=quiet
    3 port
        qemu-xhci
    4 port
        qemu-xhci
            usb-kbd
    5 bochs-display
""",
    "iommu-off": """\
about    The guide: an IOMMU that the kernel was told not to use
machine  intel
params   intel_iommu=off
""",
    "amd": """\
about    The guide: an IOMMU of AMD's, with the parameter that it does not know
machine  amd
params   amd_iommu=on
""",
}


def promise_lines(command):
    """The pieces of text that the command's output must have."""
    for line in command.output:
        for piece in line.split("…"):
            if piece.strip():
                yield piece.strip()


def command_line(text):
    """The command as one line of the lab's shell, whose user is root and has no sudo."""
    text = text.replace("\\\n", " ")
    lines = [line.strip() for line in text.split("\n")]
    return " ".join(lines).replace("sudo ", "")


def scenario_text(name, blocks):
    out = ["# Made from docs/guide by tests/test-guide --update; do not edit.", HEADS[name]]
    for number, block in enumerate(blocks, 1):
        commands = block.commands()
        for command in commands:
            out.append(f"test     {os.path.basename(block.path)}, block {number}: "
                       + command.text.split("\n")[0][:60])
            out.append(f"run      {command_line(command.text)}")
            if command is commands[-1] and block.status:
                out.append(f"status   {block.status}")
            out += [f"prints   {piece}" for piece in promise_lines(command)]
            out.append("")
    return "\n".join(out)


def scenarios(blocks):
    """name → (path, text) for all blocks of the lab."""
    names = {}
    for block in blocks:
        if block.place == "lab":
            names.setdefault(block.name, []).append(block)
    return {name: (os.path.join(FOLDER, f"guide-{name}.lab"), scenario_text(name, mine))
            for name, mine in names.items()}
