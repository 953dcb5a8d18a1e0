/*
 * messages.h - the structs of formats/msg/<service>.def and their tables.
 *
 * Each message M becomes struct M, struct M_list { struct M *p; size_t n; }
 * and the table M_type for formats/msg/msg.h. Names are the package without its
 * version, then the message in lower case with underscores:
 * querier.v1.SelectSeriesRequest is querier_select_series_request. The rows of
 * a .def are
 *
 *	BEGIN("full.Name")                       ... END, or EMPTY("full.Name");
 *	                                         the macro M holds the struct's name
 *	F(number, card, kind, name)              proto, JSON and C name are the same
 *	N(number, card, kind, name, proto, json)
 *	F_MSG(number, card, type, name)          sub-message of struct `type`
 *	N_MSG(number, card, type, name, proto, json)
 *	F_ENUM, N_ENUM                           likewise, type is an enum
 *	ENUM(name) VALUE(number, c_name, proto) ENUM_END(name)
 *
 * struct querier_level has the layout of struct flame_level (tree.h), so that a
 * flame graph is answered without copying its numbers: point levels.p at them.
 *
 * Source: spec of the read API, sections 6 and 15; of the write API, 2 and 16.
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "formats/labels/labels.h"
#include "formats/msg/msg.h"

struct msg_bools {
	bool *p;
	size_t n;
};
struct msg_i32s {
	int32_t *p;
	size_t n;
};
struct msg_i64s {
	int64_t *p;
	size_t n;
};
struct msg_u64s {
	uint64_t *p;
	size_t n;
};
struct msg_f64s {
	double *p;
	size_t n;
};
struct msg_strs {
	struct str *p;
	size_t n;
};

/* Every message and enum by name; lists first, because messages hold them by value. */
#define BEGIN(full) BEGIN_(M)
#define BEGIN_(m) BEGIN__(m)
#define BEGIN__(m)           \
	struct m##_list {    \
		struct m *p; \
		size_t n;    \
	};                   \
	extern const struct msg_type m##_type;
#define END
#define EMPTY(full) BEGIN(full)
#define F(number, card, kind, name)
#define N(number, card, kind, name, proto, json)
#define F_MSG(number, card, type, name)
#define N_MSG(number, card, type, name, proto, json)
#define F_ENUM(number, card, type, name)
#define N_ENUM(number, card, type, name, proto, json)
#define ENUM(name)                                \
	extern const struct msg_enum name##_enum; \
	enum name {
#define VALUE(number, c_name, proto) c_name = number,
#define ENUM_END(name) \
	}              \
	;
#include "formats/msg/all.def"
#include "formats/msg/undef.def"

/* The structs. */
#define MSG_C_BOOL bool
#define MSG_C_I32 int32_t
#define MSG_C_U32 uint32_t
#define MSG_C_I64 int64_t
#define MSG_C_U64 uint64_t
#define MSG_C_F64 double
#define MSG_C_STR struct str
#define MSG_C_BYTES struct str
#define MSG_L_BOOL struct msg_bools
#define MSG_L_I32 struct msg_i32s
#define MSG_L_I64 struct msg_i64s
#define MSG_L_U64 struct msg_u64s
#define MSG_L_F64 struct msg_f64s
#define MSG_L_STR struct msg_strs
#define MSG_L_BYTES struct msg_strs

#define MSG_D_ONE(kind, name) MSG_C_##kind name;
#define MSG_D_OPT(kind, name) \
	MSG_C_##kind name;    \
	bool has_##name;
#define MSG_D_REP(kind, name) MSG_L_##kind name;
#define MSG_M_ONE(type, name) struct type *name;
#define MSG_M_OPT(type, name) struct type *name;
#define MSG_M_REP(type, name) struct type##_list name;
#define MSG_M_MAP(type, name) struct type##_list name;
#define MSG_E_ONE(name) int32_t name;
#define MSG_E_OPT(name) \
	int32_t name;   \
	bool has_##name;

#define BEGIN(full) struct M {
#define END \
	}   \
	;
#define EMPTY(full)           \
	struct M {            \
		char nothing; \
	};
#define F(number, card, kind, name) MSG_D_##card(kind, name)
#define N(number, card, kind, name, proto, json) MSG_D_##card(kind, name)
#define F_MSG(number, card, type, name) MSG_M_##card(type, name)
#define N_MSG(number, card, type, name, proto, json) MSG_M_##card(type, name)
#define F_ENUM(number, card, type, name) MSG_E_##card(name)
#define N_ENUM(number, card, type, name, proto, json) MSG_E_##card(name)
#define ENUM(name)
#define VALUE(number, c_name, proto)
#define ENUM_END(name)
#include "formats/msg/all.def"
#include "formats/msg/undef.def"

/* The same pairs, unsorted; strings are borrowed. */
struct labels labels_of_pairs(struct arena *a, const struct types_label_pair_list *pairs);
struct types_label_pair_list pairs_of_labels(struct arena *a, const struct labels *l);

/* All tables, for tests and for tools that show messages; NULL-terminated. */
extern const struct msg_type *const messages_all[];
const struct msg_type *messages_find(struct str full_name); /* or NULL */

#endif
