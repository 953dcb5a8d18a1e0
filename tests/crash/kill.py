#!/usr/bin/env python3
"""kill.py - pushes at full speed while the server is killed (kill -9) again and again: every acknowledged profile must
be found once, with its value; one that was not acknowledged may be there once or not at all.

usage: kill.py [--rounds N] [--build DIR] [--seed N] [--keep]

A round: start the server on the data of the round before, push from several threads, kill the part that receives (or
the supervisor and everything with it) at a random moment, start again, ask. Prints TAP. Only loopback is used.
"""
import argparse
import http.client
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TYPE = "process_cpu:samples:count::"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, build, data, options=(), env=None, log=None, limits=None):
        self.build, self.data, self.port = build, data, free_port()
        self.options, self.env, self.log, self.limits = options, env, log, limits or {}
        self.process = None

    def start(self):
        """As a supervisor would: 111 is worth another attempt."""
        self.start_once()
        for _ in range(10):
            if self.wait_ready(self.process):
                return
            if self.process.returncode != 111:
                break
            self.start_once()
        raise SystemExit("Bail out! the server ended with %s" % self.process.returncode)

    def start_once(self):
        self.process = subprocess.Popen(
            [os.path.join(self.build, "pyro-serve"), "-server.http-listen-address=127.0.0.1",
             "-server.http-listen-port=%d" % self.port, "-pyroscopedb.data-path=%s" % self.data,
             "-validation.reject-older-than=0", "-distributor.ingestion-rate-limit-mb=1000",
             "-distributor.ingestion-burst-size-mb=1000", "-querier.max-query-lookback=0",
             "-querier.max-query-length=0", "-log.level=error", *self.options], start_new_session=True, env=self.env,
            stderr=self.log, preexec_fn=self.limit)

    def wait_ready(self, process):
        """False if it ended."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if process.poll() is not None:
                return False
            try:
                if self.get("/ready")[0] == 200:
                    return True
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.01)
        raise SystemExit("Bail out! the server is not ready after 60 s")

    def limit(self):
        for what, most in self.limits.items():
            resource.setrlimit(what, most)

    def must_be_ready(self):
        if not self.wait_ready(self.process):
            raise SystemExit("Bail out! the server ended with %s" % self.process.returncode)

    def get(self, path, body=None, timeout=10):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request("POST" if body is not None else "GET", path, body,
                      {"Content-Type": "application/json"} if body is not None else {})
            r = c.getresponse()
            return r.status, r.read()
        finally:
            c.close()

    def parts(self):
        """Process ids of the supervisor's children by program name."""
        out = {}
        for pid in os.listdir("/proc"):
            if not pid.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % pid) as f:
                    stat = f.read()
                name, rest = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:].split()
                if int(rest[1]) == self.process.pid:
                    out[name] = int(pid)
            except (OSError, ValueError):
                pass
        return out

    def kill_part(self):
        pid = self.parts().get("pyro-ingest")
        if pid:
            os.kill(pid, signal.SIGKILL)

    def kill_all(self):
        parts = self.parts()            # afterwards they have another parent
        os.killpg(self.process.pid, signal.SIGKILL)
        for pid in parts.values():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill_all()
            return -1


class Pusher(threading.Thread):
    """Pushes profiles with numbers of its own until told to stop."""

    def __init__(self, server, numbers, lock):
        super().__init__(daemon=True)
        self.server, self.numbers, self.lock = server, numbers, lock
        self.stop, self.sent, self.acked = False, [], []
        self.refused = []               # (status, text) of answers that are no acknowledgement

    def run(self):
        conn = None
        while not self.stop:
            with self.lock:
                n = next(self.numbers)
            path = "/ingest?name=kill.cpu%%7Bpod%%3Dp%d%%7D&from=%d&sampleRate=0" % (n % 3, int(time.time()))
            self.sent.append(n)
            try:
                if conn is None:
                    conn = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
                conn.request("POST", path, "main;group%d;p%d %d\n" % (n % 7, n, n % 1000 + 1))
                r = conn.getresponse()
                text = r.read()
                if r.status == 200:
                    self.acked.append(n)
                else:
                    self.refused.append((r.status, text))
                    time.sleep(0.005)
            except (OSError, http.client.HTTPException):
                if conn is not None:
                    conn.close()
                conn = None
                time.sleep(0.002)


def ask(server):
    now = int(time.time() * 1000)
    return server.get("/querier.v1.QuerierService/SelectMergeStacktraces", json.dumps({
        "profileTypeID": TYPE, "labelSelector": '{service_name="kill"}', "start": now - 86400000, "end": now + 3600000,
        "maxNodes": 1000000}), timeout=60)


def stored(server):
    status, body = ask(server)
    if status != 200:
        raise SystemExit("Bail out! the query failed: %d %s" % (status, body[:300]))
    return values(body)


def values(body):
    """Number -> value, of the profiles in an answer."""
    graph = json.loads(body)["flamegraph"]
    names, found = graph["names"], {}
    for level in graph.get("levels", []):
        v = level["values"]
        for i in range(0, len(v), 4):
            name = names[int(v[i + 3])]
            if name[:1] == "p" and name[1:].isdigit():
                found[int(name[1:])] = found.get(int(name[1:]), 0) + int(v[i + 1])
    return found


def judge(found, acked, sent):
    wrong = []
    for n in acked:
        if found.get(n) != n % 1000 + 1:
            wrong.append("acknowledged %d: %s, expected %d" % (n, found.get(n), n % 1000 + 1))
    for n, value in found.items():
        if n not in sent:
            wrong.append("%d was never sent" % n)
        elif value != n % 1000 + 1:
            wrong.append("%d: %d, expected %d" % (n, value, n % 1000 + 1))
    return wrong


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rounds", type=int, default=20)
    ap.add_argument("--build", default=os.path.join(here, "..", "..", "build"))
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--keep", action="store_true")
    a = ap.parse_args()
    rng = random.Random(a.seed)
    data = tempfile.mkdtemp(prefix="pyro-kill-")
    server = Server(os.path.abspath(a.build), data)
    numbers, lock = iter(range(1, 1 << 60)), threading.Lock()
    acked, sent, bad = set(), set(), 0
    print("1..%d" % (a.rounds + 1))
    server.start()
    for n in range(1, a.rounds + 1):
        pushers = [Pusher(server, numbers, lock) for _ in range(4)]
        for p in pushers:
            p.start()
        for _ in range(rng.randint(1, 3)):
            time.sleep(rng.uniform(0.02, 0.4))
            server.kill_part()
        time.sleep(rng.uniform(0.02, 0.3))
        whole = rng.random() < 0.5
        if whole:
            server.kill_all()
        for p in pushers:
            p.stop = True
        for p in pushers:
            p.join(15)
            acked.update(p.acked)
            sent.update(p.sent)
        if whole:
            server.start()
        else:
            server.must_be_ready()
        wrong = judge(stored(server), acked, sent)
        bad += bool(wrong)
        print("%sok %d - round %d: %d acknowledged so far" % ("not " if wrong else "", n, n, len(acked)))
        for line in wrong[:10]:
            print("# " + line)
        sys.stdout.flush()
    code = server.stop()
    print("%sok %d - ends cleanly (%d)" % ("" if code == 0 else "not ", a.rounds + 1, code))
    bad += code != 0
    if a.keep or bad:
        print("# data: %s (seed %d)" % (data, a.seed))
    else:
        shutil.rmtree(data)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
