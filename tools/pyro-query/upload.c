/* upload.c - see upload.h */
#include "base/enc.h"
#include "base/num.h"
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

static int unpack(struct api *x, const struct adhoc *f, struct str *out, struct err *e)
{
	int64_t own = x->limits->max_profile_size_bytes, limit = own > 0 ? own : UNPACKED_MAX;

	if (dec_base64(x->a, f->base64, out, e) < 0)
		return -1;
	if (out->n < 2)
		return err_set(e, ERR_INVALID, "profile is too short");
	if (format_unpack(x->a, *out, (size_t)limit, out, e) == 0)
		return 0;
	if (e->kind == ERR_LIMIT || e->kind == ERR_TOOBIG)
		err_set(e, ERR_INVALID, "uncompressed profile payload size exceeds limit of " STR_FMT,
		    STR_ARG(num_size_si(x->a, (uint64_t)limit)));
	return -1;
}

static int decode(struct api *x, const struct adhoc *f, unsigned keep, struct upload *u, struct err *e)
{
	struct format_opts o = { .file_name = f->name, .keep = keep | FORMAT_NAMES };
	struct format_profiles got = { 0 };
	const struct format *format;
	struct str bytes;
	size_t n = 0;

	if (unpack(x, f, &bytes, e) < 0)
		return -1;
	format = format_detect(bytes, f->name, e);
	if (format == NULL)
		return -1;
	if (format->decode == NULL || format->decode(x->a, bytes, &o, &got, e) < 0)
		return err_wrap(e, "the profile was detected as \"%s\"", format->name);
	*u = (struct upload){ .name = f->name, .text = strcmp(format->name, "folded") == 0 };
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
