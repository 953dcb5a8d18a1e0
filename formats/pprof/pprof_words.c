#include "formats/pprof/pprof_words.h"

/* A field: numbers alone or packed, records, or bytes. */
enum shape { NUMBER, NUMBERS, RECORD, BYTES };

struct field {
	const char *name; /* NULL: no such number */
	enum shape shape;
	const struct message *of; /* of a record */
};

struct message {
	const char *name;
	unsigned n; /* fields, with 0, which is none */
	const struct field *fields;
};

#define MESSAGE(var, text, ...)                                                             \
	static const struct field var##_fields[] = { { NULL, NUMBER, NULL }, __VA_ARGS__ }; \
	static const struct message var = { text, ARRAY_LEN(var##_fields), var##_fields }

MESSAGE(value_type, "ValueType", { "Type", NUMBER, NULL }, { "Unit", NUMBER, NULL });
MESSAGE(label, "Label", { "Key", NUMBER, NULL }, { "Str", NUMBER, NULL }, { "Num", NUMBER, NULL },
    { "NumUnit", NUMBER, NULL });
MESSAGE(sample, "Sample", { "LocationId", NUMBERS, NULL }, { "Value", NUMBERS, NULL }, { "Label", RECORD, &label });
MESSAGE(mapping, "Mapping", { "Id", NUMBER, NULL }, { "MemoryStart", NUMBER, NULL }, { "MemoryLimit", NUMBER, NULL },
    { "FileOffset", NUMBER, NULL }, { "Filename", NUMBER, NULL }, { "BuildId", NUMBER, NULL },
    { "HasFunctions", NUMBER, NULL }, { "HasFilenames", NUMBER, NULL }, { "HasLineNumbers", NUMBER, NULL },
    { "HasInlineFrames", NUMBER, NULL });
MESSAGE(line, "Line", { "FunctionId", NUMBER, NULL }, { "Line", NUMBER, NULL });
MESSAGE(location, "Location", { "Id", NUMBER, NULL }, { "MappingId", NUMBER, NULL }, { "Address", NUMBER, NULL },
    { "Line", RECORD, &line }, { "IsFolded", NUMBER, NULL });
MESSAGE(function, "Function", { "Id", NUMBER, NULL }, { "Name", NUMBER, NULL }, { "SystemName", NUMBER, NULL },
    { "Filename", NUMBER, NULL }, { "StartLine", NUMBER, NULL });
MESSAGE(profile, "Profile", { "SampleType", RECORD, &value_type }, { "Sample", RECORD, &sample },
    { "Mapping", RECORD, &mapping }, { "Location", RECORD, &location }, { "Function", RECORD, &function },
    { "StringTable", BYTES, NULL }, { "DropFrames", NUMBER, NULL }, { "KeepFrames", NUMBER, NULL },
    { "TimeNanos", NUMBER, NULL }, { "DurationNanos", NUMBER, NULL }, { "PeriodType", RECORD, &value_type },
    { "Period", NUMBER, NULL }, { "Comment", NUMBERS, NULL }, { "DefaultSampleType", NUMBER, NULL });

/* The checks return 0, or -1 with the words in e. */
static int short_input(struct err *e)
{
	return err_set(e, e->kind, "unexpected EOF");
}

static int number(struct str *in, uint64_t *v, struct err *e)
{
	*v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte;

		if (in->n == 0)
			return short_input(e);
		byte = (unsigned char)in->p[0];
		*in = str_skip(*in, 1);
		*v |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return 0;
	}
	return err_set(e, e->kind, "proto: integer overflow");
}

static int piece(struct str *in, struct str *out, struct err *e)
{
	uint64_t n;

	if (number(in, &n, e) < 0)
		return -1;
	if (n > INT64_MAX)
		return err_set(e, e->kind, "proto: negative length found during unmarshaling");
	if (n > in->n)
		return short_input(e);
	*out = str_of(in->p, (size_t)n);
	*in = str_skip(*in, (size_t)n);
	return 0;
}

/* A field without a name, from its tag on; groups as a whole. */
static int skip_field(struct str *in, struct err *e)
{
	size_t depth = 0;

	do {
		uint64_t tag, v;
		struct str bytes;
		int rc = number(in, &tag, e);

		if (rc < 0)
			return -1;
		switch (tag & 7) {
		case 0: rc = number(in, &v, e); break;
		case 1:
			rc = in->n < 8 ? short_input(e) : 0;
			*in = str_skip(*in, 8);
			break;
		case 2: rc = piece(in, &bytes, e); break;
		case 3: depth++; break;
		case 4: rc = depth-- == 0 ? err_set(e, e->kind, "proto: unexpected end of group") : 0; break;
		case 5:
			rc = in->n < 4 ? short_input(e) : 0;
			*in = str_skip(*in, 4);
			break;
		default: rc = err_set(e, e->kind, "proto: illegal wireType %u", (unsigned)(tag & 7));
		}
		if (rc < 0)
			return -1;
	} while (depth > 0);
	return 0;
}

static int numbers(struct str in, struct err *e)
{
	uint64_t v;

	while (in.n > 0)
		if (number(&in, &v, e) < 0)
			return -1;
	return 0;
}

static int check(const struct message *m, struct str in, struct err *e);

static int check_field(const struct field *f, unsigned wire, struct str *in, struct err *e)
{
	bool alone = f->shape == NUMBER || (f->shape == NUMBERS && wire == 0);
	struct str bytes;
	uint64_t v;

	if (wire != (alone ? 0u : 2u))
		return err_set(e, e->kind, "proto: wrong wireType = %u for field %s", wire, f->name);
	if (alone)
		return number(in, &v, e);
	if (piece(in, &bytes, e) < 0)
		return -1;
	if (f->shape == RECORD)
		return check(f->of, bytes, e);
	return f->shape == NUMBERS ? numbers(bytes, e) : 0;
}

/* Three levels at most: that is how deep the messages are. */
static int check(const struct message *m, struct str in, struct err *e)
{
	while (in.n > 0) {
		struct str before = in;
		uint64_t tag;
		int32_t field;
		int rc;

		if (number(&in, &tag, e) < 0)
			return -1;
		field = (int32_t)(uint32_t)(tag >> 3);
		if ((tag & 7) == 4)
			return err_set(e, e->kind, "proto: %s: wiretype end group for non-group", m->name);
		if (field <= 0)
			return err_set(e, e->kind, "proto: %s: illegal tag %d (wire type %llu)", m->name, field,
			    (unsigned long long)tag);
		if ((uint32_t)field < m->n)
			rc = check_field(&m->fields[field], (unsigned)(tag & 7), &in, e);
		else
			rc = skip_field(&before, e);
		if (rc < 0)
			return -1;
		if ((uint32_t)field >= m->n)
			in = before;
	}
	return 0;
}

bool pprof_words(struct str bytes, struct err *e)
{
	return check(&profile, bytes, e) < 0;
}
