/* engine.c - see engine.h */
#include "tools/pyro-query/engine.h"

#include <fcntl.h>

#include "base/json.h"
#include "base/vec.h"
#include "io/file.h"
#include "net/sibling.h"
#include "tools/pyro-query/blocks.h"

struct engine {
	struct engine_conf conf;
	struct blocks *blocks;
	struct sibling *head; /* NULL: there is none to ask */
};

enum { MAX_ANSWER = 1 << 30 };

struct engine *engine_new(const struct engine_conf *conf, struct err *e)
{
	struct engine *x = mem_zalloc(sizeof(*x));

	x->conf = *conf;
	if (conf->head[0] != '\0' && (x->head = sibling_new(conf->head, e)) == NULL) {
		mem_free(x);
		return NULL;
	}
	x->blocks = blocks_new(conf->data, conf->block_memory);
	return x;
}

void engine_free(struct engine *x)
{
	if (x == NULL)
		return;
	blocks_free(x->blocks);
	sibling_free(x->head);
	mem_free(x);
}

void engine_rest(struct engine *x)
{
	blocks_trim(x->blocks);
}

/* ---- the head ---- */

static int head_error(const struct sibling_answer *res, struct err *e)
{
	enum err_kind kind = res->status == 400 ? ERR_INVALID : res->status == 503 ? ERR_BUSY : ERR_UNKNOWN;
	struct err ignored;
	json_t *root = json_parse(res->body, &ignored);
	const char *message = root ? json_string_value(json_object_get(root, "message")) : NULL;

	if (message != NULL)
		err_set(e, kind, "%s", message);
	else
		err_set(e, kind, "recent rows: status %d", res->status);
	if (root != NULL)
		json_decref(root);
	return -1;
}

static int ask_head(struct engine *x, struct arena *a, const struct pyro_ask *ask, struct pyro_answer *out,
    struct err *e)
{
	struct sibling_call call = { .path = "/pyro.v1.Head/Ask", .timeout = x->conf.timeout, .max_body = MAX_ANSWER };
	struct sibling_answer res;
	struct buf body;
	int rc;

	buf_init(&body, INT32_MAX);
	msg_encode(&pyro_ask_type, ask, &body);
	call.body = buf_str(&body);
	rc = sibling_post(x->head, a, &call, &res, e);
	buf_fini(&body);
	if (rc < 0)
		return err_wrap(e, "recent rows");
	if (res.status != 200)
		return head_error(&res, e);
	return msg_decode(a, &pyro_answer_type, res.body, out, e);
}

/* Without a head: what lies on disk. */
static int list_blocks(struct engine *x, struct arena *a, struct str tenant, struct pyro_answer *out, struct err *e)
{
	struct file_list list;
	const char *path = arena_printf(a, "%s/" STR_FMT "/local", x->conf.data, STR_ARG(tenant)).p;

	if (file_list(a, AT_FDCWD, path, &list, e) < 0)
		return e->kind == ERR_NOTFOUND ? 0 : -1;
	out->blocks.p = arena_array(a, list.n, sizeof(*out->blocks.p));
	for (size_t i = 0; i < list.n; i++) {
		struct ulid id;
		struct err no_block;

		if (list.p[i].type == FILE_FOLDER && ulid_parse(list.p[i].name, &id, &no_block) == 0)
			out->blocks.p[out->blocks.n++] = list.p[i].name;
	}
	return 0;
}

/* ---- blocks ---- */

static struct blocks_range range_of(const struct pyro_ask *ask)
{
	if (ask->kind == ASK_STATS || (ask->from == 0 && ask->to == 0))
		return (struct blocks_range){ INT64_MIN, INT64_MAX };
	return (struct blocks_range){ ask->from / NS_PER_MS, ask->to / NS_PER_MS };
}

static int ask_blocks(struct engine *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e)
{
	struct dataset **sets = arena_array(a, ids->n, sizeof(*sets));
	size_t n;

	if (blocks_select(x->blocks, ask->tenant, ids->p, ids->n, range_of(ask), sets, &n, e) < 0)
		return -1;
	return ask_run(a, ask, sets, n, out, e);
}

int engine_ask(struct engine *x, struct arena *a, const struct pyro_ask *ask, struct part *whole, struct err *e)
{
	struct pyro_answer answer = { 0 };
	struct part head = part_none();

	*whole = part_none();
	if (x->head != NULL) {
		if (ask_head(x, a, ask, &answer, e) < 0 || part_of_message(a, &answer, &head, e) < 0)
			return -1;
	} else if (list_blocks(x, a, ask->tenant, &answer, e) < 0) {
		return -1;
	}
	if (ask_blocks(x, a, ask, &answer.blocks, whole, e) < 0) {
		part_fini(&head);
		return -1;
	}
	if (part_merge(a, ask, whole, &head, e) < 0) {
		part_fini(whole);
		return -1;
	}
	return 0;
}
