#include "daemon/reqstats.h"

#include <ctype.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/promtext.h"
#include "net/route.h"
#include "proc/loop.h"

static const double bounds[REQSTATS_BUCKETS - 1] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 50, 100 };

/* "/querier.v1.QuerierService/Diff" -> "querier_v1_querierservice_diff"; "/" -> "root". */
static void route_label(char out[static REQSTATS_ROUTE], struct str path)
{
	size_t n = 0;

	for (size_t i = 0; i < path.n && n < REQSTATS_ROUTE - 1; i++) {
		if (isalnum((unsigned char)path.p[i]))
			out[n++] = (char)tolower((unsigned char)path.p[i]);
		else if (n > 0 && out[n - 1] != '_')
			out[n++] = '_';
	}
	while (n > 0 && out[n - 1] == '_')
		n--;
	out[n] = '\0';
	if (n == 0)
		memcpy(out, "root", 5);
}

static const char *method_label(struct str method)
{
	static const char *const known[] = { "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(method, str_cstr(known[i])))
			return known[i];
	return "other";
}

static struct reqstat *find(struct reqstats *s, const char *route, const char *method, int status)
{
	uint32_t n = atomic_load_explicit(&s->n, memory_order_relaxed);

	for (uint32_t i = 0; i < n; i++)
		if (s->rows[i]->status == status && strcmp(s->rows[i]->route, route) == 0 &&
		    strcmp(s->rows[i]->method, method) == 0)
			return s->rows[i];
	return NULL;
}

static bool known_route(const struct reqstats *s, const char *route)
{
	uint32_t n = atomic_load_explicit(&s->n, memory_order_relaxed);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(s->rows[i]->route, route) == 0)
			return true;
	return false;
}

static struct reqstat *row_of(struct reqstats *s, const char *route, const char *method, int status)
{
	struct reqstat *row = find(s, route, method, status);
	uint32_t n = atomic_load_explicit(&s->n, memory_order_relaxed);

	if (row != NULL)
		return row;
	if (n == REQSTATS_ROWS) /* the last one takes what has no place */
		return s->rows[n - 1];
	if (n == REQSTATS_ROWS - 1) {
		route = method = "other";
		status = 0;
	}
	row = mem_zalloc(sizeof(*row));
	snprintf(row->route, sizeof(row->route), "%s", route);
	snprintf(row->method, sizeof(row->method), "%s", method);
	row->status = status;
	s->rows[n] = row;
	atomic_store_explicit(&s->n, n + 1, memory_order_release);
	return row;
}

void reqstats_count(struct reqstats *s, const struct http_req *r, int status)
{
	int64_t took = MAX(loop_mono(r->loop) - r->mono, (int64_t)0);
	const char *method = method_label(r->method);
	bool known = r->route != NULL && !(r->route->flags & ROUTE_EACH);
	char route[REQSTATS_ROUTE];
	struct reqstat *row;
	size_t i = 0;

	route_label(route, known ? str_cstr(r->route->path) : r->path);
	/* A path that nobody has answered yet may be anything. */
	if (!known && (status < 200 || status >= 300) && !known_route(s, route))
		memcpy(route, "other", 6);
	row = row_of(s, route, method, status);
	while (i < ARRAY_LEN(bounds) && (double)took > bounds[i] * 1e9)
		i++;
	atomic_fetch_add_explicit(&row->counts[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&row->ns, (uint64_t)took, memory_order_relaxed);
}

/* Rows of several threads that are alike. */
struct sum {
	const struct reqstat *row;
	uint64_t counts[REQSTATS_BUCKETS], ns;
};

static void add(struct sum *sums, size_t *n_sums, struct reqstat *row)
{
	size_t i = 0;

	while (i < *n_sums &&
	    (sums[i].row->status != row->status || strcmp(sums[i].row->route, row->route) != 0 ||
		strcmp(sums[i].row->method, row->method) != 0))
		i++;
	if (i == *n_sums)
		sums[(*n_sums)++] = (struct sum){ .row = row };
	for (size_t k = 0; k < REQSTATS_BUCKETS; k++)
		sums[i].counts[k] += atomic_load_explicit(&row->counts[k], memory_order_relaxed);
	sums[i].ns += atomic_load_explicit(&row->ns, memory_order_relaxed);
}

void reqstats_print(struct buf *b, struct reqstats *const *all, size_t n)
{
	static const char name[] = "pyroscope_request_duration_seconds";
	size_t most = 0, n_sums = 0;
	struct sum *sums;

	for (size_t i = 0; i < n; i++)
		most += REQSTATS_ROWS;
	sums = mem_array(most, sizeof(*sums));
	for (size_t i = 0; i < n; i++) {
		uint32_t rows = atomic_load_explicit(&all[i]->n, memory_order_acquire);

		for (uint32_t k = 0; k < rows; k++)
			add(sums, &n_sums, all[i]->rows[k]);
	}
	prom_family(b, name, "histogram", "Time from the whole request to its answer.");
	for (size_t i = 0; i < n_sums; i++) {
		char status[12];
		struct prom_label labels[] = { { "method", str_cstr(sums[i].row->method) },
			{ "route", str_cstr(sums[i].row->route) }, { "status_code", STR_NONE },
			{ "ws", STR("false") } };

		snprintf(status, sizeof(status), "%d", sums[i].row->status);
		labels[2].value = str_cstr(status);
		prom_histogram(b, name, labels, ARRAY_LEN(labels), bounds, sums[i].counts, ARRAY_LEN(bounds),
		    (double)sums[i].ns / 1e9);
	}
	mem_free(sums);
}

void reqstats_fini(struct reqstats *s)
{
	uint32_t n = atomic_load(&s->n);

	atomic_store(&s->n, 0);
	for (uint32_t i = 0; i < n; i++)
		mem_free(s->rows[i]);
}
