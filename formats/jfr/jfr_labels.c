/*
 * jfr_labels.c - the labels of contexts that the Java agent sends beside a
 * recording: a message of two maps.
 */
#include "formats/jfr/jfr_impl.h"
#include "formats/msg/pb.h"

struct context {
	uint32_t first, n; /* in pairs */
};

struct jfr_contexts {
	struct jfr_ids contexts, strings;
	struct context *at;
	struct jfr_pair *pairs;
	struct str *texts;
	uint32_t cap_at, n_pairs, cap_pairs, cap_texts;
};

static void push_id(struct arena *a, struct jfr_ids *m, int64_t id)
{
	if (m->n == m->cap)
		m->ids = profile_grow(a, m->ids, sizeof(*m->ids), m->n, &m->cap);
	m->ids[m->n++] = (uint64_t)id;
}

/* { 1 key varint; 2 value: varint or bytes } */
static int read_entry(struct str bytes, int64_t *key, int64_t *number, struct str *value, struct err *e)
{
	struct pb_in in = pb_in(bytes);
	uint64_t v = 0;
	bool ok = true;

	*key = 0;
	*number = 0;
	*value = STR("");
	while (in.p < in.end && ok) {
		uint32_t tag;

		if (!pb_tag(&in, &tag))
			return pb_fault(&in, e);
		switch (tag) {
		case PB_TAG(1, PB_VARINT):
			ok = pb_varint(&in, &v);
			*key = (int64_t)v;
			break;
		case PB_TAG(2, PB_VARINT):
			ok = pb_varint(&in, &v);
			*number = (int64_t)v;
			break;
		case PB_TAG(2, PB_LEN): ok = pb_bytes(&in, value); break;
		default: ok = pb_skip(&in, tag);
		}
	}
	return ok ? 0 : pb_fault(&in, e);
}

static int read_context(struct arena *a, struct jfr_contexts *c, struct str bytes, struct err *e)
{
	struct pb_in in = pb_in(bytes);
	struct jfr_pair pair;
	struct str s, none;

	while (in.p < in.end) {
		uint32_t tag;

		if (!pb_tag(&in, &tag))
			return pb_fault(&in, e);
		if (tag != PB_TAG(1, PB_LEN)) {
			if (!pb_skip(&in, tag))
				return pb_fault(&in, e);
			continue;
		}
		if (!pb_bytes(&in, &s))
			return pb_fault(&in, e);
		if (read_entry(s, &pair.key, &pair.value, &none, e) < 0)
			return -1;
		if (c->n_pairs == c->cap_pairs)
			c->pairs = profile_grow(a, c->pairs, sizeof(*c->pairs), c->n_pairs, &c->cap_pairs);
		c->pairs[c->n_pairs++] = pair;
	}
	return 0;
}

static int read_one(struct arena *a, struct jfr_contexts *c, uint32_t tag, struct str bytes, struct err *e)
{
	int64_t key, number;
	struct str value;

	if (read_entry(bytes, &key, &number, &value, e) < 0)
		return -1;
	if (tag == PB_TAG(2, PB_LEN)) {
		if (c->strings.n == c->cap_texts)
			c->texts = profile_grow(a, c->texts, sizeof(*c->texts), c->strings.n, &c->cap_texts);
		c->texts[c->strings.n] = value;
		push_id(a, &c->strings, key);
		return 0;
	}
	if (c->contexts.n == c->cap_at)
		c->at = profile_grow(a, c->at, sizeof(*c->at), c->contexts.n, &c->cap_at);
	c->at[c->contexts.n].first = c->n_pairs;
	if (read_context(a, c, value, e) < 0)
		return -1;
	c->at[c->contexts.n].n = c->n_pairs - c->at[c->contexts.n].first;
	push_id(a, &c->contexts, key);
	return 0;
}

int jfr_contexts_read(struct arena *a, struct str bytes, const struct jfr_contexts **out, struct err *e)
{
	struct jfr_contexts *c = arena_zalloc(a, sizeof(*c));
	struct pb_in in = pb_in(bytes);
	struct str s;

	while (in.p < in.end) {
		uint32_t tag;

		if (!pb_tag(&in, &tag))
			return pb_fault(&in, e);
		if (tag != PB_TAG(1, PB_LEN) && tag != PB_TAG(2, PB_LEN)) {
			if (!pb_skip(&in, tag))
				return pb_fault(&in, e);
			continue;
		}
		if (!pb_bytes(&in, &s))
			return pb_fault(&in, e);
		if (read_one(a, c, tag, s, e) < 0)
			return -1;
	}
	jfr_ids_build(&c->contexts, a);
	jfr_ids_build(&c->strings, a);
	*out = c;
	return 0;
}

struct str jfr_contexts_str(const struct jfr_contexts *c, int64_t id)
{
	uint32_t i = jfr_ids_find(&c->strings, (uint64_t)id);

	return i == PROFILE_NONE ? STR("") : c->texts[i];
}

const struct jfr_pair *jfr_contexts_get(const struct jfr_contexts *c, int64_t id, uint32_t *n)
{
	uint32_t i = jfr_ids_find(&c->contexts, (uint64_t)id);

	*n = i == PROFILE_NONE ? 0 : c->at[i].n;
	return *n ? &c->pairs[c->at[i].first] : NULL;
}
