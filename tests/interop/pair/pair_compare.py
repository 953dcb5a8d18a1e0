"""pair_compare.py - what of two answers must be equal, and where they are not.

Compared are status, the headers that clients act on, and the decoded body. Not compared: order where the original has
none, ids and blanks, the nesting of errors, the words of the protobuf and JSON decoders.
"""

import base64
import gzip
import json
import re
import urllib.parse

from pair_wire import canonical_profile, fields, profile_json, tree

HEADERS = (
    "content-type",
    "content-encoding",
    "allow",
    "accept-post",
    "accept-encoding",
    "grpc-status",
    "grpc-message",
    "grpc-encoding",
    "retry-after",
    "location",
)
MASKS = [
    (re.compile(p), r)
    for p, r in [
        (r"\bid [0-9a-f]{8}-[0-9a-f-]{27}\b", "id (uuid)"),
        (r"(unmarshal message: ).*", r"\1(text of the decoder)"),
        (r"the ingestion window starts at .* and ends at .*?UTC", "the ingestion window (times)"),
        (r"the ingestion window (starts|ends) at .*?UTC", "the ingestion window (time)"),
        (r"(?:\b[a-z_]+: )+no org id", "no org id"),
        (r"(actual: \d+h\d+m\d+)[.0-9]*s", r"\1s"),
    ]
]


def denest(v):
    """The innermost of errors that are JSON inside JSON."""
    while isinstance(v, dict) and "code" in v and str(v.get("message", "")).lstrip().startswith("{"):
        try:
            inner = json.loads(v["message"])
        except ValueError:
            break
        if not isinstance(inner, dict) or "message" not in inner:
            break
        v = dict(v, message=inner["message"])
    return v


def mask(text):
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def sort_sets(v):
    if isinstance(v, dict) and "labelsSet" in v:
        sets = [dict(s, labels=sorted(s.get("labels", []), key=str)) for s in v["labelsSet"]]
        return dict(v, labelsSet=sorted(sets, key=str))
    return v


def no_duplicates(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a member twice")
    return out


def json_view(case, body):
    v = denest(json.loads(body.decode("utf-8"), object_pairs_hook=no_duplicates))
    if isinstance(v, dict) and isinstance(v.get("message"), str):
        v["message"] = mask(v["message"])
    if case.get("proc") == "SelectMergeProfile" and isinstance(v, dict) and "code" not in v:
        return canonical_profile(v)
    if isinstance(v, dict) and isinstance(v.get("tree"), str):
        v["tree"] = tree(base64.b64decode(v["tree"]))
    return sort_sets(v)


def proto_view(case, body):
    proc = case.get("proc")
    if proc == "SelectMergeProfile":
        return canonical_profile(profile_json(body))
    if proc == "Series":
        sets = [sorted(str(x) for _, _, x in fields(v)) for n, _, v in fields(body)]
        return sorted(sets)
    if proc in ("SelectMergeStacktraces", "SelectMergeSpanProfile"):
        return [[n, tree(v) if n == 2 else v.hex()] for n, _, v in fields(body)]
    return body.hex()


def frames(case, body):
    out, i = [], 0
    while i + 5 <= len(body):
        n = int.from_bytes(body[i + 1 : i + 5], "big")
        flags, part = body[i], body[i + 5 : i + 5 + n]
        i += 5 + n
        if flags & 1:
            part = gzip.decompress(part)
        if flags & 0x80:
            lines = part.decode("utf-8", "replace").split("\r\n")
            out.append(sorted(x for x in lines if x and not x.lower().startswith("grpc-status-details-bin")))
        else:
            out.append([flags & ~1, proto_view(case, part)])
    return out


def body_view(case, kind, body):
    if not body:
        return "(nothing)"
    if case.get("compare") == "status":
        return "(not compared)"
    if kind.startswith("application/json"):
        return json_view(case, body)
    if kind.startswith("application/proto"):
        return proto_view(case, body)
    if kind.startswith("application/grpc"):
        return frames(case, body)
    return mask(body.decode("utf-8", "replace")).split("\n")


def view(case, status, heads, body):
    """What is compared of one answer, as a JSON value."""
    out = {"status": status}
    for k in HEADERS:
        v = heads.get(k)
        if v is None:
            continue
        if k == "content-type":
            v = re.sub(r"\s*;\s*", "; ", v.lower())
        elif k in ("vary", "allow", "accept-post"):
            v = sorted(x.strip().lower() for x in v.split(","))
        elif k == "grpc-message":
            v = mask(denest({"code": "", "message": urllib.parse.unquote(v)})["message"])
        elif k == "grpc-encoding" and heads.get("grpc-status", "0") != "0":
            continue
        out[k] = v
    if heads.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    kind = out.get("content-type", "")
    try:
        out["body"] = body_view(case, kind, body)
    except (ValueError, IndexError, KeyError, TypeError) as e:
        out["body"] = "(not %s: %s: %r)" % (kind, e, body[:200])
    return out


def short(v):
    text = json.dumps(v, ensure_ascii=False) if not isinstance(v, str) else v
    return text if len(text) <= 300 else text[:300] + "..."


def difference(a, b, path=""):
    """Where two values differ first, in words; None when they do not."""
    if isinstance(a, dict) and isinstance(b, dict):
        for k in list(a) + [k for k in b if k not in a]:
            if k == "status" and k in b and a[k] != b[k]:
                return "status %s | %s: %s | %s" % (a[k], b[k], short(a.get("body")), short(b.get("body")))
            if k not in a or k not in b:
                return "%s.%s: %s | %s" % (
                    path,
                    k,
                    short(a[k]) if k in a else "(absent)",
                    short(b[k]) if k in b else "(absent)",
                )
            d = difference(a[k], b[k], "%s.%s" % (path, k))
            if d:
                return d
        return None
    if isinstance(a, list) and isinstance(b, list):
        for i, (x, y) in enumerate(zip(a, b)):
            d = difference(x, y, "%s[%d]" % (path, i))
            if d:
                return d
        if len(a) != len(b):
            more = (a if len(a) > len(b) else b)[min(len(a), len(b))]
            return "%s: %d | %d elements, the first more: %s" % (path, len(a), len(b), short(more))
        return None
    return (
        None
        if a == b and type(a) == type(b) or number(a) and number(b) and a == b
        else "%s: %s | %s" % (path, short(a), short(b))
    )


def number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)
