#!/usr/bin/env bats
# The flame graph of characters, and with keys in a terminal.
load ../lib/helpers

at_terminal() { # at_terminal KEYS [OPTION ...]: pyro-query flame --interactive
	try "$repo/tests/lib/screen.py" 20x80 "$1" pyro-query flame --interactive "${@:2}" cpu.pb.gz
	[ "$status" = 0 ] || fail "the terminal"
}

left_well() { # left_well [STATUS]
	[ "$err" = "terminal as before, left, status ${1:-0}" ] || fail "$err"
}

@test "a picture of lines where there is no terminal, with colours where there is one" {
	shop
	try pyro-query flame --width 40 cpu.pb.gz
	ends 0
	prints "│main──────────────────────────────────"
	prints "│idle"
	[[ $out != *$'\033'* ]] || fail "colours in a file"
	try script -qec 'stty cols 70; pyro-query flame cpu.pb.gz' /dev/null
	prints $'\033[38;2;'
	try script -qec 'stty cols 70; NO_COLOR=1 pyro-query flame cpu.pb.gz' /dev/null
	[[ $out != *$'\033'* ]] || fail "colours in spite of NO_COLOR"
	try pyro-query flame --output svg cpu.pb.gz
	prints "<svg"
	try pyro-query diff cpu.pb.gz cpu.pb.gz --output flame
	prints "before"
	try pyro-query top --interactive cpu.pb.gz
	ends 2
	TERM=xterm try setsid pyro-query flame --interactive cpu.pb.gz
	ends 2
	says "there is no terminal"
}

@test "keys: choose, zoom, search, table, sandwich, leave" {
	shop
	at_terminal '\x1b[B\x1b[Bq'
	left_well
	prints "idle  70ns (70.00%), self 70ns"
	at_terminal '/parse\rq'
	left_well
	prints "matched /parse/: 30ns (30.00%)"
	at_terminal 'tq'
	prints "SELF      total  function"
	at_terminal 't\rq'
	prints "sandwich of idle"
}

@test "another size" {
	shop
	at_terminal '{SIZE:12x72}q'
	left_well
	[ "$(wc -l <<<"$out")" = 12 ] || fail "not 12 lines"
}

@test "the terminal is restored when the program is told to end, or crashes" {
	shop
	at_terminal '{KILL:TERM}'
	left_well
	at_terminal '{KILL:SEGV}'
	left_well -11
	at_terminal '\x03'
	left_well
}

@test "names cannot move the cursor" {
	printf 'ma\033[2Jin;x 1\n' >x.folded
	try pyro-query flame x.folded
	prints "ma?[2Jin"
}
