# bash completion for pyro-symbolize; made by pyro-symbolize -help=bash
_pyro_symbolize()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-binary|--binary|-b)
		COMPREPLY=()
		return ;;
	-debug-dir|--debug-dir)
		COMPREPLY=()
		return ;;
	-proc-root|--proc-root)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-debuginfod|--debuginfod)
		COMPREPLY=()
		return ;;
	-cache-dir|--cache-dir)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-max-download|--max-download)
		COMPREPLY=()
		return ;;
	-perf-map|--perf-map)
		COMPREPLY=()
		return ;;
	-kallsyms|--kallsyms)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-source-map|--source-map)
		COMPREPLY=()
		return ;;
	-mapping-file|--mapping-file)
		COMPREPLY=()
		return ;;
	-demangle|--demangle)
		COMPREPLY=($(compgen -W 'none simple full' -- "$cur"))
		return ;;
	-output|--output|-o)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-format|--format|-f)
		COMPREPLY=($(compgen -W 'bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event' -- "$cur"))
		return ;;
	-config.file|--config.file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-log.level|--log.level)
		COMPREPLY=($(compgen -W 'error warn info debug' -- "$cur"))
		return ;;
	-ready-fd|--ready-fd)
		COMPREPLY=()
		return ;;
	esac
	if [[ $cur == -* ]]; then
		local dash=-
		[[ $cur == --* ]] && dash=--
		COMPREPLY=($(compgen -P $dash -W 'help help-all version print.config binary debug-dir proc-root debuginfod cache-dir max-download perf-map kallsyms source-map mapping-file force no-inlines demangle output format lenient keep-going config.file config.expand-env log.level ready-fd' -- "${cur#$dash}"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W '' -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _pyro_symbolize pyro-symbolize
