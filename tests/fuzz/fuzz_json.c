/*
 * fuzz_json.c - JSON in and out. Whatever parses is written with our writer
 * and must parse again to the same value; any bytes make a valid string.
 */
#include <stdlib.h>

#include "base/json.h"

enum { OUT_MAX = 1 << 26 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void write_value(struct jw *w, json_t *j);

static void write_object(struct jw *w, json_t *j)
{
	const char *key;
	json_t *value;

	jw_open(w, '{');
	json_object_foreach(j, key, value) {
		jw_key(w, str_cstr(key));
		write_value(w, value);
	}
	jw_close(w, '}');
}

static void write_array(struct jw *w, json_t *j)
{
	jw_open(w, '[');
	for (size_t i = 0; i < json_array_size(j); i++)
		write_value(w, json_array_get(j, i));
	jw_close(w, ']');
}

/* As deep as the parser allows. */
static void write_value(struct jw *w, json_t *j)
{
	if (json_is_object(j))
		write_object(w, j);
	else if (json_is_array(j))
		write_array(w, j);
	else if (json_is_string(j))
		jw_str(w, str_of(json_string_value(j), json_string_length(j)));
	else if (json_is_integer(j))
		jw_i64(w, json_integer_value(j));
	else if (json_is_real(j))
		jw_f64(w, json_real_value(j));
	else if (json_is_null(j))
		jw_null(w);
	else
		jw_bool(w, json_is_true(j));
}

/* A real number that is whole is written without a point and comes back as an integer. */
static bool same(json_t *a, json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (json_is_array(a) && json_is_array(b)) {
		if (json_array_size(a) != json_array_size(b))
			return false;
		for (size_t i = 0; i < json_array_size(a); i++)
			if (!same(json_array_get(a, i), json_array_get(b, i)))
				return false;
		return true;
	}
	if (json_is_object(a) && json_is_object(b)) {
		const char *key;
		json_t *value;

		json_object_foreach(a, key, value)
			if (!same(value, json_object_get(b, key)))
				return false;
		return json_object_size(a) == json_object_size(b);
	}
	return json_equal(a, b);
}

/* Whole numbers from 2^63 to 10^21 are right in JSON, but jansson does not take them back. */
static bool too_big(const struct err *e)
{
	return strstr(e->msg, "too big integer") || strstr(e->msg, "too big negative integer");
}

static void check_back(json_t *j, unsigned indent, bool html)
{
	struct buf b;
	struct jw w;
	struct err e;
	json_t *again;

	buf_init(&b, OUT_MAX);
	w = jw_init(&b);
	w.indent = indent;
	w.html = html;
	write_value(&w, j);
	again = json_parse(buf_str(&b), &e);
	require(again ? same(j, again) : too_big(&e));
	json_decref(again);
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b;
	struct jw w;
	struct err e;
	json_t *j = json_parse(str_of(p, n), &e);

	if (j) {
		check_back(j, 0, false);
		check_back(j, 2, true);
		json_decref(j);
	} else {
		require(e.kind == ERR_INVALID && str_prefix(str_cstr(e.msg), STR("line ")));
	}
	if (n > OUT_MAX / 8)
		return 0;
	buf_init(&b, OUT_MAX);
	w = jw_init(&b);
	jw_str(&w, str_of(p, n));
	j = json_parse(buf_str(&b), &e);
	require(json_is_string(j));
	if (str_utf8(str_of(p, n)))
		require(str_eq(str_of(json_string_value(j), json_string_length(j)), str_of(p, n)));
	json_decref(j);
	buf_fini(&b);
	return 0;
}
