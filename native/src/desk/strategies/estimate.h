/* estimate.h: what a market is like, learnt as it goes, O(1) a tick.
 *
 * Everything is a sum that halves every half-life, divided by the seconds that went into
 * it, which halve likewise: so a rate is right from the first moment on, and forgets at
 * the pace it was told to.
 *
 *   variance   of the mid, increments^2 a second: squared changes
 *   intensity  trades a second; flow: who began them, -1 all sellers .. 1 all buyers
 *   A and k    A e^(-k d) arrivals a second, a side, reach d increments from the mid
 *
 * An arrival is the deepest trade between two calls of cp_estimates_pause (every 10 ms),
 * measured from the mid at the earlier one: one order that sweeps several prices is one
 * arrival, as far as it came. Depths on a grid of whole increments are geometric, whence
 * k = ln(1 + 1 / mean depth beyond the first half increment).
 */
#ifndef CP_ESTIMATE_H
#define CP_ESTIMATE_H

#include "desk/strategies/real.h"

#define CP_ESTIMATE_K_MIN 0.001 /* per increment: bounds of what is believed */
#define CP_ESTIMATE_K_MAX 10.0

typedef struct cp_estimates {
    uint64_t last_ns;
    double half_life_ns;
    double mid;
    double seconds; /* that went in */
    double squares; /* increments^2 */
    double trades;
    double bought, sold; /* lots by aggressors */
    double arrivals;
    double depth;    /* increments beyond the first half, summed over arrivals */
    double mid_then; /* at the last pause */
    double deepest;  /* since, < 0: no trade */
    bool started;
} cp_estimates;

static inline void cp_estimates_start(cp_estimates *e, double mid, double half_life_s,
                                      uint64_t now_ns)
{
    *e = (cp_estimates){ .last_ns = now_ns,
                         .half_life_ns = half_life_s * 1e9,
                         .mid = mid,
                         .mid_then = mid,
                         .deepest = -1.0,
                         .started = true };
}

/* Let the time since the last call fade. */
static inline void cp_estimates_fade(cp_estimates *e, uint64_t now_ns)
{
    if (now_ns == e->last_ns)
        return;
    double left = cp_half_power((double)(now_ns - e->last_ns) / e->half_life_ns);
    e->seconds = e->seconds * left + e->half_life_ns * 1e-9 / CP_LN2 * (1.0 - left);
    e->squares *= left;
    e->trades *= left;
    e->bought *= left;
    e->sold *= left;
    e->arrivals *= left;
    e->depth *= left;
    e->last_ns = now_ns;
}

static inline void cp_estimates_mid(cp_estimates *e, double mid, uint64_t now_ns)
{
    double change = mid - e->mid;
    if (change == 0)
        return;
    cp_estimates_fade(e, now_ns);
    e->squares += change * change;
    e->mid = mid;
}

static inline void cp_estimates_trade(cp_estimates *e, int64_t price, uint32_t qty,
                                      bool seller_rested, uint64_t now_ns)
{
    cp_estimates_fade(e, now_ns);
    e->trades += 1.0;
    if (seller_rested)
        e->bought += qty;
    else
        e->sold += qty;
    double depth = (double)price - e->mid_then;
    depth = depth < 0 ? -depth : depth;
    e->deepest = depth > e->deepest ? depth : e->deepest;
}

static inline void cp_estimates_pause(cp_estimates *e, uint64_t now_ns)
{
    cp_estimates_fade(e, now_ns);
    if (e->deepest >= 0) {
        e->arrivals += 1.0;
        e->depth += e->deepest > 0.5 ? e->deepest - 0.5 : 0.0;
    }
    e->deepest = -1.0;
    e->mid_then = e->mid;
}

static inline double cp_estimates_variance(const cp_estimates *e)
{
    return e->seconds > 0 ? e->squares / e->seconds : 0.0;
}

static inline double cp_estimates_intensity(const cp_estimates *e)
{
    return e->seconds > 0 ? e->trades / e->seconds : 0.0;
}

static inline double cp_estimates_flow(const cp_estimates *e)
{
    double both = e->bought + e->sold;
    return both > 1e-6 ? (e->bought - e->sold) / both : 0.0; /* else it is long ago */
}

static inline double cp_estimates_k(const cp_estimates *e)
{
    if (e->arrivals <= 0 || e->depth <= 0)
        return CP_ESTIMATE_K_MAX;
    double k = cp_log(1.0 + e->arrivals / e->depth);
    return k < CP_ESTIMATE_K_MIN   ? CP_ESTIMATE_K_MIN
           : k > CP_ESTIMATE_K_MAX ? CP_ESTIMATE_K_MAX
                                   : k;
}

/* Arrivals a second and side that reach the mid, given that k. */
static inline double cp_estimates_a(const cp_estimates *e, double k)
{
    return e->seconds > 0 ? e->arrivals / e->seconds / 2 * cp_exp(k / 2) : 0.0;
}

/* Has it seen a half-life's worth of time? Its seconds tend to 1 / ln 2 half-lives. */
static inline bool cp_estimates_know(const cp_estimates *e)
{
    return e->started && e->seconds >= e->half_life_ns * 1e-9 / CP_LN2 / 2;
}

#endif /* CP_ESTIMATE_H */
