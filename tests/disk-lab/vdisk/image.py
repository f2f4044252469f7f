"""The disks that the machines boot from: made once, kept in the cache under the hash of all that
they are made of.

  tree    a Debian made by mmdebstrap, of the suite that this system is of (so that the program
          built here runs there), as a tar archive
  disk    that tree on a partition of a disk, with an EFI partition; booted once by QEMU's own
          loader, to install the boot loader and to make the initramfs that fits this machine

A machine never writes to it: each starts from a copy-on-write overlay.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

from . import HERE, LabError, cache_dir
from . import machine

ESP_MIB, ROOT_MIB = 192, 2400
SECTOR = 512
FIRST = 2048 # sector of the EFI partition
KEEP = 4 # of each, in the cache

with open(__file__, encoding="utf-8") as own:
    CODE = own.read() # as it was when this program started

COMMON = ["systemd-sysv", "udev", "kmod", "pciutils", "procps", "dbus", "lz4", "zstd", "e2fsprogs",
          "linux-image-amd64", "efibootmgr", "dosfstools"]

# name → packages, the script of guest/ that makes the tree fit, and the one of the first boot
KINDS = {
    "grub": (["initramfs-tools", "grub-efi-amd64"], "fit-grub", "settle-grub"),
    "sdboot": (["dracut", "systemd-boot"], "fit-sdboot", "settle-sdboot"),
}

LEAVE_OUT = ["man", "doc", "locale", "info"]


def run(*argv, **options):
    result = subprocess.run(argv, capture_output=True, text=True, check=False,
                            stdin=subprocess.DEVNULL, **options)
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-20:])
        raise LabError(f"{argv[0]} failed:\n{tail}")
    return result.stdout


def release():
    """What this system is, as os-release says it."""
    with open("/etc/os-release", encoding="utf-8") as file:
        pairs = re.findall(r'^(\w+)="?([^"\n]*)"?$', file.read(), re.MULTILINE)
    return dict(pairs)


def sources():
    """Lines for sources.list: where this system has its own Debian from."""
    listing = run("apt-get", "indextargets", "--format",
                  "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages", "Origin: Debian")
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    lines = sorted({f"deb [signed-by={keys}] {line}" for line in listing.splitlines() if line})
    if not lines:
        raise LabError("apt knows no archive of Debian: its lists may be empty (apt-get update)")
    return lines


def digest(*items):
    """A name for what is made of these strings and files (paths that start with /)."""
    total = hashlib.sha256()
    for item in items:
        total.update(b"\0" + item.encode())
        if item.startswith("/") and os.path.isfile(item):
            with open(item, "rb") as file:
                total.update(file.read())
    return total.hexdigest()[:16]


def prune(pattern):
    paths = sorted(glob.glob(pattern), key=os.path.getmtime, reverse=True)
    for path in paths[KEEP:]:
        os.unlink(path)


# ---- tree ----

def tree_name(kind):
    packages = COMMON + KINDS[kind][0]
    return packages, f"tree-{kind}-{digest(release()['VERSION_CODENAME'], *packages)}.tar"


def make_tree(kind, say):
    """The path of the archive."""
    packages, name = tree_name(kind)
    path = os.path.join(cache_dir("images"), name)
    if os.path.exists(path):
        os.utime(path)
        return path
    say(f"making a Debian for '{kind}': some minutes, once")
    with tempfile.TemporaryDirectory(dir=cache_dir("images"), prefix="new-") as folder:
        lists = os.path.join(folder, "sources.list")
        with open(lists, "w", encoding="utf-8") as file:
            file.write("\n".join(sources()) + "\n")
        new = os.path.join(folder, "tree.tar")
        run("mmdebstrap", "--mode=root", "--variant=apt", "--quiet",
            "--aptopt=APT::Install-Recommends \"false\"", "--aptopt=Acquire::Languages \"none\"",
            *[f"--dpkgopt=path-exclude=/usr/share/{word}/*" for word in LEAVE_OUT],
            "--include=" + ",".join(packages), release()["VERSION_CODENAME"], new, lists)
        os.rename(new, path)
    prune(os.path.join(cache_dir("images"), f"tree-{kind}-*"))
    return path


# ---- disk ----

def guest_file(name):
    return os.path.join(HERE, "vdisk", "guest", name)


def write_disk(path, tree):
    """Two partitions, EFI's and the root's, with what is in tree."""
    esp_sectors, root_sectors = ESP_MIB * 2048, ROOT_MIB * 2048
    root_first = FIRST + esp_sectors
    with open(path, "wb") as file:
        file.truncate((root_first + root_sectors + 2048) * SECTOR)
    table = (f"label: gpt\nstart={FIRST}, size={esp_sectors}, type=U\n"
             f"start={root_first}, size={root_sectors}, type=L\n")
    subprocess.run(["sfdisk", "--quiet", path], input=table, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    run("mformat", "-i", f"{path}@@{FIRST * SECTOR}", "-F", "-v", "LABESP", "-T", str(esp_sectors),
        "-h", "64", "-s", "32", "::")
    with open(path, "r+b") as file: # GRUB takes what mformat leaves there for partitions
        file.seek(FIRST * SECTOR + 0x1be)
        file.write(bytes(64))
    run("mke2fs", "-q", "-F", "-t", "ext4", "-L", "labroot", "-d", tree,
        "-E", f"offset={root_first * SECTOR},lazy_itable_init=1", path, f"{ROOT_MIB}M")


def fit_tree(kind, tree):
    """Puts into a tree what makes it the lab's."""
    for name, where, mode in (("agent", "usr/local/sbin/lab-agent", 0o755),
                              ("lab-agent.service", "etc/systemd/system/lab-agent.service", 0o644)):
        target = os.path.join(tree, where)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(guest_file(name), target)
        os.chmod(target, mode)
    for script in ("fit", KINDS[kind][1]):
        run("sh", "-eu", guest_file(script), tree)


def settle(kind, disk, tree, say):
    """Boots it once, to finish what only a running machine can do."""
    kernel, = glob.glob(os.path.join(tree, "boot", "vmlinuz-*"))
    initrd, = glob.glob(os.path.join(tree, "boot", "initrd.img-*"))
    with open(guest_file(KINDS[kind][2]), encoding="utf-8") as file:
        script = file.read()
    with machine.Machine(disk, ["none"], [], loader=(kernel, initrd), name=f"settle-{kind}") as lab:
        result = lab.run(script, 900)
        if result.status != 0:
            raise LabError(f"the first boot of '{kind}' failed:\n{result.out}{result.err}")
        lab.power_off()
    say(f"first boot of '{kind}': {lab.seconds:.0f} s")


def make_disk(kind, say):
    """The path of a disk with its firmware's variables beside it (".vars")."""
    scripts = [guest_file(name) for name in ("agent", "lab-agent.service", "fit", *KINDS[kind][1:])]
    _, tree = tree_name(kind)
    name = f"disk-{kind}-{digest(tree, CODE, *scripts)}.raw"
    path = os.path.join(cache_dir("images"), name)
    if os.path.exists(path):
        os.utime(path)
        return path
    archive = make_tree(kind, say)
    with tempfile.TemporaryDirectory(dir=cache_dir("images"), prefix="new-") as folder:
        tree = os.path.join(folder, "tree")
        os.mkdir(tree)
        run("tar", "-xf", archive, "-C", tree, "--exclude=./dev/*")
        fit_tree(kind, tree)
        new = os.path.join(folder, "disk.raw")
        write_disk(new, tree)
        shutil.copy(machine.firmware()[1], new + ".vars")
        settle(kind, new, tree, say)
        os.rename(new + ".vars", path + ".vars")
        os.rename(new, path)
    prune(os.path.join(cache_dir("images"), f"disk-{kind}-*.raw"))
    return path
