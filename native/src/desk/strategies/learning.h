/* learning.h: what a market maker that learns its market does before it quotes. */
#ifndef CP_LEARNING_H
#define CP_LEARNING_H

#include "desk/strategies/estimate.h"
#include "desk/strategies/quoting.h"

/* Take in the market as it is. True when there is a mid to quote about; false while a
 * quote is changing, when the book may still show it, and without a market, when the
 * quotes come off. `pause`: the timer calls. */
static inline bool cp_learn(cp_estimates *seen, cp_seat *seat, double half_life_s,
                            bool pause, double *mid)
{
    bool known = cp_seat_has_market(seat);
    if (known && (seat->changing[CP_BUY] || seat->changing[CP_SELL]))
        return false;
    if (!known || !cp_quoting_mid(seat, mid)) {
        cp_quoting_stop(seat);
        return false;
    }
    if (!seen->started)
        cp_estimates_start(seen, *mid, half_life_s, seat->now_ns);
    cp_estimates_mid(seen, *mid, seat->now_ns);
    if (pause)
        cp_estimates_pause(seen, seat->now_ns);
    return true;
}

static inline void cp_learn_trade(cp_estimates *seen, const cp_seat *seat)
{
    const cp_touch *touch = seat->touch;
    if (seen->started)
        cp_estimates_trade(seen, touch->last, touch->last_qty,
                           touch->last_side == CP_SELL, seat->now_ns);
}

#endif /* CP_LEARNING_H */
