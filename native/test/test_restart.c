/* What a restart may not loosen: the modes strategies were in, parent orders that have been
 * worked, and orders of before, which no strategy knows of any more. */
#include "desk_kit.h"

static kit *make_kit(const char *kind, uint32_t mode)
{
    kit *k = kit_make();
    for (uint32_t i = 0; i < k->config.symbol_count; i++)
        snprintf(k->config.instruments[i].name, CP_NAME_SIZE, "S%u", i);
    k->config.strategies[0] = kit_strategy(kind, 0);
    k->config.strategies[0].mode = mode;
    return k;
}

static kit *open_kit(const char *kind, uint32_t mode)
{
    kit *k = make_kit(kind, mode);
    kit_open(k);
    kit_timer(k);
    kit_market(k, 0, 14998, 15002, 500);
    return k;
}

static bool without_modes; /* as a journal of before they were in it */

static void take_down(void *context, cp_journal_kind kind, const void *body,
                      uint32_t size)
{
    cp_desk *desk = context;
    cp_journal_record record = { .kind = (uint16_t)kind };
    memcpy(record.body, body, size);
    if (kind == CP_JOURNAL_SNAPSHOT_END && without_modes)
        memset(record.body + offsetof(cp_journal_state, modes), 0, 16);
    CHECK_EQ(0, cp_desk_recover(desk, &record));
}

/* A desk of the config goes on from all that another would write down. */
static void restart(kit *from, kit *to)
{
    char error[CP_ERROR_SIZE];
    CHECK_EQ(0, cp_desk_recover_begin(to->desk));
    cp_desk_snapshot(from->desk, take_down, to->desk);
    CHECK_EQ(0, cp_desk_recover_end(to->desk, true, error));
    cp_desk_skip_ids(to->desk, cp_desk_next_id(from->desk));
    cp_desk_set_ids(to->desk, cp_desk_next_id(from->desk) + 1000);
    kit_carry(to);
}

static void set_mode(kit *k, uint32_t to)
{
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = to });
}

static uint32_t mode_of(kit *k)
{
    return kit_picture(k)->strategies[0].config.mode;
}

static uint64_t cause_of(const kit *k)
{
    cp_journal_state state;
    cp_desk_get_state(k->desk, &state);
    return state.mode_causes & CP_MODE_MASK;
}

static uint32_t count_kind(const kit *k, cp_order_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < k->order_count; i++)
        count += k->orders[i].kind == kind;
    return count;
}

/* ---- modes ---- */

static void the_tighter_of_both_modes_holds(void)
{
    /* From the least that it can send to the most. */
    static const uint32_t modes[] = { CP_MODE_OFF, CP_MODE_SHADOW, CP_MODE_REDUCE,
                                      CP_MODE_LIVE };
    for (uint32_t was = 0; was < 4; was++) {
        for (uint32_t asked = 0; asked < 4; asked++) {
            kit *old = open_kit("market_maker", CP_MODE_LIVE);
            kit *new = make_kit("market_maker", modes[asked]);
            set_mode(old, modes[was]);
            kit_open(new);
            restart(old, new);
            CHECK_EQ(modes[was < asked ? was : asked], mode_of(new));
            const cp_note *note = kit_note(new, CP_NOTE_MODE);
            CHECK((note != NULL) == (was < asked));
            if (note) {
                CHECK_EQ(modes[was], note->a);
                CHECK_EQ(modes[asked], note->b);
                CHECK_EQ(CP_CAUSE_RECOVERY, note->c);
                CHECK_EQ(CP_CAUSE_OPERATOR, note->d);
                CHECK_EQ(CP_WARNING, note->severity);
            }
            /* Until the operator says otherwise. */
            set_mode(new, CP_MODE_LIVE);
            CHECK_EQ(CP_MODE_LIVE, mode_of(new));
            kit_close(old);
            kit_close(new);
        }
    }
}

static void why_it_is_off_is_kept_from_life_to_life(void)
{
    static const cp_cause causes[] = { CP_CAUSE_LOSS, CP_CAUSE_FAULT, CP_CAUSE_OPERATOR };
    for (uint32_t i = 0; i < 3; i++) {
        kit *old = open_kit("market_maker", CP_MODE_LIVE);
        cp_seats_set_mode(old->desk, 0, CP_MODE_OFF, causes[i]);
        set_mode(old, CP_MODE_OFF); /* said again, the reason is the same */
        for (int life = 0; life < 3; life++) {
            /* Once the file says so as well, which is no news. */
            bool agrees = life == 1;
            kit *new = make_kit("market_maker", agrees ? CP_MODE_OFF : CP_MODE_LIVE);
            kit_open(new);
            restart(old, new);
            CHECK_EQ(CP_MODE_OFF, mode_of(new));
            CHECK((kit_note(new, CP_NOTE_MODE) == NULL) == agrees);
            CHECK(agrees || kit_note(new, CP_NOTE_MODE)->d == (int64_t)causes[i]);
            CHECK_EQ(causes[i], cause_of(new));
            kit_market(new, 0, 14998, 15002, 500);
            kit_timer(new);
            CHECK_EQ(0, count_kind(new, CP_ORDER_NEW));
            kit_close(old);
            old = new;
        }
        kit_close(old);
    }
}

static void modes_go_with_the_name_and_not_with_the_slot(void)
{
    kit *old = open_kit("market_maker", CP_MODE_LIVE), *new = kit_make();
    set_mode(old, CP_MODE_OFF);
    for (uint32_t i = 0; i < 4; i++) {
        snprintf(new->config.instruments[i].name, CP_NAME_SIZE, "S%u", i);
        new->config.strategies[i] = kit_strategy("market_maker", i);
        new->config.strategies[i].name[0] = (char)('a' + i);
    }
    new->config.strategies[3].name[0] = old->config.strategies[0].name[0];
    kit_open(new);
    restart(old, new);
    for (uint32_t i = 0; i < 4; i++)
        CHECK_EQ(i == 3 ? CP_MODE_OFF : CP_MODE_LIVE,
                 kit_picture(new)->strategies[i].config.mode);
    kit_close(old);
    kit_close(new);
}

static void a_journal_without_modes_leaves_them_to_the_files(void)
{
    kit *old = open_kit("market_maker", CP_MODE_OFF);
    kit *new = make_kit("market_maker", CP_MODE_LIVE);
    kit_open(new);
    without_modes = true;
    restart(old, new);
    without_modes = false;
    CHECK_EQ(CP_MODE_LIVE, mode_of(new));
    kit_close(old);
    kit_close(new);
}

/* ---- parent orders ---- */

static void a_parent_order_is_not_begun_again(void)
{
    static const char *const kinds[] = { "twap", "vwap", "pov", "almgren_chriss" };
    static const uint32_t modes[] = { CP_MODE_LIVE, CP_MODE_REDUCE, CP_MODE_SHADOW };
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t m = 0; m < 3; m++) {
            for (int knows = 0; knows < 2; knows++) {
                kit *old = open_kit(kinds[i], CP_MODE_LIVE);
                set_mode(old, modes[m]);
                kit *new = make_kit(kinds[i], CP_MODE_LIVE);
                kit_open(new);
                without_modes = !knows;
                restart(old, new);
                without_modes = false;
                bool rehearses = modes[m] == CP_MODE_SHADOW && knows;
                CHECK_EQ(rehearses ? CP_MODE_SHADOW : CP_MODE_OFF, mode_of(new));
                CHECK_EQ(rehearses ? CP_CAUSE_OPERATOR : CP_CAUSE_PARENT, cause_of(new));
                CHECK_EQ(cause_of(new), kit_note(new, CP_NOTE_MODE)->d);
                kit_list_end(new, 0, 0);
                kit_market(new, 0, 14998, 15002, 500);
                for (int t = 0; t < 500; t++) {
                    kit_wait(new, CP_DESK_TIMER_NS);
                    kit_timer(new);
                }
                CHECK_EQ(0, count_kind(new, CP_ORDER_NEW));
                kit_close(old);
                kit_close(new);
            }
        }
    }
}

static void a_parent_order_nobody_has_begun_is(void)
{
    kit *old = open_kit("market_maker", CP_MODE_LIVE);
    kit *new = make_kit("twap", CP_MODE_LIVE);
    snprintf(new->config.strategies[0].name, CP_NAME_SIZE, "another");
    kit_open(new);
    restart(old, new);
    CHECK_EQ(CP_MODE_LIVE, mode_of(new));
    kit_close(old);
    kit_close(new);
}

/* ---- orders of before ---- */

/* Both quotes live and one order by hand, and the desk has died. */
static kit *after_a_crash(uint32_t mode, cp_order quotes[2], cp_order *by_hand)
{
    kit *old = open_kit("market_maker", CP_MODE_LIVE);
    CHECK_EQ(2, old->order_count);
    kit_control(old, (cp_control){ .kind = CP_CONTROL_ORDER,
                                   .who = "ann",
                                   .ticket = { .qty = 3,
                                               .price = 14990,
                                               .side = CP_BUY,
                                               .type = CP_LIMIT,
                                               .time_in_force = CP_DAY } });
    CHECK_EQ(3, old->order_count);
    for (uint32_t i = 0; i < 3; i++)
        kit_accept(old, old->orders[i]);
    memcpy(quotes, old->orders, 2 * sizeof(*quotes));
    *by_hand = old->orders[2];
    kit *new = make_kit("market_maker", mode);
    kit_open(new);
    restart(old, new);
    kit_close(old);
    return new;
}

/* The venue lists all three. */
static void list_all(kit *k, const cp_order quotes[2], const cp_order *by_hand)
{
    kit_wait(k, CP_DOUBT_LOOK_NS);
    kit_timer(k);
    CHECK_EQ(CP_ORDER_QUERY, kit_last(k)->kind);
    kit_status(k, quotes[0].client_id, quotes[0].qty, 0);
    kit_status(k, quotes[1].client_id, quotes[1].qty, 0);
    kit_status(k, by_hand->client_id, by_hand->qty, 0);
    kit_list_end(k, 3, 0);
}

static void what_a_strategy_had_resting_is_taken_off_and_the_operators_stays(void)
{
    static const uint32_t modes[] = { CP_MODE_OFF, CP_MODE_SHADOW, CP_MODE_REDUCE,
                                      CP_MODE_LIVE };
    for (uint32_t i = 0; i < 4; i++) {
        cp_order quotes[2], by_hand;
        kit *k = after_a_crash(modes[i], quotes, &by_hand);
        CHECK_EQ(3, cp_desk_working_count(k->desk));
        CHECK_EQ(0, count_kind(k, CP_ORDER_CANCEL)); /* nobody knows if they are there */
        list_all(k, quotes, &by_hand);
        CHECK_EQ(2, count_kind(k, CP_ORDER_CANCEL));
        for (uint32_t n = 0, found = 0; n < k->order_count; n++)
            if (k->orders[n].kind == CP_ORDER_CANCEL)
                CHECK_EQ(quotes[found++].client_id, k->orders[n].original_id);
        kit_cancelled(k, quotes[0].client_id, quotes[0].qty, CP_REASON_USER);
        kit_cancelled(k, quotes[1].client_id, quotes[1].qty, CP_REASON_USER);
        CHECK_EQ(1, cp_desk_working_count(k->desk));
        CHECK_EQ(CP_OPERATOR, k->desk->orders.orders[k->desk->orders.first].strategy);
        kit_close(k);
    }
}

static void they_count_for_whoever_may_only_reduce(void)
{
    cp_order quotes[2], by_hand;
    kit *k = after_a_crash(CP_MODE_LIVE, quotes, &by_hand);
    kit_status(k, quotes[1].client_id, quotes[1].qty, 0); /* the ask rests */
    set_mode(k, CP_MODE_REDUCE);
    k->desk->cells[0][0].qty = k->desk->positions[0].qty = quotes[1].qty;
    k->desk->unconfirmed = false;
    kit_market(k, 0, 14998, 15002, 500);
    kit_timer(k);
    for (uint32_t i = 0; i < k->order_count; i++)
        CHECK(k->orders[i].kind !=
              CP_ORDER_NEW); /* it may fill: nothing is left to sell */
    kit_cancelled(k, quotes[1].client_id, quotes[1].qty, CP_REASON_USER);
    kit_add(k, 0, CP_BUY, 14999, 10);
    uint32_t sold = 0;
    for (uint32_t i = 0; i < k->order_count; i++)
        if (k->orders[i].kind == CP_ORDER_NEW) {
            CHECK_EQ(CP_SELL, k->orders[i].side);
            sold += k->orders[i].qty;
        }
    CHECK(sold > 0 && sold <= quotes[1].qty);
    kit_close(k);
}

static void they_are_pulled_with_all_that_is_their_strategys(void)
{
    static const cp_control asks[] = {
        { .kind = CP_CONTROL_MODE, .mode = CP_MODE_OFF },
        { .kind = CP_CONTROL_MODE, .mode = CP_MODE_REDUCE },
        { .kind = CP_CONTROL_HALT_STRATEGY },
        { .kind = CP_CONTROL_STRATEGY }, /* it goes */
    };
    for (uint32_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        cp_order quotes[2], by_hand;
        kit *k = after_a_crash(CP_MODE_LIVE, quotes, &by_hand);
        list_all(k, quotes, &by_hand);
        /* As if their cancels had come to nothing. */
        for (uint32_t n = 0; n < 2; n++) {
            cp_order cancel = { .client_id = quotes[n].client_id };
            kit_change_rejected(k, cancel, CP_REASON_CAPACITY);
            uint32_t place = cp_orders_find(&k->desk->orders, quotes[n].client_id);
            k->desk->orders.orders[place].pulled = false;
        }
        uint32_t before = count_kind(k, CP_ORDER_CANCEL);
        kit_control(k, asks[i]);
        CHECK_EQ(before + 2, count_kind(k, CP_ORDER_CANCEL));
        kit_close(k);
    }
}

int main(void)
{
    RUN(the_tighter_of_both_modes_holds);
    RUN(why_it_is_off_is_kept_from_life_to_life);
    RUN(modes_go_with_the_name_and_not_with_the_slot);
    RUN(a_journal_without_modes_leaves_them_to_the_files);
    RUN(a_parent_order_is_not_begun_again);
    RUN(a_parent_order_nobody_has_begun_is);
    RUN(what_a_strategy_had_resting_is_taken_off_and_the_operators_stays);
    RUN(they_count_for_whoever_may_only_reduce);
    RUN(they_are_pulled_with_all_that_is_their_strategys);
    return 0;
}
