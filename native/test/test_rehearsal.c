/* Practising while waiting: it walks the whole way of an order, and leaves no trace. */
#include "drive/rehearsal.h"
#include "test.h"

#define MD_EVENTS 60000u

static void set_strategy(cp_strategy_config *strategy, const char *name, uint32_t symbol)
{
    *strategy = (cp_strategy_config){ .used = 1, .mode = CP_MODE_LIVE, .symbol = symbol };
    while (strcmp(cp_strategy_kind_name(strategy->kind), name) != 0)
        strategy->kind++;
    snprintf(strategy->name, sizeof strategy->name, "%s", name);
    for (uint32_t i = 0; i < cp_strategy_parameter_count(strategy->kind); i++)
        strategy->parameters[i] = cp_strategy_parameter(strategy->kind, i)->standard;
}

static cp_config *make_config(void)
{
    cp_config *config = calloc(1, sizeof *config);
    CHECK(config != NULL);
    config->seed = 7;
    config->virtual_time = 1;
    config->desk = 1;
    config->symbol_count = 2;
    config->order_capacity = 16384;
    config->desk_order_capacity = 1024;
    config->ring_capacity = 16384;
    config->link_latency_ns = 5000;
    config->flow = (cp_flow_config){ .kind = CP_FLOW_SYNTHETIC,
                                     .rate = 2000,
                                     .depth = 200,
                                     .order_qty = 100,
                                     .volatility = 30,
                                     .half_spread = 1.5 };
    for (uint32_t i = 0; i < config->symbol_count; i++)
        config->instruments[i] = (cp_instrument){ .increment = CP_MONEY_SCALE / 100,
                                                  .point_value = CP_MONEY_SCALE / 100,
                                                  .price_max = 30000,
                                                  .price_start = 10000 };
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        bool money = limit->kind == CP_PARAMETER_MONEY;
        config->limits[i] = (int64_t)(limit->standard * (money ? CP_MONEY_SCALE : 1));
    }
    /* One that is run into: whoever adds to what was counted is found out. */
    config->limits[CP_LIMIT_MESSAGE_RATE] = 20;
    set_strategy(&config->strategies[0], "market_maker", 0);
    set_strategy(&config->strategies[1], "market_maker", 1);
    set_strategy(&config->strategies[2], "momentum", 1);
    return config;
}

static cp_rehearsal *make_rehearsal(const cp_config *config)
{
    cp_clock clock;
    cp_clock_init_virtual(&clock, 1000000000u);
    cp_rehearsal *rehearsal = NULL;
    char error[CP_ERROR_SIZE];
    CHECK_EQ(0, cp_rehearsal_create(&rehearsal, config, &clock, error));
    return rehearsal;
}

typedef struct outcome {
    uint64_t hash, journal_hash, next_id;
    cp_counters counters;
} outcome;

/* The same trading, with and without practice between any two of its events. */
static outcome trade(const cp_config *config, cp_rehearsal *rehearsal)
{
    cp_engine *engine = NULL;
    char error[CP_ERROR_SIZE];
    CHECK_EQ(0, cp_engine_create(&engine, config, error));
    for (uint32_t i = 0; i < MD_EVENTS; i++) {
        CHECK_EQ(0, cp_sim_run(engine, 1));
        if (!rehearsal)
            continue;
        uint64_t now_ns = engine->clock.base_ns;
        for (uint32_t k = 0; k < 40; k++)
            cp_desk_keep_warm(engine->desk);
        cp_live_rehearse(rehearsal, now_ns);
    }
    outcome found = { .hash = cp_sim_hash(engine),
                      .journal_hash = cp_desk_journal_hash(engine->desk),
                      .next_id = cp_desk_next_id(engine->desk) };
    cp_desk_picture *picture = calloc(1, sizeof *picture);
    CHECK(picture != NULL);
    cp_desk_read(engine->desk, picture, engine->clock.base_ns);
    found.counters = picture->counters;
    free(picture);
    cp_engine_destroy(engine);
    return found;
}

static void leaves_no_trace_in_the_desk_it_is_for(void)
{
    cp_config *config = make_config();
    cp_rehearsal *rehearsal = make_rehearsal(config);
    outcome without = trade(config, NULL), with = trade(config, rehearsal);
    CHECK(without.counters.order_count > 100 && without.counters.fill_count > 10);
    CHECK(without.counters.refusal_count > 10);
    CHECK(cp_rehearsal_order_count(rehearsal) > MD_EVENTS / 10);
    CHECK(with.hash == without.hash);
    CHECK(with.journal_hash == without.journal_hash);
    CHECK_EQ(without.next_id, with.next_id);
    CHECK(memcmp(&with.counters, &without.counters, sizeof with.counters) == 0);
    cp_rehearsal_destroy(rehearsal);
    free(config);
}

static void walks_all_of_the_way_and_never_gets_stuck(void)
{
    cp_config *config = make_config();
    cp_rehearsal *rehearsal = make_rehearsal(config);
    cp_desk_picture *picture = calloc(1, sizeof *picture);
    CHECK(picture != NULL);
    cp_engine *understudy = NULL;
    uint64_t now_ns = 1000000000u, orders = 0;
    for (uint32_t round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < 20000; i++, now_ns += CP_REHEARSAL_NS)
            cp_live_rehearse(rehearsal, now_ns);
        CHECK(cp_rehearsal_order_count(rehearsal) > orders + 5000);
        orders = cp_rehearsal_order_count(rehearsal);
    }
    understudy = cp_rehearsal_prompt(rehearsal, now_ns);
    cp_desk_read(understudy->desk, picture, now_ns);
    const cp_counters *counters = &picture->counters;
    CHECK_EQ(CP_RISK_ACTIVE, picture->risk_state);
    CHECK(counters->fill_count > 1000 && counters->ack_count > 1000);
    CHECK_EQ(0, counters->refusal_count);
    CHECK_EQ(0, counters->reject_count);
    CHECK_EQ(0, counters->unexpected_report_count);
    CHECK_EQ(0, counters->gap_count);
    CHECK(picture->working_count <= 2 * CP_STRATEGY_MAX);
    CHECK(understudy->journal->unrecorded_count == 0);
    free(picture);
    cp_rehearsal_destroy(rehearsal);
    free(config);
}

int main(void)
{
    RUN(leaves_no_trace_in_the_desk_it_is_for);
    RUN(walks_all_of_the_way_and_never_gets_stuck);
    return 0;
}
