"""figures_otlp.py - what an export request of OpenTelemetry costs, from its arrival to its durable answer."""
import os
import statistics
import struct

import inputs
from inputs import Group

ROUNDS, ROUND_US, MAX_ROUND, COPIES = 5, 500000, 2000, 100
FOLDER = "testdata/otlp"
# made-go-cpu-timestamps and made-multi-resource are refused, by the original too
FILES = {
    "otlp_ebpf": "otel-ebpf-profile.pb.bin",
    "otlp_ebpf_json": "otel-ebpf-profile.pb.json",
    "otlp_go": "made-go-cpu-plain-a.pb",
    "otlp_go_json": "made-go-cpu-plain-a.json",
    "otlp_go_nosym": "made-go-cpu-nosym-a.pb",
    "otlp_go_spans": "made-go-cpu-spans-a.pb",
}
TIME = b"\x19"              # field 3, fixed64: time_unix_nano of a profile
TIME_JSON = b'"timeUnixNano":"'


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def times(data, at, end, path):
    """Where the times of profiles stand: field path[0] of the message, and so on down."""
    while at < end:
        tag, at = varint(data, at)
        if tag & 7 == 0:
            _, at = varint(data, at)
        elif tag & 7 == 1:
            if not path and tag == TIME[0]:
                yield at
            at += 8
        else:
            size, at = varint(data, at)
            if path and tag >> 3 == path[0]:
                yield from times(data, at, at + size, path[1:])
            at += size


def at_time(data, ns):
    """The request with its profiles at another time."""
    if not data.startswith(b"{"):
        out = bytearray(data)
        for at in times(data, 0, len(data), (1, 2, 2)):
            out[at:at + 8] = struct.pack("<Q", ns)
        return bytes(out)
    parts = data.split(TIME_JSON)
    return TIME_JSON.join([parts[0]] + [b"%d%s" % (ns, p[p.index(b'"'):]) for p in parts[1:]])


def copies(bench, name, data):
    """The request at COPIES times, as files."""
    out = []
    for i in range(COPIES):
        out.append(os.path.join(bench.work, "%s-%d" % (name, i)))
        with open(out[-1], "wb") as f:
            f.write(at_time(data, inputs.BASE + i * 15 * inputs.S))
    return out


def otlp(name, file):
    def measure(bench):
        path = os.path.join(os.environ.get("PYRO_SHARED", os.path.join(inputs.HERE, "..", "..", "..", "shared")), FOLDER, file)
        if not os.path.exists(path):
            inputs.say("%s: no %s" % (name, path))
            return
        with open(path, "rb") as f:
            files = copies(bench, name, f.read())
        kind = "application/json" if file.endswith(".json") else "application/x-protobuf"
        sides, n, costs = bench.start(), {}, {}

        def cost(s, count):
            jobs = ["/v1development/profiles " + files[i % COPIES] for i in range(count)]
            return bench.cost_us(s, jobs, connections=16, kind=kind)

        for s in sides:
            cost(s, COPIES)     # symbols that are new, not counted
            n[s] = max(20, min(MAX_ROUND, int(ROUND_US / cost(s, 20))))
            costs[s] = []
        for _ in range(ROUNDS):
            for s in sides:
                costs[s].append(cost(s, n[s]))
        bench.figure(name, "us", {s: statistics.median(c) for s, c in costs.items()})
    return Group(measure, name)


GROUPS = [otlp(name, file) for name, file in FILES.items()]
