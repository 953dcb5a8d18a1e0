"""figures_merge.py - sums of files: 100 CPU profiles into one, and 2 GB of folded stacks in bounded memory.

Beside the former, where Go is installed, its pprof: the program that `go tool pprof` starts, without what starts it.
"""
import os
import random
import shutil
import subprocess
import zlib

import inputs
import make_profiles
from inputs import Group
from servers import cost_of

ROUNDS = 15
DISTINCT, TIMES = 5000000, 4        # lines of some 105 bytes, each stack four times


class Side:
    def __init__(self, suffix):
        self.suffix = suffix


def hundred(folder):
    """100 profiles of 20 to 90 KB: four programs, quiet and busy."""
    os.makedirs(folder)
    rnd = random.Random("hundred")
    codes = [make_profiles.Code(random.Random("program %d" % i), 500 + 250 * i, 700 + 500 * i, 30) for i in range(4)]
    weights = [code.weights() for code in codes]
    for i in range(100):
        raw = make_profiles.profile(codes[i % 4], rnd, make_profiles.CPU, weights[i % 4], keep=rnd.uniform(0.5, 1))
        make_profiles.write(os.path.join(folder, "%03d.pb.gz" % i), raw)


def cost(argv):
    """CPU ms and ms on the clock."""
    cpu, clock = cost_of(argv)
    return cpu * 1000, clock * 1000


def gos_pprof():
    if not shutil.which("go"):
        return None
    subprocess.run(["go", "tool", "pprof", "-h"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)   # builds it
    found = subprocess.run(["go", "tool", "-n", "pprof"], stdout=subprocess.PIPE, text=True).stdout.strip()
    return found if os.access(found, os.X_OK) else None


def merge_100(bench):
    with open(__file__, "rb") as f:
        folder = os.path.join(bench.inputs.folder, "hundred-%08x" % zlib.crc32(f.read()))
    bench.inputs.made(folder, hundred)
    files = [os.path.join(folder, f) for f in sorted(os.listdir(folder))]
    ours, theirs = os.path.join(bench.work, "ours.pb.gz"), os.path.join(bench.work, "theirs.pb.gz")
    sides = {Side(""): [os.path.join(bench.build, "pyro-query"), "merge", "--output", ours, "--force", *files]}
    pprof = gos_pprof()
    if pprof:
        sides[Side("_pprof")] = [pprof, "-proto", "-output", theirs, *files]
    else:
        inputs.say("merge_100: go is not installed")
    took = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, argv in sides.items():
            took[side].append(cost(argv))
    if pprof and facts(bench, ours) != facts(bench, theirs):
        raise SystemExit("merge_100: the sums differ")
    for side, file in zip(sides, (ours, theirs)):
        bench.plain("merge_100_size" + side.suffix, "KB", os.path.getsize(file) / 1000)
    for name, i in (("merge_100", 0), ("merge_100_clock", 1)):
        bench.turns(name, "ms", {side: [t[i] for t in rows] for side, rows in took.items()})


def facts(bench, file):
    """All that a profile says, but for the order of its samples, which means nothing."""
    argv = [os.path.join(bench.build, "pyro-query"), "raw", file]
    return sorted(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout.splitlines())


def memory_2g(bench):
    """The stacks come from a pipe, the sum goes into one: its reader knows what is right."""
    maker = [bench.program("make_folded"), str(DISTINCT), str(TIMES)]
    argv = [os.path.join(bench.build, "pyro-query"), "folded", "--memory", "256M"]
    source = subprocess.Popen(maker, stdout=subprocess.PIPE)
    ours = subprocess.Popen(argv, stdin=source.stdout, stdout=subprocess.PIPE)
    check = subprocess.Popen([*maker, "--check"], stdin=ours.stdout, stdout=subprocess.PIPE)
    source.stdout.close()
    ours.stdout.close()
    said = check.communicate()[0].decode()
    _, ours.returncode, use = os.wait4(ours.pid, 0)
    if source.wait() != 0 or ours.returncode != 0 or check.returncode != 0:
        raise SystemExit("memory_2g: " + said)
    bench.plain("memory_2g", "MB", use.ru_maxrss * 1024 / 1e6)
    bench.plain("memory_2g_cpu", "s", use.ru_utime + use.ru_stime)


GROUPS = [
    Group(merge_100, "merge_100", "merge_100_size", "merge_100_clock"),
    Group(memory_2g, "memory_2g", "memory_2g_cpu"),
]
