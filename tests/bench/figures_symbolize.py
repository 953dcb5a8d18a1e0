"""figures_symbolize.py - 100,000 addresses of a large program, with inlined calls: pyro-symbolize from a cold start, and
addr2line -f -i of the same addresses. One program is made here, the same each time: 3,000 functions in twelve files of C;
others are pyro-query, which has C++ in it, and the server that PYROSCOPE names, 138 MB of Go. The largest is Debian's
ceph-osd, where ceph-osd and ceph-osd-dbg are installed, or unpacked into a folder (dpkg -x) that BENCH_CEPH names: 545 MB of
debug information, 380 of them .debug_info."""
import os
import random
import re
import shutil
import subprocess
import time

from inputs import Group

N = 100000
UNITS, FUNCTIONS = 12, 250
HERE = os.path.dirname(os.path.abspath(__file__))
INLINE = "static inline __attribute__((always_inline)) u "


def unit(k):
    r = random.Random(1000 + k)
    out = ["typedef unsigned long u;"]
    for i in range(12):
        out.append(INLINE + "small%d(u x)\n{\n\tif (x & %d)\n\t\tx = x * %d + %d;\n\treturn x ^ (x >> %d);\n}" %
                   (i, 1 << r.randrange(9), r.randrange(3, 99), r.randrange(99), r.randrange(1, 9)))
    for i in range(12):
        out.append(INLINE + "middle%d(u x)\n{\n\tu y = small%d(x);\n\treturn y + small%d(y + %d);\n}" %
                   (i, r.randrange(12), r.randrange(12), i))
    for i in range(FUNCTIONS):
        out.append("u unit%d_f%d(u x)\n{" % (k, i))
        out += ["\tx += middle%d(x ^ %d);" % (r.randrange(12), r.randrange(99)) for _ in range(r.randrange(2, 7))]
        out.append("\treturn x;\n}")
    return "\n".join(out) + "\n"


def make_program(folder):
    program = os.path.join(folder, "large")
    if os.path.exists(program):
        return program
    os.makedirs(folder, exist_ok=True)
    for k in range(UNITS):
        with open(os.path.join(folder, "unit%d.c" % k), "w") as f:
            f.write(unit(k))
    with open(os.path.join(folder, "main.c"), "w") as f:
        f.write("int main(void) { return 0; }\n")
    names = ["unit%d.c" % k for k in range(UNITS)] + ["main.c"]
    subprocess.run(["gcc", "-g", "-O1", "-no-pie", "-o", "large.tmp", *names], cwd=folder, check=True)
    os.rename(program + ".tmp", program)
    return program


def ceph_osd(folder):
    """Its debug information, unpacked once; None where it is not there."""
    root, copy = os.environ.get("BENCH_CEPH", "/"), os.path.join(folder, "ceph-osd.debug")
    program = os.path.join(root, "usr/bin/ceph-osd")
    if os.path.exists(copy) or not os.path.exists(program) or not shutil.which("objcopy"):
        return copy if os.path.exists(copy) else None
    notes = subprocess.run(["readelf", "-n", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    build = re.search(r"Build ID: (\w+)", notes).group(1)
    packed = os.path.join(root, "usr/lib/debug/.build-id", build[:2], build[2:] + ".debug")
    if not os.path.exists(packed):
        return None
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["objcopy", "--decompress-debug-sections", packed, copy + ".tmp"], check=True)
    os.rename(copy + ".tmp", copy)
    return copy


def addresses(program):
    # a file of debug information alone makes readelf say what it has not
    text = subprocess.run(["readelf", "-SW", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=True).stdout
    start, size = (int(x, 16) for x in re.search(r" \.text\s+(?:PROGBITS|NOBITS)\s+(\w+) \w+ (\w+)", text).groups())
    r = random.Random(1)
    return [start + r.randrange(size) for _ in range(N)]


def cpu(argv, **more):
    """CPU seconds and seconds on the clock of a command."""
    before, began = os.times(), time.monotonic()
    subprocess.run(argv, check=True, **more)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system, time.monotonic() - began


def measure(bench):
    if not shutil.which("gcc") or not shutil.which("readelf"):
        print("# symbolize: gcc or readelf is missing")
        return
    inputs = os.path.join(bench.build, "bench", "inputs")
    of_program(bench, "symbolize_100k", make_program(os.path.join(inputs, "large-program")))
    of_program(bench, "symbolize_100k_cxx", os.path.join(bench.build, "pyro-query"))
    if os.environ.get("PYROSCOPE"):
        of_program(bench, "symbolize_100k_go", os.environ["PYROSCOPE"])
    osd = ceph_osd(os.path.join(inputs, "ceph-osd"))
    if osd:
        of_program(bench, "symbolize_100k_osd", osd)
    else:
        print("# symbolize_100k_osd: neither ceph-osd and ceph-osd-dbg are installed nor does BENCH_CEPH say where they are")


def of_program(bench, name, program):
    places = addresses(program)
    profile, named = os.path.join(bench.work, "addresses.pb.gz"), os.path.join(bench.work, "named.pb.gz")
    listed = os.path.join(bench.work, "addresses.txt")
    with open(listed, "w") as f:
        f.writelines("0x%x=1\n" % a for a in places)
    subprocess.run([os.path.join(HERE, "..", "lib", "address_profile.py"), profile, "--mapping", program, "@" + listed], check=True)
    tool = os.path.join(bench.build, "pyro-symbolize")
    ours = sorted(cpu([tool, "-o", named, profile]) for _ in range(5))[2]
    bench.plain(name, "s", ours[0])
    bench.plain(name + "_clock", "s", ours[1])
    if not shutil.which("addr2line"):
        print("# %s_addr2line: addr2line is missing" % name)
        return
    lines = "".join("0x%x\n" % a for a in places)
    theirs = cpu(["addr2line", "-f", "-i", "-e", program], input=lines, text=True, stdout=subprocess.DEVNULL)[0]
    bench.plain(name + "_addr2line", "s", theirs)
    bench.plain(name + "_addr2line_ratio", "x", theirs / ours[0])
    # as tools use it that ask about one address with each process
    one = sorted(cpu(["addr2line", "-f", "-i", "-e", program, "0x%x" % a], stdout=subprocess.DEVNULL)[0] for a in places[:10])[5]
    bench.plain(name + "_addr2line_each", "s", one * N)


FIGURES = ["", "_clock", "_addr2line", "_addr2line_ratio", "_addr2line_each"]
GROUPS = [Group(measure, *["symbolize_100k" + n + f for n in ("", "_cxx", "_go", "_osd") for f in FIGURES])]
