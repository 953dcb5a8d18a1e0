/* cli_labels.c - see cli.h: labels, values, series, types */
#include "tools/pyro-query/cli.h"

#include "base/json.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/places.h"

enum { MAX_ANSWER = INT32_MAX };

static void print_sets(const struct labels_list *sets, bool json, struct buf *out)
{
	for (size_t i = 0; i < sets->n; i++) {
		struct jw w = jw_init(out);

		if (json) {
			jw_open(&w, '{');
			for (uint32_t k = 0; k < sets->p[i].n; k++) {
				jw_key(&w, sets->p[i].p[k].name);
				jw_str(&w, sets->p[i].p[k].value);
			}
			jw_close(&w, '}');
		} else {
			labels_print(out, &sets->p[i]);
		}
		buf_byte(out, '\n');
	}
}

static void print_strings(const struct str_list *l, bool json, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		struct jw w = jw_init(out);

		if (json)
			jw_str(&w, l->p[i]);
		else
			buf_add(out, l->p[i]);
		buf_byte(out, '\n');
	}
}

struct label_question {
	enum ask_kind kind;
	struct msg_strs names;
	struct str name;
	size_t skip; /* arguments that are no sources */
};

/* --label-names a,b --label-names c */
static int names_to_show(const struct query_opts *o, struct arena *a, struct msg_strs *out, struct err *e)
{
	size_t room = 0;

	for (size_t i = 0; i < o->label_names.n; i++)
		room += 1 + strlen(o->label_names.p[i]);
	*out = (struct msg_strs){ arena_array(a, room, sizeof(*out->p)), 0 };
	for (size_t i = 0; i < o->label_names.n; i++) {
		struct str rest = str_cstr(o->label_names.p[i]);

		for (bool more = true; more;) {
			struct str name;

			more = str_find(rest, ',') < rest.n;
			name = str_cut(&rest, ',');
			if (name.n == 0)
				return err_set(e, ERR_USAGE, "--label-names %s: a name is empty", o->label_names.p[i]);
			out->p[out->n++] = name;
		}
	}
	return 0;
}

static int label_question(struct tool *t, const struct query_opts *o, struct arena *a, struct label_question *q,
    struct err *e)
{
	const char *verb = t->conf.verb;

	*q = (struct label_question){ .kind = ASK_VALUES, .name = STR("__profile_type__") };
	if (strcmp(verb, "labels") == 0) {
		q->kind = ASK_NAMES;
	} else if (strcmp(verb, "series") == 0) {
		q->kind = ASK_SETS;
		return names_to_show(o, a, &q->names, e);
	} else if (strcmp(verb, "values") == 0) {
		if (t->conf.n_args == 0)
			return err_set(e, ERR_USAGE, "values: the name of a label is expected");
		q->name = str_cstr(t->conf.args[0]);
		if (strstr(t->conf.args[0], "://") != NULL)
			return err_set(e, ERR_USAGE, "values: the name of a label is expected before %s",
			    t->conf.args[0]);
		q->skip = 1;
	}
	q->names = (struct msg_strs){ &q->name, 1 };
	return 0;
}

int cli_labels(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct arena *a = arena_new();
	struct label_question q;
	struct cli_out out;
	struct places places;
	struct part part;
	struct buf b;
	int rc = label_question(t, o, a, &q, e);

	if (rc < 0 ||
	    places_open(&places, t->conf.args + q.skip, t->conf.n_args - q.skip, o, PLACES_LABELS, 0, NULL, e) < 0) {
		arena_free(a);
		return -1;
	}
	buf_init(&b, MAX_ANSWER);
	rc = cli_out_parse(a, o->output, STR("text"), o->force, &out, e);
	if (rc == 0 && !str_eq(out.form, STR("text")) && !str_eq(out.form, STR("json")))
		rc = err_set(e, ERR_USAGE, "--output: no form " STR_FMT " of labels: text or json", STR_ARG(out.form));
	if (rc == 0)
		rc = places_labels(&places, q.kind, &q.names, &part, e);
	if (rc == 0 && q.kind == ASK_SETS)
		print_sets(&part.sets, str_eq(out.form, STR("json")), &b);
	else if (rc == 0)
		print_strings(&part.strings, str_eq(out.form, STR("json")), &b);
	if (rc == 0 && b.n == 0)
		rc = q.kind == ASK_SETS && places.n_read == 0 ? places_missed(&places, e) : 1;
	else if (rc == 0)
		rc = cli_out_write(&out, &b, e);
	if (rc == 0 && places.skipped > 0)
		rc = 1;
	buf_fini(&b);
	places_close(&places);
	arena_free(a);
	return rc;
}
