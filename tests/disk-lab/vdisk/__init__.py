"""The disk lab: whole Debian machines that boot from a disk. See tests/disk-lab/README.md."""

import os
import sys

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
TOP = os.path.dirname(os.path.dirname(HERE))
# What both labs use: vlab; what all tests do: tap.
sys.path[:0] = [os.path.join(TOP, "tests", "lab"), os.path.join(TOP, "tests")]

from vlab import LabError # pylint: disable=C0413,W0611


def cache_dir(name):
    """A directory of the disk lab's cache, outside the checkout; made when it is not there."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(base, "vfiokit", "disk-lab", name)
    os.makedirs(path, exist_ok=True)
    return path
