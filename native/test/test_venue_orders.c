/* The rules of particular orders, one test each (docs/matching.md): all or nothing, post-only,
 * icebergs, totals, self-match prevention, bulk cancels. */
#include "venue_kit.h"

static cp_order with(cp_order order, uint8_t time_in_force, uint8_t flags, uint8_t smp)
{
    order.time_in_force = time_in_force;
    order.flags = flags;
    order.smp = smp;
    return order;
}

static void iceberg(uint16_t participant, uint64_t id, cp_side side, int64_t price,
                    uint32_t qty, uint32_t display)
{
    cp_order order = limit_order(participant, id, side, price, qty);
    order.display_qty = display;
    send_order(order);
}

static void total(cp_order_kind kind, uint16_t participant, uint64_t original,
                  uint64_t id, int64_t price, uint32_t qty)
{
    send_order((cp_order){ .kind = (uint8_t)kind,
                           .client_id = id,
                           .original_id = original,
                           .participant = participant,
                           .price = price,
                           .qty = qty,
                           .flags = CP_TOTAL });
}

static void refused(cp_order order, cp_reason reason)
{
    send_order(order);
    expect_counts(0, 1);
    CHECK(reports[0].kind == CP_REPORT_REJECTED ||
          reports[0].kind == CP_REPORT_CHANGE_REJECTED);
    CHECK_EQ(reason, reports[0].reason);
}

/* ---- all or nothing ------------------------------------------------------------------ */

static void a_fill_or_kill_order_trades_all_or_nothing(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    limit(3, 1, CP_SELL, 101, 10);
    send_order(with(limit_order(1, 1, CP_BUY, 100, 11), CP_FOK, 0, 0));
    expect_counts(0, 2);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 11, 0, CP_REASON_FOK);
    send_order(with(limit_order(1, 2, CP_BUY, 101, 20), CP_FOK, 0, 0));
    expect_counts(2, 5);
    expect_fill(4, 1, 2, CP_BUY, 101, 10, 0, CP_TAKER);
    cp_order order = with(limit_order(1, 3, CP_BUY, 0, 1), CP_FOK, 0, 0);
    order.type = CP_MARKET;
    send_order(order);
    expect_report(1, CP_REPORT_CANCELLED, 1, 3, 1, 0, CP_REASON_FOK);
    CHECK_EQ(CP_PRICE_NONE, reports[1].price);
    tear_down();
}

static void a_fill_or_kill_order_counts_what_icebergs_hide_and_what_the_step_can_do(void)
{
    set_up();
    iceberg(2, 1, CP_SELL, 100, 25, 10);
    limit(3, 1, CP_SELL, 100, 5);
    send_order(with(limit_order(1, 1, CP_BUY, 100, 31), CP_FOK, 0, 0));
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 31, 0, CP_REASON_FOK);
    send_order(with(limit_order(1, 2, CP_BUY, 100, 30), CP_FOK, 0, 0));
    expect_counts(6, 9); /* 10, 5, 10, 5 with two refreshes */
    tear_down();

    set_up();
    iceberg(2, 1, CP_SELL, 100, 5000, 1); /* each lot costs two units of 4096 */
    send_order(with(limit_order(1, 1, CP_BUY, 100, 2049), CP_FOK, 0, 0));
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 2049, 0, CP_REASON_FOK);
    send_order(with(limit_order(1, 2, CP_BUY, 100, 2048), CP_FOK, 0, 0));
    expect_counts(4096, 4097);
    tear_down();
}

static void a_fill_or_kill_order_may_not_count_its_own_house(void)
{
    set_up();
    limit(1, 1, CP_SELL, 100, 10);
    limit(2, 1, CP_SELL, 100, 10);
    for (uint8_t smp = CP_SMP_NEWEST; smp <= CP_SMP_DECREMENT; smp++) {
        send_order(with(limit_order(1, 1u + smp, CP_BUY, 100, 20), CP_FOK, 0, smp));
        expect_counts(0, 2);
        expect_report(1, CP_REPORT_CANCELLED, 1, 1u + smp, 20, 0, CP_REASON_FOK);
    }
    send_order(with(limit_order(1, 9, CP_BUY, 100, 10), CP_FOK, 0, CP_SMP_OLDEST));
    expect_counts(2, 4);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_SMP);
    expect_fill(3, 1, 9, CP_BUY, 100, 10, 0, CP_TAKER);
    tear_down();
}

static void a_minimum_quantity_is_had_at_once_or_not_at_all(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    cp_order order = limit_order(1, 1, CP_BUY, 100, 30);
    order.min_qty = 11;
    send_order(order);
    expect_counts(0, 2);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 1, 30, 30, CP_REASON_NONE);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 30, 0, CP_REASON_MIN_QTY);
    order.min_qty = 10;
    send_order(order);
    expect_counts(2, 3);
    CHECK_EQ(20, open_qty(1, 1));
    limit(2, 2, CP_SELL, 101, 10);
    order = limit_order(1, 2, CP_BUY, 101, 30);
    order.min_qty = 10, order.time_in_force = CP_IOC;
    send_order(order);
    expect_report(3, CP_REPORT_CANCELLED, 1, 2, 20, 0, CP_REASON_IOC);
    order.client_id = 3;
    send_order(order);
    expect_report(1, CP_REPORT_CANCELLED, 1, 3, 30, 0, CP_REASON_MIN_QTY);
    tear_down();
}

/* ---- post-only ------------------------------------------------------------------------ */

static void a_post_only_order_never_takes(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    refused(with(limit_order(1, 1, CP_BUY, 100, 5), CP_DAY, CP_POST_ONLY, 0),
            CP_REASON_POST_ONLY);
    send_order(with(limit_order(1, 1, CP_BUY, 99, 5), CP_DAY, CP_POST_ONLY, 0));
    expect_md(0, CP_MD_ADD, 99, 5, 5);
    cp_order order = { .kind = CP_ORDER_REPLACE,
                       .client_id = 2,
                       .original_id = 1,
                       .participant = 1,
                       .price = 100,
                       .qty = 5,
                       .flags = CP_POST_ONLY };
    refused(order, CP_REASON_POST_ONLY);
    CHECK_EQ(5, open_qty(1, 1));
    tear_down();
}

static void a_sliding_post_only_order_rests_one_tick_behind(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    send_order(with(limit_order(1, 1, CP_BUY, 105, 5), CP_DAY, CP_POST_SLIDE, 0));
    expect_report(0, CP_REPORT_ACCEPTED, 1, 1, 5, 5, CP_REASON_NONE);
    CHECK_EQ(99, reports[0].price);
    expect_md(0, CP_MD_ADD, 99, 5, 5);
    send_order(with(limit_order(1, 2, CP_SELL, 99, 5), CP_DAY, CP_POST_SLIDE, 0));
    expect_md(0, CP_MD_ADD, 100, 5, 5);
    cp_order order = { .kind = CP_ORDER_REPLACE,
                       .client_id = 3,
                       .original_id = 1,
                       .participant = 1,
                       .price = 101,
                       .qty = 6,
                       .flags = CP_POST_SLIDE };
    send_order(order);
    expect_counts(1, 1);
    CHECK_EQ(99, reports[0].price);
    expect_md(0, CP_MD_REPLACE, 99, 6, 6);
    limit(2, 2, CP_SELL, 1, 100); /* takes all bids, then rests at 1 */
    refused(with(limit_order(1, 4, CP_BUY, 1, 5), CP_DAY, CP_POST_SLIDE, 0),
            CP_REASON_POST_ONLY);
    tear_down();
}

/* ---- icebergs -------------------------------------------------------------------------- */

static void an_iceberg_shows_its_tip_and_counts_in_full(void)
{
    set_up();
    limit(2, 1, CP_SELL, 100, 10);
    iceberg(1, 1, CP_BUY, 100, 100, 20);
    expect_counts(2, 3);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 1, 100, 100, CP_REASON_NONE);
    expect_fill(2, 1, 1, CP_BUY, 100, 10, 90, CP_TAKER);
    expect_md(1, CP_MD_ADD, 100, 20, 20);
    cancel(1, 1);
    expect_md(0, CP_MD_DELETE, 100, 20, 0);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 90, 0, CP_REASON_USER);
    iceberg(1, 2, CP_BUY, 100, 10, 10); /* hides nothing */
    expect_md(0, CP_MD_ADD, 100, 10, 10);
    tear_down();
}

static void an_iceberg_refreshes_to_the_back_of_its_price(void)
{
    set_up();
    iceberg(2, 1, CP_SELL, 100, 25, 10);
    uint64_t ref = reports[0].order_ref;
    limit(3, 1, CP_SELL, 100, 5);
    immediate(1, 1, CP_BUY, 100, 12);
    expect_counts(3, 5);
    expect_md(0, CP_MD_EXECUTE, 100, 10, 0);
    expect_fill(1, 2, 1, CP_SELL, 100, 10, 15, CP_MAKER);
    expect_md(1, CP_MD_ADD, 100, 10, 10);
    CHECK(md[1].order_ref != ref);
    expect_md(2, CP_MD_EXECUTE, 100, 2, 3);
    immediate(1, 2, CP_BUY, 100, 100);
    expect_fill(1, 3, 1, CP_SELL, 100, 3, 0, CP_MAKER);
    expect_fill(3, 2, 1, CP_SELL, 100, 10, 5, CP_MAKER);
    expect_fill(5, 2, 1, CP_SELL, 100, 5, 0, CP_MAKER);
    expect_report(7, CP_REPORT_CANCELLED, 1, 2, 82, 0, CP_REASON_IOC);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    tear_down();
}

static void a_reduce_takes_the_hidden_part_first(void)
{
    set_up();
    iceberg(2, 1, CP_SELL, 100, 25, 10);
    change(CP_ORDER_REDUCE, 2, 1, 0, 0, 12);
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_CANCELLED, 2, 1, 12, 13, CP_REASON_USER);
    change(CP_ORDER_REDUCE, 2, 1, 0, 0, 8);
    expect_md(0, CP_MD_REDUCE, 100, 5, 5);
    expect_report(0, CP_REPORT_CANCELLED, 2, 1, 8, 5, CP_REASON_USER);
    tear_down();
}

static void a_replaced_iceberg_keeps_its_place_only_with_its_display(void)
{
    set_up();
    iceberg(2, 1, CP_SELL, 100, 25, 10);
    uint64_t ref = reports[0].order_ref;
    cp_order order = { .kind = CP_ORDER_REPLACE,
                       .client_id = 2,
                       .original_id = 1,
                       .participant = 2,
                       .price = 100,
                       .qty = 20,
                       .display_qty = 10 };
    send_order(order);
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_REPLACED, 2, 2, 20, 20, CP_REASON_NONE);
    CHECK_EQ(ref, reports[0].order_ref);
    order.client_id = 3, order.original_id = 2, order.display_qty = 5;
    send_order(order);
    expect_counts(1, 1);
    expect_md(0, CP_MD_REPLACE, 100, 5, 5);
    CHECK(ref != reports[0].order_ref);
    tear_down();
}

/* ---- totals ------------------------------------------------------------------------------ */

static void a_replace_with_a_total_never_overfills(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 500);
    market(2, 1, CP_SELL, 100); /* in flight when the replace was written */
    total(CP_ORDER_REPLACE, 1, 1, 2, 100, 500);
    expect_report(0, CP_REPORT_REPLACED, 1, 2, 400, 400, CP_REASON_NONE);
    expect_counts(0, 1); /* keeps its place: nothing to tell */
    total(CP_ORDER_REPLACE, 1, 2, 3, 100, 600);
    expect_report(0, CP_REPORT_REPLACED, 1, 3, 500, 500, CP_REASON_NONE);
    market(2, 2, CP_SELL, 150);
    total(CP_ORDER_REPLACE, 1, 3, 4, 101, 300);
    expect_report(0, CP_REPORT_REPLACED, 1, 4, 50, 50, CP_REASON_NONE);
    market(2, 3, CP_SELL, 10);
    total(CP_ORDER_REPLACE, 1, 4, 5, 100, 260); /* as much as was executed */
    expect_counts(1, 1);
    expect_report(0, CP_REPORT_CANCELLED, 1, 4, 40, 0, CP_REASON_USER);
    /* What it took on entry counts too, and a replacement's own fills. */
    limit(2, 4, CP_SELL, 100, 30);
    limit(1, 6, CP_BUY, 100, 50);
    CHECK_EQ(20, open_qty(1, 6));
    total(CP_ORDER_REPLACE, 1, 6, 7, 100, 35);
    expect_report(0, CP_REPORT_REPLACED, 1, 7, 5, 5, CP_REASON_NONE);
    replace(1, 7, 8, 99, 5); /* an open quantity: no total, but it carries on */
    total(CP_ORDER_REPLACE, 1, 8, 9, 99, 40);
    expect_report(0, CP_REPORT_REPLACED, 1, 9, 10, 10, CP_REASON_NONE);
    tear_down();
}

static void a_reduce_to_a_total_counts_what_was_executed(void)
{
    set_up();
    limit(1, 1, CP_BUY, 100, 500);
    market(2, 1, CP_SELL, 100);
    total(CP_ORDER_REDUCE, 1, 1, 0, 0, 500);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 1, 0, 500, 0, CP_REASON_QTY);
    total(CP_ORDER_REDUCE, 1, 1, 0, 0, 450);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 50, 350, CP_REASON_USER);
    expect_md(0, CP_MD_REDUCE, 100, 50, 350);
    total(CP_ORDER_REDUCE, 1, 1, 0, 0, 450);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 1, 0, 450, 0, CP_REASON_QTY);
    total(CP_ORDER_REDUCE, 1, 1, 0, 0, 90);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 350, 0, CP_REASON_USER);
    limit(1, 2, CP_BUY, 100, 5);
    total(CP_ORDER_REDUCE, 1, 2, 0, 0, 0);
    expect_report(0, CP_REPORT_CANCELLED, 1, 2, 5, 0, CP_REASON_USER);
    tear_down();
}

/* ---- self-match prevention ----------------------------------------------------------------- */

static void self_limit(uint64_t id, cp_side side, int64_t price, uint32_t qty,
                       uint8_t smp)
{
    send_order(with(limit_order(1, id, side, price, qty), CP_DAY, 0, smp));
}

static void self_match_prevention_goes_by_participant_or_group(void)
{
    set_up();
    CHECK_EQ(0,
             cp_venue_set_session(venue, &(cp_session){ .participant = 1, .group = 7 }));
    CHECK_EQ(0,
             cp_venue_set_session(venue, &(cp_session){ .participant = 2, .group = 7 }));
    CHECK_EQ(0,
             cp_venue_set_session(venue, &(cp_session){ .participant = 3, .group = 0 }));
    limit(3, 1, CP_SELL, 100, 1);
    limit(2, 1, CP_SELL, 100, 1);
    self_limit(1, CP_BUY, 100, 5, CP_SMP_NEWEST);
    expect_counts(1, 4);
    expect_fill(1, 3, 1, CP_SELL, 100, 1, 0, CP_MAKER);
    expect_report(3, CP_REPORT_CANCELLED, 1, 1, 4, 0, CP_REASON_SMP);
    limit(1, 2, CP_BUY, 100, 1); /* says nothing of it: trades */
    expect_fill(1, 2, 1, CP_SELL, 100, 1, 0, CP_MAKER);
    tear_down();
}

static void cancel_newest_takes_the_taker_off(void)
{
    set_up();
    limit(1, 1, CP_SELL, 100, 10);
    self_limit(2, CP_BUY, 100, 5, CP_SMP_NEWEST);
    expect_counts(0, 2);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 2, 5, 5, CP_REASON_NONE);
    expect_report(1, CP_REPORT_CANCELLED, 1, 2, 5, 0, CP_REASON_SMP);
    CHECK_EQ(10, open_qty(1, 1));
    tear_down();
}

static void cancel_oldest_takes_the_resting_order_off(void)
{
    set_up();
    iceberg(1, 1, CP_SELL, 100, 10, 4);
    limit(2, 1, CP_SELL, 100, 3);
    self_limit(2, CP_BUY, 100, 5, CP_SMP_OLDEST);
    expect_counts(3, 4);
    expect_md(0, CP_MD_DELETE, 100, 4, 0);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_SMP);
    expect_md(1, CP_MD_EXECUTE, 100, 3, 0);
    expect_md(2, CP_MD_ADD, 100, 2, 2);
    tear_down();
}

static void cancel_both_takes_both_off(void)
{
    set_up();
    limit(1, 1, CP_SELL, 100, 10);
    self_limit(2, CP_BUY, 100, 5, CP_SMP_BOTH);
    expect_counts(1, 3);
    expect_md(0, CP_MD_DELETE, 100, 10, 0);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_SMP);
    expect_report(2, CP_REPORT_CANCELLED, 1, 2, 5, 0, CP_REASON_SMP);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    tear_down();
}

static void decrement_takes_the_smaller_off_both(void)
{
    set_up();
    limit(1, 1, CP_SELL, 100, 10);
    self_limit(2, CP_BUY, 100, 4, CP_SMP_DECREMENT);
    expect_counts(1, 3);
    expect_md(0, CP_MD_REDUCE, 100, 4, 6);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 4, 6, CP_REASON_SMP);
    expect_report(2, CP_REPORT_CANCELLED, 1, 2, 4, 0, CP_REASON_SMP);
    self_limit(3, CP_BUY, 100, 9, CP_SMP_DECREMENT);
    expect_counts(2, 3);
    expect_md(0, CP_MD_DELETE, 100, 6, 0);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 6, 0, CP_REASON_SMP);
    expect_report(2, CP_REPORT_CANCELLED, 1, 3, 6, 3, CP_REASON_SMP);
    expect_md(1, CP_MD_ADD, 100, 3, 3);
    CHECK_EQ(0, cp_venue_counts(venue)->trade_count);
    total(CP_ORDER_REPLACE, 1, 3, 4, 100, 8); /* six of nine are used */
    expect_report(0, CP_REPORT_REPLACED, 1, 4, 2, 2, CP_REASON_NONE);
    iceberg(1, 5, CP_SELL, 101, 8, 3);
    cp_order order = with(limit_order(1, 6, CP_BUY, 101, 4), CP_IOC, 0, CP_SMP_DECREMENT);
    send_order(order);
    expect_counts(3, 5);
    expect_md(0, CP_MD_DELETE, 101, 3, 0);
    expect_md(1, CP_MD_ADD, 101, 3, 3);
    expect_md(2, CP_MD_REDUCE, 101, 1, 2);
    tear_down();
}

/* ---- bulk ------------------------------------------------------------------------------------ */

static void mass_cancel(uint16_t participant, uint64_t id, uint16_t symbol, uint8_t side)
{
    send_order((cp_order){ .kind = CP_ORDER_MASS_CANCEL,
                           .client_id = id,
                           .participant = participant,
                           .symbol = symbol,
                           .side = side });
}

static void a_mass_cancel_can_be_of_one_symbol_and_one_side(void)
{
    set_up();
    for (uint16_t symbol = 0; symbol < SYMBOLS; symbol++)
        for (uint64_t i = 0; i < 4; i++) {
            cp_order order = limit_order(1, symbol * 4u + i, i % 2 ? CP_SELL : CP_BUY,
                                         i % 2 ? 110 : 100, 5);
            order.symbol = symbol;
            send_order(order);
        }
    limit(2, 1, CP_SELL, 110, 5);
    mass_cancel(1, 90, 0, CP_SELL);
    expect_counts(2, 3);
    expect_report(0, CP_REPORT_CANCELLED, 1, 3, 5, 0, CP_REASON_USER);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 5, 0, CP_REASON_USER);
    expect_report(2, CP_REPORT_ALL_CANCELLED, 1, 90, 2, 0, CP_REASON_USER);
    CHECK_EQ(0, reports[2].symbol);
    CHECK_EQ(CP_SELL, reports[2].side);
    mass_cancel(1, 91, CP_NOBODY, CP_BUY);
    expect_report(6, CP_REPORT_ALL_CANCELLED, 1, 91, 6, 0, CP_REASON_USER);
    mass_cancel(1, 92, 2, CP_SIDE_BOTH);
    expect_report(2, CP_REPORT_ALL_CANCELLED, 1, 92, 2, 0, CP_REASON_USER);
    CHECK_EQ(3, cp_venue_resting_count(venue));
    mass_cancel(1, 93, SYMBOLS, CP_BUY);
    expect_report(0, CP_REPORT_REJECTED, 1, 93, 0, 0, CP_REASON_SYMBOL);
    mass_cancel(1, 94, 0, 3);
    expect_report(0, CP_REPORT_REJECTED, 1, 94, 0, 0, CP_REASON_MALFORMED);
    tear_down();
}

static void the_first_check_that_fails_answers(void)
{
    set_up();
    CHECK_EQ(0, cp_venue_set_session(venue, &(cp_session){ .participant = 1,
                                                           .throttle_count = 1,
                                                           .throttle_window_ns = 10 }));
    limit(2, 1, CP_SELL, 100, 10);
    limit(1, 1, CP_BUY, 90, 10); /* the one message of this window */
    cp_order order = limit_order(1, 1, CP_BUY, 0, 0);
    order.symbol = SYMBOLS, order.flags = CP_POST_ONLY, order.min_qty = 1;
    order.kind = CP_ORDER_NEW;
    cp_session free_session = { .participant = 1 };
    now_ns -= 7; /* the same instant: the window holds */
    refused(order, CP_REASON_MALFORMED);
    order.min_qty = 0;
    now_ns -= 7;
    refused(order, CP_REASON_THROTTLE);
    CHECK_EQ(0, cp_venue_set_session(venue, &free_session));
    refused(order, CP_REASON_SYMBOL);
    order.symbol = 0;
    refused(order, CP_REASON_PRICE);
    order.price = 100;
    refused(order, CP_REASON_QTY);
    order.qty = 5;
    refused(order, CP_REASON_DUPLICATE_ID);
    order.client_id = 2;
    CHECK_EQ(0, cp_venue_set_reference(venue, 0, 90));
    CHECK_EQ(0, cp_venue_set_band(venue, 0, 5));
    refused(order, CP_REASON_BAND);
    CHECK_EQ(0, cp_venue_set_band(venue, 0, 0));
    refused(order, CP_REASON_POST_ONLY);
    const cp_order odd[] = {
        { .type = CP_STOP, .time_in_force = CP_IOC, .stop_price = 5 },
        { .type = CP_STOP_LIMIT, .time_in_force = CP_FOK, .stop_price = 5 },
        { .type = CP_MARKET, .flags = CP_POST_ONLY },
        { .type = CP_LIMIT, .time_in_force = CP_IOC, .display_qty = 1 },
        { .type = CP_STOP_LIMIT, .display_qty = 1, .stop_price = 5 },
        { .flags = CP_POST_ONLY | CP_POST_SLIDE },
        { .flags = CP_TOTAL },
        { .min_qty = 6 },
        { .min_qty = 1, .flags = CP_POST_SLIDE },
    };
    for (uint32_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        cp_order bad = odd[i];
        bad.kind = CP_ORDER_NEW, bad.participant = 1, bad.client_id = 3;
        bad.price = 50, bad.qty = 5;
        refused(bad, CP_REASON_MALFORMED);
    }
    tear_down();
}

static void a_venue_without_records_takes_what_needs_none(void)
{
    set_up();
    for (uint64_t id = 0; id < CP_RECORD_MIN; id++)
        iceberg(1, id, CP_SELL, 200 + (int64_t)(id % 100), 20, 10);
    cp_order order = limit_order(1, 5000, CP_SELL, 300, 20);
    order.display_qty = 10;
    refused(order, CP_REASON_CAPACITY);
    order.display_qty = 0, order.type = CP_STOP, order.stop_price = 5;
    refused(order, CP_REASON_CAPACITY);
    limit(2, 1, CP_SELL, 150, 20);
    market(3, 1, CP_BUY, 5); /* partly executed, and nowhere to write it */
    expect_counts(2, 4);
    expect_md(0, CP_MD_EXECUTE, 150, 5, 15);
    expect_md(1, CP_MD_DELETE, 150, 15, 0);
    expect_report(2, CP_REPORT_CANCELLED, 2, 1, 15, 0, CP_REASON_CAPACITY);
    limit(2, 2, CP_SELL, 150, 5);
    limit(3, 2, CP_BUY, 150, 20); /* and so is a taker's rest */
    expect_report(3, CP_REPORT_CANCELLED, 3, 2, 15, 0, CP_REASON_CAPACITY);
    tear_down();
}

int main(void)
{
    RUN(a_fill_or_kill_order_trades_all_or_nothing);
    RUN(a_fill_or_kill_order_counts_what_icebergs_hide_and_what_the_step_can_do);
    RUN(a_fill_or_kill_order_may_not_count_its_own_house);
    RUN(a_minimum_quantity_is_had_at_once_or_not_at_all);
    RUN(a_post_only_order_never_takes);
    RUN(a_sliding_post_only_order_rests_one_tick_behind);
    RUN(an_iceberg_shows_its_tip_and_counts_in_full);
    RUN(an_iceberg_refreshes_to_the_back_of_its_price);
    RUN(a_reduce_takes_the_hidden_part_first);
    RUN(a_replaced_iceberg_keeps_its_place_only_with_its_display);
    RUN(a_replace_with_a_total_never_overfills);
    RUN(a_reduce_to_a_total_counts_what_was_executed);
    RUN(self_match_prevention_goes_by_participant_or_group);
    RUN(cancel_newest_takes_the_taker_off);
    RUN(cancel_oldest_takes_the_resting_order_off);
    RUN(cancel_both_takes_both_off);
    RUN(decrement_takes_the_smaller_off_both);
    RUN(a_mass_cancel_can_be_of_one_symbol_and_one_side);
    RUN(the_first_check_that_fails_answers);
    RUN(a_venue_without_records_takes_what_needs_none);
    return 0;
}
