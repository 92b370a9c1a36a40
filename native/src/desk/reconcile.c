/* reconcile.c: do we and the venue agree about every order?
 *
 * Two questions, both on the link the orders take, so that the answer is true of
 * everything sent before: how does this order stand (of one the venue owes an answer to
 * for too long), and how do they all (every few seconds). With each answer the venue says
 * how many executions it has told us of; what is missing by that count traded unseen.
 *
 * A fill is never made up: lots are booked as traded only where the venue still shows the
 * order with less left and counts executions we did not hear of, and then at the order's
 * own price, which is what a resting order trades at. An order that is gone while
 * executions are missing puts its symbol in doubt until the operator accepts; so does one
 * with more left than we knew, and every symbol a venue that counts fewer executions than it
 * told of and still has orders of before. What strategies have resting in doubt is pulled.
 * Everything found is a note.
 */
#include "desk/inside.h"

static cp_note *note(cp_desk *desk, cp_finding finding, cp_severity severity,
                     const cp_own_order *own, const cp_report *report)
{
    uint16_t symbol = own ? own->symbol : report ? report->symbol : CP_NOBODY;
    uint16_t strategy = own ? own->strategy : CP_NOBODY;
    cp_note *said = cp_desk_note(desk, CP_NOTE_RECONCILE, severity, symbol, strategy);
    if (!said)
        return NULL;
    said->a = finding;
    said->client_id = own ? own->client_id : report ? report->client_id : 0;
    said->b = own ? own->leaves : 0;
    said->c = report ? report->leaves : 0;
    said->d = own ? own->price : report ? report->price : CP_PRICE_NONE;
    said->side = own ? own->side : report ? report->side : 0;
    return said;
}

/* ---- asking ---- */

/* A step's time may be a little before the one of a step it follows: the timer's is read
 * before what came in meanwhile is dealt with. */
static uint64_t since(const cp_desk *desk, uint64_t then_ns)
{
    return desk->now_ns > then_ns ? desk->now_ns - then_ns : 0;
}

static bool owes_answer(const cp_own_order *own)
{
    bool immediate = cp_order_is_immediate(own); /* which is over at once */
    return own->state == CP_STATE_PENDING_NEW || own->state == CP_STATE_PENDING_CANCEL ||
           own->state == CP_STATE_PENDING_REPLACE ||
           (immediate && own->state != CP_STATE_UNKNOWN);
}

static void look_at(cp_desk *desk, uint32_t place)
{
    cp_own_order *own = &desk->orders.orders[place];
    if (!cp_state_is_working(own->state))
        return;
    if (owes_answer(own) && since(desk, own->told_ns) >= CP_ANSWER_NS) {
        cp_orders_doubt(&desk->orders, place);
        desk->counters.unknown_count++;
        note(desk, CP_FOUND_UNANSWERED, CP_WARNING, own, NULL);
    }
    bool due = own->asked_ns == 0 || since(desk, own->asked_ns) >= CP_ANSWER_NS;
    if (own->state == CP_STATE_UNKNOWN && due)
        cp_desk_send_query(desk, own->replace_sent ? own->pending_id : own->client_id);
}

void cp_reconcile_asked(cp_desk *desk, uint64_t original_id)
{
    if (original_id == 0) {
        desk->listing = true;
        desk->round++;
        desk->missing_count = desk->found_count = desk->gone_count = 0;
        desk->has_older = false;
        desk->list_ns = desk->now_ns;
        return;
    }
    uint32_t place = cp_orders_find(&desk->orders, original_id);
    if (place == CP_NONE)
        return;
    cp_own_order *own = &desk->orders.orders[place];
    if (own->state != CP_STATE_UNKNOWN)
        cp_orders_doubt(&desk->orders, place);
    own->asked_ns = desk->now_ns > 0 ? desk->now_ns : 1;
}

void cp_reconcile_on_timer(cp_desk *desk)
{
    if (since(desk, desk->look_ns) < CP_DOUBT_LOOK_NS)
        return;
    desk->look_ns = desk->now_ns;
    if (desk->list_ns == 0)
        desk->list_ns = desk->now_ns; /* a desk that has just begun has none to compare */
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next)
        look_at(desk, i);
    bool unanswered = desk->unconfirmed && desk->reconciled_ns == 0 && !desk->listing;
    if (unanswered || since(desk, desk->list_ns) >= CP_RECONCILE_NS)
        cp_desk_send_query(desk, 0);
}

/* ---- answers ---- */

static void confirm(cp_desk *desk)
{
    desk->reconciled_ns = desk->now_ns;
    if (!desk->unconfirmed)
        return;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next)
        if (desk->orders.orders[i].state == CP_STATE_UNKNOWN)
            return;
    desk->unconfirmed = false;
}

/* Nothing of a strategy rests, or waits to, where what is held is not known. */
static void pull_strategies(cp_desk *desk, uint64_t symbols)
{
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        if (desk->slots[i].kind && (symbols >> desk->slots[i].config.symbol & 1) != 0)
            cp_seats_pull(desk, i);
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (own->strategy != CP_OPERATOR && (symbols >> own->symbol & 1) != 0)
            cp_desk_pull(desk, i);
    }
}

/* Whoever is refused for it is told so anew. */
static void begin_doubt(cp_desk *desk, uint64_t symbols)
{
    uint64_t fresh = symbols & ~desk->doubt;
    desk->doubt |= symbols;
    if (fresh == 0)
        return;
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        desk->slots[i].refusal_noted_ns[CP_REFUSE_DOUBT] = 0;
    if (!desk->replaying) /* what is restored is taken off anyway */
        pull_strategies(desk, fresh);
}

/* Orders that were at the venue when it listed them all, and are not in the list. */
static void doubt_missing(cp_desk *desk)
{
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        cp_own_order *own = &desk->orders.orders[i];
        bool was_there = cp_state_is_working(own->state) && !cp_order_is_immediate(own) &&
                         own->told_ns < desk->list_ns;
        if (!was_there || own->listed == desk->round)
            continue;
        desk->missing_count++;
        desk->gone_count += own->listed != 0;
        if (!cp_orders_doubt(&desk->orders, i))
            continue; /* it is in doubt already */
        desk->counters.unknown_count++;
        note(desk, CP_FOUND_UNANSWERED, CP_WARNING, own, NULL);
    }
}

static uint64_t all_symbols(const cp_desk *desk)
{
    return (UINT64_C(2) << (desk->symbol_count - 1)) - 1;
}

/* It counts fewer executions than it has told of. One that has begun anew has none of the
 * orders it had: then all that is known of it begins anew too. One that still has some says
 * otherwise than it did, and nobody knows what traded. */
static void on_fewer(cp_desk *desk, const cp_report *report)
{
    bool is_anew = !desk->has_older && (desk->gone_count > 0 || report->match_ref == 0);
    cp_note *said = note(desk, is_anew ? CP_FOUND_RESTART : CP_FOUND_FEWER, CP_CRITICAL,
                         NULL, report);
    if (said) {
        said->b = (int64_t)desk->orders.execution_count;
        said->c = (int64_t)report->match_ref;
    }
    desk->orders.execution_count = report->match_ref;
    desk->counters.correction_count++;
    if (!is_anew)
        begin_doubt(desk, all_symbols(desk));
}

static void compare_executions(cp_desk *desk, const cp_report *report)
{
    uint64_t ours = desk->orders.execution_count;
    desk->venue_executions = report->match_ref;
    if (report->match_ref < ours) {
        on_fewer(desk, report);
    } else if (report->match_ref > ours && desk->missing_count == 0) {
        /* Lots that were found missing account for it; or nothing does. */
        if (desk->found_count > 0) {
            desk->orders.execution_count = report->match_ref;
            return;
        }
        uint64_t all = all_symbols(desk);
        if (desk->doubt != all)
            note(desk, CP_FOUND_EXECUTIONS, CP_CRITICAL, NULL, report);
        begin_doubt(desk, all);
    }
}

static void on_list_end(cp_desk *desk, const cp_report *report)
{
    if (!desk->listing)
        return;
    desk->listing = false;
    if (report->leaves > 0)
        return; /* there are more than it lists: nothing follows from not being there */
    doubt_missing(desk);
    compare_executions(desk, report);
    confirm(desk);
}

static bool adopt(cp_desk *desk, const cp_report *report)
{
    cp_own_order order = { .client_id = report->client_id,
                           .order_ref = report->order_ref,
                           .price = report->price,
                           .qty = report->leaves,
                           .asked = report->leaves,
                           .leaves = report->leaves,
                           .symbol = report->symbol,
                           .strategy = CP_OPERATOR,
                           .side = report->side & 1,
                           .state = CP_STATE_LIVE,
                           .purpose = CP_PURPOSE_INHERITED,
                           .accepted = true,
                           .told_ns = desk->now_ns,
                           .listed = desk->round };
    if (cp_orders_find(&desk->orders, report->client_id) != CP_NONE ||
        cp_orders_adopt(&desk->orders, &order) == CP_NONE)
        return false;
    desk->slots[CP_OPERATOR].working_count++;
    cp_ask_forget(desk);
    return true;
}

static void on_stranger(cp_desk *desk, const cp_report *report)
{
    /* What is stopped, is so for strangers as well. */
    bool traded = report->symbol < desk->symbol_count;
    bool stopped = desk->risk.state == CP_RISK_HALTED ||
                   (traded && (desk->halted >> report->symbol & 1) != 0);
    desk->counters.correction_count++;
    note(desk, CP_FOUND_STRANGER, CP_CRITICAL, NULL, report);
    if (desk->stranger_policy == CP_STRANGER_ADOPT && traded && adopt(desk, report)) {
        if (stopped && !desk->replaying)
            cp_desk_pull(desk, cp_orders_find(&desk->orders, report->client_id));
        return;
    }
    bool cancels = desk->stranger_policy != CP_STRANGER_SHOW || stopped;
    if (cancels && !desk->replaying)
        cp_desk_send_stranger_cancel(desk, report);
    if (traded && desk->stranger_policy == CP_STRANGER_SHOW)
        begin_doubt(desk, UINT64_C(1) << report->symbol);
}

/* `known`: lots that were left before the answer. */
static void say_outcome(cp_desk *desk, const cp_order_outcome *outcome,
                        const cp_own_order *own, uint32_t known, const cp_report *report)
{
    if (outcome->event == CP_EVENT_FOUND && own->leaves > known) {
        desk->counters.correction_count++;
        cp_note *said = note(desk, CP_FOUND_LEFT, CP_CRITICAL, own, report);
        if (said)
            said->b = known;
        desk->has_older = true;
        begin_doubt(desk, UINT64_C(1) << own->symbol);
    }
    if (outcome->missed > 0) {
        desk->counters.correction_count++;
        desk->found_count++;
        note(desk, CP_FOUND_QTY, CP_CRITICAL, own, report);
    }
    if (outcome->event == CP_EVENT_GONE) {
        desk->counters.correction_count++;
        bool lost = report->match_ref > desk->orders.execution_count;
        if (lost)
            begin_doubt(desk, UINT64_C(1) << own->symbol);
        note(desk, lost ? CP_FOUND_LOST : CP_FOUND_GONE, lost ? CP_CRITICAL : CP_WARNING,
             own, report);
    } else if (outcome->was_unknown && own->state != CP_STATE_UNKNOWN) {
        note(desk, CP_FOUND_ALIVE, CP_INFO, own, report);
    }
}

/* It was at this venue when that listed its orders before, or told of its latest execution. */
static bool is_older(const cp_desk *desk, const cp_own_order *own)
{
    uint64_t filled_ns = desk->fill_next > 0
                             ? desk->fills[(desk->fill_next - 1) % CP_FILL_MAX].time_ns
                             : 0;
    return (own->listed != 0 && own->listed != desk->round) ||
           (own->accepted_ns != 0 && own->accepted_ns < filled_ns);
}

/* One order, as the venue has it. */
static void on_order_status(cp_desk *desk, const cp_report *report)
{
    uint32_t place = cp_orders_find(&desk->orders, report->client_id);
    bool rests = report->reason == CP_REASON_NONE && report->leaves > 0;
    if (place == CP_NONE || !cp_state_is_working(desk->orders.orders[place].state)) {
        if (rests)
            on_stranger(desk, report);
        return;
    }
    cp_own_order *own = &desk->orders.orders[place];
    if (rests) {
        desk->has_older |= is_older(desk, own);
        own->listed = desk->round;
    }
    uint32_t known = own->leaves;
    cp_order_outcome outcome = cp_orders_on_report(&desk->orders, report, desk->now_ns);
    if (!outcome.expected)
        return;
    uint32_t slot = own->strategy;
    cp_side side = own->side == CP_SELL ? CP_SELL : CP_BUY;
    bool is_quote = own->purpose == CP_PURPOSE_QUOTE;
    say_outcome(desk, &outcome, own, known, report);
    if (outcome.filled > 0 && desk->replaying)
        cp_desk_replay_fill(desk, own, report->price, outcome.filled, true,
                            cp_desk_fee(desk, own->symbol, report, outcome.filled));
    else if (outcome.filled > 0)
        cp_desk_on_fill(desk, own, report, outcome.filled);
    if (outcome.ended && slot == CP_OPERATOR)
        cp_tickets_end(desk, own, report);
    if (outcome.ended)
        cp_desk_detach(desk, own, false);
    else if (own->pulled && !desk->replaying)
        cp_desk_pull(desk, place);
    if (outcome.done && desk->replaying)
        cp_orders_close(&desk->orders, place);
    else if (outcome.done)
        cp_desk_close(desk, place);
    if (is_quote && !desk->replaying) {
        cp_seats_settle(desk, slot, side);
        cp_seats_refresh_later(desk, slot, side);
    }
    if (outcome.filled > 0 && !desk->replaying) {
        cp_desk_evaluate(desk);
        cp_seats_on_fill(desk, slot, side, outcome.filled);
    }
    cp_seats_apply_waiting(desk, slot);
    if (desk->unconfirmed && desk->reconciled_ns != 0)
        confirm(desk);
}

/* What was traded by no order of ours before we came: so many lots on that side. That it has
 * been said is remembered, by its latest execution. */
static void on_unseen(cp_desk *desk, const cp_report *report)
{
    uint64_t name = UINT64_MAX - report->symbol; /* as if it were one order's */
    if (!cp_matches_add(&desk->orders.matches, name, report->match_ref) ||
        report->leaves == 0)
        return;
    desk->counters.correction_count++;
    begin_doubt(desk, UINT64_C(1) << report->symbol);
    note(desk, CP_FOUND_LOST, CP_CRITICAL, NULL, report);
}

void cp_reconcile_on_status(cp_desk *desk, const cp_report *report)
{
    if (report->client_id == 0 && report->symbol < desk->symbol_count)
        on_unseen(desk, report);
    else if (report->client_id == 0)
        on_list_end(desk, report);
    else
        on_order_status(desk, report);
}

void cp_reconcile_on_fill(cp_desk *desk, const cp_report *report,
                          const cp_order_outcome *outcome)
{
    if (CP_LIKELY(report->kind != CP_REPORT_EXECUTED || outcome->is_duplicate ||
                  outcome->filled >= report->qty))
        return;
    desk->counters.correction_count++;
    if (report->symbol < desk->symbol_count)
        begin_doubt(desk, UINT64_C(1) << report->symbol);
    note(desk, CP_FOUND_LOST, CP_CRITICAL, NULL, report);
}

void cp_reconcile_accept(cp_desk *desk)
{
    if (desk->doubt == 0 && desk->venue_executions <= desk->orders.execution_count)
        return;
    desk->doubt = 0;
    if (desk->venue_executions > desk->orders.execution_count)
        desk->orders.execution_count = desk->venue_executions;
    note(desk, CP_FOUND_ACCEPTED, CP_WARNING, NULL, NULL);
}
