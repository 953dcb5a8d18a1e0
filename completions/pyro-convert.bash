# bash completion for pyro-convert; made by pyro-convert -help=bash
_pyro_convert()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-to|--to|-t)
		COMPREPLY=($(compgen -W 'top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv stream' -- "$cur"))
		return ;;
	-output|--output|-o)
		COMPREPLY=($(compgen -f -- "$cur"))
		[[ $cur == *.* ]] && COMPREPLY+=($(compgen -P "${cur%.*}." -W 'folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv tar' -- "${cur##*.}"))
		return ;;
	-output-dir|--output-dir|-d)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-from|--from|-f)
		COMPREPLY=($(compgen -W 'bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event' -- "$cur"))
		return ;;
	-profile|--profile|-p)
		COMPREPLY=()
		return ;;
	-label|--label|-l)
		COMPREPLY=()
		return ;;
	-rate|--rate)
		COMPREPLY=()
		return ;;
	-sample-index|--sample-index|-s)
		COMPREPLY=()
		return ;;
	-nodecount|--nodecount|-n)
		COMPREPLY=()
		return ;;
	-nodefraction|--nodefraction)
		COMPREPLY=()
		return ;;
	-edgefraction|--edgefraction)
		COMPREPLY=()
		return ;;
	-focus|--focus)
		COMPREPLY=()
		return ;;
	-ignore|--ignore)
		COMPREPLY=()
		return ;;
	-hide|--hide)
		COMPREPLY=()
		return ;;
	-show|--show)
		COMPREPLY=()
		return ;;
	-show-from|--show-from)
		COMPREPLY=()
		return ;;
	-tagfocus|--tagfocus)
		COMPREPLY=()
		return ;;
	-prune-from|--prune-from)
		COMPREPLY=()
		return ;;
	-tagignore|--tagignore)
		COMPREPLY=()
		return ;;
	-tagshow|--tagshow)
		COMPREPLY=()
		return ;;
	-taghide|--taghide)
		COMPREPLY=()
		return ;;
	-tagroot|--tagroot)
		COMPREPLY=()
		return ;;
	-tagleaf|--tagleaf)
		COMPREPLY=()
		return ;;
	-divide-by|--divide-by)
		COMPREPLY=()
		return ;;
	-unit|--unit)
		COMPREPLY=()
		return ;;
	-trim-path|--trim-path)
		COMPREPLY=()
		return ;;
	-source-path|--source-path)
		COMPREPLY=()
		return ;;
	-max-nodes|--max-nodes)
		COMPREPLY=()
		return ;;
	-title|--title)
		COMPREPLY=()
		return ;;
	-subtitle|--subtitle)
		COMPREPLY=()
		return ;;
	-colors|--colors)
		COMPREPLY=($(compgen -W 'hot package name mem io red green blue aqua yellow purple orange grey' -- "$cur"))
		return ;;
	-width|--width)
		COMPREPLY=()
		return ;;
	-minwidth|--minwidth)
		COMPREPLY=()
		return ;;
	-countname|--countname)
		COMPREPLY=()
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
		COMPREPLY=($(compgen -P $dash -W 'help help-all version print.config to output output-dir from profile all label lenient keep-going force plain rate pid tid comm kernel jit inlined split-frames text-names columns sample-index cum nodecount nodefraction edgefraction trim lines files filefunctions addresses showcolumns noinlines focus ignore hide show show-from tagfocus prune-from tagignore tagshow taghide tagroot tagleaf mean divide-by drop-negative relative-percentages compact-labels unit trim-path source-path max-nodes title subtitle colors inverted reverse width minwidth countname config.file config.expand-env log.level ready-fd' -- "${cur#$dash}"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'formats' -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _pyro_convert pyro-convert
