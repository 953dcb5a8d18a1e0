# helpers.bash - for tests/cli/*.bats: `load ../lib/helpers`. Every test runs in an empty folder of its own, with the
# programs in PATH. BIN names the folder of the programs (default: build).

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case ${BIN:-build} in
/*) PATH=$BIN:$PATH ;;
*) PATH=$repo/${BIN:-build}:$PATH ;;
esac
export PATH LC_ALL=C TZ=UTC
unset NO_COLOR COLUMNS PYRO_READY_FD
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_server
}

profile() { # profile OUT [OPTION ...]: see make_profile.py
	"$repo/tests/lib/make_profile.py" "$@"
}

shop() { # shop [OUT]: 30 in parse, 70 in idle
	profile "${1:-cpu.pb.gz}" --stack 'main;serve;parse=30' --stack 'main;idle=70'
}

blocks() { # blocks [FOLDER]: a folder with two blocks: shop at 10:00 and cart at 11:30
	shop shop.pb.gz
	profile cart.pb.gz --stack 'main;pay=5' --time 2026-01-15T11:30:00Z --build /bin/cart
	pyro-ingest --label service_name=shop --output "${1:-blocks}" shop.pb.gz >/dev/null
	pyro-ingest --label service_name=cart --output "${1:-blocks}" cart.pb.gz >/dev/null
	rm shop.pb.gz cart.pb.gz
}

first_block() { # first_block FOLDER: the path of its first block
	local all=("$1"/*/)
	echo "${all[0]%/}"
}

# try COMMAND...: $status, $out and $err (standard output and error apart; NUL bytes are dropped).
try() {
	status=0
	"$@" >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" </dev/null || status=$?
	out=$(tr -d '\0' <"$BATS_TEST_TMPDIR/.out")
	err=$(tr -d '\0' <"$BATS_TEST_TMPDIR/.err")
}

# try_sh 'SHELL CODE': the same for pipelines; the status is that of the last failing command.
try_sh() {
	try bash -o pipefail -c "$1"
}

fail() {
	printf '%s\n' "$@" "status: $status" "out: $(head -c 2000 <<<"$out")" "err: $(head -c 2000 <<<"$err")" >&2
	return 1
}

ends() { # ends STATUS: and no stray words on standard error after success
	[ "$status" = "$1" ] || fail "ended with $status, not $1"
	[ "$1" != 0 ] || [ -z "$err" ] || fail "standard error is not empty"
}

says() { # says TEXT: one line on standard error, with this in it
	[[ $err == *"$1"* ]] || fail "standard error has no: $1"
	[ "$(wc -l <<<"$err")" = 1 ] || fail "more than one line on standard error"
}

prints() { # prints TEXT
	[[ $out == *"$1"* ]] || fail "standard output has no: $1"
}

is() { # is TEXT: the whole standard output
	[ "$out" = "$1" ] || fail "standard output is not: $1"
}

silent() {
	[ -z "$out" ] || fail "standard output is not empty"
}

json_lines() { # every line of standard output is a JSON object
	python3 -c 'import json, sys
for line in sys.stdin:
    assert isinstance(json.loads(line), dict), line' <<<"$out" || fail "not JSON lines"
}

tree_hash() { # tree_hash FOLDER: names and contents
	(cd "$1" && find . -type f | sort | xargs sha256sum | sha256sum)
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

server=
start_server() { # start_server [OPTION ...]: pyro-serve on $port, data in ./data; profiles of any time are welcome
	local option ready=/ready
	for option in "$@"; do [[ $option == -server.path-prefix=* ]] && ready=${option#*=}/ready; done
	port=$(free_port)
	pyro-serve -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port" -log.level=error \
		-validation.reject-older-than=0 -validation.reject-newer-than=0 -querier.max-query-lookback=0 \
		-querier.max-query-length=0 "$@" >server.log 2>&1 3>&- &
	server=$!
	for _ in $(seq 600); do
		curl -sf -o /dev/null "http://127.0.0.1:$port$ready" && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	cat server.log >&2
	return 1
}

stop_server() {
	[ -n "$server" ] || return 0
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	server=
}
