#!/usr/bin/env python3
"""answers.py - asks a server every question of doc/pyro-answers.7 and compares status, code and text with what the page
promises. A row of the page without a question here fails, and so does a question without a row.

usage: answers.py [--build DIR] [--page FILE] [--only WORD]

Prints TAP. Only loopback is used.
"""
import argparse
import errno
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import time

import fault
import hostile
from hostile import USUAL, head, msg, num, pprof, push_request, sample, varint

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import jfr_file  # noqa: E402

# Words of the page that stand for what a request has.
WILD = r"\b(N|C|LABELS|TIME|SIZE|RATE|HEX|NAME|VALUE|TEXT|CODE|TYPE|TENANT|WHY|L|REASON)\b|\.\.\."
BODY_MB = 2
FLUSH = "/ingester.v1.IngesterService/Flush"
OVERRIDES = """overrides:
  small: {max_profile_size_bytes: 5000, max_profile_stacktrace_samples: 3, max_profile_stacktrace_sample_labels: 2,
    max_label_names_per_series: 4, max_label_name_length: 20, max_label_value_length: 20}
  slow: {ingestion_rate_mb: 0.001, ingestion_burst_size_mb: 0.0001}
  one: {max_global_series_per_tenant: 1}
"""
# Rows that take a minute or a gigabyte, and where the same is proved with smaller limits.
ELSEWHERE = {"bodies of all requests of one thread above 1 GiB": "request bodies fill the memory set aside",
             "body that does not move for 60 s, or comes slower than 10 KiB a second": "the body came too slowly"}


# ---- the page ----

class Row:
    def __init__(self, section, item):
        self.section, self.item, self.status, self.code, self.text = section, item, None, "", None


def read_page(path):
    rows, section = [], ""
    with open(path) as f:
        for line in f:
            word, _, rest = line.rstrip("\n").partition(" ")
            if word in (".Ss", ".Sh"):
                section = rest
            elif word == ".El":
                rows.append(Row("", ""))        # what follows belongs to none
            elif word == ".It":
                rows.append(Row(section, rest))
            elif word == ".Sy" and rows and rows[-1].status is None:
                status, _, code = rest.rstrip(" .").partition(" ")
                rows[-1].status, rows[-1].code = int(status), code
            elif word == ".Dq" and rows and rows[-1].text is None:
                rows[-1].text = rest.replace("\\(dq", '"')
    return [r for r in rows if r.item and r.status is not None]


def pattern(text):
    out, at = "", 0
    for m in re.finditer(WILD, text):
        out, at = out + re.escape(text[at:m.start()]) + ".*", m.end()
    return out + re.escape(text[at:])


# ---- the servers ----

class Servers:
    """Started when a question needs them."""

    def __init__(self, build, place):
        self.build, self.place, self.running = build, place, {}
        self.faults = fault.Faults(build)

    def get(self, kind):
        if kind not in self.running:
            self.running[kind] = hostile.Server(self.build, os.path.join(self.place, kind), self.options(kind),
                                                self.faults.env())
        return self.running[kind]

    def options(self, kind):
        if kind == "usual":
            return ["-distributor.ingestion-body-limit-mb=%d" % BODY_MB]
        if kind == "full":
            return ["-ingester.max-head-memory=1B"]
        file = os.path.join(self.place, "overrides.yaml")
        with open(file, "w") as f:
            f.write(OVERRIDES)
        return ["-auth.multitenancy-enabled", "-runtime-config.file=" + file, "-server.http-read-timeout=2s"]

    def stop(self):
        codes = [s.stop() for s in self.running.values()]
        self.faults.close()
        return codes


class Answer:
    def __init__(self, status, code="", text=""):
        self.status, self.code, self.text = status, code, text

    def __str__(self):
        return "%d %s %.300r" % (self.status, self.code, self.text)


def parse(status, body):
    text = body.decode(errors="replace")
    try:
        got = json.loads(text) if text[:1] == "{" else {}
    except ValueError:
        got = {}
    if "code" in got:
        return Answer(status, got["code"], got.get("message", ""))
    return Answer(status, "", text.rstrip("\n"))


def request(s, method, path, body=None, **headers):
    return parse(*s.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()}))


def raw(s, *pieces, half_close=True):
    """The first answer on a connection of its own."""
    with socket.create_connection(("127.0.0.1", s.port), timeout=hostile.WAIT) as c:
        try:
            for p in pieces:
                c.sendall(p)
            if half_close:
                c.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        r = http.client.HTTPResponse(c)
        r.begin()
        return parse(r.status, r.read())


def push(s, profile, labels=USUAL, tenant=None, kind="application/proto", **more):
    headers = {"Content_Type": kind, **more}
    if tenant is not None:
        headers["X_Scope_OrgID"] = tenant
    return request(s, "POST", hostile.PUSH, push_request(profile, labels), **headers)


def ingest(s, body, query="name=answers.cpu", **headers):
    return request(s, "POST", "/ingest?" + query, body, **headers)


def form(*parts, end=True):
    out = b"".join(b"--x\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"f\"\r\n\r\n%s\r\n" % p for p in parts)
    return out + (b"--x--\r\n" if end else b"")


FORM = "multipart/form-data; boundary=x"


# ---- the questions: item of the page -> function of (servers, path of the section) ----

def anyone(servers, path, **headers):
    """A good request with such headers."""
    s = servers.get("tenants")
    if path == "/ingest":
        return ingest(s, b"a;b 1\n", **headers)
    return request(s, "POST", path, push_request(pprof()), Content_Type="application/proto", **headers)


BOTH = {
    "no tenant, with multi-tenancy": lambda s, p: anyone(s, p),
    "several tenants": lambda s, p: anyone(s, p, X_Scope_OrgID="a|b"),
    "tenant with other characters": lambda s, p: anyone(s, p, X_Scope_OrgID="a/b"),
    "tenant above 150 bytes": lambda s, p: anyone(s, p, X_Scope_OrgID="a" * 151),
    "another method than POST": lambda s, p: request(s.get("usual"), "GET", p),
    "body above the limit": lambda s, p: request(s.get("usual"), "POST", p + "?name=x", bytes((BODY_MB << 20) + 1),
                                                 Content_Type="application/proto"),
}


PUSH = {
    "another Content-Type than those of Connect, gRPC and gRPC-web": lambda s: push(s, pprof(), kind="text/plain"),
    "Content-Encoding other than gzip": lambda s: push(s, pprof(), Content_Encoding="br"),
    "broken gzip around the message": lambda s: request(s, "POST", hostile.PUSH, gzip.compress(push_request(pprof()))[:-5],
                                                        Content_Type="application/proto", Content_Encoding="gzip"),
    "message that unpacks to more than the limit": lambda s: request(
        s, "POST", hostile.PUSH, gzip.compress(bytes(BODY_MB << 21)), Content_Type="application/proto",
        Content_Encoding="gzip"),
    "message that cannot be decoded": lambda s: request(s, "POST", hostile.PUSH, b"\x0a\x7f", Content_Type="application/proto"),
    "no series, or none with samples": lambda s: request(s, "POST", hostile.PUSH, b"", Content_Type="application/proto"),
    "broken gzip, or fewer than 10 bytes": lambda s: push(s, gzip.compress(pprof())[:9]),
    "gzip that ends too early": lambda s: push(s, gzip.compress(pprof())[:-9]),
    "profile that is no pprof": lambda s: push(s, b"\xff" * 50),
    "profile that unpacks to more than the limit": lambda s: push(s, gzip.compress(bytes(5 << 20))),
    "profiles of one request that unpack to more than the limit; nothing of it is stored": lambda s: request(
        s, "POST", hostile.PUSH, push_request(gzip.compress(pprof() + msg(2000, bytes(1 << 20)))) * 3,
        Content_Type="application/proto"),
}

TIME = "name=answers.cpu&from=%s&until=%s&sampleRate=%s"
JFR = "name=a&format=jfr"
INGEST = {
    "name that is empty": lambda s: ingest(s, b"a 1\n", "name="),
    "name with characters that names may not have": lambda s: ingest(s, b"a 1\n", "name=a%7Bb!%3D1%7D"),
    "label profile_id in the name, or an empty body (but of trie and tree)": lambda s: (
        ingest(s, b"a 1\n", "name=a.cpu%7Bprofile_id%3D1%7D"), ingest(s, b"")),
    "speedscope whose $schema is another": lambda s: ingest(s, b'{"$schema":"x"}', "name=a.cpu&format=speedscope"),
    "format of the list in formats(7) that cannot be read": lambda s: ingest(
        s, b'{"nodes":[7]}', "name=a.cpu&format=cpuprofile"),
    "recording (format jfr) that cannot be read": lambda s: (
        ingest(s, b"FLR\0abc", JFR), ingest(s, b"FLR\0" + bytes(100), JFR),
        ingest(s, form((b"jfr", jfr_file.recording([])[:-9])), JFR, Content_Type=FORM)),
    "form (format jfr) without a file jfr": lambda s: (
        ingest(s, form((b"other", b"x")), JFR, Content_Type=FORM), ingest(s, form((b"jfr", b"")), JFR, Content_Type=FORM)),
    "form (format jfr) with labels that cannot be read": lambda s: ingest(
        s, form((b"jfr", jfr_file.recording([])), (b"labels", b"\x0a\x7f")), JFR, Content_Type=FORM),
    "recording that unpacks to more than the limit": lambda s: ingest(
        s, form((b"jfr", gzip.compress(bytes(5 << 20)))), JFR, Content_Type=FORM),
    "unknown format": lambda s: ingest(s, b"a 1\n", "name=a.cpu&format=unheard"),
    "from, until or sampleRate that cannot be read": lambda s: ingest(s, b"a 1\n", TIME % ("x", "y", "z")),
    "folded line whose count is no whole number": lambda s: ingest(s, b"a;b x1\n"),
    "trie or tree that ends too early": lambda s: (ingest(s, b"\0\2\2a", "name=a.cpu&format=trie"),
                                                   ingest(s, b"\0\0\1", "name=a.cpu&format=tree")),
    "text that unpacks to more than 64 MiB": lambda s: ingest(s, gzip.compress(bytes(65 << 20), 1), Content_Encoding="gzip"),
    "text with a broken Content-Encoding": lambda s: (
        ingest(s, gzip.compress(b"a 1\n")[:-9], Content_Encoding="gzip"),
        ingest(s, hostile.zstd(b"a 1\n")[:-2], Content_Encoding="zstd")),
    "name that ends in an unknown profile type": lambda s: ingest(s, b"a 1\n", "name=a.unheard"),
    "text with names that are not UTF-8": lambda s: ingest(s, b"a;\xff 1\n"),
    "pprof that cannot be decoded": lambda s: ingest(s, b"\xff" * 50, "name=a.cpu&format=pprof"),
    "pprof that unpacks to more than the limit": lambda s: ingest(s, gzip.compress(bytes(5 << 20)), "name=a.cpu&format=pprof"),
    "form without a boundary": lambda s: ingest(s, b"x", Content_Type="multipart/form-data"),
    "form without its end": lambda s: ingest(s, form((b"profile", pprof()), end=False)[:-5], Content_Type=FORM),
    "form with broken headers": lambda s: ingest(s, b"--x\r\nbroken\r\n\r\n--x--\r\n", Content_Type=FORM),
    "form of more than 1000 parts, or with a part head above 8192 bytes": lambda s: (
        ingest(s, form(*[(b"a", b"")] * 1001), Content_Type=FORM), ingest(s, form((b"a" * 8193, b"")), Content_Type=FORM)),
    "form with a file prev_profile": lambda s: ingest(s, form((b"prev_profile", b"x")), Content_Type=FORM),
    "form without a file profile": lambda s: ingest(s, form((b"other", b"x")), Content_Type=FORM),
}


# ---- OpenTelemetry ----

EXPORT = "/v1development/profiles"


def export(s, body, kind="application/x-protobuf", **more):
    return request(s, "POST", EXPORT, body, Content_Type=kind, **more)


def export_request(strings=(b"", b"samples", b"count", b"cpu", b"nanoseconds", b"main"), types=msg(1, num(1, 1), num(2, 2)),
                   period=(msg(5, num(1, 3), num(2, 4)), num(6, 10)), stack=1, body=None, dictionary=True, values=(5,)):
    """One profile of one sample. body: fields of the profile instead of all of that."""
    one = msg(2, num(1, stack), msg(4, b"".join(map(varint, values))))
    fields = [types, one, b"\x19" + time.time_ns().to_bytes(8, "little"), *period] if body is None else [body]
    resource = msg(1, msg(1, msg(1, b"service.name"), msg(2, msg(1, b"answers"))))
    out = msg(1, resource, msg(2, msg(2, *fields)))
    if dictionary:
        out += msg(2, msg(1), msg(2), msg(2, msg(3, num(1, 1))), msg(3), msg(3, num(1, 5)), *(msg(5, t) for t in strings), msg(6),
                   msg(7), msg(7, msg(1, varint(1))))
    return out


OTLP = {
    "no tenant, with multi-tenancy, at OTLP": lambda v: export(v.get("tenants"), export_request()),
    "another method than POST, at OTLP": lambda v: request(v.get("usual"), "GET", EXPORT),
    "another Content-Type than application/json, application/x-protobuf, application/protobuf, and gRPC over HTTP/2":
        lambda v: (export(v.get("usual"), export_request(), "text/plain"),
                   export(v.get("usual"), export_request(), "application/grpc")),
    "request above the limit": lambda v: export(v.get("usual"), bytes((BODY_MB << 20) + 1)),
    "request that unpacks to more than the limit": lambda v: export(v.get("usual"), gzip.compress(bytes(BODY_MB << 21)),
                                                                    Content_Encoding="gzip"),
    "request that is no gzip though its Content-Encoding says so": lambda v: export(v.get("usual"), export_request(),
                                                                                    Content_Encoding="gzip"),
    "request whose gzip ends too early": lambda v: export(v.get("usual"), gzip.compress(export_request())[:-9],
                                                          Content_Encoding="gzip"),
    "JSON that cannot be parsed, or with a member that no schema has": lambda v: (
        export(v.get("usual"), b"{", "application/json"), export(v.get("usual"), b'{"unheard":1}', "application/json"),
        export(v.get("usual"), b"", "application/json; charset=utf-8")),
    "protobuf that cannot be parsed": lambda v: export(v.get("usual"), export_request()[:-1]),
    "no dictionary, nor tables where older schemas have them": lambda v: (
        export(v.get("usual"), b""), export(v.get("usual"), export_request(dictionary=False))),
    "no resources": lambda v: export(v.get("usual"), msg(2, msg(5))),
    "profile without a sample type, with an index outside of its table, or with samples that do not fit its type": lambda v: (
        export(v.get("usual"), export_request(types=b"")), export(v.get("usual"), export_request(stack=9)),
        export(v.get("usual"), export_request(values=(5, 5)))),
    "profiles of a schema that is not known": lambda v: export(v.get("usual"), export_request(body=msg(15, b"samples"))),
    "profile that breaks a rule of the next section": lambda v: (
        export(v.get("usual"), export_request(period=())), export(v.get("usual"), export_request((b"", b"a-b", b"c", b"d", b"e", b"f")))),
    "profiles beyond the rate, at OTLP": lambda v: [export(v.get("tenants"), export_request(), X_Scope_OrgID="slow")
                                                    for _ in range(20)][-1],
    "no resources with profiles, or profiles without samples": lambda v: (
        export(v.get("usual"), msg(1, msg(1)) + msg(2, msg(5))), export(v.get("usual"), export_request(body=msg(1, num(1, 1))))),
}


def with_labels(*labels, tenant="small"):
    return lambda servers: push(servers.get("tenants"), pprof(), (*USUAL, *labels), tenant)


def profile(raw_profile, tenant="small"):
    """Asked twice: by Push, and as a pprof of /ingest, whose answer wraps that of Push."""
    def ask(servers):
        s = servers.get("tenants")
        got = push(s, raw_profile, tenant=tenant)
        wrapped = ingest(s, raw_profile, "name=answers.cpu&format=pprof", X_Scope_OrgID=tenant)
        want = "pushing IngestInput-pprof failed push series with index 0 and id  failed: %s: " % got.code
        if got.status != 200 and (wrapped.status != 422 or wrapped.code != "unknown" or not wrapped.text.startswith(want)):
            return wrapped
        return got
    return ask


def broken_journal(servers):
    """The answers to the push that finds out, and to those after it; then it recovers."""
    s = servers.get("usual")
    servers.faults.arm("write", errno.ENOSPC, program="pyro-ingest", path=".journal")
    got = [push(s, pprof()) for _ in range(2)]
    plain = ingest(s, pprof(), "name=answers.cpu&format=pprof")
    servers.faults.disarm()
    if plain.status != 503:
        return [plain, plain]
    for _ in range(hostile.WAIT * 20):
        if push(s, pprof()).status == 200:
            return got
        time.sleep(0.05)
    raise SystemExit("Bail out! the server does not recover")


def full_memory(servers):
    """Blocks cannot be written, so that rows stay in memory."""
    s = servers.get("full")
    servers.faults.arm("mkdir", errno.ENOSPC, program="pyro-ingest", path=".tmp-")
    for _ in range(1000):
        got = push(s, pprof())
        if got.status != 200:
            break
    plain = ingest(s, pprof(), "name=answers.cpu&format=pprof")
    servers.faults.disarm()
    return got if plain.status == 429 else plain


def flush_fails(servers):
    """The answer while blocks cannot be written; then they can."""
    s = servers.get("usual")
    pushed = push(s, pprof())
    servers.faults.arm("mkdir", errno.ENOSPC, program="pyro-ingest", path=".tmp-")
    got = request(s, "POST", FLUSH, b"{}", Content_Type="application/json")
    servers.faults.disarm()
    after = request(s, "POST", FLUSH, b"{}", Content_Type="application/json")
    return got if (pushed.status, after.status) == (200, 200) else after


def with_function(*fields):
    return pprof(extra=msg(5, *fields))


def both(*asks):
    return lambda servers: tuple(a(servers) for a in asks)


OLD = pprof(when=10 ** 18)
PROFILE = {
    "more bytes than the rate": lambda v: [push(v.get("tenants"), pprof(), tenant="slow") for _ in range(20)][-1],
    "no sample types": profile(b"".join(msg(6, t) for t in (b"", b"cpu", b"nanoseconds"))),
    "too old, or in the future": both(profile(OLD), profile(pprof(when=time.time_ns() + 10 ** 13))),
    "no time": profile(pprof(when=0)),
    "large profile": lambda v: ingest(v.get("tenants"), b";".join(b"frame%d" % i for i in range(900)) + b" 1\n",
                                        X_Scope_OrgID="small"),
    "too many samples": profile(pprof(samples=sample() * 4)),
    "too many labels of a sample": profile(pprof(samples=sample((6, 1), (6, 1), (6, 1)))),
    "deep stack; it loses its leaves": profile(pprof(samples=msg(2, msg(1, varint(1) * 2000), msg(2, varint(7))))),
    "long string; it loses its beginning": profile(pprof(strings=(b"x" * 70000,)), "big"),
    "location with id 0": profile(pprof(extra=msg(4, num(1, 0)))),
    "function with id 0": profile(pprof(extra=msg(5, num(1, 0)))),
    "location, function or mapping that there is not; the same id twice; the same function many times in a location": both(
        *(profile(p, "big") for p in hostile.tangled())),
    "sample with more or fewer values than there are types": profile(pprof(samples=msg(2, msg(1, varint(1)), msg(2, varint(1) * 2)))),
    "string 0 that is not empty": profile(msg(6, b"x") + pprof()),
    "position outside of the string table": profile(with_function(num(1, 7), num(2, 10 ** 6))),
    "sample type with a dash": profile(pprof(strings=(b"a-b",), extra=msg(1, num(1, 7), num(2, 2)),
                                             samples=msg(2, msg(1, varint(1)), msg(2, varint(7) * 2)))),
    "string that is not UTF-8": profile(pprof(strings=(b"\xff\xfe",))),
    "too many labels": with_labels(*((b"l%d" % i, b"v") for i in range(4))),
    "no __name__, or one that is not UTF-8": both(
        lambda v: push(v.get("tenants"), pprof(), (), "small"),
        lambda v: push(v.get("tenants"), pprof(), USUAL[1:], "small"),
        lambda v: push(v.get("tenants"), pprof(), ((b"__name__", b"\xff"), USUAL[1]), "small")),
    "no service_name; it becomes unknown_service": lambda v: push(v.get("tenants"), pprof(), USUAL[:1], "small"),
    "long label name": with_labels((b"a" * 21, b"v")),
    "long label value": with_labels((b"a", b"v" * 21)),
    "label name with other characters": with_labels((b"a b", b"v")),
    "label value that is not UTF-8": with_labels((b"a", b"\xff")),
    "label name given twice": with_labels((b"a", b"1"), (b"a", b"2")),
    "label name given twice, once dots are underscores": with_labels((b"a.b", b"1"), (b"a_b", b"2")),
    "journal that was just found not to be writable: full or broken disk, or the file was removed":
        lambda v: broken_journal(v)[0],
    "journal that is not writable; blocks are cut, and a new one is tried at growing distances, at most 8 s":
        lambda v: broken_journal(v)[1],
    "no memory for recent rows": full_memory,
    "new series above the limit": both(lambda v: [push(v.get("tenants"), pprof(), (*USUAL, (b"n", b"%d" % i)), "one")
                                                  for i in range(5)][-1]),
}


def lines(*more, method="GET", path="/ready"):
    return head(method, path, *more)


def chunked(*chunks):
    return lines("Transfer-Encoding: chunked", method="POST", path="/ingest?name=a.cpu"), b"".join(chunks)


HTTP = {
    "line that does not end in CR LF; bad method, target, field name or value; no or several Host; Content-Length that is "
    "no number, differs or comes with Transfer-Encoding; bad chunk": lambda s: tuple(raw(s, *x) for x in (
        (b"GET /ready HTTP/1.1\nHost: x\n\n",), (b"G(T /ready HTTP/1.1\r\nHost: x\r\n\r\n",),
        (b"GET /a\x01b HTTP/1.1\r\nHost: x\r\n\r\n",), (lines("A B: 1"),), (lines("A: \x01"),),
        (b"GET /ready HTTP/1.1\r\n\r\n",), (lines("Host: y"),), (lines("Content-Length: x"),),
        (lines("Content-Length: 1", "Content-Length: 2"),), (lines("Content-Length: 1", "Transfer-Encoding: chunked"),),
        chunked(b"z\r\n"), chunked(b"3\r\nabcd\r\n"), chunked(b"ffffffffffffffffff\r\n"))),
    "path that there is not": lambda s: request(s, "GET", "/nowhere"),
    "method that the path does not have": lambda s: request(s, "DELETE", "/ready"),
    "body above the limit of another path": lambda s: raw(s, lines(
        "Content-Length: 99999999999", method="GET", path="/metrics"), b"x"),
    "target above 24576 bytes": lambda s: raw(s, lines(path="/" + "a" * 24576)),
    "Expect other than 100-continue": lambda s: raw(s, lines("Expect: magic", "Content-Length: 0", method="POST")),
    "head above 32768 bytes or 128 fields": lambda s: (raw(s, lines("A: " + "b" * 40000)),
                                                       raw(s, lines(*("A%d: b" % i for i in range(129))))),
    "transfer coding other than chunked": lambda s: raw(s, lines("Transfer-Encoding: gzip", method="POST")),
    "version other than HTTP/1.0, 1.1 and 2": lambda s: raw(s, b"GET /ready HTTP/3.7\r\nHost: x\r\n\r\n"),
}
SLOW = {
    "head that does not arrive in time": lambda v: raw(v.get("tenants"), b"GET /ready HT", half_close=False),
}


def questions():
    """(section, item) -> function of the servers."""
    out = {}
    for path in (hostile.PUSH, "/ingest"):
        for item, ask in BOTH.items():
            out[path, item] = lambda v, ask=ask, path=path: ask(v, path)
    for section, table in ((hostile.PUSH, PUSH), ("/ingest", INGEST), ("HTTP", HTTP)):
        for item, ask in table.items():
            out[section, item] = lambda v, ask=ask: ask(v.get("usual"))
    for section, table in (("OTLP", OTLP), ("Profiles and labels", PROFILE), ("HTTP", SLOW)):
        for item, ask in table.items():
            out[section, item] = ask
    out[FLUSH, "no tenant, with multi-tenancy"] = lambda v: request(v.get("tenants"), "POST", FLUSH, b"{}",
                                                                    Content_Type="application/json")
    out[FLUSH, "blocks that cannot be written"] = flush_fails
    return out


# ---- judging ----

def judge(row, answers):
    for a in answers:
        if a.status != row.status:
            yield "status %d is promised: %s" % (row.status, a)
        if row.code and a.code != row.code:
            yield "code %s is promised: %s" % (row.code, a)
        if row.text is not None and not re.fullmatch(pattern(row.text), a.text, re.S):
            yield "text %r is promised: %s" % (row.text, a)


def elsewhere(item):
    with open(os.path.join(os.path.dirname(__file__), "..", "unit", "test_httpd_limits.c")) as f:
        return [] if ELSEWHERE[item] in f.read() else ["test_httpd_limits.c does not prove it"]


def ask(row, todo, servers):
    if row.item in ELSEWHERE:
        return elsewhere(row.item)
    question = todo.pop((row.section, row.item), None)
    if question is None:
        return ["no question asks for this row"]
    got = question(servers)
    return list(judge(row, got if isinstance(got, tuple) else (got,)))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", default=os.environ.get("BIN", os.path.join(here, "..", "..", "build")))
    ap.add_argument("--page", default=os.path.join(here, "..", "..", "doc", "pyro-answers.7"))
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    rows, todo = [r for r in read_page(a.page) if a.only in r.section + r.item], questions()
    place = tempfile.mkdtemp(prefix="pyro-answers-")
    servers, bad = Servers(os.path.abspath(a.build), place), 0
    for i, row in enumerate(rows):
        wrong = ask(row, todo, servers)
        bad += bool(wrong)
        print("%sok %d - %s: %s" % ("not " if wrong else "", i + 1, row.section, row.item.replace("#", "")))
        for line in wrong[:10]:
            print("# " + line)
        sys.stdout.flush()
    codes = servers.stop()
    left = [] if a.only else ["no row for: %s: %s" % k for k in todo] + ["a server ended with %s" % c for c in codes if c]
    print("%sok %d - every question has its row" % ("not " if left else "", len(rows) + 1))
    for line in left:
        print("# " + line)
    print("1..%d" % (len(rows) + 1))
    shutil.rmtree(place)
    return 1 if bad or left else 0


if __name__ == "__main__":
    sys.exit(main())
