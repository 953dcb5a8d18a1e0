#!/usr/bin/env bats
# pyro-query check: limits of a file of rules.
load ../lib/helpers

sides() { # 100 samples in encode and 900 elsewhere; after: 200
	printf 'main;encode 100\nmain;rest 900\n' >before.folded
	printf 'main;encode 200\nmain;rest 900\n' >after.folded
}

rules() { # rules LINE ...
	printf '%s\n' "$@" >rules.yaml
}

@test "limits of one profile: kept, exceeded, a line each" {
	sides
	rules 'rules:' '- {name: few, fail-if: [total > 2000, self(encode) > 20% of total]}'
	try pyro-query check rules.yaml after.folded
	ends 0
	is "kept         few: total > 2000: 1100
kept         few: self(encode) > 20% of total: 200, 18.18% of total
2 limits of 1 rule: 0 exceeded, 2 kept, 0 not checked"
	try_sh 'pyro-query check rules.yaml - <after.folded'
	ends 0
	rules 'rules:' '- fail-if: self(encode) > 10% of total'
	try pyro-query check rules.yaml after.folded
	[ "$status" = 1 ]
	[ -z "$err" ] || fail "words besides the report"
	prints "exceeded     rule 1: self(encode) > 10% of total: 200, 18.18% of total"
	prints "1 limit of 1 rule: 1 exceeded, 0 kept, 0 not checked"
}

@test "limits of changes: a base, its own source and options; defaults" {
	sides
	rules 'defaults: {source: after.folded, focus: encode}' 'rules:' '- name: slower' '  base: {source: before.folded}' \
		'  fail-if: self(encode) > +3%' '- name: less' '  base: {source: before.folded, focus: rest}' '  fail-if: total < -50%' \
		'- name: all' '  focus: ""' '  fail-if: total > 1099'
	try pyro-query check rules.yaml
	[ "$status" = 1 ]
	prints "exceeded     slower: self(encode) > +3%: 100 before, 200 after, +100.00% (p <0.001)"
	prints "exceeded     less: total < -50%: 900 before, 200 after, -77.78% (p <0.001)"
	prints "exceeded     all: total > 1099: 1100"
}

@test "what cannot be checked is told, the rest is checked, and the exit status is the first reason's" {
	sides
	rules 'rules:' '- {name: gone, source: none.folded, fail-if: total > 1}' '- {name: here, fail-if: total > 5000}' \
		'- {name: unit, fail-if: total > 3 apples}'
	try pyro-query check rules.yaml after.folded
	ends 100
	says "pyro-query: gone: none.folded: No such file or directory"
	prints "not checked  gone: total > 1: none.folded: No such file or directory"
	prints "kept         here: total > 5000: 1100"
	prints "not checked  unit: total > 3 apples: "
	prints "3 limits of 3 rules: 0 exceeded, 1 kept, 2 not checked"
	rules 'rules:' "- {source: http://127.0.0.1:$(free_port), fail-if: total > 1}"
	try pyro-query check rules.yaml
	ends 111
	rules 'rules:' '- {query: "{a=\"nobody\"}", from: now-1h, fail-if: total > 1}'
	try pyro-query check rules.yaml after.folded
	ends 1
	says "rule 1: no profile of 1 is in the range"
	# an exceeded limit is the answer, whatever could not be looked at
	rules 'rules:' '- {source: none.folded, fail-if: total > 1}' '- fail-if: total > 1'
	try pyro-query check rules.yaml after.folded
	[ "$status" = 1 ]
}

@test "markdown and junit" {
	sides
	rules 'rules:' '- {name: "a <b> & `c`", fail-if: [total > 1, total > 5000]}' '- {source: none.folded, fail-if: total > 1}'
	try pyro-query check rules.yaml after.folded -o md
	[ "$status" = 1 ]
	short=$out
	try pyro-query check rules.yaml after.folded -o markdown
	[ "$status" = 1 ]
	is "$short"
	is '### 3 limits of 2 rules: 1 exceeded, 1 kept, 1 not checked

- **exceeded** `a <b> & '"'c'"'`: `total > 1: 1100`
- **kept** `a <b> & '"'c'"'`: `total > 5000: 1100`
- **not checked** `rule 2`: `total > 1`: `none.folded: No such file or directory`'
	try pyro-query check rules.yaml after.folded -o junit=report.xml
	[ "$status" = 1 ]
	silent
	python3 - report.xml <<'PYTHON'
import sys, xml.etree.ElementTree as ET
a, b = ET.parse(sys.argv[1]).getroot().findall("testsuite")
assert a.attrib == {"name": "a <b> & `c`", "tests": "2", "failures": "1", "errors": "0"}, a.attrib
assert b.attrib == {"name": "rule 2", "tests": "1", "failures": "0", "errors": "1"}, b.attrib
assert a.find("testcase/failure").get("message") == "total > 1: 1100"
assert "No such file" in b.find("testcase/error").get("message")
PYTHON
	try pyro-query check rules.yaml after.folded -o junit=report.xml
	[ "$status" != 0 ]
	says "--force"
	try pyro-query check rules.yaml after.folded -o svg
	ends 2
	says "there are text, markdown and junit"
}

@test "a server: the same question now and an hour ago" {
	sides
	start_server
	now=$(date +%s)
	curl -sf --data-binary @before.folded "http://127.0.0.1:$port/ingest?name=shop&from=$((now - 3700))&until=$((now - 3690))"
	curl -sf --data-binary @after.folded "http://127.0.0.1:$port/ingest?name=shop&from=$((now - 60))&until=$((now - 50))"
	rules 'defaults: {from: now-30m, confidence: 0, query: "{service_name=\"shop\"}"}' 'rules:' '- name: slower' \
		'  base: {from: now-90m, to: now-30m}' '  fail-if: [self(encode) > +90%, cum(main) > +50%]'
	try pyro-query check rules.yaml "http://127.0.0.1:$port"
	[ "$status" = 1 ]
	prints "exceeded     slower: self(encode) > +90%: "
	prints "+100.00%"
	prints "kept         slower: cum(main) > +50%: "
}

@test "wrong files and command lines" {
	sides
	try pyro-query check
	ends 2
	says "a file of rules is expected"
	try pyro-query check none.yaml after.folded
	ends 2
	rules 'rules:' '- fail-if: total > +1%'
	try pyro-query check rules.yaml after.folded
	ends 2
	says "rules.yaml:2: fail-if: total > +1%: a change needs a base"
	silent
	rules 'rules:' '- fail-if: total > 1'
	try pyro-query check rules.yaml
	ends 2
	says "neither the rule nor the command line names a source"
	head -c 5000000 /dev/zero >zero.yaml
	try pyro-query check zero.yaml after.folded
	ends 100
}
