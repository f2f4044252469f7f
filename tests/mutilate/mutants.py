"""Ways to spoil a machine's tree of files: each is a function of (tree, outside, random).

tree: a directory that stands for "/", free to be spoilt. outside: a directory beside it, whose
files and names hold a secret that must never be read. A mutant's docstring is its name in the test.
"""

import os
import shutil
import stat
import struct

DEVICES = "sys/bus/pci/devices"
GROUPS = "sys/kernel/iommu_groups"
MANY = 100_000

MUTANTS = [] # (function, limits)


def mutant(function=None, **limits):
    """Registers a mutant. limits: seconds=…, commands=[…], as_nobody=True, busy=function."""
    def register(made):
        MUTANTS.append((made, limits))
        return made
    return register(function) if function else register


# ---- small tools ----

def functions(tree):
    """The directories of all functions, as real paths inside the tree."""
    folder = os.path.join(tree, DEVICES)
    return [os.path.normpath(os.path.join(folder, os.readlink(os.path.join(folder, name))))
            for name in sorted(os.listdir(folder))]


def write(path, data):
    if os.path.islink(path) or os.path.exists(path):
        remove(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def link(path, target):
    remove(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)


def climb(path, target):
    """A relative link text that leads from path to target, climbing far over the root first."""
    return "../" * 40 + os.path.abspath(target).lstrip("/")


def each_config(tree, change):
    for folder in functions(tree):
        path = os.path.join(folder, "config")
        write(path, change(bytearray(read(path))))


def all_files(tree):
    found = []
    for folder, _, names in os.walk(tree):
        found += [os.path.join(folder, name) for name in names]
    return sorted(found)


# ---- config space ----

def truncations():
    for size in (0, 1, 3, 4, 16, 63, 64, 65, 128, 255, 256, 257, 260, 4095):
        def spoil(tree, outside, random, size=size):
            each_config(tree, lambda config: config[:size])
        spoil.__doc__ = f"config space cut to {size} bytes"
        mutant(spoil)


truncations()


@mutant
def config_ones(tree, outside, random):
    """config space that reads as ff"""
    each_config(tree, lambda config: b"\xff" * len(config))


@mutant
def config_ones_behind_header(tree, outside, random):
    """config space that reads as ff behind the header"""
    each_config(tree, lambda config: config[:64] + b"\xff" * (len(config) - 64))


@mutant
def config_zero(tree, outside, random):
    """config space of zeros"""
    each_config(tree, lambda config: bytes(len(config)))


@mutant
def config_random(tree, outside, random):
    """config space of random bytes, with a list of capabilities"""
    def change(config):
        data = bytearray(random.randbytes(len(config)))
        data[6] |= 0x10
        data[0x34] = random.randrange(0x40, 0x100)
        return data
    each_config(tree, change)


@mutant
def config_too_long(tree, outside, random):
    """config space longer than there is"""
    each_config(tree, lambda config: config + bytes(random.randbytes(5000)))


@mutant
def capability_self_loop(tree, outside, random):
    """a capability whose successor is itself"""
    def change(config):
        config[0x34], config[0x50:0x52] = 0x50, bytes([0x10, 0x50])
        if len(config) > 0x104:
            struct.pack_into("<I", config, 0x100, 0x000D | 1 << 16 | 0x100 << 20)
        return config
    each_config(tree, change)


@mutant
def capability_long_loop(tree, outside, random):
    """capabilities in a circle over the whole of config space"""
    def change(config):
        for at in range(0x40, 0x100, 4):
            config[at:at + 2] = bytes([0x09, at + 4 if at < 0xFC else 0x40])
        for at in range(0x100, len(config) - 3, 4):
            following = at + 4 if at + 4 < len(config) else 0x100
            struct.pack_into("<I", config, at, 0x000B | 1 << 16 | following << 20)
        config[6], config[0x34] = 0x10, 0x40
        return config
    each_config(tree, change)


@mutant
def capability_out_of_range(tree, outside, random):
    """capability pointers into the header and to the last byte"""
    def change(config):
        config[6], config[0x34] = 0x10, random.choice([0x00, 0x01, 0x3F, 0xFC, 0xFD, 0xFE, 0xFF])
        for at in range(0x40, min(len(config), 0x100), 4):
            config[at:at + 2] = bytes([random.choice([0x01, 0x05, 0x10, 0x13]), random.choice([0x04, 0xFF, 0xFE])])
        if len(config) >= 0x104:
            struct.pack_into("<I", config, 0x100, 0x000D | 1 << 16 | random.choice([4, 0xFF, 0xFFC, 0xFFF]) << 20)
        return config
    each_config(tree, change)


@mutant
def capability_at_the_end(tree, outside, random):
    """a PCI Express and an ACS capability in the last bytes"""
    def change(config):
        config[6], config[0x34], config[0xFC:0xFE] = 0x10, 0xFC, bytes([0x10, 0])
        if len(config) == 4096:
            struct.pack_into("<I", config, 0x100, 0x0001 | 1 << 16 | 0xFFC << 20)
            struct.pack_into("<I", config, 0xFFC, 0x000D | 1 << 16)
        return config
    each_config(tree, change)


@mutant
def bridges_in_circles(tree, outside, random):
    """bridges whose secondary bus is their own, or one above"""
    def change(config):
        if config[0x0E] & 0x7F == 1:
            config[0x18:0x1B] = bytes([random.randrange(4), random.randrange(4), random.randrange(4)])
        return config
    each_config(tree, change)


@mutant
def all_bridges(tree, outside, random):
    """every function says that it is a bridge to bus 0"""
    def change(config):
        config[0x0E] = 0x81
        config[0x18:0x1B] = bytes([0, 0, 0xFF])
        return config
    each_config(tree, change)


# ---- attributes ----

ABSURD = ["", "\n", "0x", "zzz\n", "-1\n", "0xffffffffffffffffff\n", "99999999999999999999\n",
          "\0\0\0\0", "\x1b[2J\x1b]0;title\x07\n", "\xff\xfe", " \t \n", "(null)\n", "%n%n%n%s\n", "A" * 70000]


def absurd_attributes():
    for number, value in enumerate(ABSURD):
        def spoil(tree, outside, random, value=value):
            for folder in functions(tree):
                for name in os.listdir(folder):
                    path = os.path.join(folder, name)
                    if os.path.isfile(path) and not os.path.islink(path) and name != "config":
                        write(path, value.encode("latin-1"))
        spoil.__doc__ = f"absurd attributes, kind {number}"
        mutant(spoil)


absurd_attributes()


@mutant
def absurd_uevents(tree, outside, random):
    """uevent files with absurd ids"""
    lines = ["PCI_CLASS=", "PCI_CLASS=FFFFFFFFF", "PCI_CLASS=3", "PCI_ID=", "PCI_ID=10DE", "PCI_ID=XXXX:YYYY",
             "PCI_ID=FFFF:FFFF", "PCI_SUBSYS_ID=:", "DRIVER=", "DRIVER=\x1b[31mred", "DRIVER=" + "d" * 5000,
             "MODALIAS=", "=", "==", "PCI_SLOT_NAME=../../../etc"]
    for folder in functions(tree):
        write(os.path.join(folder, "uevent"), "\n".join(random.sample(lines, 6)))


@mutant
def without_uevents(tree, outside, random):
    """functions without uevent, revision and class"""
    for folder in functions(tree):
        for name in ("uevent", "revision", "class"):
            remove(os.path.join(folder, name))


@mutant
def empty_functions(tree, outside, random):
    """functions without any file"""
    for folder in functions(tree):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if not os.path.isdir(path) or os.path.islink(path):
                remove(path)


@mutant
def wrong_kinds(tree, outside, random):
    """directories for files, files for directories, pipes and sockets"""
    for path in random.sample(all_files(tree), 200):
        remove(path)
        if random.random() < 0.5:
            os.mkfifo(path)
        else:
            os.mkdir(path)


@mutant
def pipes_for_attributes(tree, outside, random):
    """a pipe that nobody writes to for each attribute"""
    for folder in functions(tree):
        for name in ("uevent", "config", "driver_override", "numa_node"):
            remove(os.path.join(folder, name))
            os.mkfifo(os.path.join(folder, name))
    for name in ("proc/cmdline", "proc/cpuinfo", "proc/interrupts"):
        remove(os.path.join(tree, name))
        os.mkfifo(os.path.join(tree, name))


@mutant(seconds=60)
def huge_files(tree, outside, random):
    """files of 2 GiB"""
    paths = [os.path.join(functions(tree)[0], "uevent"), os.path.join(functions(tree)[0], "config"),
             os.path.join(tree, "proc/cpuinfo"), os.path.join(tree, "proc/cmdline"),
             os.path.join(tree, "proc/interrupts"), os.path.join(tree, "proc/swaps")]
    for path in paths:
        remove(path)
        with open(path, "wb") as file:
            file.truncate(1 << 31)


# ---- names and addresses ----

@mutant
def absurd_addresses(tree, outside, random):
    """names in the list of functions that are no addresses"""
    names = ["foo", "0000:00:00.8", "0000:00:20.0", "0000:100:00.0", "ffffffff:00:00.0", "fffffffff:00:00.0",
             "0000:00:00", ":::.", "0000-00-00.0", "a" * 255, "0000:00:00.0\n0000:00:00.1", "\x1b[2J", "..."]
    for name in names:
        link(os.path.join(tree, DEVICES, name), "../../../devices/" + name.strip("."))
    target = functions(tree)[0]
    link(os.path.join(tree.encode(), DEVICES.encode(), b"\xff\xfe\x80"), target.encode())


@mutant
def deep_paths(tree, outside, random):
    """functions 200 directories deep"""
    for n, name in enumerate(sorted(os.listdir(os.path.join(tree, DEVICES)))[:4]):
        link(os.path.join(tree, DEVICES, name), "../../../devices/" + f"0000:{n:02x}:00.0/" * 200 + name)


@mutant
def parents_in_circles(tree, outside, random):
    """link texts that make functions each other's parents"""
    names = sorted(os.listdir(os.path.join(tree, DEVICES)))
    for name, parent in zip(names, names[1:] + names[:1]):
        link(os.path.join(tree, DEVICES, name), f"../../../devices/pci0000:00/{parent}/{name}")


@mutant
def parents_across_domains(tree, outside, random):
    """functions of two domains that are each other's parents"""
    folder = os.path.join(tree, DEVICES)
    for name in sorted(os.listdir(folder))[:8]:
        other = "0001" + name[4:]
        source = os.path.normpath(os.path.join(folder, os.readlink(os.path.join(folder, name))))
        shutil.copytree(source, os.path.join(tree, "sys/devices", other, name), symlinks=True)
        shutil.copytree(source, os.path.join(tree, "sys/devices", name, other), symlinks=True)
        link(os.path.join(folder, name), f"../../../devices/{other}/{name}")
        link(os.path.join(folder, other), f"../../../devices/{name}/{other}")


@mutant
def functions_as_files(tree, outside, random):
    """the list of functions holds files"""
    for name in os.listdir(os.path.join(tree, DEVICES)):
        write(os.path.join(tree, DEVICES, name), name)


# ---- links ----

@mutant
def dangling_functions(tree, outside, random):
    """functions whose link leads nowhere"""
    for name in sorted(os.listdir(os.path.join(tree, DEVICES)))[::2]:
        link(os.path.join(tree, DEVICES, name), "../../../devices/gone/" + name)


@mutant
def link_loops(tree, outside, random):
    """links that lead to themselves"""
    for name in sorted(os.listdir(os.path.join(tree, DEVICES)))[::2]:
        link(os.path.join(tree, DEVICES, name), name)
    for folder in functions(tree)[1::2]:
        if os.path.isdir(folder):
            for name in ("driver", "iommu_group", "uevent", "config"):
                link(os.path.join(folder, name), name)


@mutant
def missing_links(tree, outside, random):
    """no driver and group links"""
    for folder in functions(tree):
        for name in ("driver", "iommu_group"):
            remove(os.path.join(folder, name))


@mutant
def absurd_links(tree, outside, random):
    """driver and group links to absurd names"""
    texts = ["x", "/", "..", "../..", "/dev/null", "a/", "-1", "4294967296", "99999999999999999999", "7/",
             "../\x1b[2J", "groups/0x10", "b" * 4000]
    for folder in functions(tree):
        for name in ("driver", "iommu_group", "iommu", "physfn"):
            link(os.path.join(folder, name), random.choice(texts))


@mutant
def climbing_attributes(tree, outside, random):
    """attributes that are links out of the root, relative and absolute"""
    secret = os.path.join(outside, "file")
    for n, folder in enumerate(functions(tree)):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                link(path, climb(path, secret) if n % 2 else os.path.abspath(secret))


@mutant
def climbing_functions(tree, outside, random):
    """functions, drivers and groups that are links out of the root"""
    secret = os.path.join(outside, "folder")
    for n, name in enumerate(sorted(os.listdir(os.path.join(tree, DEVICES)))):
        path = os.path.join(tree, DEVICES, name)
        if n % 3:
            link(path, climb(path, secret) if n % 2 else os.path.abspath(secret))
    for name in os.listdir(os.path.join(tree, GROUPS))[::2]:
        path = os.path.join(tree, GROUPS, name)
        link(path, climb(path, secret))


@mutant
def climbing_host(tree, outside, random):
    """files of the host as a whole that are links out of the root"""
    for path in all_files(os.path.join(tree, "proc")) + all_files(os.path.join(tree, "sys/firmware")):
        link(path, climb(path, os.path.join(outside, "file")))
    for name in ("sys/class/iommu", "sys/class/dmi", "sys/class/drm", "sys/class/net", "sys/class/block",
                 "sys/bus/usb", "sys/class/input", "vfiokit", "sys/module", "boot"):
        link(os.path.join(tree, name), climb(tree, os.path.join(outside, "folder")))


@mutant
def climbing_top(tree, outside, random):
    """sys and proc themselves are links out of the root"""
    for name in ("sys", "proc"):
        remove(os.path.join(tree, name))
        link(os.path.join(tree, name), os.path.join("../..", os.path.basename(os.path.dirname(outside)),
                                                    os.path.basename(outside), "folder"))


@mutant
def climbing_to_the_live_machine(tree, outside, random):
    """sys and proc are absolute links to the running machine's"""
    for name in ("sys", "proc"):
        remove(os.path.join(tree, name))
        link(os.path.join(tree, name), "../" * 30 + name)


# ---- groups ----

@mutant
def groups_with_missing_devices(tree, outside, random):
    """groups that name devices which are not there"""
    for name in os.listdir(os.path.join(tree, GROUPS)):
        for address in ("0000:fe:1f.7", "ffff:00:00.0", "arm-smmu", "\x1b[2J", "0000:00:00.9"):
            link(os.path.join(tree, GROUPS, name, "devices", address), "../../../../devices/" + address)


@mutant
def functions_in_two_groups(tree, outside, random):
    """functions that are members of several groups"""
    names = os.listdir(os.path.join(tree, DEVICES))
    for group in os.listdir(os.path.join(tree, GROUPS)):
        for name in random.sample(names, min(5, len(names))):
            link(os.path.join(tree, GROUPS, group, "devices", name), "../../../../devices/" + name)


@mutant
def absurd_groups(tree, outside, random):
    """groups with absurd numbers and without anything in them"""
    for name in ("-1", "1e3", "4294967295", "4294967296", "99999999999999999999", "x", "00", "+1"):
        os.makedirs(os.path.join(tree, GROUPS, name, "devices"), exist_ok=True)
    os.makedirs(os.path.join(tree, GROUPS, "1000"), exist_ok=True)
    write(os.path.join(tree, GROUPS, "1001"), "a file")
    write(os.path.join(tree, GROUPS, "1002/devices"), "a file")
    write(os.path.join(tree, GROUPS, "1003/type"), "\x1b[2J" * 1000)
    write(os.path.join(tree, GROUPS, "0/reserved_regions"), "0x0 0x1\nx y z\n0xffffffffffffffffff 0x0 direct\n" * 100)


@mutant
def no_groups(tree, outside, random):
    """group links, but no groups"""
    remove(os.path.join(tree, GROUPS))


@mutant
def no_functions(tree, outside, random):
    """groups, but no functions"""
    remove(os.path.join(tree, DEVICES))


@mutant
def nothing(tree, outside, random):
    """an empty tree"""
    for name in os.listdir(tree):
        remove(os.path.join(tree, name))


# ---- many ----

@mutant(seconds=120, commands=["check", "json", "predict", "usb"])
def many_functions(tree, outside, random):
    """100,000 functions, most of them not there"""
    folder = os.path.join(tree, DEVICES)
    for n in range(MANY):
        name = f"{n >> 16:04x}:{n >> 8 & 255:02x}:{n >> 3 & 31:02x}.{n & 7}"
        if not os.path.lexists(os.path.join(folder, name)):
            os.symlink(f"../../../devices/pci0000:00/{name}", os.path.join(folder, name))


@mutant(seconds=120, commands=["check", "json", "predict"])
def many_members(tree, outside, random):
    """100,000 devices in one group"""
    folder = os.path.join(tree, GROUPS, "0/devices")
    for n in range(MANY):
        os.symlink(f"../../../../devices/{n}", os.path.join(folder, f"{n >> 16:04x}:{n >> 8 & 255:02x}:{n >> 3 & 31:02x}.{n & 7}x"))


@mutant(seconds=120, commands=["check", "json"])
def many_groups(tree, outside, random):
    """100,000 groups"""
    for n in range(MANY):
        os.mkdir(os.path.join(tree, GROUPS, str(n + 1000)))


@mutant(seconds=120, commands=["usb", "usb-json", "overview"])
def many_usb(tree, outside, random):
    """100,000 USB devices, inputs and interfaces of the network"""
    for name, form in (("sys/bus/usb/devices", "1-{}"), ("sys/class/input", "input{}"), ("sys/class/net", "eth{}")):
        folder = os.path.join(tree, name)
        os.makedirs(folder, exist_ok=True)
        for n in range(MANY // 3):
            path = os.path.join(folder, form.format(n + 100))
            if not os.path.lexists(path):
                os.symlink("../../../devices/pci0000:00/0000:00:14.0/usb1/1-" + str(n), path)


@mutant(seconds=120, commands=["usb", "overview", "show"])
def many_mounts(tree, outside, random):
    """100,000 mounts"""
    line = "{} 1 259:2 / /mnt/{} rw - ext4 /dev/nvme0n1p2 rw\n"
    write(os.path.join(tree, "proc/self/mountinfo"), "".join(line.format(n, n) for n in range(MANY)))


# ---- permissions and movement ----

@mutant(as_nobody=True)
def unreadable_files(tree, outside, random):
    """every second file unreadable, for somebody who is not root"""
    for path in all_files(tree):
        if not os.path.islink(path) and random.random() < 0.5:
            os.chmod(path, 0)


@mutant(as_nobody=True)
def unreadable_folders(tree, outside, random):
    """folders that may not be entered or listed, for somebody who is not root"""
    for folder, _, _ in list(os.walk(tree))[::-1]:
        if folder.startswith(os.path.join(tree, "sys/")) and random.random() < 0.15:
            os.chmod(folder, random.choice([0, stat.S_IRUSR, stat.S_IXUSR]))


@mutant(as_nobody=True)
def unreadable_top(tree, outside, random):
    """sys unreadable, for somebody who is not root"""
    os.chmod(os.path.join(tree, "sys"), 0)


def busy_renaming(tree, random):
    """Moves one function after the other away and back."""
    folders = functions(tree)
    for folder in random.sample(folders, len(folders)):
        if os.path.isdir(folder):
            os.rename(folder, folder + "~")
            yield
            os.rename(folder + "~", folder)


def busy_links(tree, random):
    """Takes links and files away and puts them back."""
    for folder in functions(tree):
        for name in ("uevent", "driver", "iommu_group", "config"):
            path = os.path.join(folder, name)
            if os.path.lexists(path):
                os.rename(path, path + "~")
                yield
                os.rename(path + "~", path)


@mutant(busy=busy_renaming, repeat=6)
def vanishing_functions(tree, outside, random):
    """functions that come and go meanwhile"""


@mutant(busy=busy_links, repeat=6)
def vanishing_files(tree, outside, random):
    """files and links that come and go meanwhile"""


# ---- at random ----

def at_random():
    for seed in range(24):
        def spoil(tree, outside, random, seed=seed):
            for path in random.sample(all_files(tree), 40 + 10 * seed):
                spoil_one(path, outside, random)
        spoil.__doc__ = f"files spoilt at random, {seed}"
        mutant(spoil)


def spoil_one(path, outside, random):
    if not os.path.lexists(path):
        return
    kind = random.randrange(7)
    if kind == 0:
        remove(path)
    elif kind == 1:
        link(path, climb(path, os.path.join(outside, "file")))
    elif kind == 2:
        link(path, random.choice([".", "..", "/", os.path.basename(path), "/sys", "nowhere"]))
    elif kind == 3:
        write(path, random.randbytes(random.choice([0, 1, 16, 300, 9000])))
    elif os.path.islink(path):
        link(path, os.readlink(path) + random.choice(["/", "/..", "x", "/../..", "\n"]))
    else:
        data = bytearray(read(path))
        for _ in range(1 + len(data) // 50):
            if data:
                data[random.randrange(len(data))] = random.randrange(256)
        write(path, data[:random.randrange(len(data) + 1)] if kind == 4 else data)


at_random()
