#include "conf/parent.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/num.h"

static bool take_number(const char *name, int64_t *out)
{
	const char *text = getenv(name);
	struct err e;
	bool ok = text && num_i64(str_cstr(text), out, &e) == 0 && *out >= 0 && *out <= INT_MAX;

	unsetenv(name);
	return ok;
}

bool parent_bind(void)
{
	int64_t pid;

	if (!take_number(PARENT_PID_ENV, &pid))
		return false;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != (pid_t)pid)
		raise(SIGTERM);
	return true;
}

int parent_ready_fd(int64_t option)
{
	int64_t fd = -1;

	if (!take_number(PARENT_READY_ENV, &fd))
		fd = -1;
	if (option >= 0)
		fd = option;
	if (fd < 0 || fd > INT_MAX)
		return -1;
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	return (int)fd;
}
