/* The journal: what is written comes back, whatever was done to it is found out, and what
 * cannot be written stops trading. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/sha256.h"
#include "journal_kit.h"

static char error[CP_ERROR_SIZE];

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRIALS 30
#else
#define TRIALS 300
#endif

/* ---- checksums ---- */

static void checksums_are_the_published_ones(void)
{
    CHECK_EQ(0xe3069283, cp_crc32c("123456789", 9));
    CHECK_EQ(0xe3069283, cp_crc32c_by_table("123456789", 9));
    uint8_t zeros[32] = { 0 }; /* RFC 3720, B.4 */
    CHECK_EQ(0x8a9136aa, cp_crc32c(zeros, sizeof zeros));
    cp_random random;
    cp_random_init(&random, 1);
    uint8_t bytes[300];
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)cp_random_u64(&random);
    for (uint32_t size = 0; size < sizeof bytes; size++)
        CHECK_EQ(cp_crc32c_by_table(bytes, size), cp_crc32c(bytes, size));
}

static void digests_are_the_published_ones(void)
{
    /* FIPS 180-4's examples: none, one and two blocks. */
    static const struct {
        const char *text;
        uint8_t head[4];
    } known[] = {
        { "", { 0xe3, 0xb0, 0xc4, 0x42 } },
        { "abc", { 0xba, 0x78, 0x16, 0xbf } },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          { 0x24, 0x8d, 0x6a, 0x61 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        cp_sha256 sha;
        uint8_t digest[CP_SHA256_SIZE];
        cp_sha256_init(&sha);
        cp_sha256_add(&sha, known[i].text, strlen(known[i].text));
        cp_sha256_finish(&sha, digest);
        CHECK(memcmp(digest, known[i].head, 4) == 0);
    }
}

/* ---- a session, and what is left of it ---- */

static uint64_t hash_of(const cp_engine *engine)
{
    return cp_desk_journal_hash(engine->desk);
}

/* A desk has traded and was killed: its files, its ring, its state. */
static uint64_t trade_and_die(memory_store *store, uint64_t seed, uint32_t level,
                              uint64_t events)
{
    cp_config config = journal_kit_config(seed);
    config.journal.level = level;
    cp_engine *engine = journal_kit_open(&config, store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    CHECK_EQ(0, cp_engine_run(engine, events));
    CHECK(engine->journal->next > 200);
    uint64_t hash = hash_of(engine);
    journal_kit_kill(engine);
    return hash;
}

/* The state of a desk that goes on from the store, without the ids it skips. */
static int recover(memory_store *store, uint64_t *hash, cp_journal_end *end,
                   uint64_t *last)
{
    cp_config config = journal_kit_config(1);
    memory_store copy;
    memory_copy(&copy, store);
    cp_engine *engine;
    int result = journal_kit_try(&engine, &config, &copy, error);
    *end = CP_END_QUARANTINED;
    if (result == 0) {
        *hash = hash_of(engine);
        *end = engine->journal->end;
        *last = engine->journal->last;
        journal_kit_kill(engine);
    }
    memory_free(&copy);
    return result;
}

static void goes_on_from_the_ring_and_the_files(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        memory_store store = { .count = 0 };
        cp_config config = journal_kit_config(seed);
        cp_engine *engine = journal_kit_open(&config, &store);
        CHECK_EQ(CP_END_FRESH, engine->journal->end);
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_engine_run(engine, 5000 * seed));
        CHECK(engine->desk_picture.counters.fill_count > 0);
        uint64_t last = engine->journal->next - 1;
        /* Ids set aside are left behind: as if they had been used. */
        cp_desk_skip_ids(engine->desk, engine->ids_end);
        uint64_t hash = hash_of(engine);
        journal_kit_kill(engine);

        cp_engine *again = journal_kit_open(&config, &store);
        CHECK_EQ(CP_END_CRASHED, again->journal->end);
        CHECK_EQ(last, again->journal->last);
        CHECK(hash == hash_of(again));
        CHECK(hash == again->recovered_hash);
        /* And it trades. */
        uint64_t first_id = cp_desk_next_id(again->desk);
        CHECK_EQ(0, cp_engine_record_start(again));
        CHECK_EQ(0, cp_engine_run(again, 20000));
        CHECK(cp_desk_next_id(again->desk) > first_id);
        cp_engine_destroy(again);

        cp_engine *ended = journal_kit_open(&config, &store);
        CHECK_EQ(CP_END_ENDED, ended->journal->end);
        journal_kit_kill(ended);
        memory_free(&store);
    }
}

static void a_second_restart_changes_nothing(void)
{
    memory_store store = { .count = 0 };
    trade_and_die(&store, 3, CP_JOURNAL_BACKGROUND, 20000);
    uint64_t hashes[3], last;
    cp_config config = journal_kit_config(3);
    for (int i = 0; i < 3; i++) {
        cp_engine *engine = journal_kit_open(&config, &store);
        /* What was set aside and not used is left behind each time. */
        cp_journal_state state;
        cp_desk_get_state(engine->desk, &state);
        hashes[i] = cp_mix(hash_of(engine), 0) ^ cp_mix(hash_of(engine), 0);
        hashes[i] += (uint64_t)engine->desk_picture.symbols[0].position * 31 +
                     (uint64_t)engine->desk_picture.symbols[1].position +
                     (uint64_t)engine->desk_picture.working_count * 1000003 +
                     (uint64_t)engine->desk_picture.realised;
        last = engine->journal->last;
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK(engine->journal->next > last);
        journal_kit_kill(engine);
    }
    CHECK(hashes[0] == hashes[1] && hashes[1] == hashes[2]);
    memory_free(&store);
}

/* ---- broken files ---- */

static memory_file *last_file(memory_store *store)
{
    return &store->files[store->count - 1];
}

static void a_loss_of_power_keeps_all_that_was_synced(void)
{
    cp_random random;
    cp_random_init(&random, 7);
    uint32_t torn = 0;
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        memory_store store = { .count = 0 };
        cp_config config = journal_kit_config(trial);
        config.journal.level = CP_JOURNAL_BACKGROUND;
        cp_engine *engine = journal_kit_open(&config, &store);
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_engine_run(engine, 500 + cp_random_below(&random, 4000)));
        /* Written, and the sync did not come any more. */
        cp_journal *journal = engine->journal;
        journal->sync_ns = UINT64_MAX;
        CHECK_EQ(0, cp_engine_run(engine, cp_random_below(&random, 4000)));
        uint64_t synced = atomic_load(&journal->synced);
        journal_kit_kill(engine);
        memory_lose_power(&store, &random);

        uint64_t hash, last = 0;
        cp_journal_end end;
        int result = recover(&store, &hash, &end, &last);
        if (result != 0)
            fprintf(stderr, "trial %llu: %s\n", (unsigned long long)trial, error);
        CHECK_EQ(0, result);
        CHECK(last >= synced);
        torn += last > synced;
        memory_free(&store);
    }
    CHECK(torn > TRIALS / 30);
}

static void a_file_that_is_missing_is_damage(void)
{
    memory_store store = { .count = 0 };
    trade_and_die(&store, 8, CP_JOURNAL_MAPPED, 60000);
    memory_drop_head(&store);
    CHECK(store.count >= 3);
    uint64_t hash, last;
    cp_journal_end end;
    /* The newest has no snapshot: reading begins in the one before, which is gone. */
    memory_file *newest = last_file(&store);
    newest->size = 2 * CP_JOURNAL_RECORD_SIZE;
    CHECK_EQ(0, recover(&store, &hash, &end, &last));
    memory_file gone = store.files[store.count - 2];
    store.files[store.count - 2] = *newest;
    store.count--;
    CHECK_EQ(-EBADMSG, recover(&store, &hash, &end, &last));
    free(gone.bytes);
    memory_free(&store);
}

static void set_version(memory_store *store, uint32_t version)
{
    cp_journal_record *first = (cp_journal_record *)(void *)last_file(store)->bytes;
    cp_journal_segment segment;
    memcpy(&segment, first->body, sizeof segment);
    segment.version = version;
    memcpy(first->body, &segment, sizeof segment);
    first->crc = cp_crc32c(first, offsetof(cp_journal_record, crc));
}

static void formats_of_before_are_read_and_later_ones_are_not(void)
{
    memory_store store = { .count = 0 };
    trade_and_die(&store, 9, CP_JOURNAL_MAPPED, 8000);
    memory_drop_head(&store);
    uint64_t hash, last;
    cp_journal_end end;
    for (uint32_t version = 0; version <= CP_JOURNAL_VERSION + 1; version++) {
        bool known = version >= CP_JOURNAL_OLDEST && version <= CP_JOURNAL_VERSION;
        set_version(&store, version);
        CHECK_EQ(known ? 0 : -EBADMSG, recover(&store, &hash, &end, &last));
        char said[32];
        snprintf(said, sizeof said, "of format %u;", version);
        CHECK(known || strstr(error, said) != NULL);
    }
    memory_free(&store);
}

/* The venue's tiers, crosses and all: what it charged, not what the instruments say. */
static void what_was_charged_comes_back(void)
{
    memory_store store = { .count = 0 };
    cp_config config = journal_kit_config(4);
    config.rules.tier_count = 2;
    config.rules.tiers[0] = (cp_fee_tier){ .maker_fee = 700001, .taker_fee = 5 };
    config.rules.tiers[1] = (cp_fee_tier){ .from_qty = 50, .maker_fee = 33 };
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    CHECK_EQ(0, cp_engine_run(engine, 60000));
    CHECK(engine->desk_picture.counters.fill_count > 10);
    int64_t charged = 0;
    for (uint32_t i = 0; i < config.symbol_count; i++)
        charged += engine->venue_picture.drop_copies[i].fees;
    cp_desk_read(engine->desk, &engine->desk_picture, 0);
    CHECK_EQ(charged, engine->desk_picture.fees);
    journal_kit_kill(engine);

    cp_engine *again = journal_kit_open(&config, &store);
    cp_desk_read(again->desk, &again->desk_picture, 0);
    CHECK_EQ(charged, again->desk_picture.fees);
    journal_kit_kill(again);
    memory_free(&store);
}

/* As it was written over the wire until version 3. */
static void leave_fees_out(memory_store *store)
{
    for (uint64_t at = 0; at < last_file(store)->size; at += CP_JOURNAL_RECORD_SIZE) {
        cp_journal_record *record =
            (cp_journal_record *)(void *)(last_file(store)->bytes + at);
        cp_report report;
        memcpy(&report, record->body, sizeof report);
        if (record->kind != CP_JOURNAL_REPORT || report.kind != CP_REPORT_EXECUTED)
            continue;
        report.fee = 0;
        memcpy(record->body, &report, sizeof report);
        record->crc = cp_crc32c(record, offsetof(cp_journal_record, crc));
    }
}

static void fees_that_were_left_out_are_the_instrument_s_own(void)
{
    memory_store store = { .count = 0 };
    uint64_t traded = trade_and_die(&store, 9, CP_JOURNAL_MAPPED, 8000);
    memory_drop_head(&store);
    uint64_t hashes[3], last;
    cp_journal_end end;
    CHECK_EQ(0, recover(&store, &hashes[0], &end, &last));
    CHECK(traded != 0 && store.count == 1);
    leave_fees_out(&store);
    set_version(&store, 3);
    CHECK_EQ(0, recover(&store, &hashes[1], &end, &last));
    CHECK(hashes[0] == hashes[1]);
    set_version(&store, 4); /* since then nothing is nothing: a cross is free */
    CHECK_EQ(0, recover(&store, &hashes[2], &end, &last));
    CHECK(hashes[0] != hashes[2]);
    memory_free(&store);
}

static void records_that_do_not_follow_are_refused(void)
{
    memory_store store = { .count = 0 };
    trade_and_die(&store, 10, CP_JOURNAL_MAPPED, 8000);
    memory_drop_head(&store);
    memory_file *file = last_file(&store);
    uint64_t hash, last;
    cp_journal_end end;
    uint32_t refused = 0;
    /* Whole by their checksums, and of another life. */
    for (uint64_t at = 0; at < file->size; at += CP_JOURNAL_RECORD_SIZE) {
        cp_journal_record *record = (cp_journal_record *)(void *)(file->bytes + at);
        if (record->kind != CP_JOURNAL_ORDER)
            continue;
        cp_journal_order body;
        memcpy(&body, record->body, sizeof body);
        if (body.order.kind != CP_ORDER_NEW)
            continue;
        cp_journal_record was = *record;
        body.order.client_id = 1;
        body.order.side = 7;
        memcpy(record->body, &body, sizeof body);
        record->crc = cp_crc32c(record, offsetof(cp_journal_record, crc));
        CHECK_EQ(-EBADMSG, recover(&store, &hash, &end, &last));
        CHECK(strstr(error, "does not follow") != NULL);
        *record = was;
        refused++;
        if (refused == 20)
            break;
    }
    CHECK(refused > 0);
    memory_free(&store);
}

/* ---- what a restart has no home for ---- */

static void a_position_without_an_instrument_is_refused(void)
{
    memory_store store = { .count = 0 };
    cp_config config = journal_kit_config(11);
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    cp_desk_picture *picture = &engine->desk_picture;
    do
        CHECK_EQ(0, cp_engine_run(engine, 500));
    while (picture->symbols[1].position == 0);
    journal_kit_kill(engine);
    config.symbol_count = 1;
    config.strategies[1].used = 0;
    CHECK_EQ(-EINVAL, journal_kit_try(&engine, &config, &store, error));
    CHECK(strstr(error, "S1") != NULL);
    memory_free(&store);
}

static void instruments_and_strategies_are_known_by_their_names(void)
{
    memory_store store = { .count = 0 };
    cp_config config = journal_kit_config(12);
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    cp_desk_picture *picture = &engine->desk_picture;
    do
        CHECK_EQ(0, cp_engine_run(engine, 500));
    while (picture->symbols[0].position == 0 || picture->symbols[1].position == 0 ||
           picture->symbols[0].position == picture->symbols[1].position);
    int64_t first = picture->symbols[0].position, second = picture->symbols[1].position;
    int64_t quoted = picture->strategies[0].position;
    journal_kit_kill(engine);

    cp_instrument instrument = config.instruments[0];
    config.instruments[0] = config.instruments[1];
    config.instruments[1] = instrument;
    cp_strategy_config strategy = config.strategies[0];
    config.strategies[0] = config.strategies[1];
    config.strategies[1] = strategy;
    config.strategies[1].symbol = 1; /* the same market as before */
    config.strategies[0].symbol = 0;
    engine = journal_kit_open(&config, &store);
    picture = &engine->desk_picture;
    CHECK_EQ(first, picture->symbols[1].position);
    CHECK_EQ(second, picture->symbols[0].position);
    CHECK_EQ(quoted, picture->strategies[1].position);
    journal_kit_kill(engine);
    memory_free(&store);
}

/* ---- trouble ---- */

static uint64_t sent_of(const cp_engine *engine)
{
    return engine->desk_picture.counters.order_count;
}

static void trouble_halts(cp_mishap_point point, cp_journal_trouble trouble)
{
    cp_mishaps_reset(1);
    memory_store store = { .count = 0 };
    cp_config config = journal_kit_config(13);
    cp_engine *engine = journal_kit_open(&config, &store);
    CHECK_EQ(0, cp_engine_record_start(engine));
    CHECK_EQ(0, cp_engine_run(engine, 5000));
    CHECK_EQ(CP_RISK_ACTIVE, engine->desk_picture.risk_state);
    CHECK(engine->desk_picture.working_count > 0);
    atomic_store(&cp_mishap_chance[point], 65536);
    CHECK_EQ(0, cp_engine_run(engine, 60000)); /* more than the second a stall may take */
    CHECK_EQ(CP_RISK_HALTED, engine->desk_picture.risk_state);
    CHECK_EQ(trouble, engine->desk_picture.journal.trouble);
    CHECK_EQ(0, engine->desk_picture.working_count); /* cancels went out all the same */
    uint64_t sent = sent_of(engine), syncs = store.sync_count, writes = store.write_count;

    /* It is over, and nobody tries again. */
    atomic_store(&cp_mishap_chance[point], 0);
    CHECK_EQ(0, cp_engine_run(engine, 2000));
    CHECK_EQ(0, cp_engine_command(engine, &(cp_control){ .kind = CP_CONTROL_UNHALT }));
    CHECK_EQ(0, cp_engine_command(engine, &(cp_control){ .kind = CP_CONTROL_RESUME }));
    CHECK_EQ(0, cp_engine_run(engine, 20000));
    if (trouble != CP_TROUBLE_STALLED) {
        CHECK_EQ(CP_RISK_HALTED, engine->desk_picture.risk_state);
        CHECK_EQ(sent, sent_of(engine));
        CHECK_EQ(syncs, store.sync_count);
        CHECK_EQ(writes, store.write_count);
    } else {
        CHECK_EQ(CP_TROUBLE_NONE, engine->desk_picture.journal.trouble);
        CHECK(sent_of(engine) > sent);
    }
    journal_kit_kill(engine);
    /* What was safe is there. */
    uint64_t hash, last;
    cp_journal_end end;
    CHECK_EQ(0, recover(&store, &hash, &end, &last));
    memory_free(&store);
}

static void a_failed_write_halts_and_is_not_tried_again(void)
{
    trouble_halts(CP_MISHAP_JOURNAL_WRITE, CP_TROUBLE_WRITE);
}

static void a_full_disk_halts_and_is_not_tried_again(void)
{
    trouble_halts(CP_MISHAP_JOURNAL_SHORT, CP_TROUBLE_WRITE);
    trouble_halts(CP_MISHAP_JOURNAL_NO_FILE, CP_TROUBLE_WRITE);
}

static void a_failed_sync_halts_and_is_not_tried_again(void)
{
    trouble_halts(CP_MISHAP_JOURNAL_SYNC, CP_TROUBLE_SYNC);
}

static void a_writer_that_stalls_halts_until_it_is_well(void)
{
    trouble_halts(CP_MISHAP_JOURNAL_STALL, CP_TROUBLE_STALLED);
}

/* A record is of its step's beginning. The writer is not late because the step was long, and
 * is late a second after it could have been written, whatever else is published meanwhile. */
static void a_long_step_is_not_a_late_writer(void)
{
    for (uint32_t level = CP_JOURNAL_MAPPED; level <= CP_JOURNAL_SYNCED; level++) {
        memory_store store = { .count = 0 };
        cp_config config = journal_kit_config(20);
        config.journal.level = level;
        cp_engine *engine = journal_kit_open(&config, &store);
        cp_journal *journal = engine->journal;
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_journal_flush(journal, 0));
        const uint64_t step_ns = 5 * (uint64_t)CP_JOURNAL_STALL_NS; /* what it takes */
        uint64_t now_ns = engine->clock.base_ns + CP_JOURNAL_STALL_NS;
        for (int i = 0; i < 3; i++) {
            cp_note note = { .kind = CP_NOTE_FAULT };
            CHECK(cp_journal_add(journal, CP_JOURNAL_NOTE, 0, now_ns, &note,
                                 sizeof note) != 0);
            now_ns += step_ns;
            cp_journal_publish(journal);
            CHECK_EQ(CP_TROUBLE_NONE, cp_journal_look(journal, now_ns));
            CHECK_EQ(CP_TROUBLE_NONE,
                     cp_journal_look(journal, now_ns + CP_JOURNAL_STALL_NS));
            CHECK_EQ(0, cp_journal_flush(journal, now_ns));
            CHECK_EQ(CP_TROUBLE_NONE, cp_journal_look(journal, now_ns + step_ns));
        }
        /* One a millisecond, and a look at each: none is written. */
        uint64_t looks = 0;
        now_ns += step_ns;
        cp_journal_trouble trouble = CP_TROUBLE_NONE;
        for (; trouble == CP_TROUBLE_NONE && looks < 3000; looks++) {
            cp_note note = { .kind = CP_NOTE_FAULT };
            cp_journal_add(journal, CP_JOURNAL_NOTE, 0, now_ns, &note, sizeof note);
            cp_journal_publish(journal);
            trouble = cp_journal_look(journal, now_ns);
            now_ns += 1000000;
        }
        CHECK_EQ(CP_TROUBLE_STALLED, trouble);
        CHECK_EQ(CP_JOURNAL_STALL_NS / 1000000 + 2, looks);
        CHECK_EQ(0, cp_journal_flush(journal, now_ns));
        CHECK_EQ(CP_TROUBLE_NONE, cp_journal_look(journal, now_ns));
        journal_kit_kill(engine);
        memory_free(&store);
    }
}

static void a_halt_survives_the_restart_and_a_stop_does_not(void)
{
    for (int stop = 0; stop < 2; stop++) {
        memory_store store = { .count = 0 };
        cp_config config = journal_kit_config(14);
        cp_engine *engine = journal_kit_open(&config, &store);
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_engine_run(engine, 5000));
        cp_control control = { .kind = stop ? CP_CONTROL_STOP : CP_CONTROL_HALT };
        CHECK_EQ(0, cp_engine_command(engine, &control));
        CHECK_EQ(0, cp_engine_run(engine, 5000));
        CHECK_EQ(CP_RISK_HALTED, engine->desk_picture.risk_state);
        if (stop)
            cp_engine_destroy(engine);
        else
            journal_kit_kill(engine);
        engine = journal_kit_open(&config, &store);
        CHECK_EQ(stop ? CP_RISK_ACTIVE : CP_RISK_HALTED, engine->desk_picture.risk_state);
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_engine_run(engine, 20000));
        CHECK((engine->desk_picture.counters.order_count > 0) == (stop == 1));
        journal_kit_kill(engine);
        memory_free(&store);
    }
}

static void what_the_operator_has_set_the_desk_to_survives(void)
{
    const struct {
        cp_control_kind kind;
        cp_risk_state state;
    } cases[] = { { CP_CONTROL_PAUSE, CP_RISK_PAUSED },
                  { CP_CONTROL_REDUCE, CP_RISK_REDUCING },
                  { CP_CONTROL_HALT, CP_RISK_HALTED } };
    for (size_t i = 0; i < 3; i++) {
        memory_store store = { .count = 0 };
        cp_config config = journal_kit_config(15);
        cp_engine *engine = journal_kit_open(&config, &store);
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_engine_run(engine, 5000));
        cp_control control = { .kind = cases[i].kind };
        CHECK_EQ(0, cp_engine_command(engine, &control));
        CHECK_EQ(0, cp_engine_run(engine, 5000));
        journal_kit_kill(engine);
        engine = journal_kit_open(&config, &store);
        CHECK_EQ(cases[i].state, engine->desk_picture.risk_state);
        CHECK_EQ(0, cp_engine_record_start(engine));
        CHECK_EQ(0, cp_engine_run(engine, 20000));
        CHECK_EQ(cases[i].state, engine->desk_picture.risk_state);
        journal_kit_kill(engine);
        memory_free(&store);
    }
}

/* ---- files ---- */

static char directory[64];

static cp_config file_config(uint32_t level)
{
    cp_config config = journal_kit_config(21);
    config.virtual_time = 0;
    config.journal.used = 1;
    config.journal.level = level;
    snprintf(config.journal.directory, CP_PATH_SIZE, "%s", directory);
    return config;
}

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "/tmp/cockpit-test-journal-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
}

static void remove_directory(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", directory);
    CHECK_EQ(0, system(command));
}

static void pause_ms(long ms)
{
    struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&pause, NULL);
}

static cp_picture picture;

static void a_live_desk_records_at_every_level(void)
{
    for (uint32_t level = CP_JOURNAL_MAPPED; level <= CP_JOURNAL_SYNCED; level++) {
        make_directory();
        cp_config config = file_config(level);
        uint64_t sequence = 0;
        for (int round = 0; round < 3; round++) {
            cp_engine *engine;
            CHECK_EQ(0, cp_engine_create(&engine, &config, error));
            CHECK_EQ(0, cp_engine_start(engine));
            int looks = 0;
            do {
                pause_ms(20);
                cp_engine_read(engine, &picture);
                /* On a busy machine the desk may find the answers too slow, and pause. */
                cp_control resume = { .kind = CP_CONTROL_RESUME };
                if (picture.desk.risk_state == CP_RISK_PAUSED)
                    CHECK_EQ(0, cp_engine_command(engine, &resume));
                CHECK(++looks < 3000);
            } while (picture.desk.counters.ack_count < 20);
            CHECK(picture.desk.journal.used == 1);
            CHECK_EQ(level, picture.desk.journal.level);
            CHECK_EQ(round + 1, picture.desk.journal.epoch);
            CHECK_EQ(round == 0 ? CP_END_FRESH : CP_END_ENDED, picture.desk.journal.end);
            CHECK_EQ(CP_TROUBLE_NONE, picture.desk.journal.trouble);
            CHECK(picture.desk.journal.sequence > sequence + 20);
            if (level == CP_JOURNAL_SYNCED) /* what left was on disk before */
                CHECK(picture.desk.journal.synced > sequence);
            sequence = picture.desk.journal.sequence;
            cp_engine_destroy(engine);
        }
        remove_directory();
    }
}

/* As if all of it had been written so many days before; below 0: after. */
static void make_older(int64_t days)
{
    DIR *stream = opendir(directory);
    CHECK(stream != NULL);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (strstr(entry->d_name, ".journal") == NULL)
            continue;
        int fd = openat(dirfd(stream), entry->d_name, O_RDWR);
        CHECK(fd >= 0);
        cp_journal_record record;
        CHECK_EQ(sizeof record, pread(fd, &record, sizeof record, 0));
        cp_journal_segment segment;
        memcpy(&segment, record.body, sizeof segment);
        segment.wall_ns -= days * 86400000000000;
        memcpy(record.body, &segment, sizeof segment);
        record.crc = cp_crc32c(&record, offsetof(cp_journal_record, crc));
        CHECK_EQ(sizeof record, pwrite(fd, &record, sizeof record, 0));
        close(fd);
    }
    closedir(stream);
}

/* Until it has filled so often; what it holds then. */
static int64_t trade_live(cp_engine *engine, uint64_t fills)
{
    CHECK_EQ(0, cp_engine_start(engine));
    int looks = 0;
    do {
        pause_ms(20);
        cp_engine_read(engine, &picture);
        cp_control resume = { .kind = CP_CONTROL_RESUME };
        if (picture.desk.risk_state == CP_RISK_PAUSED)
            CHECK_EQ(0, cp_engine_command(engine, &resume));
        CHECK(++looks < 3000);
    } while (picture.desk.counters.fill_count < fills);
    cp_engine_stop(engine);
    cp_engine_read(engine, &picture);
    return picture.desk.symbols[0].position;
}

static void a_clock_set_back_begins_no_day(void)
{
    make_directory();
    cp_config config = file_config(CP_JOURNAL_BACKGROUND);
    cp_engine *engine;
    CHECK_EQ(0, cp_engine_create(&engine, &config, error));
    trade_live(engine, 5);
    int64_t fees = picture.desk.fees;
    CHECK(fees != 0);
    cp_engine_destroy(engine);
    make_older(-1); /* that was tomorrow */

    CHECK_EQ(0, cp_engine_create(&engine, &config, error));
    cp_engine_read(engine, &picture);
    CHECK_EQ(fees, picture.desk.fees);
    cp_engine_destroy(engine);
    remove_directory();
}

static void another_day_begins_without_profit_and_fees(void)
{
    make_directory();
    cp_config config = file_config(CP_JOURNAL_BACKGROUND);
    cp_engine *engine;
    CHECK_EQ(0, cp_engine_create(&engine, &config, error));
    int64_t held = trade_live(engine, 5);
    CHECK(picture.desk.fees != 0);
    cp_engine_destroy(engine);
    make_older(1);

    CHECK_EQ(0, cp_engine_create(&engine, &config, error));
    cp_engine_read(engine, &picture);
    CHECK_EQ(0, picture.desk.realised);
    CHECK_EQ(0, picture.desk.fees);
    CHECK_EQ(held, picture.desk.symbols[0].position);
    held = trade_live(engine, 5);
    int64_t fees = picture.desk.fees;
    CHECK(fees != 0);
    cp_engine_destroy(engine);

    CHECK_EQ(0, cp_engine_create(&engine, &config, error)); /* on the same day */
    cp_engine_read(engine, &picture);
    CHECK_EQ(fees, picture.desk.fees);
    CHECK_EQ(held, picture.desk.symbols[0].position);
    cp_engine_destroy(engine);
    remove_directory();
}

static void two_desks_do_not_share_a_journal(void)
{
    make_directory();
    cp_config config = file_config(CP_JOURNAL_BACKGROUND);
    cp_engine *one, *other;
    CHECK_EQ(0, cp_engine_create(&one, &config, error));
    CHECK_EQ(-EBUSY, cp_engine_create(&other, &config, error));
    CHECK(strstr(error, "another desk") != NULL);
    cp_engine_destroy(one);
    CHECK_EQ(0, cp_engine_create(&one, &config, error));
    cp_engine_destroy(one);
    remove_directory();
}

static void a_directory_that_cannot_be_used_is_said(void)
{
    snprintf(directory, sizeof directory, "/proc/nowhere");
    cp_config config = file_config(CP_JOURNAL_BACKGROUND);
    cp_engine *engine;
    CHECK(cp_engine_create(&engine, &config, error) < 0);
    CHECK(strstr(error, "/proc/nowhere") != NULL);
}

int main(void)
{
    RUN(checksums_are_the_published_ones);
    RUN(digests_are_the_published_ones);
    RUN(goes_on_from_the_ring_and_the_files);
    RUN(a_second_restart_changes_nothing);
    RUN(a_loss_of_power_keeps_all_that_was_synced);
    RUN(a_file_that_is_missing_is_damage);
    RUN(formats_of_before_are_read_and_later_ones_are_not);
    RUN(what_was_charged_comes_back);
    RUN(fees_that_were_left_out_are_the_instrument_s_own);
    RUN(records_that_do_not_follow_are_refused);
    RUN(a_position_without_an_instrument_is_refused);
    RUN(instruments_and_strategies_are_known_by_their_names);
    RUN(a_failed_write_halts_and_is_not_tried_again);
    RUN(a_full_disk_halts_and_is_not_tried_again);
    RUN(a_failed_sync_halts_and_is_not_tried_again);
    RUN(a_writer_that_stalls_halts_until_it_is_well);
    RUN(a_long_step_is_not_a_late_writer);
    RUN(a_halt_survives_the_restart_and_a_stop_does_not);
    RUN(what_the_operator_has_set_the_desk_to_survives);
    RUN(a_live_desk_records_at_every_level);
    RUN(a_clock_set_back_begins_no_day);
    RUN(another_day_begins_without_profit_and_fees);
    RUN(two_desks_do_not_share_a_journal);
    RUN(a_directory_that_cannot_be_used_is_said);
}
