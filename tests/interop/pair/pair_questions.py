"""pair_questions.py - requests that read: every call of the query services and of /pyroscope/*, with every parameter
varied, over the wires that clients speak; and a sweep that asks for everything that was written.
"""

import gzip
import json
import urllib.parse

from pair_wire import encode
from pair_writes import RICH

QUERIER = "/querier.v1.QuerierService/"
JSON = {"Content-Type": "application/json"}
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
SAMPLES = "process_cpu:samples:count:cpu:nanoseconds"
HEAP = "memory:inuse_space:bytes:space:bytes"
GOROUTINE = "goroutine:goroutine:count:goroutine:count"
START, END = RICH * 1000, (RICH + 3600) * 1000
DAY = (1768435200000, 1768521600000)


def call(title, proc, value, headers=None, **more):
    """A Connect call in JSON; value is a dictionary or bytes."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return dict(
        {
            "name": "%s %s" % (proc, title),
            "method": "POST",
            "path": QUERIER + proc,
            "headers": dict(JSON, **(headers or {})),
            "body": body,
            "proc": proc,
        },
        **more
    )


def get(title, path, headers=None, method="GET", **query):
    items = []
    for k, v in query.items():
        for x in v if isinstance(v, list) else [v]:
            if x is not None:
                items.append((k.rstrip("_").replace("__", "-"), x))
    text = urllib.parse.urlencode(items)
    return {
        "name": "%s %s" % (path.rpartition("/")[2], title),
        "method": method,
        "path": path + ("?" + text if text else ""),
        "headers": headers or {},
        "body": b"",
    }


def select(**more):
    return dict({"profileTypeID": CPU, "labelSelector": '{service_name="rich"}', "start": START, "end": END}, **more)


SELECTORS = [
    "",
    "{}",
    " {} ",
    '{service_name="rich"}',
    "{service_name='rich'}",
    "{service_name=`rich`}",
    '{service_name="rich",}',
    '{service_name="rich",pod="a"}',
    '{service_name="rich",pod!="a"}',
    '{service_name="rich",pod=~"a|b"}',
    '{service_name="rich",pod!~"a|b"}',
    '{service_name="rich",zone=""}',
    '{service_name="rich",zone!=""}',
    '{service_name="rich",zone=~".*"}',
    '{service_name="rich",zone=~".+"}',
    '{service_name="rich",zone!~".+"}',
    '{service_name="rich",nothing=""}',
    '{service_name=~"r.*"}',
    '{service_name=~"R.*"}',
    '{service_name=~"(?i)R.*"}',
    '{service_name=~"ric"}',
    '{service_name=~"^rich$"}',
    '{service_name=~"ri[a-d]h"}',
    '{service_name=~"ri\\\\wh"}',
    '{service_name=~"\\\\w+"}',
    '{service_name=~"("}',
    '{service_name=~"a{2000}"}',
    '{service_name=~"(?P<x>rich)"}',
    '{service_name=~"ri(?=ch)"}',
    '{service_name=~"\\\\1"}',
    '{service_name=~"rich|"}',
    '{service_name=~""}',
    '{service_name!~""}',
    '{service_name="rich" pod="a"}',
    '{service_name="rich",,pod="a"}',
    "{,}",
    "{",
    "}",
    "rich",
    "rich{}",
    "process_cpu",
    'process_cpu{service_name="rich"}',
    "{service_name}",
    "{service_name=}",
    "{service_name=rich}",
    '{service_name="rich"',
    '{service_name=="rich"}',
    '{"service_name"="rich"}',
    "{'service_name'=\"rich\"}",
    '{"process_cpu",service_name="rich"}',
    '{service_name="ri\\u0063h"}',
    '{service_name="ri\\x63h"}',
    '{service_name="\\q"}',
    '{service_name="rich"} # comment',
    '{service_name="rich"} x',
    '{service_name="rich"}[5m]',
    '{service_name="rich"} offset 5m',
    'sum({service_name="rich"})',
    '{service_name="rich" or pod="a"}',
    '{__name__="process_cpu",service_name="rich"}',
    '{__profile_type__="%s",service_name="rich"}' % CPU,
    '{__profile_type__="x",service_name="rich"}',
    '{service_name="rich",service_name="rich"}',
    '{service_name="rich",service_name="poor"}',
    '{service_name="é"}',
    '{é="x"}',
    '{1a="x"}',
    '{a-b="x"}',
    '{a.b="x"}',
    '{a:b="x"}',
    '{service_name="rich"\n}',
    '{service_name="ri\nch"}',
    "{service_name=`ri\nch`}",
    '{service_name!="rich"}',
    '{service_name=~"rich",pod=~"[ab]"}',
    '{service_name=~"r" }',
    '{__service_name__="rich"}',
    '{__type__="cpu",service_name="rich"}',
    '{__unit__!="nanoseconds",service_name="rich"}',
    "(",
    "1",
    '"rich"',
    '{"rich"}',
    '{service_name=~"ri.h"}',
    '{service_name=~"ri\\\\.h"}',
    '{service_name=~".{4}"}',
    '{service_name=~"\\\\p{L}+"}',
    '{service_name=~"[[:alpha:]]+"}',
    '{service_name=~"rich\\\\z"}',
    '{service_name=~"\\\\Qrich\\\\E"}',
    '{service_name=~"(?s).*"}',
    '{service_name=~"[^x]+"}',
    '{service_name=~"ri**"}',
    '{service_name=~"[z-a]"}',
    '{service_name=~"x{2,1}"}',
    '{service_name=~"\\\\C"}',
    '{service_name=~"(?<n>rich)"}',
    '{service_name=~"a++"}',
    '{service_name=~"(?a)"}',
    "{} {}",
    "{}{}",
    "rate({}[5m])",
    '{service_name="rich"}\t',
    "# x\n{}",
    '{service_name = "rich" , pod = "a"}',
    '{by="x"}',
    '{offset="x"}',
    '{sum="x",service_name="rich"}',
    "sum",
    "by{}",
    "inf",
    "nan",
    "1m",
    '{service_name="rich",pod="a"',
    '{service_name="rich"pod="a"}',
    '{service_name=~"rich',
    "{'x}",
    "{`x}",
]

RANGES = [
    ("none", {}),
    ("start 0", {"start": 0, "end": END}),
    ("end 0", {"start": START, "end": 0}),
    ("only start", {"start": START}),
    ("only end", {"end": END}),
    ("equal", {"start": START, "end": START}),
    ("after", {"start": END, "end": START}),
    ("one ms", {"start": START, "end": START + 1}),
    ("negative", {"start": -5, "end": END}),
    ("both negative", {"start": -50, "end": -5}),
    ("texts", {"start": str(START), "end": str(END)}),
    ("floats", {"start": START + 0.0, "end": float(END)}),
    ("fraction", {"start": START + 0.5, "end": END}),
    ("exponent text", {"start": "1.7684748e12", "end": "1.7684784E12"}),
    ("bad text", {"start": "x", "end": END}),
    ("null", {"start": None, "end": END}),
    ("too large", {"start": START, "end": 9223372036854775808}),
    ("day", {"start": DAY[0], "end": DAY[1]}),
    ("month", {"start": START - 86400000 * 20, "end": START + 86400000 * 10}),
    ("seconds", {"start": RICH, "end": RICH + 3600}),
    ("bool", {"start": True, "end": END}),
    ("part", {"start": START + 60000, "end": START + 120000}),
    ("edge", {"start": START + 15000, "end": START + 30000}),
    ("blank text", {"start": " %d" % START, "end": END}),
]

TYPES = [
    "",
    CPU,
    SAMPLES,
    HEAP,
    "memory:inuse_objects:count:space:bytes",
    GOROUTINE,
    CPU + ":delta",
    CPU + ":",
    CPU + ":x:y",
    "process_cpu",
    "::::",
    "a:b:c:d:e",
    "process_cpu:cpu:nanoseconds::",
    "process_cpu:cpu:nanoseconds:cpu",
    ":::::",
    "Process_cpu:cpu:nanoseconds:cpu:nanoseconds",
    CPU + " ",
    " " + CPU,
    CPU + "{}",
    'a:b:c:d:"e',
    "é:b:c:d:e",
]
NODES = [
    None,
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    10,
    16,
    20,
    32,
    50,
    64,
    100,
    200,
    400,
    1000,
    8192,
    10000,
    1048576,
    1048577,
    -1,
    "5",
    "x",
    5.0,
    5.5,
    True,
    9223372036854775807,
]


def stack_questions():
    out = []
    for proc in ("SelectMergeStacktraces", "SelectMergeProfile", "SelectSeries", "SelectMergeSpanProfile"):
        more = {"SelectSeries": {"step": 60}, "SelectMergeSpanProfile": {"spanSelector": ["0000000000000003"]}}.get(
            proc, {}
        )
        for i, s in enumerate(SELECTORS):
            out.append(call("selector %d %s" % (i, s), proc, select(labelSelector=s, **more)))
        for title, r in RANGES:
            if proc == "SelectSeries" and title == "negative":  # every step of 56 years
                continue
            out.append(
                call(
                    "range " + title,
                    proc,
                    dict({"profileTypeID": CPU, "labelSelector": '{service_name="rich"}'}, **dict(more, **r)),
                )
            )
        for t in TYPES:
            out.append(call("type " + t, proc, select(profileTypeID=t, **more)))
        for key in ("profileTypeID", "labelSelector"):
            value = select(**more)
            del value[key]
            out.append(call("without " + key, proc, value))
        for key, value in (
            ("profile_typeID", CPU),
            ("profileTypeId", CPU),
            ("label_selector", "{}"),
            ("maxNodes", None),
            ("unknown", {"a": [1]}),
            ("max_nodes", 4),
            ("labelSelector", 5),
            ("labelSelector", None),
            ("profileTypeID", ["x"]),
        ):
            out.append(call("member %s %s" % (key, value), proc, dict(select(**more), **{key: value})))
        if proc != "SelectSeries":
            for n in NODES:
                for selector in ('{service_name="rich"}', "{}"):
                    out.append(
                        call(
                            "max nodes %s %s" % (n, selector),
                            proc,
                            select(maxNodes=n, labelSelector=selector, **more),
                        )
                    )
            for n in (5, 40):
                out.append(
                    call(
                        "day max nodes %s" % n,
                        proc,
                        select(maxNodes=n, start=DAY[0], end=DAY[1], labelSelector="{}", **more),
                    )
                )
                for t in (SAMPLES, HEAP, GOROUTINE):
                    out.append(call("max nodes %s %s" % (n, t), proc, select(maxNodes=n, profileTypeID=t, **more)))
        if proc in ("SelectMergeStacktraces", "SelectMergeSpanProfile"):
            for f in (
                "PROFILE_FORMAT_TREE",
                "PROFILE_FORMAT_FLAMEGRAPH",
                "PROFILE_FORMAT_UNSPECIFIED",
                "PROFILE_FORMAT_DOT",
                "PROFILE_FORMAT_SANDWICH",
                0,
                1,
                2,
                3,
                4,
                -1,
                "2",
                "tree",
                "",
                None,
                2.0,
                2.5,
                "PROFILE_FORMAT_FUNCTIONS",
            ):
                out.append(call("format %s" % f, proc, select(format=f, **more)))
            for n in (1, 3, 10, 50):
                out.append(call("tree %d nodes" % n, proc, select(format=2, maxNodes=n, **more)))
    for sites in (
        [],
        ["main"],
        ["main", "serve"],
        ["serve"],
        ["nothing"],
        ["main", "nothing"],
        [""],
        ["total"],
        ["other"],
        ["é"],
        ["main", "main"],
        ["inner"],
        ["wait"],
        ["main", "wait"],
        ["main", "inner"],
        ["main", "wait", "inner"],
        ["main", "inner", "wait"],
    ):
        for t in (CPU, GOROUTINE):
            selector = {"callSite": [{"name": s} for s in sites]}
            out.append(
                call(
                    "call site %s %s" % (sites, t[:4]),
                    "SelectMergeProfile",
                    select(profileTypeID=t, stackTraceSelector=selector),
                )
            )
            out.append(
                call(
                    "call site nodes %s %s" % (sites, t[:4]),
                    "SelectMergeProfile",
                    select(profileTypeID=t, stackTraceSelector=selector, maxNodes=5),
                )
            )
            out.append(
                call(
                    "call site %s %s" % (sites, t[:4]),
                    "SelectSeries",
                    select(profileTypeID=t, stackTraceSelector=selector, step=60),
                )
            )
            out.append(
                call(
                    "call site by pod %s %s" % (sites, t[:4]),
                    "SelectSeries",
                    select(profileTypeID=t, stackTraceSelector=selector, step=60, groupBy=["pod"]),
                )
            )
    for selector in (
        {},
        None,
        {"callSite": None},
        {"call_site": [{"name": "main"}]},
        {"callSite": [{}]},
        {"callSite": "main"},
        {"goPgo": {}},
        {"goPgo": {"keepLocations": 1}},
        {"goPgo": {"keepLocations": 3, "aggregateCallees": True}},
        {"goPgo": {"keepLocations": 3}, "callSite": [{"name": "main"}]},
        {"goPgo": {"keepLocations": 0, "aggregateCallees": True}},
        {"go_pgo": {"keep_locations": 2}},
        {"goPgo": {"keepLocations": -1}},
        {"goPgo": {"keepLocations": 4294967295}},
    ):
        for proc in ("SelectMergeProfile", "SelectSeries"):
            out.append(
                call(
                    "selector %s" % json.dumps(selector),
                    proc,
                    select(
                        stackTraceSelector=selector,
                        profileTypeID=GOROUTINE,
                        **({"step": 60} if proc == "SelectSeries" else {})
                    ),
                )
            )
    for spans in (
        [],
        ["0000000000000003"],
        ["0000000000000003", "0000000000000004"],
        ["0000000000000003", "0000000000000003"],
        ["00000000000000FF"],
        ["0123456789ABCDEF"],
        ["3"],
        [""],
        ["zzzzzzzzzzzzzzzz"],
        ["00000000000000030"],
        ["0000000000000003", "x"],
        "0000000000000003",
        None,
        [3],
        ["0x00000000000003"],
    ):
        out.append(call("spans %s" % spans, "SelectMergeSpanProfile", select(spanSelector=spans)))
        out.append(
            call(
                "spans day %s" % spans,
                "SelectMergeSpanProfile",
                select(spanSelector=spans, labelSelector="{}", start=DAY[0], end=DAY[1]),
            )
        )
    for spans in (["0123456789abcdef"], ["0000000000000001"], ["00000000000000ff"], ["efcdab8967452301"]):
        out.append(
            call(
                "spans all %s" % spans,
                "SelectMergeSpanProfile",
                select(spanSelector=spans, labelSelector="{}", start=DAY[0], end=DAY[1]),
            )
        )
    return out


def series_questions():
    out = []
    for by in (
        [],
        ["pod"],
        ["zone"],
        ["pod", "zone"],
        ["zone", "pod"],
        ["pod", "pod"],
        ["nothing"],
        ["service_name"],
        ["__type__"],
        ["__profile_type__"],
        ["__name__", "pod"],
        [""],
        ["pod", ""],
        "pod",
        None,
        [5],
        ["a-b"],
        ["é"],
        ["__session_id__"],
        ["POD"],
    ):
        for selector in ('{service_name="rich"}', '{service_name=~"rich|poor"}', "{}"):
            for aggregation in (None, "TIME_SERIES_AGGREGATION_TYPE_AVERAGE"):
                out.append(
                    call(
                        "by %s %s %s" % (by, selector, aggregation and "avg"),
                        "SelectSeries",
                        select(groupBy=by, labelSelector=selector, step=60, aggregation=aggregation),
                    )
                )
    for step in (
        None,
        0,
        1,
        7,
        10,
        14.999,
        15,
        15.001,
        15.5,
        30,
        60,
        61,
        450,
        3599,
        3600,
        3601,
        7200,
        86400,
        0.5,
        1e9,
        "15",
        "x",
        True,
        "15.0",
        1.0009,
        2.0005,
    ):
        for aggregation in (None, 1):
            out.append(
                call("step %s %s" % (step, aggregation), "SelectSeries", select(step=step, aggregation=aggregation))
            )
            out.append(
                call(
                    "step by pod %s %s" % (step, aggregation),
                    "SelectSeries",
                    select(step=step, aggregation=aggregation, groupBy=["pod"], start=START + 7000, end=END - 7001),
                )
            )
    for aggregation in (0, 1, 2, -1, "TIME_SERIES_AGGREGATION_TYPE_SUM", "AVERAGE", "", "1", None, 1.0):
        out.append(call("aggregation %s" % aggregation, "SelectSeries", select(step=60, aggregation=aggregation)))
    for limit in (None, 0, 1, 2, 3, 4, 100, -1, "2", "x", 9223372036854775807):
        for by in (["pod"], ["service_name", "pod"], []):
            out.append(
                call(
                    "limit %s %s" % (limit, by),
                    "SelectSeries",
                    select(step=60, limit=limit, groupBy=by, labelSelector='{service_name=~"rich|poor"}'),
                )
            )
    for exemplar in ("EXEMPLAR_TYPE_NONE", "EXEMPLAR_TYPE_INDIVIDUAL", "EXEMPLAR_TYPE_SPAN", 9, "x"):
        out.append(call("exemplar %s" % exemplar, "SelectSeries", select(step=60, exemplarType=exemplar)))
    for shift in (1, 999, 1000, 1001, 14999, 15000, 15001):
        for step in (1, 15, 60):
            out.append(
                call(
                    "shift %d %d" % (shift, step),
                    "SelectSeries",
                    select(step=step, start=START + shift, end=START + shift + 300000),
                )
            )
    for t in (SAMPLES, HEAP, GOROUTINE, "memory:alloc_objects:count:space:bytes"):
        for step in (1, 450, 900, 1800):
            out.append(call("type %s %d" % (t, step), "SelectSeries", select(step=step, profileTypeID=t)))
            out.append(
                call("type avg %s %d" % (t, step), "SelectSeries", select(step=step, profileTypeID=t, aggregation=1))
            )
    return out


def label_questions():
    out = []
    for title, r in RANGES:
        without = title in ("none", "start 0", "end 0", "only start", "only end", "null")
        if without:
            continue
        out.append(call("range " + title, "ProfileTypes", r))
        out.append(call("range " + title, "LabelNames", r))
        out.append(call("range " + title, "LabelValues", dict(r, name="service_name")))
        out.append(call("range " + title, "Series", dict(r, labelNames=["service_name"])))
    day = {"start": START, "end": END}
    for i, s in enumerate(SELECTORS):
        for proc, more in (
            ("LabelNames", {}),
            ("LabelValues", {"name": "pod"}),
            ("Series", {"labelNames": ["service_name", "pod"]}),
        ):
            out.append(call("selector %d %s" % (i, s), proc, dict(day, matchers=[s], **more)))
    for name in (
        "",
        "service_name",
        "pod",
        "zone",
        "__name__",
        "__profile_type__",
        "__type__",
        "__unit__",
        "__period_type__",
        "__period_unit__",
        "__service_name__",
        "__session_id__",
        "nothing",
        "Pod",
        "a-b",
        "é",
        "service.name",
        "__delta__",
        "pyroscope_spy",
        "span_id",
        None,
        5,
        " pod",
        "a.b",
        "a_b",
    ):
        for m in (None, [], ["{}"], ['{service_name="rich"}'], ['{service_name=~"d-.*"}']):
            out.append(
                call(
                    "name %s %s" % (name, m),
                    "LabelValues",
                    dict(
                        day if m != ['{service_name=~"d-.*"}'] else {"start": DAY[0], "end": DAY[1]},
                        name=name,
                        matchers=m,
                    ),
                )
            )
    for names in (
        [],
        None,
        ["service_name"],
        ["service_name", "__profile_type__"],
        ["__profile_type__", "service_name"],
        ["pod"],
        ["pod", "pod"],
        ["nothing"],
        [""],
        ["a-b"],
        ["é"],
        ["a.b"],
        ["zone", "pod"],
        "pod",
        [5],
    ):
        for m in (
            None,
            ["{}"],
            ['{service_name="rich"}'],
            ['{service_name=~"rich|poor",pod="a"}'],
            ["{", "{}"],
            ['{service_name="nobody"}'],
        ):
            out.append(call("names %s %s" % (names, m), "Series", dict(day, labelNames=names, matchers=m)))
    for proc in ("ProfileTypes", "LabelNames", "LabelValues", "Series"):
        more = {"LabelValues": {"name": "service_name"}, "Series": {"labelNames": ["service_name"]}}.get(proc, {})
        for accept in (
            "*/*;allow-utf8-labelnames=true",
            "application/json; allow-utf8-labelnames=true",
            "*/*;allow-utf8-labelnames=maybe",
            "text/html;q=0.8, */*",
        ):
            out.append(call("accept " + accept, proc, dict(day, **more), {"Accept": accept}))
        for key, value in (
            ("unknown", 1),
            ("matchers", "{}"),
            ("matchers", [5]),
            ("matchers", [""]),
            ("matchers", [None]),
        ):
            if proc != "ProfileTypes" or key == "unknown":
                out.append(call("member %s %s" % (key, value), proc, dict(day, **dict(more, **{key: value}))))
    out.append(call("plain", "GetProfileStats", {}))
    for proc in ("AnalyzeQuery", "SelectHeatmap", "Nothing"):
        if proc != "AnalyzeQuery":
            out.append(call("plain", proc, select(step=60)))
    return out


def diff_questions():
    out = []
    left, right = select(end=START + 300000), select(start=START + 300000)
    for n in (None, 0, 1, 2, 5, 10, 50, 200, 8192, 1048577, -1):
        for m in (None, 7):
            out.append(
                call(
                    "nodes %s %s" % (n, m), "Diff", {"left": dict(left, maxNodes=n), "right": dict(right, maxNodes=m)}
                )
            )
    for i, s in enumerate(SELECTORS[:50]):
        out.append(call("left selector %d" % i, "Diff", {"left": dict(left, labelSelector=s), "right": right}))
        out.append(call("right selector %d" % i, "Diff", {"left": left, "right": dict(right, labelSelector=s)}))
    for t in TYPES:
        out.append(call("left type " + t, "Diff", {"left": dict(left, profileTypeID=t), "right": right}))
        out.append(
            call(
                "both types " + t,
                "Diff",
                {"left": dict(left, profileTypeID=t), "right": dict(right, profileTypeID=t)},
            )
        )
    for title, r in RANGES:
        base = {"profileTypeID": CPU, "labelSelector": '{service_name="rich"}'}
        out.append(call("left range " + title, "Diff", {"left": dict(base, **r), "right": right}))
        out.append(call("right range " + title, "Diff", {"left": left, "right": dict(base, **r)}))
    for value in (
        {},
        {"left": left},
        {"right": right},
        {"left": None, "right": right},
        {"left": {}, "right": {}},
        {"left": 5},
        {"left": [left], "right": right},
    ):
        out.append(call("shape %s" % sorted(value), "Diff", value))
    for n in (None, 3, 20):
        out.append(
            call(
                "services %s" % n,
                "Diff",
                {"left": select(maxNodes=n), "right": select(labelSelector='{service_name="poor"}')},
            )
        )
        out.append(call("same %s" % n, "Diff", {"left": select(maxNodes=n), "right": select()}))
        out.append(
            call(
                "heap %s" % n,
                "Diff",
                {"left": dict(left, profileTypeID=HEAP, maxNodes=n), "right": dict(right, profileTypeID=HEAP)},
            )
        )
        out.append(
            call(
                "goroutine %s" % n,
                "Diff",
                {
                    "left": dict(left, profileTypeID=GOROUTINE, maxNodes=n),
                    "right": dict(right, profileTypeID=GOROUTINE),
                },
            )
        )
    return out


def wire_questions():
    """The same questions over each wire, and what is wrong with the wire."""
    out = []
    calls = {
        "ProfileTypes": {"start": START, "end": END},
        "LabelNames": {"start": START, "end": END, "matchers": ["{}"]},
        "LabelValues": {"name": "pod", "start": START, "end": END},
        "Series": {"labelNames": ["service_name"], "start": START, "end": END},
        "SelectMergeStacktraces": select(),
        "SelectMergeProfile": select(),
        "SelectSeries": select(step=15.0, groupBy=["pod"]),
        "SelectMergeSpanProfile": select(spanSelector=["0000000000000003"]),
        "Diff": {"left": select(), "right": select(start=START + 60000)},
        "GetProfileStats": {},
    }
    bad = {
        "LabelValues": {},
        "SelectMergeStacktraces": {},
        "SelectSeries": select(step=0.0),
        "SelectMergeProfile": select(profileTypeID="x"),
        "Diff": {},
    }
    for kind, some in (("good", calls), ("bad", bad)):
        for proc, value in some.items():
            body = encode(proc, value)
            framed = b"\0" + len(body).to_bytes(4, "big") + body
            one = lambda title, headers, b, **more: out.append(
                dict(
                    {
                        "name": "wire %s %s %s" % (proc, kind, title),
                        "method": "POST",
                        "path": QUERIER + proc,
                        "headers": headers,
                        "body": b,
                        "proc": proc,
                    },
                    **more
                )
            )
            one("proto", {"Content-Type": "application/proto"}, body)
            one("proto gzip answer", {"Content-Type": "application/proto", "Accept-Encoding": "gzip"}, body)
            one(
                "proto gzip request",
                {"Content-Type": "application/proto", "Content-Encoding": "gzip"},
                gzip.compress(body, mtime=0),
            )
            one("json gzip answer", dict(JSON, **{"Accept-Encoding": "gzip"}), json.dumps(value).encode())
            one("grpc-web", {"Content-Type": "application/grpc-web+proto"}, framed)
            one(
                "grpc-web gzip",
                {
                    "Content-Type": "application/grpc-web+proto",
                    "Grpc-Encoding": "gzip",
                    "Grpc-Accept-Encoding": "gzip",
                },
                b"\1" + len(gzip.compress(body, mtime=0)).to_bytes(4, "big") + gzip.compress(body, mtime=0),
            )
            one("grpc", {"content-type": "application/grpc"}, framed, via="grpc")
            one(
                "grpc gzip",
                {"content-type": "application/grpc+proto", "grpc-encoding": "gzip", "grpc-accept-encoding": "gzip"},
                b"\1" + len(gzip.compress(body, mtime=0)).to_bytes(4, "big") + gzip.compress(body, mtime=0),
                via="grpc",
            )
            one("cut proto", {"Content-Type": "application/proto"}, body[:-1])
            one("garbage", {"Content-Type": "application/proto"}, b"\xff\xff\xff\xff")
            one(
                "empty proto",
                {"Content-Type": "application/proto"},
                b"" if proc in ("SelectMergeStacktraces", "SelectMergeProfile", "SelectSeries", "Diff") else body,
            )
            one("grpc-web cut", {"Content-Type": "application/grpc-web+proto"}, framed[:-1])
            one("grpc-web empty", {"Content-Type": "application/grpc-web+proto"}, b"")
    proc, value = "LabelValues", calls["LabelValues"]
    text, path = json.dumps(value).encode(), QUERIER + "LabelValues"
    for head in (
        {"Content-Type": "application/json;charset=utf-8"},
        {"Content-Type": "application/json; charset=UTF-8"},
        {"Content-Type": "application/json; charset=ascii"},
        {"Content-Type": "application/json; x=y"},
        {"Content-Type": "text/json"},
        {},
        {"Content-Type": ""},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "APPLICATION/JSON"},
        {"Content-Type": "application/json", "Accept-Encoding": "gzip;q=0"},
        {"Content-Type": "application/json", "Accept-Encoding": "br,gzip"},
        {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate, br"},
        {"Content-Type": "application/json", "Accept-Encoding": "*"},
        {"Content-Type": "application/json", "Accept-Encoding": "identity"},
        {"Content-Type": "application/json", "Accept-Encoding": "GZIP"},
        {"Content-Type": "application/json", "Content-Encoding": "br"},
        {"Content-Type": "application/json", "Connect-Protocol-Version": "1"},
        {"Content-Type": "application/json", "Connect-Protocol-Version": ""},
        {"Content-Type": "application/json", "Connect-Protocol-Version": "2"},
        {"Content-Type": "application/json", "Connect-Timeout-Ms": "10000"},
        {"Content-Type": "application/json", "Connect-Timeout-Ms": "1e3"},
        {"Content-Type": "application/json", "Connect-Timeout-Ms": "0000010000"},
        {"Content-Type": "application/json", "Accept": "text/html"},
        {"Content-Type": "application/json", "Accept": "*/*"},
        {"Content-Type": "application/json", "Origin": "http://x"},
        {"Content-Type": "application/json", "X-Scope-OrgID": "other"},
        {"Content-Type": "application/connect+json"},
        {"Content-Type": "application/grpc+json"},
        {"Content-Type": "application/json", "Expect": "x"},
    ):
        out.append(
            {
                "name": "wire headers %s" % json.dumps(head),
                "method": "POST",
                "path": path,
                "headers": head,
                "body": text,
                "proc": proc,
            }
        )
    for method in ("GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "FOO"):
        for p in (
            path,
            path + "?connect=v1&encoding=json&message=%7B%7D",
            QUERIER + "Nothing",
            "/pyroscope/render",
            "/pyroscope/label-values?label=__name__",
            "/ready",
            "/nothing",
            "/ingest",
            "/api/v1/status/buildinfo",
            "/",
        ):
            if not (p == "/" and method in ("GET", "HEAD")):
                out.append(
                    {"name": "method %s %s" % (method, p), "method": method, "path": p, "headers": {}, "body": b""}
                )
    for p in (
        "/nothing",
        "/querier.v1.QuerierService",
        "/querier.v1.QuerierService/",
        "/querier.v1.QuerierService/LabelValues/",
        "/querier.v1.Querier/LabelValues",
        "/querier.v1.QuerierService/labelvalues",
        "//querier.v1.QuerierService/LabelValues",
        "/querier.v1.QuerierService/./LabelValues",
        "/api/nothing",
        "/pyroscope",
        "/pyroscope/",
        "/pyroscope/nothing",
        "/render",
        "/label-values",
        "/labels",
        "/ready/",
        "/metrics/",
        "/READY",
        "/%72eady",
        "/ready?x=y",
    ):
        out.append({"name": "path post " + p, "method": "POST", "path": p, "headers": JSON, "body": text})
        out.append(
            {
                "name": "path get " + p,
                "method": "GET",
                "path": p,
                "headers": {},
                "body": b"",
                "compare": "status" if p.startswith("/metrics") else "",
            }
        )
    for body in (
        b"",
        b"{}",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"{",
        b"{}{}",
        b"{} x",
        b'{"name":"pod","name":"zone"}',
        b'{"name":"pod","Name":"zone"}',
        b'{"NAME":"pod"}',
        b'{"name":"\xff"}',
        b'{"name":"\\ud800"}',
        b'{"name":"p\\u006fd","start":"%d","end":"%d"}' % (START, END),
        b'{"name":null}',
        b'{"name":{}}',
        b'{"matchers":null,"name":"pod","start":1,"end":2}',
        b'{"name":"pod","start":1e400}',
        b'{"name":"pod","start":01}',
        b'{"name":"pod",}',
        b"{'name':'pod'}",
        b'{"name":"pod"}\n',
        b' {"name":"pod","start":"%d","end":"%d"} ' % (START, END),
        b'{"name":"pod","start":-0,"end":0}',
        b'{"name":"a\x01b"}',
        b'{"":1,"name":""}',
        b'{"name":"pod","@type":"x","start":1,"end":2}',
        b"\xef\xbb\xbf{}",
        b"true",
        b'{"name":"pod","matchers":["{}",]}',
        b'{"name":"pod","x":[[[[[[[[]]]]]]]],"start":1,"end":2}',
        b"[" * 20000,
        b'{"x":' * 20000,
    ):
        out.append(
            {
                "name": "json %r" % body[:60],
                "method": "POST",
                "path": path,
                "headers": JSON,
                "body": body,
                "proc": proc,
            }
        )
    return out


def render_questions():
    out = []
    query = CPU + '{service_name="rich"}'
    span = {"from_": RICH, "until": RICH + 600}
    r = lambda title, headers=None, **more: out.append(
        get(title, "/pyroscope/render", headers, **dict(dict(span, query=query), **more))
    )
    for t in [None, ""] + SELECTORS[:60]:
        r("selector %s" % t, query=t)
        if t is not None:
            r("typed selector %s" % t, query=CPU + t)
    for t in TYPES:
        r("type " + t, query=t + '{service_name="rich"}')
        r("name matcher " + t, query='{__name__="%s",service_name="rich"}' % t)
    for q in (
        '{__name__=~"%s"}' % CPU,
        '{__name__!="%s"}' % CPU,
        '{__name__="x",__name__="%s"}' % CPU,
        CPU + '{__name__="x"}',
        "%s" % CPU,
        CPU + "{}",
        CPU + '{__profile_type__="x"}',
    ):
        r("query " + q, query=q)
    for i, t in enumerate(
        (
            None,
            "",
            "0",
            "1768474800",
            "1768474800000",
            "1768474800000000",
            "1768474800000000000",
            "20260115",
            "2026-01-15",
            "abc",
            "-5",
            "1768474800.5",
            "1768474800s",
            " 1768474800",
            "999",
            "1768474800 ",
            "+1768474800",
            "1_768_474_800",
        )
    ):
        r("from %d" % i, from_=t)
        if t not in (None, "", "abc", "-5", "2026-01-15", "+1768474800"):
            r("until %d" % i, from_=1768000000, until=t)
    for from_, until in (("now-1h", "now"), ("now-1d", "now-1h"), ("now", "now"), ("now-5m", None)):
        out.append(
            dict(
                get("relative %s %s" % (from_, until), "/pyroscope/render", query=query, from_=from_, until=until),
                compare="status",
            )
        )
    for f in (None, "", "json", "JSON", "pprof", "html", "collapsed", "dot "):
        r("format %s" % f, format=f)
    for n in (
        None,
        "",
        "0",
        "1",
        "2",
        "5",
        "16",
        "100",
        "8192",
        "1048576",
        "1048577",
        "-1",
        "x",
        "5.5",
        "1e2",
        " 5",
        "+5",
        "0x10",
        "99999999999999999999",
    ):
        r("max-nodes %s" % n, max__nodes=n)
        r("maxNodes %s" % n, maxNodes=n)
    r("both nodes", max__nodes=3, maxNodes=9)
    r("nodes twice", maxNodes=["3", "9"])
    for by in (
        "pod",
        "zone",
        "nothing",
        "",
        "service_name",
        ["pod", "zone"],
        ["zone", "pod"],
        ["pod", "pod"],
        "__type__",
        "a-b",
    ):
        for selector in ('{service_name="rich"}', '{service_name="poor"}', "{}"):
            r("group %s %s" % (by, selector), groupBy=by, query=CPU + selector)
    r("group_by", group_by="pod")
    for a in ("sum", "avg", "average", "AVG", "", "max"):
        r("aggregation " + a, aggregation=a)
        r("aggregation group " + a, aggregation=a, groupBy="pod")
    for length in (
        0,
        1,
        14,
        15,
        16,
        60,
        599,
        601,
        3600,
        22499,
        22500,
        22501,
        26250,
        26251,
        86400,
        90000,
        135001,
        604800,
    ):
        r("length %d" % length, until=RICH + length)
        r("length shifted %d" % length, from_=RICH + 7, until=RICH + 7 + length)
    for t in (
        SAMPLES,
        HEAP,
        GOROUTINE,
        "memory:alloc_objects:count:space:bytes",
        "memory:alloc_space:bytes:space:bytes",
        "memory:inuse_objects:count:space:bytes",
    ):
        r("units " + t, query=t + '{service_name="rich"}', until=RICH + 3600)
    for head in (
        {"Accept-Encoding": "gzip"},
        {"Accept-Encoding": "gzip;q=0"},
        {"Accept-Encoding": "gzip;q=0.5"},
        {"Accept-Encoding": "*"},
        {"Accept-Encoding": "br"},
        {"Accept-Encoding": "deflate, gzip"},
        {"Accept": "text/html"},
        {"Accept": "*/*"},
        {"Accept": "application/json;q=0.9,*/*;q=0.8"},
        {"Origin": "http://x"},
        {"Range": "bytes=0-10"},
        {"If-None-Match": "x"},
        {"Accept-Encoding": "gzip, identity;q=0"},
        {"Accept-Encoding": "x-gzip"},
        {"Accept-Encoding": "GZIP"},
    ):
        r("headers %s" % json.dumps(head), head)
        out.append(get("headers %s" % json.dumps(head), "/pyroscope/render", head, query=query + "x"))
    for q in ("&query=x", "&from=5", "&a;b=c", "&x=%zz", "#frag"):
        case = get("raw " + q, "/pyroscope/render", query=query, **span)
        case["path"] += q
        out.append(case)
    diff = {
        "leftQuery": query,
        "leftFrom": RICH,
        "leftUntil": RICH + 300,
        "rightQuery": query,
        "rightFrom": RICH + 300,
        "rightUntil": RICH + 600,
    }
    d = lambda title, headers=None, **more: out.append(
        get("diff " + title, "/pyroscope/render-diff", headers, **dict(diff, **more))
    )
    d("plain")
    for side in ("left", "right"):
        for t in [None, ""] + SELECTORS[:40]:
            d("%s typed selector %s" % (side, t), **{side + "Query": None if t is None else CPU + t})
        for t in TYPES:
            d("%s type %s" % (side, t), **{side + "Query": t + '{service_name="rich"}'})
        for t in ("", "0", "1768474800000", "abc", None, "now", "20260115"):
            if t not in ("", "abc", None, "now"):
                d("%s from %s" % (side, t), **{side + "From": t})
        d(side + " swapped", **{side + "From": RICH + 900})
    for t in TYPES:
        d("both " + t, leftQuery=t + "{}", rightQuery=t + "{}")
    for n in ("", "0", "1", "2", "5", "50", "1048577", "-1", "x"):
        d("max-nodes " + n, max__nodes=n)
        d("maxNodes " + n, maxNodes=n)
    d("gzip", {"Accept-Encoding": "gzip"})
    d("blank in query", leftQuery=" " + query)
    d("forms of one type", leftQuery=query, rightQuery='{__name__="%s"}' % CPU)
    d("format dot", format="dot")
    for query in ({}, {"label": ""}, {"label": "a-b"}, {"Label": "pod"}):
        out.append(get("label-values %s" % query, "/pyroscope/label-values", **query))
    return out


def main_questions():
    return (
        stack_questions()
        + series_questions()
        + label_questions()
        + diff_questions()
        + wire_questions()
        + render_questions()
    )


def strict_questions():
    """Limits of the reader: nodes and length of the range."""
    out = []
    whole = {"labelSelector": "{}", "profileTypeID": CPU, "start": DAY[0], "end": DAY[0] + 86400000}
    for n in (None, 0, 1, 15, 16, 17, 63, 64, 65, -1):
        out.append(call("nodes %s" % n, "SelectMergeStacktraces", dict(whole, maxNodes=n)))
        out.append(call("nodes tree %s" % n, "SelectMergeStacktraces", dict(whole, maxNodes=n, format=2)))
        out.append(call("nodes %s" % n, "SelectMergeProfile", dict(whole, maxNodes=n)))
        out.append(
            call("nodes %s" % n, "SelectMergeSpanProfile", dict(whole, maxNodes=n, spanSelector=["0000000000000003"]))
        )
        out.append(call("nodes %s" % n, "Diff", {"left": dict(whole, maxNodes=n), "right": whole}))
        out.append(get("nodes %s" % n, "/pyroscope/render", query=CPU + "{}", from_=DAY[0], until=DAY[1], maxNodes=n))
    for more in (-1, 0, 1, 1000, 86400000 * 30):
        long = dict(whole, end=DAY[0] + 86400000 + more)
        for proc in ("SelectMergeStacktraces", "SelectMergeProfile", "SelectSeries"):
            out.append(call("length %d" % more, proc, dict(long, **({"step": 60} if proc == "SelectSeries" else {}))))
        for proc, extra in (
            ("ProfileTypes", {}),
            ("LabelNames", {}),
            ("LabelValues", {"name": "service_name"}),
            ("Series", {"labelNames": ["service_name"]}),
        ):
            out.append(call("length %d" % more, proc, dict({"start": long["start"], "end": long["end"]}, **extra)))
        out.append(
            get(
                "length %d" % more,
                "/pyroscope/render",
                query=CPU + "{}",
                from_=DAY[0],
                until=DAY[0] + 86400000 + more,
            )
        )
    return out


def window_questions(now):
    """How far a question looks back: 7 days, a day at a time."""
    out, t = [], now * 1000
    for title, start, end in (
        ("hour", t - 3600000, t + 1000),
        ("day", t - 86400000 + 60000, t),
        ("longer", t - 86400000 - 60000, t),
        ("week", t - 86400000 * 7 + 60000, t - 86400000 * 6),
        ("clamped", t - 86400000 * 7 - 7200000, t - 86400000 * 7 + 7200000),
        ("too old", t - 86400000 * 9, t - 86400000 * 8),
        ("all", 1, t),
    ):
        base = {"labelSelector": "{}", "profileTypeID": CPU, "start": start, "end": end}
        for proc, more in (
            ("SelectMergeStacktraces", {}),
            ("SelectMergeProfile", {}),
            ("SelectSeries", {"step": 60}),
            ("SelectMergeSpanProfile", {"spanSelector": ["0000000000000003"]}),
        ):
            out.append(call("back " + title, proc, dict(base, **more)))
            out.append(call("back negative nodes " + title, proc, dict(base, maxNodes=-1, **more)))
            out.append(call("back bad selector " + title, proc, dict(base, **dict(more, labelSelector="{"))))
        for proc, extra in (
            ("ProfileTypes", {}),
            ("LabelNames", {}),
            ("LabelValues", {"name": "service_name"}),
            ("Series", {"labelNames": ["service_name"]}),
        ):
            out.append(call("back " + title, proc, dict({"start": start, "end": end}, **extra)))
        out.append(call("back " + title, "Diff", {"left": base, "right": dict(base, start=t - 3600000, end=t)}))
        out.append(get("back " + title, "/pyroscope/render", query=CPU + "{}", from_=start, until=end))
    return out


def tenant_questions():
    out = []
    day = {"start": DAY[0], "end": DAY[1]}
    whole = dict(day, labelSelector="{}", profileTypeID=CPU)
    for org in (
        None,
        "",
        "a",
        "b",
        "nobody",
        "A b",
        "a|b",
        "a|a",
        ".",
        "..",
        "...",
        "x" * 150,
        "x" * 151,
        "a/b",
        "a:b",
        "a*'()!-_.",
        "é",
        " a ",
        "anonymous",
    ):
        head = {} if org is None else {"X-Scope-OrgID": org.encode("utf-8").decode("latin-1")}
        for proc, value in (
            ("ProfileTypes", day),
            ("LabelNames", day),
            ("LabelValues", dict(day, name="service_name")),
            ("Series", dict(day, labelNames=["service_name"])),
            ("SelectMergeStacktraces", whole),
            ("SelectMergeProfile", whole),
            ("SelectSeries", dict(whole, step=60)),
            ("SelectMergeSpanProfile", dict(whole, spanSelector=["0000000000000003"])),
            ("Diff", {"left": whole, "right": whole}),
            ("GetProfileStats", {}),
            ("SelectMergeStacktraces", {}),
            ("LabelValues", {}),
        ):
            out.append(
                call(
                    "tenant %s %s" % (org, "bad" if not value and proc != "GetProfileStats" else ""),
                    proc,
                    value,
                    head,
                )
            )
        out.append(get("tenant %s" % org, "/pyroscope/render", head, query=CPU + "{}", from_=DAY[0], until=DAY[1]))
        out.append(get("tenant bad query %s" % org, "/pyroscope/render", head))
        out.append(
            get(
                "tenant %s" % org,
                "/pyroscope/render-diff",
                head,
                leftQuery=CPU + "{}",
                rightQuery=CPU + "{}",
                leftFrom=DAY[0],
                leftUntil=DAY[1],
                rightFrom=DAY[0],
                rightUntil=DAY[1],
            )
        )
        out.append(get("tenant no label %s" % org, "/pyroscope/label-values", head))
        out.append(get("tenant ready %s" % org, "/ready", head))
        out.append(
            {
                "name": "tenant grpc %s" % org,
                "method": "POST",
                "path": QUERIER + "LabelNames",
                "headers": dict({"content-type": "application/grpc"}, **head),
                "body": b"\0\0\0\0\0",
                "via": "grpc",
                "proc": "LabelNames",
            }
        )
    return out


def sweep(server, kind, now):
    """Everything that was written: per service the series, per service and type the merged profile, graph and times."""
    ranges = [(1, 4102444800000)] if kind != "window" else [(now * 1000 - 7200000, now * 1000 + 900000)]
    if kind == "strict":
        ranges = [DAY]
    out = []
    for org in ([None] if kind != "tenants" else ["a", "b", "x" * 150, "..."]):
        head = {"X-Scope-OrgID": org} if org else {}
        for start, end in ranges:
            status, _, body = server.ask(
                "POST",
                QUERIER + "Series",
                dict(JSON, **head),
                json.dumps({"start": start, "end": end, "labelNames": ["service_name", "__profile_type__"]}).encode(),
            )
            sets = json.loads(body).get("labelsSet", []) if status == 200 else []
            pairs = sorted(
                {
                    (s.get("service_name", ""), s.get("__profile_type__", ""))
                    for s in ({x["name"]: x["value"] for x in e.get("labels", []) if "value" in x} for e in sets)
                }
            )
            for service in sorted({p[0] for p in pairs}):
                out.append(
                    call(
                        "all of %s" % service[:60],
                        "Series",
                        {"start": start, "end": end, "matchers": ["{service_name=%s}" % json.dumps(service)]},
                        head,
                    )
                )
            out.append(
                call("sweep values", "LabelValues", {"start": start, "end": end, "name": "service_name"}, head)
            )
            out.append(call("sweep names", "LabelNames", {"start": start, "end": end}, head))
            for service, kind_ in pairs:
                q = {
                    "start": start,
                    "end": end,
                    "labelSelector": "{service_name=%s}" % json.dumps(service),
                    "profileTypeID": kind_,
                }
                name = "%s %s" % (service[:60], kind_)
                out.append(call("all of " + name, "SelectMergeProfile", q, head))
                out.append(call("all of " + name, "SelectMergeStacktraces", q, head))
    return out
