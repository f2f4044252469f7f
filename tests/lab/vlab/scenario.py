"""Scenario files, tests/lab/scenarios/NAME.lab: machines, and what must hold in them.

    about    TEXT               what this is, for people
    machine  WORD…              machine.py's words, and names of files in machines/
    plug                        devices besides: the indented lines that follow (machine.py's tree)
    kernels  SERIES…            default: all that the lab has
    usual    SERIES…            those that "run --usual", the tier lab-usual, plays it on; default:
                                the newest that there is
    params   PARAMETER…         of the kernel; none by default. Several lines: a boot for each
    load     MODULE…            default: coldplug, which is what each device asks for
    with     PROGRAM…           also these programs of this machine, each with its libraries;
                                qemu: with a guest to start, see guest/start-guest;
                                uefi: firmware for guests, with its descriptors
    alone                       no other scenario in the same boot: this one may leave traces
    named                       played only when it is named: it measures what depends on the host

    test     NAME               then, for this test:
      run      COMMAND          a line of shell, in the machine
      status   NUMBER           default 0
      within   SECONDS          default 300: only what hangs meets it
      agree    check            its output, JSON, says what the kernel says (judge.AGREE: check,
                                prediction, caution, usb, identify)
      expect   PATH is VALUE    a value in its JSON; also has, lacks (of lists and texts)
      prints   TEXT             its output has this text; never: it has not
      shown                     its output is shown, also where all is well

Lines starting with # are comments.
"""

import glob
import json
import os
import re

from . import LAB, LabError
from . import kernels as all_kernels
from .judge import AGREE
from .machine import Machine

WITHIN = 300


class Test:
    def __init__(self, name):
        self.name = name
        self.run = None
        self.status = 0
        self.within = WITHIN
        self.agree = []
        self.expect = [] # (path, relation, value)
        self.prints = []
        self.never = []
        self.shown = False


class Scenario:
    def __init__(self, name):
        self.name = name
        self.about = ""
        self.machine = None
        self.kernels = list(all_kernels.SERIES)
        self.usual = None # the newest that there is
        self.params = []
        self.load = ["coldplug"]
        self.extras = []
        self.alone = False
        self.named = False
        self.tests = []


class Reader:
    """Reads one file; knows where it is, for what it says of errors."""

    def __init__(self, path):
        self.path = path
        self.number = 0
        self.scenario = Scenario(os.path.basename(path)[:-len(".lab")])
        self.words = ["none"]
        self.tree = []
        self.in_tree = False

    def fail(self, text):
        raise LabError(f"{self.path}:{self.number}: {text}")

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            for self.number, line in enumerate(file, 1):
                self.take(line.rstrip("\n"))
        if not self.scenario.tests:
            self.fail("there is no test in it")
        for test in self.scenario.tests:
            if not test.run:
                self.fail(f"test '{test.name}' runs nothing")
        self.scenario.machine = Machine(self.words, self.tree)
        return self.scenario

    def take(self, line):
        if not line.strip() or line.lstrip().startswith("#"):
            return
        if self.in_tree and line[0] in " \t":
            self.tree.append(line)
            return
        key, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        self.in_tree = key == "plug"
        if key in HEAD:
            HEAD[key](self, rest)
        elif key == "test":
            self.scenario.tests.append(Test(rest))
        elif key not in TEST:
            self.fail(f"no such word: '{key}'")
        elif not self.scenario.tests:
            self.fail(f"'{key}' before the first 'test'")
        else:
            TEST[key](self, self.scenario.tests[-1], rest)

    def take_agree(self, test, rest):
        if rest not in AGREE:
            self.fail(f"agree knows: {', '.join(AGREE)}")
        test.agree.append(rest)

    def take_expect(self, test, rest):
        match = re.fullmatch(r"(\S+)\s+(is|has|lacks)\s+(.+)", rest)
        if not match:
            self.fail("expect wants: PATH is|has|lacks VALUE")
        try:
            test.expect.append((match.group(1), match.group(2), json.loads(match.group(3))))
        except ValueError:
            self.fail(f"no JSON value: {match.group(3)}")


HEAD = {
    "about": lambda reader, rest: setattr(reader.scenario, "about", rest),
    "machine": lambda reader, rest: setattr(reader, "words", rest.split()),
    "plug": lambda reader, rest: None,
    "kernels": lambda reader, rest: setattr(reader.scenario, "kernels", rest.split()),
    "usual": lambda reader, rest: setattr(reader.scenario, "usual", rest.split()),
    "params": lambda reader, rest: reader.scenario.params.append(rest),
    "load": lambda reader, rest: setattr(reader.scenario, "load", rest.split()),
    "alone": lambda reader, rest: setattr(reader.scenario, "alone", True),
    "named": lambda reader, rest: setattr(reader.scenario, "named", True),
    "with": lambda reader, rest: setattr(reader.scenario, "extras", rest.split()),
}

TEST = {
    "run": lambda reader, test, rest: setattr(test, "run", rest),
    "status": lambda reader, test, rest: setattr(test, "status", int(rest)),
    "within": lambda reader, test, rest: setattr(test, "within", int(rest)),
    "agree": Reader.take_agree,
    "expect": Reader.take_expect,
    "prints": lambda reader, test, rest: test.prints.append(rest),
    "never": lambda reader, test, rest: test.never.append(rest),
    "shown": lambda reader, test, rest: setattr(test, "shown", True),
}


def read_scenarios(names=()):
    """All scenarios, or those named, sorted by name."""
    folder = os.path.join(LAB, "scenarios")
    paths = {os.path.basename(path)[:-len(".lab")]: path
             for path in sorted(glob.glob(os.path.join(folder, "*.lab")))}
    unknown = [name for name in names if name not in paths]
    if unknown:
        raise LabError(f"there is no scenario '{unknown[0]}'; there are: {', '.join(paths)}")
    return [Reader(paths[name]).read() for name in (names or paths)]
