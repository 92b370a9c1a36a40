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

/* A limit order with nothing else to it, for the day or immediate. */
static inline bool cp_is_usual_new(const cp_order *order, cp_time_in_force time_in_force)
{
    const cp_order bits = { .kind = 0xff,
                            .side = 0xfe,
                            .type = 0xff,
                            .time_in_force = 0xff,
                            .flags = 0xff,
                            .smp = 0xff };
    const cp_order wanted = { .kind = CP_ORDER_NEW,
                              .time_in_force = (uint8_t)time_in_force };
    return (cp_terms_of(order) & cp_terms_of(&bits)) == cp_terms_of(&wanted) &&
           cp_extras_of(order) == 0;
}

/* The next line to fill; there is room. */
static inline void *cp_next_line(cp_outbox *outbox)
{
    uint64_t place = (outbox->first + outbox->count++) & outbox->mask;
    uint8_t *line = outbox->lines + place * CP_LINE;
    CP_SETTLED(line);
    return line;
}

static inline void cp_say_usual_md(cp_venue *venue, cp_md_kind kind, uint32_t price,
                                   uint32_t symbol, uint32_t side, uint64_t ref,
                                   uint64_t other_ref, uint32_t qty, uint32_t leaves)
{
    cp_md *md = cp_next_line(&venue->md);
    md->sequence = ++venue->counters.md_count;
    md->time_ns = venue->now_ns;
    md->sent_ns = 0;
    md->order_ref = ref;
    md->other_ref = other_ref;
    md->price = price;
    md->qty = qty;
    md->leaves = leaves;
    md->symbol = (uint16_t)symbol;
    md->kind = (uint8_t)kind;
    md->side = (uint8_t)side;
    md->price_rest = 0;
    if (CP_UNLIKELY(venue->hashing))
        cp_hash_md(venue, md);
}

static inline void cp_say_usually(cp_venue *venue, cp_report_kind kind, uint64_t id,
                                  uint64_t original_id, uint64_t ref, uint32_t price,
                                  uint32_t qty, uint32_t leaves, uint32_t symbol,
                                  uint32_t owner, uint32_t side, cp_reason reason)
{
    cp_report *line = cp_next_line(&venue->reports);
    line->time_ns = venue->now_ns;
    line->client_id = id;
    line->original_id = original_id;
    line->order_ref = ref;
    line->match_ref = 0;
    line->price = price;
    line->qty = qty;
    line->leaves = leaves;
    line->symbol = (uint16_t)symbol;
    line->participant = (uint16_t)owner;
    line->kind = (uint8_t)kind;
    line->side = (uint8_t)side;
    line->reason = (uint8_t)reason;
    line->liquidity = CP_MAKER;
    cp_finish_report(venue, line);
}

static inline void cp_say_fill(cp_venue *venue, uint64_t id, uint64_t ref, uint64_t match,
                               int64_t fee, uint32_t price, uint32_t qty, uint32_t leaves,
                               uint32_t symbol, uint32_t owner, uint32_t side,
                               cp_liquidity liquidity)
{
    cp_report *line = cp_next_line(&venue->reports);
    line->time_ns = venue->now_ns;
    line->client_id = id;
    line->fee = fee;
    line->order_ref = ref;
    line->match_ref = match;
    line->price = price;
    line->qty = qty;
    line->leaves = leaves;
    line->symbol = (uint16_t)symbol;
    line->participant = (uint16_t)owner;
    line->kind = CP_REPORT_EXECUTED;
    line->side = (uint8_t)side;
    line->reason = CP_REASON_NONE;
    line->liquidity = (uint8_t)liquidity;
    cp_finish_report(venue, line);
}

static inline bool cp_new_usually(cp_venue *venue, const cp_order *order, uint64_t hash)
{
    uint32_t symbol = order->symbol, qty = order->qty, side = order->side;
    uint64_t price = (uint64_t)order->price;
    if (CP_UNLIKELY(symbol >= venue->symbol_count))
        return false;
    cp_book *book = &venue->books[symbol];
    CP_SETTLED(book);
    if (CP_UNLIKELY(price - 1 >= book->price_max) ||
        CP_UNLIKELY(qty - 1 >= CP_VENUE_QTY_MAX) ||
        CP_UNLIKELY(cp_is_marketable(book, (cp_side)side, (int64_t)price)))
        return false;
    cp_ladder *ladder = &book->ladders[side];
    CP_SETTLED(ladder);
    cp_page *page = ladder->table[price >> CP_PAGE_BITS];
    if (CP_UNLIKELY(page == NULL))
        return false;
    cp_book_level *level = &page->levels[price & (CP_PAGE_LEVELS - 1)];
    CP_SETTLED(level);
    if (CP_UNLIKELY(level->sums & CP_LEVEL_CROWDED))
        return false;
    uint32_t *name = cp_idmap_vacancy(&venue->names, hash);
    if (CP_UNLIKELY(name == NULL))
        return false;
    uint32_t index = cp_pool_take(&venue->pool);
    if (CP_UNLIKELY(index == CP_NONE))
        return false;
    cp_idmap_settle(&venue->names, name, hash, index);

    uint32_t serial = cp_next_serial(venue), owner = order->participant;
    uint64_t ref = cp_make_ref(serial, index);
    cp_book_order *entry = &venue->pool.orders[index];
    CP_SETTLED(entry);
    entry->id = order->client_id;
    entry->price = (uint32_t)price;
    entry->qty = qty;
    entry->serial = serial;
    entry->owner = (uint16_t)owner;
    cp_book_order_place(entry, (uint16_t)symbol, (cp_side)side);
    book->order_count++;
    venue->resting_counts[owner]++;
    cp_say_usually(venue, CP_REPORT_ACCEPTED, order->client_id, 0, ref, (uint32_t)price,
                   qty, qty, symbol, owner, side, CP_REASON_NONE);
    cp_say_usual_md(venue, CP_MD_ADD, (uint32_t)price, symbol, side, ref, 0, qty, qty);
    if (cp_level_append(level, venue->pool.orders, entry, index, qty))
        cp_ladder_mark(ladder, page, (cp_side)side, (uint32_t)price);
    return true;
}

/* Its record says no more than what it has used up. */
static inline bool cp_has_usual_record(const cp_venue *venue, uint32_t index)
{
    const cp_record *record = cp_records_get(&venue->records, index);
    return (record->place | record->hidden | record->display) == 0;
}

/* So many lots of a resting order are gone, but not all: it has a record of it now. */
static inline void cp_use_usually(cp_venue *venue, cp_book_level *level,
                                  cp_book_order *entry, uint32_t index, uint32_t qty)
{
    cp_record *record = cp_record_for(venue, index);
    entry->qty -= qty;
    level->sums -= qty;
    if (CP_LIKELY(record != NULL))
        cp_use(&record->used, qty);
    else
        cp_pull(venue, index, CP_REASON_CAPACITY);
}

/* All lots of the first order at the best price are gone, and it is. */
static inline void cp_leave_usually(cp_venue *venue, cp_book *book, cp_ladder *ladder,
                                    cp_page *page, cp_book_level *level,
                                    cp_book_order *entry, uint32_t index, cp_side side)
{
    uint32_t price = entry->price;
    book->order_count--;
    if (cp_level_unlink(level, venue->pool.orders, entry, index))
        cp_ladder_unmark(ladder, book->pages, page, side, price);
    cp_forget(venue, index);
}

/* What an immediate order takes; what is left of it. */
static inline uint32_t cp_match_usually(cp_venue *venue, cp_book *book,
                                        const cp_order *order, uint64_t taker_ref,
                                        uint32_t side)
{
    uint32_t leaves = order->qty, symbol = order->symbol, other = side ^ 1;
    cp_ladder *ladder = &book->ladders[other];
    CP_SETTLED(ladder);
    cp_symbol_state *state = &venue->symbols[symbol];
    CP_SETTLED(state);
    while (leaves > 0 && cp_is_marketable(book, (cp_side)side, order->price) &&
           CP_LIKELY(venue->units > 0)) {
        venue->units--;
        uint32_t price = (uint32_t)ladder->best;
        cp_page *page = ladder->table[price >> CP_PAGE_BITS];
        cp_book_level *level = &page->levels[price & (CP_PAGE_LEVELS - 1)];
        CP_SETTLED(level);
        uint32_t index = level->head;
        cp_book_order *entry = &venue->pool.orders[index];
        CP_SETTLED(entry);
        uint32_t qty = entry->qty < leaves ? entry->qty : leaves;
        leaves -= qty;
        uint64_t match;
        if (CP_UNLIKELY(entry->serial & CP_SERIAL_RECORD) &&
            !cp_has_usual_record(venue, index)) {
            match = cp_fill_resting(venue, index, qty);
        } else {
            match = ++venue->counters.trade_count;
            venue->counters.traded_qty += qty;
            uint32_t shown = entry->qty - qty;
            uint64_t ref = cp_make_ref(entry->serial, index);
            cp_say_usual_md(venue, CP_MD_EXECUTE, price, symbol, other, ref, match, qty,
                            shown);
            cp_say_fill(venue, entry->id, ref, match,
                        cp_saturating_fee(state->maker_fee, qty), price, qty, shown,
                        symbol, entry->owner, other, CP_MAKER);
            if (shown > 0)
                cp_use_usually(venue, level, entry, index, qty);
            else
                cp_leave_usually(venue, book, ladder, page, level, entry, index,
                                 (cp_side)other);
        }
        cp_say_fill(venue, order->client_id, taker_ref, match,
                    cp_saturating_fee(state->taker_fee, qty), price, qty, leaves, symbol,
                    order->participant, side, CP_TAKER);
        state->last = price;
    }
    return leaves;
}

/* Immediate or cancel, where nobody has a session and no stop waits to be woken. */
static CP_ALONE bool cp_take_usually(cp_venue *venue, const cp_order *order,
                                     uint64_t hash)
{
    uint32_t symbol = order->symbol, side = order->side, qty = order->qty;
    if (CP_UNLIKELY(symbol >= venue->symbol_count) ||
        CP_UNLIKELY((venue->session_count | venue->waiting_count) != 0))
        return false;
    cp_book *book = &venue->books[symbol];
    CP_SETTLED(book);
    if (CP_UNLIKELY((uint64_t)order->price - 1 >= book->price_max) ||
        CP_UNLIKELY(qty - 1 >= CP_VENUE_QTY_MAX) ||
        CP_UNLIKELY(cp_idmap_vacancy(&venue->names, hash) == NULL))
        return false;
    venue->units = CP_SWEEP_MAX;
    uint64_t ref = cp_make_ref(cp_next_serial(venue), CP_NONE);
    cp_say_usually(venue, CP_REPORT_ACCEPTED, order->client_id, 0, ref,
                   (uint32_t)order->price, qty, qty, symbol, order->participant, side,
                   CP_REASON_NONE);
    uint32_t leaves = cp_match_usually(venue, book, order, ref, side);
    if (leaves == 0)
        return true;
    bool more = cp_is_marketable(book, (cp_side)side, order->price);
    cp_say_usually(venue, CP_REPORT_CANCELLED, order->client_id, 0, ref,
                   (uint32_t)order->price, leaves, 0, symbol, order->participant, side,
                   more ? CP_REASON_SWEEP : CP_REASON_IOC);
    return true;
}

/* The order a message means, where the guess was right; or NULL. */
static inline cp_book_order *cp_meant_usually(const cp_venue *venue,
                                              const cp_order *order, uint32_t index)
{
    if (CP_UNLIKELY(index >= venue->pool.capacity))
        return NULL;
    cp_book_order *entry = &venue->pool.orders[index];
    CP_SETTLED(entry);
    if (CP_UNLIKELY(entry->id != order->original_id) ||
        CP_UNLIKELY(entry->owner != order->participant) || CP_UNLIKELY(entry->qty == 0))
        return NULL;
    return entry;
}

static inline bool cp_cancel_usually(cp_venue *venue, const cp_order *order,
                                     uint64_t hash, uint32_t index)
{
    cp_book_order *entry = cp_meant_usually(venue, order, index);
    if (CP_UNLIKELY(entry == NULL))
        return false;
    uint32_t owner = entry->owner, qty = entry->qty, serial = entry->serial;
    if (CP_UNLIKELY(serial & CP_SERIAL_RECORD)) {
        if (!cp_has_usual_record(venue, index))
            return false;
        cp_record_drop(venue, index);
    }
    uint32_t price = entry->price, symbol = entry->symbol, side = entry->side;
    uint64_t ref = cp_make_ref(serial, index);
    cp_say_usual_md(venue, CP_MD_DELETE, price, symbol, side, ref, 0, qty, 0);
    cp_say_usually(venue, CP_REPORT_CANCELLED, order->original_id, 0, ref, price, qty, 0,
                   symbol, owner, side, CP_REASON_USER);
    cp_book *book = &venue->books[symbol];
    CP_SETTLED(book);
    cp_ladder *ladder = &book->ladders[side];
    CP_SETTLED(ladder);
    cp_page *page = ladder->table[price >> CP_PAGE_BITS];
    CP_ASSERT(page != NULL);
    cp_book_level *level = &page->levels[price & (CP_PAGE_LEVELS - 1)];
    CP_SETTLED(level);
    book->order_count--;
    if (cp_level_unlink(level, venue->pool.orders, entry, index))
        cp_ladder_unmark(ladder, book->pages, page, (cp_side)side, price);
    venue->resting_counts[owner]--;
    cp_idmap_remove_hashed(&venue->names, hash, index);
    cp_pool_return(&venue->pool, entry, index);
    return true;
}

/* Limit, for the day, nothing else to it; whose side it is does not count. */
static inline bool cp_is_usual_replace(const cp_order *order)
{
    const cp_order bits = {
        .kind = 0xff, .type = 0xff, .time_in_force = 0xff, .flags = 0xff, .smp = 0xff
    };
    const cp_order wanted = { .kind = CP_ORDER_REPLACE };
    return (cp_terms_of(order) & cp_terms_of(&bits)) == cp_terms_of(&wanted) &&
           cp_extras_of(order) == 0;
}

static CP_ALONE bool cp_replace_usually(cp_venue *venue, const cp_order *order,
                                        uint64_t hash, uint32_t index)
{
    cp_book_order *entry = cp_meant_usually(venue, order, index);
    if (CP_UNLIKELY(entry == NULL))
        return false;
    if (CP_UNLIKELY(entry->serial & CP_SERIAL_RECORD) &&
        !cp_has_usual_record(venue, index))
        return false;
    uint32_t symbol = entry->symbol, side = entry->side, old_price = entry->price;
    uint32_t old_qty = entry->qty, qty = order->qty, owner = entry->owner;
    uint64_t price = (uint64_t)order->price;
    cp_book *book = &venue->books[symbol];
    CP_SETTLED(book);
    if (CP_UNLIKELY(price - 1 >= book->price_max) ||
        CP_UNLIKELY(qty - 1 >= CP_VENUE_QTY_MAX))
        return false;
    cp_ladder *ladder = &book->ladders[side];
    CP_SETTLED(ladder);
    cp_page *page = ladder->table[price >> CP_PAGE_BITS];
    if (CP_UNLIKELY(page == NULL))
        return false;
    cp_book_level *level = &page->levels[price & (CP_PAGE_LEVELS - 1)];
    CP_SETTLED(level);
    bool stays = price == old_price && qty <= old_qty;
    if (!stays && (CP_UNLIKELY(cp_is_marketable(book, (cp_side)side, (int64_t)price)) ||
                   CP_UNLIKELY(level->sums & CP_LEVEL_CROWDED)))
        return false;
    uint64_t new_hash = cp_idmap_hash(order->participant, order->client_id);
    uint32_t *name = cp_idmap_vacancy(&venue->names, new_hash);
    if (CP_UNLIKELY(name == NULL))
        return false;
    cp_idmap_remove_hashed(&venue->names, hash, index);
    cp_idmap_settle(&venue->names, name, new_hash, index);
    entry->id = order->client_id;
    uint64_t old_ref = cp_make_ref(entry->serial, index);
    if (stays) {
        entry->serial &= ~CP_SERIAL_GTC;
        if (qty < old_qty) {
            entry->qty = qty;
            level->sums -= old_qty - qty;
            cp_say_usual_md(venue, CP_MD_REDUCE, old_price, symbol, side, old_ref, 0,
                            old_qty - qty, qty);
        }
        cp_say_usually(venue, CP_REPORT_REPLACED, order->client_id, order->original_id,
                       old_ref, old_price, qty, qty, symbol, owner, side, CP_REASON_NONE);
        return true;
    }
    uint32_t serial = cp_next_serial(venue);
    uint64_t ref = cp_make_ref(serial, index);
    cp_say_usually(venue, CP_REPORT_REPLACED, order->client_id, order->original_id, ref,
                   (uint32_t)price, qty, qty, symbol, owner, side, CP_REASON_NONE);
    cp_say_usual_md(venue, CP_MD_REPLACE, (uint32_t)price, symbol, side, old_ref, ref,
                    qty, qty);
    /* The old price is left for good when the new one has it: a page without orders goes,
     * and it may be the same one. */
    cp_page *old_page = ladder->table[old_price >> CP_PAGE_BITS];
    CP_ASSERT(old_page != NULL);
    cp_book_level *old_level = &old_page->levels[old_price & (CP_PAGE_LEVELS - 1)];
    CP_SETTLED(old_level);
    bool emptied = cp_level_unlink(old_level, venue->pool.orders, entry, index);
    entry->price = (uint32_t)price;
    entry->qty = qty;
    entry->serial = (entry->serial & CP_SERIAL_RECORD) | serial;
    if (cp_level_append(level, venue->pool.orders, entry, index, qty))
        cp_ladder_mark(ladder, page, (cp_side)side, (uint32_t)price);
    if (emptied && old_level->sums == 0)
        cp_ladder_unmark(ladder, book->pages, old_page, (cp_side)side, old_price);
    return true;
}

#endif /* CP_VENUE_USUAL_H */
