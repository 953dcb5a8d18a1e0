/* symbolize.c - pyro-symbolize: addresses in profiles become names */
#include "tools/pyro-symbolize/symbolize.h"

#include <unistd.h>

#include "base/log.h"
#include "formats/format_tell.h"
#include "formats/labels/labels_json.h"
#include "formats/symbolize/symbolize_profile.h"
#include "formats/report/output_words.h"
#include "io/archive.h"
#include "io/inputs.h"
#include "io/stream_fd.h"
#include "tools/pyro-symbolize/binaries.h"
#include "tools/pyro-symbolize/renames.h"

#define OPT_FILE "tools/pyro-symbolize/symbolize.def"
#define OPT_STRUCT symbolize_opts
#define OPT_TABLE symbolize_table
#include "conf/opt_rows.h"

enum { INPUT_LIMIT = INT32_MAX };

static struct symbolize_opts opts;

struct filter {
	const struct symbolize_opts *o;
	struct binaries *binaries;
	struct renames *renames;
	struct symbolize_count count;
	struct sink *sink;
	struct pack *pack; /* from the second profile on, or for .tar */
	/* The first profile waits: alone it is a file, in company a member. */
	struct buf first;
	struct member first_member;
	struct arena *a; /* of first_member */
	uint64_t profiles, skipped;
};

static uint32_t rename_frame(void *ctx, const struct sym_frame *in, struct sym_frame *out, uint32_t max)
{
	struct filter *f = ctx;

	return renames_frame(f->renames, in, out, max);
}

static uint32_t find_frames(void *ctx, const struct profile *p, const struct mapping *m, uint64_t addr,
    struct sym_frame *out, uint32_t max)
{
	struct filter *f = ctx;

	return binaries_find(f->binaries, p, m, addr, out, max);
}

/* ---- out ---- */

static int begin_stream(struct filter *f, struct err *e)
{
	f->pack = pack_open(f->sink, e);
	return f->pack ? 0 : -1;
}

static struct member member_of(struct arena *a, const struct format_profile *fp, int64_t mtime, uint64_t number)
{
	struct member m = { .mtime = fp->p->time ? fp->p->time : mtime };
	struct buf json;

	buf_init(&json, ARCHIVE_LABELS_MAX);
	if (fp->labels.n > 0)
		labels_to_json(&fp->labels, &json);
	m.labels = arena_str(a, buf_str(&json));
	buf_fini(&json);
	m.name = arena_printf(a, "%lld-%06llu.pb.gz", (long long)m.mtime, (unsigned long long)number);
	return m;
}

static int emit(struct filter *f, struct input *in, const struct format_profile *fp, struct err *e)
{
	const struct format *pprof = format_by_name(STR("pprof"), e);
	struct format_opts fo = { .type = FORMAT_ALL_TYPES };
	struct member m = member_of(in->a, fp, in->mtime, ++f->profiles);
	struct buf bytes;
	int rc;

	buf_init(&bytes, INPUT_LIMIT);
	rc = pprof ? pprof->encode(fp, 1, &fo, &bytes, e) : -1;
	if (rc == 0 && f->profiles == 1 && f->pack == NULL) {
		f->first = bytes;
		f->first_member = (struct member){ .name = arena_str(f->a, m.name),
			.mtime = m.mtime,
			.labels = arena_str(f->a, m.labels) };
		return 0;
	}
	if (rc == 0 && f->pack == NULL) {
		rc = begin_stream(f, e);
		if (rc == 0)
			rc = pack_add(f->pack, &f->first_member, buf_str(&f->first), e);
	}
	if (rc == 0)
		rc = pack_add(f->pack, &m, buf_str(&bytes), e);
	buf_fini(&bytes);
	return rc;
}

static int finish(struct filter *f, struct err *e)
{
	struct sink *k = f->sink;
	struct pack *p = f->pack;

	if (f->profiles == 0)
		return err_set(e, ERR_NOTFOUND, "there are no profiles");
	if (p == NULL && sink_write(k, buf_str(&f->first), e) < 0)
		return -1;
	f->pack = NULL;
	if (p != NULL && pack_close(p, e) < 0)
		return -1;
	f->sink = NULL;
	return sink_close(k, e);
}

/* ---- in ---- */

static int one_input(void *ctx, struct input *in, struct err *e)
{
	struct filter *f = ctx;
	struct format_opts fo = { .file_name = in->name,
		.ends = in->ends,
		.n_ends = in->n_ends,
		.keep = FORMAT_TAGS | FORMAT_NAMES,
		.lenient = f->o->lenient,
		.binary = binaries_file,
		.binary_ctx = f->binaries };
	const struct symbolize s = { .find = find_frames,
		.rename = f->renames ? rename_frame : NULL,
		.ctx = f,
		.demangle = (enum demangle_mode)f->o->demangle,
		.force = f->o->force };
	struct format_profiles got = { 0 };
	const struct format *format = format_asked("--format", f->o->format, in->bytes, in->name, e);

	if (format == NULL || format_decode(format, in->a, in->bytes, &fo, &got, e) < 0)
		return -1;
	format_tell(in->name, &got.notes);
	for (uint32_t i = 0; i < got.n; i++) {
		struct labels l = labels_copy(in->a, &got.p[i].labels);

		labels_sort(&l);
		if (labels_from_json(in->a, in->labels, &l, e) < 0)
			return err_wrap(e, "labels of the member");
		got.p[i].labels = l;
		binaries_begin(f->binaries, got.p[i].p);
		symbolize_profile(in->a, got.p[i].p, &s, &f->count);
		if (emit(f, in, &got.p[i], e) < 0)
			return -1;
	}
	return 0;
}

static int skip_input(void *ctx, struct str name, struct err *e)
{
	struct filter *f = ctx;

	(void)name;
	f->skipped++;
	log_event(LOG_WARN, "input skipped", LOG_CSTR("error", e->msg));
	return 0;
}

static int prepare(struct filter *f, struct err *e)
{
	const struct symbolize_opts *o = f->o;
	bool to_file = o->output[0] && strcmp(o->output, "-") != 0;

	if (o->format[0] && format_asked("--format", o->format, STR_NONE, STR_NONE, e) == NULL)
		return -1;
	if (!to_file && isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE, "profiles are not for a terminal: use --output FILE, or a pipe");
	f->renames = renames_new(o, e);
	if (f->renames == NULL && e->kind != ERR_NONE)
		return -1;
	f->binaries = binaries_new(o, e);
	if (f->binaries == NULL)
		return -1;
	f->sink = to_file ? sink_path(o->output, e) : sink_fd(STDOUT_FILENO, FD_KEEP, "standard output");
	if (f->sink == NULL)
		return -1;
	return to_file && str_suffix(str_cstr(o->output), STR(".tar")) ? begin_stream(f, e) : 0;
}

static int symbolize_run(struct tool *t, struct err *e)
{
	struct filter f = { .o = &opts, .a = arena_new() };
	struct inputs_labels given = { 0 };
	struct inputs_opts io = { .limit = INPUT_LIMIT,
		.bad = opts.keep_going ? skip_input : NULL,
		.skip = "-k",
		.labels = &given };
	struct err ignored;
	int rc = prepare(&f, e);

	if (rc == 0) {
		rc = inputs_each(t->conf.args, t->conf.n_args, &io, one_input, &f, e);
		if (rc < 0 && e->kind == ERR_NOTFOUND)
			e->kind = ERR_INVALID; /* a path that leads nowhere is somebody's mistake */
	}
	if (rc == 0)
		rc = finish(&f, e);
	if (rc == 0 && f.count.bare > 0)
		log_event(LOG_DEBUG, "addresses stay without names", LOG_I64("addresses", f.count.bare),
		    LOG_I64("found", f.count.found));
	if (rc == 0 && f.skipped > 0)
		rc = 1;
	pack_close(f.pack, &ignored);
	if (f.sink != NULL)
		sink_drop(f.sink);
	buf_fini(&f.first);
	inputs_labels_fini(&given);
	binaries_free(f.binaries);
	renames_free(f.renames);
	arena_free(f.a);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct opt_set sets[] = { { &symbolize_table, &opts }, { 0 } };
	static const char *const examples[] = {
		"pyro-symbolize cpu.pb.gz > named.pb.gz",
		"pyro-symbolize --binary build/shop --output named.pb.gz cpu.pb.gz",
		"pyro-symbolize --perf-map /tmp/perf-4711.map cpu.pb.gz | pyro-query top",
		"pyro-symbolize --debuginfod https://debuginfod.debian.net < cpu.pb.gz > named.pb.gz",
		NULL,
	};
	static const struct tool_spec spec = {
		.name = "pyro-symbolize",
		.summary = "give names to the addresses in profiles",
		.args = "[FILE|FOLDER|- ...]",
		.sets = sets,
		.words = output_words_format,
		.run = symbolize_run,
		.examples = examples,
	};

	return tool_main(&spec, argc, argv);
}
