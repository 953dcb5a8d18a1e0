/* json_bid.h - what bids of formats in JSON look at */
#ifndef JSON_BID_H
#define JSON_BID_H

#include "base/str.h"

/* The first character behind blanks, or '\0'. */
char json_first(struct str s);
/* part stands in the first or last part of the text, where its head and its end are: a MB each. */
bool json_has(struct str s, const char *part);

#endif
