/* The rules of stops, one test each (docs/matching.md). */
#include "venue_kit.h"

static cp_order stop_order(uint16_t participant, uint64_t id, cp_side side,
                           int64_t trigger, uint32_t qty)
{
    cp_order order = limit_order(participant, id, side, 0, qty);
    order.type = CP_STOP;
    order.stop_price = (uint32_t)trigger;
    return order;
}

static void stop(uint16_t participant, uint64_t id, cp_side side, int64_t trigger,
                 uint32_t qty)
{
    send_order(stop_order(participant, id, side, trigger, qty));
}

static void stop_limit(uint16_t participant, uint64_t id, cp_side side, int64_t trigger,
                       int64_t price, uint32_t qty)
{
    cp_order order = stop_order(participant, id, side, trigger, qty);
    order.type = CP_STOP_LIMIT;
    order.price = price;
    send_order(order);
}

/* One lot changes hands at this price. */
static void trade_at(int64_t price)
{
    static uint64_t id = 1000000;
    limit(8, ++id, CP_SELL, price, 1);
    limit(9, ++id, CP_BUY, price, 1);
}

static void a_stop_waits_for_a_trade_at_its_price(void)
{
    set_up();
    limit(2, 1, CP_SELL, 105, 10);
    limit(2, 2, CP_BUY, 95, 10);
    trade_at(100);
    stop(1, 1, CP_BUY, 101, 3);
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 1, 3, 3, CP_REASON_NONE);
    CHECK_EQ(CP_PRICE_NONE, reports[0].price);
    CHECK_EQ(CP_BUY, reports[0].side);
    stop(1, 2, CP_SELL, 99, 3);
    CHECK(cp_venue_find(venue, 1, 1) == NULL); /* it does not rest */
    trade_at(100);
    expect_counts(1, 3);
    /* A quote at the trigger is no trade. */
    limit(2, 3, CP_BUY, 102, 1);
    expect_counts(1, 1);
    cancel(2, 3);
    trade_at(101);
    expect_counts(2, 6);
    expect_report(3, CP_REPORT_TRIGGERED, 1, 1, 3, 3, CP_REASON_NONE);
    expect_fill(5, 1, 1, CP_BUY, 105, 3, 0, CP_TAKER);
    trade_at(99);
    expect_counts(2, 6);
    expect_report(3, CP_REPORT_TRIGGERED, 1, 2, 3, 3, CP_REASON_NONE);
    expect_fill(5, 1, 2, CP_SELL, 95, 3, 0, CP_TAKER);
    tear_down();
}

static void a_stop_that_the_last_trade_satisfies_triggers_at_once(void)
{
    set_up();
    trade_at(100);
    stop(1, 1, CP_BUY, 100, 3);
    expect_counts(0, 3);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 1, 3, 3, CP_REASON_NONE);
    expect_report(1, CP_REPORT_TRIGGERED, 1, 1, 3, 3, CP_REASON_NONE);
    CHECK(reports[1].order_ref != reports[0].order_ref);
    expect_report(2, CP_REPORT_CANCELLED, 1, 1, 3, 0, CP_REASON_NO_LIQUIDITY);
    stop_limit(1, 1, CP_SELL, 100, 120, 3); /* the id is free again */
    expect_report(1, CP_REPORT_TRIGGERED, 1, 1, 3, 3, CP_REASON_NONE);
    expect_md(0, CP_MD_ADD, 120, 3, 3);
    tear_down();
}

static void stops_trigger_in_the_order_they_came(void)
{
    set_up();
    limit(2, 1, CP_SELL, 110, 100);
    stop(1, 1, CP_BUY, 103, 1);
    stop(1, 2, CP_BUY, 101, 1);
    stop(1, 3, CP_BUY, 102, 1);
    stop(1, 4, CP_BUY, 104, 1);
    trade_at(103);
    expect_counts(5, 15);
    expect_report(3, CP_REPORT_TRIGGERED, 1, 1, 1, 1, CP_REASON_NONE);
    /* At 110 the first one wakes the fourth, which stands behind who was due before. */
    expect_report(6, CP_REPORT_TRIGGERED, 1, 2, 1, 1, CP_REASON_NONE);
    expect_report(9, CP_REPORT_TRIGGERED, 1, 3, 1, 1, CP_REASON_NONE);
    expect_report(12, CP_REPORT_TRIGGERED, 1, 4, 1, 1, CP_REASON_NONE);
    tear_down();
}

static void a_cascade_runs_after_the_order_that_set_it_off(void)
{
    set_up();
    limit(2, 1, CP_BUY, 100, 1);
    limit(2, 2, CP_BUY, 99, 1);
    limit(2, 3, CP_BUY, 98, 1);
    stop(1, 1, CP_SELL, 99, 1);
    stop(1, 2, CP_SELL, 98, 1);
    limit(3, 1, CP_SELL, 99, 3); /* executes two and rests before any stop runs */
    CHECK_EQ(99, reports[3].price);
    expect_report(5, CP_REPORT_TRIGGERED, 1, 1, 1, 1, CP_REASON_NONE);
    expect_fill(7, 1, 1, CP_SELL, 98, 1, 0, CP_TAKER);
    expect_report(8, CP_REPORT_TRIGGERED, 1, 2, 1, 1, CP_REASON_NONE);
    expect_report(9, CP_REPORT_CANCELLED, 1, 2, 1, 0, CP_REASON_NO_LIQUIDITY);
    expect_counts(4, 10);
    expect_md(2, CP_MD_ADD, 99, 1, 1);
    expect_md(3, CP_MD_EXECUTE, 98, 1, 0);
    tear_down();
}

static void a_triggered_stop_limit_rests_at_its_limit(void)
{
    set_up();
    limit(2, 1, CP_SELL, 102, 1);
    stop_limit(1, 1, CP_BUY, 101, 102, 5);
    CHECK_EQ(102, reports[0].price);
    uint64_t ref = reports[0].order_ref;
    trade_at(101);
    expect_counts(3, 6);
    expect_report(3, CP_REPORT_TRIGGERED, 1, 1, 5, 5, CP_REASON_NONE);
    expect_fill(5, 1, 1, CP_BUY, 102, 1, 4, CP_TAKER);
    expect_md(2, CP_MD_ADD, 102, 4, 4);
    CHECK(reports[3].order_ref != ref && reports[3].order_ref == md[2].order_ref);
    replace(1, 1, 2, 101, 4);
    expect_report(0, CP_REPORT_REPLACED, 1, 2, 4, 4, CP_REASON_NONE);
    tear_down();
}

static void stops_beyond_the_units_of_a_step_run_in_the_next(void)
{
    set_up();
    for (uint64_t id = 0; id < 500; id++)
        stop(1, id, CP_BUY, 101, 10);
    for (uint64_t id = 0; id < 4500; id++)
        cp_venue_on_order(venue,
                          &(cp_order){ .kind = CP_ORDER_NEW,
                                       .participant = 2,
                                       .client_id = id,
                                       .side = CP_SELL,
                                       .price = 101,
                                       .qty = 1 },
                          now_ns),
            collect();
    market(3, 1, CP_BUY,
           4000); /* 96 units are left: eight times one and ten, and eight */
    uint32_t triggered = 0;
    for (uint32_t i = 0; i < report_count; i++)
        triggered += reports[i].kind == CP_REPORT_TRIGGERED;
    CHECK_EQ(9, triggered);
    expect_report(report_count - 1, CP_REPORT_CANCELLED, 1, 8, 3, 0, CP_REASON_SWEEP);
    cancel(1, 9); /* due, not run yet */
    expect_report(0, CP_REPORT_CANCELLED, 1, 9, 10, 0, CP_REASON_USER);
    /* That step's own end ran the rest, in the order of the line. */
    expect_report(1, CP_REPORT_TRIGGERED, 1, 10, 10, 10, CP_REASON_NONE);
    CHECK(!cp_venue_on_timer(venue, now_ns));
    collect();
    CHECK_EQ(0, cp_venue_resting_count(venue));
    tear_down();
}

static void a_stop_can_be_cancelled_before_it_triggers(void)
{
    set_up();
    trade_at(100);
    stop(1, 1, CP_BUY, 105, 10);
    uint64_t ref = reports[0].order_ref;
    change(CP_ORDER_REDUCE, 1, 1, 0, 0, 4);
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 4, 6, CP_REASON_USER);
    CHECK_EQ(CP_PRICE_NONE, reports[0].price);
    CHECK_EQ(CP_BUY, reports[0].side);
    replace(1, 1, 2, 100, 6);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 1, 2, 6, 0, CP_REASON_STOP);
    stop(1, 1, CP_BUY, 106, 10);
    expect_report(0, CP_REPORT_REJECTED, 1, 1, 10, 0, CP_REASON_DUPLICATE_ID);
    cancel(1, 1);
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 6, 0, CP_REASON_USER);
    CHECK_EQ(ref, reports[0].order_ref);
    trade_at(105);
    expect_counts(1, 3);
    stop(1, 3, CP_SELL, 90, 1);
    stop(1, 4, CP_BUY, 110, 1);
    send_order((cp_order){ .kind = CP_ORDER_MASS_CANCEL,
                           .participant = 1,
                           .client_id = 5,
                           .symbol = 0,
                           .side = CP_BUY });
    expect_counts(0, 2);
    expect_report(0, CP_REPORT_CANCELLED, 1, 4, 1, 0, CP_REASON_USER);
    tear_down();
}

static void a_triggered_stop_outside_the_band_is_cancelled(void)
{
    set_up();
    CHECK_EQ(0, cp_venue_set_reference(venue, 0, 100));
    CHECK_EQ(0, cp_venue_set_band(venue, 0, 5));
    limit(2, 1, CP_SELL, 106, 10); /* a seller may ask for more */
    stop_limit(1, 1, CP_BUY, 101, 106, 5);
    stop(1, 2, CP_BUY, 101, 5);
    trade_at(101);
    expect_counts(1, 7);
    expect_report(4, CP_REPORT_CANCELLED, 1, 1, 5, 0, CP_REASON_BAND);
    expect_report(6, CP_REPORT_CANCELLED, 1, 2, 5, 0, CP_REASON_BAND);
    tear_down();
}

static void a_stop_wakes_only_for_its_own_symbol(void)
{
    set_up();
    cp_order order = stop_order(1, 1, CP_BUY, 101, 5);
    order.symbol = 1;
    send_order(order);
    trade_at(150);
    expect_counts(1, 3);
    order = stop_order(1, 2, CP_BUY, 101, 5);
    order.symbol = 1;
    send_order(order);
    expect_counts(0, 1); /* nothing has traded there */
    tear_down();
}

int main(void)
{
    RUN(a_stop_waits_for_a_trade_at_its_price);
    RUN(a_stop_that_the_last_trade_satisfies_triggers_at_once);
    RUN(stops_trigger_in_the_order_they_came);
    RUN(a_cascade_runs_after_the_order_that_set_it_off);
    RUN(a_triggered_stop_limit_rests_at_its_limit);
    RUN(stops_beyond_the_units_of_a_step_run_in_the_next);
    RUN(a_stop_can_be_cancelled_before_it_triggers);
    RUN(a_triggered_stop_outside_the_band_is_cancelled);
    RUN(a_stop_wakes_only_for_its_own_symbol);
    return 0;
}
