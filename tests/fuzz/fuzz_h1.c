/* HTTP/1: any bytes as request, as answer, and as a chunked body, whole and in two pieces. */
#include <stdlib.h>

#include "net/h1.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check_head(const struct h1_head *h, struct str in)
{
	assert(h->used <= in.n && h->used <= H1_MAX_HEAD && h->n_fields <= H1_MAX_FIELDS);
	for (size_t i = 0; i < h->n_fields; i++) {
		struct http_field f = h->fields[i];

		assert(h1_is_token(f.name) && h1_is_value(f.value));
		assert(f.name.p >= in.p && f.value.p + f.value.n <= in.p + h->used);
	}
}

static void heads(struct str in)
{
	static struct h1_head whole, parts;
	enum h1_step a, b;

	h1_head_init(&whole);
	a = h1_request(&whole, in);
	if (a == H1_DONE) {
		check_head(&whole, in);
		assert(h1_is_token(whole.method) && whole.target.n > 0);
		assert(whole.framing == H1_EMPTY || whole.framing == H1_LENGTH || whole.framing == H1_CHUNKED);
	} else if (a == H1_BAD) {
		assert(whole.status >= 400 && whole.why != NULL);
	}
	/* Half first: the answer to all must be the same. */
	h1_head_init(&parts);
	b = h1_request(&parts, str_of(in.p, in.n / 2));
	if (b == H1_MORE)
		b = h1_request(&parts, in);
	assert(a == b || b == H1_DONE || b == H1_BAD);
	if (a == H1_DONE && b == H1_DONE)
		assert(whole.used == parts.used && whole.length == parts.length);
	h1_head_init(&whole);
	if (h1_response(&whole, in, in.n & 1) == H1_DONE)
		check_head(&whole, in);
}

static enum h1_step run(struct str in, size_t piece, uint64_t *sum, size_t *used)
{
	struct h1_chunked c;
	enum h1_step step = H1_MORE;
	size_t at = 0;

	*sum = 0;
	h1_chunked_init(&c);
	while (at < in.n && step == H1_MORE) {
		struct str data;
		size_t k, room = MIN(piece, in.n - at);

		step = h1_chunked(&c, str_of(in.p + at, room), &k, &data);
		assert(k <= room && (k > 0 || step != H1_MORE));
		assert(data.n == 0 || (data.p >= in.p + at && data.p + data.n <= in.p + at + k));
		for (size_t i = 0; i < data.n; i++)
			*sum = *sum * 31 + (unsigned char)data.p[i];
		at += k;
	}
	*used = at;
	return step;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = str_of(p, n);
	uint64_t sum_a, sum_b;
	size_t used_a, used_b;
	enum h1_step a, b;

	heads(in);
	a = run(in, SIZE_MAX, &sum_a, &used_a);
	b = run(in, 1, &sum_b, &used_b);
	assert(a == b && sum_a == sum_b);
	assert(a != H1_DONE || used_a == used_b);
	return 0;
}
