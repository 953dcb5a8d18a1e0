/* The server behind TLS: both HTTP versions, tiny records, client certificates, reloading. */
#include "tests/lib/aside_fixture.h"

#include <openssl/ssl.h>
#include <signal.h>

#include "tests/lib/test_cert.h"

static char dir[] = "/tmp/pyro-test-tls-XXXXXX";
static char ca_pem[64], cert_pem[64], key_pem[64], other_cert[64], other_key[64];
static struct test_ca ca;

static void echo(struct http_req *r, void *ctx)
{
	(void)ctx;
	assert_true(r->tls);
	http_reply(r, &(struct http_reply){ .status = 200, .body = r->body, .keep = true });
}

static void big(struct http_req *r, void *ctx)
{
	struct buf b;

	(void)ctx;
	buf_init(&b, 64 << 20);
	buf_fill(&b, 'x', (size_t)atoi(arena_cstr(r->a, r->query)));
	http_reply(r, &(struct http_reply){ .status = 200, .take = &b });
}

static const struct route rows[] = {
	{ .path = "/echo", .methods = "GET POST", .fn = echo, .body_limit = 16 << 20 },
	{ .path = "/big", .methods = "GET", .fn = big },
};

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(ca_pem, sizeof(ca_pem), "%s/ca.pem", dir);
	snprintf(cert_pem, sizeof(cert_pem), "%s/cert.pem", dir);
	snprintf(key_pem, sizeof(key_pem), "%s/key.pem", dir);
	snprintf(other_cert, sizeof(other_cert), "%s/other.pem", dir);
	snprintf(other_key, sizeof(other_key), "%s/other.key", dir);
	ca = test_ca_new(ca_pem);
	test_leaf(&ca, "first", 2, cert_pem, key_pem);
	test_leaf(&ca, "client", 3, other_cert, other_key);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(ca_pem);
	unlink(cert_pem);
	unlink(key_pem);
	unlink(other_cert);
	unlink(other_key);
	rmdir(dir);
	test_ca_free(&ca);
	return 0;
}

struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

/* 1 if the handshake worked. */
static int client_open(struct client *c, const struct server *s, const char *alpn, bool with_cert)
{
	c->fd = dial(s);
	c->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_load_verify_file(c->ctx, ca_pem);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	if (with_cert) {
		SSL_CTX_use_certificate_chain_file(c->ctx, other_cert);
		SSL_CTX_use_PrivateKey_file(c->ctx, other_key, SSL_FILETYPE_PEM);
	}
	c->ssl = SSL_new(c->ctx);
	SSL_set_fd(c->ssl, c->fd);
	if (alpn != NULL)
		SSL_set_alpn_protos(c->ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
	return SSL_connect(c->ssl);
}

static void client_close(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
}

static void client_say(struct client *c, const void *p, size_t n)
{
	if (n > 0)
		assert_int_equal(SSL_write(c->ssl, p, (int)n), n);
}

/* Head and body of one answer. */
static struct buf client_hear(struct client *c)
{
	struct buf b;
	size_t want = SIZE_MAX;

	buf_init(&b, REPLY_MAX);
	while (b.n < want) {
		char piece[20000], *end;
		int n = SSL_read(c->ssl, piece, sizeof(piece));

		if (n <= 0)
			break;
		buf_add(&b, str_of(piece, (size_t)n));
		buf_byte(&b, 0);
		b.n--;
		end = want == SIZE_MAX ? strstr(b.p, "\r\n\r\n") : NULL;
		if (end != NULL)
			want = (size_t)(end - b.p) + 4 + strtoul(strstr(b.p, "Content-Length: ") + 16, NULL, 10);
	}
	return b;
}

static void server_make_tls(struct server *s, struct tls **t, struct tls_conf conf)
{
	struct err e;

	conf.cert = cert_pem;
	conf.key = key_pem;
	*t = tls_new(&conf, &e);
	if (*t == NULL)
		fail_msg("%s", e.msg);
	server_make(s, rows, ARRAY_LEN(rows), NULL, *t);
}

static void http1(void **state)
{
	static char body[3 << 20];
	struct server s;
	struct tls *t;
	struct client c;
	char head[200];

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(i * 7 + i / 255);
	server_make_tls(&s, &t, (struct tls_conf){ 0 });
	server_go(&s);
	assert_int_equal(client_open(&c, &s, "\x08http/1.1", false), 1);
	for (size_t n = 0; n <= sizeof(body); n = n * 3 + 1) {
		struct buf b;

		snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", n);
		client_say(&c, head, strlen(head));
		client_say(&c, body, n);
		b = client_hear(&c);
		assert_memory_equal(b.p, "HTTP/1.1 200", 12);
		assert_memory_equal(b.p + b.n - n, body, n);
		buf_fini(&b);
	}
	client_close(&c);
	server_end(&s);
	tls_free(t);
}

/* An encrypted connection goes to the other server with what has been decrypted, and home. */
static void moves(void **state)
{
	static const struct route both[] = {
		{ .path = "/echo", .methods = "POST", .fn = echo, .body_limit = 16 << 20 },
		{ .path = "/big", .methods = "GET", .fn = big, .flags = ROUTE_ASIDE },
	};
	static const char text[] = "GET /big?1000000 HTTP/1.1\r\nHost: a\r\n\r\n"
				   "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
	struct pair p = { 0 };
	struct tls *t;
	struct client c;
	struct err e;

	(void)state;
	t = tls_new(&(struct tls_conf){ .cert = cert_pem, .key = key_pem }, &e);
	assert_non_null(t);
	pair_start(&p, NULL, t, both, ARRAY_LEN(both));
	assert_int_equal(client_open(&c, &p.home, "\x08http/1.1", false), 1);
	for (int i = 0; i < 20; i++) {
		struct buf b;

		client_say(&c, text, sizeof(text) - 1);
		b = client_hear(&c);
		if (b.n <= 1000000)
			fail_msg("%zu bytes", b.n);
		buf_fini(&b);
		b = client_hear(&c);
		assert_memory_equal(b.p + b.n - 5, "hello", 5);
		buf_fini(&b);
	}
	client_close(&c);
	nap(50);
	pair_end(&p);
	assert_int_equal(p.at_home.requests, 20);
	assert_int_equal(p.at_aside.requests, 20);
	assert_int_equal(p.at_home.conns, 0);
	tls_free(t);
}

/* One byte in each record, two requests in a row. */
static void tiny_records(void **state)
{
	static const char text[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
				   "GET /big?100000 HTTP/1.1\r\nHost: a\r\n\r\n";
	struct server s;
	struct tls *t;
	struct client c;
	struct buf b;

	(void)state;
	server_make_tls(&s, &t, (struct tls_conf){ .min_version = 13 });
	server_go(&s);
	assert_int_equal(client_open(&c, &s, NULL, false), 1);
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		client_say(&c, text + i, 1);
	b = client_hear(&c);
	assert_memory_equal(b.p + b.n - 5, "hello", 5);
	buf_fini(&b);
	b = client_hear(&c);
	assert_int_equal(b.p[b.n - 1], 'x');
	buf_fini(&b);
	/* The end of input without a goodbye. */
	client_say(&c, "GET /big?3 HTTP/1.1\r\nHost: a\r\n\r\n", 33);
	shutdown(c.fd, SHUT_WR);
	b = client_hear(&c);
	assert_memory_equal(b.p + b.n - 3, "xxx", 3);
	buf_fini(&b);
	client_close(&c);
	server_end(&s);
	tls_free(t);
}

static void protocol_choice(void **state)
{
	static const struct {
		const char *offer;
		bool no_http2;
		const char *chosen;
	} cases[] = {
		{ "\x02h2\x08http/1.1", false, "h2" },
		{ "\x08http/1.1\x02h2", false, "h2" },
		{ "\x02h2\x08http/1.1", true, "http/1.1" },
		{ "\x08http/1.1", false, "http/1.1" },
		{ "\x05other", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct server s;
		struct tls *t;
		struct client c;
		const unsigned char *p;
		unsigned n;

		server_make_tls(&s, &t, (struct tls_conf){ .no_http2 = cases[i].no_http2 });
		server_go(&s);
		assert_int_equal(client_open(&c, &s, cases[i].offer, false), 1);
		SSL_get0_alpn_selected(c.ssl, &p, &n);
		assert_true(str_eq(str_of(p, n), str_cstr(cases[i].chosen)));
		if (n == 2) {
			/*
			 * The server speaks HTTP/2 now: it answers the preface with its
			 * settings.
			 */
			char in[64];

			client_say(&c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
			assert_true(SSL_read(c.ssl, in, sizeof(in)) >= 9);
			assert_int_equal(in[3], 4);
		}
		client_close(&c);
		server_end(&s);
		tls_free(t);
	}
}

static int probe(struct server *s, bool with_cert)
{
	struct client c;
	int fine = client_open(&c, s, NULL, with_cert) == 1;

	if (fine) { /* with TLS 1.3 the refusal comes after the handshake */
		struct buf b;

		fine = SSL_write(c.ssl, "GET /big?3 HTTP/1.1\r\nHost: a\r\n\r\n", 33) == 33;
		b = client_hear(&c);
		fine = fine && b.n > 3;
		buf_fini(&b);
	}
	client_close(&c);
	return fine;
}

static void client_certificates(void **state)
{
	static const struct {
		enum tls_auth auth;
		bool ca, without, with;
	} cases[] = {
		{ TLS_AUTH_NONE, false, true, true },
		{ TLS_AUTH_REQUEST, false, true, true },
		{ TLS_AUTH_ANY, false, false, true },
		{ TLS_AUTH_IF_GIVEN, true, true, true },
		{ TLS_AUTH_REQUIRE, true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct server s;
		struct tls *t;

		server_make_tls(&s, &t,
		    (struct tls_conf){ .auth = cases[i].auth, .client_ca = cases[i].ca ? ca_pem : NULL });
		server_go(&s);
		assert_int_equal(probe(&s, false), cases[i].without);
		assert_int_equal(probe(&s, true), cases[i].with);
		server_end(&s);
		tls_free(t);
	}
}

static void wrong_files(void **state)
{
	struct tls_conf cases[] = {
		{ .cert = NULL, .key = key_pem },
		{ .cert = "/nope", .key = key_pem },
		{ .cert = cert_pem, .key = "/nope" },
		{ .cert = cert_pem, .key = other_key },
		{ .cert = cert_pem, .key = key_pem, .client_ca = "/nope" },
		{ .cert = cert_pem, .key = key_pem, .auth = TLS_AUTH_REQUIRE },
		{ .cert = cert_pem, .key = key_pem, .ciphers = "NOPE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;

		assert_null(tls_new(&cases[i], &e));
		assert_int_equal(e.kind, ERR_CONFIG);
	}
	tls_free(NULL);
}

static void served_name(struct server *s, char *out, size_t n)
{
	struct client c;
	X509 *x;

	assert_int_equal(client_open(&c, s, NULL, false), 1);
	x = SSL_get1_peer_certificate(c.ssl);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, out, (int)n);
	X509_free(x);
	client_close(&c);
}

static void reload(void **state)
{
	struct server s;
	struct tls *t;
	struct client old;
	struct buf b;
	char name[40];
	struct err e;

	(void)state;
	server_make_tls(&s, &t, (struct tls_conf){ 0 });
	server_go(&s);
	served_name(&s, name, sizeof(name));
	assert_string_equal(name, "first");
	assert_int_equal(client_open(&old, &s, NULL, false), 1);
	test_pem(cert_pem, NULL, NULL); /* empty */
	assert_int_equal(tls_reload(t, &e), -1);
	served_name(&s, name, sizeof(name));
	assert_string_equal(name, "first");
	test_leaf(&ca, "second", 9, cert_pem, key_pem);
	for (int i = 0; i < 4; i++)
		ok(tls_reload(t, &e), &e);
	served_name(&s, name, sizeof(name));
	assert_string_equal(name, "second");
	client_say(&old, "GET /big?3 HTTP/1.1\r\nHost: a\r\n\r\n", 33);
	b = client_hear(&old);
	assert_memory_equal(b.p + b.n - 3, "xxx", 3);
	buf_fini(&b);
	client_close(&old);
	server_end(&s);
	tls_free(t);
}

/* Plain HTTP and noise sent to a TLS port end the connection. */
static void not_tls(void **state)
{
	struct server s;
	struct tls *t;
	struct buf b;
	int fd;

	(void)state;
	server_make_tls(&s, &t, (struct tls_conf){ 0 });
	server_go(&s);
	fd = dial(&s);
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	b = hear_all(fd);
	assert_true(b.n < 20);
	buf_fini(&b);
	close(fd);
	server_end(&s);
	tls_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(http1),
		cmocka_unit_test(moves),
		cmocka_unit_test(tiny_records),
		cmocka_unit_test(protocol_choice),
		cmocka_unit_test(client_certificates),
		cmocka_unit_test(not_tls),
		cmocka_unit_test(reload),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	signal(SIGPIPE, SIG_IGN); /* the client's OpenSSL writes without MSG_NOSIGNAL */
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
