"""pair_wire.py - protobuf and pprof by hand: what the differential runner writes and reads.

A message is encoded by a table of its fields (SCHEMA), a profile is a plain dictionary of lists (profile_bytes), so that
a case can break any single number of it before it is encoded.
"""

import struct


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n) if n else b""


def data(field, b):
    return varint(field << 3 | 2) + varint(len(b)) + b


def packed(field, numbers):
    return data(field, b"".join(varint(n) for n in numbers)) if numbers else b""


def read_varint(b, i):
    v = shift = 0
    while True:
        c = b[i]
        i += 1
        v |= (c & 127) << shift
        shift += 7
        if c < 128:
            return v & 0xFFFFFFFFFFFFFFFF, i


def fields(b):
    """[(field, wire type, value)] of a message; ValueError when it is cut."""
    out, i = [], 0
    while i < len(b):
        key, i = read_varint(b, i)
        wire = key & 7
        if wire == 0:
            v, i = read_varint(b, i)
        elif wire == 1:
            v, i = b[i : i + 8], i + 8
        elif wire == 2:
            n, i = read_varint(b, i)
            if i + n > len(b):
                raise ValueError("cut in field %d" % (key >> 3))
            v, i = b[i : i + n], i + n
        elif wire == 5:
            v, i = b[i : i + 4], i + 4
        else:
            raise ValueError("wire type %d" % wire)
        out.append((key >> 3, wire, v))
    return out


# name: {JSON name: (number, kind, repeated)}; kind is a scalar or the name of a message here
SCHEMA = {
    "Selector": {"callSite": (1, "Location", True), "goPgo": (2, "GoPGO", False)},
    "Location": {"name": (1, "string", False)},
    "GoPGO": {"keepLocations": (1, "int", False), "aggregateCallees": (2, "int", False)},
    "ProfileTypes": {"start": (1, "int", False), "end": (2, "int", False)},
    "LabelValues": {
        "name": (1, "string", False),
        "matchers": (2, "string", True),
        "start": (3, "int", False),
        "end": (4, "int", False),
    },
    "LabelNames": {"matchers": (1, "string", True), "start": (2, "int", False), "end": (3, "int", False)},
    "Series": {
        "matchers": (1, "string", True),
        "labelNames": (2, "string", True),
        "start": (3, "int", False),
        "end": (4, "int", False),
    },
    "SelectMergeStacktraces": {
        "profileTypeID": (1, "string", False),
        "labelSelector": (2, "string", False),
        "start": (3, "int", False),
        "end": (4, "int", False),
        "maxNodes": (5, "int", False),
        "format": (6, "int", False),
        "stackTraceSelector": (7, "Selector", False),
    },
    "SelectMergeSpanProfile": {
        "profileTypeID": (1, "string", False),
        "labelSelector": (2, "string", False),
        "spanSelector": (3, "string", True),
        "start": (4, "int", False),
        "end": (5, "int", False),
        "maxNodes": (6, "int", False),
        "format": (7, "int", False),
    },
    "Diff": {"left": (1, "SelectMergeStacktraces", False), "right": (2, "SelectMergeStacktraces", False)},
    "SelectMergeProfile": {
        "profileTypeID": (1, "string", False),
        "labelSelector": (2, "string", False),
        "start": (3, "int", False),
        "end": (4, "int", False),
        "maxNodes": (5, "int", False),
        "stackTraceSelector": (6, "Selector", False),
    },
    "SelectSeries": {
        "profileTypeID": (1, "string", False),
        "labelSelector": (2, "string", False),
        "start": (3, "int", False),
        "end": (4, "int", False),
        "groupBy": (5, "string", True),
        "step": (6, "double", False),
        "aggregation": (7, "int", False),
        "stackTraceSelector": (8, "Selector", False),
        "limit": (9, "int", False),
    },
    "GetProfileStats": {},
}


def encode(name, value):
    """A dictionary with JSON names as the message `name`; enums must be numbers."""
    out = b""
    for key, v in value.items():
        num, kind, repeated = SCHEMA[name][key]
        for one in v if repeated else [v]:
            if kind == "string":
                out += data(num, one.encode())
            elif kind == "int":
                out += varint(num << 3) + varint(int(one))
            elif kind == "double":
                out += varint(num << 3 | 1) + struct.pack("<d", one)
            else:
                out += data(num, encode(kind, one))
    return out


def push_request(series):
    """push.v1.PushRequest of [(labels, [profile bytes])]; labels: [(name, value)], texts or bytes."""

    def raw(x):
        return x if isinstance(x, bytes) else x.encode()

    out = b""
    for labels, profiles in series:
        one = b"".join(data(1, data(1, raw(n)) + data(2, raw(v))) for n, v in labels)
        one += b"".join(data(2, data(1, p)) for p in profiles)
        out += data(1, one)
    return out


class Tables:
    """A profile under construction: add stacks by name, then change .p at will, then profile_bytes(.p)."""

    def __init__(
        self,
        types=(("cpu", "nanoseconds"),),
        period=("cpu", "nanoseconds", 10000000),
        time=0,
        duration=10,
        mapping="/bin/app",
        has_functions=1,
    ):
        self.seen = {b"": 0}
        self.locations = {}
        self.functions = {}
        self.p = {
            "type": [],
            "sample": [],
            "mapping": [],
            "location": [],
            "function": [],
            "string": [b""],
            "time": time,
            "duration": int(duration * 1e9),
            "comment": [],
            "drop": 0,
            "keep": 0,
            "default": 0,
            "period": 0,
            "period_type": None,
        }
        self.p["type"] = [(self.string(t), self.string(u)) for t, u in types]
        if period:
            self.p["period_type"] = (self.string(period[0]), self.string(period[1]))
            self.p["period"] = period[2]
        if mapping is not None:
            self.p["mapping"].append(
                {
                    "id": 1,
                    "start": 0x400000,
                    "limit": 0x800000,
                    "offset": 0,
                    "file": self.string(mapping),
                    "build": self.string("b1"),
                    "flags": (has_functions, 0, 0, 0),
                }
            )

    def string(self, s):
        s = s if isinstance(s, bytes) else s.encode()
        if s not in self.seen:
            self.seen[s] = len(self.p["string"])
            self.p["string"].append(s)
        return self.seen[s]

    def function(self, name, file="app.go"):
        key = (name, file)
        if key not in self.functions:
            self.functions[key] = len(self.p["function"]) + 1
            self.p["function"].append(
                {
                    "id": self.functions[key],
                    "name": self.string(name),
                    "system": self.string(name),
                    "file": self.string(file),
                    "line": 1,
                }
            )
        return self.functions[key]

    def location(self, frame, file="app.go"):
        """frame: a name, "name:LINE", or "inner<outer" for lines of one location; "0xADDR" has no line."""
        key = (frame, file)
        if key not in self.locations:
            self.locations[key] = len(self.p["location"]) + 1
            lines = []
            if not frame.startswith("0x"):
                for part in frame.split("<"):
                    name, _, line = part.partition("@")
                    lines.append((self.function(name, file), int(line or 10)))
            address = int(frame, 16) if frame.startswith("0x") else 0x400000 + 16 * self.locations[key]
            self.p["location"].append(
                {
                    "id": self.locations[key],
                    "mapping": 1 if self.p["mapping"] else 0,
                    "address": address,
                    "line": lines,
                    "folded": 0,
                }
            )
        return self.locations[key]

    def stack(self, text, values, labels=(), file="app.go"):
        """text: frames root first, split by ";"; labels: [(key, text or number)]."""
        names = text.split(";") if text else []
        entry = {"location": [self.location(n, file) for n in reversed(names)], "value": list(values), "label": []}
        for k, v in labels:
            if isinstance(v, int):
                entry["label"].append((self.string(k), 0, v, 0))
            else:
                entry["label"].append((self.string(k), self.string(v), 0, 0))
        self.p["sample"].append(entry)
        return self

    def bytes(self):
        return profile_bytes(self.p)


def profile_bytes(p):
    out = b"".join(data(1, number(1, t) + number(2, u)) for t, u in p["type"])
    for s in p["sample"]:
        body = packed(1, s["location"]) + packed(2, s["value"])
        for k, v, n, u in s["label"]:
            body += data(3, number(1, k) + number(2, v) + number(3, n) + number(4, u))
        out += data(2, body)
    for m in p["mapping"]:
        body = number(1, m["id"]) + number(2, m["start"]) + number(3, m["limit"]) + number(4, m["offset"])
        body += number(5, m["file"]) + number(6, m["build"])
        out += data(3, body + b"".join(number(7 + i, f) for i, f in enumerate(m["flags"])))
    for x in p["location"]:
        body = number(1, x["id"]) + number(2, x["mapping"]) + number(3, x["address"])
        body += b"".join(data(4, number(1, f) + number(2, n)) for f, n in x["line"]) + number(5, x["folded"])
        out += data(4, body)
    for f in p["function"]:
        out += data(
            5,
            number(1, f["id"])
            + number(2, f["name"])
            + number(3, f["system"])
            + number(4, f["file"])
            + number(5, f["line"]),
        )
    out += b"".join(data(6, s) for s in p["string"])
    out += number(7, p["drop"]) + number(8, p["keep"]) + number(9, p["time"]) + number(10, p["duration"])
    if p["period_type"]:
        out += data(11, number(1, p["period_type"][0]) + number(2, p["period_type"][1]))
    return out + number(12, p["period"]) + packed(13, p["comment"]) + number(14, p["default"])


def signed(v):
    return v - (1 << 64) if v >= 1 << 63 else v


def ints(message, field):
    out = []
    for num, wire, v in message:
        if num == field and wire == 0:
            out.append(signed(v))
        elif num == field:
            i = 0
            while i < len(v):
                x, i = read_varint(v, i)
                out.append(signed(x))
    return out


def profile_json(b):
    """google.v1.Profile in the shape of its JSON form."""
    top = fields(b)

    def one(m, n):
        x = ints(m, n)
        return x[-1] if x else 0

    def subs(m, n):
        return [fields(v) for num, _, v in m if num == n]

    def kind(m):
        return {"type": one(m, 1), "unit": one(m, 2)}

    period = subs(top, 11)
    return {
        "stringTable": [v.decode("utf-8", "replace") for n, _, v in top if n == 6],
        "sampleType": [kind(m) for m in subs(top, 1)],
        "periodType": kind(period[-1]) if period else None,
        "period": one(top, 12),
        "timeNanos": one(top, 9),
        "durationNanos": one(top, 10),
        "comment": ints(top, 13),
        "defaultSampleType": one(top, 14),
        "dropFrames": one(top, 7),
        "keepFrames": one(top, 8),
        "sample": [
            {
                "locationId": ints(m, 1),
                "value": ints(m, 2),
                "label": [{"key": one(x, 1), "str": one(x, 2), "num": one(x, 3)} for x in subs(m, 3)],
            }
            for m in subs(top, 2)
        ],
        "mapping": [
            {
                "id": one(m, 1),
                "memoryStart": one(m, 2),
                "memoryLimit": one(m, 3),
                "fileOffset": one(m, 4),
                "filename": one(m, 5),
                "buildId": one(m, 6),
                "hasFunctions": bool(one(m, 7)),
                "hasFilenames": bool(one(m, 8)),
                "hasLineNumbers": bool(one(m, 9)),
                "hasInlineFrames": bool(one(m, 10)),
            }
            for m in subs(top, 3)
        ],
        "location": [
            {
                "id": one(m, 1),
                "mappingId": one(m, 2),
                "address": one(m, 3),
                "isFolded": bool(one(m, 5)),
                "line": [{"functionId": one(x, 1), "line": one(x, 2)} for x in subs(m, 4)],
            }
            for m in subs(top, 4)
        ],
        "function": [
            {
                "id": one(m, 1),
                "name": one(m, 2),
                "systemName": one(m, 3),
                "filename": one(m, 4),
                "startLine": one(m, 5),
            }
            for m in subs(top, 5)
        ],
    }


def canonical_profile(p):
    """A profile without its numbering: {stack and labels as text: values}; every member that a client can see."""
    table = p.get("stringTable") or [""]

    def text(i):
        return table[int(i or 0)]

    def kind(x):
        return None if x is None else [text(x.get("type")), text(x.get("unit"))]

    mapping = {
        int(m.get("id", 0)): [
            text(m.get("filename")),
            text(m.get("buildId")),
            int(m.get("memoryStart", 0)),
            int(m.get("memoryLimit", 0)),
            int(m.get("fileOffset", 0)),
        ]
        + [bool(m.get(k)) for k in ("hasFunctions", "hasFilenames", "hasLineNumbers", "hasInlineFrames")]
        for m in p.get("mapping", [])
    }
    functions = {
        int(f.get("id", 0)): [
            text(f.get("name")),
            text(f.get("systemName")),
            text(f.get("filename")),
            int(f.get("startLine", 0)),
        ]
        for f in p.get("function", [])
    }
    locations = {}
    for x in p.get("location", []):
        lines = [
            functions.get(int(n.get("functionId", 0)), ["?"]) + [int(n.get("line", 0))] for n in x.get("line", [])
        ]
        locations[int(x.get("id", 0))] = [
            lines,
            int(x.get("address", 0)),
            bool(x.get("isFolded")),
            mapping.get(int(x.get("mappingId", 0))),
        ]
    samples = {}
    for x in p.get("sample", []):
        stack = [locations.get(int(i), "?") for i in x.get("locationId", [])]
        labels = sorted([text(n.get("key")), text(n.get("str")), int(n.get("num", 0))] for n in x.get("label", []))
        key = repr([stack, labels])
        values = [int(v) for v in x.get("value", [])]
        samples[key] = [a + b for a, b in zip(samples[key], values)] if key in samples else values
    return {
        "types": [kind(x) for x in p.get("sampleType", [])],
        "periodType": kind(p.get("periodType")),
        "period": int(p.get("period", 0)),
        "time": int(p.get("timeNanos", 0)),
        "duration": int(p.get("durationNanos", 0)),
        "default": text(p.get("defaultSampleType")),
        "comment": [text(c) for c in p.get("comment", [])],
        "samples": dict(sorted(samples.items())),
    }


def tree(b):
    """The bytes of PROFILE_FORMAT_TREE as [name, self, children], children sorted."""
    if len(b) < 2:
        return []
    i = 0

    def node():
        nonlocal i
        n, at = read_varint(b, i)
        name = b[at : at + n].decode("utf-8", "replace")
        own, at = read_varint(b, at + n)
        children, i = read_varint(b, at)
        return [name, own, []], children

    root, left = node()
    todo = [[root, left]]
    while todo:
        if todo[-1][1] == 0:
            todo.pop()[0][2].sort(key=lambda x: x[0])
            continue
        todo[-1][1] -= 1
        child, left = node()
        todo[-1][0][2].append(child)
        todo.append([child, left])
    return root
