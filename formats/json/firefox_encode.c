/* firefox_encode.c - a thread for each profile and sample type */
#include <stdio.h>

#include "base/hash.h"
#include "base/json.h"
#include "formats/json/firefox.h"
#include "formats/json/frame_table.h"
#include "formats/json/stack_tree.h"

struct writer {
	struct jw w;
	struct arena *a;
	struct err *e;
	/* of the thread */
	const struct profile *p;
	uint32_t type;
	struct frame_table functions;
	struct frame_map map;
	struct stack_tree stacks; /* of frames: function and line */
	struct line *frames;
	uint32_t n_frames, cap_frames;
	struct table frame_index;
	uint32_t *node; /* by sample: its node */
};

static void put_str(struct writer *w, const char *key, struct str v)
{
	jw_key(&w->w, str_cstr(key));
	jw_str(&w->w, v);
}

static void put_i64(struct writer *w, const char *key, int64_t v)
{
	jw_key(&w->w, str_cstr(key));
	jw_i64(&w->w, v);
}

static void put_raw(struct writer *w, const char *key, const char *json)
{
	jw_key(&w->w, str_cstr(key));
	jw_raw(&w->w, str_cstr(json));
}

/* A column with the same value in all rows. */
static void put_same(struct writer *w, const char *key, uint32_t n, const char *json)
{
	jw_key(&w->w, str_cstr(key));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < n; i++)
		jw_raw(&w->w, str_cstr(json));
	jw_close(&w->w, ']');
}

#define PUT_COLUMN(writer, key, count, put)            \
	do {                                           \
		jw_key(&(writer)->w, STR(key));        \
		jw_open(&(writer)->w, '[');            \
		for (uint32_t i = 0; i < (count); i++) \
			put;                           \
		jw_close(&(writer)->w, ']');           \
	} while (0)

static void put_positive(struct writer *w, int64_t v)
{
	if (v > 0)
		jw_i64(&w->w, v);
	else
		jw_null(&w->w);
}

/* ---- tables ---- */

static uint32_t frame_of(struct writer *w, struct line f)
{
	uint64_t hash = hash_mix(hash_mix(f.function, (uint64_t)f.line), f.column);
	struct table_at at = table_find(&w->frame_index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (w->frames[v].function == f.function && w->frames[v].line == f.line &&
		    w->frames[v].column == f.column)
			return v;
	if (w->n_frames == w->cap_frames)
		w->frames = profile_grow(w->a, w->frames, sizeof(*w->frames), w->n_frames, &w->cap_frames);
	w->frames[w->n_frames] = f;
	table_put(&w->frame_index, w->a, hash, w->n_frames);
	return w->n_frames++;
}

/* From the root inwards: the lines of a location end with its innermost. */
static uint32_t node_of(struct writer *w, uint32_t sample)
{
	const struct profile *p = w->p;
	uint32_t node = STACK_TREE_ROOT;

	for (uint32_t k = p->stack_at[sample + 1]; k > p->stack_at[sample]; k--) {
		uint32_t l = MIN(p->stack[k - 1], p->n_locations), first = w->map.first[l],
			 n = w->map.first[l + 1] - first;

		for (uint32_t i = 0; i < n; i++) {
			struct line line = { 0 };

			if (l < p->n_locations && p->locations[l].n_lines == n)
				line = p->lines[p->locations[l].first_line + n - 1 - i];
			line.function = w->map.frames[first + i];
			node = stack_tree_child(&w->stacks, node, frame_of(w, line));
		}
	}
	return node;
}

static int make_tables(struct writer *w)
{
	const struct profile *p = w->p;

	frame_table_init(&w->functions, w->a);
	frame_table_add(&w->functions, p, &w->map);
	stack_tree_init(&w->stacks, w->a, NULL, 0);
	w->frames = NULL;
	w->n_frames = w->cap_frames = 0;
	w->frame_index = (struct table){ 0 };
	w->node = arena_array(w->a, p->n_samples, sizeof(*w->node));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		int64_t v = profile_value(p, i, w->type);

		if (v < 0)
			return err_set(w->e, ERR_INVALID, "firefox: sample %u has the negative value %lld", i,
			    (long long)v);
		w->node[i] = v ? node_of(w, i) : STACK_TREE_ROOT;
	}
	return 0;
}

static void put_tables(struct writer *w)
{
	uint32_t nf = w->functions.n, nr = w->n_frames, ns = w->stacks.n - 1;

	jw_key(&w->w, STR("stackTable"));
	jw_open(&w->w, '{');
	PUT_COLUMN(w, "prefix", ns,
	    w->stacks.nodes[i + 1].parent ? jw_i64(&w->w, w->stacks.nodes[i + 1].parent - INT64_C(1)) : jw_null(&w->w));
	PUT_COLUMN(w, "frame", ns, jw_u64(&w->w, w->stacks.nodes[i + 1].location));
	put_same(w, "category", ns, "0");
	put_same(w, "subcategory", ns, "0");
	put_i64(w, "length", ns);
	jw_close(&w->w, '}');
	jw_key(&w->w, STR("frameTable"));
	jw_open(&w->w, '{');
	put_same(w, "address", nr, "-1");
	put_same(w, "inlineDepth", nr, "0");
	put_same(w, "category", nr, "0");
	put_same(w, "subcategory", nr, "0");
	PUT_COLUMN(w, "func", nr, jw_u64(&w->w, w->frames[i].function));
	put_same(w, "nativeSymbol", nr, "null");
	put_same(w, "innerWindowID", nr, "null");
	put_same(w, "implementation", nr, "null");
	PUT_COLUMN(w, "line", nr, put_positive(w, w->frames[i].line));
	PUT_COLUMN(w, "column", nr, put_positive(w, w->frames[i].column));
	put_i64(w, "length", nr);
	jw_close(&w->w, '}');
	/* strings: the names, then the files */
	jw_key(&w->w, STR("funcTable"));
	jw_open(&w->w, '{');
	PUT_COLUMN(w, "name", nf, jw_u64(&w->w, i));
	put_same(w, "isJS", nf, "false");
	put_same(w, "relevantForJS", nf, "false");
	put_same(w, "resource", nf, "-1");
	PUT_COLUMN(w, "fileName", nf, w->functions.frames[i].file.n ? jw_u64(&w->w, (uint64_t)nf + i) : jw_null(&w->w));
	PUT_COLUMN(w, "lineNumber", nf, put_positive(w, w->functions.frames[i].start_line));
	put_same(w, "columnNumber", nf, "null");
	put_i64(w, "length", nf);
	jw_close(&w->w, '}');
	jw_key(&w->w, STR("stringArray"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < nf; i++)
		jw_str(&w->w, w->functions.frames[i].name);
	for (uint32_t i = 0; i < nf; i++)
		jw_str(&w->w, w->functions.frames[i].file);
	jw_close(&w->w, ']');
}

/* ---- threads ---- */

/* Nanoseconds as milliseconds: all digits, which a double does not always have. */
static void put_weight(struct writer *w, int64_t v, bool ns)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld.%06d", (long long)(v / NS_PER_MS), (int)(v % NS_PER_MS));

	if (ns && v % NS_PER_MS)
		jw_raw(&w->w, str_of(text, (size_t)n));
	else
		jw_i64(&w->w, ns ? v / NS_PER_MS : v);
}

static void put_samples(struct writer *w, bool ns, bool bytes)
{
	const struct profile *p = w->p;
	uint32_t n = 0;

	jw_key(&w->w, STR("samples"));
	jw_open(&w->w, '{');
	jw_key(&w->w, STR("stack"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < p->n_samples; i++) {
		if (profile_value(p, i, w->type) == 0 || w->node[i] == STACK_TREE_ROOT)
			continue;
		jw_i64(&w->w, w->node[i] - INT64_C(1));
		n++;
	}
	jw_close(&w->w, ']');
	PUT_COLUMN(w, "time", n, jw_u64(&w->w, i));
	jw_key(&w->w, STR("weight"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < p->n_samples; i++) {
		int64_t v = profile_value(p, i, w->type);

		if (v == 0 || w->node[i] == STACK_TREE_ROOT)
			continue;
		put_weight(w, v, ns);
	}
	jw_close(&w->w, ']');
	put_str(w, "weightType", ns ? STR("tracing-ms") : bytes ? STR("bytes") : STR("samples"));
	put_same(w, "threadCPUDelta", n, "null");
	put_i64(w, "length", n);
	jw_close(&w->w, '}');
}

static int put_thread(struct writer *w, const struct format_profile *in, uint32_t type, uint32_t number)
{
	const struct profile *p = in->p;
	struct str name = profile_str(p, p->types[type].type), unit = profile_str(p, p->types[type].unit);

	w->p = p;
	w->type = type;
	if (make_tables(w) < 0)
		return -1;
	jw_open(&w->w, '{');
	put_str(w, "name", in->name.n ? in->name : name);
	put_raw(w, "isMainThread", number ? "false" : "true");
	put_str(w, "processType", STR("default"));
	put_str(w, "processName", name);
	put_i64(w, "processStartupTime", 0);
	put_raw(w, "processShutdownTime", "null");
	put_i64(w, "registerTime", 0);
	put_raw(w, "unregisterTime", "null");
	put_raw(w, "pausedRanges", "[]");
	put_str(w, "pid", STR("0"));
	put_i64(w, "tid", number);
	put_samples(w, str_eq(unit, STR("nanoseconds")), str_eq(unit, STR("bytes")));
	put_raw(w, "markers",
	    "{\"length\":0,\"category\":[],\"data\":[],\"endTime\":[],\"name\":[],\"phase\":[],\"startTime\":[]}");
	put_raw(w, "resourceTable", "{\"length\":0,\"lib\":[],\"name\":[],\"host\":[],\"type\":[]}");
	put_raw(w, "nativeSymbols", "{\"length\":0,\"address\":[],\"functionSize\":[],\"libIndex\":[],\"name\":[]}");
	put_tables(w);
	jw_key(&w->w, STR("$pyro"));
	jw_open(&w->w, '{');
	put_str(w, "type", name);
	put_str(w, "unit", unit);
	jw_close(&w->w, '}');
	jw_close(&w->w, '}');
	return 0;
}

static void put_meta(struct writer *w, const struct profile *p)
{
	jw_key(&w->w, STR("meta"));
	jw_open(&w->w, '{');
	put_i64(w, "version", 24);
	put_i64(w, "preprocessedProfileVersion", 49);
	put_i64(w, "interval", 1);
	put_i64(w, "startTime", p && p->time > 0 ? p->time / NS_PER_MS : 0);
	put_i64(w, "processType", 0);
	put_i64(w, "stackwalk", 1);
	put_str(w, "product", STR("pyro"));
	put_raw(w, "debug", "false");
	put_raw(w, "symbolicated", "true");
	put_raw(w, "usesOnlyOneStackType", "true");
	put_raw(w, "doesNotUseFrameImplementation", "true");
	put_raw(w, "sourceCodeIsNotOnSearchfox", "true");
	put_raw(w, "categories", "[{\"name\":\"Other\",\"color\":\"grey\",\"subcategories\":[\"Other\"]}]");
	put_raw(w, "extensions", "{\"length\":0,\"baseURL\":[],\"id\":[],\"name\":[]}");
	put_raw(w, "sampleUnits", "{\"time\":\"ms\",\"eventDelay\":\"ms\",\"threadCPUDelta\":\"ns\"}");
	put_raw(w, "markerSchema", "[]");
	jw_close(&w->w, '}');
	put_raw(w, "libs", "[]");
	put_raw(w, "pages", "[]");
	put_raw(w, "counters", "[]");
	put_raw(w, "profilerOverhead", "[]");
}

int firefox_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	struct writer w = { .w = jw_init(out), .a = arena_new(), .e = e };
	uint32_t number = 0;
	int rc = 0;

	jw_open(&w.w, '{');
	put_meta(&w, n ? in[0].p : NULL);
	jw_key(&w.w, STR("threads"));
	jw_open(&w.w, '[');
	for (uint32_t i = 0; i < n && rc == 0; i++)
		for (uint32_t t = 0; t < in[i].p->n_types && rc == 0; t++)
			if (o->type == FORMAT_ALL_TYPES || o->type == t)
				rc = put_thread(&w, &in[i], t, number++);
	jw_close(&w.w, ']');
	jw_close(&w.w, '}');
	buf_byte(out, '\n');
	arena_free(w.a);
	return rc < 0 ? -1 : buf_check(out, "firefox", e);
}
