/* output_words.c - see output_words.h */
#include "formats/report/output_words.h"

static bool has_word(struct str list, struct str word)
{
	while (list.n > 0)
		if (str_eq(str_cut(&list, ' '), word))
			return true;
	return false;
}

static void add_word(struct buf *out, struct str word)
{
	if (out == NULL || has_word(buf_str(out), word))
		return;
	if (out->n > 0)
		buf_byte(out, ' ');
	buf_add(out, word);
}

void output_words_read(struct buf *names)
{
	for (uint32_t i = 0; i < n_formats; i++)
		if (formats[i]->decode != NULL)
			add_word(names, str_cstr(formats[i]->name));
}

void output_words(unsigned of, struct buf *names, struct buf *extensions)
{
	for (uint32_t i = 0; i < output_count(); i++) {
		struct output f = output_at(i);
		struct str rest = str_cstr(f.extensions);

		if ((output_what(&f) & of) == 0)
			continue;
		add_word(names, str_cstr(f.name));
		while (rest.n > 0)
			add_word(extensions, str_cut(&rest, ' '));
	}
}

void output_words_format(const char *flag, struct buf *names, struct buf *extensions)
{
	(void)extensions;
	if (strcmp(flag, "format") == 0)
		output_words_read(names);
}
