/*
 * perf_file.h - perf.data taken apart: what was measured, the notes of the
 * recording, and its records in the order of time. What records mean is the
 * business of perf_data.c.
 *
 *	header   := "PERFILE2" size u64 attr_size u64 section(attrs) section(data) section(types) features u64[4]
 *	section  := offset u64 size u64
 *	attrs    := (perf_event_attr section(ids u64[]))*      attr_size each
 *	data     := record*
 *	behind it   section for each feature bit that is set
 *	record   := type u32 misc u16 size u16 body            size counts the header
 *
 * Numbers are in the byte order of the machine that recorded: the magic reads
 * "2ELIFREP" when it is big endian. A pipe has only the magic and 16 for the
 * size; attributes and features are records then. COMPRESSED records are
 * pieces of one zstd stream of records; all of it is unpacked together.
 *
 * Source: include/uapi/linux/perf_event.h, perf.data-file-format.txt of the
 * kernel; own recordings.
 */
#ifndef PERF_FILE_H
#define PERF_FILE_H

#include "formats/format.h"
#include "formats/profile_impl.h"

enum { /* of records */
	PERF_MMAP = 1,
	PERF_COMM = 3,
	PERF_EXIT = 4,
	PERF_FORK = 7,
	PERF_SAMPLE = 9,
	PERF_MMAP2 = 10,
};

enum { /* of sample_type */
	PERF_HAS_IP = 1 << 0,
	PERF_HAS_TID = 1 << 1,
	PERF_HAS_TIME = 1 << 2,
	PERF_HAS_ADDR = 1 << 3,
	PERF_HAS_READ = 1 << 4,
	PERF_HAS_CALLCHAIN = 1 << 5,
	PERF_HAS_ID = 1 << 6,
	PERF_HAS_CPU = 1 << 7,
	PERF_HAS_PERIOD = 1 << 8,
	PERF_HAS_STREAM_ID = 1 << 9,
	PERF_HAS_RAW = 1 << 10,
	PERF_HAS_BRANCHES = 1 << 11,
	PERF_HAS_USER_REGS = 1 << 12,
	PERF_HAS_USER_STACK = 1 << 13,
	PERF_HAS_IDENTIFIER = 1 << 16,
};

struct perf_attr {
	struct str name; /* of the event */
	uint64_t config, period, sample_type, read_format, branch_type;
	uint64_t user_regs; /* which are dumped with a sample */
	uint32_t type;
	bool freq, id_all; /* id_all: other records have time and id too */
};

struct perf_record {
	const char *p; /* its header; all of it is there */
	uint64_t time; /* ns of the recorder's clock; of a record without, that of the one before */
};

struct perf_build_id {
	struct str file, id; /* id: hex */
};

struct perf_file {
	struct arena *a;
	struct str bytes;
	bool big;
	struct perf_attr *attrs;
	uint32_t n_attrs, cap_attrs;
	uint64_t *ids; /* of events, with the attr of each */
	uint32_t *id_attrs;
	uint32_t n_ids, cap_ids, cap_id_attrs;
	struct table id_index;
	struct perf_record *records; /* of the kinds above */
	uint32_t n_records, cap_records;
	struct perf_build_id *build_ids;
	uint32_t n_build_ids, cap_build_ids;
	struct str cmdline;
	bool has_wall;
	uint64_t wall, clock; /* the same moment, ns */
	struct format_notes *notes;
};

/* ERR_CORRUPT says at which byte what is wrong; a last record that is cut is noted. */
int perf_file_open(struct perf_file *f, struct arena *a, struct str bytes, bool lenient, struct format_notes *notes,
    struct err *e);
/* The attr of an event's id, or the first. */
uint32_t perf_file_attr(const struct perf_file *f, uint64_t id);

/* Numbers at p, in the byte order of the file. */
static inline uint16_t perf_u16(const struct perf_file *f, const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return f->big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap16(v);
}

static inline uint32_t perf_u32(const struct perf_file *f, const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return f->big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap32(v);
}

static inline uint64_t perf_u64(const struct perf_file *f, const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return f->big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap64(v);
}

static inline uint32_t perf_record_type(const struct perf_file *f, const char *record)
{
	return perf_u32(f, record);
}

static inline uint16_t perf_record_misc(const struct perf_file *f, const char *record)
{
	return perf_u16(f, record + 4);
}

/* What is behind the header of a record. */
static inline struct str perf_record_body(const struct perf_file *f, const char *record)
{
	return str_of(record + 8, (size_t)perf_u16(f, record + 6) - 8);
}

#endif
