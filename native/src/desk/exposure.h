/* exposure.h: money in all symbols together, kept as sums while symbols change one by one.
 *
 * What changes a symbol's position, its working orders or its mark says so by a bit, where
 * it happens; what is said is worked in before a sum is read, symbol by symbol: its old
 * part is taken out, its new one put in. All in 128 bits, so nothing is ever lost, and the
 * sums are at every moment what adding all symbols up would give.
 */
#ifndef CP_EXPOSURE_H
#define CP_EXPOSURE_H

#include "desk/risk.h"

/* Money of one symbol, or of all: at worst, and net if one side's orders fill. */
typedef struct cp_exposure {
    cp_i128 net[2]; /* by cp_side; positive is more of that side */
    cp_i128 gross;
} cp_exposure;

typedef struct cp_exposures {
    cp_exposure all;
    cp_exposure symbols[CP_SYMBOL_MAX];
    uint32_t changed; /* bit a symbol: not worked in yet */
} cp_exposures;

static_assert(CP_SYMBOL_MAX == 32, "a bit a symbol in 32");

/* The symbol is worth `now`, and so are all together. */
static inline void cp_exposures_sum(cp_i128 *all, cp_i128 *then, cp_i128 now)
{
    *all += now - *then;
    *then = now;
}

/* What is held and working of a symbol, at its mark. */
static inline void cp_exposures_put(cp_exposures *exposures, uint32_t symbol,
                                    int64_t position, const int64_t working[2],
                                    int64_t mark2, int64_t point_value)
{
    cp_exposure *all = &exposures->all, *then = &exposures->symbols[symbol];
    cp_i128 buy = cp_risk_net((cp_i128)position + working[CP_BUY], mark2, point_value);
    cp_i128 sell = cp_risk_net((cp_i128)working[CP_SELL] - position, mark2, point_value);
    /* The worse of the two: cp_risk_exposure of cp_risk_worst, without asking anew. */
    cp_i128 worst = buy > sell ? buy : sell;
    cp_exposures_sum(&all->net[CP_BUY], &then->net[CP_BUY], buy);
    cp_exposures_sum(&all->net[CP_SELL], &then->net[CP_SELL], sell);
    cp_exposures_sum(&all->gross, &then->gross, worst <= 0 ? 0 : cp_saturate(worst));
}

#endif /* CP_EXPOSURE_H */
