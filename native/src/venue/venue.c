#include "venue/venue.h"

#include "book/idmap.h"

/* A participant's resting orders are a ring through the pool's indices, so that pulling
 * them all costs what it pulls and not what rests. Behind the places of the orders come
 * the places of the participants, where each ring begins: entering and leaving has no
 * branches. */
typedef struct cp_venue_link {
    uint32_t next; /* the one that came before it */
    uint32_t prev;
} cp_venue_link;

#define PARTICIPANT_COUNT 65536u /* every value of the 16-bit field has its place */

struct cp_venue {
    uint64_t now_ns;
    uint32_t serial; /* of the latest order accepted */
    uint32_t symbol_count;
    cp_venue_counters counters;
    cp_outbox md;
    cp_outbox reports;
    cp_pool pool;
    cp_pages pages;
    cp_idmap names;           /* (participant, client id) -> index */
    cp_venue_link *links;     /* by index; from the pool's capacity on, by participant */
    uint32_t *resting_counts; /* by participant */
    cp_book books[CP_SYMBOL_MAX];
};

/* An order while it looks for others to trade with. */
typedef struct aggressor {
    uint64_t client_id;
    uint64_t ref;
    int64_t limit; /* worst price it takes */
    uint32_t leaves;
    uint16_t symbol;
    uint16_t participant;
    cp_side side;
} aggressor;

/* ---- lifetime ------------------------------------------------------------------- */

static int allocate(cp_venue *venue, const cp_instrument *instruments,
                    uint32_t order_capacity)
{
    uint32_t page_capacity = 0;
    for (uint32_t i = 0; i < venue->symbol_count; i++)
        page_capacity += cp_pages_for(instruments[i].price_max);
    int result = order_capacity > CP_NONE - PARTICIPANT_COUNT ? -EINVAL : 0;
    if (result == 0)
        result = cp_outbox_init(&venue->md, CP_VENUE_MD_MAX);
    if (result == 0)
        result = cp_outbox_init(&venue->reports, CP_VENUE_REPORT_MAX);
    if (result == 0)
        result = cp_pool_init(&venue->pool, order_capacity);
    if (result == 0)
        result = cp_pages_init(&venue->pages, page_capacity);
    if (result == 0)
        result = cp_idmap_init(&venue->names, &venue->pool);
    for (uint32_t i = 0; result == 0 && i < venue->symbol_count; i++)
        result = cp_book_init(&venue->books[i], &venue->pool, &venue->pages,
                              instruments[i].price_max);
    if (result != 0)
        return result;
    uint32_t link_count = order_capacity + PARTICIPANT_COUNT;
    venue->links = malloc((size_t)link_count * sizeof(*venue->links));
    venue->resting_counts = malloc(PARTICIPANT_COUNT * sizeof(*venue->resting_counts));
    if (!venue->links || !venue->resting_counts)
        return -ENOMEM;
    memset(venue->resting_counts, 0, PARTICIPANT_COUNT * sizeof(*venue->resting_counts));
    for (uint32_t i = 0; i < link_count; i++)
        venue->links[i] = (cp_venue_link){ .next = i, .prev = i };
    return 0;
}

int cp_venue_create(cp_venue **created, const cp_instrument *instruments,
                    uint32_t symbol_count, uint32_t order_capacity)
{
    *created = NULL;
    if (symbol_count == 0 || symbol_count > CP_SYMBOL_MAX)
        return -EINVAL;
    for (uint32_t i = 0; i < symbol_count; i++)
        if (instruments[i].price_max == 0)
            return -EINVAL;
    size_t size = (sizeof(cp_venue) + CP_LINE - 1) / CP_LINE * CP_LINE;
    cp_venue *venue = aligned_alloc(CP_LINE, size);
    if (!venue)
        return -ENOMEM;
    memset(venue, 0, size);
    venue->symbol_count = symbol_count;
    int result = allocate(venue, instruments, order_capacity);
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
    for (uint32_t i = 0; i < venue->symbol_count; i++)
        cp_book_free(&venue->books[i]);
    free(venue->resting_counts);
    free(venue->links);
    cp_idmap_free(&venue->names);
    cp_pages_free(&venue->pages);
    cp_pool_free(&venue->pool);
    cp_outbox_free(&venue->reports);
    cp_outbox_free(&venue->md);
    free(venue);
}

/* ---- what it says --------------------------------------------------------------- */

/* One word of the few a message says, times left out. The products do not wait for each
 * other, only the running hash waits for their sum; the factors are odd, so that a change
 * of any one word shows. */
static inline uint64_t digest(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    uint64_t sum = a * 0x9e3779b97f4a7c15u;
    sum ^= b * 0xbf58476d1ce4e5b9u + (b >> 32);
    sum += c * 0x94d049bb133111ebu + (c >> 32);
    sum ^= d * 0xd6e8feb86659fd93u + (d >> 32);
    return sum + e * 0xa0761d6478bd642fu + (e >> 32);
}

static inline uint64_t join(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* The sequence is the count of what was hashed before: it need not be hashed itself. */
static inline void hash_md(cp_venue *venue, const cp_md *md)
{
    uint32_t what = (uint32_t)md->symbol << 16 | (uint32_t)md->kind << 8 | md->side;
    venue->counters.hash =
        cp_mix(venue->counters.hash,
               digest(md->order_ref, md->other_ref, (uint64_t)md->price,
                      join(md->qty, md->leaves), join(what, md->price_rest)));
}

static inline void hash_report(cp_venue *venue, const cp_report *report)
{
    uint32_t who = (uint32_t)report->participant << 16 | report->symbol;
    uint32_t what = (uint32_t)report->kind << 24 | (uint32_t)report->side << 16 |
                    (uint32_t)report->reason << 8 | report->liquidity;
    uint64_t names = report->client_id * 0xe7037ed1a0b428dbu ^ report->original_id;
    uint64_t refs = report->order_ref * 0x8ebc6af09c88c6e3u ^ report->match_ref;
    venue->counters.hash = cp_mix(
        venue->counters.hash, digest(names, refs, (uint64_t)report->price,
                                     join(report->qty, report->leaves), join(who, what)));
}

static inline void emit_md(cp_venue *venue, cp_md_kind kind, const cp_book_order *order,
                           uint64_t order_ref, uint64_t other_ref, uint32_t qty,
                           uint32_t leaves)
{
    cp_md md = { .sequence = ++venue->counters.md_count,
                 .time_ns = venue->now_ns,
                 .order_ref = order_ref,
                 .other_ref = other_ref,
                 .price = order->price,
                 .qty = qty,
                 .leaves = leaves,
                 .symbol = order->symbol,
                 .kind = (uint8_t)kind,
                 .side = order->side };
    *(cp_md *)cp_outbox_add(&venue->md) = md;
    hash_md(venue, &md);
}

static inline void emit_report(cp_venue *venue, cp_report report)
{
    report.time_ns = venue->now_ns;
    *(cp_report *)cp_outbox_add(&venue->reports) = report;
    hash_report(venue, &report);
}

/* About an order that rests or has just been accepted to. */
static inline void report_order(cp_venue *venue, cp_report_kind kind, uint64_t order_ref,
                                const cp_book_order *order, uint64_t original_id,
                                uint32_t qty, uint32_t leaves, cp_reason reason)
{
    emit_report(venue, (cp_report){ .client_id = order->id,
                                    .original_id = original_id,
                                    .order_ref = order_ref,
                                    .price = order->price,
                                    .qty = qty,
                                    .leaves = leaves,
                                    .symbol = order->symbol,
                                    .participant = order->owner,
                                    .kind = (uint8_t)kind,
                                    .side = order->side,
                                    .reason = (uint8_t)reason });
}

static void refuse(cp_venue *venue, const cp_order *order, cp_reason reason)
{
    bool change = order->kind == CP_ORDER_CANCEL || order->kind == CP_ORDER_REDUCE ||
                  order->kind == CP_ORDER_REPLACE;
    cp_report_kind kind = change ? CP_REPORT_CHANGE_REJECTED : CP_REPORT_REJECTED;
    emit_report(venue, (cp_report){ .client_id = order->client_id,
                                    .original_id = order->original_id,
                                    .price = order->price,
                                    .qty = order->qty,
                                    .symbol = order->symbol,
                                    .participant = order->participant,
                                    .kind = (uint8_t)kind,
                                    .side = order->side & 1, /* it may be the reason */
                                    .reason = (uint8_t)reason });
}

/* ---- resting orders ------------------------------------------------------------- */

static inline uint32_t next_serial(cp_venue *venue)
{
    if (CP_UNLIKELY(++venue->serial == 0)) /* so that no reference is ever 0 */
        venue->serial = 1;
    return venue->serial;
}

static inline uint64_t make_ref(uint32_t serial, uint32_t index)
{
    return (uint64_t)serial << 32 | index;
}

static inline uint64_t ref_of(const cp_venue *venue, uint32_t index)
{
    return make_ref(venue->pool.orders[index].serial, index);
}

/* The place where the ring of the participant's orders begins. */
static inline uint32_t ring_of(const cp_venue *venue, uint16_t participant)
{
    return venue->pool.capacity + participant;
}

/* Enter an order that is in its book into its owner's ring and the names. */
static inline void enter(cp_venue *venue, uint32_t index)
{
    uint16_t owner = venue->pool.orders[index].owner;
    uint32_t ring = ring_of(venue, owner);
    uint32_t newest = venue->links[ring].next;
    venue->links[index] = (cp_venue_link){ .next = newest, .prev = ring };
    venue->links[newest].prev = index;
    venue->links[ring].next = index;
    venue->resting_counts[owner]++;
    cp_idmap_put(&venue->names, index);
}

/* Off its book, its owner's ring and the names; the index is still taken. */
static inline void withdraw(cp_venue *venue, uint32_t index)
{
    const cp_book_order *order = &venue->pool.orders[index];
    cp_venue_link link = venue->links[index];
    CP_ASSERT(venue->resting_counts[order->owner] > 0);
    cp_idmap_remove(&venue->names, index);
    cp_book_remove(&venue->books[order->symbol], index);
    venue->links[link.prev].next = link.next;
    venue->links[link.next].prev = link.prev;
    venue->resting_counts[order->owner]--;
}

static inline void release(cp_venue *venue, uint32_t index)
{
    withdraw(venue, index);
    cp_pool_give(&venue->pool, index);
}

/* Take a resting order off at somebody's wish. */
static void pull(cp_venue *venue, uint32_t index)
{
    const cp_book_order *order = &venue->pool.orders[index];
    uint64_t ref = ref_of(venue, index);
    emit_md(venue, CP_MD_DELETE, order, ref, 0, order->qty, 0);
    report_order(venue, CP_REPORT_CANCELLED, ref, order, 0, order->qty, 0,
                 CP_REASON_USER);
    release(venue, index);
}

/* ---- matching ------------------------------------------------------------------- */

/* A resting order trades qty; returns the match number. */
static inline uint64_t fill_resting(cp_venue *venue, uint32_t index, uint32_t qty)
{
    const cp_book_order *order = &venue->pool.orders[index];
    CP_ASSERT(qty > 0 && qty <= order->qty);
    uint64_t match = ++venue->counters.trade_count;
    uint64_t ref = ref_of(venue, index);
    uint32_t leaves = order->qty - qty;
    venue->counters.traded_qty += qty;
    emit_md(venue, CP_MD_EXECUTE, order, ref, match, qty, leaves);
    emit_report(venue, (cp_report){ .client_id = order->id,
                                    .order_ref = ref,
                                    .match_ref = match,
                                    .price = order->price,
                                    .qty = qty,
                                    .leaves = leaves,
                                    .symbol = order->symbol,
                                    .participant = order->owner,
                                    .kind = CP_REPORT_EXECUTED,
                                    .side = order->side,
                                    .liquidity = CP_MAKER });
    if (leaves == 0)
        release(venue, index);
    else
        cp_book_reduce(&venue->books[order->symbol], index, qty);
    return match;
}

static inline cp_side opposite(cp_side side)
{
    return side == CP_BUY ? CP_SELL : CP_BUY;
}

static inline bool is_marketable(const cp_book *book, cp_side side, int64_t limit)
{
    int64_t best = cp_book_best(book, opposite(side));
    if (best == CP_PRICE_NONE)
        return false;
    int64_t room = limit - best;
    return (side == CP_BUY ? room : -room) >= 0;
}

/* Trade until nothing is left, nobody is within the limit, or CP_SWEEP_MAX were met.
 * True: the last of these, with more to be had. */
static bool match(cp_venue *venue, aggressor *taker)
{
    const cp_book *book = &venue->books[taker->symbol];
    cp_side other = opposite(taker->side);
    uint32_t met = 0;
    while (taker->leaves > 0 && is_marketable(book, taker->side, taker->limit)) {
        if (met++ == CP_SWEEP_MAX)
            return true;
        uint32_t index = cp_book_front(book, other);
        const cp_book_order *resting = &venue->pool.orders[index];
        int64_t price = resting->price;
        uint32_t qty = resting->qty < taker->leaves ? resting->qty : taker->leaves;
        uint64_t match_ref = fill_resting(venue, index, qty);
        taker->leaves -= qty;
        emit_report(venue, (cp_report){ .client_id = taker->client_id,
                                        .order_ref = taker->ref,
                                        .match_ref = match_ref,
                                        .price = price,
                                        .qty = qty,
                                        .leaves = taker->leaves,
                                        .symbol = taker->symbol,
                                        .participant = taker->participant,
                                        .kind = CP_REPORT_EXECUTED,
                                        .side = (uint8_t)taker->side,
                                        .liquidity = CP_TAKER });
    }
    return false;
}

/* An order that looks for others first: match it, and let the rest of it rest or not. Its
 * index is taken and filled in, and room for it has been seen to. */
static void match_then_rest(cp_venue *venue, uint32_t index)
{
    cp_book_order *order = &venue->pool.orders[index];
    cp_book *book = &venue->books[order->symbol];
    aggressor taker = { .client_id = order->id,
                        .ref = ref_of(venue, index),
                        .limit = order->price,
                        .leaves = order->qty,
                        .symbol = order->symbol,
                        .participant = order->owner,
                        .side = (cp_side)order->side };
    bool swept = match(venue, &taker);
    order->qty = taker.leaves;
    if (taker.leaves > 0 && !swept) {
        int result = cp_book_add(book, index);
        CP_ASSERT(result == 0);
        enter(venue, index);
        emit_md(venue, CP_MD_ADD, order, taker.ref, 0, order->qty, order->qty);
        return;
    }
    if (taker.leaves > 0)
        report_order(venue, CP_REPORT_CANCELLED, taker.ref, order, 0, taker.leaves, 0,
                     CP_REASON_SWEEP);
    cp_pool_give(&venue->pool, index);
}

/* ---- orders --------------------------------------------------------------------- */

static cp_reason check_new(const cp_venue *venue, const cp_order *order)
{
    if (order->side > CP_SELL || order->type > CP_MARKET || order->time_in_force > CP_IOC)
        return CP_REASON_MALFORMED;
    if (order->symbol >= venue->symbol_count)
        return CP_REASON_SYMBOL;
    if (order->type == CP_LIMIT &&
        (order->price < 1 || order->price > venue->books[order->symbol].price_max))
        return CP_REASON_PRICE;
    if (order->qty == 0 || order->qty > CP_VENUE_QTY_MAX)
        return CP_REASON_QTY;
    if (cp_idmap_get(&venue->names, order->participant, order->client_id) != CP_NONE)
        return CP_REASON_DUPLICATE_ID;
    return CP_REASON_NONE;
}

static void on_new_immediate(cp_venue *venue, const cp_order *order)
{
    bool market = order->type == CP_MARKET;
    aggressor taker = { .client_id = order->client_id,
                        .ref = make_ref(next_serial(venue), CP_NONE),
                        .leaves = order->qty,
                        .symbol = order->symbol,
                        .participant = order->participant,
                        .side = (cp_side)order->side };
    taker.limit = !market ? order->price : taker.side == CP_BUY ? INT64_MAX : 0;
    cp_report report = { .client_id = order->client_id,
                         .order_ref = taker.ref,
                         .price = market ? CP_PRICE_NONE : order->price,
                         .qty = order->qty,
                         .leaves = order->qty,
                         .symbol = order->symbol,
                         .participant = order->participant,
                         .kind = CP_REPORT_ACCEPTED,
                         .side = order->side };
    emit_report(venue, report);
    bool swept = match(venue, &taker);
    if (taker.leaves == 0)
        return;
    report.kind = CP_REPORT_CANCELLED;
    report.qty = taker.leaves;
    report.leaves = 0;
    report.reason = swept    ? CP_REASON_SWEEP
                    : market ? CP_REASON_NO_LIQUIDITY
                             : CP_REASON_IOC;
    emit_report(venue, report);
}

static void on_new_limit(cp_venue *venue, const cp_order *order)
{
    cp_book *book = &venue->books[order->symbol];
    cp_side side = (cp_side)order->side;
    uint32_t price = (uint32_t)order->price;
    uint32_t index = cp_pool_take(&venue->pool);
    if (index == CP_NONE) {
        refuse(venue, order, CP_REASON_CAPACITY);
        return;
    }
    cp_book_order *entry = &venue->pool.orders[index];
    entry->id = order->client_id;
    entry->price = price;
    entry->qty = order->qty;
    entry->owner = order->participant;
    entry->symbol = order->symbol & 0x7fffu;
    entry->side = order->side & 1u;

    bool marketable = is_marketable(book, side, order->price);
    if (marketable ? !cp_book_has_room(book, side, price, order->qty)
                   : cp_book_add(book, index) != 0) {
        cp_pool_give(&venue->pool, index);
        refuse(venue, order, CP_REASON_CAPACITY);
        return;
    }
    entry->serial = next_serial(venue);
    uint64_t ref = ref_of(venue, index);
    report_order(venue, CP_REPORT_ACCEPTED, ref, entry, 0, entry->qty, entry->qty,
                 CP_REASON_NONE);
    if (marketable) {
        match_then_rest(venue, index);
        return;
    }
    enter(venue, index);
    emit_md(venue, CP_MD_ADD, entry, ref, 0, entry->qty, entry->qty);
}

static void on_new(cp_venue *venue, const cp_order *order)
{
    cp_reason reason = check_new(venue, order);
    if (reason != CP_REASON_NONE)
        refuse(venue, order, reason);
    else if (order->type == CP_MARKET || order->time_in_force == CP_IOC)
        on_new_immediate(venue, order);
    else
        on_new_limit(venue, order);
}

static void on_cancel(cp_venue *venue, const cp_order *order)
{
    uint32_t index = cp_idmap_get(&venue->names, order->participant, order->original_id);
    if (index == CP_NONE)
        refuse(venue, order, CP_REASON_UNKNOWN_ORDER);
    else
        pull(venue, index);
}

static void on_reduce(cp_venue *venue, const cp_order *order)
{
    uint32_t index = cp_idmap_get(&venue->names, order->participant, order->original_id);
    if (index == CP_NONE) {
        refuse(venue, order, CP_REASON_UNKNOWN_ORDER);
        return;
    }
    cp_book_order *resting = &venue->pool.orders[index];
    if (order->qty == 0) {
        refuse(venue, order, CP_REASON_QTY);
        return;
    }
    if (order->qty >= resting->qty) {
        pull(venue, index);
        return;
    }
    uint64_t ref = ref_of(venue, index);
    cp_book_reduce(&venue->books[resting->symbol], index, order->qty);
    emit_md(venue, CP_MD_REDUCE, resting, ref, 0, order->qty, resting->qty);
    report_order(venue, CP_REPORT_CANCELLED, ref, resting, 0, order->qty, resting->qty,
                 CP_REASON_USER);
}

static cp_reason check_replace(const cp_venue *venue, const cp_order *order,
                               uint32_t index)
{
    if (order->type != CP_LIMIT || order->time_in_force != CP_DAY)
        return CP_REASON_MALFORMED;
    if (index == CP_NONE)
        return CP_REASON_UNKNOWN_ORDER;
    const cp_book_order *resting = &venue->pool.orders[index];
    const cp_book *book = &venue->books[resting->symbol];
    if (order->price < 1 || order->price > book->price_max)
        return CP_REASON_PRICE;
    if (order->qty == 0 || order->qty > CP_VENUE_QTY_MAX)
        return CP_REASON_QTY;
    if (cp_idmap_get(&venue->names, order->participant, order->client_id) != CP_NONE)
        return CP_REASON_DUPLICATE_ID;
    if (!cp_book_has_room(book, (cp_side)resting->side, (uint32_t)order->price,
                          order->qty) &&
        !(order->price == resting->price && order->qty <= resting->qty))
        return CP_REASON_CAPACITY;
    return CP_REASON_NONE;
}

/* Same price, no more quantity: it keeps its place and its reference. */
static void replace_in_place(cp_venue *venue, uint32_t index, const cp_order *order)
{
    cp_book_order *resting = &venue->pool.orders[index];
    uint64_t ref = ref_of(venue, index);
    cp_idmap_remove(&venue->names, index);
    resting->id = order->client_id;
    cp_idmap_put(&venue->names, index);
    if (order->qty < resting->qty) {
        uint32_t less = resting->qty - order->qty;
        cp_book_reduce(&venue->books[resting->symbol], index, less);
        emit_md(venue, CP_MD_REDUCE, resting, ref, 0, less, resting->qty);
    }
    report_order(venue, CP_REPORT_REPLACED, ref, resting, order->original_id,
                 resting->qty, resting->qty, CP_REASON_NONE);
}

/* It leaves its place and comes back as another order, which may trade at once. */
static void replace_anew(cp_venue *venue, uint32_t index, const cp_order *order)
{
    cp_book_order *entry = &venue->pool.orders[index];
    cp_book *book = &venue->books[entry->symbol];
    uint64_t old_ref = ref_of(venue, index);
    cp_side side = (cp_side)entry->side;
    bool marketable = is_marketable(book, side, order->price);
    if (marketable)
        emit_md(venue, CP_MD_DELETE, entry, old_ref, 0, entry->qty, 0);
    withdraw(venue, index);
    entry->id = order->client_id;
    entry->price = (uint32_t)order->price;
    entry->qty = order->qty;
    entry->serial = next_serial(venue);
    uint64_t ref = ref_of(venue, index);
    report_order(venue, CP_REPORT_REPLACED, ref, entry, order->original_id, entry->qty,
                 entry->qty, CP_REASON_NONE);
    if (marketable) {
        match_then_rest(venue, index);
        return;
    }
    int result = cp_book_add(book, index);
    CP_ASSERT(result == 0);
    enter(venue, index);
    emit_md(venue, CP_MD_REPLACE, entry, old_ref, ref, entry->qty, entry->qty);
}

static void on_replace(cp_venue *venue, const cp_order *order)
{
    uint32_t index = cp_idmap_get(&venue->names, order->participant, order->original_id);
    cp_reason reason = check_replace(venue, order, index);
    if (reason != CP_REASON_NONE) {
        refuse(venue, order, reason);
        return;
    }
    const cp_book_order *resting = &venue->pool.orders[index];
    if (order->price == resting->price && order->qty <= resting->qty)
        replace_in_place(venue, index, order);
    else
        replace_anew(venue, index, order);
}

static void on_cancel_all(cp_venue *venue, const cp_order *order)
{
    const cp_venue_link *ring = &venue->links[ring_of(venue, order->participant)];
    const uint32_t *resting_count = &venue->resting_counts[order->participant];
    uint32_t pulled = 0;
    for (; *resting_count > 0 && pulled < CP_SWEEP_MAX; pulled++)
        pull(venue, ring->next);
    emit_report(venue, (cp_report){ .client_id = order->client_id,
                                    .price = CP_PRICE_NONE,
                                    .qty = pulled,
                                    .leaves = *resting_count,
                                    .symbol = CP_NOBODY,
                                    .participant = order->participant,
                                    .kind = CP_REPORT_ALL_CANCELLED,
                                    .reason = CP_REASON_USER });
}

void cp_venue_on_order(cp_venue *venue, const cp_order *order, uint64_t now_ns)
{
    venue->now_ns = now_ns;
    switch (order->kind) {
    case CP_ORDER_NEW:
        on_new(venue, order);
        break;
    case CP_ORDER_CANCEL:
        on_cancel(venue, order);
        break;
    case CP_ORDER_REPLACE:
        on_replace(venue, order);
        break;
    case CP_ORDER_CANCEL_ALL:
        on_cancel_all(venue, order);
        break;
    case CP_ORDER_REDUCE:
        on_reduce(venue, order);
        break;
    default:
        refuse(venue, order, CP_REASON_MALFORMED);
    }
}

/* ---- replay --------------------------------------------------------------------- */

int cp_venue_execute_directly(cp_venue *venue, uint16_t participant, uint64_t client_id,
                              uint32_t qty, uint64_t now_ns)
{
    uint32_t index = cp_idmap_get(&venue->names, participant, client_id);
    if (index == CP_NONE)
        return -ENOENT;
    if (qty == 0 || qty > venue->pool.orders[index].qty)
        return -ERANGE;
    venue->now_ns = now_ns;
    fill_resting(venue, index, qty);
    return 0;
}

void cp_venue_print(cp_venue *venue, uint16_t symbol, uint8_t side, int64_t price,
                    uint32_t price_rest, uint32_t qty, uint64_t now_ns)
{
    CP_ASSERT(symbol < venue->symbol_count && side <= CP_SELL);
    venue->counters.traded_qty += qty;
    cp_md md = { .sequence = ++venue->counters.md_count,
                 .time_ns = now_ns,
                 .other_ref = ++venue->counters.trade_count,
                 .price = price,
                 .qty = qty,
                 .symbol = symbol,
                 .kind = CP_MD_TRADE,
                 .side = side,
                 .price_rest = price_rest };
    *(cp_md *)cp_outbox_add(&venue->md) = md;
    hash_md(venue, &md);
}

/* ---- looking at it -------------------------------------------------------------- */

cp_outbox *cp_venue_md(cp_venue *venue)
{
    return &venue->md;
}

cp_outbox *cp_venue_reports(cp_venue *venue)
{
    return &venue->reports;
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
    return index == CP_NONE ? NULL : &venue->pool.orders[index];
}

uint32_t cp_venue_resting_count(const cp_venue *venue)
{
    return venue->pool.taken_count;
}
