/*
 * test_cfi.c - from functions to their callers by .eh_frame: small libraries whose rules were written by hand
 * (tests/fuzz/corpus/elf/seed-cfi-*), and dumps of perf that lead through them.
 *
 *	x86-64  234 plain  nothing on the stack           arm64  12ac leaf   nothing on the stack
 *	        236 saved  push %rbp; mov; leave; ret; nop        12b0 saved  paciasp; stp x29, x30, [sp, -32]!; nop
 *	        23d none   without rules
 *	        23f start  nobody called it
 *	        240 odd    CFA = rbx + 24, r12 = -[rbx + 8], r13 = r14
 */
#include <elf.h>
#include <time.h>

#include "tests/lib/perf_fixture.h"
#include "tests/lib/profile_fixture.h"

#include "formats/perf/perf_data.h"
#include "formats/perf/perf_unwind.h"
#include "formats/symbolize/cfi.h"

enum { RBX = 3, RBP = 6, RSP = 7, R12 = 12, R13, R14, WORDS = 16 };

#define STACK UINT64_C(0x10000)
#define BIT(n) (UINT64_C(1) << (n))

static struct str library(struct arena *a, const char *name)
{
	const char *path = arena_printf(a, "tests/fuzz/corpus/elf/%s", name).p;
	struct str bytes = fixture_bytes(a, path);

	if (bytes.p == NULL)
		fail_msg("%s: not there; tests run in the top folder", path);
	return bytes;
}

/* Word i of the stack is 0x500 + i. */
static bool read_word(void *ctx, uint64_t addr, uint64_t *value)
{
	(void)ctx;
	*value = 0x500 + (addr - STACK) / 8;
	return addr >= STACK && addr < STACK + WORDS * 8 && addr % 8 == 0;
}

struct step {
	uint64_t addr;
	enum cfi_result want;
	uint64_t pc, sp, rbp;
};

static const struct cfi_memory memory = { .read = read_word };

/* plain: where it is in this library. */
static void expect_steps(const char *name, uint64_t plain)
{
	static const struct step steps[] = {
		{ 0x234, CFI_CALLER, 0x500, STACK + 8, STACK + 32 },
		{ 0x236, CFI_CALLER, 0x500, STACK + 8, STACK + 32 },
		{ 0x237, CFI_CALLER, 0x501, STACK + 16, 0x500 },
		{ 0x23a, CFI_CALLER, 0x505, STACK + 48, 0x504 },
		{ 0x23b, CFI_CALLER, 0x500, STACK + 8, STACK + 32 },
		{ 0x23c, CFI_CALLER, 0x505, STACK + 48, 0x504 },
		{ 0x23d, CFI_NONE, 0, 0, 0 },
		{ 0x23f, CFI_END, 0, 0, 0 },
		{ 0x240, CFI_CALLER, 0x504, STACK + 40, STACK + 32 },
		{ 0x241, CFI_NONE, 0, 0, 0 },
		{ 0x233, CFI_NONE, 0, 0, 0 },
	};
	struct arena *a = arena_new();
	struct elf f;
	struct cfi *c;
	struct err e;

	assert_int_equal(elf_open(a, library(a, name), &f, &e), 0);
	c = cfi_open(a, &f, &e);
	assert_non_null(c);
	assert_int_equal(cfi_functions(c), 4);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		const struct step *s = &steps[i];
		struct cfi_frame x = { .pc = s->addr,
			.reg = { [RBX] = STACK + 16, [RBP] = STACK + 32, [RSP] = STACK, [R13] = 13, [R14] = 14 },
			.known = BIT(RBX) | BIT(RBP) | BIT(RSP) | BIT(R13) | BIT(R14) };
		struct cfi_frame before = x;
		enum cfi_result got = cfi_step(c, s->addr - 0x234 + plain, &x, &memory);

		if (got != s->want)
			fail_msg("%s: 0x%llx: %d", name, (unsigned long long)s->addr, (int)got);
		if (got != CFI_CALLER) {
			assert_memory_equal(&x, &before, sizeof(x));
			continue;
		}
		assert_int_equal(x.pc, s->pc);
		assert_int_equal(x.reg[RSP], s->sp);
		assert_int_equal(x.reg[RBP], s->rbp);
		assert_int_equal(x.reg[R12], s->addr == 0x240 ? -0x503ull : 0);
		assert_int_equal(x.reg[R13], s->addr == 0x240 ? 14 : 13);
		assert_int_equal(x.known >> R12 & 1, s->addr == 0x240);
	}
	arena_free(a);
}

static void test_x86(void **ctx)
{
	(void)ctx;
	expect_steps("seed-cfi-x86", 0x234);
	expect_steps("seed-cfi-debug", 0x1fc); /* the same in .debug_frame */
}

static void test_arm64(void **ctx)
{
	struct arena *a = arena_new();
	struct elf f;
	struct cfi *c;
	struct err e;
	struct cfi_frame leaf = { .pc = 0x12ac, .reg = { [30] = 0x4242, [31] = STACK }, .known = BIT(30) | BIT(31) };
	struct cfi_frame saved = leaf, again;

	(void)ctx;
	assert_int_equal(elf_open(a, library(a, "seed-cfi-arm64"), &f, &e), 0);
	c = cfi_open(a, &f, &e);
	assert_non_null(c);
	assert_int_equal(cfi_step(c, 0x12ac, &leaf, &memory), CFI_CALLER);
	assert_int_equal(leaf.pc, 0x4242);
	assert_int_equal(leaf.reg[31], STACK);
	/* the signature goes */
	saved.reg[30] = 0x7f00000000004242;
	again = saved;
	assert_int_equal(cfi_step(c, 0x12b4, &saved, &memory), CFI_CALLER);
	assert_int_equal(saved.pc, 0x4242);
	assert_int_equal(cfi_step(c, 0x12b8, &again, &memory), CFI_CALLER);
	assert_int_equal(again.pc, 0x501);
	assert_int_equal(again.reg[29], 0x500);
	assert_int_equal(again.reg[31], STACK + 32);
	/* a return to where it was, with the stack as it was, would go on for ever */
	again = (struct cfi_frame){ .pc = 0x12ac, .reg = { [30] = 0x12ac, [31] = STACK }, .known = BIT(30) | BIT(31) };
	assert_int_equal(cfi_step(c, 0x12ac, &again, &memory), CFI_BROKEN);
	arena_free(a);
}

/* What is needed and not known, and a stack that goes down. */
static void test_unknown(void **ctx)
{
	struct arena *a = arena_new();
	struct elf f;
	struct cfi *c;
	struct err e;
	struct cfi_frame x = { .reg = { [RSP] = STACK - 8 }, .known = BIT(RSP) };

	(void)ctx;
	assert_int_equal(elf_open(a, library(a, "seed-cfi-x86"), &f, &e), 0);
	c = cfi_open(a, &f, &e);
	assert_int_equal(cfi_step(c, 0x234, &x, &memory), CFI_MEMORY);
	x.known = 0;
	assert_int_equal(cfi_step(c, 0x234, &x, &memory), CFI_MEMORY);
	x = (struct cfi_frame){ .reg = { [RSP] = STACK + 64, [RBP] = STACK }, .known = BIT(RSP) | BIT(RBP) };
	assert_int_equal(cfi_step(c, 0x23a, &x, &memory), CFI_BROKEN);
	arena_free(a);
}

/* Every bit once: no step leaves the bytes, which sanitizers see. */
static void test_broken(void **ctx)
{
	static const struct {
		const char *name;
		uint64_t from;
	} made[] = { { "seed-cfi-x86", 0x230 }, { "seed-cfi-debug", 0x1f8 }, { "seed-cfi-arm64", 0x12ac } };

	(void)ctx;
	for (size_t k = 0; k < ARRAY_LEN(made) * 8; k++) {
		struct arena *own = arena_new();
		struct str whole = library(own, made[k / 8].name);
		char *p = arena_alloc(own, whole.n);

		memcpy(p, whole.p, whole.n);
		for (size_t i = 0; i < whole.n; i++) {
			struct arena *a = arena_new();
			struct elf f;
			struct cfi *c;
			struct err e;

			p[i] ^= (char)(1 << k % 8);
			c = elf_open(a, str_of(p, whole.n), &f, &e) == 0 ? cfi_open(a, &f, &e) : NULL;
			for (uint64_t at = 0; c != NULL && at < 20; at++) {
				struct cfi_frame x = { .reg = { [RSP] = STACK, [30] = 1, [31] = STACK },
					.known = UINT32_MAX };

				cfi_step(c, made[k / 8].from + at, &x, &memory);
			}
			p[i] = whole.p[i];
			arena_free(a);
		}
		arena_free(own);
	}
}

/* A table as the only section of a program. */
static struct cfi *open_made(struct arena *a, const char *name, struct str table)
{
	struct elf *f = arena_zalloc(a, sizeof(*f));
	struct cfi *c;
	struct err e;

	f->bytes = table;
	f->wide = true;
	f->machine = EM_X86_64;
	f->sections = arena_zalloc(a, sizeof(*f->sections));
	f->n_sections = 1;
	f->sections[0] = (struct elf_section){ .name = str_cstr(name), .type = SHT_PROGBITS, .size = table.n };
	c = cfi_open(a, f, &e);
	if (c == NULL)
		fail_msg("%s", e.msg);
	return c;
}

/* Of a wide record the id has eight bytes, which must be in it: one of four would take the next one's. */
static void test_short_id(void **ctx)
{
	static const char table[] = "\x09\0\0\0\xff\xff\xff\xff\x01\0\x01\x78\x10"  /* in common */
				    "\xff\xff\xff\xff\x04\0\0\0\0\0\0\0\0\0\0\0"    /* a function, cut in its id */
				    "\0\0\0\0\0\x10\0\0\0\0\0\0\x10\0\0\0\0\0\0\0"; /* the end, and what is behind it */
	struct arena *a = arena_new();

	(void)ctx;
	assert_int_equal(cfi_functions(open_made(a, ".debug_frame", str_of(table, sizeof(table) - 1))), 0);
	arena_free(a);
}

/* Each function asks for what it has in common with others, whose text without an end is not looked through every time. */
static void test_long_text(void **ctx)
{
	enum { TEXT = 4 << 20, FUNCTIONS = 1 << 18 };
	struct arena *a = arena_new();
	clock_t start = clock();
	struct made m = { 0 };

	(void)ctx;
	buf_init(&m.b, 64 << 20);
	made_u32(&m, TEXT + 5);
	made_u32(&m, UINT32_MAX);
	buf_byte(&m.b, 1);
	buf_fill(&m.b, 'z', TEXT);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		made_u32(&m, 20);
		made_u32(&m, 0);
		made_u64(&m, 0x1000 * i);
		made_u64(&m, 0x10);
	}
	assert_int_equal(cfi_functions(open_made(a, ".debug_frame", buf_str(&m.b))), 0);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	buf_fini(&m.b);
	arena_free(a);
}

/* ---- perf ---- */

enum {
	TYPE = MADE_TYPE | 1 << 12 | 1 << 13, /* and registers, stack */
	ATTR = 96,
};

#define MASK UINT64_C(0xff0fff) /* of x86-64 */
#define ARM_MASK UINT64_C(0x1ffffffff)
#define BASE UINT64_C(0x700000)

static void made_dump_attr(struct made *m, uint64_t mask)
{
	made_record(m, 64, 0);
	made_u32(m, 1);
	made_u32(m, ATTR);
	made_u64(m, 0);
	made_u64(m, 99);
	made_u64(m, TYPE);
	made_u64(m, 0);
	buf_byte(&m->b, 0);
	buf_byte(&m->b, 1 << 2);
	buf_byte(&m->b, 1 << 2);
	buf_fill(&m->b, '\0', 5 + 24);
	made_u64(m, 0); /* branches */
	made_u64(m, mask);
	made_u64(m, WORDS * 8);
	made_u64(m, 11);
	made_end(m);
}

struct dump {
	uint64_t mask, regs[33]; /* in the kernel's numbers */
	uint64_t abi;
	const uint64_t *words;
	uint64_t n, live; /* words that are written, and of them those that the stack has */
};

static void made_dump(struct made *m, uint64_t ip, const struct dump *d)
{
	made_record(m, 9, 2);
	made_u64(m, 11);
	made_u64(m, ip);
	made_u32(m, 1);
	made_u32(m, 1);
	made_u64(m, 100);
	made_u64(m, 0);
	made_u64(m, 5);
	made_u64(m, 0);
	made_u64(m, d->abi);
	for (unsigned i = 0; i < ARRAY_LEN(d->regs); i++)
		if (d->mask >> i & 1)
			made_u64(m, d->regs[i]);
	made_u64(m, d->n * 8);
	for (uint64_t i = 0; i < d->n; i++)
		made_u64(m, d->words[i]);
	if (d->n)
		made_u64(m, d->live * 8);
	made_end(m);
}

struct place {
	struct str bytes;
	const char *path;
	unsigned asked;
};

static bool find_library(void *ctx, struct str path, struct str id, struct str *bytes)
{
	struct place *x = ctx;

	(void)id;
	x->asked++;
	*bytes = x->bytes;
	return x->path != NULL && str_eq(path, str_cstr(x->path));
}

static void expect_stacks(const struct profile *p, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			buf_printf(&b, "%s%llx", k > p->stack_at[i] ? " " : "",
			    (unsigned long long)p->locations[p->stack[k]].address);
		buf_byte(&b, '\n');
	}
	buf_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

/* A pipe of one sample in the library, which is mapped at BASE; the result is the warning. */
static struct str walk_dump(struct arena *a, struct place *at, uint64_t ip, const struct dump *d, struct profile **out)
{
	struct format_opts o = { .root = FORMAT_ROOT_NONE, .binary = find_library, .binary_ctx = at };
	struct format_profiles got = { 0 };
	struct made m = { 0 };
	struct err e;

	buf_init(&m.b, 1 << 16);
	buf_add(&m.b, STR("PERFILE2"));
	made_u64(&m, 16);
	made_dump_attr(&m, d->mask);
	made_mmap(&m, 1, BASE, 0x2000, 0, "/lib/x", false, 1);
	made_dump(&m, ip, d);
	if (perf_data_decode(a, arena_str(a, buf_str(&m.b)), &o, &got, &e) < 0)
		fail_msg("%s", e.msg);
	buf_fini(&m.b);
	assert_int_equal(got.n, 1);
	*out = got.p[0].p;
	return got.notes.warning;
}

static struct str walk(struct arena *a, struct place *at, uint64_t ip, const uint64_t *words, uint64_t n, uint64_t live,
    struct profile **out)
{
	const struct dump d = { .mask = MASK,
		.regs = { [6] = STACK + 16, [7] = STACK, [8] = ip },
		.abi = 2,
		words,
		n,
		live };

	return walk_dump(a, at, ip, &d, out);
}

static void test_perf(void **ctx)
{
	static const uint64_t words[] = { 0, 0, 7, BASE + 0x235, BASE + 0x240, 0 };
	struct arena *a = arena_new();
	struct place here = { library(a, "seed-cfi-x86"), "/lib/x", 0 }, elsewhere = { .path = NULL };
	struct place no_program = { STR("#!/bin/sh\n"), "/lib/x", 0 };
	struct profile *p;
	struct str said;

	(void)ctx;
	said = walk(a, &here, BASE + 0x23a, words, 6, 6, &p);
	expect_stacks(p, "70023a 700234 70023f\n");
	assert_int_equal(said.n, 0);
	assert_int_equal(here.asked, 1);
	said = walk(a, &here, BASE + 0x23a, words, 6, 3, &p);
	expect_stacks(p, "70023a\n");
	assert_true(str_eq(said,
	    STR("1 of 1 stacks are not whole: 1 end beyond what was dumped (perf record --call-graph dwarf,SIZE)")));
	said = walk(a, &here, BASE + 0x23d, words, 6, 6, &p);
	expect_stacks(p, "70023d\n");
	assert_true(str_eq(said, STR("1 of 1 stacks are not whole: 1 end where no table says who called")));
	said = walk(a, &elsewhere, BASE + 0x23a, words, 6, 6, &p);
	expect_stacks(p, "70023a\n");
	assert_true(str_eq(said,
	    STR("1 of 1 stacks are not whole: 1 end in a file that is not here; the first such file is /lib/x")));
	walk(a, &no_program, BASE + 0x23a, words, 6, 6, &p);
	expect_stacks(p, "70023a\n");
	/* nothing was dumped */
	said = walk(a, &here, BASE + 0x23a, words, 0, 0, &p);
	expect_stacks(p, "70023a\n");
	assert_int_equal(said.n, 0);
	arena_free(a);
}

/* From saved (12b8, at 2b8 of the file), whose caller is leaf: registers have other numbers, and all of them are there. */
static void test_perf_arm64(void **ctx)
{
	static const uint64_t words[] = { 0, BASE + 0x2ad, 0, 0, 0 };
	struct arena *a = arena_new();
	struct place here = { library(a, "seed-cfi-arm64"), "/lib/x", 0 };
	struct dump d = { .mask = ARM_MASK, .regs = { [31] = STACK, [32] = BASE + 0x2b8 }, .abi = 2, words, 5, 5 };
	struct profile *p;
	struct str said;

	(void)ctx;
	said = walk_dump(a, &here, BASE + 0x2b8, &d, &p);
	expect_stacks(p, "7002b8 7002ac\n");
	/* leaf leaves x30 alone, which still has the way back into it */
	assert_true(str_eq(said, STR("1 of 1 stacks are not whole: 1 end at a frame that makes no sense")));
	d.abi = 1;
	said = walk_dump(a, &here, BASE + 0x2b8, &d, &p);
	expect_stacks(p, "7002b8\n");
	assert_true(str_eq(said,
	    STR("1 of 1 stacks are not whole: 1 end at once, being of programs of 32 bits or a big-endian machine")));
	arena_free(a);
}

/* A function that is returned to by itself, as often as there are words. */
static void test_deep(void **ctx)
{
	uint64_t words[PERF_UNWIND_MAX + 100];
	struct arena *a = arena_new();
	struct place here = { library(a, "seed-cfi-x86"), "/lib/x", 0 };
	struct profile *p;
	struct str said;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = BASE + 0x235;
	said = walk(a, &here, BASE + 0x234, words, ARRAY_LEN(words), ARRAY_LEN(words), &p);
	assert_int_equal(p->stack_at[1], 1024);
	assert_true(str_eq(said, STR("1 of 1 stacks are not whole: 1 end after as many frames as are walked")));
	arena_free(a);
}

/* A recording names thousands of programs: no more are asked for than may be, each once. */
static void test_many_programs(void **ctx)
{
	enum { MANY = PERF_UNWIND_FILES + 50, SIZE = 0x1000 };
	struct arena *a = arena_new();
	struct place here = { 0 };
	struct format_opts o = { .root = FORMAT_ROOT_NONE, .binary = find_library, .binary_ctx = &here };
	struct perf_unwind w;
	struct perf_maps maps;

	(void)ctx;
	perf_maps_init(&maps, a, 1 << 30);
	perf_unwind_init(&w, a, &o, &maps);
	for (uint64_t i = 0; i < MANY; i++) {
		struct perf_map map = { .start = BASE + i * SIZE, .end = BASE + (i + 1) * SIZE };

		map.file = arena_printf(a, "/lib/%d", (int)i);
		assert_true(perf_maps_add(&maps, 1, &map));
	}
	for (int again = 0; again < 2; again++)
		for (uint64_t i = 0; i < MANY; i++) {
			uint64_t regs[] = { 0x7000, BASE + i * SIZE }, out[PERF_UNWIND_MAX];
			struct perf_dump d = { .abi = PERF_ABI_64, .mask = 3 << 7, .regs = (const char *)regs };

			assert_int_equal(perf_unwind(&w, perf_maps_space(&maps, 1), &d, out), 1);
			assert_int_equal(out[0], regs[1]);
		}
	assert_int_equal(here.asked, PERF_UNWIND_FILES);
	assert_int_equal(w.ends[UNWIND_NO_FILE], 2 * MANY);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86),
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_short_id),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_perf),
		cmocka_unit_test(test_perf_arm64),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_many_programs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
