#compdef pyro-query
# made by pyro-query -help=zsh
_arguments \
	'-query[label selector\: {service_name="shop"}]:text:' \
	'--query[label selector\: {service_name="shop"}]:text:' \
	'-q[label selector\: {service_name="shop"}]:text:' \
	'-profile-type[name\:type\:unit\:period\:unit, or type; default\: only one, or CPU]:text:' \
	'--profile-type[name\:type\:unit\:period\:unit, or type; default\: only one, or CPU]:text:' \
	'-t[name\:type\:unit\:period\:unit, or type; default\: only one, or CPU]:text:' \
	'-from[start of the time range\: now-1h, 1h, RFC 3339, unix time]:text:' \
	'--from[start of the time range\: now-1h, 1h, RFC 3339, unix time]:text:' \
	'-to[end of the time range; default\: now]:text:' \
	'--to[end of the time range; default\: now]:text:' \
	'-format[read sources as this format, whatever they look like]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'--format[read sources as this format, whatever they look like]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'*-profile[of files that hold several\: this one, by name or number]:text:' \
	'*--profile[of files that hold several\: this one, by name or number]:text:' \
	'*-event[the same, as people say it of recordings\: cpu, alloc (alloc_in_new_tlab, ...), lock]:text:' \
	'*--event[the same, as people say it of recordings\: cpu, alloc (alloc_in_new_tlab, ...), lock]:text:' \
	'-lenient[leave out records that cannot be read and say how many]' \
	'--lenient[leave out records that cannot be read and say how many]' \
	'-keep-tags[keep what files say of samples\: thread, process, state]' \
	'--keep-tags[keep what files say of samples\: thread, process, state]' \
	'-strict[refuse to merge profiles of unlike sample types]' \
	'--strict[refuse to merge profiles of unlike sample types]' \
	'-memory[folded, pprof, merge, export\: keep within this memory, the rest in $TMPDIR; 0 = no limit]:size:' \
	'--memory[folded, pprof, merge, export\: keep within this memory, the rest in $TMPDIR; 0 = no limit]:size:' \
	'-output[form of the answer, or FORM=FILE\: text svg html json pprof]:word:{compadd -- top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot diff markdown junit tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv; compset -P "*." && compadd -- folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv md tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv}' \
	'--output[form of the answer, or FORM=FILE\: text svg html json pprof]:word:{compadd -- top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot diff markdown junit tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv; compset -P "*." && compadd -- folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv md tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv}' \
	'-o[form of the answer, or FORM=FILE\: text svg html json pprof]:word:{compadd -- top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot diff markdown junit tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv; compset -P "*." && compadd -- folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv md tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv}' \
	'-json[info\: one JSON object a line]' \
	'--json[info\: one JSON object a line]' \
	'*-label-names[series\: labels to show, with commas between]:text:' \
	'*--label-names[series\: labels to show, with commas between]:text:' \
	'-keep-going[skip inputs that cannot be read and say so]' \
	'--keep-going[skip inputs that cannot be read and say so]' \
	'-k[skip inputs that cannot be read and say so]' \
	'-interactive[flame\: keys move, zoom and search; ? lists them]' \
	'--interactive[flame\: keys move, zoom and search; ? lists them]' \
	'-i[flame\: keys move, zoom and search; ? lists them]' \
	'-watch[top, flame\: ask again and again, on a terminal]' \
	'--watch[top, flame\: ask again and again, on a terminal]' \
	'-w[top, flame\: ask again and again, on a terminal]' \
	'-interval[of --watch, and of --interactive with a server; 0 = when a key asks]:duration:' \
	'--interval[of --watch, and of --interactive with a server; 0 = when a key asks]:duration:' \
	'-force[overwrite the file of FORM=FILE]' \
	'--force[overwrite the file of FORM=FILE]' \
	'-pid[perf\: stacks begin with command-PID]' \
	'--pid[perf\: stacks begin with command-PID]' \
	'-tid[perf\: stacks begin with command-PID/TID]' \
	'--tid[perf\: stacks begin with command-PID/TID]' \
	'-comm[perf\: stacks begin with the command; false\: with their first function]' \
	'--comm[perf\: stacks begin with the command; false\: with their first function]' \
	'-kernel[perf script\: functions of the kernel end in _\[k\]]' \
	'--kernel[perf script\: functions of the kernel end in _\[k\]]' \
	'-jit[perf script\: functions compiled while the program ran end in _\[j\]]' \
	'--jit[perf script\: functions compiled while the program ran end in _\[j\]]' \
	'-inlined[perf script\: functions that such a compiler inlined end in _\[i\]]' \
	'--inlined[perf script\: functions that such a compiler inlined end in _\[i\]]' \
	'-split-frames[folded\: take file and line out of names, FUNCTION (FILE\:LINE) or FILE\:FUNCTION\:LINE]' \
	'--split-frames[folded\: take file and line out of names, FUNCTION (FILE\:LINE) or FILE\:FUNCTION\:LINE]' \
	'-text-names[texts of Go (debug=1) and threadz\: names as their comments say; false\: addresses alone, as pprof reads them]' \
	'--text-names[texts of Go (debug=1) and threadz\: names as their comments say; false\: addresses alone, as pprof reads them]' \
	'-columns[folded\: write all sample types, side by side]' \
	'--columns[folded\: write all sample types, side by side]' \
	'*-label-frame[values of this label or tag become frames at the root]:text:' \
	'*--label-frame[values of this label or tag become frames at the root]:text:' \
	'*-group-by[one table for each value of this label or tag]:text:' \
	'*--group-by[one table for each value of this label or tag]:text:' \
	'*-split-by[one answer for each value; --output FORM=FILE\: a file for each]:text:' \
	'*--split-by[one answer for each value; --output FORM=FILE\: a file for each]:text:' \
	'-collapse-recursion[functions that call themselves count once]' \
	'--collapse-recursion[functions that call themselves count once]' \
	'*-rewrite-path[FROM=TO\: beginning of names of source files and binaries]:text:' \
	'*--rewrite-path[FROM=TO\: beginning of names of source files and binaries]:text:' \
	'-anonymize[hide names behind hashes]' \
	'--anonymize[hide names behind hashes]' \
	'-anonymize-key[equal keys give equal hashes; without one they differ every time]:secret:' \
	'--anonymize-key[equal keys give equal hashes; without one they differ every time]:secret:' \
	'-sample-index[sample type\: its name or number]:text:' \
	'--sample-index[sample type\: its name or number]:text:' \
	'-s[sample type\: its name or number]:text:' \
	'-cum[sort by what functions and their callees took]' \
	'--cum[sort by what functions and their callees took]' \
	'-nodecount[rows to show; -1\: as the form has it]:number:' \
	'--nodecount[rows to show; -1\: as the form has it]:number:' \
	'-n[rows to show; -1\: as the form has it]:number:' \
	'-nodefraction[leave out functions below this part of the total]:number:' \
	'--nodefraction[leave out functions below this part of the total]:number:' \
	'-edgefraction[leave out calls below this part of the total]:number:' \
	'--edgefraction[leave out calls below this part of the total]:number:' \
	'-trim[false\: leave nothing out, whatever these three say]' \
	'--trim[false\: leave nothing out, whatever these three say]' \
	'-lines[tell lines apart, not only functions]' \
	'--lines[tell lines apart, not only functions]' \
	'-files[sum by file]' \
	'--files[sum by file]' \
	'-filefunctions[tell functions of equal names apart by file]' \
	'--filefunctions[tell functions of equal names apart by file]' \
	'-addresses[tell addresses apart]' \
	'--addresses[tell addresses apart]' \
	'-showcolumns[with --lines\: tell columns of a line apart, too]' \
	'--showcolumns[with --lines\: tell columns of a line apart, too]' \
	'-noinlines[count inlined functions for their callers]' \
	'--noinlines[count inlined functions for their callers]' \
	'-focus[only stacks with a frame that matches]:text:' \
	'--focus[only stacks with a frame that matches]:text:' \
	'-ignore[only stacks without a frame that matches]:text:' \
	'--ignore[only stacks without a frame that matches]:text:' \
	'-hide[leave frames that match out of stacks]:text:' \
	'--hide[leave frames that match out of stacks]:text:' \
	'-show[leave frames that do not match out of stacks]:text:' \
	'--show[leave frames that do not match out of stacks]:text:' \
	'-show-from[cut stacks above the first frame that matches]:text:' \
	'--show-from[cut stacks above the first frame that matches]:text:' \
	'-tagfocus[only samples with a tag that matches]:text:' \
	'--tagfocus[only samples with a tag that matches]:text:' \
	'-prune-from[cut stacks below the first frame from the leaf that matches]:text:' \
	'--prune-from[cut stacks below the first frame from the leaf that matches]:text:' \
	'-tagignore[only samples without such a tag]:text:' \
	'--tagignore[only samples without such a tag]:text:' \
	'-tagshow[leave out tags whose keys do not match]:text:' \
	'--tagshow[leave out tags whose keys do not match]:text:' \
	'-taghide[leave out tags whose keys match]:text:' \
	'--taghide[leave out tags whose keys match]:text:' \
	'-tagroot[keys of tags, with commas between, that become frames at the root]:text:' \
	'--tagroot[keys of tags, with commas between, that become frames at the root]:text:' \
	'-tagleaf[keys of tags, with commas between, that become frames at the leaf]:text:' \
	'--tagleaf[keys of tags, with commas between, that become frames at the leaf]:text:' \
	'-mean[divide values by the first value of their sample, a count]' \
	'--mean[divide values by the first value of their sample, a count]' \
	'-divide-by[divide values by this number]:number:' \
	'--divide-by[divide values by this number]:number:' \
	'-drop-negative[leave out functions whose value is negative]' \
	'--drop-negative[leave out functions whose value is negative]' \
	'-relative-percentages[percentages of what the filters leave]' \
	'--relative-percentages[percentages of what the filters leave]' \
	'-compact-labels[no lines about the profile above a table]' \
	'--compact-labels[no lines about the profile above a table]' \
	'-unit[show values in this unit]:text:' \
	'--unit[show values in this unit]:text:' \
	'-trim-path[prefixes of file names to leave out, separated by colons]:text:' \
	'--trim-path[prefixes of file names to leave out, separated by colons]:text:' \
	'-source-path[folders of sources, separated by colons; without --trim-path file names are cut behind their last parts]:text:' \
	'--source-path[folders of sources, separated by colons; without --trim-path file names are cut behind their last parts]:text:' \
	'-max-nodes[nodes of the tree; 0 = all]:number:' \
	'--max-nodes[nodes of the tree; 0 = all]:number:' \
	'-title[title of a picture]:text:' \
	'--title[title of a picture]:text:' \
	'-subtitle[the line below it]:text:' \
	'--subtitle[the line below it]:text:' \
	'-colors[colours of frames\: a range, or by package or by name]:word:(hot package name mem io red green blue aqua yellow purple orange grey)' \
	'--colors[colours of frames\: a range, or by package or by name]:word:(hot package name mem io red green blue aqua yellow purple orange grey)' \
	'-inverted[flame graphs have their root on top; false\: at the bottom, as flames rise]' \
	'--inverted[flame graphs have their root on top; false\: at the bottom, as flames rise]' \
	'-reverse[flame graphs begin with the leaves of stacks\: who calls them is above]' \
	'--reverse[flame graphs begin with the leaves of stacks\: who calls them is above]' \
	'-width[pixels of an SVG, columns of a terminal; 0 = as wide as the window]:number:' \
	'--width[pixels of an SVG, columns of a terminal; 0 = as wide as the window]:number:' \
	'-minwidth[leave frames narrower than so many pixels out of an SVG; 0 = none]:number:' \
	'--minwidth[leave frames narrower than so many pixels out of an SVG; 0 = none]:number:' \
	'-countname[what a picture calls values that have no unit]:text:' \
	'--countname[what a picture calls values that have no unit]:text:' \
	'*-diff-base[take this source away; percentages are of it]:text:' \
	'*--diff-base[take this source away; percentages are of it]:text:' \
	'*-base[take this source away, as an earlier state of a counter]:text:' \
	'*--base[take this source away, as an earlier state of a counter]:text:' \
	'-normalize[scale what is compared; alone\: total; diff\: others, too]:word:(none total time instances true false)' \
	'--normalize[scale what is compared; alone\: total; diff\: others, too]:word:(none total time instances true false)' \
	'*-fail-if[diff\: end with 1 if this holds\: '\''self(RE) > +3%'\'', '\''total < 2s'\'']:text:' \
	'*--fail-if[diff\: end with 1 if this holds\: '\''self(RE) > +3%'\'', '\''total < 2s'\'']:text:' \
	'-confidence[diff\: how sure a change must be; 0\: noise is not looked at]:number:' \
	'--confidence[diff\: how sure a change must be; 0\: noise is not looked at]:number:' \
	'-all[diff\: also changes that may be noise]' \
	'--all[diff\: also changes that may be noise]' \
	'-listen[answer here instead (unix\:/path or host\:port)]:text:' \
	'--listen[answer here instead (unix\:/path or host\:port)]:text:' \
	'-head-socket[ask this place about recent rows (unix\:/path)]:text:' \
	'--head-socket[ask this place about recent rows (unix\:/path)]:text:' \
	'-query-scheduler.max-outstanding-requests-per-tenant[questions that may wait, of a tenant]:number:' \
	'--query-scheduler.max-outstanding-requests-per-tenant[questions that may wait, of a tenant]:number:' \
	'-querier.max-adhoc-profiles[uploaded profiles of a tenant that are kept to look at]:number:' \
	'--querier.max-adhoc-profiles[uploaded profiles of a tenant that are kept to look at]:number:' \
	'-querier.results-cache-size[memory for finished answers and for what blocks said, given again while true; 0 = none are kept]:size:' \
	'--querier.results-cache-size[memory for finished answers and for what blocks said, given again while true; 0 = none are kept]:size:' \
	'-querier.block-memory[memory for decoded parts of blocks]:size:' \
	'--querier.block-memory[memory for decoded parts of blocks]:size:' \
	'-tenant-id[tenant to ask a server for]:text:' \
	'--tenant-id[tenant to ask a server for]:text:' \
	'-username[name for a server]:text:' \
	'--username[name for a server]:text:' \
	'-password[password for a server]:secret:' \
	'--password[password for a server]:secret:' \
	'-token[bearer token for a server]:secret:' \
	'--token[bearer token for a server]:secret:' \
	'-tls-ca-path[certificates (PEM) that a server'\''s is verified with, instead of the system'\''s]:path:_files' \
	'--tls-ca-path[certificates (PEM) that a server'\''s is verified with, instead of the system'\''s]:path:_files' \
	'-tls-cert-path[certificate (PEM) to show to a server]:path:_files' \
	'--tls-cert-path[certificate (PEM) to show to a server]:path:_files' \
	'-tls-key-path[its key (PEM)]:path:_files' \
	'--tls-key-path[its key (PEM)]:path:_files' \
	'-tls-server-name[name that a server'\''s certificate must have, instead of the URL'\''s]:text:' \
	'--tls-server-name[name that a server'\''s certificate must have, instead of the URL'\''s]:text:' \
	'-tls-insecure-skip-verify[take any certificate of a server]' \
	'--tls-insecure-skip-verify[take any certificate of a server]' \
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
	'1:verb or file:{_alternative "verbs:verb:(top tree peek list calls raw traces tags folded pprof merge export json flame svg html dot diff check info series labels values types serve)" "files:file:_files"}' \
	'*:file:_files'
