/*
 * oneshot.c - the filter: a profile stream in (files, folders, archives,
 * standard input), blocks out (a folder, or a tar on standard output). The
 * same input gives the same blocks, byte for byte: ids come from the content.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/num.h"
#include "formats/labels/app_name.h"
#include "formats/labels/labels_json.h"
#include "formats/block/block_cut.h"
#include "formats/format.h"
#include "formats/format_tell.h"
#include "formats/profile_trim.h"
#include "io/archive.h"
#include "io/fd.h"
#include "io/file.h"
#include "io/inputs.h"
#include "io/mapped.h"
#include "io/progress.h"
#include "io/stream_fd.h"
#include "tools/pyro-ingest/ingest.h"
#include "tools/pyro-ingest/publish.h"

enum { INPUT_LIMIT = INT32_MAX };

struct filter {
	const struct ingest_opts *o;
	struct limits limits;
	struct clean_rules rules;
	struct arena *mem;
	struct labels labels; /* of --label */
	struct head *head;
	struct sym_importer *importer;
	struct buf record;
	uint64_t content; /* hash of all that went in */
	uint64_t skipped, profiles;
	int64_t now, time; /* time: of --time, 0 = none */
	struct progress progress;
};

/* Whoever runs a filter decides about sizes and ages; label rules stay. */
static struct limits filter_limits(const struct limits *base)
{
	struct limits l = *base;

	l.reject_older_than = l.reject_newer_than = 0;
	l.max_profile_size_bytes = l.max_profile_stacktrace_samples = 0;
	l.max_profile_stacktrace_sample_labels = 0;
	return l;
}

static int parse_labels(struct filter *f, struct err *e)
{
	f->labels.p = arena_array(f->mem, f->o->label.n, sizeof(*f->labels.p));
	for (size_t i = 0; i < f->o->label.n; i++) {
		struct str value = str_cstr(f->o->label.p[i]), name = str_cut(&value, '=');

		if (name.n == 0 || value.p == NULL || value.n == 0)
			return err_set(e, ERR_USAGE,
			    "--label %s: NAME=VALUE is expected; a file of them is an operand, @FILE",
			    f->o->label.p[i]);
		f->labels = labels_with(f->mem, &f->labels, name, value);
	}
	return 0;
}

/* ---- one profile ---- */

static int member_labels(struct arena *a, struct str json, struct labels *l, struct err *e)
{
	return labels_from_json(a, json, l, e) < 0 ? err_wrap(e, "labels of the member") : 0;
}

static struct labels labels_over(struct arena *a, struct labels l, const struct labels *over)
{
	for (uint32_t i = 0; i < over->n; i++)
		l = labels_with(a, &l, over->p[i].name, over->p[i].value);
	return l;
}

/* What the format says of the profile; over it the member's labels, over those --label. */
static struct labels labels_of_profile(struct filter *f, struct input *in, const struct format_profile *of,
    struct profile *p, const struct labels *member)
{
	struct labels l = labels_over(in->a, (struct labels){ 0 }, &of->labels);

	l = labels_over(in->a, labels_over(in->a, l, member), &f->labels);
	if (labels_get(&l, STR("__name__")).n == 0)
		l = labels_with(in->a, &l, STR("__name__"),
		    sample_type_config_profile_name(&sample_type_config_default, p));
	return clean_labels(in->a, &l);
}

/* An id from the content and the place in the stream. */
static void profile_id(struct filter *f, struct input *in, uint64_t n, uint8_t id[static 16])
{
	uint64_t h = hash_xxh64(in->bytes, n), k = hash_xxh64(in->name, h);

	f->content = hash_mix(f->content, h);
	memcpy(id, &f->content, 8);
	memcpy(id + 8, &k, 8);
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

/* --max-samples, --max-depth */
static struct profile *trimmed(struct filter *f, struct input *in, struct profile *p)
{
	const struct profile_limits limits = { (uint32_t)f->o->max_samples, (uint32_t)f->o->max_depth };
	struct profile_trimmed t;
	const struct profile *less = profile_trim(in->a, p, &limits, &t);

	if (less == p)
		return p;
	log_event(LOG_WARN, "profile trimmed", LOG_STR("input", in->name), LOG_I64("samples", t.samples),
	    LOG_I64("stacks", t.stacks));
	p = arena_alloc(in->a, sizeof(*p));
	*p = *less;
	return p;
}

static int add_profile(struct filter *f, struct input *in, const struct format_profile *of, const struct labels *member,
    struct err *e)
{
	struct profile *p = trimmed(f, in, of->p);
	struct clean_in ci = { .rules = &f->rules,
		.now = f->now,
		.profile = p,
		.partition_label = str_cstr(f->o->partition_label) };
	struct clean_out out;
	uint8_t id[16];

	if (p->time == 0)
		p->time = f->time ? f->time : in->mtime;
	ci.labels = labels_of_profile(f, in, of, p, member);
	if (labels_get(&ci.labels, STR("__name__")).n == 0)
		return err_set(e, ERR_INVALID,
		    "the profile does not say what it measures: name it, as in "
		    "--label __name__=process_cpu");
	if (clean_profile(in->a, &ci, &out, e) < 0)
		return -1;
	profile_id(f, in, f->profiles++, id);
	for (uint32_t i = 0; i < out.n; i++) {
		memcpy(out.p[i].id, id, sizeof(id));
		out.p[i].again = i > 0;
		buf_reset(&f->record);
		head_add(f->head, f->importer, &out.p[i], &f->record);
	}
	return 0;
}

static int one_input(void *ctx, struct input *in, struct err *e)
{
	struct filter *f = ctx;
	struct format_opts fo = { .file_name = in->name, .ends = in->ends, .n_ends = in->n_ends, .keep = FORMAT_NAMES };
	const struct format *format = format_asked("--format", f->o->format, in->bytes, in->name, e);
	struct format_profiles got = { 0 };
	struct labels member = { NULL, 0 };
	struct mapped *files;
	int rc;

	files = mapped_new();
	fo.binary = mapped_binary;
	fo.binary_ctx = files;
	rc = format == NULL ? -1 : format_decode(format, in->a, in->bytes, &fo, &got, e);
	mapped_free(files);
	if (rc < 0 || member_labels(in->a, in->labels, &member, e) < 0)
		return -1;
	format_tell(in->name, &got.notes);
	for (uint32_t i = 0; i < got.n; i++)
		if (add_profile(f, in, &got.p[i], &member, e) < 0)
			return -1;
	progress_add(&f->progress, in->bytes.n);
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

/* ---- blocks out ---- */

static int to_folder(struct dataset *set, struct cut_window w, struct ulid id, int dir, struct err *e)
{
	char text[ULID_TEXT + 1];
	struct arena *a;
	struct block_meta meta;
	struct publish p;
	struct err ignored;
	int rc;

	if (publish_begin(&p, dir, id, e) < 0)
		return -1;
	a = arena_new();
	rc = cut_block_to(&set, 1, w, id, &p.sink, a, &meta, e);
	arena_free(a);
	if (publish_end(&p, true, rc, e) < 0)
		return -1;
	if (publish_name(dir, id, e) < 0) {
		publish_drop(dir, id, &ignored);
		return -1;
	}
	ulid_print(id, text);
	printf("%s\n", text);
	return 0;
}

/* meta.json first, so that a reader may pass over a block. */
static int pack_parts(struct pack *out, const struct block_parts *b, struct err *e)
{
	char id[ULID_TEXT + 1], name[96];

	ulid_print(b->meta.ulid, id);
	for (uint32_t i = 0; i < b->n_parts; i++) {
		const uint32_t k = (i + b->n_parts - 1) % b->n_parts;
		struct member m = { .mtime = ulid_ms(b->meta.ulid) * NS_PER_MS };

		snprintf(name, sizeof(name), "%s/" STR_FMT, id, STR_ARG(b->part[k].name));
		m.name = str_cstr(name);
		if (pack_add(out, &m, b->part[k].bytes, e) < 0)
			return -1;
	}
	return 0;
}

static int to_tar(struct dataset *set, struct cut_window w, struct ulid id, struct pack *out, struct err *e)
{
	struct block_parts parts;
	int rc;

	if (cut_block(&set, 1, w, id, &parts, e) < 0)
		return -1;
	rc = pack_parts(out, &parts, e);
	block_parts_free(&parts);
	return rc;
}

static struct ulid window_ulid(const struct filter *f, struct cut_window w)
{
	uint64_t a = hash_mix(f->content, (uint64_t)w.from), b = hash_mix(a, f->profiles);
	uint8_t random[10];

	memcpy(random, &a, 8);
	memcpy(random + 8, &b, 2);
	return ulid_make(w.from / NS_PER_MS, random);
}

static int each_block(struct filter *f, int dir, struct pack *out, struct err *e)
{
	struct dataset *set = &f->head->set;
	struct cut_window *w;
	size_t n;
	int rc = cut_windows(f->mem, &set, 1, f->o->max_block_duration, &w, &n, e);

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct ulid id = window_ulid(f, w[i]);

		rc = out != NULL ? to_tar(set, w[i], id, out, e) : to_folder(set, w[i], id, dir, e);
	}
	return rc;
}

static int write_folder(struct filter *f, struct err *e)
{
	int dir, rc;

	if (file_mkdirs(AT_FDCWD, f->o->output, 0777, e) < 0)
		return -1;
	dir = fd_open(AT_FDCWD, f->o->output, O_RDONLY | O_DIRECTORY, e);
	if (dir < 0)
		return -1;
	rc = each_block(f, dir, NULL, e);
	fd_close(&dir);
	return rc;
}

static int write_stream(struct filter *f, struct err *e)
{
	struct sink *k = sink_fd(STDOUT_FILENO, FD_KEEP, "standard output");
	struct pack *out = pack_open(k, e);
	int rc = out == NULL ? -1 : each_block(f, -1, out, e);

	if (rc == 0)
		rc = pack_close(out, e);
	if (rc == 0)
		return sink_close(k, e);
	sink_drop(k);
	return -1;
}

static int write_blocks(struct filter *f, struct err *e)
{
	return f->o->output[0] ? write_folder(f, e) : write_stream(f, e);
}

/* A path that leads nowhere is somebody's mistake; the answer "no" is kept for inputs without samples. */
static int wrong_path(struct err *e)
{
	if (e->kind == ERR_NOTFOUND)
		e->kind = ERR_INVALID;
	return -1;
}

static int filter_all(struct filter *f, const char *const *paths, size_t n, struct err *e)
{
	struct inputs_labels given = { 0 };
	struct inputs_opts io = { .limit = INPUT_LIMIT,
		.bad = f->o->keep_going ? skip_input : NULL,
		.skip = "-k",
		.labels = &given };
	int rc;

	progress_init(&f->progress, "reading profiles", 0, clock_real());
	rc = inputs_each(paths, n, &io, one_input, f, e);
	progress_fini(&f->progress);
	inputs_labels_fini(&given);
	if (rc < 0)
		return wrong_path(e);
	if (f->head->n_rows == 0)
		return err_set(e, ERR_NOTFOUND, "no samples in %llu profiles", (unsigned long long)f->profiles);
	if (write_blocks(f, e) < 0)
		return wrong_path(e);
	return f->skipped > 0 ? 1 : 0;
}

static int prepare(struct filter *f, struct err *e)
{
	if (f->o->output[0] == '\0' && isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE, "blocks are not for a terminal: use --output FOLDER, or a pipe");
	if (f->o->from[0] && num_time(str_cstr(f->o->from), f->now, &f->time, e) < 0) {
		e->kind = ERR_USAGE;
		return err_wrap(e, "--time");
	}
	return parse_labels(f, e);
}

int ingest_filter(struct tool *t, const struct ingest_opts *o, const struct limits *base, struct err *e)
{
	struct filter f = { .o = o,
		.limits = filter_limits(base),
		.mem = arena_new(),
		.head = head_new(),
		.importer = sym_importer_new(),
		.now = clock_real()->wall(clock_real()) };
	int rc;

	f.rules.limits = &f.limits;
	buf_init(&f.record, SIZE_MAX);
	rc = prepare(&f, e);
	if (rc == 0)
		rc = filter_all(&f, t->conf.args, t->conf.n_args, e);
	buf_fini(&f.record);
	sym_importer_free(f.importer);
	head_free(f.head);
	arena_free(f.mem);
	return rc;
}
