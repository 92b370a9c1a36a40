/* The rules of plain orders, one test each (docs/matching.md). */
#include "venue_kit.h"

/* ---- rules ---------------------------------------------------------------------- */

static void a_limit_order_is_accepted_and_rests(void)
{
    set_up();
    limit(1, 10, CP_BUY, 500, 30);
    expect_counts(1, 1);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 10, 30, 30, CP_REASON_NONE);
    expect_md(0, CP_MD_ADD, 500, 30, 30);
    CHECK(md[0].order_ref != 0 && md[0].order_ref == reports[0].order_ref);
    CHECK_EQ(30, open_qty(1, 10));
    CHECK_EQ(1, cp_venue_resting_count(venue));
    tear_down();
}

static void the_better_price_trades_first_and_then_the_earlier_order(void)
{
    set_up();
    limit(2, 1, CP_SELL, 102, 10);
    limit(3, 2, CP_SELL, 101, 10);
    limit(4, 3, CP_SELL, 101, 10);
    immediate(1, 4, CP_BUY, 102, 25);
    expect_counts(3, 7);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 4, 25, 25, CP_REASON_NONE);
    expect_fill(1, 3, 2, CP_SELL, 101, 10, 0, CP_MAKER);
    expect_fill(2, 1, 4, CP_BUY, 101, 10, 15, CP_TAKER);
    expect_fill(3, 4, 3, CP_SELL, 101, 10, 0, CP_MAKER);
    expect_fill(4, 1, 4, CP_BUY, 101, 10, 5, CP_TAKER);
    expect_fill(5, 2, 1, CP_SELL, 102, 5, 5, CP_MAKER);
    expect_fill(6, 1, 4, CP_BUY, 102, 5, 0, CP_TAKER);
    CHECK_EQ(reports[1].match_ref, reports[2].match_ref);
    CHECK_EQ(md[0].other_ref, reports[1].match_ref);
    CHECK(reports[3].match_ref != reports[1].match_ref);
    tear_down();
}

static void a_trade_is_at_the_resting_price(void)
{
    set_up();
    limit(2, 1, CP_BUY, 100, 10);
    limit(1, 2, CP_SELL, 90, 10);
    expect_counts(1, 3);
    expect_fill(1, 2, 1, CP_BUY, 100, 10, 0, CP_MAKER);
    expect_fill(2, 1, 2, CP_SELL, 100, 10, 0, CP_TAKER);
    CHECK_EQ(1, cp_venue_counts(venue)->trade_count);
    CHECK_EQ(10, cp_venue_counts(venue)->traded_qty);
    tear_down();
}

static void the_rest_of_a_marketable_limit_order_rests_at_its_limit(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    limit(2, 2, CP_SELL, 101, 10);
    limit(1, 3, CP_BUY, 100, 25);
    expect_counts(2, 3);
    expect_md(0, CP_MD_EXECUTE, 100, 10, 0);
    expect_md(1, CP_MD_ADD, 100, 15, 15);
    CHECK_EQ(reports[0].order_ref, md[1].order_ref);
    CHECK_EQ(15, open_qty(1, 3));
    CHECK_EQ(10, open_qty(2, 2));
    tear_down();
}

static void orders_that_do_not_reach_each_other_do_not_trade(void)
{
    set_up();
    limit(2, 1, CP_SELL, 101, 10);
    limit(1, 2, CP_BUY, 100, 10);
    expect_counts(1, 1);
    CHECK_EQ(0, cp_venue_counts(venue)->trade_count);
    tear_down();
}

static void the_rest_of_an_immediate_order_is_cancelled(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    immediate(1, 2, CP_BUY, 100, 25);
    expect_counts(1, 4);
    expect_report(3, CP_REPORT_CANCELLED, 1, 2, 15, 0, CP_REASON_IOC);
    CHECK(cp_venue_find(venue, 1, 2) == NULL);
    immediate(1, 3, CP_SELL, 100, 5);
    expect_counts(0, 2);
    expect_report(1, CP_REPORT_CANCELLED, 1, 3, 5, 0, CP_REASON_IOC);
    tear_down();
}

static void a_market_order_takes_any_price_and_its_rest_is_cancelled(void)
{
    set_up();
    limit(2, 1, CP_BUY, 1, 10);
    limit(2, 2, CP_BUY, 50000, 10);
    market(1, 3, CP_SELL, 25);
    expect_counts(2, 6);
    expect_fill(1, 2, 2, CP_BUY, 50000, 10, 0, CP_MAKER);
    expect_fill(3, 2, 1, CP_BUY, 1, 10, 0, CP_MAKER);
    expect_report(5, CP_REPORT_CANCELLED, 1, 3, 5, 0, CP_REASON_NO_LIQUIDITY);
    limit(2, 4, CP_SELL, PRICE_MAX, 10);
    market(1, 5, CP_BUY, 10);
    expect_counts(1, 3);
    tear_down();
}

static void a_cancel_takes_the_order_off(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    uint64_t ref = reports[0].order_ref;
    cancel(1, 1);
    expect_counts(1, 1);
    expect_md(0, CP_MD_DELETE, 100, 10, 0);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_USER);
    CHECK_EQ(ref, reports[0].order_ref);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    tear_down();
}

static void nobody_can_touch_the_order_of_another(void)
{
    set_up();
    limit(2, 7, CP_BUY, 100, 10);
    cancel(1, 7);
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 1, 0, 0, 0, CP_REASON_UNKNOWN_ORDER);
    CHECK_EQ(7, reports[0].original_id);
    change(CP_ORDER_REDUCE, 1, 7, 8, 0, 5);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 1, 8, 5, 0, CP_REASON_UNKNOWN_ORDER);
    replace(1, 7, 8, 101, 5);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 1, 8, 5, 0, CP_REASON_UNKNOWN_ORDER);
    CHECK_EQ(10, open_qty(2, 7));
    tear_down();
}

static void two_participants_may_use_the_same_client_id(void)
{
    set_up();
    limit(1, 7, CP_BUY, 100, 10);
    limit(2, 7, CP_BUY, 100, 20);
    cancel(1, 7);
    CHECK_EQ(20, open_qty(2, 7));
    tear_down();
}

static void a_reduce_keeps_the_place(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    limit(2, 2, CP_BUY, 100, 10);
    change(CP_ORDER_REDUCE, 1, 1, 0, 0, 4);
    expect_counts(1, 1);
    expect_md(0, CP_MD_REDUCE, 100, 4, 6);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 4, 6, CP_REASON_USER);
    immediate(3, 3, CP_SELL, 100, 1);
    expect_fill(1, 1, 1, CP_BUY, 100, 1, 5, CP_MAKER);
    change(CP_ORDER_REDUCE, 1, 1, 0, 0, 0);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 1, 0, 0, 0, CP_REASON_QTY);
    tear_down();
}

static void a_reduce_by_all_there_is_or_more_is_a_cancel(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    change(CP_ORDER_REDUCE, 1, 1, 0, 0, 10);
    expect_counts(1, 1);
    expect_md(0, CP_MD_DELETE, 100, 10, 0);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_USER);
    limit(1, 2, CP_BUY, 100, 10);
    change(CP_ORDER_REDUCE, 1, 2, 0, 0, 11);
    expect_report(0, CP_REPORT_CANCELLED, 1, 2, 10, 0, CP_REASON_USER);
    tear_down();
}

static void a_smaller_replace_at_the_same_price_keeps_the_place(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    uint64_t ref = reports[0].order_ref;
    limit(2, 2, CP_BUY, 100, 10);
    replace(1, 1, 3, 100, 6);
    expect_counts(1, 1);
    expect_md(0, CP_MD_REDUCE, 100, 4, 6);
    expect_report(0, CP_REPORT_REPLACED, 1, 3, 6, 6, CP_REASON_NONE);
    CHECK_EQ(1, reports[0].original_id);
    CHECK_EQ(ref, reports[0].order_ref);
    replace(1, 3, 4, 100, 6); /* the same in all but its name */
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_REPLACED, 1, 4, 6, 6, CP_REASON_NONE);
    CHECK(cp_venue_find(venue, 1, 1) == NULL && cp_venue_find(venue, 1, 3) == NULL);
    immediate(3, 5, CP_SELL, 100, 1);
    expect_fill(1, 1, 4, CP_BUY, 100, 1, 5, CP_MAKER);
    tear_down();
}

static void a_larger_replace_or_another_price_goes_to_the_back(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    uint64_t ref = reports[0].order_ref;
    limit(2, 2, CP_BUY, 100, 10);
    replace(1, 1, 3, 100, 11);
    expect_counts(1, 1);
    expect_md(0, CP_MD_REPLACE, 100, 11, 11);
    expect_report(0, CP_REPORT_REPLACED, 1, 3, 11, 11, CP_REASON_NONE);
    CHECK_EQ(ref, md[0].order_ref);
    CHECK(md[0].other_ref != ref && md[0].other_ref == reports[0].order_ref);
    immediate(3, 4, CP_SELL, 100, 1);
    expect_fill(1, 2, 2, CP_BUY, 100, 1, 9, CP_MAKER);
    replace(2, 2, 5, 99, 9);
    expect_md(0, CP_MD_REPLACE, 99, 9, 9);
    immediate(3, 6, CP_SELL, 99, 1);
    expect_fill(1, 1, 3, CP_BUY, 100, 1, 10, CP_MAKER);
    tear_down();
}

static void a_replace_that_reaches_the_other_side_trades_and_then_rests(void)
{
    set_up();
    limit(2, 1, CP_SELL, 105, 10);
    limit(1, 2, CP_BUY, 100, 20);
    replace(1, 2, 3, 105, 25);
    expect_counts(3, 3);
    expect_md(0, CP_MD_DELETE, 100, 20, 0);
    expect_md(1, CP_MD_EXECUTE, 105, 10, 0);
    expect_md(2, CP_MD_ADD, 105, 15, 15);
    expect_report(0, CP_REPORT_REPLACED, 1, 3, 25, 25, CP_REASON_NONE);
    expect_fill(1, 2, 1, CP_SELL, 105, 10, 0, CP_MAKER);
    expect_fill(2, 1, 3, CP_BUY, 105, 10, 15, CP_TAKER);
    CHECK_EQ(reports[0].order_ref, md[2].order_ref);
    limit(2, 4, CP_SELL, 106, 30);
    replace(1, 3, 5, 106, 30);
    expect_counts(2, 3);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    tear_down();
}

static void a_replace_knows_side_and_symbol_itself(void)
{
    set_up();
    cp_order order = limit_order(1, 1, CP_SELL, 100, 10);
    order.symbol = 2;
    send_order(order);
    send_order((cp_order){ .kind = CP_ORDER_REPLACE,
                           .client_id = 2,
                           .original_id = 1,
                           .participant = 1,
                           .price = 101,
                           .qty = 10,
                           .symbol = 999,
                           .side = CP_BUY });
    expect_report(0, CP_REPORT_REPLACED, 1, 2, 10, 10, CP_REASON_NONE);
    CHECK_EQ(2, reports[0].symbol);
    CHECK_EQ(CP_SELL, reports[0].side);
    CHECK_EQ(101, cp_book_best(cp_venue_book(venue, 2), CP_SELL));
    tear_down();
}

static void cancel_all_pulls_what_the_sender_has_in_every_symbol(void)
{
    set_up();
    for (uint16_t s = 0; s < SYMBOLS; s++) {
        cp_order order = limit_order(1, 10u + s, CP_BUY, 100 + s, 10);
        order.symbol = s;
        send_order(order);
    }
    limit(2, 1, CP_BUY, 100, 10);
    send_order(
        (cp_order){ .kind = CP_ORDER_CANCEL_ALL, .client_id = 99, .participant = 1 });
    expect_counts(3, 4);
    expect_report(0, CP_REPORT_CANCELLED, 1, 12, 10, 0, CP_REASON_USER);
    expect_report(2, CP_REPORT_CANCELLED, 1, 10, 10, 0, CP_REASON_USER);
    expect_report(3, CP_REPORT_ALL_CANCELLED, 1, 99, 3, 0, CP_REASON_USER);
    CHECK_EQ(10, open_qty(2, 1));
    send_order(
        (cp_order){ .kind = CP_ORDER_CANCEL_ALL, .client_id = 100, .participant = 1 });
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_ALL_CANCELLED, 1, 100, 0, 0, CP_REASON_USER);
    tear_down();
}

static void cancel_all_says_how_many_it_had_to_leave(void)
{
    set_up();
    for (uint32_t i = 0; i < CP_SWEEP_MAX + 3; i++) {
        cp_order order = limit_order(1, i, CP_BUY, 100, 1);
        cp_venue_on_order(venue, &order, now_ns);
        collect();
    }
    cp_order all = { .kind = CP_ORDER_CANCEL_ALL, .participant = 1 };
    send_order(all);
    expect_counts(CP_SWEEP_MAX, CP_SWEEP_MAX + 1);
    expect_report(CP_SWEEP_MAX, CP_REPORT_ALL_CANCELLED, 1, 0, CP_SWEEP_MAX, 3,
                  CP_REASON_USER);
    send_order(all);
    expect_report(3, CP_REPORT_ALL_CANCELLED, 1, 0, 3, 0, CP_REASON_USER);
    tear_down();
}

static void a_sweep_ends_after_its_limit_and_the_rest_is_cancelled(void)
{
    set_up();
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < CP_SWEEP_MAX + 1; i++) {
            cp_order order = limit_order(2, round * 100000 + i, CP_SELL, 100, 1);
            cp_venue_on_order(venue, &order, now_ns);
            collect();
        }
        cp_order taker = limit_order(1, 70 + round, CP_BUY, 100, CP_SWEEP_MAX + 10);
        taker.time_in_force = round == 0 ? CP_DAY : CP_IOC;
        send_order(taker);
        expect_counts(CP_SWEEP_MAX, 2 * CP_SWEEP_MAX + 2);
        expect_report(2 * CP_SWEEP_MAX + 1, CP_REPORT_CANCELLED, 1, 70 + round, 10, 0,
                      CP_REASON_SWEEP);
        CHECK_EQ(round + 1, cp_venue_resting_count(venue));
        market(1, 80 + round, CP_BUY, 1);
        limit(2, 90 + round, CP_SELL, 100, 1);
    }
    tear_down();
}

/* The rest is allowed to rest when the last order met was the last there was. */
static void a_sweep_of_exactly_the_limit_is_an_ordinary_match(void)
{
    set_up();
    for (uint32_t i = 0; i < CP_SWEEP_MAX; i++) {
        cp_order order = limit_order(2, i, CP_SELL, 100, 1);
        cp_venue_on_order(venue, &order, now_ns);
        collect();
    }
    limit(1, 1, CP_BUY, 100, CP_SWEEP_MAX + 10);
    expect_counts(CP_SWEEP_MAX + 1, 2 * CP_SWEEP_MAX + 1);
    CHECK_EQ(10, open_qty(1, 1));
    tear_down();
}

static void rejected(cp_order order, cp_reason reason)
{
    uint32_t resting = cp_venue_resting_count(venue);
    send_order(order);
    expect_counts(0, 1);
    bool change_order = order.kind == CP_ORDER_CANCEL || order.kind == CP_ORDER_REDUCE ||
                        order.kind == CP_ORDER_REPLACE;
    expect_report(0, change_order ? CP_REPORT_CHANGE_REJECTED : CP_REPORT_REJECTED,
                  order.participant, order.client_id, order.qty, 0, reason);
    CHECK_EQ(resting, cp_venue_resting_count(venue));
}

static void every_new_order_that_is_not_right_is_rejected_with_its_reason(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    cp_order good = limit_order(1, 2, CP_BUY, 100, 10), bad;
    bad = good, bad.symbol = SYMBOLS;
    rejected(bad, CP_REASON_SYMBOL);
    bad = good, bad.symbol = CP_NOBODY;
    rejected(bad, CP_REASON_SYMBOL);
    int64_t prices[] = { 0,         -1,
                         INT64_MIN, (int64_t)PRICE_MAX + 1,
                         INT64_MAX, ((int64_t)1 << 32) + 100 };
    for (uint32_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
        bad = good, bad.price = prices[i];
        rejected(bad, CP_REASON_PRICE);
    }
    bad = good, bad.qty = 0;
    rejected(bad, CP_REASON_QTY);
    bad = good, bad.qty = CP_VENUE_QTY_MAX + 1;
    rejected(bad, CP_REASON_QTY);
    bad = good, bad.client_id = 1;
    rejected(bad, CP_REASON_DUPLICATE_ID);
    bad = good, bad.side = 2;
    rejected(bad, CP_REASON_MALFORMED);
    bad = good, bad.type = 4;
    rejected(bad, CP_REASON_MALFORMED);
    bad = good, bad.time_in_force = 4;
    rejected(bad, CP_REASON_MALFORMED);
    bad = good, bad.smp = 5;
    rejected(bad, CP_REASON_MALFORMED);
    bad = good, bad.flags = 8;
    rejected(bad, CP_REASON_MALFORMED);
    bad = good, bad.kind = 0;
    rejected(bad, CP_REASON_MALFORMED);
    bad = good, bad.kind = 99;
    rejected(bad, CP_REASON_MALFORMED);
    send_order(good);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 2, 10, 10, CP_REASON_NONE);
    good.client_id = 3, good.qty = CP_VENUE_QTY_MAX, good.price = PRICE_MAX;
    send_order(good);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 3, CP_VENUE_QTY_MAX, CP_VENUE_QTY_MAX,
                  CP_REASON_NONE);
    tear_down();
}

static void every_replace_that_is_not_right_is_rejected_and_changes_nothing(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    limit(1, 2, CP_BUY, 100, 10);
    cp_order good = { .kind = CP_ORDER_REPLACE,
                      .client_id = 3,
                      .original_id = 1,
                      .participant = 1,
                      .price = 101,
                      .qty = 5 };
    cp_order bad = good;
    bad.original_id = 4;
    rejected(bad, CP_REASON_UNKNOWN_ORDER);
    bad = good, bad.price = 0;
    rejected(bad, CP_REASON_PRICE);
    bad = good, bad.price = PRICE_MAX + 1;
    rejected(bad, CP_REASON_PRICE);
    bad = good, bad.qty = 0;
    rejected(bad, CP_REASON_QTY);
    bad = good, bad.qty = CP_VENUE_QTY_MAX + 1;
    rejected(bad, CP_REASON_QTY);
    bad = good, bad.client_id = 2;
    rejected(bad, CP_REASON_DUPLICATE_ID);
    bad = good, bad.client_id = 1;
    rejected(bad, CP_REASON_DUPLICATE_ID);
    bad = good, bad.type = CP_MARKET;
    rejected(bad, CP_REASON_MALFORMED);
    bad = good, bad.time_in_force = CP_IOC;
    rejected(bad, CP_REASON_MALFORMED);
    CHECK_EQ(10, open_qty(1, 1));
    CHECK_EQ(100, cp_venue_find(venue, 1, 1)->price);
    tear_down();
}

static void a_full_venue_rejects_what_would_rest_and_takes_what_does_not(void)
{
    set_up_with(2);
    limit(2, 1, CP_SELL, 101, 10);
    limit(2, 2, CP_BUY, 100, 10);
    rejected(limit_order(1, 3, CP_BUY, 100, 10), CP_REASON_CAPACITY);
    rejected(limit_order(1, 3, CP_BUY, 101, 10), CP_REASON_CAPACITY);
    immediate(1, 3, CP_BUY, 101, 5);
    expect_fill(2, 1, 3, CP_BUY, 101, 5, 0, CP_TAKER);
    replace(2, 1, 4, 102, 5);
    expect_report(0, CP_REPORT_REPLACED, 2, 4, 5, 5, CP_REASON_NONE);
    market(1, 5, CP_BUY, 5);
    limit(1, 6, CP_BUY, 100, 10);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 6, 10, 10, CP_REASON_NONE);
    tear_down();
}

static void a_price_that_can_count_no_more_lots_rejects(void)
{
    set_up();
    for (uint64_t id = 0; id < 1099; id++)
        limit(1, id, CP_BUY, 100, CP_VENUE_QTY_MAX); /* the level counts to 2^40 - 1 */
    rejected(limit_order(2, 1, CP_BUY, 100, CP_VENUE_QTY_MAX), CP_REASON_CAPACITY);
    limit(2, 1, CP_BUY, 99, CP_VENUE_QTY_MAX);
    replace(2, 1, 2, 100, CP_VENUE_QTY_MAX);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 2, 2, CP_VENUE_QTY_MAX, 0,
                  CP_REASON_CAPACITY);
    CHECK_EQ(CP_VENUE_QTY_MAX, open_qty(2, 1));
    tear_down();
}

static void symbols_do_not_meet(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    cp_order order = limit_order(1, 2, CP_BUY, 100, 10);
    order.symbol = 1;
    send_order(order);
    expect_counts(1, 1);
    CHECK_EQ(0, cp_venue_counts(venue)->trade_count);
    tear_down();
}

static void a_participant_who_meets_himself_gets_both_fills(void)
{
    set_up();
    limit(1, 1, CP_SELL, 100, 10);
    limit(1, 2, CP_SELL, 101, 10);
    limit(1, 3, CP_BUY, 101, 25);
    expect_counts(3, 5);
    expect_fill(1, 1, 1, CP_SELL, 100, 10, 0, CP_MAKER);
    expect_fill(2, 1, 3, CP_BUY, 100, 10, 15, CP_TAKER);
    CHECK_EQ(5, open_qty(1, 3));
    replace(1, 3, 4, 99, 5);
    limit(1, 5, CP_SELL, 103, 5);
    replace(1, 5, 6, 99, 7);
    CHECK_EQ(2, open_qty(1, 6));
    tear_down();
}

static void a_recorded_execution_reaches_an_order_behind_others(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    limit(2, 2, CP_BUY, 100, 10);
    now_ns++;
    CHECK_EQ(-ENOENT, cp_venue_execute_directly(venue, 2, 9, 1, now_ns));
    CHECK_EQ(-ERANGE, cp_venue_execute_directly(venue, 2, 2, 0, now_ns));
    CHECK_EQ(-ERANGE, cp_venue_execute_directly(venue, 2, 2, 11, now_ns));
    CHECK_EQ(0, cp_venue_md(venue)->count);
    CHECK_EQ(0, cp_venue_execute_directly(venue, 2, 2, 4, now_ns));
    CHECK_EQ(1, cp_venue_md(venue)->count);
    CHECK_EQ(1, cp_venue_reports(venue)->count);
    md = cp_outbox_at(cp_venue_md(venue), 0);
    md_count = 1;
    expect_md(0, CP_MD_EXECUTE, 100, 4, 6);
    reports = cp_outbox_at(cp_venue_reports(venue), 0);
    report_count = 1;
    expect_fill(0, 2, 2, CP_BUY, 100, 4, 6, CP_MAKER);
    cp_outbox_clear(cp_venue_md(venue));
    cp_outbox_clear(cp_venue_reports(venue));
    CHECK_EQ(0, cp_venue_execute_directly(venue, 2, 2, 6, now_ns));
    CHECK(cp_venue_find(venue, 2, 2) == NULL);
    CHECK_EQ(10, open_qty(1, 1));
    CHECK_EQ(2, cp_venue_counts(venue)->trade_count);
    CHECK_EQ(10, cp_venue_counts(venue)->traded_qty);
    tear_down();
}

static void a_print_touches_no_book(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    now_ns++;
    cp_venue_print(venue, 1, CP_SELL, 150, 2500, 40, now_ns);
    collect();
    compare_books();
    expect_counts(1, 0);
    expect_md(0, CP_MD_TRADE, 150, 40, 0);
    CHECK_EQ(2500, md[0].price_rest);
    CHECK_EQ(1, md[0].other_ref);
    CHECK_EQ(1, cp_venue_counts(venue)->trade_count);
    CHECK_EQ(40, cp_venue_counts(venue)->traded_qty);
    tear_down();
}

static void refuses_to_be_made_of_nothing(void)
{
    cp_instrument instruments[CP_SYMBOL_MAX + 1] = { { .price_max = 10 } };
    cp_venue *none;
    CHECK_EQ(-EINVAL, cp_venue_create(&none, instruments, 0, 10));
    CHECK_EQ(-EINVAL, cp_venue_create(&none, instruments, CP_SYMBOL_MAX + 1, 10));
    CHECK_EQ(-EINVAL,
             cp_venue_create(&none, instruments, 2, 10)); /* the second: price 0 */
    CHECK_EQ(-EINVAL, cp_venue_create(&none, instruments, 1, 0));
    CHECK(none == NULL);
    cp_venue_destroy(NULL);
}

/* ---- random flow ---------------------------------------------------------------- */

#define PARTICIPANTS 4u

/* What every participant has learnt about its orders from reports alone. */
typedef struct known_order {
    uint64_t id;
    uint32_t leaves;
    bool known;
} known_order;

typedef struct totals {
    uint64_t entered, executed, cancelled; /* lots, by reports; a trade counts twice */
    uint64_t bought, sold;
} totals;

#define KNOWN_MAX 65536u
static known_order known[PARTICIPANTS][KNOWN_MAX]; /* by client id */
static totals sums;

static known_order *find_known(const cp_report *report, uint64_t id)
{
    CHECK(report->participant < PARTICIPANTS && id < KNOWN_MAX);
    return &known[report->participant][id];
}

static void learn(const cp_report *report)
{
    known_order *order = find_known(report, report->client_id);
    switch (report->kind) {
    case CP_REPORT_ACCEPTED:
        CHECK(!order->known && report->leaves == report->qty);
        *order = (known_order){ report->client_id, report->leaves, true };
        sums.entered += report->qty;
        break;
    case CP_REPORT_EXECUTED:
        CHECK(order->known);
        CHECK_EQ(order->leaves, (uint64_t)report->qty + report->leaves);
        order->leaves = report->leaves;
        sums.executed += report->qty;
        *(report->side == CP_BUY ? &sums.bought : &sums.sold) += report->qty;
        break;
    case CP_REPORT_CANCELLED:
        CHECK(order->known);
        CHECK_EQ(order->leaves, (uint64_t)report->qty + report->leaves);
        order->leaves = report->leaves;
        sums.cancelled += report->qty;
        break;
    case CP_REPORT_REPLACED: {
        known_order *before = find_known(report, report->original_id);
        CHECK(before->known && before->leaves > 0 && !order->known);
        sums.cancelled += before->leaves;
        sums.entered += report->qty;
        before->leaves = 0;
        *order = (known_order){ report->client_id, report->leaves, true };
        break;
    }
    default:
        break;
    }
    if (order->leaves == 0)
        order->known = false;
}

static cp_order random_order(cp_random *random, uint64_t id)
{
    static const uint8_t kinds[16] = {
        CP_ORDER_NEW,     CP_ORDER_NEW,    CP_ORDER_NEW,    CP_ORDER_NEW,
        CP_ORDER_NEW,     CP_ORDER_NEW,    CP_ORDER_NEW,    CP_ORDER_NEW,
        CP_ORDER_CANCEL,  CP_ORDER_CANCEL, CP_ORDER_CANCEL, CP_ORDER_REPLACE,
        CP_ORDER_REPLACE, CP_ORDER_REDUCE, CP_ORDER_REDUCE, CP_ORDER_NEW
    };
    cp_order order = { .kind = kinds[cp_random_below(random, 16)],
                       .client_id = id,
                       .participant = (uint16_t)cp_random_below(random, PARTICIPANTS),
                       .symbol = (uint16_t)cp_random_below(random, SYMBOLS + 1),
                       .side = (uint8_t)cp_random_below(random, 2),
                       .price = 1020 + (int64_t)cp_random_below(random, 12),
                       .qty = (uint32_t)cp_random_below(random, 40) };
    if (order.symbol == SYMBOLS && cp_random_below(random, 16))
        order.symbol = 0;
    order.type = cp_random_below(random, 10) == 0;
    order.time_in_force = cp_random_below(random, 8) == 0;
    if (order.kind == CP_ORDER_REPLACE && cp_random_below(random, 16))
        order.type = order.time_in_force = 0;
    if (cp_random_below(random, 500) == 0)
        order.kind = CP_ORDER_CANCEL_ALL;
    /* One of the participant's latest, when it has one that lives. */
    for (uint64_t back = 1; back < 200 && back < id; back++) {
        uint64_t candidate = id - cp_random_below(random, 200 < id ? 200 : id);
        if (known[order.participant][candidate].leaves > 0) {
            order.original_id = candidate;
            break;
        }
    }
    return order;
}

static void compare_known_with_resting(uint64_t last_id)
{
    uint64_t resting = 0;
    for (uint16_t p = 0; p < PARTICIPANTS; p++)
        for (uint64_t id = 0; id <= last_id; id++) {
            CHECK_EQ(known[p][id].leaves, open_qty(p, id));
            resting += known[p][id].leaves;
        }
    CHECK_EQ(sums.entered, resting + sums.executed + sums.cancelled);
    CHECK_EQ(sums.bought, sums.sold);
    CHECK_EQ(sums.bought, cp_venue_counts(venue)->traded_qty);
}

/* What an immediate order left untraded, it left because nothing was there for it. */
static void check_nothing_was_left(const cp_report *report)
{
    if (report->kind != CP_REPORT_CANCELLED ||
        (report->reason != CP_REASON_IOC && report->reason != CP_REASON_NO_LIQUIDITY))
        return;
    cp_side other = report->side == CP_BUY ? CP_SELL : CP_BUY;
    int64_t best = cp_book_best(cp_venue_book(venue, report->symbol), other);
    if (report->reason == CP_REASON_NO_LIQUIDITY)
        CHECK_EQ(CP_PRICE_NONE, best);
    else if (best != CP_PRICE_NONE)
        CHECK(report->side == CP_BUY ? best > report->price : best < report->price);
}

static uint64_t run_random_flow(uint64_t seed, uint32_t steps)
{
    set_up();
    memset(known, 0, sizeof(known));
    sums = (totals){ 0 };
    cp_random random;
    cp_random_init(&random, seed);
    for (uint64_t id = 1; id <= steps; id++) {
        send_order(random_order(&random, id));
        for (uint32_t i = 0; i < report_count; i++) {
            learn(&reports[i]);
            check_nothing_was_left(&reports[i]);
        }
        if (id % 500 == 0) {
            compare_known_with_resting(id);
            for (uint16_t s = 0; s < SYMBOLS; s++)
                cp_book_check(cp_venue_book(venue, s));
        }
    }
    CHECK(cp_venue_counts(venue)->trade_count > steps / 20);
    uint64_t hash = cp_venue_counts(venue)->hash;
    tear_down();
    return hash;
}

static void no_lot_is_lost_or_made_under_random_flow(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        run_random_flow(seed, 4000);
}

static void the_same_orders_leave_the_same_hash(void)
{
    uint64_t hash = run_random_flow(11, 500);
    CHECK(hash == run_random_flow(11, 500));
    CHECK(hash != run_random_flow(12, 500));
}

/* Any messages at all: names that are there or not, prices that are none. */
static cp_order any_order(cp_random *random, uint64_t id)
{
    uint64_t lot = cp_random_u64(random);
    static const uint8_t kinds[8] = { CP_ORDER_NEW,     CP_ORDER_NEW,
                                      CP_ORDER_NEW,     CP_ORDER_CANCEL,
                                      CP_ORDER_REPLACE, CP_ORDER_REDUCE,
                                      CP_ORDER_NEW,     CP_ORDER_MASS_CANCEL };
    cp_order order = { .kind = kinds[lot % 7 + (lot >> 60 == 0)],
                       .client_id = id,
                       .original_id = id - 1 - (lot >> 8) % 64,
                       .participant = (uint16_t)(1 + (lot >> 16) % 3),
                       .symbol = (uint16_t)((lot >> 20) % (SYMBOLS + 1)),
                       .side = (uint8_t)((lot >> 24) % 2),
                       .price = 95 + (int64_t)((lot >> 32) % 11),
                       .qty = 1 + (uint32_t)((lot >> 40) % 20) };
    if ((lot >> 48) % 97 == 0)
        order.price = (lot >> 50) % 2 ? -1 : INT64_MAX;
    if ((lot >> 52) % 5 == 0)
        order.time_in_force = CP_IOC;
    return order;
}

static void messages_that_wait_come_to_the_same_as_one_by_one(void)
{
    enum { COUNT = 20000 };
    static cp_order orders[COUNT];
    cp_random random;
    cp_random_init(&random, 41);
    for (uint64_t i = 0; i < COUNT; i++)
        orders[i] = any_order(&random, i + 100);

    set_up();
    for (uint32_t i = 0; i < COUNT; i++) {
        cp_venue_on_order(venue, &orders[i], now_ns);
        collect();
    }
    cp_venue_counters want = *cp_venue_counts(venue);
    CHECK(want.trade_count > 1000);
    tear_down();

    set_up();
    for (uint32_t done = 0; done < COUNT;) {
        uint32_t count = 1 + (uint32_t)cp_random_below(&random, 300);
        count = count < COUNT - done ? count : COUNT - done;
        uint32_t taken = cp_venue_on_orders(venue, &orders[done], count, now_ns);
        CHECK(taken > 0 && taken <= count);
        /* It stops short only to have its lines carried off. */
        CHECK(taken == count || cp_venue_md(venue)->count >= CP_VENUE_BATCH_LINES ||
              cp_venue_reports(venue)->count >= CP_VENUE_BATCH_LINES);
        done += taken;
        collect();
    }
    compare_books();
    CHECK(want.hash == cp_venue_counts(venue)->hash);
    CHECK_EQ(want.md_count, cp_venue_counts(venue)->md_count);
    tear_down();
}

/* What is left of the same messages when every one of them goes the long way, because
 * all who speak here have a session. */
static uint64_t hash_of_any_orders(uint64_t seed, bool by_the_long_way)
{
    cp_random random;
    cp_random_init(&random, seed);
    set_up();
    for (uint16_t who = 1; by_the_long_way && who <= 3; who++)
        CHECK_EQ(0, cp_venue_set_session(venue, &(cp_session){ .participant = who }));
    for (uint64_t i = 0; i < 20000; i++) {
        cp_order order = any_order(&random, i + 100);
        if (i % 31 == 0) /* a name that may be in use */
            order.client_id -= 1 + i % 7;
        if (i % 37 == 0)
            order.time_in_force = CP_GTC;
        cp_venue_on_order(venue, &order, now_ns);
        collect();
    }
    compare_books();
    CHECK(cp_venue_counts(venue)->trade_count > 1000);
    uint64_t hash = cp_venue_counts(venue)->hash;
    tear_down();
    return hash;
}

static void the_short_way_says_what_the_long_way_says(void)
{
    for (uint64_t seed = 1; seed <= 8; seed++)
        CHECK(hash_of_any_orders(seed, false) == hash_of_any_orders(seed, true));
}

static void lines_can_be_written_where_they_are_read(void)
{
    set_up();
    cp_ring ring;
    CHECK_EQ(0, cp_ring_init(&ring, 16384, CP_LINE));
    cp_outbox *box = cp_venue_md(venue);
    cp_outbox_bind(box, &ring);
    uint64_t expected = 0;
    for (uint64_t id = 0; id < 20000;
         id++) { /* twice round the ring, by ones and threes */
        cp_order order = limit_order(1, id, CP_BUY, 100, 10);
        cp_venue_on_order(venue, &order, now_ns);
        if (id % 2) {
            order = (cp_order){ .kind = CP_ORDER_CANCEL, .participant = 1 };
            order.original_id = id - 1;
            cp_venue_on_order(venue, &order, now_ns);
            order.original_id = id;
            cp_venue_on_order(venue, &order, now_ns);
        }
        CHECK_EQ(id % 2 ? 3 : 1, box->count);
        cp_ring_publish(&ring, box->count);
        cp_outbox_clear(box);
        cp_outbox_clear(cp_venue_reports(venue));
        for (uint64_t ready = cp_ring_ready(&ring); ready > 0; ready--) {
            const cp_md *line = cp_ring_peek(&ring, 0);
            CHECK_EQ(++expected, line->sequence);
            CHECK_EQ(100, line->price);
            cp_ring_release(&ring, 1);
        }
    }
    CHECK_EQ(40000, expected);
    cp_ring_free(&ring);
    tear_down();
}

static void a_query_says_how_orders_stand_and_changes_nothing(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 10);
    limit(1, 2, CP_SELL, 105, 7);
    limit(2, 3, CP_SELL, 106, 5);
    cp_order stop = limit_order(1, 4, CP_BUY, 0, 3);
    stop.type = CP_STOP, stop.stop_price = 120;
    send_order(stop);
    uint64_t hash = cp_venue_counts(venue)->hash;
    change(CP_ORDER_QUERY, 1, 2, 0, 0, 0);
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_STATUS, 1, 2, 7, 7, CP_REASON_NONE);
    CHECK_EQ(105, reports[0].price);
    CHECK_EQ(CP_SELL, reports[0].side);
    change(CP_ORDER_QUERY, 1, 3, 0, 0, 0); /* another's */
    expect_report(0, CP_REPORT_STATUS, 1, 3, 0, 0, CP_REASON_UNKNOWN_ORDER);
    change(CP_ORDER_QUERY, 1, 0, 0, 0, 0);
    expect_counts(0, 4);
    uint64_t told = 0, open = 0;
    for (uint32_t i = 0; i < 3; i++) {
        told += reports[i].client_id;
        open += reports[i].leaves;
    }
    CHECK_EQ(1 + 2 + 4, told);
    CHECK_EQ(10 + 7 + 3, open);
    expect_report(3, CP_REPORT_STATUS, 1, 0, 3, 0, CP_REASON_NONE);
    CHECK_EQ(CP_NOBODY, reports[3].symbol);
    CHECK(hash == cp_venue_counts(venue)->hash);
    tear_down();
}

int main(void)
{
    RUN(the_short_way_says_what_the_long_way_says);
    RUN(messages_that_wait_come_to_the_same_as_one_by_one);
    RUN(lines_can_be_written_where_they_are_read);
    RUN(a_query_says_how_orders_stand_and_changes_nothing);
    RUN(a_limit_order_is_accepted_and_rests);
    RUN(the_better_price_trades_first_and_then_the_earlier_order);
    RUN(a_trade_is_at_the_resting_price);
    RUN(the_rest_of_a_marketable_limit_order_rests_at_its_limit);
    RUN(orders_that_do_not_reach_each_other_do_not_trade);
    RUN(the_rest_of_an_immediate_order_is_cancelled);
    RUN(a_market_order_takes_any_price_and_its_rest_is_cancelled);
    RUN(a_cancel_takes_the_order_off);
    RUN(nobody_can_touch_the_order_of_another);
    RUN(two_participants_may_use_the_same_client_id);
    RUN(a_reduce_keeps_the_place);
    RUN(a_reduce_by_all_there_is_or_more_is_a_cancel);
    RUN(a_smaller_replace_at_the_same_price_keeps_the_place);
    RUN(a_larger_replace_or_another_price_goes_to_the_back);
    RUN(a_replace_that_reaches_the_other_side_trades_and_then_rests);
    RUN(a_replace_knows_side_and_symbol_itself);
    RUN(cancel_all_pulls_what_the_sender_has_in_every_symbol);
    RUN(cancel_all_says_how_many_it_had_to_leave);
    RUN(a_sweep_ends_after_its_limit_and_the_rest_is_cancelled);
    RUN(a_sweep_of_exactly_the_limit_is_an_ordinary_match);
    RUN(every_new_order_that_is_not_right_is_rejected_with_its_reason);
    RUN(every_replace_that_is_not_right_is_rejected_and_changes_nothing);
    RUN(a_full_venue_rejects_what_would_rest_and_takes_what_does_not);
    RUN(a_price_that_can_count_no_more_lots_rejects);
    RUN(symbols_do_not_meet);
    RUN(a_participant_who_meets_himself_gets_both_fills);
    RUN(a_recorded_execution_reaches_an_order_behind_others);
    RUN(a_print_touches_no_book);
    RUN(refuses_to_be_made_of_nothing);
    RUN(no_lot_is_lost_or_made_under_random_flow);
    RUN(the_same_orders_leave_the_same_hash);
    return 0;
}
