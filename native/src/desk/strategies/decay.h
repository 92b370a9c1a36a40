/* decay.h: exponential averages over uneven time steps, without libm.
 *
 * exp() may differ in its last bit between machines; these are multiplications and
 * additions only, which IEEE 754 rounds the same everywhere.
 */
#ifndef CP_DECAY_H
#define CP_DECAY_H

#include "base/base.h"

/* 2^-x for x >= 0, to 1e-11: how much of an average is left after x half-lives. */
static inline double cp_half_power(double x)
{
    if (x >= 60.0)
        return 0.0;
    uint32_t whole = (uint32_t)x;
    double f = (x - (double)whole) * 0.69314718055994531; /* ln 2 */
    /* Taylor's series of e^-f, f < 0.7, as nested products. */
    double tail = 1.0 - f * (1.0 / 12);
    tail = 1.0 - f * (1.0 / 11) * tail;
    tail = 1.0 - f * (1.0 / 10) * tail;
    tail = 1.0 - f * (1.0 / 9) * tail;
    tail = 1.0 - f * (1.0 / 8) * tail;
    tail = 1.0 - f * (1.0 / 7) * tail;
    tail = 1.0 - f * (1.0 / 6) * tail;
    tail = 1.0 - f * (1.0 / 5) * tail;
    tail = 1.0 - f * (1.0 / 4) * tail;
    tail = 1.0 - f * (1.0 / 3) * tail;
    tail = 1.0 - f * (1.0 / 2) * tail;
    tail = 1.0 - f * tail;
    return tail / (double)((uint64_t)1 << whole);
}

/* The part of an average that the last `elapsed_ns` replace. */
static inline double cp_decay_weight(uint64_t elapsed_ns, double half_life_ms)
{
    return 1.0 - cp_half_power((double)elapsed_ns / (half_life_ms * 1e6));
}

/* Largest whole number <= x, for |x| < 2^62. */
static inline int64_t cp_floor(double x)
{
    int64_t whole = (int64_t)x;
    return (double)whole > x ? whole - 1 : whole;
}

static inline int64_t cp_ceil(double x)
{
    return -cp_floor(-x);
}

#endif /* CP_DECAY_H */
