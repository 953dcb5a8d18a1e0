# bash completion for pyro-ingest; made by pyro-ingest -help=bash
_pyro_ingest()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-label|--label|-l)
		COMPREPLY=()
		return ;;
	-output|--output|-o)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-format|--format|-f)
		COMPREPLY=($(compgen -W 'bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event' -- "$cur"))
		return ;;
	-time|--time)
		COMPREPLY=()
		return ;;
	-max-samples|--max-samples)
		COMPREPLY=()
		return ;;
	-max-depth|--max-depth)
		COMPREPLY=()
		return ;;
	-query-socket|--query-socket)
		COMPREPLY=()
		return ;;
	-head-socket|--head-socket)
		COMPREPLY=()
		return ;;
	-ingester.shards|--ingester.shards)
		COMPREPLY=()
		return ;;
	-ingester.journal-commit-delay|--ingester.journal-commit-delay)
		COMPREPLY=()
		return ;;
	-ingester.max-journal-size|--ingester.max-journal-size)
		COMPREPLY=()
		return ;;
	-ingester.max-head-memory|--ingester.max-head-memory)
		COMPREPLY=()
		return ;;
	-pyroscopedb.max-block-duration|--pyroscopedb.max-block-duration)
		COMPREPLY=()
		return ;;
	-pyroscopedb.retention-policy-min-free-disk-gb|--pyroscopedb.retention-policy-min-free-disk-gb)
		COMPREPLY=()
		return ;;
	-pyroscopedb.retention-policy-min-disk-available-percentage|--pyroscopedb.retention-policy-min-disk-available-percentage)
		COMPREPLY=()
		return ;;
	-pyroscopedb.retention-policy-enforcement-interval|--pyroscopedb.retention-policy-enforcement-interval)
		COMPREPLY=()
		return ;;
	-pyroscopedb.symbols-partition-label|--pyroscopedb.symbols-partition-label)
		COMPREPLY=()
		return ;;
	-debuginfo.max-upload-size|--debuginfo.max-upload-size)
		COMPREPLY=()
		return ;;
	-debuginfo.max-store-size|--debuginfo.max-store-size)
		COMPREPLY=()
		return ;;
	-debuginfo.memory|--debuginfo.memory)
		COMPREPLY=()
		return ;;
	-distributor.max-tails|--distributor.max-tails)
		COMPREPLY=()
		return ;;
	-distributor.otlp-labels|--distributor.otlp-labels)
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
		COMPREPLY=($(compgen -P $dash -W 'help help-all version print.config label output format time max-samples max-depth keep-going query-socket head-socket ingester.shards ingester.journal-commit-delay ingester.max-journal-size ingester.max-head-memory pyroscopedb.max-block-duration pyroscopedb.retention-policy-min-free-disk-gb pyroscopedb.retention-policy-min-disk-available-percentage pyroscopedb.retention-policy-enforcement-interval pyroscopedb.retention-policy-disable pyroscopedb.symbols-partition-label debuginfo.enabled debuginfo.max-upload-size debuginfo.max-store-size debuginfo.memory ingester.flush-on-shutdown distributor.max-tails distributor.otlp-labels server.http-listen-address server.http-listen-port listen-fd server.path-prefix auth.multitenancy-enabled pyroscopedb.data-path runtime-config.file runtime-config.reload-period server.http-idle-timeout server.http-read-timeout server.http-read-header-timeout server.http-write-timeout server.http-conn-limit server.graceful-shutdown-timeout server.http-tls-cert-path server.http-tls-key-path server.http-tls-client-auth server.http-tls-ca-path server.tls-cipher-suites server.tls-min-version distributor.ingestion-rate-limit-mb distributor.ingestion-burst-size-mb distributor.ingestion-body-limit-mb distributor.ingestion-relabeling-rules distributor.ingestion-relabeling-default-rules-position distributor.sample-type-relabeling-rules validation.max-length-label-name validation.max-length-label-value validation.max-label-names-per-series validation.max-sessions-per-series validation.enforce-labels-order validation.disable-label-sanitization validation.max-profile-size-bytes validation.max-profile-stacktrace-samples validation.max-profile-stacktrace-sample-labels validation.max-profile-stacktrace-depth validation.max-profile-symbol-value-length validation.reject-older-than validation.reject-newer-than ingester.max-local-series-per-tenant ingester.max-global-series-per-tenant querier.max-query-lookback querier.max-query-length querier.max-flamegraph-nodes-default querier.max-flamegraph-nodes-max querier.max-flamegraph-nodes-on-select-merge-profile querier.federation querier.heatmaps-enabled querier.query-analysis-enabled querier.query-analysis-series-enabled compactor.blocks-retention-period config.file config.expand-env log.level ready-fd' -- "${cur#$dash}"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'serve' -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _pyro_ingest pyro-ingest
