#include "daemon/daemon.h"

#include <stdio.h>

#include "base/log.h"
#include "conf/limits.h"

int daemon_listen(const struct server_opts *o, char *name, struct err *e)
{
	const char *host = o->http_listen_address, *open = "", *close = "";
	bool is_unix = strncmp(host, "unix:", 5) == 0, tcp = o->listen_fd < 0 && !is_unix;
	char text[NET_NAME_MAX + 16];
	struct net_addr at;
	int fd;

	if (strchr(host, ':') && *host != '[') {
		open = "[";
		close = "]";
	}
	if (o->listen_fd >= 0)
		snprintf(text, sizeof(text), "fd:%lld", (long long)o->listen_fd);
	else if (is_unix)
		snprintf(text, sizeof(text), "%s", host);
	else
		snprintf(text, sizeof(text), "%s%.*s%s:%lld", open, NET_NAME_MAX - 16, host, close,
		    (long long)o->http_listen_port);
	if (net_parse(str_cstr(text), NET_LISTEN, &at, e) < 0 ||
	    (fd = net_listen(&at, (struct net_listen_opts){ 0 }, e)) < 0)
		return err_wrap(e, "-server.http-listen-address, -server.http-listen-port");
	if (name && tcp)
		snprintf(name, NET_NAME_MAX, "%s%.*s%s:%u", open, NET_NAME_MAX - 16, *host ? host : "0.0.0.0", close,
		    net_port(fd));
	else if (name)
		snprintf(name, NET_NAME_MAX, "%.*s", NET_NAME_MAX - 1, text);
	return fd;
}

struct httpd_conf daemon_httpd(const struct server_opts *o, void *owner)
{
	return (struct httpd_conf){
		.max_conns = (size_t)o->http_conn_limit,
		.header_timeout = o->http_read_header_timeout ? o->http_read_header_timeout : o->http_read_timeout,
		.body_timeout = o->http_read_timeout,
		.write_timeout = o->http_write_timeout,
		.idle_timeout = o->http_idle_timeout,
		.path_prefix = o->http_path_prefix,
		.owner = owner,
	};
}

/* ---- TLS ---- */

static int pick_auth(const struct server_opts *o, enum tls_auth *out, struct err *e)
{
	static const char *const names[] = {
		[TLS_AUTH_NONE] = "NoClientCert",
		[TLS_AUTH_REQUEST] = "RequestClientCert",
		[TLS_AUTH_ANY] = "RequireAnyClientCert",
		[TLS_AUTH_IF_GIVEN] = "VerifyClientCertIfGiven",
		[TLS_AUTH_REQUIRE] = "RequireAndVerifyClientCert",
	};
	const char *auth = *o->tls_client_auth ? o->tls_client_auth : names[TLS_AUTH_NONE];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(auth, names[i]) != 0)
			continue;
		*out = (enum tls_auth)i;
		if (*o->tls_client_ca && i == TLS_AUTH_NONE)
			return err_set(e, ERR_CONFIG,
			    "-server.http-tls-ca-path has no effect without "
			    "-server.http-tls-client-auth");
		return 0;
	}
	return err_set(e, ERR_CONFIG, "-server.http-tls-client-auth: \"%.60s\" is none of its words (-help-all)", auth);
}

static int pick_version(const struct server_opts *o, int *out, struct err *e)
{
	const char *v = o->tls_min_version;

	if (strcmp(v, "VersionTLS10") == 0 || strcmp(v, "VersionTLS11") == 0)
		log_event(LOG_WARN, "TLS below 1.2 is not served", LOG_CSTR("option", "server.tls-min-version"));
	else if (*v && strcmp(v, "VersionTLS12") != 0 && strcmp(v, "VersionTLS13") != 0)
		return err_set(e, ERR_CONFIG, "-server.tls-min-version: \"%.60s\" is none of its words (-help-all)", v);
	*out = strcmp(v, "VersionTLS13") == 0 ? 13 : 12;
	return 0;
}

int daemon_tls(const struct server_opts *o, struct tls **t, struct err *e)
{
	struct tls_conf conf = { .cert = o->tls_cert, .key = o->tls_key };
	struct buf ciphers;
	int rc = -1;

	*t = NULL;
	if (!*o->tls_cert && !*o->tls_key)
		return 0;
	if (!*o->tls_cert || !*o->tls_key)
		return err_set(e, ERR_CONFIG, "-server.http-tls-cert-path and -server.http-tls-key-path go together");
	buf_init(&ciphers, 1 << 16);
	for (size_t i = 0; i < o->tls_ciphers.n; i++)
		buf_printf(&ciphers, "%s%s", i ? "," : "", o->tls_ciphers.p[i]);
	buf_byte(&ciphers, 0);
	conf.ciphers = o->tls_ciphers.n ? ciphers.p : NULL;
	conf.client_ca = *o->tls_client_ca ? o->tls_client_ca : NULL;
	if (pick_auth(o, &conf.auth, e) == 0 && pick_version(o, &conf.min_version, e) == 0) {
		*t = tls_new(&conf, e);
		rc = *t ? 0 : -1;
	}
	buf_fini(&ciphers);
	return rc;
}

void daemon_reload_tls(struct tls *t)
{
	struct err e;

	if (t == NULL)
		return;
	if (tls_reload(t, &e) < 0)
		log_event(LOG_ERROR, "certificate not taken; the old one stays", LOG_CSTR("error", e.msg));
	else
		log_event(LOG_INFO, "certificate read");
}

/* ---- runtime files ---- */

static void look(struct timer *t)
{
	struct runtime_files *f = CONTAINER_OF(t, struct runtime_files, timer);
	uint64_t now = limits_hash(&f->o->runtime_config);
	bool new = now != f->seen;

	f->seen = now;
	loop_timer(f->loop, t, loop_mono(f->loop) + f->o->runtime_config_period);
	if (new)
		f->changed(f);
}

void runtime_watch(struct runtime_files *f, struct loop *l, const struct server_opts *o)
{
	f->o = o;
	f->loop = l;
	f->timer.fn = look;
	f->seen = limits_hash(&o->runtime_config);
	if (o->runtime_config.n > 0)
		loop_timer(l, &f->timer, loop_mono(l) + o->runtime_config_period);
}

void runtime_unwatch(struct runtime_files *f)
{
	if (f->loop)
		loop_timer_off(f->loop, &f->timer);
}
