"""figures_dashboard.py - CPU time of a dashboard of the last 24 hours: opened, refreshed while new profiles come, loaded again."""
import statistics

import inputs
from inputs import Group, Question, S

HOUR = 3600 * S
PODS, DAY, REFRESHES, REPEATS = 16, 24 * HOUR, 24, 8
BASE = inputs.BASE - 23 * HOUR


def panels(moved):
    """What a dashboard asks for, its window moved by so many ns: each panel is a question."""
    span = BASE + moved, BASE + DAY + moved
    return [Question("SelectMergeStacktraces", *span), Question("SelectMergeStacktraces", *span, selector='{pod="p0"}'),
            Question("SelectMergeStacktraces", *span, selector='{pod!="p0"}'), Question("SelectMergeProfile", *span),
            Question("SelectSeries", *span, group_by=["pod"], step=60),
            Question("SelectSeries", *span, group_by=["service_name"], step=60)]


def cost_ms(bench, side, moved):
    """All panels at once, over six connections, as a browser asks."""
    side.settle()
    before = side.cpu_us()
    bench.load(side, [q.job(bench.work) for q in panels(moved)], connections=6, kind="application/proto")
    side.settle()
    return (side.cpu_us() - before) / 1000


def dashboard(bench):
    """A day of 16 pods at 15 s, 92,160 profiles, in blocks; then 16 profiles every 15 s, and a refresh after each; then the
    same again and again, with nothing new."""
    sides, files = bench.start(), bench.inputs.draws("cpu_small")
    first, again, same = {}, {}, {}
    for s in sides:
        bench.load(s, inputs.repeated(files, PODS * 5760, pods=PODS, base=BASE))
        s.flush()
        costs = []
        for r in range(1 + REFRESHES):
            bench.load(s, inputs.repeated(files, PODS, pods=PODS, base=BASE + DAY + r * 15 * S))
            costs.append(cost_ms(bench, s, r * 15 * S))
        first[s], again[s] = costs[0], statistics.median(costs[1:])
        same[s] = statistics.median(cost_ms(bench, s, REFRESHES * 15 * S) for _ in range(REPEATS))
        everything, *parts = [q.total(s) for q in panels(REFRESHES * 15 * S)[:3]]
        if sum(parts) != everything or everything == 0:
            raise SystemExit("%s: the pods do not add up" % s.name)
    bench.figure("dashboard_first", "ms", first)
    bench.figure("dashboard_again", "ms", again)
    bench.figure("dashboard_same", "ms", same)


GROUPS = [Group(dashboard, "dashboard_first", "dashboard_again", "dashboard_same")]
