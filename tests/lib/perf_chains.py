#!/usr/bin/env python3
"""perf_chains.py SCRIPT RAW

Compares the stacks of `perf script --no-inline -F ip` with those of `pyro-query raw` about the same recording: how often
each sequence of addresses occurs, by their places in pages, since perf prints addresses of files. Prints how many samples of
perf there are, how many of ours are the same, and the first that differ.
"""
import collections
import re
import sys

KERNEL = 1 << 47


def of_perf(path):
    """perf shows where the kernel's callers are returned to; of programs, the call."""
    got, stack = collections.Counter(), []
    for line in [*open(path, errors="replace"), ""]:
        words = line.split()
        if words:
            address = int(words[0], 16)
            stack.append((address - (address >= KERNEL and len(stack) > 0)) & 0xfff)
        elif stack:
            got[tuple(stack)] += 1
            stack = []
    return got


def of_raw(path):
    address, rows = {0: 0}, []
    for line in open(path, errors="replace"):
        sample = re.match(r"\s+(\d+)(?:\s+\d+)?: ([\d ]+)$", line)
        location = re.match(r"\s+(\d+): 0x([0-9a-f]+)", line)
        if location:
            address[int(location.group(1))] = int(location.group(2), 16)
        elif sample:
            rows.append((int(sample.group(1)), [int(x) for x in sample.group(2).split()]))
    got = collections.Counter()
    for n, stack in rows:
        got[tuple(address[x] & 0xfff for x in stack if address[x])] += n
    return got


def main():
    theirs, ours = of_perf(sys.argv[1]), of_raw(sys.argv[2])
    same = sum((theirs & ours).values())
    print(sum(theirs.values()), same)
    for name, rest in ("perf", theirs - ours), ("ours", ours - theirs):
        for stack, n in list(rest.items())[:5]:
            print(name, n, " ".join("%x" % a for a in stack), file=sys.stderr)


main()
