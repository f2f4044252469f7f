"""Guests of the machines: a disk with libvirt, QEMU and UEFI for them, and a guest's own disk."""

import os
import tarfile

from vlab import image as small
from vlab import kernels
from vlab.cpio import Archive

from . import image
from .image import guest_file, run
from .play import disk_of

# The guest's loader comes from systemd-boot-efi; dnsmasq-base is for libvirt's network.
PACKAGES = ["initramfs-tools", "grub-efi-amd64", "libvirt-daemon-system", "dnsmasq-base", "iproute2",
            "qemu-system-x86", "ovmf", "systemd-boot-efi"]

KIND = "libvirt"
image.KINDS[KIND] = (PACKAGES, "fit-grub", "settle-grub")

# Puts guest/qemu-own-apic, which says why, in the place of the machine's QEMU.
QEMU = "/usr/bin/qemu-system-x86_64"
TAKE_APIC = f"set -e; mv {QEMU} {QEMU}.real; cat >{QEMU} <<'END'\n%sEND\nchmod +x {QEMU}"


def prepare_host(play, pages):
    """Makes a machine ready for guests: KVM, VFIO, so many huge pages of 2 MiB."""
    with open(guest_file("qemu-own-apic"), encoding="utf-8") as file:
        play.ask(TAKE_APIC % file.read())
    play.ask("modprobe kvm_amd && modprobe -a vfio-pci vfio_iommu_type1 && "
             f"echo {pages} >/proc/sys/vm/nr_hugepages")


# ---- a guest's disk: one program for UEFI, that is a kernel with its first file system ----

STUB = "./usr/lib/systemd/boot/efi/linuxx64.efi.stub"
MODULES = ["virtio_pci", "virtio_blk", "virtio_net", "xhci_pci", "ata_piix", "ahci", "sd_mod", "e1000",
           "e1000e"]
WORDS = "console=ttyS0 no_timer_check mitigations=off quiet"
DISK_MIB, FAT_MIB = 64, 48 # the guest writes behind the file system

# Where the parts are in memory: systemd-stub(7).
PLACES = {".cmdline": "0x30000", ".linux": "0x2000000", ".initrd": "0x3000000"}


def make_initrd(kernel, init, modules, programs=()):
    """A guest's first file system, as bytes: busybox, init (of guest/), what modules need, programs."""
    archive = Archive()
    for name in ("proc", "sys", "dev"):
        archive.add_directory(name)
    archive.add_device("dev/console", 5, 1)
    archive.add_file("bin/busybox", small.find_busybox())
    archive.add_file("init", guest_file(init))
    for path in programs:
        archive.add_file("bin/" + os.path.basename(path), path)
    chosen = small.choose_modules(kernel, modules)
    for path, data in {**chosen, **small.index_modules(kernel, chosen)}.items():
        archive.add(path, data)
    return archive.to_bytes()


def make_program(folder, tree, init, programs):
    """The path of the program for UEFI. tree: an archive with the stub that it starts with."""
    kernel = kernels.find_newest()
    parts = {".linux": os.path.join(kernel.directory, "vmlinuz")}
    with tarfile.open(tree) as archive:
        stub = archive.extractfile(STUB).read()
    for name, data in (("stub", stub), (".cmdline", WORDS.encode() + b"\0"),
                       (".initrd", make_initrd(kernel, init, MODULES, programs))):
        parts[name] = os.path.join(folder, "inner-" + name.strip("."))
        with open(parts[name], "wb") as file:
            file.write(data)
    path = os.path.join(folder, "inner.efi")
    words = [word for name, place in PLACES.items()
             for word in ("--add-section", f"{name}={parts[name]}",
                          "--change-section-vma", f"{name}={place}")]
    run("objcopy", *words, parts["stub"], path)
    return path


# Where a machine has such a disk, with disk_options().
DISK = "/dev/disk/by-id/virtio-guest"


def disk_options(path):
    """QEMU's, for a machine of four CPUs and 2 GiB that starts from its own disk and has this one."""
    return ["-m", "2048", "-smp", "4", "-set", "device.root.bootindex=1",
            "-drive", f"if=none,id=guest,file={path},format=raw,cache=unsafe",
            "-device", "virtio-blk-pci,drive=guest,addr=0x1a,serial=guest"]


def make_disk(folder, say, init="inner-init", programs=()):
    """The path of a raw disk from which a guest boots by UEFI, to run init (of guest/). programs:
    paths of static ones that init needs."""
    disk_of(KIND, say) # with its tree, which others may want at the same time
    program = make_program(folder, image.make_tree(KIND, say), init, programs)
    path = os.path.join(folder, "inner.raw")
    with open(path, "wb") as file:
        file.truncate(DISK_MIB << 20)
    run("mformat", "-i", path, "-v", "INNER", "-T", str(FAT_MIB * 2048), "-h", "64", "-s", "32", "::")
    run("mmd", "-i", path, "::/EFI", "::/EFI/BOOT")
    run("mcopy", "-i", path, program, "::/EFI/BOOT/BOOTX64.EFI")
    return path
