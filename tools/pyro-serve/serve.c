/*
 * pyro-serve - the whole server in one command: holds the listening socket,
 * starts the parts of the server, watches them, and stops them in order.
 */
#include "tools/pyro-serve/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "io/fd.h"
#include "io/file.h"
#include "daemon/daemon.h"
#include "proc/signal.h"
#include "tools/pyro-serve/control.h"
#include "tools/pyro-serve/service_status.h"
#include "tools/pyro-serve/supervise.h"

#define OPT_FILE "tools/pyro-serve/serve.def"
#define OPT_STRUCT serve_opts
#define OPT_TABLE serve_table
#include "conf/opt_rows.h"

/* Longest path of a Unix socket, less "/query.sock". */
enum { RUN_DIR_MAX = 107 - 11 };

const struct part_row part_rows[PARTS] = {
#define SERVICE(id, name, program) [PART_##id] = { name, program },
#include "tools/pyro-serve/services.def"
#undef SERVICE
};

static const struct {
	const char *name;
	enum part_id part;
	bool in_all;
} targets[] = {
#define TARGET(name, id, all) { name, PART_##id, all },
#include "tools/pyro-serve/services.def"
#undef TARGET
};

/* Targets of Pyroscope that every pyro process has in it, or that nobody needs here. */
static const char *const needless[] = {
	"overrides-exporter",
	"usage-stats",
	"admin",
	"tenant-settings",
	"ad-hoc-profiles",
	"embedded-grafana",
	"feature-flags",
	"store-gateway",
	"compactor",
};

static struct serve_opts opts;
static struct server_opts server;
static struct known known;

struct run {
	struct supervisor *supervisor;
	struct signals signals;
	struct control control;
	struct timer delay; /* -shutdown-delay */
	struct spawn_plan plan;
	struct supervise_conf conf;
	char run_dir[RUN_DIR_MAX + 1], address[NET_NAME_MAX];
	struct loop *loop;
	int lock, listen_fd;
	bool stopping;
};

static int pick_target(const char *name, bool *runs, struct err *e)
{
	bool all = strcmp(name, "all") == 0, found = all;

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		if ((all && targets[i].in_all) || strcmp(targets[i].name, name) == 0) {
			runs[targets[i].part] = true;
			found = true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(needless) && !found; i++) {
		if (strcmp(needless[i], name) == 0) {
			log_event(LOG_WARN, "target has no effect", LOG_CSTR("target", name));
			found = true;
		}
	}
	if (found)
		return 0;
	return err_set(e, ERR_USAGE, "no target \"%.60s\"; -modules lists them", name);
}

static int pick_targets(struct run *r, struct err *e)
{
	bool any = false;

	for (size_t i = 0; i < opts.target.n; i++)
		if (pick_target(opts.target.p[i], r->plan.runs, e) < 0)
			return -1;
	for (int i = 0; i < PARTS; i++)
		any |= r->plan.runs[i];
	return any ? 0 : err_set(e, ERR_USAGE, "-target names nothing that runs here; -modules lists targets");
}

static int list_modules(void)
{
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		printf("%s%s\n", targets[i].name, targets[i].in_all ? " *" : "");
	printf("all\n\nA * marks what is part of all.\n");
	return 0;
}

static int run_dir_name(char *out, const char *data, struct err *e)
{
	int n = snprintf(out, RUN_DIR_MAX + 1, "%s/run", data);

	if (n >= 0 && n <= RUN_DIR_MAX)
		return 0;
	return err_set(e, ERR_CONFIG, "-pyroscopedb.data-path: %.60s...: %d bytes; sockets there need at most %d", data,
	    n - 4, RUN_DIR_MAX - 4);
}

/* The folder is ours from here on; a second pyro-serve is told. */
static int open_run_dir(struct run *r, struct err *e)
{
	char lock[RUN_DIR_MAX + 16];

	if (run_dir_name(r->run_dir, server.data_path, e) < 0 || file_mkdirs(AT_FDCWD, r->run_dir, 0750, e) < 0)
		return -1;
	snprintf(lock, sizeof(lock), "%s/serve.lock", r->run_dir);
	r->lock = file_lock(AT_FDCWD, lock, false, e);
	if (r->lock < 0 && e->kind == ERR_BUSY)
		return err_set(e, ERR_EXISTS, "another pyro-serve runs in %s (-pyroscopedb.data-path)",
		    server.data_path);
	return r->lock < 0 ? -1 : tmp_tidy(AT_FDCWD, r->run_dir, e);
}

static void delay_over(struct timer *t)
{
	supervise_stop(CONTAINER_OF(t, struct run, delay)->supervisor);
}

/* At once, or after the delay; asked again: at once. */
static void stop(struct run *r)
{
	bool waits = r->delay.pos != 0;

	loop_timer_off(r->loop, &r->delay);
	if (opts.shutdown_delay == 0 || waits || r->stopping) {
		supervise_stop(r->supervisor);
		return;
	}
	r->stopping = true;
	r->delay.fn = delay_over;
	loop_timer(r->loop, &r->delay, loop_mono(r->loop) + opts.shutdown_delay);
	log_event(LOG_INFO, "stopping is delayed", LOG_I64("delay_ms", opts.shutdown_delay / NS_PER_MS));
}

static void on_signal(struct signals *s, int signo)
{
	struct run *r = CONTAINER_OF(s, struct run, signals);

	if (signo == SIGHUP)
		supervise_reload(r->supervisor);
	else
		stop(r);
}

static void on_command(struct control *c, char command)
{
	struct run *r = CONTAINER_OF(c, struct run, control);

	switch (command) {
	case 'x': stop(r); break;
	case 'h': supervise_reload(r->supervisor); break;
	case 'i': supervise_restart(r->supervisor, PART_INGEST); break;
	case 'q': supervise_restart(r->supervisor, PART_QUERY); break;
	}
}

static int prepare(struct run *r, struct tool *t, struct err *e)
{
	r->plan.conf = &t->conf;
	r->plan.known = &known;
	r->plan.shared_sets = 1; /* behind serve.def: server.def and tool.def */
	r->plan.run_dir = r->run_dir;
	if (pick_targets(r, e) < 0 || open_run_dir(r, e) < 0 ||
	    (r->listen_fd = daemon_listen(&server, r->address, e)) < 0)
		return -1;
	r->plan.listen_fd = r->listen_fd;
	r->conf = (struct supervise_conf){
		.run_dir = r->run_dir,
		.address = r->address,
		.stop_timeout = opts.stop_timeout,
		.begun = t->started,
		.listen_fd = r->listen_fd,
		.ready_fd = t->ready_fd,
	};
	for (int i = 0; i < PARTS; i++) {
		r->conf.runs[i] = r->plan.runs[i];
		if (r->plan.runs[i] && spawn_prepare(&r->conf.spawn[i], t->conf.a, &r->plan, (enum part_id)i, e) < 0)
			return -1;
	}
	return 0;
}

static int supervise(struct run *r, struct loop *l, struct err *e)
{
	static const int heard[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	int rc;

	r->loop = l;
	r->signals.fn = on_signal;
	r->control.fn = on_command;
	r->supervisor = supervise_new(&r->conf, l);
	r->listen_fd = -1; /* now the supervisor's */
	rc = signals_open(&r->signals, l, heard, e);
	if (rc == 0)
		rc = control_open(&r->control, l, r->run_dir, e);
	if (rc == 0) {
		supervise_start(r->supervisor);
		rc = loop_run(l, e);
	}
	if (rc == 0)
		rc = supervise_result(r->supervisor, e);
	loop_timer_off(l, &r->delay);
	control_close(&r->control);
	supervise_free(r->supervisor);
	signals_close(&r->signals);
	return rc;
}

static int serve(struct tool *t, struct err *e)
{
	struct run r = { .lock = -1, .listen_fd = -1 };
	struct loop *l;
	int rc;

	if (opts.modules)
		return list_modules();
	if (t->conf.n_args)
		return err_set(e, ERR_USAGE, "unexpected \"%.60s\"; -help tells the usage", t->conf.args[0]);
	rc = prepare(&r, t, e);
	if (rc == 0) {
		l = loop_new();
		rc = supervise(&r, l, e);
		loop_free(l);
	}
	fd_close(&r.listen_fd);
	fd_close(&r.lock);
	return rc;
}

/* Verbs that talk to a running pyro-serve */

static int other_run_dir(struct tool *t, size_t arg, char *out, struct err *e)
{
	if (t->conf.n_args > arg + 1)
		return err_set(e, ERR_USAGE, "unexpected \"%.60s\"", t->conf.args[arg + 1]);
	return run_dir_name(out, t->conf.n_args > arg ? t->conf.args[arg] : server.data_path, e);
}

/* Does a pyro-serve hold the folder? wait: until none does. */
static int is_running(const char *dir, bool wait, bool *running, struct err *e)
{
	char lock[RUN_DIR_MAX + 16];
	int fd;

	*running = false;
	snprintf(lock, sizeof(lock), "%s/serve.lock", dir);
	if (access(lock, F_OK) < 0)
		return 0;
	fd = file_lock(AT_FDCWD, lock, wait, e);
	*running = fd < 0 && e->kind == ERR_BUSY;
	if (fd < 0 && !*running)
		return -1;
	fd_close(&fd);
	return 0;
}

static int show_status(struct tool *t, struct err *e)
{
	char dir[RUN_DIR_MAX + 1];
	struct status s;
	struct timespec now;
	struct buf b;
	bool running;

	if (other_run_dir(t, 0, dir, e) < 0 || status_read(dir, &s, e) < 0 || is_running(dir, false, &running, e) < 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	buf_init(&b, 1 << 16);
	status_print(&b, &s, running, opts.json, now.tv_sec * NS_PER_S);
	fwrite(b.p, 1, b.n, stdout);
	buf_fini(&b);
	return running && status_all_up(&s) ? 0 : 1;
}

static int stop_other(struct tool *t, struct err *e)
{
	char dir[RUN_DIR_MAX + 1];
	bool running;

	if (other_run_dir(t, 0, dir, e) < 0 || control_send(dir, control_byte("stop", ""), e) < 0)
		return -1;
	return is_running(dir, true, &running, e);
}

static int reload_other(struct tool *t, struct err *e)
{
	char dir[RUN_DIR_MAX + 1];

	if (other_run_dir(t, 0, dir, e) < 0)
		return -1;
	return control_send(dir, control_byte("reload", ""), e);
}

static int restart_other(struct tool *t, struct err *e)
{
	const char *part = t->conf.n_args ? t->conf.args[0] : "";
	char byte = control_byte("restart", part), dir[RUN_DIR_MAX + 1];

	if (!byte)
		return err_set(e, ERR_USAGE, "restart what? ingest or query");
	if (other_run_dir(t, 1, dir, e) < 0)
		return -1;
	return control_send(dir, byte, e);
}

int main(int argc, char **argv)
{
	static const struct tool_verb verbs[] = {
		{ "server", "", "run the server (may be left out)", serve },
		{ "status", "[DIR]", "show what the parts are doing; DIR is the data folder", show_status },
		{ "restart", "ingest|query [DIR]", "end and start one part; no connection is refused", restart_other },
		{ "reload", "[DIR]", "read limits again", reload_other },
		{ "stop", "[DIR]", "stop all parts in order, and wait", stop_other },
		{ 0 },
	};
	static const struct opt_set sets[] = { { &serve_table, &opts }, { &server_table, &server }, { 0 } };
	static const char *const examples[] = {
		"pyro-serve -config.file=pyroscope.yaml",
		"pyro-serve -pyroscopedb.data-path=/var/lib/pyro -server.http-listen-port=4040",
		"pyro-serve status --json /var/lib/pyro",
		"pyro-ingest serve -help-all; pyro-query serve -help-all    # their options work here too",
		NULL,
	};
	static const struct tool_spec spec = {
		.name = "pyro-serve",
		.summary = "a profiling server in one command",
		.args = "",
		.sets = sets,
		.verbs = verbs,
		.run = serve,
		.examples = examples,
		.other = &known.other,
		.any_section = true,
	};
	struct arena *a = arena_new();
	int rc;

	known_init(&known, a);
	rc = tool_main(&spec, argc, argv);
	known_fini(&known);
	arena_free(a);
	return rc;
}
