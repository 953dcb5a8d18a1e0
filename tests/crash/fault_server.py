#!/usr/bin/env python3
"""fault_server.py - pushes at full speed while one kind of system call after the other fails in the server. No acknowledged
profile may be lost or doubled, a refusal must be 429 or 5xx with its reason, no process may end, and when the fault is
over the server must take profiles again by itself. Then the same at the start, with a journal to replay, where a part may
end and be started again; and then kill -9 under load with faults at any moment.

usage: fault_server.py [--rounds N] [--starts N] [--build DIR] [--seed N] [--keep] [--only WORD]

Prints TAP. Only loopback is used.
"""
import argparse
import errno
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

import fault
import kill

WAIT = 60                               # seconds until a server that does not recover counts as broken
EIO, ENOSPC, EMFILE = errno.EIO, errno.ENOSPC, errno.EMFILE

# (kind of call, errno, part of the path, how many in a row)
RUNNING = (
    ("write", ENOSPC, ".journal", fault.FOREVER), ("write", EIO, ".journal", 1), ("write", fault.SHORT, "", fault.FOREVER),
    ("write", ENOSPC, ".tmp-", fault.FOREVER), ("write", EIO, ".commit", 1), ("write", ENOSPC, "", fault.FOREVER),
    ("sync", EIO, ".journal", 1), ("sync", EIO, ".journal", fault.FOREVER), ("sync", EIO, ".tmp-", 2),
    ("sync", EIO, ".commit", 1), ("sync", EIO, "/journal", 3), ("sync", errno.EROFS, "", fault.FOREVER),
    ("rename", EIO, ".commit", 1), ("rename", ENOSPC, ".tmp-", 2), ("rename", EIO, "", fault.FOREVER),
    ("create", EMFILE, "", fault.FOREVER), ("create", ENOSPC, ".journal", 2), ("create", errno.EROFS, ".commit", 1),
    ("open", EMFILE, "", fault.FOREVER), ("open", EMFILE, "", 1),
    ("truncate", ENOSPC, "", fault.FOREVER), ("close", EIO, "", 3), ("unlink", EIO, "", fault.FOREVER),
    ("mkdir", ENOSPC, "", fault.FOREVER), ("map", errno.ENOMEM, "", fault.FOREVER), ("read", EIO, "", fault.FOREVER),
)
ASKING = (("open", EMFILE), ("map", errno.ENOMEM))
STARTING = tuple((kind, error) for kind, error in (
    ("open", EMFILE), ("create", EMFILE), ("map", errno.ENOMEM), ("read", EIO), ("sync", EIO), ("write", ENOSPC),
    ("rename", EIO), ("unlink", EIO), ("mkdir", ENOSPC), ("close", EIO)))
OPTIONS = ("-ingester.max-journal-size=48KiB", "-log.level=info")


class Load:
    """Pushers, and what they know in the end."""

    def __init__(self, server):
        self.server, self.numbers, self.lock = server, iter(range(1, 1 << 60)), threading.Lock()
        self.acked, self.sent, self.refused = set(), set(), []
        self.pushers = []

    def start(self):
        self.pushers = [kill.Pusher(self.server, self.numbers, self.lock) for _ in range(4)]
        for p in self.pushers:
            p.start()

    def acknowledged_again(self):
        """Every pusher gets an acknowledgement that it has not yet."""
        before = [len(p.acked) for p in self.pushers]
        end = time.monotonic() + WAIT
        while any(len(p.acked) <= n for p, n in zip(self.pushers, before)):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def stop(self):
        for p in self.pushers:
            p.stop = True
        for p in self.pushers:
            p.join(30)
            self.acked.update(p.acked)
            self.sent.update(p.sent)
            self.refused += p.refused
        self.pushers = []

    def judge(self):
        wrong = kill.judge(kill.stored(self.server), self.acked, self.sent)
        for status, text in self.refused:
            if not (status == 429 or 500 <= status <= 599) or len(text) < 10:
                wrong.append("refused with %d %r" % (status, text[:100]))
        self.refused = []
        return wrong


def wait_hit(faults):
    """Until the fault has struck, if it does at all."""
    end = time.monotonic() + 3
    while faults.counts()[1] == 0 and time.monotonic() < end:
        time.sleep(0.01)


def running(load, faults, case):
    kind, error, path, count = case
    before = load.server.parts()
    load.start()
    wrong = [] if load.acknowledged_again() else ["nothing is acknowledged before"]
    faults.arm(kind, error, 1, count, program="pyro-ingest", path=path)
    wait_hit(faults)
    time.sleep(0.2)
    seen, hit = faults.disarm()
    if not load.acknowledged_again():
        wrong.append("nothing is acknowledged after the fault")
    load.stop()
    if load.server.parts() != before:
        wrong.append("a process was lost or restarted")
    refused = len(load.refused)
    wrong += load.judge()
    return wrong, "%d of %d calls failed, %d pushes refused" % (hit, seen, refused)


def ask_with_fault(load, faults, kind, error):
    """A new process that has no block open yet: its answers are right, or say what is wrong."""
    server, wrong = load.server, []
    os.kill(server.parts()["pyro-query"], signal.SIGKILL)
    wait_for_part(server, "pyro-query")
    faults.arm(kind, error, program="pyro-query")
    for _ in range(5):
        status, body = kill.ask(server)
        if status == 200:
            wrong += kill.judge(kill.values(body), load.acked, load.sent)
        elif status < 500 or len(body) < 10:
            wrong.append("%d %r" % (status, body[:200]))
    return wrong, faults.disarm()[1]


def wait_for_part(server, name):
    """Until the process is there and shows its page, for which it opens no block."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        if name in server.parts() and server.get("/")[0] == 200:
            return
        time.sleep(0.05)
    raise SystemExit("Bail out! %s does not come back" % name)


def asking(load, faults, kind, error):
    load.start()
    load.acknowledged_again()
    load.stop()
    load.server.stop()                  # everything is in blocks
    load.server.start()
    wrong, hits = ask_with_fault(load, faults, kind, error)
    return wrong + load.judge(), "%d calls failed" % hits


def starting(load, faults, kind, error, n):
    """With a journal to replay, the n-th call fails."""
    server = load.server
    load.start()
    wrong = [] if load.acknowledged_again() else ["nothing is acknowledged before"]
    server.kill_all()
    load.stop()
    faults.arm(kind, error, n, 1, program="pyro-ingest")
    server.start()
    load.start()
    if not load.acknowledged_again():
        wrong.append("nothing is acknowledged after the start")
    hit = faults.disarm()[1]
    load.stop()
    return wrong + load.judge(), hit


def killing(load, faults, rng):
    server = load.server
    load.start()
    load.acknowledged_again()
    for _ in range(rng.randint(1, 3)):
        kind, error, path, count = rng.choice(RUNNING)
        faults.arm(kind, error, rng.randint(1, 4), min(count, rng.randint(1, 20)), program="pyro-ingest", path=path)
        time.sleep(rng.uniform(0.05, 0.4))
        server.kill_part()
        time.sleep(rng.uniform(0, 0.2))
    whole = rng.random() < 0.5
    if whole:
        server.kill_all()
    faults.disarm()
    load.stop()
    if whole:
        server.start()
    else:
        server.must_be_ready()
    return load.judge()


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def result(self, what, wrong):
        self.n += 1
        self.bad += bool(wrong)
        print("%sok %d - %s" % ("not " if wrong else "", self.n, what))
        for line in wrong[:10]:
            print("# " + str(line))
        sys.stdout.flush()

    def skip(self, what, why):
        self.n += 1
        print("ok %d - %s # SKIP %s" % (self.n, what, why))


def all_tests(a, tap, load, faults):
    rng = random.Random(a.seed)
    for case in RUNNING:
        name = "%s %s %s x%s" % (case[0], fault.name_of(case[1]), case[2] or "any", "*" if case[3] > 99 else case[3])
        if a.only in name:
            wrong, note = running(load, faults, case)
            tap.result("running: %s: %s" % (name, note), wrong)
    for kind, error in ASKING:
        if a.only in "asking " + kind:
            wrong, note = asking(load, faults, kind, error)
            tap.result("asking: %s %s: %s" % (kind, fault.name_of(error), note), wrong)
    for kind, error in STARTING:
        if a.only not in "starting " + kind:
            continue
        wrong, hits = [], 0
        for n in range(1, a.starts + 1):
            more, hit = starting(load, faults, kind, error, n)
            hits += hit
            wrong += ["%s %d: %s" % (kind, n, m) for m in more]
            if not hit:
                break
        tap.result("starting: %s %s: %d failures" % (kind, fault.name_of(error), hits), wrong)
    for n in range(1, a.rounds + 1):
        if a.only in "killing":
            tap.result("killing with faults, round %d: %d acknowledged so far" % (n, len(load.acked)),
                       killing(load, faults, rng))


def strange_ends(log):
    """What ended in another way than it was told to, or killed: a crash, a sanitizer's find."""
    ends = ('"exit code 0"', '"exit code 111"', '"signal 9 (Killed)"')
    with open(log) as f:
        return [line.strip() for line in f if "service ended" in line and not line.strip().endswith(ends)]


def last_lines(log, n=60):
    with open(log) as f:
        for line in f.readlines()[-n:]:
            print("# log: " + line.rstrip()[:300])


def leftovers(data):
    """Temporary files and folders after a clean end."""
    return [p for p in fault.tree(data) if ".tmp" in p or p.endswith((".commit", ".broken"))]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rounds", type=int, default=8)
    ap.add_argument("--starts", type=int, default=2)
    ap.add_argument("--build", default=os.environ.get("BIN", os.path.join(here, "..", "..", "build")))
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--only", default="")
    ap.add_argument("--keep", action="store_true")
    a = ap.parse_args()
    build, data, tap = os.path.abspath(a.build), tempfile.mkdtemp(prefix="pyro-fault-"), Tap()
    faults = fault.Faults(build)
    log = open(data + ".log", "w")
    server = kill.Server(build, data, OPTIONS, faults.env(), log)
    load = Load(server)
    server.start()
    try:
        all_tests(a, tap, load, faults)
    except Exception:
        last_lines(log.name)
        raise
    code = server.stop()
    tap.result("ends cleanly (%d)" % code, [] if code == 0 else ["exit %d" % code])
    server.start()
    tap.result("everything is there after a restart: %d acknowledged" % len(load.acked), load.judge())
    server.stop()
    tap.result("nothing temporary is left", leftovers(data))
    tap.result("no process ended by itself but to be started again", strange_ends(log.name))
    print("1..%d" % tap.n)
    log.close()
    faults.close()
    if a.keep or tap.bad:
        print("# data: %s, log: %s.log (seed %d)" % (data, data, a.seed))
    else:
        shutil.rmtree(data)
        os.unlink(data + ".log")
    return 1 if tap.bad else 0


if __name__ == "__main__":
    sys.exit(main())
