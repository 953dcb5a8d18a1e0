#!/usr/bin/env bats
# Flight Recorder files at the prompt and at the server.
load ../lib/helpers

recording() { # recording OUT: cpu 2 x parse, 1 x run; an allocation, a lock, a file
	PYTHONPATH=$repo/tests/lib python3 - "$1" <<-'EOF'
		import sys
		import jfr_file
		events = [("jdk.ActiveSetting", {"id": 100, "name": "interval", "value": "20 ms"}),
		          ("jdk.ActiveSetting", {"id": 105, "name": "event", "value": "cpu"})]
		events += [("jdk.ExecutionSample", {"stackTrace": s, "state": 1, "sampledThread": 1}) for s in (1, 1, 2)]
		events += [("jdk.ObjectAllocationInNewTLAB", {"stackTrace": 1, "objectClass": 1, "tlabSize": 4096}),
		           ("jdk.JavaMonitorEnter", {"stackTrace": 2, "duration": 300}),
		           ("jdk.FileRead", {"stackTrace": 2, "duration": 55, "path": "/x", "bytesRead": 300000})]
		open(sys.argv[1], "wb").write(jfr_file.recording(events))
	EOF
}

cpu="app/Main.main;app/Shop\$\$Lambda_.run 20000000
app/Main.main;app/Shop.serve;app/Shop.parse 40000000"

@test "top and folded show the CPU, each other type by its name" {
	recording x.jfr
	try pyro-query top x.jfr
	ends 0
	prints "Type: cpu"
	prints "app/Shop.parse"
	try pyro-query folded x.jfr
	is "$cpu"
	try pyro-query folded --sample-index alloc_in_new_tlab_bytes x.jfr
	is "app/Main.main;app/Shop.serve;app/Shop.parse 4096"
	try pyro-query folded --sample-index delay x.jfr
	is "app/Main.main;app/Shop\$\$Lambda_.run 300"
	try pyro-query folded --sample-index file_read_bytes x.jfr
	is "app/Main.main;app/Shop\$\$Lambda_.run 300000"
}

@test "a recording is as long as it is, however many kinds of events it has" {
	recording x.jfr
	try pyro-query raw x.jfr
	prints "Duration: 10s"
	try pyro-query info x.jfr
	prints "duration   10s"
	for sum in merge pprof; do
		try_sh "pyro-query $sum x.jfr x.jfr | pyro-query raw -"
		prints "Duration: 20s"
	done
	try_sh "pyro-convert --to pprof x.jfr x.jfr | pyro-query raw -"
	prints "Duration: 20s"
}

@test "compressed by anything, in an archive, on standard input" {
	recording x.jfr
	for how in "gzip -c" "xz -c" "bzip2 -c" "zstd -qc" "lz4 -qc"; do
		command -v "${how%% *}" >/dev/null || continue
		$how x.jfr >y
		try pyro-query folded y
		is "$cpu"
		try pyro-query folded - <y
	done
	tar cf x.tar x.jfr
	try pyro-query folded x.tar
	is "$cpu"
	try_sh 'pyro-query folded - < x.jfr'
	is "$cpu"
}

@test "recordings concatenate, and a cut one is taken with -lenient as far as it is whole" {
	recording x.jfr
	cat x.jfr x.jfr >two.jfr
	try pyro-query folded two.jfr
	is "app/Main.main;app/Shop\$\$Lambda_.run 40000000
app/Main.main;app/Shop.serve;app/Shop.parse 80000000"
	head -c -9 two.jfr >cut.jfr
	try pyro-convert --to folded cut.jfr
	[ "$status" != 0 ]
	says "chunk 2 at byte"
	says "unexpected EOF"
	silent
	try pyro-convert --lenient --to folded cut.jfr
	[ "$status" = 0 ]
	is "$cpu"
	says "chunk 2 at byte"
	head -c 1000 x.jfr >first.jfr
	try pyro-convert --lenient --to folded first.jfr
	ends 100
	says "the recording has no event with a stack: chunk 1 at byte 0: a chunk of"
	try pyro-convert --from jfr --to folded /etc/passwd
	ends 100
	says "jfr: no recording"
}

@test "pyro-ingest makes blocks of a recording" {
	recording x.jfr
	try pyro-ingest --label service_name=java -o blocks x.jfr
	ends 0
	try pyro-query types blocks
	prints "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	prints "memory:alloc_in_new_tlab_bytes:bytes:space:bytes"
	prints "mutex:delay:nanoseconds:mutex:count"
	try pyro-query folded -t process_cpu:cpu:nanoseconds:cpu:nanoseconds blocks
	is "$cpu"
	try pyro-query series blocks
	prints 'jfr_event="cpu"'
	pyro-ingest --label jfr_event=mine -o other x.jfr
	try pyro-query series other
	prints 'jfr_event="mine"'
	! grep -q 'jfr_event="cpu"' <<<"$out" || fail "the label of the file stands beside that of the option"
}

@test "the server takes an upload, raw or as a form" {
	recording x.jfr
	start_server
	from=1768471200 until=1768471210
	url="http://127.0.0.1:$port/ingest?from=$from&until=$until&format=jfr&spyName=javaspy&sampleRate=50"
	try curl -sf --data-binary @x.jfr "$url&name=raw"
	ends 0
	gzip -k x.jfr
	try curl -sf -F jfr=@x.jfr.gz "$url&name=form"
	ends 0
	for name in raw form; do
		try pyro-query folded -q "{service_name=\"$name\"}" --from $from --to $((until + 1)) \
			-t process_cpu:cpu:nanoseconds:cpu:nanoseconds "http://127.0.0.1:$port"
		is "$cpu"
	done
	try curl -s --data-binary @/etc/hostname "$url&name=bad"
	prints 'parsing IngestInput-pprof failed jfr parser ParseEvent error: error reading chunk header: unexpected EOF'
}
