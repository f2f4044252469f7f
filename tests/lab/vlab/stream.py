"""What a machine sends: lines, and texts of a length that was told, as they come."""


class Stream:
    """receive() gives the next bytes. It raises what it likes when none come in time, or no more."""

    def __init__(self):
        self.buffer = b""

    def receive(self):
        raise NotImplementedError

    def read_line(self):
        """The words of the next line."""
        while b"\n" not in self.buffer:
            self.buffer += self.receive()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode(errors="replace").split()

    def read(self, size):
        while len(self.buffer) < size:
            self.buffer += self.receive()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data
