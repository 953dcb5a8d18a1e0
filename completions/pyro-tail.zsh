#compdef pyro-tail
# made by pyro-tail -help=zsh
_arguments \
	'-query[label selector\: {service_name="shop"}]:text:' \
	'--query[label selector\: {service_name="shop"}]:text:' \
	'-q[label selector\: {service_name="shop"}]:text:' \
	'-table[a table of series instead of a profile stream; on a terminal it is one anyway]' \
	'--table[a table of series instead of a profile stream; on a terminal it is one anyway]' \
	'-for[end after this time; 0 = when told to]:duration:' \
	'--for[end after this time; 0 = when told to]:duration:' \
	'-count[end after so many profiles; 0 = when told to]:number:' \
	'--count[end after so many profiles; 0 = when told to]:number:' \
	'-n[end after so many profiles; 0 = when told to]:number:' \
	'-interval[how often the table is drawn]:duration:' \
	'--interval[how often the table is drawn]:duration:' \
	'-retry[connect again when the connection is lost]' \
	'--retry[connect again when the connection is lost]' \
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
	'*:file:_files'
