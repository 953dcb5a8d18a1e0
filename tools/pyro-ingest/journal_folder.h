/*
 * journal_folder.h - <data>/journal, locked against other processes. When
 * somebody removes it under the server it is made again, under the same
 * descriptor, so that whoever holds that need not know.
 */
#ifndef JOURNAL_FOLDER_H
#define JOURNAL_FOLDER_H

#include "base/err.h"

struct journal_folder {
	const char *path; /* the caller's */
	int fd, lock;
};

/* ERR_BUSY when another process has it. */
int journal_folder_open(struct journal_folder *f, const char *path, struct err *e);
void journal_folder_close(struct journal_folder *f);
/* Makes it again if it was removed; *again tells. */
int journal_folder_renew(struct journal_folder *f, bool *again, struct err *e);

#endif
