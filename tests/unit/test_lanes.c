/* tools/pyro-query/lanes.h: whose turn it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tools/pyro-query/lanes.h"

/* Who waits is known by two characters: client and number. */
static struct waiting all[256];
static struct lanes lanes;

static struct waiting *of(const char *name)
{
	struct waiting *w = &all[(name[0] % 16) * 16 + (name[1] - '0')];

	w->client = str_of(name, 1);
	return w;
}

static const char *name_of(const struct waiting *w)
{
	static char name[3];

	if (w == NULL)
		return "";
	name[0] = w->client.p[0];
	name[1] = (char)('0' + (w - all) % 16);
	return name;
}

/* "x1 x2": each is put; what lost its place because of it. "-": it got none itself. */
static void put(const char *tenant, const char *name, const char *instead)
{
	struct waiting *gone = NULL;

	if (!lanes_put(&lanes, str_cstr(tenant), of(name), &gone))
		assert_string_equal("-", instead);
	else
		assert_string_equal(name_of(gone), instead);
}

static void takes(const char *names)
{
	for (; *names != '\0'; names += names[2] == ' ' ? 3 : 2) {
		char want[3] = { names[0], names[1], '\0' };

		assert_string_equal(name_of(lanes_take(&lanes)), want);
	}
}

static int setup(void **state)
{
	(void)state;
	memset(all, 0, sizeof(all));
	lanes = (struct lanes){ .max = 100 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_null(lanes_take(&lanes));
	lanes_fini(&lanes);
	return 0;
}

static void clients_alternate(void **state)
{
	(void)state;
	for (const char *const *p = (const char *const[]){ "x1", "x2", "x3", "x4", "x5", "y1", "y2", NULL }; *p; p++)
		put("a", *p, "");
	takes("x1 y1 x2");
	put("a", "z1", "");
	put("a", "x6", "");
	takes("y2 z1 x3 x4 x5 x6");
}

static void tenants_alternate(void **state)
{
	(void)state;
	put("a", "x1", "");
	put("a", "x2", "");
	put("a", "y1", "");
	put("b", "x3", "");
	put("c", "x4", "");
	takes("x1 x3 x4 y1 x2");
}

static void places(void **state)
{
	(void)state;
	lanes.max = 3;
	put("a", "x1", "");
	put("a", "x2", "");
	put("a", "x3", "");
	put("a", "x4", "-");
	put("b", "x5", "");
	put("a", "y1", "x3");
	put("a", "y2", "-"); /* both have as many then */
	put("a", "z1", "x2");
	put("a", "v1", "-");
	takes("x1 x5 y1 z1");
}

static void who_stays(void **state)
{
	(void)state;
	lanes.max = 3;
	put("a", "x1", "");
	put("a", "x2", "");
	put("a", "x3", "");
	of("x3")->stays = true;
	put("a", "y1", "x2");
	put("a", "z1", "-");
	takes("x1 y1 x3");
}

static bool is_second(struct waiting *w, const void *ctx)
{
	return name_of(w)[1] == *(const char *)ctx;
}

static void out_of_the_middle(void **state)
{
	(void)state;
	put("a", "x1", "");
	put("a", "x2", "");
	put("a", "x3", "");
	put("b", "y1", "");
	assert_ptr_equal(lanes_find(&lanes, is_second, "2"), of("x2"));
	assert_true(lanes_remove(&lanes, of("x2")));
	assert_false(lanes_remove(&lanes, of("x2")));
	assert_null(lanes_find(&lanes, is_second, "2"));
	assert_true(lanes_remove(&lanes, of("y1")));
	lanes_add(&lanes, STR("a"), of("x2"));
	takes("x1 x3 x2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clients_alternate, setup, teardown),
		cmocka_unit_test_setup_teardown(tenants_alternate, setup, teardown),
		cmocka_unit_test_setup_teardown(places, setup, teardown),
		cmocka_unit_test_setup_teardown(who_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(out_of_the_middle, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
