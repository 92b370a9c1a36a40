/* change.c: cancel, partial cancel, replace (C1 .. C8). */
#include "venue/inside.h"

/* The order meant, which may be changed now; CP_NONE and refused otherwise. */
static uint32_t find_meant(cp_venue *venue, const cp_order *order)
{
    uint32_t index = cp_find_meant(venue, order);
    if (index == CP_NONE) {
        cp_refuse(venue, order, CP_REASON_UNKNOWN_ORDER);
        return CP_NONE;
    }
    if (CP_UNLIKELY(venue->odd_count > 0) &&
        cp_is_crossing(venue, venue->pool.orders[index].symbol)) {
        cp_refuse(venue, order, CP_REASON_PHASE);
        return CP_NONE;
    }
    return index;
}

void cp_on_cancel(cp_venue *venue, const cp_order *order)
{
    uint32_t index = find_meant(venue, order);
    if (index != CP_NONE)
        cp_pull(venue, index, CP_REASON_USER);
}

/* ---- partial cancel --------------------------------------------------------------- */

/* Lots go, the hidden first; how many shown ones went. Fewer than are open. */
static uint32_t shrink(cp_venue *venue, uint32_t index, cp_record *record, uint32_t less)
{
    cp_book_order *order = &venue->pool.orders[index];
    uint32_t hidden = record ? record->hidden : 0;
    uint32_t from_hidden = less < hidden ? less : hidden;
    if (from_hidden > 0)
        record->hidden -= from_hidden;
    uint32_t shown = less - from_hidden;
    if (shown > 0)
        cp_book_reduce(&venue->books[order->symbol], index, shown);
    return shown;
}

static void reduce(cp_venue *venue, uint32_t index, cp_record *record, uint32_t less)
{
    cp_book_order *resting = &venue->pool.orders[index];
    uint64_t ref = cp_ref_of(venue, index);
    if (CP_UNLIKELY(record && cp_is_stop(record))) {
        cp_stop_reduce(venue, index, less);
    } else {
        uint32_t shown = shrink(venue, index, record, less);
        if (shown > 0)
            cp_emit_md(venue, CP_MD_REDUCE, resting, ref, 0, shown, resting->qty);
    }
    cp_report report = { .client_id = resting->id,
                         .order_ref = ref,
                         .price = cp_price_of(venue, index),
                         .qty = less,
                         .leaves = cp_open_qty(venue, index),
                         .symbol = resting->symbol,
                         .participant = resting->owner,
                         .kind = CP_REPORT_CANCELLED,
                         .side = (uint8_t)cp_side_of(venue, index),
                         .reason = CP_REASON_USER };
    cp_emit_report(venue, &report);
}

void cp_on_reduce(cp_venue *venue, const cp_order *order)
{
    uint32_t index = find_meant(venue, order);
    if (index == CP_NONE)
        return;
    cp_record *record = cp_record_of(venue, index);
    uint32_t open = cp_open_qty(venue, index);
    uint32_t less = order->qty;
    bool too_much = false;
    if (order->flags & CP_TOTAL) {
        uint32_t used = record ? record->used : 0;
        uint32_t wanted = order->qty > used ? order->qty - used : 0;
        too_much = wanted >= open;
        less = open - wanted;
    }
    if (too_much || less == 0)
        cp_refuse(venue, order, CP_REASON_QTY);
    else if (less >= open)
        cp_pull(venue, index, CP_REASON_USER);
    else
        reduce(venue, index, record, less);
}

/* ---- replace ---------------------------------------------------------------------- */

static bool is_well_formed(const cp_order *order)
{
    const uint8_t post = CP_POST_ONLY | CP_POST_SLIDE;
    return order->type == CP_LIMIT &&
           (order->time_in_force == CP_DAY || order->time_in_force == CP_GTC) &&
           order->min_qty == 0 && order->smp <= CP_SMP_DECREMENT &&
           !(order->flags & ~(post | CP_TOTAL)) && (order->flags & post) != post;
}

static cp_reason check_replace(cp_venue *venue, const cp_order *order, uint32_t *meant)
{
    if (!is_well_formed(order))
        return CP_REASON_MALFORMED;
    if (CP_UNLIKELY(venue->session_of[order->participant] != 0) &&
        !cp_throttle_passes(venue, order))
        return CP_REASON_THROTTLE;
    uint32_t index = cp_find_meant(venue, order);
    if (index == CP_NONE)
        return CP_REASON_UNKNOWN_ORDER;
    const cp_record *record = cp_record_of(venue, index);
    if (CP_UNLIKELY(record && cp_is_stop(record)))
        return CP_REASON_STOP;
    const cp_book_order *resting = &venue->pool.orders[index];
    if (order->price < 1 || order->price > venue->books[resting->symbol].price_max)
        return CP_REASON_PRICE;
    if (order->qty == 0 || order->qty > CP_VENUE_QTY_MAX)
        return CP_REASON_QTY;
    if (cp_idmap_get(&venue->names, order->participant, order->client_id) != CP_NONE)
        return CP_REASON_DUPLICATE_ID;
    if (CP_UNLIKELY(venue->odd_count > 0) &&
        !cp_phase_takes(venue->symbols[resting->symbol].phase, order))
        return CP_REASON_PHASE;
    *meant = index;
    return CP_REASON_NONE;
}

/* A display size that hides nothing is none. */
static uint32_t effective_display(uint32_t display, uint32_t open)
{
    return display >= open ? 0 : display;
}

static void rename_order(cp_venue *venue, uint32_t index, uint64_t client_id)
{
    cp_idmap_remove(&venue->names, index);
    venue->pool.orders[index].id = client_id;
    cp_idmap_put(&venue->names, index);
}

static uint32_t gtc_mark(const cp_order *order)
{
    return order->time_in_force == CP_GTC ? CP_SERIAL_GTC : 0;
}

static void replace_in_place(cp_venue *venue, uint32_t index, cp_record *record,
                             const cp_order *order, uint32_t open)
{
    cp_book_order *resting = &venue->pool.orders[index];
    uint64_t ref = cp_ref_of(venue, index);
    uint32_t less = cp_open_qty(venue, index) - open;
    rename_order(venue, index, order->client_id);
    resting->serial = (resting->serial & ~CP_SERIAL_GTC) | gtc_mark(order);
    uint32_t shown = less > 0 ? shrink(venue, index, record, less) : 0;
    if (shown > 0)
        cp_emit_md(venue, CP_MD_REDUCE, resting, ref, 0, shown, resting->qty);
    cp_report_order(venue, CP_REPORT_REPLACED, ref, resting, order->original_id, open,
                    open, CP_REASON_NONE);
}

/* It leaves its place and comes back as another order, which may trade at once. */
static void replace_anew(cp_venue *venue, uint32_t index, cp_record *record,
                         const cp_order *order, uint32_t open, uint32_t price)
{
    cp_book_order *entry = &venue->pool.orders[index];
    cp_book *book = &venue->books[entry->symbol];
    uint64_t old_ref = cp_ref_of(venue, index);
    bool marketable = cp_is_marketable(book, (cp_side)entry->side, price) &&
                      !cp_is_collecting(venue->symbols[entry->symbol].phase);
    if (marketable)
        cp_emit_md(venue, CP_MD_DELETE, entry, old_ref, 0, entry->qty, 0);
    cp_book_remove(book, index);
    rename_order(venue, index, order->client_id);
    entry->price = price;
    entry->qty = open;
    entry->serial =
        (entry->serial & CP_SERIAL_RECORD) | gtc_mark(order) | cp_next_serial(venue);
    if (record) {
        record->hidden = 0;
        record->display = effective_display(order->display_qty, open);
    }
    uint64_t ref = cp_ref_of(venue, index);
    cp_report_order(venue, CP_REPORT_REPLACED, ref, entry, order->original_id, open, open,
                    CP_REASON_NONE);
    if (marketable) {
        cp_match_then_rest(venue, index, order->smp);
        return;
    }
    int result = cp_rest(venue, index);
    CP_ASSERT(result == 0);
    cp_emit_md(venue, CP_MD_REPLACE, entry, old_ref, ref, entry->qty, entry->qty);
}

/* The checks that come after the quantity is known; the price it will have. */
static cp_reason check_move(cp_venue *venue, const cp_order *order, uint32_t index,
                            uint32_t open, int64_t *price)
{
    const cp_book_order *resting = &venue->pool.orders[index];
    cp_side side = (cp_side)resting->side;
    const cp_book *book = &venue->books[resting->symbol];
    *price = order->price;
    if (CP_UNLIKELY(order->flags & (CP_POST_ONLY | CP_POST_SLIDE)))
        *price = cp_post_price(order, book, side);
    if (*price == CP_PRICE_NONE)
        return CP_REASON_POST_ONLY;
    if (!cp_book_has_room(book, side, (uint32_t)*price, open))
        return CP_REASON_CAPACITY;
    if (CP_UNLIKELY(effective_display(order->display_qty, open) > 0) &&
        !cp_record_for(venue, index))
        return CP_REASON_CAPACITY;
    return CP_REASON_NONE;
}

void cp_on_replace(cp_venue *venue, const cp_order *order)
{
    uint32_t index = CP_NONE;
    cp_reason reason = check_replace(venue, order, &index);
    if (reason != CP_REASON_NONE) {
        cp_refuse(venue, order, reason);
        return;
    }
    const cp_book_order *resting = &venue->pool.orders[index];
    cp_record *record = cp_record_of(venue, index);
    uint32_t used = record && (order->flags & CP_TOTAL) ? record->used : 0;
    if (order->qty <= used) {
        cp_pull(venue, index, CP_REASON_USER);
        return;
    }
    uint32_t open = order->qty - used;
    if (CP_UNLIKELY(venue->odd_count > 0) &&
        !cp_band_takes(venue, resting->symbol, (cp_side)resting->side, order->price)) {
        cp_refuse(venue, order, CP_REASON_BAND);
        return;
    }
    uint32_t display = record ? record->display : 0;
    if (order->price == resting->price && open <= cp_open_qty(venue, index) &&
        effective_display(order->display_qty, open) == effective_display(display, open)) {
        replace_in_place(venue, index, record, order, open);
        return;
    }
    int64_t price;
    reason = check_move(venue, order, index, open, &price);
    if (reason != CP_REASON_NONE)
        cp_refuse(venue, order, reason);
    else
        replace_anew(venue, index, cp_record_of(venue, index), order, open,
                     (uint32_t)price);
}
