#include "conf/client.h"

#define OPT_FILE "conf/client.def"
#define OPT_STRUCT client_opts
#define OPT_TABLE table
#include "conf/opt_rows.h"

const struct opt_table client_table = { table_rows, ARRAY_LEN(table_rows), sizeof(struct client_opts) };
