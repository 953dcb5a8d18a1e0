/*
 * jfr_writer.h - Flight Recorder files for tests: a chunk with the types of the JDK and of async-profiler, in both kinds
 * of integers, with fields in an order made from a seed.
 *
 *	struct writer w;
 *
 *	writer_init(&w, seed, fixed);            seed 0: fields stand as in `types`
 *	begin_chunk(&w);
 *	EVENT(&w, 101, N("stackTrace", 1), N("state", 1));
 *	put_pools(&w, 0);
 *	end_chunk(&w);
 *	buf_str(&w.b), buf_fini(&w.b)
 *
 * record() writes a chunk that has every kind of event.
 */
#ifndef JFR_WRITER_H
#define JFR_WRITER_H

#include "tests/lib/profile_fixture.h"

enum { LIMIT = 64 << 20, HEADER = 68, T0 = 1000 };

enum { BOOLEAN = 4, INT, LONG, FLOAT, SHORT, STRING, THREAD = 20, STATE, CLASS, METHOD, SYMBOL, TRACE, FRAME, OTHER };

struct field {
	const char *name;
	unsigned type;
	bool pool, array;
};

struct type {
	unsigned id;
	const char *name;
	struct field f[12];
};

#define STACK_OF                                 \
	{                                        \
		"stackTrace", TRACE, true, false \
	}
#define AT                                      \
	{                                       \
		"startTime", LONG, false, false \
	}
#define SPANS                                                                  \
	{ "contextId", LONG, false, false }, { "spanId", LONG, false, false }, \
	{                                                                      \
		"spanName", LONG, false, false                                 \
	}
#define WHO                                        \
	{                                          \
		"eventThread", THREAD, true, false \
	}

static const struct type types[] = {
	{ BOOLEAN, "boolean", { { 0 } } },
	{ INT, "int", { { 0 } } },
	{ LONG, "long", { { 0 } } },
	{ FLOAT, "float", { { 0 } } },
	{ SHORT, "short", { { 0 } } },
	{ STRING, "java.lang.String", { { 0 } } },
	{ OTHER, "jdk.types.FrameType", { { "description", STRING, false, false } } },
	{ 28, "jdk.types.Package", { { "name", SYMBOL, true, false } } },
	{ 29, "jdk.types.ClassLoader", { { "name", SYMBOL, true, false } } },
	{ THREAD, "java.lang.Thread",
	    { { "osName", STRING, false, false }, { "osThreadId", LONG, false, false },
		{ "javaName", STRING, false, false } } },
	{ STATE, "jdk.types.ThreadState", { { "name", STRING, false, false } } },
	{ CLASS, "java.lang.Class", { { "classLoader", 29, true, false }, { "name", SYMBOL, true, false } } },
	{ SYMBOL, "jdk.types.Symbol", { { "string", STRING, false, false } } },
	{ METHOD, "jdk.types.Method",
	    { { "type", CLASS, true, false }, { "name", SYMBOL, true, false }, { "descriptor", SYMBOL, true, false },
		{ "modifiers", INT, false, false }, { "hidden", BOOLEAN, false, false } } },
	{ FRAME, "jdk.types.StackFrame",
	    { { "method", METHOD, true, false }, { "lineNumber", INT, false, false },
		{ "bytecodeIndex", INT, false, false }, { "type", OTHER, true, false } } },
	{ TRACE, "jdk.types.StackTrace", { { "truncated", BOOLEAN, false, false }, { "frames", FRAME, false, true } } },
	{ 101, "jdk.ExecutionSample",
	    { AT, { "sampledThread", THREAD, true, false }, STACK_OF, { "state", STATE, true, false }, SPANS } },
	{ 102, "profiler.WallClockSample",
	    { AT, { "sampledThread", THREAD, true, false }, STACK_OF, { "state", STATE, true, false },
		{ "samples", INT, false, false }, SPANS } },
	{ 103, "jdk.ObjectAllocationInNewTLAB",
	    { AT, WHO, STACK_OF, { "objectClass", CLASS, true, false }, { "allocationSize", LONG, false, false },
		{ "tlabSize", LONG, false, false }, SPANS } },
	{ 104, "jdk.ObjectAllocationOutsideTLAB",
	    { AT, WHO, STACK_OF, { "objectClass", CLASS, true, false }, { "allocationSize", LONG, false, false },
		SPANS } },
	{ 105, "jdk.ObjectAllocationSample",
	    { AT, WHO, STACK_OF, { "objectClass", CLASS, true, false }, { "weight", LONG, false, false } } },
	{ 106, "jdk.JavaMonitorEnter",
	    { AT, { "duration", LONG, false, false }, WHO, STACK_OF, { "monitorClass", CLASS, true, false }, SPANS } },
	{ 107, "jdk.ThreadPark",
	    { AT, { "duration", LONG, false, false }, WHO, STACK_OF, { "parkedClass", CLASS, true, false } } },
	{ 108, "profiler.LiveObject",
	    { AT, WHO, STACK_OF, { "objectClass", CLASS, true, false }, { "allocationSize", LONG, false, false } } },
	{ 109, "profiler.Malloc",
	    { AT, WHO, STACK_OF, { "address", LONG, false, false }, { "size", LONG, false, false } } },
	{ 110, "jdk.ActiveSetting",
	    { AT, { "id", LONG, false, false }, { "name", STRING, false, false }, { "value", STRING, false, false } } },
	{ 111, "jdk.NativeMethodSample",
	    { AT, { "sampledThread", THREAD, true, false }, STACK_OF, { "state", STATE, true, false } } },
	{ 112, "jdk.FileRead",
	    { AT, { "duration", LONG, false, false }, WHO, STACK_OF, { "path", STRING, false, false },
		{ "bytesRead", LONG, false, false } } },
	{ 113, "jdk.JavaExceptionThrow",
	    { AT, WHO, STACK_OF, { "message", STRING, false, false }, { "thrownClass", CLASS, true, false } } },
	{ 114, "profiler.MethodTrace", { AT, { "duration", LONG, false, false }, WHO, STACK_OF } },
	{ 115, "jdk.CPULoad", { AT, { "jvmUser", FLOAT, false, false }, { "parts", FLOAT, false, true } } },
	{ 116, "com.example.HTTPRequestEvent",
	    { AT, STACK_OF, { "weight", STRING, false, false }, { "duration", FLOAT, false, false } } },
};

enum { N_TYPES = ARRAY_LEN(types), MAX_TYPE = 128 };

struct value { /* of a field; those that are not told are 0 or null */
	const char *field;
	uint64_t n;
	const char *s;          /* of a string */
	const uint32_t *frames; /* method, line, ..., 0 */
};

struct writer {
	struct buf b;
	bool fixed;
	size_t begin, pools, meta; /* of the chunk */
	unsigned order[N_TYPES][12], n[N_TYPES];
	uint64_t seed;
	unsigned encoding; /* of strings */
};

static inline uint64_t draw(struct writer *w, uint64_t below)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (w->seed >> 33) % below;
}

static inline void put(struct writer *w, uint64_t v, unsigned size)
{
	uint8_t c;

	if (w->fixed) {
		for (unsigned i = size; i > 0; i--) {
			c = (uint8_t)(v >> (8 * (i - 1)));
			buf_add(&w->b, str_of(&c, 1));
		}
		return;
	}
	for (unsigned i = 0; i < 8; i++) {
		c = (uint8_t)(v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		buf_add(&w->b, str_of(&c, 1));
		v >>= 7;
		if (c < 0x80)
			return;
	}
	c = (uint8_t)v;
	buf_add(&w->b, str_of(&c, 1));
}

static inline void put_byte(struct writer *w, unsigned v)
{
	uint8_t c = (uint8_t)v;

	buf_add(&w->b, str_of(&c, 1));
}

static inline void put_fix(struct writer *w, uint64_t v, unsigned size)
{
	bool fixed = w->fixed;

	w->fixed = true;
	put(w, v, size);
	w->fixed = fixed;
}

static inline void put_string(struct writer *w, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (s == NULL || n == 0) {
		put_byte(w, s ? 1 : 0);
		return;
	}
	put_byte(w, w->encoding);
	put(w, n, 4);
	for (size_t i = 0; i < n; i++)
		if (w->encoding == 4)
			put(w, (uint8_t)s[i], 2);
		else
			put_byte(w, (uint8_t)s[i]);
}

static inline unsigned type_at(unsigned id)
{
	for (unsigned i = 0; i < N_TYPES; i++)
		if (types[i].id == id)
			return i;
	fail_msg("no type %u", id);
	return 0;
}

static inline void put_fields(struct writer *w, unsigned id, const struct value *v);

static inline void put_one(struct writer *w, const struct field *f, const struct value *v)
{
	uint64_t n = v ? v->n : 0;

	if (f->pool) {
		put(w, n, 8);
		return;
	}
	switch (f->type) {
	case BOOLEAN: put_byte(w, (unsigned)n); break;
	case SHORT: put(w, n, 2); break;
	case INT: put(w, (uint32_t)n, 4); break;
	case LONG: put(w, n, 8); break;
	case FLOAT: put_fix(w, n, 4); break;
	case STRING: put_string(w, v ? v->s : NULL); break;
	default: put_fields(w, f->type, v); break;
	}
}

static inline void put_frames(struct writer *w, const uint32_t *frames)
{
	unsigned n = 0;

	while (frames && frames[n * 2])
		n++;
	put(w, n, 4);
	for (unsigned i = 0; i < n; i++)
		put_fields(w, FRAME,
		    (struct value[]){ { .field = "method", .n = frames[i * 2] },
			{ .field = "lineNumber", .n = frames[i * 2 + 1] }, { .field = NULL } });
}

static inline void put_fields(struct writer *w, unsigned id, const struct value *v)
{
	unsigned t = type_at(id);

	for (unsigned i = 0; i < w->n[t]; i++) {
		const struct field *f = &types[t].f[w->order[t][i]];
		const struct value *own = NULL;

		for (const struct value *x = v; x && x->field; x++)
			if (strcmp(x->field, f->name) == 0)
				own = x;
		if (!f->array)
			put_one(w, f, own);
		else if (f->type == FRAME)
			put_frames(w, own ? own->frames : NULL);
		else
			put(w, 0, 4);
	}
}

/* Size in front: as many bytes as a size takes, always four. */
static inline void put_size(struct writer *w, size_t at)
{
	size_t n = w->b.n - at;

	for (unsigned i = 0; i < 4; i++)
		w->b.p[at + i] = (char)(w->fixed ? n >> (8 * (3 - i)) : (n >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
}

static inline size_t begin_event(struct writer *w, uint64_t type)
{
	size_t at = w->b.n;

	buf_add(&w->b, STR("size"));
	put(w, type, 8);
	return at;
}

static inline void event(struct writer *w, unsigned id, const struct value *v)
{
	size_t at = begin_event(w, id);

	put_fields(w, id, v);
	put_size(w, at);
}

#define EVENT(w, id, ...) event(w, id, (struct value[]){ __VA_ARGS__, { .field = NULL } })
#define N(name, value)                        \
	{                                     \
		.field = (name), .n = (value) \
	}
#define S(name, value)                        \
	{                                     \
		.field = (name), .s = (value) \
	}

/* Strings of the metadata: each is written where it is asked for the first time. */
struct names {
	const char *p[1024];
	unsigned n;
};

static inline unsigned name_of(struct names *s, const char *name)
{
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->p[i], name) == 0)
			return i;
	s->p[s->n] = name;
	return s->n++;
}

static inline void put_element(struct writer *w, struct names *s, const char *name, unsigned n,
    const char *const *attributes, unsigned children)
{
	put(w, name_of(s, name), 4);
	put(w, n, 4);
	for (unsigned i = 0; i < n * 2; i++)
		put(w, name_of(s, attributes[i]), 4);
	put(w, children, 4);
}

static inline void put_tree(struct writer *w, struct names *s)
{
	static char numbers[MAX_TYPE][4];

	for (unsigned i = 0; i < MAX_TYPE; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%u", i);
	put_element(w, s, "root", 0, NULL, 2);
	put_element(w, s, "metadata", 0, NULL, N_TYPES);
	for (unsigned i = 0; i < N_TYPES; i++) {
		put_element(w, s, "class", 2, (const char *[]){ "name", types[i].name, "id", numbers[types[i].id] },
		    w->n[i]);
		for (unsigned k = 0; k < w->n[i]; k++) {
			const struct field *f = &types[i].f[w->order[i][k]];
			const char *a[8] = { "name", f->name, "class", numbers[f->type] };
			unsigned n = 2;

			if (f->pool) {
				a[n * 2] = "constantPool";
				a[n++ * 2 + 1] = "true";
			}
			if (f->array) {
				a[n * 2] = "dimension";
				a[n++ * 2 + 1] = "1";
			}
			put_element(w, s, "field", n, a, 1);
			put_element(w, s, "annotation", 1, (const char *[]){ "value", "words for people" }, 0);
		}
	}
	put_element(w, s, "region", 1, (const char *[]){ "locale", "en" }, 0);
}

static inline void put_metadata(struct writer *w, void (*tree_of)(struct writer *, struct names *))
{
	static struct names s;
	size_t at, tree = w->b.n;

	/* the tree first, to know its strings */
	s.n = 0;
	tree_of(w, &s);
	w->b.n = tree;
	w->meta = w->b.n - w->begin;
	at = begin_event(w, 0);
	for (unsigned i = 0; i < 3; i++)
		put(w, i, 8);
	put(w, s.n, 4);
	for (unsigned i = 0; i < s.n; i++)
		put_string(w, s.p[i]);
	tree_of(w, &s);
	put_size(w, at);
}

static inline void begin_chunk(struct writer *w)
{
	w->begin = w->b.n;
	for (unsigned i = 0; i < N_TYPES; i++) {
		w->n[i] = 0;
		while (w->n[i] < 12 && types[i].f[w->n[i]].name) {
			w->order[i][w->n[i]] = w->n[i];
			w->n[i]++;
		}
		for (unsigned k = w->n[i]; w->seed && k > 1; k--) {
			unsigned other = (unsigned)draw(w, k), t = w->order[i][k - 1];

			w->order[i][k - 1] = w->order[i][other];
			w->order[i][other] = t;
		}
	}
	for (unsigned i = 0; i < HEADER; i++)
		put_byte(w, 0);
	put_metadata(w, put_tree);
}

static inline void end_chunk(struct writer *w)
{
	size_t end = w->b.n;
	uint64_t n[7] = { end - w->begin, w->pools, w->meta, 5 * (uint64_t)NS_PER_S, NS_PER_S, T0, NS_PER_S / 2 };

	put_fix(w, 0x464c5200, 4);
	put_fix(w, 0x00020001, 4);
	for (unsigned i = 0; i < 7; i++)
		put_fix(w, n[i], 8);
	put_fix(w, !w->fixed, 4);
	memcpy(w->b.p + w->begin, w->b.p + end, HEADER);
	w->b.n = end;
}

/* ---- constants: methods 1 .. 4 of two classes, stacks 1 .. 3 ---- */

static inline size_t begin_pools(struct writer *w, int64_t delta, unsigned n)
{
	size_t at = begin_event(w, 1);

	put(w, 7, 8);
	put(w, 0, 8);
	put(w, (uint64_t)delta, 8);
	put_byte(w, 0);
	put(w, n, 4);
	return at;
}

static inline void begin_pool(struct writer *w, unsigned type, unsigned n)
{
	put(w, type, 8);
	put(w, n, 4);
}

static inline void constant(struct writer *w, unsigned type, uint64_t id, const struct value *v)
{
	put(w, id, 8);
	put_fields(w, type, v);
}

#define CONSTANT(w, type, id, ...) constant(w, type, id, (struct value[]){ __VA_ARGS__, { .field = NULL } })

static const char *const symbols[] = { "", "app/Main", "main", "work", "()V", "java/lang/Object",
	"Main$$Lambda$12.0x00ff" };

/* `shift` is added to all ids of stacks and methods. */
static inline void put_stacks(struct writer *w, uint64_t shift)
{
	static const uint32_t order[][9] = { { 2, 20, 1, 10, 0 }, { 3, 0, 2, 21, 1, 10, 0 }, { 1, 11, 0 } };
	uint32_t frames[9];

	begin_pool(w, METHOD, 3);
	CONSTANT(w, METHOD, 1 + shift, N("type", 1), N("name", 2), N("descriptor", 4));
	CONSTANT(w, METHOD, 2 + shift, N("type", 1), N("name", 3), N("descriptor", 4));
	CONSTANT(w, METHOD, 3 + shift, N("type", UINT64_C(1) << 40), N("name", 3), N("descriptor", 4));
	begin_pool(w, TRACE, 3);
	for (unsigned i = 0; i < 3; i++) {
		memcpy(frames, order[i], sizeof(frames));
		for (unsigned k = 0; frames[k]; k += 2)
			frames[k] += (uint32_t)shift;
		CONSTANT(w, TRACE, i + 1 + shift, { .field = "frames", .frames = frames });
	}
}

static inline void put_names(struct writer *w)
{
	begin_pool(w, SYMBOL, ARRAY_LEN(symbols));
	for (unsigned i = 0; i < ARRAY_LEN(symbols); i++)
		CONSTANT(w, SYMBOL, i, S("string", symbols[i]));
	begin_pool(w, CLASS, 3);
	CONSTANT(w, CLASS, 1, N("name", 1));
	CONSTANT(w, CLASS, 2, N("name", 5));
	CONSTANT(w, CLASS, UINT64_C(1) << 40, N("name", 6));
	begin_pool(w, STATE, 2);
	CONSTANT(w, STATE, 1, S("name", "STATE_RUNNABLE"));
	CONSTANT(w, STATE, 2, S("name", "STATE_SLEEPING"));
	begin_pool(w, THREAD, 2);
	CONSTANT(w, THREAD, 1, S("osName", "os-1"), S("javaName", "main"));
	CONSTANT(w, THREAD, 7, S("osName", "GC"), S("javaName", ""));
}

/* Two events, the second leads to the first. */
static inline void put_pools(struct writer *w, uint64_t shift)
{
	size_t first = w->b.n, at = begin_pools(w, 0, 4);

	put_names(w);
	put_size(w, at);
	w->pools = w->b.n - w->begin;
	at = begin_pools(w, -(int64_t)(w->b.n - first), 2);
	put_stacks(w, shift);
	put_size(w, at);
}

static inline void writer_init(struct writer *w, uint64_t seed, bool fixed)
{
	memset(w, 0, sizeof(*w));
	buf_init(&w->b, LIMIT);
	w->seed = seed;
	w->fixed = fixed;
	w->encoding = 3;
}

static inline void put_events(struct writer *w, const char *recording, uint64_t shift)
{
	uint64_t a = 1 + shift, b = 2 + shift, c = 3 + shift;

	EVENT(w, 110, N("id", 101), S("name", "interval"), S("value", "20000000"));
	EVENT(w, 110, N("id", 111), S("name", "period"), S("value", "20 ms"));
	EVENT(w, 110, N("id", 110), S("name", "event"), S("value", recording));
	EVENT(w, 101, N("startTime", T0 + 5), N("stackTrace", a), N("state", 1), N("sampledThread", 1));
	EVENT(w, 101, N("startTime", T0 + 6), N("stackTrace", a), N("state", 1), N("sampledThread", 7),
	    N("contextId", 3));
	EVENT(w, 101, N("stackTrace", b), N("state", 2), N("sampledThread", 1));
	EVENT(w, 101, N("stackTrace", c), N("state", 9), N("sampledThread", 1));
	EVENT(w, 101, N("stackTrace", 99), N("state", 1));
	EVENT(w, 102, N("stackTrace", c), N("state", 1), N("samples", 7), N("spanId", 0xabc));
	EVENT(w, 102, N("stackTrace", c), N("state", 2), N("samples", 2));
	EVENT(w, 103, N("stackTrace", a), N("objectClass", 2), N("allocationSize", 24), N("tlabSize", 4096));
	EVENT(w, 103, N("stackTrace", a), N("objectClass", 1), N("allocationSize", 24), N("tlabSize", 1000));
	EVENT(w, 104, N("stackTrace", b), N("objectClass", 2), N("allocationSize", UINT64_C(1) << 60));
	EVENT(w, 105, N("stackTrace", b), N("weight", 300));
	EVENT(w, 106, N("stackTrace", a), N("duration", 50), N("monitorClass", 2));
	EVENT(w, 106, N("stackTrace", a), N("duration", 7), N("monitorClass", 2));
	EVENT(w, 107, N("stackTrace", c), N("duration", 9), N("parkedClass", 2));
	EVENT(w, 108, N("stackTrace", c), N("allocationSize", 64), N("objectClass", 2));
	EVENT(w, 109, N("stackTrace", c), N("size", 12));
	EVENT(w, 111, N("stackTrace", a), N("state", 1), N("sampledThread", 1));
	EVENT(w, 112, N("stackTrace", a), N("duration", 11), S("path", "/tmp/x"), N("bytesRead", 80));
	EVENT(w, 112, N("stackTrace", a), N("duration", 11), S("path", "/tmp/y"), N("bytesRead", 8));
	EVENT(w, 113, N("stackTrace", b), S("message", "no"), N("thrownClass", 2));
	EVENT(w, 114, N("stackTrace", c), N("duration", 3));
	EVENT(w, 115, N("jvmUser", 1));
	EVENT(w, 116, N("stackTrace", c), S("weight", "heavy"), N("duration", 5));
}

/* A whole recording of one chunk; the pools behind the events, as both writers do. */
static inline void record(struct writer *w, const char *recording, uint64_t shift)
{
	begin_chunk(w);
	put_events(w, recording, shift);
	put_pools(w, shift);
	end_chunk(w);
}

#endif
