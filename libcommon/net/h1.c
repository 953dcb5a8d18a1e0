#include "net/h1.h"

#include "base/base.h"

enum { TOKEN = 1, VALUE = 2, TARGET = 4 };

/* What each byte may be part of. Field values take bytes from 0x80 on (obs-text). */
static const unsigned char kind[256] = {
	['\t'] = VALUE,
	[' '] = VALUE,
	['!'] = TOKEN | VALUE | TARGET,
	['"'] = VALUE | TARGET,
	['#' ... '\''] = TOKEN | VALUE | TARGET,
	['('] = VALUE | TARGET,
	[')'] = VALUE | TARGET,
	['*'] = TOKEN | VALUE | TARGET,
	['+'] = TOKEN | VALUE | TARGET,
	[','] = VALUE | TARGET,
	['-'] = TOKEN | VALUE | TARGET,
	['.'] = TOKEN | VALUE | TARGET,
	['/'] = VALUE | TARGET,
	['0' ... '9'] = TOKEN | VALUE | TARGET,
	[':' ... '@'] = VALUE | TARGET,
	['A' ... 'Z'] = TOKEN | VALUE | TARGET,
	['[' ... ']'] = VALUE | TARGET,
	['^' ... 'z'] = TOKEN | VALUE | TARGET,
	['{'] = VALUE | TARGET,
	['|'] = TOKEN | VALUE | TARGET,
	['}'] = VALUE | TARGET,
	['~'] = TOKEN | VALUE | TARGET,
	[0x80 ... 0xff] = VALUE | TARGET,
};

enum {
	SEEN_LENGTH = 1,
	SEEN_CODING = 2,
	SEEN_CLOSE = 4,
	SEEN_KEEP = 8,
	SEEN_UPGRADE = 16,
	SEEN_CONN_UPGRADE = 32,
	SEEN_CONN_SETTINGS = 64,
	SEEN_SETTINGS = 128,
	SEEN_EXPECT_OTHER = 256
};

static bool all(struct str s, unsigned char what)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(kind[(unsigned char)s.p[i]] & what))
			return false;
	return true;
}

bool h1_is_token(struct str s)
{
	return s.n > 0 && all(s, TOKEN);
}

bool h1_is_value(struct str s)
{
	return all(s, VALUE);
}

static struct str trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_of(s.p + 1, s.n - 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool h1_has_token(struct str list, struct str token)
{
	while (list.n > 0) {
		struct str one = trim(str_cut(&list, ','));

		if (str_eq_nocase(one, token))
			return true;
	}
	return false;
}

void h1_head_init(struct h1_head *h)
{
	memset(h, 0, offsetof(struct h1_head, fields));
	h->start = h->scanned = 0;
	h->seen = 0;
}

static enum h1_step bad(struct h1_head *h, int status, const char *why)
{
	h->status = status;
	h->why = why;
	return H1_BAD;
}

/*
 * Finds the end of the head. Each LF must follow a CR; whether each CR is
 * followed by LF is found out by the line parsers, which take no CR.
 */
static enum h1_step find_end(struct h1_head *h, struct str in)
{
	size_t at = h->scanned, limit = MIN(in.n, (size_t)H1_MAX_HEAD);

	while (at < limit) {
		const char *lf = memchr(in.p + at, '\n', limit - at);
		size_t i = lf ? (size_t)(lf - in.p) : limit;

		if (lf == NULL)
			break;
		if (i == h->start || in.p[i - 1] != '\r')
			return bad(h, 400, "line does not end in CR LF");
		at = h->scanned = i + 1;
		if (i == h->start + 1 && h->start == 0) {
			h->start = 2;
		} else if (i == h->start + 1) {
			return bad(h, 400, "empty request line");
		} else if (in.p[i - 2] == '\n') {
			h->used = i + 1;
			return H1_DONE;
		}
	}
	h->scanned = limit;
	if (in.n >= H1_MAX_HEAD)
		return bad(h, 431, "head is larger than 32768 bytes");
	return H1_MORE;
}

static bool parse_length(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 18)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = v;
	return true;
}

static enum h1_step take_length(struct h1_head *h, struct str v)
{
	uint64_t n;

	if (!parse_length(v, &n))
		return bad(h, 400, "Content-Length is not a number of up to 18 digits");
	if (h->seen & SEEN_LENGTH && n != h->length)
		return bad(h, 400, "Content-Length is given twice and differs");
	h->seen |= SEEN_LENGTH;
	h->length = n;
	return H1_DONE;
}

static enum h1_step take_coding(struct h1_head *h, struct str v)
{
	if (h->seen & SEEN_CODING)
		return bad(h, 400, "Transfer-Encoding is given twice");
	if (!str_eq_nocase(v, STR("chunked")))
		return bad(h, 501, "unknown transfer coding");
	h->seen |= SEEN_CODING;
	return H1_DONE;
}

static enum h1_step take_connection(struct h1_head *h, struct str v)
{
	while (v.n > 0) {
		struct str one = trim(str_cut(&v, ','));

		if (str_eq_nocase(one, STR("close")))
			h->seen |= SEEN_CLOSE;
		else if (str_eq_nocase(one, STR("keep-alive")))
			h->seen |= SEEN_KEEP;
		else if (str_eq_nocase(one, STR("upgrade")))
			h->seen |= SEEN_CONN_UPGRADE;
		else if (str_eq_nocase(one, STR("http2-settings")))
			h->seen |= SEEN_CONN_SETTINGS;
	}
	return H1_DONE;
}

/* The few fields that framing depends on; told apart by length first. */
static enum h1_step take_field(struct h1_head *h, struct http_field f)
{
	switch (f.name.n) {
	case 4:
		if (!str_eq_nocase(f.name, STR("Host")))
			break;
		if (h->host.p != NULL)
			return bad(h, 400, "Host is given twice");
		h->host = f.value;
		break;
	case 6:
		if (!str_eq_nocase(f.name, STR("Expect")))
			break;
		if (str_eq_nocase(f.value, STR("100-continue")))
			h->expect = true;
		else
			h->seen |= SEEN_EXPECT_OTHER;
		break;
	case 7:
		if (str_eq_nocase(f.name, STR("Upgrade")) && h1_has_token(f.value, STR("h2c")))
			h->seen |= SEEN_UPGRADE;
		break;
	case 10:
		if (str_eq_nocase(f.name, STR("Connection")))
			return take_connection(h, f.value);
		break;
	case 14:
		if (str_eq_nocase(f.name, STR("Content-Length")))
			return take_length(h, f.value);
		if (str_eq_nocase(f.name, STR("HTTP2-Settings"))) {
			/* Two of them make the upgrade invalid: then it is ignored. */
			h->h2_settings = h->seen & SEEN_SETTINGS ? STR_NONE : f.value;
			h->seen |= SEEN_SETTINGS;
		}
		break;
	case 17:
		if (str_eq_nocase(f.name, STR("Transfer-Encoding")))
			return take_coding(h, f.value);
		break;
	}
	return H1_DONE;
}

static enum h1_step parse_fields(struct h1_head *h, struct str in)
{
	while (in.n > 2) { /* the last CR LF is the empty line */
		struct str line = str_cut(&in, '\n');
		struct http_field f;
		size_t colon = 0;
		enum h1_step step;

		line.n--; /* the CR, which find_end has seen */
		while (colon < line.n && kind[(unsigned char)line.p[colon]] & TOKEN)
			colon++;
		if (colon == 0)
			return bad(h, 400, "header field without a name, or a folded line");
		if (colon == line.n || line.p[colon] != ':')
			return bad(h, 400, "header field name has a byte that names may not have");
		f.name = str_of(line.p, colon);
		f.value = trim(str_skip(line, colon + 1));
		if (!all(f.value, VALUE))
			return bad(h, 400, "header field value has a control byte");
		if (h->n_fields == H1_MAX_FIELDS)
			return bad(h, 431, "more than 128 header fields");
		h->fields[h->n_fields++] = f;
		step = take_field(h, f);
		if (step != H1_DONE)
			return step;
	}
	return H1_DONE;
}

static enum h1_step settle_framing(struct h1_head *h)
{
	if (h->seen & SEEN_CODING) {
		if (h->seen & SEEN_LENGTH)
			return bad(h, 400, "Content-Length together with Transfer-Encoding");
		if (h->minor == 0)
			return bad(h, 400, "Transfer-Encoding in HTTP/1.0");
		h->framing = H1_CHUNKED;
	} else if (h->seen & SEEN_LENGTH) {
		h->framing = h->length > 0 ? H1_LENGTH : H1_EMPTY;
	}
	h->keep_alive = h->minor == 1 ? !(h->seen & SEEN_CLOSE) : (h->seen & (SEEN_KEEP | SEEN_CLOSE)) == SEEN_KEEP;
	return H1_DONE;
}

static enum h1_step parse_request_line(struct h1_head *h, struct str line)
{
	struct str version;
	size_t sp = str_find(line, ' ');

	h->method = str_of(line.p, sp);
	if (!h1_is_token(h->method) || h->method.n > H1_MAX_METHOD || sp == line.n)
		return bad(h, 400, "request line has no method");
	line = str_skip(line, sp + 1);
	sp = str_rfind(line, ' ');
	if (sp == line.n)
		return bad(h, 400, "request line has no version");
	h->target = str_of(line.p, sp);
	version = str_skip(line, sp + 1);
	if (h->target.n == 0 || !all(h->target, TARGET))
		return bad(h, 400, "request target is empty or has blanks or control bytes");
	if (h->target.n > H1_MAX_TARGET)
		return bad(h, 414, "request target is longer than 24576 bytes");
	if (str_eq(version, STR("HTTP/1.1")))
		h->minor = 1;
	else if (str_eq(version, STR("HTTP/1.0")))
		h->minor = 0;
	else
		return str_prefix(version, STR("HTTP/")) && h1_is_token(str_skip(version, 5))
		    ? bad(h, 505, "HTTP version is neither 1.0 nor 1.1")
		    : bad(h, 400, "request line has no version");
	return H1_DONE;
}

enum h1_step h1_request(struct h1_head *h, struct str in)
{
	enum h1_step step = find_end(h, in);
	struct str line;

	if (step != H1_DONE)
		return step;
	in = str_of(in.p + h->start, h->used - h->start);
	line = str_cut(&in, '\n');
	line.n--;
	if ((step = parse_request_line(h, line)) != H1_DONE || (step = parse_fields(h, in)) != H1_DONE ||
	    (step = settle_framing(h)) != H1_DONE)
		return step;
	if (h->minor == 1 && h->host.p == NULL)
		return bad(h, 400, "HTTP/1.1 request without Host");
	if (h->seen & SEEN_EXPECT_OTHER)
		return bad(h, 417, "Expect other than 100-continue");
	h->expect = h->expect && h->minor == 1;
	h->h2c = h->h2_settings.p != NULL && (h->seen & SEEN_UPGRADE) && (h->seen & SEEN_CONN_UPGRADE) &&
	    (h->seen & SEEN_CONN_SETTINGS);
	return H1_DONE;
}

static enum h1_step parse_status_line(struct h1_head *h, struct str line)
{
	int status = 0;

	if (!str_prefix(line, STR("HTTP/1.")) || line.n < 12 || line.p[8] != ' ')
		return bad(h, 502, "status line is not HTTP/1");
	if (line.p[7] != '0' && line.p[7] != '1')
		return bad(h, 502, "status line is not HTTP/1");
	h->minor = line.p[7] - '0';
	for (size_t i = 9; i < 12; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return bad(h, 502, "status is not a number");
		status = status * 10 + (line.p[i] - '0');
	}
	if (status < 100 || (line.n > 12 && line.p[12] != ' ') || !all(str_skip(line, 12), VALUE))
		return bad(h, 502, "status line is broken");
	h->status = status;
	return H1_DONE;
}

enum h1_step h1_response(struct h1_head *h, struct str in, bool to_head)
{
	enum h1_step step = find_end(h, in);
	struct str line;

	if (step != H1_DONE)
		return step;
	in = str_of(in.p + h->start, h->used - h->start);
	line = str_cut(&in, '\n');
	line.n--;
	if ((step = parse_status_line(h, line)) != H1_DONE || (step = parse_fields(h, in)) != H1_DONE ||
	    (step = settle_framing(h)) != H1_DONE)
		return step;
	if (to_head || h->status < 200 || h->status == 204 || h->status == 304)
		h->framing = H1_EMPTY;
	else if (!(h->seen & (SEEN_LENGTH | SEEN_CODING)))
		h->framing = H1_CLOSE;
	if (h->framing == H1_CLOSE)
		h->keep_alive = false;
	return H1_DONE;
}

enum {
	CH_SIZE,
	CH_EXT,
	CH_SIZE_LF,
	CH_DATA,
	CH_DATA_CR,
	CH_DATA_LF,
	CH_TRAILER,
	CH_TRAILER_LINE,
	CH_TRAILER_LF,
	CH_END_LF
};

void h1_chunked_init(struct h1_chunked *c)
{
	*c = (struct h1_chunked){ .state = CH_SIZE };
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The size line of a chunk: digits, then extensions that are skipped. */
static const char *chunk_size_byte(struct h1_chunked *c, unsigned char b)
{
	int digit = hex_digit(b);

	if (++c->line > H1_MAX_CHUNK_LINE)
		return "chunk line is longer than 256 bytes";
	if (c->state == CH_SIZE && digit >= 0) {
		if (++c->digits > 15)
			return "chunk size has more than 15 digits";
		c->left = c->left << 4 | (unsigned)digit;
		return NULL;
	}
	if (c->digits == 0)
		return "chunk without a size";
	if (b == '\r')
		c->state = CH_SIZE_LF;
	else if (c->state == CH_SIZE && b == ';')
		c->state = CH_EXT;
	else if (c->state == CH_SIZE || !(kind[b] & VALUE))
		return "chunk size has a byte that is no digit";
	return NULL;
}

/* Trailers are checked for line ends and length, and dropped. */
static const char *trailer_byte(struct h1_chunked *c, unsigned char b)
{
	if (++c->line > H1_MAX_TRAILERS)
		return "trailers are longer than 8192 bytes";
	if (b == '\r')
		c->state = c->state == CH_TRAILER ? CH_END_LF : CH_TRAILER_LF;
	else if (!(kind[b] & (c->state == CH_TRAILER ? TOKEN : VALUE)))
		return "trailer has a byte that it may not have";
	else
		c->state = CH_TRAILER_LINE;
	return NULL;
}

static const char *chunk_byte(struct h1_chunked *c, unsigned char b)
{
	switch (c->state) {
	case CH_SIZE:
	case CH_EXT: return chunk_size_byte(c, b);
	case CH_DATA_CR: c->state = CH_DATA_LF; return b == '\r' ? NULL : "chunk is longer than its size";
	case CH_TRAILER:
	case CH_TRAILER_LINE: return trailer_byte(c, b);
	}
	if (b != '\n')
		return "line does not end in CR LF";
	c->digits = 0;
	if (c->state == CH_SIZE_LF && c->left > 0) {
		c->state = CH_DATA;
	} else if (c->state == CH_DATA_LF) {
		c->state = CH_SIZE;
		c->line = 0;
	} else { /* after size 0, or after a trailer line */
		if (c->state == CH_SIZE_LF)
			c->line = 0;
		c->state = CH_TRAILER;
	}
	return NULL;
}

enum h1_step h1_chunked(struct h1_chunked *c, struct str in, size_t *used, struct str *data)
{
	size_t i = 0;

	*data = STR_NONE;
	*used = 0;
	while (i < in.n) {
		if (c->state == CH_DATA) {
			*data = str_of(in.p + i, MIN(c->left, in.n - i));
			c->left -= data->n;
			*used = i + data->n;
			if (c->left == 0)
				c->state = CH_DATA_CR;
			return H1_MORE;
		}
		if (c->state == CH_END_LF && in.p[i] == '\n') {
			*used = i + 1;
			return H1_DONE;
		}
		c->why = chunk_byte(c, (unsigned char)in.p[i]);
		if (c->why != NULL)
			return H1_BAD;
		i++;
	}
	*used = i;
	return H1_MORE;
}
