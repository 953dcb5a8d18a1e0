#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/parent.h"
#include "conf/tool.h"
#include "proc/ready.h"

struct test_opts {
#define OPT_FILE "tests/unit/test_opt.def"
#include "conf/opt_struct.h"
};

#define OPT_FILE "tests/unit/test_opt.def"
#define OPT_STRUCT test_opts
#define OPT_TABLE test_table
#include "conf/opt_rows.h"

static struct test_opts opts;

/* What "end KIND" ends with. */
static int end(struct tool *t, struct err *e)
{
	const char *how = t->conf.n_args ? t->conf.args[0] : "";

	if (strcmp(how, "no") == 0)
		return 1;
	if (strcmp(how, "io") == 0)
		return err_set(e, ERR_IO, "disk: gone");
	if (strcmp(how, "invalid") == 0)
		return err_set(e, ERR_INVALID, "input: bad");
	if (strcmp(how, "ready") == 0)
		return ready_tell(t->ready_fd, e);
	printf("number %lld\n", (long long)opts.number);
	return 0;
}

static int check(struct tool *t, struct err *e)
{
	(void)t;
	return opts.number == 13 ? err_set(e, ERR_CONFIG, "-number: 13 brings bad luck") : 0;
}

static const struct tool_verb verbs[] = {
	{ "end", "HOW", "end in some way", end },
	{ 0 },
};
static const struct opt_set sets[] = { { &test_table, &opts }, { 0 } };
static const struct tool_spec spec = {
	.name = "pyro-test",
	.summary = "test",
	.args = "",
	.sets = sets,
	.verbs = verbs,
	.check = check,
};

static char seen_out[1 << 16], seen_err[1 << 16];

static void slurp(int fd, char *into)
{
	ssize_t n = pread(fd, into, (1 << 16) - 1, 0);

	assert_true(n >= 0);
	into[n] = 0;
	close(fd);
}

/* Runs the program in a process of its own; out < 0: standard output is a file that is shown in seen_out. */
static int run(const char *const *words, int out)
{
	char *argv[8] = { NULL };
	int err_fd = open("/tmp", O_TMPFILE | O_RDWR, 0600), out_fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	int argc = 1, status;
	pid_t pid;

	argv[0] = strdup("pyro-test");
	for (; words[argc - 1]; argc++)
		argv[argc] = strdup(words[argc - 1]);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(err_fd, STDERR_FILENO);
		dup2(out >= 0 ? out : out_fd, STDOUT_FILENO);
		/* Not exit(): the test frame's own endings are not the child's. */
		_exit(tool_main(&spec, argc, argv));
	}
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	slurp(err_fd, seen_err);
	slurp(out_fd, seen_out);
	return WEXITSTATUS(status);
}

#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL }, -1)

static void exit_codes(void **state)
{
	static const struct {
		const char *words[4];
		int code;
		const char *message; /* the only line on standard error, or none */
	} cases[] = {
		{ { "end" }, 0, "" },
		{ { "end", "no" }, 1, "" },
		{ { "end", "io" }, 111, "pyro-test: disk: gone\n" },
		{ { "end", "invalid" }, 100, "pyro-test: input: bad\n" },
		{ { NULL }, 2, "pyro-test: a verb is needed; -help lists them\n" },
		{ { "begin" }, 2, "pyro-test: no verb \"begin\"; -help lists them\n" },
		{ { "a.txt", "end" }, 2, "pyro-test: a verb comes first: pyro-test end a.txt; -help lists them\n" },
		{ { "end", "-number=13" }, 2, "pyro-test: -number: 13 brings bad luck\n" },
		{ { "end", "-config.file=/no/such" }, 2, NULL },
		{ { "-help=nothing" }, 2, NULL },
		{ { "end", "-zonk" }, 2, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int code = run(cases[i].words, -1);

		if (code != cases[i].code)
			fail_msg("case %zu: exit code %d, %s", i, code, seen_err);
		if (cases[i].message)
			assert_string_equal(seen_err, cases[i].message);
		if (code)
			assert_string_equal(seen_out, "");
	}
}

static void answers(void **state)
{
	(void)state;
	assert_int_equal(RUN("end", "-n", "9"), 0);
	assert_string_equal(seen_out, "number 9\n");
	assert_int_equal(RUN("-version"), 0);
	assert_string_equal(seen_out, "pyro-test " PYRO_VERSION "\n");
	assert_int_equal(RUN("-help"), 0);
	assert_non_null(strstr(seen_out, "pyro-test end HOW"));
	assert_non_null(strstr(seen_out, "-config.file path"));
	assert_int_equal(RUN("help"), 0);
	assert_non_null(strstr(seen_out, "pyro-test end HOW"));
	assert_int_equal(RUN("help", "end"), 0);
	assert_non_null(strstr(seen_out, "pyro-test end HOW"));
	assert_int_equal(RUN("-n3", "-print.config"), 0);
	assert_non_null(strstr(seen_out, "number = 3  # flag\n"));
	assert_non_null(strstr(seen_out, "log.level = info  # default\n"));
}

static void supervised_passes_over_keys_of_others(void **state)
{
	char name[] = "/tmp/pyro-test-tool-XXXXXX", pid[32], file[64];
	int fd = mkstemp(name);
	static const char text[] = "theirs: 1\ntracing: {enabled: false}\ntop:\n  number: 5\n";

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	snprintf(file, sizeof(file), "-config.file=%s", name);
	assert_int_equal(RUN("end", file), 2);
	assert_non_null(strstr(seen_err, ":1: unknown key theirs"));
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv(PARENT_PID_ENV, pid, 1);
	assert_int_equal(RUN("end", file), 0);
	assert_string_equal(seen_out, "number 5\n");
	assert_string_equal(seen_err, "");
	unsetenv(PARENT_PID_ENV);
	unlink(name);
}

static void readiness_by_environment(void **state)
{
	char number[16], got[16] = { 0 };
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	snprintf(number, sizeof(number), "%d", p[1]);
	setenv(PARENT_READY_ENV, number, 1);
	assert_int_equal(RUN("end", "ready"), 0);
	unsetenv(PARENT_READY_ENV);
	close(p[1]);
	assert_int_equal(read(p[0], got, sizeof(got)), 6);
	assert_string_equal(got, "ready\n");
	close(p[0]);
}

static void output_errors(void **state)
{
	static const char *const words[] = { "end", NULL };
	int full = open("/dev/full", O_WRONLY), p[2];

	(void)state;
	assert_int_equal(run(words, full), 111);
	assert_string_equal(seen_err, "pyro-test: write standard output: No space left on device\n");
	close(full);
	/* A reader that went away is no error. */
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	assert_int_equal(run(words, p[1]), 0);
	assert_string_equal(seen_err, "");
	close(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(answers),
		cmocka_unit_test(supervised_passes_over_keys_of_others),
		cmocka_unit_test(readiness_by_environment),
		cmocka_unit_test(output_errors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
