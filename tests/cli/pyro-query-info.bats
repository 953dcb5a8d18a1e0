#!/usr/bin/env bats
# pyro-query info, and which of several inputs and profiles are read.
load ../lib/helpers

fact() { # fact EXPRESSION: of the JSON object d on the only line of standard output
	python3 -c 'import json, sys
d = json.loads(sys.stdin.read())
print(eval(sys.argv[1]))' "$1" <<<"$out"
}

@test "info --json has the facts of one file" {
	shop
	try pyro-query info --json cpu.pb.gz
	ends 0
	json_lines
	[ "$(fact 'd["file"], d["format"], d["gzip"]')" = "('cpu.pb.gz', 'pprof', True)" ]
	[ "$(fact 'd["samples"], d["distinct_stacks"], d["functions"], d["locations"], d["mappings"]')" = "(2, 2, 4, 4, 1)" ]
	[ "$(fact 'd["period_type"], d["period"]')" = "(['cpu', 'nanoseconds'], 10000000)" ]
	[ "$(fact 'd["types"][0]["total"]')" = 100 ]
	[ "$(fact '[(f["name"], f["value"]) for f in d["types"][0]["top_flat"]]')" = "[('idle', 70), ('parse', 30)]" ]
	[ "$(fact '[(f["name"], f["value"]) for f in d["types"][0]["top_cum"]]')" = \
		"[('main', 100), ('idle', 70), ('parse', 30), ('serve', 30)]" ]
	[ "$(fact 'd["sample_types"], d["totals"]')" = "([['cpu', 'nanoseconds']], [100])" ]
	[ "$(fact '[(p["totals"], p["samples"], p["functions"]) for p in d["profiles"]]')" = "[([100], 2, 4)]" ]
	saved=$out
	try pyro-query info -o json cpu.pb.gz
	is "$saved"
	try_sh 'pyro-query info --json <cpu.pb.gz'
	[ "$(fact 'd["file"]')" = "standard input" ]
}

@test "info has one line a file, in order" {
	shop
	printf 'a;b 3\nnot a count\n\na;c 4\n' >x.folded
	mkdir folder
	cp cpu.pb.gz folder/
	tar cf all.tar cpu.pb.gz x.folded
	try pyro-query info --json x.folded folder all.tar
	ends 0
	json_lines
	[ "$(wc -l <<<"$out")" = 4 ]
	out=$(head -n 1 <<<"$out")
	[ "$(fact 'd["lines_with_count"], d["other_lines"], d["total"], d["max_depth"]')" = "(2, 1, 7, 2)" ]
	[ "$(fact 'd["first_skipped"]')" = "line 2 does not end in a blank and a count" ]
}

@test "info of what old agents sent, by name and by --format" {
	printf 'a;b\na\na;b\n' >x.lines
	try pyro-query info --json x.lines
	ends 0
	[ "$(fact 'd["format"], d["totals"], d["distinct_stacks"]')" = "('ingest-lines', [3], 2)" ]
	printf '\0\0\1\1a\1\1\1b\2\0' >x.bin
	try pyro-query info --json --format query-tree x.bin
	[ "$(fact 'd["format"], d["totals"], d["max_depth"]')" = "('query-tree', [3], 2)" ]
	try pyro-query info --json --format ingest-tree x.bin
	[ "$(fact 'd["format"], d["totals"], d["max_depth"]')" = "('ingest-tree', [3], 2)" ]
}

@test "info for people" {
	shop
	profile tagged.pb.gz --stack 'main=5' --tag user=ann
	try pyro-query info cpu.pb.gz tagged.pb.gz
	ends 0
	prints "cpu.pb.gz: pprof in gzip"
	prints "samples    2"
	prints "cpu/nanoseconds: 100ns"
	prints "user (1 sample)"
}

@test "info of blocks and of a server" {
	blocks
	try pyro-query info --json -q '{service_name="shop"}' blocks
	ends 0
	[ "$(fact 'd["format"], d["types"][0]["total"]')" = "('rows', 100)" ]
	start_server
	shop
	curl -sf --data-binary @cpu.pb.gz "http://127.0.0.1:$port/ingest?name=shop&from=1768471200&until=1768471210&format=pprof"
	for verb in info top folded svg; do
		try pyro-query $verb --from 2026-01-15T00:00:00Z --to 2026-01-16T00:00:00Z "http://127.0.0.1:$port"
		ends 0
		prints parse
	done
	try pyro-query folded --from 0 "http://127.0.0.1:$port"
	ends 0
	prints parse
}

@test "info of what is not there, or nothing, or nonsense" {
	try pyro-query info missing
	ends 100
	says missing
	: >empty
	try pyro-query info empty
	ends 100
	says empty
	mkdir nothing
	try pyro-query info nothing
	ends 1
	says "no profiles"
	shop
	try pyro-query info -o svg cpu.pb.gz
	ends 2
	try pyro-query info --keep-going empty cpu.pb.gz
	[ "$status" = 1 ]
	says empty
	prints "samples    2"
}

@test "--format overrides what a file looks like" {
	printf '{"a": 1}\n{"b": 2} 3\n' >odd.json
	try pyro-query folded odd.json
	[ "$status" != 0 ]
	try pyro-query folded --format folded odd.json
	[ "$status" = 0 ]
	is '{"b": 2} 3'
	says "line 1 does not end"
	try pyro-query folded --format pprof odd.json
	ends 100
	try pyro-query folded --format nonsense odd.json
	ends 2
	says "known: "
}

@test "records that a format may skip are told, once for each input" {
	printf 'a;b 3\nnot a count\nnor this\n' >x.folded
	printf 'p 1/1 10.000000: 1 cycles: \n\t1 a (x)\n\nanother program says this\n\n' >x.perf
	printf 'a;b 3\n# a comment\n\nc 1\n' >sound.folded
	for lenient in "" --lenient; do
		try pyro-query folded $lenient x.folded
		[ "$status" = 0 ]
		is "a;b 3"
		says 'msg="records skipped" input=x.folded records=2 first="line 2 does not end in a blank and a count"'
		try pyro-query folded $lenient x.perf
		[ "$status" = 0 ]
		is "p;a 1"
		says 'msg="records skipped" input=x.perf records=1 first="line 4: '
		try pyro-query folded $lenient sound.folded
		ends 0
	done
	try pyro-query folded x.folded x.perf sound.folded
	[ "$(grep -c 'records skipped' <<<"$err")" = 2 ] || fail "two inputs have such records"
	# facts have it themselves
	try pyro-query info x.folded
	ends 0
	prints "skipped    2, the first: line 2 does not end"
}

@test "fractions of counts are told to be rounded" {
	printf 'a;b 1.25\na;b 1.25\n' >x.folded
	try pyro-query folded x.folded
	[ "$status" = 0 ]
	is "a;b 3"
	says "fractions of counts"
}

@test "--profile and --event choose by number or name" {
	shop
	try pyro-query folded --profile 1 cpu.pb.gz
	ends 0
	try pyro-query folded --profile 2 cpu.pb.gz
	ends 100
	[[ $err == *"no profile is called 2"* ]] || fail "the number is not named"
	try pyro-query folded --event alloc cpu.pb.gz
	ends 100
	printf 'p 1 1.000000: 1 %s: \n\t1 %s (x)\n\n' cycles a faults b misses c >x.perf
	try pyro-query folded --sample-index samples --profile misses --event 1 x.perf
	ends 0
	is "p;a 1
p;c 1"
	try pyro-query folded --event none x.perf
	ends 100
	says "no profile is called none; there are: 1 cycles, 2 faults, 3 misses"
}

@test "how perf's stacks and folded names are read" {
	printf 'p q 1/2 1.000000: 1 cycles: \n\tf1 read ([kernel.kallsyms])\n\tf0 a->b (/tmp/perf-1.map)\n\n' >x.perf
	rows() { # rows OPTION ...: both programs
		try pyro-query folded "$@" x.perf
		ends 0
		cp .out query.out
		try pyro-convert --to folded "$@" x.perf
		ends 0
		cmp .out query.out
	}
	rows
	is "p_q;a;b;read 1"
	rows --pid
	is "p_q-1;a;b;read 1"
	rows --tid
	is "p_q-1/2;a;b;read 1"
	rows --comm=false
	is "a;b;read 1"
	rows --kernel
	is "p_q;a;b;read_[k] 1"
	rows --jit
	is "p_q;a_[j];b;read 1"
	rows --jit --inlined --pid
	is "p_q-1;a_[j];b_[i];read 1"
	for program in "pyro-query folded" "pyro-convert --to folded"; do
		try $program --comm=false --tid x.perf
		ends 2
		says "--comm=false"
	done
	printf 'main (a.c:3);b.c:work:7 5\n' >x.folded
	for program in "pyro-query top --output tsv --lines" "pyro-convert --to tsv --lines"; do
		try $program --split-frames x.folded
		ends 0
		prints "main a.c:3"
		prints "work b.c:7"
		try $program x.folded
		ends 0
		prints "b.c:work:7"
	done
}

@test "--columns: all sample types of folded stacks" {
	printf 'p 1 1.000000: %d cycles: \n\t1 %s (x)\n\n' 5 a 7 b 9 a >x.perf
	for program in "pyro-query folded" "pyro-convert --to folded"; do
		try $program --columns x.perf
		ends 0
		is "samples/count cycles/count
p;a 2 14
p;b 1 7"
		try $program --columns --focus b x.perf
		ends 0
		is "samples/count cycles/count
p;b 1 7"
	done
	try pyro-query top --columns x.perf
	ends 2
	says "--columns"
	try pyro-query folded --memory 64M --columns x.perf
	ends 2
	says "--columns"
	try pyro-convert --to svg --columns x.perf
	ends 2
	says "--columns"
}

@test "file:// is a path" {
	shop
	try pyro-query folded "file://$PWD/cpu.pb.gz"
	ends 0
	try pyro-query info "file://$PWD/cpu.pb.gz"
	ends 0
	blocks
	try pyro-query folded -q '{service_name="cart"}' "file://$PWD/blocks"
	is "main;pay 5"
}

@test "--text-names: what the comments of Go's texts say, or addresses alone" {
	printf 'goroutine profile: total 3\n2 @ 0x10 0x20\n#\t0xf\tmain.wait+0x1\t/src/main.go:7\n#\t0x1f\tmain.main+0x2\t/src/main.go:3\n\n1 @ 0x20\n#\t0x1f\tmain.main+0x2\t/src/main.go:3\n' >g.txt
	try pyro-query folded g.txt
	is $'main.main 1\nmain.main;main.wait 2'
	try pyro-query folded --text-names=false g.txt
	is $'<unknown> 1\n<unknown>;<unknown> 2'
	try_sh 'pyro-convert --to folded <g.txt'
	is $'main.main 1\nmain.main;main.wait 2'
	try_sh 'pyro-symbolize g.txt | pyro-query folded'
	is $'main.main 1\nmain.main;main.wait 2'
}

@test "a byte-order mark says nothing: in a file, a pipe, packed, in an archive" {
	printf '\xef\xbb\xbfa 1 1.0: cycles:\n\t1 f (x)\n\t2 main (x)\n\n' >x.perf
	for input in 'x.perf' '- <x.perf' '<(cat x.perf)' '- < <(gzip x.perf -c)' '- < <(tar c x.perf)'; do
		try_sh "pyro-query folded $input"
		is 'a;main;f 1'
	done
	printf '\xef\xbb\xbfstack,count\na;b,3\n' >x.csv
	printf '\xef\xbb\xbfa;b 3\n' >x.folded
	printf '\xef\xbb\xbf{"stack":["a","b"],"value":3}\n' >x.jsonl
	printf '\xef\xbb\xbf' | cat - <(pyro-convert --to speedscope <x.folded) >x.speedscope.json
	for input in x.csv x.folded x.jsonl x.speedscope.json; do
		try pyro-query folded $input
		is 'a;b 3'
	done
}
