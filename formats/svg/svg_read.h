/*
 * svg_read.h - flame graphs as pictures, read back: our own, those of inferno
 * and of flamegraph.pl, flames and icicles.
 *
 *	<g><title>main (1,234 samples, 56.78%)</title>
 *	<rect x="12.5%" y="32" width="56.78%" height="15" fg:x="270" fg:w="1234"/>...</g>
 *
 * A title with the next rectangle is a frame. Rows are by y; the root is alone
 * in the first or last of them. A frame belongs to the one of the row below
 * (or above) that its middle stands on. Its value is fg:w, else the number in
 * the title; what its children do not have is its own.
 *
 * With fg:w all values are exact; names are, but for control characters.
 * Frames that were too narrow to be drawn are part of what is below them. A
 * comparison of ours (fg:l, fg:r) is two profiles, before and after.
 *
 * The unit is guessed from the titles: 1.25s, 7.2MB, 3 samples, 5 bytes.
 *
 * Source: spec of the command line, 5.10; the pictures themselves.
 */
#ifndef SVG_READ_H
#define SVG_READ_H

#include "formats/format.h"

int svg_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e);

#endif
