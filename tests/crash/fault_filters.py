#!/usr/bin/env python3
"""fault_filters.py - the filters while every system call fails in turn, alone and for good: each must end with 100 or 111 and
a message that says why, leave nothing behind that is not whole, and work when it is run again. A program that can do
without the call may succeed, but then its output is that of an undisturbed run, byte for byte.

usage: fault_filters.py [--build DIR] [--only WORD]

Prints TAP.
"""
import argparse
import errno
import os
import re
import shutil
import sys
import tempfile
import time

import fault
import hostile

# kind of call -> what it fails with
FAILURES = {"write": (errno.ENOSPC, errno.EIO, fault.SHORT), "sync": (errno.EIO,), "rename": (errno.EIO,),
            "create": (errno.EMFILE, errno.EROFS, errno.ENOSPC), "open": (errno.EMFILE,), "truncate": (errno.ENOSPC,),
            "close": (errno.EIO,), "map": (errno.ENOMEM,), "mkdir": (errno.ENOSPC,), "unlink": (errno.EIO,),
            "read": (errno.EIO,)}
MOST = 400                              # calls of one kind that any of these runs makes


class Case:
    """One command line: run in an empty folder, where input.pb is; what it makes is in the folder out."""

    def __init__(self, name, program, args, to_stdout=False):
        self.name, self.program, self.args, self.to_stdout = name, program, args, to_stdout

    def run(self, build, place, env=None):
        shutil.rmtree(os.path.join(place, "out"), ignore_errors=True)
        os.mkdir(os.path.join(place, "out"))
        return self.again(build, place, env)

    def again(self, build, place, env=None):
        before = os.getcwd()
        os.chdir(place)
        try:
            if not self.to_stdout:
                code, out, text = fault.run(build, self.program, self.args, env=env)
                return code, out, text, fault.tree("out")
            with open("out.stdout", "wb") as f:
                code, _, text = fault.run(build, self.program, self.args, env=env, stdout=f)
            with open("out.stdout", "rb") as f:
                return code, f.read(), text, {}
        finally:
            os.chdir(before)


CASES = (
    Case("pyro-ingest to a folder", "pyro-ingest", ("--label", "service_name=shop", "--output", "out/blocks", "input.pb")),
    Case("pyro-ingest to standard output", "pyro-ingest", ("--label", "service_name=shop", "input.pb"), True),
    Case("pyro-query to a file", "pyro-query", ("top", "--output", "text=out/top.txt", "input.pb")),
    Case("pyro-query over a file", "pyro-query", ("folded", "--force", "--output", "out/a.folded", "blocks")),
    Case("pyro-query to standard output", "pyro-query", ("raw", "input.pb"), True),
    Case("pyro-block check", "pyro-block", ("check", "blocks")),
    Case("pyro-block dump to standard output", "pyro-block", ("dump", "block"), True),
)


def partial(found, whole):
    """What is there and is not whole: other bytes, or names that an undisturbed run does not leave."""
    for path, data in found.items():
        if path not in whole:
            yield "%s is left" % path
        elif data != whole[path]:
            yield "%s has %d bytes of %d" % (path, len(data), len(whole[path]))


def ulid_folder_is_whole(found, whole):
    """A block that is visible has all its parts."""
    for path in whole:
        block = re.match(r"(.*/)?[0-9A-Z]{26}/", path)
        if block and block.group(0) in found and path not in found:
            yield "%s misses %s" % (block.group(0), path)


def judge(case, error, result, whole):
    code, out, text, found = result
    clean_code, clean_out, _, clean_found = whole
    if code == 0:
        if out != clean_out or found != clean_found:
            yield "exit 0, but the output is another one"
        return
    if code not in (100, 111):
        yield "exit %d: %s" % (code, text.strip()[-300:])
    if not re.search(r"^%s: .*%s" % (case.program, re.escape(fault.text_of(error))), text, re.M):
        yield "exit %d, and the message does not say why: %s" % (code, text.strip()[-300:])
    yield from partial(found, clean_found)
    yield from ulid_folder_is_whole(found, clean_found)


def disturb(case, faults, build, place, whole, kind, error, count):
    """Every call of the kind in turn, until the run makes fewer calls than that."""
    hits, wrong = 0, []
    for n in range(1, MOST):
        faults.arm(kind, error, n, count, program=case.program)
        result = case.run(build, place, faults.env())
        if faults.disarm()[1] == 0:
            break
        hits += 1
        at = "%s %d %s%s: " % (kind, n, fault.name_of(error), "" if count == 1 else " and all after it")
        bad = list(judge(case, error, result, whole))
        # When only the folder could not be synced, everything is there already.
        if not bad and result[0] != 0 and result[3] != whole[3]:
            again = case.again(build, place)
            if (again[:2], again[3]) != (whole[:2], whole[3]):
                bad = ["run again without faults: exit %d, the output is another one" % again[0]]
        wrong += [at + b for b in bad]
    else:
        wrong.append("%s: still failing calls after %d runs" % (kind, MOST))
    return hits, wrong


def prepare(build, place):
    now = int(time.time() * 1e9)
    with open(os.path.join(place, "input.pb"), "wb") as f:
        f.write(hostile.pprof(when=now))
    before = os.getcwd()
    os.chdir(place)
    try:
        code, out, text = fault.run(build, "pyro-ingest", ("--label", "service_name=shop", "--output", "blocks", "input.pb"))
        if code != 0:
            raise SystemExit("Bail out! pyro-ingest: %s" % text)
        shutil.copytree(os.path.join("blocks", out.decode().strip()), "block")
    finally:
        os.chdir(before)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", default=os.environ.get("BIN", os.path.join(here, "..", "..", "build")))
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    build = os.path.abspath(a.build)
    faults, place, bad = fault.Faults(build), tempfile.mkdtemp(prefix="pyro-fault-"), 0
    cases = [c for c in CASES if a.only in c.name]
    print("1..%d" % len(cases))
    prepare(build, place)
    for i, case in enumerate(cases):
        whole, hits, wrong = case.run(build, place, faults.env()), 0, []
        if whole[0] != 0:
            wrong.append("undisturbed: exit %d: %s" % (whole[0], whole[2]))
        for kind, errors in FAILURES.items():
            for error in errors:
                for count in (1, fault.FOREVER):
                    n, more = disturb(case, faults, build, place, whole, kind, error, count)
                    hits, wrong = hits + n, wrong + more
        print("%sok %d - %s: %d failures" % ("not " if wrong else "", i + 1, case.name, hits))
        for line in wrong[:20]:
            print("# " + line.replace("\n", "\n# "))
        sys.stdout.flush()
        bad += bool(wrong)
    shutil.rmtree(place)
    faults.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
