/* convert_in.c - see convert.h: inputs to profiles */
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "formats/format_tell.h"
#include "formats/labels/labels_json.h"
#include "io/mapped.h"
#include "tools/pyro-convert/convert.h"

/* Larger files are read a few records at a time, if their format can be; packed ones when they are larger still. */
enum { STREAM_FROM = 256 << 20, PLAIN_FROM = 1 << 20, LOOK = 1 << 16 };

static const struct format *format_in(const struct convert *c, struct str bytes, struct str name, struct err *e)
{
	return format_asked("--from", c->o->from, bytes, name, e);
}

/* What the format says, then the labels of the stream's member, which somebody chose, then --label; later ones win. */
static int add_labels(const struct convert *c, const struct input *in, struct format_profile *p, struct err *e)
{
	struct labels l = labels_copy(in->a, &p->labels);

	labels_sort(&l);
	if (labels_from_json(in->a, in->labels, &l, e) < 0)
		return err_wrap(e, "labels of the member");
	for (uint32_t i = 0; i < c->labels.n; i++)
		l = labels_with(in->a, &l, c->labels.p[i].name, c->labels.p[i].value);
	p->labels = l;
	return 0;
}

/* What was read of an input, whose arena is kept if need be. */
static int take(struct convert *c, struct input *in, const struct format *f, struct format_profiles *got, struct err *e)
{
	struct str name;

	if (format_choose(got, c->o->profile.p, c->o->profile.n, e) < 0)
		return -1;
	format_tell(in->name, &got->notes);
	for (uint32_t i = 0; i < got->n; i++)
		if (add_labels(c, in, &got->p[i], e) < 0 || convert_add(c, &got->p[i], f, format_beside(got, i), e) < 0)
			return -1;
	c->newest = MAX(c->newest, in->mtime);
	name = arena_str(c->a, in->name);
	if (c->sum == NULL) {
		vec_push(&c->kept, in->a);
		in->a = NULL;
	}
	if (c->o->output_dir[0] || c->stream || c->o->all)
		return convert_emit(c, name, e);
	return 0;
}

static int one_input(void *ctx, struct input *in, struct err *e)
{
	struct convert *c = ctx;
	struct format_opts fo = c->reading;
	struct format_profiles got = { 0 };
	const struct format *f = format_in(c, in->bytes, in->name, e);
	struct mapped *files = mapped_new();
	int rc;

	fo.file_name = in->name;
	fo.ends = in->ends;
	fo.n_ends = in->n_ends;
	fo.binary = mapped_binary;
	fo.binary_ctx = files;
	rc = f == NULL ? -1 : format_decode(f, in->a, in->bytes, &fo, &got, e);
	mapped_free(files);
	return rc < 0 ? -1 : take(c, in, f, &got, e);
}

static int one_stream(void *ctx, struct str name, struct src *s, struct err *e)
{
	struct convert *c = ctx;
	struct format_opts fo = c->reading;
	struct format_profiles got = { 0 };
	struct input in = { .name = name };
	const struct format *f;
	struct stat st;
	struct str look;
	struct err no;
	int rc;

	if (src_peek(s, LOOK, &look, e) < 0)
		return -1;
	f = look.n < LOOK ? NULL : format_in(c, str_of(look.p, LOOK), name, &no);
	if (f == NULL || f->stream == NULL)
		return 0;
	in.a = arena_new();
	if (strcmp(c->operand, "-") != 0 && stat(arena_cstr(in.a, name), &st) == 0)
		in.mtime = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
	fo.file_name = name;
	rc = f->stream(in.a, s, &fo, &got, e) < 0 ? -1 : take(c, &in, f, &got, e);
	arena_free(in.a);
	return rc < 0 ? -1 : 1;
}

static int skip_input(void *ctx, struct str name, struct err *e)
{
	struct convert *c = ctx;

	(void)name;
	if (c->stuck)
		return -1;
	c->skipped++;
	if (c->o->output_dir[0] || c->stream || c->o->all)
		convert_forget(c);
	log_event(LOG_WARN, "input skipped", LOG_CSTR("error", e->msg));
	return 0;
}

int convert_read(struct convert *c, const char *const *paths, size_t n, struct err *e)
{
	struct inputs_labels given = { 0 };
	struct inputs_opts io = { .limit = CONVERT_MAX,
		.bad = c->o->keep_going ? skip_input : NULL,
		.skip = "-k",
		.labels = &given,
		.stream = one_stream,
		.stream_from = STREAM_FROM,
		.plain_from = PLAIN_FROM };
	size_t sources = 0;
	int rc = 0;

	for (size_t i = 0; i <= n && rc == 0; i++) {
		c->operand = i < n ? paths[i] : "-";
		if (i == n && sources > 0)
			break;
		if ((rc = inputs_take_labels(&given, c->operand, e)) != 0) {
			rc = MIN(rc, 0);
			continue;
		}
		sources++;
		rc = inputs_each(&c->operand, 1, &io, one_input, c, e);
	}
	inputs_labels_fini(&given);
	/* The answer "no" is kept for inputs without profiles; a path that leads nowhere is somebody's mistake. */
	if (rc < 0 && e->kind == ERR_NOTFOUND)
		e->kind = ERR_INVALID;
	return rc;
}
