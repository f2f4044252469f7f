"""A recorded host as directories and files: what --root reads. The format is that of
src/base/recording.h; links that would lead out of the tree stay inside it."""

import os
import re


def decode(text):
    return re.sub("%([0-9a-fA-F]{2})", lambda m: chr(int(m.group(1), 16)), text)


def put_bytes(data, line):
    """One line of an "x" entry: "000: de 10 …" or "100-1ff: ff"."""
    where, _, values = line.partition(":")
    first, _, last = where.partition("-")
    values = bytes(int(value, 16) for value in values.split())
    start = int(first, 16)
    if last:
        values = values * (int(last, 16) - start + 1)
    data[start:start + len(values)] = values


def read_entries(text):
    """Yields (path, kind, value): file with bytes, link with a target, dir."""
    folder, entry = "", None
    for line in text.splitlines():
        mark, rest = line[:1], decode(line[2:])
        if entry and mark in "|+~" and mark:
            add_line(entry, mark, rest)
            continue
        if entry:
            yield from finish(entry)
        entry = None
        if line.startswith("[") and line != "[end]":
            folder = decode(line[1:-1])
            yield folder, "dir", None
        elif line and not line.startswith("#") and line[0] not in "[v" or " " in line and folder:
            entry = start(folder, line)


def start(folder, line):
    match = re.match(r"(\S+) (=-?|:-?|->|x|!) ?(.*)$", line)
    if not match:
        return None
    path = f"{folder}/{decode(match.group(1))}"
    kind, value = match.group(2), match.group(3)
    data = bytearray(int(value)) if kind == "x" else None
    return {"path": path, "kind": kind, "lines": [decode(value)] if kind[0] in "=-" else [],
            "data": data}


def add_line(entry, mark, rest):
    if entry["kind"] == "x":
        put_bytes(entry["data"], rest)
    elif mark == "|":
        entry["lines"].append(rest)
    else:
        entry["lines"][-1] += (" " if mark == "+" else "") + rest


def finish(entry):
    path, kind = entry["path"], entry["kind"]
    if kind == "x":
        yield path, "file", bytes(entry["data"])
    elif kind == "->":
        yield path, "link", entry["lines"][0]
    elif kind != "!":
        end = "" if kind.endswith("-") else "\n"
        yield path, "file", ("\n".join(entry["lines"]) + end).encode("latin-1")


def unpack(text, root, skip=None):
    """Writes the tree of a recording below root; paths that skip() is true for are left out."""
    for path, kind, value in read_entries(text):
        full = root + path
        if skip and skip(path):
            continue
        os.makedirs(full if kind == "dir" else os.path.dirname(full), exist_ok=True)
        if kind == "link" and not os.path.lexists(full):
            os.symlink(value, full)
        elif kind == "file":
            with open(full, "wb") as file:
                file.write(value)
