"""querier_wire - calls of the querier as its clients make them: messages as dictionaries in the JSON of Protocol Buffers
(numbers of 64 bits are texts, what is empty is left out), and five ways over the wire. `Ways(server).ask(way, call, request)`
gives the answer as such a dictionary, whatever the way."""
import base64
import gzip
import json
import struct

import make_profile
import pprof_file
import served

# Member: (field, kind). i number of 64 bits, u of 32, b bool, d double, s text, e enum by its names, y bytes; a message by its
# name; [..] repeated, numbers packed.
LABELS = {"labels": (1, ["LabelPair"])}
MERGE = {"profileTypeID": (1, "s"), "labelSelector": (2, "s"), "start": (3, "i"), "end": (4, "i"), "maxNodes": (5, "i")}
GRAPH = {"names": (1, ["s"]), "levels": (2, ["Level"]), "total": (3, "i"), "maxSelf": (4, "i")}
MESSAGES = {
    "LabelPair": {"name": (1, "s"), "value": (2, "s")},
    "Labels": LABELS,
    "ProfileType": {"ID": (1, "s"), "name": (2, "s"), "sampleType": (4, "s"), "sampleUnit": (5, "s"), "periodType": (6, "s"),
                    "periodUnit": (7, "s")},
    "Level": {"values": (1, ["i"])},
    "FlameGraph": GRAPH,
    "FlameGraphDiff": dict(GRAPH, leftTicks=(5, "i"), rightTicks=(6, "i")),
    "Point": {"value": (1, "d"), "timestamp": (2, "i")},
    "Points": dict(LABELS, points=(2, ["Point"])),
    "ValueType": {"type": (1, "i"), "unit": (2, "i")},
    "Tag": {"key": (1, "i"), "str": (2, "i"), "num": (3, "i"), "numUnit": (4, "i")},
    "Sample": {"locationId": (1, ["i"]), "value": (2, ["i"]), "label": (3, ["Tag"])},
    "Mapping": {"id": (1, "i"), "memoryStart": (2, "i"), "memoryLimit": (3, "i"), "fileOffset": (4, "i"), "filename": (5, "i"),
                "buildId": (6, "i"), "hasFunctions": (7, "b"), "hasFilenames": (8, "b"), "hasLineNumbers": (9, "b"),
                "hasInlineFrames": (10, "b")},
    "Line": {"functionId": (1, "i"), "line": (2, "i")},
    "Location": {"id": (1, "i"), "mappingId": (2, "i"), "address": (3, "i"), "line": (4, ["Line"]), "isFolded": (5, "b")},
    "Function": {"id": (1, "i"), "name": (2, "i"), "systemName": (3, "i"), "filename": (4, "i"), "startLine": (5, "i")},
    "Merge": MERGE,
    "ProfileTypesRequest": {"start": (1, "i"), "end": (2, "i")},
    "ProfileTypesResponse": {"profileTypes": (1, ["ProfileType"])},
    "LabelNamesRequest": {"matchers": (1, ["s"]), "start": (2, "i"), "end": (3, "i")},
    "LabelNamesResponse": {"names": (1, ["s"])},
    "LabelValuesRequest": {"name": (1, "s"), "matchers": (2, ["s"]), "start": (3, "i"), "end": (4, "i")},
    "LabelValuesResponse": {"names": (1, ["s"])},
    "SeriesRequest": {"matchers": (1, ["s"]), "labelNames": (2, ["s"]), "start": (3, "i"), "end": (4, "i")},
    "SeriesResponse": {"labelsSet": (2, ["Labels"])},
    "SelectSeriesRequest": {"profileTypeID": (1, "s"), "labelSelector": (2, "s"), "start": (3, "i"), "end": (4, "i"),
                            "groupBy": (5, ["s"]), "step": (6, "d"), "aggregation": (7, "e:SUM,AVERAGE"), "limit": (9, "i")},
    "SelectSeriesResponse": {"series": (1, ["Points"])},
    "SelectMergeStacktracesRequest": MERGE,
    "SelectMergeStacktracesResponse": {"flamegraph": (1, "FlameGraph")},
    "SelectMergeSpanProfileRequest": {"profileTypeID": (1, "s"), "labelSelector": (2, "s"), "spanSelector": (3, ["s"]),
                                      "start": (4, "i"), "end": (5, "i"), "maxNodes": (6, "i")},
    "SelectMergeSpanProfileResponse": {"flamegraph": (1, "FlameGraph")},
    "SelectMergeProfileRequest": MERGE,
    "SelectMergeProfileResponse": {
        "sampleType": (1, ["ValueType"]), "sample": (2, ["Sample"]), "mapping": (3, ["Mapping"]), "location": (4, ["Location"]),
        "function": (5, ["Function"]), "stringTable": (6, ["s"]), "dropFrames": (7, "i"), "keepFrames": (8, "i"),
        "timeNanos": (9, "i"), "durationNanos": (10, "i"), "periodType": (11, "ValueType"), "period": (12, "i"),
        "comment": (13, ["i"]), "defaultSampleType": (14, "i")},
    "DiffRequest": {"left": (1, "Merge"), "right": (2, "Merge")},
    "DiffResponse": {"flamegraph": (1, "FlameGraphDiff")},
}
WAYS = ("Connect, protobuf", "Connect, JSON", "gRPC", "gRPC-web, protobuf", "gRPC-web, JSON")


def encode(name, message):
    out = b""
    for key, value in message.items():
        field, kind = MESSAGES[name][key]
        values = value if isinstance(kind, list) else [value]
        kind = kind[0] if isinstance(kind, list) else kind
        for v in values:
            if kind in ("i", "u", "b"):
                out += make_profile.number(field, int(v))
            elif kind == "d":
                out += make_profile.varint(field << 3 | 1) + struct.pack("<d", v)
            elif kind == "s":
                out += make_profile.data(field, v.encode())
            elif kind.startswith("e:"):
                out += make_profile.number(field, [v.endswith(n) for n in kind[2:].split(",")].index(True))
            else:
                out += make_profile.data(field, encode(kind, v))
    return out


def one(kind, v):
    """A value that is no message, in JSON; None: it is left out."""
    if kind == "i":
        return str(pprof_file.signed(v))
    if kind == "b":
        return bool(v)
    if kind == "d":
        number = struct.unpack("<d", struct.pack("<Q", v))[0]
        return int(number) if number.is_integer() else number
    if kind == "s":
        return v.decode()
    return base64.b64encode(v).decode() if kind == "y" else v


def decode(name, b):
    out = {}
    members = {field: (key, kind) for key, (field, kind) in MESSAGES[name].items()}
    for field, v in pprof_file.fields(b):
        key, kind = members[field]
        if kind == ["i"]:
            out.setdefault(key, []).extend(str(n) for n in pprof_file.numbers(v))
        elif isinstance(kind, list):
            out.setdefault(key, []).append(decode(kind[0], v) if kind[0] in MESSAGES else one(kind[0], v))
        elif kind in MESSAGES:
            out[key] = decode(kind, v)
        elif v:
            out[key] = one(kind, v)
    return out


def plain(value):
    """As decode gives it: without what is empty."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if v not in ("", "0", 0, 0.0, False, [], None)}
    return [plain(v) for v in value] if isinstance(value, list) else value


class Refused(Exception):
    pass


class Ways:
    """Over each way of the list, with compressed answers where the client asks for them. gRPC needs python3-grpcio."""

    def __init__(self, server):
        self.server = server
        try:
            import grpc
            self.channel = grpc.insecure_channel("127.0.0.1:%d" % server.port, options=[("grpc.max_receive_message_length", -1)])
        except ImportError:
            self.channel = None

    def names(self):
        return [w for w in WAYS if w != "gRPC" or self.channel]

    def post(self, path, body, kind, **headers):
        status, got, answer = self.server.request("POST", path, body, dict(headers, **{
            "Content-Type": kind, "Accept-Encoding": "gzip", "X-Scope-OrgID": "anonymous"}))
        if got.get("content-encoding") == "gzip":
            answer = gzip.decompress(answer)
        if status != 200:
            raise Refused("%d %s" % (status, answer[:300]))
        return answer

    def connect(self, call, body, kind):
        return self.post(served.QUERIER + call, body, kind, **{"Connect-Protocol-Version": "1", "User-Agent": "Grafana/11.0"})

    def web(self, call, body, kind):
        answer = self.post(served.QUERIER + call, b"\0" + struct.pack(">I", len(body)) + body, kind, **{"X-Grpc-Web": "1"})
        message, status = b"", None
        while answer:
            flag, n = answer[0], struct.unpack(">I", answer[1:5])[0]
            part, answer = answer[5:5 + n], answer[5 + n:]
            if flag & 1:
                part = gzip.decompress(part)
            if flag & 0x80:
                status = dict(line.split(":", 1) for line in part.decode().lower().split("\r\n") if line).get("grpc-status", "").strip()
            else:
                message += part
        if status != "0":
            raise Refused("grpc-status %s" % status)
        return message

    def ask(self, way, call, request):
        if way.endswith("JSON"):
            body = json.dumps(request).encode()
            answer = self.connect(call, body, "application/json") if way.startswith("Connect") else \
                self.web(call, body, "application/grpc-web+json")
            return plain(json.loads(answer))
        body = encode(call + "Request", request)
        if way == "gRPC":
            answer = self.channel.unary_unary(served.QUERIER + call)(body, timeout=served.WAIT)
        else:
            answer = self.connect(call, body, "application/proto") if way.startswith("Connect") else \
                self.web(call, body, "application/grpc-web+proto")
        return plain(decode(call + "Response", answer))
