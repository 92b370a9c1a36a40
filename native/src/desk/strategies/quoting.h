/* quoting.h: what strategies that quote both sides do alike once they know where. */
#ifndef CP_QUOTING_H
#define CP_QUOTING_H

#include "desk/strategies/decay.h"
#include "desk/strategy.h"

typedef struct cp_quoting {
    int64_t order_qty;    /* lots of one quote */
    int64_t max_position; /* lots at which a side stops */
    double requote;       /* increments: least move of a quote worth a message */
} cp_quoting;

static inline void cp_quoting_stop(cp_seat *seat)
{
    cp_seat_cancel(seat, CP_BUY);
    cp_seat_cancel(seat, CP_SELL);
}

/* `exact` is where the quote belongs, `price` the step it would go to. */
static inline void cp_quoting_side(const cp_quoting *rules, cp_seat *seat, cp_side side,
                                   double exact, int64_t price, int64_t room)
{
    int64_t qty = rules->order_qty < room ? rules->order_qty : room;
    if (qty <= 0 || price < 1 || price >= UINT32_MAX) { /* or beyond any price */
        cp_seat_cancel(seat, side);
        return;
    }
    double away = (double)seat->working_price[side] - exact;
    bool near = seat->working_price[side] != CP_PRICE_NONE && away < rules->requote &&
                away > -rules->requote;
    /* A quote that stands near enough keeps its place in the queue, unless what is left
     * of it would carry the inventory past its end. */
    if (near && (int64_t)seat->working_qty[side] <= room)
        return;
    cp_seat_quote(seat, side, price, (uint32_t)qty);
}

/* Both quotes where they belong, outward to whole increments, never at or through the
 * other side's best. Numbers beyond any price are cut, so that they can be prices. */
static inline void cp_quoting_both(const cp_quoting *rules, cp_seat *seat, double bid,
                                   double ask)
{
    const double far = 4294967296.0;
    bid = bid > -far ? bid < far ? bid : far : -far;
    ask = ask > -far ? ask < far ? ask : far : -far;
    int64_t bid_price = cp_floor(bid), bid_most = seat->touch->price[CP_SELL] - 1;
    int64_t ask_price = cp_ceil(ask), ask_least = seat->touch->price[CP_BUY] + 1;
    cp_quoting_side(rules, seat, CP_BUY, bid, bid_price < bid_most ? bid_price : bid_most,
                    rules->max_position - seat->position);
    cp_quoting_side(rules, seat, CP_SELL, ask,
                    ask_price > ask_least ? ask_price : ask_least,
                    rules->max_position + seat->position);
}

/* The mid of what others quote: about its own quotes a strategy would run in circles. */
static inline bool cp_quoting_mid(const cp_seat *seat, double *mid)
{
    int64_t bid, ask;
    uint64_t bid_qty, ask_qty;
    if (!cp_seat_has_market(seat) || !cp_seat_others(seat, CP_BUY, &bid, &bid_qty) ||
        !cp_seat_others(seat, CP_SELL, &ask, &ask_qty))
        return false;
    *mid = (double)(bid + ask) / 2;
    return true;
}

#endif /* CP_QUOTING_H */
