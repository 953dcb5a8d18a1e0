/*
 * service_status.h - what the services are doing, in a record of fixed size that is
 * replaced by rename at every change: readers need no lock and see it whole.
 * It is not synced: after a power loss nothing runs.
 *
 *	0    8   "pyrosvc\n"
 *	8    4   version, 1
 *	12   4   length of all, 644
 *	16   8   when written, unix ns
 *	24   8   when pyro-serve started, unix ns
 *	32   4   process id of pyro-serve
 *	36   4   number of services, 0 .. 8
 *	40   88  address, zero-padded
 *	128  64  a service, 8 times, those not used zero:
 *	           0   16  name, zero-padded
 *	           16  4   state (order of states.def)
 *	           20  4   process id, 0 = none
 *	           24  8   since when in this state, unix ns
 *	           32  8   delay before the restart, ns
 *	           40  4   restarts
 *	           44  4   how it ended last: 0 not yet, 1 exit code, 2 signal
 *	           48  4   that code or signal
 *	           52  12  zero
 *	640  4   CRC-32C of the bytes before
 *
 * Numbers are little-endian.
 */
#ifndef SERVICE_STATUS_H
#define SERVICE_STATUS_H

#include "base/buf.h"
#include "tools/pyro-serve/service.h"

enum { STATUS_SERVICES = 8, STATUS_SIZE = 644, STATUS_VERSION = 1, STATUS_NAME = 16, STATUS_ADDRESS = 88 };

struct status_service {
	char name[STATUS_NAME];
	uint32_t state, pid, restarts;
	int64_t since, delay;
	uint32_t end_kind, end_code;
};

struct status {
	int64_t written, started;
	uint32_t pid, n;
	char address[STATUS_ADDRESS];
	struct status_service services[STATUS_SERVICES];
};

void status_encode(const struct status *s, struct buf *out);
/* CORRUPT: not such a record; UNSUPPORTED: another version. */
int status_decode(struct str bytes, struct status *s, struct err *e);

int status_write(const char *dir, const struct status *s, struct err *e);
int status_read(const char *dir, struct status *s, struct err *e); /* NOTFOUND: never ran here */

/* For people, or as one JSON object. running: a pyro-serve holds the folder now. */
void status_print(struct buf *out, const struct status *s, bool running, bool json, int64_t now);
bool status_all_up(const struct status *s);

#endif
