"""servers.py - the servers that are measured: start, CPU time, memory, blocks; on loopback and free ports.

CPU time is that of all processes of a server, read from their CPU clocks (clock_getcpuclockid, nanoseconds, threads that
ended included), so a difference of two readings is exact and what others do on the machine does not count but for the
caches that they share. Servers and load go before other work where root may say so.
"""
import array
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
PAGE, PRESENT, FRAME = os.sysconf("SC_PAGESIZE"), 1 << 63, (1 << 55) - 1     # of /proc/PID/pagemap
READY_SECONDS, STOP_SECONDS, SETTLE_SECONDS = 60, 120, 0.02


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


def go_first():
    """In a child that leads a session, before its program starts: others on this machine wait for it, and leave its
    caches alone. Only root may. Where the kernel groups processes by session, the session has a niceness of its own."""
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        if os.path.exists("/proc/self/autogroup"):
            with open("/proc/self/autogroup", "w") as f:
                f.write("-20")


def cost_of(argv):
    """CPU time and time on the clock of a program, in seconds; its output goes nowhere. It goes first because this process
    does from now on: what Python does in a child of its own, 2 ms, would count as the program's."""
    go_first()
    began = time.monotonic()
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, use = os.wait4(child.pid, 0)
    took = time.monotonic() - began
    child.returncode = status
    if status != 0:
        raise SystemExit("%s failed" % " ".join(argv[:3]))
    return use.ru_utime + use.ru_stime, took


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


def page_frames(pid):
    """Numbers of the pages of memory that a process has mapped and that are there; empty if the caller is not root."""
    frames = set()
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/pagemap" % pid, "rb") as pagemap:
        for line in maps:
            start, end = (int(x, 16) // PAGE for x in line.split()[0].split("-"))
            if "[vsyscall]" in line:
                continue
            pagemap.seek(start * 8)
            entries = array.array("Q", pagemap.read((end - start) * 8))
            frames.update(e & FRAME for e in entries if e & PRESENT and e & FRAME)
    return frames


def smaps_kb(pid):
    """Name -> kB; empty if the process is gone."""
    try:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            rows = [line.split() for line in f.readlines()[1:]]
    except OSError:
        return {}
    return {row[0].rstrip(":"): int(row[1]) for row in rows}


class Server:
    """One server with its own data folder. A subclass says how it is started and where its blocks lie."""
    name = suffix = ""

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

    def cut(self):
        """Recent rows become blocks, while it goes on."""
        status, answer = self.request("POST", "/ingester.v1.IngesterService/Flush", "{}", timeout=600)
        if status != 200:
            raise SystemExit("%s does not flush: %d %s" % (self.name, status, answer[:200]))

    def pick_port(self):
        self.port = free_port()

    def spawn(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.argv(), cwd=self.folder, stdout=log, stderr=log,
                                            start_new_session=True, preexec_fn=go_first)
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

    def settle(self):
        """Until it does nothing: what is left to do after a push, as connections that end, is no cost of a question."""
        before = -1
        while before != self.cpu_us():
            before = self.cpu_us()
            time.sleep(SETTLE_SECONDS)

    def memory_mb(self):
        """(pages, Pss, Rss) of all processes. Pages counts each page of memory once, whoever else maps it, which only
        root can see (else 0). In Pss a page counts by halves when a stranger maps it too, in Rss once for each process
        of the server."""
        frames = set()
        for pid in self.pids:
            frames |= page_frames(pid)
        return len(frames) * PAGE / 2**20, self.pss_mb(), sum(smaps_kb(pid).get("Rss", 0) for pid in self.pids) / 1024

    def pss_mb(self):
        return sum(smaps_kb(pid).get("Pss", 0) for pid in self.pids) / 1024

    def peak_mb(self):
        """The most that each process had in memory so far, summed."""
        kb = 0
        for pid in self.pids:
            with open("/proc/%d/status" % pid) as f:
                kb += sum(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
        return kb / 1024

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
    members = ["compactor.ring.instance", "distributor.ring.instance", "ingester.lifecycler.", "query-frontend.instance",
               "overrides-exporter.ring.instance", "query-scheduler.ring.instance", "store-gateway.sharding-ring.instance"]

    def argv(self):
        return [self.program, "-target=all", "-server.http-listen-address=127.0.0.1",
                "-server.http-listen-port=%d" % self.port, "-server.grpc-listen-address=127.0.0.1",
                "-server.grpc-listen-port=%d" % free_port(), "-memberlist.bind-addr=127.0.0.1",
                "-memberlist.bind-port=%d" % free_port(), "-pyroscopedb.data-path=%s/data" % self.folder,
                "-compactor.data-dir=%s/compactor" % self.folder, "-storage.backend=filesystem",
                "-storage.filesystem.dir=%s/bucket" % self.folder, "-self-profiling.disable-push=true",
                "-usage-stats.enabled=false", "-ingester.min-ready-duration=0s", "-log.level=warn",
                "-querier.query-store-after=10000h",
                *("-%saddr=127.0.0.1" % (m if m.endswith(".") else m + "-") for m in self.members), *LIMITS, *self.options]

    def is_block(self, path):
        return "/data/" in path and "/local/" in path

    def flush(self):
        self.cut()
