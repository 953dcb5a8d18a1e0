"""figures_query.py - CPU time of questions about recent rows (head) and about blocks, and what those blocks weigh."""
import inputs
from inputs import Group

HOUR = 3600 * inputs.S


def push_all(bench, sides, jobs):
    for s in sides:
        bench.load(s, jobs)


def same_total(sides, question, before=None):
    """Ends the run if an answer lacks rows: a fast wrong answer is no figure."""
    totals = {question.total(s) for s in sides} | ({before} if before else set())
    if len(totals) != 1 or totals == {0}:
        raise SystemExit("answers differ: %s" % sorted(totals))
    return totals.pop()


def in_both(bench, sides, questions):
    """The questions to the heads, then, when everything is in blocks, to those."""
    total = None
    for where in ("head", "block"):
        total = same_total(sides, questions[0][1], total)
        for name, question in questions:
            bench.ask(sides, name.replace("*", where), question)
        if where == "head":
            for s in sides:
                s.flush()


def merge_400(bench):
    """400 pushes of the 30 KB CPU profile, by 20 pods of one service."""
    sides = bench.start()
    push_all(bench, sides, inputs.repeated([bench.inputs.file("cpu_30k.pb.gz")], 400))
    span = inputs.BASE, inputs.BASE + HOUR
    in_both(bench, sides, [("merge_400_*", inputs.Question("SelectMergeStacktraces", *span)),
                           ("merge_400_*_pprof", inputs.Question("SelectMergeProfile", *span))])


def half_hour(bench):
    """Half an hour of 10 services of 3 pods: 3,600 profiles, 2.9 M samples."""
    origin, jobs = bench.inputs.half_hour()
    inputs.say("merge_half_hour, series_half_hour: %d profiles of %s" % (len(jobs), origin))
    sides = bench.start()
    bench.figure("ingest_half_hour", "us", {s: bench.cost_us(s, jobs) for s in sides})
    span = inputs.BASE, inputs.BASE + HOUR
    in_both(bench, sides, [("merge_half_hour_*", inputs.Question("SelectMergeStacktraces", *span)),
                           ("merge_half_hour_*_pprof", inputs.Question("SelectMergeProfile", *span)),
                           ("series_half_hour_*", inputs.Question("SelectSeries", *span, group_by=["pod"], step=15))])
    bench.figure("block_bytes_half_hour", "B", {s: s.block_bytes() / len(jobs) for s in sides})


def query_24h(bench):
    """One pod for 24 hours: 5,760 small CPU profiles at 15 s, in hourly blocks; all of it, asked again and again."""
    sides, base = bench.start(), inputs.BASE - 23 * HOUR
    push_all(bench, sides, inputs.repeated(bench.inputs.draws("cpu_small"), 5760, pods=1, base=base))
    for s in sides:
        s.flush()
    question = inputs.Question("SelectMergeStacktraces", base, base + 24 * HOUR)
    same_total(sides, question)
    bench.ask(sides, "query_24h", question)
    bench.figure("block_bytes_24h", "B", {s: s.block_bytes() / 5760 for s in sides})


def block_bytes(name, n, pods, files):
    """Bytes of all files of the blocks, divided by the number of pushes."""
    def measure(bench):
        sides, paths = bench.start(), files(bench)
        push_all(bench, sides, inputs.repeated(paths, n, pods=pods))
        for s in sides:
            s.flush()
        bench.figure(name, "B", {s: s.block_bytes() / n for s in sides})
    return Group(measure, name)


GROUPS = [
    Group(merge_400, "merge_400_head", "merge_400_block", "merge_400_head_pprof", "merge_400_block_pprof"),
    Group(half_hour, "merge_half_hour_head", "merge_half_hour_block", "merge_half_hour_head_pprof",
          "merge_half_hour_block_pprof", "series_half_hour_head", "series_half_hour_block", "ingest_half_hour",
          "block_bytes_half_hour"),
    Group(query_24h, "query_24h", "block_bytes_24h"),
    block_bytes("block_bytes_4000", 4000, 20, lambda bench: [bench.inputs.file("cpu_30k.pb.gz")]),
    block_bytes("block_bytes_pod_hour", 240, 1, lambda bench: bench.inputs.draws("cpu_small")),
]
