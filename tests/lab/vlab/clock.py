"""Time as a machine has it: a host that is busy with others is no stall of the machine's.

Seconds in which QEMU wanted a CPU and had none are left out (/proc/PID/task/*/schedstat, second
number: Documentation/scheduler/sched-stats.rst), and those that a hypervisor below took ("steal" in
/proc/stat, proc(5)). A machine that waits for nothing, or runs in a circle, still meets its bounds.
"""

import glob
import os
import time


def stolen():
    """Seconds that a hypervisor took from each CPU of this host, on average; 0: it does not say."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            ticks = int(file.readline().split()[8])
    except (OSError, ValueError, IndexError):
        return 0.0
    return ticks / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


def denied(pid):
    """Seconds that the thread of a process that waited most for a CPU has waited; 0: not known."""
    most = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            with open(path, encoding="ascii") as file:
                most = max(most, int(file.read().split()[1]))
        except (OSError, ValueError, IndexError):
            continue # the thread has ended, or the kernel does not count
    return most / 1e9


class Clock:
    """Starts with the process, which must not be waited for while it is asked."""

    def __init__(self, pid):
        self.pid = pid
        self.started = time.monotonic()
        self.stolen = stolen()

    def now(self):
        gone = time.monotonic() - self.started
        return max(0.0, gone - denied(self.pid) - (stolen() - self.stolen))
