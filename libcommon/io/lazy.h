/*
 * lazy.h - shared libraries that are loaded when they are first needed, not
 * when the program starts. For large ones that most runs never touch: an idle
 * server has neither their memory nor their start-up time.
 *
 *	#define CALLS(X) X(curl_easy_init) X(curl_easy_perform)
 *	static struct {
 *		CALLS(LAZY_FIELD)
 *	} lib;
 *	static const struct lazy_call calls[] = { CALLS(LAZY_CALL) };
 *	static struct lazy curl = LAZY("libcurl.so.4", calls, &lib);
 *
 *	if (lazy_load(&curl, e) < 0) ...        // then lib.curl_easy_init() and so on
 *
 * The header of the library gives the types; the name of its file holds the
 * version of its interface, so another one cannot be loaded by mistake. A
 * library stays loaded until the process ends. Any thread may load.
 */
#ifndef LAZY_H
#define LAZY_H

#include "base/base.h"
#include "base/err.h"

struct lazy_call {
	const char *name;
	size_t off; /* of the pointer in the struct of pointers */
};

struct lazy {
	const char *file;
	const struct lazy_call *calls;
	size_t n;
	void *lib; /* the struct of pointers */
	bool loaded;
};

/* For a list of calls; the struct of pointers is named lib. */
#define LAZY_FIELD(f) __typeof__(f) *f;
#define LAZY_CALL(f) { #f, offsetof(__typeof__(lib), f) },
#define LAZY(name, list, into)                                                       \
	{                                                                            \
		.file = (name), .calls = (list), .n = ARRAY_LEN(list), .lib = (into) \
	}

/* 0, or ERR_UNSUPPORTED when the library or one of its calls is missing. Does nothing the second time. */
int lazy_load(struct lazy *l, struct err *e);

#endif
