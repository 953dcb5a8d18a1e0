/*
 * arena.c - a list of chunks. The arena lives in its first chunk. Regular
 * chunks double from 4 KiB to 1 MiB; what would take more than half of the
 * next one gets a chunk of its own, and the current chunk stays in use.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
enum { REDZONE = 16 };
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
enum { REDZONE = 0 };
#endif

enum {
	ALIGN = 16,
	CHUNK_MIN = 4096,
	CHUNK_MAX = 1 << 20,
	PAGE_SIZE_HUGE = 2 << 20,
	HUGE_FROM = 4 * PAGE_SIZE_HUGE,
	HOLE_MIN = 1024,
	HOLES_TRIED = 16,
};

struct chunk {
	struct chunk *next;
	size_t size; /* with this header */
};

/* Memory that was given to the arena. */
struct taken {
	struct taken *next;
	void *p;
};

/* What arena_resize left behind. */
struct hole {
	struct hole *next;
	size_t size;
};

struct arena {
	struct taken *taken;
	struct hole *holes;   /* of at least HOLE_MIN bytes */
	char *at, *end;       /* free part of the current chunk */
	struct chunk *chunks; /* all but the one this lies in */
	struct chunk *spare;  /* of what died, for what comes */
	size_t spare_bytes, keep;
	struct arena *whole; /* whose spare ones this one shares, or NULL */
	size_t held;         /* but for spare ones */
	size_t next_size;
	size_t first_size;
};

#define ROUND_UP(n) (((n) + (ALIGN - 1)) & ~(size_t)(ALIGN - 1))

static const size_t HEAD = ROUND_UP(sizeof(struct chunk));
static const size_t FIRST = ROUND_UP(sizeof(struct arena));

static void arena_use(struct arena *a, char *at, char *end)
{
	a->at = at;
	a->end = end;
	POISON(at, (size_t)(end - at));
}

struct arena *arena_new(void)
{
	struct arena *a = mem_alloc(CHUNK_MIN);

	*a = (struct arena){
		.held = CHUNK_MIN,
		.next_size = 2 * CHUNK_MIN,
		.first_size = CHUNK_MIN,
	};
	arena_use(a, (char *)a + FIRST, (char *)a + CHUNK_MIN);
	return a;
}

static void chunk_free(struct chunk *c)
{
	UNPOISON(c, c->size);
	mem_free(c);
}

/* Before the chunks, where the list lies. */
static void free_taken(struct arena *a)
{
	for (; a->taken != NULL; a->taken = a->taken->next)
		mem_free(a->taken->p);
}

static void free_chunks(struct chunk *c)
{
	for (struct chunk *next; c; c = next) {
		next = c->next;
		chunk_free(c);
	}
}

/* Large and small ones alike, as many as may be kept. */
static void spare_chunks(struct arena *a)
{
	struct arena *to = a->whole != NULL ? a->whole : a;

	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		if (to->spare_bytes + c->size > to->keep) {
			chunk_free(c);
			continue;
		}
		POISON((char *)c + HEAD, c->size - HEAD);
		c->next = to->spare;
		to->spare = c;
		to->spare_bytes += c->size;
	}
	a->chunks = NULL;
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	free_taken(a);
	if (a->whole != NULL)
		spare_chunks(a);
	free_chunks(a->chunks);
	free_chunks(a->spare);
	UNPOISON(a, a->first_size);
	mem_free(a);
}

struct arena *arena_part(struct arena *whole)
{
	struct arena *a = arena_new();

	a->whole = whole->whole != NULL ? whole->whole : whole;
	return a;
}

void arena_keep(struct arena *a, size_t n)
{
	a->keep = n;
}

void arena_reset(struct arena *a)
{
	struct chunk *keep = NULL;

	free_taken(a);
	if (a->keep > 0 || a->whole != NULL)
		spare_chunks(a);
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		if (c->size <= CHUNK_MAX && (keep == NULL || c->size > keep->size)) {
			if (keep)
				chunk_free(keep);
			keep = c;
		} else {
			chunk_free(c);
		}
	}
	a->chunks = keep;
	a->holes = NULL;
	a->held = a->first_size;
	arena_use(a, (char *)a + FIRST, (char *)a + a->first_size);
	if (keep) {
		keep->next = NULL;
		a->held += keep->size;
		arena_use(a, (char *)keep + HEAD, (char *)keep + keep->size);
	}
}

size_t arena_bytes(const struct arena *a)
{
	return a->held + a->spare_bytes;
}

/* What is so large is written from end to end: large pages spare most of its page faults. Only advice. */
static void use_huge_pages(void *p, size_t size)
{
	size_t skip = (size_t)(-(uintptr_t)p) % PAGE_SIZE_HUGE;

	madvise((char *)p + skip, (size - skip) / PAGE_SIZE_HUGE * PAGE_SIZE_HUGE, MADV_HUGEPAGE);
}

/* Not much too large; and whether it is one of its own can be seen by its size (large_chunk). */
static struct chunk *take_spare(struct arena *a, size_t size)
{
	for (struct chunk **at = &a->spare, *c; (c = *at) != NULL; at = &c->next) {
		if (c->size < size || c->size / 2 > size || (c->size > CHUNK_MAX) != (size > CHUNK_MAX))
			continue;
		*at = c->next;
		a->spare_bytes -= c->size;
		return c;
	}
	return NULL;
}

static struct chunk *arena_chunk(struct arena *a, size_t size)
{
	struct chunk *c = take_spare(a->whole != NULL ? a->whole : a, size);

	if (c == NULL) {
		c = mem_alloc(size);
		c->size = size;
		if (size >= HUGE_FROM)
			use_huge_pages(c, size);
	}
	c->next = a->chunks;
	a->chunks = c;
	a->held += c->size;
	return c;
}

/* n is rounded up and does not fit into the current chunk. */
static __attribute__((noinline)) char *arena_more(struct arena *a, size_t n)
{
	struct chunk *c;

	while (a->next_size < CHUNK_MAX && n > (a->next_size - HEAD) / 2)
		a->next_size *= 2;
	if (n > (a->next_size - HEAD) / 2) {
		c = arena_chunk(a, HEAD + n);
		POISON((char *)c + HEAD, n);
		return (char *)c + HEAD;
	}
	c = arena_chunk(a, a->next_size);
	if (a->next_size < CHUNK_MAX)
		a->next_size *= 2;
	arena_use(a, (char *)c + HEAD + n, (char *)c + c->size);
	POISON((char *)c + HEAD, n);
	return (char *)c + HEAD;
}

#ifndef ARENA_ASAN
static void leave_hole(struct arena *a, void *p, size_t size)
{
	struct hole *h = p;

	if (size < HOLE_MIN)
		return;
	*h = (struct hole){ a->holes, size };
	a->holes = h;
}

/* Of the latest the smallest that is large enough, or NULL; n is rounded up. */
static __attribute__((noinline)) void *fill_hole(struct arena *a, size_t n)
{
	struct hole **best = NULL, *h;
	unsigned tried = 0;

	for (struct hole **at = &a->holes; tried < HOLES_TRIED && *at != NULL; at = &(*at)->next, tried++)
		if ((*at)->size >= n && (best == NULL || (*at)->size < (*best)->size))
			best = at;
	if (best == NULL)
		return NULL;
	h = *best;
	*best = h->next;
	leave_hole(a, (char *)h + n, h->size - n);
	return h;
}
#endif

void *arena_alloc(struct arena *a, size_t n)
{
	size_t want;
	char *p;

	/* mem_array dies with a message; nobody can mean half the address space. */
	if (UNLIKELY(n > PTRDIFF_MAX / 2))
		return mem_array(n, 4);
	want = ROUND_UP(n + REDZONE);
#ifndef ARENA_ASAN
	if (UNLIKELY(want >= HOLE_MIN && a->holes != NULL) && (p = fill_hole(a, want)) != NULL)
		return p;
#endif
	if (LIKELY(want <= (size_t)(a->end - a->at))) {
		p = a->at;
		a->at += want;
	} else {
		p = arena_more(a, want);
	}
	UNPOISON(p, n);
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

static size_t arena_product(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	return arena_alloc(a, arena_product(n, size));
}

void *arena_zarray(struct arena *a, size_t n, size_t size)
{
	return arena_zalloc(a, arena_product(n, size));
}

#ifndef ARENA_ASAN
/* What was allocated as a chunk of its own, and is large: there are no such regular chunks. */
static struct chunk **large_chunk(struct arena *a, const void *p)
{
	struct chunk **at = &a->chunks;

	while (*at != NULL && ((*at)->size <= CHUNK_MAX || (const char *)*at + HEAD != p))
		at = &(*at)->next;
	return *at != NULL ? at : NULL;
}
#endif

void *arena_resize(struct arena *a, void *old, size_t used, size_t n)
{
	void *p;

	assert(used <= n);
#ifndef ARENA_ASAN
	if (used > CHUNK_MAX / 2 && n <= PTRDIFF_MAX / 2) {
		struct chunk **at = large_chunk(a, old);

		if (at != NULL) {
			struct chunk *c = *at;
			size_t size = MAX(HEAD + ROUND_UP(n), c->size);

			a->held += size - c->size;
			*at = c = mem_resize(c, size, 1);
			c->size = size;
			if (size >= HUGE_FROM)
				use_huge_pages(c, size);
			return (char *)c + HEAD;
		}
	}
#endif
	p = arena_alloc(a, n);
	if (used > 0)
		memcpy(p, old, used);
	POISON(old, used);
#ifndef ARENA_ASAN
	leave_hole(a, old, used / ALIGN * ALIGN);
#endif
	return p;
}

void arena_take(struct arena *a, void *p, size_t n)
{
	struct taken *t = arena_alloc(a, sizeof(*t));

	*t = (struct taken){ a->taken, p };
	a->taken = t;
	a->held += n;
}

struct str arena_str(struct arena *a, struct str s)
{
	if (s.n == 0)
		return STR("");
	return str_of(memcpy(arena_alloc(a, s.n), s.p, s.n), s.n);
}

char *arena_cstr(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256];
	va_list ap, again;
	struct str out = STR("");
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(small)) {
		out = str_of(arena_cstr(a, str_of(small, (size_t)n)), (size_t)n);
	} else if (n > 0) {
		char *p = arena_alloc(a, (size_t)n + 1);

		vsnprintf(p, (size_t)n + 1, fmt, again);
		out = str_of(p, (size_t)n);
	}
	va_end(again);
	return out;
}
