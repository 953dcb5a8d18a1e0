/* cli_watch.c - see cli_watch.h */
#include "tools/pyro-query/cli_watch.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "formats/report/flame_screen.h"
#include "formats/report/flame_text.h"
#include "formats/report/text_screen.h"
#include "io/term.h"
#include "io/tty.h"
#include "tools/pyro-query/cli_edit.h"
#include "tools/pyro-query/cli_filters.h"
#include "tools/pyro-query/cli_sides.h"
#include "tools/pyro-query/places_read.h"

enum { MAX_TEXT = 64 << 20, WAIT_MS = 1000 };

/* One answer and what is made of it; replaced as a whole. */
struct answer {
	struct arena *a;
	struct cli_side side;
	struct report *hidden; /* with --anonymize: of the profile without names */
	struct buf text;       /* top */
	struct tree *tree;     /* flame */
	struct picture picture;
	struct flame_screen *screen;
};

struct live {
	struct query_opts o; /* keys change it */
	const char *const *paths;
	size_t n;
	bool flame;
	struct arena *line; /* of one title */
	struct tty *tty;
	struct answer *shown;
	struct text_screen text;
	int64_t next, asked_at; /* mono: when to ask; wall: when the answer came */
	char why[300];          /* the last one did not; empty: it did */
	bool paused, leave;
	struct err err; /* of the terminal */
	bool failed;
};

static int64_t now(void)
{
	return clock_real()->mono(clock_real());
}

/* ---- an answer ---- */

static void answer_free(struct answer *x)
{
	if (x == NULL)
		return;
	flame_screen_free(x->screen);
	tree_free(x->tree);
	buf_fini(&x->text);
	report_free(x->hidden);
	cli_side_close(&x->side);
	arena_free(x->a);
	mem_free(x);
}

static void make_flame(struct answer *x, const struct query_opts *o, struct report *r)
{
	struct output_opts oo = cli_output_options(o);

	oo.picture = x->side.f.picture;
	x->picture = output_picture(r, &oo, "Flame graph");
	x->tree = report_call_tree(r);
	x->screen = flame_screen_new(tree_flamegraph(x->a, x->tree, o->max_nodes), false, &x->picture);
}

static bool turn(void *ctx);

static struct answer *ask(struct live *l, struct err *e)
{
	const struct places_turn while_waiting = { turn, l->tty != NULL ? tty_fd(l->tty) : -1, l };
	struct answer *x = mem_zalloc(sizeof(*x));
	struct profile *left;
	int rc;

	x->a = arena_new();
	buf_init(&x->text, MAX_TEXT);
	x->side.turn = l->tty != NULL ? &while_waiting : NULL;
	rc = cli_side_open(&x->side, l->paths, l->n, &l->o, e);
	if (rc == 0)
		rc = cli_edit_hide(x->a, &l->o, &x->side.f.o, x->side.r, &x->hidden, &left, e);
	if (rc >= 0 && l->flame)
		make_flame(x, &l->o, rc > 0 ? x->hidden : x->side.r);
	else if (rc >= 0)
		report_top(rc > 0 ? x->hidden : x->side.r, &x->text);
	if (rc >= 0 && buf_check(&x->text, "answer", e) == 0)
		return x;
	answer_free(x);
	return NULL;
}

/* ---- the screen ---- */

/* What pprof says in front of the table, and the titles of its columns. */
static size_t head_of(struct str text)
{
	for (size_t n = 1; text.n > 0; n++) {
		struct str line = str_cut(&text, '\n');

		if (str_search(line, STR("flat%")) < line.n)
			return n;
	}
	return 0;
}

/*
 * Lines of the table as they fit: without room for `flat flat% sum% cum cum%  function` there are left the column of the
 * order, its share, and the function.
 */
static void fit_line(struct str line, bool cum, unsigned columns, struct buf *out)
{
	size_t start = out->n, used;
	struct str rest = line, value = STR_NONE, share = STR_NONE;

	for (int k = 0; k < 5; k++) {
		struct str word;

		while (rest.n > 0 && rest.p[0] == ' ')
			rest = str_skip(rest, 1);
		word = str_cut(&rest, ' ');
		if (k == (cum ? 3 : 0))
			value = word;
		if (k == (cum ? 4 : 1))
			share = word;
	}
	rest = str_trim(rest);
	if (columns < 64)
		buf_printf(out, "%10.*s %6.*s  ", (int)value.n, value.p, (int)share.n, share.p);
	else
		buf_add(out, str_of(line.p, line.n - rest.n));
	used = out->n - start;
	flame_text_function(rest, columns > used + 1 ? columns - used : 1, "", out);
	buf_byte(out, '\n');
}

static struct str fit_table(struct arena *a, struct str text, size_t head, bool cum, unsigned columns)
{
	struct buf b;
	struct str out;

	buf_init(&b, 2 * MAX_TEXT);
	for (size_t i = 1; text.n > 0; i++) {
		struct str line = str_cut(&text, '\n');

		if (head > 0 && i >= head) {
			fit_line(line, cum, columns, &b);
		} else {
			buf_add(&b, line);
			buf_byte(&b, '\n');
		}
	}
	out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static struct str title(struct live *l)
{
	struct str at = num_rfc3339(l->line, l->asked_at / NS_PER_S * NS_PER_S);

	if (l->why[0] != '\0')
		return arena_printf(l->line, "NO ANSWER, this is of " STR_FMT ": " STR_FMT, STR_ARG(at),
		    STR_ARG(text_screen_reason(l->why)));
	return arena_printf(l->line, STR_FMT "%s", STR_ARG(at), l->paused ? "  PAUSED" : "");
}

static void draw(struct live *l, int key)
{
	struct answer *x = l->shown;
	unsigned rows, columns;
	struct buf b;

	if (l->failed)
		return;
	arena_reset(l->line);
	tty_size(l->tty, &rows, &columns);
	buf_init(&b, MAX_TEXT);
	if (key == KEY_RESIZE || key == KEY_CTRL_L)
		buf_add(&b, STR("\033[2J"));
	if (l->flame) {
		x->picture.subtitle = title(l);
		flame_screen_draw(x->screen, rows, columns, term_wants_colours(), &b);
	} else {
		l->text.head = head_of(buf_str(&x->text));
		text_screen_draw(&l->text, fit_table(l->line, buf_str(&x->text), l->text.head, l->o.cum, columns),
		    title(l), STR("q quit  o order  space pause  g ask now  arrows scroll"), rows, columns, &b);
	}
	l->failed = buf_check(&b, "screen", &l->err) < 0 || tty_write(l->tty, buf_str(&b), &l->err) < 0;
	l->leave = l->leave || l->failed;
	buf_fini(&b);
}

static void take_key(struct live *l, int key)
{
	bool typing = l->flame && flame_screen_asks(l->shown->screen);

	if (!typing && key == ' ')
		l->paused = !l->paused;
	else if (!typing && key == 'g')
		l->next = 0;
	else if (l->flame)
		l->leave = !flame_screen_key(l->shown->screen, key);
	else if (key == 'o')
		l->o.cum = !l->o.cum, l->next = 0;
	else if (!text_screen_key(&l->text, key))
		l->leave = key == 'q' || key == KEY_CTRL_C || key == KEY_GONE;
	draw(l, key);
}

/* While a server is waited for. */
static bool turn(void *ctx)
{
	struct live *l = ctx;

	for (int key; !l->leave && (key = tty_key_within(l->tty, 0)) != KEY_NONE;)
		take_key(l, key);
	return !l->leave;
}

static void ask_again(struct live *l)
{
	struct answer *x;
	struct err e;

	l->next = INT64_MAX;
	x = ask(l, &e);
	if (x == NULL) {
		snprintf(l->why, sizeof(l->why), "%.299s", e.msg);
	} else {
		if (l->flame)
			flame_screen_follow(x->screen, l->shown->screen);
		answer_free(l->shown);
		l->shown = x;
		l->asked_at = clock_real()->wall(clock_real());
		l->why[0] = '\0';
	}
	/* a key may have asked meanwhile */
	if (l->next == INT64_MAX && l->o.interval > 0)
		l->next = now() + l->o.interval;
	if (!l->leave)
		draw(l, KEY_NONE);
}

/* For a key, in ms; what is paused is asked for by a key alone. */
static int patience(const struct live *l)
{
	if (l->next == 0)
		return 0;
	if (l->paused || l->next == INT64_MAX)
		return WAIT_MS;
	return (int)MIN(MAX(l->next - now(), 0) / NS_PER_MS + 1, (int64_t)WAIT_MS);
}

static void run(struct live *l)
{
	l->next = l->o.interval > 0 ? now() + l->o.interval : INT64_MAX;
	draw(l, KEY_RESIZE);
	while (!l->leave) {
		int key = tty_key_within(l->tty, patience(l));

		if (key != KEY_NONE)
			take_key(l, key);
		if (!l->leave && now() >= l->next && (!l->paused || l->next == 0))
			ask_again(l);
	}
}

/* ---- the verb ---- */

static bool has_server(const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (places_is_server(paths[i]))
			return true;
	return false;
}

bool cli_watch_wanted(const struct query_opts *o, const char *const *paths, size_t n)
{
	return o->watch || (o->interactive && has_server(paths, n));
}

static int check(const struct query_opts *o, const char *verb, const char *const *paths, size_t n, struct err *e)
{
	size_t sources = 0;

	if (strcmp(verb, "top") != 0 && strcmp(verb, "flame") != 0)
		return err_set(e, ERR_USAGE, "--watch is for the verbs top and flame");
	if (o->output[0] || o->memory > 0 || o->group_by.n + o->split_by.n + o->base.n + o->diff_base.n > 0)
		return err_set(e, ERR_USAGE,
		    "a screen that is asked for again goes without --output, --memory, --group-by, --split-by and "
		    "bases");
	for (size_t i = 0; i < n; i++) {
		sources += paths[i][0] != '{' && paths[i][0] != '@';
		if (strcmp(paths[i], "-") == 0)
			sources = 0, i = n;
	}
	return sources > 0 ? 0 : err_set(e, ERR_USAGE, "--watch: standard input can be read once; name a source");
}

int cli_watch(const struct query_opts *o, const char *verb, const char *const *paths, size_t n, struct err *e)
{
	struct live l = { .o = *o, .paths = paths, .n = n, .flame = strcmp(verb, "flame") == 0 };

	if (check(o, verb, paths, n, e) < 0 || (l.shown = ask(&l, e)) == NULL)
		return -1;
	l.line = arena_new();
	l.asked_at = clock_real()->wall(clock_real());
	l.tty = tty_open(e);
	if (l.tty != NULL)
		run(&l);
	else
		l.failed = true, l.err = *e;
	tty_close(l.tty);
	answer_free(l.shown);
	arena_free(l.line);
	if (l.failed)
		*e = l.err;
	return l.failed ? -1 : 0;
}
