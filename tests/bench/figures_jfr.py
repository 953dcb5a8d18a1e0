"""figures_jfr.py - Flight Recorder files: what an upload costs until it is durable, and what one costs to read at the prompt.

The recordings are the reference data's, of real programs; without those, one of the writer that the tests have."""
import gzip
import os
import random
import shutil
import statistics
import subprocess
import sys

import inputs
from inputs import Group
from servers import go_first

sys.path.insert(0, os.path.join(inputs.HERE, "..", "lib"))
import jfr_file  # noqa: E402

ROUNDS, ROUND_US, MAX_ROUND, READS = 25, 100000, 2000, 5
WAITING, UPLOADS = 200, 1000     # connections, uploads
DATA = os.path.join(os.environ.get("PYRO_SHARED", os.path.join(inputs.HERE, "..", "..", "..", "shared")), "testdata")
FORM = "multipart/form-data; boundary=benchboundary"
LIMIT = "-validation.max-profile-size-bytes=67108864"       # 0 is "no recording at all" to Pyroscope
FILES = {       # recording, labels
    "ingest_jfr": ("jfr/cortex-dev-01__kafka-0__cpu_lock0_alloc0__0.jfr.gz", None),
    "ingest_jfr_cpu": ("jfr/cortex-dev-01__kafka-0__cpu__0.jfr.gz", None),
    "ingest_jfr_labels": ("jfr/dump1.jfr.gz", "jfr/dump1.labels.pb.gz"),
}
READ = ("jfr/async-profiler", "jfr/cortex-dev-01__kafka-0__cpu_lock0_alloc0__0", "own/jfr/jdk17-profile-a", "jfr/example",
        "own/jfr/jdk17-profile-multichunk-a", "own/jfr/ap-itimer-alloc-lock-a", "jfr/cpool-uint64-constant-index",
        "own/jfr/ap-wall-a", "own/jfr/ap-cpu-chunks-a", "jfr/dump1", "jfr/cortex-dev-01__kafka-0__cpu_lock_alloc__0")


def read(name):
    """The bytes of a recording of the reference data, unpacked; None if it is not there."""
    for path in (name, name + ".jfr", name + ".jfr.gz"):
        path = os.path.join(DATA, path)
        if os.path.isfile(path):
            with open(path, "rb") as f:
                data = f.read()
            return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return None


def made(events=20000):
    """A recording of a seeded program: 1,200 stacks of some 35 frames."""
    rnd = random.Random("recording")
    names = ["com/shop/%s%d.%s%d" % (rnd.choice(("Cart", "Price", "Order")), i % 90, rnd.choice(("get", "put", "run")), i)
             for i in range(900)]
    stacks = [["%s:%d" % (rnd.choice(names), rnd.randrange(300)) for _ in range(max(3, int(rnd.gauss(35, 9))))]
              for _ in range(1200)]
    weights = [rnd.paretovariate(1.1) for _ in stacks]
    drawn = rnd.choices(range(1, len(stacks) + 1), weights, k=events)
    rows = [("jdk.ExecutionSample", {"startTime": 1000 * i, "stackTrace": s, "state": 1, "sampledThread": 1})
            for i, s in enumerate(drawn)]
    return jfr_file.recording(rows, stacks)


def form(parts):
    out = b""
    for name, data in parts:
        out += b"--benchboundary\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n" % (name, name)
        out += b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n"
    return out + b"--benchboundary--\r\n"


def upload(bench, name, recording, labels):
    """The file of a form as the Java agent sends it."""
    data = read(recording)
    if data is None:
        inputs.say("%s: no reference data; a recording of our own" % name)
    parts = [(b"jfr", gzip.compress(data or made(), 6, mtime=0))]
    if data and labels:
        parts.append((b"labels", gzip.compress(read(labels), 6, mtime=0)))
    file = os.path.join(bench.work, name)
    with open(file, "wb") as f:
        f.write(form(parts))
    return file


def jobs(file, first, count):
    out = []
    for i in range(first, first + count):
        at = inputs.BASE + i * 10**8      # every upload has a time of its own
        out.append("/ingest?name=shop%%7Bpod%%3Dp%d%%7D&from=%d&until=%d&format=jfr&spyName=javaspy&sampleRate=100 %s" % (
            i % 20, at, at + 10 * inputs.S, file))
    return out


def ingest(name, recording, labels):
    """CPU us from an upload to its durable answer; the sides in many short turns."""
    def measure(bench):
        file = upload(bench, name, recording, labels)
        sides = [bench.fresh(kind, program, [LIMIT]).start() for kind, program in bench.kinds]
        sent, n, costs = {s: 0 for s in sides}, {}, {s: [] for s in sides}

        def cost(s, count):
            sent[s] += count
            return bench.cost_us(s, jobs(file, sent[s] - count, count), connections=16, kind=FORM)

        for s in sides:
            cost(s, 40)         # symbols that are new, not counted
            n[s] = max(20, min(MAX_ROUND, int(ROUND_US / cost(s, 20))))
        for _ in range(ROUNDS):
            for s in sides:
                costs[s].append(cost(s, n[s]))
        bench.turns(name, "us", costs)
    return Group(measure, name)


def memory_ingest_jfr(bench):
    """The most that the processes of a server had, each at its time, while so many connections uploaded recordings."""
    file = upload(bench, "memory_ingest_jfr", *FILES["ingest_jfr_labels"])
    most = {}
    for kind, program in bench.kinds:
        s = bench.fresh(kind, program, [LIMIT]).start()
        bench.load(s, jobs(file, 0, UPLOADS), connections=WAITING, kind=FORM)
        most[s] = s.peak_mb()
    bench.figure("memory_ingest_jfr", "MB", most)


def cpu_s(argv):
    """CPU seconds of a program, the median of some runs; None if it fails."""
    took = []
    for _ in range(READS):
        child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                 preexec_fn=go_first)
        _, status, use = os.wait4(child.pid, 0)
        child.returncode = status
        if status != 0:
            return None
        took.append(use.ru_utime + use.ru_stime)
    return statistics.median(took)


def read_jfr(bench):
    """A recording of 3 MB gzip to pprof, beside the JDK's own reader, which gets it unpacked: CPU time. The JDK cannot
    print what is put together of several, so that is compared on the largest recording."""
    parts = [p for p in map(read, READ) if p]
    if not parts:
        parts = [made(200000)]
    data = b""
    while True:
        for p in parts:
            data += p
            packed = gzip.compress(data, 6, mtime=0) if len(data) > 6 << 20 else b""
            if len(packed) >= 3 << 20:
                break
        else:
            continue
        break
    plain, zipped = os.path.join(bench.work, "read.jfr"), os.path.join(bench.work, "read.jfr.gz")
    for path, content in ((plain, data), (zipped, packed)):
        with open(path, "wb") as f:
            f.write(content)
    def convert(path):
        return cpu_s([os.path.join(bench.build, "pyro-convert"), "--to", "pprof", "--force", "-o",
                      os.path.join(bench.work, "read.pb.gz"), path])

    ours = convert(zipped)
    bench.plain("read_jfr", "ms", ours * 1000)
    bench.plain("read_jfr_rate", "MB/s", len(data) / ours / 1e6)
    one = os.path.join(bench.work, "one.jfr")
    with open(one, "wb") as f:
        f.write(max(parts, key=len))
    for command, path, of in (("summary", plain, ours), ("print", one, convert(one))):
        theirs = cpu_s(["jfr", command, path]) if shutil.which("jfr") else None
        if theirs is None:
            inputs.say("read_jfr: no `jfr %s` of a JDK that reads this" % command)
            continue
        bench.plain("read_jfr_jdk_" + command, "ms", theirs * 1000)
        bench.plain("read_jfr_jdk_%s_ratio" % command, "x", theirs / of)


GROUPS = [ingest(name, *files) for name, files in FILES.items()]
GROUPS.append(Group(memory_ingest_jfr, "memory_ingest_jfr"))
GROUPS.append(Group(read_jfr, "read_jfr", "read_jfr_rate", "read_jfr_jdk_print", "read_jfr_jdk_print_ratio",
                    "read_jfr_jdk_summary", "read_jfr_jdk_summary_ratio"))
