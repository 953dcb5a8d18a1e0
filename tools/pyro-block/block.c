/* block.c - pyro-block: looks at everything that pyro and Pyroscope keep on disk */
#include "tools/pyro-block/block.h"

#define OPT_FILE "tools/pyro-block/block.def"
#define OPT_STRUCT block_opts
#define OPT_TABLE block_table
#include "conf/opt_rows.h"

static struct block_opts opts;

static int list(struct tool *t, struct err *e)
{
	return block_list(t, &opts, e);
}

static int dump(struct tool *t, struct err *e)
{
	return block_dump(t, &opts, e);
}

int main(int argc, char **argv)
{
	static const struct tool_verb verbs[] = {
		{ "list", "[SOURCE ...]", "one line a block", list },
		{ "dump", "[PATH ...]", "a block, a journal, or one file of them as text", dump },
		{ "check", "[PATH ...]", "every checksum, order, reference and count; one line a problem",
		    block_examine },
		{ 0 },
	};
	static const struct opt_set sets[] = { { &block_table, &opts }, { 0 } };
	static const char *const examples[] = {
		"pyro-block list blocks/",
		"pyro-block check data/",
		"pyro-block dump --part symbols blocks/01KF0HJ0803N2PGHJQK4ANKZJ7",
		"pyro-ingest *.pb.gz | pyro-block dump --part profiles --json",
		NULL,
	};
	static const struct tool_spec spec = {
		.name = "pyro-block",
		.summary = "look at blocks, journals and their files",
		.args = "",
		.sets = sets,
		.verbs = verbs,
		.examples = examples,
	};

	return tool_main(&spec, argc, argv);
}
