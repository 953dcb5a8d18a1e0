/* convert_formats.c - `pyro-convert formats`: what can be read and written, for people, for programs and for doc/formats.7 */
#include <stdio.h>

#include "tools/pyro-convert/convert.h"

struct format_row {
	const char *name, *extensions, *text;
	bool read, written;
};

/* Every format, then the forms that are none. */
static size_t all_rows(struct arena *a, struct format_row **out)
{
	struct format_row *rows = arena_array(a, n_formats + output_count() + 1, sizeof(*rows));
	size_t n = 0;

	for (uint32_t i = 0; i < n_formats; i++)
		rows[n++] = (struct format_row){ formats[i]->name, formats[i]->extensions, formats[i]->text,
			formats[i]->decode != NULL, formats[i]->encode != NULL };
	for (uint32_t i = 0; i < output_count(); i++) {
		struct output f = output_at(i);
		size_t k = 0;

		while (k < n && strcmp(rows[k].name, f.name) != 0)
			k++;
		if (k < n)
			rows[k].written = true;
		else if (output_what(&f) & OUTPUT_REPORT)
			rows[n++] = (struct format_row){ f.name, f.extensions, f.text, false, true };
	}
	rows[n++] = (struct format_row){ "stream", "tar",
		"tar of pprofs, their labels and times beside: a profile stream (any tar or zip of profiles is read)",
		true, true };
	*out = rows;
	return n;
}

static void mdoc_row(const struct format_row *r)
{
	printf(".It Cm %s Pq %s%s%s\n", r->name, r->read ? "read" : "", r->read && r->written ? ", " : "",
	    r->written ? "written" : "");
	for (const char *p = r->text; *p; p++)
		if (*p == '\\')
			fputs("\\e", stdout);
		else
			putchar(*p);
	puts(".");
	if (r->extensions[0])
		printf("Extensions:\n.Ql %s .\n", r->extensions);
}

int convert_formats(struct tool *t, struct err *e)
{
	struct arena *a = arena_new();
	struct format_row *rows;
	size_t n = all_rows(a, &rows);
	const char *as = t->conf.n_args > 0 ? t->conf.args[0] : "";
	int rc = 0;

	if (t->conf.n_args > 1 || (as[0] && strcmp(as, "mdoc") != 0 && strcmp(as, "tsv") != 0))
		rc = err_set(e, ERR_USAGE, "formats: mdoc or tsv, or nothing");
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct format_row *r = &rows[i];

		if (strcmp(as, "mdoc") == 0)
			mdoc_row(r);
		else if (strcmp(as, "tsv") == 0)
			printf("%s\t%s%s\t%s\t%s\n", r->name, r->read ? "R" : "", r->written ? "W" : "", r->extensions,
			    r->text);
		else
			printf("%-14s %-2s  %-26s %s\n", r->name,
			    r->read && r->written ? "RW"
				: r->read         ? "R"
						  : " W",
			    r->extensions, r->text);
	}
	arena_free(a);
	return rc;
}
