"""The kernels that the lab boots: Debian's, as tests/lab/fetch-kernels leaves them in the cache."""

import lzma
import os
import struct
import subprocess
import tempfile

from . import LAB, LabError

SERIES = ["6.1", "6.12"]
FETCH_BOUND = 900 # seconds


class Kernel:
    def __init__(self, series, directory):
        self.series = series
        self.directory = directory
        versions = os.listdir(os.path.join(directory, "modules"))
        if len(versions) != 1:
            raise LabError(f"{directory}/modules: expected one version, found {versions}")
        self.version = versions[0]
        self.modules = os.path.join(directory, "modules", self.version)
        self.config = os.path.join(directory, "config")

    def image(self):
        """What QEMU is to boot: the kernel unpacked, which saves the emulated CPU two seconds."""
        unpacked = os.path.join(self.directory, "vmlinux")
        packed = os.path.join(self.directory, "vmlinuz")
        if not os.path.exists(unpacked):
            data = unpack(packed)
            if not data:
                return packed
            with tempfile.NamedTemporaryFile(dir=self.directory, delete=False) as file:
                file.write(data) # each boot may come to this at the same time
            os.rename(file.name, unpacked)
        return unpacked


def unpack(path):
    """The ELF file inside a bzImage (Documentation/x86/boot.rst); None: packed in a way unknown
    here, or not for booting directly, so that QEMU must take the whole."""
    with open(path, "rb") as file:
        image = file.read()
    sectors = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = image[start:start + length]
    if payload.startswith(b"\xfd7zXZ"):
        data = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x28\xb5\x2f\xfd"):
        data = subprocess.run(["zstd", "-dc"], input=payload, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout
    else:
        return None
    return data if data.startswith(b"\x7fELF") else None


def find_kernels(wanted):
    """series → Kernel, or a text that says why there is none."""
    try:
        listing = subprocess.run([os.path.join(LAB, "fetch-kernels"), *wanted],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                 timeout=FETCH_BOUND, check=False).stdout
    except subprocess.TimeoutExpired:
        return dict.fromkeys(wanted, f"fetching it took more than {FETCH_BOUND // 60} minutes")
    found = {}
    for line in listing.splitlines():
        series, place, *reason = line.split(None, 2)
        found[series] = " ".join(reason) if place == "-" else Kernel(series, place)
    for series in wanted:
        found.setdefault(series, "fetch-kernels said nothing of it")
    return found


def newest(found):
    """The newest series that there is a kernel of; None: there is none."""
    there = [series for series in SERIES if isinstance(found.get(series), Kernel)]
    return there[-1] if there else None


def find_newest():
    """The Kernel of the newest series."""
    kernel = find_kernels(SERIES[-1:])[SERIES[-1]]
    if isinstance(kernel, str):
        raise LabError(f"no kernel of {SERIES[-1]}: {kernel}")
    return kernel
