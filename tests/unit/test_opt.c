#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/opt.h"
#include "conf/optdoc.h"

struct test_opts {
#define OPT_FILE "tests/unit/test_opt.def"
#include "conf/opt_struct.h"
};

#define OPT_FILE "tests/unit/test_opt.def"
#define OPT_STRUCT test_opts
#define OPT_TABLE test_table
#include "conf/opt_rows.h"

static struct test_opts v;
static struct opts o;
static struct err e;

static int setup(void **state)
{
	(void)state;
	memset(&e, 0, sizeof(e));
	opts_init(&o, "pyro-test");
	opts_add(&o, &test_table, &v);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	opts_fini(&o);
	return 0;
}

static void fresh(void)
{
	opts_fini(&o);
	setup(NULL);
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static int args(const char *const *argv)
{
	static const char *const verbs[] = { "serve", "top", "check", NULL };

	return opts_parse_args(&o, argv, verbs, &e);
}

static int yaml(const char *text)
{
	struct yaml *y = yaml_parse(o.a, str_cstr(text), "p.yaml", &e);

	assert_non_null(y);
	return opts_apply_yaml(&o, y, "p.yaml", &e);
}

static void defaults(void **state)
{
	(void)state;
	assert_false(v.flag_b);
	assert_true(v.on);
	assert_int_equal(v.number, 7);
	assert_true(v.ratio > 0.49 && v.ratio < 0.51);
	assert_int_equal(v.size, 65536);
	assert_int_equal(v.age, 3600 * NS_PER_S);
	assert_string_equal(v.name, "{}");
	assert_string_equal(v.listen, "127.0.0.1:4040");
	assert_int_equal(v.backend, 1);
	assert_string_equal(v.key.secret, "");
	assert_int_equal(v.join.n, 0);
	assert_int_equal(v.targets.n, 1);
	assert_string_equal(v.targets.p[0], "all");
	assert_null(v.rules);
}

static void flag_forms(void **state)
{
	static const char *const forms[][4] = {
		{ "-number=42" },
		{ "--number=42" },
		{ "-number", "42" },
		{ "--number", "42" },
		{ "-n", "42" },
		{ "-n42" },
		{ "-vn42" },
		{ "-vbn", "42" },
		{ "top", "-number=42" },
		{ "a", "-n", "42", "b" },
		{ "-number=1", "-number=42" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		fresh();
		if (args(forms[i]) < 0)
			fail_msg("form %zu: %s", i, e.msg);
		assert_int_equal(v.number, 42);
		assert_int_equal(v.verbose, strncmp(forms[i][0], "-v", 2) == 0);
	}
}

static void booleans(void **state)
{
	(void)state;
	assert_int_equal(args(ARGS("-flag.bool", "-on=false", "operand")), 0);
	assert_true(v.flag_b);
	assert_false(v.on);
	assert_int_equal(o.n_args, 1);
	fresh();
	assert_int_equal(args(ARGS("-bv")), 0);
	assert_true(v.flag_b && v.verbose);
	fresh();
	assert_int_equal(args(ARGS("--flag.bool=T", "-verbose=0")), 0);
	assert_true(v.flag_b && !v.verbose);
}

static void values_of_letters(void **state)
{
	(void)state;
	if (args(ARGS("-q{a=\"b\"}", "-d/x.y/z", "-l:80")) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(v.name, "{a=\"b\"}");
	assert_string_equal(v.path, "/x.y/z");
	assert_string_equal(v.listen, ":80");
	fresh();
	assert_int_equal(args(ARGS("-q", "-5", "-name", "-x")), 0);
	assert_string_equal(v.name, "-x");
	fresh();
	assert_int_equal(args(ARGS("serve", "-ja=b", "-j", "c")), 0);
	assert_int_equal(v.join.n, 2);
	assert_string_equal(v.join.p[0], "a=b");
}

static void operands_and_verbs(void **state)
{
	(void)state;
	assert_int_equal(args(ARGS("-v", "top", "x", "-", "top", "--", "-n", "serve")), 0);
	assert_string_equal(o.verb, "top");
	assert_int_equal(o.n_args, 5);
	assert_string_equal(o.args[0], "x");
	assert_string_equal(o.args[1], "-");
	assert_string_equal(o.args[2], "top");
	assert_string_equal(o.args[3], "-n");
	fresh();
	assert_int_equal(args(ARGS("--", "top")), 0);
	assert_null(o.verb);
	assert_string_equal(o.args[0], "top");
	fresh();
	assert_int_equal(args(ARGS("file", "top")), 0);
	assert_null(o.verb);
	assert_int_equal(o.n_args, 2);
}

static void usage_errors(void **state)
{
	static const struct {
		const char *argv[4];
		const char *want;
	} cases[] = {
		{ { "-nonsense" }, "unknown option -nonsense" },
		{ { "-number" }, "-number needs a value" },
		{ { "-n" }, "-n needs a value" },
		{ { "-number=x" }, "option -number=x: \"x\": " },
		{ { "-number=101" }, "must lie between -10 and 100" },
		{ { "-plain-int=-1" }, "must not be negative" },
		{ { "-ratio=1.5" }, "must lie between 0 and 1" },
		{ { "-max-age=1ms" }, "must lie between 1s and 24h0m0s" },
		{ { "--max_age=1ms" }, "must lie between 1s and 24h0m0s" },
		{ { "-no_sense" }, "unknown option -no_sense" },
		{ { "-listen_address=:1" }, "unknown option -listen_address=:1" },
		{ { "-backend=azure" }, "must be one of filesystem|s3|gcs" },
		{ { "-backend=s" }, "must be one of" },
		{ { "-flag.bool=maybe" }, "must be true or false" },
		{ { "-listen.address=4040" }, "must be host:port" },
		{ { "-listen.address=h:70000" }, "must be host:port" },
		{ { "-listen.adress=:1" }, "did you mean -listen.address?" },
		{ { "-nubmer=5" }, "did you mean -number?" },
		{ { "-backnd", "s3" }, "did you mean -backend?" },
		{ { "-bq" }, "-q needs a value" },
		{ { "-bz" }, "unknown option -bz" },
		{ { "---" }, "unknown option ---" },
		{ { "check", "-join=x" }, "option -join is not for the verb check (it is for: serve top)" },
		{ { "-join=x" }, "option -join is not for use without a verb" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fresh();
		assert_int_equal(args(cases[i].argv), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		if (!strstr(e.msg, cases[i].want))
			fail_msg("%s: %s", cases[i].argv[0], e.msg);
	}
}

static void lists(void **state)
{
	(void)state;
	assert_int_equal(args(ARGS("serve", "-join=a", "-join", "b,c", "-target=x, y,,z")), 0);
	assert_int_equal(v.join.n, 2);
	assert_string_equal(v.join.p[1], "b,c");
	assert_int_equal(v.targets.n, 3);
	assert_string_equal(v.targets.p[1], "y");
	fresh();
	assert_int_equal(yaml("top:\n  join: [p, q]\ntarget: a,b\n"), 0);
	assert_int_equal(v.join.n, 2);
	assert_int_equal(v.targets.n, 2);
	assert_int_equal(yaml("target:\n  - c\n"), 0);
	fresh();
	assert_int_equal(yaml("top:\n  join: one\n"), 0);
	assert_int_equal(v.join.n, 1);
	fresh();
	assert_int_equal(yaml("top:\n  join: [[x]]\n"), -1);
}

static void precedence(void **state)
{
	(void)state;
	setenv("PYRO_TEST_NUMBER", "2", 1);
	setenv("PYRO_TEST_JOIN", "from-env", 1);
	setenv("PYRO_TEST_PATH", "/env", 1);
	assert_int_equal(args(ARGS("serve", "-number=1", "-join=from-flag")), 0);
	assert_int_equal(opts_parse_env(&o, &e), 0);
	assert_int_equal(yaml("top:\n  number: 3\n  join: [a, b]\n  name: yaml\ndb:\n  data-path: /yaml\n"), 0);
	assert_int_equal(v.number, 1);
	assert_int_equal(v.join.n, 1);
	assert_string_equal(v.join.p[0], "from-flag");
	assert_string_equal(v.path, "/env");
	assert_string_equal(v.name, "yaml");
	assert_string_equal(opts_origin_text(&o, 0, opt_find(&test_table, "number")), "flag");
	assert_string_equal(opts_origin_text(&o, 0, opt_find(&test_table, "path")), "PYRO_TEST_PATH");
	assert_string_equal(opts_origin_text(&o, 0, opt_find(&test_table, "name")), "p.yaml:4");
	assert_string_equal(opts_origin_text(&o, 0, opt_find(&test_table, "size")), "default");
	setenv("PYRO_TEST_NUMBER", "x", 1);
	fresh();
	assert_int_equal(opts_parse_env(&o, &e), -1);
	assert_non_null(strstr(e.msg, "environment PYRO_TEST_NUMBER: \"x\""));
	unsetenv("PYRO_TEST_NUMBER");
	unsetenv("PYRO_TEST_JOIN");
	unsetenv("PYRO_TEST_PATH");
}

static void file_errors(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a: 1\nnonsense:\n  b: 2\n", "p.yaml:1: unknown key a" },
		{ "top:\n  number: 5\nnonsense:\n  b: 2\n", "p.yaml:3: unknown key nonsense" },
		{ "top:\n  numbr: 3\n", "p.yaml:2: unknown key top.numbr; did you mean top.number?" },
		{ "nonsense: 1\n", "p.yaml:1: unknown key nonsense" },
		{ "top:\n  number: [1]\n", "p.yaml:2: top.number: must be one value" },
		{ "\n\ntop:\n  number: 900\n", "p.yaml:4: top.number: \"900\": must lie between" },
		{ "top: 5\n", "p.yaml:1: unknown key top" },
		{ "- a\n", "p.yaml:1: the file must be a map" },
		{ "top:\n  per:\n    nope: 1\n", "p.yaml:2: unknown key top.per" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fresh();
		if (yaml(cases[i].text) == 0)
			fail_msg("case %zu is accepted", i);
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!strstr(e.msg, cases[i].want))
			fail_msg("case %zu: %s", i, e.msg);
	}
}

static void file_values(void **state)
{
	(void)state;
	assert_int_equal(yaml("top:\n  flag_bool: true\n  size: 2MiB\n  max_age: 2h\n  name:\n  ratio: 0.25\n"
			      "storage: {backend: filesystem, key: s3cret}\nlimits:\n  rules:\n    - action: drop\n"),
	    0);
	assert_true(v.flag_b);
	assert_int_equal(v.size, 2 << 20);
	assert_int_equal(v.age, 7200 * NS_PER_S);
	assert_string_equal(v.name, "{}"); /* null keeps the default */
	assert_int_equal(v.backend, 0);
	assert_string_equal(v.key.secret, "s3cret");
	assert_int_equal(v.rules->kind, YAML_LIST);
	assert_string_equal(yaml_get(v.rules->items[0].value, "action")->text.p, "drop");
	fresh();
	assert_int_equal(args(ARGS("serve", "-rules=[{action: keep}]")), 0);
	assert_string_equal(yaml_get(v.rules->items[0].value, "action")->text.p, "keep");
}

static void old_names(void **state)
{
	(void)state;
	assert_int_equal(args(ARGS("-oldest=2h")), 0);
	assert_int_equal(v.age, 7200 * NS_PER_S);
	fresh();
	assert_int_equal(yaml("top:\n  oldest: 3h\n"), 0);
	assert_int_equal(v.age, 3 * 3600 * NS_PER_S);
}

/* Runs fn with standard error in a file; the number of lines that hold `word`. */
static int lines_with(const char *word, int (*fn)(void))
{
	char text[8192] = { 0 };
	int saved = dup(STDERR_FILENO), tmp = open("/tmp", O_TMPFILE | O_RDWR, 0600), count = 0, rc;

	assert_true(tmp >= 0);
	dup2(tmp, STDERR_FILENO);
	rc = fn();
	dup2(saved, STDERR_FILENO);
	assert_int_equal(rc, 0);
	assert_true(pread(tmp, text, sizeof(text) - 1, 0) >= 0);
	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		count++;
	close(tmp);
	close(saved);
	return count;
}

static int absent_twice(void)
{
	if (args(ARGS("-consul.hostname=h", "-consul.acl-token", "value", "-tracing.enabled", "-verbose", "file")) < 0)
		return -1;
	if (!v.verbose || o.n_args != 1)
		return -1;
	return yaml("memberlist:\n  bind_port: 1\n  join_members: []\ncompactor:\n  sharding_ring:\n    kvstore: {}\n"
		    "tracing:\n  enabled: false\n");
}

static int absent_same(void)
{
	if (args(ARGS("-distributor.replication-factor=1", "-server.http-listen-network", "tcp",
		"-memberlist.join=", "-server.proxy-protocol-enabled=false", "file")) < 0 ||
	    o.n_args != 1)
		return -1;
	return yaml("distributor:\nserver:\n  http_listen_network: tcp\n  http_tls_config: {cert: \"\"}\n");
}

static int absent_near(void)
{
	return yaml("limits:\n  distributor_usage_groups: {a: '{}'}\ningester:\n  lifecycler:\n    ring:\n"
		    "      replication_factor: 0\n");
}

static void absent_with_a_warning(void **state)
{
	(void)state;
	log_open("test", LOG_INFO);
	assert_int_equal(lines_with("option has no effect", absent_twice), 4);
	fresh();
	assert_int_equal(lines_with("option has no effect", absent_same), 0);
	fresh();
	assert_int_equal(lines_with("option has no effect", absent_near), 2);
}

static void assert_said(const char *part)
{
	if (!strstr(e.msg, part))
		fail_msg("\"%s\" is not in \"%s\"", part, e.msg);
}

static void absent_and_refused(void **state)
{
	(void)state;
	assert_int_equal(yaml("memberlist:\n  bind_port: 1\n  join_members:\n    - a:7946\n"), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_said("p.yaml:3: memberlist.join_members: ");
	assert_said("joins no others");
	assert_int_equal(yaml("memberlst:\n  bind_port: 1\n"), -1);
	assert_int_equal(args(ARGS("-memberlist.join", "a:7946")), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(args(ARGS("-distributor.replication-factor=3")), -1);
	assert_said("-distributor.replication-factor: \"3\" is not possible: ");
	assert_int_equal(args(ARGS("-server.proxy-protocol-enabled")), -1);
	assert_int_equal(args(ARGS("-memberlist.join")), -1);
	assert_said("needs a value");
	o.absent.quiet = true;
	assert_int_equal(yaml("memberlist:\n  join_members: [a]\n"), 0);
}

static void of_other_programs(void **state)
{
	(void)state;
	assert_int_equal(yaml("querier: {x: 1}\nlimits: {some_other: 4}\n"), 0);
	/* but a slip of the pen is told */
	assert_int_equal(yaml("limits:\n  rulse: []\n"), -1);
	assert_int_equal(yaml("inventions: 1\n"), -1);
	o.supervised = true;
	assert_int_equal(yaml("inventions: 1\n"), 0);
}

/* Somebody who knows -theirs (bool), -their.value and the key their.key. */
static int their_flag(struct opts_other *x, struct str name, bool *is_bool, struct err *err)
{
	(void)x;
	(void)err;
	*is_bool = str_eq(name, STR("theirs"));
	return *is_bool || str_eq(name, STR("their.value")) || str_eq(name, STR("data.of-them"));
}

static int their_key(struct opts_other *x, struct str path, bool *inner, struct err *err)
{
	(void)x;
	(void)err;
	*inner = str_eq(path, STR("their"));
	return str_eq(path, STR("their.key"));
}

static void options_of_children(void **state)
{
	struct opts_other other = { their_flag, their_key };

	(void)state;
	o.other = &other;
	assert_int_equal(args(ARGS("-theirs", "--their.value", "5", "-theirs=false", "x")), 0);
	assert_int_equal(o.passed.n, 3);
	assert_string_equal(o.passed.p[0], "-theirs=true");
	assert_string_equal(o.passed.p[1], "-their.value=5");
	assert_string_equal(o.passed.p[2], "-theirs=false");
	assert_int_equal(o.n_args, 1);
	/* not -d ata.of-them */
	assert_int_equal(args(ARGS("-data.of-them", "7")), 0);
	assert_string_equal(o.passed.p[o.passed.n - 1], "-data.of-them=7");
	assert_int_equal(yaml("their:\n  key: {a: 1}\n"), 0);
	assert_int_equal(yaml("their:\n  other: 1\n"), -1);
	assert_int_equal(yaml("querier:\n  x: 1\n"), -1);
}

static void overlay(void **state)
{
	struct test_opts copy = v;
	struct arena *a = arena_new();
	struct yaml *y = yaml_parse(a, STR("rules: [x]\nper: {limit: 9}\n"), "o.yaml", &e);

	(void)state;
	assert_int_equal(opt_overlay(&test_table, &copy, a, &o.absent, "limits.", y, "o.yaml", &e), 0);
	assert_int_equal(copy.limit, 9);
	assert_int_equal(v.limit, 5);
	assert_int_equal(copy.rules->n, 1);
	y = yaml_parse(a, STR("\nper: {limt: 9}\n"), "o.yaml", &e);
	assert_int_equal(opt_overlay(&test_table, &copy, a, &o.absent, "limits.", y, "o.yaml", &e), -1);
	assert_non_null(strstr(e.msg, "o.yaml:2: unknown key limits.per.limt"));
	y = yaml_parse(a, STR("per: {limit: -9}\n"), "o.yaml", &e);
	assert_int_equal(opt_overlay(&test_table, &copy, a, &o.absent, "limits.", y, "o.yaml", &e), -1);
	assert_non_null(strstr(e.msg, "o.yaml:1: limits.per.limit: \"-9\": must not be negative"));
	arena_free(a);
}

static void words(const char *flag, struct buf *names, struct buf *extensions)
{
	if (strcmp(flag, "name") == 0)
		buf_add(names, STR("one two"));
	if (strcmp(flag, "data-path") == 0)
		buf_add(extensions, STR("pb svg"));
}

static const char *doc(const char *what)
{
	static const struct optdoc_verb verbs[] = { { "serve", "", "serve things" }, { "top", "[FILE]", "show" } };
	static const struct optdoc_about about = { .summary = "test things",
		.args = "[FILE ...]",
		.verbs = verbs,
		.n_verbs = 2,
		.words = words };
	struct buf b;
	const char *s;

	buf_init(&b, OPTDOC_MAX);
	assert_int_equal(optdoc_print(&b, &o, &about, what, &e), 0);
	s = arena_cstr(o.a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void questions(void **state)
{
	static const struct {
		const char *argv[3], *help;
	} cases[] = {
		{ { "-h" }, "" },
		{ { "-help" }, "" },
		{ { "--help" }, "" },
		{ { "-help-all" }, "all" },
		{ { "-help=mdoc" }, "mdoc" },
		{ { "top", "-help" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fresh();
		assert_int_equal(args(cases[i].argv), 0);
		assert_non_null(o.help);
		assert_string_equal(o.help, cases[i].help);
	}
	fresh();
	assert_int_equal(args(ARGS("-version")), 0);
	assert_true(o.version);
	fresh();
	assert_int_equal(args(ARGS("--print.config")), 0);
	assert_true(o.print_config);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void documents(void **state)
{
	static const struct {
		const char *what, *parts[6];
	} cases[] = {
		{ "", { "pyro-test - test things", "  -n, -number number", "a number (7)" } },
		{ "all", { "  -rules yaml", "  -b, -flag.bool", "filesystem|s3|gcs", "Second:" } },
		{ "flags",
		    { "number\tvalue\tnumber\ttop.number\toption\n", "oldest\tvalue\tage\t\told\n",
			"flag.bool\tbool\t" } },
		{ "mdoc",
		    { ".It Fl n , Fl number Ar number\n", "it's \\(dqtext\\(dq.\n", ".Ev PYRO_TEST_AGE .\n",
			".Ss Second\n" } },
		{ "bash",
		    { "complete -o filenames -F _pyro_test pyro-test", "-backend|--backend)", "serve top",
			"-name|--name|-q)\n\t\tCOMPREPLY=($(compgen -W 'one two' -- \"$cur\"))\n",
			"COMPREPLY+=($(compgen -P \"${cur%.*}.\" -W 'pb svg' -- \"${cur##*.}\"))" } },
		{ "zsh",
		    { "#compdef pyro-test", "'*-join[", "'*--join[", "it'\\''s", ":word:(filesystem s3 gcs)'",
			":word:(one two)'" } },
		{ "fish",
		    { "complete -c pyro-test -o number -l number -s n -x", "'it\\'s \"text\"'",
			"-o name -l name -s q -x -a 'one two'", "){pb,svg}'" } },
		{ "yaml", { "# a number (number); -number", "  number: 7\n", "storage:\n", "  join: []\n" } },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t k = 0; k < ARRAY_LEN(cases[i].parts) && cases[i].parts[k]; k++)
			assert_has(doc(cases[i].what), cases[i].parts[k]);
	assert_null(strstr(doc(""), "-rules"));
	assert_null(strstr(doc(""), "-join"));
	o.verb = "top";
	assert_has(doc(""), "-join");
	o.verb = NULL;
	buf_init(&b, 1000);
	assert_int_equal(optdoc_print(&b, &o, &(struct optdoc_about){ .summary = "" }, "html", &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	buf_fini(&b);
}

/* The sample file and the one in effect are accepted, and change nothing. */
static void yaml_round_trip(void **state)
{
	struct arena *a = arena_new();
	struct buf b, again;

	(void)state;
	assert_int_equal(yaml(doc("yaml")), 0);
	fresh();
	assert_int_equal(args(ARGS("serve", "-number=9", "-join=x", "-join=1", "-rules={a: [1]}", "-key=hidden",
			     "-name=true", "-target=a,b", "-size=1GiB", "-max-age=90m")),
	    0);
	buf_init(&b, OPTDOC_MAX);
	buf_init(&again, OPTDOC_MAX);
	optdoc_yaml(&b, &o, false);
	assert_null(memmem(b.p, b.n, "hidden", 6));
	fresh();
	assert_int_equal(yaml(arena_cstr(a, buf_str(&b))), 0);
	assert_int_equal(v.number, 9);
	assert_int_equal(v.join.n, 2);
	assert_string_equal(v.name, "true");
	assert_int_equal(v.size, 1 << 30);
	optdoc_yaml(&again, &o, false);
	assert_true(str_eq(buf_str(&b), buf_str(&again)));
	fresh();
	assert_int_equal(args(ARGS("-number=9")), 0);
	buf_reset(&b);
	optdoc_yaml(&b, &o, true);
	assert_true(str_eq(buf_str(&b), STR("top:\n  number: 9\n")));
	buf_fini(&b);
	buf_fini(&again);
	arena_free(a);
}

static void config_tells_origins(void **state)
{
	struct buf b;
	struct arena *a = arena_new();
	const char *text;

	(void)state;
	assert_int_equal(args(ARGS("-key=topsecret", "-n3")), 0);
	buf_init(&b, OPTDOC_MAX);
	optdoc_config(&b, &o);
	text = arena_cstr(a, buf_str(&b));
	assert_has(text, "key = ***  # flag\n");
	assert_has(text, "number = 3  # flag\n");
	assert_has(text, "max-age = 1h0m0s  # default\n");
	assert_null(strstr(text, "topsecret"));
	buf_fini(&b);
	arena_free(a);
}

static void files(void **state)
{
	char name[] = "/tmp/pyro-test-opt-XXXXXX";
	int fd = mkstemp(name);
	static const char text[] = "top:\n  number: ${PYRO_T_NUMBER:-11}\n";

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(opts_read_file(&o, name, true, &e), 0);
	assert_int_equal(v.number, 11);
	fresh();
	assert_int_equal(opts_read_file(&o, name, false, &e), -1);
	unlink(name);
	fresh();
	assert_int_equal(opts_read_file(&o, name, false, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.msg, name));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(flag_forms),
		TEST(booleans),
		TEST(values_of_letters),
		TEST(operands_and_verbs),
		TEST(usage_errors),
		TEST(lists),
		TEST(precedence),
		TEST(file_errors),
		TEST(file_values),
		TEST(old_names),
		TEST(absent_with_a_warning),
		TEST(absent_and_refused),
		TEST(of_other_programs),
		TEST(options_of_children),
		TEST(overlay),
		TEST(questions),
		TEST(documents),
		TEST(yaml_round_trip),
		TEST(config_tells_origins),
		TEST(files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
