/* pov.c: a parent order as a share of what the market trades.
 *
 * Of every lot traded since it began, its own included, `participation` is to be its own.
 * When its time is over the rest stays undone: the volume was not there.
 */
#include "desk/strategies/execution.h"

enum { PARTICIPATION = CP_PARENT_COUNT, CHILD_QTY, COUNT };

static const cp_parameter parameters[COUNT] = {
    CP_PARENT_PARAMETERS,
    [PARTICIPATION] = { "participation", "share", "Of all volume, its own included",
                        0.0001, 1, 0.1, CP_PARAMETER_FLOAT, 0 },
    [CHILD_QTY] = { "child_qty", "lots", "Steps of the schedule", 1, 1000000, 5,
                    CP_PARAMETER_INTEGER, 0 },
};

typedef struct state {
    cp_parent parent;
    uint64_t volume; /* lots since it began */
} state;

static void on_book(void *memory, cp_seat *seat)
{
    state *s = memory;
    if (!cp_parent_begin(&s->parent, seat))
        return;
    int64_t child = (int64_t)seat->parameters[CHILD_QTY];
    int64_t all = (int64_t)seat->parameters[CP_PARENT_QTY];
    int64_t due = cp_floor((double)s->volume * seat->parameters[PARTICIPATION]);
    due = due < all ? due / child * child : all;
    if (cp_parent_elapsed(&s->parent, seat) >= 1.0)
        due = 0;
    cp_parent_work(&s->parent, seat, due, false);
}

static void on_trade(void *memory, cp_seat *seat)
{
    state *s = memory;
    if (!s->parent.started)
        return;
    s->volume += seat->touch->last_qty;
    on_book(memory, seat);
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

const cp_strategy_kind cp_pov = {
    .name = "pov",
    .help = "Works off a parent order as a share of what the market trades",
    .parameters = parameters,
    .parameter_count = COUNT,
    .wants = CP_WANTS_PRICE | CP_WANTS_TRADE,
    .works_parent = true,
    .state_size = sizeof(state),
    .start = start,
    .on_book = on_book,
    .on_trade = on_trade,
    .on_fill = on_fill,
    .on_timer = on_book,
};

static_assert((int)COUNT <= CP_PARAMETER_MAX, "fits its config");
