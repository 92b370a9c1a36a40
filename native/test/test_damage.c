/* Storage that fails: every kind of record with each of its bits flipped, every byte the
 * end may be cut at. What is found is a prefix with all that was synced, or damage; the
 * state of a prefix is the one its records say (tests/journal/test_prefixes.py holds that
 * against a reader of its own).
 *
 *     test_damage             one record of a kind (CP_DAMAGE=all: every record)
 */
#include "journal_lives.h"

#if defined(__SANITIZE_THREAD__)
int main(void)
{
    puts("one thread");
    return CP_TEST_SKIPPED;
}
#else

static char error[CP_ERROR_SIZE];

#if defined(__SANITIZE_ADDRESS__)
#define STEP 13 /* of bits, and of bytes inside of a record */
#else
#define STEP 1
#endif
#define RECORD_BITS (8 * CP_JOURNAL_RECORD_SIZE)

static memory_store whole; /* every kind, in several files; the ring is gone */

/* What is found of a journal; nothing of it is changed by looking. */
static cp_journal_end look(memory_store *store, uint64_t *last)
{
    cp_journal *journal;
    cp_store given = memory_as_store(store);
    cp_journal_config config = lives_config().journal;
    int result = cp_journal_open(&journal, &given, &config, error);
    if (result != 0) {
        CHECK_EQ(-EBADMSG, result);
        *last = 0;
        return CP_END_QUARANTINED;
    }
    cp_journal_end end = journal->end;
    *last = journal->last;
    cp_journal_destroy(journal);
    return end;
}

/* The state of a desk that goes on from here; its own writing is thrown away. */
static uint64_t state_of(memory_store *store)
{
    static cp_config config;
    config = lives_config();
    cp_engine *engine;
    int result = journal_kit_try(&engine, &config, store, error);
    if (result != 0)
        fprintf(stderr, "%s\n", error);
    CHECK_EQ(0, result);
    uint64_t hash = engine->recovered_hash;
    journal_kit_kill(engine);
    return hash;
}

/* As far as `size` bytes of a file; the bytes behind stay where they are. */
static memory_store shorten(uint32_t file, uint64_t size)
{
    memory_store store = whole;
    store.count = file + 1;
    store.files[file].size = size;
    return store;
}

static uint64_t sequence_of(uint32_t file, uint64_t index)
{
    return whole.files[file].first + index;
}

static bool flips_are_damage(memory_store *store, uint32_t file, uint64_t index)
{
    uint8_t *bytes = (uint8_t *)lives_at(&whole, file, index);
    for (uint32_t bit = 0; bit < RECORD_BITS; bit += STEP) {
        uint64_t last;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cp_journal_end end = look(store, &last);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (end != CP_END_QUARANTINED) {
            fprintf(stderr, "bit %u of record %llu: found up to %llu\n", bit,
                    (unsigned long long)sequence_of(file, index),
                    (unsigned long long)last);
            return false;
        }
    }
    return true;
}

/* A record is looked at: the first of its kind and part, or any. */
static bool is_wanted(bool seen[LIVES_KINDS][16], const cp_journal_record *record)
{
    const char *given = getenv("CP_DAMAGE");
    if (given && strcmp(given, "all") == 0)
        return true;
    CHECK(record->kind < LIVES_KINDS && record->part < 16);
    bool first = !seen[record->kind][record->part];
    seen[record->kind][record->part] = true;
    return first;
}

/* Files that a restart does not read: the latest whole snapshot is behind them. */
static uint32_t first_read(const memory_store *store)
{
    for (uint32_t i = store->count; i-- > 0;)
        for (uint64_t k = 0; k < lives_count(store, i); k++)
            if (lives_at(store, i, k)->kind == CP_JOURNAL_SNAPSHOT_END)
                return i;
    return 0;
}

static void every_kind_is_there(void)
{
    bool seen[LIVES_KINDS] = { false };
    for (uint32_t i = 0; i < whole.count; i++)
        for (uint64_t k = 0; k < lives_count(&whole, i); k++)
            seen[lives_at(&whole, i, k)->kind] = true;
    for (uint32_t kind = 0; kind < LIVES_KINDS; kind++)
        if (cp_journal_kind_name(kind) && !seen[kind]) {
            fprintf(stderr, "no record of kind %s\n", cp_journal_kind_name(kind));
            CHECK(seen[kind]);
        }
}

static void a_bit_flipped_in_any_kind_of_record_is_damage(void)
{
    bool seen[LIVES_KINDS][16] = { { false } };
    uint32_t count = 0;
    for (uint32_t i = 0; i < whole.count; i++) {
        for (uint64_t k = 0; k < lives_count(&whole, i); k++) {
            bool ends_file = k + 1 == lives_count(&whole, i);
            if ((ends_file && i + 1 == whole.count) ||
                !is_wanted(seen, lives_at(&whole, i, k)))
                continue;
            /* Behind the last of a file: a file that has no whole snapshot yet. */
            memory_store store = ends_file ? shorten(i + 1, 4 * CP_JOURNAL_RECORD_SIZE)
                                           : shorten(i, whole.files[i].size);
            CHECK_EQ(i, first_read(&store));
            CHECK(flips_are_damage(&store, i, k));
            count++;
        }
    }
    uint64_t last;
    CHECK_EQ(CP_END_CRASHED, look(&whole, &last));
    printf("   %u records\n", count);
}

static void a_bit_flipped_in_any_kind_of_last_record_is_damage(void)
{
    bool seen[LIVES_KINDS][16] = { { false } };
    uint32_t count = 0;
    for (uint32_t i = 0; i < whole.count; i++) {
        for (uint64_t k = 0; k < lives_count(&whole, i); k++) {
            if (!is_wanted(seen, lives_at(&whole, i, k)))
                continue;
            memory_store store = shorten(i, (k + 1) * CP_JOURNAL_RECORD_SIZE);
            CHECK(flips_are_damage(&store, i, k));
            count++;
        }
    }
    printf("   %u records\n", count);
}

static void two_flipped_bits_are_damage_or_a_torn_end(void)
{
    cp_random random;
    cp_random_init(&random, 3);
    uint32_t torn = 0, file = whole.count - 1;
    for (uint32_t trial = 0; trial < 3000; trial++) {
        uint64_t count = lives_count(&whole, file);
        uint64_t index = trial % 2 ? count - 1 : cp_random_below(&random, count);
        uint8_t *bytes = (uint8_t *)lives_at(&whole, file, index);
        uint32_t bits[2] = { (uint32_t)cp_random_below(&random, RECORD_BITS), 0 };
        do
            bits[1] = (uint32_t)cp_random_below(&random, RECORD_BITS);
        while (bits[1] == bits[0]);
        for (int i = 0; i < 2; i++)
            bytes[bits[i] / 8] ^= (uint8_t)(1u << bits[i] % 8);
        uint64_t last;
        cp_journal_end end = look(&whole, &last);
        for (int i = 0; i < 2; i++)
            bytes[bits[i] / 8] ^= (uint8_t)(1u << bits[i] % 8);
        if (end == CP_END_QUARANTINED)
            continue;
        /* Only where nothing behind it knew it to be on disk, and never itself. */
        CHECK_EQ(sequence_of(file, index) - 1, last);
        for (uint64_t k = index + 1; k < count; k++)
            CHECK(lives_at(&whole, file, k)->synced < sequence_of(file, index));
        torn++;
    }
    CHECK(torn > 1000);
}

/* ---- in memory, and without power ---------------------------------------------------------- */

/* So many records, and the writer stood still for the last of them; the process died: only
 * the ring has those. */
static void die_with_a_ring(memory_store *store, uint64_t records)
{
    cp_mishaps_reset(1);
    cp_config config = lives_config();
    config.journal.segment_records = records > 1000 ? 4096 : 64;
    cp_engine *engine = lives_begin(store, &config, false);
    while (engine->journal->next <= records)
        CHECK_EQ(0, cp_engine_run(engine, 1000));
    atomic_store(&cp_mishap_chance[CP_MISHAP_JOURNAL_STALL], 65536);
    CHECK_EQ(0, cp_engine_run(engine, 1000));
    atomic_store(&cp_mishap_chance[CP_MISHAP_JOURNAL_STALL], 0);
    CHECK(atomic_load(&engine->journal->written) + 20 < engine->journal->next);
    journal_kit_kill(engine);
}

static void a_bit_flipped_in_memory_is_damage(void)
{
    memory_store store = { .count = 0 };
    die_with_a_ring(&store, 100);
    uint64_t last, found;
    CHECK_EQ(CP_END_CRASHED, look(&store, &last));
    for (uint64_t sequence = last - 10; sequence <= last; sequence++) {
        uint64_t slot = sequence % CP_JOURNAL_RING;
        uint8_t *bytes =
            store.head + CP_JOURNAL_HEAD_PAGE + slot * CP_JOURNAL_RECORD_SIZE;
        for (uint32_t bit = 0; bit < RECORD_BITS; bit += 3 * STEP) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK_EQ(CP_END_QUARANTINED, look(&store, &found));
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    memory_free(&store);
}

/* A store of which the n-th operation fails. */
static uint64_t operations, failing;

static bool fails(void)
{
    return ++operations == failing;
}

static int reopen_or_fail(void *self, uint32_t count, uint64_t size)
{
    return fails() ? -EIO : memory_reopen(self, count, size);
}

static int open_or_fail(void *self, uint64_t first, uint64_t size_max)
{
    return fails() ? -ENOSPC : memory_open(self, first, size_max);
}

static int write_or_fail(void *self, const void *bytes, uint64_t size)
{
    return fails() ? -ENOSPC : memory_write(self, bytes, size);
}

static int sync_or_fail(void *self)
{
    return fails() ? -EIO : memory_sync(self);
}

static int head_or_fail(void *self, uint64_t journal_id, bool make, uint8_t **memory)
{
    return make && fails() ? -ENOSPC : memory_head(self, journal_id, make, memory);
}

/* Put in order what a death has left, as a restart does first of all. */
static int put_in_order(memory_store *store, uint64_t n)
{
    cp_store given = memory_as_store(store);
    given.reopen = reopen_or_fail;
    given.open = open_or_fail;
    given.write = write_or_fail;
    given.sync = sync_or_fail;
    given.head = head_or_fail;
    cp_journal *journal;
    cp_journal_config config = lives_config().journal;
    operations = 0;
    failing = n;
    CHECK_EQ(0, cp_journal_open(&journal, &given, &config, error));
    int result = cp_journal_begin(journal);
    cp_journal_destroy(journal);
    return result;
}

static void what_fails_while_a_ring_is_saved_is_an_error_and_loses_nothing(void)
{
    memory_store dead = { .count = 0 };
    die_with_a_ring(&dead, 100);
    uint64_t last, found, opens = dead.count;
    CHECK_EQ(CP_END_CRASHED, look(&dead, &last));
    for (uint64_t n = 1;; n++) {
        memory_store store;
        memory_copy(&store, &dead);
        int result = put_in_order(&store, n);
        CHECK((result == 0) == (operations < n));
        CHECK_EQ(CP_END_CRASHED, look(&store, &found));
        CHECK_EQ(last, found);
        opens = store.count > opens ? store.count : opens;
        memory_free(&store);
        if (result == 0)
            break;
    }
    CHECK(operations > 20 && opens > dead.count); /* a segment began in the ring */
    memory_free(&dead);
}

/* Every word but the last. That is of a lap before, which may be one bit away. */
static void a_process_that_died_before_the_last_word_has_written_nothing(void)
{
    memory_store store = { .count = 0 };
    die_with_a_ring(&store, STEP == 1 ? CP_JOURNAL_RING : 100);
    uint64_t last, found;
    CHECK_EQ(CP_END_CRASHED, look(&store, &last));
    cp_journal_record *slots =
        (cp_journal_record *)(void *)(store.head + CP_JOURNAL_HEAD_PAGE);
    cp_journal_record *record = &slots[last % CP_JOURNAL_RING];
    record->commit =
        last > CP_JOURNAL_RING ? cp_journal_commit(last - CP_JOURNAL_RING) : 0;
    CHECK_EQ(CP_END_CRASHED, look(&store, &found));
    CHECK_EQ(last - 1, found);
    memory_free(&store);
}

/* Written and not yet synced: any sectors of its snapshot stay, the first or not. */
static void a_file_that_was_being_begun_when_the_power_went_is_a_torn_end(void)
{
    cp_random random;
    cp_random_init(&random, 5);
    uint32_t file = whole.count - 1, torn_first = 0;
    uint64_t snapshot = 0, last;
    while (lives_at(&whole, file, snapshot)->kind != CP_JOURNAL_SNAPSHOT_END)
        snapshot++;
    uint64_t synced = sequence_of(file, 0) - 1;
    for (uint32_t trial = 0; trial < 300; trial++) {
        memory_store store;
        memory_copy(&store, &whole);
        store.files[file].size = (snapshot + 1) * CP_JOURNAL_RECORD_SIZE;
        for (uint32_t i = 0; i < store.count; i++)
            store.files[i].synced = i < file ? store.files[i].size : 0;
        memory_lose_power(&store, &random);
        if (store.count > file && store.files[file].size >= CP_JOURNAL_RECORD_SIZE)
            torn_first += !cp_journal_is_whole(lives_at(&store, file, 0));
        CHECK(look(&store, &last) != CP_END_QUARANTINED);
        CHECK(last >= synced);
        memory_free(&store);
    }
    CHECK(torn_first > 20);
}

/* ---- cut ---------------------------------------------------------------------------------- */

typedef struct ending {
    uint32_t in_step, in_control, in_parameters, in_limits, in_snapshot;
} ending;

static bool is_begun(const cp_journal_record *record, cp_journal_kind kind)
{
    return record->kind == kind;
}

/* What the end is in the middle of. */
static void note_ending(ending *noted, const cp_journal_record *last,
                        const cp_journal_record *next, bool *in_snapshot)
{
    if (last->kind == CP_JOURNAL_SEGMENT)
        *in_snapshot = true;
    if (last->kind == CP_JOURNAL_SNAPSHOT_END)
        *in_snapshot = false;
    noted->in_snapshot += *in_snapshot;
    noted->in_control +=
        is_begun(last, CP_JOURNAL_CONTROL) &&
        (is_begun(next, CP_JOURNAL_CONTROL) || is_begun(next, CP_JOURNAL_CHAIN));
    noted->in_parameters += is_begun(next, CP_JOURNAL_PARAMETERS) && next->part > 0;
    noted->in_limits += !*in_snapshot && is_begun(last, CP_JOURNAL_LIMITS) &&
                        is_begun(next, CP_JOURNAL_LIMITS);
    noted->in_step += is_begun(last, CP_JOURNAL_ORDER) &&
                      is_begun(next, CP_JOURNAL_ORDER) && last->time_ns == next->time_ns;
}

/* The tail of a file made in advance is zeros: the same for both. */
static void cut_inside(uint32_t file, uint64_t index, uint32_t kept, uint64_t hash)
{
    uint64_t size = index * CP_JOURNAL_RECORD_SIZE, last;
    memory_store store = shorten(file, size + kept);
    CHECK(look(&store, &last) != CP_END_QUARANTINED);
    CHECK_EQ(sequence_of(file, index) - 1, last);
    uint8_t *at = whole.files[file].bytes + size, was[CP_JOURNAL_RECORD_SIZE];
    memcpy(was, at, sizeof was);
    memset(at + kept, 0, sizeof was - kept);
    store.files[file].size = size + sizeof was;
    CHECK(look(&store, &last) != CP_END_QUARANTINED);
    CHECK_EQ(sequence_of(file, index) - 1, last);
    if (kept == 127 && index % 4 == 0)
        CHECK(state_of(&store) == hash);
    memcpy(at, was, sizeof was);
}

static void a_journal_cut_at_any_byte_is_a_prefix(void)
{
    ending noted = { 0 };
    for (uint32_t i = 1; i < whole.count; i++) {
        bool in_snapshot = false;
        for (uint64_t k = 0; k < lives_count(&whole, i); k++) {
            memory_store store = shorten(i, k * CP_JOURNAL_RECORD_SIZE);
            uint64_t last;
            cp_journal_end end = look(&store, &last);
            CHECK_EQ(sequence_of(i, k) - 1, last);
            const cp_journal_record *before =
                k > 0 ? lives_at(&whole, i, k - 1)
                      : lives_at(&whole, i - 1, lives_count(&whole, i - 1) - 1);
            CHECK_EQ(before->kind == CP_JOURNAL_CLOSED ? CP_END_ENDED : CP_END_CRASHED,
                     end);
            note_ending(&noted, before, lives_at(&whole, i, k), &in_snapshot);
            if (STEP > 1 && k % 4 != 0) /* a desk takes its time there */
                continue;
            uint64_t hash = state_of(&store);
            for (uint32_t kept = 1; kept < CP_JOURNAL_RECORD_SIZE; kept += STEP)
                cut_inside(i, k, kept, hash);
        }
    }
    printf("   in the middle of a step %u, of an action %u, of a version %u, of limits "
           "%u, of a snapshot %u\n",
           noted.in_step, noted.in_control, noted.in_parameters, noted.in_limits,
           noted.in_snapshot);
    CHECK(noted.in_step > 3 && noted.in_control > 10 && noted.in_parameters > 3 &&
          noted.in_limits > 3 && noted.in_snapshot > 20);
}

int main(void)
{
    lives_live(&whole);
    RUN(every_kind_is_there);
    RUN(a_bit_flipped_in_any_kind_of_record_is_damage);
    RUN(a_bit_flipped_in_any_kind_of_last_record_is_damage);
    RUN(two_flipped_bits_are_damage_or_a_torn_end);
    RUN(a_bit_flipped_in_memory_is_damage);
    RUN(what_fails_while_a_ring_is_saved_is_an_error_and_loses_nothing);
    RUN(a_process_that_died_before_the_last_word_has_written_nothing);
    RUN(a_file_that_was_being_begun_when_the_power_went_is_a_torn_end);
    RUN(a_journal_cut_at_any_byte_is_a_prefix);
    memory_free(&whole);
}
#endif
