"""pair_writes.py - requests that write: every parameter, format and limit of /ingest and Push, and what is wrong with
them. Names of cases say what is varied; each case has a second of its own, so that a sum over time tells them apart.
"""

import base64
import gzip
import json
import random
import struct
import urllib.parse
import zlib

from pair_wire import Tables, data, number, profile_bytes, push_request, varint

FIRST = 1768478400  # 2026-01-15T12:00:00Z, behind the recorded inputs
RICH = 1768474800  # 11:00, the hour of rich_cases
PUSH = "/push.v1.PusherService/Push"
CPU = {"types": (("samples", "count"), ("cpu", "nanoseconds")), "period": ("cpu", "nanoseconds", 10000000)}
HEAP = {
    "types": (
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ),
    "period": ("space", "bytes", 524288),
}


class Writes:
    """Collects the cases of one kind of server."""

    def __init__(self, first=FIRST):
        self.cases, self.second, self.first = [], 0, first

    def time(self):
        self.second += 1
        return self.first + 2 * self.second

    def add(self, title, path, body=b"", headers=None, method="POST", **more):
        self.cases.append(
            dict(
                {
                    "name": title,
                    "method": method,
                    "path": path,
                    "headers": headers or {},
                    "body": body if isinstance(body, bytes) else body.encode(),
                },
                **more
            )
        )

    def ingest(self, title, body=b"main;work 3\nmain;idle 2\n", headers=None, raw="", **query):
        """An /ingest request; query parameters that are None are left out."""
        t = self.time()
        q = {"name": "d-" + title.replace(" ", "-"), "from": t, "until": t + 10}
        q.update({k.rstrip("_"): v for k, v in query.items()})
        text = urllib.parse.urlencode([(k, v) for k, v in q.items() if v is not None]) + raw
        self.add("ingest " + title, "/ingest?" + text, body(t) if callable(body) else body, headers)

    def push(self, title, profile, labels=None, headers=None, **more):
        """A Push of one profile; `profile` is bytes or a function of the time in seconds."""
        t = self.time()
        p = profile(t) if callable(profile) else profile
        if labels is None:
            labels = [("__name__", "process_cpu"), ("service_name", "d-" + title.replace(" ", "-"))]
        head = {"Content-Type": "application/proto"}
        head.update(headers or {})
        self.add("push " + title, PUSH, push_request([(labels, p if isinstance(p, list) else [p])]), head, **more)


def simple(t, **how):
    """A small profile at second t."""
    table = Tables(time=t * 10**9, **dict(CPU, **how))
    n = len(table.p["type"])
    return table.stack("main;work", [3 * (i + 1) for i in range(n)]).stack(
        "main;idle", [2 * (i + 1) for i in range(n)]
    )


def form(parts, boundary="b0undary", end=True):
    """A multipart body of [(name, file name or None, content)]."""
    out = b""
    for name, file, content in parts:
        head = 'Content-Disposition: form-data; name="%s"' % name
        if file is not None:
            head += '; filename="%s"\r\nContent-Type: application/octet-stream' % file
        out += b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary.encode(), head.encode(), content)
    return out + (b"--%s--\r\n" % boundary.encode() if end else b"")


FORM = {"Content-Type": "multipart/form-data; boundary=b0undary"}

NAMES = [
    "app",
    "app.cpu",
    "my-app.wall",
    "my.app.alloc_space",
    "svc1{region=eu, pod=p-1}",
    "svc2{}",
    "svc3{a=1",
    "svc4{a=1}{b=2}",
    "svc5{a=1}x",
    "svc6{a=1,a=2}",
    "svc7{ a = 1 , b=2 }",
    "svc{=1}",
    "svc8{a}",
    "svc{a,b=1}",
    "svc9{a=}",
    "svca{__name__=foo}",
    "svcb{__session_id__=00000000000000a7}",
    "svcc{__x__=1}",
    "svcd{profile_id=abc}",
    "svce{profile_id=}",
    "svcf{service_name=otherf}",
    "svcg{service_name=}",
    "svch{app_name=x}",
    "svci{service_name=otheri,app_name=x}",
    "svcj{a.b=1}",
    "svck{.a=1}",
    "svcl{1a=1}",
    "svcm{a=é}",
    "svcn{a=x=y}",
    "svco{a={x}",
    " svcp ",
    "a/b",
    "a b",
    "svcq.",
    ".svcr",
    ".",
    "svcs.cpu.cpu",
    "svct{a-b=1}",
    "svcu{é=1}",
    "é",
    "",
    "{}",
    "svcv%",
    "svcw{pyroscope_spy=x}",
    "svcx{__delta__=true}",
    "svcy{__type__=x}",
    'svcz{le="1"}',
    "svcA.itimer",
    "svcB.seconds",
    "svcC.live",
    "svcD.bytes",
    "svcE.nope",
    "svcF.block_duration",
    "svcG.mutex_count",
    "svcH.alloc_in_new_tlab_bytes",
    "svcI.exceptions",
    "svcJ.CPU",
    "svcK.cpu{a=1}",
    "svcL{a=b c}",
    "svcM{a=1,}",
    "svcN{,a=1}",
    "svcO{a=1,,b=2}",
    "svcP}",
    "svcQ{a=1}}",
    "svc:R",
    "svcS{a:b=1}",
    "svcT{A_1=Z}",
    "svcU{__profile_type__=z}",
    "svcV{__service_name__=z}",
    "svcW{span_id=1}",
    "svcX{service_repository=r,service_git_ref=g,service_root_path=p}",
    "svcY{service.name=z}",
    "svcZ{app.name=z}",
    "sv1{a=1,A=2}",
    "sv2{_=1}",
    "sv3{a\t=1}",
    "sv4{a=1;b=2}",
    "sv5\n",
    "sv6{a=\n}",
    "sv7.goroutines",
    "sv8.inuse_objects",
    "sv9.alloc_objects",
    "sva.inuse_space",
    "svb.mutex_duration",
    "svc_.block_count",
    "svd.lock_count",
    "sve.lock_duration",
    "svf.nanoseconds",
    "svg.microseconds",
    "svh.milliseconds",
    "svi.samples",
    "svj.alloc_outside_tlab_objects",
    "svk.alloc_in_new_tlab_objects",
    "svl.alloc_outside_tlab_bytes",
    "a.b.c.d.cpu",
    "_",
    "-",
    "/",
    "0",
    "x" * 300,
    "y" + "{" + "k" * 1100 + "=v}",
    "z{k=" + "v" * 2100 + "}",
]

GROUPS = {
    "plain": "a;b 1\na;c 2\n",
    "no end of line": "a;b 1\na;c 2",
    "carriage return": "a;b 1\r\na;c 2\r\n",
    "blank in frame": "a b;c d 3\n",
    "no count": "a;b\n",
    "no count among others": "a;b 1\nc\nd 2\n",
    "negative": "a;b -5\na;c 3\n",
    "plus": "a;b +5\n",
    "float": "a;b 1.5\n",
    "huge": "a;b 9223372036854775807\n",
    "overflow": "a;b 9223372036854775808\n",
    "hexadecimal": "a;b 0x10\n",
    "leading zeros": "a;b 007\n",
    "underscore": "a;b 1_000\n",
    "two blanks": "a;b  7\n",
    "tab": "a;b\t7\n",
    "trailing blank": "a;b 7 \n",
    "leading blank": " a;b 7\n",
    "empty frames": ";a;;b; 3\n",
    "no frames": " 3\n",
    "duplicates": "a;b 1\na;b 2\na;b 4\n",
    "zero": "a;b 0\n",
    "zero and one": "a;b 0\na;c 1\n",
    "empty lines": "\n\na 1\n\n",
    "not utf-8": b"a\xff;b 1\n",
    "nul": b"a\0b;c 1\n",
    "utf-8": "é;日本 4\n",
    "only blanks": "   \n",
    "one number": "5\n",
    "long frame": "f" * 70000 + " 1\n",
    "line too long": "a 1\n" + "g" * 66000 + " 2\nb 3\n",
    "deep": ";".join("f%d" % i for i in range(1200)) + " 1\n",
    "long symbol": "h" * 65535 + " 1\n",
    "comment": "# a 1\nb 2\n",
    "quote": 'a"b;c\\d 2\n',
    "less than": "<a>&;b 2\n",
    "total": "total;a 3\ntotal 1\n",
    "other": "other;a 3\nother 1\n",
    "many": "".join("r;f%d %d\n" % (i % 70, i) for i in range(500)),
    "semicolon end": "a;b; 2\n",
    "vertical tab": "a\vb 2\n",
    "no-break space": "a\u00a01\n",
    "sum overflows": "a 9223372036854775807\na 9223372036854775807\n",
}


def trie_node(suffix, value, children=()):
    suffix = suffix.encode() if isinstance(suffix, str) else suffix
    return varint(len(suffix)) + suffix + varint(value) + varint(len(children)) + b"".join(children)


TRIES = {
    "plain": trie_node("", 0, [trie_node("ab", 0, [trie_node("c", 1), trie_node("d", 2)])]),
    "stacks": trie_node("", 0, [trie_node("main;", 0, [trie_node("a", 3), trie_node("b;c", 4)])]),
    "value at root": trie_node("", 5, [trie_node("a", 1)]),
    "empty": b"",
    "one zero": b"\0",
    "two zeros": b"\0\0",
    "three zeros": b"\0\0\0",
    "cut": b"\0\0\1\2a",
    "huge length": b"\xff\xff\xff\xff\x0f",
    "not utf-8": trie_node("", 0, [trie_node(b"\xff", 1)]),
    "zero values": trie_node("", 0, [trie_node("a", 0)]),
    "large value": trie_node("", 0, [trie_node("a", 1 << 62)]),
    "semicolons": trie_node("", 0, [trie_node(";;a;", 2)]),
    "text": b"a;b 1\n",
    "prefix and longer": trie_node("", 0, [trie_node("a", 1, [trie_node("b", 2)])]),
}
LINES = {
    "plain": "a;b\na;b\nc\n",
    "blank": "a;b 3\n",
    "empty": "",
    "empty lines": "\n\na\n\n",
    "carriage return": "a\r\nb\r\n",
    "too long": "x" * 66000 + "\n",
    "not utf-8": b"\xfe\n",
    "no end": "a;b",
    "long": "y" * 60000 + "\n",
}

TIMES = [
    None,
    "",
    "0",
    "abc",
    "now",
    "now-1h",
    "now-1h30m",
    "yesterday",
    "1768478500",
    "1768478500000",
    "1768478500000000",
    "1768478500000000000",
    "20260115",
    "2026-01-15",
    "20261315",
    "-1",
    "1768478500.5",
    "1768478500s",
    "1e9",
    " 1768478500 ",
    "999999999",
    "1_768_478_500",
    "now+1h",
    "+1h",
    "-1h",
    "12:00_20260115",
    "20260115-1h",
    "99999999999999999999",
    "9223372036854775807",
]
RATES = [
    None,
    "",
    "0",
    "1",
    "97",
    "100",
    "1000",
    "1000000000",
    "abc",
    "1e3",
    "100.5",
    "+100",
    " 100",
    "0x64",
    "007",
    "1_000",
]
SPIES = [
    None,
    "",
    "gospy",
    "javaspy",
    "pyspy",
    "rbspy",
    "nodespy",
    "phpspy",
    "dotnetspy",
    "pyroscope-rs",
    "scripting",
    "ebpfspy",
    "unknown",
    "my spy",
    "é",
]
CONFIGS = [
    "{}",
    '{"cpu":{}}',
    '{"cpu":{"display-name":"xyz"}}',
    '{"cpu":{"units":"u","display-name":"mutex_x","aggregation":"average","cumulative":true,"sampled":true}}',
    '{"samples":{"display-name":"block_y"}}',
    '{"samples":{"display-name":"goroutines"},"cpu":{"display-name":"zzz"}}',
    '{"cpu":{"unknown":1}}',
    '{"cpu":null}',
    "null",
    "[]",
    '"x"',
    "{",
    "",
    '{"cpu":{"display-name":5}}',
    '{"cpu":{"sampled":"yes"}}',
    '{"inuse-space":{}}',
    '{"other":{"display-name":"q"}}',
    '{"cpu":{"display-name":""}}',
    '{"cpu":{"Display-Name":"caseless"}}',
    '{"cpu":{"display-name":"a","display-name":"b"}} ',
    "{} x",
    '{"cpu":{"display-name":"space"}}',
    '{"cpu":{"display-name":"cpu_x"}}',
    '{"cpu":{"display_name":"snake"}}',
    '{"samples":{"display-name":"alloc_x"}}',
    '{"cpu":[]}',
    "1",
    "true",
]


def ingest_cases(w):
    for i, name in enumerate(NAMES):
        w.ingest("name groups %d" % i, name=name)
        w.ingest("name pprof %d" % i, lambda t: simple(t).bytes(), name=name, format="pprof")
    for key, body in GROUPS.items():
        w.ingest("groups " + key, body)
        if key not in ("negative", "sum overflows"):  # an internal error of the original: no period type
            w.ingest("groups rate 0 " + key, body, sampleRate=0)
    for form_ in ("folded", "collapsed", "groups", "FOLDED", "Trie", "unknown", "", "pprof2", "lines "):
        w.ingest("format " + form_, format=form_)
    for key, body in TRIES.items():
        w.ingest("trie " + key, body, format="trie")
        w.ingest("tree " + key, body, format="tree")
    for kind in (
        "binary/octet-stream+trie",
        "binary/octet-stream+tree",
        "binary/octet-stream+trie; x=y",
        "Binary/octet-stream+trie",
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/octet-stream",
    ):
        w.ingest("content type " + kind, TRIES["stacks"] if "tr" in kind[7:] else "a;b 1\n", {"Content-Type": kind})
    w.ingest("trie and format tree", TRIES["stacks"], {"Content-Type": "binary/octet-stream+trie"}, format="tree")
    w.ingest("trie and format lines", "a;b\n", {"Content-Type": "binary/octet-stream+trie"}, format="lines")
    for key, body in LINES.items():
        w.ingest("lines " + key, body, format="lines")
    for i, t in enumerate(TIMES):
        relative = (
            t in (None, "", "abc", "now", "yesterday", "-1", "1e9")
            or t
            and not t.strip()[:1].isdigit()
            or t
            and "-" in t
        )
        if not relative:
            w.ingest("from %d" % i, from_=t, until=1768478510)
            w.ingest(
                "from pprof without time %d" % i,
                lambda _: simple(0).bytes(),
                from_=t,
                until=1768478510,
                format="pprof",
            )
        w.ingest("until %d" % i, until=t)
    for rate in RATES:
        for suffix in ("cpu", "wall", "alloc_space"):
            w.ingest("rate %s" % rate, sampleRate=rate, name="d-rate%d.%s" % (RATES.index(rate), suffix))
    for spy in SPIES:
        w.ingest("spy %s" % spy, spyName=spy)
        w.ingest("spy pprof %s" % spy, lambda t: spy_profile(t), spyName=spy, format="pprof")
        w.ingest("spy form %s" % spy, lambda t: form([("profile", "p", spy_profile(t))]), FORM, spyName=spy)
    for unit in ("samples", "bytes", "objects", "goroutines", "lock_nanoseconds", "nonsense", ""):
        w.ingest("units " + unit, units=unit, aggregationType="average")
    w.ingest("name twice", raw="&name=second")
    w.ingest("semicolon in query", raw="&a;b=c")
    w.ingest("bad percent in query", raw="&a=%zz")
    w.ingest("plus in name", raw="", name="d-plus{a=b+c d}")
    w.add("ingest no query", "/ingest", b"a 1\n")
    w.add("ingest pyroscope prefix", "/pyroscope/ingest?name=d-prefix&from=%d" % w.time(), b"a 1\n")
    w.add("ingest trailing slash", "/ingest/?name=d-slash&from=%d" % w.time(), b"a 1\n")
    for method in ("GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"):
        w.add("ingest " + method, "/ingest?name=d-method&from=%d" % w.time(), b"", method=method)
    for enc in ("gzip", "deflate", "zstd", "identity", "br"):
        w.ingest(
            "encoding pprof " + enc,
            lambda t: gzip.compress(simple(t).bytes(), mtime=0),
            {"Content-Encoding": enc},
            format="pprof",
        )
    w.ingest("encoding identity folded", headers={"Content-Encoding": "identity"})


def spy_profile(t):
    table = Tables(time=t * 10**9, **CPU)
    table.stack("main;work", [1, 2], file="/abs/app.py").stack("main;idle", [3, 4], file="rel/app.py").stack(
        "a;b", [5, 6], file=""
    )
    table.stack("c<d;e", [7, 8], file="x.rb")
    return table.bytes()


def form_cases(w):
    p = lambda t: simple(t).bytes()
    z = lambda t: gzip.compress(simple(t).bytes(), mtime=0)
    for key, body in {
        "plain": lambda t: form([("profile", "profile.pprof", p(t))]),
        "gzip": lambda t: form([("profile", "profile.pprof", z(t))]),
        "no file name": lambda t: form([("profile", None, p(t))]),
        "empty file name": lambda t: form([("profile", "", p(t))]),
        "empty profile": lambda t: form([("profile", "p", b"")]),
        "no parts": lambda t: form([]),
        "two profiles": lambda t: form(
            [("profile", "a", p(t)), ("profile", "b", simple(t + 1, mapping="/other").bytes())]
        ),
        "prev empty": lambda t: form([("profile", "a", p(t)), ("prev_profile", "b", b"")]),
        "prev": lambda t: form([("profile", "a", p(t)), ("prev_profile", "b", p(t))]),
        "prev without file name": lambda t: form([("profile", "a", p(t)), ("prev_profile", None, p(t))]),
        "prev alone": lambda t: form([("prev_profile", "b", p(t))]),
        "other parts": lambda t: form([("x", "y", b"z"), ("profile", "a", p(t)), ("w", None, b"v")]),
        "no end": lambda t: form([("profile", "a", p(t))], end=False),
        "cut": lambda t: form([("profile", "a", p(t))])[:90],
        "empty body": lambda t: b"",
        "preamble": lambda t: b"hello\r\n" + form([("profile", "a", p(t))]),
        "epilogue": lambda t: form([("profile", "a", p(t))]) + b"bye\r\n",
        "other boundary": lambda t: form([("profile", "a", p(t))], "other"),
        "garbage profile": lambda t: form([("profile", "a", b"garbage garbage")]),
        "upper name": lambda t: form([("PROFILE", "a", p(t))]),
        "line feeds": lambda t: form([("profile", "a", p(t))]).replace(b"\r\n", b"\n"),
        "path file name": lambda t: form([("profile", "/x/../profile.pprof", p(t))]),
        "json profile": lambda t: form([("profile", "a", b'{"a":1}')]),
        "one byte": lambda t: form([("profile", "a", b"\x0a")]),
    }.items():
        w.ingest("form " + key, body, FORM)
    for i, config in enumerate(CONFIGS):
        w.ingest(
            "config %d" % i,
            lambda t: form([("profile", "p", p(t)), ("sample_type_config", "c", config.encode())]),
            FORM,
        )
        w.ingest(
            "config unknown type %d" % i,
            lambda t: form(
                [
                    ("profile", "p", simple(t, types=(("cpuX", "count"), ("samples", "count"))).bytes()),
                    ("sample_type_config", "c", config.encode()),
                ]
            ),
            FORM,
        )
    w.ingest(
        "config without file name", lambda t: form([("profile", "p", p(t)), ("sample_type_config", None, b"{")]), FORM
    )
    w.ingest(
        "config first",
        lambda t: form([("sample_type_config", "c", b'{"cpu":{"display-name":"mutex_q"}}'), ("profile", "p", p(t))]),
        FORM,
    )
    for kind in (
        "multipart/form-data",
        'multipart/form-data; boundary="b0undary"',
        "Multipart/Form-Data; boundary=b0undary",
        "multipart/mixed; boundary=b0undary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=b0undary; charset=utf-8",
        "x multipart/form-data; boundary=b0undary",
        "multipart/form-data;boundary=b0undary",
        "multipart/form-data; BOUNDARY=b0undary",
        "multipart/form-data; boundary=b0undary;",
    ):
        w.ingest("form type " + kind, lambda t: form([("profile", "p", p(t))]), {"Content-Type": kind})
    for types in (
        (("wall", "nanoseconds"),),
        (("samples", "count"), ("wall", "nanoseconds")),
        (("goroutine", "count"),),
        (("contentions", "count"), ("delay", "nanoseconds")),
        (("inuse_objects", "count"), ("inuse_space", "bytes")),
        (("objects", "count"), ("space", "bytes")),
        (("custom", "unit"),),
        (("samples", "count"),),
        (("alloc_x", "y"),),
        (("mycpu", "y"),),
        (("", ""),),
        (("x", ""),),
        (("", "y"),),
        (("inuse-objects", "count"), ("inuse-space", "bytes")),
        (("block_z", "count"),),
        (("mutex_z", "count"),),
        (("goroutines", "count"),),
        (("exception", "count"),),
    ):
        name = " ".join(":".join(t) for t in types)
        for period in (("cpu", "nanoseconds", 10000000), None, ("", "", 0)):
            for spy in ("gospy", "dotnetspy"):
                w.ingest(
                    "types %s %s %s" % (name, period and period[0], spy),
                    lambda t: simple(t, types=types, period=period).bytes(),
                    name="d-types-%d" % w.second,
                    format="pprof",
                    spyName=spy,
                )


def broken(t, how, **kinds):
    """simple() with one thing wrong; how is called with the dictionary of the profile."""
    p = simple(t, **kinds).p
    how(p)
    return profile_bytes(p)


def put(path, value):
    def how(p):
        x = p
        for step in path[:-1]:
            x = x[step]
        x[path[-1]] = value

    return how


BROKEN = {
    "no string table": lambda p: p.update(string=[]),
    "string 0 not empty": put(["string", 0], b"x"),
    "sample type index": put(["type", 0], (99, 1)),
    "unit index": put(["type", 0], (1, 99)),
    "negative type": put(["type", 0], (-1, 1)),
    "period type index": put(["period_type"], (99, 1)),
    "period unit index": put(["period_type"], (1, 99)),
    "function name index": put(["function", 0, "name"], 99),
    "function system index": put(["function", 0, "system"], 99),
    "function file index": put(["function", 0, "file"], 99),
    "mapping file index": put(["mapping", 0, "file"], 99),
    "mapping build index": put(["mapping", 0, "build"], 99),
    "label key index": put(["sample", 0, "label"], [(99, 1, 0, 0)]),
    "label text index": put(["sample", 0, "label"], [(1, 99, 0, 0)]),
    "location id 0": put(["location", 0, "id"], 0),
    "function id 0": put(["function", 0, "id"], 0),
    "mapping id 0": put(["mapping", 0, "id"], 0),
    "location unknown in sample": put(["sample", 0, "location"], [77, 1]),
    "location 0 in sample": put(["sample", 0, "location"], [0]),
    "mapping unknown": put(["location", 0, "mapping"], 9),
    "mapping 0": put(["location", 0, "mapping"], 0),
    "function unknown": put(["location", 0, "line"], [(55, 1)]),
    "function 0 in line": put(["location", 0, "line"], [(0, 1)]),
    "no lines no address": lambda p: p["location"][0].update(line=[], address=0),
    "too few values": put(["sample", 0, "value"], [1]),
    "too many values": put(["sample", 0, "value"], [1, 2, 3]),
    "no values": put(["sample", 0, "value"], []),
    "negative value": put(["sample", 0, "value"], [-1, 5]),
    "all negative": lambda p: [s.update(value=[-1, -1]) for s in p["sample"]],
    "zero sample": put(["sample", 0, "value"], [0, 0]),
    "half zero": put(["sample", 0, "value"], [0, 7]),
    "all zero": lambda p: [s.update(value=[0, 0]) for s in p["sample"]],
    "no samples": put(["sample"], []),
    "no sample types": put(["type"], []),
    "no types no samples": lambda p: p.update(type=[], sample=[]),
    "no mapping": put(["mapping"], []),
    "no functions": put(["function"], []),
    "no locations": put(["location"], []),
    "duplicate location id": put(["location", 1, "id"], 1),
    "duplicate function id": put(["function", 1, "id"], 1),
    "duplicate strings": lambda p: p["string"].append(p["string"][1]),
    "huge ids": lambda p: (p["location"][0].update(id=1 << 60), [s.update(location=[1 << 60]) for s in p["sample"]]),
    "type with dash": lambda p: p["string"].__setitem__(1, b"sam-ples"),
    "unit with dash": lambda p: p["string"].__setitem__(2, b"co-unt"),
    "type with colon": lambda p: p["string"].__setitem__(1, b"sam:ples"),
    "not utf-8 name": lambda p: p["string"].__setitem__(-1, b"\xff\xfe"),
    "not utf-8 unused": lambda p: p["string"].append(b"\xc0\x80"),
    "surrogate": lambda p: p["string"].append(b"\xed\xa0\x80"),
    "empty stack": put(["sample", 0, "location"], []),
    "all stacks empty": lambda p: [s.update(location=[]) for s in p["sample"]],
    "empty function name": put(["function", 0, "name"], 0),
    "all names empty": lambda p: [f.update(name=0, system=0) for f in p["function"]],
    "system name": lambda p: (p["string"].append(b"sysname"), p["function"][0].update(system=len(p["string"]) - 1)),
    "start line": put(["function", 0, "line"], 99),
    "folded": put(["location", 0, "folded"], 1),
    "flags": put(["mapping", 0, "flags"], (1, 1, 1, 1)),
    "no flags": put(["mapping", 0, "flags"], (0, 0, 0, 0)),
    "no flags no lines": lambda p: (
        p["mapping"][0].update(flags=(0, 0, 0, 0)),
        [x.update(line=[]) for x in p["location"]],
    ),
    "offset": put(["mapping", 0, "offset"], 4096),
    "period 0": put(["period"], 0),
    "period negative": put(["period"], -5),
    "no period type": put(["period_type"], None),
    "empty period type": put(["period_type"], (0, 0)),
    "duration 0": put(["duration"], 0),
    "duration negative": put(["duration"], -1),
    "comments": lambda p: (p["string"].append(b"hello"), p.update(comment=[len(p["string"]) - 1])),
    "comment index": put(["comment"], [99]),
    "drop frames": put(["drop"], 3),
    "drop index": put(["drop"], 99),
    "default type": put(["default"], 3),
    "default index": put(["default"], 99),
    "duplicate stacks": lambda p: p["sample"].append(dict(p["sample"][0])),
    "recursive stack": lambda p: p["sample"][0].update(location=[1, 1, 1, 2]),
    "line 0": put(["location", 0, "line"], [(1, 0)]),
    "second empty string": lambda p: (p["string"].append(b""), p["function"][0].update(file=len(p["string"]) - 1)),
    "name is second empty": lambda p: (p["string"].append(b""), p["function"][0].update(name=len(p["string"]) - 1)),
    "two mappings": lambda p: (
        p["mapping"].append(dict(p["mapping"][0], id=2, file=0, build=0, flags=(0, 0, 0, 0))),
        p["location"][1].update(mapping=2),
    ),
    "unused mapping": lambda p: p["mapping"].append(dict(p["mapping"][0], id=7)),
    "mapping ids not in order": lambda p: (
        p["mapping"][0].update(id=5),
        [x.update(mapping=5) for x in p["location"]],
    ),
    "time 1970": put(["time"], 12345678),
    "time negative": put(["time"], -5),
    "time year 2200": put(["time"], 7258118400 * 10**9),
    "time 1969": put(["time"], -86400 * 10**9),
    "time largest": put(["time"], (1 << 63) - 1),
    "values overflow when added": lambda p: (
        p["sample"][0].update(value=[(1 << 63) - 1, 1]),
        p["sample"].append({"location": list(p["sample"][0]["location"]), "value": [5, 5], "label": []}),
    ),
    "address beyond mapping": put(["location", 0, "address"], 0xFFFFFFFFFFFFFFFF),
    "same address twice": lambda p: p["location"][1].update(address=p["location"][0]["address"]),
    "very long name": lambda p: p["string"].__setitem__(-1, b"n" * 70000),
}


def broken_cases(w):
    for key, how in BROKEN.items():
        time_case = key.startswith("time ")
        if not time_case or key in ("time year 2200",):
            w.push("broken " + key, lambda t: broken(t, how))
        w.ingest("broken " + key, lambda t: broken(t, how), format="pprof")
        for kind in (
            (HEAP,)
            if key
            not in (
                "too few values",
                "half zero",
                "negative value",
                "zero sample",
                "all zero",
                "all negative",
                "overflowing value",
                "too many values",
                "values overflow when added",
            )
            else ()
        ):
            w.push(
                "broken heap " + key,
                lambda t: broken(t, how, **kind) if not time_case else simple(t, **kind).bytes(),
                [("__name__", "memory"), ("service_name", "d-h-" + key.replace(" ", "-")), ("__delta__", "false")],
            )
    raw = lambda t: simple(t).bytes()
    for key, body in {
        "gzip": lambda t: gzip.compress(raw(t), mtime=0),
        "gzip twice": lambda t: gzip.compress(gzip.compress(raw(t), mtime=0), mtime=0),
        "two members": lambda t: gzip.compress(raw(t)[:50], mtime=0) + gzip.compress(raw(t)[50:], mtime=0),
        "trailing garbage": lambda t: gzip.compress(raw(t), mtime=0) + b"garbage",
        "trailing zeros": lambda t: gzip.compress(raw(t), mtime=0) + b"\0" * 8,
        "cut gzip": lambda t: gzip.compress(raw(t), mtime=0)[:-4],
        "cut gzip early": lambda t: gzip.compress(raw(t), mtime=0)[:30],
        "wrong checksum": lambda t: gzip.compress(raw(t), mtime=0)[:-8]
        + b"\0\0\0\0"
        + gzip.compress(raw(t), mtime=0)[-4:],
        "wrong size": lambda t: gzip.compress(raw(t), mtime=0)[:-4] + b"\0\0\0\1",
        "zlib": lambda t: zlib.compress(raw(t)),
        "gzip header only": lambda t: gzip.compress(raw(t), mtime=0)[:10],
        "9 bytes": lambda t: b"\x0a\x04\x08\x01\x10\x02abc",
        "1 byte": lambda t: b"\x0a",
        "empty": lambda t: b"",
        "gzip of nothing": lambda t: gzip.compress(b"", mtime=0),
        "text": lambda t: b"hello, this is no profile",
        "cut proto": lambda t: raw(t)[:-3],
        "unknown fields": lambda t: raw(t) + data(99, b"abc") + number(98, 5) + b"\xc5\x06\1\2\3\4",
        "fields twice": lambda t: raw(t) + number(9, t * 10**9) + number(12, 7),
        "fixed wire for time": lambda t: raw(t) + varint(9 << 3 | 1) + struct.pack("<q", 5),
        "zero field": lambda t: raw(t) + b"\0\0",
        "long varint": lambda t: raw(t) + b"\x60" + b"\xff" * 10 + b"\1",
        "gzip with name": lambda t: b"\x1f\x8b\x08\x08\0\0\0\0\0\3name\0" + gzip.compress(raw(t), mtime=0)[10:],
        "two profiles joined": lambda t: raw(t) + raw(t),
        "two profiles in members": lambda t: gzip.compress(raw(t), mtime=0) * 2,
        "unpacked": lambda t: unpacked(t),
        "ten zeros": lambda t: b"\0" * 10,
        "utf-8 bom": lambda t: b"\xef\xbb\xbf" + raw(t),
        "json": lambda t: b'{"sampleType":[]}',
    }.items():
        w.push("bytes " + key, body)
        w.ingest("bytes " + key, body, format="pprof")


def unpacked(t):
    """A profile whose repeated numbers are written one by one."""
    p = simple(t).p
    out = profile_bytes(dict(p, sample=[]))
    for s in p["sample"]:
        out += data(
            2,
            b"".join(number(1, x) for x in s["location"]) + b"".join(varint(2 << 3) + varint(x) for x in s["value"]),
        )
    return out


def push_cases(w):
    n, s = ("__name__", "process_cpu"), lambda k: ("service_name", "d-label-" + k.replace(" ", "-"))
    p = lambda t: simple(t).bytes()
    for key, more in {
        "plain": [],
        "no service": None,
        "dot": [("a.b", "1")],
        "dot and underscore same": [("a.b", "1"), ("a_b", "1")],
        "dot and underscore differ": [("a.b", "1"), ("a_b", "2")],
        "leading dot": [(".a", "1")],
        "only dot": [(".", "1")],
        "two dots": [("a..b", "1")],
        "dash": [("a-b", "1")],
        "slash": [("a/b", "1")],
        "digit": [("1a", "1")],
        "digit later": [("a1", "1")],
        "colon": [("a:b", "1")],
        "blank": [("a b", "1")],
        "utf-8": [("é", "1")],
        "empty name": [("", "1")],
        "empty value": [("a", "")],
        "both empty": [("", "")],
        "value utf-8": [("a", "é日")],
        "value not utf-8": [("a", b"\xff")],
        "name not utf-8": [(b"\xff", "1")],
        "duplicate same": [("a", "1"), ("a", "1")],
        "duplicate differs": [("a", "1"), ("a", "2")],
        "duplicate service": [("service_name", "x")],
        "upper": [("A", "1")],
        "private": [("__x__", "1")],
        "delta": [("__delta__", "false")],
        "otel": [("__otel__", "true")],
        "order": [("__order__", "enforced")],
        "session": [("__session_id__", "00000000000000a7")],
        "type": [("__type__", "x")],
        "unit": [("__unit__", "x")],
        "profile type": [("__profile_type__", "x")],
        "period type": [("__period_type__", "x")],
        "private service": [("__service_name__", "x")],
        "replaced name": [("__name_replaced__", "x")],
        "29 labels": [("l%02d" % i, "v") for i in range(27)],
        "30 labels": [("l%02d" % i, "v") for i in range(28)],
        "31 labels": [("l%02d" % i, "v") for i in range(29)],
        "name 1024": [("n" * 1024, "v")],
        "name 1025": [("n" * 1025, "v")],
        "value 2048": [("a", "v" * 2048)],
        "value 2049": [("a", "v" * 2049)],
        "value 2048 utf-8": [("a", "é" * 1024)],
        "value 2049 utf-8": [("a", "é" * 1025)],
        "newline in value": [("a", "x\ny")],
        "quote in value": [("a", 'x"y\\z')],
        "blank value": [("a", " ")],
        "nul in value": [("a", "x\0y")],
        "control": [("a", "\x01\x7f")],
        "service dot": [("service.name", "zz")],
        "version": [("service_repository", "r"), ("service_git_ref", "g")],
        "root path": [("service_root_path", "p")],
        "empty repository": [("service_repository", "")],
        "dots collide with later": [("a_b_c", "1"), ("a.b.c", "1"), ("a.b_c", "1")],
        "sorted after sanitising": [("a.z", "1"), ("a_b", "2"), ("aZ", "3")],
        "dash beats dot": [("a-b.c", "1")],
    }.items():
        w.push("label " + key, p, [n] + (more if more else []) + ([s(key)] if more is not None else []))
    for name in (
        "",
        "process_cpu",
        "memory",
        "godeltaprof_memory",
        "godeltaprof_",
        "wall",
        "a:b",
        "a b",
        "é",
        "goroutine",
        "godeltaprof_x",
        "xgodeltaprof_memory",
        "1",
        "-",
        "process_cpu{}",
        "a.b",
        "godeltaprof_a.b",
        "n" * 2049,
    ):
        w.push("name %s" % name[:20], p, [("__name__", name), ("service_name", "d-name-%d" % len(w.cases))])
    w.push("name missing", p, [("service_name", "d-noname")])
    w.push("no labels", p, [])
    w.push("service empty", p, [n, ("service_name", "")])
    w.push("service missing", p, [n, ("a", "1")])
    w.push("name twice", p, [n, ("__name__", "x"), s("nt")])
    w.push("name not utf-8", p, [("__name__", b"\xff"), s("nu")])
    w.push("service not utf-8", p, [n, ("service_name", b"\xff")])
    w.push("several samples", lambda t: [simple(t).bytes(), simple(t + 1).bytes()])
    w.push("several, one broken", lambda t: [simple(t).bytes(), b"hello, this is no profile"])
    w.push("several, one empty", lambda t: [simple(t).bytes(), b""])
    w.push("no samples", lambda t: [])
    t = w.time()
    w.add(
        "push two series",
        PUSH,
        push_request([([n, s("two a")], [simple(t).bytes()]), ([n, s("two b")], [simple(t).bytes()])]),
        {"Content-Type": "application/proto"},
    )
    w.add(
        "push two series, one bad label",
        PUSH,
        push_request(
            [([n, s("ok one")], [simple(w.time()).bytes()]), ([n, ("a-b", "c"), s("bad one")], [simple(t).bytes()])]
        ),
        {"Content-Type": "application/proto"},
    )
    w.add("push series without samples", PUSH, push_request([([n], [])]), {"Content-Type": "application/proto"})
    w.add("push empty series", PUSH, push_request([([], [])]), {"Content-Type": "application/proto"})
    for lang in ("go", "py", "rb", "js", "java", "rs", "php", "cs"):
        w.push(
            "language " + lang,
            lambda t: (
                lambda x: x.stack(
                    "main;work[go.shape.int];Foo[go.shape.struct { a[b] c }].bar", [1, 2], file="/src/a." + lang
                ).bytes()
            )(Tables(time=t * 10**9, **CPU)),
        )


def sample_label_cases(w):
    n = ("__name__", "process_cpu")

    def with_labels(*sets, types=CPU):
        def make(t):
            table = Tables(time=t * 10**9, **types)
            for i, labels in enumerate(sets):
                table.stack("main;f%d" % (i % 3), [i + 1] * len(table.p["type"]), labels)
            return table.bytes()

        return make

    for key, sets in {
        "one": [[("k", "v")]],
        "two groups": [[("k", "a")], [("k", "b")]],
        "some without": [[("k", "a")], []],
        "span": [[("profile_id", "0123456789abcdef")], []],
        "span id": [[("span_id", "0123456789abcdef")]],
        "both span names": [[("span_id", "0123456789abcdef"), ("profile_id", "00000000000000ff")]],
        "span short": [[("profile_id", "0123")]],
        "span not hex": [[("profile_id", "zzzzzzzzzzzzzzzz")]],
        "span upper": [[("profile_id", "0123456789ABCDEF")]],
        "span and label": [[("profile_id", "0123456789abcdef"), ("k", "v")], [("k", "v")]],
        "trace": [[("trace_id", "0" * 31 + "1")]],
        "span name": [[("span_name", "GET /"), ("profile_id", "0123456789abcdef")]],
        "numeric": [[("bytes", 64)]],
        "numeric and text": [[("bytes", 64), ("k", "v")]],
        "service in sample": [[("service_name", "other")]],
        "name in sample": [[("__name__", "other")]],
        "type in sample": [[("__type__", "other")]],
        "dash": [[("a-b", "v")]],
        "dot": [[("a.b", "v")]],
        "dot and underscore": [[("a.b", "v"), ("a_b", "v")]],
        "dot differs": [[("a.b", "v"), ("a_b", "w")]],
        "empty value": [[("k", "")]],
        "empty key": [[("", "v")]],
        "twice same": [[("k", "v"), ("k", "v")]],
        "twice differs": [[("k", "v"), ("k", "w")]],
        "order": [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]],
        "many": [[("k%d" % (i % 7), "v%d" % (i % 5))] for i in range(40)],
        "same label as series": [[("env", "x")]],
        "same label same value": [[("env", "prod")]],
        "hundred": [[("k%03d" % i, "v") for i in range(100)]],
        "hundred and one": [[("k%03d" % i, "v") for i in range(101)]],
        "thirty": [[("k%03d" % i, "v") for i in range(27)]],
        "long value": [[("k", "v" * 3000)]],
        "long name": [[("k" * 1100, "v")]],
        "delta in sample": [[("__delta__", "false")]],
        "zero span": [[("profile_id", "0" * 16)], []],
        "spans many": [[("profile_id", "%016x" % (i % 4 + 1)), ("span_name", "s%d" % (i % 2))] for i in range(24)],
        "thread": [[("thread_id", "1"), ("thread_name", "main")], [("thread_id", "2"), ("thread_name", "w")]],
        "session in sample": [[("__session_id__", "00000000000000a7")]],
        "private": [[("__x", "1")]],
        "not utf-8 value": [[("k", "ok")], [("k", "ok2")]],
    }.items():
        labels = [n, ("service_name", "d-sl-" + key.replace(" ", "-")), ("env", "prod")]
        w.push("sample labels " + key, with_labels(*sets), labels)
        w.ingest(
            "sample labels " + key,
            with_labels(*sets),
            name="d-isl-%s{env=prod}" % key.replace(" ", "-"),
            format="pprof",
            spyName="gospy",
        )
        w.push(
            "sample labels heap " + key,
            with_labels(*sets, types=HEAP),
            [("__name__", "memory"), ("service_name", "d-hsl-" + key.replace(" ", "-")), ("__delta__", "false")],
        )


def delta_cases(w):
    """Cumulative profiles one behind the other; the server subtracts."""

    def heap(t, values):
        table = Tables(time=t * 10**9, **HEAP)
        for stack, v in values.items():
            table.stack(stack, [v, v * 10, v % 7, v % 5])
        return table.bytes()

    rows = [
        {"m;a": 10, "m;b": 5},
        {"m;a": 15, "m;b": 5},
        {"m;a": 15, "m;b": 5},
        {"m;a": 20, "m;b": 9, "m;c": 3},
        {"m;a": 25, "m;b": 12},
        {"m;a": 2, "m;b": 1},
        {"m;a": 4, "m;b": 2},
        {"m;a": 9, "m;b": 9, "m;d": 1},
    ]
    for key, name, more in (
        ("memory", "memory", []),
        ("no delta", "memory", [("__delta__", "false")]),
        ("delta true", "memory", [("__delta__", "true")]),
        ("delta empty", "memory", [("__delta__", "")]),
        ("other name", "mutex", []),
        ("godeltaprof", "godeltaprof_memory", []),
        ("upper", "Memory", []),
    ):
        for i, row in enumerate(rows):
            w.push(
                "delta %s %d" % (key, i),
                lambda t: heap(t, row),
                [("__name__", name), ("service_name", "d-delta-" + key.replace(" ", "-"))] + more,
            )
    for i in range(4):
        w.push(
            "delta labelled %d" % i,
            lambda t: (
                lambda x: x.stack("m;a", [5 * i + 5] * 4, [("k", "1")])
                .stack("m;a", [7 * i + 7] * 4, [("k", "2")])
                .bytes()
            )(Tables(time=t * 10**9, **HEAP)),
            [("__name__", "memory"), ("service_name", "d-delta-labelled")],
        )
        w.push(
            "delta out of order %d" % i,
            lambda t: heap(t - 500 * (i % 2), {"m;a": 10 + i}),
            [("__name__", "memory"), ("service_name", "d-delta-order")],
        )
    for types in (
        (("alloc_space", "bytes"),),
        (("alloc_objects", "count"), ("x", "y")),
        (("inuse_space", "bytes"),),
        (("alloc_space", "count"),),
    ):
        for i in range(3):
            w.push(
                "delta types %s %d" % (types[0][0], i),
                lambda t: (lambda x: x.stack("m;a", [5 * i + 5] * len(types)).bytes())(
                    Tables(time=t * 10**9, types=types, period=("space", "bytes", 1))
                ),
                [
                    ("__name__", "memory"),
                    ("service_name", "d-delta-t%d-%s" % (len(types), types[0][0] + types[0][1])),
                ],
            )


def connect_cases(w):
    """The wire forms of Push and what is wrong with them."""

    def request(t, key):
        return push_request(
            [
                (
                    [("__name__", "process_cpu"), ("service_name", "d-wire-" + key.replace(" ", "-"))],
                    [simple(t).bytes()],
                )
            ]
        )

    def text(t, key, **more):
        series = [
            {
                "labels": [
                    {"name": "__name__", "value": "process_cpu"},
                    {"name": "service_name", "value": "d-json-" + key.replace(" ", "-")},
                ],
                "samples": [{"ID": "x", "rawProfile": base64.b64encode(simple(t).bytes()).decode()}],
            }
        ]
        return json.dumps(dict({"series": series}, **more)).encode()

    for kind in (
        "application/proto",
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json; charset=latin1",
        "application/x-protobuf",
        "text/plain",
        "",
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpc",
        "application/connect+proto",
        "application/proto; x=y",
        "application/grpc-web-text",
    ):
        t, js = w.time(), "json" in kind.lower()
        body = text(t, kind.replace("/", "-")) if js else request(t, "type")
        if "grpc" in kind or "connect" in kind:
            body = b"\0" + len(body).to_bytes(4, "big") + body
        w.add("push type " + kind, PUSH, body, {"Content-Type": kind} if kind else {})
    proto = {"Content-Type": "application/proto"}
    for key, head, change in (
        ("gzip", {"Content-Encoding": "gzip"}, lambda b: gzip.compress(b, mtime=0)),
        ("gzip not", {"Content-Encoding": "gzip"}, lambda b: b),
        ("identity", {"Content-Encoding": "identity"}, lambda b: b),
        ("zstd", {"Content-Encoding": "zstd"}, lambda b: b),
        ("GZIP", {"Content-Encoding": "GZIP"}, lambda b: gzip.compress(b, mtime=0)),
        ("accept gzip", {"Accept-Encoding": "gzip"}, lambda b: b),
        ("accept many", {"Accept-Encoding": "br, gzip;q=0.5, deflate"}, lambda b: b),
        ("version 1", {"Connect-Protocol-Version": "1"}, lambda b: b),
        ("version 2", {"Connect-Protocol-Version": "2"}, lambda b: b),
        ("timeout", {"Connect-Timeout-Ms": "5000"}, lambda b: b),
        ("timeout long", {"Connect-Timeout-Ms": "12345678901"}, lambda b: b),
        ("timeout text", {"Connect-Timeout-Ms": "x"}, lambda b: b),
        ("cut", {}, lambda b: b[:-2]),
        ("garbage", {}, lambda b: b"\xff\xff\xff"),
        ("empty", {}, lambda b: b""),
        (
            "gzip two members",
            {"Content-Encoding": "gzip"},
            lambda b: gzip.compress(b[:20], mtime=0) + gzip.compress(b[20:], mtime=0),
        ),
        ("gzip empty", {"Content-Encoding": "gzip"}, lambda b: b""),
        ("gzip trailing", {"Content-Encoding": "gzip"}, lambda b: gzip.compress(b, mtime=0) + b"xyz"),
        ("timeout empty", {"Connect-Timeout-Ms": ""}, lambda b: b),
        ("tenant ignored", {"X-Scope-OrgID": "someone"}, lambda b: b),
        ("connect encoding", {"Connect-Content-Encoding": "gzip"}, lambda b: b),
    ):
        w.add("push wire " + key, PUSH, change(request(w.time(), key)), dict(proto, **head))
    js = {"Content-Type": "application/json"}
    for key, body in {
        "plain": text(w.time(), "plain"),
        "unknown member": text(w.time(), "unknown", nothing=[1, {"a": None}]),
        "empty object": b"{}",
        "empty": b"",
        "array": b"[]",
        "null": b"null",
        "number": b"1",
        "broken": b'{"series":[',
        "series null": b'{"series":null}',
        "series object": b'{"series":{}}',
        "series twice": b'{"series":[],"series":[]}',
        "labels null": b'{"series":[{"labels":null,"samples":[{"rawProfile":null}]}]}',
        "bad base64": b'{"series":[{"labels":[],"samples":[{"rawProfile":"%%%"}]}]}',
        "url base64": text(w.time(), "url").replace(b"+", b"-").replace(b"/", b"_"),
        "no padding": text(w.time(), "pad").replace(b"=\"", b"\"").replace(b"=\"", b"\""),
        "snake": text(w.time(), "snake").replace(b"rawProfile", b"raw_profile"),
        "id lower": text(w.time(), "idlower").replace(b'"ID"', b'"id"'),
        "trailing": text(w.time(), "trail") + b" x",
        "two": b"{} {}",
        "id number": b'{"series":[{"labels":[],"samples":[{"ID":5}]}]}',
        "bom": b"\xef\xbb\xbf{}",
        "annotations": text(w.time(), "ann").replace(
            b'"samples"', b'"annotations":[{"key":"k","value":"v"}],"samples"'
        ),
        "comment": b"/* x */ {}",
        "not utf-8": b'{"a":"\xff"}',
        "single quotes": b"{'series':[]}",
    }.items():
        w.add("push json " + key, PUSH, body, js)
    for method in ("GET", "PUT", "HEAD", "OPTIONS", "DELETE"):
        w.add("push method " + method, PUSH, b"", proto if method == "PUT" else {}, method=method)
    for path in (
        "/push.v1.PusherService/push",
        "/push.v1.PusherService/",
        "/push.v1.PusherService",
        "/push.v1.Pusher/Push",
        "//push.v1.PusherService/Push",
        "/push.v1.PusherService/Push/",
        "/push.v1.PusherService/Push?x=y",
    ):
        w.add("push path " + path, path, request(w.time(), "path"), proto)
    for key, head, body in (
        ("plain", {}, None),
        ("timeout", {"grpc-timeout": "5S"}, None),
        ("bad timeout", {"grpc-timeout": "5x"}, None),
        ("encoding", {"grpc-encoding": "gzip"}, "gzip"),
        ("encoding unknown", {"grpc-encoding": "zstd"}, None),
        ("accept", {"grpc-accept-encoding": "gzip"}, None),
        ("empty", {}, b""),
        ("cut", {}, b"\0\0\0\1\0abc"),
        ("garbage", {}, b"\0\0\0\0\3\xff\xff\xff"),
        ("two", {}, "two"),
        ("nothing", {}, b"\0\0\0\0\0"),
        ("json", {"content-type": "application/grpc+json"}, "json"),
    ):

        def framed():
            b = text(w.time(), "grpc") if body == "json" else request(w.time(), "grpc " + key)
            b = gzip.compress(b, mtime=0) if body == "gzip" else b
            whole = bytes([body == "gzip"]) + len(b).to_bytes(4, "big") + b
            return whole + whole if body == "two" else body if isinstance(body, bytes) else whole

        if key not in ("encoding unknown", "bad timeout"):  # curl takes the early end of the stream for a failure
            w.add("push grpc " + key, PUSH, framed(), dict({"content-type": "application/grpc"}, **head), via="grpc")
        w.add(
            "push grpc-web " + key,
            PUSH,
            framed(),
            dict(
                {"Content-Type": head.get("content-type", "application/grpc").replace("grpc", "grpc-web")},
                **{k: v for k, v in head.items() if k != "content-type"}
            ),
        )


def go_cases(w):
    """Names of Go's type parameters and stacks that the runtime cut."""
    for depth in (23, 24, 27, 28, 32, 33, 59, 60, 64, 100):
        for kind, name in ((HEAP, "memory"), (CPU, "process_cpu")):

            def make(t):
                table = Tables(time=t * 10**9, mapping="/bin/go", **kind)
                whole = ["f%02d" % i for i in range(depth + 8)]
                for i in range(4):
                    table.stack(";".join(whole[i : i + depth]), [i + 1] * len(table.p["type"]), file="/src/x.go")
                    table.stack(
                        ";".join(["g%d" % i] + whole[i : i + depth - 1]),
                        [i + 2] * len(table.p["type"]),
                        file="/src/x.go",
                    )
                return table.bytes()

            w.push(
                "go depth %d %s" % (depth, name),
                make,
                [
                    ("__name__", name),
                    ("service_name", "d-go-%d" % depth),
                    ("pyroscope_spy", "gospy"),
                    ("__delta__", "false"),
                ],
            )
    for i, name in enumerate(
        (
            "a[go.shape.int]",
            "a[go.shape.int].b",
            "a[go.shape.int,go.shape.string].b[go.shape.[]int]",
            "a[go.shape.struct { X int }]",
            "[go.shape.x]",
            "a[go.shape",
            "a[int]",
            "a[go.shape.a[b[c]]]d",
            "x[go.shape.x]y[go.shape.y]z",
            "a[...]",
        )
    ):
        w.push(
            "go name %d" % i,
            lambda t: Tables(time=t * 10**9, **CPU)
            .stack("main;" + name, [1, 2], file="/src/x.go")
            .stack("main;" + name.split("[")[0], [3, 4], file="/src/x.go")
            .bytes(),
            [("__name__", "process_cpu"), ("service_name", "d-goname-%d" % i), ("pyroscope_spy", "gospy")],
        )


def rich_cases(w):
    """Something to ask about: two services, three pods, an hour at 15 s, trees with ties, deep, wide and odd names."""
    chance = random.Random(7)
    names = ["main", "serve", "parse", "other", "total", "", "a.b", "x<y", "runtime.goexit", "é"] + [
        "f%d" % i for i in range(30)
    ]
    for service in ("rich", "poor"):
        for pod in "abc":
            for step in range(0, 40 if service == "rich" else 4):
                t = RICH + step * 15 + ord(pod) % 3
                table = Tables(time=t * 10**9 + step * 1000003, **CPU)
                for _ in range(chance.randint(1, 30)):
                    stack = [chance.choice(names[:10])] + [chance.choice(names) for _ in range(chance.randint(0, 12))]
                    v = chance.choice([1, 1, 1, 2, 5, 10, 1000])
                    labels = [("profile_id", "%016x" % chance.randint(1, 9))] if chance.random() < 0.3 else []
                    table.stack(";".join(stack), [v, v * 10000000], labels)
                labels = [("__name__", "process_cpu"), ("service_name", service), ("pod", pod)] + (
                    [("zone", "z1")] if pod == "a" else []
                )
                w.add(
                    "push %s %s %d" % (service, pod, step),
                    PUSH,
                    push_request([(labels, [gzip.compress(table.bytes(), mtime=0)])]),
                    {"Content-Type": "application/proto"},
                )
    for step in range(8):
        table = Tables(time=(RICH + step * 450) * 10**9, **HEAP)
        for _ in range(40):
            stack = ["main"] + [chance.choice(names) for _ in range(chance.randint(1, 5))]
            table.stack(
                ";".join(stack),
                [chance.randint(0, 9), chance.randint(0, 1 << 40), chance.randint(0, 5), chance.randint(0, 1 << 50)],
            )
        w.push(
            "rich heap %d" % step,
            table.bytes(),
            [("__name__", "memory"), ("service_name", "rich"), ("__delta__", "false")],
        )
        table = Tables(
            time=(RICH + step * 450) * 10**9, types=(("goroutine", "count"),), period=("goroutine", "count", 1)
        )
        table.stack("main;wait<inner;0x77", [3]).stack("0x88;0x99", [5]).stack("main;work@%d" % step, [step])
        w.push("rich goroutine %d" % step, table.bytes(), [("__name__", "goroutine"), ("service_name", "rich")])


def main_cases():
    w = Writes()
    for part in (
        rich_cases,
        ingest_cases,
        form_cases,
        broken_cases,
        push_cases,
        sample_label_cases,
        delta_cases,
        connect_cases,
        go_cases,
    ):
        part(w)
    return w.cases


def strict_cases():
    """Each limit of the strict kind just below, at and above."""
    w = Writes()
    n = ("__name__", "process_cpu")
    one = [n, ("service_name", "strict")]
    many = lambda k: lambda t: (lambda x: [x.stack("main;f%d" % i, [i + 1, 1]) for i in range(k)] and x.bytes())(
        Tables(time=t * 10**9, **CPU)
    )
    for k in (399, 400, 401):
        w.push("samples %d" % k, many(k), one)
        w.ingest("samples %d" % k, many(k), name="strict", format="pprof", spyName=None)
    for k in (2, 3, 4):
        w.push(
            "sample labels %d" % k,
            lambda t: Tables(time=t * 10**9, **CPU)
            .stack("a", [1, 1], [("bytes%d" % i, i + 1) for i in range(k)])
            .bytes(),
            one,
        )
    for k in (19, 20, 21, 40):
        w.push(
            "depth %d" % k,
            lambda t: Tables(time=t * 10**9, **CPU).stack(";".join("f%d" % i for i in range(k)), [1, 1]).bytes(),
            one,
        )
    for text in ("s" * 29, "s" * 30, "s" * 31, "é" * 15, "é" * 16, "x" + "é" * 15):
        w.push(
            "symbol %d %s" % (len(text), text[-1]),
            lambda t: Tables(time=t * 10**9, **CPU).stack("a;" + text, [1, 1]).bytes(),
            one,
        )
    for k in (199900, 200000, 200100):
        w.push("size %d" % k, lambda t: sized(t, k), one)
        w.ingest("size %d" % k, lambda t: sized(t, k), name="strict", format="pprof")
    for k in (39, 40, 41):
        w.push("label name %d" % k, lambda t: simple(t).bytes(), one + [("n" * k, "v")])
        w.push("dotted label name %d" % k, lambda t: simple(t).bytes(), one + [("n" * (k - 2) + ".n", "v")])
    for k in (59, 60, 61):
        w.push("label value %d" % k, lambda t: simple(t).bytes(), one + [("a", "v" * k)])
        w.ingest("label value %d" % k, name="strict{a=%s}" % ("v" * k))
    for k in (9, 10, 11, 12):
        w.push("labels %d" % (k + 2), lambda t: simple(t).bytes(), one + [("l%02d" % i, "v") for i in range(k)])
        w.ingest("labels %d" % (k + 2), name="strict{%s}" % ",".join("l%02d=v" % i for i in range(k)))
    for i in range(5):
        w.push("series %d" % i, lambda t: simple(t).bytes(), [n, ("service_name", "series%d" % i)])
    w.push("future", lambda t: simple(4102444800).bytes(), one)
    w.ingest("future", name="strict", from_=4102444800)
    w.push("dash in label", lambda t: simple(t).bytes(), one + [("a-b", "v")])
    return w.cases


def sized(t, size):
    """A profile of exactly `size` bytes; comments make up the length."""
    table = simple(t)
    short = len(table.bytes())
    for i in range(size // 30):
        table.p["string"].append(b"z" * 28)
    while len(table.bytes()) > size - 40:
        table.p["string"].pop()
    rest = size - len(table.bytes())
    table.p["string"].append(b"z" * (rest - 2))
    assert short < size and len(table.bytes()) == size
    return table.bytes()


def window_cases(now):
    """Times around the window of ingestion, and the rate limit; now in seconds."""
    w = Writes(first=now - 1800)
    n = ("__name__", "process_cpu")
    for seconds in (-7200, -3660, -3500, -60, 0, 540, 700, 7200):
        w.push(
            "at %d" % seconds,
            lambda t: simple(now + seconds).bytes(),
            [n, ("service_name", "w%d" % -seconds if seconds < 0 else "v%d" % seconds)],
        )
        w.ingest("at %d" % seconds, from_=now + seconds, name="i%d" % abs(seconds))
        w.ingest(
            "pprof at %d" % seconds,
            lambda t: simple(now + seconds).bytes(),
            name="p%d" % abs(seconds),
            format="pprof",
        )
    w.push("no time", lambda t: simple(0).bytes(), [n, ("service_name", "notime")])
    w.push("over the burst", lambda t: sized(t, 2200000), [n, ("service_name", "burst")])
    w.ingest("over the burst", lambda t: sized(t, 2200000), name="burst", format="pprof")
    return w.cases


def tenant_cases():
    w = Writes()
    n = ("__name__", "process_cpu")
    for org in (
        None,
        "",
        "a",
        "b",
        "A b",
        "a|b",
        "a|a",
        ".",
        "..",
        "...",
        "x" * 150,
        "x" * 151,
        "a/b",
        "a\\b",
        "a:b",
        "a:b:c",
        "a*'()!-_.",
        "é",
        "a,b",
        " a ",
        "a;b",
        "__x__",
        "a%20b",
    ):
        head = {} if org is None else {"X-Scope-OrgID": org.encode("utf-8").decode("latin-1")}
        w.push("tenant %s" % org, lambda t: simple(t).bytes(), [n, ("service_name", "t-%d" % len(w.cases))], head)
        w.ingest("tenant %s" % org, headers=head, name="ti-%d" % len(w.cases))
        w.ingest(
            "pprof tenant %s" % org, lambda t: simple(t).bytes(), head, name="tp-%d" % len(w.cases), format="pprof"
        )
        w.ingest("bad name tenant %s" % org, headers=head, name="a b")
    return w.cases
