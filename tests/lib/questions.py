"""questions - what a server says about some data, in a form that can be compared: `answers(server, first, last)` asks
every call of the querier about everything it finds between two times (milliseconds) and returns {question: answer}."""
import json

import make_profile
import pprof_file

NODES = 1000000         # nothing is cut: where it is cut first depends on how rows are stored
SPANS = ["000000000000abc1", "000000000000abc3"]


def canonical(call, answer):
    """The order of series and of their labels says nothing."""
    if call == "Series":
        sets = [sorted((p["name"], p.get("value", "")) for p in s["labels"]) for s in answer.get("labelsSet", [])]
        return sorted(sets)
    return json.dumps(answer, sort_keys=True)


def merged(server, fields):
    """SelectMergeProfile, by stack with lines, files and addresses."""
    p = pprof_file.Pprof(server.ask_bytes("SelectMergeProfile", fields))
    return (p.types, p.sums(0, whole=True))


def message(kind, selector, first, last):
    return make_profile.data(1, kind.encode()) + make_profile.data(2, selector.encode()) + \
        make_profile.number(3, first) + make_profile.number(4, last)


def ranges(first, last):
    """The minute begins well inside of an hour: the original overlooks rows of the time before the start, which belong to
    the first point of a series, when their block ends before the start."""
    middle = (first + last) // 2
    minute = middle // 3600000 * 3600000 + 1800000
    return {"all": (first, last), "first half": (first, middle), "a minute": (minute, minute + 60000),
            "nothing": (first - 7200000, first - 3600000)}


def answers(server, first, last):
    out = {}

    def ask(title, call, **request):
        out["%s %s" % (call, title)] = canonical(call, server.ask(call, **request))

    types = [t["ID"] for t in server.ask("ProfileTypes", start=first, end=last).get("profileTypes", [])]
    services = server.ask("LabelValues", name="service_name", start=first, end=last).get("names", [])
    for when, (start, end) in ranges(first, last).items():
        span = {"start": start, "end": end}
        ask(when, "ProfileTypes", **span)
        ask(when, "LabelNames", **span)
        ask(when, "Series", matchers=[], **span)
        ask(when + " by region", "Series", matchers=['{service_name=~".*s.*"}'], labelNames=["region", "service_name"], **span)
        for name in ("service_name", "region", "pod", "__profile_type__", "no_such"):
            ask("%s of %s" % (when, name), "LabelValues", name=name, **span)
        selectors = ["{}"] + ['{service_name="%s"}' % s for s in services] + ['{region=~"e.|ap.*",service_name!="cart"}']
        for kind in types:
            for selector in selectors if when == "all" else selectors[:2]:
                q = dict(span, profileTypeID=kind, labelSelector=selector)
                title = "%s %s %s" % (when, kind, selector)
                ask(title, "SelectMergeStacktraces", maxNodes=NODES, **q)
                out["SelectMergeProfile " + title] = merged(server, message(kind, selector, start, end))
                ask(title + " by pod", "SelectSeries", groupBy=["pod"], step=60, **q)
                ask(title + " mean", "SelectSeries", step=300, aggregation="TIME_SERIES_AGGREGATION_TYPE_AVERAGE", **q)
                if kind.startswith("process_cpu") and when != "nothing":
                    ask(title, "SelectMergeSpanProfile", spanSelector=SPANS, maxNodes=NODES, **q)
            if when == "all":
                left = dict(span, profileTypeID=kind, labelSelector=selectors[1], maxNodes=NODES)
                ask(kind, "Diff", left=left, right=dict(left, labelSelector=selectors[-2]))
    return out


LABELS = ("LabelNames", "LabelValues", "ProfileTypes", "Series")


def coarse(sheet):
    """Without what the original answers by whole blocks: labels and series of a part of a block's time."""
    return {q: a for q, a in sheet.items() if q.split()[0] not in LABELS or q.split()[1] in ("all", "nothing")}


def compare(tap, title, got, want):
    """One result for each call."""
    calls = sorted({q.split()[0] for q in want} | {q.split()[0] for q in got})
    for call in calls:
        mine = {q: a for q, a in got.items() if q.split()[0] == call}
        theirs = {q: a for q, a in want.items() if q.split()[0] == call}
        differ = [q for q in sorted(set(mine) | set(theirs)) if mine.get(q) != theirs.get(q)]
        why = "\n".join("%s\n  got      %s\n  expected %s" % (q, *apart(mine.get(q), theirs.get(q))) for q in differ[:3])
        tap.ok(not differ, "%s: %s, %d questions" % (title, call, len(theirs)), "%d differ\n%s" % (len(differ), why))


def apart(a, b):
    """Both from where they begin to differ."""
    if isinstance(a, tuple) and isinstance(b, tuple) and isinstance(a[1], dict):
        keys = [k for k in sorted(set(a[1]) | set(b[1])) if a[1].get(k) != b[1].get(k)]
        if keys:
            return ["%d stacks, %s: %s" % (len(x[1]), keys[0], x[1].get(keys[0])) for x in (a, b)]
    a, b = str(a), str(b)
    n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return ["%d characters ...%s" % (len(x), x[max(0, n - 60):n + 200]) for x in (a, b)]
