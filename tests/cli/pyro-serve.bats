#!/usr/bin/env bats
# pyro-serve: start, the pages of operators, parts that are killed, reload, restart, stop, status.
load ../lib/helpers

# ---- helpers ----

at() { # at PATH [CURL OPTION ...]
	try curl -sSg --max-time 30 "http://127.0.0.1:$port$1" "${@:2}"
}

part() { # part ingest|query: its process id
	pyro-serve status --json | python3 -c 'import json, sys
for s in json.load(sys.stdin)["services"]:
    if s["name"] == sys.argv[1]:
        print(s.get("pid", 0))' "$1"
}

push() { # push NAME [CURL OPTION ...]: one profile of now, 100 units
	[ -f cpu.pb.gz ] || profile cpu.pb.gz --stack 'main;serve;parse=30' --stack 'main;idle=70' \
		--time "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	at "/ingest?name=$1&from=$(date +%s)&until=$(date +%s)&format=pprof" --data-binary @cpu.pb.gz -o /dev/null \
		-w '%{http_code}' "${@:2}"
}

names() { # names: the services that questions know
	at /querier.v1.QuerierService/LabelValues -H 'Content-Type: application/json' -d '{"name":"service_name"}'
}

until_says() { # until_says FILE TEXT
	for _ in $(seq 400); do
		grep -qF -- "$2" "$1" && return
		sleep 0.05
	done
	cat "$1" >&2
	return 1
}

eventually() { # eventually COMMAND...
	for _ in $(seq 400); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

up() { pyro-serve status >/dev/null; }

# ---- start ----

@test "it starts, says so once, and serves" {
	start_server -log.level=info
	[ "$(grep -c 'msg=ready ' server.log)" = 1 ]
	grep -q "address=127.0.0.1:$port " server.log
	at /ready -w ' %{http_code} %{content_type}'
	is "ready 200 text/plain"
	push shop
	is 200
	names
	is '{"names":["shop"]}'
}

flush() { # flush [CURL OPTION ...]
	at /ingester.v1.IngesterService/Flush -H 'Content-Type: application/json' -d '{}' -w ' %{http_code}' "$@"
}

blocks() { find data -path '*/local/*/meta.json' | wc -l; }

@test "Flush makes blocks of what was pushed, and answers when they are there" {
	start_server
	push shop
	flush
	is '{} 200'
	[ "$(blocks)" = 1 ]
	try pyro-query values service_name data/anonymous/local
	is shop
	names
	is '{"names":["shop"]}'
	flush
	is '{} 200'
	[ "$(blocks)" = 1 ] || fail "a block without rows"
	push cart
	try_sh "'$repo/tests/lib/grpc_call.py' 127.0.0.1:$port /ingester.v1.IngesterService/Flush </dev/null"
	ends 0
	[ "$(blocks)" = 2 ]
	flush -X GET
	[[ $out == *' 405' ]]
}

@test "Flush that cannot write says so; rows stay, and blocks are made when that is mended" {
	start_server
	push shop
	mkdir -p data/anonymous
	touch data/anonymous/local
	flush
	[[ $out == *'blocks could not be written'*' 503' ]]
	names
	is '{"names":["shop"]}'
	rm data/anonymous/local
	flush
	is '{} 200'
	[ "$(blocks)" = 1 ]
	names
	is '{"names":["shop"]}'
}

@test "-ready-fd: one line when all parts are ready" {
	port=$(free_port)
	mkfifo line
	pyro-serve -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port" -ready-fd=7 7>line 2>server.log 3>&- &
	server=$!
	[ "$(timeout 20 head -n 1 line)" != "" ]
	at /ready
	is ready
}

@test "a second one in the same folder is refused" {
	start_server
	try pyro-serve -server.http-listen-address=127.0.0.1 -server.http-listen-port=0
	ends 100
	says "another pyro-serve runs in ./data (-pyroscopedb.data-path)"
}

@test "an address in use, a bad target, a part that is not there" {
	start_server
	try pyro-serve -pyroscopedb.data-path=other -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port"
	[ "$status" = 111 ]
	says "-server.http-listen-address, -server.http-listen-port"
	try pyro-serve -target=nothing
	ends 2
	says 'no target "nothing"'
	try pyro-serve -target=compactor
	[ "$status" = 2 ]
	mkdir alone
	cp "$(command -v pyro-serve)" alone/
	PATH=/usr/bin:/bin try alone/pyro-serve -pyroscopedb.data-path=other -server.http-listen-port=0
	ends 100
	says "pyro-ingest is neither beside pyro-serve nor in PATH"
}

@test "-modules, and one target alone" {
	try pyro-serve -modules
	ends 0
	prints "ingester *"
	start_server -target=distributor,ingester
	try pyro-serve status
	prints "ingest       up"
	[[ $out != *query* ]] || fail "more than one part"
	push shop
	is 200
	stop_server
}

@test "a wrong option of a part ends the whole with its code" {
	try pyro-serve -server.http-listen-port=0 -ingester.shards=many
	[ "$status" = 2 ] || fail "ended with $status"
	grep -q 'option -ingester.shards=many' <<<"$err" || fail "the option is not named"
}

# ---- pages ----

@test "metrics of the whole server: well formed, names of the original, both processes" {
	start_server
	push shop
	push 'shop{a=b}'
	push 'shop{a=c}'
	at /ingest -X POST -o /dev/null
	names
	at '/pyroscope/render?query=process_cpu:cpu:nanoseconds:cpu:nanoseconds%7B%7D&from=now-1h&until=now' -o /dev/null
	at /no/such/page -o /dev/null
	at /metrics -w '%{content_type}' -o page
	is "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
	try_sh "'$repo/tests/lib/promlint.py' <page"
	[ "$status" = 0 ] || fail "lint"
	[ -z "$(command -v promtool)" ] || promtool check metrics <page
	for line in 'pyroscope_request_duration_seconds_count{method="POST",route="ingest",status_code="200",ws="false"} 3' \
		'pyroscope_request_duration_seconds_count{method="POST",route="querier_v1_querierservice_labelvalues",status_code="200",ws="false"} 1' \
		'pyroscope_request_duration_seconds_count{method="GET",route="pyroscope_render",status_code="200",ws="false"} 1' \
		'pyroscope_request_duration_seconds_count{method="GET",route="other",status_code="404",ws="false"} 1' \
		'pyroscope_distributor_received_compressed_bytes_count{tenant="anonymous",type="process_cpu"} 3' \
		'pyroscope_distributor_received_samples_sum{tenant="anonymous",type="process_cpu"} 6' \
		'pyroscope_ingester_memory_series{tenant="anonymous"} 3' \
		'pyro_query_questions_total 2'; do
		grep -qxF -- "$line" page || fail "no $line" "$(grep -F "${line%%\{*}" page)"
	done
	for program in pyro-ingest pyro-query; do
		grep -q "^process_resident_memory_bytes{program=\"$program\"} [1-9]" page
		grep -q "^pyroscope_build_info{.*program=\"$program\".*} 1$" page
	done
	at /metrics -H 'Accept-Encoding: gzip' -o page.gz
	gzip -dc page.gz | "$repo/tests/lib/promlint.py" 2>/dev/null
}

@test "metrics say what decoded blocks take of their memory" {
	start_server
	push shop
	is 200
	stop_server
	start_server -querier.block-memory=1MiB
	at /metrics -o page
	grep -qx 'pyro_query_block_bytes 0' page
	grep -qx 'pyro_query_page_bytes 0' page
	at '/pyroscope/render?query=process_cpu:cpu:nanoseconds:cpu:nanoseconds%7B%7D&from=now-1h&until=now' -o /dev/null
	at /metrics -o page
	parts=$(sed -n 's/^pyro_query_block_bytes //p' page)
	[ "$parts" -gt 0 ] || fail "no indexes and symbols"
	grep -q '^pyro_query_page_bytes [1-9]' page
	grep -qx "pyro_query_page_limit_bytes $((1048576 - parts))" page
}

@test "each part alone has its own metrics and pages" {
	for program in ingest query; do
		port=$(free_port)
		"pyro-$program" serve -server.http-listen-address=127.0.0.1 -server.http-listen-port="$port" \
			>server.log 2>&1 3>&- &
		server=$!
		eventually curl -sf -o /dev/null "http://127.0.0.1:$port/ready"
		at /metrics -o page
		try_sh "'$repo/tests/lib/promlint.py' <page"
		[ "$status" = 0 ] || fail "$program"
		grep -q 'route="ready",status_code="200"' page
		at /services
		prints "=> Running"
		at /buildinfo
		prints '"status":"success"'
		stop_server
	done
}

@test "configuration and build" {
	start_server -distributor.ingestion-rate-limit-mb=9
	for path in /config /api/v1/status/config; do
		at $path -w '%{content_type}'
		prints "ingestion_rate_mb: 9"
		prints "max_journal_size:"
		prints "block_memory:"
		prints "text/plain; charset=utf-8"
	done
	at /api/v1/status/config/diff
	prints "ingestion_rate_mb: 9"
	[[ $out != *max_profile_size_bytes* ]] || fail "the difference has a default"
	at /api/v1/status/config/default
	prints "ingestion_rate_mb: 4"
	# What is shown starts a server.
	curl -s "http://127.0.0.1:$port/config" >shown.yaml
	try pyro-serve -config.file=shown.yaml -print.config
	ends 0
	at /api/v1/status/buildinfo
	python3 -c 'import json, sys; assert json.loads(sys.argv[1])["data"]["version"]' "$out"
	at /services
	is "distributor => Running
ingester => Running
querier => Running"
}

@test "a path prefix: everything below it, nothing beside it" {
	start_server -server.path-prefix=/prof
	at /prof/querier.v1.QuerierService/LabelNames -H 'Content-Type: application/json' -d '{}' -w ' %{http_code}'
	prints 200
	at /ready -w ' %{http_code}'
	prints 404
	at /profready -w ' %{http_code}'
	prints 404
	at /prof/metrics -o page
	grep -q 'program="pyro-query"' page
	kill -0 "$server"
}

# ---- parts that end ----

@test "kill -9 of a part: it comes back, the other stays, nothing is lost" {
	start_server -log.level=info
	push before
	is 200
	for victim in ingest query; do
		other=$([ $victim = ingest ] && echo query || echo ingest)
		old=$(part $victim) kept=$(part $other)
		kill -9 "$old"
		push "after-$victim"
		is 200
		names
		prints "\"after-$victim\""
		prints '"before"'
		eventually up
		[ "$(part $victim)" != "$old" ]
		[ "$(part $other)" = "$kept" ] || fail "$other was taken down too"
	done
	grep -q 'warn pyro-serve msg="service ended" service=ingest how=' server.log
	grep -q 'msg="service will be started again" service=query delay_ms=250' server.log
}

@test "kill -9 again and again: every connection is accepted and answered" {
	start_server
	push shop
	cat >client.py <<'PY'
import socket, sys, threading, time
port, stop, bad, answers = int(sys.argv[1]), time.monotonic() + float(sys.argv[2]), [], [0, 0, 0]
body = b'{"name":"service_name"}'
ask = b"POST /querier.v1.QuerierService/LabelValues HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" \
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
def one():
    while time.monotonic() < stop:
        try:
            s = socket.create_connection(("127.0.0.1", port), timeout=30)
        except OSError as e:
            bad.append(f"refused: {e}")         # never
            continue
        try:
            s.sendall(ask)
            got = b""
            while chunk := s.recv(65536):
                got += chunk
            status = int(got.split(b" ", 2)[1]) if got else 0
        except OSError:
            status = 0
        if status == 200:
            if b'"shop"' not in got:
                bad.append("answer without the profile: %r" % got[-200:])
            answers[0] += 1
        elif status == 503:
            if b"Retry-After: 1\r\n" not in got:
                bad.append("503 without Retry-After: %r" % got[:300])
            answers[1] += 1
        elif status == 0:
            answers[2] += 1     # the process died with the request in its hands
        else:
            bad.append("%r" % got[:300])
threads = [threading.Thread(target=one) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print("answered", answers[0], "later", answers[1], "cut", answers[2])
for b in bad[:10]:
    print(b)
sys.exit(1 if bad or answers[0] < 10 else 0)
PY
	python3 client.py "$port" 8 >client.out 2>&1 3>&- &
	client=$!
	while kill -0 $client 2>/dev/null; do
		for victim in query ingest; do
			pid=$(part $victim)
			[ "$pid" = 0 ] || kill -9 "$pid" 2>/dev/null || true
			sleep 0.4
		done
	done
	wait $client || { cat client.out >&2; false; }
	# A query process that dies takes no connection with it: only kills of the front cut some.
	eventually up
	names
	is '{"names":["shop"]}'
}

@test "the delay before a restart grows, and status shows it" {
	start_server -log.level=info
	for delay in 250 500 1000; do
		pid=$(part query)
		kill -9 "$pid"
		until_says server.log "service=query delay_ms=$delay"
		eventually up
	done
	try pyro-serve status --json
	python3 -c 'import json, sys
s = {x["name"]: x for x in json.loads(sys.argv[1])["services"]}
assert s["query"]["restarts"] == 3, s
assert s["ingest"]["restarts"] == 0, s' "$out"
}

@test "while the query process is away the front says so" {
	start_server
	pid=$(part query)
	kill -STOP "$pid"
	at /ready -w ' %{http_code}'
	prints "Starting: [querier]"
	prints 503
	at /services
	prints "querier => Starting"
	at /metrics -o page
	try_sh "'$repo/tests/lib/promlint.py' <page"
	[ "$status" = 0 ]
	grep -q 'program="pyro-ingest"' page
	kill -CONT "$pid"
	at /ready
	is ready
}

# ---- reload, restart, stop ----

@test "reload: limits of tenants at SIGHUP, and when the file changes" {
	printf 'overrides:\n  small:\n    max_label_names_per_series: 1\n' >over.yaml
	start_server -log.level=info -auth.multitenancy-enabled -runtime-config.file=over.yaml -runtime-config.reload-period=1h
	push shop -H 'X-Scope-OrgID: small'
	[ "$out" != 200 ] || fail "no limit"
	push shop -H 'X-Scope-OrgID: large'
	is 200
	printf 'overrides:\n  small:\n    max_label_names_per_series: 20\n' >over.yaml
	pyro-serve reload
	until_says server.log 'pyro-ingest msg="runtime configuration read"'
	until_says server.log 'pyro-query msg="runtime configuration read"'
	small_is_taken() { push shop -H 'X-Scope-OrgID: small' && [ "$out" = 200 ]; }
	eventually small_is_taken
	echo 'overrides: [' >over.yaml
	kill -HUP "$server"
	until_says server.log 'error pyro-ingest msg="runtime configuration not taken; the old one stays"'
	push shop -H 'X-Scope-OrgID: small'
	is 200
	at /metrics -o page
	grep -qx 'pyroscope_runtime_config_last_reload_successful{config="pyroscope"} 0' page
	stop_server
	printf 'overrides:\n  small:\n    max_label_names_per_series: 1\n' >over.yaml
	start_server -auth.multitenancy-enabled -runtime-config.file=over.yaml -runtime-config.reload-period=50ms
	printf 'overrides: {}\n' >over.yaml
	eventually small_is_taken
}

@test "restart of one part, and of no part" {
	start_server
	old=$(part query) kept=$(part ingest)
	pyro-serve restart query
	changed() { [ "$(part query)" != "$old" ] && up; }
	eventually changed
	[ "$(part ingest)" = "$kept" ]
	try pyro-serve restart everything
	ends 2
	says "restart what?"
}

@test "stop in order, with a flush; nothing is left running" {
	start_server -log.level=info
	push shop
	ingest=$(part ingest) query=$(part query)
	try pyro-serve stop
	ends 0
	wait "$server"
	server=
	! kill -0 "$ingest" 2>/dev/null || fail "pyro-ingest still runs"
	! kill -0 "$query" 2>/dev/null || fail "pyro-query still runs"
	first=$(grep -n 'msg="service ended" service=ingest' server.log | cut -d: -f1)
	second=$(grep -n 'msg="service ended" service=query' server.log | cut -d: -f1)
	[ "$first" -lt "$second" ] || fail "not in order"
	try pyro-query values service_name data/anonymous/local --from 0
	prints shop
	[ -z "$(ls data/*journal* 2>/dev/null | grep -v : | grep '\.' | head -n 1)" ] || true
	try pyro-serve status
	[ "$status" = 1 ]
	# It starts again with what it had.
	start_server
	names
	prints shop
}

@test "SIGTERM waits for -shutdown-delay, and a second one does not" {
	start_server -log.level=info -shutdown-delay=1h
	kill -TERM "$server"
	until_says server.log 'msg="stopping is delayed" delay_ms=3600000'
	push shop
	is 200
	kill -TERM "$server"
	wait "$server"
	server=
	grep -q 'msg=stopping$' server.log
}

@test "a request to stop that comes twice is one, as timeout(1) sends it" {
	start_server -log.level=info
	push shop
	kill -TERM "$server"
	kill -INT "$server"
	wait "$server"
	server=
	[ "$(grep -c 'msg="service ended".*how="exit code 0"' server.log)" = 2 ] || fail "$(cat server.log)"
}

@test "the parts end when pyro-serve is killed" {
	start_server
	ingest=$(part ingest) query=$(part query)
	kill -9 "$server"
	wait "$server" || true
	server=
	gone() { ! kill -0 "$ingest" 2>/dev/null && ! kill -0 "$query" 2>/dev/null; }
	eventually gone
	start_server
	at /ready
	is ready
}

@test "status: for people, as JSON, of a folder, of nobody" {
	try pyro-serve status
	ends 1
	start_server
	try pyro-serve status
	ends 0
	prints "ingest"
	prints "127.0.0.1:$port"
	try pyro-serve status --json data
	ends 0
	json_lines
	kill -STOP "$(part query)"
	kill -CONT "$(part query)"
	stop_server
	try pyro-serve status
	[ "$status" = 1 ]
	try pyro-serve reload
	ends 1
	says "no pyro-serve runs in"
}

# ---- the log ----

@test "log lines: time, level, program, a constant message, fields; no secrets" {
	printf 'overrides: {}\n' >over.yaml
	start_server -log.level=debug -runtime-config.file=over.yaml
	push shop
	names
	kill -HUP "$server"
	kill -9 "$(part query)"
	eventually up
	stop_server
	line='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z (error|warn|info|debug) pyro-(serve|ingest|query) msg=("[a-zA-Z0-9 ;,:-]+"|[a-z]+)( [a-z_]+=("([^"\\]|\\.)*"|[^" ]+|""))*$'
	! grep -vE "$line" server.log || fail "odd lines"
	# Messages hold no numbers, names or paths: those are fields.
	! grep -oE 'msg=("[^"]*"|[^ ]*)' server.log | grep -E '[0-9/]' || fail "facts in a message"
}

# ---- other forms of an answer ----

Q='query=process_cpu:cpu:nanoseconds:cpu:nanoseconds%7Bservice_name=%22shop%22%7D&from=now-1h&until=now'

@test "render: every form of the table by its name, JSON for names that nobody knows" {
	start_server
	push shop
	at "/pyroscope/render?$Q&format=folded" -w '%{http_code} %{content_type}'
	is "main;idle 70
main;serve;parse 30
200 text/plain"
	at "/pyroscope/render?$Q&format=csv"
	grep -q '^70,.*idle$' <<<"$out" || fail "no table"
	at "/pyroscope/render?$Q&format=svg" -w '%{content_type}'
	grep -q 'image/svg+xml$' <<<"$out" && grep -q '<title>main (100' <<<"$out" || fail "no picture"
	at "/pyroscope/render?$Q&format=pprof" -o got.pb.gz -w '%{content_type}'
	is "application/octet-stream"
	pyro-query folded got.pb.gz >got && printf 'main;idle 70\nmain;serve;parse 30\n' | cmp - got
	at "/pyroscope/render?$Q&format=jsonl" -w '%{content_type}' -o /dev/null
	is "application/x-ndjson"
	at "/pyroscope/render?$Q&format=parquet" -o got.parquet -w '%{content_type}'
	is "application/vnd.apache.parquet"
	pyro-query folded got.parquet >got && printf 'main;idle 70\nmain;serve;parse 30\n' | cmp - got
	at "/pyroscope/render?$Q&format=html" -w '%{content_type}' -o /dev/null
	is "application/json"
	at "/pyroscope/render?$Q&format=html" -H 'Accept: text/html,*/*' -w '%{content_type}' -o /dev/null
	is "text/html; charset=utf-8"
	at "/pyroscope/render?$Q&format=nothing" -w '%{content_type}' -o /dev/null
	is "application/json"
	at "/pyroscope/render?${Q/shop/none}&format=folded" -w ' %{http_code}'
	prints 'no samples match process_cpu:'
	[[ $out == *' 404' ]] || fail "not 404"
}

@test "render-diff: comparisons in their forms" {
	start_server
	push shop
	profile cpu.pb.gz --stack 'main;serve;parse=40' --stack 'main;idle=70' --time "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	push cart
	both="leftQuery=process_cpu:cpu:nanoseconds:cpu:nanoseconds%7Bservice_name=%22shop%22%7D&leftFrom=now-1h&leftUntil=now"
	both="$both&rightQuery=process_cpu:cpu:nanoseconds:cpu:nanoseconds%7Bservice_name=%22cart%22%7D&rightFrom=now-1h&rightUntil=now"
	at "/pyroscope/render-diff?$both&format=folded"
	is "main;idle 70 70
main;serve;parse 30 40"
	at "/pyroscope/render-diff?$both&format=svg" -w '%{content_type}' -o /dev/null
	is "image/svg+xml"
	at "/pyroscope/render-diff?${both/cart/none}&format=folded" # what went
	is "main;idle 70 0
main;serve;parse 30 0"
	both=${both/cart/none}
	at "/pyroscope/render-diff?${both/shop/none}&format=folded" -w ' %{http_code}'
	[[ $out == *'no samples match process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name=\"none\"}'*' 404' ]] || fail "$out"
	at "/pyroscope/render-diff?$both&format=top" -w '%{content_type}' -o /dev/null # no form of a comparison
	is "application/json"
}

# ---- uploads and settings ----

upload() { # upload FILE: the answer, and its id in id
	at /adhocprofiles.v1.AdHocProfileService/Upload -H 'Content-Type: application/json' \
		-d "{\"name\":\"$1\",\"profile\":\"$(base64 -w0 "$1")\"}" -w ' %{http_code}'
	id=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1].rsplit(" ", 1)[0]).get("id", ""))' "$out")
}

@test "an archive that is uploaded is the sum of what is in it" {
	start_server
	profile one.pb.gz --stack 'main;work=5' --time 2026-01-15T10:00:00Z
	profile two.pb.gz --stack 'main;work=10' --stack 'main;idle=2' --time 2026-01-15T11:00:00Z
	mkdir empty
	tar czf all.tar.gz one.pb.gz two.pb.gz empty
	upload all.tar.gz
	at "/pyroscope/adhoc?id=$id&format=folded"
	is "$(pyro-query folded one.pb.gz two.pb.gz)"
	tar cf none.tar empty
	upload none.tar
	[[ $out == *"no file is in the archive"*' 400' ]] || fail "$out"
	printf 'neither this' >text
	tar cf odd.tar one.pb.gz text
	upload odd.tar
	[[ $out == *"text: unsupported format"*' 400' ]] || fail "$out"
	zcat all.tar.gz | head -c 700 >cut.tar
	upload cut.tar
	[[ $out == *"one.pb.gz"*' 400' ]] || fail "$out"
}

@test "a profile of any format is uploaded, found again after a restart, and compared" {
	start_server
	printf 'main;work 3\nmain;idle 2\n' | base64 -w0 >a
	printf 'main;work 5\nmain;idle 2\n' | base64 -w0 >b
	for x in a b; do
		at /adhocprofiles.v1.AdHocProfileService/Upload -H 'Content-Type: application/json' \
			-d "{\"name\":\"same.folded\",\"profile\":\"$(cat $x)\"}" -o up-$x
		python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["id"])' up-$x >id-$x
	done
	stop_server
	start_server
	at /adhocprofiles.v1.AdHocProfileService/List -H 'Content-Type: application/json' -d '{}' -o list
	[ "$(grep -o '"id"' list | wc -l)" = 2 ] || fail "the list" "$(cat list)"
	at /adhocprofiles.v1.AdHocProfileService/Diff -H 'Content-Type: application/json' \
		-d "{\"leftId\":\"$(cat id-a)\",\"rightId\":\"$(cat id-b)\"}"
	grep -q 'leftTicks.*5.*rightTicks.*7' <<<"$out" || fail "no comparison"
	at "/pyroscope/adhoc?id=$(cat id-b)"
	prints '{"type":"samples","unit":"count","total":7,'
	at "/pyroscope/adhoc?id=$(cat id-b)&format=folded"
	is $'main;idle 2\nmain;work 5'
	at "/pyroscope/adhoc?id=$(cat id-b)&before=$(cat id-a)&format=folded"
	is $'main;idle 2 2\nmain;work 3 5'
	at "/pyroscope/adhoc?id=$(cat id-b)&format=times" -w ' %{http_code}'
	prints 'the samples have no times'
	[[ $out == *' 400' ]] || fail "not 400"
	at "/pyroscope/adhoc?id=$(cat id-b)&format=raw&before=$(cat id-a)"
	prints 'there is no \"raw\" of a comparison'
	trace='[{"name":"a","ph":"B","ts":0,"pid":1,"tid":2},{"name":"b","ph":"B","ts":5,"pid":1,"tid":2},{"name":"b","ph":"E","ts":7,"pid":1,"tid":2},{"name":"a","ph":"E","ts":20,"pid":1,"tid":2}]'
	at /adhocprofiles.v1.AdHocProfileService/Upload -H 'Content-Type: application/json' \
		-d "{\"name\":\"x.trace.json\",\"profile\":\"$(base64 -w0 <<<"$trace")\"}" -o up
	at "/pyroscope/adhoc?id=$(python3 -c 'import json; print(json.load(open("up"))["id"])')&format=times"
	prints '[0,20000,0,'
	prints '[5000,2000,0,'
	at /adhocprofiles.v1.AdHocProfileService/Upload -H 'Content-Type: application/json' \
		-d '{"name":"x","profile":"AAAAAAAA"}' -w ' %{http_code}'
	prints 'failed to parse profile'
	[[ $out == *' 400' ]] || fail "not 400"
}

@test "a question below a call site" {
	start_server
	printf 'main;serve;parse 3\nmain;serve;read 2\nmain;idle 7\n' >s
	at "/ingest?name=deep&from=$(($(date +%s) - 30))&until=$(date +%s)" --data-binary @s
	q="query=process_cpu:cpu:nanoseconds:cpu:nanoseconds%7Bservice_name%3D%22deep%22%7D&from=now-1h&until=now%2B1m"
	at "/pyroscope/render?$q&callSite=main&callSite=serve&format=folded"
	is $'main;serve;parse 30000000\nmain;serve;read 20000000'
	at "/pyroscope/render?$q&callSite=main&callSite=serve"
	prints '"numTicks":50000000'
	grep -qv idle <<<"$out" || fail "what is not below"
}

@test "uploads and settings have limits" {
	start_server -querier.max-adhoc-profiles=1
	body='{"name":"x.folded","profile":"YSAxCg=="}'
	at /adhocprofiles.v1.AdHocProfileService/Upload -H 'Content-Type: application/json' -d "$body" -o /dev/null -w '%{http_code}'
	is 200
	at /adhocprofiles.v1.AdHocProfileService/Upload -H 'Content-Type: application/json' -d "$body" -w ' %{http_code}'
	prints querier.max-adhoc-profiles
	[[ $out == *' 429' ]] || fail "not 429"
	types=$(python3 -c 'import base64; print(base64.b64encode(b"\n\0" * 5000 + b"2\0").decode())')
	at /adhocprofiles.v1.AdHocProfileService/Upload -H 'Content-Type: application/json' \
		-d "{\"name\":\"x.pb\",\"profile\":\"$types\"}" -w ' %{http_code}'
	prints '5000 sample types'
	[[ $out == *' 400' ]] || fail "not 400"
	at /settings.v1.SettingsService/Set -H 'Content-Type: application/json' \
		-d '{"setting":{"name":"theme","value":"dark","modifiedAt":"5"}}'
	stop_server
	start_server
	at /settings.v1.SettingsService/Get -H 'Content-Type: application/json' -d '{}'
	is '{"settings":[{"name":"theme","value":"dark","modifiedAt":"5"}]}'
}

@test "what a question would touch" {
	start_server
	push shop
	now=$(date +%s)
	at /querier.v1.QuerierService/AnalyzeQuery -H 'Content-Type: application/json' \
		-d "{\"start\":\"$((now - 3600))000\",\"end\":\"$((now + 60))000\",\"query\":\"{}\"}"
	prints '"seriesCount":"1","profileCount":"1","sampleCount":"2"'
}
