"""Archives as the kernel unpacks them into its first file system (cpio, "newc").

Written here, since so an archive holds device nodes without root and equal inputs give equal bytes.
"""

import os
import stat


class Archive:
    def __init__(self):
        self._entries = {}

    def _add(self, path, mode, data=b"", device=(0, 0)):
        path = path.strip("/")
        parent = os.path.dirname(path)
        if parent and parent not in self._entries:
            self._add(parent, stat.S_IFDIR | 0o755)
        self._entries[path] = (mode, data, device)

    def add_directory(self, path):
        self._add(path, stat.S_IFDIR | 0o755)

    def add(self, path, data, mode=0o644):
        if isinstance(data, str):
            data = data.encode()
        self._add(path, stat.S_IFREG | mode, data)

    def add_file(self, path, source):
        """A file of this machine, with its permission to run."""
        with open(source, "rb") as file:
            self.add(path, file.read(), 0o755 if os.access(source, os.X_OK) else 0o644)

    def add_link(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def add_device(self, path, major, minor):
        self._add(path, stat.S_IFCHR | 0o600, device=(major, minor))

    def to_bytes(self):
        parts = [self._entry(number, path, *self._entries[path])
                 for number, path in enumerate(sorted(self._entries), 1)]
        parts.append(self._entry(0, "TRAILER!!!", 0, b"", (0, 0)))
        return pad(b"".join(parts), 512)

    @staticmethod
    def _entry(inode, path, mode, data, device):
        name = path.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (inode, mode, 0, 0, links, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields)
        return pad(head + name, 4) + pad(data, 4)


def pad(data, size):
    return data + bytes(-len(data) % size)
