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
START = 1768471200      # 2026-01-15T10:00:00Z


def stacks(chance, service, samples):
    """Some stacks of a service, of all depths; they repeat from profile to profile."""
    for _ in range(samples):
        depth = min(1 + int(chance.expovariate(0.15)), 60)
        yield ["%s.main" % service] + ["%s.f%d" % (service if d % 3 else "runtime", chance.randint(0, 6 + d))
                                      for d in range(depth)]


def profile(chance, service, kind, seconds, samples):
    types, period = KINDS[kind]
    args = argparse.Namespace(type=types, period=period, nanos=seconds * 10**9 + 123456789, duration=15)
    p = make_profile.Profile("/bin/" + service)
    for stack in stacks(chance, service, samples):
        n = chance.randint(1, 100)
        tags = []
        if kind == "process_cpu" and chance.random() < 0.3:
            tags = [("span_id", "%016x" % (0xabc0 + chance.randint(0, 3)))]
        p.sample(stack, [n * (1 if i % 2 == 0 else 10000000) for i in range(len(types))], tags)
    return gzip.compress(p.encode(args), 1, mtime=0)


def profiles(hours=2, every=120, samples=60, seed=1):
    """Labels, a pprof file, and its time in seconds; in order of time."""
    chance = random.Random(seed)
    for t in range(START, START + 3600 * hours, every):
        for service, regions in SERVICES.items():
            for region in regions:
                for kind in KINDS:
                    labels = {"__name__": kind, "service_name": service, "region": region, "pod": service[:2] + region}
                    yield labels, profile(chance, service, kind, t, samples), t


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
