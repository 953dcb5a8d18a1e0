/*
 * output_words.h - names of formats and forms, and extensions of their files, for completions: between blanks, appended.
 *
 *	static void words(const char *flag, struct buf *names, struct buf *extensions)
 *	{
 *		if (strcmp(flag, "output") == 0)
 *			output_words(OUTPUT_REPORT, names, extensions);
 *	}
 */
#ifndef OUTPUT_WORDS_H
#define OUTPUT_WORDS_H

#include "formats/report/output.h"

void output_words_read(struct buf *names); /* formats that can be read */
/* Forms of such things (some of: enum output_of); each extension once. names, extensions: may be NULL. */
void output_words(unsigned of, struct buf *names, struct buf *extensions);
/* For tool_spec.words of a program with the option `format` alone. */
void output_words_format(const char *flag, struct buf *names, struct buf *extensions);

#endif
