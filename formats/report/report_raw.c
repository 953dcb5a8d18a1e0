/* The profile as it stands, as `go tool pprof -raw` prints it. */
#include <stdlib.h>

#include "base/num.h"
#include "formats/report/report_impl.h"

static void put_str(struct buf *out, const char *before, struct str s, const char *after)
{
	buf_add(out, str_cstr(before));
	buf_add(out, s);
	buf_add(out, str_cstr(after));
}

/* Frames made of tags follow the largest id of the profile. */
static uint64_t location_id(const struct report *r, uint32_t i)
{
	return i < r->p->n_locations ? r->p->locations[i].id : r->last_id + 1 + (i - r->p->n_locations);
}

static void put_head(struct report *r, struct buf *out)
{
	const struct profile *p = r->p;

	for (uint32_t i = 0; i < p->n_comments; i++)
		put_str(out, "Comment: ", profile_str(p, p->comments[i]), "\n");
	if (profile_str(p, p->doc_url).n > 0)
		put_str(out, "Doc: ", profile_str(p, p->doc_url), "\n");
	put_str(out, "PeriodType: ", p->has_period_type ? profile_str(p, p->period_type.type) : STR(""), " ");
	put_str(out, "", p->has_period_type ? profile_str(p, p->period_type.unit) : STR(""), "\n");
	buf_printf(out, "Period: %lld\n", (long long)p->period);
	if (p->time != 0) {
		int32_t minutes = abs(r->o.zone_offset) / 60;

		buf_add(out, STR("Time: "));
		report_print_time(r, p->time, true, out);
		buf_printf(out, " %c%02d%02d ", r->o.zone_offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
		put_str(out, "", report_zone(r), "\n");
	}
	if (p->duration != 0) {
		struct str text = num_go_duration(r->mem, p->duration);
		size_t n = 0;

		for (size_t i = 0; i < 4 && n < text.n; i++) /* four characters, as there */
			n += (unsigned char)text.p[n] == 0xc2 ? 2 : 1;
		put_str(out, "Duration: ", str_of(text.p, MIN(n, text.n)), "\n");
	}
}

static void put_types(struct report *r, struct buf *out)
{
	const struct profile *p = r->p;
	struct str own = profile_str(p, p->default_type);
	struct buf line;

	buf_init(&line, SIZE_MAX / 2);
	for (uint32_t i = 0; i < p->n_types; i++) {
		struct str type = profile_str(p, p->types[i].type);

		put_str(&line, "", type, "/");
		put_str(&line, "", profile_str(p, p->types[i].unit), str_eq(type, own) ? "[dflt] " : " ");
	}
	put_str(out, "Samples:\n", str_trim(buf_str(&line)), "\n");
	buf_fini(&line);
}

/* key:[a b]: the tags of one key. */
static void print_tags(struct report *r, const struct tag *t, uint32_t n, struct buf *b)
{
	bool units = false;

	for (uint32_t i = 0; i < n; i++)
		units |= t[i].str == 0 && t[i].unit != 0;
	put_str(b, "", report_str(r, report_key(r, t)), ":[");
	for (uint32_t i = 0; i < n; i++) {
		buf_add(b, i ? STR(" ") : STR(""));
		if (t[i].str != 0)
			buf_add(b, profile_str(r->p, t[i].str));
		else
			buf_printf(b, "%lld", (long long)t[i].num);
		if (units)
			put_str(b, " ", profile_str(r->p, t[i].unit), "");
	}
	buf_byte(b, ']');
}

static void put_tags(struct report *r, uint32_t sample, struct buf *out)
{
	struct arena *a = r->p->tag_at ? arena_new() : NULL;

	for (int numbers = 0; numbers < 2 && a != NULL; numbers++) {
		struct str *groups;
		uint32_t n = report_tag_groups(r, a, sample, numbers, print_tags, &groups);

		for (uint32_t i = 0; i < n; i++)
			put_str(out, i ? " " : "                ", groups[i], i + 1 == n ? "\n" : "");
	}
	arena_free(a);
}

static void put_samples(struct report *r, struct buf *out)
{
	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];

		for (uint32_t k = 0; k < r->p->n_types; k++)
			buf_printf(out, " %10lld", (long long)profile_value(r->p, s->number, k));
		buf_add(out, STR(": "));
		for (uint32_t k = 0; k < s->n; k++)
			if (r->stack[s->at + k] < r->n_locations)
				buf_printf(out, "%llu ", (unsigned long long)location_id(r, r->stack[s->at + k]));
		buf_byte(out, '\n');
		put_tags(r, s->number, out);
	}
}

static void put_line_of(struct report *r, const struct line *line, struct buf *out)
{
	const struct rfunction *f;

	if (line->function >= r->n_functions) {
		buf_add(out, STR("??\n"));
		return;
	}
	f = &r->functions[line->function];
	put_str(out, "", report_str(r, f->name), " ");
	put_str(out, "", f->file, ":");
	buf_printf(out, "%lld:%u s=%lld", (long long)line->line, line->column, (long long)f->start_line);
	if (!str_eq(report_str(r, f->name), f->system))
		put_str(out, "(", f->system, ")");
	buf_byte(out, '\n');
}

/* %#x of the original writes zero as 0x0. */
static void put_hex(struct buf *out, uint64_t v, const char *after)
{
	buf_printf(out, "0x%llx%s", (unsigned long long)v, after);
}

static void put_locations(struct report *r, struct buf *out)
{
	const struct profile *p = r->p;

	buf_add(out, STR("Locations\n"));
	for (uint32_t i = 0; i < r->n_locations; i++) {
		const struct rlocation *l = &r->locations[i];

		buf_printf(out, "%6llu: ", (unsigned long long)location_id(r, i));
		put_hex(out, r->addresses[i], " ");
		if (r->mappings[i] != PROFILE_NONE)
			buf_printf(out, "M=%llu ", (unsigned long long)p->mappings[r->mappings[i]].id);
		else if (p->n_mappings == 0 && i < p->n_locations)
			buf_add(out, STR("M=1 "));
		if (i < p->n_locations && p->locations[i].folded)
			buf_add(out, STR("[F] "));
		if (l->n == 0)
			buf_byte(out, '\n');
		for (uint32_t k = 0; k < l->n; k++) {
			if (k > 0)
				buf_fill(out, ' ', 13);
			put_line_of(r, &r->lines[l->first + k], out);
		}
	}
}

static void put_mappings(struct report *r, struct buf *out)
{
	static const struct {
		uint8_t flag;
		const char *text;
	} flags[] = {
		{ MAPPING_HAS_FUNCTIONS, "[FN]" },
		{ MAPPING_HAS_FILENAMES, "[FL]" },
		{ MAPPING_HAS_LINE_NUMBERS, "[LN]" },
		{ MAPPING_HAS_INLINE_FRAMES, "[IN]" },
	};
	const struct profile *p = r->p;

	buf_add(out, STR("Mappings\n"));
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		const struct mapping *m = &p->mappings[i];

		buf_printf(out, "%llu: ", (unsigned long long)m->id);
		put_hex(out, m->start, "/");
		put_hex(out, m->limit, "/");
		put_hex(out, m->offset, " ");
		put_str(out, "", report_str(r, r->object[i]), " ");
		put_str(out, "", profile_str(p, m->build_id), " ");
		for (size_t k = 0; k < ARRAY_LEN(flags); k++)
			if ((m->flags & flags[k].flag) &&
			    !(flags[k].flag == MAPPING_HAS_INLINE_FRAMES && r->o.noinlines))
				buf_add(out, str_cstr(flags[k].text));
		buf_byte(out, '\n');
	}
	if (p->n_mappings == 0)
		buf_add(out, STR("1: 0x0/0x0/0x0   \n"));
}

void report_raw(struct report *r, struct buf *out)
{
	put_head(r, out);
	put_types(r, out);
	put_samples(r, out);
	put_locations(r, out);
	put_mappings(r, out);
}
