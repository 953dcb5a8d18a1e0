#!/usr/bin/env python3
"""screen.py - runs a program in a terminal of its own and presses keys; prints what the screen holds at the end, and on
standard error whether the terminal was left as it was.

usage: screen.py ROWSxCOLUMNS KEYS COMMAND ...

KEYS is a Python string literal: '\\x1b[B/main\\r'. {SIZE:30x100} changes the size, {KILL:TERM} sends a signal, {WAIT:text}
waits until the screen has shown text, {RUN:command} runs a command of the shell.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

BOUND = float(os.environ.get("BOUND", "20"))


def size(fd, text):
    rows, columns = map(int, text.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    keys = sys.argv[2].encode().decode("unicode_escape")
    mine, theirs = pty.openpty()
    size(mine, sys.argv[1])
    before = termios.tcgetattr(theirs)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(theirs, fd)
        os.environ["TERM"] = "xterm-256color"
        os.execvp(sys.argv[3], sys.argv[3:])
    out, end = b"", time.monotonic() + BOUND

    def read(until):
        nonlocal out
        seen = len(out)
        while not re.search(until, out[seen:]) and time.monotonic() < end:
            if select.select([mine], [], [], 0.1)[0]:
                out += os.read(mine, 65536)

    read(b"q quit")
    for part in re.findall(r"\{[A-Z]+:[^}]*\}|\x1b\[.|.", keys, re.S):
        what = re.fullmatch(r"\{([A-Z]+):(.*)\}", part)
        if what and what[1] == "SIZE":
            size(mine, what[2])
            os.kill(pid, signal.SIGWINCH)
        elif what and what[1] == "KILL":
            os.kill(pid, getattr(signal, "SIG" + what[2]))
            break
        elif what and what[1] == "RUN":
            os.system(what[2])
            continue
        elif what:
            read(re.escape(what[2].encode()))
            continue
        else:
            os.write(mine, part.encode())
        read(b"q quit|1049l")
    status = None
    while status is None and time.monotonic() < end:
        if select.select([mine], [], [], 0.05)[0]:
            out += os.read(mine, 65536)
        done, code = os.waitpid(pid, os.WNOHANG)
        status = code if done else None
    if status is None:
        os.kill(pid, signal.SIGKILL)
        sys.exit("it does not end")
    while select.select([mine], [], [], 0)[0]:
        out += os.read(mine, 65536)
    text = out.decode("utf-8", "replace")
    screens = [s for s in text.split("\x1b[H") if "q quit" in s]
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screens[-1] if screens else text)
    print(plain.replace("\r\n", "\n").rstrip())
    same = termios.tcgetattr(theirs) == before
    left = text.rfind("\x1b[?1049l") >= text.rfind("\x1b[?1049h")
    print("terminal %s, %s, status %d" % ("as before" if same else "changed", "left" if left else "held",
                                         os.waitstatus_to_exitcode(status)), file=sys.stderr)


main()
