/* formats/labels/relabel.h: each action, templates, built-in rules, refusals. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/md5.h"
#include "formats/labels/relabel.h"

static struct arena *a;

static int setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* "a=1,b=2" */
static struct labels parse(const char *text)
{
	struct str rest = str_cstr(text);
	struct labels l = { arena_array(a, 40, sizeof(*l.p)), 0 };

	while (rest.n) {
		struct str value = str_cut(&rest, ','), name = str_cut(&value, '=');

		l.p[l.n++] = (struct label){ name, value };
	}
	return l;
}

static const char *print(const struct labels *l)
{
	const char *text;
	struct buf b;

	buf_init(&b, 1 << 20);
	for (uint32_t i = 0; i < l->n; i++)
		buf_printf(&b, "%s" STR_FMT "=" STR_FMT, i ? "," : "", STR_ARG(l->p[i].name), STR_ARG(l->p[i].value));
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

static struct relabel_rules *rules_of(const char *json, enum relabel_position builtin)
{
	struct relabel_rules *r = relabel_rules_new(builtin);
	struct err e;
	json_t *j = json_parse(str_cstr(json), &e);

	assert_non_null(j);
	for (size_t i = 0; i < json_array_size(j); i++)
		if (relabel_rules_add_json(r, json_array_get(j, i), &e) < 0)
			fail_msg("%s: %s", json, e.msg);
	json_decref(j);
	return r;
}

/* What the rules make of a set; NULL: dropped. */
static const char *run(const char *json, enum relabel_position builtin, const char *in)
{
	struct relabel_rules *r = rules_of(json, builtin);
	struct labels l = parse(in), out;
	const char *text = relabel_apply(a, r, &l, &out) ? print(&out) : NULL;

	/* The input is as it was. */
	assert_string_equal(print(&l), in);
	relabel_rules_free(r);
	return text;
}

static void actions(void **state)
{
	static const struct {
		const char *rules, *in, *out;
	} cases[] = {
		{ "[]", "a=1", "a=1" },
		{ "null", "a=1", "a=1" },
		/* replace */
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"z\"}]", "a=1", "a=1,z=1" },
		{ "[{\"source_labels\":[\"a\",\"b\"],\"target_label\":\"z\"}]", "a=1,b=2", "a=1,b=2,z=1;2" },
		{ "[{\"source_labels\":[\"a\",\"x\",\"b\"],\"separator\":\"--\",\"target_label\":"
		  "\"z\"}]",
		    "a=1,b=2", "a=1,b=2,z=1----2" },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"f(.*)r\",\"replacement\":\"<$1>$$\","
		  "\"target_label\":\"b\"}]",
		    "a=foobar", "a=foobar,b=<ooba>$" },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"x\",\"target_label\":\"b\"}]", "a=foobar,b=1",
		    "a=foobar,b=1" },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"(?P<n>.)(.*)\",\"replacement\":\"${2}_${"
		  "n}_$9\","
		  "\"target_label\":\"b\"}]",
		    "a=foo", "a=foo,b=oo_f_" },
		{ "[{\"source_labels\":[\"a\"],\"replacement\":\"$1x\",\"target_label\":\"b\"}]", "a=foo,b=1",
		    "a=foo" },
		{ "[{\"source_labels\":[\"a\"],\"replacement\":\"${1}x\",\"target_label\":\"b\"}]", "a=foo,b=1",
		    "a=foo,b=foox" },
		{ "[{\"source_labels\":[\"a\"],\"replacement\":\"${1x$ "
		  "${}$\",\"target_label\":\"b\"}]",
		    "a=f", "a=f,b=${1x$ ${}$" },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"(.*)-(.*)\",\"target_label\":\"l_$1\","
		  "\"replacement\":\"$2\"}]",
		    "a=k-v", "a=k-v,l_k=v" },
		{ "[{\"replacement\":\"const\",\"target_label\":\"b\"}]", "a=1", "a=1,b=const" },
		{ "[{\"replacement\":\"\",\"target_label\":\"a\"}]", "a=1,b=2", "b=2" },
		{ "[{\"source_labels\":[\"none\"],\"target_label\":\"a\"}]", "a=1", "" },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"\",\"replacement\":\"x\",\"target_"
		  "label\":\"b\"}]",
		    "c=1", "b=x,c=1" },
		/* keep, drop */
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"1|2\",\"action\":\"keep\"}]", "a=2", "a=2" },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"1|2\",\"action\":\"keep\"}]", "a=12", NULL },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"1.*\",\"action\":\"drop\"}]", "a=12", NULL },
		{ "[{\"source_labels\":[\"a\"],\"regex\":\"1.*\",\"action\":\"Drop\"}]", "a=21", "a=21" },
		{ "[{\"action\":\"drop\"}]", "a=21", NULL },
		/* keepequal, dropequal */
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"b\",\"action\":\"keepequal\"}]", "a=1,b=1",
		    "a=1,b=1" },
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"b\",\"action\":\"keepequal\"}]", "a=1,b=2", NULL },
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"b\",\"action\":\"dropequal\"}]", "a=1,b=1", NULL },
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"b\",\"action\":\"dropequal\"}]", "a=1,b=2",
		    "a=1,b=2" },
		/* hashmod */
		{ "[{\"source_labels\":[\"c\"],\"target_label\":\"d\",\"action\":\"hashmod\","
		  "\"modulus\":1000}]",
		    "a=foo,b=bar,c=baz", "a=foo,b=bar,c=baz,d=976" },
		{ "[{\"source_labels\":[\"c\"],\"target_label\":\"d\",\"action\":\"hashmod\","
		  "\"modulus\":1000}]",
		    "a=foo,b=bar,c=foo", "a=foo,b=bar,c=foo,d=696" },
		/* labelmap, labeldrop, labelkeep */
		{ "[{\"regex\":\"b(.*)\",\"replacement\":\"x_$1\",\"action\":\"labelmap\"}]", "a=1,b1=2,bx=3",
		    "a=1,b1=2,bx=3,x_1=2,x_x=3" },
		{ "[{\"regex\":\"(b.*)\",\"replacement\":\"a\",\"action\":\"labelmap\"}]", "a=1,b1=2", "a=2,b1=2" },
		{ "[{\"regex\":\"b.*\",\"action\":\"labeldrop\"}]", "a=1,b1=2,bx=3,c=4", "a=1,c=4" },
		{ "[{\"regex\":\"b.*\",\"action\":\"labelkeep\"}]", "a=1,b1=2,bx=3,c=4", "b1=2,bx=3" },
		{ "[{\"regex\":\"z\",\"action\":\"labeldrop\"}]", "a=1", "a=1" },
		/* lowercase, uppercase */
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"b\",\"action\":\"lowercase\"}]",
		    "a=A\xc3\x84-\xce\xa9\xd0\x96z1\xc5\xb8",
		    "a=A\xc3\x84-\xce\xa9\xd0\x96z1\xc5\xb8,b=a\xc3\xa4-\xcf\x89\xd0\xb6z1\xc3\xbf" },
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"a\",\"action\":\"uppercase\"}]",
		    "a=a\xc3\xa4-\xcf\x89\xd0\xb6Z1\xc3\xbf\xf0\x9f\x98\x80",
		    "a=A\xc3\x84-\xce\xa9\xd0\x96Z1\xc5\xb8\xf0\x9f\x98\x80" },
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"a\",\"action\":\"uppercase\"}]", "a=x\xc3",
		    "a=X\xc3" },
		/* one after the other; nothing runs after a drop */
		{ "[{\"source_labels\":[\"a\"],\"target_label\":\"b\"},"
		  "{\"source_labels\":[\"b\"],\"regex\":\"(.)\",\"target_label\":\"c\","
		  "\"replacement\":\"$1$1\"},"
		  "{\"regex\":\"a\",\"action\":\"labeldrop\"}]",
		    "a=1", "b=1,c=11" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *out = run(cases[i].rules, RELABEL_DISABLED, cases[i].in);

		if ((out == NULL) != (cases[i].out == NULL))
			fail_msg("%s of %s: %s", cases[i].rules, cases[i].in, out ? "kept" : "dropped");
		if (out)
			assert_string_equal(out, cases[i].out);
	}
}

static void builtin_rules(void **state)
{
	static const char x[] = "[{\"source_labels\":[\"__name__\"],\"target_label\":\"x\"}]";

	(void)state;
	assert_string_equal(run("[]", RELABEL_FIRST, "__name__=godeltaprof_memory,a=1"),
	    "__delta__=false,__name__=memory,__name_replaced__=godeltaprof_memory,a=1");
	assert_string_equal(run("[]", RELABEL_FIRST, "__name__=memory,a=1"), "__name__=memory,a=1");
	assert_string_equal(run("[]", RELABEL_FIRST, "__name__=wall,__type__=cpu"),
	    "__name__=process_cpu,__name_replaced__=wall,__type__=cpu");
	assert_string_equal(run("[]", RELABEL_DISABLED, "__name__=godeltaprof_memory"), "__name__=godeltaprof_memory");
	assert_string_equal(run(x, RELABEL_FIRST, "__name__=godeltaprof_x"),
	    "__delta__=false,__name__=x,__name_replaced__=godeltaprof_x,x=x");
	assert_string_equal(run(x, RELABEL_LAST, "__name__=godeltaprof_x"),
	    "__delta__=false,__name__=x,__name_replaced__=godeltaprof_x,x=godeltaprof_x");
}

static void rules_of_configured_and_builtin(void **state)
{
	static const char two[] = "[{\"replacement\":\"1\",\"target_label\":\"a\"},"
				  "{\"replacement\":\"2\",\"target_label\":\"a\"}]";
	struct relabel_rules *r;

	(void)state;
	/* Order among the configured ones is kept in front of the built-in ones. */
	assert_string_equal(run(two, RELABEL_LAST, "b=1"), "a=2,b=1");
	r = rules_of(two, RELABEL_LAST);
	assert_int_equal(relabel_rules_count(r), 7);
	relabel_rules_free(r);
	r = rules_of(two, RELABEL_DISABLED);
	assert_int_equal(relabel_rules_count(r), 2);
	relabel_rules_free(r);
}

static void nothing_to_do(void **state)
{
	struct labels l = parse("a=1"), out;
	struct relabel_rules *r = relabel_rules_new(RELABEL_FIRST);

	(void)state;
	assert_true(relabel_apply(a, NULL, &l, &out));
	assert_ptr_equal(out.p, l.p);
	assert_true(relabel_apply(a, r, &l, &out));
	assert_ptr_equal(out.p, l.p);
	assert_true(relabel_apply(a, r, &l, &l));
	assert_string_equal(print(&l), "a=1");
	relabel_rules_free(r);
	relabel_rules_free(NULL);
}

static void refusals(void **state)
{
	static const char *const cases[][2] = {
		{ "1", "not an object" },
		{ "{}",
		    "relabel configuration for replace "
		    "action requires 'target_label' value" },
		{ "{\"target_label\":\"a\",\"regex\":\"(\"}", "error parsing regexp: missing closing ): `(`" },
		{ "{\"action\":\"burn\"}", "unknown relabel action \"burn\"" },
		{ "{\"action\":\"hashmod\",\"target_label\":\"a\"}",
		    "relabel configuration for hashmod requires non-zero modulus" },
		{ "{\"action\":\"keepequal\",\"target_label\":\"a\",\"regex\":\"x\"}",
		    "keepequal action requires only 'source_labels' and `target_label`, and "
		    "no other fields" },
		{ "{\"action\":\"lowercase\",\"target_label\":\"a\",\"replacement\":\"x\"}",
		    "'replacement' can not be set for lowercase action" },
		{ "{\"action\":\"labeldrop\",\"source_labels\":[\"a\"]}",
		    "labeldrop action requires only 'regex', and no other fields" },
		{ "{\"action\":\"labelmap\",\"replacement\":\"\"}",
		    "\"\" is invalid 'replacement' for labelmap action" },
		{ "{\"target_label\":5}", "target_label: not a text" },
		{ "{\"source_labels\":\"a\"}", "source_labels: not a list" },
		{ "{\"source_labels\":[1]}", "source_labels: not a text" },
		{ "{\"modulus\":-1}", "modulus: not a whole number" },
		{ "{\"modulus\":1.5}", "modulus: not a whole number" },
		{ "{\"target\":\"a\"}", "target: unknown member" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct relabel_rules *r = relabel_rules_new(RELABEL_DISABLED);
		struct err e;
		json_t *j = cases[i][0][0] == '{' ? json_parse(str_cstr(cases[i][0]), &e) : json_integer(1);

		assert_non_null(j);
		assert_int_equal(relabel_rules_add_json(r, j, &e), -1);
		assert_int_equal(relabel_rules_count(r), 0);
		assert_string_equal(e.msg, cases[i][1]);
		assert_int_equal(e.kind, ERR_CONFIG);
		json_decref(j);
		relabel_rules_free(r);
	}
}

static void md5_of_the_rfc(void **state)
{
	static const char *const cases[][2] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		    "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "1234567890123456789012345678901234567890123456789012345678901234567890123456789"
		  "0",
		    "57edf4a22be3c955ac49da2e2107b67a" },
		{ "1234567890123456789012345678901234567890123456789012345", "c9ccf168914a1bcfc3229f1948e67da0" },
		{ "12345678901234567890123456789012345678901234567890123456", "49f193adce178490e34d1b3a4ec0064c" },
		{ "1234567890123456789012345678901234567890123456789012345678901234",
		    "eb6c4179c0a7c82cc2828c1e6338e165" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t digest[16];
		struct buf b;

		buf_init(&b, 100);
		md5(str_cstr(cases[i][0]), digest);
		enc_hex(&b, str_of(digest, sizeof(digest)));
		assert_true(str_eq(buf_str(&b), str_cstr(cases[i][1])));
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(md5_of_the_rfc, setup, teardown),
		cmocka_unit_test_setup_teardown(actions, setup, teardown),
		cmocka_unit_test_setup_teardown(builtin_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(rules_of_configured_and_builtin, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_do, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
