/* node_pages.c - see node_pages.h */
#include "daemon/node_pages.h"

#include <unistd.h>

#include "base/json.h"
#include "base/num.h"

static struct str host(struct arena *a)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) < 0)
		return STR("localhost");
	return arena_str(a, str_cstr(name));
}

/* Under a supervisor the options do not know it: as the client has it. */
static struct str address(const struct http_req *r, const struct node *n)
{
	const char *at = n->server->http_listen_address;
	struct str asked = http_header(r, "Host");

	if (asked.n > 0)
		return asked;
	return arena_printf(r->a, STR_FMT ":%lld", STR_ARG(at[0] ? str_cstr(at) : host(r->a)),
	    (long long)n->server->http_listen_port);
}

/* ---- the ring ---- */

static void member(struct jw *w, const char *name, struct str value)
{
	jw_key(w, str_cstr(name));
	jw_str(w, value);
}

static void ring_json(struct http_req *r, const struct node *n, struct buf *b)
{
	struct str now = num_rfc3339(r->a, r->wall);
	struct jw w = jw_init(b);

	jw_open(&w, '{');
	jw_key(&w, STR("shards"));
	jw_open(&w, '[');
	jw_open(&w, '{');
	member(&w, "id", host(r->a));
	member(&w, "state", STR("ACTIVE"));
	member(&w, "address", address(r, n));
	member(&w, "timestamp", now);
	member(&w, "registered_timestamp", num_rfc3339(r->a, n->started));
	jw_key(&w, STR("read_only"));
	jw_bool(&w, false);
	member(&w, "read_only_updated_timestamp", STR(""));
	member(&w, "zone", STR(""));
	jw_key(&w, STR("tokens"));
	jw_open(&w, '[');
	jw_close(&w, ']');
	jw_close(&w, '}');
	jw_close(&w, ']');
	member(&w, "now", now);
	jw_close(&w, '}');
}

/* Names of hosts have no characters that HTML minds; others are not shown. */
static struct str plain(struct arena *a, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("<>&\"'", s.p[i]) != NULL)
			return STR("?");
	return arena_str(a, s);
}

static void show_ring(struct http_req *r, void *ctx)
{
	const struct node *n = ctx;
	struct str accept = http_header(r, "Accept");
	struct buf b;

	if (str_search(accept, STR("application/json")) == accept.n) {
		http_reply_type(r, 200, "text/html; charset=utf-8",
		    arena_printf(r->a,
			"<!DOCTYPE html><title>Ring</title><h1>Ring</h1><p>This server stands alone.</p><table>"
			"<tr><th>Instance<th>State<th>Address<th>Since<tr><td>" STR_FMT "<td>ACTIVE<td>" STR_FMT
			"<td>" STR_FMT "</table>\n",
			STR_ARG(plain(r->a, host(r->a))), STR_ARG(plain(r->a, address(r, n))),
			STR_ARG(num_rfc3339(r->a, n->started))));
		return;
	}
	buf_init(&b, 1 << 16);
	ring_json(r, n, &b);
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}

/* ---- the process ---- */

static void show_runtime(struct http_req *r, void *ctx)
{
	const struct node *n = ctx;
	struct buf b;
	struct jw w;

	buf_init(&b, 1 << 16);
	w = jw_init(&b);
	jw_open(&w, '{');
	member(&w, "status", STR("success"));
	jw_key(&w, STR("data"));
	jw_open(&w, '{');
	member(&w, "startTime", num_rfc3339(r->a, n->started));
	member(&w, "hostname", host(r->a));
	jw_key(&w, STR("processors"));
	jw_i64(&w, sysconf(_SC_NPROCESSORS_ONLN));
	jw_close(&w, '}');
	jw_close(&w, '}');
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}

/* ---- where things are ---- */

static void show_index(struct http_req *r, void *ctx)
{
	static const char *const links[][2] = {
		{ "/", "The page" },
		{ "/ready", "Ready" },
		{ "/services", "Services" },
		{ "/metrics", "Metrics" },
		{ "/ring", "Ring" },
		{ "/config", "Configuration" },
		{ "/api/v1/status/config/diff", "Configuration: what differs from the defaults" },
		{ "/api/v1/status/config/default", "Configuration: the defaults" },
		{ "/api/v1/status/flags", "Flags" },
		{ "/runtime_config", "Limits of tenants (with a runtime file)" },
		{ "/runtime_config?mode=diff", "Limits of tenants: what differs" },
		{ "/distributor/all_user_stats", "Tenants: what came in" },
		{ "/api/v1/status/buildinfo", "Version" },
		{ "/api/v1/status/runtimeinfo", "Process" },
	};
	struct buf b;

	(void)ctx;
	buf_init(&b, 1 << 16);
	buf_add(&b, STR("<!DOCTYPE html><title>pyro</title><h1>pyro</h1><ul>"));
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		buf_printf(&b, "<li><a href=\".%s\">%s</a>", links[i][0], links[i][1]);
	buf_add(&b, STR("</ul>\n"));
	http_reply_type(r, 200, "text/html; charset=utf-8", buf_str(&b));
	buf_fini(&b);
}

int node_pages(struct router *r, struct node *node, struct err *e)
{
	static const struct route rows[] = {
		{ .path = "/ring", .methods = "GET", .fn = show_ring },
		{ .path = "/distributor/ring", .methods = "GET", .fn = show_ring },
		{ .path = "/overrides-exporter/ring", .methods = "GET", .fn = show_ring },
		{ .path = "/store-gateway/tenants", .methods = "GET", .fn = show_ring },
		{ .path = "/memberlist", .methods = "GET", .fn = show_ring },
		{ .path = "/admin", .methods = "GET", .fn = show_index },
		{ .path = "/api/v1/status/runtimeinfo", .methods = "GET", .fn = show_runtime },
	};

	return router_add(r, rows, ARRAY_LEN(rows), node, e);
}
