/* test_demangle.c - names of C++ and Rust, long and short, whole and broken. */
#include "tests/lib/profile_fixture.h"

#include "formats/symbolize/demangle.h"

static const struct {
	const char *in, *brief, *full; /* NULL: as it is */
} cases[] = {
	{ "main", NULL, NULL },
	{ "", NULL, NULL },
	{ "_", NULL, NULL },
	{ "_Z", NULL, NULL },
	{ "_R", NULL, NULL },
	{ "_Zbroken", NULL, NULL },
	{ "runtime.mallocgc", NULL, NULL },
	/* C++ */
	{ "_ZN4shop7recurseEim", "shop::recurse", "shop::recurse(int, unsigned long)" },
	{ "_ZN4shop4HashD2Ev", "shop::Hash::~Hash", "shop::Hash::~Hash()" },
	{ "_ZNSt8functionIFmmEED4Ev", "std::function::~function",
	    "std::function<unsigned long (unsigned long)>::~function()" },
	{ "_ZNKSt6vectorIiSaIiEE4sizeEv", "std::vector::size", "std::vector<int, std::allocator<int> >::size() const" },
	{ "_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "std::operator<<",
	    "std::basic_ostream<char, std::char_traits<char> >& std::operator<< <std::char_traits<char> "
	    ">(std::basic_ostream<char, std::char_traits<char> >&, char const*)" },
	{ "_ZN12_GLOBAL__N_13fooEi", "(anonymous namespace)::foo", "(anonymous namespace)::foo(int)" },
	{ "_ZZ4mainENKUlmE_clEm", "main::{lambda#1}::operator()",
	    "main::{lambda(unsigned long)#1}::operator()(unsigned long) const" },
	{ "_ZNSt17_Function_handlerIFmmEZ4mainEUlmE_E9_M_invokeERKSt9_Any_dataOm", "std::_Function_handler::_M_invoke",
	    "std::_Function_handler<unsigned long (unsigned long), main::{lambda(unsigned "
	    "long)#1}>::_M_invoke(std::_Any_data const&, unsigned long&&)" },
	{ "_Z3maxIiET_S0_S0_", "max", "int max<int>(int, int)" },
	{ "_ZN1XcviEv", "X::operator int", "X::operator int()" },
	{ "_Znwm", "operator new", "operator new(unsigned long)" },
	{ "_ZN1XltERKS_", "X::operator<", "X::operator<(X const&)" },
	{ "_ZN1XptEv", "X::operator->", "X::operator->()" },
	{ "_ZTV4Base", "vtable for Base", "vtable for Base" },
	{ "_Z3foov.isra.0", "foo", "foo() [clone .isra.0]" },
	{ "__Z3foov", "foo", "foo()" },
	/* Rust before RFC 2603 */
	{ "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad",
	    "core::fmt::Formatter::pad::h0123456789abcdef" },
	{ "_ZN74_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..iter..Iterator$LT$T$GT$$GT$4next17h0123456789abcdefE",
	    "<alloc::vec::Vec<T> as core::iter::Iterator<T>>::next", NULL },
	/* and since */
	{ "_RNvC6_123foo3bar", "123foo::bar", "123foo[0]::bar" },
	{ "_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar", "mycrate[3c1c0]::foo::bar" },
	{ "_RNCNvC4main3run0B5_", "main::run::{closure#0}", "main[0]::run::{closure#0}" },
	{ "_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<f64>", "std[0]::mem::align_of::<f64>" },
	{ "_RINvC4main3runReE", "main::run::<&str>", "main[0]::run::<&str>" },
	{ "_RINvC4main3runTlmEAhj8_E", "main::run::<(i32, u32), [u8; 8]>", "main[0]::run::<(i32, u32), [u8; 8usize]>" },
	{ "_RNvXC4mainNtB2_3FooNtB2_3Bar3baz", "<main::Foo as main::Bar>::baz", NULL },
	{ "_RNvMC4mainNtB2_3Foo3new", "<main::Foo>::new", "<main[0]::Foo>::new" },
	{ "_RINvC4main3runFUKCPhEuE", "main::run::<unsafe extern \"C\" fn(*const u8)>", NULL },
	{ "_RINvC4main3runDNtB2_5Traitp4ItemlEL_E", "main::run::<dyn main::Trait<Item = i32>>", NULL },
	{ "_RINvC4main3runKb1_Kc41_Kln5_E", "main::run::<true, 'A', -5>", NULL },
	{ "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
	    "utf8_idents::\xe1\x83\xa1\xe1\x83\x90\xe1\x83\xad\xe1\x83\x9b\xe1\x83\x94\xe1\x83\x9a\xe1\x83\x90\xe1\x83"
	    "\x93_\xe1\x83\x92\xe1\x83\x94\xe1\x83\x9b\xe1\x83\xa0\xe1\x83\x98\xe1\x83\x94\xe1\x83\x9a\xe1\x83\x98_\xe1"
	    "\x83\xa1\xe1\x83\x90\xe1\x83\x93\xe1\x83\x98\xe1\x83\x9a\xe1\x83\x98",
	    NULL },
	{ "_RB0_", NULL, NULL },
	{ "_RNvNvNv", NULL, NULL },
	{ "_RNvC99999999999999999999foo3bar", NULL, NULL },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct str in = str_cstr(cases[i].in);
		struct str brief = demangle(a, in, DEMANGLE_SIMPLE), full = demangle(a, in, DEMANGLE_FULL);
		struct str want = cases[i].brief ? str_cstr(cases[i].brief) : in;

		if (!str_eq(brief, want))
			fail_msg("%s: " STR_FMT ", not " STR_FMT, cases[i].in, STR_ARG(brief), STR_ARG(want));
		if (cases[i].full != NULL && !str_eq(full, str_cstr(cases[i].full)))
			fail_msg("%s: " STR_FMT ", not %s", cases[i].in, STR_ARG(full), cases[i].full);
		assert_true(str_eq(demangle(a, in, DEMANGLE_NONE), in));
		arena_free(a);
	}
}

static void test_broken(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char copy[512];
		size_t n = strlen(cases[i].in);

		for (size_t k = 0; k < n; k++) {
			demangle(a, str_of(cases[i].in, k), DEMANGLE_FULL);
			for (unsigned bit = 0; bit < 8; bit++) {
				memcpy(copy, cases[i].in, n);
				copy[k] ^= (char)(1 << bit);
				demangle(a, str_of(copy, n), DEMANGLE_SIMPLE);
				demangle(a, str_of(copy, n), DEMANGLE_FULL);
			}
		}
	}
	arena_free(a);
}

/* Names that unfold: each step doubles what stands before. */
static void test_bombs(void **ctx)
{
	struct arena *a = arena_new();
	struct buf cxx, rust;
	struct str got;

	(void)ctx;
	buf_init(&cxx, 1 << 16);
	buf_add(&cxx, STR("_Z1fI1aE1bIS_S_E"));
	for (unsigned i = 0; i < 30; i++)
		buf_printf(&cxx, "1cIS%u_S%u_E", i, i);
	got = demangle(a, buf_str(&cxx), DEMANGLE_FULL);
	assert_true(got.n <= DEMANGLE_MAX);
	buf_init(&rust, 1 << 16);
	buf_add(&rust, STR("_RINvC1a1fTllE"));
	for (unsigned i = 0; i < 40; i++)
		buf_add(&rust, STR("TB8_B8_E"));
	buf_add(&rust, STR("E"));
	got = demangle(a, buf_str(&rust), DEMANGLE_FULL);
	assert_true(got.n <= DEMANGLE_MAX);
	buf_reset(&rust);
	buf_add(&rust, STR("_RINvC1a1f"));
	buf_fill(&rust, 'R', 60000); /* deep */
	assert_true(str_eq(demangle(a, buf_str(&rust), DEMANGLE_FULL), buf_str(&rust)));
	buf_fini(&cxx);
	buf_fini(&rust);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bombs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
