#compdef pyro-symbolize
# made by pyro-symbolize -help=zsh
_arguments \
	'*-binary[PATH or PATH=BUILDID\: a program or library, or its debug information]:text:' \
	'*--binary[PATH or PATH=BUILDID\: a program or library, or its debug information]:text:' \
	'*-b[PATH or PATH=BUILDID\: a program or library, or its debug information]:text:' \
	'*-debug-dir[folder of separate debug files; default\: /usr/lib/debug]:text:' \
	'*--debug-dir[folder of separate debug files; default\: /usr/lib/debug]:text:' \
	'-proc-root[look for programs and libraries below this folder\: /proc/PID/root]:path:_files' \
	'--proc-root[look for programs and libraries below this folder\: /proc/PID/root]:path:_files' \
	'*-debuginfod[ask this server (a URL) for debug information that is not here]:text:' \
	'*--debuginfod[ask this server (a URL) for debug information that is not here]:text:' \
	'-cache-dir[keep what servers sent here; default\: ~/.cache/pyro/debuginfod]:path:_files' \
	'--cache-dir[keep what servers sent here; default\: ~/.cache/pyro/debuginfod]:path:_files' \
	'-max-download[largest file that a server may send]:size:' \
	'--max-download[largest file that a server may send]:size:' \
	'*-perf-map[names of code that was compiled while running\: /tmp/perf-PID.map]:text:' \
	'*--perf-map[names of code that was compiled while running\: /tmp/perf-PID.map]:text:' \
	'-kallsyms[names of the kernel\: /proc/kallsyms, read as root]:path:_files' \
	'--kallsyms[names of the kernel\: /proc/kallsyms, read as root]:path:_files' \
	'*-source-map[PATH or PATH=FILE\: JavaScript source map of a generated file]:text:' \
	'*--source-map[PATH or PATH=FILE\: JavaScript source map of a generated file]:text:' \
	'*-mapping-file[mapping file of R8 or ProGuard]:text:' \
	'*--mapping-file[mapping file of R8 or ProGuard]:text:' \
	'-force[look up also what has names already]' \
	'--force[look up also what has names already]' \
	'-no-inlines[leave out inlined calls]' \
	'--no-inlines[leave out inlined calls]' \
	'-demangle[names of C++ and Rust\: as in the file, without parameters, or whole]:word:(none simple full)' \
	'--demangle[names of C++ and Rust\: as in the file, without parameters, or whole]:word:(none simple full)' \
	'-output[write this file instead of standard output; .tar\: a profile stream, whatever comes]:path:_files' \
	'--output[write this file instead of standard output; .tar\: a profile stream, whatever comes]:path:_files' \
	'-o[write this file instead of standard output; .tar\: a profile stream, whatever comes]:path:_files' \
	'-format[read this format instead of finding out]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'--format[read this format instead of finding out]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'-f[read this format instead of finding out]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'-lenient[leave out records that cannot be read and say how many]' \
	'--lenient[leave out records that cannot be read and say how many]' \
	'-keep-going[skip inputs that cannot be read and say so]' \
	'--keep-going[skip inputs that cannot be read and say so]' \
	'-k[skip inputs that cannot be read and say so]' \
	'-config.file[read options from this YAML file]:path:_files' \
	'--config.file[read options from this YAML file]:path:_files' \
	'-config.expand-env[replace ${NAME} and ${NAME\:-default} in it from the environment]' \
	'--config.expand-env[replace ${NAME} and ${NAME\:-default} in it from the environment]' \
	'-log.level[least level that is logged]:word:(error warn info debug)' \
	'--log.level[least level that is logged]:word:(error warn info debug)' \
	'-ready-fd[write one line to this descriptor when ready]:number:' \
	'--ready-fd[write one line to this descriptor when ready]:number:' \
	{-,--}'help[show help]' {-,--}'help-all[show all options]' {-,--}'version[show the version]' \
	{-,--}'print.config[show each value and its origin]' \
	'*:file:_files'
