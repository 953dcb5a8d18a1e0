/*
 * sha256.h - SHA-256 of bytes at hand, without waking OpenSSL: a policy of
 * the browser names a script by it. Source: FIPS 180-4.
 */
#ifndef SHA256_H
#define SHA256_H

#include "base/str.h"

void sha256(struct str s, uint8_t digest[32]);

#endif
