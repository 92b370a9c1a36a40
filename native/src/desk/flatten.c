/* flatten.c: out of every position, in steps the market can take.
 *
 * First everything working is pulled. Then each strategy's position is closed by
 * immediate orders: no larger than what the far touch holds and the limits allow, no
 * worse than CP_FLATTEN_CROSS increments through it, one at a time; what is left is tried
 * again on the timer. A book in doubt is waited for.
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

static bool only_closing_left(const cp_desk *desk)
{
    uint32_t closing = 0;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        closing += desk->slots[i].close != CP_NONE;
    return desk->orders.working_count == closing;
}

void cp_flatten_on_timer(cp_desk *desk)
{
    if (desk->risk.state != CP_RISK_FLATTENING || !only_closing_left(desk))
        return;
    bool flat = desk->orders.working_count == 0;
    for (uint32_t slot = 0; slot < CP_STRATEGY_MAX; slot++) {
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
