/* flatten.c: out of every position, or of a strategy's, or of those in a symbol, in steps
 * the market can take.
 *
 * First everything working is pulled, as far as it is meant. Then each strategy's position
 * is closed by immediate orders: no larger than what the far touch holds and the limits
 * allow, no worse than CP_FLATTEN_CROSS increments through it, one at a time; what is left
 * is tried again on the timer. A book in doubt is waited for.
 *
 * What is closed of some ends where the desk is halted or paused by the operator: that is
 * a later word. A strategy stays OFF then and a symbol halted.
 */
#include "desk/inside.h"

static int64_t closing_price(const cp_desk *desk, uint32_t slot, uint32_t symbol,
                             cp_side side)
{
    const cp_touch *touch = cp_desk_touch(desk, symbol);
    int64_t far = touch->price[side == CP_BUY ? CP_SELL : CP_BUY];
    int64_t collar = desk->risk.tightest[slot][symbol][CP_LIMIT_PRICE_COLLAR];
    cp_i128 unit2 = 2 * CP_COLLAR_UNIT;
    cp_i128 mark2 = touch->mark2;
    if (side == CP_BUY) {
        int64_t most = cp_saturate(mark2 * (CP_COLLAR_UNIT + collar) / unit2);
        int64_t price = far + CP_FLATTEN_CROSS < most ? far + CP_FLATTEN_CROSS : most;
        return price > far ? price : far;
    }
    int64_t least = cp_saturate((mark2 * (CP_COLLAR_UNIT - collar) + unit2 - 1) / unit2);
    int64_t price = far - CP_FLATTEN_CROSS > least ? far - CP_FLATTEN_CROSS : least;
    price = price < far ? price : far;
    return price > 1 ? price : 1;
}

static uint32_t closing_qty(const cp_desk *desk, uint32_t slot, uint32_t symbol,
                            cp_side side, int64_t price, int64_t held)
{
    const cp_touch *touch = cp_desk_touch(desk, symbol);
    const int64_t *limits = desk->risk.tightest[slot][symbol];
    cp_i128 lot_value = (cp_i128)price * desk->instruments[symbol].point_value;
    int64_t by_value = cp_saturate(limits[CP_LIMIT_ORDER_VALUE] / lot_value);
    int64_t by_touch = (int64_t)touch->qty[side == CP_BUY ? CP_SELL : CP_BUY];
    int64_t qty = limits[CP_LIMIT_ORDER_QTY];
    qty = qty < held ? qty : held;
    qty = qty < by_value ? qty : by_value;
    qty = qty < by_touch ? qty : by_touch;
    /* A lot worth more than the value limit: let the check refuse it, with the figures.
     */
    return qty > 0 ? (uint32_t)qty : 1;
}

static void close_cell(cp_desk *desk, uint32_t slot, uint32_t symbol)
{
    int64_t position = desk->cells[slot][symbol].qty;
    if (desk->slots[slot].close != CP_NONE)
        return;
    cp_side side = position > 0 ? CP_SELL : CP_BUY;
    const cp_touch *touch = cp_desk_touch(desk, symbol);
    if (touch->price[side == CP_BUY ? CP_SELL : CP_BUY] == CP_PRICE_NONE)
        return;
    int64_t price = closing_price(desk, slot, symbol, side);
    uint32_t qty =
        closing_qty(desk, slot, symbol, side, price, position > 0 ? position : -position);
    desk->slots[slot].close =
        cp_desk_send_new(desk, slot, symbol, side, price, qty, CP_PURPOSE_CLOSE);
}

/* ---- of all ---- */

static bool only_closing_left(const cp_desk *desk)
{
    uint32_t closing = 0;
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        closing += desk->slots[i].close != CP_NONE;
    return desk->orders.working_count == closing;
}

static void flatten_all(cp_desk *desk)
{
    if (!only_closing_left(desk))
        return;
    bool flat = desk->orders.working_count == 0;
    for (uint32_t slot = 0; slot < CP_SLOT_COUNT; slot++) {
        for (uint32_t symbol = 0; symbol < desk->symbol_count; symbol++) {
            if (desk->cells[slot][symbol].qty == 0)
                continue;
            flat = false;
            close_cell(desk, slot, symbol);
        }
    }
    if (!flat)
        return;
    cp_desk_note(desk, CP_NOTE_FLAT, CP_INFO, CP_NOBODY, CP_NOBODY);
    cp_desk_set_state(desk, CP_RISK_PAUSED, CP_CAUSE_FLAT);
}

/* ---- of a strategy, or in a symbol ---- */

static void note_symbol(cp_desk *desk, uint32_t symbol, cp_symbol_halt now,
                        cp_symbol_halt before, cp_cause cause)
{
    cp_severity severity = now == CP_SYMBOL_TRADES ? CP_INFO : CP_WARNING;
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_SYMBOL, severity, (uint16_t)symbol, CP_NOBODY);
    if (!note)
        return;
    note->a = now;
    note->b = before;
    note->c = cause;
}

static cp_symbol_halt halt_of(const cp_desk *desk, uint32_t symbol)
{
    if (desk->flattening >> symbol & 1)
        return CP_SYMBOL_FLATTENING;
    return desk->halted >> symbol & 1 ? CP_SYMBOL_HALTED : CP_SYMBOL_TRADES;
}

/* What is working of a slot or in a symbol, CP_NOBODY: any. */
static void count_working(const cp_desk *desk, uint32_t slot, uint32_t symbol,
                          uint32_t *closing, uint32_t *others)
{
    *closing = *others = 0;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (!cp_state_is_working(own->state) ||
            (slot != CP_NOBODY && own->strategy != slot) ||
            (symbol != CP_NOBODY && own->symbol != symbol))
            continue;
        if (own->purpose == CP_PURPOSE_CLOSE)
            ++*closing;
        else
            ++*others;
    }
}

/* The rest trades on, and may rest where what closes this has to go: it makes way until
 * it is done. */
static void make_way(cp_desk *desk, uint32_t slot, uint32_t symbol)
{
    cp_side other = desk->cells[slot][symbol].qty > 0 ? CP_BUY : CP_SELL;
    desk->making_way[other] |= UINT64_C(1) << symbol;
    cp_desk_pull_some(desk, CP_NOBODY, symbol, other);
}

static void forget_way(cp_desk *desk)
{
    if ((desk->closing | desk->flattening) != 0)
        return;
    desk->making_way[CP_BUY] = desk->making_way[CP_SELL] = 0;
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        desk->slots[i].refusal_noted_ns[CP_REFUSE_CLOSING] = 0;
}

static void close_some(cp_desk *desk, uint32_t slot, uint32_t symbol)
{
    if (desk->slots[slot].close != CP_NONE)
        return;
    uint64_t refusals = desk->slots[slot].refusal_count;
    close_cell(desk, slot, symbol);
    if (desk->slots[slot].refusal_count > refusals &&
        desk->slots[slot].last_refusal == CP_LIMIT_SELF_CROSS)
        make_way(desk, slot, symbol);
}

static void flatten_slot(cp_desk *desk, uint32_t slot)
{
    uint32_t closing, others;
    count_working(desk, slot, CP_NOBODY, &closing, &others);
    if (others > 0)
        return;
    bool flat = closing == 0;
    for (uint32_t symbol = 0; symbol < desk->symbol_count; symbol++) {
        if (desk->cells[slot][symbol].qty == 0)
            continue;
        flat = false;
        close_some(desk, slot, symbol);
    }
    if (!flat)
        return;
    cp_slot_set_kill(desk, slot, slot == CP_OPERATOR ? CP_KILL_NONE : CP_KILL_HALTED);
    cp_desk_note(desk, CP_NOTE_FLAT, CP_INFO, CP_NOBODY, (uint16_t)slot);
}

static void flatten_symbol(cp_desk *desk, uint32_t symbol)
{
    uint32_t closing, others;
    count_working(desk, CP_NOBODY, symbol, &closing, &others);
    if (others > 0)
        return;
    bool flat = closing == 0;
    for (uint32_t slot = 0; slot < CP_SLOT_COUNT; slot++) {
        if (desk->cells[slot][symbol].qty == 0)
            continue;
        flat = false;
        close_some(desk, slot, symbol);
    }
    if (!flat)
        return;
    desk->flattening &= ~(UINT64_C(1) << symbol);
    cp_desk_note(desk, CP_NOTE_FLAT, CP_INFO, (uint16_t)symbol, CP_NOBODY);
    note_symbol(desk, symbol, CP_SYMBOL_HALTED, CP_SYMBOL_FLATTENING, CP_CAUSE_FLAT);
}

void cp_flatten_some_no_more(cp_desk *desk, cp_cause cause)
{
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        if ((desk->flattening >> i & 1) == 0)
            continue;
        desk->flattening &= ~(UINT64_C(1) << i);
        note_symbol(desk, i, CP_SYMBOL_HALTED, CP_SYMBOL_FLATTENING, cause);
    }
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        if (desk->slots[i].kill == CP_KILL_FLATTENING)
            cp_slot_set_kill(desk, i, i == CP_OPERATOR ? CP_KILL_NONE : CP_KILL_HALTED);
    forget_way(desk);
}

void cp_flatten_on_timer(cp_desk *desk)
{
    if (desk->risk.state == CP_RISK_FLATTENING)
        flatten_all(desk);
    uint64_t ways = desk->making_way[CP_BUY] | desk->making_way[CP_SELL];
    if (CP_LIKELY((desk->closing | desk->flattening | ways) == 0))
        return;
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        if (desk->closing >> i & 1)
            flatten_slot(desk, i);
    for (uint32_t i = 0; i < desk->symbol_count; i++)
        if (desk->flattening >> i & 1)
            flatten_symbol(desk, i);
    forget_way(desk);
}

/* ---- beginning and ending it ---- */

static void stop_symbol(cp_desk *desk, uint32_t symbol, const char *who)
{
    cp_symbol_stop *stop = &desk->stops[symbol];
    *stop = (cp_symbol_stop){ .since_ns = desk->now_ns > 0 ? desk->now_ns : 1,
                              .cause = CP_CAUSE_OPERATOR };
    memcpy(stop->by, who, sizeof(stop->by));
    stop->by[sizeof(stop->by) - 1] = 0;
    desk->halted |= UINT64_C(1) << symbol;
}

/* A refusal that lasts is said once; from now on it may be another one. */
static void forget_refusals(cp_desk *desk)
{
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        desk->slots[i].refusal_noted_ns[CP_REFUSE_SYMBOL_HALTED] = 0;
}

int cp_halt_symbol(cp_desk *desk, uint32_t symbol, bool flatten, const char *who)
{
    if (symbol >= desk->symbol_count)
        return -EINVAL;
    if (flatten && desk->risk.state == CP_RISK_HALTED)
        return -EPERM;
    cp_symbol_halt before = halt_of(desk, symbol);
    uint64_t bit = UINT64_C(1) << symbol;
    stop_symbol(desk, symbol, who);
    desk->flattening = flatten ? desk->flattening | bit : desk->flattening & ~bit;
    forget_refusals(desk);
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        if (desk->slots[i].kind && desk->slots[i].config.symbol == symbol)
            cp_seats_pull(desk, i); /* its quotes, and what it wished for */
    cp_desk_pull_some(desk, CP_NOBODY, symbol, CP_SIDE_BOTH);
    note_symbol(desk, symbol, halt_of(desk, symbol), before, CP_CAUSE_OPERATOR);
    return 0;
}

int cp_resume_symbol(cp_desk *desk, uint32_t symbol)
{
    if (symbol >= desk->symbol_count)
        return -EINVAL;
    cp_symbol_halt before = halt_of(desk, symbol);
    if (before == CP_SYMBOL_TRADES)
        return -EPERM;
    desk->halted &= ~(UINT64_C(1) << symbol);
    desk->flattening &= ~(UINT64_C(1) << symbol);
    desk->stops[symbol] = (cp_symbol_stop){ .since_ns = 0 };
    forget_refusals(desk);
    forget_way(desk);
    note_symbol(desk, symbol, CP_SYMBOL_TRADES, before, CP_CAUSE_OPERATOR);
    return 0;
}

int cp_kill_strategy(cp_desk *desk, uint32_t slot, bool flatten)
{
    if (slot >= CP_SLOT_COUNT || (slot == CP_OPERATOR && !flatten))
        return -EINVAL;
    bool is_empty = !desk->slots[slot].kind && !desk->slots[slot].waiting;
    if (slot != CP_OPERATOR && is_empty)
        return -ENOENT;
    if (flatten && desk->risk.state == CP_RISK_HALTED)
        return -EPERM;
    if (slot != CP_OPERATOR)
        cp_seats_set_mode(desk, slot, CP_MODE_OFF, CP_CAUSE_OPERATOR);
    cp_slot_set_kill(desk, slot, flatten ? CP_KILL_FLATTENING : CP_KILL_HALTED);
    uint32_t count = cp_desk_pull_some(desk, slot, CP_NOBODY, CP_SIDE_BOTH);
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_CANCEL, CP_INFO, CP_NOBODY, (uint16_t)slot);
    if (note)
        note->a = count;
    return 0;
}
