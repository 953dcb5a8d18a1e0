/* query.c - pyro-query: questions about profiles, at the prompt and as a server */
#include "tools/pyro-query/query.h"

#include "formats/report/output_words.h"
#include "tools/pyro-query/cli.h"

#define OPT_FILE "tools/pyro-query/query.def"
#define OPT_STRUCT query_opts
#define OPT_TABLE query_table
#include "conf/opt_rows.h"

static struct query_opts opts;
static struct server_opts server;
static struct limits limits;

static int serve(struct tool *t, struct err *e)
{
	return query_serve(t, &(struct query_conf){ &opts, &server, &limits }, e);
}

static int report(struct tool *t, struct err *e)
{
	return cli_report(t, &opts, e);
}

static int diff(struct tool *t, struct err *e)
{
	return cli_diff(t, &opts, e);
}

static int check(struct tool *t, struct err *e)
{
	return cli_check(t, &opts, e);
}

static int info(struct tool *t, struct err *e)
{
	return cli_info(t, &opts, e);
}

static int labels(struct tool *t, struct err *e)
{
	return cli_labels(t, &opts, e);
}

static void words(const char *flag, struct buf *names, struct buf *extensions)
{
	output_words_format(flag, names, extensions);
	if (strcmp(flag, "output") == 0)
		output_words(OUTPUT_REPORT | OUTPUT_PROFILES | OUTPUT_COMPARISON, names, extensions);
}

int main(int argc, char **argv)
{
	static const struct tool_verb verbs[] = {
		{ "top", "[SOURCE ...]", "the functions that took most, as pprof -top prints them", report },
		{ "tree", "[SOURCE ...]", "functions with their callers and callees", report },
		{ "peek", "REGEX [SOURCE ...]", "callers and callees of functions that match", report },
		{ "list", "REGEX [SOURCE ...]", "source lines of functions that match, with their values", report },
		{ "calls", "[SOURCE ...]", "the call tree, drawn with lines", report },
		{ "raw", "[SOURCE ...]", "everything in the profile as text", report },
		{ "traces", "[SOURCE ...]", "all stacks", report },
		{ "tags", "[SOURCE ...]", "labels of samples", report },
		{ "folded", "[SOURCE ...]", "a;b;c 12: stacks on lines", report },
		{ "pprof", "[SOURCE ...]", "one gzip pprof", report },
		{ "merge", "[SOURCE ...]", "one gzip pprof, the sum of all", report },
		{ "export", "[SOURCE ...]", "in the form of --output; pprof without it", report },
		{ "json", "[SOURCE ...]", "functions and call tree as JSON", report },
		{ "flame", "[SOURCE ...]", "flame graph in the terminal; --interactive: with keys", report },
		{ "svg", "[SOURCE ...]", "flame graph as a picture", report },
		{ "html", "[SOURCE ...]", "flame graph as a page", report },
		{ "dot", "[SOURCE ...]", "call graph for Graphviz", report },
		{ "diff", "BEFORE AFTER", "what changed", diff },
		{ "check", "RULES [SOURCE ...]", "limits of a file of rules, for CI and cron", check },
		{ "info", "[SOURCE ...]", "what each file is: format, times, tables, totals", info },
		{ "series", "[SOURCE ...]", "label sets of the series", labels },
		{ "labels", "[SOURCE ...]", "names of labels", labels },
		{ "values", "NAME [SOURCE ...]", "values of a label", labels },
		{ "types", "[SOURCE ...]", "profile types", labels },
		{ "serve", "", "answer the query services over HTTP", serve },
		{ 0 },
	};
	static const struct opt_set sets[] = { { &query_table, &opts }, { &client_table, &opts.client },
		{ &server_table, &server }, { &limits_table, &limits }, { 0 } };
	static const char *const examples[] = {
		"pyro-query top cpu.pb.gz",
		"pyro-query check rules.yaml http://localhost:4040 --output junit=checks.xml",
		"pyro-query top --watch -q '{service_name=\"shop\"}' http://localhost:4040",
		NULL,
	};
	static const struct tool_spec spec = {
		.name = "pyro-query",
		.summary = "ask profiles, blocks and servers",
		.args = "",
		.sets = sets,
		.words = words,
		.verbs = verbs,
		.examples = examples,
	};

	return tool_main(&spec, argc, argv);
}
