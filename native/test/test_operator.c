/* The operator's own commands: orders, previews, cancels by what they name, and kills of a
 * strategy or a symbol, on a desk at the bench and on one that is killed. */
#include "desk_kit.h"
#include "journal_kit.h"

static cp_control ticket(cp_control_kind kind, cp_side side, int64_t price, uint32_t qty)
{
    return (cp_control){
        .kind = kind,
        .ticket = { .tag = 77, .price = price, .qty = qty, .side = (uint8_t)side },
        .who = "ann",
        .why = "because"
    };
}

static cp_control order(cp_side side, int64_t price, uint32_t qty)
{
    return ticket(CP_CONTROL_ORDER, side, price, qty);
}

static cp_control at_once(cp_side side, uint32_t qty)
{
    cp_control control = ticket(CP_CONTROL_ORDER, side, 0, qty);
    control.ticket.type = CP_MARKET;
    control.ticket.time_in_force = CP_IOC;
    return control;
}

static cp_control about(cp_control_kind kind, uint32_t target)
{
    return (cp_control){ .kind = kind, .target = target, .who = "ann", .why = "because" };
}

static cp_control cancel(uint16_t strategy, uint16_t symbol, uint8_t side)
{
    return (
        cp_control){ .kind = CP_CONTROL_CANCEL,
                     .ticket = { .strategy = strategy, .symbol = symbol, .side = side } };
}

static void limit(kit *k, cp_limit which, int64_t value)
{
    k->desk->risk.limits[which] = value;
    cp_risk_settle(&k->desk->risk);
}

/* No strategy; a market of 14998 to 15002 in two symbols. */
static kit *at_the_market(void)
{
    kit *k = kit_make();
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    kit_market(k, 1, 14998, 15002, 500);
    return k;
}

/* And a market maker with a quote a side, accepted. */
static kit *quoting(void)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("market_maker", 0);
    k->config.strategies[1] = kit_strategy("market_maker", 1);
    kit_open(k);
    kit_market(k, 0, 14998, 15002, 500);
    kit_market(k, 1, 14998, 15002, 500);
    CHECK_EQ(4, k->order_count);
    for (uint32_t i = 0; i < 4; i++)
        kit_accept(k, k->orders[i]);
    return k;
}

static const cp_ticket_picture *latest(kit *k)
{
    const cp_operator_picture *by_hand = &kit_picture(k)->by_hand;
    CHECK(by_hand->ticket_count > 0);
    return &by_hand->tickets[0];
}

/* Buy or sell by hand, filled at once. */
static void hold(kit *k, cp_side side, uint32_t qty)
{
    kit_control(k, at_once(side, qty));
    cp_order sent = *kit_last(k);
    CHECK_EQ(qty, sent.qty);
    kit_accept(k, sent);
    kit_fill(k, sent, side == CP_BUY ? 15002 : 14998, qty, 0, CP_TAKER);
}

/* ---- what is refused ---- */

static void a_refusal_names_what_was_asked_about_and_nothing_else(void)
{
    const struct {
        cp_control_kind kind;
        uint32_t target;
        uint16_t strategy, symbol;
    } cases[] = {
        { CP_CONTROL_STRATEGY, 99, CP_NOBODY, CP_NOBODY },
        { CP_CONTROL_MODE, 7, 7, CP_NOBODY },
        { CP_CONTROL_HALT_STRATEGY, 7, 7, CP_NOBODY },
        { CP_CONTROL_FLATTEN_STRATEGY, 7, 7, CP_NOBODY },
        { CP_CONTROL_LIMITS, 0, CP_NOBODY, CP_NOBODY },
        { CP_CONTROL_RESUME, 0, CP_NOBODY, CP_NOBODY },
        { CP_CONTROL_UNHALT, 0, CP_NOBODY, CP_NOBODY },
        { CP_CONTROL_CANCEL, 0, CP_NOBODY, CP_NOBODY },
        { CP_CONTROL_RESUME_SYMBOL, 1, CP_NOBODY, 1 },
        { CP_CONTROL_HALT_SYMBOL, 99, CP_NOBODY, CP_NOBODY },
    };
    kit *k = quoting();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cp_control asked = about(cases[i].kind, cases[i].target);
        asked.ticket.side = 9;
        k->note_count = 0;
        kit_control(k, asked);
        const cp_note *note = kit_note(k, CP_NOTE_CONTROL);
        CHECK(note != NULL);
        CHECK_EQ(cases[i].kind, note->a);
        CHECK_EQ(cases[i].strategy, note->strategy);
        CHECK_EQ(cases[i].symbol, note->symbol);
    }
    kit_close(k);
}

/* ---- orders ---- */

static void sends_an_order_as_nobody_elses(void)
{
    kit *k = at_the_market();
    kit_control(k, order(CP_BUY, 14999, 10));
    cp_order sent = *kit_last(k);
    CHECK_EQ(1, k->order_count);
    CHECK_EQ(CP_ORDER_NEW, sent.kind);
    CHECK_EQ(14999, sent.price);
    CHECK_EQ(10, sent.qty);
    CHECK_EQ(CP_DAY, sent.time_in_force);
    CHECK_EQ(CP_OPERATOR, sent.strategy);
    const cp_note *note = kit_note(k, CP_NOTE_ORDER);
    CHECK_EQ(sent.client_id, note->client_id);
    CHECK_EQ(CP_OPERATOR, note->strategy);
    CHECK_EQ(77, latest(k)->tag);
    CHECK_EQ(CP_STATE_PENDING_NEW, latest(k)->state);
    kit_accept(k, sent);
    CHECK_EQ(CP_STATE_LIVE, latest(k)->state);
    CHECK_EQ(1, kit_picture(k)->by_hand.working_count);
    CHECK_EQ(CP_OPERATOR, kit_picture(k)->working[0].strategy);
    kit_fill(k, sent, 14999, 4, 6, CP_MAKER);
    CHECK_EQ(CP_STATE_PARTIAL, latest(k)->state);
    CHECK_EQ(4, latest(k)->filled);
    kit_fill(k, sent, 14999, 6, 0, CP_MAKER);
    CHECK_EQ(CP_STATE_FILLED, latest(k)->state);
    CHECK_EQ(10, latest(k)->filled);
    const cp_desk_picture *picture = kit_picture(k);
    CHECK_EQ(10, picture->by_hand.positions[0]);
    CHECK_EQ(10, picture->symbols[0].position);
    CHECK_EQ(2, picture->by_hand.fill_count);
    CHECK_EQ(0, picture->by_hand.working_count);
    CHECK_EQ(picture->fees, picture->by_hand.fees);
    CHECK_EQ(picture->unrealised, picture->by_hand.unrealised);
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        CHECK_EQ(0, picture->strategies[i].position);
    kit_close(k);
}

static void a_market_order_goes_no_further_than_the_collars(void)
{
    kit *k = at_the_market();
    int64_t collar = k->config.limits[CP_LIMIT_PRICE_COLLAR];
    kit_control(k, at_once(CP_BUY, 5));
    CHECK_EQ(CP_IOC, kit_last(k)->time_in_force);
    CHECK_EQ(CP_LIMIT, kit_last(k)->type);
    CHECK_EQ(15000 * (10000 + collar) / 10000, kit_last(k)->price);
    kit_control(k, at_once(CP_SELL, 5));
    CHECK_EQ((15000 * (10000 - collar) + 9999) / 10000, kit_last(k)->price);
    /* The last trade has a collar of its own. */
    kit_md(k, (cp_md){ .kind = CP_MD_TRADE, .symbol = 0, .price = 14900, .qty = 1 });
    limit(k, CP_LIMIT_LAST_COLLAR, 100);
    limit(k, CP_LIMIT_PRICE_COLLAR, 500);
    kit_control(k, at_once(CP_BUY, 5));
    CHECK_EQ(14900 * 10100 / 10000, kit_last(k)->price);
    CHECK_EQ(3, k->order_count);
    kit_close(k);
}

static void passes_on_how_long_it_lasts_and_how_it_meets_the_market(void)
{
    kit *k = at_the_market();
    cp_control control = order(CP_BUY, 14990, 3);
    control.ticket.flags = CP_POST_ONLY;
    kit_control(k, control);
    CHECK_EQ(CP_POST_ONLY, kit_last(k)->flags);
    kit_report(k, (cp_report){ .kind = CP_REPORT_REJECTED,
                               .client_id = kit_last(k)->client_id,
                               .reason = CP_REASON_POST_ONLY });
    CHECK_EQ(CP_STATE_REJECTED, latest(k)->state);
    CHECK_EQ(CP_REASON_POST_ONLY, latest(k)->reason);
    CHECK_EQ(1, kit_picture(k)->by_hand.reject_count);
    control = order(CP_SELL, 14998, 4);
    control.ticket.time_in_force = CP_FOK;
    kit_control(k, control);
    CHECK_EQ(CP_FOK, kit_last(k)->time_in_force);
    kit_accept(k, *kit_last(k));
    kit_cancelled(k, kit_last(k)->client_id, 4, CP_REASON_FOK);
    CHECK_EQ(CP_STATE_EXPIRED, latest(k)->state);
    kit_close(k);
}

static void refuses_what_is_no_order_and_says_so(void)
{
    kit *k = at_the_market();
    cp_control bad[9];
    for (int i = 0; i < 9; i++)
        bad[i] = order(CP_BUY, 15000, 1);
    bad[0].ticket.symbol = 4;
    bad[1].ticket.side = 2;
    bad[2].ticket.qty = 0;
    bad[3].ticket.price = 0;
    bad[4].ticket.price = 100001;
    bad[5].ticket.type = CP_STOP;
    bad[6].ticket.time_in_force = CP_GTC;
    bad[7].ticket.type = CP_MARKET; /* for the day */
    bad[8].ticket.flags = CP_POST_ONLY;
    bad[8].ticket.time_in_force = CP_IOC;
    for (int i = 0; i < 9; i++) {
        bad[i].ticket.tag = 100 + (uint64_t)i;
        kit_control(k, bad[i]);
        CHECK_EQ(0, k->order_count);
        CHECK_EQ(CP_NOTE_CONTROL, k->notes[k->note_count - 1].kind);
        CHECK_EQ(-EINVAL, k->notes[k->note_count - 1].b);
        CHECK_EQ(100 + i, latest(k)->tag);
        CHECK_EQ(CP_REFUSE_MALFORMED, latest(k)->refusal);
        CHECK_EQ(0, latest(k)->client_id);
        bad[i].kind = CP_CONTROL_PREVIEW;
        kit_control(k, bad[i]);
        CHECK_EQ(CP_REFUSE_MALFORMED, kit_picture(k)->preview.refusal);
        CHECK_EQ(100 + i, kit_picture(k)->preview.tag);
    }
    kit_close(k);
}

static void is_checked_like_any_and_told_what_would_pass(void)
{
    kit *k = at_the_market();
    limit(k, CP_LIMIT_POSITION, 30);
    limit(k, CP_LIMIT_ORDER_QTY, 1000);
    kit_control(k, order(CP_BUY, 14999, 40));
    CHECK_EQ(0, k->order_count);
    CHECK_EQ(CP_LIMIT_POSITION, latest(k)->refusal);
    CHECK_EQ(30, latest(k)->passing_qty);
    CHECK_EQ(CP_STATE_FREE, latest(k)->state);
    const cp_note *note = kit_note(k, CP_NOTE_REFUSAL);
    CHECK_EQ(CP_LIMIT_POSITION, note->a);
    CHECK_EQ(30, note->client_id);
    CHECK_EQ(CP_OPERATOR, note->strategy);
    /* Each is said, however soon it comes again. */
    uint32_t notes = k->note_count;
    kit_control(k, order(CP_BUY, 14999, 40));
    CHECK_EQ(notes + 1, k->note_count);
    CHECK_EQ(2, kit_picture(k)->by_hand.refusal_count);
    kit_control(k, order(CP_BUY, 14999, 30));
    CHECK_EQ(1, k->order_count);
    kit_close(k);
}

static void only_what_reduces_goes_out_in_a_pause_and_nothing_in_a_halt(void)
{
    kit *k = at_the_market();
    hold(k, CP_BUY, 20);
    kit_control(k, about(CP_CONTROL_PAUSE, 0));
    kit_control(k, order(CP_BUY, 14999, 1));
    CHECK_EQ(CP_REFUSE_STATE, latest(k)->refusal);
    CHECK_EQ(0, latest(k)->passing_qty);
    kit_control(k, order(CP_SELL, 15001, 21));
    CHECK_EQ(CP_REFUSE_STATE, latest(k)->refusal);
    CHECK_EQ(20, latest(k)->passing_qty);
    CHECK_EQ(1, k->order_count);
    kit_control(k, order(CP_SELL, 15001, 15));
    CHECK_EQ(2, k->order_count);
    /* What is on its way counts as if it had traded. */
    kit_control(k, order(CP_SELL, 15001, 6));
    CHECK_EQ(CP_REFUSE_STATE, latest(k)->refusal);
    CHECK_EQ(5, latest(k)->passing_qty);
    kit_control(k, order(CP_SELL, 15001, 5));
    CHECK_EQ(3, k->order_count);
    kit_control(k, about(CP_CONTROL_HALT, 0));
    CHECK_EQ(0, strcmp("ann", kit_picture(k)->state_by));
    CHECK_EQ(0, strcmp("because", kit_picture(k)->state_why));
    CHECK_EQ(CP_CAUSE_OPERATOR, kit_picture(k)->state_cause);
    uint32_t sent = k->order_count;
    kit_control(k, order(CP_SELL, 15001, 1));
    CHECK_EQ(CP_REFUSE_STATE, latest(k)->refusal);
    CHECK_EQ(sent, k->order_count);
    kit_close(k);
}

/* What a strategy holds is not to be sold by hand: then the hand would owe it. */
static void in_reducing_only_what_brings_its_own_nearer_to_none_too(void)
{
    kit *k = at_the_market();
    k->desk->now_ns = k->now_ns;
    cp_desk_send_new(k->desk, 0, 0, CP_BUY, 15002, 10, CP_PURPOSE_TAKE);
    kit_carry(k);
    cp_order of_strategy = *kit_last(k);
    kit_accept(k, of_strategy);
    kit_fill(k, of_strategy, 15002, 10, 0, CP_TAKER);
    kit_control(k, about(CP_CONTROL_REDUCE, 0));
    uint32_t sent = k->order_count;
    kit_control(k, order(CP_SELL, 15001, 5));
    CHECK_EQ(CP_REFUSE_STATE, latest(k)->refusal);
    CHECK_EQ(0, latest(k)->passing_qty);
    CHECK_EQ(sent, k->order_count);
    kit_control(k, about(CP_CONTROL_RESUME, 0));
    hold(k, CP_BUY, 4);
    kit_control(k, about(CP_CONTROL_REDUCE, 0));
    kit_control(k, order(CP_SELL, 15001, 5));
    CHECK_EQ(CP_REFUSE_STATE, latest(k)->refusal);
    CHECK_EQ(4, latest(k)->passing_qty);
    kit_control(k, order(CP_SELL, 15001, 4));
    CHECK_EQ(CP_REFUSE_COUNT, latest(k)->refusal);
    CHECK_EQ(4, kit_last(k)->qty);
    kit_close(k);
}

static void takes_none_while_the_desk_flattens(void)
{
    kit *k = at_the_market();
    hold(k, CP_BUY, 20);
    kit_control(k, about(CP_CONTROL_FLATTEN, 0));
    kit_control(k, order(CP_SELL, 15001, 1));
    CHECK_EQ(CP_REFUSE_STATE, latest(k)->refusal);
    CHECK_EQ(0, latest(k)->passing_qty);
    kit_timer(k);
    CHECK_EQ(20, kit_last(k)->qty);
    CHECK_EQ(CP_OPERATOR, kit_last(k)->strategy);
    cp_order closing = *kit_last(k);
    kit_accept(k, closing);
    kit_fill(k, closing, 14998, 20, 0, CP_TAKER);
    kit_timer(k);
    CHECK_EQ(CP_RISK_PAUSED, kit_picture(k)->risk_state);
    CHECK_EQ(0, kit_picture(k)->by_hand.positions[0]);
    kit_close(k);
}

static void remembers_the_latest_of_many(void)
{
    kit *k = at_the_market();
    limit(k, CP_LIMIT_OPEN_ORDERS, 100);
    for (uint64_t i = 1; i <= CP_TICKET_MAX + 5; i++) {
        cp_control control = order(CP_BUY, 14960 + (int64_t)i, 1);
        control.ticket.tag = i;
        kit_control(k, control);
        kit_accept(k, *kit_last(k));
    }
    const cp_operator_picture *by_hand = &kit_picture(k)->by_hand;
    CHECK_EQ(CP_TICKET_MAX, by_hand->ticket_count);
    for (uint32_t i = 0; i < CP_TICKET_MAX; i++) {
        CHECK_EQ(CP_TICKET_MAX + 5 - i, by_hand->tickets[i].tag);
        CHECK_EQ(CP_STATE_LIVE, by_hand->tickets[i].state);
    }
    /* One that is shown no more ends like any. */
    kit_cancelled(k, k->orders[0].client_id, 1, CP_REASON_EXPIRED);
    CHECK_EQ(CP_TICKET_MAX + 4, kit_picture(k)->by_hand.working_count);
    kit_close(k);
}

/* ---- previews ---- */

static void a_preview_says_what_the_order_would_do_and_does_nothing(void)
{
    kit *k = at_the_market();
    hold(k, CP_BUY, 20);
    kit_control(k, order(CP_BUY, 14990, 7));
    kit_accept(k, *kit_last(k));
    uint64_t hash = cp_desk_hash(k->desk), journalled = cp_desk_journal_hash(k->desk);
    uint32_t notes = k->note_count;
    kit_control(k, ticket(CP_CONTROL_PREVIEW, CP_BUY, 14999, 10));
    CHECK_EQ(2, k->order_count);
    CHECK_EQ(notes, k->note_count);
    CHECK_EQ(hash, cp_desk_hash(k->desk));
    CHECK_EQ(journalled, cp_desk_journal_hash(k->desk));
    const cp_preview *preview = &kit_picture(k)->preview;
    CHECK_EQ(CP_REFUSE_COUNT, preview->refusal);
    CHECK_EQ(77, preview->tag);
    CHECK_EQ(10, preview->passing_qty);
    CHECK_EQ(14999, preview->price);
    CHECK_EQ(14999LL * 10 * (CP_MONEY_SCALE / 100), preview->value);
    CHECK_EQ(20, preview->position);
    CHECK_EQ(30, preview->position_after);
    CHECK_EQ(37, preview->worst_long);
    CHECK_EQ(20, preview->worst_short);
    CHECK_EQ(0, preview->reduces);
    CHECK_EQ(10, preview->used[CP_LIMIT_ORDER_QTY]);
    CHECK_EQ(37, preview->used[CP_LIMIT_POSITION]);
    CHECK_EQ(2, preview->used[CP_LIMIT_OPEN_ORDERS]);
    CHECK_EQ(37LL * 15000 * (CP_MONEY_SCALE / 100),
             preview->used[CP_LIMIT_GROSS_EXPOSURE]);
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        CHECK_EQ(k->desk->risk.limits[i], preview->limits[i]);
    kit_close(k);
}

/* It adds nothing to the worst case, so what is at stake stays what it is. */
static void a_preview_of_what_closes_shows_the_exposure_there_is(void)
{
    kit *k = at_the_market();
    hold(k, CP_BUY, 20);
    kit_control(k, order(CP_BUY, 14990, 7));
    kit_accept(k, *kit_last(k));
    kit_control(k, ticket(CP_CONTROL_PREVIEW, CP_SELL, 15001, 10));
    const cp_preview *preview = &kit_picture(k)->preview;
    CHECK_EQ(CP_REFUSE_COUNT, preview->refusal);
    CHECK_EQ(27LL * 15000 * (CP_MONEY_SCALE / 100),
             preview->used[CP_LIMIT_GROSS_EXPOSURE]);
    CHECK_EQ(kit_picture(k)->limits[CP_LIMIT_GROSS_EXPOSURE].used,
             preview->used[CP_LIMIT_GROSS_EXPOSURE]);
    CHECK_EQ(k->desk->risk.limits[CP_LIMIT_GROSS_EXPOSURE],
             preview->limits[CP_LIMIT_GROSS_EXPOSURE]);
    kit_close(k);
}

/* Whatever the order, the market and the limits: what a preview says is what is done. */
static void a_preview_and_the_order_agree(void)
{
    cp_random random;
    cp_random_init(&random, 7);
    kit *k = at_the_market();
    uint32_t sent = 0, refused = 0;
    for (int i = 0; i < 4000; i++) {
        kit_wait(k, cp_random_below(&random, KIT_SECOND));
        if (cp_random_below(&random, 3) == 0) {
            int64_t bid = 14900 + (int64_t)cp_random_below(&random, 200);
            kit_market(k, (uint16_t)cp_random_below(&random, 2), bid,
                       bid + 1 + (int64_t)cp_random_below(&random, 300), 500);
        }
        limit(k, CP_LIMIT_POSITION, (int64_t)cp_random_below(&random, 100) + 1);
        limit(k, CP_LIMIT_ORDER_QTY, (int64_t)cp_random_below(&random, 50) + 1);
        if (cp_random_below(&random, 50) == 0)
            kit_control(k, about(CP_CONTROL_PAUSE, 0));
        if (cp_random_below(&random, 50) == 0)
            kit_control(k, about(CP_CONTROL_REDUCE, 0));
        if (cp_random_below(&random, 10) == 0)
            kit_control(k, about(CP_CONTROL_RESUME, 0));
        if (cp_random_below(&random, 50) == 0)
            kit_control(k, about(CP_CONTROL_HALT_SYMBOL, 0));
        if (cp_random_below(&random, 10) == 0)
            kit_control(k, about(CP_CONTROL_RESUME_SYMBOL, 0));
        cp_control control = order(cp_random_below(&random, 2) ? CP_SELL : CP_BUY,
                                   14850 + (int64_t)cp_random_below(&random, 300),
                                   1 + (uint32_t)cp_random_below(&random, 60));
        control.ticket.symbol = (uint16_t)cp_random_below(&random, 2);
        control.ticket.time_in_force = (uint8_t)cp_random_below(&random, 3);
        if (control.ticket.time_in_force != CP_DAY && cp_random_below(&random, 2))
            control.ticket.type = CP_MARKET;
        control.kind = CP_CONTROL_PREVIEW;
        kit_control(k, control);
        cp_preview preview = kit_picture(k)->preview;
        bool passes = preview.refusal == CP_REFUSE_COUNT;
        CHECK(!passes || preview.passing_qty == control.ticket.qty);
        if (!passes && preview.passing_qty > 0) {
            /* So many would pass, and one more would not. */
            CHECK(preview.passing_qty < control.ticket.qty);
            control.ticket.qty = preview.passing_qty + 1;
            kit_control(k, control);
            CHECK(kit_picture(k)->preview.refusal != CP_REFUSE_COUNT);
            control.ticket.qty = preview.passing_qty;
            kit_control(k, control);
            CHECK_EQ(CP_REFUSE_COUNT, kit_picture(k)->preview.refusal);
            passes = true;
        }
        uint32_t count = k->order_count;
        control.kind = CP_CONTROL_ORDER;
        kit_control(k, control);
        CHECK_EQ(passes, k->order_count == count + 1);
        sent += passes;
        refused += !passes;
        if (!passes) {
            CHECK_EQ(preview.refusal, latest(k)->refusal);
            continue;
        }
        cp_order left = *kit_last(k);
        CHECK_EQ(preview.price, left.price);
        kit_accept(k, left);
        uint32_t traded = (uint32_t)cp_random_below(&random, left.qty + 1);
        if (traded > 0)
            kit_fill(k, left, left.price, traded, left.qty - traded, CP_TAKER);
        if (traded < left.qty)
            kit_cancelled(k, left.client_id, left.qty - traded, CP_REASON_IOC);
        if (k->note_count > KIT_RECORD / 2)
            k->note_count = 0;
    }
    CHECK(sent > 500 && refused > 500);
    kit_close(k);
}

static void a_preview_without_a_market_is_refused(void)
{
    kit *k = kit_make();
    kit_open(k);
    kit_control(k, ticket(CP_CONTROL_PREVIEW, CP_BUY, 15000, 10));
    CHECK_EQ(CP_REFUSE_STALE, kit_picture(k)->preview.refusal);
    CHECK_EQ(0, kit_picture(k)->preview.passing_qty);
    kit_control(k, at_once(CP_BUY, 10));
    CHECK_EQ(CP_REFUSE_STALE, latest(k)->refusal);
    CHECK_EQ(0, k->order_count);
    kit_close(k);
}

/* ---- cancels ---- */

static uint32_t pulled(kit *k, cp_control control)
{
    uint32_t before = k->order_count, count = 0;
    kit_control(k, control);
    for (uint32_t i = before; i < k->order_count; i++)
        count += k->orders[i].kind == CP_ORDER_CANCEL;
    CHECK_EQ(count, kit_note(k, CP_NOTE_CANCEL)->a);
    return count;
}

static void pulls_what_is_named_and_nothing_else(void)
{
    static const struct {
        uint16_t strategy, symbol;
        uint8_t side;
        uint32_t want;
    } cases[] = {
        { CP_NOBODY, CP_NOBODY, CP_SIDE_BOTH, 6 },
        { 0, CP_NOBODY, CP_SIDE_BOTH, 2 },
        { CP_NOBODY, 1, CP_SIDE_BOTH, 3 },
        { CP_NOBODY, CP_NOBODY, CP_BUY, 3 },
        { CP_OPERATOR, CP_NOBODY, CP_SELL, 1 },
        { 1, 0, CP_SIDE_BOTH, 0 },
        { 1, 1, CP_SELL, 1 },
    };
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kit *k = quoting();
        cp_control sell = order(CP_SELL, 15010, 3);
        kit_control(k, order(CP_BUY, 14990, 3));
        sell.ticket.symbol = 1;
        kit_control(k, sell);
        kit_accept(k, k->orders[4]);
        kit_accept(k, k->orders[5]);
        CHECK_EQ(cases[i].want,
                 pulled(k, cancel(cases[i].strategy, cases[i].symbol, cases[i].side)));
        for (uint32_t j = 6; j < k->order_count; j++) {
            const cp_order *meant = &k->orders[k->orders[j].original_id - 1];
            CHECK(cases[i].strategy == CP_NOBODY || meant->strategy == cases[i].strategy);
            CHECK(cases[i].symbol == CP_NOBODY || meant->symbol == cases[i].symbol);
            CHECK(cases[i].side == CP_SIDE_BOTH || meant->side == cases[i].side);
        }
        kit_close(k);
    }
}

static void pulls_one_by_its_id(void)
{
    kit *k = quoting();
    cp_control one = cancel(CP_NOBODY, CP_NOBODY, CP_SIDE_BOTH);
    one.ticket.client_id = k->orders[1].client_id;
    CHECK_EQ(1, pulled(k, one));
    CHECK_EQ(k->orders[1].client_id, kit_last(k)->original_id);
    one.ticket.client_id = 99;
    CHECK_EQ(0, pulled(k, one));
    one.ticket.client_id = k->orders[0].client_id;
    one.ticket.side = (uint8_t)!k->orders[0].side;
    CHECK_EQ(0, pulled(k, one)); /* all that is given has to fit */
    one.ticket.side = 3;
    kit_control(k, one);
    CHECK_EQ(CP_NOTE_CONTROL, k->notes[k->note_count - 1].kind);
    kit_close(k);
}

static void pulls_again_when_the_link_was_full(void)
{
    kit *k = at_the_market();
    kit_control(k, order(CP_BUY, 14990, 3));
    kit_accept(k, *kit_last(k));
    cp_desk_orders(k->desk)->limit = 0;
    kit_control(k, cancel(CP_NOBODY, CP_NOBODY, CP_SIDE_BOTH));
    CHECK_EQ(1, k->order_count);
    CHECK_EQ(1, kit_picture(k)->cancels_pending);
    kit_timer(k);
    CHECK_EQ(1, k->order_count);
    cp_desk_orders(k->desk)->limit = CP_DESK_ORDERS_MAX;
    kit_timer(k);
    CHECK_EQ(2, k->order_count);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    kit_timer(k);
    CHECK_EQ(2, k->order_count);
    kit_close(k);
}

/* ---- kills of a strategy ---- */

static void tick(kit *k, uint16_t symbol)
{
    kit_wait(k, KIT_SECOND / 10);
    kit_delete(k, symbol, CP_BUY, kit_add(k, symbol, CP_BUY, 14999, 50), 14999, 50);
}

static void halts_one_strategy_and_lets_the_rest_trade(void)
{
    kit *k = quoting();
    kit_control(k, about(CP_CONTROL_HALT_STRATEGY, 0));
    CHECK_EQ(CP_MODE_OFF, kit_picture(k)->strategies[0].config.mode);
    CHECK_EQ(CP_KILL_HALTED, kit_picture(k)->strategies[0].kill);
    CHECK_EQ(CP_MODE_LIVE, kit_picture(k)->strategies[1].config.mode);
    CHECK_EQ(6, k->order_count);
    for (uint32_t i = 4; i < 6; i++) {
        CHECK_EQ(CP_ORDER_CANCEL, k->orders[i].kind);
        CHECK_EQ(0, k->orders[i].strategy);
        kit_cancelled(k, k->orders[i].original_id, 10, CP_REASON_USER);
    }
    CHECK_EQ(0, kit_picture(k)->strategies[0].working_count);
    CHECK_EQ(CP_RISK_ACTIVE, kit_picture(k)->risk_state);
    for (int i = 0; i < 5; i++)
        tick(k, 0);
    CHECK_EQ(0, kit_picture(k)->strategies[0].working_count);
    CHECK_EQ(2, kit_picture(k)->strategies[1].working_count);
    /* The operator's next word about it ends it. */
    kit_control(k, (cp_control){ .kind = CP_CONTROL_MODE, .mode = CP_MODE_LIVE });
    CHECK_EQ(CP_KILL_NONE, kit_picture(k)->strategies[0].kill);
    kit_control(k, about(CP_CONTROL_HALT_STRATEGY, 5));
    CHECK_EQ(-ENOENT, kit_note(k, CP_NOTE_CONTROL)->b);
    kit_control(k, about(CP_CONTROL_HALT_STRATEGY, CP_OPERATOR));
    CHECK_EQ(-EINVAL, kit_note(k, CP_NOTE_CONTROL)->b);
    kit_close(k);
}

/* Answer everything since `from` as a venue would that trades all immediate orders. */
static uint32_t serve(kit *k, uint32_t from)
{
    for (; from < k->order_count; from++) {
        cp_order sent = k->orders[from];
        if (sent.kind == CP_ORDER_CANCEL) {
            uint32_t place = cp_orders_find(&k->desk->orders, sent.original_id);
            if (place != CP_NONE)
                kit_cancelled(k, sent.original_id, k->desk->orders.orders[place].leaves,
                              CP_REASON_USER);
        } else if (sent.kind == CP_ORDER_NEW) {
            kit_accept(k, sent);
            if (sent.time_in_force == CP_IOC)
                kit_fill(k, sent, sent.side == CP_SELL ? 14998 : 15002, sent.qty, 0,
                         CP_TAKER);
        } else if (sent.kind == CP_ORDER_REPLACE) {
            kit_replaced(k, sent);
        }
    }
    return from;
}

static void flattens_one_strategy_in_steps_while_the_rest_trades(void)
{
    kit *k = quoting();
    limit(k, CP_LIMIT_ORDER_QTY, 4); /* at a time */
    cp_order bid = k->orders[0].side == CP_BUY ? k->orders[0] : k->orders[1];
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    CHECK_EQ(10, kit_picture(k)->strategies[0].position);
    uint32_t served = serve(k, 4);
    kit_control(k, about(CP_CONTROL_FLATTEN_STRATEGY, 0));
    CHECK_EQ(CP_KILL_FLATTENING, kit_picture(k)->strategies[0].kill);
    CHECK_EQ(CP_MODE_OFF, kit_picture(k)->strategies[0].config.mode);
    kit_timer(k);
    for (uint32_t i = served; i < k->order_count; i++)
        CHECK_EQ(CP_ORDER_CANCEL, k->orders[i].kind); /* first all is pulled */
    uint32_t steps = 0;
    for (int i = 0; i < 20; i++) {
        served = serve(k, served);
        tick(k, 0);
        served = serve(k, served);
        kit_timer(k);
        steps += k->order_count > served && kit_last(k)->time_in_force == CP_IOC &&
                 kit_last(k)->strategy == 0;
    }
    CHECK_EQ(3, steps); /* 4, 4, 2 */
    CHECK_EQ(0, kit_picture(k)->strategies[0].position);
    CHECK_EQ(CP_KILL_HALTED, kit_picture(k)->strategies[0].kill);
    CHECK_EQ(0, kit_note(k, CP_NOTE_FLAT)->strategy);
    CHECK_EQ(CP_RISK_ACTIVE, kit_picture(k)->risk_state);
    CHECK_EQ(2, kit_picture(k)->strategies[1].working_count);
    CHECK_EQ(CP_MODE_LIVE, kit_picture(k)->strategies[1].config.mode);
    kit_close(k);
}

static void what_stands_in_the_way_of_closing_makes_way(void)
{
    kit *k = quoting();
    kit_control(k, order(CP_BUY, 14996, 5));
    cp_order mine = *kit_last(k);
    kit_accept(k, mine);
    kit_fill(k, mine, 14996, 5, 0, CP_MAKER);
    uint32_t served = k->order_count;
    /* The market maker's bid is what a closing order would meet first. */
    kit_control(k, about(CP_CONTROL_FLATTEN_STRATEGY, CP_OPERATOR));
    kit_timer(k);
    CHECK_EQ(CP_LIMIT_SELF_CROSS, kit_picture(k)->by_hand.last_refusal);
    CHECK_EQ(served + 1, k->order_count);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    CHECK_EQ(CP_BUY, kit_last(k)->side);
    bool closed = false;
    for (int i = 0; i < 50 && !closed; i++) {
        tick(k, 0); /* it would like its bid back */
        kit_timer(k);
        served = serve(k, served);
        closed = kit_picture(k)->by_hand.positions[0] == 0;
    }
    CHECK(closed);
    kit_timer(k);
    CHECK_EQ(CP_KILL_NONE, kit_picture(k)->by_hand.kill);
    CHECK_EQ(0, k->desk->making_way[CP_BUY]);
    /* And comes back when it is done. */
    for (int i = 0; i < 5; i++) {
        tick(k, 0);
        served = serve(k, served);
    }
    CHECK_EQ(2, kit_picture(k)->strategies[0].working_count);
    kit_close(k);
}

static void a_halt_or_a_pause_is_a_later_word_than_closing(void)
{
    for (int halt = 0; halt < 2; halt++) {
        kit *k = at_the_market();
        hold(k, CP_BUY, 5);
        uint32_t served = k->order_count;
        kit_control(k, about(CP_CONTROL_FLATTEN_SYMBOL, 0));
        kit_control(k, about(CP_CONTROL_FLATTEN_STRATEGY, CP_OPERATOR));
        kit_control(k, about(halt ? CP_CONTROL_HALT : CP_CONTROL_PAUSE, 0));
        for (int i = 0; i < 10; i++) {
            kit_wait(k, KIT_SECOND);
            kit_timer(k);
        }
        for (uint32_t i = served; i < k->order_count; i++)
            CHECK(k->orders[i].kind != CP_ORDER_NEW);
        CHECK_EQ(CP_SYMBOL_HALTED, kit_picture(k)->symbols[0].halt);
        CHECK_EQ(CP_KILL_NONE, kit_picture(k)->by_hand.kill);
        if (halt) {
            kit_control(k, about(CP_CONTROL_FLATTEN_SYMBOL, 1));
            CHECK_EQ(-EPERM, kit_note(k, CP_NOTE_CONTROL)->b);
            CHECK_EQ(CP_SYMBOL_TRADES, kit_picture(k)->symbols[1].halt);
        }
        kit_close(k);
    }
}

static void closes_in_a_pause(void)
{
    kit *k = at_the_market();
    hold(k, CP_SELL, 5);
    kit_control(k, about(CP_CONTROL_PAUSE, 0));
    uint32_t served = k->order_count;
    kit_control(k, about(CP_CONTROL_FLATTEN_STRATEGY, CP_OPERATOR));
    kit_timer(k);
    serve(k, served);
    kit_timer(k);
    CHECK_EQ(0, kit_picture(k)->by_hand.positions[0]);
    CHECK_EQ(CP_RISK_PAUSED, kit_picture(k)->risk_state);
    kit_close(k);
}

/* ---- kills of a symbol ---- */

static void halts_one_symbol_for_everybody(void)
{
    kit *k = quoting();
    kit_control(k, order(CP_BUY, 14990, 3));
    kit_accept(k, *kit_last(k));
    uint32_t served = k->order_count;
    kit_control(k, about(CP_CONTROL_HALT_SYMBOL, 0));
    CHECK_EQ(served + 3, k->order_count);
    const cp_symbol_picture *symbol = &kit_picture(k)->symbols[0];
    CHECK_EQ(CP_SYMBOL_HALTED, symbol->halt);
    CHECK_EQ(k->now_ns, symbol->halt_ns);
    CHECK_EQ(CP_CAUSE_OPERATOR, symbol->halt_cause);
    CHECK_EQ(0, strcmp("ann", symbol->halt_by));
    CHECK_EQ(1, kit_picture(k)->halted);
    CHECK_EQ(CP_SYMBOL_HALTED, kit_note(k, CP_NOTE_SYMBOL)->a);
    served = serve(k, served);
    CHECK_EQ(0, kit_picture(k)->by_hand.working_count);
    for (int i = 0; i < 10; i++) {
        tick(k, 0);
        tick(k, 1);
        kit_timer(k);
        served = serve(k, served);
    }
    CHECK_EQ(0, kit_picture(k)->strategies[0].working_count);
    CHECK_EQ(CP_REFUSE_SYMBOL_HALTED, kit_picture(k)->strategies[0].last_refusal);
    CHECK_EQ(2, kit_picture(k)->strategies[1].working_count);
    uint32_t notes = 0;
    for (uint32_t i = 0; i < k->note_count; i++)
        notes += k->notes[i].kind == CP_NOTE_REFUSAL && k->notes[i].strategy == 0;
    CHECK_EQ(1, notes); /* said once */
    kit_control(k, order(CP_BUY, 14990, 3));
    CHECK_EQ(CP_REFUSE_SYMBOL_HALTED, latest(k)->refusal);
    CHECK_EQ(0, latest(k)->passing_qty);
    /* RESUME of all is not meant for it. */
    kit_control(k, about(CP_CONTROL_PAUSE, 0));
    served = serve(k, served);
    kit_control(k, about(CP_CONTROL_RESUME, 0));
    CHECK_EQ(1, kit_picture(k)->halted);
    kit_control(k, about(CP_CONTROL_RESUME_SYMBOL, 0));
    CHECK_EQ(0, kit_picture(k)->halted);
    CHECK_EQ(CP_SYMBOL_TRADES, kit_picture(k)->symbols[0].halt);
    CHECK_EQ(0, kit_picture(k)->symbols[0].halt_by[0]);
    for (int i = 0; i < 10; i++) {
        tick(k, 0);
        served = serve(k, served);
    }
    CHECK_EQ(2, kit_picture(k)->strategies[0].working_count);
    kit_control(k, about(CP_CONTROL_RESUME_SYMBOL, 0));
    CHECK_EQ(-EPERM, kit_note(k, CP_NOTE_CONTROL)->b);
    kit_control(k, about(CP_CONTROL_HALT_SYMBOL, 4));
    CHECK_EQ(-EINVAL, kit_note(k, CP_NOTE_CONTROL)->b);
    kit_close(k);
}

static void a_quote_that_was_moving_does_not_come_back(void)
{
    kit *k = quoting();
    kit_add(k, 0, CP_BUY, 15001, 500); /* fair goes up: both are replaced */
    uint32_t first = k->order_count;
    CHECK_EQ(6, first);
    CHECK_EQ(CP_ORDER_REPLACE, kit_last(k)->kind);
    kit_add(k, 0, CP_SELL, 15002, 900); /* and are to be again */
    kit_control(k, about(CP_CONTROL_HALT_SYMBOL, 0));
    CHECK_EQ(first, k->order_count); /* nobody knows by which name to pull them */
    kit_replaced(k, k->orders[first - 2]);
    kit_replaced(k, k->orders[first - 1]);
    kit_timer(k);
    CHECK_EQ(first + 2, k->order_count);
    for (uint32_t i = first; i < k->order_count; i++)
        CHECK_EQ(CP_ORDER_CANCEL, k->orders[i].kind);
    kit_close(k);
}

static void flattens_one_symbol_and_leaves_it_halted(void)
{
    kit *k = quoting();
    cp_order bid = k->orders[0].side == CP_BUY ? k->orders[0] : k->orders[1];
    kit_fill(k, bid, bid.price, 10, 0, CP_MAKER);
    uint32_t served = serve(k, 4);
    kit_control(k, order(CP_SELL, 15005, 4));
    served = serve(k, served);
    kit_fill(k, k->orders[served - 1], 15005, 4, 0, CP_MAKER);
    served = serve(k, served);
    kit_control(k, about(CP_CONTROL_FLATTEN_SYMBOL, 0));
    CHECK_EQ(CP_SYMBOL_FLATTENING, kit_picture(k)->symbols[0].halt);
    for (int i = 0; i < 20; i++) {
        served = serve(k, served);
        tick(k, 0);
        kit_timer(k);
    }
    const cp_desk_picture *picture = kit_picture(k);
    CHECK_EQ(0, picture->symbols[0].position);
    CHECK_EQ(0, picture->strategies[0].position); /* each closed its own */
    CHECK_EQ(0, picture->by_hand.positions[0]);
    CHECK_EQ(CP_SYMBOL_HALTED, picture->symbols[0].halt);
    CHECK_EQ(0, kit_note(k, CP_NOTE_FLAT)->symbol);
    CHECK_EQ(CP_MODE_LIVE, picture->strategies[0].config.mode);
    CHECK_EQ(CP_RISK_ACTIVE, picture->risk_state);
    CHECK_EQ(2, picture->strategies[1].working_count);
    kit_close(k);
}

static void flattening_all_closes_a_halted_symbol_too(void)
{
    kit *k = at_the_market();
    hold(k, CP_BUY, 5);
    uint32_t served = k->order_count;
    kit_control(k, about(CP_CONTROL_HALT_SYMBOL, 0));
    kit_control(k, about(CP_CONTROL_FLATTEN, 0));
    kit_timer(k);
    serve(k, served);
    kit_timer(k);
    CHECK_EQ(CP_RISK_PAUSED, kit_picture(k)->risk_state);
    CHECK_EQ(0, kit_picture(k)->symbols[0].position);
    CHECK_EQ(CP_SYMBOL_HALTED, kit_picture(k)->symbols[0].halt);
    kit_close(k);
}

/* ---- after a kill ---- */

static uint64_t mine_of(const cp_engine *engine)
{
    const cp_desk_picture *picture = &engine->desk_picture;
    for (uint32_t i = 0; i < picture->working_count && i < CP_WORKING_MAX; i++)
        if (picture->working[i].strategy == CP_OPERATOR)
            return picture->working[i].client_id;
    return 0;
}

static void is_what_it_was_after_the_process_was_killed(void)
{
    static memory_store store;
    store = (memory_store){ .count = 0 };
    cp_config config = journal_kit_config(31);
    config.limits[CP_LIMIT_SELF_CROSS] = 1000; /* market makers are in the way */
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    CHECK_EQ(0, cp_engine_run(engine, 2000));
    cp_control taken = at_once(CP_BUY, 5);
    CHECK_EQ(0, cp_engine_command(engine, &taken));
    int64_t bid = engine->desk->feed.symbols[1].touch.price[CP_BUY];
    cp_control rests = order(CP_BUY, bid - 50, 6);
    rests.ticket.symbol = 1;
    CHECK_EQ(0, cp_engine_command(engine, &rests));
    CHECK_EQ(0, cp_engine_run(engine, 200));
    CHECK_EQ(5, engine->desk_picture.by_hand.positions[0]);
    uint64_t mine = mine_of(engine);
    CHECK(mine != 0);
    cp_control stop = about(CP_CONTROL_HALT_SYMBOL, 0);
    cp_control off = about(CP_CONTROL_HALT_STRATEGY, 2);
    CHECK_EQ(0, cp_engine_command(engine, &stop));
    CHECK_EQ(0, cp_engine_command(engine, &off));
    CHECK_EQ(0, cp_engine_run(engine, 100));
    cp_desk_skip_ids(engine->desk, engine->ids_end);
    uint64_t hash = cp_desk_journal_hash(engine->desk);
    journal_kit_kill(engine);

    engine = journal_kit_open(&config, &store);
    CHECK_EQ(hash, engine->recovered_hash);
    const cp_desk_picture *picture = &engine->desk_picture;
    CHECK_EQ(0, cp_engine_record_start(engine));
    cp_engine_show_desk(engine, 0);
    CHECK_EQ(5, picture->by_hand.positions[0]);
    CHECK_EQ(mine, mine_of(engine));
    CHECK_EQ(CP_SYMBOL_HALTED, picture->symbols[0].halt);
    CHECK_EQ(0, picture->symbols[0].halt_ns);
    CHECK_EQ(CP_CAUSE_RECOVERY, picture->symbols[0].halt_cause);
    CHECK_EQ(CP_MODE_OFF, picture->strategies[2].config.mode);
    CHECK_EQ(CP_KILL_HALTED, picture->strategies[2].kill);
    CHECK_EQ(CP_MODE_LIVE, picture->strategies[0].config.mode);
    /* This venue has begun anew and has no such order: gone, nothing made up. */
    CHECK_EQ(0, cp_engine_run(engine, 20000));
    CHECK_EQ(0, mine_of(engine));
    CHECK_EQ(5, picture->by_hand.positions[0]);
    CHECK_EQ(0, picture->strategies[0].order_count); /* in symbol 0 */
    CHECK(picture->strategies[1].order_count > 0);
    CHECK_EQ(0, picture->strategies[2].order_count);
    /* And of that again nothing is lost, by way of a snapshot. */
    journal_kit_kill(engine);
    engine = journal_kit_open(&config, &store);
    cp_engine_show_desk(engine, 0);
    picture = &engine->desk_picture;
    CHECK_EQ(CP_SYMBOL_HALTED, picture->symbols[0].halt);
    CHECK_EQ(CP_KILL_HALTED, picture->strategies[2].kill);
    CHECK_EQ(5, picture->by_hand.positions[0]);
    journal_kit_kill(engine);

    /* Under other names in another order: what is stopped goes by the name. */
    cp_instrument other = config.instruments[0];
    config.instruments[0] = config.instruments[1];
    config.instruments[1] = other;
    cp_strategy_config moved = config.strategies[2];
    config.strategies[2] = config.strategies[0];
    config.strategies[0] = moved;
    engine = journal_kit_open(&config, &store);
    cp_engine_show_desk(engine, 0);
    picture = &engine->desk_picture;
    CHECK_EQ(CP_SYMBOL_TRADES, picture->symbols[0].halt);
    CHECK_EQ(CP_SYMBOL_HALTED, picture->symbols[1].halt);
    CHECK_EQ(CP_MODE_OFF, picture->strategies[0].config.mode);
    CHECK_EQ(CP_MODE_LIVE, picture->strategies[2].config.mode);
    CHECK_EQ(5, picture->by_hand.positions[1]);
    journal_kit_kill(engine);
    memory_free(&store);
}

int main(void)
{
    RUN(a_refusal_names_what_was_asked_about_and_nothing_else);
    RUN(sends_an_order_as_nobody_elses);
    RUN(a_market_order_goes_no_further_than_the_collars);
    RUN(passes_on_how_long_it_lasts_and_how_it_meets_the_market);
    RUN(refuses_what_is_no_order_and_says_so);
    RUN(is_checked_like_any_and_told_what_would_pass);
    RUN(only_what_reduces_goes_out_in_a_pause_and_nothing_in_a_halt);
    RUN(in_reducing_only_what_brings_its_own_nearer_to_none_too);
    RUN(takes_none_while_the_desk_flattens);
    RUN(remembers_the_latest_of_many);
    RUN(a_preview_says_what_the_order_would_do_and_does_nothing);
    RUN(a_preview_of_what_closes_shows_the_exposure_there_is);
    RUN(a_preview_and_the_order_agree);
    RUN(a_preview_without_a_market_is_refused);
    RUN(pulls_what_is_named_and_nothing_else);
    RUN(pulls_one_by_its_id);
    RUN(pulls_again_when_the_link_was_full);
    RUN(halts_one_strategy_and_lets_the_rest_trade);
    RUN(flattens_one_strategy_in_steps_while_the_rest_trades);
    RUN(what_stands_in_the_way_of_closing_makes_way);
    RUN(a_halt_or_a_pause_is_a_later_word_than_closing);
    RUN(closes_in_a_pause);
    RUN(halts_one_symbol_for_everybody);
    RUN(a_quote_that_was_moving_does_not_come_back);
    RUN(flattens_one_symbol_and_leaves_it_halted);
    RUN(flattening_all_closes_a_halted_symbol_too);
    RUN(is_what_it_was_after_the_process_was_killed);
}
