/*
 * log.c - one line per event, one write.
 */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"

enum {
	LINE_MAX_BYTES = 65536,
	VALUE_MAX_BYTES = 4096, /* more of one value is cut */
};

static char log_tool[64] = "pyro";
static _Atomic enum log_level log_level = LOG_INFO;

void log_open(const char *tool, enum log_level level)
{
	snprintf(log_tool, sizeof(log_tool), "%s", tool);
	atomic_store_explicit(&log_level, level, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
	return level <= atomic_load_explicit(&log_level, memory_order_relaxed);
}

/* logfmt: quotes only where the bare bytes could be misread. */
static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
			return true;
	}
	return s.n == 0;
}

static void log_value(struct buf *b, struct str s)
{
	struct str head = str_of(s.p, MIN(s.n, (size_t)VALUE_MAX_BYTES));

	if (needs_quotes(head))
		enc_quote(b, head);
	else
		buf_add(b, head);
	if (head.n < s.n)
		buf_add(b, STR("..."));
}

static void log_field(struct buf *b, const struct log_field *f)
{
	buf_printf(b, " %s=", f->key);
	switch (f->type) {
	case LOG_F_STR: log_value(b, f->s); break;
	case LOG_F_I64: buf_printf(b, "%" PRId64, f->i); break;
	case LOG_F_F64: buf_printf(b, "%g", f->f); break;
	}
}

static void log_stamp(struct buf *b)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(b, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields, size_t n)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	int saved = errno;
	struct buf b;

	if (!log_enabled(level))
		return;
	buf_init(&b, LINE_MAX_BYTES);
	log_stamp(&b);
	buf_printf(&b, " %s %s msg=", names[level], log_tool);
	log_value(&b, str_cstr(msg));
	for (size_t i = 0; i < n; i++)
		log_field(&b, &fields[i]);
	if (b.n == LINE_MAX_BYTES)
		b.n--;
	b.over = false;
	buf_byte(&b, '\n');
	/* A log that cannot be written has nowhere to be reported. */
	while (write(STDERR_FILENO, b.p, b.n) < 0 && errno == EINTR)
		;
	buf_fini(&b);
	errno = saved;
}
