/* positions.c: see positions.h. */
#include "desk/positions.h"

/* A part of the cost. In 64 bits, as nearly always, that is a tenth of the work. */
static cp_i128 part_of(cp_i128 cost, int64_t qty, int64_t held)
{
    int64_t product;
    if (CP_LIKELY((int64_t)cost == cost &&
                  !__builtin_mul_overflow((int64_t)cost, qty, &product)))
        return product / held;
    return cost * qty / held;
}

static void close_part(cp_position *position, int64_t price, uint32_t qty)
{
    int64_t held = position->qty < 0 ? -position->qty : position->qty;
    int64_t sign = position->qty < 0 ? -1 : 1;
    CP_ASSERT((int64_t)qty <= held);
    /* Division of C rounds toward zero, whichever side the position is on. */
    cp_i128 cost =
        (int64_t)qty == held ? position->cost : part_of(position->cost, qty, held);
    position->realised += (cp_i128)price * (int64_t)qty * sign - cost;
    position->cost -= cost;
    position->qty -= sign * (int64_t)qty;
}

void cp_position_fill(cp_position *position, cp_side side, int64_t price, uint32_t qty,
                      int64_t fee)
{
    int64_t sign = side == CP_BUY ? 1 : -1;
    int64_t against = position->qty * sign < 0 ? position->qty * -sign : 0;
    uint32_t closed = against < (int64_t)qty ? (uint32_t)against : qty;
    if (closed > 0)
        close_part(position, price, closed);
    uint32_t opened = qty - closed;
    position->cost += (cp_i128)price * (int64_t)opened * sign;
    position->qty += sign * (int64_t)opened;
    position->fees += fee;
}
