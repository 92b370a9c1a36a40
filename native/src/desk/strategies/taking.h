/* taking.h: what strategies that take do alike: one order at a time, with a pause after
 * each, up to a largest position. */
#ifndef CP_TAKING_H
#define CP_TAKING_H

#include "desk/strategies/decay.h"
#include "desk/strategy.h"

/* Is the strategy free to take now? */
static inline bool cp_taking_may(const cp_seat *seat, uint64_t quiet_until_ns)
{
    return !seat->taking && seat->now_ns >= quiet_until_ns;
}

/* Take up to qty at the other side's best; until when to keep quiet then. Nothing to take
 * leaves the strategy free. */
static inline void cp_taking_take(cp_seat *seat, cp_side side, int64_t qty,
                                  double cool_down_ms, uint64_t *quiet_until_ns)
{
    if (qty <= 0)
        return;
    cp_seat_take(seat, side, seat->touch->price[side == CP_BUY ? CP_SELL : CP_BUY],
                 qty < UINT32_MAX ? (uint32_t)qty : UINT32_MAX);
    *quiet_until_ns = seat->now_ns + (uint64_t)cool_down_ms * 1000000u;
}

/* An order's worth toward `side`, as far as max_position leaves room. */
static inline int64_t cp_taking_room(const cp_seat *seat, cp_side side, double order_qty,
                                     double max_position)
{
    int64_t held = side == CP_BUY ? seat->position : -seat->position;
    int64_t room = (int64_t)max_position - held;
    return (int64_t)order_qty < room ? (int64_t)order_qty : room;
}

/* All of the position, back. */
static inline void cp_taking_close(cp_seat *seat, double cool_down_ms,
                                   uint64_t *quiet_until_ns)
{
    bool is_long = seat->position > 0;
    cp_taking_take(seat, is_long ? CP_SELL : CP_BUY,
                   is_long ? seat->position : -seat->position, cool_down_ms,
                   quiet_until_ns);
}

#endif /* CP_TAKING_H */
