/*
 * partition.h - which partition of symbols a profile belongs to. Programs
 * with equal binaries share one, so their symbols are stored once. Readers
 * never depend on the rule.
 *
 * Source: spec of the block format, 4.5.
 */
#ifndef PARTITION_H
#define PARTITION_H

#include "formats/labels/labels.h"
#include "formats/profile.h"

/*
 * XXH64 of the key. The key is the value of label partition_label if that is
 * set (empty: service_name for OTLP, else not set); without a label, the base
 * name of the main binary, the file of the first mapping; else the value of
 * service_name; "unknown" when there is nothing.
 */
uint64_t partition_id(const struct profile *p, const struct labels *l, struct str partition_label, bool otlp);

#endif
