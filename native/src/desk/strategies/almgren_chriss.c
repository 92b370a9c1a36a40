/* almgren_chriss.c: a parent order by the trajectory of Almgren and Chriss (2000).
 *
 * Fast against the risk of waiting, slow against the cost of haste: the more volatile the
 * price and the averser to risk, the more of it at the beginning. Impact is as they have
 * it: `temporary` for the rate of trading, `permanent` for all that was traded.
 */
#include "desk/strategies/almgren_chriss.h"
#include "desk/strategies/execution.h"

enum { SLICES = CP_PARENT_COUNT, AVERSION, SIGMA, TEMPORARY, PERMANENT, COUNT };

static const cp_parameter parameters[COUNT] = {
    CP_PARENT_PARAMETERS,
    [SLICES] = { "slices", "parts", "Trades of the trajectory", 1, 100000, 20,
                 CP_PARAMETER_INTEGER, 0 },
    [AVERSION] = { "aversion", "1/(increment lot)", "Aversion to risk", 0, 1000, 0.0001,
                   CP_PARAMETER_FLOAT, 0 },
    [SIGMA] = { "sigma", "increments/root-s", "Volatility of the price", 0, 100000, 3,
                CP_PARAMETER_FLOAT, 0 },
    [TEMPORARY] = { "temporary", "increments/(lot/s)", "Cost of the rate of trading",
                    0.000000000001, 1000000, 0.1, CP_PARAMETER_FLOAT, 0 },
    [PERMANENT] = { "permanent", "increments/lot", "What a lot moves the price for good",
                    0, 1000000, 0, CP_PARAMETER_FLOAT, 0 },
};

typedef struct state {
    cp_parent parent;
    double slice; /* share of the time that `due` is of, or -1 */
    int64_t due;
} state;

static void schedule(state *s, const cp_seat *seat, double slice)
{
    const double *p = seat->parameters;
    cp_ac_model model = {
        p[AVERSION], p[SIGMA], p[TEMPORARY], p[PERMANENT], p[CP_PARENT_DURATION_S],
        p[SLICES]
    };
    /* The trade of a slice is due when it begins. */
    double until = slice + 1.0 / p[SLICES];
    until = until < 1.0 ? until : 1.0;
    double left = cp_ac_left(cp_ac_kappa(&model), model.duration, until * model.duration);
    s->due = cp_parent_lots(seat, 1.0 - left);
    s->slice = slice;
}

static void on_book(void *memory, cp_seat *seat)
{
    state *s = memory;
    bool first = !s->parent.started;
    if (!cp_parent_begin(&s->parent, seat))
        return;
    double slice = cp_parent_slice(&s->parent, seat, seat->parameters[SLICES]);
    if (first || slice != s->slice)
        schedule(s, seat, slice);
    bool over = cp_parent_elapsed(&s->parent, seat) >= 1.0;
    cp_parent_work(&s->parent, seat, s->due, over);
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

const cp_strategy_kind cp_almgren_chriss = {
    .name = "almgren_chriss",
    .help = "Works off a parent order by the trajectory of Almgren and Chriss (2000)",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE,
    .works_parent = true,
    .state_size = sizeof(state),
    .start = start,
    .on_book = on_book,
    .on_fill = on_fill,
    .on_timer = on_book,
};

static_assert((int)COUNT <= CP_PARAMETER_MAX, "fits its config");
