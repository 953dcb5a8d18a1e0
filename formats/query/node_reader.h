/*
 * node_reader.h - the numbers of the binary trie and tree bodies, with the
 * errors that their original reader gives. Only for trie.c and tree_format.c.
 */
#ifndef NODE_READER_H
#define NODE_READER_H

#include "base/err.h"
#include "base/str.h"

/*
 * A tree of n bytes may stand for stacks that are far larger. Real ones take
 * 2 to 20 bytes for each of the input; what takes more than this is refused.
 */
#define NODE_WORK_LIMIT(bytes) ((size_t)(bytes)*256 + (1 << 20))

/* Unsigned LEB128 off the front of in. */
static inline int node_number(struct str *in, uint64_t *v, struct err *e)
{
	*v = 0;
	for (size_t i = 0; i < 10; i++) {
		uint64_t byte;

		if (i == in->n)
			return err_set(e, ERR_INVALID, i ? "unexpected EOF" : "EOF");
		byte = (unsigned char)in->p[i];
		if (i == 9 && byte > 1)
			break;
		*v |= (byte & 0x7f) << 7 * i;
		if (byte < 0x80) {
			*in = str_skip(*in, i + 1);
			return 0;
		}
	}
	return err_set(e, ERR_INVALID, "binary: varint overflows a 64-bit integer");
}

static inline int node_limit(size_t limit, size_t bytes, struct err *e)
{
	return err_set(e, ERR_LIMIT, "the stacks of a tree of %zu bytes take more than %zu bytes", bytes, limit);
}

#endif
