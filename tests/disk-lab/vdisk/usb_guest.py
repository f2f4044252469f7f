"""A guest for the machines to start under libvirt: a kernel of the lab's, which says which USB devices
come and go, and a first file system."""

import os

from vlab import kernels

from .inner import make_initrd

MODULES = ["xhci-pci", "usbhid", "hid-generic"]
FOLDER = "usr/local/lib/usb-guest"


def make_files(folder):
    """(path here, path there) of its kernel and its initrd."""
    kernel = kernels.find_newest()
    initrd = os.path.join(folder, "usb-guest-initrd")
    with open(initrd, "wb") as file:
        file.write(make_initrd(kernel, "usb-guest-init", MODULES))
    return [(os.path.join(kernel.directory, "vmlinuz"), f"{FOLDER}/vmlinuz"),
            (initrd, f"{FOLDER}/initrd")]
