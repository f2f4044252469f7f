"""The scenarios: functions that play(), in the order in which they are told of."""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "..", "docs"))

from book import read_chapters # pylint: disable=C0413
from vdisk import LabError # pylint: disable=C0413
from vdisk.play import DESKTOP, SHIFTED, differs, has, lacks # pylint: disable=C0413

CARD = ["0000:01:00.0", "0000:01:00.1"]
TWIN, OTHER_TWIN = "0000:02:00.0", "0000:03:00.0"

TRIAL_WORD = "vfiokit=trial"

RULE = "etc/udev/rules.d/10-vfiokit.rules"

FILES = ("ls -d /etc/vfiokit/* /etc/udev/rules.d/*vfiokit* /etc/initramfs-tools/hooks/vfiokit "
         "/etc/dracut.conf.d/*vfiokit* /etc/systemd/system/vfiokit* "
         "/etc/systemd/system/*.target.d/vfiokit* 2>/dev/null; true")

LISTERS = {"grub": "lsinitramfs /boot/initrd.img-*",
           "sdboot": "for i in $(find /boot -name 'initrd*' -size +100k); do lsinitrd $i; done"}


def bound_as(drivers, before, bound):
    """Nothing but what was asked for has another driver."""
    expected = dict(before, **{address: "vfio-pci" for address in bound})
    return differs("drivers", drivers, expected)


def seen_by_host(play, addresses):
    """What the kernel's log says of these functions and drivers of the host."""
    log = play.ask("dmesg")
    return [line for line in log.splitlines()
            if any(address in line for address in addresses)
            and any(f"{driver} {address}" in line or f"for {address}" in line
                    for driver in ("bochs-drm", "snd_hda_intel", "e1000e", "[drm] Initialized")
                    for address in addresses)]


def round_trip(play, kind, words):
    """Recorded, bound for good, restarted; taken back, restarted; recorded again."""
    play.begin(kind, words)
    before = play.drivers()
    play.ask("vfiokit record /root/before.host >/dev/null")
    said = play.ask(f"vfiokit bind --persist --yes 01:00 {TWIN}")
    play.test("bind --persist is done, and says when it comes to effect",
              lacks(said, "from the next boot on"))
    inside = play.ask(LISTERS[kind])
    play.test("rule and module are in the initramfs, by the distribution's own tool",
              lacks(inside, RULE), lacks(inside, "/vfio-pci.ko"))
    play.test("nothing has changed yet", differs("drivers", play.drivers(), before))
    again = play.ask(f"vfiokit bind --persist --yes 01:00 {TWIN} --json")
    play.test("once more is nothing to do", lacks(again, '"steps": []'))

    play.reboot()
    play.test("after the restart those are on vfio-pci, and no others",
              bound_as(play.drivers(), before, [*CARD, TWIN]))
    play.test("no driver of the host saw them before",
              *seen_by_host(play, [*CARD, TWIN]))
    verified = play.ask("vfiokit verify")
    play.test("verify says so", lacks(verified, f"{TWIN} is on vfio-pci"))
    journal = play.ask("journalctl -b -u vfiokit-boot --no-pager")
    play.test("and so does the journal", lacks(journal, f"{TWIN} is on vfio-pci"))
    return before


def taken_back(play, before):
    play.ask("vfiokit undo --yes")
    play.test("undo leaves no file of ours", differs("files", play.ask(FILES), ""))
    play.reboot()
    play.test("after the next restart all is as it was",
              differs("drivers", play.drivers(), before))
    same = play.machine.run("same-machine /root/before.host")
    play.test("the recording is that of before", None if same.status == 0 else str(same))


def persist(play):
    """initramfs-tools and GRUB: bound at boot, addresses that move, and back"""
    before = round_trip(play, "grub", ["amd"])

    # Without the display the cards behind it move up: 02:00.0 is now the other twin.
    play.move(SHIFTED)
    drivers = play.drivers()
    play.test("when addresses have moved, nothing is bound",
              differs("on vfio-pci", [a for a, d in drivers.items() if d == "vfio-pci"], []))
    verified = play.machine.run("vfiokit verify")
    play.test("and verify says why",
              differs("status", verified.status, 1),
              lacks(verified.out, "nothing was bound: it was chosen in the slot"),
              lacks(verified.out, "a device like it is at 0000:01:00.0"))
    journal = play.ask("journalctl -b -u vfiokit-boot --no-pager")
    play.test("and the journal", lacks(journal, "nothing was bound"))
    play.move(DESKTOP)
    play.test("when they are back, they are bound again",
              bound_as(play.drivers(), before, [*CARD, TWIN]))
    taken_back(play, before)


def dracut(play):
    """dracut and systemd-boot: bound at boot, and back"""
    taken_back(play, round_trip(play, "sdboot", ["amd"]))


def newest(play):
    """The newest change of the history; None: there is none."""
    changes = play.json("history")["changes"]
    return changes[0] if changes else None


CONSOLE = "/dev/ttyS0"


def cut_at(play, number, command):
    """Cuts the power as the command is about to make its call of that number. What is wrong with
    that, and the change that it has begun (None: none)."""
    before = newest(play)
    play.machine.send(f"cut-at {number} {CONSOLE} {command}; echo @ended >{CONSOLE}")
    said = play.machine.wait_console([f"@cut {number} ", "@ended"], 600)
    play.cut()
    change = newest(play)
    begun = change if change and (not before or change["id"] != before["id"]) else None
    return (None if said == f"@cut {number} " else f"it was not cut there: {said}"), begun


# Calls of the program at which the power is cut (cut-at.c): of the change, and of its undo.
BIND_CUTS = [2, 9, 16, 24]
UNDO_CUTS = [6, 14]


def power(play):
    """the power is cut in the middle of bind --persist and of undo"""
    command = "vfiokit bind --persist --yes 01:00"
    play.begin("grub", ["amd"])
    before = play.drivers()
    for number in BIND_CUTS:
        trouble, change = cut_at(play, number, command)
        state = change["state"] if change else "none"
        begun = sum(step["state"] != "planned" for step in change["steps"]) if change else 0
        files = play.ask(FILES)
        play.test(f"cut at call {number}: it starts, and history tells the truth ({state})",
                  trouble, None if state in ("unfinished", "none", "empty") else state,
                  f"no step is begun, and there are:\n{files}" if files and not begun else None)
        play.ask("vfiokit undo --yes")
        play.test(f"cut at call {number}: undo brings back what was",
                  differs("files", play.ask(FILES), ""))
    for number in UNDO_CUTS:
        play.ask(command)
        trouble, change = cut_at(play, number, "vfiokit undo --yes")
        state = change["state"] if change else "none"
        play.test(f"cut at call {number} of undo: it starts, and history tells the truth ({state})",
                  trouble, None if state in ("unfinished", "none", "empty") else state)
        play.ask("vfiokit undo --yes")
        inside = play.ask(LISTERS["grub"])
        play.test(f"cut at call {number} of undo: once more, and nothing of ours is left",
                  differs("files", play.ask(FILES), ""), has(inside, RULE))
    play.reboot()
    play.test("in the end the machine is as it was", differs("drivers", play.drivers(), before))


def lost_trial(play, name, spoil, sign):
    """A trial whose entry is spoilt so that it does not come up; then one power cycle."""
    play.ask(f"vfiokit bind --persist --trial --yes 01:00 && sed -i 's|{TRIAL_WORD}|& {spoil}|' "
             "/boot/grub/custom.cfg")
    play.machine.go_down()
    play.machine.start(ready=False)
    seen = play.machine.wait_console([sign], 400)
    play.cut()
    command_line = play.ask("cat /proc/cmdline")
    play.test(f"a trial that {name} comes back by itself",
              None if seen else f"'{sign}' was not on its console",
              has(command_line, TRIAL_WORD), has(command_line, spoil))
    verified = play.machine.run("vfiokit verify")
    play.test(f"and verify says so ({name})", differs("status", verified.status, 1),
              lacks(verified.out, "the trial did not come up"))
    # What was changed by another hand would not be taken away.
    play.ask(f"sed -i 's| {spoil}||' /boot/grub/custom.cfg && vfiokit undo --yes")
    play.test(f"undo takes away what is left of it ({name})",
              differs("files", play.ask(FILES + "; ls /boot/grub/custom.cfg 2>/dev/null; true"), ""))


def trial(play):
    """a trial that panics, one that loses its disk, one that goes well and lasts"""
    play.begin("grub", ["amd"])
    before = play.drivers()
    lost_trial(play, "panics", "init=/bin/false", "Kernel panic")
    lost_trial(play, "has no driver for its disk", "module_blacklist=virtio_blk",
               "does not exist")

    play.ask("vfiokit bind --persist --trial --yes 01:00")
    play.test("nothing has changed yet", differs("drivers", play.drivers(), before))
    play.reboot()
    play.test("in the trial they are bound", bound_as(play.drivers(), before, CARD),
              lacks(play.ask("cat /proc/cmdline"), TRIAL_WORD))
    play.ask("for i in $(seq 800); do case $(systemctl is-active vfiokit-boot) in "
             "active | failed) break ;; esac; sleep 1; done; "
             "journalctl -b -u vfiokit-boot --no-pager >&2; systemctl is-active vfiokit-boot", 900)
    made = newest(play)
    play.test("and the trial was made to last",
              differs("the newest change", made["command"].split()[:3],
                      ["vfiokit", "bind", "--persist"]),
              differs("its state", made["state"], "done"))
    play.reboot()
    play.test("from then on they are bound without it", bound_as(play.drivers(), before, CARD),
              has(play.ask("cat /proc/cmdline"), TRIAL_WORD))


WORDS = ["iommu=pt", "vtest.word=1"]

OURS = "ls /etc/default/grub.d/99-vfiokit.cfg /etc/grub.d/45_vfiokit 2>/dev/null; " + FILES


def setup(play):
    """setup with GRUB and initramfs-tools: parameters and early binding, and back"""
    command = f"vfiokit setup --yes --no-packages --gpu 01:00 --iommu-pt --kernel-arg {WORDS[1]}"
    play.begin("grub", ["amd"])
    before = play.drivers()
    cmdline = play.ask("cat /proc/cmdline")
    play.ask("vfiokit record /root/before.host >/dev/null")
    play.ask(command)
    menu = play.ask("cat /boot/grub/grub.cfg")
    lines = [line for line in menu.splitlines() if line.strip().startswith("linux")]
    play.test("GRUB's menu has the parameters, and an entry without them",
              *[lacks(lines[0], word) for word in WORDS],
              lacks(menu, "(without vfiokit)"),
              *[has(line, word) for line in lines if "vfiokit=off" in line for word in WORDS])
    play.test("the rule is in the initramfs", lacks(play.ask(LISTERS["grub"]), RULE))
    play.test("once more is nothing to do",
              lacks(play.ask(command + " --json"), '"steps": []'))

    play.reboot()
    now = play.ask("cat /proc/cmdline")
    play.test("after the restart the parameters are there, and all others still",
              *[lacks(now, word) for word in [*WORDS, *cmdline.split()[1:]]])
    play.test("and the card is on vfio-pci", bound_as(play.drivers(), before, CARD))

    play.ask("vfiokit undo --yes")
    play.test("undo leaves no file of ours, and none in the menu",
              differs("files", play.ask(OURS), ""), has(play.ask("cat /boot/grub/grub.cfg"), "vfiokit"),
              has(play.ask("cat /boot/grub/grub.cfg"), WORDS[1]))
    play.reboot()
    play.test("after the next restart all is as it was",
              differs("command line", play.ask("cat /proc/cmdline"), cmdline),
              differs("drivers", play.drivers(), before))
    same = play.machine.run("same-machine /root/before.host")
    play.test("the recording is that of before", None if same.status == 0 else str(same))


def text_of_guide(chapter, first_line):
    """The guide's block that begins with this line, with this machine's twins for its cards."""
    for block in next(c for c in read_chapters() if c.name == chapter).blocks:
        if block.lines[:1] == [first_line]:
            return "\n".join(block.lines) + "\n"
    raise LabError(f"the guide has no block that begins with {first_line}")


def by_hand(play):
    """the guide's udev rule and hook, written by hand: one of two equal functions is bound"""
    play.begin("grub", ["intel"])
    before = play.drivers()
    ids = play.ask(f"cd /sys/bus/pci/devices/{TWIN} && cat vendor device").split()
    rule = text_of_guide("isolate-gpu", 'ACTION!="add", GOTO="vfio_end"')
    for old, new in (("0000:0b:00", TWIN[:-2]), ("0x10de", ids[0]), ("0x2484", ids[1])):
        play.test(f"the rule has {old}", lacks(rule, old))
        rule = rule.replace(old, new)
    hook = text_of_guide("isolate-gpu", "#!/bin/sh")
    play.ask(f"cat >/etc/udev/rules.d/10-vfio.rules <<'END'\n{rule}END\n"
             f"cat >/etc/initramfs-tools/hooks/vfio <<'END'\n{hook}END\n"
             "chmod +x /etc/initramfs-tools/hooks/vfio\n"
             "printf '%s\\n' vfio-pci vfio_iommu_type1 >>/etc/initramfs-tools/modules\n"
             "update-initramfs -u -k all")
    play.test("rule and module are in the initramfs", *(lacks(play.ask(LISTERS["grub"]), words)
              for words in ("etc/udev/rules.d/10-vfio.rules", "/vfio-pci.ko")))
    play.reboot()
    play.test("after the restart one is on vfio-pci, and the other is not",
              bound_as(play.drivers(), before, [TWIN]))
    play.test("no driver of the host saw it before", *seen_by_host(play, [TWIN]))


SCENARIOS = {function.__name__: function for function in (persist, power, trial, dracut, setup,
                                                          by_hand)}
