/* Short texts of requests and paths: times, ids, profile types, block paths, media types. What is one prints as one. */
#include "formats/query/attime.h"
#include "formats/block/blockpath.h"
#include "formats/labels/labels.h"
#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void ids(struct str s)
{
	char text[UUID_TEXT + 1];
	uint8_t uuid[16];
	struct ulid id, again;
	struct err e;

	if (ulid_parse(s, &id, &e) == 0) {
		ulid_print(id, text);
		check(ulid_parse(str_cstr(text), &again, &e) == 0 && ulid_cmp(id, again) == 0);
	}
	if (uuid_parse(s, uuid, &e) == 0) {
		uint8_t same[16];

		uuid_print(uuid, text);
		check(uuid_parse(str_cstr(text), same, &e) == 0 && memcmp(uuid, same, 16) == 0);
	}
}

static void types(struct arena *a, struct str s)
{
	struct profile_type t, again;
	struct err e;

	if (profile_type_parse(s, &t, &e) < 0)
		return;
	check(profile_type_parse(profile_type_id(a, &t), &again, &e) == 0);
	check(str_eq(t.name, again.name) && str_eq(t.type, again.type) && str_eq(t.unit, again.unit));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str s = str_of(p, n), inner;
	struct arena *a = arena_new();
	struct block_path at;

	attime_parse(s, INT64_C(1768471200) * NS_PER_S);
	ids(s);
	types(a, s);
	if (block_path_parse(s, &at))
		check(at.folder.n + at.part.n <= n);
	inner = http_media_type(s);
	check(inner.n <= n);
	inner = http_media_param(a, s, "boundary");
	check(inner.n <= n);
	arena_free(a);
	return 0;
}
