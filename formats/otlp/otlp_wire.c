/*
 * otlp_wire.c - an export request from protobuf: one walk over the bytes for
 * the newest schema. A request that breaks its rules is read by the others
 * too, and the one counts whose rules it breaks least: field numbers that the
 * schema does not have, other wire types, indexes outside of their tables,
 * samples without a value (otlp_faults).
 */
#include "formats/msg/pb.h"
#include "formats/otlp/otlp_request.h"

struct reader {
	struct otlp_build b;
	struct otlp_numbers numbers;
	const char *base; /* of the request, for messages */
	uint64_t faults;
	struct err *e;
	bool failed;
};

static int64_t signed_value(uint64_t v, enum otlp_kind kind)
{
	switch (kind) {
	case OTLP_I32:
	case OTLP_ENUM: return (int32_t)v;
	case OTLP_U32: return (uint32_t)v;
	case OTLP_BOOL: return v != 0;
	default: return (int64_t)v;
	}
}

static bool is_varint_kind(enum otlp_kind kind)
{
	return kind <= OTLP_ENUM;
}

static __attribute__((cold)) void bad(struct reader *r, const struct pb_in *in)
{
	if (r->failed)
		return;
	r->failed = true;
	pb_fault(in, r->e);
	err_wrap(r->e, "otlp: byte %zu", (size_t)((const char *)in->p - r->base));
}

/* A reference as it is kept; what is no lawful index is outside of every table. */
static inline uint32_t packed_ref(uint64_t v, bool narrow)
{
	return narrow || v <= INT32_MAX ? (uint32_t)v : UINT32_MAX;
}

static void packed_refs(struct reader *r, struct str s, uint32_t *out, bool narrow)
{
	struct pb_in in = pb_in(s);
	uint64_t v;

	while (in.p < in.end) {
		if (UNLIKELY(!pb_varint(&in, &v))) {
			bad(r, &in);
			return;
		}
		*out++ = packed_ref(v, narrow);
	}
}

static void packed(struct reader *r, struct str s, uint32_t id)
{
	const struct otlp_field *f = &otlp_fields[id];
	struct pb_in in = pb_in(s);
	uint32_t *refs;
	uint64_t v;

	if (s.n == 0)
		return;
	if (is_varint_kind(f->kind) && (s.p[s.n - 1] & 0x80) == 0) {
		refs = otlp_refs(&r->b, id, (uint32_t)pb_count_varints(s));
		if (refs != NULL) {
			packed_refs(r, s, refs, f->kind == OTLP_I32);
			return;
		}
	}
	while (in.p < in.end) {
		if (UNLIKELY(f->kind == OTLP_FIX64 ? !pb_fix64(&in, &v) : !pb_varint(&in, &v))) {
			bad(r, &in);
			return;
		}
		otlp_number(&r->b, id, signed_value(v, f->kind));
	}
}

static void walk(struct reader *r, struct str bytes, enum otlp_message m, unsigned depth);

static void message(struct reader *r, struct str s, uint32_t id, unsigned depth)
{
	otlp_begin(&r->b, id);
	walk(r, s, otlp_fields[id].inner, depth);
	if (r->failed)
		return;
	otlp_end(&r->b, id);
	if (otlp_fields[id].inner == OTLP_profile)
		r->b.rq->profiles[r->b.rq->n_profiles - 1].wire_size = (uint32_t)s.n;
}

/* What the schema does not have, or has in another form. */
static __attribute__((noinline)) bool stray(struct reader *r, struct pb_in *in, uint32_t tag, enum otlp_message m)
{
	r->faults++;
	r->b.rq->has_stray = r->b.rq->has_stray || m == OTLP_profile;
	return pb_skip(in, tag);
}

/* One field, whose tag has been read. */
static inline bool field(struct reader *r, struct pb_in *in, uint32_t tag, enum otlp_message m, unsigned depth)
{
	uint32_t known = tag >> 3 < OTLP_NUMBERS ? r->numbers.field[m][tag >> 3] : 0, id = known - 1;
	const struct otlp_field *f;
	struct str s;
	uint64_t v;

	if (UNLIKELY(known == 0))
		return stray(r, in, tag, m);
	f = &otlp_fields[id];
	switch (tag & 7) {
	case PB_LEN:
		if (f->kind < OTLP_STR && !f->many)
			break;
		if (!pb_bytes(in, &s))
			return false;
		if (f->kind == OTLP_MSG)
			message(r, s, id, depth + 1);
		else if (f->kind >= OTLP_STR)
			otlp_text(&r->b, id, s);
		else
			packed(r, s, id);
		return true;
	case PB_VARINT:
		if (!is_varint_kind(f->kind))
			break;
		if (!pb_varint(in, &v))
			return false;
		r->faults += f->many; /* writers pack lists */
		otlp_number(&r->b, id, signed_value(v, f->kind));
		return true;
	case PB_FIX64:
		if (f->kind != OTLP_FIX64 && f->kind != OTLP_F64)
			break;
		if (!pb_fix64(in, &v))
			return false;
		r->faults += f->many;
		otlp_number(&r->b, id, (int64_t)v);
		return true;
	}
	return stray(r, in, tag, m);
}

static void walk(struct reader *r, struct str bytes, enum otlp_message m, unsigned depth)
{
	struct pb_in in = pb_in(bytes);
	uint32_t tag;

	if (depth > OTLP_MAX_DEPTH) {
		r->failed = true;
		err_set(r->e, ERR_INVALID, "otlp: byte %zu: messages are nested more than %d deep",
		    (size_t)((const char *)in.p - r->base), OTLP_MAX_DEPTH);
		return;
	}
	while (in.p < in.end && !r->failed)
		if (UNLIKELY(!pb_tag(&in, &tag) || !field(r, &in, tag, m, depth))) {
			bad(r, &in);
			return;
		}
}

/* How much is wrong with the request under that schema; UINT64_MAX: it cannot be read by it. */
static uint64_t try_version(struct reader *r, struct str bytes, enum otlp_version v, struct err *e)
{
	otlp_numbers_of(&r->numbers, v);
	otlp_build_reset(&r->b, v);
	r->faults = 0;
	r->failed = false;
	r->e = e;
	walk(r, bytes, OTLP_request, 0);
	if (r->failed)
		return UINT64_MAX;
	return r->faults + otlp_faults(r->b.rq);
}

int otlp_read_wire(struct arena *a, struct str bytes, struct otlp_request *rq, struct err *e)
{
	uint64_t least = UINT64_MAX, faults;
	enum otlp_version best = OTLP_NEWEST;
	struct reader r = { .base = bytes.p };
	struct err other;

	if (bytes.n >= UINT32_MAX)
		return err_set(e, ERR_LIMIT, "otlp: %zu bytes are more than a request may have (4 GiB)", bytes.n);
	otlp_build_init(&r.b, a, rq);
	for (int v = OTLP_NEWEST; v >= 0; v--) {
		faults = try_version(&r, bytes, (enum otlp_version)v, v == OTLP_NEWEST ? e : &other);
		if (faults < least) {
			least = faults;
			best = (enum otlp_version)v;
		}
		if (faults == 0)
			return 0;
	}
	if (least == UINT64_MAX)
		return -1;
	(void)try_version(&r, bytes, best, &other);
	return 0;
}
