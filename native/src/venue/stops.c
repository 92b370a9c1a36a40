/* stops.c: orders that wait for a trade at their price (T1 .. T5).
 *
 * Waiting stops lie in a book of their own, priced by their triggers and with the sides
 * the other way round: the buy stop that triggers first has the lowest trigger, as the
 * sell order that trades first has the lowest price. Who is due stands in a line, linked
 * as the orders of a level are.
 */
#include "venue/inside.h"

bool cp_is_stop(const cp_record *record)
{
    return record->place != CP_PLACE_BOOK;
}

cp_side cp_side_of(const cp_venue *venue, uint32_t index)
{
    const cp_record *record = cp_record_of(venue, index);
    cp_side side = (cp_side)venue->pool.orders[index].side;
    return record && cp_is_stop(record) ? cp_opposite(side) : side;
}

int64_t cp_price_of(const cp_venue *venue, uint32_t index)
{
    const cp_record *record = cp_record_of(venue, index);
    if (!record || !cp_is_stop(record))
        return venue->pool.orders[index].price;
    return record->type == CP_STOP ? CP_PRICE_NONE : (int64_t)record->limit;
}

static void report_stop(cp_venue *venue, cp_report_kind kind, uint32_t index)
{
    const cp_book_order *order = &venue->pool.orders[index];
    cp_report report = { .client_id = order->id,
                         .order_ref = cp_ref_of(venue, index),
                         .price = cp_price_of(venue, index),
                         .qty = order->qty,
                         .leaves = order->qty,
                         .symbol = order->symbol,
                         .participant = order->owner,
                         .kind = (uint8_t)kind,
                         .side = (uint8_t)cp_side_of(venue, index) };
    cp_emit_report(venue, &report);
}

/* ---- the line --------------------------------------------------------------------- */

static void join_line(cp_venue *venue, uint32_t index)
{
    cp_book_order *order = &venue->pool.orders[index];
    order->next = CP_NONE;
    order->prev = venue->due_tail;
    if (venue->due_tail == CP_NONE)
        venue->due_head = index;
    else
        venue->pool.orders[venue->due_tail].next = index;
    venue->due_tail = index;
    venue->due_count++;
    cp_record_of(venue, index)->place = CP_PLACE_DUE;
}

static void leave_line(cp_venue *venue, uint32_t index)
{
    const cp_book_order *order = &venue->pool.orders[index];
    CP_ASSERT(venue->due_count > 0);
    if (order->prev == CP_NONE)
        venue->due_head = order->next;
    else
        venue->pool.orders[order->prev].next = order->next;
    if (order->next == CP_NONE)
        venue->due_tail = order->prev;
    else
        venue->pool.orders[order->next].prev = order->prev;
    venue->due_count--;
}

/* ---- waiting ---------------------------------------------------------------------- */

static void leave_book(cp_venue *venue, uint32_t index)
{
    CP_ASSERT(venue->waiting_count > 0);
    cp_book_remove(&venue->symbols[venue->pool.orders[index].symbol].stops, index);
    venue->waiting_count--;
}

void cp_stop_remove(cp_venue *venue, uint32_t index)
{
    if (cp_record_of(venue, index)->place == CP_PLACE_WAITING)
        leave_book(venue, index);
    else
        leave_line(venue, index);
}

void cp_stop_reduce(cp_venue *venue, uint32_t index, uint32_t qty)
{
    cp_book_order *order = &venue->pool.orders[index];
    if (cp_record_of(venue, index)->place == CP_PLACE_WAITING)
        cp_book_reduce(&venue->symbols[order->symbol].stops, index, qty);
    else
        order->qty -= qty;
}

static bool is_satisfied(const cp_order *order, int64_t price)
{
    if (price == CP_PRICE_NONE)
        return false;
    return order->side == CP_BUY ? price >= order->stop_price
                                 : price <= order->stop_price;
}

void cp_on_new_stop(cp_venue *venue, const cp_order *order)
{
    cp_symbol_state *symbol = &venue->symbols[order->symbol];
    bool due = is_satisfied(order, symbol->last);
    cp_side side = cp_opposite((cp_side)order->side);
    uint32_t index = cp_pool_take(&venue->pool);
    if (index == CP_NONE) {
        cp_refuse(venue, order, CP_REASON_CAPACITY);
        return;
    }
    cp_book_order *entry = &venue->pool.orders[index];
    entry->id = order->client_id;
    entry->price = order->stop_price;
    entry->qty = order->qty;
    entry->serial = order->time_in_force == CP_GTC ? CP_SERIAL_GTC : 0;
    entry->owner = order->participant;
    entry->symbol = order->symbol & 0x7fffu;
    entry->side = (unsigned)side & 1u;
    bool room =
        due || cp_book_has_room(&symbol->stops, side, order->stop_price, order->qty);
    cp_record *record = room ? cp_record_for(venue, index) : NULL;
    if (!record) {
        cp_pool_give(&venue->pool, index);
        cp_refuse(venue, order, CP_REASON_CAPACITY);
        return;
    }
    record->type = order->type;
    record->smp = order->smp;
    record->limit = order->type == CP_STOP_LIMIT ? (uint32_t)order->price : 0;
    record->place = CP_PLACE_WAITING;
    entry->serial |= cp_next_serial(venue);
    cp_name(venue, index);
    report_stop(venue, CP_REPORT_ACCEPTED, index);
    if (due) {
        join_line(venue, index);
        return;
    }
    int result = cp_book_add(&symbol->stops, index);
    CP_ASSERT(result == 0);
    venue->waiting_count++;
}

void cp_stops_wake(cp_venue *venue, uint16_t symbol, int64_t low, int64_t high)
{
    cp_book *stops = &venue->symbols[symbol].stops;
    cp_aged *woken = venue->aged;
    uint32_t count = 0;
    for (uint32_t side = CP_BUY; side <= CP_SELL; side++) {
        uint32_t index;
        while ((index = cp_book_front(stops, (cp_side)side)) != CP_NONE) {
            const cp_book_order *order = &venue->pool.orders[index];
            /* As stored, the other way round: CP_SELL holds the buys. */
            if (side == CP_SELL ? order->price > high : order->price < low)
                break;
            CP_ASSERT(count < venue->aged_capacity);
            woken[count++] = (cp_aged){ cp_age_of(venue, order), index };
            leave_book(venue, index);
        }
    }
    cp_sort_by_age(woken, count);
    while (count-- > 0) /* the oldest first */
        join_line(venue, woken[count].index);
}

/* ---- triggered -------------------------------------------------------------------- */

static void run_as_market(cp_venue *venue, uint32_t index, uint8_t smp)
{
    const cp_book_order *order = &venue->pool.orders[index];
    cp_side side = (cp_side)order->side;
    cp_taker taker = { .client_id = order->id,
                       .ref = cp_ref_of(venue, index),
                       .limit = cp_market_limit(venue, order->symbol, side),
                       .price = CP_PRICE_NONE,
                       .leaves = order->qty,
                       .symbol = order->symbol,
                       .participant = order->owner,
                       .side = side,
                       .smp = smp };
    cp_match_end end = cp_match(venue, &taker);
    if (taker.leaves > 0)
        cp_cancel_taker(venue, &taker, taker.leaves, 0,
                        end == CP_MATCH_SWEPT ? CP_REASON_SWEEP
                        : end == CP_MATCH_SELF
                            ? CP_REASON_SMP
                            : cp_market_rest(venue, taker.symbol, side));
    cp_forget(venue, index);
}

static void run_as_limit(cp_venue *venue, uint32_t index, uint32_t limit, uint8_t smp)
{
    cp_book_order *order = &venue->pool.orders[index];
    cp_side side = (cp_side)order->side;
    order->price = limit;
    cp_reason reason = CP_REASON_NONE;
    if (!cp_band_takes(venue, order->symbol, side, limit))
        reason = CP_REASON_BAND;
    else if (!cp_book_has_room(&venue->books[order->symbol], side, limit, order->qty))
        reason = CP_REASON_CAPACITY;
    if (reason == CP_REASON_NONE) {
        cp_match_then_rest(venue, index, smp);
        return;
    }
    cp_report_order(venue, CP_REPORT_CANCELLED, cp_ref_of(venue, index), order, 0,
                    order->qty, 0, reason);
    cp_forget(venue, index);
}

static void run(cp_venue *venue, uint32_t index)
{
    cp_book_order *order = &venue->pool.orders[index];
    cp_record *record = cp_record_of(venue, index);
    cp_record stop = *record;
    leave_line(venue, index);
    order->serial = (order->serial & ~CP_SERIAL_MASK) | cp_next_serial(venue);
    report_stop(venue, CP_REPORT_TRIGGERED, index);
    cp_record_drop(venue, index);
    order->side = (unsigned)cp_opposite((cp_side)order->side) & 1u;
    venue->units--;
    if (stop.type == CP_STOP)
        run_as_market(venue, index, stop.smp);
    else
        run_as_limit(venue, index, stop.limit, stop.smp);
}

/* The first of the line whose symbol trades. */
static uint32_t next_due(const cp_venue *venue)
{
    uint32_t index = venue->due_head;
    while (index != CP_NONE &&
           venue->symbols[venue->pool.orders[index].symbol].phase != CP_PHASE_CONTINUOUS)
        index = venue->pool.orders[index].next;
    return index;
}

void cp_stops_run(cp_venue *venue)
{
    while (venue->units > 0) {
        uint32_t index = next_due(venue);
        if (index == CP_NONE)
            return;
        run(venue, index);
    }
}

bool cp_stops_may_run(const cp_venue *venue)
{
    return next_due(venue) != CP_NONE;
}
