/* venue_kit.h: a venue to send orders to, and the words to say what must come of it.
 *
 * After every message sent here, a copy of the books that is kept from market data alone
 * must be the venue's own, order by order, and the venue must fit together inside. */
#ifndef CP_VENUE_KIT_H
#define CP_VENUE_KIT_H

#include "base/random.h"
#include "book/idmap.h"
#include "test.h"
#include "venue/venue.h"

#define SYMBOLS 3u
#define CAPACITY 8192u
#define PRICE_MAX 100000u

static cp_venue *venue;
static const cp_md *md;
static const cp_report *reports;
static uint32_t md_count, report_count;
static uint64_t sequence, now_ns;

/* ---- the copy ------------------------------------------------------------------- */

static cp_pool copy_pool;
static cp_pages copy_pages;
static cp_idmap copy_names;
static cp_book copies[SYMBOLS];
static uint32_t phases_seen[SYMBOLS];

static inline uint32_t copy_find(uint64_t ref)
{
    uint32_t index = cp_idmap_get(&copy_names, 0, ref);
    CHECK(index != CP_NONE);
    return index;
}

static inline void copy_add(const cp_md *event, uint64_t ref)
{
    uint32_t index = cp_pool_take(&copy_pool);
    CHECK(index != CP_NONE && ref != 0);
    CHECK_EQ(CP_NONE, cp_idmap_get(&copy_names, 0, ref));
    cp_book_order *order = &copy_pool.orders[index];
    order->id = ref;
    order->owner = 0;
    order->price = (uint32_t)event->price;
    order->qty = event->qty;
    order->side = event->side & 1u;
    order->symbol = event->symbol & 0x7fffu;
    CHECK_EQ(0, cp_book_add(&copies[event->symbol], index));
    cp_idmap_put(&copy_names, index);
}

static inline void copy_remove(const cp_md *event)
{
    uint32_t index = copy_find(event->order_ref);
    cp_book_remove(&copies[event->symbol], index);
    cp_idmap_remove(&copy_names, index);
    cp_pool_give(&copy_pool, index);
}

static inline void copy_take(const cp_md *event)
{
    uint32_t index = copy_find(event->order_ref);
    const cp_book_order *order = &copy_pool.orders[index];
    CHECK_EQ(order->qty, (uint64_t)event->qty + event->leaves);
    CHECK_EQ(order->side, event->side);
    if (event->leaves == 0)
        copy_remove(event);
    else
        cp_book_reduce(&copies[event->symbol], index, event->qty);
}

static inline void copy_apply(const cp_md *event)
{
    CHECK_EQ(++sequence, event->sequence);
    CHECK_EQ(now_ns, event->time_ns);
    CHECK(event->symbol < SYMBOLS && event->side <= CP_SELL);
    switch (event->kind) {
    case CP_MD_ADD:
        CHECK_EQ(event->qty, event->leaves);
        copy_add(event, event->order_ref);
        break;
    case CP_MD_EXECUTE:
        CHECK_EQ(event->price, copy_pool.orders[copy_find(event->order_ref)].price);
        CHECK_EQ(copy_find(event->order_ref),
                 cp_book_front(&copies[event->symbol], (cp_side)event->side));
        copy_take(event);
        break;
    case CP_MD_REDUCE:
        CHECK(event->leaves > 0);
        copy_take(event);
        break;
    case CP_MD_DELETE:
        CHECK_EQ(copy_pool.orders[copy_find(event->order_ref)].qty, event->qty);
        copy_remove(event);
        break;
    case CP_MD_REPLACE:
        CHECK_EQ(copy_pool.orders[copy_find(event->order_ref)].side, event->side);
        copy_remove(event);
        copy_add(event, event->other_ref);
        break;
    case CP_MD_PHASE:
        phases_seen[event->symbol] = event->qty;
        break;
    default:
        CHECK(event->kind == CP_MD_TRADE);
    }
    int64_t bid = cp_book_best(&copies[event->symbol], CP_BUY);
    int64_t ask = cp_book_best(&copies[event->symbol], CP_SELL);
    CHECK(bid == CP_PRICE_NONE || ask == CP_PRICE_NONE || bid < ask ||
          phases_seen[event->symbol] != CP_PHASE_CONTINUOUS);
}

static inline void compare_side(const cp_book *book, const cp_book *copy, cp_side side)
{
    int64_t price = cp_book_best(book, side);
    CHECK_EQ(price, cp_book_best(copy, side));
    while (price != CP_PRICE_NONE) {
        uint32_t index = cp_book_level_at(book, side, price)->head;
        const cp_book_level *level = cp_book_level_at(copy, side, price);
        CHECK(level != NULL);
        uint32_t twin = level->head;
        while (index != CP_NONE && twin != CP_NONE) {
            const cp_book_order *order = &book->pool->orders[index];
            const cp_book_order *other = &copy_pool.orders[twin];
            CHECK_EQ((uint64_t)(order->serial & ((1u << 30) - 1)) << 32 | index,
                     other->id);
            CHECK_EQ(order->qty, other->qty);
            index = order->next;
            twin = other->next;
        }
        CHECK(index == CP_NONE && twin == CP_NONE);
        int64_t next = cp_book_next_price(book, side, price);
        CHECK_EQ(next, cp_book_next_price(copy, side, price));
        price = next;
    }
}

static inline void compare_books(void)
{
    for (uint16_t s = 0; s < SYMBOLS; s++) {
        const cp_book *book = cp_venue_book(venue, s);
        CHECK_EQ(book->order_count, copies[s].order_count);
        compare_side(book, &copies[s], CP_BUY);
        compare_side(book, &copies[s], CP_SELL);
    }
    CHECK_EQ(copy_pool.taken_count, cp_venue_resting_count(venue));
}

/* ---- sending -------------------------------------------------------------------- */

static inline void set_up_with(uint32_t capacity)
{
    cp_instrument instruments[SYMBOLS] = { 0 };
    for (uint32_t i = 0; i < SYMBOLS; i++)
        instruments[i].price_max = PRICE_MAX;
    CHECK_EQ(0, cp_venue_create(&venue, instruments, SYMBOLS, capacity));
    CHECK_EQ(0, cp_pool_init(&copy_pool, capacity));
    CHECK_EQ(0, cp_pages_init(&copy_pages, SYMBOLS * cp_pages_for(PRICE_MAX)));
    CHECK_EQ(0, cp_idmap_init(&copy_names, &copy_pool));
    for (uint32_t i = 0; i < SYMBOLS; i++)
        CHECK_EQ(0, cp_book_init(&copies[i], &copy_pool, &copy_pages, PRICE_MAX));
    memset(phases_seen, 0, sizeof phases_seen);
    sequence = 0;
    now_ns = 1000;
}

static inline void set_up(void)
{
    set_up_with(CAPACITY);
}

static inline void tear_down(void)
{
    for (uint16_t s = 0; s < SYMBOLS; s++) {
        cp_book_free(&copies[s]);
    }
    cp_venue_check(venue);
    cp_idmap_free(&copy_names);
    cp_pages_free(&copy_pages);
    cp_pool_free(&copy_pool);
    cp_venue_destroy(venue);
}

static inline void collect(void)
{
    cp_outbox *md_box = cp_venue_md(venue);
    cp_outbox *report_box = cp_venue_reports(venue);
    md_count = md_box->count;
    report_count = report_box->count;
    md = cp_outbox_at(md_box, 0);
    reports = cp_outbox_at(report_box, 0);
    for (uint32_t i = 0; i < md_count; i++)
        copy_apply(&md[i]);
    for (uint32_t i = 0; i < report_count; i++)
        CHECK_EQ(now_ns, reports[i].time_ns);
    CHECK_EQ(sequence, cp_venue_counts(venue)->md_count);
    cp_outbox_clear(md_box);
    cp_outbox_clear(report_box);
}

static inline void send_order(cp_order order)
{
    now_ns += 7;
    cp_venue_on_order(venue, &order, now_ns);
    CHECK(cp_venue_reports(venue)->count > 0); /* nothing is silently dropped */
    collect();
    compare_books();
    cp_venue_check(venue);
}

static inline cp_order limit_order(uint16_t participant, uint64_t id, cp_side side,
                                   int64_t price, uint32_t qty)
{
    return (cp_order){ .kind = CP_ORDER_NEW,
                       .client_id = id,
                       .participant = participant,
                       .side = (uint8_t)side,
                       .price = price,
                       .qty = qty };
}

static inline void limit(uint16_t participant, uint64_t id, cp_side side, int64_t price,
                         uint32_t qty)
{
    send_order(limit_order(participant, id, side, price, qty));
}

static inline void immediate(uint16_t participant, uint64_t id, cp_side side,
                             int64_t price, uint32_t qty)
{
    cp_order order = limit_order(participant, id, side, price, qty);
    order.time_in_force = CP_IOC;
    send_order(order);
}

static inline void market(uint16_t participant, uint64_t id, cp_side side, uint32_t qty)
{
    cp_order order = limit_order(participant, id, side, 0, qty);
    order.type = CP_MARKET;
    send_order(order);
}

static inline void change(cp_order_kind kind, uint16_t participant, uint64_t original,
                          uint64_t id, int64_t price, uint32_t qty)
{
    send_order((cp_order){ .kind = (uint8_t)kind,
                           .client_id = id,
                           .original_id = original,
                           .participant = participant,
                           .price = price,
                           .qty = qty });
}

static inline void cancel(uint16_t participant, uint64_t original)
{
    change(CP_ORDER_CANCEL, participant, original, 0, 0, 0);
}

static inline void replace(uint16_t participant, uint64_t original, uint64_t id,
                           int64_t price, uint32_t qty)
{
    change(CP_ORDER_REPLACE, participant, original, id, price, qty);
}

/* ---- expecting ------------------------------------------------------------------ */

static inline void expect_counts(uint32_t want_md, uint32_t want_reports)
{
    CHECK_EQ(want_md, md_count);
    CHECK_EQ(want_reports, report_count);
}

static inline void expect_report(uint32_t at, cp_report_kind kind, uint16_t participant,
                                 uint64_t id, uint32_t qty, uint32_t leaves,
                                 cp_reason reason)
{
    CHECK(at < report_count);
    CHECK_EQ(kind, reports[at].kind);
    CHECK_EQ(participant, reports[at].participant);
    CHECK_EQ(id, reports[at].client_id);
    CHECK_EQ(qty, reports[at].qty);
    CHECK_EQ(leaves, reports[at].leaves);
    CHECK_EQ(reason, reports[at].reason);
}

static inline void expect_fill(uint32_t at, uint16_t participant, uint64_t id,
                               cp_side side, int64_t price, uint32_t qty, uint32_t leaves,
                               cp_liquidity liquidity)
{
    expect_report(at, CP_REPORT_EXECUTED, participant, id, qty, leaves, CP_REASON_NONE);
    CHECK_EQ(side, reports[at].side);
    CHECK_EQ(price, reports[at].price);
    CHECK_EQ(liquidity, reports[at].liquidity);
    CHECK(reports[at].match_ref != 0);
}

static inline void expect_md(uint32_t at, cp_md_kind kind, int64_t price, uint32_t qty,
                             uint32_t leaves)
{
    CHECK(at < md_count);
    CHECK_EQ(kind, md[at].kind);
    CHECK_EQ(price, md[at].price);
    CHECK_EQ(qty, md[at].qty);
    CHECK_EQ(leaves, md[at].leaves);
}

static inline uint32_t open_qty(uint16_t participant, uint64_t id)
{
    const cp_book_order *order = cp_venue_find(venue, participant, id);
    return order ? order->qty : 0;
}

#endif /* CP_VENUE_KIT_H */
