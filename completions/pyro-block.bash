# bash completion for pyro-block; made by pyro-block -help=bash
_pyro_block()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-part|--part|-p)
		COMPREPLY=($(compgen -W 'all meta index profiles symbols journal' -- "$cur"))
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
		COMPREPLY=($(compgen -P $dash -W 'help help-all version print.config json part config.file config.expand-env log.level ready-fd' -- "${cur#$dash}"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'list dump check' -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _pyro_block pyro-block
