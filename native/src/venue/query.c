/* query.c: how orders stand. Asking changes nothing, so it is in no hash and no copy.
 *
 * One order: a STATUS with what rests (price, qty = leaves), or with leaves 0 and
 * CP_REASON_UNKNOWN_ORDER. All (original_id 0): one for each, by their places, at most
 * CP_SWEEP_MAX; then one without a client id: qty were told, leaves more rest. Whoever
 * carries the reports adds how many executions there were (match_ref).
 */
#include "venue/inside.h"

static void tell(cp_venue *venue, const cp_report *report)
{
    cp_report *line = cp_outbox_add(&venue->reports);
    *line = *report;
    line->time_ns = venue->now_ns;
    line->kind = CP_REPORT_STATUS;
}

static void tell_order(cp_venue *venue, uint32_t index)
{
    const cp_book_order *order = &venue->pool.orders[index];
    uint32_t open = cp_open_qty(venue, index);
    tell(venue, &(cp_report){ .client_id = order->id,
                              .order_ref = cp_ref_of(venue, index),
                              .price = cp_price_of(venue, index),
                              .qty = open,
                              .leaves = open,
                              .symbol = order->symbol,
                              .participant = order->owner,
                              .side = (uint8_t)cp_side_of(venue, index) });
}

static void tell_all(cp_venue *venue, uint16_t participant)
{
    uint32_t unseen = venue->resting_counts[participant], told = 0;
    for (uint32_t i = 0; unseen > 0 && told < CP_SWEEP_MAX; i++) {
        CP_ASSERT(i < venue->pool.fresh);
        const cp_book_order *order = &venue->pool.orders[i];
        if (order->owner != participant || order->qty == 0)
            continue;
        unseen--;
        told++;
        tell_order(venue, i);
    }
    tell(venue, &(cp_report){ .price = CP_PRICE_NONE,
                              .qty = told,
                              .leaves = unseen,
                              .symbol = CP_NOBODY,
                              .participant = participant });
}

void cp_on_query(cp_venue *venue, const cp_order *order)
{
    if (order->original_id == 0) {
        tell_all(venue, order->participant);
        return;
    }
    uint32_t index = cp_idmap_get(&venue->names, order->participant, order->original_id);
    if (index != CP_NONE)
        tell_order(venue, index);
    else
        tell(venue, &(cp_report){ .client_id = order->original_id,
                                  .price = CP_PRICE_NONE,
                                  .symbol = order->symbol,
                                  .participant = order->participant,
                                  .reason = CP_REASON_UNKNOWN_ORDER });
}
