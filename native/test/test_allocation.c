/* No allocation after start: malloc and its kin are replaced here, and count what the
 * venue's and the desk's threads ask for while they trade. */
#include <dlfcn.h>
#include <sched.h>

#include "base/clock.h"
#include "drive/engine.h"
#include "test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
int main(void)
{
    puts("the sanitizers replace malloc themselves");
    return CP_TEST_SKIPPED;
}
#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

static _Atomic bool watching;
static _Atomic uint64_t asked_count;
static __thread bool is_tester; /* the test's own thread may */

static void count(void)
{
    if (atomic_load(&watching) && !is_tester)
        atomic_fetch_add(&asked_count, 1);
}

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
    count();
    return __libc_calloc(items, size);
}

void *realloc(void *memory, size_t size)
{
    count();
    return __libc_realloc(memory, size);
}

void free(void *memory)
{
    if (memory)
        count();
    __libc_free(memory);
}

static void *allocate_once(void *argument)
{
    (void)argument;
    void *volatile memory = malloc(10);
    free(memory);
    return NULL;
}

static void the_counter_sees_another_threads_malloc(void)
{
    pthread_t thread;
    CHECK_EQ(0, pthread_create(&thread, NULL, allocate_once, NULL));
    atomic_store(&watching, true);
    pthread_join(thread, NULL);
    /* The thread may have been faster than the watch: then once more, held back. */
    if (atomic_load(&asked_count) == 0) {
        CHECK_EQ(0, pthread_create(&thread, NULL, allocate_once, NULL));
        pthread_join(thread, NULL);
    }
    atomic_store(&watching, false);
    CHECK(atomic_load(&asked_count) >= 1);
    atomic_store(&asked_count, 0);
}

static cp_picture picture;

static void the_running_threads_allocate_nothing(void)
{
    static cp_config c = { .seed = 3,
                           .desk = 1,
                           .symbol_count = 2,
                           .order_capacity = 1 << 15,
                           .desk_order_capacity = 256,
                           .ring_capacity = 16384,
                           .waiting = CP_WAIT_PARK,
                           .venue_cpu = -2,
                           .desk_cpu = -2,
                           .flow = { .kind = CP_FLOW_SYNTHETIC,
                                     .rate = 100000,
                                     .depth = 300,
                                     .order_qty = 100,
                                     .volatility = 5,
                                     .drift = 2,
                                     .half_spread = 1.5 } };
    char error[CP_ERROR_SIZE];
    for (uint32_t i = 0; i < c.symbol_count; i++)
        c.instruments[i] = (cp_instrument){ .name = { 'S', (char)('0' + i) },
                                            .increment = 1000000,
                                            .point_value = 1000000,
                                            .price_max = 1 << 20,
                                            .price_start = 15000 };
    for (uint32_t i = 0; cp_limit_parameter(i); i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
        c.limits[i] = (int64_t)(limit->standard * scale);
    }
    for (uint32_t kind = 0; kind < cp_strategy_kind_count(); kind++) {
        c.strategies[kind] = (cp_strategy_config){ .name = { 'a', (char)('0' + kind) },
                                                   .kind = kind,
                                                   .mode = CP_MODE_LIVE,
                                                   .symbol2 = 1,
                                                   .used = 1 };
        for (uint32_t i = 0; i < cp_strategy_parameter_count(kind); i++)
            c.strategies[kind].parameters[i] = cp_strategy_parameter(kind, i)->standard;
    }
    cp_engine *engine;
    CHECK_EQ(0, cp_engine_create(&engine, &c, error));
    CHECK_EQ(0, cp_engine_start(engine));
    /* The C library sets a thread up with memory of its own: watch from the first data. */
    do
        cp_engine_read(engine, &picture);
    while (picture.desk.counters.md_count == 0);

    atomic_store(&watching, true);
    uint64_t end_ns = cp_monotonic_ns() + 2000000000u;
    cp_control toggle = { .kind = CP_CONTROL_MODE };
    while (cp_monotonic_ns() < end_ns) {
        struct timespec pause = { .tv_nsec = 50000000 };
        nanosleep(&pause, NULL);
        toggle.mode = !toggle.mode; /* off and on: orders are pulled and sent again */
        CHECK_EQ(0, cp_engine_command(engine, &toggle));
        cp_engine_read(engine, &picture);
    }
    atomic_store(&watching, false);
    CHECK(picture.desk.counters.order_count > 100);
    CHECK(picture.desk.counters.fill_count > 0);
    CHECK(picture.venue.md_count > 100000);
    CHECK_EQ(0, atomic_load(&asked_count));
    cp_engine_stop(engine);
    cp_engine_destroy(engine);
}

int main(void)
{
    is_tester = true;
    RUN(the_counter_sees_another_threads_malloc);
    RUN(the_running_threads_allocate_nothing);
}
#endif
