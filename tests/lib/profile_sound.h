/* profile_sound.h - for fuzz targets: every reference of a decoded profile leads somewhere, and it can be written. */
#ifndef PROFILE_SOUND_H
#define PROFILE_SOUND_H

#include "formats/format.h"
#include "formats/pprof/pprof.h"

static inline void sound(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static inline void profile_sound(struct arena *a, const struct profile *p)
{
	struct profile *again;
	struct buf b;
	struct err e;

	for (uint32_t i = 0; i < p->n_samples; i++) {
		sound(p->stack_at[i] <= p->stack_at[i + 1]);
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			sound(p->stack[k] < p->n_locations || p->stack[k] == PROFILE_NONE);
		for (uint32_t k = p->tag_at ? p->tag_at[i] : 0; p->tag_at && k < p->tag_at[i + 1]; k++)
			sound(p->tags[k].key < p->n_strings && p->tags[k].str < p->n_strings &&
			    p->tags[k].unit < p->n_strings);
	}
	for (uint32_t i = 0; i < p->n_locations; i++) {
		const struct location *l = &p->locations[i];

		sound(l->mapping < p->n_mappings || l->mapping == PROFILE_NONE);
		sound(l->first_line <= p->n_lines && l->n_lines <= p->n_lines - l->first_line);
	}
	for (uint32_t i = 0; i < p->n_lines; i++)
		sound(p->lines[i].function < p->n_functions || p->lines[i].function == PROFILE_NONE);
	buf_init(&b, SIZE_MAX / 2);
	pprof_encode(p, &b);
	sound(pprof_decode(a, buf_str(&b), &again, &e) == 0);
	sound(again->n_samples == p->n_samples);
	buf_fini(&b);
}

/* Decodes with one row; the options come from the first byte. */
static inline void row_sound(const struct format *f, unsigned options, struct str in)
{
	struct format_opts o = { .keep = options & 7, .lenient = options & 8 };
	struct format_profiles got = { 0 };
	struct arena *a = arena_new();
	struct err e = { 0 };

	f->bid(in, STR_NONE);
	if (f->cut)
		sound(f->cut(in) <= in.n);
	if (f->decode(a, in, &o, &got, &e) < 0)
		sound(e.kind != ERR_NONE && e.msg[0]);
	for (uint32_t i = 0; i < got.n; i++)
		profile_sound(a, got.p[i].p);
	sound(o.lenient || got.n == 0 || got.notes.skipped == 0 || got.notes.first.n > 0);
	arena_free(a);
}

#endif
