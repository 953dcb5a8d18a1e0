#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "io/fd.h"
#include "proc/child.h"
#include "proc/ready.h"

static struct loop *loop;

struct watched {
	struct child child;
	struct child_exit how;
	int calls;
};

static void on_end(struct child *c, struct child_exit how)
{
	struct watched *w = CONTAINER_OF(c, struct watched, child);

	w->how = how;
	w->calls++;
	loop_stop(loop);
}

static int setup(void **state)
{
	(void)state;
	loop = loop_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

/* Runs a shell command with the descriptors; what it wrote to standard output ends in out. */
static struct child_exit shell(const char *command, struct child_opts o, char *out, size_t size)
{
	struct arena *a = arena_new();
	char *argv[] = { arena_cstr(a, STR("sh")), arena_cstr(a, STR("-c")), arena_cstr(a, str_cstr(command)), NULL };
	struct watched w = { .child.fn = on_end };
	struct child_fd fds[CHILD_MAX_FDS];
	struct err e;
	size_t got = 0;
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	for (size_t i = 0; i < o.n_fds; i++)
		fds[i] = o.fds[i];
	fds[o.n_fds++] = (struct child_fd){ p[1], STDOUT_FILENO };
	o.path = "/bin/sh";
	o.argv = argv;
	o.fds = fds;
	assert_int_equal(child_spawn(&w.child, loop, &o, &e), 0);
	assert_true(w.child.pid > 0);
	close(p[1]);
	assert_int_equal(loop_run(loop, &e), 0);
	assert_int_equal(w.calls, 1);
	assert_int_equal(w.child.pid, 0);
	assert_int_equal(fd_read_full(p[0], out, size - 1, &got, &e), 0);
	out[got] = 0;
	close(p[0]);
	arena_free(a);
	return w.how;
}

static void exit_codes(void **state)
{
	static const struct {
		const char *command;
		bool by_signal;
		int code;
		const char *words;
	} cases[] = {
		{ "exit 0", false, 0, "exit code 0" },
		{ "exit 100", false, 100, "exit code 100" },
		{ "kill -9 $$", true, SIGKILL, "signal 9 (Killed)" },
		{ "kill -TERM $$", true, SIGTERM, "signal 15 (Terminated)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[64];
		struct child_exit how = shell(cases[i].command, (struct child_opts){ 0 }, out, sizeof(out));
		struct buf b;

		assert_int_equal(how.by_signal, cases[i].by_signal);
		assert_int_equal(how.code, cases[i].code);
		buf_init(&b, 200);
		child_print_exit(&b, how);
		assert_true(str_eq(buf_str(&b), str_cstr(cases[i].words)));
		buf_fini(&b);
	}
}

/* Two descriptors change places, and nothing else is open in the child. */
static void descriptors_are_exactly_those(void **state)
{
	int x[2], y[2], extra = fcntl(STDERR_FILENO, F_DUPFD, 20); /* inheritable on purpose */
	char out[200];
	struct child_fd fds[2];

	(void)state;
	assert_int_equal(pipe2(x, O_CLOEXEC), 0);
	assert_int_equal(pipe2(y, O_CLOEXEC), 0);
	assert_int_equal(write(x[1], "from x\n", 7), 7);
	assert_int_equal(write(y[1], "from y\n", 7), 7);
	fds[0] = (struct child_fd){ x[0], y[0] };
	fds[1] = (struct child_fd){ y[0], x[0] };
	assert_true(x[0] < 10 && y[0] < 10);
	snprintf(out, sizeof(out), "read a <&%d; read b <&%d; echo \"$a,$b\"; test -e /proc/self/fd/%d && echo leak",
	    y[0], x[0], extra);
	shell(out, (struct child_opts){ .fds = fds, .n_fds = 2 }, out, sizeof(out));
	assert_string_equal(out, "from x,from y\n");
	close(extra);
	for (int i = 0; i < 2; i++) {
		close(x[i]);
		close(y[i]);
	}
}

static void environment_is_chosen(void **state)
{
	struct arena *a = arena_new();
	char *env[] = { arena_cstr(a, STR("ONLY=this")), NULL };
	char out[200];

	(void)state;
	setenv("PYRO_TEST_LEAK", "1", 1);
	shell("echo \"$ONLY,$PYRO_TEST_LEAK\"", (struct child_opts){ .env = env }, out, sizeof(out));
	assert_string_equal(out, "this,\n");
	shell("echo \"$PYRO_TEST_LEAK\"", (struct child_opts){ 0 }, out, sizeof(out));
	assert_string_equal(out, "1\n");
	arena_free(a);
}

/* What we block or ignore must reach the child. */
static void signals_are_reset(void **state)
{
	sigset_t set, before;
	char out[64];
	struct child_exit how;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	signal(SIGPIPE, SIG_IGN);
	how = shell("kill -TERM $$; echo alive", (struct child_opts){ 0 }, out, sizeof(out));
	assert_true(how.by_signal && how.code == SIGTERM);
	how = shell("kill -PIPE $$; echo alive", (struct child_opts){ 0 }, out, sizeof(out));
	assert_true(how.by_signal && how.code == SIGPIPE);
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void killing(void **state)
{
	char sleep_word[] = "sleep", hundred[] = "100";
	char *argv[] = { sleep_word, hundred, NULL };
	struct watched w = { .child.fn = on_end };
	struct child_opts o = { .path = "/bin/sleep", .argv = argv, .own_group = true };
	struct err e;

	(void)state;
	assert_int_equal(child_spawn(&w.child, loop, &o, &e), 0);
	assert_int_equal(getpgid(w.child.pid), w.child.pid);
	assert_int_equal(child_kill(&w.child, SIGKILL, &e), 0);
	assert_int_equal(loop_run(loop, &e), 0);
	assert_true(w.how.by_signal && w.how.code == SIGKILL);
	assert_int_equal(child_kill(&w.child, SIGKILL, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
}

static void missing_program(void **state)
{
	char word[] = "x";
	char *argv[] = { word, NULL };
	struct watched w = { .child.fn = on_end };
	struct err e;

	(void)state;
	assert_int_equal(child_spawn(&w.child, loop, &(struct child_opts){ .path = "/no/such", .argv = argv }, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_non_null(strstr(e.msg, "/no/such"));
	assert_int_equal(w.child.pid, 0);
}

static void readiness(void **state)
{
	int p[2];
	char line[16] = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(ready_tell(-1, &e), 0);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(ready_tell(p[1], &e), 0);
	assert_int_equal(read(p[0], line, sizeof(line)), 6);
	assert_string_equal(line, "ready\n");
	assert_int_equal(read(p[0], line, sizeof(line)), 0); /* and closed */
	close(p[0]);
	assert_int_equal(ready_tell(1000000, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exit_codes, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_are_exactly_those, setup, teardown),
		cmocka_unit_test_setup_teardown(environment_is_chosen, setup, teardown),
		cmocka_unit_test_setup_teardown(signals_are_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(killing, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_program, setup, teardown),
		cmocka_unit_test(readiness),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
