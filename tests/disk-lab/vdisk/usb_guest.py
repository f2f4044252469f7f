"""A guest for the machines to start under libvirt: a kernel of the lab's, which says which USB devices
come and go, and a first file system."""

import os

from vlab import image, kernels
from vlab.cpio import Archive

from .image import guest_file

MODULES = ["xhci-pci", "usbhid", "hid-generic"]
FOLDER = "usr/local/lib/usb-guest"


def make_files(folder):
    """(path here, path there) of its kernel and its initrd."""
    kernel = kernels.find_newest()
    archive = Archive()
    for name in ("proc", "sys", "dev"):
        archive.add_directory(name)
    archive.add_device("dev/console", 5, 1)
    archive.add_file("bin/busybox", image.find_busybox())
    archive.add_file("init", guest_file("usb-guest-init"))
    modules = image.choose_modules(kernel, MODULES)
    for path, data in {**modules, **image.index_modules(kernel, modules)}.items():
        archive.add(path, data)
    initrd = os.path.join(folder, "usb-guest-initrd")
    with open(initrd, "wb") as file:
        file.write(archive.to_bytes())
    return [(os.path.join(kernel.directory, "vmlinuz"), f"{FOLDER}/vmlinuz"),
            (initrd, f"{FOLDER}/initrd")]
