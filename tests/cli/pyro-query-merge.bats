#!/usr/bin/env bats
# pyro-query: profiles with labels, merging, bounded memory, and profiles made of others.
load ../lib/helpers

stream() { # stream OUT: a profile stream of three profiles: shop in pods a and b, cart
	shop 1.pb.gz
	profile 2.pb.gz --stack 'main;serve;render=5' --time 2026-01-15T11:00:00Z
	profile 3.pb.gz --stack 'main;pay=7' --time 2026-01-15T12:00:00Z
	python3 - "$1" <<'PYTHON'
import io, json, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
    for name, labels in (("1", {"service_name": "shop", "pod": "a"}), ("2", {"service_name": "shop", "pod": "b/c"}),
                         ("3", {"service_name": "cart"})):
        data = open(name + ".pb.gz", "rb").read()
        member = tarfile.TarInfo(name + ".pb.gz")
        member.size = len(data)
        member.mtime = 1768471200
        member.pax_headers = {"SCHILY.xattr.user.pyro.labels": json.dumps(labels)}
        tar.addfile(member, io.BytesIO(data))
PYTHON
	rm ?.pb.gz
}

big() { # big DISTINCT ROUNDS: folded text, every stack so often with count 1
	awk -v n="$1" -v r="$2" 'BEGIN { for (k = 0; k < r; k++) for (i = 0; i < n; i++)
		printf "main;handle%d;call%d;leaf%d 1\n", i % 7, i % 300, i / 300 }'
}

# ---- labels of streams ----

@test "-q chooses among the profiles of a stream" {
	stream all.tar
	try pyro-query folded -q '{service_name="cart"}' all.tar
	ends 0
	is "main;pay 7"
	try_sh "pyro-query folded '{pod=~\"b.*\"}' <all.tar"
	ends 0
	is "main;serve;render 5"
	try pyro-query folded '{pod="b/c"}' all.tar
	is "main;serve;render 5"
	try pyro-query folded -q '{service_name="none"}' all.tar
	ends 1
	says "no profile of 3"
	silent
	try pyro-query folded -q '{service_name=' all.tar
	[ "$status" != 0 ]
	try pyro-query folded -q '{a="b"}' '{c="d"}' all.tar
	ends 2
	says "one selector"
	shop
	try pyro-query folded -q '{service_name="none"}' cpu.pb.gz
	ends 0
	prints "main;idle 70"
}

@test "labels, values, series of a stream" {
	stream all.tar
	try pyro-query labels all.tar
	ends 0
	is "pod
service_name"
	try pyro-query values service_name all.tar
	is "cart
shop"
	try pyro-query series -q '{service_name="shop"}' --label-names pod all.tar
	is '{pod="a"}
{pod="b/c"}'
	try pyro-query values nothing all.tar
	ends 1
	echo nonsense >bad.pb.gz
	try pyro-query values service_name --keep-going all.tar bad.pb.gz
	[ "$status" = 1 ] || fail "nothing is said of what was skipped"
	is "cart
shop"
	shop
	try pyro-query labels cpu.pb.gz
	ends 2
	says "no labels"
}

@test "--from and --to choose among profiles by their time" {
	stream all.tar
	try pyro-query folded --from 2026-01-15T11:00:00Z --to 2026-01-15T11:30:00Z all.tar
	ends 0
	is "main;serve;render 5"
	try pyro-query folded --from 2026-01-15T10:30:00Z all.tar
	is "main;pay 7
main;serve;render 5"
	try pyro-query folded --from 2027-01-01T00:00:00Z all.tar
	ends 1
	silent
}

@test "--label-frame puts values at the root" {
	stream all.tar
	try pyro-query folded --label-frame service_name all.tar
	ends 0
	is "cart;main;pay 7
shop;main;idle 70
shop;main;serve;parse 30
shop;main;serve;render 5"
	try pyro-query folded --label-frame service_name --label-frame pod -q '{pod!=""}' all.tar
	is "shop;a;main;idle 70
shop;a;main;serve;parse 30
shop;b/c;main;serve;render 5"
	saved=$out
	try pyro-query folded --label-frame service_name,pod -q '{pod!=""}' all.tar
	is "$saved"
	profile tagged.pb.gz --stack 'main=5' --tag user=ann
	try pyro-query folded --label-frame user tagged.pb.gz
	is "ann;main 5"
}

@test "--label-frame, --group-by and --split-by of blocks and servers" {
	blocks
	try pyro-query folded --label-frame service_name blocks
	ends 0
	is "cart;main;pay 5
shop;main;idle 70
shop;main;serve;parse 30"
	try_sh "pyro-query pprof --label-frame service_name blocks | pyro-query info --json"
	[[ $out == *'"duration_nanos":5400000'??????,* ]] || fail "not from 10:00 to 11:30: $out"
	try pyro-query top -o csv --group-by service_name blocks
	ends 0
	[ "$(grep -c ^cart, <<<"$out")" = 2 ]
	try pyro-query pprof --split-by service_name -o x.pb.gz blocks
	ends 0
	[ "$(echo x-*)" = "x-cart.pb.gz x-shop.pb.gz" ]
	start_server
	shop
	curl -sf --data-binary @cpu.pb.gz "http://127.0.0.1:$port/ingest?name=shop&from=1768471200&until=1768471210&format=pprof"
	try pyro-query folded --label-frame service_name --from 2026-01-15T00:00:00Z --to 2026-01-16T00:00:00Z \
		"http://127.0.0.1:$port"
	ends 0
	is "shop;main;idle 70
shop;main;serve;parse 30"
	try pyro-query top --group-by service_name --from 2026-01-15T00:00:00Z --to 2026-01-16T00:00:00Z "http://127.0.0.1:$port"
	prints "Duration: 24hrs, Total samples = 100ns"
	try pyro-query top -t a:b:c:d:e --from 2026-01-15T12:00:00Z --to 2026-01-15T13:00:00Z "http://127.0.0.1:$port"
	ends 1
	says "no samples of a:b:c:d:e match {} from 2026-01-15T12:00:00Z to 2026-01-15T13:00:00Z"
}

@test "--group-by: one table, or texts one after the other" {
	stream all.tar
	try pyro-query top -o tsv --group-by service_name all.tar
	ends 0
	[ "$(head -n 1 <<<"$out" | cut -f 1,2)" = "service_name	flat" ]
	[ "$(awk -F '\t' '$1 == "cart" { sum += $2 } END { print sum }' <<<"$out")" = 7 ]
	[ "$(awk -F '\t' '$1 == "shop" { sum += $2 } END { print sum }' <<<"$out")" = 105 ]
	try pyro-query top --group-by service_name --group-by pod all.tar
	ends 0
	prints "service_name,pod: cart,"
	prints "service_name,pod: shop,b/c"
	try pyro-query svg --group-by pod all.tar
	ends 2
	says "--split-by"
	try pyro-query top --group-by pod --split-by pod all.tar
	ends 2
}

@test "--split-by: a file for each value" {
	stream all.tar
	try pyro-query folded --split-by pod -o folded=out.folded all.tar
	ends 0
	silent
	[ "$(cat out-a.folded)" = "main;idle 70
main;serve;parse 30" ]
	[ "$(cat out-b_c.folded)" = "main;serve;render 5" ]
	[ "$(cat out-none.folded)" = "main;pay 7" ]
	try pyro-query folded --split-by pod -o folded=out.folded all.tar
	ends 100
	says "--force"
	try pyro-query top --split-by service_name -o cpu.svg all.tar
	ends 0
	[ "$(echo cpu-*.svg)" = "cpu-cart.svg cpu-shop.svg" ]
	try pyro-query top --split-by service_name all.tar
	ends 0
	prints "service_name: shop"
}

# ---- merging ----

@test "unlike sample types are united, and refused with --strict" {
	shop
	profile heap.pb.gz --type inuse_space:bytes --period space:bytes:524288 --stack 'main;a=1'
	try pyro-query folded cpu.pb.gz heap.pb.gz
	ends 0
	try pyro-query info --json cpu.pb.gz
	pyro-query merge cpu.pb.gz heap.pb.gz >both.pb.gz
	try pyro-query folded -s cpu both.pb.gz
	is "main;idle 70
main;serve;parse 30"
	try pyro-query folded -s inuse_space both.pb.gz
	is "main;a 1"
	try pyro-query top --strict cpu.pb.gz heap.pb.gz
	ends 100
	says "profile 2 has no sample type cpu/nanoseconds"
	silent
}

@test "--memory gives what memory without a bound gives" {
	big 400000 2 >big.folded
	pyro-query folded big.folded >whole
	[ "$(wc -l <whole)" = 400000 ]
	mkdir tmp
	TMPDIR=$PWD/tmp try pyro-query folded --memory 16M big.folded
	[ "$status" = 0 ]
	cmp .out whole
	[ -z "$(ls tmp)" ]
	try_sh 'cat big.folded | pyro-query folded --memory 16M | cmp - whole'
	ends 0
	try_sh 'gzip -c big.folded | pyro-query folded --memory 16M - | cmp - whole'
	ends 0
	try pyro-query pprof --memory 16M -o big.pb.gz big.folded
	ends 0
	try_sh 'pyro-query folded big.pb.gz | cmp - whole'
	ends 0
	try pyro-query folded --memory 16M --focus 'leaf199$' --ignore 'call[0-9]$|call[0-8].$|call[12]..|call9[0-8]$' big.folded
	is "main;handle5;call99;leaf199 2"
	try pyro-query folded --memory 16M --focus nobody big.folded
	[ "$status" -le 1 ]
	silent
	pyro-query folded -o folded=file --memory 16M big.folded
	cmp file whole
	for form in stacks-csv stacks-tsv jsonl parquet; do
		try pyro-query folded -o $form=$form --memory 16M big.folded
		ends 0
		try_sh "pyro-query folded $form | cmp - whole"
		ends 0
	done
	pyro-convert -o whole.csv --to stacks-csv big.folded
	cmp whole.csv stacks-csv
	stream all.tar
	try pyro-query folded --memory 16M -q '{service_name="shop"}' --label-frame pod all.tar
	ends 0
	is "a;main;idle 70
a;main;serve;parse 30
b/c;main;serve;render 5"
	blocks
	try pyro-query folded --memory 16M -q '{service_name="cart"}' blocks
	is "main;pay 5"
}

@test "--memory: every form, of several sample types, names that want quotes, and tags" {
	profile a.pb.gz --type samples:count --type cpu:nanoseconds --stack 'main;a,"b"	c=1,10' --stack 'main;z=0,0' --tag pod=a
	profile b.pb.gz --type samples:count --type cpu:nanoseconds --stack 'main;a,"b"	c=2,20' --tag pod=b
	try pyro-query folded --memory 16M -o stacks-csv a.pb.gz b.pb.gz
	is 'stack,samples/count,cpu/nanoseconds
"main;a,""b""	c",3,30'
	try pyro-query folded --memory 16M -s cpu -o stacks-tsv a.pb.gz b.pb.gz
	is 'stack	cpu/nanoseconds
main;a,"b" c	30'
	try pyro-query folded --memory 16M -o jsonl a.pb.gz b.pb.gz
	is '{"stack":["main","a,\"b\"\tc"],"values":{"samples/count":1,"cpu/nanoseconds":10},"tags":{"pod":"a"}}
{"stack":["main","a,\"b\"\tc"],"values":{"samples/count":2,"cpu/nanoseconds":20},"tags":{"pod":"b"}}'
	pyro-query folded --memory 16M -o t.parquet a.pb.gz b.pb.gz
	try pyro-query tags t.parquet
	prints "20ns (66.67%): b"
	try pyro-query folded --memory 16M -s nothing -o jsonl a.pb.gz
	ends 100
	says 'no sample type "nothing"'
}

@test "--memory: what cannot be" {
	shop
	try pyro-query top --memory 64M cpu.pb.gz
	ends 2
	says "top cannot be written row by row (what can: folded, stacks-csv, stacks-tsv, jsonl, parquet, pprof)"
	try pyro-query folded --memory 64M -o x.parquet.gz cpu.pb.gz
	ends 2
	says "parquet is not compressed on the way"
	try pyro-query folded --memory 1k cpu.pb.gz
	ends 2
	says "16M"
	try pyro-query folded --memory 64M --base cpu.pb.gz cpu.pb.gz
	ends 2
	try pyro-query folded --memory 64M none
	ends 100
	mkdir nothing
	try pyro-query folded --memory 64M nothing
	ends 1
	big 400000 1 >big.folded
	TMPDIR=/nowhere try pyro-query folded --memory 16M big.folded
	[ "$status" = 111 ] || [ "$status" = 100 ] || fail "no place for a temporary file"
	says "/nowhere"
	silent
}

@test "large texts are read in pieces, damage is told with its place" {
	big 200000 3 >big.folded
	[ "$(wc -c <big.folded)" -gt 16777216 ]
	try_sh 'pyro-query folded big.folded | wc -l'
	is 200000
	try_sh 'pyro-query folded --lenient big.folded | awk "{ s += \$NF } END { print s }"'
	is 600000
	[ -z "$err" ]
	at=$(wc -c <big.folded)
	head -c 20000000 /dev/zero | tr '\0' 'x' >>big.folded
	try_sh 'pyro-query folded --memory 64M big.folded | wc -l'
	is 200000
	says "records=1 first="
	[[ $err =~ "in what follows byte "([0-9]+)": line "([0-9]+) ]] || fail "the place is not told"
	# as many lines behind the beginning of the piece
	[ "$(tail -c +$((BASH_REMATCH[1] + 1)) big.folded | head -n $((BASH_REMATCH[2] - 1)) | wc -c)" = $((at - BASH_REMATCH[1])) ]
}

# ---- edits ----

@test "--collapse-recursion" {
	printf 'a;b;b;b;c 1\na;b;c 2\nc;c 4\n' >r.folded
	try pyro-query folded --collapse-recursion r.folded
	ends 0
	is "a;b;c 3
c 4"
}

@test "--rewrite-path changes files in the profile itself" {
	shop
	try_sh 'pyro-query pprof --rewrite-path /src=/home/me cpu.pb.gz | pyro-query raw'
	ends 0
	try pyro-query top --rewrite-path nonsense cpu.pb.gz
	ends 2
	says "FROM=TO"
}

@test "--anonymize hides every name, equal keys alike" {
	shop
	pyro-query pprof --anonymize-key secret cpu.pb.gz >one.pb.gz
	pyro-query pprof --anonymize --anonymize-key secret cpu.pb.gz >two.pb.gz
	cmp one.pb.gz two.pb.gz
	for name in main idle serve parse app; do
		gunzip -c one.pb.gz | grep -aq "$name" && fail "$name is left"
	done
	pyro-query pprof --anonymize cpu.pb.gz >three.pb.gz
	cmp -s one.pb.gz three.pb.gz && fail "without a key names are the same"
	try pyro-query folded one.pb.gz
	[ "$(sed 's/.* //' <<<"$out" | sort -n | tr '\n' ' ')" = "30 70 " ]
	try pyro-query top --anonymize --focus parse cpu.pb.gz
	ends 0
	prints "30ns, 30.00% of 100ns total"
	[[ $out != *parse* ]] || fail "the header tells the name"
	try pyro-query folded --memory 16M --anonymize-key secret cpu.pb.gz
	saved=$out
	try pyro-query folded one.pb.gz
	is "$saved"
}
