/* usual.h: what nearly all messages are, by the shortest way: a new limit order for the day
 * that rests, and the cancel of an order with nothing special to it.
 *
 * The rules are those of enter.c, change.c and pull.c, of which this is the part that is
 * left when every "if" of theirs that is seldom true has been answered with no. Where one
 * is to be answered with yes, nothing has been touched and the answer here is false: the
 * message then goes the long way.
 *
 * Each order, level and bucket is looked up once; what is known is handed on.
 */
#ifndef CP_VENUE_USUAL_H
#define CP_VENUE_USUAL_H

#include "venue/inside.h"

/* Bits of a level's sums that are 0 while any order still finds room there. */
#define CP_LEVEL_CROWDED ((CP_LEVEL_QTY_MAX + 1) >> 1 | 1ull << 63)

static_assert(CP_VENUE_QTY_MAX < (CP_LEVEL_QTY_MAX + 1) >> 1, "room for one more");

/* The eight bytes of a message that say what it is: kind, side, type, time in force,
 * strategy, flags and self-match prevention. */
static inline uint64_t cp_terms_of(const cp_order *order)
{
    uint64_t terms;
    static_assert(offsetof(cp_order, smp) - offsetof(cp_order, kind) == 7, "one word");
    memcpy(&terms, &order->kind, sizeof terms);
    return terms;
}

/* Display and minimum quantity at once. */
static inline uint64_t cp_extras_of(const cp_order *order)
{
    uint64_t extras;
    memcpy(&extras, &order->display_qty, sizeof extras);
    return extras;
}

static inline bool cp_is_usual_new(const cp_order *order)
{
    const cp_order bits = { .kind = 0xff,
                            .side = 0xfe,
                            .type = 0xff,
                            .time_in_force = 0xff,
                            .flags = 0xff,
                            .smp = 0xff };
    const cp_order wanted = { .kind = CP_ORDER_NEW };
    return (cp_terms_of(order) & cp_terms_of(&bits)) == cp_terms_of(&wanted) &&
           cp_extras_of(order) == 0;
}

static inline bool cp_new_usually(cp_venue *venue, const cp_order *order, uint64_t hash)
{
    if (CP_UNLIKELY(order->symbol >= venue->symbol_count))
        return false;
    cp_book *book = &venue->books[order->symbol];
    cp_side side = (cp_side)order->side;
    uint32_t qty = order->qty;
    if (CP_UNLIKELY((uint64_t)order->price - 1 >= book->price_max ||
                    qty - 1 >= CP_VENUE_QTY_MAX ||
                    cp_is_marketable(book, side, order->price)))
        return false;
    uint32_t price = (uint32_t)order->price;
    cp_ladder *ladder = &book->ladders[side];
    cp_page *page = ladder->table[price >> CP_PAGE_BITS];
    if (CP_UNLIKELY(page == NULL ||
                    page->levels[price & (CP_PAGE_LEVELS - 1)].sums & CP_LEVEL_CROWDED))
        return false;
    uint32_t *name = cp_idmap_vacancy(&venue->names, hash);
    if (CP_UNLIKELY(name == NULL))
        return false;
    uint32_t index = cp_pool_take(&venue->pool);
    if (CP_UNLIKELY(index == CP_NONE))
        return false;

    uint32_t serial = cp_next_serial(venue);
    uint64_t ref = cp_make_ref(serial, index);
    cp_book_order *entry = &venue->pool.orders[index];
    entry->id = order->client_id;
    entry->price = price;
    entry->qty = qty;
    entry->serial = serial;
    entry->owner = order->participant;
    cp_book_order_place(entry, order->symbol, side);
    cp_book_append(book, ladder, page, index);
    venue->resting_counts[order->participant]++;
    cp_idmap_settle(&venue->names, name, hash, index);

    cp_report *line = cp_outbox_add(&venue->reports);
    line->time_ns = venue->now_ns;
    line->client_id = order->client_id;
    line->original_id = 0;
    line->order_ref = ref;
    line->match_ref = 0;
    line->price = price;
    line->qty = line->leaves = qty;
    line->symbol = order->symbol;
    line->participant = order->participant;
    line->kind = CP_REPORT_ACCEPTED;
    line->side = order->side;
    line->reason = CP_REASON_NONE;
    line->liquidity = CP_MAKER;
    cp_finish_report(venue, line);
    cp_emit_order_md(venue, CP_MD_ADD, price, order->symbol, order->side, ref, 0, qty,
                     qty);
    return true;
}

static inline bool cp_cancel_usually(cp_venue *venue, const cp_order *order,
                                     uint64_t hash, uint32_t index)
{
    const cp_book_order *entry = &venue->pool.orders[index];
    if (CP_UNLIKELY(entry->id != order->original_id ||
                    entry->owner != order->participant || entry->qty == 0 ||
                    entry->serial & CP_SERIAL_RECORD))
        return false;
    uint64_t ref = cp_make_ref(entry->serial, index);
    cp_emit_md(venue, CP_MD_DELETE, entry, ref, 0, entry->qty, 0);
    cp_report_order(venue, CP_REPORT_CANCELLED, ref, entry, 0, entry->qty, 0,
                    CP_REASON_USER);
    cp_book_remove(&venue->books[entry->symbol], index);
    venue->resting_counts[entry->owner]--;
    cp_idmap_remove_hashed(&venue->names, hash, index);
    cp_pool_give(&venue->pool, index);
    return true;
}

#endif /* CP_VENUE_USUAL_H */
