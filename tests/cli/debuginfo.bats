#!/usr/bin/env bats
# debuginfo.v1alpha1: what a server without it says, the three steps, and names for what comes after them.
load ../lib/helpers

service=debuginfo.v1alpha1.DebuginfoService

call() { # call PROCEDURE JSON: the answer and its status
	curl -s -w ' %{http_code}' -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$port/$service/$1"
}

should() { # should ID [TYPE]
	call ShouldInitiateUpload "{\"file\":{\"gnuBuildId\":\"$1\",\"name\":\"p\",\"type\":\"${2-TYPE_EXECUTABLE_FULL}\"}}"
}

upload() { # upload ID FILE
	curl -s -w ' %{http_code}' --data-binary "@$2" "http://127.0.0.1:$port/$service/Upload/$1"
}

equals() {
	[ "$1" = "$2" ] || { echo "$1, not $2" >&2; return 1; }
}

@test "without -debuginfo.enabled nothing is wanted" {
	start_server
	equals "$(should abcdef0123)" '{"reason":"DebugInfo upload disabled"} 200'
	equals "$(should 'xyz!' '')" '{"reason":"DebugInfo upload disabled"} 200'
	echo x >file
	equals "$(upload aaaaaaaaaa file)" $'no pending upload for this build ID\n 412'
	equals "$(upload zz file)" $'invalid gnu_build_id: invalid gnuBuildID "zz"\n 400'
	equals "$(call UploadFinished '{"gnuBuildId":"abcdef0123"}')" \
		'{"code":"not_found","message":"no upload metadata found for build ID abcdef0123"} 404'
}

@test "the three steps, in order and out of it" {
	start_server -debuginfo.enabled
	echo x >file
	equals "$(upload abcdef0123 file)" $'no pending upload for this build ID\n 412'
	equals "$(call UploadFinished '{"gnuBuildId":"abcdef0123"}')" \
		'{"code":"not_found","message":"no upload metadata found for build ID abcdef0123"} 404'
	equals "$(should abcdef0123)" \
		'{"shouldInitiateUpload":true,"reason":"First time we see this Build ID, therefore please upload!"} 200'
	equals "$(should abcdef0123)" \
		'{"reason":"A previous upload is still in-progress and not stale yet (only stale uploads can be retried)."} 200'
	equals "$(call UploadFinished '{"gnuBuildId":"abcdef0123"}')" \
		'{"code":"failed_precondition","message":"no uploaded file found for build ID abcdef0123"} 400'
	equals "$(upload abcdef0123 file)" ' 200'
	equals "$(call UploadFinished '{"gnuBuildId":"abcdef0123"}')" '{} 200'
	equals "$(call UploadFinished '{"gnuBuildId":"abcdef0123"}')" \
		'{"code":"failed_precondition","message":"upload is not in uploading state"} 400'
	equals "$(should ABCDEF0123)" \
		'{"reason":"Debuginfo already exists and is not marked as invalid, therefore no new upload is needed."} 200'
	equals "$(upload abcdef0123 file)" $'no pending upload for this build ID\n 412'
	equals "$(should 'xyz!')" '{"code":"invalid_argument","message":"invalid request: invalid gnuBuildID \"xyz!\""} 400'
	equals "$(should abcd TYPE_UNSPECIFIED)" \
		'{"code":"invalid_argument","message":"invalid request: init.File.Type(0) is not valid"} 400'
	equals "$(call ShouldInitiateUpload '{}')" '{"code":"invalid_argument","message":"invalid request: init.File == nil"} 400'
}

@test "an upload that nobody finished may be tried again" {
	start_server -debuginfo.enabled
	should abcdef0123 >/dev/null
	echo 1 >"$(find . -path '*debuginfo/abcdef0123/started')"
	equals "$(should abcdef0123)" \
		'{"shouldInitiateUpload":true,"reason":"A previous upload was started but not finished and is now stale, so it can be retried."} 200'
	echo nonsense >"$(find . -path '*debuginfo/abcdef0123/started')"
	should abcdef0123 | grep -q retried
}

@test "limits: uploads that are announced and not finished" {
	start_server -debuginfo.enabled
	should ffff01 >/dev/null
	folder=$(dirname "$(find . -path '*debuginfo/ffff01/started')")/..
	mkdir "$folder"/cc{1000..1998}
	for id in cc{1000..1998}; do
		echo 1 >"$folder/$id/started"
	done
	touch -d '2 hours ago' "$folder"/cc*/started
	touch -d '3 hours ago' "$folder/cc1500/started" "$folder/cc1700/started"
	echo >"$folder/cc1700/done"
	should ffff02 >/dev/null # the 1,000th
	[ -d "$folder/cc1500" ]
	should ffff03 >/dev/null
	[ ! -e "$folder/cc1500" ]
	[ "$(ls "$folder" | wc -l)" = 1001 ] # one of them is finished
	echo x >file
	equals "$(upload cc1500 file)" $'no pending upload for this build ID\n 412'
	equals "$(upload ffff01 file)" ' 200'
}

@test "limits: one file, all files" {
	start_server -debuginfo.enabled -debuginfo.max-upload-size=100k -debuginfo.max-store-size=150k
	head -c 102401 /dev/zero >large
	head -c 80000 /dev/zero >small
	should aa01 >/dev/null
	equals "$(upload aa01 large)" $'upload failed\n 413'
	for id in aa01 aa02; do
		should $id >/dev/null
		equals "$(upload $id small)" ' 200'
		equals "$(call UploadFinished "{\"gnuBuildId\":\"$id\"}")" '{} 200'
	done
	should aa01 | grep -q 'First time'  # it had to go
	should aa02 | grep -q 'already exists'
	# an upload takes the place of what it tried before, and does not make room by forgetting itself
	echo 1 >"$(find . -path '*debuginfo/aa02/started')"
	rm "$(find . -path '*debuginfo/aa02/done')"
	should aa02 | grep -q retried
	equals "$(upload aa02 small)" ' 200'
	equals "$(call UploadFinished '{"gnuBuildId":"aa02"}')" '{} 200'
}

@test "limits: what a packed section may become" {
	program -gz=zlib
	start_server -debuginfo.enabled -debuginfo.memory=100
	should "$id" >/dev/null
	equals "$(upload "$id" p)" ' 200'
	equals "$(call UploadFinished "{\"gnuBuildId\":\"$id\"}")" '{} 200'
	push
	flame | grep -qx 'outer 3' # as the symbols have it, without inlined calls
}

# flame: names of the flame graph of all there is, sorted
flame() {
	pyro-query folded -q '{}' --from 2026-01-15T09:00:00Z --to 2026-01-15T11:00:00Z "http://127.0.0.1:$port" | sort
}

push() {
	curl -sf --data-binary @cpu.pb.gz "http://127.0.0.1:$port/ingest?name=shop&format=pprof"
}

# program [FLAG ...]: p, with inner inlined into outer, its $id, and cpu.pb.gz, a profile of outer (3) and of another place (4)
program() {
	printf '%s\n' 'static inline __attribute__((always_inline)) int inner(volatile int *x) { return *x * 3; }' \
		'__attribute__((noinline)) int outer(volatile int *x)' '{' '	return inner(x) + 1;' '}' \
		'int main(void) { volatile int x = 2; return outer(&x); }' >p.c
	gcc -g -O1 -no-pie -Wl,--build-id=sha1 "$@" -o p p.c
	outer=0x$(nm p | awk '$3 == "outer" {print $1}')
	id=$(readelf -n p | awk '/Build ID/ {print $3}')
	"$repo/tests/lib/address_profile.py" cpu.pb.gz --mapping /usr/bin/p --build-id "$id" --start 0x400000 --limit 0x500000 \
		"$outer=3" 0x400001=4
}

@test "a profile of addresses, before and after its program is there" {
	program
	start_server -debuginfo.enabled
	push
	flame >before
	[ "$(grep -c outer before)" = 0 ]
	[ "$(awk '{n += $NF} END {print n}' before)" = 7 ]
	should "$id" >/dev/null
	equals "$(upload "$id" p)" ' 200'
	push # the upload is not over
	[ "$(flame | grep -c outer)" = 0 ]
	equals "$(call UploadFinished "{\"gnuBuildId\":\"$id\"}")" '{} 200'
	push
	push
	flame >after
	grep -qx 'outer;inner 6' after
	[ "$(awk '{n += $NF} END {print n}' after)" = 28 ]
	# once more, from disk
	stop_server
	start_server -debuginfo.enabled
	push
	flame | grep -qx 'outer;inner 9'
}

@test "a file that is no program: profiles stay as they are" {
	echo nonsense >file
	"$repo/tests/lib/address_profile.py" cpu.pb.gz --mapping /usr/bin/p --build-id aa01 --start 0x400000 --limit 0x500000 0x400001=4
	start_server -debuginfo.enabled
	should aa01 >/dev/null
	upload aa01 file >/dev/null
	call UploadFinished '{"gnuBuildId":"aa01"}' >/dev/null
	curl -sf --data-binary @cpu.pb.gz "http://127.0.0.1:$port/ingest?name=shop&format=pprof"
	[ "$(flame | awk '{n += $NF} END {print n}')" = 4 ]
}
