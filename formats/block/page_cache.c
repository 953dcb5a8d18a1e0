/* page_cache.c - see page_cache.h */
#include "formats/block/page_cache.h"

#include "base/mem.h"

static void unlink_page(struct page_cache *c, struct cached_page *p)
{
	if (p->newer)
		p->newer->older = p->older;
	else
		c->newest = p->older;
	if (p->older)
		p->older->newer = p->newer;
	else
		c->oldest = p->newer;
	p->newer = p->older = NULL;
}

static void link_newest(struct page_cache *c, struct cached_page *p)
{
	p->older = c->newest;
	if (c->newest)
		c->newest->newer = p;
	else
		c->oldest = p;
	c->newest = p;
}

static void link_oldest(struct page_cache *c, struct cached_page *p)
{
	p->newer = c->oldest;
	if (c->oldest)
		c->oldest->older = p;
	else
		c->newest = p;
	c->oldest = p;
}

uint32_t *page_cache_spare(struct page_cache *c, size_t *n)
{
	uint32_t *p = c->spare;

	*n = c->n_spare;
	c->spare = NULL;
	c->n_spare = 0;
	return p;
}

void page_cache_give(struct page_cache *c, uint32_t *p, size_t n)
{
	uint32_t *less = p;

	if (p != NULL && n > c->n_spare && n <= MAX_SPARE) {
		less = c->spare;
		c->spare = p;
		c->n_spare = n;
	}
	mem_free(less);
}

static void destroy(struct page_cache *c, struct cached_page *p)
{
	unlink_page(c, p);
	c->size -= p->size;
	*p->slot = NULL;
	mem_free(p->row_at);
	mem_free(p->ends);
	mem_free(p->ints);
	page_cache_give(c, p->narrow, p->n);
	mem_free(p->bytes);
	mem_free(p);
}

static void trim(struct page_cache *c)
{
	struct cached_page *p = c->oldest, *next;

	for (; p && c->size > c->limit; p = next) {
		next = p->newer;
		if (p->holders == 0)
			destroy(c, p);
	}
}

struct cached_page *page_cache_get(struct page_cache *c, struct cached_page **slot)
{
	struct cached_page *p = *slot;

	if (p == NULL)
		return NULL;
	p->holders++;
	if (c->newest != p) {
		unlink_page(c, p);
		link_newest(c, p);
	}
	return p;
}

static void add(struct page_cache *c, struct cached_page **slot, struct cached_page *p)
{
	assert(*slot == NULL);
	p->slot = slot;
	p->holders = 1;
	*slot = p;
	c->size += p->size;
}

void page_cache_add(struct page_cache *c, struct cached_page **slot, struct cached_page *p)
{
	add(c, slot, p);
	link_newest(c, p);
	trim(c);
}

static bool passed(struct page_cache *c, struct cached_page **slot)
{
	for (size_t i = 0; i < PAGES_PASSED; i++)
		if (c->passed[i] == slot)
			return true;
	c->passed[c->n_passed++ % PAGES_PASSED] = slot;
	return false;
}

void page_cache_add_passing(struct page_cache *c, struct cached_page **slot, struct cached_page *p)
{
	if (passed(c, slot)) {
		page_cache_add(c, slot, p);
		return;
	}
	add(c, slot, p);
	link_oldest(c, p);
}

void page_cache_drop(struct page_cache *c, struct cached_page *p)
{
	assert(p->holders > 0);
	p->holders--;
	if (p->holders == 0 && c->size > c->limit)
		trim(c);
}

void page_cache_forget(struct page_cache *c, struct cached_page **slot)
{
	if (*slot == NULL)
		return;
	assert((*slot)->holders == 0);
	destroy(c, *slot);
}

void page_cache_forget_all(struct page_cache *c, struct page_slots *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		page_cache_forget(c, &s->p[i]);
	mem_free(s->p);
	*s = (struct page_slots){ 0 };
}

void page_cache_limit(struct page_cache *c, size_t limit)
{
	c->limit = limit;
	trim(c);
}

size_t page_cache_bytes(const struct page_cache *c)
{
	return c->size + c->n_spare * sizeof(*c->spare);
}

void page_cache_fini(struct page_cache *c)
{
	size_t n;

	while (c->oldest) {
		assert(c->oldest->holders == 0);
		destroy(c, c->oldest);
	}
	mem_free(page_cache_spare(c, &n));
}
