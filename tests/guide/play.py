"""Runs the guide's blocks: a shell on a terminal of 80 columns, in a scratch copy of the project.

The commands run as they are printed. What they meet is arranged around them: `vfiokit` is the program
under test, with --host where the block belongs to a recorded host; `sudo` just runs its arguments; lspci
reads the recorded functions, virsh talks to libvirt's driver for tests, and /sys and /proc in a
command stand for the recorded trees.
"""

import os
import re
import shlex
import shutil
import tempfile

from book import TOP
from guide.recorded import unpack
from terminal import on_terminal

COPIED = ("hosts", "scripts", "examples")
MARK = "vfiokit-guide-mark"
ANY = "…"


class Stage:
    """A scratch copy of the project; host is the name of a recorded host, or None."""

    def __init__(self, program, host):
        self.folder = tempfile.mkdtemp(prefix="guide-")
        self.host = host
        self.tree = os.path.join(self.folder, "tree") if host else None
        for name in COPIED:
            if os.path.isdir(os.path.join(TOP, name)):
                shutil.copytree(os.path.join(TOP, name), os.path.join(self.folder, name))
        for name in ("bin", "build", "home"):
            os.mkdir(os.path.join(self.folder, name))
        words = [program]
        if host:
            recording = os.path.join(self.folder, "hosts", host + ".host")
            words += ["--host", recording]
            os.mkdir(self.tree)
            unpack(recording, self.tree)
            self.put("bin/lspci", f'exec {shutil.which("lspci")} -A linux-sysfs '
                                  f'-O sysfs.path={self.tree}/sys/bus/pci "$@" '
                                  '2>/dev/null') # it misses modules that are not installed here
        self.put("bin/vfiokit", f'exec {shlex.join(words)} "$@"')
        self.put("build/vfiokit", f'exec {shlex.join(words)} "$@"')
        self.put("bin/sudo", 'exec "$@"')
        if host and shutil.which("virsh"):
            self.put("bin/virsh", f'exec {shutil.which("virsh")} -c test:///default "$@"')

    def put(self, name, line):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{line}\n")
        os.chmod(path, 0o755)

    def close(self):
        shutil.rmtree(self.folder)

    def command(self, text):
        """The command with the recorded trees in the place of the machine's."""
        if not self.tree:
            return text
        return re.sub(r"(?<![\w.])/(sys|proc)(?=/)", lambda match: f"{self.tree}/{match.group(1)}",
                      text)

    def clean(self, text):
        """Output without what the stage has put into it."""
        if self.tree:
            text = text.replace(f"--host {self.folder}/hosts/{self.host}.host ", "")
            text = text.replace(self.tree, "")
        return text.replace(self.folder + "/", "").replace("\u00a0", " ")

    def run(self, commands):
        """Runs commands (texts) in one shell; returns (output lines, status) for each."""
        script = [f"cd {self.folder}"]
        for text in commands:
            script += [self.command(text), f"echo {MARK} $?"]
        env = {**os.environ, "PATH": f"{self.folder}/bin:" + os.environ["PATH"], "NO_COLOR": "1",
               "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": f"{self.folder}/home"}
        env.pop("COLUMNS", None)
        text = on_terminal(["bash", "-c", "\n".join(script)], env)
        results = []
        lines = []
        for line in self.clean(text).split("\n"):
            if line.startswith(MARK):
                results.append((lines, int(line.split()[1])))
                lines = []
            elif MARK in line: # the command's last line had no end
                before, _, status = line.partition(MARK)
                results.append((lines + [before], int(status)))
                lines = []
            else:
                lines.append(line.rstrip())
        return results


def line_matches(promise, line):
    pattern = ".*".join(re.escape(part) for part in promise.split(ANY))
    return re.fullmatch(pattern, line) is not None


def matches(promised, lines):
    """Do the lines hold what is promised? Both are lists of lines without blanks at their ends."""
    if not promised:
        return not lines
    if promised[0].strip() == ANY:
        return any(matches(promised[1:], lines[at:]) for at in range(len(lines) + 1))
    return bool(lines) and line_matches(promised[0], lines[0]) and matches(promised[1:], lines[1:])


def strip_ends(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[0]:
        lines = lines[1:]
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def judge(block, results):
    """What is wrong with the results of a block's commands: a list of texts."""
    commands = block.commands()
    if len(results) != len(commands):
        return [f"{len(results)} of {len(commands)} commands ended"]
    problems = []
    for number, (command, (lines, status)) in enumerate(zip(commands, results), 1):
        wanted = block.status if number == len(commands) else 0
        if status != wanted:
            problems.append(f"status {status}, not {wanted}: {command.text}")
        promised = strip_ends(command.output)
        if promised and not matches(promised, strip_ends(lines)):
            problems.append(f"{command.text} printed:")
            problems += ["  " + line for line in lines]
    return problems
