/*
 * jfr.c - the chunks of a recording, one after the other.
 */
#include "base/hash.h"
#include "formats/jfr/jfr_impl.h"

enum { HEADER = 68, FLAG_LEB = 1, FREE_SPREAD = 4 << 20, FIRST_FRAMES = 1 << 18 };

static const char magic[4] = { 'F', 'L', 'R', '\0' };

/* Pyroscope refuses recordings whose metadata does not have these. */
static const char *const needed[] = {
	"int",
	"long",
	"short",
	"float",
	"boolean",
	"java.lang.String",
	"jdk.types.FrameType",
	"jdk.types.ThreadState",
	"java.lang.Thread",
	"java.lang.Class",
	"jdk.types.Method",
	"jdk.types.Package",
	"jdk.types.Symbol",
	"jdk.types.StackTrace",
	"jdk.types.ClassLoader",
	"jdk.types.StackFrame",
};

/* The header; *size: of the chunk, which may be more than there is. */
static int read_header(struct jfr_chunk *c, struct str rest, uint64_t *size, struct err *e)
{
	struct jfr_in in = { (const uint8_t *)rest.p, (const uint8_t *)rest.p + MIN(rest.n, (size_t)HEADER), true,
		false };
	uint64_t version;

	if (rest.n < HEADER)
		return err_set(e, ERR_INVALID, "error reading chunk header: unexpected EOF");
	if (memcmp(rest.p, magic, sizeof(magic)) != 0)
		return err_set(e, ERR_INVALID, "error reading chunk header: invalid chunk magic: %llx",
		    (unsigned long long)jfr_fix(&in, 4));
	in.p += sizeof(magic);
	version = jfr_fix(&in, 4);
	if (version >> 16 != 2)
		return err_set(e, ERR_INVALID, "error reading chunk header: unknown version %llx",
		    (unsigned long long)version);
	*size = jfr_fix(&in, 8);
	c->pools_at = jfr_fix(&in, 8);
	c->types_at = jfr_fix(&in, 8);
	c->start_ns = jfr_fix(&in, 8);
	c->duration_ns = jfr_fix(&in, 8);
	c->start_ticks = jfr_fix(&in, 8);
	c->ticks_per_s = jfr_fix(&in, 8);
	c->fixed = !(jfr_fix(&in, 4) & FLAG_LEB);
	if (*size < HEADER || *size > INT64_MAX)
		return err_set(e, ERR_INVALID, "error reading chunk header: invalid size: %lld", (long long)*size);
	if (c->pools_at == 0 || c->types_at == 0 || c->pools_at > INT64_MAX || c->types_at > INT64_MAX)
		return err_set(e, ERR_INVALID, "error reading chunk header: invalid offsets: cp %lld meta %lld",
		    (long long)c->pools_at, (long long)c->types_at);
	if (MIN(*size, rest.n) > UINT32_MAX)
		return err_set(e, ERR_LIMIT, "error reading chunk header: a chunk of %llu bytes, the limit is 4 GiB",
		    (unsigned long long)*size);
	return 0;
}

/*
 * A chunk without its end: the metadata and constants that stand among its
 * events are all there is. 0: it can be used.
 */
static int gather(struct jfr_chunk *c, struct err *e)
{
	struct jfr_in in = jfr_window(c, MIN((size_t)HEADER, c->bytes.n), c->bytes.n), one;
	size_t types_at = 0, before;
	struct err ignored;

	for (int pass = 0; pass < 2; pass++) {
		in = jfr_window(c, HEADER, c->bytes.n);
		while (in.p < in.end) {
			size_t at = (size_t)(in.p - (const uint8_t *)c->bytes.p);
			uint64_t size, type;

			one = in;
			size = jfr_num(&one, 4);
			type = jfr_num(&one, 8);
			if (one.bad || size > jfr_left(&in) || size < (size_t)(one.p - in.p))
				break;
			in.p += size;
			if (pass == 0 && type == 0)
				types_at = at;
			if (pass == 1 && type == 1)
				jfr_read_constants(c, at, at + (size_t)size, &before, &ignored);
		}
		if (pass == 0 && types_at == 0)
			return err_set(e, ERR_INVALID, "its metadata is not there");
		if (pass == 0 && jfr_read_types(c, types_at, e) < 0)
			return -1;
	}
	return 0;
}

static int read_tables(struct jfr *d, struct jfr_chunk *c, struct err *e)
{
	if (c->cut && (c->types_at >= c->bytes.n || c->pools_at >= c->bytes.n))
		return gather(c, e);
	if (c->types_at >= c->bytes.n)
		return err_set(e, ERR_INVALID, "metadata at byte %llu of the chunk: unexpected EOF",
		    (unsigned long long)c->types_at);
	if (jfr_read_types(c, (size_t)c->types_at, e) < 0)
		return -1;
	for (size_t i = 0; d->o->only_known && i < ARRAY_LEN(needed); i++)
		if (jfr_class_by_name(c, needed[i]) == NULL)
			return err_set(e, ERR_INVALID, "error reading metadata: missing \"%s\"", needed[i]);
	return jfr_read_pools(c, e);
}

static int read_chunk(struct jfr *d, struct jfr_chunk *c, struct err *e)
{
	if (read_tables(d, c, e) < 0)
		return -1;
	jfr_pools_done(c);
	jfr_plan_events(d, c);
	jfr_groups_begin(d);
	if (d->begin == 0 || c->start_ns < d->begin)
		d->begin = c->start_ns;
	d->ran += c->duration_ns;
	d->e = e;
	e->kind = ERR_NONE;
	if (jfr_read_events(d, c, e) < 0)
		return -1;
	jfr_groups_end(d);
	return 0;
}

static int missed(struct jfr *d, uint64_t at, struct err *e)
{
	if (e->kind == ERR_LIMIT || !d->o->lenient) {
		if (d->chunk > 0 || at > 0)
			err_wrap(e, "chunk %u at byte %llu", d->chunk + 1, (unsigned long long)at);
		return -1;
	}
	if (d->notes.skipped++ == 0)
		d->notes.first = arena_printf(d->a, "chunk %u at byte %llu: %s", d->chunk + 1, (unsigned long long)at,
		    e->msg);
	e->kind = ERR_NONE;
	return 0;
}

static int read_chunks(struct jfr *d, struct str bytes, struct err *e)
{
	for (uint64_t at = 0; at < bytes.n; d->chunk++) {
		struct jfr_chunk c = { .a = d->tmp, .at = at };
		struct str rest = str_skip(bytes, (size_t)at);
		uint64_t size = 0;

		arena_reset(d->tmp);
		if (read_header(&c, rest, &size, e) < 0)
			return missed(d, at, e); /* where the next would begin nobody knows */
		c.bytes = str_of(rest.p, (size_t)MIN(size, rest.n));
		c.cut = size > rest.n;
		d->more = size < rest.n;
		if (c.cut && (!d->o->lenient || d->notes.skipped == 0)) {
			err_set(e, ERR_INVALID, "a chunk of %llu bytes of which %zu are there: unexpected EOF",
			    (unsigned long long)size, rest.n);
			if (missed(d, at, e) < 0)
				return -1;
		}
		if (read_chunk(d, &c, e) < 0 && missed(d, at, e) < 0)
			return -1;
		at += c.bytes.n;
	}
	return 0;
}

int jfr_decode(struct arena *a, struct str bytes, const struct jfr_opts *o, struct format_profiles *out, struct err *e)
{
	struct jfr d = { .a = a, .tmp = arena_new(), .o = o, .e = e, .event = STR("") };
	int rc;

	d.budget = (uint64_t)bytes.n * JFR_SPREAD + FREE_SPREAD;
	e->kind = ERR_NONE;
	/* of a frame each integer takes a byte; readers add 0 to it */
	d.cap_frames = (uint32_t)MIN(bytes.n / JFR_FRAME_FIELDS, (size_t)FIRST_FRAMES) + 1;
	d.frames = arena_array(a, d.cap_frames, sizeof(*d.frames));
	jfr_groups_init(&d);
	jfr_intern(&d, STR(""));
	rc = jfr_contexts_read(a, o->contexts, &d.contexts, e);
	if (rc < 0)
		err_wrap(e, "failed to parse labels form field");
	else
		rc = read_chunks(&d, bytes, e);
	if (rc == 0) {
		arena_reset(d.tmp);
		rc = jfr_groups_finish(&d, out);
	}
	arena_free(d.tmp);
	return rc;
}
