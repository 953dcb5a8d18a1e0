/*
 * profile_fixture.h - what tests of profile formats share: the index of the
 * shared test data, and a profile as text, so that a case is one comparison.
 */
#ifndef PROFILE_FIXTURE_H
#define PROFILE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arith.h"
#include "base/json.h"
#include "base/mem.h"
#include "formats/profile.h"

enum { FIXTURE_MAX = 64 << 20 };

/* The bytes of a file, in a; p == NULL when it is not there. */
static inline struct str fixture_bytes(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = NULL;
	long n;

	if (f == NULL)
		return STR_NONE;
	if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && n <= FIXTURE_MAX) {
		rewind(f);
		p = arena_alloc(a, (size_t)n + 1);
		n = (long)fread(p, 1, (size_t)n, f);
		fclose(f);
		return str_of(p, (size_t)n);
	}
	fclose(f);
	return STR_NONE;
}

/* Of one under testdata/ of the shared folder. */
static inline struct str fixture_file(struct arena *a, const char *name)
{
	const char *shared = getenv("PYRO_SHARED");

	return fixture_bytes(a, arena_printf(a, "%s/testdata/%s", shared ? shared : "../shared", name).p);
}

/*
 * Calls fn for each row of the index whose path begins with one of the
 * prefixes (separated by blanks) and whose format is the given one. Returns
 * the number of rows; skips the test when there is no shared data.
 */
static inline unsigned fixture_rows(const char *prefixes, const char *format,
    void (*fn)(const char *path, const json_t *row, void *arg), void *arg)
{
	struct arena *a = arena_new();
	struct str text = fixture_file(a, "index.json");
	unsigned n = 0;
	struct err e;

	if (text.p == NULL) {
		arena_free(a);
		print_message("no shared data: set PYRO_SHARED\n");
		skip();
	}
	while (text.n) {
		struct str line = str_trim(str_cut(&text, '\n')), list = str_cstr(prefixes);
		json_t *row;
		bool wanted = false;

		if (line.n && line.p[line.n - 1] == ',')
			line.n--;
		if (line.n < 2 || line.p[0] != '{')
			continue;
		row = json_parse(line, &e); /* rows with numbers beyond 64 bits are not ours */
		if (row == NULL)
			continue;
		while (list.n)
			wanted |= str_prefix(str_cstr(json_string_value(json_object_get(row, "path"))),
			    str_cut(&list, ' '));
		if (wanted && strcmp(json_string_value(json_object_get(row, "format")), format) == 0) {
			fn(json_string_value(json_object_get(row, "path")), row, arg);
			n++;
		}
		json_decref(row);
	}
	arena_free(a);
	return n;
}

static inline const json_t *fixture_get(const json_t *row, const char *member)
{
	return json_object_get(json_object_get(row, "expected"), member);
}

static inline void dump_ref(struct buf *b, const struct profile *p, uint32_t i)
{
	if (i < p->n_strings)
		buf_printf(b, "'" STR_FMT "'", STR_ARG(p->strings[i]));
	else
		buf_printf(b, "#%u", i);
}

static inline void dump_location(struct buf *b, const struct profile *p, uint32_t i)
{
	const struct location *l = &p->locations[i];

	buf_printf(b, "location %llu at 0x%llx", (unsigned long long)l->id, (unsigned long long)l->address);
	if (l->mapping != PROFILE_NONE)
		buf_printf(b, " mapping %u", l->mapping);
	buf_printf(b, "%s%s", l->mapping_unknown ? " unknown-mapping" : "", l->folded ? " folded" : "");
	for (uint32_t k = l->first_line; k < l->first_line + l->n_lines; k++) {
		buf_printf(b, " ");
		if (p->lines[k].function == PROFILE_NONE)
			buf_printf(b, "?");
		else
			dump_ref(b, p, p->functions[p->lines[k].function].name);
		buf_printf(b, ":%lld", (long long)p->lines[k].line);
	}
	buf_printf(b, "\n");
}

static inline void dump_sample(struct buf *b, const struct profile *p, uint32_t i)
{
	buf_printf(b, "sample");
	for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
		if (p->stack[k] == PROFILE_NONE)
			buf_printf(b, " ?");
		else
			buf_printf(b, " %u", p->stack[k]);
	buf_printf(b, " =");
	for (uint32_t k = 0; k < p->n_types; k++)
		buf_printf(b, " %lld", (long long)profile_value(p, i, k));
	for (uint32_t k = p->tag_at ? p->tag_at[i] : 0; p->tag_at && k < p->tag_at[i + 1]; k++) {
		buf_printf(b, " ");
		dump_ref(b, p, p->tags[k].key);
		buf_printf(b, "=");
		dump_ref(b, p, p->tags[k].str);
		buf_printf(b, "/%lld", (long long)p->tags[k].num);
		dump_ref(b, p, p->tags[k].unit);
	}
	buf_printf(b, "\n");
}

static inline void dump_head(struct buf *b, const struct profile *p)
{
	for (uint32_t i = 0; i < p->n_types; i++) {
		buf_printf(b, "type ");
		dump_ref(b, p, p->types[i].type);
		buf_printf(b, " ");
		dump_ref(b, p, p->types[i].unit);
		buf_printf(b, "\n");
	}
	if (p->has_period_type) {
		buf_printf(b, "period type ");
		dump_ref(b, p, p->period_type.type);
		buf_printf(b, " ");
		dump_ref(b, p, p->period_type.unit);
		buf_printf(b, "\n");
	}
	buf_printf(b, "period %lld time %lld duration %lld drop ", (long long)p->period, (long long)p->time,
	    (long long)p->duration);
	dump_ref(b, p, p->drop_frames);
	buf_printf(b, " keep ");
	dump_ref(b, p, p->keep_frames);
	buf_printf(b, " default ");
	dump_ref(b, p, p->default_type);
	for (uint32_t i = 0; i < p->n_comments; i++) {
		buf_printf(b, " comment ");
		dump_ref(b, p, p->comments[i]);
	}
	if (p->doc_url != 0) {
		buf_printf(b, " doc ");
		dump_ref(b, p, p->doc_url);
	}
	buf_printf(b, "\n");
}

/* Everything in the profile but table numbers of strings; ends with the faults, if any. */
static inline void profile_dump(struct buf *b, const struct profile *p)
{
	const struct profile_faults *f = &p->faults;

	dump_head(b, p);
	for (uint32_t i = 0; i < p->n_samples; i++)
		dump_sample(b, p, i);
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		const struct mapping *m = &p->mappings[i];

		buf_printf(b, "mapping %llu 0x%llx-0x%llx+0x%llx ", (unsigned long long)m->id,
		    (unsigned long long)m->start, (unsigned long long)m->limit, (unsigned long long)m->offset);
		dump_ref(b, p, m->file);
		buf_printf(b, " ");
		dump_ref(b, p, m->build_id);
		buf_printf(b, " flags %u\n", m->flags);
	}
	for (uint32_t i = 0; i < p->n_locations; i++)
		dump_location(b, p, i);
	for (uint32_t i = 0; i < p->n_functions; i++) {
		buf_printf(b, "function %llu ", (unsigned long long)p->functions[i].id);
		dump_ref(b, p, p->functions[i].name);
		buf_printf(b, " ");
		dump_ref(b, p, p->functions[i].system_name);
		buf_printf(b, " ");
		dump_ref(b, p, p->functions[i].file);
		buf_printf(b, ":%lld\n", (long long)p->functions[i].start_line);
	}
	if (f->location_id_zero || f->function_id_zero || f->unknown_location || f->unknown_function ||
	    f->unknown_mapping || f->value_count)
		buf_printf(b, "faults %u %u %u %u %u %u\n", f->location_id_zero, f->function_id_zero,
		    f->unknown_location, f->unknown_function, f->unknown_mapping, f->value_count);
}

/* Of all samples; sums wrap around. */
static inline int64_t fixture_total(const struct profile *p, uint32_t type)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < p->n_samples; i++)
		sum = wrap_add(sum, profile_value(p, i, type));
	return sum;
}

static inline void expect_profile(const struct profile *p, const char *want)
{
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	profile_dump(&b, p);
	buf_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

#endif
