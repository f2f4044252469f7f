"""What is put into a machine: the program, installed as `make install` does, and the lab's tools, as
an archive on a disk of its own."""

import glob
import os
import re
import shutil
import subprocess
import tarfile

from . import TOP, LabError
from .image import guest_file

# Libraries that the machine has are its own.
UNPACK = """set -e
tar -C / -xf /dev/disk/by-id/virtio-program
for library in /usr/local/lib/lab/*; do
	ldconfig -p | grep -q "^[[:space:]]*${library##*/} " || cp "$library" /usr/local/lib/
done
ldconfig
sync # a program that was installed long ago does not go with the power
vfiokit --version
"""


def build_tool(name, folder):
    """Compiles a tool of guest/."""
    target = os.path.join(folder, name)
    result = subprocess.run(["cc", "-O1", "-static", "-I", os.path.join(TOP, "tests/lab/guest"),
                             "-o", target, guest_file(name + ".c")],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LabError(f"{name}.c: {result.stderr}")
    return target


def libraries(program):
    """name → path of the shared libraries that the program needs."""
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", listing, re.MULTILINE))


def add(archive, path, name, mode):
    info = archive.gettarinfo(os.path.realpath(path), name)
    info.mode, info.uid, info.gid, info.uname, info.gname = mode, 0, 0, "root", "root"
    with open(path, "rb") as file:
        archive.addfile(info, file)


def make_archive(program, folder, files=()):
    """files: (path here, path there without the leading "/") of what else is to be in it."""
    path = os.path.join(folder, "program.tar")
    parts = [program, *sorted(glob.glob(f"{program}-*.so"))] # the modules are looked for beside it
    needed = {}
    with tarfile.open(path, "w") as archive:
        for part in parts:
            needed.update(libraries(part))
            name = os.path.basename(part)
            stripped = os.path.join(folder, name)
            shutil.copy(part, stripped)
            subprocess.run(["strip", stripped], check=False)
            add(archive, stripped, f"usr/local/bin/{name}", 0o755)
        for name, library in sorted(needed.items()):
            add(archive, library, f"usr/local/lib/lab/{name}", 0o644)
        add(archive, guest_file("usleep"), "usr/local/bin/usleep", 0o755)
        add(archive, build_tool("cut-at", folder), "usr/local/bin/cut-at", 0o755)
        add(archive, os.path.join(TOP, "tests", "lab", "guest", "same-machine"),
            "usr/local/bin/same-machine", 0o755)
        for source, name in files:
            add(archive, source, name, 0o644)
    with open(path, "ab") as file: # a disk is whole sectors
        file.write(bytes(-os.path.getsize(path) % 4096))
    return path
