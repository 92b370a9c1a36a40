/* real.h: exp, log and what is made of them, the same to the last bit on every machine.
 *
 * The functions of libm may differ in their last bit between versions, and then a decision
 * could; these are IEEE 754 additions, multiplications and divisions only (and square
 * roots, which IEEE 754 rounds exactly). Good to a few units in the last place.
 */
#ifndef CP_REAL_H
#define CP_REAL_H

#include "desk/strategies/decay.h"

#define CP_LN2 0.69314718055994531

static inline double cp_sqrt(double x)
{
    return __builtin_sqrt(x);
}

/* 2^n for -1022 <= n <= 1023. */
static inline double cp_power_of_two(int64_t n)
{
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof(power));
    return power;
}

/* e^x; 0 below -708, and no more than e^709 above. */
static inline double cp_exp(double x)
{
    if (x < -708.0)
        return 0.0;
    if (!(x <= 709.0))
        x = 709.0;
    int64_t n = cp_floor(x / CP_LN2 + 0.5);
    /* ln 2 in two parts: n times the first is exact. */
    double r = x - (double)n * 6.93147180369123816490e-01;
    r -= (double)n * 1.90821492927058770002e-10;
    double tail = 1.0;
    for (int i = 13; i > 0; i--)
        tail = 1.0 + r / i * tail;
    return tail * cp_power_of_two(n);
}

/* Natural logarithm of a normal x > 0; -709 for anything that is not above 0. */
static inline double cp_log(double x)
{
    if (!(x > 2.3e-308))
        return -709.0;
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    int64_t n = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof(m));
    if (m > 1.4142135623730951) {
        m *= 0.5;
        n++;
    }
    /* log m = 2 artanh s, and |s| < 0.172. */
    double s = (m - 1.0) / (m + 1.0), square = s * s, tail = 0.0;
    for (int i = 23; i > 0; i -= 2)
        tail = tail * square + 1.0 / i;
    return (double)n * 6.93147180369123816490e-01 +
           ((double)n * 1.90821492927058770002e-10 + 2.0 * s * tail);
}

/* (e^x - e^-x) / 2 for x >= 0. */
static inline double cp_sinh(double x)
{
    if (x < 0.3) { /* where the difference would cancel */
        double square = x * x;
        double tail = 1.0 + square / 110;
        tail = 1.0 + square / 72 * tail;
        tail = 1.0 + square / 42 * tail;
        tail = 1.0 + square / 20 * tail;
        return x * (1.0 + square / 6 * tail);
    }
    double e = cp_exp(x);
    return (e - 1.0 / e) / 2;
}

/* The y >= 0 with cosh y = 1 + x, for x >= 0. */
static inline double cp_acosh1p(double x)
{
    double step = x + cp_sqrt(x * (x + 2.0)); /* e^y - 1 */
    if (step < 1e-4)                          /* log would lose what is behind the 1 */
        return step * (1.0 - step / 2 * (1.0 - step * (2.0 / 3)));
    return cp_log(1.0 + step);
}

#endif /* CP_REAL_H */
