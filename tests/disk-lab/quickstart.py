"""The guide's quick start, block by block out of its text: from a fresh machine to a guest's start."""

import base64
import gzip
import os

from guided import command_line, read_chapters
from signs import CARD, FILES, OTHER_TWIN, bound_as
from vdisk import inner
from vdisk.image import run
from vdisk.play import DESKTOP, differs, lacks

# As the guide's machine: a card at 01:00, and at 03:00.0 a USB controller that nothing is plugged into.
GUIDES = [*DESKTOP[:8], "    qemu-xhci", *DESKTOP[9:]]

# What nobody can be asked there, and what needs a network.
ALONE = " --yes --no-packages"


def blocks():
    """The commands of the first two blocks of the quick start: looking, and defining."""
    overview = next(chapter for chapter in read_chapters() if chapter.name == "overview")
    return [block.commands() for block in overview.blocks if block.place][:2]


def paste(play, text, promised=()):
    """Pastes a command of the guide; whole lines that it promises are in what it prints."""
    said = play.ask(f"cd /root; {command_line(text)}")
    play.test(f"pasted: {text}", *[lacks(said, line) for line in promised if "…" not in line])


def start_guest(play):
    """What the guide says then: "It wants a disk, then it can be started". No instruction of it runs:
    UEFI would end the machine (guest/qemu-own-apic), and Windows' profile needs KVM's APIC."""
    path = os.path.join(play.folder.name, "windows-gaming.qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", path, "1G")
    with open(path, "rb") as file:
        packed = base64.b64encode(gzip.compress(file.read())).decode()
    play.ask(f"echo {packed} | base64 -d | zcat >/var/lib/libvirt/images/windows-gaming.qcow2; "
             "modprobe kvm_amd && virsh net-start default")
    said = play.ask("virsh start --paused windows-gaming && virsh domstate windows-gaming")
    fds = play.ask("ls -l /proc/$(cat /run/libvirt/qemu/windows-gaming.pid)/fd")
    play.test("the guest is started, and its QEMU has the card's two functions and the controller",
              lacks(said, "paused"), differs("devices", fds.count("[vfio-device]"), 3))
    play.ask("virsh destroy windows-gaming && virsh undefine --nvram windows-gaming")


def quick_start(play):
    """the guide's quick start, pasted: from a fresh machine to a started guest, and back"""
    looks, defines = blocks()
    play.begin(inner.KIND, ["amd"], GUIDES, ["-m", "2048"])
    before = play.drivers()
    for command in looks:
        paste(play, command.text, command.output)
    play.test("nothing has changed yet", differs("drivers", play.drivers(), before))

    # "Give the last command again, without --dry-run … Restart the machine."
    paste(play, looks[-1].text.replace(" --dry-run", "") + ALONE)
    play.reboot()
    paste(play, "vfiokit verify", ["0000:01:00.0 is on vfio-pci"])
    play.test("after the restart card and controller are bound, and nothing else",
              bound_as(play.drivers(), before, [*CARD, OTHER_TWIN]))
    for command in defines:
        paste(play, command.text, command.output)
    defined = play.ask("virsh dumpxml windows-gaming")
    play.test("libvirt has the guest, with all functions of the card, and the controller",
              *[lacks(defined, f"<address domain='0x0000' bus='0x{bus}' slot='0x00' "
                               f"function='0x{function}'/>")
                for bus, function in (("01", 0), ("01", 1), ("03", 0))])
    start_guest(play)
    play.ask("vfiokit undo --all --yes")
    play.test("undo --all leaves nothing of ours", differs("files", play.ask(FILES), ""))
