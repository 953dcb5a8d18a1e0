#!/usr/bin/env bats
# pyro-symbolize: where names come from, what is done with them, streams, exit codes.
load ../lib/helpers

addresses() { # addresses OUT ...: see address_profile.py
	"$repo/tests/lib/address_profile.py" "$@"
}

names() { # names FILE: folded, one line a stack
	pyro-query folded "$1"
}

# program [FLAG ...]: p, with inner inlined into outer, not position-independent; $outer: where outer begins
program() {
	printf '%s\n' 'static inline __attribute__((always_inline)) int inner(volatile int *x) { return *x * 3; }' \
		'__attribute__((noinline)) int outer(volatile int *x)' '{' '	return inner(x) + 1;' '}' \
		'int main(void) { volatile int x = 2; return outer(&x); }' >p.c
	gcc -O1 -no-pie -Wl,--build-id=sha1 "${@:--g}" -o p p.c
	outer=0x$(nm p | awk '$3 == "outer" {print $1}')
	id=$(readelf -n p | awk '/Build ID/ {print $3}')
}

@test "the mapping's own file: functions, files, lines, inlined calls" {
	program
	addresses cpu.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$outer=3" 0x400001=4
	try_sh 'pyro-symbolize <cpu.pb.gz >named.pb.gz'
	ends 0
	names named.pb.gz >folded
	grep -qx 'outer;inner 3' folded
	grep -qFx '[p] 4' folded # the address is still there
	pyro-query raw named.pb.gz | grep -q '0x400001 M=1'
	pyro-query raw named.pb.gz | grep -q 'inner .*/p.c:1'
	pyro-query raw named.pb.gz | grep -q 'outer .*/p.c:4'
}

@test "position-independent: the mapping says where the file is" {
	program
	gcc -g -O1 -pie -fPIE -o q p.c
	at=0x$(nm q | awk '$3 == "outer" {print $1}')
	addresses cpu.pb.gz --mapping "$PWD/q" --start 0x7f0000000000 --limit 0x7f0000100000 "$(printf '0x%x' $((0x7f0000000000 + at)))=3"
	pyro-symbolize -o named.pb.gz cpu.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
}

@test "--binary: by build id, by name, and when nothing is said" {
	program
	mkdir elsewhere && mv p elsewhere/other
	addresses by-id.pb.gz --mapping /gone/p --build-id "$id" --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --binary elsewhere/other by-id.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
	addresses by-name.pb.gz --mapping /gone/other --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --binary elsewhere/other by-name.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
	addresses nothing.pb.gz "$outer=3"
	pyro-symbolize --binary elsewhere/other nothing.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
	addresses told.pb.gz --mapping /gone/x --build-id abcd --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --binary elsewhere/other=abcd told.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
}

@test "another build: the address stays, and a word is said" {
	program
	addresses cpu.pb.gz --mapping "$PWD/p" --build-id 00112233 --start 0x400000 --limit 0x500000 "$outer=3"
	try_sh 'pyro-symbolize <cpu.pb.gz >named.pb.gz'
	[ "$status" = 0 ] || fail
	[[ $err = *"a file is of another build"* ]] || fail
	[ "$(names named.pb.gz)" = '[p] 3' ]
	pyro-query raw named.pb.gz | grep -q "${outer#0x0000000000} M=1"
	pyro-query raw named.pb.gz | grep -q "$PWD/p"
}

@test "a mapping that is no file is not opened: a profile may name anything" {
	mkfifo pipe
	addresses cpu.pb.gz --mapping "$PWD/pipe" --start 0x400000 --limit 0x500000 0x400001=4
	timeout 10 pyro-symbolize -o named.pb.gz cpu.pb.gz
	[ "$(names named.pb.gz)" = '[pipe] 4' ]
}

@test "separate debug files: by build id below --debug-dir, by .gnu_debuglink" {
	program
	objcopy --only-keep-debug p p.debug
	objcopy -S --add-gnu-debuglink=p.debug p stripped && mv stripped p
	addresses cpu.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
	mkdir -p "debug/.build-id/${id:0:2}" && mv p.debug "debug/.build-id/${id:0:2}/${id:2}.debug"
	pyro-symbolize cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = '[p] 3' ]
	pyro-symbolize --debug-dir debug cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
	rm p # a mapping with a build id is enough
	addresses cpu.pb.gz --mapping /gone --build-id "$id" --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --debug-dir debug cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
}

@test "symbol tables alone: functions without lines" {
	program -g0
	addresses cpu.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer 3' ]
}

@test "--proc-root: files as a process in a container has them" {
	program
	mkdir -p root/usr/bin && mv p root/usr/bin/p
	addresses cpu.pb.gz --mapping '/usr/bin/p (deleted)' --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --proc-root "$PWD/root" cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer;inner 3' ]
}

@test "--perf-map and --kallsyms" {
	printf '7f0000001000 100 LazyCompile:~work app.js:3\n7f0000001040 10 Builtin:Add\n' >perf-1.map
	printf 'ffffffff81000000 T _stext\nffffffff81000100 t do_idle\t[mod]\nffffffff81000200 D data\nffffffff81000300 T next\n' >kallsyms
	addresses cpu.pb.gz --mapping //anon --start 0x7f0000000000 --limit 0x7f0000100000 0x7f0000001000=1 0x7f0000001044=2 \
		0x7f0000001100=4 0xffffffff81000104=8
	try pyro-symbolize --perf-map perf-1.map --kallsyms kallsyms -o named.pb.gz cpu.pb.gz
	ends 0
	names named.pb.gz | sort >folded
	diff folded - <<-'END'
	Builtin:Add 2
	LazyCompile:~work app.js:3 1
	[anon] 4
	do_idle 8
	END
}

@test "--debuginfod: only when asked for, once, and kept" {
	program
	mkdir -p "www/buildid/$id" && mv p "www/buildid/$id/debuginfo"
	addresses cpu.pb.gz --mapping /gone --build-id "$id" --start 0x400000 --limit 0x500000 "$outer=3"
	python3 -c '
import http.server, functools
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory="www"))
print(s.server_address[1], flush=True)
s.serve_forever()' >port 2>requests 3>&- &
	server=$!
	until [ -s port ]; do sleep 0.05; done
	pyro-symbolize cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = '[gone] 3' ]
	[ ! -s requests ]
	for _ in 1 2; do
		pyro-symbolize --debuginfod "http://127.0.0.1:$(cat port)/" --cache-dir cache cpu.pb.gz >named.pb.gz
		[ "$(names named.pb.gz)" = 'outer;inner 3' ]
	done
	[ "$(grep -c GET requests)" = 1 ]
	[ -s "cache/$id/debuginfo" ]
	# an id that would leave the folder, in a file without a whole path
	addresses cpu2.pb.gz --mapping gone.so --build-id "../../$id" --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --debuginfod "http://127.0.0.1:$(cat port)/x/y/" --cache-dir cache/a/b cpu2.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = '[gone.so] 3' ]
	[ "$(grep -c GET requests)" = 1 ]
	kill "$server"
	wait "$server" || true
	rm -r cache
	try pyro-symbolize --debuginfod "http://127.0.0.1:$(cat port)" --cache-dir cache -o named.pb.gz cpu.pb.gz
	[ "$status" = 0 ] || fail
	[[ $err = *'does not answer'* ]] || fail
	server=
}

@test "--no-inlines" {
	program
	addresses cpu.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --no-inlines cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'outer 3' ]
}

@test "--demangle" {
	printf 'namespace shop { __attribute__((noinline)) int work(int x) { return x + 1; } }\nint main(int n, char **) { return shop::work(n); }\n' >p.cc
	g++ -g -O1 -no-pie -o p p.cc
	at=0x$(nm p | awk '$3 == "_ZN4shop4workEi" {print $1}')
	addresses cpu.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$at=3"
	for want in none:_ZN4shop4workEi simple:shop::work 'full:shop::work(int)'; do
		pyro-symbolize --demangle "${want%%:*}" cpu.pb.gz >named.pb.gz
		[ "$(names named.pb.gz)" = "${want#*:} 3" ] || fail "$want"
	done
	pyro-symbolize cpu.pb.gz >named.pb.gz
	[ "$(names named.pb.gz)" = 'shop::work 3' ]
}

@test "names that are there stay; --force looks again" {
	program
	addresses cpu.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$outer=3"
	pyro-symbolize --binary p cpu.pb.gz >named.pb.gz
	sed 's/outer/other/; s/inner/inmost/' p.c >q.c
	gcc -g -O1 -no-pie -Wl,--build-id=sha1 -o p q.c
	pyro-symbolize named.pb.gz >again.pb.gz
	[ "$(names again.pb.gz)" = 'outer;inner 3' ]
	pyro-symbolize --force named.pb.gz >again.pb.gz
	[[ $(names again.pb.gz) = *';inmost 3' ]] || fail
}

@test "--mapping-file: classes and methods of Android" {
	printf '%s\n' 'com.shop.Cart -> a.b:' '    void add(int) -> a' 'com.shop.Main -> a.c:' '    void run() -> run' >mapping.txt
	printf 'a/c.run;a/b.a 3\njava/lang/Thread.run 1\n' >x.folded
	pyro-symbolize --mapping-file mapping.txt x.folded >named.pb.gz
	names named.pb.gz | sort >folded
	diff folded - <<-'END'
	com/shop/Main.run;com/shop/Cart.add 3
	java/lang/Thread.run 1
	END
}

@test "--source-map: files and lines, names where columns are known" {
	cat >x.json <<-'END'
	{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[
	{"name":"a","file":"/srv/dist/out.js","line":3},{"name":"b","file":"https://shop/out.js?v=2:1:10"},{"name":"c","file":"/srv/layout.js","line":1}]},
	"profiles":[{"type":"sampled","name":"x","unit":"none","startValue":0,"endValue":3,"samples":[[0,1],[2]],"weights":[1,2]}]}
	END
	printf '%s' '{"version":3,"file":"out.js","sources":["a.ts","b.ts"],"names":["work"],"mappings":"AAAA,SAASA;;ICUR,I"}' >out.js.map
	sed 's/"file":"out.js",//' out.js.map >nameless.map
	for option in out.js.map nameless.map=out.js; do
		pyro-symbolize --source-map $option x.json >named.pb.gz
		pyro-query raw named.pb.gz >raw
		grep -q ' a b.ts:11' raw
		grep -q ' work a.ts:1' raw
		grep -q ' c /srv/layout.js:1' raw
	done
}

@test "--source-map: minified JavaScript is one line, columns tell functions apart" {
	# a: line 1 column 11 of out.js is line 1 of a.ts, work; column 21 is line 11 of b.ts, rest
	printf '%s' '{"version":3,"file":"out.js","sources":["a.ts","b.ts"],"names":["work","rest"],"mappings":"UAAAA,UCUUC"}' >out.js.map
	cat >x.cpuprofile <<-'END'
	{"nodes":[{"id":1,"callFrame":{"functionName":"(root)","lineNumber":-1,"columnNumber":-1},"children":[2,3]},
	{"id":2,"callFrame":{"functionName":"t","url":"file:///srv/out.js","lineNumber":0,"columnNumber":12}},
	{"id":3,"callFrame":{"functionName":"t","url":"file:///srv/out.js","lineNumber":0,"columnNumber":25}}],
	"startTime":0,"endTime":30,"samples":[2,3,3],"timeDeltas":[0,10,10]}
	END
	pyro-symbolize --source-map out.js.map x.cpuprofile >named.pb.gz
	[ "$(pyro-query folded --sample-index samples named.pb.gz | sort)" = $'rest 2\nwork 1' ]
	pyro-query raw named.pb.gz >raw
	grep -q ' work a.ts:1:1 ' raw
	grep -q ' rest b.ts:11:11 ' raw
	# through pprof, where the column is kept
	pyro-convert x.cpuprofile >x.pb.gz
	[ "$(pyro-symbolize --source-map out.js.map x.pb.gz | pyro-query folded --sample-index samples | sort)" = $'rest 2\nwork 1' ]
}

@test "several profiles: a tar of them, labels and times beside" {
	program
	addresses a.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$outer=3"
	addresses b.pb.gz --mapping "$PWD/p" --start 0x400000 --limit 0x500000 "$outer=4"
	pyro-convert --to stream --label service_name=shop a.pb.gz b.pb.gz >stream.tar
	pyro-symbolize <stream.tar >named.tar
	[ "$(tar tf named.tar | wc -l)" = 2 ]
	[ "$(names named.tar)" = 'outer;inner 7' ]
	pyro-ingest -o blocks named.tar >/dev/null
	pyro-query series blocks | grep -q 'service_name="\?shop'
	pyro-symbolize -o one.tar a.pb.gz
	[ "$(tar tf one.tar | wc -l)" = 1 ]
	mkdir in && cp a.pb.gz b.pb.gz in
	[ "$(pyro-symbolize in | tar t | wc -l)" = 2 ]
}

@test "exit codes: inputs" {
	shop
	echo nonsense >bad.bin
	try pyro-symbolize -o out.pb.gz bad.bin
	ends 100
	[ ! -e out.pb.gz ]
	try pyro-symbolize -o out.pb.gz missing
	ends 100
	try pyro-symbolize -k -o out.pb.gz bad.bin cpu.pb.gz
	[ "$status" = 1 ] || fail
	names out.pb.gz | grep -q 'main;idle 70'
	try pyro-symbolize -k -o none.pb.gz bad.bin
	[ "$status" = 1 ] || fail
	[ ! -e none.pb.gz ]
}

@test "exit codes: options" {
	shop
	for wrong in '--binary missing' '--perf-map missing' '--mapping-file missing' '--source-map missing' '--demangle loud' \
		'--format nothing' '--format pgo' '--nonsense'; do
		# shellcheck disable=SC2086
		try pyro-symbolize $wrong -o out.pb.gz cpu.pb.gz
		[ "$status" = 2 ] || fail "$wrong"
	done
	echo x >bad
	for wrong in '--binary bad' '--mapping-file bad' '--source-map bad'; do
		# shellcheck disable=SC2086
		try pyro-symbolize $wrong -o out.pb.gz cpu.pb.gz
		ends 100
	done
}

# same_as_objdump FILE WANTED: its calls into libraries have the names that objdump -d gives them: as many as that
same_as_objdump() {
	local all=() name where
	objdump -d "$1" | sed -n 's/^0*\([0-9a-f]*\) <\([^*]*@plt\)>:$/\1 \2/p' >entries
	while read -r where name; do all+=("0x$where=1" "$(printf '0x%x' $((0x$where + 6)))=1"); done <entries
	sed 's/^[^ ]* //; s/$/ 2/' entries | sort >wanted
	[ "$(wc -l <wanted)" -ge "$2" ] || fail "objdump knows only $(cat wanted)"
	addresses plt.pb.gz --mapping "$PWD/$1" --start 0 --limit 0x1000000 "${all[@]}"
	pyro-symbolize <plt.pb.gz | pyro-query folded | sort >got
	diff wanted got
}

@test "calls into libraries: NAME@plt, as objdump has it" {
	printf '%s\n' '#include <stdio.h>' '#include <stdlib.h>' \
		'int main(int n, char **v) { char *p = malloc(9); puts(p ? v[0] : "none"); free(p); return n; }' >p.c
	gcc -O1 -no-pie -fcf-protection=none -Wl,-z,lazy -o lazy p.c
	same_as_objdump lazy 3
	gcc -O1 -pie -fPIE -fcf-protection=full -Wl,-z,ibtplt -o marked p.c # .plt.sec, .plt.got
	same_as_objdump marked 4
}

@test "calls into libraries of clang's programs" {
	command -v clang >/dev/null || skip "clang is not installed"
	echo 'int puts(const char *); void *malloc(unsigned long); int main(void) { return puts(malloc(9)); }' >p.c
	clang -O1 -pie -fPIE -Wl,-z,now -o now p.c
	same_as_objdump now 2
}

@test "calls into libraries of arm64" {
	# aarch64-linux-gnu-objdump -d: 2e0 <ext_b@plt>, 2f0 <ext_a@plt>
	cp "$repo/tests/fuzz/corpus/elf/seed-plt-arm64" lib.so
	addresses plt.pb.gz --mapping "$PWD/lib.so" --start 0 --limit 0x10000 0x2e0=1 0x2fc=2
	try_sh 'pyro-symbolize <plt.pb.gz | pyro-query folded | sort'
	ends 0
	is 'ext_a@plt 2
ext_b@plt 1'
}
