/*
 * labels_json.h - label sets as JSON objects, {"service_name":"shop"}: what
 * profile streams carry as user.pyro.labels.
 */
#ifndef LABELS_JSON_H
#define LABELS_JSON_H

#include "base/err.h"
#include "formats/labels/labels.h"

/* The members are put into *l, over what is there; bytes are copied into a. An empty text is no label. Members that are no
   strings are left out. ERR_CORRUPT and others of json_parse; ERR_INVALID: not an object. */
int labels_from_json(struct arena *a, struct str json, struct labels *l, struct err *e);
/* Appends the object, in the order of the set. */
void labels_to_json(const struct labels *l, struct buf *out);

#endif
