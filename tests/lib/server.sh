# server.sh - for the parts of tests/interop: TAP lines and a pyro-serve on loopback. Sourced from the top of the tree.
# BIN names the folder of the programs (default: build).

out=$(mktemp -d)
servers=
interop=${PYRO_INTEROP:-$PWD/build/interop} # what tests/interop/install made
shared=${PYRO_SHARED:-$PWD/../shared}
bin=${BIN:-build}
open="-validation.reject-older-than=0 -validation.reject-newer-than=0 -querier.max-query-lookback=0
-querier.max-query-length=0 -distributor.ingestion-rate-limit-mb=10000 -distributor.ingestion-burst-size-mb=10000"

finish() {
	for pid in $servers; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	rm -rf "$out"
}
trap finish EXIT

skip_all() { # skip_all WHY
	echo "1..0 # SKIP $1"
	exit 0
}

bail() { # bail WHY [FILE]: FILE says more
	[ -z "${2:-}" ] || tail -n 20 "$2" | sed 's/^/# /'
	echo "Bail out! $1"
	exit 1
}

n=0 bad=0
ok() { # ok TITLE STATUS [FILE]: FILE says more when it failed
	n=$((n + 1))
	if [ "$2" = 0 ]; then echo "ok $n - $1"; else
		bad=1
		echo "not ok $n - $1"
		[ -z "${3:-}" ] || head -n 30 "$3" | cut -c1-300 | sed 's/^/# /'
	fi
}

check() { # check TITLE COMMAND...: passes when the command does
	local title=$1
	shift
	"$@" >"$out/check" 2>&1
	ok "$title" $? "$out/check"
}

check_tap() { # check_tap TITLE COMMAND...: the results of a program that prints TAP become ours
	local title=$1 before=$bad line text
	shift
	bad=0
	"$@" >"$out/tap" 2>"$out/tap.err"
	local status=$?
	while IFS= read -r line; do
		text=$title:${line#*[0-9] -}
		case $line in
		"ok "*) ok "$text" 0 ;;
		"not ok "*) ok "$text" 1 ;;
		"Bail out!"*) ok "$title: ${line#Bail out! }" 1 ;;
		"# "*) echo "$line" ;;
		esac
	done <"$out/tap"
	[ $status = 0 ] || [ $bad = 1 ] || ok "$title ends with 0" 1 "$out/tap.err"
	[ $before = 0 ] || bad=1
}

skip() { # skip TITLE WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

done_testing() {
	echo "1..$n"
	exit $bad
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_ready() { # wait_ready PID PORT LOG [TRIES]
	for _ in $(seq "${4:-600}"); do
		curl -sf -o /dev/null "http://127.0.0.1:$2/ready" && return
		kill -0 "$1" 2>/dev/null || bail "a server ended before it was ready" "$3"
		sleep 0.1
	done
	bail "a server is not ready after $((${4:-600} / 10)) s" "$3"
}

start() { # start DATA FLAGS...: sets $server and $port; a second start on the same data gets the same port
	local data=$1
	shift
	: "${port:=$(free_port)}"
	"$bin/pyro-serve" -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port" \
		-pyroscopedb.data-path="$data" -log.level=error "$@" 2>"$out/server.log" &
	server=$!
	servers="$servers $server"
	wait_ready "$server" "$port" "$out/server.log"
}

stop() { # stop [PID]: the part's own server unless told
	local pid=${1:-$server}
	kill "$pid"
	wait "$pid"
	servers=$(echo " $servers " | sed "s/ $pid / /")
}
