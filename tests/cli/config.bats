#!/usr/bin/env bats
# Command lines and files of Pyroscope: which parameters act, which are passed over, which are refused.
load ../lib/helpers

kinds=$repo/tests/cli/config
table=$kinds/pyroscope-1.21.1.tsv

params() { # params CLASS: its lines of the table; the questions (-help and so on) are none
	awk -F'\t' -v class="$1" '!/^#/ && $5 == class && $1 !~ /^(h|help|help-all|version|modules|config\..*)$/' "$table"
}

flags_at_defaults() { # flags_at_defaults CLASS: -flag=default, one a line
	params "$1" | awk -F'\t' '$1 == "-" { next }
		$2 == "bool" && $3 == "-" { print "-" $1 "=false" } $3 != "-" { print "-" $1 "=" $3 }'
}

keys_at_defaults() { # the same as a file; JSON is YAML
	python3 - "$table" <<'PY'
import json, sys
root = {}
for line in open(sys.argv[1]):
    flag, kind, default, key, what = line.rstrip("\n").split("\t") if line[0] != "#" else [None] * 5
    if not key or key == "-":
        continue
    at, parts = root, key.split(".")
    for p in parts[:-1]:
        at = at.setdefault(p, {})
    at[parts[-1]] = None if default == "-" else default
print(json.dumps(root, indent=1))
PY
}

effective() { # values without their origin, sorted
	sed 's/  # .*//' <<<"$out" | sort
}

# ---- everything at once ----

@test "every flag of Pyroscope at its default starts pyro-serve" {
	mapfile -t all < <(flags_at_defaults acts; flags_at_defaults harmless; flags_at_defaults refused)
	[ "${#all[@]}" -gt 340 ] || fail "only ${#all[@]}"
	try pyro-serve -print.config "${all[@]}"
	[ "$status" = 0 ] || fail "refused"
	[ -z "$(grep -v 'msg="option has no effect"' <<<"$err")" ] || fail "other words"
}

@test "every key of Pyroscope at its default starts each program" {
	keys_at_defaults >all.yaml
	for program in pyro-serve 'pyro-ingest serve' 'pyro-query serve'; do
		try $program -config.file=all.yaml -print.config
		[ "$status" = 0 ] || fail "$program refused"
		[ -z "$(grep -v 'msg="option has no effect"' <<<"$err")" ] || fail "other words"
		[ "$(grep -oE 'option=[^ ]+' <<<"$err" | sort | uniq -d)" = "" ] || fail "warned twice"
	done
}

@test "what acts has the default of Pyroscope" {
	mapfile -t acts < <(flags_at_defaults acts)
	[ "${#acts[@]}" -gt 30 ]
	for program in pyro-serve 'pyro-ingest serve' 'pyro-query serve'; do
		known=()
		for a in "${acts[@]}"; do
			flag=${a%%=*}
			$program -help=flags | cut -f 1 | grep -qx -- "${flag#-}" && known+=("$a")
		done
		try $program -print.config
		before=$(effective)
		try $program -print.config "${known[@]}"
		ends 0
		[ "$(effective)" = "$before" ] || fail "$(diff <(echo "$before") <(effective))"
	done
}

@test "what is harmless warns once and is passed over" {
	while IFS=$'\t' read -r flag kind _; do
		[ "$flag" != - ] || continue
		try pyro-serve -print.config "-$flag=7"
		[ "$status" = 0 ] || fail "$flag"
		says "option=$flag "
	done < <(params harmless | awk -F'\t' 'NR % 25 == 1')
}

@test "what would change where data goes is an error" {
	while IFS=$'\t' read -r flag kind default key _; do
		if [ "$flag" != - ]; then
			try pyro-serve "-$flag=other"
			ends 2
			says "-$flag: \"other\" is not possible: "
		fi
		python3 -c 'import sys
for i, part in enumerate(sys.argv[1].split(".")):
    print(("\n" if i else "") + "  " * i + part + ":", end="")
print(" other")' "$key" >one.yaml
		for program in pyro-serve 'pyro-ingest serve'; do
			try $program -config.file=one.yaml
			ends 2
			says "one.yaml:$(wc -l <one.yaml): $key: \"other\" is not possible: "
		done
	done < <(params refused)
}

# ---- files as people have them ----

@test "a small file: keys act, nesting and flag names both ways" {
	try pyro-serve -config.file="$kinds/minimal.yaml" -print.config
	[ "$status" = 0 ]
	prints "pyroscopedb.data-path = ./store  # $kinds/minimal.yaml:9"
	prints "auth.multitenancy-enabled = true  # $kinds/minimal.yaml:3"
	[ "$(wc -l <<<"$err")" = 3 ] || fail "log_format, analytics and self_profiling warn"
	try pyro-ingest serve -config.file="$kinds/minimal.yaml" -print.config
	prints "pyroscopedb.max-block-duration = 30m0s  # $kinds/minimal.yaml:10"
}

@test "filesystem storage: accepted, with the place where blocks really are" {
	try pyro-serve -config.file="$kinds/filesystem.yaml" -print.config
	[ "$status" = 0 ]
	grep -q 'option=storage.backend .*why="blocks stay in pyroscopedb.data-path' <<<"$err" || fail "no warning"
	grep -q 'option=limits.compactor_split_groups' <<<"$err" || fail "no warning of compaction"
	try pyro-ingest serve -config.file="$kinds/filesystem.yaml" -print.config
	prints "distributor.ingestion-rate-limit-mb = 16  #"
	prints "labeldrop"
}

@test "a bucket is refused, by file, line and option" {
	S3_KEY=a S3_SECRET=b try pyro-serve -config.file="$kinds/s3.yaml" -config.expand-env
	ends 2
	says "s3.yaml:4: storage.backend: \"s3\" is not possible: blocks stay in pyroscopedb.data-path"
	try pyro-serve -storage.backend=gcs
	ends 2
	try pyro-query serve -storage.backend=azure
	ends 2
}

@test "members of a cluster are refused" {
	try pyro-serve -config.file="$kinds/cluster.yaml"
	ends 2
	grep -q 'cluster.yaml:4: memberlist.join_members: ' <<<"$err" || fail "not named"
	grep -q 'joins no others' <<<"$err"
	try pyro-serve -distributor.replication-factor=3
	ends 2
}

@test "TLS keys act" {
	try pyro-ingest serve -config.file="$kinds/tls.yaml" -print.config
	ends 0
	prints "server.http-tls-cert-path = cert.pem"
	prints "server.http-tls-client-auth = RequireAndVerifyClientCert"
	prints "server.tls-min-version = VersionTLS13"
	prints "server.http-read-timeout = 10s"
}

@test "what nobody knows is an error with file and line" {
	printf 'server:\n  http_listen_prt: 4040\n' >typo.yaml
	try pyro-serve -config.file=typo.yaml
	ends 2
	says "typo.yaml:2: unknown key server.http_listen_prt; did you mean server.http_listen_port?"
	printf 'inventions:\n  - 1\n' >odd.yaml
	for program in pyro-serve 'pyro-ingest serve' 'pyro-query serve'; do
		try $program -config.file=odd.yaml
		ends 2
		says "odd.yaml:1: unknown key inventions"
	done
	try pyro-serve -server.htp-listen-port=1
	ends 2
	says "did you mean -server.http-listen-port?"
	printf 'server:\n  http_listen_port: many\n' >value.yaml
	try pyro-serve -config.file=value.yaml
	ends 2
	says "value.yaml:2: server.http_listen_port: "
	printf 'target: all\ntarget: all\n' >twice.yaml
	try pyro-serve -config.file=twice.yaml
	ends 2
	says "twice.yaml:2"
}

@test "flag, environment, file, default; environment in the file only when asked" {
	printf 'server:\n  http_listen_port: ${PORT:-4041}\n' >env.yaml
	try pyro-serve -config.file=env.yaml -config.expand-env -print.config
	prints "server.http-listen-port = 4041  # env.yaml:2"
	PORT=4042 try pyro-serve -config.file=env.yaml -config.expand-env=true -print.config
	prints "server.http-listen-port = 4042  # env.yaml:2"
	try pyro-serve -config.file=env.yaml -print.config
	ends 2
	PYRO_SERVE_HTTP_LISTEN_PORT=4043 PORT=4042 try pyro-serve -config.file=env.yaml -config.expand-env -print.config
	prints "server.http-listen-port = 4043  # PYRO_SERVE_HTTP_LISTEN_PORT"
	PYRO_SERVE_HTTP_LISTEN_PORT=4043 try pyro-serve --server.http-listen-port 4044 -print.config
	prints "server.http-listen-port = 4044  # flag"
}

@test "overrides: keys of other parts are passed over, unknown ones are not" {
	start_server -log.level=warn -runtime-config.file="$kinds/overrides.yaml" -auth.multitenancy-enabled
	grep -q 'option=limits.compactor_split_groups' server.log
	grep -q 'option=limits.distributor_usage_groups' server.log
	stop_server
	printf 'overrides:\n  a:\n    max_profile_siz: 3\n' >bad.yaml
	try pyro-ingest serve -server.http-listen-port=0 -runtime-config.file=bad.yaml
	ends 2
	says "bad.yaml:3: unknown key limits.max_profile_siz"
	printf 'override:\n  a: {}\n' >bad.yaml
	try pyro-ingest serve -server.http-listen-port=0 -runtime-config.file=bad.yaml
	ends 2
	says "bad.yaml:1: unknown key override"
}

@test "a command line of Pyroscope as it is started by charts" {
	try pyro-serve -target=all -config.file="$kinds/filesystem.yaml" -runtime-config.file="$kinds/overrides.yaml" \
		-log.level=debug -self-profiling.disable-push=true -server.http-listen-port 4040 \
		-memberlist.cluster-label=default-pyroscope -ingester.min-ready-duration=10s -usage-stats.enabled \
		-config.expand-env=true -print.config server
	[ "$status" = 0 ] || fail "refused"
	prints "log.level = debug  # flag"
}
