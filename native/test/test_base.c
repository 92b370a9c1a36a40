/* The small parts: the seqlock, the clock, the random numbers, waiting threads. */
#include "base/clock.h"
#include "base/outbox.h"
#include "base/random.h"
#include "base/snapshot.h"
#include "base/thread.h"

#include <sched.h>

#include "test.h"

enum { WORDS = 500, PICTURES = 20000 };

static void *show(void *argument)
{
    uint64_t picture[WORDS];
    for (uint64_t version = 1; version <= PICTURES; version++) {
        for (int i = 0; i < WORDS; i++)
            picture[i] = version;
        cp_snapshot_write(argument, picture);
        if (version % 16 == 0)
            sched_yield();
    }
    return NULL;
}

static void a_snapshot_is_never_seen_half_written(void)
{
    cp_snapshot snapshot;
    uint64_t seen[WORDS], last = 0;
    pthread_t writer;
    CHECK_EQ(-EINVAL, cp_snapshot_init(&snapshot, 12));
    CHECK_EQ(0, cp_snapshot_init(&snapshot, sizeof seen));
    CHECK_EQ(0, pthread_create(&writer, NULL, show, &snapshot));
    while (last < PICTURES) {
        cp_snapshot_read(&snapshot, seen);
        for (int i = 1; i < WORDS; i++)
            CHECK_EQ(seen[0], seen[i]);
        CHECK(seen[0] >= last);
        last = seen[0];
        sched_yield();
    }
    pthread_join(writer, NULL);
    cp_snapshot_free(&snapshot);
}

static void the_clock_keeps_up_with_the_system(void)
{
    cp_clock clock;
    cp_clock_init(&clock);
    uint64_t last_ns = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t before_ns = cp_monotonic_ns();
        uint64_t now_ns = cp_clock_now_ns(&clock);
        uint64_t after_ns = cp_monotonic_ns();
        CHECK(now_ns >= last_ns);
        CHECK(now_ns + 1000000 >= before_ns && now_ns <= after_ns + 1000000);
        last_ns = now_ns;
    }
}

static void virtual_time_stands_until_it_is_moved(void)
{
    cp_clock clock;
    cp_clock_init_virtual(&clock, 5);
    CHECK_EQ(5, cp_clock_now_ns(&clock));
    clock.base_ns = 7;
    CHECK_EQ(7, cp_clock_now_ns(&clock));
}

static void random_numbers_repeat_by_seed(void)
{
    cp_random one, same, other;
    cp_random_init(&one, 42);
    cp_random_init(&same, 42);
    cp_random_init(&other, 43);
    int differing = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t value = cp_random_u64(&one);
        CHECK(value == cp_random_u64(&same));
        differing += value != cp_random_u64(&other);
    }
    CHECK(differing > 990);
}

static void random_numbers_have_the_moments_they_should(void)
{
    enum { DRAWS = 400000 };
    cp_random random;
    cp_random_init(&random, 7);
    double unit = 0, exponential = 0, squared = 0, normal = 0, variance = 0;
    for (int i = 0; i < DRAWS; i++) {
        unit += cp_random_unit(&random);
        double e = cp_random_exponential(&random);
        CHECK(e >= 0);
        exponential += e;
        squared += e * e;
        double n = cp_random_normal(&random);
        normal += n;
        variance += n * n;
        CHECK(cp_random_below(&random, 10) < 10);
    }
    CHECK(unit / DRAWS > 0.497 && unit / DRAWS < 0.503);
    CHECK(exponential / DRAWS > 0.99 && exponential / DRAWS < 1.01);
    CHECK(squared / DRAWS > 1.95 && squared / DRAWS < 2.05);
    CHECK(normal / DRAWS > -0.01 && normal / DRAWS < 0.01);
    CHECK(variance / DRAWS > 0.98 && variance / DRAWS < 1.02);
}

static void an_outbox_is_full_at_its_limit(void)
{
    cp_outbox outbox;
    CHECK_EQ(-EINVAL, cp_outbox_init(&outbox, 0));
    CHECK_EQ(0, cp_outbox_init(&outbox, 4));
    outbox.limit = 1;
    CHECK(!cp_outbox_is_full(&outbox));
    *(uint64_t *)cp_outbox_add(&outbox) = 9;
    CHECK(cp_outbox_is_full(&outbox));
    CHECK_EQ(9, *(const uint64_t *)cp_outbox_at(&outbox, 0));
    cp_outbox_clear(&outbox);
    CHECK_EQ(0, outbox.count);
    cp_outbox_free(&outbox);
}

static _Atomic uint32_t given, taken;
static _Atomic bool over;

static void take_what_is_given(void *argument)
{
    cp_thread *thread = argument;
    while (!atomic_load(&over)) {
        if (atomic_load(&taken) < atomic_load(&given)) {
            atomic_fetch_add(&taken, 1);
            cp_thread_found_work(thread);
        } else {
            cp_thread_wait(thread);
        }
    }
}

static void no_policy_of_waiting_sleeps_through_its_bell(void)
{
    const cp_waiting policies[] = { CP_WAIT_SPIN, CP_WAIT_YIELD, CP_WAIT_PARK };
    for (int p = 0; p < 3; p++) {
        cp_thread thread = {
            .name = "waiter", .run = take_what_is_given, .cpu = -1, .waiting = policies[p]
        };
        thread.argument = &thread;
        atomic_store(&given, 0);
        atomic_store(&taken, 0);
        atomic_store(&over, false);
        CHECK_EQ(0, cp_thread_start(&thread));
        for (uint32_t i = 1; i <= 200; i++) {
            atomic_store(&given, i);
            cp_bell_ring(&thread.bell);
            uint64_t begin_ns = cp_monotonic_ns();
            while (atomic_load(&taken) < i) {
                CHECK(cp_monotonic_ns() - begin_ns < 5000000000u);
                sched_yield();
            }
        }
        atomic_store(&over, true);
        cp_bell_ring(&thread.bell);
        cp_thread_join(&thread);
    }
}

static void a_thread_says_whether_it_was_pinned(void)
{
    cp_thread_picture picture;
    cp_thread thread = { .name = "pinned",
                         .run = take_what_is_given,
                         .cpu = cp_thread_choose_cpu(0),
                         .waiting = CP_WAIT_YIELD };
    thread.argument = &thread;
    CHECK(thread.cpu >= 0);
    CHECK_EQ(-1, cp_thread_choose_cpu(cp_thread_cpu_count()));
    atomic_store(&over, true);
    CHECK_EQ(0, cp_thread_start(&thread));
    cp_thread_join(&thread);
    cp_thread_read(&thread, &picture);
    CHECK_EQ(thread.cpu, picture.cpu);
    CHECK_EQ(1, picture.pinned);

    thread.cpu = 1000000 % CPU_SETSIZE; /* no machine of ours has it: refused, and said */
    CHECK_EQ(0, cp_thread_start(&thread));
    cp_thread_join(&thread);
    cp_thread_read(&thread, &picture);
    CHECK_EQ(0, picture.pinned);
}

int main(void)
{
    RUN(a_snapshot_is_never_seen_half_written);
    RUN(the_clock_keeps_up_with_the_system);
    RUN(virtual_time_stands_until_it_is_moved);
    RUN(random_numbers_repeat_by_seed);
    RUN(random_numbers_have_the_moments_they_should);
    RUN(an_outbox_is_full_at_its_limit);
    RUN(no_policy_of_waiting_sleeps_through_its_bell);
    RUN(a_thread_says_whether_it_was_pinned);
}
