/* otlp_schema.c - see otlp_schema.h */
#include "formats/otlp/otlp_schema.h"

/* The name without the underscore at its end. */
#define NAME(text)                                                                                                \
	{                                                                                                         \
		(text), sizeof(text) > 2 && (text)[sizeof(text) - 2] == '_' ? sizeof(text) - 2 : sizeof(text) - 1 \
	}

const struct otlp_field otlp_fields[OTLP_FIELDS] = {
#define FIELD(message_, name_, kind_, many_, inner_, a, b, c, d, e, f, g) \
	{ .message = OTLP_##message_,                                     \
		.kind = OTLP_##kind_,                                     \
		.inner = OTLP_##inner_,                                   \
		.many = (many_),                                          \
		.number = { a, b, c, d, e, f, g },                        \
		.name = NAME(#name_) },
#include "formats/otlp/otlp_fields.def"
#undef FIELD
};

static_assert(OTLP_FIELDS < 255, "a field and one more fit in a byte");

void otlp_numbers_of(struct otlp_numbers *out, enum otlp_version v)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < OTLP_FIELDS; i++) {
		uint8_t number = otlp_fields[i].number[v];

		if (number != 0)
			out->field[otlp_fields[i].message][number] = (uint8_t)(i + 1);
	}
}

void otlp_fields_of(enum otlp_message m, uint32_t *first, uint32_t *end)
{
	uint32_t i = 0;

	while (i < OTLP_FIELDS && otlp_fields[i].message != m)
		i++;
	*first = i;
	while (i < OTLP_FIELDS && otlp_fields[i].message == m)
		i++;
	*end = i;
}

const char *otlp_version_text(enum otlp_version v)
{
	static const char *const texts[OTLP_VERSIONS] = {
		[OTLP_EXPERIMENTAL] = "v1experimental of 1.3",
		[OTLP_1_4] = "v1development of 1.4 and 1.5",
		[OTLP_1_6] = "v1development of 1.6",
		[OTLP_1_7] = "v1development of 1.7",
		[OTLP_1_8] = "v1development of 1.8",
		[OTLP_1_9] = "v1development of 1.9",
		[OTLP_1_10] = "v1development of 1.10",
	};

	return texts[v];
}
