/* histogram.h: HdrHistogram's log-linear layout, 1 ns to 60 s, 3 significant digits.
 *
 * Recording is an increment; no allocation, no float. One thread records; any thread may
 * read the counts while it does, and takes its totals from the counts it has read. The
 * layout is HdrHistogram's own (Tene), so its packages decode the counts index by index.
 */
#ifndef CP_HISTOGRAM_H
#define CP_HISTOGRAM_H

#include <stdatomic.h>

#include "base/base.h"

#define CP_HISTOGRAM_SUB_BITS 11 /* 2048 sub-buckets: 3 significant digits */
#define CP_HISTOGRAM_HALF 1024u
#define CP_HISTOGRAM_VALUE_MAX 60000000000u /* ns; more is recorded as this */

typedef struct cp_histogram {
    _Atomic uint64_t max; /* largest value recorded, exact */
    _Atomic uint64_t clamped_count;
    _Atomic uint64_t counts[CP_HISTOGRAM_COUNTS];
} cp_histogram;

static inline uint32_t cp_histogram_index(uint64_t value)
{
    /* The bucket is the power of two above 2048 the value reaches; inside it, 1024
     * equal steps. The first bucket has 2048, so values below are exact. */
    uint32_t bucket = 64u - CP_HISTOGRAM_SUB_BITS -
                      (uint32_t)__builtin_clzll(value | (2 * CP_HISTOGRAM_HALF - 1));
    uint32_t sub = (uint32_t)(value >> bucket);
    return bucket * CP_HISTOGRAM_HALF + sub;
}

static inline void cp_histogram_record(cp_histogram *histogram, uint64_t value)
{
    if (CP_UNLIKELY(value > CP_HISTOGRAM_VALUE_MAX)) {
        atomic_store_explicit(
            &histogram->clamped_count,
            atomic_load_explicit(&histogram->clamped_count, memory_order_relaxed) + 1,
            memory_order_relaxed);
        value = CP_HISTOGRAM_VALUE_MAX;
    }
    if (value > atomic_load_explicit(&histogram->max, memory_order_relaxed))
        atomic_store_explicit(&histogram->max, value, memory_order_relaxed);
    /* One writer: a plain add in two relaxed halves, no locked instruction. */
    _Atomic uint64_t *count = &histogram->counts[cp_histogram_index(value)];
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* The largest value that shares a bucket with the one at `index`. */
uint64_t cp_histogram_highest_at(uint32_t index);
/* Copy the counts as they are now. */
void cp_histogram_read(const cp_histogram *histogram,
                       uint64_t counts[CP_HISTOGRAM_COUNTS]);
/* Count and percentiles of copied counts; `max` as recorded. */
void cp_histogram_summarise(const uint64_t counts[CP_HISTOGRAM_COUNTS], uint64_t max,
                            cp_hop_picture *summary);
void cp_histogram_clear(cp_histogram *histogram);

#endif /* CP_HISTOGRAM_H */
