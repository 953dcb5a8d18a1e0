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

struct tenants {
	struct str p[TENANTS_MAX];
	size_t n;
};

static int add(struct tenants *t, struct str name, struct err *e)
{
	size_t i = t->n;

	for (size_t k = 0; k < t->n; k++)
		if (str_eq(t->p[k], name))
			return 0;
	if (t->n == TENANTS_MAX)
		return err_set(e, ERR_INVALID, "more than %d tenants in one request", TENANTS_MAX);
	for (; i > 0 && str_cmp(t->p[i - 1], name) > 0; i--)
		t->p[i] = t->p[i - 1];
	t->p[i] = name;
	t->n++;
	return 0;
}

static int parse(struct str header, struct tenants *out, struct err *e)
{
	out->n = 0;
	if (header.n == 0)
		return err_set(e, ERR_UNAUTH, "no org id");
	while (header.n > 0) {
		struct str part = str_cut(&header, '|');

		part.n = str_find(part, ':');
		if (check_name(part, e) < 0 || add(out, part, e) < 0)
			return -1;
	}
	return 0;
}

int tenants_of_request(const struct http_req *r, bool multitenancy, struct str *out, struct err *e)
{
	struct tenants t;

	*out = STR("anonymous");
	if (!multitenancy)
		return 0;
	if (parse(http_header(r, "X-Scope-OrgID"), &t, e) < 0)
		return -1;
	*out = t.p[0];
	for (size_t i = 1; i < t.n; i++)
		*out = arena_printf(r->a, STR_FMT "|" STR_FMT, STR_ARG(*out), STR_ARG(t.p[i]));
	return 0;
}

int tenant_of_request(const struct http_req *r, bool multitenancy, struct str *out, struct err *e)
{
	struct tenants t;

	*out = STR("anonymous");
	if (!multitenancy)
		return 0;
	if (parse(http_header(r, "X-Scope-OrgID"), &t, e) < 0)
		return -1;
	if (t.n > 1)
		return err_set(e, ERR_INVALID, "multiple org IDs present");
	*out = t.p[0];
	return 0;
}
