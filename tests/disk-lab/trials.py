"""Trials: changes that are made for one boot, and last only when that goes well."""

from signs import CARD, FILES, TRIAL_WORD, bound_as, newest
from vdisk.play import differs, has, lacks

TRY = "vfiokit setup --trial --yes --no-packages --gpu 01:00"


def lost(play, name, words, sign):
    """A trial with parameters by which the machine does not come up; then one power cycle."""
    command_line, drivers = play.ask("cat /proc/cmdline"), play.drivers()
    play.ask(TRY + "".join(f" --kernel-arg {word}" for word in words))
    play.machine.go_down()
    play.machine.start(ready=False)
    seen = play.machine.wait_console([sign], 400)
    play.cut()
    play.test(f"a trial that {name} comes back by itself as it was before",
              None if seen else f"'{sign}' was not on its console",
              differs("command line", play.ask("cat /proc/cmdline"), command_line),
              differs("drivers", play.drivers(), drivers))
    verified = play.machine.run("vfiokit verify")
    play.ask("until systemctl is-active -q vfiokit-boot; do sleep 1; done")
    play.test("verify says what became of it, with its parameters; so do 'vfiokit' and the journal",
              differs("status", verified.status, 1),
              *[lacks(" ".join(text.split()), word)
                for word in ["did not come to its end", *words]
                for text in (verified.out, play.ask("vfiokit"),
                             play.ask("journalctl -b -u vfiokit-boot -o cat --no-pager"))])
    play.ask("vfiokit undo --yes")
    play.test("undo takes away what is left of it", differs("files", play.ask(FILES), ""))


PANIC = "panics", ["init=/bin/false"], "Kernel panic"


def trial_panic(play):
    """a trial in which the kernel panics comes back by one power cycle"""
    play.begin("grub", ["amd"])
    lost(play, *PANIC)


def trial_sdboot(play):
    """the same with systemd-boot and dracut"""
    play.begin("sdboot", ["amd"])
    lost(play, *PANIC)


def trial_disk(play):
    """a trial that takes the only disk away comes back by one power cycle"""
    play.begin("grub", ["intel"])
    ids = play.ask("cd /sys/bus/pci/devices/0000:00:1d.0 && cat vendor device").split()
    play.test("that disk is the only one with the system", lacks(
        play.ask("readlink -f /sys/class/block/$(basename $(findmnt -no SOURCE /))"), "00:1d.0"))
    lost(play, "binds the only disk to VFIO",
         ["vfio-pci.ids=" + ":".join(word[2:] for word in ids), "module_blacklist=virtio_blk"],
         "does not exist")


def trial(play):
    """a trial that goes well is made to last, by itself"""
    play.begin("grub", ["amd"])
    before = play.drivers()
    play.ask(TRY + " --kernel-arg vtest.word=1")
    play.test("nothing has changed yet", differs("drivers", play.drivers(), before))
    play.reboot()
    now = play.ask("cat /proc/cmdline")
    play.test("in the trial they are bound", bound_as(play.drivers(), before, CARD),
              lacks(now, TRIAL_WORD), lacks(now, "vtest.word=1"))
    play.ask("for i in $(seq 800); do case $(systemctl is-active vfiokit-boot) in "
             "active | failed) break ;; esac; sleep 1; done; "
             "journalctl -b -u vfiokit-boot --no-pager >&2; systemctl is-active vfiokit-boot", 900)
    made = newest(play)
    play.test("and the trial was made to last",
              differs("the newest change", made["command"].split()[:2], ["vfiokit", "setup"]),
              differs("its state", made["state"], "done"))
    play.reboot()
    now = play.ask("cat /proc/cmdline")
    play.test("from then on they are bound without it", bound_as(play.drivers(), before, CARD),
              has(now, TRIAL_WORD), lacks(now, "vtest.word=1"))
