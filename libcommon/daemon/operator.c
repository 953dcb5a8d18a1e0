#include "daemon/operator.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/num.h"
#include "base/promtext.h"
#include "conf/optdoc.h"
#include "io/file.h"

/* ---- the configuration ---- */

/* Every option at its default: tables of its own that nobody has filled. */
static void print_defaults(struct buf *b, const struct opts *o, struct arena *a)
{
	struct opts fresh;

	opts_init(&fresh, o->prog);
	for (size_t i = 0; i < o->n_sets; i++)
		opts_add(&fresh, o->sets[i].table, arena_zalloc(a, o->sets[i].table->size));
	optdoc_yaml(b, &fresh, false);
	opts_fini(&fresh);
}

void operator_config(struct buf *b, const struct tool *t, struct http_req *r)
{
	if (str_suffix(r->path, STR("/default")))
		print_defaults(b, &t->conf, r->a);
	else
		optdoc_yaml(b, &t->conf, str_suffix(r->path, STR("/diff")));
}

static void show_config(struct http_req *r, void *ctx)
{
	struct buf b;

	buf_init(&b, OPERATOR_PAGE_MAX);
	operator_config(&b, ctx, r);
	http_reply_text(r, 200, buf_str(&b));
	buf_fini(&b);
}

void operator_flags(struct buf *b, const struct tool *t)
{
	struct jw w = jw_init(b);

	jw_open(&w, '{');
	jw_key(&w, STR("status"));
	jw_str(&w, STR("success"));
	jw_key(&w, STR("data"));
	optdoc_flags(&w, &t->conf);
	jw_close(&w, '}');
}

static void show_flags(struct http_req *r, void *ctx)
{
	struct buf b;

	buf_init(&b, OPERATOR_PAGE_MAX);
	operator_flags(&b, ctx);
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}

/* ---- the version ---- */

static void show_build(struct http_req *r, void *ctx)
{
	static const char *const names[] = { "version", "revision", "branch", "buildUser", "buildDate", "goVersion" };
	struct buf b;
	struct jw w;

	(void)ctx;
	buf_init(&b, 4096);
	w = jw_init(&b);
	jw_open(&w, '{');
	jw_key(&w, STR("status"));
	jw_str(&w, STR("success"));
	jw_key(&w, STR("data"));
	jw_open(&w, '{');
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		jw_key(&w, str_cstr(names[i]));
		jw_str(&w, i == 0 ? STR(PYRO_VERSION) : STR(""));
	}
	jw_close(&w, '}');
	jw_close(&w, '}');
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}

const struct route operator_routes[] = {
	{ .path = "/buildinfo", .methods = "GET", .fn = show_build },
	{ .path = "/api/v1/status/buildinfo", .methods = "GET", .fn = show_build },
};

const size_t n_operator_routes = ARRAY_LEN(operator_routes);

const struct route operator_config_routes[OPERATOR_CONFIG_ROUTES] = { OPERATOR_CONFIG(show_config, show_flags) };

/* ---- the process ---- */

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Pages of /proc/self/statm: all, resident. */
static void memory(double *all, double *resident)
{
	struct buf b;
	struct err e;
	int64_t pages[2] = { 0, 0 };

	buf_init(&b, 4096);
	if (file_read(AT_FDCWD, "/proc/self/statm", 4096, &b, &e) == 0) {
		struct str rest = buf_str(&b);

		for (int i = 0; i < 2; i++)
			if (num_i64(str_cut(&rest, ' '), &pages[i], &e) < 0)
				pages[i] = 0;
	}
	buf_fini(&b);
	*all = (double)pages[0] * (double)sysconf(_SC_PAGESIZE);
	*resident = (double)pages[1] * (double)sysconf(_SC_PAGESIZE);
}

static double open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = -3; /* ".", ".." and the folder itself */

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static double most_descriptors(void)
{
	struct rlimit l;

	return getrlimit(RLIMIT_NOFILE, &l) == 0 ? (double)l.rlim_cur : 0;
}

static void gauge(struct buf *b, const char *program, const char *name, const char *help, double v)
{
	struct prom_label l = { "program", str_cstr(program) };

	prom_family(b, name, "gauge", help);
	prom_sample(b, name, &l, 1, v);
}

static void build_info(struct buf *b, const char *program)
{
	struct utsname u;
	struct prom_label l[] = { { "branch", STR("") }, { "goarch", STR("") }, { "goos", STR("linux") },
		{ "goversion", STR("") }, { "program", str_cstr(program) }, { "revision", STR("") },
		{ "tags", STR("") }, { "version", STR(PYRO_VERSION) } };

	if (uname(&u) == 0)
		l[1].value = strcmp(u.machine, "x86_64") == 0 ? STR("amd64")
		    : strcmp(u.machine, "aarch64") == 0       ? STR("arm64")
							      : str_cstr(u.machine);
	prom_family(b, "pyroscope_build_info", "gauge", "What is running.");
	prom_sample(b, "pyroscope_build_info", l, ARRAY_LEN(l), 1);
}

void operator_metrics(struct buf *b, const char *program, int64_t started_wall)
{
	struct prom_label l = { "program", str_cstr(program) };
	double all, resident;

	memory(&all, &resident);
	build_info(b, program);
	prom_family(b, "process_cpu_seconds_total", "counter", "Processor time of the process, user and system.");
	prom_sample(b, "process_cpu_seconds_total", &l, 1, seconds(CLOCK_PROCESS_CPUTIME_ID));
	gauge(b, program, "process_open_fds", "Open descriptors.", open_descriptors());
	gauge(b, program, "process_max_fds", "Most descriptors that may be open.", most_descriptors());
	gauge(b, program, "process_resident_memory_bytes", "Resident memory.", resident);
	gauge(b, program, "process_virtual_memory_bytes", "Address space.", all);
	gauge(b, program, "process_start_time_seconds", "When the process started, unix time.",
	    (double)started_wall / 1e9);
}
