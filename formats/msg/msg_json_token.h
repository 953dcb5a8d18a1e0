/*
 * msg_json_token.h - JSON text as tokens, one at a time, and the messages
 * about them, for msg_json_read.c.
 */
#ifndef MSG_JSON_TOKEN_H
#define MSG_JSON_TOKEN_H

#include "formats/msg/msg.h"

enum token { /* brackets, colon and comma stand for themselves */
	T_END = 0,
	T_STR = '"',
	T_NUM = '0',
	T_TRUE = 't',
	T_FALSE = 'f',
	T_NULL = 'n',
};

struct reader {
	struct arena *a;
	struct err *e;
	const struct msg_type *top;
	struct str text;
	size_t at; /* behind the token */
	unsigned depth;

	enum token kind;
	struct str raw; /* the token as written */
	bool escaped;   /* a string with backslashes */
};

/* The token may be long, a message is not. */
#define RAW_FMT "%.*s"
#define RAW_ARG(s) (int)MIN((s).n, (size_t)64), (s).p

/* The next token becomes the current one. */
int msg_json_next(struct reader *r);
/* The current string without quotes and escapes. */
int msg_json_string(struct reader *r, struct str *out);
bool msg_json_is_number(struct str s);
/* The value as sign and magnitude when it is a whole number of 64 bits, also 1.7e12 and 10.0. */
bool msg_json_whole(struct str s, bool *minus, uint64_t *out);

/* "unmarshal into *typesv1.LabelValuesRequest: proto: (line 1:9): WHY", of the current token; -1 */
int msg_json_bad(struct reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The current token is not what may stand here; -1 */
int msg_json_unexpected(struct reader *r);

#endif
