/*
 * perf_file.c - perf.data taken apart. Sections and records are checked
 * against the bytes at hand before anything in them is read.
 */
#include "formats/perf/perf_file.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/zip.h"

enum { /* records of the tool */
	HEADER_ATTR = 64,
	TRACING_DATA = 66,
	BUILD_ID = 67,
	AUXTRACE = 71,
	EVENT_UPDATE = 78,
	HEADER_FEATURE = 80,
	COMPRESSED = 81,
	COMPRESSED2 = 83,
};

enum { /* features */
	FEATURE_BUILD_ID = 2,
	FEATURE_CMDLINE = 11,
	FEATURE_EVENT_DESC = 12,
	FEATURE_CLOCK_DATA = 29,
	N_FEATURES = 256,
};

enum {
	PIPE_HEADER = 16,
	FILE_HEADER = 104,
	RECORD_HEADER = 8,
	ATTR_REGS = 88, /* with the registers that are dumped */
	ATTR_MIN = 64,  /* the first published size */
	UPDATE_NAME = 2,
	MISC_ID_SIZE = 1 << 15, /* a build id says how long it is */
	ID_BYTES = 20,
	MAX_ATTRS = 4096,
	UNPACK_RATIO = 256,
};

#define MAKE_ROOM(f, array, count, capacity)                                                                \
	do {                                                                                                \
		if (UNLIKELY((count) == (f)->capacity))                                                     \
			(array) = profile_grow((f)->a, (array), sizeof(*(array)), (count), &(f)->capacity); \
	} while (0)

static int corrupt(const struct perf_file *f, const char *at, const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "perf.data: byte %zu: %s", (size_t)(at - f->bytes.p), what);
}

static void note(struct perf_file *f, const char *at, const char *what)
{
	if (f->notes->skipped++ == 0)
		f->notes->first = arena_printf(f->a, "byte %zu: %s", (size_t)(at - f->bytes.p), what);
}

/* An offset and a size at p, as bytes of the file; false when they are not all there. */
static bool section(const struct perf_file *f, const char *p, struct str *out)
{
	uint64_t at = perf_u64(f, p), n = perf_u64(f, p + 8);

	if (at > f->bytes.n || n > f->bytes.n - at)
		return false;
	*out = str_of(f->bytes.p + at, (size_t)n);
	return true;
}

/* ---- events ---- */

static struct str event_name(struct arena *a, uint32_t type, uint64_t config)
{
	static const char *const hardware[] = { "cycles", "instructions", "cache-references", "cache-misses",
		"branches", "branch-misses", "bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend",
		"ref-cycles" };
	static const char *const software[] = { "cpu-clock", "task-clock", "page-faults", "context-switches",
		"cpu-migrations", "minor-faults", "major-faults", "alignment-faults", "emulation-faults", "dummy",
		"bpf-output", "cgroup-switches" };

	if (type == 0 && (config & UINT32_MAX) < ARRAY_LEN(hardware))
		return str_cstr(hardware[config & UINT32_MAX]);
	if (type == 1 && config < ARRAY_LEN(software))
		return str_cstr(software[config]);
	return arena_printf(a, "event-%u-0x%llx", type, (unsigned long long)config);
}

/* Bits of the flags go from the other end of each byte when the machine is big endian. */
static bool flag(const struct perf_file *f, const char *flags, unsigned bit)
{
	unsigned char byte = (unsigned char)flags[bit / 8];

	return byte >> (f->big ? 7 - bit % 8 : bit % 8) & 1;
}

static int add_attr(struct perf_file *f, struct str bytes, struct err *e)
{
	struct perf_attr *x;

	if (bytes.n < ATTR_MIN)
		return corrupt(f, bytes.p, "the attributes of an event are too short", e);
	if (f->n_attrs == MAX_ATTRS)
		return err_set(e, ERR_LIMIT, "perf.data: more than %d events", MAX_ATTRS);
	MAKE_ROOM(f, f->attrs, f->n_attrs, cap_attrs);
	x = &f->attrs[f->n_attrs++];
	*x = (struct perf_attr){ .type = perf_u32(f, bytes.p), .config = perf_u64(f, bytes.p + 8) };
	x->period = perf_u64(f, bytes.p + 16);
	x->sample_type = perf_u64(f, bytes.p + 24);
	x->read_format = perf_u64(f, bytes.p + 32);
	x->freq = flag(f, bytes.p + 40, 10);
	x->id_all = flag(f, bytes.p + 40, 18);
	if (bytes.n >= ATTR_REGS) {
		x->branch_type = perf_u64(f, bytes.p + 72);
		x->user_regs = perf_u64(f, bytes.p + 80);
	}
	x->name = event_name(f->a, x->type, x->config);
	return 0;
}

static bool find_id(const struct perf_file *f, uint64_t id, uint32_t *attr)
{
	struct table_at at = table_find(&f->id_index, hash_mix(id, 1));

	for (uint32_t v; table_next(&at, &v);)
		if (f->ids[v] == id) {
			*attr = f->id_attrs[v];
			return true;
		}
	return false;
}

/* The last attr has these ids. */
static void add_ids(struct perf_file *f, struct str ids)
{
	for (; ids.n >= 8 && f->n_attrs; ids = str_skip(ids, 8)) {
		uint64_t id = perf_u64(f, ids.p);
		uint32_t other;

		if (find_id(f, id, &other))
			continue;
		MAKE_ROOM(f, f->ids, f->n_ids, cap_ids);
		MAKE_ROOM(f, f->id_attrs, f->n_ids, cap_id_attrs);
		f->ids[f->n_ids] = id;
		f->id_attrs[f->n_ids] = f->n_attrs - 1;
		table_put(&f->id_index, f->a, hash_mix(id, 1), f->n_ids++);
	}
}

uint32_t perf_file_attr(const struct perf_file *f, uint64_t id)
{
	uint32_t attr = 0;

	find_id(f, id, &attr);
	return attr;
}

/* ---- features ---- */

static struct str until_nul(struct str s)
{
	return str_of(s.p, str_find(s, '\0'));
}

/* A length and so many bytes, padded with NUL. */
static bool take_string(const struct perf_file *f, struct str *s, struct str *out)
{
	uint32_t n;

	if (s->n < 4 || (n = perf_u32(f, s->p)) > s->n - 4)
		return false;
	*out = until_nul(str_of(s->p + 4, n));
	*s = str_skip(*s, 4 + (size_t)n);
	return true;
}

/* pid u32, id[20], its size u8, 3 bytes; then the file name */
static void add_build_id(struct perf_file *f, uint16_t misc, struct str body)
{
	static const char hex[] = "0123456789abcdef";
	struct perf_build_id *x;
	size_t n = ID_BYTES;
	char *p;

	if (body.n < 28)
		return;
	if (misc & MISC_ID_SIZE)
		n = MIN((size_t)(unsigned char)body.p[4 + ID_BYTES], n);
	MAKE_ROOM(f, f->build_ids, f->n_build_ids, cap_build_ids);
	x = &f->build_ids[f->n_build_ids++];
	x->file = until_nul(str_skip(body, 28));
	p = arena_alloc(f->a, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		p[2 * i] = hex[(unsigned char)body.p[4 + i] >> 4];
		p[2 * i + 1] = hex[(unsigned char)body.p[4 + i] & 15];
	}
	x->id = str_of(p, 2 * n);
}

static void read_build_ids(struct perf_file *f, struct str s)
{
	while (s.n >= RECORD_HEADER) {
		size_t n = perf_u16(f, s.p + 6);

		if (n < RECORD_HEADER || n > s.n)
			return;
		add_build_id(f, perf_u16(f, s.p + 4), str_of(s.p + RECORD_HEADER, n - RECORD_HEADER));
		s = str_skip(s, n);
	}
}

static void read_cmdline(struct perf_file *f, struct str s)
{
	struct str word;
	struct buf b;

	if (s.n < 4)
		return;
	buf_init(&b, SIZE_MAX / 2);
	s = str_skip(s, 4);
	buf_add(&b, STR("cmdline :"));
	while (take_string(f, &s, &word)) {
		buf_byte(&b, ' ');
		buf_add(&b, word);
	}
	f->cmdline = arena_str(f->a, buf_str(&b));
	buf_fini(&b);
}

/* n u32, attr_size u32, n times: attr, number of ids u32, name, ids */
static void read_event_desc(struct perf_file *f, struct str s)
{
	uint32_t n, size;

	if (s.n < 8)
		return;
	n = perf_u32(f, s.p);
	size = perf_u32(f, s.p + 4);
	s = str_skip(s, 8);
	for (uint32_t i = 0; i < n && s.n > size && s.n - size >= 4; i++) {
		uint64_t n_ids = perf_u32(f, s.p + size);
		uint32_t attr = i;
		struct str name;

		s = str_skip(s, (size_t)size + 4);
		if (!take_string(f, &s, &name) || n_ids * 8 > s.n)
			return;
		if (n_ids)
			find_id(f, perf_u64(f, s.p), &attr);
		if (attr < f->n_attrs && name.n)
			f->attrs[attr].name = name;
		s = str_skip(s, (size_t)n_ids * 8);
	}
}

static void read_feature(struct perf_file *f, unsigned feature, struct str s)
{
	switch (feature) {
	case FEATURE_BUILD_ID: read_build_ids(f, s); return;
	case FEATURE_CMDLINE: read_cmdline(f, s); return;
	case FEATURE_EVENT_DESC: read_event_desc(f, s); return;
	case FEATURE_CLOCK_DATA: /* version u32, clock u32, wall u64, clock's time u64 */
		if (s.n >= 24) {
			f->has_wall = true;
			f->wall = perf_u64(f, s.p + 8);
			f->clock = perf_u64(f, s.p + 16);
		}
		return;
	default: return;
	}
}

/* ---- records ---- */

/* Where the time stands: of samples from the front, of others from the end. */
static bool record_time(const struct perf_file *f, const char *p, uint64_t *time)
{
	struct str body = perf_record_body(f, p);
	uint64_t type = f->attrs[0].sample_type;
	size_t at = 0;

	if (!(type & PERF_HAS_TIME))
		return false;
	if (perf_record_type(f, p) == PERF_SAMPLE) {
		at += type & PERF_HAS_IDENTIFIER ? 8 : 0;
		at += type & PERF_HAS_IP ? 8 : 0;
		at += type & PERF_HAS_TID ? 8 : 0;
		if (at + 8 > body.n)
			return false;
		*time = perf_u64(f, body.p + at);
		return true;
	}
	if (!f->attrs[0].id_all)
		return false;
	at = 8;
	at += type & PERF_HAS_ID ? 8 : 0;
	at += type & PERF_HAS_STREAM_ID ? 8 : 0;
	at += type & PERF_HAS_CPU ? 8 : 0;
	at += type & PERF_HAS_IDENTIFIER ? 8 : 0;
	if (at > body.n)
		return false;
	*time = perf_u64(f, body.p + body.n - at);
	return true;
}

static void add_record(struct perf_file *f, const char *p)
{
	uint64_t time = f->n_records ? f->records[f->n_records - 1].time : 0;

	record_time(f, p, &time);
	MAKE_ROOM(f, f->records, f->n_records, cap_records);
	f->records[f->n_records++] = (struct perf_record){ p, time };
}

/* attr (with its own size), ids */
static int read_attr_record(struct perf_file *f, struct str body, struct err *e)
{
	size_t size = body.n >= 8 ? perf_u32(f, body.p + 4) : 0;

	if (size > body.n)
		return corrupt(f, body.p, "the attributes of an event are longer than their record", e);
	if (add_attr(f, str_of(body.p, size), e) < 0)
		return -1;
	add_ids(f, str_skip(body, size));
	return 0;
}

/* type u64, id u64, text */
static void read_update(struct perf_file *f, struct str body)
{
	uint32_t attr;

	if (body.n > 16 && perf_u64(f, body.p) == UPDATE_NAME && find_id(f, perf_u64(f, body.p + 8), &attr))
		f->attrs[attr].name = until_nul(str_skip(body, 16));
}

static void add_packed(const struct perf_file *f, uint32_t type, struct str body, struct buf *packed)
{
	if (type == COMPRESSED2) {
		uint64_t n = body.n >= 8 ? perf_u64(f, body.p) : 0;

		body = str_skip(body, 8);
		body.n = (size_t)MIN((uint64_t)body.n, n);
	}
	buf_add(packed, body);
}

/* Data behind some records, which their size does not count. */
static uint64_t behind(const struct perf_file *f, uint32_t type, struct str body)
{
	if (type == AUXTRACE && body.n >= 8)
		return perf_u64(f, body.p);
	if (type == TRACING_DATA && body.n >= 4)
		return (perf_u32(f, body.p) + UINT64_C(7)) & ~UINT64_C(7);
	return 0;
}

static int take_record(struct perf_file *f, const char *p, struct buf *packed, struct err *e)
{
	uint32_t type = perf_record_type(f, p);
	struct str body = perf_record_body(f, p);

	switch (type) {
	case PERF_MMAP:
	case PERF_MMAP2:
	case PERF_COMM:
	case PERF_EXIT:
	case PERF_FORK:
	case PERF_SAMPLE:
		if (f->n_attrs == 0)
			return corrupt(f, p, "a record before any event is described", e);
		add_record(f, p);
		return 0;
	case HEADER_ATTR: return read_attr_record(f, body, e);
	case BUILD_ID: add_build_id(f, perf_record_misc(f, p), body); return 0;
	case EVENT_UPDATE: read_update(f, body); return 0;
	case HEADER_FEATURE:
		if (body.n >= 8)
			read_feature(f, (unsigned)MIN(perf_u64(f, body.p), (uint64_t)N_FEATURES), str_skip(body, 8));
		return 0;
	case COMPRESSED:
	case COMPRESSED2:
		if (packed)
			add_packed(f, type, body, packed);
		return 0;
	default: return 0;
	}
}

static int read_records(struct perf_file *f, struct str s, bool lenient, struct buf *packed, struct err *e)
{
	while (s.n > 0) {
		size_t n = s.n >= RECORD_HEADER ? perf_u16(f, s.p + 6) : 0;
		uint64_t more;

		if (s.n >= RECORD_HEADER && n < RECORD_HEADER) {
			if (!lenient)
				return corrupt(f, s.p, "a record is shorter than its header", e);
			note(f, s.p, "a record is shorter than its header: the rest is left out");
			return 0;
		}
		if (n == 0 || n > s.n) {
			note(f, s.p, "the last record is cut");
			return 0;
		}
		if (take_record(f, s.p, packed, e) < 0)
			return -1;
		more = behind(f, perf_record_type(f, s.p), perf_record_body(f, s.p));
		s = str_skip(s, n);
		if (more > s.n)
			note(f, s.p, "the data of the last record is cut");
		s = str_skip(s, (size_t)MIN(more, (uint64_t)s.n));
	}
	return 0;
}

static int read_packed(struct perf_file *f, struct str packed, bool lenient, struct err *e)
{
	size_t limit = packed.n < SIZE_MAX / UNPACK_RATIO / 2 ? packed.n * UNPACK_RATIO + (1 << 20) : SIZE_MAX / 2;
	struct buf out;
	struct str bytes;
	int rc;

	if (packed.n == 0)
		return 0;
	buf_init(&out, limit);
	rc = zip_unzstd_open(packed, limit, &out, e);
	bytes = arena_str(f->a, buf_str(&out));
	buf_fini(&out);
	if (rc < 0 && !lenient)
		return err_wrap(e, "perf.data: compressed records");
	if (rc < 0)
		note(f, f->bytes.p, "compressed records cannot be unpacked to their end");
	/* positions in errors are those of the unpacked records */
	f->bytes = bytes;
	return read_records(f, bytes, lenient, NULL, e);
}

static int by_time(const void *a, const void *b)
{
	const struct perf_record *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->p > y->p) - (x->p < y->p);
}

static void sort_records(struct perf_file *f)
{
	for (uint32_t i = 1; i < f->n_records; i++)
		if (f->records[i].time < f->records[i - 1].time) {
			qsort(f->records, f->n_records, sizeof(*f->records), by_time);
			return;
		}
}

/* ---- the file ---- */

static int read_attrs(struct perf_file *f, struct err *e)
{
	const char *p = f->bytes.p;
	uint64_t size = perf_u64(f, p + 16), left = f->bytes.n;
	struct str attrs, ids;

	if (!section(f, p + 24, &attrs))
		return corrupt(f, p + 24, "the descriptions of events are not in the file", e);
	if (size < ATTR_MIN + 16 || size > attrs.n)
		return corrupt(f, p + 16, "the descriptions of events have no possible size", e);
	for (; attrs.n >= size; attrs = str_skip(attrs, (size_t)size)) {
		const char *end = attrs.p + size - 16;

		if (add_attr(f, str_of(attrs.p, (size_t)size - 16), e) < 0)
			return -1;
		if (!section(f, end, &ids))
			return corrupt(f, end, "the ids of an event are not in the file", e);
		if (ids.n > left)
			return corrupt(f, end, "the ids of events are more than the file", e);
		left -= ids.n;
		add_ids(f, ids);
	}
	return 0;
}

/* What is not in the file any more is left out. */
static void read_features(struct perf_file *f)
{
	const char *p = f->bytes.p;
	uint64_t data = perf_u64(f, p + 40), size = perf_u64(f, p + 48), at;

	if (size == 0 || data > f->bytes.n || size > f->bytes.n - data)
		return;
	at = data + size;
	for (unsigned i = 0; i < N_FEATURES; i++) {
		struct str s;

		if (!(perf_u64(f, p + 72 + (size_t)i / 64 * 8) >> (i % 64) & 1))
			continue;
		if (f->bytes.n - at < 16)
			return;
		if (section(f, p + at, &s))
			read_feature(f, i, s);
		at += 16;
	}
}

static int read_file(struct perf_file *f, bool lenient, struct buf *packed, struct err *e)
{
	struct str data;
	uint64_t at, n;

	if (f->bytes.n < FILE_HEADER)
		return corrupt(f, f->bytes.p + f->bytes.n, "the header is cut", e);
	at = perf_u64(f, f->bytes.p + 40);
	n = perf_u64(f, f->bytes.p + 48);
	if (read_attrs(f, e) < 0)
		return -1;
	if (at > f->bytes.n)
		return corrupt(f, f->bytes.p + 40, "the records are not in the file", e);
	read_features(f);
	data = str_skip(f->bytes, (size_t)at);
	/* a recording that was killed has not said how long it is */
	if (n > 0 && n < data.n)
		data.n = (size_t)n;
	else if (n > data.n)
		note(f, f->bytes.p + f->bytes.n, "the file is cut");
	return read_records(f, data, lenient, packed, e);
}

int perf_file_open(struct perf_file *f, struct arena *a, struct str bytes, bool lenient, struct format_notes *notes,
    struct err *e)
{
	struct buf packed;
	int rc;

	*f = (struct perf_file){ .a = a, .bytes = bytes, .notes = notes };
	if (bytes.n < PIPE_HEADER)
		return corrupt(f, bytes.p + bytes.n, "the header is cut", e);
	f->big = str_prefix(bytes, STR("2ELIFREP"));
	if (!f->big && !str_prefix(bytes, STR("PERFILE2")))
		return corrupt(f, bytes.p, "it does not begin with PERFILE2", e);
	buf_init(&packed, SIZE_MAX / 2);
	if (perf_u64(f, bytes.p + 8) == PIPE_HEADER)
		rc = read_records(f, str_skip(bytes, PIPE_HEADER), lenient, &packed, e);
	else
		rc = read_file(f, lenient, &packed, e);
	if (rc == 0)
		rc = read_packed(f, buf_str(&packed), lenient, e);
	buf_fini(&packed);
	sort_records(f);
	return rc;
}
