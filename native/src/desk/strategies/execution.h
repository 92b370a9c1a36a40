/* execution.h: a parent order, worked off by a schedule.
 *
 * The schedule says how many lots should be done by now. What is missing rests at the best
 * price of its own side; when more than max_lag is missing, or the time is over, it takes.
 * Never a quote and a take at once, and a quote is taken off and put anew, not replaced:
 * a replace sets what is open whatever was filled on its way, and so could trade more
 * than the parent wants. Nothing worse than limit_price.
 *
 * The parent begins with the first market the strategy sees after it is switched on, and
 * counts from what it held then; switched off and on, it is a new parent. The signal is
 * the share that is done.
 */
#ifndef CP_EXECUTION_H
#define CP_EXECUTION_H

#include "desk/strategies/real.h"
#include "desk/strategy.h"

/* The parameters every execution algorithm begins with. */
enum {
    CP_PARENT_SIDE,
    CP_PARENT_QTY,
    CP_PARENT_DURATION_S,
    CP_PARENT_MAX_LAG,
    CP_PARENT_LIMIT_PRICE,
    CP_PARENT_ORDER_QTY,
    CP_PARENT_COUNT
};

#define CP_PARENT_PARAMETERS                                                             \
    [CP_PARENT_SIDE] = { "side", "side", "0 buys, 1 sells",    0,                        \
                         1,      0,      CP_PARAMETER_INTEGER, 0 },                      \
    [CP_PARENT_QTY] = { "quantity", "lots", "All there is to trade", 1,                  \
                        100000000,  100,    CP_PARAMETER_INTEGER,    0 },                \
    [CP_PARENT_DURATION_S] = { "duration_s",                                             \
                               "s",                                                      \
                               "Until all of it is to be done",                          \
                               0.1,                                                      \
                               86400,                                                    \
                               60,                                                       \
                               CP_PARAMETER_FLOAT,                                       \
                               0 },                                                      \
    [CP_PARENT_MAX_LAG] = { "max_lag",                                                   \
                            "lots",                                                      \
                            "Behind by more than this it takes",                         \
                            0,                                                           \
                            100000000,                                                   \
                            10,                                                          \
                            CP_PARAMETER_INTEGER,                                        \
                            0 },                                                         \
    [CP_PARENT_LIMIT_PRICE] = { "limit_price",                                           \
                                "increments",                                            \
                                "Worst price to trade at; 0: any",                       \
                                0,                                                       \
                                4294967294.0,                                            \
                                0,                                                       \
                                CP_PARAMETER_INTEGER,                                    \
                                0 },                                                     \
    [CP_PARENT_ORDER_QTY] = { "order_qty", "lots", "Largest single order", 1,            \
                              1000000,     20,     CP_PARAMETER_INTEGER,   0 }

typedef struct cp_parent {
    uint64_t start_ns;
    int64_t base; /* position when it began */
    bool started;
} cp_parent;

static inline cp_side cp_parent_side(const cp_seat *seat)
{
    return seat->parameters[CP_PARENT_SIDE] > 0 ? CP_SELL : CP_BUY;
}

static inline int64_t cp_parent_done(const cp_parent *parent, const cp_seat *seat)
{
    int64_t more = seat->position - parent->base;
    return cp_parent_side(seat) == CP_BUY ? more : -more;
}

/* Share of its time that is over, 0 .. 1. */
static inline double cp_parent_elapsed(const cp_parent *parent, const cp_seat *seat)
{
    double elapsed = (double)(seat->now_ns - parent->start_ns) /
                     (seat->parameters[CP_PARENT_DURATION_S] * 1e9);
    return elapsed < 1.0 ? elapsed : 1.0;
}

/* Share of its time at the beginning of the slice it is in, of so many: schedules step,
 * so that a quote may wait in its queue for as long as a slice. */
static inline double cp_parent_slice(const cp_parent *parent, const cp_seat *seat,
                                     double slices)
{
    double elapsed = cp_parent_elapsed(parent, seat);
    return (double)cp_floor(elapsed * slices) / slices;
}

/* Whole lots of a share of the parent, to the nearest. */
static inline int64_t cp_parent_lots(const cp_seat *seat, double share)
{
    return cp_floor(share * seat->parameters[CP_PARENT_QTY] + 0.5);
}

/* True when there is a parent at work in a market. */
static inline bool cp_parent_begin(cp_parent *parent, cp_seat *seat)
{
    if (!parent->started) {
        if (!cp_seat_has_market(seat))
            return false;
        *parent = (cp_parent){ seat->now_ns, seat->position, true };
    }
    return true;
}

static inline bool cp_parent_allows(const cp_seat *seat, cp_side side, int64_t price)
{
    double limit = seat->parameters[CP_PARENT_LIMIT_PRICE];
    return limit == 0 ||
           (side == CP_BUY ? (double)price <= limit : (double)price >= limit);
}

static inline bool cp_parent_is_quoting(const cp_seat *seat, cp_side side)
{
    return seat->working_price[side] != CP_PRICE_NONE || seat->changing[side];
}

/* Take off what rests; false while something does, or did until now. */
static inline bool cp_parent_clear(cp_seat *seat, cp_side side)
{
    if (!cp_parent_is_quoting(seat, side))
        return true;
    if (seat->working_price[side] != CP_PRICE_NONE)
        cp_seat_cancel(seat, side);
    return false;
}

static inline void cp_parent_take(cp_seat *seat, cp_side side, int64_t qty)
{
    int64_t price = seat->touch->price[side == CP_BUY ? CP_SELL : CP_BUY];
    if (cp_parent_allows(seat, side, price) && cp_parent_clear(seat, side))
        cp_seat_take(seat, side, price, (uint32_t)qty);
}

static inline void cp_parent_rest(cp_seat *seat, cp_side side, int64_t qty)
{
    int64_t price = seat->touch->price[side];
    if (seat->changing[side])
        return;
    if (!cp_parent_allows(seat, side, price)) {
        cp_parent_clear(seat, side);
        return;
    }
    bool same = seat->working_price[side] == price && seat->working_qty[side] == qty;
    if (!same && cp_parent_clear(seat, side))
        cp_seat_quote(seat, side, price, (uint32_t)qty);
}

/* Act on `due`, lots that should be done by now. `over`: there is no more time. */
static inline void cp_parent_work(const cp_parent *parent, cp_seat *seat, int64_t due,
                                  bool over)
{
    cp_side side = cp_parent_side(seat);
    int64_t all = (int64_t)seat->parameters[CP_PARENT_QTY];
    int64_t done = cp_parent_done(parent, seat);
    int64_t behind = (due < all ? due : all) - done;
    int64_t max_lag = over ? 0 : (int64_t)seat->parameters[CP_PARENT_MAX_LAG];
    int64_t most = (int64_t)seat->parameters[CP_PARENT_ORDER_QTY];
    int64_t qty = behind < most ? behind : most;
    seat->signal = (double)done / (double)all;
    if (seat->taking)
        return;
    if (!cp_seat_has_market(seat) || behind <= 0)
        cp_parent_clear(seat, side);
    else if (behind > max_lag)
        cp_parent_take(seat, side, qty);
    else
        cp_parent_rest(seat, side, qty);
}

#endif /* CP_EXECUTION_H */
