#include "base/histogram.h"

static_assert(CP_HISTOGRAM_COUNTS == 27 * CP_HISTOGRAM_HALF, "26 buckets and one half");

uint64_t cp_histogram_highest_at(uint32_t index)
{
    CP_ASSERT(index < CP_HISTOGRAM_COUNTS);
    if (index < 2 * CP_HISTOGRAM_HALF)
        return index;
    uint32_t bucket = index / CP_HISTOGRAM_HALF - 1;
    uint64_t sub = index % CP_HISTOGRAM_HALF + CP_HISTOGRAM_HALF;
    return ((sub + 1) << bucket) - 1;
}

void cp_histogram_read(const cp_histogram *histogram,
                       uint64_t counts[CP_HISTOGRAM_COUNTS])
{
    for (uint32_t i = 0; i < CP_HISTOGRAM_COUNTS; i++)
        counts[i] = atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
}

/* How many of n values must lie at or below a percentile, in parts of a thousand: as
 * HdrHistogram, at least one. */
static uint64_t rank_of(uint64_t count, uint64_t per_mille)
{
    uint64_t rank = (uint64_t)(((cp_u128)count * per_mille + 500) / 1000);
    return rank > 0 ? rank : 1;
}

void cp_histogram_summarise(const uint64_t counts[CP_HISTOGRAM_COUNTS], uint64_t max,
                            cp_hop_picture *summary)
{
    *summary = (cp_hop_picture){ .max_ns = max };
    uint32_t last = 0;
    for (uint32_t i = 0; i < CP_HISTOGRAM_COUNTS; i++) {
        if (counts[i]) {
            summary->count += counts[i];
            last = i;
        }
    }
    if (summary->count == 0)
        return;

    uint64_t *fields[] = { &summary->p50_ns, &summary->p90_ns, &summary->p95_ns,
                           &summary->p99_ns, &summary->p999_ns };
    const uint64_t per_mille[] = { 500, 900, 950, 990, 999 };
    const uint32_t field_count = sizeof fields / sizeof fields[0];
    uint64_t seen = 0;
    uint32_t next = 0;
    for (uint32_t i = 0; i <= last && next < field_count; i++) {
        seen += counts[i];
        while (next < field_count && seen >= rank_of(summary->count, per_mille[next])) {
            uint64_t value = cp_histogram_highest_at(i);
            *fields[next++] = value < max ? value : max;
        }
    }
}

void cp_histogram_clear(cp_histogram *histogram)
{
    atomic_store_explicit(&histogram->max, 0, memory_order_relaxed);
    atomic_store_explicit(&histogram->clamped_count, 0, memory_order_relaxed);
    for (uint32_t i = 0; i < CP_HISTOGRAM_COUNTS; i++)
        atomic_store_explicit(&histogram->counts[i], 0, memory_order_relaxed);
}
