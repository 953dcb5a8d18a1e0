#!/usr/bin/env python3
"""profile_python.py - a CPU profile of a real program, as folded stacks on standard output.

usage: profile_python.py SECONDS

Runs something that computers do all day (JSON, compression, hashes, sorting, regular expressions) for SECONDS and
samples its stack 100 times a second of CPU time: lines of `frame;frame;frame COUNT`, root first.
"""
import collections
import hashlib
import json
import random
import re
import signal
import sys
import time
import zlib

stacks = collections.Counter()


def sample(_signal, frame):
    names = []
    while frame is not None:
        code = frame.f_code
        names.append("%s:%s" % (code.co_filename.rsplit("/", 1)[-1], code.co_name))
        frame = frame.f_back
    stacks[";".join(reversed(names))] += 1


def make_orders(n):
    return [{"id": i, "total": random.random() * 100, "note": "order %d of %s" % (i, random.choice("abc") * 20)}
            for i in range(n)]


def serialise(orders):
    return json.dumps(orders).encode()


def compress(body):
    return zlib.compress(body, 6)


def digest(body):
    for _ in range(20):
        body = hashlib.sha256(body).digest() + body[:4096]
    return body


def search(body):
    return len(re.findall(rb"order (\d+) of (a+|b+)", body))


def sort(orders):
    return sorted(orders, key=lambda o: (o["note"], o["total"]))


def work(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        orders = make_orders(2000)
        body = serialise(sort(orders))
        compress(body)
        digest(body)
        search(body)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    random.seed(1)
    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
    work(seconds)
    signal.setitimer(signal.ITIMER_PROF, 0)
    for stack, count in stacks.items():
        print(stack, count)


main()
