"""QEMU's monitor: what a machine asks for with guest/monitor, such as a device to be pulled out."""

import json
import socket


class Monitor:
    """Connects at its first question: most machines never ask."""

    def __init__(self, path):
        self.path = path
        self.stream = None

    def options(self):
        return ["-qmp", f"unix:{self.path},server=on,wait=off"]

    def ask(self, command):
        """QEMU's answer to a command of its human monitor; "" is its way to say yes."""
        if not self.stream:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(60)
            connection.connect(self.path)
            self.stream = connection.makefile("rw", encoding="utf-8")
            connection.close() # the stream keeps it open
            self.stream.readline() # its greeting
            self._execute("qmp_capabilities")
        return self._execute("human-monitor-command", {"command-line": command}).strip()

    def _execute(self, command, arguments=None):
        request = {"execute": command, "arguments": arguments or {}}
        self.stream.write(json.dumps(request) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "error" in answer:
                return answer["error"]["desc"]
            if "return" in answer: # all else are events
                return answer["return"] or ""

    def close(self):
        if self.stream:
            self.stream.close()
