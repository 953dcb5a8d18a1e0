/* test_format.c - the table of formats: finding, decoding, encoding */
#include "tests/lib/profile_fixture.h"

#include "base/zip.h"
#include "formats/json/flamebearer.h"
#include "formats/folded/folded.h"
#include "formats/format_args.h"
#include "formats/pprof/pprof.h"

#define LIMIT ((size_t)32 << 20)

/* sample type, one sample, one location, function, strings */
#define PPROF                                                                                      \
	"\x0a\x04\x08\x01\x10\x02\x12\x06\x0a\x01\x01\x12\x01\x05\x22\x06\x08\x01\x22\x02\x08\x01" \
	"\x2a\x04\x08\x01\x10\x03\x32\x00\x32\x03"                                                 \
	"cpu"                                                                                      \
	"\x32\x05"                                                                                 \
	"count"                                                                                    \
	"\x32\x01"                                                                                 \
	"f"
#define FLAME                                                                                                \
	"{\"version\":1,\"flamebearer\":{\"names\":[\"total\",\"a\",\"b\"],\"levels\":[[0,3,0,0],[0,3,1,1]," \
	"[1,2,2,2]],\"numTicks\":3,\"maxSelf\":2},\"metadata\":{\"format\":\"single\",\"sampleRate\":100,"   \
	"\"units\":\"bytes\",\"name\":\"inuse_space\"}}"

static const struct {
	struct str bytes;
	const char *file;
	const char *want; /* name of the format, or what the error is */
} detect[] = {
#define B(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
	{ B(PPROF), "", "pprof" },
	{ B(PPROF), "x.folded", "pprof" },
	{ B("main;work 3\nmain 2\n"), "", "folded" },
	{ B("main;work 3"), "x.pprof", "folded" },
	{ B("# cmd\nmain;work 3\nheader\n"), "out.collapsed", "folded" },
	{ B("header\nmain;work 3\n"), "out.txt", "unsupported format: unknown (tried: " },
	{ B(FLAME), "", "flamebearer" },
	{ B("  {\"flamegraph\":{\"names\":[],\"levels\":[]}}"), "", "flamebearer" },
	{ B(""), "x.pb", "unsupported format: the input is empty" },
	{ B("FLR\0\0\2\0\1"), "x.jfr", "jfr" },
	{ B("PERFILE2xxxxxxxx"), "", "perf-data" },
	{ B("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"profiles\":[]}"), "", "speedscope" },
	{ B("{\"nodes\":[{\"id\":1,\"callFrame\":{}}]}"), "", "cpuprofile" },
	{ B("{\"traceEvents\":[]}"), "", "trace-event" },
	{ B("[{\"ph\":\"B\"}]"), "", "trace-event" },
	{ B("# callgrind format\nversion: 1\n"), "", "callgrind" },
	{ B("<?xml version=\"1.0\"?>\n<svg width=\"1\">"), "", "svg" },
	{ B("<!doctype html>\n<html>"), "", "unsupported format: html" },
	{ B("<!doctype html>\n<html><script type=\"application/json\" id=\"data\">{}</script>"), "", "html" },
	{ B("heap profile: 1: 2 [3: 4] @ heap/5\n"), "", "heap-text" },
	{ B("goroutine profile: total 5\n1 @ 0x1\n"), "", "go-text" },
	{ B("goroutine 1 [running]:\nmain.main()\n"), "", "goroutine-dump" },
	{ B("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"), "x.pb.gz", "unsupported format: gzip" },
	{ B("java 1/2 [001] 12.5: cycles: \n\t  7f00 foo+0x1 (lib.so)\n\n"), "", "perf-script" },
	{ B("w \n\t           70458 sin\n\n"), "", "perf-script" },
	{ B("cycles: \n\t           70458\n\n"), "", "perf-script" },
	{ B("w \n\t70458 sin\n\n"), "", "unsupported format: unknown (tried: " },
	{ B("# ========\n# captured on: today\n# perf version : 6\n"), "", "perf-script" },
	{ B("hello world\n"), "", "unsupported format: unknown (tried: " },
	{ B("\x00\x00\x00\x00\x00\x00"), "x.pb", "unsupported format: unknown (tried: " },
};

static void test_detect(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(detect); i++) {
		struct err e = { 0 };
		const struct format *f = format_detect(detect[i].bytes, str_cstr(detect[i].file), &e);
		const char *got = f ? f->name : e.msg;

		/* a list of what was tried is as long as the table */
		if (strncmp(got, detect[i].want, strlen(detect[i].want)) != 0 ||
		    (f && strcmp(got, detect[i].want) != 0))
			fail_msg("case %zu: %s, not %s", i, got, detect[i].want);
		assert_int_equal(e.kind, f ? ERR_NONE : ERR_UNSUPPORTED);
	}
}

static void test_find(void **ctx)
{
	struct err e;

	(void)ctx;
	assert_string_equal(format_by_name(STR("pprof"), &e)->name, "pprof");
	assert_string_equal(format_by_name(STR("folded"), &e)->name, "folded");
	assert_null(format_by_name(STR("nonsense"), &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_true(str_prefix(str_cstr(e.msg), STR("unsupported format: nonsense (known: ")));
	assert_null(format_by_name(STR(""), &e));
	assert_string_equal(format_by_extension(STR("/tmp/x.y/cpu.PB.gz"))->name, "pprof");
	assert_string_equal(format_by_extension(STR("a.collapsed"))->name, "folded");
	assert_string_equal(format_by_extension(STR("a.speedscope.json"))->name, "speedscope");
	assert_string_equal(format_by_extension(STR("a.folded.zst"))->name, "folded");
	assert_null(format_by_extension(STR("pb")));
	assert_null(format_by_extension(STR("dir.pb/x")));
	assert_null(format_by_extension(STR("")));
	assert_string_equal(format_by_content_type(STR("application/OCTET-stream; charset=utf-8"))->name, "pprof");
	assert_string_equal(format_by_content_type(STR("Text/Plain"))->name, "folded");
	assert_null(format_by_content_type(STR("image/png")));
	assert_null(format_by_content_type(STR("")));
}

static void test_rows(void **ctx)
{
	(void)ctx;
	for (uint32_t i = 0; i < n_formats; i++) {
		struct err e;

		assert_ptr_equal(format_by_name(str_cstr(formats[i]->name), &e), formats[i]);
		assert_true(formats[i]->bid && (formats[i]->decode || formats[i]->encode));
		assert_true(strlen(formats[i]->text) > 10 && strchr(formats[i]->content_types, '/'));
		assert_int_equal(formats[i]->bid(STR(""), STR("")), 0);
	}
}

static void test_encode_pprof(void **ctx)
{
	struct arena *a = arena_new();
	const struct format *f = format_by_name(STR("pprof"), &(struct err){ 0 });
	struct format_opts o = { .plain = true };
	struct profile *p;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 4096);
	assert_int_equal(pprof_decode(a, STR(PPROF), &p, &e), 0);
	assert_int_equal(f->encode(&(struct format_profile){ .p = p }, 1, &o, &b, &e), 0);
	assert_true(str_eq(buf_str(&b), STR(PPROF)));
	buf_reset(&b);
	o.plain = false;
	assert_int_equal(f->encode(&(struct format_profile){ .p = p }, 1, &o, &b, &e), 0);
	assert_true(zip_is_gzip(buf_str(&b)));
	buf_fini(&b);
	for (size_t max = 0; max < 20; max++) {
		buf_init(&b, max);
		assert_int_equal(f->encode(&(struct format_profile){ .p = p }, 1, &o, &b, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		buf_fini(&b);
	}
	arena_free(a);
}

/* Taken, as Pyroscope takes it, but not without a word. */
static void test_broken_references(void **ctx)
{
	static const char sound[] = PPROF;
	struct arena *a = arena_new();
	const struct format *f = format_by_name(STR("pprof"), &(struct err){ 0 });
	struct format_profiles got = { 0 };
	char bytes[sizeof(sound) - 1];
	struct err e;

	(void)ctx;
	memcpy(bytes, sound, sizeof(bytes));
	assert_int_equal(f->decode(a, str_of(bytes, sizeof(bytes)), &(struct format_opts){ 0 }, &got, &e), 0);
	assert_int_equal(got.notes.warning.n, 0);
	bytes[10] = 2; /* the location of the sample */
	assert_int_equal(f->decode(a, str_of(bytes, sizeof(bytes)), &(struct format_opts){ 0 }, &got, &e), 0);
	assert_string_equal(arena_cstr(a, got.notes.warning),
	    "references that lead nowhere: 1; samples with too many or too few values: 0");
	arena_free(a);
}

/* Of another format than it was said to be. */
static void test_decode_named(void **ctx)
{
	static const struct {
		const char *named;
		struct str bytes;
		const char *want;
	} cases[] = {
		{ "jfr", STR("main;work 3\nmain 2\n"),
		    "jfr: no recording: those begin with FLR and a byte 0; it looks like folded, which is read where "
		    "no format "
		    "is named" },
		{ "jfr", STR("\1\2"), "jfr: no recording: those begin with FLR and a byte 0" },
		{ "gdb", STR(PPROF),
		    "gdb: no stacks in 3 lines; it looks like pprof, which is read where no format is named" },
		{ "flamebearer", STR("{\"flamegraph\":{\"names\":[],\"levels\":[[0,"),
		    "flamebearer: unexpected end of JSON input" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_profiles got = { 0 };
		struct err e;
		const struct format *f = format_asked("--format", cases[i].named, cases[i].bytes, STR_NONE, &e);

		assert_int_equal(format_decode(f, a, cases[i].bytes, &(struct format_opts){ 0 }, &got, &e), -1);
		assert_string_equal(e.msg, cases[i].want);
		assert_int_equal(e.kind, ERR_INVALID);
		arena_free(a);
	}
}

static void test_asked(void **ctx)
{
	struct err e;

	(void)ctx;
	assert_ptr_equal(format_asked("--from", "", STR("main;work 3\n"), STR_NONE, &e),
	    format_by_name(STR("folded"), &e));
	assert_ptr_equal(format_asked("--from", "jfr", STR("main;work 3\n"), STR_NONE, &e),
	    format_by_name(STR("jfr"), &e));
	assert_null(format_asked("--from", "pgo", STR_NONE, STR_NONE, &e));
	assert_string_equal(e.msg, "--from: pgo can be written, not read");
	assert_int_equal(e.kind, ERR_USAGE);
	assert_null(format_asked("--from", "none", STR_NONE, STR_NONE, &e));
	assert_int_equal(e.kind, ERR_USAGE);
}

static void test_unpack(void **ctx)
{
	struct arena *a = arena_new();
	struct buf one, two;
	struct str out;
	struct err e;

	(void)ctx;
	buf_init(&one, 1 << 16);
	buf_init(&two, 1 << 16);
	assert_int_equal(format_unpack(a, STR("plain"), 3, &out, &e), 0);
	assert_true(str_eq(out, STR("plain")));
	zip_gzip(STR("\xef\xbb\xbf"
		     "main;work 3\n"),
	    6, &one);
	zip_zstd(buf_str(&one), 3, &two);
	assert_int_equal(format_unpack(a, buf_str(&two), LIMIT, &out, &e), 0);
	assert_true(str_eq(out, STR("main;work 3\n")));
	assert_int_equal(format_unpack(a, buf_str(&one), 14, &out, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(format_unpack(a, str_of(one.p, one.n - 1), LIMIT, &out, &e), -1);
	buf_fini(&one);
	buf_fini(&two);
	arena_free(a);
}

/* ---- shared data: every file is found to be what it is ---- */

struct want {
	const char *format; /* NULL: no format, an error */
	unsigned n;
};

static void check_found(const char *path, const json_t *row, void *arg)
{
	struct want *w = arg;
	struct arena *a = arena_new();
	const json_t *wire = fixture_get(row, "wire");
	struct str bytes;
	struct err e;
	const struct format *f;

	if (format_unpack(a, fixture_file(a, path), LIMIT, &bytes, &e) == 0 && bytes.n > 0) {
		f = format_detect(bytes, str_cstr(path), &e);
		if (w->format == NULL && f)
			fail_msg("%s: taken for %s", path, f->name);
		if (w->format &&
		    (wire == NULL ||
			(json_object_get(wire, "error") == NULL &&
			    json_is_true(fixture_get(row, "google_pprof_accepts")))) &&
		    (f == NULL || strcmp(f->name, w->format) != 0) && strstr(path, "malformed") == NULL)
			fail_msg("%s: %s", path, f ? f->name : e.msg);
		w->n++;
	}
	arena_free(a);
}

static void test_detect_shared(void **ctx)
{
	static const struct {
		const char *prefix, *format, *want;
	} rows[] = {
		{ "pprof/ own/pprof/", "pprof", "pprof" },
		{ "speedscope/ own/speedscope/", "speedscope", "speedscope" },
		{ "jfr/ own/", "jfr", "jfr" },
		{ "perf-script/ own/perf-script/", "perf-script", "perf-script" },
		{ "trie-tree-lines/", "groups", "folded" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct want w = { rows[i].want, 0 };

		fixture_rows(rows[i].prefix, rows[i].format, check_found, &w);
		print_message("%s: %u files\n", rows[i].format, w.n);
	}
}

/* ---- options ---- */

static void test_args(void **ctx)
{
	enum {
		PID = 1,
		TID = 2,
		NO_COMM = 4,
		KERNEL = 8,
		JIT = 16,
		INLINED = 32,
		SPLIT = 64,
		COLUMNS = 128,
		NAMES = 256
	};
	static const struct {
		unsigned in;
		enum format_root root;
		unsigned marks;
		bool bad;
	} rows[] = {
		{ 0, FORMAT_ROOT_COMMAND, 0, false },
		{ PID, FORMAT_ROOT_PID, 0, false },
		{ TID, FORMAT_ROOT_TID, 0, false },
		{ PID | TID, FORMAT_ROOT_TID, 0, false },
		{ NO_COMM, FORMAT_ROOT_NONE, 0, false },
		{ NO_COMM | PID, FORMAT_ROOT_NONE, 0, true },
		{ NO_COMM | TID, FORMAT_ROOT_NONE, 0, true },
		{ KERNEL, FORMAT_ROOT_COMMAND, FORMAT_MARK_KERNEL, false },
		{ JIT | INLINED, FORMAT_ROOT_COMMAND, FORMAT_MARK_JIT | FORMAT_MARK_INLINED, false },
		{ SPLIT, FORMAT_ROOT_COMMAND, 0, false },
		{ COLUMNS, FORMAT_ROOT_COMMAND, 0, false },
		{ NAMES, FORMAT_ROOT_COMMAND, 0, false },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned in = rows[i].in;
		const struct format_args args = {
			.pid = (in & PID) != 0,
			.tid = (in & TID) != 0,
			.comm = (in & NO_COMM) == 0,
			.kernel = (in & KERNEL) != 0,
			.jit = (in & JIT) != 0,
			.inlined = (in & INLINED) != 0,
			.split_frames = (in & SPLIT) != 0,
			.columns = (in & COLUMNS) != 0,
			.text_names = (in & NAMES) != 0,
		};
		struct format_opts got = { .rate = 7,
			.lenient = true,
			.keep = FORMAT_TAGS | (i % 2 ? FORMAT_NAMES : 0) };
		struct err e;

		assert_int_equal(format_args_read(&args, &got, &e), rows[i].bad ? -1 : 0);
		if (rows[i].bad) {
			assert_int_equal(e.kind, ERR_USAGE);
			continue;
		}
		assert_int_equal(got.root, rows[i].root);
		assert_int_equal(got.marks, rows[i].marks);
		assert_int_equal(got.split_frames, (in & SPLIT) != 0);
		assert_int_equal(got.columns, (in & COLUMNS) != 0);
		assert_int_equal(got.keep, FORMAT_TAGS | (in & NAMES ? FORMAT_NAMES : 0));
		assert_int_equal(got.rate, 7);
		assert_true(got.lenient);
	}
}

static void test_choose(void **ctx)
{
	static const struct {
		const char *names[2], *want; /* want: the names that stay; NULL: an error */
	} rows[] = {
		{
		    { NULL, NULL },
		    "cpu,alloc,cpu,alloc_in,mem_in,mem_out,memory,",
		},
		{
		    { "mem", NULL },
		    "mem_in,mem_out,",
		},
		{
		    { "memory", "mem" },
		    "mem_in,mem_out,memory,",
		},
		{
		    { "cpu", NULL },
		    "cpu,cpu,",
		},
		{
		    { "2", NULL },
		    "alloc,",
		},
		{
		    { "3", "alloc" },
		    "alloc,cpu,",
		},
		{
		    { "lock", "2" },
		    "alloc,",
		},
		{ { "lock", NULL }, NULL },
		{ { "mem_", NULL }, NULL },
		{ { "0", "8" }, NULL },
		{ { "", NULL }, NULL },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct format_profile all[] = { { .name = STR("cpu") }, { .name = STR("alloc") },
			{ .name = STR("cpu") }, { .name = STR("alloc_in") }, { .name = STR("mem_in") },
			{ .name = STR("mem_out") }, { .name = STR("memory") } };
		struct format_profiles got = { .p = all, .n = ARRAY_LEN(all) };
		size_t n = (rows[i].names[0] != NULL) + (rows[i].names[1] != NULL);
		char text[64] = "";
		struct err e;
		int rc = format_choose(&got, rows[i].names, n, &e);

		assert_int_equal(rc, rows[i].want != NULL ? 0 : -1);
		if (rc < 0) {
			assert_int_equal(e.kind, ERR_INVALID);
			assert_non_null(strstr(e.msg, "1 cpu, 2 alloc, 3 cpu"));
			continue;
		}
		for (uint32_t k = 0; k < got.n; k++) {
			strncat(text, got.p[k].name.p, got.p[k].name.n);
			strcat(text, ",");
		}
		assert_string_equal(text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detect),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_encode_pprof),
		cmocka_unit_test(test_broken_references),
		cmocka_unit_test(test_decode_named),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_unpack),
		cmocka_unit_test(test_detect_shared),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_choose),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
