/* Folded stacks: one line for each stack, root first. */
#include <stdlib.h>

#include "formats/report/report_impl.h"

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(((const struct folded_line *)a)->stack, ((const struct folded_line *)b)->stack);
}

static void print_stack(const struct tree *t, uint32_t node, struct buf *b)
{
	VEC(uint32_t) path = { 0 };

	for (; node != 0; node = t->nodes.p[node].parent)
		vec_push(&path, t->nodes.p[node].name);
	for (size_t i = path.n; i-- > 0;) {
		buf_add(b, t->names.p[path.p[i]]);
		if (i > 0)
			buf_byte(b, ';');
	}
	vec_free(&path);
}

size_t report_folded_lines(struct report *r, struct arena *a, struct folded_line **out)
{
	struct tree *t = report_names_tree(r, true);
	size_t n = 0;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	*out = arena_array(a, t->nodes.n, sizeof(**out));
	for (uint32_t i = 1; i < t->nodes.n; i++) {
		if (t->nodes.p[i].self == 0)
			continue;
		buf_reset(&b);
		print_stack(t, i, &b);
		(*out)[n++] = (struct folded_line){ arena_str(a, buf_str(&b)), t->nodes.p[i].self };
	}
	qsort(*out, n, sizeof(**out), by_bytes);
	buf_fini(&b);
	tree_free(t);
	return n;
}

void report_folded(struct report *r, struct buf *out)
{
	struct arena *a = arena_new();
	struct folded_line *lines;
	size_t n = report_folded_lines(r, a, &lines);

	for (size_t i = 0; i < n; i++) {
		buf_add(out, lines[i].stack);
		buf_printf(out, " %lld\n", (long long)lines[i].value);
	}
	arena_free(a);
}

void report_diff_folded(struct report *before, struct report *after, struct buf *out)
{
	struct arena *a = arena_new();
	struct folded_line *x, *y;
	size_t nx = report_folded_lines(before, a, &x), ny = report_folded_lines(after, a, &y);

	for (size_t i = 0, k = 0; i < nx || k < ny;) {
		int order = i == nx ? 1 : k == ny ? -1 : str_cmp(x[i].stack, y[k].stack);

		buf_add(out, order <= 0 ? x[i].stack : y[k].stack);
		buf_printf(out, " %lld %lld\n", order <= 0 ? (long long)x[i].value : 0,
		    order >= 0 ? (long long)y[k].value : 0);
		i += order <= 0;
		k += order >= 0;
	}
	arena_free(a);
}
