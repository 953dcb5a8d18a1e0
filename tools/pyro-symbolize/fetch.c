/* fetch.c - see fetch.h */
#include "tools/pyro-symbolize/fetch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/fd.h"
#include "io/file.h"
#include "net/httpc.h"

struct fetch {
	const struct symbolize_opts *o;
	struct arena *a;
	const char *folder;
	struct httpc *http;
	bool *silent; /* servers that are asked no more */
};

static const char *default_folder(struct arena *a)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache != NULL && cache[0] == '/')
		return arena_cstr(a, arena_printf(a, "%s/pyro/debuginfod", cache));
	return arena_cstr(a, arena_printf(a, "%s/.cache/pyro/debuginfod", home && home[0] == '/' ? home : "/tmp"));
}

struct fetch *fetch_new(const struct symbolize_opts *o, struct err *e)
{
	struct fetch *f = mem_zalloc(sizeof(*f));

	f->o = o;
	f->a = arena_new();
	f->folder = o->cache_dir[0] ? o->cache_dir : default_folder(f->a);
	f->silent = arena_zarray(f->a, o->debuginfod.n, sizeof(*f->silent));
	f->http = httpc_new(e);
	if (f->http == NULL) {
		fetch_free(f);
		return NULL;
	}
	return f;
}

void fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	httpc_free(f->http);
	arena_free(f->a);
	mem_free(f);
}

static int keep(const struct fetch *f, const char *path, struct str id, struct str bytes, struct err *e)
{
	struct arena *a = arena_new();
	const char *folder = arena_cstr(a, arena_printf(a, "%s/" STR_FMT, f->folder, STR_ARG(id)));
	int rc = file_mkdirs(AT_FDCWD, folder, 0777, e);

	if (rc == 0)
		rc = file_replace(AT_FDCWD, path, bytes, 0644, e);
	arena_free(a);
	return rc;
}

/* 1: it is at path now; 0: this server does not have it, or said something else. */
static int ask(struct fetch *f, size_t server, const char *kind, const char *path, struct str id)
{
	struct arena *a = arena_new();
	const char *url = f->o->debuginfod.p[server];
	size_t n = strlen(url);
	struct httpc_req req = { .timeout = 300 * NS_PER_S,
		.max_body = f->o->max_download,
		.redirects = 5,
		.gzip = true };
	struct httpc_res res;
	struct err e;
	int got = 0;

	while (n > 0 && url[n - 1] == '/')
		n--;
	req.url = arena_cstr(a, arena_printf(a, "%.*s/buildid/" STR_FMT "/%s", (int)n, url, STR_ARG(id), kind));
	if (httpc_call(f->http, a, &req, &res, &e) < 0) {
		log_event(LOG_WARN, "a server does not answer and is asked no more", LOG_CSTR("url", req.url),
		    LOG_CSTR("error", e.msg));
		f->silent[server] = true;
	} else if (res.status == 200) {
		if (keep(f, path, id, res.body, &e) == 0)
			got = 1;
		else
			log_event(LOG_WARN, "what a server sent cannot be kept", LOG_CSTR("error", e.msg));
	} else if (res.status != 404) {
		log_event(LOG_WARN, "a server has a problem and is asked no more", LOG_CSTR("url", req.url),
		    LOG_I64("status", res.status));
		f->silent[server] = true;
	}
	arena_free(a);
	return got;
}

const char *fetch_debug(struct fetch *f, struct arena *a, struct str id)
{
	static const char *const kinds[] = { "debuginfo", "executable" };

	/* It becomes part of a path and of a URL; those of Go are no business of these servers. */
	if (id.n == 0 || !enc_is_hex(id))
		return NULL;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		const char *path = arena_cstr(a,
		    arena_printf(a, "%s/" STR_FMT "/%s", f->folder, STR_ARG(id), kinds[k]));

		if (access(path, R_OK) == 0)
			return path;
		for (size_t i = 0; i < f->o->debuginfod.n; i++)
			if (!f->silent[i] && ask(f, i, kinds[k], path, id) == 1)
				return path;
	}
	return NULL;
}
