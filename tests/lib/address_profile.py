#!/usr/bin/env python3
"""address_profile.py OUT [--mapping FILE] [--build-id ID] [--start N] [--limit N] [--offset N] ADDRESS=COUNT ...

A pprof whose locations have addresses and no names; one sample for each location. Numbers as Python has them; @FILE has more
arguments, one a line.
"""
import argparse
import gzip


def varint(n):
    out = b""
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n) if n else b""


def text(field, b):
    return varint(field << 3 | 2) + varint(len(b)) + b


def main():
    a = argparse.ArgumentParser(fromfile_prefix_chars="@")
    a.add_argument("out")
    for option in "mapping", "build-id":
        a.add_argument("--" + option, default="")
    for option in "start", "limit", "offset":
        a.add_argument("--" + option, type=lambda s: int(s, 0), default=0)
    a.add_argument("addresses", nargs="*")
    o = a.parse_intermixed_args()
    strings = ["", "samples", "count", o.mapping, o.build_id]
    out = bytearray(text(1, number(1, 1) + number(2, 2)))  # bytes would be copied for each address
    for i, pair in enumerate(o.addresses, 1):
        address, count = pair.split("=")
        out += text(2, number(1, i) + number(2, int(count)))
        out += text(4, number(1, i) + number(2, 1) + number(3, int(address, 0)))
    if o.mapping or o.build_id or o.limit:
        out += text(3, number(1, 1) + number(2, o.start) + number(3, o.limit) + number(4, o.offset) + number(5, 3 if o.mapping else 0) +
                    number(6, 4 if o.build_id else 0))
    out += b"".join(text(6, s.encode()) for s in strings) + number(9, 1768471200000000000)
    with open(o.out, "wb") as f:
        f.write(gzip.compress(out, 1, mtime=0))


main()
