/* mean_reversion.c: sells what has risen far above its average, buys what has fallen.
 *
 * Mean and variance of the mid are exponentially weighted by time. Their distance in
 * deviations is z: beyond entry_z it takes against the move, back inside exit_z it
 * closes.
 */
#include "desk/strategies/decay.h"
#include "desk/strategy.h"

enum { HALF_LIFE_MS, ENTRY_Z, EXIT_Z, ORDER_QTY, MAX_POSITION, COOL_DOWN_MS, COUNT };

static const cp_parameter parameters[COUNT] = {
    [HALF_LIFE_MS] = { "half_life_ms", "ms", "How fast the average forgets", 10, 3600000,
                       1000, CP_PARAMETER_FLOAT, 0 },
    [ENTRY_Z] = { "entry_z", "deviations", "Distance from the average to open at", 0.1,
                  20, 1.5, CP_PARAMETER_FLOAT, 0 },
    [EXIT_Z] = { "exit_z", "deviations", "Distance from the average to close at", 0, 20,
                 0.5, CP_PARAMETER_FLOAT, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one order", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Largest position either way", 1,
                       100000000, 50, CP_PARAMETER_INTEGER, 0 },
    [COOL_DOWN_MS] = { "cool_down_ms", "ms", "Least time between two orders", 0, 3600000,
                       500, CP_PARAMETER_INTEGER, 0 },
};

typedef struct state {
    uint64_t start_ns; /* of the averages */
    uint64_t last_ns;
    uint64_t quiet_until_ns;
    double mid; /* since last_ns, increments */
    double mean, variance;
    bool started;
} state;

/* The mid held since last_ns: the averages take it in for that long. */
static void absorb(state *s, const cp_seat *seat)
{
    double weight =
        cp_decay_weight(seat->now_ns - s->last_ns, seat->parameters[HALF_LIFE_MS]);
    double distance = s->mid - s->mean;
    s->mean += weight * distance;
    s->variance = (1.0 - weight) * (s->variance + weight * distance * distance);
    s->last_ns = seat->now_ns;
}

static bool observe(state *s, const cp_seat *seat)
{
    if (!cp_seat_has_market(seat))
        return false;
    double mid = (double)(seat->touch->price[CP_BUY] + seat->touch->price[CP_SELL]) / 2;
    if (!s->started) {
        s->start_ns = s->last_ns = seat->now_ns;
        s->mid = s->mean = mid;
        s->started = true;
    }
    absorb(s, seat);
    s->mid = mid;
    return true;
}

static double z_score(const state *s)
{
    /* Below a millionth of an increment there is no deviation to speak of. */
    return s->variance > 1e-12 ? (s->mid - s->mean) / __builtin_sqrt(s->variance) : 0.0;
}

static uint32_t least(int64_t a, int64_t b)
{
    int64_t low = a < b ? a : b;
    return low > 0 ? (uint32_t)low : 0;
}

static void take(state *s, cp_seat *seat, cp_side side, uint32_t qty)
{
    if (qty == 0)
        return;
    cp_seat_take(seat, side, seat->touch->price[side == CP_BUY ? CP_SELL : CP_BUY], qty);
    s->quiet_until_ns =
        seat->now_ns + (uint64_t)seat->parameters[COOL_DOWN_MS] * 1000000u;
}

static void decide(state *s, cp_seat *seat)
{
    double z = z_score(s);
    seat->signal = z;
    double age_ns = (double)(seat->now_ns - s->start_ns);
    if (seat->taking || seat->now_ns < s->quiet_until_ns ||
        age_ns < seat->parameters[HALF_LIFE_MS] * 1e6)
        return;
    int64_t position = seat->position;
    int64_t max = (int64_t)seat->parameters[MAX_POSITION];
    int64_t qty = (int64_t)seat->parameters[ORDER_QTY];
    double exit = seat->parameters[EXIT_Z];
    if (z >= seat->parameters[ENTRY_Z])
        take(s, seat, CP_SELL, least(qty, max + position));
    else if (z <= -seat->parameters[ENTRY_Z])
        take(s, seat, CP_BUY, least(qty, max - position));
    else if (position > 0 && z >= -exit)
        take(s, seat, CP_SELL, least(position, position));
    else if (position < 0 && z <= exit)
        take(s, seat, CP_BUY, least(-position, -position));
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

const cp_strategy_kind cp_mean_reversion = {
    .name = "mean_reversion",
    .help = "Trades against moves away from a time-weighted average of the mid",
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
