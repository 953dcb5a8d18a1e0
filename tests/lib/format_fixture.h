/*
 * format_fixture.h - what tests of decoders of text formats share: a text to
 * its folded form, cuts and flips.
 */
#ifndef FORMAT_FIXTURE_H
#define FORMAT_FIXTURE_H

#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/format.h"

/*
 * Everything that was decoded as text: for each profile and type a line
 * "name type/unit:" (without an empty name), then the folded stacks.
 */
static inline void fixture_text(struct buf *b, const struct format_profiles *got)
{
	for (uint32_t i = 0; i < got->n; i++)
		for (uint32_t t = 0; t < got->p[i].p->n_types; t++) {
			const struct profile *p = got->p[i].p;

			if (got->p[i].name.n)
				buf_printf(b, STR_FMT " ", STR_ARG(got->p[i].name));
			buf_printf(b, STR_FMT "/" STR_FMT ":\n", STR_ARG(profile_str(p, p->types[t].type)),
			    STR_ARG(profile_str(p, p->types[t].unit)));
			folded_encode(p, t, b);
		}
}

/* The text of a decoded input, or "error: ..."; in a. */
static inline const char *fixture_decode(struct arena *a, const char *format, struct str bytes,
    const struct format_opts *o)
{
	const struct format *f = format_by_name(str_cstr(format), &(struct err){ 0 });
	struct format_profiles got = { 0 };
	const char *text;
	struct buf b;
	struct err e = { 0 };

	assert_non_null(f);
	buf_init(&b, FIXTURE_MAX);
	if (f->decode(a, bytes, o, &got, &e) < 0)
		buf_printf(&b, "error: %s", e.msg);
	else
		fixture_text(&b, &got);
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

/* The bytes cut at every length, and with a bit of every byte flipped: decoding ends, well or with an error. */
static inline void fixture_torture(const char *format, struct str bytes, size_t step)
{
	const struct format *f = format_by_name(str_cstr(format), &(struct err){ 0 });

	assert_non_null(f);
	for (size_t i = 0; i < 2 * bytes.n; i += step) {
		struct format_opts o = { .lenient = i & 1, .keep = i / step % 4 };
		size_t n = i < bytes.n ? i : bytes.n;
		struct format_profiles got = { 0 };
		struct arena *a = arena_new();
		char *copy = mem_alloc(n + 1); /* bounds are those of the allocation */
		struct err e = { 0 };

		copy = mem_resize(copy, n ? n : 1, 1);
		if (n)
			memcpy(copy, bytes.p, n);
		if (i >= bytes.n)
			copy[i - bytes.n] = (char)(copy[i - bytes.n] ^ 1 << i % 8);
		f->bid(str_of(copy, n), STR_NONE);
		if (f->decode(a, str_of(copy, n), &o, &got, &e) < 0)
			assert_true(e.kind != ERR_NONE && e.msg[0] != '\0');
		else
			for (uint32_t k = 0; k < got.n; k++)
				assert_non_null(got.p[k].p);
		mem_free(copy);
		arena_free(a);
	}
}

#endif
