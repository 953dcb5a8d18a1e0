/* term.c - see term.h */
#include "io/term.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
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

bool term_wants_colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || *no == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

bool term_colours(void)
{
	return isatty(STDOUT_FILENO) && term_wants_colours();
}

int32_t term_zone(struct arena *a, int64_t ns, struct str *name)
{
	time_t sec = (time_t)(ns / NS_PER_S);
	struct tm tm;

	if (localtime_r(&sec, &tm) == NULL)
		return 0;
	*name = arena_str(a, str_cstr(tm.tm_zone));
	return (int32_t)tm.tm_gmtoff;
}
