/*
 * h1.h - HTTP/1 message heads and chunked bodies, as a pure reader of bytes:
 * no descriptors, no allocation, no clock. Three answers: done, need more,
 * wrong. Slices point into the bytes given.
 *
 *	struct h1_head h;
 *
 *	h1_head_init(&h);
 *	switch (h1_request(&h, str_of(buf, n))) {       // again with the same start and more bytes
 *	case H1_DONE: ... h.method, h.fields; the body begins at buf + h.used
 *	case H1_MORE: ... read on
 *	case H1_BAD:  ... answer h.status with h.why, close
 *	}
 *
 * Strict where leniency has let requests be smuggled: refused are line ends
 * other than CR LF, blanks before a colon, folded lines, empty or odd field
 * names, control bytes, Content-Length with Transfer-Encoding, Content-Length
 * that differs or is not all digits, any transfer coding but a single
 * "chunked", Transfer-Encoding in HTTP/1.0, requests of HTTP/1.1 without
 * exactly one Host, chunk sizes over 15 digits, and more than the limits below.
 * After the first bad byte of a line is complete the answer is final.
 */
#ifndef H1_H
#define H1_H

#include "base/base.h"
#include "base/str.h"
#include "net/http.h"

enum {
	H1_MAX_HEAD = 32768,   /* bytes of a head, final empty line included; 431 */
	H1_MAX_FIELDS = 128,   /* 431 */
	H1_MAX_TARGET = 24576, /* 414 */
	H1_MAX_METHOD = 32,
	H1_MAX_CHUNK_LINE = 256, /* size and extensions */
	H1_MAX_TRAILERS = 8192,  /* bytes after the last chunk, all dropped */
};

enum h1_step { H1_DONE, H1_MORE, H1_BAD };

enum h1_framing {
	H1_EMPTY,  /* no body */
	H1_LENGTH, /* length bytes */
	H1_CHUNKED,
	H1_CLOSE, /* answers only: until the connection ends */
};

struct h1_head {
	struct str method, target; /* requests */
	int status;                /* answers: the status; H1_BAD: what to answer */
	int minor;                 /* of HTTP/1.x: 0 or 1 */
	enum h1_framing framing;
	uint64_t length;
	bool keep_alive; /* the version's default and Connection */
	bool expect;     /* Expect: 100-continue */
	/* Upgrade: h2c with one HTTP2-Settings, both named in Connection */
	bool h2c;
	struct str host; /* p == NULL when absent */
	struct str h2_settings;
	size_t used;     /* bytes of the head, leading empty line included */
	const char *why; /* H1_BAD */
	size_t n_fields;
	struct http_field fields[H1_MAX_FIELDS]; /* in order, values trimmed */

	/* private: first byte of the head; bytes known to hold no end */
	size_t start, scanned;
	unsigned seen;
};

void h1_head_init(struct h1_head *h); /* does not touch fields */
/* One leading empty line is skipped. Call again with the same bytes and more behind them. */
enum h1_step h1_request(struct h1_head *h, struct str in);
/* to_head: the answer to a HEAD request has no body. 1xx answers are H1_DONE like others. */
enum h1_step h1_response(struct h1_head *h, struct str in, bool to_head);

/* Is the token one of a comma list, in any letter case? */
bool h1_has_token(struct str list, struct str token);
bool h1_is_token(struct str s); /* not empty, token bytes only */
bool h1_is_value(struct str s); /* no control bytes but tab */

struct h1_chunked {
	unsigned char state;
	unsigned digits;
	size_t line;   /* bytes of the present line, or of all trailers */
	uint64_t left; /* of the present chunk */
	const char *why;
};

void h1_chunked_init(struct h1_chunked *c);
/*
 * Takes *used bytes of in; *data is the slice of them that is body (maybe
 * empty). H1_MORE: call again with what follows; H1_DONE: the message ends
 * after *used bytes.
 */
enum h1_step h1_chunked(struct h1_chunked *c, struct str in, size_t *used, struct str *data);

#endif
