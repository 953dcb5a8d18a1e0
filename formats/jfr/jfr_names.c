/*
 * jfr_names.c - names that a JVM or a library makes up at run time, with a
 * number or an address in them, become one name. Source: the spec of the
 * write API, 6.5.
 */
#include "formats/jfr/jfr.h"

static size_t run_of(struct str s, size_t at, bool hex)
{
	size_t i = at;

	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || (hex && s.p[i] >= 'a' && s.p[i] <= 'f')))
		i++;
	return i - at;
}

static bool take(struct str *s, const char *text)
{
	struct str t = str_cstr(text);

	if (!str_prefix(*s, t))
		return false;
	*s = str_skip(*s, t.n);
	return true;
}

static bool accessor(struct str s)
{
	return take(&s, "jdk/internal/reflect/GeneratedMethodAccessor") && s.n > 0 && run_of(s, 0, false) == s.n;
}

/* $?<digits>* then . or / then 0x? and hex digits to the end, or digits alone */
static bool lambda_number(struct str s)
{
	if (s.n > 0 && run_of(s, 0, false) == s.n)
		return true;
	take(&s, "$");
	s = str_skip(s, run_of(s, 0, false));
	if (!take(&s, ".") && !take(&s, "/"))
		return false;
	if (s.n > 2 && s.p[0] == '0' && s.p[1] == 'x')
		s = str_skip(s, 2);
	return s.n > 0 && run_of(s, 0, true) == s.n;
}

/* What stands before the number; something stands before the $$ too. */
static struct str lambda(struct str s)
{
	static const char mark[] = "$$Lambda";
	size_t n = sizeof(mark) - 1;

	for (size_t i = s.n; i > n; i--) {
		if (s.p[i - 1] != 'a' || i - n == 0 || memcmp(s.p + i - n, mark, n) != 0)
			continue;
		if (lambda_number(str_skip(s, i)))
			return str_of(s.p, i);
	}
	return STR_NONE;
}

static void take_tmp(struct str *s)
{
	if (!take(s, "./tmp/"))
		take(s, "/tmp/");
}

static bool take_end(struct str s)
{
	take(&s, " (deleted)");
	return s.n == 0;
}

static bool take_digits(struct str *s)
{
	size_t n = run_of(*s, 0, false);

	*s = str_skip(*s, n);
	return n > 0;
}

static bool zstd_jni(struct str s)
{
	take_tmp(&s);
	return take(&s, "libzstd-jni-") && take_digits(&s) && take(&s, ".") && take_digits(&s) && take(&s, ".") &&
	    take_digits(&s) && take(&s, "-") && take_digits(&s) && take(&s, ".so") && take_end(s);
}

static bool corretto(struct str s)
{
	take_tmp(&s);
	take(&s, "lib");
	if (!take(&s, "amazonCorrettoCryptoProvider"))
		return false;
	take(&s, "NativeLibraries.");
	if (s.n < 16 || run_of(str_of(s.p, 16), 0, true) != 16)
		return false;
	s = str_skip(s, 16);
	if (!take(&s, "/libcrypto"))
		take(&s, "/libamazonCorrettoCryptoProvider");
	return take(&s, ".so") && take_end(s);
}

static bool async_profiler(struct str s)
{
	take_tmp(&s);
	if (!take(&s, "libasyncProfiler-"))
		return false;
	if (!take(&s, "linux-arm64") && !take(&s, "linux-musl-x64") && !take(&s, "linux-x64") && !take(&s, "macos"))
		return false;
	return take(&s, "-17b9a1d8156277a98ccc871afa9a8f69215f92.so") && take_end(s);
}

/* A name with $$ in it: lambdas, enhanced classes. */
static struct str clean_class(struct arena *a, struct str s)
{
	static const char cglib[] = "$$EnhancerBySpringCGLIB$$";
	size_t n = sizeof(cglib) - 1;
	struct str head = lambda(s);

	if (head.n)
		s = arena_printf(a, STR_FMT "_", STR_ARG(head));
	for (size_t i = s.n; i > n; i--)
		if (s.p[i - 1] == '$' && memcmp(s.p + i - n, cglib, n) == 0)
			return arena_printf(a, STR_FMT "_", STR_ARG(str_of(s.p, i)));
	return s;
}

static bool has_mark(struct str s)
{
	for (;;) {
		s = str_skip(s, str_find(s, '$'));
		if (s.n < 2)
			return false;
		if (s.p[1] == '$')
			return true;
		s = str_skip(s, 1);
	}
}

struct str jfr_clean_name(struct arena *a, struct str s)
{
	/* a dot of the patterns is no line end: such names stay */
	if (has_mark(s))
		return str_find(s, '\n') == s.n ? clean_class(a, s) : s;
	if (accessor(s))
		return STR("jdk/internal/reflect/GeneratedMethodAccessor_");
	if (!str_suffix(s, STR(".so")) && !str_suffix(s, STR(".so (deleted)")))
		return s;
	if (zstd_jni(s))
		return STR("libzstd-jni-_.so");
	if (corretto(s))
		return STR("libamazonCorrettoCryptoProvider_.so");
	if (async_profiler(s))
		return STR("libasyncProfiler-_.so");
	return s;
}
