/* Risk: each limit at the limit, one beyond, and with the largest numbers there are. */
#include "base/random.h"
#include "desk/rate.h"
#include "desk/recent.h"
#include "desk/risk.h"
#include "test.h"

#define POINT 1000000 /* a cent */

static cp_risk wide_open(void)
{
    cp_risk risk = { .state = CP_RISK_ACTIVE };
    for (uint32_t i = 0; i < CP_LIMIT_MAX; i++) {
        risk.limits[i] = INT64_MAX;
        for (uint32_t k = 0; k < CP_SYMBOL_MAX; k++)
            risk.symbol_limits[k][i] = CP_LIMIT_NONE;
        for (uint32_t k = 0; k < CP_STRATEGY_MAX; k++)
            risk.strategy_limits[k][i] = CP_LIMIT_NONE;
    }
    cp_risk_settle(&risk);
    return risk;
}

static void set(cp_risk *risk, uint32_t limit, int64_t value)
{
    risk->limits[limit] = value;
    cp_risk_settle(risk);
}

static cp_risk_ask plain(void)
{
    return (cp_risk_ask){
        .side = CP_BUY, .qty = 10, .price = 15000, .mark2 = 30001, .point_value = POINT
    };
}

static uint32_t check_with(uint32_t limit, int64_t value, const cp_risk_ask *ask,
                           cp_risk_finding *finding)
{
    cp_risk risk = wide_open();
    set(&risk, limit, value);
    return cp_risk_check(&risk, ask, finding);
}

/* Passes at `value`, is refused one below it, and says these figures. */
static void turns_at(uint32_t limit, int64_t value, const cp_risk_ask *ask,
                     int64_t current)
{
    cp_risk_finding finding;
    CHECK_EQ(CP_REFUSE_COUNT, check_with(limit, value, ask, &finding));
    CHECK_EQ(limit, check_with(limit, value - 1, ask, &finding));
    CHECK_EQ(value - 1, finding.limit);
    CHECK_EQ(current, finding.current);
    CHECK_EQ(value, finding.would_be);
}

static void turns_exactly_at_each_limit(void)
{
    cp_risk_ask ask = plain();
    turns_at(CP_LIMIT_ORDER_QTY, 10, &ask, 0);
    turns_at(CP_LIMIT_ORDER_VALUE, 15000LL * 10 * POINT, &ask, 0);
    ask.position = 25;
    ask.working[CP_BUY] = 7;
    ask.working[CP_SELL] = 1000;
    turns_at(CP_LIMIT_POSITION, 42, &ask, 32);
    ask.side = CP_SELL;
    turns_at(CP_LIMIT_POSITION, 985, &ask, 975);
    ask = plain();
    ask.own_met = 12;
    turns_at(CP_LIMIT_SELF_CROSS, 12, &ask, 0);
    ask.same_count = 6;
    turns_at(CP_LIMIT_SAME_ORDERS, 7, &ask, 6);
    ask.age_ns = 7000000;
    turns_at(CP_LIMIT_DATA_AGE, 7, &ask, 7);
    ask.age_ns = 6000001; /* what is begun counts whole */
    turns_at(CP_LIMIT_DATA_AGE, 7, &ask, 7);
    ask.spread = 15; /* of 15000.5: 9.9997 bp, counted as 10 */
    turns_at(CP_LIMIT_SPREAD, 10, &ask, 0);
    ask.last = 14990;
    turns_at(CP_LIMIT_LAST_COLLAR, 7, &ask, 0);
    ask.last = 15010;
    turns_at(CP_LIMIT_LAST_COLLAR, 7, &ask, 0);
    ask = plain();
    ask.open_orders = 4;
    turns_at(CP_LIMIT_OPEN_ORDERS, 5, &ask, 4);
    ask.message_count = 99;
    turns_at(CP_LIMIT_MESSAGE_RATE, 100, &ask, 99);
}

static void measures_exposure_over_all_symbols_at_worst(void)
{
    cp_risk_ask ask = plain();
    ask.exposure_elsewhere = 777;
    ask.position = -3;
    /* 7 lots at 15000.5, which rounds up to 15001: never less than it is. */
    turns_at(CP_LIMIT_GROSS_EXPOSURE, 777 + 7LL * 30001 / 2 * POINT + POINT, &ask,
             777 + (3LL * 30001 + 1) / 2 * POINT);
}

static void measures_net_exposure_on_the_side_the_order_adds_to(void)
{
    cp_risk_ask ask = plain();
    ask.mark2 = 30000;
    ask.position = 5;
    ask.working[CP_BUY] = 2;
    ask.working[CP_SELL] = 1000; /* no help: they may not fill */
    ask.net_elsewhere = -3LL * 15000 * POINT;
    turns_at(CP_LIMIT_NET_EXPOSURE, 14LL * 15000 * POINT, &ask, 4LL * 15000 * POINT);
    ask.side = CP_SELL;
    ask.working[CP_SELL] = 1;
    ask.net_elsewhere = 3LL * 15000 * POINT;
    turns_at(CP_LIMIT_NET_EXPOSURE, 9LL * 15000 * POINT, &ask, -1LL * 15000 * POINT);
}

/* A position so large that it leaves 64 bits is not made up for by one as large the other
 * way in another symbol. */
static void sets_nothing_against_a_position_beyond_64_bits(void)
{
    cp_risk_finding finding;
    cp_risk_ask ask = plain();
    ask.position = INT64_MAX - 10;
    ask.net_elsewhere = (cp_i128)INT64_MIN * CP_SYMBOL_MAX;
    CHECK_EQ(CP_LIMIT_NET_EXPOSURE,
             check_with(CP_LIMIT_NET_EXPOSURE, 1000000000000000000, &ask, &finding));
    CHECK_EQ(INT64_MAX, finding.would_be);
    CHECK(cp_risk_net(INT64_MIN, INT64_MAX, POINT) == INT64_MIN);
    CHECK(cp_risk_net(-1, 3, 1) == -1 && cp_risk_net(1, 3, 1) == 2);
}

/* What keeps a desk from opening positions never keeps it in one. */
static void lets_a_position_be_closed_whatever_the_market(void)
{
    cp_risk risk = wide_open();
    cp_risk_finding finding;
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        cp_risk_ask ask = plain();
        bool asked_of_closing = true;
        switch (i) {
        case CP_LIMIT_NET_EXPOSURE:
        case CP_LIMIT_SAME_ORDERS:
        case CP_LIMIT_DATA_AGE:
        case CP_LIMIT_SPREAD:
        case CP_LIMIT_LAST_COLLAR:
        case CP_LIMIT_DAILY_LOSS:
        case CP_LIMIT_DRAWDOWN:
            asked_of_closing = false;
            break;
        default:
            break;
        }
        risk = wide_open();
        set(&risk, i, 0);
        risk.drawdown = risk.loss = 1;
        ask.same_count = 1;
        ask.own_met = 1;
        ask.age_ns = 1;
        ask.spread = 1;
        ask.last = 1;
        CHECK_EQ(i, cp_risk_check(&risk, &ask, &finding));
        ask.reduces_only = true;
        CHECK_EQ(asked_of_closing ? i : CP_REFUSE_COUNT,
                 cp_risk_check(&risk, &ask, &finding));
    }
}

static void says_how_many_lots_would_pass(void)
{
    cp_risk risk = wide_open();
    cp_risk_finding finding;
    cp_risk_ask ask = plain();
    CHECK_EQ(10, cp_risk_passing_qty(&risk, &ask));
    set(&risk, CP_LIMIT_ORDER_QTY, 9);
    CHECK_EQ(9, cp_risk_passing_qty(&risk, &ask));
    set(&risk, CP_LIMIT_POSITION, 7);
    ask.position = 3;
    CHECK_EQ(4, cp_risk_passing_qty(&risk, &ask));
    ask.qty = 5;
    CHECK_EQ(CP_LIMIT_POSITION, cp_risk_check(&risk, &ask, &finding));
    ask.qty = 4;
    CHECK_EQ(CP_REFUSE_COUNT, cp_risk_check(&risk, &ask, &finding));
    ask.qty = UINT32_MAX;
    CHECK_EQ(4, cp_risk_passing_qty(&risk, &ask));
    ask.position = 7;
    CHECK_EQ(0, cp_risk_passing_qty(&risk, &ask));
    risk = wide_open();
    ask.point_value = 1;
    CHECK_EQ(UINT32_MAX, cp_risk_passing_qty(&risk, &ask));
    risk.state = CP_RISK_HALTED;
    CHECK_EQ(0, cp_risk_passing_qty(&risk, &ask));
}

static void measures_the_collar_both_ways_and_rounds_up(void)
{
    cp_risk_finding finding;
    cp_risk_ask ask = plain();
    ask.mark2 = 30000;
    const int64_t prices[] = { 15000 + 75, 15000 - 75 };
    for (int i = 0; i < 2; i++) {
        ask.price = prices[i];
        CHECK_EQ(CP_REFUSE_COUNT, check_with(CP_LIMIT_PRICE_COLLAR, 50, &ask, &finding));
        ask.price += i == 0 ? 1 : -1;
        CHECK_EQ(CP_LIMIT_PRICE_COLLAR,
                 check_with(CP_LIMIT_PRICE_COLLAR, 50, &ask, &finding));
        CHECK_EQ(51, finding.would_be);
    }
}

static void stops_at_the_loss_but_lets_a_position_be_closed(void)
{
    cp_risk risk = wide_open();
    cp_risk_finding finding;
    cp_risk_ask ask = plain();
    set(&risk, CP_LIMIT_DAILY_LOSS, 500);
    risk.loss = 499;
    CHECK_EQ(CP_REFUSE_COUNT, cp_risk_check(&risk, &ask, &finding));
    risk.loss = 500;
    CHECK_EQ(CP_LIMIT_DAILY_LOSS, cp_risk_check(&risk, &ask, &finding));
    CHECK_EQ(500, finding.current);
    ask.reduces_only = true;
    CHECK_EQ(CP_REFUSE_COUNT, cp_risk_check(&risk, &ask, &finding));
}

static void lets_what_reduces_through_a_limit_already_exceeded(void)
{
    cp_risk risk = wide_open();
    cp_risk_finding finding;
    cp_risk_ask ask = plain();
    set(&risk, CP_LIMIT_POSITION, 100);
    set(&risk, CP_LIMIT_GROSS_EXPOSURE, 100);
    ask.position = 150;
    ask.side = CP_SELL;
    ask.qty = 50;
    CHECK_EQ(CP_REFUSE_COUNT, cp_risk_check(&risk, &ask, &finding));
    ask.qty = 251; /* through flat, to 101 short */
    CHECK_EQ(CP_LIMIT_POSITION, cp_risk_check(&risk, &ask, &finding));
    CHECK_EQ(101, finding.would_be);
    ask.side = CP_BUY;
    ask.qty = 1;
    CHECK_EQ(CP_LIMIT_POSITION, cp_risk_check(&risk, &ask, &finding));
}

static void allows_by_state(void)
{
    static const uint32_t want[4][2] = {
        { CP_REFUSE_COUNT, CP_REFUSE_COUNT }, /* active: opening, closing */
        { CP_REFUSE_STATE, CP_REFUSE_COUNT }, /* paused */
        { CP_REFUSE_STATE, CP_REFUSE_COUNT }, /* flattening */
        { CP_REFUSE_STATE, CP_REFUSE_STATE }, /* halted */
    };
    cp_risk risk = wide_open();
    cp_risk_finding finding;
    for (uint32_t state = 0; state < 4; state++) {
        for (uint32_t closing = 0; closing < 2; closing++) {
            cp_risk_ask ask = plain();
            risk.state = (cp_risk_state)state;
            ask.reduces_only = closing;
            CHECK_EQ(want[state][closing], cp_risk_check(&risk, &ask, &finding));
        }
    }
}

static void refuses_without_a_price_or_with_a_senseless_one(void)
{
    cp_risk risk = wide_open();
    cp_risk_finding finding;
    cp_risk_ask ask = plain();
    ask.stale = true;
    CHECK_EQ(CP_REFUSE_STALE, cp_risk_check(&risk, &ask, &finding));
    ask = plain();
    ask.mark2 = CP_PRICE_NONE;
    CHECK_EQ(CP_REFUSE_STALE, cp_risk_check(&risk, &ask, &finding));
    ask = plain();
    ask.qty = 0;
    CHECK_EQ(CP_REFUSE_MALFORMED, cp_risk_check(&risk, &ask, &finding));
    ask = plain();
    ask.price = 0;
    CHECK_EQ(CP_REFUSE_MALFORMED, cp_risk_check(&risk, &ask, &finding));
    ask.price = INT64_MIN;
    CHECK_EQ(CP_REFUSE_MALFORMED, cp_risk_check(&risk, &ask, &finding));
}

/* No figure wraps round to a small one: with the largest inputs and limits as large as
 * the tables allow, each limit still refuses. */
static void does_not_wrap_at_the_ends_of_64_bits(void)
{
    static const int64_t ends[] = { INT64_MAX, INT64_MAX - 1, INT64_MAX / 2 + 1,
                                    (int64_t)1 << 32 };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        cp_risk_finding finding;
        cp_risk_ask ask = plain();
        ask.price = ends[i];
        ask.qty = UINT32_MAX;
        ask.point_value = ends[i];
        ask.mark2 = ends[i];
        const int64_t most = 1000000000000000000;
        CHECK_EQ(CP_LIMIT_ORDER_VALUE,
                 check_with(CP_LIMIT_ORDER_VALUE, most, &ask, &finding));
        CHECK_EQ(INT64_MAX, finding.would_be);
        ask.price = 1;
        ask.qty = 1;
        ask.working[CP_BUY] = UINT32_MAX;
        CHECK_EQ(CP_LIMIT_GROSS_EXPOSURE,
                 check_with(CP_LIMIT_GROSS_EXPOSURE, most, &ask, &finding));
        for (int side = CP_BUY; side <= CP_SELL; side++) {
            ask = plain();
            ask.side = (cp_side)side;
            ask.position = side == CP_BUY ? ends[i] : -ends[i];
            ask.working[side] = ends[i];
            CHECK_EQ(CP_LIMIT_POSITION,
                     check_with(CP_LIMIT_POSITION, 1000000000, &ask, &finding));
        }
        ask = plain();
        ask.price = ends[i];
        ask.qty = 1;
        ask.point_value = 1;
        CHECK_EQ(CP_LIMIT_PRICE_COLLAR,
                 check_with(CP_LIMIT_PRICE_COLLAR, 10000, &ask, &finding));
        ask.last = ends[i];
        ask.price = 1;
        CHECK_EQ(CP_LIMIT_LAST_COLLAR,
                 check_with(CP_LIMIT_LAST_COLLAR, 9999, &ask, &finding));
        ask = plain();
        ask.spread = ends[i];
        CHECK_EQ(CP_LIMIT_SPREAD, check_with(CP_LIMIT_SPREAD, 10000, &ask, &finding));
        ask = plain();
        ask.own_met = (cp_i128)ends[i] * 1000;
        CHECK_EQ(CP_LIMIT_SELF_CROSS,
                 check_with(CP_LIMIT_SELF_CROSS, 1000000000, &ask, &finding));
        ask = plain();
        ask.age_ns = (uint64_t)ends[i] * 2;
        CHECK_EQ(CP_LIMIT_DATA_AGE, check_with(CP_LIMIT_DATA_AGE, 8589, &ask, &finding));
    }
    cp_risk_ask ask = plain();
    cp_risk_finding finding;
    ask.position = INT64_MIN;
    ask.side = CP_SELL;
    CHECK_EQ(CP_LIMIT_POSITION,
             check_with(CP_LIMIT_POSITION, 1000000000, &ask, &finding));
    CHECK_EQ(INT64_MAX, finding.would_be);
    ask = plain();
    ask.open_orders = UINT32_MAX;
    CHECK_EQ(CP_LIMIT_OPEN_ORDERS, check_with(CP_LIMIT_OPEN_ORDERS, 10, &ask, &finding));
    CHECK_EQ(4294967296, finding.would_be);
}

/* Mostly near what limits are about, now and then at the ends of 64 bits. */
static int64_t some_number(cp_random *random)
{
    static const int64_t ends[] = { INT64_MIN,
                                    INT64_MAX,
                                    INT64_MAX - 1,
                                    INT64_MAX / 2,
                                    INT64_MAX / 4,
                                    INT64_MIN / 2,
                                    -1,
                                    0,
                                    (int64_t)1 << 40 };
    uint64_t choice = cp_random_below(random, 24);
    if (choice == 0)
        return ends[cp_random_below(random, sizeof(ends) / sizeof(ends[0]))];
    return (int64_t)cp_random_below(random, choice < 8 ? 20 : 100000) -
           (choice % 5 == 0 ? 50 : 0);
}

static cp_risk_ask some_ask(cp_random *random)
{
    cp_risk_ask ask = { .side = cp_random_below(random, 2) ? CP_SELL : CP_BUY,
                        .reduces_only = cp_random_below(random, 4) == 0,
                        .is_replace = cp_random_below(random, 2) == 0,
                        .stale = cp_random_below(random, 64) == 0,
                        .symbol = (uint16_t)cp_random_below(random, CP_SYMBOL_MAX),
                        .strategy = (uint16_t)cp_random_below(random, CP_STRATEGY_MAX),
                        .qty = (uint32_t)some_number(random),
                        .age_ns = (uint64_t)some_number(random) };
    int64_t *numbers[] = { &ask.price,          &ask.mark2,         &ask.last,
                           &ask.spread,         &ask.point_value,   &ask.position,
                           &ask.working[0],     &ask.working[1],    &ask.own_position,
                           &ask.own_working[0], &ask.own_working[1] };
    uint32_t *counts[] = { &ask.open_orders, &ask.message_count, &ask.same_count,
                           &ask.own_orders,  &ask.own_messages,  &ask.symbol_orders };
    cp_i128 *wide[] = { &ask.exposure_elsewhere, &ask.net_elsewhere, &ask.own_met };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        *numbers[i] = some_number(random);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        *counts[i] = (uint32_t)some_number(random);
    for (size_t i = 0; i < 3; i++)
        *wide[i] = (cp_i128)some_number(random) *
                   (cp_random_below(random, 32) == 0 ? INT64_MAX : 1);
    if (cp_random_below(random, 4) == 0)
        return ask;
    /* As orders are: near a market, and of a symbol that is worth something. */
    ask.point_value = 1 + (int64_t)cp_random_below(random, 3);
    ask.price = 1000 + (int64_t)cp_random_below(random, 5);
    ask.mark2 = 2000 + (int64_t)cp_random_below(random, 8);
    ask.last = 1000 + (int64_t)cp_random_below(random, 4);
    ask.spread = 1 + (int64_t)cp_random_below(random, 5);
    return ask;
}

/* What is looked at in 64 bits lets through nothing that 128 bits, limit by limit, refuse,
 * and of what is refused says the same. */
static void asks_the_same_in_64_bits_as_in_128(void)
{
    cp_random random;
    cp_risk risk = wide_open();
    uint32_t passed = 0, refused[CP_REFUSE_COUNT] = { 0 };
    cp_random_init(&random, 7);
    for (uint32_t i = 0; i < 400000; i++) {
        if (i % 64 == 0) {
            risk = wide_open();
            for (uint32_t k = 0; k < CP_LIMIT_COUNT; k++)
                if (cp_random_below(&random, 4) == 0)
                    risk.limits[k] = (int64_t)cp_random_below(&random, 100000);
            uint64_t k = cp_random_below(&random, CP_LIMIT_COUNT);
            for (uint32_t n = 0; n < CP_STRATEGY_MAX; n++)
                risk.strategy_limits[n][k] = (int64_t)cp_random_below(&random, 1000);
            k = cp_random_below(&random, CP_LIMIT_COUNT);
            for (uint32_t n = 0; n < CP_SYMBOL_MAX; n++)
                risk.symbol_limits[n][k] = (int64_t)cp_random_below(&random, 1000);
            risk.loss = some_number(&random);
            risk.drawdown = some_number(&random);
            risk.strategy_loss[i / 64 % CP_STRATEGY_MAX] = some_number(&random);
            risk.state = (cp_risk_state)(cp_random_below(&random, 8) == 0
                                             ? cp_random_below(&random, 4)
                                             : CP_RISK_ACTIVE);
            cp_risk_settle(&risk);
        }
        cp_risk_ask ask = some_ask(&random);
        cp_risk_finding found = { 0 }, examined = { 0 };
        uint32_t refusal = cp_risk_check(&risk, &ask, &found);
        CHECK_EQ(cp_risk_examine(&risk, &ask, &examined), refusal);
        CHECK(memcmp(&found, &examined, sizeof(found)) == 0);
        passed += refusal == CP_REFUSE_COUNT;
        if (refusal != CP_REFUSE_COUNT)
            refused[refusal]++;
    }
    CHECK(passed > 1000);
    for (uint32_t k = 0; k < CP_LIMIT_COUNT; k++)
        CHECK(refused[k] > 10);
}

static void never_sees_less_than_the_last_second(void)
{
    static cp_rate rate;
    uint64_t start = 5000000000000 + 12345, now = start;
    for (int i = 0; i < 100; i++, now += 3000000)
        cp_rate_add(&rate, now);
    CHECK_EQ(100, cp_rate_count(&rate, start + 999999999));
    CHECK_EQ(100, cp_rate_peek(&rate, start + 999999999));
    /* A hundredth of the first is gone two steps past its second, the last is not. */
    CHECK_EQ(99, cp_rate_peek(&rate, start + 1002900000));
    CHECK_EQ(99, cp_rate_count(&rate, start + 1002900000));
    CHECK_EQ(1, cp_rate_count(&rate, start + 297000000 + 999999999));
    CHECK_EQ(0, cp_rate_count(&rate, start + 297000000 + 1003000000));
    cp_rate_add(&rate, now + 3600 * 1000000000ull);
    CHECK_EQ(1, cp_rate_count(&rate, now + 3600 * 1000000000ull));
}

static void counts_the_same_terms_for_a_second_and_no_others(void)
{
    static cp_recent recent;
    cp_terms terms = { .price = 15000, .qty = 10, .symbol = 1, .strategy = 2, .side = 1 };
    cp_terms others[] = { terms, terms, terms, terms, terms };
    others[0].price++;
    others[1].qty++;
    others[2].symbol++;
    others[3].strategy++;
    others[4].side = 0;
    /* Wherever in its step it begins. */
    for (uint64_t start = 1000000000000; start < 1001000000000; start += 77777777) {
        memset(&recent, 0, sizeof(recent));
        for (uint32_t i = 0; i < 20; i++) {
            CHECK_EQ(i, cp_recent_count(&recent, &terms, start + i * 50000000));
            cp_recent_add(&recent, start + i * 50000000);
        }
        for (int i = 0; i < 5; i++)
            CHECK_EQ(0, cp_recent_count(&recent, &others[i], start + 950000000));
        CHECK(cp_recent_count(&recent, &terms, start + 1949000000) >= 1);
        CHECK_EQ(0, cp_recent_count(&recent, &terms, start + 950000000 + 1620000000));
        CHECK_EQ(0, cp_recent_count(&recent, &terms, start + 86400000000000));
        cp_recent_add(&recent, start + 86400000000000);
        CHECK_EQ(1, cp_recent_count(&recent, &terms, start + 86400000000000));
    }
}

static void counts_each_message_against_a_plain_list(void)
{
    static cp_rate rate;
    static uint64_t times[20000];
    uint64_t now = 77 * 1000000000ull, step = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        step = step * 6364136223846793005u + 1442695040888963407u;
        now += (step >> 40) % 400000;
        uint32_t second = 0, more = 0;
        for (uint32_t j = i; j-- > 0 && times[j] + 1003000000 > now;) {
            second += times[j] + 1000000000 > now;
            more++;
        }
        uint32_t peeked = cp_rate_peek(&rate, now);
        uint32_t count = cp_rate_count(&rate, now);
        CHECK_EQ(count, peeked);
        CHECK(count >= second && count <= more);
        cp_rate_add(&rate, now);
        times[i] = now;
    }
}

static void lets_in_reducing_only_what_reduces_whatever_works(void)
{
    const struct {
        cp_side side;
        int64_t position, own, working, own_working;
        uint32_t qty;
        bool passes;
    } cases[] = {
        { CP_BUY, 0, 0, 0, 0, 1, false },
        { CP_SELL, 0, 0, 0, 0, 1, false },
        { CP_SELL, 10, 10, 0, 0, 10, true },
        { CP_SELL, 10, 10, 0, 0, 11, false },
        { CP_SELL, 10, 10, 4, 4, 6, true },
        { CP_SELL, 10, 10, 4, 4, 7, false },
        { CP_SELL, 10, 4, 0, 0, 5, false },
        { CP_SELL, 4, 10, 0, 0, 5, false },
        { CP_BUY, -10, -10, 0, 0, 10, true },
        { CP_BUY, 10, 10, 0, 0, 1, false },
        { CP_BUY, -10, -10, 10, 0, 1, false },
        { CP_BUY, -10, -10, 0, 10, 1, false },
        { CP_BUY, INT64_MIN, INT64_MIN, 0, 0, UINT32_MAX, true },
        { CP_SELL, INT64_MIN, INT64_MIN, 0, 0, 1, false },
        { CP_SELL, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 1, false },
    };
    cp_risk risk = wide_open();
    risk.state = CP_RISK_REDUCING;
    risk.loss = INT64_MAX; /* which is not in the way of closing */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cp_risk_finding finding;
        cp_risk_ask ask = plain();
        ask.side = cases[i].side;
        ask.qty = cases[i].qty;
        ask.point_value = 1;
        ask.position = cases[i].position;
        ask.own_position = cases[i].own;
        ask.working[ask.side] = cases[i].working;
        ask.own_working[ask.side] = cases[i].own_working;
        uint32_t found = cp_risk_check(&risk, &ask, &finding);
        CHECK((found != CP_REFUSE_STATE) == cases[i].passes);
        /* As many as would pass, and not one more. */
        uint32_t most = cp_risk_passing_qty(&risk, &ask);
        CHECK(most <= cases[i].qty && (found != CP_REFUSE_COUNT || most == ask.qty));
    }
}

static void names_every_limit_and_word(void)
{
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        CHECK(limit && limit->name[0] && limit->unit[0] && limit->help[0]);
        CHECK(limit->minimum <= limit->standard && limit->standard <= limit->maximum);
    }
    CHECK(cp_limit_parameter(CP_LIMIT_COUNT) == NULL);
    for (uint32_t i = 0; i < CP_REFUSE_COUNT; i++)
        CHECK(cp_refusal_name(i) && cp_refusal_name(i)[0]);
    for (uint32_t i = 0; i < CP_REASON_COUNT; i++)
        CHECK(cp_reason_name(i) != NULL);
    for (uint32_t i = 0; i < CP_STATE_COUNT; i++)
        CHECK(cp_order_state_name(i) != NULL);
    for (uint32_t i = 0; i < CP_HOP_COUNT; i++)
        CHECK(cp_hop_name(i) != NULL);
    for (uint32_t i = 0; i < CP_RISK_COUNT; i++)
        CHECK(cp_risk_state_name(i) != NULL);
    CHECK(cp_refusal_name(CP_REFUSE_COUNT) == NULL && cp_hop_name(CP_HOP_COUNT) == NULL &&
          cp_reason_name(UINT32_MAX) == NULL && cp_order_state_name(UINT32_MAX) == NULL &&
          cp_risk_state_name(UINT32_MAX) == NULL);
}

int main(void)
{
    RUN(turns_exactly_at_each_limit);
    RUN(measures_exposure_over_all_symbols_at_worst);
    RUN(measures_net_exposure_on_the_side_the_order_adds_to);
    RUN(sets_nothing_against_a_position_beyond_64_bits);
    RUN(lets_a_position_be_closed_whatever_the_market);
    RUN(says_how_many_lots_would_pass);
    RUN(lets_in_reducing_only_what_reduces_whatever_works);
    RUN(measures_the_collar_both_ways_and_rounds_up);
    RUN(stops_at_the_loss_but_lets_a_position_be_closed);
    RUN(lets_what_reduces_through_a_limit_already_exceeded);
    RUN(allows_by_state);
    RUN(refuses_without_a_price_or_with_a_senseless_one);
    RUN(does_not_wrap_at_the_ends_of_64_bits);
    RUN(asks_the_same_in_64_bits_as_in_128);
    RUN(never_sees_less_than_the_last_second);
    RUN(counts_the_same_terms_for_a_second_and_no_others);
    RUN(counts_each_message_against_a_plain_list);
    RUN(names_every_limit_and_word);
    return 0;
}
