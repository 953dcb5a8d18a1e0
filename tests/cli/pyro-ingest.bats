#!/usr/bin/env bats
# pyro-ingest as a filter: options, sources, exit codes.
load ../lib/helpers

ulid='^[0-9A-HJKMNP-TV-Z]{26}$'

# ---- sources ----

@test "one file: a block stream on standard output" {
	shop
	try_sh 'pyro-ingest cpu.pb.gz | tar t'
	ends 0
	[ "$(wc -l <<<"$out")" = 4 ]
	[[ $(head -n 1 <<<"$out") == */meta.json ]] || fail "meta.json does not come first"
	prints "/index.tsdb"
	prints "/profiles.parquet"
	prints "/symbols.symdb"
}

@test "several files are one block, if they are of one hour" {
	shop a.pb.gz
	shop b.pb.gz
	try pyro-ingest -o blocks a.pb.gz b.pb.gz
	ends 0
	[[ $out =~ $ulid ]] || fail "not one block"
	try pyro-query folded blocks
	is "main;idle 140
main;serve;parse 60"
}

@test "profiles of two hours are two blocks" {
	shop a.pb.gz
	profile b.pb.gz --stack 'main=1' --time 2026-01-15T11:00:00Z
	try pyro-ingest -o blocks a.pb.gz b.pb.gz
	ends 0
	[ "$(wc -l <<<"$out")" = 2 ]
	[ "$(ls blocks)" = "$out" ]
	try pyro-block list --json blocks
	prints '"from":"2026-01-15T10:00:00Z"'
	prints '"from":"2026-01-15T11:00:00Z"'
}

@test "a folder, and folders in it" {
	mkdir -p in/deep
	shop in/a.pb.gz
	shop in/deep/b.pb.gz
	try pyro-ingest -o blocks in
	ends 0
	try pyro-block list --json blocks
	prints '"rows":2'
}

@test "a tar on standard input, and as a file, plain and compressed" {
	shop a.pb.gz
	shop b.pb.gz
	tar cf all.tar a.pb.gz b.pb.gz
	gzip -k all.tar
	for source in '<all.tar' '- <all.tar' all.tar all.tar.gz; do
		rm -rf blocks
		try_sh "pyro-ingest -o blocks $source"
		ends 0
		try pyro-block list --json blocks
		prints '"rows":2'
	done
}

@test "a profile on standard input, plain and compressed" {
	shop cpu.pb
	shop cpu.pb.gz
	for file in cpu.pb cpu.pb.gz; do
		rm -rf blocks
		try_sh "pyro-ingest -o blocks <$file"
		ends 0
		try pyro-query folded blocks
		is "main;idle 70
main;serve;parse 30"
	done
}

@test "a block of many profiles is sound" {
	for i in 1 2 3 4 5 6 7 8; do
		profile p$i.pb.gz --seed $i --samples 200 --time 2026-01-15T10:0$i:00Z
	done
	try pyro-ingest -l service_name=many -o blocks .
	ends 0
	try pyro-block check blocks
	ends 0
	silent
	try pyro-query folded p1.pb.gz p2.pb.gz p3.pb.gz p4.pb.gz p5.pb.gz p6.pb.gz p7.pb.gz p8.pb.gz
	files=$out
	try pyro-query folded blocks
	is "$files"
}

@test "the same input gives the same blocks, byte for byte" {
	shop a.pb.gz
	profile b.pb.gz --seed 3
	pyro-ingest -l service_name=x -o one a.pb.gz b.pb.gz
	pyro-ingest -l service_name=x -o two a.pb.gz b.pb.gz
	[ "$(tree_hash one)" = "$(tree_hash two)" ]
	pyro-ingest -l service_name=x a.pb.gz b.pb.gz >one.tar
	pyro-ingest -l service_name=x a.pb.gz b.pb.gz >two.tar
	cmp one.tar two.tar
}

@test "the stream holds the bytes of the folder" {
	shop
	pyro-ingest -o blocks cpu.pb.gz
	mkdir unpacked
	pyro-ingest cpu.pb.gz | tar x -C unpacked
	[ "$(tree_hash blocks)" = "$(tree_hash unpacked)" ]
}

@test "labels of a profile stream's members" {
	shop
	python3 - <<'EOF'
import io, tarfile
body = open("cpu.pb.gz", "rb").read()
with tarfile.open("stream.tar", "w", format=tarfile.PAX_FORMAT) as tar:
    for shop in ("a", "b"):
        m = tarfile.TarInfo("1-" + shop + ".pb.gz")
        m.size = len(body)
        m.pax_headers = {"SCHILY.xattr.user.pyro.labels": '{"service_name":"%s","env":"dev"}' % shop}
        tar.addfile(m, io.BytesIO(body))
EOF
	pyro-ingest -o blocks stream.tar
	try pyro-query series --label-names service_name --label-names env blocks
	ends 0
	is '{env="dev", service_name="a"}
{env="dev", service_name="b"}'
}

# ---- options ----

@test "--label, -l and -label; the last of one name wins" {
	shop
	for flags in '--label service_name=shop' '-l service_name=shop' '-label=service_name=shop' \
		'--label service_name=old -l service_name=shop'; do
		rm -rf blocks
		try pyro-ingest $flags -o blocks cpu.pb.gz
		ends 0
		try pyro-query values service_name blocks
		is "shop"
	done
}

@test "--label with a blank, an equals sign and a quote in the value" {
	shop
	pyro-ingest --label 'path=/a=b "c" d' -o blocks cpu.pb.gz
	try pyro-query values path blocks
	is '/a=b "c" d'
}

@test "PYRO_INGEST_LABEL in the environment" {
	shop
	PYRO_INGEST_LABEL=service_name=env pyro-ingest -o blocks cpu.pb.gz
	try pyro-query values service_name blocks
	is "env"
}

@test "without --label the service has a name all the same" {
	shop
	pyro-ingest -o blocks cpu.pb.gz
	try pyro-query values service_name blocks
	ends 0
	[ -n "$out" ]
}

@test "labels that the file says: below those of --label" {
	cat >one.json <<-'EOF'
		{"resourceProfiles":[{"resource":{"attributes":[
		{"key":"service.name","value":{"stringValue":"shop"}},{"key":"pod","value":{"stringValue":"shop-1"}}]},
		"scopeProfiles":[{"profiles":[{"sampleType":{"typeStrindex":1,"unitStrindex":2},
		"timeUnixNano":"1768471200000000000","samples":[{"stackIndex":1,"values":[5]}]}]}]}],
		"dictionary":{"stringTable":["","cpu","count","f"],"functionTable":[{},{"nameStrindex":3}],"mappingTable":[{}],
		"locationTable":[{},{"lines":[{"functionIndex":1}]}],"stackTable":[{},{"locationIndices":[1]}]}}
	EOF
	pyro-ingest -o blocks one.json
	try pyro-query series --label-names service_name --label-names pod blocks
	is '{pod="shop-1", service_name="shop"}'
	pyro-ingest --label pod=mine -o other one.json
	try pyro-query series --label-names service_name --label-names pod other
	is '{pod="mine", service_name="shop"}'
}

@test "a --label that is none" {
	shop
	for label in service_name =shop service_name= ''; do
		try pyro-ingest --label "$label" -o blocks cpu.pb.gz
		ends 2
		says "NAME=VALUE"
		silent
		[ ! -e blocks ]
	done
}

@test "--output makes the folder, also below others, and keeps what is there" {
	shop a.pb.gz
	profile b.pb.gz --seed 2
	try pyro-ingest --output x/y/z a.pb.gz
	ends 0
	one=$out
	try pyro-ingest --output x/y/z b.pb.gz
	ends 0
	[ "$(ls x/y/z | wc -l)" = 2 ]
	[ -f "x/y/z/$one/meta.json" ]
}

@test "--output twice with the same input is one block" {
	shop
	pyro-ingest -o blocks cpu.pb.gz
	try pyro-ingest -o blocks cpu.pb.gz
	ends 0
	[ "$(ls -A blocks)" = "$out" ]
}

@test "--output that is a file" {
	shop
	echo x >file
	try pyro-ingest -o file cpu.pb.gz
	ends 100
	says "file: make folder: Not a directory"
	[ "$(cat file)" = x ]
}

@test "--output where nobody may write" {
	[ "$(id -u)" != 0 ] || skip "root may write everywhere"
	shop
	mkdir locked
	chmod a-w locked
	try pyro-ingest -o locked/blocks cpu.pb.gz
	ends 100
	says "locked"
}

@test "--format reads what would be taken for something else" {
	printf 'a;b 3\na;c 4\n' >stacks
	try pyro-ingest --format folded --time 2026-01-15T10:00:00Z -l service_name=s -o blocks stacks
	ends 0
	try pyro-query folded blocks
	is "a;b 3
a;c 4"
}

@test "--format that is not there, or another" {
	shop
	try pyro-ingest --format nonsense cpu.pb.gz
	[ "$status" != 0 ]
	says "nonsense"
	silent
	try pyro-ingest --format jfr cpu.pb.gz
	[ "$status" != 0 ]
	silent
}

@test "--time for profiles that carry none, and only for those" {
	profile none.pb.gz --stack 'main=1' --time none
	shop
	try pyro-ingest --time 2026-01-15T12:00:00Z -o blocks none.pb.gz cpu.pb.gz
	ends 0
	try pyro-block list --json blocks
	prints '"from":"2026-01-15T10:00:00Z"'
	prints '"from":"2026-01-15T12:00:00Z"'
}

@test "without --time a profile that carries none has the time of its file" {
	profile none.pb.gz --stack 'main=1' --time none
	touch -d 2026-01-15T13:00:00Z none.pb.gz
	try pyro-ingest -o blocks none.pb.gz
	ends 0
	try pyro-block list --json blocks
	prints '"from":"2026-01-15T13:00:00Z"'
}

@test "a --time that is none" {
	shop
	try pyro-ingest --time yesterday-ish cpu.pb.gz
	ends 2
	says "--time"
	silent
}

@test "--keep-going skips what cannot be read, says so, and the answer is no" {
	shop
	echo nonsense >bad.txt
	try pyro-ingest --keep-going -o blocks bad.txt cpu.pb.gz missing.pb.gz
	ends 1
	[ "$(grep -c 'input skipped' <<<"$err")" = 2 ] || fail "two inputs are to be skipped"
	[[ $err == *bad.txt* && $err == *missing.pb.gz* ]] || fail "the names are missing"
	try pyro-query folded blocks
	is "main;idle 70
main;serve;parse 30"
}

@test "--keep-going with nothing bad" {
	shop
	try pyro-ingest -k -o blocks cpu.pb.gz
	ends 0
}

@test "without --keep-going the first bad input ends it, and no block is made" {
	shop
	echo nonsense >bad.txt
	try pyro-ingest -o blocks cpu.pb.gz bad.txt
	ends 100
	says "bad.txt"
	[ ! -e blocks ]
}

@test "PYRO_INGEST_MAX_BLOCK_DURATION is the window of a block" {
	shop a.pb.gz
	profile b.pb.gz --stack 'main=1' --time 2026-01-15T10:20:00Z
	PYRO_INGEST_MAX_BLOCK_DURATION=15m try pyro-ingest -o blocks a.pb.gz b.pb.gz
	ends 0
	[ "$(wc -l <<<"$out")" = 2 ]
	PYRO_INGEST_MAX_BLOCK_DURATION=1s try pyro-ingest a.pb.gz
	ends 2
	says "PYRO_INGEST_MAX_BLOCK_DURATION"
}

@test "PYRO_INGEST_PARTITION_LABEL keeps symbols apart" {
	shop
	profile other.pb.gz --stack 'main;x=1'
	for dc in a b; do PYRO_INGEST_PARTITION_LABEL=dc pyro-ingest -l dc=$dc cpu.pb.gz >$dc.tar; done
	partition() { pyro-block dump --json --part profiles "$1" | grep -o '"partition":"[0-9a-f]*"' | sort -u; }
	[ "$(partition a.tar)" != "$(partition b.tar)" ]
	for dc in a b; do pyro-ingest -l dc=$dc cpu.pb.gz >$dc.tar; done
	[ "$(partition a.tar)" = "$(partition b.tar)" ]
}

@test "limits of label names act, limits of size and age do not" {
	profile old.pb.gz --stack 'main=1' --time 2001-01-01T00:00:00Z
	printf 'limits:\n  max_profile_size_bytes: 10\n  max_profile_stacktrace_samples: 1\n  max_label_value_length: 40\n' >pyro.yaml
	try pyro-ingest -config.file=pyro.yaml -l service_name=x -o blocks old.pb.gz
	ends 0
	try pyro-ingest -config.file=pyro.yaml -l service_name=shop-$(seq -s "" 40) -o blocks old.pb.gz
	ends 100
	says "shop"
}

@test "limits.max_profile_stacktrace_depth of a file cuts leaves" {
	profile deep.pb.gz --stack 'a;b;c;d=5'
	printf 'limits:\n  max_profile_stacktrace_depth: 2\n' >pyro.yaml
	pyro-ingest -config.file=pyro.yaml -o blocks deep.pb.gz
	try pyro-query folded blocks
	ends 0
	[[ $out != *'c;d'* ]] || fail "the stack is as deep as before"
}

@test "options from a file" {
	shop
	printf 'pyroscopedb:\n  max_block_duration: 15m\n' >pyro.yaml
	profile b.pb.gz --stack 'main=1' --time 2026-01-15T10:20:00Z
	try pyro-ingest -config.file=pyro.yaml -o blocks cpu.pb.gz b.pb.gz
	ends 0
	[ "$(wc -l <<<"$out")" = 2 ]
}

@test "-help, -help-all, -version, -print.config" {
	try pyro-ingest -help
	ends 0
	prints "usage:"
	prints "-keep-going"
	try pyro-ingest serve -help
	ends 0
	prints "-validation.reject-older-than"
	[ "$(wc -l <<<"$out")" -le 40 ] || fail "the help of serve is longer than a screen"
	try pyro-ingest serve -l a=b
	ends 2
	says "option -label is not for the verb serve"
	try pyro-ingest -help-all
	ends 0
	prints "-validation.max-profile-stacktrace-depth"
	try pyro-ingest -version
	ends 0
	[[ $out =~ ^pyro-ingest\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "no version"
	try pyro-ingest -print.config -l a=b
	ends 0
	prints "label = a=b  # flag"
	prints "pyroscopedb.max-block-duration = 1h0m0s  # default"
}

@test "an unknown option, a broken value" {
	try pyro-ingest -pyroscopedb.max-block-duration=15m
	ends 2
	says "it is for: serve"
	try pyro-ingest --frobnicate
	ends 2
	says "frobnicate"
	silent
	try pyro-ingest -log.level=loud
	ends 2
	says "loud"
	try pyro-ingest --keep-going=perhaps
	ends 2
	says "perhaps"
}

# ---- what goes wrong ----

@test "no input at all: no samples, the answer is no" {
	try pyro-ingest -o blocks
	[ "$status" != 0 ] || fail "nothing was made of nothing"
	[ -n "$err" ]
	silent
	[ ! -e blocks ] || [ -z "$(ls -A blocks)" ]
}

@test "a profile without samples" {
	profile empty.pb.gz --samples 0
	try pyro-ingest -o blocks empty.pb.gz
	ends 1
	silent
}

@test "a folder without profiles" {
	mkdir empty
	try pyro-ingest -o blocks empty
	ends 1
	says "no samples"
}

@test "a missing file, an empty one, bytes that are no profile" {
	try pyro-ingest missing.pb.gz
	ends 100
	says "missing.pb.gz"
	: >empty
	try pyro-ingest empty
	ends 100
	says "empty"
	printf '\1\2\3\4nonsense' >nonsense
	try pyro-ingest nonsense
	ends 100
	says "nonsense"
}

@test "gzip cut short at any place" {
	shop
	size=$(wc -c <cpu.pb.gz)
	for n in 1 5 10 20 $((size / 2)) $((size - 9)) $((size - 8)) $((size - 1)); do
		head -c "$n" cpu.pb.gz >cut.pb.gz
		try pyro-ingest cut.pb.gz
		ends 100
		says "cut.pb.gz"
		silent
	done
}

@test "a tar cut short" {
	shop
	tar cf all.tar cpu.pb.gz
	head -c 700 all.tar >cut.tar
	try pyro-ingest -o blocks cut.tar
	ends 100
	says "cut.tar"
	[ ! -e blocks ]
}

@test "a file that may not be read" {
	[ "$(id -u)" != 0 ] || skip "root may read everything"
	shop
	chmod 0 cpu.pb.gz
	try pyro-ingest cpu.pb.gz
	ends 100
	says "cpu.pb.gz"
}

@test "standard output on a full disk" {
	[ -c /dev/full ] || skip "no /dev/full"
	shop
	try_sh 'pyro-ingest cpu.pb.gz >/dev/full'
	ends 111
	says "No space left"
	try_sh 'pyro-ingest -version >/dev/full'
	ends 111
}

@test "names of blocks on a full disk" {
	[ -c /dev/full ] || skip "no /dev/full"
	shop
	try_sh 'pyro-ingest -o blocks cpu.pb.gz >/dev/full'
	ends 111
	try pyro-block check blocks
	ends 0
}

@test "a closed pipe ends quietly" {
	for i in $(seq 1 9); do profile p$i.pb.gz --seed $i --samples 3000 --time 2026-01-15T1$i:00:00Z; done
	try bash -c 'pyro-ingest p?.pb.gz 2>errors | head -c 1 >/dev/null; echo "${PIPESTATUS[0]}" >status'
	[ "$(cat status)" = 0 ]
	[ ! -s errors ]
}

@test "a terminal gets no blocks" {
	shop
	command -v script >/dev/null || skip "no script(1)"
	try script -qec 'pyro-ingest cpu.pb.gz' /dev/null
	[ "$status" = 2 ] || fail "blocks went to the terminal"
	prints "not for a terminal"
}

@test "relabel rules that are wrong stop the start, with the tenant and the line" {
	try timeout 20 pyro-ingest serve -server.http-listen-port=0 -pyroscopedb.data-path=data \
		'-distributor.ingestion-relabeling-rules=[{"action":"dance"}]'
	ends 2
	says 'ingestion_relabeling_rules: line 1: unknown relabel action "dance"'
	printf 'overrides:\n  team-a:\n    ingestion_relabeling_rules:\n      - regex: "("\n' >runtime.yaml
	try timeout 20 pyro-ingest serve -server.http-listen-port=0 -pyroscopedb.data-path=data -runtime-config.file=runtime.yaml
	ends 2
	says 'tenant team-a: ingestion_relabeling_rules: line 4: '
}

@test "rules for attributes of OpenTelemetry that are none" {
	try pyro-ingest serve -distributor.otlp-labels='a,b*c' -pyroscopedb.data-path=data -server.http-listen-port=0
	ends 2
	says "-distributor.otlp-labels: \"b*c\": a '*' stands at the end alone"
	try pyro-ingest serve -distributor.otlp-labels='-a=b' -pyroscopedb.data-path=data -server.http-listen-port=0
	ends 2
	says 'what is dropped has no name'
}

# ---- labels of files, trimming ----

@test "@FILE gives labels to the inputs behind it" {
	printf 'a;b;c 5\na;b;d 3\nx 1\n' >one.folded
	printf '# of one\n\nservice_name = shop\nregion=eu\n' >shop.labels
	printf 'service_name=till\n' >till.labels
	try pyro-ingest --time 2026-01-01T00:00:00Z -o blocks @shop.labels one.folded @till.labels one.folded
	ends 0
	try pyro-query series blocks
	prints 'region="eu"'
	prints 'service_name="till"'
	[ "$(grep -c 'region=' <<<"$out")" = 1 ]
	try pyro-query folded -q '{region="eu"}' @shop.labels one.folded
	ends 0
	try pyro-query folded -q '{region="us"}' @shop.labels one.folded
	ends 1
	try sh -c 'pyro-query folded @shop.labels <one.folded'
	ends 0
	prints "x 1"
}

@test "@FILE is taken by every program that reads profiles" {
	printf 'a;b;c 5\n' >one.folded
	printf 'service_name=shop\n' >shop.labels
	printf 'service_name=till\n' >till.labels
	for program in "pyro-convert --to stream" "pyro-symbolize -o all.tar"; do
		rm -f all.tar
		try_sh "$program @shop.labels one.folded @till.labels one.folded >out"
		ends 0
		[ -e all.tar ] || mv out all.tar
		try pyro-query values service_name all.tar
		ends 0
		is "shop
till"
	done
	try_sh 'pyro-convert --to stream @till.labels <one.folded | pyro-query values service_name'
	is "till"
	try pyro-convert --to folded @nobody one.folded
	ends 100
	says "@nobody"
}

@test "@FILE that is none, or holds something else" {
	printf 'a 1\n' >one.folded
	printf 'a=b\nnothing\n' >bad.labels
	try pyro-query top @bad.labels one.folded
	ends 2
	says "@bad.labels: line 2: NAME=VALUE is expected"
	try pyro-query top @nobody one.folded
	ends 100
	cp one.folded @x
	try pyro-query folded ./@x
	ends 0
}

@test "--max-samples and --max-depth leave an honest other" {
	printf 'a;b;c 5\na;b;d 3\nx 2\ny 1\n' >one.folded
	try pyro-ingest --time 2026-01-01T00:00:00Z --label service_name=s --max-depth 2 --max-samples 2 -o blocks one.folded
	[ "$status" = 0 ]
	says "trimmed"
	try pyro-query folded blocks
	prints "a;other 8"
	prints "other 3"
}

@test "a format that can only be written is not read" {
	printf 'a 1\n' >one.folded
	try pyro-ingest --format autofdo -o blocks one.folded
	ends 2
	says "can be written, not read"
}

@test "a profile that does not say what it measures is named by a label" {
	profile x.pb.gz --type :samples --period ::0 --stack 'main;a=30'
	try pyro-ingest --label service_name=shop --output blocks x.pb.gz
	ends 100
	says "x.pb.gz: the profile does not say what it measures: name it, as in --label __name__=process_cpu"
	try pyro-ingest --label service_name=shop --label __name__=process_cpu --output blocks x.pb.gz
	ends 0
	try pyro-query types blocks
	prints "process_cpu::samples::"
}

@test "who is asked to stop while it starts ends" {
	for ms in 004 008 012 016 020 024 028 032 036 040; do
		try timeout --preserve-status -k 5 0.$ms pyro-ingest serve -server.http-listen-address=127.0.0.1 \
			-server.http-listen-port=0 -pyroscopedb.data-path=data -ingester.shards=64 -log.level=error
		case $status in
		0 | 143) ;; # or it was not yet there to hear it
		*) fail "after $ms ms: $status" ;;
		esac
	done
}
