/* block_reader.c - the reading half of block.h */
#include "formats/block/block_impl.h"

#include "base/hash.h"
#include "base/mem.h"
#include "formats/query/label_set.h"
#include "formats/symbols/symtables.h"

/* ---- parts ---- */

static struct str base_name(struct str path)
{
	size_t slash = str_rfind(path, '/');

	return slash < path.n ? str_skip(path, slash + 1) : path;
}

static int open_path(struct open_block *b, struct str path, struct blob **out, struct err *e)
{
	*out = blobs_open(b->parts, path, e);
	return *out ? 0 : -1;
}

int block_part(struct open_block *b, struct str base, struct blob **out, struct err *e)
{
	const struct block_meta *m = &b->face.meta;

	*out = NULL;
	for (uint32_t i = 0; i < m->n_files; i++)
		if (str_eq(base_name(m->files[i].path), base))
			return open_path(b, m->files[i].path, out, e);
	return 0;
}

static int need_part(struct open_block *b, struct str base, struct blob **out, struct err *e)
{
	if (block_part(b, base, out, e) < 0)
		return -1;
	return *out ? 0 : err_set(e, ERR_CORRUPT, "meta.json: no file " STR_FMT, STR_ARG(base));
}

int block_index(struct open_block *b, struct index **out, struct err *e)
{
	struct str bytes;

	if (b->index == NULL) {
		if (b->index_blob == NULL && need_part(b, STR("index.tsdb"), &b->index_blob, e) < 0)
			return -1;
		arena_free(b->index_mem);
		b->index_mem = arena_new();
		if (blob_read(b->index_blob, b->index_mem, 0, (size_t)b->index_blob->size, &bytes, e) < 0)
			return err_wrap(e, "index.tsdb");
		b->index = index_open(bytes, e);
		if (b->index == NULL)
			return err_wrap(e, "index.tsdb");
	}
	*out = b->index;
	return 0;
}

int block_profiles(struct open_block *b, struct profiles_table **out, struct err *e)
{
	struct blob *blob;

	if (b->profiles == NULL) {
		if (need_part(b, STR("profiles.parquet"), &blob, e) < 0)
			return -1;
		b->profiles = profiles_open(blob, BLOCK_CACHE, e);
		if (b->profiles == NULL)
			return -1;
		if (b->pages != NULL)
			profiles_share(b->profiles, b->pages);
	}
	*out = b->profiles;
	return 0;
}

/* ---- symbols ---- */

static int open_tables(struct open_block *b, struct symdb_tables **out, struct err *e)
{
	static const struct str names[SYMDB_TABLES] = {
		[SYMDB_STRINGS] = { "strings.parquet", 15 },
		[SYMDB_MAPPINGS] = { "mappings.parquet", 16 },
		[SYMDB_FUNCTIONS] = { "functions.parquet", 17 },
		[SYMDB_LOCATIONS] = { "locations.parquet", 17 },
		[SYMDB_STACKS] = { "stacktraces.parquet", 19 },
	};
	struct blob *files[SYMDB_TABLES] = { NULL };

	for (int i = 0; i < SYMDB_TABLES; i++)
		if (block_part(b, names[i], &files[i], e) < 0) {
			while (i--)
				blob_close(files[i]);
			return -1;
		}
	*out = symtables_open(files, e);
	return *out ? 0 : -1;
}

static int open_files(struct open_block *b, struct symdb_files *f, struct err *e)
{
	*f = (struct symdb_files){ 0 };
	if (block_part(b, STR("symbols.symdb"), &f->symbols, e) < 0)
		return -1;
	if (f->symbols)
		return 0;
	if (block_part(b, STR("index.symdb"), &f->index, e) < 0 ||
	    block_part(b, STR("stacktraces.symdb"), &f->stacktraces, e) < 0)
		return -1;
	return open_tables(b, &f->tables, e);
}

static int open_symbols(struct open_block *b, struct err *e)
{
	struct symdb_files f;
	uint32_t n;

	if (open_files(b, &f, e) < 0) {
		blob_close(f.symbols);
		blob_close(f.index);
		blob_close(f.stacktraces);
		return -1;
	}
	b->symdb = symdb_open(&f, e);
	if (b->symdb == NULL)
		return -1;
	n = symdb_partitions(b->symdb, &b->ids);
	b->symbols = mem_zarray(n, sizeof(struct symbols *));
	map_reserve(&b->by_id, n);
	for (uint32_t i = 0; i < n; i++)
		map_put(&b->by_id, hash_mix(b->ids[i], 0), i);
	b->face.set.n_partitions = n;
	return 0;
}

bool block_partition_of(const struct open_block *b, uint64_t id, uint32_t *out)
{
	struct map_at at = map_find(&b->by_id, hash_mix(id, 0));

	while (map_next(&at, out))
		if (b->ids[*out] == id)
			return true;
	return false;
}

int block_symbols(struct open_block *b, uint32_t partition, struct symbols **out, struct err *e)
{
	assert(partition < b->face.set.n_partitions);
	if (b->symbols[partition] == NULL && symdb_partition(b->symdb, partition, &b->symbols[partition], e) < 0) {
		b->symbols[partition] = NULL;
		return -1;
	}
	*out = b->symbols[partition];
	return 0;
}

static int wrap(struct open_block *b, int rc, struct err *e)
{
	char id[ULID_TEXT + 1];

	if (rc == 0)
		return 0;
	ulid_print(b->face.meta.ulid, id);
	return err_wrap(e, "block %s", id);
}

/* ---- the dataset ---- */

static int set_series(struct dataset *d, struct arena *a, const struct selector *s, struct series_list *out,
    struct err *e)
{
	struct open_block *b = open_block_of(d);
	struct index *ix;
	int rc = block_index(b, &ix, e);

	if (rc == 0)
		rc = index_select(ix, a, s, out, e);
	return wrap(b, rc, e);
}

/* Nothing is new in a block. */
static int set_since(struct dataset *d, struct arena *a, const struct selector *s, uint32_t since,
    struct series_list *out, uint32_t *now, struct err *e)
{
	*now = 1;
	*out = (struct series_list){ 0 };
	return since > 0 ? 0 : set_series(d, a, s, out, e);
}

static struct label_views **set_views(struct dataset *d)
{
	return &open_block_of(d)->views;
}

static int set_symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e)
{
	struct open_block *b = open_block_of(d);

	return wrap(b, block_symbols(b, partition, out, e), e);
}

/* Decoded for this alone, unless they are there: they take most of the memory that a block does. The first ones become
   those of the pool. */
static int unite(struct open_block *b, uint32_t partition, struct symbol_pool *pool, struct pooled *p, struct err *e)
{
	struct symbols *s = b->symbols[partition];

	if (s == NULL && symdb_partition(b->symdb, partition, &s, e) < 0)
		return -1;
	p->n = (uint32_t)s->nodes.n;
	p->generation = pool->generation;
	if (pool->largest == 0 && s != b->symbols[partition]) {
		symbols_free(pool->symbols);
		pool->symbols = s;
		p->runs.n = 0;
		vec_push(&p->runs, ((struct sym_run){ 0, 0 }));
	} else {
		symbols_unite(pool->symbols, s, &p->runs);
		if (s != b->symbols[partition])
			symbols_free(s);
	}
	vec_fit(&p->runs);
	pool->largest = MAX(pool->largest, p->n);
	return 0;
}

static int set_shared(struct dataset *d, uint32_t partition, struct shared_symbols *out, struct err *e)
{
	struct open_block *b = open_block_of(d);
	struct symbol_pool *pool = symbol_pool_of(b->pools, b->owner, b->ids[partition]);
	struct pooled *p;

	if (b->pooled == NULL)
		b->pooled = mem_zarray(d->n_partitions, sizeof(*b->pooled));
	p = &b->pooled[partition];
	pool->used = *b->now;
	if (p->generation != pool->generation && unite(b, partition, pool, p, e) < 0)
		return wrap(b, -1, e);
	*out = (struct shared_symbols){ pool->symbols, pool->id, pool->generation, p->runs.p, p->runs.n, p->n };
	return 0;
}

/* A scan on its way: from rows of the table to rows of the dataset. */
struct scanning {
	struct open_block *b;
	const struct scan *s;
	uint64_t id; /* of the partition of the row before */
	uint32_t partition;
	bool known, translates;
};

static int enter_partition(struct scanning *x, uint64_t id, struct err *e)
{
	struct symbols *s;

	if (!block_partition_of(x->b, id, &x->partition))
		return err_set(e, ERR_CORRUPT, "profiles.parquet: a row of partition %016llx, which has no symbols",
		    (unsigned long long)id);
	x->id = id;
	x->known = true;
	x->translates = symdb_translates(x->b->symdb, x->partition);
	return x->translates && x->s->samples ? block_symbols(x->b, x->partition, &s, e) : 0;
}

/* Stack ids of old blocks become nodes. */
static int translate(struct scanning *x, struct row *r, struct err *e)
{
	struct open_block *b = x->b;

	b->nodes.n = 0;
	vec_reserve(&b->nodes, r->n);
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t node = symdb_node(b->symdb, x->partition, r->stacks[i]);

		if (node == UINT32_MAX)
			return err_set(e, ERR_CORRUPT, "profiles.parquet: stack %u is not in the symbols",
			    r->stacks[i]);
		b->nodes.p[i] = node;
	}
	r->stacks = b->nodes.p;
	return 0;
}

static int scan_row(void *ctx, const struct profiles_row *p, struct err *e)
{
	struct scanning *x = ctx;
	struct row r = { .series = p->series,
		.time = p->time,
		.duration = p->duration,
		.total = p->total,
		.n = p->n,
		.stacks = p->stacks,
		.values = p->values,
		.spans = p->spans };

	if (UNLIKELY(!x->known || p->partition != x->id) && enter_partition(x, p->partition, e) < 0)
		return -1;
	r.partition = x->partition;
	memcpy(r.id, p->id, sizeof(r.id));
	if (UNLIKELY(x->translates) && r.n && translate(x, &r, e) < 0)
		return -1;
	return x->s->row(x->s->ctx, &r, e);
}

static int set_scan(struct dataset *d, const struct scan *s, struct err *e)
{
	struct open_block *b = open_block_of(d);
	struct scanning x = { .b = b, .s = s };
	struct profiles_scan p = { .from = s->from,
		.to = s->to,
		.samples = s->samples,
		.spans = s->spans,
		.ids = s->ids,
		.summed = s->summed,
		.piece = s->piece,
		.row = scan_row,
		.ctx = &x };
	struct profiles_table *t;

	if (s->n_series == 0 || s->from > d->max_time || s->to < d->min_time)
		return 0;
	if (block_profiles(b, &t, e) < 0)
		return wrap(b, -1, e);
	b->wanted.n = 0;
	vec_reserve(&b->wanted, s->n_series);
	for (uint32_t i = 0; i < s->n_series; i++)
		b->wanted.p[b->wanted.n++] = s->series[i].number;
	p.series = b->wanted.p;
	p.n_series = s->n_series;
	return wrap(b, profiles_scan(t, &p, e), e);
}

static void set_sizes(struct dataset *d, struct dataset_sizes *out)
{
	const struct block_meta *m = &open_block_of(d)->face.meta;

	*out = (struct dataset_sizes){ .stored = true };
	for (uint32_t i = 0; i < m->n_files; i++) {
		struct str path = m->files[i].path;
		uint64_t *to = str_eq(path, STR("index.tsdb")) ? &out->index
		    : str_eq(path, STR("profiles.parquet"))    ? &out->profiles
							       : &out->symbols;

		*to += m->files[i].size;
	}
}

/* Nothing is added to symbols of a block; what was read of its files is decoded, and pages of it count as memory. */
static void set_rest(struct dataset *d)
{
	struct open_block *b = open_block_of(d);

	blob_rest(b->index_blob);
	if (b->symdb != NULL)
		symdb_rest(b->symdb);

	for (uint32_t i = 0; i < d->n_partitions; i++)
		if (b->symbols[i] != NULL)
			symbols_rest(b->symbols[i]);
}

static const struct dataset_ops ops = {
	.series = set_series,
	.scan = set_scan,
	.symbols = set_symbols,
	.sizes = set_sizes,
	.series_since = set_since,
	.views = set_views,
	.rest = set_rest,
};

/* ---- opening ---- */

static int64_t ns_of_ms(int64_t ms)
{
	return ms > INT64_MAX / NS_PER_MS ? INT64_MAX : ms < INT64_MIN / NS_PER_MS ? INT64_MIN : ms * NS_PER_MS;
}

static int read_meta(struct open_block *b, struct err *e)
{
	enum { MAX_META = 64 << 20 };
	struct block_meta *m = &b->face.meta;
	struct blob *blob;
	struct arena *a;
	struct str json;
	int rc;

	if (open_path(b, STR("meta.json"), &blob, e) < 0)
		return -1;
	a = arena_new();
	rc = blob->size > MAX_META ? err_set(e, ERR_LIMIT, "larger than %d bytes", MAX_META)
				   : blob_read(blob, a, 0, (size_t)blob->size, &json, e);
	if (rc == 0)
		rc = block_meta_parse(b->mem, json, m, e);
	blob_close(blob);
	arena_free(a);
	if (rc < 0)
		return err_wrap(e, "meta.json");
	/* Times are cut to ms: the last row may be later by what was cut off. */
	b->face.set.min_time = ns_of_ms(m->min_time);
	b->face.set.max_time = ns_of_ms(m->max_time);
	if (b->face.set.max_time <= INT64_MAX - NS_PER_MS)
		b->face.set.max_time += NS_PER_MS - 1;
	return 0;
}

struct block *block_open(struct blobs *parts, struct err *e)
{
	struct open_block *b = mem_zalloc(sizeof(*b));

	b->parts = parts;
	b->mem = arena_new();
	b->face.set.ops = &ops;
	if (read_meta(b, e) == 0 && wrap(b, open_symbols(b, e), e) == 0)
		return &b->face;
	block_close(&b->face);
	return NULL;
}

void block_share(struct block *block, struct page_cache *c)
{
	((struct open_block *)block)->pages = c;
}

void block_pool(struct block *block, struct symbol_pools *pools, uint64_t owner, uint64_t *now)
{
	struct open_block *b = (struct open_block *)block;

	b->pools = pools;
	b->owner = owner;
	b->now = now;
	b->ops = ops;
	b->ops.shared = set_shared;
	b->face.set.ops = &b->ops;
}

static void forget_pooled(struct open_block *b)
{
	for (uint32_t i = 0; b->pooled != NULL && i < b->face.set.n_partitions; i++)
		vec_free(&b->pooled[i].runs);
	mem_free(b->pooled);
	b->pooled = NULL;
}

void block_forget_symbols(struct block *block)
{
	struct open_block *b = (struct open_block *)block;

	for (uint32_t i = 0; b->symbols && i < b->face.set.n_partitions; i++) {
		symbols_free(b->symbols[i]);
		b->symbols[i] = NULL;
	}
}

void block_forget(struct block *block)
{
	struct open_block *b = (struct open_block *)block;

	block_forget_symbols(block);
	forget_pooled(b);
	profiles_close(b->profiles);
	b->profiles = NULL;
	index_close(b->index);
	b->index = NULL;
	arena_free(b->index_mem);
	b->index_mem = NULL;
	label_views_free(b->views);
	b->views = NULL;
}

void block_close(struct block *block)
{
	struct open_block *b = (struct open_block *)block;

	if (b == NULL)
		return;
	block_forget(block);
	mem_free(b->symbols);
	map_fini(&b->by_id);
	symdb_close(b->symdb);
	blob_close(b->index_blob);
	vec_free(&b->wanted);
	vec_free(&b->nodes);
	blobs_close(b->parts);
	arena_free(b->mem);
	mem_free(b);
}

size_t block_bytes(const struct block *block)
{
	const struct open_block *b = (const struct open_block *)block;
	size_t n = sizeof(*b) + arena_bytes(b->mem) + map_bytes(&b->by_id) +
	    b->face.set.n_partitions * sizeof(*b->symbols) + symdb_bytes(b->symdb) + label_views_bytes(b->views);

	if (b->index)
		n += index_bytes(b->index) + arena_bytes(b->index_mem);
	if (b->profiles)
		n += profiles_bytes(b->profiles);
	for (uint32_t i = 0; i < b->face.set.n_partitions; i++)
		if (b->symbols[i])
			n += symbols_bytes(b->symbols[i]);
	for (uint32_t i = 0; b->pooled != NULL && i < b->face.set.n_partitions; i++)
		n += sizeof(*b->pooled) + b->pooled[i].runs.cap * sizeof(*b->pooled[i].runs.p);
	return n;
}
