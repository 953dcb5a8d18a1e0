#!/usr/bin/env python3
"""in_terminal.py [-e] COLUMNS COMMAND [ARG ...] - runs a command on a terminal of its own that many columns wide and prints
what it wrote there; ends as the command did. -e: only standard error is the terminal, input and output stay what they are.
"""
import fcntl
import os
import pty
import struct
import sys
import termios


def main(args):
    only_errors = args[0] == "-e"
    columns, command = int(args[only_errors]), args[only_errors + 1:]
    kept = [os.dup(0), os.dup(1)]
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        if only_errors:
            os.dup2(kept[0], 0)
            os.dup2(kept[1], 1)
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    os.close(kept[1])
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        os.write(2 if only_errors else 1, data.replace(b"\r\n", b"\n"))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 2 else __doc__)
