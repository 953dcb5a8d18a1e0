"""inputs.py - what is pushed and asked: profiles, their times and series, the bodies of questions.

Times are those of the requests, not of the clock: a set of an hour is pushed in seconds. All sets begin at a full hour,
the last but one, so that each lies in as few hourly blocks as it can.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import time
import urllib.parse
import zlib

import make_profiles

S = 10**9
BASE = (int(time.time()) // 3600 - 2) * 3600 * S
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
QUERIER = "/querier.v1.QuerierService/"
HERE = os.path.dirname(os.path.abspath(__file__))


class Group:
    """names: the figures that measure(bench) prints."""

    def __init__(self, measure, *names):
        self.measure, self.names = measure, names


def push(name, labels, at, file):
    """A job of load.c: POST /ingest of one file as the profile of a series at a time."""
    text = name + "{" + ",".join("%s=%s" % kv for kv in labels.items()) + "}"
    return "/ingest?name=%s&from=%d&until=%d&format=pprof&spyName=gospy %s" % (
        urllib.parse.quote(text), at, at + 15 * S, file)


def repeated(files, n, pods=20, interval=15 * S, base=BASE, name="shop"):
    """n pushes of one service: its pods by turns, each pod once an interval, the files by turns."""
    return [push(name, {"pod": "p%d" % (i % pods)}, base + (i // pods) * interval + i % pods * 10**6,
                 files[i % len(files)]) for i in range(n)]


class Question:
    """A request to the query service in Connect's protobuf form: body for load.c, and a check of the answer."""

    def __init__(self, procedure, start, end, selector="{}", group_by=(), step=0, kind=CPU):
        self.path = QUERIER + procedure
        self.times = start // 10**6, end // 10**6
        self.kind, self.selector = kind, selector
        text = lambda field, s: make_profiles.message(field, s.encode())
        self.body = text(1, kind) + text(2, selector) + make_profiles.number(3, self.times[0]) + \
            make_profiles.number(4, self.times[1]) + b"".join(text(5, g) for g in group_by)
        if step:
            self.body += b"\x31" + struct.pack("<d", step)

    def job(self, folder):
        file = os.path.join(folder, "question-%08x" % zlib.crc32(self.path.encode() + self.body))
        with open(file, "wb") as f:
            f.write(self.body)
        return self.path + " " + file

    def total(self, server):
        """What a server says is the sum of all values: the same whoever answers and wherever the rows are."""
        ask = {"profileTypeID": self.kind, "labelSelector": self.selector, "start": self.times[0], "end": self.times[1]}
        status, answer = server.request("POST", QUERIER + "SelectMergeStacktraces", json.dumps(ask))
        if status != 200:
            raise SystemExit("%s: %d %s" % (server.name, status, answer[:200]))
        return int(json.loads(answer).get("flamegraph", {}).get("total", 0))


class Inputs:
    """Files made once per build folder and version of their maker."""

    def __init__(self, folder):
        with open(make_profiles.__file__, "rb") as f:
            self.folder = "%s-%08x" % (folder, zlib.crc32(f.read()))
        os.makedirs(self.folder, exist_ok=True)
        self.profiles = os.path.join(self.folder, "profiles")
        self.made(self.profiles, make_profiles.main)

    def made(self, folder, make):
        """Fills folder with make(its name) unless an earlier run did."""
        if not os.path.isdir(folder):
            shutil.rmtree(folder + ".new", ignore_errors=True)
            make(folder + ".new")
            os.rename(folder + ".new", folder)

    def file(self, name):
        return os.path.join(self.profiles, name)

    def draws(self, prefix):
        return [self.file(f) for f in sorted(os.listdir(self.profiles)) if f.startswith(prefix + "-")]

    def half_hour(self):
        """(name, jobs) of 10 services of 3 pods at 15 s: those of the shared generator where that can be built, else
        ours: as many profiles of that size, with stacks that have less in common, so figures of the two do not compare."""
        folder = self.loadgen("loadgen", 10, 3, 0.5)
        if folder:
            return "loadgen", folder_jobs(folder, BASE)
        folder = os.path.join(self.folder, "half-hour")
        self.made(folder, make_profiles.half_hour)
        return "own generator", folder_jobs(folder, BASE)

    def loadgen(self, name, services, pods, hours, sources=()):
        """Folder with a set of the shared generator, at 15 s; None where that cannot be built. sources: CPU profiles of the
        shared data to draw from; none: all that it has."""
        shared = os.environ.get("PYRO_SHARED", os.path.join(HERE, "..", "..", "..", "shared"))
        source, folder = os.path.join(shared, "testdata", "loadgen"), os.path.join(self.folder, name)
        if not (os.path.isdir(source) and shutil.which("go")):
            return None
        flags = ["-services", str(services), "-pods", str(pods), "-hours", str(hours)]
        if sources:
            rows = ["process_cpu %s\n" % os.path.abspath(os.path.join(shared, "testdata", s)) for s in sources]
            with open(folder + ".sources", "w") as f:
                f.writelines(rows)
            flags += ["-sources", os.path.abspath(folder + ".sources")]
        self.made(folder, lambda out: loadgen(os.path.abspath(source), out, flags))
        return folder


def loadgen(source, out, flags):
    """The set of the shared generator as files and a list. Go's own library is enough to build it. A time of 1970 in a
    profile is none: the request says when it was."""
    os.makedirs(out)
    program, tar = os.path.abspath(os.path.join(out, "loadgen")), os.path.join(out, "set.tar")
    subprocess.run(["go", "build", "-o", program, "."], cwd=source, check=True)
    with open(tar, "wb") as f:
        subprocess.run([program, *flags, "-start", "1970-01-01T00:00:00Z"], cwd=source, stdout=f,
                       stderr=subprocess.DEVNULL, check=True)
    with tarfile.open(tar) as t, open(os.path.join(out, "list"), "w") as rows:
        for m in t:
            labels = json.loads(m.pax_headers["SCHILY.xattr.user.pyro.labels"])
            labels.pop("__name__")
            with open(os.path.join(out, m.name), "wb") as f:
                shutil.copyfileobj(t.extractfile(m), f)
            rows.write(json.dumps([int(m.name.split("-")[0]), labels, m.name]) + "\n")
    os.remove(tar)
    os.remove(program)


def folder_jobs(folder, base):
    """Jobs of a folder whose file "list" has lines [ns from the start, labels, file]."""
    jobs = []
    with open(os.path.join(folder, "list")) as rows:
        for at, labels, file in map(json.loads, rows):
            jobs.append(push(labels.pop("service_name"), labels, base + at, os.path.join(folder, file)))
    return jobs


def say(text):
    print("# " + text)
    sys.stdout.flush()
