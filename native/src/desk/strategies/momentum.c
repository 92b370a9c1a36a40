/* momentum.c: goes with the move while a fast average runs ahead of a slow one.
 *
 * Beyond the threshold it builds a position in that direction, order by order; when the
 * averages cross back it closes all of it.
 */
#include "desk/strategies/decay.h"
#include "desk/strategy.h"

enum { FAST_MS, SLOW_MS, THRESHOLD, ORDER_QTY, MAX_POSITION, COOL_DOWN_MS, COUNT };

static const cp_parameter parameters[COUNT] = {
    [FAST_MS] = { "fast_ms", "ms", "Half-life of the fast average", 1, 3600000, 500,
                  CP_PARAMETER_FLOAT, 0 },
    [SLOW_MS] = { "slow_ms", "ms", "Half-life of the slow average", 1, 3600000, 3000,
                  CP_PARAMETER_FLOAT, 0 },
    [THRESHOLD] = { "threshold", "increments", "Lead of the fast average to open at", 0,
                    1000000, 1, CP_PARAMETER_FLOAT, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one order", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Largest position either way", 1,
                       100000000, 30, CP_PARAMETER_INTEGER, 0 },
    [COOL_DOWN_MS] = { "cool_down_ms", "ms", "Least time between two orders", 0, 3600000,
                       500, CP_PARAMETER_INTEGER, 0 },
};

typedef struct state {
    uint64_t start_ns; /* of the averages */
    uint64_t last_ns;
    uint64_t quiet_until_ns;
    double mid; /* since last_ns, increments */
    double fast, slow;
    bool started;
} state;

static bool observe(state *s, const cp_seat *seat)
{
    if (!cp_seat_has_market(seat))
        return false;
    double mid = (double)(seat->touch->price[CP_BUY] + seat->touch->price[CP_SELL]) / 2;
    if (!s->started) {
        s->start_ns = s->last_ns = seat->now_ns;
        s->mid = s->fast = s->slow = mid;
        s->started = true;
    }
    uint64_t elapsed_ns = seat->now_ns - s->last_ns;
    s->fast +=
        cp_decay_weight(elapsed_ns, seat->parameters[FAST_MS]) * (s->mid - s->fast);
    s->slow +=
        cp_decay_weight(elapsed_ns, seat->parameters[SLOW_MS]) * (s->mid - s->slow);
    s->last_ns = seat->now_ns;
    s->mid = mid;
    return true;
}

static void take(state *s, cp_seat *seat, cp_side side, int64_t qty)
{
    if (qty <= 0)
        return;
    cp_seat_take(seat, side, seat->touch->price[side == CP_BUY ? CP_SELL : CP_BUY],
                 qty < UINT32_MAX ? (uint32_t)qty : UINT32_MAX);
    s->quiet_until_ns =
        seat->now_ns + (uint64_t)seat->parameters[COOL_DOWN_MS] * 1000000u;
}

static void decide(state *s, cp_seat *seat)
{
    double lead = s->fast - s->slow;
    seat->signal = lead;
    double age_ns = (double)(seat->now_ns - s->start_ns);
    if (seat->taking || seat->now_ns < s->quiet_until_ns ||
        age_ns < seat->parameters[SLOW_MS] * 1e6)
        return;
    int64_t position = seat->position;
    int64_t qty = (int64_t)seat->parameters[ORDER_QTY];
    int64_t room =
        (int64_t)seat->parameters[MAX_POSITION] - (lead > 0 ? position : -position);
    if (position > 0 && lead < 0)
        take(s, seat, CP_SELL, position);
    else if (position < 0 && lead > 0)
        take(s, seat, CP_BUY, -position);
    else if (lead > seat->parameters[THRESHOLD])
        take(s, seat, CP_BUY, qty < room ? qty : room);
    else if (lead < -seat->parameters[THRESHOLD])
        take(s, seat, CP_SELL, qty < room ? qty : room);
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

const cp_strategy_kind cp_momentum = {
    .name = "momentum",
    .help = "Trades with the move while a fast average of the mid leads a slow one",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE,
    .state_size = sizeof(state),
    .start = start,
    .on_book = on_book,
    .on_timer = on_book,
};

static_assert(sizeof(state) <= CP_STRATEGY_STATE_SIZE, "fits its memory");
static_assert(COUNT <= CP_PARAMETER_MAX, "fits its config");
