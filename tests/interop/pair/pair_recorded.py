"""pair_recorded.py - what others recorded: requests of PYRO_SHARED/golden and of the SDKs in PYRO_SHARED/testdata-sdk, and
the files of PYRO_SHARED/testdata as uploads. Nothing when they are not there.
"""

import base64
import json
import os
import re

from pair_wire import push_request

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("PYRO_SHARED", os.path.join(HERE, "../../../../shared"))
GOLDEN = os.path.join(SHARED, "golden")
# one series within one millisecond: the original counts one of them, which one is not defined
UNDEFINED = ("same-millisecond",)


def golden(folder, kind):
    """The recorded cases of a kind in the order of their names."""
    path = os.path.join(GOLDEN, folder)
    for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
        if not name.endswith(".json"):
            continue
        with open(os.path.join(path, name), encoding="utf-8") as f:
            case = json.load(f)
        if kind in case["server"] and not any(a in name for a in UNDEFINED):
            yield case, path


def body(part, path):
    if "json" in part:
        return json.dumps(part["json"], separators=(",", ":"), ensure_ascii=False).encode()
    if "text" in part:
        return part["text"].encode()
    if "base64" in part:
        return base64.b64decode(part["base64"])
    if "file" in part:
        with open(os.path.join(path, part["file"]), "rb") as f:
            return f.read()
    return b""


def one(case, path):
    r = case["request"]
    out = {
        "name": case["name"],
        "method": r["method"],
        "path": r["path"],
        "headers": r.get("headers", {}),
        "body": body(r, path),
    }
    head, _, tail = r["path"].partition("?")[0].rpartition("/")
    if head == "/querier.v1.QuerierService":
        out["proc"] = tail
    return out


def sdk_requests():
    """The requests of the SDKs."""
    for name in ("pyroscope-go", "pyroscope-java", "pyroscope-io", "pyroscope-nodejs", "pyroscope-rs"):
        folder = os.path.join(SHARED, "testdata-sdk", name)
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not file.endswith(".json"):
                continue
            with open(os.path.join(folder, file), encoding="utf-8") as f:
                r = json.load(f)
            with open(os.path.join(folder, file[:-5] + ".body"), "rb") as f:
                content = f.read()
            heads = {
                k: v
                for k, v in r["headers"]
                if k.lower() not in ("host", "content-length", "connection", "transfer-encoding")
            }
            yield {
                "name": "%s %s" % (name, file[:-5]),
                "method": r["method"],
                "path": r["target"],
                "headers": heads,
                "body": content,
            }


def files(folder, *ends):
    top = os.path.join(SHARED, "testdata", folder)
    for path, _, names in sorted(os.walk(top)):
        for name in sorted(names):
            if name.endswith(ends):
                with open(os.path.join(path, name), "rb") as f:
                    yield os.path.relpath(os.path.join(path, name), top), f.read()


# Profiles that the original takes or refuses by a fault: negative values and zeros alone without a period type, groups,
# names of functions that are not there. What is stored of them would stand in every list afterwards.
FAULTS = (
    "malformed/ok-negative-values.pb",
    "malformed/ok-zero-values.pb",
    "malformed/ok-sum-overflows-int64.pb",
    "malformed/bad-group-wire-type.pb",
    "malformed/bad-function-missing.pb",
    "malformed/bad-no-strings.pb",
    "malformed/bad-string-index.pb",
)


def uploads():
    """Each file as a body of /ingest, and profiles by Push, too; every one a service and a second of its own."""
    second = 1768489200  # 15:00 on the day of the other cases

    def ingest(kind, name, content, extra=""):
        nonlocal second
        second += 1
        service = "u-" + re.sub("[^a-zA-Z0-9]", "-", kind + extra[-4:] + "-" + name)
        return {
            "name": "%s %s%s" % (kind, name, extra),
            "method": "POST",
            "headers": {},
            "body": content,
            "path": "/ingest?format=%s&from=%d&name=%s%s" % (kind, second, service, extra),
        }

    for name, content in files("pprof", ".pb", ".pb.gz", ".pprof", ".gz", ".prof"):
        if name in FAULTS:
            continue
        yield ingest("pprof", name, content)
        yield ingest("pprof", name, content, "&spyName=" + ("dotnetspy" if "dotnet" in name else "pyspy"))
        second += 1
        service = "u-push-" + re.sub("[^a-zA-Z0-9]", "-", name)
        labels = [("__name__", "memory" if "heap" in name else "process_cpu"), ("service_name", service)]
        yield {
            "name": "push " + name,
            "method": "POST",
            "path": "/push.v1.PusherService/Push",
            "headers": {"Content-Type": "application/proto"},
            "body": push_request([(labels, [content])]),
        }
    for name, content in files("folded", ".txt", ".folded", ".collapsed"):
        yield ingest("groups", name, content)
        yield ingest("lines", name, content)
    for name, content in files("trie-tree-lines", ".bin", ".txt"):
        # a text that is read as a tree may stand for any number of nodes: the original takes all memory for them
        for kind in ("groups", "lines", "trie", "tree"):
            if kind in ("groups", "lines") or name.endswith("." + kind + ".bin"):
                yield ingest(kind, name, content)


def recorded_inputs(kind):
    out = [one(c, p) for c, p in golden("inputs", kind)]
    return out + list(sdk_requests()) + list(uploads()) if kind == "main" else out


def recorded_questions(kind):
    return [one(c, p) for c, p in golden("questions", kind) if not c.get("capture") and "flush" not in c["name"]]
