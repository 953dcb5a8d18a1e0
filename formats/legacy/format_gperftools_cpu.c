/*
 * format_gperftools_cpu.c - CPU profiles of gperftools: words of 4 or 8 bytes, of either byte order.
 *
 *	0 3 KIND PERIOD 0           KIND 0: native, 1: Java; PERIOD in µs
 *	COUNT DEPTH ADDRESS...      many
 *	0 1 0                       the end
 *	text                        /proc/PID/maps; for Java "0xADDRESS name (file:line)"
 *
 * Source: doc/cpuprofile-fileformat.html of gperftools.
 */
#include "formats/legacy/legacy.h"

struct words {
	struct str rest;
	size_t all;    /* bytes of the file */
	unsigned size; /* of a word */
	bool big;
};

static bool word(struct words *w, uint64_t *v)
{
	const unsigned char *p = (const unsigned char *)w->rest.p;

	if (w->rest.n < w->size)
		return false;
	*v = 0;
	for (unsigned i = 0; i < w->size; i++)
		*v |= (uint64_t)p[i] << 8 * (w->big ? w->size - 1 - i : i);
	w->rest = str_skip(w->rest, w->size);
	return true;
}

/* Finds the kind of words; behind the header. */
static bool header(struct str bytes, struct words *w, uint64_t *kind, uint64_t *period)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t v[5] = { 0 };
		unsigned k = 0;

		*w = (struct words){ bytes, bytes.n, i < 2 ? 4 : 8, i % 2 };
		while (k < 5 && word(w, &v[k]))
			k++;
		if (k == 5 && v[0] == 0 && v[1] == 3 && v[2] <= 1 && v[3] > 0 && v[4] == 0) {
			*kind = v[2];
			*period = v[3];
			return true;
		}
	}
	return false;
}

static int cut_off(struct legacy *l, const struct words *w, struct err *e)
{
	size_t at = w->all - w->rest.n;

	legacy_drop(l);
	if (!l->o->lenient)
		return err_set(e, ERR_INVALID, "gperftools-cpu: byte %zu: the sample is cut short", at);
	l->notes.skipped = 1;
	l->notes.first = arena_printf(l->a, "byte %zu: the sample is cut short", at);
	return 0;
}

static int samples(struct legacy *l, struct words *w, bool java, struct err *e)
{
	while (w->rest.n) {
		uint64_t count, depth, address = 0;

		if (!word(w, &count) || !word(w, &depth) || depth > w->rest.n / w->size) {
			struct words end = *w;

			w->rest = STR_NONE;
			return cut_off(l, &end, e);
		}
		for (uint64_t i = 0; i < depth; i++) {
			word(w, &address);
			/* all but the leaf are where calls return to */
			legacy_push(l, address - (!java && i > 0));
		}
		if (count == 0 && depth == 1 && address == 0) {
			legacy_drop(l);
			return 0;
		}
		legacy_sample(l, (int64_t[]){ (int64_t)count, (int64_t)(count * (uint64_t)l->period) });
	}
	return 0;
}

/* The frame above the leaf goes. */
static void drop_second(struct legacy *l, struct legacy_sample *s)
{
	l->addresses[s->at + 1] = l->addresses[s->at];
	s->at++;
	s->n--;
}

/* The address that nearly all samples have above the leaf; false if there is none. */
static bool common_second(const struct legacy *l, uint64_t *address)
{
	uint32_t votes = 0, count = 0;

	/* one that has more than half of them wins the vote of Boyer and Moore */
	for (uint32_t i = 0; i < l->n_samples; i++) {
		const struct legacy_sample *s = &l->samples[i];

		if (s->n < 2)
			continue;
		if (votes == 0)
			*address = l->addresses[s->at + 1];
		if (l->addresses[s->at + 1] == *address)
			votes++;
		else
			votes--;
	}
	for (uint32_t i = 0; i < l->n_samples; i++)
		count += l->samples[i].n > 1 && l->addresses[l->samples[i].at + 1] == *address;
	return count > 0 && count >= l->n_samples - l->n_samples / 32;
}

/*
 * What the signal handler left on each stack: up to two frames that nearly all samples have above the leaf; and the
 * leaf itself once more, as if it were a call.
 */
static void drop_handler(struct legacy *l)
{
	uint64_t address = 0;

	for (unsigned round = 0; round < 2 && common_second(l, &address); round++)
		for (uint32_t i = 0; i < l->n_samples; i++)
			if (l->samples[i].n > 1 && l->addresses[l->samples[i].at + 1] == address)
				drop_second(l, &l->samples[i]);
	for (uint32_t i = 0; i < l->n_samples; i++) {
		struct legacy_sample *s = &l->samples[i];

		if (s->n > 1 && l->addresses[s->at] == l->addresses[s->at + 1] + 1)
			drop_second(l, s);
	}
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct legacy l;
	struct words w;
	uint64_t kind, period;

	if (!header(bytes, &w, &kind, &period))
		return err_set(e, ERR_INVALID, "gperftools-cpu: byte 0: no header 0 3 KIND PERIOD 0");
	legacy_init(&l, a, STR_NONE, o);
	legacy_types(&l, "samples count cpu nanoseconds", "cpu nanoseconds");
	l.period = (int64_t)(period * NS_PER_US);
	if (samples(&l, &w, kind == 1, e) < 0)
		return -1;
	l.text.rest = w.rest;
	if (kind == 1) {
		legacy_java_names(&l);
	} else {
		legacy_maps(&l);
		drop_handler(&l);
	}
	return legacy_finish(&l, LEGACY_CPU, out);
}

static int gperftools_cpu_bid(struct str bytes, struct str file_name)
{
	struct words w;
	uint64_t kind, period;

	(void)file_name;
	return header(bytes, &w, &kind, &period) ? BID_SURE : BID_NO;
}

const struct format format_gperftools_cpu = {
	.name = "gperftools-cpu",
	.extensions = "",
	.content_types = "application/x-gperftools-cpu",
	.text = "CPU profile of gperftools, binary",
	.bid = gperftools_cpu_bid,
	.decode = row_decode,
};
