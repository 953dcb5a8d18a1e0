/*
 * entropy.c - random numbers from the kernel.
 */
#include "io/entropy.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hash.h"

void entropy_bytes(void *p, size_t n)
{
	static const char why[] = "no random numbers from the system\n";
	size_t have = 0;

	while (have < n) {
		ssize_t r = getrandom((char *)p + have, n - have, 0);

		if (r < 0 && errno != EINTR) {
			if (write(STDERR_FILENO, why, sizeof(why) - 1) < 0)
				abort();
			abort();
		}
		have += r > 0 ? (size_t)r : 0;
	}
}

uint64_t entropy_u64(void)
{
	uint64_t v;

	entropy_bytes(&v, sizeof(v));
	return v;
}

void entropy_seed_hash(void)
{
	hash_seed(entropy_u64());
}
