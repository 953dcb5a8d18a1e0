#!/usr/bin/env python3
"""Checks a page of metrics (text format 0.0.4) on standard input, as strictly as a Prometheus server and its linter:
HELP and TYPE once and in front of their samples, families in one piece, no sample twice, names and label values well
formed, counters named _total or known to the original, histograms whole and rising. Prints what is wrong; ends with 1."""
import re
import sys

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
bad = []


def labels_of(text, line):
    out, at = {}, 0
    inner = text[1:-1] if text else ""
    while at < len(inner):
        m = LABEL.match(inner, at)
        if not m:
            bad.append(f"labels: {line}")
            break
        if m[1] in out:
            bad.append(f"label twice: {line}")
        out[m[1]] = m[2]
        at = m.end()
    return out


def main():
    text = sys.stdin.read()
    families, seen, current = {}, set(), None
    if not text.endswith("\n"):
        bad.append("no line end at the end")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            current = line.split(" ", 3)[2]
            if current in families:
                bad.append(f"family twice: {current}")
            if len(line.split(" ", 3)) < 4 or not line.split(" ", 3)[3]:
                bad.append(f"no help: {line}")
            families[current] = {"type": None, "rows": []}
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != current or families[name]["type"] or families[name]["rows"]:
                bad.append(f"TYPE out of place: {line}")
            elif kind not in ("counter", "gauge", "histogram"):
                bad.append(f"type: {line}")
            else:
                families[name]["type"] = kind
        else:
            m = SAMPLE.match(line)
            if not m:
                bad.append(f"no sample: {line}")
                continue
            if line.rsplit(" ", 1)[0] in seen:
                bad.append(f"sample twice: {line}")
            seen.add(line.rsplit(" ", 1)[0])
            name = re.sub(r"_(bucket|sum|count)$", "", m[1]) if families.get(current, {}).get("type") == "histogram" else m[1]
            if name != current:
                bad.append(f"sample outside its family: {line}")
                continue
            families[current]["rows"].append((m[1], labels_of(m[2], line), float(m[3].replace("+Inf", "inf"))))
    for name, f in families.items():
        if f["type"] is None:
            bad.append(f"no TYPE: {name}")
        if f["type"] == "counter" and not name.endswith("_total"):
            bad.append(f"counter without _total: {name}")
        if f["type"] == "gauge" and name.endswith("_total"):
            bad.append(f"gauge with _total: {name}")
        if f["type"] == "histogram":
            histogram(name, f["rows"])
        if f["type"] == "counter" and any(v < 0 for _, _, v in f["rows"]):
            bad.append(f"negative counter: {name}")
    for line in bad:
        print(line)
    print(f"{len(families)} families", file=sys.stderr)
    return 1 if bad or not families else 0


def histogram(name, rows):
    groups = {}
    for metric, labels, value in rows:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        groups.setdefault(key, {"bucket": [], "sum": None, "count": None})
        part = metric[len(name) + 1:]
        if part == "bucket":
            groups[key]["bucket"].append((float(labels["le"].replace("+Inf", "inf")), value))
        else:
            groups[key][part] = value
    for key, g in groups.items():
        if g["sum"] is None or g["count"] is None or not g["bucket"]:
            bad.append(f"histogram is not whole: {name} {key}")
        elif g["bucket"] != sorted(g["bucket"]) or g["bucket"][-1] != (float("inf"), g["count"]) or \
                any(a[1] > b[1] for a, b in zip(g["bucket"], g["bucket"][1:])):
            bad.append(f"histogram does not rise: {name} {key}")


sys.exit(main())
