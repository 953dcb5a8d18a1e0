/*
 * otlp_fixture.h - export requests made from a seed, in each schema that was
 * published. The numbers of the fields stand here once more, by hand, so that
 * a mistake in otlp_fields.def is seen.
 */
#ifndef OTLP_FIXTURE_H
#define OTLP_FIXTURE_H

#include "base/arena.h"
#include "formats/msg/pb.h"

enum { FX_FUNCTIONS = 9, FX_LOCATIONS = 12, FX_STACKS = 8, FX_MAX_DEPTH = 6, FX_SAMPLES = 12, FX_ATTRIBUTES = 5 };

/* What is in a request, whatever its schema. Entry 0 of each table is the empty one. */
struct fx {
	unsigned version; /* 0 .. 6: the columns of otlp_fields.def */
	uint32_t seed;
	uint32_t line_function[FX_LOCATIONS], depth[FX_STACKS], stack[FX_STACKS][FX_MAX_DEPTH];
	unsigned n_samples;
	struct fx_sample {
		uint32_t stack, attribute, n_times;
		int64_t value; /* 0: not written, the timestamps are counted */
		bool link;
	} samples[FX_SAMPLES];
	int64_t period;
	bool values_alone; /* no sample has attributes, links or times */
};

static const char *const fx_schemas[] = {
	"v1experimental of 1.3",
	"v1development of 1.4 and 1.5",
	"v1development of 1.6",
	"v1development of 1.7",
	"v1development of 1.8",
	"v1development of 1.9",
	"v1development of 1.10",
};

enum { FX_VERSIONS = 7 };

static const char *const fx_strings[] = { "", "samples", "count", "cpu", "nanoseconds", "app", "f1", "f2", "f3", "f4",
	"f5", "f6", "f7", "f8", "main.c", "thread.name", "worker", "build" };

static inline uint32_t fx_random(struct fx *x, uint32_t below)
{
	x->seed = x->seed * 1664525u + 1013904223u;
	return (x->seed >> 8) % below;
}

static inline void fx_make(struct fx *x, unsigned version, uint32_t seed)
{
	memset(x, 0, sizeof(*x));
	x->version = version;
	x->seed = seed * 2654435761u + 1;
	x->period = 10000000;
	x->values_alone = fx_random(x, 3) == 0;
	for (unsigned i = 1; i < FX_LOCATIONS; i++)
		x->line_function[i] = 1 + fx_random(x, FX_FUNCTIONS - 1);
	for (unsigned i = 1; i < FX_STACKS; i++) {
		x->depth[i] = 1 + fx_random(x, FX_MAX_DEPTH - 1);
		for (unsigned k = 0; k < x->depth[i]; k++)
			x->stack[i][k] = 1 + fx_random(x, FX_LOCATIONS - 1);
	}
	x->n_samples = 1 + fx_random(x, FX_SAMPLES - 1);
	for (unsigned i = 0; i < x->n_samples; i++) {
		struct fx_sample *s = &x->samples[i];

		s->stack = 1 + fx_random(x, FX_STACKS - 1);
		s->value = 20 + fx_random(x, 1000); /* above every index, so that no other schema fits as well */
		if (x->values_alone)
			continue;
		s->attribute = 1 + fx_random(x, FX_ATTRIBUTES - 1);
		s->link = fx_random(x, 2) != 0;
		s->n_times = fx_random(x, 4);
		if (s->n_times > 0 && fx_random(x, 2) && i > 0)
			s->value = 0;
	}
}

/* ---- protobuf ---- */

static inline size_t fx_open(struct buf *b, unsigned field)
{
	return pb_open(b, field, 2);
}

static inline void fx_close(struct buf *b, size_t at)
{
	pb_close(b, at, 2);
}

static inline void fx_packed(struct buf *b, unsigned field, uint64_t v, unsigned n)
{
	uint64_t list[16];

	for (unsigned i = 0; i < n; i++)
		list[i] = v;
	pb_put_packed(b, field, list, n);
}

static inline void fx_pair(struct buf *b, unsigned field, const char *key, const char *value)
{
	size_t at = fx_open(b, field), inner;

	pb_put_bytes(b, 1, str_cstr(key));
	inner = fx_open(b, 2);
	pb_put_bytes(b, 1, str_cstr(value));
	fx_close(b, inner);
	fx_close(b, at);
}

static inline void fx_type(struct buf *b, unsigned field, unsigned type, unsigned unit)
{
	size_t at = fx_open(b, field);

	pb_put_varint(b, 1, type);
	pb_put_varint(b, 2, unit);
	fx_close(b, at);
}

/* The tables, in a message of which the given fields are: mapping, location, function, link, string, attribute, stack. */
static inline void fx_tables(struct buf *b, const struct fx *x, const unsigned f[7])
{
	bool old = x->version == 0;
	size_t at, inner;

	for (unsigned i = 0; i < 2; i++) {
		at = fx_open(b, f[0]);
		if (i > 0) {
			pb_put_varint(b, old ? 2 : 1, 0x1000);
			pb_put_varint(b, old ? 3 : 2, 0x9000);
			pb_put_varint(b, old ? 5 : 4, 5);
		}
		fx_close(b, at);
	}
	for (unsigned i = 0; i < FX_LOCATIONS; i++) {
		at = fx_open(b, f[1]);
		if (i > 0) {
			pb_put_varint(b, old ? 2 : 1, 1);
			pb_put_varint(b, old ? 3 : 2, 0x1000 + i);
			inner = fx_open(b, old ? 4 : 3);
			pb_put_varint(b, 1, x->line_function[i]);
			pb_put_varint(b, 2, i * 10);
			fx_close(b, inner);
		}
		fx_close(b, at);
	}
	for (unsigned i = 0; i < FX_FUNCTIONS; i++) {
		at = fx_open(b, f[2]);
		if (i > 0) {
			pb_put_varint(b, old ? 2 : 1, 5 + i);
			pb_put_varint(b, old ? 4 : 3, 14);
		}
		fx_close(b, at);
	}
	for (unsigned i = 0; i < 2; i++) {
		at = fx_open(b, f[3]);
		if (i > 0) {
			pb_put_bytes(b, 1, STR("0123456789abcdef"));
			pb_put_bytes(b, 2, STR("SPANSPAN"));
		}
		fx_close(b, at);
	}
	for (unsigned i = 0; i < sizeof(fx_strings) / sizeof(fx_strings[0]); i++)
		pb_put_bytes(b, f[4], str_cstr(fx_strings[i]));
	for (unsigned i = 0; i < FX_ATTRIBUTES; i++) {
		if (x->version < 4) {
			fx_pair(b, f[5], i ? "thread.name" : "", i ? fx_strings[5 + i] : "");
			continue;
		}
		at = fx_open(b, f[5]);
		if (i > 0) {
			pb_put_varint(b, 1, 15);
			inner = fx_open(b, 2);
			pb_put_bytes(b, 1, str_cstr(fx_strings[5 + i]));
			fx_close(b, inner);
		}
		fx_close(b, at);
	}
	for (unsigned i = 0; x->version >= 4 && i < FX_STACKS; i++) {
		uint64_t list[FX_MAX_DEPTH];

		at = fx_open(b, f[6]);
		for (unsigned k = 0; k < x->depth[i]; k++)
			list[k] = x->stack[i][k];
		pb_put_packed(b, 1, list, x->depth[i]);
		fx_close(b, at);
	}
}

static inline void fx_sample(struct buf *b, const struct fx *x, const struct fx_sample *s, unsigned first)
{
	/* start, length or stack; values; attributes; link; times */
	static const unsigned numbers[FX_VERSIONS][6] = { { 7, 8, 2, 10, 12, 13 }, { 1, 2, 3, 4, 5, 6 },
		{ 1, 2, 3, 4, 5, 6 }, { 1, 2, 3, 4, 5, 6 }, { 1, 0, 2, 3, 4, 5 }, { 1, 0, 2, 3, 4, 5 },
		{ 1, 0, 4, 2, 3, 5 } };
	const unsigned *f = numbers[x->version];
	size_t at = fx_open(b, 2);

	pb_put_varint(b, f[0], f[1] ? first : s->stack);
	if (f[1])
		pb_put_varint(b, f[1], x->depth[s->stack]);
	if (s->value != 0)
		fx_packed(b, f[2], (uint64_t)s->value, 1);
	if (s->attribute != 0)
		fx_packed(b, f[3], s->attribute, 1);
	if (s->link)
		pb_put_varint(b, f[4], 1);
	if (x->version < 4) {
		fx_packed(b, f[5], UINT64_C(1768471200000000000), s->n_times);
	} else if (s->n_times > 0) {
		size_t times = fx_open(b, f[5]);

		for (unsigned i = 0; i < s->n_times; i++)
			buf_u64le(b, UINT64_C(1768471200000000000));
		fx_close(b, times);
	}
	fx_close(b, at);
}

static inline void fx_profile(struct buf *b, const struct fx *x)
{
	static const unsigned own[2][7] = { { 3, 4, 5, 18, 6, 16, 0 }, { 3, 4, 6, 9, 10, 7, 0 } };
	/* location_indices, time, duration, period type, period */
	static const unsigned numbers[FX_VERSIONS][5] = { { 15, 9, 10, 11, 12 }, { 5, 11, 12, 13, 14 },
		{ 3, 4, 5, 6, 7 }, { 3, 4, 5, 6, 7 }, { 0, 3, 4, 5, 6 }, { 0, 3, 4, 5, 6 }, { 0, 3, 4, 5, 6 } };
	const unsigned *f = numbers[x->version];
	unsigned first[FX_STACKS], n = 0;

	fx_type(b, 1, 1, 2);
	for (unsigned i = 0; i < FX_STACKS; i++) {
		first[i] = n;
		n += x->depth[i];
	}
	for (unsigned i = 0; i < x->n_samples; i++)
		fx_sample(b, x, &x->samples[i], first[x->samples[i].stack]);
	if (x->version < 2)
		fx_tables(b, x, own[x->version]);
	if (f[0]) {
		uint64_t list[FX_STACKS * FX_MAX_DEPTH];

		n = 0;
		for (unsigned i = 0; i < FX_STACKS; i++)
			for (unsigned k = 0; k < x->depth[i]; k++)
				list[n++] = x->stack[i][k];
		pb_put_packed(b, f[0], list, n);
		pb_put_varint(b, f[1], UINT64_C(1768471200000000000));
	} else {
		pb_put_fix64(b, f[1], UINT64_C(1768471200000000000));
	}
	pb_put_varint(b, f[2], 5000000000);
	fx_type(b, f[3], 3, 4);
	pb_put_varint(b, f[4], (uint64_t)x->period);
	if (x->version == 4) { /* what tells 1.8 from 1.9: comments */
		fx_packed(b, 7, 17, 1);
		pb_put_bytes(b, 8, STR("idididididididid"));
	} else if (x->version > 4) {
		pb_put_bytes(b, 7, STR("idididididididid"));
		pb_put_varint(b, 8, 1);
	}
}

static inline void fx_request(struct buf *b, const struct fx *x)
{
	static const unsigned beside[7] = { 2, 3, 4, 5, 6, 7, 0 }, dictionary[7] = { 1, 2, 3, 4, 5, 6, 7 };
	size_t resources = fx_open(b, 1), at = fx_open(b, 1), scopes, container = 0;

	fx_pair(b, 1, "service.name", "shop");
	fx_pair(b, 1, "k8s.pod.name", "shop-1");
	fx_close(b, at);
	scopes = fx_open(b, 2);
	at = fx_open(b, 1);
	pb_put_bytes(b, 1, STR("fixture"));
	fx_close(b, at);
	at = fx_open(b, 2);
	if (x->version == 0) {
		pb_put_bytes(b, 1, STR("idididididididid"));
		container = fx_open(b, 8);
	}
	fx_profile(b, x);
	if (x->version == 0)
		fx_close(b, container);
	fx_close(b, at);
	fx_close(b, scopes);
	fx_close(b, resources);
	if (x->version == 2)
		fx_tables(b, x, beside);
	if (x->version > 2) {
		at = fx_open(b, 2);
		fx_tables(b, x, dictionary);
		fx_close(b, at);
	}
}

/* ---- what should come out ---- */

static inline int64_t fx_value(const struct fx_sample *s)
{
	return s->value ? s->value : s->n_times;
}

/* Totals by function, self: f1 is at 1. */
static inline void fx_self(const struct fx *x, int64_t self[FX_FUNCTIONS])
{
	memset(self, 0, FX_FUNCTIONS * sizeof(*self));
	for (unsigned i = 0; i < x->n_samples; i++)
		self[x->line_function[x->stack[x->samples[i].stack][0]]] += fx_value(&x->samples[i]);
}

#endif
