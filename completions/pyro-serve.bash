# bash completion for pyro-serve; made by pyro-serve -help=bash
_pyro_serve()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-target|--target)
		COMPREPLY=()
		return ;;
	-stop-timeout|--stop-timeout)
		COMPREPLY=()
		return ;;
	-shutdown-delay|--shutdown-delay)
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
		COMPREPLY=($(compgen -P $dash -W 'help help-all version print.config target modules json stop-timeout shutdown-delay server.http-listen-address server.http-listen-port listen-fd server.path-prefix auth.multitenancy-enabled pyroscopedb.data-path runtime-config.file runtime-config.reload-period server.http-idle-timeout server.http-read-timeout server.http-read-header-timeout server.http-write-timeout server.http-conn-limit server.graceful-shutdown-timeout server.http-tls-cert-path server.http-tls-key-path server.http-tls-client-auth server.http-tls-ca-path server.tls-cipher-suites server.tls-min-version config.file config.expand-env log.level ready-fd' -- "${cur#$dash}"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'server status restart reload stop' -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _pyro_serve pyro-serve
