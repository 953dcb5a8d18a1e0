#!/usr/bin/env python3
"""make_profiles.py - pprof files of known shape for the benchmarks; the same every time.

usage: make_profiles.py DIR

  cpu_30k.pb.gz    about 28 KB, 410 samples of some 30 frames      cpu_12k.pb.gz     about 12 KB
  heap_150k.pb.gz  about 150 KB, four types                        heap_4k-NN.pb.gz  small heaps, 24 draws
  cpu_small-NN.pb.gz 240 quarters of a minute of one small service that keeps a seventh of a core busy: 100 samples a
                   second of CPU, so each stack has a count drawn (Poisson) around its own mean, and many have none
  raw_34m.pb       34 MB, not compressed
"""
import functools
import gzip
import json
import math
import os
import random
import sys

PACKAGES = ("runtime net/http net encoding/json database/sql bufio compress/flate crypto/tls sync reflect strings "
            "github.com/acme/shop/internal/cart github.com/acme/shop/internal/price github.com/acme/shop/api "
            "github.com/acme/kit/log github.com/acme/kit/trace github.com/jackc/pgx/v5 google.golang.org/grpc "
            "google.golang.org/protobuf/proto github.com/prometheus/client_golang/prometheus").split()
RECEIVERS = ["", "(*Server)", "(*Conn)", "(*Handler)", "(*Buffer)", "(*Client)", "(*stream)", "Decoder", "(*rows)"]
VERBS = "serve read write scan find merge flush parse encode decode apply commit lock acquire observe visit".split()
NOUNS = "Request Header Frame Row Item Block Token Value Index Page Chunk Batch Order Price Span Label".split()

CPU = [("samples", "count"), ("cpu", "nanoseconds")]
HEAP = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]


@functools.lru_cache(maxsize=1 << 18)
def varint(n):
    out = bytearray()
    n &= (1 << 64) - 1
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


@functools.lru_cache(maxsize=None)
def packed(ids):
    return b"".join(map(varint, ids))


@functools.lru_cache(maxsize=1 << 18)
def number(field, n):
    return varint(field << 3) + varint(n) if n else b""


def message(field, body):
    return varint(field << 3 | 2) + varint(len(body)) + body


class Code:
    """Functions, and a tree of calls among them; a stack is its location ids, leaf first."""

    def __init__(self, rnd, functions, stacks, depth):
        self.rnd, self.names, self.walks = rnd, [], []
        while len(self.names) < functions:
            package, receiver = rnd.choice(PACKAGES), rnd.choice(RECEIVERS)
            word = rnd.choice(VERBS) + rnd.choice(NOUNS) + rnd.choice(["", "", ".func1", "Locked", "Slow"])
            name = ".".join(x for x in (package, receiver, word) if x)
            self.names.append((name, "/usr/src/%s/%s.go" % (package, rnd.choice(NOUNS).lower()), rnd.randrange(20, 900)))
        self.calls = [[rnd.randrange(functions) for _ in range(rnd.choice([1, 2, 3, 5]))] for _ in range(functions)]
        self.locations, self.addresses = {}, []
        self.stacks = [self.walk(depth) for _ in range(stacks)]

    def location(self, function, line):
        key = function, line
        if key not in self.locations:
            self.locations[key] = len(self.locations) + 1
            self.addresses.append(0x400000 + function * 1500 + line % 97 * 13)
        return self.locations[key]

    def walk(self, depth):
        """A stack, root first: mostly the beginning of one that is there already, and then other calls."""
        rnd, want = self.rnd, max(3, int(self.rnd.gauss(depth, depth / 5)))
        frames = []
        if self.walks and rnd.random() < 0.93:
            old = rnd.choice(self.walks)
            frames = old[:max(1, int(len(old) * (1 - rnd.random() ** 2 * 0.6)))]
        function = frames[-1][0] if frames else rnd.randrange(len(self.names))
        while len(frames) < want:
            if frames:
                calls = self.calls[function]
                function = calls[int(rnd.random() ** 2 * len(calls))]
            frames = frames + [(function, self.names[function][2] + int(rnd.random() ** 6 * 5) * 3)]
        self.walks.append(frames)
        return tuple(self.location(*f) for f in reversed(frames))

    def weights(self):
        return [self.rnd.paretovariate(1.1) for _ in self.stacks]


def poisson(rnd, mean):
    if mean > 30:
        return max(0, round(rnd.gauss(mean, math.sqrt(mean))))
    n, product, limit = 0, rnd.random(), math.exp(-mean)
    while product > limit:
        n += 1
        product *= rnd.random()
    return n


def at_least_one(rnd, mean):
    return max(1, int(rnd.gauss(mean, math.sqrt(mean))))


def values_of(rnd, types, count):
    if types is CPU:
        return [count, count * 10000000], b""
    size = 16 << rnd.randrange(10)
    live = count if rnd.random() < 0.3 else 0
    return [count, count * size, live, live * size], size


def profile(code, rnd, types, weights, keep=1.0, limit=None, draw=at_least_one):
    """The bytes of a pprof whose samples are code's stacks, each left out with probability 1 - keep or for a count of 0."""
    texts = {"": 0}
    text = lambda s: texts.setdefault(s, len(texts))
    out, size, used = [message(1, number(1, text(t)) + number(2, text(u))) for t, u in types], 0, set()
    for ids, weight in zip(code.stacks, weights):
        count = draw(rnd, weight) if rnd.random() < keep else 0
        if count == 0:
            continue
        values, bytes_label = values_of(rnd, types, count)
        body = message(1, packed(ids)) + message(2, b"".join(varint(v) for v in values))
        if bytes_label:
            body += message(3, number(1, text("bytes")) + number(3, bytes_label))
        out.append(message(2, body))
        size += len(out[-1])
        used.update(ids)
        if limit and size > limit:
            break
    out.append(message(3, number(1, 1) + number(2, 0x400000) + number(3, 0x1400000) + number(5, text("/usr/bin/shop"))))
    functions = set()
    for (function, line), i in code.locations.items():
        if i not in used:
            continue
        functions.add(function)
        lines = message(4, number(1, function + 1) + number(2, line))
        out.append(message(4, number(1, i) + number(2, 1) + number(3, code.addresses[i - 1]) + lines))
    for i in sorted(functions):
        name, path, line = code.names[i]
        fields = number(1, i + 1) + number(2, text(name)) + number(3, text(name)) + number(4, text(path)) + number(5, line)
        out.append(message(5, fields))
    kind = ("cpu", "nanoseconds", 10000000) if types is CPU else ("space", "bytes", 524288)
    tail = number(10, 15 * 10**9)   # no time: the request that brings it says when it was
    tail += message(11, number(1, text(kind[0])) + number(2, text(kind[1]))) + number(12, kind[2])
    out += [message(6, s.encode()) for s in texts]
    return b"".join(out) + tail


def write(path, raw):
    with open(path, "wb") as f:
        f.write(gzip.compress(raw, 1, mtime=0) if path.endswith(".gz") else raw)


def half_hour(folder, services=10, pods=3, intervals=120):
    """Half an hour of pods at 15 s, busy ones and idle ones: 3,600 CPU profiles of some 750 samples, and a file "list"
    whose lines are [ns from the start, labels, file]. Services share most of their code, so there are three kinds."""
    os.makedirs(folder)
    rnd, rows = random.Random("half hour"), []
    codes = [Code(random.Random("service %d" % i), 200, 1150, 27) for i in range(3)]
    weights = [code.weights() for code in codes]
    busy = [0.3 + 0.7 * (i + 1) / services for i in range(services)]
    phases = [rnd.randrange(15 * 10**9) for _ in range(services * pods)]
    for at in range(intervals):
        for i, phase in enumerate(phases):
            service, name = i // pods, "%03d-%02d.pb.gz" % (at, i)
            keep = min(1.0, busy[service] * rnd.uniform(0.85, 1.05))
            write(os.path.join(folder, name), profile(codes[service % 3], rnd, CPU, weights[service % 3], keep=keep))
            labels = {"service_name": "shop%d" % service, "namespace": "team%d" % (service % 3), "region": "r%d" % (i % 2),
                      "pod": "shop%d-%d" % (service, i % pods)}
            rows.append([at * 15 * 10**9 + phase, labels, name])
    with open(os.path.join(folder, "list"), "w") as f:
        f.writelines(json.dumps(row) + "\n" for row in sorted(rows, key=lambda row: row[0]))


def main(folder):
    one = lambda seed, *shape: Code(random.Random(seed), *shape)
    os.makedirs(folder, exist_ok=True)
    for name, types, shape in (("cpu_30k", CPU, (450, 410, 32)), ("cpu_12k", CPU, (250, 155, 26)),
                               ("heap_150k", HEAP, (1600, 3150, 28))):
        code = one(name, *shape)
        write(os.path.join(folder, name + ".pb.gz"), profile(code, random.Random(1), types, code.weights()))
    code, rnd = one("heap_4k", 70, 60, 18), random.Random(2)
    weights = code.weights()
    for i in range(24):
        write(os.path.join(folder, "heap_4k-%02d.pb.gz" % i), profile(code, rnd, HEAP, weights, keep=0.6))
    code, rnd = one("cpu_small", 230, 220, 26), random.Random(2)
    weights = code.weights()
    weights = [w * 1500 / 7 / sum(weights) for w in weights]
    for i in range(240):
        write(os.path.join(folder, "cpu_small-%03d.pb.gz" % i), profile(code, rnd, CPU, weights, draw=poisson))
    code = one("raw", 3000, 60000, 34)
    code.stacks = code.stacks * 9
    write(os.path.join(folder, "raw_34m.pb"), profile(code, random.Random(3), CPU, code.weights(), limit=33 << 20))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__.split("\n\n")[1])
    main(sys.argv[1])
