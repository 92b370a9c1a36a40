/* strategy_pipe.c: strategies and their formulas for a driver that checks them.
 *
 *     tape KIND PARAMETER...     events in, decisions out
 *     avellaneda, glft           arguments of the quotes in, quotes out
 *     trajectory                 of Almgren and Chriss: models in, kappa and what is left out
 *     functions                  x in, exp x, log x, sinh |x|, acosh(1 + |x|) out
 *
 * Everything on stdin and stdout is 8 bytes wide: int64_t or double. The market of a tape
 * is as simple as can be, so that a reference can do the same: takes fill at once and
 * whole at their price, quotes stand at once, and a trade on their side at their price or
 * a worse one for the taker fills up to its quantity.
 */
#include "desk/strategies/almgren_chriss.h"
#include "desk/strategies/glft.h"
#include "desk/strategy.h"
#include "test.h"

enum { EVENT_BOOK = 1, EVENT_TRADE = 2, EVENT_TIMER = 3, CALL_FILL = 4 };

#define DECISIONS_DEEP 8 /* fills that cause fills: more is a strategy run wild */

typedef struct event {
    int64_t kind;
    int64_t now_ns;
    int64_t price[2], qty[2];
    int64_t price2[2];
    int64_t last, last_qty, last_side;
    int64_t stale;
} event;

typedef struct decision {
    int64_t event;               /* index of the event */
    int64_t call;                /* EVENT_* or CALL_FILL */
    int64_t position, position2; /* before it */
    int64_t quotes[2][3];        /* asked, price, qty */
    int64_t takes[2][4];         /* asked, side, price, qty; of the first and second */
    double signal;
} decision;

typedef struct stage {
    const cp_strategy_kind *kind;
    cp_touch touch, touch2;
    cp_seat seat;
    double parameters[CP_PARAMETER_MAX];
    int64_t event;
    alignas(CP_LINE) uint8_t state[CP_STRATEGY_STATE_SIZE];
} stage;

static bool read_all(void *to, size_t size)
{
    return fread(to, size, 1, stdin) == 1;
}

static void write_all(const void *from, size_t size)
{
    CHECK(fwrite(from, size, 1, stdout) == 1);
}

/* ---- a tape ---- */

static void open_stage(stage *s, int count, char **arguments)
{
    for (uint32_t i = 0; (s->kind = cp_strategy_kind_at(i)) != NULL; i++)
        if (strcmp(s->kind->name, arguments[0]) == 0)
            break;
    CHECK(s->kind != NULL);
    CHECK_EQ(s->kind->parameter_count, count - 1);
    for (int i = 1; i < count; i++)
        s->parameters[i - 1] = strtod(arguments[i], NULL);
    CHECK_EQ(0, cp_strategy_check_parameters(s->kind, s->parameters));
    for (int side = CP_BUY; side <= CP_SELL; side++)
        s->touch.price[side] = s->touch2.price[side] = CP_PRICE_NONE;
    s->seat = (cp_seat){ .touch = &s->touch,
                         .touch2 = s->kind->two_symbols ? &s->touch2 : NULL,
                         .parameters = s->parameters,
                         .working_price = { CP_PRICE_NONE, CP_PRICE_NONE } };
    s->kind->start(s->state, &s->seat);
}

static void record(const stage *s, int64_t call, int64_t position, int64_t position2)
{
    const cp_seat *seat = &s->seat;
    decision d = {
        s->event, call, position, position2, { { 0 } }, { { 0 } }, seat->signal
    };
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        const cp_wish *quote = &seat->quotes[side];
        if (!quote->asked)
            continue;
        d.quotes[side][0] = 1;
        d.quotes[side][1] = quote->qty ? quote->price : 0;
        d.quotes[side][2] = quote->qty;
    }
    const cp_wish *takes[] = { &seat->take, &seat->take2 };
    for (int i = 0; i < 2; i++) {
        if (!takes[i]->asked)
            continue;
        d.takes[i][0] = 1;
        d.takes[i][1] = takes[i]->side;
        d.takes[i][2] = takes[i]->price;
        d.takes[i][3] = takes[i]->qty;
    }
    write_all(&d, sizeof(d));
}

static void settle(stage *s, int64_t call, int64_t position, int64_t position2, int deep);

static void fill(stage *s, cp_side side, uint32_t qty, bool second, int deep)
{
    CHECK(deep < DECISIONS_DEEP);
    int64_t signed_qty = side == CP_BUY ? (int64_t)qty : -(int64_t)qty;
    *(second ? &s->seat.position2 : &s->seat.position) += signed_qty;
    if (!s->kind->on_fill)
        return;
    s->kind->on_fill(s->state, &s->seat, side, qty);
    settle(s, CALL_FILL, s->seat.position, s->seat.position2, deep + 1);
}

/* Write down what the strategy asked for, and let it happen. */
static void settle(stage *s, int64_t call, int64_t position, int64_t position2, int deep)
{
    cp_seat *seat = &s->seat;
    record(s, call, position, position2);
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        cp_wish *quote = &seat->quotes[side];
        if (!quote->asked)
            continue;
        quote->asked = false;
        seat->working_price[side] = quote->qty ? quote->price : CP_PRICE_NONE;
        seat->working_qty[side] = quote->qty;
    }
    cp_wish first = seat->take, second = seat->take2;
    seat->take.asked = seat->take2.asked = false;
    if (first.asked)
        fill(s, (cp_side)first.side, first.qty, false, deep);
    if (second.asked)
        fill(s, (cp_side)second.side, second.qty, true, deep);
}

static void call(stage *s, int64_t which, void (*callback)(void *, cp_seat *))
{
    if (!callback)
        return;
    int64_t position = s->seat.position, position2 = s->seat.position2;
    callback(s->state, &s->seat);
    settle(s, which, position, position2, 0);
}

static void on_book(stage *s, const event *e)
{
    uint32_t changed = 0;
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        if (s->touch.price[side] != e->price[side] ||
            (s->kind->two_symbols && s->touch2.price[side] != e->price2[side]))
            changed |= CP_WANTS_PRICE | CP_WANTS_QTY;
        if (s->touch.qty[side] != (uint64_t)e->qty[side])
            changed |= CP_WANTS_QTY;
        s->touch.price[side] = e->price[side];
        s->touch.qty[side] = (uint64_t)e->qty[side];
        s->touch2.price[side] = e->price2[side];
    }
    s->touch.stale = e->stale != 0;
    if (changed & s->kind->wants)
        call(s, EVENT_BOOK, s->kind->on_book);
}

static void on_trade(stage *s, const event *e)
{
    cp_seat *seat = &s->seat;
    cp_side side = e->last_side == CP_SELL ? CP_SELL : CP_BUY;
    s->touch.last = e->last;
    s->touch.last_qty = (uint32_t)e->last_qty;
    s->touch.last_side = (uint8_t)side;
    if (s->kind->wants & CP_WANTS_TRADE)
        call(s, EVENT_TRADE, s->kind->on_trade);
    int64_t ours = seat->working_price[side];
    if (ours == CP_PRICE_NONE || (side == CP_BUY ? ours < e->last : ours > e->last))
        return;
    uint32_t qty = seat->working_qty[side];
    qty = qty < (uint32_t)e->last_qty ? qty : (uint32_t)e->last_qty;
    seat->working_qty[side] -= qty;
    if (seat->working_qty[side] == 0)
        seat->working_price[side] = CP_PRICE_NONE;
    if (qty > 0)
        fill(s, side, qty, false, 0);
}

static void play_tape(int count, char **arguments)
{
    static stage s;
    open_stage(&s, count, arguments);
    event e;
    for (; read_all(&e, sizeof(e)); s.event++) {
        s.seat.now_ns = (uint64_t)e.now_ns;
        if (e.kind == EVENT_BOOK)
            on_book(&s, &e);
        else if (e.kind == EVENT_TRADE)
            on_trade(&s, &e);
        else
            call(&s, EVENT_TIMER, s.kind->on_timer);
    }
}

/* ---- formulas ---- */

static void answer_avellaneda(void)
{
    double in[6]; /* mid, inventory, gamma, sigma, k, remaining */
    while (read_all(in, sizeof(in))) {
        double risk = in[2] * in[3] * in[3] * in[5];
        cp_quote_pair pair =
            cp_as_quotes(in[0], in[1], risk, cp_as_premium(in[2], in[4]));
        write_all(&pair, sizeof(pair));
    }
}

static void answer_glft(void)
{
    double in[6]; /* mid, inventory, gamma, sigma, A, k */
    while (read_all(in, sizeof(in))) {
        cp_glft constants = cp_glft_constants(in[2], in[3] * in[3], in[4], in[5]);
        cp_quote_pair pair = cp_glft_quotes(in[0], in[1], &constants);
        write_all(&pair, sizeof(pair));
    }
}

static void answer_trajectory(void)
{
    cp_ac_model model;
    double elapsed;
    while (read_all(&model, sizeof(model)) && read_all(&elapsed, sizeof(elapsed))) {
        double kappa = cp_ac_kappa(&model);
        double out[2] = { kappa, cp_ac_left(kappa, model.duration, elapsed) };
        write_all(out, sizeof(out));
    }
}

static void answer_functions(void)
{
    double x;
    while (read_all(&x, sizeof(x))) {
        double size = x < 0 ? -x : x;
        double out[4] = { cp_exp(x), cp_log(x), cp_sinh(size), cp_acosh1p(size) };
        write_all(out, sizeof(out));
    }
}

int main(int count, char **arguments)
{
    CHECK(count >= 2);
    const char *what = arguments[1];
    if (strcmp(what, "tape") == 0 && count >= 3)
        play_tape(count - 2, arguments + 2);
    else if (strcmp(what, "avellaneda") == 0)
        answer_avellaneda();
    else if (strcmp(what, "glft") == 0)
        answer_glft();
    else if (strcmp(what, "trajectory") == 0)
        answer_trajectory();
    else if (strcmp(what, "functions") == 0)
        answer_functions();
    else
        CHECK(!"a thing to do");
    return 0;
}
