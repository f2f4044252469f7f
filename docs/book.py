"""The guide as data: chapters, headings, links, words in code, and blocks with where they run.

A chapter is a file docs/guide/NAME.md; docs/guide/README.md is the first page and names the others
in their order. A block of commands looks like this:

    ```console recording=guide-example status=1
    $ vfiokit check
    IOMMU: on …
    ```

The word behind "console" says where it runs:

    any                 on any machine
    recording=HOST      with --host hosts/HOST.host; lspci, /sys and /proc are the recorded ones, too,
                        and virsh talks to libvirt's driver for tests
    lab=NAME            on a real kernel in QEMU: scenario tests/lab/scenarios/guide-NAME.lab
    disk=NAME           on a whole machine in QEMU that boots from a disk: all blocks of that name, in
                        their order, by a scenario of tests/disk-lab (guided.py)
    shown REASON…       nowhere, and why

"status=N" is the exit status of its last command (else 0). "needs=PROGRAM": it is skipped where
that is not installed. A line of output that is only "…"
stands for any number of lines, "…" inside a line for any text. A command without output promises
nothing but its status. A command goes on in the next line behind "> ".
"""

import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GUIDE = os.path.join(TOP, "docs", "guide")
FIRST = "README"

PLACES = ("any", "recording", "lab", "disk", "shown")


class BookError(Exception):
    pass


class Command:
    def __init__(self, text):
        self.text = text
        self.output = []


class Block:
    """A fenced block; place is None for those that hold no commands."""

    def __init__(self, path, line, info):
        self.path = path
        self.line = line
        words = info.split()
        self.language = words[0] if words else ""
        self.lines = []
        self.place = self.name = self.reason = None
        self.status = 0
        self.needs = None
        if self.language == "console":
            self.read_place(words[1:])

    def read_place(self, words):
        if not words:
            raise BookError(f"{self.where()}: the block does not say where it runs")
        self.place, _, self.name = words[0].partition("=")
        if self.place not in PLACES:
            raise BookError(f"{self.where()}: no such place: {words[0]}")
        if self.place == "shown":
            self.reason = " ".join(words[1:])
            if not self.reason:
                raise BookError(f"{self.where()}: shown only, without a reason")
            return
        for word in words[1:]:
            key, _, value = word.partition("=")
            if key == "status":
                self.status = int(value)
            elif key == "needs":
                self.needs = value
            else:
                raise BookError(f"{self.where()}: no such word: {word}")

    def where(self):
        return f"{self.path}:{self.line}"

    def commands(self):
        """The commands of the block with the output that each promises."""
        found = []
        for line in self.lines:
            if line.startswith("$ "):
                found.append(Command(line[2:]))
            elif not found:
                raise BookError(f"{self.where()}: output before the first command")
            elif line.startswith("> ") and not found[-1].output:
                found[-1].text += "\n" + line[2:]
            else:
                found[-1].output.append(line)
        return found


class Chapter:
    """path is the file, from the top of the project; name is that of a chapter of the guide."""

    def __init__(self, name, path):
        self.name = name
        self.path = path
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            self.text = file.read()
        self.blocks = []
        self.prose = []     # (line number, text) outside of blocks
        self.headings = []  # (level, text, anchor)
        self.read()

    def read(self):
        block = None
        taken = {}
        for number, line in enumerate(self.text.split("\n"), 1):
            if line.startswith("```"):
                if block is None:
                    block = Block(self.path, number, line[3:])
                else:
                    self.blocks.append(block)
                    block = None
            elif block is not None:
                block.lines.append(line)
            else:
                self.prose.append((number, line))
                match = re.match(r"(#{1,6}) +(.*)", line)
                if match:
                    self.headings.append((len(match.group(1)), match.group(2),
                                          anchor_of(match.group(2), taken)))
        if block is not None:
            raise BookError(f"{block.where()}: the block does not end")

    def title(self):
        return plain(self.headings[0][1]) if self.headings else self.name

    def anchors(self):
        return {anchor for _, _, anchor in self.headings}

    def links(self):
        """Yields (line number, target) of each link and picture."""
        for number, line in self.prose:
            for match in re.finditer(r"\]\(([^()\s]+)\)", re.sub(r"`[^`]*`", "``", line)):
                yield number, match.group(1)

    def codes(self):
        """Yields (line number, text) of each `piece of code` in the prose."""
        for number, line in self.prose:
            for match in re.finditer(r"(?<!`)`([^`]+)`(?!`)", line):
                yield number, match.group(1)


def plain(text):
    """A heading without its marks."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "")


def anchor_of(heading, taken):
    """The anchor that GitHub, too, gives a heading; taken counts those of the page."""
    text = re.sub(r"[^\w\- ]", "", plain(heading).lower()).replace(" ", "-")
    taken[text] = taken.get(text, 0) + 1
    return text if taken[text] == 1 else f"{text}-{taken[text] - 1}"


def read_readme():
    """The project's own README, which has blocks like the guide's."""
    return Chapter("../../README", "README.md")


def read_chapters():
    """All chapters, the first page first, the others in the order in which it names them."""
    chapters = {}
    for file in sorted(os.listdir(GUIDE)):
        if file.endswith(".md"):
            name = file[:-len(".md")]
            chapters[name] = Chapter(name, f"docs/guide/{file}")
    if FIRST not in chapters:
        raise BookError(f"there is no {FIRST}.md")
    order = [FIRST]
    for _, target in chapters[FIRST].links():
        name = re.sub(r"\.md(#.*)?$", "", target)
        if name in chapters and name not in order:
            order.append(name)
    missing = set(chapters) - set(order)
    if missing:
        raise BookError(f"{FIRST}.md does not name: {', '.join(sorted(missing))}")
    return [chapters[name] for name in order]
