"""make_texts.py FOLDER - 100 MB of perf script text and of folded stacks, from a seed.

A program of some hundred stacks of 8 to 60 frames: kernel, libraries, C++ and Java. perf.txt has records of `perf script`
whose leaf addresses, processes and times vary; stacks.folded has lines as collapsers of many machines give them, each
stack again and again; distinct.folded has each line once, in order.
"""
import os
import random
import sys

SIZE = 100 << 20
STACKS = 1300


def functions(r):
    """(name, object, address) by kind of code."""
    words = ["alloc", "read", "write", "send", "poll", "parse", "hash", "sort", "merge", "lock", "queue", "cache", "page",
             "node", "index", "frame", "event", "token", "buffer", "stream", "request", "handler", "worker", "session"]
    pick = lambda n: [r.choice(words) for _ in range(n)]
    kernel = ["_".join(pick(3)) for _ in range(500)]
    cpp = ["shop::%s::%s_%s(std::vector<unsigned long, std::allocator<unsigned long> > const&, int)" %
           tuple(w.capitalize() if i == 0 else w for i, w in enumerate(pick(3))) for _ in range(900)]
    java = ["Lorg/shop/%s/%s%s;::%s" % (a, b.capitalize(), c.capitalize(), d)
            for a, b, c, d in (pick(4) for _ in range(600))]
    libc = ["__%s_%s" % tuple(pick(2)) for _ in range(200)]
    rows = lambda names, obj, base: [(n, obj, base + i * 4096) for i, n in enumerate(names)]
    return {"kernel": rows(kernel, "[kernel.kallsyms]", 0xffffffff81000000),
            "cpp": rows(cpp, "/srv/shop/bin/shop-server", 0x55d400000000),
            "java": rows(java, "/tmp/perf-4242.map", 0x7f1e10000000),
            "libc": rows(libc, "/usr/lib/x86_64-linux-gnu/libc.so.6", 0x7f2200000000)}


def stacks(r, f):
    """(command, frames from the leaf on, each (name, object, address of the call))."""
    out = []
    for _ in range(STACKS):
        body = r.choice(["cpp", "java"])
        kinds = ["kernel"] * r.choice([0, 0, 6, 12]) + ["libc"] * r.randrange(1, 4) + [body] * r.randrange(6, 45)
        frames = [(n, o, a + r.randrange(4000)) for n, o, a in (r.choice(f[k]) for k in kinds)]
        out.append((("shop-server" if body == "cpp" else "java"), frames + [("_start", f["cpp"][0][1], 0x55d400001234)]))
    return out


def perf_text(r, all_stacks, out):
    """Callers are the same bytes each time, as return addresses are; where the leaf was interrupted is not."""
    blocks = [(comm, frames[0], "".join("\t%16x %s+0x%x (%s)\n" % (a, n, a & 4095, o) for n, o, a in frames[1:]))
              for comm, frames in all_stacks]
    size, clock = 0, 1000.0
    while size < SIZE:
        comm, (name, obj, address), rest = r.choice(blocks)
        clock += r.random() / 1000
        offset = r.randrange(4096)
        record = "%s %5d/%-5d [%03d] %.6f: %10d cpu-clock:u: \n\t%16x %s+0x%x (%s)\n%s\n" % (
            comm, 1000 + r.randrange(8), 1000 + r.randrange(64), r.randrange(8), clock, 10101010,
            (address & ~4095) + offset, name, offset, obj, rest)
        out.write(record)
        size += len(record)


def plain(name):
    return name.split("(")[0].replace(";", ":")


def folded_texts(r, all_stacks, again, once):
    lines = [";".join([comm] + [plain(n) for n, _, _ in reversed(frames)]) for comm, frames in all_stacks]
    size = 0
    while size < SIZE:
        line = "%s %d\n" % (r.choice(lines), r.randrange(1, 100))
        again.write(line)
        size += len(line)
    split, seen, size = [line.split(";") for line in lines], set(), 0
    while size < SIZE:
        a, b = r.choice(split), r.choice(split)
        line = ";".join(a[:r.randrange(1, len(a) + 1)] + b[r.randrange(len(b)):])
        if line not in seen:
            seen.add(line)
            size += len(line) + 3
    for line in sorted(seen):
        once.write("%s %d\n" % (line, r.randrange(1, 100)))


def main(folder):
    r = random.Random(20260105)
    os.makedirs(folder)
    path = lambda name: os.path.join(folder, name)
    all_stacks = stacks(r, functions(r))
    with open(path("perf.txt"), "w") as out:
        perf_text(r, all_stacks, out)
    with open(path("stacks.folded"), "w") as again, open(path("distinct.folded"), "w") as once:
        folded_texts(r, all_stacks, again, once)


if __name__ == "__main__":
    main(sys.argv[1])
