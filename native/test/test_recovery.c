/* A process that trades is killed at any moment: what it had published is there, no id
 * comes back, and its successor trades within a second.
 *
 *     test_recovery           20 kills a level (CP_KILLS says otherwise)
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal_kit.h"

static char directory[64];
static char error[CP_ERROR_SIZE];

/* Outside of the process that dies. */
typedef struct witness {
    _Atomic uint64_t published; /* the last record that counted */
    _Atomic uint32_t trading;
} witness;

static witness *seen;

static cp_config live_config(uint32_t level, uint64_t seed)
{
    cp_config c = journal_kit_config(seed);
    c.virtual_time = 0;
    c.waiting = CP_WAIT_PARK;
    c.flow.rate = 50000;
    c.flow.volatility = 200;
    c.journal.used = 1;
    c.journal.level = level;
    c.journal.segment_records = 4096;
    snprintf(c.journal.directory, CP_PATH_SIZE, "%s", directory);
    return c;
}

static void pause_us(long us)
{
    struct timespec pause = { us / 1000000, us % 1000000 * 1000 };
    nanosleep(&pause, NULL);
}

_Noreturn static void trade_until_killed(uint32_t level, uint64_t seed)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    cp_config config = live_config(level, seed);
    cp_engine *engine;
    if (cp_engine_create(&engine, &config, error) != 0)
        _exit(1);
    engine->journal->mirror = &seen->published;
    if (cp_engine_start(engine) != 0)
        _exit(2);
    atomic_store(&seen->trading, 1);
    for (;;) {
        cp_control control = { .kind = CP_CONTROL_CANCEL_ALL, .who = "test" };
        cp_engine_command(engine, &control);
        pause_us(1000);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static int note_id(void *context, const cp_journal_record *record)
{
    uint64_t *highest = context;
    if (record->kind != CP_JOURNAL_ORDER)
        return 0;
    cp_journal_order body;
    memcpy(&body, record->body, sizeof body);
    if (body.order.kind != CP_ORDER_NEW && body.order.kind != CP_ORDER_REPLACE)
        return 0;
    if (record->epoch > highest[1]) {
        highest[1] = record->epoch;
        highest[2] = highest[0]; /* every id of this life is above those before */
    }
    CHECK(body.order.client_id > highest[0]);
    highest[0] = body.order.client_id;
    return 0;
}

static uint64_t highest_id(cp_journal *journal)
{
    uint64_t highest[3] = { 0 };
    CHECK_EQ(0, cp_journal_replay(journal, note_id, highest));
    return highest[0];
}

static uint32_t kills_wanted(void)
{
    const char *given = getenv("CP_KILLS");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return given ? (uint32_t)atoi(given) : 4;
#else
    return given ? (uint32_t)atoi(given) : 20;
#endif
}

static bool has_ring(const char *of)
{
    char command[160];
    snprintf(command, sizeof command, "grep -lsa %s /dev/shm/cockpit-* > /dev/null", of);
    return system(command) == 0;
}

/* A desk on a journal elsewhere begins and ends. */
static void another_starts(void)
{
    char command[160];
    CHECK(mkdtemp(strcpy(directory, "/tmp/cockpit-test-ring-XXXXXX")) != NULL);
    cp_config config = live_config(CP_JOURNAL_MAPPED, 1);
    cp_engine *engine;
    CHECK_EQ(0, cp_engine_create(&engine, &config, error));
    cp_engine_destroy(engine);
    snprintf(command, sizeof command, "rm -r %s", directory);
    CHECK_EQ(0, system(command));
}

static void a_ring_whose_journal_is_gone_is_cleared_up_when_its_desk_is(void)
{
    CHECK(mkdtemp(strcpy(directory, "/tmp/cockpit-test-ring-XXXXXX")) != NULL);
    atomic_store(&seen->trading, 0);
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        trade_until_killed(CP_JOURNAL_MAPPED, 1);
    while (atomic_load(&seen->trading) == 0 && waitpid(child, NULL, WNOHANG) == 0)
        pause_us(100);
    char command[160], first[64];
    snprintf(first, sizeof first, "%s", directory);
    snprintf(command, sizeof command, "mv %s %s.away", first, first);
    CHECK_EQ(0, system(command));
    another_starts();
    CHECK(has_ring(first)); /* it lives, where the other cannot see it */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(has_ring(first));
    another_starts();
    CHECK(!has_ring(first));
    snprintf(command, sizeof command, "rm -r %s.away", first);
    CHECK_EQ(0, system(command));
}

static void a_killed_desk_has_lost_nothing_it_had_published(void)
{
    uint32_t kills = kills_wanted(), number = 0;
    uint64_t *took_ns = calloc(3 * kills, sizeof *took_ns);
    CHECK(took_ns != NULL);
    cp_random random;
    cp_random_init(&random, cp_monotonic_ns());
    uint64_t records = 0;
    for (uint32_t level = CP_JOURNAL_MAPPED; level <= CP_JOURNAL_SYNCED; level++) {
        snprintf(directory, sizeof directory, "/tmp/cockpit-test-kill-XXXXXX");
        CHECK(mkdtemp(directory) != NULL);
        uint64_t last = 0, id = 0;
        for (uint32_t i = 0; i < kills; i++) {
            atomic_store(&seen->published, 0);
            atomic_store(&seen->trading, 0);
            fflush(stdout);
            pid_t child = fork();
            CHECK(child >= 0);
            if (child == 0)
                trade_until_killed(level, i + 1);
            while (atomic_load(&seen->trading) == 0 && waitpid(child, NULL, WNOHANG) == 0)
                pause_us(100);
            CHECK_EQ(1, atomic_load(&seen->trading));
            pause_us((long)cp_random_below(&random, 60000));
            kill(child, SIGKILL);
            waitpid(child, NULL, 0);
            uint64_t published = atomic_load(&seen->published);

            uint64_t began_ns = cp_monotonic_ns();
            cp_config config = live_config(level, i + 1);
            cp_engine *engine;
            int result = cp_engine_create(&engine, &config, error);
            if (result != 0)
                fprintf(stderr, "%s\n", error);
            CHECK_EQ(0, result);
            cp_journal *journal = engine->journal;
            CHECK_EQ(CP_END_CRASHED, journal->end);
            CHECK(journal->last >= published && journal->last > last);
            uint64_t latest = highest_id(journal);
            CHECK(latest == 0 || latest >= id);
            CHECK(cp_desk_next_id(engine->desk) > latest);
            id = latest > id ? latest : id;
            CHECK_EQ(0, cp_engine_start(engine));
            took_ns[number++] = cp_monotonic_ns() - began_ns;
            records += journal->replayed_count;
            last = journal->last;
            cp_engine_destroy(engine);
        }
        char command[128];
        snprintf(command, sizeof command, "rm -r %s", directory);
        CHECK_EQ(0, system(command));
    }
    qsort(took_ns, number, sizeof *took_ns, compare);
    uint64_t p99_ns = took_ns[(uint64_t)number * 99 / 100];
    printf(
        "   %u kills, %llu records read again; trading after %.1f ms at p50, %.1f ms at "
        "p99\n",
        number, (unsigned long long)records, (double)took_ns[number / 2] / 1e6,
        (double)p99_ns / 1e6);
    free(took_ns);
}

int main(void)
{
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    CHECK(seen != MAP_FAILED);
    RUN(a_ring_whose_journal_is_gone_is_cleared_up_when_its_desk_is);
    RUN(a_killed_desk_has_lost_nothing_it_had_published);
}
