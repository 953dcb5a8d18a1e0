/*
 * load.c - load for a server: POSTs over keep-alive connections, one thread
 * each, and says how long the answers took.
 *
 *	load [-c CONNECTIONS] [-r PER_SECOND] [-b MS] [-t CONTENT_TYPE] PORT <JOBS
 *	pushes 4000 errors 0 refused 0 seconds 1.31 p50_ms 3.1 p99_ms 9.8 bytes 12
 *	load -w PORT            # wait until GET /ready says 200, 60 s at most
 *
 * A job is a line: the path with its query, one space, the file with the
 * body; "-" for a file: a GET without one. With -r a job has a time at which it is due and its latency counts
 * from then, so that a server that stalls pays for everybody who waits.
 * "bytes" is the size of the last answer's body. "refused" are answers 429:
 * no errors, and their times do not count; who got one waits for -b ms. The
 * first answers that are neither 200 nor 429 are shown on standard error; exit
 * code 1 if there was one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum { MAX_CONNECTIONS = 256, MAX_FILES = 8192, MAX_LINE = 4096, READ_STEP = 1 << 16, SHOWN = 3 };

struct body {
	char *name, *bytes;
	size_t n;
};

struct job {
	char *path;
	struct body *body; /* NULL: GET */
};

struct answer {
	int fd;
	char *bytes;
	size_t n, cap;
	int status;
	size_t body; /* its size */
};

static struct body bodies[MAX_FILES];
static size_t n_bodies, n_jobs;
static struct job *jobs;
static double *latency_ms;
static atomic_size_t next_job, n_errors, n_refused, answer_bytes;
static uint16_t port;
static const char *content_type = "application/octet-stream";
static double rate, started, back_off;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_until(double due)
{
	double left = due - now_s();

	if (left > 0)
		nanosleep(&(struct timespec){ .tv_sec = (time_t)left,
			      .tv_nsec = (long)((left - (double)(time_t)left) * 1e9) },
		    NULL);
}

/* ---- jobs ---- */

static struct body *body_of(const char *name)
{
	struct body *b;
	FILE *f;

	for (size_t i = 0; i < n_bodies; i++)
		if (strcmp(bodies[i].name, name) == 0)
			return &bodies[i];
	if (n_bodies == MAX_FILES || (f = fopen(name, "rb")) == NULL) {
		fprintf(stderr, "load: %s: %s\n", name, n_bodies == MAX_FILES ? "too many files" : strerror(errno));
		exit(100);
	}
	b = &bodies[n_bodies++];
	b->name = mem_cstr(name, strlen(name));
	for (size_t got = 1; got > 0; b->n += got) {
		b->bytes = mem_resize(b->bytes, b->n + READ_STEP, 1);
		got = fread(b->bytes + b->n, 1, READ_STEP, f);
	}
	fclose(f);
	return b;
}

static void read_jobs(void)
{
	char line[MAX_LINE], *space;
	size_t cap = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = 0;
		if ((space = strchr(line, ' ')) == NULL)
			continue;
		*space = 0;
		if (n_jobs == cap) {
			cap = cap > 0 ? cap * 2 : 1024;
			jobs = mem_resize(jobs, cap, sizeof(*jobs));
		}
		jobs[n_jobs++] = (struct job){ .path = mem_cstr(line, strlen(line)),
			.body = strcmp(space + 1, "-") == 0 ? NULL : body_of(space + 1) };
	}
}

/* ---- one exchange ---- */

static int dial(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static int send_all(int fd, const char *p, size_t n, int flags)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, flags | MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* At least "want" bytes of the answer are there; they end with a zero. */
static int fill(struct answer *a, size_t want)
{
	while (a->n < want) {
		ssize_t k;

		if (a->cap - a->n < READ_STEP + 1) {
			a->cap = a->cap * 2 + READ_STEP + 1;
			a->bytes = mem_resize(a->bytes, a->cap, 1);
		}
		k = recv(a->fd, a->bytes + a->n, READ_STEP, 0);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		a->n += (size_t)k;
		a->bytes[a->n] = 0;
	}
	return 0;
}

static int read_chunks(struct answer *a, size_t at)
{
	for (;;) {
		char *end = NULL, *nl = NULL;
		size_t size;

		while (fill(a, at + 1) == 0 && (nl = strstr(a->bytes + at, "\r\n")) == NULL)
			if (fill(a, a->n + 1) < 0)
				return -1;
		if (nl == NULL)
			return -1;
		size = strtoul(a->bytes + at, &end, 16);
		at = (size_t)(nl - a->bytes) + 2;
		if (fill(a, at + size + 2) < 0)
			return -1;
		if (size == 0)
			return 0;
		a->body += size;
		at += size + 2;
	}
}

static int read_answer(struct answer *a)
{
	char *end = NULL, *length;
	size_t head;

	a->n = a->body = 0;
	for (size_t n = 1; end == NULL; n = a->n + 1) {
		if (fill(a, n) < 0)
			return -1;
		end = strstr(a->bytes, "\r\n\r\n");
	}
	*end = 0;
	head = (size_t)(end - a->bytes) + 4;
	a->status = a->n > 12 ? (int)strtol(a->bytes + 9, NULL, 10) : 0;
	if (strcasestr(a->bytes, "\r\ntransfer-encoding: chunked") != NULL)
		return read_chunks(a, head);
	if ((length = strcasestr(a->bytes, "\r\ncontent-length:")) != NULL)
		a->body = strtoul(length + 17, NULL, 10);
	return fill(a, head + a->body);
}

static void complain(const struct answer *a, const struct job *j, int rc)
{
	if (atomic_fetch_add(&n_errors, 1) >= SHOWN)
		return;
	if (rc < 0)
		fprintf(stderr, "load: %s: no answer\n", j->path);
	else
		fprintf(stderr, "load: %s: %d: %.*s\n", j->path, a->status, (int)(a->body < 300 ? a->body : 300),
		    a->bytes + strlen(a->bytes) + 4);
}

static int send_job(int fd, const struct job *j)
{
	char head[MAX_LINE + 256];
	int n;

	if (j->body == NULL) {
		n = snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", j->path);
		return send_all(fd, head, (size_t)n, 0);
	}
	n = snprintf(head, sizeof(head),
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", j->path,
	    content_type, j->body->n);
	if (send_all(fd, head, (size_t)n, MSG_MORE) < 0)
		return -1;
	return send_all(fd, j->body->bytes, j->body->n, 0);
}

/* False: it was refused. */
static bool exchange(struct answer *a, const struct job *j)
{
	int rc = -1;

	if (a->fd < 0)
		a->fd = dial();
	if (a->fd >= 0 && send_job(a->fd, j) == 0)
		rc = read_answer(a);
	if (rc == 0 && a->status == 429)
		return false;
	if (rc < 0 || a->status != 200)
		complain(a, j, rc);
	else
		atomic_store(&answer_bytes, a->body);
	if (rc < 0 && a->fd >= 0) {
		close(a->fd);
		a->fd = -1;
	}
	return true;
}

static void *connection(void *unused)
{
	struct answer a = { .fd = dial() };
	size_t i;

	(void)unused;
	while ((i = atomic_fetch_add(&next_job, 1)) < n_jobs) {
		double due = rate > 0 ? started + (double)i / rate : now_s();

		sleep_until(due);
		if (exchange(&a, &jobs[i])) {
			latency_ms[i] = (now_s() - due) * 1e3;
			continue;
		}
		latency_ms[i] = -1;
		atomic_fetch_add(&n_refused, 1);
		sleep_until(now_s() + back_off);
	}
	if (a.fd >= 0)
		close(a.fd);
	mem_free(a.bytes);
	return NULL;
}

static int wait_ready(void)
{
	static const char ask[] = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
	double end = now_s() + 60;
	char head[64];

	while (now_s() < end) {
		int fd = dial();
		ssize_t n = 0;

		if (fd >= 0 && send_all(fd, ask, sizeof(ask) - 1, 0) == 0)
			n = recv(fd, head, sizeof(head) - 1, 0);
		if (fd >= 0)
			close(fd);
		if (n > 12 && memcmp(head + 8, " 200", 4) == 0)
			return 0;
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
	}
	fprintf(stderr, "load: port %u is not ready after 60 s\n", port);
	return 111;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int run(unsigned n)
{
	pthread_t threads[MAX_CONNECTIONS];
	double took, *answered;
	size_t n_answered;

	latency_ms = mem_zarray(n_jobs + 1, sizeof(*latency_ms));
	started = now_s();
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, connection, NULL) != 0)
			exit(111);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	took = now_s() - started;
	qsort(latency_ms, n_jobs, sizeof(*latency_ms), by_value);
	answered = latency_ms + n_refused; /* those that were not have -1 */
	n_answered = n_jobs - n_refused;
	printf("pushes %zu errors %zu refused %zu seconds %.3f p50_ms %.2f p99_ms %.2f bytes %zu\n", n_jobs,
	    (size_t)n_errors, (size_t)n_refused, took, answered[n_answered / 2], answered[n_answered * 99 / 100],
	    (size_t)answer_bytes);
	return n_errors > 0;
}

int main(int argc, char **argv)
{
	unsigned connections = 8;
	bool waiting = false;
	int c;

	while ((c = getopt(argc, argv, "b:c:r:t:w")) != -1) {
		switch (c) {
		case 'b': back_off = strtod(optarg, NULL) / 1e3; break;
		case 'c': connections = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'r': rate = strtod(optarg, NULL); break;
		case 't': content_type = optarg; break;
		case 'w': waiting = true; break;
		default: return 2;
		}
	}
	if (optind + 1 != argc || connections == 0 || connections > MAX_CONNECTIONS) {
		fputs("usage: load [-c CONNECTIONS] [-r PER_SECOND] [-b MS] [-t CONTENT_TYPE] PORT <JOBS; load -w "
		      "PORT\n",
		    stderr);
		return 2;
	}
	port = (uint16_t)strtoul(argv[optind], NULL, 10);
	if (waiting)
		return wait_ready();
	read_jobs();
	return run(connections);
}
