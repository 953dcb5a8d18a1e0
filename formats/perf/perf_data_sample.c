/* perf_data_sample.c - see perf_data_sample.h */
#include "formats/perf/perf_data_sample.h"

enum { /* of read_format */
	READ_ENABLED = 1,
	READ_RUNNING = 2,
	READ_ID = 4,
	READ_GROUP = 8,
	READ_LOST = 16,
};

enum { /* of branch_type */
	BRANCH_HW_INDEX = 1 << 17,
	BRANCH_COUNTERS = 1 << 19,
};

enum { UP_TO_ID = PERF_HAS_IDENTIFIER | PERF_HAS_IP | PERF_HAS_TID | PERF_HAS_TIME | PERF_HAS_ADDR | PERF_HAS_ID };

struct fields {
	const struct perf_file *f;
	struct str s;
	bool bad;
};

static uint64_t next_u64(struct fields *x)
{
	uint64_t v;

	if (x->s.n < 8) {
		x->bad = true;
		return 0;
	}
	v = perf_u64(x->f, x->s.p);
	x->s = str_skip(x->s, 8);
	return v;
}

/* Two numbers of 32 bits; they are in this order whatever the order of bytes. */
static uint32_t next_pair(struct fields *x, uint32_t *second)
{
	uint32_t v;

	if (x->s.n < 8) {
		x->bad = true;
		return 0;
	}
	v = perf_u32(x->f, x->s.p);
	*second = perf_u32(x->f, x->s.p + 4);
	x->s = str_skip(x->s, 8);
	return v;
}

static void skip_read(struct fields *x, uint64_t format)
{
	uint64_t each = 1 + !!(format & READ_ID) + !!(format & READ_LOST);
	uint64_t once = !!(format & READ_ENABLED) + !!(format & READ_RUNNING), n = 1;

	if (format & READ_GROUP)
		n = next_u64(x);
	if (n > x->s.n || (n * each + once) * 8 > x->s.n) {
		x->bad = true;
		return;
	}
	x->s = str_skip(x->s, (size_t)(n * each + once) * 8);
}

static void skip(struct fields *x, uint64_t n)
{
	if (n > x->s.n)
		x->bad = true;
	else
		x->s = str_skip(x->s, (size_t)n);
}

/* The size of raw data is four bytes, and what follows is padded so that both end at eight. */
static void skip_raw(struct fields *x)
{
	uint64_t n = x->s.n >= 4 ? perf_u32(x->f, x->s.p) : 0;

	skip(x, (n + 4 + 7) & ~UINT64_C(7));
}

static void skip_branches(struct fields *x, uint64_t type)
{
	uint64_t n = next_u64(x);

	if (type & BRANCH_HW_INDEX)
		next_u64(x);
	skip(x, n > x->s.n ? n : n * (type & BRANCH_COUNTERS ? 32 : 24));
}

static void take_dump(struct fields *x, const struct perf_attr *attr, struct perf_dump *out)
{
	uint64_t n, live;

	out->abi = next_u64(x);
	out->mask = attr->user_regs;
	out->regs = x->s.p;
	if (out->abi != 0)
		skip(x, (uint64_t)__builtin_popcountll(out->mask) * 8);
	if (attr->sample_type & PERF_HAS_USER_STACK && (n = next_u64(x)) > 0) {
		out->memory = x->s;
		skip(x, n);
		live = next_u64(x); /* of the n bytes, which are always written */
		out->memory.n = (size_t)MIN(MIN(live, n), (uint64_t)out->memory.n);
	}
	if (out->memory.n == 0)
		out->abi = 0;
	else if (x->f->big && out->abi != 0)
		out->abi = PERF_ABI_OTHER;
}

bool perf_data_sample_parse(const struct perf_file *f, const char *record, const struct perf_attr *attr, bool only_id,
    struct perf_data_sample *out)
{
	struct fields x = { f, perf_record_body(f, record), false };
	uint64_t type = attr->sample_type & (only_id ? UP_TO_ID : UINT64_MAX);
	uint32_t none;

	*out = (struct perf_data_sample){ .cpu = UINT32_MAX };
	if (type & PERF_HAS_IDENTIFIER)
		out->id = next_u64(&x);
	if (type & PERF_HAS_IP)
		out->ip = next_u64(&x);
	if (type & PERF_HAS_TID)
		out->pid = next_pair(&x, &out->tid);
	if (type & PERF_HAS_TIME)
		out->time = next_u64(&x);
	if (type & PERF_HAS_ADDR)
		next_u64(&x);
	if (type & PERF_HAS_ID)
		out->id = next_u64(&x);
	if (type & PERF_HAS_STREAM_ID)
		next_u64(&x);
	if (type & PERF_HAS_CPU)
		out->cpu = next_pair(&x, &none);
	if (type & PERF_HAS_PERIOD)
		out->period = next_u64(&x);
	if (type & PERF_HAS_READ)
		skip_read(&x, attr->read_format);
	if (type & PERF_HAS_CALLCHAIN) {
		out->n = next_u64(&x);
		if (out->n > x.s.n / 8)
			return false;
		out->chain = x.s.p;
		x.s = str_skip(x.s, (size_t)out->n * 8);
	}
	if (!(type & PERF_HAS_USER_REGS)) /* nothing behind this is wanted */
		return !x.bad;
	if (type & PERF_HAS_RAW)
		skip_raw(&x);
	if (type & PERF_HAS_BRANCHES)
		skip_branches(&x, attr->branch_type);
	take_dump(&x, attr, &out->dump);
	return !x.bad;
}
