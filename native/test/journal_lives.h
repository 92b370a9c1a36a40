/* journal_lives.h: a journal in which every kind of record stands, as several lives of one
 * desk leave it: the operator has changed what there is to change, an order was recorded
 * and never left, a day has passed, one life ended in order and the last did not. */
#ifndef CP_JOURNAL_LIVES_H
#define CP_JOURNAL_LIVES_H

#include "journal_kit.h"

#define LIVES_KINDS 64 /* above every kind's number */

static inline cp_config lives_config(void)
{
    cp_config config = journal_kit_config(41);
    config.journal.segment_records = 512;
    return config;
}

static inline void lives_tell(cp_engine *engine, cp_control control)
{
    memcpy(control.who, "ann", 4);
    memcpy(control.why, "because", 8);
    CHECK_EQ(0, cp_engine_command(engine, &control));
    CHECK_EQ(0, cp_engine_run(engine, 300));
}

/* The limits as they are but for one, and one of a symbol's own. */
static inline cp_control lives_limits(const cp_config *config, uint32_t life)
{
    cp_control control = { .kind = CP_CONTROL_LIMITS,
                           .version = 1 + life,
                           .scoped_count = 1 };
    memcpy(control.limits, config->limits, sizeof control.limits);
    memcpy(control.triggers, config->triggers, sizeof control.triggers);
    control.limits[CP_LIMIT_OPEN_ORDERS] -= life;
    control.scoped[0] = (cp_scoped_limit){ .value = control.limits[CP_LIMIT_POSITION] - 1,
                                           .scope = CP_SCOPE_SYMBOL,
                                           .limit = CP_LIMIT_POSITION };
    return control;
}

static inline void lives_ask_everything(cp_engine *engine, const cp_config *config,
                                        uint32_t life)
{
    cp_control strategy = { .kind = CP_CONTROL_STRATEGY,
                            .strategy = config->strategies[0] };
    strategy.strategy.version = 1 + life;
    strategy.strategy.hash = 2000;
    lives_tell(engine, lives_limits(config, life));
    lives_tell(engine, strategy);
    lives_tell(engine, (cp_control){ .kind = CP_CONTROL_LOOSENING,
                                     .scoped_count = 2,
                                     .scoped = { { .value = 10 }, { .value = 99 } } });
    lives_tell(engine, (cp_control){ .kind = CP_CONTROL_ORDER,
                                     .ticket = { .qty = 1,
                                                 .price = 14000,
                                                 .side = CP_BUY,
                                                 .type = CP_LIMIT,
                                                 .time_in_force = CP_DAY } });
    lives_tell(engine, (cp_control){ .kind = CP_CONTROL_HALT_SYMBOL, .target = 1 });
    lives_tell(engine, (cp_control){ .kind = CP_CONTROL_RESUME_SYMBOL, .target = 1 });
    lives_tell(engine, (cp_control){ .kind = CP_CONTROL_CANCEL_ALL });
}

/* The order sent last is on its way: it is taken back, as if the link had not had it. */
static inline void lives_drop(cp_engine *engine)
{
    cp_delay *link = &engine->order_delay;
    cp_order order = { .kind = 0 };
    for (int tries = 0; order.kind != CP_ORDER_NEW; tries++) {
        CHECK(tries < 100000);
        CHECK_EQ(0, cp_engine_run(engine, 1));
        if (link->put_count > link->taken_count)
            memcpy(&order, link->lines[(link->put_count - 1) & link->mask].line,
                   sizeof order);
    }
    cp_engine_record_begin(engine, engine->clock.base_ns);
    cp_engine_record_drop(engine, &order, engine->clock.base_ns);
    cp_engine_record_step(engine);
    link->put_count--;
}

/* One that pays what it must, where no order of ours is in its way; and nobody hears of
 * it any more. */
static inline void lives_leave_in_flight(cp_engine *engine)
{
    lives_tell(engine, (cp_control){ .kind = CP_CONTROL_MODE, .target = 1 });
    uint64_t sent = engine->order_delay.put_count;
    cp_control control = { .kind = CP_CONTROL_ORDER,
                           .who = "ann",
                           .ticket = { .qty = 1,
                                       .symbol = 1,
                                       .side = CP_BUY,
                                       .type = CP_MARKET,
                                       .time_in_force = CP_IOC } };
    CHECK_EQ(0, cp_engine_command(engine, &control));
    CHECK_EQ(sent + 1, engine->order_delay.put_count);
}

static inline cp_engine *lives_begin(memory_store *store, const cp_config *config,
                                     bool new_day)
{
    cp_engine *engine = journal_kit_open(config, store);
    if (new_day) {
        engine->new_day = true;
        cp_desk_recover_new_day(engine->desk);
    }
    CHECK_EQ(0, cp_engine_record_start(engine));
    CHECK_EQ(0, cp_engine_run(engine, 2000));
    return engine;
}

/* All that was published is in the files, and the ring is gone with the power. */
static inline void lives_power_off(cp_engine *engine, memory_store *store)
{
    CHECK_EQ(0, cp_journal_flush(engine->journal, engine->clock.base_ns));
    journal_kit_kill(engine);
    memory_drop_head(store);
}

static inline void lives_live(memory_store *store)
{
    cp_config config = lives_config();
    cp_engine *engine = lives_begin(store, &config, false);
    lives_ask_everything(engine, &config, 1);
    lives_drop(engine);
    lives_leave_in_flight(engine);
    lives_power_off(engine, store);

    engine = lives_begin(store, &config, true);
    cp_engine_destroy(engine); /* in order */

    config.journal.segment_records = 4096; /* the rest in one file */
    engine = lives_begin(store, &config, true);
    lives_ask_everything(engine, &config, 3);
    CHECK_EQ(0, cp_engine_run(engine, 1000));
    lives_drop(engine);
    CHECK_EQ(0, cp_engine_run(engine, 1000));
    lives_power_off(engine, store);
}

/* ---- where a record stands ---------------------------------------------------------------- */

static inline cp_journal_record *lives_at(const memory_store *store, uint32_t file,
                                          uint64_t index)
{
    return (cp_journal_record *)(void *)(store->files[file].bytes +
                                         index * CP_JOURNAL_RECORD_SIZE);
}

static inline uint64_t lives_count(const memory_store *store, uint32_t file)
{
    return store->files[file].size / CP_JOURNAL_RECORD_SIZE;
}

#endif /* CP_JOURNAL_LIVES_H */
