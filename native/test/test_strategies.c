/* Strategies on a scripted tape: each does what its own help says, told only what a seat
 * tells it. */
#include "desk/strategies/decay.h"
#include "desk_kit.h"

typedef struct stage {
    const cp_strategy_kind *kind;
    cp_touch touch;
    cp_seat seat;
    double parameters[CP_PARAMETER_MAX];
    alignas(CP_LINE) uint8_t state[CP_STRATEGY_STATE_SIZE];
} stage;

static void set(stage *s, const char *name, double value)
{
    for (uint32_t i = 0; i < s->kind->parameter_count; i++) {
        if (strcmp(s->kind->parameters[i].name, name) == 0) {
            s->parameters[i] = value;
            return;
        }
    }
    CHECK(!"a parameter of that name");
}

static void open_stage(stage *s, const cp_strategy_kind *kind)
{
    memset(s, 0, sizeof(*s));
    s->kind = kind;
    for (uint32_t i = 0; i < kind->parameter_count; i++)
        s->parameters[i] = kind->parameters[i].standard;
    s->touch.last = CP_PRICE_NONE;
    s->touch.price[CP_BUY] = s->touch.price[CP_SELL] = CP_PRICE_NONE;
    s->seat = (cp_seat){ .touch = &s->touch,
                         .parameters = s->parameters,
                         .now_ns = 1000000000000,
                         .working_price = { CP_PRICE_NONE, CP_PRICE_NONE } };
    kind->start(s->state, &s->seat);
}

static void show(stage *s, uint64_t after_ms, int64_t bid, int64_t ask)
{
    s->seat.now_ns += after_ms * 1000000;
    s->touch.price[CP_BUY] = bid;
    s->touch.price[CP_SELL] = ask;
    if (s->touch.qty[CP_BUY] == 0)
        s->touch.qty[CP_BUY] = s->touch.qty[CP_SELL] = 100;
    s->seat.take.asked = false;
    s->seat.quotes[CP_BUY].asked = s->seat.quotes[CP_SELL].asked = false;
    s->kind->on_book(s->state, &s->seat);
}

/* Two increments wide, moved by so many. */
static void step(stage *s, uint64_t after_ms, int64_t *bid, int64_t move)
{
    *bid += move;
    show(s, after_ms, *bid, *bid + 2);
}

static bool wants(const stage *s, cp_side side, int64_t price, uint32_t qty)
{
    const cp_wish *take = &s->seat.take;
    return take->asked && take->side == side && take->price == price && take->qty == qty;
}

static bool quotes(const stage *s, cp_side side, int64_t price, uint32_t qty)
{
    const cp_wish *quote = &s->seat.quotes[side];
    return quote->asked && quote->price == price && quote->qty == qty;
}

static void halves_in_one_half_life(void)
{
    for (double x = 0; x < 59; x += 0.37) {
        double want = 1;
        double f = x;
        for (; f >= 1; f -= 1)
            want /= 2;
        /* 2^-f by square roots: another way to the same number. */
        double root = 0.5, bit = 0.5;
        for (int i = 0; i < 50; i++, bit /= 2) {
            root = i == 0 ? __builtin_sqrt(0.5) : __builtin_sqrt(root);
            if (f >= bit) {
                want *= root;
                f -= bit;
            }
        }
        double got = cp_half_power(x);
        CHECK(got > want * (1 - 1e-11) && got < want * (1 + 1e-11));
    }
    CHECK(cp_half_power(0) == 1.0);
    CHECK(cp_half_power(1e300) == 0.0);
    CHECK_EQ(-3, cp_floor(-2.5));
    CHECK_EQ(2, cp_floor(2.5));
    CHECK_EQ(-2, cp_ceil(-2.5));
    CHECK_EQ(3, cp_ceil(3.0));
}

/* ---- mean reversion ---- */

/* A second of 10 ms steps one increment to and fro: an average of 15000, deviation 1. */
static void calm(stage *s, uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i += 10)
        show(s, 10, 14998 + 2 * (i / 10 % 2), 15000 + 2 * (i / 10 % 2));
}

static void sells_far_above_the_average_and_closes_at_it(void)
{
    stage s;
    open_stage(&s, &cp_mean_reversion);
    set(&s, "half_life_ms", 1000);
    calm(&s, 5000);
    CHECK(!s.seat.take.asked);
    show(&s, 10, 15003, 15005); /* 4 of deviation 1 */
    CHECK(s.seat.signal > 2);
    CHECK(wants(&s, CP_SELL, 15003, 10));
    show(&s, 10, 15003, 15005);
    CHECK(!s.seat.take.asked); /* it cools down */
    s.seat.position = -10;
    show(&s, 600, 14999, 15001);
    CHECK(wants(&s, CP_BUY, 15001, 10));
}

static void buys_far_below_and_stops_at_its_largest_position(void)
{
    stage s;
    open_stage(&s, &cp_mean_reversion);
    set(&s, "half_life_ms", 1000);
    set(&s, "cool_down_ms", 0);
    calm(&s, 5000);
    s.seat.position = 43;
    show(&s, 10, 14994, 14996);
    CHECK(wants(&s, CP_BUY, 14996, 7));
    s.seat.position = 50;
    show(&s, 1, 14994, 14996);
    CHECK(!s.seat.take.asked);
    s.seat.position = 0;
    s.seat.taking = true;
    show(&s, 1, 14990, 14992);
    CHECK(!s.seat.take.asked);
}

static void waits_for_an_average_before_it_trades(void)
{
    stage s;
    open_stage(&s, &cp_mean_reversion);
    calm(&s, 1500); /* less than the half-life of 2 s */
    show(&s, 10, 15013, 15015);
    CHECK(!s.seat.take.asked);
    open_stage(&s, &cp_mean_reversion);
    for (int i = 0; i < 1000; i++)
        show(&s, 10, 14999, 15001); /* nothing ever moves: no deviation */
    CHECK(s.seat.signal == 0 && !s.seat.take.asked);
}

static void weighs_by_time_and_not_by_messages(void)
{
    stage few, many;
    open_stage(&few, &cp_mean_reversion);
    open_stage(&many, &cp_mean_reversion);
    for (int i = 0; i < 40; i++) {
        int64_t bid = 15000 + i % 3;
        show(&few, 100, bid, bid + 2);
        show(&many, 100, bid, bid + 2);
        for (int j = 0; j < 50; j++)
            show(&many, 0, bid, bid + 2);
    }
    CHECK(few.seat.signal == many.seat.signal);
}

/* ---- momentum ---- */

static void goes_with_a_move_and_out_when_it_turns(void)
{
    stage s;
    open_stage(&s, &cp_momentum);
    for (int i = 0; i < 500; i++)
        show(&s, 10, 14999, 15001);
    CHECK(!s.seat.take.asked);
    int64_t bid = 14999;
    for (int i = 0; i < 300 && !s.seat.take.asked; i++)
        step(&s, 10, &bid, 1);
    CHECK(s.seat.signal > 1);
    CHECK(wants(&s, CP_BUY, bid + 2, 10));
    s.seat.position = 25;
    show(&s, 600, bid, bid + 2);
    CHECK(wants(&s, CP_BUY, bid + 2, 5)); /* up to 30 */
    s.seat.position = 30;
    do {
        step(&s, 20, &bid, -1);
        CHECK(s.seat.signal < 0 || !s.seat.take.asked);
    } while (s.seat.signal >= 0);
    show(&s, 600, bid, bid + 2);
    CHECK(wants(&s, CP_SELL, bid, 30));
}

static void goes_with_a_fall_too(void)
{
    stage s;
    open_stage(&s, &cp_momentum);
    for (int i = 0; i < 500; i++)
        show(&s, 10, 14999, 15001);
    int64_t bid = 14999;
    for (int i = 0; i < 300 && !s.seat.take.asked; i++)
        step(&s, 10, &bid, -1);
    CHECK(wants(&s, CP_SELL, bid, 10));
    s.seat.position = -10;
    while (s.seat.signal <= 0)
        step(&s, 20, &bid, 1);
    show(&s, 600, bid, bid + 2);
    CHECK(wants(&s, CP_BUY, bid + 2, 10));
}

/* ---- market maker ---- */

static void quotes_both_sides_about_the_fair_price(void)
{
    stage s;
    open_stage(&s, &cp_market_maker);
    set(&s, "half_spread", 1.5);
    show(&s, 1, 14996, 15004);
    CHECK(quotes(&s, CP_BUY, 14998, 10)); /* 15000 -+ 1.5, outward */
    CHECK(quotes(&s, CP_SELL, 15002, 10));
    /* Three times as much to buy: the microprice is 15002, half way is 15001. */
    s.touch.qty[CP_BUY] = 300;
    s.touch.qty[CP_SELL] = 100;
    show(&s, 1, 14996, 15004);
    CHECK(s.seat.signal == 15001);
    CHECK(quotes(&s, CP_BUY, 14999, 10));
    CHECK(quotes(&s, CP_SELL, 15003, 10));
}

static void leans_against_its_inventory_and_stops_when_full(void)
{
    stage s;
    open_stage(&s, &cp_market_maker);
    set(&s, "half_spread", 1.5);
    set(&s, "max_position", 40);
    s.seat.position = 20; /* half of 40: half the skew of 2 */
    show(&s, 1, 14996, 15004);
    CHECK(s.seat.signal == 14999);
    CHECK(quotes(&s, CP_BUY, 14997, 10));
    CHECK(quotes(&s, CP_SELL, 15001, 10));
    s.seat.position = 36;
    show(&s, 1, 14996, 15004);
    CHECK_EQ(4, s.seat.quotes[CP_BUY].qty);
    CHECK_EQ(10, s.seat.quotes[CP_SELL].qty);
    s.seat.position = 40;
    show(&s, 1, 14996, 15004);
    CHECK(quotes(&s, CP_BUY, 0, 0));
    s.seat.position = -40;
    show(&s, 1, 14996, 15004);
    CHECK(quotes(&s, CP_SELL, 0, 0));
    CHECK_EQ(10, s.seat.quotes[CP_BUY].qty);
}

static void never_crosses_the_touch(void)
{
    stage s;
    open_stage(&s, &cp_market_maker);
    set(&s, "half_spread", 0.5);
    set(&s, "skew", 50);
    for (int64_t position = -60; position <= 60; position += 5) {
        s.seat.position = position;
        show(&s, 1, 15000, 15001);
        const cp_wish *bid = &s.seat.quotes[CP_BUY], *ask = &s.seat.quotes[CP_SELL];
        CHECK(bid->qty == 0 || bid->price < 15001);
        CHECK(ask->qty == 0 || ask->price > 15000);
        CHECK(!s.seat.take.asked);
    }
}

static void leaves_a_quote_that_is_near_enough(void)
{
    stage s;
    open_stage(&s, &cp_market_maker);
    set(&s, "half_spread", 1.5);
    set(&s, "requote", 3);
    s.seat.working_price[CP_BUY] = 14998;
    s.seat.working_price[CP_SELL] = 15002;
    s.seat.working_qty[CP_BUY] = s.seat.working_qty[CP_SELL] = 6;
    show(&s, 1, 14998, 15006); /* wants 15000 and 15004: two away */
    CHECK(!s.seat.quotes[CP_BUY].asked && !s.seat.quotes[CP_SELL].asked);
    show(&s, 1, 15000, 15008);
    CHECK(quotes(&s, CP_BUY, 15002, 10));
    CHECK(quotes(&s, CP_SELL, 15006, 10));
    s.seat.position = 56; /* what is left of the near bid would go past 60 */
    show(&s, 1, 14998, 15006);
    CHECK(s.seat.quotes[CP_BUY].asked && s.seat.quotes[CP_BUY].qty == 4);
}

static void takes_its_quotes_off_without_a_market(void)
{
    stage s;
    open_stage(&s, &cp_market_maker);
    set(&s, "half_spread", 1.5);
    show(&s, 1, 14998, CP_PRICE_NONE);
    CHECK(quotes(&s, CP_BUY, 0, 0) && quotes(&s, CP_SELL, 0, 0));
    s.touch.stale = true;
    show(&s, 1, 14998, 15002);
    CHECK(quotes(&s, CP_BUY, 0, 0) && quotes(&s, CP_SELL, 0, 0));
}

/* ---- execution ---- */

static void never_quotes_beside_a_take(void)
{
    stage s;
    open_stage(&s, &cp_twap);
    set(&s, "max_lag", 4);
    set(&s, "slices", 10);
    show(&s, 1, 14999, 15001);
    CHECK(wants(&s, CP_BUY, 15001, 10)); /* a tenth of 100 is due, and more than 4 */
    s.seat.taking = true;
    s.seat.position = 7; /* the rest of the take is still out */
    show(&s, 1, 14999, 15001);
    CHECK(!s.seat.take.asked && !s.seat.quotes[CP_BUY].asked);
    s.seat.taking = false;
    show(&s, 1, 14999, 15001);
    CHECK(quotes(&s, CP_BUY, 14999, 3));
    s.seat.working_price[CP_BUY] = 14999;
    s.seat.working_qty[CP_BUY] = 3;
    show(&s, 6000, 14999, 15001); /* the next tenth: too much to wait for */
    CHECK(quotes(&s, CP_BUY, 0, 0) && !s.seat.take.asked); /* the quote comes off first */
    s.seat.working_price[CP_BUY] = CP_PRICE_NONE;
    s.seat.changing[CP_BUY] = true;
    show(&s, 1, 14999, 15001);
    CHECK(!s.seat.take.asked && !s.seat.quotes[CP_BUY].asked);
    s.seat.changing[CP_BUY] = false;
    show(&s, 1, 14999, 15001);
    CHECK(wants(&s, CP_BUY, 15001, 13));
}

/* ---- all of them ---- */

static void describe_themselves_completely(void)
{
    CHECK(cp_strategy_kind_count() >= 3);
    for (uint32_t i = 0; i < cp_strategy_kind_count(); i++) {
        CHECK(cp_strategy_kind_name(i)[0] && cp_strategy_kind_help(i)[0]);
        CHECK(strlen(cp_strategy_kind_name(i)) < CP_NAME_SIZE);
        double standard[CP_PARAMETER_MAX] = { 0 };
        uint32_t count = cp_strategy_parameter_count(i);
        CHECK(count > 0 && count <= CP_PARAMETER_MAX);
        for (uint32_t j = 0; j < count; j++) {
            const cp_parameter *p = cp_strategy_parameter(i, j);
            CHECK(p->name[0] && p->unit[0] && p->help[0]);
            CHECK(p->minimum < p->maximum);
            standard[j] = p->standard;
        }
        const cp_strategy_kind *kind = cp_strategy_kind_at(i);
        CHECK_EQ(0, cp_strategy_check_parameters(kind, standard));
        for (uint32_t j = 0; j < count; j++) {
            const cp_parameter *p = cp_strategy_parameter(i, j);
            const double bad[] = { p->minimum - 0.001, p->maximum + 1, __builtin_nan(""),
                                   __builtin_inf(), -__builtin_inf() };
            for (size_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++) {
                double changed[CP_PARAMETER_MAX];
                memcpy(changed, standard, sizeof(changed));
                changed[j] = bad[b];
                CHECK_EQ(-EINVAL, cp_strategy_check_parameters(kind, changed));
            }
        }
        CHECK(cp_strategy_parameter(i, count) == NULL);
    }
    uint32_t past = cp_strategy_kind_count();
    CHECK(!cp_strategy_kind_name(past) && !cp_strategy_kind_help(past) &&
          !cp_strategy_kind_at(past) && cp_strategy_parameter_count(past) == 0);
}

/* The same tape twice through a whole desk: the same orders, to the last bit; and other
 * stamps make no other orders. */
static uint64_t play(uint64_t stamp_skew_ns)
{
    kit *k = kit_make();
    k->config.strategies[0] = kit_strategy("mean_reversion", 0);
    k->config.strategies[1] = kit_strategy("momentum", 0);
    k->config.strategies[2] = kit_strategy("market_maker", 0);
    kit_open(k);
    uint64_t dice = 1;
    int64_t bid = 14999;
    uint32_t answered = 0;
    for (int i = 0; i < 4000; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        bid += (int64_t)(dice >> 60) % 3 - 1;
        kit_wait(k, 5000000);
        k->clock.base_ns += stamp_skew_ns * (uint64_t)(i % 7);
        kit_market(k, 0, bid, bid + 2, 20 + (uint32_t)(dice >> 55) % 50);
        kit_timer(k);
        for (; answered < k->order_count; answered++) {
            cp_order order = k->orders[answered];
            if (order.kind == CP_ORDER_NEW)
                kit_accept(k, order);
            if (order.kind == CP_ORDER_NEW && order.time_in_force == CP_IOC)
                kit_fill(k, order, order.price, order.qty, 0, CP_TAKER);
            if (order.kind == CP_ORDER_REPLACE)
                kit_replaced(k, order);
            if (order.kind == CP_ORDER_CANCEL)
                kit_cancelled(k, order.original_id, 1, CP_REASON_USER);
        }
    }
    for (uint32_t i = 0; i < 3; i++)
        CHECK(kit_picture(k)->strategies[i].order_count > 0);
    uint64_t hash = cp_desk_hash(k->desk);
    kit_close(k);
    return hash;
}

static void do_the_same_on_the_same_tape_whatever_the_stamps(void)
{
    uint64_t hash = play(0);
    CHECK_EQ((int64_t)hash, (int64_t)play(0));
    CHECK_EQ((int64_t)hash, (int64_t)play(1234567));
}

int main(void)
{
    RUN(halves_in_one_half_life);
    RUN(sells_far_above_the_average_and_closes_at_it);
    RUN(buys_far_below_and_stops_at_its_largest_position);
    RUN(waits_for_an_average_before_it_trades);
    RUN(weighs_by_time_and_not_by_messages);
    RUN(goes_with_a_move_and_out_when_it_turns);
    RUN(goes_with_a_fall_too);
    RUN(quotes_both_sides_about_the_fair_price);
    RUN(leans_against_its_inventory_and_stops_when_full);
    RUN(never_crosses_the_touch);
    RUN(leaves_a_quote_that_is_near_enough);
    RUN(takes_its_quotes_off_without_a_market);
    RUN(never_quotes_beside_a_take);
    RUN(describe_themselves_completely);
    RUN(do_the_same_on_the_same_tape_whatever_the_stamps);
    return 0;
}
