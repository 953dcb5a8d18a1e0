/* tenant.c - see tenant.h */
#include "net/tenant.h"

enum { MAX_TENANT = 150 };

/* A byte stands for the character of that number. */
static int bad_byte(struct str s, unsigned char c, struct err *e)
{
	char text[3] = { (char)c };

	if (c >= 0x80) {
		text[0] = (char)(0xc0 | c >> 6);
		text[1] = (char)(0x80 | (c & 0x3f));
	}
	return err_set(e, ERR_INVALID, "tenant ID '" STR_FMT "' contains unsupported character '%s'", STR_ARG(s), text);
}

static int check_name(struct str s, struct err *e)
{
	if (s.n == 0)
		return err_set(e, ERR_UNAUTH, "no org id");
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!plain && (c == '\0' || strchr("!-_.*'()", c) == NULL))
			return bad_byte(s, (unsigned char)c, e);
	}
	if (s.n > MAX_TENANT)
		return err_set(e, ERR_INVALID, "tenant ID is too long: max %d characters", MAX_TENANT);
	if (str_eq(s, STR(".")) || str_eq(s, STR("..")))
		return err_set(e, ERR_INVALID, "tenant ID is '.' or '..'");
	return 0;
}

int tenant_of_request(const struct http_req *r, bool multitenancy, struct str *out, struct err *e)
{
	struct str rest;
	bool first = true;

	*out = STR("anonymous");
	if (!multitenancy)
		return 0;
	rest = http_header(r, "X-Scope-OrgID");
	if (rest.n == 0)
		return err_set(e, ERR_UNAUTH, "no org id");
	while (rest.n > 0) {
		struct str part = str_cut(&rest, '|');

		part.n = str_find(part, ':');
		if (check_name(part, e) < 0)
			return -1;
		if (!first && !str_eq(part, *out))
			return err_set(e, ERR_INVALID, "multiple org IDs present");
		*out = part;
		first = false;
	}
	return 0;
}
