/*
 * archive.c - the reading half of archive.h: tar, zip and cpio by libarchive,
 * and the compressions that it knows and we do not.
 */
#include "io/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>

#include "base/mem.h"
#include "io/lazy.h"

/* clang-format off */
#define ARCHIVE_CALLS(X) \
	X(archive_entry_filetype) X(archive_entry_hardlink) X(archive_entry_mtime) \
	X(archive_entry_mtime_is_set) X(archive_entry_mtime_nsec) X(archive_entry_pathname) \
	X(archive_entry_pathname_utf8) X(archive_entry_size) X(archive_entry_size_is_set) \
	X(archive_entry_xattr_next) X(archive_entry_xattr_reset) X(archive_error_string) X(archive_filter_count) \
	X(archive_format) X(archive_read_data) X(archive_read_free) \
	X(archive_read_new) X(archive_read_next_header) X(archive_read_open) X(archive_read_open_memory) \
	X(archive_read_support_filter_bzip2) X(archive_read_support_filter_lz4) X(archive_read_support_filter_xz) \
	X(archive_read_support_format_raw) \
	X(archive_read_set_format_option) X(archive_read_support_format_cpio) X(archive_read_support_format_tar) \
	X(archive_read_support_format_zip_streamable) X(archive_set_error)
/* clang-format on */

static struct {
	ARCHIVE_CALLS(LAZY_FIELD)
} lib;

static const struct lazy_call calls[] = { ARCHIVE_CALLS(LAZY_CALL) };
static struct lazy archive = LAZY("libarchive.so.13", calls, &lib);

enum { BLOCK = 512, EMPTY_TAR = 20 * BLOCK }; /* EMPTY_TAR: what tar writes at once */

static const char LABELS[] = "user.pyro.labels";

static uint64_t octal(struct str s)
{
	uint64_t v = 0;

	s = str_trim(s);
	for (size_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '7'; i++)
		v = v * 8 + (uint64_t)(s.p[i] - '0');
	return v;
}

/* The sum of the header's bytes, its own field taken as blanks, stands at 148. */
static bool is_tar(struct str s)
{
	uint64_t sum = 8 * ' ', any = 0;

	if (s.n < BLOCK)
		return false;
	for (size_t i = 0; i < BLOCK; i++) {
		any |= (unsigned char)s.p[i];
		if (i < 148 || i >= 156)
			sum += (unsigned char)s.p[i];
	}
	/* A block of zeros is the end of a tar: one without members. */
	return any == 0 || sum == octal(str_of(s.p + 148, 8));
}

int archive_like(struct src *s, struct err *e)
{
	struct str head;

	if (src_peek(s, BLOCK, &head, e) < 0)
		return -1;
	return is_tar(head) || str_prefix(head, STR("PK\3\4")) || str_prefix(head, STR("PK\5\6")) ||
	    str_prefix(head, STR("070701")) || str_prefix(head, STR("070702")) || str_prefix(head, STR("070707"));
}

struct unpack {
	struct archive *a;
	struct src *s;
	struct arena *names; /* of the current member */
	size_t taken;        /* bytes lent to libarchive, to be skipped before the next peek */
	size_t zeros;        /* zero bytes at the end of what was lent, counted up to a block */
	uint64_t lent;       /* bytes in all */
	bool any;            /* of them is not zero */
	bool src_failed;
	struct err err; /* of the src */
};

static size_t zeros_behind(struct str s)
{
	size_t n = 0;

	while (n < s.n && n < BLOCK && s.p[s.n - 1 - n] == '\0')
		n++;
	return n;
}

static bool is_zero(struct str s)
{
	return s.n == 0 || (s.p[0] == '\0' && memcmp(s.p, s.p + 1, s.n - 1) == 0);
}

static la_ssize_t unpack_fill(struct archive *a, void *owner, const void **p)
{
	struct unpack *u = owner;
	struct str got;
	size_t zeros;

	src_skip(u->s, u->taken);
	u->taken = 0;
	if (src_peek(u->s, 1, &got, &u->err) < 0) {
		u->src_failed = true;
		lib.archive_set_error(a, -1, "read");
		return -1;
	}
	u->taken = got.n;
	u->lent += got.n;
	u->any = u->any || !is_zero(got);
	zeros = zeros_behind(got);
	u->zeros = zeros == got.n ? MIN(u->zeros + zeros, (size_t)BLOCK) : zeros;
	*p = got.p;
	return (la_ssize_t)got.n;
}

/* Blocks of zeros are a tar without members, but nobody writes more than EMPTY_TAR of them. */
static int only_zeros(const struct unpack *u, struct err *e)
{
	return err_set(e, ERR_CORRUPT,
	    "%llu bytes that are all zero: nothing was written there; record or copy it again",
	    (unsigned long long)u->lent);
}

static int unpack_fail(struct unpack *u, struct err *e)
{
	const char *why = lib.archive_error_string(u->a);

	if (u->src_failed) {
		if (e)
			*e = u->err;
		return -1;
	}
	if (u->lent > 0 && !u->any)
		return only_zeros(u, e);
	return err_set(e, ERR_CORRUPT, "archive: %s", why ? why : "broken data");
}

struct unpack *unpack_open(struct src *s, struct err *e)
{
	struct unpack *u;

	if (lazy_load(&archive, e) < 0) {
		src_close(s);
		return NULL;
	}
	u = mem_zalloc(sizeof(*u));
	u->s = s;
	u->names = arena_new();
	u->a = lib.archive_read_new();
	assert(u->a);
	lib.archive_read_support_format_tar(u->a);
	lib.archive_read_support_format_zip_streamable(u->a);
	lib.archive_read_support_format_cpio(u->a);
	/* cat a.tar b.tar is a tar as well. */
	lib.archive_read_set_format_option(u->a, "tar", "read_concatenated_archives", "1");
	if (lib.archive_read_open(u->a, u, NULL, unpack_fill, NULL) != ARCHIVE_OK) {
		unpack_fail(u, e);
		unpack_close(u);
		return NULL;
	}
	return u;
}

/* libarchive keeps names in the character set of the locale or in UTF-8; here both are bytes. */
static struct str entry_name(struct unpack *u, struct archive_entry *entry)
{
	const char *name = lib.archive_entry_pathname_utf8(entry);

	if (name == NULL)
		name = lib.archive_entry_pathname(entry);
	return arena_str(u->names, str_cstr(name));
}

static int entry_labels(struct unpack *u, struct archive_entry *entry, struct str *out, struct err *e)
{
	const char *name;
	const void *value;
	size_t n;

	*out = STR("");
	lib.archive_entry_xattr_reset(entry);
	while (lib.archive_entry_xattr_next(entry, &name, &value, &n) == ARCHIVE_OK) {
		if (name == NULL || strcmp(name, LABELS) != 0)
			continue;
		if (n > ARCHIVE_LABELS_MAX)
			return err_set(e, ERR_LIMIT, "archive: %s has %zu bytes, more than %d", LABELS, n,
			    ARCHIVE_LABELS_MAX);
		*out = arena_str(u->names, str_of(value, n));
	}
	return 0;
}

static int64_t entry_mtime(struct archive_entry *entry)
{
	int64_t ns;

	if (!lib.archive_entry_mtime_is_set(entry) ||
	    __builtin_mul_overflow((int64_t)lib.archive_entry_mtime(entry), NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)lib.archive_entry_mtime_nsec(entry), &ns))
		return 0;
	return ns;
}

int unpack_next(struct unpack *u, struct member *m, struct err *e)
{
	struct archive_entry *entry;
	int rc = lib.archive_read_next_header(u->a, &entry);

	if (rc == ARCHIVE_EOF) {
		/* libarchive is content when a tar breaks off between two members. */
		if ((lib.archive_format(u->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR && u->zeros < BLOCK)
			return err_set(e, ERR_CORRUPT, "archive: unexpected EOF (no end of tar)");
		return u->lent > EMPTY_TAR && !u->any ? only_zeros(u, e) : 0;
	}
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return unpack_fail(u, e);
	arena_reset(u->names);
	*m = (struct member){
		.name = entry_name(u, entry),
		.mtime = entry_mtime(entry),
		.size = (uint64_t)MAX(lib.archive_entry_size(entry), (la_int64_t)0),
		.sized = lib.archive_entry_size_is_set(entry),
		.regular = lib.archive_entry_filetype(entry) == AE_IFREG && lib.archive_entry_hardlink(entry) == NULL,
	};
	return entry_labels(u, entry, &m->labels, e) < 0 ? -1 : 1;
}

/* 1: libarchive failed, and knows why. */
static int read_data(struct archive *a, const char *what, size_t limit, struct buf *out, struct err *e)
{
	size_t left = limit, step = 4096;

	for (;;) {
		char extra;
		size_t room = MIN(MIN(step, left), out->max - out->n);
		la_ssize_t n;

		if (room && !buf_room(out, room))
			return buf_check(out, "archive", e);
		n = lib.archive_read_data(a, room ? out->p + out->n : &extra, room ? room : 1);
		if (n < 0)
			return 1;
		if (n == 0)
			return 0;
		if (room == 0)
			return err_set(e, ERR_LIMIT, "%s is larger than %zu bytes", what, limit);
		out->n += (size_t)n;
		left -= (size_t)n;
		step = MIN(step * 2, (size_t)1 << 20);
	}
}

int unpack_read(struct unpack *u, size_t limit, struct buf *out, struct err *e)
{
	int rc = read_data(u->a, "archive: member", limit, out, e);

	return rc > 0 ? unpack_fail(u, e) : rc;
}

void unpack_close(struct unpack *u)
{
	if (u == NULL)
		return;
	lib.archive_read_free(u->a);
	src_close(u->s);
	arena_free(u->names);
	mem_free(u);
}

/* ---- compressions ---- */

const char *archive_packed(struct str s)
{
	static const struct {
		const char *name;
		struct str magic;
	} kinds[] = {
		{ "xz", { "\3757zXZ\0", 6 } }, { "lz4", { "\4\"M\30", 4 } },
		{ "bzip2", { "BZh", 3 } }, /* a digit and the number pi follow */
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_prefix(s, kinds[i].magic) &&
		    (kinds[i].magic.n > 3 || str_prefix(str_skip(s, 4), STR("\x31\x41\x59\x26\x53\x59"))))
			return kinds[i].name;
	return NULL;
}

static int take_off(struct archive *a, struct str in, size_t limit, struct buf *out, struct err *e)
{
	const char *name = archive_packed(in), *why;
	struct archive_entry *entry;
	int rc = 1;

	if (lib.archive_read_open_memory(a, in.p, in.n) == ARCHIVE_OK &&
	    lib.archive_read_next_header(a, &entry) == ARCHIVE_OK && lib.archive_filter_count(a) > 1)
		rc = read_data(a, "what is packed", limit, out, e);
	if (rc > 0) {
		why = lib.archive_error_string(a);
		rc = err_set(e, ERR_CORRUPT, "%s", why ? why : "broken data");
	}
	return rc < 0 ? err_wrap(e, "%s", name ? name : "packed") : 0;
}

int archive_unpack(struct str in, size_t limit, struct buf *out, struct err *e)
{
	struct archive *a;
	int rc;

	if (lazy_load(&archive, e) < 0)
		return -1;
	a = lib.archive_read_new();
	assert(a);
	lib.archive_read_support_filter_bzip2(a);
	lib.archive_read_support_filter_lz4(a);
	lib.archive_read_support_filter_xz(a);
	lib.archive_read_support_format_raw(a);
	rc = take_off(a, in, limit, out, e);
	lib.archive_read_free(a);
	return rc;
}
