#!/usr/bin/env python3
"""hostile_filters.py - the filters on input that is cut, flipped, swollen or lying: each must end by itself, with an exit code of
the house and a message if it failed, in bounded memory.

usage: hostile_filters.py [--build DIR] [--memory MB] [--seed N] [--only WORD]

Prints TAP.
"""
import argparse
import bz2
import concurrent.futures
import gzip
import io
import lzma
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile

import fault
import hostile
from hostile import msg, pprof, varint

WAIT = 120                              # seconds until a filter counts as hanging
HOUSE = {0, 1, 2, 100, 111}             # exit codes


def tar_of(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


def lz4_bomb(mb):
    """A frame of blocks that are one zero, again and again: 4 MB from 16 KB."""
    block = b"\x1f\0\x01\0" + b"\xff" * 16447 + b"\xc8" + b"\x50" + bytes(5)
    return b"\x04\x22\x4d\x18\x60\x70\x73" + (struct.pack("<I", len(block)) + block) * (mb // 4) + bytes(4)


def some_cuts(data, n=12):
    return [data[:i] for i in sorted({len(data) * k // n for k in range(n)})]


# ---- what is fed: each gives (what it is, bytes of a file), or (what it is, {name: bytes} of a folder) ----

def profiles(rng, _):
    plain = pprof()
    for name, data in (("pprof", plain), ("gzip", gzip.compress(plain)), ("zstd", hostile.zstd(plain)),
                       ("tar", tar_of(("a.pb", plain), ("b.pb.gz", gzip.compress(plain)))),
                       ("folded", b"main;work 7\nmain 3\n" * 20)):
        for x in some_cuts(data):
            yield "%s cut at %d" % (name, len(x)), x
        for x in hostile.flipped(rng, data, 20):
            yield "%s flipped %s" % (name, x[:80].hex()), x


def swollen(_, __):
    plain = pprof()
    yield "gzip bomb", gzip.compress(bytes(100 << 20), 1)
    yield "gzip bomb in a gzip bomb", gzip.compress(gzip.compress(bytes(50 << 20), 1))
    yield "zstd bomb", hostile.zstd_bomb(200)
    yield "xz bomb", lzma.compress(bytes(200 << 20), preset=0)
    yield "bzip2 bomb", bz2.compress(bytes(200 << 20), 1)
    yield "lz4 bomb", lz4_bomb(200)
    yield "zip bomb", zip_of(("a.pb", bytes(200 << 20)), ("b.pb", plain))
    yield "xz in xz in xz", lzma.compress(lzma.compress(lzma.compress(plain)))
    yield "zstd that claims 10 GB", b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 10 ** 10) + b"\1\0\0"
    yield "tar member that claims 10 GB", tar_of(("a.pb", plain))[:124] + b"\x80\0\0\0\0\0\0\x02\x54\x0b\xe4\0" + bytes(400)
    yield "tar of 5000 members", tar_of(*((("%d.pb" % i, plain)) for i in range(5000)))
    yield "string of 4 GB", b"\x32\xff\xff\xff\xff\x0f"
    yield "length of -1", b"\x32" + varint(-1)
    yield "million empty strings", pprof(extra=b"\x32\0" * 1000000)
    yield "million sample types", pprof(extra=b"\x0a\0" * 1000000)
    yield "stack of a million", pprof(samples=msg(2, msg(1, varint(1) * 1000000), msg(2, varint(7))))
    yield "nested groups", b"\x0b" * 1000000
    yield "folded of 100,000 frames", b";".join([b"f"] * 100000) + b" 1\n"
    yield "line of 10 MB", b"a" * (10 << 20)
    yield "deep JSON", b"[" * 1000000
    yield "bad UTF-8", b"a;\xff\xfe\xc0\x80 1\n"
    yield "nothing", b""
    yield "zeros", bytes(100000)


def tangled(_, __):
    for i, x in enumerate(hostile.tangled()):
        yield "tangled %d" % i, x
    for t in (0, -1, 1, 2 ** 63 - 1, -2 ** 63):
        yield "time %d" % t, pprof(when=t)
    yield "duration of 292 years", pprof(duration=2 ** 63 - 1)
    yield "value of 2^63", pprof(samples=msg(2, msg(1, varint(1)), msg(2, varint(2 ** 63 - 1))) * 3)


def blocks(rng, block):
    for part in sorted(block):
        for x in some_cuts(block[part]):
            yield "%s cut at %d" % (part, len(x)), dict(block, **{part: x})
        for x in hostile.flipped(rng, block[part], 25):
            yield "%s flipped" % part, dict(block, **{part: x})
        yield "no %s" % part, {k: v for k, v in block.items() if k != part}
        yield "%s is noise" % part, dict(block, **{part: rng.randbytes(3000)})
    yield "parts in each other's place", dict(zip(block, [block[k] for k in list(block)[1:] + list(block)[:1]]))


def journals(rng, place):
    head = b"pyrojrnl" + struct.pack("<IIQ", 1, 0, 1) + bytes(8)
    for x in (head, head[:20], bytes(100), head + b"pyJ1" + b"\xff" * 40, head + rng.randbytes(4000),
              head + b"pyJ1\xff\xff\xff\xff" * 10000):
        yield "journal of %d bytes" % len(x), x


QUERIES = (("pyro-query", "top"), ("pyro-ingest",), ("pyro-block", "check"))
READERS = (("pyro-block", "check"), ("pyro-query", "top"), ("pyro-query", "series"), ("pyro-block", "dump"))
TESTS = ((profiles, QUERIES[:2]), (swollen, QUERIES), (tangled, QUERIES[:2]), (blocks, READERS), (journals, READERS[:1]))


# ---- judging ----

class Runner:
    def __init__(self, build, place, memory):
        self.build, self.place, self.memory = build, place, memory
        self.lock, self.n = threading.Lock(), 0

    def put(self, data):
        """The input as a file, or as a block folder."""
        with self.lock:
            self.n += 1
            name = os.path.join(self.place, "in%d" % self.n)
        if isinstance(data, bytes):
            with open(name, "wb") as f:
                f.write(data)
            return name
        name = os.path.join(name, "01M8H0DJG04BAAC65Z09GYC0E1")
        os.makedirs(name)
        for part, content in data.items():
            with open(os.path.join(name, part), "wb") as f:
                f.write(content)
        return name

    def run(self, command, path):
        """What went wrong, or None. Without a path the command has it."""
        with tempfile.TemporaryFile() as said:
            words = [os.path.join(self.build, command[0]), *command[1:], *([path] if path else [])]
            p = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
            late = threading.Timer(WAIT, p.kill)
            late.start()
            _, status, used = os.wait4(p.pid, 0)
            late.cancel()
            p.returncode = os.waitstatus_to_exitcode(status)
            self.judged(command, used)
            said.seek(0)
            text = said.read().decode(errors="replace").strip()
        if p.returncode < 0:
            return "ended by %s %s" % (signal.Signals(-p.returncode).name, text[-500:])
        if p.returncode not in HOUSE:
            return "exit %d %s" % (p.returncode, text[-500:])
        if p.returncode >= 100 and command[0] + ": " not in text:
            return "exit %d without a message" % p.returncode
        if self.memory and used.ru_maxrss / 1024 > self.memory:
            return "%d MB of memory, allowed are %d" % (used.ru_maxrss / 1024, self.memory)
        return None

    def judged(self, command, used):
        """For those who count."""

    def all_of(self, what, data, commands):
        path, wrong = self.put(data), []
        for command in commands:
            bad = self.run(command, path)
            if bad:
                wrong.append("%s: %s: %s" % (" ".join(command), what[:200], bad))
        top = os.path.join(self.place, os.path.relpath(path, self.place).split("/")[0])
        (shutil.rmtree if os.path.isdir(top) else os.unlink)(top)
        return wrong


def a_block(build, place):
    path = os.path.join(place, "honest.pb")
    with open(path, "wb") as f:
        f.write(pprof())
    code, out, text = fault.run(build, "pyro-ingest", ("--label", "service_name=x", "--output", place + "/blocks", path))
    if code != 0:
        raise SystemExit("Bail out! pyro-ingest: %s" % text)
    return fault.tree(os.path.join(place, "blocks", out.decode().strip()))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", default=os.environ.get("BIN", os.path.join(here, "..", "..", "build")))
    ap.add_argument("--memory", type=int)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    build, bad = os.path.abspath(a.build), 0
    memory = a.memory if a.memory is not None else 0 if "san-" in a.build else 600
    tests = [t for t in TESTS if a.only in t[0].__name__]
    place = tempfile.mkdtemp(prefix="pyro-hostile-")
    runner, block = Runner(build, place, memory), a_block(build, place)
    print("1..%d" % len(tests))
    for i, (test, commands) in enumerate(tests):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(runner.all_of, what, data, commands) for what, data in test(random.Random(a.seed), block)]
            wrong = [w for j in jobs for w in j.result()]
        bad += bool(wrong)
        print("%sok %d - %s: %d inputs" % ("not " if wrong else "", i + 1, test.__name__, len(jobs)))
        for line in wrong[:20]:
            print("# " + line.replace("\n", "\n# "))
        sys.stdout.flush()
    shutil.rmtree(place)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
