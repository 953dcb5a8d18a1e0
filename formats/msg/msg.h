/*
 * msg.h - messages of the RPC services as C structs: binary protobuf and
 * proto3 JSON, both ways, driven by the tables of formats/msg/messages.h.
 *
 *	struct querier_series_request req;
 *	if (msg_decode(a, &querier_series_request_type, body, &req, e) < 0)
 *		return err_wrap(e, "unmarshal message");
 *	...
 *	msg_encode(&querier_series_response_type, &resp, &out);
 *
 * In a struct a text or bytes field is a struct str, a message is a pointer
 * (NULL = absent), a repeated field is { p, n }, an optional scalar X has a
 * bool has_X beside it, an enum is an int32_t. Decoding clears the struct
 * first, allocates from the arena and borrows the bytes of the input where it
 * can: keep the input as long as the struct. Memory taken is bounded by a
 * constant (the largest element struct over two bytes of input) times the
 * input; nesting by MSG_MAX_DEPTH. Nothing is kept between calls.
 *
 * Binary: unknown fields are skipped, packed and unpacked lists are both read,
 * the last scalar wins, a message that comes twice is merged, another wire
 * type than the field's is an error. Text is not checked for UTF-8, which is
 * what the services do. JSON: names in lowerCamelCase or as in the .proto;
 * unknown names and unknown enum names are ignored; null is absent; a known
 * member that comes twice is an error; 64-bit numbers are strings on output.
 *
 * Errors are ERR_INVALID in the words of the original decoders. Caller adds
 * "unmarshal message: ". Encoders append to `out`; check with buf_check.
 *
 * Source: the protobuf encoding and ProtoJSON documents; spec of the read API, section 5.
 */
#ifndef MSG_H
#define MSG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { MSG_MAX_DEPTH = 100 };

enum msg_kind {
	MSG_BOOL,
	MSG_I32, /* int32 */
	MSG_U32, /* uint32 */
	MSG_I64, /* int64 */
	MSG_U64, /* uint64 */
	MSG_F64, /* double */
	MSG_ENUM,
	MSG_STR,
	MSG_BYTES,
	MSG_MSG,
};

enum msg_card {  /* cardinality */
	MSG_ONE, /* left out when zero, empty or NULL */
	MSG_OPT, /* scalars: present when has_X */
	MSG_REP,
	MSG_MAP, /* repeated entries {1 key string, 2 value message}; an object in JSON */
};

struct msg_value {
	struct str name;
	int32_t number;
};

struct msg_enum {
	const struct msg_value *values;
	uint32_t n;
};

struct msg_type;

struct msg_field {
	uint16_t number;
	uint8_t kind, card; /* enum msg_kind, enum msg_card */
	uint32_t at, has;   /* offsets; has only of optional scalars */
	struct str name, json;
	const struct msg_type *type;   /* of MSG_MSG */
	const struct msg_enum *values; /* of MSG_ENUM */
};

struct msg_type {
	struct str name; /* "querier.v1.SeriesRequest" */
	uint32_t size, n;
	const struct msg_field *fields; /* ascending by number */
};

int msg_decode(struct arena *a, const struct msg_type *t, struct str bytes, void *out, struct err *e);
void msg_encode(const struct msg_type *t, const void *msg, struct buf *out);
/* An empty text is an error of its own: "zero-length payload is not a valid JSON object". */
int msg_from_json(struct arena *a, const struct msg_type *t, struct str text, void *out, struct err *e);
void msg_to_json(const struct msg_type *t, const void *msg, struct buf *out);

#endif
