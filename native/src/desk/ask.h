/* ask.h: what the check of an order needs to know of the desk, and what the desk learns from
 * those that passed. Inline, as the check itself is: every order goes this way. */
#ifndef CP_ASK_H
#define CP_ASK_H

#include "desk/inside.h"

/* A price at or beyond which an order of that side would be met by one of the other. */
static inline bool cp_ask_meets(cp_side side, int64_t price, int64_t other)
{
    return side == CP_BUY ? other >= price : other <= price;
}

static inline int64_t cp_ask_better_of(cp_side side, int64_t a, int64_t b)
{
    return side == CP_BUY ? (a > b ? a : b) : a < b ? a : b;
}

/* Own lots an order would meet. No order of ours is at a better price than own_best, so
 * most need no look at each; of zeros, as a desk begins, nothing is missed either. */
static inline cp_i128 cp_ask_own_met(cp_desk *desk, uint32_t symbol, cp_side side,
                                     int64_t price)
{
    cp_side other = side == CP_BUY ? CP_SELL : CP_BUY;
    if (desk->orders.working_qty[symbol][other] == 0 ||
        !cp_ask_meets(other, price, desk->own_best[symbol][other]))
        return 0;
    return cp_ask_count_met(desk, symbol, other, price);
}

/* Money in all other symbols, at worst: of either side, and with this one's filled. What
 * has changed in this one alone is in neither. */
static inline void cp_ask_measure_elsewhere(cp_desk *desk, uint32_t symbol,
                                            cp_risk_ask *ask)
{
    if (CP_UNLIKELY(((desk->exposures.changed | desk->orders.changed) &
                     ~(UINT32_C(1) << symbol)) != 0))
        cp_desk_add_exposure(desk);
    const cp_exposure *all = &desk->exposures.all;
    const cp_exposure *here = &desk->exposures.symbols[symbol];
    ask->exposure_elsewhere = all->gross - here->gross;
    ask->net_elsewhere = all->net[ask->side] - here->net[ask->side];
}

/* What the narrower limits are asked of. */
static inline void cp_ask_measure_own(cp_desk *desk, uint32_t slot, uint32_t symbol,
                                      cp_risk_ask *ask)
{
    const int64_t *working = desk->orders.slot_qty[slot][symbol];
    ask->own_position = desk->cells[slot][symbol].qty + ask->would_be_position;
    ask->own_working[CP_BUY] = working[CP_BUY] + ask->would_be_working[CP_BUY];
    ask->own_working[CP_SELL] = working[CP_SELL] + ask->would_be_working[CP_SELL];
    ask->own_orders = desk->slots[slot].working_count;
    ask->symbol_orders = desk->orders.symbol_orders[symbol];
    if (desk->risk.strategy_limits[slot][CP_LIMIT_MESSAGE_RATE] != CP_LIMIT_NONE)
        ask->own_messages = cp_rate_count(&desk->slot_rates[slot], desk->now_ns);
}

static inline cp_terms cp_ask_terms_of(uint32_t slot, uint32_t symbol,
                                       const cp_risk_ask *ask)
{
    return (cp_terms){ .price = ask->price,
                       .qty = ask->qty,
                       .symbol = (uint16_t)symbol,
                       .strategy = (uint8_t)slot,
                       .side = (uint8_t)ask->side };
}

/* All that is not the order's own. */
static inline void cp_ask_complete(cp_desk *desk, uint32_t slot, uint32_t symbol,
                                   cp_risk_ask *ask)
{
    const cp_touch *touch = cp_desk_touch(desk, symbol);
    const int64_t *working = desk->orders.working_qty[symbol];
    bool both =
        touch->price[CP_BUY] != CP_PRICE_NONE && touch->price[CP_SELL] != CP_PRICE_NONE;
    uint64_t told_ns = desk->feed.symbols[symbol].last_md_ns;
    cp_terms terms = cp_ask_terms_of(slot, symbol, ask);
    ask->symbol = (uint16_t)symbol;
    ask->strategy = (uint16_t)slot;
    ask->mark2 = touch->mark2;
    ask->last = touch->last;
    ask->stale = touch->stale || desk->feed.symbols[symbol].pausing;
    ask->spread = both ? touch->price[CP_SELL] - touch->price[CP_BUY] : INT64_MAX;
    ask->age_ns = desk->now_ns > told_ns ? desk->now_ns - told_ns : 0;
    ask->point_value = desk->instruments[symbol].point_value;
    ask->position = desk->positions[symbol].qty + ask->would_be_position;
    ask->working[CP_BUY] = working[CP_BUY] + ask->would_be_working[CP_BUY];
    ask->working[CP_SELL] = working[CP_SELL] + ask->would_be_working[CP_SELL];
    ask->open_orders = desk->orders.working_count;
    ask->message_count = cp_rate_count(&desk->rate, desk->now_ns);
    ask->same_count = cp_recent_count(&desk->recent, &terms, desk->now_ns);
    ask->own_met = cp_ask_own_met(desk, symbol, ask->side, ask->price);
    cp_ask_measure_own(desk, slot, symbol, ask);
    cp_ask_measure_elsewhere(desk, symbol, ask);
}

/* It is about to be sent: the latest that was completed. */
static inline void cp_ask_passed(cp_desk *desk, const cp_risk_ask *ask)
{
    int64_t *best = &desk->own_best[ask->symbol][ask->side];
    bool first = desk->orders.working_qty[ask->symbol][ask->side] == 0;
    *best = first ? ask->price : cp_ask_better_of(ask->side, *best, ask->price);
    CP_ASSERT(ask == cp_risk_next(&desk->risk));
    desk->risk.passed ^= 1;
    cp_recent_add(&desk->recent, desk->now_ns);
}

#endif /* CP_ASK_H */
