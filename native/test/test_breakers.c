/* Circuit breakers, and the checks that need a desk with orders of its own. The orders are
 * sent by hand, as strategies in slots 0 and 1 would. */
#include "desk_kit.h"

#define REJECTS_MAX 20 /* the standard triggers */
#define SLOW_MAX 5
#define SLOW_NS 500000000u

#define BID 14998
#define ASK 15002

static kit *open_kit(void)
{
    kit *k = kit_make();
    kit_open(k);
    kit_market(k, 0, BID, ASK, 500);
    kit_market(k, 1, BID, ASK, 500);
    return k;
}

static uint32_t send(kit *k, uint32_t slot, cp_side side, int64_t price, uint32_t qty,
                     cp_purpose purpose)
{
    k->desk->now_ns = k->now_ns;
    uint32_t place = cp_desk_send_new(k->desk, slot, 0, side, price, qty, purpose);
    if (place != CP_NONE && purpose == CP_PURPOSE_QUOTE)
        k->desk->slots[slot].quotes[side] = place;
    kit_carry(k);
    return place;
}

static uint32_t quote(kit *k, uint32_t slot, cp_side side, int64_t price, uint32_t qty)
{
    return send(k, slot, side, price, qty, CP_PURPOSE_QUOTE);
}

static void refused_for(const kit *k, uint32_t refusal, int64_t would_be)
{
    const cp_note *note = kit_note(k, CP_NOTE_REFUSAL);
    CHECK(note != NULL);
    CHECK_EQ(refusal, note->a);
    CHECK_EQ(would_be, note->d);
}

static const cp_breaker_picture *picture_of(kit *k, cp_breaker which)
{
    return &kit_picture(k)->breakers[which];
}

static uint32_t state_of(kit *k)
{
    return kit_picture(k)->risk_state;
}

static void tripped(kit *k, cp_breaker which, int64_t figure, int64_t trigger)
{
    const cp_note *note = kit_note(k, CP_NOTE_BREAKER);
    CHECK(note != NULL);
    CHECK_EQ(which, note->a);
    CHECK_EQ(trigger, note->b);
    CHECK_EQ(figure, note->c);
    CHECK_EQ(CP_CRITICAL, note->severity);
    CHECK_EQ(CP_RISK_PAUSED, state_of(k));
    CHECK_EQ(CP_CAUSE_BREAKER, kit_note(k, CP_NOTE_STATE)->c);
    CHECK(picture_of(k, which)->tripped_ns != 0);
    CHECK_EQ(figure, picture_of(k, which)->figure);
    CHECK_EQ(1, picture_of(k, which)->trip_count);
    /* Said once; the operator resets it. */
    uint32_t notes = k->note_count;
    kit_timer(k);
    CHECK_EQ(notes, k->note_count);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_RESUME });
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    CHECK_EQ(0, picture_of(k, which)->tripped_ns);
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
}

/* ---- checks against orders of its own ---- */

static void never_meets_an_order_of_its_own_whatever_slot(void)
{
    kit *k = open_kit();
    CHECK(quote(k, 0, CP_SELL, 15001, 7) != CP_NONE);
    CHECK_EQ(CP_NONE, quote(k, 1, CP_BUY, 15001, 5));
    refused_for(k, CP_LIMIT_SELF_CROSS, 7);
    CHECK_EQ(0, kit_note(k, CP_NOTE_REFUSAL)->client_id); /* fewer would meet it too */
    CHECK_EQ(CP_NONE, send(k, 1, CP_BUY, 15003, 5, CP_PURPOSE_TAKE));
    CHECK(quote(k, 1, CP_BUY, 15000, 5) != CP_NONE);
    CHECK_EQ(CP_NONE, quote(k, 0, CP_SELL, 15000, 5));
    kit_close(k);
}

static void counts_a_moving_order_at_both_of_its_prices(void)
{
    kit *k = open_kit();
    uint32_t place = quote(k, 0, CP_SELL, 15001, 7);
    kit_accept(k, *kit_last(k));
    CHECK(cp_desk_send_replace(k->desk, place, 15004, 3));
    kit_carry(k);
    cp_order moved = *kit_last(k);
    CHECK_EQ(CP_NONE, quote(k, 1, CP_BUY, 15001, 5));
    refused_for(k, CP_LIMIT_SELF_CROSS, 7);
    kit_wait(k, KIT_SECOND);
    CHECK_EQ(CP_NONE, quote(k, 1, CP_BUY, 15004, 5));
    refused_for(k, CP_LIMIT_SELF_CROSS, 10);
    kit_replaced(k, moved);
    CHECK(quote(k, 1, CP_BUY, 15001, 5) != CP_NONE);
    uint32_t bid = k->desk->slots[1].quotes[CP_BUY];
    kit_accept(k, *kit_last(k));
    CHECK(!cp_desk_send_replace(k->desk, bid, 15004, 5)); /* a replace is no way round */
    CHECK(cp_desk_send_replace(k->desk, bid, 15003, 5));
    kit_close(k);
}

static void is_not_met_by_what_never_rests(void)
{
    kit *k = open_kit();
    CHECK(send(k, 0, CP_SELL, BID, 7, CP_PURPOSE_TAKE) != CP_NONE);
    CHECK(send(k, 1, CP_BUY, ASK, 7, CP_PURPOSE_TAKE) != CP_NONE);
    kit_close(k);
}

static void finds_an_order_it_has_adopted(void)
{
    kit *k = open_kit();
    CHECK(quote(k, 0, CP_BUY, 14990, 1) != CP_NONE);
    CHECK(quote(k, 0, CP_SELL, 15010, 1) != CP_NONE); /* nothing in the way so far */
    cp_own_order found = { .client_id = 1u << 30,
                           .price = 15003,
                           .qty = 4,
                           .asked = 4,
                           .leaves = 4,
                           .side = CP_SELL,
                           .state = CP_STATE_LIVE,
                           .purpose = CP_PURPOSE_INHERITED,
                           .accepted = true };
    CHECK(cp_orders_adopt(&k->desk->orders, &found) != CP_NONE);
    cp_ask_forget(k->desk);
    CHECK_EQ(CP_NONE, quote(k, 1, CP_BUY, 15003, 5));
    refused_for(k, CP_LIMIT_SELF_CROSS, 4);
    kit_close(k);
}

static void holds_back_the_same_order_again_and_again(void)
{
    kit *k = kit_make();
    k->config.limits[CP_LIMIT_SAME_ORDERS] = 3;
    kit_open(k);
    kit_market(k, 0, BID, ASK, 500);
    for (int i = 0; i < 3; i++)
        CHECK(send(k, 0, CP_BUY, 15000, 5, CP_PURPOSE_TAKE) != CP_NONE);
    CHECK_EQ(CP_NONE, send(k, 0, CP_BUY, 15000, 5, CP_PURPOSE_TAKE));
    refused_for(k, CP_LIMIT_SAME_ORDERS, 4);
    CHECK(send(k, 0, CP_BUY, 15000, 6, CP_PURPOSE_TAKE) != CP_NONE);
    CHECK(send(k, 1, CP_BUY, 15000, 5, CP_PURPOSE_TAKE) != CP_NONE);
    kit_wait(k, 2ull * KIT_SECOND);
    CHECK(send(k, 0, CP_BUY, 15000, 5, CP_PURPOSE_TAKE) != CP_NONE);
    kit_close(k);
}

static void wants_a_market_that_is_young_and_close(void)
{
    kit *k = open_kit();
    kit_wait(k, 10000ull * 1000000);
    CHECK(quote(k, 0, CP_BUY, 14990, 1) != CP_NONE);
    kit_wait(k, 1);
    CHECK_EQ(CP_NONE, quote(k, 0, CP_SELL, 15010, 1));
    refused_for(k, CP_LIMIT_DATA_AGE, 10001);
    kit_wait(k, KIT_SECOND);
    kit_market(k, 0, 14900, 15051, 500);
    CHECK_EQ(CP_NONE, quote(k, 0, CP_SELL, 15010, 1));
    refused_for(k, CP_LIMIT_SPREAD, 101);
    kit_wait(k, KIT_SECOND);
    kit_market(k, 0, 14950, 15050, 500);
    kit_md(k, (cp_md){ .kind = CP_MD_TRADE, .symbol = 0, .price = 15151, .qty = 1 });
    CHECK_EQ(CP_NONE, quote(k, 0, CP_SELL, 14999, 1));
    refused_for(k, CP_LIMIT_LAST_COLLAR, 101);
    CHECK(quote(k, 0, CP_SELL, 15000, 1) != CP_NONE);
    kit_close(k);
}

static void sends_nothing_new_while_trading_pauses(void)
{
    kit *k = open_kit();
    for (cp_phase phase = CP_PHASE_PRE_OPEN; phase < CP_PHASE_COUNT; phase++) {
        kit_md(k, (cp_md){ .kind = CP_MD_PHASE, .symbol = 0, .qty = phase });
        CHECK_EQ(phase, kit_picture(k)->symbols[0].phase);
        CHECK_EQ(CP_PHASE_CONTINUOUS, kit_picture(k)->symbols[1].phase);
        CHECK_EQ(CP_NONE, quote(k, 0, CP_SELL, 15010, 1));
    }
    kit_md(k, (cp_md){ .kind = CP_MD_PHASE, .symbol = 0, .qty = CP_PHASE_CONTINUOUS });
    CHECK(quote(k, 0, CP_SELL, 15010, 1) != CP_NONE);
    kit_close(k);
}

static void sets_long_and_short_against_each_other_but_no_hopes(void)
{
    kit *k = kit_make();
    k->config.limits[CP_LIMIT_NET_EXPOSURE] = 1500 * KIT_MONEY; /* ten lots at 150 */
    kit_open(k);
    kit_market(k, 0, BID, ASK, 500);
    kit_market(k, 1, BID, ASK, 500);
    CHECK(quote(k, 0, CP_BUY, 14999, 6) != CP_NONE);
    cp_order bid = *kit_last(k);
    CHECK_EQ(CP_NONE, quote(k, 1, CP_BUY, 14999, 5));
    CHECK_EQ(4, kit_note(k, CP_NOTE_REFUSAL)->client_id);
    /* A sell that may not fill makes no room; six bought do, for sixteen sold. */
    CHECK_EQ(CP_NONE,
             cp_desk_send_new(k->desk, 1, 1, CP_SELL, 15001, 11, CP_PURPOSE_QUOTE));
    kit_fill(k, bid, 14999, 6, 0, CP_MAKER);
    uint32_t place =
        cp_desk_send_new(k->desk, 1, 1, CP_SELL, 15001, 16, CP_PURPOSE_QUOTE);
    CHECK(place != CP_NONE);
    CHECK_EQ(1500 * KIT_MONEY, kit_picture(k)->limits[CP_LIMIT_NET_EXPOSURE].used);
    kit_close(k);
}

static void halts_when_a_profit_melts_away(void)
{
    kit *k = kit_make();
    k->config.limits[CP_LIMIT_DRAWDOWN] = 10 * KIT_MONEY;
    kit_open(k);
    kit_market(k, 0, BID, ASK, 500);
    CHECK(quote(k, 0, CP_BUY, 15000, 10) != CP_NONE);
    kit_fill(k, *kit_last(k), 15000, 10, 0, CP_MAKER);
    kit_market(k, 0, 15298, 15302, 500); /* 30.00 up, and the rebate */
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_market(k, 0, 15199, 15203, 500); /* 9.90 less */
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_market(k, 0, 15198, 15202, 500); /* 10.00 less */
    kit_timer(k);
    CHECK_EQ(CP_RISK_HALTED, state_of(k));
    CHECK_EQ(CP_CAUSE_DRAWDOWN, kit_note(k, CP_NOTE_STATE)->c);
    CHECK_EQ(10 * KIT_MONEY, kit_picture(k)->limits[CP_LIMIT_DRAWDOWN].used);
    CHECK_EQ(1, kit_picture(k)->limits[CP_LIMIT_DRAWDOWN].refusal_count);
    kit_close(k);
}

/* As after a restart: positions are there before the market is. */
static void makes_no_profit_or_loss_of_positions_without_a_price(void)
{
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        kit *k = kit_make();
        kit_open(k);
        k->desk->equity_peak = 5 * KIT_MONEY;
        cp_position_fill(&k->desk->positions[0], (cp_side)side, 15000, 100, 0);
        cp_desk_has_moved(k->desk, 1);
        kit_timer(k);
        CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
        CHECK_EQ(5 * KIT_MONEY, kit_picture(k)->equity_peak);
        CHECK_EQ(0, kit_picture(k)->unrealised);
        kit_market(k, 0, BID, ASK, 500);
        kit_timer(k);
        CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
        kit_market(k, 0, side == CP_BUY ? 12000 : 17999, side == CP_BUY ? 12001 : 18000,
                   500);
        kit_timer(k);
        CHECK_EQ(CP_RISK_HALTED, state_of(k));
        kit_close(k);
    }
}

/* ---- breakers ---- */

static void reject(kit *k)
{
    cp_order order = *kit_last(k);
    kit_report(k, (cp_report){ .kind = CP_REPORT_REJECTED,
                               .client_id = order.client_id,
                               .symbol = order.symbol,
                               .side = order.side,
                               .reason = CP_REASON_BAND });
}

static void trips_on_rejects_and_pulls_what_rests(void)
{
    kit *k = open_kit();
    CHECK(quote(k, 0, CP_BUY, 14990, 1) != CP_NONE);
    kit_accept(k, *kit_last(k));
    for (int i = 0; i <= REJECTS_MAX; i++) {
        CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
        CHECK(send(k, 1, CP_BUY, 14950 + i, 5, CP_PURPOSE_TAKE) != CP_NONE);
        reject(k);
    }
    CHECK_EQ(CP_ORDER_CANCEL_ALL, kit_last(k)->kind);
    tripped(k, CP_BREAKER_REJECTS, REJECTS_MAX + 1, REJECTS_MAX);
    /* As many, more than a second apart, are no storm. */
    for (int i = 0; i <= REJECTS_MAX; i++) {
        kit_wait(k, KIT_SECOND / 15);
        CHECK(send(k, 1, CP_BUY, 14950 + i, 5, CP_PURPOSE_TAKE) != CP_NONE);
        reject(k);
    }
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_close(k);
}

static void answer_after(kit *k, int64_t price, uint64_t ns)
{
    CHECK(send(k, 1, CP_BUY, price, 5, CP_PURPOSE_TAKE) != CP_NONE);
    kit_wait(k, ns);
    cp_order order = *kit_last(k);
    kit_accept(k, order);
    kit_cancelled(k, order.client_id, 5, CP_REASON_IOC);
}

static void trips_on_answers_that_stay_slow(void)
{
    kit *k = open_kit();
    for (int i = 0; i < 20; i++) /* now and then is the machine's doing */
        answer_after(k, 14950 + i, i % 5 == 4 ? 1000 : SLOW_NS + 1);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_market(k, 0, BID, ASK, 500);
    for (int i = 0; i <= SLOW_MAX; i++)
        answer_after(k, 14950 + i, SLOW_NS + 1);
    tripped(k, CP_BREAKER_LATENCY, SLOW_MAX + 1, SLOW_MAX);
    kit_close(k);
}

/* So many fills of one lot each of one order, at prices that differ or not. */
static void fill_often(kit *k, uint32_t count, int64_t step)
{
    CHECK(quote(k, 0, CP_BUY, 14990, 50) != CP_NONE);
    cp_order order = *kit_last(k);
    kit_accept(k, order);
    for (uint32_t i = 0; i < count; i++)
        kit_fill(k, order, 14990 - step * i, 1, 49 - i, CP_MAKER);
}

static void trips_on_more_fills_than_it_may_send_messages(void)
{
    kit *k = kit_make();
    k->config.limits[CP_LIMIT_MESSAGE_RATE] = 30;
    kit_open(k);
    kit_market(k, 0, BID, ASK, 500);
    fill_often(k, 30, 1);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_fill(k, k->orders[0], 14900, 1, 19, CP_MAKER);
    tripped(k, CP_BREAKER_FILLS, 31, 30);
    kit_close(k);
}

static void trips_on_the_same_execution_again_and_again(void)
{
    kit *k = kit_make();
    k->config.limits[CP_LIMIT_SAME_ORDERS] = 12;
    kit_open(k);
    kit_market(k, 0, BID, ASK, 500);
    fill_often(k, 12, 0);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_fill(k, k->orders[0], 14990, 1, 37, CP_MAKER);
    tripped(k, CP_BREAKER_EXECUTIONS, 13, 12);
    kit_close(k);
}

static void trips_on_a_feed_that_stands_still_while_orders_rest(void)
{
    kit *k = open_kit();
    kit_timer(k);
    kit_wait(k, 60ull * KIT_SECOND); /* nothing rests: nothing to fear */
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_market(k, 0, BID, ASK, 500);
    CHECK(quote(k, 0, CP_BUY, 14990, 1) != CP_NONE);
    kit_accept(k, *kit_last(k));
    kit_timer(k);
    kit_wait(k, 10ull * KIT_SECOND);
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_wait(k, 1000000);
    kit_timer(k);
    CHECK_EQ(CP_ORDER_CANCEL_ALL, kit_last(k)->kind);
    tripped(k, CP_BREAKER_FEED, 10001, 10000);
    kit_close(k);
}

/* As after a restart: orders are there before the market is, and the clock is no new one. */
static void waits_for_a_feed_from_when_it_begins_to_look(void)
{
    kit *k = kit_make();
    kit_open(k);
    cp_own_order found = { .client_id = 1u << 30,
                           .price = 14990,
                           .qty = 4,
                           .asked = 4,
                           .leaves = 4,
                           .state = CP_STATE_LIVE,
                           .purpose = CP_PURPOSE_INHERITED,
                           .accepted = true };
    CHECK(cp_orders_adopt(&k->desk->orders, &found) != CP_NONE);
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_wait(k, 10ull * KIT_SECOND);
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_wait(k, 1000000);
    kit_timer(k);
    tripped(k, CP_BREAKER_FEED, 10001, 10000);
    kit_close(k);
}

static void leaves_a_stricter_state_alone(void)
{
    kit *k = open_kit();
    for (int i = 0; i <= REJECTS_MAX; i++) {
        CHECK(send(k, 1, CP_BUY, 14950 + i, 5, CP_PURPOSE_TAKE) != CP_NONE);
        if (i == REJECTS_MAX)
            cp_desk_set_state(k->desk, CP_RISK_HALTED, CP_CAUSE_OPERATOR);
        reject(k);
    }
    CHECK_EQ(CP_RISK_HALTED, state_of(k));
    CHECK(picture_of(k, CP_BREAKER_REJECTS)->tripped_ns != 0);
    kit_close(k);
}

/* With one trigger set while it runs. */
static kit *open_with(cp_trigger trigger, int64_t value, cp_trigger second, int64_t other)
{
    kit *k = open_kit();
    cp_control set = { .kind = CP_CONTROL_LIMITS, .version = 2 };
    kit_limits(set.limits);
    set.triggers[trigger] = value;
    set.triggers[second] = other;
    kit_control(k, set);
    for (uint32_t i = 0; i < CP_TRIGGER_COUNT; i++)
        CHECK_EQ(i == second              ? other
                 : i == (uint32_t)trigger ? value
                                          : (int64_t)cp_trigger_parameter(i)->standard,
                 kit_picture(k)->triggers[i]);
    return k;
}

static void trips_at_the_figure_that_is_set(void)
{
    kit *k = open_with(CP_TRIGGER_SLOW_COUNT, 1, CP_TRIGGER_SLOW_ANSWER, 20);
    answer_after(k, 14951, 20000001);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    answer_after(k, 14952, 20000001);
    tripped(k, CP_BREAKER_LATENCY, 2, 1);
    kit_close(k);
    k = open_with(CP_TRIGGER_FILL_COUNT, 4, CP_TRIGGER_FILL_COUNT, 4);
    fill_often(k, 5, 1);
    tripped(k, CP_BREAKER_FILLS, 5, 4);
    kit_close(k);
    k = open_with(CP_TRIGGER_SAME_FILL_COUNT, 2, CP_TRIGGER_FILL_COUNT, 3);
    fill_often(k, 3, 0);
    tripped(k, CP_BREAKER_EXECUTIONS, 3, 2);
    kit_close(k);
    k = open_with(CP_TRIGGER_FEED_SILENCE, 700, CP_TRIGGER_FEED_SILENCE, 700);
    CHECK(quote(k, 0, CP_BUY, 14990, 1) != CP_NONE);
    kit_accept(k, *kit_last(k));
    kit_timer(k);
    kit_wait(k, 700000001);
    kit_timer(k);
    tripped(k, CP_BREAKER_FEED, 701, 700);
    kit_close(k);
}

/* Four rejects in three seconds: too many in five seconds, few enough in one. */
static void counts_in_the_window_that_is_set(void)
{
    for (int64_t window = 1000; window <= 5000; window += 4000) {
        kit *k = open_with(CP_TRIGGER_REJECT_COUNT, 3, CP_TRIGGER_REJECT_WINDOW, window);
        for (int i = 0; i < 4; i++) {
            CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
            CHECK(send(k, 1, CP_BUY, 14950 + i, 5, CP_PURPOSE_TAKE) != CP_NONE);
            reject(k);
            kit_wait(k, i < 3 ? KIT_SECOND : 0);
            kit_market(k, 0, BID, ASK, 500);
        }
        if (window == 5000)
            tripped(k, CP_BREAKER_REJECTS, 4, 3);
        CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
        kit_close(k);
    }
}

static void names_every_breaker(void)
{
    for (uint32_t i = 0; i < CP_BREAKER_COUNT; i++)
        CHECK(cp_breaker_name(i)[0] && cp_breaker_help(i)[0]);
    for (uint32_t i = 0; i < CP_TRIGGER_COUNT; i++) {
        const cp_parameter *trigger = cp_trigger_parameter(i);
        CHECK(trigger->name[0] && trigger->unit[0] && trigger->help[0]);
        CHECK(trigger->minimum <= trigger->standard &&
              trigger->standard <= trigger->maximum);
    }
    CHECK(!cp_trigger_parameter(CP_TRIGGER_COUNT));
    CHECK(!cp_breaker_name(CP_BREAKER_COUNT) && !cp_breaker_help(CP_BREAKER_COUNT));
}

int main(void)
{
    RUN(never_meets_an_order_of_its_own_whatever_slot);
    RUN(counts_a_moving_order_at_both_of_its_prices);
    RUN(is_not_met_by_what_never_rests);
    RUN(finds_an_order_it_has_adopted);
    RUN(holds_back_the_same_order_again_and_again);
    RUN(wants_a_market_that_is_young_and_close);
    RUN(sends_nothing_new_while_trading_pauses);
    RUN(sets_long_and_short_against_each_other_but_no_hopes);
    RUN(halts_when_a_profit_melts_away);
    RUN(makes_no_profit_or_loss_of_positions_without_a_price);
    RUN(trips_on_rejects_and_pulls_what_rests);
    RUN(trips_on_answers_that_stay_slow);
    RUN(trips_on_more_fills_than_it_may_send_messages);
    RUN(trips_on_the_same_execution_again_and_again);
    RUN(trips_on_a_feed_that_stands_still_while_orders_rest);
    RUN(waits_for_a_feed_from_when_it_begins_to_look);
    RUN(leaves_a_stricter_state_alone);
    RUN(trips_at_the_figure_that_is_set);
    RUN(counts_in_the_window_that_is_set);
    RUN(names_every_breaker);
    return 0;
}
