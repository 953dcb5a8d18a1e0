/*
 * ulid.c - ULIDs and UUIDs as text.
 */
#include "formats/ulid.h"

enum { TIME_BYTES = 6 };

static const char BASE32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char HEX[] = "0123456789abcdef";

struct ulid ulid_make(int64_t unix_ms, const uint8_t random[10])
{
	struct ulid id;

	for (int i = 0; i < TIME_BYTES; i++)
		id.b[i] = (uint8_t)((uint64_t)unix_ms >> (40 - 8 * i));
	memcpy(id.b + TIME_BYTES, random, sizeof(id.b) - TIME_BYTES);
	return id;
}

int64_t ulid_ms(struct ulid id)
{
	uint64_t ms = 0;

	for (int i = 0; i < TIME_BYTES; i++)
		ms = ms << 8 | id.b[i];
	return (int64_t)ms;
}

/* 26 characters of 5 bits are 130 bits: the first one has two bits to spare. */
void ulid_print(struct ulid id, char text[static ULID_TEXT + 1])
{
	unsigned bits = 0, have = 2;
	size_t at = 0;

	for (size_t i = 0; i < sizeof(id.b); i++) {
		bits = (bits << 8 | id.b[i]) & 0xffff;
		for (have += 8; have >= 5; have -= 5)
			text[at++] = BASE32[bits >> (have - 5) & 31];
	}
	text[ULID_TEXT] = '\0';
}

/* Value of a character of Crockford's alphabet, lower case too, or 32. */
static unsigned digit32(char c)
{
	unsigned v = 0;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	while (v < 32 && BASE32[v] != c)
		v++;
	return v;
}

int ulid_parse(struct str text, struct ulid *out, struct err *e)
{
	unsigned bits = 0, have = 0;
	size_t at = 0;

	if (text.n != ULID_TEXT)
		return err_set(e, ERR_INVALID, "ULID: %zu characters instead of %d", text.n, ULID_TEXT);
	for (size_t i = 0; i < text.n; i++) {
		unsigned v = digit32(text.p[i]);

		if (v == 32)
			return err_set(e, ERR_INVALID, "ULID: character %zu is not of its alphabet", i + 1);
		if (i == 0 && v > 7)
			return err_set(e, ERR_INVALID, "ULID: more than 128 bits");
		bits = (bits << 5 | v) & 0xffff;
		have += i == 0 ? 3 : 5;
		if (have >= 8) {
			have -= 8;
			out->b[at++] = (uint8_t)(bits >> have);
		}
	}
	return 0;
}

int ulid_cmp(struct ulid a, struct ulid b)
{
	return memcmp(a.b, b.b, sizeof(a.b));
}

static bool uuid_dash(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_print(const uint8_t id[static 16], char text[static UUID_TEXT + 1])
{
	size_t nibble = 0;

	for (size_t i = 0; i < UUID_TEXT; i++) {
		if (uuid_dash(i)) {
			text[i] = '-';
			continue;
		}
		text[i] = HEX[id[nibble / 2] >> (nibble % 2 ? 0 : 4) & 15];
		nibble++;
	}
	text[UUID_TEXT] = '\0';
}

static int digit16(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
				    : -1;
}

int uuid_parse(struct str text, uint8_t out[static 16], struct err *e)
{
	size_t nibble = 0;

	if (text.n != UUID_TEXT)
		return err_set(e, ERR_INVALID, "UUID: %zu characters instead of %d", text.n, UUID_TEXT);
	for (size_t i = 0; i < text.n; i++) {
		int v = digit16(text.p[i]);

		if (uuid_dash(i) ? text.p[i] != '-' : v < 0)
			return err_set(e, ERR_INVALID, "UUID: character %zu is out of place", i + 1);
		if (uuid_dash(i))
			continue;
		out[nibble / 2] = (uint8_t)(nibble % 2 ? out[nibble / 2] | v : v << 4);
		nibble++;
	}
	return 0;
}
