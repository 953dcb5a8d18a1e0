/* test_log.c - one line per event, caught in a pipe that stands in for standard error. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"

static char line[200000];
static int pipe_fds[2];

static void catch_begin(int *saved)
{
	assert_int_equal(pipe(pipe_fds), 0);
	fcntl(pipe_fds[0], F_SETPIPE_SZ, 1 << 20);
	*saved = dup(STDERR_FILENO);
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[1]);
}

static struct str catch_end(int saved)
{
	size_t n = 0;
	ssize_t r;

	dup2(saved, STDERR_FILENO);
	close(saved);
	while ((r = read(pipe_fds[0], line + n, sizeof(line) - n)) > 0)
		n += (size_t)r;
	close(pipe_fds[0]);
	return str_of(line, n);
}

static void test_line(void **state)
{
	struct str s, stamp;
	int64_t t;
	int saved;

	(void)state;
	log_open("pyro-test", LOG_INFO);
	catch_begin(&saved);
	errno = 77;
	log_event(LOG_WARN, "profile refused", LOG_CSTR("tenant", "a"), LOG_I64("limit", 5000), LOG_F64("ratio", 0.25),
	    LOG_CSTR("who", "a \"b\"\n"), LOG_STR("none", STR_NONE), LOG_CSTR("eq", "a=b"));
	assert_int_equal(errno, 77);
	log_event(LOG_DEBUG, "not shown");
	s = catch_end(saved);
	assert_int_equal(str_find(s, '\n'), s.n - 1);
	stamp = str_cut(&s, ' ');
	assert_int_equal(stamp.n, 24);
	assert_int_equal(stamp.p[19], '.');
	assert_int_equal(num_time(stamp, 0, &t, NULL), 0);
	assert_true(t > INT64_C(1700000000) * NS_PER_S);
	assert_true(str_eq(s,
	    STR("warn pyro-test msg=\"profile refused\" tenant=a limit=5000 "
		"ratio=0.25 who=\"a \\\"b\\\"\\n\" none=\"\" eq=\"a=b\"\n")));
}

static void test_levels(void **state)
{
	int saved;
	struct str s;

	(void)state;
	log_open("t", LOG_ERROR);
	assert_true(log_enabled(LOG_ERROR));
	assert_false(log_enabled(LOG_WARN));
	catch_begin(&saved);
	log_event(LOG_WARN, "no");
	log_event(LOG_ERROR, "yes");
	s = catch_end(saved);
	assert_true(str_suffix(s, STR("error t msg=yes\n")));
	assert_int_equal(str_find(s, '\n'), s.n - 1);
}

/* Whatever the fields hold, it stays one line of bounded length. */
static void test_long_values(void **state)
{
	struct log_field fields[40];
	char *big = mem_alloc(10000);
	int saved;
	struct str s;

	(void)state;
	log_open("t", LOG_INFO);
	memset(big, '\n', 10000);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		fields[i] = LOG_STR("k", str_of(big, 10000));
	catch_begin(&saved);
	log_write(LOG_INFO, "m", fields, ARRAY_LEN(fields));
	s = catch_end(saved);
	assert_in_range(s.n, 1000, 65536);
	assert_int_equal(str_find(s, '\n'), s.n - 1);
	mem_free(big);
}

static void *many_lines(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++)
		log_event(LOG_INFO, "tick", LOG_I64("i", i));
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[4];
	struct str s;
	int saved, lines = 0;

	(void)state;
	log_open("t", LOG_INFO);
	catch_begin(&saved);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, many_lines, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	s = catch_end(saved);
	while (s.n) {
		struct str one = str_cut(&s, '\n');

		assert_true(str_search(one, STR(" info t msg=tick i=")) == 24);
		lines++;
	}
	assert_int_equal(lines, 800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
