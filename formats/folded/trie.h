/*
 * trie.h - the binary trie of folded stacks that old agents send.
 *
 *	node := uvarint(n) suffix[n] uvarint(value) uvarint(children) node*
 *
 * The key of a node is all suffixes from the root on; a node with a value
 * above 0 is one folded stack. The end of input where a node would begin ends
 * the trie; elsewhere it is an error: "unexpected EOF" inside a number, else
 * "EOF".
 *
 * The profile is as in folded.h, but for names, which are copied. ERR_LIMIT
 * when the stacks are out of proportion to the input (256 times as large).
 *
 * Source: spec of the write API, 4.2.
 */
#ifndef TRIE_H
#define TRIE_H

#include "formats/profile.h"

int trie_decode(struct arena *a, struct str bytes, struct profile **out, struct err *e);

#endif
