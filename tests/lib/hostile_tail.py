#!/usr/bin/env python3
"""hostile_tail.py PORT-FILE KIND - a server whose /pyro/tail answers what it should not; one connection after another.

escapes: labels full of escape sequences; garbage: no frames; huge: a length of four gigabytes; cut: an end within a frame;
short: fewer bytes than were promised;
profile: an event whose profile is none; event: one that is none itself; message: a refusal with escape sequences; silence: a head and nothing more
"""
import http.server
import os
import struct
import subprocess
import sys
import time


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def text(field, s):
    s = s if isinstance(s, bytes) else s.encode()
    return varint(field << 3 | 2) + varint(len(s)) + s


def frame(event):
    return b"\0" + struct.pack(">I", len(event)) + event


def event(label, profile):
    return text(1, text(1, label) + text(2, label)) + varint(2 << 3) + varint(1795897591710175031) + text(3, profile)


PROFILE = subprocess.run([os.path.join(os.path.dirname(os.path.abspath(__file__)), "make_profile.py"), "-", "--stack", "main;a=1"],
                         check=True, stdout=subprocess.PIPE).stdout
EVIL = b"x\x1b[2J\x1b]0;title\x07\x00\xff\xc2\x9b31m"
GOOD = frame(event(b"service_name", PROFILE))
ANSWERS = {
    "escapes": frame(b"") + frame(event(EVIL, PROFILE)),
    "garbage": b"<html>no frames at all</html>",
    "huge": b"\0\xff\xff\xff\xff" + b"x" * 100000,
    "cut": GOOD + GOOD[:-3],
    "short": GOOD,
    "profile": GOOD + frame(event(b"a", b"no profile")),
    "event": GOOD + frame(b"\xff\xff\xff\xff"),
    "silence": b"",
}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if sys.argv[2] == "message":
            body = b'{"code":"x","message":"no \\u001b[2J here"}'
            self.send_response(400)
        else:
            body = ANSWERS[sys.argv[2]]
            self.send_response(200)
        if sys.argv[2] == "short":
            self.send_header("Content-Length", str(len(body) + 10))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if sys.argv[2] in ("escapes", "silence"):
            time.sleep(30)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
