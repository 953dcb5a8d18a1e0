/*
 * mem.h - allocation that cannot fail: every call aborts the process with one
 * line on standard error when memory is out (a supervisor restarts it, the
 * data on disk is whole by construction). What callers must do instead is
 * compare each size from outside with a limit or with the bytes at hand first.
 */
#ifndef MEM_H
#define MEM_H

#include "base/base.h"

void *mem_alloc(size_t n); /* not zeroed */
void *mem_zalloc(size_t n);
void *mem_array(size_t n, size_t size); /* n * size, not zeroed; overflow aborts */
void *mem_zarray(size_t n, size_t size);
void *mem_resize(void *p, size_t n, size_t size); /* realloc of n * size */
void mem_free(void *p);                           /* accepts NULL */
/* Gives what is free back to the system, of all threads. Takes a while: when there is nothing else to do. */
void mem_trim(void);
/* Up to so many bytes that are free stay with each thread until mem_trim, and only blocks of half as many are given back one by one. */
void mem_keep(int n);
char *mem_cstr(const char *p, size_t n); /* terminated copy */

#endif
