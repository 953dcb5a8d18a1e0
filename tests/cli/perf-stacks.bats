#!/usr/bin/env bats
# perf record --call-graph dwarf: the stacks are walked where the programs are.
load ../lib/helpers

# program: p, without frame pointers; its stacks end in burn
program() {
	cat >p.c <<-'EOF'
		#include <signal.h>
		#include <stdlib.h>
		#define ALONE __attribute__((noinline)) static
		static volatile unsigned long sink;
		ALONE void burn(int n) { for (int i = 0; i < n * 1000; i++) sink += (unsigned long)i * 7; }
		ALONE int less(const void *a, const void *b) { burn(1); return *(const int *)a - *(const int *)b; }
		ALONE void sorts(void) { int v[300]; for (int i = 0; i < 300; i++) v[i] = rand(); qsort(v, 300, sizeof(*v), less); sink += (unsigned long)v[0]; }
		ALONE void recurse(int d) { if (d > 0) recurse(d - 1); else burn(1000); sink++; }
		ALONE void varies(int n) { volatile char p[n * 16]; p[n] = 1; burn(1000); sink += (unsigned long)p[n]; }
		static void on(int s) { burn(1000); sink += (unsigned long)s; }
		int main(void)
		{
			signal(SIGUSR1, on);
			for (int i = 0; i < 60; i++) { sorts(); recurse(5); varies(i + 3); raise(SIGUSR1); }
			return 0;
		}
	EOF
	gcc -O2 -fomit-frame-pointer -fno-optimize-sibling-calls "$@" -o p p.c
}

# record [FLAG ...]: p.data of it, or the test is skipped
record() {
	command -v perf >/dev/null && command -v gcc >/dev/null || skip "perf or gcc is missing"
	program "$@"
	perf record -q -e cpu-clock -F 499 --call-graph dwarf,8192 -o p.data ./p >record.log 2>&1 || skip "perf cannot record here"
}

@test "stacks are those of perf script" {
	record
	try_sh 'pyro-convert --to pprof -o p.pb.gz <p.data'
	[ "$status" = 0 ] || fail
	perf script -i p.data --no-inline -F ip >p.txt 2>/dev/null
	pyro-query raw p.pb.gz >p.raw
	"$repo/tests/lib/perf_chains.py" p.txt p.raw >counts
	read -r all same <counts
	# some are of the loader, whose own beginning perf does not always tell
	((all > 20 && same * 10 >= all * 9)) || fail "$all, $same"
}

@test "functions of the program, by name; its binary once more for pyro-symbolize" {
	record -g
	try_sh 'pyro-symbolize --no-inlines -o n.pb.gz p.data'
	[ "$status" = 0 ] || fail
	pyro-query folded n.pb.gz >folded
	grep -q '^p;_start;.*;main;recurse;recurse;recurse;recurse;recurse;recurse;burn ' folded
	grep -q ';main;varies;burn ' folded
	grep -q ';main;sorts;.*;less;burn ' folded
	grep -q ';main;.*;on;burn ' folded # through the frame that the kernel made for the signal
	try_sh 'pyro-query folded p.data' # addresses, as many
	[ "$(grep -c ';.*;.*;.*;' <<<"$out")" -gt 3 ] || fail
}

@test "a program that has tables for debuggers alone" {
	record -g -fno-asynchronous-unwind-tables -fno-unwind-tables
	readelf -SW p | grep -q .debug_frame
	try_sh 'pyro-symbolize --no-inlines -o n.pb.gz p.data'
	[ "$status" = 0 ] || fail
	pyro-query folded n.pb.gz >folded
	grep -q ';main;recurse;recurse;recurse;recurse;recurse;recurse;burn ' folded
	grep -q ';main;sorts;.*;less;burn ' folded # libc has the others
}

@test "a program that is not here, or of another build: the instruction alone, and a word" {
	record
	mv p q
	try_sh 'pyro-convert --to folded <p.data'
	[ "$status" = 0 ] || fail
	grep -q 'stacks are not whole: .* end in a file that is not here.*; the first such file is .*/p' <<<"$err" || fail
	grep -q '^p;\[p\] ' <<<"$out" || fail
	gcc -O1 -o p p.c # a build id of its own
	try_sh 'pyro-convert --to folded <p.data'
	[ "$status" = 0 ] || fail
	grep -q 'end in a file of another build' <<<"$err" || fail
	grep -q '^p;\[p\] ' <<<"$out" || fail
	# under another name
	mv q else
	try_sh 'pyro-symbolize --binary else="$(readelf -n else | sed -n "s/.*Build ID: //p")" p.data >n.pb.gz'
	[ "$status" = 0 ] || fail
	pyro-query folded n.pb.gz | grep -q 'main;recurse;recurse'
}
