"""The scenario `guest`: what `vm define --start` made, as its running QEMU and the guest tell."""

import re
import xml.etree.ElementTree as ET

from vdisk import inner
from vdisk.play import differs, has, lacks

# A display with its audio function, and a USB controller to give away; another with a device that
# goes alone.
TREE = """
2 port
    0.0 bochs-display
    0.1 ich9-intel-hda
        hda-duplex audiodev=quiet
3 port
    qemu-xhci
        usb-tablet
5 qemu-xhci
    usb-kbd
    usb-mouse
    usb-ccid
""".splitlines()

FUNCTIONS = ["0000:01:00.0", "0000:01:00.1", "0000:02:00.0"]
USB_ID, TABLET = "08e6:4433", "0627:0001" # of its own, and on the controller
MEMORY_MIB, PAGES = 384, 200
CPUS = 1 # more than one does not start here: see guest/qemu-own-apic
NAME = "inner"
# At 0xa0000 is VGA's window: a guest's devices do not reach the memory behind it, and VFIO does not
# lock it. A few pages that are none of the memory may be locked beside it.
VGA_KIB = 128
BOUND = 480 # seconds until a guest has told of itself

DEFINE = (f"vfiokit vm define --start --yes --profile gpu-compute --name {NAME} --gpu 01:00 "
          f"--usb-controller 02:00.0 --usb-device {USB_ID} --disk {inner.DISK} "
          f"--memory {MEMORY_MIB}M --cpus {CPUS} --hugepages 2M")

# The guest tells of itself every few seconds. It has one reader from its start to its end: when a
# reader had gone, it was seen to wait for ever.
LISTEN = f"setsid cat $(virsh ttyconsole {NAME}) >/root/console 2>/dev/null </dev/null &"

# A whole round that begins from now on.
ROUND = f"""from=$(stat -c %s /root/console)
for second in $(seq {BOUND}); do
	tail -c +$((from + 1)) /root/console | tr -d '\\r' |
		sed -n '/^guest-begin/,/^guest-end/ {{p; /^guest-end/q}}' >/root/round
	! grep -q ^guest-end /root/round || exec cat /root/round
	sleep 1
done
tail -n 20 /root/console"""

READ_BACK = f"""
pid=$(cat /run/libvirt/qemu/{NAME}.pid)
for task in /proc/$pid/task/*; do
	echo "thread ${{task##*/}} $(sed -n 's/^Cpus_allowed_list:\\t//p' $task/status) $(cat $task/comm)"
done
sed -n 's/^VmLck:[^0-9]*\\([0-9]*\\) kB/locked \\1/p' /proc/$pid/status
sed -n 's/^Max locked memory *\\([^ ]*\\) .*/limit \\1/p' /proc/$pid/limits
awk '/^Size:/ {{ size = $2 }} /^KernelPageSize:/ && $2 == 2048 {{ sum += size }}
	END {{ print "huge", sum + 0 }}' /proc/$pid/smaps
cd /sys/kernel/mm/hugepages/hugepages-2048kB && echo "pool $(cat nr_hugepages) $(cat free_hugepages)"
"""


def cpus_of(text):
    """{0, 1, 2, 5} of "0-2,5"."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def threads_of(said):
    """name → (number, CPUs) of the threads of a running QEMU."""
    return {name: (tid, cpus_of(cpus)) for tid, cpus, name in
            re.findall(r"^thread (\d+) (\S+) (.*)$", said, re.MULTILINE)}


def pins_of(definition):
    """name of a thread → CPUs, as the definition says."""
    tune = ET.fromstring(definition).find("cputune")
    pins = {f"CPU {pin.get('vcpu')}/KVM": pin for pin in tune.findall("vcpupin")}
    pins.update({f"IO iothread{pin.get('iothread')}": pin for pin in tune.findall("iothreadpin")})
    pins["qemu-system-x86"] = tune.find("emulatorpin")
    return {name: cpus_of(pin.get("cpuset")) for name, pin in pins.items()}


def number(said, key, index=0):
    return int(re.search(rf"^{key} (.*)$", said, re.MULTILINE).group(1).split()[index])


def check_running(play):
    """Threads, pages and locks of the running QEMU, against the definition."""
    said = play.ask(READ_BACK)
    threads, pins = threads_of(said), pins_of(play.ask(f"virsh dumpxml --inactive {NAME}"))
    play.tap.note("read back: " + "; ".join(
        [f"{name} on {sorted(threads[name][1])}" for name in sorted(pins) if name in threads]
        + re.findall(r"^(?:locked|limit|huge|pool) .*$", said, re.MULTILINE)))
    play.test("each thread may run where its definition says, and nowhere else",
              differs("number of pinned threads", len(pins), CPUS + 2),
              *[differs(name, threads.get(name, (0, set()))[1], cpus)
                for name, cpus in pins.items()])
    play.test("all of its memory is in huge pages",
              differs("KiB in pages of 2 MiB", number(said, "huge"), MEMORY_MIB * 1024),
              differs("pages left", number(said, "pool", 1), PAGES - MEMORY_MIB // 2))
    play.test("all of its memory that devices reach is locked, and it may lock 1 GiB more",
              None if number(said, "locked") >= MEMORY_MIB * 1024 - VGA_KIB else said,
              differs("limit", number(said, "limit"), (MEMORY_MIB + 1024) << 20))
    return threads


def check_console(play):
    """What the guest says: booted by UEFI, with all that it was given."""
    play.ask(LISTEN)
    said = play.ask(ROUND, BOUND + 300)
    ids = ["1234:1111", "8086:293e", "1b36:000d", "1af4:1042"]
    play.test("the guest boots by UEFI, and has what it was given",
              lacks(said, "guest-firmware /sys/firmware/efi"), lacks(said, f"guest-usb {USB_ID}"),
              lacks(said, f"guest-usb {TABLET}"),
              *[lacks(said, f"guest-function {word}") for word in ids])


def runtime(play, thread):
    return int(play.ask(f"cat /proc/{thread[0]}/schedstat").split()[0])


def check_disk(play, thread):
    """What the guest wrote it reads again, through the I/O thread, and so does the host. Ends it."""
    before = runtime(play, thread)
    said = play.ask(ROUND, BOUND + 300)
    play.test("the guest reads what it wrote, and the I/O thread did it",
              lacks(said, "guest-disk "),
              None if runtime(play, thread) > before else "the I/O thread did not run")
    play.ask(f"virsh destroy {NAME}")
    play.test("and the same is on the host's disk",
              lacks(said, play.ask(f"dd if={inner.DISK} bs=64k skip=896 count=16 iflag=direct 2>/dev/null | "
                                   "sha256sum").split()[0]))


def check_lint(play):
    rows = {row["id"]: row for row in play.json(f"vm lint {NAME}")["findings"]}
    play.test("vm lint sees the running guest, and has nothing against it",
              *[differs(word, rows.get(word, {}).get("verdict"), "pass")
                for word in ("pin-not-in-force", "memlock-in-force", "hostdev-claimed")],
              *[f"{word}: {row['what']}" for word, row in rows.items() if row["verdict"] == "fail"])


def guest(play):
    """libvirt and KVM: a guest by vm define --start, read back from its QEMU, started again, gone"""
    disk = inner.make_disk(play.folder.name, play.tap.note)
    play.begin(inner.KIND, ["intel"], TREE, inner.disk_options(disk))
    inner.prepare_host(play, PAGES)
    play.ask("virsh net-start default")
    before = play.drivers()
    # The firmware let the display read memory by itself; VFIO leaves that off, and its driver, too.
    play.ask(f"setpci -s {FUNCTIONS[0]} COMMAND=0:4")
    play.ask("vfiokit record /root/before.host >/dev/null")
    play.ask("vfiokit bind --yes " + " ".join(FUNCTIONS))
    play.test("vm define --start is done", lacks(play.ask(DEFINE), "is defined and runs"))
    check_console(play)
    threads = check_running(play)
    check_lint(play)
    check_disk(play, threads["IO iothread1"])

    play.ask(f"virsh start {NAME}")
    processor = check_running(play)["CPU 0/KVM"]
    ran = runtime(play, processor)
    play.ask("sleep 3")
    play.test("started again, it runs",
              None if runtime(play, processor) > ran else "its CPU did nothing in 3 s")
    play.ask(f"virsh destroy {NAME} && virsh undefine --nvram {NAME}")
    play.test("libvirt knows it no more", has(play.ask("virsh list --all --name"), NAME))
    bind = next(row["id"] for row in play.json("history")["changes"]
                if row["command"].startswith("vfiokit bind"))
    play.ask(f"vfiokit undo --yes {bind}")
    play.test("drivers are as they were", differs("drivers", play.drivers(), before))
    same = play.machine.run("same-machine /root/before.host")
    play.test("and so is the rest of the host", None if same.status == 0 else str(same))
