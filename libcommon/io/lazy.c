#include "io/lazy.h"

#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int fill(struct lazy *l, void *handle, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		void *at = dlsym(handle, l->calls[i].name);

		if (at == NULL)
			return err_set(e, ERR_UNSUPPORTED, "%s has no %s", l->file, l->calls[i].name);
		memcpy((char *)l->lib + l->calls[i].off, &at, sizeof(at));
	}
	l->loaded = true;
	return 0;
}

int lazy_load(struct lazy *l, struct err *e)
{
	void *handle;
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (!l->loaded) {
		handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
		if (handle == NULL)
			rc = err_set(e, ERR_UNSUPPORTED, "%s", dlerror());
		else
			rc = fill(l, handle, e);
		if (rc < 0 && handle != NULL)
			dlclose(handle);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}
