/* rate.h: how many messages the last second saw, in fixed memory.
 *
 * Counted in steps of 2^20 ns (about a millisecond). The window is a second and up to one
 * step more, never less, so no second of any alignment can see more than the limit.
 */
#ifndef CP_RATE_H
#define CP_RATE_H

#include "base/base.h"

#define CP_RATE_STEP_BITS 20
#define CP_RATE_STEPS 955u /* 954 whole steps are 1.0003 s; the last is under way */
#define CP_RATE_SLOTS 1024u

typedef struct cp_rate {
    uint64_t step;  /* the latest one counted */
    uint32_t total; /* in the window that ends with it */
    uint32_t reserved;
    uint32_t counts[CP_RATE_SLOTS]; /* by step modulo CP_RATE_SLOTS */
} cp_rate;

/* Move the window to now and say what is in it. */
static inline uint32_t cp_rate_count(cp_rate *rate, uint64_t now_ns)
{
    uint64_t step = now_ns >> CP_RATE_STEP_BITS;
    if (CP_UNLIKELY(step > rate->step + CP_RATE_SLOTS)) {
        memset(rate->counts, 0, sizeof(rate->counts));
        rate->total = 0;
        rate->step = step;
    }
    while (rate->step < step) {
        rate->step++;
        rate->counts[rate->step % CP_RATE_SLOTS] = 0;
        rate->total -= rate->counts[(rate->step - CP_RATE_STEPS) % CP_RATE_SLOTS];
    }
    return rate->total;
}

static inline void cp_rate_add(cp_rate *rate, uint64_t now_ns)
{
    cp_rate_count(rate, now_ns);
    rate->counts[rate->step % CP_RATE_SLOTS]++;
    rate->total++;
}

/* As cp_rate_count, for those who may not move the window. */
static inline uint32_t cp_rate_peek(const cp_rate *rate, uint64_t now_ns)
{
    uint64_t step = now_ns >> CP_RATE_STEP_BITS;
    uint32_t total = rate->total;
    uint64_t oldest = rate->step - CP_RATE_STEPS;
    for (uint64_t i = rate->step; i < step && total > 0 && i < rate->step + CP_RATE_STEPS;
         i++)
        total -= rate->counts[++oldest % CP_RATE_SLOTS];
    return total;
}

#endif /* CP_RATE_H */
