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

static inline cp_exposure cp_exposure_of(int64_t position, const int64_t working[2],
                                         int64_t mark2, int64_t point_value)
{
    cp_i128 worst = cp_risk_worst(position, working[CP_BUY], working[CP_SELL]);
    cp_exposure exposure = { .gross = cp_risk_exposure(worst, mark2, point_value) };
    exposure.net[CP_BUY] =
        cp_risk_net((cp_i128)position + working[CP_BUY], mark2, point_value);
    exposure.net[CP_SELL] =
        cp_risk_net((cp_i128)working[CP_SELL] - position, mark2, point_value);
    return exposure;
}

/* The symbol is worth this now. */
static inline void cp_exposures_put(cp_exposures *exposures, uint32_t symbol,
                                    cp_exposure now)
{
    cp_exposure *then = &exposures->symbols[symbol];
    exposures->all.gross += now.gross - then->gross;
    exposures->all.net[CP_BUY] += now.net[CP_BUY] - then->net[CP_BUY];
    exposures->all.net[CP_SELL] += now.net[CP_SELL] - then->net[CP_SELL];
    *then = now;
}

#endif /* CP_EXPOSURE_H */
