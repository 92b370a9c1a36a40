/* venue.c: a venue is made, freed, looked at, and told things. */
#include "venue/usual.h"

/* ---- lifetime ------------------------------------------------------------------- */

static void *allocate_zeroed(size_t size)
{
    size_t whole = (size + CP_LINE - 1) / CP_LINE * CP_LINE;
    void *memory = aligned_alloc(CP_LINE, whole);
    if (memory)
        memset(memory, 0, whole); /* touch every page now, not on the hot path */
    return memory;
}

static uint32_t record_capacity(uint32_t order_capacity)
{
    uint32_t wanted = order_capacity / 16;
    return wanted < CP_RECORD_MIN   ? CP_RECORD_MIN
           : wanted > CP_RECORD_MAX ? CP_RECORD_MAX
                                    : wanted;
}

static int allocate_parts(cp_venue *venue, uint32_t order_capacity)
{
    uint32_t records = record_capacity(order_capacity);
    venue->aged_capacity = records > CP_SWEEP_MAX ? records : CP_SWEEP_MAX;
    venue->resting_counts = allocate_zeroed(CP_PARTICIPANT_COUNT * sizeof(uint32_t));
    venue->session_of = allocate_zeroed(CP_PARTICIPANT_COUNT * sizeof(uint16_t));
    venue->sessions = allocate_zeroed(CP_SESSION_MAX * sizeof(cp_session_state));
    venue->aged = allocate_zeroed(venue->aged_capacity * sizeof(cp_aged));
    if (!venue->resting_counts || !venue->session_of || !venue->sessions || !venue->aged)
        return -ENOMEM;
    int result = cp_records_init(&venue->records, records);
    if (result == 0)
        result = cp_outbox_init(&venue->md, CP_VENUE_MD_MAX);
    if (result == 0)
        result = cp_outbox_init(&venue->reports, CP_VENUE_REPORT_MAX);
    if (result == 0)
        result = cp_outbox_init(&venue->copies, CP_VENUE_REPORT_MAX);
    if (result == 0)
        result = cp_pool_init(&venue->pool, order_capacity);
    if (result == 0)
        result = cp_idmap_init(&venue->names, &venue->pool);
    return result;
}

static uint32_t stop_pages_for(uint32_t price_max)
{
    uint32_t pages = cp_pages_for(price_max);
    return pages < CP_STOP_PAGES_MAX ? pages : CP_STOP_PAGES_MAX;
}

static int allocate_books(cp_venue *venue, const cp_instrument *instruments)
{
    uint32_t page_count = 0, stop_page_count = 0;
    for (uint32_t i = 0; i < venue->symbol_count; i++) {
        page_count += cp_pages_for(instruments[i].price_max);
        stop_page_count += stop_pages_for(instruments[i].price_max);
    }
    int result = cp_pages_init(&venue->pages, page_count);
    if (result == 0)
        result = cp_pages_init(&venue->stop_pages, stop_page_count);
    for (uint32_t i = 0; result == 0 && i < venue->symbol_count; i++) {
        uint32_t price_max = instruments[i].price_max;
        cp_symbol_state *symbol = &venue->symbols[i];
        symbol->last = CP_PRICE_NONE;
        symbol->maker_fee = instruments[i].maker_fee;
        symbol->taker_fee = instruments[i].taker_fee;
        result = cp_book_init(&venue->books[i], &venue->pool, &venue->pages, price_max);
        if (result == 0)
            result =
                cp_book_init(&symbol->stops, &venue->pool, &venue->stop_pages, price_max);
    }
    return result;
}

int cp_venue_create(cp_venue **created, const cp_instrument *instruments,
                    uint32_t symbol_count, uint32_t order_capacity)
{
    *created = NULL;
    if (symbol_count == 0 || symbol_count > CP_SYMBOL_MAX || order_capacity == 0)
        return -EINVAL;
    for (uint32_t i = 0; i < symbol_count; i++)
        if (instruments[i].price_max == 0)
            return -EINVAL;
    cp_venue *venue = allocate_zeroed(sizeof(cp_venue));
    if (!venue)
        return -ENOMEM;
    venue->symbol_count = symbol_count;
    venue->due_head = venue->due_tail = CP_NONE;
    venue->hashing = venue->watching = true;
    int result = allocate_parts(venue, order_capacity);
    if (result == 0)
        result = allocate_books(venue, instruments);
    if (result != 0) {
        cp_venue_destroy(venue);
        return result;
    }
    *created = venue;
    return 0;
}

void cp_venue_destroy(cp_venue *venue)
{
    if (!venue)
        return;
    for (uint32_t i = 0; i < venue->symbol_count; i++) {
        cp_book_free(&venue->books[i]);
        cp_book_free(&venue->symbols[i].stops);
    }
    free(venue->aged);
    free(venue->sessions);
    free(venue->session_of);
    free(venue->resting_counts);
    cp_records_free(&venue->records);
    cp_idmap_free(&venue->names);
    cp_pages_free(&venue->stop_pages);
    cp_pages_free(&venue->pages);
    cp_pool_free(&venue->pool);
    cp_outbox_free(&venue->copies);
    cp_outbox_free(&venue->reports);
    cp_outbox_free(&venue->md);
    free(venue);
}

/* ---- told ------------------------------------------------------------------------ */

/* The name a message means: its own, or that of an order it changes. */
static inline uint64_t hash_of(const cp_order *order)
{
    uint64_t id;
    static_assert(offsetof(cp_order, client_id) == 0 &&
                      offsetof(cp_order, original_id) == sizeof id,
                  "chosen by where it stands, not by a branch");
    memcpy(&id, (const char *)order + (order->kind != CP_ORDER_NEW) * sizeof id,
           sizeof id);
    return cp_idmap_hash(order->participant, id);
}

static void take_long(cp_venue *venue, const cp_order *order, uint64_t hash,
                      uint32_t guess)
{
    venue->units = CP_SWEEP_MAX;
    venue->name_hash = hash;
    venue->guess = guess;
    if (CP_UNLIKELY(venue->session_count > 0) &&
        venue->session_of[order->participant] != 0)
        cp_session_hear(venue, cp_session_of(venue, order->participant));
    switch (order->kind) {
    case CP_ORDER_NEW:
        cp_on_new(venue, order);
        break;
    case CP_ORDER_CANCEL:
        cp_on_cancel(venue, order);
        break;
    case CP_ORDER_REPLACE:
        cp_on_replace(venue, order);
        break;
    case CP_ORDER_REDUCE:
        cp_on_reduce(venue, order);
        break;
    case CP_ORDER_CANCEL_ALL:
    case CP_ORDER_MASS_CANCEL:
        cp_on_mass_cancel(venue, order);
        break;
    case CP_ORDER_HEARTBEAT:
        break;
    case CP_ORDER_QUERY:
        cp_on_query(venue, order);
        break;
    default:
        cp_refuse(venue, order, CP_REASON_MALFORMED);
    }
    cp_end_step(venue);
}

/* How many messages may be taken that say one line of either kind at most before the
 * outboxes are nearly full. */
static inline uint32_t room_for(const cp_venue *venue)
{
    uint32_t md = venue->md.count, reports = venue->reports.count;
    uint32_t most = md > reports ? md : reports;
    return most < CP_VENUE_BATCH_LINES ? CP_VENUE_BATCH_LINES - most : 0;
}

/* Rules of the hour, stops that are due and a session of one's own make the way long. */
static inline bool goes_the_long_way(const cp_venue *venue, const cp_order *order)
{
    uint32_t unusual = venue->odd_count | venue->due_count;
    return CP_UNLIKELY((unusual | venue->session_count) != 0) &&
           (unusual != 0 || venue->session_of[order->participant] != 0);
}

/* One that says a line of either kind at most. */
static inline bool take_plain(cp_venue *venue, const cp_order *order, uint64_t hash,
                              uint32_t guess)
{
    if (order->kind == CP_ORDER_CANCEL)
        return cp_cancel_usually(venue, order, hash, guess);
    if (cp_is_usual_new(order, CP_DAY))
        return cp_new_usually(venue, order, hash);
    if (cp_is_usual_replace(order))
        return cp_replace_usually(venue, order, hash, guess);
    return false;
}

/* Whether it was such a one. */
static inline bool take(cp_venue *venue, const cp_order *order, uint64_t hash,
                        uint32_t guess)
{
    bool is_long = goes_the_long_way(venue, order);
    bool is_plain = !is_long && take_plain(venue, order, hash, guess);
    if (is_plain || (!is_long && cp_is_usual_new(order, CP_IOC) &&
                     cp_take_usually(venue, order, hash)))
        cp_check_step(venue);
    else
        take_long(venue, order, hash, guess);
    return is_plain;
}

void cp_venue_on_order(cp_venue *venue, const cp_order *order, uint64_t now_ns)
{
    venue->now_ns = now_ns;
    uint64_t hash = hash_of(order);
    uint32_t guess = cp_idmap_guess(&venue->names, hash);
    if (CP_UNLIKELY(room_for(venue) == 0))
        take_long(venue, order, hash, guess);
    else
        take(venue, order, hash, guess);
}

/* ---- ahead ------------------------------------------------------------------------- */

#define LOOK_MESSAGE 24u /* messages ahead: itself */
#define LOOK_NAME 12u    /* messages ahead: the bucket its name is in */
#define LOOK_ORDER 8u    /* the order it means */
#define LOOK_RING 16u    /* hashes and guesses kept: more than LOOK_NAME */
#define LOOK_WIDE 16u /* pages of levels that fill a good part of the core's own cache */

typedef struct foresight {
    uint64_t hashes[LOOK_RING];
    uint32_t indices[LOOK_RING];
} foresight;

/* Whoever hands over a part of a ring or of an array has the rest of it behind: where that
 * is not so, a fetch is wasted. */
static inline void look_for_message(const cp_order *order)
{
    uintptr_t later = (uintptr_t)order + LOOK_MESSAGE * sizeof *order;
    cp_fetch_read((const void *)later);
}

/* No step here asks what kind of message it is: that is a coin's throw, and a wrong guess
 * of the processor costs more than a fetch in vain. */
static inline void look_for_name(const cp_venue *venue, const cp_order *order,
                                 uint32_t at, foresight *ahead)
{
    uint64_t hash = hash_of(order);
    ahead->hashes[at % LOOK_RING] = hash;
    cp_idmap_prefetch(&venue->names, hash);
}

static inline void look_for_level(const cp_venue *venue, const cp_order *order)
{
    const cp_book *book =
        &venue->books[order->symbol < venue->symbol_count ? order->symbol : 0];
    CP_SETTLED(book);
    cp_book_prefetch(book, (cp_side)(order->side & 1), order->price);
}

static inline void look_for_order(const cp_venue *venue, uint32_t at, foresight *ahead)
{
    uint32_t index = cp_idmap_guess(&venue->names, ahead->hashes[at % LOOK_RING]);
    ahead->indices[at % LOOK_RING] = index;
    cp_fetch(
        (const void *)((uintptr_t)venue->pool.orders + index * sizeof(cp_book_order)));
}

/* Where a batch stands. In memory between messages: their ways need the registers, and gcc
 * would keep in those of vectors what it has no others for. */
typedef struct walk {
    const cp_order *orders, *last;
    uint32_t at;
    uint32_t stop; /* where the room in the outboxes is looked at again */
    uint32_t count;
} walk;

/* The message so many places behind, or the last. */
static inline const cp_order *earlier_of(const cp_order *order, uint32_t by,
                                         const cp_order *last)
{
    uintptr_t later = (uintptr_t)order + by * sizeof *order;
    return later < (uintptr_t)last ? (const cp_order *)later : last;
}

/* A book that the core's own cache holds needs less looking ahead. A guess may be wrong, or
 * the order gone by then: what is fetched is never relied on. Towards the end the last
 * message is looked at again and again, which is cheaper than asking whether to; the orders
 * then looked for are those of earlier ones. */
uint32_t cp_venue_on_orders(cp_venue *venue, const cp_order *orders, uint32_t count,
                            uint64_t now_ns)
{
    if (count == 0)
        return 0;
    foresight ahead = { .hashes = { 0 } };
    venue->now_ns = now_ns;
    bool wide = venue->pages.taken_count > LOOK_WIDE;
    for (uint32_t i = 0; i < count && i < LOOK_NAME; i++)
        look_for_name(venue, &orders[i], i, &ahead);
    for (uint32_t i = 0; i < count && i < LOOK_ORDER; i++)
        look_for_order(venue, i, &ahead);
    walk w = { .orders = orders, .last = &orders[count - 1], .count = count };
    for (; w.at < w.count; w.at++) {
        if (w.at == w.stop) {
            uint32_t room = room_for(venue);
            if (room == 0)
                return w.at;
            w.stop = room < w.count - w.at ? w.at + room : w.count;
        }
        const cp_order *order = &w.orders[w.at];
        const cp_order *named = earlier_of(order, LOOK_NAME, w.last);
        look_for_message(order);
        look_for_name(venue, named, w.at + LOOK_NAME, &ahead);
        if (wide)
            look_for_level(venue, named);
        look_for_order(venue, w.at + LOOK_ORDER, &ahead);
        uint64_t hash = ahead.hashes[w.at % LOOK_RING];
        uint32_t guess = ahead.indices[w.at % LOOK_RING];
        CP_FORGET(&w);
        if (!take(venue, order, hash, guess))
            w.stop = w.at + 1;
        CP_FORGET(&w);
    }
    return count;
}

int cp_venue_execute_directly(cp_venue *venue, uint16_t participant, uint64_t client_id,
                              uint32_t qty, uint64_t now_ns)
{
    uint32_t index = cp_idmap_get(&venue->names, participant, client_id);
    const cp_record *record = index == CP_NONE ? NULL : cp_record_of(venue, index);
    if (index == CP_NONE || (record && cp_is_stop(record)))
        return -ENOENT;
    const cp_book_order *order = &venue->pool.orders[index];
    if (qty == 0 || qty > order->qty)
        return -ERANGE;
    cp_begin_step(venue, now_ns);
    uint16_t symbol = order->symbol;
    int64_t price = order->price;
    cp_fill_resting(venue, index, qty);
    cp_traded(venue, symbol, price, price);
    cp_end_step(venue);
    return 0;
}

void cp_venue_print(cp_venue *venue, uint16_t symbol, uint8_t side, int64_t price,
                    uint32_t price_rest, uint32_t qty, uint64_t now_ns)
{
    CP_ASSERT(symbol < venue->symbol_count && side <= CP_SELL);
    venue->now_ns = now_ns;
    venue->counters.traded_qty += qty;
    cp_md *md = cp_outbox_add(&venue->md);
    *md = (cp_md){ .sequence = ++venue->counters.md_count,
                   .time_ns = now_ns,
                   .other_ref = ++venue->counters.trade_count,
                   .price = price,
                   .qty = qty,
                   .symbol = symbol,
                   .kind = CP_MD_TRADE,
                   .side = side,
                   .price_rest = price_rest };
    if (venue->hashing)
        cp_hash_md(venue, md);
}

void cp_venue_keep_hash(cp_venue *venue, bool keep)
{
    venue->hashing = keep;
    venue->watching = keep || venue->session_count > 0;
}

/* ---- looked at -------------------------------------------------------------------- */

cp_outbox *cp_venue_md(cp_venue *venue)
{
    return &venue->md;
}

cp_outbox *cp_venue_reports(cp_venue *venue)
{
    return &venue->reports;
}

cp_outbox *cp_venue_drop_copies(cp_venue *venue)
{
    return &venue->copies;
}

const cp_book *cp_venue_book(const cp_venue *venue, uint16_t symbol)
{
    CP_ASSERT(symbol < venue->symbol_count);
    return &venue->books[symbol];
}

const cp_venue_counters *cp_venue_counts(const cp_venue *venue)
{
    return &venue->counters;
}

const cp_book_order *cp_venue_find(const cp_venue *venue, uint16_t participant,
                                   uint64_t client_id)
{
    uint32_t index = cp_idmap_get(&venue->names, participant, client_id);
    const cp_record *record = index == CP_NONE ? NULL : cp_record_of(venue, index);
    bool rests = index != CP_NONE && !(record && cp_is_stop(record));
    return rests ? &venue->pool.orders[index] : NULL;
}

uint32_t cp_venue_resting_count(const cp_venue *venue)
{
    return venue->pool.taken_count - venue->waiting_count - venue->due_count;
}

/* ---- checked ----------------------------------------------------------------------- */

/* Every order is in one place: the books and the line hold as many as were taken, the
 * names know as many, and no free one is found among them. */
void cp_venue_check(const cp_venue *venue)
{
    uint32_t resting = 0, waiting = 0, due = 0, counted = 0;
    for (uint16_t s = 0; s < venue->symbol_count; s++) {
        const cp_symbol_state *symbol = &venue->symbols[s];
        if (symbol->phase == CP_PHASE_CONTINUOUS)
            cp_book_check(&venue->books[s]);
        else
            cp_book_check_structure(&venue->books[s]);
        cp_book_check_structure(&symbol->stops);
        resting += venue->books[s].order_count;
        waiting += symbol->stops.order_count;
    }
    for (uint32_t i = venue->due_head; i != CP_NONE; i = venue->pool.orders[i].next)
        due++;
    CP_ASSERT(waiting == venue->waiting_count && due == venue->due_count);
    CP_ASSERT(resting + waiting + due == venue->pool.taken_count);
    CP_ASSERT(venue->names.count == venue->pool.taken_count);
    uint32_t marked = 0;
    for (uint32_t i = 0; i < venue->pool.fresh; i++) {
        const cp_book_order *order = &venue->pool.orders[i];
        if (order->qty == 0)
            continue;
        counted++;
        CP_ASSERT(cp_idmap_get(&venue->names, order->owner, order->id) == i);
        const cp_record *record = cp_record_of(venue, i); /* asserts that it is there */
        marked += record != NULL;
    }
    CP_ASSERT(counted == venue->pool.taken_count);
    CP_ASSERT(marked == venue->records.count);
    uint32_t free_count = 0;
    for (uint32_t i = venue->pool.free_head; i != CP_NONE;
         i = venue->pool.orders[i].next) {
        CP_ASSERT(i < venue->pool.fresh && venue->pool.orders[i].qty == 0);
        CP_ASSERT(free_count < venue->pool.capacity);
        free_count++;
    }
    CP_ASSERT(free_count + counted == venue->pool.fresh);
}
