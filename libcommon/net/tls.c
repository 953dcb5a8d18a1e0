#include "net/tls.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/lazy.h"

/* clang-format off */
#define OPENSSL_CALLS(X) \
	X(BIO_clear_flags) X(BIO_get_data) X(BIO_get_new_index) \
	X(BIO_meth_free) X(BIO_meth_new) X(BIO_meth_set_ctrl) \
	X(BIO_meth_set_read) X(BIO_meth_set_write) X(BIO_new) \
	X(BIO_set_data) X(BIO_set_flags) X(BIO_set_init) \
	X(ERR_clear_error) X(ERR_error_string_n) X(ERR_get_error) X(OPENSSL_cipher_name) \
	X(SSL_CTX_check_private_key) X(SSL_CTX_ctrl) X(SSL_CTX_free) \
	X(SSL_CTX_load_verify_file) X(SSL_CTX_new) X(SSL_CTX_set_alpn_select_cb) \
	X(SSL_CTX_set_cert_verify_callback) X(SSL_CTX_set_cipher_list) X(SSL_CTX_set_client_CA_list) \
	X(SSL_CTX_set_options) X(SSL_CTX_set_session_id_context) X(SSL_CTX_set_verify) \
	X(SSL_CTX_use_PrivateKey_file) X(SSL_CTX_use_certificate_chain_file) X(SSL_free) \
	X(SSL_get_error) X(SSL_has_pending) X(SSL_is_init_finished) \
	X(SSL_load_client_CA_file) X(SSL_new) X(SSL_read) \
	X(SSL_select_next_proto) X(SSL_set_accept_state) X(SSL_set_bio) \
	X(SSL_shutdown) X(SSL_write) X(TLS_server_method) \
	X(X509_STORE_CTX_set_error)
/* clang-format on */

static struct {
	OPENSSL_CALLS(LAZY_FIELD)
} lib;

/* libssl brings libcrypto, and its calls with it. */
static const struct lazy_call calls[] = { OPENSSL_CALLS(LAZY_CALL) };
static struct lazy openssl = LAZY("libssl.so.3", calls, &lib);

/* What macros of OpenSSL's headers call. */
#define BIO_clear_flags(b, f) lib.BIO_clear_flags(b, f)
#define BIO_set_flags(b, f) lib.BIO_set_flags(b, f)
#define SSL_CTX_ctrl(c, cmd, n, p) lib.SSL_CTX_ctrl(c, cmd, n, p)

/*
 * Reloading sets a new context and keeps the two before: a thread that has
 * just read the pointer is done with it long before two more reloads.
 */
struct tls {
	_Atomic(SSL_CTX *) ctx;
	SSL_CTX *old[2];
	struct tls_conf conf;
	BIO_METHOD *bio;
};

struct tls_conn {
	SSL *ssl;
	int fd;
	bool eof;
	bool wants_write;
};

static int openssl_error(struct err *e, enum err_kind kind, const char *what, const char *file)
{
	char text[200];

	lib.ERR_error_string_n(lib.ERR_get_error(), text, sizeof(text));
	lib.ERR_clear_error();
	return err_set(e, kind, "TLS: %s %s: %s", what, file ? file : "", text);
}

/* The socket as OpenSSL sees it: no SIGPIPE, whatever the process does about it. */
static int bio_write(BIO *b, const char *p, int n)
{
	struct tls_conn *c = lib.BIO_get_data(b);
	ssize_t got = send(c->fd, p, (size_t)n, MSG_NOSIGNAL);

	BIO_clear_retry_flags(b);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)got;
}

static int bio_read(BIO *b, char *p, int n)
{
	struct tls_conn *c = lib.BIO_get_data(b);
	ssize_t got = recv(c->fd, p, (size_t)n, 0);

	c->eof = got == 0;
	BIO_clear_retry_flags(b);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	return (int)got;
}

static long bio_ctrl(BIO *b, int cmd, long number, void *p)
{
	struct tls_conn *c = lib.BIO_get_data(b);

	(void)number;
	(void)p;
	return cmd == BIO_CTRL_FLUSH || (cmd == BIO_CTRL_EOF && c->eof);
}

static int pick_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in,
    unsigned in_n, void *arg)
{
	static const unsigned char both[] = "\x02h2\x08http/1.1", h1[] = "\x08http/1.1";
	const struct tls *t = arg;
	unsigned char *got;

	(void)ssl;
	if (lib.SSL_select_next_proto(&got, out_n, t->conf.no_http2 ? h1 : both,
		t->conf.no_http2 ? sizeof(h1) - 1 : sizeof(both) - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = got;
	return SSL_TLSEXT_ERR_OK;
}

static int set_clients(SSL_CTX *ctx, const struct tls_conf *conf, struct err *e)
{
	int mode = SSL_VERIFY_NONE;

	if (conf->client_ca != NULL) {
		if (lib.SSL_CTX_load_verify_file(ctx, conf->client_ca) != 1)
			return openssl_error(e, ERR_CONFIG, "client authority", conf->client_ca);
		lib.SSL_CTX_set_client_CA_list(ctx, lib.SSL_load_client_CA_file(conf->client_ca));
	}
	if (conf->auth == TLS_AUTH_IF_GIVEN || conf->auth == TLS_AUTH_REQUIRE) {
		if (conf->client_ca == NULL)
			return err_set(e, ERR_CONFIG, "TLS: verifying clients needs a file of client authorities");
		mode = SSL_VERIFY_PEER;
		if (conf->auth == TLS_AUTH_REQUIRE)
			mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	}
	lib.SSL_CTX_set_verify(ctx, mode, NULL);
	return 0;
}

static int accept_any(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	lib.X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

/* Standard names become OpenSSL's; suites of TLS 1.3 are always there. */
static int set_ciphers(SSL_CTX *ctx, const char *list, struct err *e)
{
	struct str rest = str_cstr(list);
	struct buf names;
	int rc;

	buf_init(&names, 1 << 16);
	while (rest.n) {
		struct str word = str_of(rest.p, MIN(str_find(rest, ','), str_find(rest, ':')));
		char standard[80];
		const char *name;

		rest = str_skip(rest, MIN(word.n + 1, rest.n));
		word = str_trim(word);
		snprintf(standard, sizeof(standard), STR_FMT, STR_ARG(word));
		name = str_prefix(word, STR("TLS_")) ? lib.OPENSSL_cipher_name(standard) : standard;
		if (str_prefix(str_cstr(name), STR("TLS_")) || word.n == 0)
			continue;
		buf_printf(&names, "%s%s", names.n ? ":" : "", strcmp(name, "(NONE)") == 0 ? standard : name);
	}
	buf_byte(&names, 0);
	rc = names.n == 1 || lib.SSL_CTX_set_cipher_list(ctx, names.p) == 1
	    ? 0
	    : openssl_error(e, ERR_CONFIG, "ciphers", list);
	buf_fini(&names);
	return rc;
}

static SSL_CTX *make_ctx(struct tls *t, struct err *e)
{
	const struct tls_conf *conf = &t->conf;
	SSL_CTX *ctx = lib.SSL_CTX_new(lib.TLS_server_method());

	if (ctx == NULL) {
		openssl_error(e, ERR_IO, "new context", NULL);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, conf->min_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
	lib.SSL_CTX_set_options(ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	lib.SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"pyro", 4);
	lib.SSL_CTX_set_alpn_select_cb(ctx, pick_protocol, t);
	if (lib.SSL_CTX_use_certificate_chain_file(ctx, conf->cert) != 1)
		openssl_error(e, ERR_CONFIG, "certificate", conf->cert);
	else if (lib.SSL_CTX_use_PrivateKey_file(ctx, conf->key, SSL_FILETYPE_PEM) != 1)
		openssl_error(e, ERR_CONFIG, "key", conf->key);
	else if (lib.SSL_CTX_check_private_key(ctx) != 1)
		openssl_error(e, ERR_CONFIG, "key does not fit the certificate", conf->key);
	else if ((conf->ciphers == NULL || set_ciphers(ctx, conf->ciphers, e) == 0) && set_clients(ctx, conf, e) == 0)
		goto made;
	lib.SSL_CTX_free(ctx);
	return NULL;
made:
	/* Asking for a certificate without checking who signed it. */
	if (conf->auth == TLS_AUTH_REQUEST || conf->auth == TLS_AUTH_ANY) {
		lib.SSL_CTX_set_verify(ctx,
		    SSL_VERIFY_PEER | (conf->auth == TLS_AUTH_ANY ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
		lib.SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
	}
	return ctx;
}

static const char *copy(const char *s)
{
	return s ? mem_cstr(s, strlen(s)) : NULL;
}

static void drop(const char *s)
{
	mem_free((void *)(uintptr_t)s);
}

struct tls *tls_new(const struct tls_conf *conf, struct err *e)
{
	struct tls *t;

	if (conf->cert == NULL || conf->key == NULL) {
		err_set(e, ERR_CONFIG, "TLS: needs a certificate file and a key file");
		return NULL;
	}
	if (lazy_load(&openssl, e) < 0)
		return NULL;
	t = mem_zalloc(sizeof(*t));
	t->conf = *conf;
	t->conf.cert = copy(conf->cert);
	t->conf.key = copy(conf->key);
	t->conf.client_ca = copy(conf->client_ca);
	t->conf.ciphers = copy(conf->ciphers);
	t->bio = lib.BIO_meth_new(lib.BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
	lib.BIO_meth_set_write(t->bio, bio_write);
	lib.BIO_meth_set_read(t->bio, bio_read);
	lib.BIO_meth_set_ctrl(t->bio, bio_ctrl);
	atomic_store(&t->ctx, make_ctx(t, e));
	if (atomic_load(&t->ctx) == NULL) {
		tls_free(t);
		return NULL;
	}
	return t;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	lib.SSL_CTX_free(atomic_load(&t->ctx));
	lib.SSL_CTX_free(t->old[0]);
	lib.SSL_CTX_free(t->old[1]);
	lib.BIO_meth_free(t->bio);
	drop(t->conf.cert);
	drop(t->conf.key);
	drop(t->conf.client_ca);
	drop(t->conf.ciphers);
	mem_free(t);
}

int tls_reload(struct tls *t, struct err *e)
{
	SSL_CTX *ctx = make_ctx(t, e);

	if (ctx == NULL)
		return -1;
	lib.SSL_CTX_free(t->old[1]);
	t->old[1] = t->old[0];
	t->old[0] = atomic_exchange(&t->ctx, ctx);
	return 0;
}

struct tls_conn *tls_open(struct tls *t, int fd)
{
	struct tls_conn *c = mem_zalloc(sizeof(*c));
	BIO *b = lib.BIO_new(t->bio);

	c->ssl = lib.SSL_new(atomic_load(&t->ctx));
	assert(c->ssl != NULL && b != NULL); /* OpenSSL is out of memory */
	c->fd = fd;
	lib.BIO_set_data(b, c);
	lib.BIO_set_init(b, 1);
	lib.SSL_set_bio(c->ssl, b, b);
	lib.SSL_set_accept_state(c->ssl);
	return c;
}

void tls_close(struct tls_conn *c)
{
	if (c == NULL)
		return;
	lib.SSL_free(c->ssl);
	lib.ERR_clear_error();
	mem_free(c);
}

void tls_shut(struct tls_conn *c)
{
	if (lib.SSL_is_init_finished(c->ssl) && lib.SSL_shutdown(c->ssl) < 0)
		lib.ERR_clear_error();
}

static long outcome(struct tls_conn *c, int rc)
{
	int why = lib.SSL_get_error(c->ssl, rc);

	c->wants_write = why == SSL_ERROR_WANT_WRITE;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return -1;
	lib.ERR_clear_error();
	return why == SSL_ERROR_ZERO_RETURN ? 0 : -2;
}

long tls_recv(struct tls_conn *c, void *p, size_t n)
{
	size_t got = 0;

	while (got < n) {
		int rc = lib.SSL_read(c->ssl, (char *)p + got, (int)MIN(n - got, (size_t)INT_MAX));

		if (rc <= 0) {
			long why = outcome(c, rc);

			/* What was read goes first; the end or the fault shows again next time. */
			return got > 0 ? (long)got : why;
		}
		got += (size_t)rc;
	}
	return (long)got;
}

long tls_send(struct tls_conn *c, const void *p, size_t n)
{
	int rc = lib.SSL_write(c->ssl, p, (int)MIN(n, (size_t)INT_MAX));

	if (rc > 0)
		return rc;
	rc = (int)outcome(c, rc);
	return rc == 0 ? -2 : rc;
}

bool tls_pending(const struct tls_conn *c)
{
	return lib.SSL_has_pending(c->ssl) == 1;
}

bool tls_wants_write(const struct tls_conn *c)
{
	return c->wants_write;
}
