"""A machine with a disk: started, asked to run scripts, restarted, switched off, or cut from power."""

import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from vlab import machine as devices
from vlab.monitor import Monitor
from vlab.stream import Stream

from . import LabError, cache_dir

MEMORY = "1024"
BOOT_BOUND = 420 # seconds until it answers
TAIL = 60 # lines of its console that are shown when it hung

FIRMWARE = [("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
            ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd")]

PARAMETERS = "root=LABEL=labroot ro console=ttyS0 no_timer_check mitigations=off norandmaps"


def firmware():
    """The paths of the UEFI code, and of its empty variables."""
    for pair in FIRMWARE:
        if all(os.path.exists(path) for path in pair):
            return pair
    raise LabError("there is no UEFI firmware for QEMU (package ovmf)")


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    def __str__(self):
        return f"status {self.status}\n{self.out}{self.err}"


class Hung(Exception):
    """It went away, or said nothing for too long."""


class Link(Stream):
    """The machine's port for scripts. deadline, of time.monotonic(): until when it is waited for."""

    def __init__(self, machine, connection):
        super().__init__()
        self.machine, self.connection = machine, connection
        self.deadline = 0

    def receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.connection], [], [], left)[0]:
            raise Hung("it said nothing more" + self.machine.tail())
        try:
            data = self.connection.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise Hung("it went away" + self.machine.errors() + self.machine.tail())
        return data

    def send(self, data):
        self.connection.sendall(data)

    def close(self):
        self.connection.close()


class Machine:
    """disk: a raw disk that is written to itself (with loader: kernel and initrd that QEMU loads),
    or an Overlay. words, tree: as vlab.machine knows them."""

    def __init__(self, disk, words, tree, loader=None, name="machine", extra=()):
        self.disk, self.loader, self.name = disk, loader, name
        self.words, self.tree, self.extra = words, tree, extra
        self.process = self.link = self.monitor = None
        self.steps = 0
        self.boots = 0
        self.seconds = 0.0
        self.console = os.path.join(cache_dir("consoles"), name)
        self.folder = tempfile.TemporaryDirectory(prefix="vfiokit-disk-")

    # ---- power ----

    def __enter__(self):
        open(self.console, "w", encoding="ascii").close()
        self.start()
        return self

    def __exit__(self, *_):
        self.cut_power()
        self.folder.cleanup()

    def drives(self):
        path = self.disk if isinstance(self.disk, str) else self.disk.path
        form = "raw,cache=unsafe" if isinstance(self.disk, str) else "qcow2,cache=writeback"
        words = ["-drive", f"if=none,id=root,file={path},format={form}",
                 "-device", "virtio-blk-pci,id=root,drive=root,addr=0x1d,serial=root"]
        program = getattr(self.disk, "program", None)
        if program:
            words += ["-drive", f"if=none,id=program,file={program},format=raw,readonly=on",
                      "-device", "virtio-blk-pci,drive=program,addr=0x1c,serial=program"]
        return words

    def argv(self):
        variables = (self.disk if isinstance(self.disk, str) else self.disk.path) + ".vars"
        boot = []
        if self.loader:
            boot = ["-kernel", self.loader[0], "-initrd", self.loader[1], "-append", PARAMETERS]
        return ["setpriv", "--pdeathsig", "KILL", "nice", "-n", "5", "qemu-system-x86_64",
                "-accel", "tcg,thread=multi", *devices.Machine(self.words, self.tree).options(),
                "-m", MEMORY, "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none",
                "-device", "VGA,addr=0x1b,romfile=",
                "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={firmware()[0]}",
                "-drive", f"if=pflash,format=raw,unit=1,file={variables}",
                *self.drives(), *boot, *self.extra,
                "-device", "virtio-serial-pci,addr=0x1e",
                "-chardev", f"socket,id=lab,path={self.folder.name}/lab,server=on,wait=off",
                "-device", "virtserialport,chardev=lab,name=lab",
                "-qmp", f"unix:{self.folder.name}/monitor,server=on,wait=off",
                "-chardev", f"file,id=console,path={self.console},append=on",
                "-serial", "chardev:console"]

    def start(self, ready=True):
        """Switches it on; waits until it answers, unless ready is False."""
        self.started = time.monotonic()
        with open(os.path.join(self.folder.name, "errors"), "wb") as errors:
            self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=errors)
        self.link = Link(self, self.connect(os.path.join(self.folder.name, "lab")))
        self.monitor = Monitor(self.folder.name)
        if ready:
            self.wait_ready()

    def connect(self, path):
        """The port's socket, as soon as QEMU listens there."""
        link = socket.socket(socket.AF_UNIX)
        while self.process.poll() is None:
            try:
                link.connect(path)
                return link
            except OSError:
                time.sleep(0.05)
        raise LabError(f"QEMU does not start: {self.errors()}")

    def errors(self):
        """What QEMU itself complained of."""
        with open(os.path.join(self.folder.name, "errors"), encoding="utf-8") as file:
            return "".join(f"\n{line.strip()}" for line in file if "TCG doesn't" not in line)

    def wait_ready(self, bound=BOOT_BOUND):
        began = time.monotonic()
        self.link.deadline = began + bound
        while self.link.read_line()[:1] != ["@ready"]:
            pass
        self.boots += 1
        self.boot_seconds = time.monotonic() - began

    def cut_power(self):
        if not self.process:
            return
        self.process.kill()
        self.process.wait()
        self.link.close()
        self.monitor.close()
        self.seconds += time.monotonic() - self.started
        self.process = None
        for name in ("lab", "monitor"):
            path = os.path.join(self.folder.name, name)
            if os.path.exists(path): # QEMU removes it when it ends by itself
                os.unlink(path)

    def power_off(self, bound=120):
        self.send("systemctl poweroff")
        try:
            self.process.wait(timeout=bound)
        except subprocess.TimeoutExpired:
            raise Hung("it does not switch itself off" + self.tail()) from None
        self.cut_power()

    def go_down(self, bound=300):
        """Restarts it from inside, as people do it, up to where the firmware would take over. An
        emulated machine may hang there: it is switched off, and all is on the disk by then."""
        self.send("systemctl reboot")
        if not self.wait_console(["reboot: Restarting system"], bound):
            raise Hung("it does not restart" + self.tail())
        self.cut_power()

    def reboot(self):
        self.go_down()
        self.start()

    def wait_console(self, texts, bound):
        """Which of these texts the console says first, in the time there is; None: none."""
        deadline = time.monotonic() + bound
        start = os.path.getsize(self.console)
        while time.monotonic() < deadline:
            with open(self.console, "rb") as file:
                file.seek(start)
                said = file.read()
            found = [text for text in texts if text.encode() in said]
            if found:
                return found[0]
            time.sleep(0.5)
        return None

    def photograph(self, folder):
        """Its disk, as it would be after a power cut now, as a disk of its own in folder. The machine
        goes on."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED) # until it stands still
        disk = self.disk.copy(folder)
        self.process.send_signal(signal.SIGCONT)
        return disk

    # ---- talking ----

    def send(self, script):
        self.steps += 1
        data = script.encode()
        self.link.send(f"run {self.steps} {len(data)}\n".encode() + data)

    def run(self, script, bound=300):
        """Runs a script in it and returns what it printed, and its status."""
        self.send(script)
        self.link.deadline = time.monotonic() + bound
        while True:
            words = self.link.read_line()
            if words[:1] == ["@step"] and words[1] == str(self.steps):
                _, _, status, out, err = words
                return Result(int(status), self.link.read(int(out)), self.link.read(int(err)))

    def tail(self):
        with open(self.console, encoding="utf-8", errors="replace") as file:
            lines = file.read().replace("\r", "").splitlines()[-TAIL:]
        return "\nthe tail of its console:\n" + "\n".join(lines)


class Overlay:
    """A disk of its own for one scenario, over one of the cache that it leaves as it is; and the
    program, as an archive on a second disk."""

    def __init__(self, base, folder, program):
        self.path = os.path.join(folder, "disk.qcow2")
        self.program = program
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base,
                        self.path], check=True, stdout=subprocess.DEVNULL)
        shutil.copy(base + ".vars", self.path + ".vars")

    def copy(self, folder):
        """The same as it is now, in another folder."""
        new = Overlay.__new__(Overlay)
        new.path, new.program = os.path.join(folder, "disk.qcow2"), self.program
        for end in ("", ".vars"):
            shutil.copy(self.path + end, new.path + end)
        return new
