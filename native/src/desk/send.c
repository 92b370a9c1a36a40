/* send.c: orders out: checked, stamped, written down, sent; and notes of what happened.
 */
#include "desk/ask.h"

cp_note *cp_desk_note(cp_desk *desk, cp_note_kind kind, cp_severity severity,
                      uint16_t symbol, uint16_t strategy)
{
    if (desk->replaying)
        return NULL;
    /* The sequence runs on, so that a reader sees where notes are missing. */
    uint64_t sequence = ++desk->note_sequence;
    if (cp_outbox_is_full(&desk->notes_out)) {
        desk->counters.note_lost_count++;
        return NULL;
    }
    cp_note *note = cp_outbox_add(&desk->notes_out);
    *note = (cp_note){ .time_ns = desk->now_ns,
                       .sequence = sequence,
                       .kind = (uint16_t)kind,
                       .symbol = symbol,
                       .strategy = strategy,
                       .severity = (uint8_t)severity };
    return note;
}

/* Of a state that lasts, not of the order. */
static bool refusal_lasts(uint32_t refusal)
{
    return refusal == CP_REFUSE_STATE || refusal == CP_REFUSE_STALE ||
           refusal == CP_REFUSE_DOUBT || refusal == CP_REFUSE_SYMBOL_HALTED ||
           refusal == CP_REFUSE_CLOSING;
}

/* What repeats is counted, and said once a second. What a state forbids a strategy, which
 * goes on wishing for it with every event, is counted and said once a state. */
static bool refusal_is_news(cp_slot *slot, uint32_t refusal, uint64_t now_ns)
{
    uint64_t last_ns = slot->refusal_noted_ns[refusal];
    if (last_ns != 0 && (refusal_lasts(refusal) || now_ns - last_ns < CP_SECOND_NS))
        return false;
    slot->refusal_noted_ns[refusal] = now_ns > 0 ? now_ns : 1;
    return true;
}

/* For whoever asks later what it answered. */
static void remember_refused(cp_desk *desk, cp_slot *slot, uint32_t symbol,
                             uint32_t refusal, const cp_risk_ask *ask, uint32_t scope)
{
    const cp_touch *touch = cp_desk_touch(desk, symbol);
    slot->refused = (cp_refused){ .time_ns = desk->now_ns,
                                  .received_ns = desk->cause_ns,
                                  .bid = touch->price[CP_BUY],
                                  .ask = touch->price[CP_SELL],
                                  .price = ask->price,
                                  .signal = slot->seat.signal,
                                  .qty = ask->qty,
                                  .symbol = (uint16_t)symbol,
                                  .side = (uint8_t)ask->side,
                                  .refusal = (uint8_t)refusal,
                                  .scope = scope };
}

static void note_refusal(cp_desk *desk, uint32_t slot_index, uint32_t symbol,
                         uint32_t refusal, const cp_risk_ask *ask,
                         const cp_risk_finding *finding)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (slot_index != CP_OPERATOR && !refusal_is_news(slot, refusal, desk->now_ns))
        return;
    remember_refused(desk, slot, symbol, refusal, ask, finding->scope);
    cp_note *note = cp_desk_note(desk, CP_NOTE_REFUSAL, CP_WARNING, (uint16_t)symbol,
                                 (uint16_t)slot_index);
    if (!note)
        return;
    note->a = refusal + 256 * (int64_t)finding->scope;
    note->b = finding->limit;
    note->c = finding->current;
    note->d = finding->would_be;
    note->side = (uint8_t)ask->side;
    if (refusal < CP_LIMIT_COUNT)
        note->client_id = cp_risk_passing_qty(&desk->risk, ask);
}

/* One that a state forbids is counted once a state. */
static bool refusal_counts(const cp_slot *slot, uint32_t refusal)
{
    return !refusal_lasts(refusal) || slot->refusal_noted_ns[refusal] == 0;
}

static void refuse(cp_desk *desk, uint32_t slot_index, uint32_t symbol, uint32_t refusal,
                   const cp_risk_ask *ask, const cp_risk_finding *finding)
{
    cp_slot *slot = &desk->slots[slot_index];
    slot->last_refusal = refusal;
    if (slot_index != CP_OPERATOR && !refusal_counts(slot, refusal))
        return;
    slot->refusal_count++;
    desk->counters.refusal_count++;
    if (refusal < CP_LIMIT_COUNT)
        cp_risk_count_refusal(&desk->risk, ask, refusal, finding->scope);
    note_refusal(desk, slot_index, symbol, refusal, ask, finding);
}

void cp_desk_refuse_would_be(cp_desk *desk, uint32_t slot_index, uint32_t symbol,
                             uint32_t refusal, const cp_risk_ask *ask,
                             const cp_risk_finding *finding)
{
    cp_slot *slot = &desk->slots[slot_index];
    slot->last_refusal = refusal;
    if (!refusal_counts(slot, refusal))
        return;
    slot->would_be.refusal_count++;
    note_refusal(desk, slot_index, symbol, refusal, ask, finding);
}

/* What the operator has stopped in the symbol, beside the state of all. */
static uint32_t check_stops(const cp_desk *desk, uint32_t symbol, cp_side side)
{
    if (desk->halted >> symbol & 1)
        return CP_REFUSE_SYMBOL_HALTED;
    return desk->making_way[side] >> symbol & 1 ? CP_REFUSE_CLOSING : CP_REFUSE_COUNT;
}

uint32_t cp_desk_check(cp_desk *desk, uint32_t slot, uint32_t symbol, cp_risk_ask *ask,
                       bool closes, cp_risk_finding *finding)
{
    cp_ask_complete(desk, slot, symbol, ask);
    if (desk->decided_ns == 0)
        desk->decided_ns = cp_desk_clock(desk);
    uint32_t refusal = cp_risk_check(&desk->risk, ask, finding);
    if (CP_UNLIKELY(refusal != CP_REFUSE_COUNT))
        return refusal;
    uint64_t stops = desk->halted | desk->making_way[ask->side];
    if (CP_UNLIKELY((stops >> symbol & 1) != 0 && !closes))
        return check_stops(desk, symbol, ask->side);
    if (CP_UNLIKELY(cp_desk_in_doubt(desk, symbol)))
        return CP_REFUSE_DOUBT;
    if (CP_UNLIKELY(!cp_orders_has_id(&desk->orders)))
        return CP_REFUSE_IDS;
    return cp_outbox_is_full(&desk->orders_out) ? CP_REFUSE_LINK : CP_REFUSE_COUNT;
}

/* The line is the caller's to check for: a full outbox has been refused before. */
static cp_order *message(cp_desk *desk, cp_order_kind kind)
{
    cp_rate_add(&desk->rate, desk->now_ns);
    cp_order *order = cp_outbox_add(&desk->orders_out);
    *order = (cp_order){ .kind = (uint8_t)kind, .cause_ns = desk->cause_ns };
    order->participant = CP_DESK_PARTICIPANT;
    order->strategy = CP_NOBODY;
    return order;
}

static void put_in_hash(cp_desk *desk, const cp_order *order)
{
    uint64_t small = (uint64_t)order->kind | (uint64_t)order->side << 8 |
                     (uint64_t)order->time_in_force << 16 |
                     (uint64_t)order->symbol << 24 | (uint64_t)order->strategy << 40;
    desk->hash = cp_mix(desk->hash, order->client_id);
    desk->hash = cp_mix(desk->hash, order->original_id);
    desk->hash = cp_mix(desk->hash, (uint64_t)order->price);
    desk->hash = cp_mix(desk->hash, (uint64_t)order->qty << 32 ^ small);
}

/* What the market is as the order is decided on: its fills are measured against it. */
static void stamp_market(const cp_desk *desk, cp_own_order *own, int64_t price)
{
    const cp_touch *touch = cp_desk_touch(desk, own->symbol);
    int64_t far = touch->price[own->side == CP_BUY ? CP_SELL : CP_BUY];
    bool crosses =
        far != CP_PRICE_NONE && (own->side == CP_BUY ? price >= far : price <= far);
    own->arrival2 = touch->mark2 > 0 ? touch->mark2 : 0;
    own->expected = crosses ? far : price;
}

void cp_desk_stamp_passed(cp_desk *desk)
{
    if (desk->stamped_count == desk->leaving_count)
        return;
    uint64_t passed_ns = cp_desk_clock(desk);
    for (uint32_t i = desk->stamped_count; i < desk->leaving_count; i++)
        desk->orders.orders[desk->leaving[i].place].passed_ns = passed_ns;
    desk->passed_ns = passed_ns;
    desk->stamped_count = desk->leaving_count;
}

/* Nothing else happens to the order before that is told: neither its place nor the market
 * it was decided on changes within a step. */
static void leave(cp_desk *desk, uint32_t place)
{
    cp_own_order *own = &desk->orders.orders[place];
    own->cause_ns = desk->cause_ns;
    own->told_ns = desk->now_ns;
    own->sent_ns = 0;
    if (CP_UNLIKELY(desk->leaving_count == CP_LEAVING_MAX))
        cp_desk_tell_leaving(desk);
    desk->leaving[desk->leaving_count++] =
        (cp_leaving){ .decided_ns = desk->decided_ns,
                      .signal = desk->slots[own->strategy].seat.signal,
                      .place = place };
}

static void write_terms(cp_order *order, const cp_own_order *own, int64_t price,
                        uint32_t qty)
{
    order->price = price;
    order->qty = qty;
    order->symbol = own->symbol;
    order->side = own->side;
    order->type = CP_LIMIT;
    order->time_in_force = own->time_in_force;
    order->strategy = own->strategy;
}

uint32_t cp_desk_send(cp_desk *desk, const cp_own_terms *terms, bool reduces_only,
                      uint8_t flags)
{
    uint32_t slot = terms->strategy, symbol = terms->symbol, qty = terms->qty;
    int64_t price = terms->price;
    cp_risk_ask *ask = cp_risk_next(&desk->risk);
    *ask = (cp_risk_ask){ .side = terms->side == CP_SELL ? CP_SELL : CP_BUY,
                          .reduces_only = reduces_only,
                          .qty = qty,
                          .price = price };
    cp_risk_finding finding;
    uint32_t refusal = cp_desk_check(desk, slot, symbol, ask,
                                     terms->purpose == CP_PURPOSE_CLOSE, &finding);
    if (refusal == CP_REFUSE_COUNT && cp_orders_is_full(&desk->orders))
        refusal = CP_REFUSE_CAPACITY;
    if (refusal != CP_REFUSE_COUNT) {
        refuse(desk, slot, symbol, refusal, ask, &finding);
        return CP_NONE;
    }
    cp_ask_passed(desk, ask);
    uint32_t place = cp_orders_open(&desk->orders, terms);
    cp_own_order *own = &desk->orders.orders[place];
    cp_order *order = message(desk, CP_ORDER_NEW);
    order->client_id = own->client_id;
    order->flags = flags;
    write_terms(order, own, price, qty);
    put_in_hash(desk, order); /* a chain of multiplications: the rest fills its gaps */
    leave(desk, place);
    stamp_market(desk, own, price);
    cp_rate_add(&desk->slot_rates[slot], desk->now_ns);
    desk->slots[slot].working_count++;
    desk->slots[slot].order_count++;
    desk->counters.order_count++;
    return place;
}

uint32_t cp_desk_send_new(cp_desk *desk, uint32_t slot, uint32_t symbol, cp_side side,
                          int64_t price, uint32_t qty, cp_purpose purpose)
{
    cp_own_terms terms = { .price = price,
                           .qty = qty,
                           .symbol = (uint16_t)symbol,
                           .strategy = (uint16_t)slot,
                           .side = (uint8_t)side,
                           .purpose = (uint8_t)purpose,
                           .time_in_force =
                               purpose == CP_PURPOSE_QUOTE ? CP_DAY : CP_IOC };
    return cp_desk_send(desk, &terms, purpose == CP_PURPOSE_CLOSE, 0);
}

bool cp_desk_send_replace(cp_desk *desk, uint32_t place, int64_t price, uint32_t qty)
{
    cp_own_order *own = &desk->orders.orders[place];
    cp_side side = own->side == CP_SELL ? CP_SELL : CP_BUY;
    cp_risk_ask *ask = cp_risk_next(&desk->risk);
    *ask = (cp_risk_ask){ .side = side, .is_replace = true, .qty = qty, .price = price };
    cp_risk_finding finding;
    uint32_t refusal =
        cp_desk_check(desk, own->strategy, own->symbol, ask, false, &finding);
    if (refusal != CP_REFUSE_COUNT) {
        refuse(desk, own->strategy, own->symbol, refusal, ask, &finding);
        return false;
    }
    if (!cp_orders_ask_replace(&desk->orders, place, price, qty))
        return false;
    cp_order *order = message(desk, CP_ORDER_REPLACE);
    order->client_id = own->pending_id;
    order->original_id = own->client_id;
    write_terms(order, own, price, qty);
    put_in_hash(desk, order);
    cp_ask_passed(desk, ask);
    leave(desk, place);
    stamp_market(desk, own, price);
    cp_rate_add(&desk->slot_rates[own->strategy], desk->now_ns);
    desk->slots[own->strategy].order_count++;
    desk->counters.order_count++;
    return true;
}

void cp_desk_pull(cp_desk *desk, uint32_t place)
{
    cp_own_order *own = &desk->orders.orders[place];
    if (!cp_state_is_working(own->state) || own->state == CP_STATE_PENDING_CANCEL ||
        cp_order_is_immediate(own))
        return;
    /* While a replace is under way nobody knows which of the two names is good; and of an
     * unknown order nobody knows whether it is there. */
    if (own->state == CP_STATE_PENDING_REPLACE || own->state == CP_STATE_UNKNOWN ||
        cp_outbox_is_full(&desk->orders_out)) {
        own->pulled = true;
        desk->pull_due = true;
        return;
    }
    if (!cp_orders_ask_cancel(&desk->orders, place, false))
        return;
    own->told_ns = desk->now_ns;
    cp_order *order = message(desk, CP_ORDER_CANCEL);
    cp_rate_add(&desk->slot_rates[own->strategy], desk->now_ns);
    order->original_id = own->client_id;
    order->symbol = own->symbol;
    order->side = own->side;
    order->strategy = own->strategy;
    put_in_hash(desk, order);
    desk->counters.cancel_count++;
}

void cp_desk_pull_again(cp_desk *desk)
{
    desk->pull_due = false;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next)
        if (desk->orders.orders[i].pulled)
            cp_desk_pull(desk, i);
}

uint32_t cp_desk_pull_some(cp_desk *desk, uint32_t slot, uint32_t symbol, uint32_t side)
{
    uint32_t count = 0;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (!cp_state_is_working(own->state) || own->purpose == CP_PURPOSE_CLOSE ||
            (slot != CP_NOBODY && own->strategy != slot) ||
            (symbol != CP_NOBODY && own->symbol != symbol) ||
            (side != CP_SIDE_BOTH && own->side != side))
            continue;
        count++;
        cp_desk_pull(desk, i);
        if (own->purpose == CP_PURPOSE_QUOTE)
            cp_seats_refresh(desk, own->strategy,
                             own->side == CP_SELL ? CP_SELL : CP_BUY);
    }
    return count;
}

bool cp_desk_send_query(cp_desk *desk, uint64_t original_id)
{
    if (cp_outbox_is_full(&desk->orders_out))
        return false;
    cp_order *order = message(desk, CP_ORDER_QUERY);
    order->original_id = original_id;
    order->symbol = CP_NOBODY;
    desk->counters.query_count++;
    cp_reconcile_asked(desk, original_id);
    return true;
}

void cp_desk_send_stranger_cancel(cp_desk *desk, const cp_report *report)
{
    if (cp_outbox_is_full(&desk->orders_out))
        return; /* the next list brings it up again */
    cp_order *order = message(desk, CP_ORDER_CANCEL);
    order->original_id = report->client_id;
    order->symbol = report->symbol;
    order->side = report->side;
    put_in_hash(desk, order);
    desk->counters.cancel_count++;
}

void cp_desk_sweep(cp_desk *desk)
{
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        cp_slot *slot = &desk->slots[i];
        slot->wishes[CP_BUY].asked = slot->wishes[CP_SELL].asked = false;
        cp_would_be_pull(desk, i);
    }
    if (desk->orders.working_count == 0 && !desk->is_guest) {
        desk->sweep_due = false;
        return;
    }
    desk->sweep_due = cp_outbox_is_full(&desk->orders_out);
    if (desk->sweep_due)
        return;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        cp_own_order *own = &desk->orders.orders[i];
        bool again = own->swept; /* the venue owes its answer since the first time */
        if (cp_orders_ask_cancel(&desk->orders, i, true) && !again)
            own->told_ns = desk->now_ns;
    }
    cp_order *order = message(desk, CP_ORDER_CANCEL_ALL);
    put_in_hash(desk, order);
    desk->sweep_ns = desk->now_ns;
    desk->counters.cancel_count++;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        cp_seats_refresh(desk, i, CP_BUY);
        cp_seats_refresh(desk, i, CP_SELL);
    }
}
