/*
 * folded_read.c - files of collapsed stacks. A stack is looked up by all its
 * bytes; one that was never seen shares its first frames with the line before
 * (files are mostly sorted), and only the others are looked up by name. While
 * lines are in order, stacks are not looked up at all.
 */
#include "base/arith.h"
#include "base/hash.h"
#include "base/stream.h"
#include "base/vec.h"
#include "formats/folded/folded_head.h"
#include "formats/format_impl.h"
#include "formats/lines.h"

enum {
	LEARN = 4096,    /* lines until it shows whether stacks come again */
	COME_AGAIN = 16, /* one of so many stacks must, to go on with looking them up */
};

/* A stack that was read, by a hash that no two texts share. */
struct known {
	struct hash128 hash;
	uint32_t sample;
};

struct open_frame {
	size_t end; /* in the line before: of its name */
	uint32_t location;
};

/* A name that was read: by its hash, so that looking it up waits for nothing but the table. */
struct frame_name {
	struct hash128 hash;
	uint32_t location;
};

struct reader {
	struct arena *a;
	const struct format_opts *o;
	struct profile_builder *b;
	struct format_notes *notes;
	uint64_t line;           /* number of the one at hand */
	struct folded_head head; /* of the first piece */
	struct known *known;
	uint32_t n_known, cap_known;
	struct table known_index;
	uint64_t looked, found;
	struct frame_name *names;
	uint32_t n_names, cap_names;
	struct table name_index;
	bool in_order;     /* so far each stack was behind the one before it, as bytes, or equal: no other is like it */
	struct str before; /* the stack of the line before */
	uint32_t before_sample; /* with in_order */
	VEC(char) last;         /* what `before` is kept in, from one piece of the text to the next */
	VEC(struct open_frame) open;
	VEC(uint32_t) stack;
	/* by sample and type: what is beside whole counts; NULL until there is some */
	int64_t *nanos;
	uint32_t cap_nanos, n_nanos;
	uint64_t counted;
};

static void note(struct reader *r)
{
	if (r->notes->skipped++ == 0)
		r->notes->first = arena_printf(r->a, "line %llu does not end in a blank and a count",
		    (unsigned long long)r->line);
}

/* ---- stacks ---- */

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static int64_t line_number(struct str s)
{
	int64_t v = 0;

	for (size_t i = 0; i < s.n && v < INT32_MAX; i++)
		v = v * 10 + (s.p[i] - '0');
	return v;
}

/* "func (file:12)" or "file:func:12" */
static void split_frame(struct str *name, struct str *file, int64_t *line)
{
	size_t colon = str_rfind(*name, ':'), at;
	struct str s = *name, number;

	if (s.n && s.p[s.n - 1] == ')' && colon < s.n) {
		at = colon;
		while (at > 1 && (s.p[at - 1] != '(' || s.p[at - 2] != ' '))
			at--;
		number = str_of(s.p + colon + 1, s.n - colon - 2);
		if (at < 3 || !all_digits(number))
			return;
		*name = str_of(s.p, at - 2);
		*file = str_of(s.p + at, colon - at);
		*line = line_number(number);
		return;
	}
	if (colon == s.n || !all_digits(str_skip(s, colon + 1)))
		return;
	at = str_rfind(str_of(s.p, colon), ':');
	if (at == 0 || at >= colon || at + 1 == colon)
		return;
	*name = str_of(s.p + at + 1, colon - at - 1);
	*file = str_of(s.p, at);
	*line = line_number(str_skip(s, colon + 1));
}

static uint32_t location_of(struct reader *r, struct str name)
{
	struct hash128 hash = hash_seeded_128(name);
	struct table_at at = table_find(&r->name_index, hash.high);
	struct str file = STR_NONE;
	struct frame_name *own;
	int64_t line = 0;

	for (uint32_t v; table_next(&at, &v);) {
		own = &r->names[v];
		if (LIKELY(own->hash.low == hash.low && own->hash.high == hash.high))
			return own->location;
	}
	if (r->n_names == r->cap_names)
		r->names = profile_grow(r->a, r->names, sizeof(*r->names), r->n_names, &r->cap_names);
	table_put(&r->name_index, r->a, hash.high, r->n_names);
	own = &r->names[r->n_names++];
	own->hash = hash;
	name = arena_str(r->a, name);
	if (r->o->split_frames)
		split_frame(&name, &file, &line);
	return own->location = profile_builder_frame(r->b, name, file, line);
}

static size_t common(struct str a, struct str b)
{
	size_t n = MIN(a.n, b.n), i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t x, y;

		memcpy(&x, a.p + i, 8);
		memcpy(&y, b.p + i, 8);
		if (x != y)
			break;
	}
	while (i < n && a.p[i] == b.p[i])
		i++;
	return i;
}

/* Frames of the line before that are also those of this one stay open; the others are made. */
static void open_frames(struct reader *r, struct str key)
{
	size_t same = common(r->before, key), from = 0;

	while (r->open.n) {
		size_t end = r->open.p[r->open.n - 1].end;

		/* a frame is the same when in both lines it ends here */
		if (end < same ||
		    (end == same && (end == key.n || key.p[end] == ';') &&
			(end == r->before.n || r->before.p[end] == ';')))
			break;
		r->open.n--;
	}
	if (r->open.n && (from = r->open.p[r->open.n - 1].end + 1) > key.n)
		from = SIZE_MAX;
	while (from <= key.n) {
		const char *sep = from < key.n ? memchr(key.p + from, ';', key.n - from) : NULL;
		size_t end = sep ? (size_t)(sep - key.p) : key.n;

		vec_push(&r->open, ((struct open_frame){ end, location_of(r, str_of(key.p + from, end - from)) }));
		from = end + 1;
	}
	r->before = key;
}

/* Frames of Austin's that become tags have no file: their text is their name. */
static struct str frame_text(const struct reader *r, const struct open_frame *f)
{
	const struct profile *p = profile_builder_peek(r->b);

	return p->strings[p->functions[p->lines[p->locations[f->location].first_line].function].name];
}

/* Austin's "P12" and "T34" in front; returns how many frames they are. */
static uint32_t austin_tags(struct reader *r, struct tag *tags, uint32_t *n)
{
	static const char letters[] = "PT";
	static const char *const names[] = { "pid", "tid" };
	uint32_t k = 0;

	for (; k < 2 && k < r->open.n; k++) {
		struct str frame = frame_text(r, &r->open.p[k]);

		if (frame.n < 2 || frame.p[0] != letters[k] || frame.p[1] < '0' || frame.p[1] > '9')
			break;
		tags[(*n)++] = (struct tag){ .key = profile_builder_str(r->b, str_cstr(names[k])),
			.str = profile_builder_str(r->b, str_skip(frame, 1)) };
	}
	return k;
}

static uint32_t new_stack(struct reader *r, struct str key)
{
	struct tag tags[2];
	uint32_t n_tags = 0, skip = 0;

	open_frames(r, key);
	if (r->head.austin && r->o->keep & FORMAT_TAGS)
		skip = austin_tags(r, tags, &n_tags);
	r->stack.n = 0;
	vec_reserve(&r->stack, r->open.n);
	for (size_t i = r->open.n; i > skip; i--)
		r->stack.p[r->stack.n++] = r->open.p[i - 1].location;
	if (r->in_order)
		return r->before_sample = profile_builder_other(r->b, r->stack.p, (uint32_t)r->stack.n);
	return profile_builder_sample(r->b, r->stack.p, (uint32_t)r->stack.n, tags, n_tags);
}

static uint32_t sample_of(struct reader *r, struct str key)
{
	int order = r->in_order && r->open.n > 0 ? str_cmp(key, r->before) : 1;
	struct hash128 hash;
	struct table_at at;
	uint32_t sample;

	r->in_order = r->in_order && order >= 0;
	if (r->in_order)
		return order == 0 ? r->before_sample : new_stack(r, key);
	if (r->looked >= LEARN && r->found * COME_AGAIN < r->looked)
		return new_stack(r, key);
	r->looked++;
	hash = hash_seeded_128(key);
	at = table_find(&r->known_index, hash.high);
	for (uint32_t v; table_next(&at, &v);)
		if (r->known[v].hash.low == hash.low && r->known[v].hash.high == hash.high) {
			r->found++;
			return r->known[v].sample;
		}
	sample = new_stack(r, key);
	if (r->n_known == r->cap_known)
		r->known = profile_grow(r->a, r->known, sizeof(*r->known), r->n_known, &r->cap_known);
	r->known[r->n_known] = (struct known){ hash, sample };
	table_put(&r->known_index, r->a, hash.high, r->n_known++);
	return sample;
}

/* ---- values ---- */

static void add_nano(struct reader *r, uint32_t sample, uint32_t type, int64_t nano)
{
	size_t width = FOLDED_MAX_TYPES * sizeof(*r->nanos);
	int64_t *sum, *value;

	while (r->cap_nanos <= sample)
		r->nanos = profile_grow(r->a, r->nanos, width, r->n_nanos, &r->cap_nanos);
	if (r->n_nanos <= sample) {
		memset(r->nanos + (size_t)r->n_nanos * FOLDED_MAX_TYPES, 0, (sample + 1 - r->n_nanos) * width);
		r->n_nanos = sample + 1;
	}
	/* below one whole in sum, so that it cannot wrap */
	sum = &r->nanos[(size_t)sample * FOLDED_MAX_TYPES + type];
	*sum += nano;
	value = &profile_builder_values(r->b, sample)[type];
	*value = wrap_add(*value, *sum / FOLDED_NANO);
	*sum %= FOLDED_NANO;
}

static void add_line(struct reader *r, struct str key, const struct folded_count *counts)
{
	uint32_t sample = sample_of(r, key);
	int64_t *values = profile_builder_values(r->b, sample);

	for (uint32_t i = 0; i < r->head.n_types; i++)
		values[i] = wrap_add(values[i], counts[i].whole);
	for (uint32_t i = 0; i < r->head.n_types; i++)
		if (UNLIKELY(counts[i].nano))
			add_nano(r, sample, i, counts[i].nano);
	r->counted++;
}

static void round_values(struct reader *r)
{
	for (uint32_t i = 0; i < r->n_nanos; i++)
		for (uint32_t k = 0; k < r->head.n_types; k++) {
			int64_t nano = r->nanos[(size_t)i * FOLDED_MAX_TYPES + k],
				*value = &profile_builder_values(r->b, i)[k];

			if (nano >= FOLDED_NANO / 2 || nano <= -FOLDED_NANO / 2)
				*value = wrap_add(*value, nano < 0 ? -1 : 1);
		}
	if (r->nanos)
		r->notes->warning = STR("fractions of counts are added up and rounded");
}

static void read_lines(struct reader *r, struct str text)
{
	struct folded_count counts[FOLDED_MAX_TYPES];
	struct str line;

	while (folded_next_line(&text, &line)) {
		struct str key = line;

		r->line++;
		if (UNLIKELY(line.n == 0 || (line.p[0] == '#' && folded_is_comment(line))))
			continue;
		if (LIKELY(folded_take_counts(&key, counts, r->head.n_types)))
			add_line(r, key, counts);
		else
			note(r);
	}
}

/* ---- the text ---- */

/* What the first piece says about all; returns what is behind. */
static struct str begin(struct reader *r, struct str text)
{
	text = folded_utf8(r->a, text);
	if (r->o->first.n) {
		folded_read_head(r->a, folded_utf8(r->a, r->o->first), &r->head);
	} else {
		text = folded_read_head(r->a, text, &r->head);
		r->line = r->head.lines;
	}
	r->b = profile_builder_new(r->a, r->head.n_types);
	/* otherwise lines that are not alike may still be one stack */
	r->in_order = !r->o->split_frames && !r->head.austin;
	return text;
}

static void keep_before(struct reader *r)
{
	vec_reserve(&r->last, r->before.n + 1);
	if (r->before.n > 0)
		memmove(r->last.p, r->before.p, r->before.n);
	r->before.p = r->last.p;
}

static int read_all(struct reader *r, struct src *s, struct err *e)
{
	size_t least = 0;
	struct str text;
	bool end;

	do {
		if (lines_piece(s, folded_cut, least, &text, &end, e) < 0)
			return -1;
		if (r->b == NULL && !end && !folded_has_head(text)) {
			least = 2 * text.n;
			continue;
		}
		least = text.n;
		read_lines(r, r->b == NULL ? begin(r, text) : text);
		keep_before(r);
		src_skip(s, least);
		least = 0;
	} while (!end);
	return 0;
}

static int read_text(struct reader *r, struct src *s, struct profile **out, struct err *e)
{
	int rc = read_all(r, s, e);
	struct profile *p;

	vec_free(&r->open);
	vec_free(&r->stack);
	vec_free(&r->last);
	if (rc < 0)
		return -1;
	round_values(r);
	r->notes->records = r->counted;
	/* a later piece without counts is no reason to refuse the whole */
	if (r->counted == 0 && !r->o->first.n)
		return err_set(e, ERR_INVALID, "folded: no line ends in a blank and a count" STR_FMT STR_FMT,
		    r->notes->first.n ? 2 : 0, ": ", STR_ARG(r->notes->first));
	for (uint32_t i = 0; i < r->head.n_types; i++)
		profile_builder_type(r->b, i, r->head.types[i].type, r->head.types[i].unit);
	p = profile_builder_finish(r->b);
	if (r->head.interval) {
		p->has_period_type = true;
		p->period_type = p->types[0];
		p->period = r->head.interval;
	}
	*out = p;
	return 0;
}

int folded_stream(struct arena *a, struct src *s, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .a = a, .o = o, .notes = &out->notes };
	struct profile *p;

	if (read_text(&r, s, &p, e) < 0)
		return -1;
	return format_one(a, p, out);
}

int folded_profiles(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct src *s = src_mem(text);
	int rc = folded_stream(a, s, o, out, e);

	src_close(s);
	return rc;
}

int folded_read(struct arena *a, struct str text, struct profile **out, struct folded_lines *lines, struct err *e)
{
	struct format_opts o = { 0 };
	struct format_notes notes = { 0 };
	struct reader r = { .a = a, .o = &o, .notes = &notes };
	struct src *s = src_mem(text);
	int rc;

	*out = NULL;
	rc = read_text(&r, s, out, e);
	src_close(s);
	*lines = (struct folded_lines){ r.counted, notes.skipped };
	return rc;
}

size_t folded_cut(struct str text)
{
	size_t last = str_rfind(text, '\n');

	return last < text.n && !folded_is_utf16(text) ? last + 1 : 0;
}
