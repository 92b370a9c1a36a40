/* glft.c: market making without a horizon, after Guéant, Lehalle and Fernandez-Tapia.
 *
 * Variance of the mid and the arrivals' A and k are learnt as it goes, or given. Inventory
 * counts in orders and is bounded: at max_position the side that adds to it stops.
 */
#include "desk/strategies/glft.h"
#include "desk/strategies/learning.h"

enum { GAMMA, SIGMA, A, K, HALF_LIFE_S, ORDER_QTY, MAX_POSITION, REQUOTE, COUNT };

static const cp_parameter parameters[COUNT] = {
    [GAMMA] = { "gamma", "per increment", "Aversion to risk", 0.000001, 10, 0.01,
                CP_PARAMETER_FLOAT, 0 },
    [SIGMA] = { "sigma", "increments/root-s", "Volatility of the mid; 0: learnt", 0,
                10000, 0, CP_PARAMETER_FLOAT, 0 },
    [A] = { "a", "arrivals/s", "Arrivals a side that reach the mid; 0: learnt", 0,
            1000000, 0, CP_PARAMETER_FLOAT, 0 },
    [K] = { "k", "per increment", "Decay of arrivals with distance; 0: learnt", 0, 10, 0,
            CP_PARAMETER_FLOAT, 0 },
    [HALF_LIFE_S] = { "half_life_s", "s", "How fast what was learnt is forgotten", 0.1,
                      86400, 30, CP_PARAMETER_FLOAT, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one quote", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Inventory at which a side stops", 1,
                       100000000, 60, CP_PARAMETER_INTEGER, 0 },
    [REQUOTE] = { "requote", "increments", "Least move of a quote worth a message", 1,
                  100000, 1, CP_PARAMETER_INTEGER, 0 },
};

typedef struct state {
    cp_estimates seen;
    cp_glft constants;
    bool ready;
} state;

static void renew(state *s, const cp_seat *seat)
{
    const double *p = seat->parameters;
    double variance =
        p[SIGMA] > 0 ? p[SIGMA] * p[SIGMA] : cp_estimates_variance(&s->seen);
    double k = p[K] > 0 ? p[K] : cp_estimates_k(&s->seen);
    double a = p[A] > 0 ? p[A] : cp_estimates_a(&s->seen, k);
    bool given = p[SIGMA] > 0 && p[A] > 0 && p[K] > 0;
    /* Where nobody ever comes no distance is right. */
    s->ready = a > 0 && (given || cp_estimates_know(&s->seen));
    if (s->ready)
        s->constants = cp_glft_constants(p[GAMMA], variance, a, k);
}

static void quote(const state *s, cp_seat *seat, double mid)
{
    const double *p = seat->parameters;
    double inventory = (double)seat->position / p[ORDER_QTY];
    cp_quote_pair pair = cp_glft_quotes(mid, inventory, &s->constants);
    seat->signal = (pair.bid + pair.ask) / 2;
    cp_quoting rules = { (int64_t)p[ORDER_QTY], (int64_t)p[MAX_POSITION], p[REQUOTE] };
    cp_quoting_both(&rules, seat, pair.bid, pair.ask);
}

static void act(state *s, cp_seat *seat, bool pause)
{
    double mid = 0;
    if (!cp_learn(&s->seen, seat, seat->parameters[HALF_LIFE_S], pause, &mid))
        return;
    if (pause || !s->ready)
        renew(s, seat);
    if (s->ready)
        quote(s, seat, mid);
}

static void on_book(void *memory, cp_seat *seat)
{
    act(memory, seat, false);
}

static void on_timer(void *memory, cp_seat *seat)
{
    act(memory, seat, true);
}

static void on_trade(void *memory, cp_seat *seat)
{
    state *s = memory;
    cp_learn_trade(&s->seen, seat);
}

static void on_fill(void *memory, cp_seat *seat, cp_side side, uint32_t qty)
{
    (void)side, (void)qty;
    act(memory, seat, false);
}

static void start(void *memory, cp_seat *seat)
{
    (void)memory;
    seat->signal = 0;
}

const cp_strategy_kind cp_glft_maker = {
    .name = "glft",
    .help = "Market making without a horizon, after Gueant, Lehalle, Fernandez-Tapia",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE | CP_WANTS_TRADE,
    .state_size = sizeof(state),
    .start = start,
    .on_book = on_book,
    .on_trade = on_trade,
    .on_fill = on_fill,
    .on_timer = on_timer,
};

static_assert(sizeof(state) <= CP_STRATEGY_STATE_SIZE, "fits its memory");
static_assert(COUNT <= CP_PARAMETER_MAX, "fits its config");
