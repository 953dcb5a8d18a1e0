#!/usr/bin/env bats
# pyro-query diff: noise, limits, documents.
load ../lib/helpers

pair() { # pair ENCODE: before: 100 samples in encode and 900 elsewhere; after: ENCODE there
	printf 'main;encode 100\nmain;rest 900\n' >before.folded
	printf 'main;encode %s\nmain;rest 900\n' "$1" >after.folded
}

@test "what may be noise is counted, not shown, unless --all" {
	pair 105
	try pyro-query diff before.folded after.folded
	ends 0
	prints "Showing 0 of 3 functions, by change of flat; 1 changed within the noise"
	[[ $out != *encode* ]] || fail "noise is shown"
	try pyro-query diff -o markdown before.folded after.folded
	ends 0
	prints "1 function changed within the noise."
	try pyro-query diff --all before.folded after.folded
	ends 0
	prints encode
	try pyro-query diff --confidence 0 before.folded after.folded
	ends 0
	prints encode
	pair 200
	try pyro-query diff before.folded after.folded
	ends 0
	prints "<0.001  encode"
	[[ $out != *rest* ]] || fail "what did not change is shown"
	try pyro-query diff --confidence 2 before.folded after.folded
	ends 2
}

@test "--normalize total, time, instances, none" {
	pair 200
	printf 'main;encode 1000\nmain;rest 9000\n' >ten.folded
	try pyro-query diff --normalize total before.folded ten.folded
	ends 0
	prints "Total: 10000 before, 10000 after, 0 (0%)"
	for word in '' true total; do
		try pyro-query diff --normalize${word:+=$word} -o tsv before.folded ten.folded
		ends 0
		prints "1000	1000	0"
	done
	for word in none false; do
		try pyro-query diff --normalize $word -o tsv before.folded ten.folded
		ends 0
		prints "100	1000	900"
	done
	try pyro-query diff --normalize time before.folded ten.folded
	ends 100
	says "how long"
	profile short.pb.gz --duration 10 --stack 'main;a=30'
	profile long.pb.gz --duration 20 --stack 'main;a=60'
	try pyro-query diff --normalize time -o tsv --all short.pb.gz long.pb.gz
	ends 0
	prints "60	60	0"
	mkdir two
	cp before.folded two/1.folded
	cp before.folded two/2.folded
	try pyro-query diff --normalize instances -o tsv two before.folded
	ends 0
	prints "100	100	0"
	try pyro-query diff --normalize sideways two before.folded
	[ "$status" != 0 ]
	try pyro-query folded --normalize time --base before.folded after.folded
	ends 2
}

@test "--fail-if ends with 1 and says why" {
	pair 200
	try pyro-query diff --fail-if 'self(encode) > +3%' before.folded after.folded
	[ "$status" = 1 ]
	says "pyro-query: self(encode) > +3%: 100 before, 200 after, +100.00% (p <0.001)"
	prints encode
	try pyro-query diff --fail-if 'self(encode) > +300%' --fail-if 'total > +50%' before.folded after.folded
	ends 0
	try pyro-query diff --fail-if 'self(encode) > +3%' --fail-if 'cum(main) > +50' before.folded after.folded
	[ "$status" = 1 ]
	[ "$(wc -l <<<"$err")" = 2 ]
	pair 105
	try pyro-query diff --fail-if 'self(encode) > +3%' before.folded after.folded
	ends 0
	try pyro-query diff --confidence 0 --fail-if 'self(encode) > +3%' before.folded after.folded
	[ "$status" = 1 ]
	for bad in 'encode > 3%' 'self(encode) 3%' 'self(encode) > lots' 'total > 5MB' 'self(a() > 1'; do
		try pyro-query diff --fail-if "$bad" before.folded after.folded
		ends 2
		says "--fail-if"
		silent
	done
}

@test "documents: markdown and junit" {
	pair 200
	try pyro-query diff -o markdown --fail-if 'self(encode) > +3%' --fail-if 'total > +90%' before.folded after.folded
	[ "$status" = 1 ]
	prints '| `encode` | 100 | 200 | +100 | +100.00% |'
	prints '- **exceeded** `self(encode) > +3%'
	prints '- **kept** `total > +90%'
	try pyro-query diff -o report.md before.folded after.folded
	ends 0
	grep -q '^### What changed' report.md
	try pyro-query diff -o junit=report.xml --fail-if 'self(encode) > +3%' --fail-if 'total < 2000' before.folded after.folded
	[ "$status" = 1 ]
	python3 - report.xml <<'PYTHON'
import sys, xml.etree.ElementTree as ET
suite = ET.parse(sys.argv[1]).getroot().find("testsuite")
assert (suite.get("tests"), suite.get("failures")) == ("2", "2"), suite.attrib
assert suite.find("testcase").get("name") == "self(encode) > +3%"
assert "200 after" in suite.find("testcase/failure").get("message")
PYTHON
	try pyro-query diff -o junit before.folded after.folded
	ends 2
	says "--fail-if"
	try pyro-query diff -o json before.folded after.folded
	ends 0
	[ "$(python3 -c 'import json, sys
d = json.load(sys.stdin)
f = d["functions"][0]["flat"]
print(d["confidence"], f["before"], f["after"], f["low"] < 100 < f["high"], f["p"] < 0.001)' <<<"$out")" = "0.95 100 200 True True" ]
}

@test "bytes are not taken from nanoseconds" {
	pair 200
	profile heap.pb.gz --type inuse_space:bytes --period space:bytes:524288 --stack 'main;a=64'
	profile cpu.pb.gz --stack 'main;a=30'
	try pyro-query diff heap.pb.gz cpu.pb.gz
	ends 2
	says 'before has "inuse_space" in bytes, after "cpu" in nanoseconds'
	try pyro-query diff before.folded cpu.pb.gz
	ends 2
	says '"samples" in count'
	try pyro-query diff --normalize total -o tsv heap.pb.gz cpu.pb.gz
	ends 0
	prints "30	30	0"
}
