#!/usr/bin/env bats
# /ingest of what the table of formats reads: named by format, or by Content-Type.
load ../lib/helpers

send() { # send NAME QUERY BODY [CURL OPTION ...]: status and answer
	try curl -sSg --max-time 30 "http://127.0.0.1:$port/ingest?name=$1&from=$(date +%s)&until=$(date +%s)$2" \
		--data-binary "$3" -w ' %{http_code}' "${@:4}"
	out=${out//$'\n'/}
}

folded() { # folded TYPE SELECTOR
	try pyro-query folded "http://127.0.0.1:$port" -t "$1" -from now-1h "$2"
}

series() { # series LABEL: its values
	try curl -sSg --max-time 30 "http://127.0.0.1:$port/querier.v1.QuerierService/LabelValues" \
		-H 'Content-Type: application/json' -d "{\"name\":\"$1\"}"
}

speedscope='{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a"},{"name":"b"}]},
"profiles":[{"type":"sampled","name":"main","unit":"nanoseconds","startValue":0,"endValue":7,"samples":[[0],[0,1]],"weights":[3,4]}]}'
cpuprofile='{"nodes":[{"id":1,"callFrame":{"functionName":"(root)"},"children":[2]},{"id":2,"callFrame":{"functionName":"f"}}],
"startTime":10,"endTime":30,"samples":[2,2],"timeDeltas":[0,5]}'

@test "speedscope: times are nanoseconds, whatever their unit" {
	start_server
	send sp '&format=speedscope' "$speedscope"
	is ' 200'
	folded process_cpu:cpu:nanoseconds:cpu:nanoseconds '{service_name="sp"}'
	is "a 3
a;b 4"
	send ms '&format=speedscope' "${speedscope/nanoseconds/milliseconds}"
	folded process_cpu:cpu:nanoseconds:cpu:nanoseconds '{service_name="ms"}'
	is "a 3000000
a;b 4000000"
	series profile_name
	is '{"names":["main"]}'
}

@test "speedscope: the bytes of a file with several profiles are counted once" {
	start_server
	local one=${speedscope##*profiles\":[} two
	one=${one%]\}}
	two=${speedscope/%]\}/,${one/main/more}]\}}
	send sp '&format=speedscope' "$two"
	is ' 200'
	try_sh "curl -sS 'http://127.0.0.1:$port/distributor/all_user_stats' |
		python3 -c 'import json, sys; print(*[(t[\"receivedProfiles\"], t[\"receivedBytes\"]) for t in json.load(sys.stdin)])'"
	is "(2, ${#two})"
}

@test "speedscope by Content-Type, and what is wrong in one" {
	start_server
	send app '' "$speedscope" -H 'Content-Type: application/json'
	is ' 200'
	send app '&format=speedscope' "${speedscope/4]/x]}"
	[[ $out == '{"code":"unknown","message":"invalid character '*' 422' ]] || fail "$out"
	send app '&format=speedscope' "${speedscope/\[0,1\]/[0,9]}"
	[[ $out == *'sample 1 has frame 9, there are 2"} 422' ]] || fail "$out"
}

@test "a format by name: types of its own" {
	start_server
	send node '&format=cpuprofile' "$cpuprofile"
	is ' 200'
	folded process_cpu:cpu:nanoseconds:: '{service_name="node"}'
	is "f 20000"
	folded process_cpu:samples:count:: '{service_name="node"}'
	is "f 2"
	send node '&format=cpuprofile' '{"nodes":['
	is '{"code":"unknown","message":"cpuprofile: unexpected end of JSON input"} 422'
}

@test "a format that only counts: the type is that of the name" {
	start_server
	send shop.wall '&format=jsonl' '{"stack":["main","work"],"value":3}'
	is ' 200'
	folded wall:wall:nanoseconds:cpu:nanoseconds '{service_name="shop"}'
	is "main;work 30000000"
	send shop.nonsense '' '{"stack":["main","work"],"value":3}' -H 'Content-Type: application/x-ndjson'
	[[ $out == *'unknown profile type: nonsense"} 422' ]] || fail "$out"
}

@test "a body of several profiles is several series" {
	start_server
	send p '&format=trace-event' '[{"ph":"X","name":"a","pid":1,"tid":1,"ts":0,"dur":5},{"ph":"X","name":"b","pid":1,"tid":2,"ts":0,"dur":7}]'
	is ' 200'
	series profile_name
	is '{"names":["thread 1","thread 2"]}'
}

@test "text stays text, whatever it is called" {
	start_server
	send t '&format=unheard' 'a;b 4' -H 'Content-Type: application/json'
	is ' 200'
	send t '' 'a;b 4' -H 'Content-Type: application/octet-stream'
	is ' 200'
	folded process_cpu:cpu:nanoseconds:cpu:nanoseconds '{service_name="t"}'
	is "a;b 80000000"
}

@test "what nobody named is what it looks like, if it is no folded text" {
	start_server
	send sp '' "$speedscope"
	is ' 200'
	folded process_cpu:cpu:nanoseconds:cpu:nanoseconds '{service_name="sp"}'
	is "a 3
a;b 4"
	profile cpu.pb.gz --stack 'main;parse=30' --stack 'main;idle=70' --time none
	send pp '' @cpu.pb.gz
	is ' 200'
	folded process_cpu:cpu:nanoseconds:cpu:nanoseconds '{service_name="pp"}'
	is "main;idle 70
main;parse 30"
	printf 'a;b 4\n' | gzip >a.folded.gz
	send fo '' @a.folded.gz
	is ' 200'
	folded process_cpu:cpu:nanoseconds:cpu:nanoseconds '{service_name="fo"}'
	is "a;b 40000000"
	PYTHONPATH=$repo/tests/lib python3 -c 'import sys, jfr_file
sys.stdout.buffer.write(jfr_file.recording([("jdk.ExecutionSample", {"stackTrace": 1, "state": 1})] * 3))' | gzip >a.jfr.gz
	send jf '' @a.jfr.gz
	is ' 200'
	folded process_cpu:cpu:nanoseconds:cpu:nanoseconds '{service_name="jf"}'
	is "app/Main.main;app/Shop.serve;app/Shop.parse 30000000"
	send no '' 'neither this nor that'
	is '{"code":"unknown","message":"strconv.Atoi: parsing \"that\": invalid syntax"} 422'
	send no '&format=groups' "$speedscope" # text without counts
	is ' 200'
	series service_name
	is '{"names":["fo","jf","pp","sp"]}'
}
