/* flow_taker.c: takes liquidity with those who take it.
 *
 * While trades come fast and most lots are begun by one side, it joins that side; after
 * hold_ms without a new order it closes.
 */
#include "desk/strategies/estimate.h"
#include "desk/strategies/taking.h"

enum {
    HALF_LIFE_MS,
    ENTRY,
    MIN_RATE,
    HOLD_MS,
    ORDER_QTY,
    MAX_POSITION,
    COOL_DOWN_MS,
    COUNT
};

static const cp_parameter parameters[COUNT] = {
    [HALF_LIFE_MS] = { "half_life_ms", "ms", "How fast trades are forgotten", 10, 3600000,
                       1000, CP_PARAMETER_FLOAT, 0 },
    [ENTRY] = { "entry", "share", "Flow to open at; 1: all lots one way", 0.01, 1, 0.7,
                CP_PARAMETER_FLOAT, 0 },
    [MIN_RATE] = { "min_rate", "trades/s", "Least trades to believe the flow", 0, 1000000,
                   5, CP_PARAMETER_FLOAT, 0 },
    [HOLD_MS] = { "hold_ms", "ms", "Time from the latest order to closing", 1, 3600000,
                  2000, CP_PARAMETER_INTEGER, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one order", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Largest position either way", 1,
                       100000000, 30, CP_PARAMETER_INTEGER, 0 },
    [COOL_DOWN_MS] = { "cool_down_ms", "ms", "Least time between two orders", 0, 3600000,
                       500, CP_PARAMETER_INTEGER, 0 },
};

typedef struct state {
    cp_estimates seen;
    uint64_t quiet_until_ns;
    uint64_t opened_ns; /* the latest order that opened */
} state;

static void decide(state *s, cp_seat *seat)
{
    const double *p = seat->parameters;
    cp_estimates_fade(&s->seen, seat->now_ns);
    double flow = cp_estimates_flow(&s->seen);
    seat->signal = flow;
    if (!cp_seat_has_market(seat) || !cp_taking_may(seat, s->quiet_until_ns) ||
        !cp_estimates_know(&s->seen))
        return;
    bool fast = cp_estimates_intensity(&s->seen) >= p[MIN_RATE];
    bool buy = flow >= p[ENTRY], sell = flow <= -p[ENTRY];
    if (fast && (buy || sell)) {
        cp_side side = buy ? CP_BUY : CP_SELL;
        int64_t qty = cp_taking_room(seat, side, p[ORDER_QTY], p[MAX_POSITION]);
        if (qty > 0)
            s->opened_ns = seat->now_ns;
        cp_taking_take(seat, side, qty, p[COOL_DOWN_MS], &s->quiet_until_ns);
        if (qty > 0)
            return;
    }
    if (seat->position != 0 &&
        seat->now_ns - s->opened_ns >= (uint64_t)p[HOLD_MS] * 1000000u)
        cp_taking_close(seat, p[COOL_DOWN_MS], &s->quiet_until_ns);
}

static void on_trade(void *memory, cp_seat *seat)
{
    state *s = memory;
    const cp_touch *touch = seat->touch;
    if (!s->seen.started)
        cp_estimates_start(&s->seen, (double)touch->last,
                           seat->parameters[HALF_LIFE_MS] * 1e-3, seat->now_ns);
    cp_estimates_trade(&s->seen, touch->last, touch->last_qty,
                       touch->last_side == CP_SELL, seat->now_ns);
    decide(s, seat);
}

static void on_timer(void *memory, cp_seat *seat)
{
    state *s = memory;
    if (s->seen.started)
        decide(s, seat);
}

static void on_book(void *memory, cp_seat *seat)
{
    (void)memory, (void)seat;
}

static void start(void *memory, cp_seat *seat)
{
    (void)memory;
    seat->signal = 0;
}

const cp_strategy_kind cp_flow_taker = {
    .name = "flow_taker",
    .help = "Takes with those who take, while most of them go one way",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_TRADE,
    .state_size = sizeof(state),
    .start = start,
    .on_book = on_book,
    .on_trade = on_trade,
    .on_timer = on_timer,
};

static_assert(sizeof(state) <= CP_STRATEGY_STATE_SIZE, "fits its memory");
static_assert(COUNT <= CP_PARAMETER_MAX, "fits its config");
