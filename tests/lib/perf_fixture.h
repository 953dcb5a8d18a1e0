/*
 * perf_fixture.h - makes perf.data for tests: both byte orders, as a file or
 * as a pipe. Bit i of the flags of an event stands at the other end of its
 * byte on big machines.
 */
#ifndef PERF_FIXTURE_H
#define PERF_FIXTURE_H

#include "base/buf.h"
#include "base/zip.h"

enum {
	MADE_TYPE = 1 << 16 | 1 << 0 | 1 << 1 | 1 << 2 | 1 << 5 | 1 << 7 |
	    1 << 8, /* id, ip, tid, time, chain, cpu, period */
	MADE_HEADER = 104,
	MADE_ATTR = 64,
};

struct made {
	struct buf b; /* records */
	bool big;
	size_t at; /* of the record that is open */
};

static inline void made_number(struct made *m, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_byte(&m->b, (unsigned char)(v >> 8 * (m->big ? bytes - 1 - i : i)));
}

static inline void made_u32(struct made *m, uint32_t v)
{
	made_number(m, v, 4);
}

static inline void made_u64(struct made *m, uint64_t v)
{
	made_number(m, v, 8);
}

static inline void made_text(struct made *m, const char *s, size_t size)
{
	size_t n = strlen(s);

	buf_add(&m->b, str_of(s, n));
	buf_fill(&m->b, '\0', size - n);
}

static inline void made_record(struct made *m, uint32_t type, uint16_t misc)
{
	m->at = m->b.n;
	made_u32(m, type);
	made_number(m, misc, 2);
	made_number(m, 0, 2);
}

static inline void made_end(struct made *m)
{
	size_t n = m->b.n - m->at;

	m->b.p[m->at + 6] = (char)(m->big ? n >> 8 : n);
	m->b.p[m->at + 7] = (char)(m->big ? n : n >> 8);
}

/* What stands behind records that are no samples: time, cpu, id. */
static inline void made_trailer(struct made *m, uint32_t pid, uint32_t tid, uint64_t time)
{
	made_u32(m, pid);
	made_u32(m, tid);
	made_u64(m, time);
	made_u32(m, 0);
	made_u32(m, 0);
	made_u64(m, 11);
	made_end(m);
}

static inline void made_comm(struct made *m, uint32_t pid, uint32_t tid, const char *comm, bool exec, uint64_t time)
{
	made_record(m, 3, exec ? 1 << 13 : 0);
	made_u32(m, pid);
	made_u32(m, tid);
	made_text(m, comm, 16);
	made_trailer(m, pid, tid, time);
}

static inline void made_mmap(struct made *m, uint32_t pid, uint64_t start, uint64_t size, uint64_t offset,
    const char *file, bool kernel, uint64_t time)
{
	made_record(m, 1, kernel ? 1 : 2);
	made_u32(m, pid);
	made_u32(m, pid);
	made_u64(m, start);
	made_u64(m, size);
	made_u64(m, offset);
	made_text(m, file, 32);
	made_trailer(m, pid, pid, time);
}

/* With a build id of n bytes: 1, 2, 3 ... */
static inline void made_mmap2(struct made *m, uint32_t pid, uint64_t start, uint64_t size, const char *file, unsigned n,
    uint64_t time)
{
	made_record(m, 10, 2 | (n ? 1 << 14 : 0));
	made_u32(m, pid);
	made_u32(m, pid);
	made_u64(m, start);
	made_u64(m, size);
	made_u64(m, 0x1000);
	made_number(m, n, 1);
	buf_fill(&m->b, '\0', 3);
	for (unsigned i = 0; i < 20; i++)
		buf_byte(&m->b, (unsigned char)(i + 1));
	made_u32(m, 5);
	made_u32(m, 2);
	made_text(m, file, 32);
	made_trailer(m, pid, pid, time);
}

static inline void made_fork(struct made *m, uint32_t pid, uint32_t ppid, uint32_t tid, uint32_t ptid, uint64_t time)
{
	made_record(m, 7, 0);
	made_u32(m, pid);
	made_u32(m, ppid);
	made_u32(m, tid);
	made_u32(m, ptid);
	made_u64(m, time);
	made_trailer(m, pid, tid, time);
}

static inline void made_sample(struct made *m, uint64_t id, uint32_t pid, uint32_t tid, uint64_t time, uint64_t period,
    const uint64_t *chain, uint64_t n)
{
	made_record(m, 9, 2);
	made_u64(m, id);
	made_u64(m, n > 1 ? chain[1] : 0x1234);
	made_u32(m, pid);
	made_u32(m, tid);
	made_u64(m, time);
	made_u32(m, 3);
	made_u32(m, 0);
	made_u64(m, period);
	made_u64(m, n);
	for (uint64_t i = 0; i < n; i++)
		made_u64(m, chain[i]);
	made_end(m);
}

static inline void made_attr(struct made *m, uint32_t type, uint64_t config)
{
	made_u32(m, type);
	made_u32(m, MADE_ATTR);
	made_u64(m, config);
	made_u64(m, 99);
	made_u64(m, MADE_TYPE);
	made_u64(m, 0);
	/* freq, sample_id_all */
	buf_byte(&m->b, 0);
	buf_byte(&m->b, m->big ? 1 << 5 : 1 << 2);
	buf_byte(&m->b, m->big ? 1 << 5 : 1 << 2);
	buf_fill(&m->b, '\0', 5);
	made_u64(m, 0);
	made_u64(m, 0);
}

static inline void made_string(struct made *m, const char *s)
{
	made_u32(m, 16);
	made_text(m, s, 16);
}

static inline void made_build_id(struct made *m, const char *file)
{
	made_record(m, 67, 0);
	made_u32(m, UINT32_MAX);
	for (unsigned i = 0; i < 24; i++)
		buf_byte(&m->b, (unsigned char)(i < 20 ? 0xa0 + i : 0));
	made_text(m, file, 32);
	made_end(m);
}

/* The records as a file: cpu-clock has the id 11, page-faults 22, whose name is said to be "faults". */
static inline void made_file(struct made *r, struct buf *out)
{
	struct made m = { .big = r->big };
	size_t attrs = MADE_HEADER, ids = attrs + 2 * (MADE_ATTR + 16), data = ids + 16, features = data + r->b.n;
	size_t build = features + 4 * 16, cmdline, desc, clock;

	buf_init(&m.b, SIZE_MAX / 2);
	cmdline = build + 68;
	desc = cmdline + 4 + 2 * 20;
	clock = desc + 8 + 2 * (MADE_ATTR + 4 + 20 + 8);
	buf_add(&m.b, m.big ? STR("2ELIFREP") : STR("PERFILE2"));
	made_u64(&m, MADE_HEADER);
	made_u64(&m, MADE_ATTR + 16);
	made_u64(&m, attrs);
	made_u64(&m, 2 * (MADE_ATTR + 16));
	made_u64(&m, data);
	made_u64(&m, r->b.n);
	made_u64(&m, 0);
	made_u64(&m, 0);
	made_u64(&m, 1 << 2 | 1 << 11 | 1 << 12 | 1 << 29);
	buf_fill(&m.b, '\0', 24);
	for (unsigned i = 0; i < 2; i++) {
		made_attr(&m, 1, i ? 2 : 0);
		made_u64(&m, ids + 8 * i);
		made_u64(&m, 8);
	}
	made_u64(&m, 11);
	made_u64(&m, 22);
	buf_add(&m.b, buf_str(&r->b));
	made_u64(&m, build);
	made_u64(&m, 68);
	made_u64(&m, cmdline);
	made_u64(&m, 44);
	made_u64(&m, desc);
	made_u64(&m, clock - desc);
	made_u64(&m, clock);
	made_u64(&m, 24);
	made_build_id(&m, "/bin/one");
	made_u32(&m, 2);
	made_string(&m, "perf");
	made_string(&m, "record");
	made_u32(&m, 2);
	made_u32(&m, MADE_ATTR);
	for (unsigned i = 0; i < 2; i++) {
		made_attr(&m, 1, i ? 2 : 0);
		made_u32(&m, 1);
		made_string(&m, i ? "faults" : "cpu-clock:u");
		made_u64(&m, i ? 22 : 11);
	}
	made_u32(&m, 1);
	made_u32(&m, 4);
	made_u64(&m, 1000000);
	made_u64(&m, 100);
	buf_add(out, buf_str(&m.b));
	buf_fini(&m.b);
}

/* The same as a pipe; zstd: records in pieces of a stream that is cut anywhere. */
static inline void made_pipe(struct made *r, bool zstd, struct buf *out)
{
	struct made m = { .big = r->big };
	struct buf packed;

	buf_init(&m.b, SIZE_MAX / 2);
	buf_init(&packed, SIZE_MAX / 2);
	buf_add(&m.b, m.big ? STR("2ELIFREP") : STR("PERFILE2"));
	made_u64(&m, 16);
	for (unsigned i = 0; i < 2; i++) {
		made_record(&m, 64, 0);
		made_attr(&m, 1, i ? 2 : 0);
		made_u64(&m, i ? 22 : 11);
		made_end(&m);
		made_record(&m, 78, 0);
		made_u64(&m, 2);
		made_u64(&m, i ? 22 : 11);
		made_text(&m, i ? "faults" : "cpu-clock:u", 16);
		made_end(&m);
	}
	made_build_id(&m, "/bin/one");
	made_record(&m, 80, 0);
	made_u64(&m, 29);
	made_u32(&m, 1);
	made_u32(&m, 4);
	made_u64(&m, 1000000);
	made_u64(&m, 100);
	made_end(&m);
	made_record(&m, 80, 0);
	made_u64(&m, 11);
	made_u32(&m, 2);
	made_string(&m, "perf");
	made_string(&m, "record");
	made_end(&m);
	/* tracing data, which stands behind its record */
	made_record(&m, 66, 0);
	made_u32(&m, 13);
	made_end(&m);
	buf_fill(&m.b, 'x', 16);
	if (zstd)
		zip_zstd(buf_str(&r->b), 3, &packed);
	for (size_t at = 0; zstd && at < packed.n; at += 50) {
		made_record(&m, 81, 0);
		buf_add(&m.b, str_of(packed.p + at, MIN(packed.n - at, (size_t)50)));
		made_end(&m);
	}
	if (!zstd)
		buf_add(&m.b, buf_str(&r->b));
	buf_add(out, buf_str(&m.b));
	buf_fini(&m.b);
	buf_fini(&packed);
}

#endif
