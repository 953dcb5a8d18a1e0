/*
 * pprof_order.h - the order of samples that packs well: those whose stacks
 * begin alike, from the root on, stand together, as branches of a tree do.
 */
#ifndef PPROF_ORDER_H
#define PPROF_ORDER_H

#include "formats/profile.h"

/* All samples; mem_free. Equal stacks keep their order. Time: as samples times the logarithm of their number, and frames. */
uint32_t *pprof_order(const struct profile *p);

#endif
