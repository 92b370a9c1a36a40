/* Orders: every pair of state and event, the races at the venue, and what the operator's
 * controls make of what is working. */
#include "base/random.h"
#include "desk_kit.h"

#define SEED 7u

/* ---- the table ---- */

typedef struct rule {
    uint8_t from;
    cp_order_event event;
    uint8_t to;
} rule;

/* All that is allowed, written from the rules of the venue and not from the table. */
static const rule rules[] = {
    { CP_STATE_FREE, CP_EVENT_NEW, CP_STATE_PENDING_NEW },
    /* Whatever can still trade may expire, be doubted, be found resting, be found gone. */
    { CP_STATE_PENDING_NEW, CP_EVENT_EXPIRED, CP_STATE_EXPIRED },
    { CP_STATE_PENDING_NEW, CP_EVENT_DOUBTED, CP_STATE_UNKNOWN },
    { CP_STATE_PENDING_NEW, CP_EVENT_FOUND, CP_STATE_LIVE },
    { CP_STATE_PENDING_NEW, CP_EVENT_GONE, CP_STATE_CANCELLED },
    { CP_STATE_LIVE, CP_EVENT_EXPIRED, CP_STATE_EXPIRED },
    { CP_STATE_LIVE, CP_EVENT_DOUBTED, CP_STATE_UNKNOWN },
    { CP_STATE_LIVE, CP_EVENT_FOUND, CP_STATE_LIVE },
    { CP_STATE_LIVE, CP_EVENT_GONE, CP_STATE_CANCELLED },
    { CP_STATE_PARTIAL, CP_EVENT_EXPIRED, CP_STATE_EXPIRED },
    { CP_STATE_PARTIAL, CP_EVENT_DOUBTED, CP_STATE_UNKNOWN },
    { CP_STATE_PARTIAL, CP_EVENT_FOUND, CP_STATE_PARTIAL },
    { CP_STATE_PARTIAL, CP_EVENT_GONE, CP_STATE_CANCELLED },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_EXPIRED, CP_STATE_EXPIRED },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_DOUBTED, CP_STATE_UNKNOWN },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_FOUND, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_GONE, CP_STATE_CANCELLED },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_EXPIRED, CP_STATE_EXPIRED },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_DOUBTED, CP_STATE_UNKNOWN },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_FOUND, CP_STATE_PENDING_REPLACE },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_GONE, CP_STATE_CANCELLED },
    /* An unknown order takes any answer, however late; nothing but a cancel of all is
     * asked of it, and only an answer ends the doubt. */
    { CP_STATE_UNKNOWN, CP_EVENT_CANCEL, CP_STATE_UNKNOWN },
    { CP_STATE_UNKNOWN, CP_EVENT_ACCEPTED, CP_STATE_LIVE },
    { CP_STATE_UNKNOWN, CP_EVENT_EXECUTED, CP_STATE_UNKNOWN },
    { CP_STATE_UNKNOWN, CP_EVENT_FILLED, CP_STATE_FILLED },
    { CP_STATE_UNKNOWN, CP_EVENT_REDUCED, CP_STATE_UNKNOWN },
    { CP_STATE_UNKNOWN, CP_EVENT_CANCELLED, CP_STATE_CANCELLED },
    { CP_STATE_UNKNOWN, CP_EVENT_REPLACED, CP_STATE_LIVE },
    { CP_STATE_UNKNOWN, CP_EVENT_REJECTED, CP_STATE_REJECTED },
    { CP_STATE_UNKNOWN, CP_EVENT_CANCEL_REJECTED, CP_STATE_UNKNOWN },
    { CP_STATE_UNKNOWN, CP_EVENT_REPLACE_REJECTED, CP_STATE_UNKNOWN },
    { CP_STATE_UNKNOWN, CP_EVENT_EXPIRED, CP_STATE_EXPIRED },
    { CP_STATE_UNKNOWN, CP_EVENT_FOUND, CP_STATE_LIVE },
    { CP_STATE_UNKNOWN, CP_EVENT_GONE, CP_STATE_CANCELLED },
    { CP_STATE_EXPIRED, CP_EVENT_CANCEL_REJECTED, CP_STATE_EXPIRED },
    { CP_STATE_EXPIRED, CP_EVENT_REPLACE_REJECTED, CP_STATE_EXPIRED },
    { CP_STATE_PENDING_NEW, CP_EVENT_CANCEL, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_NEW, CP_EVENT_ACCEPTED, CP_STATE_LIVE },
    { CP_STATE_PENDING_NEW, CP_EVENT_EXECUTED, CP_STATE_PENDING_NEW },
    { CP_STATE_PENDING_NEW, CP_EVENT_FILLED, CP_STATE_FILLED },
    { CP_STATE_PENDING_NEW, CP_EVENT_REDUCED, CP_STATE_PENDING_NEW },
    { CP_STATE_PENDING_NEW, CP_EVENT_CANCELLED, CP_STATE_CANCELLED },
    { CP_STATE_PENDING_NEW, CP_EVENT_REJECTED, CP_STATE_REJECTED },
    { CP_STATE_LIVE, CP_EVENT_CANCEL, CP_STATE_PENDING_CANCEL },
    { CP_STATE_LIVE, CP_EVENT_REPLACE, CP_STATE_PENDING_REPLACE },
    { CP_STATE_LIVE, CP_EVENT_EXECUTED, CP_STATE_PARTIAL },
    { CP_STATE_LIVE, CP_EVENT_FILLED, CP_STATE_FILLED },
    { CP_STATE_LIVE, CP_EVENT_REDUCED, CP_STATE_LIVE },
    { CP_STATE_LIVE, CP_EVENT_CANCELLED, CP_STATE_CANCELLED },
    { CP_STATE_PARTIAL, CP_EVENT_CANCEL, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PARTIAL, CP_EVENT_REPLACE, CP_STATE_PENDING_REPLACE },
    { CP_STATE_PARTIAL, CP_EVENT_EXECUTED, CP_STATE_PARTIAL },
    { CP_STATE_PARTIAL, CP_EVENT_FILLED, CP_STATE_FILLED },
    { CP_STATE_PARTIAL, CP_EVENT_REDUCED, CP_STATE_PARTIAL },
    { CP_STATE_PARTIAL, CP_EVENT_CANCELLED, CP_STATE_CANCELLED },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_CANCEL, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_ACCEPTED, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_EXECUTED, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_FILLED, CP_STATE_FILLED },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_REDUCED, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_CANCELLED, CP_STATE_CANCELLED },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_REPLACED, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_REJECTED, CP_STATE_REJECTED },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_CANCEL_REJECTED, CP_STATE_LIVE },
    { CP_STATE_PENDING_CANCEL, CP_EVENT_REPLACE_REJECTED, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_CANCEL, CP_STATE_PENDING_CANCEL },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_EXECUTED, CP_STATE_PENDING_REPLACE },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_FILLED, CP_STATE_FILLED },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_REDUCED, CP_STATE_PENDING_REPLACE },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_CANCELLED, CP_STATE_CANCELLED },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_REPLACED, CP_STATE_LIVE },
    { CP_STATE_PENDING_REPLACE, CP_EVENT_REPLACE_REJECTED, CP_STATE_LIVE },
    { CP_STATE_FILLED, CP_EVENT_CANCEL_REJECTED, CP_STATE_FILLED },
    { CP_STATE_FILLED, CP_EVENT_REPLACE_REJECTED, CP_STATE_FILLED },
    { CP_STATE_CANCELLED, CP_EVENT_CANCEL_REJECTED, CP_STATE_CANCELLED },
    { CP_STATE_CANCELLED, CP_EVENT_REPLACE_REJECTED, CP_STATE_CANCELLED },
    { CP_STATE_REJECTED, CP_EVENT_CANCEL_REJECTED, CP_STATE_REJECTED },
    { CP_STATE_REJECTED, CP_EVENT_REPLACE_REJECTED, CP_STATE_REJECTED },
};

static void answers_every_pair_of_state_and_event(void)
{
    for (uint8_t state = 0; state < CP_STATE_COUNT; state++) {
        for (int event = 0; event < CP_EVENT_COUNT; event++) {
            uint8_t want = CP_STATE_NO_ANSWER;
            for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
                if (rules[i].from == state && (int)rules[i].event == event)
                    want = rules[i].to;
            CHECK_EQ(want,
                     cp_order_next_state(state, (cp_order_event)event, false, true));
            bool back =
                want == CP_STATE_LIVE &&
                (state == CP_STATE_PENDING_CANCEL || state == CP_STATE_PENDING_NEW ||
                 state == CP_STATE_UNKNOWN || state == CP_STATE_PENDING_REPLACE);
            uint8_t want_filled = back ? CP_STATE_PARTIAL : want;
            uint8_t got = cp_order_next_state(state, (cp_order_event)event, true, true);
            if (state != CP_STATE_LIVE) /* which by its name has not traded */
                CHECK_EQ(want_filled, got);
        }
    }
    CHECK_EQ(CP_STATE_PENDING_NEW,
             cp_order_next_state(CP_STATE_PENDING_CANCEL, CP_EVENT_CANCEL_REJECTED, false,
                                 false));
}

/* ---- the table of orders, with a report of every kind in every state ---- */

static cp_own_terms terms(uint32_t qty)
{
    return (cp_own_terms){ .price = 100, .qty = qty, .symbol = 1, .side = CP_SELL };
}

static uint32_t open_in(cp_orders *orders, uint8_t state)
{
    cp_own_terms wanted = terms(10);
    uint32_t place = cp_orders_open(orders, &wanted);
    uint64_t id = orders->orders[place].client_id;
    if (state == CP_STATE_PENDING_NEW)
        return place;
    cp_orders_on_report(orders,
                        &(cp_report){ .kind = CP_REPORT_ACCEPTED, .client_id = id }, 1);
    if (state == CP_STATE_PARTIAL)
        cp_orders_on_report(
            orders,
            &(cp_report){
                .kind = CP_REPORT_EXECUTED, .client_id = id, .qty = 4, .leaves = 6 },
            2);
    if (state == CP_STATE_PENDING_CANCEL)
        CHECK(cp_orders_ask_cancel(orders, place, false));
    if (state == CP_STATE_PENDING_REPLACE)
        CHECK(cp_orders_ask_replace(orders, place, 101, 12));
    CHECK_EQ(state, orders->orders[place].state);
    return place;
}

static int64_t sum_working(const cp_orders *orders)
{
    int64_t sum = 0;
    for (uint32_t i = orders->first; i != CP_NONE; i = orders->orders[i].next)
        sum += cp_order_worst_qty(&orders->orders[i]);
    return sum;
}

static void survives_any_report_in_any_state(void)
{
    static const uint8_t states[] = { CP_STATE_PENDING_NEW, CP_STATE_LIVE,
                                      CP_STATE_PARTIAL, CP_STATE_PENDING_CANCEL,
                                      CP_STATE_PENDING_REPLACE };
    static const uint32_t sizes[] = { 0, 1, 6, 10, 11, UINT32_MAX };
    for (size_t s = 0; s < sizeof(states); s++) {
        for (uint8_t kind = 0; kind < 10; kind++) {
            for (size_t i = 0; i < 36; i++) {
                cp_orders orders;
                CHECK_EQ(0, cp_orders_init(&orders, 4));
                uint32_t place = open_in(&orders, states[s]);
                cp_own_order before = orders.orders[place];
                cp_report report = { .kind = kind,
                                     .client_id = before.client_id,
                                     .original_id = i % 2 ? before.client_id : 0,
                                     .qty = sizes[i / 6],
                                     .leaves = sizes[i % 6] };
                cp_order_outcome outcome = cp_orders_on_report(&orders, &report, 9);
                CHECK(outcome.filled <= before.leaves);
                CHECK_EQ(sum_working(&orders), orders.working_qty[1][CP_SELL]);
                const cp_own_order *own = &orders.orders[place];
                if (!outcome.expected && outcome.filled == 0)
                    CHECK(memcmp(own, &before, sizeof(before)) == 0);
                if (outcome.done)
                    cp_orders_close(&orders, place);
                CHECK_EQ(sum_working(&orders), orders.working_qty[1][CP_SELL]);
                CHECK(orders.working_count == (outcome.ended ? 0u : 1u));
                cp_orders_free(&orders);
            }
        }
    }
}

static void never_fills_more_than_is_left(void)
{
    cp_orders orders;
    CHECK_EQ(0, cp_orders_init(&orders, 4));
    uint32_t place = open_in(&orders, CP_STATE_PARTIAL);
    cp_report report = { .kind = CP_REPORT_EXECUTED,
                         .client_id = orders.orders[place].client_id,
                         .qty = 4000000000 };
    cp_order_outcome outcome = cp_orders_on_report(&orders, &report, 1);
    CHECK_EQ(6, outcome.filled);
    CHECK(!outcome.expected && outcome.ended && outcome.done);
    CHECK_EQ(0, orders.working_qty[1][CP_SELL]);
    cp_orders_close(&orders, place);
    outcome = cp_orders_on_report(&orders, &report, 1); /* the same once more */
    CHECK_EQ(CP_NONE, outcome.place);
    CHECK_EQ(0, outcome.filled);
    cp_orders_free(&orders);
}

static void counts_both_terms_of_a_replace_until_it_is_answered(void)
{
    cp_orders orders;
    CHECK_EQ(0, cp_orders_init(&orders, 4));
    uint32_t place = open_in(&orders, CP_STATE_PENDING_REPLACE); /* 10 -> 12 */
    cp_own_order *own = &orders.orders[place];
    uint64_t old_id = own->client_id, new_id = own->pending_id;
    CHECK_EQ(22, orders.working_qty[1][CP_SELL]);
    CHECK_EQ(place, cp_orders_find(&orders, old_id));
    CHECK_EQ(place, cp_orders_find(&orders, new_id));
    cp_orders_on_report(
        &orders,
        &(cp_report){
            .kind = CP_REPORT_EXECUTED, .client_id = old_id, .qty = 3, .leaves = 7 },
        1);
    CHECK_EQ(19, orders.working_qty[1][CP_SELL]);
    cp_orders_on_report(&orders,
                        &(cp_report){ .kind = CP_REPORT_REPLACED,
                                      .client_id = new_id,
                                      .original_id = old_id,
                                      .qty = 12,
                                      .leaves = 12 },
                        1);
    CHECK_EQ(12, orders.working_qty[1][CP_SELL]);
    CHECK_EQ(CP_STATE_PARTIAL, own->state);
    CHECK_EQ(15, own->qty);
    CHECK_EQ(101, own->price);
    CHECK_EQ(CP_NONE, cp_orders_find(&orders, old_id));
    CHECK_EQ(place, cp_orders_find(&orders, new_id));
    cp_orders_free(&orders);
}

static void gives_back_every_place_and_name(void)
{
    cp_orders orders;
    CHECK_EQ(0, cp_orders_init(&orders, 8));
    uint64_t last = 0;
    for (int round = 0; round < 100; round++) {
        cp_own_terms wanted = terms(1);
        uint32_t places[8];
        for (int i = 0; i < 8; i++) {
            places[i] = cp_orders_open(&orders, &wanted);
            CHECK(places[i] != CP_NONE && orders.orders[places[i]].client_id > last);
            last = orders.orders[places[i]].client_id;
        }
        CHECK(cp_orders_is_full(&orders));
        CHECK_EQ(CP_NONE, cp_orders_open(&orders, &wanted));
        for (int i = 7; i >= 0; i--) {
            cp_report report = { .kind = CP_REPORT_REJECTED,
                                 .client_id = orders.orders[places[i]].client_id };
            CHECK(cp_orders_on_report(&orders, &report, 1).done);
            cp_orders_close(&orders, places[i]);
        }
        CHECK_EQ(0, orders.working_count);
        CHECK_EQ(0, orders.names.taken_count);
        CHECK_EQ(CP_NONE, orders.first);
    }
    cp_orders_free(&orders);
}

/* ---- the desk and a venue played by hand ---- */

/* A market maker on symbol 0 with both quotes live: orders[0] the bid, [1] the ask. */
static kit *quoting(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(2, k->order_count);
    CHECK_EQ(CP_BUY, k->orders[0].side);
    kit_accept(k, k->orders[0]);
    kit_accept(k, k->orders[1]);
    CHECK_EQ(2, k->order_count);
    return k;
}

static void control(kit *k, cp_control_kind kind)
{
    kit_control(k, (cp_control){ .kind = kind });
}

static uint32_t state_of(kit *k)
{
    return kit_picture(k)->risk_state;
}

static void takes_a_fill_that_overtakes_its_cancel(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = CP_MODE_OFF });
    CHECK_EQ(4, k->order_count);
    CHECK_EQ(2, kit_picture(k)->cancels_pending);
    kit_fill(k, bid, bid.price, 4, 6, CP_MAKER);
    CHECK_EQ(4, kit_picture(k)->symbols[0].position);
    CHECK_EQ(2, kit_picture(k)->cancels_pending);
    kit_fill(k, bid, bid.price, 6, 0, CP_MAKER);
    CHECK_EQ(10, kit_picture(k)->symbols[0].position);
    CHECK_EQ(10, kit_picture(k)->strategies[0].position);
    CHECK_EQ(1, cp_desk_working_count(k->desk));
    /* The cancel was too late: its refusal closes the matter and is no reject. */
    kit_change_rejected(k, k->orders[2], CP_REASON_UNKNOWN_ORDER);
    CHECK_EQ(0, kit_picture(k)->counters.reject_count);
    CHECK_EQ(0, kit_picture(k)->counters.unexpected_report_count);
    kit_cancelled(k, k->orders[3].original_id, 10, CP_REASON_USER);
    CHECK_EQ(0, cp_desk_working_count(k->desk));
    CHECK_EQ(CP_NONE, k->desk->orders.first);
    kit_close(k);
}

static void makes_one_change_of_a_quote_at_a_time(void)
{
    kit *k = quoting();
    kit_add(k, 0, CP_BUY, 15001, 500); /* fair goes up: both quotes move */
    CHECK_EQ(4, k->order_count);
    cp_order moved = k->orders[2];
    CHECK_EQ(CP_ORDER_REPLACE, moved.kind);
    CHECK_EQ(k->orders[0].client_id, moved.original_id);
    kit_md(k, (cp_md){ .kind = CP_MD_CLEAR }); /* no market: both are to go */
    CHECK_EQ(4, k->order_count);
    kit_replaced(k, moved);
    CHECK_EQ(5, k->order_count);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    CHECK_EQ(moved.client_id, kit_last(k)->original_id);
    kit_market(k, 0, 14998, 15002, 500); /* a new quote waits for the cancel */
    CHECK_EQ(5, k->order_count);
    kit_cancelled(k, moved.client_id, 10, CP_REASON_USER);
    kit_change_rejected(k, k->orders[3], CP_REASON_PRICE);
    kit_timer(k);
    CHECK(k->order_count > 5);
    CHECK(cp_desk_working_count(k->desk) <= 2);
    kit_close(k);
}

static void goes_back_to_the_old_terms_when_a_replace_is_rejected(void)
{
    kit *k = quoting();
    kit_add(k, 0, CP_BUY, 15001, 500);
    cp_order bid = k->orders[0], moved = k->orders[2];
    CHECK_EQ(20, kit_picture(k)->symbols[0].worst_long);
    kit_change_rejected(k, moved, CP_REASON_PRICE);
    CHECK_EQ(10, kit_picture(k)->symbols[0].worst_long);
    CHECK_EQ(1, kit_picture(k)->counters.reject_count);
    CHECK_EQ(CP_REASON_PRICE, kit_note(k, CP_NOTE_REJECT)->a);
    CHECK_EQ(CP_ORDER_REPLACE, kit_note(k, CP_NOTE_REJECT)->b);
    CHECK_EQ(CP_STATE_LIVE, kit_picture(k)->working[0].state);
    CHECK_EQ(bid.price, kit_picture(k)->working[0].price);
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    CHECK_EQ(10, kit_picture(k)->symbols[0].position);
    kit_close(k);
}

static void does_not_bring_back_a_quote_that_filled_while_it_moved(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_add(k, 0, CP_BUY, 15001, 500);
    cp_order moved = k->orders[2];
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    uint32_t news = 0;
    for (uint32_t i = 4; i < k->order_count; i++)
        news += k->orders[i].kind == CP_ORDER_NEW && k->orders[i].side == CP_BUY;
    CHECK(news <= 1); /* what the strategy asks after its fill, and no more */
    kit_change_rejected(k, moved, CP_REASON_UNKNOWN_ORDER);
    CHECK_EQ(10, kit_picture(k)->symbols[0].position);
    CHECK_EQ(0, kit_picture(k)->counters.unexpected_report_count);
    CHECK_EQ(0, kit_picture(k)->counters.reject_count);
    kit_close(k);
}

static void counts_and_notes_what_it_cannot_place(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    /* Of a symbol that we do not have: no other is in doubt for it. */
    cp_desk_picture before = *kit_picture(k);
    kit_accept(k, bid); /* twice */
    kit_fill(k, (cp_order){ .client_id = 4711, .symbol = 50 }, 100, 5, 0, CP_TAKER);
    kit_report(k, (cp_report){ .kind = CP_REPORT_REPLACED,
                               .client_id = 4712,
                               .original_id = bid.client_id,
                               .leaves = 5 });
    kit_report(k, (cp_report){ .kind = 200, .client_id = bid.client_id });
    const cp_desk_picture *after = kit_picture(k);
    CHECK_EQ(4, after->counters.unexpected_report_count);
    CHECK(kit_note(k, CP_NOTE_ORDER_STATE) != NULL);
    CHECK_EQ(0, after->symbols[0].position);
    CHECK(memcmp(before.working, after->working, sizeof(before.working)) == 0);
    kit_close(k);
}

static void takes_a_fill_that_comes_before_the_acknowledgement(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    kit_fill(k, k->orders[0], 14998, 4, 6, CP_MAKER);
    CHECK_EQ(4, kit_picture(k)->symbols[0].position);
    CHECK_EQ(1, kit_picture(k)->counters.unexpected_report_count);
    kit_accept(k, k->orders[0]);
    CHECK_EQ(CP_STATE_PARTIAL, kit_picture(k)->working[0].state);
    CHECK_EQ(1, kit_picture(k)->counters.unexpected_report_count);
    kit_close(k);
}

/* By its tier, or nothing in a cross: what the instrument says is not what was paid. */
static void books_what_the_venue_charged(void)
{
    const int64_t fees[] = { 123457, 0, -7 };
    int64_t sum = 0;
    kit *k = quoting();
    cp_order bid = k->orders[0];
    for (uint32_t i = 0; i < 3; i++) {
        kit_report(k, (cp_report){ .kind = CP_REPORT_EXECUTED,
                                   .client_id = bid.client_id,
                                   .fee = fees[i],
                                   .match_ref = i + 1,
                                   .price = bid.price,
                                   .qty = 3,
                                   .leaves = 7 - 3 * i,
                                   .symbol = bid.symbol,
                                   .side = bid.side,
                                   .liquidity = CP_MAKER });
        sum += fees[i];
        const cp_desk_picture *picture = kit_picture(k);
        CHECK_EQ(sum, picture->fees);
        CHECK_EQ(sum, picture->symbols[0].fees);
        CHECK_EQ(sum, picture->strategies[0].fees);
    }
    kit_close(k);
}

static void accounts_a_fill_to_the_symbol_and_the_strategy(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0], ask = k->orders[1];
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    kit_fill(k, ask, ask.price, 4, 6, CP_TAKER);
    const cp_desk_picture *picture = kit_picture(k);
    int64_t realised = (ask.price - bid.price) * 4 * 1000000;
    int64_t fees = -20000 * 10 + 30000 * 4;
    CHECK_EQ(6, picture->symbols[0].position);
    CHECK_EQ(realised, picture->realised);
    CHECK_EQ(realised, picture->strategies[0].realised);
    CHECK_EQ(fees, picture->fees);
    CHECK_EQ(fees, picture->strategies[0].fees);
    int64_t mid2 = 14998 + 15002;
    CHECK_EQ((6 * mid2 - 2 * 6 * bid.price) * 1000000 / 2, picture->unrealised);
    CHECK_EQ(2, picture->fill_count);
    CHECK_EQ(4, picture->fills[0].qty); /* newest first */
    CHECK_EQ(mid2, picture->fills[1].mid2);
    CHECK_EQ(CP_TAKER, picture->fills[0].liquidity);
    const cp_note *note = kit_note(k, CP_NOTE_FILL);
    CHECK(note && note->a == ask.price && note->b == 4 && note->c == 6);
    kit_close(k);
}

static void takes_one_acknowledgement_only(void)
{
    cp_orders orders;
    CHECK_EQ(0, cp_orders_init(&orders, 4));
    uint32_t place = open_in(&orders, CP_STATE_PENDING_CANCEL);
    cp_report again = { .kind = CP_REPORT_ACCEPTED,
                        .client_id = orders.orders[place].client_id,
                        .order_ref = 99 };
    CHECK(!cp_orders_on_report(&orders, &again, 5).expected);
    CHECK(orders.orders[place].order_ref != 99);
    cp_orders_free(&orders);
}

/* As if the strategy had asked while a change was under way. */
static void wish_for(kit *k, int64_t price)
{
    k->desk->slots[0].wishes[CP_BUY] = (cp_wish){ price, 10, CP_BUY, true };
}

static uint32_t count_new_after(const kit *k, uint32_t first, int64_t price)
{
    uint32_t count = 0;
    for (uint32_t i = first; i < k->order_count; i++)
        count += k->orders[i].kind == CP_ORDER_NEW && k->orders[i].price == price;
    return count;
}

static void forgets_a_wish_when_its_quote_fills_or_is_pulled(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    wish_for(k, 14990);
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    CHECK_EQ(0, count_new_after(k, 2, 14990));
    kit_close(k);

    k = quoting();
    wish_for(k, 14990);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = CP_MODE_OFF });
    kit_cancelled(k, k->orders[0].client_id, 10, CP_REASON_USER);
    kit_cancelled(k, k->orders[1].client_id, 10, CP_REASON_USER);
    CHECK_EQ(0, count_new_after(k, 2, 14990));
    CHECK_EQ(0, cp_desk_working_count(k->desk));
    kit_close(k);
}

static uint64_t hop_max(kit *k, cp_hop hop)
{
    return atomic_load(&cp_desk_histogram(k->desk, hop)->max);
}

static void measures_each_hop_between_its_two_stamps(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    /* Once more with a clock that runs ahead of T1 by what deciding took. */
    kit_accept(k, k->orders[1]);
    kit_cancelled(k, k->orders[0].client_id, 10, CP_REASON_SWEEP);
    cp_md md = { .kind = CP_MD_ADD,
                 .side = CP_BUY,
                 .order_ref = 5,
                 .price = 14999,
                 .qty = 5,
                 .sequence = k->sequence + 1,
                 .sent_ns = k->now_ns - 700 };
    k->clock.base_ns = k->now_ns + 40;
    cp_desk_on_md(k->desk, &md, k->now_ns, &k->clock);
    CHECK_EQ(1, cp_desk_orders(k->desk)->count);
    cp_order order = *(const cp_order *)cp_outbox_at(cp_desk_orders(k->desk), 0);
    CHECK_EQ((int64_t)k->now_ns, (int64_t)order.cause_ns);
    cp_desk_on_sent(k->desk, &order, k->now_ns + 100);
    cp_desk_finish(k->desk);
    cp_outbox_clear(cp_desk_orders(k->desk));
    CHECK_EQ(700, hop_max(k, CP_HOP_FEED));
    CHECK_EQ(40, hop_max(k, CP_HOP_DECIDE));
    CHECK_EQ(0, hop_max(k, CP_HOP_RISK));
    CHECK_EQ(60, hop_max(k, CP_HOP_SEND));
    CHECK_EQ(100, hop_max(k, CP_HOP_TICK_TO_ORDER));
    kit_wait(k, 1000);
    kit_accept(k, order);
    CHECK_EQ(900, hop_max(k, CP_HOP_ACK));
    kit_wait(k, 555);
    kit_fill(k, order, order.price, 4, 6, CP_MAKER);
    kit_wait(k, 555);
    kit_fill(k, order, order.price, 6, 0, CP_MAKER);
    CHECK_EQ(555, hop_max(k, CP_HOP_QUEUE_WAIT)); /* to the first of its fills */
    CHECK_EQ(100, kit_picture(k)->fills[0].tick_to_order_ns);
    kit_close(k);
}

/* ---- controls ---- */

static void pauses_by_pulling_all_and_refusing_more(void)
{
    kit *k = quoting();
    control(k, CP_CONTROL_PAUSE);
    CHECK_EQ(CP_RISK_PAUSED, state_of(k));
    CHECK_EQ(3, k->order_count);
    CHECK_EQ(CP_ORDER_CANCEL_ALL, kit_last(k)->kind);
    CHECK_EQ(2, kit_picture(k)->cancels_pending);
    kit_cancelled(k, k->orders[0].client_id, 10, CP_REASON_USER);
    CHECK_EQ(1, kit_picture(k)->cancels_pending);
    kit_cancelled(k, k->orders[1].client_id, 10, CP_REASON_USER);
    kit_report(k, (cp_report){ .kind = CP_REPORT_ALL_CANCELLED, .qty = 2 });
    for (int64_t price = 14999; price < 15002; price++)
        kit_add(k, 0, CP_BUY, price, 500);
    CHECK_EQ(3, k->order_count);
    CHECK_EQ(CP_REFUSE_STATE, kit_picture(k)->strategies[0].last_refusal);
    CHECK_EQ(1, kit_picture(k)->strategies[0].refusal_count);
    uint32_t notes = 0;
    for (uint32_t i = 0; i < k->note_count; i++)
        notes += k->notes[i].kind == CP_NOTE_REFUSAL;
    CHECK_EQ(1, notes);
    control(k, CP_CONTROL_RESUME);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_timer(k);
    CHECK_EQ(CP_ORDER_NEW, kit_last(k)->kind);
    kit_close(k);
}

static void asks_again_for_what_a_cancel_of_all_left(void)
{
    kit *k = quoting();
    control(k, CP_CONTROL_CANCEL_ALL);
    kit_cancelled(k, k->orders[0].client_id, 10, CP_REASON_USER);
    kit_report(k, (cp_report){ .kind = CP_REPORT_ALL_CANCELLED, .qty = 1, .leaves = 1 });
    uint32_t sweeps = 0;
    for (int i = 0; i < 150; i++) {
        kit_wait(k, CP_DESK_TIMER_NS);
        kit_timer(k);
    }
    for (uint32_t i = 0; i < k->order_count; i++)
        sweeps += k->orders[i].kind == CP_ORDER_CANCEL_ALL;
    CHECK_EQ(2, sweeps);
    kit_close(k);
}

static void sweeps_an_order_whose_replace_is_under_way(void)
{
    kit *k = quoting();
    kit_add(k, 0, CP_BUY, 15001, 500);
    cp_order moved = k->orders[2], other = k->orders[3];
    control(k, CP_CONTROL_PAUSE);
    kit_replaced(k, moved);
    kit_change_rejected(k, other, CP_REASON_PRICE);
    CHECK_EQ(2, kit_picture(k)->cancels_pending);
    kit_cancelled(k, moved.client_id, 10, CP_REASON_USER);
    kit_cancelled(k, other.original_id, 10, CP_REASON_USER);
    CHECK_EQ(0, cp_desk_working_count(k->desk));
    CHECK_EQ(CP_NONE, k->desk->orders.first);
    CHECK_EQ(0, kit_picture(k)->counters.unexpected_report_count);
    kit_close(k);
}

static void cancels_a_moving_quote_once_its_name_is_known(void)
{
    kit *k = quoting();
    kit_add(k, 0, CP_BUY, 15001, 500);
    cp_order moved = k->orders[2];
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = CP_MODE_OFF });
    CHECK_EQ(4, k->order_count);
    CHECK_EQ(2, kit_picture(k)->cancels_pending);
    kit_replaced(k, moved);
    CHECK_EQ(5, k->order_count);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    CHECK_EQ(moved.client_id, kit_last(k)->original_id);
    kit_close(k);
}

static void flattens_in_steps_the_market_can_take(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    control(k, CP_CONTROL_FLATTEN);
    CHECK_EQ(CP_RISK_FLATTENING, state_of(k));
    uint32_t sent = k->order_count;
    CHECK_EQ(CP_ORDER_CANCEL_ALL, kit_last(k)->kind);
    kit_timer(k);
    CHECK_EQ(sent, k->order_count); /* not before everything is pulled */
    for (uint32_t i = k->desk->orders.first; i != CP_NONE; i = k->desk->orders.first)
        kit_cancelled(k, k->desk->orders.orders[i].client_id, 10, CP_REASON_USER);

    kit_market(k, 0, 14990, 14994, 6); /* six wanted, and no more */
    kit_wait(k, CP_DESK_TIMER_NS);
    kit_timer(k);
    CHECK_EQ(sent + 1, k->order_count);
    cp_order out = *kit_last(k);
    CHECK_EQ(CP_SELL, out.side);
    CHECK_EQ(CP_IOC, out.time_in_force);
    CHECK_EQ(6, out.qty);
    CHECK_EQ(14990 - CP_FLATTEN_CROSS, out.price);
    CHECK_EQ(0, out.strategy);
    kit_timer(k);
    CHECK_EQ(sent + 1, k->order_count); /* one at a time */
    kit_accept(k, out);
    kit_fill(k, out, 14990, 5, 1, CP_TAKER);
    kit_cancelled(k, out.client_id, 1, CP_REASON_IOC);
    CHECK(kit_note(k, CP_NOTE_FLAT) == NULL);

    kit_timer(k);
    out = *kit_last(k);
    CHECK_EQ(5, out.qty);
    kit_accept(k, out);
    kit_fill(k, out, 14989, 5, 0, CP_TAKER);
    kit_timer(k);
    CHECK(kit_note(k, CP_NOTE_FLAT) != NULL);
    CHECK_EQ(CP_RISK_PAUSED, state_of(k));
    CHECK_EQ(CP_CAUSE_FLAT, kit_note(k, CP_NOTE_STATE)->c);
    CHECK_EQ(0, kit_picture(k)->symbols[0].position);
    CHECK_EQ(0, kit_picture(k)->strategies[0].position);
    kit_close(k);
}

static void flattens_each_strategy_even_when_the_sum_is_flat(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    k->config.strategies[3] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(4, k->order_count);
    for (uint32_t i = 0; i < 4; i++)
        kit_accept(k, k->orders[i]);
    kit_fill(k, k->orders[0], 14998, 10, 0, CP_MAKER); /* slot 0 buys */
    kit_fill(k, k->orders[3], 15002, 10, 0, CP_MAKER); /* slot 3 sells */
    CHECK_EQ(0, kit_picture(k)->symbols[0].position);
    control(k, CP_CONTROL_FLATTEN);
    for (uint32_t i = k->desk->orders.first; i != CP_NONE; i = k->desk->orders.first)
        kit_cancelled(k, k->desk->orders.orders[i].client_id, 10, CP_REASON_USER);
    uint32_t sent = k->order_count;
    kit_timer(k);
    CHECK_EQ(sent + 2, k->order_count);
    for (uint32_t i = sent; i < sent + 2; i++)
        kit_fill(k, k->orders[i], 15000, 10, 0, CP_TAKER);
    kit_timer(k);
    CHECK_EQ(CP_RISK_PAUSED, state_of(k));
    CHECK_EQ(0, kit_picture(k)->strategies[0].position);
    CHECK_EQ(0, kit_picture(k)->strategies[3].position);
    kit_close(k);
}

static void halts_until_told_otherwise(void)
{
    kit *k = quoting();
    control(k, CP_CONTROL_HALT);
    CHECK_EQ(CP_RISK_HALTED, state_of(k));
    CHECK_EQ(CP_CRITICAL, kit_note(k, CP_NOTE_STATE)->severity);
    CHECK_EQ(CP_ORDER_CANCEL_ALL, kit_last(k)->kind);
    const cp_control_kind refused[] = { CP_CONTROL_RESUME, CP_CONTROL_FLATTEN,
                                        CP_CONTROL_PAUSE };
    for (size_t i = 0; i < 3; i++) {
        k->note_count = 0;
        control(k, refused[i]);
        CHECK_EQ(CP_RISK_HALTED, state_of(k));
        CHECK_EQ(refused[i], kit_note(k, CP_NOTE_CONTROL)->a);
        CHECK_EQ(-EPERM, kit_note(k, CP_NOTE_CONTROL)->b);
    }
    control(k, CP_CONTROL_UNHALT);
    CHECK_EQ(CP_RISK_PAUSED, state_of(k));
    control(k, CP_CONTROL_UNHALT);
    CHECK_EQ(-EPERM, kit_note(k, CP_NOTE_CONTROL)->b);
    control(k, CP_CONTROL_RESUME);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_close(k);
}

static void halts_at_the_loss_limit_and_still_lets_one_out(void)
{
    kit *k = quoting();
    cp_control limits = { .kind = CP_CONTROL_LIMITS, .version = 5 };
    kit_limits(limits.limits);
    /* Ten lots at the bid: lost 10 x (bid - mark), fees earned back 10 x 20000. */
    int64_t bid = k->orders[0].price;
    limits.limits[CP_LIMIT_DAILY_LOSS] =
        10 * (2 * bid - 14800 - 14810) * 1000000 / 2 - 200000;
    kit_control(k, limits);
    CHECK_EQ(5, kit_picture(k)->limits_version);
    kit_fill(k, k->orders[0], bid, 10, 0, CP_MAKER);
    kit_market(k, 0, 14800, 14811, 500); /* half an increment better than the limit */
    kit_timer(k);
    CHECK_EQ(CP_RISK_ACTIVE, state_of(k));
    kit_market(k, 0, 14800, 14810, 500);
    kit_timer(k);
    CHECK_EQ(CP_RISK_HALTED, state_of(k));
    CHECK_EQ(CP_CAUSE_LOSS, kit_note(k, CP_NOTE_STATE)->c);
    CHECK_EQ(limits.limits[CP_LIMIT_DAILY_LOSS],
             kit_picture(k)->limits[CP_LIMIT_DAILY_LOSS].used);

    control(k, CP_CONTROL_UNHALT);
    control(k, CP_CONTROL_RESUME);
    kit_timer(k);
    CHECK_EQ(CP_RISK_HALTED, state_of(k)); /* the loss is still there */
    control(k, CP_CONTROL_UNHALT);
    control(k, CP_CONTROL_FLATTEN);
    for (uint32_t i = k->desk->orders.first; i != CP_NONE; i = k->desk->orders.first)
        kit_cancelled(k, k->desk->orders.orders[i].client_id, 10, CP_REASON_USER);
    kit_timer(k);
    CHECK_EQ(CP_IOC, kit_last(k)->time_in_force);
    CHECK_EQ(10, kit_last(k)->qty);
    kit_close(k);
}

static void changes_nothing_on_a_control_it_refuses(void)
{
    kit *k = quoting();
    uint64_t hash = cp_desk_hash(k->desk);
    cp_strategy_config good = k->config.strategies[0];
    cp_control bad[9];
    for (int i = 0; i < 9; i++)
        bad[i] = (cp_control){ .kind = CP_CONTROL_STRATEGY, .strategy = good };
    bad[0].strategy.parameters[0] = __builtin_nan("");
    bad[1].strategy.parameters[0] = __builtin_inf();
    bad[2].strategy.parameters[3] = 2.5; /* lots are whole */
    bad[3].strategy.symbol = 4;
    bad[4].strategy.kind = 99;
    bad[5].target = CP_STRATEGY_MAX;
    bad[6] = (cp_control){ .kind = CP_CONTROL_LIMITS };
    bad[7] = (cp_control){ .kind = CP_CONTROL_MODE, .target = 7, .mode = 1 };
    bad[8] = (cp_control){ .kind = 99 };
    cp_desk_picture before = *kit_picture(k);
    for (uint32_t i = 0; i < 9; i++) {
        uint32_t notes = k->note_count;
        kit_control(k, bad[i]);
        CHECK_EQ(notes + 1, k->note_count);
        CHECK_EQ(CP_NOTE_CONTROL, k->notes[notes].kind);
        CHECK(k->notes[notes].b < 0);
    }
    CHECK(memcmp(&before, kit_picture(k), sizeof(before)) == 0);
    CHECK_EQ((int64_t)hash, (int64_t)cp_desk_hash(k->desk));
    kit_close(k);
}

static void swaps_parameters_in_place_and_all_else_once_pulled(void)
{
    kit *k = quoting();
    cp_control set = { .kind = CP_CONTROL_STRATEGY, .strategy = k->config.strategies[0] };
    set.strategy.parameters[3] = 7; /* order_qty */
    set.strategy.version = 2;
    set.strategy.hash = 22;
    kit_control(k, set);
    CHECK_EQ(2, k->order_count);
    CHECK_EQ(22, kit_picture(k)->strategies[0].config.hash);
    CHECK_EQ(2, kit_note(k, CP_NOTE_CONFIG)->a);

    set.strategy.symbol = 2;
    set.strategy.version = 3;
    kit_control(k, set);
    CHECK_EQ(4, k->order_count); /* both are pulled */
    CHECK_EQ(2, kit_picture(k)->strategies[0].config.version);
    kit_cancelled(k, k->orders[0].client_id, 10, CP_REASON_USER);
    kit_market(k, 0, 14999, 15001, 500);
    CHECK_EQ(4, k->order_count);
    kit_cancelled(k, k->orders[1].client_id, 10, CP_REASON_USER);
    CHECK_EQ(3, kit_picture(k)->strategies[0].config.version);
    CHECK_EQ(2, kit_picture(k)->strategies[0].config.symbol);
    kit_market(k, 2, 14999, 15001, 500);
    CHECK_EQ(6, k->order_count);
    CHECK_EQ(2, kit_last(k)->symbol);
    CHECK_EQ(7, kit_last(k)->qty);
    kit_close(k);
}

static void refuses_by_itself_when_the_link_or_the_table_is_full(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    k->config.desk_order_capacity = 1;
    kit_open(k);
    cp_desk_orders(k->desk)->limit = 0;
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(0, k->order_count);
    CHECK_EQ(CP_REFUSE_LINK, kit_picture(k)->strategies[0].last_refusal);
    cp_desk_orders(k->desk)->limit = cp_desk_orders(k->desk)->capacity;
    kit_timer(k);
    CHECK_EQ(1, k->order_count);
    CHECK_EQ(CP_REFUSE_CAPACITY, kit_picture(k)->strategies[0].last_refusal);
    /* A pause while the link is full is made good when it has room. */
    cp_desk_orders(k->desk)->limit = 0;
    control(k, CP_CONTROL_PAUSE);
    CHECK_EQ(1, k->order_count);
    cp_desk_orders(k->desk)->limit = cp_desk_orders(k->desk)->capacity;
    kit_timer(k);
    CHECK_EQ(CP_ORDER_CANCEL_ALL, kit_last(k)->kind);
    kit_close(k);
}

static void counts_cancels_and_never_holds_one_back(void)
{
    kit *k = quoting();
    cp_control limits = { .kind = CP_CONTROL_LIMITS };
    kit_limits(limits.limits);
    limits.limits[CP_LIMIT_MESSAGE_RATE] = 2; /* both quotes have used it up */
    kit_control(k, limits);
    kit_add(k, 0, CP_BUY, 15001, 500);
    CHECK_EQ(CP_LIMIT_MESSAGE_RATE, kit_note(k, CP_NOTE_REFUSAL)->a);
    CHECK_EQ(3, kit_note(k, CP_NOTE_REFUSAL)->d);
    CHECK_EQ(4, k->order_count); /* quotes that may not move are taken off */
    CHECK_EQ(CP_ORDER_CANCEL, k->orders[2].kind);
    CHECK_EQ(CP_ORDER_CANCEL, k->orders[3].kind);
    CHECK_EQ(4, kit_picture(k)->limits[CP_LIMIT_MESSAGE_RATE].used);
    kit_wait(k, 1002 * 1000000);
    CHECK_EQ(0, kit_picture(k)->limits[CP_LIMIT_MESSAGE_RATE].used);
    kit_close(k);
}

static void says_which_limit_held_an_order_back(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    k->config.limits[CP_LIMIT_ORDER_QTY] = 9;
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(0, k->order_count);
    const cp_note *note = kit_note(k, CP_NOTE_REFUSAL);
    CHECK_EQ(CP_LIMIT_ORDER_QTY, note->a);
    CHECK_EQ(9, note->b);
    CHECK_EQ(10, note->d);
    uint64_t refused = kit_picture(k)->limits[CP_LIMIT_ORDER_QTY].refusal_count;
    CHECK_EQ(2, refused);
    /* Counted each time, said once a second. */
    uint32_t notes = k->note_count;
    for (int i = 0; i < 100; i++) {
        kit_wait(k, CP_DESK_TIMER_NS);
        kit_timer(k);
    }
    CHECK_EQ(notes + 1, k->note_count);
    CHECK_EQ(202, kit_picture(k)->limits[CP_LIMIT_ORDER_QTY].refusal_count);
    kit_close(k);
}

/* ---- a venue that does anything allowed, at random ---- */

/* Every order that the desk has working is at this venue. */
static void list_all(kit *k)
{
    const cp_orders *orders = &k->desk->orders;
    uint64_t ids[64];
    uint32_t leaves[64], count = 0;
    for (uint32_t i = orders->first; i != CP_NONE; i = orders->orders[i].next) {
        const cp_own_order *own = &orders->orders[i];
        if (!own->accepted || !cp_state_is_working(own->state))
            continue;
        ids[count] = own->client_id;
        leaves[count++] = own->leaves;
    }
    for (uint32_t i = 0; i < count; i++)
        kit_status(k, ids[i], leaves[i], orders->execution_count);
    kit_list_end(k, count, orders->execution_count);
}

static void answer_at_random(kit *k, cp_random *random, cp_order order)
{
    const cp_orders *orders = &k->desk->orders;
    uint64_t named = order.kind == CP_ORDER_NEW ? order.client_id : order.original_id;
    uint32_t place = cp_orders_find(orders, named);
    uint32_t leaves = place == CP_NONE ? 0 : orders->orders[place].leaves;
    bool gone = place == CP_NONE || !cp_state_is_working(orders->orders[place].state);
    uint64_t roll = cp_random_below(random, 10);
    if (order.kind == CP_ORDER_NEW && roll == 0) {
        kit_report(k, (cp_report){ .kind = CP_REPORT_REJECTED,
                                   .client_id = named,
                                   .reason = CP_REASON_CAPACITY });
    } else if (order.kind == CP_ORDER_NEW) {
        kit_accept(k, order);
        if (order.time_in_force == CP_IOC) {
            uint32_t traded = (uint32_t)cp_random_below(random, order.qty + 1);
            if (traded > 0)
                kit_fill(k, order, order.price, traded, order.qty - traded, CP_TAKER);
            if (traded < order.qty)
                kit_cancelled(k, named, order.qty - traded, CP_REASON_IOC);
        }
    } else if (order.kind == CP_ORDER_CANCEL_ALL) {
        uint64_t ids[64];
        uint32_t count = 0;
        for (uint32_t i = orders->first; i != CP_NONE; i = orders->orders[i].next)
            if (orders->orders[i].swept && orders->orders[i].accepted &&
                cp_state_is_working(orders->orders[i].state))
                ids[count++] = orders->orders[i].client_id;
        for (uint32_t i = 0; i < count; i++)
            kit_cancelled(k, ids[i], 1, CP_REASON_USER);
    } else if (order.kind == CP_ORDER_QUERY && order.original_id == 0) {
        list_all(k);
    } else if (order.kind == CP_ORDER_QUERY) {
        kit_status(k, named, gone ? 0 : leaves, orders->execution_count);
    } else if (gone || roll == 0) {
        kit_change_rejected(k, order, CP_REASON_UNKNOWN_ORDER);
    } else if (order.kind == CP_ORDER_CANCEL) {
        kit_cancelled(k, named, leaves, CP_REASON_USER);
    } else {
        kit_replaced(k, order);
    }
}

static void trade_something(kit *k, cp_random *random)
{
    const cp_orders *orders = &k->desk->orders;
    for (uint32_t i = orders->first; i != CP_NONE; i = orders->orders[i].next) {
        const cp_own_order own = orders->orders[i];
        if (!own.accepted || !cp_state_is_working(own.state) || own.swept ||
            cp_random_below(random, 4) != 0)
            continue;
        uint32_t qty = 1 + (uint32_t)cp_random_below(random, own.leaves);
        kit_fill(k,
                 (cp_order){
                     .client_id = own.client_id, .symbol = own.symbol, .side = own.side },
                 own.price, qty, own.leaves - qty, CP_MAKER);
        return;
    }
}

/* By the wide arithmetic, whatever the numbers. */
static cp_i128 net_of(int64_t lots, int64_t mark2, int64_t point_value)
{
    return mark2 > 0 ? cp_risk_net_wide(lots, mark2, point_value) : 0;
}

/* What is kept as sums, against all orders and positions added up. */
static void check_books(const kit *k, uint64_t seed)
{
    const cp_desk *desk = k->desk;
    int64_t working[CP_SYMBOL_MAX][2] = { 0 };
    int64_t own_qty[CP_SLOT_COUNT][CP_SYMBOL_MAX][2] = { 0 };
    uint32_t count = 0, of_symbols[CP_SYMBOL_MAX] = { 0 };
    cp_i128 gross = 0, net[2] = { 0, 0 };
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        working[own->symbol][own->side] += cp_order_worst_qty(own);
        own_qty[own->strategy][own->symbol][own->side] += cp_order_worst_qty(own);
        of_symbols[own->symbol] += cp_state_is_working(own->state);
        count += cp_state_is_working(own->state);
    }
    uint32_t of_slots = 0;
    bool right = count == desk->orders.working_count;
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        of_slots += desk->slots[i].working_count;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        int64_t qty = 0;
        for (uint32_t s = 0; s < CP_SLOT_COUNT; s++)
            qty += desk->cells[s][i].qty;
        right &= qty == desk->positions[i].qty;
        right &= working[i][CP_BUY] == desk->orders.working_qty[i][CP_BUY];
        right &= working[i][CP_SELL] == desk->orders.working_qty[i][CP_SELL];
        int64_t limit = desk->risk.limits[CP_LIMIT_POSITION];
        right &= qty + working[i][CP_BUY] <= limit && working[i][CP_SELL] - qty <= limit;
        right &= of_symbols[i] == desk->orders.symbol_orders[i];
        int64_t mark2 = cp_desk_touch(desk, i)->mark2;
        int64_t point = desk->instruments[i].point_value;
        gross += cp_risk_exposure(
            cp_risk_worst(qty, working[i][CP_BUY], working[i][CP_SELL]), mark2, point);
        net[CP_BUY] += net_of(qty + working[i][CP_BUY], mark2, point);
        net[CP_SELL] += net_of(working[i][CP_SELL] - qty, mark2, point);
    }
    right &= memcmp(own_qty, desk->orders.slot_qty, sizeof(own_qty)) == 0;
    cp_desk_add_exposure(k->desk);
    const cp_exposure *sums = &desk->exposures.all;
    right &= sums->gross == gross && sums->net[CP_BUY] == net[CP_BUY] &&
             sums->net[CP_SELL] == net[CP_SELL];
    right &= of_slots == count;
    if (!right)
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    CHECK(right);
}

static void keeps_its_books_straight_whatever_a_venue_may_do(void)
{
    for (uint64_t seed = SEED; seed < SEED + 20; seed++) {
        kit *k = kit_make();
        cp_random random;
        cp_random_init(&random, seed);
        k->config.strategies[0] = kit_strategy("market_maker", 0);
        k->config.strategies[1] = kit_strategy("market_maker", 1);
        k->config.strategies[2] = kit_strategy("momentum", 0);
        k->config.strategies[2].parameters[0] = 20;
        k->config.strategies[2].parameters[1] = 100;
        k->config.limits[CP_LIMIT_POSITION] = 60; /* often met */
        k->config.limits[CP_LIMIT_DAILY_LOSS] = 1000000 * KIT_MONEY;
        k->config.limits[CP_LIMIT_MESSAGE_RATE] = 100000;
        kit_open(k);
        uint32_t answered = 0;
        int64_t bid = 14998;
        for (int step = 0; step < 3000; step++) {
            uint64_t roll = cp_random_below(&random, 100);
            kit_wait(k, cp_random_below(&random, 20000000));
            if (roll < 40) {
                bid += (int64_t)cp_random_below(&random, 5) - 2;
                kit_market(k, (uint16_t)cp_random_below(&random, 2), bid, bid + 3, 50);
            } else if (roll < 75 && answered < k->order_count) {
                answer_at_random(k, &random, k->orders[answered++]);
            } else if (roll < 85) {
                trade_something(k, &random);
            } else if (roll < 95) {
                kit_timer(k);
            } else if (roll < 97) {
                static const cp_control_kind any[] = { CP_CONTROL_PAUSE,
                                                       CP_CONTROL_FLATTEN,
                                                       CP_CONTROL_HALT,
                                                       CP_CONTROL_CANCEL_ALL };
                control(k, any[cp_random_below(&random, 4)]);
            } else {
                control(k, CP_CONTROL_UNHALT);
                control(k, CP_CONTROL_RESUME);
            }
            check_books(k, seed);
        }
        control(k, CP_CONTROL_UNHALT);
        control(k, CP_CONTROL_FLATTEN);
        for (int i = 0; i < 2000 && state_of(k) != CP_RISK_PAUSED; i++) {
            kit_wait(k, CP_DESK_TIMER_NS);
            if (answered < k->order_count)
                answer_at_random(k, &random, k->orders[answered++]);
            else
                kit_timer(k);
        }
        while (answered < k->order_count)
            answer_at_random(k, &random, k->orders[answered++]);
        if (state_of(k) != CP_RISK_PAUSED || k->desk->orders.first != CP_NONE)
            fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        CHECK_EQ(CP_RISK_PAUSED, state_of(k));
        CHECK_EQ(CP_NONE, k->desk->orders.first);
        CHECK_EQ(0, kit_picture(k)->symbols[0].position);
        CHECK_EQ(0, kit_picture(k)->symbols[1].position);
        CHECK(k->order_count > 300);
        kit_close(k);
    }
}

int main(void)
{
    RUN(answers_every_pair_of_state_and_event);
    RUN(survives_any_report_in_any_state);
    RUN(never_fills_more_than_is_left);
    RUN(counts_both_terms_of_a_replace_until_it_is_answered);
    RUN(gives_back_every_place_and_name);
    RUN(takes_a_fill_that_overtakes_its_cancel);
    RUN(makes_one_change_of_a_quote_at_a_time);
    RUN(goes_back_to_the_old_terms_when_a_replace_is_rejected);
    RUN(does_not_bring_back_a_quote_that_filled_while_it_moved);
    RUN(counts_and_notes_what_it_cannot_place);
    RUN(takes_a_fill_that_comes_before_the_acknowledgement);
    RUN(books_what_the_venue_charged);
    RUN(accounts_a_fill_to_the_symbol_and_the_strategy);
    RUN(takes_one_acknowledgement_only);
    RUN(forgets_a_wish_when_its_quote_fills_or_is_pulled);
    RUN(measures_each_hop_between_its_two_stamps);
    RUN(pauses_by_pulling_all_and_refusing_more);
    RUN(asks_again_for_what_a_cancel_of_all_left);
    RUN(sweeps_an_order_whose_replace_is_under_way);
    RUN(cancels_a_moving_quote_once_its_name_is_known);
    RUN(flattens_in_steps_the_market_can_take);
    RUN(flattens_each_strategy_even_when_the_sum_is_flat);
    RUN(halts_until_told_otherwise);
    RUN(halts_at_the_loss_limit_and_still_lets_one_out);
    RUN(changes_nothing_on_a_control_it_refuses);
    RUN(swaps_parameters_in_place_and_all_else_once_pulled);
    RUN(refuses_by_itself_when_the_link_or_the_table_is_full);
    RUN(counts_cancels_and_never_holds_one_back);
    RUN(says_which_limit_held_an_order_back);
    RUN(keeps_its_books_straight_whatever_a_venue_may_do);
    return 0;
}
