"""served - for test programs in Python: TAP lines, and servers on loopback that are asked over HTTP/1."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BIN", "build"))
INTEROP = os.environ.get("PYRO_INTEROP", os.path.join(TOP, "build", "interop"))     # what tests/interop/install made
SHARED = os.environ.get("PYRO_SHARED", os.path.join(TOP, "..", "shared"))
PYROSCOPE = os.environ.get("PYROSCOPE", "")
QUERIER = "/querier.v1.QuerierService/"
PUSH = "/push.v1.PusherService/Push"
OPEN = ["-validation.reject-older-than=0", "-validation.reject-newer-than=0", "-querier.max-query-lookback=0",
        "-querier.max-query-length=0", "-distributor.ingestion-rate-limit-mb=10000",
        "-distributor.ingestion-burst-size-mb=10000"]
WAIT = 120              # seconds until a silent server counts as dead


class Tap:
    """Results of a test program. Used with `with`, it prints the plan and ends the program."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, title, *why):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, title))
        if not good:
            for line in " ".join(str(w) for w in why)[:3000].splitlines():
                print("# " + line)
        sys.stdout.flush()
        return good

    def equal(self, got, want, title):
        return self.ok(got == want, title, "got %s\nexpected %s" % (brief(got), brief(want)) if got != want else "")

    def run(self, title, command):
        """A program that prints TAP: its results become ours."""
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
        failed = self.failed
        for line in done.stdout.splitlines():
            word, _, text = line.partition(" - ")
            if word.startswith(("ok ", "not ok ")):
                self.ok(word.startswith("ok "), "%s: %s" % (title, text))
            elif line.startswith("Bail out!"):
                self.ok(False, "%s: %s" % (title, line))
            elif line.startswith("#"):
                print(line)
        if done.returncode != 0 and failed == self.failed:
            self.ok(False, "%s ends with %d" % (title, done.returncode), done.stderr)

    def skip(self, title, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, title, why))

    def done(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def brief(value):
    return str(value)[:1200]


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def bail(why):
    print("Bail out! %s" % why)
    sys.exit(1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def difference(got, want, limit=10):
    """What differs between two maps, as text; empty if they are equal."""
    keys = [k for k in sorted(set(got) | set(want)) if got.get(k) != want.get(k)]
    return "\n".join("%s: got %s, expected %s" % (k, got.get(k), want.get(k)) for k in keys[:limit])


class Process:
    """A server that says when it is ready. tls: an ssl.SSLContext that trusts it, where it speaks HTTPS."""

    def __init__(self, argv, port, log, tries=1200, cwd=None, ready="/ready", tls=None):
        self.port, self.url, self.tls = port, "http%s://127.0.0.1:%d" % ("s" if tls else "", port), tls
        with open(log, "ab") as f:
            self.process = subprocess.Popen(argv, stdout=f, stderr=f, cwd=cwd, start_new_session=True)
        for _ in range(tries):
            if self.process.poll() is not None:
                break
            try:
                if self.request("GET", ready)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        self.kill()
        with open(log, errors="replace") as f:
            print("# " + "\n# ".join(f.read().splitlines()[-20:]))
        bail("%s does not become ready" % argv[0])

    def request(self, method, path, body=None, headers=None):
        if self.tls:
            c = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=WAIT, context=self.tls)
        else:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, dict((k.lower(), v) for k, v in r.getheaders()), r.read()
        finally:
            c.close()

    def ask(self, call, **request):
        """A call of the querier, JSON both ways; an error ends the test."""
        status, _, body = self.request("POST", QUERIER + call, json.dumps(request), {"Content-Type": "application/json"})
        if status != 200:
            bail("%s: %d %s" % (call, status, body[:500]))
        return json.loads(body)

    def ask_bytes(self, call, message):
        """A call of the querier with protobuf both ways."""
        status, _, body = self.request("POST", QUERIER + call, message, {"Content-Type": "application/proto"})
        if status != 200:
            bail("%s: %d %s" % (call, status, body[:500]))
        return body

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.kill()
            return -1

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def pyro_serve(data, *flags, build=BUILD, tls=None):
    port = free_port()
    return Process([os.path.join(build, "pyro-serve"), "-server.http-listen-address=127.0.0.1",
                    "-server.http-listen-port=%d" % port, "-pyroscopedb.data-path=%s" % data, "-log.level=error",
                    *flags], port, data + ".log", tls=tls)


def pyroscope(folder, *flags):
    """A real server on its own ports; data in folder/data."""
    port, grpc, gossip = free_port(), free_port(), free_port()
    addresses = ["-%s=127.0.0.1" % f for f in (
        "server.http-listen-address", "server.grpc-listen-address", "memberlist.bind-addr", "memberlist.advertise-addr",
        "distributor.ring.instance-addr", "compactor.ring.instance-addr", "overrides-exporter.ring.instance-addr",
        "query-scheduler.ring.instance-addr", "query-frontend.instance-addr", "ingester.lifecycler.addr",
        "store-gateway.sharding-ring.instance-addr")]
    os.makedirs(folder, exist_ok=True)
    return Process([PYROSCOPE, *addresses, "-server.http-listen-port=%d" % port, "-server.grpc-listen-port=%d" % grpc,
                    "-memberlist.bind-port=%d" % gossip, "-ingester.min-ready-duration=0s", "-usage-stats.enabled=false",
                    "-self-profiling.disable-push=true", "-pyroscopedb.data-path=" + os.path.join(folder, "data"),
                    *flags], port, os.path.join(folder, "log"), cwd=folder)


class Folder:
    """A folder of the test's own, removed at the end."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pyro-interop-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
