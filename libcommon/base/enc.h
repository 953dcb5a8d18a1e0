/*
 * enc.h - hexadecimal, base64 and percent encodings, and the quoting that
 * error texts use for bytes of strangers.
 */
#ifndef ENC_H
#define ENC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

void enc_hex(struct buf *b, struct str bytes); /* lower case */
bool enc_is_hex(struct str text);              /* of digits of either case alone, or empty */
int dec_hex(struct arena *a, struct str text, struct str *out, struct err *e);
void enc_base64(struct buf *b, struct str bytes);                                 /* standard alphabet, padded */
int dec_base64(struct arena *a, struct str text, struct str *out, struct err *e); /* both alphabets, padding optional */
void enc_percent(struct buf *b, struct str bytes);                                /* all but A-Za-z0-9 - _ . ~ */
int dec_percent(struct arena *a, struct str text, bool plus_is_blank, struct str *out, struct err *e);
size_t enc_utf8(char *p, uint32_t c);            /* 1 to 4 bytes of a code point */
void enc_quote(struct buf *b, struct str bytes); /* "..." as Go's %q writes it */

#endif
