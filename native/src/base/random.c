#include "base/random.h"

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void cp_random_init(cp_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix64(&seed);
}

/* -ln(u) for u in (0, 1): u = m 2^-k with m in [1, 2), and ln m = 2 atanh((m-1)/(m+1)). */
double cp_random_exponential(cp_random *random)
{
    uint64_t bits = cp_random_u64(random) | 1;
    int zeros = __builtin_clzll(bits);
    double m = (double)((bits << zeros) >> 11) * 0x1p-52;
    double t = (m - 1.0) / (m + 1.0);
    double t2 = t * t;
    double ln_m =
        2.0 * t *
        (1.0 +
         t2 * (1.0 / 3 + t2 * (1.0 / 5 + t2 * (1.0 / 7 + t2 * (1.0 / 9 + t2 / 11)))));
    return (zeros + 1) * 0.69314718055994530942 - ln_m;
}

double cp_random_normal(cp_random *random)
{
    /* Twelve uniforms of 32 bits have variance 12/12; six draws give them. */
    uint64_t sum = 0;
    for (int i = 0; i < 6; i++) {
        uint64_t bits = cp_random_u64(random);
        sum += (bits & UINT32_MAX) + (bits >> 32);
    }
    return (double)sum * 0x1p-32 - 6.0;
}
