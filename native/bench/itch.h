/* itch.h: what the parts of the ITCH benchmark share. */
#ifndef CP_BENCH_ITCH_H
#define CP_BENCH_ITCH_H

#include "book/books.h"

#include <time.h>

/* The thread's own time: what others do on a shared machine is left out, as far as it does
 * not reach its caches. */
static inline uint64_t cp_bench_thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The least a book can do: a table of references, levels and sorted sides, and not one
 * check. It trusts the file: give it only one whose books cp_books has kept without a
 * misfit. Nanoseconds from the first message to the last; -E2BIG: references above
 * CP_BENCH_REF_MAX; -ENOMEM. */
#define CP_BENCH_REF_MAX ((1ull << 28) - 1)
int cp_bench_itch_floor(const uint8_t *bytes, uint64_t size, uint64_t ref_max,
                        bool queues, uint64_t *elapsed_ns);

#endif /* CP_BENCH_ITCH_H */
