/*
 * rx.h - the engine behind regex.h: a C face of RE2 with Go's dialect. Users
 * include formats/labels/regex.h. Plain types only, because the other side is C++.
 */
#ifndef RX_H
#define RX_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rx;

struct rx_span {
	const char *p;
	size_t n;
};

/* NULL: why says so in Go's words, terminated. */
struct rx *rx_new(const char *pattern, size_t n, char *why, size_t why_size);
void rx_free(struct rx *r);
bool rx_match(const struct rx *r, const char *text, size_t n, bool anchored, struct rx_span *out, int n_out);
size_t rx_size(const struct rx *r); /* instructions of its program */
int rx_group(const struct rx *r, const char *name, size_t n);

#ifdef __cplusplus
}
#endif

#endif
