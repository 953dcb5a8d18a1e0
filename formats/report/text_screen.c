/* text_screen.c - see text_screen.h */
#include "formats/report/text_screen.h"

#include "formats/report/flame_text.h"

bool text_screen_key(struct text_screen *s, int key)
{
	switch (key) {
	case KEY_UP:
	case 'k': s->top -= s->top > 0; break;
	case KEY_DOWN:
	case 'j': s->top++; break;
	case KEY_PAGE_UP: s->top -= MIN(s->top, (size_t)s->page); break;
	case KEY_PAGE_DOWN: s->top += s->page; break;
	case KEY_HOME: s->top = 0; break;
	case KEY_END: s->top = SIZE_MAX / 2; break;
	default: return false;
	}
	return true;
}

/* What was there is wiped before a line is written: behind the last cell some terminals would wipe that cell. */
static void put_line(struct str line, unsigned columns, const char *style, struct buf *out)
{
	buf_add(out, STR("\033[K"));
	buf_add(out, str_cstr(style));
	flame_text_name(line, columns, "", out);
	if (style[0] != '\0')
		buf_add(out, STR("\033[0m"));
}

static size_t count_lines(struct str text)
{
	size_t n = 0;

	while (text.n > 0) {
		str_cut(&text, '\n');
		n++;
	}
	return n;
}

void text_screen_draw(struct text_screen *s, struct str text, struct str title, struct str keys, unsigned rows,
    unsigned columns, struct buf *out)
{
	size_t lines = count_lines(text), head = MIN(s->head, lines), room = rows > head + 2 ? rows - head - 2 : 0;

	s->top = MIN(s->top, lines - head > room ? lines - head - room : 0);
	s->page = (unsigned)MAX(room, (size_t)1);
	buf_add(out, STR("\033[H"));
	put_line(title, columns, "\033[1m", out);
	for (size_t i = 0; text.n > 0 && i < head + s->top + room; i++) {
		struct str line = str_cut(&text, '\n');

		if (i >= head && i < head + s->top)
			continue;
		buf_add(out, STR("\r\n"));
		put_line(line, columns, "", out);
	}
	for (size_t i = lines - head - s->top; i < room; i++)
		buf_add(out, STR("\r\n\033[K"));
	buf_add(out, STR("\r\n"));
	put_line(keys, columns, "", out);
}

struct str text_screen_reason(const char *message)
{
	struct str all = str_cstr(message);
	size_t end = str_search(all, STR(": "));

	return str_prefix(all, STR("http")) && end < all.n ? str_skip(all, end + 2) : all;
}
