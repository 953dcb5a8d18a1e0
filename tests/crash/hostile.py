#!/usr/bin/env python3
"""hostile.py - sends what no honest client sends: after each attack the server must still be ready, its processes must
have used no more memory than allowed, and the answer must be the one that the API promises.

usage: hostile.py [--build DIR] [--memory MB] [--seed N] [--only WORD]

Memory is the sum of the peaks of all processes; 0 = not judged (sanitizers need their own). Nothing here measures time:
a slow machine changes nothing. Prints TAP. Only loopback is used.
"""
import argparse
import gzip
import http.client
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

PUSH = "/push.v1.PusherService/Push"
CLOSED = 0              # instead of a status: the server hung up without an answer
WAIT = 60               # seconds until a silent server counts as dead
UNDECODABLE = 500       # of Push: code "unknown", as the original answers


# ---- the server ----

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, build, data, options=(), env=None):
        self.port = free_port()
        self.process = subprocess.Popen(
            [os.path.join(build, "pyro-serve"), "-server.http-listen-address=127.0.0.1",
             "-server.http-listen-port=%d" % self.port, "-pyroscopedb.data-path=%s" % data,
             "-distributor.ingestion-rate-limit-mb=100000", "-distributor.ingestion-burst-size-mb=100000",
             "-distributor.ingestion-body-limit-mb=64", "-log.level=error", *options], start_new_session=True, env=env)
        for _ in range(WAIT * 100):
            if self.process.poll() is not None:
                raise SystemExit("Bail out! the server ended with %s" % self.process.returncode)
            if self.ready():
                break
            time.sleep(0.01)
        else:
            raise SystemExit("Bail out! the server is not ready after %d s" % WAIT)
        self.first = self.pids()

    def ready(self):
        try:
            return self.request("GET", "/ready")[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, r.read()
        except (http.client.HTTPException, ConnectionError):
            return CLOSED, b""
        finally:
            c.close()

    def raw(self, *pieces, half_close=False):
        """All statuses that come back on one connection until it is closed or silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT) as s:
            got = b""
            try:
                for p in pieces:
                    s.sendall(p)
                if half_close:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass                    # it may hang up before everything is sent
            try:
                for piece in iter(lambda: s.recv(65536), b""):
                    got += piece
            except ConnectionError:
                pass
            return [int(x[:3]) for x in got.split(b"HTTP/1.1 ")[1:]] or [CLOSED]

    def pids(self):
        """The supervisor and all below it."""
        parent, out = {}, {self.process.pid}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as f:
                    parent[int(pid)] = int(f.read().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError):
                pass
        for _ in range(4):
            out |= {p for p, up in parent.items() if up in out}
        return out

    def peak_mb(self):
        total = 0
        for pid in self.pids():
            try:
                with open("/proc/%d/status" % pid) as f:
                    total += sum(int(x.split()[1]) for x in f if x.startswith("VmHWM:"))
            except OSError:
                pass
        return total / 1024

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()


# ---- bytes ----

def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def num(field, n):
    return varint(field << 3) + varint(n)


def msg(field, *parts):
    body = b"".join(parts)
    return varint(field << 3 | 2) + varint(len(body)) + body


def pprof(when=None, samples=None, strings=(), extra=b"", duration=10 ** 10):
    """One CPU profile of main;work. strings come at positions 7.., samples replace the usual one."""
    texts = [b"", b"cpu", b"nanoseconds", b"main", b"work", b"main.c", b"key", *strings]
    out = msg(1, num(1, 1), num(2, 2))
    out += samples if samples is not None else msg(2, msg(1, varint(1), varint(2)), msg(2, varint(7)))
    out += b"".join(msg(4, num(1, i), msg(4, num(1, i))) for i in (1, 2))
    out += b"".join(msg(5, num(1, i), num(2, 5 - i), num(4, 5)) for i in (1, 2))
    out += b"".join(msg(6, t) for t in texts)
    return out + num(9, int(time.time() * 1e9) if when is None else when) + num(10, duration) + extra


USUAL = ((b"__name__", b"process_cpu"), (b"service_name", b"hostile"))


def push_request(raw, labels=USUAL):
    return msg(1, *(msg(1, msg(1, n), msg(2, v)) for n, v in labels), msg(2, msg(1, raw)))


def push(s, raw, labels=USUAL, whole=None, **headers):
    h = {"Content-Type": "application/proto"}
    h.update({k.replace("_", "-"): v for k, v in headers.items()})
    return s.request("POST", PUSH, push_request(raw, labels) if whole is None else whole, h)[0]


def ingest(s, body, query="name=hostile.cpu", **headers):
    return s.request("POST", "/ingest?" + query, body, {k.replace("_", "-"): v for k, v in headers.items()})[0]


def zstd(data):
    """A zstd frame of raw blocks."""
    out = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    for i in range(0, max(len(data), 1), 100000):
        piece = data[i:i + 100000]
        out += (len(piece) << 3 | (i + 100000 >= len(data))).to_bytes(3, "little") + piece
    return out


def tangled():
    """Profiles whose parts refer to what is not there, to each other, or to the same thing too often."""
    line, one = msg(4, num(1, 1)), lambda n: msg(2, msg(1, varint(n)), msg(2, varint(7)))
    yield pprof(samples=one(99))                                                    # a location
    yield pprof(samples=one(2 ** 64 - 1))
    yield pprof(extra=msg(4, num(1, 3), msg(4, num(1, 77))), samples=one(3))        # a function
    yield pprof(extra=msg(4, num(1, 3), num(2, 55), line), samples=one(3))          # a mapping
    yield pprof(extra=msg(4, num(1, 3), num(3, 4096)), samples=one(3))              # lines
    yield pprof(extra=msg(4, num(1, 1), msg(4, num(1, 2))))                         # a location twice
    yield pprof(extra=msg(5, num(1, 1), num(2, 4)))                                 # a function twice
    yield pprof(extra=msg(3, num(1, 1)) * 2)                                        # a mapping twice
    yield pprof(extra=msg(4, num(1, 3), line * 1000), samples=one(3))               # inlined into itself
    yield pprof(samples=msg(2, msg(1, varint(1) + varint(2)) * 20, msg(2, varint(7))))


def flipped(rng, data, n):
    for _ in range(n):
        out = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
        yield bytes(out)


def cuts(data):
    return (data[:i] for i in range(0, len(data), max(1, len(data) // 40)))


def head(method, path, *lines):
    return "\r\n".join(["%s %s HTTP/1.1" % (method, path), "Host: x", *lines, "", ""]).encode("latin-1")


BYE = "Connection: close"


# ---- attacks: each gives (what it was, allowed statuses, status) as often as it likes ----

def honest(s, _):
    yield "push", {200}, push(s, gzip.compress(pprof()))
    yield "plain push", {200}, push(s, pprof())
    yield "ingest", {200}, ingest(s, gzip.compress(pprof()), "name=hostile.cpu&format=pprof")
    yield "text", {200}, ingest(s, b"main;work 7\n")


def truncated(s, _):
    z, plain = gzip.compress(pprof(), 9), pprof()
    for x in cuts(z):
        yield "gzip of %d bytes" % len(x), {UNDECODABLE}, push(s, x)
        yield "gzip of %d bytes, ingest" % len(x), {422} if x else {200}, ingest(s, x, "name=h.cpu&format=pprof")
    for x in cuts(plain):                       # a cut between two fields is a lawful message
        yield "pprof of %d bytes" % len(x), {200, 400, UNDECODABLE}, push(s, x)
    for x in cuts(push_request(z)):
        yield "request of %d bytes" % len(x), {400}, push(s, b"", whole=x)


def bit_flips(s, rng):
    z, plain = gzip.compress(pprof(), 9), pprof()
    for x in flipped(rng, z, 80):
        yield "gzip " + x.hex(), {200, 400, UNDECODABLE}, push(s, x)
        yield "gzip to ingest " + x.hex(), {200, 422}, ingest(s, x, "name=h.cpu&format=pprof")
    for x in flipped(rng, plain, 80):
        yield "pprof " + x.hex(), {200, 400, UNDECODABLE}, push(s, x)
    for x in flipped(rng, push_request(plain), 80):
        yield "request " + x.hex(), {200, 400, UNDECODABLE}, push(s, b"", whole=x)


def text_flips(s, rng):
    for form, body in (("groups", b"a;b 1\nc 2\n"), ("lines", b"a;b\na;c\n"), ("trie", b"\0\2\2ab\1\0\1c\2\0"),
                       ("tree", b"\0\0\1\1a\1\1\1b\1\0")):
        for x in flipped(rng, body, 30):
            yield "%s %s" % (form, x.hex()), {200, 400, 422}, ingest(s, x, "name=h.cpu&format=" + form)
    for form in ("trie", "tree"):
        for x in (b"\xff" * 20, b"\0\0" + b"\xff" * 9, b"\x01a" + b"\xff" * 8 + b"\x7f"):
            yield form + " with numbers too large", {422}, ingest(s, x, "name=h.cpu&format=" + form)
        # 50000 nodes deep; a trie may end before a node
        yield form + " without end", {200 if form == "trie" else 422}, ingest(
            s, b"\0\0\1" * 50000, "name=h.cpu&format=" + form)


def zstd_bomb(mb):
    """Blocks of one repeated byte, 128 KiB from four bytes, behind a head that claims no size."""
    block = lambda last: ((128 << 10) << 3 | 1 << 1 | last).to_bytes(3, "little") + b"a"
    return b"\x28\xb5\x2f\xfd\x00\x58" + block(0) * (mb * 8) + block(1)


def zstd_frames(s, rng):
    z = zstd(b"main;work 7\n" * 50)
    send = lambda x: ingest(s, x, Content_Encoding="zstd")
    yield "honest", {200}, send(z)
    for x in cuts(z):
        yield "zstd of %d bytes" % len(x), {200, 422}, send(x)         # below four bytes it is text
    for x in flipped(rng, z, 80):
        yield "zstd " + x.hex(), {200, 400, 413, 422}, send(x)
    for n in (10 ** 10, 2 ** 63, 2 ** 64 - 1):
        yield "zstd that claims %d bytes" % n, {413, 422}, send(b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", n) + z[9:])
    yield "zstd bomb", {413}, send(zstd_bomb(1000))
    yield "zstd window of 8 GB", {413, 422}, send(b"\x28\xb5\x2f\xfd\x00\xb8" + z[9:])
    yield "skippable frames", {200, 413, 422}, send((b"\x50\x2a\x4d\x18" + bytes(4)) * 100000 + z)


def bombs(s, _):
    zeros = gzip.compress(bytes(100 << 20), 1)
    yield "pprof bomb", {400}, push(s, zeros)
    yield "ingest bomb", {422}, ingest(s, zeros, "name=h.cpu&format=pprof")
    yield "text bomb", {413}, ingest(s, zeros, Content_Encoding="gzip")
    yield "form bomb", {422}, ingest(s, b"--x\r\nContent-Disposition: form-data; name=\"profile\"; filename=\"p\"\r\n\r\n" +
                                     zeros + b"\r\n--x--\r\n", Content_Type="multipart/form-data; boundary=x")
    yield "gRPC-web bomb", {200}, push(s, b"", whole=b"\1" + struct.pack(">I", len(zeros)) + zeros,
                                       Content_Type="application/grpc-web+proto", grpc_encoding="gzip")
    yield "many members", {400}, push(s, gzip.compress(bytes(64 << 10)) * 2000)
    yield "request bomb", {400, 429}, push(s, b"", whole=zeros, Content_Encoding="gzip")


def big_lengths(s, _):
    for n in (10 ** 10, 2 ** 63, 2 ** 64 + 5, -1, "5x", "+5", "0x10", "5, 6"):
        for path, over in ((PUSH, 429), ("/ingest?name=h.cpu", 413)):
            want = {over, 413} if n == 10 ** 10 else {400, 413, over} if isinstance(n, int) and n > 0 else {400}
            yield "Content-Length %s, %s" % (n, path), want, s.raw(
                head("POST", path, "Content-Type: application/proto", "Content-Length: %s" % n), b"abc",
                half_close=True)[0]
    many = msg(1, msg(2, msg(1, varint(0)))) + b"\x0a\xff\xff\xff\xff\x7f"
    yield "length prefix of 32 GB", {400}, push(s, b"", whole=many)
    yield "sample value count", {400, UNDECODABLE}, push(s, pprof(samples=b"\x12\xff\xff\xff\xff\x0f\x12\xff\xff"))
    yield "gRPC frame of 4 GB", {200, 400, 413, 415, 429, CLOSED}, push(
        s, b"", whole=b"\0\xff\xff\xff\xffabc", Content_Type="application/grpc-web+proto")


def smuggling(s, _):
    both = head("POST", "/ingest?name=h.cpu", "Content-Length: 3", "Transfer-Encoding: chunked")
    yield "both lengths", {400}, s.raw(both, b"0\r\n\r\nGET /ready HTTP/1.1\r\nHost: x\r\n\r\n", half_close=True)[0]
    for te in ("chunked, chunked", "gzip, chunked", "xchunked", "identity"):
        yield "Transfer-Encoding " + te, {400, 501}, s.raw(
            head("POST", "/ingest?name=h.cpu", "Transfer-Encoding: " + te), b"0\r\n\r\n", half_close=True)[0]
    yield "two lengths", {400}, s.raw(head("POST", "/ingest?name=h.cpu", "Content-Length: 3", "Content-Length: 4"),
                                      b"a 1\n", half_close=True)[0]
    for chunk in (b"zz\r\n", b"ffffffffffffffffff\r\n", b"-1\r\n", b"3\r\nabcdef\r\n", b"\r\n", b"1" * 5000):
        yield "chunk %r" % chunk[:20], {400, 413}, s.raw(
            head("POST", "/ingest?name=h.cpu", "Transfer-Encoding: chunked"), chunk, half_close=True)[0]


def headers(s, _):
    flood = ["X-%d: %s" % (i, "v" * 100) for i in range(20000)]
    yield "20000 headers", {400, 431}, s.raw(head("GET", "/ready", *flood), half_close=True)[0]
    yield "one header of 2 MB", {400, 431}, s.raw(head("GET", "/ready", "X: " + "v" * (2 << 20)), half_close=True)[0]
    yield "target of 1 MB", {400, 414, 431}, s.raw(head("GET", "/" + "a" * (1 << 20)), half_close=True)[0]
    for bad in ("X Y: 1", ": 1", "X\0: 1", "X", " X: folded", "X: a\rb"):
        yield "header %r" % bad, {400}, s.raw(head("GET", "/ready", bad, BYE), half_close=True)[0]
    for line in (b"GET\r\n\r\n", b"GET /ready HTTP/9.9\r\n\r\n", b"\0\1\2\3\r\n\r\n", b"G\xffT / HTTP/1.1\r\n\r\n"):
        yield "first line %r" % line, {400, 405, 501, 505, CLOSED}, s.raw(line, half_close=True)[0]


def connections(s, _):
    body = b"main;work 3\n"
    whole = head("POST", "/ingest?name=h.cpu", "Content-Length: %d" % len(body)) + body
    yield "half closed after the request", {200, CLOSED}, s.raw(whole, half_close=True)[0]
    yield "half closed in the body", {400, 408, CLOSED}, s.raw(whole[:-4], half_close=True)[0]
    yield "half closed in the head", {400, 408, CLOSED}, s.raw(whole[:20], half_close=True)[0]
    last = head("GET", "/ready", BYE)
    got = s.raw((head("GET", "/ready") + whole) * 100 + last)
    yield "201 in a row: %d answers" % len(got), {200}, 200 if got == [200] * 201 else min(got + [-len(got)])
    idle = [socket.create_connection(("127.0.0.1", s.port), timeout=WAIT) for _ in range(200)]
    for i, c in enumerate(idle):
        c.sendall(whole[:i % len(whole)])
    yield "200 silent connections", {200}, ingest(s, body)
    for c in idle:                              # half of them with a reset instead of an end
        if c.fileno() % 2:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
    yield "after 200 broken connections", {200}, ingest(s, body)
    deaf = [socket.create_connection(("127.0.0.1", s.port), timeout=WAIT) for _ in range(20)]
    for c in deaf:                              # ask and ask, and never read an answer
        c.setblocking(False)
        try:
            for _ in range(2000):
                c.sendall(head("GET", "/metrics") * 20)
        except BlockingIOError:
            pass
    yield "20 clients that never read", {200}, ingest(s, body)
    for c in deaf:
        c.close()
    drip = socket.create_connection(("127.0.0.1", s.port), timeout=WAIT)
    for i in range(len(whole)):                 # a byte a packet
        drip.sendall(whole[i:i + 1])
    yield "a byte at a time", {200}, int(drip.recv(100)[9:12])
    drip.close()


def http2(s, rng):
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    frame = lambda kind, flags, stream, body: struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + body
    settings = preface + frame(4, 0, 0, b"")
    for name, x in (("garbage", preface + rng.randbytes(5000)), ("cut preface", preface[:10]),
                    ("frame of 16 MB", settings + b"\xff\xff\xff\0\0\0\0\0\1" + bytes(100)),
                    ("bad HPACK", settings + frame(1, 4, 1, b"\xff" * 50)),
                    ("table size", settings + frame(1, 4, 1, b"\x3f\xff\xff\xff\xff\xff\x0f")),
                    ("data without stream", settings + frame(0, 1, 7, b"abc")),
                    ("window overflow", settings + frame(8, 0, 0, b"\x7f\xff\xff\xff") * 3),
                    ("settings flood", settings + frame(4, 0, 0, struct.pack(">HI", 4, 1)) * 5000),
                    ("ping flood", settings + frame(6, 0, 0, bytes(8)) * 5000),
                    ("continuation flood", settings + frame(1, 0, 1, b"\x82") + frame(9, 0, 1, bytes(1000)) * 3000),
                    ("reset flood", settings + b"".join(frame(1, 5, i, b"\x82\x84\x86") + frame(3, 0, i, b"\0\0\0\x08")
                                                        for i in range(1, 6001, 2)))):
        yield name, {CLOSED, 400}, s.raw(x, half_close=True)[0]
    text = lambda x: varint(len(x)) + x         # HPACK without compression
    post = b"\x83\x86\x04" + text(PUSH.encode()) + b"\x01" + text(b"x") + b"\x0f\x10" + text(b"application/grpc")
    uploads = b"".join(frame(1, 4, i, post) + frame(0, 0, i, bytes(8000)) + frame(3, 0, i, b"\0\0\0\x08")
                       for i in range(1, 400, 2))
    yield "uploads that are reset", {CLOSED}, s.raw(settings + uploads, half_close=True)[0]
    yield "uploads that are never ended", {CLOSED}, s.raw(settings + b"".join(
        frame(1, 4, i, post) + frame(0, 0, i, bytes(100)) for i in range(1, 400, 2)), half_close=True)[0]
    yield "more data than the windows", {CLOSED}, s.raw(
        settings + frame(1, 4, 1, post) + frame(0, 0, 1, bytes(16000)) * 2000, half_close=True)[0]
    for x in flipped(rng, settings + frame(1, 5, 1, b"\x82\x84\x86\x41\x01x"), 30):
        yield "flipped " + x.hex(), {CLOSED, 400, 405, 501, 505}, s.raw(x, half_close=True)[0]


def names(s, _):
    for q in ("", "name=", "name=%7B", "name=a%7Bb", "name=a%7Bb%3D", "name=%ff%fe.cpu", "name=a.cpu%7B%ff%3D%ff%7D",
              "name=a.cpu%7Bx%3D%c3%28%7D", "name=" + "a" * 60000 + ".cpu", "name=a.cpu%7B" + "x%3D1%2C" * 9000 + "%7D",
              "name=a.nosuchsuffix", "name=a.cpu%00b", "name=%", "name=%zz", "&&&&=&="):
        yield "query %.40s" % q, {200, 400, 413, 414, 431}, ingest(s, b"a;b 1\n", q)
    yield "frame that is not UTF-8", {400}, ingest(s, b"a;\xff\xfe 1\n")
    yield "frames too many", {200, 400, 422}, ingest(s, b";".join([b"f"] * 200000) + b" 1\n")
    yield "count that is no number", {422}, ingest(s, b"a;b x1\n")
    yield "string that is not UTF-8", {400}, push(s, pprof(strings=(b"\xff\xfe",)))
    yield "unknown format", {200}, ingest(s, b"a;b 1\n", "name=h.cpu&format=nosuchformat")
    yield "jfr garbage", {422}, ingest(s, b"FLR\0" + bytes(100), "name=h.cpu&format=jfr")
    yield "speedscope garbage", {422}, ingest(s, b"[" * 100000, "name=h.cpu&format=speedscope")
    yield "multipart without boundary", {422}, ingest(s, b"abc", Content_Type="multipart/form-data")
    yield "multipart cut", {422}, ingest(s, b"--x\r\nContent-Disposition: form-data; name=\"profile\"\r\n",
                                         Content_Type="multipart/form-data; boundary=x")
    yield "unknown content type", {415}, push(s, pprof(), Content_Type="text/strange")
    for i, x in enumerate(tangled()):
        yield "tangled profile %d" % i, {200}, push(s, x)
        yield "tangled profile %d to ingest" % i, {200}, ingest(s, x, "name=h.cpu&format=pprof")
    yield "deep JSON", {400}, push(s, b"", whole=b"[" * 200000, Content_Type="application/json")
    yield "JSON with a bad string", {400}, push(s, b"", whole=b'{"series":[{"labels":[{"name":"\xff"}]}]}',
                                                Content_Type="application/json")


def times(s, _):
    for t in (2 ** 63 - 1, 1, 10 ** 9, 4 * 10 ** 18):
        yield "profile of time %d" % t, {400}, push(s, pprof(when=t))
    for t in (0, -1, -2 ** 63):
        yield "profile of time %d" % t, {200}, push(s, pprof(when=t))
    for d in (2 ** 63 - 1, -1, -2 ** 63):
        yield "duration %d" % d, {200}, push(s, pprof(duration=d))
    for t in ("99999999999999999999999", "-1", "-9223372036854775808", "9223372036854775807", "now-99999999y", "1e300",
              "NaN", "%00"):
        q = "name=h.cpu&from=%s&until=%s&sampleRate=%s" % (t, t, t)
        yield "from %s" % t, {200, 400}, ingest(s, b"a;b 1\n", q)
        yield "pprof from %s" % t, {200, 422}, ingest(s, pprof(when=0), q + "&format=pprof")
    for v in (b"9223372036854775807", b"9223372036854775808", b"-5", b"1e9"):
        yield "count %s" % v.decode(), {200, 400, 422}, ingest(s, b"a;b " + v + b"\n")


def label_sets(s, _):
    name, service = USUAL
    yield "no labels", {400}, push(s, pprof(), ())
    yield "empty labels", {400}, push(s, pprof(), ((b"", b""), (b"", b"")))
    yield "empty name", {400}, push(s, pprof(), (*USUAL, (b"", b"x")))
    yield "empty value", {200}, push(s, pprof(), (*USUAL, (b"x", b"")))
    yield "same twice", {400}, push(s, pprof(), (*USUAL, (b"x", b"1"), (b"x", b"2")))
    yield "service twice", {400}, push(s, pprof(), (name, service, service))
    yield "same after sanitising", {400}, push(s, pprof(), (*USUAL, (b"x.y", b"1"), (b"x_y", b"2")))
    yield "name not UTF-8", {400}, push(s, pprof(), (*USUAL, (b"\xff", b"x")))
    yield "value not UTF-8", {400}, push(s, pprof(), (*USUAL, (b"x", b"\xff")))
    yield "name with NUL", {400}, push(s, pprof(), (*USUAL, (b"x\0y", b"1")))
    yield "long name", {400}, push(s, pprof(), (*USUAL, (b"x" * 1025, b"1")))
    yield "long value", {400}, push(s, pprof(), (*USUAL, (b"x", b"1" * 2049)))
    yield "31 labels", {400}, push(s, pprof(), (*USUAL, *((b"l%d" % i, b"v") for i in range(29))))
    yield "100000 labels", {400}, push(s, pprof(), (*USUAL, *((b"l%d" % i, b"v") for i in range(100000))))
    million = b"".join(b"\x0a\x0c\x0a\x07l%06d\x12\x01v" % i for i in range(1000000))
    yield "a million labels", {400}, push(s, b"", whole=msg(1, *(msg(1, msg(1, n), msg(2, v)) for n, v in USUAL), million,
                                                        msg(2, msg(1, pprof()))))
    yield "colon in the name", {200, 400}, push(s, pprof(), ((b"__name__", b"a:b:c"), service))


def sample(*tags):
    return msg(2, msg(1, varint(1), varint(2)), msg(2, varint(7)), *(msg(3, num(1, k), num(2, v)) for k, v in tags))


def shapes(s, _):
    values = tuple(b"%d" % i for i in range(16000))
    yield "101 labels of a sample", {400}, push(s, pprof(samples=sample(*((6, 1) for _ in range(101)))))
    yield "16000 series", {429}, push(s, pprof(
        samples=b"".join(sample((6, 7 + i)) for i in range(16000)), strings=values))
    yield "8000 parts of 500000 strings", {429}, push(s, pprof(
        samples=b"".join(sample((6, 7 + i)) for i in range(8000)), strings=values, extra=b"\x32\x01z" * 500000))
    yield "16001 samples", {400}, push(s, pprof(samples=sample() * 16001))
    yield "sample label out of range", {400}, push(s, pprof(samples=sample((6, 2 ** 31))))
    deep = msg(2, msg(1, *(varint(1) for _ in range(1000000))), msg(2, varint(7)))
    yield "stack of a million", {200}, push(s, pprof(samples=deep))
    yield "two profiles, one behind the other", {400}, push(s, pprof() + pprof())
    yield "unknown locations", {200, 400}, push(s, pprof(samples=msg(2, msg(1, varint(2 ** 60)), msg(2, varint(7)))))
    yield "long string", {200}, push(s, pprof(strings=(b"x" * 1000000,)))
    yield "million empty strings", {200}, push(s, pprof(extra=b"\x32\0" * 1000000))
    yield "nested groups", {400, UNDECODABLE}, push(s, b"\x0b" * 100000)
    yield "200 sample types", {200, 400}, push(s, pprof(extra=msg(1, num(1, 1), num(2, 2)) * 200))
    yield "shapes without end", {200}, push(s, pprof(strings=(b"main.go", b"[go.shape." * 6000)))


ATTACKS = (honest, truncated, bit_flips, text_flips, zstd_frames, bombs, big_lengths, smuggling, headers, connections, http2, names,
           times, label_sets, shapes)


def judge(server, attack, rng, memory):
    """Everything that went wrong, and the number of requests."""
    wrong, n = [], 0
    for what, want, status in attack(server, rng):
        n += 1
        if status not in want:
            wrong.append("%.200s: status %d, expected %s" % (what, status, " or ".join(map(str, sorted(want)))))
        if not server.ready():
            wrong.append("%.200s: the server is not ready afterwards" % what)
    if server.pids() != server.first:
        wrong.append("a process was lost or restarted")
        server.first = server.pids()
    peak = server.peak_mb()
    if memory and peak >= memory:
        wrong.append("%d MB of memory, allowed are %d" % (peak, memory))
    return wrong, "%d requests, %d MB" % (n, peak)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", default=os.environ.get("BIN", os.path.join(here, "..", "..", "build")))
    ap.add_argument("--memory", type=int)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    memory = a.memory if a.memory is not None else 0 if "san-" in a.build else 300
    attacks = [x for x in ATTACKS if a.only in x.__name__]
    data, bad = tempfile.mkdtemp(prefix="pyro-hostile-"), 0
    server = Server(os.path.abspath(a.build), data)
    print("1..%d" % (len(attacks) + 1))
    try:
        for i, attack in enumerate(attacks):
            wrong, note = judge(server, attack, random.Random(a.seed), memory)
            bad += bool(wrong)
            print("%sok %d - %s: %s" % ("not " if wrong else "", i + 1, attack.__name__.replace("_", " "), note))
            for line in wrong[:20]:
                print("# " + line)
            sys.stdout.flush()
    finally:
        code = server.stop()
    print("%sok %d - ends cleanly (%d)" % ("" if code == 0 else "not ", len(attacks) + 1, code))
    shutil.rmtree(data, ignore_errors=True)
    return 1 if bad or code else 0


if __name__ == "__main__":
    sys.exit(main())
