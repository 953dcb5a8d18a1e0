/*
 * codec.h - the compressions a page may have. Numbers are those of the format
 * (CompressionCodec). Read: none, SNAPPY, GZIP, ZSTD, LZ4_RAW; written: none,
 * ZSTD. The length of the result is known beforehand (page header); anything
 * else is ERR_CORRUPT, another codec ERR_UNSUPPORTED.
 */
#ifndef PARQUET_CODEC_H
#define PARQUET_CODEC_H

#include "base/buf.h"
#include "base/err.h"

enum pq_codec { PQ_NONE = 0, PQ_SNAPPY = 1, PQ_GZIP = 2, PQ_BROTLI = 4, PQ_LZ4 = 5, PQ_ZSTD = 6, PQ_LZ4_RAW = 7 };

/* Appends exactly `size` bytes to out. */
int codec_decode(int codec, struct str in, size_t size, struct buf *out, struct err *e);

#endif
