/*
 * format.c - the table of formats and how one is found.
 */
#include "formats/format.h"

#include "base/zip.h"
#include "formats/json/flamebearer.h"
#include "formats/folded/folded.h"
#include "formats/pprof/pprof.h"
#include "formats/profile_impl.h"

enum {
	BID_NO = 0,
	BID_WEAK = 20,
	BID_LIKELY = 60,
	BID_NAMED = 70,
	BID_SURE = 90,
	LOOK = 4096, /* bytes that are looked at for a magic number or a member name */
	GZIP_LEVEL = 6,
	MAX_LAYERS = 3,
};

static bool has_word(const char *list, struct str word)
{
	struct str rest = str_cstr(list);

	while (rest.n)
		if (str_eq_nocase(str_cut(&rest, ' '), word))
			return true;
	return false;
}

static bool contains(struct str s, const char *part)
{
	s.n = MIN(s.n, (size_t)LOOK);
	return str_search(s, str_cstr(part)) < s.n;
}

/* The name without a folder and without the extension of a compression. */
static struct str base_name(struct str name)
{
	size_t slash = str_rfind(name, '/');

	if (slash < name.n)
		name = str_skip(name, slash + 1);
	if (name.n > 3 && str_eq_nocase(str_skip(name, name.n - 3), STR(".gz")))
		name.n -= 3;
	else if (name.n > 4 && str_eq_nocase(str_skip(name, name.n - 4), STR(".zst")))
		name.n -= 4;
	return name;
}

static bool has_extension(struct str name, const char *list)
{
	size_t dot;

	name = base_name(name);
	dot = str_rfind(name, '.');
	return dot < name.n && has_word(list, str_skip(name, dot + 1));
}

static int one_profile(struct arena *a, struct profile *p, struct format_profiles *out)
{
	out->p = arena_alloc(a, sizeof(*out->p));
	out->p[0] = p;
	out->n = 1;
	return 0;
}

static int check_type(const struct profile *p, const struct format_opts *o, const char *name, struct err *e)
{
	if (o->type < p->n_types)
		return 0;
	return err_set(e, ERR_INVALID, "%s: there is no sample type %u, the profile has %u", name, o->type, p->n_types);
}

/* ---- pprof ---- */

#define PPROF_EXTENSIONS "pb pprof prof pgo cpu heap"

static bool is_varint(struct str *s, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < 10 && i < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];

		*v |= (uint64_t)(c & 0x7f) << 7 * i;
		if (c < 0x80) {
			*s = str_skip(*s, i + 1);
			return true;
		}
	}
	return false;
}

enum { ENOUGH_RECORDS = 4096 };

/* Walks over the fields: text and other binary data break a rule within a few bytes, never after so many. */
static int pprof_bid(struct str s, struct str file_name)
{
	bool named = has_extension(file_name, PPROF_EXTENSIONS);
	unsigned records = 0, seen = 0;
	uint64_t tag, n;

	while (s.n) {
		if (records == ENOUGH_RECORDS && (seen & (1u << 2 | 1u << 4)) != 0)
			return BID_SURE;
		if (!is_varint(&s, &tag) || !is_varint(&s, &n) || tag >> 3 == 0)
			break;
		if ((tag & 7) == 2 && tag >> 3 <= 14 && n <= s.n)
			s = str_skip(s, (size_t)n);
		else if ((tag & 7) != 0 || tag >> 3 < 7)
			break;
		records++;
		seen |= tag >> 3 < 16 ? 1u << (tag >> 3) : 0;
	}
	/* sample types and strings are in every profile */
	if (s.n == 0 && (seen & (1u << 1 | 1u << 6)) == (1u << 1 | 1u << 6))
		return BID_SURE;
	if (records >= 8 && (seen & (1u << 2 | 1u << 4 | 1u << 6)) != 0)
		return named ? BID_NAMED : BID_LIKELY; /* cut or damaged: its decoder says where */
	return named && records ? BID_WEAK : BID_NO;
}

static int pprof_row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct profile *p;

	(void)o;
	return pprof_decode(a, bytes, &p, e) < 0 ? -1 : one_profile(a, p, out);
}

static int pprof_row_encode(const struct profile *p, const struct format_opts *o, struct buf *out, struct err *e)
{
	struct buf raw;
	int rc;

	if (o->plain) {
		pprof_encode(p, out);
		return buf_check(out, "pprof", e);
	}
	buf_init(&raw, SIZE_MAX / 2);
	pprof_encode(p, &raw);
	zip_gzip(buf_str(&raw), GZIP_LEVEL, out);
	rc = buf_check(out, "pprof", e);
	buf_fini(&raw);
	return rc;
}

/* ---- folded ---- */

#define FOLDED_EXTENSIONS "folded collapsed"

static bool counted_line(struct str line)
{
	size_t blank, i;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	blank = str_rfind(line, ' ');
	i = blank + 1;
	if (i < line.n && (line.p[i] == '-' || line.p[i] == '+'))
		i++;
	if (blank >= line.n || i >= line.n)
		return false;
	for (; i < line.n; i++)
		if (line.p[i] < '0' || line.p[i] > '9')
			return false;
	return true;
}

/* Nine of ten of the first lines end in a blank and a number; comments do not count. */
static int folded_bid(struct str s, struct str file_name)
{
	bool named = has_extension(file_name, FOLDED_EXTENSIONS);
	unsigned lines = 0, good = 0;

	while (s.n && lines < 50) {
		size_t n = str_find(s, '\n');
		struct str line = str_of(s.p, n);

		s = str_skip(s, n + 1);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		lines++;
		good += counted_line(line);
	}
	if (good == 0)
		return BID_NO;
	if (good * 10 >= lines * 9)
		return named ? BID_SURE : BID_LIKELY - 10;
	return named ? BID_LIKELY - 10 : BID_NO;
}

static int folded_row_decode(struct arena *a, struct str bytes, const struct format_opts *o,
    struct format_profiles *out, struct err *e)
{
	struct folded_lines lines;
	struct profile *p;

	(void)o;
	if (folded_read(a, bytes, &p, &lines, e) < 0)
		return -1;
	profile_reserve_strings(p, 2);
	p->types[0].type = profile_new_str(p, STR("samples"));
	p->types[0].unit = profile_new_str(p, STR("count"));
	return one_profile(a, p, out);
}

static int folded_row_encode(const struct profile *p, const struct format_opts *o, struct buf *out, struct err *e)
{
	if (check_type(p, o, "folded", e) < 0)
		return -1;
	folded_encode(p, o->type, out);
	return buf_check(out, "folded", e);
}

/* ---- flamebearer ---- */

static int flamebearer_bid(struct str s, struct str file_name)
{
	(void)file_name;
	s = str_trim(s);
	if (s.n == 0 || s.p[0] != '{')
		return BID_NO;
	if (contains(s, "\"flamebearer\"") || (contains(s, "\"flamegraph\"") && contains(s, "\"names\"")))
		return BID_SURE;
	/* members may come in another order: look through all of it */
	return str_search(s, STR("\"flamebearer\"")) < s.n && str_search(s, STR("\"levels\"")) < s.n ? BID_LIKELY
												     : BID_NO;
}

static int flamebearer_row_decode(struct arena *a, struct str bytes, const struct format_opts *o,
    struct format_profiles *out, struct err *e)
{
	struct profile *p;

	(void)o;
	return flamebearer_decode(a, bytes, &p, e) < 0 ? -1 : one_profile(a, p, out);
}

static int flamebearer_row_encode(const struct profile *p, const struct format_opts *o, struct buf *out, struct err *e)
{
	if (check_type(p, o, "flamebearer", e) < 0 || flamebearer_encode(p, o->type, out, e) < 0)
		return -1;
	return buf_check(out, "flamebearer", e);
}

/* ---- the table ---- */

const struct format formats[] = {
	{
	    .name = "pprof",
	    .extensions = PPROF_EXTENSIONS,
	    .content_types = "application/octet-stream application/x-protobuf application/vnd.google.protobuf",
	    .text = "protobuf profile of google/pprof, gzip",
	    .bid = pprof_bid,
	    .decode = pprof_row_decode,
	    .encode = pprof_row_encode,
	},
	{
	    .name = "folded",
	    .extensions = FOLDED_EXTENSIONS,
	    .content_types = "text/plain",
	    .text = "collapsed stacks: frame;frame;frame COUNT",
	    .bid = folded_bid,
	    .decode = folded_row_decode,
	    .encode = folded_row_encode,
	},
	{
	    .name = "flamebearer",
	    .extensions = "json",
	    .content_types = "application/json",
	    .text = "flame graph JSON of the old render API",
	    .bid = flamebearer_bid,
	    .decode = flamebearer_row_decode,
	    .encode = flamebearer_row_encode,
	},
};

const uint32_t n_formats = ARRAY_LEN(formats);

/* Formats that are only recognised, by what stands at a place or near the beginning. */
static const struct {
	const char *name;
	const char *magic; /* at the beginning */
	const char *part;  /* near the beginning; both when both are there */
} strangers[] = {
	{ "jfr", "FLR", NULL }, /* a NUL follows */
	{ "perf.data", "PERFILE2", NULL },
	{ "perf.data", "2ELIFREP", NULL },
	{ "parquet", "PAR1", NULL },
	{ "elf", "\177ELF", NULL },
	{ "zip archive", "PK\003\004", NULL },
	{ "xz", "\3757zXZ", NULL },
	{ "bzip2", "BZh", NULL },
	{ "gzip", "\x1f\x8b", NULL },
	{ "zstd", "\x28\xb5\x2f\xfd", NULL },
	{ "heap profile text", "heap profile:", NULL },
	{ "heap profile text", "heap_v2/", NULL },
	{ "contention profile text", "--- contention", NULL },
	{ "thread profile text", "--- thread", NULL },
	{ "goroutine profile text", "goroutine profile: total", NULL },
	{ "goroutine dump", "goroutine ", "[" },
	{ "callgrind", NULL, "# callgrind format" },
	{ "callgrind", NULL, "\nevents: " },
	{ "svg", NULL, "<svg" },
	{ "html", NULL, "<html" },
	{ "speedscope", "{", "speedscope.app/file-format-schema.json" },
	{ "speedscope", "{", "\"profiles\"" },
	{ "cpuprofile", "{", "\"callFrame\"" },
	{ "trace event", "{", "\"traceEvents\"" },
	{ "trace event", "[", "\"ph\"" },
	{ "otlp", "{", "\"resourceProfiles\"" },
	{ "perf script", "# ========", "perf" },
};

/* comm PID TIME: EVENT: and then a line that begins with a blank and an address. */
static bool is_perf_script(struct str s)
{
	size_t n;
	struct str line;

	s.n = MIN(s.n, (size_t)LOOK);
	do {
		n = str_find(s, '\n');
		line = str_of(s.p, n);
		s = str_skip(s, n + 1);
	} while (s.n && (line.n == 0 || line.p[0] == '#'));
	line = str_trim(line);
	if (line.n == 0 || line.p[line.n - 1] != ':' || s.n < 2 || (s.p[0] != '\t' && s.p[0] != ' '))
		return false;
	s = str_trim(str_of(s.p, str_find(s, '\n')));
	n = 0;
	while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'a' && s.p[n] <= 'f')))
		n++;
	return n > 0 && n < s.n && s.p[n] == ' ';
}

static const char *stranger(struct str s)
{
	struct str text = str_trim(s);

	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		const char *magic = strangers[i].magic, *part = strangers[i].part;

		if (magic && !str_prefix(part ? text : s, str_cstr(magic)))
			continue;
		if (part == NULL || contains(s, part))
			return strangers[i].name;
	}
	if (s.n > 262 && memcmp(s.p + 257, "ustar", 5) == 0)
		return "tar archive";
	return is_perf_script(s) ? "perf script" : NULL;
}

/* "pprof, folded, flamebearer" */
static void known_names(char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < n_formats; i++) {
		struct str name = str_cstr(formats[i].name);

		if (n + name.n + 3 > size)
			return;
		if (i) {
			memcpy(out + n, ", ", 3);
			n += 2;
		}
		memcpy(out + n, name.p, name.n + 1);
		n += name.n;
	}
}

const struct format *format_by_name(struct str name, struct err *e)
{
	char known[256];

	for (uint32_t i = 0; i < n_formats; i++)
		if (str_eq(name, str_cstr(formats[i].name)))
			return &formats[i];
	known_names(known, sizeof(known));
	err_set(e, ERR_UNSUPPORTED, "unsupported format: %.*s (known: %s)", (int)MIN(name.n, (size_t)100), name.p,
	    known);
	return NULL;
}

const struct format *format_by_extension(struct str file_name)
{
	for (uint32_t i = 0; i < n_formats; i++)
		if (has_extension(file_name, formats[i].extensions))
			return &formats[i];
	return NULL;
}

const struct format *format_by_content_type(struct str content_type)
{
	struct str type = str_trim(str_of(content_type.p, str_find(content_type, ';')));

	for (uint32_t i = 0; i < n_formats && type.n; i++)
		if (has_word(formats[i].content_types, type))
			return &formats[i];
	return NULL;
}

const struct format *format_detect(struct str bytes, struct str file_name, struct err *e)
{
	const struct format *best = NULL;
	const char *other = stranger(bytes);
	char known[256];
	int most = BID_NO;

	for (uint32_t i = 0; i < n_formats; i++) {
		int bid = formats[i].bid(bytes, file_name);

		if (bid > most) {
			best = &formats[i];
			most = bid;
		}
	}
	/* a format that shows its name is not taken for another that would merely do */
	if (best && (other == NULL || most >= BID_SURE))
		return best;
	if (other) {
		err_set(e, ERR_UNSUPPORTED, "unsupported format: %s", other);
		return NULL;
	}
	known_names(known, sizeof(known));
	if (bytes.n == 0)
		err_set(e, ERR_UNSUPPORTED, "unsupported format: the input is empty");
	else
		err_set(e, ERR_UNSUPPORTED, "unsupported format: unknown (tried: %s)", known);
	return NULL;
}

int format_unpack(struct arena *a, struct str bytes, size_t limit, struct str *out, struct err *e)
{
	struct buf unpacked;
	int rc = 0;

	for (unsigned layer = 0; layer < MAX_LAYERS; layer++) {
		if (!zip_is_gzip(bytes) && !zip_is_zstd(bytes))
			break;
		buf_init(&unpacked, limit);
		rc = zip_is_gzip(bytes) ? zip_gunzip(bytes, limit, &unpacked, e)
					: zip_unzstd(bytes, limit, &unpacked, e);
		if (rc == 0)
			bytes = arena_str(a, buf_str(&unpacked));
		buf_fini(&unpacked);
		if (rc < 0)
			return -1;
	}
	*out = bytes;
	return 0;
}
