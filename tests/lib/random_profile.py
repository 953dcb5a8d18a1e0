#!/usr/bin/env python3
"""random_profile.py SEED OUT - writes a pprof (not compressed) with everything that reports care about, the same for the
same seed: names of several languages, inlined and nameless frames, recursion, two binaries, tags of all kinds, samples
without frames, zeros and (odd seeds) negative values, frames to drop, comments.
"""
import random
import sys

sys.dont_write_bytecode = True
from make_profile import data as message, number, packed  # noqa: E402: first the line above

NAMES = ["main.main", "main.(*Shop).serve", "main.work[...]", "runtime.mallocgc", "runtime.gcBgMarkWorker", "net/http.(*conn).serve",
         "github.com/acme/kit/v2/log.(*Logger).Print", "gopkg.in/yaml.v3.Unmarshal", "std::vector<int>::push_back",
         "acme::cart::Basket::add(int)", "acme::(anonymous namespace)::Sum::operator()(int) const", "com.acme.Shop.serve",
         "com.acme.Shop$Inner.run$2", "com.acme.Shop.<init>", "operator new", "say \"hi\" \\o/", "read", "write", "läuft"]
FILES = ["/src/shop/main.go", "/src/shop/./work.go", "/usr/local/go/src/runtime/malloc.go", "/home/u/../u/kit/log.go",
         "/proc/self/cwd/a.cc", "Shop.java", ""]


class Writer:
    def __init__(self, seed):
        self.rnd = random.Random(seed)
        self.texts = {"": 0}
        self.out = []

    def text(self, s):
        return self.texts.setdefault(s, len(self.texts))

    def value_type(self, field, kind, unit):
        self.out.append(message(field, number(1, self.text(kind)) + number(2, self.text(unit))))

    def tables(self, functions, locations):
        rnd = self.rnd
        for i, (path, build) in enumerate([("/usr/bin/shop", "b1d"), ("/usr/lib/libacme.so", "")]):
            fields = [i + 1, 0x400000 * (i + 1), 0x400000 * (i + 2), 0, self.text(path), self.text(build), 1, 1, i, 1]
            self.out.append(message(3, b"".join(number(k + 1, n) for k, n in enumerate(fields))))
        for i in range(1, functions + 1):
            name, path = rnd.choice(NAMES), rnd.choice(FILES)
            fields = [i, self.text(name), self.text(rnd.choice([name, "_Z" + name])), self.text(path), rnd.randrange(40)]
            self.out.append(message(5, b"".join(number(k + 1, n) for k, n in enumerate(fields))))
        for i in range(1, locations + 1):
            body = number(1, i) + number(2, rnd.choice([1, 1, 1, 2])) + number(3, 0x400000 + 16 * i)
            for _ in range(rnd.choice([0, 1, 1, 1, 1, 2, 3])):
                column = number(3, 7 * i) if i % 9 == 4 else b""
                body += message(4, number(1, rnd.randrange(1, functions + 1)) + number(2, rnd.randrange(100)) + column)
            self.out.append(message(4, body))

    def tags(self):
        rnd, body = self.rnd, b""
        for key in rnd.sample(["user", "region", "span"], rnd.choice([0, 0, 1, 2])):
            value = rnd.choice(["ann", "bob", "eve \"x\"", "zoë"])
            body += message(3, number(1, self.text(key)) + number(2, self.text(value)))
        if rnd.random() < 0.6:
            size = number(3, rnd.choice([16, 17, 48, 512, 1000, 4096, 5000, 70000, 1 << 20, 3 << 20]))
            body += message(3, number(1, self.text("bytes")) + size + number(4, self.text("bytes")))
        if rnd.random() < 0.1:
            body += message(3, number(1, self.text("request")) + number(3, rnd.randrange(1, 9000)))
        return body

    def samples(self, count, locations, negative):
        rnd, walks = self.rnd, [[1]]
        for _ in range(count):
            stack = rnd.choice(walks)[:rnd.randrange(1, 9)] + [rnd.randrange(1, locations + 1) for _ in range(rnd.randrange(4))]
            walks.append(stack)
            stack = [] if rnd.random() < 0.02 else stack
            n = int(rnd.paretovariate(0.8)) if rnd.random() < 0.95 else 0
            if negative:        # no two of equal size: their order would be left to chance
                n = rnd.randrange(1, 10**7) * rnd.choice([1, 1, -1])
            self.out.append(message(2, packed(1, stack[::-1]) + packed(2, [n, n * 1234567]) + self.tags()))


def profile(seed):
    w = Writer(seed)
    functions, locations = w.rnd.choice([(6, 12), (25, 60), (90, 300)])
    w.value_type(1, "samples", "count")
    w.value_type(1, *w.rnd.choice([("cpu", "nanoseconds"), ("space", "bytes"), ("work", "widgets")]))
    w.tables(functions, locations)
    w.samples(w.rnd.choice([3, 40, 400]), locations, seed % 2)
    w.value_type(11, "cpu", "nanoseconds")
    tail = number(12, 10000000) + number(9, 1768471200123456789) + number(10, 2500000000)
    tail += number(13, w.text("made by chance")) + number(13, w.text("# not shown"))
    if seed % 3 == 0:
        tail += number(7, w.text("runtime\\..*|operator new")) + number(8, w.text("runtime\\.gc.*"))
    if seed % 5 == 0:
        tail += number(14, w.text("samples"))
    return b"".join(w.out) + b"".join(message(6, s.encode()) for s in w.texts) + tail


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    with open(sys.argv[2], "wb") as out:
        out.write(profile(int(sys.argv[1])))
