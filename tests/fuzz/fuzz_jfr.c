/* Flight Recorder files, strict and lenient, as the server and as the prompt read them: sound profiles or an error, in bounded memory. */
#include "base/mem.h"
#include "formats/jfr/jfr.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void check_profile(const struct profile *o)
{
	for (uint32_t i = 0; i < o->n_samples; i++) {
		check(o->stack_at[i] <= o->stack_at[i + 1]);
		for (uint32_t k = o->stack_at[i]; k < o->stack_at[i + 1]; k++)
			check(o->stack[k] < o->n_locations);
		for (uint32_t k = o->tag_at ? o->tag_at[i] : 0; o->tag_at && k < o->tag_at[i + 1]; k++)
			check(o->tags[k].key < o->n_strings && o->tags[k].str < o->n_strings);
	}
	for (uint32_t i = 0; i < o->n_locations; i++)
		check(o->locations[i].first_line < o->n_lines &&
		    o->lines[o->locations[i].first_line].function < o->n_functions);
	for (uint32_t i = 0; i < o->n_functions; i++)
		check(o->functions[i].name < o->n_strings);
	for (uint32_t i = 0; i < o->n_types; i++)
		check(o->types[i].type < o->n_strings && o->types[i].unit < o->n_strings);
}

static void decode(struct str recording, const struct jfr_opts *o)
{
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct err e;

	if (jfr_decode(a, recording, o, &got, &e) == 0) {
		for (uint32_t i = 0; i < got.n; i++)
			check_profile(got.p[i].p);
	} else {
		check((e.kind == ERR_INVALID || e.kind == ERR_LIMIT) && e.msg[0]);
	}
	check(arena_bytes(a) < recording.n * 4096 + (64 << 20));
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char contexts[] = "\x0a\x0a\x08\x03\x12\x06\x0a\x04\x08\x01\x10\x02\x12\x05\x08\x01\x12\x01k"
				       "\x12\x05\x08\x02\x12\x01v";
	struct jfr_opts server = { .rate = 100, .only_known = true, .clean_names = true, .spans = true };
	struct jfr_opts prompt = { .keep = FORMAT_TAGS | FORMAT_TIMES, .spans = true, .lenient = true };
	struct jfr_opts merged = { .clean_names = true, .lenient = true };

	if (n > 0 && p[0] == 'L') { /* labels alone */
		server.contexts = str_of(p + 1, n - 1);
		decode(STR(""), &server);
		return 0;
	}
	server.contexts = str_of(contexts, sizeof(contexts) - 1);
	decode(str_of(p, n), &server);
	decode(str_of(p, n), &prompt);
	decode(str_of(p, n), &merged);
	return 0;
}
