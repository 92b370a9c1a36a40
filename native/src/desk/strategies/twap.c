/* twap.c: a parent order in equal parts over its time. */
#include "desk/strategies/execution.h"

enum { SLICES = CP_PARENT_COUNT, COUNT };

static const cp_parameter parameters[COUNT] = {
    CP_PARENT_PARAMETERS,
    [SLICES] = { "slices", "parts", "Steps of the schedule", 1, 100000, 20,
                 CP_PARAMETER_INTEGER, 0 },
};

static void on_book(void *memory, cp_seat *seat)
{
    cp_parent *parent = memory;
    if (!cp_parent_begin(parent, seat))
        return;
    /* The first part is due at once, the last when its slice begins. */
    double slices = seat->parameters[SLICES];
    double share = cp_parent_slice(parent, seat, slices) + 1.0 / slices;
    bool over = cp_parent_elapsed(parent, seat) >= 1.0;
    cp_parent_work(parent, seat, cp_parent_lots(seat, share < 1.0 ? share : 1.0), over);
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

const cp_strategy_kind cp_twap = {
    .name = "twap",
    .help = "Works off a parent order in equal parts over its time",
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
