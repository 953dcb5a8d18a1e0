#compdef pyro-convert
# made by pyro-convert -help=zsh
_arguments \
	'-to[form to write\: speedscope, folded, svg, stream ...; default\: pprof, or as the file is called]:word:(top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv stream)' \
	'--to[form to write\: speedscope, folded, svg, stream ...; default\: pprof, or as the file is called]:word:(top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv stream)' \
	'-t[form to write\: speedscope, folded, svg, stream ...; default\: pprof, or as the file is called]:word:(top tree calls raw traces tags comments folded pprof parquet json flame svg chart heatmap html dot tsv csv autofdo callgrind cpuprofile firefox flamebearer jsonl otlp otlp-json pgo pprof-json speedscope stacks-csv stacks-tsv stream)' \
	'-output[write this file; its extension names the form; .gz, .zst behind it compress]:word:{_files; compset -P "*." && compadd -- folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv tar}' \
	'--output[write this file; its extension names the form; .gz, .zst behind it compress]:word:{_files; compset -P "*." && compadd -- folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv tar}' \
	'-o[write this file; its extension names the form; .gz, .zst behind it compress]:word:{_files; compset -P "*." && compadd -- folded collapsed pb pprof prof cpu heap parquet json svg html htm dot gv tsv csv afdo callgrind cpuprofile firefox.json flamebearer flamebearer.json jsonl ndjson otlp otlp-json otlpjson pgo pb.json pprof.json speedscope speedscope.json stacks.csv stacks.tsv tar}' \
	'-output-dir[write one file for each input into this folder]:path:_files' \
	'--output-dir[write one file for each input into this folder]:path:_files' \
	'-d[write one file for each input into this folder]:path:_files' \
	'-from[read inputs as this format, whatever they look like]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'--from[read inputs as this format, whatever they look like]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'-f[read inputs as this format, whatever they look like]:word:(bpftrace callgrind contention cpuprofile firefox flamebearer folded gdb go-text goroutine-dump gperftools-cpu heap-text heapprofile html ingest-lines ingest-tree ingest-trie jemalloc jfr jsonl jstack otlp otlp-json parquet perf-data perf-script pprof pprof-json proc-stack query-tree speedscope stackprof stacks-csv stacks-tsv svg threadz trace-event)' \
	'*-profile[of inputs that hold several\: this one, by name or number]:text:' \
	'*--profile[of inputs that hold several\: this one, by name or number]:text:' \
	'*-p[of inputs that hold several\: this one, by name or number]:text:' \
	'-all[write every profile into a file of its own, not the sum]' \
	'--all[write every profile into a file of its own, not the sum]' \
	'-a[write every profile into a file of its own, not the sum]' \
	'*-label[NAME=VALUE\: add a label to every profile]:text:' \
	'*--label[NAME=VALUE\: add a label to every profile]:text:' \
	'*-l[NAME=VALUE\: add a label to every profile]:text:' \
	'-lenient[leave out records that cannot be read and say how many]' \
	'--lenient[leave out records that cannot be read and say how many]' \
	'-keep-going[skip inputs that cannot be read and say so]' \
	'--keep-going[skip inputs that cannot be read and say so]' \
	'-k[skip inputs that cannot be read and say so]' \
	'-force[overwrite files]' \
	'--force[overwrite files]' \
	'-plain[do not compress formats that are compressed as a rule]' \
	'--plain[do not compress formats that are compressed as a rule]' \
	'-rate[samples a second of inputs that do not say; 0 = 100]:number:' \
	'--rate[samples a second of inputs that do not say; 0 = 100]:number:' \
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
	'1:verb or file:{_alternative "verbs:verb:(formats)" "files:file:_files"}' \
	'*:file:_files'
