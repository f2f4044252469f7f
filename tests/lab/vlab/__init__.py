"""The lab: real kernels with emulated IOMMUs in QEMU, as tests. See tests/lab/README.md."""

import os

LAB = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
TOP = os.path.dirname(os.path.dirname(LAB))


def cache_dir(name):
    """A directory of the lab's cache, outside the checkout; made when it is not there."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(base, "vfiokit", "lab", name)
    os.makedirs(path, exist_ok=True)
    return path


class LabError(Exception):
    """Something is wrong with the lab itself or with a scenario file: no verdict on the program."""
