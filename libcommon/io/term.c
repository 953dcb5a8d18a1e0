/*
 * term.c - what standard output is.
 */
#include "io/term.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/num.h"

enum { COLUMNS_DEFAULT = 80, COLUMNS_MAX = 10000 };

unsigned term_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	if (num_u64(str_cstr(columns), &n, NULL) == 0 && n >= 1 && n <= COLUMNS_MAX)
		return (unsigned)n;
	return COLUMNS_DEFAULT;
}
