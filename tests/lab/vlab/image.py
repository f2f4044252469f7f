"""The first file system of a lab machine, in three layers, one archive after the other:

  base     busybox, /init, the kernel's modules and its configuration
  program  vfiokit with its libraries, and the lists of names
  job      what this boot is to do

The first two are kept in the cache under the hash of all that goes into them.
"""

import contextlib
import glob
import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import tempfile
import threading

from . import LAB, TOP, LabError, cache_dir
from .cpio import Archive

KEEP = 24 # archives in the cache
MAKING = threading.Lock() # boots share what is made for them: made once

with open(__file__, encoding="utf-8") as own:
    CODE = own.read() # as it was when this program started: it is part of what archives are made from

GUEST = ["init", "facts", "roundtrip", "same-machine", "await", "monitor", "unplug",
         "kill-everywhere", "vanish-everywhere", "bind-speed",
         "provoked"] # scripts of guest/
TOOLS = ["group-status", "at-place", "hold-device", "bind-raw"] # programs of guest/, or of bench/

NAME_LISTS = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids",
              "/usr/share/misc/usb.ids", "/usr/share/hwdata/usb.ids", "/var/lib/usbutils/usb.ids"]


def cached(name, inputs, build):
    """The path of the archive that build() makes of inputs (strings, or paths of files)."""
    digest = hashlib.sha256(name.encode())
    for item in inputs:
        digest.update(b"\0" + item.encode())
        if item.startswith("/") and os.path.isfile(item):
            with open(item, "rb") as file:
                digest.update(hashlib.sha256(file.read()).digest())
    folder = cache_dir("images")
    path = os.path.join(folder, f"{name}-{digest.hexdigest()[:20]}.cpio")
    with MAKING:
        if not os.path.exists(path):
            data = build().to_bytes()
            with tempfile.NamedTemporaryFile(dir=folder, prefix="new-", delete=False) as file:
                file.write(data)
            os.rename(file.name, path)
            prune(folder)
        os.utime(path)
    return path


def prune(folder):
    with contextlib.suppress(FileNotFoundError): # another lab prunes at the same time
        paths = sorted(glob.glob(os.path.join(folder, "*.cpio")), key=os.path.getmtime,
                       reverse=True)
        for path in paths[KEEP:]:
            os.unlink(path)


def libraries_of(program):
    """The shared libraries of a program, by the names under which its loader looks for them."""
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    if "not found" in listing:
        raise LabError(f"{program}: a library is missing:\n{listing}")
    return sorted(set(re.findall(r"(?:=>\s*|^\s*)(/\S+)\s+\(0x", listing, re.MULTILINE)))


# ---- base ----

def read_words(path):
    """The lines of a list, without comments."""
    with open(path, encoding="utf-8") as file:
        lines = [line.split("#")[0].strip() for line in file]
    return [line for line in lines if line]


def module_name(path):
    return re.sub(r"\.ko(\.[a-z]+)?$", "", os.path.basename(path)).replace("-", "_")


def read_module(path):
    with open(path, "rb") as file:
        data = file.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def module_needs(data):
    """Names of the modules that a module says it needs, hard and soft, from its .modinfo section."""
    names = []
    for text in re.findall(rb"\0(?:depends|softdep)=([^\0]*)", data):
        names += [word for word in re.split(r"[,\s]+", text.decode())
                  if word and not word.endswith(":")]
    return [name.replace("-", "_") for name in names]


def choose_modules(kernel, wanted):
    """path inside the image → bytes, of the modules wanted and all that they need."""
    there = {module_name(path): path
             for path in glob.glob(kernel.modules + "/kernel/**/*.ko*", recursive=True)}
    chosen, queue = {}, list(wanted)
    while queue:
        path = there.get(queue.pop().replace("-", "_"))
        if path and path not in chosen:
            chosen[path] = read_module(path)
            queue += module_needs(chosen[path])
    # Unpacked: depmod must find them under the names that they have in the image.
    return {os.path.join("lib/modules", kernel.version,
                         re.sub(r"\.ko\..*$", ".ko", os.path.relpath(path, kernel.modules))): data
            for path, data in chosen.items()}


def index_modules(kernel, modules):
    """path → bytes of what depmod makes of these modules."""
    with tempfile.TemporaryDirectory() as folder:
        top = os.path.join(folder, "lib/modules", kernel.version)
        for path, data in modules.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        os.makedirs(top, exist_ok=True)
        for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
            with open(os.path.join(kernel.modules, name), "rb") as source, \
                 open(os.path.join(top, name), "wb") as file:
                file.write(source.read())
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        subprocess.run(["depmod", "-b", folder, kernel.version], check=True,
                       env={**os.environ, "PATH": path})
        indexes = {}
        for name in os.listdir(top):
            if name.startswith("modules."):
                with open(os.path.join(top, name), "rb") as file:
                    indexes[f"lib/modules/{kernel.version}/{name}"] = file.read()
        return indexes


def find_busybox():
    for path in ("/usr/bin/busybox", "/bin/busybox"):
        if os.path.exists(path):
            return path
    raise LabError("there is no busybox (package busybox-static)")


def base_archive(kernel):
    guest = [os.path.join(LAB, "guest", name) for name in GUEST]
    modules = os.path.join(LAB, "modules")
    busybox = find_busybox()
    libraries = libraries_of(busybox) # none where it is linked statically

    def build():
        archive = Archive()
        for name in ("proc", "sys", "dev", "tmp", "run", "root", "etc", "job"):
            archive.add_directory(name)
        archive.add_link("usr/bin", "../bin")
        archive.add_link("sbin", "bin")
        archive.add_link("usr/sbin", "../bin")
        archive.add_device("dev/console", 5, 1)
        archive.add_file("bin/busybox", busybox)
        archive.add_link("bin/sh", "busybox")
        for path in libraries:
            archive.add_file(path, path)
        archive.add("etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        archive.add("etc/group", "root:x:0:\nnogroup:x:65534:\n")
        for path in guest:
            name = os.path.basename(path)
            archive.add_file("init" if name == "init" else f"bin/{name}", path)
        archive.add_file(f"boot/config-{kernel.version}", kernel.config)
        chosen = choose_modules(kernel, read_words(modules))
        for path, data in {**chosen, **index_modules(kernel, chosen)}.items():
            archive.add(path, data)
        return archive

    inputs = [CODE, kernel.version, busybox, *libraries, modules, *guest]
    return cached(f"base-{kernel.version}", inputs, build)


# ---- program ----

def build_tool(name, folder="guest", options=()):
    """The path of a small C program of guest/ that only machines of the lab need."""
    source = os.path.join(LAB, folder, name + ".c")
    if not os.path.exists(source):
        source = os.path.join(TOP, "bench", name + ".c")
    digest = hashlib.sha256()
    for path in [source, *sorted(glob.glob(os.path.join(LAB, folder, "*.h")))]:
        with open(path, "rb") as file:
            digest.update(file.read())
    path = os.path.join(cache_dir("tools"), f"{name}-{digest.hexdigest()[:20]}")
    with MAKING:
        if not os.path.exists(path):
            made = f"{path}.{os.getpid()}"
            subprocess.run(["cc", "-O1", "-Wall", *options, "-o", made, source], check=True)
            os.rename(made, path)
    return path


def program_archive(program):
    """The program and its modules, which are built beside it and looked for there."""
    parts = [program, *sorted(glob.glob(f"{program}-*.so"))]
    libraries = sorted({library for part in parts for library in libraries_of(part)})
    tools = {name: build_tool(name) for name in TOOLS}
    names = [path for path in NAME_LISTS if os.path.exists(path)]

    def build():
        archive = Archive()
        for path in parts:
            archive.add_file(f"bin/{os.path.basename(path)}", path)
        for name, path in tools.items():
            archive.add_file(f"bin/{name}", path)
        for path in libraries + names:
            archive.add_file(path, path)
        return archive

    return cached("program", [*parts, *tools.values(), *libraries, *names, CODE], build)


# ---- inner: QEMU, and a guest for it to start ----

QEMU_FILES = ["/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/linuxboot_dma.bin",
              "/usr/share/qemu/kvmvapic.bin"]


def inner_initrd(program):
    """The guest's first file system: nothing but static programs."""
    archive = Archive()
    for name in ("proc", "sys", "dev"):
        archive.add_directory(name)
    archive.add_device("dev/console", 5, 1)
    archive.add_file("bin/busybox", find_busybox())
    archive.add_file("bin/edu-dma", program)
    archive.add_file("init", os.path.join(LAB, "inner", "init"))
    return archive.to_bytes()


def inner_archive(kernel):
    """What a lab machine needs to start a guest of its own with guest/start-guest."""
    qemu = shutil.which("qemu-system-x86_64")
    program = build_tool("edu-dma", "inner", ["-static"])
    vmlinuz = os.path.join(kernel.directory, "vmlinuz")
    files = [qemu, *libraries_of(qemu), *QEMU_FILES]
    start = os.path.join(LAB, "guest", "start-guest")

    def build():
        archive = Archive()
        for path in files:
            archive.add_file(path.replace("/usr/bin/", "/bin/"), path)
        archive.add_file("bin/start-guest", start)
        archive.add_file("inner/vmlinuz", vmlinuz)
        archive.add("inner/initrd", inner_initrd(program))
        return archive

    inputs = [CODE, vmlinuz, program, find_busybox(), start, os.path.join(LAB, "inner", "init")]
    return cached(f"inner-{kernel.version}", [*inputs, *files], build)


def program_of_host(name):
    """A program of this machine, with its libraries."""
    path = shutil.which(name)
    files = [path, *libraries_of(path)]

    def build():
        archive = Archive()
        archive.add_file(f"bin/{name}", path)
        for library in files[1:]:
            archive.add_file(library, library)
        return archive

    return cached(f"program-{name}", [CODE, *files], build)


DESCRIPTORS = "/usr/share/qemu/firmware/*.json"
# QEMU's network cards do not start without.
ROM_FILES = ["/usr/share/qemu/efi-virtio.rom", "/usr/lib/ipxe/qemu/efi-virtio.rom"]


def firmware_archive():
    """UEFI for guests, as this machine has it: the descriptors, and the images they name."""
    descriptors = glob.glob(DESCRIPTORS)
    files = {path for path in ROM_FILES if os.path.exists(path)}
    for path in descriptors:
        with open(path, encoding="utf-8") as text:
            mapping = json.load(text)["mapping"]
        for part in ("executable", "nvram-template"):
            files.add(mapping.get(part, {}).get("filename", path))
    files = sorted(files.union(descriptors))

    def build():
        archive = Archive()
        for path in files:
            archive.add_file(path, path)
        return archive

    return cached("firmware", [CODE, *files], build)


def extra_archive(word, kernel):
    """What the word "with" of a scenario adds: qemu with a guest for it, UEFI for guests, or any other
    program."""
    if word == "uefi":
        return firmware_archive()
    return inner_archive(kernel) if word == "qemu" else program_of_host(word)


def why_without(extras):
    """Why a scenario cannot have what it asks for; None: it can."""
    names = ["qemu-system-x86_64" if word == "qemu" else word for word in extras]
    missing = [name for name in names
               if not (glob.glob(DESCRIPTORS) if name == "uefi" else shutil.which(name))]
    return f"not installed: {', '.join(missing)}" if missing else None


# ---- job ----

def job_archive(steps, load, environment, shell=False):
    """steps: (name, script, bound in seconds), run in the order of their names."""
    archive = Archive()
    for name in ("job/steps", "job/bounds"):
        archive.add_directory(name)
    for name, script, bound in steps:
        archive.add(f"job/steps/{name}", script)
        archive.add(f"job/bounds/{name}", f"{bound}\n")
    archive.add("job/load", " ".join(load) + "\n")
    archive.add("job/environment", "".join(f"export {name}='{value}'\n"
                                           for name, value in environment.items()))
    if shell:
        archive.add("job/shell", "")
    return archive.to_bytes()


# QEMU puts the file right below the memory that it thinks the firmware keeps. With many devices the
# firmware keeps some pages more, and writes over the end of the file: nothing must be there.
SPARE = 1 << 20


def write_initrd(path, archives, job):
    with open(path, "wb") as file:
        for archive in archives:
            with open(archive, "rb") as source:
                file.write(source.read())
        file.write(job)
        file.write(bytes(SPARE))
