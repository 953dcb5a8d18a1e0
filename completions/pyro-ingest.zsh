#compdef pyro-ingest
# made by pyro-ingest -help=zsh
_arguments \
	'*-label[NAME=VALUE\: a label of every profile]:text:' \
	'*--label[NAME=VALUE\: a label of every profile]:text:' \
	'*-l[NAME=VALUE\: a label of every profile]:text:' \
	'-output[write blocks below this folder instead of a tar on standard output]:path:_files' \
	'--output[write blocks below this folder instead of a tar on standard output]:path:_files' \
	'-o[write blocks below this folder instead of a tar on standard output]:path:_files' \
	'-format[read this format instead of finding out]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'--format[read this format instead of finding out]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'-f[read this format instead of finding out]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'-time[time of profiles that carry none]:text:' \
	'--time[time of profiles that carry none]:text:' \
	'-max-samples[samples of a profile; the smallest go into a frame other; 0 = all]:number:' \
	'--max-samples[samples of a profile; the smallest go into a frame other; 0 = all]:number:' \
	'-max-depth[frames of a stack; deeper ones are cut and end in a frame other; 0 = all]:number:' \
	'--max-depth[frames of a stack; deeper ones are cut and end in a frame other; 0 = all]:number:' \
	'-keep-going[skip inputs that cannot be read and say so]' \
	'--keep-going[skip inputs that cannot be read and say so]' \
	'-k[skip inputs that cannot be read and say so]' \
	'-query-socket[send queries to this place (unix\:/path or host\:port)]:text:' \
	'--query-socket[send queries to this place (unix\:/path or host\:port)]:text:' \
	'-head-socket[answer questions about recent rows here (unix\:/path)]:text:' \
	'--head-socket[answer questions about recent rows here (unix\:/path)]:text:' \
	'-ingester.shards[threads that hold recent rows; 0 = one a processor]:number:' \
	'--ingester.shards[threads that hold recent rows; 0 = one a processor]:number:' \
	'-ingester.journal-commit-delay[how long a push waits for others to be written to disk with; 0 = not at all]:duration:' \
	'--ingester.journal-commit-delay[how long a push waits for others to be written to disk with; 0 = not at all]:duration:' \
	'-ingester.max-journal-size[cut blocks when the journal is this large]:size:' \
	'--ingester.max-journal-size[cut blocks when the journal is this large]:size:' \
	'-ingester.max-head-memory[memory for recent rows\: at half of it blocks are cut early, at all of it pushes are refused]:size:' \
	'--ingester.max-head-memory[memory for recent rows\: at half of it blocks are cut early, at all of it pushes are refused]:size:' \
	'-pyroscopedb.max-block-duration[a block holds at most this much profile time, and is cut at least as often]:duration:' \
	'--pyroscopedb.max-block-duration[a block holds at most this much profile time, and is cut at least as often]:duration:' \
	'-pyroscopedb.retention-policy-min-free-disk-gb[GiB\: with less, and less than the next, the oldest blocks are removed; 0 = never]:number:' \
	'--pyroscopedb.retention-policy-min-free-disk-gb[GiB\: with less, and less than the next, the oldest blocks are removed; 0 = never]:number:' \
	'-pyroscopedb.retention-policy-min-disk-available-percentage[part of the disk that stays free]:number:' \
	'--pyroscopedb.retention-policy-min-disk-available-percentage[part of the disk that stays free]:number:' \
	'-pyroscopedb.retention-policy-enforcement-interval[how often old blocks are looked for]:duration:' \
	'--pyroscopedb.retention-policy-enforcement-interval[how often old blocks are looked for]:duration:' \
	'-pyroscopedb.retention-policy-disable[remove no blocks, whatever their age and the disk]' \
	'--pyroscopedb.retention-policy-disable[remove no blocks, whatever their age and the disk]' \
	'-pyroscopedb.symbols-partition-label[keep symbols apart by this label instead of by program]:text:' \
	'--pyroscopedb.symbols-partition-label[keep symbols apart by this label instead of by program]:text:' \
	'-debuginfo.enabled[take debug information of programs\: names for addresses]' \
	'--debuginfo.enabled[take debug information of programs\: names for addresses]' \
	'-debuginfo.max-upload-size[largest file of debug information]:size:' \
	'--debuginfo.max-upload-size[largest file of debug information]:size:' \
	'-debuginfo.max-store-size[files of debug information of a tenant together; the oldest go]:size:' \
	'--debuginfo.max-store-size[files of debug information of a tenant together; the oldest go]:size:' \
	'-debuginfo.memory[memory for tables made of them]:size:' \
	'--debuginfo.memory[memory for tables made of them]:size:' \
	'-ingester.flush-on-shutdown[cut blocks before ending; otherwise the journal keeps the rows]' \
	'--ingester.flush-on-shutdown[cut blocks before ending; otherwise the journal keeps the rows]' \
	'-distributor.max-tails[readers that may watch at once what comes in (pyro-tail); 0 = none]:number:' \
	'--distributor.max-tails[readers that may watch at once what comes in (pyro-tail); 0 = none]:number:' \
	'-distributor.otlp-labels[attributes of OpenTelemetry that become labels, in rules of which the first that fits counts\: NAME, PREFIX*, *, NAME=LABEL, -NAME for none, each alone or behind resource/, scope/, sample/ or profile/; default\: all but those of profiles]:text,...:' \
	'--distributor.otlp-labels[attributes of OpenTelemetry that become labels, in rules of which the first that fits counts\: NAME, PREFIX*, *, NAME=LABEL, -NAME for none, each alone or behind resource/, scope/, sample/ or profile/; default\: all but those of profiles]:text,...:' \
	'-server.http-listen-address[accept HTTP on this address; unix\:/path is one too]:text:' \
	'--server.http-listen-address[accept HTTP on this address; unix\:/path is one too]:text:' \
	'-server.http-listen-port[accept HTTP on this port]:number:' \
	'--server.http-listen-port[accept HTTP on this port]:number:' \
	'-listen-fd[accept on this inherited descriptor instead]:number:' \
	'--listen-fd[accept on this inherited descriptor instead]:number:' \
	'-server.path-prefix[all paths begin with this\: /pyroscope]:text:' \
	'--server.path-prefix[all paths begin with this\: /pyroscope]:text:' \
	'-auth.multitenancy-enabled[tenants are told apart by X-Scope-OrgID]' \
	'--auth.multitenancy-enabled[tenants are told apart by X-Scope-OrgID]' \
	'-pyroscopedb.data-path[keep journal and blocks in this folder]:path:_files' \
	'--pyroscopedb.data-path[keep journal and blocks in this folder]:path:_files' \
	'-d[keep journal and blocks in this folder]:path:_files' \
	'-runtime-config.file[files with limits of single tenants, read again when they change]:text,...:' \
	'--runtime-config.file[files with limits of single tenants, read again when they change]:text,...:' \
	'-runtime-config.reload-period[how often the runtime files are looked at]:duration:' \
	'--runtime-config.reload-period[how often the runtime files are looked at]:duration:' \
	'-server.http-idle-timeout[close connections that are idle for so long]:duration:' \
	'--server.http-idle-timeout[close connections that are idle for so long]:duration:' \
	'-server.http-read-timeout[longest pause of a request on its way in; a large body has longer in all]:duration:' \
	'--server.http-read-timeout[longest pause of a request on its way in; a large body has longer in all]:duration:' \
	'-server.http-read-header-timeout[longest time for the head of a request; 0 = as for the whole]:duration:' \
	'--server.http-read-header-timeout[longest time for the head of a request; 0 = as for the whole]:duration:' \
	'-server.http-write-timeout[longest pause of an answer on its way out; a large one has longer in all]:duration:' \
	'--server.http-write-timeout[longest pause of an answer on its way out; a large one has longer in all]:duration:' \
	'-server.http-conn-limit[connections at the same time; 0 = 10,000]:number:' \
	'--server.http-conn-limit[connections at the same time; 0 = 10,000]:number:' \
	'-server.graceful-shutdown-timeout[how long requests under way may take at shutdown]:duration:' \
	'--server.graceful-shutdown-timeout[how long requests under way may take at shutdown]:duration:' \
	'-server.http-tls-cert-path[serve HTTPS with the certificate (and chain) in this PEM file; read again at SIGHUP]:path:_files' \
	'--server.http-tls-cert-path[serve HTTPS with the certificate (and chain) in this PEM file; read again at SIGHUP]:path:_files' \
	'-server.http-tls-key-path[PEM file with its key]:path:_files' \
	'--server.http-tls-key-path[PEM file with its key]:path:_files' \
	'-server.http-tls-client-auth[certificates of clients\: NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert]:text:' \
	'--server.http-tls-client-auth[certificates of clients\: NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert]:text:' \
	'-server.http-tls-ca-path[PEM file with the authorities that sign them]:path:_files' \
	'--server.http-tls-ca-path[PEM file with the authorities that sign them]:path:_files' \
	'-server.tls-cipher-suites[cipher suites of TLS 1.2 by their standard names; default\: what OpenSSL thinks right]:text,...:' \
	'--server.tls-cipher-suites[cipher suites of TLS 1.2 by their standard names; default\: what OpenSSL thinks right]:text,...:' \
	'-server.tls-min-version[VersionTLS12 (default; older ones are not served) or VersionTLS13]:text:' \
	'--server.tls-min-version[VersionTLS12 (default; older ones are not served) or VersionTLS13]:text:' \
	'-distributor.ingestion-rate-limit-mb[MiB of profiles a second]:number:' \
	'--distributor.ingestion-rate-limit-mb[MiB of profiles a second]:number:' \
	'-distributor.ingestion-burst-size-mb[MiB of profiles at once]:number:' \
	'--distributor.ingestion-burst-size-mb[MiB of profiles at once]:number:' \
	'-distributor.ingestion-body-limit-mb[MiB of one request body]:number:' \
	'--distributor.ingestion-body-limit-mb[MiB of one request body]:number:' \
	'-distributor.ingestion-relabeling-rules[relabel rules for series (YAML or JSON list)]:yaml:' \
	'--distributor.ingestion-relabeling-rules[relabel rules for series (YAML or JSON list)]:yaml:' \
	'-distributor.ingestion-relabeling-default-rules-position[where the built-in relabel rules stand]:word:(first last disabled)' \
	'--distributor.ingestion-relabeling-default-rules-position[where the built-in relabel rules stand]:word:(first last disabled)' \
	'-distributor.sample-type-relabeling-rules[relabel rules that keep or drop sample types]:yaml:' \
	'--distributor.sample-type-relabeling-rules[relabel rules that keep or drop sample types]:yaml:' \
	'-validation.max-length-label-name[bytes of a label name]:number:' \
	'--validation.max-length-label-name[bytes of a label name]:number:' \
	'-validation.max-length-label-value[bytes of a label value]:number:' \
	'--validation.max-length-label-value[bytes of a label value]:number:' \
	'-validation.max-label-names-per-series[labels of a series]:number:' \
	'--validation.max-label-names-per-series[labels of a series]:number:' \
	'-validation.max-sessions-per-series[sessions kept apart; 0 drops the session label]:number:' \
	'--validation.max-sessions-per-series[sessions kept apart; 0 drops the session label]:number:' \
	'-validation.enforce-labels-order[store profile type and service name as the first labels]' \
	'--validation.enforce-labels-order[store profile type and service name as the first labels]' \
	'-validation.disable-label-sanitization[accept any UTF-8 label name unchanged]' \
	'--validation.disable-label-sanitization[accept any UTF-8 label name unchanged]' \
	'-validation.max-profile-size-bytes[bytes of a profile, uncompressed]:number:' \
	'--validation.max-profile-size-bytes[bytes of a profile, uncompressed]:number:' \
	'-validation.max-profile-stacktrace-samples[samples of a profile]:number:' \
	'--validation.max-profile-stacktrace-samples[samples of a profile]:number:' \
	'-validation.max-profile-stacktrace-sample-labels[labels of a sample]:number:' \
	'--validation.max-profile-stacktrace-sample-labels[labels of a sample]:number:' \
	'-validation.max-profile-stacktrace-depth[frames of a stack; deeper ones lose their leaves]:number:' \
	'--validation.max-profile-stacktrace-depth[frames of a stack; deeper ones lose their leaves]:number:' \
	'-validation.max-profile-symbol-value-length[bytes of a symbol; longer ones lose their beginning]:number:' \
	'--validation.max-profile-symbol-value-length[bytes of a symbol; longer ones lose their beginning]:number:' \
	'-validation.reject-older-than[refuse profiles older than this]:duration:' \
	'--validation.reject-older-than[refuse profiles older than this]:duration:' \
	'-validation.reject-newer-than[refuse profiles further in the future]:duration:' \
	'--validation.reject-newer-than[refuse profiles further in the future]:duration:' \
	'-ingester.max-local-series-per-tenant[active series in this process]:number:' \
	'--ingester.max-local-series-per-tenant[active series in this process]:number:' \
	'-ingester.max-global-series-per-tenant[active series in the cluster]:number:' \
	'--ingester.max-global-series-per-tenant[active series in the cluster]:number:' \
	'-querier.max-query-lookback[how far back a query sees]:duration:' \
	'--querier.max-query-lookback[how far back a query sees]:duration:' \
	'-querier.max-query-length[time range of a query]:duration:' \
	'--querier.max-query-length[time range of a query]:duration:' \
	'-querier.max-flamegraph-nodes-default[nodes of a flame graph when the query names no number]:number:' \
	'--querier.max-flamegraph-nodes-default[nodes of a flame graph when the query names no number]:number:' \
	'-querier.max-flamegraph-nodes-max[nodes that a query may ask for]:number:' \
	'--querier.max-flamegraph-nodes-max[nodes that a query may ask for]:number:' \
	'-querier.max-flamegraph-nodes-on-select-merge-profile[apply both to merged profiles too]' \
	'--querier.max-flamegraph-nodes-on-select-merge-profile[apply both to merged profiles too]' \
	'*-querier.federation[tenants that may be asked for together with this one (X-Scope-OrgID\: a|b); *\: all]:text:' \
	'*--querier.federation[tenants that may be asked for together with this one (X-Scope-OrgID\: a|b); *\: all]:text:' \
	'-querier.heatmaps-enabled[answer SelectHeatmap, and give SelectSeries the exemplars it is asked for]' \
	'--querier.heatmaps-enabled[answer SelectHeatmap, and give SelectSeries the exemplars it is asked for]' \
	'-querier.query-analysis-enabled[answer AnalyzeQuery]' \
	'--querier.query-analysis-enabled[answer AnalyzeQuery]' \
	'-querier.query-analysis-series-enabled[AnalyzeQuery says how many series are touched]' \
	'--querier.query-analysis-series-enabled[AnalyzeQuery says how many series are touched]' \
	'-compactor.blocks-retention-period[remove blocks older than this; 0 = keep them for ever]:duration:' \
	'--compactor.blocks-retention-period[remove blocks older than this; 0 = keep them for ever]:duration:' \
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
	'1:verb or file:{_alternative "verbs:verb:(serve)" "files:file:_files"}' \
	'*:file:_files'
