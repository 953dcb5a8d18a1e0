#!/usr/bin/env python3
"""read_api.py - what the read API has beyond recorded answers: heat maps, exemplars, several tenants in one question, and
what else clients may ask for. Every expected number is written down here, from the values that are pushed.

usage: read_api.py [--build DIR]

Prints TAP. Only loopback is used.
"""
import argparse
import concurrent.futures
import gzip
import json
import os
import sys
import time
import urllib.parse

from hostile import msg, num, pprof, push_request, varint

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import served                                                                       # noqa: E402

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
T = (int(time.time()) // 3600 - 1) * 3600 * 1000        # ms: the last full hour but one
SPAN = "000000000000abc1"
TRACES = ["%032x" % (0xabc << 96 | n) for n in range(3)]
OVERRIDES = """overrides:
  team-a: {query_federation: [team-b, team-c], query_heatmaps_enabled: true}
  team-b: {query_federation: ["*"], query_heatmaps_enabled: true}
  team-c: {max_query_length: 2m}
"""
ON_TOP = "overrides: {team-c: {max_query_length: 1m}}"


def profile(at, work, main=0, tag=None):
    """main;work with one value, and with the tag (name, value) if there is one; main with the other."""
    label = msg(3, num(1, 7), num(2, 8)) if tag else b""
    samples = msg(2, msg(1, varint(1), varint(2)), msg(2, varint(work)), label)
    if main:
        samples += msg(2, msg(1, varint(2)), msg(2, varint(main)))
    return pprof(when=at * 10**6, samples=samples, strings=tuple(word.encode() for word in tag or ()),
                 extra=msg(11, num(1, 1), num(2, 2)))


def push(s, tenant, pod, at, *values, **how):
    labels = ((b"__name__", b"process_cpu"), (b"service_name", b"shop"), (b"pod", pod.encode()))
    status, _, body = s.request("POST", served.PUSH, push_request(profile(at, *values, **how), labels),
                                {"Content-Type": "application/proto", "X-Scope-OrgID": tenant})
    if status != 200:
        served.bail("push: %d %s" % (status, body))


def post(s, call, tenant, **request):
    status, _, body = s.request("POST", served.QUERIER + call, json.dumps(request),
                                {"Content-Type": "application/json", "X-Scope-OrgID": tenant})
    return status, json.loads(body)


def get(s, path, tenant="team-a", **query):
    status, headers, body = s.request("GET", path + "?" + urllib.parse.urlencode(query, True), None, {"X-Scope-OrgID": tenant})
    return status, headers, body


def usual(**more):
    return {"profileTypeID": CPU, "labelSelector": "{}", "start": T, "end": T + 120000, **more}


def fill(s):
    """team-a: 100, 200 (pod a), 300, 500 (pod b); team-b: 1000 and one of 2000 in a span."""
    push(s, "team-a", "a", T + 10000, 100)
    push(s, "team-a", "a", T + 20000, 200)
    push(s, "team-a", "b", T + 30000, 300)
    push(s, "team-a", "b", T + 70000, 400, 100)
    push(s, "team-b", "a", T + 10000, 1000)
    push(s, "team-b", "a", T + 80000, 2000, tag=("span_id", SPAN))
    push(s, "team-c", "a", T + 10000, 5)
    for second, trace in enumerate(TRACES):
        push(s, "team-t", "a", T + 1000 * second, 10 ** second, tag=("trace_id", trace))


# ---- heat maps and exemplars ----

def cells(answer):
    """{(labels, ms after T, row): count}"""
    return {(",".join(p["value"] for p in s.get("labels", [])), int(slot["timestamp"]) - T, i): n
            for s in answer.get("series", []) for slot in s["slots"] for i, n in enumerate(slot["counts"]) if n}


def heatmaps(tap, s):
    one = {"step": 60, "queryType": "HEATMAP_QUERY_TYPE_INDIVIDUAL"}
    status, answer = post(s, "SelectHeatmap", "team-a", **usual(**one))
    tap.equal((status, cells(answer)), (200, {("", 60000, 0): 1, ("", 60000, 5): 1, ("", 60000, 10): 1, ("", 120000, 19): 1}),
              "a heat map of all")
    tap.equal(answer["series"][0]["slots"][0]["yMin"], [100 + 20 * i for i in range(20)], "its rows")
    status, answer = post(s, "SelectHeatmap", "team-a", **usual(groupBy=["pod"], **one))
    tap.equal(cells(answer), {("a", 60000, 0): 1, ("a", 60000, 5): 1, ("b", 60000, 10): 1, ("b", 120000, 19): 1},
              "a heat map of each pod")
    status, answer = post(s, "SelectHeatmap", "team-a", **usual(groupBy=["pod"], limit=1, exemplarType=2, **one))
    found = answer["series"][0]["slots"][0]["exemplars"]
    tap.equal((len(answer["series"]), [e["value"] for e in found], len(found[0]["profileId"])), (1, ["100", "200"], 36),
              "the first of equals, with its examples")
    tap.equal(sorted(p["name"] for p in found[0]["labels"] if not p["name"].startswith("__")), ["service_name"],
              "an example has the labels that its group has not")
    status, answer = post(s, "SelectHeatmap", "team-b", **usual(step=60, queryType=2, exemplarType=3))
    tap.equal((cells(answer), [e["spanId"] for e in answer["series"][0]["slots"][0]["exemplars"]]),
              ({("", 120000, 19): 1}, [SPAN]), "a heat map of spans")
    for title, want, more in (("no step", "step must be greater than 0, got 0.000000", {"step": 0}),
                              ("a limit below 0", "limit must be non-negative, got -1", {"limit": -1}),
                              ("no type", "valid heatmap query type must be specified", {"queryType": 0}),
                              ("examples of another type", "span exemplars only available for span query type", {"exemplarType": 3}),
                              ("a range that ends before it starts", "start time must be before end time, got start=5 end=4",
                               {"start": 5, "end": 4})):
        status, answer = post(s, "SelectHeatmap", "team-a", **usual(**{**one, **more}))
        tap.equal((status, answer["message"]), (400, want), "a heat map with " + title)
    status, answer = post(s, "SelectHeatmap", "team-c", **usual(**one))
    tap.equal((status, answer["code"]), (501, "unimplemented"), "none where they are not enabled")


def exemplars(tap, s):
    status, answer = post(s, "SelectSeries", "team-a", **usual(step=60, exemplarType=2, groupBy=["service_name"]))
    found = [(int(p["timestamp"]) - T, p["value"], [(e["value"], int(e["timestamp"]) - T) for e in p["exemplars"]])
             for p in answer["series"][0]["points"]]
    tap.equal(found, [(60000, 600, [("300", 30000)]), (120000, 500, [("500", 70000)])], "the largest profile of each point")
    profile_id = answer["series"][0]["points"][1]["exemplars"][0]["profileId"]
    status, answer = post(s, "SelectMergeStacktraces", "team-a", **usual(profileIdSelector=[profile_id]))
    tap.equal(answer["flamegraph"]["total"], "500", "its id finds it again")
    status, answer = post(s, "SelectSeries", "team-a", **usual(step=60, exemplarType=2, groupBy=["pod"]))
    tap.equal(sorted((series["labels"][0]["value"], [e["value"] for p in series["points"] for e in p.get("exemplars", [])])
                     for series in answer["series"]), [("a", ["200"]), ("b", ["300", "500"])], "each group has its own")
    for site, want in ((["main", "work"], [(60000, 600, ["300"]), (120000, 400, ["400"])]), (["main"], [(60000, 600, ["300"]), (120000, 500, ["500"])]),
                       (["work"], [(60000, 0, []), (120000, 0, [])])):
        status, answer = post(s, "SelectSeries", "team-a",
                              **usual(step=60, exemplarType=2, stackTraceSelector={"callSite": [{"name": n} for n in site]}))
        tap.equal([(int(p["timestamp"]) - T, p.get("value", 0), [e["value"] for e in p.get("exemplars", [])])
                   for p in answer["series"][0]["points"]], want, "of the stacks below " + ";".join(site))
    status, answer = post(s, "SelectSeries", "team-b",
                          **usual(step=60, exemplarType=3, stackTraceSelector={"callSite": [{"name": "main"}]}))
    tap.equal([[(e["value"], e["spanId"]) for e in p.get("exemplars", [])] for p in answer["series"][0]["points"]],
              [[], [("2000", SPAN)]], "the largest span below a call site")
    status, answer = post(s, "SelectSeries", "team-b",
                          **usual(step=60, exemplarType=3, stackTraceSelector={"callSite": [{"name": "work"}]}))
    tap.ok(not any("exemplars" in p for p in answer["series"][0]["points"]), "and none where no span is", answer)
    status, answer = post(s, "SelectSeries", "team-a", **usual(step=60))
    tap.ok(not any("exemplars" in p for p in answer["series"][0]["points"]), "none where none are asked for", answer)
    status, answer = post(s, "SelectSeries", "team-c", **usual(end=T + 60000, step=60, exemplarType=2))
    tap.ok(not any("exemplars" in p for p in answer["series"][0]["points"]), "none where they are not enabled", answer)


# ---- several tenants ----

def traces(tap, s):
    """Values 1, 10 and 100 of three traces."""
    def ask(ids, **more):
        status, answer = post(s, "SelectMergeSpanProfile", "team-t", **usual(spanSelector=ids, **more))
        return answer["message"] if status != 200 else answer["flamegraph"].get("total", "0")

    for ids, want in ((TRACES[1:2], "10"), (TRACES[::2], "101"), ([TRACES[2].upper()], "100"), (["f" * 32], "0")):
        tap.equal(ask(ids), want, "what %d traces took: %s" % (len(ids), want))
    for selector, want in (("", "10"), ('{pod="a"}', "10"), ('{pod="b"}', "0"), ('{pod="a",}', "10"), ('process_cpu{pod="a"}', "10"),
                           ("process_cpu", "10")):
        tap.equal(ask(TRACES[1:2], labelSelector=selector), want, "a trace within %r: %s" % (selector, want))
    tap.equal(ask([TRACES[0], SPAN]), "span ids and trace ids together: ask for each kind by itself", "a trace and a span")
    tap.ok("U+0078 'x'" in ask(["x" * 32]), "a trace id that is no number", ask(["x" * 32]))


def tenants(tap, s):
    def total(who, **more):
        status, answer = post(s, "SelectMergeStacktraces", who, **usual(**more))
        return int(answer["flamegraph"].get("total", 0)) if status == 200 else (status, answer["code"])
    tap.equal([total(w) for w in ("team-a", "team-b", "team-a|team-b", "team-b|team-a|team-a")], [1100, 3000, 4100, 4100],
              "two tenants add up")
    tap.equal([total("team-a|team-b", labelSelector='{__tenant_id__%s"team-b"}' % op) for op in ("=", "!=", "=~", "!~")],
              [3000, 1100, 3000, 1100], "and can be told apart by a selector")
    status, answer = post(s, "SelectSeries", "team-a|team-b", **usual(step=120, groupBy=["__tenant_id__"]))
    tap.equal([(x["labels"], x["points"][0]["value"]) for x in answer["series"]],
              [([{"name": "__tenant_id__", "value": "team-b"}], 3000), ([{"name": "__tenant_id__", "value": "team-a"}], 1100)],
              "and by a label of time series")
    tap.equal(post(s, "LabelValues", "team-a|team-b", name="__tenant_id__"), (200, {"names": ["team-a", "team-b"]}),
              "its values")
    tap.equal(post(s, "LabelValues", "team-a|team-b", name="pod"), (200, {"names": ["a", "b"]}), "values of other labels")
    tap.equal(post(s, "Series", "team-a|team-b", labelNames=["pod", "__tenant_id__"])[1]["labelsSet"],
              [{"labels": [{"name": "__tenant_id__", "value": t}, {"name": "pod", "value": p}]}
               for t, p in (("team-a", "a"), ("team-a", "b"), ("team-b", "a"))], "series")
    tap.equal(total("team-a|team-c"), (403, "permission_denied"), "both must allow it")
    tap.equal(total("team-c|team-t"), (403, "permission_denied"), "a tenant without rules is asked alone")
    status, _, body = s.request("POST", served.PUSH, push_request(profile(T, 1)),
                                {"Content-Type": "application/proto", "X-Scope-OrgID": "team-a|team-b"})
    tap.equal((status, json.loads(body)["message"]), (401, "multiple org IDs present"), "a push belongs to one tenant")
    status, _, body = s.request("POST", "/settings.v1.SettingsService/Get", "{}",
                                {"Content-Type": "application/json", "X-Scope-OrgID": "team-a|team-b"})
    tap.equal(status, 400, "so do settings")
    status, _, body = s.request("GET", "/pyroscope/adhoc?id=01ARZ3NDEKTSV4RRFFQ69G5FAV", None, {"X-Scope-OrgID": "team-a|team-b"})
    tap.ok(status == 400 and b"multiple org IDs present" in body, "and uploaded profiles", body)


# ---- beside the answer ----

def truncated(tap, s):
    """team-a has main;work and main alone: two nodes."""
    def header(max_nodes, call="SelectMergeStacktraces", **more):
        _, headers, _ = s.request("POST", served.QUERIER + call, json.dumps(usual(maxNodes=max_nodes, **more)),
                                  {"Content-Type": "application/json", "X-Scope-OrgID": "team-a"})
        return headers.get("x-pyro-truncated")
    tap.equal([header(1), header(2), header(None), header(1)], ["1", None, None, "1"], "nodes that a flame graph has lost")
    tap.equal([header(1, format=2), header(2, format=2)], ["1", None], "that a tree has lost")
    both = {"left": usual(maxNodes=1), "right": usual(maxNodes=1)}
    _, headers, _ = s.request("POST", served.QUERIER + "Diff", json.dumps(both),
                              {"Content-Type": "application/json", "X-Scope-OrgID": "team-a"})
    tap.equal(headers.get("x-pyro-truncated"), "1", "that a comparison has lost")
    tap.equal([header(n, call="SelectMergeProfile") for n in (1, 2, None)], ["1", None, None], "that a merged profile has lost")
    query = {"query": CPU + "{}", "from": T, "until": T + 120000}
    tap.equal([get(s, "/pyroscope/render", maxNodes=n, **query)[1].get("x-pyro-truncated") for n in (1, 2)], ["1", None],
              "that a page has lost")
    tap.equal([get(s, "/pyroscope/render", maxNodes=n, format="folded", **query)[1].get("x-pyro-truncated") for n in (1, 2)],
              ["1", None], "that another form has lost")


def names(tap, s):
    """team-b and team-a have the labels pod (a, b), service_name and those of every profile."""
    def ask(call, **request):
        status, headers, body = s.request("POST", served.QUERIER + call, json.dumps(request),
                                          {"Content-Type": "application/json", "X-Scope-OrgID": "team-a"})
        return status, json.loads(body), headers.get("x-pyro-truncated")
    tap.equal(ask("LabelValues", name="pod", limit=1), (200, {"names": ["a"]}, "1"), "the first value, and that there is another")
    tap.equal(ask("LabelValues", name="pod", limit="2"), (200, {"names": ["a", "b"]}, None), "as many as there are")
    tap.equal(ask("LabelValues", name="pod", prefix="b"), (200, {"names": ["b"]}, None), "values with a prefix")
    tap.equal(ask("LabelValues", name="pod", prefix="c"), (200, {}, None), "that none has")
    tap.equal(ask("LabelNames", prefix="__per", limit=1), (200, {"names": ["__period_type__"]}, "1"), "label names")
    tap.equal(ask("LabelNames", prefix="p", matchers=['{pod="a"}']), (200, {"names": ["pod"]}, None), "of a selector")
    status, answer, left = ask("Series", labelNames=["pod"], limit=1)
    tap.equal((status, len(answer["labelsSet"]), left), (200, 1, "1"), "series")
    tap.equal(get(s, "/pyroscope/label-values", label="pod", limit=1)[2], b'["a"]\n', "on the page")
    tap.equal(get(s, "/pyroscope/label-values", label="pod", prefix="b")[2], b'["b"]\n', "with a prefix")
    message = b"\x0a\x03pod" + b"\xca\x3e\x01b" + b"\xd0\x3e\x01"   # fields 1, 1001 and 1002
    status, _, body = s.request("POST", served.QUERIER + "LabelValues", message,
                                {"Content-Type": "application/proto", "X-Scope-OrgID": "team-a"})
    tap.equal((status, body), (200, b"\x0a\x01b"), "as Protobuf")


def functions(tap, s):
    """team-a: work has 100 + 200 + 300 in the first minute and 400 in the second, main itself 100 there."""
    query = {"query": CPU + "{}", "from": T, "until": T + 120000}

    def ask(**more):
        status, _, body = get(s, "/pyroscope/functions", **{**query, **more})
        answer = json.loads(body)
        return status, [(f["name"], f["value"], [(i * 15, v) for i, v in enumerate(f["samples"]) if v])
                        for f in answer["functions"]]
    work = ("work", 1000, [(15, 100), (30, 500), (75, 400)])
    tap.equal(ask(), (200, [work, ("main", 100, [(75, 100)])]), "functions over time by their own values")
    tap.equal(ask(by="total"), (200, [("main", 1100, [(15, 100), (30, 500), (75, 500)]), work]), "with what they call")
    tap.equal(ask(limit=1), (200, [work]), "the largest one")
    tap.equal(ask(callSite="nowhere"), (200, []), "below a call site")
    tap.equal(ask(query=CPU + '{pod="none"}'), (200, []), "of nothing")
    for more in ({"limit": 0}, {"limit": 65}, {"limit": "x"}, {"by": "me"}):
        tap.equal(get(s, "/pyroscope/functions", **{**query, **more})[0], 400, "refused: %s" % more)


def metrics(tap, s):
    query = {"query": CPU + "{}", "from": T, "until": T + 120000}
    status, headers, body = get(s, "/pyroscope/metrics", groupBy="pod", limit=5, **query)
    tap.equal((status, headers["content-type"].split(";")[0]), (200, "text/plain"), "a selection as metrics")
    tap.equal([x for x in body.decode().splitlines() if not x.startswith("#")],
              ['pyro_profile_value{profile_type="%s",pod="b"} 800' % CPU, 'pyro_profile_value{profile_type="%s",pod="a"} 300' % CPU,
               'pyro_function_self_value{profile_type="%s",function="work"} 1000' % CPU,
               'pyro_function_self_value{profile_type="%s",function="main"} 100' % CPU], "its samples")
    tap.equal([x for x in get(s, "/pyroscope/metrics", **query)[2].decode().splitlines() if not x.startswith("#")],
              ['pyro_profile_value{profile_type="%s"} 1100' % CPU], "all of it")
    status, _, body = get(s, "/pyroscope/metrics", **query, groupBy=["po.d", "pod", "po_d"])
    tap.equal((status, json.loads(body)["message"]),
              (400, "groupBy: po.d and po_d are both po_d to Prometheus: ask for one of them"), "labels that would be one")
    tap.equal(get(s, "/pyroscope/metrics", **query, groupBy=["pod", "pod"])[0], 200, "the same label twice")


def granularity(tap, s):
    """Both functions are in main.c; hostile.pprof gives them no lines."""
    query = {"query": CPU + "{}", "from": T, "until": T + 120000}

    def names(**more):
        status, _, body = get(s, "/pyroscope/render", **{**query, **more})
        f = json.loads(body).get("flamebearer", {})
        return status, sorted(f.get("names", [])), f.get("numTicks")
    tap.equal(names(), (200, ["main", "total", "work"], 1100), "frames are functions")
    tap.equal(names(granularity="files"), (200, ["main.c", "total"], 1100), "frames are files")
    tap.equal(names(granularity="lines"), (200, ["main main.c", "total", "work main.c"], 1100), "frames are lines")
    tap.equal(names(granularity="lines", query=CPU + '{pod="none"}'), (200, ["total"], 0), "lines of nothing")
    tap.equal(names(granularity="x")[0], 400, "frames are nothing that is known")
    status, _, body = get(s, "/pyroscope/render", format="folded", granularity="files", **query)
    tap.equal((status, body), (200, b"main.c 100\nmain.c;main.c 1000\n"), "frames of another form")


# ---- pages of a server that stands alone ----

def node(tap, s):
    for path in ("/ring", "/distributor/ring", "/overrides-exporter/ring", "/store-gateway/tenants", "/memberlist"):
        status, headers, body = s.request("GET", path, None, {"Accept": "application/json"})
        answer = json.loads(body)
        tap.equal((status, [(m["state"], m["address"], m["tokens"]) for m in answer["shards"]]),
                  (200, [("ACTIVE", "127.0.0.1:%d" % s.port, [])]), path)
    status, headers, body = s.request("GET", "/ring")
    tap.ok(status == 200 and headers["content-type"] == "text/html; charset=utf-8" and b"<td>ACTIVE" in body, "for browsers", body)
    tap.equal(s.request("GET", "/runtime_config?mode=diff")[::2], (200, b"""overrides:
  team-a:
    query_federation:
      - team-b
      - team-c
    query_heatmaps_enabled: true
  team-b:
    query_federation:
      - "*"
    query_heatmaps_enabled: true
  team-c:
    max_query_length: 1m0s
"""), "limits of tenants that are not the usual ones, the last file on top")
    status, _, body = s.request("GET", "/runtime_config")
    lines = body.decode().splitlines()
    tap.equal((status, lines[:2], lines.count("    max_query_length: 0s"), lines.count("    max_query_length: 1m0s"),
               lines.count("    max_label_names_per_series: 30")), (200, ["overrides:", "  team-a:"], 2, 1, 3), "all limits of each")
    status, _, body = s.request("GET", "/api/v1/status/runtimeinfo")
    tap.equal((status, json.loads(body)["status"], json.loads(body)["data"]["startTime"][:2]), (200, "success", "20"),
              "the process")
    status, _, body = s.request("GET", "/api/v1/status/flags")
    flags = json.loads(body)["data"]
    tap.equal((status, [flags.get(f) for f in ("auth.multitenancy-enabled", "querier.max-query-length", "ingester.max-head-memory",
                                               "query-scheduler.max-outstanding-requests-per-tenant", "confidence")]),
              (200, ["true", "0s", "1073741824", "100", None]), "flags of both programs")
    status, _, body = s.request("GET", "/admin")
    links = [x.split(b'"')[0].decode() for x in body.split(b'href=".')[1:]]
    tap.ok(status == 200 and len(links) > 10, "a page of links", body)
    tap.equal([x for x in links if s.request("GET", x)[0] != 200], [], "that are there")
    tap.equal([s.request("GET", x)[0] for x in ("/ui", "/explore", "/comparison", "/comparison-diff")], [302] * 4,
              "old places of the page")
    tap.equal(s.request("GET", "/explore")[1]["location"], "./", "lead to it")


def statistics(tap, s):
    """Only what came in since the start: after a restart nothing has."""
    status, _, body = s.request("GET", "/distributor/all_user_stats")
    rows = {r["userID"]: r for r in json.loads(body)}
    one = json.loads(s.request("GET", "/api/v1/user_stats", None, {"X-Scope-OrgID": "team-a"})[2])
    if rows:
        tap.equal({t: (r["numSeries"], r["receivedProfiles"], r["receivedSamples"]) for t, r in rows.items()},
                  {"team-a": (2, 4, 5), "team-b": (1, 2, 2), "team-c": (1, 1, 1), "team-t": (3, 3, 3)}, "what came in, by tenant")
        tap.equal(one, rows["team-a"], "and of one")
        status, _, body = s.request("POST", served.PUSH, push_request(profile(T, 1), ((b"__name__", b"process_cpu"), (b"pod", b"p" * 2049))),
                                    {"Content-Type": "application/proto", "X-Scope-OrgID": "team-d"})
        one = json.loads(s.request("GET", "/api/v1/user_stats", None, {"X-Scope-OrgID": "team-d"})[2])
        tap.equal((status, one["receivedProfiles"], one["discarded"], one["discardedProfiles"]), (400, 1, {"label_value_too_long": 1}, 1),
                  "what was not taken")
    tap.equal(json.loads(s.request("GET", "/api/v1/user_stats", None, {"X-Scope-OrgID": "nobody"})[2]),
              {"userID": "nobody", "numSeries": 0, "receivedProfiles": 0, "receivedBytes": 0, "receivedDecompressedBytes": 0,
               "receivedSamples": 0, "discarded": {}, "discardedProfiles": 0, "discardedBytes": 0}, "of a tenant that has sent nothing")
    tap.equal(s.request("GET", "/api/v1/user_stats")[0], 401, "a tenant must be named")


# ---- what no honest client asks ----

def post_raw(s, call, body, kind="application/json", **headers):
    status, _, answer = s.request("POST", served.QUERIER + call, body,
                                  {"Content-Type": kind, "X-Scope-OrgID": "team-a", **headers})
    try:
        return status, json.loads(answer).get("message", "")
    except ValueError:
        return status, ""


def peak_mb(s):
    """Of the largest process of the server."""
    peaks = [0]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                stat = f.read()
            if int(stat[stat.rindex(")") + 2:].split()[1]) == s.process.pid:
                with open("/proc/%s/status" % pid) as f:
                    peaks += [int(x.split()[1]) >> 10 for x in f if x.startswith("VmHWM:")]
        except (OSError, ValueError):
            pass
    return max(peaks)


def hostile(tap, s):
    many, merge = [str(i) for i in range(100000)], "SelectMergeStacktraces"
    for title, want, call, more in (
            ("an expression that explodes elsewhere", 200, merge, {"labelSelector": '{pod=~"(a+)+(b|b)*$"}'}),
            ("an expression with a billion states", 400, merge, {"labelSelector": '{pod=~"((a{1,100}){1,100}){1,100}"}'}),
            ("33 expressions", 400, merge, {"labelSelector": "{%s}" % ",".join('pod=~"a+%db"' % i for i in range(33))}),
            ("33 expressions in as many selectors", 400, "Series", {"matchers": ['{pod=~"a+%db"}' % i for i in range(33)]}),
            ("an expression of brackets", 200, merge, {"labelSelector": '{pod=~"%s"}' % ("(" * 2000 + "a" + ")" * 2000)}),
            ("a selector above a megabyte", 400, merge, {"labelSelector": '{pod="%s"}' % ("a" * 2**20)}),
            ("100,000 matchers", 400, merge, {"labelSelector": "{%s}" % ",".join('pod=~"a.*%s"' % i for i in many)}),
            ("100,000 selectors", 400, "Series", {"matchers": ['{pod="%s"}' % i for i in many]}),
            ("100,000 label names", 400, "Series", {"labelNames": ["l" + i for i in many]}),
            ("100,000 group-bys", 400, "SelectSeries", {"step": 60, "groupBy": ["pod"] * 100000}),
            ("100,000 group-bys of a heat map", 200, "SelectHeatmap", {"step": 60, "queryType": 1, "groupBy": ["pod"] * 100000}),
            ("a century", 200, merge, {"start": 1, "end": 4102444800000}),
            ("all of time", 200, merge, {"start": -2**63, "end": 2**63 - 1}),
            ("a century by the millisecond", 200, "SelectSeries", {"start": 1, "end": 4102444800000, "step": 0.001}),
            ("a heat map of a century", 200, "SelectHeatmap", {"start": 1, "end": 4102444800000, "step": 0.001, "queryType": 1}),
            ("a step that is no number", 400, "SelectSeries", {"step": "NaN"}),
            ("2^62 nodes", 400, merge, {"maxNodes": str(2**62)}),
            ("2^62 nodes of a profile", 200, "SelectMergeProfile", {"maxNodes": str(2**62)}),
            ("a call site of 100,000 functions", 200, merge, {"stackTraceSelector": {"callSite": [{"name": i} for i in many]}}),
            ("a profile id that is none", 400, merge, {"profileIdSelector": ["x"]}),
            ("a profile that is nowhere", 200, merge, {"profileIdSelector": ["00000000-0000-0000-0000-00000000000a"]})):
        tap.equal(post(s, call, "team-a", **usual(**more))[0], want, "asked: " + title)
    bomb = gzip.compress(b" " * (1 << 27))
    for title, want, body, kind, more in (
            ("half a request", 400, b'{"start":1,"end', "application/json", {}),
            ("a text", 415, b"{}", "text/plain", {}),
            ("JSON of 100,000 levels", 400, b'{"a":' * 100000, "application/json", {}),
            ("a bomb", 429, bomb, "application/json", {"Content-Encoding": "gzip"}),
            ("a bomb of Protobuf", 429, gzip.compress(bytes(1 << 27)), "application/proto", {"Content-Encoding": "gzip"}),
            ("a question of 60 MB", 429, b"\x42\0" * 30000000, "application/proto", {})):
        tap.equal(post_raw(s, merge, body, kind, **more)[0], want, "sent: " + title)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda _: post_raw(s, merge, b"\x42\0" * 30000000, "application/proto")[0], range(20)))
    tap.equal(got, [429] * 20, "sent: twenty of them at once")
    tap.ok(peak_mb(s) < 400, "memory stays within bounds", peak_mb(s), "MB")
    tap.equal(post(s, merge, "team-a", **usual())[1]["flamegraph"]["total"], "1100", "and honest questions are answered")


def main():
    argv = argparse.ArgumentParser()
    argv.add_argument("--build", default=served.BUILD)
    build = argv.parse_args().build
    tap = served.Tap()
    with served.Folder() as folder:
        overrides, on_top, data = (os.path.join(folder, x) for x in ("overrides.yaml", "on-top.yaml", "data"))
        for path, text in ((overrides, OVERRIDES), (on_top, ON_TOP)):
            with open(path, "w") as f:
                f.write(text)
        for moment in ("rows in memory", "rows in blocks"):
            s = served.pyro_serve(data, "-auth.multitenancy-enabled=true", "-runtime-config.file=%s,%s" % (overrides, on_top),
                                  *served.OPEN, build=build)
            if moment == "rows in memory":
                fill(s)
            print("# " + moment)
            for part in (heatmaps, exemplars, traces, tenants, truncated, names, functions, metrics, granularity, node,
                         statistics, hostile):
                part(tap, s)
            tap.equal(s.stop(), 0, "the server ends cleanly, " + moment)
    tap.done()


if __name__ == "__main__":
    main()
