#!/usr/bin/env python3
"""waiting.py - questions that wait: equal ones are asked once, tenants take turns, those that nobody waits for any more or that
are late end, and finished answers are given again only while they are true. The place of recent rows is a program of this test,
which answers when it is told to.

usage: waiting.py [--build DIR]

Prints TAP.
"""
import argparse
import http.client
import json
import os
import queue
import signal
import socket
import socketserver
import sys
import threading
import time
import urllib.parse

from hostile import msg, num, pprof, push_request, varint

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import served                                                                       # noqa: E402

HOUR = 3600 * 1000
NOW = int(time.time() * 1000)
BEGUN = 4               # questions that wait for recent rows at once; others wait until one of them is answered


class Head:
    """Answers POST with self.reply once there is a permit, for b"aside" one of its own; notes what it was asked. Who knows
    self.state is told that nothing has changed, if there is one."""

    def __init__(self, path):
        self.asked, self.permits, self.reply, self.state = queue.Queue(), threading.Semaphore(0), b"", b""
        self.aside = threading.Semaphore(0)
        head = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while True:
                    line = self.rfile.readline()
                    if not line:
                        return
                    length = 0
                    while line not in (b"\r\n", b"\n", b""):
                        name, _, value = line.partition(b":")
                        if name.lower() == b"content-length":
                            length = int(value)
                        line = self.rfile.readline()
                    ask = self.rfile.read(length)
                    head.asked.put(ask)
                    (head.aside if b"aside" in ask else head.permits).acquire()
                    reply = head.reply + (msg(15, head.state) if head.state else b"")
                    if head.state and ask.endswith(msg(22, head.state)):
                        reply = num(14, 1) + msg(15, head.state)
                    try:
                        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(reply), reply))
                    except OSError:
                        return                                                      # who asked waits no longer

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        self.server = Server(path, Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def let(self, n=1):
        for _ in range(n):
            self.permits.release()

    def wait_asked(self):
        return self.asked.get(timeout=served.WAIT)


class Answer(threading.Thread):
    """One question, asked on a connection of its own."""

    def __init__(self, port, label="a", tenant="t", headers=None, done=None, client="127.0.0.1"):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=served.WAIT, source_address=(client, 0))
        self.label, self.tenant, self.headers, self.done, self.status = label, tenant, headers or {}, done, None
        self.start()

    def run(self):
        try:
            self.connection.request("POST", served.QUERIER + "LabelValues", json.dumps({"name": self.label}),
                                    {"Content-Type": "application/json", "X-Scope-OrgID": self.tenant, **self.headers})
            r = self.connection.getresponse()
            self.body, self.status = r.read(), r.status
        except (OSError, http.client.HTTPException):
            self.status = 0
        if self.done is not None:
            self.done.put(self.tenant if self.status == 200 else self.status)

    def leave(self):
        self.connection.sock.shutdown(socket.SHUT_RDWR)

    def result(self):
        self.join(served.WAIT)
        return self.status


def metric(server, name):
    for line in server.request("GET", "/metrics")[2].decode().splitlines():
        if line.startswith(name + " "):
            return int(float(line.split()[1]))
    return -1


def until(what):
    for _ in range(served.WAIT * 20):
        if what():
            return True
        time.sleep(0.05)
    return False


def start(build, folder, head, *flags):
    port = served.free_port()
    return served.Process([os.path.join(build, "pyro-query"), "serve", "-server.http-listen-address=127.0.0.1",
                           "-server.http-listen-port=%d" % port, "-pyroscopedb.data-path=" + folder, "-head-socket=unix:" + head,
                           "-log.level=error", "-auth.multitenancy-enabled=true", *flags], port, folder + ".log")


def hold(s, head, n=BEGUN, tenant="t"):
    """Questions that have begun."""
    held = [Answer(s.port, "held%d" % i, tenant) for i in range(n)]
    for _ in held:
        head.wait_asked()
    return held


def string(field, text):
    return bytes([field << 3 | 2, len(text)]) + text


def equal_questions(tap, s, head):
    held = hold(s, head, BEGUN - 1)
    asked = [Answer(s.port, "same") for _ in range(12)]
    tap.ok(until(lambda: metric(s, "pyro_query_shared_total") == 10), "of twelve equal questions ten wait for the second")
    head.reply = string(5, b"x")
    head.wait_asked()
    head.let(BEGUN + 1)
    tap.equal([a.result() for a in (*held, *asked)], [200] * (BEGUN + 11), "all get its answer")
    tap.ok(all(json.loads(a.body) == {"names": ["x"]} for a in asked), "which is the same")
    head.wait_asked()
    tap.ok(head.asked.empty(), "and was asked once, and once for the first, which had begun")
    others = [Answer(s.port, "same", "u"), Answer(s.port, "same", "v")]
    head.let(2)
    tap.equal([a.result() for a in others], [200, 200], "other tenants")
    tap.ok(head.wait_asked() and head.wait_asked(), "are asked for by themselves")


def kept_answers(tap, s, head):
    head.reply = string(5, b"one")
    before = metric(s, "pyro_query_kept_total")

    def ask():
        head.let()
        a = Answer(s.port, "kept")
        a.result()
        head.wait_asked()
        return json.loads(a.body)["names"]
    tap.equal(ask(), ["one"], "an answer")
    tap.equal(ask(), ["one"], "again")
    tap.equal(metric(s, "pyro_query_kept_total") - before, 1, "was kept")
    head.reply = string(5, b"two")
    tap.equal(ask(), ["two"], "once recent rows say something else, it is made again")
    tap.equal(metric(s, "pyro_query_kept_total") - before, 1, "and not the kept one")
    head.reply = string(5, b"part") + bytes([9 << 3, 1])
    ask()
    tap.equal(ask(), ["part"], "while journals are read back")
    tap.equal(metric(s, "pyro_query_kept_total") - before, 1, "nothing is kept")
    head.reply = b""


def known_states(tap, s, head):
    """A finished answer is true while recent rows are in the state that it was made in, and in another one that says the same."""
    def ask():
        before = metric(s, "pyro_query_kept_total")
        head.let(2)                                     # in a new state it is asked once, in that of before with it
        a = Answer(s.port, "states")
        a.result()
        head.wait_asked()
        tap.ok(head.asked.empty() and head.permits.acquire(blocking=False), "is asked once")
        return json.loads(a.body)["names"], metric(s, "pyro_query_kept_total") - before
    head.reply, head.state = string(5, b"one"), b"state 1"
    tap.equal(ask(), (["one"], 0), "an answer of a state")
    head.reply = string(5, b"not said while nothing has changed")
    tap.equal(ask(), (["one"], 1), "is kept while it lasts")
    head.reply, head.state = string(5, b"one"), b"state 2"
    tap.equal(ask(), (["one"], 1), "and in another that says the same")
    head.reply, head.state = string(5, b"two"), b"state 3"
    tap.equal(ask(), (["two"], 0), "but not where it says something else")
    tap.equal(ask(), (["two"], 1), "which is kept then")
    head.reply, head.state = b"", b""


def other_limits(tap, s, head):
    """Answers are kept under the limits of now; one question began before them, and ends after another one."""
    def kept_by(label, permits):
        before = metric(s, "pyro_query_kept_total")
        permits.release()
        Answer(s.port, label).result()
        head.wait_asked()
        return metric(s, "pyro_query_kept_total") - before
    aside = Answer(s.port, "aside")
    head.wait_asked()
    kept_by("limits", head.permits)
    tap.equal(kept_by("limits", head.permits), 1, "an answer is kept")
    s.process.send_signal(signal.SIGHUP)
    tap.ok(until(lambda: kept_by("limits", head.permits) == 0), "until limits are read again")
    head.aside.release()
    tap.equal(aside.result(), 200, "a question from before is answered")
    tap.equal([kept_by("aside", head.aside) for _ in range(2)], [0, 1], "but not kept: only one from now on is")


def answers_of_now(tap, s, head):
    """Ranges that end now, by words or because nothing else is said."""
    query = "cpu:cpu:nanoseconds:cpu:nanoseconds{}"
    begin = NOW // 1000 - 100
    for title, path, params in [
            ("a range in words", "/pyroscope/render", {"query": query, "from": "now-1h", "until": "now"}),
            ("a range without an end", "/pyroscope/render", {"query": query, "from": begin}),
            ("two without ends", "/pyroscope/render-diff", {"leftQuery": query, "leftFrom": begin, "rightQuery": query,
                                                            "rightFrom": begin + 1})]:
        before, size = metric(s, "pyro_query_kept_total"), metric(s, "pyro_query_kept_bytes")
        asks = set()
        for _ in range(2):
            head.let(4)
            status = s.request("GET", path + "?" + urllib.parse.urlencode(params), headers={"X-Scope-OrgID": "t"})[0]
            tap.equal(status, 200, title)
            while not head.asked.empty():
                asks.add(head.asked.get())
            while head.permits.acquire(blocking=False):
                pass
            time.sleep(0.01)
        tap.equal(len(asks), 4, "%s: each time up to another moment" % title)
        tap.equal(metric(s, "pyro_query_kept_total") - before, 0, "%s: not answered by what was kept" % title)
        tap.equal(metric(s, "pyro_query_kept_bytes"), size, "%s: and nothing is kept of it" % title)


def bytes_of_questions(tap, s, head):
    """A question that only begins like one that was answered is another, also behind a byte 0."""
    message = bytes([1 << 3 | 2, 2, 0, 97])             # LabelValuesRequest.name
    kind = {"Content-Type": "application/proto", "X-Scope-OrgID": "t"}
    head.let(2)
    got = [s.request("POST", served.QUERIER + "LabelValues", m, kind)[0] for m in (message, message, message + b"\xff")]
    tap.equal(got, [200, 200, 400], "questions are compared to their last byte")
    for _ in range(2):
        head.wait_asked()


def turns(tap, s, head):
    done = queue.Queue()
    held = hold(s, head, tenant="many")
    many = [Answer(s.port, "m%d" % i, "many", done=done) for i in range(30)]
    until(lambda: metric(s, "pyroscope_query_frontend_queries_in_progress") == BEGUN + 30)
    few = Answer(s.port, "f", "few", done=done)
    until(lambda: metric(s, "pyroscope_query_frontend_queries_in_progress") == BEGUN + 31)
    begun = []
    for _ in range(31):
        head.let()
        begun.append(msg(1, b"few") in head.wait_asked())
    tap.ok(True in begun[:2], "a tenant with one question does not wait for thirty of another", begun)
    head.let(BEGUN)
    tap.equal([a.result() for a in (few, *held, *many)], [200] * (BEGUN + 31), "all are answered")


def clients(tap, build, folder, path):
    """Four places; one machine asks for four more than have begun, another for one."""
    head = Head(path)
    s = start(build, folder, path, "-query-scheduler.max-outstanding-requests-per-tenant=4")

    def in_progress(n):
        until(lambda: metric(s, "pyroscope_query_frontend_queries_in_progress") == n)
    held, many = hold(s, head), []
    for i in range(4):
        many.append(Answer(s.port, "m%d" % i))
        in_progress(BEGUN + 1 + i)
    few = Answer(s.port, "few", client="127.0.0.2")
    tap.equal(many[3].result(), 429, "where all places are taken, the last one of who has most goes to who has none")
    begun = []
    for _ in range(4):
        head.let()
        ask = head.wait_asked()
        begun += [name for name in (b"m0", b"few", b"m1", b"m2") if name in ask]
    tap.equal(begun, [b"m0", b"few", b"m1", b"m2"], "whose question is the next but one, and not behind all others")
    head.let(4)
    tap.equal([a.result() for a in (*held, few, *many[:3])], [200] * (BEGUN + 4), "all are answered")
    tap.equal(s.stop(), 0, "the server stops")


def through_the_front(tap, build, folder, path):
    """All questions come to pyro-query, where their turns are: none waits in pyro-ingest behind those of others."""
    query, port = Head(path), served.free_port()
    s = served.Process([os.path.join(build, "pyro-ingest"), "serve", "-server.http-listen-address=127.0.0.1",
                        "-server.http-listen-port=%d" % port, "-pyroscopedb.data-path=" + folder, "-query-socket=unix:" + path,
                        "-ingester.shards=1", "-log.level=error"], port, folder + ".front.log", ready="/buildinfo")
    asked = [Answer(s.port, "q%d" % i) for i in range(150)]
    tap.ok(until(lambda: query.asked.qsize() == 150), "150 questions at once come through the front", query.asked.qsize())
    query.let(150)
    tap.equal({a.result() for a in asked}, {200}, "and their answers go back")
    beside_pushes(tap, s, query)
    tap.equal(s.stop(), 0, "the server stops")


def thread_ns(pid, name):
    """CPU time of the threads of this name."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/comm" % (pid, task)) as comm, open("/proc/%d/task/%s/schedstat" % (pid, task)) as stat:
            total += int(stat.read().split()[0]) if comm.read().strip() == name else 0
    return total


def beside_pushes(tap, s, query):
    """The thread that decodes pushes has nothing to do with a connection that asks; one that does both is served, too."""
    c = http.client.HTTPConnection("127.0.0.1", s.port, timeout=served.WAIT)
    push = push_request(pprof(when=NOW * 10 ** 6))

    def post(path, body, kind):
        c.request("POST", path, body, {"Content-Type": kind})
        r = c.getresponse()
        return r.read() is not None and r.status

    def ask():
        return post(served.QUERIER + "LabelValues", json.dumps({"name": "a"}), "application/json")
    query.let(1000)
    ask()
    before = [thread_ns(s.process.pid, n) for n in ("worker-0", "pyro-ingest")]
    tap.equal({ask() for _ in range(300)}, {200}, "300 questions on one connection are answered")
    worker, main_loop = [thread_ns(s.process.pid, n) - b for n, b in zip(("worker-0", "pyro-ingest"), before)]
    tap.ok(worker < main_loop / 4, "by the thread that decodes no pushes", (worker, main_loop))
    before = metric(s, "pyroscope_ingester_stored_rows_total")
    tap.equal([post(served.PUSH, push, "application/proto") for _ in range(2) for _ in range(20) if ask() == 200], [200] * 40,
              "a connection that asks and pushes in turns gets all its answers")
    tap.equal(metric(s, "pyroscope_ingester_stored_rows_total") - before, 40, "and its rows are stored")


def gone(tap, s, head):
    held = hold(s, head)
    leaving = [Answer(s.port, "l%d" % i) for i in range(5)]
    staying = [Answer(s.port, "both"), Answer(s.port, "both")]
    until(lambda: metric(s, "pyroscope_query_frontend_queries_in_progress") == BEGUN + 7)
    for a in (*leaving, staying[0]):
        a.leave()
    tap.ok(until(lambda: metric(s, "pyroscope_query_frontend_queries_in_progress") == BEGUN + 2), "who leaves is taken from the queue",
           metric(s, "pyroscope_query_frontend_queries_in_progress"))
    head.let(BEGUN + 1)
    tap.equal([a.result() for a in held], [200] * BEGUN, "who was asked before is answered")
    tap.equal(staying[1].result(), 200, "who waits for the question of one who left is answered")
    head.wait_asked()
    tap.ok(head.asked.empty(), "nothing is asked for those who left")


def asked_and_gone(tap, s, head):
    """The question that is being asked, not one that waits."""
    held, alone = hold(s, head, BEGUN - 1), Answer(s.port, "alone")
    head.wait_asked()
    alone.leave()
    other = Answer(s.port, "other")
    try:
        head.asked.get(timeout=10)
        tap.ok(True, "recent rows are not waited for where nobody waits for the answer")
    except queue.Empty:
        tap.ok(False, "recent rows are not waited for where nobody waits for the answer")
    head.let(BEGUN + 1)
    tap.equal([a.result() for a in (other, *held)], [200] * BEGUN, "and the next question is answered")
    while not head.asked.empty():
        head.asked.get()


def shards_stop(tap, build, folder, path):
    """Rows of 16,000 samples each, all of which are looked at for a call site."""
    port = served.free_port()

    def start_shard():
        return served.Process([os.path.join(build, "pyro-ingest"), "serve", "-server.http-listen-address=127.0.0.1",
                               "-server.http-listen-port=%d" % port, "-pyroscopedb.data-path=" + folder,
                               "-head-socket=unix:" + path, "-ingester.shards=1", "-log.level=error", *served.OPEN[:2],
                               "-distributor.ingestion-rate-limit-mb=0"], port, folder + ".shards.log")
    s = start_shard()
    leaves = range(3, 16003)
    samples = b"".join(msg(2, msg(1, varint(i), varint(2)), msg(2, varint(1))) for i in leaves)
    lines = b"".join(msg(4, num(1, i), msg(4, num(1, i))) + msg(5, num(1, i), num(2, i + 4)) for i in leaves)
    names = tuple(b"f%d" % i for i in leaves)
    for i in range(100):
        raw = pprof(when=(NOW + i) * 10 ** 6, samples=samples, strings=names, extra=lines + msg(11, num(1, 1), num(2, 2)))
        if s.request("POST", served.PUSH, push_request(raw), {"Content-Type": "application/proto"})[0] != 200:
            served.bail("push")
    kind = b"process_cpu:cpu:nanoseconds:cpu:nanoseconds"
    ask = (msg(1, b"anonymous") + num(2, 9) + msg(3, kind) + msg(4, b"{}") + num(5, (NOW - HOUR) * 10 ** 6) +
           num(6, (NOW + HOUR) * 10 ** 6) + msg(11, b"main"))
    asked_and_left(tap, s, path, ask, "of heads that grow")
    s.kill()
    os.makedirs(os.path.join(folder, "anonymous"), exist_ok=True)
    with open(os.path.join(folder, "anonymous/local"), "w"):
        pass                                                    # no block can be made there: the rows stay where they are
    s = start_shard()
    asked_and_left(tap, s, path, ask, "of heads on their way into blocks")
    tap.ok(not any(os.path.isdir(os.path.join(folder, "anonymous", n)) for n in os.listdir(os.path.join(folder, "anonymous"))),
           "which did not get there")
    os.unlink(os.path.join(folder, "anonymous/local"))
    tap.equal(s.stop(), 0, "the server stops")


def asked_and_left(tap, s, path, ask, which):
    """Clients that stay until the answer comes, and as many that leave at once."""
    def cpu():
        with open("/proc/%d/stat" % s.process.pid) as f:
            return sum(int(x) for x in f.read().split()[13:15])

    def post():
        c = socket.socket(socket.AF_UNIX)
        c.connect(path)
        c.sendall(b"POST /pyro.v1.Head/Ask HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (len(ask), ask))
        return c
    answers = []
    for _ in range(3):  # on a busy machine a client may be slower to leave than a shard to work
        before = cpu()
        for c in [post() for _ in range(20)]:
            answers.append(c.recv(1 << 16))
            c.close()
        stayed, before = cpu() - before, cpu()
        for c in [post() for _ in range(20)]:
            c.close()
        post().recv(1)
        left = cpu() - before
        if left < stayed / 2:
            break
    tap.ok(all(len(a) > 1000 for a in answers), "questions about large rows are answered, " + which, answers)
    tap.ok(left < stayed / 2, "shards do not work for those who are gone, " + which, (left, stayed))


def late(tap, s, head):
    others, held = hold(s, head, BEGUN - 1), Answer(s.port, "slow", headers={"Connect-Timeout-Ms": "300"})
    head.wait_asked()
    waiting = Answer(s.port, "waits", headers={"Connect-Timeout-Ms": "200"})
    with_it = Answer(s.port, "slow")
    began = time.monotonic()
    tap.equal([waiting.result(), held.result()], [504, 504], "deadlines of clients hold, in the queue and after it")
    tap.ok(time.monotonic() - began < served.WAIT / 4, "without waiting for recent rows")
    tap.equal(json.loads(waiting.body)["code"], "deadline_exceeded", "with their code")
    tap.ok("in time" in json.loads(held.body)["message"], "and a sentence", held.body)
    head.let(BEGUN + 2)                                 # on a slow machine the second began, too
    tap.equal([a.result() for a in (with_it, *others)], [200] * BEGUN, "who waited behind it is answered")
    while not head.asked.empty():
        head.asked.get()


def full(tap, build, folder, path):
    head = Head(path)
    s = start(build, folder, path, "-query-scheduler.max-outstanding-requests-per-tenant=3")
    asked = hold(s, head) + [Answer(s.port, "n%d" % i) for i in range(5)]
    tap.ok(until(lambda: metric(s, "pyro_query_refused_total") == 2), "more than may wait are refused")
    other = Answer(s.port, "n", "u")
    until(lambda: metric(s, "pyroscope_query_frontend_queries_in_progress") == BEGUN + 4)
    head.let(BEGUN + 4)
    tap.equal(sorted(a.result() for a in asked), [200] * (BEGUN + 3) + [429] * 2, "with 429; the others are answered")
    tap.equal(other.result(), 200, "and another tenant has a queue of its own")
    tap.equal(s.stop(), 0, "the server stops")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=served.BUILD)
    build = os.path.abspath(p.parse_args().build)
    tap = served.Tap()
    with served.Folder() as place:
        folder = os.path.join(place, "data")
        head = Head(os.path.join(place, "head.sock"))
        s = start(build, folder, os.path.join(place, "head.sock"))
        for test in (equal_questions, kept_answers, known_states, other_limits, answers_of_now, bytes_of_questions, turns, gone, asked_and_gone,
                     late):
            test(tap, s, head)
        tap.equal(s.stop(), 0, "the server stops")
        full(tap, build, folder, os.path.join(place, "full.sock"))
        clients(tap, build, folder, os.path.join(place, "clients.sock"))
        through_the_front(tap, build, folder, os.path.join(place, "query.sock"))
        shards_stop(tap, build, os.path.join(place, "shards"), os.path.join(place, "shards.sock"))
    tap.done()


if __name__ == "__main__":
    main()
