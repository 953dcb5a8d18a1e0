# bash completion for pyro-tail; made by pyro-tail -help=bash
_pyro_tail()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-query|--query|-q)
		COMPREPLY=()
		return ;;
	-for|--for)
		COMPREPLY=()
		return ;;
	-count|--count|-n)
		COMPREPLY=()
		return ;;
	-interval|--interval)
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
		COMPREPLY=($(compgen -P $dash -W 'help help-all version print.config query table for count interval retry tenant-id username password token tls-ca-path tls-cert-path tls-key-path tls-server-name tls-insecure-skip-verify config.file config.expand-env log.level ready-fd' -- "${cur#$dash}"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W '' -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _pyro_tail pyro-tail
