/*
 * tree_cut.h - what a tree loses on its way through a server when the
 * question limits the number of nodes.
 *
 * A v1 server cuts a tree four times: where it is stored, where the answers
 * of the stores are merged, where those for parts of the time range are
 * merged, and when it is drawn. Each cut counts the `other` nodes of the one
 * before, so the result has fewer nodes than one cut leaves. Whoever wants
 * the same answer lets tree_cut do the first three before tree_flamegraph,
 * tree_encode or tree_flamegraph_diff:
 *
 *	tree_cut(t, max_nodes);
 *	g = tree_flamegraph(a, t, max_nodes);
 *
 * The first cut does not add to a child that is really named `other` and
 * stays: what is cut beside it is lost, as it is in v1.
 *
 * Source: recorded answers; spec of the read API, 7.4, 9.1 and 9.5.
 */
#ifndef TREE_CUT_H
#define TREE_CUT_H

#include "formats/query/tree.h"

/* max_nodes <= 0: nothing is cut. Totals are right afterwards; node numbers change. */
void tree_cut(struct tree *t, int64_t max_nodes);
/* Without the first cut: trees of spans leave the store whole. */
void tree_cut_merged(struct tree *t, int64_t max_nodes);
/* Nodes that are seen under their names when the tree is written with max_nodes, none below an `other`; totals are right. */
size_t tree_shown(const struct tree *t, int64_t max_nodes);

#endif
