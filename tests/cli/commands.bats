#!/usr/bin/env bats
# The lines that the README and the pages promise, as people type them.
load ../lib/helpers

@test "pyro-query top cpu.pb.gz" {
	shop
	try pyro-query top cpu.pb.gz
	ends 0
	prints "Showing nodes accounting for 100ns, 100% of 100ns total"
	prints "      70ns 70.00% 70.00%       70ns 70.00%  idle"
	prints "         0     0%   100%      100ns   100%  main"
}

@test "pyro-query top from standard input" {
	shop
	try_sh 'pyro-query top <cpu.pb.gz'
	ends 0
	prints "70ns 70.00% 70.00%       70ns 70.00%  idle"
	by_name=$(pyro-query top cpu.pb.gz)
	is "$by_name"
}

@test "pyro-query top of several files sums them" {
	shop a.pb.gz
	shop b.pb.gz
	try pyro-query top a.pb.gz b.pb.gz
	ends 0
	prints "of 200ns total"
	prints "140ns 70.00% 70.00%      140ns 70.00%  idle"
}

@test "pyro-query top of a folder" {
	mkdir -p day/below
	shop day/a.pb.gz
	shop day/below/b.pb.gz
	try pyro-query top day
	ends 0
	prints "of 200ns total"
}

@test "pyro-query top of a tar" {
	shop a.pb.gz
	shop b.pb.gz
	tar cf day.tar a.pb.gz b.pb.gz
	try pyro-query top day.tar
	ends 0
	prints "of 200ns total"
	try_sh 'tar c a.pb.gz b.pb.gz | pyro-query top'
	ends 0
	prints "of 200ns total"
}

@test "pyro-query top of profiles one behind another" {
	shop a.pb.gz
	shop b.pb.gz
	profile other.pb.gz --stack 'main;pay=5' --time 2026-01-15T11:30:00Z
	packs=(cat 'gunzip -c')
	command -v zstd >/dev/null && packs+=('sh zstds')
	for pack in "${packs[@]}"; do
		echo 'for f in "$@"; do gunzip -c <"$f" | zstd -c; done' >zstds
		try_sh "$pack a.pb.gz b.pb.gz other.pb.gz >all && pyro-query raw all"
		ends 0
		apart=$(pyro-query raw a.pb.gz b.pb.gz other.pb.gz)
		is "$apart"
	done
	try_sh 'cat a.pb.gz b.pb.gz | pyro-query top'
	ends 0
	prints "of 200ns total"
	try_sh 'cat a.pb.gz b.pb.gz other.pb.gz | pyro-query top --profile 2'
	ends 0
	prints "of 100ns total"
	try_sh 'cat a.pb.gz b.pb.gz | pyro-convert --to stream --output two.tar; tar tf two.tar | wc -l'
	ends 0
	is 2
	try_sh 'cat a.pb.gz other.pb.gz | pyro-symbolize | pyro-query merge | pyro-query top'
	ends 0
	prints "of 105ns total"
	try_sh 'cat a.pb.gz b.pb.gz | pyro-ingest --label service_name=shop | pyro-query top -q "{service_name=\"shop\"}"'
	ends 0
	prints "of 200ns total"
}

one_of_pieces() { # one_of_pieces PACK: a profile of which every seven bytes are packed by themselves
	shop
	gunzip -c <cpu.pb.gz | split -b 7 - part.
	for f in part.*; do "$@" "$f"; done >pieces
	try pyro-query raw pieces
	ends 0
	is "$(pyro-query raw cpu.pb.gz)"
}

@test "a profile in members that end anywhere is one" {
	one_of_pieces gzip -c
}

@test "and in frames that end anywhere" {
	command -v zstd >/dev/null || skip "zstd is not installed"
	one_of_pieces zstd -qc
}

@test "pyro-query tree" {
	shop
	try pyro-query tree cpu.pb.gz
	ends 0
	prints "flat  flat%   sum%        cum   cum%   calls calls% + context"
	prints "|   main"
}

@test "pyro-query peek" {
	shop
	try pyro-query peek idle cpu.pb.gz
	ends 0
	prints "| idle"
	prints "main"
}

@test "pyro-query raw" {
	shop
	try pyro-query raw cpu.pb.gz
	ends 0
	prints "Samples:"
	prints "cpu/nanoseconds"
	prints "Locations"
	prints "Mappings"
}

@test "pyro-query folded" {
	shop
	try pyro-query folded cpu.pb.gz
	ends 0
	is "main;idle 70
main;serve;parse 30"
}

@test "pyro-query pprof gives a profile that is the same" {
	shop
	try_sh 'pyro-query pprof cpu.pb.gz >again.pb.gz'
	ends 0
	gzip -t again.pb.gz
	try pyro-query folded again.pb.gz
	is "main;idle 70
main;serve;parse 30"
}

@test "pyro-query json" {
	shop
	try pyro-query json cpu.pb.gz
	ends 0
	python3 -m json.tool <<<"$out" >/dev/null
	prints '"idle"'
}

@test "pyro-query svg" {
	shop
	try pyro-query svg cpu.pb.gz
	ends 0
	prints "<svg"
	prints "idle"
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.read())' <<<"$out"
}

@test "pyro-query html" {
	shop
	try pyro-query html cpu.pb.gz
	ends 0
	prints "<html"
	prints "idle"
}

@test "pyro-query of many profiles in every form" {
	shop a.pb.gz
	shop b.pb.gz
	for form in top tree raw folded json svg html; do
		try pyro-query $form a.pb.gz b.pb.gz
		ends 0
		[ -n "$out" ]
	done
	try pyro-query folded a.pb.gz b.pb.gz
	is "main;idle 140
main;serve;parse 60"
}

@test "a page is read back: all sample types, and both sides of a comparison" {
	profile heap.pb.gz --type n:count --type size:bytes --stack 'main;serve;parse=3,900' --stack 'main;idle=1,70'
	profile after.pb.gz --type n:count --type size:bytes --stack 'main;serve;parse=4,950'
	try_sh 'pyro-query html heap.pb.gz > heap.html; pyro-query diff -o html heap.pb.gz after.pb.gz > diff.html'
	ends 0
	for type in n size; do
		try pyro-query folded --sample-index $type heap.html
		is "$(pyro-query folded --sample-index $type heap.pb.gz)"
		try pyro-query folded --sample-index $type --profile after diff.html
		is "$(pyro-query folded --sample-index $type after.pb.gz)"
	done
}

@test "pyro-query diff before.pb.gz after.pb.gz" {
	shop before.pb.gz
	profile after.pb.gz --stack 'main;serve;parse=90' --stack 'main;idle=70'
	try pyro-query diff before.pb.gz after.pb.gz
	ends 0
	prints "1 changed within the noise" # two samples say nothing
	try pyro-query diff --all before.pb.gz after.pb.gz
	ends 0
	prints "parse"
	for form in svg html json; do
		try pyro-query diff --all before.pb.gz after.pb.gz --output $form
		ends 0
		prints "parse"
	done
	python3 -m json.tool <<<"$out" >/dev/null
}

@test "tar c day/*.pb.gz | pyro-ingest --label service_name=shop --output blocks/" {
	mkdir day
	shop day/a.pb.gz
	profile day/b.pb.gz --seed 7 --time 2026-01-15T10:00:10Z
	try_sh "tar c day/*.pb.gz | pyro-ingest --label service_name=shop --output blocks/"
	ends 0
	[[ $out =~ ^[0-9A-Z]{26}$ ]] || fail "not one block"
	[ -f "blocks/$out/meta.json" ]
	try pyro-block check blocks
	ends 0
	silent
}

@test "pyro-ingest --label service_name=shop *.pb.gz | pyro-query top -q '{service_name=\"shop\"}'" {
	shop a.pb.gz
	shop b.pb.gz
	try_sh "pyro-ingest --label service_name=shop *.pb.gz | pyro-query top -q '{service_name=\"shop\"}'"
	ends 0
	prints "of 200ns total"
	prints "140ns 70.00% 70.00%      140ns 70.00%  idle"
	try_sh "pyro-ingest --label service_name=shop *.pb.gz | pyro-query top -q '{service_name=\"cart\"}'"
	ends 1
}

@test "pyro-query series -q '{service_name=\"shop\"}' --from now-7d blocks/" {
	shop
	profile now.pb.gz --stack 'main;new=1' --time "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	pyro-ingest --label service_name=shop --label age=old --output blocks/ cpu.pb.gz >/dev/null
	pyro-ingest --label service_name=shop --label age=new --output blocks/ now.pb.gz >/dev/null
	try pyro-query series -q '{service_name="shop"}' --from 2026-01-01T00:00:00Z blocks/
	ends 0
	prints 'age="old"'
	try pyro-query series -q '{service_name="shop"}' --from 0 blocks/
	ends 0
	prints 'age="old"'
	try pyro-query series -q '{service_name="shop"}' --from now-7d blocks/
	ends 0
	prints 'age="new"'
	[[ $out != *'age="old"'* ]] || fail "rows of January are not of the last week"
	try pyro-query series -q '{service_name="cart"}' blocks/
	ends 1
	silent
}

@test "pyro-query labels, types and merge of a folder" {
	blocks
	try pyro-query labels blocks
	ends 0
	prints "service_name"
	try pyro-query types blocks
	ends 0
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try_sh 'pyro-query merge blocks | pyro-query folded'
	ends 0
	is "main;idle 70
main;pay 5
main;serve;parse 30"
}

@test "pyro-query labels, types and merge of a block stream" {
	shop
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz | pyro-query labels'
	ends 0
	prints "service_name"
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz | pyro-query types'
	ends 0
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz | pyro-query merge | pyro-query folded'
	ends 0
	is "main;idle 70
main;serve;parse 30"
}

@test "pyro-block list blocks/ ; pyro-block check blocks/* ; pyro-block dump --part symbols blocks/01..." {
	blocks
	try pyro-block list blocks/
	ends 0
	[ "$(wc -l <<<"$out")" = 3 ]
	try pyro-block check blocks/*
	ends 0
	silent
	try pyro-block dump --part symbols "$(first_block blocks)"
	ends 0
	prints '"parse"'
}

@test "pyro-serve: push, then pyro-query labels, types, merge http://host" {
	shop
	start_server
	curl -sf --data-binary @cpu.pb.gz "http://127.0.0.1:$port/ingest?name=shop&from=1768471200&until=1768471210&format=pprof"
	[ -d data ]
	range="--from 2026-01-15T09:00:00Z --to 2026-01-15T11:00:00Z"
	try pyro-query labels $range "http://127.0.0.1:$port"
	ends 0
	prints "service_name"
	try pyro-query types $range "http://127.0.0.1:$port"
	ends 0
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try_sh "pyro-query merge -q '{service_name=\"shop\"}' $range http://127.0.0.1:$port | pyro-query folded"
	ends 0
	is "main;idle 70
main;serve;parse 30"
}

# ---- what goes wrong when people type them ----

@test "pyro-query top of an empty file, of an empty pipe" {
	: >empty.pb.gz
	try pyro-query top empty.pb.gz
	ends 100
	says "empty.pb.gz: unsupported format: the input is empty"
	try pyro-query top
	ends 100
	says "standard input: unsupported format: the input is empty"
	silent
}

@test "pyro-query top of a folder without profiles" {
	mkdir nothing
	try pyro-query top nothing
	ends 1
	says "nothing: there are no profiles and no blocks"
	try pyro-query series nothing
	ends 1
	silent
}

@test "pyro-query top of a folder with something else in it" {
	mkdir day
	shop day/a.pb.gz
	echo "how to read these" >day/readme.txt
	try pyro-query top day
	ends 100
	says "day/readme.txt: unsupported format"
	says "-k skips what cannot be read"
	says "; --format NAME reads it as that)"
	silent
	try pyro-query top --keep-going day
	ends 1
	says "day/readme.txt: unsupported format"
	prints "of 100ns total"
	try pyro-query top --keep-going day/a.pb.gz
	ends 0
}

@test "pyro-query top of a file that is not there" {
	shop
	for sources in none.pb.gz "cpu.pb.gz none.pb.gz" none/; do
		try pyro-query top $sources
		ends 100
		says "No such file or directory"
		silent
	done
	try pyro-query diff cpu.pb.gz none.pb.gz
	ends 100
	says "none.pb.gz: No such file or directory"
}

@test "pyro-query raw | head -1: a reader that has seen enough" {
	profile many.pb --seed 1 --samples 20000
	try_sh 'pyro-query raw many.pb | head -1'
	ends 0
	is "PeriodType: cpu nanoseconds"
	try_sh 'pyro-query svg many.pb | head -c 4'
	ends 0
	try_sh 'pyro-ingest -l service_name=shop many.pb | head -c 4 >/dev/null'
	ends 0
}

@test "standard output that is full, or closed" {
	shop
	for verb in top raw svg pprof json; do
		try_sh "pyro-query $verb cpu.pb.gz >/dev/full"
		ends 111
		says "No space left on device"
	done
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz >/dev/full'
	ends 111
	says "No space left on device"
	try_sh 'pyro-query -help >/dev/full'
	ends 111
	try_sh 'pyro-query top cpu.pb.gz >&-'
	ends 111
	says "standard output: write: Bad file descriptor"
	try_sh 'pyro-query top cpu.pb.gz --output svg=cpu.svg >&-'
	ends 0
	grep -q '<svg' cpu.svg
}

@test "expressions and numbers that are wrong are wrong command lines" {
	shop
	for option in --focus= --ignore= --hide= --show= --show-from= --tagfocus=key= --prune-from= --tagshow=; do
		try pyro-query top "$option(" cpu.pb.gz
		ends 2
		says "${option%%=*}: "
	done
	try pyro-query peek '(' cpu.pb.gz
	ends 2
	try pyro-query top --divide-by 0 cpu.pb.gz
	ends 2
	try pyro-query peek nobody cpu.pb.gz
	ends 1
}

@test "every form takes the options of reports" {
	shop
	for verb in top tree calls raw traces tags folded json svg html dot pprof; do
		try pyro-query $verb --focus idle --sample-index cpu cpu.pb.gz
		ends 0
	done
}

@test "tables are as wide as the terminal, and as they come in a pipe" {
	profile cpu.pb.gz --stack 'main;github.com/acme/shop/internal/cart.(*Basket).encodeEverything=70' --stack 'main=30'
	for columns in 64 80 132; do
		try "$repo/tests/lib/in_terminal.py" $columns pyro-query top cpu.pb.gz
		ends 0
		prints "encodeEverything"
		[ "$(sed 1,6d <<<"$out" | LC_ALL=C.UTF-8 wc -L)" -le $columns ] || fail "too wide"
	done
	try "$repo/tests/lib/in_terminal.py" 64 pyro-query calls cpu.pb.gz
	ends 0
	prints "encodeEverything"
	try pyro-query top cpu.pb.gz
	prints "  github.com/acme/shop/internal/cart.(*Basket).encodeEverything"
}

@test "a terminal gets no profile, and progress is told to terminals alone" {
	shop
	try "$repo/tests/lib/in_terminal.py" 80 pyro-query pprof cpu.pb.gz
	ends 2
	prints "a profile is not for a terminal"
	shop again.pb.gz
	tar cf day.tar cpu.pb.gz again.pb.gz
	mkfifo slow
	slowly='{ head -c 700 day.tar; sleep 0.3; tail -c +701 day.tar; } >slow &'
	try_sh "$slowly pyro-query top slow"
	ends 0
	prints "of 200ns total"
	try_sh "$slowly '$repo/tests/lib/in_terminal.py' -e 80 pyro-query top slow"
	[ "$status" = 0 ]
	[[ $err == *"reading profiles"* ]] || fail "no progress"
	prints "of 200ns total"
}

@test "the mistakes of the first minute are answered with what to type" {
	shop
	blocks
	try pyro-query cpu.pb.gz
	ends 2
	says "a verb comes first: pyro-query top cpu.pb.gz"
	try pyro-query -top cpu.pb.gz
	ends 2
	says "-top: a verb has no dash: pyro-query top"
	try pyro-query --peek=main cpu.pb.gz
	ends 2
	says "a verb has no dash: pyro-query peek"
	try pyro-query help top
	ends 0
	prints "usage:"
	try pyro-query top localhost:4040
	ends 100
	says "a server is written http://localhost:4040"
	try pyro-query series --from now-1h blocks
	ends 1
	says "nothing is in the time range: the blocks are from 2026-01-15T10:00:00Z to 2026-01-15T11:30:00"
	try pyro-serve status
	ends 1
	says "no pyro-serve has run in ./data/run; the operand names another data folder"
	mkdir day
	cp cpu.pb.gz day
	echo nothing >day/none
	try pyro-query top day/
	ends 100
	says "pyro-query: day/none: "
}

@test "who waits for a keyboard says so" {
	try "$repo/tests/lib/in_terminal.py" 80 timeout --foreground 1 pyro-query top
	ends 124
	prints "reading from the terminal; Ctrl-D ends that, -help tells the usage"
	try_sh "printf 'main;work 3\n' | '$repo/tests/lib/in_terminal.py' -e 80 pyro-query top"
	ends 0
	[[ $out != *"from the terminal"* ]] || fail "a pipe is no terminal"
}

@test "completions of bash: options with one dash and two, words, verbs, files" {
	shop
	completes() { # completes WANTED WORD ...: the last one is to be completed
		local wanted=$1 COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2)) COMPREPLY=()
		"_${2//-/_}" || true # no file fits
		[ "${COMPREPLY[*]}" = "$wanted" ] || fail "${*:2}: ${COMPREPLY[*]}, not $wanted"
	}
	. "$repo/completions/pyro-query.bash"
	. "$repo/completions/pyro-serve.bash"
	completes "--nodecount --nodefraction" pyro-query top --node
	completes "-nodecount -nodefraction" pyro-query top -node
	completes "none" pyro-query diff --normalize no
	completes "raw" pyro-query ra
	completes "cpu.pb.gz" pyro-query top cp
	completes "--print.config" pyro-serve --print
	. "$repo/completions/pyro-convert.bash"
	completes "speedscope" pyro-convert --to spee
	completes "jstack" pyro-convert --from jst
	completes "cpu.speedscope cpu.speedscope.json" pyro-convert --output cpu.spee
	completes "cpu.pb.gz" pyro-convert --output cpu.pb.gz
	completes "markdown" pyro-query diff --output mark
	completes "jfr" pyro-query top --format jf
}

@test "completions of fish: names and extensions of formats" {
	command -v fish >/dev/null || skip "fish is not installed"
	completes() { # completes WANTED LINE
		try fish --no-config -c "source $repo/completions/${2%% *}.fish; complete -C '$2'"
		out=$(cut -f 1 <<<"$out")
		is "$1"
	}
	completes speedscope "pyro-convert --to spee"
	completes "cpu.speedscope
cpu.speedscope.json" "pyro-convert --output cpu.spee"
	completes markdown "pyro-query diff --output mark"
	completes jfr "pyro-symbolize --format jf"
}

@test "the unit for systemd: its options are known, its keys too" {
	unit=$repo/examples/pyro-serve.service
	read -r -a words < <(sed -n 's,^ExecStart=/usr/local/bin/,,p' "$unit")
	try "${words[@]}" -print.config
	ends 0
	prints /var/lib/pyro
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"
	sed "s,/usr/local/bin/,$(dirname "$(command -v pyro-serve)")/," "$unit" >pyro-serve.service
	try systemd-analyze verify --man=no ./pyro-serve.service
	ends 0
	[ -z "$err" ] || fail "$err"
}
