/* multipart/form-data. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/buf.h"
#include "net/form.h"

#define TYPE "multipart/form-data; boundary=XY"

static const struct {
	const char *about, *type, *body;
	int rc;
	enum err_kind kind;
	size_t n;
	const char *name, *filename, *value; /* of the first part */
} cases[] = {
	{ "a file", TYPE,
	    "--XY\r\nContent-Disposition: form-data; name=\"profile\"; filename=\"p.gz\"\r\n"
	    "Content-Type: a/b\r\n\r\nbytes\r\n--XY--\r\n",
	    0, 0, 1, "profile", "p.gz", "bytes" },
	{ "a plain value", TYPE, "--XY\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--XY--", 0, 0, 1, "a",
	    NULL, "v" },
	{ "an empty filename is no file", TYPE,
	    "--XY\r\nContent-Disposition: form-data; name=a; filename=\"\"\r\n\r\nv\r\n--XY--", 0, 0, 1, "a", NULL,
	    "v" },
	{ "an empty value", TYPE, "--XY\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n\r\n--XY--", 0, 0,
	    1, "a", "b", "" },
	{ "an empty value without its line break", TYPE, "--XY\r\nContent-Disposition: form-data; name=a\r\n\r\n--XY--",
	    0, 0, 1, "a", NULL, "" },
	{ "preamble and epilogue", TYPE,
	    "hi\r\n--XY \t\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--XY-- \r\nbye", 0, 0, 1, "a", NULL,
	    "v" },
	{ "bytes like a delimiter", TYPE,
	    "--XY\r\nContent-Disposition: form-data; name=a\r\n\r\n"
	    "\r\n--X\r\n--XYZ\r\n-XY--\r\n--XY--",
	    0, 0, 1, "a", NULL, "\r\n--X\r\n--XYZ\r\n-XY--" },
	{ "several parts, the first one counts", TYPE,
	    "--XY\r\nContent-Disposition: form-data; name=a\r\n\r\n1"
	    "\r\n--XY\r\ncontent-disposition:form-data;name=\"a\";filename=f\r\nX: y\r\n\r\n2\r\n--XY--",
	    0, 0, 2, "a", NULL, "1" },
	{ "quoted boundary", "Multipart/Form-Data; charset=x; boundary=\"X Y\"",
	    "--X Y\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--X Y--", 0, 0, 1, "a", NULL, "1" },
	{ "escapes in names", TYPE,
	    "--XY\r\nContent-Disposition: form-data; name=\"a\\\"b\"; "
	    "filename=\"C:\\dir\\f\"\r\n\r\n1\r\n--XY--",
	    0, 0, 1, "a\"b", "C:\\dir\\f", "1" },
	{ "extended filename", TYPE,
	    "--XY\r\nContent-Disposition: form-data; name=a; "
	    "filename*=UTF-8''%c3%a4.gz\r\n\r\n1\r\n--XY--",
	    0, 0, 1, "a", "\xc3\xa4.gz", "1" },
	{ "nameless parts are left out", TYPE,
	    "--XY\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XY\r\n"
	    "X: y\r\n\r\n2\r\n--XY\r\nContent-Disposition: attachment; name=b\r\n\r\n3\r\n--XY--",
	    0, 0, 0, NULL, NULL, NULL },
	{ "no parts", TYPE, "--XY--\r\n", 0, 0, 0, NULL, NULL, NULL },
	{ "another type", "application/json", "--XY--", -1, ERR_INVALID, 0, NULL, NULL, NULL },
	{ "no boundary", "multipart/form-data", "--XY--", -1, ERR_INVALID, 0, NULL, NULL, NULL },
	{ "empty boundary", "multipart/form-data; boundary=\"\"", "----", -1, ERR_INVALID, 0, NULL, NULL, NULL },
	{ "long boundary",
	    "multipart/form-data; boundary="
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "", -1, ERR_INVALID, 0, NULL, NULL, NULL },
	{ "nothing", TYPE, "", -1, ERR_INVALID, 0, NULL, NULL, NULL },
	{ "no end", TYPE, "--XY\r\nContent-Disposition: form-data; name=a\r\n\r\n1", -1, ERR_INVALID, 0, NULL, NULL,
	    NULL },
	{ "line feeds alone", TYPE, "--XY\nContent-Disposition: form-data; name=a\n\n1\r\n\n--XY--\n", 0, 0, 1, "a",
	    NULL, "1\r\n" },
	{ "a line feed in a header", TYPE, "--XY\r\nContent-Disposition: form-data; name=a\n\r\n1\r\n--XY--", 0, 0, 1,
	    "a", NULL, "1" },
	{ "line feeds behind the first boundary", TYPE,
	    "--XY\r\nContent-Disposition: form-data; name=a\r\n\r\n1\n--XY--", -1, ERR_INVALID, 0, NULL, NULL, NULL },
	{ "header without a colon", TYPE, "--XY\r\nfoo\r\n\r\n1\r\n--XY--", -1, ERR_INVALID, 0, NULL, NULL, NULL },
};

static int parse(struct arena *a, const char *type, struct str body, struct form *f, struct err *e)
{
	char *copy = malloc(body.n ? body.n : 1);
	int rc;

	memcpy(copy, body.p, body.n);
	/* Reading behind the bytes given shows here; what is found is copied to be looked at. */
	rc = form_parse(a, str_cstr(type), str_of(copy, body.n), f, e);
	for (size_t i = 0; rc == 0 && i < f->n; i++) {
		struct form_part *p = &f->parts[i];

		p->value = arena_str(a, p->value);
		p->name = arena_str(a, p->name);
		p->filename = p->filename.p ? arena_str(a, p->filename) : STR_NONE;
	}
	free(copy);
	return rc;
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct form f;
		struct err e;
		int rc = parse(a, cases[i].type, str_cstr(cases[i].body), &f, &e);

		if (rc != cases[i].rc || (rc < 0 && e.kind != cases[i].kind) || (rc == 0 && f.n != cases[i].n))
			fail_msg("%s: rc %d, %zu parts, %s", cases[i].about, rc, f.n, rc < 0 ? e.msg : "");
		if (rc == 0 && f.n > 0) {
			assert_true(str_eq(f.parts[0].value, str_cstr(cases[i].value)));
			assert_true(str_eq(f.parts[0].name, str_cstr(cases[i].name)));
			assert_int_equal(f.parts[0].filename.p != NULL, cases[i].filename != NULL);
			if (cases[i].filename != NULL)
				assert_true(str_eq(f.parts[0].filename, str_cstr(cases[i].filename)));
		}
		arena_free(a);
	}
}

/* A body cut anywhere before its final "--" is refused. */
static void cut(void **state)
{
	static const char body[] =
	    "--XY\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n"
	    "1\r\n--XY\r\nContent-Disposition: form-data; name=c\r\nContent-Type: t\r\n\r\n2\r\n--XY--";

	(void)state;
	for (size_t n = 0; n < sizeof(body); n++) {
		struct arena *a = arena_new();
		struct form f;
		struct err e;
		int rc = parse(a, TYPE, str_of(body, n), &f, &e);

		assert_int_equal(rc, n == sizeof(body) - 1 ? 0 : -1);
		arena_free(a);
	}
}

static void lookup(void **state)
{
	static const char body[] =
	    "--XY\r\nContent-Disposition: form-data; name=a\r\n\r\nvalue"
	    "\r\n--XY\r\nContent-Disposition: form-data; name=a; filename=f\r\nContent-Type: x/y\r\n\r\nfile\r\n--XY--";
	struct arena *a = arena_new();
	struct form f;
	struct err e;

	(void)state;
	assert_int_equal(form_parse(a, STR(TYPE), str_cstr(body), &f, &e), 0);
	assert_true(str_eq(form_file(&f, "a")->value, STR("file")));
	assert_true(str_eq(form_file(&f, "a")->type, STR("x/y")));
	assert_true(str_eq(form_value(&f, "a")->value, STR("value")));
	assert_null(form_file(&f, "b"));
	assert_null(form_value(&f, "f"));
	assert_true(form_is(STR("MULTIPART/form-data;x")));
	assert_false(form_is(STR("multipart/mixed")));
	arena_free(a);
}

static void limits(void **state)
{
	struct arena *a = arena_new();
	struct buf b;
	struct form f;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i <= FORM_MAX_PARTS; i++) {
		if (i == FORM_MAX_PARTS) {
			struct buf whole;

			buf_init(&whole, 1 << 20);
			buf_add(&whole, buf_str(&b));
			buf_add(&whole, STR("--XY--"));
			assert_int_equal(form_parse(a, STR(TYPE), buf_str(&whole), &f, &e), 0);
			assert_int_equal(f.n, FORM_MAX_PARTS);
			buf_fini(&whole);
		}
		buf_add(&b, STR("--XY\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"));
	}
	buf_add(&b, STR("--XY--"));
	assert_int_equal(form_parse(a, STR(TYPE), buf_str(&b), &f, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_reset(&b);
	buf_add(&b, STR("--XY\r\nX: "));
	buf_fill(&b, 'x', FORM_MAX_HEAD);
	buf_add(&b, STR("\r\n\r\n\r\n--XY--"));
	assert_int_equal(form_parse(a, STR(TYPE), buf_str(&b), &f, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(cut),
		cmocka_unit_test(lookup),
		cmocka_unit_test(limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
