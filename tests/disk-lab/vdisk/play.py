"""What scenarios are written with: a machine that is asked, and tests that say what they saw."""

import fcntl
import json
import os
import tempfile

from . import cache_dir, image, machine, program

# A display with its sound function, two network cards that are alike, a USB controller: behind root
# ports, as graphics cards are. The display's driver has another one that is the host's, too.
DESKTOP = """
2 port
    0.0 bochs-display
    0.1 ich9-intel-hda
        hda-duplex audiodev=quiet
3 port
    e1000e
4 port
    e1000e
5 qemu-xhci
    usb-kbd
    usb-mouse
""".splitlines()

# The same machine without the display: what was on bus 2 is on bus 1 now, and so on.
SHIFTED = DESKTOP[:1] + DESKTOP[5:]


def disk_of(kind, say):
    """The disk of this kind, made when it is first wanted: by one, while others who want it wait."""
    with open(os.path.join(cache_dir("images"), f"{kind}.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return image.make_disk(kind, say)


# What a machine with guests of its own runs beside them: a second clock, that of the board, which
# interrupts every second. QEMU may forget an interrupt of the first (tests/lab/vlab/guest.py: TICKING),
# and is reminded of it by the next of any kind. 0x7003: RTC_UIE_ON (rtc(4)).
SECOND_CLOCK = """perl -e 'open $c, "<", "/dev/rtc0" or die "no clock: $!"; ioctl $c, 0x7003, 0 or die "$!"; exit if fork;
close STDIN; close STDOUT; close STDERR; 1 while sysread $c, $tick, 8'"""


class Failed(Exception):
    """A test saw what must not be; what follows in the scenario would prove nothing."""


class Play:
    """One scenario on its way: its machine, and the results so far."""

    def __init__(self, tap, name, options):
        self.tap, self.name, self.options = tap, name, options
        self.folder = tempfile.TemporaryDirectory(prefix="vfiokit-disk-")
        self.machine = None
        self.has_guests = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.machine:
            self.machine.cut_power()
            self.machine.folder.cleanup()
        self.folder.cleanup()

    # ---- the machine ----

    def begin(self, kind, words, tree=None, extra=(), files=()):
        """A machine with a fresh disk, and the program in it. extra: more options of QEMU's; files: more than
        the program (see program.py)."""
        base = disk_of(kind, self.tap.note)
        archive = program.make_archive(self.options.program, self.folder.name, files)
        overlay = machine.Overlay(base, self.folder.name, archive)
        self.machine = machine.Machine(overlay, words, tree or DESKTOP, name=self.name,
                                       extra=extra)
        self.has_guests = kind == "libvirt"
        open(self.machine.console, "w", encoding="ascii").close()
        self.machine.start()
        self.note_boot()
        self.ask(program.UNPACK)

    def photograph(self):
        """The disk as a power cut now would leave it: for begin_with()."""
        return self.machine.photograph(tempfile.mkdtemp(dir=self.folder.name))

    def begin_with(self, disk):
        """The same machine with another disk."""
        self.machine.cut_power()
        self.machine.disk = disk
        self.machine.start()
        self.note_boot()

    def note_boot(self):
        self.tap.note(f"{self.name}: boot {self.machine.boots} took "
                      f"{self.machine.boot_seconds:.0f} s")
        if self.has_guests:
            self.ask(SECOND_CLOCK)

    def reboot(self):
        self.machine.reboot()
        self.note_boot()

    def move(self, tree):
        """Switches it off, changes what is plugged in, and switches it on."""
        self.machine.power_off()
        self.machine.tree = tree
        self.machine.start()
        self.note_boot()

    def cut(self):
        """The power fails, and comes back."""
        self.machine.cut_power()
        self.machine.start()
        self.note_boot()

    def ask(self, script, bound=600):
        """Runs a script that must succeed; its output."""
        result = self.machine.run(script, bound)
        if result.status != 0:
            raise Failed(f"{script}\n{result}")
        return result.out

    def json(self, arguments):
        result = self.machine.run(f"vfiokit --json {arguments}")
        try:
            return json.loads(result.out)
        except ValueError:
            raise Failed(f"vfiokit --json {arguments}: no JSON\n{result}") from None

    def drivers(self):
        """address → driver ("-": none), as the kernel has them, without asking vfiokit."""
        lines = self.ask("for d in /sys/bus/pci/devices/*; do l=$(readlink $d/driver); "
                         "echo ${d##*/} ${l##*/}; done").splitlines()
        return {words[0]: (words + ["-"])[1] for words in map(str.split, lines)}

    # ---- results ----

    def test(self, name, *problems):
        """problems: texts, None where there is none."""
        self.tap.result(f"{self.name}: {name}", [text for text in problems if text])


def differs(what, is_now, expected):
    """None when they are equal."""
    return None if is_now == expected else f"{what}: {is_now!r}, not {expected!r}"


def lacks(text, words):
    return None if words in text else f"'{words}' is not in:\n{text}"


def has(text, words):
    lines = [line for line in text.splitlines() if words in line]
    return "\n".join(["should not be there:", *lines]) if lines else None
