"""A recorded host as a tree of files, so that lspci, cat and ls can be tried on it, too."""

import os
import re

ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
ENTRY = re.compile(r"^(\S+) (->|=-|=|:-|:|x|!)(?: (.*))?$")


def unescape(text):
    return ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), text.encode())


class Unpacker:
    def __init__(self, root):
        self.root = root
        self.folder = root
        self.name = self.kind = None
        self.value = b""
        self.size = 0

    def place(self, path):
        path = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(path, exist_ok=True)
        return path

    def flush(self):
        if self.name is None:
            return
        path = os.path.join(self.folder, self.name)
        if self.kind == "->":
            os.symlink(self.value, path.encode())
        elif self.kind != "!":
            data = self.value.ljust(self.size, b"\0") if self.kind == "x" else self.value
            if self.kind in ("=", ":"):
                data += b"\n"
            with open(path, "wb") as file:
                file.write(data)
        self.name = None

    def take(self, line):
        if self.name and line[:2] in ("| ", "|", "+ ", "~ "):
            self.go_on(line[0], line[2:])
            return
        if not line or line.startswith(("#", "vfiokit-host ")):
            return
        self.flush()
        if line.startswith("["):
            if line != "[end]":
                self.folder = self.place(line[1:-1])
        elif re.fullmatch(r"\S+/", line):
            self.place(os.path.join(os.path.relpath(self.folder, self.root), line))
        else:
            self.begin(line)

    def begin(self, line):
        match = ENTRY.match(line)
        if not match:
            raise ValueError(f"not understood: {line}")
        self.name, self.kind, rest = match.groups()
        self.name = unescape(self.name).decode()
        self.value = unescape(rest or "")
        if self.kind == "x":
            self.size, self.value = int(rest), b""
        self.first = self.kind in (":", ":-")

    def go_on(self, mark, rest):
        if self.kind == "x":
            self.put_bytes(rest)
        elif mark == "|":
            self.value += unescape(rest) if self.first else b"\n" + unescape(rest)
            self.first = False
        else:
            self.value += (b" " if mark == "+" else b"") + unescape(rest)

    def put_bytes(self, rest):
        where, _, digits = rest.partition(": ")
        first, _, last = where.partition("-")
        data = bytes.fromhex(digits)
        if last:
            data *= int(last, 16) - int(first, 16) + 1
        offset = int(first, 16)
        self.value = self.value.ljust(offset, b"\0")
        self.value = self.value[:offset] + data + self.value[offset + len(data):]


def put_ids(root):
    """Writes vendor, device and class, which recordings leave to uevent, and lspci wants."""
    links = os.path.join(root, "sys/bus/pci/devices")
    for address in os.listdir(links):
        folder = os.path.join(links, address)
        with open(os.path.join(folder, "uevent"), encoding="ascii") as file:
            facts = dict(line.strip().split("=", 1) for line in file)
        vendor, device = facts["PCI_ID"].lower().split(":")
        for name, value in {"vendor": vendor, "device": device, "irq": "0",
                            "class": facts["PCI_CLASS"].zfill(6)}.items():
            path = os.path.join(folder, name)
            if not os.path.exists(path):
                with open(path, "w", encoding="ascii") as file:
                    file.write("0\n" if name == "irq" else f"0x{value}\n")


def unpack(recording, root):
    """Unpacks the recording, a path, below root."""
    unpacker = Unpacker(root)
    with open(recording, encoding="utf-8") as file:
        for line in file:
            unpacker.take(line.rstrip("\n"))
    unpacker.flush()
    put_ids(root)
