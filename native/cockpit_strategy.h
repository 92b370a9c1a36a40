/* cockpit_strategy.h: write a strategy of your own in C.
 *
 * A strategy is a table of functions over a block of memory the desk gives it. Each call
 * shows it a seat: its market, what it holds, what it has working. It answers by leaving
 * wishes there, which the desk turns into orders, or refuses. It has no other way in or
 * out: no clock, no allocation, no files, no globals that change. `cockpit strategy new
 * NAME --c` writes one to begin with.
 *
 *     static void on_book(void *memory, cp_plugin_seat *seat, const double *parameters)
 *     { ... cp_plugin_quote(seat, CP_BUY, seat->bid[0], 10); ... }
 *
 *     CP_PLUGIN_EXPORT = { CP_PLUGIN_HEAD, .name = "mine", ..., .on_book = on_book };
 *
 * What is in a seat is said in cockpit.h, which comes along.
 */
#ifndef COCKPIT_STRATEGY_H
#define COCKPIT_STRATEGY_H

#include "cockpit.h"

/* Says which interface it was built for. */
#define CP_PLUGIN_HEAD .abi = CP_PLUGIN_ABI, .seat_size = sizeof(cp_plugin_seat)
/* The one name that is looked for in the library. */
#define CP_PLUGIN_EXPORT                                                                 \
    __attribute__((visibility("default"))) const cp_plugin cp_strategy

/* One order of this side is to rest there; what rested before is replaced. */
static inline void cp_plugin_quote(cp_plugin_seat *seat, cp_side side, int64_t price,
                                   uint32_t qty)
{
    seat->quote_asked[side] = 1;
    seat->quote_price[side] = price;
    seat->quote_qty[side] = qty;
}

/* Nothing of this side is to rest any more. */
static inline void cp_plugin_cancel(cp_plugin_seat *seat, cp_side side)
{
    cp_plugin_quote(seat, side, 0, 0);
}

/* Trade up to qty of a symbol (0 the first) now, no worse than this price. */
static inline void cp_plugin_take(cp_plugin_seat *seat, uint32_t symbol, cp_side side,
                                  int64_t price, uint32_t qty)
{
    seat->take_asked[symbol] = qty > 0;
    seat->take_side[symbol] = (uint32_t)side;
    seat->take_price[symbol] = price;
    seat->take_qty[symbol] = qty;
}

#endif /* COCKPIT_STRATEGY_H */
