/*
 * msg_impl.h - what the two forms of formats/msg/msg.h share: access to members
 * by offset, and lists that grow. Not for users of msg.h.
 *
 * A list has no capacity of its own: as long as the decoders fill it, it has
 * room for n rounded up to a power of two.
 */
#ifndef MSG_IMPL_H
#define MSG_IMPL_H

#include "formats/msg/msg.h"

struct msg_list { /* any struct msg_...s, any struct M_list */
	void *p;
	size_t n;
};

static inline void *msg_at(void *msg, uint32_t at)
{
	return (char *)msg + at;
}

static inline const void *msg_at_const(const void *msg, uint32_t at)
{
	return (const char *)msg + at;
}

size_t msg_element_size(const struct msg_field *f);
/* Room for k more elements behind list->n; a pointer to the first. list->n stays. */
void *msg_list_more(struct arena *a, struct msg_list *list, size_t k, size_t size);

#endif
