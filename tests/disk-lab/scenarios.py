"""The scenarios: functions that play()."""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)

from follow import usb, usb_port, usb_storm # pylint: disable=C0413
from guided import GuideWalk, text_of_guide # pylint: disable=C0413
from signs import (CARD, FILES, LISTERS, RULE, TWIN, bound_as, seen_by_host, # pylint: disable=C0413
                   unseen_by_host)
from scenario_guest import guest # pylint: disable=C0413
from vdisk.play import DESKTOP, SHIFTED, differs, has, lacks # pylint: disable=C0413
from power import power, power_sdboot, power_undo # pylint: disable=C0413
from power_persist import power_persist # pylint: disable=C0413
from quickstart import quick_start # pylint: disable=C0413
from trials import trial, trial_disk, trial_panic, trial_sdboot # pylint: disable=C0413

PARAMETER = "iommu=pt"


def bind_for_good(play):
    """A card and one of two that are equal: recorded, bound, restarted."""
    play.begin("grub", ["amd"])
    before = play.drivers()
    play.test("drivers of the host have them", *unseen_by_host(play, [*CARD, TWIN]))
    play.ask("vfiokit record /root/before.host >/dev/null")
    said = play.ask(f"vfiokit bind --persist --yes 01:00 {TWIN}")
    play.test("bind --persist is done, and says when it comes to effect",
              lacks(said, "from the next boot on"))
    inside = play.ask(LISTERS["grub"])
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
              differs("drivers", play.drivers(), before), *unseen_by_host(play, [*CARD, TWIN]))
    same = play.machine.run("same-machine /root/before.host")
    play.test("the recording is that of before", None if same.status == 0 else str(same))


def persist(play):
    """initramfs-tools and GRUB: bound at boot, addresses that move, and back"""
    before = bind_for_good(play)

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


def in_menu(play):
    """GRUB's menu has the parameter, and an entry without it. Problems."""
    lines = [line for line in play.ask("cat /boot/grub/grub.cfg").splitlines()
             if line.strip().startswith("linux")]
    without = [line for line in lines if "vfiokit=off" in line]
    return [lacks(lines[0], PARAMETER), *[has(line, PARAMETER) for line in without],
            None if without else "there is no entry without it"]


# The next start is by the entry without it.
ONCE = {
    "grub": "grub-reboot \"$(sed -n \"s/^menuentry '\\([^']*without vfiokit[^']*\\)'.*/\\1/p\" "
            "/boot/grub/grub.cfg | head -n 1)\"",
    "sdboot": "bootctl set-oneshot 0-vfiokit-without.conf",
}
# What is left of that in GRUB's environment, with nothing in it.
TIDY = {"grub": "grub-editenv - unset next_entry", "sdboot": "true"}


def start_without(play, kind, before):
    """Starts the machine by the entry without the change."""
    play.ask(ONCE[kind])
    play.reboot()
    play.ask(TIDY[kind])
    now = play.ask("cat /proc/cmdline")
    play.test("the entry without it starts, with nothing bound, and is not what starts by itself",
              lacks(now, "vfiokit=off"), has(now, PARAMETER),
              differs("drivers", play.drivers(), before),
              lacks(play.machine.run("vfiokit verify").out, "this boot is without it (vfiokit=off)"))


def there_and_back(play, kind):
    """Recorded, set up, restarted; taken back, restarted; recorded again: as the guide has it."""
    play.begin(kind, ["amd"])
    before, cmdline = play.drivers(), play.ask("cat /proc/cmdline")
    walk = GuideWalk(play, "setup")
    play.test("drivers of the host have the card", *unseen_by_host(play, CARD))
    walk.go("vfiokit setup")
    play.test("rule and module are in the initramfs, by the distribution's own tool",
              *[lacks(play.ask(LISTERS[kind]), words) for words in (RULE, "/vfio-pci.ko")])
    play.test("nothing has changed yet", differs("drivers", play.drivers(), before))
    if kind == "grub":
        play.test("GRUB's menu has the parameter, and an entry without it", *in_menu(play))
    play.test("once more is nothing to do",
              lacks(play.ask(f"{walk.last} --json"), '"steps": []'))
    walk.go("reboot")
    now = play.ask("cat /proc/cmdline").split()
    play.test("after the restart the parameter is there, and all others still",
              *[lacks(now, word) for word in [PARAMETER, *cmdline.split()[1:]]])
    play.test("groups are there", *[
        lacks(play.ask("ls -d /sys/bus/pci/devices/*/iommu_group"), address) for address in CARD])
    play.test("the card is on vfio-pci and nothing else; no driver of the host saw it before",
              bound_as(play.drivers(), before, CARD), *seen_by_host(play, CARD))
    walk.go("lspci -k")
    start_without(play, kind, before)
    walk.go("vfiokit undo")
    play.test("undo leaves nothing of ours", differs("files", play.ask(FILES), ""),
              has(play.ask(f"grep -rIl {PARAMETER} /etc /boot || true"), "/"),
              has(play.ask(LISTERS[kind]), RULE))
    walk.go("reboot")
    walk.go(None)
    play.test("after the next restart all is as it was",
              differs("command line", play.ask("cat /proc/cmdline"), cmdline),
              differs("drivers", play.drivers(), before), *unseen_by_host(play, CARD))
    same = play.machine.run("same-machine /root/before.host")
    play.test("the recording is that of before", None if same.status == 0 else str(same))


def setup(play):
    """GRUB and initramfs-tools: the guide's way with setup, and back"""
    there_and_back(play, "grub")


def dracut(play):
    """systemd-boot and dracut: the guide's way with setup, and back"""
    there_and_back(play, "sdboot")


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


# Tier → its scenarios, the longest first, so that two at a time come to their end together: what
# changes how the machine boots, and what guests inside it have of that.
TIERS = {
    "disk": (power_sdboot, power, dracut, power_persist, power_undo, trial_sdboot, setup, persist, trial,
             trial_disk, trial_panic, by_hand),
    "guests": (usb, guest, usb_storm, usb_port, quick_start),
}
SCENARIOS = {function.__name__: function for tier in TIERS.values() for function in tier}
