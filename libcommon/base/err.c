/*
 * err.c - errors and their table.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
	int exit, http;
	const char *rpc, *name;
} kinds[ERR_KINDS] = {
#define ERR(kind, exit, http, rpc, retry, text) [ERR_##kind] = { exit, http, rpc, #kind },
#include "base/err.def"
#undef ERR
};

/* Through a second buffer: an argument may be e->msg itself. */
static void err_print(struct err *e, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void err_print(struct err *e, const char *fmt, va_list ap)
{
	char tmp[sizeof(e->msg)];

	if (vsnprintf(tmp, sizeof(tmp), fmt, ap) < 0)
		tmp[0] = '\0';
	memcpy(e->msg, tmp, strlen(tmp) + 1);
}

/* Adds text behind the message, as much as fits. */
static void err_add(struct err *e, const char *text)
{
	size_t n = strlen(e->msg), more = strlen(text), room = sizeof(e->msg) - 1 - n;

	more = MIN(more, room);
	memcpy(e->msg + n, text, more);
	e->msg[n + more] = '\0';
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	err_print(e, fmt, ap);
	va_end(ap);
	e->kind = kind;
	e->sys = 0;
	return -1;
}

int err_sys(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	int sys = errno;
	char text[128];
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	err_print(e, fmt, ap);
	va_end(ap);
	err_add(e, ": ");
	err_add(e, strerror_r(sys, text, sizeof(text)));
	e->kind = kind;
	e->sys = sys;
	return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	va_list ap;

	if (e == NULL)
		return -1;
	memcpy(old, e->msg, strlen(e->msg) + 1);
	va_start(ap, fmt);
	err_print(e, fmt, ap);
	va_end(ap);
	err_add(e, ": ");
	err_add(e, old);
	return -1;
}

int err_exit(enum err_kind kind)
{
	return kinds[kind].exit;
}

int err_http(enum err_kind kind)
{
	return kinds[kind].http;
}

const char *err_rpc(enum err_kind kind)
{
	return kinds[kind].rpc;
}

const char *err_name(enum err_kind kind)
{
	return kinds[kind].name;
}
