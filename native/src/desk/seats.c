/* seats.c: strategies at work: when they are called, and what becomes of their wishes. */
#include "desk/inside.h"
#include "desk/plugin/plugin.h"

static bool is_running(const cp_slot *slot)
{
    return slot->kind && slot->config.mode != CP_MODE_OFF && !slot->waiting;
}

static bool is_rehearsing(const cp_slot *slot)
{
    return slot->config.mode == CP_MODE_SHADOW;
}

/* A strategy in SHADOW is shown what it would have working. */
static void refresh_rehearsal(cp_slot *slot, cp_side side)
{
    const cp_would_be_quote *quote = &slot->would_be.quotes[side];
    slot->seat.working_price[side] = quote->leaves > 0 ? quote->price : CP_PRICE_NONE;
    slot->seat.working_qty[side] = quote->leaves;
    slot->seat.changing[side] = false;
    slot->seat.own[side][0] = slot->seat.own[side][1] =
        (cp_own_quote){ 0, CP_PRICE_NONE };
}

void cp_seats_refresh(cp_desk *desk, uint32_t slot_index, cp_side side)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (CP_UNLIKELY(is_rehearsing(slot))) {
        refresh_rehearsal(slot, side);
        return;
    }
    const cp_wish *wish = &slot->wishes[side];
    int64_t price = CP_PRICE_NONE;
    uint32_t qty = 0;
    if (wish->asked) {
        /* Not dealt with yet, but it is what the strategy counts on. */
        price = wish->qty ? wish->price : CP_PRICE_NONE;
        qty = wish->qty;
    } else if (slot->quotes[side] != CP_NONE) {
        const cp_own_order *own = &desk->orders.orders[slot->quotes[side]];
        bool moving = own->state == CP_STATE_PENDING_REPLACE;
        bool going = own->state == CP_STATE_PENDING_CANCEL;
        price = going ? CP_PRICE_NONE : moving ? own->pending_price : own->price;
        qty = going ? 0 : moving ? own->pending_qty : own->leaves;
    }
    slot->seat.working_price[side] = price;
    slot->seat.working_qty[side] = qty;
    const cp_own_order *resting =
        slot->quotes[side] == CP_NONE ? NULL : &desk->orders.orders[slot->quotes[side]];
    slot->seat.changing[side] =
        resting && resting->state != CP_STATE_LIVE && resting->state != CP_STATE_PARTIAL;
    cp_own_quote now = { 0, CP_PRICE_NONE };
    if (resting && resting->accepted)
        now = (cp_own_quote){ resting->order_ref, resting->price };
    cp_own_quote *own = slot->seat.own[side];
    if (own[0].order_ref != 0 && own[0].order_ref != now.order_ref)
        own[1] = own[0];
    own[0] = now;
}

void cp_seats_refresh_due(cp_desk *desk, uint32_t slots)
{
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        uint32_t due = desk->views_due[side] & slots;
        desk->views_due[side] &= ~slots;
        for (; due != 0; due &= due - 1)
            cp_seats_refresh(desk, (uint32_t)__builtin_ctz(due), (cp_side)side);
    }
}

/* In REDUCING whoever is LIVE goes on as in REDUCE. */
static uint32_t mode_of(const cp_desk *desk, const cp_slot *slot)
{
    bool reducing = CP_UNLIKELY(desk->risk.state == CP_RISK_REDUCING);
    return reducing && slot->config.mode == CP_MODE_LIVE ? CP_MODE_REDUCE
                                                         : slot->config.mode;
}

/* Lots that the order at `place` adds to those working on the symbol's side. */
static int64_t counted_at(const cp_desk *desk, uint32_t symbol, cp_side side,
                          uint32_t place)
{
    if (place == CP_NONE)
        return 0;
    const cp_own_order *own = &desk->orders.orders[place];
    return own->symbol == symbol && own->side == side ? cp_order_worst_qty(own) : 0;
}

/* The same of the symbol's, whoever holds it: in REDUCING it must not grow either. */
static int64_t symbol_room(const cp_desk *desk, uint32_t symbol, cp_side side,
                           uint32_t place)
{
    int64_t held = desk->positions[symbol].qty;
    int64_t room = side == CP_SELL ? held : -held;
    room -= desk->orders.working_qty[symbol][side];
    return room + counted_at(desk, symbol, side, place);
}

/* Lots on this side that bring the slot's position in the symbol nearer to none, whatever
 * its other orders there still trade; the one at `place` is left out. */
static uint32_t reducing_room(const cp_desk *desk, uint32_t slot_index, uint32_t symbol,
                              cp_side side, uint32_t place)
{
    int64_t held = desk->cells[slot_index][symbol].qty;
    int64_t room = side == CP_SELL ? held : -held;
    room -= desk->orders.slot_qty[slot_index][symbol][side];
    room += counted_at(desk, symbol, side, place);
    if (CP_UNLIKELY(desk->risk.state == CP_RISK_REDUCING)) {
        int64_t all = symbol_room(desk, symbol, side, place);
        room = room < all ? room : all;
    }
    return room <= 0 ? 0 : room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
}

/* REDUCE: a quote is not replaced but taken off and put anew. A replace sets what is open
 * whatever was filled on its way, and could carry the position through to the other side.
 * Until it is off the wish waits. */
static void settle_reducing(cp_desk *desk, uint32_t slot_index, cp_side side)
{
    cp_slot *slot = &desk->slots[slot_index];
    cp_wish *wish = &slot->wishes[side];
    uint32_t place = slot->quotes[side];
    uint32_t room = reducing_room(desk, slot_index, slot->config.symbol, side, place);
    uint32_t qty = wish->qty < room ? wish->qty : room;
    if (place == CP_NONE) {
        wish->asked = false;
        if (qty > 0)
            slot->quotes[side] =
                cp_desk_send_new(desk, slot_index, slot->config.symbol, side, wish->price,
                                 qty, CP_PURPOSE_QUOTE);
        return;
    }
    const cp_own_order *own = &desk->orders.orders[place];
    if (qty > 0 && own->price == wish->price && own->leaves == qty)
        wish->asked = false;
    else
        cp_desk_pull(desk, place);
    if (qty == 0)
        wish->asked = false;
}

void cp_seats_settle(cp_desk *desk, uint32_t slot_index, cp_side side)
{
    cp_slot *slot = &desk->slots[slot_index];
    cp_wish *wish = &slot->wishes[side];
    if (!wish->asked)
        return;
    uint32_t mode = mode_of(desk, slot);
    if (CP_UNLIKELY(mode != CP_MODE_LIVE)) {
        if (mode == CP_MODE_REDUCE)
            settle_reducing(desk, slot_index, side);
        return;
    }
    uint32_t place = slot->quotes[side];
    if (place == CP_NONE) {
        wish->asked = false;
        if (wish->qty > 0)
            slot->quotes[side] =
                cp_desk_send_new(desk, slot_index, slot->config.symbol, side, wish->price,
                                 wish->qty, CP_PURPOSE_QUOTE);
        return;
    }
    /* One change at a time: the wish waits for the answer to the last. */
    const cp_own_order *own = &desk->orders.orders[place];
    if (own->state != CP_STATE_LIVE && own->state != CP_STATE_PARTIAL)
        return;
    wish->asked = false;
    if (wish->qty == 0)
        cp_desk_pull(desk, place);
    else if (wish->price == own->price && wish->qty == own->asked)
        return;
    /* A quote that may not move is taken off: where it stands, nobody wants it. */
    else if (!cp_desk_send_replace(desk, place, wish->price, wish->qty))
        cp_desk_pull(desk, place);
}

/* `place` is where the slot keeps the order, `taking` where the seat sees that it is out. */
static void settle_take(cp_desk *desk, uint32_t slot_index, uint32_t symbol,
                        cp_wish *wish, uint32_t *place, bool *taking)
{
    wish->asked = false;
    if (*place != CP_NONE)
        return;
    cp_side side = wish->side == CP_SELL ? CP_SELL : CP_BUY;
    uint32_t qty = wish->qty;
    if (CP_UNLIKELY(mode_of(desk, &desk->slots[slot_index]) == CP_MODE_REDUCE)) {
        uint32_t room = reducing_room(desk, slot_index, symbol, side, CP_NONE);
        qty = qty < room ? qty : room;
        if (qty == 0)
            return;
    }
    *place = cp_desk_send_new(desk, slot_index, symbol, side, wish->price, qty,
                              CP_PURPOSE_TAKE);
    *taking = *place != CP_NONE;
}

void cp_seats_end_take(cp_slot *slot, const cp_own_order *own)
{
    if (own->symbol == slot->config.symbol) {
        slot->take = CP_NONE;
        slot->seat.taking = false;
    } else {
        slot->take2 = CP_NONE;
        slot->seat.taking2 = false;
    }
}

/* The same wishes, of a strategy in SHADOW. What comes of one can call the strategy
 * again, which leaves new ones: all are taken first. */
static void rehearse(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    cp_seat *seat = &slot->seat;
    const cp_wish quotes[] = { seat->quotes[CP_BUY], seat->quotes[CP_SELL] };
    const cp_wish takes[] = { seat->take, seat->take2 };
    seat->quotes[CP_BUY].asked = seat->quotes[CP_SELL].asked = false;
    seat->take.asked = seat->take2.asked = false;
    for (int i = CP_BUY; i <= CP_SELL; i++) {
        if (!quotes[i].asked)
            continue;
        cp_would_be_ask_quote(desk, slot_index, (cp_side)i, quotes[i].price,
                              quotes[i].qty);
        cp_seats_refresh(desk, slot_index, (cp_side)i);
    }
    for (int i = 0; i < 2; i++)
        if (takes[i].asked && (i == 0 || slot->kind->two_symbols))
            cp_would_be_ask_take(desk, slot_index, i == 1,
                                 takes[i].side == CP_SELL ? CP_SELL : CP_BUY,
                                 takes[i].price, takes[i].qty);
}

static void listen(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    cp_seat *seat = &slot->seat;
    if (CP_LIKELY(!seat->quotes[CP_BUY].asked && !seat->quotes[CP_SELL].asked &&
                  !seat->take.asked && !seat->take2.asked))
        return;
    desk->decided_ns = 0;
    if (CP_UNLIKELY(is_rehearsing(slot))) {
        rehearse(desk, slot_index);
        return;
    }
    for (int i = CP_BUY; i <= CP_SELL; i++) {
        cp_side side = (cp_side)i;
        if (!seat->quotes[side].asked)
            continue;
        slot->wishes[side] = seat->quotes[side];
        seat->quotes[side].asked = false;
        cp_seats_settle(desk, slot_index, side);
        cp_seats_refresh_later(desk, slot_index, side);
    }
    if (seat->take.asked)
        settle_take(desk, slot_index, slot->config.symbol, &seat->take, &slot->take,
                    &seat->taking);
    if (seat->take2.asked && slot->kind->two_symbols)
        settle_take(desk, slot_index, slot->config.symbol2, &seat->take2, &slot->take2,
                    &seat->taking2);
    cp_desk_stamp_passed(desk);
}

/* ---- calls ---- */

#define BUDGET_NS 1000000u /* live: a call of a user's strategy that takes longer ... */
#define STRIKES 3          /* ... so often within a second switches it off */

/* A user's strategy has failed: it is switched off, with what it has at the venue. */
static void fail(cp_desk *desk, uint32_t slot_index, cp_fault fault)
{
    cp_slot *slot = &desk->slots[slot_index];
    slot->fault = fault;
    slot->seat.quotes[CP_BUY].asked = slot->seat.quotes[CP_SELL].asked = false;
    slot->seat.take.asked = slot->seat.take2.asked = false;
    cp_note *note = cp_desk_note(desk, CP_NOTE_FAULT, CP_CRITICAL,
                                 (uint16_t)slot->config.symbol, (uint16_t)slot_index);
    if (note)
        note->a = fault;
    cp_seats_set_mode(desk, slot_index, CP_MODE_OFF, CP_CAUSE_FAULT);
}

/* One call too slow is the machine's doing as likely as the strategy's; several are not.
 * Under virtual time no time passes, and nothing is ever too slow. */
static cp_fault judge(cp_desk *desk, cp_slot *slot, uint64_t began_ns)
{
    if (CP_LIKELY(cp_desk_clock(desk) - began_ns <= BUDGET_NS))
        return CP_FAULT_NONE;
    if (desk->now_ns - slot->strike_ns > CP_SECOND_NS) {
        slot->strike_ns = desk->now_ns;
        slot->strike_count = 0;
    }
    return ++slot->strike_count < STRIKES ? CP_FAULT_NONE : CP_FAULT_BUDGET;
}

static void call_plugin(cp_desk *desk, uint32_t slot_index, cp_plugin_call which,
                        cp_side side, uint32_t qty)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (slot->fault != CP_FAULT_NONE)
        return;
    uint64_t began_ns = cp_desk_clock(desk);
    cp_fault fault =
        cp_plugin_run(slot->kind->plugin, which, slot->state, &slot->seat, side, qty);
    if (fault == CP_FAULT_NONE)
        fault = judge(desk, slot, began_ns);
    if (CP_UNLIKELY(fault != CP_FAULT_NONE))
        fail(desk, slot_index, fault);
}

static void call_start(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (slot->kind->plugin)
        call_plugin(desk, slot_index, CP_PLUGIN_START, CP_BUY, 0);
    else
        slot->kind->start(slot->state, &slot->seat);
}

static void call_book(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (CP_UNLIKELY(slot->kind->plugin != NULL))
        call_plugin(desk, slot_index, CP_PLUGIN_BOOK, CP_BUY, 0);
    else
        slot->kind->on_book(slot->state, &slot->seat);
}

static void call_trade(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (CP_UNLIKELY(slot->kind->plugin != NULL))
        call_plugin(desk, slot_index, CP_PLUGIN_ON_TRADE, CP_BUY, 0);
    else
        slot->kind->on_trade(slot->state, &slot->seat);
}

static void call_timer(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (CP_UNLIKELY(slot->kind->plugin != NULL))
        call_plugin(desk, slot_index, CP_PLUGIN_TIMER, CP_BUY, 0);
    else if (slot->kind->on_timer)
        slot->kind->on_timer(slot->state, &slot->seat);
}

static void call_fill(cp_desk *desk, uint32_t slot_index, cp_side side, uint32_t qty)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (CP_UNLIKELY(slot->kind->plugin != NULL))
        call_plugin(desk, slot_index, CP_PLUGIN_FILL, side, qty);
    else if (slot->kind->on_fill)
        slot->kind->on_fill(slot->state, &slot->seat, side, qty);
}

/* The slot is called next. */
static inline void present(cp_desk *desk, uint32_t slot_index)
{
    uint32_t bit = UINT32_C(1) << slot_index;
    if (CP_UNLIKELY(((desk->views_due[CP_BUY] | desk->views_due[CP_SELL]) & bit) != 0))
        cp_seats_refresh_due(desk, bit);
    desk->slots[slot_index].seat.now_ns = desk->now_ns;
}

/* What every order writes first, while the strategy thinks. */
static inline void fetch_first(cp_desk *desk)
{
    const uint8_t *ask = (const uint8_t *)cp_risk_next(&desk->risk);
    for (size_t i = 0; i < sizeof(cp_risk_ask); i += CP_LINE)
        cp_fetch(ask + i);
    cp_fetch(cp_outbox_at(&desk->orders_out, 0));
    cp_fetch(cp_outbox_at(&desk->orders_out, 1));
}

void cp_seats_on_market(cp_desk *desk, uint32_t symbol, uint32_t changed)
{
    uint32_t book = (changed & CP_FEED_PRICE ? desk->price_listeners[symbol] : 0u) |
                    (changed & CP_FEED_QTY ? desk->qty_listeners[symbol] : 0u);
    uint32_t trade = changed & CP_FEED_TRADE ? desk->trade_listeners[symbol] : 0u;
    for (uint32_t left = book | trade; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        present(desk, i);
        if (cp_desk_is_live(desk))
            fetch_first(desk);
        if (book >> i & 1)
            call_book(desk, i);
        if (trade >> i & 1)
            call_trade(desk, i);
        listen(desk, i);
    }
}

void cp_seats_on_timer(cp_desk *desk)
{
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        cp_slot *slot = &desk->slots[i];
        for (int side = CP_BUY; side <= CP_SELL; side++) {
            uint32_t place = slot->quotes[side];
            if (place != CP_NONE && desk->orders.orders[place].pulled)
                cp_desk_pull(desk, place);
        }
        if (!is_running(slot))
            continue;
        present(desk, i);
        call_timer(desk, i);
        listen(desk, i);
    }
}

void cp_seats_on_fill(cp_desk *desk, uint32_t slot_index, cp_side side, uint32_t qty)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (!is_running(slot))
        return;
    present(desk, slot_index);
    call_fill(desk, slot_index, side, qty);
    listen(desk, slot_index);
}

void cp_seats_pull(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    cp_would_be_pull(desk, slot_index);
    for (int i = CP_BUY; i <= CP_SELL; i++) {
        cp_side side = (cp_side)i;
        slot->wishes[side].asked = false;
        if (slot->quotes[side] != CP_NONE)
            cp_desk_pull(desk, slot->quotes[side]);
        cp_seats_refresh(desk, slot_index, side);
    }
    cp_desk_pull_some(desk, slot_index, CP_NOBODY, CP_SIDE_BOTH);
}

bool cp_seats_trade(const cp_slot *slot, uint32_t symbol)
{
    return slot->kind && (slot->config.symbol == symbol ||
                          (slot->kind->two_symbols && slot->config.symbol2 == symbol));
}

void cp_seats_show_position(cp_slot *slot, uint32_t symbol, int64_t qty)
{
    if (is_rehearsing(slot))
        return; /* a late fill of a real order: what is rehearsed is apart from it */
    if (slot->config.symbol == symbol)
        slot->seat.position = qty;
    else if (cp_seats_trade(slot, symbol))
        slot->seat.position2 = qty;
}

static void set_listening(cp_desk *desk, uint32_t slot_index)
{
    const cp_slot *slot = &desk->slots[slot_index];
    uint16_t bit = (uint16_t)(1u << slot_index);
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        bool here = is_running(slot) && cp_seats_trade(slot, i);
        uint32_t wants = here ? slot->kind->wants : 0;
        uint16_t *lists[] = { &desk->price_listeners[i], &desk->qty_listeners[i],
                              &desk->trade_listeners[i] };
        const uint32_t bits[] = { CP_WANTS_PRICE, CP_WANTS_QTY, CP_WANTS_TRADE };
        for (uint32_t k = 0; k < 3; k++)
            *lists[k] = (uint16_t)(wants & bits[k] ? *lists[k] | bit : *lists[k] & ~bit);
    }
}

/* A clean start: zeroed memory, no wishes, the seat in front of the right market. */
static void seat_strategy(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    const cp_feed_symbol *symbol = &desk->feed.symbols[slot->config.symbol];
    memset(slot->state, 0, sizeof(slot->state));
    slot->wishes[CP_BUY].asked = slot->wishes[CP_SELL].asked = false;
    slot->seat = (cp_seat){ .touch = &symbol->touch,
                            .feed = &desk->feed,
                            .book = &symbol->book,
                            .parameters = slot->config.parameters,
                            .now_ns = desk->now_ns,
                            .taking = slot->take != CP_NONE };
    slot->seat.position = desk->cells[slot_index][slot->config.symbol].qty;
    if (slot->kind->two_symbols) {
        slot->seat.touch2 = &desk->feed.symbols[slot->config.symbol2].touch;
        slot->seat.position2 = desk->cells[slot_index][slot->config.symbol2].qty;
        slot->seat.taking2 = slot->take2 != CP_NONE;
    }
    if (is_rehearsing(slot)) {
        cp_would_be_begin(desk, slot_index);
        slot->seat.position = slot->seat.position2 = 0;
        slot->seat.taking = slot->seat.taking2 = false;
    }
    cp_seats_refresh(desk, slot_index, CP_BUY);
    cp_seats_refresh(desk, slot_index, CP_SELL);
    slot->fault = CP_FAULT_NONE;
    slot->strike_count = 0;
    call_start(desk, slot_index);
}

static void note_config(cp_desk *desk, uint32_t slot_index)
{
    const cp_strategy_config *config = &desk->slots[slot_index].config;
    cp_note *note = cp_desk_note(desk, CP_NOTE_CONFIG, CP_INFO, (uint16_t)config->symbol,
                                 (uint16_t)slot_index);
    if (note) {
        note->a = (int64_t)config->version;
        note->b = (int64_t)config->hash;
    }
}

/* What a restart has to know of the slot's mode. */
static void keep_mode(cp_desk *desk, uint32_t slot_index, cp_cause cause)
{
    const cp_strategy_config *config = &desk->slots[slot_index].config;
    uint32_t at = CP_MODE_BITS * slot_index;
    uint64_t others = ~(CP_MODE_MASK << at);
    uint64_t mode = config->used ? config->mode + 1 : 0;
    desk->modes = (desk->modes & others) | mode << at;
    desk->mode_causes = (desk->mode_causes & others) | (uint64_t)cause << at;
}

static cp_cause mode_cause(const cp_desk *desk, uint32_t slot_index)
{
    return (cp_cause)(desk->mode_causes >> CP_MODE_BITS * slot_index & CP_MODE_MASK);
}

/* What is not as the files ask for, since a restart loosens nothing, is worth a warning. */
static void note_mode(cp_desk *desk, uint32_t slot_index, uint32_t old, cp_cause cause)
{
    const cp_strategy_config *config = &desk->slots[slot_index].config;
    if (config->mode == old)
        return;
    cp_severity severity = cause == CP_CAUSE_RECOVERY ? CP_WARNING : CP_INFO;
    cp_note *note = cp_desk_note(desk, CP_NOTE_MODE, severity, (uint16_t)config->symbol,
                                 (uint16_t)slot_index);
    if (note) {
        note->a = config->mode;
        note->b = old;
        note->c = cause;
        note->d = mode_cause(desk, slot_index);
    }
}

int cp_seats_check(const cp_desk *desk, const cp_strategy_config *config)
{
    if (!config->used)
        return 0;
    const cp_strategy_kind *kind = cp_strategy_kind_at(config->kind);
    if (!kind || config->symbol >= desk->symbol_count || config->mode >= CP_MODE_COUNT ||
        !memchr(config->name, 0, sizeof(config->name)))
        return -EINVAL;
    if (kind->two_symbols &&
        (config->symbol2 >= desk->symbol_count || config->symbol2 == config->symbol))
        return -EINVAL;
    return cp_strategy_check_parameters(kind, config->parameters);
}

/* The whole of a configuration comes into force: kind, symbol, parameters, mode. */
static void install(cp_desk *desk, uint32_t slot_index, const cp_strategy_config *config)
{
    cp_slot *slot = &desk->slots[slot_index];
    uint32_t old_mode = slot->config.mode;
    bool is_same = strncmp(slot->config.name, config->name, CP_NAME_SIZE) == 0 &&
                   config->used && config->mode == old_mode;
    cp_cause cause = is_same ? mode_cause(desk, slot_index) : CP_CAUSE_OPERATOR;
    slot->config = *config;
    slot->waiting = false;
    slot->kind = config->used ? cp_strategy_kind_at(config->kind) : NULL;
    if (!config->used)
        slot->config.mode = CP_MODE_OFF;
    keep_mode(desk, slot_index, cause);
    if (slot->config.mode != CP_MODE_OFF)
        cp_slot_set_kill(desk, slot_index, CP_KILL_NONE);
    if (slot->kind)
        seat_strategy(desk, slot_index);
    set_listening(desk, slot_index);
    note_config(desk, slot_index);
    note_mode(desk, slot_index, old_mode, CP_CAUSE_OPERATOR);
}

void cp_seats_apply_waiting(cp_desk *desk, uint32_t slot_index)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (slot->waiting && slot->working_count == 0) {
        cp_strategy_config next = slot->next;
        install(desk, slot_index, &next);
    }
}

void cp_seats_configure(cp_desk *desk, uint32_t slot_index,
                        const cp_strategy_config *config)
{
    cp_slot *slot = &desk->slots[slot_index];
    bool same = slot->kind && config->used && !slot->waiting &&
                slot->config.kind == config->kind &&
                slot->config.symbol == config->symbol &&
                (!slot->kind->two_symbols || slot->config.symbol2 == config->symbol2);
    if (!same) {
        slot->next = *config;
        slot->waiting = true;
        set_listening(desk, slot_index);
        cp_seats_pull(desk, slot_index);
        cp_seats_apply_waiting(desk, slot_index);
        return;
    }
    /* Between two messages: the strategy goes on with what it has learnt. */
    uint32_t mode = slot->config.mode;
    slot->config = *config;
    slot->config.mode = mode;
    note_config(desk, slot_index);
    cp_seats_set_mode(desk, slot_index, config->mode, CP_CAUSE_OPERATOR);
}

/* Between LIVE and REDUCE a strategy goes on with what it has learnt. */
static bool goes_on(uint32_t old, uint32_t mode)
{
    return (old == CP_MODE_LIVE && mode == CP_MODE_REDUCE) ||
           (old == CP_MODE_REDUCE && mode == CP_MODE_LIVE);
}

/* `cause` is why it is in that mode, `told` what has made it change. */
static void switch_mode(cp_desk *desk, uint32_t slot_index, uint32_t mode, cp_cause cause,
                        cp_cause told)
{
    cp_slot *slot = &desk->slots[slot_index];
    if (slot->waiting)
        slot->next.mode = mode;
    uint32_t old = slot->config.mode;
    if (mode == old) {
        if (mode == CP_MODE_OFF)
            cp_seats_pull(desk, slot_index);
        return;
    }
    /* Whatever it was: what rests was meant for the mode that ends. */
    if (mode != CP_MODE_LIVE || old == CP_MODE_SHADOW)
        cp_seats_pull(desk, slot_index);
    slot->config.mode = mode;
    keep_mode(desk, slot_index, cause);
    if (mode != CP_MODE_OFF)
        cp_slot_set_kill(desk, slot_index, CP_KILL_NONE);
    set_listening(desk, slot_index);
    if (mode != CP_MODE_OFF && !slot->waiting && !goes_on(old, mode))
        seat_strategy(desk, slot_index); /* what it knew of the market is old by now */
    note_mode(desk, slot_index, old, told);
}

void cp_seats_set_mode(cp_desk *desk, uint32_t slot_index, uint32_t mode, cp_cause cause)
{
    switch_mode(desk, slot_index, mode, cause, cause);
}

/* A restart loosens nothing: from off to live each can send what the one before cannot. */
static uint32_t tighter(uint32_t a, uint32_t b)
{
    static const uint8_t reach[CP_MODE_COUNT] = {
        [CP_MODE_OFF] = 0, [CP_MODE_SHADOW] = 1, [CP_MODE_REDUCE] = 2, [CP_MODE_LIVE] = 3
    };
    return reach[a] < reach[b] ? a : b;
}

void cp_seats_restore_mode(cp_desk *desk, uint32_t slot_index, uint32_t mode,
                           cp_cause cause)
{
    const cp_slot *slot = &desk->slots[slot_index];
    uint32_t asked = slot->config.mode;
    uint32_t holds = mode < CP_MODE_COUNT ? tighter(mode, asked) : asked;
    if (holds != mode)
        cause = mode_cause(desk, slot_index); /* it is as the files ask for */
    bool trades = holds == CP_MODE_LIVE || holds == CP_MODE_REDUCE;
    if (slot->kind && slot->kind->works_parent && trades) {
        holds = CP_MODE_OFF;
        cause = CP_CAUSE_PARENT;
    }
    switch_mode(desk, slot_index, holds, cause, CP_CAUSE_RECOVERY);
    if (holds == asked)
        keep_mode(desk, slot_index, cause);
}
