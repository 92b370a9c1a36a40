/* lots.c: see lots.h. */
#include "desk/lots.h"

static void close_oldest(cp_lots *lots, int64_t price, int64_t sign, int64_t qty)
{
    cp_lot *lot = cp_lots_at(lots, 0);
    int64_t held = lot->qty * sign;
    /* Division of C rounds toward zero, whichever side they are on. */
    cp_i128 cost = qty == held ? lot->cost : lot->cost * qty / held;
    lots->realised += (cp_i128)price * qty * sign - cost;
    lot->cost -= cost;
    lot->qty -= sign * qty;
    if (lot->qty != 0)
        return;
    lots->first = (lots->first + 1) % CP_LOTS_MAX;
    lots->count--;
}

void cp_lots_add(cp_lots *lots, int64_t qty, cp_i128 cost, int64_t price)
{
    cp_lot *newest = lots->count > 0 ? cp_lots_at(lots, lots->count - 1) : NULL;
    bool is_same = newest && newest->price == price;
    bool is_full = lots->count == CP_LOTS_MAX;
    if (!is_same && !is_full) {
        *cp_lots_at(lots, lots->count++) =
            (cp_lot){ .cost = cost, .qty = qty, .price = price };
        return;
    }
    lots->merged |= !is_same;
    newest->cost += cost;
    newest->qty += qty;
}

void cp_lots_fill(cp_lots *lots, cp_side side, int64_t price, uint32_t qty)
{
    int64_t sign = side == CP_BUY ? 1 : -1;
    int64_t left = qty;
    while (left > 0 && lots->count > 0) {
        int64_t against = -cp_lots_at(lots, 0)->qty * sign;
        if (against <= 0)
            break;
        int64_t closed = against < left ? against : left;
        close_oldest(lots, price, -sign, closed);
        left -= closed;
    }
    if (left > 0)
        cp_lots_add(lots, sign * left, (cp_i128)price * left * sign, price);
}
