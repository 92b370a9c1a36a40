/* ask.c: see ask.h: what few orders need. */
#include "desk/ask.h"

/* Every order of ours, one by one. A replace under way can meet at either price; one that
 * never rests cannot be met. */
cp_i128 cp_ask_count_met(cp_desk *desk, uint32_t symbol, cp_side side, int64_t price)
{
    int64_t best = side == CP_BUY ? 0 : INT64_MAX;
    cp_i128 met = 0;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (own->symbol != symbol || own->side != side || cp_order_is_immediate(own) ||
            !cp_state_is_working(own->state))
            continue;
        best = cp_ask_better_of(side, best, own->price);
        if (cp_ask_meets(side, price, own->price))
            met += own->leaves;
        if (!own->replace_sent)
            continue;
        best = cp_ask_better_of(side, best, own->pending_price);
        if (cp_ask_meets(side, price, own->pending_price))
            met += own->pending_qty;
    }
    desk->own_best[symbol][side] = best;
    return met;
}

void cp_desk_add_exposure(cp_desk *desk)
{
    cp_exposures *exposures = &desk->exposures;
    /* Orders of symbols there are no more end in none of the sums. */
    uint32_t known = UINT32_MAX >> (CP_SYMBOL_MAX - desk->symbol_count);
    uint32_t changed = (exposures->changed | desk->orders.changed) & known;
    exposures->changed = desk->orders.changed = 0;
    while (changed != 0) {
        uint32_t i = (uint32_t)__builtin_ctz(changed);
        changed &= changed - 1;
        cp_exposures_put(exposures, i, desk->positions[i].qty,
                         desk->orders.working_qty[i], cp_desk_touch(desk, i)->mark2,
                         desk->instruments[i].point_value);
    }
}

void cp_ask_forget(cp_desk *desk)
{
    for (uint32_t i = 0; i < CP_SYMBOL_MAX; i++) {
        desk->own_best[i][CP_BUY] = INT64_MAX;
        desk->own_best[i][CP_SELL] = 0;
    }
}
