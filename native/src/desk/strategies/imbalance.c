/* imbalance.c: takes toward the side where the book is thin.
 *
 * I = (bid qty - ask qty) / (bid qty + ask qty) at the best prices of others; the
 * microprice is the mid moved by I times half the spread. I is smoothed by time: each
 * value counts for as long as it stood.
 */
#include "desk/strategies/taking.h"

enum { SMOOTH_MS, ENTRY, EXIT, MAX_SPREAD, ORDER_QTY, MAX_POSITION, COOL_DOWN_MS, COUNT };

static const cp_parameter parameters[COUNT] = {
    [SMOOTH_MS] = { "smooth_ms", "ms", "Half-life of the imbalance", 1, 3600000, 100,
                    CP_PARAMETER_FLOAT, 0 },
    [ENTRY] = { "entry", "share", "Imbalance to open at", 0.01, 1, 0.6,
                CP_PARAMETER_FLOAT, 0 },
    [EXIT] = { "exit", "share", "Imbalance to close below", -1, 1, 0, CP_PARAMETER_FLOAT,
               0 },
    [MAX_SPREAD] = { "max_spread", "increments", "Widest spread to cross", 1, 100000, 2,
                     CP_PARAMETER_INTEGER, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one order", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Largest position either way", 1,
                       100000000, 30, CP_PARAMETER_INTEGER, 0 },
    [COOL_DOWN_MS] = { "cool_down_ms", "ms", "Least time between two orders", 0, 3600000,
                       500, CP_PARAMETER_INTEGER, 0 },
};

typedef struct state {
    uint64_t start_ns;
    uint64_t last_ns;
    uint64_t quiet_until_ns;
    double now; /* since last_ns */
    double smooth;
    bool started;
} state;

static bool observe(state *s, const cp_seat *seat)
{
    int64_t bid, ask;
    uint64_t bid_qty, ask_qty;
    if (!cp_seat_has_market(seat) || !cp_seat_others(seat, CP_BUY, &bid, &bid_qty) ||
        !cp_seat_others(seat, CP_SELL, &ask, &ask_qty))
        return false;
    double imbalance =
        ((double)bid_qty - (double)ask_qty) / ((double)bid_qty + (double)ask_qty);
    if (!s->started) {
        s->start_ns = s->last_ns = seat->now_ns;
        s->now = s->smooth = imbalance;
        s->started = true;
    }
    s->smooth += cp_decay_weight(seat->now_ns - s->last_ns, seat->parameters[SMOOTH_MS]) *
                 (s->now - s->smooth);
    s->last_ns = seat->now_ns;
    s->now = imbalance;
    return true;
}

static void decide(state *s, cp_seat *seat)
{
    const double *p = seat->parameters;
    seat->signal = s->smooth;
    double age_ns = (double)(seat->now_ns - s->start_ns);
    if (!cp_taking_may(seat, s->quiet_until_ns) || age_ns < p[SMOOTH_MS] * 1e6)
        return;
    int64_t spread = seat->touch->price[CP_SELL] - seat->touch->price[CP_BUY];
    bool narrow = (double)spread <= p[MAX_SPREAD];
    bool buy = s->smooth >= p[ENTRY], sell = s->smooth <= -p[ENTRY];
    if (narrow && (buy || sell)) {
        cp_side side = buy ? CP_BUY : CP_SELL;
        cp_taking_take(seat, side,
                       cp_taking_room(seat, side, p[ORDER_QTY], p[MAX_POSITION]),
                       p[COOL_DOWN_MS], &s->quiet_until_ns);
        return;
    }
    if ((seat->position > 0 && s->smooth < p[EXIT]) ||
        (seat->position < 0 && s->smooth > -p[EXIT]))
        cp_taking_close(seat, p[COOL_DOWN_MS], &s->quiet_until_ns);
}

static void start(void *memory, cp_seat *seat)
{
    (void)memory;
    seat->signal = 0;
}

static void on_book(void *memory, cp_seat *seat)
{
    state *s = memory;
    if (observe(s, seat))
        decide(s, seat);
}

const cp_strategy_kind cp_imbalance = {
    .name = "imbalance",
    .help = "Takes toward the side where the best price has least on it",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE | CP_WANTS_QTY,
    .state_size = sizeof(state),
    .start = start,
    .on_book = on_book,
    .on_timer = on_book,
};

static_assert(sizeof(state) <= CP_STRATEGY_STATE_SIZE, "fits its memory");
static_assert(COUNT <= CP_PARAMETER_MAX, "fits its config");
