"""The guide in these machines: its blocks are done as they stand there, and promise what they promise."""

import os
import sys

from vdisk import LabError, TOP

sys.path[:0] = [os.path.join(TOP, "docs"), os.path.join(TOP, "tests")]

from book import read_chapters # pylint: disable=C0413
from guide.play import matches, strip_ends # pylint: disable=C0413
from guide.scenarios import command_line # pylint: disable=C0413


def text_of_guide(chapter, first_line):
    """The guide's block that begins with this line."""
    for block in next(c for c in read_chapters() if c.name == chapter).blocks:
        if block.lines[:1] == [first_line]:
            return "\n".join(block.lines) + "\n"
    raise LabError(f"the guide has no block that begins with {first_line}")


class GuideWalk:
    """The commands of all blocks with disk=NAME, one after the other."""

    def __init__(self, play, name):
        self.play = play
        self.commands = [command for chapter in read_chapters() for block in chapter.blocks
                         if (block.place, block.name) == ("disk", name)
                         for command in block.commands()]
        self.last = None # the command that was done last, as root's shell has it

    def do(self, command):
        self.last = command_line(command.text)
        if self.last == "systemctl reboot":
            self.play.reboot()
            return
        result = self.play.machine.run(f"cd /root; {self.last}", 600)
        promised = strip_ends(command.output)
        same = not promised or matches(promised, strip_ends(result.out.split("\n")))
        self.play.test(f"the guide's {self.last}",
                       None if result.status == 0 and same else str(result))

    def go(self, words):
        """Does them up to the first with these words, or all of them (None)."""
        while self.commands:
            self.do(self.commands.pop(0))
            if words and words in self.last:
                return
        if words:
            raise LabError(f"the guide has no more '{words}'")
