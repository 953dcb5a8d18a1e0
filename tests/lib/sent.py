"""sent - what SDKs send: the profiles in their requests, added up, and compared with what a server answers."""
import email.parser
import email.policy
import gzip
import re

import make_profile
import pprof_file
import served

RANGE = {"start": 1, "end": 4102444800000}      # all of time


def profiles(path, headers, body):
    """The pprof files in a request: of Push, of a form, or the body itself. Header names are in small letters."""
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    if path == served.PUSH:
        for number, series in pprof_file.fields(body):
            for inner, sample in pprof_file.fields(series) if number == 1 else ():
                if inner == 2:
                    yield dict(pprof_file.fields(sample))[1]
    elif headers.get("content-type", "").startswith("multipart/"):
        yield from parts("profile", headers, body)
    else:
        yield body


def parts(name, headers, body):
    """The contents of a form's parts of that name."""
    head = b"Content-Type: " + headers["content-type"].encode() + b"\r\n\r\n"
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    for part in message.iter_parts():
        if part.get_param("name", header="content-disposition") == name:
            yield part.get_payload(decode=True)


def recordings(target, headers, body):
    """The Flight Recorder files in a request, unpacked."""
    if "format=jfr" in target:
        for data in parts("jfr", headers, body):
            yield gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


class Sums:
    """Values by sample type ("cpu:nanoseconds") and stack."""

    def __init__(self):
        self.kinds = {}

    def add(self, data):
        p = pprof_file.Pprof(data)
        for i, kind in enumerate(p.types):
            self.merge(kind, p.sums(i))

    def merge(self, kind, stacks):
        mine = self.kinds.setdefault(kind, {})
        for stack, v in stacks.items():
            stack = re.sub(r"\[go\.shape\.[^;]*?\]", "", stack)        # the server drops Go's type parameters
            mine[stack] = mine.get(stack, 0) + v


def answered(server, service):
    """The same sums as the server answers them for one service."""
    found = Sums()
    for t in server.ask("ProfileTypes", **RANGE).get("profileTypes", []):
        texts = ((1, t["ID"]), (2, '{service_name="%s"}' % service))
        message = b"".join(make_profile.data(n, text.encode()) for n, text in texts)
        message += make_profile.number(3, RANGE["start"]) + make_profile.number(4, RANGE["end"])
        answer = pprof_file.Pprof(server.ask_bytes("SelectMergeProfile", message))
        found.merge(t["sampleType"] + ":" + t["sampleUnit"], answer.sums(0))
    return found


def compare(tap, server, title, service, sums):
    found = answered(server, service)
    for kind, stacks in sorted(sums.kinds.items()):
        got = found.kinds.get(kind, {})
        tap.ok(got == stacks, "%s: %s, %d stacks with their sums" % (title, kind, len(stacks)),
               served.difference(got, stacks))
