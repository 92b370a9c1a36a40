/* SHADOW goes the whole way and sends nothing; REDUCE lets only through what brings the
 * position nearer to none. */
#include "cockpit_strategy.h"

#include "desk_kit.h"

/* A strategy that asks for what the test has written down for its next call. */
static struct {
    bool quote[2], take;
    int64_t price[2], take_price;
    uint32_t qty[2], take_qty, take_side;
    uint32_t fills, filled;
    cp_plugin_seat seen;
} script;

static void act(void *state, cp_plugin_seat *seat, const double *parameters)
{
    (void)state, (void)parameters;
    script.seen = *seat;
    for (uint32_t side = CP_BUY; side <= CP_SELL; side++)
        if (script.quote[side])
            cp_plugin_quote(seat, (cp_side)side, script.price[side], script.qty[side]);
    if (script.take)
        cp_plugin_take(seat, 0, (cp_side)script.take_side, script.take_price,
                       script.take_qty);
    script.quote[CP_BUY] = script.quote[CP_SELL] = script.take = false;
}

static void on_fill(void *state, cp_plugin_seat *seat, const double *parameters,
                    uint32_t side, uint32_t qty)
{
    (void)side;
    script.fills++;
    script.filled += qty;
    act(state, seat, parameters);
}

static const cp_parameter parameters[] = {
    { "unused", "number", "Nothing", 0, 1, 0, CP_PARAMETER_INTEGER, 0 },
};

static const cp_plugin scripted = {
    CP_PLUGIN_HEAD,           .name = "scripted",   .help = "Does as the test says",
    .parameters = parameters, .parameter_count = 1, .symbol_count = 1,
    .on_book = act,           .on_fill = on_fill,   .on_timer = act
};

static kit *open_kit(uint32_t mode)
{
    memset(&script, 0, sizeof(script));
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("scripted", 0);
    k->config.strategies[0].mode = mode;
    kit_open(k);
    return k;
}

static void ask(kit *k, cp_side side, int64_t price, uint32_t qty)
{
    script.quote[side] = true;
    script.price[side] = price;
    script.qty[side] = qty;
    kit_timer(k);
}

static void take(kit *k, cp_side side, int64_t price, uint32_t qty)
{
    script.take = true;
    script.take_side = (uint32_t)side;
    script.take_price = price;
    script.take_qty = qty;
    kit_timer(k);
}

static const cp_strategy_picture *slot(kit *k)
{
    return &kit_picture(k)->strategies[0];
}

static void execute(kit *k, uint64_t ref, cp_side side, int64_t price, uint32_t qty,
                    uint32_t leaves)
{
    kit_md(k, (cp_md){ .kind = CP_MD_EXECUTE,
                       .side = (uint8_t)side,
                       .price = price,
                       .qty = qty,
                       .leaves = leaves,
                       .order_ref = ref });
}

static void mode(kit *k, uint32_t to)
{
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = to });
}

/* ---- SHADOW ---- */

static void waits_its_turn_in_the_real_queue(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_add(k, 0, CP_SELL, 15002, 50);
    uint64_t first = kit_add(k, 0, CP_BUY, 14999, 20);
    uint64_t second = kit_add(k, 0, CP_BUY, 14999, 30);
    ask(k, CP_BUY, 14999, 10);
    CHECK_EQ(50, slot(k)->would_be_ahead[CP_BUY]);
    CHECK_EQ(14999, slot(k)->would_be_price[CP_BUY]);
    uint64_t third = kit_add(k, 0, CP_BUY, 14999, 40); /* after it */
    kit_delete(k, 0, CP_BUY, second, 14999, 30);
    CHECK_EQ(20, slot(k)->would_be_ahead[CP_BUY]);
    execute(k, first, CP_BUY, 14999, 15, 5);
    CHECK_EQ(5, slot(k)->would_be_ahead[CP_BUY]);
    CHECK_EQ(0, slot(k)->would_be_fill_count);
    kit_md(k, (cp_md){ .kind = CP_MD_REDUCE,
                       .side = CP_BUY,
                       .price = 14999,
                       .qty = 2,
                       .leaves = 3,
                       .order_ref = first });
    CHECK_EQ(3, slot(k)->would_be_ahead[CP_BUY]);
    execute(k, first, CP_BUY, 14999, 3, 0);
    CHECK_EQ(0, slot(k)->would_be_ahead[CP_BUY]);
    CHECK_EQ(0, slot(k)->would_be_fill_count);
    execute(k, third, CP_BUY, 14999, 4, 36); /* would have met it first */
    CHECK_EQ(1, slot(k)->would_be_fill_count);
    CHECK_EQ(4, slot(k)->would_be_position);
    CHECK_EQ(6, slot(k)->would_be_qty[CP_BUY]);
    CHECK_EQ(4, script.filled);
    CHECK_EQ(4, script.seen.position[0]);
    execute(k, third, CP_BUY, 14999, 36, 0);
    CHECK_EQ(10, slot(k)->would_be_position);
    CHECK_EQ(0, slot(k)->would_be_qty[CP_BUY]);
    CHECK_EQ(CP_PRICE_NONE, slot(k)->would_be_price[CP_BUY]);
    const cp_note *note = kit_note(k, CP_NOTE_WOULD_BE_FILL);
    CHECK(note->a == 14999 && note->b == 6 && note->c == 0 && note->side == CP_BUY);
    kit_close(k);
}

static void sends_nothing_and_touches_no_real_figure(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_market(k, 0, 14999, 15002, 50);
    ask(k, CP_BUY, 14998, 10); /* where its own offer does not meet it */
    take(k, CP_SELL, 14999, 7);
    CHECK_EQ(-7, slot(k)->would_be_position);
    CHECK_EQ(2, slot(k)->would_be_order_count);
    CHECK_EQ(0, k->order_count);
    const cp_desk_picture *desk = kit_picture(k);
    CHECK(desk->symbols[0].position == 0 && desk->symbols[0].worst_long == 0);
    CHECK(desk->working_count == 0 && desk->counters.order_count == 0);
    CHECK(slot(k)->position == 0 && slot(k)->order_count == 0 && slot(k)->fees == 0);
    /* Sold 7 at 14999, marked at 15000.5: 1.5 increments of a cent each; and the fee. */
    CHECK_EQ(-7 * KIT_MONEY * 3 / 200, slot(k)->would_be_unrealised);
    CHECK_EQ(7 * 30000, slot(k)->would_be_fees);
    kit_close(k);
}

static void takes_what_the_book_shows_and_no_worse(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_add(k, 0, CP_BUY, 14999, 50);
    kit_add(k, 0, CP_SELL, 15001, 5);
    kit_add(k, 0, CP_SELL, 15002, 5);
    kit_add(k, 0, CP_SELL, 15003, 5);
    take(k, CP_BUY, 15002, 30);
    CHECK_EQ(10, slot(k)->would_be_position);
    CHECK_EQ(2, slot(k)->would_be_fill_count);
    CHECK_EQ(1, script.fills); /* told once */
    ask(k, CP_BUY, 15001, 8);  /* would take 5 and rest 3 */
    CHECK_EQ(15, slot(k)->would_be_position);
    CHECK_EQ(3, slot(k)->would_be_qty[CP_BUY]);
    CHECK_EQ(0, slot(k)->would_be_ahead[CP_BUY]);
    kit_close(k);
}

static void trades_when_the_market_comes_through_its_price(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_add(k, 0, CP_SELL, 15005, 50);
    uint64_t low = kit_add(k, 0, CP_BUY, 14990, 50);
    uint64_t best = kit_add(k, 0, CP_BUY, 14999, 5);
    ask(k, CP_BUY, 14995, 10);
    kit_delete(k, 0, CP_BUY, best, 14999, 5);
    uint64_t lower = kit_add(k, 0, CP_BUY, 14980, 50);
    kit_delete(k, 0, CP_BUY, lower, 14980, 50); /* left, not traded */
    CHECK_EQ(0, slot(k)->would_be_position);
    kit_add(k, 0, CP_SELL, 14994, 3); /* would have met it */
    CHECK_EQ(3, slot(k)->would_be_position);
    execute(k, low, CP_BUY, 14990, 50, 0); /* a worse price traded */
    CHECK_EQ(10, slot(k)->would_be_position);
    kit_close(k);
}

static void keeps_its_place_when_it_shrinks_and_loses_it_when_it_moves(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_market(k, 0, 14999, 15002, 20);
    ask(k, CP_BUY, 14999, 10);
    kit_add(k, 0, CP_BUY, 14999, 5);
    ask(k, CP_BUY, 14999, 4);
    CHECK_EQ(20, slot(k)->would_be_ahead[CP_BUY]);
    CHECK_EQ(4, slot(k)->would_be_qty[CP_BUY]);
    ask(k, CP_BUY, 14999, 6);
    CHECK_EQ(25, slot(k)->would_be_ahead[CP_BUY]);
    ask(k, CP_BUY, 14998, 6);
    CHECK_EQ(0, slot(k)->would_be_ahead[CP_BUY]);
    ask(k, CP_BUY, 0, 0);
    CHECK_EQ(0, slot(k)->would_be_qty[CP_BUY]);
    CHECK_EQ(0, k->desk->would_be_count);
    kit_close(k);
}

static void is_checked_as_if_it_were_sent(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    k->desk->risk.limits[CP_LIMIT_POSITION] = 25;
    k->desk->risk.limits[CP_LIMIT_ORDER_QTY] = 20;
    cp_risk_settle(&k->desk->risk);
    kit_market(k, 0, 14999, 15001, 100);
    ask(k, CP_BUY, 14999, 21);
    CHECK_EQ(CP_LIMIT_ORDER_QTY, slot(k)->last_refusal);
    take(k, CP_BUY, 15001, 20); /* on top of what it would hold */
    CHECK_EQ(20, slot(k)->would_be_position);
    ask(k, CP_BUY, 14999, 6);
    CHECK_EQ(CP_LIMIT_POSITION, slot(k)->last_refusal);
    ask(k, CP_BUY, 14999, 5);
    CHECK_EQ(5, slot(k)->would_be_qty[CP_BUY]);
    take(k, CP_BUY, 15001, 1); /* and of what it would have working */
    CHECK_EQ(20, slot(k)->would_be_position);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_HALT });
    CHECK_EQ(0, slot(k)->would_be_qty[CP_BUY]);
    ask(k, CP_BUY, 14999, 1);
    CHECK_EQ(0, slot(k)->would_be_qty[CP_BUY]);
    kit_close(k);
}

static void limit(kit *k, cp_limit limit, int64_t value)
{
    k->desk->risk.limits[limit] = value;
    cp_risk_settle(&k->desk->risk);
}

static void second_passes(kit *k)
{
    k->now_ns += 2 * (uint64_t)CP_SECOND_NS;
    kit_market(k, 0, 14999, 15001, 100);
}

/* Of the limits that count orders, what it would have sent and have resting counts. */
static void would_be_orders_count_among_themselves(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_market(k, 0, 14999, 15001, 100);
    limit(k, CP_LIMIT_OPEN_ORDERS, 1);
    ask(k, CP_BUY, 14999, 5);
    CHECK_EQ(0, slot(k)->would_be_refusal_count);
    ask(k, CP_SELL, 15001, 5); /* one rests */
    CHECK_EQ(0, slot(k)->would_be_qty[CP_SELL]);
    CHECK_EQ(CP_LIMIT_OPEN_ORDERS, slot(k)->last_refusal);
    CHECK_EQ(1, slot(k)->would_be_refusal_count);
    ask(k, CP_BUY, 14998, 5); /* a change of it is no further order */
    CHECK_EQ(14998, slot(k)->would_be_price[CP_BUY]);
    limit(k, CP_LIMIT_OPEN_ORDERS, 10);

    second_passes(k);
    limit(k, CP_LIMIT_SAME_ORDERS, 1);
    take(k, CP_BUY, 15001, 1);
    take(k, CP_BUY, 15001, 1);
    CHECK_EQ(1, slot(k)->would_be_position);
    CHECK_EQ(CP_LIMIT_SAME_ORDERS, slot(k)->last_refusal);
    CHECK_EQ(2, slot(k)->would_be_refusal_count);
    limit(k, CP_LIMIT_SAME_ORDERS, 1000);

    second_passes(k);
    limit(k, CP_LIMIT_MESSAGE_RATE, 3);
    ask(k, CP_BUY, 14997, 5);
    ask(k, CP_BUY, 0, 0); /* a cancel is a message too */
    ask(k, CP_BUY, 14998, 5);
    CHECK_EQ(14998, slot(k)->would_be_price[CP_BUY]);
    ask(k, CP_SELL, 15002, 5);
    CHECK_EQ(0, slot(k)->would_be_qty[CP_SELL]);
    CHECK_EQ(CP_LIMIT_MESSAGE_RATE, slot(k)->last_refusal);
    CHECK_EQ(3, slot(k)->would_be_refusal_count);
    second_passes(k);
    ask(k, CP_SELL, 15002, 5);
    CHECK_EQ(5, slot(k)->would_be_qty[CP_SELL]);

    limit(k, CP_LIMIT_SELF_CROSS, 0);
    ask(k, CP_BUY, 15002, 1); /* its own would-be quote stands there */
    CHECK_EQ(CP_LIMIT_SELF_CROSS, slot(k)->last_refusal);
    CHECK_EQ(4, slot(k)->would_be_refusal_count);
    /* And all of that is in no real figure. */
    const cp_desk_picture *desk = kit_picture(k);
    CHECK(desk->counters.refusal_count == 0 && slot(k)->refusal_count == 0);
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        CHECK_EQ(0, desk->limits[i].refusal_count);
    CHECK_EQ(0, desk->counters.order_count);
    kit_close(k);
}

static void what_it_would_have_lost_counts_as_lost(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_market(k, 0, 14999, 15001, 100);
    limit(k, CP_LIMIT_DAILY_LOSS, KIT_MONEY);
    take(k, CP_BUY, 15001, 10);
    CHECK_EQ(10, slot(k)->would_be_position);
    kit_market(k, 0, 14949, 14951, 100); /* 51 increments of ten lots lost, and fees */
    take(k, CP_SELL, 14949, 1);
    CHECK_EQ(10, slot(k)->would_be_position);
    CHECK_EQ(CP_LIMIT_DAILY_LOSS, slot(k)->last_refusal);
    CHECK(kit_picture(k)->risk_state == CP_RISK_ACTIVE);
    CHECK(k->desk->risk.loss <= 0); /* nothing is lost */
    kit_close(k);
}

static void begins_anew_with_each_rehearsal(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_market(k, 0, 14999, 15001, 100);
    take(k, CP_BUY, 15001, 10);
    ask(k, CP_SELL, 15001, 5);
    mode(k, CP_MODE_LIVE);
    CHECK_EQ(0, k->desk->would_be_count);
    CHECK_EQ(10, slot(k)->would_be_position); /* still to be looked at */
    ask(k, CP_BUY, 14999, 3);
    CHECK_EQ(0, script.seen.position[0]);
    CHECK_EQ(1, k->order_count);
    cp_order order = k->orders[0];
    kit_accept(k, order);
    kit_fill(k, order, 14999, 1, 2, CP_MAKER);
    mode(k, CP_MODE_SHADOW);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    kit_fill(k, order, 14999, 1, 1, CP_MAKER); /* it crossed the cancel */
    kit_timer(k);
    CHECK_EQ(0, script.seen.position[0]);
    CHECK_EQ(2, slot(k)->position);
    CHECK_EQ(0, slot(k)->would_be_position);
    kit_close(k);
}

static void has_nothing_in_a_book_in_doubt(void)
{
    kit *k = open_kit(CP_MODE_SHADOW);
    kit_market(k, 0, 14999, 15001, 100);
    ask(k, CP_BUY, 14999, 10);
    k->sequence += 3; /* messages are missing */
    kit_add(k, 0, CP_BUY, 14998, 5);
    CHECK_EQ(0, slot(k)->would_be_qty[CP_BUY]);
    CHECK_EQ(0, k->desk->would_be_count);
    kit_close(k);
}

/* ---- REDUCE: of the strategy, or of the desk as a whole ---- */

static bool of_all;

static void reduce(kit *k)
{
    if (of_all)
        kit_control(k, (cp_control){ .kind = CP_CONTROL_REDUCE });
    else
        mode(k, CP_MODE_REDUCE);
    CHECK_EQ(of_all ? CP_RISK_REDUCING : CP_RISK_ACTIVE, kit_picture(k)->risk_state);
}

/* Long or short by so many, by way of LIVE. */
static kit *open_holding(cp_side side, uint32_t qty)
{
    kit *k = open_kit(CP_MODE_LIVE);
    kit_market(k, 0, 14999, 15001, 1000);
    take(k, side, side == CP_BUY ? 15001 : 14999, qty);
    cp_order order = *kit_last(k);
    kit_accept(k, order);
    kit_fill(k, order, order.price, qty, 0, CP_TAKER);
    return k;
}

static void lets_only_through_what_reduces(void)
{
    kit *k = open_holding(CP_BUY, 10);
    reduce(k);
    uint32_t before = k->order_count;
    ask(k, CP_BUY, 14999, 5);
    take(k, CP_BUY, 15001, 5);
    CHECK_EQ(before, k->order_count);
    ask(k, CP_SELL, 15001, 30);
    CHECK_EQ(before + 1, k->order_count);
    CHECK(kit_last(k)->side == CP_SELL && kit_last(k)->qty == 10);
    take(k, CP_SELL, 14999, 4); /* the quote may trade all of it already */
    CHECK_EQ(before + 1, k->order_count);
    kit_close(k);
}

static void shares_the_room_between_quote_and_take(void)
{
    kit *k = open_holding(CP_SELL, 10);
    reduce(k);
    take(k, CP_BUY, 15001, 4);
    CHECK_EQ(4, kit_last(k)->qty);
    ask(k, CP_BUY, 14999, 30);
    CHECK_EQ(6, kit_last(k)->qty);
    kit_close(k);
}

static void puts_a_quote_anew_instead_of_replacing_it(void)
{
    kit *k = open_holding(CP_BUY, 10);
    reduce(k);
    ask(k, CP_SELL, 15001, 10);
    cp_order order = *kit_last(k);
    kit_accept(k, order);
    ask(k, CP_SELL, 15002, 10);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    kit_fill(k, order, 15001, 3, 7, CP_MAKER); /* on the way */
    kit_cancelled(k, order.client_id, 7, CP_REASON_USER);
    CHECK(kit_last(k)->kind == CP_ORDER_NEW && kit_last(k)->price == 15002);
    CHECK_EQ(7, kit_last(k)->qty); /* of the 10 it asked for */
    kit_close(k);
}

static void takes_off_what_was_meant_for_live(void)
{
    kit *k = open_kit(CP_MODE_LIVE);
    kit_market(k, 0, 14999, 15001, 100);
    ask(k, CP_BUY, 14999, 5);
    cp_order order = *kit_last(k);
    kit_accept(k, order);
    reduce(k);
    CHECK_EQ(of_all ? CP_ORDER_CANCEL_ALL : CP_ORDER_CANCEL, kit_last(k)->kind);
    CHECK_EQ(of_all ? 0 : (int64_t)order.client_id, (int64_t)kit_last(k)->original_id);
    kit_cancelled(k, order.client_id, 5, CP_REASON_USER);
    uint32_t sent = k->order_count;
    ask(k, CP_BUY, 14999, 5); /* it holds nothing to reduce */
    CHECK_EQ(sent, k->order_count);
    kit_close(k);
}

/* Whatever it asks for and whatever fills, in whatever order: never further from none,
 * never through to the other side. */
static void never_adds_and_never_passes_through_none(void)
{
    uint64_t dice = 42;
    for (int round = 0; round < 150; round++) {
        cp_side side = round % 2 ? CP_SELL : CP_BUY;
        kit *k = open_holding(side, 25);
        reduce(k);
        uint32_t seen = k->order_count;
        int64_t last = 25;
        cp_order open[64];
        uint32_t left[64], count = 0;
        for (int step = 0; step < 60; step++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            uint32_t roll = (uint32_t)(dice >> 40);
            cp_side asked = roll & 1 ? CP_SELL : CP_BUY;
            if (roll % 3 == 0)
                take(k, asked, asked == CP_BUY ? 15001 : 14999, 1 + roll % 29);
            else
                ask(k, asked, (asked == CP_BUY ? 14990 : 15001) + roll % 7, roll % 31);
            for (; seen < k->order_count && count < 64; seen++) {
                cp_order order = k->orders[seen];
                CHECK(order.kind != CP_ORDER_REPLACE);
                if (order.kind == CP_ORDER_NEW) {
                    kit_accept(k, order);
                    open[count] = order;
                    left[count++] = order.qty;
                }
                for (uint32_t i = 0; order.kind == CP_ORDER_CANCEL && i < count; i++) {
                    if (open[i].client_id != order.original_id || left[i] == 0)
                        continue;
                    uint32_t part = roll % 5 < left[i] ? roll % 5 : left[i] - 1;
                    left[i] -= part; /* filled while the cancel was on its way */
                    if (part > 0)
                        kit_fill(k, open[i], open[i].price, part, left[i], CP_MAKER);
                    kit_cancelled(k, open[i].client_id, left[i], CP_REASON_USER);
                    left[i] = 0;
                }
            }
            uint32_t i = count ? roll % count : 0;
            if (count && left[i] > 0) {
                uint32_t part = 1 + (roll >> 8) % left[i];
                left[i] -= part;
                kit_fill(k, open[i], open[i].price, part, left[i], CP_MAKER);
            }
            int64_t held = slot(k)->position * (side == CP_BUY ? 1 : -1);
            CHECK(held >= 0 && held <= last);
            last = held;
        }
        CHECK(last < 25);
        kit_close(k);
    }
}

/* What one holds and another owes is nobody's to trade: the symbol would go further from
 * none. */
static void neither_a_strategy_nor_a_symbol_goes_further_from_none(void)
{
    kit *k = kit_make();
    for (uint32_t i = 0; i < 2; i++) {
        k->config.strategies[i] = kit_strategy("market_maker", 0);
        k->config.strategies[i].name[0] = (char)('a' + i);
    }
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(4, k->order_count);
    for (uint32_t i = 0; i < 4; i++)
        kit_accept(k, k->orders[i]);
    kit_fill(k, k->orders[0], 14998, 10, 0, CP_MAKER); /* one buys */
    kit_fill(k, k->orders[3], 15002, 10, 0, CP_MAKER); /* the other sells */
    CHECK_EQ(0, kit_picture(k)->symbols[0].position);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_REDUCE });
    for (uint32_t i = k->desk->orders.first; i != CP_NONE; i = k->desk->orders.first)
        kit_cancelled(k, k->desk->orders.orders[i].client_id, 10, CP_REASON_USER);
    uint32_t sent = k->order_count;
    kit_market(k, 1, 14990, 15010, 500);
    for (int i = 0; i < 5; i++) {
        kit_add(k, 0, CP_BUY, 14999, 5);
        kit_timer(k);
    }
    CHECK_EQ(sent, k->order_count);
    cp_control by_hand = { .kind = CP_CONTROL_ORDER,
                           .ticket = { .price = 14990, .qty = 1, .side = CP_BUY } };
    kit_control(k, by_hand);
    CHECK_EQ(sent, k->order_count);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_RESUME });
    CHECK_EQ(CP_RISK_ACTIVE, kit_picture(k)->risk_state);
    kit_add(k, 0, CP_BUY, 15000, 5);
    CHECK(k->order_count > sent);
    kit_close(k);
}

static void from_which_states_the_desk_reduces_and_where_it_leads(void)
{
    const struct {
        cp_control_kind before, asked;
        cp_risk_state then;
    } cases[] = {
        { 0, CP_CONTROL_REDUCE, CP_RISK_REDUCING },
        { CP_CONTROL_PAUSE, CP_CONTROL_REDUCE, CP_RISK_REDUCING },
        { CP_CONTROL_REDUCE, CP_CONTROL_REDUCE, CP_RISK_REDUCING },
        { CP_CONTROL_HALT, CP_CONTROL_REDUCE, CP_RISK_HALTED },
        { CP_CONTROL_REDUCE, CP_CONTROL_RESUME, CP_RISK_ACTIVE },
        { CP_CONTROL_REDUCE, CP_CONTROL_PAUSE, CP_RISK_PAUSED },
        { CP_CONTROL_REDUCE, CP_CONTROL_FLATTEN, CP_RISK_FLATTENING },
        { CP_CONTROL_REDUCE, CP_CONTROL_HALT, CP_RISK_HALTED },
        { CP_CONTROL_REDUCE, CP_CONTROL_UNHALT, CP_RISK_REDUCING },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kit *k = open_holding(CP_BUY, 10);
        if (cases[i].before)
            kit_control(k, (cp_control){ .kind = cases[i].before });
        kit_control(k, (cp_control){ .kind = cases[i].asked });
        CHECK_EQ(cases[i].then, kit_picture(k)->risk_state);
        kit_close(k);
    }
}

int main(void)
{
    uint32_t kind;
    char error[CP_ERROR_SIZE];
    CHECK_EQ(0, cp_strategy_register(&scripted, &kind, error));
    RUN(waits_its_turn_in_the_real_queue);
    RUN(sends_nothing_and_touches_no_real_figure);
    RUN(takes_what_the_book_shows_and_no_worse);
    RUN(trades_when_the_market_comes_through_its_price);
    RUN(keeps_its_place_when_it_shrinks_and_loses_it_when_it_moves);
    RUN(is_checked_as_if_it_were_sent);
    RUN(would_be_orders_count_among_themselves);
    RUN(what_it_would_have_lost_counts_as_lost);
    RUN(begins_anew_with_each_rehearsal);
    RUN(has_nothing_in_a_book_in_doubt);
    for (int whole = 0; whole < 2; whole++) {
        of_all = whole == 1;
        RUN(lets_only_through_what_reduces);
        RUN(shares_the_room_between_quote_and_take);
        RUN(puts_a_quote_anew_instead_of_replacing_it);
        RUN(takes_off_what_was_meant_for_live);
        RUN(never_adds_and_never_passes_through_none);
    }
    RUN(neither_a_strategy_nor_a_symbol_goes_further_from_none);
    RUN(from_which_states_the_desk_reduces_and_where_it_leads);
    return 0;
}
