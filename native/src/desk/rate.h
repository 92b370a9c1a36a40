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

/* So many steps leave the window, the oldest first. They lie side by side, so that after a
 * quiet second there is little more to do than after a quiet millisecond. */
static inline void cp_rate_forget(cp_rate *rate, uint64_t steps)
{
    uint64_t left = steps < CP_RATE_STEPS ? steps : CP_RATE_STEPS;
    uint64_t at = (rate->step + 1 - CP_RATE_STEPS) % CP_RATE_SLOTS;
    while (left > 0 && rate->total > 0) {
        uint64_t run = left < CP_RATE_SLOTS - at ? left : CP_RATE_SLOTS - at;
        uint32_t gone = 0;
        for (uint64_t i = 0; i < run; i++) {
            gone += rate->counts[at + i];
            rate->counts[at + i] = 0;
        }
        rate->total -= gone;
        left -= run;
        at = 0;
    }
}

/* Move the window to now and say what is in it. Outside it all counts are 0. */
static inline uint32_t cp_rate_count(cp_rate *rate, uint64_t now_ns)
{
    uint64_t step = now_ns >> CP_RATE_STEP_BITS;
    if (rate->step < step) {
        cp_rate_forget(rate, step - rate->step);
        rate->step = step;
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
