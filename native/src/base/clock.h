/* clock.h: what time it is: CLOCK_MONOTONIC, read cheaply, or a virtual clock.
 *
 * Live, the processor's time stamp counter is scaled to CLOCK_MONOTONIC where the kernel
 * itself trusts it as invariant (9 ns a reading instead of 20); elsewhere it is
 * clock_gettime. One clock serves a whole engine and is never adjusted: hops are differences
 * between threads, and a correction on one side would show as latency. It may drift from
 * CLOCK_MONOTONIC by about a part in a million.
 */
#ifndef CP_CLOCK_H
#define CP_CLOCK_H

#include <time.h>

#include "base/base.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

typedef enum cp_clock_kind {
    CP_CLOCK_SYSTEM = 0,  /* clock_gettime */
    CP_CLOCK_COUNTER = 1, /* time stamp counter */
    CP_CLOCK_VIRTUAL = 2
} cp_clock_kind;

typedef struct cp_clock {
    cp_clock_kind kind;
    uint64_t base_ns; /* VIRTUAL: now; COUNTER: the time at base_count */
    uint64_t base_count;
    uint64_t ns_per_count; /* 32.32 fixed point */
} cp_clock;

static inline uint64_t cp_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Choose the counter when it can be trusted, and measure it (takes 20 ms). */
void cp_clock_init(cp_clock *clock);
void cp_clock_init_virtual(cp_clock *clock, uint64_t now_ns);
static inline uint64_t cp_clock_now_ns(const cp_clock *clock)
{
#if defined(__x86_64__)
    if (CP_LIKELY(clock->kind == CP_CLOCK_COUNTER)) {
        uint64_t count = __rdtsc() - clock->base_count;
        return clock->base_ns + (uint64_t)(((cp_u128)count * clock->ns_per_count) >> 32);
    }
#endif
    return clock->kind == CP_CLOCK_VIRTUAL ? clock->base_ns : cp_monotonic_ns();
}

/* When a message another core has written is here: its line has come over by then. The counter
 * does not wait for what was read before it, and its time would be of a line on its way. */
static inline uint64_t cp_clock_arrived_ns(const cp_clock *clock, const void *message)
{
    (void)*(const volatile uint8_t *)message;
#if defined(__x86_64__)
    if (CP_LIKELY(clock->kind == CP_CLOCK_COUNTER))
        _mm_lfence();
#endif
    return cp_clock_now_ns(clock);
}

#endif /* CP_CLOCK_H */
