#!/usr/bin/env bats
# pyro-tail: the profiles that come in, as a stream and as a table; and servers that do not behave.
load ../lib/helpers

teardown() {
	stop_server
	for pid in $others; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

others=
# follow NAME [OPTION ...]: pyro-tail in the background, when it is connected; what it writes is NAME and NAME.err; its pid is $tail
follow() {
	mkfifo "$1.ready"
	PYRO_READY_FD=9 pyro-tail "${@:2}" "http://127.0.0.1:$port" >"$1" 2>"$1.err" 9>"$1.ready" 3>&- &
	tail=$!
	others="$others $tail"
	read -r -t 20 <"$1.ready" || fail "$1: not connected: $(cat "$1.err")"
}

ended() { # ended NAME STATUS: of the last follow
	status=0
	wait "$tail" || status=$?
	out=$(tr -d '\0' <"$1")
	err=$(cat "$1.err")
	[ "$status" = "$2" ] || fail "$1: $status, not $2"
}

push() { # push SERVICE STACK COUNT [CURL-OPTION ...]
	printf '%s %d\n' "$2" "$3" | curl -sf "${@:4}" --data-binary @- "http://127.0.0.1:$port/ingest?name=$1"
}

hostile() { # hostile KIND: a server on $port
	rm -f port
	"$repo/tests/lib/hostile_tail.py" port "$1" 3>&- &
	others="$others $!"
	for _ in $(seq 200); do [ -s port ] && break; sleep 0.05; done
	port=$(cat port)
}

@test "a profile stream of what the selector takes, until --count" {
	start_server
	follow all.tar --count 4
	all=$tail
	follow shop.tar '{service_name="shop"}' --count 2
	push shop 'main;parse' 30
	push cart 'main;pay' 5
	push shop 'main;idle' 70
	push cart 'main;pay' 6
	ended shop.tar 0
	[ -z "$err" ] || fail "words"
	tail=$all
	ended all.tar 0
	try pyro-query folded shop.tar
	is "main;idle 700000000
main;parse 300000000"
	try pyro-query values service_name all.tar
	is "cart
shop"
	[ "$(tar tf all.tar | wc -l)" = 4 ]
	[ "$(tar tf all.tar | grep -cE '^[0-9]{19}-[0-9a-f]{16}\.pb\.gz$')" = 4 ]
}

@test "a signal ends the stream well: the tar is whole; so does a server that stops" {
	start_server
	follow a.tar
	push shop main 1
	for _ in $(seq 200); do [ -s a.tar ] && break; sleep 0.05; done
	kill -TERM "$tail"
	ended a.tar 0
	tar tf a.tar >/dev/null
	[ "$(tail -c 1024 a.tar | tr -d '\0' | wc -c)" = 0 ] || fail "the tar has no end"
	follow b.tar --retry=false
	push shop main 1
	for _ in $(seq 200); do [ -s b.tar ] && break; sleep 0.05; done
	kill "$server"
	wait "$server" || fail "the server did not end well"
	server=
	ended b.tar 111
	[[ $err == *"the server has ended the stream"* ]] || fail "no reason"
	[ "$(tar tf b.tar | wc -l)" = 1 ]
}

@test "a killed server is waited for, and the words say that something may be missing" {
	start_server
	follow a.tar --count 2
	push shop main 1
	for _ in $(seq 200); do [ -s a.tar ] && break; sleep 0.05; done
	pkill -KILL -P "$server"
	kill -KILL "$server"
	wait "$server" || true
	pyro-serve -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port" -log.level=error >>server.log 2>&1 3>&- &
	server=$!
	for _ in $(seq 600); do
		push shop main 2 2>/dev/null || true
		kill -0 "$tail" 2>/dev/null || break
		sleep 0.05
	done
	ended a.tar 0
	[[ $err == *"connection lost, trying again; what comes in meanwhile is not seen"* ]] || fail "no words"
	[ "$(tar tf a.tar | wc -l)" = 2 ]
}

@test "tenants see their own; a limit of readers" {
	start_server -auth.multitenancy-enabled=true -distributor.max-tails=1
	follow a.tar --tenant-id one --count 1
	push shop main 1 -H 'X-Scope-OrgID: two'
	try pyro-tail --for 5s "http://127.0.0.1:$port"
	ends 100
	says "status 401: no org id"
	try pyro-tail --tenant-id two --for 5s "http://127.0.0.1:$port"
	ends 111
	says "status 429: 1 readers watch already, and so many may (-distributor.max-tails)"
	push cart main 1 -H 'X-Scope-OrgID: one'
	ended a.tar 0
	try pyro-query values service_name a.tar
	is cart
}

@test "a reader that is too slow loses, is told how much, and no push waits" {
	start_server -distributor.ingestion-rate-limit-mb=1000 -distributor.ingestion-burst-size-mb=1000
	python3 -c 'import random
for i in range(4000): print("main;" + "%x" % random.getrandbits(2000), 1)' >big.folded
	mkfifo pipe
	exec 8<>pipe # open, but nobody reads it
	follow pipe
	for i in $(seq 24); do
		timeout 20 curl -sf --data-binary @big.folded "http://127.0.0.1:$port/ingest?name=shop" || fail "push $i waits"
	done
	lost=$(curl -s "http://127.0.0.1:$port/metrics" | sed -n 's/^pyroscope_distributor_tail_lost_profiles_total //p')
	kept=$(curl -s "http://127.0.0.1:$port/metrics" | sed -n 's/^pyroscope_distributor_tail_profiles_total //p')
	[ "$lost" -gt 0 ] || fail "nothing is lost"
	[ $((lost + kept)) = 24 ] || fail "$lost and $kept are not 24"
	cat <&8 >a.tar &
	others="$others $!"
	for _ in $(seq 200); do
		grep -q "profiles lost: this reader is too slow.*profiles=$lost" pipe.err && break
		sleep 0.05
	done
	grep -q "profiles lost: this reader is too slow.*profiles=$lost" pipe.err || fail "$(cat pipe.err)"
	exec 8>&-
}

@test "a table: as text, and on a terminal with keys" {
	start_server
	follow table --table --count 3
	push shop 'main;a' 1
	push shop 'main;a' 1
	push cart 'main;a' 1
	ended table 0
	prints "  PROFILES   per min    samples      bytes     age  series"
	[[ $out =~ '         2 '.*' 2 '.*'service_name="shop"' ]] || fail "no line of shop"
	prints "2 series, 3 profiles, 0 lost"
	try pyro-tail --table --for 200ms "http://127.0.0.1:$port"
	ends 1
	prints "0 series, 0 profiles, 0 lost"
	(for _ in $(seq 100); do push shop 'main;a' 1 || true; sleep 0.05; done) 3>&- &
	others="$others $!"
	try "$repo/tests/lib/screen.py" 20x100 '{WAIT:1 series}o{SIZE:10x60}q' pyro-tail --interval 100ms "http://127.0.0.1:$port"
	[ "$err" = "terminal as before, left, status 0" ] || fail "$err"
	prints "series, "
	try "$repo/tests/lib/screen.py" 8x40 '{WAIT:1 series}q' pyro-tail --interval 100ms "http://127.0.0.1:$port"
	prints '  PROFILES  series'
	prints '  "shop", __name__="process'
	try "$repo/tests/lib/screen.py" 20x100 '{WAIT:1 series}{KILL:TERM}' pyro-tail "http://127.0.0.1:$port"
	[ "$err" = "terminal as before, left, status 0" ] || fail "$err"
	try "$repo/tests/lib/screen.py" 20x100 '{WAIT:1 series}{KILL:SEGV}' pyro-tail "http://127.0.0.1:$port"
	[ "$err" = "terminal as before, left, status -11" ] || fail "$err"
}

@test "a server that says nonsense is told so, with the place" {
	for kind in garbage huge event; do
		hostile $kind
		try timeout 20 pyro-tail --for 10s "http://127.0.0.1:$port"
		ends 100
		says "of the answer: "
	done
	hostile profile
	try timeout 20 pyro-tail --table --for 10s "http://127.0.0.1:$port"
	ends 100
	[[ $err == *"byte "*" of the answer: "* ]] || fail "no place"
	prints "1 series, 1 profile, 0 lost"
	hostile cut
	try timeout 20 pyro-tail --table --retry=false "http://127.0.0.1:$port"
	ends 111
	says "the answer ends within a frame"
	hostile short
	try timeout 20 pyro-tail --table --retry=false "http://127.0.0.1:$port"
	ends 111
	says "http://127.0.0.1:$port/pyro/tail?query=%7B%7D: "
	hostile message
	try timeout 20 pyro-tail "http://127.0.0.1:$port"
	ends 100
	says "status 400: no ?[2J here"
}

@test "escape sequences in names reach neither the terminal nor the names of files" {
	hostile escapes
	try timeout 20 "$repo/tests/lib/screen.py" 20x100 '{WAIT:1 profile,}q' pyro-tail "http://127.0.0.1:$port"
	[ "$err" = "terminal as before, left, status 0" ] || fail "$err"
	prints 'x?[2J'
	try timeout 20 pyro-tail --count 1 "http://127.0.0.1:$port"
	ends 0
	try_sh 'timeout 20 pyro-tail --count 1 "http://127.0.0.1:'"$port"'" | tar t'
	[[ $out =~ ^1795897591710175031-[0-9a-f]{16}\.pb\.gz$ ]] || fail "a name"
}

@test "a server without an answer does not hold the person" {
	hostile silence
	try timeout 20 "$repo/tests/lib/screen.py" 20x100 'q' pyro-tail "http://127.0.0.1:$port"
	[ "$err" = "terminal as before, left, status 1" ] || fail "$err"
	try timeout 20 pyro-tail --for 300ms "http://127.0.0.1:$port"
	ends 1
	silent_tar=$(wc -c <.out)
	[ "$silent_tar" = 1024 ] || fail "an empty stream is $silent_tar bytes"
}

@test "wrong usage; no server" {
	try pyro-tail /tmp
	ends 2
	says "the address of a server is expected"
	try pyro-tail http://a http://b
	ends 2
	try pyro-tail "http://127.0.0.1:$(free_port)"
	ends 111
	[ "$(grep -o http:// <<<"$err" | wc -l)" = 1 ] || fail "the address is told twice"
	start_server
	try pyro-tail '{nonsense' "http://127.0.0.1:$port"
	ends 100
	says "status 400: "
	try pyro-tail --interval 0 "http://127.0.0.1:$port"
	ends 2
}

@test "a closed pipe ends it quietly" {
	start_server
	(for _ in $(seq 100); do push shop 'main;a' 1 || true; sleep 0.05; done) 3>&- &
	others="$others $!"
	try_sh "timeout 20 pyro-tail http://127.0.0.1:$port | head -c 100 >/dev/null"
	[ "$status" != 124 ] && [ -z "$err" ] || fail "not quiet"
}

@test "without a server nothing is written; a stream without a profile is an archive" {
	try pyro-tail --for 1s "http://127.0.0.1:$(free_port)"
	ends 111
	[ ! -s "$BATS_TEST_TMPDIR/.out" ] || fail "something was written"
	start_server
	try pyro-tail --for 100ms "http://127.0.0.1:$port"
	ends 1
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/.out")" = 1024 ] || fail "no end of an archive"
}
