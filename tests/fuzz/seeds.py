#!/usr/bin/env python3
"""seeds.py - where fuzzing begins: small sound inputs for each target, below tests/fuzz/corpus (or FOLDER).

Blocks come from the pyro-ingest in build/. What fuzzing found beside them is kept in the corpus by hand:
fuzz_X -merge=1 NEW-FOLDER build/corpus/fuzz_X, and then the small files of it.
"""
import argparse
import gzip
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CLI = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
CLI.add_argument("folder", metavar="FOLDER", nargs="?", default=os.path.join(HERE, "corpus"))
OUT = CLI.parse_args().folder


def seed(target, name, data):
    folder = os.path.join(OUT, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "seed-" + name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def seeds(target, texts):
    for i, text in enumerate(texts):
        seed(target, "%02d" % i, text)


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def number(field, n):
    return varint(field << 3) + varint(n)


def text(field, s):
    s = s if isinstance(s, bytes) else s.encode()
    return varint(field << 3 | 2) + varint(len(s)) + s


def profile(*options):
    program = [os.path.join(ROOT, "tests/lib/make_profile.py"), "-", *options]
    return subprocess.run(program, check=True, capture_output=True).stdout


STACKS = ["--stack", "main;serve;parse=30", "--stack", "main;serve=4", "--stack", "main;idle=70"]
GO = ["--stack", "main.main;main.work[go.shape.int];runtime.mallocgc=3,4096", "--type", "alloc_objects:count",
      "--type", "alloc_space:bytes", "--period", "space:bytes:524288"]
DEEP = ["--stack", ";".join("f%d" % i for i in range(32)) + "=1", "--stack", ";".join("f%d" % i for i in range(4, 34)) + "=2"]
PROFILES = [profile(*STACKS), profile(*GO), profile(*DEEP), profile(*STACKS, "--tag", "span_id=0500000000000000"),
            profile(*STACKS, "--tag", "pod=a", "--time", "none", "--period", "none"), profile("--seed", "1", "--samples", "12")]


def profiles():
    heads = [b"\x00service_name=shop,__name__=process_cpu", b"\x3c__name__=memory,service_git_ref=v1,a.b=1",
             b"\x01service_name=s,__name__=m", b"\x12__name__=cpu,__session_id__=0500000000000000,__delta__=false",
             b"\x66__name__=cpu,pyroscope_spy=gospy"]
    seeds("pprof", PROFILES + [gzip.compress(PROFILES[0], mtime=0)])
    seeds("push", [heads[i % len(heads)] + b"\n" + p for i, p in enumerate(PROFILES)] + [heads[4] + b"\n" + PROFILES[2]])
    seeds("zip", [gzip.compress(PROFILES[0], mtime=0), gzip.compress(b"a" * 3000, mtime=0) * 2, PROFILES[0]])


def blocks():
    with tempfile.TemporaryDirectory() as folder:
        for i, p in enumerate(PROFILES[:4]):
            with open(os.path.join(folder, "%d.pb" % i), "wb") as f:
                f.write(p)
        os.chdir(folder)
        subprocess.run([os.path.join(ROOT, "build/pyro-ingest"), "-l", "service_name=shop", "-o", "blocks", "0.pb", "1.pb", "3.pb"],
                       check=True, capture_output=True)
        for i, block in enumerate(sorted(os.listdir("blocks"))):
            part = lambda name: open(os.path.join("blocks", block, name), "rb").read()
            seed("blockmeta", "block%d" % i, part("meta.json"))
            seed("index", "block%d" % i, part("index.tsdb"))
            seed("symdb", "block%d" % i, part("symbols.symdb"))
            seed("parquet", "block%d" % i, b"\xff" + part("profiles.parquet"))
        os.chdir(ROOT)
    seed("blockmeta", "old", '{"ulid":"01KF0HJ0803N2PGHJQK4ANKZJ7","minTime":1,"maxTime":2,"stats":{"numSamples":3,"numSeries":1,'
         '"numProfiles":1},"files":[{"relPath":"index.tsdb","sizeBytes":7,"tsdb":{"numSeries":1}},{"relPath":"symbols/index.symdb",'
         '"sizeBytes":1,"parquet":{"numRowGroups":1,"numRows":5}}],"compaction":{"level":2,"sources":["01KF0HJ0803N2PGHJQK4ANKZJ7"],'
         '"parents":[{"ulid":"01KF0HJ0803N2PGHJQK4ANKZJ7","minTime":1,"maxTime":2}]},"version":1,"labels":{"a":"b"},"source":"compactor"}')


def samples():
    """The first byte: options; from 128 on the rest is a file, below it says what a file is made of."""
    for i, p in enumerate(PROFILES[:5]):
        table = subprocess.run([os.path.join(ROOT, "build/pyro-convert"), "--to", "parquet"], input=p, check=True, capture_output=True).stdout
        seed("samples", "file%d" % i, b"\x87" + table)
    for how in range(8):
        seed("samples", "made%d" % how, bytes([7, how << 4 | how]) + bytes((i * 37 + how) % 251 for i in range(300)))


def texts():
    seeds("perf_script", [
        "# cmdline : perf record x\na b 1/2 [003] 1.5: 7 cycles:u: \n\tf0 leaf+0x1 (/x)\n\tf1 main (/x)\n\n"
        "a b 1/2 [003] 1.6: 7 cycles:u: \n\tf9 leaf+0x3 (/x)\n\tf1 main (/x)\n\n",
        "  a 1 1.5: 3 e:  ffff f (/x)\n  b 2 1.6: 4 e:  ffff g (/x)\n",
        "java 1 1.5: e: \n\tf0 i (inlined)\n\tf0 La/B;c(I)V (/x (deleted))\n  a.c:3\n\tf1 a->b (/tmp/perf-1.map)\n\n",
        "a 1 1.5: e: \r\n\tf0 x (/x)\r\n\r\nb 1 f: \n\tf0 [unknown] ([unknown])\n\tf0\n"])
    seeds("folded", ["main;work 3\nmain;idle 1\n", "a;b;c 5\na;b 0\n\n a b 7\n", "x 9223372036854775807\nx 1\n", "main;work\nmain;work\n",
                     "a -1\n", "a;;b 2\r\n;a 3\n", "# comment\nmain 1.5\n"])
    seeds("selector", ["{}", '{a="b"}', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="shop", pod=~"p[0-9]+"}',
                       '{a!="b",c!~"(?i)x|y.*",}', '{"a.b"=`raw`, b="x\\xc3\\xa9y\\n\\u00e9\\""}', '{b=~"x.y\\n"}', '{__name__=~"c(p|q)u{1,3}"}'])
    event = text(1, text(1, "service_name") + text(2, "shop")) + number(2, 1795897591710175031) + text(3, "pprof")
    seeds("tail", [b"\0" + struct.pack(">I", len(event)) + event + bytes(5), b"\0\0\0\0\2" + number(4, 3), b"\0\xff\xff\xff\xff"])
    seeds("rules", ["defaults: {from: now-1h, source: http://a}\nrules:\n  - name: first\n    query: '{a=\"b\"}'\n"
                    "    fail-if: [self(x) > 1s, total > +5%]\n    base: {from: now-25h, to: now-24h}\n"
                    "  - {source: [b, c], fail-if: 'cum(a|b) > 3% of total', confidence: 0.5, normalize: total}\n",
                    "rules: [{fail-if: total < 3}]\n", "rules:\n- fail-if: []\n"])
    seeds("yaml", ["server:\n  http_listen_port: 4040 # port\nlimits: &l\n  a: [1, 'two', \"th\\tree\"]\n  b: {c: d}\n", "a: ${HOME:x}\nb: |\n  text\n  more\n",
                   "- 1\n- - 2\n  - {x: y}\n- null\n- ~\n", "overrides:\n  t:\n    max_series: 1\n", "---\na: 1\n---\nb: 2\n", "a: *x\n"])
    seeds("json", ['{"a":[1,-2.5e3,true,null,"\\u00e9\\ud83d\\ude00\\n"],"b":{}}', "[[[[]]]]", '"\\ud800"', "12345678901234567890", '{"a":1,"a":2}'])
    seeds("num", ["12345", "-1", "4MiB", "1.5GB", "1h30m", "2w3d", "-1.5s", "2026-01-15T10:00:00.25+01:00", "now-1h", "1768471200000", "0x10", "1e309", "%41%zz+b",
                  "aGVsbG8=", "deadbeef"])
    seeds("url", ["http://user@[::1]:4040/a/../b%20c?name=x&y=%zz;q#f", "query=a%3Db&name=shop%7Bpod%3Dp%7D&from=now-1h", "/a//./b/../../c",
                  'multipart/form-data; boundary="a b"; charset=utf-8', "*/*; allow-utf8-labelnames=true, text/html;q=0.5"])
    seeds("app_name", ['shop.cpu{pod="a",zone=b}', "shop{}", "shop.alloc_space", '{"cpu":{"units":"samples","aggregation":"sum","display-name":"c","sampled":true}}',
                       '{"version":1,"flamebearer":{"names":["total","a","b"],"levels":[[0,5,0,0],[0,5,2,1],[2,3,3,2]],"numTicks":5,"maxSelf":3},'
                       '"metadata":{"format":"single","spyName":"gospy","sampleRate":100,"units":"samples","name":"x"}}',
                       '{"version":1,"flamebearer":{"names":["total","a"],"levels":[[0,5,0,0,6,0,0],[0,5,5,0,6,6,1]],"numTicks":11,"maxSelf":6},'
                       '"metadata":{"format":"double","sampleRate":100,"units":"samples"},"leftTicks":5,"rightTicks":6}'])
    seeds("form", ["multipart/form-data; boundary=b\n--b\r\nContent-Disposition: form-data; name=\"profile\"; filename=\"p.pb\"\r\n"
                   "Content-Type: application/octet-stream\r\n\r\nbytes\r\n--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--b--\r\n",
                   'multipart/form-data; boundary="q r"\npreamble\r\n--q r\r\ncontent-disposition: form-data; name="a\\"b"\r\n\r\n\r\n--q r--',
                   "application/x-www-form-urlencoded\na=b&c=%20"])
    head = "POST /ingest?name=x HTTP/1.1\r\nHost: h\r\n"
    seeds("h1", [head + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", head + "Transfer-Encoding: chunked\r\nConnection: keep-alive, close\r\n\r\n"
                 "3;ext=1\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", "GET http://h/p HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                 head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\nfffffffffffffffff\r\n", "3\r\nabc\r\n0\r\n\r\n"])
    seeds("words", ["now", "now-1h", "1768471200", "1768471200000", "20260115", "01KF0HJ0803N2PGHJQK4ANKZJ7", "00000000-0000-4000-8000-000000000003",
                    "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "memory:inuse_space:bytes:space:bytes:delta", "data/anonymous/local/01KF0HJ0803N2PGHJQK4ANKZJ7/meta.json",
                    "alpha/phlaredb/01KF0HJ0803N2PGHJQK4ANKZJ7", 'multipart/form-data; boundary="a b"; charset=utf-8', "now-99999999999999999999y"])
    seeds("relabel", ["replace\n(.)(.*)\n$2-${1}x$$\na,b\nnew\n;\n\na=one\nb=two\n", "keep\na.*\n\na\n\n\n\na=abc\n", "drop\n.*;two\n$1\na,b\n\n;\n\na=1\nb=two\n",
                      "hashmod\n(.*)\n$1\na\nshard\n;\n7\na=1\n", "labelmap\n__meta_(.+)\nk_$1\n\n\n\n\n__meta_pod=x\na=1\n", "labeldrop\n[ab]+\n\n\n\n\n\na=1\nab=2\nc=3\n",
                      "labelkeep\nc\n\n\n\n\n\na=1\nc=3\n", "lowercase\n(.*)\n$1\na\nb\n;\n\na=ABC\n", "uppercase\n(.*)\n$1\na\nb\n;\n\na=abc\n",
                      "keepequal\n(.*)\n$1\na\nb\n;\n\na=x\nb=x\n", "replace\n(?i)(?P<x>a|b)+?[^c]{2,5}\\d\n${x}$1\na\nt\n\n\na=abzz1\n"])


def binaries():
    node = lambda name, self, *children: varint(len(name)) + name + varint(self) + varint(len(children)) + b"".join(children)
    tree = node(b"", 0, node(b"main", 5, node(b"work", 30), node(b"idle", 70)), node(b"x", 1))
    more = node(b"", 0, node(b"a", (1 << 63) - 1, node(b"a", 1)), node(b"b", (1 << 64) - 5))
    seeds("tree", [tree, more])
    seeds("trie", [tree, more, node(b"main", 0, node(b";work", 3), node(b";idle", 1)), node(b"a;b;c", 7) + node(b"z", 1)])
    for i, base in enumerate([b"\x80\x01\x04", b"\x80\x01\x08"]):
        seed("dbp", "%02d" % i, base + varint(5) + varint(2) + varint(2) + bytes([3, 0, 0, 0]) + bytes(48))


def messages():
    pair = text(1, "service_name") + text(2, "a")
    point = number(1, 1500) + number(2, 7) + number(3, 2)
    tree = b"\0\0\1\4main\5\0"
    answers = [text(2, tree) + number(7, 1) + number(8, 2), text(4, text(1, pair) + text(2, point) * 2) * 2, text(5, "a") + text(5, "b"),
               text(6, text(1, pair)) + text(1, "01KF0HJ0803N2PGHJQK4ANKZJ7"), text(3, PROFILES[0])]
    base = number(5, 0) + number(6, 20 * 10**9) + text(3, "cpu:t:u::")
    asks = [number(2, 1) + text(4, "{}") + base, number(2, 1) + text(4, '{service_name="a"}') + base + text(11, "main") + text(11, "a"),
            number(2, 1) + text(4, "{}") + base + number(13, 1) + number(12, 1) + number(12, 3),
            number(2, 2) + text(4, '{service_name=~"a|b"}') + base + number(14, 2),
            number(2, 2) + text(4, "{}") + base + number(15, 1) + number(16, 1) + number(17, 1),
            number(2, 1) + text(4, "{}") + base + text(18, "00000000-0000-0000-0000-000000000003"),
            number(2, 3) + text(4, "{}") + base + text(7, "service_name") + number(8, 0) + number(9, 20000) + number(10, 1500),
            number(2, 4) + text(4, "{}"), number(2, 5) + text(7, "service_name") + text(4, '{service_name!~"a"}'),
            number(2, 6) + text(7, "service_name") + text(7, "__type__") + number(5, 1) + number(6, 2), number(2, 7)]
    seeds("ask", [b"\0" + q for q in asks] + [b"\1" + a for a in answers])
    bodies = [pair, point, number(1, 1) + text(2, "x") + text(3, pair), text(1, text(1, pair) + text(2, text(1, PROFILES[0]))),
              text(1, "cpu:t:u::") + text(2, "{}") + number(3, 1) + number(4, 2) + number(5, 9) + text(9, text(1, "main")),
              struct.pack("<Bd", 0x29, 15.0) + text(1, "p") + text(4, "by"), PROFILES[3]]
    seeds("msg", [bytes([i]) + bodies[i % len(bodies)] for i in range(0, 160, 3)])
    objects = ['{"profileTypeID":"cpu:t:u::","labelSelector":"{}","start":"1","end":2,"maxNodes":"16","stackTraceSelector":{"callSite":[{"name":"main"}]}}',
               '{"series":[{"labels":[{"name":"a","value":"b"}],"samples":[{"rawProfile":"aGVsbG8=","ID":"x"}]}]}', '{"matchers":["{}"],"labelNames":["a"],"start":null}',
               '{"step":15.5,"groupBy":["a"],"aggregation":"TIME_SERIES_AGGREGATION_TYPE_AVERAGE","limit":"-1"}', '{"name":"\\u00e9","values":[1,"2",3e2],"unknown":[{}]}']
    seeds("msg_json", [bytes([i]) + objects[i % len(objects)].encode() for i in range(0, 160, 5)])


def requests():
    """The first two bytes of an input say where it is cut into two writes."""
    def request(name, data, cut=0xFFFF):
        seed("http", name, struct.pack(">H", cut) + data)

    def call(kind, body, *fields):
        lines = (b"POST /s.v1.S/Call HTTP/1.1", b"Host: a", b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *fields)
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def frame(kind, flags, stream, data):
        return struct.pack(">I", len(data))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + data

    def head(path, kind, *fields):
        rows = ((b":path", path), (b":authority", b"a"), (b"content-type", kind), *fields)
        return b"\x83\x86" + b"".join(b"\0" + bytes([len(k)]) + k + bytes([len(v)]) + v for k, v in rows)

    packed, envelope = gzip.compress(b"hello hello hello", mtime=0), b"\0\0\0\0\3abc"
    first = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, struct.pack(">HI", 3, 100))
    request("get", b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n", 9)
    request("post", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n")
    request("chunked", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 70)
    request("connect", call(b"application/proto", b"abc"))
    request("connect-gzip", call(b"application/json", packed, b"Content-Encoding: gzip"))
    request("grpc-web", call(b"application/grpc-web+proto", envelope, b"grpc-timeout: 5S"))
    request("upgrade", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                       b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" + first)
    request("h2-grpc", first + frame(1, 4, 1, head(b"/s.v1.S/Call", b"application/grpc", (b"te", b"trailers"))) +
            frame(0, 1, 1, envelope), 40)
    request("h2-gzip", first + frame(1, 4, 1, head(b"/s.v1.S/Call", b"application/grpc+proto", (b"grpc-encoding", b"gzip"))) +
            frame(0, 0, 1, b"\1" + struct.pack(">I", len(packed))) + frame(0, 1, 1, packed))
    plain = head(b"/", b"x")
    request("h2-frames", first + frame(4, 1, 0, b"") + frame(1, 0, 1, plain[:20]) + frame(9, 4, 1, plain[20:]) +
            frame(0, 9, 1, b"\2hello\0\0") + frame(6, 0, 0, b"12345678") + frame(8, 0, 0, b"\0\0\1\0") +
            frame(3, 0, 1, b"\0\0\0\x08"), 100)
    request("h2-streams", first + b"".join(frame(1, 5, i, b"\x82\x86\x84\x41\x01a") for i in (1, 3, 5)) + frame(7, 0, 0, bytes(8)))
def dumps():
    seeds("dumps", [bytes([row << 4 | 7]) + t.encode() for row, t in [
        (0, "panic: x\n\ngoroutine 1 [running]:\nmain.f({0x1, 0x2})\n\t/m.go:3 +0x1d\nmain.main()\n\t/m.go:9\n\n"
            "goroutine 7 gp=0x1 [select, 5 minutes, locked to thread]:\nmain.f(...)\n...additional frames elided...\n"
            "created by main.main in goroutine 1\n\t/m.go:4 +0x1\nexit status 2\n"),
        (1, "@cpu[bash, \n    kleaf+1\n    kroot+2\n, \n    uleaf+3 (libc.so)\n    main+4 (prog)\n]: 2\n@[\n\tffffffff811c2f50 f+0 (k)\n, 77]: -5\n"),
        (1, "@[vfs_read]: 12\n@x: count 4, average 1, total 4\n"),
        (2, "==> /proc/12/stack <==\n[<0>] a+0x1/0x2\n/proc/1/stack:[<ffffffff811c2f50>] n+0x30/0x90 [nfs]\n[<0>] 0xffffffffffffffff\n"),
        (3, "Full thread dump J:\n\n\"main\" #1 prio=5\n   java.lang.Thread.State: TIMED_WAITING (sleeping)\n"
            "\tat java.lang.Thread.sleep(java.base@17.0.1/Native Method)\n\t- locked <0x0> (a O)\n\tat app//c.M.main(M.java:5)\n\n"
            "#1 \"x\" virtual\n      java.base/java.lang.Thread.run(Thread.java:3)\n"),
        (4, "Thread 2 (Thread 0x7ff (LWP 99) \"work\"):\n#0  0x00007f in poll () from /lib/libc.so.6\n"
            "#1  std::function<void (int)>::operator()(int) const (f=0x4 <g(int)>) at /u/f.h:9\n#2  (anonymous namespace)::f (n=0)\n    at t.cc:5\n"
            "#3  0x0000000000001234 in ?? ()\nTID 8:\n#0  0x00007f0c poll - 1\n")]])


def callgrind():
    seeds("callgrind", [bytes([0]) + t.encode() for t in [
        "# callgrind format\nversion: 1\npositions: instr line\nevents: Time_(10ns) Mem_(bytes)\nob=(1) /bin/x\nfl=(1) a.c\nfn=(1) main\n"
        "0x10 16 20 7\ncob=(2) lib.so\ncfi=(2) b.c\ncfn=(2) f\ncalls=1 0x99 50\n+4 +1 30 1\n\nob=(2)\nfl=(2)\nfn=(2)\n* -3 10\n+1 * 20 1\n",
        "part: 1\nevents: I\nfl=(1) a.c\nfn=(1) f\n1 3\nfi=(2) i.h\n9 4\nfe=(1)\njfi=(3) j.h\njcnd=1/2 +3\n*\npart: 2\nevents: I\nfn=(1)\n1 9\ntotals: 16\n",
        "events: I\nfn=main\n1 1\ncfn=even\ncalls=1 1\n1 60\nfn=even\n1 30\ncfn=odd\ncalls=9 1\n1 90\nfn=odd\n1 30\ncfn=even\ncalls=9 1\n1 80\n"]])


def legacy():
    maps = "MAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 08:01 7 /bin/x\n7000-8000: $lib/c.so.6 (@10) ab\n"
    words = [0, 3, 0, 10000, 0, 2, 3, 0x401000, 0x402001, 0x403001, 1, 2, 0x401000, 0x401000, 0, 1, 0]
    java = [0, 3, 1, 10000, 0, 2, 2, 3, 4, 0, 1, 0]
    for i, layout in enumerate("<I >I <Q >Q".split()):
        packed = b"".join(struct.pack(layout, w) for w in words)
        seed("legacy", "cpu-%d" % i, b"\0" + packed + maps[18:].encode())
    seed("legacy", "cpu-java", b"\7" + b"".join(struct.pack("<Q", w) for w in java) + b" 0x3 GC\n 0x4 a.b (c.java:6)\n")
    comments = '# labels: {"k":"v", "a\\"b":"c"}\n#\t0x401000\tmain.f+0x1c\t\t/m.go:12\n'
    seeds("legacy", [bytes([row << 4 | options]) + t.encode() for row, options, t in [
        (1, 0, "heap profile: 3: 30 [9: 90] @ heap/1048576\n3: 30 [9: 90] @ 0x401001 0x402001\n" + comments + "# Alloc = 1\n"),
        (1, 15, "heap profile: 3: 30 [3: 30] @ heap_v2/524288\nx\n3: 30 [3: 30] @ 0x401001\nlib=/l\n" + maps),
        (1, 0, "--- heapz 1 ---\nformat = java\nresolution = bytes\n 1048576 2 @ 0x3 0x4\n 0x3 a.b (x.java:7)\n 0x4 c (/l/d.so)\n"),
        (2, 0, "heap_v2/524288\n  t*: 3: 30 [5: 50]\n  t0: 3: 30 [5: 50]\n@ 0x401001 0x402001\n  t*: 1: 10 [5: 50]\n\n" + maps),
        (3, 0, "--- contentionz 1 ---\ncycles/second = 3201000000\nsampling period = 100\nms since reset = 5\n 1000 27 @ 0x401001\n" + maps),
        (3, 7, "--- mutex:\ncycles/second=1000000000\nsampling period=5\n7 2 @ 0x401001\n" + comments),
        (3, 0, "--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 2\n 7 3 @ 0x3\n 0x3 a\n"),
        (4, 7, "goroutine profile: total 3\n2 @ 0x401001 0x402001\n" + comments + "\n1 @ 0x402001\n"),
        (5, 7, "--- threadz 1 ---\n\n--- Thread 1f (name: a/7) stack: ---\n  PC: 0x401000: f(int)\n  0x402001: g\n"
               "--- Thread 2f (name: c/8) stack: ---\n [same as previous thread]\n--- Memory map: ---\n" + maps[18:])]])


SPEEDSCOPE = ('{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"pyro","shared":{"frames":[{"name":"a","file":"a.c","line":3},'
              '{"name":"b"}]},"profiles":[{"type":"sampled","name":"t (cpu)","unit":"seconds","startValue":0,"endValue":2,"samples":[[0,1],[0],[]],'
              '"weights":[0.5,1,1e-3]},{"type":"evented","name":"e","unit":"none","startValue":1,"endValue":9,"events":[{"type":"O","frame":0,"at":1},'
              '{"type":"O","frame":1,"at":2},{"type":"C","frame":1,"at":4},{"type":"C","frame":0,"at":5}]}]}')
CALL_FRAME = '"callFrame":{"functionName":"%s","scriptId":"0","url":"f.js","lineNumber":4,"columnNumber":1}'
CPUPROFILE = ('{"nodes":[{"id":1,' + CALL_FRAME % "(root)" + ',"hitCount":0,"children":[2]},{"id":2,' + CALL_FRAME % "a" + ',"positionTicks":'
              '[{"line":7,"ticks":1}]},{"id":3,' + CALL_FRAME % "" + ',"parent":2}],"startTime":100,"endTime":200,"samples":[2,3,2],"timeDeltas":[5,20,-1]}')
OLD_CPUPROFILE = ('{"head":{"functionName":"(root)","id":1,"children":[{"functionName":"a","id":2,"hitCount":3}]},"startTime":1,"endTime":2,'
                  '"samples":[2,2],"timestamps":[1000,2000]}')
HEAPPROFILE = ('{"head":{' + CALL_FRAME % "(root)" + ',"selfSize":0,"id":1,"children":[{' + CALL_FRAME % "a" + ',"selfSize":8,"id":2,"children":[]}]},'
               '"samples":[{"size":8,"nodeId":2,"ordinal":1}]}')
FLAMEBEARER = ('{"version":1,"flamebearer":{"names":["total","a","b"],"levels":[[0,3,0,0],[0,3,1,1],[1,2,2,2]],"numTicks":3,"maxSelf":2},'
               '"metadata":{"format":"single","sampleRate":100,"units":"bytes","name":"inuse_space"}}')
TRACE = ('{"traceEvents":[{"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"main"}},{"ph":"B","name":"a","pid":1,"tid":2,"ts":1,'
         '"args":{"url":"f.js","line":3}},{"ph":"X","name":"b","pid":1,"tid":2,"ts":2,"dur":3},{"ph":"E","name":"a","pid":1,"tid":2,"ts":9},')
CHUNKS = ('[{"ph":"P","name":"Profile","id":"0xb","pid":1,"tid":2,"args":{"data":{"startTime":100}}},{"ph":"P","name":"ProfileChunk","id":"0xb","pid":1,'
          '"args":{"data":{"cpuProfile":{"nodes":[{"id":1,' + CALL_FRAME % "(root)" + '},{"id":2,"parent":1,' + CALL_FRAME % "a" + '}],"samples":[2,2]},'
          '"timeDeltas":[5,7],"endTime":130}}}]')
STACKPROF = ('{"mode":"wall","interval":1000,"gc_samples":0,"frames":{"7":{"name":"a","file":"a.rb","line":3,"samples":4},"9":{"name":"b"}},'
             '"raw":[2,7,9,2,1,7,1],"raw_timestamp_deltas":[10,20,30]}')
FIREFOX = ('{"meta":{"preprocessedProfileVersion":49,"interval":2,"startTime":1000},"threads":[{"name":"main","pid":"7","samples":{"stack":[0,1,null,1],'
           '"time":[1,1.5,4,5],"weight":[1,2,3,4],"weightType":"tracing-ms"},"stackTable":{"prefix":[null,0],"frame":[0,1]},"frameTable":{"func":[0,1],'
           '"line":[5,null]},"funcTable":{"name":[0,1],"fileName":[2,null]},"stringArray":["a","b","a.js"]}]}')
JSONL = '{"profile":"p","stack":["a",{"name":"b","file":"b.c","line":3}],"values":{"cpu/nanoseconds":3,"n":1},"tags":{"t":"x","n":5}}\n'
CSV = 'stack,cpu/nanoseconds,samples\n"a;""b"", c",3,1\na,-2,1.5\n'
SVG = ('<svg><title>Flame</title><g><title>all (10 samples, 100%)</title><rect x="0%" y="68" width="100%" height="15" fg:x="0" fg:w="10"/></g>'
       '<g><title>a&lt;b&gt; (4 samples, 40%)</title><rect x="0%" y="52" width="40%" height="15" fg:x="0" fg:w="4" fg:l="1" fg:r="3"/></g></svg>')
HTML = ('<html><script type="application/json" id="data">{"diff":true,"flame":false,"chosen":0,"graphs":[{"type":"cpu","unit":"nanoseconds","total":9,"left":4,'
        '"right":5,"names":["total","a"],"levels":[[0,4,0,0,5,0,0],[0,4,4,0,5,5,1]]}]}</script></html>')
CALLS = ("<html><script>\nfunction f(\nlevels[\nconst cpool = [\n'all',\n' ab',\n'!c\\'d'\n];\nunpack(cpool);\n\nn(3,9)\nu(11,7)\nu(19)\nf(8,1,7,2)\n"
         "</script></html>")
OLD_CALLS = "<html><script>\nfunction f(\nlevels[\nf(0,0,9,3,'all')\nf(1,0,7,1,'a')\nf(1,7,2,1,'b',0,1,0)\n</script></html>"
PPROF_JSON = ('{"sampleType":[{"type":"1","unit":"2"}],"sample":[{"locationId":["1"],"value":["5"]}],"location":[{"id":"1","line":[{"functionId":"1","line":"3"}]}],'
              '"function":[{"id":"1","name":"3"}],"stringTable":["","cpu","count","f"]}')
FORMATS = [[SPEEDSCOPE], [CPUPROFILE, OLD_CPUPROFILE], [HEAPPROFILE], [FLAMEBEARER], [TRACE, CHUNKS], [STACKPROF], [FIREFOX], [JSONL], [CSV], [CSV.replace(",", "\t")], [PPROF_JSON], [SVG], [HTML, CALLS, OLD_CALLS]]


def json_formats():
    """The first byte: number of the format times 8, options."""
    for i, group in enumerate(FORMATS):
        for k, text in enumerate(group):
            for options in (0, 7):
                seed("json_formats", "%02d-%d-%d" % (i, k, options), bytes([i * 8 + options]) + text.encode())


def leb(n):
    out = b""
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def program(*steps):
    """(value, bytes of code) ... as a table of the Go runtime has it."""
    out, before = b"", -1
    for value, n in steps:
        change = value - before
        out += leb((change << 1 ^ change >> 63) & 0xffffffff) + leb(n)
        before = value
    return out + b"\0"


def gopclntab(version):
    """Two functions at 0x400000 and 0x400040; the first has a call of inl inlined (a.go:7 in a.go:3)."""
    names, files = b"\0main.f\0main.g\0inl\0", b"a.go\0b.go\0"
    first_file = 1 if version == 2 else 0
    programs = b"\0" + program((first_file, 64)) + program((3, 16), (7, 32), (4, 16)) + program((-1, 16), (0, 32), (-1, 16))
    at_file, at_line = 1, 1 + len(program((first_file, 64)))
    at_inline = at_line + len(program((3, 16), (7, 32), (4, 16)))
    word = lambda v: struct.pack("<Q", v)
    call = {20: struct.pack("<IiiI", 0, 15, 8, 6), 18: struct.pack("<hBBiiii", -1, 0, 0, 0, 3, 15, 8),
            16: struct.pack("<hBBiiii", -1, 0, 0, 0, 3, 15, 8), 2: struct.pack("<iiii", -1, 1, 3, 0)}[version]
    new = version >= 18

    def func(entry, name, tree, base):
        out = struct.pack("<I", entry) if new else word(0x400000 + entry)
        out += struct.pack("<iiIIIII", base + name, 0, 0, 0, base + at_file, base + at_line, 3)
        if version >= 16:
            out += struct.pack("<I", 0)
        if version >= 20:
            out += struct.pack("<i", 2)
        out += bytes([0, 0, 0, 4]) + struct.pack("<III", 0, 0, base + at_inline if tree is not None else 0)
        if new:
            return out + struct.pack("<IIII", 0xffffffff, 0xffffffff, 0xffffffff, tree if tree is not None else 0xffffffff)
        out += bytes(-len(out) % 8)
        return out + word(0) * 3 + word(tree or 0)

    if version == 2:  # one table: entries, functions, then everything else
        head = struct.pack("<IBBBBQ", 0xfffffffb, 0, 0, 1, 8, 2)
        first = len(head) + 5 * 8 + 8
        second = first + len(func(0, 1, None, 0))
        base = second + len(func(64, 8, None, 0))
        text = base + len(names) + len(programs)
        table = struct.pack("<III", 2, 12, 12) + files
        body = lambda b: func(0, 1, None, b) + func(64, 8, None, b)
        # offsets of names and programs are of the whole table: names first, programs behind
        names_at, programs_at = base, base + len(names)

        def old(entry, name):
            out = word(0x400000 + entry) + struct.pack("<iiIIIII", names_at + name, 0, 0, 0, programs_at + at_file,
                                                       programs_at + at_line, 0)
            out += bytes([0, 0, 0, 0])
            return out + bytes(second - first - len(out))

        entries = word(0x400000) + word(first) + word(0x400040) + word(second) + word(0x400080) + struct.pack("<II", text, 0)
        files_at = text + 12
        table = struct.pack("<III", 2, files_at, files_at) + files
        return head + entries + old(0, 1) + old(64, 8) + names + programs + table
    magic = {16: 0xfffffffa, 18: 0xfffffff0, 20: 0xfffffff1}[version]
    words = 8 if new else 7
    head_n = 8 + 8 * words
    cus = struct.pack("<II", 0, 5)
    at = [head_n]
    for part in (names, cus, files, programs):
        at.append(at[-1] + len(part))
    head = struct.pack("<IBBBB", magic, 0, 0, 1, 8) + word(2) + word(2) + (word(0x400000) if new else b"")
    head += b"".join(word(x) for x in at)
    size = 4 if new else 8
    pack = (lambda v: struct.pack("<I", v)) if new else word
    first = 5 * size + (-5 * size % 8)
    tree_at = at[4] + first + 2 * len(func(0, 1, 0, 0))
    tree_at += -tree_at % 8
    tree = 0 if new else 0x400000 + tree_at
    f, g = func(0, 1, tree, 0), func(64, 8, None, 0)
    base = 0 if new else 0x400000
    functions = pack(base) + pack(first) + pack(base + 64) + pack(first + len(f)) + pack(base + 128)
    out = head + names + cus + files + programs + functions
    out += bytes(at[4] + first - len(out)) + f + g
    out += bytes(tree_at - len(out)) + call
    if new:  # moduledata: where the table, the text and the inlined calls are
        module = [0] * 41
        module[0], module[20:24] = 0x500000, [0x400000, 0x400080, 0x400000, 0x400080]
        out += bytes(-len(out) % 8)
        module[40 if version >= 20 else 38] = 0x600000 + tree_at
        out += b"".join(word(v) for v in module)
    return out


def go_tables():
    for version in (2, 16, 18, 20):
        seed("gopclntab", "go%d" % version, gopclntab(version))


def otlp():
    """A request in three schemas (1.4, 1.9, 1.10) and JSON; the first byte is what the target keeps."""
    packed = lambda field, *v: text(field, b"".join(map(varint, v)))
    pair = lambda key, value: text(1, key) + text(2, text(1, value))
    strings = ["", "samples", "count", "cpu", "nanoseconds", "main", "work", "m.c", "thread.name"]
    resource = text(1, text(1, pair("service.name", "shop")) + text(1, text(1, "n") + text(2, number(3, -5))))
    function = lambda name: number(1, name) + number(3, 7)
    location = lambda at: number(1, 1) + number(2, 4096 + at) + text(3, number(1, at) + number(2, 10 * at))
    types = number(1, 1) + number(2, 2), number(1, 3) + number(2, 4)
    mapping = number(1, 4096) + number(2, 8192) + number(4, 7)
    link = text(1, b"0123456789abcdef") + text(2, b"spanspan")
    times = struct.pack("<QQ", 10**18, 10**18 + 5)

    def scopes(profile_body):
        return text(2, text(1, text(1, "lib")) + text(2, profile_body))

    def new(sample):
        fixed = b"\x19" + struct.pack("<Q", 1768471200 * 10**9)
        body = text(1, types[0]) + sample + fixed + number(4, 10**9) + text(5, types[1]) + number(6, 10**7)
        attribute = number(1, 8) + text(2, text(1, "worker"))
        tables = [(1, b""), (1, mapping), (2, b""), (2, location(1)), (2, location(2)), (3, b""), (3, function(5)), (3, function(6)),
                  (4, b""), (4, link)] + [(5, s) for s in strings] + [(6, b""), (6, attribute), (7, b""), (7, packed(1, 2, 1)), (7, packed(1, 1))]
        return b"\x03" + text(1, resource + scopes(body)) + text(2, b"".join(text(f, s) for f, s in tables))

    old = text(1, types[0]) + text(2, number(2, 2) + packed(3, 5) + packed(4, 0) + number(5, 1) + packed(6, 10**18)) + 2 * text(3, mapping)
    old += text(4, location(0)) + text(4, location(1)) + packed(5, 1, 0) + text(6, function(5)) + text(6, function(6))
    old += text(7, pair("thread.name", "worker")) + text(9, b"") + text(9, link) + b"".join(text(10, s) for s in strings)
    old += number(11, 1768471200 * 10**9) + number(12, 10**9) + text(13, types[1]) + number(14, 10**7)
    seeds("otlp", [new(text(2, number(1, 1) + packed(2, 1) + number(3, 1) + packed(4, 5)) + text(2, number(1, 2) + text(5, times))),
                   new(text(2, number(1, 1) + packed(2, 500) + packed(3, 1) + number(4, 1)) + text(2, number(1, 2) + packed(2, 70))),
                   b"\x01" + text(1, resource + scopes(old)), b"\x03" + text(1, resource)])
    seeds("otlp_json", [
        '\x03{"resourceProfiles":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"l","value":'
        '{"arrayValue":{"values":[{"intValue":"-5"}]}}}]},"scopeProfiles":[{"scope":{"name":"x"},"profiles":[{"sampleType":{"typeStrindex":1,'
        '"unitStrindex":2},"periodType":{"typeStrindex":3,"unitStrindex":4},"period":"1000","timeUnixNano":"1768471910000000000",'
        '"samples":[{"stackIndex":1,"values":["5"],"attributeIndices":[1],"linkIndex":1},{"stackIndex":2,"timestampsUnixNano":["1","2"]}]}]}]}],'
        '"dictionary":{"stringTable":["","samples","count","cpu","nanoseconds","ma\\u0069n","leaf"],"mappingTable":[{}],"locationTable":[{},'
        '{"lines":[{"functionIndex":1,"line":"3"}]},{"lines":[{"functionIndex":1,"line":4}]}],"functionTable":[{},{"nameStrindex":5}],'
        '"stackTable":[{},{"locationIndices":[2,1]},{"locationIndices":[1]}],"attributeTable":[{},{"keyStrindex":6,"value":{"boolValue":true}}],'
        '"linkTable":[{},{"traceId":"00112233445566778899aabbccddeeff","spanId":"AQIDBAUGBwg="}]}}',
        '\x02{"resource_profiles":[{"scope_profiles":[{"profiles":[{"sampleType":[{"typeStrindex":1}],"sample":[{"locationsStartIndex":0,'
        '"locationsLength":1,"value":["7"]}],"locationIndices":[0],"locationTable":[{"line":[{"functionIndex":0}]}],"functionTable":'
        '[{"nameStrindex":1}],"stringTable":["","x"],"timeNanos":"5"}]}]}]}', '\x00{"dictionary":null}'])


otlp()


def recordings():
    sys.path.insert(0, os.path.join(ROOT, "tests/lib"))
    import jfr_file
    setting = ("jdk.ActiveSetting", {"id": 105, "name": "event", "value": "wall"})
    sample = ("jdk.ExecutionSample", {"stackTrace": 1, "state": 1, "sampledThread": 1})
    span = ("jdk.ExecutionSample", {"stackTrace": 2, "state": 1, "contextId": 3, "spanId": 7, "spanName": 2})
    rest = [("profiler.WallClockSample", {"stackTrace": 2, "state": 1, "samples": 4}),
            ("jdk.ObjectAllocationInNewTLAB", {"stackTrace": 1, "objectClass": 1, "tlabSize": 4096}),
            ("jdk.JavaMonitorEnter", {"stackTrace": 1, "monitorClass": 1, "duration": 300}),
            ("jdk.FileRead", {"stackTrace": 2, "duration": 55, "path": "/x", "bytesRead": 300000})]
    one, two = jfr_file.recording([setting, sample, span]), jfr_file.recording([sample] + rest)
    seed("jfr", "cpu", one)
    seed("jfr", "rest", two)
    seed("jfr", "chunks", one + two + one)
    seed("jfr", "cut", one + two[:-20])
    seed("jfr", "empty", jfr_file.recording([], []))
    context = number(1, 3) + text(2, text(1, number(1, 1) + number(2, 2)))
    seed("jfr", "labels", b"L" + text(1, context) + text(2, number(1, 1) + text(2, "pool")))


profiles()
json_formats()
go_tables()
seeds("stored_sums", [b"", bytes([0, 0, 0x1d]), bytes([4, 0, 255, 5, 0, 255]), bytes([0, 20, 0, 8, 20, 3])])
blocks()
samples()
texts()
binaries()
messages()
requests()
legacy()
recordings()
dumps()
callgrind()
