#include "net/route.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/url.h"

struct entry {
	const struct route *row;
	struct str path;
	void *ctx;
};

struct router {
	VEC(struct entry) rows;
	/* hash of path -> row; rows of one path follow each other by search */
	struct map exact;
	VEC(uint32_t) prefixes; /* longest first */
	http_fn *fallback;
	void *fallback_ctx;
	unsigned fallback_flags;
};

static void not_found(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_not_found(r);
}

static void wrong_method(struct http_req *r, void *ctx)
{
	const struct route *row = r->route;
	struct http_field allow = { STR("Allow"), STR_NONE };

	(void)ctx;
	if (!(row->flags & ROUTE_ALLOW)) {
		http_reply_empty(r, 405);
		return;
	}
	allow.value = str_cstr(row->methods);
	http_reply(r, &(struct http_reply){ .status = 405, .headers = &allow, .n_headers = 1 });
}

/* "//", "/./" and "/../": the client is sent to where they lead. */
static void clean_way(struct http_req *r, void *ctx)
{
	struct str path = str_of(r->target.p, str_find(r->target, '?')), query = str_skip(r->target, path.n);
	struct str clean = url_clean_path(r->a, path);

	(void)ctx;
	if (str_eq(clean, path)) /* dots behind percent signs */
		http_reply_not_found(r);
	else
		http_reply_redirect(r, 301, arena_printf(r->a, STR_FMT STR_FMT, STR_ARG(clean), STR_ARG(query)));
}

static bool is_clean(struct str path)
{
	for (size_t i = 0; i + 1 < path.n; i++) {
		struct str part;

		if (path.p[i] != '/')
			continue;
		part = str_skip(path, i + 1);
		part.n = str_find(part, '/');
		if (str_eq(part, STR(".")) || str_eq(part, STR("..")) || (part.n == 0 && i + 1 < path.n))
			return false;
	}
	return true;
}

/* Is the method one of the blank-separated list? HEAD goes where GET goes. */
static bool takes(const struct route *row, struct str method)
{
	struct str list = str_cstr(row->methods);
	bool head = str_eq(method, STR("HEAD"));

	if (str_eq(list, STR("*")))
		return true;
	while (list.n > 0) {
		struct str one = str_cut(&list, ' ');

		if (str_eq(one, method) || (head && str_eq(one, STR("GET"))))
			return true;
	}
	return false;
}

static bool clash(const struct route *a, const struct route *b)
{
	struct str list = str_cstr(a->methods);

	if ((a->flags & ROUTE_PREFIX) != (b->flags & ROUTE_PREFIX) || strcmp(a->path, b->path) != 0)
		return false;
	while (list.n > 0) {
		struct str one = str_cut(&list, ' ');
		struct str others = str_cstr(b->methods);

		while (others.n > 0)
			if (str_eq(one, str_cut(&others, ' ')))
				return true;
	}
	return false;
}

static void add_prefix(struct router *r, uint32_t at)
{
	size_t i = r->prefixes.n;

	vec_push(&r->prefixes, at);
	while (i > 0 && r->rows.p[r->prefixes.p[i - 1]].path.n < r->rows.p[at].path.n) {
		r->prefixes.p[i] = r->prefixes.p[i - 1];
		i--;
	}
	r->prefixes.p[i] = at;
}

int router_add(struct router *r, const struct route *rows, size_t n, void *ctx, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct entry at = { &rows[i], str_cstr(rows[i].path), rows[i].ctx ? rows[i].ctx : ctx };

		for (size_t k = 0; k < r->rows.n; k++)
			if (clash(r->rows.p[k].row, &rows[i]))
				return err_set(e, ERR_BUG, "route %s %s is given twice", rows[i].methods, rows[i].path);
		vec_push(&r->rows, at);
		if (rows[i].flags & ROUTE_PREFIX)
			add_prefix(r, (uint32_t)(r->rows.n - 1));
		else
			map_put(&r->exact, hash_str(at.path), (uint32_t)(r->rows.n - 1));
	}
	return 0;
}

struct router *router_new(const struct route *rows, size_t n, void *ctx, struct err *e)
{
	struct router *r = mem_zalloc(sizeof(*r));

	if (router_add(r, rows, n, ctx, e) == 0)
		return r;
	router_free(r);
	return NULL;
}

void router_free(struct router *r)
{
	if (r == NULL)
		return;
	vec_free(&r->rows);
	vec_free(&r->prefixes);
	map_fini(&r->exact);
	mem_free(r);
}

void router_fallback(struct router *r, http_fn *fn, void *ctx, unsigned flags)
{
	r->fallback = fn;
	r->fallback_ctx = ctx;
	r->fallback_flags = flags;
}

static struct route_hit hit(const struct entry *at)
{
	return (struct route_hit){ at->row, at->row->fn, at->ctx, at->row->body_limit, false,
		(at->row->flags & ROUTE_ASIDE) != 0 };
}

struct route_hit router_find(const struct router *r, struct str method, struct str path)
{
	struct map_at at = map_find(&r->exact, hash_str(path));
	const struct entry *other = NULL;
	struct route_hit none = { .fn = not_found };

	for (uint32_t i; map_next(&at, &i);) {
		if (!str_eq(r->rows.p[i].path, path))
			continue;
		if (takes(r->rows.p[i].row, method))
			return hit(&r->rows.p[i]);
		other = &r->rows.p[i];
	}
	for (size_t i = 0; i < r->prefixes.n && other == NULL; i++) {
		const struct entry *p = &r->rows.p[r->prefixes.p[i]];

		if (!str_prefix(path, p->path))
			continue;
		if (takes(p->row, method))
			return hit(p);
		/* Another row of the same prefix may take the method. */
		while (i + 1 < r->prefixes.n && str_eq(r->rows.p[r->prefixes.p[i + 1]].path, p->path)) {
			const struct entry *next = &r->rows.p[r->prefixes.p[++i]];

			if (takes(next->row, method))
				return hit(next);
		}
		other = p;
	}
	if (other != NULL)
		return (struct route_hit){ .row = other->row, .fn = wrong_method, .wrong_method = true };
	if (!is_clean(path)) {
		none.fn = clean_way;
	} else if (r->fallback != NULL) {
		none.fn = r->fallback;
		none.ctx = r->fallback_ctx;
		none.aside = (r->fallback_flags & ROUTE_ASIDE) != 0;
	}
	return none;
}
