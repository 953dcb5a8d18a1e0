/* series_codec.c - see query.h: time series as the bytes of querier.v1.SelectSeriesResponse */
#include "formats/msg/messages.h"
#include "formats/msg/pb.h"
#include "formats/query/query.h"

/*
 * A point is written by hand: there may be a hundred thousand in an answer.
 *
 *	types.v1.Point = 1: double value, 2: int64 timestamp; each left out when it is 0
 */
enum { POINT_MAX = 1 + 8 + 1 + 10, FRAMED_MAX = 2 + POINT_MAX };

static const uint32_t SERIES = 1, LABELS = 1, POINTS = 2, VALUE = 1, TIMESTAMP = 2;

static char *put_point(char *p, double value, int64_t time)
{
	char *begin = p + 2;

	p[0] = (char)PB_TAG(POINTS, PB_LEN);
	p += 2;
	if (value != 0) {
		*p++ = (char)PB_TAG(VALUE, PB_FIX64);
		memcpy(p, &value, sizeof(value));
		p += sizeof(value);
	}
	if (time != 0) {
		*p++ = (char)PB_TAG(TIMESTAMP, PB_VARINT);
		p = pb_varint_at(p, (uint64_t)time);
	}
	begin[-1] = (char)(p - begin);
	return p;
}

static void put_points(struct buf *out, const struct series_group *g, bool average)
{
	char *p;

	if (!buf_room(out, g->n * FRAMED_MAX))
		return;
	p = out->p + out->n;
	for (size_t i = 0; i < g->n; i++) {
		double sum = (double)g->p[i].sum;

		p = put_point(p, average ? sum / (double)g->p[i].count : sum, g->p[i].time);
	}
	out->n = (size_t)(p - out->p);
}

void series_encode(const struct series_set *s, bool average, struct buf *out)
{
	unsigned len_size = 1;

	for (size_t i = 0; i < s->n; i++) {
		const struct series_group *g = &s->p[i];
		size_t at = pb_open(out, SERIES, len_size);

		for (uint32_t k = 0; k < g->labels.n; k++) {
			struct types_label_pair pair = { g->labels.p[k].name, g->labels.p[k].value };
			size_t label = pb_open(out, LABELS, 1);

			msg_encode(&types_label_pair_type, &pair, out);
			pb_close(out, label, 1);
		}
		put_points(out, g, average);
		len_size = pb_close(out, at, len_size);
	}
}
