"""Power that fails in the middle of setup, and of its undo: what the disk holds at chosen points is
kept as a disk of its own while the machine goes on, and each of these disks must start."""

from signs import FILES, LISTERS, MENUS, RULE, newest
from vdisk.play import differs, has, lacks

WORD = "vtest.word=1"
SETUP = f"vfiokit setup --yes --no-packages --gpu 01:00 --kernel-arg {WORD}"
UNDO = "vfiokit undo --yes"

NEVER = "999"
START = "cut-at {} {} >/run/lab/cut 2>&1 & echo $! >/run/lab/cut.pid\n"
GO = "kill -CONT $(cat /run/lab/cut.pid)\n"
RUNS = "grep -q '^State:.[^T]' /proc/$(cat /run/lab/cut.pid)/status 2>/dev/null"
# Until cut-at has stopped itself again, or has ended.
WAIT = f"while {RUNS}; do usleep 100000; done; tail -n 1 /run/lab/cut"
# Until what a program writes is there in part.
UNTIL = f"until ls {{0}} >/dev/null 2>&1 || ! {RUNS}; do usleep 20000; done; ls {{0}} 2>&1 || true"

GRUB_HALF, IMAGE_HALF = "/boot/grub/grub.cfg.new", "/boot/initrd.img-*.new"

# Where kernel-install copies an initramfs to where systemd-boot finds it, half of it is on the disk, and
# no more comes until it is told to go on.
HALF = "/run/lab/half"
HALF_INSTALL = f"""mv /usr/bin/install /usr/bin/install.whole
cat >/usr/bin/install <<'END'
#!/bin/sh
eval "from=\\${{$(($# - 1))}}" "to=\\${{$#}}"
case $to in
/boot/efi/*/initrd*)
	rm -f "$to"
	head -c $(($(stat -Lc %s "$from") / 2)) "$from" >"$to"
	sync
	touch {HALF}
	while [ -e {HALF} ]; do sleep 0.2; done
	;;
esac
exec install.whole "$@"
END
chmod 755 /usr/bin/install
"""


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
    play.ask(START.format(",".join(numbers) or NEVER, command))
    for point in points:
        problem, name = wait_for(play, point)
        disks.append((name, play.photograph()))
        play.test(f"goes on to the place {name}", problem)
        play.ask(GO if isinstance(point, int) else f"rm -f {HALF}")
    play.test("it comes to its end", lacks(play.ask(WAIT, 500), "@ended"))
    return disks


def untrue(play, change, top=""):
    """Where the history is wrong about what the disk holds. top: where that is mounted."""
    found = []
    for step in change["steps"] if change else []:
        if step["kind"] not in ("file", "copy") or step["state"] not in ("done", "planned"):
            continue
        there = play.machine.run(f"test -e {top}{step['path']}").status == 0
        removed = not step["new"] if step["kind"] == "copy" else "+++ /dev/null" in step["diff"]
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


# All files written; GRUB's menu half written, and whole; an initramfs half written; the look into it.
# (Among the files: tests/test-killed.c.)
SETUP_POINTS = [8, GRUB_HALF, 9, IMAGE_HALF, 11]
UNDO_POINTS = [8, GRUB_HALF, IMAGE_HALF, 13]


def power(play):
    """the power is cut in the middle of setup, at several points"""
    play.begin("grub", ["amd"])
    develop(play, photographs(play, SETUP, SETUP_POINTS), "setup")


OFF = "vfiokit=off"


def look_half(play, disk, verb):
    """Starts a disk with half an initramfs for the usual entry: by itself it takes the other one."""
    look(play, "in the middle of an initramfs", disk, verb)
    play.test(f"{verb}: it has started by the entry without vfiokit",
              lacks(play.ask("cat /proc/cmdline"), OFF), has(play.ask("cat /proc/cmdline"), WORD))


def power_sdboot(play):
    """the power is cut in the middle of setup, and of its undo, with systemd-boot and dracut"""
    play.begin("sdboot", ["amd"])
    play.ask(HALF_INSTALL)
    (_, cut_setup), = photographs(play, SETUP, [HALF])
    (_, cut_undo), = photographs(play, UNDO, [HALF])
    play.test("setup and its undo leave nothing", differs("files", play.ask(FILES), ""))
    look_half(play, cut_undo, "undo")
    look_half(play, cut_setup, "setup")
    play.ask("mv /usr/bin/install.whole /usr/bin/install")
    take_back(play, "sdboot", "in the middle of an initramfs", "setup")
    play.reboot()
    play.test("what undo has built starts, by the usual entry", has(play.ask("cat /proc/cmdline"), OFF))


def power_undo(play):
    """the power is cut in the middle of undo, at several points"""
    play.begin("grub", ["amd"])
    play.ask(SETUP)
    develop(play, photographs(play, UNDO, UNDO_POINTS), "undo")
