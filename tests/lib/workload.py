"""workload - profiles of a small company for tests: services, pods, CPU with span ids, memory, locks, over some hours.
The same arguments give the same profiles. `push(server, profiles)` sends them with Push, as an SDK does."""
import argparse
import gzip
import random

import make_profile
import served

KINDS = {
    "process_cpu": (["samples:count", "cpu:nanoseconds"], "cpu:nanoseconds:10000000"),
    "memory": (["alloc_objects:count", "alloc_space:bytes", "inuse_objects:count", "inuse_space:bytes"],
               "space:bytes:524288"),
    "mutex": (["contentions:count", "delay:nanoseconds"], "contentions:count:1"),
}
SERVICES = {"shop": ["eu", "us"], "cart": ["eu"], "mail/out": ["eu", "us", "ap-1"]}
GROWS = "shop"
START = 1768471200      # 2026-01-15T10:00:00Z


def stacks(chance, service, samples):
    """Some stacks of a service, short and long; they repeat from profile to profile."""
    for _ in range(samples):
        depth = min(1 + int(chance.expovariate(0.3)), 40)
        shape = random.Random(chance.randint(0, 150))
        yield ["%s.main" % service] + ["%s.f%d" % (service if d % 3 else "runtime", shape.randint(0, 3 + d))
                                      for d in range(depth)]


def encode(kind, service, seconds, samples):
    types, period = KINDS[kind]
    args = argparse.Namespace(type=types, period=period, nanos=seconds * 10**9 + 123456789, duration=15)
    p = make_profile.Profile("/bin/" + service)
    for stack, values, tags in samples:
        p.sample(stack, values, tags)
    return gzip.compress(p.encode(args), 1, mtime=0)


def samples_of(chance, service, kind, samples, grown):
    """Samples of one profile. grown: what a program has allocated so far, by stack; it only grows."""
    for stack in stacks(chance, service, samples):
        n = chance.randint(1, 100)
        values = [n * (1 if i % 2 == 0 else 10000000) for i in range(len(KINDS[kind][0]))]
        tags = []
        if kind == "process_cpu" and chance.random() < 0.3:
            tags = [("span_id", "%016x" % (0xabc0 + chance.randint(0, 3)))]
        if grown is None:
            yield stack, values, tags
        else:
            old = grown.setdefault(tuple(stack), [0, 0])
            old[0] += values[0]
            old[1] += values[1]
    for stack, (objects, size) in (grown or {}).items():
        yield list(stack), [objects, size, chance.randint(0, 9), chance.randint(0, 9999)], []


def profiles(hours=2, every=120, samples=60, seed=1):
    """Labels, a pprof file, and its time in seconds; in order of time. The memory profiles of one service are what Go's
    runtime gives, sums since the program began, which the server turns into differences; the others are differences. They
    end after an hour: the original forgets the sums then, so that its first difference of the next hour is missing."""
    chance = random.Random(seed)
    grown = {region: {} for region in SERVICES[GROWS]}
    for t in range(START, START + 3600 * hours, every):
        for service, regions in SERVICES.items():
            for region in regions:
                for kind in KINDS:
                    labels = {"__name__": kind, "service_name": service, "region": region, "pod": service[:2] + region}
                    grows = kind == "memory" and service == GROWS
                    if grows and t >= START + 3600:
                        continue
                    if kind == "memory" and not grows:
                        labels["__delta__"] = "false"
                    some = samples_of(chance, service, kind, samples, grown[region] if grows else None)
                    yield labels, encode(kind, service, t, some), t


def wide(rows=40, wide=2000, seed=3):
    """Profiles of one pod with thousands of stacks: their block has sums of rows (formats/block/stored_sums.h). As above, and
    what it all adds up to by function."""
    chance, want, some = random.Random(seed), {}, []
    for t in range(START, START + 15 * rows, 15):
        samples = [(["main", "f%d" % k], [1, chance.randint(1, 10**6)], []) for k in range(wide)]
        for stack, values, _ in samples:
            want[stack[1]] = want.get(stack[1], 0) + values[1]
        some.append(({"__name__": "process_cpu", "service_name": "wide"}, encode("process_cpu", "wide", t, samples), t))
    return some, want


def has_sums(file):
    """Has profiles.parquet sums of rows?"""
    with open(file, "rb") as f:
        return b"pyro.sums" in f.read()


def message(labels, data):
    """A PushRequest with one profile."""
    pairs = b"".join(make_profile.data(1, make_profile.data(1, k.encode()) + make_profile.data(2, v.encode()))
                     for k, v in sorted(labels.items()))
    return make_profile.data(1, pairs + make_profile.data(2, make_profile.data(1, data)))


def push(server, some):
    """Sends them all; how many there were."""
    count = 0
    for labels, data, _ in some:
        status, _, answer = server.request("POST", served.PUSH, message(labels, data), {"Content-Type": "application/proto"})
        if status != 200:
            served.bail("push: %d %s" % (status, answer[:300]))
        count += 1
    return count
