"""servers.py - the servers that are measured: start, CPU time, memory, blocks; on loopback and free ports.

CPU time is that of all processes of a server, read from their CPU clocks (clock_getcpuclockid, nanoseconds, threads that
ended included), so a difference of two readings is exact and what others do on the machine does not count.
"""
import ctypes
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time

LIMITS = ["-validation.reject-older-than=0", "-validation.max-profile-size-bytes=0",
          "-ingester.max-global-series-per-tenant=0", "-distributor.ingestion-rate-limit-mb=100000",
          "-distributor.ingestion-burst-size-mb=100000", "-querier.max-query-lookback=0", "-querier.max-query-length=0"]
LIBC = ctypes.CDLL(None, use_errno=True)
READY_SECONDS, STOP_SECONDS = 60, 120


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_us(pid):
    """CPU time of a process; 0 if it is gone."""
    clock = ctypes.c_int()
    if LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)) != 0:
        return 0.0
    return time.clock_gettime(clock.value) * 1e6


def parents():
    """Process id -> that of its parent."""
    out = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                stat = f.read()
            out[int(pid)] = int(stat[stat.rindex(")") + 2:].split()[1])
        except OSError:
            pass
    return out


def file_bytes(folder, wanted):
    """Bytes of the files below folder whose path satisfies wanted."""
    paths = (os.path.join(d, f) for d, _, names in os.walk(folder) for f in names)
    return sum(os.path.getsize(p) for p in paths if wanted(p))


class Server:
    """One server with its own data folder. A subclass says how it is started and where its blocks lie."""
    name = suffix = ""
    before_exec = None

    def __init__(self, program, folder, options=()):
        self.program, self.folder, self.options = program, folder, list(options)
        self.port, self.process = 0, None
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)

    def argv(self):
        raise NotImplementedError

    def is_block(self, path):
        raise NotImplementedError

    def flush(self):
        raise NotImplementedError

    def pick_port(self):
        self.port = free_port()

    def spawn(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.argv(), cwd=self.folder, stdout=log, stderr=log,
                                            start_new_session=True, preexec_fn=self.before_exec)
        self.pids = [self.process.pid]

    def start(self):
        self.pick_port()
        self.spawn()
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            if self.status("/ready") == 200:
                self.find_processes()
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise SystemExit("%s is not ready; see %s/log" % (self.name, self.folder))

    def request(self, method, path, body=None, kind="application/json", timeout=60):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, path, body, {"Content-Type": kind} if body is not None else {})
            r = c.getresponse()
            return r.status, r.read()
        finally:
            c.close()

    def status(self, path, body=None):
        """Of a GET, or a POST of protobuf; 0 where nobody answers."""
        try:
            return self.request("POST" if body else "GET", path, body, "application/proto")[0]
        except (OSError, http.client.HTTPException):
            return 0

    def find_processes(self):
        tree, found = parents(), [self.process.pid]
        for pid in found:
            found += [p for p, parent in tree.items() if parent == pid]
        self.pids = found

    def cpu_us(self):
        return sum(map(cpu_us, self.pids))

    def memory_mb(self):
        """(Pss, Rss) of all processes: pages that they share count once in the first, for each in the second."""
        sums = {"Pss": 0, "Rss": 0}
        for pid in self.pids:
            with open("/proc/%d/smaps_rollup" % pid) as f:
                for line in f:
                    name, _, rest = line.partition(":")
                    if name in sums:
                        sums[name] += int(rest.split()[0])
        return sums["Pss"] / 1024, sums["Rss"] / 1024

    def block_bytes(self):
        return file_bytes(self.folder, self.is_block)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise SystemExit("%s does not stop; see %s/log" % (self.name, self.folder))

    def kill(self):
        """As power loss would: nothing is written any more. The parent is held meanwhile, so that it starts no part
        again, and ends last, because the others take its end for a reason to stop in order."""
        self.process.send_signal(signal.SIGSTOP)
        self.find_processes()
        for pid in reversed(self.pids):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Pyro(Server):
    """All parts under their supervisor; one shard, which is one worker thread: one core's worth."""
    name, suffix = "pyro", ""

    def argv(self):
        return [self.program, "-server.http-listen-address=127.0.0.1", "-server.http-listen-port=%d" % self.port,
                "-pyroscopedb.data-path=%s/data" % self.folder, "-ingester.shards=1", "-log.level=warn",
                *LIMITS, *self.options]

    def is_block(self, path):
        return "/local/" in path

    def flush(self):
        """Recent rows become blocks when it stops; then they are asked for as after any start."""
        self.stop()
        self.start()


class Pyroscope(Server):
    """The original, -target=all with its fastest way to ready and without its habit of profiling itself."""
    name, suffix = "pyroscope", "_pyroscope"

    def argv(self):
        return [self.program, "-target=all", "-server.http-listen-address=127.0.0.1",
                "-server.http-listen-port=%d" % self.port, "-server.grpc-listen-address=127.0.0.1",
                "-server.grpc-listen-port=%d" % free_port(), "-memberlist.bind-addr=127.0.0.1",
                "-memberlist.bind-port=%d" % free_port(), "-pyroscopedb.data-path=%s/data" % self.folder,
                "-compactor.data-dir=%s/compactor" % self.folder, "-storage.backend=filesystem",
                "-storage.filesystem.dir=%s/bucket" % self.folder, "-self-profiling.disable-push=true",
                "-usage-stats.enabled=false", "-ingester.min-ready-duration=0s", "-log.level=warn",
                "-querier.query-store-after=10000h", *LIMITS, *self.options]

    def is_block(self, path):
        return "/data/" in path and "/local/" in path

    def flush(self):
        status, answer = self.request("POST", "/ingester.v1.IngesterService/Flush", "{}", timeout=600)
        if status != 200:
            raise SystemExit("pyroscope does not flush: %d %s" % (status, answer[:200]))
