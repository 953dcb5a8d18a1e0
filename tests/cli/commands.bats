#!/usr/bin/env bats
# The lines that the README and the pages promise, as people type them.
load ../lib/helpers

@test "pyro-query top cpu.pb.gz" {
	shop
	try pyro-query top cpu.pb.gz
	ends 0
	prints "Showing nodes accounting for 100ns, 100% of 100ns total"
	prints "      70ns 70.00% 70.00%       70ns 70.00%  idle"
	prints "         0     0%   100%      100ns   100%  main"
}

@test "pyro-query top from standard input" {
	shop
	try_sh 'pyro-query top <cpu.pb.gz'
	ends 0
	prints "70ns 70.00% 70.00%       70ns 70.00%  idle"
	by_name=$(pyro-query top cpu.pb.gz)
	is "$by_name"
}

@test "pyro-query top of several files sums them" {
	shop a.pb.gz
	shop b.pb.gz
	try pyro-query top a.pb.gz b.pb.gz
	ends 0
	prints "of 200ns total"
	prints "140ns 70.00% 70.00%      140ns 70.00%  idle"
}

@test "pyro-query top of a folder" {
	mkdir -p day/below
	shop day/a.pb.gz
	shop day/below/b.pb.gz
	try pyro-query top day
	ends 0
	prints "of 200ns total"
}

@test "pyro-query top of a tar" {
	shop a.pb.gz
	shop b.pb.gz
	tar cf day.tar a.pb.gz b.pb.gz
	try pyro-query top day.tar
	ends 0
	prints "of 200ns total"
	try_sh 'tar c a.pb.gz b.pb.gz | pyro-query top'
	ends 0
	prints "of 200ns total"
}

@test "pyro-query tree" {
	shop
	try pyro-query tree cpu.pb.gz
	ends 0
	prints "flat  flat%   sum%        cum   cum%   calls calls% + context"
	prints "|   main"
}

@test "pyro-query peek" {
	shop
	try pyro-query peek idle cpu.pb.gz
	ends 0
	prints "| idle"
	prints "main"
}

@test "pyro-query raw" {
	shop
	try pyro-query raw cpu.pb.gz
	ends 0
	prints "Samples:"
	prints "cpu/nanoseconds"
	prints "Locations"
	prints "Mappings"
}

@test "pyro-query folded" {
	shop
	try pyro-query folded cpu.pb.gz
	ends 0
	is "main;idle 70
main;serve;parse 30"
}

@test "pyro-query pprof gives a profile that is the same" {
	shop
	try_sh 'pyro-query pprof cpu.pb.gz >again.pb.gz'
	ends 0
	gzip -t again.pb.gz
	try pyro-query folded again.pb.gz
	is "main;idle 70
main;serve;parse 30"
}

@test "pyro-query json" {
	shop
	try pyro-query json cpu.pb.gz
	ends 0
	python3 -m json.tool <<<"$out" >/dev/null
	prints '"idle"'
}

@test "pyro-query svg" {
	shop
	try pyro-query svg cpu.pb.gz
	ends 0
	prints "<svg"
	prints "idle"
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.read())' <<<"$out"
}

@test "pyro-query html" {
	shop
	try pyro-query html cpu.pb.gz
	ends 0
	prints "<html"
	prints "idle"
}

@test "pyro-query of many profiles in every form" {
	shop a.pb.gz
	shop b.pb.gz
	for form in top tree raw folded json svg html; do
		try pyro-query $form a.pb.gz b.pb.gz
		ends 0
		[ -n "$out" ]
	done
	try pyro-query folded a.pb.gz b.pb.gz
	is "main;idle 140
main;serve;parse 60"
}

@test "pyro-query diff before.pb.gz after.pb.gz" {
	shop before.pb.gz
	profile after.pb.gz --stack 'main;serve;parse=90' --stack 'main;idle=70'
	try pyro-query diff before.pb.gz after.pb.gz
	ends 0
	prints "parse"
	for form in svg html json; do
		try pyro-query diff before.pb.gz after.pb.gz --output $form
		ends 0
		prints "parse"
	done
	python3 -m json.tool <<<"$out" >/dev/null
}

@test "tar c day/*.pb.gz | pyro-ingest --label service_name=shop --output blocks/" {
	mkdir day
	shop day/a.pb.gz
	profile day/b.pb.gz --seed 7 --time 2026-01-15T10:00:10Z
	try_sh "tar c day/*.pb.gz | pyro-ingest --label service_name=shop --output blocks/"
	ends 0
	[[ $out =~ ^[0-9A-Z]{26}$ ]] || fail "not one block"
	[ -f "blocks/$out/meta.json" ]
	try pyro-block check blocks
	ends 0
	silent
}

@test "pyro-ingest --label service_name=shop *.pb.gz | pyro-query top -q '{service_name=\"shop\"}'" {
	shop a.pb.gz
	shop b.pb.gz
	try_sh "pyro-ingest --label service_name=shop *.pb.gz | pyro-query top -q '{service_name=\"shop\"}'"
	ends 0
	prints "of 200ns total"
	prints "140ns 70.00% 70.00%      140ns 70.00%  idle"
	try_sh "pyro-ingest --label service_name=shop *.pb.gz | pyro-query top -q '{service_name=\"cart\"}'"
	ends 1
}

@test "pyro-query series -q '{service_name=\"shop\"}' --from now-7d blocks/" {
	shop
	profile now.pb.gz --stack 'main;new=1' --time "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	pyro-ingest --label service_name=shop --label age=old --output blocks/ cpu.pb.gz >/dev/null
	pyro-ingest --label service_name=shop --label age=new --output blocks/ now.pb.gz >/dev/null
	try pyro-query series -q '{service_name="shop"}' --from 2026-01-01T00:00:00Z blocks/
	ends 0
	prints 'age="old"'
	try pyro-query series -q '{service_name="shop"}' --from now-7d blocks/
	ends 0
	prints 'age="new"'
	[[ $out != *'age="old"'* ]] || fail "rows of January are not of the last week"
	try pyro-query series -q '{service_name="cart"}' blocks/
	ends 1
	silent
}

@test "pyro-query labels, types and merge of a folder" {
	blocks
	try pyro-query labels blocks
	ends 0
	prints "service_name"
	try pyro-query types blocks
	ends 0
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try_sh 'pyro-query merge blocks | pyro-query folded'
	ends 0
	is "main;idle 70
main;pay 5
main;serve;parse 30"
}

@test "pyro-query labels, types and merge of a block stream" {
	shop
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz | pyro-query labels'
	ends 0
	prints "service_name"
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz | pyro-query types'
	ends 0
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try_sh 'pyro-ingest -l service_name=shop cpu.pb.gz | pyro-query merge | pyro-query folded'
	ends 0
	is "main;idle 70
main;serve;parse 30"
}

@test "pyro-block list blocks/ ; pyro-block check blocks/* ; pyro-block dump --part symbols blocks/01..." {
	blocks
	try pyro-block list blocks/
	ends 0
	[ "$(wc -l <<<"$out")" = 3 ]
	try pyro-block check blocks/*
	ends 0
	silent
	try pyro-block dump --part symbols "$(first_block blocks)"
	ends 0
	prints '"parse"'
}

@test "pyro-serve: push, then pyro-query labels, types, merge http://host" {
	shop
	start_server
	curl -sf --data-binary @cpu.pb.gz "http://127.0.0.1:$port/ingest?name=shop&from=1768471200&until=1768471210&format=pprof"
	[ -d data ]
	range="--from 2026-01-15T09:00:00Z --to 2026-01-15T11:00:00Z"
	try pyro-query labels $range "http://127.0.0.1:$port"
	ends 0
	prints "service_name"
	try pyro-query types $range "http://127.0.0.1:$port"
	ends 0
	is "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
	try_sh "pyro-query merge -q '{service_name=\"shop\"}' $range http://127.0.0.1:$port | pyro-query folded"
	ends 0
	is "main;idle 70
main;serve;parse 30"
}
