/* tickets.c: the operator's own orders: sent, looked at before, and pulled.
 *
 * They go the way a strategy's do: the same check, the same table, the same journal. What
 * they trade is booked in a place of its own behind the strategies', so that no strategy
 * answers for it. ACTIVE takes any; PAUSED what can only bring the symbol's position
 * nearer to none; REDUCING what does that to the operator's own besides; FLATTENING, in
 * which the desk does it itself, and HALTED take none.
 */
#include "desk/inside.h"

/* An order as it would be sent. */
typedef struct cp_draft {
    cp_own_terms terms;
    bool reduces_only;
    uint8_t flags;
} cp_draft;

static bool has_terms(const cp_desk *desk, const cp_ticket *ticket)
{
    bool market = ticket->type == CP_MARKET, day = ticket->time_in_force == CP_DAY;
    if (ticket->symbol >= desk->symbol_count || ticket->side > CP_SELL ||
        ticket->qty == 0 || ticket->type > CP_MARKET || ticket->time_in_force > CP_FOK ||
        (ticket->flags & ~CP_POST_ONLY) != 0)
        return false;
    if (ticket->flags == CP_POST_ONLY && (market || !day))
        return false;
    return market ? !day
                  : ticket->price >= 1 &&
                        ticket->price <= desk->instruments[ticket->symbol].price_max;
}

/* The worst price that the collars allow; 0 where there is no price to go by. */
static int64_t collar_price(const cp_desk *desk, uint32_t symbol, cp_side side)
{
    const cp_touch *touch = cp_desk_touch(desk, symbol);
    if (touch->mark2 <= 0)
        return 0;
    const cp_i128 mid[] = { touch->mark2, 2 * (cp_i128)CP_COLLAR_UNIT };
    const cp_i128 last[] = { touch->last > 0 ? touch->last : 0, CP_COLLAR_UNIT };
    const cp_i128 *bases[] = { mid, last };
    const cp_limit collars[] = { CP_LIMIT_PRICE_COLLAR, CP_LIMIT_LAST_COLLAR };
    int64_t worst = side == CP_BUY ? desk->instruments[symbol].price_max : 1;
    for (int i = 0; i < 2; i++) {
        cp_i128 collar = desk->risk.tightest[CP_OPERATOR][symbol][collars[i]];
        if (bases[i][0] == 0)
            continue;
        cp_i128 most = bases[i][0] * (CP_COLLAR_UNIT + collar) / bases[i][1];
        cp_i128 room = CP_COLLAR_UNIT > collar ? CP_COLLAR_UNIT - collar : 0;
        cp_i128 least = (bases[i][0] * room + bases[i][1] - 1) / bases[i][1];
        if (side == CP_BUY)
            worst = most < worst ? (int64_t)most : worst;
        else
            worst = least > worst ? (int64_t)least : worst;
    }
    return worst;
}

static cp_i128 room_of(int64_t held, const int64_t working[2], cp_side side)
{
    return (side == CP_SELL ? held : -(cp_i128)held) - working[side];
}

/* Lots on that side that can only bring the symbol's position nearer to none; in REDUCING
 * what is held by hand, too. */
static int64_t reducing_room(const cp_desk *desk, uint32_t symbol, cp_side side)
{
    cp_i128 room =
        room_of(desk->positions[symbol].qty, desk->orders.working_qty[symbol], side);
    if (desk->risk.state == CP_RISK_REDUCING) {
        cp_i128 own = room_of(desk->cells[CP_OPERATOR][symbol].qty,
                              desk->orders.slot_qty[CP_OPERATOR][symbol], side);
        room = own < room ? own : room;
    }
    return room > 0 ? cp_saturate(room) : 0;
}

static cp_draft draft_of(const cp_desk *desk, const cp_ticket *ticket)
{
    cp_side side = ticket->side == CP_SELL ? CP_SELL : CP_BUY;
    int64_t price = ticket->type == CP_MARKET ? collar_price(desk, ticket->symbol, side)
                                              : ticket->price;
    return (cp_draft){ .terms = { .price = price,
                                  .qty = ticket->qty,
                                  .symbol = ticket->symbol,
                                  .strategy = CP_OPERATOR,
                                  .side = (uint8_t)side,
                                  .purpose = CP_PURPOSE_OPERATOR,
                                  .time_in_force = ticket->time_in_force },
                       .reduces_only =
                           desk->risk.state != CP_RISK_FLATTENING &&
                           ticket->qty <= reducing_room(desk, ticket->symbol, side),
                       .flags = ticket->flags };
}

static cp_risk_ask ask_of(const cp_draft *draft)
{
    return (cp_risk_ask){ .side = draft->terms.side == CP_SELL ? CP_SELL : CP_BUY,
                          .reduces_only = draft->reduces_only,
                          .qty = draft->terms.qty,
                          .price = draft->terms.price };
}

/* Why it would not be sent; completes `ask`. */
static uint32_t check(cp_desk *desk, const cp_draft *draft, cp_risk_ask *ask,
                      cp_risk_finding *finding)
{
    uint32_t refusal =
        cp_desk_check(desk, CP_OPERATOR, draft->terms.symbol, ask, false, finding);
    if (refusal == CP_REFUSE_COUNT && cp_orders_is_full(&desk->orders))
        refusal = CP_REFUSE_CAPACITY;
    return refusal;
}

/* The most lots that would be sent: of those asked for, or of those that only reduce, which
 * are asked less. Nothing where what is in the way is not a matter of how many. */
static uint32_t passing_qty(cp_desk *desk, const cp_draft *draft, const cp_risk_ask *ask,
                            uint32_t refusal)
{
    if (refusal == CP_REFUSE_COUNT)
        return ask->qty;
    cp_draft fewer = *draft;
    cp_risk_ask reducing = *ask;
    int64_t room = desk->risk.state == CP_RISK_FLATTENING
                       ? 0
                       : reducing_room(desk, draft->terms.symbol, ask->side);
    reducing.reduces_only = true;
    reducing.qty = room < ask->qty ? (uint32_t)room : ask->qty;
    uint32_t any = cp_risk_passing_qty(&desk->risk, ask);
    uint32_t less = room > 0 ? cp_risk_passing_qty(&desk->risk, &reducing) : 0;
    fewer.terms.qty = any > less ? any : less;
    fewer.reduces_only = draft->reduces_only || less > any;
    if (fewer.terms.qty == 0)
        return 0;
    cp_risk_finding finding;
    cp_risk_ask tried = ask_of(&fewer);
    return check(desk, &fewer, &tried, &finding) == CP_REFUSE_COUNT ? fewer.terms.qty : 0;
}

/* ---- sent ---- */

static cp_ticket_picture *remember(cp_desk *desk, const cp_ticket *ticket)
{
    cp_ticket_picture *shown = &desk->tickets[desk->ticket_next++ % CP_TICKET_MAX];
    *shown = (cp_ticket_picture){ .tag = ticket->tag,
                                  .time_ns = desk->now_ns,
                                  .price = ticket->price,
                                  .qty = ticket->qty,
                                  .symbol = ticket->symbol,
                                  .side = ticket->side,
                                  .refusal = CP_REFUSE_MALFORMED,
                                  .time_in_force = ticket->time_in_force,
                                  .flags = ticket->flags };
    return shown;
}

static void note_sent(cp_desk *desk, const cp_own_order *own)
{
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_ORDER, CP_INFO, own->symbol, own->strategy);
    if (!note)
        return;
    note->client_id = own->client_id;
    note->a = own->price;
    note->b = own->qty;
    note->c = own->time_in_force;
    note->side = own->side;
}

int cp_tickets_order(cp_desk *desk, const cp_ticket *ticket)
{
    cp_ticket_picture *shown = remember(desk, ticket);
    if (!has_terms(desk, ticket))
        return -EINVAL;
    cp_draft draft = draft_of(desk, ticket);
    cp_risk_ask ask = ask_of(&draft);
    cp_risk_finding finding;
    uint32_t refusal = check(desk, &draft, &ask, &finding);
    shown->price = draft.terms.price;
    shown->refusal = (uint8_t)refusal;
    if (refusal < CP_LIMIT_COUNT) {
        shown->scope = finding.scope;
        shown->limit = finding.limit;
        shown->current = finding.current;
        shown->would_be = finding.would_be;
    }
    shown->passing_qty = passing_qty(desk, &draft, &ask, refusal);
    /* Refused or not, it is for the way every order goes to say so. */
    uint32_t place = cp_desk_send(desk, &draft.terms, draft.reduces_only, draft.flags);
    CP_ASSERT((place == CP_NONE) == (refusal != CP_REFUSE_COUNT));
    if (place == CP_NONE)
        return 0;
    const cp_own_order *own = &desk->orders.orders[place];
    shown->client_id = own->client_id;
    note_sent(desk, own);
    return 0;
}

static cp_ticket_picture *find_ticket(cp_desk *desk, uint64_t client_id)
{
    for (uint32_t i = 0; i < CP_TICKET_MAX; i++)
        if (desk->tickets[i].client_id == client_id)
            return &desk->tickets[i];
    return NULL;
}

static void show_order(cp_ticket_picture *shown, const cp_own_order *own)
{
    shown->state = own->state;
    shown->filled = own->filled;
    shown->leaves = own->leaves;
}

void cp_tickets_end(cp_desk *desk, const cp_own_order *own, const cp_report *report)
{
    cp_ticket_picture *shown = find_ticket(desk, own->client_id);
    if (!shown) /* of before a restart, or long ago */
        return;
    show_order(shown, own);
    shown->reason = report->reason;
}

void cp_tickets_read(const cp_desk *desk, cp_operator_picture *picture)
{
    uint64_t count =
        desk->ticket_next < CP_TICKET_MAX ? desk->ticket_next : CP_TICKET_MAX;
    picture->ticket_count = (uint32_t)count;
    for (uint64_t i = 0; i < count; i++) {
        cp_ticket_picture *shown = &picture->tickets[i];
        *shown = desk->tickets[(desk->ticket_next - 1 - i) % CP_TICKET_MAX];
        uint32_t place = shown->client_id == 0
                             ? CP_NONE
                             : cp_orders_find(&desk->orders, shown->client_id);
        if (place != CP_NONE && cp_state_is_working(desk->orders.orders[place].state))
            show_order(shown, &desk->orders.orders[place]);
    }
}

/* ---- looked at ---- */

/* The figure that a limit is held against, by the check itself: nothing is in its way but
 * this one limit, which nothing meets. False: it is not asked. */
static bool try_limit(cp_desk *desk, const cp_risk_ask *ask, uint32_t limit,
                      int64_t *tried, int64_t *used)
{
    cp_risk_finding finding;
    *tried = INT64_MIN;
    bool asked = cp_risk_check(&desk->trial, ask, &finding) == limit;
    *tried = CP_LIMIT_NONE;
    *used = finding.would_be;
    return asked;
}

static void open_wide(int64_t limits[CP_LIMIT_MAX])
{
    for (uint32_t i = 0; i < CP_LIMIT_MAX; i++)
        limits[i] = CP_LIMIT_NONE;
}

/* An order that does not add to the worst case is not held against gross exposure, which
 * stays what it is: that is what is left of it then. */
static void unchanged_exposure(const cp_risk *risk, const cp_risk_ask *ask,
                               cp_preview *preview)
{
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    cp_i128 after = (cp_i128)ask->position * sign + ask->working[ask->side] + ask->qty;
    cp_i128 worst =
        cp_risk_worst(ask->position, ask->working[CP_BUY], ask->working[CP_SELL]);
    if (after > worst)
        return;
    int64_t here = cp_risk_exposure(worst, ask->mark2, ask->point_value);
    int64_t all = cp_saturate((cp_i128)ask->exposure_elsewhere + here);
    int64_t most = risk->limits[CP_LIMIT_GROSS_EXPOSURE];
    int64_t most_here = risk->symbol_limits[ask->symbol][CP_LIMIT_GROSS_EXPOSURE];
    bool by_symbol = (cp_i128)most_here - here < (cp_i128)most - all;
    preview->limits[CP_LIMIT_GROSS_EXPOSURE] = by_symbol ? most_here : most;
    preview->used[CP_LIMIT_GROSS_EXPOSURE] = by_symbol ? here : all;
}

/* What the order would leave of each limit: of those of several scopes the one that it
 * leaves the least of. */
static void measure(cp_desk *desk, const cp_risk_ask *ask, cp_preview *preview)
{
    if (ask->mark2 <= 0)
        return;
    uint32_t slot = ask->strategy, symbol = ask->symbol;
    const cp_risk *risk = &desk->risk;
    cp_risk *trial = &desk->trial;
    const int64_t *held[] = { risk->limits, risk->tightest[slot][symbol],
                              risk->symbol_limits[symbol], risk->strategy_limits[slot] };
    int64_t *tried[] = { trial->limits, trial->tightest[slot][symbol],
                         trial->symbol_limits[symbol], trial->strategy_limits[slot] };
    cp_risk_ask opening = *ask;
    opening.stale = opening.reduces_only = false;
    trial->state = CP_RISK_ACTIVE;
    trial->loss = risk->loss;
    trial->drawdown = risk->drawdown;
    trial->strategy_loss[slot] = risk->strategy_loss[slot];
    for (int k = 0; k < 4; k++)
        open_wide(tried[k]);
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        cp_i128 least = (cp_i128)1 << 100;
        for (int k = 0; k < 4; k++) {
            int64_t used;
            if (!try_limit(desk, &opening, i, &tried[k][i], &used) ||
                (cp_i128)held[k][i] - used >= least)
                continue;
            least = (cp_i128)held[k][i] - used;
            preview->limits[i] = held[k][i];
            preview->used[i] = used;
        }
    }
    unchanged_exposure(risk, ask, preview);
}

void cp_tickets_preview(cp_desk *desk, const cp_ticket *ticket)
{
    cp_preview *preview = &desk->preview;
    *preview = (cp_preview){ .tag = ticket->tag,
                             .time_ns = desk->now_ns,
                             .price = ticket->price,
                             .refusal = CP_REFUSE_MALFORMED };
    memcpy(preview->limits, desk->risk.limits, sizeof(preview->limits));
    if (!has_terms(desk, ticket))
        return;
    uint32_t symbol = ticket->symbol;
    cp_draft draft = draft_of(desk, ticket);
    cp_risk_ask ask = ask_of(&draft);
    cp_risk_finding finding;
    preview->refusal = check(desk, &draft, &ask, &finding);
    preview->limit = finding.limit;
    preview->current = finding.current;
    preview->would_be = finding.would_be;
    preview->scope = finding.scope;
    preview->reduces = draft.reduces_only;
    preview->passing_qty = passing_qty(desk, &draft, &ask, preview->refusal);
    preview->price = draft.terms.price;
    cp_i128 value = (cp_i128)draft.terms.price * ticket->qty;
    preview->value = cp_saturate(value * desk->instruments[symbol].point_value);
    int64_t lots = ask.side == CP_BUY ? (int64_t)ticket->qty : -(int64_t)ticket->qty;
    const int64_t *working = desk->orders.working_qty[symbol];
    int64_t held = desk->positions[symbol].qty;
    preview->position = held;
    preview->position_after = held + lots;
    preview->worst_long = held + working[CP_BUY] + (lots > 0 ? lots : 0);
    preview->worst_short = held - working[CP_SELL] + (lots < 0 ? lots : 0);
    measure(desk, &ask, preview);
}

/* ---- pulled ---- */

static uint32_t pull_one(cp_desk *desk, const cp_ticket *ticket)
{
    uint32_t place = cp_orders_find(&desk->orders, ticket->client_id);
    if (place == CP_NONE)
        return 0;
    const cp_own_order *own = &desk->orders.orders[place];
    if (!cp_state_is_working(own->state) ||
        (ticket->strategy != CP_NOBODY && own->strategy != ticket->strategy) ||
        (ticket->symbol != CP_NOBODY && own->symbol != ticket->symbol) ||
        (ticket->side != CP_SIDE_BOTH && own->side != ticket->side))
        return 0;
    cp_desk_pull(desk, place);
    if (own->purpose == CP_PURPOSE_QUOTE)
        cp_seats_refresh(desk, own->strategy, own->side == CP_SELL ? CP_SELL : CP_BUY);
    return 1;
}

int cp_tickets_cancel(cp_desk *desk, const cp_ticket *ticket)
{
    bool has_symbol = ticket->symbol < desk->symbol_count || ticket->symbol == CP_NOBODY;
    bool has_slot = ticket->strategy < CP_SLOT_COUNT || ticket->strategy == CP_NOBODY;
    if (!has_symbol || !has_slot || ticket->side > CP_SIDE_BOTH)
        return -EINVAL;
    uint32_t count =
        ticket->client_id != 0
            ? pull_one(desk, ticket)
            : cp_desk_pull_some(desk, ticket->strategy, ticket->symbol, ticket->side);
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_CANCEL, CP_INFO, ticket->symbol, ticket->strategy);
    if (!note)
        return 0;
    note->a = count;
    note->client_id = ticket->client_id;
    return 0;
}
