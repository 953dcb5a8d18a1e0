/*
 * pprof_words.h - why a profile does not decode, in the words of the servers
 * that senders know: "proto: wrong wireType = 7 for field Period". Called once
 * pprof_decode has refused the bytes; what that says (the byte and the field)
 * suits a person with the file at hand, this suits a client of /ingest or Push.
 *
 *	if (pprof_decode(a, bytes, &p, e) < 0)
 *		pprof_words(bytes, e);
 */
#ifndef PPROF_WORDS_H
#define PPROF_WORDS_H

#include "base/err.h"
#include "base/str.h"

/* True: these rules find a fault, too, and it is the message of e now; the kind stays. */
bool pprof_words(struct str bytes, struct err *e);

#endif
