/*
 * perf_maps.h - what was mapped where while perf recorded: an address space
 * for each process, and the kernel's. A child begins with a copy of its
 * parent's, made when one of the two changes.
 *
 * All spaces together hold as many ranges as the limit says; beyond it
 * perf_maps_add says false. Everything lives in the arena.
 */
#ifndef PERF_MAPS_H
#define PERF_MAPS_H

#include "formats/profile_impl.h"

#define PERF_KERNEL UINT32_MAX /* the pid whose maps the kernel has */

enum { PERF_MAX_RANGES = 65536 }; /* of a space: as many as Linux allows by default, and a few more */

struct perf_map {
	uint64_t start, end, offset;
	struct str file, build_id;
};

struct perf_range {
	uint64_t start, end;
	uint32_t map; /* in maps */
};

struct perf_space {
	struct perf_range *ranges; /* in order, none over another */
	uint32_t n, cap;
	uint32_t number; /* another one whenever an address may mean something else */
	bool shared;
};

struct perf_maps {
	struct arena *a;
	struct perf_map *maps;
	struct perf_space *spaces;
	uint32_t *pids; /* of spaces */
	uint32_t n_maps, cap_maps, n_spaces, cap_spaces, cap_pids;
	struct table index;
	uint32_t numbers;
	uint64_t ranges, limit; /* made so far, at most */
};

void perf_maps_init(struct perf_maps *m, struct arena *a, uint64_t limit);
/* Its place in spaces; made when it is new. */
uint32_t perf_maps_space(struct perf_maps *m, uint32_t pid);
bool perf_maps_add(struct perf_maps *m, uint32_t pid, const struct perf_map *map);
void perf_maps_fork(struct perf_maps *m, uint32_t child, uint32_t parent);
void perf_maps_clear(struct perf_maps *m, uint32_t pid);
/* The map that covers an address, or PROFILE_NONE. */
uint32_t perf_maps_find(const struct perf_maps *m, uint32_t space, uint64_t address);

#endif
