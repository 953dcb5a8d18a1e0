"""figures_mix.py - many different questions to many profiles, as a team asks them, while more profiles come in."""
import os
import random
import statistics
import threading
import urllib.parse

import inputs
from inputs import BASE, CPU, Group, S
from make_profiles import message, number

HOUR = 3600 * S
SET_HOURS = 4.2                                          # of the whole set; BENCH_MIX_HOURS: only the first of them
SPAN = int(float(os.environ.get("BENCH_MIX_HOURS", SET_HOURS)) * HOUR)
HEAD = min(HOUR, SPAN // 4)                              # the end of it, which stays in memory
FROM, UNTIL = BASE - 3 * HOUR, BASE - 3 * HOUR + SPAN
SMALL = ["own/pprof/go-a/cpu-00.pb.gz", "own/pprof/go-a/cpu-02.pb.gz", "own/pprof/go-server/cpu-00.pb.gz",
         "own/pprof/go-server/cpu-04.pb.gz"]
SOURCES = [*SMALL, *SMALL, "pprof/go/compile-default.pgo"]     # a few services with ten thousand stacks a profile
CHUNK = 8000                           # pushes whose files are in memory at once
MIX = [("SelectMergeProfile", 78), ("render", 15), ("SelectMergeStacktraces", 3), ("labels", 4)]
RANGES = [(SPAN // 16, 50), (SPAN // 4, 35), (SPAN, 15)]  # how long, and how many of a hundred ask so
LOADED_SECONDS, CLIENTS, BACK_OFF_MS = 10, 200, 100
PROTO = {"kind": "application/proto"}


# ---- questions ----

def pick(rnd, choices):
    return rnd.choices([c for c, _ in choices], [w for _, w in choices])[0]


def label_call(bench, procedure, fields):
    """A job for load.c: a procedure of the query service with a message of these (field, text or number)."""
    q = inputs.Question(procedure, 0, 0)
    q.body = b"".join(message(f, v.encode()) if isinstance(v, str) else number(f, v) for f, v in fields)
    return q.job(bench.work)


def label_calls(bench, start, end):
    """What Grafana asks before it asks for profiles, about a range in ms."""
    return {
        "types": label_call(bench, "ProfileTypes", [(1, start), (2, end)]),
        "names": label_call(bench, "LabelNames", [(2, start), (3, end)]),
        "values": label_call(bench, "LabelValues", [(1, "service_name"), (3, start), (4, end)]),
        "series": label_call(bench, "Series", [(2, "service_name"), (2, "__profile_type__"), (3, start), (4, end)]),
    }


def question(bench, rnd, services):
    """One of the mix, about one service. Half of the ranges end now, the others anywhere; no two are equal, so what was
    answered before is of no use as it stands."""
    what, length = pick(rnd, MIX), pick(rnd, RANGES)
    end = UNTIL if rnd.random() < 0.5 else rnd.randrange(FROM + length, UNTIL + 1)
    start, end = end - length + rnd.randrange(10**9), end
    selector = '{service_name="%s"}' % rnd.choice(services)
    if what == "labels":
        return rnd.choice(list(label_calls(bench, start // 10**6, end // 10**6).values()))
    if what == "render":
        return "/pyroscope/render?" + urllib.parse.urlencode({
            "query": CPU + selector, "from": start // 10**6, "until": end // 10**6, "format": "json", "max-nodes": 2048}) + " -"
    return inputs.Question(what, start, end, selector).job(bench.work)


def questions(bench, n, services, seed):
    rnd = random.Random(seed)
    return [question(bench, rnd, services) for _ in range(n)]


# ---- the set ----

def time_of(job):
    return int(job.split("from=")[1].split("&")[0])


class Peak(threading.Thread):
    """The most memory that all processes of a server had, MB of Pss, looked at five times a second."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.mb, self.end = server, 0.0, threading.Event()
        self.start()

    def run(self):
        while not self.end.wait(0.2):
            self.mb = max(self.mb, self.server.pss_mb())

    def stop(self):
        self.end.set()
        self.join()
        return self.mb


def push_all(bench, sides, jobs):
    for at in range(0, len(jobs), CHUNK):
        for s in sides:
            bench.load(s, jobs[at:at + CHUNK])


def stored(bench, sides, jobs):
    """All but the end in blocks, that in memory."""
    push_all(bench, sides, [j for j in jobs if time_of(j) < UNTIL - HEAD])
    for s in sides:
        s.flush()
    push_all(bench, sides, [j for j in jobs if time_of(j) >= UNTIL - HEAD])


def moved(job, shift):
    head, rest = job.split("from=")
    at, rest = rest.split("&until=")
    return "%sfrom=%d&until=%d&%s" % (head, int(at) + shift, int(at) + shift + 15 * S, rest.split("&", 1)[1])


def more_pushes(jobs, n):
    """n pushes after the set: the last minutes of it again and again."""
    length = SPAN // 16
    recent = [j for j in jobs if time_of(j) >= UNTIL - length]
    return [moved(recent[i % len(recent)], (1 + i // len(recent)) * length) for i in range(n)]


def under_load(bench, server, asked, cost_us, jobs, midst=None):
    """(p50, p99) in ms of questions at a rate that takes a quarter of a core, while pushes come at half of what a core
    can take; both have their due times. midst: what happens a second after they began."""
    rate, per_s = 0.5e6 / bench.cost_us(server, more_pushes(jobs, 500)), 0.25e6 / cost_us
    pushes = more_pushes(jobs, 500 + int(rate * LOADED_SECONDS))[500:]
    pushing = bench.load_begin(server, pushes, rate=rate)
    if midst is not None:
        midst = threading.Timer(1, midst)
        midst.start()
    found = bench.load(server, asked[:max(50, int(per_s * LOADED_SECONDS))], rate=per_s, **PROTO)
    bench.load_end(server, pushing)
    if midst is not None:
        midst.join()
    return found["p50_ms"], found["p99_ms"]


def mix_cut(bench):
    """The mix at a rate while profiles come in, and all that is in memory becomes blocks, as it does once an hour."""
    jobs, services = the_set(bench)
    if jobs is None:
        return
    sides = bench.start()
    stored(bench, sides, jobs)
    costs = one_by_one(bench, sides, services, "mix_cut_before")
    peaks = {}
    for s in sides:
        peak = Peak(s)
        p50, p99 = under_load(bench, s, questions(bench, 4000, services, "load"), costs[s], jobs, s.cut)
        bench.plain("mix_cut_p50" + s.suffix, "ms", p50)
        bench.plain("mix_cut_p99" + s.suffix, "ms", p99)
        peaks[s] = peak.stop()
    bench.figure("mix_cut_memory", "MB", peaks)


def the_set(bench):
    """Pushes and services; None where they cannot be made."""
    folder = bench.inputs.loadgen("loadgen-100k", 20, 5, SET_HOURS, SOURCES)
    if folder is None:
        inputs.say("mix: needs Go and the shared generator")
        return None, None
    jobs = [j for j in inputs.folder_jobs(folder, FROM) if time_of(j) < UNTIL]
    return jobs, sorted({urllib.parse.unquote(j.split("name=")[1]).split("{")[0] for j in jobs})


def mix(bench):
    """100,000 profiles of twenty services, a quarter of them in memory; questions one after the other, then at a rate
    while profiles come in, then from 200 clients at once."""
    jobs, services = the_set(bench)
    if jobs is None:
        return
    sides = bench.start()
    stored(bench, sides, jobs)
    whole = inputs.Question("SelectMergeStacktraces", FROM, UNTIL)
    if len({whole.total(s) for s in sides}) != 1:
        raise SystemExit("answers differ")
    peaks = {s: Peak(s) for s in sides}
    costs = one_by_one(bench, sides, services)
    for s in sides:
        p50, p99 = under_load(bench, s, questions(bench, 4000, services, "load"), costs[s], jobs)
        bench.plain("mix_p50" + s.suffix, "ms", p50)
        bench.plain("mix_p99" + s.suffix, "ms", p99)
    for s in sides:
        many_clients(bench, s, questions(bench, 1000, services, "clients"))
    bench.figure("mix_memory", "MB", {s: p.stop() for s, p in peaks.items()})


def one_by_one(bench, sides, services, name="mix"):
    """CPU time of the mix per question; the sides take turns over the same questions. Returns us."""
    rounds, each = 5, 40
    asked, costs = questions(bench, rounds * each, services, "one by one"), {s: [] for s in sides}
    for s in sides:
        bench.load(s, questions(bench, 20, services, "warm"), connections=1, **PROTO)
    for i in range(rounds):
        for s in sides:
            costs[s].append(bench.cost_us(s, asked[i * each:(i + 1) * each], connections=1, **PROTO))
    mean = {s: statistics.mean(c) for s, c in costs.items()}
    bench.figure(name, "ms", {s: c / 1000 for s, c in mean.items()})
    return mean


def many_clients(bench, server, asked):
    """200 clients at once; who is refused (429) waits a little and asks something else. All else is an error."""
    found = bench.load(server, asked, connections=CLIENTS, back_off_ms=BACK_OFF_MS, **PROTO)
    for name, key, unit in (("p50", "p50_ms", "ms"), ("p99", "p99_ms", "ms"), ("refused", "refused", "answers")):
        bench.plain("mix_clients_%s%s" % (name, server.suffix), unit, found[key])


# ---- labels ----

def labels_100k(bench):
    """Label calls with 100,000 series in memory (25,000 pods of 50 services, a heap of four types each), then in blocks."""
    files, sides = bench.inputs.draws("heap_4k"), bench.start()
    jobs = [inputs.push("shop%d" % (i % 50), {"pod": "p%d" % i}, BASE + i * 10**6, files[i % len(files)]) for i in range(25000)]
    for s in sides:
        bench.load(s, jobs)
    for where in ("head", "block"):
        for name, job in label_calls(bench, BASE // 10**6, (BASE + HOUR) // 10**6 - 1).items():
            bench.ask_job(sides, "label_%s_%s" % (name, where), job)
        if where == "head":
            for s in sides:
                s.flush()


GROUPS = [
    Group(mix, "mix", "mix_p50", "mix_p99", "mix_memory", "mix_clients_p50", "mix_clients_p99", "mix_clients_refused"),
    Group(mix_cut, "mix_cut_before", "mix_cut_p50", "mix_cut_p99", "mix_cut_memory"),
    Group(labels_100k, *("label_%s_%s" % (n, w) for w in ("head", "block") for n in ("types", "names", "values", "series"))),
]
