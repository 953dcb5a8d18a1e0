#!/usr/bin/env bats
# pyro-query at the prompt: verbs, sources, forms, options, exit codes.
load ../lib/helpers

stacks="main;idle 70
main;serve;parse 30"

# ---- verbs ----

@test "every verb of one profile has an answer" {
	shop
	for verb in top tree calls raw traces tags folded pprof merge json svg html dot; do
		try pyro-query $verb cpu.pb.gz
		ends 0
		[ -n "$out" ] || [ $verb = tags ] || fail "$verb says nothing"
	done
	try pyro-query peek 'idle|parse' cpu.pb.gz
	ends 0
	prints "idle"
	prints "parse"
}

@test "every verb of blocks has an answer" {
	blocks
	for verb in top tree calls raw traces folded pprof merge json svg html dot labels series types; do
		try pyro-query $verb blocks
		ends 0
		[ -n "$out" ]
	done
	try pyro-query values service_name blocks
	ends 0
	is "cart
shop"
}

@test "top sorts by flat, with --cum by cumulative" {
	shop
	try pyro-query top cpu.pb.gz
	[ "$(sed -n 's/.*%  *//p' <<<"$out" | tail -n 4 | tr '\n' ' ')" = "idle parse main serve " ] || fail "order"
	try pyro-query top --cum cpu.pb.gz
	[ "$(sed -n 's/.*%  *//p' <<<"$out" | tail -n 4 | tr '\n' ' ')" = "main idle parse serve " ] || fail "order with --cum"
}

@test "top --nodecount" {
	shop
	try pyro-query top --nodecount 1 cpu.pb.gz
	ends 0
	prints "Showing top 1 nodes out of 4"
	prints "idle"
	[[ $out != *parse* ]] || fail "two rows"
	try pyro-query top -n -5 cpu.pb.gz
	ends 2
}

@test "calls draws the tree" {
	shop
	try pyro-query calls cpu.pb.gz
	ends 0
	prints "main"
	prints "serve"
}

@test "dot is a graph" {
	shop
	try pyro-query dot cpu.pb.gz
	ends 0
	prints "digraph"
	prints "->"
}

@test "traces and raw name every stack" {
	shop
	try pyro-query traces cpu.pb.gz
	ends 0
	prints "70ns   idle"
	prints "30ns   parse"
	try pyro-query raw cpu.pb.gz
	prints "PeriodType: cpu nanoseconds"
	prints "Period: 10000000"
}

@test "tags of samples" {
	profile tagged.pb.gz --stack 'main;a=1' --tag route=/buy --tag user=7
	try pyro-query tags tagged.pb.gz
	ends 0
	prints "route"
	prints "/buy"
}

@test "merge and pprof are the same, and gzip" {
	shop a.pb.gz
	profile b.pb.gz --seed 4
	pyro-query merge a.pb.gz b.pb.gz >one.pb.gz
	pyro-query pprof a.pb.gz b.pb.gz >two.pb.gz
	cmp one.pb.gz two.pb.gz
	gzip -t one.pb.gz
	try pyro-query folded a.pb.gz b.pb.gz
	files=$out
	try pyro-query folded one.pb.gz
	is "$files"
}

@test "peek without a function, with a broken one, with one that is not there" {
	shop
	try pyro-query peek
	ends 2
	says "regular expression"
	try pyro-query peek 'a(' cpu.pb.gz
	[ "$status" != 0 ]
	says "peek"
	silent
	try pyro-query peek nowhere cpu.pb.gz
	[ "$status" != 0 ] || [ -n "$out" ] || fail "no answer at all"
}

@test "list shows source lines, or why there are none" {
	printf 'heap profile: 1: 8 [1: 8] @ heapprofile\n1: 8 [1: 8] @ 0x10\n' >heap
	try pyro-query list . heap
	ends 1
	try pyro-query list
	ends 2
	says "regular expression"
	try pyro-query list '(' heap
	ends 2
	says "list"
}

# ---- several sample types ----

@test "--sample-index by name and by number" {
	profile two.pb.gz --type samples:count --type cpu:nanoseconds --stack 'main;a=1,500' --stack 'main;b=3,100'
	try pyro-query folded --sample-index samples two.pb.gz
	ends 0
	is "main;a 1
main;b 3"
	try pyro-query folded -s cpu two.pb.gz
	is "main;a 500
main;b 100"
	try pyro-query folded --sample-index 0 two.pb.gz
	is "main;a 1
main;b 3"
	try pyro-query folded two.pb.gz
	is "main;a 500
main;b 100"
	try pyro-query folded --sample-index nonsense two.pb.gz
	[ "$status" != 0 ]
	says "nonsense"
	silent
}

@test "--profile-type of blocks with several" {
	profile two.pb.gz --type samples:count --type cpu:nanoseconds --stack 'main;a=1,500' --stack 'main;b=3,100'
	pyro-ingest -l service_name=x -o blocks two.pb.gz
	try pyro-query types blocks
	ends 0
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds
process_cpu:samples:count:cpu:nanoseconds"
	try pyro-query folded -t process_cpu:samples:count:cpu:nanoseconds blocks
	ends 0
	is "main;a 1
main;b 3"
	try pyro-query folded blocks
	is "main;a 500
main;b 100"
	try pyro-query folded -t samples blocks
	is "main;a 1
main;b 3"
	try pyro-query folded -t nonsense blocks
	ends 1
	silent
	[[ $err == *"no profile is of type nonsense; there are:"*"  process_cpu:samples:count:cpu:nanoseconds" ]] || fail "$err"
	try pyro-query folded -t a:b blocks
	ends 2
	says "--profile-type"
	try pyro-query folded -t memory:a:b:c:d blocks
	ends 1
	silent
}

@test "--profile-type among the profiles of files" {
	cpu=process_cpu:cpu:nanoseconds:cpu:nanoseconds
	profile two.pb.gz --type samples:count --type cpu:nanoseconds --stack 'main;a=1,500' --stack 'main;b=3,100'
	profile heap.pb.gz --type inuse_objects:count --type inuse_space:bytes --period space:bytes:524288 --stack 'main;a=1,512'
	printf 'main;c 7\n' >c.folded
	try pyro-query folded -t $cpu two.pb.gz heap.pb.gz c.folded
	ends 0
	is "main;a 500
main;b 100"
	try pyro-query folded -t process_cpu:samples:count:cpu:nanoseconds two.pb.gz heap.pb.gz
	ends 0
	is "main;a 1
main;b 3"
	# what the file does not say, and empty parts, fit
	try pyro-query folded -t anything:inuse_space:bytes:: two.pb.gz heap.pb.gz
	ends 0
	is "main;a 512"
	# with labels the name counts
	pyro-convert --to stream --label __name__=process_cpu two.pb.gz >s.tar
	try pyro-query folded -t $cpu s.tar
	ends 0
	is "main;a 500
main;b 100"
	try pyro-query folded -t wall:cpu:nanoseconds:cpu:nanoseconds s.tar
	ends 1
	[[ $err == *"no profile is of type wall:cpu:"*"process_cpu:samples:count:cpu:nanoseconds"*"  $cpu"* ]] || fail "what there is is not told"
	# the period counts where there is one
	try pyro-query folded -t process_cpu:cpu:nanoseconds:wall:nanoseconds two.pb.gz
	ends 1
	# only the one type stays
	try_sh "pyro-query pprof -t $cpu two.pb.gz heap.pb.gz | pyro-query info --json"
	ends 0
	[ "$(python3 -c 'import json, sys; print(*[t["type"] for t in json.load(sys.stdin)["types"]])' <<<"$out")" = cpu ] || fail "other types"
	try pyro-query info --json -t $cpu heap.pb.gz two.pb.gz
	ends 0
	[ "$(python3 -c 'import json, sys; print(*[t["type"] for t in json.load(sys.stdin)["types"]])' <<<"$out")" = cpu ] || fail "other types"
	try pyro-query info -t $cpu heap.pb.gz
	ends 1
	try pyro-query folded --memory 64M -t $cpu two.pb.gz heap.pb.gz
	ends 0
	is "main;a 500
main;b 100"
	# the type alone
	try pyro-query folded -t inuse_space two.pb.gz heap.pb.gz
	ends 0
	is "main;a 512"
	try pyro-query folded -t nonsense two.pb.gz
	ends 1
	[[ $err == *"no profile is of type nonsense; one has:"*"  :cpu:nanoseconds:cpu:nanoseconds" ]] || fail "$err"
	for verb in folded top info; do
		try pyro-query $verb -t non:sense two.pb.gz
		ends 2
		says "--profile-type"
	done
}

@test "an address at which something else answers" {
	start_server
	try pyro-query top "http://127.0.0.1:$port/grafana"
	ends 100
	says "LabelValues: status 404: the server at this address does not have it"
	try pyro-tail --for 10s "http://127.0.0.1:$port/grafana"
	ends 100
	says "/pyro/tail: status 404: the server at this address does not have it"
}

@test "options as pprof writes them" {
	profile two.pb.gz --type samples:count --type cpu:nanoseconds --stack 'main;a;b=1,500' --stack 'main;c=3,100'
	try pyro-query folded -sample_index=samples -show_from='^a$' two.pb.gz
	ends 0
	is "a;b 1"
}

@test "what cannot be meant is told before anything is read" {
	try pyro-query values http://localhost:1
	ends 2
	says "values: the name of a label is expected before http://localhost:1"
	for option in --from --to; do
		try pyro-query top $option 2026-13-45 absent
		ends 2
		says "$option: \"2026-13-45\": not a time (2026-01-15T10:00:00Z, now-1h, 1h, unix time)"
	done
}

@test "of several CPU times that with a period comes first" {
	profile cpu.pb.gz --stack 'main;b=30'
	profile bare.pb.gz --stack 'main;c=5' --period none
	pyro-ingest -l service_name=x -o blocks cpu.pb.gz
	pyro-ingest -l service_name=y -o blocks bare.pb.gz
	try pyro-query types blocks
	is "process_cpu:cpu:nanoseconds::
process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try pyro-query folded blocks
	is "main;b 30"
}

@test "several types without CPU must be chosen from" {
	profile heap.pb.gz --type inuse_objects:count --type inuse_space:bytes --period space:bytes:524288 --stack 'main;a=1,512'
	pyro-ingest -l service_name=x -o blocks heap.pb.gz
	try pyro-query folded -t inuse_space blocks
	ends 0
	is "main;a 512"
	try pyro-query folded blocks
	ends 2
	[[ $err == *"--profile-type"*"memory:inuse_space:bytes:space:bytes"* ]] || fail "no choice is offered"
	try pyro-query folded -t memory:inuse_space:bytes:space:bytes blocks
	ends 0
	is "main;a 512"
}

# ---- filters ----

@test "--focus, --ignore, --hide, --show, --show-from" {
	shop
	try pyro-query folded --focus parse cpu.pb.gz
	ends 0
	is "main;serve;parse 30"
	try pyro-query folded --ignore parse cpu.pb.gz
	is "main;idle 70"
	try pyro-query folded --hide 'serve' cpu.pb.gz
	is "main;idle 70
main;parse 30"
	try pyro-query folded --show 'main|idle' cpu.pb.gz
	is "main 30
main;idle 70"
	try pyro-query folded --show-from 'serve' cpu.pb.gz
	is "serve;parse 30"
	try pyro-query folded --focus 'a(' cpu.pb.gz
	[ "$status" != 0 ]
	says "--focus"
}

@test "--tagfocus and --tagignore" {
	profile a.pb.gz --stack 'main;a=1' --tag route=/buy
	profile b.pb.gz --stack 'main;b=2' --tag route=/sell
	try pyro-query folded --tagfocus route=/buy a.pb.gz b.pb.gz
	ends 0
	is "main;a 1"
	try pyro-query folded --tagignore route=/buy a.pb.gz b.pb.gz
	is "main;b 2"
}

@test "--lines, --files, --addresses, --unit" {
	shop
	try pyro-query top --lines cpu.pb.gz
	ends 0
	prints "app.go:"
	try pyro-query top --files cpu.pb.gz
	ends 0
	prints "app.go"
	[[ $out != *idle* ]] || fail "functions are still told apart"
	try pyro-query top --addresses cpu.pb.gz
	ends 0
	prints "0000000000400"
	profile big.pb.gz --stack 'main=2000000000'
	try pyro-query top --unit ms big.pb.gz
	ends 0
	prints "2000ms"
}

@test "-q and the time range choose rows of blocks" {
	blocks
	try pyro-query folded -q '{service_name="cart"}' blocks
	ends 0
	is "main;pay 5"
	try pyro-query folded -q '{service_name=~"c.*"}' blocks
	is "main;pay 5"
	try pyro-query folded -q '{service_name!="cart"}' blocks
	is "$stacks"
	try pyro-query folded --from 2026-01-15T11:00:00Z blocks
	is "main;pay 5"
	try pyro-query folded --to 2026-01-15T11:00:00Z blocks
	is "$stacks"
	try pyro-query folded --from 1768471200 --to 1768471200 blocks
	is "$stacks"
	try pyro-query folded --from 2026-01-16T00:00:00Z blocks
	ends 1
	silent
	try pyro-query folded --from 2026-01-15T11:00:00Z --to 2026-01-15T10:00:00Z blocks
	ends 2
	says "--from"
	try pyro-query folded --from sometime blocks
	[ "$status" = 2 ] || [ "$status" = 100 ] || fail "a bad time"
	says "--from"
	try pyro-query folded -q '{service_name=' blocks
	[ "$status" = 2 ] || [ "$status" = 100 ] || fail "a bad selector"
	silent
}

@test "--max-nodes truncates pictures" {
	profile wide.pb.gz --seed 9 --samples 400
	try pyro-query svg --max-nodes 5 wide.pb.gz
	ends 0
	few=${#out}
	try pyro-query svg wide.pb.gz
	[ "$few" -lt "${#out}" ]
}

# ---- labels ----

@test "labels, values, series" {
	blocks
	try pyro-query labels blocks
	ends 0
	[ "$(sort <<<"$out")" = "$out" ]
	prints "__profile_type__"
	try pyro-query labels -q '{service_name="nobody"}' blocks
	ends 1
	silent
	try pyro-query values __profile_type__ blocks
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try pyro-query values nothing blocks
	ends 1
	try pyro-query values
	ends 2
	says "name of a label"
	try pyro-query series --label-names service_name blocks
	ends 0
	is '{service_name="cart"}
{service_name="shop"}'
	try pyro-query series --label-names service_name,__type__ blocks
	ends 0
	is '{__type__="cpu", service_name="cart"}
{__type__="cpu", service_name="shop"}'
	try pyro-query series --label-names service_name, blocks
	ends 2
	says "a name is empty"
	try pyro-query series --label-names service_name -o json blocks
	is '{"service_name":"cart"}
{"service_name":"shop"}'
	try pyro-query labels -o json blocks
	prints '"service_name"'
	try pyro-query labels -o names.txt blocks
	ends 0
	silent
	grep -qx service_name names.txt
	try pyro-query labels -o svg blocks
	ends 2
	says "svg"
}

@test "labels of a file of profiles: there are none" {
	shop
	try pyro-query labels cpu.pb.gz
	ends 2
	says "no labels"
}

@test "labels of a profile stream: each once, by name; what has none of them is not there" {
	python3 - stream.tar <<-'END'
		import io, sys, tarfile
		with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as out:
		    for labels in ['{"pod":"b","service_name":"shop"}', '{"service_name":"cart"}', '{"pod":"a","service_name":"shop"}',
		                   '{"pod":"b","service_name":"shop"}']:
		        member = tarfile.TarInfo("p.folded")
		        member.size = 7
		        member.pax_headers = {"SCHILY.xattr.user.pyro.labels": labels}
		        out.addfile(member, io.BytesIO(b"main 1\n"))
	END
	try pyro-query labels stream.tar
	is $'pod\nservice_name'
	try pyro-query values pod stream.tar
	is $'a\nb'
	try pyro-query series stream.tar
	is '{pod="a", service_name="shop"}
{pod="b", service_name="shop"}
{service_name="cart"}'
	try pyro-query series --label-names pod stream.tar
	is '{pod="a"}
{pod="b"}'
	try pyro-query values nothing stream.tar
	ends 1
}

# ---- sources ----

@test "a folder of blocks, one block, a data folder, a bucket" {
	blocks all
	mkdir -p data/anonymous/local bucket/anonymous/phlaredb
	cp -r all/* data/anonymous/local/
	cp -r all/* bucket/anonymous/phlaredb/
	for source in all data data/anonymous data/anonymous/local bucket 'all/*'; do
		# shellcheck disable=SC2086
		try pyro-query folded -q '{service_name="shop"}' $source
		ends 0
		is "$stacks"
	done
	try pyro-query folded "$(first_block all)"
	is "$stacks"
	try pyro-query raw all # 10:00 to 11:30
	prints "Duration: 1h30"
	try pyro-query raw "$(first_block all)" # one profile
	[[ $out != *Duration* ]] || fail "how long is not known"
}

@test "block streams: a pipe, a file, compressed, several" {
	shop
	pyro-ingest -l service_name=shop cpu.pb.gz >blocks.tar
	gzip -k blocks.tar
	try_sh 'pyro-query folded <blocks.tar'
	is "$stacks"
	try_sh 'pyro-query folded - <blocks.tar'
	is "$stacks"
	try pyro-query folded blocks.tar
	is "$stacks"
	try pyro-query folded blocks.tar.gz
	is "$stacks"
	profile cart.pb.gz --stack 'main;pay=5' --build /bin/cart
	pyro-ingest -l service_name=cart cart.pb.gz >more.tar
	try pyro-query folded blocks.tar more.tar
	ends 0
	is "main;idle 70
main;pay 5
main;serve;parse 30"
}

@test "a profile in a folder that is named like a block" {
	mkdir -p 01KF0HJ080Q28BPDDJFR330ZS4
	shop 01KF0HJ080Q28BPDDJFR330ZS4/cpu.pb.gz
	try pyro-query folded 01KF0HJ080Q28BPDDJFR330ZS4/cpu.pb.gz
	ends 0
	is "$stacks"
	try pyro-query folded 01KF0HJ080Q28BPDDJFR330ZS4
	ends 0
	is "$stacks"
}

@test "profiles and blocks together are refused" {
	blocks
	shop
	for verb in top "folded --memory 64M" labels types; do
		for both in "blocks cpu.pb.gz" "cpu.pb.gz blocks"; do
			try pyro-query $verb $both
			ends 2
			says "pyro-ingest"
			[ -z "$out" ] || fail "an answer of half of it"
		done
	done
}

@test "other formats: folded text, the answer of another pyro-query" {
	printf 'main;idle 70\nmain;serve;parse 30\n' >cpu.folded
	try pyro-query folded cpu.folded
	ends 0
	is "$stacks"
	try_sh 'pyro-query folded <cpu.folded'
	is "$stacks"
	pyro-query pprof cpu.folded >cpu.pb.gz
	try pyro-query folded cpu.pb.gz
	is "$stacks"
}

@test "a server that is not there" {
	port=$(free_port)
	try pyro-query labels "http://127.0.0.1:$port"
	ends 111
	says "127.0.0.1:$port"
	shop
	try pyro-query top "http://127.0.0.1:$port" cpu.pb.gz
	ends 2
	try pyro-query top "http://127.0.0.1:$port" "http://127.0.0.1:$port"
	ends 2
}

# ---- diff ----

@test "diff in every form" {
	shop before.pb.gz
	profile after.pb.gz --stack 'main;serve;parse=90' --stack 'main;idle=70' --stack 'main;new=5'
	try pyro-query diff --all before.pb.gz after.pb.gz
	ends 0
	[[ $(grep -w parse <<<"$out") == *30*90* ]] || fail "before and after"
	[[ $(grep -w new <<<"$out") == *5* ]] || fail "what is new"
	try pyro-query diff -o folded before.pb.gz after.pb.gz
	ends 0
	is "main;idle 70 70
main;new 0 5
main;serve;parse 30 90"
	for form in tsv csv json svg html; do
		try pyro-query diff --all -o $form before.pb.gz after.pb.gz
		ends 0
		prints "parse"
	done
	try pyro-query diff -o dot before.pb.gz after.pb.gz
	ends 2
	says "dot"
}

@test "diff of a thing with itself" {
	shop
	try pyro-query diff -o folded cpu.pb.gz cpu.pb.gz
	ends 0
	is "main;idle 70 70
main;serve;parse 30 30"
}

@test "diff of a folder of blocks and a file" {
	shop
	blocks
	try pyro-query diff -q '{service_name="shop"}' -o folded blocks cpu.pb.gz
	ends 0
	is "main;idle 70 70
main;serve;parse 30 30"
}

@test "diff wants two sources" {
	shop
	for args in '' 'cpu.pb.gz' 'cpu.pb.gz cpu.pb.gz cpu.pb.gz'; do
		try pyro-query diff $args
		ends 2
		says "two sources"
	done
	try pyro-query diff cpu.pb.gz cpu.pb.gz --normalize often
	ends 2
	says "two sources are expected, BEFORE and AFTER, not 3: cpu.pb.gz cpu.pb.gz often"
	try pyro-query diff cpu.pb.gz missing.pb.gz
	ends 100
	says "missing.pb.gz"
}

# ---- --output ----

@test "--output FORM is as the verb FORM" {
	shop
	for form in tree raw folded svg html json dot traces calls; do
		pyro-query $form cpu.pb.gz >verb
		pyro-query top -o $form cpu.pb.gz >option
		cmp verb option
	done
	pyro-query pprof cpu.pb.gz >verb
	pyro-query top -o pprof cpu.pb.gz >option
	cmp verb option
	for form in tsv csv table; do
		try pyro-query top -o $form cpu.pb.gz
		ends 0
		prints "idle"
	done
	pyro-query top cpu.pb.gz >verb
	for form in text top -; do
		pyro-query top -o $form cpu.pb.gz >option
		cmp verb option
	done
}

@test "--output FORM=FILE and --output FILE" {
	shop
	try pyro-query top --output svg=flame cpu.pb.gz
	ends 0
	silent
	grep -q '<svg' flame
	for file in a.svg a.html a.json a.folded a.pb.gz a.dot a.txt; do
		try pyro-query top -o $file cpu.pb.gz
		ends 0
		silent
		[ -s $file ]
	done
	grep -q '<svg' a.svg
	grep -q '<html' a.html
	python3 -m json.tool a.json >/dev/null
	[ "$(cat a.folded)" = "$stacks" ]
	gzip -t a.pb.gz
	grep -q digraph a.dot
	pyro-query top cpu.pb.gz | cmp - a.txt
}

@test "export has the form of --output" {
	shop
	try pyro-query export --output folded cpu.pb.gz
	ends 0
	is "$stacks"
	pyro-query export cpu.pb.gz >again.pb.gz
	[ "$(pyro-query folded again.pb.gz)" = "$stacks" ]
	try pyro-query export --format folded cpu.pb.gz
	ends 2
	says "--output folded"
	printf '%s\n' "$stacks" >cpu.txt
	try pyro-query export --format folded --output folded cpu.txt
	ends 0
	is "$stacks"
}

@test "a file that is there is kept, unless --force" {
	shop
	echo precious >a.svg
	try pyro-query top -o a.svg cpu.pb.gz
	ends 100
	says "--force"
	[ "$(cat a.svg)" = precious ]
	try pyro-query top -o a.svg --force cpu.pb.gz
	ends 0
	grep -q '<svg' a.svg
}

@test "no file is left behind by an answer that fails" {
	echo nonsense >bad.pb.gz
	try pyro-query top -o a.svg bad.pb.gz
	ends 100
	[ "$(ls)" = bad.pb.gz ]
	shop
	try pyro-query top -o nowhere/a.svg cpu.pb.gz
	ends 100
	says "nowhere"
}

@test "an --output that is none" {
	shop
	try pyro-query top -o nonsense cpu.pb.gz
	ends 2
	says "nonsense"
	silent
}

@test "a terminal gets no pprof" {
	command -v script >/dev/null || skip "no script(1)"
	shop
	try script -qec 'pyro-query pprof cpu.pb.gz' /dev/null
	[ "$status" = 2 ] || fail "bytes went to the terminal"
	prints "not for a terminal"
}

# ---- what people ask first ----

@test "-help, -help-all, -version, -print.config" {
	try pyro-query -help
	ends 0
	prints "usage:"
	prints "pyro-query diff BEFORE AFTER"
	[ "$(wc -l <<<"$out")" -le 24 ] || fail "the help is longer than a screen"
	try pyro-query top -help
	ends 0
	prints "-nodecount"
	prints "-watch"
	for verb in merge top diff flame folded info check export series serve; do
		[ "$(pyro-query $verb -help | wc -l)" -le 40 ] || fail "the help of $verb is longer than a screen"
	done
	try pyro-query merge -help # what is for other verbs is left out: of flame, info, series, diff
	for word in interactive watch json label-names fail-if; do
		[[ $out != *" -$word"* ]] || fail "merge -help tells -$word"
	done
	prints "-memory"
	try pyro-query serve -help
	[[ $out != *" -profile-type"* ]] || fail "serve -help tells options of questions"
	try pyro-query serve -q '{}'
	ends 2
	try pyro-query -help-all
	ends 0
	prints "-trim-path"
	try pyro-query -version
	ends 0
	[[ $out =~ ^pyro-query\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "no version"
	try pyro-query top -print.config -n 7
	ends 0
	prints "nodecount = 7  # flag"
	try_sh 'PYRO_QUERY_NODE_COUNT=9 pyro-query top -print.config'
	ends 0
	prints "nodecount = 9  # PYRO_QUERY_NODE_COUNT"
}

@test "a secret is not printed" {
	try pyro-query top --password hunter2 -print.config
	ends 0
	prints "***"
	[[ $out != *hunter2* ]] || fail "the password is shown"
}

@test "wrong usage" {
	try pyro-query
	ends 2
	says "verb"
	try pyro-query frobnicate
	ends 2
	says "frobnicate"
	try pyro-query top --frobnicate
	ends 2
	says "frobnicate"
	try pyro-query top -n many
	ends 2
	says "many"
	try pyro-query top --nodecount
	ends 2
	says "nodecount"
	try pyro-query labels --cum
	ends 2
	says "cum"
}

# ---- what goes wrong ----

@test "missing file, empty file, nonsense" {
	try pyro-query top missing.pb.gz
	ends 100
	says "missing.pb.gz: No such file"
	: >empty.pb.gz
	try pyro-query top empty.pb.gz
	ends 100
	says "empty.pb.gz"
	printf '\1\2\3\4nonsense' >nonsense
	try pyro-query top nonsense
	ends 100
	says "nonsense"
	try pyro-query top
	ends 100
	[ -n "$err" ]
}

@test "truncated gzip and truncated protobuf, at many places" {
	shop cpu.pb.gz
	shop cpu.pb
	size=$(wc -c <cpu.pb.gz)
	for n in 1 2 9 10 11 $((size / 2)) $((size - 8)) $((size - 1)); do
		head -c $n cpu.pb.gz >cut.pb.gz
		try pyro-query top cut.pb.gz
		ends 100
		says "cut.pb.gz"
		silent
	done
	size=$(wc -c <cpu.pb)
	for n in 1 7 $((size / 3)) $((size / 2)) $((size - 1)); do
		head -c $n cpu.pb >cut.pb
		try pyro-query top cut.pb
		[ "$status" -le 111 ] || fail "it crashed"
	done
}

@test "a file that may not be read" {
	[ "$(id -u)" != 0 ] || skip "root may read everything"
	shop
	chmod 0 cpu.pb.gz
	try pyro-query top cpu.pb.gz
	ends 100
	says "Permission denied"
}

@test "an empty folder" {
	mkdir empty
	try pyro-query top empty
	[ "$status" != 0 ] || fail "an answer without a profile"
	[ -n "$err" ]
	silent
}

@test "a damaged block" {
	blocks
	b=$(first_block blocks)
	head -c 100 "$b/index.tsdb" >cut
	mv cut "$b/index.tsdb"
	try pyro-query top blocks
	ends 100
	says "index"
	silent
}

@test "a profile without samples" {
	profile empty.pb.gz --samples 0
	try pyro-query folded empty.pb.gz
	[ "$status" -le 1 ] || fail "no samples is no mistake"
	silent
}

@test "a closed pipe and a full disk" {
	profile p.pb.gz --seed 5 --samples 20000
	try bash -c 'pyro-query raw p.pb.gz 2>errors | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}" >status'
	[ "$(cat status)" = 0 ]
	[ ! -s errors ]
	[ -c /dev/full ] || skip "no /dev/full"
	try_sh 'pyro-query top p.pb.gz >/dev/full'
	ends 111
	says "No space left"
	try_sh 'pyro-query -help >/dev/full'
	ends 111
}

@test "answers are the same every time" {
	for i in 1 2 3 4; do profile p$i.pb.gz --seed $i; done
	pyro-ingest -l service_name=x -o blocks p?.pb.gz
	for verb in top tree folded pprof json svg html dot; do
		pyro-query $verb blocks >one
		pyro-query $verb blocks >two
		cmp one two
	done
}

# ---- base of a comparison ----

@test "--diff-base and --base take a profile away" {
	shop before.pb.gz
	profile after.pb.gz --stack 'main;serve;parse=90' --stack 'main;idle=70'
	try pyro-query folded --base before.pb.gz after.pb.gz
	ends 0
	is "main;serve;parse 60"
	try pyro-query top --base before.pb.gz after.pb.gz
	prints "Showing nodes accounting for 60ns, 100% of 60ns total"
	try pyro-query top --diff-base before.pb.gz after.pb.gz
	ends 0
	prints "Showing nodes accounting for 60ns, 60.00% of 100ns total"
	try pyro-query folded --normalize --base before.pb.gz after.pb.gz
	ends 0
	is "main;idle -26
main;serve;parse 26"
	try pyro-query folded --base before.pb.gz --base before.pb.gz after.pb.gz
	is "main;idle -70
main;serve;parse 30"
}

@test "--diff-base and --base: what cannot be" {
	shop
	try pyro-query top --diff-base cpu.pb.gz --base cpu.pb.gz cpu.pb.gz
	ends 2
	try pyro-query top --normalize cpu.pb.gz
	ends 2
	try pyro-query top --base none.pb.gz cpu.pb.gz
	ends 100
	says "none.pb.gz"
	profile heap.pb.gz --type space:bytes --stack 'main=1'
	try pyro-query top --base heap.pb.gz cpu.pb.gz
	ends 100
}

@test "pprof and merge write what the filters leave" {
	shop
	for verb in pprof merge; do
		try_sh "pyro-query $verb --focus idle cpu.pb.gz | pyro-query folded"
		ends 0
		is "main;idle 70"
		try_sh "pyro-query $verb --hide serve --divide-by 10 cpu.pb.gz | pyro-query folded"
		is "main;idle 7
main;parse 3"
		try_sh "pyro-query $verb --focus nobody cpu.pb.gz | pyro-query raw"
		ends 0
	done
	profile tagged.pb.gz --stack 'main=5' --tag user=ann
	try_sh 'pyro-query pprof --tagroot user tagged.pb.gz | pyro-query folded'
	is "ann;main 5"
	try_sh 'pyro-query pprof --taghide user tagged.pb.gz | pyro-query tags'
	ends 0
	silent
}

@test "heatmap of many profiles: by their times" {
	profile a.pb.gz --stack 'main;a=1' --time 2026-01-15T10:00:00Z
	profile b.pb.gz --stack 'main;b=2' --time 2026-01-15T10:00:15Z
	try pyro-query export --output heatmap a.pb.gz b.pb.gz
	ends 0
	prints "2026-01-15 10:00:00: "
	prints "2026-01-15 10:00:15: "
	[ "$(grep -c '<title>2026.*, 1 sample</title>' <<<"$out")" = 2 ] || fail "not one sample each"
	printf 'main 1\n' >x.folded
	try pyro-query export --output heatmap x.folded
	ends 100
	says "the samples have no times"
	pyro-ingest --label service_name=shop -o blocks a.pb.gz b.pb.gz
	try pyro-query export --output heatmap blocks
	ends 100
	says "heatmap: blocks and servers give the sum of a range, whose samples have no times; those of files have"
}
