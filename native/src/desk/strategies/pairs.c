/* pairs.c: two symbols that go together: sells the dear one, buys the cheap one.
 *
 * The hedge ratio is the slope of the first mid on the second, exponentially weighted by
 * time, O(1) a tick: beta = cov / var. What is left, first - (alpha + beta second), in its
 * own deviations is z. Beyond entry_z it trades the first symbol against it, back inside
 * exit_z it closes. The second symbol follows what is really held of the first, by the
 * ratio of when the position was opened.
 */
#include "desk/strategies/taking.h"

enum {
    HALF_LIFE_MS,
    ENTRY_Z,
    EXIT_Z,
    HEDGE_SCALE,
    ORDER_QTY,
    MAX_POSITION,
    COOL_DOWN_MS,
    COUNT
};

static const cp_parameter parameters[COUNT] = {
    [HALF_LIFE_MS] = { "half_life_ms", "ms", "How fast the regression forgets", 10,
                       86400000, 30000, CP_PARAMETER_FLOAT, 0 },
    [ENTRY_Z] = { "entry_z", "deviations", "Distance from the line to open at", 0.1, 20,
                  2, CP_PARAMETER_FLOAT, 0 },
    [EXIT_Z] = { "exit_z", "deviations", "Distance from the line to close at", 0, 20, 0.5,
                 CP_PARAMETER_FLOAT, 0 },
    [HEDGE_SCALE] = { "hedge_scale", "lots", "Lots of the second a lot and slope of 1",
                      0.000001, 1000000, 1, CP_PARAMETER_FLOAT, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one order in the first", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Largest position in the first", 1,
                       100000000, 30, CP_PARAMETER_INTEGER, 0 },
    [COOL_DOWN_MS] = { "cool_down_ms", "ms", "Least time between two orders", 0, 3600000,
                       500, CP_PARAMETER_INTEGER, 0 },
};

typedef struct state {
    uint64_t start_ns;
    uint64_t last_ns;
    uint64_t quiet_until_ns;
    double x, y; /* mids of the second and the first since last_ns */
    double mean_x, mean_y, var_x, var_y, cov;
    double held_beta; /* of the open position */
    bool started;
} state;

/* Both mids held since last_ns: the moments take them in for that long. */
static void absorb(state *s, const cp_seat *seat)
{
    double weight =
        cp_decay_weight(seat->now_ns - s->last_ns, seat->parameters[HALF_LIFE_MS]);
    double x = s->x - s->mean_x, y = s->y - s->mean_y, rest = 1.0 - weight;
    s->mean_x += weight * x;
    s->mean_y += weight * y;
    s->var_x = rest * (s->var_x + weight * x * x);
    s->var_y = rest * (s->var_y + weight * y * y);
    s->cov = rest * (s->cov + weight * x * y);
    s->last_ns = seat->now_ns;
}

static bool observe(state *s, const cp_seat *seat)
{
    if (!cp_seat_has_market(seat) || !cp_touch_is_market(seat->touch2))
        return false;
    const int64_t *first = seat->touch->price, *second = seat->touch2->price;
    double y = (double)(first[CP_BUY] + first[CP_SELL]) / 2;
    double x = (double)(second[CP_BUY] + second[CP_SELL]) / 2;
    if (!s->started) {
        s->start_ns = s->last_ns = seat->now_ns;
        s->x = s->mean_x = x;
        s->y = s->mean_y = y;
        s->started = true;
    }
    absorb(s, seat);
    s->x = x;
    s->y = y;
    return true;
}

/* False: one of them does not move, or they are one line. */
static bool z_score(const state *s, double *beta, double *z)
{
    if (s->var_x <= 1e-9)
        return false;
    *beta = s->cov / s->var_x;
    double variance = s->var_y - *beta * s->cov;
    if (variance <= 1e-9)
        return false;
    *z = (s->y - s->mean_y - *beta * (s->x - s->mean_x)) / __builtin_sqrt(variance);
    return true;
}

static void trade_first(state *s, cp_seat *seat, double z)
{
    const double *p = seat->parameters;
    double age_ns = (double)(seat->now_ns - s->start_ns);
    if (!cp_taking_may(seat, s->quiet_until_ns) || age_ns < p[HALF_LIFE_MS] * 1e6)
        return;
    if (z >= p[ENTRY_Z] || z <= -p[ENTRY_Z]) {
        cp_side side = z > 0 ? CP_SELL : CP_BUY;
        cp_taking_take(seat, side,
                       cp_taking_room(seat, side, p[ORDER_QTY], p[MAX_POSITION]),
                       p[COOL_DOWN_MS], &s->quiet_until_ns);
    } else if ((seat->position > 0 && z >= -p[EXIT_Z]) ||
               (seat->position < 0 && z <= p[EXIT_Z])) {
        cp_taking_close(seat, p[COOL_DOWN_MS], &s->quiet_until_ns);
    }
}

/* The second is what the first asks for; nothing once the first is closed. */
static void hedge(const state *s, cp_seat *seat)
{
    const double room = 1000000000.0;
    double exact = -s->held_beta * seat->parameters[HEDGE_SCALE] * (double)seat->position;
    exact = exact > -room ? exact < room ? exact : room : -room;
    int64_t missing = cp_floor(exact + 0.5) - seat->position2;
    if (missing == 0 || seat->taking2)
        return;
    const int64_t *price = seat->touch2->price;
    if (missing > 0)
        cp_seat_take2(seat, CP_BUY, price[CP_SELL], (uint32_t)missing);
    else
        cp_seat_take2(seat, CP_SELL, price[CP_BUY], (uint32_t)-missing);
}

static void on_book(void *memory, cp_seat *seat)
{
    state *s = memory;
    if (!observe(s, seat))
        return;
    double beta = 0, z = 0;
    if (z_score(s, &beta, &z)) {
        seat->signal = z;
        if (seat->position == 0 && !seat->taking)
            s->held_beta = beta;
        trade_first(s, seat, z);
    }
    hedge(s, seat);
}

static void on_fill(void *memory, cp_seat *seat, cp_side side, uint32_t qty)
{
    (void)side, (void)qty;
    if (cp_seat_has_market(seat) && cp_touch_is_market(seat->touch2))
        hedge(memory, seat);
}

static void start(void *memory, cp_seat *seat)
{
    (void)memory;
    seat->signal = 0;
}

const cp_strategy_kind cp_pairs = {
    .name = "pairs",
    .help = "Trades two symbols against each other by a rolling hedge ratio",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE,
    .two_symbols = true,
    .state_size = sizeof(state),
    .start = start,
    .on_book = on_book,
    .on_fill = on_fill,
    .on_timer = on_book,
};

static_assert(sizeof(state) <= CP_STRATEGY_STATE_SIZE, "fits its memory");
static_assert(COUNT <= CP_PARAMETER_MAX, "fits its config");
