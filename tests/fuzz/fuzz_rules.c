/* Files of rules. */
#include "tools/pyro-query/rules.h"

#define OPT_FILE "tools/pyro-query/query.def"
#define OPT_STRUCT query_opts
#define OPT_TABLE query_table
#include "conf/opt_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct opts all;
	static struct query_opts usual;
	struct arena *a = arena_new();
	struct rules r = { 0 };
	struct err e;

	if (all.a == NULL) {
		opts_init(&all, "pyro-query");
		opts_add(&all, &query_table, &usual);
	}
	if (rules_parse(&r, a, str_of(p, n), "f", &query_table, &usual, &e) == 0)
		for (size_t i = 0; i < r.n; i++)
			assert(r.p[i].n_limits > 0);
	rules_fini(&r);
	arena_free(a);
	return 0;
}
