"""What a program prints on a terminal."""

import fcntl
import functools
import os
import pty
import struct
import subprocess
import termios

# Another libsmartcols shares the width of a terminal out among the columns in another way.
SMARTCOLS = "2.38"


@functools.lru_cache
def other_tables():
    """Why a table that is cut at 80 columns may look otherwise here; None: it does not."""
    said = subprocess.run(["pkg-config", "--modversion", "smartcols"], capture_output=True, text=True,
                          check=False).stdout.strip()
    return None if said.startswith(SMARTCOLS) else f"tables are laid out by libsmartcols {said} here"


def on_terminal(argv, env, columns=80, folder=None):
    """What argv prints on a terminal so wide, its input being empty."""
    main, sub = pty.openpty()
    fcntl.ioctl(sub, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=sub, stderr=sub, env=env,
                          cwd=folder, start_new_session=True) as child:
        os.close(sub)
        data = b""
        while True:
            try:
                chunk = os.read(main, 65536)
            except OSError: # the other end is closed
                break
            if not chunk:
                break
            data += chunk
        os.close(main)
        child.wait()
    return data.decode(errors="replace").replace("\r\n", "\n")
