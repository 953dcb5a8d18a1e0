/* ingest.c - pyro-ingest: profiles into blocks, as a filter and as a server */
#include "tools/pyro-ingest/ingest.h"

#include "formats/report/output_words.h"

#define OPT_FILE "tools/pyro-ingest/ingest.def"
#define OPT_STRUCT ingest_opts
#define OPT_TABLE ingest_table
#include "conf/opt_rows.h"

static struct ingest_opts opts;
static struct server_opts server;
static struct limits limits;

static int serve(struct tool *t, struct err *e)
{
	return ingest_serve(t, &(struct ingest_conf){ &opts, &server, &limits }, e);
}

static int filter(struct tool *t, struct err *e)
{
	return ingest_filter(t, &opts, &limits, e);
}

int main(int argc, char **argv)
{
	static const struct tool_verb verbs[] = {
		{ "serve", "", "receive profiles over HTTP and cut blocks", serve },
		{ 0 },
	};
	static const struct opt_set sets[] = { { &ingest_table, &opts }, { &server_table, &server },
		{ &limits_table, &limits }, { 0 } };
	static const char *const examples[] = {
		"pyro-ingest --label service_name=shop --output blocks/ *.pb.gz",
		"tar c day/*.pb.gz | pyro-ingest --label service_name=shop | pyro-query top",
		"pyro-ingest serve -pyroscopedb.data-path=/var/lib/pyro",
		NULL,
	};
	static const struct tool_spec spec = {
		.name = "pyro-ingest",
		.summary = "turn profiles into blocks",
		.args = "[FILE ...]",
		.sets = sets,
		.words = output_words_format,
		.verbs = verbs,
		.run = filter,
		.examples = examples,
	};

	return tool_main(&spec, argc, argv);
}
