#include "conf/server.h"

#define OPT_FILE "conf/server.def"
#define OPT_STRUCT server_opts
#define OPT_TABLE table
#include "conf/opt_rows.h"

const struct opt_table server_table = { table_rows, ARRAY_LEN(table_rows), sizeof(struct server_opts) };
