# bash completion for pyro-query; made by pyro-query -help=bash
_pyro_query()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-query|--query|-q)
		COMPREPLY=()
		return ;;
	-profile-type|--profile-type|-t)
		COMPREPLY=()
		return ;;
	-from|--from)
		COMPREPLY=()
		return ;;
	-to|--to)
		COMPREPLY=()
		return ;;
	-format|--format)
		COMPREPLY=($(compgen -W 'bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event' -- "$cur"))
		return ;;
	-profile|--profile)
		COMPREPLY=()
		return ;;
	-event|--event)
		COMPREPLY=()
		return ;;
	-memory|--memory)
		COMPREPLY=()
		return ;;
	-output|--output|-o)
		COMPREPLY=($(compgen -W 'top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot diff markdown junit tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv' -- "$cur"))
		[[ $cur == *.* ]] && COMPREPLY+=($(compgen -P "${cur%.*}." -W 'folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv md tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv' -- "${cur##*.}"))
		return ;;
	-label-names|--label-names)
		COMPREPLY=()
		return ;;
	-interval|--interval)
		COMPREPLY=()
		return ;;
	-label-frame|--label-frame)
		COMPREPLY=()
		return ;;
	-group-by|--group-by)
		COMPREPLY=()
		return ;;
	-split-by|--split-by)
		COMPREPLY=()
		return ;;
	-rewrite-path|--rewrite-path)
		COMPREPLY=()
		return ;;
	-anonymize-key|--anonymize-key)
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
	-diff-base|--diff-base)
		COMPREPLY=()
		return ;;
	-base|--base)
		COMPREPLY=()
		return ;;
	-normalize|--normalize)
		COMPREPLY=($(compgen -W 'none total time instances true false' -- "$cur"))
		return ;;
	-fail-if|--fail-if)
		COMPREPLY=()
		return ;;
	-confidence|--confidence)
		COMPREPLY=()
		return ;;
	-listen|--listen)
		COMPREPLY=()
		return ;;
	-head-socket|--head-socket)
		COMPREPLY=()
		return ;;
	-query-scheduler.max-outstanding-requests-per-tenant|--query-scheduler.max-outstanding-requests-per-tenant)
		COMPREPLY=()
		return ;;
	-querier.max-adhoc-profiles|--querier.max-adhoc-profiles)
		COMPREPLY=()
		return ;;
	-querier.results-cache-size|--querier.results-cache-size)
		COMPREPLY=()
		return ;;
	-querier.block-memory|--querier.block-memory)
		COMPREPLY=()
		return ;;
	-tenant-id|--tenant-id)
		COMPREPLY=()
		return ;;
	-username|--username)
		COMPREPLY=()
		return ;;
	-password|--password)
		COMPREPLY=()
		return ;;
	-token|--token)
		COMPREPLY=()
		return ;;
	-tls-ca-path|--tls-ca-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-tls-cert-path|--tls-cert-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-tls-key-path|--tls-key-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-tls-server-name|--tls-server-name)
		COMPREPLY=()
		return ;;
	-server.http-listen-address|--server.http-listen-address)
		COMPREPLY=()
		return ;;
	-server.http-listen-port|--server.http-listen-port)
		COMPREPLY=()
		return ;;
	-listen-fd|--listen-fd)
		COMPREPLY=()
		return ;;
	-server.path-prefix|--server.path-prefix)
		COMPREPLY=()
		return ;;
	-pyroscopedb.data-path|--pyroscopedb.data-path|-d)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-runtime-config.file|--runtime-config.file)
		COMPREPLY=()
		return ;;
	-runtime-config.reload-period|--runtime-config.reload-period)
		COMPREPLY=()
		return ;;
	-server.http-idle-timeout|--server.http-idle-timeout)
		COMPREPLY=()
		return ;;
	-server.http-read-timeout|--server.http-read-timeout)
		COMPREPLY=()
		return ;;
	-server.http-read-header-timeout|--server.http-read-header-timeout)
		COMPREPLY=()
		return ;;
	-server.http-write-timeout|--server.http-write-timeout)
		COMPREPLY=()
		return ;;
	-server.http-conn-limit|--server.http-conn-limit)
		COMPREPLY=()
		return ;;
	-server.graceful-shutdown-timeout|--server.graceful-shutdown-timeout)
		COMPREPLY=()
		return ;;
	-server.http-tls-cert-path|--server.http-tls-cert-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-server.http-tls-key-path|--server.http-tls-key-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-server.http-tls-client-auth|--server.http-tls-client-auth)
		COMPREPLY=()
		return ;;
	-server.http-tls-ca-path|--server.http-tls-ca-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-server.tls-cipher-suites|--server.tls-cipher-suites)
		COMPREPLY=()
		return ;;
	-server.tls-min-version|--server.tls-min-version)
		COMPREPLY=()
		return ;;
	-distributor.ingestion-rate-limit-mb|--distributor.ingestion-rate-limit-mb)
		COMPREPLY=()
		return ;;
	-distributor.ingestion-burst-size-mb|--distributor.ingestion-burst-size-mb)
		COMPREPLY=()
		return ;;
	-distributor.ingestion-body-limit-mb|--distributor.ingestion-body-limit-mb)
		COMPREPLY=()
		return ;;
	-distributor.ingestion-relabeling-rules|--distributor.ingestion-relabeling-rules)
		COMPREPLY=()
		return ;;
	-distributor.ingestion-relabeling-default-rules-position|--distributor.ingestion-relabeling-default-rules-position)
		COMPREPLY=($(compgen -W 'first last disabled' -- "$cur"))
		return ;;
	-distributor.sample-type-relabeling-rules|--distributor.sample-type-relabeling-rules)
		COMPREPLY=()
		return ;;
	-validation.max-length-label-name|--validation.max-length-label-name)
		COMPREPLY=()
		return ;;
	-validation.max-length-label-value|--validation.max-length-label-value)
		COMPREPLY=()
		return ;;
	-validation.max-label-names-per-series|--validation.max-label-names-per-series)
		COMPREPLY=()
		return ;;
	-validation.max-sessions-per-series|--validation.max-sessions-per-series)
		COMPREPLY=()
		return ;;
	-validation.max-profile-size-bytes|--validation.max-profile-size-bytes)
		COMPREPLY=()
		return ;;
	-validation.max-profile-stacktrace-samples|--validation.max-profile-stacktrace-samples)
		COMPREPLY=()
		return ;;
	-validation.max-profile-stacktrace-sample-labels|--validation.max-profile-stacktrace-sample-labels)
		COMPREPLY=()
		return ;;
	-validation.max-profile-stacktrace-depth|--validation.max-profile-stacktrace-depth)
		COMPREPLY=()
		return ;;
	-validation.max-profile-symbol-value-length|--validation.max-profile-symbol-value-length)
		COMPREPLY=()
		return ;;
	-validation.reject-older-than|--validation.reject-older-than)
		COMPREPLY=()
		return ;;
	-validation.reject-newer-than|--validation.reject-newer-than)
		COMPREPLY=()
		return ;;
	-ingester.max-local-series-per-tenant|--ingester.max-local-series-per-tenant)
		COMPREPLY=()
		return ;;
	-ingester.max-global-series-per-tenant|--ingester.max-global-series-per-tenant)
		COMPREPLY=()
		return ;;
	-querier.max-query-lookback|--querier.max-query-lookback)
		COMPREPLY=()
		return ;;
	-querier.max-query-length|--querier.max-query-length)
		COMPREPLY=()
		return ;;
	-querier.max-flamegraph-nodes-default|--querier.max-flamegraph-nodes-default)
		COMPREPLY=()
		return ;;
	-querier.max-flamegraph-nodes-max|--querier.max-flamegraph-nodes-max)
		COMPREPLY=()
		return ;;
	-querier.federation|--querier.federation)
		COMPREPLY=()
		return ;;
	-compactor.blocks-retention-period|--compactor.blocks-retention-period)
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
		COMPREPLY=($(compgen -P $dash -W 'help help-all version print.config query profile-type from to format profile event lenient keep-tags strict memory output json label-names keep-going interactive watch interval force pid tid comm kernel jit inlined split-frames text-names columns label-frame group-by split-by collapse-recursion rewrite-path anonymize anonymize-key sample-index cum nodecount nodefraction edgefraction trim lines files filefunctions addresses showcolumns noinlines focus ignore hide show show-from tagfocus prune-from tagignore tagshow taghide tagroot tagleaf mean divide-by drop-negative relative-percentages compact-labels unit trim-path source-path max-nodes title subtitle colors inverted reverse width minwidth countname diff-base base normalize fail-if confidence all listen head-socket query-scheduler.max-outstanding-requests-per-tenant querier.max-adhoc-profiles querier.results-cache-size querier.block-memory tenant-id username password token tls-ca-path tls-cert-path tls-key-path tls-server-name tls-insecure-skip-verify server.http-listen-address server.http-listen-port listen-fd server.path-prefix auth.multitenancy-enabled pyroscopedb.data-path runtime-config.file runtime-config.reload-period server.http-idle-timeout server.http-read-timeout server.http-read-header-timeout server.http-write-timeout server.http-conn-limit server.graceful-shutdown-timeout server.http-tls-cert-path server.http-tls-key-path server.http-tls-client-auth server.http-tls-ca-path server.tls-cipher-suites server.tls-min-version distributor.ingestion-rate-limit-mb distributor.ingestion-burst-size-mb distributor.ingestion-body-limit-mb distributor.ingestion-relabeling-rules distributor.ingestion-relabeling-default-rules-position distributor.sample-type-relabeling-rules validation.max-length-label-name validation.max-length-label-value validation.max-label-names-per-series validation.max-sessions-per-series validation.enforce-labels-order validation.disable-label-sanitization validation.max-profile-size-bytes validation.max-profile-stacktrace-samples validation.max-profile-stacktrace-sample-labels validation.max-profile-stacktrace-depth validation.max-profile-symbol-value-length validation.reject-older-than validation.reject-newer-than ingester.max-local-series-per-tenant ingester.max-global-series-per-tenant querier.max-query-lookback querier.max-query-length querier.max-flamegraph-nodes-default querier.max-flamegraph-nodes-max querier.max-flamegraph-nodes-on-select-merge-profile querier.federation querier.heatmaps-enabled querier.query-analysis-enabled querier.query-analysis-series-enabled compactor.blocks-retention-period config.file config.expand-env log.level ready-fd' -- "${cur#$dash}"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'top tree peek list calls raw traces tags folded pprof merge export json flame svg html dot diff check info series labels values types serve' -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _pyro_query pyro-query
