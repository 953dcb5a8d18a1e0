/* answers.c - see answers.h */
#include "tools/pyro-query/answers.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"

enum {
	MAX_ENTRIES = 4096,
	OVERHEAD = 4096,
	FINISHED_SHARE = 3,
	SEEN = 1024
}; /* OVERHEAD: an arena has as much at least */

struct entry {
	struct arena *mem; /* everything below */
	uint64_t hash, used;
	size_t bytes;
	struct str key;
	struct answer a;
};

struct answers {
	VEC(struct entry) all;             /* few enough to look through */
	size_t bytes, finished_bytes, max; /* finished: with sources */
	uint64_t clock;
	uint64_t seen[SEEN]; /* hashes of keys, each in its place */
};

struct answers *answers_new(size_t max_bytes)
{
	struct answers *x = mem_zalloc(sizeof(*x));

	x->max = max_bytes;
	return x;
}

static void drop(struct answers *x, size_t i)
{
	x->bytes -= x->all.p[i].bytes;
	if (x->all.p[i].a.n_sources > 0)
		x->finished_bytes -= x->all.p[i].bytes;
	arena_free(x->all.p[i].mem);
	x->all.p[i] = x->all.p[--x->all.n];
}

void answers_clear(struct answers *x)
{
	while (x->all.n > 0)
		drop(x, x->all.n - 1);
}

void answers_free(struct answers *x)
{
	if (x == NULL)
		return;
	answers_clear(x);
	vec_free(&x->all);
	mem_free(x);
}

size_t answers_bytes(const struct answers *x)
{
	return x->bytes;
}

static size_t find(const struct answers *x, uint64_t hash, struct str key)
{
	size_t i = 0;

	while (i < x->all.n && (x->all.p[i].hash != hash || !str_eq(x->all.p[i].key, key)))
		i++;
	return i;
}

const struct answer *answers_find(struct answers *x, struct str key, int64_t now)
{
	size_t i = find(x, hash_seeded(key), key);

	if (i == x->all.n || (x->all.p[i].a.until > 0 && now >= x->all.p[i].a.until))
		return NULL;
	x->all.p[i].used = ++x->clock;
	return &x->all.p[i].a;
}

bool answers_again(struct answers *x, struct str key)
{
	uint64_t hash = hash_seeded(key), *at = &x->seen[hash % SEEN];
	bool again = *at == hash;

	*at = hash;
	return again;
}

/* finished: it is one with sources. */
static size_t oldest(const struct answers *x, bool finished)
{
	size_t found = x->all.n;

	for (size_t i = 0; i < x->all.n; i++)
		if ((!finished || x->all.p[i].a.n_sources > 0) &&
		    (found == x->all.n || x->all.p[i].used < x->all.p[found].used))
			found = i;
	return found;
}

static void make_room(struct answers *x, size_t bytes, bool finished)
{
	while (x->finished_bytes > 0 && finished && x->finished_bytes + bytes > x->max / FINISHED_SHARE)
		drop(x, oldest(x, true));
	while (x->all.n > 0 && (x->bytes + bytes > x->max || x->all.n == MAX_ENTRIES))
		drop(x, oldest(x, false));
}

/* No larger than it is: a chunk of an arena may be four times as large. */
static struct str copy_of(struct arena *mem, struct str body)
{
	char *p;

	if (body.n == 0)
		return STR("");
	p = memcpy(mem_alloc(body.n), body.p, body.n);
	arena_take(mem, p, body.n);
	return str_of(p, body.n);
}

void answers_put(struct answers *x, struct str key, const struct answer *a)
{
	size_t bytes = OVERHEAD + key.n + a->body.n + a->n_sources * sizeof(*a->sources), i;
	struct entry new = { .hash = hash_seeded(key) };
	struct answer_source *s;

	for (i = 0; i < a->n_sources; i++)
		bytes += a->sources[i].ask.n + a->sources[i].state.n;
	i = find(x, new.hash, key);
	if (i < x->all.n)
		drop(x, i);
	if (bytes > x->max / 4)
		return;
	make_room(x, bytes, a->n_sources > 0);
	new.mem = arena_new();
	new.bytes = bytes;
	new.used = ++x->clock;
	new.key = arena_str(new.mem, key);
	new.a = *a;
	new.a.body = copy_of(new.mem, a->body);
	new.a.type = a->type ? arena_cstr(new.mem, str_cstr(a->type)) : NULL;
	new.a.sources = s = arena_array(new.mem, a->n_sources, sizeof(*s));
	for (i = 0; i < a->n_sources; i++) {
		s[i] = a->sources[i];
		s[i].ask = arena_str(new.mem, s[i].ask);
		s[i].state = arena_str(new.mem, s[i].state);
	}
	x->bytes += bytes;
	if (a->n_sources > 0)
		x->finished_bytes += bytes;
	vec_push(&x->all, new);
}
