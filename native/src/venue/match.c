/* match.c: an order takes from the other side of the book.
 *
 * The loop is written once and compiled for each side: which way prices run is a constant
 * in it.
 */
#include "venue/inside.h"

/* ---- the resting side ------------------------------------------------------------- */

/* The shown part of an iceberg is gone: its next goes to the back of the price (M12). */
static void refresh(cp_venue *venue, uint32_t index, cp_record *record)
{
    cp_book_order *order = &venue->pool.orders[index];
    uint32_t shown = record->hidden < record->display ? record->hidden : record->display;
    record->hidden -= shown;
    order->qty = shown;
    order->serial = (order->serial & ~CP_SERIAL_MASK) | cp_next_serial(venue);
    int result = cp_book_add(&venue->books[order->symbol], index);
    CP_ASSERT(result == 0); /* it stood there a moment ago */
    cp_emit_md(venue, CP_MD_ADD, order, cp_ref_of(venue, index), 0, shown, shown);
    venue->units -= venue->units > 0;
}

/* qty shown lots of a resting order are gone, and everybody has been told. */
static inline void take_from(cp_venue *venue, uint32_t index, uint32_t qty)
{
    cp_book_order *order = &venue->pool.orders[index];
    cp_book *book = &venue->books[order->symbol];
    bool has_record = order->serial & CP_SERIAL_RECORD;
    if (CP_LIKELY(order->qty == qty && !has_record)) {
        cp_book_remove(book, index);
        cp_forget(venue, index);
        return;
    }
    cp_record *record = cp_record_for(venue, index);
    if (CP_LIKELY(record != NULL))
        cp_use(&record->used, qty);
    if (order->qty > qty) {
        cp_book_reduce(book, index, qty);
        if (CP_UNLIKELY(record == NULL))
            cp_pull(venue, index, CP_REASON_CAPACITY);
        return;
    }
    cp_book_remove(book, index);
    if (record->hidden > 0)
        refresh(venue, index, record);
    else
        cp_forget(venue, index);
}

static inline uint64_t fill_resting(cp_venue *venue, uint32_t index, uint32_t qty)
{
    const cp_book_order *order = &venue->pool.orders[index];
    CP_ASSERT(qty > 0 && qty <= order->qty);
    uint64_t match = ++venue->counters.trade_count;
    uint64_t ref = cp_ref_of(venue, index);
    uint32_t shown = order->qty - qty;
    const cp_record *record = cp_record_of(venue, index);
    uint32_t leaves = shown + (CP_UNLIKELY(record != NULL) ? record->hidden : 0);
    venue->counters.traded_qty += qty;
    cp_emit_md(venue, CP_MD_EXECUTE, order, ref, match, qty, shown);
    cp_report_fill(venue, order->id, ref, match, order->price, qty, leaves, order->symbol,
                   order->owner, (cp_side)order->side, CP_MAKER,
                   cp_charge(venue, order->symbol, order->owner, CP_MAKER, qty));
    take_from(venue, index, qty);
    return match;
}

uint64_t cp_fill_resting(cp_venue *venue, uint32_t index, uint32_t qty)
{
    return fill_resting(venue, index, qty);
}

/* ---- self-match prevention --------------------------------------------------------- */

static bool is_own(const cp_venue *venue, uint16_t taker, uint16_t owner)
{
    if (taker == owner)
        return true;
    const cp_session_state *a = cp_session_of(venue, taker);
    const cp_session_state *b = cp_session_of(venue, owner);
    return a && b && a->settings.group != 0 && a->settings.group == b->settings.group;
}

static void decrement(cp_venue *venue, cp_taker *taker, uint32_t index)
{
    const cp_book_order *order = &venue->pool.orders[index];
    uint32_t qty = order->qty < taker->leaves ? order->qty : taker->leaves;
    uint32_t shown = order->qty - qty;
    uint64_t ref = cp_ref_of(venue, index);
    cp_emit_md(venue, shown > 0 ? CP_MD_REDUCE : CP_MD_DELETE, order, ref, 0, qty, shown);
    cp_report_order(venue, CP_REPORT_CANCELLED, ref, order, 0, qty,
                    cp_open_qty(venue, index) - qty, CP_REASON_SMP);
    take_from(venue, index, qty);
    taker->leaves -= qty;
    cp_use(&taker->used, qty);
    cp_cancel_taker(venue, taker, qty, taker->leaves, CP_REASON_SMP);
}

/* What happens between two orders of one house; true: the taker goes. */
static bool prevent(cp_venue *venue, cp_taker *taker, uint32_t index)
{
    if (taker->smp == CP_SMP_DECREMENT) {
        decrement(venue, taker, index);
        return false;
    }
    if (taker->smp != CP_SMP_NEWEST)
        cp_pull(venue, index, CP_REASON_SMP);
    return taker->smp != CP_SMP_OLDEST;
}

/* ---- taking ------------------------------------------------------------------------ */

static inline __attribute__((always_inline)) cp_match_end match_side(cp_venue *venue,
                                                                     cp_taker *taker,
                                                                     cp_side side)
{
    const cp_book *book = &venue->books[taker->symbol];
    cp_side other = side == CP_BUY ? CP_SELL : CP_BUY;
    int64_t first = CP_PRICE_NONE, last = CP_PRICE_NONE;
    cp_match_end end = CP_MATCH_DONE;
    while (taker->leaves > 0 && cp_is_marketable(book, side, taker->limit)) {
        if (CP_UNLIKELY(venue->units == 0)) {
            end = CP_MATCH_SWEPT;
            break;
        }
        venue->units--;
        uint32_t index = cp_book_front(book, other);
        const cp_book_order *resting = &venue->pool.orders[index];
        if (CP_UNLIKELY(taker->smp != CP_SMP_NONE) &&
            is_own(venue, taker->participant, resting->owner)) {
            if (!prevent(venue, taker, index))
                continue;
            end = CP_MATCH_SELF;
            break;
        }
        last = resting->price;
        first = first == CP_PRICE_NONE ? last : first;
        uint32_t qty = resting->qty < taker->leaves ? resting->qty : taker->leaves;
        uint64_t match = fill_resting(venue, index, qty);
        taker->leaves -= qty;
        cp_use(&taker->used, qty);
        cp_report_fill(
            venue, taker->client_id, taker->ref, match, last, qty, taker->leaves,
            taker->symbol, taker->participant, side, CP_TAKER,
            cp_charge(venue, taker->symbol, taker->participant, CP_TAKER, qty));
    }
    if (last != CP_PRICE_NONE)
        cp_traded(venue, taker->symbol, first, last);
    return end;
}

cp_match_end cp_match(cp_venue *venue, cp_taker *taker)
{
    return taker->side == CP_BUY ? match_side(venue, taker, CP_BUY)
                                 : match_side(venue, taker, CP_SELL);
}

/* ---- the trial (M7, M8) -------------------------------------------------------------- */

typedef struct trial {
    const cp_venue *venue;
    const cp_taker *taker;
    uint32_t leaves, units, executed;
    bool ended;
} trial;

/* One meeting with `shown` lots; whether they are all gone and the rest moves up. */
static bool meet(trial *t, uint16_t owner, uint32_t shown)
{
    if (t->leaves == 0 || t->units == 0) {
        t->ended = true;
        return false;
    }
    t->units--;
    uint8_t smp = t->taker->smp;
    bool own = smp != CP_SMP_NONE && is_own(t->venue, t->taker->participant, owner);
    if (own && smp != CP_SMP_DECREMENT) {
        t->ended = smp != CP_SMP_OLDEST;
        return false;
    }
    uint32_t qty = shown < t->leaves ? shown : t->leaves;
    t->leaves -= qty;
    if (!own)
        t->executed += qty;
    return qty == shown;
}

/* All of one price: first what is shown, in its order, then the icebergs' further parts,
 * in the order they came up. Those are queued in the scratch: (hidden, index). */
static void try_price(trial *t, const cp_book_level *level)
{
    const cp_book_order *orders = t->venue->pool.orders;
    cp_aged *queue = t->venue->aged;
    uint32_t head = 0, tail = 0;
    for (uint32_t i = level->head; i != CP_NONE && !t->ended; i = orders[i].next) {
        const cp_record *record = cp_record_of(t->venue, i);
        if (meet(t, orders[i].owner, orders[i].qty) && record && record->hidden > 0) {
            queue[tail++] = (cp_aged){ record->hidden, i };
            t->units -= t->units > 0;
        }
    }
    while (head < tail && !t->ended) {
        cp_aged next = queue[head++];
        uint32_t display = cp_record_of(t->venue, next.index)->display;
        uint32_t shown = next.age < display ? next.age : display;
        if (meet(t, orders[next.index].owner, shown) && next.age > shown) {
            CP_ASSERT(tail < t->venue->aged_capacity); /* each cost a unit */
            queue[tail++] = (cp_aged){ next.age - shown, next.index };
            t->units -= t->units > 0;
        }
    }
}

bool cp_match_would(const cp_venue *venue, const cp_taker *taker, uint32_t need)
{
    const cp_book *book = &venue->books[taker->symbol];
    cp_side other = cp_opposite(taker->side);
    trial t = {
        .venue = venue, .taker = taker, .leaves = taker->leaves, .units = venue->units
    };
    int64_t price = cp_book_best(book, other);
    while (price != CP_PRICE_NONE && !t.ended && t.executed < need) {
        int64_t room =
            taker->side == CP_BUY ? taker->limit - price : price - taker->limit;
        if (room < 0)
            break;
        try_price(&t, cp_book_level_at(book, other, price));
        price = cp_book_next_price(book, other, price);
    }
    return t.executed >= need;
}

/* ---- resting ------------------------------------------------------------------------- */

int cp_rest(cp_venue *venue, uint32_t index)
{
    cp_book_order *order = &venue->pool.orders[index];
    cp_record *record = cp_record_of(venue, index);
    if (CP_UNLIKELY(record && record->display > 0 && order->qty > record->display)) {
        record->hidden = order->qty - record->display;
        order->qty = record->display;
    }
    return cp_book_add(&venue->books[order->symbol], index);
}

void cp_match_then_rest(cp_venue *venue, uint32_t index, uint8_t smp)
{
    cp_book_order *order = &venue->pool.orders[index];
    cp_taker taker = { .client_id = order->id,
                       .ref = cp_ref_of(venue, index),
                       .limit = order->price,
                       .price = order->price,
                       .leaves = order->qty,
                       .symbol = order->symbol,
                       .participant = order->owner,
                       .side = (cp_side)order->side,
                       .smp = smp };
    cp_match_end end = cp_match(venue, &taker);
    cp_reason reason = end == CP_MATCH_SWEPT  ? CP_REASON_SWEEP
                       : end == CP_MATCH_SELF ? CP_REASON_SMP
                                              : CP_REASON_NONE;
    order->qty = taker.leaves;
    if (taker.leaves > 0 && reason == CP_REASON_NONE) {
        cp_record *record = taker.used > 0 ? cp_record_for(venue, index) : NULL;
        if (record)
            cp_use(&record->used, taker.used);
        if (taker.used == 0 || record) {
            int result = cp_rest(venue, index);
            CP_ASSERT(result == 0);
            cp_emit_md(venue, CP_MD_ADD, order, taker.ref, 0, order->qty, order->qty);
            return;
        }
        reason = CP_REASON_CAPACITY;
    }
    if (taker.leaves > 0)
        cp_report_order(venue, CP_REPORT_CANCELLED, taker.ref, order, 0, taker.leaves, 0,
                        reason);
    cp_forget(venue, index);
}
