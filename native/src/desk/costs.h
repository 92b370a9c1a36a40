/* costs.h: where a profit came from, in exact integers.
 *
 * Each order keeps what the market was when it was decided on: twice the mid, and the
 * price it was worth expecting (the far touch for what crosses it, else its own). Of its
 * fills two sums are kept, by strategy and symbol, signed like the position:
 *
 *     arrival2 = sum of lots x twice the mid at the decision
 *     expected = sum of lots x the price expected
 *
 * and with what was paid (cost - realised, of positions.h) they say all of it:
 *
 *     spread     arrival2 / 2 - expected   earned by quoting, paid by taking
 *     slippage   expected - paid           prices worse, or better, than expected
 *     inventory  lots x mark - arrival2 / 2   the market moved while they were held
 *
 *     spread + slippage + inventory - fees == the change of equity
 */
#ifndef CP_COSTS_H
#define CP_COSTS_H

#include "desk/positions.h"

typedef struct cp_costs {
    cp_i128 arrival2;
    cp_i128 expected;
} cp_costs;

/* What a fill did, twice over, in increments x lots: no half is lost. */
typedef struct cp_attribution {
    cp_i128 spread2, slippage2, inventory2;
} cp_attribution;

/* An order decided on with no mid in sight (0) earns or loses only by being held. */
static inline void cp_costs_fill(cp_costs *costs, cp_side side, int64_t price,
                                 uint32_t qty, int64_t arrival2, int64_t expected)
{
    int64_t lots = side == CP_BUY ? (int64_t)qty : -(int64_t)qty;
    costs->arrival2 += (arrival2 > 0 ? (cp_i128)arrival2 : 2 * (cp_i128)price) * lots;
    costs->expected += (cp_i128)(arrival2 > 0 ? expected : price) * lots;
}

static inline cp_i128 cp_position_paid(const cp_position *position)
{
    return position->cost - position->realised;
}

/* As if all of it had been dealt at what was paid, the mid being there. */
static inline void cp_costs_begin(cp_costs *costs, const cp_position *position)
{
    costs->expected = cp_position_paid(position);
    costs->arrival2 = 2 * costs->expected;
}

/* `mark2` is twice the price to value what is held at; none (<= 0): at its cost, as
 * cp_position_unrealised() does. */
static inline cp_attribution cp_costs_read(const cp_costs *costs,
                                           const cp_position *position, int64_t mark2)
{
    cp_i128 held2 = mark2 > 0 ? (cp_i128)position->qty * mark2 : 2 * position->cost;
    return (cp_attribution){ .spread2 = costs->arrival2 - 2 * costs->expected,
                             .slippage2 =
                                 2 * (costs->expected - cp_position_paid(position)),
                             .inventory2 = held2 - costs->arrival2 };
}

/* Exact while the value of a point is an even number of money units; else each figure is
 * rounded toward zero. */
static inline int64_t cp_costs_money(cp_i128 steps2, int64_t point_value)
{
    return cp_saturate(steps2 * point_value / 2);
}

#endif /* CP_COSTS_H */
