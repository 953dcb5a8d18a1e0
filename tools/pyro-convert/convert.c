/* convert.c - pyro-convert: profiles of any format in, any other out */
#include "tools/pyro-convert/convert.h"

#include "formats/report/output_words.h"
#include "io/stream_fd.h"

#define OPT_FILE "tools/pyro-convert/convert.def"
#define OPT_STRUCT convert_opts
#define OPT_TABLE convert_table
#include "conf/opt_rows.h"

static struct convert_opts opts;

static int parse_labels(struct convert *c, struct err *e)
{
	for (size_t i = 0; i < c->o->label.n; i++) {
		struct str value = str_cstr(c->o->label.p[i]), name = str_cut(&value, '=');

		if (name.n == 0 || value.p == NULL || value.n == 0)
			return err_set(e, ERR_USAGE,
			    "--label %s: NAME=VALUE is expected; a file of them is an operand, @FILE",
			    c->o->label.p[i]);
		c->labels = labels_with(c->a, &c->labels, name, value);
	}
	return 0;
}

static int convert(struct tool *t, struct err *e)
{
	struct convert c = { .o = &opts, .a = arena_new() };
	int rc = parse_labels(&c, e);

	if (rc == 0)
		rc = convert_begin(&c, e);
	if (rc == 0)
		rc = convert_read(&c, t->conf.args, t->conf.n_args, e);
	if (rc == 0)
		rc = convert_end(&c, e);
	if (rc == 0 && c.profiles == 0)
		rc = err_set(e, ERR_NOTFOUND, "there are no profiles");
	else if (rc == 0 && c.skipped > 0)
		rc = 1;
	if (c.sink != NULL) {
		struct err ignored;

		pack_close(c.pack, &ignored);
		sink_drop(c.sink);
	}
	convert_forget(&c);
	vec_free(&c.kept);
	vec_free(&c.batch);
	names_fini(&c.names);
	report_filters_fini(&c.filters);
	arena_free(c.a);
	return rc;
}

static void words(const char *flag, struct buf *names, struct buf *extensions)
{
	if (strcmp(flag, "from") == 0)
		output_words_read(names);
	if (strcmp(flag, "to") == 0) {
		output_words(OUTPUT_REPORT | OUTPUT_PROFILES, names, NULL);
		buf_add(names, STR(" stream"));
	}
	if (strcmp(flag, "output") == 0) {
		output_words(OUTPUT_REPORT | OUTPUT_PROFILES, NULL, extensions);
		buf_add(extensions, STR(" tar"));
	}
}

int main(int argc, char **argv)
{
	static const struct tool_verb verbs[] = {
		{ "formats", "", "list what can be read and written", convert_formats },
		{ 0 },
	};
	static const struct opt_set sets[] = { { &convert_table, &opts }, { 0 } };
	static const char *const examples[] = {
		"pyro-convert --to speedscope < cpu.pb.gz > cpu.speedscope.json",
		"pyro-convert -o cpu.svg day/*.folded",
		"pyro-convert --to folded --output-dir out/ recordings/",
		"pyro-convert --to stream --label service_name=shop *.jfr | pyro-ingest --output blocks",
		NULL,
	};
	static const struct tool_spec spec = {
		.name = "pyro-convert",
		.summary = "profiles of any format in, any other out",
		.args = "[FILE|FOLDER|- ...]",
		.sets = sets,
		.words = words,
		.verbs = verbs,
		.run = convert,
		.examples = examples,
	};

	return tool_main(&spec, argc, argv);
}
