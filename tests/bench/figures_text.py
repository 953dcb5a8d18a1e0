"""figures_text.py - 100 MB of text: perf script to folded stacks, folded stacks to a flame graph.

Beside them, where they are in PATH: inferno (inferno-collapse-perf with one thread, inferno-flamegraph) and the scripts of
FlameGraph (stackcollapse-perf.pl, flamegraph.pl). CPU time, median of some; the sides take turns.
"""
import os
import os
import shutil
import statistics
import zlib

import inputs
import make_texts
from inputs import Group
from servers import cost_of

ROUNDS, SCRIPT_ROUNDS = 7, 1


class Side:
    def __init__(self, suffix):
        self.suffix = suffix


def beside(bench, name, ours, others):
    """others: (suffix, argv, rounds); what is not installed is left out."""
    sides = [(Side(""), ours, ROUNDS)]
    for suffix, argv, rounds in others:
        if shutil.which(argv[0]):
            sides.append((Side("_" + suffix), argv, rounds))
        else:
            inputs.say("%s: %s is not installed" % (name, argv[0]))
    took = {side: [] for side, _, _ in sides}
    for i in range(ROUNDS):
        for side, argv, rounds in sides:
            if i < rounds:
                took[side].append(cost_of(argv)[0])
    bench.figure(name, "s", {side: statistics.median(t) for side, t in took.items()})


def texts(bench):
    with open(make_texts.__file__, "rb") as f:
        folder = os.path.join(bench.inputs.folder, "texts-%08x" % zlib.crc32(f.read()))
    bench.inputs.made(folder, make_texts.main)
    return folder


def perf_script(bench):
    file = os.path.join(texts(bench), "perf.txt")
    beside(bench, "perf_script_100m", [os.path.join(bench.build, "pyro-query"), "folded", file],
           [("inferno", ["inferno-collapse-perf", "-n", "1", file], ROUNDS),
            ("flamegraph", ["stackcollapse-perf.pl", file], SCRIPT_ROUNDS)])


def folded_svg(name, file):
    def measure(bench):
        path = os.path.join(texts(bench), file)
        beside(bench, name, [os.path.join(bench.build, "pyro-query"), "svg", path],
               [("inferno", ["inferno-flamegraph", path], ROUNDS), ("flamegraph", ["flamegraph.pl", path], SCRIPT_ROUNDS)])
    return measure


GROUPS = [
    Group(perf_script, "perf_script_100m"),
    Group(folded_svg("folded_svg_100m", "stacks.folded"), "folded_svg_100m"),
    Group(folded_svg("folded_svg_distinct", "distinct.folded"), "folded_svg_distinct"),
]
