/* worth.h: what the desk has made, kept as a sum while symbols change one by one.
 *
 * As in exposure.h: who changes a symbol's position or its mark says so by a bit, and what
 * is said is worked in before the sum is read.
 */
#ifndef CP_WORTH_H
#define CP_WORTH_H

#include "desk/positions.h"

typedef struct cp_worth {
    cp_i128 all; /* money: realised and not, fees taken off */
    cp_i128 symbols[CP_SYMBOL_MAX];
    uint32_t changed;  /* bit a symbol: not worked in yet */
    uint32_t unmarked; /* likewise: something is held, and there is no price for it */
} cp_worth;

static_assert(CP_SYMBOL_MAX == 32, "a bit a symbol in 32");

/* Money made in one symbol; `mark2` is twice the price to value what is held at. */
static inline cp_i128 cp_worth_of(const cp_position *position, int64_t mark2,
                                  int64_t point_value)
{
    return (cp_i128)cp_position_realised(position, point_value) +
           cp_position_unrealised(position, mark2, point_value) -
           cp_position_fees(position);
}

static inline void cp_worth_put(cp_worth *worth, uint32_t symbol,
                                const cp_position *position, int64_t mark2,
                                int64_t point_value)
{
    uint32_t bit = UINT32_C(1) << symbol;
    bool unmarked = position->qty != 0 && mark2 <= 0;
    cp_i128 now = cp_worth_of(position, mark2, point_value);
    worth->all += now - worth->symbols[symbol];
    worth->symbols[symbol] = now;
    worth->unmarked = unmarked ? worth->unmarked | bit : worth->unmarked & ~bit;
}

#endif /* CP_WORTH_H */
