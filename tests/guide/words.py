"""Links, anchors and the program's words in the guide."""

import os
import re
import shlex
import subprocess

from book import TOP

# Options in the prose that are other programs'.
FOREIGN_OPTIONS = {"--args", "--remove-args"}


class Help:
    """What the program itself says that it has."""

    def __init__(self, program):
        self.program = program
        text = self.ask("--help")
        self.commands = commands_of(text)
        self.common = options_of(text)
        self.options = {name: options_of(self.ask(*name.split(), "--help"))
                        for name in self.commands if name != "help"}
        self.all = self.common.union(*self.options.values())

    def ask(self, *words):
        return subprocess.run([self.program, *words], capture_output=True, text=True,
                              check=True).stdout


def commands_of(text):
    """The names in the list of commands: what stands before the column of the descriptions."""
    lines = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.MULTILINE).group(1).split("\n")
    column = next(line.index("print the help") for line in lines if line.startswith("  help "))
    return {line[:column].strip() for line in lines if line.strip()}


def options_of(text):
    return set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", re.sub(r"'[^'\n]*'", "", text)))


def quoted_words(text):
    try:
        return shlex.split(text)
    except ValueError: # a quote that stands alone
        return text.split()


def wrong_words(text, known):
    """What is wrong with a call of vfiokit: a list of texts."""
    words = text.split()
    if words and words[0] == "sudo":
        words = words[1:]
    if not words or words[0] not in ("vfiokit", "./build/vfiokit", "build/vfiokit"):
        return []
    words = quoted_words(re.split(r"\s(?:[|;&<>]|\d>)", " ".join(words[1:]) + " ")[0])
    command = None
    problems = []
    takes_value = False
    for word in words:
        if takes_value:
            takes_value = False
        elif word.startswith("-") and word != "-":
            name = word.split("=")[0]
            allowed = known.common if command is None else known.options.get(command, set())
            if name not in allowed | known.common:
                problems.append(f"{command or 'vfiokit'} has no option {name}")
            takes_value = command is None and name in ("--host", "--root", "--color")
        elif command is None:
            command = word
            if command != "COMMAND" and not any(f"{name} ".startswith(f"{command} ")
                                                for name in known.commands):
                problems.append(f"vfiokit has no command '{command}'")
        elif f"{command} {word}" in known.commands:
            command = f"{command} {word}"
    return problems


def code_problems(chapter, known):
    for line, text in chapter.codes():
        for problem in wrong_words(text, known):
            yield line, f"`{text}`: {problem}"
        if re.fullmatch(r"--[a-z-]+", text) and text not in known.all | FOREIGN_OPTIONS:
            yield line, f"`{text}`: no command has that option"
    for block in chapter.blocks:
        if block.place:
            for command in block.commands():
                for problem in wrong_words(command.text.replace("\\\n", " "), known):
                    yield block.line, f"{command.text}: {problem}"


def link_problems(chapter, chapters):
    anchors = {other.name: other.anchors() for other in chapters}
    for line, target in chapter.links():
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        name = file[:-len(".md")] if file.endswith(".md") else None
        if not file:
            name = chapter.name
        elif not os.path.exists(os.path.join(TOP, os.path.dirname(chapter.path), file)):
            yield line, f"there is no {target}"
            continue
        if anchor and anchor not in anchors.get(name, set()):
            yield line, f"no such anchor: {target}"


def sources():
    for folder, _, files in os.walk(os.path.join(TOP, "src")):
        for file in sorted(files):
            if file.endswith((".c", ".h")):
                with open(os.path.join(folder, file), encoding="utf-8") as stream:
                    yield stream.read()


def anchors_of_program():
    """The anchors of the guide that the program sends people to."""
    return {anchor for text in sources() for anchor in re.findall(r'"guide#([a-z0-9-]+)"', text)}


def refusals_of_program():
    """id → can it be overridden: the table of src/plan/refusal.c."""
    with open(os.path.join(TOP, "src", "plan", "refusal.c"), encoding="utf-8") as file:
        return {name: word == "true" for name, word
                in re.findall(r'^\t\{ "([a-z-]+)", (true|false),', file.read(), re.MULTILINE)}


def refusal_problems(chapter):
    """The chapter's table of refusals against the program's."""
    told = {}
    for _, line in chapter.prose:
        match = re.match(r"\| `([a-z-]+)` \| (.*) \|$", line)
        if match:
            told[match.group(1)] = "Cannot be overridden" not in match.group(2)
    for name, overridable in refusals_of_program().items():
        if name not in told:
            yield f"{name} is missing"
        elif told[name] != overridable:
            yield f"{name}: it {'can' if overridable else 'cannot'} be overridden"
    yield from (f"there is no {name}" for name in told if name not in refusals_of_program())
