/*
 * md5.h - MD5, because the relabelling action hashmod is defined by it. Not
 * for anything that must withstand an attacker. Source: RFC 1321.
 */
#ifndef MD5_H
#define MD5_H

#include "base/str.h"

void md5(struct str s, uint8_t digest[16]);

#endif
