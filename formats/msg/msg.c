/*
 * msg.c - the binary form of messages.
 */
#include "formats/msg/msg.h"

#include "formats/msg/msg_impl.h"
#include "formats/msg/pb.h"

struct decoder {
	struct arena *a;
	struct err *e;
	unsigned depth;
};

static int decode_fields(struct decoder *d, const struct msg_type *t, struct str bytes, void *out);

size_t msg_element_size(const struct msg_field *f)
{
	switch (f->kind) {
	case MSG_BOOL: return sizeof(bool);
	case MSG_I32:
	case MSG_U32:
	case MSG_ENUM: return sizeof(int32_t);
	case MSG_MSG: return f->type->size;
	case MSG_STR:
	case MSG_BYTES: return sizeof(struct str);
	default: return sizeof(int64_t);
	}
}

static size_t list_cap(size_t n)
{
	return n <= 1 ? n : (size_t)1 << (64 - __builtin_clzll(n - 1));
}

void *msg_list_more(struct arena *a, struct msg_list *list, size_t k, size_t size)
{
	size_t need = list->n + k;
	/* Between powers of two there is room; n = 0 has no memory yet. */
	bool full = list->n == 0 || need > list_cap(list->n);

	if (UNLIKELY(full)) {
		void *p = arena_array(a, list_cap(need), size);

		if (list->n)
			memcpy(p, list->p, list->n * size);
		list->p = p;
	}
	return (char *)list->p + list->n * size;
}

/* Fields mostly come in order: the one found last, or the one behind it. */
static const struct msg_field *field_of(const struct msg_type *t, uint32_t number, uint32_t *hint)
{
	for (uint32_t i = *hint; i < t->n; i++)
		if (t->fields[i].number == number)
			return &t->fields[*hint = i];
	for (uint32_t i = 0; i < *hint; i++)
		if (t->fields[i].number == number)
			return &t->fields[*hint = i];
	return NULL;
}

static unsigned wire_of(const struct msg_field *f)
{
	static const uint8_t wire[] = {
		[MSG_BOOL] = PB_VARINT,
		[MSG_I32] = PB_VARINT,
		[MSG_U32] = PB_VARINT,
		[MSG_I64] = PB_VARINT,
		[MSG_U64] = PB_VARINT,
		[MSG_F64] = PB_FIX64,
		[MSG_ENUM] = PB_VARINT,
		[MSG_STR] = PB_LEN,
		[MSG_BYTES] = PB_LEN,
		[MSG_MSG] = PB_LEN,
	};

	return wire[f->kind];
}

static bool decode_scalar(unsigned kind, struct pb_in *in, void *at)
{
	uint64_t v;

	if (kind == MSG_STR || kind == MSG_BYTES)
		return pb_bytes(in, at);
	if (kind == MSG_F64)
		return pb_fix64(in, at);
	if (!pb_varint(in, &v))
		return false;
	if (kind == MSG_I64 || kind == MSG_U64)
		memcpy(at, &v, sizeof(v));
	else if (kind == MSG_BOOL)
		*(bool *)at = v != 0;
	else
		*(uint32_t *)at = (uint32_t)v;
	return true;
}

static bool is_varint64(const struct msg_field *f)
{
	return f->kind == MSG_I64 || f->kind == MSG_U64;
}

/*
 * Numbers of an unpacked list, which mostly follow each other with the same
 * tag of one byte: stacks of some writers of profiles come so.
 */
static int decode_run(struct decoder *d, const struct msg_field *f, struct pb_in *in, struct msg_list *list)
{
	const uint8_t tag = (uint8_t)PB_TAG(f->number, wire_of(f));
	size_t size = msg_element_size(f), room = list->n ? list_cap(list->n) - list->n : 0;
	char *at = list->n ? (char *)list->p + list->n * size : NULL;

	do {
		if (room == 0) {
			at = msg_list_more(d->a, list, 1, size);
			room = list_cap(list->n + 1) - list->n;
		}
		if (!decode_scalar(f->kind, in, at))
			return pb_fault(in, d->e);
		at += size;
		room--;
		list->n++;
	} while (f->number < 16 && in->p < in->end && *in->p == tag && in->p++);
	return 0;
}

static int decode_packed(struct decoder *d, const struct msg_field *f, struct str s, struct msg_list *list)
{
	size_t size = msg_element_size(f);
	size_t n = f->kind == MSG_F64 ? s.n / sizeof(double) : pb_count_varints(s);
	char *at = n ? msg_list_more(d->a, list, n, size) : NULL;
	struct pb_in in = pb_in(s);

	if (is_varint64(f)) {
		uint64_t *v = (void *)at;

		for (size_t i = 0; i < n; i++)
			if (!pb_varint(&in, v + i))
				return pb_fault(&in, d->e);
	} else {
		for (size_t i = 0; i < n; i++, at += size)
			if (!decode_scalar(f->kind, &in, at))
				return pb_fault(&in, d->e);
	}
	if (in.p != in.end)
		return pb_fault(&in, d->e);
	list->n += n;
	return 0;
}

static int decode_sub(struct decoder *d, const struct msg_type *t, struct str bytes, void *sub)
{
	int rc;

	if (++d->depth > MSG_MAX_DEPTH)
		return err_set(d->e, ERR_INVALID, "proto: exceeded max recursion depth of %d", MSG_MAX_DEPTH);
	rc = decode_fields(d, t, bytes, sub);
	d->depth--;
	return rc;
}

/* Elements with the same tag of one byte that follow each other; the first tag is read. */
static size_t run_length(struct pb_in in, uint32_t number)
{
	const uint8_t tag = (uint8_t)PB_TAG(number, PB_LEN);
	size_t n = 1;
	struct str s;

	if (number >= 16)
		return 1;
	for (; pb_bytes(&in, &s) && in.p < in.end && *in.p == tag; in.p++)
		n++;
	return n;
}

/* Messages and strings of a list: room for a run at once. */
static int decode_elements(struct decoder *d, const struct msg_field *f, struct pb_in *in, struct msg_list *list)
{
	size_t n = run_length(*in, f->number), size = msg_element_size(f);
	char *at = msg_list_more(d->a, list, n, size);
	struct str s;

	for (size_t i = 0; i < n; i++, at += size) {
		in->p += i > 0;
		if (!pb_bytes(in, &s))
			return pb_fault(in, d->e);
		list->n++;
		if (f->kind == MSG_MSG) {
			memset(at, 0, size);
			if (decode_sub(d, f->type, s, at) < 0)
				return -1;
		} else {
			memcpy(at, &s, sizeof(s));
		}
	}
	return 0;
}

static int decode_one_sub(struct decoder *d, const struct msg_field *f, struct pb_in *in, void **sub)
{
	struct str s;

	if (!pb_bytes(in, &s))
		return pb_fault(in, d->e);
	if (*sub == NULL)
		*sub = arena_zalloc(d->a, f->type->size);
	return decode_sub(d, f->type, s, *sub);
}

static int decode_field(struct decoder *d, const struct msg_field *f, struct pb_in *in, unsigned wire, void *out)
{
	bool list = f->card == MSG_REP || f->card == MSG_MAP;
	unsigned expected = wire_of(f);
	void *at = msg_at(out, f->at);
	struct str s;

	if (list && wire == PB_LEN && expected != PB_LEN)
		return pb_bytes(in, &s) ? decode_packed(d, f, s, at) : pb_fault(in, d->e);
	if (wire != expected)
		return err_set(d->e, ERR_INVALID, "proto: wrong wireType = %u for field " STR_FMT, wire,
		    STR_ARG(f->name));
	if (list && expected == PB_LEN)
		return decode_elements(d, f, in, at);
	if (list)
		return decode_run(d, f, in, at);
	if (f->kind == MSG_MSG)
		return decode_one_sub(d, f, in, at);
	if (f->card == MSG_OPT)
		*(bool *)msg_at(out, f->has) = true;
	return decode_scalar(f->kind, in, at) ? 0 : pb_fault(in, d->e);
}

static int decode_fields(struct decoder *d, const struct msg_type *t, struct str bytes, void *out)
{
	struct pb_in in = pb_in(bytes);
	uint32_t tag, hint = 0;

	while (in.p < in.end) {
		const struct msg_field *f;

		if (!pb_tag(&in, &tag))
			return pb_fault(&in, d->e);
		f = field_of(t, tag >> 3, &hint);
		if (f == NULL) {
			if (!pb_skip(&in, tag))
				return pb_fault(&in, d->e);
		} else if (decode_field(d, f, &in, tag & 7, out) < 0) {
			return -1;
		}
	}
	return 0;
}

int msg_decode(struct arena *a, const struct msg_type *t, struct str bytes, void *out, struct err *e)
{
	struct decoder d = { a, e, 1 };

	memset(out, 0, t->size);
	return decode_fields(&d, t, bytes, out);
}

/* Numbers as the varint that carries them: int32 and enums with their sign. */
static uint64_t varint_of(unsigned kind, const void *at)
{
	uint64_t v;

	switch (kind) {
	case MSG_BOOL: return *(const bool *)at;
	case MSG_U32: return *(const uint32_t *)at;
	case MSG_I32:
	case MSG_ENUM: return (uint64_t)(int64_t) * (const int32_t *)at;
	default: memcpy(&v, at, sizeof(v)); return v;
	}
}

static void encode_one(const struct msg_field *f, const void *at, bool zero_too, struct buf *out)
{
	if (f->kind == MSG_STR || f->kind == MSG_BYTES) {
		const struct str *s = at;

		if (s->n || zero_too)
			pb_put_bytes(out, f->number, *s);
	} else {
		uint64_t v = varint_of(f->kind, at);

		if (v == 0 && !zero_too)
			return;
		if (f->kind == MSG_F64)
			pb_put_fix64(out, f->number, v);
		else
			pb_put_varint(out, f->number, v);
	}
}

static unsigned encode_sub(const struct msg_field *f, const void *sub, unsigned len_size, struct buf *out)
{
	size_t at = pb_open(out, f->number, len_size);

	msg_encode(f->type, sub, out);
	return pb_close(out, at, len_size);
}

/* bool, int32, uint32, enum. */
static void encode_packed_small(const struct msg_field *f, const struct msg_list *list, struct buf *out)
{
	size_t size = msg_element_size(f), at = pb_open(out, f->number, 1);
	const char *p = list->p;

	for (size_t i = 0; i < list->n; i++)
		buf_uvarint(out, varint_of(f->kind, p + i * size));
	pb_close(out, at, 1);
}

static void encode_list(const struct msg_field *f, const struct msg_list *list, struct buf *out)
{
	const char *p = list->p;
	unsigned len_size = 1;

	if (list->n == 0)
		return;
	switch (f->kind) {
	case MSG_I64:
	case MSG_U64: pb_put_packed(out, f->number, list->p, list->n); break;
	case MSG_F64: pb_put_packed_f64(out, f->number, list->p, list->n); break;
	case MSG_STR:
	case MSG_BYTES:
		for (size_t i = 0; i < list->n; i++)
			pb_put_bytes(out, f->number, ((const struct str *)list->p)[i]);
		break;
	case MSG_MSG:
		for (size_t i = 0; i < list->n; i++)
			len_size = encode_sub(f, p + i * f->type->size, len_size, out);
		break;
	default: encode_packed_small(f, list, out);
	}
}

void msg_encode(const struct msg_type *t, const void *msg, struct buf *out)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct msg_field *f = &t->fields[i];
		const void *at = msg_at_const(msg, f->at);

		if (f->card == MSG_REP || f->card == MSG_MAP) {
			encode_list(f, at, out);
		} else if (f->kind == MSG_MSG) {
			const void *sub = *(void *const *)at;

			if (sub)
				encode_sub(f, sub, 1, out);
		} else if (f->card == MSG_ONE) {
			encode_one(f, at, false, out);
		} else if (*(const bool *)msg_at_const(msg, f->has)) {
			encode_one(f, at, true, out);
		}
	}
}
