# man.bats - the EXAMPLES of every manual page, run as they are printed.
load ../lib/helpers

# examples PAGE: its examples, one command a line
examples() {
	awk '/^\.Sh /{on = $2 == "EXAMPLES"} !on{next} /^\.Bd/{block = 1; next} /^\.Ed/{block = 0; next} block' "$repo/doc/$1" |
		sed 's/\\e/\\/g; s/\\(aq/'\''/g; s/\\-/-/g' |
		awk '/[\\|]$/{sub(/\\$/, ""); line = line $0; next} {print line $0; line = ""}'
}

# What the examples name: profiles, folded stacks, blocks, the data folder of a server.
things() {
	local stacks=(--stack 'main;compress=30' --stack 'main;sort;less=12' --stack 'main;idle=5')
	profile cpu.pb.gz "${stacks[@]}" --time "$(date -u +%FT%TZ)"
	profile before.pb.gz "${stacks[@]}" --stack 'main;sort;less=3'
	mkdir day && cp cpu.pb.gz before.pb.gz day
	# the rules of pyro-diff.7; a file has no yesterday
	awk '/^defaults:/{on = 1} /^\.Ed/{on = 0} on' "$repo/doc/pyro-diff.7" | sed 's/base: .*/base: {source: before.pb.gz, from: ""}/' >rules.yaml
	printf 'main;work 3\nmain;idle 1\n' >day.folded
	pyro-ingest --label service_name=shop --output blocks cpu.pb.gz >/dev/null
	mkdir -p data/anonymous
	cp -r blocks data/anonymous/local
	printf 'server:\n  http_listen_address: 127.0.0.1\n' >pyroscope.yaml
}

# here COMMAND: with paths and ports of this test
here() {
	sed "s|/var/lib/pyro|$PWD/lib|g; s|localhost:4040|127.0.0.1:$port|g; s|http-listen-port=4040|http-listen-port=$port|" <<<"$1"
}

run_example() {
	try_sh "$1"
	[ "$status" = 0 ] || fail "$1"
}

# filters PAGE: every example that starts no server
filters() {
	local n=0
	port=1
	while read -r line; do
		case $line in
		*localhost* | pyro-serve* | *' serve '*) continue ;;
		esac
		run_example "$line"
		n=$((n + 1))
	done < <(examples "$1")
	[ $n -ge "$2" ] || fail "$1: $n examples"
}

# serve COMMAND: starts the server that it names and waits until it answers
serve() {
	case $1 in
	*http-listen-port*) ;;
	*) set -- "$1 -server.http-listen-port=$port" ;;
	esac
	# shellcheck disable=SC2086
	$1 -server.http-listen-address=127.0.0.1 -log.level=error >server.log 2>&1 3>&- &
	server=$!
	for _ in $(seq 600); do
		curl -sf -o /dev/null "http://127.0.0.1:$port/ready" && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	fail "$1: $(cat server.log)"
}

@test "pyro.7" {
	things
	filters pyro.7 2
}

@test "pyro-instead.7" {
	things
	filters pyro-instead.7 7
	[ -s default.pgo ] && [ -s day.svg ] && [ -s sum.speedscope.json ]
}

@test "pyro-ingest.1" {
	things
	filters pyro-ingest.1 3
}

@test "pyro-query.1" {
	things
	filters pyro-query.1 8
	[ -s cpu.svg ] && [ -s diff.svg ] && [ -s day.svg ] && grep -q 'tests="2" failures="0" errors="0"' checks.xml
}

@test "pyro-convert.1" {
	things
	mkdir recordings && cp cpu.pb.gz before.pb.gz day.folded recordings
	filters pyro-convert.1 5
	[ -s day.svg ] && [ -s compress.json ] && [ -s folded/before.folded ]
	[ -n "$(pyro-query series shop)" ]
}

@test "pyro-symbolize.1" {
	things
	mkdir build && cp "$(command -v pyro-query)" build/shop
	cp "$repo/tests/fuzz/corpus/perf_data/seed-file-little" perf.data
	printf '1000 10 work\n' >/tmp/perf-4711.map
	filters pyro-symbolize.1 4
	rm /tmp/perf-4711.map
	[ -n "$(pyro-query folded named.pb.gz)" ]
}

@test "pyro-tail.1" {
	things
	start_server
	(for _ in $(seq 400); do curl -sf --data-binary @day.folded "http://127.0.0.1:$port/ingest?name=shop" || true; sleep 0.1; done) 3>&- &
	pushes=$!
	mapfile -t lines < <(examples pyro-tail.1)
	[ ${#lines[@]} = 3 ]
	run_example "$(here "${lines[0]}") --count 1 >table.tar"
	for line in "${lines[@]:1}"; do run_example "$(here "$line")"; done
	kill "$pushes"
	[ "$(pyro-query values service_name some.tar)" = shop ]
	[ "$(tar tf some.tar | wc -l)" = 3 ]
}

@test "pyro-block.1" {
	things
	filters pyro-block.1 4
}

@test "pyro-ingest.1: a receiver, and a push to it" {
	things
	port=$(free_port)
	mapfile -t lines < <(examples pyro-ingest.1 | grep -E ' serve |localhost')
	[ ${#lines[@]} = 2 ]
	serve "$(here "${lines[0]}")"
	run_example "$(here "${lines[1]}")"
	run_example "curl -sf http://127.0.0.1:$port/metrics | grep '^pyroscope_distributor_received_profiles_total 1$'"
}

@test "pyro-query.1: a server" {
	things
	start_server
	curl -sf --data-binary @day.folded "http://127.0.0.1:$port/ingest?name=shop"
	mapfile -t lines < <(examples pyro-query.1 | grep localhost)
	[ ${#lines[@]} -ge 1 ]
	for line in "${lines[@]}"; do
		case $line in
		*--watch* | *--interactive*) # shellcheck disable=SC2046
			try "$repo/tests/lib/screen.py" 20x80 q $(here "$line")
			[ "$err" = "terminal as before, left, status 0" ] || fail "$line" ;;
		*) run_example "$(here "$line")" ;;
		esac
	done
	[ -s all.pb.gz ]
}

@test "pyro-api.7: questions to a server" {
	things
	port=$(free_port)
	mapfile -t lines < <(examples pyro-api.7)
	[ ${#lines[@]} = 3 ]
	serve "$(here "${lines[0]}")"
	curl -sf --data-binary @day.folded "http://127.0.0.1:$port/ingest?name=shop"
	for line in "${lines[@]:1}"; do run_example "$(here "$line")"; done
	grep -q '^pyro_function_self_value{.*function="work"} ' <<<"$out"
}

@test "pyro-serve.1: with a file; with options, then status, restart, stop" {
	things
	port=$(free_port)
	mapfile -t lines < <(examples pyro-serve.1)
	[ ${#lines[@]} = 5 ]
	serve "$(here "${lines[0]}")"
	stop_server
	port=$(free_port)
	serve "$(here "${lines[1]}")"
	for line in "${lines[@]:2}"; do run_example "$(here "$line")"; done
	wait "$server" || fail "the server did not end well"
	server=
}

@test "every page has examples, and all of them are run here" {
	for page in "$repo"/doc/*.1 "$repo/doc/pyro.7"; do
		name=${page##*/}
		grep -q "^@test \"$name" "$BATS_TEST_FILENAME" || fail "$name"
		[ -n "$(examples "$name")" ] || fail "$name: no examples"
	done
}
