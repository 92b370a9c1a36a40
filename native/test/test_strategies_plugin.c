/* A user's strategy: one like any other when it behaves; alone in its misfortune when it
 * does not. */
#include "cockpit_strategy.h"

#include "base/thread.h"
#include "desk/plugin/guard.h"
#include "desk_kit.h"

#include <time.h>

enum { ORDER_QTY, ACTION, COUNT };

/* What the strategy under test does in its next calls. */
enum { QUOTE, CRASH, DIVIDE, OVERFLOW_STACK, LOOP, DAWDLE, TAKE };

static const cp_parameter parameters[COUNT] = {
    [ORDER_QTY] = { "order_qty", "lots", "Size of a quote", 1, 1000, 7,
                    CP_PARAMETER_INTEGER, 0 },
    [ACTION] = { "action", "number", "What it does", 0, 100, QUOTE, CP_PARAMETER_INTEGER,
                 0 },
};

typedef struct memory {
    uint64_t calls, fills, trades, timers;
    double started;
} memory;

static volatile int zero;
static int *volatile nowhere;
static uint64_t last_calls;

/* ThreadSanitizer allows one jump out of a handler, and holds other signals back. */
#if defined(__SANITIZE_THREAD__)
#define SIGNALS_AS_EVER 0
#else
#define SIGNALS_AS_EVER 1
#endif

/* What is wrong on purpose is no business of the sanitizers. */
#define ON_PURPOSE                                                                       \
    __attribute__((noinline, no_sanitize("undefined"), no_sanitize("address"),           \
                   no_sanitize("thread")))

ON_PURPOSE static void crash(void)
{
    *nowhere = 1;
}

ON_PURPOSE static int divide(int by)
{
    return 1000 / by;
}

ON_PURPOSE static int overflow(volatile int depth)
{
    volatile char much[4096];
    much[0] = (char)depth;
    return zero ? 0 : overflow(depth + 1) + much[0];
}

static void misbehave(int action)
{
    volatile int sink = 0;
    if (action == CRASH)
        crash();
    else if (action == DIVIDE)
        sink = divide(zero);
    else if (action == OVERFLOW_STACK)
        sink = overflow(0);
    else if (action == LOOP)
        while (zero == 0)
            sink = !sink;
    else if (action == DAWDLE)
        for (uint64_t until = cp_monotonic_ns() + 2000000; cp_monotonic_ns() < until;)
            sink = !sink;
    (void)sink;
}

static void start(void *state, cp_plugin_seat *seat, const double *values)
{
    memory *m = state;
    CHECK(m->calls == 0);
    m->started = values[ORDER_QTY];
    seat->signal = 1;
}

static void on_book(void *state, cp_plugin_seat *seat, const double *values)
{
    memory *m = state;
    last_calls = ++m->calls;
    CHECK(m->started > 0);
    misbehave((int)values[ACTION]);
    if (values[ACTION] == TAKE)
        cp_plugin_take(seat, 1, CP_SELL, seat->bid[1], 3);
    else if (seat->is_open[0])
        cp_plugin_quote(seat, CP_BUY, seat->bid[0], (uint32_t)values[ORDER_QTY]);
    else
        cp_plugin_cancel(seat, CP_BUY);
    seat->signal = (double)seat->position[0];
}

static void on_fill(void *state, cp_plugin_seat *seat, const double *values,
                    uint32_t side, uint32_t qty)
{
    (void)seat, (void)values;
    memory *m = state;
    m->fills++;
    CHECK(side == CP_BUY && qty > 0);
}

static const cp_plugin good = { CP_PLUGIN_HEAD,
                                .name = "quoter",
                                .help = "Rests at the best bid",
                                .parameters = parameters,
                                .parameter_count = COUNT,
                                .wants = CP_PLUGIN_PRICE,
                                .state_size = sizeof(memory),
                                .symbol_count = 2,
                                .start = start,
                                .on_book = on_book,
                                .on_fill = on_fill };

static cp_strategy_config configured(int action)
{
    cp_strategy_config config = kit_strategy("quoter", 0);
    config.symbol2 = 1;
    config.parameters[ACTION] = action;
    return config;
}

static kit *open_kit(int action)
{
    kit *k = kit_make();
    k->config.strategies[0] = configured(action);
    k->config.strategies[1] = kit_strategy("market_maker", 1);
    kit_open(k);
    return k;
}

static void is_a_kind_like_any_other(void)
{
    uint32_t kind = 0, before = cp_strategy_kind_count();
    char error[CP_ERROR_SIZE];
    CHECK_EQ(0, cp_strategy_register(&good, &kind, error));
    CHECK_EQ(before, kind);
    CHECK_EQ(before + 1, cp_strategy_kind_count());
    CHECK(strcmp(cp_strategy_kind_name(kind), "quoter") == 0);
    CHECK_EQ(2, cp_strategy_symbol_count(kind));
    CHECK_EQ(COUNT, cp_strategy_parameter_count(kind));
    CHECK(cp_strategy_parameter(kind, ORDER_QTY)->standard == 7);
    CHECK(!cp_strategy_kind_at(kind + 1));
}

static void refuses(cp_plugin changed)
{
    char error[CP_ERROR_SIZE];
    uint32_t kind = 0, before = cp_strategy_kind_count();
    CHECK_EQ(-EINVAL, cp_strategy_register(&changed, &kind, error));
    CHECK(error[0] && before == cp_strategy_kind_count());
}

static void refuses_what_does_not_fit(void)
{
    cp_plugin changed = good;
    changed.abi++;
    refuses(changed);
    changed = good, changed.seat_size--;
    refuses(changed);
    changed = good, changed.name = "a name that is too long";
    refuses(changed);
    changed = good, changed.on_book = NULL;
    refuses(changed);
    changed = good, changed.state_size = CP_PLUGIN_STATE_SIZE + 1;
    refuses(changed);
    changed = good, changed.symbol_count = 3;
    refuses(changed);
    changed = good, changed.wants = 8;
    refuses(changed);
    changed = good, changed.wants = CP_PLUGIN_TRADE;
    refuses(changed);
    changed = good, changed.parameter_count = CP_PARAMETER_MAX + 1;
    refuses(changed);
    cp_parameter odd = parameters[0];
    odd.standard = odd.maximum + 1;
    changed = good, changed.parameters = &odd, changed.parameter_count = 1;
    refuses(changed);
    odd = parameters[0], odd.minimum = __builtin_nan("");
    refuses(changed);
    char error[CP_ERROR_SIZE];
    uint32_t kind = 0;
    CHECK_EQ(-EINVAL, cp_strategy_load("/nowhere/at/all.so", &kind, error));
    CHECK(error[0]);
}

static void trades_through_the_seat_it_is_shown(void)
{
    kit *k = open_kit(QUOTE);
    kit_market(k, 0, 14999, 15001, 50);
    CHECK_EQ(1, k->order_count);
    cp_order order = k->orders[0];
    CHECK(order.side == CP_BUY && order.price == 14999 && order.qty == 7);
    kit_accept(k, order);
    kit_fill(k, order, 14999, 7, 0, CP_MAKER);
    kit_market(k, 0, 15000, 15002, 50);
    CHECK(kit_picture(k)->strategies[0].signal == 7);
    CHECK_EQ(CP_FAULT_NONE, kit_picture(k)->strategies[0].fault);
    kit_close(k);
}

static void takes_in_its_second_symbol(void)
{
    kit *k = open_kit(TAKE);
    k->config.strategies[1].used = 0;
    kit_market(k, 1, 9000, 9002, 50);
    const cp_order *order = kit_last(k);
    for (uint32_t i = 0; i < k->order_count; i++)
        if (k->orders[i].strategy == 0)
            order = &k->orders[i];
    CHECK(order->symbol == 1 && order->side == CP_SELL && order->price == 9000);
    CHECK(order->qty == 3 && order->time_in_force == CP_IOC);
    kit_close(k);
}

/* It quotes, then does what it should not: off, with its order cancelled, and the other
 * strategy trades on. */
static void isolates(int action, cp_fault fault)
{
    kit *k = open_kit(QUOTE);
    kit_market(k, 0, 14999, 15001, 50);
    cp_order order = k->orders[0];
    kit_accept(k, order);
    kit_control(
        k, (cp_control){ .kind = CP_CONTROL_STRATEGY, .strategy = configured(action) });
    uint32_t before = k->order_count;
    kit_market(k, 0, 15003, 15005, 50);
    const cp_strategy_picture *slot = &kit_picture(k)->strategies[0];
    CHECK_EQ(fault, slot->fault);
    CHECK_EQ(CP_MODE_OFF, slot->config.mode);
    CHECK(k->order_count > before);
    CHECK_EQ(CP_ORDER_CANCEL, kit_last(k)->kind);
    CHECK_EQ((int64_t)order.client_id, (int64_t)kit_last(k)->original_id);
    CHECK_EQ(fault, kit_note(k, CP_NOTE_FAULT)->a);
    CHECK_EQ(CP_CAUSE_FAULT, kit_note(k, CP_NOTE_MODE)->c);
    kit_cancelled(k, order.client_id, 7, CP_REASON_USER);
    before = k->order_count;
    uint64_t calls = last_calls;
    kit_market(k, 0, 14990, 14992, 50);
    kit_timer(k);
    CHECK_EQ((int64_t)calls, (int64_t)last_calls); /* it is called no more */
    CHECK_EQ(before, k->order_count);
    kit_market(k, 1, 9000, 9010, 50); /* the other one's market */
    CHECK(k->order_count > before && kit_last(k)->strategy == 1);
    /* Mended and switched on again it begins anew. */
    kit_control(
        k, (cp_control){ .kind = CP_CONTROL_STRATEGY, .strategy = configured(QUOTE) });
    kit_market(k, 0, 14999, 15001, 50);
    CHECK_EQ(CP_FAULT_NONE, kit_picture(k)->strategies[0].fault);
    CHECK(kit_last(k)->strategy == 0 && kit_last(k)->kind == CP_ORDER_NEW);
    kit_close(k);
}

static void survives_a_wild_pointer(void)
{
    isolates(CRASH, CP_FAULT_MEMORY);
}

static void survives_a_division_by_zero(void)
{
    isolates(DIVIDE, CP_FAULT_ARITHMETIC);
}

static void survives_a_stack_that_overflows(void)
{
    isolates(OVERFLOW_STACK, CP_FAULT_MEMORY);
}

static void ends_what_never_ends(void)
{
    isolates(LOOP, CP_FAULT_ENDLESS);
}

/* The clock of the bench stands still; a live one does not. */
static void switches_off_what_is_too_slow_too_often(void)
{
    kit *k = open_kit(DAWDLE);
    kit_market(k, 0, 14999, 15001, 50);
    for (int i = 0; i < 5; i++)
        kit_market(k, 0, 14990 + i, 15001, 50);
    CHECK_EQ(CP_FAULT_NONE, kit_picture(k)->strategies[0].fault);
    cp_clock_init(&k->clock);
    cp_md md = { .kind = CP_MD_CLEAR };
    uint32_t calls = 0;
    for (; kit_picture(k)->strategies[0].fault == CP_FAULT_NONE && calls < 10; calls++) {
        md.sequence = ++k->sequence;
        k->now_ns = cp_clock_now_ns(&k->clock);
        cp_desk_on_md(k->desk, &md, k->now_ns, &k->clock);
        kit_carry(k);
    }
    CHECK_EQ(CP_FAULT_BUDGET, kit_picture(k)->strategies[0].fault);
    CHECK_EQ(3, calls);
    kit_close(k);
}

static void nothing(void *argument)
{
    (void)argument;
}

static void comes_back_from_what_behaves(void)
{
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(CP_FAULT_NONE, cp_guard_run(nothing, NULL));
}

/* ---- over and over, in one process ---- */

#define TIMES 100

/* Frames of which only the first bytes are touched: what is below the stack is met by none
 * of the larger ones unless it is as large. Compiled without probes, as a library built
 * elsewhere may be. */
#define DESCENT(SIZE)                                                                    \
    ON_PURPOSE static int descend_##SIZE(volatile int depth)                             \
    {                                                                                    \
        volatile char much[SIZE];                                                        \
        much[0] = (char)depth;                                                           \
        return zero ? 0 : descend_##SIZE(depth + 1) + much[0];                           \
    }                                                                                    \
    static void overflow_##SIZE(void *argument)                                          \
    {                                                                                    \
        *(volatile int *)argument = descend_##SIZE(0);                                   \
    }

DESCENT(200)
DESCENT(4096)
DESCENT(65536)
DESCENT(1000000)

static void touch_nothing(void *argument)
{
    (void)argument;
    crash();
}

static void divide_by_it(void *argument)
{
    *(volatile int *)argument = divide(zero);
}

ON_PURPOSE static void run_into_nothing(void *argument)
{
    (void)argument;
#if defined(__x86_64__)
    __asm__ volatile("ud2");
#else
    __builtin_trap();
#endif
}

/* Endless, and no burden to the machine. */
static void sleep_on_and_on(void *argument)
{
    (void)argument;
    for (;;)
        nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
}

typedef struct faulty {
    void (*code)(void *argument);
    cp_fault expected;
    uint32_t times;
    uint32_t wrong;    /* faults that were told as another */
    size_t guard_size; /* below the stack of the thread, as its maps tell */
    cp_thread thread;
} faulty;

/* What lies at the end of this thread's stack and nobody may touch. */
static size_t size_below(uintptr_t low)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    char line[512];
    size_t found = 0;
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[0] == '-' &&
            from < low && low <= to)
            found = to - from;
    }
    fclose(maps);
    return found;
}

static void low_of_stack(uintptr_t *low, size_t *size)
{
    pthread_attr_t attributes;
    void *start;
    CHECK_EQ(0, pthread_getattr_np(pthread_self(), &attributes));
    CHECK_EQ(0, pthread_attr_getstack(&attributes, &start, size));
    pthread_attr_destroy(&attributes);
    *low = (uintptr_t)start;
}

static void fail_often(void *argument)
{
    faulty *f = argument;
    volatile int sink = 0;
    for (uint32_t i = 0; i < f->times; i++)
        f->wrong += cp_guard_run(f->code, (void *)&sink) != f->expected;
    f->wrong += cp_guard_run(nothing, NULL) != CP_FAULT_NONE;
    uintptr_t low;
    size_t size;
    low_of_stack(&low, &size);
    f->guard_size = size_below(low);
}

#define NEIGHBOUR_SIZE (4u << 20)

/* Sleeps with a pattern on its stack, which lies where another's overflow would come out. */
typedef struct neighbour {
    _Atomic bool is_there, is_over;
    uint64_t changed;
    cp_thread thread;
} neighbour;

static void lie_still(void *argument)
{
    neighbour *n = argument;
    volatile uint64_t pattern[NEIGHBOUR_SIZE / 8];
    for (size_t i = 0; i < NEIGHBOUR_SIZE / 8; i++)
        pattern[i] = i ^ 0x5555555555555555u;
    atomic_store(&n->is_there, true);
    while (!atomic_load(&n->is_over))
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    for (size_t i = 0; i < NEIGHBOUR_SIZE / 8; i++)
        n->changed += pattern[i] != (i ^ 0x5555555555555555u);
}

static void start_thread(cp_thread *thread, void (*run)(void *argument), void *argument)
{
    thread->name = "faulty";
    thread->run = run;
    thread->argument = argument;
    thread->cpu = -2;
    thread->waiting = CP_WAIT_PARK;
    CHECK_EQ(0, cp_thread_start(thread));
}

static void start_faulty(faulty *f, void (*code)(void *argument), cp_fault expected)
{
    f->code = code;
    f->expected = expected;
    f->times = f->times ? f->times : TIMES;
    start_thread(&f->thread, fail_often, f);
}

static void end_faulty(faulty *f)
{
    cp_thread_join(&f->thread);
    CHECK_EQ(0, f->wrong);
    CHECK(f->guard_size >= CP_THREAD_GUARD_SIZE);
}

static void survives_a_hundred_of_each_kind(void)
{
    static const struct {
        void (*code)(void *argument);
        cp_fault fault;
    } kinds[] = {
        { touch_nothing, CP_FAULT_MEMORY },     { divide_by_it, CP_FAULT_ARITHMETIC },
        { run_into_nothing, CP_FAULT_ILLEGAL }, { overflow_200, CP_FAULT_MEMORY },
        { overflow_4096, CP_FAULT_MEMORY },     { overflow_65536, CP_FAULT_MEMORY },
        { overflow_1000000, CP_FAULT_MEMORY }
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        static neighbour below;
        static faulty f;
        f = (faulty){ .times = 0 };
        below = (neighbour){ .changed = 0 };
        start_faulty(&f, kinds[i].code, kinds[i].fault);
        start_thread(&below.thread, lie_still, &below);
        end_faulty(&f);
        atomic_store(&below.is_over, true);
        cp_thread_join(&below.thread);
        CHECK_EQ(0, below.changed);
    }
}

static void ends_a_hundred_that_never_end(void)
{
    static faulty all[25];
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        all[i].times = TIMES / 25;
        start_faulty(&all[i], sleep_on_and_on, CP_FAULT_ENDLESS);
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        end_faulty(&all[i]);
}

/* A thread that the core has not made, as Python's are; there are many in the end. */
static void *fail_in_a_thread_of_others(void *argument)
{
    fail_often(argument);
    return NULL;
}

static void guards_the_threads_of_others(void)
{
    for (uint32_t i = 0; i < CP_GUARD_THREAD_MAX + 10; i++) {
        faulty f = { .code = overflow_65536, .expected = CP_FAULT_MEMORY, .times = 2 };
        pthread_t thread;
        CHECK_EQ(0, pthread_create(&thread, NULL, fail_in_a_thread_of_others, &f));
        CHECK_EQ(0, pthread_join(thread, NULL));
        CHECK_EQ(0, f.wrong);
        CHECK(f.guard_size > 1u << 20);
    }
}

int main(void)
{
    RUN(is_a_kind_like_any_other);
    RUN(refuses_what_does_not_fit);
    RUN(trades_through_the_seat_it_is_shown);
    RUN(takes_in_its_second_symbol);
    RUN(comes_back_from_what_behaves);
    RUN(survives_a_division_by_zero);
    if (SIGNALS_AS_EVER) {
        RUN(ends_what_never_ends);
        RUN(survives_a_wild_pointer);
        RUN(survives_a_stack_that_overflows);
        RUN(survives_a_hundred_of_each_kind);
        RUN(ends_a_hundred_that_never_end);
        RUN(guards_the_threads_of_others);
    }
    RUN(switches_off_what_is_too_slow_too_often);
    return 0;
}
