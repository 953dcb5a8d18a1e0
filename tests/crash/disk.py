#!/usr/bin/env python3
"""disk.py - real trouble with the machine: full and read-only disks, power loss, no descriptors left, files removed under the
server. Every acknowledged profile must be found once, and programs must say what went wrong.

usage: disk.py [--rounds N] [--build DIR] [--seed N] [--only WORD]

Mounts need root; without it those tests are skipped and say so. Prints TAP. Only loopback is used.
"""
import argparse
import fcntl
import glob
import os
import random
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import fault
import hostile
import kill
from fault_server import Load, Tap, WAIT

SHUTDOWN, NO_FLUSH = 0x8004587d, 2      # ioctl of ext4 and XFS: nothing that is not on the disk gets there


class Mount:
    """A file system of its own, at a folder that goes with it."""

    def __init__(self, *args):
        self.path, self.args = tempfile.mkdtemp(prefix="pyro-disk-"), args
        self.mount()

    def mount(self, *more):
        subprocess.run(["mount", *self.args, *more, self.path], check=True, stdout=subprocess.DEVNULL)

    def remount(self, how):
        subprocess.run(["mount", "-o", "remount," + how, self.path], check=True)

    def umount(self):
        """Processes that were killed may take a moment to let go."""
        for _ in range(WAIT * 10):
            if subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit("Bail out! %s cannot be unmounted" % self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], stderr=subprocess.DEVNULL)
        os.rmdir(self.path)


def can_mount():
    """None, or why not."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("mount"):
        return "mount is not installed"
    try:
        with Mount("-t", "tmpfs", "none"):
            return None
    except subprocess.CalledProcessError:
        return "mount is not allowed here"


def can_loop():
    why = can_mount()
    if why:
        return why
    if not shutil.which("mkfs.ext4"):
        return "mkfs.ext4 is not installed"
    try:
        with Image(16):
            return None
    except (subprocess.CalledProcessError, OSError):
        return "loop devices are not to be had here"


class Image(Mount):
    """ext4 in a file."""

    def __init__(self, mb):
        self.image = tempfile.NamedTemporaryFile(prefix="pyro-image-")
        self.image.truncate(mb << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image.name], check=True)
        super().__init__("-o", "loop", self.image.name)

    def power_loss(self):
        fd = os.open(self.path, os.O_RDONLY)
        fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", NO_FLUSH))
        os.close(fd)


class Trouble:
    """One server and its load; whatever goes wrong is in wrong."""

    def __init__(self, build, data, *options, limits=None):
        self.log = tempfile.TemporaryFile("w+")
        self.server = kill.Server(build, data, ("-log.level=info", *options), log=self.log, limits=limits)
        self.load, self.wrong = Load(self.server), []
        self.server.start()

    def must(self, good, text):
        if not good:
            self.wrong.append(text)

    def work(self):
        """Pushes run, and are acknowledged, also after something happened."""
        if not self.load.pushers:
            self.load.start()
        self.must(self.load.acknowledged_again(), "nothing is acknowledged")

    def rest(self):
        self.load.stop()

    def refused(self, pattern):
        """A refusal with such a text comes."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            for p in self.load.pushers:
                if any(status in (429, 503) and re.search(pattern, text) for status, text in p.refused):
                    return
            time.sleep(0.01)
        self.wrong.append("no refusal says %s" % pattern)

    def said(self, text):
        self.log.seek(0)
        self.must(text in self.log.read(), "the log does not say: " + text)

    def judge(self):
        self.wrong += self.load.judge()

    def restart(self):
        self.server.kill_all()
        self.server.start()
        self.judge()

    def metric(self, name):
        for line in self.server.get("/metrics")[1].decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return 0

    def wait_metric(self, name, more_than):
        end = time.monotonic() + WAIT
        while self.metric(name) <= more_than and time.monotonic() < end:
            time.sleep(0.05)
        self.must(self.metric(name) > more_than, "%s stays at %s" % (name, more_than))

    def end(self):
        code = self.server.stop()
        self.must(code == 0, "the server ended with %s" % code)
        return self.wrong


def ballast(folder):
    """Fills the disk to the last byte."""
    with open(os.path.join(folder, "ballast"), "wb", buffering=0) as f:
        for size in (1 << 16, 1):
            try:
                while True:
                    f.write(bytes(size))
            except OSError:
                pass
    return f.name


def full_disk(build, _):
    with Mount("-t", "tmpfs", "-o", "size=8m", "none") as m:
        t = Trouble(build, os.path.join(m.path, "data"), "-ingester.max-journal-size=32KiB")
        t.work()
        heavy = ballast(m.path)
        t.refused(rb"journal: not writable .*No space left")
        os.unlink(heavy)
        t.work()
        heavy = ballast(m.path)
        t.refused(rb"journal: not writable")
        t.rest()
        t.judge()
        t.server.kill_all()
        os.unlink(heavy)
        t.server.start()
        t.judge()
        t.work()
        t.rest()
        t.judge()
        return t.end()


def read_only_disk(build, _):
    with Mount("-t", "tmpfs", "none") as m:
        data = os.path.join(m.path, "data")
        t = Trouble(build, data)
        t.work()
        t.rest()
        t.judge()
        wrong = t.end()
        m.remount("ro")
        for program, args in (("pyro-serve", ()), ("pyro-ingest", ("serve",))):
            code, _, text = fault.run(build, program, [*args, "-pyroscopedb.data-path=" + data, "-server.http-listen-port=0",
                                                       "-server.http-listen-address=127.0.0.1"])
            if code != 100 or "Read-only file system" not in text:
                wrong.append("%s: exit %d: %s" % (program, code, text.strip()))
        code, out, text = fault.run(build, "pyro-query", ("top", data))
        if code != 0 or b"main" not in out:
            wrong.append("pyro-query of a read-only disk: exit %d: %s" % (code, text.strip()))
        return wrong + list(filters_fail(build, m.path, 100, "Read-only file system"))


def filters_fail(build, folder, want, why):
    """Files cannot be made below the folder: the filters say so and leave nothing."""
    profile = hostile.pprof()
    for program, args in (("pyro-ingest", ("--output", folder + "/blocks")), ("pyro-query", ("top", "--output", "text=" + folder + "/top"))):
        code, _, text = fault.run(build, program, args, profile)
        if code != want or why not in text:
            yield "%s: exit %d, expected %d: %s" % (program, code, want, text.strip())
    left = [x for x in fault.tree(folder) if x.startswith(("blocks/", "top")) and x != "blocks/"]
    if left:
        yield "left behind: %s" % left


def full_disk_filters(build, _):
    with Mount("-t", "tmpfs", "-o", "size=1m", "none") as m:
        ballast(m.path)
        return list(filters_fail(build, m.path, 111, "No space left"))


def full_output(build, _):
    """Standard output to a full disk."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="pyro-disk-") as place:
        profile, blocks = place + "/a.pb", place + "/blocks"
        with open(profile, "wb") as f:
            f.write(hostile.pprof())
        fault.run(build, "pyro-ingest", ("--label", "service_name=x", "--output", blocks, profile))
        block = glob.glob(blocks + "/*")[0]
        for program, *args in (("pyro-ingest", profile), ("pyro-query", "top", profile), ("pyro-query", "svg", profile),
                               ("pyro-query", "series", blocks), ("pyro-block", "list", blocks), ("pyro-block", "dump", block),
                               ("pyro-ingest", "-help"), ("pyro-query", "-version"),
                               ("pyro-serve", "-help-all"), ("pyro-block", "-print.config")):
            with open("/dev/full", "wb") as full:
                code, _, text = fault.run(build, program, args, stdout=full)
            if code != 111 or "No space left" not in text:
                wrong.append("%s %s: exit %d: %s" % (program, " ".join(args), code, text.strip()))
    return wrong


def no_descriptors(build, _):
    """More clients than descriptors: those who are connected are served, blocks are cut, questions answered."""
    with tempfile.TemporaryDirectory(prefix="pyro-disk-") as data:
        t = Trouble(build, data, "-ingester.max-journal-size=16KiB", limits={resource.RLIMIT_NOFILE: (160, 160)})
        t.work()
        idle = []
        for _ in range(400):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", t.server.port))
            idle.append(s)
        t.work()
        blocks = t.metric("pyroscope_ingester_blocks_cut_total")
        t.work()
        t.wait_metric("pyroscope_ingester_blocks_cut_total", blocks)
        for s in idle:
            s.close()
        t.rest()
        t.judge()
        t.restart()
        return t.end()


def journal_removed(build, _):
    with tempfile.TemporaryDirectory(prefix="pyro-disk-") as data:
        t = Trouble(build, data)
        t.work()
        for path in glob.glob(data + "/journal/*.journal"):
            os.unlink(path)
        t.refused(rb"journal: not writable \(the file was removed\)")
        t.work()
        t.said("the file was removed")
        t.wait_metric("pyroscope_ingester_blocks_cut_total", 0)
        t.rest()
        t.judge()
        t.restart()
        return t.end()


def journal_folder_removed(build, _):
    with tempfile.TemporaryDirectory(prefix="pyro-disk-") as data:
        t = Trouble(build, data)
        t.work()
        shutil.rmtree(data + "/journal")
        t.refused(rb"journal: not writable")
        t.work()
        t.said("journal folder was removed and is made again")
        t.wait_metric("pyroscope_ingester_blocks_cut_total", 0)
        t.rest()
        t.judge()
        t.restart()
        return t.end()


def block_removed(build, _):
    """By hand, under the server: the rest is still an answer."""
    with tempfile.TemporaryDirectory(prefix="pyro-disk-") as data:
        t = Trouble(build, data)
        t.work()
        t.rest()
        t.wrong += t.end()
        t.server.start()
        for block in glob.glob(data + "/anonymous/local/*"):
            shutil.rmtree(block)
        gone = t.load.acked
        t.load.acked, t.load.sent = set(), t.load.sent - gone
        t.work()
        t.rest()
        t.judge()
        t.said("block is gone")
        return t.end()


def power_loss(build, rng, rounds):
    """
    What is acknowledged before the moment counts. After a power loss there is nobody to acknowledge; here there is, and
    ext4 lets a sync that is under way at the moment succeed without what it was to write.
    """
    with Image(64) as disk:
        t = Trouble(build, os.path.join(disk.path, "data"), "-ingester.max-journal-size=4KiB")
        for _ in range(rounds):
            t.work()
            time.sleep(rng.uniform(0, 1.5))
            firm = [len(p.acked) for p in t.load.pushers]
            disk.power_loss()
            t.refused(rb"journal: not writable")
            t.must(t.server.process.poll() is None, "the server ended with its disk")
            pushers = t.load.pushers
            t.rest()
            for p, n in zip(pushers, firm):
                t.load.acked.difference_update(p.acked[n:])
            t.server.kill_all()
            disk.umount()
            disk.mount()
            t.server.start()
            t.judge()
        wrong = t.end()
        broken = glob.glob(disk.path + "/data/journal/*.broken")
        return wrong + ["kept aside: %s" % broken] * bool(broken)


TESTS = ((full_disk, can_mount), (full_disk_filters, can_mount), (read_only_disk, can_mount), (full_output, None),
         (no_descriptors, None), (journal_removed, None), (journal_folder_removed, None), (block_removed, None))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rounds", type=int, default=4, help="of power loss")
    ap.add_argument("--build", default=os.environ.get("BIN", os.path.join(here, "..", "..", "build")))
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    build, rng, tap = os.path.abspath(a.build), random.Random(a.seed), Tap()
    loss = ((lambda b, r: power_loss(b, r, a.rounds), can_loop, "power loss, %d times" % a.rounds),)
    for test, can, name in (*((t, c, t.__name__.replace("_", " ")) for t, c in TESTS), *loss):
        if a.only not in name:
            continue
        why = can() if can else None
        if why:
            tap.skip(name, why)
        else:
            tap.result(name, test(build, rng))
    print("1..%d" % tap.n)
    return 1 if tap.bad else 0


if __name__ == "__main__":
    sys.exit(main())
