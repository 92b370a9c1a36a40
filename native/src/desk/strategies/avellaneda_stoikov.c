/* avellaneda_stoikov.c: market making with a horizon, after Avellaneda and Stoikov (2008).
 *
 * Variance of the mid and the decay k of arrivals are learnt as it goes, or given. Time is
 * cut into horizons, one after the other: inventory weighs most at the beginning of each.
 * Inventory counts in orders, so gamma means the same whatever the size of one.
 */
#include "desk/strategies/avellaneda_stoikov.h"
#include "desk/strategies/learning.h"

enum { GAMMA, HORIZON_S, SIGMA, K, HALF_LIFE_S, ORDER_QTY, MAX_POSITION, REQUOTE, COUNT };

static const cp_parameter parameters[COUNT] = {
    [GAMMA] = { "gamma", "per increment", "Aversion to risk", 0.000001, 10, 0.01,
                CP_PARAMETER_FLOAT, 0 },
    [HORIZON_S] = { "horizon_s", "s", "Until inventory should be gone", 0.01, 86400, 60,
                    CP_PARAMETER_FLOAT, 0 },
    [SIGMA] = { "sigma", "increments/root-s", "Volatility of the mid; 0: learnt", 0,
                10000, 0, CP_PARAMETER_FLOAT, 0 },
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
    uint64_t start_ns;
    double risk_s;  /* gamma sigma^2 */
    double premium; /* increments */
    bool ready;
} state;

static void renew(state *s, const cp_seat *seat)
{
    const double *p = seat->parameters;
    double variance =
        p[SIGMA] > 0 ? p[SIGMA] * p[SIGMA] : cp_estimates_variance(&s->seen);
    double k = p[K] > 0 ? p[K] : cp_estimates_k(&s->seen);
    s->risk_s = p[GAMMA] * variance;
    s->premium = cp_as_premium(p[GAMMA], k);
    s->ready = (p[SIGMA] > 0 && p[K] > 0) || cp_estimates_know(&s->seen);
}

static void quote(const state *s, cp_seat *seat, double mid)
{
    const double *p = seat->parameters;
    uint64_t horizon_ns = (uint64_t)(p[HORIZON_S] * 1e9);
    uint64_t gone_ns = (seat->now_ns - s->start_ns) % horizon_ns;
    double remaining_s = (double)(horizon_ns - gone_ns) * 1e-9;
    double inventory = (double)seat->position / p[ORDER_QTY];
    cp_quote_pair pair =
        cp_as_quotes(mid, inventory, s->risk_s * remaining_s, s->premium);
    seat->signal = (pair.bid + pair.ask) / 2;
    cp_quoting rules = { (int64_t)p[ORDER_QTY], (int64_t)p[MAX_POSITION], p[REQUOTE] };
    cp_quoting_both(&rules, seat, pair.bid, pair.ask);
}

static void act(state *s, cp_seat *seat, bool pause)
{
    double mid = 0;
    if (!s->seen.started)
        s->start_ns = seat->now_ns;
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

const cp_strategy_kind cp_avellaneda_stoikov = {
    .name = "avellaneda",
    .help = "Market making with a horizon, after Avellaneda and Stoikov (2008)",
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
