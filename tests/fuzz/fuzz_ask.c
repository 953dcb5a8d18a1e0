/*
 * Questions and answers between pyro-query and pyro-ingest. An even first
 * byte: a question, asked of a head; its answer goes through a message and is
 * the same behind it. An odd one: an answer, merged with itself.
 */
#include "base/mem.h"
#include "formats/query/ask.h"
#include "formats/head/head.h"

enum { ROOM = 1 << 26 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

/* Three services, two types, times around zero in ns and in ms, a span. */
static struct head *make_head(void)
{
	static const char *const services[] = { "a", "b", "c" };
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct head *h = head_new();
	struct buf record;

	buf_init(&record, 1 << 20);
	for (uint32_t i = 0; i < 12; i++) {
		struct label labels[] = { { STR("__name__"), STR("cpu") },
			{ STR("service_name"), str_cstr(services[i % 3]) } };
		struct profile_builder *b = profile_builder_new(a, 1);
		uint32_t stack[2] = { profile_builder_frame(b, str_cstr(services[i % 2]), STR("f"), i),
			profile_builder_frame(b, STR("main"), STR("f"), 1) };
		int64_t value = i == 5 ? INT64_MAX : 1 + i;
		uint64_t span = i % 4;
		struct head_push p = { .labels = { labels, 2 },
			.partition = i % 2,
			.time = (int64_t)i * NS_PER_S,
			.spans = &span };

		profile_builder_type(b, 0, STR("t"), STR("u"));
		profile_builder_add(b, stack, 2, &value, NULL, 0);
		p.profile = profile_builder_finish(b);
		p.id[15] = (uint8_t)i;
		head_add(h, imp, &p, &record);
	}
	buf_fini(&record);
	sym_importer_free(imp);
	arena_free(a);
	return h;
}

static struct str message_of(struct arena *a, const struct part *p)
{
	struct pyro_answer m = { 0 };
	struct str bytes;
	struct buf b;

	part_to_message(a, p, &m);
	buf_init(&b, ROOM);
	msg_encode(&pyro_answer_type, &m, &b);
	check(!b.over);
	bytes = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return bytes;
}

static int part_read(struct arena *a, struct str bytes, struct part *out)
{
	struct pyro_answer m = { 0 };
	struct err e;

	return msg_decode(a, &pyro_answer_type, bytes, &m, &e) < 0 || part_of_message(a, &m, out, &e) < 0 ? -1 : 0;
}

static void ask(struct arena *a, struct str bytes)
{
	static struct head *h;
	struct pyro_ask q = { 0 };
	struct ask_way way = { 0 };
	struct dataset *set;
	struct part p, again;
	struct str one;
	struct err e;

	if (h == NULL)
		h = make_head();
	set = &h->set;
	way.packed = bytes.n % 2;
	if (msg_decode(a, &pyro_ask_type, bytes, &q, &e) < 0 || ask_run_so(a, &q, &way, &set, 1, &p, &e) < 0)
		return;
	one = message_of(a, &p);
	check(part_read(a, one, &again) == 0);
	check(str_eq(one, message_of(a, &again)));
	if (part_merge(a, &q, &p, &again, &e) == 0)
		check(message_of(a, &p).n > 0 || one.n == 0);
	part_fini(&p);
}

static void answer(struct arena *a, struct str bytes)
{
	for (enum ask_kind kind = ASK_TREE; kind <= ASK_STATS; kind++) {
		struct pyro_ask q = { .kind = (int32_t)kind };
		struct part one, two;
		struct profile *read;
		struct err e;

		if (part_read(a, bytes, &one) < 0)
			return;
		check(part_read(a, bytes, &two) == 0);
		if (part_merge(a, &q, &one, &two, &e) == 0)
			message_of(a, &one);
		else
			part_fini(&two);
		part_profile(a, &one, &read, &e);
		if (kind != ASK_TREE)
			part_fini(&two);
		part_fini(&one);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();

	if (n > 0 && p[0] % 2 == 0)
		ask(a, str_of(p + 1, n - 1));
	else if (n > 0)
		answer(a, str_of(p + 1, n - 1));
	arena_free(a);
	return 0;
}
