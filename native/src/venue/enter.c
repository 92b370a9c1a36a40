/* enter.c: new orders (M1 .. M16). */
#include "venue/inside.h"

static bool is_plain(const cp_order *order)
{
    return (order->display_qty | order->min_qty | order->flags) == 0 &&
           order->type <= CP_MARKET && order->time_in_force <= CP_IOC &&
           order->smp <= CP_SMP_DECREMENT && order->side <= CP_SELL;
}

static bool can_rest(const cp_order *order)
{
    return order->type != CP_MARKET &&
           (order->time_in_force == CP_DAY || order->time_in_force == CP_GTC);
}

static bool is_stop_type(const cp_order *order)
{
    return order->type == CP_STOP || order->type == CP_STOP_LIMIT;
}

static bool is_well_formed(const cp_order *order)
{
    const uint8_t post = CP_POST_ONLY | CP_POST_SLIDE;
    if (is_plain(order))
        return true;
    if (order->side > CP_SELL || order->type > CP_STOP_LIMIT ||
        order->time_in_force > CP_GTC || order->smp > CP_SMP_DECREMENT)
        return false;
    if (order->flags & ~post || order->flags == post)
        return false;
    if (is_stop_type(order) && !can_rest(order))
        return false;
    if ((order->flags || order->display_qty > 0) &&
        (order->type != CP_LIMIT || !can_rest(order)))
        return false;
    if (is_stop_type(order))
        return true;
    return order->min_qty <= order->qty && (order->min_qty == 0 || order->flags == 0);
}

static bool is_price(const cp_venue *venue, const cp_order *order, int64_t price)
{
    return price >= 1 && price <= venue->books[order->symbol].price_max;
}

static bool has_prices(const cp_venue *venue, const cp_order *order)
{
    if (CP_LIKELY(order->type == CP_LIMIT))
        return is_price(venue, order, order->price);
    return (order->type != CP_STOP_LIMIT || is_price(venue, order, order->price)) &&
           (!is_stop_type(order) || is_price(venue, order, order->stop_price));
}

static cp_reason check_hour(const cp_venue *venue, const cp_order *order)
{
    if (!cp_phase_takes(venue->symbols[order->symbol].phase, order))
        return CP_REASON_PHASE;
    if (order->type == CP_LIMIT &&
        !cp_band_takes(venue, order->symbol, (cp_side)order->side, order->price))
        return CP_REASON_BAND;
    return CP_REASON_NONE;
}

static cp_reason check_new(cp_venue *venue, const cp_order *order)
{
    if (!is_well_formed(order))
        return CP_REASON_MALFORMED;
    if (CP_UNLIKELY(venue->session_of[order->participant] != 0) &&
        !cp_throttle_passes(venue, order))
        return CP_REASON_THROTTLE;
    if (order->symbol >= venue->symbol_count)
        return CP_REASON_SYMBOL;
    if (!has_prices(venue, order))
        return CP_REASON_PRICE;
    if (order->qty == 0 || order->qty > CP_VENUE_QTY_MAX)
        return CP_REASON_QTY;
    if (cp_idmap_get(&venue->names, order->participant, order->client_id) != CP_NONE)
        return CP_REASON_DUPLICATE_ID;
    if (CP_UNLIKELY(venue->odd_count > 0))
        return check_hour(venue, order);
    return CP_REASON_NONE;
}

/* ---- what never rests ------------------------------------------------------------- */

/* What the trial must execute, 0: no trial. */
static uint32_t needed(const cp_order *order)
{
    return order->time_in_force == CP_FOK ? order->qty : order->min_qty;
}

static cp_reason trial_reason(const cp_order *order)
{
    return order->time_in_force == CP_FOK ? CP_REASON_FOK : CP_REASON_MIN_QTY;
}

void cp_on_new_immediate(cp_venue *venue, const cp_order *order)
{
    bool market = order->type == CP_MARKET;
    cp_side side = (cp_side)order->side;
    cp_taker taker = { .client_id = order->client_id,
                       .ref = cp_make_ref(cp_next_serial(venue), CP_NONE),
                       .limit = market ? cp_market_limit(venue, order->symbol, side)
                                       : order->price,
                       .price = market ? CP_PRICE_NONE : order->price,
                       .leaves = order->qty,
                       .symbol = order->symbol,
                       .participant = order->participant,
                       .side = side,
                       .smp = order->smp };
    cp_report *line = cp_outbox_add(&venue->reports);
    line->time_ns = venue->now_ns;
    line->client_id = order->client_id;
    line->original_id = 0;
    line->order_ref = taker.ref;
    line->match_ref = 0;
    line->price = taker.price;
    line->qty = line->leaves = order->qty;
    line->symbol = order->symbol;
    line->participant = order->participant;
    line->kind = CP_REPORT_ACCEPTED;
    line->side = order->side;
    line->reason = CP_REASON_NONE;
    line->liquidity = CP_MAKER;
    cp_finish_report(venue, line);

    uint32_t need = needed(order);
    if (CP_UNLIKELY(need > 0) && !cp_match_would(venue, &taker, need)) {
        cp_cancel_taker(venue, &taker, taker.leaves, 0, trial_reason(order));
        return;
    }
    cp_match_end end = cp_match(venue, &taker);
    if (taker.leaves == 0)
        return;
    cp_reason reason = end == CP_MATCH_SWEPT  ? CP_REASON_SWEEP
                       : end == CP_MATCH_SELF ? CP_REASON_SMP
                       : market               ? cp_market_rest(venue, order->symbol, side)
                                              : CP_REASON_IOC;
    cp_cancel_taker(venue, &taker, taker.leaves, 0, reason);
}

/* ---- what may rest ---------------------------------------------------------------- */

/* A place in the pool, filled in; CP_NONE: all are taken. */
static inline uint32_t take_place(cp_venue *venue, const cp_order *order, uint32_t price)
{
    uint32_t index = cp_pool_take(&venue->pool);
    if (CP_UNLIKELY(index == CP_NONE))
        return CP_NONE;
    cp_book_order *entry = &venue->pool.orders[index];
    entry->id = order->client_id;
    entry->price = price;
    entry->qty = order->qty;
    entry->serial = order->time_in_force == CP_GTC ? CP_SERIAL_GTC : 0;
    entry->owner = order->participant;
    entry->symbol = order->symbol & 0x7fffu;
    entry->side = order->side & 1u;
    return index;
}

/* Room to rest, and a record for an iceberg. */
static bool has_room(cp_venue *venue, const cp_order *order, uint32_t index)
{
    const cp_book_order *entry = &venue->pool.orders[index];
    if (!cp_book_has_room(&venue->books[order->symbol], (cp_side)order->side,
                          entry->price, order->qty))
        return false;
    if (order->display_qty == 0 || order->display_qty >= order->qty)
        return true;
    cp_record *record = cp_record_for(venue, index);
    if (!record)
        return false;
    record->display = order->display_qty;
    return true;
}

/* Whether it must be cancelled whole: its least quantity is not to be had (M8). */
static bool falls_short(const cp_venue *venue, const cp_order *order)
{
    if (CP_LIKELY(order->min_qty == 0))
        return false;
    const cp_taker taker = { .limit = order->price,
                             .leaves = order->qty,
                             .symbol = order->symbol,
                             .participant = order->participant,
                             .side = (cp_side)order->side,
                             .smp = order->smp };
    return !cp_match_would(venue, &taker, order->min_qty);
}

static void on_new_limit(cp_venue *venue, const cp_order *order)
{
    cp_book *book = &venue->books[order->symbol];
    cp_side side = (cp_side)order->side;
    int64_t price = order->price;
    bool marketable = cp_is_marketable(book, side, price);
    if (CP_UNLIKELY(venue->odd_count > 0) &&
        cp_is_collecting(venue->symbols[order->symbol].phase))
        marketable = false;
    bool special = (order->flags | order->display_qty | order->min_qty) != 0;
    if (CP_UNLIKELY(order->flags != 0)) {
        price = cp_post_price(order, book, side);
        if (price == CP_PRICE_NONE) {
            cp_refuse(venue, order, CP_REASON_POST_ONLY);
            return;
        }
        marketable = false;
    }
    uint32_t index = take_place(venue, order, (uint32_t)price);
    if (CP_UNLIKELY(index == CP_NONE)) {
        cp_refuse(venue, order, CP_REASON_CAPACITY);
        return;
    }
    bool seek_room = marketable || special;
    if (seek_room ? !has_room(venue, order, index) : cp_book_add(book, index) != 0) {
        cp_pool_give(&venue->pool, index);
        cp_refuse(venue, order, CP_REASON_CAPACITY);
        return;
    }
    cp_book_order *entry = &venue->pool.orders[index];
    entry->serial |= cp_next_serial(venue);
    uint64_t ref = cp_ref_of(venue, index);
    cp_name(venue, index);
    cp_report_order(venue, CP_REPORT_ACCEPTED, ref, entry, 0, order->qty, order->qty,
                    CP_REASON_NONE);
    if (CP_LIKELY(!seek_room)) {
        cp_emit_md(venue, CP_MD_ADD, entry, ref, 0, order->qty, order->qty);
    } else if (falls_short(venue, order)) {
        cp_report_order(venue, CP_REPORT_CANCELLED, ref, entry, 0, order->qty, 0,
                        CP_REASON_MIN_QTY);
        cp_forget(venue, index);
    } else if (marketable) {
        cp_match_then_rest(venue, index, order->smp);
    } else {
        int result = cp_rest(venue, index);
        CP_ASSERT(result == 0);
        cp_emit_md(venue, CP_MD_ADD, entry, ref, 0, entry->qty, entry->qty);
    }
}

void cp_on_new(cp_venue *venue, const cp_order *order)
{
    cp_reason reason = check_new(venue, order);
    if (CP_UNLIKELY(reason != CP_REASON_NONE))
        cp_refuse(venue, order, reason);
    else if (CP_UNLIKELY(is_stop_type(order)))
        cp_on_new_stop(venue, order);
    else if (order->type == CP_MARKET || order->time_in_force == CP_IOC ||
             order->time_in_force == CP_FOK)
        cp_on_new_immediate(venue, order);
    else
        on_new_limit(venue, order);
}
