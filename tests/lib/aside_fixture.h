/*
 * aside_fixture.h - two servers on a thread each: home listens, aside serves what home's routes mark with ROUTE_ASIDE.
 *
 *	pair_start(&p, NULL, NULL, rows, n);    dial(&p.home)
 *	pair_end(&p);                           p.left: what home and aside counted
 */
#ifndef ASIDE_FIXTURE_H
#define ASIDE_FIXTURE_H

#include "tests/lib/net_fixture.h"

struct pair {
	struct server home; /* must be first: home.routes is shared */
	struct loop *l;
	struct httpd *aside;
	pthread_t thread;
	struct httpd_stats at_home, at_aside; /* after pair_end */
	struct task stop, stop_home;
	int64_t patience;
};

static inline void *pair_run(void *arg)
{
	struct pair *p = arg;
	struct err e;

	ok(loop_run(p->l, &e), &e);
	return NULL;
}

static inline void pair_start(struct pair *p, const struct httpd_conf *conf, struct tls *tls, const struct route *rows,
    size_t n)
{
	struct httpd_conf c = conf != NULL ? *conf : (struct httpd_conf){ 0 };
	struct router *routes;
	struct err e;

	routes = router_new(rows, n, p, &e);
	assert_non_null(routes);
	c.owner = (void *)(uintptr_t) "aside";
	p->l = loop_new();
	p->aside = httpd_new(p->l, &c, routes);
	c.owner = (void *)(uintptr_t) "home";
	c.aside = p->aside;
	server_make(&p->home, rows, n, &c, tls);
	router_free(p->home.routes);
	p->home.routes = routes;
	httpd_free(p->home.h);
	p->home.h = httpd_new(p->home.l, &c, routes);
	ok(httpd_listen(p->home.h, p->home.fd, tls, &e), &e);
	server_go(&p->home);
	assert_int_equal(pthread_create(&p->thread, NULL, pair_run, p), 0);
}

/* Both stop at once, without a word: what is under way is cut. */
static inline void pair_end(struct pair *p)
{
	struct err e;

	loop_stop(p->l);
	pthread_join(p->thread, NULL);
	server_halt(&p->home);
	p->at_home = httpd_stats(p->home.h);
	p->at_aside = httpd_stats(p->aside);
	httpd_free(p->aside);
	loop_stop(p->l);
	ok(loop_run(p->l, &e), &e);
	server_drop(&p->home);
	loop_free(p->l);
}

static inline void pair_home_done(void *arg)
{
	struct pair *p = arg;

	loop_stop(p->home.l);
}

static inline void pair_stop_home(struct task *t)
{
	struct pair *p = CONTAINER_OF(t, struct pair, stop_home);

	httpd_stop(p->home.h, loop_mono(p->home.l) + p->patience, pair_home_done, p);
}

static inline void pair_stop_aside(struct task *t)
{
	struct pair *p = CONTAINER_OF(t, struct pair, stop);

	httpd_stop(p->aside, loop_mono(p->l) + p->patience, NULL, NULL);
	loop_post(p->home.l, &p->stop_home);
}

/* As a process does that is asked to end; home's loop ends when it has stopped. */
static inline void pair_stop(struct pair *p, int64_t patience_ns)
{
	p->patience = patience_ns;
	p->stop.fn = pair_stop_aside;
	p->stop_home.fn = pair_stop_home;
	loop_post(p->l, &p->stop);
}

#endif
