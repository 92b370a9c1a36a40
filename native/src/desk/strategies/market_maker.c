/* market_maker.c: quotes both sides about a fair price, leaning against its inventory.
 *
 * Fair is the mid, moved toward the side with less on it as far as micro_weight says
 * (the microprice), and away from the inventory as far as skew says. Quotes stand
 * half_spread from it, never at or through the other side's best.
 */
#include "desk/strategies/quoting.h"

enum { HALF_SPREAD, SKEW, MICRO_WEIGHT, ORDER_QTY, MAX_POSITION, REQUOTE, COUNT };

static const cp_parameter parameters[COUNT] = {
    [HALF_SPREAD] = { "half_spread", "increments", "From the fair price to a quote", 0.5,
                      100000, 2.5, CP_PARAMETER_FLOAT, 0 },
    [SKEW] = { "skew", "increments", "Shift of both quotes at full inventory", 0, 100000,
               2, CP_PARAMETER_FLOAT, 0 },
    [MICRO_WEIGHT] = { "micro_weight", "share", "0 the mid, 1 the microprice", 0, 1, 0.5,
                       CP_PARAMETER_FLOAT, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one quote", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Inventory at which a side stops", 1,
                       100000000, 60, CP_PARAMETER_INTEGER, 0 },
    [REQUOTE] = { "requote", "increments", "Least move of a quote worth a message", 1,
                  100000, 1, CP_PARAMETER_INTEGER, 0 },
};

/* From what others quote: about its own quotes it would run in circles. */
static bool fair_price(const cp_seat *seat, double *fair)
{
    int64_t bid, ask;
    uint64_t bid_qty, ask_qty;
    if (!cp_seat_others(seat, CP_BUY, &bid, &bid_qty) ||
        !cp_seat_others(seat, CP_SELL, &ask, &ask_qty))
        return false;
    double mid = (double)(bid + ask) / 2;
    double lean = ((double)bid_qty - (double)ask_qty) / (double)(bid_qty + ask_qty);
    double inventory = (double)seat->position / seat->parameters[MAX_POSITION];
    *fair = mid + seat->parameters[MICRO_WEIGHT] * lean * (double)(ask - bid) / 2 -
            seat->parameters[SKEW] * inventory;
    return true;
}

static void on_book(void *memory, cp_seat *seat)
{
    (void)memory;
    double fair = 0;
    bool known = cp_seat_has_market(seat);
    if (known && (seat->changing[CP_BUY] || seat->changing[CP_SELL]))
        return;
    if (!known || !fair_price(seat, &fair)) {
        cp_quoting_stop(seat);
        return;
    }
    seat->signal = fair;
    const double *p = seat->parameters;
    cp_quoting rules = { (int64_t)p[ORDER_QTY], (int64_t)p[MAX_POSITION], p[REQUOTE] };
    cp_quoting_both(&rules, seat, fair - p[HALF_SPREAD], fair + p[HALF_SPREAD]);
}

static void on_fill(void *memory, cp_seat *seat, cp_side side, uint32_t qty)
{
    (void)side, (void)qty;
    on_book(memory, seat);
}

static void start(void *memory, cp_seat *seat)
{
    (void)memory;
    seat->signal = 0;
}

const cp_strategy_kind cp_market_maker = {
    .name = "market_maker",
    .help = "Quotes both sides about a fair price, leaning against its inventory",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE | CP_WANTS_QTY,
    .state_size = 0,
    .start = start,
    .on_book = on_book,
    .on_fill = on_fill,
    .on_timer = on_book,
};

static_assert(COUNT <= CP_PARAMETER_MAX, "fits its config");
