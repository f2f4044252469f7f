"""USB devices that follow a guest of libvirt, plugged in and pulled out by QEMU's monitor."""

import os
import re
import select
import statistics
import time

from vdisk import inner, usb_guest
from vdisk.play import DESKTOP, Failed, differs

TREE = [*DESKTOP, "6 qemu-xhci id=hot"]
PEN = "056a:0000" # of usb-wacom-tablet
STICK = "0627:0001" # of usb-tablet
GONE = "USB disconnect"
ROUNDS = 50 # of these:
CALM_ROUNDS = 10 # begin when all that the one before has started has ended, as where people plug
BY_HAND = 5
STORM = 500 # events, these after each other:
EVENTS = ("bind", "change", "remove", "add", "change")
CONSOLE = "/var/log/inner.console"
BOUND = 120 # seconds: only what never happens meets it
LIMIT = 1500 # of a scenario, once its machine runs

GUEST = f"""<domain type='kvm'>
  <name>inner</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/{usb_guest.FOLDER}/vmlinuz</kernel>
    <initrd>/{usb_guest.FOLDER}/initrd</initrd>
    <cmdline>console=ttyS0 quiet no_timer_check mitigations=off</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='host-passthrough'/>
  <devices>
    <controller type='usb' model='qemu-xhci'/>
    <serial type='file'><source path='{CONSOLE}'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
"""

# Units that do something, or have failed; systemd also lists those that a device has started once.
STATE = ("ls /run/vfiokit /run/vfiokit-usb.due 2>/dev/null; systemctl list-units --plain --no-legend "
         "'vfiokit-usb@*'; true")
# Until all that was started has ended.
CALM = ("for i in $(seq 1500); do systemctl list-units --plain --no-legend 'vfiokit-usb@*' | grep -q . "
        "|| break; sleep 0.2; done")
FILES = "ls -d /etc/vfiokit/* /etc/udev/rules.d/*vfiokit* /etc/systemd/system/vfiokit* 2>/dev/null; true"


class Watch:
    """What the guest's kernel says, one thing after the other: the machine passes it on by a port of its
    own, so that nothing has to be run there to ask."""

    def __init__(self, play):
        self.play = play
        self.path = os.path.join(play.folder.name, "watch")
        self.link = None
        self.buffer = b""
        self.there = None # when the machine saw it, in its own seconds since it started
        self.deadline = time.monotonic() + LIMIT

    def options(self):
        return ["-device", "virtio-serial-pci,id=watching,addr=0x1a",
                "-chardev", f"socket,id=watch,path={self.path},server=on,wait=off",
                "-device", "virtserialport,bus=watching.0,chardev=watch,name=watch"]

    def connect(self):
        """Once the machine has started."""
        if self.link:
            self.link.close()
        self.link = self.play.machine.connect(self.path)
        self.buffer = b""
        self.play.ask("setsid -f sh -c 'tail -n +1 -F " + CONSOLE + " | while read -r line; do "
                      "read -r now rest </proc/uptime; echo \"$now|$line\"; done' "
                      ">/dev/virtio-ports/watch 2>/dev/null")

    def restart(self):
        """Starts the guest anew."""
        self.play.ask(f"virsh destroy inner >/dev/null 2>&1; rm -f {CONSOLE}")
        self.forget()
        self.play.ask("virsh start inner")

    def forget(self):
        """What was said until now does not count any more."""
        while select.select([self.link], [], [], 0)[0]:
            self.link.recv(65536)
        self.buffer = b""

    def wait(self, text):
        """Until it is said: the moment, as time.monotonic(). What was said until then does not count any
        more."""
        until = min(self.deadline, time.monotonic() + BOUND)
        while text.encode() not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.link], [], [], left)[0]:
                raise Failed(f"the guest's kernel does not say '{text}' in time\n" +
                             self.play.machine.run(f"tail -n 20 {CONSOLE}; journalctl -b -n 20").out)
            self.buffer += self.link.recv(65536)
        before, self.buffer = self.buffer.split(text.encode(), 1)
        self.there = float(before.rsplit(b"\n", 1)[-1].split(b"|", 1)[0])
        return time.monotonic()


def found(ids):
    """What a kernel says of a device with these ids that was plugged in."""
    return "New USB device found, idVendor={}, idProduct={}".format(*ids.split(":"))


def plug(play, device, name, port):
    return play.machine.monitor.ask(f"device_add {device},id={name},serial={name},bus=hot.0,port={port}")


def pull(play, name):
    return play.machine.monitor.ask(f"device_del {name}")


def hostdevs(play):
    return play.ask("virsh dumpxml inner | grep -c \"<hostdev mode='subsystem' type='usb'\"; true")


def rounds(play, watch, number, calm):
    """Pulled out, and plugged in at one port and at another. Of each time: seconds until the guest has it,
    and when it did, by the machine's clock."""
    times = []
    for turn in range(number):
        pull(play, "pen")
        began = watch.wait(GONE)
        if calm:
            play.ask(f"udevadm settle; {CALM}")
            began = time.monotonic()
        plug(play, "usb-wacom-tablet", "pen", 1 + turn % 2)
        times.append((watch.wait(found(PEN)) - began, watch.there))
    return times


# What the machine's journal says between the plug and the guest, in this order.
STAGES = (("the machine's kernel has it", f"kernel: .*{found(PEN)}"),
          ("systemd starts the unit", "Starting vfiokit-usb@"),
          ("libvirt has given it", "Finished vfiokit-usb@"))


def parts_of(journal, total, end):
    """The seconds of one plug: until each of STAGES, and until the guest has it; None: not in the journal."""
    moments = [moment for moment, line in journal if moment < end and re.search(STAGES[0][1], line)][-1:]
    for _, pattern in STAGES[1:]:
        moments += [moment for moment, line in journal
                    if moments and moment > moments[-1] and re.search(pattern, line)][:1]
    if len(moments) < len(STAGES):
        return None
    return [total - (end - moments[0])] + [after - before for before, after in zip(moments, moments[1:] + [end])]


def tell_parts(play, times):
    """Where the seconds of rounds() go."""
    journal = [(float(moment), line) for moment, line in
               re.findall(r"^\[ *([0-9.]+)\] (.*)$", play.ask("journalctl -b -o short-monotonic"), re.M)]
    columns = zip(*filter(None, (parts_of(journal, *one) for one in times)))
    for name, seconds in zip([name for name, _ in STAGES] + ["the guest's kernel has it"], columns):
        play.tap.note(f"{play.name}: until {name}: median {statistics.median(seconds):.2f} s more, "
                      f"longest {max(seconds):.2f} s")


def port_of_pen(play):
    """As "7-1"."""
    return play.ask("basename $(dirname $(grep -l 056a /sys/bus/usb/devices/*/idVendor))").strip()


def by_hand(play, watch):
    """The same with what follows no guest any more, by somebody who has all ready and types at once."""
    vendor, product = PEN.split(":")
    play.ask("cat >/root/pen.xml <<'END'\n<hostdev mode='subsystem' type='usb'><source>"
             f"<vendor id='0x{vendor}'/><product id='0x{product}'/></source></hostdev>\nEND")
    place = f"/sys/bus/usb/devices/{port_of_pen(play)}"
    port = int(place.rsplit("-", 1)[1])
    seconds = []
    for _ in range(BY_HAND):
        pull(play, "pen")
        play.ask(f"udevadm wait -t {BOUND} --removed {place}; setsid -f sh -c 'udevadm wait -t {BOUND} {place} "
                 "&& virsh attach-device inner /root/pen.xml --live' >/dev/null 2>&1")
        began = time.monotonic()
        plug(play, "usb-wacom-tablet", "pen", port)
        seconds.append(watch.wait(found(PEN)) - began)
        play.ask("virsh detach-device inner /root/pen.xml --live")
    return seconds


def units(play):
    """How many have been started."""
    return int(play.ask("journalctl -b | grep -c 'Starting vfiokit-usb@'; true"))


def tell(play, what, seconds):
    play.tap.note(f"{play.name}: until the guest has it, {what}: median {statistics.median(seconds):.1f} s, "
                  f"longest {max(seconds):.1f} s")


def begin(play):
    """A machine with a guest that runs, and a device that follows it and is plugged in."""
    watch = Watch(play)
    play.begin(inner.KIND, ["amd"], TREE, watch.options(), usb_guest.make_files(play.folder.name))
    watch.connect()
    play.ask(f"cat >/root/inner.xml <<'END'\n{GUEST}END\n"
             "systemctl start libvirtd; virsh define /root/inner.xml")
    watch.restart()
    watch.wait("guest ready")
    play.test("the guest starts")
    plug(play, "usb-wacom-tablet", "pen", 1)
    play.ask(f"for i in $(seq 100); do vfiokit usb {PEN} >/dev/null && break; sleep 0.1; done; "
             f"vfiokit usb attach --persist --yes {PEN} inner")
    watch.wait(found(PEN))
    play.test("it has what follows it at once")
    return watch


def usb(play):
    """usb attach --persist: a device is plugged in and pulled out, often"""
    watch = begin(play)
    play.ask(CALM)
    before = play.ask(STATE)
    calm = rounds(play, watch, CALM_ROUNDS, True)
    busy = rounds(play, watch, ROUNDS - CALM_ROUNDS, False)
    play.test(f"{ROUNDS} times pulled out and plugged in: the guest sees each")
    tell(play, "by itself", [total for total, end in calm])
    tell_parts(play, calm)
    tell(play, "by itself, plugged in while the unplugging is still seen to", [total for total, end in busy])
    play.ask(CALM)
    play.test("nothing is left behind", differs("state", play.ask(STATE), before),
              differs("devices of the guest", hostdevs(play), "1\n"))
    play.ask(f"vfiokit usb detach --persist --yes {PEN} inner")
    tell(play, "by virsh", by_hand(play, watch))


def usb_storm(play):
    """usb attach --persist: hundreds of events at a time"""
    watch = begin(play)
    play.ask(CALM)
    before, started = play.ask(STATE), units(play)
    place = f"/sys/bus/usb/devices/{port_of_pen(play)}"
    play.ask(f"for i in $(seq {STORM // len(EVENTS)}); do for event in {' '.join(EVENTS)}; do "
             f"echo $event >{place}/uevent; done; done; udevadm settle -t {LIMIT}; {CALM}")
    play.test(f"a storm of {STORM} events changes nothing",
              differs("devices of the guest", hostdevs(play), "1\n"),
              differs("state", play.ask(STATE), before))
    play.tap.note(f"{play.name}: {STORM} events started {units(play) - started} units")
    pull(play, "pen")
    watch.wait(GONE)
    plug(play, "usb-wacom-tablet", "pen", 1)
    watch.wait(found(PEN))
    play.test("the next plug is seen as before")


def usb_port(play):
    """usb attach --persist: over restarts of guest and machine; then a port, whatever is in it"""
    watch = begin(play)
    watch.restart()
    watch.wait(found(PEN))
    play.test("the guest has it after its own restart")
    play.ask("virsh destroy inner") # it would not go down by itself, and five minutes be waited for
    play.reboot()
    watch.connect()
    play.ask("systemctl start libvirtd")
    plug(play, "usb-wacom-tablet", "pen", 2) # QEMU was started anew, without it
    watch.restart()
    watch.wait(found(PEN))
    play.test("and after that of the machine, at another port")

    port = port_of_pen(play)
    watch.forget()
    play.ask(f"vfiokit usb detach --persist --yes {PEN} inner")
    watch.wait(GONE)
    play.test("it is taken back")
    watch.forget()
    play.ask(f"vfiokit usb attach --persist --port --yes {port} inner")
    watch.wait(found(PEN))
    play.test("its port follows")
    watch.forget()
    pull(play, "pen")
    watch.wait(GONE)
    play.test("what was in it is pulled out")
    plug(play, "usb-tablet", "other", 2)
    watch.wait(found(STICK))
    play.test("another device is plugged in there: the guest has it")
    play.ask(f"vfiokit usb detach --persist --yes {port} inner")
    play.test("in the end no file of ours is left", differs("files", play.ask(FILES), ""))
