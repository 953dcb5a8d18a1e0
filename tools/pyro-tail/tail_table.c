/* tail_table.c - see tail_table.h */
#include "tools/pyro-tail/tail_table.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/num.h"
#include "base/vec.h"
#include "formats/report/flame_text.h"
#include "formats/report/text_screen.h"

enum sort { BY_PROFILES, BY_BYTES, BY_AGE, BY_NAME, SORTS };

struct series {
	struct str name;
	uint64_t profiles, samples, bytes;
	int64_t last;
};

struct tail_table {
	struct arena *a;
	struct map map; /* by hash of the name */
	VEC(struct series) all;
	VEC(uint32_t) order;
	struct series sum;
	uint64_t lost;
	int64_t begun;
	enum sort sort;
	struct text_screen screen;
	bool paused;
};

struct tail_table *tail_table_new(int64_t now)
{
	struct tail_table *t = mem_zalloc(sizeof(*t));

	t->a = arena_new();
	t->begun = now;
	t->screen.head = 1;
	return t;
}

void tail_table_free(struct tail_table *t)
{
	if (t == NULL)
		return;
	map_fini(&t->map);
	vec_free(&t->all);
	vec_free(&t->order);
	arena_free(t->a);
	mem_free(t);
}

/* As a selector; what people look for comes first. */
static void print_name(struct buf *b, const struct labels *l)
{
	const struct str first[] = { STR("service_name"), STR("__name__") };
	struct labels sorted = { mem_array(l->n + 1, sizeof(*l->p)), 0 };

	for (size_t pass = 0; pass <= ARRAY_LEN(first); pass++)
		for (size_t i = 0; i < l->n; i++) {
			size_t place = 0;

			while (place < ARRAY_LEN(first) && !str_eq(l->p[i].name, first[place]))
				place++;
			if (place == pass)
				sorted.p[sorted.n++] = l->p[i];
		}
	labels_print(b, &sorted);
	mem_free(sorted.p);
}

static struct series *find(struct tail_table *t, const struct labels *l)
{
	struct str name = STR("other series");
	struct map_at at;
	uint64_t hash;
	struct buf b;

	buf_init(&b, 1 << 20);
	print_name(&b, l);
	if (!b.over)
		name = str_of(b.p, MIN(b.n, (size_t)TAIL_NAME_MAX));
	for (int again = 0; again < 2; again++) {
		hash = hash_seeded(name);
		at = map_find(&t->map, hash);
		for (uint32_t i; map_next(&at, &i);)
			if (str_eq(t->all.p[i].name, name)) {
				buf_fini(&b);
				return &t->all.p[i];
			}
		if (t->all.n < TAIL_SERIES_MAX)
			break;
		name = STR("other series");
	}
	hash = hash_seeded(name);
	map_put(&t->map, hash, (uint32_t)t->all.n);
	vec_push(&t->order, (uint32_t)t->all.n);
	vec_push(&t->all, ((struct series){ .name = arena_str(t->a, name) }));
	buf_fini(&b);
	return &t->all.p[t->all.n - 1];
}

static void add(struct series *s, uint64_t bytes, uint64_t samples, int64_t now)
{
	s->profiles++;
	s->bytes += bytes;
	s->samples += samples;
	s->last = now;
}

void tail_table_add(struct tail_table *t, const struct labels *l, uint64_t bytes, uint64_t samples, int64_t now)
{
	add(find(t, l), bytes, samples, now);
	add(&t->sum, bytes, samples, now);
}

void tail_table_lost(struct tail_table *t, uint64_t n)
{
	t->lost += n;
}

bool tail_table_key(struct tail_table *t, int key)
{
	switch (key) {
	case 'q':
	case KEY_CTRL_C:
	case KEY_GONE: return false;
	case 'o': t->sort = (t->sort + 1) % SORTS; break;
	case ' ': t->paused = !t->paused; break;
	default: text_screen_key(&t->screen, key); break;
	}
	return true;
}

/* ---- lines ---- */

static int by_sort(const void *a, const void *b, void *ctx)
{
	const struct tail_table *t = ctx;
	const struct series *x = &t->all.p[*(const uint32_t *)a], *y = &t->all.p[*(const uint32_t *)b];

	if (t->sort == BY_PROFILES && x->profiles != y->profiles)
		return x->profiles > y->profiles ? -1 : 1;
	if (t->sort == BY_BYTES && x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (t->sort == BY_AGE && x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static void put_line(const struct tail_table *t, const struct series *s, int64_t now, struct buf *out)
{
	struct arena *a = arena_new();
	double minutes = (double)MAX(now - t->begun, NS_PER_S) / (60.0 * NS_PER_S);

	buf_printf(out, "%10llu %9.1f %10llu %10s %6llds  ", (unsigned long long)s->profiles,
	    (double)s->profiles / minutes, (unsigned long long)s->samples, arena_cstr(a, num_size_iec(a, s->bytes)),
	    (long long)((now - s->last) / NS_PER_S));
	flame_text_name(s->name, SIZE_MAX, "", out);
	arena_free(a);
}

/* Without room for all columns: that of the order. */
static void put_narrow_line(const struct tail_table *t, const struct series *s, int64_t now, struct buf *out)
{
	const struct str known = STR("{service_name=");
	struct arena *a = arena_new();
	struct str value = arena_printf(a, "%llu", (unsigned long long)s->profiles);

	if (t->sort == BY_BYTES)
		value = num_size_iec(a, s->bytes);
	else if (t->sort == BY_AGE)
		value = arena_printf(a, "%llds", (long long)((now - s->last) / NS_PER_S));
	buf_printf(out, "%10.*s  ", (int)value.n, value.p);
	flame_text_name(str_prefix(s->name, known) ? str_skip(s->name, known.n) : s->name, SIZE_MAX, "", out);
	arena_free(a);
}

static struct str heading(const struct tail_table *t, bool narrow)
{
	static const char *const few[SORTS] = { "  PROFILES  series", "     BYTES  series", "       AGE  series",
		"  profiles  SERIES" };
	static const char *const words[SORTS] = {
		"  PROFILES   per min    samples      bytes     age  series",
		"  profiles   per min    samples      BYTES     age  series",
		"  profiles   per min    samples      bytes     AGE  series",
		"  profiles   per min    samples      bytes     age  SERIES",
	};

	return str_cstr(narrow ? few[t->sort] : words[t->sort]);
}

static void sort(struct tail_table *t)
{
	if (t->order.n > 1)
		qsort_r(t->order.p, t->order.n, sizeof(*t->order.p), by_sort, t);
}

static void put_sum(const struct tail_table *t, struct buf *out)
{
	buf_printf(out, "%zu series, %llu profile%s, %llu lost", t->all.n, (unsigned long long)t->sum.profiles,
	    t->sum.profiles == 1 ? "" : "s", (unsigned long long)t->lost);
}

static void put_series(struct tail_table *t, int64_t now, bool narrow, struct buf *out)
{
	sort(t);
	buf_add(out, heading(t, narrow));
	buf_byte(out, '\n');
	for (size_t i = 0; i < t->order.n; i++) {
		(narrow ? put_narrow_line : put_line)(t, &t->all.p[t->order.p[i]], now, out);
		buf_byte(out, '\n');
	}
}

void tail_table_print(struct tail_table *t, int64_t now, struct buf *out)
{
	put_series(t, now, false, out);
	put_sum(t, out);
	buf_byte(out, '\n');
}

/* ---- a screen ---- */

void tail_table_draw(struct tail_table *t, unsigned rows, unsigned columns, struct str title, const char *state,
    int64_t now, struct buf *out)
{
	struct buf text, first;

	if (t->paused)
		return;
	buf_init(&text, SIZE_MAX / 2);
	buf_init(&first, SIZE_MAX / 2);
	put_sum(t, &first);
	buf_printf(&first, "  %s  " STR_FMT, state != NULL ? state : "", STR_ARG(title));
	put_series(t, now, columns < 64, &text);
	text_screen_draw(&t->screen, buf_str(&text), buf_str(&first),
	    STR("q quit  o order  space pause  arrows scroll"), rows, columns, out);
	buf_fini(&text);
	buf_fini(&first);
}
