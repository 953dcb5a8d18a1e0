/* answers.c - see answers.h */
#include "tools/pyro-query/answers.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

enum { MAX_ENTRIES = 4096, FINISHED_SHARE = 3, SEEN = 1024 };

struct entry {
	char *mem; /* everything below: one piece, because many are small */
	uint64_t hash, used;
	size_t bytes;
	struct str key;
	struct answer a;
};

/* Of the entry and of what the allocator and the map have for it. */
enum { OVERHEAD = sizeof(struct entry) + 64 };

struct answers {
	VEC(struct entry) all;
	struct map by_key;                 /* to all; and some that are there no more */
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

/* Entry i is there, or is somewhere else now. */
static void note_place(struct answers *x, size_t i)
{
	if (x->by_key.n < 4 * x->all.n + 64) {
		map_put(&x->by_key, x->all.p[i].hash, (uint32_t)i);
		return;
	}
	map_reset(&x->by_key);
	for (size_t k = 0; k < x->all.n; k++)
		map_put(&x->by_key, x->all.p[k].hash, (uint32_t)k);
}

static void drop(struct answers *x, size_t i)
{
	x->bytes -= x->all.p[i].bytes;
	if (x->all.p[i].a.n_sources > 0)
		x->finished_bytes -= x->all.p[i].bytes;
	mem_free(x->all.p[i].mem);
	x->all.p[i] = x->all.p[--x->all.n];
	if (i < x->all.n)
		note_place(x, i);
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
	map_fini(&x->by_key);
	mem_free(x);
}

size_t answers_bytes(const struct answers *x)
{
	return x->bytes;
}

size_t answers_largest(const struct answers *x)
{
	return x->max / 4;
}

static size_t find(const struct answers *x, uint64_t hash, struct str key)
{
	struct map_at at = map_find(&x->by_key, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (i < x->all.n && x->all.p[i].hash == hash && str_eq(x->all.p[i].key, key))
			return i;
	return x->all.n;
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

static struct str copy(char **to, struct str s)
{
	struct str out = { *to, s.n };

	if (s.n > 0)
		*to = mempcpy(*to, s.p, s.n);
	return out;
}

/* All of the answer and its key in one piece, the sources first because they are aligned. */
static void copy_all(struct entry *new, struct str key, const struct answer *a, size_t size)
{
	struct answer_source *s = mem_alloc(size);
	char *to = (char *)(s + a->n_sources);

	new->mem = (char *)s;
	new->key = copy(&to, key);
	new->a = *a;
	new->a.body = copy(&to, a->body);
	new->a.type = a->type ? copy(&to, str_of(a->type, strlen(a->type) + 1)).p : NULL;
	new->a.sources = s;
	for (size_t i = 0; i < a->n_sources; i++) {
		s[i] = a->sources[i];
		s[i].ask = copy(&to, a->sources[i].ask);
		s[i].state = copy(&to, a->sources[i].state);
	}
}

static size_t size_of(struct str key, const struct answer *a)
{
	size_t n = key.n + a->body.n + (a->type ? strlen(a->type) + 1 : 0);

	for (size_t i = 0; i < a->n_sources; i++)
		n += sizeof(a->sources[i]) + a->sources[i].ask.n + a->sources[i].state.n;
	return n;
}

void answers_put(struct answers *x, struct str key, const struct answer *a)
{
	struct entry new = { .hash = hash_seeded(key), .bytes = OVERHEAD + size_of(key, a) };
	size_t i = find(x, new.hash, key);

	if (i < x->all.n)
		drop(x, i);
	if (new.bytes > answers_largest(x))
		return;
	make_room(x, new.bytes, a->n_sources > 0);
	new.used = ++x->clock;
	copy_all(&new, key, a, new.bytes - OVERHEAD);
	x->bytes += new.bytes;
	if (a->n_sources > 0)
		x->finished_bytes += new.bytes;
	vec_push(&x->all, new);
	note_place(x, x->all.n - 1);
}
