/* points_codec.c - see points.h */
#include "base/arith.h"
#include "formats/query/points.h"

enum { ID = 16, SPAN = sizeof(uint64_t) };

static void put(struct arena *a, const struct point_series *s, struct pyro_points *m)
{
	char *ids = arena_alloc(a, s->n * ID), *spans = arena_alloc(a, s->n * SPAN);
	uint64_t any = 0;

	m->labels = pairs_of_labels(a, &s->labels);
	m->times = (struct msg_i64s){ arena_array(a, s->n, sizeof(*m->times.p)), s->n };
	m->values = (struct msg_i64s){ arena_array(a, s->n, sizeof(*m->values.p)), s->n };
	for (size_t i = 0; i < s->n; i++) {
		m->times.p[i] = wrap_sub(s->p[i].time, i == 0 ? 0 : s->p[i - 1].time);
		m->values.p[i] = s->p[i].value;
		memcpy(ids + i * ID, s->p[i].id, ID);
		memcpy(spans + i * SPAN, &s->p[i].span, SPAN);
		any |= s->p[i].span;
	}
	m->ids = str_of(ids, s->n * ID);
	if (any != 0)
		m->spans = str_of(spans, s->n * SPAN);
}

void points_to_message(struct arena *a, const struct point_set *s, struct pyro_points_list *out)
{
	out->n = s->n;
	out->p = arena_zarray(a, s->n, sizeof(*out->p));
	for (size_t i = 0; i < s->n; i++)
		put(a, &s->p[i], &out->p[i]);
}

static int get(struct arena *a, const struct pyro_points *m, struct point_series *out, struct err *e)
{
	size_t n = m->times.n;
	int64_t time = 0;

	if (m->values.n != n || m->ids.n != n * ID || (m->spans.n != 0 && m->spans.n != n * SPAN))
		return err_set(e, ERR_CORRUPT, "points with %zu times, %zu values, %zu bytes of ids and %zu of spans",
		    n, m->values.n, m->ids.n, m->spans.n);
	out->labels = labels_of_pairs(a, &m->labels);
	out->n = n;
	out->p = arena_zarray(a, n, sizeof(*out->p));
	for (size_t i = 0; i < n; i++) {
		time = wrap_add(time, m->times.p[i]);
		out->p[i].time = time;
		out->p[i].value = m->values.p[i];
		memcpy(out->p[i].id, m->ids.p + i * ID, ID);
		if (m->spans.n > 0)
			memcpy(&out->p[i].span, m->spans.p + i * SPAN, SPAN);
	}
	return 0;
}

int points_of_message(struct arena *a, const struct pyro_points_list *m, struct point_set *out, struct err *e)
{
	out->n = m->n;
	out->p = arena_zarray(a, m->n, sizeof(*out->p));
	for (size_t i = 0; i < m->n; i++)
		if (get(a, &m->p[i], &out->p[i], e) < 0)
			return -1;
	return 0;
}
