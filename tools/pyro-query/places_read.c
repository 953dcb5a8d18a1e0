/* places_read.c - see places_read.h */
#include "tools/pyro-query/places_read.h"

#include "base/log.h"
#include "base/num.h"

static bool is_named(const struct opt_list *names, struct str name, uint32_t number)
{
	for (size_t i = 0; i < names->n; i++) {
		struct str want = str_cstr(names->p[i]);
		uint64_t n;
		struct err no;

		if (str_eq(want, name) || (num_u64(want, &n, &no) == 0 && n == number))
			return true;
	}
	return false;
}

static int none_named(const struct query_opts *o, const struct format_profiles *got, struct err *e)
{
	struct buf names;
	int rc;

	buf_init(&names, 4096);
	for (uint32_t i = 0; i < got->n; i++)
		buf_printf(&names, "\n  %u " STR_FMT, i + 1, STR_ARG(got->p[i].name));
	rc = err_set(e, ERR_INVALID, "no profile is called %s; there are:" STR_FMT,
	    o->profile.n > 0 ? o->profile.p[0] : o->event.p[0], STR_ARG(buf_str(&names)));
	buf_fini(&names);
	return rc;
}

static int choose(const struct query_opts *o, struct format_profiles *got, struct err *e)
{
	uint32_t n = 0;

	if (o->profile.n + o->event.n == 0)
		return 0;
	for (uint32_t i = 0; i < got->n; i++) {
		struct str name = got->p[i].name;

		if (is_named(&o->profile, name, i + 1) || is_named(&o->event, name, i + 1))
			got->p[n++] = got->p[i];
	}
	if (n == 0)
		return none_named(o, got, e);
	got->n = n;
	return 0;
}

int places_decode(const struct query_opts *o, unsigned keep, struct input *in, const struct format **format,
    struct format_profiles *got, struct err *e)
{
	struct format_opts fo = { .file_name = in->name, .keep = keep, .lenient = o->lenient };
	const struct format *f = o->format[0] ? format_by_name(str_cstr(o->format), e)
					      : format_detect(in->bytes, in->name, e);

	*got = (struct format_profiles){ 0 };
	*format = f;
	if (f == NULL && o->format[0])
		e->kind = ERR_USAGE;
	if (f == NULL)
		return -1;
	if (f->decode == NULL)
		return err_set(e, ERR_USAGE, "--format: %s can be written, not read", f->name);
	if (f->decode(in->a, in->bytes, &fo, got, e) < 0)
		return -1;
	if (o->lenient && got->notes.skipped > 0)
		log_event(LOG_WARN, "records skipped", LOG_STR("input", in->name),
		    LOG_I64("records", got->notes.skipped), LOG_STR("first", got->notes.first));
	return choose(o, got, e);
}

const char *places_path(const char *path)
{
	return strncmp(path, "file://", 7) == 0 ? path + 7 : path;
}

bool places_is_server(const char *path)
{
	return strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0;
}
