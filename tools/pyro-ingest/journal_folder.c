/* journal_folder.c - see journal_folder.h */
#include "tools/pyro-ingest/journal_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/file.h"

int journal_folder_open(struct journal_folder *f, const char *path, struct err *e)
{
	*f = (struct journal_folder){ path, -1, -1 };
	if (file_mkdirs(AT_FDCWD, path, 0777, e) == 0 &&
	    (f->fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, e)) >= 0 &&
	    (f->lock = file_lock(f->fd, "lock", false, e)) >= 0)
		return 0;
	journal_folder_close(f);
	return -1;
}

void journal_folder_close(struct journal_folder *f)
{
	fd_close(&f->lock);
	fd_close(&f->fd);
}

/* Other threads may be using the old number meanwhile: it changes in one step. */
static int take_place(int new, int old, struct err *e)
{
	return dup3(new, old, O_CLOEXEC) < 0 ? err_sys(e, ERR_IO, "copy descriptor") : 0;
}

int journal_folder_renew(struct journal_folder *f, bool *again, struct err *e)
{
	struct journal_folder new;
	struct stat st;
	int rc;

	*again = false;
	if (fstat(f->fd, &st) == 0 && st.st_nlink > 0)
		return 0;
	if (journal_folder_open(&new, f->path, e) < 0)
		return -1;
	*again = true;
	rc = take_place(new.lock, f->lock, e);
	if (rc == 0)
		rc = take_place(new.fd, f->fd, e);
	journal_folder_close(&new);
	return rc;
}
