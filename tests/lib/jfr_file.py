"""jfr_file - Java Flight Recorder files, read and written without pyro: what tests compare with, and small ones to begin from.

    sums = jfr_file.sums(data, rate=100)        # {"cpu:nanoseconds": {"a;b": 20000000}, ...} as Pyroscope counts
    data = jfr_file.recording([("jdk.ExecutionSample", {"stackTrace": 1, "state": 1})])
"""
import re
import struct

HEADER = struct.Struct(">4sIQQQQQQQI")
CLEAN = [(re.compile(p), to) for p, to in (
    (r"^(jdk/internal/reflect/GeneratedMethodAccessor)(\d+)$", r"\1_"),
    (r"^(.+\$\$Lambda)(\$?\d*[./](0x)?[\da-f]+|\d+)$", r"\1_"),
    (r"^(\.?/tmp/)?(libzstd-jni-\d+\.\d+\.\d+-)(\d+)(\.so)( \(deleted\))?$", "libzstd-jni-_.so"),
    (r"^(\.?/tmp/)?(lib)?(amazonCorrettoCryptoProvider)(NativeLibraries\.)?([0-9a-f]{16})"
     r"(/libcrypto|/libamazonCorrettoCryptoProvider)?(\.so)( \(deleted\))?$", "libamazonCorrettoCryptoProvider_.so"),
    (r"^(\.?/tmp/)?(libasyncProfiler)-(linux-arm64|linux-musl-x64|linux-x64|macos)-"
     r"(17b9a1d8156277a98ccc871afa9a8f69215f92)(\.so)( \(deleted\))?$", "libasyncProfiler-_.so"),
    (r"^(.+\$\$EnhancerBySpringCGLIB\$\$)(.*)$", r"\1_"))]


# ---- reading ----

class Bytes:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def int(self):
        v = 0
        for i in range(9):
            b = self.byte()
            if i == 8 or b < 0x80:
                return v | b << 7 * i
            v |= (b & 0x7F) << 7 * i

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def text(self):
        how = self.byte()
        if how < 2:
            return ""
        if how == 2:
            return ("constant", self.int())
        n = self.int()
        if how == 4:
            return "".join(chr(self.int()) for _ in range(n))
        return self.take(n).decode("utf-8" if how == 3 else "latin-1")


class Chunk:
    def __init__(self, data):
        _, _, _, pools, meta, *_ = HEADER.unpack_from(data)
        self.data = data
        b = Bytes(data, meta)
        for _ in range(5):
            b.int()
        names = [b.text() for _ in range(b.int())]
        self.types = {}
        root = self.element(b, names)
        for cls in root[2][0][2]:
            if cls[0] == "class":
                fields = [f[1] for f in cls[2] if f[0] == "field"]
                self.types[int(cls[1]["id"])] = (cls[1]["name"], fields)
        self.pools = {}
        while pools:
            b = Bytes(data, pools)
            for _ in range(4):
                b.int()
            delta = b.int()
            b.byte()
            for _ in range(b.int()):
                type_id = b.int()
                pool = self.pools.setdefault(self.types[type_id][0], {})
                for _ in range(b.int()):
                    key = b.int()
                    pool[key] = self.value(b, type_id)
            pools = pools + delta - (1 << 64) if delta else 0

    def element(self, b, names):
        name = names[b.int()]
        attributes = {}
        for _ in range(b.int()):
            key = names[b.int()]
            attributes[key] = names[b.int()]
        return name, attributes, [self.element(b, names) for _ in range(b.int())]

    def value(self, b, type_id):
        name, fields = self.types[type_id]
        if name in ("boolean", "byte"):
            return b.byte()
        if name in ("short", "char", "int", "long"):
            return b.int()
        if name in ("float", "double"):
            return b.take(4 if name == "float" else 8)
        if name == "java.lang.String":
            return b.text()
        return {f["name"]: self.field(b, f) for f in fields}

    def field(self, b, f):
        def one():
            return b.int() if f.get("constantPool") == "true" else self.value(b, int(f["class"]))
        return [one() for _ in range(b.int())] if "dimension" in f else one()

    def events(self):
        at = HEADER.size
        while at < len(self.data):
            b = Bytes(self.data, at)
            size, type_id = b.int(), b.int()
            if type_id > 1:
                yield self.types[type_id][0], self.value(b, type_id)
            at += size

    def symbol(self, key):
        text = self.pools["jdk.types.Symbol"].get(key, {"string": ""})["string"]
        if isinstance(text, tuple):
            text = self.pools["java.lang.String"][text[1]]
        for pattern, to in CLEAN:
            text = pattern.sub(to, text)
        return text

    def stack(self, key):
        """Root first, or None."""
        trace = self.pools["jdk.types.StackTrace"].get(key)
        if trace is None:
            return None
        frames = []
        for f in reversed(trace["frames"]):
            method = self.pools["jdk.types.Method"][f["method"]]
            cls = self.pools["java.lang.Class"][method["type"]]
            frames.append(self.symbol(cls["name"]) + "." + self.symbol(method["name"]))
        return ";".join(frames)

    def state(self, key):
        return self.pools["jdk.types.ThreadState"].get(key, {"name": None})["name"]


def chunks(data):
    while data:
        size = HEADER.unpack_from(data)[2]
        yield Chunk(data[:size])
        data = data[size:]


PAIRS = {
    "jdk.ObjectAllocationInNewTLAB": ("alloc_in_new_tlab_objects", "alloc_in_new_tlab_bytes:bytes", "tlabSize"),
    "jdk.ObjectAllocationOutsideTLAB": ("alloc_outside_tlab_objects", "alloc_outside_tlab_bytes:bytes", "allocationSize"),
    "jdk.ObjectAllocationSample": ("alloc_sample_objects", "alloc_sample_bytes:bytes", "weight"),
    "jdk.JavaMonitorEnter": ("contentions", "delay:nanoseconds", "duration"),
    "jdk.ThreadPark": ("contentions", "delay:nanoseconds", "duration"),
    "profiler.Malloc": ("malloc_objects", "malloc_bytes:bytes", "size"),
}


def sums(data, rate):
    """Values by sample type and stack, as Pyroscope counts a recording."""
    out, event, period = {}, "", 1000000000 // rate

    def add(kind, stack, v):
        of = out.setdefault(kind, {})
        of[stack] = of.get(stack, 0) + v

    for chunk in chunks(data):
        for name, v in chunk.events():
            if name == "jdk.ActiveSetting" and v["name"] == "event":
                event = v["value"]
            stack = chunk.stack(v["stackTrace"]) if "stackTrace" in v else None
            if stack is None:
                continue
            state = chunk.state(v["state"]) if "state" in v else None
            if name == "jdk.ExecutionSample":
                if state not in (None, "STATE_SLEEPING"):
                    add("cpu:nanoseconds", stack, period)
                if event == "wall":
                    add("wall:nanoseconds", stack, period)
            elif name == "profiler.WallClockSample":
                if state == "STATE_RUNNABLE" and event == "wall":
                    add("cpu:nanoseconds", stack, v["samples"] * period)
                add("wall:nanoseconds", stack, v["samples"] * period)
            elif name == "profiler.LiveObject":
                add("live:count", stack, 1)
            elif name in PAIRS:
                objects, kind, field = PAIRS[name]
                add(objects + ":count", stack, 1)
                add(kind, stack, v[field])
    return out


# ---- writing ----

LANGUAGE = {"boolean": 4, "int": 5, "long": 6, "float": 7, "short": 8, "java.lang.String": 9}
TYPES = {        # name: (id, fields); * a constant, [] several
    "jdk.types.FrameType": (20, "description:java.lang.String"),
    "jdk.types.ThreadState": (21, "name:java.lang.String"),
    "java.lang.Thread": (22, "osName:java.lang.String osThreadId:long javaName:java.lang.String"),
    "java.lang.Class": (23, "name:*jdk.types.Symbol"),
    "jdk.types.Method": (24, "type:*java.lang.Class name:*jdk.types.Symbol descriptor:*jdk.types.Symbol hidden:boolean"),
    "jdk.types.Package": (25, "name:*jdk.types.Symbol"),
    "jdk.types.Symbol": (26, "string:java.lang.String"),
    "jdk.types.StackTrace": (27, "truncated:boolean frames:[]jdk.types.StackFrame"),
    "jdk.types.ClassLoader": (28, "name:*jdk.types.Symbol"),
    "jdk.types.StackFrame": (29, "method:*jdk.types.Method lineNumber:int"),
    "jdk.ExecutionSample": (100, "startTime:long sampledThread:*java.lang.Thread stackTrace:*jdk.types.StackTrace "
                                 "state:*jdk.types.ThreadState contextId:long spanId:long spanName:long"),
    "profiler.WallClockSample": (101, "startTime:long sampledThread:*java.lang.Thread stackTrace:*jdk.types.StackTrace "
                                      "state:*jdk.types.ThreadState samples:int"),
    "jdk.ObjectAllocationInNewTLAB": (102, "startTime:long eventThread:*java.lang.Thread "
                                           "stackTrace:*jdk.types.StackTrace objectClass:*java.lang.Class tlabSize:long"),
    "jdk.JavaMonitorEnter": (103, "startTime:long duration:long eventThread:*java.lang.Thread "
                                  "stackTrace:*jdk.types.StackTrace monitorClass:*java.lang.Class"),
    "jdk.FileRead": (104, "startTime:long duration:long stackTrace:*jdk.types.StackTrace path:java.lang.String "
                          "bytesRead:long"),
    "jdk.ActiveSetting": (105, "startTime:long id:long name:java.lang.String value:java.lang.String"),
}


def leb(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80 and len(out) < 8:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def text(s):
    return b"\0" if s is None else b"\x03" + leb(len(s.encode())) + s.encode()


def put(name, v):
    """A value of a type: a number, a text, a dict of fields."""
    if name == "boolean":
        return bytes([v or 0])
    if name == "float":
        return struct.pack(">f", v or 0)
    if name == "java.lang.String":
        return text(v)
    if name in LANGUAGE:
        return leb(v or 0)
    out = b""
    for f in TYPES[name][1].split():
        field, kind = f.split(":")
        own = (v or {}).get(field)
        if kind.startswith("[]"):
            out += leb(len(own or [])) + b"".join(put(kind[2:], x) for x in own or [])
        else:
            out += leb(own or 0) if kind.startswith("*") else put(kind, own)
    return out


def event(type_id, content):
    body = leb(type_id) + content
    size = len(body) + 1
    return leb(size if size < 0x80 else size + 1 if size + 1 < 0x4000 else size + 2) + body


def metadata():
    names, out = [], []

    def name(s):
        if s not in names:
            names.append(s)
        return leb(names.index(s))

    def element(kind, attributes, children):
        pairs = b"".join(name(k) + name(v) for k, v in attributes.items())
        return name(kind) + leb(len(attributes)) + pairs + leb(len(children)) + b"".join(children)

    ids = {**LANGUAGE, **{k: v[0] for k, v in TYPES.items()}}
    for cls, type_id in ids.items():
        fields = []
        for f in TYPES[cls][1].split() if cls in TYPES else ():
            field, kind = f.split(":")
            attributes = {"name": field, "class": str(ids[kind.lstrip("*[]")])}
            if kind.startswith("*"):
                attributes["constantPool"] = "true"
            if kind.startswith("[]"):
                attributes["dimension"] = "1"
            fields.append(element("field", attributes, []))
        out.append(element("class", {"name": cls, "id": str(type_id)}, fields))
    tree = element("root", {}, [element("metadata", {}, out), element("region", {"locale": "en"}, [])])
    return event(0, leb(0) + leb(0) + leb(1) + leb(len(names)) + b"".join(text(s) for s in names) + tree)


def constants(pools):
    out = b""
    for name, entries in pools.items():
        out += leb(TYPES[name][0]) + leb(len(entries))
        out += b"".join(leb(k) + put(name, v) for k, v in entries.items())
    return event(1, leb(0) + leb(0) + leb(0) + b"\0" + leb(len(pools)) + out)


def stacks(lists):
    """The pools for stacks of "class.method:line", leaf first; their ids are 1, 2, ..."""
    symbols, classes, methods, traces = {}, {}, {}, {}

    def intern(table, key):
        return table.setdefault(key, len(table) + 1)

    for i, frames in enumerate(lists):
        own = []
        for f in frames:
            name, line = f.rsplit(":", 1)
            cls, method = name.rsplit(".", 1)
            key = intern(classes, intern(symbols, cls)), intern(symbols, method)
            own.append({"method": intern(methods, key), "lineNumber": int(line)})
        traces[i + 1] = {"frames": own}
    return {
        "jdk.types.StackTrace": traces,
        "jdk.types.Method": {i: {"type": k[0], "name": k[1]} for k, i in methods.items()},
        "java.lang.Class": {i: {"name": k} for k, i in classes.items()},
        "jdk.types.Symbol": {i: {"string": k} for k, i in symbols.items()},
        "jdk.types.ThreadState": {1: {"name": "STATE_RUNNABLE"}, 2: {"name": "STATE_SLEEPING"}},
        "java.lang.Thread": {1: {"osName": "main", "javaName": "main"}},
    }


STACKS = (("app/Shop.parse:30", "app/Shop.serve:12", "app/Main.main:4"), ("app/Shop$$Lambda$7.0x00ff.run:0", "app/Main.main:9"))


def recording(events, lists=STACKS, start=1767225600 * 10 ** 9, duration=10 ** 10):
    """One chunk: (name, fields) of events, stacks as lists of "class.method:line", leaf first."""
    meta = metadata()
    body = meta + b"".join(event(TYPES[name][0], put(name, v)) for name, v in events)
    pools = HEADER.size + len(body)
    body += constants(stacks(lists))
    head = HEADER.pack(b"FLR\0", 0x20000, HEADER.size + len(body), pools, HEADER.size, start, duration, 0, 10 ** 9, 1)
    return head + body
