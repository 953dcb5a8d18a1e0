#compdef pyro-serve
# made by pyro-serve -help=zsh
_arguments \
	'-target[parts of the server that run here; -modules lists them]:text,...:' \
	'--target[parts of the server that run here; -modules lists them]:text,...:' \
	'-modules[list the targets and end]' \
	'--modules[list the targets and end]' \
	'-json[print the status as JSON]' \
	'--json[print the status as JSON]' \
	'-stop-timeout[kill a part that has not ended so long after it was asked to]:duration:' \
	'--stop-timeout[kill a part that has not ended so long after it was asked to]:duration:' \
	'-shutdown-delay[go on for so long after the signal to stop, so that load balancers notice]:duration:' \
	'--shutdown-delay[go on for so long after the signal to stop, so that load balancers notice]:duration:' \
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
	'1:verb or file:{_alternative "verbs:verb:(server status restart reload stop)" "files:file:_files"}' \
	'*:file:_files'
