/* Why a profile does not decode, in the words of the original: recorded from it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "formats/pprof/pprof_words.h"

#define B(s)                     \
	{                        \
		s, sizeof(s) - 1 \
	}

static const struct {
	struct str in;
	const char *want;
} cases[] = {
	{ B("garbage garbage"), "proto: wrong wireType = 7 for field Period" },
	{ B("\x1f\x8b\x08\0\0\0\0\0\2\xff"), "proto: wrong wireType = 7 for field Mapping" },
	{ B("hello, this is no profile"), "proto: Profile: wiretype end group for non-group" },
	{ B("\x0a\x04\x08\x01\x10\x02\x48"), "unexpected EOF" },
	{ B("{\"sampleType\":[]}"), "unexpected EOF" },
	{ B("\x49\5\0\0\0\0\0\0\0"), "proto: wrong wireType = 1 for field TimeNanos" },
	{ B("\0\0"), "proto: Profile: illegal tag 0 (wire type 0)" },
	{ B("\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), "proto: integer overflow" },
	{ B("\x9f\x06"), "proto: illegal wireType 7" },
	{ B("\x9b\x06\x9b\x06\x9c\x06"), "unexpected EOF" },
	{ B("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), "proto: negative length found during unmarshaling" },
	{ B("\x0a\x02\x0a\x00"), "proto: wrong wireType = 2 for field Type" },
	{ B("\x12\x02\x0d\x00"), "proto: wrong wireType = 5 for field LocationId" },
	{ B("\x12\x03\x0a\x01\x80"), "unexpected EOF" },
	{ B("\x22\x04\x22\x02\x0c\x00"), "proto: Line: wiretype end group for non-group" },
	/* nothing to say: the message stays */
	{ B("\x9b\x06\x08\1\x9c\x06\x12\x06\x0a\x02\1\2\x10\3\x68\1\x6a\1\1\x32\2ab"), "as it was" },
	{ B(""), "as it was" },
};

static void words(const char *p, size_t n, struct err *e)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, p, n); /* reading behind the bytes given shows here */
	err_set(e, ERR_UNKNOWN, "as it was");
	pprof_words(str_of(copy, n), e);
	free(copy);
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;

		words(cases[i].in.p, cases[i].in.n, &e);
		assert_string_equal(e.msg, cases[i].want);
		assert_int_equal(e.kind, ERR_UNKNOWN);
		for (size_t n = 0; n < cases[i].in.n; n++)
			words(cases[i].in.p, n, &e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
