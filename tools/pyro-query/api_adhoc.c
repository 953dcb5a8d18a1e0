/* api_adhoc.c - adhocprofiles.v1: uploaded profiles of any format as flame graphs; see api.h and adhoc.h */
#include "base/buf.h"
#include "base/num.h"
#include "formats/query/render.h"
#include "tools/pyro-query/upload.h"

enum { MAX_JSON = 256 << 20 };

static struct msg_strs type_names(struct api *x, const struct upload *u)
{
	struct msg_strs out = { arena_array(x->a, u->n, sizeof(struct str)), u->n };

	for (size_t i = 0; i < u->n; i++)
		out.p[i] = u->columns[i].name;
	return out;
}

/* ---- flame graphs ---- */

/* Root first into names, which has room for the stack's lines; a location without lines shows its address. */
static uint32_t stack_names(struct arena *a, const struct profile *p, uint32_t sample, struct str *names)
{
	uint32_t n = 0;

	for (uint32_t i = p->stack_at[sample + 1]; i-- > p->stack_at[sample];) {
		const struct location *l = p->stack[i] < p->n_locations ? &p->locations[p->stack[i]] : NULL;

		for (uint32_t k = l ? l->n_lines : 0; k-- > 0;) {
			uint32_t f = p->lines[l->first_line + k].function;

			names[n++] = f < p->n_functions ? profile_str(p, p->functions[f].name) : STR("[unknown]");
		}
		if (l == NULL || l->n_lines == 0)
			names[n++] = l ? arena_printf(a, "%llx", (unsigned long long)l->address) : STR("[unknown]");
	}
	return n;
}

static struct tree *column_tree(struct arena *a, const struct upload_column *c)
{
	const struct profile *p = c->p;
	struct tree *t = tree_new();
	struct str *names = NULL;
	size_t room = 0;

	for (uint32_t i = 0; i < p->n_samples; i++) {
		size_t need = 0;

		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			need += p->stack[k] < p->n_locations ? p->locations[p->stack[k]].n_lines + 1u : 1u;
		if (need > room) {
			room = need * 2;
			names = arena_array(a, room, sizeof(*names));
		}
		tree_add(t, names, stack_names(a, p, i, names), profile_value(p, i, c->type));
	}
	tree_total(t);
	return t;
}

static struct str print_graph(struct api *x, const struct render *r, struct err *e)
{
	struct str out = STR_NONE;
	struct buf b;

	buf_init(&b, MAX_JSON);
	render_json(&b, r);
	if (buf_check(&b, "flame graph", e) == 0)
		out = str_trim(arena_str(x->a, buf_str(&b)));
	buf_fini(&b);
	return out;
}

static struct render render_of(const struct upload *u, const struct upload_column *c, const struct flamegraph *g)
{
	return (struct render){ .graph = g,
		.name = c->name,
		.unit = c->unit,
		.spy = u->text ? STR("unknown") : STR_NONE,
		.grouped = u->text };
}

static int answer(struct api *x, const struct adhoc *f, const struct upload *u, struct str type, int64_t max_nodes,
    struct adhoc_get_response *resp, struct err *e)
{
	const struct upload_column *c = upload_choose(u, type);
	struct tree *t = column_tree(x->a, c);
	struct render r = render_of(u, c, tree_flamegraph(x->a, t, max_nodes));

	tree_free(t);
	resp->id = f->id;
	resp->name = f->name;
	resp->uploaded_at = f->uploaded;
	resp->profile_type = c->name;
	resp->profile_types = type_names(x, u);
	resp->flamebearer_profile = print_graph(x, &r, e);
	return resp->flamebearer_profile.n > 0 ? 0 : -1;
}

static int nodes_of(struct api *x, bool given, int64_t asked, int64_t *out, struct err *e)
{
	if (max_nodes_check(x, given ? asked : 0, out, e) < 0)
		return err_wrap(e, "could not determine max nodes");
	return 0;
}

/* ---- the procedures ---- */

static int upload(struct api *x, const void *vreq, void *resp, struct err *e)
{
	const struct adhoc_upload_request *req = vreq;
	struct adhoc new = { .name = req->name, .base64 = req->profile, .uploaded = x->now / NS_PER_MS };
	struct adhoc_place at = adhoc_place_of(x);
	int64_t limit = x->limits->max_profile_size_bytes, max_nodes;
	struct upload u;

	if (limit > 0 && req->profile.n > (uint64_t)limit)
		return err_set(e, ERR_INVALID, "profile payload size exceeds limit of " STR_FMT,
		    STR_ARG(num_size_si(x->a, (uint64_t)limit)));
	if (nodes_of(x, req->has_max_nodes, req->max_nodes, &max_nodes, e) < 0)
		return -1;
	if (upload_decode(x, &new, 0, &u, e) < 0)
		return err_wrap(e, "failed to parse profile");
	if (adhoc_put(x->a, &at, &new, e) < 0)
		return -1;
	for (size_t i = 0; u.text && i < u.n; i++)
		u.columns[i].name = new.name;
	return answer(x, &new, &u, STR_NONE, max_nodes, resp, e);
}

static int get(struct api *x, const void *vreq, void *resp, struct err *e)
{
	const struct adhoc_get_request *req = vreq;
	struct adhoc_place at = adhoc_place_of(x);
	int64_t max_nodes;
	struct adhoc f;
	struct upload u;

	if (adhoc_get(x->a, &at, req->id, &f, e) < 0 ||
	    nodes_of(x, req->has_max_nodes, req->max_nodes, &max_nodes, e) < 0)
		return -1;
	if (upload_decode(x, &f, 0, &u, e) < 0)
		return err_wrap(e, "failed to parse profile");
	return answer(x, &f, &u, req->profile_type, max_nodes, resp, e);
}

static int list(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	struct adhoc_list_response *resp = vresp;
	struct adhoc_place at = adhoc_place_of(x);
	struct adhoc_list all;

	(void)vreq;
	if (adhoc_all(x->a, &at, &all, e) < 0)
		return -1;
	resp->profiles.n = all.n;
	resp->profiles.p = arena_zarray(x->a, all.n, sizeof(*resp->profiles.p));
	for (size_t i = 0; i < all.n; i++) {
		resp->profiles.p[i].id = all.p[i].id;
		resp->profiles.p[i].name = all.p[i].name;
		resp->profiles.p[i].uploaded_at = all.p[i].uploaded;
	}
	return 0;
}

/* [samples cpu] */
static struct str in_brackets(struct api *x, struct msg_strs l)
{
	struct str out;
	struct buf b;

	buf_init(&b, MAX_JSON);
	buf_byte(&b, '[');
	for (size_t i = 0; i < l.n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(l.p[i]));
	buf_byte(&b, ']');
	out = arena_str(x->a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static int side(struct api *x, struct str id, const char *name, struct upload *u, struct err *e)
{
	struct adhoc_place at = adhoc_place_of(x);
	struct adhoc f;

	if (adhoc_get(x->a, &at, id, &f, e) < 0) {
		if (e->kind == ERR_NOTFOUND)
			err_set(e, ERR_NOTFOUND, "%s profile " STR_FMT " not found", name,
			    STR_ARG(str_of(id.p, MIN(id.n, (size_t)ADHOC_MAX_NAME))));
		return -1;
	}
	return upload_decode(x, &f, 0, u, e) < 0 ? err_wrap(e, "failed to parse %s profile", name) : 0;
}

/* The names that both sides have, in the order of the left one. */
static struct msg_strs common_names(struct api *x, const struct upload *l, const struct upload *r)
{
	struct msg_strs out = { arena_array(x->a, l->n, sizeof(struct str)), 0 };

	for (size_t i = 0; i < l->n; i++)
		if (upload_has(r, l->columns[i].name))
			out.p[out.n++] = l->columns[i].name;
	return out;
}

static int choose_common(struct api *x, const struct upload *l, const struct upload *r, struct str type,
    const struct msg_strs *common, const struct upload_column **left, const struct upload_column **right, struct err *e)
{
	if (common->n == 0)
		return err_set(e, ERR_INVALID,
		    "no common profile types between left (" STR_FMT ") and right (" STR_FMT ")",
		    STR_ARG(in_brackets(x, type_names(x, l))), STR_ARG(in_brackets(x, type_names(x, r))));
	*left = upload_choose(l, type.n ? type : common->p[0]);
	*right = upload_choose(r, type.n ? type : common->p[0]);
	if (!str_eq((*left)->name, (*right)->name))
		return err_set(e, ERR_INVALID,
		    "profile type mismatch: left profile uses '" STR_FMT "', right profile uses '" STR_FMT
		    "'; please specify a profile type from the common types: " STR_FMT,
		    STR_ARG((*left)->name), STR_ARG((*right)->name), STR_ARG(in_brackets(x, *common)));
	return 0;
}

static int diff(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct adhoc_diff_request *req = vreq;
	struct adhoc_diff_response *resp = vresp;
	const struct upload_column *lc = NULL, *rc = NULL;
	struct tree *lt, *rt;
	struct flamegraph *g;
	struct upload l, r;
	struct render out;
	int64_t max_nodes;

	if (nodes_of(x, req->has_max_nodes, req->max_nodes, &max_nodes, e) < 0 ||
	    side(x, req->left_id, "left", &l, e) < 0 || side(x, req->right_id, "right", &r, e) < 0)
		return -1;
	resp->profile_types = common_names(x, &l, &r);
	if (choose_common(x, &l, &r, req->profile_type, &resp->profile_types, &lc, &rc, e) < 0)
		return -1;
	lt = column_tree(x->a, lc);
	rt = column_tree(x->a, rc);
	g = tree_flamegraph_diff(x->a, lt, rt, max_nodes, e);
	tree_free(lt);
	tree_free(rt);
	if (g == NULL)
		return -1;
	out = render_of(&l, lc, g);
	out.diff = true;
	resp->flamebearer_profile = print_graph(x, &out, e);
	return resp->flamebearer_profile.n > 0 ? 0 : -1;
}

#define ADHOC(name, req, resp, fn, flags)                                                           \
	{                                                                                           \
		"/adhocprofiles.v1.AdHocProfileService/" name, &req##_type, &resp##_type, fn, flags \
	}

const struct procedure adhoc_procedures[] = {
	ADHOC("Upload", adhoc_upload_request, adhoc_get_response, upload, PROCEDURE_WRITES),
	ADHOC("Get", adhoc_get_request, adhoc_get_response, get, 0),
	ADHOC("List", adhoc_list_request, adhoc_list_response, list, 0),
	ADHOC("Diff", adhoc_diff_request, adhoc_diff_response, diff, 0),
};

const size_t n_adhoc_procedures = ARRAY_LEN(adhoc_procedures);
