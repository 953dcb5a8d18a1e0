/*
 * embed.h - the bytes of a file as part of the program; the assembler reads it.
 *
 *	EMBED(page_css, "tools/pyro-query/web_page.css")
 *	buf_add(out, EMBEDDED(page_css));
 *
 * The path starts at the root of the source tree. The object file has to
 * depend on it in the Makefile. EMBED stands outside functions.
 */
#ifndef EMBED_H
#define EMBED_H

#include "base/str.h"

#define EMBED(name, path)                                                                                         \
	__asm__(".section .rodata\n"                                                                              \
		".globl " #name "_begin, " #name "_end\n"                                                         \
		".hidden " #name "_begin, " #name "_end\n" #name "_begin: .incbin \"" path "\"\n" #name "_end:\n" \
		".previous\n");                                                                                   \
	extern const char name##_begin[] __attribute__((visibility("hidden")));                                   \
	extern const char name##_end[] __attribute__((visibility("hidden")))

#define EMBEDDED(name) str_of(name##_begin, (size_t)(name##_end - name##_begin))

#endif
