#!/usr/bin/env python3
"""make_profile.py OUT [...] - writes a pprof profile (protobuf by hand, gzip if OUT ends in .gz, "-" = standard output).

  --stack 'main;serve;parse=30'   a sample, root first; repeat; with several types: =30,4
  --seed N --samples K            K random samples instead, the same for the same N
  --type cpu:nanoseconds          sample type; repeat
  --period cpu:nanoseconds:100    period type and period ("none": no period)
  --time 2026-01-15T10:00:00Z     start ("none": the profile carries no time)
  --duration SECONDS              --tag KEY=VALUE: a label of all samples
  --build NAME                    file of the main binary (default /bin/app)
"""
import argparse
import datetime
import gzip
import random
import sys

FRAMES = ["main", "serve", "handle", "parse", "render", "encode", "compress", "lookup", "hash", "idle"]


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n) if n else b""


def data(field, b):
    return varint(field << 3 | 2) + varint(len(b)) + b


def packed(field, numbers):
    return data(field, b"".join(varint(n) for n in numbers)) if numbers else b""


class Profile:
    def __init__(self, build):
        self.strings = {"": 0}
        self.functions = {}
        self.samples = []
        self.build = self.string(build)

    def string(self, s):
        return self.strings.setdefault(s, len(self.strings))

    def location(self, name):
        return self.functions.setdefault(self.string(name), len(self.functions) + 1)

    def sample(self, stack, values, tags):
        leaf_first = [self.location(name) for name in reversed(stack)]
        body = packed(1, leaf_first) + packed(2, values)
        for key, value in tags:
            body += data(3, number(1, self.string(key)) + number(2, self.string(value)))
        self.samples.append(body)

    def value_type(self, text):
        kind, unit = text.split(":")
        return number(1, self.string(kind)) + number(2, self.string(unit))

    def encode(self, args):
        types = [data(1, self.value_type(t)) for t in args.type]
        file = self.string("app.go")
        out = b"".join(types) + b"".join(data(2, s) for s in self.samples)
        out += data(3, number(1, 1) + number(2, 0x400000) + number(3, 0x500000) + number(5, self.build) + number(7, 1))
        for name, n in self.functions.items():
            line = data(4, number(1, n) + number(2, 10 * n))
            out += data(4, number(1, n) + number(2, 1) + number(3, 0x400000 + 16 * n) + line)
        for name, n in self.functions.items():
            out += data(5, number(1, n) + number(2, name) + number(3, name) + number(4, file) + number(5, n))
        tail = number(9, args.nanos) + number(10, int(args.duration * 1e9))
        if args.period != "none":
            kind, unit, period = args.period.split(":")
            tail += data(11, self.value_type(kind + ":" + unit)) + number(12, int(period))
        out += tail
        return out + b"".join(data(6, s.encode()) for s in self.strings)


def nanos(text):
    if text == "none":
        return 0
    t = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(t.timestamp()) * 10**9 + t.microsecond * 1000


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("--stack", action="append", default=[])
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--samples", type=int, default=20)
    p.add_argument("--type", action="append", default=[])
    p.add_argument("--period", default="cpu:nanoseconds:10000000")
    p.add_argument("--time", default="2026-01-15T10:00:00Z")
    p.add_argument("--duration", type=float, default=10)
    p.add_argument("--tag", action="append", default=[])
    p.add_argument("--build", default="/bin/app")
    args = p.parse_args()
    args.type = args.type or ["cpu:nanoseconds"]
    args.nanos = nanos(args.time)
    tags = [t.split("=", 1) for t in args.tag]
    profile = Profile(args.build)
    chance = random.Random(args.seed)
    for text in args.stack:
        stack, values = text.rsplit("=", 1)
        profile.sample(stack.split(";"), [int(v) for v in values.split(",")], tags)
    for _ in range(0 if args.stack else args.samples):
        stack = ["main"] + [chance.choice(FRAMES[1:]) for _ in range(chance.randint(1, 6))]
        profile.sample(stack, [chance.randint(1, 1000) for _ in args.type], tags)
    raw = profile.encode(args)
    if args.out.endswith(".gz"):
        raw = gzip.compress(raw, mtime=0)
    with sys.stdout.buffer if args.out == "-" else open(args.out, "wb") as f:
        f.write(raw)


if __name__ == "__main__":
    main()
