/* upload.c - see upload.h */
#include "base/enc.h"
#include "base/num.h"
#include "io/archive.h"
#include "tools/pyro-query/upload.h"

enum {
	UNPACKED_MAX = 1 << 30,
	MAX_COLUMNS = 4096, /* names are compared one by one */
};

struct adhoc_place adhoc_place_of(const struct api *x)
{
	return (struct adhoc_place){ .data = x->data, .tenant = x->tenant, .max = x->max_adhoc };
}

bool upload_has(const struct upload *u, struct str name)
{
	for (size_t i = 0; i < u->n; i++)
		if (str_eq(u->columns[i].name, name))
			return true;
	return false;
}

const struct upload_column *upload_choose(const struct upload *u, struct str name)
{
	for (size_t i = 0; i < u->n; i++)
		if (str_eq(u->columns[i].name, name))
			return &u->columns[i];
	return &u->columns[0];
}

static void add_columns(struct arena *a, struct upload *u, const struct format_profile *in)
{
	for (uint32_t k = 0; k < in->p->n_types; k++) {
		struct upload_column c = { .p = in->p, .in = in, .type = k };

		c.name = u->text ? u->name : profile_str(in->p, in->p->types[k].type);
		c.unit = u->text ? STR_NONE : profile_str(in->p, in->p->types[k].unit);
		if (in->name.n > 0 && upload_has(u, c.name))
			c.name = arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(in->name), STR_ARG(c.name));
		u->columns[u->n++] = c;
	}
}

static size_t unpacked_limit(const struct api *x)
{
	int64_t own = x->limits->max_profile_size_bytes;

	return own > 0 ? (size_t)own : UNPACKED_MAX;
}

static int unpack(struct api *x, const struct adhoc *f, struct str *out, struct err *e)
{
	size_t limit = unpacked_limit(x);

	if (dec_base64(x->a, f->base64, out, e) < 0)
		return -1;
	if (out->n < 2)
		return err_set(e, ERR_INVALID, "profile is too short");
	if (format_unpack(x->a, *out, limit, out, e) == 0)
		return 0;
	if (e->kind == ERR_LIMIT || e->kind == ERR_TOOBIG)
		err_set(e, ERR_INVALID, "uncompressed profile payload size exceeds limit of " STR_FMT,
		    STR_ARG(num_size_si(x->a, limit)));
	return -1;
}

static int decode_one(struct api *x, struct str bytes, struct str name, unsigned keep, struct format_profiles *got,
    const struct format **format, struct err *e)
{
	const struct format_opts o = { .file_name = name, .keep = keep | FORMAT_NAMES };

	*format = format_detect(bytes, name, e);
	if (*format == NULL)
		return -1;
	if ((*format)->decode == NULL || (*format)->decode(x->a, bytes, &o, got, e) < 0)
		return err_wrap(e, "the profile was detected as \"%s\"", (*format)->name);
	return 0;
}

static int add_member(struct api *x, struct unpack *from, const struct member *m, size_t *left, unsigned keep,
    struct profile_merger *sum, struct err *e)
{
	struct format_profiles got = { 0 };
	const struct format *format;
	struct buf b;
	struct str bytes, name = arena_str(x->a, m->name);
	int rc;

	buf_init(&b, *left);
	rc = unpack_read(from, *left, &b, e);
	bytes = buf_to_arena(&b, x->a);
	if (rc == 0)
		rc = format_unpack(x->a, bytes, *left, &bytes, e);
	if (rc == 0)
		rc = decode_one(x, bytes, name, keep, &got, &format, e);
	for (uint32_t i = 0; i < got.n && rc == 0; i++)
		rc = format_beside(&got, i) ? profile_merger_add_beside(sum, got.p[i].p, e)
					    : profile_merger_add(sum, got.p[i].p, e);
	*left -= MIN(*left, bytes.n);
	return rc < 0 ? err_wrap(e, STR_FMT, STR_ARG(name)) : 0;
}

/* An archive is the sum of what is in it, as at the prompt. */
static int decode_archive(struct api *x, struct str bytes, unsigned keep, struct format_profiles *got, struct err *e)
{
	struct profile_merger *sum = profile_merger_new(x->a,
	    &(struct profile_merge_opts){ .keep_tags = (keep & FORMAT_TAGS) != 0,
		.keep_times = (keep & FORMAT_TIMES) != 0,
		.unite = true });
	struct unpack *from = unpack_open(src_mem(bytes), e);
	size_t left = unpacked_limit(x);
	struct member m;
	int rc = from != NULL ? 0 : -1;

	while (rc == 0 && (rc = unpack_next(from, &m, e)) > 0)
		rc = m.regular ? add_member(x, from, &m, &left, keep, sum, e) : 0;
	unpack_close(from);
	got->p = arena_zalloc(x->a, sizeof(*got->p));
	got->p->p = profile_merger_finish(sum);
	got->n = 1;
	return rc == 0 && got->p->p == NULL ? err_set(e, ERR_INVALID, "no file is in the archive") : rc;
}

/* 1, 0, -1 */
static int is_archive(struct str bytes, struct err *e)
{
	struct src *s = src_mem(bytes);
	int rc = archive_like(s, e);

	src_close(s);
	return rc;
}

static int decode(struct api *x, const struct adhoc *f, unsigned keep, struct upload *u, struct err *e)
{
	struct format_profiles got = { 0 };
	const struct format *format = NULL;
	struct str bytes;
	size_t n = 0;
	int rc;

	if (unpack(x, f, &bytes, e) < 0)
		return -1;
	rc = is_archive(bytes, e);
	if (rc == 0)
		rc = decode_one(x, bytes, f->name, keep, &got, &format, e);
	else if (rc > 0)
		rc = decode_archive(x, bytes, keep, &got, e);
	if (rc < 0)
		return -1;
	*u = (struct upload){ .name = f->name, .text = format != NULL && strcmp(format->name, "folded") == 0 };
	for (uint32_t i = 0; i < got.n; i++)
		n += got.p[i].p->n_types;
	if (n > MAX_COLUMNS)
		return err_set(e, ERR_INVALID, "the profile has %zu sample types, at most %d can be shown", n,
		    MAX_COLUMNS);
	u->columns = arena_array(x->a, n, sizeof(*u->columns));
	for (uint32_t i = 0; i < got.n; i++)
		add_columns(x->a, u, &got.p[i]);
	return u->n > 0 ? 0 : err_set(e, ERR_INVALID, "the profile has no sample types");
}

int upload_decode(struct api *x, const struct adhoc *f, unsigned keep, struct upload *u, struct err *e)
{
	if (decode(x, f, keep, u, e) == 0)
		return 0;
	if (e->kind != ERR_LIMIT)
		e->kind = ERR_INVALID;
	return -1;
}

int upload_open(struct api *x, struct str id, unsigned keep, struct upload *u, struct err *e)
{
	struct adhoc_place at = adhoc_place_of(x);
	struct adhoc f;

	if (adhoc_get(x->a, &at, id, &f, e) < 0)
		return -1;
	return upload_decode(x, &f, keep, u, e) < 0 ? err_wrap(e, "failed to parse profile") : 0;
}
