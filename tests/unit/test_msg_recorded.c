/*
 * Recorded requests and answers through formats/msg/msg.h: binary ones come back
 * to the byte, JSON ones to the value. Needs $PYRO_SHARED (default ../shared).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "formats/msg/messages.h"

static struct str folder;
static struct arena *a;
static size_t n_binary, n_json;

static bool read_file(struct str name, struct str *out)
{
	FILE *f = fopen(arena_cstr(a, arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name))), "rb");
	struct buf b;
	size_t n;

	if (f == NULL)
		return false;
	buf_init(&b, 1 << 26);
	while (buf_room(&b, 65536) && (n = fread(b.p + b.n, 1, 65536, f)) > 0)
		b.n += n;
	fclose(f);
	*out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return true;
}

/* "/querier.v1.QuerierService/Series" and "Request": querier.v1.SeriesRequest, wherever it is. */
static const struct msg_type *type_of(struct str path, const char *which)
{
	size_t slash = str_rfind(path, '/');
	struct str service = str_skip(str_of(path.p, slash), 1), method = str_skip(path, slash + 1);
	struct str package = str_of(service.p, str_rfind(service, '.'));
	const char *prefix = str_eq(package, STR("adhocprofiles.v1")) ? "AdHocProfiles" : "";
	const struct msg_type *t;

	if (str_eq(method, STR("SelectMergeProfile")) && which[3] == 'p')
		return &google_profile_type;
	t = messages_find(
	    arena_printf(a, STR_FMT ".%s" STR_FMT "%s", STR_ARG(package), prefix, STR_ARG(method), which));
	return t ? t : messages_find(arena_printf(a, "types.v1." STR_FMT "%s", STR_ARG(method), which));
}

static void binary_comes_back(const char *name, const struct msg_type *t, struct str bytes)
{
	void *m = arena_alloc(a, t->size), *again = arena_alloc(a, t->size);
	struct buf b;
	struct err e;

	if (msg_decode(a, t, bytes, m, &e) < 0)
		fail_msg("%s as %.*s: %s", name, STR_ARG(t->name), e.msg);
	buf_init(&b, 1 << 26);
	msg_encode(t, m, &b);
	if (!str_eq(buf_str(&b), bytes))
		fail_msg("%s as %.*s: %zu bytes became %zu others", name, STR_ARG(t->name), bytes.n, b.n);
	/* Through JSON as well. */
	buf_reset(&b);
	msg_to_json(t, m, &b);
	if (msg_from_json(a, t, arena_str(a, buf_str(&b)), again, &e) < 0)
		fail_msg("%s as %.*s: %s", name, STR_ARG(t->name), e.msg);
	buf_reset(&b);
	msg_encode(t, again, &b);
	if (!str_eq(buf_str(&b), bytes))
		fail_msg("%s as %.*s: not the same through JSON", name, STR_ARG(t->name));
	buf_fini(&b);
	n_binary++;
}

static void json_comes_back(const char *name, const struct msg_type *t, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);
	void *m = arena_alloc(a, t->size);
	struct buf b;
	struct err e;
	json_t *back;

	if (msg_from_json(a, t, str_cstr(text), m, &e) < 0)
		fail_msg("%s as %.*s: %s", name, STR_ARG(t->name), e.msg);
	buf_init(&b, 1 << 26);
	msg_to_json(t, m, &b);
	back = json_parse(buf_str(&b), &e);
	if (back == NULL || !json_equal(back, value))
		fail_msg("%s as %.*s: %s became %.*s", name, STR_ARG(t->name), text, STR_ARG(buf_str(&b)));
	json_decref(back);
	buf_fini(&b);
	free(text);
	n_json++;
}

static bool has_header(json_t *side, const char *name, const char *value)
{
	const char *have = json_string_value(json_object_get(json_object_get(side, "headers"), name));

	return have && strcmp(have, value) == 0;
}

static void one_side(const char *name, json_t *side, const struct msg_type *t, bool response)
{
	const char *file = json_string_value(json_object_get(side, "file"));
	const char *type = response ? "content-type" : "Content-Type";
	const char *coding = response ? "content-encoding" : "Content-Encoding";
	json_t *value = json_object_get(side, "json");
	struct str bytes;

	if (t == NULL || has_header(side, coding, "gzip"))
		return;
	if (file && !str_suffix(str_cstr(file), STR(".gz")) && has_header(side, type, "application/proto") &&
	    read_file(str_cstr(file), &bytes))
		binary_comes_back(name, t, bytes);
	if (response && json_is_object(value) && has_header(side, type, "application/json"))
		json_comes_back(name, t, value);
}

static void one_exchange(const char *name, json_t *j)
{
	json_t *request = json_object_get(j, "request"), *response = json_object_get(j, "response");
	struct str path = str_cstr(json_string_value(json_object_get(request, "path")));
	char *text;
	struct err e;
	const struct msg_type *t;

	if (json_integer_value(json_object_get(response, "status")) != 200 || !str_prefix(path, STR("/")) ||
	    str_find(str_skip(path, 1), '/') == path.n - 1 || str_rfind(path, '/') == 0)
		return;
	t = type_of(path, "Request");
	one_side(name, request, t, false);
	one_side(name, response, type_of(path, "Response"), true);
	if (t && json_is_object(json_object_get(request, "json"))) {
		text = json_dumps(json_object_get(request, "json"), 0);
		if (msg_from_json(a, t, str_cstr(text), arena_alloc(a, t->size), &e) < 0)
			fail_msg("%s: %s: %s", name, e.msg, text);
		free(text);
	}
}

static void recorded_exchanges(void **state)
{
	const char *shared = getenv("PYRO_SHARED");
	struct dirent *entry;
	struct arena *names = arena_new();
	DIR *d;

	(void)state;
	folder = arena_printf(names, "%s/golden/questions", shared ? shared : "../shared");
	d = opendir(arena_cstr(names, folder));
	if (d == NULL) {
		print_message("# no %.*s\n", STR_ARG(folder));
		arena_free(names);
		skip();
		return;
	}
	while ((entry = readdir(d))) {
		struct str text;
		struct err e;
		json_t *j;

		if (!str_suffix(str_cstr(entry->d_name), STR(".json")))
			continue;
		a = arena_new();
		assert_true(read_file(str_cstr(entry->d_name), &text));
		j = json_parse(text, &e);
		assert_non_null(j);
		one_exchange(entry->d_name, j);
		json_decref(j);
		arena_free(a);
	}
	closedir(d);
	arena_free(names);
	print_message("# %zu binary messages, %zu JSON messages\n", n_binary, n_json);
	assert_true(n_binary > 20 && n_json > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_exchanges),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
