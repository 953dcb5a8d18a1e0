#!/usr/bin/env bats
# pyro-convert: forms, names of outputs, several profiles, streams, options, exit codes.
load ../lib/helpers

# total FILE...: the sum of the folded counts that pyro-convert makes of them
total() {
	pyro-convert --to folded "$@" | awk '{n += $NF} END {print n + 0}'
}

two() { # two.tar: two profiles in a tar, as other programs make one
	profile a.pb.gz --stack 'main;a=1' --time 2026-01-15T10:00:00Z
	profile b.pb.gz --stack 'main;b=2' --time 2026-01-15T10:00:15Z
	tar cf two.tar a.pb.gz b.pb.gz
}

@test "standard input to standard output, by --to" {
	shop
	try_sh 'pyro-convert --to folded <cpu.pb.gz'
	ends 0
	is "main;idle 70
main;serve;parse 30"
}

@test "without --to: pprof" {
	shop
	try_sh 'pyro-convert <cpu.pb.gz >again.pb.gz'
	ends 0
	[ "$(total again.pb.gz)" = 100 ]
	gzip -t again.pb.gz
	pyro-convert --plain cpu.pb.gz >plain.pb
	! gzip -t plain.pb 2>/dev/null
	[ "$(total plain.pb)" = 100 ]
}

@test "-o FILE: the extension names the form, and whether it is compressed" {
	shop
	for file in x.folded x.svg x.html x.json x.dot x.pb.gz x.tsv d/x.folded; do
		mkdir -p d
		try pyro-convert -o $file cpu.pb.gz
		ends 0
		silent
		[ -s $file ] || fail "$file"
	done
	try pyro-convert -o x.folded.gz cpu.pb.gz
	ends 0
	[ "$(zcat x.folded.gz)" = "$(cat x.folded)" ]
	pyro-convert -o x.pb.zst cpu.pb.gz
	pyro-query export -o z.pb.zst cpu.pb.gz
	for file in x z; do
		try pyro-query info --json $file.pb.zst
		[[ $out == *'"gzip":false'* ]] || fail "$out"
		[ "$(total $file.pb.zst)" = 100 ]
	done
	pyro-convert --to folded -o y.gz cpu.pb.gz
	cmp y.gz x.folded.gz
	# text is text, also where pprof is the usual form
	pyro-convert -o y.txt cpu.pb.gz
	[ "$(head -c 5 y.txt)" = "File:" ] || [ "$(head -c 5 y.txt)" = "Type:" ]
	[ "$(pyro-convert --to text cpu.pb.gz)" = "$(pyro-query top cpu.pb.gz)" ]
	# a form in both --to and --output is said once too often; what is no form is a name
	for twice in "--to folded -o svg=y.svg" "--to folded -o folded=y" "--to svg -o text=y" "--to stream -o pprof=y"; do
		try pyro-convert $twice cpu.pb.gz
		ends 2
		says "${twice##* }"
	done
	[ ! -e svg=y.svg ] && [ ! -e y ] && [ ! -e y.svg ]
	try pyro-convert --to folded -o size=y cpu.pb.gz
	ends 0
	cmp size=y x.folded
	try pyro-convert --to folded -o ./svg=y.svg cpu.pb.gz
	ends 0
	cmp svg=y.svg x.folded
	try pyro-convert -o folded=z cpu.pb.gz
	ends 0
	cmp z x.folded
	try pyro-convert -o x.unheard cpu.pb.gz
	ends 2
	says "folded"
}

@test "every form that is listed can be written, and what can be read is read back with its total" {
	shop
	pyro-convert formats tsv >list
	[ "$(wc -l <list)" -gt 10 ]
	while IFS=$'\t' read -r name how _; do
		[[ $how == *W* && $name != chart ]] || continue # a chart wants times
		try_sh "pyro-convert --to $name cpu.pb.gz >out.$name"
		[ "$status" = 0 ] || fail "$name"
		[[ $how == *R* ]] || continue
		[ "$(total --from "${name/stream/pprof}" out.$name)" = 100 ] || fail "$name: another total comes back"
	done <list
}

@test "parquet: a row for each sample, read back by sample type, refused where it is a part of a block" {
	profile two.pb --type samples:count --type cpu:nanoseconds --stack 'main;idle=7,70' --stack 'main;serve;parse=3,30' --tag pod=a
	try pyro-convert -o two.parquet two.pb
	ends 0
	[ "$(head -c 4 two.parquet)$(tail -c 4 two.parquet)" = PAR1PAR1 ]
	try pyro-query folded -s samples two.parquet
	ends 0
	is "main;idle 7
main;serve;parse 3"
	try pyro-query top -o three.parquet --focus parse two.parquet
	ends 0
	try pyro-query tags three.parquet
	prints "pod: Total 30"
	pyro-ingest --label service_name=shop --output blocks two.pb
	try pyro-query top blocks/*/profiles.parquet
	ends 100
	says "parquet: a part of a block; name the folder of the block"
	try pyro-query folded -o again.parquet -q '{}' --profile-type 'process_cpu:cpu:nanoseconds:cpu:nanoseconds' blocks
	[ "$(total again.parquet)" = 100 ]
}

@test "formats: a table for people, for programs and for the manual" {
	try pyro-convert formats
	ends 0
	prints "folded"
	prints "speedscope" || prints "pprof"
	try pyro-convert formats mdoc
	ends 0
	prints ".It Cm folded"
	try pyro-convert formats html
	ends 2
}

@test "files that are there stay, unless --force" {
	shop
	echo mine >x.folded
	try pyro-convert -o x.folded cpu.pb.gz
	ends 100
	says "x.folded is there already"
	[ "$(cat x.folded)" = mine ]
	try pyro-convert --force -o x.folded cpu.pb.gz
	ends 0
	[ "$(wc -l <x.folded)" = 2 ]
}

@test "many inputs become their sum" {
	two
	[ "$(total a.pb.gz b.pb.gz)" = 3 ]
	[ "$(total two.tar)" = 3 ]
	mkdir day && cp a.pb.gz b.pb.gz day
	[ "$(total day)" = 3 ]
	[ "$(total day two.tar)" = 6 ]
}

@test "a pipe or device takes what it is given and stays what it is, with and without --force" {
	shop
	mkfifo pipe
	for more in "" --force; do
		timeout 60 cat pipe >got 3>&- &
		pyro-convert --to folded $more -o pipe cpu.pb.gz
		wait
		[ -p pipe ]
		[ "$(<got)" = "$(pyro-convert --to folded cpu.pb.gz)" ]
		timeout 60 cat pipe >got 3>&- &
		pyro-query folded $more -o folded=pipe cpu.pb.gz
		wait
		[ -p pipe ]
		[ "$(<got)" = "$(pyro-convert --to folded cpu.pb.gz)" ]
	done
	pyro-convert --to folded --force -o /dev/null cpu.pb.gz
	[ -c /dev/null ]
	try pyro-convert --to folded -o nowhere/x cpu.pb.gz
	ends 100
	says "nowhere/x: No such file or directory"
}

@test "--output-dir: names stay, extensions change, folders are kept" {
	two
	mkdir -p day/x
	cp a.pb.gz day
	cp b.pb.gz day/x
	printf 'main;f 7\n' >day/x/b.folded
	try pyro-convert --to folded --output-dir out day two.tar
	ends 0
	[ "$(cd out && find . -type f | sort | tr '\n' ' ')" = "./a-2.folded ./a.folded ./b.folded ./x/b-2.folded ./x/b.folded " ] ||
		fail "$(find out)"
	[ "$(cat out/x/b.folded out/x/b-2.folded | sort | tr '\n' ' ')" = "main;b 2 main;f 7 " ]
	try pyro-convert --to folded --output-dir out day
	ends 100
	try pyro-convert --to pprof --output-dir out a.pb.gz
	ends 0
	[ -s out/a.pb.gz ]
	try pyro-convert --output-dir out -o x.svg a.pb.gz
	ends 2
}

@test "names of strangers do not lead out of the folder" {
	two
	mkdir in && tar cPf evil.tar --transform 's|^a|../../../evil|' a.pb.gz
	[ "$(tar tPf evil.tar)" = "../../../evil.pb.gz" ]
	try pyro-convert --to folded --output-dir in/out evil.tar
	ends 0
	[ -s in/out/evil.folded ]
	[ ! -e evil.folded ]
}

@test "--all: each profile by itself" {
	two
	try pyro-convert --all -o x.folded two.tar
	ends 0
	[ "$(cat x-1.folded) $(cat x-2.folded)" = "main;a 1 main;b 2" ]
	try pyro-convert --all two.tar
	ends 2
	says "--all: where to?"
}

@test "--profile: by number, by name; none of it says which there are" {
	two
	[ "$(total --profile 1 two.tar)" = 3 ] # each member has a first profile
	[ "$(total --event 1 two.tar)" = 3 ] # as it is called for recordings
	try pyro-convert --to folded --profile gc a.pb.gz
	ends 100
	says "no profile is called gc"
}

@test "--to stream: members with times and labels, which pyro-ingest and pyro-convert read" {
	two
	try_sh 'pyro-convert --to stream --label service_name=shop --label env=prod a.pb.gz b.pb.gz >s.tar'
	ends 0
	tar tvf s.tar >list
	[ "$(wc -l <list)" = 2 ]
	grep -q 1768471200000000000- list
	pyro-ingest --output blocks s.tar >/dev/null
	try pyro-query series --label-names service_name --label-names env blocks
	[[ $out == *'env="prod", service_name="shop"'* ]] || fail "labels"
	# labels of the stream stay, and later ones win
	pyro-convert --to stream --label env=dev s.tar | pyro-ingest --output again >/dev/null
	try pyro-query series --label-names service_name --label-names env again
	[[ $out == *'env="dev", service_name="shop"'* ]] || fail "labels, again"
	[ "$(total s.tar)" = 3 ]
	pyro-convert --label env=prod -o t.tar a.pb.gz
	[ "$(tar tf t.tar | wc -l)" = 1 ]
	# the same bytes every time
	pyro-convert --to stream --label service_name=shop --label env=prod a.pb.gz b.pb.gz | cmp - s.tar
}

@test "a stream of equal profiles keeps all of them" {
	two
	pyro-convert --to stream a.pb.gz a.pb.gz >s.tar
	[ "$(tar tf s.tar | sort -u | wc -l)" = 2 ]
}

@test "filters are those of pyro-query" {
	shop
	for how in '--focus parse' '--ignore idle' '--hide serve' '--show main' '--show-from serve' '--prune-from serve' \
		'--divide-by 10' '--type cpu'; do
		# shellcheck disable=SC2086
		try pyro-convert --to folded $how cpu.pb.gz
		ends 0
		mine=$out
		# shellcheck disable=SC2086
		try pyro-query folded ${how/--type/--sample-index} cpu.pb.gz
		[ "$mine" = "$out" ] || fail "$how"
	done
	pyro-convert --focus parse cpu.pb.gz >less.pb.gz
	[ "$(total less.pb.gz)" = 30 ]
	try pyro-convert --to folded --focus '(' cpu.pb.gz
	ends 2
	says "--focus"
	try pyro-convert --to folded --type nonsense cpu.pb.gz
	ends 100
}

@test "--from" {
	printf 'a;b 3\n' >x
	[ "$(total --from folded x)" = 3 ]
	try pyro-convert --to folded --from pprof x
	ends 100
	try pyro-convert --to folded --from nonsense x
	ends 2
	says "nonsense"
	try pyro-convert --to nonsense x
	ends 2
}

@test "one of an archive that cannot be read ends all, and says what to do" {
	mkdir day
	printf 'main;work 3\n' >day/a.folded
	echo "how to read these" >day/readme.txt
	tar cf day.tar day
	try pyro-convert --to folded day.tar
	ends 100
	says "day.tar: day/readme.txt: unsupported format"
	says "; -k skips what cannot be read"
	try pyro-convert --to folded day/readme.txt
	ends 100
	! grep -q "skips" <<<"$err" || fail "$err"
}

@test "-k goes on past inputs that cannot be read, and ends with 1" {
	two
	echo nonsense >day.txt
	try pyro-convert --to folded -k a.pb.gz day.txt b.pb.gz
	ends 1
	[ "$(awk '{n += $NF} END {print n}' <<<"$out")" = 3 ]
	says "input skipped"
	try pyro-convert --to folded a.pb.gz day.txt
	ends 100
	silent
	try pyro-convert --to folded -k -d out a.pb.gz day.txt b.pb.gz
	ends 1
	[ "$(find out -type f | wc -l)" = 2 ]
	# an output that cannot be written is another thing
	echo x >file
	try pyro-convert --to folded -k -d file a.pb.gz b.pb.gz
	[ "$status" -ge 100 ] || fail "went on"
}

@test "nothing in, nothing out" {
	mkdir empty
	try pyro-convert --to folded empty
	ends 1
	silent
	try pyro-convert --to folded nowhere
	ends 100
	says "nowhere"
	try_sh 'pyro-convert --to folded </dev/null'
	ends 100
	try pyro-convert --label x --to folded empty
	ends 2
	try pyro-convert --nonsense
	ends 2
}

@test "a profile is not for a terminal" {
	shop
	try script -qec 'pyro-convert cpu.pb.gz' /dev/null
	[ "$status" = 2 ] || fail "wrote"
	prints "not for a terminal"
}

@test "standard output that is full" {
	shop
	try_sh 'pyro-convert --to folded cpu.pb.gz >/dev/full'
	[ "$status" -ge 100 ]
	try_sh 'pyro-convert --to stream cpu.pb.gz >/dev/full'
	[ "$status" -ge 100 ]
}

# ---- how inputs are read ----

@test "what stackcollapse-perf makes of real perf script texts" {
	texts=${PYRO_SHARED:-$repo/../shared}/testdata/perf-script
	[ -d "$texts/golden" ] || skip "no texts in $texts"
	n=0
	for text in "$texts"/*.txt; do
		# that program drops a last record without an empty line behind it
		awk '{ t = t $0 "\n" } /^$/ { printf "%s", t; t = "" }' "$text" >x.txt
		for way in default pid tid all; do
			golden=$texts/golden/$(basename "$text").$way.folded
			[ ! -e "$golden.gz" ] || golden=$golden.gz
			# a symbol without a name is a blank there, and here what its object is called
			zcat -f "$golden" | sed 's/;  3$/;[libc-2.15.so] 3/' | sort >want
			if [ ! -s want ]; then
				continue # no event, or none with a call chain
			fi
			case $way in
			default) how=() ;;
			all) how=(--kernel --jit --inlined) ;;
			*) how=("--$way") ;;
			esac
			try pyro-convert --to folded --from perf-script --profile 1 "${how[@]}" x.txt
			[ "$status" = 0 ] || fail "$text"
			sort "$BATS_TEST_TMPDIR/.out" | cmp - want || fail "$text: $way"
			n=$((n + 1))
		done
	done
	[ $n -gt 40 ] || fail "$n texts were compared"
}

@test "records that a format may skip are told, once for each input" {
	printf 'a;b 3\nnot a count\nnor this\n' >x.folded
	printf 'c 1\n' >y.folded
	try pyro-convert --to folded x.folded y.folded
	[ "$status" = 0 ]
	is "a;b 3
c 1"
	says 'msg="records skipped" input=x.folded records=2 first="line 2 does not end in a blank and a count"'
}

# ---- pictures ----

@test "options of pictures" {
	shop
	try pyro-convert --to svg --title 'A & B' --subtitle 'x<y' --width 900 --colors aqua --countname calls --minwidth 400 cpu.pb.gz
	ends 0
	prints '>A &amp; B<'
	prints '>x&lt;y<'
	prints 'width="900"'
	prints '<title>idle (70ns, 70.00%)</title>'
	[[ $out != *'<title>parse'* ]] || fail "270 pixels are less than 400"
	printf 'a;b 1\na 3\n' >x.folded
	try pyro-convert --to svg --countname calls x.folded
	prints '<title>b (1 calls, 25.00%)</title>'
	# the root on top, at the bottom
	y() { sed -n "s|.*<title>$1 (.*rect x=\"[^\"]*\" y=\"\([0-9]*\)\".*|\1|p" <<<"$out" | head -n 1; }
	[ "$(y all) $(y a) $(y b)" = "0 16 32" ] || fail "rows"
	try pyro-convert --to svg --inverted=false x.folded
	[ "$(y all) $(y a) $(y b)" = "32 16 0" ] || fail "rows"
	# from the leaves
	try pyro-convert --to svg --reverse x.folded
	prints '<title>b (1 samples, 25.00%)</title>'
	[ "$(y b)" = 16 ] || fail "b is not at the root"
	try pyro-convert --to svg --colors nonsense x.folded
	ends 2
}

@test "chart and heatmap: of samples with times" {
	printf 'p 1/1 10.000000: 1 cycles: \n\t1 a (x)\n\t2 main (x)\n\np 1/1 10.010000: 1 cycles: \n\t3 b (x)\n\t2 main (x)\n\n' >perf.txt
	try pyro-convert --to chart perf.txt
	ends 0
	prints '<title>a ('
	prints '<title>main ('
	[ "$(grep -c '<title>main (' <<<"$out")" = 1 ] || fail "main was not left"
	try pyro-convert --to heatmap perf.txt
	ends 0
	[ "$(grep -c '<title>1970' <<<"$out")" = 2 ]
	shop
	try pyro-convert --to chart cpu.pb.gz
	ends 100
	says "the samples have no times"
}

@test "heatmap of many profiles: by their times" {
	two
	try pyro-convert --to heatmap two.tar
	ends 0
	prints "2026-01-15 10:00:00: "
	prints "2026-01-15 10:00:15: "
}

# ---- large texts ----

@test "texts of records are read a few at a time: memory does not grow with them" {
	yes $'a 1 1.0: 5 cycles:\n\t1 f (x)\n\t2 main (x)\n' | head -n 6400000 >big.perf
	yes 'a;b;c 3' | head -n 8000000 >big.folded
	peak='import os, resource, sys
os.system(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)'
	for input in big.perf big.folded '- <big.folded' '<(cat big.folded)'; do
		try python3 -c "$peak" "bash -c 'pyro-convert --to folded -o out.folded --force $input'"
		ends 0
		[ "$out" -lt 40 ] || fail "$input: $out MB for a text of 64 MB"
	done
	try cat out.folded
	is 'a;b;c 24000000'
	# its time is that of the file, and its labels are added, as those of small ones
	touch -d '2026-01-15 10:00:00' big.folded
	try_sh 'pyro-convert --to stream --label app=x big.folded | tar tv --full-time'
	prints '2026-01-15 10:00:00'
	# and one that cannot be read is skipped like others
	yes 'nothing that has a count' | head -c 2000000 >bad.folded
	try pyro-convert --to folded --from folded -k bad.folded
	ends 1
	try_sh 'cat bad.folded | pyro-convert --to folded --from folded -k'
	ends 1
	[[ $err == *"input skipped"* ]] || fail "$err"
}
