#!/usr/bin/env python3
"""moving.py - the same questions again and again, while their range moves through blocks, or new rows come: what is kept
changes no answer. Every expected number is summed up here, from the values that are pushed.

usage: moving.py [--build DIR]

Prints TAP. Only loopback is used.
"""
import argparse
import json
import os
import shutil
import socket
import sys
import tempfile
import time

from hostile import msg, num, push_request
from read_api import CPU, profile
from waiting import metric, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import served                                                                       # noqa: E402

HOUR, STEP = 3600 * 1000, 60 * 1000
T = (int(time.time()) // 3600 - 5) * HOUR               # ms, on the hour: three hours of rows from here
PODS, EVERY = 2, 20 * 1000
# (ms, pod, work, main): no two rows at one moment, and no two with one value
ROWS = [(T + i * EVERY + pod, "p%d" % pod, 1000 * i + pod + 1, i % 7) for i in range(3 * HOUR // EVERY) for pod in range(PODS)]


def expected(start, end):
    """What the rows of a range say: total and flame graph names, series of each pod, values of the profile's stacks. The first
    point of a series has what came in the step before it."""
    rows = [r for r in ROWS if start <= r[0] <= end]
    series = {}
    for at, pod, work, main in (r for r in ROWS if start - STEP <= r[0] <= end):
        when = max(start, start + -(-(at - start) // STEP) * STEP)
        if when <= end:
            points = series.setdefault(pod, {})
            points[when] = points.get(when, 0) + work + main
    work, main = sum(r[2] for r in rows), sum(r[3] for r in rows)
    return {"tree": (work + main, {"total", "main", "work"}), "series": series, "profile": (work, main)}


def said(s, start, end):
    def post(call, **more):
        ask = {"profileTypeID": CPU, "labelSelector": "{}", "start": start, "end": end, **more}
        status, _, body = s.request("POST", served.QUERIER + call, json.dumps(ask), {"Content-Type": "application/json"})
        if status != 200:
            served.bail("%s: %d %s" % (call, status, body))
        return json.loads(body)
    graph = post("SelectMergeStacktraces")["flamegraph"]
    series = post("SelectSeries", groupBy=["pod"], step=STEP / 1000)["series"]
    raw = post("SelectMergeProfile")
    stacks = {len(x["locationId"]): int(x["value"][0]) for x in raw["sample"]}
    if (int(raw["timeNanos"]), int(raw["durationNanos"])) != (end * 10**6, (end - start) * 10**6):
        served.bail("the profile of %d..%d has time %s, duration %s" % (start, end, raw["timeNanos"], raw["durationNanos"]))
    return {"tree": (int(graph["total"]), set(graph["names"])), "profile": (stacks.get(2, 0), stacks.get(1, 0)),
            "series": {x["labels"][0]["value"]: {int(p["timestamp"]): int(p["value"]) for p in x["points"]} for x in series}}


def start(build, program, folder, *flags):
    port = served.free_port()
    return served.Process([os.path.join(build, program), "serve", "-server.http-listen-address=127.0.0.1",
                           "-server.http-listen-port=%d" % port, "-pyroscopedb.data-path=" + folder, "-log.level=error",
                           *served.OPEN, *flags], port, folder + ".log")


def fill(build, folder):
    s = start(build, "pyro-ingest", folder, "-ingester.shards=1")
    for some in range(0, len(ROWS), 100):
        body = b"".join(push_request(profile(at, work, main), ((b"__name__", b"process_cpu"), (b"service_name", b"shop"),
                                                               (b"pod", pod.encode())))
                        for at, pod, work, main in ROWS[some:some + 100])
        status = s.request("POST", served.PUSH, body, {"Content-Type": "application/proto"})[0]
        if status != 200:
            served.bail("push: %d" % status)
    return s.stop()


def moved(tap, s, title, ranges, known):
    """known: parts of blocks that are found again in all of it."""
    before, wrong = metric(s, "pyro_query_kept_blocks_total"), []
    for begin, end in ranges:
        got, want = said(s, begin, end), expected(begin, end)
        wrong += [(begin - T, end - T, k, got[k], want[k]) for k in want if got[k] != want[k]]
    tap.ok(not wrong, title, wrong[:1])
    tap.equal(metric(s, "pyro_query_kept_blocks_total") - before, known, "%s: parts that were known" % title)


# ---- recent rows ----

def ask_head(path, tenant, *more):
    """The reply to which label values there are, without its state, and that."""
    with socket.socket(socket.AF_UNIX) as c:
        c.connect(path)
        ask = msg(1, tenant) + num(2, 5) + msg(4, b"{}") + msg(7, b"pod") + b"".join(more)
        c.sendall(b"POST /pyro.v1.Head/Ask HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(ask), ask))
        head, _, body = b"".join(iter(lambda: c.recv(1 << 16), b"")).partition(b"\r\n\r\n")
    if b" 200 " not in head.splitlines()[0] or body[-18:-16] != msg(15, bytes(16))[:2]:
        served.bail("recent rows: %s %s" % (head, body))
    return body[:-18], body[-16:]


def states(tap, build, folder):
    """Who knows the state is told so, and nothing else, until a row comes or leaves for a block, or another process answers."""
    path, same = folder + ".sock", num(14, 1)
    s = start(build, "pyro-ingest", folder, "-ingester.shards=2", "-head-socket=unix:" + path)

    def push(*pods):
        body = b"".join(push_request(profile(T, 1), ((b"__name__", b"process_cpu"), (b"service_name", b"shop"), (b"pod", pod)))
                        for pod in pods)
        tap.equal(s.request("POST", served.PUSH, body, {"Content-Type": "application/proto"})[0], 200, "a push")
    push(b"a")
    said, state = ask_head(path, b"anonymous")
    tap.equal(said, msg(5, b"a") + num(7, T * 10**6) + num(8, T * 10**6), "a reply")
    tap.equal(ask_head(path, b"anonymous"), (said, state), "and again")
    tap.equal(ask_head(path, b"anonymous", msg(22, state)), (same, state), "nothing has changed")
    tap.equal(ask_head(path, b"anonymous", msg(22, bytes(16))), (said, state), "since then, and not since another state")
    push(b"b")
    more, later = ask_head(path, b"anonymous", msg(22, state))
    tap.equal(more, msg(5, b"a") + msg(5, b"b") + num(7, T * 10**6) + num(8, T * 10**6), "a row that has come is told")
    tap.equal(ask_head(path, b"anonymous", msg(22, later)), (same, later), "once")
    tap.equal(s.stop(), 0, "the server stops")
    s = start(build, "pyro-ingest", folder, "-ingester.shards=2", "-head-socket=unix:" + path, "-ingester.max-journal-size=1KiB")
    stored, newest = ask_head(path, b"anonymous", msg(22, later))
    tap.ok(stored.startswith(msg(1, b"")[:1]) and newest != later, "another process names the block", stored)
    tap.equal(ask_head(path, b"anonymous", msg(22, newest)), (same, newest), "and knows its own state")
    for name in (b"c%d", b"d%d"):                       # when the second come the journal has more than it may
        push(*(name % i for i in range(100)))
    rows, last = ask_head(path, b"anonymous")

    def in_block():
        said = ask_head(path, b"anonymous", msg(22, last))[0]
        return said != same and b"d99" not in said
    tap.ok(b"d99" not in rows or until(in_block), "rows that go into a block are told")
    tap.equal(s.stop(), 0, "the server stops")


# ---- new blocks ----

def prepared(tap, build, folder):
    """Recent rows become a block: once it is named, what was asked of late is asked of it before anybody does."""
    port = served.free_port()
    s = served.Process([os.path.join(build, "pyro-serve"), "-server.http-listen-address=127.0.0.1",
                        "-server.http-listen-port=%d" % port, "-pyroscopedb.data-path=" + folder, "-log.level=error",
                        *served.OPEN], port, folder + ".log")

    def push(at, pod):
        body = push_request(profile(at, 5, 3), ((b"__name__", b"process_cpu"), (b"service_name", b"shop"), (b"pod", pod)))
        tap.equal(s.request("POST", served.PUSH, body, {"Content-Type": "application/proto"})[0], 200, "a push")

    def cut():
        tap.equal(s.request("POST", "/ingester.v1.IngesterService/Flush", "{}", {"Content-Type": "application/json"})[0], 200, "a cut")

    def total(selector):
        ask = {"profileTypeID": CPU, "labelSelector": selector, "start": T, "end": T + HOUR}
        body = s.request("POST", served.QUERIER + "SelectMergeStacktraces", json.dumps(ask), {"Content-Type": "application/json"})[2]
        return int(json.loads(body)["flamegraph"].get("total", 0))
    push(T + 1, b"a")
    cut()
    asked = ["{}", '{pod="a"}', '{pod="b"}']
    tap.equal([total(x) for x in asked], [8, 8, 0], "a block")
    push(T + 2, b"b")
    tap.equal([total(x) for x in asked], [16, 8, 8], "and a recent row")
    cut()
    tap.equal(total("{}"), 16, "which is in a block now")
    tap.ok(until(lambda: metric(s, "pyro_query_prepared_total") >= len(asked)), "that is asked all of it",
           metric(s, "pyro_query_prepared_total"))
    tap.equal([total(x) for x in asked], [16, 8, 8], "the answers are the same")
    tap.equal(metric(s, "pyro_query_prepared_total"), len(asked), "and it is asked no more")
    tap.equal(s.stop(), 0, "the server stops")


def main():
    arg = argparse.ArgumentParser()
    arg.add_argument("--build", default=served.BUILD)
    build = os.path.abspath(arg.parse_args().build)
    folder = tempfile.mkdtemp(prefix="pyro-moving-")
    tap = served.Tap()
    try:
        tap.equal(fill(build, folder + "/data"), 0, "three hours are in blocks")
        s = start(build, "pyro-query", folder + "/data")
        end = T + 3 * HOUR - 1
        begin = T + 17 * STEP + 1                       # 3 minutes before a round moment, and 1 ms
        # Of three questions, one of which begins a step earlier. The one for series has a part of each block: where the range is
        # all of the block known from the second time on, else from the third on, whatever ranges those were.
        moved(tap, s, "in a single block", [(T + 40 * STEP + 5 - i, T + 50 * STEP + i) for i in range(4)], 2)
        # The others: closed, newest: known from the second time on; what follows the round moment: from the third on. A tree and
        # a profile are made of the same sums: what one of them asked for first is known to the other at once (the last number).
        moved(tap, s, "a range that begins in a block", [(begin + i * 17000, end) for i in range(10)],
              2 * (9 + 9 + 8) + 3 + 10 + 9 + 9)
        moved(tap, s, "behind the next round moment", [(T + 21 * STEP + i * 17000, end) for i in range(4)],
              2 * (4 + 4 + 2) + 1 + 3 * 4)
        moved(tap, s, "at a round moment, and around it",
              [(T + 30 * STEP + by, end - i) for i, by in enumerate((0, 0, 0, 1, -1, -1, -1))],
              2 * (7 + 7) + 4 + 4 + 1 + 3 * 7)
        moved(tap, s, "that ends in a block, too", [(T + 40 * STEP + 5, T + 2 * HOUR + 7 * STEP + i) for i in range(4)],
              2 * (4 + 2) + 1 + 3 * 4)
        moved(tap, s, "with nothing behind the round moment", [(T + HOUR - STEP + i, T + HOUR + 5) for i in range(3)], 2 * 3)
        tap.equal(s.stop(), 0, "the server stops")
        states(tap, build, folder + "/states")
        prepared(tap, build, folder + "/prepared")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.done()


if __name__ == "__main__":
    main()
