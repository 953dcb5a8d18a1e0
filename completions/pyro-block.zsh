#compdef pyro-block
# made by pyro-block -help=zsh
_arguments \
	'-json[print one JSON object a line]' \
	'--json[print one JSON object a line]' \
	'-j[print one JSON object a line]' \
	'-part[what of a block or data folder is printed]:word:(all meta index profiles symbols journal)' \
	'--part[what of a block or data folder is printed]:word:(all meta index profiles symbols journal)' \
	'-p[what of a block or data folder is printed]:word:(all meta index profiles symbols journal)' \
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
	'1:verb or file:{_alternative "verbs:verb:(list dump check)" "files:file:_files"}' \
	'*:file:_files'
