/*
 * tree_format.h - the binary tree of frames that old agents send.
 *
 *	node := uvarint(n) name[n] uvarint(self) uvarint(children) node*
 *
 * The first node is the root without a name; children follow in stored order.
 * A node with self above 0 is a stack of all names below the root, joined by
 * ";" and taken apart again as in folded.h; self of the root is dropped. Input that ends too early: "EOF" where a number should
 * be, else "unexpected EOF".
 *
 * The profile is as in folded.h. ERR_LIMIT when the stacks are out of
 * proportion to the input (256 times as large).
 *
 * Source: spec of the write API, 4.3.
 */
#ifndef TREE_FORMAT_H
#define TREE_FORMAT_H

#include "formats/profile.h"

int tree_format_decode(struct arena *a, struct str bytes, struct profile **out, struct err *e);

#endif
