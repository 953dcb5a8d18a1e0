"""figures_ingest.py - what a push costs, how long it waits, and what is resident afterwards."""
import gzip
import os
import statistics
import subprocess
import threading
import time

import inputs
from inputs import Group
from servers import go_first

ROUNDS, ROUND_US, MAX_ROUND = 7, 500000, 4000
PODS = 20
WINDOWS = 10


def floor_us(bench, file):
    """The least that a push of this file can cost on this machine now: floor.c."""
    out = subprocess.run([bench.program("floor"), file], stdout=subprocess.PIPE, text=True, check=True,
                         start_new_session=True, preexec_fn=go_first)
    return float(out.stdout.split()[4])


def push_rounds(bench, sides, files, each_round, jobs_of=inputs.repeated):
    """CPU us per push: {side: [of each round]}. The sides take turns; each_round is called before, between and after the
    rounds. 64 connections keep one worker busy while commits wait. A round has as many pushes as need half a second,
    and the first, which brings new symbols, is not counted."""
    sent, n, costs = {s: 0 for s in sides}, {}, {s: [] for s in sides}

    def cost(s, count):
        at = inputs.BASE + sent[s] // PODS * 10**8    # every push has a time of its own: 0.1 s a pod
        sent[s] += count
        return bench.cost_us(s, jobs_of(files, count, pods=PODS, interval=10**8, base=at))

    for s in sides:
        cost(s, max(2 * PODS, len(files)))
        us = cost(s, max(2 * PODS, len(files)))
        n[s] = max(PODS, min(MAX_ROUND, int(ROUND_US / us))) // PODS * PODS
        n[s] = max(n[s], len(files))
    each_round()
    for _ in range(ROUNDS):
        for s in sides:
            costs[s].append(cost(s, n[s]))
        each_round()
    return costs


def ingest(name, file):
    """CPU us from request to durable answer, and how many times the floor of its neighbours in time that is. floor.c gives
    the best of its rounds, so beside the median of ratios stands that of the least disturbed round to the lowest floor."""
    def measure(bench):
        floors = []
        sides = bench.start()
        path = bench.inputs.file(file)
        costs = push_rounds(bench, sides, [path], lambda: floors.append(floor_us(bench, path)))
        near = [(a + b) / 2 for a, b in zip(floors, floors[1:])]
        bench.figure(name, "us", {s: statistics.median(c) for s, c in costs.items()})
        bench.plain(name + "_floor", "us", statistics.median(floors))
        bench.figure(name + "_per_floor", "x",
                     {s: statistics.median(x / f for x, f in zip(c, near)) for s, c in costs.items()})
        bench.figure(name + "_per_floor_best", "x", {s: min(c) / min(floors) for s, c in costs.items()})
    return Group(measure, name, name + "_floor", name + "_per_floor", name + "_per_floor_best")


def ingest_raw(bench):
    """Bytes of unpacked profile per CPU second: two sizes of CPU profile and two of heap, the same number of each."""
    kinds = [[bench.inputs.file("cpu_30k.pb.gz")], [bench.inputs.file("heap_150k.pb.gz")], bench.inputs.draws("cpu_small"),
             bench.inputs.draws("heap_4k")]
    files = [k[i % len(k)] for i in range(60) for k in kinds]
    sizes = {f: len(gzip.decompress(open(f, "rb").read())) for f in set(files)}
    mean = sum(sizes[f] for f in files) / len(files)
    costs = push_rounds(bench, bench.start(), files, lambda: None)
    bench.figure("ingest_raw", "MB/s", {s: mean / statistics.median(c) for s, c in costs.items()}, inverse=True)


# ---- latency ----

class Probe(threading.Thread):
    """What a small append and its fdatasync take on the disk of the data, while the server works: the ms of each."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.file, self.stop, self.took = os.path.join(folder, "probe"), False, []

    def run(self):
        fd = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        while not self.stop:
            start = time.monotonic()
            os.write(fd, bytes(4096))
            os.fdatasync(fd)
            self.took.append((time.monotonic() - start) * 1000)
            time.sleep(0.02)
        os.close(fd)


def half_load(bench, server):
    """One server: (pushes a second, median and p99 of their ms, median and p99 of a sync's ms)."""
    file, windows = bench.inputs.file("cpu_30k.pb.gz"), []
    bench.load(server, inputs.repeated([file], 400, interval=10**8))
    rate = 0.5e6 / bench.cost_us(server, inputs.repeated([file], 1000, interval=10**8, base=inputs.BASE + 10**10))
    probe = Probe(bench.work)
    probe.start()
    for i in range(WINDOWS):
        jobs = inputs.repeated([file], int(rate), interval=10**8, base=inputs.BASE + (i + 2) * 6 * 10**10)
        windows.append(bench.load(server, jobs, connections=256, rate=rate))
    probe.stop = True
    probe.join()
    middle = [statistics.median(w[k] for w in windows) for k in ("p50_ms", "p99_ms")]
    syncs = sorted(probe.took)
    return [rate, *middle, syncs[len(syncs) // 2], syncs[len(syncs) * 99 // 100]]


def push_p99(bench):
    """Latency of acknowledged pushes of the 30 KB profile at half load: half as many a second as one core could do by
    their CPU time. Each push has its due time, so a stall counts for all who wait. This is time on the clock, on a
    machine with other work, so the figure is the median of the p99 of windows of one second. What a sync of 4 KB costs is measured at the same time on the same disk."""
    found = {}
    for kind, program in bench.kinds:
        server = bench.fresh(kind, program)
        found[server] = half_load(bench, server.start())
        server.stop()
    names = ("push_rate_half_load", "1/s"), ("push_p50", "ms"), ("push_p99", "ms"), ("push_fsync_p50", "ms"), \
        ("push_fsync_p99", "ms")
    for i, (name, unit) in enumerate(names):
        for s, f in found.items():
            bench.plain(name + s.suffix, unit, f[i])


# ---- memory ----

def memory(bench, name, sides):
    sizes = {s: s.memory_mb() for s in sides}
    for i, what in enumerate(("", "_pss", "_rss")):
        if sizes[sides[0]][i] == 0:
            inputs.say("%s: only root can count pages" % name)
        else:
            bench.figure(name + what, "MB", {s: m[i] for s, m in sizes.items()})


def memory_idle(bench):
    """Two seconds after it was ready."""
    sides = bench.start()
    time.sleep(2)
    memory(bench, "memory_idle", sides)


def memory_1000(bench):
    """After 15 minutes of 1,000 pods (50 services of 20) that push a heap profile of four types every 15 s."""
    files, sides = bench.inputs.draws("heap_4k"), bench.start()
    jobs = []
    for at in range(60):
        for i in range(1000):
            jobs.append(inputs.push("shop%d" % (i // 20), {"pod": "p%d" % i}, inputs.BASE + at * 15 * inputs.S + i * 10**6,
                                    files[(i + at) % len(files)]))
    for s in sides:
        bench.load(s, jobs)
    memory(bench, "memory_1000", sides)


GROUPS = [
    ingest("ingest_30k", "cpu_30k.pb.gz"),
    ingest("ingest_12k", "cpu_12k.pb.gz"),
    ingest("ingest_150k", "heap_150k.pb.gz"),
    Group(ingest_raw, "ingest_raw"),
    Group(push_p99, "push_rate_half_load", "push_p50", "push_p99", "push_fsync_p50", "push_fsync_p99"),
    Group(memory_idle, "memory_idle", "memory_idle_pss", "memory_idle_rss"),
    Group(memory_1000, "memory_1000", "memory_1000_pss", "memory_1000_rss"),
]
