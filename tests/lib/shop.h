/*
 * shop.h - the profile of a small shop, with everything that reports care
 * about: inlined calls, recursion, tags, a location without a name.
 */
#ifndef SHOP_H
#define SHOP_H

#include "formats/report/report.h"

/* Functions by number, locations in the order of the enum. */
enum { MAIN, WORK, ENCODE_IN_WORK, MALLOC, IDLE, NAMELESS, N_LOCATIONS };

static uint32_t add_function(struct profile_builder *b, const char *name, const char *file, int64_t start)
{
	struct function f = { .start_line = start };

	f.name = f.system_name = profile_builder_str(b, str_cstr(name));
	f.file = profile_builder_str(b, str_cstr(file));
	return profile_builder_function(b, &f);
}

static uint32_t add_location(struct profile_builder *b, uint32_t mapping, uint64_t address, struct line *lines,
    uint32_t n)
{
	struct location l = { .address = address, .mapping = mapping, .n_lines = n };

	return profile_builder_location(b, &l, lines);
}

static void add_locations(struct profile_builder *b, uint32_t *loc)
{
	struct mapping m = { .start = 0x400000, .limit = 0x500000, .flags = 15 };
	uint32_t mapping, main, work, encode, alloc, idle;

	m.file = profile_builder_str(b, STR("/usr/bin/shop"));
	m.build_id = profile_builder_str(b, STR("abc123"));
	mapping = profile_builder_mapping(b, &m);
	main = add_function(b, "main.main", "/src/shop/main.go", 3);
	work = add_function(b, "main.work", "/src/shop/./work.go", 10);
	encode = add_function(b, "encoding/json.Marshal", "/go/json/encode.go", 100);
	alloc = add_function(b, "runtime.mallocgc", "/go/runtime/malloc.go", 900);
	idle = add_function(b, "runtime.idle;1", "/go/runtime/proc.go", 1);
	loc[MAIN] = add_location(b, mapping, 0x400010, (struct line[]){ { main, 0, 5 } }, 1);
	loc[WORK] = add_location(b, mapping, 0x400020, (struct line[]){ { work, 0, 12 } }, 1);
	loc[ENCODE_IN_WORK] = add_location(b, mapping, 0x400030, (struct line[]){ { encode, 0, 101 }, { work, 0, 15 } },
	    2);
	loc[MALLOC] = add_location(b, mapping, 0x400040, (struct line[]){ { alloc, 0, 901 } }, 1);
	loc[IDLE] = add_location(b, mapping, 0x400050, (struct line[]){ { idle, 0, 2 } }, 1);
	loc[NAMELESS] = add_location(b, mapping, 0x400060, NULL, 0);
}

static void add_sample(struct profile_builder *b, const uint32_t *loc, const int *stack, int64_t count,
    const char *user, int64_t bytes)
{
	uint32_t locations[8], n = 0, n_tags = 0;
	int64_t values[2] = { count, count * 10000000 };
	struct tag tags[2] = { { 0 } };

	for (; stack[n] >= 0; n++)
		locations[n] = loc[stack[n]];
	if (user != NULL)
		tags[n_tags++] = (struct tag){ .key = profile_builder_str(b, STR("user")),
			.str = profile_builder_str(b, str_cstr(user)) };
	if (bytes != 0)
		tags[n_tags++] = (struct tag){ .key = profile_builder_str(b, STR("bytes")),
			.num = bytes,
			.unit = profile_builder_str(b, STR("bytes")) };
	profile_builder_add(b, locations, n, values, tags, n_tags);
}

static struct profile *make_profile(struct arena *a, int64_t factor)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	uint32_t loc[N_LOCATIONS];
	struct profile *p;

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	add_locations(b, loc);
	add_sample(b, loc, (const int[]){ WORK, MAIN, -1 }, 10 * factor, NULL, 0);
	add_sample(b, loc, (const int[]){ ENCODE_IN_WORK, MAIN, -1 }, 20, "ann", 0);
	add_sample(b, loc, (const int[]){ MALLOC, ENCODE_IN_WORK, MAIN, -1 }, 60, "bob", 4096);
	add_sample(b, loc, (const int[]){ MALLOC, WORK, WORK, MAIN, -1 }, 5, "ann", 100);
	add_sample(b, loc, (const int[]){ IDLE, -1 }, 4, NULL, 0);
	add_sample(b, loc, (const int[]){ NAMELESS, MAIN, -1 }, 1, NULL, 0);
	p = profile_builder_finish(b);
	p->time = INT64_C(1768471200123456789);
	p->duration = 2500 * NS_PER_MS;
	p->period = 10000000;
	p->has_period_type = true;
	p->period_type = p->types[1];
	return p;
}

/* What a form prints, terminated, in a. */
static const char *print(struct arena *a, const struct profile *p, const struct report_opts *o,
    void (*form)(struct report *, struct buf *))
{
	struct err e;
	struct report *r = report_new(p, o, &e);
	struct buf b;
	char *text;

	if (r == NULL)
		fail_msg("%s", e.msg);
	buf_init(&b, 1 << 20);
	form(r, &b);
	assert_int_equal(buf_check(&b, "report", &e), 0);
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	report_free(r);
	return text;
}

#endif
