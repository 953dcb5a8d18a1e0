/*
 * formats/msg/msg.h, JSON: the first byte picks the message. What can be read is
 * written, and what was written is read and written the same again.
 */
#include "formats/msg/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t types = 0;
	const struct msg_type *t;
	struct arena *a;
	struct buf first, second;
	struct err e;
	void *m;

	while (messages_all[types])
		types++;
	if (n == 0)
		return 0;
	t = messages_all[p[0] % types];
	a = arena_new();
	buf_init(&first, 1 << 26);
	buf_init(&second, 1 << 26);
	m = arena_alloc(a, t->size);
	if (msg_from_json(a, t, str_of(p + 1, n - 1), m, &e) == 0) {
		int rc;

		msg_to_json(t, m, &first);
		rc = msg_from_json(a, t, buf_str(&first), m, &e);
		assert(rc == 0);
		msg_to_json(t, m, &second);
		assert(str_eq(buf_str(&first), buf_str(&second)));
	}
	assert(arena_bytes(a) <= (1 << 17) + 1000 * n);
	buf_fini(&first);
	buf_fini(&second);
	arena_free(a);
	return 0;
}
