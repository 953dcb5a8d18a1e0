"""shop_stacks.py - profiles of a web shop that does not exist: the same for the same seed, changing over the day, with a
new version that spends more on JSON and less on the cache. Folded stacks, as /ingest takes them."""
import math
import random

SERVE = "runtime.goexit;net/http.(*conn).serve;net/http.serverHandler.ServeHTTP;github.com/gorilla/mux.(*Router).ServeHTTP;"
SHOP = "github.com/shop/shop/"
CART, PAY, FIND = SERVE + SHOP + "cart.(*Handler).Add;", SERVE + SHOP + "checkout.(*Handler).Pay;", SERVE + SHOP + "search.(*Handler).Find;"
JSON = "encoding/json.Marshal;encoding/json.(*encodeState).marshal;encoding/json.(*encodeState).reflectValue;encoding/json.structEncoder.encode;"
CPU = [
    (CART + SHOP + "cart.(*Store).Put;" + SHOP + "cache.(*LRU).Set;runtime.mapassign_faststr;runtime.growWork_faststr;runtime.evacuate_faststr", 9),
    (CART + SHOP + "cart.(*Store).Put;" + SHOP + "cache.(*LRU).Set;runtime.mapassign_faststr", 11),
    (CART + SHOP + "cart.(*Store).Put;sync.(*Mutex).Lock;sync.(*Mutex).lockSlow", 6),
    (CART + SHOP + "cart.(*Store).Put;" + SHOP + "cache.(*LRU).evict", 5),
    (CART + JSON + "encoding/json.arrayEncoder.encode;encoding/json.structEncoder.encode;encoding/json.stringEncoder", 13),
    (CART + JSON + "encoding/json.arrayEncoder.encode;encoding/json.structEncoder.encode;encoding/json.floatEncoder.encode;strconv.AppendFloat", 7),
    (CART + JSON + "encoding/json.mapEncoder.encode;sort.Slice;sort.pdqsort_func", 6),
    (CART + "net/http.(*response).Write;bufio.(*Writer).Write", 4),
    (PAY + SHOP + "checkout.(*Order).Total;" + SHOP + "money.Decimal.Add", 7),
    (PAY + SHOP + "checkout.(*Order).Total;" + SHOP + "money.Decimal.Mul;math/big.nat.mul;math/big.basicMul", 12),
    (PAY + SHOP + "checkout.(*Order).Sign;crypto/ecdsa.Sign;crypto/internal/nistec.(*P256Point).ScalarBaseMult", 15),
    (PAY + SHOP + "checkout.(*Order).Sign;crypto/sha256.Sum256;crypto/sha256.block", 8),
    (PAY + "database/sql.(*DB).ExecContext;github.com/lib/pq.(*conn).exec;github.com/lib/pq.(*conn).send;net.(*conn).Write;syscall.write", 9),
    (PAY + JSON + "encoding/json.ptrEncoder.encode;encoding/json.structEncoder.encode;encoding/json.stringEncoder", 6),
    (FIND + SHOP + "search.(*Index).Query;" + SHOP + "search.tokenize;regexp.(*Regexp).FindAllString;regexp.(*Regexp).doExecute;regexp.(*machine).step", 17),
    (FIND + SHOP + "search.(*Index).Query;" + SHOP + "search.tokenize;strings.ToLower", 6),
    (FIND + SHOP + "search.(*Index).Query;" + SHOP + "search.intersect;" + SHOP + "search.(*postings).next;encoding/binary.Uvarint", 19),
    (FIND + SHOP + "search.(*Index).Query;" + SHOP + "search.intersect", 8),
    (FIND + SHOP + "search.(*Index).Query;sort.Sort;sort.pdqsort;" + SHOP + "search.byScore.Less", 9),
    (FIND + JSON + "encoding/json.arrayEncoder.encode;encoding/json.structEncoder.encode;encoding/json.stringEncoder", 8),
    (FIND + "compress/gzip.(*Writer).Write;compress/flate.(*compressor).write;compress/flate.(*compressor).deflate;compress/flate.(*compressor).findMatch", 12),
    ("runtime.gcBgMarkWorker;runtime.systemstack;runtime.gcBgMarkWorker.func2;runtime.gcDrain;runtime.scanobject", 16),
    ("runtime.gcBgMarkWorker;runtime.systemstack;runtime.gcBgMarkWorker.func2;runtime.gcDrain;runtime.greyobject", 6),
    ("runtime.mcall;runtime.park_m;runtime.schedule;runtime.findRunnable;runtime.netpoll;syscall.EpollWait", 7),
    ("runtime.mcall;runtime.park_m;runtime.schedule;runtime.findRunnable;runtime.stealWork", 4),
    ("main.main;" + SHOP + "jobs.Run;" + SHOP + "jobs.(*Nightly).walk;" * 9 + SHOP + "jobs.(*Nightly).visit;os.Lstat;syscall.fstatat", 6),
    ("main.main;" + SHOP + "jobs.Run;" + SHOP + "jobs.(*Nightly).walk;" * 6 + "path/filepath.Join", 3),
]


def cpu(when, version, pod, seed=1):
    """Samples at 100 a second of one 15 s window."""
    chance = random.Random("%s %s %s %s" % (seed, int(when), version, pod))
    load = 1.6 + math.sin(when / 700) + .5 * math.sin(when / 190) + (.3 if pod.endswith("b") else 0)
    out = []
    for stack, weight in CPU:
        if version == "2.0":
            weight *= 2.4 if "encoding/json" in stack else .25 if "cache.(*LRU)" in stack else 1
            stack = stack.replace("sort.pdqsort_func", "sort.insertionSort_func")
        n = int(weight * load * chance.uniform(.75, 1.25))
        if n:
            out.append("%s %d" % (stack, n))
    return "\n".join(out).encode()


def wide(frames):
    """One profile with at least so many frames: a tree of 40 levels, names that repeat."""
    chance, out, made = random.Random(7), [], 0
    while made < frames:
        depth = chance.randint(20, 40)
        out.append("%s %d" % (";".join(["w.root%d" % (made % 97)] + ["pkg%d/mod%d.function%d" % (made % 31, k, made // 50 * 7 + k)
                                                            for k in range(depth)]), chance.randint(1, 9)))
        made += depth
    return "\n".join(out).encode()
