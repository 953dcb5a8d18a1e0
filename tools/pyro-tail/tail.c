/* tail.c - pyro-tail: the profiles that come in at a server, as a profile stream or as a table */
#include "tools/pyro-tail/tail.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/zip.h"
#include "formats/labels/labels_json.h"
#include "formats/report/text_screen.h"
#include "io/archive.h"
#include "io/file.h"
#include "io/stream_fd.h"
#include "io/tty.h"
#include "proc/ready.h"
#include "tools/pyro-tail/tail_table.h"

#define OPT_FILE "tools/pyro-tail/tail.def"
#define OPT_STRUCT tail_opts
#define OPT_TABLE tail_table_rows
#include "conf/opt_rows.h"

enum { GZIP_LEVEL = 1, MAX_SCREEN = 4 << 20 };

static struct tail_opts opts;

struct watch_all {
	const struct tail_opts *o;
	struct str title;
	int64_t end, drawn; /* mono; end 0: none */
	uint64_t profiles, lost;
	struct sink *sink;        /* the stream */
	struct pack *pack;        /* from the first profile on */
	struct tail_table *table; /* or the table */
	struct tty *tty;          /* which fills a terminal */
	char why[256];            /* the connection does not stand; empty: it does */
	struct err err;           /* of the terminal, or of telling that all is ready */
	bool failed;
	int ready_fd; /* -1: it has been told */
};

static volatile sig_atomic_t asked; /* to end */

static void at_signal(int number)
{
	(void)number;
	asked = 1;
}

static void hear_signals(void)
{
	struct sigaction a = { .sa_handler = at_signal };

	sigemptyset(&a.sa_mask);
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGHUP, &a, NULL);
}

static int64_t now(void)
{
	return clock_real()->mono(clock_real());
}

/* ---- the stream ---- */

static int begin_pack(struct watch_all *w, struct err *e)
{
	if (w->pack == NULL)
		w->pack = pack_open(w->sink, e);
	return w->pack != NULL ? 0 : -1;
}

static int write_member(struct watch_all *w, const struct tail_event *ev, struct err *e)
{
	struct arena *a = arena_new();
	struct member m = { .mtime = ev->time };
	struct buf labels, packed;
	int rc;

	buf_init(&labels, ARCHIVE_LABELS_MAX);
	buf_init(&packed, INT32_MAX);
	labels_to_json(&ev->labels, &labels);
	zip_gzip(ev->pprof, GZIP_LEVEL, &packed);
	m.name = arena_printf(a, "%lld-%016llx.pb.gz", (long long)ev->time,
	    (unsigned long long)labels_hash(&ev->labels));
	m.labels = buf_str(&labels);
	rc = buf_check(&labels, "labels", e) < 0 || buf_check(&packed, "profile", e) < 0 || begin_pack(w, e) < 0
	    ? -1
	    : pack_add(w->pack, &m, buf_str(&packed), e);
	if (rc == 0)
		rc = sink_flush(w->sink, e);
	buf_fini(&labels);
	buf_fini(&packed);
	arena_free(a);
	return rc;
}

/* ---- what the connection brings ---- */

static int on_event(void *ctx, const struct tail_event *ev, struct err *e)
{
	struct watch_all *w = ctx;

	if (w->o->count > 0 && w->profiles >= (uint64_t)w->o->count)
		return 0;
	w->profiles++;
	if (w->table == NULL)
		return write_member(w, ev, e);
	tail_table_add(w->table, &ev->labels, ev->pprof.n, ev->p->n_samples, now());
	return 0;
}

static void on_lost(void *ctx, uint64_t n)
{
	struct watch_all *w = ctx;

	w->lost += n;
	if (w->table != NULL)
		tail_table_lost(w->table, n);
	if (w->tty == NULL)
		log_event(LOG_WARN, "profiles lost: this reader is too slow", LOG_I64("profiles", n));
}

static void on_state(void *ctx, const char *why)
{
	struct watch_all *w = ctx;

	if (why == NULL && !w->failed && ready_tell(w->ready_fd, &w->err) < 0)
		w->failed = true;
	w->ready_fd = why == NULL ? -1 : w->ready_fd;
	if (why != NULL && w->tty == NULL)
		log_event(LOG_WARN, "connection lost, trying again; what comes in meanwhile is not seen",
		    LOG_CSTR("error", why));
	w->why[0] = '\0';
	if (why != NULL)
		snprintf(w->why, sizeof(w->why), "LOST: " STR_FMT, STR_ARG(text_screen_reason(why)));
}

static bool draw(struct watch_all *w)
{
	unsigned rows, columns;
	struct buf b;

	w->drawn = now();
	tty_size(w->tty, &rows, &columns);
	buf_init(&b, MAX_SCREEN);
	tail_table_draw(w->table, rows, columns, w->title, w->why[0] ? w->why : NULL, w->drawn, &b);
	w->failed = buf_check(&b, "screen", &w->err) < 0 || tty_write(w->tty, buf_str(&b), &w->err) < 0;
	buf_fini(&b);
	return !w->failed;
}

static bool on_turn(void *ctx)
{
	struct watch_all *w = ctx;
	bool due = w->tty != NULL && now() - w->drawn >= w->o->interval;

	if (asked || w->failed || (w->end > 0 && now() >= w->end) ||
	    (w->o->count > 0 && w->profiles >= (uint64_t)w->o->count))
		return false;
	for (int key; w->tty != NULL && (key = tty_key_within(w->tty, 0)) != KEY_NONE;) {
		if (!tail_table_key(w->table, key))
			return false;
		due = true;
	}
	return due ? draw(w) : true;
}

/* ---- the program ---- */

static int begin(struct watch_all *w, struct err *e)
{
	bool terminal = isatty(STDOUT_FILENO);

	w->end = w->o->duration > 0 ? now() + w->o->duration : 0;
	if (terminal || w->o->table)
		w->table = tail_table_new(now());
	if (!terminal)
		hear_signals();
	if (terminal)
		return (w->tty = tty_open(e)) != NULL && draw(w) ? 0 : -1;
	if (w->table != NULL)
		return 0;
	w->sink = sink_fd(STDOUT_FILENO, FD_KEEP, "standard output");
	return w->sink != NULL ? 0 : -1;
}

/* What was written stays readable, whatever ended it; without a profile a failure leaves nothing. */
static int finish(struct watch_all *w, bool good, struct err *e)
{
	struct buf b;
	int rc = 0;

	tty_close(w->tty);
	if (w->failed) {
		*e = w->err;
		return -1;
	}
	if (w->table != NULL) {
		buf_init(&b, INT32_MAX);
		tail_table_print(w->table, now(), &b);
		rc = file_answer(NULL, buf_str(&b), false, e);
		buf_fini(&b);
		tail_table_free(w->table);
		return rc;
	}
	if (good && w->sink != NULL)
		rc = begin_pack(w, e);
	if (rc == 0 && w->pack != NULL)
		rc = pack_close(w->pack, e);
	if (w->sink != NULL && rc == 0)
		return sink_close(w->sink, e);
	if (w->sink != NULL)
		sink_drop(w->sink);
	return rc;
}

static int read_args(const struct tool *t, const char **url, struct str *query, struct err *e)
{
	*url = NULL;
	*query = str_cstr(opts.query);
	for (size_t i = 0; i < t->conf.n_args; i++) {
		const char *arg = t->conf.args[i];

		if (arg[0] == '{')
			*query = str_cstr(arg);
		else if (*url != NULL)
			return err_set(e, ERR_USAGE, "%s: one server at a time", arg);
		else
			*url = arg;
	}
	if (*url == NULL)
		*url = "http://localhost:4040";
	if (strncmp(*url, "http://", 7) != 0 && strncmp(*url, "https://", 8) != 0)
		return err_set(e, ERR_USAGE, "%s: the address of a server is expected, http://host:4040", *url);
	return 0;
}

static int tail_run(struct tool *t, struct err *e)
{
	struct watch_all w = { .o = &opts, .ready_fd = t->ready_fd };
	struct tail_reader r = { on_event, on_lost, on_state, on_turn, -1, &w };
	struct arena *a = arena_new();
	struct err ending;
	const char *url;
	struct str query;
	int rc = read_args(t, &url, &query, e);

	if (rc == 0) {
		w.title = arena_printf(a, STR_FMT "  %s", STR_ARG(query), url);
		rc = begin(&w, e);
	}
	if (rc == 0) {
		r.fd = w.tty != NULL ? tty_fd(w.tty) : -1;
		rc = tail_follow(&opts, url, query, &r, e);
	}
	if (finish(&w, rc == 0, &ending) < 0 && rc == 0) {
		*e = ending;
		rc = -1;
	}
	arena_free(a);
	return rc == 0 && w.profiles == 0 ? 1 : rc;
}

int main(int argc, char **argv)
{
	static const struct opt_set sets[] = { { &tail_table_rows, &opts }, { &client_table, &opts.client }, { 0 } };
	static const char *const examples[] = {
		"pyro-tail http://localhost:4040",
		"pyro-tail '{service_name=\"shop\"}' --for 1m http://localhost:4040 | pyro-query top",
		"pyro-tail --count 100 http://localhost:4040 > some.tar",
		NULL,
	};
	static const struct tool_spec spec = {
		.name = "pyro-tail",
		.summary = "watch the profiles that come in at a server",
		.args = "[SELECTOR] [URL]",
		.sets = sets,
		.run = tail_run,
		.examples = examples,
	};

	return tool_main(&spec, argc, argv);
}
