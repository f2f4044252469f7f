"""One boot: starts QEMU, listens to what the machine sends, and ends it, whatever happens."""

import os
import select
import shutil
import subprocess
import tempfile
import time

from . import cache_dir, image
from .clock import Clock
from .monitor import Monitor
from .stream import Stream

MEMORY = "1024"
# A busy host is no stall of the guest's: that is not to be told, and traced, on the console.
PARAMETERS = ("console=ttyS0 no_timer_check panic=-1 quiet mitigations=off "
              "rcupdate.rcu_cpu_stall_suppress=1 nowatchdog")
# A machine with guests of its own has a clock that ticks by itself. QEMU's emulation of SVM (7.2:
# helper_vmrun(), do_vmexit()) changes interrupt_request without the lock that its timers hold, so an
# interrupt may be forgotten, for good if it was the timer that nobody set again. The next tick asks anew.
TICKING = "nohz=off highres=off"
# Bounds are seconds of the machine's (clock.py), and grow with how slow it says it is (guest/init).
INIT_BOUND = 120 # until its init says its first word: a machine needs 5 or so
LOAD_BOUND = 300 # until it has loaded its drivers
END_BOUND = 60 # for a step's last words, and until it is off
GLANCE = 5 # seconds after which the clock is looked at again
TAIL = 40 # lines of its console that are shown when it hung


class Result:
    """What a step printed and how it ended; status None: it never ended."""

    def __init__(self, status=None, out=b"", err=b""):
        self.status = status
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")


class Boot:
    """What came of a boot: results by the names of the steps, seconds it took, and, when it did
    not end as it should, why (trouble) with the tail of the console. stillborn: it is the second
    one, and this is why the first never came to its init."""

    def __init__(self):
        self.results = {}
        self.seconds = 0.0
        self.init_after = None
        self.ready_after = None
        self.stillborn = None
        self.trouble = None
        self.console = ""


def kernel_words(parameters, load):
    ticking = TICKING if any(module.startswith("kvm") for module in load) else ""
    return " ".join([PARAMETERS, ticking, parameters]).strip()


def command_line(machine, kernel, words, initrd):
    # QEMU ends with us, should we be killed; and it gives way to whoever else works here.
    return ["setpriv", "--pdeathsig", "KILL", "nice", "-n", "5", "qemu-system-x86_64", "-accel", "tcg",
            *machine.options(), "-m", MEMORY, "-smp", "1", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-kernel", kernel.image(), "-initrd", initrd,
            "-append", words]


def boot(machine, kernel, parameters, steps, load, program, environment, extras=()):
    """Boots and runs steps: (name, script, bound in seconds). A machine that never comes to its init
    has tried nothing of ours, and is started once more."""
    arguments = (machine, kernel, parameters, steps, load, program, environment, extras)
    outcome = boot_once(*arguments)
    if outcome.trouble and outcome.init_after is None:
        stillborn = outcome.trouble
        outcome = boot_once(*arguments)
        outcome.stillborn = stillborn
    return outcome


def boot_once(machine, kernel, parameters, steps, load, program, environment, extras):
    outcome = Boot()
    with tempfile.TemporaryDirectory(prefix="vfiokit-lab-") as folder:
        initrd = os.path.join(folder, "initrd")
        image.write_initrd(initrd, [image.base_archive(kernel), image.program_archive(program),
                                    *[image.extra_archive(word, kernel) for word in extras]],
                           image.job_archive(steps, load, environment))
        console = os.path.join(folder, "console")
        argv = command_line(machine, kernel, kernel_words(parameters, load), initrd)
        monitor = Monitor(folder)
        argv += ["-serial", f"file:{console}", "-serial", "stdio", *monitor.options()]
        started = time.monotonic()
        with open(os.path.join(folder, "errors"), "w+b") as errors, \
             subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=errors, cwd=folder) as process:
            bounds = {name: bound for name, _, bound in steps}
            try:
                listen(process, monitor, outcome, bounds)
            finally:
                monitor.close()
                process.kill()
                process.wait()
            errors.seek(0)
            if outcome.trouble:
                outcome.trouble += qemu_errors(errors.read().decode(errors="replace"))
        outcome.seconds = time.monotonic() - started
        missing = [name for name, _, _ in steps if name not in outcome.results]
        if missing and not outcome.trouble:
            outcome.trouble = f"the machine left out steps: {' '.join(missing)}"
        if outcome.trouble:
            outcome.console = tail_of(console)
            outcome.trouble += f"\nits whole console: {keep_console(console)}"
    return outcome


def shell(machine, kernel, parameters, load, program, environment):
    """Gives a prompt in a machine, on this terminal."""
    with tempfile.TemporaryDirectory(prefix="vfiokit-lab-") as folder:
        initrd = os.path.join(folder, "initrd")
        image.write_initrd(initrd, [image.base_archive(kernel), image.program_archive(program)],
                           image.job_archive([], load, environment, shell=True))
        argv = command_line(machine, kernel, kernel_words(parameters, load), initrd)
        argv += ["-serial", "mon:stdio", "-serial", "null"]
        return subprocess.run(argv, stderr=subprocess.DEVNULL, check=False).returncode


def qemu_errors(text):
    """What QEMU itself complained of, but for what its CPU lacks and for networks without end."""
    lines = [line for line in text.splitlines()
             if line and "TCG doesn't support" not in line and "has no peer" not in line]
    return "".join(f"\n{line}" for line in lines)


def keep_console(path):
    kept = os.path.join(cache_dir("consoles"), time.strftime("%Y%m%d-%H%M%S"))
    try:
        return shutil.copy(path, kept)
    except OSError:
        return "not to be had"


def tail_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "\n".join(file.read().replace("\r", "").splitlines()[-TAIL:])
    except OSError:
        return ""


class Ended(Exception):
    """The machine went away, or said nothing for too long."""


class Line(Stream):
    """The second serial line, with a bound on every wait."""

    def __init__(self, process):
        super().__init__()
        self.pipe = process.stdout
        self.back = process.stdin
        self.clock = Clock(process.pid)
        self.slow = 1
        self.deadline = 0

    def allow(self, seconds):
        self.deadline = self.clock.now() + seconds * self.slow

    def answer(self, text):
        self.back.write(text.replace("\r", "").replace("\n", " ").encode() + b"\n")
        self.back.flush()

    def receive(self):
        while not select.select([self.pipe], [], [], GLANCE)[0]:
            if self.clock.now() > self.deadline:
                raise Ended("it said nothing more")
        data = os.read(self.pipe.fileno(), 65536)
        if not data:
            raise Ended("it went away")
        return data


def wait_until_off(process, line):
    """Its serial line ends with it."""
    line.allow(END_BOUND)
    while True:
        try:
            return process.wait(GLANCE)
        except subprocess.TimeoutExpired:
            if line.clock.now() > line.deadline:
                raise


def listen(process, monitor, outcome, bounds):
    """Takes in what guest/init sends, until the machine is off."""
    line = Line(process)
    doing = "starting"
    line.allow(INIT_BOUND)
    try:
        while True:
            words = line.read_line()
            if words[:1] == ["@init"]:
                outcome.init_after = line.clock.now()
                line.slow = int(words[1])
                doing = "loading its drivers"
                line.allow(LOAD_BOUND)
            elif words[:1] == ["@ready"]:
                outcome.ready_after = line.clock.now()
            elif words[:1] == ["@begin"]:
                doing = f"step {words[1]}"
                line.allow(bounds[words[1]] + END_BOUND)
            elif words[:1] == ["@step"]:
                _, name, status, out, err = words
                outcome.results[name] = Result(int(status), line.read(int(out)),
                                               line.read(int(err)))
            elif words[:1] == ["@monitor"]:
                line.answer(monitor.ask(" ".join(words[1:])))
            elif words[:1] == ["@done"]:
                break
        wait_until_off(process, line)
    except Ended as ended:
        outcome.trouble = f"the machine hung or died while {doing}: {ended}"
    except subprocess.TimeoutExpired:
        outcome.trouble = "the machine did not switch itself off"
    except (ValueError, KeyError, OSError) as error:
        outcome.trouble = f"the machine sent what makes no sense while {doing}: {error}"
