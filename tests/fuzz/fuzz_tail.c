/* What a server says to pyro-tail: frames, events, and the lines that are made of them. */
#include "formats/msg/tail_frame.h"
#include "tools/pyro-tail/tail_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tail_table *t = tail_table_new(0);
	struct str rest = str_of(p, n), event;
	struct arena *a = arena_new();
	struct err e;
	struct buf b;

	buf_init(&b, 64 << 20);
	while (tail_frame_cut(&rest, &event, &e) > 0) {
		struct pyro_tail_event ev;
		struct labels l;

		if (msg_decode(a, &pyro_tail_event_type, event, &ev, &e) < 0)
			continue;
		l = labels_of_pairs(a, &ev.labels);
		labels_sort(&l);
		tail_table_add(t, &l, ev.profile.n, ev.lost, ev.time / 2);
		tail_table_lost(t, ev.lost);
	}
	tail_table_print(t, 1, &b);
	for (size_t i = 0; i < b.n; i++)
		assert((unsigned char)b.p[i] >= ' ' || b.p[i] == '\n');
	buf_fini(&b);
	tail_table_free(t);
	arena_free(a);
	return 0;
}
