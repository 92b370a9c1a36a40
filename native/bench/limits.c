/* limits.c: what this machine can do at best, so that the core's figures mean something.
 *
 * A round trip is measured through two rings, and then the same with two plain words in
 * two cache lines: nothing that moves a message between two cores can beat that.
 */
#include "base/clock.h"
#include "base/histogram.h"
#include "base/ring.h"
#include "base/thread.h"

#include <sched.h>

#define WARM_UP 2000u    /* round trips not counted */
#define SPINS_MAX 10000u /* looks before letting others run: cores may be few */
#define STREAM_CAPACITY 1024u

typedef struct table {
    /* Each side writes its own word, two lines from the other's. */
    alignas(CP_LINE_PAIR) _Atomic uint64_t there;
    alignas(CP_LINE_PAIR) _Atomic uint64_t back;
    cp_ring ring_there, ring_back;
    bool bare;
    uint64_t count;
} table;

static void look_again(uint32_t *spins)
{
    if (++*spins >= SPINS_MAX) {
        *spins = 0;
        sched_yield();
    }
}

static void ring_send(cp_ring *ring, uint64_t value)
{
    CP_ASSERT(cp_ring_room(ring, 1) > 0);
    *(uint64_t *)cp_ring_claim(ring, 0) = value;
    cp_ring_publish(ring, 1);
}

static void ring_await(cp_ring *ring, uint64_t value)
{
    uint32_t spins = 0;
    while (cp_ring_ready(ring) == 0)
        look_again(&spins);
    CP_ASSERT(*(const uint64_t *)cp_ring_peek(ring, 0) == value);
    cp_ring_release(ring, 1);
}

/* Pairs with the release store of the other side. */
static void word_await(_Atomic uint64_t *word, uint64_t value)
{
    uint32_t spins = 0;
    while (atomic_load_explicit(word, memory_order_acquire) != value)
        look_again(&spins);
}

static void echo(void *argument)
{
    table *t = argument;
    for (uint64_t i = 1; i <= t->count; i++) {
        if (t->bare) {
            word_await(&t->there, i);
            atomic_store_explicit(&t->back, i, memory_order_release);
        } else {
            ring_await(&t->ring_there, i);
            ring_send(&t->ring_back, i);
        }
    }
}

typedef struct caller {
    table *table;
    cp_histogram *histogram;
    cp_clock clock;
} caller;

static void call(void *argument)
{
    caller *c = argument;
    table *t = c->table;
    for (uint64_t i = 1; i <= t->count; i++) {
        uint64_t begin_ns = cp_clock_now_ns(&c->clock);
        if (t->bare) {
            atomic_store_explicit(&t->there, i, memory_order_release);
            word_await(&t->back, i);
        } else {
            ring_send(&t->ring_there, i);
            ring_await(&t->ring_back, i);
        }
        if (i > WARM_UP)
            cp_histogram_record(c->histogram, cp_clock_now_ns(&c->clock) - begin_ns);
    }
}

static int run_pair(caller *c, int32_t cpu_a, int32_t cpu_b)
{
    cp_thread a = { .name = "bench-a", .run = call, .argument = c };
    cp_thread b = { .name = "bench-b", .run = echo, .argument = c->table };
    a.cpu = cpu_a;
    b.cpu = cpu_b;
    a.waiting = b.waiting = CP_WAIT_SPIN;
    int result = cp_thread_start(&b);
    if (result != 0)
        return result;
    result = cp_thread_start(&a);
    CP_ASSERT(result == 0); /* the echo would wait for ever */
    cp_thread_join(&a);
    cp_thread_join(&b);
    return 0;
}

int cp_bench_round_trip(bool bare, int32_t cpu_a, int32_t cpu_b, uint32_t count,
                        cp_hop_picture *result)
{
    if (count <= WARM_UP)
        return -EINVAL;
    table *t = aligned_alloc(CP_LINE_PAIR, sizeof *t);
    cp_histogram *histogram = calloc(1, sizeof *histogram);
    uint64_t *counts = calloc(CP_HISTOGRAM_COUNTS, sizeof *counts);
    int code = -ENOMEM;
    if (!t || !histogram || !counts)
        goto done;
    memset(t, 0, sizeof *t);
    t->bare = bare;
    t->count = count;
    code = cp_ring_init(&t->ring_there, 64, CP_LINE);
    if (code == 0)
        code = cp_ring_init(&t->ring_back, 64, CP_LINE);
    if (code == 0) {
        caller c = { .table = t, .histogram = histogram };
        cp_clock_init(&c.clock);
        code = run_pair(&c, cpu_a, cpu_b);
    }
    cp_histogram_read(histogram, counts);
    cp_histogram_summarise(counts, atomic_load(&histogram->max), result);
    cp_ring_free(&t->ring_there);
    cp_ring_free(&t->ring_back);
done:
    free(counts);
    free(histogram);
    free(t);
    return code;
}

int cp_bench_line_stream(uint64_t count, uint64_t *elapsed_ns)
{
    cp_ring ring;
    int result = cp_ring_init(&ring, STREAM_CAPACITY, CP_LINE);
    if (result != 0)
        return result;
    uint64_t line[CP_LINE / sizeof(uint64_t)] = { 0 };
    uint64_t sum = 0, begin_ns = cp_monotonic_ns();
    for (uint64_t i = 0; i < count; i++) {
        line[0] = i;
        CP_ASSERT(cp_ring_room(&ring, 1) > 0);
        memcpy(cp_ring_claim(&ring, 0), line, sizeof line);
        cp_ring_publish(&ring, 1);
        CP_ASSERT(cp_ring_ready(&ring) == 1);
        sum += *(const uint64_t *)cp_ring_peek(&ring, 0);
        cp_ring_release(&ring, 1);
    }
    *elapsed_ns = cp_monotonic_ns() - begin_ns;
    cp_ring_free(&ring);
    CP_ASSERT(count == 0 || sum == (count - 1) * count / 2);
    return 0;
}

int32_t cp_bench_cpu(uint32_t n)
{
    return cp_thread_choose_cpu(n);
}
