/*
 * json_scan.h - where a text stops being JSON, in the words of Go's decoder:
 * the servers that clients know say it so. It checks syntax alone, keeps
 * nothing and does not recurse.
 *
 *	json_scan(STR("{\"a\":1,}"), &e)
 *		-1: invalid character '}' looking for beginning of object key string
 *	json_scan(STR("{"), &e)
 *		-1: unexpected end of JSON input
 *
 * Limit: JSON_SCAN_DEPTH open brackets.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include "base/err.h"
#include "base/str.h"

enum { JSON_SCAN_DEPTH = 100 };

/* 0: the whole text is one JSON value. -1: ERR_INVALID. */
int json_scan(struct str text, struct err *e);

#endif
