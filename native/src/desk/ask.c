/* ask.c: what the check of an order needs to know of the desk, and what it is told of
 * those that passed. */
#include "desk/inside.h"

/* A price at or beyond which an order of that side would be met by one of the other. */
static bool meets(cp_side side, int64_t price, int64_t other)
{
    return side == CP_BUY ? other >= price : other <= price;
}

static int64_t better_of(cp_side side, int64_t a, int64_t b)
{
    return side == CP_BUY ? (a > b ? a : b) : a < b ? a : b;
}

/* Every order of ours, one by one. A replace under way can meet at either price; one that
 * never rests cannot be met. */
static cp_i128 count_met(cp_desk *desk, uint32_t symbol, cp_side side, int64_t price)
{
    int64_t best = side == CP_BUY ? 0 : INT64_MAX;
    cp_i128 met = 0;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (own->symbol != symbol || own->side != side || cp_order_is_immediate(own) ||
            !cp_state_is_working(own->state))
            continue;
        best = better_of(side, best, own->price);
        if (meets(side, price, own->price))
            met += own->leaves;
        if (!own->replace_sent)
            continue;
        best = better_of(side, best, own->pending_price);
        if (meets(side, price, own->pending_price))
            met += own->pending_qty;
    }
    desk->own_best[symbol][side] = best;
    return met;
}

/* Own lots an order would meet. No order of ours is at a better price than own_best, so
 * most need no look at each; of zeros, as a desk begins, nothing is missed either. */
static cp_i128 own_met(cp_desk *desk, uint32_t symbol, cp_side side, int64_t price)
{
    cp_side other = side == CP_BUY ? CP_SELL : CP_BUY;
    if (desk->orders.working_qty[symbol][other] == 0 ||
        !meets(other, price, desk->own_best[symbol][other]))
        return 0;
    return count_met(desk, symbol, other, price);
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

/* Money in all other symbols, at worst: of either side, and with this one's filled. What
 * has changed in this one alone is in neither. */
static void measure_elsewhere(cp_desk *desk, uint32_t symbol, cp_risk_ask *ask)
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
static void measure_own(cp_desk *desk, uint32_t slot, uint32_t symbol, cp_risk_ask *ask)
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

static cp_terms terms_of(uint32_t slot, uint32_t symbol, const cp_risk_ask *ask)
{
    return (cp_terms){ .price = ask->price,
                       .qty = ask->qty,
                       .symbol = (uint16_t)symbol,
                       .strategy = (uint8_t)slot,
                       .side = (uint8_t)ask->side };
}

void cp_ask_complete(cp_desk *desk, uint32_t slot, uint32_t symbol, cp_risk_ask *ask)
{
    const cp_touch *touch = cp_desk_touch(desk, symbol);
    const int64_t *working = desk->orders.working_qty[symbol];
    bool both =
        touch->price[CP_BUY] != CP_PRICE_NONE && touch->price[CP_SELL] != CP_PRICE_NONE;
    uint64_t told_ns = desk->feed.symbols[symbol].last_md_ns;
    cp_terms terms = terms_of(slot, symbol, ask);
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
    ask->own_met = own_met(desk, symbol, ask->side, ask->price);
    measure_own(desk, slot, symbol, ask);
    measure_elsewhere(desk, symbol, ask);
}

void cp_ask_passed(cp_desk *desk, uint32_t slot, uint32_t symbol, const cp_risk_ask *ask)
{
    cp_terms terms = terms_of(slot, symbol, ask);
    int64_t *best = &desk->own_best[symbol][ask->side];
    bool first = desk->orders.working_qty[symbol][ask->side] == 0;
    *best = first ? ask->price : better_of(ask->side, *best, ask->price);
    CP_ASSERT(ask == cp_risk_next(&desk->risk));
    desk->risk.passed ^= 1;
    cp_recent_add(&desk->recent, &terms, desk->now_ns);
}

void cp_ask_forget(cp_desk *desk)
{
    for (uint32_t i = 0; i < CP_SYMBOL_MAX; i++) {
        desk->own_best[i][CP_BUY] = INT64_MAX;
        desk->own_best[i][CP_SELL] = 0;
    }
}
