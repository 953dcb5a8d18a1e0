/*
 * ulid.h - ULIDs (48 bits of unix milliseconds, 80 bits of anything; 26
 * characters of Crockford's base32, upper case) and UUID text.
 */
#ifndef ULID_H
#define ULID_H

#include "base/err.h"
#include "base/str.h"

enum { ULID_TEXT = 26, UUID_TEXT = 36 };

struct ulid {
	uint8_t b[16]; /* big endian: 6 bytes time, 10 bytes random */
};

struct ulid ulid_make(int64_t unix_ms, const uint8_t random[10]);
int64_t ulid_ms(struct ulid id);
void ulid_print(struct ulid id, char text[static ULID_TEXT + 1]);
int ulid_parse(struct str text, struct ulid *out, struct err *e);
int ulid_cmp(struct ulid a, struct ulid b);
void uuid_print(const uint8_t id[static 16], char text[static UUID_TEXT + 1]);
int uuid_parse(struct str text, uint8_t out[static 16], struct err *e);

#endif
