/*
 * legacy_go.h - what Go's runtime/pprof writes into comments of its texts
 * (debug=1), behind the line of a sample:
 *
 *	# labels: {"key":"value", ...}
 *	#	0x106cd1e	time.Sleep+0xbe		/go/src/runtime/time.go:188
 *
 * Names are taken with FORMAT_NAMES, labels with FORMAT_TAGS.
 */
#ifndef LEGACY_GO_H
#define LEGACY_GO_H

#include "formats/legacy/legacy.h"

/* The sample in front of the comments is not yet made: its tags come first. Stops in front of the first other line. */
void legacy_go_comments(struct legacy *l);

/* {"key":"value",...} as tags of the sample in the making; false: it is not of this form, and there are none. */
bool legacy_go_labels(struct legacy *l, struct str text);

#endif
