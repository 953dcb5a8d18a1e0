"""pair_servers.py - a Pyroscope and a pyro-serve with the same flags, and how a request reaches them."""

import http.client
import os
import shutil
import socket
import subprocess
import time

OPEN = [
    "-validation.reject-older-than=0",
    "-validation.reject-newer-than=0",
    "-querier.max-query-lookback=0",
    "-querier.max-query-length=0",
    "-distributor.ingestion-rate-limit-mb=10000",
    "-distributor.ingestion-burst-size-mb=10000",
]
KINDS = {
    "main": OPEN,
    "tenants": OPEN + ["-auth.multitenancy-enabled=true"],
    "strict": [
        "-validation.max-profile-size-bytes=200000",
        "-validation.max-profile-stacktrace-samples=400",
        "-validation.max-profile-stacktrace-sample-labels=3",
        "-validation.max-profile-stacktrace-depth=20",
        "-validation.max-profile-symbol-value-length=30",
        "-validation.max-length-label-name=40",
        "-validation.max-length-label-value=60",
        "-validation.max-label-names-per-series=12",
        "-validation.reject-older-than=0",
        "-validation.reject-newer-than=10m",
        "-querier.max-query-lookback=0",
        "-querier.max-query-length=1d",
        "-querier.max-flamegraph-nodes-default=16",
        "-querier.max-flamegraph-nodes-max=64",
        "-ingester.max-global-series-per-tenant=6",
    ],
    "window": [
        "-validation.reject-older-than=1h",
        "-validation.reject-newer-than=10m",
        "-querier.max-query-lookback=7d",
        "-querier.max-query-length=24h",
    ],
}
# who a ring member says it is; without it the original looks for an address on the network cards
RINGS = [
    "ingester.lifecycler.addr",
    "distributor.ring.instance-addr",
    "compactor.ring.instance-addr",
    "store-gateway.sharding-ring.instance-addr",
    "query-scheduler.ring.instance-addr",
    "query-frontend.instance-addr",
    "overrides-exporter.ring.instance-addr",
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One running server; start() waits until it is ready, in a bounded loop."""

    def __init__(self, what, program, kind, folder, extra=()):
        self.what, self.program, self.kind, self.extra = what, program, kind, list(extra)
        self.data = os.path.join(folder, what + "-" + kind)
        self.log = self.data + ".log"
        self.port = free_port()
        self.conn = self.process = None

    def arguments(self):
        flags = (
            KINDS[self.kind]
            + self.extra
            + [
                "-server.http-listen-address=127.0.0.1",
                "-server.http-listen-port=%d" % self.port,
                "-log.level=error",
                "-pyroscopedb.data-path=" + os.path.join(self.data, "db"),
            ]
        )
        if self.what == "pyroscope":
            flags += [
                "-target=all",
                "-server.grpc-listen-address=127.0.0.1",
                "-server.grpc-listen-port=%d" % free_port(),
                "-memberlist.bind-addr=127.0.0.1",
                "-memberlist.bind-port=%d" % free_port(),
                "-usage-stats.enabled=false",
                "-self-profiling.disable-push=true",
                "-ingester.min-ready-duration=0s",
            ]
            flags += ["-%s=127.0.0.1" % ring for ring in RINGS]
        return [self.program] + flags

    def start(self, patience=120):
        os.makedirs(self.data, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.arguments(), stdout=log, stderr=log, cwd=self.data)
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.ask("GET", "/ready", {}, b"")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        with open(self.log, errors="replace") as f:
            raise SystemExit("Bail out! %s does not start: %s" % (self.what, f.read()[-2000:]))

    def stop(self):
        self.close()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def close(self):
        if self.conn:
            self.conn.close()
            self.conn = None

    def ask(self, method, path, headers, body):
        """(status, headers as a dictionary in lower case, body); the connection is kept."""
        for again in (True, False):
            fresh = self.conn is None
            if fresh:
                self.conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                return self.exchange(method, path, headers, body)
            except (OSError, http.client.HTTPException):
                self.close()
                if fresh or not again:
                    raise
        raise AssertionError

    def exchange(self, method, path, headers, body):
        self.conn.putrequest(method, path, skip_accept_encoding=True)
        for k, v in headers.items():
            self.conn.putheader(k, v)
        if body or method in ("POST", "PUT"):
            self.conn.putheader("Content-Length", str(len(body)))
        self.conn.endheaders()
        try:
            self.conn.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = self.conn.getresponse()
        heads = {}
        for k, v in answer.getheaders():
            k = k.lower()
            heads[k] = heads[k] + ", " + v if k in heads else v
        content = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, heads, content

    def grpc(self, path, headers, body):
        """A gRPC call over HTTP/2 by curl; the trailers count as headers."""
        curl = shutil.which("curl")
        for name in (".head", ".body"):
            open(self.data + name, "wb").close()
        args = [
            curl,
            "-s",
            "--http2-prior-knowledge",
            "-X",
            "POST",
            "-D",
            self.data + ".head",
            "-o",
            self.data + ".body",
            "--data-binary",
            "@-",
            "-H",
            "te: trailers",
            "-H",
            "expect:",
        ]
        for k, v in headers.items():
            args += ["-H", "%s: %s" % (k, v)]
        subprocess.run(args + ["http://127.0.0.1:%d%s" % (self.port, path)], input=body, timeout=60, check=True)
        heads, status = {}, 0
        with open(self.data + ".head", encoding="latin-1") as f:
            for line in f:
                if line.startswith("HTTP/"):
                    status = int(line.split()[1])
                elif ":" in line:
                    k, _, v = line.partition(":")
                    heads[k.strip().lower()] = v.strip()
        with open(self.data + ".body", "rb") as f:
            return status, heads, f.read()
