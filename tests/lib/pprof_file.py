"""pprof_file - reads pprof profiles (protobuf, gzip or not) for tests: `Pprof(data).sums(n)` maps stacks, root first and
joined by ";", to the sum of value n."""
import gzip


def varint(b, i):
    n = shift = 0
    while True:
        n |= (b[i] & 0x7F) << shift
        shift += 7
        i += 1
        if b[i - 1] < 0x80:
            return n, i


def fields(b):
    """Field number and value, a number or bytes, of each field of a message."""
    i = 0
    while i < len(b):
        key, i = varint(b, i)
        if key & 7 == 0:
            value, i = varint(b, i)
        elif key & 7 == 2:
            n, i = varint(b, i)
            value, i = b[i:i + n], i + n
        elif key & 7 in (1, 5):
            n = 8 if key & 7 == 1 else 4
            value, i = int.from_bytes(b[i:i + n], "little"), i + n
        else:
            raise ValueError("wire type %d" % (key & 7))
        yield key >> 3, value


def signed(n):
    return n - (1 << 64) if n >> 63 else n


def numbers(value):
    """A repeated number: one of them, or packed."""
    if isinstance(value, int):
        return [signed(value)]
    out, i = [], 0
    while i < len(value):
        n, i = varint(value, i)
        out.append(signed(n))
    return out


class Pprof:
    def __init__(self, data):
        while data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        self.samples = []                       # (location ids leaf first, values)
        self.locations, self.functions, self.mappings, self.strings = {}, {}, {}, []
        types, samples = [], []
        for number, value in fields(data):
            if number == 1:
                types.append(dict(fields(value)))
            elif number == 2:
                samples.append(value)
            elif number == 3:
                m = dict(fields(value))
                self.mappings[m.get(1, 0)] = m
            elif number == 4:
                self.location(value)
            elif number == 5:
                f = dict(fields(value))
                self.functions[f[1]] = f
            elif number == 6:
                self.strings.append(value.decode())
        self.types = ["%s:%s" % (self.strings[t.get(1, 0)], self.strings[t.get(2, 0)]) for t in types]
        for s in samples:
            ids, values = [], []
            for number, value in fields(s):
                if number == 1:
                    ids += numbers(value)
                elif number == 2:
                    values += numbers(value)
            self.samples.append((ids, values))

    def location(self, b):
        one, lines = {}, []
        for number, value in fields(b):
            if number == 4:
                lines.append(dict(fields(value)))
            else:
                one[number] = value
        self.locations[one.get(1, 0)] = (one, lines)

    def names(self, ident, whole):
        """The frames of a location, innermost first; whole: with everything that is known of them."""
        one, lines = self.locations[ident]
        if not whole:
            return [self.strings[self.functions[line[1]].get(2, 0)] for line in lines]
        m = self.mappings.get(one.get(2, 0), {})
        where = "%x %s %s" % (one.get(3, 0), self.strings[m.get(5, 0)], self.strings[m.get(6, 0)])
        out = []
        for line in lines:
            f = self.functions[line[1]]
            texts = [self.strings[f.get(n, 0)] for n in (2, 3, 4)]
            out.append("%s (%s:%d:%d) %s" % ("/".join(texts[:2]), texts[2], f.get(5, 0), line.get(2, 0), where))
        return out or [where]

    def sums(self, n, whole=False):
        out = {}
        for ids, values in self.samples:
            frames = [name for i in ids for name in self.names(i, whole)]
            stack = ";".join(reversed(frames))
            out[stack] = out.get(stack, 0) + values[n]
        return {stack: v for stack, v in out.items() if v}
