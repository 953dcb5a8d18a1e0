/*
 * messages.c - the tables of all messages: one pass over the .def files each
 * for enums, fields, types, and the list of types.
 */
#include "formats/msg/messages.h"

#include "formats/query/tree.h"

#define LIT(s)                   \
	{                        \
		s, sizeof(s) - 1 \
	}
#define CAT(a, b) CAT_(a, b)
#define CAT_(a, b) a##b

#define BEGIN(full)
#define END
#define EMPTY(full)
#define F(number, card, kind, name)
#define N(number, card, kind, name, proto, json)
#define F_MSG(number, card, type, name)
#define N_MSG(number, card, type, name, proto, json)
#define F_ENUM(number, card, type, name)
#define N_ENUM(number, card, type, name, proto, json)
#define ENUM(name) static const struct msg_value name##_values[] = {
#define VALUE(number, c_name, proto) { LIT(proto), number },
#define ENUM_END(name)                        \
	}                                     \
	;                                     \
	const struct msg_enum name##_enum = { \
		name##_values,                \
		ARRAY_LEN(name##_values),     \
	};
#include "formats/msg/all.def"
#include "formats/msg/undef.def"

/* Where the mark of an optional scalar is. */
#define HAS_ONE(name) 0
#define HAS_REP(name) 0
#define HAS_OPT(name) offsetof(struct M, has_##name)
#define ROW(no, card_, kind_, c, proto, json_, has_, type_, values_) \
	{ .number = (no),                                            \
		.kind = MSG_##kind_,                                 \
		.card = MSG_##card_,                                 \
		.at = offsetof(struct M, c),                         \
		.has = (has_),                                       \
		.name = LIT(proto),                                  \
		.json = LIT(json_),                                  \
		.type = (type_),                                     \
		.values = (values_) },

#define BEGIN(full) static const struct msg_field CAT(M, _fields)[] = {
#define END \
	}   \
	;
#define EMPTY(full)
#define F(no, card, kind, c) ROW(no, card, kind, c, #c, #c, HAS_##card(c), NULL, NULL)
#define N(no, card, kind, c, proto, json) ROW(no, card, kind, c, proto, json, HAS_##card(c), NULL, NULL)
#define F_MSG(no, card, t, c) ROW(no, card, MSG, c, #c, #c, 0, &t##_type, NULL)
#define N_MSG(no, card, t, c, proto, json) ROW(no, card, MSG, c, proto, json, 0, &t##_type, NULL)
#define F_ENUM(no, card, t, c) ROW(no, card, ENUM, c, #c, #c, HAS_##card(c), NULL, &t##_enum)
#define N_ENUM(no, card, t, c, proto, json) ROW(no, card, ENUM, c, proto, json, HAS_##card(c), NULL, &t##_enum)
#define ENUM(name)
#define VALUE(number, c_name, proto)
#define ENUM_END(name)
#include "formats/msg/all.def"
#include "formats/msg/undef.def"

#define TYPE(full, n, fields) const struct msg_type CAT(M, _type) = { LIT(full), sizeof(struct M), (n), (fields) };
#define BEGIN(full) TYPE(full, ARRAY_LEN(CAT(M, _fields)), CAT(M, _fields))
#define END
#define EMPTY(full) TYPE(full, 0, NULL)
#define F(number, card, kind, name)
#define N(number, card, kind, name, proto, json)
#define F_MSG(number, card, type, name)
#define N_MSG(number, card, type, name, proto, json)
#define F_ENUM(number, card, type, name)
#define N_ENUM(number, card, type, name, proto, json)
#define ENUM(name)
#define VALUE(number, c_name, proto)
#define ENUM_END(name)
#include "formats/msg/all.def"
#undef BEGIN
#undef EMPTY

#define BEGIN(full) &CAT(M, _type),
#define EMPTY(full) &CAT(M, _type),
const struct msg_type *const messages_all[] = {
#include "formats/msg/all.def"
	NULL,
};
#include "formats/msg/undef.def"

/* What lets a struct flamegraph be answered as it is. */
_Static_assert(sizeof(struct querier_level) == sizeof(struct flame_level), "layout of tree.h");
_Static_assert(offsetof(struct querier_level, values.p) == offsetof(struct flame_level, values) &&
	offsetof(struct querier_level, values.n) == offsetof(struct flame_level, n),
    "layout of tree.h");

const struct msg_type *messages_find(struct str full_name)
{
	for (const struct msg_type *const *t = messages_all; *t; t++)
		if (str_eq((*t)->name, full_name))
			return *t;
	return NULL;
}

struct labels labels_of_pairs(struct arena *a, const struct types_label_pair_list *pairs)
{
	struct labels l = { arena_array(a, pairs->n, sizeof(*l.p)), (uint32_t)pairs->n };

	for (uint32_t i = 0; i < l.n; i++)
		l.p[i] = (struct label){ pairs->p[i].name, pairs->p[i].value };
	return l;
}

struct types_label_pair_list pairs_of_labels(struct arena *a, const struct labels *l)
{
	struct types_label_pair_list out = { arena_zarray(a, l->n, sizeof(*out.p)), l->n };

	for (uint32_t i = 0; i < l->n; i++) {
		out.p[i].name = l->p[i].name;
		out.p[i].value = l->p[i].value;
	}
	return out;
}
