/* block_parts.c - a block that is written into memory; see block.h */
#include "formats/block/block.h"

static int part_write(struct sink *s, struct str bytes, struct err *e)
{
	struct parts_sink *k = CONTAINER_OF(s, struct parts_sink, part);

	buf_add(&k->bytes, bytes);
	return buf_check(&k->bytes, "block", e);
}

static int part_close(struct sink *s, struct err *e)
{
	struct parts_sink *k = CONTAINER_OF(s, struct parts_sink, part);

	(void)e;
	k->to->part[k->at].bytes = buf_to_arena(&k->bytes, k->to->mem);
	return 0;
}

static struct sink *part_open(struct block_sink *s, struct str name, struct err *e)
{
	struct parts_sink *k = CONTAINER_OF(s, struct parts_sink, sink);

	(void)e;
	for (k->at = 0; !str_eq(k->to->part[k->at].name, name);)
		k->at++;
	buf_init(&k->bytes, SIZE_MAX / 2);
	return &k->part;
}

void block_parts_begin(struct parts_sink *k, struct block_parts *to)
{
	*k = (struct parts_sink){ .sink = { part_open }, .to = to, .part = { part_write, part_close } };
	*to = (struct block_parts){ .mem = arena_new(),
		.part = { { .name = STR("index.tsdb") }, { .name = STR("profiles.parquet") },
		    { .name = STR("symbols.symdb") }, { .name = STR("meta.json") } },
		.n_parts = 4 };
}

int block_parts_end(struct block_parts *p, int rc, struct err *e)
{
	if (rc == 0 && p->meta.n_profiles == 0)
		rc = err_set(e, ERR_NOTFOUND, "block: no rows");
	if (rc < 0)
		block_parts_free(p);
	return rc;
}

void block_parts_free(struct block_parts *p)
{
	arena_free(p->mem);
	*p = (struct block_parts){ 0 };
}

int block_writer_finish(struct block_writer *w, struct ulid id, struct block_parts *out, struct err *e)
{
	struct parts_sink k;

	block_parts_begin(&k, out);
	return block_parts_end(out, block_writer_write(w, id, &k.sink, out->mem, &out->meta, e), e);
}
