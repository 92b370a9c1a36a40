/* vwap.c: a parent order along an expected curve of volume.
 *
 * Its time is cut into eight parts with a weight each: the volume expected there, in any
 * unit. Inside a part volume is taken to come evenly.
 */
#include "desk/strategies/execution.h"

#define PARTS 8

enum { SLICES = CP_PARENT_COUNT, FIRST_WEIGHT, COUNT = FIRST_WEIGHT + PARTS };

#define WEIGHT(part)                                                                     \
    [FIRST_WEIGHT + (part) - 1] = { "weight_" #part,                                     \
                                    "volume",                                            \
                                    "Volume expected in part " #part " of 8",            \
                                    0,                                                   \
                                    1000000,                                             \
                                    1,                                                   \
                                    CP_PARAMETER_FLOAT,                                  \
                                    0 }

static const cp_parameter parameters[COUNT] = {
    CP_PARENT_PARAMETERS,
    [SLICES] = { "slices", "parts", "Steps of the schedule", 1, 100000, 40,
                 CP_PARAMETER_INTEGER, 0 },
    WEIGHT(1),
    WEIGHT(2),
    WEIGHT(3),
    WEIGHT(4),
    WEIGHT(5),
    WEIGHT(6),
    WEIGHT(7),
    WEIGHT(8),
};

/* Share of all volume expected in the first `elapsed` share of the time. */
static double expected(const double *weights, double elapsed)
{
    double all = 0, until = 0, parts = elapsed * PARTS;
    for (int i = 0; i < PARTS; i++) {
        double in = parts - i; /* how much of this part is over */
        all += weights[i];
        until += weights[i] * (in < 0 ? 0.0 : in < 1 ? in : 1.0);
    }
    /* No curve at all is an even one. */
    return all > 0 ? until / all : elapsed;
}

static void on_book(void *memory, cp_seat *seat)
{
    cp_parent *parent = memory;
    if (!cp_parent_begin(parent, seat))
        return;
    double slices = seat->parameters[SLICES];
    double until = cp_parent_slice(parent, seat, slices) + 1.0 / slices;
    double share = expected(&seat->parameters[FIRST_WEIGHT], until < 1.0 ? until : 1.0);
    bool over = cp_parent_elapsed(parent, seat) >= 1.0;
    cp_parent_work(parent, seat, cp_parent_lots(seat, share), over);
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

const cp_strategy_kind cp_vwap = {
    .name = "vwap",
    .help = "Works off a parent order along an expected curve of volume",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE,
    .works_parent = true,
    .state_size = sizeof(cp_parent),
    .start = start,
    .on_book = on_book,
    .on_fill = on_fill,
    .on_timer = on_book,
};

static_assert((int)COUNT <= CP_PARAMETER_MAX, "fits its config");
