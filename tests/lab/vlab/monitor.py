"""QEMU's monitor: what a machine asks for with guest/monitor, such as a device to be pulled out."""

import json
import os
import socket


class Monitor:
    """Connects at its first question: most machines never ask. QEMU runs in folder, whose path may
    be longer than that of a socket."""

    def __init__(self, folder):
        self.folder = folder
        self.stream = None

    def options(self):
        return ["-qmp", "unix:monitor,server=on,wait=off"]

    def _connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        folder = os.open(self.folder, os.O_PATH)
        try:
            connection.connect(f"/proc/self/fd/{folder}/monitor")
        finally:
            os.close(folder)
        self.stream = connection.makefile("rw", encoding="utf-8")
        connection.close() # the stream keeps it open

    def ask(self, command):
        """QEMU's answer to a command of its human monitor; "" is its way to say yes."""
        if not self.stream:
            self._connect()
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
