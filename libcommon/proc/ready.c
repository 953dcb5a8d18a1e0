#include "proc/ready.h"

#include <errno.h>
#include <unistd.h>

int ready_tell(int fd, struct err *e)
{
	static const char line[] = "ready\n";
	ssize_t n;
	int rc = 0;

	if (fd < 0)
		return 0;
	do
		n = write(fd, line, sizeof(line) - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EPIPE)
		rc = err_sys(e, ERR_IO, "tell readiness to descriptor %d", fd);
	close(fd);
	return rc;
}
