/* convert_out.c - see convert.h: profiles to outputs */
#include <fcntl.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/zip.h"
#include "formats/format_args.h"
#include "formats/labels/labels_json.h"
#include "io/file.h"
#include "io/stream_fd.h"
#include "io/term.h"
#include "tools/pyro-convert/convert.h"

/* ---- options ---- */

static int choose_form(struct convert *c, struct err *e)
{
	const struct convert_opts *o = c->o;

	if (o->to[0] == '\0')
		return output_parse(c->a, o->output, STR("pprof"), OUTPUT_REPORT, &c->out, e);
	if (output_parse(c->a, o->to, STR("pprof"), OUTPUT_REPORT, &c->out, e) < 0 || c->out.file != NULL)
		return err_set(e, ERR_USAGE, "--to %.200s: no such form; pyro-convert formats lists them", o->to);
	c->out.file = o->output[0] && strcmp(o->output, "-") != 0 ? o->output : NULL;
	c->out.pack = output_packed(str_cstr(o->output));
	return 0;
}

static bool is_stream(const struct convert_opts *o)
{
	return strcmp(o->to, "stream") == 0 || (o->to[0] == '\0' && str_suffix(str_cstr(o->output), STR(".tar")));
}

/* --output FORM=FILE says what --to says: nobody calls a file like that. */
static int check_twice(const struct convert_opts *o, struct err *e)
{
	struct str file = str_cstr(o->output), form = str_cut(&file, '=');
	struct output named;

	if (o->to[0] == '\0' || file.p == NULL || !(output_find(form, &named) || str_eq(form, STR("text"))))
		return 0;
	return err_set(e, ERR_USAGE, "--output %.200s: --to %.200s names the form already, the file alone is expected",
	    o->output, o->to);
}

static int open_stream(struct convert *c, struct err *e)
{
	c->sink = sink_answer(c->out.file, c->o->force, e);
	if (c->sink == NULL)
		return -1;
	c->pack = pack_open(c->sink, e);
	return 0;
}

static int begin_filters(struct convert *c, struct err *e)
{
	const struct convert_opts *o = c->o;
	const struct report_args args = {
#define OPT(field, ...) .field = o->field,
#define ADV(field, ...) .field = o->field,
#define RANGE(...)
#define CHOICE(...)
#include "formats/report/report_args.def"
#undef OPT
#undef ADV
#undef RANGE
#undef CHOICE
	};

	return report_filters_init(&c->filters, c->a, &args, e);
}

int convert_begin(struct convert *c, struct err *e)
{
	const struct convert_opts *o = c->o;
	const struct format_args args = FORMAT_ARGS(o);

	c->reading = (struct format_opts){ .rate = (uint32_t)o->rate, .lenient = o->lenient };
	c->stream = is_stream(o);
	if (check_twice(o, e) < 0)
		return -1;
	if (o->output_dir[0] && (o->output[0] || c->stream))
		return err_set(e, ERR_USAGE, "--output-dir: not together with --output or a stream");
	if (format_args_read(&args, &c->reading, e) < 0 || begin_filters(c, e) < 0)
		return -1;
	if (c->stream) {
		if (!output_find(STR("pprof"), &c->out.form))
			return err_set(e, ERR_UNSUPPORTED, "--to stream: pprof cannot be written");
		c->out.file = o->output[0] && strcmp(o->output, "-") != 0 ? o->output : NULL;
	} else if (choose_form(c, e) < 0) {
		return -1;
	}
	c->reading.keep |= c->out.form.keep;
	c->sums = !o->all && !c->stream &&
	    (c->out.form.format == NULL || !c->out.form.format->several || o->sample_type[0] != '\0');
	if (o->tag_focus[0] || o->tag_ignore[0] || o->tag_root[0] || o->tag_leaf[0])
		c->reading.keep |= FORMAT_TAGS;
	if (o->all && c->out.file == NULL && !c->stream && o->output_dir[0] == '\0')
		return err_set(e, ERR_USAGE, "--all: where to? --output FILE, --output-dir FOLDER or --to stream");
	if (c->out.file == NULL && o->output_dir[0] == '\0' && (c->stream || c->out.form.binary) &&
	    isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE, "%s is not for a terminal: use --output FILE, or a pipe",
		    c->stream ? "a stream" : c->out.form.name);
	return c->stream ? open_stream(c, e) : 0;
}

/* ---- one output ---- */

void convert_forget(struct convert *c)
{
	if (c->sum != NULL)
		profile_merger_finish(c->sum);
	arena_free(c->sum_arena);
	c->sum = NULL;
	c->sum_arena = NULL;
	for (size_t i = 0; i < c->kept.n; i++)
		arena_free(c->kept.p[i]);
	c->kept.n = c->batch.n = 0;
	c->newest = 0;
}

/* Without those labels that p does not have. */
static void keep_common(struct arena *a, struct labels *l, const struct labels *p)
{
	for (uint32_t k = l->n; k-- > 0;)
		if (!labels_has(p, l->p[k].name) || !str_eq(labels_get(p, l->p[k].name), l->p[k].value))
			*l = labels_without(a, l, l->p[k].name);
}

/* The first profile of the batch becomes a sum; its bytes are not needed any longer. */
static int begin_sum(struct convert *c, struct err *e)
{
	struct format_profile *first = &c->batch.p[0].of;

	c->sum_arena = arena_new();
	c->sum = profile_merger_new(c->sum_arena,
	    &(struct profile_merge_opts){ .keep_tags = (c->reading.keep & FORMAT_TAGS) != 0,
		.keep_times = (c->reading.keep & FORMAT_TIMES) != 0,
		.unite = true,
		.copies = true });
	if (profile_merger_add(c->sum, first->p, e) < 0)
		return -1;
	*first = (struct format_profile){ .labels = labels_copy(c->sum_arena, &first->labels) };
	for (size_t i = 0; i < c->kept.n; i++)
		arena_free(c->kept.p[i]);
	c->kept.n = 0;
	return 0;
}

int convert_add(struct convert *c, const struct format_profile *p, const struct format *from, bool beside,
    struct err *e)
{
	c->profiles++;
	/* each of many profiles is a moment, too */
	if ((c->reading.keep & FORMAT_MOMENTS) != 0 && p->p->time != 0)
		profile_time_samples(p->p);
	if (!c->sums || c->batch.n == 0) {
		vec_push(&c->batch, ((struct convert_profile){ *p, from }));
		return 0;
	}
	if (c->sum == NULL && begin_sum(c, e) < 0)
		return -1;
	if ((beside ? profile_merger_add_beside(c->sum, p->p, e) : profile_merger_add(c->sum, p->p, e)) < 0)
		return -1;
	keep_common(c->sum_arena, &c->batch.p[0].of.labels, &p->labels);
	return 0;
}

static struct output_opts options(const struct convert *c)
{
	return (struct output_opts){ .max_nodes = c->o->max_nodes,
		.plain = c->o->plain,
		.cum = c->o->cum,
		.columns = c->reading.columns,
		.type = FORMAT_ALL_TYPES,
		.picture = c->filters.picture };
}

/* Through the filters and into the form, as pyro-query prints it. */
static int print_one(struct convert *c, struct arena *a, struct format_profile *p, struct buf *out, struct err *e)
{
	struct report_opts ro = c->filters.o;
	struct output_opts oo = options(c);
	struct output_in in = { .a = a,
		.profile = p->p,
		.changed = report_filters_change(&c->filters),
		.profiles = p,
		.n = 1 };
	int rc;

	ro.zone_offset = term_zone(a, p->p->time, &ro.zone);
	if (c->out.file == NULL && c->o->output_dir[0] == '\0')
		ro.width = term_width();
	oo.picture.columns = c->o->width > 0 ? (uint32_t)c->o->width : ro.width;
	oo.picture.ansi = ro.width > 0 && term_colours();
	in.report = report_new(p->p, &ro, e);
	rc = in.report == NULL ? -1 : output_print(&c->out.form, &in, &oo, out, e);
	report_free(in.report);
	return rc;
}

/* Several in one file. */
static int print_several(struct convert *c, struct arena *a, const struct convert_profile *p, size_t n, struct buf *out,
    struct err *e)
{
	struct format_profile *all = arena_array(a, n, sizeof(*all));
	struct report **r = arena_zalloc(a, n * sizeof(*r));
	const struct output_opts oo = options(c);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		all[i] = p[i].of;
		if (!report_filters_change(&c->filters))
			continue;
		if ((r[i] = report_new(p[i].of.p, &c->filters.o, e)) == NULL)
			rc = -1;
		else
			all[i].p = report_profile(r[i]);
	}
	if (rc == 0)
		rc = output_print(&c->out.form, &(struct output_in){ .a = a, .profiles = all, .n = (uint32_t)n }, &oo,
		    out, e);
	for (size_t i = 0; i < n; i++)
		report_free(r[i]);
	return rc;
}

static int print(struct convert *c, struct arena *a, const struct convert_profile *p, size_t n, struct buf *out,
    struct err *e)
{
	struct format_profile one = p[0].of;

	return n > 1 ? print_several(c, a, p, n, out, e) : print_one(c, a, &one, out, e);
}

/* ---- where it goes ---- */

static int to_stream(struct convert *c, struct arena *a, const struct convert_profile *p, struct str bytes,
    struct err *e)
{
	struct member m = { .mtime = p->of.p->time ? p->of.p->time : c->newest };
	struct str base = arena_printf(a, "%lld-%016llx", (long long)m.mtime,
	    (unsigned long long)labels_hash(&p->of.labels));
	struct buf labels;
	int rc;

	buf_init(&labels, ARCHIVE_LABELS_MAX + 1);
	if (p->of.labels.n > 0)
		labels_to_json(&p->of.labels, &labels);
	m.name = names_take(&c->names, c->a, base, c->o->plain ? STR(".pb") : STR(".pb.gz"));
	m.labels = buf_str(&labels);
	rc = pack_add(c->pack, &m, bytes, e);
	buf_fini(&labels);
	return rc;
}

/* ".pb.gz": by what the bytes turned out to be. */
static struct str tail(const struct convert *c, struct arena *a, struct str bytes)
{
	struct str list = str_cstr(c->out.form.extensions), ext = str_cut(&list, ' ');

	if (ext.n == 0)
		ext = STR("txt");
	return arena_printf(a, "." STR_FMT "%s", STR_ARG(ext), zip_is_gzip(bytes) ? ".gz" : "");
}

static int to_folder(struct convert *c, struct arena *a, struct str base, struct str bytes, struct err *e)
{
	struct str name = names_take(&c->names, c->a, base, tail(c, a, bytes));
	const char *path = file_join(a, c->o->output_dir, name);
	char *folder = arena_cstr(a, str_of(path, str_rfind(str_cstr(path), '/')));

	if (file_mkdirs(AT_FDCWD, folder, 0777, e) < 0)
		return -1;
	return file_answer(path, bytes, c->o->force, e);
}

/* With --all, x.svg is x-main.svg, x-gc.svg. */
static const char *numbered(struct convert *c, struct arena *a, struct str part)
{
	struct str file = str_cstr(c->out.file), rest;
	size_t slash = str_rfind(file, '/'), from = slash < file.n ? slash + 1 : 0;
	size_t dot = from + str_find(str_skip(file, from), '.');

	rest = str_skip(file, dot);
	return arena_cstr(a,
	    names_take(&c->names, c->a, arena_printf(a, STR_FMT "-" STR_FMT, (int)dot, file.p, STR_ARG(part)), rest));
}

static int put(struct convert *c, struct arena *a, const struct convert_profile *p, struct str name, struct str part,
    struct str bytes, struct err *e)
{
	struct str base;

	if (c->stream)
		return to_stream(c, a, p, bytes, e);
	if (c->o->output_dir[0] == '\0')
		return file_answer(c->o->all ? numbered(c, a, part) : c->out.file, bytes, c->o->force, e);
	base = names_base(a, str_cstr(c->operand), name, p->from->extensions);
	if (part.n > 0)
		base = arena_printf(a, STR_FMT "-" STR_FMT, STR_ARG(base), STR_ARG(part));
	return to_folder(c, a, base, bytes, e);
}

/* part: of several outputs of the batch, what this one is called; empty: it is the only one. */
static int write_group(struct convert *c, const struct convert_profile *p, size_t n, struct str name, struct str part,
    struct err *e)
{
	struct arena *a = arena_new();
	struct buf b;
	int rc;

	buf_init(&b, CONVERT_MAX);
	rc = print(c, a, p, n, &b, e);
	if (rc == 0)
		rc = buf_check(&b, "output", e);
	if (rc == 0 && !c->stream)
		output_pack(c->out.pack, &b);
	if (rc == 0 && put(c, a, p, name, part, buf_str(&b), e) < 0) {
		c->stuck = true;
		rc = -1;
	}
	c->outputs++;
	buf_fini(&b);
	arena_free(a);
	return rc;
}

int convert_emit(struct convert *c, struct str name, struct err *e)
{
	size_t n = c->batch.n;
	int rc = 0;

	if (c->sum != NULL) {
		c->batch.p[0].of.p = profile_merger_finish(c->sum);
		c->sum = NULL;
	}
	if (n > 0 && !c->o->all && !c->stream)
		rc = write_group(c, c->batch.p, n, name, STR_NONE, e);
	for (size_t i = 0; i < n && rc == 0 && (c->o->all || c->stream); i++) {
		struct str part = names_part(c->a, c->batch.p[i].of.name,
		    (uint32_t)(c->o->output_dir[0] ? i : c->outputs) + 1);

		rc = write_group(c, &c->batch.p[i], 1, name, n > 1 || !c->o->output_dir[0] ? part : STR_NONE, e);
	}
	convert_forget(c);
	return rc;
}

int convert_end(struct convert *c, struct err *e)
{
	struct sink *k = c->sink;

	if (convert_emit(c, STR_NONE, e) < 0)
		return -1;
	if (k == NULL)
		return 0;
	if (pack_close(c->pack, e) < 0) {
		c->pack = NULL;
		return -1;
	}
	c->pack = NULL;
	c->sink = NULL;
	return sink_close(k, e);
}
