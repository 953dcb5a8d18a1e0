#!/usr/bin/env bats
# Texts of pyro-query are those of pprof. The answers in reports/ are pprof's own (tests/interop/pprof --golden).
load ../lib/helpers

# by_case VERB: all cases of reports/cases with this verb
by_case() {
	local name seed verb options option words n=0
	while read -r name seed verb options; do
		[ "$verb" = "$1" ] || continue
		words=()
		for option in $options; do # pprof writes names with underscores
			[[ $option == *=* ]] && words+=("$(tr _ - <<<"${option%%=*}")=${option#*=}") || words+=("${option//_/-}")
		done
		[ "$verb" != peek ] || words+=(e)
		"$repo/tests/lib/random_profile.py" "$seed" case.pb
		try pyro-query "$verb" "${words[@]}" case.pb
		ends 0
		diff -u "$repo/tests/cli/reports/$name" .out || fail "$name"
		n=$((n + 1))
	done <"$repo/tests/cli/reports/cases"
	[ $n -gt 0 ]
}

@test "top as pprof prints it" { by_case top; }
@test "tree as pprof prints it" { by_case tree; }
@test "peek as pprof prints it" { by_case peek; }
@test "raw as pprof prints it" { by_case raw; }
@test "traces as pprof prints them" { by_case traces; }
@test "tags as pprof prints them" { by_case tags; }
@test "dot as pprof prints it" { by_case dot; }
