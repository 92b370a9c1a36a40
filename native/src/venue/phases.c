/* phases.c: the trading day of a symbol, and what goes by it (P1 .. P9, P15). */
#include "venue/inside.h"

bool cp_phase_takes(uint8_t phase, const cp_order *order)
{
    if (phase == CP_PHASE_CONTINUOUS)
        return true;
    if (!cp_is_collecting(phase))
        return false;
    if (order->type == CP_STOP || order->type == CP_STOP_LIMIT)
        return true;
    return order->type == CP_LIMIT && !(order->flags & (CP_POST_ONLY | CP_POST_SLIDE)) &&
           order->min_qty == 0 &&
           (order->time_in_force == CP_DAY || order->time_in_force == CP_GTC);
}

/* ---- the band --------------------------------------------------------------------- */

static bool has_band(const cp_symbol_state *symbol)
{
    return symbol->band > 0 && symbol->reference > 0;
}

static int64_t band_limit(const cp_symbol_state *symbol, cp_side side)
{
    return side == CP_BUY ? symbol->reference + symbol->band
                          : symbol->reference - symbol->band;
}

bool cp_band_takes(const cp_venue *venue, uint16_t symbol, cp_side side, int64_t price)
{
    const cp_symbol_state *state = &venue->symbols[symbol];
    return !has_band(state) || !cp_price_is_better(side, price, band_limit(state, side));
}

int64_t cp_market_limit(const cp_venue *venue, uint16_t symbol, cp_side side)
{
    const cp_symbol_state *state = &venue->symbols[symbol];
    if (CP_UNLIKELY(has_band(state)))
        return band_limit(state, side);
    return side == CP_BUY ? INT64_MAX : 0;
}

cp_reason cp_market_rest(const cp_venue *venue, uint16_t symbol, cp_side side)
{
    int64_t best = cp_book_best(&venue->books[symbol], cp_opposite(side));
    return has_band(&venue->symbols[symbol]) && best != CP_PRICE_NONE
               ? CP_REASON_BAND
               : CP_REASON_NO_LIQUIDITY;
}

int64_t cp_post_price(const cp_order *order, const cp_book *book, cp_side side)
{
    if (!cp_is_marketable(book, side, order->price))
        return order->price;
    if (!(order->flags & CP_POST_SLIDE))
        return CP_PRICE_NONE;
    int64_t best = cp_book_best(book, cp_opposite(side));
    int64_t price = side == CP_BUY ? best - 1 : best + 1;
    return price >= 1 && price <= book->price_max ? price : CP_PRICE_NONE;
}

static void count_odd(cp_venue *venue)
{
    venue->odd_count = 0;
    for (uint32_t s = 0; s < venue->symbol_count; s++)
        venue->odd_count +=
            venue->symbols[s].phase != CP_PHASE_CONTINUOUS || venue->symbols[s].band > 0;
}

int cp_venue_set_reference(cp_venue *venue, uint16_t symbol, int64_t price)
{
    if (symbol >= venue->symbol_count || price < 0 ||
        price > venue->books[symbol].price_max)
        return -EINVAL;
    venue->symbols[symbol].reference = price;
    return 0;
}

int cp_venue_set_band(cp_venue *venue, uint16_t symbol, uint32_t width)
{
    if (symbol >= venue->symbol_count || width > INT32_MAX)
        return -EINVAL;
    venue->symbols[symbol].band = width;
    count_odd(venue);
    return 0;
}

int64_t cp_venue_last(const cp_venue *venue, uint16_t symbol)
{
    CP_ASSERT(symbol < venue->symbol_count);
    return venue->symbols[symbol].last;
}

/* ---- expiry ----------------------------------------------------------------------- */

static bool is_day(const cp_venue *venue, uint32_t index)
{
    return !(venue->pool.orders[index].serial & CP_SERIAL_GTC);
}

/* Every DAY order of one side of a book, best first, while `left` allows. */
static void expire_side(cp_venue *venue, const cp_book *book, cp_side side,
                        uint32_t *left)
{
    int64_t price = cp_book_best(book, side);
    while (price != CP_PRICE_NONE && *left > 0) {
        int64_t behind = cp_book_next_price(book, side, price);
        uint32_t index = cp_book_level_at(book, side, price)->head;
        while (index != CP_NONE && *left > 0) {
            uint32_t next = venue->pool.orders[index].next;
            if (is_day(venue, index)) {
                cp_pull(venue, index, CP_REASON_EXPIRED);
                --*left;
            }
            index = next;
        }
        price = behind;
    }
}

static void expire_due(cp_venue *venue, uint16_t symbol, uint32_t *left)
{
    uint32_t index = venue->due_head;
    while (index != CP_NONE && *left > 0) {
        uint32_t next = venue->pool.orders[index].next;
        if (venue->pool.orders[index].symbol == symbol && is_day(venue, index)) {
            cp_pull(venue, index, CP_REASON_EXPIRED);
            --*left;
        }
        index = next;
    }
}

static void expire(cp_venue *venue, uint16_t symbol)
{
    cp_symbol_state *state = &venue->symbols[symbol];
    uint32_t left = CP_SWEEP_MAX;
    expire_side(venue, &venue->books[symbol], CP_BUY, &left);
    expire_side(venue, &venue->books[symbol], CP_SELL, &left);
    expire_side(venue, &state->stops, CP_SELL, &left); /* the buys, stops.c */
    expire_side(venue, &state->stops, CP_BUY, &left);
    expire_due(venue, symbol, &left);
    state->expiring = left == 0;
}

/* ---- phases ----------------------------------------------------------------------- */

static void enter(cp_venue *venue, uint16_t symbol, cp_phase phase, int64_t price)
{
    venue->symbols[symbol].phase = (uint8_t)phase;
    count_odd(venue);
    cp_emit_symbol_md(venue, CP_MD_PHASE, symbol, 0, price, (uint32_t)phase);
}

/* After a closing cross the orders expire in the steps that follow. */
static void end_cross(cp_venue *venue, uint16_t symbol)
{
    cp_symbol_state *state = &venue->symbols[symbol];
    int64_t price = state->cross_price;
    bool opening = state->phase == CP_PHASE_OPENING_CROSS;
    enter(venue, symbol, opening ? CP_PHASE_CONTINUOUS : CP_PHASE_CLOSED, price);
    if (price != CP_PRICE_NONE)
        cp_traded(venue, symbol, price, price);
    state->expiring = !opening;
}

static void step_cross(cp_venue *venue, uint16_t symbol)
{
    cp_cross_step(venue, symbol);
    if (venue->symbols[symbol].cross_left == 0)
        end_cross(venue, symbol);
}

static bool may_follow(uint8_t from, cp_phase to)
{
    if (to == (cp_phase)from || to >= CP_PHASE_COUNT)
        return false;
    switch (from) {
    case CP_PHASE_CONTINUOUS:
        return to != CP_PHASE_OPENING_CROSS;
    case CP_PHASE_CLOSED:
        return to == CP_PHASE_PRE_OPEN || to == CP_PHASE_HALT;
    default:
        return cp_is_collecting(from) && to != CP_PHASE_CONTINUOUS;
    }
}

int cp_venue_set_phase(cp_venue *venue, uint16_t symbol, cp_phase phase, uint64_t now_ns)
{
    if (symbol >= venue->symbol_count || !may_follow(venue->symbols[symbol].phase, phase))
        return -EINVAL;
    cp_begin_step(venue, now_ns);
    venue->symbols[symbol].expiring = false;
    enter(venue, symbol, phase, CP_PRICE_NONE);
    if (phase == CP_PHASE_OPENING_CROSS || phase == CP_PHASE_CLOSING_CROSS) {
        cp_cross_begin(venue, symbol);
        step_cross(venue, symbol);
    } else if (phase == CP_PHASE_CLOSED) {
        expire(venue, symbol);
    }
    cp_end_step(venue);
    return 0;
}

cp_phase cp_venue_phase(const cp_venue *venue, uint16_t symbol)
{
    CP_ASSERT(symbol < venue->symbol_count);
    return (cp_phase)venue->symbols[symbol].phase;
}

/* ---- time ------------------------------------------------------------------------- */

/* One thing that a symbol has left to do; false: nothing. */
static bool do_symbol(cp_venue *venue)
{
    for (uint16_t s = 0; s < venue->symbol_count; s++)
        if (cp_is_crossing(venue, s)) {
            step_cross(venue, s);
            return true;
        }
    for (uint16_t s = 0; s < venue->symbol_count; s++)
        if (venue->symbols[s].expiring) {
            expire(venue, s);
            return true;
        }
    return false;
}

static bool has_more(const cp_venue *venue)
{
    for (uint16_t s = 0; s < venue->symbol_count; s++)
        if (cp_is_crossing(venue, s) || venue->symbols[s].expiring)
            return true;
    return cp_sessions_have_more(venue) ||
           (venue->due_count > 0 && cp_stops_may_run(venue));
}

bool cp_venue_on_timer(cp_venue *venue, uint64_t now_ns)
{
    cp_begin_step(venue, now_ns);
    if (CP_UNLIKELY(venue->odd_count == 0) || !do_symbol(venue))
        cp_sessions_do(venue);
    cp_end_step(venue);
    return has_more(venue);
}
