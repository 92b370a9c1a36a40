/* The rules of phases and sessions, one test each (docs/matching.md). */
#include "venue_kit.h"

static void phase(uint16_t symbol, cp_phase to)
{
    now_ns += 7;
    CHECK_EQ(0, cp_venue_set_phase(venue, symbol, to, now_ns));
    collect();
    compare_books();
    cp_venue_check(venue);
}

static bool timer(uint64_t later_ns)
{
    now_ns += later_ns;
    bool more = cp_venue_on_timer(venue, now_ns);
    collect();
    compare_books();
    cp_venue_check(venue);
    return more;
}

static cp_order marked(cp_order order, uint8_t time_in_force, uint8_t flags)
{
    order.time_in_force = time_in_force;
    order.flags = flags;
    return order;
}

static void refused(cp_order order, cp_reason reason)
{
    send_order(order);
    expect_counts(0, 1);
    CHECK(reports[0].kind == CP_REPORT_REJECTED ||
          reports[0].kind == CP_REPORT_CHANGE_REJECTED);
    CHECK_EQ(reason, reports[0].reason);
}

static cp_session session(uint16_t participant)
{
    return (cp_session){ .participant = participant };
}

/* ---- phases ---------------------------------------------------------------------------- */

static void each_phase_takes_its_messages_and_no_others(void)
{
    const cp_phase gathering[] = { CP_PHASE_PRE_OPEN, CP_PHASE_HALT, CP_PHASE_PRE_CLOSE };
    set_up();
    uint64_t id = 100;
    for (uint32_t i = 0; i < 3; i++) {
        phase(0, gathering[i]);
        expect_counts(1, 0);
        expect_md(0, CP_MD_PHASE, CP_PRICE_NONE, gathering[i], 0);
        limit(1, ++id, CP_SELL, 100, 10);
        limit(2, ++id, CP_BUY, 100, 10); /* they gather and do not meet */
        expect_counts(1, 1);
        send_order(marked(limit_order(2, ++id, CP_BUY, 99, 10), CP_GTC, 0));
        expect_counts(1, 1);
        refused(marked(limit_order(1, 1, CP_BUY, 90, 10), CP_IOC, 0), CP_REASON_PHASE);
        refused(marked(limit_order(1, 1, CP_BUY, 90, 10), CP_FOK, 0), CP_REASON_PHASE);
        refused(marked(limit_order(1, 1, CP_BUY, 90, 10), CP_DAY, CP_POST_ONLY),
                CP_REASON_PHASE);
        cp_order order = limit_order(1, 1, CP_BUY, 0, 10);
        order.type = CP_MARKET;
        refused(order, CP_REASON_PHASE);
        order = limit_order(1, 1, CP_BUY, 100, 10);
        order.min_qty = 1;
        refused(order, CP_REASON_PHASE);
        replace(2, id, id + 1, 101, 5); /* through the other side, still no match */
        expect_counts(1, 1);
        expect_md(0, CP_MD_REPLACE, 101, 5, 5);
        ++id;
        cancel(2, id);
        expect_counts(1, 1);
    }
    phase(0, CP_PHASE_CLOSED);
    limit(1, 1, CP_BUY, 1, 1);
    expect_report(0, CP_REPORT_REJECTED, 1, 1, 1, 0, CP_REASON_PHASE);
    cp_order elsewhere = limit_order(1, 1, CP_BUY, 1, 1);
    elsewhere.symbol = 1;
    send_order(elsewhere);
    expect_counts(1, 1);
    tear_down();
}

static void phases_follow_each_other(void)
{
    static const char allowed[7][8] = {
        /* C  PO  H  PC OX CX CL */
        "0111011",                /* CONTINUOUS */
        "0011111",                /* PRE_OPEN */
        "0101111",                /* HALT */
        "0110111",                /* PRE_CLOSE */
        "",        "", "0110000", /* CLOSED */
    };
    for (uint32_t from = 0; from < CP_PHASE_COUNT; from++) {
        if (allowed[from][0] == 0)
            continue; /* a cross is only begun */
        for (uint32_t to = 0; to < CP_PHASE_COUNT; to++) {
            set_up();
            if (from != CP_PHASE_CONTINUOUS)
                phase(1, (cp_phase)from);
            int want = allowed[from][to] == '1' ? 0 : -EINVAL;
            CHECK_EQ(want, cp_venue_set_phase(venue, 1, (cp_phase)to, now_ns));
            collect();
            tear_down();
        }
    }
    set_up();
    CHECK_EQ(-EINVAL, cp_venue_set_phase(venue, SYMBOLS, CP_PHASE_HALT, now_ns));
    CHECK_EQ(-EINVAL, cp_venue_set_phase(venue, 0, CP_PHASE_COUNT, now_ns));
    tear_down();
}

static void a_cross_is_at_the_price_with_the_greatest_volume(void)
{
    set_up();
    phase(0, CP_PHASE_PRE_OPEN);
    limit(1, 1, CP_BUY, 105, 10);
    limit(1, 2, CP_BUY, 103, 20);
    limit(1, 3, CP_BUY, 100, 30);
    limit(2, 1, CP_SELL, 99, 15);
    limit(2, 2, CP_SELL, 102, 20);
    limit(2, 3, CP_SELL, 104, 50);
    /* 30 are bought at 103 or less and sold at 102 or more: 102 or 103. At either, 35 are
     * offered. No reference: the middle of 99 and 105 is 102. */
    phase(0, CP_PHASE_OPENING_CROSS);
    expect_fill(0, 1, 1, CP_BUY, 102, 10, 0, CP_CROSS);
    expect_fill(1, 2, 1, CP_SELL, 102, 10, 5, CP_CROSS);
    expect_fill(2, 1, 2, CP_BUY, 102, 5, 15, CP_CROSS);
    expect_fill(4, 1, 2, CP_BUY, 102, 15, 0, CP_CROSS);
    expect_fill(5, 2, 2, CP_SELL, 102, 15, 5, CP_CROSS);
    CHECK_EQ(6, report_count);
    CHECK_EQ(0, reports[0].fee);
    expect_md(0, CP_MD_PHASE, CP_PRICE_NONE, CP_PHASE_OPENING_CROSS, 0);
    expect_md(1, CP_MD_DELETE, 105, 10, 0);
    expect_md(2, CP_MD_REDUCE, 99, 10, 5);
    expect_md(3, CP_MD_TRADE, 102, 10, 0);
    expect_md(md_count - 1, CP_MD_PHASE, 102, CP_PHASE_CONTINUOUS, 0);
    CHECK_EQ(5, open_qty(2, 2));
    CHECK_EQ(3, cp_venue_counts(venue)->trade_count);
    limit(1, 9, CP_BUY, 102, 5); /* and it trades */
    expect_counts(1, 3);
    tear_down();
}

/* Buy and sell orders of (price, qty), a reference, and the price it must be. */
static void crosses_at(const int64_t buys[][2], const int64_t sells[][2],
                       int64_t reference, int64_t want)
{
    set_up();
    phase(0, CP_PHASE_PRE_OPEN);
    CHECK_EQ(0, cp_venue_set_reference(venue, 0, reference));
    for (uint64_t i = 0; buys[i][0]; i++)
        limit(1, i, CP_BUY, buys[i][0], (uint32_t)buys[i][1]);
    for (uint64_t i = 0; sells[i][0]; i++)
        limit(2, i, CP_SELL, sells[i][0], (uint32_t)sells[i][1]);
    phase(0, CP_PHASE_OPENING_CROSS);
    CHECK_EQ(want, md[md_count - 1].price);
    tear_down();
}

static void a_cross_prefers_the_least_imbalance_and_then_the_reference(void)
{
    /* 10 cross from 100 to 110; the imbalance is least where no more sell: to 104. */
    const int64_t buys[][2] = { { 110, 10 }, { 0, 0 } };
    const int64_t sells[][2] = { { 100, 10 }, { 105, 7 }, { 0, 0 } };
    crosses_at(buys, sells, 109, 104);
    crosses_at(buys, sells, 102, 102);
    crosses_at(buys, sells, 1, 100);
    crosses_at(buys, sells, 0, 104); /* the middle is 105 */
    /* Two stretches as good as each other, about a worse one: the lower of equals. */
    const int64_t high[][2] = { { 106, 10 }, { 0, 0 } };
    const int64_t low[][2] = { { 100, 10 }, { 0, 0 } };
    crosses_at(high, low, 103, 103);
    const int64_t buys_2[][2] = { { 104, 10 }, { 102, 5 }, { 0, 0 } };
    const int64_t sells_2[][2] = { { 102, 10 }, { 103, 5 }, { 0, 0 } };
    /* 10 at 102 to 104; imbalance 5 each way at 102, 103 and 104: the reference decides. */
    crosses_at(buys_2, sells_2, 104, 104);
    crosses_at(buys_2, sells_2, 50, 102);
    /* 10 at 101 or 102, two bought too many at the one, three sold at the other. */
    const int64_t buys_3[][2] = { { 104, 10 }, { 101, 2 }, { 0, 0 } };
    const int64_t sells_3[][2] = { { 101, 10 }, { 102, 3 }, { 0, 0 } };
    crosses_at(buys_3, sells_3, 102, 101);
}

static void a_cross_goes_by_price_and_time(void)
{
    set_up();
    phase(0, CP_PHASE_HALT);
    limit(1, 1, CP_BUY, 100, 10);
    limit(1, 2, CP_BUY, 101, 10);
    limit(3, 3, CP_BUY, 100, 10);
    limit(1, 4, CP_SELL, 100, 25); /* meets itself all the same: no prevention here */
    phase(0, CP_PHASE_OPENING_CROSS);
    CHECK_EQ(6, report_count);
    expect_fill(0, 1, 2, CP_BUY, 100, 10, 0, CP_CROSS);
    expect_fill(2, 1, 1, CP_BUY, 100, 10, 0, CP_CROSS);
    expect_fill(4, 3, 3, CP_BUY, 100, 5, 5, CP_CROSS);
    CHECK_EQ(5, open_qty(3, 3));
    tear_down();
}

static void icebergs_cross_with_all_they_have(void)
{
    set_up();
    phase(0, CP_PHASE_PRE_OPEN);
    cp_order order = limit_order(1, 1, CP_BUY, 100, 50);
    order.display_qty = 10;
    send_order(order);
    limit(2, 1, CP_SELL, 100, 45);
    phase(0, CP_PHASE_OPENING_CROSS);
    expect_counts(5, 2);
    expect_fill(0, 1, 1, CP_BUY, 100, 45, 5, CP_CROSS);
    expect_md(1, CP_MD_REDUCE, 100, 5, 5);
    expect_md(2, CP_MD_DELETE, 100, 45, 0);
    expect_md(3, CP_MD_TRADE, 100, 45, 0);
    tear_down();

    set_up();
    phase(0, CP_PHASE_PRE_OPEN);
    send_order(order);
    limit(2, 1, CP_SELL, 100, 20);
    phase(0, CP_PHASE_OPENING_CROSS);
    expect_counts(4, 2); /* as many are shown as before: nothing to tell of the buy */
    expect_md(1, CP_MD_DELETE, 100, 20, 0);
    cancel(1, 1);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 30, 0, CP_REASON_USER);
    tear_down();
}

static void a_large_cross_takes_several_steps(void)
{
    set_up();
    phase(0, CP_PHASE_PRE_OPEN);
    cp_order stop = limit_order(3, 1, CP_BUY, 0, 5);
    stop.type = CP_STOP, stop.stop_price = 100;
    send_order(stop);
    for (uint64_t id = 0; id < 2500; id++) {
        cp_order order = limit_order(2, id, CP_SELL, 100, 1);
        cp_venue_on_order(venue, &order, now_ns);
        collect();
    }
    limit(1, 1, CP_BUY, 100, 2400);
    phase(0, CP_PHASE_OPENING_CROSS);
    CHECK_EQ(2048, report_count);
    CHECK_EQ(CP_PHASE_OPENING_CROSS, cp_venue_phase(venue, 0));
    refused(limit_order(1, 9, CP_BUY, 1, 1), CP_REASON_PHASE);
    cancel(2, 2499);
    expect_report(0, CP_REPORT_CHANGE_REJECTED, 2, 0, 0, 0, CP_REASON_PHASE);
    send_order(
        (cp_order){ .kind = CP_ORDER_CANCEL_ALL, .participant = 2, .client_id = 9 });
    expect_counts(0, 1);
    expect_report(0, CP_REPORT_ALL_CANCELLED, 2, 9, 0, 1476, CP_REASON_USER);
    CHECK(timer(1));
    CHECK_EQ(2048, report_count);
    CHECK(!timer(1));
    /* 352 matches, and then the stop that the cross price satisfies. */
    CHECK_EQ(2 * 352 + 1 + 2 * 5, report_count);
    expect_report(704, CP_REPORT_TRIGGERED, 3, 1, 5, 5, CP_REASON_NONE);
    CHECK_EQ(CP_PHASE_CONTINUOUS, cp_venue_phase(venue, 0));
    CHECK_EQ(95, cp_venue_resting_count(venue));
    tear_down();
}

static void day_orders_expire_at_the_close_and_gtc_orders_stay(void)
{
    set_up();
    limit(1, 1, CP_BUY, 90, 10);
    limit(1, 2, CP_BUY, 91, 10);
    send_order(marked(limit_order(1, 3, CP_BUY, 92, 10), CP_GTC, 0));
    limit(2, 4, CP_SELL, 100, 10);
    cp_order stop = limit_order(3, 5, CP_BUY, 0, 5);
    stop.type = CP_STOP, stop.stop_price = 120;
    send_order(stop);
    stop.client_id = 6, stop.time_in_force = CP_GTC;
    send_order(stop);
    phase(0, CP_PHASE_CLOSING_CROSS); /* nothing crosses */
    expect_counts(2, 0);
    expect_md(1, CP_MD_PHASE, CP_PRICE_NONE, CP_PHASE_CLOSED, 0);
    CHECK(!timer(1));
    expect_counts(3, 4);
    expect_report(0, CP_REPORT_CANCELLED, 1, 2, 10, 0, CP_REASON_EXPIRED);
    expect_report(1, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_EXPIRED);
    expect_report(2, CP_REPORT_CANCELLED, 2, 4, 10, 0, CP_REASON_EXPIRED);
    expect_report(3, CP_REPORT_CANCELLED, 3, 5, 5, 0, CP_REASON_EXPIRED);
    CHECK_EQ(1, cp_venue_resting_count(venue));
    phase(0, CP_PHASE_PRE_OPEN); /* the next morning */
    limit(2, 7, CP_SELL, 92, 4);
    replace(1, 3, 8, 92, 9); /* a day order from now on */
    phase(0, CP_PHASE_OPENING_CROSS);
    expect_fill(0, 1, 8, CP_BUY, 92, 4, 5, CP_CROSS);
    phase(0, CP_PHASE_CLOSED);
    expect_md(0, CP_MD_PHASE, CP_PRICE_NONE, CP_PHASE_CLOSED, 0);
    expect_report(0, CP_REPORT_CANCELLED, 1, 8, 5, 0, CP_REASON_EXPIRED);
    cancel(3, 6);
    expect_report(0, CP_REPORT_CANCELLED, 3, 6, 5, 0, CP_REASON_USER);
    tear_down();

    set_up();
    for (uint64_t id = 0; id < 5000; id++) {
        cp_order order = limit_order(2, id, CP_SELL, 100, 1);
        cp_venue_on_order(venue, &order, now_ns);
        collect();
    }
    phase(0, CP_PHASE_CLOSED);
    expect_counts(4097, 4096);
    CHECK(!timer(1));
    expect_counts(904, 904);
    tear_down();
}

static void a_price_band_bounds_the_taker(void)
{
    set_up();
    limit(2, 1, CP_SELL, 105, 10);
    limit(2, 2, CP_SELL, 106, 10);
    limit(2, 3, CP_BUY, 94, 10);
    CHECK_EQ(0, cp_venue_set_band(venue, 0, 5)); /* no reference: no band */
    limit(1, 1, CP_BUY, 107, 1);
    expect_counts(1, 3);
    CHECK_EQ(0, cp_venue_set_reference(venue, 0, 100));
    refused(limit_order(1, 1, CP_BUY, 106, 1), CP_REASON_BAND);
    refused(limit_order(1, 1, CP_SELL, 94, 1), CP_REASON_BAND);
    limit(1, 2, CP_BUY, 90, 1); /* far, and no offence */
    limit(1, 3, CP_SELL, 200, 1);
    market(1, 4, CP_BUY, 20);
    expect_fill(2, 1, 4, CP_BUY, 105, 9, 11, CP_TAKER);
    expect_report(3, CP_REPORT_CANCELLED, 1, 4, 11, 0, CP_REASON_BAND);
    market(1, 5, CP_SELL, 20);
    expect_counts(0, 2);
    expect_report(1, CP_REPORT_CANCELLED, 1, 5, 20, 0, CP_REASON_BAND);
    cp_order order = { .kind = CP_ORDER_REPLACE,
                       .client_id = 6,
                       .original_id = 2,
                       .participant = 1,
                       .price = 106,
                       .qty = 1 };
    refused(order, CP_REASON_BAND);
    CHECK_EQ(0, cp_venue_set_band(venue, 0, 0));
    send_order(order);
    expect_report(0, CP_REPORT_REPLACED, 1, 6, 1, 1, CP_REASON_NONE);
    CHECK_EQ(-EINVAL, cp_venue_set_reference(venue, 0, PRICE_MAX + 1));
    CHECK_EQ(-EINVAL, cp_venue_set_reference(venue, SYMBOLS, 1));
    CHECK_EQ(-EINVAL, cp_venue_set_band(venue, SYMBOLS, 1));
    tear_down();
}

/* ---- sessions -------------------------------------------------------------------------- */

static void the_throttle_counts_new_orders_and_replaces(void)
{
    set_up();
    cp_session s = session(1);
    s.throttle_count = 2;
    CHECK_EQ(-EINVAL, cp_venue_set_session(venue, &s));
    s.throttle_window_ns = 100; /* a message of the kit comes every 7 */
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    limit(1, 1, CP_BUY, 100, 10);
    replace(1, 1, 2, 101, 10);
    expect_report(0, CP_REPORT_REPLACED, 1, 2, 10, 10, CP_REASON_NONE);
    refused(limit_order(1, 3, CP_BUY, 100, 10), CP_REASON_THROTTLE);
    refused((cp_order){ .kind = CP_ORDER_REPLACE,
                        .participant = 1,
                        .client_id = 3,
                        .original_id = 2,
                        .price = 100,
                        .qty = 1 },
            CP_REASON_THROTTLE);
    limit(2, 1, CP_BUY, 100, 10); /* another's */
    expect_counts(1, 1);
    cancel(1, 2); /* always free */
    expect_report(0, CP_REPORT_CANCELLED, 1, 2, 10, 0, CP_REASON_USER);
    now_ns += 51; /* the first came 93 before the next */
    refused(limit_order(1, 3, CP_BUY, 100, 10), CP_REASON_THROTTLE);
    limit(1, 3, CP_BUY, 100, 10);
    expect_report(0, CP_REPORT_ACCEPTED, 1, 3, 10, 10, CP_REASON_NONE);
    tear_down();
}

static void a_session_set_again_keeps_its_window_and_its_deadline(void)
{
    set_up();
    cp_session s = session(1);
    s.throttle_count = 1;
    s.throttle_window_ns = 1000000;
    s.dead_man_ns = 1000;
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    limit(1, 1, CP_BUY, 100, 10);
    s.throttle_count = 2;
    s.dead_man_ns = 5000; /* from the next message on */
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    CHECK(!timer(1000));
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_DEAD_MAN);
    limit(1, 2, CP_BUY, 100, 10);
    refused(limit_order(1, 3, CP_BUY, 100, 10), CP_REASON_THROTTLE); /* two by now */
    s.dead_man_ns = 0;
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    CHECK(!timer(10000)); /* none any more */
    expect_counts(0, 0);
    tear_down();
}

static void a_lost_session_leaves_nothing(void)
{
    set_up();
    cp_session s = session(1);
    s.cancel_on_disconnect = true;
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    s = session(2);
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    limit(2, 1, CP_BUY, 90, 10);
    for (uint64_t id = 0; id < 5000; id++) {
        cp_order order = limit_order(1, id, CP_SELL, 100, 1);
        cp_venue_on_order(venue, &order, now_ns);
        collect();
    }
    cp_venue_on_disconnect(venue, 2, now_ns);
    cp_venue_on_disconnect(venue, 3, now_ns); /* nobody */
    collect();
    expect_counts(0, 0);
    cp_venue_on_disconnect(venue, 1, now_ns);
    collect();
    expect_counts(4096, 4096);
    expect_report(0, CP_REPORT_CANCELLED, 1, 4999, 1, 0, CP_REASON_DISCONNECT);
    CHECK(!timer(1));
    expect_counts(904, 904);
    expect_report(903, CP_REPORT_CANCELLED, 1, 0, 1, 0, CP_REASON_DISCONNECT);
    CHECK(!timer(1));
    expect_counts(0, 0);
    CHECK_EQ(1, cp_venue_resting_count(venue));
    tear_down();
}

static void the_dead_man_pulls_the_orders_of_a_silent_session(void)
{
    set_up();
    for (uint16_t participant = 3; participant > 0; participant--) {
        cp_session s = session(participant);
        s.dead_man_ns = 1000;
        CHECK_EQ(0, cp_venue_set_session(venue, &s));
    }
    limit(1, 1, CP_BUY, 100, 10);
    limit(3, 1, CP_BUY, 100, 10);
    CHECK(!timer(900));
    expect_counts(0, 0);
    cp_venue_on_order(venue, &(cp_order){ .kind = CP_ORDER_HEARTBEAT, .participant = 3 },
                      now_ns);
    collect();
    expect_counts(0, 0);
    CHECK(!timer(93)); /* 7 + 993: the first one's last word is 1000 ago */
    expect_counts(1, 1);
    expect_report(0, CP_REPORT_CANCELLED, 1, 1, 10, 0, CP_REASON_DEAD_MAN);
    CHECK(!timer(2000));
    expect_report(0, CP_REPORT_CANCELLED, 3, 1, 10, 0, CP_REASON_DEAD_MAN);
    CHECK(!timer(2000)); /* it struck once, until the next message */
    expect_counts(0, 0);
    limit(3, 2, CP_BUY, 100, 10);
    limit(2, 2, CP_BUY, 100, 10);
    cp_venue_on_disconnect(venue, 3, now_ns); /* does not ask for more than silence */
    CHECK(!timer(2000));
    expect_counts(1, 1);
    expect_report(0, CP_REPORT_CANCELLED, 2, 2, 10, 0, CP_REASON_DEAD_MAN);
    tear_down();
}

static void a_drop_copy_repeats_each_report(void)
{
    set_up();
    cp_session s = session(1);
    s.drop_copy = true;
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    limit(2, 1, CP_SELL, 100, 10);
    CHECK_EQ(0, cp_venue_drop_copies(venue)->count);
    immediate(1, 1, CP_BUY, 100, 15);
    const cp_outbox *box = cp_venue_drop_copies(venue);
    CHECK_EQ(3, box->count); /* ACCEPTED, its own EXECUTED, CANCELLED */
    const uint32_t of[] = { 0, 2, 3 };
    for (uint32_t i = 0; i < 3; i++)
        CHECK(memcmp(cp_outbox_at(box, i), &reports[of[i]], sizeof(cp_report)) == 0);
    tear_down();
}

static void fees_go_by_liquidity_and_tier(void)
{
    cp_instrument instrument = { .price_max = 1000, .maker_fee = -2, .taker_fee = 30 };
    cp_venue *exchange;
    CHECK_EQ(0, cp_venue_create(&exchange, &instrument, 1, 100));
    const cp_fee_tier tiers[] = { { 0, 1, -5 }, { 10, -1, -20 }, { 11, 0, INT64_MIN } };
    CHECK_EQ(-EINVAL, cp_venue_set_tiers(exchange, tiers, CP_TIER_MAX + 1));
    const cp_fee_tier unsorted[] = { { 5, 0, 0 }, { 5, 0, 0 } };
    CHECK_EQ(-EINVAL, cp_venue_set_tiers(exchange, unsorted, 2));
    CHECK_EQ(0, cp_venue_set_tiers(exchange, tiers, 3));
    cp_session s = session(1);
    CHECK_EQ(0, cp_venue_set_session(exchange, &s));
    const cp_report *out = cp_outbox_at(cp_venue_reports(exchange), 0);
    /* taker quantity, his fee by tier: -5 before 10 lots, -20 at 10, then more than fits */
    const struct {
        uint32_t qty;
        int64_t fee;
    } steps[] = { { 4, 4 * 25 }, { 6, 6 * 25 }, { 1, 10 }, { 2, 0 } };
    for (uint32_t i = 0; i < 3; i++) {
        cp_order order = limit_order(2, i, CP_SELL, 100, steps[i].qty);
        cp_venue_on_order(exchange, &order, 1);
        cp_outbox_clear(cp_venue_reports(exchange));
        order = limit_order(1, i, CP_BUY, 100, steps[i].qty);
        cp_venue_on_order(exchange, &order, 1);
        CHECK_EQ(-2 * (int64_t)steps[i].qty, out[1].fee); /* the maker is in no tier */
        CHECK_EQ(steps[i].fee, out[2].fee);
        cp_outbox_clear(cp_venue_reports(exchange));
    }
    cp_order order = limit_order(2, 9, CP_SELL, 100, 2);
    cp_venue_on_order(exchange, &order, 1);
    order = limit_order(1, 9, CP_BUY, 100, 2);
    cp_outbox_clear(cp_venue_reports(exchange));
    cp_venue_on_order(exchange, &order, 1);
    CHECK_EQ(-INT64_MAX, out[2].fee); /* saturates */
    cp_outbox_clear(cp_venue_reports(exchange));
    order = limit_order(1, 10, CP_SELL, 100, 3); /* and as a maker: tier 0 */
    cp_venue_on_order(exchange, &order, 1);
    order = limit_order(2, 10, CP_BUY, 100, 3);
    cp_outbox_clear(cp_venue_reports(exchange));
    cp_venue_on_order(exchange, &order, 1);
    CHECK_EQ(-6, out[1].fee);
    CHECK_EQ(90, out[2].fee);
    cp_venue_destroy(exchange);
}

static void sessions_are_limited(void)
{
    set_up();
    for (uint32_t i = 0; i < CP_SESSION_MAX; i++) {
        cp_session s = session((uint16_t)(60000 - i));
        CHECK_EQ(0, cp_venue_set_session(venue, &s));
    }
    cp_session s = session(1);
    CHECK_EQ(-ENOSPC, cp_venue_set_session(venue, &s));
    s = session(60000); /* one that is known may change */
    CHECK_EQ(0, cp_venue_set_session(venue, &s));
    tear_down();
}

int main(void)
{
    RUN(each_phase_takes_its_messages_and_no_others);
    RUN(phases_follow_each_other);
    RUN(a_cross_is_at_the_price_with_the_greatest_volume);
    RUN(a_cross_prefers_the_least_imbalance_and_then_the_reference);
    RUN(a_cross_goes_by_price_and_time);
    RUN(icebergs_cross_with_all_they_have);
    RUN(a_large_cross_takes_several_steps);
    RUN(day_orders_expire_at_the_close_and_gtc_orders_stay);
    RUN(a_price_band_bounds_the_taker);
    RUN(the_throttle_counts_new_orders_and_replaces);
    RUN(a_session_set_again_keeps_its_window_and_its_deadline);
    RUN(a_lost_session_leaves_nothing);
    RUN(the_dead_man_pulls_the_orders_of_a_silent_session);
    RUN(a_drop_copy_repeats_each_report);
    RUN(fees_go_by_liquidity_and_tier);
    RUN(sessions_are_limited);
    return 0;
}
