/* positions.h: what is held, what was paid, what was earned; in exact integers.
 *
 * Average cost: closing a part takes that part of the cost out, rounded toward zero, and
 * the rest stays, so no fraction is ever lost. At every moment and for every mark
 *
 *     realised + (qty x mark - cost)  ==  cash flow + qty x mark
 *
 * Costs are in increments x lots and become money only when read: 128 bits hold the sum
 * of any number of fills a run can have.
 */
#ifndef CP_POSITIONS_H
#define CP_POSITIONS_H

#include "base/base.h"

typedef struct cp_position {
    cp_i128 cost;     /* increments x lots paid for what is open; negative when short */
    cp_i128 realised; /* increments x lots */
    cp_i128 fees;     /* money; negative when rebates outweigh */
    int64_t qty;      /* lots; negative when short */
    int64_t reserved;
} cp_position;

static inline int64_t cp_saturate(cp_i128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

/* Take a fill into the position; `fee` is money, of all its lots. */
void cp_position_fill(cp_position *position, cp_side side, int64_t price, uint32_t qty,
                      int64_t fee);

/* What so many lots cost by the instrument's own fees: where no venue has said. */
static inline int64_t cp_scheduled_fee(const cp_instrument *instrument, bool maker,
                                       uint32_t qty)
{
    cp_i128 fee = maker ? instrument->maker_fee : instrument->taker_fee;
    return cp_saturate(fee * (int64_t)qty);
}

static inline int64_t cp_position_realised(const cp_position *position,
                                           int64_t point_value)
{
    return cp_saturate(position->realised * point_value);
}

/* `mark2` is twice the price to value it at. */
static inline int64_t cp_position_unrealised(const cp_position *position, int64_t mark2,
                                             int64_t point_value)
{
    if (position->qty == 0 || mark2 <= 0) /* nothing to value it at */
        return 0;
    cp_i128 steps2 = (cp_i128)position->qty * mark2 - 2 * position->cost;
    return cp_saturate(steps2 * point_value / 2);
}

static inline int64_t cp_position_fees(const cp_position *position)
{
    return cp_saturate(position->fees);
}

#endif /* CP_POSITIONS_H */
