/*
 * pack.c - the writing half of archive.h. A member is
 *
 *	header 'x'      512 bytes, only when there are records
 *	records         "<length> <key>=<value>\n"; the length counts itself; filled with
 *	                zeros up to a multiple of 512
 *	header '0'      512 bytes
 *	data            filled with zeros up to a multiple of 512
 *
 * and a header, all numbers in octal digits, is
 *
 *	  0 name[100]   100 mode[8]    108 uid[8]     116 gid[8]    124 size[12]
 *	136 mtime[12]   148 sum[8]     156 type[1]    157 link[100]
 *	257 "ustar\0"   263 "00"       265 uname[32]  297 gname[32]
 *	329 major[8]    337 minor[8]   345 prefix[155]
 *
 * Two blocks of zeros end the archive.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "io/archive.h"

enum {
	BLOCK = 512,
	NAME_MAX_BYTES = 100,
	NAME_RECORD_MAX = 65536,
};

#define OCTAL_11_MAX ((UINT64_C(1) << 33) - 1)

struct pack {
	struct sink *k;
	struct buf head; /* of the member at hand, all before its data */
	bool failed;
	struct err err; /* the first error */
};

struct pack *pack_open(struct sink *k, struct err *e)
{
	struct pack *p = mem_zalloc(sizeof(*p));

	(void)e;
	p->k = k;
	buf_init(&p->head, 4 * BLOCK + ARCHIVE_LABELS_MAX + NAME_RECORD_MAX + 1024);
	return p;
}

static void put_octal(char *at, int digits, uint64_t v)
{
	for (int i = digits - 1; i >= 0; i--, v >>= 3)
		at[i] = (char)('0' + (v & 7));
}

static void put_header(struct buf *b, struct str name, char type, uint64_t size, uint64_t mtime)
{
	char h[BLOCK] = { 0 };
	uint64_t sum = 0;

	memcpy(h, name.p, MIN(name.n, (size_t)NAME_MAX_BYTES));
	put_octal(h + 100, 7, 0644);
	put_octal(h + 108, 7, 0);
	put_octal(h + 116, 7, 0);
	put_octal(h + 124, 11, size);
	put_octal(h + 136, 11, mtime);
	memset(h + 148, ' ', 8);
	h[156] = type;
	memcpy(h + 257,
	    "ustar\0"
	    "00",
	    8);
	put_octal(h + 329, 7, 0);
	put_octal(h + 337, 7, 0);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	put_octal(h + 148, 6, sum);
	h[154] = '\0';
	buf_add(b, str_of(h, BLOCK));
}

static size_t decimal_digits(size_t v)
{
	size_t n = 1;

	for (; v >= 10; v /= 10)
		n++;
	return n;
}

static void put_record(struct buf *b, const char *key, struct str value)
{
	size_t rest = 1 + strlen(key) + 1 + value.n + 1;
	size_t n = rest + decimal_digits(rest);

	/* The digits of the sum may be one more than those of what they count. */
	n = rest + decimal_digits(n);
	buf_printf(b, "%zu %s=", n, key);
	buf_add(b, value);
	buf_byte(b, '\n');
}

static void put_padding(struct buf *b, size_t n)
{
	buf_fill(b, '\0', (BLOCK - n % BLOCK) % BLOCK);
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* "1768471200.123456789", trailing zeros cut; before 1970 the fraction counts downwards. */
static void put_mtime_record(struct buf *b, int64_t ns)
{
	uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	char text[40];
	int n = snprintf(text, sizeof(text), "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "", u / (uint64_t)NS_PER_S,
	    u % (uint64_t)NS_PER_S);

	while (text[n - 1] == '0')
		n--;
	n -= text[n - 1] == '.';
	put_record(b, "mtime", str_of(text, (size_t)n));
}

/* What does not fit into the plain header. */
static void put_records(struct buf *b, const struct member *m, uint64_t size)
{
	char text[24];

	if (m->name.n > NAME_MAX_BYTES || !is_ascii(m->name))
		put_record(b, "path", m->name);
	if (size > OCTAL_11_MAX) {
		snprintf(text, sizeof(text), "%" PRIu64, size);
		put_record(b, "size", str_cstr(text));
	}
	if (m->mtime < 0 || m->mtime % NS_PER_S)
		put_mtime_record(b, m->mtime);
	if (m->labels.n)
		put_record(b, "SCHILY.xattr.user.pyro.labels", m->labels);
}

static void put_member(struct buf *b, const struct member *m, uint64_t size)
{
	uint64_t mtime = m->mtime < 0 ? 0 : (uint64_t)(m->mtime / NS_PER_S);
	size_t records;

	put_header(b, STR("PaxHeaders/member"), 'x', 0, mtime);
	put_records(b, m, size);
	records = b->n - BLOCK;
	if (records == 0) {
		buf_reset(b);
	} else {
		struct buf head;

		buf_init(&head, BLOCK);
		put_header(&head, STR("PaxHeaders/member"), 'x', records, mtime);
		memcpy(b->p, head.p, BLOCK);
		buf_fini(&head);
		put_padding(b, records);
	}
	put_header(b, m->name, '0', MIN(size, OCTAL_11_MAX), mtime);
}

static int pack_write(struct pack *p, struct str bytes, struct err *e)
{
	if (!p->failed && sink_write(p->k, bytes, &p->err) < 0)
		p->failed = true;
	if (!p->failed)
		return 0;
	if (e)
		*e = p->err;
	return -1;
}

int pack_add(struct pack *p, const struct member *m, struct str bytes, struct err *e)
{
	static const char zeros[BLOCK];

	if (m->labels.n > ARCHIVE_LABELS_MAX)
		return err_set(e, ERR_LIMIT, "archive: user.pyro.labels has %zu bytes, more than %d", m->labels.n,
		    ARCHIVE_LABELS_MAX);
	if (m->name.n == 0 || m->name.n > NAME_RECORD_MAX || str_find(m->name, '\0') < m->name.n)
		return err_set(e, ERR_INVALID,
		    "archive: a name of %zu bytes, empty, too long or "
		    "with a NUL, cannot be written",
		    m->name.n);
	buf_reset(&p->head);
	put_member(&p->head, m, bytes.n);
	assert(!p->head.over);
	if (pack_write(p, buf_str(&p->head), e) < 0 || pack_write(p, bytes, e) < 0)
		return -1;
	return pack_write(p, str_of(zeros, (BLOCK - bytes.n % BLOCK) % BLOCK), e);
}

int pack_close(struct pack *p, struct err *e)
{
	static const char end[2 * BLOCK];
	int rc;

	if (p == NULL)
		return 0;
	rc = pack_write(p, str_of(end, sizeof(end)), e);
	buf_fini(&p->head);
	mem_free(p);
	return rc;
}
