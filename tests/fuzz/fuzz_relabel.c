/*
 * A relabel rule and labels, by lines: action, regular expression, replacement,
 * source labels (by commas), target, separator, modulus, then name=value. The
 * result is sorted, without empty values, and a rule never changes what it was given.
 */
#include "base/num.h"
#include "formats/labels/relabel.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static struct labels read_labels(struct arena *a, struct str text)
{
	struct labels l = { 0 };

	while (text.n > 0 && l.n < 40) {
		struct str value = str_cut(&text, '\n'), name = str_cut(&value, '=');

		if (name.n > 0 && value.n > 0)
			l = labels_with(a, &l, name, value);
	}
	return l;
}

static void run(struct arena *a, const struct relabel_rules *r, struct str text)
{
	struct labels l = read_labels(a, text), before = labels_copy(a, &l), out;
	bool keep = relabel_apply(a, r, &l, &out);

	check(labels_cmp(&l, &before) == 0);
	if (!keep)
		check(labels_cmp(&out, &before) == 0);
	for (uint32_t i = 0; i < out.n; i++) {
		check(out.p[i].value.n > 0);
		check(i == 0 || str_cmp(out.p[i - 1].name, out.p[i].name) <= 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const enum relabel_position positions[] = { RELABEL_FIRST, RELABEL_LAST, RELABEL_DISABLED };
	struct relabel_fields f = relabel_defaults();
	struct str rest = str_of(p, n), names[8], list, modulus;
	struct relabel_rules *r = relabel_rules_new(positions[n % 3]);
	struct arena *a = arena_new();
	struct err e;

	if (relabel_action_parse(str_cut(&rest, '\n'), &f.action, &e) == 0) {
		f.regex = str_cut(&rest, '\n');
		f.replacement = str_cut(&rest, '\n');
		list = str_cut(&rest, '\n');
		f.source = names;
		while (list.n > 0 && f.n_source < ARRAY_LEN(names))
			names[f.n_source++] = str_cut(&list, ',');
		f.target = str_cut(&rest, '\n');
		f.separator = str_cut(&rest, '\n');
		modulus = str_cut(&rest, '\n');
		if (modulus.n == 0 || num_u64(modulus, &f.modulus, &e) == 0)
			if (relabel_rules_add(r, &f, &e) == 0)
				run(a, r, rest);
	}
	relabel_rules_free(r);
	arena_free(a);
	return 0;
}
