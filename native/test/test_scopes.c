/* Limits of single symbols and strategies: each at its figure and one beyond, set while
 * the desk runs, shown, and over a restart. */
#include "desk_kit.h"

#define BID 14998
#define ASK 15002

static kit *make_kit(void)
{
    kit *k = kit_make();
    for (uint32_t i = 0; i < k->config.symbol_count; i++)
        snprintf(k->config.instruments[i].name, CP_NAME_SIZE, "S%u", i);
    return k;
}

static kit *open_kit(void)
{
    kit *k = make_kit();
    for (uint32_t i = 0; i < 2; i++) {
        k->config.strategies[i] = kit_strategy("market_maker", i);
        k->config.strategies[i].mode = CP_MODE_SHADOW; /* the orders are sent by hand */
    }
    kit_open(k);
    for (uint16_t i = 0; i < 2; i++)
        kit_market(k, i, BID, ASK, 500);
    return k;
}

/* The limits of the kit and one more. */
static cp_control limits_with(cp_scope scope, uint32_t target, uint32_t limit,
                              int64_t value)
{
    cp_control set = { .kind = CP_CONTROL_LIMITS, .version = 2, .scoped_count = 1 };
    kit_limits(set.limits);
    set.limits[CP_LIMIT_OPEN_ORDERS] = 1000;
    set.scoped[0] = (cp_scoped_limit){ .value = value,
                                       .target = (uint16_t)target,
                                       .scope = (uint8_t)scope,
                                       .limit = (uint8_t)limit };
    return set;
}

static void set_one(kit *k, cp_scope scope, uint32_t target, uint32_t limit,
                    int64_t value)
{
    kit_control(k, limits_with(scope, target, limit, value));
    CHECK_EQ(1, kit_picture(k)->scoped_count);
    CHECK_EQ(value, kit_picture(k)->scoped[0].limit.value);
}

static bool send(kit *k, uint32_t slot, uint32_t symbol, cp_side side, int64_t price,
                 uint32_t qty)
{
    k->desk->now_ns = k->now_ns;
    uint32_t place =
        cp_desk_send_new(k->desk, slot, symbol, side, price, qty, CP_PURPOSE_TAKE);
    kit_carry(k);
    return place != CP_NONE;
}

/* The latest refusal was of this limit, by this scope, and counted there. */
static void refused(kit *k, cp_scope scope, uint32_t limit, int64_t would_be)
{
    const cp_note *note = kit_note(k, CP_NOTE_REFUSAL);
    CHECK(note != NULL);
    CHECK_EQ(limit + 256 * scope, note->a);
    CHECK_EQ(would_be, note->d);
    CHECK(kit_picture(k)->scoped[0].refusal_count > 0);
    CHECK(kit_picture(k)->limits[limit].refusal_count > 0);
    /* And the picture has what it answered. */
    const cp_refused *told = &kit_picture(k)->strategies[note->strategy].refused;
    const cp_symbol_picture *symbol = &kit_picture(k)->symbols[note->symbol];
    CHECK_EQ(note->time_ns, told->time_ns);
    CHECK_EQ(limit, told->refusal);
    CHECK_EQ(scope, told->scope);
    CHECK_EQ(note->symbol, told->symbol);
    CHECK_EQ(symbol->bid, told->bid);
    CHECK_EQ(symbol->ask, told->ask);
    CHECK(told->bid != CP_PRICE_NONE && told->price > 0 && told->qty > 0);
    kit_wait(k, 2 * (uint64_t)KIT_SECOND); /* so that the next is noted */
}

static void an_order_is_held_to_the_tightest_of_the_three(void)
{
    for (uint32_t scope = CP_SCOPE_SYMBOL; scope < CP_SCOPE_COUNT; scope++) {
        kit *k = open_kit();
        set_one(k, (cp_scope)scope, 1, CP_LIMIT_ORDER_QTY, 7);
        CHECK(send(k, 1, 1, CP_BUY, 14990, 7));
        CHECK(!send(k, 1, 1, CP_BUY, 14991, 8));
        refused(k, (cp_scope)scope, CP_LIMIT_ORDER_QTY, 8);
        CHECK_EQ(7, kit_note(k, CP_NOTE_REFUSAL)->client_id);
        CHECK(send(k, 0, 0, CP_BUY, 14992, 50)); /* of others only the global one */
        CHECK(!send(k, 0, 0, CP_BUY, 14993, 51));
        CHECK_EQ(CP_LIMIT_ORDER_QTY, kit_note(k, CP_NOTE_REFUSAL)->a);
        /* One looser than the global changes nothing. */
        set_one(k, (cp_scope)scope, 1, CP_LIMIT_ORDER_QTY, 60);
        kit_wait(k, 2 * (uint64_t)KIT_SECOND);
        CHECK(!send(k, 1, 1, CP_BUY, 14994, 51));
        CHECK_EQ(CP_LIMIT_ORDER_QTY, kit_note(k, CP_NOTE_REFUSAL)->a);
        kit_close(k);
    }
}

static void a_position_counts_for_the_symbol_and_for_whose_it_is(void)
{
    kit *k = open_kit();
    set_one(k, CP_SCOPE_SYMBOL, 0, CP_LIMIT_POSITION, 30);
    CHECK(send(k, 0, 0, CP_BUY, 14990, 20));
    CHECK(send(k, 1, 0, CP_BUY, 14991, 10));
    CHECK_EQ(30, kit_picture(k)->scoped[0].used);
    CHECK(!send(k, 1, 0, CP_BUY, 14992, 1));
    refused(k, CP_SCOPE_SYMBOL, CP_LIMIT_POSITION, 31);
    CHECK(send(k, 1, 1, CP_BUY, 14992, 31));
    kit_close(k);

    k = open_kit();
    set_one(k, CP_SCOPE_STRATEGY, 1, CP_LIMIT_POSITION, 30);
    CHECK(send(k, 0, 0, CP_BUY, 14990, 40));
    CHECK(send(k, 1, 0, CP_BUY, 14991, 30));
    CHECK_EQ(30, kit_picture(k)->scoped[0].used);
    kit_accept(k, *kit_last(k));
    kit_fill(k, *kit_last(k), 14991, 12, 18, CP_TAKER);
    CHECK_EQ(30, kit_picture(k)->scoped[0].used); /* twelve held, eighteen to come */
    CHECK(!send(k, 1, 0, CP_BUY, 14992, 1));
    refused(k, CP_SCOPE_STRATEGY, CP_LIMIT_POSITION, 31);
    kit_market(k, 0, BID, ASK, 500);
    CHECK(send(k, 1, 1, CP_BUY, 14992, 30));  /* each symbol for itself */
    CHECK(send(k, 1, 0, CP_SELL, 15010, 42)); /* through flat, to thirty short */
    CHECK(!send(k, 1, 0, CP_SELL, 15011, 1));
    kit_close(k);
}

static void a_symbols_exposure_is_held_at_its_own_limit(void)
{
    kit *k = open_kit();
    set_one(k, CP_SCOPE_SYMBOL, 0, CP_LIMIT_GROSS_EXPOSURE, 1500 * KIT_MONEY);
    CHECK(send(k, 0, 0, CP_BUY, 14990, 10)); /* at the mid, 150.00 */
    CHECK_EQ(1500 * KIT_MONEY, kit_picture(k)->scoped[0].used);
    CHECK(!send(k, 0, 0, CP_BUY, 14991, 1));
    refused(k, CP_SCOPE_SYMBOL, CP_LIMIT_GROSS_EXPOSURE, 1650 * KIT_MONEY);
    kit_market(k, 1, BID, ASK, 500);
    CHECK(send(k, 0, 1, CP_BUY, 14991, 11));
    kit_close(k);
}

static void orders_are_counted_by_symbol_and_by_strategy(void)
{
    for (uint32_t scope = CP_SCOPE_SYMBOL; scope < CP_SCOPE_COUNT; scope++) {
        kit *k = open_kit();
        set_one(k, (cp_scope)scope, 0, CP_LIMIT_OPEN_ORDERS, 2);
        bool of_symbol = scope == CP_SCOPE_SYMBOL;
        CHECK(send(k, 0, 0, CP_BUY, 14990, 1));
        CHECK(send(k, of_symbol ? 1 : 0, of_symbol ? 0 : 1, CP_BUY, 14991, 1));
        CHECK_EQ(2, kit_picture(k)->scoped[0].used);
        CHECK(!send(k, 0, 0, CP_BUY, 14992, 1));
        refused(k, (cp_scope)scope, CP_LIMIT_OPEN_ORDERS, 3);
        kit_market(k, 0, BID, ASK, 500);
        kit_market(k, 1, BID, ASK, 500);
        CHECK(send(k, of_symbol ? 0 : 1, of_symbol ? 1 : 0, CP_BUY, 14993, 1));
        kit_close(k);
    }
}

static void messages_are_counted_by_strategy(void)
{
    kit *k = open_kit();
    set_one(k, CP_SCOPE_STRATEGY, 0, CP_LIMIT_MESSAGE_RATE, 3);
    for (int i = 0; i < 3; i++)
        CHECK(send(k, 0, 0, CP_BUY, 14990 + i, 1));
    CHECK(!send(k, 0, 1, CP_BUY, 14990, 1));
    CHECK(send(k, 1, 0, CP_BUY, 14995, 1));
    CHECK_EQ(3, kit_picture(k)->scoped[0].used);
    refused(k, CP_SCOPE_STRATEGY, CP_LIMIT_MESSAGE_RATE, 4);
    kit_market(k, 0, BID, ASK, 500);
    CHECK(send(k, 0, 0, CP_BUY, 14996, 1)); /* two seconds later */
    kit_close(k);
}

static void a_strategy_that_has_lost_its_limit_is_switched_off_alone(void)
{
    kit *k = open_kit();
    for (uint32_t i = 0; i < 2; i++)
        kit_control(k, (cp_control){
                           .kind = CP_CONTROL_MODE, .target = i, .mode = CP_MODE_LIVE });
    set_one(k, CP_SCOPE_STRATEGY, 0, CP_LIMIT_DAILY_LOSS, 5 * KIT_MONEY);
    /* Ten lots at 151, now worth 150 and half a dollar less: fees aside 5 and more. */
    cp_position_fill(&k->desk->positions[0], CP_BUY, 15049, 10, 0);
    cp_desk_has_moved(k->desk, 1);
    cp_position_fill(&k->desk->cells[0][0], CP_BUY, 15049, 10, 0);
    kit_timer(k);
    CHECK_EQ(CP_MODE_LIVE, kit_picture(k)->strategies[0].config.mode);
    CHECK_EQ(490 * KIT_MONEY / 100, kit_picture(k)->scoped[0].used);
    kit_market(k, 0, BID - 1, ASK - 1, 500);
    kit_timer(k);
    CHECK_EQ(CP_MODE_OFF, kit_picture(k)->strategies[0].config.mode);
    CHECK_EQ(CP_MODE_LIVE, kit_picture(k)->strategies[1].config.mode);
    CHECK_EQ(CP_RISK_ACTIVE, k->desk->risk.state);
    CHECK_EQ(CP_CAUSE_LOSS, kit_note(k, CP_NOTE_MODE)->c);
    /* Switched on again it is off with the next look, and could send nothing between. */
    CHECK(!send(k, 0, 0, CP_BUY, 14990, 1));
    refused(k, CP_SCOPE_STRATEGY, CP_LIMIT_DAILY_LOSS, 5 * KIT_MONEY);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = CP_MODE_LIVE });
    kit_timer(k);
    CHECK_EQ(CP_MODE_OFF, kit_picture(k)->strategies[0].config.mode);
    kit_close(k);
}

/* The kit's first strategy, alone and quoting, holds ten lots; it may lose 5. */
static kit *holding(uint32_t mode)
{
    kit *k = make_kit();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_timer(k);
    kit_market(k, 0, BID, ASK, 500);
    CHECK_EQ(2, k->order_count);
    for (uint32_t i = 0; i < 2; i++)
        kit_accept(k, k->orders[i]);
    cp_order bid = k->orders[0];
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = mode });
    for (uint32_t i = 0; i < k->order_count; i++) {
        if (k->orders[i].kind == CP_ORDER_REPLACE)
            kit_replaced(k, k->orders[i]);
        else if (k->orders[i].kind == CP_ORDER_CANCEL)
            kit_cancelled(k, k->orders[i].original_id, 10, CP_REASON_USER);
        else if (i > 1)
            kit_accept(k, k->orders[i]);
    }
    set_one(k, CP_SCOPE_STRATEGY, 0, CP_LIMIT_DAILY_LOSS, 5 * KIT_MONEY);
    return k;
}

static void its_own_loss_ends_a_strategy_that_reduces_too_and_it_can_be_closed(void)
{
    kit *k = holding(CP_MODE_REDUCE);
    kit_market(k, 0, BID, ASK, 500);
    kit_timer(k);
    CHECK_EQ(CP_MODE_REDUCE, kit_picture(k)->strategies[0].config.mode);
    cp_order sell = *kit_last(k);
    CHECK_EQ(CP_ORDER_NEW, sell.kind);
    CHECK_EQ(CP_SELL, sell.side);
    kit_accept(k, sell);
    kit_market(k, 0, BID - 60, ASK - 60, 500); /* six dollars */
    kit_timer(k);
    CHECK_EQ(CP_MODE_OFF, kit_picture(k)->strategies[0].config.mode);
    CHECK_EQ(CP_CAUSE_LOSS, kit_note(k, CP_NOTE_MODE)->c);
    bool pulled = false;
    for (uint32_t i = 0; i < k->order_count; i++)
        pulled |= k->orders[i].kind == CP_ORDER_CANCEL &&
                  k->orders[i].original_id == sell.client_id;
    CHECK(pulled);
    kit_cancelled(k, sell.client_id, sell.qty, CP_REASON_USER);
    /* What it holds can be closed all the same. */
    kit_control(k, (cp_control){ .kind = CP_CONTROL_FLATTEN_STRATEGY });
    kit_timer(k);
    cp_order close = *kit_last(k);
    CHECK_EQ(CP_ORDER_NEW, close.kind);
    CHECK_EQ(CP_SELL, close.side);
    CHECK_EQ(10, close.qty);
    CHECK_EQ(CP_IOC, close.time_in_force);
    kit_accept(k, close);
    kit_fill(k, close, BID - 60, 10, 0, CP_TAKER);
    CHECK_EQ(0, kit_picture(k)->strategies[0].position);
    kit_close(k);
}

static void what_makes_no_sense_changes_nothing(void)
{
    kit *k = open_kit();
    cp_control good = limits_with(CP_SCOPE_SYMBOL, 1, CP_LIMIT_POSITION, 10);
    kit_control(k, good);
    uint64_t hash = kit_picture(k)->limits_hash;
    CHECK_EQ(cp_limits_hash(good.limits, good.triggers, good.scoped, 1), hash);
    cp_control bad[8];
    for (int i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].scoped[0].target = 4; /* of four symbols */
    bad[1].scoped[0].scope = CP_SCOPE_GLOBAL;
    bad[2].scoped[0].limit = CP_LIMIT_DRAWDOWN; /* of the desk alone */
    bad[3].scoped[0].value = 0;
    bad[4].scoped_count = CP_SCOPED_MAX + 1;
    bad[5].scoped_count = 2; /* twice the same */
    bad[5].scoped[1] = bad[5].scoped[0];
    bad[6].hash = hash + 1;
    bad[7].triggers[CP_TRIGGER_REJECT_WINDOW] = 1;
    for (int i = 0; i < 8; i++) {
        bad[i].version = 3;
        uint32_t notes = k->note_count;
        kit_control(k, bad[i]);
        CHECK_EQ(notes + 1, k->note_count);
        CHECK_EQ(i == 6 ? -EBADMSG : -EINVAL, kit_note(k, CP_NOTE_CONTROL)->b);
        CHECK_EQ(CP_NOBODY, kit_note(k, CP_NOTE_CONTROL)->strategy); /* they are all's */
        CHECK_EQ(2, kit_picture(k)->limits_version);
        CHECK_EQ(hash, kit_picture(k)->limits_hash);
    }
    good.hash = hash;
    good.version = 4;
    kit_control(k, good);
    CHECK_EQ(4, kit_picture(k)->limits_version);
    kit_close(k);
}

/* ---- over a restart ------------------------------------------------------------------ */

static void take_down(void *context, cp_journal_kind kind, const void *body,
                      uint32_t size)
{
    cp_desk *desk = context;
    cp_journal_record record = { .kind = (uint16_t)kind };
    memcpy(record.body, body, size);
    CHECK_EQ(0, cp_desk_recover(desk, &record));
}

/* A desk of the config goes on from all that another would write down. */
static void restart(kit *from, kit *to)
{
    char error[CP_ERROR_SIZE];
    CHECK_EQ(0, cp_desk_recover_begin(to->desk));
    cp_desk_snapshot(from->desk, take_down, to->desk);
    CHECK_EQ(0, cp_desk_recover_end(to->desk, true, error));
}

static void a_restart_holds_to_the_tighter_of_both(void)
{
    kit *old = open_kit(), *new = make_kit();
    cp_control set = limits_with(CP_SCOPE_SYMBOL, 1, CP_LIMIT_POSITION, 10);
    set.limits[CP_LIMIT_POSITION] = 150;
    set.scoped_count = 3;
    set.scoped[1] = (cp_scoped_limit){
        .value = 5, .target = 0, .scope = CP_SCOPE_STRATEGY, .limit = CP_LIMIT_OPEN_ORDERS
    };
    set.scoped[2] = (cp_scoped_limit){
        .value = 6, .target = 1, .scope = CP_SCOPE_STRATEGY, .limit = CP_LIMIT_ORDER_QTY
    };
    snprintf(old->desk->slots[0].config.name, CP_NAME_SIZE, "one");
    snprintf(old->desk->slots[1].config.name, CP_NAME_SIZE, "two");
    set.version = 7;
    kit_control(old, set);

    /* Another order of the strategies, one limit tighter, one looser, one gone. */
    new->config.strategies[0] = kit_strategy("market_maker", 1);
    new->config.strategies[1] = kit_strategy("market_maker", 0);
    snprintf(new->config.strategies[0].name, CP_NAME_SIZE, "two");
    snprintf(new->config.strategies[1].name, CP_NAME_SIZE, "one");
    new->config.limits[CP_LIMIT_ORDER_QTY] = 40;
    new->config.scoped_count = 2;
    new->config.scoped[0] = (cp_scoped_limit){
        .value = 20, .target = 1, .scope = CP_SCOPE_SYMBOL, .limit = CP_LIMIT_POSITION
    };
    new->config.scoped[1] = (cp_scoped_limit){
        .value = 4, .target = 1, .scope = CP_SCOPE_STRATEGY, .limit = CP_LIMIT_OPEN_ORDERS
    };
    kit_open(new);
    uint64_t before = kit_picture(new)->limits_hash;
    restart(old, new);
    const cp_desk_picture *now = kit_picture(new);
    CHECK(now->limits_hash != before);
    CHECK_EQ(8, now->limits_version); /* numbers go on */
    CHECK_EQ(150, now->limits[CP_LIMIT_POSITION].limit);
    CHECK_EQ(40, now->limits[CP_LIMIT_ORDER_QTY].limit);
    CHECK_EQ(3, now->scoped_count);
    CHECK_EQ(10, now->scoped[0].limit.value);
    CHECK_EQ(CP_LIMIT_ORDER_QTY,
             now->scoped[1].limit.limit); /* of "two", in slot 0 now */
    CHECK_EQ(0, now->scoped[1].limit.target);
    CHECK_EQ(6, now->scoped[1].limit.value);
    CHECK_EQ(1, now->scoped[2].limit.target);
    CHECK_EQ(4, now->scoped[2].limit.value);
    kit_close(old);
    kit_close(new);
}

static void a_restart_holds_to_the_tighter_triggers_too(void)
{
    kit *old = open_kit(), *new = make_kit();
    cp_control set = { .kind = CP_CONTROL_LIMITS, .version = 7 };
    memcpy(set.limits, old->config.limits, sizeof(set.limits));
    set.limits[CP_LIMIT_MESSAGE_RATE] = 100;
    set.triggers[CP_TRIGGER_SLOW_COUNT] = 9;
    set.triggers[CP_TRIGGER_SLOW_ANSWER] = 200;
    set.triggers[CP_TRIGGER_REJECT_WINDOW] = 3000;
    set.triggers[CP_TRIGGER_FILL_WINDOW] = 500;
    set.triggers[CP_TRIGGER_FILL_COUNT] = 0; /* which is 100 */
    set.triggers[CP_TRIGGER_SAME_FILL_COUNT] = 7;
    kit_control(old, set);
    new->config.triggers[CP_TRIGGER_SLOW_COUNT] = 10000;
    new->config.triggers[CP_TRIGGER_SLOW_ANSWER] = 100;
    new->config.triggers[CP_TRIGGER_REJECT_WINDOW] = 100;
    new->config.triggers[CP_TRIGGER_FILL_WINDOW] = 2000;
    new->config.triggers[CP_TRIGGER_FILL_COUNT] = 101;
    new->config.triggers[CP_TRIGGER_SAME_FILL_COUNT] = 6;
    kit_open(new);
    restart(old, new);
    const cp_desk_picture *now = kit_picture(new);
    CHECK_EQ(9, now->triggers[CP_TRIGGER_SLOW_COUNT]);
    CHECK_EQ(100, now->triggers[CP_TRIGGER_SLOW_ANSWER]);
    CHECK_EQ(3000, now->triggers[CP_TRIGGER_REJECT_WINDOW]);
    CHECK_EQ(2000, now->triggers[CP_TRIGGER_FILL_WINDOW]);
    CHECK_EQ(0, now->triggers[CP_TRIGGER_FILL_COUNT]);
    CHECK_EQ(6, now->triggers[CP_TRIGGER_SAME_FILL_COUNT]);
    CHECK_EQ(8, now->limits_version);
    kit_close(old);
    kit_close(new);
}

static void the_same_limits_over_a_restart_are_the_same_hash(void)
{
    kit *old = open_kit(), *new = open_kit();
    uint64_t before = kit_picture(new)->limits_hash;
    cp_control again = { .kind = CP_CONTROL_LIMITS, .version = 9 };
    memcpy(again.limits, old->config.limits, sizeof(again.limits));
    kit_control(old, again);
    restart(old, new);
    CHECK_EQ(before, kit_picture(new)->limits_hash);
    CHECK_EQ(9, kit_picture(new)->limits_version);
    kit_close(old);
    kit_close(new);
}

int main(void)
{
    RUN(an_order_is_held_to_the_tightest_of_the_three);
    RUN(a_position_counts_for_the_symbol_and_for_whose_it_is);
    RUN(a_symbols_exposure_is_held_at_its_own_limit);
    RUN(orders_are_counted_by_symbol_and_by_strategy);
    RUN(messages_are_counted_by_strategy);
    RUN(a_strategy_that_has_lost_its_limit_is_switched_off_alone);
    RUN(its_own_loss_ends_a_strategy_that_reduces_too_and_it_can_be_closed);
    RUN(what_makes_no_sense_changes_nothing);
    RUN(a_restart_holds_to_the_tighter_of_both);
    RUN(a_restart_holds_to_the_tighter_triggers_too);
    RUN(the_same_limits_over_a_restart_are_the_same_hash);
    return 0;
}
