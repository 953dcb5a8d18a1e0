#compdef pyro-serve
# made by pyro-serve -help=zsh
_arguments \
	'-target[parts of the server that run here; -modules lists them]:text,...:' \
	'-modules[list the targets and end]' \
	'-json[print the status as JSON]' \
	'-stop-timeout[kill a part that has not ended so long after it was asked to]:duration:' \
	'-server.http-listen-address[accept HTTP on this address]:text:' \
	'-server.http-listen-port[accept HTTP on this port]:number:' \
	'-listen-fd[accept on this inherited descriptor instead]:number:' \
	'-auth.multitenancy-enabled[tenants are told apart by X-Scope-OrgID]' \
	'-pyroscopedb.data-path[keep journal and blocks in this folder]:path:_files' \
	'-d[keep journal and blocks in this folder]:path:_files' \
	'-runtime-config.file[limits of single tenants, read again when the file changes]:path:_files' \
	'-runtime-config.reload-period[how often the runtime file is looked at]:duration:' \
	'-server.http-idle-timeout[close connections that are idle for so long]:duration:' \
	'-server.http-read-timeout[longest time for the head of a request]:duration:' \
	'-server.http-write-timeout[longest time for writing an answer]:duration:' \
	'-server.http-conn-limit[connections at the same time]:number:' \
	'-server.graceful-shutdown-timeout[how long requests under way may take at shutdown]:duration:' \
	'-config.file[read options from this YAML file]:path:_files' \
	'-config.expand-env[replace ${NAME} and ${NAME\:-default} in it from the environment]' \
	'-log.level[least level that is logged]:word:(error warn info debug)' \
	'-ready-fd[write one line to this descriptor when ready]:number:' \
	'-help[show help]' '-help-all[show all options]' '-version[show the version]' \
	'-print.config[show each value and its origin]' \
	'1:verb or file:{_alternative "verbs:verb:(server status restart reload stop)" "files:file:_files"}' \
	'*:file:_files'
