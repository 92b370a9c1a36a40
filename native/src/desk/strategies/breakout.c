/* breakout.c: goes with a price that leaves the range it has kept to.
 *
 * The range is the highest and lowest mid of the last window, kept in sixteen parts so
 * that forgetting is O(1) a tick: it reaches back between 15 and 16 parts of the window.
 * Beyond it by the threshold it opens; back at the middle of the range it closes.
 */
#include "desk/strategies/taking.h"

enum { WINDOW_MS, THRESHOLD, ORDER_QTY, MAX_POSITION, COOL_DOWN_MS, COUNT };

static const cp_parameter parameters[COUNT] = {
    [WINDOW_MS] = { "window_ms", "ms", "How far back the range reaches", 16, 86400000,
                    30000, CP_PARAMETER_INTEGER, 0 },
    [THRESHOLD] = { "threshold", "increments", "Distance beyond the range to open at", 0,
                    1000000, 1, CP_PARAMETER_FLOAT, 0 },
    [ORDER_QTY] = { "order_qty", "lots", "Size of one order", 1, 1000000, 10,
                    CP_PARAMETER_INTEGER, 0 },
    [MAX_POSITION] = { "max_position", "lots", "Largest position either way", 1,
                       100000000, 30, CP_PARAMETER_INTEGER, 0 },
    [COOL_DOWN_MS] = { "cool_down_ms", "ms", "Least time between two orders", 0, 3600000,
                       1000, CP_PARAMETER_INTEGER, 0 },
};

#define PARTS 16

typedef struct state {
    uint64_t start_ns;
    uint64_t length_ns; /* of a part */
    uint64_t part;      /* number of the current part, from 0 at start_ns */
    uint64_t quiet_until_ns;
    int64_t mid2;                          /* since the last call, half increments */
    int64_t highest[PARTS], lowest[PARTS]; /* of each part, by number modulo PARTS */
    int64_t high, low;                     /* of all of them */
    bool started;
} state;

static void sum_up(state *s)
{
    s->high = s->highest[0];
    s->low = s->lowest[0];
    for (int i = 1; i < PARTS; i++) {
        s->high = s->highest[i] > s->high ? s->highest[i] : s->high;
        s->low = s->lowest[i] < s->low ? s->lowest[i] : s->low;
    }
}

/* The mid that held goes into every part begun since; the oldest parts are forgotten. */
static void advance(state *s, const cp_seat *seat)
{
    uint64_t part = (seat->now_ns - s->start_ns) / s->length_ns;
    if (part <= s->part)
        return;
    uint64_t first = part - s->part >= PARTS ? part - PARTS + 1 : s->part + 1;
    for (uint64_t i = first; i <= part; i++)
        s->highest[i % PARTS] = s->lowest[i % PARTS] = s->mid2;
    s->part = part;
    sum_up(s);
}

static void include(state *s, int64_t mid2)
{
    uint64_t i = s->part % PARTS;
    s->highest[i] = mid2 > s->highest[i] ? mid2 : s->highest[i];
    s->lowest[i] = mid2 < s->lowest[i] ? mid2 : s->lowest[i];
    s->high = mid2 > s->high ? mid2 : s->high;
    s->low = mid2 < s->low ? mid2 : s->low;
    s->mid2 = mid2;
}

static void begin(state *s, const cp_seat *seat, uint64_t length_ns, int64_t mid2)
{
    s->start_ns = seat->now_ns;
    s->length_ns = length_ns;
    s->part = 0;
    s->mid2 = s->high = s->low = mid2;
    for (int i = 0; i < PARTS; i++)
        s->highest[i] = s->lowest[i] = mid2;
    s->started = true;
}

/* Against the range as it was before this mid. */
static void decide(state *s, cp_seat *seat, int64_t mid2)
{
    const double *p = seat->parameters;
    double above = (double)(mid2 - s->high) / 2, below = (double)(s->low - mid2) / 2;
    seat->signal = above > 0 ? above : below > 0 ? -below : 0.0;
    double age_ns = (double)(seat->now_ns - s->start_ns);
    if (!cp_taking_may(seat, s->quiet_until_ns) || age_ns < p[WINDOW_MS] * 1e6)
        return;
    bool up = above > 0 && above >= p[THRESHOLD];
    bool down = below > 0 && below >= p[THRESHOLD];
    int64_t middle4 = s->high + s->low; /* four times the price */
    if (up || down) {
        cp_side side = up ? CP_BUY : CP_SELL;
        cp_taking_take(seat, side,
                       cp_taking_room(seat, side, p[ORDER_QTY], p[MAX_POSITION]),
                       p[COOL_DOWN_MS], &s->quiet_until_ns);
    } else if ((seat->position > 0 && 2 * mid2 <= middle4) ||
               (seat->position < 0 && 2 * mid2 >= middle4)) {
        cp_taking_close(seat, p[COOL_DOWN_MS], &s->quiet_until_ns);
    }
}

static void on_book(void *memory, cp_seat *seat)
{
    state *s = memory;
    if (!cp_seat_has_market(seat))
        return;
    int64_t mid2 = seat->touch->price[CP_BUY] + seat->touch->price[CP_SELL];
    uint64_t length_ns = (uint64_t)(seat->parameters[WINDOW_MS] * 1e6) / PARTS;
    if (!s->started || length_ns != s->length_ns) /* another window: another range */
        begin(s, seat, length_ns, mid2);
    advance(s, seat);
    decide(s, seat, mid2);
    include(s, mid2);
}

static void start(void *memory, cp_seat *seat)
{
    (void)memory;
    seat->signal = 0;
}

const cp_strategy_kind cp_breakout = {
    .name = "breakout",
    .help = "Trades with a price that leaves the range it has kept to",
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
