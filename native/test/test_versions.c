/* What strategies ran with: kept, bounded, and the same after a restart. And what is only
 * for the record: a loosening that was asked for. */
#include "journal_kit.h"

static char error[CP_ERROR_SIZE];

static cp_control changed(const cp_config *config, uint32_t slot, uint64_t version,
                          double value)
{
    cp_control control = { .kind = CP_CONTROL_STRATEGY,
                           .target = slot,
                           .strategy = config->strategies[slot],
                           .who = "ann",
                           .why = "because" };
    control.strategy.version = version;
    control.strategy.hash = version * 1000 + slot;
    control.strategy.parameters[0] = value;
    return control;
}

static void tell(cp_engine *engine, const cp_control *control)
{
    CHECK_EQ(0, cp_engine_command(engine, control));
    CHECK_EQ(0, cp_engine_run(engine, 3000));
}

/* The latest `count` versions of a name, newest first, are these. */
static void versions_are(const cp_engine *engine, const char *name, uint32_t count,
                         const uint64_t *numbers)
{
    cp_strategy_version kept[CP_VERSION_MAX];
    uint32_t all = cp_engine_versions(engine, kept), found = 0;
    for (uint32_t i = all; i-- > 0;) {
        if (strcmp(kept[i].name, name) != 0)
            continue;
        CHECK(found < count);
        CHECK_EQ(numbers[found], kept[i].version);
        found++;
    }
    CHECK_EQ(count, found);
}

static uint64_t version_of(const cp_engine *engine, uint32_t slot)
{
    return cp_desk_strategy(engine->desk, slot)->version;
}

static void are_the_same_after_a_kill_and_numbers_go_on(void)
{
    memory_store store = { .count = 0 };
    cp_config config = journal_kit_config(31);
    for (uint32_t i = 0; i < 3; i++) {
        config.strategies[i].version = 1;
        config.strategies[i].hash = 1000 + i;
    }
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    double value = config.strategies[0].parameters[0] + 1;
    for (uint64_t version = 2; version <= 7; version++) {
        cp_control control = changed(&config, 0, version, value + (double)version);
        tell(engine, &control);
    }
    journal_kit_kill(engine);

    /* The file has been put back meanwhile: that is one more version. */
    engine = journal_kit_open(&config, &store);
    versions_are(engine, "s0", 6, (const uint64_t[]){ 8, 7, 6, 5, 4, 3 });
    versions_are(engine, "s1", 1, (const uint64_t[]){ 1 });
    CHECK_EQ(8, version_of(engine, 0));
    CHECK_EQ(1, version_of(engine, 1));
    const cp_strategy_version *last = cp_versions_find(&engine->versions, "s0");
    CHECK_EQ(0, last->who[0]);
    CHECK(last->parameters[0] == config.strategies[0].parameters[0]);
    CHECK_EQ(cp_strategy_layout(config.strategies[0].kind), last->layout);
    journal_kit_kill(engine); /* and it was never started */

    /* As the journal has it: it is the version that it was. */
    cp_control control = changed(&config, 0, 7, value + 7);
    config.strategies[0] = control.strategy;
    config.strategies[0].version = 1;
    cp_strategy_version kept[2][CP_VERSION_MAX];
    uint32_t counts[2];
    for (int round = 0; round < 2; round++) {
        engine = journal_kit_open(&config, &store);
        versions_are(engine, "s0", 6, (const uint64_t[]){ 7, 6, 5, 4, 3, 2 });
        CHECK_EQ(7, version_of(engine, 0));
        last = cp_versions_find(&engine->versions, "s0");
        CHECK(strcmp(last->who, "ann") == 0);
        CHECK(last->parameters[0] == value + 7);
        CHECK(last->wall_ns > 0);
        counts[round] = cp_engine_versions(engine, kept[round]);
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_engine_run(engine, 3000));
        journal_kit_kill(engine);
    }
    CHECK_EQ(counts[0], counts[1]);
    CHECK(memcmp(kept[0], kept[1], counts[0] * sizeof kept[0][0]) == 0);
    memory_free(&store);
}

static void go_through_many_files(void)
{
    memory_store store = { .count = 0 };
    cp_config config = journal_kit_config(32);
    config.journal.segment_records = 128; /* many snapshots */
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    double value = config.strategies[1].parameters[0] + 1;
    for (uint64_t version = 2; version <= 30; version++) {
        cp_control control = changed(&config, 1, version, value + (double)version);
        tell(engine, &control);
    }
    CHECK(store.count > 3);
    journal_kit_kill(engine);
    /* All of them from the start on, and the latest alone: the same. */
    config.strategies[1] = changed(&config, 1, 30, value + 30).strategy;
    for (int round = 0; round < 2; round++) {
        engine = journal_kit_open(&config, &store);
        CHECK_EQ(30, version_of(engine, 1));
        versions_are(engine, "s1", 6, (const uint64_t[]){ 30, 29, 28, 27, 26, 25 });
        journal_kit_kill(engine);
    }
    memory_free(&store);
}

static void of_those_gone_the_oldest_make_room(void)
{
    cp_config config = journal_kit_config(33);
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        config.strategies[i] = config.strategies[0];
        snprintf(config.strategies[i].name, CP_NAME_SIZE, "here%u", i);
    }
    cp_desk *desk;
    CHECK_EQ(0, cp_desk_create(&desk, &config, error));
    static cp_versions versions;
    cp_strategy_version one = { .version = 1 };
    for (uint32_t round = 0; round < 7; round++) {
        for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
            one.version++;
            snprintf(one.name, CP_NAME_SIZE, "here%u", i);
            cp_versions_add(&versions, &one, desk);
        }
        for (uint32_t i = 0; i < 30; i++) {
            one.version++;
            snprintf(one.name, CP_NAME_SIZE, "gone%u.%u", round, i);
            cp_versions_add(&versions, &one, desk);
        }
    }
    CHECK_EQ(CP_VERSION_MAX, versions.count);
    uint32_t here = 0;
    for (uint32_t i = 0; i < versions.count; i++)
        here += strncmp(versions.kept[i].name, "here", 4) == 0;
    CHECK_EQ(CP_STRATEGY_MAX * CP_VERSION_EACH, here);
    CHECK_EQ(one.version, versions.latest);
    CHECK(cp_versions_find(&versions, "gone6.29") != NULL);
    CHECK(cp_versions_find(&versions, "gone0.0") == NULL);
    cp_desk_destroy(desk);
}

static void records_that_are_not_so_written_are_refused(void)
{
    static cp_versions versions;
    cp_journal_record record = { .kind = CP_JOURNAL_PARAMETERS, .part = 1 };
    CHECK_EQ(-EBADMSG, cp_versions_take(&versions, &record));
    record.part = 3;
    CHECK_EQ(-EBADMSG, cp_versions_take(&versions, &record));
    record.part = 0;
    CHECK_EQ(0, cp_versions_take(&versions, &record));
    record.part = 2;
    CHECK_EQ(-EBADMSG, cp_versions_take(&versions, &record));
    /* A name without an end. */
    for (uint16_t part = 0; part < 3; part++) {
        memset(record.body, 'x', sizeof record.body);
        record.part = part;
        CHECK_EQ(part == 2 ? -EBADMSG : 0, cp_versions_take(&versions, &record));
    }
    CHECK_EQ(0, versions.count);
    /* A journal from before there were any: its numbers count. */
    cp_journal_strategy body = { .version = 41, .used = 1 };
    record = (cp_journal_record){ .kind = CP_JOURNAL_STRATEGY };
    memcpy(record.body, &body, sizeof body);
    CHECK_EQ(0, cp_versions_take(&versions, &record));
    CHECK_EQ(41, versions.latest);
}

static void what_a_row_of_values_stands_for_is_told_apart(void)
{
    for (uint32_t a = 0; a < cp_strategy_kind_count(); a++)
        for (uint32_t b = 0; b < cp_strategy_kind_count(); b++)
            CHECK_EQ(a == b, cp_strategy_layout(a) == cp_strategy_layout(b));
    CHECK_EQ(0, cp_strategy_layout(UINT32_MAX));
}

/* ---- for the record alone ------------------------------------------------------------ */

static uint32_t count_controls(const memory_store *store, uint32_t kind, uint32_t mode)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < store->count; i++) {
        const memory_file *file = &store->files[i];
        for (uint64_t at = 0; at < file->size; at += sizeof(cp_journal_record)) {
            cp_journal_record record;
            cp_journal_control body;
            memcpy(&record, file->bytes + at, sizeof record);
            memcpy(&body, record.body, sizeof body);
            count += record.kind == CP_JOURNAL_CONTROL && record.part == 0 &&
                     body.kind == kind && body.mode == mode && body.part_count == 3;
        }
    }
    return count;
}

static void a_loosening_that_is_asked_for_is_recorded_and_changes_nothing(void)
{
    memory_store store = { .count = 0 };
    cp_config config = journal_kit_config(34);
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    CHECK_EQ(0, cp_engine_run(engine, 3000));
    uint64_t hash = engine->desk_picture.limits_hash;
    uint8_t chain[32];
    for (uint32_t mode = 0; mode < CP_LOOSENING_COUNT; mode++) {
        memcpy(chain, engine->journal->chain, sizeof chain);
        cp_control control = { .kind = CP_CONTROL_LOOSENING,
                               .mode = mode,
                               .scoped_count = 2,
                               .who = "ann",
                               .why = "because" };
        control.scoped[0] = (cp_scoped_limit){ .value = 10, .limit = CP_LIMIT_POSITION };
        control.scoped[1] = (cp_scoped_limit){ .value = 99, .limit = CP_LIMIT_POSITION };
        tell(engine, &control);
        CHECK(memcmp(chain, engine->journal->chain, sizeof chain) != 0);
        CHECK_EQ(hash, engine->desk_picture.limits_hash);
        CHECK_EQ(CP_RISK_ACTIVE, engine->desk_picture.risk_state);
        CHECK_EQ(1, count_controls(&store, CP_CONTROL_LOOSENING, mode));
    }
    cp_control bad = { .kind = CP_CONTROL_LOOSENING, .scoped_count = UINT32_MAX };
    tell(engine, &bad); /* no more of it is read than there is */
    journal_kit_kill(engine);
    engine = journal_kit_open(&config, &store); /* and it is no hindrance */
    journal_kit_kill(engine);
    memory_free(&store);
}

int main(void)
{
    RUN(are_the_same_after_a_kill_and_numbers_go_on);
    RUN(go_through_many_files);
    RUN(of_those_gone_the_oldest_make_room);
    RUN(records_that_are_not_so_written_are_refused);
    RUN(what_a_row_of_values_stands_for_is_told_apart);
    RUN(a_loosening_that_is_asked_for_is_recorded_and_changes_nothing);
}
