/*
 * format.c - the table of formats and how one is found.
 */
#include "base/mem.h"
#include "base/num.h"
#include "base/zip.h"
#include "formats/format_impl.h"

enum {
	LOOK = 4096, /* bytes that are looked at for a magic number or a member name */
	MAX_LAYERS = 3,
	MAX_KNOWN = 1024, /* bytes of a list of names */
};

#define FORMAT(name) extern const struct format format_##name;
#include "formats/formats.def"
#undef FORMAT

const struct format *const formats[] = {
#define FORMAT(name) &format_##name,
#include "formats/formats.def"
#undef FORMAT
};

const uint32_t n_formats = ARRAY_LEN(formats);

/* ---- what the rows share ---- */

static bool has_word(const char *list, struct str word)
{
	struct str rest = str_cstr(list);

	while (rest.n)
		if (str_eq_nocase(str_cut(&rest, ' '), word))
			return true;
	return false;
}

bool format_near(struct str s, const char *part)
{
	s.n = MIN(s.n, (size_t)LOOK);
	return str_search(s, str_cstr(part)) < s.n;
}

/* The name without a folder and without the extension of a compression. */
static struct str base_name(struct str name)
{
	static const char *const packed[] = { ".gz", ".zst", ".xz", ".bz2", ".lz4" };
	size_t slash = str_rfind(name, '/');

	if (slash < name.n)
		name = str_skip(name, slash + 1);
	for (size_t i = 0; i < ARRAY_LEN(packed); i++) {
		size_t n = strlen(packed[i]);

		if (name.n > n && str_eq_nocase(str_skip(name, name.n - n), str_cstr(packed[i]))) {
			name.n -= n;
			break;
		}
	}
	return name;
}

/* The length of the longest of the extensions that the name has; an extension may have a dot inside. */
static size_t named(struct str name, const char *list)
{
	size_t longest = 0;

	name = base_name(name);
	for (struct str rest = str_cstr(list); rest.n;) {
		struct str ext = str_cut(&rest, ' ');

		if (ext.n > longest && name.n > ext.n && name.p[name.n - ext.n - 1] == '.' &&
		    str_eq_nocase(str_skip(name, name.n - ext.n), ext))
			longest = ext.n;
	}
	return longest;
}

bool format_named(struct str name, const char *list)
{
	return named(name, list) > 0;
}

int format_one(struct arena *a, struct profile *p, struct format_profiles *out)
{
	out->p = arena_zalloc(a, sizeof(*out->p));
	out->p[0].p = p;
	out->n = 1;
	return 0;
}

int format_type(const struct profile *p, const struct format_opts *o, const char *name, uint32_t *type, struct err *e)
{
	*type = o->type;
	if (o->type == FORMAT_ALL_TYPES)
		*type = profile_default_type(p);
	if (*type < p->n_types)
		return 0;
	return err_set(e, ERR_INVALID, "%s: there is no sample type %u, the profile has %u", name, *type, p->n_types);
}

/* ---- finding one ---- */

/* Formats that are only recognised, by what stands at a place or near the beginning. */
static const struct {
	const char *name;
	const char *magic; /* at the beginning */
	const char *part;  /* near the beginning; both when both are there */
} strangers[] = {
	{ "elf", "\177ELF", NULL },
	{ "zip archive", "PK\003\004", NULL },
	{ "xz", "\3757zXZ", NULL },
	{ "bzip2", "BZh", NULL },
	{ "gzip", "\x1f\x8b", NULL },
	{ "zstd", "\x28\xb5\x2f\xfd", NULL },
	{ "html", NULL, "<html" },
};

static const char *stranger(struct str s)
{
	struct str text = str_trim(s);

	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		const char *magic = strangers[i].magic, *part = strangers[i].part;

		if (magic && !str_prefix(part ? text : s, str_cstr(magic)))
			continue;
		if (part == NULL || format_near(s, part))
			return strangers[i].name;
	}
	if (s.n > 262 && memcmp(s.p + 257, "ustar", 5) == 0)
		return "tar archive";
	return NULL;
}

/* "pprof, folded, flamebearer": all, or those that can be read */
static void known_names(char *out, size_t size, bool read)
{
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < n_formats; i++) {
		struct str name = str_cstr(formats[i]->name);

		if (n + name.n + 3 > size)
			return;
		if (read && formats[i]->decode == NULL)
			continue;
		if (n > 0) {
			memcpy(out + n, ", ", 3);
			n += 2;
		}
		memcpy(out + n, name.p, name.n + 1);
		n += name.n;
	}
}

const struct format *format_by_name(struct str name, struct err *e)
{
	char known[MAX_KNOWN];

	for (uint32_t i = 0; i < n_formats; i++)
		if (str_eq(name, str_cstr(formats[i]->name)))
			return formats[i];
	known_names(known, sizeof(known), false);
	err_set(e, ERR_UNSUPPORTED, "unsupported format: %.*s (known: %s)", (int)MIN(name.n, (size_t)100), name.p,
	    known);
	return NULL;
}

const struct format *format_by_extension(struct str file_name)
{
	const struct format *best = NULL;
	size_t longest = 0;

	for (uint32_t i = 0; i < n_formats; i++) {
		size_t n = named(file_name, formats[i]->extensions);

		if (n > longest) {
			best = formats[i];
			longest = n;
		}
	}
	return best;
}

const struct format *format_by_content_type(struct str content_type)
{
	struct str type = str_trim(str_of(content_type.p, str_find(content_type, ';')));

	for (uint32_t i = 0; i < n_formats && type.n; i++)
		if (has_word(formats[i]->content_types, type))
			return formats[i];
	return NULL;
}

const struct format *format_detect(struct str bytes, struct str file_name, struct err *e)
{
	const struct format *best = NULL;
	const char *other;
	char known[MAX_KNOWN];
	int most = BID_NO;

	/* what most inputs are, and soon known for certain */
	if (format_pprof.bid(bytes, file_name) == BID_MOST)
		return &format_pprof;
	for (uint32_t i = 0; i < n_formats && most < BID_MOST; i++) {
		int bid = formats[i]->bid(bytes, file_name);

		if (bid > most) {
			best = formats[i];
			most = bid;
		}
	}
	/* a format that shows its name is not taken for another that would merely do */
	if (most >= BID_SURE || ((other = stranger(bytes)) == NULL && best))
		return best;
	if (other) {
		err_set(e, ERR_UNSUPPORTED, "unsupported format: %s", other);
		return NULL;
	}
	known_names(known, sizeof(known), true);
	if (bytes.n == 0)
		err_set(e, ERR_UNSUPPORTED, "unsupported format: the input is empty");
	else
		err_set(e, ERR_UNSUPPORTED, "unsupported format: unknown (tried: %s; --format NAME reads it as that)",
		    known);
	return NULL;
}

const struct format *format_asked(const char *option, const char *name, struct str bytes, struct str file_name,
    struct err *e)
{
	const struct format *f;

	if (name[0] == '\0')
		return format_detect(bytes, file_name, e);
	f = format_by_name(str_cstr(name), e);
	if (f == NULL) {
		e->kind = ERR_USAGE;
	} else if (f->decode == NULL) {
		err_set(e, ERR_USAGE, "%s: %s can be written, not read", option, name);
		f = NULL;
	}
	return f;
}

int format_decode(const struct format *f, struct arena *a, struct str bytes, const struct format_opts *o,
    struct format_profiles *out, struct err *e)
{
	const struct format *other;
	struct err no;

	if (f->decode(a, bytes, o, out, e) == 0)
		return 0;
	if (f->bid(bytes, STR_NONE) != BID_NO || (other = format_detect(bytes, STR_NONE, &no)) == NULL)
		return -1;
	return err_set(e, e->kind, "%s; it looks like %s, which is read where no format is named", e->msg, other->name);
}

/* ---- one of several ---- */

static bool is_named(struct str want, struct str name, uint32_t number)
{
	uint64_t v;
	struct err no;

	return str_eq(want, name) || (num_u64(want, &v, &no) == 0 && v == number);
}

/* alloc_in_new_tlab is of the family alloc. */
static bool is_of_family(struct str want, struct str name)
{
	return want.n > 0 && str_prefix(name, want) && name.n > want.n && name.p[want.n] == '_';
}

/* Marks those that the name chooses: a family only where none is called so itself. */
static void mark(const struct format_profiles *got, struct str want, bool *marks)
{
	bool any = false;

	for (uint32_t i = 0; i < got->n; i++)
		if (is_named(want, got->p[i].name, i + 1))
			any = marks[i] = true;
	for (uint32_t i = 0; i < got->n && !any; i++)
		marks[i] |= is_of_family(want, got->p[i].name);
}

int format_choose(struct format_profiles *got, const char *const *names, size_t n, struct err *e)
{
	struct buf known;
	uint32_t chosen = 0;
	bool *marks;

	if (n == 0)
		return 0;
	marks = mem_zalloc(MAX(got->n, 1u) * sizeof(*marks));
	for (size_t i = 0; i < n; i++)
		mark(got, str_cstr(names[i]), marks);
	for (uint32_t i = 0; i < got->n; i++)
		if (marks[i])
			got->p[chosen++] = got->p[i];
	mem_free(marks);
	if (chosen > 0) {
		got->n = chosen;
		return 0;
	}
	buf_init(&known, MAX_KNOWN);
	for (uint32_t i = 0; i < got->n; i++)
		buf_printf(&known, "%s %u " STR_FMT, i ? "," : "", i + 1, STR_ARG(got->p[i].name));
	err_set(e, ERR_INVALID, "no profile is called %.200s; there are:" STR_FMT, names[0], STR_ARG(buf_str(&known)));
	buf_fini(&known);
	return -1;
}

int format_unpack(struct arena *a, struct str bytes, size_t limit, struct str *out, struct err *e)
{
	struct buf unpacked;
	int rc = 0;

	for (unsigned layer = 0; layer < MAX_LAYERS; layer++) {
		if (!zip_is_gzip(bytes) && !zip_is_zstd(bytes))
			break;
		buf_init(&unpacked, limit);
		rc = zip_unpack(bytes, limit, &unpacked, NULL, e);
		if (rc == 0)
			bytes = arena_str(a, buf_str(&unpacked));
		buf_fini(&unpacked);
		if (rc < 0)
			return -1;
	}
	*out = str_unmarked(bytes);
	return 0;
}
