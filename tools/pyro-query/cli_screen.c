/* cli_screen.c - see cli_screen.h */
#include "tools/pyro-query/cli_screen.h"

#include "formats/report/flame_screen.h"
#include "io/term.h"
#include "io/tty.h"

enum { MAX_PICTURE = 64 << 20 };

static int run(struct tty *t, struct flame_screen *s, struct err *e)
{
	int key = KEY_RESIZE, rc = 0;
	struct buf b;

	buf_init(&b, MAX_PICTURE);
	do {
		unsigned rows, columns;

		tty_size(t, &rows, &columns);
		buf_reset(&b);
		if (key == KEY_RESIZE || key == KEY_CTRL_L)
			buf_add(&b, STR("\033[2J"));
		flame_screen_draw(s, rows, columns, term_wants_colours(), &b);
		rc = buf_check(&b, "picture", e) < 0 ? -1 : tty_write(t, buf_str(&b), e);
		key = rc == 0 ? tty_key(t) : KEY_GONE;
	} while (flame_screen_key(s, key));
	buf_fini(&b);
	return rc;
}

int cli_screen(struct report *r, const struct picture *o, int64_t max_nodes, struct err *e)
{
	struct arena *a = arena_new();
	struct tree *t = report_call_tree(r);
	struct flame_screen *s = flame_screen_new(tree_flamegraph(a, t, max_nodes), false, o);
	struct tty *tty = tty_open(e);
	int rc = tty == NULL ? -1 : run(tty, s, e);

	tty_close(tty);
	flame_screen_free(s);
	tree_free(t);
	arena_free(a);
	return rc;
}
