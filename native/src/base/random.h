/* random.h: seeded random numbers, the same on every machine.
 *
 * xoshiro256** (Blackman, Vigna 2018) seeded by splitmix64. Nothing here calls libm, whose
 * last bit differs between machines.
 */
#ifndef CP_RANDOM_H
#define CP_RANDOM_H

#include "base/base.h"

typedef struct cp_random {
    uint64_t state[4];
} cp_random;

void cp_random_init(cp_random *random, uint64_t seed);

static inline uint64_t cp_random_u64(cp_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = s[1] * 5;
    result = ((result << 7) | (result >> 57)) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* 0 .. bound - 1, bound > 0; the bias is below bound / 2^64. */
static inline uint64_t cp_random_below(cp_random *random, uint64_t bound)
{
    return (uint64_t)(((cp_u128)cp_random_u64(random) * bound) >> 64);
}

/* In [0, 1). */
static inline double cp_random_unit(cp_random *random)
{
    return (double)(cp_random_u64(random) >> 11) * 0x1p-53;
}

/* Exponential with mean 1. */
double cp_random_exponential(cp_random *random);

/* Standard normal, by the sum of twelve uniforms: tails end at six deviations. */
double cp_random_normal(cp_random *random);

#endif /* CP_RANDOM_H */
