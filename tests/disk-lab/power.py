"""Power that fails in the middle of setup, and of its undo: what the disk holds at chosen points is
kept as a disk of its own while the machine goes on, and each of these disks must start."""

from signs import FILES, LISTERS, MENUS, RULE, newest
from vdisk.play import differs, has, lacks

WORD = "vtest.word=1"
SETUP = f"vfiokit setup --yes --no-packages --gpu 01:00 --kernel-arg {WORD}"
UNDO = "vfiokit undo --yes"

START = "cut-at {} {} >/run/lab/cut 2>&1 & echo $! >/run/lab/cut.pid\n"
GO = "kill -CONT $(cat /run/lab/cut.pid)\n"
RUNS = "grep -q '^State:.[^T]' /proc/$(cat /run/lab/cut.pid)/status 2>/dev/null"
# Until cut-at has stopped itself again, or has ended.
WAIT = f"while {RUNS}; do usleep 100000; done; tail -n 1 /run/lab/cut"
# Until what a program writes is there in part.
UNTIL = f"until ls {{0}} >/dev/null 2>&1 || ! {RUNS}; do usleep 20000; done; ls {{0}} 2>&1 || true"

GRUB_HALF, IMAGE_HALF = "/boot/grub/grub.cfg.new", "/boot/initrd.img-*.new"


def wait_for(play, point):
    """What is wrong when the command has come there, and the name of that place."""
    if isinstance(point, int):
        said = play.ask(WAIT, 500).strip()
        return differs("it has come to", said, f"@cut {point}"), f"at record {point}"
    return has(play.ask(UNTIL.format(point), 500), "No such file"), f"while {point} is written"


def photographs(play, command, points):
    """[(name, disk)]: a point is the number of a record of the journal that is about to be written
    (cut-at.c), or the name of a file that a program is in the middle of writing."""
    disks = []
    numbers = [str(point) for point in points if isinstance(point, int)]
    play.ask(START.format(",".join(numbers), command))
    for point in points:
        problem, name = wait_for(play, point)
        disks.append((name, play.photograph()))
        play.test(f"goes on to the place {name}", problem)
        if isinstance(point, int):
            play.ask(GO)
    play.test("it comes to its end", lacks(play.ask(WAIT, 500), "@ended"))
    return disks


def untrue(play, change):
    """Where the history is wrong about what the disk holds."""
    found = []
    for step in change["steps"] if change else []:
        if step["kind"] != "file" or step["state"] not in ("done", "planned"):
            continue
        there = play.machine.run(f"test -e {step['path']}").status == 0
        removed = "+++ /dev/null" in step["diff"]
        if there != ((step["state"] == "done") != removed):
            found.append(f"{step['path']} is {'' if there else 'not '}there, and its step "
                         f"is {step['state']}")
    return found


def look(play, name, disk, verb):
    """Starts a disk, and looks into it."""
    play.begin_with(disk)
    change = newest(play)
    state = change["state"] if change else "none"
    play.test(f"power cut {name} of {verb}: it starts, and history tells the truth ({state})",
              None if state in ("unfinished", "none", "empty") else state,
              *untrue(play, change))


def take_back(play, kind, name, verb):
    """Takes back what there is on the disk that was started last."""
    play.ask(UNDO)
    play.test(f"power cut {name} of {verb}: undo brings back what was",
              differs("files", play.ask(FILES), ""),
              has(play.ask(f"cat {MENUS[kind]}"), WORD),
              has(play.ask(LISTERS[kind]), RULE))


def develop(play, disks, verb):
    """Does both with each disk."""
    for name, disk in disks:
        look(play, name, disk, verb)
        take_back(play, "grub", name, verb)


# Among its files; GRUB's menu half written, and whole; an initramfs half written; the look into it.
SETUP_POINTS = [4, 8, GRUB_HALF, 9, IMAGE_HALF, 11]
UNDO_POINTS = [3, 9, GRUB_HALF, IMAGE_HALF, 13]


def power(play):
    """the power is cut in the middle of setup, at several points"""
    play.begin("grub", ["amd"])
    develop(play, photographs(play, SETUP, SETUP_POINTS), "setup")


# All files written; an initramfs built; and, with the parameters, where systemd-boot finds it.
SDBOOT_POINTS = [8, 9, 10]


def power_sdboot(play):
    """the power is cut in the middle of setup with systemd-boot and dracut"""
    play.begin("sdboot", ["amd"])
    disks = photographs(play, SETUP, SDBOOT_POINTS)
    for name, disk in disks:
        look(play, name, disk, "setup")
    take_back(play, "sdboot", disks[-1][0], "setup") # once: dracut takes long to build it anew


def power_undo(play):
    """the power is cut in the middle of undo, at several points"""
    play.begin("grub", ["amd"])
    play.ask(SETUP)
    develop(play, photographs(play, UNDO, UNDO_POINTS), "undo")
