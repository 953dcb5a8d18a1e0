/*
 * stream.c - the ends of streams in memory, and the calls over all of them.
 */
#include "base/stream.h"

#include <inttypes.h>

#include "base/mem.h"

void src_close(struct src *s)
{
	if (s)
		s->close(s);
}

int src_all(struct src *s, size_t limit, struct buf *out, struct err *e)
{
	size_t total = 0;

	for (;;) {
		struct str got;

		if (src_peek(s, 1, &got, e) < 0)
			return -1;
		if (got.n == 0)
			return buf_check(out, "input", e);
		if (got.n > limit - total)
			return err_set(e, ERR_LIMIT, "input: larger than %zu bytes", limit);
		buf_add(out, got);
		if (out->over)
			return buf_check(out, "input", e);
		total += got.n;
		src_skip(s, got.n);
	}
}

int sink_write(struct sink *k, struct str bytes, struct err *e)
{
	return bytes.n ? k->write(k, bytes, e) : 0;
}

int sink_close(struct sink *k, struct err *e)
{
	return k ? k->close(k, e) : 0;
}

int blob_read(struct blob *b, struct arena *a, uint64_t off, size_t n, struct str *out, struct err *e)
{
	if (off > b->size || n > b->size - off)
		return err_set(e, ERR_CORRUPT, "%zu bytes at offset %" PRIu64 " reach past the end (%" PRIu64 " bytes)",
		    n, off, b->size);
	if (n == 0) {
		*out = STR("");
		return 0;
	}
	return b->read_at(b, a, off, n, out, e);
}

void blob_rest(struct blob *b)
{
	if (b != NULL && b->rest != NULL)
		b->rest(b);
}

void blob_close(struct blob *b)
{
	if (b)
		b->close(b);
}

struct mem_src {
	struct src src;
	struct str left;
};

static int mem_src_peek(struct src *s, size_t want, struct str *got, struct err *e)
{
	(void)want;
	(void)e;
	*got = CONTAINER_OF(s, struct mem_src, src)->left;
	return 0;
}

static void mem_src_skip(struct src *s, size_t n)
{
	struct mem_src *m = CONTAINER_OF(s, struct mem_src, src);

	assert(n <= m->left.n);
	m->left = str_skip(m->left, n);
}

static void mem_src_close(struct src *s)
{
	mem_free(CONTAINER_OF(s, struct mem_src, src));
}

struct src *src_mem(struct str bytes)
{
	struct mem_src *m = mem_alloc(sizeof(*m));

	*m = (struct mem_src){ { mem_src_peek, mem_src_skip, mem_src_close }, bytes };
	return &m->src;
}

struct mem_sink {
	struct sink sink;
	struct buf *out;
};

static int mem_sink_write(struct sink *k, struct str bytes, struct err *e)
{
	struct buf *out = CONTAINER_OF(k, struct mem_sink, sink)->out;

	buf_add(out, bytes);
	return buf_check(out, "output", e);
}

static int mem_sink_close(struct sink *k, struct err *e)
{
	struct mem_sink *m = CONTAINER_OF(k, struct mem_sink, sink);
	int rc = buf_check(m->out, "output", e);

	mem_free(m);
	return rc;
}

struct sink *sink_mem(struct buf *out)
{
	struct mem_sink *m = mem_alloc(sizeof(*m));

	*m = (struct mem_sink){ { mem_sink_write, mem_sink_close }, out };
	return &m->sink;
}

struct mem_blob {
	struct blob blob;
	const char *p;
};

static int mem_blob_read(struct blob *b, struct arena *a, uint64_t off, size_t n, struct str *out, struct err *e)
{
	(void)a;
	(void)e;
	*out = str_of(CONTAINER_OF(b, struct mem_blob, blob)->p + off, n);
	return 0;
}

static void mem_blob_close(struct blob *b)
{
	mem_free(CONTAINER_OF(b, struct mem_blob, blob));
}

struct blob *blob_mem(struct str bytes)
{
	struct mem_blob *m = mem_alloc(sizeof(*m));

	*m = (struct mem_blob){ { bytes.n, mem_blob_read, mem_blob_close, NULL }, bytes.p };
	return &m->blob;
}

struct blob *blobs_open(struct blobs *s, struct str name, struct err *e)
{
	return s->open(s, name, e);
}

void blobs_close(struct blobs *s)
{
	if (s)
		s->close(s);
}
