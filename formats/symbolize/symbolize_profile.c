/* symbolize_profile.c - see symbolize_profile.h */
#include "formats/symbolize/symbolize_profile.h"

#include "base/hash.h"
#include "base/mem.h"
#include "formats/profile_impl.h"
#include "formats/symbolize/radix.h"

struct work {
	struct arena *a;
	struct profile *p;
	const struct symbolize *s;
	struct table strings, functions, names; /* names: of mangled ones, positions in `done` */
	uint32_t cap_strings, cap_functions, cap_lines;
	uint64_t next_id; /* of functions */
	struct line *lines;
	uint32_t n_lines;
	struct demangled {
		struct str in, out;
	} * done;
	uint32_t n_done, cap_done;
	/* Frames by where their texts lie, which is much faster than by the texts: a table gives the same ones again. */
	struct table frames;
	struct seen {
		const char *name, *file;
		size_t name_n, file_n;
		uint32_t start_line, function;
	} * seen;
	uint32_t n_seen, cap_seen;
};

static uint32_t intern(struct work *w, struct str s)
{
	struct profile *p = w->p;
	uint64_t hash = hash_seeded(s);
	struct table_at at = table_find(&w->strings, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(p->strings[v], s))
			return v;
	if (p->n_strings >= w->cap_strings) {
		w->cap_strings = MAX(w->cap_strings, p->n_strings);
		p->strings = profile_grow(w->a, p->strings, sizeof(*p->strings), p->n_strings, &w->cap_strings);
	}
	p->strings[p->n_strings] = s.n ? arena_str(w->a, s) : STR("");
	table_put(&w->strings, w->a, hash, p->n_strings);
	return p->n_strings++;
}

static uint64_t function_hash(const struct function *f)
{
	uint64_t key[] = { (uint64_t)f->name << 32 | f->system_name, f->file, (uint64_t)f->start_line };

	return hash_seeded(str_of(key, sizeof(key)));
}

static uint32_t function_of(struct work *w, const struct function *f)
{
	struct profile *p = w->p;
	uint64_t hash = function_hash(f);
	struct table_at at = table_find(&w->functions, hash);

	for (uint32_t v; table_next(&at, &v);) {
		const struct function *g = &p->functions[v];

		if (g->name == f->name && g->system_name == f->system_name && g->file == f->file &&
		    g->start_line == f->start_line)
			return v;
	}
	if (p->n_functions >= w->cap_functions) {
		w->cap_functions = MAX(w->cap_functions, p->n_functions);
		p->functions = profile_grow(w->a, p->functions, sizeof(*p->functions), p->n_functions,
		    &w->cap_functions);
	}
	p->functions[p->n_functions] = *f;
	p->functions[p->n_functions].id = w->next_id++;
	table_put(&w->functions, w->a, hash, p->n_functions);
	return p->n_functions++;
}

/* Each mangled name once. */
static struct str readable(struct work *w, struct str name)
{
	uint64_t hash;
	struct table_at at;

	if (w->s->demangle == DEMANGLE_NONE || name.n < 3 || name.p[0] != '_')
		return name;
	hash = hash_seeded(name);
	at = table_find(&w->names, hash);
	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(w->done[v].in, name))
			return w->done[v].out;
	if (w->n_done == w->cap_done)
		w->done = profile_grow(w->a, w->done, sizeof(*w->done), w->n_done, &w->cap_done);
	w->done[w->n_done] = (struct demangled){ name, demangle(w->a, name, w->s->demangle) };
	table_put(&w->names, w->a, hash, w->n_done);
	return w->done[w->n_done++].out;
}

static void push(struct work *w, struct line l)
{
	if (w->n_lines == w->cap_lines)
		w->lines = profile_grow(w->a, w->lines, sizeof(*w->lines), w->n_lines, &w->cap_lines);
	w->lines[w->n_lines++] = l;
}

static uint32_t function_of_frame(struct work *w, const struct sym_frame *f)
{
	struct function fn = { .name = intern(w, readable(w, f->name)),
		.system_name = intern(w, f->name),
		.file = intern(w, f->file),
		.start_line = f->start_line };

	return function_of(w, &fn);
}

static void push_frame(struct work *w, const struct sym_frame *f)
{
	uint64_t hash = hash_mix(hash_mix((uintptr_t)f->name.p, (uintptr_t)f->file.p),
	    (uint64_t)f->start_line << 32 | f->name.n);
	struct table_at at = table_find(&w->frames, hash);
	struct seen *s;

	for (uint32_t v; table_next(&at, &v);) {
		s = &w->seen[v];
		if (s->name == f->name.p && s->file == f->file.p && s->name_n == f->name.n && s->file_n == f->file.n &&
		    s->start_line == f->start_line) {
			push(w, (struct line){ .function = s->function, .line = f->line, .column = f->column });
			return;
		}
	}
	if (w->n_seen == w->cap_seen)
		w->seen = profile_grow(w->a, w->seen, sizeof(*w->seen), w->n_seen, &w->cap_seen);
	s = &w->seen[w->n_seen];
	*s = (struct seen){ f->name.p, f->file.p, f->name.n, f->file.n, f->start_line, function_of_frame(w, f) };
	table_put(&w->frames, w->a, hash, w->n_seen++);
	push(w, (struct line){ .function = s->function, .line = f->line, .column = f->column });
}

/* What is found, as lines; a frame without a name has a place at least. */
static uint32_t look_up(struct work *w, const struct location *l)
{
	const struct mapping *m = l->mapping < w->p->n_mappings ? &w->p->mappings[l->mapping] : NULL;
	struct sym_frame got[SYM_FRAMES_MAX];
	uint32_t n = w->s->find == NULL ? 0 : w->s->find(w->s->ctx, w->p, m, l->address, got, SYM_FRAMES_MAX);

	for (uint32_t i = 0; i < n; i++)
		if (got[i].name.n == 0) /* better an address than a line of nothing */
			return 0;
	for (uint32_t i = 0; i < n; i++)
		push_frame(w, &got[i]);
	return n;
}

static void mark(struct mapping *m, bool inlines)
{
	m->flags |= MAPPING_HAS_FUNCTIONS | MAPPING_HAS_FILENAMES | MAPPING_HAS_LINE_NUMBERS;
	if (inlines)
		m->flags |= MAPPING_HAS_INLINE_FRAMES;
}

static void rename_line(struct work *w, const struct line *l, struct symbolize_count *count)
{
	const struct profile *p = w->p;
	struct sym_frame in, out[SYM_FRAMES_MAX];
	const struct function *f;
	uint32_t n;

	if (l->function >= p->n_functions) {
		push(w, *l);
		return;
	}
	f = &p->functions[l->function];
	in = (struct sym_frame){ .name = profile_str(p, f->name),
		.file = profile_str(p, f->file),
		.line = l->line > 0 && l->line <= UINT32_MAX ? (uint32_t)l->line : 0,
		.start_line = f->start_line > 0 && f->start_line <= UINT32_MAX ? (uint32_t)f->start_line : 0,
		.column = l->column };
	n = w->s->rename(w->s->ctx, &in, out, SYM_FRAMES_MAX);
	if (n == 0) {
		push(w, *l);
		return;
	}
	count->renamed++;
	for (uint32_t i = 0; i < n; i++)
		push_frame(w, &out[i]);
}

/* All lines once more, through rename. */
static void rename_all(struct work *w, struct symbolize_count *count)
{
	struct profile *p = w->p;
	const struct line *old = p->lines;

	w->lines = NULL;
	w->n_lines = w->cap_lines = 0;
	for (uint32_t i = 0; i < p->n_locations; i++) {
		struct location *l = &p->locations[i];
		uint32_t first = w->n_lines;

		for (uint32_t k = 0; k < l->n_lines; k++)
			rename_line(w, &old[l->first_line + k], count);
		l->first_line = first;
		l->n_lines = w->n_lines - first;
	}
	p->lines = w->lines;
	p->n_lines = w->n_lines;
}

static void begin(struct work *w)
{
	struct profile *p = w->p;

	for (uint32_t i = 0; i < p->n_strings; i++)
		table_put(&w->strings, w->a, hash_seeded(p->strings[i]), i);
	w->next_id = 1;
	for (uint32_t i = 0; i < p->n_functions; i++) {
		table_put(&w->functions, w->a, function_hash(&p->functions[i]), i);
		w->next_id = MAX(w->next_id, p->functions[i].id + (p->functions[i].id < UINT64_MAX));
	}
	if (p->n_strings == 0) /* position 0 is the empty one */
		intern(w, STR(""));
}

/* Neighbours in a program come one after another, so that what a question reads is still at hand for the next. */
static struct keyed *by_address(const struct profile *p)
{
	size_t n = p->n_locations;
	struct keyed *keys = mem_array(n * 2 + 1, sizeof(*keys));

	for (size_t i = 0; i < n; i++)
		keys[i] = (struct keyed){ p->locations[i].address, (uint32_t)i };
	radix_sort(keys, keys + n, n);
	for (size_t i = 0; i < n; i++)
		keys[i].key = p->locations[keys[i].value].mapping;
	radix_sort(keys, keys + n, n);
	return keys;
}

static void one_location(struct work *w, struct location *l, const struct line *old, struct symbolize_count *count)
{
	struct profile *p = w->p;
	uint32_t first = w->n_lines, n = 0;

	if ((l->n_lines == 0 || w->s->force) && w->s->find != NULL && (l->address != 0 || l->n_lines == 0)) {
		count->locations++;
		n = look_up(w, l);
		count->found += n > 0;
		if (n > 0 && l->mapping < p->n_mappings)
			mark(&p->mappings[l->mapping], n > 1);
	}
	for (uint32_t k = 0; k < l->n_lines && n == 0; k++)
		push(w, old[l->first_line + k]);
	l->first_line = first;
	l->n_lines = w->n_lines - first;
}

void symbolize_profile(struct arena *a, struct profile *p, const struct symbolize *s, struct symbolize_count *count)
{
	struct work w = { .a = a, .p = p, .s = s };
	const struct line *old = p->lines;
	struct keyed *order = by_address(p);

	begin(&w);
	for (uint32_t i = 0; i < p->n_locations; i++)
		one_location(&w, &p->locations[order[i].value], old, count);
	mem_free(order);
	p->lines = w.lines;
	p->n_lines = w.n_lines;
	if (s->rename != NULL)
		rename_all(&w, count);
	for (uint32_t i = 0; i < p->n_locations; i++)
		count->bare += p->locations[i].n_lines == 0;
}
