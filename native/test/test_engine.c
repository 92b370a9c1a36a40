/* The whole core: venue, flow and desk under both drives. */
#include "base/clock.h"
#include "drive/engine.h"

#include <sched.h>

#include "test.h"

static char error[CP_ERROR_SIZE];

/* One symbol, a market maker, limits by the table. */
static cp_config config(void)
{
    cp_config c = { .seed = 1,
                    .desk = 1,
                    .symbol_count = 2,
                    .order_capacity = 1 << 14,
                    .desk_order_capacity = 256,
                    .ring_capacity = 16384,
                    .waiting = CP_WAIT_YIELD,
                    .venue_cpu = -2,
                    .desk_cpu = -2,
                    .link_latency_ns = 5000 };
    c.flow = (cp_flow_config){ .kind = CP_FLOW_SYNTHETIC,
                               .rate = 20000,
                               .depth = 200,
                               .order_qty = 100,
                               .volatility = 3,
                               .drift = 1,
                               .half_spread = 1.5 };
    for (uint32_t i = 0; i < c.symbol_count; i++) {
        c.instruments[i] = (cp_instrument){ .increment = 1000000,
                                            .point_value = 1000000,
                                            .price_max = 1 << 20,
                                            .price_start = 15000 };
        snprintf(c.instruments[i].name, CP_NAME_SIZE, "S%u", i);
    }
    for (uint32_t i = 0; cp_limit_parameter(i); i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
        c.limits[i] = (int64_t)(limit->standard * scale);
    }
    for (uint32_t kind = 0; kind < cp_strategy_kind_count(); kind++) {
        cp_strategy_config *s = &c.strategies[kind];
        *s = (cp_strategy_config){
            .kind = kind, .mode = CP_MODE_LIVE, .used = 1, .symbol2 = 1
        };
        snprintf(s->name, CP_NAME_SIZE, "%s", cp_strategy_kind_name(kind));
        for (uint32_t i = 0; i < cp_strategy_parameter_count(kind); i++)
            s->parameters[i] = cp_strategy_parameter(kind, i)->standard;
    }
    return c;
}

static cp_engine *create(const cp_config *c)
{
    cp_engine *engine;
    int result = cp_engine_create(&engine, c, error);
    if (result != 0)
        fprintf(stderr, "%s\n", error);
    CHECK_EQ(0, result);
    return engine;
}

static void refuses_a_config_it_cannot_honour_and_says_why(void)
{
    cp_engine *engine;
    cp_config c = config();
    c.ring_capacity = 1000;
    CHECK_EQ(-EINVAL, cp_engine_create(&engine, &c, error));
    CHECK(engine == NULL && strstr(error, "ring_capacity"));
    c = config();
    c.symbol_count = 0;
    CHECK_EQ(-EINVAL, cp_engine_create(&engine, &c, error));
    CHECK(strstr(error, "symbol_count"));
    c = config();
    c.flow.rate = 1000001;
    CHECK_EQ(-EINVAL, cp_engine_create(&engine, &c, error));
    CHECK(strstr(error, "rate"));
    c = config();
    c.strategies[0].symbol = 7;
    CHECK_EQ(-EINVAL, cp_engine_create(&engine, &c, error));
    CHECK(error[0]);
    cp_engine_destroy(NULL);
}

static cp_picture picture, other;

static void virtual_time_repeats_by_seed(void)
{
    cp_config c = config();
    c.virtual_time = 1;
    cp_engine *one = create(&c);
    cp_engine *same = create(&c);
    CHECK_EQ(0, cp_engine_run(one, 200000));
    /* In pieces; a step that says several things at once ends a piece late. */
    for (uint64_t until = 20000; until <= 200000; until += 20000) {
        cp_engine_read(same, &other);
        CHECK_EQ(0, cp_engine_run(same, until - other.venue.md_count));
    }
    cp_engine_read(one, &picture);
    cp_engine_read(same, &other);
    CHECK(picture.state_hash == other.state_hash);
    CHECK_EQ(picture.desk.counters.fill_count, other.desk.counters.fill_count);
    CHECK(picture.desk.counters.fill_count > 0);
    CHECK(picture.desk.counters.md_count > 199000);
    cp_engine_destroy(same);

    c.seed = 2;
    cp_engine *differing = create(&c);
    CHECK_EQ(0, cp_engine_run(differing, 200000));
    cp_engine_read(differing, &other);
    CHECK(picture.state_hash != other.state_hash);
    cp_engine_destroy(differing);
    cp_engine_destroy(one);
}

static void virtual_time_measures_the_links_it_simulates(void)
{
    cp_config c = config();
    c.virtual_time = 1;
    cp_engine *engine = create(&c);
    CHECK_EQ(0, cp_engine_run(engine, 100000));
    cp_engine_read(engine, &picture);
    CHECK(picture.hops[CP_HOP_ACK].count > 0);
    CHECK_EQ(10000, picture.hops[CP_HOP_ACK].p50_ns / 10 * 10); /* there and back */
    CHECK_EQ(0, picture.hops[CP_HOP_TICK_TO_ORDER].max_ns); /* no time passes inside */
    cp_engine_destroy(engine);
}

static void a_halt_leaves_nothing_working(void)
{
    cp_config c = config();
    c.virtual_time = 1;
    cp_engine *engine = create(&c);
    int tries = 0;
    do {
        CHECK_EQ(0, cp_engine_run(engine, 1000));
        cp_engine_read(engine, &picture);
        CHECK(++tries < 1000);
    } while (picture.desk.working_count == 0);
    cp_control halt = { .kind = CP_CONTROL_HALT };
    CHECK_EQ(0, cp_engine_command(engine, &halt));
    CHECK_EQ(0, cp_engine_run(engine, 1000));
    cp_engine_read(engine, &picture);
    CHECK_EQ(CP_RISK_HALTED, picture.desk.risk_state);
    CHECK_EQ(0, picture.desk.working_count);
    uint64_t order_count = picture.desk.counters.order_count;
    CHECK_EQ(0, cp_engine_run(engine, 50000));
    cp_engine_read(engine, &picture);
    CHECK_EQ(order_count, picture.desk.counters.order_count);
    cp_engine_destroy(engine);
}

/* Let a live engine run until `enough`, for at most twenty seconds. */
static void let_run(cp_engine *engine, bool (*enough)(void))
{
    uint64_t begin_ns = cp_monotonic_ns();
    do {
        sched_yield();
        cp_engine_read(engine, &picture);
        /* On a busy machine the desk may find the answers too slow, and pause. */
        cp_control resume = { .kind = CP_CONTROL_RESUME };
        if (picture.desk.risk_state == CP_RISK_PAUSED)
            CHECK_EQ(0, cp_engine_command(engine, &resume));
        CHECK(cp_monotonic_ns() - begin_ns < 60000000000u);
    } while (!enough());
}

static bool has_filled(void)
{
    return picture.desk.counters.fill_count >= 5 && picture.desk.counters.md_count > 5000;
}

static bool is_out(void)
{
    return picture.desk.risk_state == CP_RISK_HALTED && picture.desk.working_count == 0;
}

static void live_threads_trade_and_lose_nothing(void)
{
    cp_config c = config();
    cp_engine *engine = create(&c);
    CHECK_EQ(-EINVAL, cp_engine_run(engine, 1));
    CHECK_EQ(0, cp_engine_start(engine));
    CHECK_EQ(-EALREADY, cp_engine_start(engine));
    let_run(engine, has_filled);
    CHECK(picture.hops[CP_HOP_TICK_TO_ORDER].count > 0);
    CHECK(picture.hops[CP_HOP_ACK].p50_ns > 0);
    CHECK_EQ(0, picture.desk.counters.gap_count);
    CHECK_EQ(0, picture.desk.counters.unexpected_report_count);

    cp_control halt = { .kind = CP_CONTROL_HALT };
    CHECK_EQ(0, cp_engine_command(engine, &halt));
    let_run(engine, is_out);
    CHECK_EQ(0, cp_engine_stop(engine));
    cp_engine_read(engine, &picture);
    CHECK_EQ(0, picture.running);
    cp_engine_destroy(engine);
}

static void a_venue_without_a_desk_runs_alone(void)
{
    cp_config c = config();
    c.desk = 0;
    c.virtual_time = 1;
    cp_engine *engine = create(&c);
    CHECK_EQ(0, cp_engine_run(engine, 50000));
    cp_engine_read(engine, &picture);
    CHECK(picture.venue.md_count >= 50000);
    CHECK_EQ(0, picture.desk.counters.order_count);
    cp_control halt = { .kind = CP_CONTROL_HALT };
    CHECK_EQ(-ENODEV, cp_engine_command(engine, &halt));
    cp_engine_destroy(engine);
}

int main(void)
{
    RUN(refuses_a_config_it_cannot_honour_and_says_why);
    RUN(virtual_time_repeats_by_seed);
    RUN(virtual_time_measures_the_links_it_simulates);
    RUN(a_halt_leaves_nothing_working);
    RUN(live_threads_trade_and_lose_nothing);
    RUN(a_venue_without_a_desk_runs_alone);
}
