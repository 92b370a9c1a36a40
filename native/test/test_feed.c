/* The feed: sequence, books in doubt, the touch. */
#include "desk_kit.h"

typedef struct probe {
    cp_feed feed;
    uint64_t sequence;
} probe;

static const cp_instrument instruments[2] = { { .price_max = 100000 },
                                              { .price_max = 100000 } };

static void probe_init(probe *p)
{
    memset(p, 0, sizeof(*p));
    CHECK_EQ(0, cp_feed_init(&p->feed, instruments, 2, 64));
}

static uint32_t tell(probe *p, cp_md md)
{
    md.sequence = ++p->sequence;
    return cp_feed_on_md(&p->feed, &md, 1000 + p->sequence);
}

static uint32_t add(probe *p, uint16_t symbol, cp_side side, uint64_t ref, int64_t price,
                    uint32_t qty)
{
    return tell(p, (cp_md){ .kind = CP_MD_ADD,
                            .symbol = symbol,
                            .side = (uint8_t)side,
                            .order_ref = ref,
                            .price = price,
                            .qty = qty,
                            .leaves = qty });
}

static const cp_touch *touch_of(const probe *p, uint16_t symbol)
{
    return &p->feed.symbols[symbol].touch;
}

static void says_what_changed_at_the_touch_and_only_that(void)
{
    probe p;
    probe_init(&p);
    const uint32_t both = CP_FEED_PRICE | CP_FEED_QTY;
    CHECK_EQ(both, add(&p, 0, CP_BUY, 1, 100, 5));
    CHECK_EQ(CP_FEED_QTY, add(&p, 0, CP_BUY, 2, 100, 5));
    CHECK_EQ(0, add(&p, 0, CP_BUY, 3, 99, 5));
    CHECK_EQ(both, add(&p, 0, CP_SELL, 4, 103, 5));
    CHECK_EQ(203, touch_of(&p, 0)->mark2);
    CHECK_EQ(10, touch_of(&p, 0)->qty[CP_BUY]);
    CHECK_EQ(
        CP_FEED_QTY,
        tell(&p, (cp_md){ .kind = CP_MD_REDUCE, .order_ref = 1, .qty = 2, .leaves = 3 }));
    CHECK_EQ(0, tell(&p, (cp_md){ .kind = CP_MD_DELETE, .order_ref = 3, .qty = 5 }));
    CHECK_EQ(CP_FEED_TRADE | CP_FEED_QTY, tell(&p, (cp_md){ .kind = CP_MD_EXECUTE,
                                                            .order_ref = 1,
                                                            .price = 100,
                                                            .qty = 3,
                                                            .leaves = 0 }));
    CHECK_EQ(5, touch_of(&p, 0)->qty[CP_BUY]);
    CHECK_EQ(both, tell(&p, (cp_md){ .kind = CP_MD_REPLACE,
                                     .order_ref = 2,
                                     .other_ref = 9,
                                     .price = 101,
                                     .qty = 7 }));
    CHECK_EQ(101, touch_of(&p, 0)->price[CP_BUY]);
    CHECK_EQ(7, touch_of(&p, 0)->qty[CP_BUY]);
    CHECK_EQ(CP_FEED_TRADE,
             tell(&p, (cp_md){ .kind = CP_MD_TRADE, .price = 102, .qty = 4 }));
    CHECK_EQ(102, touch_of(&p, 0)->last);
    CHECK_EQ(7, p.feed.symbols[0].volume);
    cp_book_check(&p.feed.symbols[0].book);
    CHECK_EQ(0, p.feed.misfit_count);
    cp_feed_free(&p.feed);
}

static void ignores_what_it_has_already_seen(void)
{
    probe p;
    probe_init(&p);
    add(&p, 0, CP_BUY, 1, 100, 5);
    add(&p, 0, CP_BUY, 2, 101, 5);
    p.sequence = 0;
    CHECK_EQ(0, add(&p, 0, CP_BUY, 1, 100, 5));
    CHECK_EQ(0, tell(&p, (cp_md){ .kind = CP_MD_DELETE, .order_ref = 2, .qty = 5 }));
    CHECK_EQ(2, p.feed.duplicate_count);
    CHECK_EQ(101, touch_of(&p, 0)->price[CP_BUY]);
    CHECK_EQ(CP_FEED_QTY, add(&p, 0, CP_BUY, 3, 101, 5));
    CHECK_EQ(0, p.feed.gap_count);
    cp_feed_free(&p.feed);
}

static void doubts_every_book_after_a_gap_until_each_is_cleared(void)
{
    probe p;
    probe_init(&p);
    for (uint16_t i = 0; i < 2; i++) {
        add(&p, i, CP_BUY, 10 + i, 100, 5);
        add(&p, i, CP_SELL, 20 + i, 102, 5);
    }
    p.sequence += 3;
    CHECK_EQ(CP_FEED_GAP, add(&p, 0, CP_BUY, 30, 101, 5));
    CHECK_EQ(5, p.feed.gap_expected);
    CHECK_EQ(8, p.feed.gap_received);
    CHECK(touch_of(&p, 0)->stale && touch_of(&p, 1)->stale);
    CHECK_EQ(0, add(&p, 1, CP_BUY, 31, 101, 5));
    CHECK_EQ(100, touch_of(&p, 1)->price[CP_BUY]); /* it stands still */
    CHECK_EQ(CP_FEED_TRADE, tell(&p, (cp_md){ .kind = CP_MD_EXECUTE,
                                              .symbol = 1,
                                              .order_ref = 999,
                                              .price = 90,
                                              .qty = 4 }));
    CHECK_EQ(180, touch_of(&p, 1)->mark2); /* valued by the facts there are */

    tell(&p, (cp_md){ .kind = CP_MD_CLEAR, .symbol = 1 });
    CHECK(touch_of(&p, 0)->stale && !touch_of(&p, 1)->stale);
    CHECK_EQ(CP_PRICE_NONE, touch_of(&p, 1)->price[CP_BUY]);
    add(&p, 1, CP_BUY, 11, 98, 5); /* a reference the old book had */
    add(&p, 1, CP_SELL, 21, 100, 5);
    CHECK_EQ(198, touch_of(&p, 1)->mark2);
    CHECK_EQ(4, p.feed.pool.taken_count);
    cp_feed_free(&p.feed);
}

static void doubts_a_book_that_a_message_does_not_fit(void)
{
    const cp_md misfits[] = {
        { .kind = CP_MD_DELETE, .order_ref = 77, .qty = 5 },
        { .kind = CP_MD_EXECUTE, .order_ref = 1, .price = 100, .qty = 6, .leaves = 0 },
        { .kind = CP_MD_EXECUTE, .order_ref = 1, .price = 100, .qty = 2, .leaves = 1 },
        { .kind = CP_MD_REDUCE, .order_ref = 1, .qty = UINT32_MAX, .leaves = 6 },
        { .kind = CP_MD_DELETE, .order_ref = 1, .qty = 4 },
        { .kind = CP_MD_ADD, .order_ref = 1, .price = 100, .qty = 5 },
        { .kind = CP_MD_ADD, .order_ref = 2, .price = 100001, .qty = 5 },
        { .kind = CP_MD_ADD, .order_ref = 2, .price = -1, .qty = 5 },
        { .kind = CP_MD_ADD, .order_ref = 2, .price = (int64_t)1 << 32 | 100, .qty = 5 },
        { .kind = CP_MD_ADD, .order_ref = 2, .price = 100, .qty = 0 },
        { .kind = CP_MD_REPLACE,
          .order_ref = 1,
          .other_ref = 3,
          .price = 100001,
          .qty = 5 },
        { .kind = 99, .order_ref = 1 },
    };
    for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++) {
        probe p;
        probe_init(&p);
        add(&p, 0, CP_BUY, 1, 100, 5);
        CHECK(tell(&p, misfits[i]) & CP_FEED_DOUBT);
        CHECK(touch_of(&p, 0)->stale);
        CHECK(!touch_of(&p, 1)->stale);
        CHECK_EQ(1, p.feed.misfit_count);
        cp_feed_free(&p.feed);
    }
}

static void doubts_an_order_of_another_symbol_and_a_symbol_there_is_not(void)
{
    probe p;
    probe_init(&p);
    add(&p, 0, CP_BUY, 1, 100, 5);
    CHECK(
        tell(&p, (cp_md){ .kind = CP_MD_DELETE, .symbol = 1, .order_ref = 1, .qty = 5 }) &
        CP_FEED_DOUBT);
    CHECK(!touch_of(&p, 0)->stale && touch_of(&p, 1)->stale);
    CHECK_EQ(0, tell(&p, (cp_md){ .kind = CP_MD_CLEAR, .symbol = 2 }));
    CHECK_EQ(0, tell(&p, (cp_md){ .kind = CP_MD_CLEAR, .symbol = UINT16_MAX }));
    CHECK_EQ(3, p.feed.misfit_count);
    cp_feed_free(&p.feed);
}

static void doubts_a_book_it_has_no_room_for(void)
{
    probe p;
    probe_init(&p);
    for (uint64_t i = 1; i <= 64; i++)
        add(&p, 0, CP_BUY, i, 100, 5);
    CHECK(!touch_of(&p, 0)->stale);
    CHECK(add(&p, 0, CP_BUY, 65, 100, 5) & CP_FEED_DOUBT);
    tell(&p, (cp_md){ .kind = CP_MD_CLEAR, .symbol = 0 });
    CHECK_EQ(0, p.feed.pool.taken_count);
    add(&p, 0, CP_BUY, 65, 100, 5);
    CHECK(!touch_of(&p, 0)->stale);
    cp_feed_free(&p.feed);
}

/* ---- what the desk makes of it ---- */

static void blocks_strategies_from_the_gap_to_the_clear(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(2, k->order_count); /* a quote a side */
    kit_accept(k, k->orders[0]);
    kit_accept(k, k->orders[1]);

    k->sequence += 5;
    kit_add(k, 1, CP_BUY, 14990, 5);
    const cp_note *note = kit_note(k, CP_NOTE_GAP);
    CHECK(note && note->severity == CP_CRITICAL);
    CHECK_EQ(5, note->b - note->a);
    CHECK_EQ(4, k->order_count);
    for (uint32_t i = 2; i < 4; i++) {
        CHECK_EQ(CP_ORDER_CANCEL, k->orders[i].kind);
        kit_cancelled(k, k->orders[i].original_id, 10, CP_REASON_USER);
    }
    CHECK_EQ(0, cp_desk_working_count(k->desk));
    CHECK_EQ(1, kit_picture(k)->symbols[0].stale);
    CHECK_EQ(1, kit_picture(k)->counters.gap_count);
    kit_wait(k, CP_DESK_TIMER_NS);
    kit_timer(k);
    kit_add(k, 0, CP_BUY, 14999, 5);
    CHECK_EQ(4, k->order_count);

    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(0, kit_picture(k)->symbols[0].stale);
    CHECK_EQ(1, kit_picture(k)->symbols[1].stale);
    CHECK_EQ(6, k->order_count);
    CHECK_EQ(CP_ORDER_NEW, kit_last(k)->kind);
    kit_close(k);
}

static void refuses_orders_on_a_book_in_doubt(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    k->config.strategies[0].mode = CP_MODE_OFF;
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    k->sequence++;
    kit_md(k, (cp_md){ .kind = CP_MD_TRADE, .symbol = 1, .price = 15000, .qty = 1 });
    CHECK_EQ(CP_NONE, cp_desk_send_new(k->desk, 0, 0, CP_BUY, 15000, 1, CP_PURPOSE_TAKE));
    kit_carry(k);
    CHECK_EQ(CP_REFUSE_STALE, kit_note(k, CP_NOTE_REFUSAL)->a);
    CHECK_EQ(CP_REFUSE_STALE, kit_picture(k)->strategies[0].last_refusal);
    CHECK_EQ(0, k->order_count);
    kit_close(k);
}

static void shows_what_of_the_book_is_ours(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    cp_order buy = k->orders[0], sell = k->orders[1];
    /* The report before the market data, and the other way round. */
    uint64_t ref = kit_accept(k, buy);
    CHECK_EQ(0, kit_picture(k)->symbols[0].levels[CP_BUY][0].own_qty);
    kit_md(k, (cp_md){ .kind = CP_MD_ADD,
                       .side = CP_BUY,
                       .order_ref = ref,
                       .price = buy.price,
                       .qty = buy.qty });
    uint64_t next = k->next_ref;
    kit_md(k, (cp_md){ .kind = CP_MD_ADD,
                       .side = CP_SELL,
                       .order_ref = next,
                       .price = sell.price,
                       .qty = sell.qty });
    kit_accept(k, sell);
    const cp_desk_picture *picture = kit_picture(k);
    CHECK_EQ(buy.price, picture->symbols[0].levels[CP_BUY][0].price);
    CHECK_EQ(10, picture->symbols[0].levels[CP_BUY][0].own_qty);
    CHECK_EQ(10, picture->symbols[0].levels[CP_SELL][0].own_qty);
    CHECK_EQ(buy.price == 14998 ? 500 : 0, picture->working[0].qty_ahead);
    CHECK_EQ(2, picture->working_count);
    kit_close(k);
}

int main(void)
{
    RUN(says_what_changed_at_the_touch_and_only_that);
    RUN(ignores_what_it_has_already_seen);
    RUN(doubts_every_book_after_a_gap_until_each_is_cleared);
    RUN(doubts_a_book_that_a_message_does_not_fit);
    RUN(doubts_an_order_of_another_symbol_and_a_symbol_there_is_not);
    RUN(doubts_a_book_it_has_no_room_for);
    RUN(blocks_strategies_from_the_gap_to_the_clear);
    RUN(refuses_orders_on_a_book_in_doubt);
    RUN(shows_what_of_the_book_is_ours);
    return 0;
}
