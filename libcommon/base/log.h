/*
 * log.h - standard error, one line per event, one write:
 *
 *	2026-01-15T10:00:00.123Z warn pyro-ingest msg="profile refused" tenant=a limit=5000
 *
 * The message is a constant, the facts are fields, so lines can be counted.
 * Peers' bytes go through LOG_STR fields, which quote. From any thread.
 */
#ifndef LOG_H
#define LOG_H

#include "base/base.h"
#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_field {
	const char *key;
	enum { LOG_F_STR, LOG_F_I64, LOG_F_F64 } type;
	struct str s;
	int64_t i;
	double f;
};

#define LOG_STR(k, v) ((struct log_field){ .key = (k), .type = LOG_F_STR, .s = (v) })
#define LOG_CSTR(k, v) LOG_STR(k, str_cstr(v))
#define LOG_I64(k, v) ((struct log_field){ .key = (k), .type = LOG_F_I64, .i = (int64_t)(v) })
#define LOG_F64(k, v) ((struct log_field){ .key = (k), .type = LOG_F_F64, .f = (v) })

void log_open(const char *tool, enum log_level level);
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *msg, const struct log_field *fields, size_t n);

#define log_event(level, msg, ...)                                                      \
	do {                                                                            \
		struct log_field log_fields_[] = { { 0 }, ##__VA_ARGS__ };              \
		log_write((level), (msg), log_fields_ + 1, ARRAY_LEN(log_fields_) - 1); \
	} while (0)

#endif
