/* Orders the venue owes an answer to, and orders it and we do not agree about. */
#include "desk_kit.h"

/* A market maker on symbol 0 with both quotes live: orders[0] the bid, [1] the ask. */
static kit *quoting(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    kit_open(k);
    kit_timer(k);
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(2, k->order_count);
    return k;
}

static void pass(kit *k, uint64_t ns)
{
    for (uint64_t gone = 0; gone < ns; gone += CP_DESK_TIMER_NS) {
        kit_wait(k, CP_DESK_TIMER_NS);
        kit_timer(k);
    }
}

static uint8_t state_of(const kit *k, uint64_t client_id)
{
    uint32_t place = cp_orders_find(&k->desk->orders, client_id);
    return place == CP_NONE ? CP_STATE_FREE : k->desk->orders.orders[place].state;
}

static int64_t finding_of(const kit *k)
{
    const cp_note *note = kit_note(k, CP_NOTE_RECONCILE);
    return note ? note->a : 0;
}

static uint32_t count_kind(const kit *k, cp_order_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < k->order_count; i++)
        count += k->orders[i].kind == kind;
    return count;
}

static void asks_about_an_order_without_an_answer_and_never_sends_it_again(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_accept(k, k->orders[1]);
    pass(k, KIT_SECOND / 2);
    CHECK_EQ(CP_STATE_PENDING_NEW, state_of(k, bid.client_id));
    pass(k, KIT_SECOND);
    CHECK_EQ(CP_STATE_UNKNOWN, state_of(k, bid.client_id));
    CHECK_EQ(CP_FOUND_UNANSWERED, finding_of(k));
    CHECK_EQ(1, count_kind(k, CP_ORDER_QUERY));
    CHECK_EQ(bid.client_id, kit_last(k)->original_id);
    /* It counts as working all the while. */
    CHECK_EQ(10, kit_picture(k)->symbols[0].worst_long);
    CHECK_EQ(1, kit_picture(k)->counters.unknown_count);
    pass(k, 3 * (uint64_t)KIT_SECOND);
    CHECK(count_kind(k, CP_ORDER_QUERY) >= 3); /* asked again, each second */
    CHECK_EQ(2, count_kind(k, CP_ORDER_NEW));
    kit_status(k, bid.client_id, 10, 0);
    CHECK_EQ(CP_STATE_LIVE, state_of(k, bid.client_id));
    CHECK_EQ(CP_FOUND_ALIVE, finding_of(k));
    kit_close(k);
}

static void closes_what_never_arrived(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    pass(k, 2 * (uint64_t)KIT_SECOND);
    kit_status(k, bid.client_id, 0, 0);
    CHECK_EQ(CP_STATE_FREE, state_of(k, bid.client_id));
    CHECK_EQ(CP_FOUND_GONE, finding_of(k));
    CHECK_EQ(0, kit_picture(k)->symbols[0].worst_long);
    CHECK_EQ(0, kit_picture(k)->doubt);
    CHECK_EQ(CP_NONE, k->desk->slots[0].quotes[CP_BUY]); /* it may quote again */
    kit_close(k);
}

static void takes_a_late_answer_for_what_it_is(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    pass(k, 2 * (uint64_t)KIT_SECOND);
    kit_accept(k, bid);
    CHECK_EQ(CP_STATE_LIVE, state_of(k, bid.client_id));
    kit_fill(k, bid, bid.price, 4, 6, CP_MAKER);
    CHECK_EQ(CP_STATE_PARTIAL, state_of(k, bid.client_id));
    CHECK_EQ(4, kit_picture(k)->symbols[0].position);
    kit_close(k);
}

static void doubts_a_symbol_whose_order_went_while_executions_are_missing(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    pass(k, 2 * (uint64_t)KIT_SECOND);
    kit_status(k, bid.client_id, 0, 1); /* the venue told of one execution */
    CHECK_EQ(CP_FOUND_LOST, finding_of(k));
    CHECK_EQ(1, kit_picture(k)->doubt);
    CHECK_EQ(0, kit_picture(k)->symbols[0].position); /* nothing is made up */
    kit_accept(k, k->orders[1]);
    kit_market(k, 0, 14998, 15002, 500);
    CHECK_EQ(CP_NONE, cp_desk_send_new(k->desk, 0, 0, CP_BUY, 14990, 1, CP_PURPOSE_TAKE));
    CHECK_EQ(CP_REFUSE_DOUBT, kit_picture(k)->strategies[0].last_refusal);
    kit_list_end(k, 0, 1);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_ACCEPT });
    CHECK_EQ(0, kit_picture(k)->doubt);
    CHECK_EQ(CP_FOUND_ACCEPTED, finding_of(k));
    CHECK(cp_desk_send_new(k->desk, 0, 0, CP_BUY, 14990, 1, CP_PURPOSE_TAKE) != CP_NONE);
    kit_close(k);
}

static void books_what_a_resting_order_must_have_traded(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_accept(k, bid);
    kit_accept(k, k->orders[1]);
    pass(k, 6 * (uint64_t)KIT_SECOND); /* all orders are compared */
    CHECK_EQ(CP_ORDER_QUERY, kit_last(k)->kind);
    CHECK_EQ(0, kit_last(k)->original_id);
    kit_status(k, bid.client_id, 7, 1); /* three lots that we did not hear of */
    kit_status(k, k->orders[1].client_id, 10, 1);
    kit_list_end(k, 2, 1);
    CHECK_EQ(3, kit_picture(k)->symbols[0].position);
    CHECK_EQ(3 * bid.price, kit_picture(k)->symbols[0].cost);
    CHECK_EQ(CP_FOUND_QTY, finding_of(k));
    CHECK_EQ(CP_STATE_PARTIAL, state_of(k, bid.client_id));
    CHECK_EQ(0, kit_picture(k)->doubt);
    CHECK(kit_picture(k)->reconciled_ns == k->now_ns);
    kit_close(k);
}

static void asks_about_what_the_venue_leaves_out(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0], ask = k->orders[1];
    kit_accept(k, bid);
    kit_accept(k, ask);
    pass(k, 6 * (uint64_t)KIT_SECOND);
    kit_status(k, ask.client_id, 10, 0);
    kit_list_end(k, 1, 0);
    CHECK_EQ(CP_STATE_UNKNOWN, state_of(k, bid.client_id));
    CHECK_EQ(CP_STATE_LIVE, state_of(k, ask.client_id));
    pass(k, KIT_SECOND / 5);
    CHECK_EQ(bid.client_id, kit_last(k)->original_id);
    kit_status(k, bid.client_id, 0, 0);
    CHECK_EQ(CP_STATE_FREE, state_of(k, bid.client_id));
    kit_close(k);
}

static void doubts_everything_when_executions_are_missing_and_no_order_is(void)
{
    kit *k = quoting();
    kit_accept(k, k->orders[0]);
    kit_accept(k, k->orders[1]);
    pass(k, 6 * (uint64_t)KIT_SECOND);
    kit_status(k, k->orders[0].client_id, 10, 2);
    kit_status(k, k->orders[1].client_id, 10, 2);
    kit_list_end(k, 2, 2);
    CHECK_EQ(CP_FOUND_EXECUTIONS, finding_of(k));
    CHECK_EQ(15, kit_picture(k)->doubt);
    kit_close(k);
}

static void deals_with_strangers_by_its_policy(void)
{
    for (uint32_t policy = CP_STRANGER_CANCEL; policy <= CP_STRANGER_SHOW; policy++) {
        kit *k = kit_make();
        k->config.journal.stranger_policy = policy;
        kit_open(k);
        kit_timer(k);
        kit_market(k, 1, 14998, 15002, 500);
        pass(k, 6 * (uint64_t)KIT_SECOND);
        kit_report(k, (cp_report){ .kind = CP_REPORT_STATUS,
                                   .client_id = 77,
                                   .order_ref = 5,
                                   .price = 14990,
                                   .qty = 8,
                                   .leaves = 8,
                                   .symbol = 1,
                                   .side = CP_BUY });
        kit_list_end(k, 1, 0);
        CHECK_EQ(CP_FOUND_STRANGER, finding_of(k));
        bool cancels = kit_last(k)->kind == CP_ORDER_CANCEL;
        CHECK((policy == CP_STRANGER_CANCEL) == cancels);
        CHECK_EQ(policy == CP_STRANGER_SHOW ? 2 : 0, kit_picture(k)->doubt);
        CHECK_EQ(policy == CP_STRANGER_ADOPT ? 8 : 0,
                 kit_picture(k)->symbols[1].worst_long);
        if (policy == CP_STRANGER_ADOPT) {
            kit_control(k, (cp_control){ .kind = CP_CONTROL_CANCEL_ALL });
            kit_cancelled(k, 77, 8, CP_REASON_USER);
            CHECK_EQ(0, cp_desk_working_count(k->desk));
        }
        kit_close(k);
    }
}

static void counts_an_execution_once(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_accept(k, bid);
    kit_fill(k, bid, bid.price, 4, 6, CP_MAKER);
    k->next_match--;
    kit_fill(k, bid, bid.price, 4, 6, CP_MAKER); /* the same once more */
    CHECK_EQ(4, kit_picture(k)->symbols[0].position);
    CHECK_EQ(1, kit_picture(k)->counters.duplicate_count);
    CHECK_EQ(CP_FOUND_DUPLICATE, finding_of(k));
    kit_fill(k, bid, bid.price, 4, 2, CP_MAKER); /* another of the same size */
    CHECK_EQ(8, kit_picture(k)->symbols[0].position);
    kit_close(k);
}

static void cancel_as_asked(kit *k, uint32_t from)
{
    for (uint32_t i = from; i < k->order_count; i++)
        if (k->orders[i].kind == CP_ORDER_CANCEL)
            kit_cancelled(k, k->orders[i].original_id, 10, CP_REASON_USER);
}

static uint32_t count_refusals_said(const kit *k, uint32_t from)
{
    uint32_t said = 0;
    for (uint32_t i = from; i < k->note_count; i++)
        said += k->notes[i].kind == CP_NOTE_REFUSAL;
    return said;
}

/* An execution of nobody's order: symbol 0 is in doubt. */
static void put_in_doubt(kit *k, uint64_t which)
{
    kit_report(k, (cp_report){ .kind = CP_REPORT_EXECUTED,
                               .client_id = 777 + which,
                               .match_ref = 777 + which,
                               .price = 14998,
                               .qty = 1 });
    CHECK_EQ(1, kit_picture(k)->doubt);
}

static void says_in_each_doubt_that_it_refuses(void)
{
    kit *k = quoting();
    for (uint32_t doubt = 1; doubt <= 2; doubt++) {
        kit_accept(k, k->orders[k->order_count - 2]);
        kit_accept(k, k->orders[k->order_count - 1]);
        uint32_t notes = k->note_count, orders = k->order_count;
        uint64_t refusals = kit_picture(k)->strategies[0].refusal_count;
        put_in_doubt(k, doubt);
        cancel_as_asked(k, orders);
        kit_add(k, 0, CP_BUY, 14998 + (int64_t)doubt, 500);
        CHECK_EQ(CP_REFUSE_DOUBT, kit_picture(k)->strategies[0].last_refusal);
        CHECK_EQ(1, count_refusals_said(k, notes));
        CHECK_EQ(refusals + 1, kit_picture(k)->strategies[0].refusal_count);
        cp_control accept = { .kind = CP_CONTROL_ACCEPT };
        kit_control(k, accept);
        CHECK_EQ(0, kit_picture(k)->doubt);
        kit_add(k, 0, CP_BUY, 14998 + (int64_t)doubt, 1); /* it quotes anew */
        CHECK_EQ(CP_ORDER_NEW, kit_last(k)->kind);
    }
    kit_close(k);
}

static void pulls_what_strategies_have_resting_in_doubt(void)
{
    kit *k = kit_make();
    for (uint32_t i = 0; i < 2; i++) {
        k->config.strategies[i] = kit_strategy("market_maker", i);
        k->config.strategies[i].name[0] = (char)('a' + i);
    }
    kit_open(k);
    kit_timer(k);
    kit_market(k, 0, 14998, 15002, 500);
    kit_market(k, 1, 14998, 15002, 500);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_ORDER,
                                 .who = "ann",
                                 .ticket = { .qty = 3,
                                             .price = 14990,
                                             .side = CP_BUY,
                                             .type = CP_LIMIT,
                                             .time_in_force = CP_DAY } });
    CHECK_EQ(5, k->order_count);
    for (uint32_t i = 0; i < 5; i++)
        kit_accept(k, k->orders[i]);
    put_in_doubt(k, 1);
    /* Both quotes in it, and neither those in another nor what was sent by hand. */
    CHECK_EQ(7, k->order_count);
    for (uint32_t i = 0; i < 2; i++) {
        CHECK_EQ(CP_ORDER_CANCEL, k->orders[5 + i].kind);
        CHECK_EQ(k->orders[i].client_id, k->orders[5 + i].original_id);
    }
    put_in_doubt(k, 2); /* once */
    CHECK_EQ(7, k->order_count);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_CANCEL,
                                 .who = "ann",
                                 .ticket = { .symbol = CP_NOBODY,
                                             .side = CP_SIDE_BOTH,
                                             .strategy = CP_OPERATOR } });
    CHECK_EQ(8, k->order_count);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    CHECK_EQ(k->orders[4].client_id, kit_last(k)->original_id);
    kit_close(k);
}

/* The bid had 4 of 10 filled, by what we heard. */
static kit *partly_filled(cp_order *bid)
{
    kit *k = quoting();
    *bid = k->orders[0];
    kit_accept(k, *bid);
    kit_accept(k, k->orders[1]);
    kit_wait(k, 1);
    kit_fill(k, *bid, bid->price, 4, 6, CP_MAKER);
    while (kit_last(k)->kind != CP_ORDER_QUERY || kit_last(k)->original_id != 0)
        pass(k, CP_DESK_TIMER_NS);
    return k;
}

static void counts_lots_that_are_left_though_they_are_held_as_well(void)
{
    cp_order bid;
    kit *k = partly_filled(&bid);
    kit_status(k, bid.client_id, 10, 0);
    CHECK_EQ(CP_FOUND_LEFT, finding_of(k));
    CHECK_EQ(6, kit_note(k, CP_NOTE_RECONCILE)->b);
    CHECK_EQ(10, kit_note(k, CP_NOTE_RECONCILE)->c);
    CHECK_EQ(1, kit_picture(k)->doubt);
    CHECK_EQ(4, kit_picture(k)->symbols[0].position);
    CHECK_EQ(14, kit_picture(k)->symbols[0].worst_long);
    kit_list_end(k, 2, 0);
    CHECK_EQ(CP_FOUND_FEWER, finding_of(k)); /* and not: begun anew */
    CHECK_EQ(1, kit_note(k, CP_NOTE_RECONCILE)->b);
    CHECK_EQ(0, kit_note(k, CP_NOTE_RECONCILE)->c);
    CHECK_EQ(15, kit_picture(k)->doubt);
    kit_close(k);
}

static void doubts_everything_when_fewer_executions_are_counted(void)
{
    cp_order bid;
    kit *k = partly_filled(&bid);
    kit_status(k, bid.client_id, 6, 0);
    kit_list_end(k, 1, 0);
    CHECK_EQ(CP_FOUND_FEWER, finding_of(k));
    CHECK_EQ(15, kit_picture(k)->doubt);
    uint64_t found = kit_picture(k)->counters.correction_count;
    pass(k, 11 * (uint64_t)KIT_SECOND); /* it is said once */
    kit_list_end(k, 0, 0);
    CHECK_EQ(found, kit_picture(k)->counters.correction_count);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_ACCEPT });
    CHECK_EQ(0, kit_picture(k)->doubt);
    kit_close(k);
}

static void knows_a_venue_that_has_begun_anew(void)
{
    for (uint32_t executions = 0; executions < 2; executions++) {
        cp_order bid;
        kit *k = partly_filled(&bid);
        kit_status(k, bid.client_id, 6, 1); /* one list in which all is well */
        kit_list_end(k, 1, 1);
        kit_fill(k, bid, bid.price, 1, 5, CP_MAKER);
        kit_add(k, 0, CP_BUY, 14000, 1); /* a market that is silent pulls everything */
        pass(k, 6 * (uint64_t)KIT_SECOND);
        kit_list_end(k, 0, executions);
        CHECK_EQ(CP_FOUND_RESTART, finding_of(k));
        CHECK_EQ(2, kit_note(k, CP_NOTE_RECONCILE)->b);
        CHECK_EQ(executions, kit_note(k, CP_NOTE_RECONCILE)->c);
        CHECK_EQ(0, kit_picture(k)->doubt);
        kit_close(k);
    }
}

static void doubts_a_symbol_after_a_fill_it_cannot_place(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_accept(k, bid);
    kit_cancelled(k, bid.client_id, 10, CP_REASON_USER);
    kit_fill(k, bid, bid.price, 3, 0, CP_MAKER); /* after its end */
    CHECK_EQ(CP_FOUND_LOST, finding_of(k));
    CHECK_EQ(1, kit_picture(k)->doubt);
    kit_close(k);
}

static void says_again_a_cancel_that_got_lost(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0];
    kit_accept(k, bid);
    kit_accept(k, k->orders[1]);
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = CP_MODE_OFF });
    CHECK_EQ(2, count_kind(k, CP_ORDER_CANCEL));
    pass(k, 2 * (uint64_t)KIT_SECOND);
    CHECK_EQ(CP_STATE_UNKNOWN, state_of(k, bid.client_id));
    kit_status(k, bid.client_id, 10, 0);
    CHECK_EQ(3, count_kind(k, CP_ORDER_CANCEL));
    CHECK_EQ(CP_STATE_PENDING_CANCEL, state_of(k, bid.client_id));
    kit_cancelled(k, bid.client_id, 10, CP_REASON_USER);
    CHECK_EQ(CP_STATE_FREE, state_of(k, bid.client_id));
    kit_close(k);
}

static void finds_out_which_terms_a_replace_without_an_answer_left(void)
{
    for (int got_through = 0; got_through < 2; got_through++) {
        kit *k = quoting();
        cp_order bid = k->orders[0];
        kit_accept(k, bid);
        kit_accept(k, k->orders[1]);
        kit_add(k, 0, CP_BUY, 15001, 500);
        cp_order moved = k->orders[2];
        CHECK_EQ(CP_ORDER_REPLACE, moved.kind);
        pass(k, 2 * (uint64_t)KIT_SECOND);
        kit_status(k, moved.client_id, got_through ? moved.qty : 0, 0);
        if (!got_through) {
            pass(k, 2 * (uint64_t)KIT_SECOND);
            CHECK_EQ(CP_STATE_UNKNOWN, state_of(k, bid.client_id));
            kit_status(k, bid.client_id, 10, 0);
        }
        uint64_t good = got_through ? moved.client_id : bid.client_id;
        uint32_t place = cp_orders_find(&k->desk->orders, good);
        CHECK(place != CP_NONE);
        CHECK_EQ(got_through ? moved.price : bid.price,
                 k->desk->orders.orders[place].price);
        kit_close(k);
    }
}

static void an_order_ends_expired_when_its_own_terms_end_it(void)
{
    cp_orders orders;
    CHECK_EQ(0, cp_orders_init(&orders, 4));
    cp_own_terms terms = { .price = 100, .qty = 10, .time_in_force = CP_IOC };
    uint32_t place = cp_orders_open(&orders, &terms);
    cp_report report = { .kind = CP_REPORT_CANCELLED,
                         .client_id = orders.orders[place].client_id,
                         .qty = 10,
                         .reason = CP_REASON_IOC };
    cp_order_outcome outcome = cp_orders_on_report(&orders, &report, 1);
    CHECK(outcome.ended && outcome.done);
    CHECK_EQ(CP_STATE_EXPIRED, orders.orders[place].state);
    cp_orders_free(&orders);
}

int main(void)
{
    RUN(asks_about_an_order_without_an_answer_and_never_sends_it_again);
    RUN(closes_what_never_arrived);
    RUN(takes_a_late_answer_for_what_it_is);
    RUN(doubts_a_symbol_whose_order_went_while_executions_are_missing);
    RUN(books_what_a_resting_order_must_have_traded);
    RUN(asks_about_what_the_venue_leaves_out);
    RUN(doubts_everything_when_executions_are_missing_and_no_order_is);
    RUN(deals_with_strangers_by_its_policy);
    RUN(counts_an_execution_once);
    RUN(says_in_each_doubt_that_it_refuses);
    RUN(pulls_what_strategies_have_resting_in_doubt);
    RUN(counts_lots_that_are_left_though_they_are_held_as_well);
    RUN(doubts_everything_when_fewer_executions_are_counted);
    RUN(knows_a_venue_that_has_begun_anew);
    RUN(doubts_a_symbol_after_a_fill_it_cannot_place);
    RUN(says_again_a_cancel_that_got_lost);
    RUN(finds_out_which_terms_a_replace_without_an_answer_left);
    RUN(an_order_ends_expired_when_its_own_terms_end_it);
}
