#!/usr/bin/env bats
# pyro-block: list, dump and check of everything on disk.
load ../lib/helpers

# damage FILE OFFSET: one byte becomes another; offsets below 0 count from the end
damage() {
	python3 - "$1" "$2" <<'EOF'
import sys
path, at = sys.argv[1], int(sys.argv[2])
b = bytearray(open(path, "rb").read())
b[at] ^= 0x55
open(path, "wb").write(b)
EOF
}

# crashed: ./data of a server that was killed: a journal of one profile of "shop", pushed as tenant anonymous
crashed() {
	shop
	start_server "$@"
	curl -sf --data-binary @cpu.pb.gz "http://127.0.0.1:$port/ingest?name=shop&from=1768471200&until=1768471210&format=pprof"
	pkill -KILL -P "$server"
	kill -KILL "$server"
	wait "$server" || true
	server=
	set -- data/journal/*.journal
	[ -f "$1" ]
}

# used_journal: the one with the record
used_journal() {
	grep -l process_cpu data/journal/*.journal | head -n 1
}

# ---- list ----

@test "list: a line a block, with a heading, aligned" {
	blocks
	try pyro-block list blocks
	ends 0
	[ "$(wc -l <<<"$out")" = 3 ]
	[[ $(head -n 1 <<<"$out") == "BLOCK  "*"TENANT  LEVEL  FROM "*"TO "*"SERIES  ROWS  SAMPLES  BYTES   B/ROW" ]] || fail "heading"
	[[ $(sed -n 2p <<<"$out") =~ ^[0-9A-Z]{26}\ +-\ +1\ +2026-01-15T10:00:00Z\ +2026-01-15T10:00:00Z\ +1\ +1\ +2\ +[0-9]+\ +[0-9.]+$ ]] ||
		fail "second line"
	[ "$(awk '{ print length }' <<<"$out" | sort -u | wc -l)" = 1 ] || fail "not aligned"
}

@test "list --json" {
	blocks
	try pyro-block list --json blocks
	ends 0
	[ "$(wc -l <<<"$out")" = 2 ]
	json_lines
	python3 - "$BATS_TEST_TMPDIR/.out" <<'EOF'
import json, os, sys
for line in open(sys.argv[1]):
    b = json.loads(line)
    assert b["path"] == "blocks/" + b["block"], b
    size = sum(os.path.getsize(os.path.join(b["path"], f)) for f in os.listdir(b["path"]) if f != "meta.json")
    assert b["bytes"] == size, (b, size)
    assert b["bytes_per_row"] == b["bytes"] / b["rows"], b
    assert (b["level"], b["series"], b["rows"]) == (1, 1, 1), b
    assert "tenant" not in b, b
EOF
}

@test "list of a data folder and of a bucket tells the tenants" {
	blocks all
	mkdir -p data/alpha/local data/beta/local bucket/gamma/phlaredb
	set -- all/*
	cp -r "$1" data/alpha/local/
	cp -r "$2" data/beta/local/
	cp -r "$2" bucket/gamma/phlaredb/
	try pyro-block list data bucket
	ends 0
	[ "$(awk 'NR > 1 { print $2 }' <<<"$out" | tr '\n' ' ')" = "alpha beta gamma " ] || fail "tenants"
	cd data/alpha/local
	try pyro-block list .
	ends 0
	[ "$(awk 'NR > 1 { print $2 }' <<<"$out")" = alpha ] || fail "the tenant is in the path above"
}

@test "list of one block, of several sources, of a block stream" {
	blocks
	try pyro-block list "$(first_block blocks)"
	ends 0
	[ "$(wc -l <<<"$out")" = 2 ]
	try pyro-block list blocks/*
	ends 0
	[ "$(wc -l <<<"$out")" = 3 ]
	pyro-block list blocks >folder
	try_sh 'tar c --sort=name -C blocks . | pyro-block list'
	ends 0
	is "$(cat folder)"
	tar czf blocks.tar.gz --sort=name -C blocks .
	try pyro-block list blocks.tar.gz
	is "$(cat folder)"
	try_sh 'tar c --sort=name -C blocks . | pyro-block list -'
	is "$(cat folder)"
}

@test "list passes over blocks that are being written" {
	blocks
	mv "$(first_block blocks)" blocks/.tmp-01KF0HJ080Q28BPDDJFR330ZS4
	try pyro-block list blocks
	ends 0
	[ "$(wc -l <<<"$out")" = 2 ]
}

@test "list where there is no block, or nothing at all" {
	mkdir empty
	try pyro-block list empty
	ends 1
	says "empty: no blocks"
	silent
	try pyro-block list missing
	ends 100
	says "missing"
	: >file
	try pyro-block list file
	ends 100
	says "file"
	echo nonsense >file
	try pyro-block list file
	ends 100
	says "file"
}

@test "list goes on behind a broken meta.json" {
	blocks
	echo '{' >"$(first_block blocks)/meta.json"
	try pyro-block list blocks
	ends 100
	says "meta.json"
	[ "$(wc -l <<<"$out")" = 2 ]
}

# ---- dump ----

@test "dump: all parts of a block" {
	blocks
	try pyro-block dump "$(first_block blocks)"
	ends 0
	prints "meta blocks/"
	prints "file symbols.symdb: "
	prints "  1 series, 2026-01-15T10:00:00Z .. 2026-01-15T10:00:00Z"
	prints 'service_name="shop"'
	prints 'label service_name="shop": 1 series'
	prints "column TimeNanos int64: 1 values"
	prints "  row 0 series 0 2026-01-15T10:00:00Z for 10s total 100 partition "
	prints "    70 main;idle"
	prints "    30 main;serve;parse"
	prints '"parse" in "app.go" line '
	prints "    stack 1 parent 0 location "
}

@test "dump --part shows that part alone" {
	blocks
	b=$(first_block blocks)
	for part in meta index profiles symbols; do
		pyro-block dump --part $part "$b" >$part
		[ -s $part ]
	done
	[ "$(head -n 1 meta)" = "meta $b" ]
	[ "$(head -n 1 index)" = "index $b" ]
	[ "$(head -n 1 profiles)" = "parquet $b" ]
	[ "$(head -n 1 symbols)" = "symbols $b" ]
	try pyro-block dump "$b"
	is "$(cat meta index profiles symbols)"
	try pyro-block dump --part journal "$b"
	ends 1
	says "no such part"
	try pyro-block dump --part all "$b"
	is "$(cat meta index profiles symbols)"
	try pyro-block dump --part nonsense "$b"
	ends 2
	says "nonsense"
}

@test "dump --json: objects that add up" {
	profile p.pb.gz --seed 5 --samples 50
	pyro-ingest -l service_name=x -o blocks p.pb.gz
	pyro-query folded blocks >folded
	try pyro-block dump --json blocks
	ends 0
	json_lines
	python3 - "$BATS_TEST_TMPDIR/.out" folded <<'EOF'
import collections, json, sys
parts = collections.defaultdict(list)
for line in open(sys.argv[1]):
    o = json.loads(line)
    parts[o["part"]].append(o)
assert len(parts["meta"]) == len(parts["index"]) == len(parts["parquet"]) == len(parts["symbols"]) == 1
assert parts["meta"][0]["meta"]["stats"]["numSeries"] == len(parts["series"]) == 1
assert parts["series"][0]["labels"]["service_name"] == "x"
stacks = collections.Counter()
for row in parts["row"]:
    assert row["total"] == sum(s["value"] for s in row["samples"])
    for s in row["samples"]:
        stacks[";".join(s["stack"])] += s["value"]
lines = "".join("%s %d\n" % (k, stacks[k]) for k in sorted(stacks))
assert lines == open(sys.argv[2]).read()
# Every stack can be walked through the tables, too.
text = {s["number"]: s["text"] for s in parts["string"]}
function = {f["number"]: f["name"] for f in parts["function"]}
location = {l["number"]: l for l in parts["location"]}
node = {n["number"]: n for n in parts["stack"]}
walked = collections.Counter()
for row in parts["row"]:
    for s in row["samples"]:
        names, at = [], s["stack_id"]
        while at:
            names.append(function[location[node[at]["location"]]["lines"][0][0]])
            at = node[at]["parent"]
        walked[";".join(reversed(names))] += s["value"]
assert walked == stacks
assert set(function.values()) <= set(text.values()) | {""}
p = parts["partition"][0]
assert (p["strings"], p["functions"], p["nodes"]) == (len(text), len(function), len(node) + 1), p
EOF
}

@test "dump of single files, known by their first bytes" {
	blocks
	b=$(first_block blocks)
	for f in meta.json index.tsdb profiles.parquet symbols.symdb; do cp "$b/$f" "plain-$f.x"; done
	try pyro-block dump plain-meta.json.x
	ends 0
	prints "meta plain-meta.json.x"
	try pyro-block dump plain-index.tsdb.x
	ends 0
	prints "index plain-index.tsdb.x"
	prints 'service_name="shop"'
	try pyro-block dump plain-profiles.parquet.x
	ends 0
	prints "parquet plain-profiles.parquet.x"
	prints "  row 0 series 0 2026-01-15T10:00:00Z total 100 "
	prints "    70 stack "
	try pyro-block dump plain-symbols.symdb.x
	ends 0
	prints "symdb version 3, 1 partitions"
	prints '"parse"'
	try_sh 'pyro-block dump <plain-index.tsdb.x'
	ends 0
	prints 'service_name="shop"'
	try_sh 'pyro-block dump --json plain-*.x'
	ends 0
	json_lines
}

@test "dump of a block stream" {
	shop
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz | pyro-block dump --part profiles'
	ends 0
	prints "    70 main;idle"
}

@test "dump shows the sound parts of a broken block" {
	blocks
	b=$(first_block blocks)
	damage "$b/symbols.symdb" -3
	try pyro-block dump "$b"
	ends 100
	prints "meta $b"
	prints 'service_name="shop"'
	prints "column TimeNanos"
	says "symdb: footer: wrong checksum"
}

@test "dump of control characters keeps the terminal whole" {
	profile p.pb --stack "$(printf 'main;ev\033]0;il=1')"
	pyro-ingest -l service_name=x -o blocks p.pb
	try pyro-block dump blocks
	ends 0
	[[ $out != *$'\033'* ]] || fail "an escape character came through"
	prints 'ev\x1b]0'
}

@test "dump of nothing, of nonsense" {
	try pyro-block dump missing
	ends 100
	says "missing"
	echo nonsense >file
	try pyro-block dump file
	ends 100
	says "file"
	mkdir empty
	try pyro-block dump empty
	ends 1
	says "no blocks and no journals"
	try pyro-block dump
	ends 100
}

@test "dump into a closed pipe and on a full disk" {
	profile p.pb.gz --seed 5 --samples 5000
	pyro-ingest -l service_name=x -o blocks p.pb.gz
	try bash -c 'pyro-block dump blocks 2>errors | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}" >status'
	[ "$(cat status)" = 0 ]
	[ ! -s errors ]
	[ -c /dev/full ] || skip "no /dev/full"
	try_sh 'pyro-block dump blocks >/dev/full'
	ends 111
	says "No space left"
	try_sh 'pyro-block list blocks >/dev/full'
	ends 111
	says "No space left"
}

# ---- check ----

@test "check: sound blocks, no words" {
	blocks
	try pyro-block check blocks
	ends 0
	silent
	try pyro-block check blocks/*
	ends 0
	silent
	try_sh 'tar c --sort=name -C blocks . | pyro-block check'
	ends 0
	silent
	for f in "$(first_block blocks)"/*; do
		try pyro-block check "$f"
		ends 0
		silent
	done
}

@test "check: a damaged byte anywhere in a part is found" {
	blocks
	b=$(first_block blocks)
	for part in index.tsdb symbols.symdb profiles.parquet; do
		cp "$b/$part" keep
		size=$(wc -c <keep)
		for at in 0 5 $((size / 4)) $((size / 2)) $((size - 5)) $((size - 1)); do
			cp keep "$b/$part"
			damage "$b/$part" "$at"
			try pyro-block check "$b"
			# Padding and statistics have no checksum: what is not found must not change the answer.
			if [ "$status" = 0 ]; then
				try pyro-query folded "$b"
				is "main;idle 70
main;serve;parse 30"
			else
				ends 1
				[ -n "$out" ]
				[ -z "$err" ] || fail "problems go to standard output"
				[[ $out == "$b: "* ]] || fail "each line names the block"
			fi
		done
		cp keep "$b/$part"
	done
	try pyro-block check "$b"
	ends 0
}

@test "check: checksums are of all of index.tsdb's series and of all symbols" {
	blocks
	b=$(first_block blocks)
	cp "$b/symbols.symdb" keep
	for at in 10 60 100; do
		cp keep "$b/symbols.symdb"
		damage "$b/symbols.symdb" $at
		try pyro-block check "$b"
		ends 1
		prints "checksum"
	done
}

@test "check: missing and cut parts, wrong meta.json" {
	blocks
	b=$(first_block blocks)
	for part in index.tsdb symbols.symdb profiles.parquet; do
		mv "$b/$part" keep
		try pyro-block check "$b"
		ends 1
		prints "$part"
		head -c 100 keep >"$b/$part"
		try pyro-block check "$b"
		ends 1
		prints "$b: "
		mv keep "$b/$part"
	done
	cp "$b/meta.json" keep
	sed -i 's/"numSeries": 1/"numSeries": 7/' "$b/meta.json"
	try pyro-block check "$b"
	ends 1
	prints "7 series"
	echo '{' >"$b/meta.json"
	try pyro-block check "$b"
	ends 1
	prints "meta.json"
	cp keep "$b/meta.json"
	try pyro-block check "$b"
	ends 0
}

@test "check: meta.json does not lead out of its folder" {
	blocks
	b=$(first_block blocks)
	cp "$b/index.tsdb" outside
	sed -i 's|index.tsdb|../../outside/index.tsdb|' "$b/meta.json"
	mkdir -p outside.d && mv outside outside.d/index.tsdb && mv outside.d outside
	try pyro-block check "$b"
	ends 1
	prints "no name of a file in this folder"
}

@test "check: one line a problem, all blocks are looked at" {
	blocks
	for b in blocks/*; do damage "$b/index.tsdb" -2; done
	try pyro-block check blocks
	ends 1
	[ "$(cut -d: -f1 <<<"$out" | sort -u | wc -l)" = 2 ] || fail "both blocks are broken"
}

@test "check: damaged single files" {
	blocks
	b=$(first_block blocks)
	damage "$b/index.tsdb" -2
	try pyro-block check "$b/index.tsdb"
	ends 1
	prints "$b/index.tsdb: "
	damage "$b/symbols.symdb" 20
	try pyro-block check "$b/symbols.symdb"
	ends 1
	prints "$b/symbols.symdb: "
	echo '{"ulid":1}' >meta.json
	try pyro-block check meta.json
	ends 1
	prints "meta.json: "
}

@test "check of what cannot be read" {
	try pyro-block check missing
	ends 100
	says "missing"
	mkdir empty
	try pyro-block check empty
	ends 100
	says "empty"
	: >file
	try pyro-block check file
	ends 100
	says "file"
	blocks
	try pyro-block check missing blocks
	ends 100
	says "missing"
}

@test "check: a block that may not be read" {
	[ "$(id -u)" != 0 ] || skip "root may read everything"
	blocks
	chmod 0 "$(first_block blocks)/index.tsdb"
	try pyro-block check blocks
	ends 100
}

# ---- journals ----

@test "journals of a server that was killed: dump, check" {
	crashed
	try pyro-block check data
	ends 0
	silent
	j=$(used_journal)
	try pyro-block dump "$j"
	ends 0
	prints "journal $j"
	prints "  version 2, generation "
	prints "tenant anonymous, partition "
	prints ": 1 new series, 1 rows, 2 samples"
	prints "    70 main;idle"
	prints 'service_name="shop"'
	try pyro-block dump data
	ends 0
	prints "    70 main;idle"
	try pyro-block dump --part journal --json data
	ends 0
	json_lines
	prints '"part":"record","at":32,'
	try_sh "pyro-block dump <$j"
	ends 0
	prints "    70 main;idle"
	try pyro-block list data
	ends 1
}

@test "journals: a torn tail is no problem, damage with sound frames behind it is one" {
	crashed -ingester.shards=1
	j=$(used_journal)
	end=$(python3 -c 'import sys; print(len(open(sys.argv[1], "rb").read().rstrip(b"\0")))' "$j")
	head -c $((end - 3)) "$j" >torn.journal
	try pyro-block check torn.journal
	ends 0
	try pyro-block dump torn.journal
	ends 0
	prints "torn at 32, "
	head -c "$end" "$j" >damaged.journal
	tail -c +33 "$j" | head -c $((end - 32)) >>damaged.journal
	try pyro-block check damaged.journal
	ends 1
	prints "damaged.journal: "
	cp damaged.journal twice.journal
	damage damaged.journal 60
	try pyro-block check damaged.journal
	ends 1
	prints "at 32: broken frame, sound ones follow"
	try pyro-block dump damaged.journal
	ends 0
	prints "  broken at 32, "
}

@test "journals: a bad header" {
	crashed
	j=$(used_journal)
	cp "$j" bad.journal
	damage bad.journal 20
	try pyro-block check bad.journal
	ends 1
	prints "checksum"
	cp "$j" bad.journal
	damage bad.journal 8
	try pyro-block dump bad.journal
	ends 100
	says "version"
	head -c 20 "$j" >bad.journal
	try pyro-block check bad.journal
	ends 1
}

# ---- the rest ----

@test "recorded blocks of Pyroscope are sound and can be dumped" {
	golden=${PYRO_SHARED:-$repo/../shared}/golden
	[ -d "$golden/blocks" ] || skip "no recordings in $golden"
	try pyro-block check "$golden/blocks" "$golden/bucket/before/bucket"
	ends 0
	silent
	for b in "$golden"/blocks/*/01*/; do
		b=${b%/}
		try pyro-block dump --json "$b"
		ends 0
		python3 - "$BATS_TEST_TMPDIR/.out" "$b" <<'EOF'
import collections, json, sys
out, block = sys.argv[1:]
parts = collections.defaultdict(list)
for line in open(out):
    o = json.loads(line)
    parts[o["part"]].append(o)
want = json.load(open(block + ".series.json"))
got = parts["series"]
assert len(got) == len(want)
for g, w in zip(got, want):
    assert g["labels"] == w["labels"] and int(g["fingerprint"], 16) == int(w["fingerprint"], 16), (g, w)
    assert g["number"] == w["chunks"][0]["series_index"]
rows = [json.loads(line) for line in open(block + ".rows.jsonl")]
assert len(rows) == len(parts["row"])
tables = {t["partition"]: t for t in json.load(open(block + ".symbols.json"))}
for g, w in zip(parts["row"], rows):
    assert (g["id"], g["series"], g["time"]) == (w["ID"], w["SeriesIndex"], w["TimeNanos"]), (g, w)
    assert int(g["partition"], 16) == w["StacktracePartition"] and g["total"] == w["TotalValue"]
    assert [s["value"] for s in g["samples"]] == [s["Value"] for s in w["Samples"]]
EOF
	done
}

@test "-help, -help-all, -version, -print.config" {
	try pyro-block -help
	ends 0
	prints "pyro-block check [PATH ...]"
	try pyro-block -help-all
	ends 0
	prints "-part all|meta|index|profiles|symbols|journal"
	try pyro-block -version
	ends 0
	[[ $out =~ ^pyro-block\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "no version"
	try pyro-block dump -print.config --part index
	ends 0
	prints "part = index  # flag"
}

@test "wrong usage" {
	try pyro-block
	ends 2
	says "verb"
	try pyro-block frobnicate
	ends 2
	says "frobnicate"
	try pyro-block list --frobnicate
	ends 2
	says "frobnicate"
	try pyro-block check --json
	ends 2
	says "json"
	try pyro-block list --part meta
	ends 2
	says "part"
}
