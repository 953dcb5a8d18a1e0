/* What stands above the columns: where the profile comes from and what is left out. */
#include "formats/report/report_impl.h"

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar. */
static void to_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t era, y;
	unsigned of_era, of_year, m;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	of_era = (unsigned)(days - era * 146097);
	y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (unsigned)(365 * y + y / 4 - y / 100);
	m = (5 * of_year + 2) / 153;
	*day = of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = y + era * 400 + (*month <= 2);
}

/* 2006-01-02 15:04:05; nanoseconds without zeros at the end when asked for. */
void report_print_time(const struct report *r, int64_t ns, bool fraction, struct buf *b)
{
	int64_t sec = ns / NS_PER_S - (ns % NS_PER_S < 0) + r->o.zone_offset;
	unsigned nano = (unsigned)((ns % NS_PER_S + NS_PER_S) % NS_PER_S), width = 9;
	int64_t days = sec / 86400 - (sec % 86400 < 0), year;
	unsigned of_day = (unsigned)(sec - days * 86400), month, day;

	to_date(days, &year, &month, &day);
	buf_printf(b, "%04lld-%02u-%02u %02u:%02u:%02u", (long long)year, month, day, of_day / 3600, of_day / 60 % 60,
	    of_day % 60);
	if (!fraction || nano == 0)
		return;
	for (; nano % 10 == 0; nano /= 10)
		width--;
	buf_printf(b, ".%0*u", (int)width, nano);
}

struct str report_zone(const struct report *r)
{
	return r->o.zone.n > 0 ? r->o.zone : STR("UTC");
}

static void put_duration(struct report *r, struct buf *out)
{
	struct str unit;
	double total;

	buf_add(out, STR("Duration: "));
	unit_label(out, r->p->duration, STR("nanoseconds"), STR("auto"));
	buf_add(out, STR(", Total samples = "));
	report_format(r, r->total, out);
	buf_byte(out, ' ');
	total = unit_scale(r->total, r->unit, STR("nanoseconds"), &unit);
	if (str_eq(unit, STR("ns")) && total != 0) {
		buf_byte(out, '(');
		unit_percent(out, total > -9.2e18 && total < 9.2e18 ? (int64_t)total : INT64_MIN, r->p->duration);
		buf_byte(out, ')');
	}
	buf_byte(out, '\n');
}

static void put_line(struct buf *out, const char *what, struct str value)
{
	buf_add(out, str_cstr(what));
	buf_add(out, value);
	buf_byte(out, '\n');
}

void report_profile_lines(struct report *r, struct buf *out)
{
	const struct profile *p = r->p;

	if (p->n_mappings > 0) {
		struct str file = report_str(r, r->object[0]);
		struct str id = profile_str(p, p->mappings[0].build_id);

		if (file.n > 0)
			put_line(out, "File: ", path_base(file));
		if (id.n > 0)
			put_line(out, "Build ID: ", id);
	}
	for (uint32_t i = 0; i < p->n_comments; i++)
		if (!str_prefix(profile_str(p, p->comments[i]), STR("#")))
			put_line(out, "", profile_str(p, p->comments[i]));
	if (r->type_name.n > 0)
		put_line(out, "Type: ", r->type_name);
	if (profile_str(p, p->doc_url).n > 0)
		put_line(out, "Doc: ", profile_str(p, p->doc_url));
	if (p->time != 0) {
		buf_add(out, STR("Time: "));
		report_print_time(r, p->time, false, out);
		put_line(out, " ", report_zone(r));
	}
	if (p->duration != 0)
		put_duration(r, out);
}

/* What is left out of the picture or table, and below which value. */
static void put_dropped(struct report *r, const struct graph *g, bool edges, struct buf *out)
{
	uint32_t n = edges ? g->dropped_edges : g->dropped_nodes;
	double least = edges ? r->o.edge_fraction : r->o.node_fraction;

	if (n == 0)
		return;
	buf_printf(out, "Dropped %u %s%s (%s <= ", n, edges ? "edge" : "node", n > 1 ? "s" : "",
	    edges ? "freq" : "cum");
	report_format(r, abs_wrap((int64_t)((double)r->total * least)), out);
	buf_add(out, STR(")\n"));
}

static void put_filters(struct report *r, struct buf *out)
{
	if (r->o.n_active > 0)
		buf_add(out, STR("Active filters:\n"));
	for (uint32_t i = 0; i < r->o.n_active; i++) {
		struct str s = r->o.active[i];

		buf_add(out, STR("   "));
		buf_add(out, s.n > 80 ? str_of(s.p, 80) : s);
		buf_add(out, s.n > 80 ? STR("…\n") : STR("\n"));
	}
}

void report_header(struct report *r, const struct graph *g, bool full, struct buf *out)
{
	int64_t shown = graph_total(g);

	if (full || !r->o.compact_labels)
		report_profile_lines(r, out);
	put_filters(r, out);
	buf_add(out, STR("Showing nodes accounting for "));
	report_format(r, shown, out);
	buf_add(out, STR(", "));
	unit_percent_trimmed(out, shown, r->total);
	buf_add(out, STR(" of "));
	report_format(r, r->total, out);
	buf_add(out, STR(" total\n"));
	if (r->total == 0)
		return;
	put_dropped(r, g, false, out);
	if (full)
		put_dropped(r, g, true, out);
	if (g->n > 0 && g->n < g->orig_count)
		buf_printf(out, "Showing top %u nodes out of %u\n", g->n, g->orig_count);
}
