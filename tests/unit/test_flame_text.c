/* test_flame_text.c - flame graphs of characters, and the screen that is used with keys. */
#include "tests/lib/profile_fixture.h"

#include "formats/report/flame_screen.h"
#include "formats/report/flame_text.h"
#include "formats/report/text_screen.h"

#define LIMIT ((size_t)8 << 20)

static struct tree *small(void)
{
	struct tree *t = tree_new();

	tree_add(t, (struct str[]){ STR("main"), STR("a"), STR("x") }, 3, 50);
	tree_add(t, (struct str[]){ STR("main"), STR("b") }, 2, 40);
	tree_add(t, (struct str[]){ STR("main"), STR("b"), STR("b"), STR("x") }, 4, 5);
	tree_add(t, (struct str[]){ STR("main") }, 1, 5);
	tree_total(t);
	return t;
}

static const struct {
	const char *name;
	size_t width;
	const char *fill, *want;
} names[] = {
	{ "main", 6, "-", "main--" },
	{ "main", 4, "-", "main" },
	{ "main", 3, "-", "ma…" },
	{ "main", 1, "-", "…" },
	{ "main", 0, "-", "" },
	{ "main", SIZE_MAX, "", "main" },
	{ "a\033[2Jb\n", 8, ".", "a?[2Jb?." },
	{ "\xff\xc3", 3, ".", "??." },
	{ "\xc2\x9b"
	  "31m",
	    5, ".", "?31m." },
	{ "caf\xc3\xa9", 5, ".", "caf\xc3\xa9." },
	{ "\xe6\xbc\xa2\xe5\xad\x97", 5, ".", "\xe6\xbc\xa2\xe5\xad\x97." },
	{ "\xe6\xbc\xa2\xe5\xad\x97", 3, ".", "\xe6\xbc\xa2…" },
	{ "a\xe2\x80\xae"
	  "b",
	    4, ".", "a?b." },
};

static void test_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf b;

		buf_init(&b, LIMIT);
		flame_text_name(str_cstr(names[i].name), names[i].width, names[i].fill, &b);
		if (!str_eq(buf_str(&b), str_cstr(names[i].want)))
			fail_msg("%zu: " STR_FMT, i, STR_ARG(buf_str(&b)));
		buf_fini(&b);
	}
}

/* Without room the path goes, then the end. */
static void test_function(void **state)
{
	static const struct {
		const char *name;
		size_t width;
		const char *want;
	} cases[] = {
		{ "github.com/shop/cart.Add", 24, "github.com/shop/cart.Add" },
		{ "github.com/shop/cart.Add", 23, "cart.Add" },
		{ "github.com/shop/cart.Add", 6, "cart.…" },
		{ "a long name/", 5, "a lo…" },
		{ "x/y/", 3, "y/" },
		{ "/", 0, "" },
		{ "", 3, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b;

		buf_init(&b, LIMIT);
		flame_text_function(str_cstr(cases[i].name), cases[i].width, "", &b);
		if (!str_eq(buf_str(&b), str_cstr(cases[i].want)))
			fail_msg("%zu: " STR_FMT, i, STR_ARG(buf_str(&b)));
		buf_fini(&b);
	}
}

static void test_reason(void **state)
{
	(void)state;
	assert_true(
	    str_eq(text_screen_reason("http://[::1]:4040/a?q=%7B: Failed: to connect"), STR("Failed: to connect")));
	assert_true(str_eq(text_screen_reason("status 400: no"), STR("status 400: no")));
	assert_true(str_eq(text_screen_reason("https://x"), STR("https://x")));
}

static void test_text(void **state)
{
	struct arena *a = arena_new();
	struct tree *t = small();
	struct picture o = { .title = STR("T"), .subtitle = STR("cpu"), .unit = STR("count"), .columns = 20 };
	struct flamegraph *g = tree_flamegraph(a, t, 0);
	struct buf b;

	(void)state;
	buf_init(&b, LIMIT);
	report_flame_text(g, false, &o, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("T  cpu  100 samples\n"
		"│all────────────────\n"
		"│main───────────────\n"
		" │a────────│b───────\n"
		" │x────────        │\n"
		"                   │\n")));
	buf_reset(&b);
	o.flame = o.ansi = true;
	report_flame_text(g, false, &o, &b);
	assert_true(str_search(buf_str(&b), STR("\033[38;2;0;0;0;48;2;")) < b.n);
	assert_true(str_suffix(buf_str(&b), STR("all                 \033[0m\n")));
	buf_fini(&b);
	tree_free(t);
	arena_free(a);
}

static void test_comparison(void **state)
{
	struct arena *a = arena_new();
	struct tree *l = small(), *r = small();
	struct picture o = { .unit = STR("count"), .columns = 20 };
	struct err e;
	struct buf b;

	(void)state;
	tree_add(r, &STR("new"), 1, 100);
	tree_total(r);
	buf_init(&b, LIMIT);
	report_flame_text(tree_flamegraph_diff(a, l, r, 0, &e), true, &o, &b);
	assert_true(str_search(buf_str(&b), STR("100 samples before, 200 samples after")) < b.n);
	assert_true(str_search(buf_str(&b), STR("│main────────│new───\n")) < b.n);
	buf_fini(&b);
	tree_free(l);
	tree_free(r);
	arena_free(a);
}

/* What keys lead to, as a part of the screen that must be there. */
static const struct {
	const char *what;
	int keys[8];
	const char *part;
	bool left;
} screens[] = {
	{ "first", { 0 }, "all  100 samples (100.00%), self 0 samples", false },
	{ "down", { KEY_DOWN }, "main  100 samples (100.00%), self 5 samples", false },
	{ "down to the heaviest", { KEY_DOWN, KEY_DOWN }, "a  50 samples (50.00%)", false },
	{ "beside", { 'j', 'j', 'l' }, "b  45 samples (45.00%), self 40 samples", false },
	{ "no further", { 'j', 'j', 'l', KEY_RIGHT }, "b  45 samples", false },
	{ "and back", { 'j', 'j', 'l', KEY_LEFT }, "a  50 samples", false },
	{ "up", { 'j', 'j', KEY_UP, 'k', 'k' }, "all  100", false },
	{ "zoom", { 'j', 'j', KEY_ENTER }, "│main──────────────────────────────────", false },
	{ "zoomed: nothing beside", { 'j', 'j', KEY_ENTER, 'l' }, "a  50 samples", false },
	{ "zoom out", { 'j', 'j', KEY_ENTER, 'u', 'j', 'l' }, "b  45 samples", false },
	{ "all again", { 'j', 'j', KEY_ENTER, 'r' }, "all  100", false },
	{ "search", { '/', 'x', KEY_ENTER }, "matched /x/: 55 samples (55.00%)", false },
	{ "a recursive one counts once", { '/', 'b', KEY_ENTER }, "matched /b/: 45 samples", false },
	{ "next hit", { '/', 'x', KEY_ENTER, 'n' }, "x  5 samples", false },
	{ "the one before", { '/', 'x', KEY_ENTER, 'n', 'N' }, "x  50 samples", false },
	{ "typing", { '/', 'q', '?' }, "/q?_", false },
	{ "mistyped", { '/', 'q', KEY_BACKSPACE, 'x' }, "/x_", false },
	{ "no expression", { '/', '(', KEY_ENTER }, "(: not an expression", false },
	{ "nothing typed", { '/', KEY_ENTER }, "all  100", false },
	{ "table", { 't' }, "SELF      total  function", false },
	{ "by total", { 't', 'o' }, "self      TOTAL", false },
	{ "by name", { 't', 'o', 'o' }, "FUNCTION", false },
	{ "out of the table", { 't', 't' }, "all  100", false },
	{ "sandwich", { 'j', 'j', 'l', 's' }, "sandwich of b", false },
	{ "of the table", { 't', KEY_ENTER }, "sandwich of x", false },
	{ "sandwich of nothing", { 's' }, "all  100", false },
	{ "out of the sandwich", { 't', KEY_ENTER, KEY_ESCAPE }, "all  100", false },
	{ "help", { '?' }, "choose a frame", false },
	{ "quit", { 'q' }, "", true },
	{ "not while typing", { '/', 'q' }, "/q_", false },
	{ "^C even then", { '/', KEY_CTRL_C }, "", true },
	{ "gone", { KEY_GONE }, "", true },
	{ "nonsense", { KEY_NONE, 1, KEY_END, 0x1f600 }, "all  100", false },
	{ "pages", { KEY_PAGE_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN }, "x  50 samples", false },
};

static void test_screen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(screens); i++) {
		struct arena *a = arena_new();
		struct tree *t = small();
		const struct picture o = { .title = STR("T"), .unit = STR("count") };
		struct flame_screen *s = flame_screen_new(tree_flamegraph(a, t, 0), false, &o);
		bool stays = true;
		struct buf b;

		buf_init(&b, LIMIT);
		flame_screen_draw(s, 14, 80, false, &b);
		for (size_t k = 0; k < ARRAY_LEN(screens[i].keys) && screens[i].keys[k] != 0; k++) {
			stays = flame_screen_key(s, screens[i].keys[k]);
			buf_reset(&b);
			flame_screen_draw(s, 14, 80, k & 1, &b);
		}
		buf_reset(&b);
		flame_screen_draw(s, 14, 80, false, &b);
		if (stays == screens[i].left || str_search(buf_str(&b), str_cstr(screens[i].part)) == b.n)
			if (screens[i].part[0] || stays == screens[i].left)
				fail_msg("%s: " STR_FMT, screens[i].what, STR_ARG(buf_str(&b)));
		buf_reset(&b);
		flame_screen_draw(s, 1, 1, true, &b); /* the smallest there is */
		buf_fini(&b);
		flame_screen_free(s);
		tree_free(t);
		arena_free(a);
	}
}

/* Callers above, the function, what it calls below. */
static void test_sandwich(void **state)
{
	struct arena *a = arena_new();
	struct tree *t = small();
	const struct picture o = { .title = STR("T"), .unit = STR("count") };
	struct flame_screen *s = flame_screen_new(tree_flamegraph(a, t, 0), false, &o);
	struct str rest;
	struct buf b;

	(void)state;
	buf_init(&b, LIMIT);
	flame_screen_key(s, '/');
	flame_screen_key(s, 'x');
	flame_screen_key(s, KEY_ENTER);
	flame_screen_key(s, 's');
	flame_screen_draw(s, 14, 80, false, &b);
	rest = buf_str(&b);
	/* x is called by a (50 of 55) and by b (5), both by main; it calls nothing */
	assert_true(str_search(rest, STR("│main")) < rest.n);
	rest = str_skip(rest, str_search(rest, STR("│a")));
	assert_true(rest.n > 0);
	rest = str_skip(rest, str_search(rest, STR("│b")));
	assert_true(rest.n > 0);
	rest = str_skip(rest, str_search(rest, STR("│x")));
	assert_true(rest.n > 0);
	buf_fini(&b);
	flame_screen_free(s);
	tree_free(t);
	arena_free(a);
}

/* Other numbers, a heavier neighbour, and no a any longer. */
static struct tree *later(void)
{
	struct tree *t = tree_new();

	tree_add(t, (struct str[]){ STR("main"), STR("0"), STR("x") }, 3, 300);
	tree_add(t, (struct str[]){ STR("main"), STR("b") }, 2, 80);
	tree_add(t, (struct str[]){ STR("main"), STR("b"), STR("b"), STR("x") }, 4, 20);
	tree_total(t);
	return t;
}

/* What a new graph shows that follows another. */
static void test_follow(void **state)
{
	static const struct {
		int keys[8];
		const char *part;
	} cases[] = {
		{ { 0 }, "all  400 samples (100.00%)" },
		{ { 'j', 'j', 'l' }, "b  100 samples (25.00%), self 80 samples" },
		{ { 'j', 'j', 'l', 'j', 'j' }, "x  20 samples (5.00%)" },
		{ { 'j', 'j' }, "main  400 samples (100.00%)" }, /* a is gone: who called it */
		{ { 'j', 'j', 'l', KEY_ENTER }, "▶b─────────────────────────────" },
		{ { '/', 'x', KEY_ENTER }, "matched /x/: 320 samples (80.00%)" }, { { '/', 'q' }, "/q_" },
		{ { 't', 'o' }, "self      TOTAL" }, { { 't', 'o', 'o' }, "FUNCTION" }, { { '?' }, "choose a frame" },
		{ { 'j', 'j', 'l', 's' }, "sandwich of b" },
		{ { 'j', 'j', 's' }, "main  400 samples (100.00%)" }, /* no sandwich of a */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct tree *old = small(), *new = later();
		const struct picture o = { .title = STR("T"), .unit = STR("count") };
		struct flame_screen *s = flame_screen_new(tree_flamegraph(a, old, 0), false, &o);
		struct flame_screen *n = flame_screen_new(tree_flamegraph(a, new, 0), false, &o);
		struct buf b;

		for (size_t k = 0; k < ARRAY_LEN(cases[i].keys) && cases[i].keys[k] != 0; k++)
			assert_true(flame_screen_key(s, cases[i].keys[k]));
		flame_screen_follow(n, s);
		flame_screen_free(s); /* nothing of it is needed */
		buf_init(&b, LIMIT);
		flame_screen_draw(n, 14, 80, false, &b);
		if (str_search(buf_str(&b), str_cstr(cases[i].part)) == b.n)
			fail_msg("%zu: " STR_FMT, i, STR_ARG(buf_str(&b)));
		for (int key = 'a'; key < 'q'; key++) {
			flame_screen_key(n, key);
			flame_screen_draw(n, 14, 80, false, &b);
		}
		buf_fini(&b);
		flame_screen_free(n);
		tree_free(old);
		tree_free(new);
		arena_free(a);
	}
}

static void text_is(struct text_screen *s, unsigned rows, const char *want)
{
	struct buf b;

	buf_init(&b, LIMIT);
	text_screen_draw(s, STR("head\n1\n2\n3\n4\nx\033[2Jy\n"), STR("title"), STR("keys"), rows, 6, &b);
	if (!str_eq(buf_str(&b), str_cstr(want)))
		fail_msg(STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static void test_text_screen(void **state)
{
	struct text_screen s = { .head = 1 };

	(void)state;
#define LINE "\r\n\033[K"
#define TOP "\033[H\033[K\033[1mtitle\033[0m" LINE "head"
	text_is(&s, 5, TOP LINE "1" LINE "2" LINE "keys");
	assert_true(text_screen_key(&s, KEY_UP) && text_screen_key(&s, KEY_DOWN));
	text_is(&s, 5, TOP LINE "2" LINE "3" LINE "keys");
	assert_true(text_screen_key(&s, KEY_PAGE_DOWN));
	text_is(&s, 5, TOP LINE "4" LINE "x?[2Jy" LINE "keys");
	assert_true(text_screen_key(&s, KEY_DOWN)); /* no further */
	text_is(&s, 5, TOP LINE "4" LINE "x?[2Jy" LINE "keys");
	assert_true(text_screen_key(&s, KEY_HOME) && text_screen_key(&s, KEY_END));
	text_is(&s, 4, TOP LINE "x?[2Jy" LINE "keys");
	assert_false(text_screen_key(&s, 'q'));
	/* larger than the text: what was there goes */
	text_is(&s, 10, TOP LINE "1" LINE "2" LINE "3" LINE "4" LINE "x?[2Jy" LINE LINE LINE "keys");
	text_is(&s, 1, TOP LINE "keys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_comparison),
		cmocka_unit_test(test_screen),
		cmocka_unit_test(test_sandwich),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_text_screen),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
