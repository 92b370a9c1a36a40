/* pull.c: orders taken off by somebody's wish or by a rule, one or many (C1, C9, C10).
 *
 * Who pulls many is seldom and pays for it: the pool is searched for a participant's
 * orders, which costs what has ever rested at a time, so that the many orders that come
 * and go carry no list of their owner's.
 */
#include "venue/inside.h"

void cp_pull(cp_venue *venue, uint32_t index, cp_reason reason)
{
    const cp_book_order *order = &venue->pool.orders[index];
    const cp_record *record = cp_record_of(venue, index);
    uint64_t ref = cp_ref_of(venue, index);
    if (CP_UNLIKELY(record && cp_is_stop(record))) {
        cp_report report = { .client_id = order->id,
                             .order_ref = ref,
                             .price = cp_price_of(venue, index),
                             .qty = order->qty,
                             .symbol = order->symbol,
                             .participant = order->owner,
                             .kind = CP_REPORT_CANCELLED,
                             .side = (uint8_t)cp_side_of(venue, index),
                             .reason = (uint8_t)reason };
        cp_emit_report(venue, &report);
        cp_stop_remove(venue, index);
        cp_forget(venue, index);
        return;
    }
    uint32_t open = order->qty + (record ? record->hidden : 0);
    cp_emit_md(venue, CP_MD_DELETE, order, ref, 0, order->qty, 0);
    cp_report_order(venue, CP_REPORT_CANCELLED, ref, order, 0, open, 0, reason);
    cp_book_remove(&venue->books[order->symbol], index);
    cp_forget(venue, index);
}

/* ---- many ------------------------------------------------------------------------- */

static void sift_down(cp_aged *items, uint32_t at, uint32_t count)
{
    cp_aged item = items[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && items[child + 1].age > items[child].age)
            child++;
        if (items[child].age <= item.age)
            break;
        items[at] = items[child];
    }
    items[at] = item;
}

void cp_sort_by_age(cp_aged *items, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;)
        sift_down(items, i, count);
    for (uint32_t last = count; last-- > 1;) {
        cp_aged oldest = items[0];
        items[0] = items[last];
        items[last] = oldest;
        sift_down(items, 0, last);
    }
}

/* Keep the CP_SWEEP_MAX youngest: a heap with the oldest of them on top. */
static void keep_youngest(cp_aged *items, uint32_t *count, cp_aged item)
{
    if (*count < CP_SWEEP_MAX) {
        items[(*count)++] = item;
        if (*count == CP_SWEEP_MAX)
            for (uint32_t i = CP_SWEEP_MAX / 2; i-- > 0;)
                sift_down(items, i, CP_SWEEP_MAX);
    } else if (item.age < items[0].age) {
        items[0] = item;
        sift_down(items, 0, CP_SWEEP_MAX);
    }
}

uint32_t cp_pull_many(cp_venue *venue, uint16_t participant, uint16_t symbol,
                      uint8_t side, cp_reason reason, uint32_t *pulled)
{
    cp_aged *items = venue->aged;
    uint32_t unseen = venue->resting_counts[participant];
    uint32_t count = 0, meant = 0;
    for (uint32_t i = 0; unseen > 0; i++) {
        CP_ASSERT(i < venue->pool.fresh);
        const cp_book_order *order = &venue->pool.orders[i];
        if (order->owner != participant || order->qty == 0)
            continue;
        unseen--;
        if ((symbol != CP_NOBODY && order->symbol != symbol) ||
            (side != CP_SIDE_BOTH && cp_side_of(venue, i) != (cp_side)side))
            continue;
        meant++;
        if (!cp_is_crossing(venue, order->symbol))
            keep_youngest(items, &count, (cp_aged){ cp_age_of(venue, order), i });
    }
    cp_sort_by_age(items, count);
    for (uint32_t i = 0; i < count; i++)
        cp_pull(venue, items[i].index, reason);
    *pulled = count;
    return meant - count;
}

void cp_on_mass_cancel(cp_venue *venue, const cp_order *order)
{
    bool all = order->kind == CP_ORDER_CANCEL_ALL;
    uint16_t symbol = all ? CP_NOBODY : order->symbol;
    uint8_t side = all ? CP_SIDE_BOTH : order->side;
    if (side > CP_SIDE_BOTH) {
        cp_refuse(venue, order, CP_REASON_MALFORMED);
        return;
    }
    if (symbol != CP_NOBODY && symbol >= venue->symbol_count) {
        cp_refuse(venue, order, CP_REASON_SYMBOL);
        return;
    }
    uint32_t pulled;
    uint32_t left =
        cp_pull_many(venue, order->participant, symbol, side, CP_REASON_USER, &pulled);
    cp_report report = { .client_id = order->client_id,
                         .price = CP_PRICE_NONE,
                         .qty = pulled,
                         .leaves = left,
                         .symbol = symbol,
                         .participant = order->participant,
                         .kind = CP_REPORT_ALL_CANCELLED,
                         .side = all ? CP_BUY : side,
                         .reason = CP_REASON_USER };
    cp_emit_report(venue, &report);
}
