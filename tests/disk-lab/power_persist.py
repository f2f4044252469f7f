"""Power that fails at each record of bind --persist and of unbind --persist: what the disk holds there is
kept. Each of these disks is mounted in the machine that goes on (its file system does what it does
after a power cut), the history must tell the truth of it, and undo bring back what was. The worst
ones, in the middle of an initramfs, are started, too."""

from power import IMAGE_HALF, photographs, untrue
from signs import CARD, FILES, LISTERS, RULE, bound_as, newest
from vdisk.play import differs, has, lacks

BIND, UNBIND = "vfiokit bind --persist --yes 01:00", "vfiokit unbind --persist --yes 01:00"

# Folders that bind has made for its files are left by unbind.
LEFT = "find /etc /boot -name '*vfiokit*' -type f"

# A bus that takes disks while the machine runs.
BUS = ("-device", "virtio-scsi-pci,id=scsi,addr=0x1a")
MOUNT = ("until ls /dev/disk/by-id/*{0}*-part2 >/dev/null 2>&1; do usleep 100000; done; "
         "mount /dev/disk/by-id/*{0}*-part2 /mnt")
INSIDE = "chroot /mnt sh -c \"{}\""


def points_of(play, command):
    """All records of the change, and the initramfs in the middle of its step."""
    kinds = [step["kind"] for step in play.json(f"{command[len('vfiokit '):]} --dry-run")["steps"]]
    image = kinds.index("run") + 1
    play.test(f"{command} has steps before the initramfs is built, and after",
              None if 1 < image < len(kinds) else str(kinds))
    return [*range(1, image + 1), IMAGE_HALF, *range(image + 1, len(kinds) + 2)]


def inspect(play, place, disk, verb, files):
    """Mounts a disk, and takes back what was begun on it."""
    name = "cut" + "".join(filter(str.isalnum, verb + place))[:16]
    play.machine.monitor.ask(f"drive_add 0 if=none,id={name},file={disk.path},format=qcow2")
    play.machine.monitor.ask(f"device_add scsi-hd,id={name}d,drive={name},serial={name},bus=scsi.0")
    play.ask(MOUNT.format(name), 100)
    changes = play.json("--root /mnt history")["changes"]
    change = next((one for one in changes if one["command"].startswith(f"vfiokit {verb} ")), None)
    state = change["state"] if change else "none"
    wrong = untrue(play, change, "/mnt")
    if change:
        play.ask("vfiokit --root /mnt undo --yes --offline")
    play.test(f"power cut {place} of {verb}: history tells the truth ({state}), and undo brings back "
              "the files", None if state in ("unfinished", "none", "empty") else state, *wrong,
              differs("files", play.ask(INSIDE.format(FILES)), files))
    play.ask("umount /mnt")
    play.machine.monitor.ask(f"device_del {name}d")


def start(play, disk, verb, before):
    """Starts a disk whose initramfs was being written, and takes back what was begun on it."""
    play.begin_with(disk)
    change = newest(play)
    drivers = play.drivers()
    play.test(f"power cut in the middle of an initramfs of {verb}: it starts, old or new, and history "
              f"tells the truth ({change['state']})", differs("state", change["state"], "unfinished"),
              bound_as(drivers, before, CARD) if drivers != before else None,
              *untrue(play, change))
    play.ask("vfiokit undo --yes")
    inside, files = play.ask(LISTERS["grub"]), play.ask(FILES)
    play.test(f"power cut in the middle of an initramfs of {verb}: undo brings back what was",
              *([has(inside, RULE), differs("files", files, "")] if verb == "bind" else
                [lacks(inside, RULE), lacks(files, RULE)]))


def power_persist(play):
    """the power is cut at each step of bind --persist, and of unbind --persist"""
    play.begin("grub", ["amd"], extra=BUS)
    before = play.drivers()
    taken = []
    for command, verb in ((BIND, "bind"), (UNBIND, "unbind")):
        files = play.ask(FILES)
        disks = photographs(play, command, points_of(play, command))
        taken.append((verb, files, disks))
    play.test("both leave no file", differs("files", play.ask(LEFT), ""))
    for verb, files, disks in taken:
        for place, disk in disks:
            if IMAGE_HALF not in place:
                inspect(play, place, disk, verb, files)
    for verb, _, disks in taken:
        start(play, next(disk for place, disk in disks if IMAGE_HALF in place), verb, before)
