#!/usr/bin/env python3
"""hostile_corpus.py - every file of the reference data, cut at many points and with bits flipped, through the programs that read
such files, under its own name: each must end by itself, with an exit code of the house and a message if it failed, in bounded
memory and processor time.

usage: hostile_corpus.py [--build DIR] [--cuts N] [--flips N] [--memory MB] [--seconds S] [--seed N] [--jobs N]
       [--every N] [--only FORMAT]

--every: only each Nth file; with a sanitizer each sixth, unless it is said.
Skips without the reference data (PYRO_SHARED). Prints TAP, a line for each format, with what was spent at most.
"""
import argparse
import collections
import concurrent.futures
import gzip
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import hostile
import hostile_filters
from hostile import msg, varint

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.environ.get("PYRO_SHARED") or os.path.join(HERE, "..", "..", "..", "shared"), "testdata")

PROFILES = (("pyro-query", "info", "--json"), ("pyro-convert", "--lenient", "--to", "folded"))
BLOCKS = (("pyro-block", "check"), ("pyro-query", "top"), ("pyro-block", "dump"))
# What is not a profile: texts for other tests.
OTHER = {"json", "jfr-labels", "sample-type-config", "own", "Instruments", "Safari", "papyrus", "pmcstat"}
READ_AS = {"tree": "ingest-tree", "trie": "ingest-trie", "lines": "ingest-lines", "trees": "query-tree"}


def commands_of(row):
    name = READ_AS.get(row["format"])
    if name and not row["path"].endswith(".pb"):
        return tuple((*c, "--from" if c[0] == "pyro-convert" else "--format", name) for c in PROFILES)
    return PROFILES


def mutants(rng, data, cuts, flips):
    """(how, bytes): cuts spread over the file, each somewhere in its part; then flips of one to thirty bits; NULs, CR LF, a mark."""
    for k in range(cuts):
        at = len(data) * k // cuts
        at = rng.randrange(at, max(len(data) * (k + 1) // cuts, at + 1))
        yield "cut at %d" % at, data[:at]
    for k in range(flips if data else 0):
        x = bytearray(data)
        bits = [rng.randrange(len(data) * 8) for _ in range(rng.choice((1, 1, 2, 5, 30)))]
        for b in bits:
            x[b // 8] ^= 1 << b % 8
        yield "bits %s" % ",".join(map(str, bits)), bytes(x)
    if flips:
        yield "CR LF", data.replace(b"\n", b"\r\n")
        yield "byte-order mark", b"\xef\xbb\xbf" + data
        at = rng.randrange(len(data) + 1)
        yield "NULs and bytes of no character at %d" % at, data[:at] + b"\0\0\xff\xc0\x80\xed\xa0\x80" + data[at:]
        yield "twice", data + data


class Runner(hostile_filters.Runner):
    """Remembers the most that was spent."""
    def __init__(self, *args):
        super().__init__(*args)
        self.most, self.runs = collections.Counter(), 0

    def judged(self, command, used):
        with self.lock:
            self.runs += 1
            self.most["mb"] = max(self.most["mb"], used.ru_maxrss // 1024)
            self.most["ms"] = max(self.most["ms"], int(1000 * (used.ru_utime + used.ru_stime)))

    def one(self, what, name, data, commands):
        folder = tempfile.mkdtemp(dir=self.place)
        path = os.path.join(folder, name)
        if isinstance(data, bytes):
            write(path, data)
        else:
            for part, content in data.items():
                write(os.path.join(path, part), content)
        wrong = []
        for command in commands:
            bad = self.run([path if w == "{}" else w for w in command], None if "{}" in command else path)
            if bad:
                kept = os.path.join(self.place, "kept%d" % self.runs)
                shutil.copytree(path, kept) if os.path.isdir(path) else shutil.copy(path, kept)
                wrong.append("%s: %s: %s (%s)" % (" ".join(command), what, bad, kept))
        shutil.rmtree(folder)
        return wrong


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def block_folders(rows):
    """Folder -> parts, of all blocks of the first kind."""
    out = {}
    for row in rows:
        folder, part = os.path.split(row["path"])
        if os.path.basename(folder) == "symbols":
            folder, part = os.path.dirname(folder), "symbols/" + part
        out.setdefault(folder, {})[part] = read(os.path.join(DATA, row["path"]))
    return {k: v for k, v in out.items() if "meta.json" in v}


def addresses(row, place):
    """A profile of addresses of a program, for pyro-symbolize."""
    path = os.path.join(place, os.path.basename(row["path"]) + ".pb")
    asked = sorted(int(x, 16) for x in row["expected"].get("addr2line_f_i", {"0x1000": 0, "0x401000": 0}))
    at = sorted({x + d for x in asked for d in (0, 1, 7, 33)})[:200]
    locations = b"".join(msg(4, varint(1 << 3) + varint(i + 1), varint(2 << 3) + varint(1), varint(3 << 3) + varint(x))
                         for i, x in enumerate(at))
    samples = b"".join(msg(2, msg(1, varint(i + 1)), msg(2, varint(1))) for i in range(len(at)))
    mapping = msg(3, varint(1 << 3) + varint(1), varint(2 << 3) + varint(0), varint(3 << 3) + varint(1 << 40),
                  varint(5 << 3) + varint(3))
    write(path, msg(1, varint(1 << 3) + varint(1), varint(2 << 3) + varint(2)) + samples + mapping + locations +
          b"".join(msg(6, s) for s in (b"", b"samples", b"count", os.path.basename(row["path"]).encode())))
    return path


def jobs_of(kind, rows, a, place):
    """(what, file name, bytes or parts, commands)"""
    rng = random.Random(a.seed)
    if kind == "block":
        for folder, parts in sorted(block_folders(rows).items())[::a.every]:
            for part in sorted(parts):
                for how, x in mutants(rng, parts[part], a.cuts, a.flips):
                    yield "%s/%s %s" % (folder, part, how), os.path.basename(folder), dict(parts, **{part: x}), BLOCKS
        return
    for row in rows:
        path, commands = os.path.join(DATA, row["path"]), commands_of(row)
        if kind == "elf":
            commands = (("pyro-symbolize", "--force", "--binary", "{}", addresses(row, place)),)
        for how, x in mutants(rng, read(path), a.cuts, a.flips):
            yield "%s %s" % (row["path"], how), os.path.basename(path), x, commands


def text_of(row):
    """The bytes of a file that is text; None: it is not."""
    data = read(os.path.join(DATA, row["path"]))
    try:
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError):
        return None
    binary = data.translate(None, bytes(range(32, 256)) + b"\t\r\n") or data[:1] == b"\n"
    return None if binary or not data else data


def marked(build, rows, place):
    """What is not read the same with CR LF at the ends of lines, or behind a byte-order mark; and how many files were read."""
    wrong, n = [], 0
    for row in rows:
        data = text_of(row)
        if data is None:
            continue
        n += 1
        said = []
        for x in (data, data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + data):
            path = os.path.join(place, "marked", os.path.basename(row["path"]).removesuffix(".gz"))
            write(path, x)
            form = ["--from", READ_AS[row["format"]]] if row["format"] in READ_AS else []
            done = subprocess.run([os.path.join(build, "pyro-convert"), "--to", "folded", *form, path],
                                  stdin=subprocess.DEVNULL, capture_output=True)
            said.append((done.returncode, done.stdout))
        for how, one in zip(("CR LF", "byte-order mark"), said[1:]):
            if one != said[0]:
                wrong.append("%s with %s: exit %d, not %d, or another answer" % (row["path"], how, one[0], said[0][0]))
    return wrong, n


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", default=os.environ.get("BIN", os.path.join(HERE, "..", "..", "build")))
    ap.add_argument("--cuts", type=int, default=1)
    ap.add_argument("--flips", type=int, default=1)
    ap.add_argument("--memory", type=int)
    ap.add_argument("--seconds", type=float, default=20)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--jobs", type=int, default=os.cpu_count())
    ap.add_argument("--every", type=int)
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    if not os.path.exists(os.path.join(DATA, "index.json")):
        print("1..0 # SKIP no reference data in " + DATA)
        return 0
    sanitized = "san-" in a.build
    a.every = a.every or (6 if sanitized else 1)
    memory = a.memory if a.memory is not None else 1500 if sanitized else 600
    rows = collections.defaultdict(list)
    for row in json.load(open(os.path.join(DATA, "index.json"))):
        if row["format"] not in OTHER and a.only in row["format"]:
            rows[row["format"]].append(row)
    rows = {k: v if k == "block" else v[::a.every] for k, v in rows.items()}
    place, build, bad = tempfile.mkdtemp(prefix="pyro-corpus-"), os.path.abspath(a.build), 0
    print("1..%d" % (len(rows) + 1))
    for i, kind in enumerate(sorted(rows)):
        runner = Runner(build, place, memory)
        with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
            jobs, wrong = jobs_of(kind, rows[kind], a, place), []
            while some := list(itertools.islice(jobs, 64)):
                wrong += [w for ws in pool.map(lambda j: runner.one(*j), some) for w in ws]
        if runner.most["ms"] > a.seconds * 1000:
            wrong.append("a run took %d ms of processor time" % runner.most["ms"])
        bad += bool(wrong)
        print("%sok %d - %s: %d files, %d runs, at most %d MB and %d ms" % (
            "not " if wrong else "", i + 1, kind, len(rows[kind]), runner.runs, runner.most["mb"], runner.most["ms"]))
        for line in wrong[:20]:
            print("# " + line.replace("\n", "\n# "))
        sys.stdout.flush()
    wrong, n = marked(build, [r for k in sorted(rows) if k != "block" for r in rows[k]], place)
    bad += bool(wrong)
    print("%sok %d - CR LF and a byte-order mark change nothing: %d texts" % ("not " if wrong else "", len(rows) + 1, n))
    for line in wrong[:20]:
        print("# " + line)
    if not bad:
        shutil.rmtree(place)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
