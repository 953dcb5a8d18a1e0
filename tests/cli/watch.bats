#!/usr/bin/env bats
# pyro-query top --watch, and flame of a server in a terminal: answers that are asked for again.
load ../lib/helpers

teardown() {
	stop_server
	[ -z "${other:-}" ] || kill "$other" 2>/dev/null || true
}

push() { # push STACK COUNT
	printf '%s %d\n' "$1" "$2" | curl -sf --data-binary @- "http://127.0.0.1:$port/ingest?name=shop"
}

later() { # later STACK COUNT: pushed by {RUN:sh later}
	printf "printf '%s %d\\\\n' | curl -sf --data-binary @- 'http://127.0.0.1:%d/ingest?name=shop'" "$1" "$2" "$port" >later
}

at() { # at ROWSxCOLUMNS KEYS COMMAND ...
	try timeout 60 "$repo/tests/lib/screen.py" "$@"
	[ "$status" = 0 ] || fail "the terminal"
}

left_well() { # left_well [STATUS]
	[ "$err" = "terminal as before, left, status ${1:-0}" ] || fail "$err"
}

@test "top --watch: what comes in is there at the next answer" {
	start_server
	push 'main;parse' 30
	later 'main;idle' 70
	at 20x80 '{RUN:sh later}{WAIT:idle}q' pyro-query top --watch --interval 200ms "http://127.0.0.1:$port"
	left_well
	prints "700ms 70.00% 70.00%      700ms 70.00%  idle"
	prints "300ms 30.00%   100%      300ms 30.00%  parse"
	prints "q quit  o order  space pause  g ask now  arrows scroll"
}

@test "top --watch: order, scrolling, size, pause" {
	for i in $(seq 30); do echo "main;f$i $i"; done >x.folded
	at 12x60 '{WAIT:f30}q' pyro-query top --watch x.folded
	left_well
	[ "$(wc -l <<<"$out")" = 12 ] || fail "not 12 lines"
	[[ $out != *main* ]] || fail "main is not at the end"
	at 12x60 'o{WAIT:  main}q' pyro-query top --watch --interval 100ms x.folded
	left_well
	at 12x60 '\x1b[Fq' pyro-query top --watch --interval 0 x.folded
	left_well
	prints "  main"
	[[ $out != *f30* ]] || fail "the first line is still there"
	at 12x60 '{SIZE:8x50}{SIZE:10x40}q' pyro-query top --watch x.folded
	left_well
	[ "$(wc -l <<<"$out")" = 10 ] || fail "not 10 lines"
	at 12x60 ' q' pyro-query top --watch x.folded
	prints "  PAUSED"
	left_well
}

@test "top --watch: what is paused sleeps" {
	echo "main 1" >x.folded
	cat >probe <<-'END'
		woken() { awk '/^voluntary/ { print $2 }' "/proc/$(cat pid)/status"; }
		sleep 0.3
		before=$(woken)
		sleep 1
		echo $(($(woken) - before)) >woken
	END
	# shellcheck disable=SC2016
	at 12x60 ' {RUN:sh probe}q' sh -c 'echo $$ >pid && exec pyro-query top --watch --interval 100ms x.folded'
	left_well
	[ "$(cat woken)" -lt 50 ] || fail "woken $(cat woken) times in a second"
}

@test "top --watch: a narrow terminal keeps the column of the order, and the functions without their paths" {
	printf 'main;example.com/a/b/shop.Total 70\nmain;example.com/a/b/shop.(*Store).PutAllOfThem 30\n' >x.folded
	at 12x40 'q' pyro-query top --watch x.folded
	left_well
	prints "      flat  flat%"
	prints "        70 70.00%  shop.Total"
	prints "        30 30.00%  shop.(*Store).PutAll…"
	at 12x40 'o{WAIT:cum%}q' pyro-query top --watch --interval 100ms x.folded
	prints "       cum   cum%"
	prints "       100   100%  main"
	at 12x69 'q' pyro-query top --watch x.folded
	prints "        70 70.00% 70.00%         70 70.00%  shop.Total"
	at 12x90 'q' pyro-query top --watch x.folded
	prints "        70 70.00% 70.00%         70 70.00%  example.com/a/b/shop.Total"
	at 9x40 'tq' pyro-query flame --interactive x.folded
	prints "        70         70  shop.Total"
}

@test "flame --interactive of a server: live, and what is chosen stays chosen" {
	start_server
	push 'main;serve;parse' 30
	later 'main;aaa' 70
	at 20x100 '\x1b[B\x1b[B\x1b[B{RUN:sh later}{WAIT:aaa}q' pyro-query flame --interactive --interval 200ms "http://127.0.0.1:$port"
	left_well
	prints "parse  300ms (30.00%), self 300ms"
	prints "aaa"
	later 'main;bbb' 100
	at 20x100 '/bbb\r{RUN:sh later}{WAIT:matched /bbb/: 1s}q' pyro-query flame --watch --interval 100ms "http://127.0.0.1:$port"
	left_well
}

@test "the terminal is restored on every way out" {
	start_server
	push 'main;parse' 30
	for verb in 'top --watch' 'flame --interactive'; do
		for signal in TERM INT HUP; do
			at 20x80 "{KILL:$signal}" pyro-query $verb --interval 100ms "http://127.0.0.1:$port"
			left_well
		done
		at 20x80 '{KILL:SEGV}' pyro-query $verb --interval 100ms "http://127.0.0.1:$port"
		left_well -11
		at 20x80 '\x03' pyro-query $verb --interval 100ms "http://127.0.0.1:$port"
		left_well
	done
}

@test "a server that goes away: the last answer stays, with the reason; it comes back" {
	start_server
	push 'main;parse' 30
	at 20x100 "{RUN:pkill -KILL -P $server; kill -KILL $server}{WAIT:NO ANSWER}q" pyro-query top --watch --interval 200ms "http://127.0.0.1:$port"
	left_well
	prints "parse"
	prints "NO ANSWER, this is of 20"
	[[ $out =~ Z:\ Failed\ to\ connect ]] || fail "the address hides the reason"
	wait "$server" || true
	server=
}

@test "a server that hangs does not hold the keys" {
	cat >hang.py <<'PYTHON'
import http.server, os, sys, time
body = open("answer", "rb").read()
class H(http.server.BaseHTTPRequestHandler):
    n = 0
    def log_message(self, *_): pass
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        H.n += 1
        if H.n > 1:
            time.sleep(100)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
open("port.new", "w").write(str(s.server_port))
os.rename("port.new", "port")
s.serve_forever()
PYTHON
	profile answer.gz --stack $'ma\033[2Jin;x=1' && gzip -dc answer.gz >answer
	python3 hang.py 3>&- &
	other=$!
	for _ in $(seq 200); do [ -s port ] && break; sleep 0.05; done
	before=$(date +%s)
	at 20x100 'g{SIZE:15x90}q' pyro-query top --watch --interval 1h -t cpu:cpu:nanoseconds:cpu:nanoseconds "http://127.0.0.1:$(cat port)"
	left_well
	[ "$(wc -l <<<"$out")" = 15 ] || fail "the size is another"
	[ $(($(date +%s) - before)) -lt 20 ] || fail "the person waits"
	prints 'ma?[2Jin'
	at 20x100 'q' pyro-query flame -i -t cpu:cpu:nanoseconds:cpu:nanoseconds "http://127.0.0.1:$(cat port)" || true
}

@test "what does not go together" {
	shop
	for wrong in 'tree --watch' 'top --watch --output svg' 'top --watch --group-by x' 'top --watch --base cpu.pb.gz'; do
		try pyro-query $wrong cpu.pb.gz
		ends 2
	done
	try_sh 'pyro-query top --watch <cpu.pb.gz'
	ends 2
	says "standard input can be read once"
	TERM=xterm try setsid pyro-query top --watch cpu.pb.gz
	ends 2
	says "there is no terminal"
	TERM=dumb try pyro-query top --watch cpu.pb.gz
	ends 2
	says "TERM is dumb"
	try pyro-query top --watch none.pb.gz
	ends 100
}
