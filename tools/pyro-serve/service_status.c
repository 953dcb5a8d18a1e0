#include "tools/pyro-serve/service_status.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/num.h"
#include "io/fd.h"
#include "io/file.h"

enum { HEAD = 128, SERVICE = 64, SUM = STATUS_SIZE - 4 };

static const char magic[8] = "pyrosvc\n";

static void pad(struct buf *b, size_t to)
{
	buf_fill(b, 0, to - b->n);
}

static void encode_service(const struct status_service *s, struct buf *b)
{
	buf_add(b, str_of(s->name, sizeof(s->name)));
	buf_u32le(b, s->state);
	buf_u32le(b, s->pid);
	buf_u64le(b, (uint64_t)s->since);
	buf_u64le(b, (uint64_t)s->delay);
	buf_u32le(b, s->restarts);
	buf_u32le(b, s->end_kind);
	buf_u32le(b, s->end_code);
}

void status_encode(const struct status *s, struct buf *out)
{
	size_t start = out->n;

	assert(s->n <= STATUS_SERVICES && start == 0);
	buf_add(out, str_of(magic, sizeof(magic)));
	buf_u32le(out, STATUS_VERSION);
	buf_u32le(out, STATUS_SIZE);
	buf_u64le(out, (uint64_t)s->written);
	buf_u64le(out, (uint64_t)s->started);
	buf_u32le(out, s->pid);
	buf_u32le(out, s->n);
	buf_add(out, str_of(s->address, sizeof(s->address)));
	for (uint32_t i = 0; i < s->n; i++) {
		encode_service(&s->services[i], out);
		pad(out, HEAD + (i + 1) * SERVICE);
	}
	pad(out, SUM);
	buf_u32le(out, crc32c(0, buf_str(out)));
}

static uint32_t get32(const char *p)
{
	uint32_t v = 0;

	for (int i = 3; i >= 0; i--)
		v = v << 8 | (uint8_t)p[i];
	return v;
}

static int64_t get64(const char *p)
{
	return (int64_t)((uint64_t)get32(p + 4) << 32 | get32(p));
}

static int decode_service(const char *p, struct status_service *s, struct err *e)
{
	memcpy(s->name, p, sizeof(s->name));
	s->state = get32(p + 16);
	s->pid = get32(p + 20);
	s->since = get64(p + 24);
	s->delay = get64(p + 32);
	s->restarts = get32(p + 40);
	s->end_kind = get32(p + 44);
	s->end_code = get32(p + 48);
	if (s->name[STATUS_NAME - 1] || s->state >= SVC_STATES || s->end_kind > 2)
		return err_set(e, ERR_CORRUPT, "status record: a service is out of range");
	return 0;
}

int status_decode(struct str b, struct status *s, struct err *e)
{
	if (b.n < 16 || memcmp(b.p, magic, sizeof(magic)) != 0)
		return err_set(e, ERR_CORRUPT, "not a status record (%zu bytes)", b.n);
	if (get32(b.p + 8) != STATUS_VERSION)
		return err_set(e, ERR_UNSUPPORTED, "status record version %u; this program reads version %d",
		    get32(b.p + 8), STATUS_VERSION);
	if (b.n != STATUS_SIZE || get32(b.p + 12) != STATUS_SIZE)
		return err_set(e, ERR_CORRUPT, "status record of %zu bytes instead of %d", b.n, STATUS_SIZE);
	if (get32(b.p + SUM) != crc32c(0, str_of(b.p, SUM)))
		return err_set(e, ERR_CORRUPT, "status record: bad checksum");
	*s = (struct status){ .written = get64(b.p + 16),
		.started = get64(b.p + 24),
		.pid = get32(b.p + 32),
		.n = get32(b.p + 36) };
	memcpy(s->address, b.p + 40, sizeof(s->address));
	if (s->n > STATUS_SERVICES || s->address[STATUS_ADDRESS - 1])
		return err_set(e, ERR_CORRUPT, "status record: header out of range");
	for (uint32_t i = 0; i < s->n; i++)
		if (decode_service(b.p + HEAD + i * SERVICE, &s->services[i], e) < 0)
			return -1;
	return 0;
}

int status_write(const char *dir, const struct status *s, struct err *e)
{
	char bytes[STATUS_SIZE], name[PATH_MAX], tmp[PATH_MAX];
	struct buf b = { .p = bytes, .cap = sizeof(bytes), .max = sizeof(bytes) };
	int fd, rc;

	status_encode(s, &b);
	if (snprintf(name, sizeof(name), "%s/status", dir) >= (int)sizeof(name) ||
	    snprintf(tmp, sizeof(tmp), "%s/status.new", dir) >= (int)sizeof(tmp))
		return err_set(e, ERR_CONFIG, "%.100s...: name too long", dir);
	fd = fd_open_mode(AT_FDCWD, tmp, O_WRONLY | O_CREAT | O_TRUNC, 0644, e);
	if (fd < 0)
		return -1;
	rc = fd_write_all(fd, buf_str(&b), e);
	fd_close(&fd);
	if (rc == 0 && rename(tmp, name) < 0)
		rc = err_sys(e, ERR_IO, "rename %s", tmp);
	return rc < 0 ? err_wrap(e, "write the status") : 0;
}

int status_read(const char *dir, struct status *s, struct err *e)
{
	char name[PATH_MAX];
	struct buf b;
	int rc;

	if (snprintf(name, sizeof(name), "%s/status", dir) >= (int)sizeof(name))
		return err_set(e, ERR_CONFIG, "%.100s...: name too long", dir);
	buf_init(&b, STATUS_SIZE + 1);
	rc = file_read(AT_FDCWD, name, STATUS_SIZE, &b, e);
	if (rc < 0 && e->kind == ERR_NOTFOUND)
		err_set(e, ERR_NOTFOUND, "no pyro-serve has run in %s; the operand names another data folder", dir);
	if (rc == 0 && status_decode(buf_str(&b), s, e) < 0)
		rc = err_wrap(e, "%s", name);
	buf_fini(&b);
	return rc;
}

bool status_all_up(const struct status *s)
{
	bool up = s->n > 0;

	for (uint32_t i = 0; i < s->n; i++)
		up = up && s->services[i].state == SVC_UP;
	return up;
}

static void print_end(struct buf *out, const struct status_service *v)
{
	if (v->end_kind == 1)
		buf_printf(out, "exit code %u", v->end_code);
	else if (v->end_kind == 2)
		buf_printf(out, "signal %u", v->end_code);
}

static void print_text(struct buf *out, const struct status *s, bool running, int64_t now)
{
	struct arena *a = arena_new();
	struct str age;

	if (running)
		buf_printf(out, "pyro-serve up, pid %u, http %s, since " STR_FMT "\n", s->pid, s->address,
		    STR_ARG(num_rfc3339(a, s->started)));
	else
		buf_printf(out, "pyro-serve is not running\n");
	for (uint32_t i = 0; i < s->n && running; i++) {
		const struct status_service *v = &s->services[i];

		age = num_go_duration(a, (now - v->since) / NS_PER_S * NS_PER_S);
		buf_printf(out, "%-12s %-10s %-8u for " STR_FMT ", %u restart%s", v->name,
		    service_state_name((enum svc_state)v->state), v->pid, STR_ARG(age), v->restarts,
		    v->restarts == 1 ? "" : "s");
		if (v->end_kind)
			buf_add(out, STR(", last end: "));
		print_end(out, v);
		buf_byte(out, '\n');
	}
	arena_free(a);
}

static void print_json(struct buf *out, const struct status *s, bool running)
{
	struct jw w = jw_init(out);

	jw_open(&w, '{');
	jw_key(&w, STR("running"));
	jw_bool(&w, running);
	jw_key(&w, STR("pid"));
	jw_u64(&w, running ? s->pid : 0);
	jw_key(&w, STR("address"));
	jw_str(&w, str_cstr(s->address));
	jw_key(&w, STR("startedUnixNano"));
	jw_i64(&w, s->started);
	jw_key(&w, STR("services"));
	jw_open(&w, '[');
	for (uint32_t i = 0; i < s->n; i++) {
		const struct status_service *v = &s->services[i];

		jw_open(&w, '{');
		jw_key(&w, STR("name"));
		jw_str(&w, str_cstr(v->name));
		jw_key(&w, STR("state"));
		jw_str(&w, str_cstr(running ? service_state_name((enum svc_state)v->state) : "down"));
		jw_key(&w, STR("pid"));
		jw_u64(&w, running ? v->pid : 0);
		jw_key(&w, STR("sinceUnixNano"));
		jw_i64(&w, v->since);
		jw_key(&w, STR("restarts"));
		jw_u64(&w, v->restarts);
		if (v->end_kind) {
			jw_key(&w, v->end_kind == 1 ? STR("lastExitCode") : STR("lastSignal"));
			jw_u64(&w, v->end_code);
		}
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	buf_byte(out, '\n');
}

void status_print(struct buf *out, const struct status *s, bool running, bool json, int64_t now)
{
	if (json)
		print_json(out, s, running);
	else
		print_text(out, s, running, now);
}
