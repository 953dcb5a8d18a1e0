"""figures_store.py - how fast a server is there, what a full journal takes to read back, and sizes and speed of programs."""
import glob
import os
import re
import shutil
import statistics
import subprocess
import time

import inputs
from figures_merge import cost, gos_pprof
from inputs import Group
from servers import go_first

STARTS, TOPS = 11, 7
JOURNAL, GENERATIONS = 10**9, 8


def ms_since(start):
    return (time.monotonic() - start) * 1000


def start_empty(bench):
    """From fork to the first 200 of /ready, on an empty data folder; the watcher runs already and looks each half
    millisecond. It is time on the clock, the median of some; the shortest and the CPU time stand beside."""
    took, cpu = {}, {}
    for kind, program in bench.kinds:
        for _ in range(STARTS if kind.suffix == "" else 3):
            s = bench.fresh(kind, program)
            s.pick_port()
            watcher = subprocess.Popen([bench.program("load"), "-w", str(s.port)],
                                       start_new_session=True, preexec_fn=go_first)
            start = time.monotonic()
            s.spawn()
            watcher.wait()
            took.setdefault(kind, []).append(ms_since(start))
            s.find_processes()
            cpu.setdefault(kind, []).append(s.cpu_us() / 1000)
            s.close()
    bench.figure("start_empty", "ms", {k: statistics.median(t) for k, t in took.items()})
    bench.figure("start_empty_best", "ms", {k: min(t) for k, t in took.items()})
    bench.figure("start_empty_cpu", "ms", {k: statistics.median(c) for k, c in cpu.items()})


# ---- journal ----

def journal_bytes(server):
    text = server.request("GET", "/metrics")[1].decode()
    return float(re.search(r"^pyroscope_ingester_journal_bytes_total (\S+)", text, re.M).group(1))


def write_journal(bench, server):
    """A journal of 1 GB that no block holds yet, as power loss leaves it: pushes of heap and CPU profiles fill an eighth,
    which is then there as eight generations (a generation that could not be cut stays, so there may be many). Returns
    its bytes without the space allocated ahead."""
    files = [bench.inputs.file("heap_150k.pb.gz"), bench.inputs.file("cpu_30k.pb.gz")]
    sent = 0
    while journal_bytes(server) < JOURNAL / GENERATIONS:
        bench.load(server, inputs.repeated(files, 1000, interval=10**8, base=inputs.BASE + sent * 10**7))
        sent += 1000
    size = journal_bytes(server) * GENERATIONS
    server.kill()
    (journal,) = glob.glob(os.path.join(server.folder, "data", "journal", "*.journal"))
    folder, name = os.path.split(journal)
    first, _, shard = name.partition("-")
    for i in range(1, GENERATIONS):
        shutil.copyfile(journal, os.path.join(folder, "%016x-%s" % (int(first, 16) + i, shard)))
    return size


def start_journal(bench):
    """Start with 1 GB of journal: time on the clock until the first question is answered and until all is read back,
    questions refused meanwhile (one each 20 ms), and MB of journal per second of CPU time (questions included)."""
    server = bench.fresh(*bench.kinds[0], ["-ingester.max-journal-size=4GiB", "-ingester.max-head-memory=16GiB"])
    question = inputs.Question("SelectMergeStacktraces", inputs.BASE, inputs.BASE + 3600 * inputs.S)
    server.start()
    size = write_journal(bench, server)
    start, first, asked, refused = time.monotonic(), None, 0, 0
    server.spawn()
    while server.status("/ready") != 200:
        if ms_since(start) > 300000 or server.process.poll() is not None:
            raise SystemExit("the journal is not read back; see %s/log" % server.folder)
        ok = server.status(question.path, question.body) == 200
        if first is None and ok:
            first = ms_since(start)
        asked += first is not None
        refused += first is not None and not ok
        time.sleep(0.02 if first else 0.001)
    took = ms_since(start)
    server.find_processes()
    cpu = server.cpu_us()
    if first is None:
        inputs.say("start_journal: it was read back before a question was put")
    else:
        bench.plain("start_journal_first_answer", "ms", first)
        bench.plain("start_journal_answered", "questions", asked - refused)
        bench.plain("start_journal_refused", "questions", refused)
    bench.plain("start_journal", "ms", took)
    bench.plain("replay_journal", "MB/s", size / cpu)
    if question.total(server) == 0:
        raise SystemExit("the journal was read back, but its rows are not there")


# ---- programs ----

def programs_size(bench):
    """All programs together, stripped."""
    def stripped(path):
        out = os.path.join(bench.work, "stripped")
        subprocess.run(["strip", "-o", out, path], check=True)
        return os.path.getsize(out) / 1e6

    ours = [p for p in glob.glob(os.path.join(bench.build, "pyro-*")) if os.access(p, os.X_OK)]   # not an archive of dist
    sizes = {bench.kinds[0][0]: sum(map(stripped, ours))}
    for kind, program in bench.kinds[1:]:
        sizes[kind] = stripped(program)
    bench.figure("programs_size", "MB", sizes)


def top_34m(bench):
    """pyro-query top on 34 MB of raw pprof: CPU time, and time on the clock, the median of some; beside it once Go's pprof."""
    file = bench.inputs.file("raw_34m.pb")
    own = [cost([os.path.join(bench.build, "pyro-query"), "top", file]) for _ in range(TOPS)]
    cpu, clock = (statistics.median(x[i] for x in own) / 1000 for i in (0, 1))
    bench.plain("top_34m", "s", cpu)
    bench.plain("top_34m_clock", "s", clock)
    pprof = gos_pprof()
    if pprof is None:
        inputs.say("top_34m: go is not installed")
        return
    other = cost([pprof, "-symbolize=none", "-top", file])
    bench.plain("top_34m_pprof", "s", other[0] / 1000)
    bench.plain("top_34m_ratio", "x", other[0] / 1000 / cpu)
    bench.plain("top_34m_clock_ratio", "x", other[1] / 1000 / clock)


GROUPS = [
    Group(start_empty, "start_empty", "start_empty_best", "start_empty_cpu"),
    Group(start_journal, "start_journal", "start_journal_first_answer", "start_journal_answered", "start_journal_refused",
          "replay_journal"),
    Group(programs_size, "programs_size"),
    Group(top_34m, "top_34m", "top_34m_clock", "top_34m_pprof", "top_34m_ratio", "top_34m_clock_ratio"),
]
